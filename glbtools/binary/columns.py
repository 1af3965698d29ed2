"""All numbers of a queue file at once, as arrays: numpy where it is installed, ``array`` otherwise."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from glbtools.binary.field import INTEGERS, ORDERS
from glbtools.binary.layout import FILLING, MAX_TEXT
from glbtools.brief import brief, count

if TYPE_CHECKING:
    from glbtools.binary.field import Field
    from glbtools.binary.records import Record, RecordCodec, Run


_FIRST_STRETCH, _LONGEST_STRETCH = 1 << 10, 1 << 21


@cache
def _numpy() -> Any:
    """Return numpy, or None without the extra ``columns``; loaded when the first column is read."""
    try:
        import numpy
    except ImportError:  # pragma: no cover - the tests' environment has it
        return None
    return numpy


class Stretch(NamedTuple):
    """Sound records that lie one behind the other: where each starts and stops, and what stands before their texts."""

    starts: Any
    stops: Any
    heads: Any

    def field(self, each: Field) -> Any:
        """Return what a field holds in each of them: a view of their heads."""
        kind = f"{ORDERS[each.byte_order]}{each.kind[0]}{each.size}" if each.numeric else f"V{each.size}"
        strides = self.heads.strides
        return _numpy().ndarray(len(self.heads), kind, buffer=self.heads, offset=each.offset, strides=strides)


class Columns(NamedTuple):
    """Five arrays of equal length; a column the layout does not have holds zeros.

    Without numpy they are ``array.array('q')``, with it ``int64`` arrays.

    Attributes:
        sync: transaction numbers.
        stamp: date stamps, as the numbers stored.
        checksum: stored checksums.
        start: offsets of the records.
        stop: offsets behind them.
    """

    sync: Any
    stamp: Any
    checksum: Any
    start: Any
    stop: Any

    def __repr__(self) -> str:
        return brief("Columns", count(len(self.sync), "record"))


def loop(codec: RecordCodec, rows: Callable[[RecordCodec, bytes, int, Stretch], Any] | None = None) -> Run:
    """Return what appends sound records from an offset on as ``Columns``, and returns the offset of what is none.

    ``rows`` makes something else of them.

    The stretch looked at grows with success, from one piece of a file to the next: in one that is damaged everywhere no
    length is followed far in vain.
    """
    if not all_at_once(codec):
        return partial(_run_plain, codec)
    make, stretch = rows or _columns, _FIRST_STRETCH

    def run(data: bytes, pos: int, base: int, append: Callable[[Any], None]) -> int:
        nonlocal stretch
        while True:
            offsets = _walk(codec, data, pos, stretch)
            found = _sound(codec, data, offsets)
            if len(found.starts):
                append(make(codec, data, base, found))
                pos = int(found.stops[-1])
            if pos < offsets[-1]:
                stretch = _FIRST_STRETCH
                return pos
            if not len(found.starts):
                return pos
            stretch = min(16 * stretch, _LONGEST_STRETCH)

    return run


def _columns(codec: RecordCodec, _data: bytes, base: int, found: Stretch) -> Columns:
    numbers = {each.role: found.field(each).copy() for each in codec.head if each.role in Columns._fields}
    nothing = 0 * found.starts
    stamps, checksums = numbers.get("stamp", nothing), numbers.get("checksum", nothing)
    return Columns(numbers["sync"], stamps, checksums, found.starts + base, found.stops + base)


def all_at_once(codec: RecordCodec) -> bool:
    """Whether numpy is there, a record's length alone says where the next begins, and all numbers are binary."""
    if _numpy() is None:
        return False
    plain = all(each.kind in INTEGERS or not each.numeric for each in codec.fields)
    forward = _text_end(codec) + len(codec.terminator) > 0
    plain = plain and (codec.obscuring is None or codec.obscuring.plain) and not codec.layout.page
    return plain and forward and codec.length is not None and not codec.trail and codec.layout.stride == 1


def _walk(codec: RecordCodec, data: bytes, pos: int, stretch: int) -> Any:
    """Return where records begin, and where the last one stops, if all lengths are right; nothing else is looked at."""
    numpy = _numpy()
    length = codec.length
    assert length is not None
    step, field = _text_end(codec) + len(codec.terminator), length.offset
    last = min(len(data) - codec.len_head, pos + stretch)
    begun = numpy.empty(0, dtype=numpy.int64)
    if length.kind == "u16":
        # Nearly all lengths take one byte; the other is looked at afterwards, for all at once.
        low, high = (field, field + 1) if length.byte_order == "little" else (field + 1, field)
        begun = numpy.fromiter(_stepped(data, pos + low, last + low, step), numpy.int64) - low
        is_short = numpy.frombuffer(data, dtype=numpy.uint8)[begun[:-1] + high] == 0
        begun = begun[: _leading(is_short) + 1]
        pos = int(begun[-1])
        if len(begun) > len(is_short):
            return begun
        begun = begun[:-1]
    return numpy.concatenate([begun, numpy.fromiter(_measured(data, pos, last, step, length), numpy.int64)])


def _stepped(data: bytes, at: int, last: int, step: int) -> Iterator[int]:
    """Yield where lengths stand, up to the first behind ``last``, if each is less than 256 and stands at ``at``."""
    while at <= last:
        yield at
        at += step + data[at]
    yield at


def _measured(data: bytes, pos: int, last: int, step: int, length: Field) -> Iterator[int]:
    """Yield where records begin, up to the first behind ``last``, by lengths of any size."""
    unpack, field = struct.Struct(length.code).unpack_from, length.offset
    while pos <= last:
        yield pos
        pos += step + unpack(data, pos + field)[0]
    yield pos


def _sound(codec: RecordCodec, data: bytes, offsets: Any) -> Stretch:
    """Return the records before the first that is none: the record loop's tests, all at once."""
    numpy = _numpy()
    bounds = offsets[:-1] if offsets[-1] > len(data) else offsets
    starts, stops = bounds[:-1], bounds[1:]
    firsts, ends = starts + codec.len_head, stops - len(codec.terminator)
    sizes = ends - firsts
    count = _leading((sizes >= 0) & (sizes <= MAX_TEXT))
    starts, stops, firsts, ends = starts[:count], stops[:count], firsts[:count], ends[:count]
    raw = numpy.frombuffer(data, dtype=numpy.uint8)
    for index, byte in enumerate(codec.terminator):
        count = min(count, _leading(raw[ends + index] == byte))
    starts, stops = starts[:count], stops[:count]
    heads = gather(data, 0, codec.len_head, starts)
    empty = numpy.flatnonzero(sizes[:count] == 0)
    filling = (int(at) for at in empty if not data[int(starts[at]) : int(stops[at])].strip(FILLING))
    count = next(filling, count)
    if (
        codec.layout.terminator == "nul"
        and not (codec.layout.lines or codec.layout.obscured)
        and count
        # With one for each terminator those in the heads are all there may be.
        and _nuls(raw[starts[0] : stops[-1]]) > count + _nuls(heads.view(numpy.uint8))
    ):
        # Least byte of each text; an empty text stands for its own terminator. Every bound is an index below the size.
        edges = numpy.empty(2 * count, dtype=numpy.int64)
        edges[0::2], edges[1::2] = firsts[:count], ends[:count]
        count = _leading((numpy.minimum.reduceat(raw, edges)[0::2] > 0) | (edges[0::2] == edges[1::2]))
    return Stretch(starts[:count], stops[:count], heads[:count])


def _nuls(raw: Any) -> int:
    return len(raw) - int(_numpy().count_nonzero(raw))


def _leading(good: Any) -> int:
    """How many are true before the first that is not."""
    return len(good) if good.all() else int(good.argmin())


def _text_end(codec: RecordCodec) -> int:
    """What to add to offset and stored length to get where the text ends; there is no trailer."""
    return codec.len_head - codec.len_counted


def one_row(record: Record) -> Columns:
    """Return one record as columns."""
    return _arrays([[record.sync], [record.stamp or 0], [record.checksum or 0], [record.start], [record.stop]])


def join(parts: list[Columns]) -> Columns:
    """Return the rows of ``parts`` in one ``Columns``."""
    if not parts:
        return _arrays([[], [], [], [], []])
    numpy = _numpy()
    if numpy is not None:
        return Columns(*(numpy.concatenate(column, dtype=numpy.int64) for column in zip(*parts, strict=True)))
    return _arrays([[each for part in column for each in part] for column in zip(*parts, strict=True)])


def _run_plain(codec: RecordCodec, data: bytes, pos: int, base: int, append: Callable[[Columns], None]) -> int:
    rows: list[tuple[int, int | None, int | None, str, int, int]] = []
    end = codec._run("tuples")(data, pos, base, rows.append)
    if rows:
        append(
            _arrays(
                [
                    [row[0] for row in rows],
                    [row[1] or 0 for row in rows],
                    [row[2] or 0 for row in rows],
                    [row[4] for row in rows],
                    [row[5] for row in rows],
                ]
            )
        )
    return end


def _arrays(columns: list[list[int]]) -> Columns:
    numpy = _numpy()
    if numpy is not None:
        return Columns(*(numpy.array(column, dtype=numpy.int64) for column in columns))
    return Columns(*(array("q", column) for column in columns))


def gather(data: bytes, offset: int, size: int, starts: Any) -> Any:
    """Return so many bytes of all records, from an offset in each."""
    return strided(data, offset, size)[starts]


def strided(data: Any, offset: int, size: int) -> Any:
    """Return a view of bytes that has at each of them the so many that begin there."""
    count = max(0, len(data) - offset - size + 1)
    return _numpy().ndarray((count,), f"V{size}", buffer=data, offset=offset if count else 0, strides=(1,))
