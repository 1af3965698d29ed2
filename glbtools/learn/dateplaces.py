"""Which bytes are of a date in parts, shown by nothing but that clocks and calendars hold no others.

Which of several forms such a date has may be open, and alone none is stated. What its parts hold is all the same no
number and no mark of deleted records.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from glbtools.binary import dateparts, stamp
from glbtools.binary.field import DATE, unsigned
from glbtools.learn import columns
from glbtools.learn.clocks import EARLIEST, LATEST
from glbtools.learn.framing import Number

VALID = {"Y": 24, "C": 24, "y": 24, "M": 12, "N": 12, "D": 31, "h": 24, "m": 60, "s": 60, "w": 1, "j": 1,
         "d": 8800, "e": 8800, "S": 86400, "T": 1440, "": 1}  # fmt: skip
"""Values that a part of a date has in the years of these programs; the weekday and the day of the year follow."""

MOST = 120
"""Records that are looked at."""

MARGIN, SURE = 34.0, 20.0
"""Bits that all parts of a date must show, 20 and what the forms and places tried are worth; and one at its end."""

STRAY, FEWEST, FEWEST_STEPS, MOST_RISES = 0.03, 4, 6, 0.8
"""Share of the records that may be damaged, different dates that are needed, steps that show how a part rises, and the
share of them that may."""


class _Part(NamedTuple):
    """One part of a date: its bytes, how many bits its values show, whether they differ."""

    bytes_: range
    bits: float
    varies: bool


def clock_bytes(places: Sequence[tuple[bytes, int]], free: set[int]) -> set[int]:
    """Return the offsets of bytes that belong to dates in parts.

    Args:
        places: for each record its file and where it begins there, in the order of their numbers.
        free: the offsets of bytes that no field claims.
    """
    found = [reading for number in columns.dates_in_parts() for reading in _readings(places[:MOST], free, number)]
    claimed: set[int] = set()
    for parts in found:
        whole = {byte for part in parts for byte in part.bytes_}
        beside = [other for other in found if any(whole.intersection(part.bytes_) for part in other)]
        core = set.intersection(*({byte for part in other if part.varies for byte in part.bytes_} for other in beside))
        for at, part in enumerate(parts):
            inner = 0 < at < len(parts) - 1 and core.issuperset(part.bytes_)
            if part.varies and (part.bits >= SURE or inner):
                claimed.update(part.bytes_)
    return claimed


def _readings(places: Sequence[tuple[bytes, int]], free: set[int], number: Number) -> Iterator[list[_Part]]:
    """Yield the parts of dates of one form, for each place where they are dates beyond doubt."""
    form = number.kind.removeprefix(DATE)
    for at in sorted(free):
        if not free.issuperset(range(at, at + number.size)):
            continue
        if any(number.read(data, start + at) is None for data, start in places[:2]):
            continue
        read = [(number.read(data, start + at), data[start + at : start + at + number.size]) for data, start in places]
        good = [(value, raw) for value, raw in read if value and _is_of_that_time(value)]
        steps = [b - a for (a, _), (b, _) in itertools.pairwise(good)]
        falls = sum(step < 0 for step in steps)
        if len(good) < (1 - STRAY) * len(places) or falls > STRAY * len(steps) or len({a for a, _ in good}) < FEWEST:
            continue
        parts = list(_parts(form, at, [raw for _, raw in good], number.order))
        if parts and sum(part.bits for part in parts) >= MARGIN:
            yield parts


def _is_of_that_time(seconds: int) -> bool:
    moment = stamp.from_unix(seconds)
    return moment is not None and EARLIEST <= moment < LATEST


def _parts(form: str, at: int, raws: Sequence[bytes], order: str) -> Iterator[_Part]:
    """Yield the parts of dates; none where one of them rises nearly always, as a number does."""
    found = []
    within = 0
    for part in dateparts.parts(form):
        column = [raw[within : within + part.size] for raw in raws]
        values = set(column)
        values_in_order = [int.from_bytes(each, "big") for each in column]
        rises = [b > a for a, b in itertools.pairwise(values_in_order)]
        if len(rises) >= FEWEST_STEPS and sum(rises) > MOST_RISES * len(rises):
            return
        bits = 1.0 if values == {bytes(part.size)} else _bits(part, values, order)
        found.append(_Part(range(at + within, at + within + part.size), bits, len(values) > 1))
        within += part.size
    yield from found


def _bits(part: dateparts.DatePart, values: set[bytes], order: str) -> float:
    """Return how many bits the values of a part show, each byte by its different values: what never changes shows once.

    Of numbers of several bytes the upper ones are the same, and the highest below them has room for what is not valid.
    """
    valid = VALID[part.what]
    if part.how == "a":
        tens = (valid - 1) // 10 + 1 if part.what in "MDhms" else 10
        shown = [math.log2(256 / each) for each in (tens, *[10] * (part.size - 1))]
        return sum(len({value[at] for value in values}) * bits for at, bits in enumerate(shown))
    if valid == 1:
        return len(values) * 8.0 * part.size
    size = (valid - 1).bit_length() + 7 >> 3
    numbers = {unsigned(value, order) for value in values}
    upper = len({number >> 8 * size for number in numbers}) * 8 * (part.size - size)
    return upper + len({number >> 8 * (size - 1) & 0xFF for number in numbers}) * math.log2(256**size / valid)
