"""The file of a problem: its row between ``+++`` lines in TOML, then its page under ``##`` headings."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any, NamedTuple

from glbtools.diagnosis.problems.problem import Problem
from glbtools.tables import TableSyntaxError, read_toml

FOLDER = Path(__file__).parent
FENCE = "+++\n"


class Source(NamedTuple):
    """What the file of a problem holds.

    Attributes:
        row: the problem.
        page: its page without title and sources, which the row has.
    """

    row: Problem
    page: str


def slugs() -> list[str]:
    """Return the names of all problems, one for each file."""
    return sorted(path.stem for path in FOLDER.glob("*.md"))


def read(slug: str) -> Source:
    """Return what the file of a problem holds.

    Raises:
        ValueError: it is not of the form that the module describes; this is a mistake of the program.
    """
    before, front, page = (FOLDER / f"{slug}.md").read_text(encoding="utf-8").split(FENCE, 2)
    if before:
        raise ValueError(f"{slug}.md does not begin with {FENCE.strip()}")
    try:
        return Source(_row(slug, read_toml(front)), page.strip("\n"))
    except (KeyError, TableSyntaxError) as error:
        raise ValueError(f"{slug}.md: {error}") from error


def page_of(problem: Problem) -> str:
    """Return the whole page of a problem: title, text, sources."""
    sources = textwrap.fill(f"{', '.join(problem.sources)}.", 100, break_on_hyphens=False, break_long_words=False)
    title = f"# {problem.code} {problem.slug}: {problem.title}"
    return f"{title}\n\n{read(problem.slug).page}\n\n## Sources\n\n{sources}\n"


def _row(slug: str, front: dict[str, Any]) -> Problem:
    return Problem(front["code"], slug, front["severity"], front["title"], front["repair"], tuple(front["sources"]))
