"""REQCONF.GLB and SRVCONF.GLB: what a requestor and the server remember.

The files keep every stored byte; ``ReqConf`` and ``SrvConf`` (``model.configuration``) are what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from glbtools.binary import stamp, structure
from glbtools.binary.layout import Layout
from glbtools.binary.span import Fault, Region, Span
from glbtools.binary.structure import Value
from glbtools.binary.tree import Node
from glbtools.brief import brief, count
from glbtools.errors import FieldError, UsageError
from glbtools.formats.base import Row, Rows, known, requestor_row, span_row, stored_row
from glbtools.model.configuration import POINTERS, Place, ReqConf, Requestor, SrvConf

REQCONF_SIZE = 512
"""Bytes of REQCONF.GLB, always (Q77926, Q123437, Q148705)."""

REQCONF_LEAST = 100
"""A REQCONF.GLB of this many bytes or fewer gives Notice 159 (Q123437)."""

NODE_NAME = re.compile(r"[A-Z0-9]{1,10}/[A-Z0-9]{1,10}", re.IGNORECASE)
REQUESTOR_NAME = re.compile(r"[A-Z0-9?]{2,8}:.+", re.IGNORECASE)


@dataclass
class ReqConfFile:
    """REQCONF.GLB as stored: its fields as far as the file has them, and what follows.

    Attributes:
        layout: the layout it was read with.
        values: its fields, as far as the file has them.
        slack: the bytes behind the last field.
    """

    layout: Layout
    values: list[Value]
    slack: bytes = b""

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    @property
    def is_short(self) -> bool:
        """Whether the file ends before its last field does."""
        return _end(self.values, 0) < self.layout.record

    @property
    def faults(self) -> list[Fault]:
        """A size that is not the layout's."""
        size = _end(self.values, 0) + len(self.slack)
        if size == self.layout.record:
            return []
        message = f"{size} bytes in place of {self.layout.record}"
        if size > REQCONF_LEAST:
            return [Fault("size", message, Span(0, size))]
        message += "; at 100 bytes or fewer the programs report Notice 159"
        return [Fault("size", message, Span(0, size), number=159)]

    @cached_property
    def config(self) -> ReqConf:
        """What the stored values mean."""
        stored = _meanings(self.values)
        pointers = [each for name in POINTERS if isinstance(each := stored.get(f"ptr_{name.lower()}"), int)]
        return ReqConf(
            pointers=tuple(pointers) if len(pointers) == len(POINTERS) else None,
            options=_flags(self.layout, stored.get("options")),
            **_picked(stored, ("reqsync", "srvsync", "importsync", "limit"), int),
            **_picked(_named(stored, "server"), ("server", "types"), str),
            **_picked(stored, ("last_export", "last_import"), datetime),
            places=_Places(self.values),
        )

    def build(self) -> bytes:
        """The bytes of the file."""
        return structure.build(self.values) + self.slack

    def lists(self) -> list[Rows]:
        """The fields."""
        rows = [_field_row(each) for each in self.nodes()]
        return [Rows("fields", len(rows), iter(rows))]

    def nodes(self) -> Iterator[Node]:
        """Yield fields and slack; they tile the file."""
        yield from (_node(self.layout, each) for each in self.values)
        yield from _slack(self.slack, _end(self.values, 0))

    def regions(self) -> Iterator[Region]:
        """Yield what each stretch of the file is."""
        return _regions(self.nodes())

    def summary(self) -> list[str]:
        """The two numbers and the server."""
        config = self.config
        server = {None: "server unknown", "": "no server named"}.get(config.server, f"server {config.server}")
        return [f"ReqSync {known(config.reqsync)}", f"SrvSync {known(config.srvsync)}", server]


@dataclass
class SrvConfFile:
    """SRVCONF.GLB as stored: header, one list of fields for each requestor, and what follows.

    Attributes:
        layout: the layout it was read with.
        header: the fields of the header, as far as the file has them.
        records: the fields of each requestor, in the order of the file.
        slack: the bytes behind the last whole record.
    """

    layout: Layout
    header: list[Value]
    records: list[list[Value]] = field(default_factory=list)
    slack: bytes = b""

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    @property
    def whole(self) -> int:
        """Where the last whole record, or field of the header, ends."""
        return _end(self.records[-1] if self.records else self.header, 0)

    @property
    def faults(self) -> list[Fault]:
        """A size that is none of whole records."""
        layout, whole = self.layout, self.whole
        size = whole + len(self.slack)
        if size >= layout.header and not self.slack:
            return []
        message = f"{size} bytes; the size should be {layout.header} and a multiple of {layout.record} more"
        return [Fault("size", message, Span(whole, size))]

    @cached_property
    def config(self) -> SrvConf:
        """What the stored values mean."""
        stored = _meanings(self.header)
        requestors = []
        for number, values in enumerate(self.records, 1):
            own = _named(_meanings(values))
            requestors.append(
                Requestor(
                    number,
                    Span(values[0].span.start, values[-1].span.stop),
                    **_picked(own, ("name",), str),
                    **_picked(own, ("reqsync", "srvsync", "importsync", "last_cycle"), int),
                    **_picked(own, ("last_update",), datetime),
                    places=_Places(values),
                )
            )
        return SrvConf(
            requestors=tuple(requestors),
            **_picked(stored, ("sync", "cycle", "keep_updates"), int),
            **_picked(stored, ("administrator",), str),
            places=_Places(self.header),
        )

    def build(self) -> bytes:
        """The bytes of the file."""
        parts = map(structure.build, (self.header, *self.records))
        return b"".join(parts) + self.slack

    def lists(self) -> list[Rows]:
        """Every field, and every requestor once more in one row."""
        fields: list[Row] = []
        for node in self.nodes():
            inside = [_field_row(child, f"{node.name}.") for child in node.children]
            fields += inside or [_field_row(node)]
        requestors = [requestor_row(each) for each in self.config.requestors]
        return [Rows("fields", len(fields), iter(fields)), Rows("requestors", len(requestors), iter(requestors))]

    def nodes(self) -> Iterator[Node]:
        """Yield fields, requestors and slack as trees whose leaves tile the file."""
        yield from (_node(self.layout, each) for each in self.header)
        for number, values in enumerate(self.records, 1):
            span = Span(values[0].span.start, values[-1].span.stop)
            name = str(_named(_meanings(values)).get("name") or "")
            children = tuple(_node(self.layout, each) for each in values)
            yield Node(f"requestor[{number}]", span, meaning=name or "no name", children=children)
        yield from _slack(self.slack, self.whole)

    def regions(self) -> Iterator[Region]:
        """Yield what each stretch of the file is."""
        return _regions(self.nodes())

    def summary(self) -> list[str]:
        """The server's number, its cycle and how many it serves."""
        config = self.config
        return [
            f"highest SrvSync {known(config.sync)}",
            f"cycle {known(config.cycle)}",
            count(len(config.requestors), "requestor"),
        ]


# --- REQCONF -----------------------------------------------------------------------------------------------------


def parse_reqconf(data: bytes, layout: Layout) -> ReqConfFile:
    """Return the fields of a REQCONF.GLB; a short or long file is read as far as it goes and its fault named."""
    values = structure.read(layout, "record", data[: layout.record])
    return ReqConfFile(layout, values, data[_end(values, 0) :])


def new_reqconf(layout: Layout, **values: Any) -> ReqConfFile:
    """Return the REQCONF.GLB of an idle postoffice with some values set; names are those of ``ReqConf``.

    Raises:
        UsageError: the layout has no such field, or the value does not fit it.
    """
    new = _stored(layout, values)
    return ReqConfFile(layout, structure.change(layout, structure.default(layout, "record"), **new))


def changed_reqconf(file: ReqConfFile, **values: Any) -> ReqConfFile:
    """Return a REQCONF.GLB with some values changed; names are those of ``ReqConf``.

    Raises:
        UsageError: as for ``new_reqconf``.
    """
    new = structure.change(file.layout, file.values, **_stored(file.layout, values))
    return ReqConfFile(file.layout, new, file.slack)


# --- SRVCONF -----------------------------------------------------------------------------------------------------


def parse_srvconf(data: bytes, layout: Layout) -> SrvConfFile:
    """Return header and records of a SRVCONF.GLB; what does not make a whole record is slack, and a fault."""
    header = structure.read(layout, "header", data[: layout.header])
    file = SrvConfFile(layout, header)
    position = layout.header
    while len(data) - position >= layout.record:
        file.records.append(structure.read(layout, "record", data[position : position + layout.record], position))
        position += layout.record
    file.slack = data[file.whole :]
    return file


def new_srvconf(layout: Layout, requestors: Sequence[Mapping[str, Any]], **values: Any) -> SrvConfFile:
    """Return a SRVCONF.GLB; names are those of ``SrvConf`` and ``Requestor``.

    Raises:
        UsageError: the layout has no such field, or the value does not fit it.
    """
    header = structure.change(layout, structure.default(layout, "header"), **_stored(layout, values))
    file = SrvConfFile(layout, header)
    for number, requestor in enumerate(requestors):
        record = structure.default(layout, "record", layout.header + number * layout.record)
        try:
            file.records.append(structure.change(layout, record, **_stored(layout, requestor)))
        except FieldError as error:
            raise FieldError(f"requestor[{number}].{error.field}", error.reason) from None
    return file


def changed_srvconf(
    file: SrvConfFile, requestors: Mapping[int, Mapping[str, Any]] | None = None, **values: Any
) -> SrvConfFile:
    """Return a SRVCONF.GLB with some values changed.

    Args:
        file: as it was.
        requestors: number of a requestor, from 1, -> its values to change; one more than there are registers another.
        values: of the header.

    Raises:
        UsageError: the layout has no such field, the value does not fit it, or there is no such requestor.
    """
    layout = file.layout
    header = structure.change(layout, file.header, **_stored(layout, values))
    records = list(file.records)
    for number, changes in sorted((requestors or {}).items()):
        if number == len(records) + 1:
            records.append(structure.default(layout, "record", layout.header + len(records) * layout.record))
        elif not 1 <= number <= len(records):
            raise UsageError(f"there is no requestor {number}")
        records[number - 1] = structure.change(layout, records[number - 1], **_stored(layout, changes))
    return SrvConfFile(layout, header, records, file.slack)


def stored(values: list[Value], name: str) -> Any:
    """Return one field as stored; None where the layout has no such field, or the file ends before it."""
    return next((each.value for each in values if each.field.name == name), None)


# --- both --------------------------------------------------------------------------------------------------------


def probe_reqconf(data: bytes, layout: Layout) -> bool:
    """Whether the content is a REQCONF: right size, a server's name or none, pointers that point or rest."""
    if len(data) != layout.record:
        return False
    config = parse_reqconf(data, layout).config
    named = config.server is not None and NODE_NAME.fullmatch(config.server) is not None
    # An offset into a queue file; four letters of text make a far larger number.
    idle = config.pointers is not None and all(-1 <= each < 1 << 28 for each in config.pointers)
    resting = config.pointers is not None and all(each == -1 for each in config.pointers)
    return (named and idle) or (config.server == "" and resting)


def probe_srvconf(data: bytes, layout: Layout) -> bool:
    """Whether the content is a SRVCONF: whole records, each with the name of a requestor."""
    if len(data) <= layout.header or (len(data) - layout.header) % layout.record:
        return False
    first = data[: layout.header + layout.record]  # a large file of something else shows it there
    return all(_has_requestors(each, layout) for each in (first, data))


def _has_requestors(data: bytes, layout: Layout) -> bool:
    requestors = parse_srvconf(data, layout).config.requestors
    return bool(requestors) and all(REQUESTOR_NAME.fullmatch(each.name or "") for each in requestors)


def _field_row(node: Node, prefix: str = "") -> Row:
    """Return a field as JSON has it."""
    return {
        "name": f"{prefix}{node.name}",
        "span": span_row(node.span),
        "value": stored_row(node.value),
        "status": node.status,
        "meaning": node.meaning,
    }


def _slack(slack: bytes, start: int) -> Iterator[Node]:
    if slack:
        yield Node("gap", Span(start, start + len(slack)), slack)


def _regions(nodes: Iterator[Node]) -> Iterator[Region]:
    for node in nodes:
        yield Region(node.span, "gap" if node.name == "gap" else "requestor" if node.children else "field")


def _end(values: list[Value], default: int) -> int:
    return values[-1].span.stop if values else default


def _meanings(values: list[Value]) -> dict[str, Any]:
    """Values by field name; stamps as date and time, None for one that was never set."""
    found: dict[str, Any] = {}
    for each in values:
        found[each.field.name] = each.value
        if each.field.role == "stamp" and isinstance(each.value, int):
            found[each.field.name] = each.field.moment(each.value) if each.value else None
    return found


class _Places(Mapping[str, Place]):
    """Where stored values stand: made of one when it is asked for, which is seldom."""

    def __init__(self, values: list[Value]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Place:
        for each in self._values:
            if each.field.name == name:
                return Place(each.span)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (each.field.name for each in self._values)

    def __len__(self) -> int:
        return len(self._values)


def _named(own: dict[str, Any], name: str = "name") -> dict[str, Any]:
    """Return values with the name of a postoffice, where it is stored without its kind of address, or in two parts."""
    network, postoffice = own.get("network"), own.get("postoffice")
    if own.get(name) is None and isinstance(network, str) and network and postoffice:
        own[name] = f"{network}/{postoffice}"
    elif own.get(name) is None and own.get("address") is not None:
        own[name] = own["address"]
    return own


def _picked(stored: Mapping[str, Any], names: tuple[str, ...], kind: type) -> dict[str, Any]:
    return {name: stored[name] for name in names if isinstance(stored.get(name), kind)}


def _flags(layout: Layout, raw: object) -> tuple[str, ...] | None:
    options = layout.by_name.get("options")
    if options is None or not isinstance(raw, int) or not options.flags:
        return None
    return tuple(name for name, bit in options.flags if raw >> bit & 1)


def _stored(layout: Layout, values: Mapping[str, Any]) -> dict[str, int | str | bytes]:
    """Turn meanings into what fields store."""
    stored: dict[str, int | str | bytes] = {}
    for name, value in values.items():
        if name == "pointers":
            stored |= {f"ptr_{queue.lower()}": each for queue, each in zip(POINTERS, value, strict=True)}
        elif name == "options":
            stored[name] = _bits(layout, value)
        elif isinstance(value, datetime):
            each = layout.by_name.get(name)
            if each is None:
                raise UsageError(f"layout {layout.id} has no field {name}")
            try:
                stored[name] = each.stored(value)
            except ValueError as error:
                raise FieldError(name, str(error)) from None
        else:
            stored[name] = value
    return stored


def _bits(layout: Layout, names: tuple[str, ...]) -> int:
    bits = dict(layout.by_name["options"].flags) if "options" in layout.by_name else {}
    for name in names:
        if name not in bits:
            raise FieldError("options", f"{name!r} is none of {', '.join(bits) or 'none: the layout has no options'}")
    return sum(1 << bits[name] for name in set(names))


def _node(layout: Layout, each: Value) -> Node:
    return Node(
        each.field.name,
        each.span,
        each.raw if each.value is None else each.value,
        _meaning(layout, each),
        each.field.status,
    )


def _meaning(layout: Layout, each: Value) -> str:
    value = each.value
    if value is None:
        return "no number"
    if each.field.role == "stamp" and isinstance(value, int):
        when = each.field.moment(value) if value else None
        return f"{stamp.text(when)}, zone unknown" if when else "never" if not value else "no date"
    if each.field.name.startswith("ptr_"):
        return "idle" if value == -1 else "an Import was interrupted here"
    if each.field.flags and isinstance(value, int):
        return ", ".join(_flags(layout, value) or ()) or "none set"
    return ""
