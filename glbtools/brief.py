"""How a value looks where a person prints it in Python: one short line, whatever it holds."""

from __future__ import annotations

MOST = 110
"""Characters of such a line."""


def brief(what: str, said: str) -> str:
    """Return ``<what: said>``, cut in its middle where it is long: numbers stand at the front, names at the end."""
    line = " ".join(f"<{what}: {said}>".split())
    if len(line) <= MOST:
        return line
    return f"{line[: MOST - 30]} ... {line[-24:]}"


def count(number: int, what: str) -> str:
    """Return ``1 record``, ``2 records``."""
    return f"{number} {what}" + ("" if number == 1 else "s")
