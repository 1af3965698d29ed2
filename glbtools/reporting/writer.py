"""A report as text for a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from glbtools.reporting.dump import dump
from glbtools.reporting.model import (
    Block,
    Break,
    Dump,
    Excerpt,
    Facts,
    Finding,
    Fold,
    Heading,
    Paragraph,
    Picture,
    Place,
    Places,
    Ruler,
    Section,
    Steps,
    Table,
    Verbatim,
)
from glbtools.reporting.ruler import ruler
from glbtools.reporting.text import Screen, cells, padded, table, wrapped

WIDE = 120
"""Columns from which a table has all its columns."""

BYTES = 8
FILLED = 100
"""Columns of running text, at most."""


def lines(report: Iterable[Block], screen: Screen) -> Iterator[str]:
    """Yield the lines of a report."""
    for block in report:
        yield from _WRITERS[type(block)](block, screen)


def _heading(block: Heading, screen: Screen) -> Iterator[str]:
    return (screen.paint(line, "strong") for line in wrapped(block.text, _prose(screen), "  "))


def _prose(screen: Screen) -> int:
    """The columns of running text, which is hard to read in long lines."""
    return min(screen.width, FILLED)


def _verbatim(block: Verbatim, screen: Screen) -> Iterator[str]:
    """Yield lines as they are; one too wide is cut at its blanks, unless a word of it is too wide by itself."""
    for line in block.text.split("\n"):
        indent = " " * (len(line) - len(line.lstrip(" ")) + 2)
        widest = max(map(cells, line.split()), default=0)
        whole = cells(line) <= screen.width or len(indent) + widest > screen.width
        parts = [line] if whole else wrapped(line, screen.width, indent)
        yield from (screen.paint(part, *block.tones) for part in parts)


def _paragraph(block: Paragraph, screen: Screen) -> Iterator[str]:
    indent = "  " * block.depth
    hang = len(indent) + 2 if block.hang is None else block.hang
    width = screen.width if block.anywhere else _prose(screen)
    first, *others = wrapped(f"{indent}{block.text}", width, " " * hang, anywhere=block.anywhere)
    if block.lead:
        yield first.replace(block.lead, screen.paint(block.lead, *block.tones), 1)
        yield from others
    else:
        yield from (screen.paint(line, *block.tones) for line in (first, *others))


def _facts(block: Facts, screen: Screen) -> Iterator[str]:
    width = block.width or max((len(name) for name, _ in block.rows), default=0)
    for name, text in block.rows:
        head = f"  {name:{width}}{'':{block.gap}}"
        yield from wrapped(f"{head}{text}", _prose(screen), " " * len(head))


def _table(block: Table, screen: Screen) -> Iterator[str]:
    shown = [number for number, each in enumerate(block.columns) if not each.wide or screen.width >= WIDE]
    columns = [block.columns[number] for number in shown]
    rows = [
        ["\n".join(wrapped(row[n], block.columns[n].most)) if block.columns[n].most else row[n] for n in shown]
        for row in block.rows
    ]
    if block.notes:
        yield from _annotated([each.head for each in columns], rows, block.notes, screen)
        return
    indent = "  " * block.depth
    right = [number for number, each in enumerate(columns) if each.right]
    drawn = table(rows, [each.head for each in columns], screen.width - len(indent), right)
    yield from (f"{indent}{line}".rstrip() for line in drawn.split("\n"))


def _annotated(heads: list[str], rows: list[list[str]], notes: Iterable[str], screen: Screen) -> Iterator[str]:
    """Yield a table with a sentence under each row, which no rule would set apart."""
    widths = [max(map(cells, column)) for column in zip(heads, *rows, strict=True)]
    indent = " " * (widths[0] + 2)

    def row_lines(row: list[str]) -> list[str]:
        text = "  ".join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        return wrapped(text, screen.width, indent)

    yield screen.paint(row_lines(heads)[0], "strong")
    for row, note in zip(rows, notes, strict=True):
        yield from row_lines(row)
        if note:
            yield from wrapped(f"{indent}{note}", _prose(screen), indent)


def _finding(block: Finding, screen: Screen) -> Iterator[str]:
    lead = f"{block.severity}[{block.code}]"
    sure = f" ({block.sure})" if block.sure else ""
    text = f"{lead} {block.slug}{sure}: {block.text}"
    return _paragraph(Paragraph(text, lead=lead, tones=(block.severity, "strong")), screen)


def _places(block: Places, screen: Screen) -> Iterator[str]:
    if not block.path:
        yield from (f"    --> {_where(each)}" for each in block.places)
        return
    yield from wrapped(f"  --> {block.path}", screen.width, "      ")
    for each in block.places:
        where = _where(each) if each.line is not None else _bytes(each)
        if where or each.said:
            head = f"      {where}  " if where else "      "
            yield from wrapped(f"{head}{each.said}", _prose(screen), " " * len(head))


def _where(place: Place) -> str:
    return f"line {place.line}" if place.line else str(place.span)


def _bytes(place: Place) -> str:
    return f"{place.span[0]:04x} | {place.data[:BYTES].hex(' '):{3 * BYTES - 1}}" if place.span else ""


def _section(block: Section, screen: Screen) -> Iterator[str]:
    yield ""
    yield from (screen.paint(line, "strong") for line in wrapped(block.title.upper(), screen.width))
    yield from wrapped(block.lead, _prose(screen)) if block.lead else ()
    yield ""


def _steps(block: Steps, screen: Screen) -> Iterator[str]:
    for number, text in enumerate(block.items, 1):
        head = f"  {number}. " if block.numbered else "  - "
        yield from wrapped(f"{head}{text}", _prose(screen), " " * len(head))


def _excerpt(block: Excerpt, screen: Screen) -> Iterator[str]:
    start, stop = block.mark
    data = block.data[start - block.start : min(stop, start + BYTES) - block.start]
    return _places(Places(block.path, (Place(span=block.mark, data=data, said=block.said),)), screen)


def _picture(block: Picture, screen: Screen) -> Iterator[str]:
    return _paragraph(Paragraph(f"{block.title}: {block.text}", lead=f"{block.title}:", tones=("strong",)), screen)


def _fold(block: Fold, screen: Screen) -> Iterator[str]:
    yield screen.paint(block.title, "strong")
    yield from lines(block.blocks, screen)


_WRITERS: Mapping[type, Callable[[Any, Screen], Iterable[str]]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Break: lambda _block, _screen: [""],
    Facts: _facts,
    Table: _table,
    Places: _places,
    Finding: _finding,
    Section: _section,
    Steps: _steps,
    Excerpt: _excerpt,
    Picture: _picture,
    Fold: _fold,
    Dump: lambda block, screen: dump(block.nodes, block.data, screen, block.encoding),
    Ruler: lambda block, screen: ruler(block.data, block.segments, screen, block.encoding),
    Verbatim: _verbatim,
}
