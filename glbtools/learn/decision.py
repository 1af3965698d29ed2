"""What the places of several names say of each other: one byte order, one clock, and no byte in two fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import combinations

from glbtools.learn.hints import Hints
from glbtools.learn.search import CERTAIN, ORDERS, Search, Spot, tried

SECTIONS = ("header", "record")

MOST_SPOTS = 6
"""Places of one name that are still tried against those of the others."""


def settle(hints: Hints, searches: Mapping[str, Search], reasons: list[str]) -> None:
    """Strike out what one byte order, one clock, and one place for each field leave no room for."""
    _one_order(hints, searches, reasons)
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
                doubtful = each.chance > CERTAIN or rival.chance <= CERTAIN or bool(rival.pinned)
                each.disputed = each.disputed or (doubtful and not each.pinned)


def _one_order(hints: Hints, searches: Mapping[str, Search], reasons: list[str]) -> None:
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
        each.tried = tried(hints, each, orders)


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


def byte_order(searches: Mapping[str, Search]) -> str:
    """Return the byte order of what is decided; empty where nothing shows it."""
    orders = {
        place.order for each in searches.values() if each.decided for spot in each.spots for place in spot.places
    } - {""}
    return orders.pop() if len(orders) == 1 else ""
