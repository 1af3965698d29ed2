"""The page of the figures, docs/benchmarks.md, and its sections that a command of their own writes."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def begin(name: str) -> str:
    """Return the line with which a section begins."""
    return f"<!-- {name} -->"


def end(name: str) -> str:
    """Return the line with which it ends."""
    return f"<!-- end of {name} -->"


def put(name: str, lines: list[str]) -> None:
    """Put a section, its first and its last line included, where it stands; behind all others where it does not yet."""
    page, section = PAGE.read_text(encoding="utf-8"), "\n".join(lines).rstrip("\n")
    before, found, behind = page.partition(begin(name))
    if not found:
        before, behind = f"{page.rstrip()}\n\n", f"{end(name)}\n"
    PAGE.write_text(before + section + behind.partition(end(name))[2], encoding="utf-8")
