"""What bytes of a configuration file look like that no known value names: idle pointers, counters, dates, texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Literal, NamedTuple

from glbtools.binary import stamp
from glbtools.binary.field import Field, unsigned
from glbtools.learn.clocks import EARLIEST, LATEST
from glbtools.model.configuration import POINTERS

IDLE = b"\xff\xff\xff\xff"
FARTHEST = 1 << 28
"""First position that is none in a queue file."""

LONGEST = timedelta(days=60)
"""Time between two files up to which a date is recognised."""

MOST_RISE = 1000
MOST_MENTIONS = 40
_TEXT = re.compile(rb"[\x20-\x7e]{4,}(?=\0|$)")


class Mention(NamedTuple):
    """What some bytes look like; a hint and no field.

    Attributes:
        section: ``header`` or ``record``.
        offset: of the first byte.
        size: how many bytes.
        kind: in words.
    """

    section: str
    offset: int
    size: int
    kind: str

    def __str__(self) -> str:
        where = f"{'header ' if self.section == 'header' else ''}0x{self.offset:03x}"
        return f"{where} {self.size} bytes: {self.kind}"


def pointers(regions: Sequence[bytes], fields: Sequence[Field], order: str) -> list[Field]:
    """Return the idle pointers of REQCONF: -1 in one file at least, a position or -1 in the others.

    There are four (Q112301, Q140462). Which is which cannot be seen while they are idle, so they are not given the
    names of the queues. Where fewer are seen nothing is: one may have been in use all the time, but -1 is in two bytes,
    too, and what fills unused bytes.
    """
    starts = sorted({start for region in regions for start in _idle(region, fields)})
    tiles = all(after - start >= len(IDLE) for start, after in pairwise(starts))
    if len(starts) != len(POINTERS) or not tiles:
        return []
    stored: Literal["little", "big"] = "big" if order == "big" else "little"
    for start in starts:
        raws = {region[start : start + 4] for region in regions} - {IDLE}
        if any(unsigned(raw, stored) >= FARTHEST for raw in raws) or (raws and not order):
            return []
    queues = ", ".join(POINTERS)
    found = []
    for start in starts:
        idle = sum(region[start : start + 4] == IDLE for region in regions)
        doc = (
            f"-1 in {idle} of {len(regions)} snapshots, as an idle pointer is (Q112301); inferred: into which queue is"
        )
        doc += f" not known; Q140462 names {queues}"
        found.append(
            Field(
                f"pointer_{start:02x}",
                "record",
                start,
                kind="i32",
                size=4,
                role="link",
                status="inferred",
                doc=doc,
                byte_order=stored,
                default=-1,
            )
        )
    return found


def _idle(region: bytes, fields: Sequence[Field]) -> Iterator[int]:
    """Yield where -1 stands; a run whose length is no multiple of four has no telling where the numbers begin."""
    for match in re.finditer(rb"\xff{4,}", region):
        start, stop = match.span()
        if (stop - start) % 4 == 0 and not any(each.offset < stop and start < each.stop for each in fields):
            yield from range(start, stop, 4)
        else:
            yield from (start, start + 1)  # no tiling: nothing is said


def mentions(lives: Sequence[Sequence[bytes]], section: str, fields: Sequence[Field], order: str) -> list[Mention]:
    """Return what the bytes that no field claims look like.

    Args:
        lives: every structure of one kind, each as it stands in one file after another.
        section: ``header`` or ``record``.
        fields: what is decided.
        order: of bytes; both are tried where it is empty.
    """
    regions = [region for life in lives for region in life]
    if not regions:
        return []
    claimed = {at for each in fields if each.section == section for at in range(each.offset, each.stop)}
    length = len(regions[0])
    together = reduce(or_, (int.from_bytes(region, "big") for region in regions)).to_bytes(length, "big")
    used = [at not in claimed and together[at] != 0 for at in range(length)]
    found: list[Mention] = []
    at = 0
    while at < length and len(found) < MOST_MENTIONS:
        if not used[at]:
            at += 1
            continue
        size, kind = _kind(lives, at, next((stop for stop in range(at, length) if stop in claimed), length), order)
        if kind in {SAME, OTHER} and found and found[-1].kind == kind and found[-1].offset + found[-1].size == at:
            found[-1] = found[-1]._replace(size=found[-1].size + size)
        else:
            found.append(Mention(section, at, size, kind))
        at += size
    return found


SAME, OTHER = "the same in every file", "changes between files"


def _kind(lives: Sequence[Sequence[bytes]], at: int, stop: int, order: str) -> tuple[int, str]:
    """Return how many bytes from a place on are of one kind, and of which."""
    regions = [region for life in lives for region in life]
    raws = {region[at:stop] for region in regions}
    texts = [match.end() for raw in raws if (match := _TEXT.match(raw))]
    if len(texts) == len(raws):
        return max(texts), "a text"
    several = any(len(life) > 1 for life in lives)
    orders = (order,) if order else ("little", "big")
    for stored in orders if several and stop - at >= 4 else ():
        for form, (read, _) in stamp.ENCODINGS.items():
            if _are_dates([[read(unsigned(region[at : at + 4], stored)) for region in life] for life in lives]):
                return 4, f"perhaps a date ({form}, {stored}-endian): it rises by days between files"
    if len({region[at] for region in regions}) == 1:
        return 1, SAME
    for stored in orders if several else ():
        size = 2 if stored == "little" and stop - at >= 2 else 1
        steps = [
            after - before
            for life in lives
            for before, after in pairwise([unsigned(region[at : at + size], stored) for region in life])
        ]
        if any(steps) and all(0 <= step <= MOST_RISE for step in steps):
            return size, f"perhaps a counter ({stored}-endian): it rises by {_range(steps)} between files"
    return 1, OTHER


def _are_dates(lives: Sequence[Sequence[datetime | None]]) -> bool:
    """Whether all are dates of the time of these programs, and none is far from the one before, or before it."""
    moments = [moment for life in lives for moment in life]
    if not all(moment and EARLIEST <= moment <= LATEST for moment in moments):
        return False
    steps = [after - before for life in lives for before, after in pairwise(life) if before and after]
    return any(steps) and all(timedelta(0) <= step <= LONGEST for step in steps)


def _range(steps: Sequence[int]) -> str:
    low, high = min(steps), max(steps)
    return str(high) if low == high else f"{low} to {high}"
