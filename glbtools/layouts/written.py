"""A layout as a layout file holds it, a table or its text, which ``binary.layout`` reads back to the same layout."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from glbtools.binary.field import Field
from glbtools.binary.layout import COVERS, Layout, of_table

Table = dict[str, Any]


def checked(layout: Layout) -> Layout:
    """Return a layout as a file would give it: bytes that no field claims are fields of their own.

    Raises:
        LayoutError: no layout file can say this.
    """
    return of_table(_table(layout), "learnt layout")


def to_toml(layout: Layout, remarks: tuple[str, ...] = ()) -> str:
    """Return the text of a layout file; ``remarks`` become comments at its head."""
    table = _table(layout)
    framing, summing, fields = table.pop("framing"), table.pop("checksum", {}), table.pop("field")
    lines = [f"# {each}".rstrip() for each in remarks]
    lines += [*_keys(table), "", "[framing]", *_keys(framing)]
    if summing:
        lines += ["", "[checksum]", *_keys(summing)]
    for each in fields:
        lines += ["", "[[field]]", *_keys(each)]
    return "\n".join(lines) + "\n"


def _table(layout: Layout) -> Table:
    """Return what a layout file holds, without what need not be said."""
    table: Table = {**_said(_head(layout)), "framing": _said(_framing(layout))}
    if layout.checksum:
        table["checksum"] = _said(_checksum(layout))
    return table | {"field": [_said(_field(each, layout)) for each in layout.fields]}


def _said(row: Mapping[str, Any]) -> Table:
    return {key: value for key, value in row.items() if (value != "" and value is not None) or key == "default"}


def _head(layout: Layout) -> Table:
    return {
        "id": layout.id,
        "family": layout.family,
        "title": layout.title,
        "status": layout.status,
        "byte_order": layout.byte_order,
        "encoding": layout.encoding,
        "source": layout.source,
        "doc": layout.doc,
        "partial": layout.partial or None,
    }


def _framing(layout: Layout) -> Table:
    if layout.family != "queue":
        return {"header": layout.header, "record": layout.record, "doc": layout.framing_doc}
    return {
        "header": layout.header,
        "length_counts": layout.length_counts if layout.with_role("len_text") else "",
        "terminator": layout.terminator,
        "stride": layout.stride,
        "lead": layout.lead or "",
        "pad": layout.pad,
        "breaks": layout.breaks or None,
        "lines": layout.lines,
        "obscured": layout.obscured,
        "order": layout.order,
        "page": layout.page or None,
        "page_header": layout.page_header or None,
        "doc": layout.framing_doc,
    }


def _checksum(layout: Layout) -> Table:
    row: Table = {"algorithm": layout.checksum}
    if layout.crc is not None:
        row |= {name: getattr(layout.crc, name) for name in ("width", *_IN_HEX, "refin", "refout")}
    spelled = next((name for name, parts in COVERS.items() if parts == layout.covers), None)
    row["covers"] = spelled or list(layout.covers)
    return row | {"status": layout.checksum_status, "doc": layout.checksum_doc}


_IN_HEX = ("poly", "init", "xorout")
"""Parameters of a CRC that people write in hexadecimal digits."""


def _field(each: Field, layout: Layout) -> Table:
    row: Table = {
        "name": each.name,
        "section": each.section if each.section != "record" else "",
        "offset": each.offset,
        "type": each.type,
        "role": each.role,
        "orig": each.orig,
        "status": each.status,
        "source": each.source,
        "doc": each.doc,
        "byte_order": each.byte_order if each.byte_order != layout.byte_order else "",
        "stamp": each.stamp if each.stamp != "unix" else "",
        "link": each.link,
        "repeats": each.repeats,
        "unit": each.unit if each.unit > 1 else None,
    }
    if each.default is not None:
        row["default"] = each.default.hex() if isinstance(each.default, bytes) else each.default
    return row | {"flags": dict(each.flags) or None}


def _keys(row: Mapping[str, Any]) -> Iterator[str]:
    for key, value in row.items():
        yield f"{key} = {f'0x{value:x}' if key in _IN_HEX else _literal(value)}"


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        pairs = ", ".join(f"{json.dumps(name)} = {bit}" for name, bit in value.items())
        return f"{{ {pairs} }}"
    return json.dumps(value)
