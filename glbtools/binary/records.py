"""The fast path for records that follow each other: a layout compiled to straight-line Python over ``struct``.

One loop is generated for each layout and each kind of result, in the way ``collections.namedtuple`` and construct's own
compiler work. Only numbers and names checked by ``layout`` get into the generated text. A test proves it equal to the
construct form of the same layout (``structure``).

The loop stops at the first record that does not fit. ``_keep`` then looks at the damage: a record whose length or
terminator alone is wrong is kept; otherwise the bytes up to the next plausible record (``_resume``) become a gap.
Nothing is dropped: records and gaps tile the data.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from glbtools.binary.field import (
    CODES,
    INTEGERS,
    ORDERS,
    Field,
    RecordValues,
    reader,
)
from glbtools.binary.layout import FILLING, MAX_TEXT, ONE_PAGE, PADDED, TERMINATORS, Layout
from glbtools.binary.span import Span
from glbtools.brief import brief
from glbtools.errors import FieldError

if TYPE_CHECKING:
    from glbtools.binary.checksum import Algorithm
    from glbtools.binary.columns import Columns
    from glbtools.binary.obscuring import Obscuring

LOOKAHEAD = 3 * MAX_TEXT
"""Bytes that must be at hand to judge damage, so that the verdict does not depend on how the data was cut up."""

CHUNK = 1 << 20
NO_LINK = 0xFFFFFFFF
"""What a link holds that leads nowhere."""

NO_NUMBER = -1
"""The number of a record whose layout does not say where it stands (``Layout.numbered``)."""

_GIVEN = ("sync", "stamp", "checksum")
# What a transaction can begin with (docs/facts/files.md#transactions): used only to find the way again after damage.
_ANCHOR = re.compile(rb"[ADMRT#-][ \t]")
# What no transaction holds.
_CONTROL = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")


TERMINATOR = Field("terminator", "trailer", 0, "bytes", 0, "constant", "assumed", doc="ends the text")
PADDING = Field("padding", "trailer", 0, "bytes", 0, "opaque", "assumed", doc="fills the stride")


class Record(NamedTuple):
    """One record as stored.

    Attributes:
        sync: transaction number; ``NO_NUMBER`` where a partial layout does not say where it stands.
        stamp: date stamp as the number stored, None where the layout has none.
        checksum: the stored checksum, None where the layout has none.
        text: the text without its terminator, decoded by the layout's code page without loss.
        start: offset of the first byte in the file.
        stop: offset behind the last byte.
        others: stored values of the layout's other fields, in its order.
        tail: terminator and padding as stored.
    """

    sync: int
    stamp: int | None
    checksum: int | None
    text: str
    start: int
    stop: int
    others: tuple[int | bytes, ...] = ()
    tail: bytes = b""

    def __repr__(self) -> str:
        return brief("Record", f"{self.sync} at {self.span}, {self.text!r}")

    @property
    def span(self) -> Span:
        """Its bytes in the file."""
        return Span(self.start, self.stop)


class Gap(NamedTuple):
    """Bytes between records that are no record.

    Attributes:
        data: the bytes.
        start: offset of the first of them.
        stop: offset behind the last.
    """

    data: bytes
    start: int
    stop: int

    def __repr__(self) -> str:
        return brief("Gap", f"0x{self.start:04x}-0x{self.stop:04x}, {self.data[:24]!r}")


class Damage(NamedTuple):
    """What is wrong with a kept record: its ``length``, ``terminator`` or ``padding``, stored and computed.

    Or a ``page``: by how many bytes it goes over the end of one, and the size of that.
    """

    kind: str
    start: int
    stop: int
    stored: int | bytes
    computed: int | bytes


class Batch(NamedTuple):
    """A stretch of a file: its rows (records, tuples or columns), gaps, damage, and the records not in the queue."""

    rows: list[Any]
    gaps: list[Gap]
    damage: list[Damage]
    left: list[Gap]


Run = Callable[[bytes, int, int, Callable[[Any], None]], int]


class RecordCodec:
    """Reader and writer of the records of one queue layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.head = layout.section("record")[:-1]
        self.trail = layout.section("trailer")
        self.len_head = sum(each.size for each in self.head)
        self.len_trail = sum(each.size for each in self.trail)
        self.terminator = TERMINATORS[layout.terminator]
        self.fields = (*self.head, *self.trail)
        self.other_fields = tuple(each for each in self.fields if each.role not in _GIVEN)
        self.length = layout.with_role("len_text")
        self.len_counted = layout.counted
        self.padded = layout.length_counts == PADDED
        self.page = layout.page if layout.page < ONE_PAGE else 0
        self.obscuring = layout.obscuring
        self.key = layout.by_name.get(self.obscuring.field) if self.obscuring else None
        self.anchor = _obscured(self.obscuring) if self.obscuring else _ANCHOR
        self._loops: dict[str, Callable[..., Any]] = {}

    # --- reading -------------------------------------------------------------------------------------------------

    def loose(self, chunks: Iterable[bytes], base: int) -> Iterator[Batch]:
        """Yield the records in bytes that are no file: there is no header, and nothing says which are in a queue.

        Where pages end is not known either.

        Args:
            chunks: the bytes in pieces of any size.
            base: offset of the first one.
        """
        endless = codec(self.layout._replace(page=ONE_PAGE)) if self.layout.page else self
        return endless._batches(chunks, "records", base, base)

    def whole(self, data: bytes) -> list[Record] | None:
        """Return the records of a small file that holds nothing else; None where it must be looked at more closely."""
        if self.layout.selects or self.layout.order or len(data) > CHUNK or 0 < len(data) <= self.layout.header:
            return None
        found: list[Record] = []
        end = self._run("records")(data, self.layout.header, 0, found.append) if data else 0
        return found if end == len(data) else None

    def batches(self, chunks: Iterable[bytes], kind: str = "records") -> Iterator[Batch]:
        """Yield the content of a file behind its header, stretch by stretch, in bounded memory.

        Args:
            chunks: the whole file in pieces of any size.
            kind: ``records`` (``Record``), ``tuples`` (its first six items, plain), ``columns``, or ``batches`` (of
                Arrow, and records among them).
        """
        return self._selected(chunks, kind) if self.layout.selects else self._batches(chunks, kind)

    def _batches(self, chunks: Iterable[bytes], kind: str, base: int = 0, first: int | None = None) -> Iterator[Batch]:
        """Yield what chunks that begin at ``base`` hold from ``first`` on; from the end of the header unless given."""
        run = self._run_of(kind)
        add = self._adder(kind)
        buffer, pos, final, lost = b"", self.layout.header if first is None else first - base, False, False
        source = iter(chunks)
        while not final:
            # More where more waits: what damage keeps waiting is not copied with each small piece.
            chunk = _some(source, min(len(buffer) - pos, LOOKAHEAD // 4))
            final = chunk is None
            done = min(pos, len(buffer))
            done -= (base + done) % self.page if self.page else 0  # the buffer begins where a page does
            buffer, base, pos = buffer[done:] + (chunk or b""), base + done, pos - done
            if pos >= len(buffer):
                continue
            batch = Batch([], [], [], [])
            if not lost:
                pos = run(buffer, pos, base, batch.rows.append)
            while pos < len(buffer) and (final or len(buffer) - pos >= 2 * LOOKAHEAD):
                kept = None if lost else self._keep(buffer, pos, base, final=final)
                if kept is not None:
                    record, damage = kept
                    batch.rows.append(add(record))
                    batch.damage.append(damage)
                    stop = record.stop - base
                else:
                    stop, lost = self._resume(buffer, pos, len(buffer) if final else len(buffer) - LOOKAHEAD)
                    if stop > pos:
                        batch.gaps.append(Gap(buffer[pos:stop], base + pos, base + stop))
                pos = stop
                if not lost and self.sound(buffer, pos):
                    pos = run(buffer, pos, base, batch.rows.append)
            yield batch

    def _adder(self, kind: str) -> Callable[[Record], Any]:
        return {"tuples": lambda r: tuple(r[:6]), "columns": self._one_row}.get(kind, lambda r: r)

    def _selected(self, chunks: Iterable[bytes], kind: str) -> Iterator[Batch]:
        """Yield what ``_batches`` does, the records that are not in the queue apart."""
        source, head = iter(chunks), b""
        while len(head) < self.layout.header and (chunk := next(source, None)) is not None:
            head += chunk
        first, flag, add = self._said(head, "first") or 0, self.layout.with_role("live"), self._adder(kind)
        flag_at = None if flag is None else self.other_fields.index(flag)
        links = [(place, {0, each.range[1]}) for place, each in enumerate(self.other_fields) if each.link == "next"]
        links *= self.layout.breaks
        count = self._said(head, "count")
        end = first if count == 0 else None  # where the queue ends, as soon as that is known
        for batch in self._batches(chain([head], source), "records"):
            kept, left = [], []
            if self.layout.breaks and end is None:
                end = min((each.start for each in batch.gaps), default=None)
            for each in batch.rows:
                behind = end is not None and each.start >= end
                dead = flag_at is not None and flag is not None and each.others[flag_at] != flag.default
                if behind or dead or each.start < first:
                    left.append(Gap(self.pack(each), each.start, each.stop))
                else:
                    kept.append(each)
                if count and not behind and each.start >= first:
                    count -= 1
                if not behind and (count == 0 or any(each.others[at] in nowhere for at, nowhere in links)):
                    end = each.stop
            gone = {each.start for each in left}
            damage = [each for each in batch.damage if each.start not in gone]
            gaps = [each for each in batch.gaps if end is None or each.start < end]
            left += [each for each in batch.gaps if end is not None and each.start >= end]
            yield Batch([add(each) for each in kept], gaps, damage, sorted(left, key=lambda each: each.start))

    def _said(self, head: bytes, role: str) -> int | None:
        """Return what a field of the file's header with that role holds; None without one."""
        each = self.layout.with_role(role)
        if each is None or len(head) < each.stop:
            return None
        value = each.read(head[each.offset : each.stop])
        return value if isinstance(value, int) else None

    def sound(self, data: bytes, pos: int) -> bool:
        """Whether a whole record without fault of framing stands at ``pos``."""
        return self._stop(data, pos) > pos

    def fills_page(self, gap: Gap, size: int) -> bool:
        """Whether bytes that are no record are the rest of a page and the header of the next, in a file of ``size``."""
        page, header = self.layout.page, self.layout.page_header
        if not page or gap.stop - gap.start >= page + header:
            return False
        end = gap.stop if gap.stop == size and gap.stop % page else gap.stop - header
        return (gap.stop == size or end % page == 0) and not gap.data[: end - gap.start].strip(bytes([self.layout.pad]))

    def _swallows(self, data: bytes, first: int, stop: int) -> bool:
        """Whether a record whose terminator is lost goes on over the next one: one begins within it, none behind it.

        Its text, which begins at ``first``, holds what no text holds, and only a terminator shows where it ends. One
        that does not begin as a transaction is none, whatever stands behind it. It is not asked whether the one within
        swallows another, too: where n ends in a row are lost, that is 2^n questions.
        """
        behind = stop + self.len_head
        if self._begins(data, behind) and self._begins(data, first):
            return False
        begins = (at - self.len_head for at in self._beginnings(data, first + self.len_head, behind))
        framed = self._compiled("framed")
        return any(framed(data, pos) > pos for pos in begins)

    def _begins(self, data: bytes, at: int) -> bool:
        """Whether what stands at an offset may be the text of a transaction."""
        return _ANCHOR.match(self.readable(data[at : at + 2], self._key_at(data, at - self.len_head))) is not None

    def _beginnings(self, data: bytes, start: int, stop: int) -> Iterator[int]:
        """Yield where texts of transactions may begin."""
        for match in self.anchor.finditer(data, start, stop):
            if self.key is None or self._begins(data, match.start()):
                yield match.start()

    def _key_at(self, data: bytes, pos: int) -> int | None:
        """Return the key of the record at ``pos``; None where all have one."""
        if self.key is None:
            return None
        value = self.key.read(data[max(0, pos + self.key.offset) : max(0, pos + self.key.stop)])
        return value if isinstance(value, int) else 0

    def _key_of(self, record: Record) -> int | None:
        """Return the key of a record; None where all have one."""
        if self.key is None:
            return None
        given = {"sync": record.sync, "stamp": record.stamp, "checksum": record.checksum}
        if self.key.role in given:
            return given[self.key.role]
        value = record.others[self.other_fields.index(self.key)]
        return value if isinstance(value, int) else 0

    def _resume(self, data: bytes, pos: int, limit: int) -> tuple[int, bool]:
        """Return where the next plausible record begins, or ``limit`` and that the way is still lost."""
        end = -1
        for first in self._beginnings(data, pos + self.len_head, limit + self.len_head + 1):
            if self.terminator and end < first:
                end = data.find(self.terminator, first)
                if end < 0:
                    break
            if end - first <= MAX_TEXT and self.sound(data, first - self.len_head):
                return first - self.len_head, False
        return limit, True

    def _keep(self, data: bytes, pos: int, base: int, *, final: bool) -> tuple[Record, Damage] | None:
        """Return a record that is not sound but whose text is intact, and what is wrong with it.

        Either its stored length or its terminator shows where it ends. What counts is what follows there: best the end
        of the file or a sound record that looks like a transaction, else one of the two.
        """
        first = pos + self.len_head
        if not self._begins(data, first):
            return None
        key = self._key_at(data, pos)
        end = data.find(self.terminator, first, first + MAX_TEXT + len(self.terminator)) if self.terminator else -1
        # Where a stride makes both end in the same place, the terminator that is there counts.
        extents: dict[int, tuple[str, int]] = {}
        for kind, text_end in (("terminator", self._text_end(data, pos)), ("length", end)):
            if not first <= text_end <= first + MAX_TEXT:
                continue
            size = text_end - pos + len(self.terminator) + self.len_trail
            stop = pos + self.filled(size)
            if final and pos + size <= len(data) < stop:
                kind, stop = "padding", len(data)  # noqa: PLW2901
            if self.page and pos // self.page != (stop - 1) // self.page:
                kind = "page"  # noqa: PLW2901
            # A text holds no control characters, and a record no other one.
            clear = self.layout.lines or not _CONTROL.search(self.readable(data[first:text_end], key))
            if clear and self._resume(data, pos + 1, stop)[1]:
                extents[stop] = kind, text_end
        best: tuple[str, int, int] | None = None
        for stop, (kind, text_end) in extents.items():
            sound, looks = self.sound(data, stop), self._begins(data, stop + self.len_head)
            certain = (final and stop == len(data)) or (sound and looks)
            if certain or (best is None and (sound or looks) and kind != "page"):
                best = kind, text_end, stop
            if certain:
                break
        if best is None:
            return None
        kind, text_end, stop = best
        record = self._slice(data, pos, base, text_end, stop)
        if record is None:
            return None
        return record, self._damage(kind, record, data[text_end : text_end + len(self.terminator)])

    def _damage(self, kind: str, record: Record, terminator: bytes) -> Damage:
        if kind == "page":
            return Damage(kind, record.start, record.stop, record.stop % self.page, self.page)
        if kind == "terminator":
            return Damage(kind, record.start, record.stop, terminator, self.terminator)
        if kind == "length" and self.length is not None:
            stored = record.others[self.other_fields.index(self.length)]
            return Damage(kind, record.start, record.stop, stored, self.len_text(record.text))
        size = record.stop - record.start
        return Damage("padding", record.start, record.stop, size, self.filled(size))

    def _text_end(self, data: bytes, pos: int) -> int:
        """Where the stored length says that the text ends; -1 without a length."""
        if self.length is None:
            return -1
        length = self.length.read(data[pos + self.length.offset : pos + self.length.stop])
        if not isinstance(length, int):
            return -1
        if self.padded:
            first = pos + self.len_head
            return first + len(data[first : pos + self.layout.lead + length].rstrip(bytes([self.layout.pad])))
        return pos + self.len_head + length - self.len_counted

    def filled(self, size: int) -> int:
        """Return how many bytes a record of some size takes with what fills its stride."""
        lead, stride = self.layout.lead, self.layout.stride
        return lead + -(-(size - lead) // stride) * stride

    def _slice(self, data: bytes, pos: int, base: int, end: int, stop: int) -> Record | None:
        """Cut a record of known extent; None where digits are no number."""
        trailer = end + len(self.terminator)
        padding = trailer + self.len_trail
        origins = [pos] * len(self.head) + [trailer] * len(self.trail)
        values: list[Any] = [
            each.read(data[origin + each.offset : origin + each.stop])
            for origin, each in zip(origins, self.fields, strict=True)
        ]
        if None in values:
            return None
        by_role = {each.role: value for each, value in zip(self.fields, values, strict=True)}
        return Record(
            sync=by_role.get("sync", NO_NUMBER),
            stamp=by_role.get("stamp"),
            checksum=by_role.get("checksum"),
            text=self.readable(data[pos + self.len_head : end], self._key_at(data, pos)).decode(
                self.layout.encoding, "surrogateescape"
            ),
            start=base + pos,
            stop=base + stop,
            others=tuple(v for each, v in zip(self.fields, values, strict=True) if each in self.other_fields),
            tail=data[end:trailer] + data[padding:stop],
        )

    # --- writing -------------------------------------------------------------------------------------------------

    def pack(self, record: Record) -> bytes:
        """Return the bytes of a record, from its values alone."""
        return self._pack(record)

    def make(
        self,
        sync: int,
        text: str,
        *,
        stamp: int | None = None,
        checksum: int | None = None,
        start: int = 0,
        previous: int | None = None,
        place: int = 0,
    ) -> Record:
        """Return a new record at offset ``start``, with length, links and checksum computed.

        Args:
            sync: transaction number.
            text: transaction text.
            stamp: stored form of the date stamp; 0 where none is given and the layout has one.
            checksum: a value to store in place of the computed one.
            start: offset at which it will be written.
            previous: offset of the record before, None for the first.
            place: how many records stand before it in the file.

        Raises:
            FieldError: a value does not fit the layout.
        """
        layout = self.layout
        try:
            raw = layout.encoded(text)
        except UnicodeEncodeError as error:
            raise FieldError("text", f"holds {text[error.start]!r}, which {layout.encoding} does not know") from None
        ended = self.terminator and (self.length is None or layout.terminator == "nul")
        if ended and self.terminator in raw and not layout.lines:
            raise FieldError("text", f"holds the {layout.terminator.upper()} that ends it")
        filled = self.padded or (self.length is None and not self.terminator)
        if filled and raw.endswith(bytes([layout.pad])):
            raise FieldError("text", "ends in the byte that fills the record")
        if len(raw) > MAX_TEXT:
            raise FieldError("text", f"is longer than {MAX_TEXT} bytes")
        size = self.len_head + len(raw) + len(self.terminator) + self.len_trail
        padded = self.filled(size)
        if self.length is None and not self.terminator and padded != layout.stride:
            raise FieldError("text", f"does not fit a record of {layout.stride} bytes")
        if checksum is None and self._algorithm is not None and layout.covers == ("text",):
            checksum = self._algorithm.compute(raw)
        values: dict[str, int] = {
            "sync": sync,
            "stamp": stamp or 0,
            "checksum": checksum or 0,
            "len_text": self._len_text(len(raw)),
            "previous": NO_LINK if previous is None else previous,
            "next": start + padded,
        }
        found: dict[str, int | bytes] = {}
        others: list[int | bytes] = []
        for each, source, nothing, low, high in self._written:
            value = values.get(source, nothing)
            if each.link:
                value = min(values[source], high)
            if each.repeats:
                value = each.repeated(self.said(sync, text, start=start, stop=start + padded, place=place))
            if isinstance(value, int) and not low <= value <= high:
                what = "is too long: its length" if source == "len_text" else ""
                name = {"len_text": "text"}.get(source, source if source in _GIVEN else each.name)
                raise FieldError(name, f"{what} {value} does not fit {each.type}".lstrip())
            if source in _GIVEN:
                found[source] = value
            else:
                others.append(value)
        record = Record(
            sync,
            found.get("stamp"),  # type: ignore[arg-type]
            found.get("checksum"),  # type: ignore[arg-type]
            text,
            start=start,
            stop=start + padded,
            others=tuple(others),
            tail=self.terminator + bytes([layout.pad]) * (padded - size),
        )
        if self.obscuring and self.length is None:
            stored = self.obscuring.stored(raw, self._key_of(record))
            if self.terminator in stored if self.terminator else stored.endswith(bytes([layout.pad])):
                raise FieldError("text", "holds, as it is stored, the byte that ends it")
        computed = self.checksum(record) if checksum is None else None
        return record if computed is None else record._replace(checksum=computed)

    def readable(self, stored: bytes, key: int | None = None) -> bytes:
        """Return the bytes of a text as they are meant: what is stored, unless the layout obscures it.

        ``key`` is that of the record, where each has its own.
        """
        return self.obscuring.clear(stored, key) if self.obscuring else stored

    def header(self) -> bytes:
        """Return the file's header as it is written where nothing is known: the layout's defaults, zeros elsewhere."""
        return b"".join(each.write(each.nothing) for each in self.layout.section("header"))

    def len_text(self, text: str) -> int:
        """What the length field of a record with this text should hold."""
        return self._len_text(len(self.layout.encoded(text)))

    def _len_text(self, length: int) -> int:
        """Return the same for a text of so many bytes."""
        if self.padded:
            return self.filled(self.len_head + length) - self.layout.lead
        return length + self.len_counted

    def said(self, sync: int, text: str, *, start: int, stop: int, place: int) -> RecordValues:
        """Return what fields may say again of a record from ``start`` to ``stop``, with ``place`` others before it."""
        size = len(self.layout.encoded(text))
        return RecordValues(
            sync, self._len_text(size), start, place, text=size, ended=size + len(self.terminator), size=stop - start
        )

    def checksum(self, record: Record) -> int | None:
        """Checksum of a record, of its values as they are, by the layout; None where that names no algorithm."""
        if self._algorithm is None:
            return None
        return self._algorithm.compute(self.covered(record))

    def carried(self, record: Record, source: Record | None) -> Record:
        """Return a record with the unknown fields and the checksum that become it as a copy of ``source``.

        None is no copy. A checksum that was right becomes the right one of the copy, whose header may differ; one that
        was wrong stays. Where a listing has lost what is covered, nothing can be said of it, and the copy gets its own.
        """
        if source is not None and len(source.others) == len(self.other_fields):
            kept = zip(self.other_fields, record.others, source.others, strict=True)
            record = record._replace(
                others=tuple(old if each.role == "opaque" and not each.link else new for each, new, old in kept)
            )
        stored = None if source is None else source.checksum
        computed = self.checksum(record)
        if source is not None and stored is not None and (computed is None or self._judges(source)):
            wrong = computed is None or stored != self.checksum(source)
            return record._replace(checksum=stored if wrong else computed)
        return record if computed is None else record._replace(checksum=computed)

    def _judges(self, record: Record) -> bool:
        """Whether a record has all that the checksum covers; one out of a listing has not."""
        given = {"stamp": record.stamp, "checksum": record.checksum}
        whole = len(record.others) == len(self.other_fields) and len(record.tail) >= len(self.terminator)
        whole = whole and all(given.get(each.role, 0) is not None for each in self.fields)
        return whole or self.layout.covers == ("text",)

    def covered(self, record: Record) -> bytes:
        """Return the bytes of a record that its checksum is computed over, in their order."""
        if self.layout.covers == ("text",):
            return self.layout.encoded(record.text)
        stored = self._pack(record)
        end = len(stored) - self.len_trail - len(record.tail)
        behind = end + len(self.terminator)
        places = {each.name: (each.offset, each.stop) for each in self.head}
        places |= {each.name: (behind + each.offset, behind + each.stop) for each in self.trail}
        places |= {"text": (self.len_head, end), "terminator": (end, behind)}
        stored = (
            stored[: self.len_head] + self.readable(stored[self.len_head : end], self._key_of(record)) + stored[end:]
        )
        return b"".join(stored[slice(*places[name])] for name in self.layout.covers)

    def origin(self, record: Record, section: str) -> int:
        """Return the offset in the file that the fields of a section of a record are counted from."""
        if section == "record":
            return record.start
        return record.start + self.len_head + len(self.layout.encoded(record.text)) + len(self.terminator)

    def parts(self, record: Record) -> list[tuple[Field, Span, int | str | bytes]]:
        """Every stored value of a record with its place, in the order of the bytes; they tile the record."""
        first, trailer = record.start + self.len_head, self.origin(record, "trailer")
        end = trailer - len(self.terminator)
        others = iter(record.others)
        named = {"sync": record.sync, "stamp": record.stamp, "checksum": record.checksum}
        parts: list[tuple[Field, Span, int | str | bytes]] = []
        for each in self.fields:
            value = named[each.role] if each.role in named else next(others)
            origin = record.start if each.section == "record" else trailer
            assert value is not None
            parts.append((each, Span(origin + each.offset, origin + each.stop), value))
        text = self.layout.text
        assert text is not None
        ends = record.tail[: len(self.terminator)]
        middle: list[tuple[Field, Span, int | str | bytes]] = [(text, Span(first, end), record.text)]
        if ends:
            middle.append((TERMINATOR, Span(end, end + len(ends)), ends))
        parts[len(self.head) : len(self.head)] = middle
        if padding := record.tail[len(self.terminator) :]:
            parts.append((PADDING, Span(record.stop - len(padding), record.stop), padding))
        return parts

    # --- generated code ------------------------------------------------------------------------------------------

    def _run(self, kind: str) -> Run:
        run = self._compiled(kind)
        last, latin = b"", ""

        def over(data: bytes, pos: int, base: int, append: Callable[[Any], None]) -> int:
            nonlocal last, latin
            if data is not last:
                # One cheap decoding of the whole stretch: slicing it beats decoding each text.
                last, latin = data, data.decode("latin-1")
            end: int = run(data, latin, pos, base, append)
            return end

        return over

    def _run_of(self, kind: str) -> Run:
        if kind not in ("columns", "batches"):
            return self._run(kind)
        from glbtools.binary import arrow, columns

        return columns.loop(self) if kind == "columns" else arrow.loop(self)

    def _one_row(self, record: Record) -> Columns:
        from glbtools.binary import columns

        return columns.one_row(record)

    @cached_property
    def _written(self) -> list[tuple[Field, str, int | bytes, int, int]]:
        """The fields, each with what it holds, else what is written, and the lowest and highest number it stores."""
        return [(each, each.link or each.role, each.nothing, *each.range) for each in self.fields]

    @cached_property
    def _algorithm(self) -> Algorithm | None:
        return self.layout.algorithm

    @cached_property
    def _stop(self) -> Callable[[bytes, int], int]:
        """``_stop(data, pos)``: where a sound record at ``pos`` stops, or -1."""
        return self._compiled("stop")

    @cached_property
    def _pack(self) -> Callable[[Record], bytes]:
        others = iter(range(len(self.other_fields)))
        names = {"sync": "r[0]", "stamp": "r[1]", "checksum": "r[2]"}
        sources = [names.get(each.role) or f"r[6][{next(others)}]" for each in self.fields]
        values = [
            f"e{index}({source})" if self._foreign(each) else source
            for index, (each, source) in enumerate(zip(self.fields, sources, strict=True))
        ]
        head, trail = ", ".join(values[: len(self.head)]), ", ".join(values[len(self.head) :])
        text = f"(r[3].encode() if r[3].isascii() else r[3].encode({self.layout.encoding!r}, 'surrogateescape'))"
        if self.obscuring:
            text = f"hidden({text}{f', {sources[self.fields.index(self.key)]}' if self.key else ''})"
        ends = len(self.terminator)
        parts = [f"head({head})" if head else "b''", text, f"r[7][:{ends}]", f"trail({trail})", f"r[7][{ends}:]"]
        if not trail:
            parts[2:] = ["r[7]"]
        namespace: dict[str, Any] = {"head": self._struct(self.head).pack, "trail": self._struct(self.trail).pack}
        namespace["hidden"] = self.obscuring.stored if self.obscuring else None
        namespace |= {f"e{index}": each.write for index, each in enumerate(self.fields)}
        return eval(f"lambda r: {' + '.join(parts)}", namespace)  # type: ignore[no-any-return]  # noqa: S307 - see module

    def _compiled(self, kind: str) -> Callable[..., Any]:
        if kind in self._loops:
            return self._loops[kind]
        namespace: dict[str, Any] = {
            "head": self._struct(self.head).unpack_from,
            "trail": self._struct(self.trail).unpack_from,
            "new": tuple.__new__,
            "Record": Record,
            "TAIL": self.terminator,
            "PAD": bytes([self.layout.pad]),
            "FILLING": FILLING,
            "clear": self.obscuring.clear if self.obscuring else None,
            "control": _CONTROL.search,
            "swallows": self._swallows if kind != "framed" else lambda *_: False,
        }
        namespace |= {f"d{index}": reader(each) for index, each in enumerate(self.fields)}
        exec(self._source("stop" if kind == "framed" else kind), namespace)  # noqa: S102 - see module
        self._loops[kind] = namespace["run"]
        return self._loops[kind]

    def _source(self, kind: str) -> str:
        """Python text of one loop; ``kind`` is records, tuples or stop (of one record)."""
        names = [f"v{index}" for index in range(len(self.fields))]
        head, trail = names[: len(self.head)], names[len(self.head) :]
        body = [f"{', '.join(head)}, = head(data, pos)"] if head else []
        body += self._conversions(head, 0)
        body += [f"first = pos + {self.len_head}", *self._extent(names)]
        if trail:
            body += [f"{', '.join(trail)}, = trail(data, end + {len(self.terminator)})"]
            body += self._conversions(trail, len(self.head))
        body += ["text = latin[first:end]"] if kind in {"records", "tuples"} else []
        body += self._interior(kind)
        body += self._result(kind, names)
        signature = "data, pos" if kind == "stop" else "data, latin, pos, base, append"
        lines = [f"def run({signature}):", "    size = len(data)", f"    last = size - {self.len_head}"]
        lines += ["    while 0 <= pos <= last:", *(f"        {line}" for line in body)]
        return "\n".join([*lines, f"    return {-1 if kind == 'stop' else 'pos'}"])

    def _extent(self, names: list[str]) -> list[str]:
        """Lines that find ``end`` (of the text) and ``stop`` (of the record), or leave the loop."""
        term, stride, lead = len(self.terminator), self.layout.stride, self.layout.lead
        lines = []
        if self.length is not None:
            value = names[self.fields.index(self.length)]
            if self.padded:
                return [
                    f"stop = pos + {value} + {lead}",
                    f"if not first <= stop <= size or stop - first > {MAX_TEXT}: break",
                    "end = first + len(data[first:stop].rstrip(PAD))",
                    f"if end - pos - {lead} + -(end - pos - {lead}) % {stride} != {value}: break",
                ]
            lines = [f"end = first + {value} - {self.len_counted}"]
            lines += [f"if end < first or end - first > {MAX_TEXT}: break"]
        elif term:
            lines = [f"end = data.find(TAIL, first, first + {MAX_TEXT + term})", "if end < 0: break"]
        else:
            lines = [f"stop = pos + {stride}", "if stop > size: break"]
            return [*lines, "end = first + len(data[first:stop].rstrip(PAD))"]
        lines += [f"stop = end + {term + self.len_trail}"]
        filled = f"stop = pos + {lead} + -(-(stop - pos - {lead}) // {stride}) * {stride}"
        lines += [filled] if stride > 1 else []
        lines += ["if stop > size: break"]
        if self.length is None and not self.obscuring:
            lines += ["if control(data, first, end) and swallows(data, first, stop): break"]
        if self.length is not None and term:
            lines += [
                "if data[end]: break" if self.terminator == b"\0" else f"if data[end:end + {term}] != TAIL: break"
            ]
        return lines

    def _interior(self, kind: str) -> list[str]:
        """A NUL inside the text means that the length is wrong; in pages, no text that what is there fills one.

        Nor is it a record where all is zero, for numbers begin at 1, or an end mark of DOS and zeros. What goes over
        the end of a page is no record either.
        """
        zero = "" if self.layout.page else " and not data[pos:stop].strip(FILLING)"
        blank = [f"if end == first{zero}: break"]
        blank += [f"if pos // {self.page} != (stop - 1) // {self.page}: break"] if self.page else []
        if self.layout.terminator != "nul" or self.length is None or self.layout.lines or self.layout.obscured:
            return blank
        return [*blank, "if data.find(0, first, end) >= 0: break" if kind == "stop" else "if '\\0' in text: break"]

    def _result(self, kind: str, names: list[str]) -> list[str]:
        by_role = {each.role: name for each, name in zip(self.fields, names, strict=True)}
        values = f"{by_role.get('sync', NO_NUMBER)}, {by_role.get('stamp')}, {by_role.get('checksum')}"
        plain = f"{values}, text, pos + base, stop + base"
        others = ", ".join(n for each, n in zip(self.fields, names, strict=True) if each in self.other_fields)
        decode = f"if not text.isascii(): text = data[first:end].decode({self.layout.encoding!r}, 'surrogateescape')"
        if self.obscuring:
            key = f", {names[self.fields.index(self.key)]}" if self.key else ""
            decode = f"text = clear(data[first:end]{key}).decode({self.layout.encoding!r}, 'surrogateescape')"
        tail = "TAIL"
        if self.layout.stride > 1:
            ends = len(self.terminator)
            tail = f"data[end:end + {ends}] + data[end + {ends + self.len_trail}:stop]"
        results = {
            "records": [decode, f"append(new(Record, ({plain}, ({others}{',' if others else ''}), {tail})))"],
            "tuples": [decode, f"append(({plain}))"],
            "stop": ["return stop"],
        }
        return [*results[kind], "pos = stop"]

    def _conversions(self, names: list[str], offset: int) -> list[str]:
        """Lines for numbers stored otherwise than in the layout's byte order; digits that are none end the loop."""
        lines = []
        for index, name in enumerate(names, offset):
            if self._foreign(self.fields[index]):
                lines.append(f"{name} = d{index}({name})")
                lines += [] if self.fields[index].kind in INTEGERS else [f"if {name} is None: break"]
        return lines

    def _foreign(self, each: Field) -> bool:
        return each.numeric and (each.kind not in INTEGERS or each.byte_order != self.layout.byte_order)

    def _struct(self, fields: tuple[Field, ...]) -> struct.Struct:
        codes = [f"{each.size}s" if self._foreign(each) or not each.numeric else CODES[each.kind] for each in fields]
        return struct.Struct(ORDERS[self.layout.byte_order] + "".join(codes))


def _some(source: Iterator[bytes], size: int) -> bytes | None:
    """Return the next piece, or as many as have so many bytes; None behind the last."""
    found = list(islice(source, 1))
    while found and (size := size - len(found[-1])) > 0 and (piece := next(source, None)) is not None:
        found.append(piece)
    return b"".join(found) if found else None


def _obscured(obscuring: Obscuring) -> re.Pattern[bytes]:
    """Return how a transaction may begin where its bytes are stored as others; under any key, if each has its own."""
    beginnings = [bytes((code, blank)) for code in b"ADMRT#-" for blank in b" \t"]
    keys = range(256) if obscuring.field else (obscuring.key,)
    seconds: dict[bytes, set[bytes]] = {}
    for key in keys:
        for each in beginnings:
            stored = obscuring.stored(each, key)
            seconds.setdefault(stored[:1], set()).add(stored[1:])
    parts = (re.escape(one) + b"[" + b"".join(map(re.escape, sorted(others))) + b"]" for one, others in seconds.items())
    return re.compile(b"(?=" + b"|".join(parts) + b")", re.DOTALL)


@lru_cache(maxsize=64)
def codec(layout: Layout) -> RecordCodec:
    """Return the compiled codec of a queue layout."""
    return RecordCodec(layout)


def stored_link(each: Field, offset: int) -> int:
    """Return an offset (or ``NO_LINK``) as a link field stores it: one too narrow for it holds its highest number."""
    return min(offset, each.range[1])
