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
from glbtools.brief import brief, count
from glbtools.formats.base import Row, Rows, span_row, stored_row


@dataclass(slots=True)
class Sibling:
    """A file of records of one size.

    Attributes:
        layout: the layout it was read with.
        header: the fields before the records.
        records: the fields of each.
        slack: what makes no whole record.
        faults: that its size is no multiple.
    """

    layout: Layout
    header: list[Value] = field(default_factory=list)
    records: list[list[Value]] = field(default_factory=list)
    slack: bytes = b""
    faults: list[Fault] = field(default_factory=list)

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    def build(self) -> bytes:
        """The bytes of the file."""
        return b"".join(structure.build(values) for values in (self.header, *self.records)) + self.slack

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
        yield from map(_node, self.header)
        for number, values in enumerate(self.records, 1):
            children = tuple(_node(each) for each in values)
            if len(self.records) == 1:
                yield from children
            else:
                span = Span(values[0].span.start, values[-1].span.stop)
                yield Node(f"record[{number}]", span, meaning=_named(values), children=children)
        if self.slack:
            start = sum(each.span.size for values in (self.header, *self.records) for each in values)
            yield Node("gap", Span(start, start + len(self.slack)), self.slack)

    def regions(self) -> Iterator[Region]:
        """Yield what each stretch of the file is."""
        for node in self.nodes():
            yield Region(node.span, "gap" if node.name == "gap" else "record" if node.children else "field")

    def summary(self) -> list[str]:
        """How many records, or the numbers of a single one."""
        if self.layout.family == "key" and self.records and not any(self.build()):
            return ["all zeros, as a new key file is and one that was reset"]
        if len(self.records) == 1:
            numbers = [(each.field.name, each.value) for each in self.records[0] if isinstance(each.value, int)]
            return [f"{name} {value}" for name, value in numbers] or ["1 record"]
        return [count(len(self.records), "record")]

    def _leaves(self) -> Iterator[tuple[str, Node]]:
        """Yield the fields with their names; of several records, with the number of their own."""
        for node in self.nodes():
            if node.children:
                number = node.name.removeprefix("record")
                yield from ((f"{each.name}{number}", each) for each in node.children)
            else:
                yield node.name, node


SINGLE = ("control", "key", "master")
"""Families of files that are one record and nothing else."""


def parse(data: bytes, layout: Layout) -> Sibling:
    """Return the records of a file; what makes no whole record is slack, and a fault."""
    found = Sibling(layout)
    start, single = 0, layout.family in SINGLE
    if layout.header and len(data) >= layout.header:
        found.header, start = structure.read(layout, "header", data[: layout.header]), layout.header
    if start == layout.header:
        for _ in range(
            min(1, (len(data) - start) // layout.record) if single else (len(data) - start) // layout.record
        ):
            found.records.append(structure.read(layout, "record", data[start : start + layout.record], start))
            start += layout.record
    found.slack = data[start:]
    if found.slack or (single and not found.records) or (layout.header and not found.header):
        wanted = f"exactly {layout.record}" if single else f"a multiple of {layout.record}"
        message = f"{count(len(data), 'byte')}; the size is {f'{layout.header} and ' if layout.header else ''}{wanted}"
        found.faults.append(Fault("size", message, Span(start, len(data))))
    return found


def probe(_data: bytes, _layout: Layout) -> bool:
    """Whether a content is of such a format: bytes without a signature do not say so, names do."""
    return False


_MEANINGS: dict[tuple[str, object], str] = {
    ("active", 0): "deleted",
    ("active", 1): "active",
    ("kind", 16): "gateway to Mail for AppleTalk Networks",
    ("kind", 100): "gateway of the FFAPI",
}
"""What values mean (Q148666)."""


def _node(each: Value) -> Node:
    value = each.raw if each.value is None else each.value
    meaning = _MEANINGS.get((each.field.name, each.value), "")
    if each.field.kind == "bytes" and each.field.status == "attested":
        meaning = "what stands where in it is unknown"
    return Node(each.field.name, each.span, value, meaning, each.field.status)


def _named(values: list[Value]) -> str:
    return next((each.value for each in values if isinstance(each.value, str) and each.value), "")
