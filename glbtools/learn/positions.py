"""Where in a structure of fixed size a known value can stand: offset, width, byte order and encoding.

A number may be binary or digits padded with zeros; a date is seconds since 1970 or packed as MS-DOS does, by a clock
that may be some quarter-hours off; a text ends at a NUL. A value that is stored in one of these forms is always among
what is found, so that one place left over is the true one or chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from glbtools.binary import dateparts, stamp
from glbtools.binary.field import DATE, INTEGERS, ODD, read_number, write_number
from glbtools.learn.clocks import ZONE_MOST, ZONE_STEP, may_differ

ENCODING = "cp850"
"""Code page of names in configuration files, inferred from the rest of the postoffice (Q87432, Q103421)."""

DIGITS = range(5, 11)
"""Widths of numbers written as digits; LISTQ has 6 and the text protocol 10 (Q96060, Q118298)."""

SIZED = INTEGERS | ODD
ORDERS = {"u8": ("",), "i8": ("",), "w32": ("little",)}
"""Orders of the bytes of a number that has not both of them."""

SHIFTS = sorted(range(-ZONE_MOST, ZONE_MOST + 1, ZONE_STEP), key=abs)
"""Seconds by which clocks of two time zones may differ."""

Plain = int | str | datetime


class Position(NamedTuple):
    """One way to store a value.

    Attributes:
        section: ``header`` or ``record``.
        offset: from the start of the section.
        kind: as a layout names it: ``u16``, ``dec``, ``text``.
        size: in bytes; 0 for a text, whose room is decided last.
        order: of bytes; empty where there is none.
        stamp: how a date is packed; empty for other values.
        shift: seconds that a stored date is ahead of the one that is known.
    """

    section: str
    offset: int
    kind: str
    size: int
    order: str = ""
    stamp: str = ""
    shift: int = 0

    @property
    def stop(self) -> int:
        """First offset behind it."""
        return self.offset + self.size

    @property
    def anchor(self) -> tuple[str, ...]:
        """What places have in common that differ in nothing but zeros in front of a number or behind it."""
        last = self.order == "big" or self.kind == "dec"
        lowest = self.offset + (2 if self.kind == "w32" else 0)
        number = self.stop - 1 if last and not self.stamp else lowest
        form = self.stamp or (self.kind if self.kind in {"dec", "text"} else "number")
        return self.section, form, self.order, str(number), str(self.shift)

    def __str__(self) -> str:
        where = f"{'header ' if self.section == 'header' else ''}0x{self.offset:03x}"
        what = self.kind if self.kind in SIZED or not self.size else f"{self.kind}:{self.size}"
        said = [what, *([f"{self.order}-endian"] if self.order else []), *([self.stamp] if self.stamp else [])]
        if self.shift:
            said.append(f"{hours(self.shift)} {'ahead' if self.shift > 0 else 'behind'}")
        return f"{where} {', '.join(said)}"


def hours(shift: int) -> str:
    """Return how far clocks are apart: ``5:30 hours``."""
    return f"{abs(shift) // 3600}:{abs(shift) % 3600 // 60:02} hours"


def found(region: bytes, section: str, value: Plain, kinds: tuple[str, ...]) -> Iterator[Position]:
    """Yield every place of a section that holds a value; ``kinds`` are the integers that it may be stored as."""
    if isinstance(value, datetime):
        yield from _dates(region, section, value)
    elif isinstance(value, str):
        raw = value.encode(ENCODING)
        yield from (Position(section, at, "text", 0) for at in _all(region, raw) if _ends(region, at + len(raw)))
    else:
        for kind in kinds:
            for order in ORDERS.get(kind, ("little", "big")):
                if (stored := number(value, kind, order)) is not None:
                    yield from (Position(section, at, kind, len(stored), order) for at in _all(region, stored))
        for size in DIGITS if value >= 0 else ():
            if (digits := write_number("dec", size, value)) is not None:
                yield from (Position(section, at, "dec", size) for at in _all(region, digits))


def holds(region: bytes, place: Position, value: Plain) -> bool:
    """Whether a place holds a value."""
    raw = region[place.offset : place.stop]
    if isinstance(value, datetime):
        stored = read_number(place.kind, raw, place.order) if len(raw) == place.size else None
        return _shift(stored, place.stamp, value) == place.shift
    if isinstance(value, str):
        text = value.encode(ENCODING)
        return region.startswith(text, place.offset) and _ends(region, place.offset + len(text))
    return raw == write_number(place.kind, place.size, value, place.order)


def number(value: int, kind: str, order: str) -> bytes | None:
    """Return a number as it is stored; None where it does not fit."""
    return write_number(kind, SIZED[kind], value, order)


def _dates(region: bytes, section: str, when: datetime) -> Iterator[Position]:
    for at in range(len(region) - 3):
        raw = region[at : at + 4]
        for kind, order in (("u32", "little"), ("u32", "big"), ("w32", "little")):
            value = read_number(kind, raw, order)
            for form in stamp.FORMS if value else ():
                if (shift := _shift(value, form, when)) is not None:
                    yield Position(section, at, kind, size=4, order=order, stamp=form, shift=shift)


def dates_in_parts(region: bytes, section: str, when: datetime) -> Iterator[Position]:
    """Yield the places that hold a date in parts, as exact as it is known, the longest forms first."""
    for form, order in dateparts.ways():
        if dateparts.resolution(form) > 1:
            continue
        for shift in SHIFTS:
            raw = dateparts.write(form, stamp.to_unix(when) + shift, order)
            for at in _all(region, raw or b""):
                yield Position(section, at, f"{DATE}{form}", dateparts.size(form), order, stamp="unix", shift=shift)


def _shift(value: int | None, form: str, when: datetime) -> int | None:
    """Return by how many seconds a stored date is ahead; None where it is none, or no time zone explains it."""
    moment = None if value is None else stamp.FORMS[form][0](value)
    if moment is None:
        return None
    if form == "dos":
        when = when.replace(second=when.second // 2 * 2)
    ahead = (moment - when.replace(microsecond=0)) // timedelta(seconds=1)
    return ahead if may_differ(ahead) else None


def _all(region: bytes, needle: bytes) -> Iterator[int]:
    at = region.find(needle) if needle else -1
    while at >= 0:
        yield at
        at = region.find(needle, at + 1)


def _ends(region: bytes, at: int) -> bool:
    return at >= len(region) or not region[at]
