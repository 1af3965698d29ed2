"""Draw what a command prints in a terminal as an SVG: part of ``make docs``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

COLUMN, LINE, MARGIN, SIZE = 8.4, 19, 18, 14
"""Pixels: width of a character, height of a line, room around the text, size of the letters."""

FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
INK, PAPER = "#d8dee9", "#1f2430"
COLORS = {"31": "#ff7b85", "32": "#9ece6a", "33": "#e5c07b", "35": "#d3a4f9", "36": "#7dcfff", "2": "#9aa5b8"}
"""What a terminal's colours (SGR) are painted in: each has a contrast of 4.5 and more on the paper."""

_CODE = re.compile(r"\x1b\[([\d;]*)m")
_WORDS = re.compile(r"\S+(?: \S+)*")


class Run(NamedTuple):
    """A piece of a line in one style: its first column, its text and its SGR codes."""

    column: int
    text: str
    codes: tuple[str, ...]


def runs(line: str) -> Iterator[Run]:
    """Split a line with SGR codes into runs. A run holds no two blanks in a row, since SVG folds them."""
    codes: tuple[str, ...] = ()
    column = 0
    parts = _CODE.split(line)
    for number, part in enumerate(parts):
        if number % 2:
            codes = tuple(code for code in part.split(";") if code not in ("", "0"))
            continue
        for words in _WORDS.finditer(part):
            yield Run(column + words.start(), words[0], codes)
        column += len(part)


def plain(line: str) -> str:
    """Return a line without its SGR codes."""
    return _CODE.sub("", line)


def drawn(lines: Sequence[str], title: str) -> str:
    """Return an SVG of lines of a terminal, which a screen reader reads as their text.

    Args:
        lines: what the terminal shows, with its SGR codes.
        title: what the picture is of.
    """
    width = round(max(len(plain(line)) for line in lines) * COLUMN + 2 * MARGIN)
    height = len(lines) * LINE + 2 * MARGIN
    said = escape("\n".join(map(plain, lines)))
    shapes = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img" aria-labelledby="title said">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="said">{said}</desc>',
        f'<rect width="{width}" height="{height}" rx="8" fill="{PAPER}"/>',
        f'<g font-family="{FONTS}" font-size="{SIZE}" fill="{INK}" aria-hidden="true">',
    ]
    for number, line in enumerate(lines):
        bottom = MARGIN + number * LINE + SIZE
        for run in runs(line):
            color = next((f' fill="{COLORS[code]}"' for code in run.codes if code in COLORS), "")
            weight = ' font-weight="bold"' if "1" in run.codes else ""
            place = f'x="{MARGIN + run.column * COLUMN:.1f}" y="{bottom}" textLength="{len(run.text) * COLUMN:.1f}"'
            shapes.append(
                f'<text {place} lengthAdjust="spacingAndGlyphs"{color}{weight}>{escape(run.text, quote=False)}</text>'
            )
    return "\n".join([*shapes, "</g>", "</svg>", ""])
