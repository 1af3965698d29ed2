"""A ruler over some bytes: which field each of them belongs to, with every border drawn and every field named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glbtools.reporting.model import Segment
from glbtools.reporting.text import Screen, safe

WIDE = 76
"""Columns from which a row shows 16 bytes, in place of 8."""

ALIKE = 2
"""Rows inside one field after which the rest is left out."""


def ruler(data: bytes, segments: Sequence[Segment], screen: Screen, encoding: str) -> Iterator[str]:
    """Yield the lines of a ruler.

    Args:
        data: the bytes.
        segments: what they are; they tile ``data`` in order.
        screen: decides between 8 and 16 bytes a row, and colour.
        encoding: single-byte code page for the column of characters.
    """
    drawn = _Ruler(data, [each for each in segments if each.start < each.stop], screen, encoding)
    yield drawn.head()
    inner: list[int] = []
    for address in range(0, len(data), drawn.per_row):
        if drawn.inside(address):
            inner.append(address)
            continue
        yield from drawn.kept(inner)
        inner = []
        yield from drawn.row(address)
    yield from drawn.kept(inner)


class _Ruler:
    def __init__(self, data: bytes, segments: Sequence[Segment], screen: Screen, encoding: str) -> None:
        self.data, self.segments, self.screen = data, segments, screen
        self.per_row = 16 if screen.width >= WIDE else 8
        self.digits = max(4, len(f"{max(0, len(data) - 1):x}"))
        self.margin = self.digits + 4
        self.borders = {each.start for each in segments} | {each.stop for each in segments}
        every = bytes(range(256)).decode(encoding, "replace")
        self.characters = [c if c.isprintable() and c != "\N{REPLACEMENT CHARACTER}" else "." for c in every]

    def head(self) -> str:
        columns = " ".join(f"{column:02x}" for column in range(self.per_row))
        return self.screen.paint(f"{'':{self.margin}}{columns}", "faint")

    def within(self, low: int, high: int) -> list[Segment]:
        """Return the segments that share bytes with a stretch."""
        return [each for each in self.segments if each.start < high and each.stop > low]

    def inside(self, address: int) -> bool:
        """Whether a whole row lies in a field that begins before it."""
        high = min(address + self.per_row, len(self.data))
        return any(each.start < address and high <= each.stop for each in self.within(address, high))

    def kept(self, addresses: Sequence[int]) -> Iterator[str]:
        """Yield rows that lie inside fields: the first ones of each, and how much is left out."""
        by_field: dict[Segment, list[int]] = {}
        for address in addresses:
            by_field.setdefault(self.within(address, address + 1)[0], []).append(address)
        for each, rows in by_field.items():
            cut = rows[ALIKE:] if len(rows) > ALIKE + 1 else []
            for address in rows[: len(rows) - len(cut)]:
                yield self.bytes_of(address)
            if cut:
                left = min(each.stop, cut[-1] + self.per_row) - cut[0]
                yield self.clipped(f"  {'....':{self.margin - 2}}{left} more bytes of {safe(each.name)}", 0)

    def row(self, address: int) -> Iterator[str]:
        yield self.bytes_of(address)
        yield from self.names(address)

    def bytes_of(self, address: int) -> str:
        high = min(address + self.per_row, len(self.data))
        cells, characters = [self.border(address)], []
        for each in self.within(address, high):
            low, stop = max(each.start, address), min(each.stop, high)
            cells += [self.screen.paint(self.data[low:stop].hex(" "), *each.tones), self.border(stop)]
            text = "".join(self.characters[byte] for byte in self.data[low:stop])
            characters.append(self.screen.paint(text, *each.tones))
        blank = "   " * (self.per_row - (high - address))
        where = self.screen.paint(f"  {address:0{self.digits}x} ", "faint")
        return f"{where}{''.join(cells)}{blank} {''.join(characters)}".rstrip()

    def border(self, offset: int) -> str:
        return self.screen.paint("|", "faint") if offset in self.borders else " "

    def names(self, address: int) -> Iterator[str]:
        """Yield the lines with the names of the fields in a row, as many as it takes.

        From right to left each name goes on the first line that has room for it; strokes lead down to it.
        """
        lines: list[list[tuple[int, str, tuple[str, ...]]]] = []
        free: list[int] = []
        high = min(address + self.per_row, len(self.data))
        for each in reversed(self.within(address, high)):
            column = self.margin + 3 * (max(each.start, address) - address)
            name = safe(each.name) if each.start >= address else f"({safe(each.name)})"
            name = self.clipped(name, column)
            level = next((at for at, room in enumerate(free) if column + len(name) < room), len(free))
            if level == len(free):
                free.append(self.screen.width + 1)
                lines.append([])
            for above in range(level):
                lines[above].append((column, "|", ("faint",)))
                free[above] = column
            lines[level].append((column, name, each.tones))
            free[level] = column
        for line in lines:
            yield self.placed(line[::-1])

    def clipped(self, text: str, column: int) -> str:
        """Return a text that ends within the screen when it begins in a column."""
        room = self.screen.width - column
        return text if len(text) <= room else f"{text[: room - 2]}.."

    def placed(self, pieces: Sequence[tuple[int, str, tuple[str, ...]]]) -> str:
        drawn, at = [], 0
        for column, text, styles in pieces:
            drawn += [" " * (column - at), self.screen.paint(text, *styles)]
            at = column + len(text)
        return "".join(drawn)
