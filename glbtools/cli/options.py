"""Options that several commands have, and what follows from them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from glbtools.layouts import Layouts
    from glbtools.reporting.text import Screen


class OutputFormat(StrEnum):
    """Forms of output."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    listing = "listing"


class RowFormat(StrEnum):
    """Forms of output of findings and changes."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"


class PageFormat(StrEnum):
    """Forms of output of what is no list."""

    table = "table"
    json = "json"


Form = Annotated[PageFormat, typer.Option("--format", help="Form of output.")]
Rows = Annotated[RowFormat, typer.Option("--format", help="Form of output.")]
Json = Annotated[bool, typer.Option("--json", help="Short for --format json.")]
Color = Annotated[
    bool | None, typer.Option("--color/--no-color", help="Colour, whatever the terminal and NO_COLOR say.")
]
LayoutFiles = Annotated[
    list[Path] | None, typer.Option("--layout", metavar="FILE.toml", help="A layout of your own; may be given again.")
]
MaxFileSize = Annotated[int, typer.Option("--max-file-size", metavar="BYTES", help="Largest file that is read.", min=0)]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no warnings.")]


def chosen_layouts(paths: Iterable[Path] | None) -> Layouts:
    """Return the reference layouts, with the user's in place of theirs."""
    from glbtools import layouts

    return layouts.from_files(paths or ())


def writable(layouts: Layouts) -> Layouts:
    """Return layouts if files can be written in all of them.

    Raises:
        UsageError: one states only a part of what a record holds.
    """
    from glbtools.errors import UsageError

    for each in layouts.values():
        if each.read_only:
            raise UsageError(f"{each.id}: {each.read_only}")
    return layouts


def screen_of(color: bool | None) -> Screen:
    """Return what standard output shows."""
    from glbtools.reporting.text import screen

    return screen(sys.stdout, color)
