"""What a layout reads, held against what a listing prints of the same file: a listing is a test, not only a hint.

Rows and records are paired by where a row's text stands in the file, and those that are left by their numbers. What is
damaged in the file may differ and says nothing about the layout (docs/certainty.md 3).
"""

from __future__ import annotations

import itertools
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from glbtools.binary.layout import SECTIONS, TERMINATORS, Layout
from glbtools.binary.records import Record
from glbtools.formats.queue import Queue, parse_queue
from glbtools.learn.clocks import may_differ
from glbtools.learn.inserting import opened, replaced
from glbtools.learn.samples import ListedRecord, SampleFile
from glbtools.learn.scoring import grammatical, is_blank, is_odd

SPOILED = 0.1
"""Share of the rows that damage may have made unreadable."""

MOST_DAMAGED = 0.5
"""Share of the values of a file beyond which damage is no exception, and explains nothing."""

STRAY = 0.03
"""Share of the numbers, dates and checksums that damage may have changed where nothing else shows it."""

WHAT = {"number": "sync", "date": "stamp", "checksum": "checksum", "text": "text"}
"""What a listing prints -> the role of the field that holds it."""


class Difference(NamedTuple):
    """One value that is not what the listing prints.

    Attributes:
        row: the number that the listing prints in that row.
        start: where the record begins.
        stored: what the layout reads; ``printed``: what the listing has.
        damaged: whether the record is damaged, so that this says nothing about the layout.
    """

    row: int
    start: int
    stored: str
    printed: str
    damaged: bool


class Comparison(NamedTuple):
    """A file under a layout, beside its listing.

    Attributes:
        path: of the file.
        rows: of the listing.
        records: that the layout finds.
        read: rows that a record answers.
        unread: numbers of the rows that none does; ``hidden``: of those whose text stands in a record all the same,
            where they are many; ``dropped``: of those whose record is not in the queue by the layout, where they are
            few, else they are hidden, too; ``standing``: of those whose text stands in the
            file; ``outside``: whether one of those stands before the first record that is read, or behind the last;
            ``at_end``: whether they are the first or the last rows, none of which stands in the file: it is cut off, or
            the listing is of another moment.
        unlisted: numbers of the records that no row answers; ``strange``: where those begin that are no transaction.
        agreeing: what -> how many agree; ``differing``: what -> those that do not.
    """

    path: str
    rows: int
    records: int
    read: int
    unread: tuple[int, ...]
    hidden: tuple[int, ...]
    dropped: tuple[int, ...]
    standing: tuple[int, ...]
    outside: bool
    at_end: bool
    unlisted: tuple[int, ...]
    strange: tuple[int, ...]
    agreeing: Mapping[str, int]
    differing: Mapping[str, tuple[Difference, ...]]

    def sound(self, what: str) -> list[Difference]:
        """Return the differences that no damage explains."""
        return [each for each in self.differing.get(what, ()) if not each.damaged]

    def strays(self, what: str) -> bool:
        """Whether more differs than damage explains: shown by something else, or by nothing."""
        differing = len(self.differing.get(what, ()))
        compared = self.agreeing.get(what, 0) + differing
        return len(self.sound(what)) > max(1, STRAY * compared) or differing > max(2, MOST_DAMAGED * compared)


def compare(sample_file: SampleFile, queue: Queue, whats: Sequence[str] = ()) -> Comparison | None:
    """Return how a file as a layout reads it goes with its listing, in all of ``WHAT`` or some; None without one."""
    if not sample_file.printed:
        return None
    pairs, unread, unlisted = paired(sample_file, queue)
    hurt = DamageIndex(queue)
    agreeing: Counter[str] = Counter()
    differing: dict[str, list[Difference]] = {}
    for what in whats or _VALUES:
        compared, others = _VALUES[what](queue, pairs)
        if compared > len(others):
            agreeing[what] = compared - len(others)
        for row, record, stored, printed in others:
            damaged = hurt(record) or (what == "text" and _is_spoiled(sample_file, queue, row, record))
            differing.setdefault(what, []).append(Difference(row.sync, record.start, stored, printed, damaged))
    spoiled = {each.start for each in differing.get("text", ()) if each.damaged}
    inside = [row for row in unread if _is_inside(queue, hurt, spoiled, row.place)]
    few = max(1, STRAY * len(sample_file.printed))
    inside = inside if len(inside) > few else []
    dropped = [row for row in unread if any(each.start <= (row.place or -1) < each.stop for each in queue.left)]
    inside, dropped = (inside, dropped) if len(dropped) <= few else (inside + dropped, [])
    return Comparison(
        path=sample_file.path,
        rows=len(sample_file.printed),
        records=len(queue.records),
        read=len(pairs),
        unread=tuple(row.listed.sync for row in unread),
        hidden=tuple(row.listed.sync for row in inside),
        dropped=tuple(row.listed.sync for row in dropped),
        standing=tuple(row.listed.sync for row in unread if row.place is not None),
        outside=any(_is_outside(queue, row.place) for row in unread),
        at_end=_is_at_end(sample_file.printed, unread),
        unlisted=tuple(each.sync for each in unlisted),
        strange=tuple(each.start for each in unlisted if not grammatical([each.text])),
        agreeing=agreeing,
        differing={what: tuple(each) for what, each in differing.items()},
    )


def comparisons(
    sample_files: Sequence[SampleFile], queues: Sequence[Queue], whats: Sequence[str] = ()
) -> list[Comparison]:
    """Return how the files that have a listing go with it, in all of ``WHAT`` or some."""
    compared = (compare(each, held, whats) for each, held in zip(sample_files, queues, strict=True))
    return [each for each in compared if each is not None]


def narrowed(layout: Layout, sample_files: Sequence[SampleFile], queues: list[Queue]) -> Layout:
    """Return a layout whose number is as narrow as its listings ask for.

    Bytes above a number that are 0 in all records but some may be another field's, such as a link that ends in FF, or a
    mark of deleted records. Where the listing differs in one of those, and agrees everywhere without them, the number
    is without them; so it is where the numbers of records that no row has rise with the others only without them.
    """
    differs = _differ(sample_files, queues)
    if not differs and not _unlisted(sample_files, queues):
        return layout
    for tried, read in _narrower(layout, sample_files):
        if not _differ(sample_files, read) and (differs or _falls(read) < _falls(queues)):
            return tried
    return layout


def width_doubts(layout: Layout, sample_files: Sequence[SampleFile], queues: Sequence[Queue]) -> Iterator[str]:
    """Yield that a number may be narrower: records that no row has are then of other numbers, which rise as well."""
    unlisted = _unlisted(sample_files, queues)
    for tried, read in _narrower(layout, sample_files) if unlisted else ():
        if _differ(sample_files, read):
            return
        numbers = {each.start: each.sync for held in read for each in held.records}
        other = next((each for each in unlisted if numbers.get(each.start, each.sync) != each.sync), None)
        if other is not None and _falls(read) <= _falls(queues):
            field = tried.with_role("sync")
            yield (
                f"a record that is in no row of the listing has the number {other.sync}, or "
                f"{numbers[other.start]} if it is a {field.type if field else ''} as all rows would have it"
            )
            return


def _narrower(layout: Layout, sample_files: Sequence[SampleFile]) -> Iterator[tuple[Layout, list[Queue]]]:
    """Yield a layout with ever narrower numbers, what is above them left open, and the files as each reads them."""
    field = layout.with_role("sync")
    if field is None or field.kind not in ("u16", "u24", "u32"):
        return
    for size in range(field.size - 1, 0, -1):
        high = field.size - size
        little = field.byte_order == "little"
        low_at, high_at = (field.offset, field.offset + size) if little else (field.offset + high, field.offset)
        above = opened(field._replace(offset=high_at, size=high))
        less = field._replace(kind=f"u{8 * size}", offset=low_at, size=size)
        fields = [part for each in layout.fields for part in ((less, above) if each is field else (each,))]
        fields.sort(key=lambda each: (SECTIONS.index(each.section), each.offset))
        tried = layout._replace(fields=tuple(fields))
        yield tried, [parse_queue(each.data, tried) for each in sample_files]


def _unlisted(sample_files: Sequence[SampleFile], queues: Sequence[Queue]) -> list[Record]:
    """Return the undamaged records of listed files that no row answers, where they are more than the rows not read."""
    found: list[Record] = []
    for sample_file, held in zip(sample_files, queues, strict=True):
        if sample_file.printed:
            _, unread, unlisted = paired(sample_file, held)
            hurt = DamageIndex(held)
            whole = [each for each in unlisted if not hurt(each) and not is_odd(_raw(held.layout, each))]
            found += whole if len(unlisted) > len(unread) else []
    return found


def _falls(queues: Sequence[Queue]) -> int:
    """Return how often a number is not above the one before."""
    return sum(b.sync <= a.sync for held in queues for a, b in itertools.pairwise(held.records))


def _differ(sample_files: Sequence[SampleFile], queues: Sequence[Queue]) -> bool:
    """Whether a number differs from a listing where nothing is damaged."""
    return any(each.sound("number") for each in comparisons(sample_files, queues, ("number",)))


def contradictions(comparison: Comparison) -> Iterator[str]:
    """Yield why a layout cannot be true if the listing is; nothing where they agree but for damage."""
    rows, where = comparison.rows, f"of {comparison.path}"
    if comparison.hidden or (len(comparison.unread) > max(1, SPOILED * rows) and not comparison.at_end):
        count = len(comparison.unread)
        yield f"{count} of the {rows} rows {where} are not read: {_numbers(comparison.unread)}"
    for what in ("number", "text"):
        spoiled = len(comparison.differing.get(what, ())) > max(1, SPOILED * comparison.read)
        if comparison.strays(what) or (what == "text" and (comparison.sound(what) or spoiled)):
            yield f"{differences(comparison, what)}, {where}"


def elsewhen(comparison: Comparison) -> str:
    """Say that rows at one end of a listing are not in the file, more of them than damage explains; else nothing."""
    count, rows = len(comparison.unread), comparison.rows
    if not comparison.at_end or count <= max(1, SPOILED * rows):
        return ""
    return (
        f"{count} of the {rows} rows of {comparison.path} are not in it, all at one end of the listing: "
        f"{_numbers(comparison.unread)}; the file is cut off, or the listing is of another moment"
    )


def has_texts(comparison: Comparison) -> bool:
    """Whether the rows of a listing are read as it has them, but for one that damage has taken out of the file."""
    lost = len(comparison.unread)
    sound = not comparison.strays("text") and not comparison.standing
    return sound and lost <= 1 and (not lost or comparison.agreeing.get("text", 0) >= FEWEST_READ)


def _is_at_end(printed: Sequence[ListedRecord], unread: Sequence[_Row]) -> bool:
    """Whether rows that are not read are the first or the last ones, none stands in the file, and most are read."""
    if any(row.place is not None for row in unread) or len(printed) - len(unread) < max(FEWEST_READ, len(unread)):
        return False
    gone = {id(row.listed) for row in unread}
    flags = [id(row) in gone for row in printed]
    return flags == sorted(flags) or flags == sorted(flags, reverse=True)


FEWEST_READ = 6
"""Rows that agree with a file beyond doubt, whatever others say."""


def _is_outside(queue: Queue, place: int | None) -> bool:
    """Whether a text stands before the first or behind the last record: a rule may fail there that holds elsewhere."""
    starts = [each.start for each in queue.records]
    return place is not None and bool(starts) and not min(starts) <= place < max(each.stop for each in queue.records)


def astray(comparison: Comparison) -> str:
    """Say which rows stand in the file and are not read, where they are more than damage explains; else nothing."""
    count = len(comparison.standing)
    if count <= STRAY * comparison.rows and not comparison.outside:
        return ""
    stands, are = ("stand", "are") if count > 1 else ("stands", "is")
    return (
        f"{count} of {comparison.rows} rows of the listing of {comparison.path} {stands} there and {are} not read: "
        f"{_numbers(comparison.standing)}; what stands before may be records of another kind"
    )


def beyond(comparison: Comparison) -> str:
    """Say which records no row of the listing answers, where they are more than damage explains; empty otherwise."""
    count = len(comparison.unlisted)
    if count <= len(comparison.unread):
        return ""
    return (
        f"{count} of {comparison.records} records of {comparison.path} {'are' if count > 1 else 'is'} in no row of the "
        f"listing: {_numbers(comparison.unlisted)}; deleted or left over, or the listing is of another moment"
    )


def still_queued(comparison: Comparison) -> str:
    """Say which rows are of records that are not in the queue by the layout, where damage explains it."""
    if not comparison.dropped:
        return ""
    count = len(comparison.dropped)
    are, records = ("are of records", "are") if count > 1 else ("is of a record", "is")
    return (
        f"{count} of {comparison.rows} rows of the listing of {comparison.path} {are} that {records} marked as not in "
        f"the queue: {_numbers(comparison.dropped)}; damaged, perhaps"
    )


def unlike(comparison: Comparison) -> str:
    """Say which records no row answers and no transaction is in: damage makes such; empty where there are none."""
    if not comparison.strange:
        return ""
    count, first = len(comparison.strange), comparison.strange[0]
    many = "records are" if count > 1 else "record is"
    where = f"the first at 0x{first:x} of {comparison.path}"
    return f"{count} {many} in no row of the listing and no transaction, {where}: a damaged place, perhaps"


def differences(comparison: Comparison, what: str) -> str:
    """Say in words how many values differ from the listing, with the first of them."""
    differing = comparison.sound(what) or list(comparison.differing[what])
    compared = comparison.agreeing.get(what, 0) + len(comparison.differing[what])
    first = differing[0]
    verb = "s differ" if len(differing) != 1 else " differs"
    return (
        f"{len(differing)} of {compared} {what}{verb} from the listing, first in row {first.row}: "
        f"{first.stored} is read, {first.printed} is printed"
    )


def doubted(layout: Layout, comparisons: Sequence[Comparison]) -> Layout:
    """Return a layout without the fields that a listing contradicts; one that differs in few places is inferred."""
    changed = {}
    for each in layout.fields:
        what = next((name for name, role in WHAT.items() if role == each.role), None)
        told = [one for one in comparisons if what is not None and one.differing.get(what)]
        if each.role == "live" and any(one.dropped for one in comparisons):
            changed[each.name] = each._replace(status="inferred")
        if what in {"date", "checksum"} and any(one.strays(what) for one in told):
            changed[each.name] = opened(each, f"not understood; no {what}, for the listing prints others")
        elif what is not None and any(one.sound(what) for one in told):
            doc = f"{each.doc}; {differences(told[0], what)}".lstrip("; ")
            changed[each.name] = each._replace(status="inferred", doc=doc)
    return replaced(layout, changed)


class _Row(NamedTuple):
    listed: ListedRecord
    place: int | None


@dataclass
class Pairs:
    """Rows of a listing, and the record of each."""

    rows: list[ListedRecord] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[ListedRecord, Record]]:
        """Return each row with its record."""
        return zip(self.rows, self.records, strict=True)

    def add(self, row: ListedRecord, record: Record) -> None:
        """Add one."""
        self.rows.append(row)
        self.records.append(record)


def paired(sample_file: SampleFile, queue: Queue) -> tuple[Pairs, list[_Row], list[Record]]:
    """Return rows with their records, the rows that have none, and the records that have none."""
    first = queue.codec.len_head
    records = sorted(queue.records, key=lambda each: each.start) if queue.layout.order else queue.records
    starts = array("q", (each.start for each in records))
    pairs, rest = Pairs(), []
    for listed, place in zip(sample_file.printed, sample_file.places, strict=True):
        at = len(starts) if place is None else bisect_left(starts, place - first)
        if at < len(starts) and starts[at] + first == place:
            pairs.add(listed, records[at])
        else:
            rest.append(_Row(listed, place))
    if len(pairs) == len(queue.records):
        return pairs, rest, []
    taken = {each.start for each in pairs.records}
    by_number: dict[int, list[Record]] = {}
    for each in queue.records:
        if each.start not in taken:
            by_number.setdefault(each.sync, []).append(each)
    unread = []
    for row in rest:
        if queue.layout.numbered and row.place is None and by_number.get(row.listed.sync):
            pairs.add(row.listed, by_number[row.listed.sync].pop(0))
        else:
            unread.append(row)
    left = {each.start for several in by_number.values() for each in several}
    return pairs, unread, [each for each in queue.records if each.start in left and not is_blank(each.text)]


class DamageIndex:
    """Tells the records that are damaged: a fault is in or beside them, or their checksum is not theirs.

    Of the faults that begin before a record ends, one is in it if the one that reaches farthest goes beyond its
    beginning.
    """

    def __init__(self, queue: Queue) -> None:
        self.edges = {edge for each in queue.framing for edge in each.span}
        spans = sorted(each.span for each in queue.framing)
        self.starts = [span.start for span in spans]
        self.reach = list(itertools.accumulate((span.stop for span in spans), max))
        self.wrong = queue.wrong_sums

    def __call__(self, record: Record) -> bool:
        """Whether a record is damaged."""
        return record.start in self.edges or record.stop in self.edges or self.inside(record)

    def inside(self, record: Record) -> bool:
        """Whether a fault is in a record itself, and not beside it."""
        begun = bisect_left(self.starts, record.stop)
        return (begun > 0 and self.reach[begun - 1] > record.start) or record.start in self.wrong


def damage_is_usual(queue: Queue) -> bool:
    """Whether so many records are damaged in a reading that it is the reading that is wrong; of many some are asked."""
    some = queue.records[:: max(1, len(queue.records) // SOME)]
    return sum(map(DamageIndex(queue).inside, some)) > max(2, MOST_DAMAGED * len(some))


SOME = 1000
"""Records of a file that show whether most of them are damaged."""


def undamaged(queue: Queue) -> Iterator[Record]:
    """Yield the records that have a text and are not damaged."""
    hurt = DamageIndex(queue)
    return (each for each in queue.records if not hurt(each) and not is_blank(each.text))


class _Differing(NamedTuple):
    """A pair whose two sides say otherwise: what is stored, and what is printed."""

    row: ListedRecord
    record: Record
    stored: str
    printed: str


_Compared = tuple[int, list[_Differing]]
"""How many pairs were compared, and those that differ."""


def _numbers_of(queue: Queue, pairs: Pairs) -> _Compared:
    if not queue.layout.numbered:
        return 0, []
    others = ((row, record) for row, record in pairs if row.sync != record.sync)
    return len(pairs), [_Differing(row, record, str(record.sync), str(row.sync)) for row, record in others]


def _checksums_of(queue: Queue, pairs: Pairs) -> _Compared:
    if queue.layout.with_role("checksum") is None:
        return 0, []
    told = [(row, record) for row, record in pairs if row.checksum is not None]
    others = ((row, record) for row, record in told if row.checksum != record.checksum)
    return len(told), [
        _Differing(row, record, f"{record.checksum:04X}", f"{row.checksum:04X}") for row, record in others
    ]


def _dates_of(queue: Queue, pairs: Pairs) -> _Compared:
    field = queue.layout.with_role("stamp")
    if field is None:
        return 0, []
    exact = timedelta(seconds=field.resolution if field.in_parts else 1)
    dates = ((row.stamp, field.moment(record.stamp or 0)) for row, record in pairs if row.stamp is not None)
    shift = _shift(((printed, when) for printed, when in dates if when is not None), exact)
    compared, found = 0, []
    for row, record in pairs:
        printed = row.stamp
        if printed is None:
            continue
        compared += 1
        when = field.moment(record.stamp or 0)
        own = None if when is None else when + shift
        if own == printed:
            continue
        if own is not None and timedelta() < printed - own < exact:
            continue  # the form has no room for what is missing
        if own is not None and abs(printed - own) == timedelta(hours=1):
            continue  # daylight saving time: the printer's clock has two differences in a year
        found.append(_Differing(row, record, str(own), str(printed)))
    return compared, found


def _texts_of(queue: Queue, pairs: Pairs) -> _Compared:
    encoded, found = queue.layout.encoded, []
    for row, record in pairs:
        raw = encoded(record.text).rstrip(b"\0")
        if not row.whole:
            raw = raw.replace(b"\r", b"\n").partition(b"\n")[0]
        if raw != row.text and (stored := _shown(raw, row.text)) != (printed := _shown(row.text)):
            found.append(_Differing(row, record, stored, printed))
    return len(pairs), found


_VALUES: dict[str, Callable[[Queue, Pairs], _Compared]] = {
    "number": _numbers_of,
    "checksum": _checksums_of,
    "date": _dates_of,
    "text": _texts_of,
}


def _shift(dates: Iterable[tuple[datetime, datetime]], exact: timedelta) -> timedelta:
    """Return by how much the listing's clock is ahead of the file's, which is ``exact``, where most dates agree."""
    seen: Counter[timedelta] = Counter()
    for ahead, count in Counter(printed - when for printed, when in dates).items():
        seen[ahead // exact * exact] += count
    best = seen.most_common(1)[0][0] if seen else timedelta()
    return best if may_differ(best.total_seconds()) else timedelta()


def _raw(layout: Layout, record: Record) -> bytes:
    return layout.encoded(record.text)


def _shown(raw: bytes, printed: bytes = b"") -> str:
    """Return a text as it is compared; what the printer could not show is what it is."""
    if len(raw) == len(printed):
        raw = bytes(63 if other == 63 else byte for byte, other in zip(raw, printed, strict=True))
    return raw.decode("cp850")


def _is_spoiled(sample_file: SampleFile, queue: Queue, row: ListedRecord, record: Record) -> bool:
    """Whether a text differs since the file does: what is printed is not in it, or what ends it is overwritten."""
    raw, place = _raw(queue.layout, record), record.start + queue.codec.len_head
    if is_odd(raw) or not sample_file.data.startswith(row.text, place):
        return True
    ending = TERMINATORS[queue.layout.terminator]
    return bool(ending) and row.whole and not sample_file.data.startswith(ending, place + len(row.text))


def _is_inside(queue: Queue, hurt: DamageIndex, spoiled: set[int], place: int | None) -> bool:
    """Whether a text that is not read stands inside of a record without fault, since its length is wrong."""
    if place is None:
        return False
    holder = next((each for each in queue.records if each.start <= place < each.stop), None)
    return holder is not None and holder.start not in spoiled and not hurt(holder)


def _numbers(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:5]))
    return shown + (" ..." if len(numbers) > 5 else "")
