"""What the bytes of a record say again: a copy of its number, all bits turned round, its length, where it begins.

Such bytes are explained, and written with the record. The number less or more by one is another count unless somebody
says which of them is the number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glbtools.binary.field import REPEATS, Field
from glbtools.binary.layout import TERMINATORS, Layout
from glbtools.binary.records import Record, codec
from glbtools.formats.queue import Queue
from glbtools.learn.comparison import DamageIndex
from glbtools.learn.framing import BINARY, Number
from glbtools.learn.inserting import with_field
from glbtools.learn.material import Material
from glbtools.learn.weighing import is_blank

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
        places = list(_places(layout, materials, queues, section))
        if len(places) < FEWEST:
            continue
        for number in sorted(BINARY[1:], key=lambda each: (-each.size, each.order != layout.byte_order)):
            for field in _repeating(layout, places, section, number, told=told):
                layout = with_field(layout, field)
    return layout


def _places(layout: Layout, materials: Sequence[Material], queues: Sequence[Queue], section: str) -> Iterator[Place]:
    ending = len(TERMINATORS[layout.terminator])
    for material, queue in zip(materials, queues, strict=True):
        hurt = DamageIndex(queue)
        for each in queue.records:
            if not hurt(each) and not is_blank(each.text):
                behind = queue.codec.len_head + len(layout.encoded(each.text)) + ending if section == "trailer" else 0
                yield material.data, each, each.start + behind


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
    sizes = [codec(layout).len_text(record.text) for _, record, _ in places]
    last = -1
    for at in sorted(free):
        if at < last or not free.issuperset(range(at, at + number.size)):
            continue
        values = [number.read(data, origin + at) for data, _, origin in places]
        if len(set(values)) < FEWEST_VALUES:
            continue
        for name in names:
            field = Field(
                f"{name}_{section}_{at:02x}" if section == "trailer" else f"{name}_{at:02x}", section, at,
                kind=number.kind, size=number.size, role="repeat", status="observed", byte_order=number.order,
                repeats=name,
            )  # fmt: skip
            wanted = [
                field.repeated(record.sync, size, record.start)
                for (_, record, _), size in zip(places, sizes, strict=True)
            ]
            same = sum(a == b for a, b in zip(values, wanted, strict=True))
            if same >= len(places) * (1 - STRAY) and len(set(wanted)) >= FEWEST_VALUES:
                yield _sure(field._replace(doc=f"{SAID[name]} in {same} of {len(places)} records"), wanted)
                last = at + number.size
                break


def _sure(field: Field, values: Sequence[int]) -> Field:
    """Return a field whose width is inferred where half of it would read the same."""
    if field.size > 2 and max(values) <= 0xFFFF:
        return field._replace(status="inferred", doc=f"{field.doc}; u16 would read the same")
    return field
