"""Where the values of one name can all stand, and how likely it is that chance puts them there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

from glbtools.binary import stamp
from glbtools.binary.field import ODD, unsigned
from glbtools.learn import hints as known_hints
from glbtools.learn.hints import Hints, KnownValue
from glbtools.learn.positions import ENCODING, SIZED, Plain, Position, dates_in_parts, found, holds

CERTAIN, LIKELY = 1e-3, 0.1
"""Chance of an accidental match up to which a place is observed, and up to which it is stated at all.

The numbers of one structure vouch for each other: a layout is stated when chance explains all of its places together
with no more than ``CERTAIN``."""

SHOWN = 2.0**-20
"""Chance up to which a place is stated in a layout that leaves others open (docs/certainty.md 3)."""

USUAL = {"keep_updates": 2, "limit": 2}
"""Bytes of a number where more or fewer read the same; 4 for sync numbers, whose text has 10 digits (Q118298)."""

Order = Literal["little", "big"]
ORDERS: tuple[Order, ...] = ("little", "big")

SUMMER = ((0, 3600), (-3600, 0))
"""Seconds by which a clock may be off in part of the dates: it was set to summer time between them."""


class Spot(NamedTuple):
    """Places that differ only in zeros that are part of a number or not; the narrowest first."""

    places: tuple[Position, ...]
    least: int

    @property
    def span(self) -> tuple[str, int, int]:
        """Section and bytes that it takes at least."""
        first = self.places[0]
        return first.section, first.offset, first.offset + max(first.size, self.least)

    def ordered(self, order: str) -> Spot:
        """Return the places in one byte order, and those without any."""
        return Spot(tuple(place for place in self.places if place.order in {"", order}), self.least)

    def meets(self, other: Spot) -> bool:
        """Whether both cannot be fields of one layout: they share bytes."""
        mine, its = self.span, other.span
        return mine[0] == its[0] and mine[1] < its[2] and its[1] < mine[2]


@dataclass
class Search:
    """What is known of one name, and where it can stand.

    Attributes:
        name: of the field.
        section: where it stands.
        told: the values, each of a file or of a record.
        spots: where all of them stand.
        bits: information in the values: what chance has to get right.
        tried: how many positions chance has.
        by: how other fields helped to decide, in words.
        disputed: its only place is claimed by another field as well, and nothing shows which of them is right.
        pinned: how a person says where it stands; empty where nobody does.
        doubtful: chance may have put it there, and other values show that chance is not to be trusted.
        aside: where all of them stand in a form that no layout of a configuration has: dates in parts.
    """

    name: str
    section: str
    told: list[KnownValue]
    spots: list[Spot] = field(default_factory=list)
    bits: float = 0.0
    tried: int = 0
    by: list[str] = field(default_factory=list)
    disputed: bool = False
    pinned: str = ""
    doubtful: bool = False
    aside: list[Position] = field(default_factory=list)

    @property
    def nowhere(self) -> bool:
        """Whether the values stand in no place, in no form that was looked for."""
        return not self.spots and not self.aside

    def keep(self, spots: list[Spot], why: str) -> None:
        """Leave some of the places, if there are any."""
        if spots and len(spots) < len(self.spots):
            self.spots = spots
            self.by.append(why)

    @property
    def weak(self) -> bool:
        """Whether only sources of another moment speak of it."""
        return all(each.weak for each in self.told)

    @property
    def chance(self) -> float:
        """How likely it is that some place holds all the values by accident."""
        return min(1.0, self.tried * math.exp2(-self.bits))

    @property
    def values(self) -> tuple[Plain, ...]:
        """The values in their order."""
        return tuple(each.value for each in self.told)

    @property
    def decided(self) -> bool:
        """Whether one place is left, and chance does not explain it."""
        sure = bool(self.pinned) or self.chance <= (CERTAIN if self.weak or self.doubtful else LIKELY)
        return len(self.spots) == 1 and not self.disputed and sure


def search(hints: Hints, name: str) -> Search:
    """Return what is known of a name, and where it can stand."""
    family, section = hints.family, known_hints.section(hints.family, name)
    every = [each for each in hints.told if each.name == name]
    made = Search(name, section, [each for each in every if not each.weak] or every)
    if made.told:
        first = _telling(made.told)
        places = list(found(hints.region(first), section, first.value, known_hints.kinds(family, name)))
        held = _holding(hints, places, made.told, ((0,),))
        if not held and isinstance(first.value, datetime):
            held = _holding(hints, places, made.told, SUMMER)
            made.by += ["some dates are an hour off, as by summer time"] if held else []
            made.aside = [] if held else _in_parts(hints, made)
        elif not held and isinstance(first.value, int):
            odd = found(hints.region(first), section, first.value, tuple(ODD))
            held = _holding(hints, [place for place in odd if place.kind in ODD], made.told, ((0,),))
        made.spots = spots(held, made.told)
        made.bits = _information(made.values)
        made.tried = tried(hints, made, ORDERS)
    return made


def _in_parts(hints: Hints, search: Search) -> list[Position]:
    """Return where dates stand in parts; a shorter form that is part of a longer one says less of the same bytes."""
    first = _telling(search.told)
    places = (
        dates_in_parts(hints.region(first), search.section, first.value) if isinstance(first.value, datetime) else ()
    )
    for _, alike in groupby(places, key=lambda place: place.size):
        if held := _holding(hints, list(alike), search.told, ((0,),)):
            return held
    return []


def holding(hints: Hints, places: Sequence[Position], told: Sequence[KnownValue]) -> list[Position]:
    """Return the places that hold every value; a date by a clock that may have been set to summer time."""
    dated = isinstance(told[0].value, datetime)
    return _holding(hints, places, told, (*SUMMER, (0,)) if dated else ((0,),))


def _holding(
    hints: Hints, places: Sequence[Position], told: Sequence[KnownValue], hours_off: Sequence[Sequence[int]]
) -> list[Position]:
    """Return the places that hold every value; a date by a clock that may have been off in one of these ways."""
    left: list[Position] = []
    for off in hours_off:
        kept = list(places)
        for each in told:
            region = hints.region(each)
            kept = [
                place
                for place in kept
                if any(holds(region, place._replace(shift=place.shift + one), each.value) for one in off)
            ]
        left += kept
    return left


def spots(places: Sequence[Position], told: Sequence[KnownValue]) -> list[Spot]:
    """Group places; one byte is the lowest of a number whichever order the bytes of the wider ones have."""
    longest = max((len(each.value.encode(ENCODING)) + 1 for each in told if isinstance(each.value, str)), default=0)
    groups: dict[tuple[str, ...], list[Position]] = {}
    for each in places:
        groups.setdefault(each.anchor, []).append(each)
    for anchor in [anchor for anchor in groups if anchor[1] == "number" and not anchor[2]]:
        for order in ("little", "big"):
            groups[anchor] += groups.pop((*anchor[:2], order, *anchor[3:]), [])
    return [Spot(tuple(sorted(each, key=lambda place: place.size)), longest) for each in groups.values()]


def width(
    search: Search, others: Sequence[tuple[str, int, int]], taken: Sequence[tuple[str, int, int]]
) -> tuple[Position, str]:
    """Return the width of a number, and what is doubtful about it.

    Args:
        search: the number, in one place.
        others: bytes that other values take at least: no width of this number reaches into them.
        taken: bytes that fields before it were given; some of them may as well be zeros in front of this one.
    """
    places = [place for place in search.spots[0].places if not _meets(place, others)] or [search.spots[0].places[0]]
    orders = {place.order for place in places}
    if len(orders - {""}) > 1:  # a single byte is right in either
        places = [place for place in places if not place.order]
    most = USUAL.get(search.name, 4)
    usual = [each for each in places if each.kind == "dec" or (each.size <= most and each.kind not in ODD)]
    wide = next((place for place in reversed(usual) if not _meets(place, taken)), places[0])
    if len(places) == 1:
        return wide, ""
    unit = "digits" if wide.kind == "dec" else "bits"
    rivals = [place for place in places if place != wide]
    sizes = [str(each.size if wide.kind == "dec" else 8 * each.size) for each in rivals if each.size != wide.size]
    said = [f"{' or '.join(sizes)} {unit}"] if sizes else []
    said += [each.kind for each in rivals if each.size == wide.size]
    return wide, f"its width: {' or '.join(said)} would read the same"


def _meets(place: Position, spans: Sequence[tuple[str, int, int]]) -> bool:
    return any(place.offset < stop and start < place.stop for _, start, stop in spans)


def tried(hints: Hints, search: Search, orders: Sequence[Order]) -> int:
    """Return at how many positions something stands that is like a value: as many bytes of it are not zero."""
    told = _telling(search.told)
    region, value = hints.region(told), told.value
    if isinstance(value, str):
        return len(region)
    if isinstance(value, datetime):
        return (len(orders) + 1) * len(stamp.FORMS) * sum(map(bool, region))
    used = _used(value)
    kinds = known_hints.kinds(hints.family, search.name)
    size = min((SIZED[kind] for kind in kinds if SIZED[kind] >= used), default=4)
    if size == 1:
        return sum(map(bool, region))
    starts = range(len(region) - size + 1)
    return sum(_used(unsigned(region[at : at + size], order)) == used for order in orders for at in starts)


def _telling(told: Sequence[KnownValue]) -> KnownValue:
    """Return the value with most information: it leaves the fewest places to look at again."""
    return max(told, key=lambda each: _bits(each.value))


def _used(value: int) -> int:
    return -(-abs(value).bit_length() // 8)


def _bits(value: Plain) -> float:
    """Return what chance has to get right to store a value: the bytes that are not zero, or the date among all."""
    if isinstance(value, datetime):
        return 32 - 7  # one of 121 clocks may be right
    if isinstance(value, str):
        return 8.0 * len(value)
    return 8.0 * _used(value)


def _information(values: Sequence[Plain]) -> float:
    """Return the information in values of one field: in the first, and in each change.

    A value that stays the same proves nothing new: a byte that never changes would do the same.
    """
    bits = _bits(values[0])
    for before, value in pairwise(values):
        if isinstance(value, int) and isinstance(before, int):
            bits += abs(value - before).bit_length() + (value != before)
        elif value != before:
            bits += 32.0 if isinstance(value, datetime) else _bits(value)
    return bits
