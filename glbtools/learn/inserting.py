"""A field put into a layout: its bytes are its own, and what is left of the fields that had them stays what it was."""

from __future__ import annotations

from collections.abc import Mapping, Set

from glbtools.binary.field import Field
from glbtools.binary.layout import SECTIONS, Layout
from glbtools.errors import LayoutError
from glbtools.layouts.written import checked

NEEDED = ("sync", "len_text")
"""Roles of fields that no other takes bytes from."""


def bytes_of(layout: Layout, section: str, roles: Set[str]) -> set[int]:
    """Return the offsets of all bytes of a section whose fields have one of some roles."""
    return {at for each in layout.section(section) if each.role in roles for at in range(each.offset, each.stop)}


def with_field(layout: Layout, field: Field) -> Layout:
    """Return a layout in which some bytes are a field of their own; a checksum covers the bytes that it did.

    Raises:
        LayoutError: it needs bytes of the number, of the length or of the text.
    """
    fields, split = [], dict[str, list[str]]()
    for each in layout.fields:
        if each.section != field.section or each.stop <= field.offset or each.offset >= field.stop:
            fields.append(each)
            continue
        if each.role in NEEDED:
            raise LayoutError("", field.name, f"it needs bytes of {each.name} at {each.offset}")
        rests = ((each.offset, field.offset), (field.stop, each.stop))
        before, behind = ([_part(each, start, stop)] if start < stop else [] for start, stop in rests)
        fields += [*before, *behind]
        split[each.name] = [part.name for part in (*before, field, *behind)]
    fields.append(field)
    fields.sort(key=lambda each: (SECTIONS.index(each.section), each.offset, each.stop))
    covers = dict.fromkeys(part for name in layout.covers for part in split.get(name, [name]))
    layout = layout._replace(fields=tuple(fields), covers=tuple(covers))
    layout = layout if layout.with_role("checksum") else unsummed(layout)
    return checked(layout)


def _part(each: Field, start: int, stop: int) -> Field:
    if each.role == "constant" and isinstance(each.default, bytes):
        default = each.default[start - each.offset : stop - each.offset]
        return each._replace(
            name=part_name(each.section, "constant", start), offset=start, size=stop - start, default=default
        )
    doc = each.doc if each.role == "opaque" else "not understood"
    return opened(each)._replace(
        name=part_name(each.section, "unknown", start), offset=start, size=stop - start, doc=doc
    )


def part_name(section: str, what: str, start: int) -> str:
    """Return what bytes are called that begin at an offset of a section: ``constant_04``, ``trailer_unknown_00``."""
    return f"{'' if section == 'record' else section + '_'}{what}_{start:02x}"


def opened(each: Field, doc: str = "not understood") -> Field:
    """Return a field as bytes of which nothing is stated."""
    return Field(
        part_name(each.section, "unknown", each.offset), each.section, each.offset, kind="bytes", size=each.size,
        role="opaque", status="observed", doc=doc,
    )  # fmt: skip


def replaced(layout: Layout, changed: Mapping[str, Field]) -> Layout:
    """Return a layout with other fields in the place of some, by their names; a checksum covers the same bytes."""
    names = {name: each.name for name, each in changed.items()}
    fields = tuple(changed.get(each.name, each) for each in layout.fields)
    layout = layout._replace(fields=fields, covers=tuple(names.get(name, name) for name in layout.covers))
    return layout if layout.with_role("checksum") else unsummed(layout)


def unsummed(layout: Layout) -> Layout:
    """Return a layout that computes no checksum."""
    return layout._replace(checksum="", crc=None, covers=("text",), checksum_doc="", checksum_status="")
