"""What an audit of a layout looks at: undamaged records of the files as they were read, and how many may be odd."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Sequence

from glbtools.binary.records import Record
from glbtools.formats.queue import Queue
from glbtools.learn.comparison import DamageIndex
from glbtools.learn.framing import spread
from glbtools.learn.samples import SampleFile
from glbtools.learn.scoring import is_blank

STRAY = 0.03
"""Share of the records that damage may have changed where nothing else shows it."""

LOST = 0.05
"""Share of the texts that may stand in no record, since their records are damaged."""

FEWEST_STEPS = 6
"""Steps of which one may fall, since numbers begin again or old ones are left over."""

FEW_VALUES = 8
"""Different values that a byte must take before its range says anything."""

Parts = Sequence[tuple[SampleFile, Queue]]

Samples = Sequence[tuple[bytes, Record, Queue]]
"""Records, each with the bytes of its file and how that is read."""

MOST_SAMPLES = 4000
"""Records that are enough to see how their fields may be read otherwise."""


def samples_of(parts: Parts) -> Samples:
    """Return the undamaged records; where there are many, some from all over: the first, the last, and runs between."""
    hurt = [DamageIndex(queue) for _, queue in parts]
    firsts = list(itertools.accumulate((len(queue.records) for _, queue in parts), initial=0))
    found = []
    for place in spread(firsts[-1], MOST_SAMPLES):
        at = bisect_right(firsts, place) - 1
        sample_file, queue = parts[at]
        record = queue.records[place - firsts[at]]
        if not hurt[at](record) and not is_blank(record.text):
            found.append((sample_file.data, record, queue))
    return found


def size_behind(queue: Queue, record: Record) -> int:
    """Return how many bytes a record has behind its text."""
    return record.stop - record.start - queue.codec.len_head - len(raw_text(queue, record))


CRLF = b"\r\n"
"""The end of a line."""


def raw_text(queue: Queue, record: Record) -> bytes:
    """Return the bytes of a text."""
    return queue.layout.encoded(record.text)
