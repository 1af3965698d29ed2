"""A layout as the text of a layout file, which ``binary.layout`` reads back to the same layout."""

from __future__ import annotations

import json
from collections.abc import Iterator

from glbtools.binary.field import Field
from glbtools.binary.layout import COVERS, Layout


def to_toml(layout: Layout, remarks: tuple[str, ...] = ()) -> str:
    """Return the text of a layout file; ``remarks`` become comments at its head."""
    lines = [f"# {each}".rstrip() for each in remarks]
    lines += [*_keys(_head(layout)), "", "[framing]", *_keys(_framing(layout))]
    if summing := _checksum(layout):
        lines += ["", "[checksum]", *_keys(summing)]
    for each in layout.fields:
        lines += ["", "[[field]]", *_keys(_field(each, layout))]
    return "\n".join(lines) + "\n"


class Literal(str):
    """A value that stands in the file as it is."""


Value = str | int


def _head(layout: Layout) -> dict[str, Value]:
    return {
        "id": layout.id,
        "family": layout.family,
        "title": layout.title,
        "status": layout.status,
        "byte_order": layout.byte_order,
        "encoding": layout.encoding,
        "source": layout.source,
        "doc": layout.doc,
        "partial": _true(layout.partial),
    }


def _framing(layout: Layout) -> dict[str, Value]:
    if layout.family != "queue":
        return {"header": layout.header, "record": layout.record, "doc": layout.framing_doc}
    counts = layout.length_counts if layout.with_role("len_text") else ""
    return {
        "header": layout.header,
        "length_counts": counts,
        "terminator": layout.terminator,
        "stride": layout.stride,
        "pad": layout.pad,
        "breaks": _true(layout.breaks),
        "lines": layout.lines,
        "obscured": layout.obscured,
        "order": layout.order,
        "page": layout.page or "",
        "page_header": layout.page_header or "",
        "doc": layout.framing_doc,
    }


def _true(value: bool) -> Value:
    return Literal("true") if value else ""


def _checksum(layout: Layout) -> dict[str, Value]:
    if not layout.checksum:
        return {}
    row: dict[str, Value] = {"algorithm": layout.checksum}
    if layout.crc is not None:
        row |= {"width": layout.crc.width}
        row |= {name: Literal(f"0x{getattr(layout.crc, name):x}") for name in ("poly", "init", "xorout")}
        row |= {name: Literal(str(getattr(layout.crc, name)).lower()) for name in ("refin", "refout")}
    spelled = next((name for name, parts in COVERS.items() if parts == layout.covers), None)
    row["covers"] = spelled or Literal(json.dumps(list(layout.covers)))
    return row | {"status": layout.checksum_status, "doc": layout.checksum_doc}


def _field(each: Field, layout: Layout) -> dict[str, Value]:
    default = each.default.hex() if isinstance(each.default, bytes) else each.default
    row: dict[str, Value] = {
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
        "unit": each.unit if each.unit > 1 else "",
    }
    if default is not None:
        row["default"] = default
    if each.flags:
        pairs = ", ".join(f"{json.dumps(name)} = {bit}" for name, bit in each.flags)
        row["flags"] = Literal(f"{{ {pairs} }}")
    return row


def _keys(row: dict[str, Value]) -> Iterator[str]:
    for key, value in row.items():
        if value == "" and key != "default":
            continue
        yield f"{key} = {value if isinstance(value, (int, Literal)) else json.dumps(value)}"
