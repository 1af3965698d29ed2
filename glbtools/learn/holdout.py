"""A third of the records, kept apart from a search and then read with what it found (docs/certainty.md 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from glbtools.binary.layout import Layout
from glbtools.binary.records import Record, codec
from glbtools.formats.queue import Queue, chunks
from glbtools.learn.comparison import WHAT
from glbtools.learn.reading import outline
from glbtools.learn.samples import SampleFile

FEWEST = 6
"""Records of which a third is kept apart."""

STRAY = 0.03
"""Share of the records kept apart that damage may have made unreadable."""

LARGEST = 1 << 17
"""Bytes of a file, at most, from which a layout is found anew."""


class Holdout(NamedTuple):
    """How the records that were kept apart are read.

    Attributes:
        records: how many were kept apart; ``of``: how many there are.
        alike: how many of them the layout found without them reads as the whole search does; None where it found none.
        differing: roles of fields that it reads otherwise, or does not find: number, text, date; of a configuration
            the names of fields.
        unit: what is kept apart: record, requestor, file.
    """

    records: int
    of: int
    alike: int | None
    differing: tuple[str, ...] = ()
    unit: str = "record"

    def __str__(self) -> str:
        if not self.records:
            return f"none: there are {'too few files' if self.unit == 'file' else f'fewer than {FEWEST} {self.unit}s'}"
        one = self.records == 1
        which = f"the last {'' if one else f'{self.records} '}of {self.of} {self.unit}s"
        them = "it" if one else "them"
        if self.alike is None:
            return f"{which}; without {them} nothing is decided, so that {'it tests' if one else 'they test'} nothing"
        said = f"{which}; the layout found without {them} reads {self.alike} of {self.records} alike"
        return said + (f", and differs in {', '.join(self.differing)}" if self.differing else "")


def held_out(
    sample_files: Sequence[SampleFile],
    queues: Sequence[Queue],
    layout: Layout,
    search: Callable[[Sequence[SampleFile]], Layout | None],
) -> Holdout:
    """Return how the last third of the records is read by what a search finds without it.

    Args:
        sample_files: the files.
        queues: how the layout that was found reads them.
        layout: that layout.
        search: what is found in files; None where that decides nothing.
    """
    total = sum(len(each.records) for each in queues)
    if total < FEWEST:
        return Holdout(0, total, 0)
    rest, kept = [], []
    left = total - total // 3
    for sample_file, queue in zip(sample_files, queues, strict=True):
        records = sorted(queue.records, key=lambda each: each.start)  # by their bytes, in whatever order they are read
        shown = records[:left]
        left -= len(shown)
        kept.append(records[len(shown) :])
        near = [each for each in shown if each.stop <= LARGEST]
        if near:
            whole = len(near) == len(queue.records)
            rest.append(sample_file if whole else sample_file.beginning(near[-1].stop))
            # A number that is known of one record is as good as one of another: what it decides is not asked here.
            if not whole and sample_file.last is not None and layout.numbered:
                rest[-1].last = near[-1].sync
    count = sum(map(len, kept))
    found = search(rest) if rest else None
    if found is None:
        return Holdout(count, total, None)
    if outline(found) == outline(layout):
        return Holdout(count, total, count)
    wrong: dict[str, int] = dict.fromkeys(("number", "text", "date"), 0)
    alike = 0
    first, shift = codec(layout).len_head, codec(found).len_head
    for sample_file, several in zip(sample_files, kept, strict=True):
        left_over = {each.start + first: each for each in several}
        for batch in codec(found).batches(chunks(sample_file.data)):
            for its in batch.rows:
                each = left_over.pop(its.start + shift, None)
                differs = _differing(each, its) if each is not None else []
                alike += each is not None and not differs
                for what in differs:
                    wrong[what] += 1
        for what in wrong:  # what is not found at all
            wrong[what] += len(left_over)
    return Holdout(count, total, alike, tuple(what for what, times in wrong.items() if times > STRAY * count))


def _differing(one: Record, other: Record) -> list[str]:
    """Return what one of two readings of a record says otherwise."""
    same = {
        "number": one.sync == other.sync,
        "text": one.text == other.text,
        "date": one.stamp is None or one.stamp == other.stamp,
    }
    return [what for what in same if not same[what]]


def doubted(layout: Layout, held: Holdout) -> Layout:
    """Return a layout in which what fails in the records kept apart is not observed."""
    roles = {WHAT[what] for what in held.differing}
    doc = f"otherwise, or not found, without a third of the {held.unit}s"
    return layout._replace(
        fields=tuple(
            each._replace(status="inferred", doc=f"{each.doc}; {doc}") if each.role in roles else each
            for each in layout.fields
        )
    )
