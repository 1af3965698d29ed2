"""What the bytes of a record say again: a copy of its number, all bits turned round, its length, where it begins.

Such bytes are explained, and written with the record. The number less or more by one is another count unless somebody
says which of them is the number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from glbtools.binary.field import REPEATS, Field
from glbtools.binary.layout import Layout
from glbtools.binary.records import Record, codec
from glbtools.formats.queue import Queue
from glbtools.learn.comparison import undamaged
from glbtools.learn.framing import BINARY, Number
from glbtools.learn.inserting import with_field
from glbtools.learn.material import Material

FEWEST, FEWEST_VALUES = 6, 4
"""Records of which one says again what another does, and different values of it, below which chance explains it."""

STRAY = 0.03
"""Share of the records that damage may have changed."""

SAID = {
    "number": "the number again", "complement": "the number, all bits turned round", "before": "the number less one",
    "after": "the number and one more", "length": "the length again", "offset": "where the record begins",
}  # fmt: skip

NEIGHBOURS = ("before", "after")

Place = tuple[bytes, Record, int]
"""The bytes of a file, one of its records, and where the section begins there."""


def with_repeats(layout: Layout, materials: Sequence[Material], queues: Sequence[Queue], *, told: bool) -> Layout:
    """Return a layout in which what is said again is a field of its own; ``told``: somebody knows the numbers."""
    for section in ("record", "trailer"):
        places = [
            (material.data, each, queue.codec.origin(each, section))
            for material, queue in zip(materials, queues, strict=True)
            for each in undamaged(queue)
        ]
        if len(places) < FEWEST:
            continue
        for number in sorted(BINARY[1:], key=lambda each: (-each.size, each.order != layout.byte_order)):
            for field in _repeating(layout, places, section, number, told=told):
                layout = with_field(layout, field)
    return layout


def _repeating(layout: Layout, places: Sequence[Place], section: str, number: Number, *, told: bool) -> Iterator[Field]:
    """Yield the fields of one width and order that say something again, none of which shares bytes with another."""
    length = layout.with_role("len_text")
    names = [each for each in REPEATS if (told or each not in NEIGHBOURS) and (length is not None or each != "length")]
    free = {
        at
        for each in layout.section(section)
        if each.role in {"opaque", "constant"}
        for at in range(each.offset, each.stop)
    }
    len_text = codec(layout).len_text
    said = [(record.sync, len_text(record.text), record.start) for _, record, _ in places]
    suffix = f"_{section}" if section == "trailer" else ""
    fields = [
        Field(
            f"{name}{suffix}", section, 0, kind=number.kind, size=number.size, role="repeat", status="observed",
            byte_order=number.order, repeats=name,
        )
        for name in names
    ]  # fmt: skip

    @cache
    def again(field: Field) -> list[int]:
        return [field.repeated(*each) for each in said]

    last = -1
    for at in sorted(free):
        if at < last or not free.issuperset(range(at, at + number.size)):
            continue
        values = [number.read(data, origin + at) for data, _, origin in places]
        if len(set(values)) < FEWEST_VALUES:
            continue
        for field in fields:
            wanted = again(field)
            same = sum(a == b for a, b in zip(values, wanted, strict=True))
            if same >= len(places) * (1 - STRAY) and len(set(wanted)) >= FEWEST_VALUES:
                doc = f"{SAID[field.repeats]} in {same} of {len(places)} records"
                yield _sure(field._replace(name=f"{field.name}_{at:02x}", offset=at, doc=doc), wanted)
                last = at + number.size
                break


def _sure(field: Field, values: Sequence[int]) -> Field:
    """Return a field whose width is inferred where half of it would read the same."""
    if field.size > 2 and max(values) <= 0xFFFF:
        return field._replace(status="inferred", doc=f"{field.doc}; u16 would read the same")
    return field
