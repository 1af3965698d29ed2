"""Which records of a file are in its queue: what a listing shows of that, and what is doubtful without one.

A record may stand in a file and be deleted, purged or left over. Only a listing tells (docs/certainty.md 3): with one
the byte, the number in the file's header or the break that goes with it becomes part of the layout. Without one such a
sign is a doubt.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from glbtools.binary.field import Field
from glbtools.binary.layout import Layout
from glbtools.binary.records import Record
from glbtools.formats.queue import Queue, parse_queue
from glbtools.learn.columns import LARGEST_STEP, LARGEST_SYNC, MARGIN
from glbtools.learn.comparison import DamageIndex, paired
from glbtools.learn.dateplaces import clock_bytes
from glbtools.learn.framing import BINARY
from glbtools.learn.inserting import bytes_of, part_name, replaced, with_field
from glbtools.learn.samples import SampleFile
from glbtools.learn.scoring import grammatical, is_blank

FLAGS = frozenset(b"\0\1\2\3\4\5\x08\x10\x20\x40\x80\xe5\xff*-?ADLNXYadlnxy")
"""What a flag holds; another byte that differs in one record is damage sooner than a flag."""

MOST_FLAGGED = 0.03
"""Share of the records beyond which a byte that differs is no damage."""

COUNTED = 4
"""One such part of the records a number in the header must reach to be taken for their count."""

UNCLAIMED = frozenset({"opaque", "constant"})
"""Roles of bytes that are no number, date, length, link or checksum."""

WIDEST = 64
"""Bytes before a record in which a flag of its own is looked for."""

FEWEST = 3
"""Records below which a byte that differs in one of them says nothing."""

ENOUGH = 6
"""What a number in the header must be at least to be taken for a count of records."""


class Column(NamedTuple):
    """One byte of every record.

    Attributes:
        field: the field that has it; ``at``: its offset there.
        values: what each record holds.
    """

    field: Field
    at: int
    values: Sequence[int]

    @property
    def place(self) -> str:
        """Where it stands, as the report of a layout says it."""
        return f"{'+' if self.field.section == 'trailer' else ''}0x{self.field.offset + self.at:02x}"


def selected(layout: Layout, sample_files: Sequence[SampleFile], queues: Sequence[Queue]) -> Layout:
    """Return a layout that reads only the records that the listings have, where something in the files tells them.

    No layout says that of records that do not follow each other as their bytes do.
    """
    if layout.order:
        return layout
    told = [(each, held) for each, held in zip(sample_files, queues, strict=True) if each.printed]
    shown, hidden = [], []
    for sample_file, queue in told:
        pairs, _, left = paired(sample_file, queue)
        shown.append(pairs.records)
        hidden.append(left)
    if not any(hidden) or not any(
        _is_sound(queue, each) for (_, queue), left in zip(told, hidden, strict=True) for each in left
    ):
        return layout
    for ended in _ended(layout, told, shown, hidden):
        read = [(each, parse_queue(each.data, ended)) for each, _ in told]
        within = [_others(queue, kept) for (_, queue), kept in zip(read, shown, strict=True)]
        if any(each is None for each in within):
            continue
        rest = [each or [] for each in within]
        if not any(rest):
            return ended
        if all(_is_sound(queue, each) for (_, queue), left in zip(read, rest, strict=True) for each in left):
            flagged = _flag(read, shown, rest)
            if flagged is not None:
                return with_field(ended, flagged)
    return layout


def _ended(
    layout: Layout, told: Told, shown: Sequence[Sequence[Record]], hidden: Sequence[Sequence[Record]]
) -> Iterator[Layout]:
    """Yield a layout, and with what else may say where the queue of a file begins or ends: its header, a break."""
    yield layout
    first = _first(layout, told, shown, hidden)
    if first is not None:
        yield with_field(layout, first)
    doc = f"{layout.framing_doc}; what stands behind the queue's end is in no listing: it is left over"
    yield layout._replace(breaks=True, framing_doc=doc.lstrip("; "))
    count = _count(layout, told, shown)
    if count is not None:
        yield with_field(layout, count)


def _others(queue: Queue, kept: Sequence[Record]) -> list[Record] | None:
    """Return the records that are read beside those that are to be; None where one of those is not read."""
    wanted = {each.start for each in kept}
    others = [each for each in queue.records if each.start not in wanted]
    return others if len(queue.records) - len(others) == len(wanted) else None


def _is_sound(queue: Queue, record: Record) -> bool:
    """Whether a record was written so, and is no damaged place: a transaction, or one whose checksum is right."""
    return bool(grammatical([record.text])) or (queue.layout.algorithm is not None and not DamageIndex(queue)(record))


def with_constants(layout: Layout, sample_files: Sequence[SampleFile], queues: Sequence[Queue]) -> Layout:
    """Return a layout in which nothing is called constant that a sound record has otherwise."""
    varying = {}
    for each in layout.fields:
        if each.role != "constant" or each.section == "header":
            continue
        same = different = 0
        for sample_file, queue in zip(sample_files, queues, strict=True):
            others = [record for record in queue.records if _held(sample_file, queue, record, each) != each.default]
            same += len(queue.records) - len(others)
            different += sum(1 for _ in _whole(queue, others))
        if different:
            few = different <= max(1, MOST_FLAGGED * (same + different))
            varying[each.name] = each._replace(
                name=part_name(each.section, "unknown", each.offset), role="opaque",
                default=each.default if few else None, doc=f"the same in {same} of {same + different} sound records",
            )  # fmt: skip
    return replaced(layout, varying)


def _held(sample_file: SampleFile, queue: Queue, record: Record, field: Field) -> bytes:
    """Return the bytes that a record has in the place of a field."""
    start = queue.codec.origin(record, field.section) + field.offset
    return sample_file.data[start : start + field.size]


def _whole(queue: Queue, records: Sequence[Record]) -> Iterator[Record]:
    """Yield the records that have a text and no fault of their own, whatever stands beside them."""
    faulty = DamageIndex(queue).inside
    return (each for each in records if not is_blank(each.text) and not faulty(each))


def doubts(layout: Layout, sample_files: Sequence[SampleFile], queues: Sequence[Queue]) -> Iterator[str]:
    """Yield why some records may not be in the queue, as far as the files alone show it."""
    for sample_file, queue in zip(sample_files, queues, strict=True):
        blank = sum(is_blank(each.text) for each in queue.records)
        if blank:
            have, they = ("s have", "they") if blank > 1 else (" has", "it")
            yield f"{blank} record{have} no text in {sample_file.path}: {they} may be what fills the file"
    pairs = [(each, held) for each, held in zip(sample_files, queues, strict=True) if held.records and not each.printed]
    if layout.selects or not pairs:
        return
    yield from _flags(pairs)
    for sample_file, queue in pairs:
        yield from _headed(sample_file, queue)
        yield from _broken(sample_file, queue) if layout.numbered else ()


# --- flags -------------------------------------------------------------------------------------------------------


Told = Sequence[tuple[SampleFile, Queue]]


def _flag(told: Told, shown: Sequence[Sequence[Record]], hidden: Sequence[Sequence[Record]]) -> Field | None:
    """Return the byte that all listed records have alike, and no other record.

    Where the others stand together at one end of a file a number or date that rises tells them apart as well: there it
    must be a byte that may mark deleted records by itself.
    """
    mixed = any(map(_mixed, shown, hidden))
    every = [
        (sample_file.data, queue, sorted([*kept, *left], key=lambda each: each.start))
        for (sample_file, queue), kept, left in zip(told, shown, hidden, strict=True)
    ]
    printed = {(at, each.start) for at, kept in enumerate(shown) for each in kept}
    listed = [(at, each.start) in printed for at, (_, _, records) in enumerate(every) for each in records]
    letters = [each.text[:1] for _, _, records in every for each in records]
    found = columns(every)
    for number, column in enumerate(found):
        kept = list(itertools.compress(column.values, listed))
        left = [each for each, own in zip(column.values, listed, strict=True) if not own]
        value, count = Counter(kept).most_common(1)[0] if kept else (0, 0)
        if count < len(kept) * (1 - MOST_FLAGGED) or not left or value in left:
            continue
        if not mixed and not _marks(column.values, letters, _beside(found, number)):
            continue
        doc = f"{value:02x} in {count} of {len(kept)} records that the listing has, and in none of the"
        return column.field._replace(
            name="live", offset=column.field.offset + column.at, kind="u8", size=1, role="live", status="observed",
            default=value, doc=f"{doc} {len(left)} that it has not: those are deleted",
        )  # fmt: skip
    return None


def _beside(found: Sequence[Column], number: int) -> list[Sequence[int]]:
    """Return what the columns around one hold, and it itself."""
    return [each.values for each in found[max(0, number - 1) : number + 2]]


def _mixed(kept: Sequence[Record], left: Sequence[Record]) -> bool:
    """Whether records that a listing has stand before and behind some that it has not, or the other way round."""
    starts = sorted([(each.start, True) for each in kept] + [(each.start, False) for each in left])
    return sum(a != b for (_, a), (_, b) in itertools.pairwise(starts)) > 1


def _flags(pairs: Told) -> Iterator[str]:
    """Yield the bytes that may mark deleted records."""
    hurts = [DamageIndex(queue) for _, queue in pairs]
    sound = [
        (sample_file.data, queue, [each for each in queue.records if not hurt(each)])
        for (sample_file, queue), hurt in zip(pairs, hurts, strict=True)
    ]
    letters = [each.text[:1] for _, _, records in sound for each in records]
    if len(letters) < FEWEST:
        return
    found = columns(sound)
    flags = [column for number, column in enumerate(found) if _is_flag(column.values, letters, _beside(found, number))]
    clocks = {section: _clocks(sound, section) for section in {column.field.section for column in flags}}
    for column in flags:
        if column.field.offset + column.at not in clocks[column.field.section]:
            (value, count), (other, rest) = Counter(column.values).most_common(2)
            yield (
                f"the byte {column.place} is {value:02x} in {count} of {count + rest} records and {other:02x} in the "
                f"others: it may mark deleted records"
            )
    yield from _flags_before(sound)


def _clocks(sound: Sound, section: str) -> set[int]:
    """Return the bytes of a section that are of dates in parts, and so mark nothing."""
    places = [(data, queue.codec.origin(each, section)) for data, queue, records in sound for each in records]
    return clock_bytes(places, bytes_of(sound[0][1].layout, section, UNCLAIMED))


Sound = Sequence[tuple[bytes, Queue, Sequence[Record]]]
"""Files, each with the records that are not damaged."""


def _flags_before(parts: Sound) -> Iterator[str]:
    """Yield the bytes right before the records that may mark deleted ones, and are taken for something else.

    The first bytes of each record may look like what fills the one before, and those of the first like a header. One
    byte of the header alone that differs is a flag only where the header holds nothing else.
    """
    places, least = [], WIDEST
    for data, queue, records in parts:
        for each, room in _rooms(queue, records):
            places.append((data, queue, each))
            least = min(least, room)
            if not least:
                return
    if len(places) < FEWEST:
        return
    letters = [each.text[:1] for _, _, each in places]
    for back in range(1, least + 1):
        values = [data[each.start - back] for data, _, each in places]
        (value, count), *more = Counter(values).most_common(2)
        header = places[0][1].header
        if more == [(values[0], 1)] and header[: len(header) - back].strip(b"\0"):
            continue
        if _is_flag(values, letters, []):
            other, rest = more[0]
            yield (
                f"the byte {back} before a record is {value:02x} before {count} of {count + rest} records and "
                f"{other:02x} before the others: it may mark deleted records"
            )


def _rooms(queue: Queue, records: Sequence[Record]) -> Iterator[tuple[Record, int]]:
    """Yield the records that stand behind another or the header, with how many bytes before them no field claims."""
    before = {each.stop: each for each in queue.records}
    trail = 0
    for field in reversed(queue.layout.section("trailer")):
        if field.role not in UNCLAIMED:
            break
        trail += field.size
    for each in records:
        if each.start == queue.layout.header:
            yield each, queue.layout.header
        elif each.start in before:
            padding = len(before[each.start].tail) - len(queue.codec.terminator)
            yield each, padding if queue.layout.stride > 1 else trail


def _is_flag(values: Sequence[int], letters: Sequence[str], beside: Sequence[Sequence[int]]) -> bool:
    """Whether a byte may mark deleted records by what it holds; one record has many reasons to differ."""
    seen = Counter(values)
    if len(seen) < 2:
        return False
    value, count = seen.most_common(1)[0]
    other = max((each for each in seen if each != value), key=lambda each: (seen[each], each in FLAGS))
    rest = seen[other]
    damaged = len(values) - count - rest
    if damaged > max(1, MOST_FLAGGED * len(values)) or (damaged and not {value, other} <= FLAGS):
        return False
    alone = other in (values[0], values[-1]) and (other == 0xFF or (other == 0 and value != 1))
    if rest == 1 and (not {value, other} <= FLAGS or alone):
        return False  # damage; or the first and the last record, which have no neighbour
    coded = _is_coded(values, letters)
    if coded and math.log2(math.comb(len(values), rest)) >= BY_CODE:
        return False  # it goes with the code of the transaction, and of few records any byte might
    return not _is_high(values, beside)


def _is_coded(values: Sequence[int], letters: Sequence[str]) -> bool:
    """Whether a byte goes with the code of the transaction."""
    return len(set(zip(letters, values, strict=True))) == len(set(letters)) > 1


def _is_high(values: Sequence[int], beside: Sequence[Sequence[int]]) -> bool:
    """Whether a byte is the high byte of a number."""
    steps = sum(a != b for a, b in itertools.pairwise(values))
    return steps == 1 and any(_carries(values, low) for low in beside if low is not values)


def _marks(values: Sequence[int], letters: Sequence[str], beside: Sequence[Sequence[int]]) -> bool:
    """Whether a byte marks the records at one end of a file that a listing lacks: by two values that flags have.

    The bytes beside it do not do the same for one record: a link that leads nowhere has several. What is the same for
    two codes of transactions does not go with the code.
    """
    seen = Counter(values)
    if len(seen) > 2 or not seen.keys() <= FLAGS or (len(set(letters)) == len(seen) and _is_coded(values, letters)):
        return False
    wide = 1 in seen.values() and any(list(low) == list(values) for low in beside if low is not values)
    return not wide and not _is_high(values, beside)


BY_CODE = 20
"""Bits of chance against it that all records of one code, and no others, are marked."""


def _carries(high: Sequence[int], low: Sequence[int]) -> bool:
    """Whether two bytes together are a number that never falls: the one that changes once is its high byte."""
    together = [a << 8 | b for a, b in zip(high, low, strict=True)]
    return len(set(low)) > 2 and all(a <= b for a, b in itertools.pairwise(together))


def columns(parts: Sound) -> list[Column]:
    """Return every byte that is claimed by no number, date, length, link or checksum, of some records of some files."""
    layout = parts[0][1].layout
    found = []
    for field in layout.fields:
        if field.role not in UNCLAIMED or field.section == "header":
            continue
        raws = b"".join(
            data[start : start + field.size]
            for data, queue, records in parts
            for start in (queue.codec.origin(each, field.section) + field.offset for each in records)
        )
        found += [Column(field, at, raws[at :: field.size]) for at in range(field.size)]
    return found


# --- what a file's header says -----------------------------------------------------------------------------------


def _first(
    layout: Layout, told: Told, shown: Sequence[Sequence[Record]], hidden: Sequence[Sequence[Record]]
) -> Field | None:
    """Return the number in the file's header that is the offset of the first record that the listing has."""
    wanted = []
    for kept, left in zip(shown, hidden, strict=True):
        start = min((each.start for each in kept), default=-1)
        if start < 0 or any(each.start > start for each in left):
            return None
        wanted.append(start)
    doc = "the offset of the first record that the listing has; those before it are purged"
    return _of_header(layout, told, [(each, each) for each in wanted], "first", doc)


def _count(layout: Layout, told: Told, shown: Sequence[Sequence[Record]]) -> Field | None:
    """Return the number in the file's header that counts the records up to the last one that the listing has.

    Deleted ones may stand behind that, and are counted, too.
    """
    least, most = [], []
    for (_, queue), kept in zip(told, shown, strict=True):
        last = max((each.start for each in kept), default=-1)
        least.append(sum(each.start <= last for each in queue.records))
        most.append(len(queue.records) - 1)
    doc = "counts the records up to the last one that the listing has; what stands behind is left over"
    return _of_header(layout, told, list(zip(least, most, strict=True)), "count", doc)


def _of_header(layout: Layout, told: Told, wanted: Sequence[tuple[int, int]], role: str, doc: str) -> Field | None:
    """Return the number in the header of the files that lies for each between what is wanted; the widest.

    It is observed where chance does not explain over all places of the header that some number lies there.
    """
    tried = math.log2(len(BINARY) * max(1, layout.header))
    for number in reversed(BINARY[1:]):
        for at in range(layout.header - number.size + 1):
            values = [number.read(sample_file.data, at) or 0 for sample_file, _ in told]
            if not all(low <= value <= high for value, (low, high) in zip(values, wanted, strict=True)):
                continue
            shown = {value: math.log2(value + 2) - math.log2(high - low + 1) for value, (low, high) in
                     zip(values, wanted, strict=True)}  # fmt: skip
            sure = sum(shown.values()) >= MARGIN + tried
            return Field(
                role, "header", at, kind=number.kind, size=number.size, role=role,
                status="observed" if sure else "inferred", doc=doc if sure else f"{doc}; by accident, perhaps",
                byte_order=number.order,
            )  # fmt: skip
    return None


def _headed(sample_file: SampleFile, queue: Queue) -> Iterator[str]:
    """Yield the numbers in a file's header that may say where its queue begins or ends."""
    inner = {each.start for each in queue.records[1:]} - {len(sample_file.data)}
    named = _named(sample_file.data, queue.layout)
    numbers = [
        number.read(sample_file.data, at) or 0
        for number in BINARY[1:]
        for at in range(queue.layout.header - number.size + 1)
        if named.isdisjoint(range(at, at + number.size))
    ]
    total = len(queue.records)
    counts = [each for each in numbers if max(ENOUGH, total // COUNTED) <= each < total]
    if counts and total not in numbers:
        yield (
            f"the header of {sample_file.path} holds {counts[0]}, and there are {total} records: if it counts them, "
            "the others are purged or left over"
        )
    for number in BINARY[1:]:
        for at in range(queue.layout.header - number.size + 1):
            value = number.read(sample_file.data, at)
            if value in inner:
                later = sum(each.start >= value for each in queue.records)
                yield (
                    f"the {number.type} at 0x{at:02x} of the header of {sample_file.path} is {value}, where a record "
                    f"begins, with {later} of {len(queue.records)} records from there: what lies before it may be "
                    "purged, or what lies behind it left over"
                )
                return


def _named(data: bytes, layout: Layout) -> set[int]:
    """Return which bytes of a header are letters that stand in the header of every page: they count nothing."""
    starts = range(layout.page, len(data), layout.page) if layout.page and layout.page_header else ()
    heads = [data[start : start + layout.page_header] for start in starts]
    own = data[: layout.page_header] if heads else b""
    alike = (at for at in range(len(own)) if all(each[at : at + 1] == own[at : at + 1] for each in heads))
    return {at for at in alike if own[at : at + 1].isalpha()}


# --- breaks ------------------------------------------------------------------------------------------------------


def _broken(sample_file: SampleFile, queue: Queue) -> Iterator[str]:
    """Yield the places where a chain breaks and the numbers do not go on: what follows may be left over.

    A number that no count of changes reaches is no number but what was written over. Numbers that begin again do so
    at a later date (Q119014), or where the last record has the number that is known to be the last; else nothing tells
    that from what an earlier queue left.
    """
    starts = {each.start for each in queue.gaps}
    counted = [each for each in queue.records if each.sync < LARGEST_SYNC]
    seen: set[tuple[int, str]] = set()
    for before, after in itertools.pairwise(counted):
        seen.add((before.sync, before.text))
        if after.sync <= before.sync and (after.sync, after.text) in seen:
            yield (
                f"the record {after.sync} of {sample_file.path} stands there twice, then behind {before.sync}: what "
                "follows may be left over of a longer queue"
            )
            return
        if before.sync == sample_file.last != counted[-1].sync and after.sync <= before.sync:
            yield (
                f"the record {before.sync} of {sample_file.path} is the last by what is known: what stands behind it, "
                f"from the number {after.sync} on, is left over"
            )
            return
        broken = before.stop in starts or not queue.adjoin(before, after)
        dates = None not in (before.stamp, after.stamp)
        back = dates and after.stamp < before.stamp  # type: ignore[operator]
        goes_on = 0 < after.sync - before.sync <= max(100, LARGEST_STEP // 100) and not back
        begins_again = (dates and not back) or sample_file.last == counted[-1].sync
        if (broken and not goes_on) or (after.sync <= before.sync and not begins_again):
            yield (
                f"behind the record {before.sync} of {sample_file.path} the chain breaks, and the next number is "
                f"{after.sync}: what follows may be left over"
            )
            return
