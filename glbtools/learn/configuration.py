"""The layout of REQCONF and SRVCONF: where known values stand in every file, and what one more file would decide.

A place counts only if it holds what is known in every snapshot, for SRVCONF in every record. One that is left over is a
field; several stay candidates. Nothing is preferred because the reference layout has it there.
"""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import combinations, product

from glbtools.binary.field import Field
from glbtools.binary.layout import Layout
from glbtools.brief import count
from glbtools.errors import LayoutError
from glbtools.formats.config import REQCONF_SIZE
from glbtools.formats.listing import Listing
from glbtools.layouts import reference
from glbtools.layouts.written import checked
from glbtools.learn import hints as known_hints
from glbtools.learn.checking import Part
from glbtools.learn.config_pins import family_pins, pin_places
from glbtools.learn.decision import MOST_SPOTS, byte_order, settle
from glbtools.learn.gathering import gathered
from glbtools.learn.hints import SRVCONF_UNIT, Hints, Snapshot
from glbtools.learn.holdout import FEWEST, Holdout
from glbtools.learn.hypothesis import Hypothesis
from glbtools.learn.kinds import mentions, pointers
from glbtools.learn.pins import Pin
from glbtools.learn.positions import ENCODING, Plain, Position, holds, hours
from glbtools.learn.requestors import kind_of_address, passed_over
from glbtools.learn.result import Learning
from glbtools.learn.search import CERTAIN, SHOWN, Search, Spot, holding, search, width

NEEDED = {"reqconf": ("reqsync", "srvsync"), "srvconf": ("name", "reqsync", "srvsync")}
"""Fields without which a layout is of no use to anybody."""

NUMBERS = ("reqsync", "srvsync")
"""The numbers of which one is worth a layout that states a part."""

MOST_COPIES, FEWEST_CHANGES = 3, 3
"""Places that may hold one number, and values that it must have had before they are taken for copies of it."""

MOST_SAID = 4
"""Values of one name that a sentence holds."""

ROOM = {"server": 22, "name": 64, "address": 22, "network": 11, "postoffice": 11, "administrator": 32, "types": 64}
"""Bytes a text is given where nothing shows its end: NETWORK/POSTOFFICE has 21 at most (Q148666), more is assumed."""


def learn_configuration(
    family: str,
    contents: Sequence[tuple[str, bytes]],
    *,
    listings: Sequence[tuple[str, Listing]] = (),
    known: Sequence[str] = (),
    pins: Sequence[str] = (),
    partial: bool = False,
) -> Learning:
    """Return the layout of a configuration file from snapshots of it and what is known of them.

    ``pins`` are ``NAME=TYPE@OFFSET`` or ``NAME=none``; ``partial`` asks for a layout of whatever is certain, without
    which it states one of the two numbers at least; the other arguments are those of ``gathering.gathered``.

    Raises:
        UsageError: see ``gathering.gathered`` and ``config_pins.family_pins``.
    """
    fixed = family_pins(pins, family)
    hints = gathered(family, contents, listings, known)
    learnt = Learning(family, concluded=list(hints.remarks), contents=[data for _, data in contents])
    learnt.paths, learnt.listings = tuple(path for path, _ in contents), tuple(path for path, _ in listings)
    if not hints.snapshots:
        size = "512 bytes" if family == "reqconf" else "1024 bytes and 1024 for each requestor"
        learnt.reasons.append(f"no file has the size of a {family.upper()}.GLB")
        learnt.wanted.append(f"a {family.upper()}.GLB of {size}")
        return learnt
    by_name, refuted = _settled(hints, fixed, learnt.concluded)
    learnt.reasons += refuted
    copies = _copies(by_name)
    _distrust(by_name)
    placed = [each for each in by_name.values() if each.decided]
    learnt.held = _kept_apart(hints, fixed)
    fields = _fields(hints, placed, copies)
    learnt.decided = {each.name: each for each in fields}
    order = byte_order(by_name)
    if family == "reqconf":
        fields += pointers(hints.regions("record"), fields, order)
    for part in ("record",) if family == "reqconf" else ("header", "record"):
        learnt.mentions += mentions(hints.lives(part), part, fields, order)
    learnt.parts = [_part(hints, each, fields) for each in hints.snapshots]
    apart = _apart(family, learnt)
    for name in known_hints.names(family):
        if name not in {"name", "server"} or not apart:
            _open(hints, name, by_name, learnt)
    if apart and family == "srvconf":
        learnt.concluded.append(kind_of_address(hints, fields))
    unlisted, remarks = passed_over(hints, fields)
    learnt.concluded += remarks
    limits = [*(_copied(learnt.decided[name], spots) for name, spots in copies.items()), *apart, *unlisted]
    known_none = {each.name for each in fixed if each.offset is None}
    untold = [each for each in known_hints.names(family) if each not in {*by_name, *known_none} and each[:4] != "ptr_"]
    if untold:
        learnt.wanted.append(f"values of {', '.join(untold)} (--known NAME=VALUE), to find their places")
    together = math.prod(by_name[name].chance for name in learnt.decided if not by_name[name].pinned)
    if not learnt.reasons and together > CERTAIN:
        learnt.reasons.append(f"chance would find a place for all that is known in {_often(together)}")
        learnt.wanted.append("one more snapshot with its listing, in which the numbers have changed")
    learnt.candidates = list(_hypotheses(hints, by_name, fields, copies))
    if not learnt.reasons:
        learnt.layout = _layout(hints, fields, order or "little")._replace(partial=bool(limits))
    elif any(_is_shown(by_name[name]) for name in learnt.decided if partial or name in NUMBERS) and not (
        refuted or _is_false(hints, by_name)
    ):
        learnt.layout = _layout(hints, fields, order or "little")._replace(partial=True)
    learnt.reasons += limits
    return learnt


def _is_shown(search: Search) -> bool:
    """Whether a person says where a number stands, or chance does not explain that it does."""
    return bool(search.pinned) or search.chance <= SHOWN


def _settled(hints: Hints, fixed: Sequence[Pin], said: list[str]) -> tuple[dict[str, Search], list[str]]:
    """Return where each name that is known can stand once all are held against each other, and which pins are refuted.

    ``said`` is added to.
    """
    searches = {each.name: each for each in _searches(hints)}
    refuted = list(pin_places(hints, searches, fixed))
    by_name = {name: each for name, each in searches.items() if each.told}
    settle(hints, by_name, said)
    return by_name, refuted


def _searches(hints: Hints) -> list[Search]:
    """Return the search for each name; where one stands nowhere, for what stands of it without its kind of address."""
    searches = [search(hints, name) for name in known_hints.names(hints.family)]
    if any(each.name in {"name", "server"} and each.told and each.nowhere for each in searches):
        hints.told += known_hints.parted(hints.told)
        address = search(hints, known_hints.ADDRESS)
        parts = [search(hints, name) for name in known_hints.PARTS]
        searches += [address] if address.spots else _paired(*parts)
    return searches


def _paired(network: Search, office: Search) -> list[Search]:
    """Return the searches for both parts of a name, each for itself or, if there is one such pair, beside each other.

    In other files of the family each part has room for its ten characters and a NUL (Q148666).
    """
    every = product(network.spots, office.spots)
    pairs = [(one, other) for one, other in every if other.span[1] - one.span[1] == ROOM[network.name]]
    if len(pairs) == 1:
        for each, spot in zip((network, office), pairs[0], strict=True):
            each.keep([spot], f"{ROOM[network.name]} bytes apart, as in other files")
        network.bits = office.bits = network.bits + office.bits
    return [network, office]


def _is_false(hints: Hints, searches: Mapping[str, Search]) -> bool:
    """Whether something that is known must be false: then nothing that was said of the files is to be relied on.

    A number or a date that stands nowhere is of another moment, and what stands somewhere may be an older copy. A name
    does not change: one that stands nowhere is stored in a form of its own.
    """
    nowhere = any(each.nowhere and not _is_text(each) for each in searches.values())
    return hints.contradicted or nowhere or any(each.disputed for each in searches.values())


def _apart(family: str, learnt: Learning) -> list[str]:
    """Return what is open where the name of a postoffice stands in parts, or without its kind of address."""
    parts = set(known_hints.PARTS) <= learnt.decided.keys()
    if family == "reqconf":
        return ["server: network and postoffice stand apart; to write it takes both"] if parts else []
    if parts:
        return ["name: network and postoffice stand apart, and which byte says the kind is open"]
    if known_hints.ADDRESS in learnt.decided:
        return ["name: network and postoffice stand without the kind of address, and which byte says it is open"]
    return []


def _distrust(searches: Mapping[str, Search]) -> None:
    """Ask of a place that chance does not explain it where something that is known stands nowhere, or two are equal.

    The file stores things in forms that were not looked for, or what is said of it is of another moment or file: then
    a place that holds a small value may be that of anything. One that holds the values of two names may be the other's.
    """
    parts = [each for name, each in searches.items() if name in {known_hints.ADDRESS, *known_hints.PARTS}]
    apart = bool(parts) and all(each.spots for each in parts)
    nowhere = any(each.nowhere for name, each in searches.items() if name not in {"name", "server"} or not apart)
    alike = Counter((each.section, each.values) for each in searches.values() if not each.pinned)
    for each in searches.values():
        each.doubtful = nowhere or alike[each.section, each.values] > 1


def _copies(searches: Mapping[str, Search]) -> dict[str, list[Spot]]:
    """Leave the first of several places of a number that hold all its values, where chance explains none of them.

    Reading one of them or another is the same in every file seen; which of them counts, and that both must be written,
    is left open. Where another name has the same values the places may be that one's, and nothing is left.
    """
    found = {}
    for name, each in searches.items():
        clear = 1 < len(each.spots) <= MOST_COPIES and not each.weak and each.chance <= SHOWN
        apart = not any(one.meets(other) for one, other in combinations(each.spots, 2))
        changed = len(set(each.values)) >= FEWEST_CHANGES and not _is_text(each)
        same = any(other.values == each.values for other in searches.values() if other is not each)
        if clear and apart and changed and not same:
            each.spots.sort(key=lambda spot: spot.span)
            found[name] = each.spots[1:]
            del each.spots[1:]
            each.by.append(f"or at {_places(found[name])}: equal in all snapshots")
    return found


def _copied(field: Field, others: Sequence[Spot]) -> str:
    return (
        f"{field.name}: it stands at {field.offset:#05x} and again at {_places(others)}, equal in all snapshots; which "
        "of them counts is open, and to write it takes both"
    )


def _places(spots: Sequence[Spot]) -> str:
    return ", ".join(f"{spot.span[1]:#05x}" for spot in spots)


def _part(hints: Hints, snapshot: Snapshot, fields: Sequence[Field]) -> Part:
    size, records = len(snapshot.data), 1
    if hints.family == "srvconf":
        records = size // SRVCONF_UNIT - 1
    claimed = sum(each.size * (records if each.section == "record" else 1) for each in fields)
    return Part(snapshot.path, size, records, claimed, ())


# --- kept apart --------------------------------------------------------------------------------------------------


def _kept_apart(hints: Hints, fixed: Sequence[Pin]) -> Holdout:
    """Return how the last file, or the last third of the requestors of the only one, is read without what it shows.

    A place that fails there is none in the whole search either, which asks for all that is known.
    """
    several = len(hints.snapshots) > 1 or hints.family == "reqconf"
    units = sorted({each.snapshot if several else each.record for each in hints.told} - ({0} if not several else set()))
    unit = "file" if several else "requestor"
    if len(units) < (2 if several else FEWEST):
        return Holdout(0, len(hints.snapshots) if several or not units else len(units), 0, unit=unit)
    kept = set(units[-1:] if several else units[len(units) - len(units) // 3 :])
    apart = [each for each in hints.told if (each.snapshot if several else each.record) in kept]
    rest = Hints(hints.family, hints.snapshots, [each for each in hints.told if each not in apart])
    searches, _ = _settled(rest, fixed, [])
    places = {name: each.spots[0].places for name, each in searches.items() if each.decided and not each.pinned}
    if not places:
        return Holdout(len(kept), len(units), None, unit=unit)
    apart = [each for each in apart if not each.weak and each.name in places]
    wrong = [each for each in apart if not holding(hints, places[each.name], [each])]
    differing = tuple(dict.fromkeys(each.name for each in wrong))
    missed = {each.snapshot if several else each.record for each in wrong}
    return Holdout(len(kept), len(units), len(kept - missed), differing, unit)


# --- hypotheses --------------------------------------------------------------------------------------------------


def _hypotheses(
    hints: Hints, searches: Mapping[str, Search], fields: Sequence[Field], copies: Mapping[str, Sequence[Spot]]
) -> Iterator[Hypothesis]:
    """Yield what is certain, and then that with one place or another of the names that stay open."""
    certain = [each for each in searches.values() if each.decided]
    if certain:
        yield _hypothesis(hints, searches, fields)
    open_ = [each for each in searches.values() if each.spots and not each.decided and len(each.spots) <= MOST_SPOTS]
    for rank in range(max((len(each.spots) for each in open_), default=0)):
        placed = list(certain)
        for each in open_:
            spots = [*each.spots[rank:], *each.spots[:rank]]
            spot = next((one for one in spots if not any(one.meets(other.spots[0]) for other in placed)), None)
            if spot is not None:
                why = f"one of {count(len(spots), 'place')} that hold it"
                placed.append(replace(each, spots=[spot], by=[*each.by, why]))
        own = [each for each in _fields(hints, placed, copies) if each.name not in {one.name for one in fields}]
        with contextlib.suppress(LayoutError):
            yield _hypothesis(hints, searches, [*fields, *own])


def _hypothesis(hints: Hints, searches: Mapping[str, Search], fields: Sequence[Field]) -> Hypothesis:
    """Return a layout with what it leaves to be explained: the values that have no place in it.

    Raises:
        LayoutError: two of the fields share bytes.
    """
    parts = [_part(hints, each, fields) for each in hints.snapshots]
    names = {each.name for each in fields}
    return Hypothesis(
        _layout(hints, fields, byte_order(searches) or "little"),
        records=sum(each.records for each in parts),
        explained=sum(each.explained for each in parts) / sum(each.size for each in parts),
        bits=sum(each.bits for name, each in searches.items() if name not in names),
        doubts=tuple(name for name in searches if name not in names),
    )


# --- fields ------------------------------------------------------------------------------------------------------


def _fields(hints: Hints, placed: Sequence[Search], copies: Mapping[str, Sequence[Spot]]) -> list[Field]:
    """Return fields where values have one place, numbers and dates first: a text ends where the next of them begins."""
    placed = sorted(placed, key=_is_text)
    spans = {each.name: each.spots[0].span for each in placed}
    fields: list[Field] = []
    for each in placed:
        others = [span for name, span in spans.items() if name != each.name and span[0] == each.section]
        others += [spot.span for kept in copies.values() for spot in kept if spot.span[0] == each.section]
        taken = [(one.section, one.offset, one.stop) for one in fields if one.section == each.section]
        if _is_text(each):
            place, doubt = _room(hints, each, [start for _, start, _ in (*others, *taken)])
        else:
            place, doubt = width(each, others, taken)
        fields.append(_field(hints, each, place, doubt))
    return fields


def _is_text(search: Search) -> bool:
    return isinstance(search.told[0].value, str)


def _room(hints: Hints, search: Search, others: Sequence[int]) -> tuple[Position, str]:
    """Return the bytes that a text has: up to the next field, or the first byte that is not zero.

    Only values that are known have an end: what a deleted record holds there may be no text any more. Where bytes that
    are not zero stand nearer behind a NUL than a longer value reaches, they are what was there before.
    """
    place, least = search.spots[0].places[0], search.spots[0].least
    ends = {(hints.region(each), place.offset + len(str(each.value).encode(ENCODING))) for each in search.told}
    limit = min([len(region) for region, _ in ends] + [start for start in others if start > place.offset])
    stop = min(next((at for at in range(end, limit) if region[at]), limit) for region, end in ends)
    if stop < place.offset + least:
        return place._replace(
            size=min(least, limit - place.offset)
        ), "its size: what stands behind a NUL may be its own"
    size = min(stop - place.offset, max(ROOM[search.name], least))
    return place._replace(size=size), f"its size: {stop - place.offset} bytes are free for it"


def _field(hints: Hints, search: Search, place: Position, doubt: str) -> Field:
    model = reference(hints.family).by_name.get(search.name)
    sources = sorted({each.source for each in search.told})[:MOST_SAID]
    snapshots = {each.snapshot for each in search.told}
    said = f"equal in {count(len(snapshots), 'snapshot')}"
    if any(each.record for each in search.told):
        said = f"equal in {count(len(search.told), 'record')} of {count(len(snapshots), 'snapshot')}"
    reasons = [*([f"{', '.join(sources)} may be of another moment"] if search.weak else []), *search.by]
    if search.pinned:
        reasons.append("given with --pin")
    elif search.chance > CERTAIN:
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
        role=model.role if model else "text",
        status="inferred" if reasons else "observed",
        orig=model.orig if model else "",
        doc="; ".join(parts),
        byte_order=place.order or "little",
        stamp=place.stamp or "unix",
    )


def _layout(hints: Hints, fields: Sequence[Field], order: str) -> Layout:
    family = hints.family
    title = f"{family.upper()}.GLB as found in {count(len(hints.snapshots), 'snapshot')}"
    status = "observed" if all(each.status == "observed" for each in fields) else "inferred"
    header, record = (0, REQCONF_SIZE) if family == "reqconf" else (SRVCONF_UNIT, SRVCONF_UNIT)
    ordered = [each._replace(byte_order=order if each.size == 1 else each.byte_order) for each in fields]
    sized = Layout(f"{family}-learnt", family, title, status, (), byte_order=order, header=header, record=record)
    sized = sized._replace(fields=tuple(sorted(ordered, key=lambda each: (each.section, each.offset))))
    return checked(sized)


# --- what is open ------------------------------------------------------------------------------------------------


def _open(hints: Hints, name: str, searches: Mapping[str, Search], learnt: Learning) -> None:
    """Say of a name without a place which it may have, and what would decide."""
    if name in learnt.decided:
        _against(hints, learnt.decided[name], learnt)
        return
    search = searches.get(name)
    needed = name in NEEDED[hints.family]
    said = learnt.reasons if needed else learnt.concluded
    if search is None:
        if needed:
            which = "-R" if hints.family == "reqconf" else "-S"
            said.append(f"{name}: nothing says its value, or not without contradiction")
            learnt.wanted.append(f"{name}: a listing by LISTDS {which} of the moment of each file, or --known {name}=")
        return
    learnt.places[name] = places = [place for spot in search.spots for place in spot.places]
    values = ", ".join(dict.fromkeys(map(_spelled, search.values[:MOST_SAID])))
    values += ", ..." if len(search.values) > MOST_SAID else ""
    if search.aside:
        said.append(f"{name}: it stands at {search.aside[0]}; a layout of a configuration has no dates in parts")
        return
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


def _against(hints: Hints, decided: Field, learnt: Learning) -> None:
    """Say which sources of another moment contradict a field."""
    place = Position(decided.section, decided.offset, decided.kind, decided.size, decided.byte_order)
    for each in hints.told:
        if each.weak and each.name == decided.name and not isinstance(each.value, datetime):
            of = hints.snapshots[each.snapshot].name
            if not holds(hints.region(each), place, each.value):
                learnt.concluded.append(f"{each.source}: says {each.name} {_spelled(each.value)}, which {of} has not")


def _spelled(value: Plain) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
