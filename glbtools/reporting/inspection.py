"""What ``inspect`` shows people: what the file is, what it holds, what is wrong, and where its bytes went."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from glbtools.binary.span import Span
from glbtools.formats.registry import FORMATS
from glbtools.reporting.model import (
    FAINT,
    STRONG,
    Block,
    Break,
    Column,
    Dump,
    Facts,
    Heading,
    Paragraph,
    Place,
    Places,
    Table,
    Verbatim,
)
from glbtools.reporting.text import message, safe

if TYPE_CHECKING:
    from glbtools.binary.tree import Node
    from glbtools.formats.base import Row
    from glbtools.formats.registry import Inspection

LIMIT = 200
"""Rows shown of a long file unless more are asked for."""

MOST_FAULTS = 20
MOST_TEXT = 4000
"""Characters of one text shown in a table."""


def report(inspection: Inspection[Any], *, hexadecimal: bool = False, limit: int = LIMIT) -> Iterator[Block]:
    """Yield the report on one file."""
    yield from heading(inspection)
    yield Break()
    if hexadecimal:
        encoding = inspection.layout.encoding if inspection.layout else "cp850"
        yield Dump(inspection.content.nodes(), inspection.data, encoding)
        yield Break()
    else:
        yield from _content(inspection, limit)
    yield from _faults(inspection)
    yield from _byte_map(inspection)


def heading(inspection: Inspection[Any]) -> Iterator[Block]:
    """Yield what the file is: format, size, layout and its status, content in a few phrases, hash."""
    size = f"{len(inspection.data)} byte{'' if len(inspection.data) == 1 else 's'}"
    yield Heading(f"{safe(inspection.path)}: {inspection.entry.title}, {size}")
    yield Paragraph("; ".join(message(each) for each in inspection.summary), hang=0)
    layout = inspection.layout
    if layout is not None:
        how = "reconstructed: offsets are assumed" if layout.status == "assumed" else f"status: {layout.status}"
        yield Verbatim(f"layout {layout.id} ({how})", FAINT)
    yield Verbatim(f"sha256 {inspection.sha256}", FAINT)


# --- content -----------------------------------------------------------------------------------------------------


def _content(inspection: Inspection[Any], limit: int) -> Iterator[Block]:
    nodes = inspection.content.nodes()
    if inspection.entry.binary:
        first, second = next(nodes, None), next(nodes, None)
        if first is not None and second is None and first.children:
            yield from _single(first)
            return
    for name, total, rows in inspection.content.lists():
        # A requestor has a row of its own; its fields one by one are for programs.
        shown = list(islice((row for row in rows if "." not in (row.get("name") or "")), limit))
        drawn = _TABLES.get((inspection.entry.name, name)) or _TABLES.get(("", name))
        if drawn is None and shown and inspection.entry.name not in FORMATS:
            drawn = _by_name(tuple(each for each in shown[0] if each != "span"))
        if drawn is None or not shown:
            continue
        columns, cells = drawn
        yield Table(columns, tuple(cells(row) for row in shown))
        if len(shown) == limit < total:
            yield Verbatim(f"... and {total - limit} more; --limit shows more, --json shows all")
        yield Break()


def _by_name(names: tuple[str, ...]) -> Drawn:
    """Return how rows of a format of another package are shown: where each stands, and its values by their names."""
    return _columns("at", *map(safe, names)), lambda row: (_where(row), *(safe(row.get(each, "")) for each in names))


def _single(node: Node) -> Iterator[Block]:
    """Show a file that is one record with all its stored values."""
    yield Verbatim(f"{node.name}: {message(node.meaning)}", STRONG)
    rows = []
    for each in node.children:
        value = each.value.hex(" ") if isinstance(each.value, bytes) else safe(each.value)
        notes = [
            message(each.meaning),
            f"computed: {each.computed!r}" if each.computed is not None else "",
            each.status,
        ]
        rows.append((f"0x{each.span.start:04x}  {each.name}", f"{value}  ({', '.join(filter(None, notes))})"))
    yield Facts(tuple(rows))
    yield Break()


Cells = Callable[["Row"], tuple[str, ...]]
Drawn = tuple[tuple[Column, ...], Cells]


def _columns(*heads: str, right: Sequence[str] = ()) -> tuple[Column, ...]:
    return tuple(Column(head, right=head in right) for head in heads)


def _record(row: Row) -> tuple[str, ...]:
    stored = row["checksum"]["stored"]
    mark = "" if row["checksum"]["computed"] in (None, stored) else "!"
    sync = "" if row["sync"] is None else str(row["sync"])
    text = (_text(row["text"]), safe(row["meaning"]))
    return _where(row), sync, _when(row["stamp"]), _crc(stored) + mark, *text


# At 80 columns the meaning alone has room beside the numbers; it says what the text says.
_RECORDS = (
    (
        *_columns("at", "sync", "stamp", "sum", right=("sync",)),
        Column("transaction", wide=True),
        Column("meaning"),
    ),
    _record,
)


def _field(row: Row) -> tuple[str, ...]:
    return (_where(row), safe(row["name"]), _stored(row["value"]), message(row["meaning"]), row["status"])


_FIELDS = _columns("at", "field", "stored", "meaning", "field is"), _field


def _requestor(row: Row) -> tuple[str, ...]:
    numbers = [_number(row[name]) for name in ("reqsync", "srvsync", "importsync", "last_cycle")]
    return (str(row["number"]), safe(row["name"] or ""), *numbers, _when(row["last_update"]))


_REQUESTORS = (
    _columns(
        "#",
        "requestor",
        "Req\nSync",
        "Srv\nSync",
        "im-\nports",
        "last\ncycle",
        "last update",
        right=("#", "Req\nSync", "Srv\nSync", "im-\nports", "last\ncycle"),
    ),
    _requestor,
)


def _line(row: Row) -> tuple[str, ...]:
    code = "" if row["code"] is None else str(row["code"])
    kind = row["severity"] or {"continuation": "(continued)", "unparsed": "(unparsed)"}.get(row["form"], "")
    doubt = " ?" if row["stamp_note"] else ""
    return (str(row["line"]), _when(row["stamp"]) + doubt, safe(kind), code, safe(clipped(row["text"])))


_LINES = _columns("line", "time", "severity", "code", "text", right=("line", "code")), _line


def _object(row: Row) -> tuple[str, ...]:
    state = "deleted" if row.get("deleted") else row.get("class") or ""
    return (
        str(row["line"]),
        safe(row["change"] or state),
        _plain(row.get("usn")),
        safe(clipped(row["dn"])) or "(no name)",
    )


_OBJECTS = _columns("line", "what", "USN", "object", right=("line", "USN")), _object


def _vector(row: Row) -> tuple[str, ...]:
    life = "former" if row["retired"] else ""
    return (str(row["line"]), safe(row["site"]), safe(row["server"]), life, str(row["usn"]), safe(row["time"]))


_VECTORS = _columns("line", "site", "server", "life", "USN", "time", right=("line", "USN")), _vector


def _link(row: Row) -> tuple[str, ...]:
    ends = [safe(row[each]) for each in ("server", "source", "context")]
    return (str(row["line"]), safe(row["status"]), *ends, _plain(row["failures"]), safe(row["last_success"]))


_LINKS = (
    _columns("line", "status", "to", "from", "context", "failures", "last success", right=("line", "failures")),
    _link,
)


def _stamp(row: Row) -> tuple[str, ...]:
    said = [safe(row["attribute"]), str(row["version"]), _when(row["changed"]), row["invocation"], str(row["usn"])]
    return (str(row["line"]), *said, str(row["local"]))


_STAMPS = (
    _columns(
        "line",
        "attribute",
        "version",
        "written",
        "by",
        "USN there",
        "USN here",
        right=("line", "version", "USN there", "USN here"),
    ),
    _stamp,
)


def _reach(row: Row) -> tuple[str, ...]:
    return (str(row["line"]), row["invocation"], str(row["usn"]), _when(row["synced"]))


_REACHED = _columns("line", "changes of", "up to USN", "asked", right=("line", "up to USN")), _reach


def _cursor(row: Row) -> tuple[str, ...]:
    names = [safe(row["consumer"]), safe(row["log_id"]), safe(row["epoch"] or "")]
    return (str(row["line"]), *names, *(_plain(row[each]) for each in ("position", "floor", "head")))


_CURSORS = (
    _columns(
        "line", "consumer", "log", "life", "position", "floor", "head", right=("line", "position", "floor", "head")
    ),
    _cursor,
)


_TABLES: Mapping[tuple[str, str], Drawn] = {
    ("", "records"): _RECORDS,
    ("", "fields"): _FIELDS,
    ("", "lines"): _LINES,
    ("", "requestors"): _REQUESTORS,
    ("listds", "records"): _REQUESTORS,
    ("exchange-csv", "records"): _OBJECTS,
    ("ldif", "records"): _OBJECTS,
    ("csvde", "records"): _OBJECTS,
    ("ldif", "stamps"): _STAMPS,
    ("csvde", "stamps"): _STAMPS,
    ("ldif", "reached"): _REACHED,
    ("csvde", "reached"): _REACHED,
    ("dirsync", "records"): _OBJECTS,
    ("showutdvec", "records"): _VECTORS,
    ("showrepl", "records"): _LINKS,
    ("cursors", "records"): _CURSORS,
}


# --- what is wrong, and where the bytes went ---------------------------------------------------------------------


def _faults(inspection: Inspection[Any]) -> Iterator[Block]:
    faults, damage = inspection.faults, inspection.damage
    if not faults:
        return
    head = f"problems: {damage} damage, {len(faults) - damage} to note" if damage else "to note"
    yield Verbatim(head, ("error" if damage else "warning", "strong"))
    for fault in faults[:MOST_FAULTS]:
        number = f" [{fault.number}]" if fault.number is not None else ""
        tones = ("error" if fault.damage else "warning",)
        yield Paragraph(f"{fault.kind}{number}: {message(fault.message)}", depth=1, lead=fault.kind, tones=tones)
        yield Places("", (Place(fault.line, fault.span),))
    if len(faults) > MOST_FAULTS:
        yield Verbatim(f"  ... and {len(faults) - MOST_FAULTS} more; --json shows all")
    yield Break()


def _byte_map(inspection: Inspection[Any]) -> Iterator[Block]:
    if not inspection.data:
        return
    yield Verbatim("byte map", STRONG)
    for what, group in groupby(inspection.regions, key=lambda each: each.what):
        regions = list(group)
        span = Span(regions[0].span.start, regions[-1].span.stop)
        many = f"{len(regions)} {what}s" if len(regions) > 1 else what
        yield Verbatim(f"  {span}  {span.size:>8}  {many}", ("warning",) if what == "gap" else ())


def clipped(text: str) -> str:
    """Return a text short enough for a table; the whole of it is in JSON."""
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} ... and {len(text) - MOST_TEXT} characters more"


def _where(row: Row) -> str:
    if row.get("line"):
        return f"line {row['line']}"
    return f"0x{row['span'][0]:04x}" if row.get("span") else ""


def _when(value: str | None) -> str:
    return (value or "").replace("T", " ")


def _text(text: str) -> str:
    """Return a transaction with each of its lines on one of its own."""
    return "\\r\\n\n".join(map(safe, text.split("\r\n")))


def _crc(stored: int | None) -> str:
    return "" if stored is None else f"{stored:04X}"


def _number(value: int | None) -> str:
    return "?" if value is None else str(value)


def _plain(value: int | None) -> str:
    return "" if value is None else str(value)


def _stored(value: Any) -> str:
    if isinstance(value, dict):
        raw = bytes.fromhex(value["hex"])
        if not raw.strip(b"\0"):
            return f"{len(raw)} x 00"
        return raw[:32].hex(" ") + (" ..." if len(raw) > 32 else "")
    return f'"{safe(value)}"' if isinstance(value, str) else _number(value)
