"""Where something is in a file, and what is wrong there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from glbtools.brief import brief


class Span(NamedTuple):
    """A stretch of bytes of a file, closed below and open above.

    Attributes:
        start: offset of the first byte, counted from the start of the file.
        stop: offset behind the last byte.
    """

    start: int
    stop: int

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.stop - self.start

    def __str__(self) -> str:
        return f"0x{self.start:04x}-0x{self.stop:04x}"


class Fault(NamedTuple):
    """One thing that is wrong or remarkable in a file.

    Attributes:
        kind: short slug of the kind of fault.
        message: one sentence without a final stop.
        span: the bytes concerned.
        damage: the file is damaged by it; False for what is only worth knowing.
        number: the vendor's message number for it, where there is one (codes.csv).
        line: the line concerned in a text file, counted from 1.
    """

    kind: str
    message: str
    span: Span
    damage: bool = True
    number: int | None = None
    line: int | None = None

    def __repr__(self) -> str:
        return brief("Fault", f"{self.kind}, {self.span}, {self.message}")


class Region(NamedTuple):
    """A named part of a file.

    Attributes:
        span: its bytes.
        what: what it is, in a word or two.
    """

    span: Span
    what: str


def tile(regions: Iterable[Region], size: int) -> list[Region]:
    """Return ``regions`` in order with the bytes nobody claims filled in as ``gap``.

    Raises:
        ValueError: two regions overlap or one leaves the file; that is a bug of the caller, not of the file.
    """
    tiled: list[Region] = []
    position = 0
    for region in sorted(regions, key=lambda each: each.span):
        start, stop = region.span
        if start < position or stop < start or stop > size:
            raise ValueError(f"{region} does not fit at {position} of {size}")
        if start > position:
            tiled.append(Region(Span(position, start), "gap"))
        tiled.append(region)
        position = stop
    if position < size:
        tiled.append(Region(Span(position, size), "gap"))
    return tiled


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order with those that touch made one: a long gap is found in pieces."""
    whole: list[Span] = []
    for span in spans:
        if whole and whole[-1].stop == span.start:
            whole[-1] = Span(whole[-1].start, span.stop)
        else:
            whole.append(span)
    return whole
