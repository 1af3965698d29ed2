"""Why records may not stand where a layout has them: texts in none of them, records a few bytes out of step."""

from __future__ import annotations

import itertools
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence

from glbtools.binary.records import Record
from glbtools.formats.queue import Queue
from glbtools.learn import columns
from glbtools.learn.audited import (
    CRLF,
    FEW_VALUES,
    LOST,
    STRAY,
    Parts,
    raw_text,
    size_behind,
)
from glbtools.learn.comparison import DamageIndex
from glbtools.learn.samples import ANCHOR, SampleFile
from glbtools.learn.scoring import grammatical, is_blank, is_odd, of_one_kind


def frame_doubts(parts: Parts) -> Iterator[str]:
    """Yield why records are not where a layout has them: texts with control bytes, texts that stand in no record."""
    for sample_file, queue in parts:
        hurt, first = DamageIndex(queue), queue.codec.len_head
        strange = [each for each in queue.records if not is_blank(each.text) and is_odd(raw_text(queue, each))]
        odd = [each for each in strange if not hurt(each)]
        texts = sum(not is_blank(each.text) and not hurt(each) for each in queue.records) if len(odd) > 1 else 0
        if len(odd) > max(1, LOST * texts):
            yield (
                f"{len(odd)} of {len(queue.records)} texts of {sample_file.path} hold what no transaction holds, "
                f"first in the {queue.named(odd[0])}"
            )
        yield from _misread(sample_file, queue, strange, odd)
        size, count = of_one_kind(queue)
        if count > max(2, LOST * len(queue.records)) and 0 < size <= MOST_FILLED and queue.layout.stride == 1:
            yield f"{count} places of {sample_file.path} between records have {size} bytes each: they fill something up"
        yield from _in_header(sample_file, queue)
        yield from _out_of_step(sample_file, queue)
        starts = array("q", sorted(_beginnings(queue)))
        stop = min((each.start for each in queue.left), default=len(sample_file.data))
        stray = [at for at in _outstanding(sample_file) if at < stop and _is_stray(sample_file, starts, at, first)]
        stray = sorted({*stray, *_between(sample_file, queue)})
        if len(stray) > max(2, STRAY * len(queue.records)):
            stray = _less_fixed(sample_file, queue, stray)
        if len(stray) > max(2, STRAY * len(queue.records)):
            yield (
                f"{len(stray)} texts of {sample_file.path} stand in no record, the first at 0x{stray[0]:x}: "
                "the rule by which records follow each other breaks off there"
            )


def _in_header(sample_file: SampleFile, queue: Queue) -> Iterator[str]:
    """Yield that a text stands in what is read as the header of a file: the records may begin before it."""
    for at in itertools.takewhile(lambda at: at < queue.layout.header, sample_file.strong):
        if _is_transaction(sample_file, queue, at):
            yield f"a text stands in what is read as the header of {sample_file.path}, at 0x{at:x}"
            return


def _out_of_step(sample_file: SampleFile, queue: Queue) -> Iterator[str]:
    """Yield why each record may begin and end some bytes away: what is left at the end belongs to the one before.

    A field that is taken for one before the texts, and is one behind them, leaves the last number of a file alone, and
    the first text without one; a file with a header has bytes for that text as well.
    """
    records = sorted(queue.records, key=lambda each: each.start)
    if len(records) < 2 or sample_file.printed:
        return
    first, last = records[0], records[-1]
    rest, head = sample_file.data[last.stop :], queue.codec.len_head
    field = queue.layout.with_role("sync")
    if field is not None and field.section == "record" and len(rest) <= head:
        value = field.read(rest[field.offset : field.stop])
        steps = [b.sync - a.sync for a, b in itertools.pairwise(records)]
        if isinstance(value, int) and value - last.sync in steps and len(set(steps)) < FEW_VALUES:
            yield f"the number {value} follows the last record of {sample_file.path}: each may be of the text before it"
            return
    data = sample_file.data
    before = sample_file.strong[0] if sample_file.strong else first.start + head
    shifted = queue.layout.header or before < first.start + head or len(rest) == head
    if not rest.strip(END_OF_FILE) or not shifted:
        return
    starts, stops = [each.start for each in records], [each.stop for each in records]
    if len(rest) <= head:
        if all(map(_may_be_of, ([data[start + at] for start in starts] for at in range(len(rest))), rest)):
            yield f"behind the last record of {sample_file.path} stand {len(rest)} bytes more: they may be part of it"
        return
    at = sample_file.strong[-1] if sample_file.strong else 0
    if at < last.stop or not _is_transaction(sample_file, queue, at):
        return
    missing = max(0, size_behind(queue, first) - (len(data) - sample_file.control(at)))
    lead = data[max(0, queue.layout.header - missing) : queue.layout.header]
    ends = ([data[stop - missing + at] for stop in stops] for at in range(missing))
    if missing and len(lead) == missing and all(map(_may_be_of, ends, lead)):
        yield f"the last text of {sample_file.path} stands in no record: records may begin {missing} bytes earlier"


def _may_be_of(column: Sequence[int], value: int) -> bool:
    """Whether a byte may be one of a column: no farther from the others than those are from each other."""
    low, high = min(column), max(column)
    return 2 * low - high - 1 <= value <= 2 * high - low + 1 if low < high else value == low


MOST_FILLED = 3
"""Bytes that fill a record up to an even place, or to one of four."""

END_OF_FILE = b"\0\x1a"
"""What files end with, as many as it takes to fill a block."""


def _is_stray(sample_file: SampleFile, starts: Sequence[int], at: int, head: int) -> bool:
    """Whether no text begins at a place, nor a record whose number or date may look like one.

    Before a text is a record's where rows say that texts begin there.
    """
    following = starts[bisect_left(starts, at)] if starts and at <= starts[-1] else None
    return following is None or (following - head > at if sample_file.listed else following != at)


def _beginnings(queue: Queue) -> Iterator[int]:
    """Yield where texts begin, of records that are in the queue and of what is left."""
    first = queue.codec.len_head
    return (each.start + first for several in (queue.records, queue.left) for each in several)


def kind_doubts(parts: Parts) -> Iterator[str]:
    """Yield that there may be records of another kind: places that are no records, of one size and beginning."""
    for sample_file, queue in parts:
        size, count = of_one_kind(queue)
        if count and not (sample_file.listed and sample_file.listed.keys() <= set(_beginnings(queue))):
            yield (
                f"{count} places of {sample_file.path} of {size} bytes each are no records and begin alike: there may "
                "be records of another kind"
            )
    yield from _turned_lengths(parts)


def _turned_lengths(parts: Parts) -> Iterator[str]:
    """Yield that some lengths are those of their texts, negative or turned round: deleted records may have them so."""
    for sample_file, queue in parts:
        length = queue.codec.length
        if length is None or length.size < 2 or sample_file.printed:
            continue
        place, most = queue.codec.other_fields.index(length), (1 << 8 * length.size) - 1
        long = [each for each in queue.records if int(each.others[place]) > most // 2]
        turned = sum(int(each.others[place]) + queue.codec.len_text(each.text) in (most, most + 1) for each in long)
        if turned:
            yield f"{turned} lengths of {sample_file.path} are turned round: they may mark deleted records"


def _misread(
    sample_file: SampleFile, queue: Queue, swallowed: Sequence[Record], odd: Sequence[Record]
) -> Iterator[str]:
    """Yield what no damage explains: an empty record, one that swallows others, one that begins too early.

    ``swallowed`` have texts that are none, of which those are ``odd`` that no damage explains.
    """
    layout, first = queue.layout, queue.codec.len_head
    blank = [each for each in queue.records if is_blank(each.text)]
    if blank and layout.stride == 1 and not _is_explained(sample_file, queue, blank):
        yield f"a record without a text is read at 0x{blank[0].start:x} of {sample_file.path}, where none may be"
    length = queue.codec.length
    if length is not None:
        at_length = queue.codec.other_fields.index(length)
        off = Counter(int(each.others[at_length]) - queue.codec.len_text(each.text) for each in queue.records)
        del off[0]
        by, count = off.most_common(1)[0] if off else (0, 0)
        if count > 1 and count * 2 > off.total():
            yield f"{count} lengths of {sample_file.path} are off by {by}, all alike: they may be stored otherwise"
    if not swallowed:
        return
    sizes = sorted(each.stop - each.start for each in queue.records)
    lost = sum(each.stop - each.start for each in swallowed)
    if lost > max(MOST_SWALLOWED * sizes[len(sizes) // 2], LOST * len(sample_file.data)):
        yield f"{lost} bytes of {sample_file.path} are read as texts that are none, first at 0x{swallowed[0].start:x}"
    field = layout.with_role("sync")
    at = {each.start: place for place, each in enumerate(queue.records)}
    for each in odd if field is not None and field.section == "record" else ():
        before, after = (queue.records[at[each.start] + by : at[each.start] + by + 1] for by in (-1, 1))
        if not before or not after:
            continue
        for by in (-2, -1, 1, 2):
            start = each.start + by
            value = field.read(sample_file.data[start + field.offset : start + field.stop])  # type: ignore[union-attr]
            fits = isinstance(value, int) and before[0].sync < value < after[0].sync
            if fits and ANCHOR.match(sample_file.data, start + first):
                yield (
                    f"the record at 0x{each.start:x} of {sample_file.path} begins at 0x{start:x} by its number and text"
                )
                return


def _is_explained(sample_file: SampleFile, queue: Queue, blank: Sequence[Record]) -> bool:
    """Whether damage has taken the texts of records: few rows of a listing are not read, and those just there."""
    first = queue.codec.len_head
    starts = {each.start + first for each in queue.records} | {each.start + first for each in queue.left}
    rows = sample_file.printed
    lost = len(rows) - sum(place in starts for place in sample_file.listed)
    if not rows or max(lost, len(blank)) > max(1, STRAY * len(rows)):
        return False
    told = list(zip(sample_file.places, (row.sync for row in rows), strict=True))
    missing = [number for place, number in told if place is None]
    standing = sorted((place, number) for place, number in told if place is not None)
    for each in blank:
        at = bisect_left(standing, (each.start + first, 0))
        low = standing[at - 1][1] if at else 0
        high = standing[at][1] if at < len(standing) else max(number for _, number in told) + 1
        if not any(min(low, high) < number < max(low, high) for number in missing):
            return False
    return True


MOST_SWALLOWED = 4
"""Records' worth of bytes that a text may have swallowed by damage."""


def _outstanding(sample_file: SampleFile) -> list[int]:
    """Return where a text begins behind a byte that no text holds."""
    data = sample_file.data
    return [at for at in sample_file.anchors if at and (data[at - 1] < 32 or data[at - 1] in (127, 255))]


def _between(sample_file: SampleFile, queue: Queue) -> Iterator[int]:
    """Yield where whole transactions begin in front of the first record, or between records."""
    end, anchors = queue.layout.header, sample_file.anchors
    for each in sorted(queue.records, key=lambda each: each.start) if not sample_file.printed else ():
        for at in anchors[bisect_left(anchors, end) : bisect_left(anchors, each.start)] if end < each.start else ():
            stop = _end_of_line(sample_file, at)
            if end <= at < stop <= each.start and _is_transaction(sample_file, queue, at, stop):
                yield at
                end = stop
        end = max(end, each.stop)


def _end_of_line(sample_file: SampleFile, at: int) -> int:
    """Return where the line ends that a text begins with, or the text itself."""
    stop = sample_file.control(at)
    end = sample_file.data.find(CRLF, at, stop)
    return stop if end < 0 else end


def _is_transaction(sample_file: SampleFile, queue: Queue, at: int, stop: int | None = None) -> bool:
    """Whether what stands at a place, up to a byte that no text has, is a transaction by the grammar."""
    raw = sample_file.data[at : sample_file.control(at) if stop is None else stop]
    return bool(grammatical([raw.decode(queue.layout.encoding, "replace")]))


def _less_fixed(sample_file: SampleFile, queue: Queue, places: Sequence[int]) -> list[int]:
    """Return places without those in the heads of records where nearly all have the same two bytes: no text is so."""
    starts = [each.start for each in queue.records]
    within = [(at, at - starts[max(0, bisect_right(starts, at) - 1)] if starts else -1) for at in places]
    alike = {
        offset: columns.constant([sample_file.data[start + offset : start + offset + 2] for start in starts])
        for offset in {each for _, each in within if 0 <= each < queue.codec.len_head - 1}
    }
    return [at for at, offset in within if alike.get(offset) != sample_file.data[at : at + 2]]
