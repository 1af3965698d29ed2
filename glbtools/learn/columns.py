"""What a column of bytes may be: a rising number, a date, a link to a neighbour, a constant.

A column stands at a fixed distance before the texts, or behind them. Every judgement here allows for some damaged
records, and none of them looks at more than numbers.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from glbtools.binary import dateparts, stamp
from glbtools.binary.field import DATE, HIGHEST
from glbtools.learn.clocks import EARLIEST, LATEST
from glbtools.learn.framing import BINARY, DIGITS, Number

SPOILED = 0.1
"""Share of records that may be damaged."""

PACKED = 0.02
"""Chance of numbers being valid packed dates by accident at which they are taken for such."""

SURELY_PACKED = 2.0**-12
"""The same, at which it is ruled out that they are seconds since 1980, which fall into the same years."""

LARGEST_STEP = 100_000
LARGEST_SYNC = 1 << 28
_STAMPS = (Number("u32", 4), Number("u32", 4, "big"), Number("dec", 10), Number("hex", 8))
_ODD = (Number("u24", 3), Number("u24", 3, "big"), Number("w32", 4), Number("bcd32", 4, "big"), Number("bcd32", 4))
_LINKS = (Number("u32", 4), Number("u32", 4, "big"), Number("u16", 2), Number("u16", 2, "big"),
          Number("dec", 10), Number("dec", 8), Number("hex", 8))  # fmt: skip
NOWHERE = {0, 0xFFFF, 0xFFFFFFFF}
"""What a link holds that leads nowhere."""

Values = Sequence[int | None]


class CountScore(NamedTuple):
    """How well a column counts.

    Attributes:
        share: of steps that go up.
        ones: of steps that go up by exactly one.
        bits: mean information of a step; 0 when each is 1.
        falls: how often the numbers go down and stay down, as those do that have too few bits, or begin again.
        off: records without which all would rise between the falls.
    """

    share: float
    ones: float
    bits: float
    falls: int
    off: int


def rising(values: Values) -> CountScore | None:
    """Return how a column rises; None when it does not."""
    steps = [b - a for a, b in itertools.pairwise(values) if a is not None and b is not None]
    if not steps or len(steps) < min(
        (len(values) - 1) * (1 - 2 * SPOILED), max(FEWEST_STEPS, len(values) - MOST_LACKING)
    ):
        return None
    up = [step for step in steps if 0 < step <= LARGEST_STEP]
    if len(up) < len(steps) * (1 - 2 * SPOILED) or max(filter(None, values), default=0) >= 1 << 32:
        return None
    bits = sorted(math.log2(step) for step in up)
    kept = bits[: max(1, int(len(bits) * (1 - SPOILED)))]
    ones = sum(step == 1 for step in steps) / len(steps)
    known = [each for each in values if each is not None]
    falls = _falls(known)
    runs = [known[start:stop] for start, stop in itertools.pairwise([0, *falls, len(known)])]
    off = len(values) - sum(map(_longest_rise, runs)) + sum(step > LARGEST_STEP for step in steps)
    return CountScore(len(up) / len(steps), ones, sum(kept) / len(kept), len(falls), off)


def _longest_rise(values: Sequence[int]) -> int:
    """Return how many numbers can be kept so that all of them rise."""
    ends: list[int] = []
    for value in values:
        at = bisect_left(ends, value)
        ends[at : at + 1] = [value]
    return len(ends)


def _falls(values: Sequence[int]) -> list[int]:
    """Return where two numbers in a row are below the two before: one damaged record does not do that."""
    fours = enumerate(zip(values, values[1:], values[2:], values[3:], strict=False))
    return [at + 2 for at, (a, b, c, d) in fours if max(c, d) < min(a, b)]


def may_rise(values: Values) -> bool:
    """Whether it is worth to look closer: most of a few neighbouring numbers rise."""
    steps = [b - a for a, b in itertools.pairwise(values) if a is not None and b is not None]
    return sum(0 < step <= LARGEST_STEP for step in steps) * 2 >= max(1, len(values) - 1)


def may_be_all(values: Values) -> bool:
    """Whether it is worth to look closer: a few neighbouring numbers all differ, and are no dates."""
    known = {each for each in values if each is not None}
    return len(known) == len(values) > 1 and max(known) < LARGEST_COUNT


def bits_of_all(values: Values) -> float:
    """Return how unlikely it is that numbers drawn from as wide a range all differ; 0 where two are the same.

    The highest and the lowest are left out: a damaged record, or what is read before the first, has any number.
    """
    known = sorted(each for each in values if each is not None)
    cut = 1 + int(len(known) * SPOILED / 2)
    kept = known[cut:-cut]
    if len(set(kept)) < len(kept) or len(kept) < max(FEWEST_STEPS, len(values) * (1 - 2 * SPOILED) - 2):
        return 0.0
    width = kept[-1] - kept[0] + 1
    return -sum(math.log2(1 - at / width) for at in range(len(kept)))


def may_lead(values: Values) -> bool:
    """Whether a few neighbouring numbers may be offsets of their records: most rise, and not by one."""
    steps = [b - a for a, b in itertools.pairwise(values) if a is not None and b is not None]
    return sum(step > 1 for step in steps) * 2 >= max(1, len(values) - 2)


def may_date(values: Values) -> bool:
    """Whether most of a few numbers are large enough for dates."""
    return sum(each is not None and each >= LARGEST_SYNC for each in values) * 2 >= len(values)


class DateScore(NamedTuple):
    """How well a column holds dates: in which encoding, the share that are dates, and how far they wander."""

    encoding: str
    share: float
    days: float
    backwards: float


def moments(values: Values, encoding: str) -> list[datetime | None]:
    """Return the dates that numbers mean; None for one that is none."""
    read = stamp.FORMS[encoding][0]
    return [read(value) if value is not None and value <= HIGHEST else None for value in values]


def dated(values: Values) -> list[DateScore]:
    """Return the encodings in which a column holds dates, the one that wanders least first."""
    found = []
    for encoding in stamp.ENCODINGS:
        kept = [each for each in moments(values, encoding) if each is not None and EARLIEST <= each < LATEST]
        if len(kept) < len(values) * (1 - (SPOILED if encoding == "unix" else SPOILED / 2)) or not kept:
            continue
        back = sum(b < a for a, b in itertools.pairwise(kept)) / max(1, len(kept) - 1)
        ordered = sorted(kept)
        cut = int(len(ordered) * SPOILED / 2)
        span = ordered[-1 - cut] - ordered[cut]
        found.append(DateScore(encoding, len(kept) / len(values), span.total_seconds() / 86400, back))
    packed = chance_of_packed(values) <= PACKED
    return sorted(
        found, key=lambda each: (each.backwards > 2 * SPOILED, each.encoding != "dos" or not packed, each.days)
    )


def may_run(values: Values, encoding: str) -> bool:
    """Whether a clock may give such dates: the lowest byte of its seconds changes when others do."""
    known = {each for each in values if each is not None}
    return encoding != "unix" or len(known) < FEWEST_DATES or len({each & 0xFF for each in known}) > 1


FEWEST_DATES = 4
"""Different dates whose lowest byte is one and the same by no accident."""


def chance_of_packed(values: Values) -> float:
    """Return the chance that numbers which are no packed dates all look like some: by their seconds, minutes, hours.

    Each of these fields has room for more than a clock shows: 30 of 32 seconds in twos, 60 of 64 minutes, 24 of 32
    hours.
    """
    known = [each for each in values if each is not None]
    chance = 1.0
    for shift, mask, valid in ((0, 31, 30), (5, 63, 60), (11, 31, 24)):
        chance *= (valid / (mask + 1)) ** len({each >> shift & mask for each in known})
    return chance


def linked(values: Values, texts: Sequence[int]) -> int | None:
    """Return how far before a text the place is that a column leads to; None when it leads to none.

    Args:
        values: the column.
        texts: for each record where the text begins that the link would lead to; -1 for none.
    """
    distances = Counter(
        text - value
        for value, text in zip(values, texts, strict=True)
        if value is not None and value not in NOWHERE and text >= 0
    )
    if not distances:
        return None
    distance, count = distances.most_common(1)[0]
    possible = sum(text >= 0 for text in texts)
    return distance if count >= max(3, possible * (1 - 2 * SPOILED)) and distance > 0 else None


def constant(values: Sequence[bytes]) -> bytes | None:
    """Return what nearly all records hold; None when they differ."""
    if not values:
        return None
    value, count = Counter(values).most_common(1)[0]
    return value if count >= len(values) * (1 - SPOILED) else None


def integers() -> Iterable[Number]:
    """Every way to store a number."""
    return (*BINARY, *DIGITS)


def odd() -> Iterable[Number]:
    """Ways to store a number that are looked at where somebody knows the numbers: alone they are doubts of others."""
    return _ODD


def stamps() -> Iterable[Number]:
    """Every way to store a date."""
    return _STAMPS


def dates_in_parts() -> Iterable[Number]:
    """Ways to store a date in parts, the longest first; they are looked at only where somebody knows the dates."""
    for form, order in dateparts.ways():
        yield Number(f"{DATE}{form}", dateparts.size(form), order)


def wide() -> Iterable[Number]:
    """Numbers of 32 bits, in either byte order."""
    return _LINKS[:2]


def links() -> Iterable[Number]:
    """Every way to store an offset."""
    return _LINKS


def lasts(numbers: Sequence[int | None]) -> set[int | None]:
    """Return the numbers that may be the last of a queue: the last, and those behind which numbers fall.

    What follows a fall may be left over of an earlier queue.
    """
    falls = (a for a, b in itertools.pairwise(numbers) if a is not None and b is not None and b <= a)
    return {*numbers[-1:], *falls}


def last_at(numbers: Sequence[int], known: int | None) -> int:
    """Return where the last number of a queue stands: at the end, unless one is known behind which they fall."""
    falls = (at for at, (a, b) in enumerate(itertools.pairwise(numbers)) if a == known and b <= a)
    return len(numbers) - 1 if known in (None, *numbers[-1:]) else next(falls, len(numbers) - 1)


def is_refuted(values: Sequence[int | None], chosen: Sequence[int | None], size: int) -> bool:
    """Whether something shows that numbers of so many bytes are none beside the chosen ones."""
    return is_no_count(values, chosen, size) or begins_by_chance(values, chosen) or is_of_kinds(values, chosen)


def is_no_count(values: Sequence[int | None], chosen: Sequence[int | None], size: int) -> bool:
    """Whether numbers of so many bytes are explained by the chosen ones, and count nothing of their own.

    Their lowest byte never changes, so that they are the chosen ones times 256 or more; or they are their low bytes,
    and begin again at 0 where those go on: that they do so there, and from their highest value, is no accident. What
    is more than any count of changes is none either, where the chosen ones are less.
    """
    pairs = [(a, c) for a, c in zip(values, chosen, strict=True) if a is not None and c is not None]
    steps = [(b - a, d - c) for (a, c), (b, d) in itertools.pairwise(pairs)]
    if len(steps) >= FEWEST_STEPS and any(one for one, _ in steps) and not any(one % 256 for one, _ in steps):
        return True
    if is_possible(chosen) and not is_possible(values):
        return True
    wraps = sum(one <= 0 < other for one, other in steps)
    low = all((a - c) % (1 << 8 * size) == 0 for a, c in pairs)
    return (low and wraps * (8 * size + math.log2(len(pairs) + 1)) >= MARGIN) or _is_carried(pairs)


LARGEST_COUNT = 1 << 24
"""What no count of changes reaches: 5,700 a day for eight years. LISTQ prints them with six digits (Q96060)."""


def is_possible(values: Sequence[int | None]) -> bool:
    """Whether most numbers are not beyond all counts of changes."""
    return sum(each is not None and each >= LARGEST_COUNT for each in values) * 2 < len(values)


def _is_carried(pairs: Sequence[tuple[int, int]]) -> bool:
    """Whether the low byte of numbers is that of others, whose upper bytes go up by one where it begins again."""
    usual = Counter((a >> 8, (a - c) & 0xFF) for a, c in pairs).most_common(1)
    if not usual or usual[0][0][1] or len(pairs) - usual[0][1] > SPOILED / 3 * len(pairs):
        return False
    steps = [(c, d) for (a, c), (b, d) in itertools.pairwise(pairs) if c >> 8 != d >> 8 and b <= a]
    return any((d >> 8) - (c >> 8) == 1 and 0 < d - c <= MOST_CARRIED for c, d in steps)


MOST_CARRIED = 4
"""Step within which a low byte that begins again is one of a longer number: 12 bits, and 8 of the byte above it."""


def is_of_kinds(values: Sequence[int | None], chosen: Sequence[int | None]) -> bool:
    """Whether numbers are others with a byte above them that changes now and then, and back again.

    No damage changes one byte of several records, always the same one: it says of what kind they are.
    """
    pairs = [(a, c) for a, c in zip(values, chosen, strict=True) if a is not None and c is not None]
    if not pairs or any((a - c) & 0xFF for a, c in pairs):
        return False
    if any(c >= d for (_, c), (_, d) in itertools.pairwise(pairs)):
        return False
    above = [a >> 8 for a, _ in pairs]
    count = Counter(above).most_common(1)[0][1]
    back = any(b < a for a, b in itertools.pairwise(above))
    return back and FEWEST_KINDS <= len(above) - count <= SPOILED * len(above)


FEWEST_KINDS = 3
"""Records with another byte above their number that damage does not explain."""


def begins_by_chance(values: Sequence[int | None], chosen: Sequence[int | None]) -> bool:
    """Whether numbers are the chosen ones, which begin at 1, with something above them that is always the same.

    A count that is no new one begins anywhere: that its lower bytes do so at 1, too, is an accident (Q133428).
    """
    above = {None if a is None or c is None else a - c for a, c in zip(values, chosen, strict=True)}
    by = above.pop() if len(above) == 1 else None
    if by is None or by <= 0 or chosen[0] != 1:
        return False
    return (by & -by) >= 1 << BEGINNING - (BEYOND_BITS if by > SIX_DIGITS else 0)


BEGINNING = 22
"""Bits below something constant in which numbers that begin at 1 do so by no accident: 20, and what 1 itself costs."""

SIX_DIGITS, BEYOND_BITS = 999_999, 6
"""What LISTQ has room for (Q96060), and bits that a number beyond it costs."""

MOST_LACKING = 4
"""Steps that a number may lack: three where the first record has none of it and another is damaged, and one more."""

FEWEST_STEPS, MARGIN = 6, 20.0
"""Steps that show how numbers rise, and bits by which an accident must be less likely (docs/certainty.md 3)."""
