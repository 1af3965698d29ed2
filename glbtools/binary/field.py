"""A number, date or text at a place of a layout: its range, and how it is read and written.

The layouts' readers and writers, what is learnt and what is shown all ask here; ``structure`` says the same of whole
structures in construct, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from struct import Struct
from typing import NamedTuple

from glbtools.binary import dateparts, stamp
from glbtools.brief import brief
from glbtools.errors import FieldError

INTEGERS = {"u8": 1, "u16": 2, "u32": 4, "i8": 1, "i16": 2, "i32": 4}
ODD = {"u24": 3, "w32": 4, "bcd32": 4}
"""Numbers that no type of C has: of three bytes; of two words, the high one first, the low byte of each first; of eight
decimal digits, two in a byte."""

DATE = "date:"
"""Begins the kind of a date in parts; its form follows (``dateparts``), and its number is the seconds since 1970."""

SIZED = ("dec", "hex", "bytes", "text")

CODES = {"u8": "B", "u16": "H", "u32": "L", "i8": "b", "i16": "h", "i32": "l"}
"""How ``struct`` and construct spell an integer behind a byte order."""

ORDERS = {"little": "<", "big": ">"}

HIGHEST = 0xFFFFFFFF
"""The highest number that any program of these files has: digits that make a higher one are none."""

_HEX_DIGITS = b"0123456789ABCDEF"


class RecordValues(NamedTuple):
    """What of a record one of its fields may say again.

    Attributes:
        number: its number.
        length: the length as it is stored.
        start: its offset in the file.
        place: how many records stand before it in the file.
        text: bytes of its text; ``ended``: of the text and its terminator; ``size``: of all that it takes in the file.
    """

    number: int
    length: int
    start: int
    place: int
    text: int
    ended: int
    size: int


REPEATS: dict[str, Callable[[RecordValues], int]] = {
    "number": lambda record: record.number,
    "complement": lambda record: ~record.number,
    "before": lambda record: record.number - 1,
    "after": lambda record: record.number + 1,
    "length": lambda record: record.length,
    "offset": lambda record: record.start,
    "ordinal": lambda record: record.place + 1,
    "place": lambda record: record.place,
    "text": lambda record: record.text,
    "text+terminator": lambda record: record.ended,
    "record": lambda record: record.size,
}
"""What a field may say again of its record -> it."""

SIZES = ("text", "text+terminator", "record")
"""What is counted in bytes, or in words or blocks of some bytes."""

PLACES = ("ordinal", "place")
"""What is known only of a record of which it is known how many stand before it."""


class Field(NamedTuple):
    """One field of a layout.

    Attributes:
        name: how it is called, in lower case; bytes that no field claims are ``unknown_xx``.
        section: where it lies: ``header`` (of the file), ``record``, or ``trailer`` (behind the text and its
            terminator).
        offset: of its first byte, counted from the start of its section.
        kind: how it is stored, without its size: ``u16``, ``dec``, ``bytes`` ...
        size: in bytes; 0 for the text of variable length.
        role: what it is for: ``sync``, ``stamp``, ``text``, ``checksum`` ...; empty in a configuration.
        status: how it is known that it exists: attested, observed, inferred or assumed.
        orig: what the vendor's programs call it.
        source: the article that says so.
        doc: what it means, or how that is known.
        byte_order: ``little`` or ``big``.
        stamp: the form of a date: ``unix``, ``dos``, ``since-1980``.
        link: of a link: ``previous`` or ``next``.
        default: what is written where nothing else is said.
        flags: names of single bits, each with its value.
        repeats: what it says again of its record, in as many bits as it has room for: one of ``REPEATS``.
        unit: bytes of one unit, where it repeats a size; the last one begun counts.
    """

    name: str
    section: str
    offset: int
    kind: str
    size: int
    role: str
    status: str
    orig: str = ""
    source: str = ""
    doc: str = ""
    byte_order: str = "little"
    stamp: str = "unix"
    link: str = ""
    default: int | bytes | None = None
    flags: tuple[tuple[str, int], ...] = ()
    repeats: str = ""
    unit: int = 1

    def __repr__(self) -> str:
        return brief("Field", f"{self.name}, {self.section} {self.offset}, {self.type}, {self.status}")

    @property
    def stop(self) -> int:
        """First offset behind the field, in its section."""
        return self.offset + self.size

    @property
    def type(self) -> str:
        """The type as a layout file spells it."""
        return f"{self.kind}:{self.size}" if self.kind in SIZED and self.size else self.kind

    @property
    def numeric(self) -> bool:
        """Whether the stored value is a number."""
        return self.kind in INTEGERS or self.kind in ODD or self.kind in {"dec", "hex"} or self.in_parts

    @property
    def in_parts(self) -> bool:
        """Whether it is a date whose parts stand beside each other."""
        return self.kind.startswith(DATE)

    @property
    def resolution(self) -> int:
        """To how many seconds a date is exact that is stored so."""
        if self.in_parts:
            return dateparts.resolution(self.kind.removeprefix(DATE))
        return 2 if self.stamp == "dos" else 1

    @property
    def code(self) -> str:
        """How ``struct`` and construct spell a binary number of this kind, its byte order included."""
        return ORDERS[self.byte_order] + CODES[self.kind]

    @property
    def range(self) -> tuple[int, int]:
        """Lowest and highest number that it can store."""
        return number_range(self.kind, self.size)

    @property
    def nothing(self) -> int | bytes:
        """What is written where nothing is known: its default, else zeros."""
        if self.default is not None:
            return self.default
        return 0 if self.numeric else bytes(self.size)

    def read(self, raw: bytes) -> int | bytes | None:
        """Return the number or the bytes stored; None for digits that are no number, and where bytes are missing."""
        if len(raw) != self.size:
            return None
        return read_number(self.kind, raw, self.byte_order) if self.numeric else raw

    def repeated(self, record: RecordValues) -> int:
        """Return what a field that repeats something of its record holds: of that as many bits as it has."""
        return -(-REPEATS[self.repeats](record) // self.unit) & self.range[1]

    def read_text(self, raw: bytes, encoding: str) -> str:
        """Return the text stored in a field of fixed size: it ends at the first NUL."""
        return raw.split(b"\0", 1)[0].decode(encoding, "surrogateescape")

    def write(self, value: int | str | bytes, encoding: str = "cp850") -> bytes:
        """Return a value as it is stored, texts and bytes filled up with zeros.

        Raises:
            FieldError: it does not fit; names the field.
        """
        if self.numeric:
            raw = write_number(self.kind, self.size, value, self.byte_order) if isinstance(value, int) else None
            if raw is None:
                low, high = self.range
                wanted = "a date that its form has room for" if self.in_parts else f"a number from {low} to {high}"
                raise FieldError(self.name, f"must be {wanted}")
            return raw
        if isinstance(value, str):
            try:
                value = value.encode(encoding)
            except UnicodeEncodeError as error:
                reason = f"holds {value[error.start]!r}, which {encoding} does not know"
                raise FieldError(self.name, reason) from None
            room = self.size - 1 if self.kind == "text" else self.size
            if len(value) > room:
                raise FieldError(self.name, f"has {len(value)} characters, the layout has room for {room}")
        if isinstance(value, int) or len(value) > self.size:
            raise FieldError(self.name, f"must be at most {self.size} bytes")
        return value.ljust(self.size, b"\0")

    def moment(self, number: int) -> datetime | None:
        """Return the date that a stored number means, no zone; None for one that is no date."""
        return stamp.FORMS[self.stamp][0](number)

    def stored(self, moment: datetime) -> int:
        """Return the number that means a date; what the encoding has no room for is dropped.

        Raises:
            ValueError: the encoding has no number for it.
        """
        number = stamp.FORMS[self.stamp][1](moment)
        if not self.in_parts:
            return number
        raw = write_number(self.kind, self.size, number, self.byte_order)
        held = None if raw is None else read_number(self.kind, raw, self.byte_order)
        if held is None:
            raise ValueError(f"{stamp.text(moment)} has no room in the form {self.kind}")
        return held

    def nearest(self, moment: datetime) -> int:
        """Return the number of the date nearest to one, among those that the field can store."""
        number = stamp.nearest(self.stamp, moment, *self.range)
        if not self.in_parts:
            return number
        try:
            return self.stored(moment)
        except ValueError:
            return 0


@cache
def number_range(kind: str, size: int) -> tuple[int, int]:
    """Lowest and highest number that a field of this kind can store."""
    if kind.startswith(DATE):
        return 0, HIGHEST
    if kind == "dec":
        return 0, min(10**size - 1, HIGHEST)
    if kind == "hex":
        return 0, 16**size - 1
    if kind == "bcd32":
        return 0, 99_999_999
    bits = 8 * size
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if kind[0] == "i" else (0, (1 << bits) - 1)


def read_number(kind: str, raw: bytes, order: str = "little") -> int | None:
    """Return the number that bytes of a kind store; None for digits that are none."""
    if kind == "dec":
        return decimal(raw)
    if kind == "hex":
        return hexadecimal(raw)
    if kind == "w32":
        return int.from_bytes(raw[2:] + raw[:2], "little")
    if kind == "bcd32":
        return decimal((raw if order == "big" else raw[::-1]).hex().encode())
    if kind.startswith(DATE):
        return dateparts.read(kind.removeprefix(DATE), raw, order)
    return int.from_bytes(raw, "big" if order == "big" else "little", signed=kind[0] == "i")


def reader(each: Field) -> Callable[[bytes], int | bytes | None]:
    """Return what reads a field of which all bytes are there."""
    if each.kind in INTEGERS:
        unpack = Struct(each.code).unpack
        return lambda raw: unpack(raw)[0]
    if each.kind in ODD or each.in_parts:
        return lambda raw: read_number(each.kind, raw, each.byte_order)
    return {"dec": decimal, "hex": hexadecimal}.get(each.kind, bytes)


def write_number(kind: str, size: int, value: int, order: str = "little") -> bytes | None:
    """Return a number as bytes of a kind store it; None where it does not fit."""
    low, high = number_range(kind, size)
    if not low <= value <= high:
        return None
    if kind.startswith(DATE):
        return dateparts.write(kind.removeprefix(DATE), value, order)
    if kind == "w32":
        raw = value.to_bytes(size, "little")
        return raw[2:] + raw[:2]
    if kind == "bcd32":
        raw = bytes.fromhex(f"{value:08}")
        return raw if order == "big" else raw[::-1]
    if kind in INTEGERS or kind in ODD:
        return value.to_bytes(size, "big" if order == "big" else "little", signed=kind[0] == "i")
    return (b"%0*X" if kind == "hex" else b"%0*d") % (size, value)


def decimal(raw: bytes) -> int | None:
    """Return the number that decimal digits spell; None where they are none."""
    return value if raw.isdigit() and (value := int(raw)) <= HIGHEST else None


def hexadecimal(raw: bytes) -> int | None:
    """Return the number that hexadecimal digits spell, in capitals; None where they are none."""
    return int(raw, 16) if raw and not raw.strip(_HEX_DIGITS) else None


def unsigned(raw: bytes, order: str) -> int:
    """Return the number that bytes in an order store; little-endian unless it is ``big``."""
    return int.from_bytes(raw, "big" if order == "big" else "little")
