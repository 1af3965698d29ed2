"""What bytes of a configuration file look like that no known value names: idle pointers, counters, dates, texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Literal, NamedTuple

from glbtools.binary import stamp
from glbtools.binary.layout import Field
from glbtools.formats.config import POINTERS

IDLE = b"\xff\xff\xff\xff"
FARTHEST = 1 << 28
"""First position that is none in a queue file."""

EARLIEST, LATEST = datetime(1988, 1, 1), datetime(2012, 1, 1)
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
    names of the queues. Fewer may be seen: one that was in use all the time looks like any other number.
    """
    starts = sorted({start for region in regions for start in _idle(region, fields)})
    tiles = all(after - start >= len(IDLE) for start, after in pairwise(starts))
    if not starts or len(starts) > len(POINTERS) or not tiles:
        return []
    stored: Literal["little", "big"] = "big" if order == "big" else "little"
    for start in starts:
        raws = {region[start : start + 4] for region in regions} - {IDLE}
        if any(int.from_bytes(raw, stored) >= FARTHEST for raw in raws) or (raws and not order):
            return []
    queues = ", ".join(POINTERS)
    found = []
    for start in starts:
        idle = sum(region[start : start + 4] == IDLE for region in regions)
        doc = (
            f"-1 in {idle} of {len(regions)} snapshots, as an idle pointer is (Q112301); inferred: into which queue is"
        )
        doc += f" not known; Q140462 names {queues}"
        found.append(Field(f"pointer_{start:02x}", "record", start, "i32", 4, "link", "inferred", doc=doc,
                           byte_order=stored, default=-1))  # fmt: skip
    return found


def _idle(region: bytes, fields: Sequence[Field]) -> Iterator[int]:
    """Yield where -1 stands; a run whose length is no multiple of four has no telling where the numbers begin."""
    for match in re.finditer(rb"\xff{4,}", region):
        start, stop = match.span()
        if (stop - start) % 4 == 0 and not any(each.offset < stop and start < each.stop for each in fields):
            yield from range(start, stop, 4)
        else:
            yield from (start, start + 1)  # no tiling: nothing is said


def mentions(regions: Sequence[bytes], section: str, fields: Sequence[Field]) -> list[Mention]:
    """Return what the bytes that no field claims look like."""
    if not regions:
        return []
    claimed = {at for each in fields if each.section == section for at in range(each.offset, each.stop)}
    found: list[Mention] = []
    length, at = len(regions[0]), 0
    while at < length and len(found) < MOST_MENTIONS:
        if at in claimed or not any(region[at] for region in regions):
            at += 1
            continue
        stop = at
        while stop < length and stop not in claimed and any(region[stop] for region in regions):
            stop += 1
        found.append(Mention(section, at, stop - at, _kind([region[at:stop] for region in regions])))
        at = stop
    return found


def _kind(raws: Sequence[bytes]) -> str:
    first = raws[0]
    same = len(set(raws)) == 1
    if same and (match := _TEXT.match(first)) and match.end() == len(first):
        return "a text"
    if same:
        return "the same everywhere"
    if 3 <= len(first) <= 4:
        for order in ("little", "big"):
            for form, (read, _) in stamp.ENCODINGS.items():
                moments = [read(int.from_bytes(raw, "little" if order == "little" else "big")) for raw in raws]
                if len(first) == 4 and all(each and EARLIEST <= each <= LATEST for each in moments):
                    return f"perhaps a date, {form}, {order}-endian"
    if len(first) <= 2:
        values = [int.from_bytes(raw, "little") for raw in raws]
        steps = [after - before for before, after in pairwise(values)]
        if all(0 <= step <= 1000 for step in steps) and len(steps) > 1:
            return "perhaps a counter: it only rises" + (" by 1" if set(steps) <= {0, 1} else "")
    return "changes"
