"""Records in a row: where a rule of framing holds, and what the columns before and behind their texts hold."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from glbtools.binary.layout import TERMINATORS
from glbtools.learn.framing import Rule
from glbtools.learn.samples import SampleFile

SAMPLE = 240
STRAY = 0.03
"""Share of the records whose length may be damaged and yet lead to a text."""


class ChainRecord(NamedTuple):
    """One record that a rule accounts for.

    Attributes:
        sample_file: its file.
        start: where its text begins; ``stop``: where it ends.
        next: where the next record's text begins, or would.
        joined: whether the next record of the chain does stand there.
    """

    sample_file: SampleFile
    start: int
    stop: int
    next: int
    joined: bool

    @property
    def text(self) -> bytes:
        """The bytes of its text."""
        return self.sample_file.data[self.start : self.stop]


def chain_all(sample_files: Sequence[SampleFile], rule: Rule) -> list[ChainRecord]:
    """Return the records of all files."""
    return [held for sample_file in sample_files for held in chain(sample_file, rule)]


def chain(sample_file: SampleFile, rule: Rule) -> list[ChainRecord]:
    """Return the records of a file that follow each other by a rule; damage leaves holes.

    A record counts when the next stands where the rule says, or when it ends the file; one alone is no evidence.
    """
    known = sorted({*sample_file.anchors, *sample_file.listed})
    starts = set(known)
    found: list[ChainRecord] = []
    position = 0
    while (at := bisect_right(known, position - 1)) < len(known):
        run = _run(sample_file, rule, known[at], starts)
        if len(run) > 1 or (run and _is_last(run[-1])):
            found += run
            position = run[-1].stop
        else:
            position = known[at] + 1
    return found


def _run(sample_file: SampleFile, rule: Rule, start: int, starts: set[int]) -> list[ChainRecord]:
    run: list[ChainRecord] = []
    while (length := rule.length(sample_file, start)) is not None:
        following = start + rule.step(length)
        joined = following in starts and following > start
        run.append(ChainRecord(sample_file, start, start + length, following, joined))
        if not joined:
            break
        start = following
    return run


def _is_last(held: ChainRecord) -> bool:
    return held.stop <= len(held.sample_file.data) <= held.next


def sample(records: Sequence[ChainRecord]) -> list[ChainRecord]:
    """Return some hundred records: the first, the last, and runs from all over."""
    if len(records) <= SAMPLE:
        return list(records)
    runs, length = 10, SAMPLE // 10
    found: list[ChainRecord] = []
    for run in range(runs):
        first = run * (len(records) - length) // (runs - 1)
        found += records[first : first + length]
    return found


def room(records: Sequence[ChainRecord], rule: Rule) -> tuple[int, int]:
    """Return how many bytes before a text, and behind one and its terminator, hold no other text."""
    ending = len(TERMINATORS[rule.terminator])
    between = sorted(each.next - each.stop - ending for each in records if each.joined)
    least = between[int(len(between) * STRAY)] if between else 0
    before = least if len(between) > 2 else max((each.start for each in records), default=0)
    return max(0, before), max(0, least)


def covered(records: Sequence[ChainRecord]) -> int:
    """Return how many bytes records take, those of none twice that goes over the beginning of the next."""
    overlapping = sum(max(0, one.next - other.start) for one, other in neighbours(records))
    return sum(each.next - each.start for each in records) - overlapping


def neighbours(records: Sequence[ChainRecord]) -> Iterator[tuple[ChainRecord, ChainRecord]]:
    """Yield records that follow each other in one file."""
    for one, other in itertools.pairwise(records):
        if one.sample_file is other.sample_file:
            yield one, other
