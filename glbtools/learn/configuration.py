"""The layout of REQCONF and SRVCONF: where known values stand in every file, and what one more file would decide.

A place counts only if it holds what is known in every snapshot, for SRVCONF in every record. One that is left over is a
field; several stay candidates. Nothing is preferred because the reference layout has it there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations, pairwise
from typing import Literal, NamedTuple

from glbtools.binary import stamp
from glbtools.binary.layout import INTEGERS, Field, Layout
from glbtools.binary.layout import parse as parse_layout
from glbtools.formats.base import count
from glbtools.formats.config import REQCONF_SIZE
from glbtools.formats.listing import Listing
from glbtools.layouts import reference
from glbtools.layouts.written import to_toml
from glbtools.learn import testimony as testimonies
from glbtools.learn.kinds import Mention, mentions, pointers
from glbtools.learn.places import ENCODING, Place, Plain, found, holds, hours
from glbtools.learn.testimony import SRVCONF_UNIT, Snapshot, Testimony, Told

NEEDED = {"reqconf": ("reqsync", "srvsync"), "srvconf": ("name", "reqsync", "srvsync")}
"""Fields without which a layout is of no use to anybody."""

CERTAIN, LIKELY = 1e-3, 0.1
"""Chance of an accidental match up to which a place is observed, and up to which it is stated at all.

The numbers of one structure vouch for each other: a layout is stated when chance explains all of its places together
with no more than ``CERTAIN``."""

Order = Literal["little", "big"]
ORDERS: tuple[Order, ...] = ("little", "big")

SECTIONS = ("header", "record")

MOST_SPOTS = 6
"""Places of one name that are still tried against those of the others."""

SUMMER = ((0, 3600), (-3600, 0))
"""Seconds by which a clock may be off in part of the dates: it was set to summer time between them."""

MOST_SAID = 4
"""Values of one name that a sentence holds."""

ROOM = {"server": 22, "name": 64, "administrator": 32, "types": 64}
"""Bytes a text is given where nothing shows its end: NETWORK/POSTOFFICE has 21 at most (Q148666), more is assumed."""


class Spot(NamedTuple):
    """Places that differ only in zeros that are part of a number or not; the narrowest first."""

    places: tuple[Place, ...]
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
    """

    name: str
    section: str
    told: list[Told]
    spots: list[Spot] = field(default_factory=list)
    bits: float = 0.0
    tried: int = 0
    by: list[str] = field(default_factory=list)
    disputed: bool = False

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
        return len(self.spots) == 1 and not self.disputed and self.chance <= (CERTAIN if self.weak else LIKELY)


@dataclass
class Configuration:
    """What was learnt of a configuration file.

    Attributes:
        family: ``reqconf`` or ``srvconf``.
        layout: the layout; None where a needed field is open.
        decided: the fields that have a place.
        places: for each name that stays open the places it can have; none where no place holds what is known.
        concluded: what was seen, what could not be used, what contradicts.
        reasons: why no layout is stated.
        wanted: what would decide what is open.
        mentions: what bytes look like that no field claims.
        parts: of each file its path, its size, its structures, and how many bytes are in decided fields.
    """

    family: str
    layout: Layout | None = None
    decided: dict[str, Field] = field(default_factory=dict)
    places: dict[str, list[Place]] = field(default_factory=dict)
    concluded: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    parts: list[tuple[str, int, int, int]] = field(default_factory=list)

    @property
    def toml(self) -> str | None:
        """The layout as the text of a layout file."""
        return to_toml(self.layout) if self.layout else None


def learn_configuration(
    family: str,
    contents: Sequence[tuple[str, bytes]],
    *,
    listings: Sequence[tuple[str, Listing]] = (),
    known: Sequence[str] = (),
) -> Configuration:
    """Return the layout of a configuration file from snapshots of it and what is known of them.

    Arguments and errors are those of ``testimony.gathered``.
    """
    testimony = testimonies.gathered(family, contents, listings, known)
    learnt = Configuration(family, concluded=list(testimony.remarks))
    if not testimony.snapshots:
        size = "512 bytes" if family == "reqconf" else "1024 bytes and 1024 for each requestor"
        learnt.reasons.append(f"no file has the size of a {family.upper()}.GLB")
        learnt.wanted.append(f"a {family.upper()}.GLB of {size}")
        return learnt
    searches = [search(testimony, name) for name in testimonies.names(family)]
    by_name = {each.name: each for each in searches if each.told}
    settle(testimony, by_name, learnt.concluded)
    fields = _fields(testimony, by_name, learnt)
    if family == "reqconf":
        fields += pointers(testimony.regions("record"), fields, _order(by_name))
    for part in ("record",) if family == "reqconf" else ("header", "record"):
        learnt.mentions += mentions(testimony.lives(part), part, fields, _order(by_name))
    learnt.parts = [_part(testimony, each, fields) for each in testimony.snapshots]
    for name in testimonies.names(family):
        _open(testimony, name, by_name, learnt)
    if untold := [each for each in testimonies.names(family) if each not in by_name and not each.startswith("ptr_")]:
        learnt.wanted.append(f"values of {', '.join(untold)} (--known NAME=VALUE), to find their places")
    together = math.prod(by_name[name].chance for name in learnt.decided)
    if not learnt.reasons and together > CERTAIN:
        learnt.reasons.append(f"chance would find a place for all that is known in {_often(together)}")
        learnt.wanted.append("one more snapshot with its listing, in which the numbers have changed")
    if not learnt.reasons:
        learnt.layout = _layout(testimony, fields, _order(by_name) or "little")
    return learnt


def _part(testimony: Testimony, snapshot: Snapshot, fields: Sequence[Field]) -> tuple[str, int, int, int]:
    size, records = len(snapshot.data), 1
    if testimony.family == "srvconf":
        records = size // SRVCONF_UNIT - 1
    claimed = sum(each.size * (records if each.section == "record" else 1) for each in fields)
    return snapshot.path, size, records, claimed


# --- places ------------------------------------------------------------------------------------------------------


def search(testimony: Testimony, name: str) -> Search:
    """Return what is known of a name, and where it can stand."""
    family, section = testimony.family, testimonies.section(testimony.family, name)
    every = [each for each in testimony.told if each.name == name]
    made = Search(name, section, [each for each in every if not each.weak] or every)
    if made.told:
        first = _telling(made.told)
        places = list(found(testimony.region(first), section, first.value, testimonies.kinds(family, name)))
        held = _holding(testimony, places, made.told, ((0,),))
        if not held and isinstance(first.value, datetime):
            held = _holding(testimony, places, made.told, SUMMER)
            made.by += ["some dates are an hour off, as by summer time"] if held else []
        made.spots = _spots(held, made.told)
        made.bits = _information(made.values)
        made.tried = tried(testimony, made, ORDERS)
    return made


def _holding(
    testimony: Testimony, places: Sequence[Place], told: Sequence[Told], hours_off: Sequence[Sequence[int]]
) -> list[Place]:
    """Return the places that hold every value; a date by a clock that may have been off in one of these ways."""
    left: list[Place] = []
    for off in hours_off:
        kept = list(places)
        for each in told:
            region = testimony.region(each)
            kept = [
                place
                for place in kept
                if any(holds(region, place._replace(shift=place.shift + one), each.value) for one in off)
            ]
        left += kept
    return left


def _spots(places: Sequence[Place], told: Sequence[Told]) -> list[Spot]:
    """Group places; one byte is the lowest of a number whichever order the bytes of the wider ones have."""
    longest = max((len(each.value.encode(ENCODING)) + 1 for each in told if isinstance(each.value, str)), default=0)
    groups: dict[tuple[str, ...], list[Place]] = {}
    for each in places:
        groups.setdefault(each.anchor, []).append(each)
    for anchor in [anchor for anchor in groups if anchor[1] == "number" and not anchor[2]]:
        for order in ("little", "big"):
            groups[anchor] += groups.pop((*anchor[:2], order, *anchor[3:]), [])
    return [Spot(tuple(sorted(each, key=lambda place: place.size)), longest) for each in groups.values()]


def tried(testimony: Testimony, search: Search, orders: Sequence[Order]) -> int:
    """Return at how many positions something stands that is like a value: as many bytes of it are not zero."""
    told = _telling(search.told)
    region, value = testimony.region(told), told.value
    if isinstance(value, str):
        return len(region)
    if isinstance(value, datetime):
        return len(orders) * len(stamp.ENCODINGS) * sum(map(bool, region))
    used = _used(value)
    kinds = testimonies.kinds(testimony.family, search.name)
    size = min((INTEGERS[kind] for kind in kinds if INTEGERS[kind] >= used), default=4)
    if size == 1:
        return sum(map(bool, region))
    starts = range(len(region) - size + 1)
    return sum(_used(int.from_bytes(region[at : at + size], order)) == used for order in orders for at in starts)


def _telling(told: Sequence[Told]) -> Told:
    """Return the value with most information: it leaves the fewest places to look at again."""
    return max(told, key=lambda each: _bits(each.value))


def _used(value: int) -> int:
    return -(-abs(value).bit_length() // 8)


def _bits(value: Plain) -> float:
    """Return what chance has to get right to store a value: the bytes that are not zero, or the date among all."""
    if isinstance(value, datetime):
        return 32 - 7  # one of 113 time zones may be right
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


# --- deciding ----------------------------------------------------------------------------------------------------


def settle(testimony: Testimony, searches: Mapping[str, Search], reasons: list[str]) -> None:
    """Strike out what one byte order, one clock, and one place for each field leave no room for."""
    _one_order(testimony, searches, reasons)
    _one_clock(searches, reasons)
    for section in SECTIONS:
        _one_place({name: each for name, each in searches.items() if each.section == section})
    _dispute(searches, reasons)


def _one_place(searches: Mapping[str, Search]) -> None:
    few = {name: each for name, each in searches.items() if 0 < len(each.spots) <= MOST_SPOTS and not each.weak}
    if not _assigned(few, {}):
        return
    left = {name: [spot for spot in each.spots if _assigned(few, {name: spot})] for name, each in few.items()}
    for name, each in few.items():
        each.keep(left[name], "the other places that hold it belong to other fields")
    taken = [spot for each in few.values() if each.decided for spot in each.spots]
    for each in (each for name, each in searches.items() if name not in few):
        spots = [spot for spot in each.spots if not any(spot.meets(its) for its in taken)]
        each.keep(spots, "the other places that hold it belong to other fields")


def _dispute(searches: Mapping[str, Search], reasons: list[str]) -> None:
    """Leave open what needs bytes that another field needs as well, unless it is far more certain."""
    decided = [each for each in searches.values() if each.decided]
    for one, other in combinations(decided, 2):
        if one.spots[0].meets(other.spots[0]):
            reasons.append(f"{one.name} and {other.name} need the same bytes: what is known of one of them is wrong")
            for each, rival in ((one, other), (other, one)):
                each.disputed = each.disputed or each.chance > CERTAIN or rival.chance <= CERTAIN


def _one_order(testimony: Testimony, searches: Mapping[str, Search], reasons: list[str]) -> None:
    """Leave one byte order, where one field or another can only stand in one."""
    strong = [each for each in searches.values() if not each.weak and each.spots]
    orders = [order for order in ORDERS if all(_has_order(each, order) for each in strong)]
    if not orders:
        reasons.append("no single byte order explains all that is known")
    if len(orders) != 1:
        return
    for each in searches.values():
        narrowed = [spot.ordered(orders[0]) for spot in each.spots]
        before, each.spots = len(each.spots), [spot for spot in narrowed if spot.places] or each.spots
        if len(each.spots) < before:
            each.by.append(f"numbers are {orders[0]}-endian, as other fields show")
        each.tried = tried(testimony, each, orders)


def _has_order(search: Search, order: str) -> bool:
    return any(place.order in {"", order} for spot in search.spots for place in spot.places)


def _one_clock(searches: Mapping[str, Search], reasons: list[str]) -> None:
    """Leave the time zones that every date can be in, where there are any."""
    dates = [each for each in searches.values() if each.spots and isinstance(each.told[0].value, datetime)]
    shifts = [{spot.places[0].shift for spot in each.spots} for each in dates]
    common = set.intersection(*shifts) if shifts else set()
    if dates and not common:
        reasons.append("no time zone explains all dates that are known")
        return
    common = {shift for shift in common if _assigned({each.name: _at(each, shift) for each in dates}, {})} or common
    for each in dates:
        each.keep([spot for spot in each.spots if spot.places[0].shift in common], "all dates are by one clock")


def _at(search: Search, shift: int) -> Search:
    spots = [spot for spot in search.spots if spot.places[0].shift == shift]
    return Search(search.name, search.section, search.told, spots)


def _assigned(searches: Mapping[str, Search], chosen: Mapping[str, Spot]) -> bool:
    """Whether all can have a place of their own, some of them chosen."""
    left = sorted((each for name, each in searches.items() if name not in chosen), key=lambda each: len(each.spots))

    def fit(at: int, taken: list[Spot]) -> bool:
        if at == len(left):
            return True
        free = (spot for spot in left[at].spots if not any(spot.meets(other) for other in taken))
        return any(fit(at + 1, [*taken, spot]) for spot in free)

    return fit(0, list(chosen.values()))


def _order(searches: Mapping[str, Search]) -> str:
    """Return the byte order of what is decided; empty where nothing shows it."""
    orders = {
        place.order for each in searches.values() if each.decided for spot in each.spots for place in spot.places
    } - {""}
    return orders.pop() if len(orders) == 1 else ""


# --- fields ------------------------------------------------------------------------------------------------------


def _fields(testimony: Testimony, searches: Mapping[str, Search], learnt: Configuration) -> list[Field]:
    """Return the decided fields, numbers and dates first: a text ends where the next of them begins."""
    decided = sorted((each for each in searches.values() if each.decided), key=_is_text)
    spans = {each.name: each.spots[0].span for each in decided}
    fields: list[Field] = []
    for each in decided:
        others = [span for name, span in spans.items() if name != each.name and span[0] == each.section]
        if _is_text(each):
            starts = [start for _, start, _ in others]
            starts += [one.offset for one in fields if one.section == each.section]
            place, doubt = _room(testimony, each, starts)
        else:
            place, doubt = _width(each, others)
        fields.append(_field(testimony, each, place, doubt))
    learnt.decided = {each.name: each for each in fields}
    return fields


def _is_text(search: Search) -> bool:
    return isinstance(search.told[0].value, str)


def _width(search: Search, others: Sequence[tuple[str, int, int]]) -> tuple[Place, str]:
    """Return the width of a number, and what is doubtful about it."""
    places = [
        place
        for place in search.spots[0].places
        if not any(place.offset < stop and start < place.stop for _, start, stop in others)
    ] or [search.spots[0].places[0]]
    orders = {place.order for place in places}
    if len(orders - {""}) > 1:  # a single byte is right in either
        places = [place for place in places if not place.order]
    if len(places) == 1:
        return places[0], ""
    wide = places[-1] if places[-1].kind == "dec" or search.name != "keep_updates" else places[min(1, len(places) - 1)]
    if search.name == "limit":
        wide = places[0]
    unit = "digits" if wide.kind == "dec" else "bits"
    sizes = [str(place.size if wide.kind == "dec" else 8 * place.size) for place in places if place != wide]
    return wide, f"its width: {' or '.join(sizes)} {unit} would read the same"


def _room(testimony: Testimony, search: Search, others: Sequence[int]) -> tuple[Place, str]:
    """Return the bytes that a text has: up to the next field, or the first byte that is not zero."""
    place, least = search.spots[0].places[0], search.spots[0].least
    regions = testimony.regions(search.section)
    stop = min([len(regions[0]), *(start for start in others if start > place.offset)])
    for region in regions:
        end = region.find(b"\0", place.offset)
        end = len(region) if end < 0 else end
        stop = min(stop, next((at for at in range(end, stop) if region[at]), stop))
    size = min(stop - place.offset, max(ROOM[search.name], least))
    return place._replace(size=size), f"its size: {stop - place.offset} bytes are free for it"


def _field(testimony: Testimony, search: Search, place: Place, doubt: str) -> Field:
    model = reference(testimony.family).by_name[search.name]
    sources = sorted({each.source for each in search.told})
    snapshots = {each.snapshot for each in search.told}
    said = f"equal in {count(len(snapshots), 'snapshot')}"
    if any(each.record for each in search.told):
        said = f"equal in {count(len(search.told), 'record')} of {count(len(snapshots), 'snapshot')}"
    reasons = [*([f"{', '.join(sources)} may be of another moment"] if search.weak else []), *search.by]
    if search.chance > CERTAIN:
        reasons.append(f"chance would put such values somewhere in {_often(search.chance)}")
    reasons += [doubt] if doubt else []
    parts = [f"{said} ({', '.join(sources)})"]
    if place.stamp:
        off = f"{hours(place.shift)} {'ahead of' if place.shift > 0 else 'behind'}" if place.shift else "the same as"
        parts.append(f"stored dates are {off} the known ones")
    if reasons:
        parts.append(f"inferred: {'; '.join(reasons)}")
    return Field(
        name=search.name,
        section=place.section,
        offset=place.offset,
        kind=place.kind,
        size=place.size,
        role=model.role,
        status="inferred" if reasons else "observed",
        orig=model.orig,
        doc="; ".join(parts),
        byte_order=place.order or "little",
        stamp=place.stamp or "unix",
    )


def _layout(testimony: Testimony, fields: Sequence[Field], order: str) -> Layout:
    family = testimony.family
    title = f"{family.upper()}.GLB as found in {count(len(testimony.snapshots), 'snapshot')}"
    status = "observed" if all(each.status == "observed" for each in fields) else "inferred"
    header, record = (0, REQCONF_SIZE) if family == "reqconf" else (SRVCONF_UNIT, SRVCONF_UNIT)
    ordered = [each._replace(byte_order=order if each.size == 1 else each.byte_order) for each in fields]
    sized = Layout(f"{family}-learnt", family, title, status, (), byte_order=order, header=header, record=record)
    sized = sized._replace(fields=tuple(sorted(ordered, key=lambda each: (each.section, each.offset))))
    return parse_layout(to_toml(sized).encode(), "learnt")


# --- what is open ------------------------------------------------------------------------------------------------


def _open(testimony: Testimony, name: str, searches: Mapping[str, Search], learnt: Configuration) -> None:
    """Say of a name without a place which it may have, and what would decide."""
    if name in learnt.decided:
        _against(testimony, learnt.decided[name], learnt)
        return
    search = searches.get(name)
    needed = name in NEEDED[testimony.family]
    said = learnt.reasons if needed else learnt.concluded
    if search is None:
        if needed:
            which = "-R" if testimony.family == "reqconf" else "-S"
            said.append(f"{name}: nothing says its value, or not without contradiction")
            learnt.wanted.append(f"{name}: a listing by LISTDS {which} of the moment of each file, or --known {name}=")
        return
    learnt.places[name] = places = [place for spot in search.spots for place in spot.places]
    values = ", ".join(dict.fromkeys(map(_spelled, search.values[:MOST_SAID])))
    values += ", ..." if len(search.values) > MOST_SAID else ""
    if not places:
        said.append(
            f"{name}: no place holds {values} in every file; a value is wrong or of another moment, or not stored"
        )
        learnt.wanted.append(f"{name}: its value at the moment of each file")
        return
    if search.disputed:
        said.append(f"{name}: only {places[0]} holds {values}, and another field needs bytes of it")
    elif len(search.spots) == 1:
        said.append(
            f"{name}: only {places[0]} holds {values}, but chance would put it somewhere in {_often(search.chance)}"
        )
    else:
        said.append(f"{name}: {len(search.spots)} places hold {values}")
    learnt.wanted.append(f"{name}: {_deciding(search, searches)}")


def _often(chance: float) -> str:
    """Return a chance in words."""
    return f"one of {round(1 / chance)} files" if chance < 0.5 else f"{100 * chance:.0f} of 100 files"


def _deciding(search: Search, searches: Mapping[str, Search]) -> str:
    """Return which further snapshot would decide on a place."""
    name, values = search.name, search.values
    twin = next(
        (each.name for each in searches.values() if each is not search and each.section == search.section
         and each.values == values), None
    )  # fmt: skip
    if twin:
        return f"a snapshot in which {name} and {twin} differ"
    if not any(values):
        return f"a snapshot in which {name} is not 0"
    orders = {place.order for spot in search.spots for place in spot.places}
    if len(orders - {""}) > 1 and all(isinstance(value, int) and value < 256 for value in values):
        return f"a snapshot in which {name} is above 255"
    changed = "has changed once more" if len(set(values)) > 1 else "has changed"
    return f"a snapshot in which {name} {changed}, with its value"


def _against(testimony: Testimony, decided: Field, learnt: Configuration) -> None:
    """Say which sources of another moment contradict a field."""
    place = Place(decided.section, decided.offset, decided.kind, decided.size, decided.byte_order)
    for each in testimony.told:
        if each.weak and each.name == decided.name and not isinstance(each.value, datetime):
            of = testimony.snapshots[each.snapshot].name
            if not holds(testimony.region(each), place, each.value):
                learnt.concluded.append(f"{each.source}: says {each.name} {_spelled(each.value)}, which {of} has not")


def _spelled(value: Plain) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
