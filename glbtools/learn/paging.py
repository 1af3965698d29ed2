"""Records in pages: none goes over the end of one, what is left of it is filled, and each may begin with a header."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from glbtools.binary.layout import ONE_PAGE, Layout
from glbtools.formats.queue import Queue, parse_queue
from glbtools.learn.samples import SampleFile
from glbtools.learn.scoring import is_blank

PAGES = (128, 256, 512, 1024, 2048, 4096)
LARGEST_HEADER = 64
FEWEST = 2
"""Ends of pages that show the size of one."""

STRAY = 0.1
"""Share of the places that damage may explain."""


class PageEnd(NamedTuple):
    """Where a record ends and the next does not begin: its end, the next one's beginning, and what lies between."""

    stop: int
    start: int
    between: bytes


def paged(layout: Layout, sample_files: Sequence[SampleFile], queues: Sequence[Queue]) -> Layout:
    """Return a layout whose records stand in pages, where they do; else the same."""
    if layout.stride > 1 or layout.page or not any(queue.gaps or _has_blank(queue) for queue in queues):
        return layout
    if any(map(_has_blank, queues)):
        filled = layout._replace(page=ONE_PAGE)  # zeros that fill a page are then no records without a text
        queues = [parse_queue(each.data, filled) for each in sample_files]
    ends = [each for sample_file, queue in zip(sample_files, queues, strict=True) for each in _ends(sample_file, queue)]
    if len(ends) < FEWEST:
        return layout
    spans = [(each.start, each.stop) for queue in queues for each in queue.records if not is_blank(each.text)]
    for page in PAGES:
        header, count = Counter(each.start % page for each in ends).most_common(1)[0]
        fitting = [each for each in ends if _fits(each, page, header)]
        crossing = sum(start // page != (stop - 1) // page for start, stop in spans)
        passed = sum(len(sample_file.data) // page for sample_file in sample_files)
        most = min(count, len(fitting)) >= (1 - STRAY) * max(len(ends), passed - len(sample_files) - 1)
        if header > LARGEST_HEADER or header >= page or crossing > STRAY * len(ends) or not most:
            continue
        pads = Counter(each.between[: -header or None] for each in fitting)
        fills = {byte for filled in pads for byte in filled}
        if len(fills) <= 1:
            return layout._replace(page=page, page_header=header, pad=next(iter(fills), layout.pad))
    return layout


def _has_blank(queue: Queue) -> bool:
    return any(is_blank(each.text) for each in queue.records)


def _ends(sample_file: SampleFile, queue: Queue) -> Iterator[PageEnd]:
    """Yield where records do not touch."""
    before = None
    for each in queue.records:
        if is_blank(each.text):
            continue
        if before is not None and before.stop < each.start:
            yield PageEnd(before.stop, each.start, sample_file.data[before.stop : each.start])
        before = each


def _fits(end: PageEnd, page: int, header: int) -> bool:
    """Whether nothing but the rest of one page and the header of the next lies between two records."""
    boundary = end.start - header
    return boundary % page == 0 and boundary - page < end.stop <= boundary
