"""Inspections for programs: JSON (docs/interface.md#json), JSON lines, CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from glbtools.binary.span import Fault
from glbtools.formats.base import span_row
from glbtools.reporting.text import safe

if TYPE_CHECKING:
    from glbtools.formats.registry import Inspection

INSPECTION_SCHEMA = "glbtools.inspection/1"

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")


def tool(version: str) -> dict[str, str]:
    """Return who made a document."""
    return {"name": "glbtools", "version": version}


def inspection(each: Inspection[Any]) -> Iterator[str]:
    """Yield the lines of everything that is known of one file, a row at a time: a large file makes a large document."""
    head = {
        "path": each.path,
        "format": each.entry.name,
        "layout": each.layout.id if each.layout else None,
        "layout_status": each.layout.status if each.layout else None,
        "size": len(each.data),
        "sha256": each.sha256,
        "summary": each.summary,
    }
    lists: list[tuple[str, Iterable[dict[str, Any]]]] = [(found.name, found.rows) for found in each.content.lists()]
    lists.append(("byte_map", (_region(each, *region.span, region.what) for region in each.regions)))
    lists.append(("problems", map(problem, each.faults)))
    yield "    {"
    yield from (f"      {dumps(name, indent=None)}: {dumps(value, indent=None)}," for name, value in head.items())
    for number, (name, rows_of_list) in enumerate(lists, 1):
        yield f'      "{name}": ['
        yield from separated(f"        {dumps(row, indent=None)}" for row in rows_of_list)
        yield "      ]" + ("," if number < len(lists) else "")
    yield "    }"


def separated(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines with a comma behind all but the last."""
    before: str | None = None
    for line in lines:
        if before is not None:
            yield f"{before},"
        before = line
    if before is not None:
        yield before


def problem(fault: Fault) -> dict[str, Any]:
    """Return a fault as JSON has it."""
    return {
        "kind": fault.kind,
        "damage": fault.damage,
        "message": fault.message,
        "span": span_row(fault.span),
        "line": fault.line,
        "number": fault.number,
    }


def dumps(document: object, *, indent: int | None = 2) -> str:
    """Return JSON in ASCII: it passes any terminal and any pipe."""
    return json.dumps(document, indent=indent, ensure_ascii=True)


def inspections(found: Iterable[Inspection[Any]], version: str) -> Iterator[str]:
    """Yield the lines of the one document for several files."""
    yield "{"
    yield f'  "schema": "{INSPECTION_SCHEMA}",'
    yield f'  "tool": {dumps(tool(version), indent=None)},'
    yield '  "files": ['
    first = True
    for each in found:
        yield from ("    ,",) if not first else ()
        yield from inspection(each)
        first = False
    yield "  ]"
    yield "}"


def rows(each: Inspection[Any]) -> Iterator[dict[str, Any]]:
    """Yield one flat row for each thing a file holds, for JSON lines and CSV."""
    for kind, row in each.rows():
        yield {"path": each.path, "format": each.entry.name, "kind": kind} | row


def json_lines(found: Iterable[Inspection[Any]]) -> Iterator[str]:
    """Yield one JSON object for each thing the files hold."""
    for each in found:
        for row in rows(each):
            yield dumps(row, indent=None)


def csv_lines(found: Iterable[Inspection[Any]]) -> Iterator[str]:
    """Yield one CSV table of everything the files hold.

    Texts are escaped as in tables, since CSV is shown in terminals too, and safe for spreadsheets. A span is in two
    columns, bytes begin with ``0x``, so that nobody takes them for a number.
    """
    flat = [_flat(row) for each in found for row in rows(each)]
    if not flat:
        return
    names = list(dict.fromkeys(name for row in flat for name in row))
    yield from csv_table(names, flat).splitlines()


def csv_table(names: Sequence[str], rows: Iterable[dict[str, Any]], ending: str = "\n") -> str:
    """Return rows as CSV, with their names in the first line."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, names, lineterminator=ending)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def spreadsheet_safe(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula: such a one gets an apostrophe in front."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _flat(row: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if name == "span" and value is not None:
            flat[f"{prefix}start"], flat[f"{prefix}stop"] = value
        elif isinstance(value, dict) and list(value) == ["hex"]:
            flat[f"{prefix}{name}"] = f"0x{value['hex']}"
        elif isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            flat[f"{prefix}{name}"] = json.dumps(value)
        else:
            flat[f"{prefix}{name}"] = spreadsheet_safe(safe(value)) if isinstance(value, str) else value
    return flat


def _region(each: Inspection[Any], start: int, stop: int, what: str) -> dict[str, Any]:
    region: dict[str, Any] = {"span": [start, stop], "what": what}
    if what == "gap":
        region["hex"] = each.data[start:stop].hex()
    return region
