"""In which order the records of a file follow each other where that is not the order of their bytes.

A program may write each new record where there is room, and let an offset lead from record to record, or write the
newest first. A listing prints the numbers of the records, and so their order.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from glbtools.binary.field import Field
from glbtools.binary.layout import LINKS, Layout
from glbtools.binary.records import Record
from glbtools.formats.queue import Queue
from glbtools.learn import columns
from glbtools.learn.comparison import undamaged
from glbtools.learn.inserting import bytes_of, opened, with_field
from glbtools.learn.samples import SampleFile

FEWEST = 6
"""Records that show an order."""

STRAY = 0.03
"""Share of the links and steps that damage may have changed."""


Linked = tuple[bytes, int, int]
"""The bytes of a file, where one of its records begins, and where that begins to which a link of it would lead."""


def with_order(layout: Layout, sample_files: Sequence[SampleFile], queues: Sequence[Queue]) -> Layout:
    """Return a layout that says by what its records follow each other, where their bytes do not."""
    sound = [list(undamaged(queue)) for queue in queues]
    steps = [b.sync - a.sync for records in sound for a, b in itertools.pairwise(records)]
    if len(steps) < FEWEST - 1 or all(step > 0 for step in steps):
        return layout
    lying = _pairs(sample_files, sound)
    following = _pairs(sample_files, [sorted(records, key=lambda each: each.sync) for records in sound])
    links = [field for link in LINKS if (field := _link(layout, link, following, lying)) is not None]
    if links:  # what was taken for a link by the order of the bytes alone is none
        layout = layout._replace(fields=tuple(opened(each) if each.link else each for each in layout.fields))
    for field in links:
        layout = with_field(layout, field)._replace(order="links")
    if layout.order:
        return layout
    falling = sum(step < 0 for step in steps) >= (1 - STRAY) * len(steps)
    return layout._replace(order="descending") if falling else layout


def _pairs(sample_files: Sequence[SampleFile], records: Sequence[Sequence[Record]]) -> list[Linked]:
    """Return the neighbours among records of each file, as they are given."""
    return [
        (sample_file.data, one.start, other.start)
        for sample_file, own in zip(sample_files, records, strict=True)
        for one, other in itertools.pairwise(own)
    ]


def _link(layout: Layout, link: str, following: Sequence[Linked], lying: Sequence[Linked]) -> Field | None:
    """Return the bytes that lead to the record with the next number, or the one before, and not to what lies beside."""
    numbers = [each for each in columns.links() if each.kind not in {"dec", "hex"}]
    free = bytes_of(layout, "record", {"opaque", "constant", "link"})
    for number in numbers:
        for at in sorted(free):
            if not free.issuperset(range(at, at + number.size)):
                continue
            same, beside = (
                sum(
                    number.read(data, (start if link == "next" else there) + at) == (there if link == "next" else start)
                    for data, start, there in pairs
                )
                for pairs in (following, lying)
            )
            if same >= (1 - STRAY) * len(following) and same > beside:
                return Field(
                    "ofs_next" if link == "next" else "ofs_prev", "record", at, kind=number.kind, size=number.size,
                    role="link", status="observed", byte_order=number.order, link=link,
                    doc=f"leads to the {link} one in {same} of {len(following)} records by their numbers",
                )  # fmt: skip
    return None
