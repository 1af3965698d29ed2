"""What the bytes of a record say again: its number, its length in bytes, words or blocks, its place in the file.

Such bytes are explained, and written with the record. The number less or more by one, and the place of the record, are
other counts unless somebody says which of them is the number.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

from glbtools.binary.field import PLACES, REPEATS, SIZES, Field, RecordValues
from glbtools.binary.layout import Layout
from glbtools.binary.records import codec
from glbtools.formats.queue import Queue
from glbtools.learn.comparison import DamageIndex
from glbtools.learn.framing import BINARY, Number
from glbtools.learn.inserting import bytes_of, with_field
from glbtools.learn.samples import SampleFile
from glbtools.learn.scoring import is_blank

FEWEST, FEWEST_VALUES = 6, 4
"""Records of which one says again what another does, and different values of it, below which chance explains it."""

UNITS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
"""Bytes that sizes are counted in: by themselves, as words, as blocks."""

SHOWN = 35.0
"""Bits that few different values must show together: 20, and what the places, widths and units tried are worth."""

STRAY = 0.03
"""Share of the records that damage may have changed."""

SAID = {
    "number": "the number again", "complement": "the number, all bits turned round", "before": "the number less one",
    "after": "the number and one more", "length": "the length again", "offset": "where the record begins",
    "ordinal": "the place of the record, from 1 on", "place": "the place of the record, from 0 on",
    "text": "the size of the text", "text+terminator": "the size of the text with what ends it",
    "record": "the size of the record",
}  # fmt: skip

COUNTS = ("before", "after", *PLACES)
"""Counts that may be the number themselves."""


class RecordPlace(NamedTuple):
    """A record, and where a section of it stands.

    Attributes:
        data: the bytes of its file; ``origin``: where the section begins.
        values: what may be said again of it.
        joined: whether nothing is lost between it and the one before it in the list.
    """

    data: bytes
    origin: int
    values: RecordValues
    joined: bool


class Agreement(NamedTuple):
    """What a column says again.

    Attributes:
        field: as a layout has it; ``said``: in words, with in how many records it does.
        everywhere: whether it does in all that are not damaged.
    """

    field: Field
    said: str
    everywhere: bool


def with_repeats(layout: Layout, sample_files: Sequence[SampleFile], queues: Sequence[Queue], *, told: bool) -> Layout:
    """Return a layout in which what is said again is a field of its own; ``told``: somebody knows the numbers."""
    for section in ("record", "trailer"):
        if not bytes_of(layout, section, {"opaque", "constant"}):
            continue
        numbers = sorted(BINARY, key=lambda each: (-each.size, each.order != layout.byte_order))
        places = _places(sample_files, queues, section, MANY)
        if not any(field for number in numbers for field in _repeating(layout, places, section, number, told=told)):
            continue
        if any(len(queue.records) > MANY for queue in queues):
            places = _places(sample_files, queues, section)
        for number in numbers:
            for field in _repeating(layout, places, section, number, told=told):
                layout = with_field(layout, field)
    return layout


MANY = 2000
"""Records of a file that show whether anything is said again at all."""


def _places(
    sample_files: Sequence[SampleFile], queues: Sequence[Queue], section: str, most: int | None = None
) -> list[RecordPlace]:
    """Return the undamaged records of the files, the first ``most`` of each; none where they are too few."""
    pairs = zip(sample_files, queues, strict=True)
    found = [each for sample_file, queue in pairs for each in _placed(sample_file, queue, section, most)]
    return found if len(found) >= FEWEST else []


def _placed(sample_file: SampleFile, queue: Queue, section: str, most: int | None) -> Iterator[RecordPlace]:
    hurt = DamageIndex(queue)
    last, said = -2, queue.codec.said
    for at, each in enumerate(queue.records[:most]):
        if hurt(each) or is_blank(each.text):
            continue
        values = said(each.sync, each.text, start=each.start, stop=each.stop, place=at)
        origin = queue.codec.origin(each, section)
        # Where links or numbers give the order, the record before stands anywhere in the file.
        joined = last == at - 1 and (bool(queue.layout.order) or queue.adjoin(queue.records[last], each))
        yield RecordPlace(sample_file.data, origin, values, joined)
        last = at


def _repeating(
    layout: Layout, places: Sequence[RecordPlace], section: str, number: Number, *, told: bool
) -> Iterator[Field]:
    """Yield the fields of one width and order that say something again, none of which shares bytes with another."""
    free = bytes_of(layout, section, {"opaque", "constant"})
    fields = [each for each in _fields(layout, section, number) if number.size > 1 or each.repeats in SIZES]
    fixed = {each: cache(partial(_repeated, places, each)) for each in fields}
    firsts = any(place.values.place == 0 for place in places)
    last = -1
    for at in sorted(free):
        if at < last or not free.issuperset(range(at, at + number.size)):
            continue
        likely = {each: fixed[each] for each in _likely(places, at, number, fields)}
        values = [number.read(place.data, place.origin + at) for place in places] if likely else []
        agreeing = list(_agreeing(places, values, likely)) if len(set(values)) > 1 else []
        found = [
            each
            for each in agreeing
            if each.field.repeats not in COUNTS or (told and (firsts or each.field.repeats not in PLACES))
        ]
        if found:
            field, said, everywhere = found[0]
            others = [each.field for each in agreeing if each.field is not field]
            made = _sure(field._replace(name=f"{field.name}_{at:02x}", offset=at, doc=said), fixed[field](), others)
            yield made if everywhere else made._replace(status="inferred")
            last = at + number.size


LOOKED_AT = 20
"""Records that tell whether a column is worth a look at all of them."""


def _likely(places: Sequence[RecordPlace], at: int, number: Number, fields: Sequence[Field]) -> Iterator[Field]:
    """Yield what a column says again in half of a few records; of counts of records what goes on."""
    step = max(1, -(-len(places) // LOOKED_AT))
    some = [(place, number.read(place.data, place.origin + at)) for place in places[::step]]
    pairs = [(places[to - 1], places[to]) for to in range(step, len(places), step) if places[to].joined]
    read = [[number.read(each.data, each.origin + at) for each in pair] for pair in pairs]
    goes_on = 2 * sum(None not in (a, b) and b == a + 1 for a, b in read) >= len(read)  # type: ignore[operator]
    for field in fields:
        hits = sum(field.repeated(place.values) == value for place, value in some)
        if goes_on if field.repeats in PLACES else 2 * hits >= len(some):
            yield field


def _repeated(places: Sequence[RecordPlace], field: Field) -> list[int]:
    return [field.repeated(place.values) for place in places]


def _fields(layout: Layout, section: str, number: Number) -> Iterator[Field]:
    """Yield what a field of one width and order may say again, the plainest first; of what is the same, one."""
    length, ended = layout.with_role("len_text"), bool(codec(layout).terminator)
    counted = layout.length_counts if length is not None else ""
    same = {"record" if counted == "padded" or (counted == "record" and layout.stride > 1) else counted}
    suffix = f"_{section}" if section == "trailer" else ""
    for name in REPEATS:
        if (name == "length" and length is None) or (name == "text+terminator" and not ended):
            continue
        for unit in UNITS if name in SIZES else (1,):
            if unit == 1 and name in same:
                continue
            spelled = name.replace("text+terminator", "ended")
            yield Field(
                f"{spelled if spelled not in {'text', 'record'} else f'len_{spelled}'}{suffix}", section, 0,
                kind=number.kind, size=number.size, role="repeat", status="observed", byte_order=number.order,
                repeats=name, unit=unit,
            )  # fmt: skip


def _agreeing(
    places: Sequence[RecordPlace], values: Sequence[int | None], fixed: Mapping[Field, Callable[[], list[int]]]
) -> Iterator[Agreement]:
    """Yield what a column says again."""
    for field, compute in fixed.items():
        computed = compute()
        wanted: list[int | None] = list(computed)
        if field.repeats in PLACES:  # a record that damage makes of nothing, or takes away, shifts no other's
            wanted = [
                own if place.values.place == 0 else (before or 0) + 1 if place.joined else None
                for place, own, before in zip(places, computed, [None, *values[:-1]], strict=True)
            ]
            firsts = [at for at, place in enumerate(places) if place.values.place == 0]
            if any(values[at] != computed[at] for at in firsts):
                continue
        told = [(one, other) for one, other in zip(values, wanted, strict=True) if other is not None]
        same = sum(one == other for one, other in told)
        stray = STRAY if field.repeats not in PLACES else 2 * STRAY  # a damaged one spoils the step to it and from it
        if same < max(FEWEST, len(told) * (1 - stray)) or not _is_shown(field, [each for _, each in told]):
            continue
        unit = f", in units of {field.unit} bytes," if field.unit > 1 else ""
        yield Agreement(field, f"{SAID[field.repeats]}{unit} in {same} of {len(told)} records", same == len(told))


def _is_shown(field: Field, wanted: Sequence[int | None]) -> bool:
    """Whether what a field says again differs enough between records for chance not to explain that it does."""
    counts = Counter(wanted)
    if field.repeats not in SIZES:
        return len(counts) >= FEWEST_VALUES
    return -sum(count * math.log2(count / len(wanted)) for count in counts.values()) >= SHOWN


def _sure(field: Field, values: Sequence[int], others: Sequence[Field]) -> Field:
    """Return a field that is inferred where a part of it, or something else of the record, would read the same."""
    same = [f"{SAID[each.repeats]}{f' in {each.unit}' if each.unit > 1 else ''}" for each in others]
    if field.size > 1 and max(values) < 1 << 4 * field.size:
        same.insert(0, f"u{4 * field.size}")
    if not same:
        return field
    return field._replace(status="inferred", doc=f"{field.doc}; {', or '.join(same)} would read the same")
