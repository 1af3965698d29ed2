"""The other files of a postoffice, as far as public sources say what stands where: records of one size, and fields.

They are shown and not judged: what is between the fields is unknown. Their sizes are judged by ``diagnosis``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from glbtools.binary import structure
from glbtools.binary.layout import Layout
from glbtools.binary.span import Fault, Region, Span
from glbtools.binary.structure import Value
from glbtools.binary.tree import Node
from glbtools.formats.base import Row, Rows, count, span_row, stored_row


@dataclass(slots=True)
class Sibling:
    """A file of records of one size.

    Attributes:
        layout: the layout it was read with.
        records: the fields of each.
        slack: what makes no whole record.
        faults: that its size is no multiple.
    """

    layout: Layout
    records: list[list[Value]] = field(default_factory=list)
    slack: bytes = b""
    faults: list[Fault] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {'; '.join(self.summary())}>"

    def build(self) -> bytes:
        """The bytes of the file."""
        return b"".join(structure.build(values) for values in self.records) + self.slack

    def lists(self) -> list[Rows]:
        """Every field; of several records each with the number of its own."""
        rows = [
            {
                "name": name,
                "span": span_row(node.span),
                "value": stored_row(node.value),
                "status": node.status,
                "meaning": node.meaning,
            }
            for name, node in self._leaves()
        ]
        found: list[Row] = list(rows)
        return [Rows("fields", len(found), iter(found))]

    def nodes(self) -> Iterator[Node]:
        """Yield fields, records and slack as trees whose leaves tile the file."""
        for number, values in enumerate(self.records, 1):
            children = tuple(_node(each) for each in values)
            if len(self.records) == 1:
                yield from children
            else:
                span = Span(values[0].span.start, values[-1].span.stop)
                yield Node(f"record[{number}]", span, meaning=_named(values), children=children)
        if self.slack:
            start = len(self.records) * self.layout.record
            yield Node("gap", Span(start, start + len(self.slack)), self.slack)

    def regions(self) -> Iterator[Region]:
        """Yield what each stretch of the file is."""
        for node in self.nodes():
            yield Region(node.span, "gap" if node.name == "gap" else "record" if node.children else "field")

    def summary(self) -> list[str]:
        """How many records, or the numbers of a single one."""
        if len(self.records) == 1:
            numbers = [(each.field.name, each.value) for each in self.records[0] if isinstance(each.value, int)]
            return [f"{name} {value}" for name, value in numbers] or ["1 record"]
        return [count(len(self.records), "record")]

    def _leaves(self) -> Iterator[tuple[str, Node]]:
        """Yield the fields with their names; of several records, with the number of their own."""
        for number, node in enumerate(self.nodes(), 1):
            if node.children:
                yield from ((f"{each.name}[{number}]", each) for each in node.children)
            else:
                yield node.name, node


def parse(data: bytes, layout: Layout) -> Sibling:
    """Return the records of a file; what makes no whole record is slack, and a fault."""
    whole = len(data) // layout.record * layout.record
    if layout.family == "control":
        whole = min(whole, layout.record)
    found = Sibling(layout, slack=data[whole:])
    for start in range(0, whole, layout.record):
        found.records.append(structure.read(layout, "record", data[start : start + layout.record], start))
    if found.slack or (layout.family == "control" and not whole):
        wanted = "exactly" if layout.family == "control" else "a multiple of"
        message = f"{count(len(data), 'byte')}; the size is {wanted} {layout.record}"
        found.faults.append(Fault("size", message, Span(whole, len(data))))
    return found


def probe(_data: bytes, _layout: Layout) -> bool:
    """Whether a content is of such a format: bytes without a signature do not say so, names do."""
    return False


def _node(each: Value) -> Node:
    value = each.raw if each.value is None else each.value
    flag = each.value if each.field.name == "active" else None
    meaning = "deleted" if flag == 0 else "active" if flag == 1 else ""
    return Node(each.field.name, each.span, value, meaning, each.field.status)


def _named(values: list[Value]) -> str:
    return next((each.value for each in values if isinstance(each.value, str) and each.value), "")
