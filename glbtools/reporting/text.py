"""Text for a terminal: nothing from a file reaches it raw, nothing depends on colour."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple, TextIO

MIN_WIDTH = 60
MIN_COLUMN = 12
_NARROWEST = 6
_STYLES = {
    "strong": "1", "faint": "2", "error": "31", "good": "32", "warning": "33", "mark": "35", "note": "36",
}  # fmt: skip
_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"}


class Screen(NamedTuple):
    """Where text goes: its width in columns and whether it knows colour."""

    width: int = 80
    color: bool = False

    def paint(self, text: str, *tones: str) -> str:
        """Return ``text`` as it is meant (``reporting.model``); as it is without colour."""
        if not self.color or not tones:
            return text
        return f"\x1b[{';'.join(_STYLES[each] for each in tones)}m{text}\x1b[0m"


def screen(stream: TextIO, color: bool | None = None) -> Screen:
    """Return what a stream shows: ``color`` decides, then NO_COLOR, FORCE_COLOR and whether it is a terminal."""
    if color is None:
        if os.environ.get("NO_COLOR"):
            color = False
        elif os.environ.get("FORCE_COLOR"):
            color = True
        else:
            color = stream.isatty() and os.environ.get("TERM") != "dumb"
    return Screen(max(MIN_WIDTH, shutil.get_terminal_size().columns), color)


def safe(text: object) -> str:
    """Return a text with everything unprintable as escapes: controls, escape sequences, C1, bidi, lone surrogates.

    Backslashes are doubled, so that what is shown can be told from what is stored.
    """
    text = str(text)
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(c if c.isprintable() and c != "\\" else _NAMED.get(c) or _escaped(c) for c in text)


def message(text: object) -> str:
    """Return a sentence of our own, which may quote what is already escaped: as ``safe``, backslashes kept."""
    text = str(text)
    return text if text.isprintable() else "".join(c if c.isprintable() else _NAMED.get(c) or _escaped(c) for c in text)


def word(text: object) -> str:
    """Return a path as a word of a command line that can be pasted, quoted where a shell would make something of it."""
    shown = message(text)
    if re.fullmatch(r"[\w./:@+,-]+", shown):
        return shown
    return shlex.quote(shown) if set(shown) & set('"$`!') else f'"{shown}"'


def wrapped(text: str, width: int, indent: str = "", *, anywhere: bool = False) -> list[str]:
    """Return ``text`` in lines of at most ``width`` columns, cut at blanks where there are any, or ``anywhere``."""
    lines: list[str] = []
    at, prefix = 0, ""
    ends = None if text.isascii() else list(accumulate(map(_cell_size(), text)))
    while (size := _fitting(text, at, max(width - len(prefix), 8), ends)) < len(text) - at:
        blank = -1 if anywhere else text.rfind(" ", at, at + size + 1)
        if blank > at and not text[at:blank].isspace():
            lines.append(prefix + text[at:blank].rstrip())
            at = blank
            while text[at : at + 1] == " ":
                at += 1
        else:
            lines.append(prefix + text[at : at + size])
            at += size
        prefix = indent
    return [*lines, prefix + text[at:]]


def cells(text: str) -> int:
    """Return how many columns a text takes on a terminal: East Asian characters take two, combining ones none."""
    return len(text) if text.isascii() else sum(map(_cell_size(), text))


def padded(text: str, width: int) -> str:
    """Return a text with blanks behind it, ``width`` columns wide."""
    return text + " " * (width - cells(text))


def _cell_size() -> Callable[[str], int]:
    from rich.cells import get_character_cell_size

    return get_character_cell_size


def _fitting(text: str, at: int, room: int, ends: Sequence[int] | None) -> int:
    """Return how many characters from ``at`` on have room in some columns; where each ends is known for wide texts."""
    if ends is None:
        return min(room, len(text) - at)
    return max(1, bisect_right(ends, (ends[at - 1] if at else 0) + room) - at) if at < len(text) else 0


def table(rows: Iterable[Sequence[str]], headers: Sequence[str], width: int, right: Iterable[int] = ()) -> str:
    """Return an aligned table of cells that are already safe.

    Args:
        rows: the cells; a line feed begins a new line in a cell.
        headers: one for each column.
        width: columns to stay within: the widest cells are wrapped until the table fits.
        right: columns that are flush right.
    """
    import tabulate

    tabulate.MIN_PADDING = 0
    tabulate.wcwidth, tabulate.WIDE_CHARS_MODE = _Widths, True  # type: ignore[attr-defined]
    cells = [list(row) for row in rows]
    widths = _fitted([headers, *cells], [_width(each) for each in headers], width)
    drawn = tabulate.tabulate(
        [[_folded(cell, room) for cell, room in zip(row, widths, strict=True)] for row in cells],
        headers=[_folded(head, room) for head, room in zip(headers, widths, strict=True)],
        tablefmt="simple",
        colalign=["right" if column in set(right) else "left" for column in range(len(headers))] if cells else None,
        disable_numparse=True,
        preserve_whitespace=True,
    )
    return "\n".join(line.rstrip() for line in drawn.split("\n"))


def _fitted(rows: Sequence[Sequence[str]], least: Sequence[int], width: int) -> list[int]:
    """Return the width of each column: as its cells need it, the widest narrowed as far as the whole has to be.

    No column gets narrower than its head and ``MIN_COLUMN``, unless that leaves too little room for the others.
    """
    widths = [min(width, max(map(_width, column))) for column in zip(*rows, strict=True)]
    for bounds in ([max(MIN_COLUMN, each) for each in least], [_NARROWEST] * len(least)):
        while sum(widths) + 2 * (len(widths) - 1) > width:
            wide = [(size, number) for number, size in enumerate(widths) if size > bounds[number]]
            if not wide:
                break
            widths[max(wide)[1]] -= 1
    return widths


class _Widths:
    """What tabulate asks for the width of a text, in place of a package that need not be there."""

    wcswidth = staticmethod(cells)


def _width(cell: str) -> int:
    return max(map(cells, cell.split("\n")))


def _folded(cell: str, room: int) -> str:
    return "\n".join(line for each in cell.split("\n") for line in wrapped(each, room))


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
