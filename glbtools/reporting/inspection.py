"""What ``inspect`` shows people: what the file is, what it holds, what is wrong, and where its bytes went."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from glbtools.binary.span import Fault, Span
from glbtools.reporting.text import Screen, message, safe, table, wrapped

if TYPE_CHECKING:
    from glbtools.binary.tree import Node
    from glbtools.formats.base import Row
    from glbtools.formats.registry import Inspection

WIDE = 120
LIMIT = 200
"""Rows shown of a long file unless more are asked for."""

MOST_FAULTS = 20
MOST_TEXT = 4000
"""Characters of one text shown in a table."""


def show(inspection: Inspection, screen: Screen, *, hexadecimal: bool = False, limit: int = LIMIT) -> Iterator[str]:
    """Yield the lines of the report on one file."""
    yield from heading(inspection, screen)
    yield ""
    if hexadecimal:
        from glbtools.reporting.dump import dump

        encoding = inspection.layout.encoding if inspection.layout else "cp850"
        yield from dump(inspection.content.nodes(), inspection.data, screen, encoding)
        yield ""
    else:
        yield from _content(inspection, screen, limit)
    yield from _faults(inspection.faults, screen)
    yield from _byte_map(inspection, screen)


def heading(inspection: Inspection, screen: Screen) -> Iterator[str]:
    """Yield what the file is: format, size, layout and its status, content in a few phrases, hash."""
    size = f"{len(inspection.data)} byte{'' if len(inspection.data) == 1 else 's'}"
    yield screen.paint(f"{safe(inspection.path)}: {inspection.entry.title}, {size}", "bold")
    yield from wrapped("; ".join(message(each) for each in inspection.summary), screen.width)
    layout = inspection.layout
    if layout is not None:
        how = "reconstructed: offsets are assumed" if layout.status == "assumed" else f"status: {layout.status}"
        yield screen.paint(f"layout {layout.id} ({how})", "dim")
    yield screen.paint(f"sha256 {inspection.sha256}", "dim")


# --- content -----------------------------------------------------------------------------------------------------


def _content(inspection: Inspection, screen: Screen, limit: int) -> Iterator[str]:
    nodes = inspection.content.nodes()
    if inspection.entry.binary:
        first, second = next(nodes, None), next(nodes, None)
        if first is not None and second is None and first.children:
            yield from _single(first, screen)
            return
    for name, total, rows in inspection.content.lists():
        # A requestor has a row of its own; its fields one by one are for programs.
        shown = list(islice((row for row in rows if "." not in (row.get("name") or "")), limit))
        drawn = _TABLES.get((inspection.entry.name, name)) or _TABLES.get(("", name))
        if drawn is None or not shown:
            continue
        headers, right, cells = drawn(screen)
        yield table([cells(row) for row in shown], headers, screen.width, right)
        if len(shown) == limit < total:
            yield f"... and {total - limit} more; --limit shows more, --json shows all"
        yield ""


def _single(node: Node, screen: Screen) -> Iterator[str]:
    """Show a file that is one record with all its stored values."""
    yield screen.paint(f"{node.name}: {message(node.meaning)}", "bold")
    width = max(len(each.name) for each in node.children)
    for each in node.children:
        value = each.value.hex(" ") if isinstance(each.value, bytes) else safe(each.value)
        notes = [
            message(each.meaning),
            f"computed: {each.computed!r}" if each.computed is not None else "",
            each.status,
        ]
        head = f"  0x{each.span.start:04x}  {each.name:{width}}  "
        said = ", ".join(filter(None, notes))
        yield from wrapped(f"{head}{value}  ({said})", screen.width, " " * len(head))
    yield ""


Cells = Callable[["Row"], Sequence[str]]
Drawn = tuple[Sequence[str], Sequence[int], Cells]


def _records(screen: Screen) -> Drawn:
    # At 80 columns the meaning alone has room beside the numbers; it says what the text says.
    wide = screen.width >= WIDE

    def cells(row: Row) -> Sequence[str]:
        stored = row["checksum"]["stored"]
        mark = "" if row["checksum"]["computed"] in (None, stored) else "!"
        sync = "" if row["sync"] is None else str(row["sync"])
        common = [_where(row), sync, _when(row["stamp"]), _crc(stored) + mark]
        return [*common, _text(row["text"]), safe(row["meaning"])] if wide else [*common, safe(row["meaning"])]

    heads = ["at", "sync", "stamp", "sum", *(["transaction"] if wide else []), "meaning"]
    return heads, (1,), cells


def _fields(_screen: Screen) -> Drawn:
    def cells(row: Row) -> Sequence[str]:
        return [_where(row), safe(row["name"]), _stored(row["value"]), message(row["meaning"]), row["status"]]

    return ["at", "field", "stored", "meaning", "field is"], (), cells


def _requestors(_screen: Screen) -> Drawn:
    def cells(row: Row) -> Sequence[str]:
        numbers = [_number(row[name]) for name in ("reqsync", "srvsync", "importsync", "last_cycle")]
        return [str(row["number"]), safe(row["name"] or ""), *numbers, _when(row["last_update"])]

    return (
        ["#", "requestor", "Req\nSync", "Srv\nSync", "im-\nports", "last\ncycle", "last update"],
        (0, 2, 3, 4, 5),
        cells,
    )


def _lines(_screen: Screen) -> Drawn:
    def cells(row: Row) -> Sequence[str]:
        code = "" if row["code"] is None else str(row["code"])
        kind = row["severity"] or {"continuation": "(continued)", "unparsed": "(unparsed)"}.get(row["form"], "")
        doubt = " ?" if row["stamp_note"] else ""
        return [str(row["line"]), _when(row["stamp"]) + doubt, safe(kind), code, safe(clipped(row["text"]))]

    return ["line", "time", "severity", "code", "text"], (0, 3), cells


def _objects(_screen: Screen) -> Drawn:
    def cells(row: Row) -> Sequence[str]:
        state = "deleted" if row.get("deleted") else row.get("class") or ""
        return [
            str(row["line"]),
            safe(row["change"] or state),
            _plain(row.get("usn")),
            safe(clipped(row["dn"])) or "(no name)",
        ]

    return ["line", "what", "USN", "object"], (0, 2), cells


def _vectors(_screen: Screen) -> Drawn:
    def cells(row: Row) -> Sequence[str]:
        life = "former" if row["retired"] else ""
        return [str(row["line"]), safe(row["site"]), safe(row["server"]), life, str(row["usn"]), safe(row["time"])]

    return ["line", "site", "server", "life", "USN", "time"], (0, 4), cells


def _links(_screen: Screen) -> Drawn:
    def cells(row: Row) -> Sequence[str]:
        ends = [safe(row[each]) for each in ("server", "source", "context")]
        return [str(row["line"]), safe(row["status"]), *ends, _plain(row["failures"]), safe(row["last_success"])]

    return ["line", "status", "to", "from", "context", "failures", "last success"], (0, 5), cells


def _stamps(_screen: Screen) -> Drawn:
    def cells(row: Row) -> Sequence[str]:
        said = [safe(row["attribute"]), str(row["version"]), _when(row["changed"]), row["invocation"], str(row["usn"])]
        return [str(row["line"]), *said, str(row["local"])]

    return ["line", "attribute", "version", "written", "by", "USN there", "USN here"], (0, 2, 5, 6), cells


def _reached(_screen: Screen) -> Drawn:
    def cells(row: Row) -> Sequence[str]:
        return [str(row["line"]), row["invocation"], str(row["usn"]), _when(row["synced"])]

    return ["line", "changes of", "up to USN", "asked"], (0, 2), cells


def _cursors(_screen: Screen) -> Drawn:
    def cells(row: Row) -> Sequence[str]:
        names = [safe(row["consumer"]), safe(row["log_id"]), safe(row["epoch"] or "")]
        return [str(row["line"]), *names, *(_plain(row[each]) for each in ("position", "floor", "head"))]

    return ["line", "consumer", "log", "life", "position", "floor", "head"], (0, 4, 5, 6), cells


_TABLES: Mapping[tuple[str, str], Callable[[Screen], Drawn]] = {
    ("", "records"): _records,
    ("", "fields"): _fields,
    ("", "lines"): _lines,
    ("", "requestors"): _requestors,
    ("listds", "records"): _requestors,
    ("exchange-csv", "records"): _objects,
    ("ldif", "records"): _objects,
    ("ldif", "stamps"): _stamps,
    ("ldif", "reached"): _reached,
    ("dirsync", "records"): _objects,
    ("showutdvec", "records"): _vectors,
    ("showrepl", "records"): _links,
    ("cursors", "records"): _cursors,
}


# --- what is wrong, and where the bytes went ---------------------------------------------------------------------


def _faults(faults: Sequence[Fault], screen: Screen) -> Iterator[str]:
    if not faults:
        return
    damage = sum(each.damage for each in faults)
    head = f"problems: {damage} damage, {len(faults) - damage} to note" if damage else "to note"
    yield screen.paint(head, "red" if damage else "yellow", "bold")
    for fault in faults[:MOST_FAULTS]:
        where = f"line {fault.line}" if fault.line else str(fault.span)
        number = f" [{fault.number}]" if fault.number is not None else ""
        kind = screen.paint(fault.kind, "red" if fault.damage else "yellow")
        lines = wrapped(f"{fault.kind}{number}: {message(fault.message)}", screen.width - 2, "  ")
        yield f"  {lines[0].replace(fault.kind, kind, 1)}"
        yield from (f"  {line}" for line in lines[1:])
        yield f"    --> {where}"
    if len(faults) > MOST_FAULTS:
        yield f"  ... and {len(faults) - MOST_FAULTS} more; --json shows all"
    yield ""


def _byte_map(inspection: Inspection, screen: Screen) -> Iterator[str]:
    if not inspection.data:
        return
    yield screen.paint("byte map", "bold")
    for what, group in groupby(inspection.regions, key=lambda each: each.what):
        regions = list(group)
        span = Span(regions[0].span.start, regions[-1].span.stop)
        many = f"{len(regions)} {what}s" if len(regions) > 1 else what
        line = f"  {span}  {span.size:>8}  {many}"
        yield screen.paint(line, "yellow") if what == "gap" else line


def clipped(text: str) -> str:
    """Return a text short enough for a table; the whole of it is in JSON."""
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} ... and {len(text) - MOST_TEXT} characters more"


def _where(row: Row) -> str:
    if row.get("line"):
        return f"line {row['line']}"
    return f"0x{row['span'][0]:04x}" if row["span"] else ""


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
