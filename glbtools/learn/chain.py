"""Records in a row: where a rule of framing holds, and what the columns before and behind their texts hold."""

from __future__ import annotations

import itertools
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple, overload

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


class Chain(Sequence[ChainRecord]):
    """The records that a rule accounts for, of one file behind the other; each is made when it is asked for."""

    def __init__(self, sample_files: Sequence[SampleFile], rule: Rule) -> None:
        self.sample_files: list[SampleFile] = []
        self.firsts: list[int] = []
        self.starts, self.stops, self.nexts, self.joined = array("q"), array("q"), array("q"), bytearray()
        for sample_file in sample_files:
            records = chain(sample_file, rule)
            if records:
                self.sample_files.append(sample_file)
                self.firsts.append(len(self.starts))
            self.starts.extend(each.start for each in records)
            self.stops.extend(each.stop for each in records)
            self.nexts.extend(each.next for each in records)
            self.joined.extend(each.joined for each in records)

    def __len__(self) -> int:
        """How many records there are."""
        return len(self.starts)

    @overload
    def __getitem__(self, place: int) -> ChainRecord: ...

    @overload
    def __getitem__(self, place: slice) -> list[ChainRecord]: ...

    def __getitem__(self, place: int | slice) -> ChainRecord | list[ChainRecord]:
        """Return a record, or several."""
        places = range(len(self))[place]
        return [self._made(each) for each in places] if isinstance(places, range) else self._made(places)

    def _made(self, place: int) -> ChainRecord:
        sample_file = self.sample_files[bisect_right(self.firsts, place) - 1]
        return ChainRecord(
            sample_file, self.starts[place], self.stops[place], self.nexts[place], bool(self.joined[place])
        )

    @property
    def of_files(self) -> list[Sequence[ChainRecord]]:
        """The records of each file that has some."""
        if len(self.firsts) == 1:
            return [self]
        return [self[first:stop] for first, stop in itertools.pairwise([*self.firsts, len(self)])]

    @property
    def texts(self) -> Iterator[bytes]:
        """The bytes of their texts."""
        for sample_file, (first, stop) in zip(
            self.sample_files, itertools.pairwise([*self.firsts, len(self)]), strict=True
        ):
            for start, end in zip(self.starts[first:stop], self.stops[first:stop], strict=True):
                yield sample_file.data[start:end]

    @property
    def covered(self) -> int:
        """How many bytes they take, those of none twice that goes over the beginning of the next."""
        pairs = enumerate(zip(self.nexts, self.starts[1:], strict=False), 1)
        overlapping = sum(stop - start for at, (stop, start) in pairs if stop > start and at not in self.firsts)
        return sum(self.nexts) - sum(self.starts) - overlapping

    @cached_property
    def between(self) -> array[int]:
        """How many bytes lie between each text and the next, where that is where the rule says, the fewest first."""
        places = zip(self.nexts, self.stops, self.joined, strict=True)
        return array("q", sorted(following - stop for following, stop, joined in places if joined))


def chain(sample_file: SampleFile, rule: Rule) -> list[ChainRecord]:
    """Return the records of a file that follow each other by a rule; damage leaves holes.

    A record counts when the next stands where the rule says, or when it ends the file; one alone is no evidence.
    """
    anchors = sample_file.anchors
    more = [at for at in sample_file.listed if not _has(anchors, at)]
    known = array("q", sorted([*anchors, *more])) if more else anchors
    found: list[ChainRecord] = []
    position = 0
    while (at := bisect_right(known, position - 1)) < len(known):
        run = _run(sample_file, rule, known[at], known)
        if len(run) > 1 or (run and _is_last(run[-1])):
            found += run
            position = run[-1].stop
        else:
            position = known[at] + 1
    return found


def _run(sample_file: SampleFile, rule: Rule, start: int, known: array[int]) -> list[ChainRecord]:
    run: list[ChainRecord] = []
    while (length := rule.length(sample_file, start)) is not None:
        following = start + rule.step(length)
        joined = following > start and _has(known, following)
        run.append(ChainRecord(sample_file, start, start + length, following, joined))
        if not joined:
            break
        start = following
    return run


def _has(places: array[int], wanted: int) -> bool:
    """Whether a place is among some that are in order."""
    at = bisect_left(places, wanted)
    return at < len(places) and places[at] == wanted


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


def room(records: Chain, rule: Rule) -> tuple[int, int]:
    """Return how many bytes before a text, and behind one and its terminator, hold no other text."""
    between = records.between
    least = between[int(len(between) * STRAY)] - len(TERMINATORS[rule.terminator]) if between else 0
    before = least if len(between) > 2 else max(records.starts, default=0)
    return max(0, before), max(0, least)


def neighbours(records: Sequence[ChainRecord]) -> Iterator[tuple[ChainRecord, ChainRecord]]:
    """Yield records that follow each other in one file."""
    for one, other in itertools.pairwise(records):
        if one.sample_file is other.sample_file:
            yield one, other
