"""All fields of a queue file with their texts as a table of Arrow, made by numpy.

Texts of ASCII stay where they are in the file, as Arrow's string views; the others are decoded together, once.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from glbtools.binary import columns
from glbtools.binary.field import INTEGERS
from glbtools.binary.records import Record
from glbtools.errors import UsageError

if TYPE_CHECKING:
    from glbtools.binary.columns import Stretch
    from glbtools.binary.field import Field
    from glbtools.binary.records import RecordCodec, Run

_NUMBERS = ("sync", "stamp", "checksum")
OWN = (*_NUMBERS, "text", "start", "stop")
"""Columns that every layout has; those of its other fields bear their names."""

_AT_ONCE = 1 << 12
"""Records whose texts are looked through at once: their bytes stay near the processor."""

_INLINE = 12
"""Bytes of a text that stands in its view itself."""


def _pyarrow() -> Any:
    """Return pyarrow.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import pyarrow
    except ImportError:
        raise UsageError('a table needs pyarrow: pip install "glbtools[parquet]"') from None
    return pyarrow


def loop(codec: RecordCodec) -> Run:
    """Return what appends sound records as batches of Arrow or one by one; otherwise as ``columns.loop``."""
    return columns.loop(codec, _batch) if columns.all_at_once(codec) else codec._run("records")


def join(codec: RecordCodec, rows: Iterable[Any]) -> Any:
    """Return batches and records, in their order, as one table.

    Raises:
        UsageError: pyarrow is not installed.
    """
    arrow, schema = _pyarrow(), _schema(codec)
    batches: list[Any] = []
    for single, group in groupby(rows, lambda each: isinstance(each, Record)):
        found = list(group)
        batches += [_of_records(codec, schema, found)] if single else found
    return arrow.Table.from_batches(batches, schema)


@lru_cache(maxsize=8)
def _schema(codec: RecordCodec) -> Any:
    arrow = _pyarrow()
    own = dict.fromkeys(OWN, arrow.int64()) | {"text": arrow.string_view()}
    own |= {each.role: _kind(each) for each in codec.fields if each.role in _NUMBERS}
    return arrow.schema([*own.items(), *((_name(each.name), _kind(each)) for each in codec.other_fields)])


def _kind(field: Field) -> Any:
    """Return the type that the column of a field has: that of the field, where Arrow knows such a one."""
    arrow = _pyarrow()
    if field.kind in INTEGERS:
        return arrow.from_numpy_dtype(f"{field.kind[0]}{field.size}")
    return arrow.int64() if field.numeric else arrow.binary(field.size)


def _name(field: str) -> str:
    """Return what the column of a layout's field is called: no name is there twice."""
    return f"{field}_field" if field in OWN else field


def _of_records(codec: RecordCodec, schema: Any, records: list[Record]) -> Any:
    arrow = _pyarrow()
    values: list[list[Any]] = [[each[number] for each in records] for number in range(len(OWN))]
    values[3] = [text.encode("utf-8", "backslashreplace").decode() for text in values[3]]
    values += [[each.others[number] for each in records] for number in range(len(codec.other_fields))]
    return arrow.RecordBatch.from_arrays(
        [arrow.array(column, kind) for column, kind in zip(values, schema.types, strict=True)], schema=schema
    )


def _batch(codec: RecordCodec, data: bytes, base: int, found: Stretch) -> Any:
    """Return sound records that lie one behind the other."""
    import numpy

    arrow, schema = _pyarrow(), _schema(codec)
    starts, stops, _ = found
    if codec.obscuring is not None:
        # Only these are made readable, not all of a file for each stretch of it.
        first = int(starts[0])
        data, starts, stops, base = data[first : int(stops[-1])], starts - first, stops - first, base + first

    def stored(kind: Any, values: Any) -> Any:
        # ``arrow.array`` would do, and load pandas where that is installed.
        return arrow.Array.from_buffers(kind, len(starts), [None, arrow.py_buffer(values)])

    def values(each: Field) -> Any:
        held = found.field(each)
        return stored(_kind(each), held.astype(held.dtype.newbyteorder("=")))

    by_role = {each.role: values(each) for each in codec.head if each.role in _NUMBERS}
    nothing = arrow.nulls(len(starts), arrow.int64())
    arrays = [by_role.get(role, nothing) for role in _NUMBERS]
    # A record stops where the next one starts: both columns are views of the same numbers.
    bounds = numpy.append(starts[:1], stops) + base
    arrays += [_texts(codec, data, starts, stops), *(stored(arrow.int64(), each) for each in (bounds[:-1], bounds[1:]))]
    arrays += map(values, codec.other_fields)
    return arrow.RecordBatch.from_arrays(arrays, schema=schema)


def _texts(codec: RecordCodec, data: bytes, starts: Any, stops: Any) -> Any:
    """Return the texts as views: of the file where they are ASCII, of what was decoded where they are not."""
    import numpy

    arrow = _pyarrow()
    shown = codec.readable(data)
    firsts = starts + codec.len_head
    sizes = stops - len(codec.terminator) - firsts
    views = numpy.zeros(len(starts), dtype=[("size", "<i4"), ("head", "V4"), ("buffer", "<i4"), ("offset", "<i4")])
    buffers = [shown]
    views["size"], views["offset"] = sizes, firsts
    _fill(views, shown)
    places, owners = _foreign(codec, shown, starts, stops)
    if len(places):
        begins = numpy.flatnonzero(numpy.diff(owners, prepend=-1))
        which = owners[begins]
        bounds = zip(firsts[which].tolist(), (firsts + sizes)[which].tolist(), strict=True)
        buffers.append(_utf8(codec, b"".join([shown[first:end] for first, end in bounds])))
        grown = _growth(codec)[numpy.frombuffer(shown, dtype=numpy.uint8)[places]]
        own = numpy.zeros(len(which), views.dtype)
        own["size"], own["buffer"] = sizes[which] + numpy.add.reduceat(grown, begins), 1
        own["offset"][1:] = numpy.cumsum(own["size"], dtype=numpy.int64)[:-1]
        _fill(own, buffers[1])
        views[which] = own
    parts = [None, arrow.py_buffer(views), *map(arrow.py_buffer, buffers)]
    return arrow.Array.from_buffers(arrow.string_view(), len(starts), parts)


def _foreign(codec: RecordCodec, shown: bytes, starts: Any, stops: Any) -> tuple[Any, Any]:
    """Return where in the texts of records there are bytes that are not ASCII, and in which record each of them is."""
    import numpy

    raw, found = numpy.frombuffer(shown, dtype=numpy.uint8), []
    scratch = numpy.empty(0, bool)
    for first in range(0, len(starts), _AT_ONCE):
        some = starts[first : first + _AT_ONCE]
        begin, end = int(some[0]), int(stops[first : first + _AT_ONCE][-1])
        if len(scratch) < end - begin:
            scratch = numpy.empty(2 * (end - begin), bool)
        foreign = numpy.greater_equal(raw[begin:end], 0x80, out=scratch[: end - begin])
        # Between the texts there are only heads, and terminators of ASCII.
        columns.strided(foreign, 0, codec.len_head)[some - begin] = bytes(codec.len_head)
        found.append(numpy.flatnonzero(foreign) + begin)
    places = numpy.concatenate(found)
    return places, numpy.searchsorted(starts, places, side="right") - 1


def _fill(views: Any, source: bytes) -> None:
    """Put into views of a buffer what they hold themselves: the whole of a short text, the head of a long one."""
    import numpy

    places = views["offset"]
    if len(places) and int(places.max()) + _INLINE > len(source):
        first = int(places.min())
        source, places = source[first:] + bytes(_INLINE), places - first
    views["head"] = columns.gather(source, 0, 4, places)
    short = numpy.flatnonzero(views["size"] <= _INLINE)
    if len(short):
        whole = columns.gather(source, 0, _INLINE, places[short]).view(numpy.uint8).reshape(-1, _INLINE)
        within = numpy.arange(_INLINE) < views["size"][short][:, None]
        views.view(numpy.uint8).reshape(-1, 16)[short, 4:] = whole * within


def _utf8(codec: RecordCodec, stored: bytes) -> bytes:
    r"""Return bytes of texts as UTF-8; one that is no character of the layout's code page as ``\udcXX``."""
    return stored.decode(codec.layout.encoding, "surrogateescape").encode("utf-8", "backslashreplace")


@lru_cache(maxsize=8)
def _growth(codec: RecordCodec) -> Any:
    """Return how many bytes each byte of a text takes more as UTF-8."""
    import numpy

    return numpy.array([len(_utf8(codec, bytes([byte]))) - 1 for byte in range(256)], dtype=numpy.int64)
