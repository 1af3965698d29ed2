"""Numbers in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from glbtools.model.channel import Range

MOST = 6
"""Ranges named before the rest is only counted."""


def plural(count: int, one: str, many: str = "") -> str:
    """Return ``1 change``, ``2 changes``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def numbers_text(ranges: Iterable[Range]) -> str:
    """Return ranges for people: ``numbers 1 to 6 and 9``."""
    parts = [str(high) if high == low + 1 else f"{low + 1} to {high}" for low, high in ranges]
    if len(parts) > MOST:
        parts = [*parts[:MOST], f"{len(parts) - MOST} more ranges"]
    one = len(parts) == 1 and " " not in parts[0]
    listed = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f" and {parts[-1]}" if parts else "none"
    return f"number {listed}" if one else f"numbers {listed}"


def changes(ranges: Iterable[Range]) -> str:
    """Return how many changes, and which: ``5 changes (numbers 13 to 17)``."""
    known = list(ranges)
    return f"{plural(sum(high - low for low, high in known), 'change')} ({numbers_text(known)})"
