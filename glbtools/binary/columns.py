"""All numbers of a queue file at once, as arrays: numpy where it is installed, ``array`` otherwise."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from glbtools.binary.layout import INTEGERS

if TYPE_CHECKING:
    from glbtools.binary.records import Record, RecordCodec


@cache
def _numpy() -> Any:
    """Return numpy, or None without the extra ``columns``; loaded when the first column is read."""
    try:
        import numpy
    except ImportError:  # pragma: no cover - the tests' environment has it
        return None
    return numpy


class Columns(NamedTuple):
    """Five arrays of equal length; a column the layout does not have holds zeros.

    Without numpy they are ``array.array('q')``, with it ``int64`` arrays.
    """

    sync: Any
    stamp: Any
    checksum: Any
    start: Any
    stop: Any


def run(codec: RecordCodec, data: bytes, pos: int, base: int, append: Callable[[Columns], None]) -> int:
    """Append the sound records from ``pos`` on as one ``Columns``; return the offset of the first that is none."""
    plain = all(each.kind in INTEGERS or not each.numeric for each in codec.fields)
    numpy = _numpy()
    if numpy is None or codec.trail or not plain:
        return _run_plain(codec, data, pos, base, append)
    offsets: list[int] = []
    end = codec._compiled("walk")(data, pos, offsets.append)
    starts = numpy.array(offsets, dtype=numpy.int64)
    stops = numpy.append(starts[1:], end) if offsets else starts
    if offsets and codec.length is not None and codec.layout.terminator == "nul":
        raw = numpy.frombuffer(data, dtype=numpy.uint8)
        bad = _holds_nul(raw, starts + codec.len_head, _text_ends(codec, data, starts))
        if bad >= 0:
            starts, stops, end = starts[:bad], stops[:bad], offsets[bad]
    if len(starts):
        columns = {each.role: _gather(codec, data, each.offset, each.kind, starts) for each in codec.head}
        nothing = numpy.zeros(len(starts), dtype=numpy.int64)
        append(
            Columns(
                columns["sync"],
                columns.get("stamp", nothing),
                columns.get("checksum", nothing),
                starts + base,
                stops + base,
            )
        )
    return end  # type: ignore[no-any-return]


def one_row(record: Record) -> Columns:
    """Return one record as columns."""
    return _arrays([[record.sync], [record.stamp or 0], [record.checksum or 0], [record.start], [record.stop]])


def join(parts: list[Columns]) -> Columns:
    """Return the rows of ``parts`` in one ``Columns``."""
    if not parts:
        return _arrays([[], [], [], [], []])
    numpy = _numpy()
    if numpy is not None:
        return Columns(*(numpy.concatenate(column) for column in zip(*parts, strict=True)))
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


def _gather(codec: RecordCodec, data: bytes, offset: int, kind: str, starts: Any) -> Any:
    """Values of one field of all records: a view of the data with a stride of one byte, indexed by the starts."""
    if kind not in INTEGERS:
        return None
    numpy = _numpy()
    order = "<" if codec.layout.byte_order == "little" else ">"
    width = INTEGERS[kind]
    shape = (len(data) - offset - width + 1,)
    dtype = numpy.dtype(f"{order}{kind[0]}{width}")
    view: Any = numpy.ndarray(shape, dtype, buffer=data, offset=offset, strides=(1,))
    return view[starts].astype(numpy.int64)


def _text_ends(codec: RecordCodec, data: bytes, starts: Any) -> Any:
    assert codec.length is not None
    lengths = _gather(codec, data, codec.length.offset, codec.length.kind, starts)
    if codec.layout.length_counts == "record":
        return starts + lengths - len(codec.terminator)
    return starts + codec.len_head + lengths - codec.len_counted


def _holds_nul(raw: Any, first: Any, end: Any) -> int:
    """Index of the first text with a NUL inside, -1 for none."""
    numpy = _numpy()
    bounds = numpy.empty(2 * len(first), dtype=numpy.int64)
    bounds[0::2], bounds[1::2] = first, end
    # The terminator at ``end`` exists, so that every bound is an index; an empty text stands for its own terminator.
    found = numpy.logical_or.reduceat(raw == 0, bounds)[0::2] & (end > first)
    hits = numpy.flatnonzero(found)
    return int(hits[0]) if len(hits) else -1
