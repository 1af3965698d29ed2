"""Numbers in sentences, and which file tells a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from glbtools.model.channel import MAX_SYNC, Range

MOST = 6
"""Ranges named before the rest is only counted."""


NUMBERS_END = (
    f"the numbers are used up: {MAX_SYNC} is the last that files hold, and only a reset gives lower ones: "
    "glbtools explain global-reset-needed"
)
"""What is said where a remedy needs a number that there is not."""


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


TELLS_UP = {
    "last": "REQTRANS of this postoffice",
    "held": "REQTRANS of this postoffice",
    "confirmed": "REQCONF of this postoffice",
    "life": "the import number in REQCONF of this postoffice",
    "applied": "the server's record of this postoffice",
    "target_life": "the import number in the server's record of this postoffice",
    "log_of": "the server's record of this postoffice",
    "renumbered_at": "RESYNC.GLB or a log of its import",
}
TELLS_DOWN = {
    "applied": "REQCONF of the requestor",
    "target_life": "the import number in REQCONF of the requestor",
    "importing": "REQCONF of the requestor",
    "log_of": "REQCONF of the requestor",
    "confirmed": "the requestor's record in SRVCONF of the server",
    "life": "the import number in the requestor's record in SRVCONF of the server",
    "head": "SRVCONF of the server",
    "held": "MSTTRANS of the server",
    "floor": "MSTTRANS of the server",
}
"""Value of a channel -> the file that tells it."""


def files_that_tell(values: Iterable[str], tells: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files that would tell some values; what no file holds, or a file named whole, is left out."""
    named = dict.fromkeys(tells[each] for each in values if each in tells)
    return tuple(each for each in named if not any(each != whole and each.endswith(whole) for whole in named))
