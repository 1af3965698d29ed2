"""Files of one record each: what their known numbers place, though nothing shows how records follow each other.

A REQTRANS of 49 bytes is what most postoffices hold after a confirmed cycle (docs/facts/files.md). A dozen of them with
their numbers known say where the number stands and where the text begins, and no more: the layout is partial.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from glbtools.binary.field import Field
from glbtools.binary.layout import Layout
from glbtools.layouts.written import checked
from glbtools.learn.framing import BINARY, Number
from glbtools.learn.samples import CONTROL, SampleFile

FEWEST = 3
"""Files with different numbers that place a number."""

LARGEST = 1024
"""Bytes of a file that may hold one record only."""

MARGIN = 20.0
"""Bits by which what is seen must be less likely than chance, beside the places tried (docs/certainty.md 3)."""

OPEN = (
    "with one record in each file nothing shows how records follow each other: length, date and checksum are left open",
)


def partial_layout(sample_files: Sequence[SampleFile]) -> Layout | None:
    """Return what known numbers place in files of one record; None where that is no place, or more than one."""
    held = [each for each in sample_files if each.data]
    starts = {each.strong[0] if len(each.strong) == 1 else -1 for each in held}
    if len(starts) != 1 or min(starts) < 1 or any(len(each.data) > LARGEST for each in held):
        return None
    start = starts.pop()
    ended = all(_text_stop(each, start) == len(each.data) - 1 and each.data[-1] == 0 for each in held)
    bare = len({len(each.data) for each in held}) == 1 and all(
        _text_stop(each, start) == len(each.data) for each in held
    )
    if not ended and not bare:
        return None
    known = [(each.data, number) for each in held for number in {each.first, each.last} if number is not None]
    places = list(_places(known, start))
    if not places or not _one_place(places):
        return None
    number, at = max(places, key=lambda each: each[0].size)
    narrower = sorted({each.type for each, _ in places} - {number.type})
    same = f"; {', '.join(narrower)} would read the same" if narrower else ""
    told = len({value for _, value in known})
    doc = f"the known numbers of {len(known)} files, {told} different ones, stand here and nowhere else{same}"
    status = "inferred" if narrower else "observed"
    sync = Field(
        "sync",
        "record",
        at,
        kind=number.kind,
        size=number.size,
        role="sync",
        status=status,
        orig="Sync#",
        doc=doc,
        byte_order=number.order,
    )
    text = Field("text", "record", start, kind="text", size=0, role="text", status="observed", orig="Transaction",
                 doc=f"begins here in {len(held)} of {len(held)} files")  # fmt: skip
    layout = Layout(
        "learnt-queue", "queue", "Queue file, layout learnt in part from files of one record", "observed", (sync, text),
        byte_order=number.order, terminator="nul" if ended else "none", stride=1 if ended else len(held[0].data),
        partial=True, framing_doc="one record in each file; what follows it is not known",
    )  # fmt: skip
    return checked(layout)


def _text_stop(sample_file: SampleFile, start: int) -> int:
    found = CONTROL.search(sample_file.data, start)
    return found.start() if found else len(sample_file.data)


def _places(known: Sequence[tuple[bytes, int]], start: int) -> Iterator[tuple[Number, int]]:
    """Yield where all known numbers stand, if that is no accident over all places tried."""
    values = {value for _, value in known}
    tried = math.log2(len(BINARY) * max(1, start))
    for number in BINARY[1:]:
        evidence = sum(min(8.0 * number.size, math.log2(value + 2)) for value in values)
        if len(values) < FEWEST or evidence < MARGIN + tried:
            continue
        for at in range(start - number.size + 1):
            if all(number.read(data, at) == value for data, value in known):
                yield number, at


def _one_place(places: Sequence[tuple[Number, int]]) -> bool:
    """Whether all readings share a byte: they are one place."""
    shared = set.intersection(*(set(range(at, at + number.size)) for number, at in places))
    return bool(shared)
