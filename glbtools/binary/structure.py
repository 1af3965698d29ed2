"""Layouts as construct formats, the reference for reading and writing; and the reader and writer of fixed structures.

Only lossless constructs are used: ``Padding``, ``GreedyRange``, ``Rebuild`` and their like hide the faults that matter
(they drop or repair bytes). Fixed texts keep all their bytes; what follows the first NUL is not the text but stays.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

from construct import (
    Bytes,
    Computed,
    Construct,
    FormatField,
    Renamed,
    Struct,
    Subconstruct,
    Tell,
    this,
)

from glbtools.binary.field import INTEGERS, Field, reader
from glbtools.binary.layout import PADDED, TERMINATORS, Layout
from glbtools.binary.span import Span
from glbtools.brief import brief
from glbtools.errors import UsageError


class SpanRecorder(Subconstruct):  # type: ignore[misc]
    """Notes the bytes of a field in the list ``spans`` given to ``parse``: name, start, stop."""

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        start = stream.tell()
        value = self.subcon._parsereport(stream, context, path)
        spans = context._params.get("spans")
        if spans is not None:
            spans.append((path.rpartition(" -> ")[2], start, stream.tell()))
        return value


class Value(NamedTuple):
    """A field of a fixed structure as stored.

    Attributes:
        field: what the layout says of it.
        span: its bytes in the file.
        raw: the bytes.
        value: number, text up to the first NUL, or bytes; None for digits that are no number the field can hold.
    """

    field: Field
    span: Span
    raw: bytes
    value: int | str | bytes | None

    def __repr__(self) -> str:
        return brief("Value", f"{self.field.name} {self.span} {self.value!r}")


def field(each: Field) -> Construct:
    """Return the construct of one field; digits and texts stay bytes."""
    if each.kind in INTEGERS:
        plain: Construct = FormatField(*each.code)
    else:
        plain = Bytes(each.size)
    return Renamed(SpanRecorder(plain), newname=each.name, newdocs=each.doc)


@lru_cache(maxsize=64)
def fixed(fields: tuple[Field, ...]) -> Construct:
    """Return the construct of fields that follow each other without a hole."""
    return Struct(*map(field, fields))


@lru_cache(maxsize=16)
def record(layout: Layout) -> Construct:
    """Return the construct of one queue record: fields, text, terminator, trailer, padding.

    The text is bytes; ``RecordCodec`` gives the same values decoded.
    """
    length = layout.with_role("len_text")
    terminator = TERMINATORS[layout.terminator]
    head, trail = layout.section("record")[:-1], layout.section("trailer")
    len_head, len_trail = (sum(each.size for each in part) for part in (head, trail))
    text: Construct
    if length is not None:
        counted = layout.counted
        if layout.length_counts == PADDED:
            text = _measured(
                lambda c: len(_peek(c, _number(length, c[length.name]) - counted).rstrip(bytes([layout.pad])))
            )
        else:
            text = Bytes(lambda context: _number(length, context[length.name]) - counted)
    elif terminator:
        text = _measured(lambda context: _distance(_peek(context), terminator))
    else:
        pad = bytes([layout.pad])
        text = _measured(lambda context: len(_peek(context, layout.stride - len_head).rstrip(pad)))
    stored = [*map(field, head), Renamed(SpanRecorder(text), newname="text")]
    stored += [Renamed(SpanRecorder(Bytes(len(terminator))), newname="terminator"), *map(field, trail)]
    size = "_size" / Computed(lambda c: len_head + len(c.text) + len(terminator) + len_trail)
    padding = Renamed(SpanRecorder(Bytes((layout.lead - this._size) % layout.stride)), newname="padding")
    return Struct("_start" / Tell, *stored, size, padding)


def read(layout: Layout, section: str, data: bytes, base: int = 0) -> list[Value]:
    """Return the fields of one section that lie in ``data`` whole; ``base`` is its place in the file.

    The values are those of ``fixed``, which takes the fields apart one by one with a context for each.
    """
    found = []
    for start, stop, read_one in _readers(layout, section):
        if stop <= len(data):
            found.append(read_one(data[start:stop], base))
    return found


_Reader = Callable[[bytes, int], Value]
"""What makes a value of the bytes of a field, in a section that begins at an offset."""

_ALIKE = 64
"""Values of a field that are kept: those of many files are the same."""


@lru_cache(maxsize=64)
def _readers(layout: Layout, section: str) -> list[tuple[int, int, _Reader]]:
    """Return for each field of a section where it begins and ends, and what reads it."""
    return [(each.offset, each.stop, _reader(each, layout.encoding)) for each in layout.section(section)]


@lru_cache(maxsize=512)
def _reader(each: Field, encoding: str) -> _Reader:
    value_of = partial(each.read_text, encoding=encoding) if each.kind == "text" else reader(each)

    @lru_cache(maxsize=_ALIKE)
    def read_one(raw: bytes, base: int) -> Value:
        return Value(each, Span(base + each.offset, base + each.stop), raw, value_of(raw))

    return read_one


def build(values: list[Value]) -> bytes:
    """Return the bytes of fields read from one section; they are those that ``fixed`` builds of the values."""
    return b"".join(each.raw for each in values)


def default(layout: Layout, section: str, base: int = 0) -> list[Value]:
    """Return one section as it is written where nothing is known: the layout's defaults, zeros elsewhere."""
    return list(_default(layout, section, base))


@lru_cache(maxsize=64)
def _default(layout: Layout, section: str, base: int) -> list[Value]:
    fields = layout.section(section)
    return read(layout, section, b"".join(each.write(each.nothing) for each in fields), base)


def change(layout: Layout, values: list[Value], **new: int | str | bytes) -> list[Value]:
    """Return the fields with new values, as they are read where they are stored.

    Raises:
        UsageError: the layout has no such field, or the value does not fit it.
    """
    unknown = set(new) - {each.field.name for each in values}
    if unknown:
        raise UsageError(f"layout {layout.id} has no field {', '.join(sorted(unknown))}")
    changed = list(values)
    for place, (each, span, _, _) in enumerate(values):
        if each.name in new:
            raw = each.write(new[each.name], layout.encoding)
            changed[place] = _reader(each, layout.encoding)(raw, span.start - each.offset)
    return changed


def _number(each: Field, parsed: int | bytes) -> int:
    value = parsed if isinstance(parsed, int) else each.read(parsed)
    if value is None or isinstance(value, bytes):
        raise ValueError(each.name)
    return value


def _measured(measure: Callable[[Any], int]) -> Construct:
    """Return the construct of a text without a stored length: reading measures it, writing takes it as it is.

    ``NullTerminated`` would do for NUL only: it looks for CRLF at even distances.
    """
    return Bytes(lambda context: len(context.text) if context._building else measure(context))


def _distance(data: bytes, terminator: bytes) -> int:
    """Return how far the terminator is away; more than there are bytes where it is missing."""
    found = data.find(terminator)
    return found if found >= 0 else len(data) + 1


def _peek(context: Any, size: int = -1) -> bytes:
    stream = context._io
    position = stream.tell()
    data = stream.read(size)
    stream.seek(position)
    return data  # type: ignore[no-any-return]
