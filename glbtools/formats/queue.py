"""Queue files: REQTRANS, MSTTRANS, SRVTRANS, USRTRANS, NMETRANS, GWTRANS and RESYNC.

One container serves them all (Q96060, Q119449, Q159294). ``parse_queue(data).build() == data`` for every byte
string: what is no record is a gap and keeps its place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from glbtools import files
from glbtools.binary import stamp
from glbtools.binary.field import PLACES, Field
from glbtools.binary.layout import FILLING, LINKS, Layout
from glbtools.binary.records import CHUNK, NO_LINK, Batch, Damage, Gap, Record, RecordCodec, codec, stored_link
from glbtools.binary.span import Fault, Region, Span, joined
from glbtools.binary.tree import Node, Stored
from glbtools.brief import brief, count
from glbtools.errors import FieldError, UsageError
from glbtools.formats.base import Row, Rows, moment_row, stored_row, transaction_row

if TYPE_CHECKING:
    from glbtools.binary.columns import Columns
    from glbtools.formats.transaction import TransactionText
    from glbtools.model.change import Change

NAMES = (
    "REQTRANS", "MSTTRANS", "SRVTRANS", "USRTRANS", "NMETRANS", "GWTRANS", "RESYNC",
    "IUSRTRAN", "INMETRAN", "IGWTRANS", "IGWTRAN", "SRVUPDS", "REQUPDS", "TMPTRANS",
)  # fmt: skip
"""Stems of the files that hold a queue; the second row is left behind by an interrupted run (Q96060, Q122750)."""

CONFIRMED_TEXT = "# Last confirmed ReqSync"
"""Our wording of the record left after a confirmed cycle: 24 characters make its 49 bytes; the true one is unknown."""

PODIAG_TEXT = "# Dummy record installed by PODIAG."
"""Text of the record the diagnostic utility installs (Q110496); 60 bytes."""

DUMMY_SIZES = (49, 60)

PIECES = {"records": 1 << 15, "tuples": 1 << 15, "columns": CHUNK, "batches": 1 << 28}
"""What is made of a file -> bytes of it that are read at once.

So few, where each record becomes an object, that they are gone before Python looks for circles among them; of a file
that is no giant all, where the texts stay in it.
"""

BIG = 1 << 15
"""Bytes from which on a table is made in less time all at once than record by record."""

EXCERPT = 40
EXCERPTS = 3
_READABLE = re.compile(rb"[\x20-\x7e\t]{6,}")


@dataclass
class Queue:
    """A queue file as read.

    Attributes:
        layout: the layout it was read with.
        size: bytes of the file.
        header: bytes before the first record, as far as the file has them.
        records: the records in order.
        gaps: bytes that are no record, in order.
        filling: the ends of pages, and the headers of the next ones, where records stand in pages.
        left: records and bytes that the layout says are not in the queue: deleted, purged, left over.
        framing: what is wrong with framing; ``text_faults`` and ``checksum_faults`` judge the rest.
    """

    layout: Layout
    size: int
    header: bytes = b""
    records: list[Record] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    left: list[Gap] = field(default_factory=list)
    filling: list[Gap] = field(default_factory=list)
    framing: list[Fault] = field(default_factory=list)

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    @cached_property
    def codec(self) -> RecordCodec:
        """The compiled layout."""
        return codec(self.layout)

    def items(self) -> Iterator[Record | Gap]:
        """Yield records and gaps in the order of the file."""
        both: list[Record | Gap] = [*self.records, *self.gaps, *self.left, *self.filling]
        return iter(sorted(both, key=lambda each: each.start))

    def adjoin(self, one: Record, other: Record) -> bool:
        """Whether a record begins where another ends, or nothing but the end of a page lies between them."""
        return one.stop == other.start or self._filled.get(one.stop) == other.start

    @cached_property
    def _filled(self) -> dict[int, int]:
        """Where the filling of a page begins -> where it ends."""
        return {each.start: each.stop for each in self.filling}

    @cached_property
    def dummies(self) -> frozenset[int]:
        """The places of those records that only hold a number."""
        return frozenset(place for place, each in enumerate(self.records) if self.is_dummy(each))

    @cached_property
    def changes(self) -> list[Record]:
        """The records that are more than a number."""
        return [each for each in self.records if not self.is_dummy(each)]

    def is_dummy(self, record: Record) -> bool:
        """Whether a record only holds a number (ruling 1)."""
        alone = self.size in DUMMY_SIZES and len(self.records) == 1
        return record.text.startswith("#") or (alone and not parse_text(record.text).valid)

    def moment(self, record: Record) -> datetime | None:
        """Date stamp of a record as the writer's clock showed it; None where there is none."""
        return moment(self.layout, record.stamp)

    def named(self, record: Record) -> str:
        """What a record is called in messages: by its number, or by its place where the layout has none."""
        return f"sync {record.sync}" if self.layout.numbered else f"record at 0x{record.start:04x}"

    def build(self) -> bytes:
        """The bytes of the file: records from their values, gaps as they were."""
        pack = self.codec.pack
        return self.header + b"".join(pack(each) if isinstance(each, Record) else each.data for each in self.items())

    def meaning(self, record: Record) -> str:
        """Say in one sentence what a record does."""
        header = resync_header(record.text)
        if header:
            numbers = f"imports {header.impseq}, ReqSync {header.reqseq}, SrvSync {header.srvseq}"
            return f"header of RESYNC: {numbers} (this form of it is assumed)"
        if self.is_dummy(record):
            ours = " (this wording is assumed)" if record.text == CONFIRMED_TEXT else ""
            kept = record.sync if self.layout.numbered else "of its record"
            return f"no change; keeps the number {kept}{ours}"
        from glbtools.model.transaction import meaning as said

        parsed = parse_text(record.text)
        return said(parsed.transaction) if parsed.transaction else f"not understood: {parsed.faults[0].message}"

    @property
    def faults(self) -> list[Fault]:
        """Everything that is wrong or remarkable: framing, checksums and texts."""
        return [*self.framing, *self.checksum_faults(), *self.text_faults()]

    def text_faults(self) -> Iterator[Fault]:
        """Yield what the vendor's Import would object to in the texts, with its message numbers."""
        first = self.codec.len_head
        for record in self.records:
            if self.is_dummy(record) or is_plain(record.text):
                continue
            for fault in parse_text(record.text).faults:
                span = Span(record.start + first + fault.start, record.start + first + fault.stop)
                yield Fault("text", f"{self.named(record)}: {fault.message}", span, damage=False, number=fault.number)

    @cached_property
    def wrong_sums(self) -> dict[int, int | None]:
        """Where the records begin whose checksum is not theirs -> the one that is computed of each."""
        if self.layout.algorithm is None:
            return {}
        compute = self.codec.checksum
        return {each.start: value for each in self.records if (value := compute(each)) != each.checksum}

    def checksum_faults(self) -> list[Fault]:
        """Return what stored checksums say, by ruling 7.

        The algorithm is assumed. Where no more values agree with it than chance would make agree, nothing is known but
        that the layout is unconfirmed; where many do, those that do not are suspect.
        """
        if self.layout.algorithm is None or not self.records:
            return []
        wrong = [(each, self.wrong_sums[each.start]) for each in self.records if each.start in self.wrong_sums]
        matching = len(self.records) - len(wrong)
        # 100 times the agreement that so many random bits give.
        if matching << min(16, 8 * self.layout.algorithm.size) <= 100 * len(self.records):
            what = f"{self.layout.checksum_name} of its {covered(self.layout)}"
            message = (
                f"layout unconfirmed: none of {len(self.records)} stored checksums is {what}"
                if not matching
                else f"layout unconfirmed: {matching} of {len(self.records)} stored checksums agree, as chance has it"
            )
            return [Fault("layout-unconfirmed", message, Span(0, self.size), damage=False)]
        return [
            Fault(
                "checksum",
                f"{self.named(each)}: stored checksum {each.checksum:04X}, computed {value:04X}; the record is suspect",
                Span(each.start, each.stop),
            )
            for each, value in wrong
        ]

    def lists(self) -> list[Rows]:
        """The records, for programs."""
        return [Rows("records", len(self.records), map(self._row, self.records))]

    def _row(self, record: Record) -> Row:
        compiled = self.codec
        others = zip(compiled.other_fields, record.others, strict=True)
        return {
            "span": [record.start, record.stop],
            "sync": record.sync if self.layout.numbered else None,
            "stamp": moment_row(self.moment(record)),
            "text": record.text,
            "checksum": {"stored": record.checksum, "computed": compiled.checksum(record)},
            "dummy": self.is_dummy(record),
            "meaning": self.meaning(record),
            "transaction": transaction_row(parse_text(record.text)),
            "resync": header._asdict() if (header := resync_header(record.text)) else None,
            "stored": {"stamp": record.stamp}
            | {each.name: stored_row(value) for each, value in others}
            | {"tail": stored_row(record.tail)},
        }

    def counted(self) -> int:
        """Return how many records there are by the last one's own word; those that are read where it says nothing."""
        last, compiled = self.records[-1], self.codec
        for each, value in zip(compiled.other_fields, last.others, strict=True):
            if each.repeats in PLACES and isinstance(value, int):
                return value + (each.repeats == "place")
        return len(self.records)

    def nodes(self) -> Iterator[Node]:
        """Yield header, records and gaps as trees whose leaves tile the file."""
        if self.header:
            yield Node("header", Span(0, len(self.header)), self.header)
        # What stands before a record is known only when no gap does.
        previous: int | None = NO_LINK
        number, whole = 0, True
        for each in self.items():
            if isinstance(each, Gap):
                is_filling = each.start in self._filled
                yield Node("filling" if is_filling else "gap", Span(each.start, each.stop), each.data)
                if not is_filling:
                    previous, whole = None, False
                continue
            yield self._node(each, f"record[{number}]", previous, number if whole else None)
            previous, number = each.start, number + 1

    def _node(self, record: Record, name: str, previous: int | None, place: int | None) -> Node:
        """Return one record as a tree: every stored value, with the computed one where that differs.

        ``previous`` is where the record before begins, ``place`` how many stand before it; None where that is not
        known.
        """
        compiled = self.codec
        computed: dict[str, Stored] = {
            "checksum": compiled.checksum(record),
            "len_text": compiled.len_text(record.text),
        }
        links = {"previous": previous, "next": record.stop}
        leaves = []
        for each, span, value in compiled.parts(record):
            right = computed.get(each.role)
            target = None if self.layout.order or not each.link else links[each.link]
            if target is not None:
                right = stored_link(each, target)
            if each.repeats and (place is not None or each.repeats not in PLACES):
                right = each.repeated(
                    compiled.said(record.sync, record.text, start=record.start, stop=record.stop, place=place or 0)
                )
            if right == value:
                right = None
            leaves.append(Node(each.name, span, value, _value_meaning(each, value), each.status, computed=right))
        return Node(name, record.span, meaning=self.meaning(record), children=tuple(leaves))

    def regions(self) -> Iterator[Region]:
        """Yield header, records and gaps without taking records apart."""
        if self.header:
            yield Region(Span(0, len(self.header)), "header")
        names = {each.start: "left over" for each in self.left} | {each.start: "filling" for each in self.filling}
        for each in self.items():
            what = "record" if isinstance(each, Record) else names.get(each.start, "gap")
            yield Region(Span(each.start, each.stop), what)

    def summary(self) -> list[str]:
        """How many records, their numbers and stamps."""
        if not self.size:
            return ["an empty queue"]
        if not self.records:
            return ["no record can be read"]
        numbers = [each.sync for each in self.records]
        idle = sum(map(self.is_dummy, self.records))
        phrases = [count(len(numbers), "record")]
        if not self.layout.numbered:
            phrases.append("the layout does not say where their numbers stand")
        else:
            phrases.append(f"sync {min(numbers)} to {max(numbers)}" if len(numbers) > 1 else f"sync {numbers[0]}")
        if idle:
            phrases.append("no change in it" if idle == len(numbers) else f"{idle} without a change")
        moments = sorted(filter(None, map(self.moment, self.records)))
        if moments:
            first, last = stamp.text(moments[0]), stamp.text(moments[-1])
            phrases.append(f"stamped {first}" + (f" to {last}" if last != first else "") + ", zone unknown")
        return phrases


def parse_queue(data: bytes, layout: Layout) -> Queue:
    """Return the records of a queue file and everything between them."""
    whole = codec(layout).whole(data)
    if whole is not None:
        return Queue(layout, len(data), data[: layout.header], whole)
    queue = Queue(layout, len(data), data[: layout.header])
    if 0 < len(data) < layout.header:
        message = f"the layout's header has {layout.header} bytes, the file {len(data)}"
        queue.framing.append(Fault("truncated", message, Span(0, len(data))))
    damage: list[Damage] = []
    gaps: list[Span] = []
    for batch in codec(layout).batches(chunks(data)):
        queue.records += batch.rows
        gaps += [Span(each.start, each.stop) for each in batch.gaps]
        damage += batch.damage
        queue.left += batch.left
    for start, stop in joined(gaps):
        gap = Gap(data[start:stop], start, stop)
        (queue.filling if queue.codec.fills_page(gap, len(data)) else queue.gaps).append(gap)
    queue.framing += [_gap_fault(queue, gap) for gap in queue.gaps]
    if layout.order:
        queue.framing += _put_in_order(queue)
    queue.framing += [_damage_fault(each) for each in damage]
    queue.framing.sort(key=lambda each: each.span)
    return queue


def _put_in_order(queue: Queue) -> Iterator[Fault]:
    """Put the records of a queue into the order that its layout says; yield where a chain of links breaks.

    What no link leads to follows the chain, for a damaged link is no sign that a record is not in the queue.
    """
    if queue.layout.order == "descending":
        queue.records.reverse()
        return
    link = next(each for name in LINKS for each in queue.layout.fields if each.link == name)
    at = queue.codec.other_fields.index(link)
    records = {each.start: each for each in queue.records}
    leads = {each.start: int(each.others[at]) for each in queue.records}
    if link.link == "previous":
        leads = {there: start for start, there in leads.items() if there in records}
    targets = set(leads.values())
    reached: dict[int, Record] = {}
    for start in [each for each in records if each not in targets] + list(records):
        if start in reached:
            continue
        if reached:
            yield Fault("link", "no link leads here: the chain is broken before it", records[start].span)
        where: int | None = start
        while where in records and where not in reached:
            reached[where] = records[where]
            where = leads.get(where)
    queue.records = list(reached.values())


def new_queue(changes: Iterable[Change], layout: Layout) -> Queue:
    """Return a queue that holds ``changes``, with lengths, links and checksums computed; none make a 0-byte file.

    Raises:
        FieldError: a value does not fit the layout; names the record, counted from 0, and what of it.
    """
    return _queue(changes, layout, lambda change: _exact(change, layout))


def rewritten(changes: Iterable[Change], layout: Layout, now: datetime | None = None) -> Queue:
    """Return a queue of copied and new records; a date never stands in the way of writing one.

    A copy keeps the date stamp of its record, the fields that nobody knows the meaning of, and a checksum that was
    wrong. What has no date gets that of ``now``, or the stored number 0 where there is none; a date that the layout
    cannot hold becomes the nearest one that it can.

    Raises:
        FieldError: a number or a text does not fit the layout; names the record, counted from 0, and what of it.
    """
    return _queue(changes, layout, _nearest(layout, now))


def added(changes: Iterable[Change], held: Queue) -> bytes:
    """Return what stands behind a queue file that holds something when ``changes`` are added to it.

    Raises:
        FieldError: as for ``rewritten``.
    """
    records = _records(changes, held.layout, _nearest(held.layout, None), held.size, held)
    return b"".join(map(held.codec.pack, records))


_Stored = Callable[["Change"], int | None]
"""What says which number is stored as the date stamp of a change."""


def _queue(changes: Iterable[Change], layout: Layout, stored: _Stored) -> Queue:
    records = _records(changes, layout, stored, layout.header)
    return Queue(layout, records[-1].stop if records else 0, codec(layout).header() if records else b"", records)


def _records(
    changes: Iterable[Change], layout: Layout, stored: _Stored, position: int, held: Queue | None = None
) -> list[Record]:
    """Return the records of changes from an offset on, behind those of ``held``."""
    compiled = codec(layout)
    records: list[Record] = []
    if layout.read_only:
        raise FieldError("layout", layout.read_only)
    previous, before = (held.records[-1].start, held.counted()) if held and held.records else (None, 0)
    for number, change in enumerate(changes):
        try:
            made = compiled.make(
                change.sync, change.text, stamp=stored(change), checksum=change.checksum, start=position,
                previous=previous, place=before + number,
            )  # fmt: skip
        except FieldError as error:
            raise FieldError(f"[{number}].{error.field}", error.reason) from None
        is_copy = change.record is not None and change.checksum is None
        records.append(compiled.carried(made, change.record) if is_copy else made)
        position, previous = made.stop, made.start
    return records


def _exact(change: Change, layout: Layout) -> int | None:
    """Return the date stamp to store for the date of a change."""
    try:
        return raw_stamp(layout, change.stamp) if change.stamp else None
    except (ValueError, OverflowError) as error:
        raise FieldError("stamp", str(error)) from None


def _nearest(layout: Layout, now: datetime | None) -> _Stored:
    """Return what stores as the date of a change that of the record it copies, its own, or the present one."""
    field = layout.with_role("stamp")

    def stored(change: Change) -> int | None:
        if change.record is not None and change.record.stamp is not None:
            return change.record.stamp
        when = change.stamp or now
        return None if field is None or when is None else field.nearest(when)

    return stored


def read_records(path: str | Path, layout: Layout) -> Iterator[Record]:
    """Yield the records of a file of any size in bounded memory; gaps are passed over.

    Raises:
        FileAccessError: the file cannot be read.
    """
    for batch in _file_batches(path, layout, "records"):
        yield from batch.rows


def read_tuples(path: str | Path, layout: Layout) -> Iterator[tuple[int, int | None, int | None, str, int, int]]:
    """Yield (sync, stamp, checksum, text, start, stop) of each record; otherwise as ``read_records``."""
    for batch in _file_batches(path, layout, "tuples"):
        yield from batch.rows


def read_columns(path: str | Path, layout: Layout) -> Columns:
    """Return numbers, stamps, checksums and offsets of all records at once; otherwise as ``read_records``."""
    from glbtools.binary.columns import join

    return join([rows for batch in _file_batches(path, layout, "columns") for rows in batch.rows])


def read_table(path: str | Path, layout: Layout) -> Any:
    """Return all fields of all records with their texts as a table of Arrow; otherwise as ``read_records``.

    Raises:
        FileAccessError: the file cannot be read.
        UsageError: pyarrow is not installed.
    """
    from glbtools.binary.arrow import join

    return join(codec(layout), (each for batch in _file_batches(path, layout, "batches") for each in batch.rows))


def table(data: bytes, layout: Layout) -> Any:
    """Return the same of a content; of a small one, whose records are read one by one in less time.

    Raises:
        UsageError: pyarrow is not installed, or the layout does not say where numbers stand.
    """
    from glbtools.binary.arrow import join

    _check_numbered(layout)
    kind = "batches" if len(data) >= BIG else "records"
    return join(codec(layout), (each for batch in codec(layout).batches([data], kind) for each in batch.rows))


# --- what the values mean ----------------------------------------------------------------------------------------


def moment(layout: Layout, raw: int | None) -> datetime | None:
    """Stored date stamp as date and time, no zone; None where there is none."""
    stored = layout.with_role("stamp")
    if raw is None or stored is None:
        return None
    return stored.moment(raw)


def raw_stamp(layout: Layout, when: datetime) -> int:
    """Return ``moment`` undone.

    Raises:
        ValueError: the layout's encoding cannot hold it.
    """
    stored = layout.with_role("stamp")
    read, write = (stored.moment, stored.stored) if stored else (stamp.from_unix, stamp.to_unix)
    raw = write(when)
    if read(raw) != when.replace(microsecond=0):
        raise ValueError(
            f"{stamp.text(when)} cannot be stored: the layout's stamps hold {stamp.text(read(raw) or when)}"
        )
    return raw


def parse_text(text: str) -> TransactionText:
    """Return what a record's text says; see ``formats.transaction``, which a file of dummies does not need."""
    from glbtools.formats.transaction import parse

    return parse(text)


def is_plain(text: str) -> bool:
    """Whether a text is without fault at first sight; see ``formats.transaction``."""
    from glbtools.formats.transaction import is_plain as plain

    return plain(text)


class ResyncHeader(NamedTuple):
    """The three numbers in the first transaction of RESYNC.GLB (Q119449)."""

    impseq: int
    reqseq: int
    srvseq: int

    @property
    def text(self) -> str:
        """The transaction text. Its true form is unknown; this one is assumed."""
        return f"# IMPSEQ={self.impseq:010} REQSEQ={self.reqseq:010} SRVSEQ={self.srvseq:010}"


_RESYNC = re.compile(r"#[ \t]*IMPSEQ=(\d{1,10})[ \t]+REQSEQ=(\d{1,10})[ \t]+SRVSEQ=(\d{1,10})[ \t]*")


def resync_header(text: str) -> ResyncHeader | None:
    """Return the numbers of a RESYNC header transaction, None for any other text."""
    match = _RESYNC.fullmatch(text)
    return ResyncHeader(*map(int, match.groups())) if match else None


# --- what is wrong -----------------------------------------------------------------------------------------------


def covered(layout: Layout) -> str:
    """Return in words what the checksum of a layout is computed over."""
    *most, last = layout.covers
    return f"{', '.join(most)} and {last}" if most else last


def _damage_fault(damage: Damage) -> Fault:
    span = Span(damage.start, damage.stop)
    if damage.kind == "page":
        by, page = count(int(damage.stored), "byte"), int(damage.computed)
        return Fault("page", f"the record goes over the end of a page of {page} bytes, by {by}", span)
    if damage.kind == "length":
        return Fault("length", f"stored length {damage.stored!r}, the text takes {damage.computed!r}", span)
    if damage.kind == "terminator":
        return Fault("terminator", f"the text ends in {_hex(damage.stored)} in place of {_hex(damage.computed)}", span)
    return Fault("padding", f"the record ends after {damage.stored!r} of {damage.computed!r} bytes", span)


def _gap_fault(queue: Queue, gap: Gap) -> Fault:
    span = Span(gap.start, gap.stop)
    size = count(span.size, "byte")
    if not gap.data.strip(FILLING):
        what = "zeros" if not gap.data.strip(b"\0") else "end marks and zeros" if b"\0" in gap.data else "end marks"
        return Fault("slack", f"{size} of {what} that are no record", span)
    begun = _begun(queue, gap)
    excerpt = _excerpts(gap.data)
    holds = f"; readable: {excerpt}" if excerpt else ""
    if begun and gap.stop == queue.size:
        return Fault("truncated", f"{begun}, cut off after {size}{holds}", span)
    return Fault("gap", f"{size} that are no record{f'; {begun}' if begun else ''}{holds}", span)


def _begun(queue: Queue, gap: Gap) -> str:
    """Name the record that a gap begins with, if it looks like one."""
    compiled = queue.codec
    sync = queue.layout.with_role("sync")
    text = gap.data[compiled.len_head : compiled.len_head + 2]
    if sync is None or sync.section != "record" or not re.match(rb"[ADMRT#-][ \t]?", text):
        return ""
    number = sync.read(gap.data[sync.offset : sync.stop])
    return f"a record with sync {number} begins here" if isinstance(number, int) else ""


def _excerpts(data: bytes) -> str:
    """Return the longest readable runs of a gap, in their order and shortened."""
    runs = [match[0].decode("ascii") for match in _READABLE.finditer(data[:PROBE_SIZE])]
    longest = sorted(runs, key=len, reverse=True)[:EXCERPTS]
    shown = [each for each in runs if each in longest][:EXCERPTS]
    return ", ".join(repr(each[:EXCERPT] + ("..." if len(each) > EXCERPT else "")) for each in shown)


def _hex(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


# --- the tree ----------------------------------------------------------------------------------------------------


def _value_meaning(each: Field, value: Stored) -> str:
    if not isinstance(value, int):
        return ""
    if each.role == "stamp":
        when = each.moment(value)
        return f"{stamp.text(when)}, zone unknown" if when else "no date"
    if each.role == "checksum":
        return f"{value:04X}"
    if each.role == "link":
        return "none" if value == stored_link(each, NO_LINK) else f"0x{value:04x}"
    return ""


# --- recognising -------------------------------------------------------------------------------------------------


def probe(data: bytes, layout: Layout) -> bool:
    """Whether the content begins with a sound record that has the look of a transaction."""
    compiled = codec(layout)
    first = data[layout.header + compiled.len_head :][:2]
    return re.match(rb"[ADMRT#][ \t]", first) is not None and compiled.sound(data[:PROBE_SIZE], layout.header)


def probe_damaged(data: bytes, layout: Layout) -> bool:
    """Whether such a record is found anywhere near the start."""
    batches = codec(layout).batches([data[:PROBE_SIZE]])
    return any(re.match(r"[ADMRT#][ \t]", each.text) for batch in batches for each in batch.rows)


PROBE_SIZE = 1 << 16


def chunks(data: bytes) -> Iterator[bytes]:
    """Yield the bytes of a file in pieces."""
    view = memoryview(data)
    for start in range(0, len(data), CHUNK):
        yield bytes(view[start : start + CHUNK])


def _check_numbered(layout: Layout, where: str = "") -> None:
    if not layout.numbered:
        raise UsageError(f"{where}the layout {layout.id} does not say where numbers stand; read_queue has the texts")


def _file_batches(path: str | Path, layout: Layout, kind: str) -> Iterator[Batch]:
    _check_numbered(layout, f"{path}: ")
    with files.opened(path) as descriptor:
        size = min(PIECES[kind], os.fstat(descriptor).st_size + 1)
        yield from codec(layout).batches(files.blocks(descriptor, path, block=size), kind)
