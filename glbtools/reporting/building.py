"""The files that a description has made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from glbtools.reporting.documents import dumps
from glbtools.reporting.model import Block, Verbatim
from glbtools.reporting.text import safe


def report(written: Iterable[Path]) -> Iterator[Block]:
    """Yield each file with its size."""
    return (Verbatim(f"{each.stat().st_size:>9}  {safe(each)}") for each in written)


def document(written: Iterable[Path]) -> str:
    """Return the files as JSON."""
    return dumps({"schema": "glbtools.build/1", "written": [str(each) for each in written]})
