"""Records in pages: none goes over the end of one, what is left of it is filled, and each may begin with a header."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from glbtools.binary.layout import Layout
from glbtools.binary.records import codec
from glbtools.learn.chain import ChainRecord, neighbours
from glbtools.learn.samples import SampleFile

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


def paged(layout: Layout, sample_files: Sequence[SampleFile], records: Sequence[ChainRecord]) -> Layout:
    """Return a layout whose records stand in pages, where they do; else the same.

    It is asked only where some of what is read is no record. Where pages end shows between ``records`` that are joined;
    what the layout reads there without it may be anything.
    """
    if layout.page:
        return layout
    head = codec(layout).len_head
    ends = [
        PageEnd(one.next - head, other.start - head, one.sample_file.data[one.next - head : other.start - head])
        for one, other in neighbours(records)
        if not one.joined and one.next <= other.start
    ]
    if len(ends) < FEWEST:
        return layout
    spans = [(each.start - head, each.next - head) for each in records]
    for page in PAGES:
        header, count = Counter(each.start % page for each in ends).most_common(1)[0]
        fitting = [each for each in ends if _fits(each, page, header)]
        crossing = sum(start // page != (stop - 1) // page for start, stop in spans)
        passed = sum(len(sample_file.data) // page for sample_file in sample_files)
        most = min(count, len(fitting)) >= (1 - STRAY) * max(len(ends), passed - len(sample_files) - 1)
        if header > LARGEST_HEADER or header >= page or crossing > STRAY * len(ends) or not most:
            continue
        pads = [frozenset(each.between[: -header or None]) for each in fitting]
        fill = Counter(byte for each in pads for byte in each if len(each) == 1).most_common(1)
        pad = fill[0][0] if fill else layout.pad
        if sum(each <= {pad} for each in pads) >= (1 - STRAY) * len(pads):  # damage may stand in what fills a page
            return layout._replace(page=page, page_header=header, pad=pad)
    return layout


def _fits(end: PageEnd, page: int, header: int) -> bool:
    """Whether nothing but the rest of one page and the header of the next lies between two records."""
    boundary = end.start - header
    return boundary % page == 0 and boundary - page < end.stop <= boundary
