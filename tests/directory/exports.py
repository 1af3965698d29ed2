"""An export of a directory as a list."""

from __future__ import annotations

from typing import Any

from glbtools.directory.dump import Dump
from glbtools.directory.export import MemoryDump, Outcome, export
from glbtools.directory.state import State
from glbtools.model.directory import Entry


def collected(source: Dump | MemoryDump, state: State, **options: Any) -> tuple[list[tuple[str, Entry]], Outcome]:
    """Return what an export emits, and its outcome."""
    found: list[tuple[str, Entry]] = []
    outcome = export(source, state, lambda kind, entry: found.append((kind, entry)), **options)
    return found, outcome
