"""What a person knows of the fields of a configuration: where one stands, or that there is none.

A pin leaves one place to a name. It is tested like everything else: by the values that are known of that name, or else
by whether what stands there in every file and record can be such a value.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from glbtools.binary import stamp
from glbtools.binary.field import read_number
from glbtools.learn import hints as known_hints
from glbtools.learn.checking import UNSET
from glbtools.learn.clocks import FIRST, LAST
from glbtools.learn.columns import LARGEST_SYNC
from glbtools.learn.hints import MOST_RECORDS, Hints, KnownValue
from glbtools.learn.pins import Pin, parse_pins
from glbtools.learn.positions import ENCODING, Plain, Position, found
from glbtools.learn.search import ORDERS, Search, spots


def family_pins(spelled: Sequence[str], family: str) -> list[Pin]:
    """Return pins of the fields of a configuration: ``reqsync=u32@4``, ``server@16``, ``limit=none``.

    Raises:
        UsageError: one is not of that form, or a name is pinned twice.
    """
    return parse_pins(spelled, known_hints.names(family), known_hints.TEXTS[family])


def pin_places(hints: Hints, searches: Mapping[str, Search], pins: Sequence[Pin]) -> Iterator[str]:
    """Leave to each pinned name the place that a person says it has; yield what refutes a pin.

    A name that stands nowhere has no values any more, and one of which nothing is known those that stand there.
    """
    for pin in pins:
        search = searches[pin.name]
        search.pinned = pin.spelled
        if pin.offset is None:
            search.told, search.spots = [], []
        elif search.told:
            yield from _told(hints, search, pin)
        else:
            yield from _untold(hints, search, pin)


def _told(hints: Hints, search: Search, pin: Pin) -> Iterator[str]:
    places = [place for spot in search.spots for place in spot.places if _is_there(place, pin)]
    search.spots = spots(places, search.told)[:1]
    if search.spots:
        return
    kinds = known_hints.kinds(hints.family, pin.name)
    for each in search.told:
        region = hints.region(each)
        if not any(_is_there(place, pin) for place in found(region, search.section, each.value, kinds)):
            raw = region[pin.offset :][: pin.size or len(str(each.value))]
            of = f"{hints.snapshots[each.snapshot].name}{f', requestor {each.record}' if each.record else ''}"
            said = f"{raw.hex(' ')} stands there in {of}, and {each.source} says {each.value}"
            yield f"--pin {pin.spelled} is refuted: {said}"
            return
    yield f"--pin {pin.spelled} is refuted: the values of {pin.name} stand there in no one form"


def _is_there(place: Position, pin: Pin) -> bool:
    alike = (place.offset, place.kind, place.size) == (pin.offset, pin.kind or "text", pin.size)
    return alike and (not pin.order or place.order in {"", pin.order})


def _untold(hints: Hints, search: Search, pin: Pin) -> Iterator[str]:
    records = range(1, MOST_RECORDS + 1) if hints.family == "srvconf" and search.section == "record" else (0,)
    every = itertools.product(range(len(hints.snapshots)), records)
    slots = [KnownValue(pin.name, snapshot, record, 0, "--pin") for snapshot, record in every]
    slots = [each for each in slots if hints.region(each)]
    for place in _forms(hints, search, pin):
        values = [_read(hints.region(each), place) for each in slots]
        if slots and None not in values:
            search.told = [
                slot._replace(value=each) for slot, each in zip(slots, values, strict=True) if each is not None
            ]
            search.spots = spots([place], search.told)
            return
    shown = hints.region(slots[0])[pin.offset :][: pin.size or 8].hex(" ") if slots else "nothing"
    yield f"--pin {pin.spelled} is refuted: {shown} in {hints.snapshots[0].name} can be no {pin.name}"


def _forms(hints: Hints, search: Search, pin: Pin) -> Iterator[Position]:
    """Yield the forms in which a pinned place may be read."""
    assert pin.offset is not None, "a place"
    stamps = list(stamp.ENCODINGS) if pin.name in known_hints.DATES[hints.family] else [""]
    for order, form in itertools.product([pin.order] if pin.order else ORDERS, stamps):
        yield Position(
            search.section, pin.offset, pin.kind or "text", pin.size, order=order if pin.size > 1 else "", stamp=form
        )


def _read(region: bytes, place: Position) -> Plain | None:
    """Return what stands at a place; None where that can be no value of its kind."""
    if place.kind == "text":
        text = region[place.offset :].partition(b"\0")[0].decode(ENCODING)
        return text if text and text.isprintable() else None
    value = read_number(place.kind, region[place.offset : place.stop], place.order)
    if value is None or not place.stamp:
        return value if value is not None and (value < LARGEST_SYNC or value in UNSET) else None
    moment = stamp.ENCODINGS[place.stamp][0](value)
    return moment if moment is not None and FIRST <= moment < LAST else None
