"""The file of a problem: its row between ``+++`` lines in TOML, then its page under ``##`` headings.

A table ``[log]`` in the row says which lines of logs show it, and what is said of it then (``Symptom``).
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

from glbtools.diagnosis.problems.problem import AREAS, REPAIRS, SEVERITIES, Problem, Symptom
from glbtools.model.histories import ways
from glbtools.tables import Setting, open_toml

FOLDER = Path(__file__).parent
FENCE = "+++\n"

CODE = re.compile(f"[{''.join(AREAS)}][0-9]{{3}}")

HEADINGS = (
    "What it means",
    "Why it matters",
    "What it looks like",
    "Usual cause",
    "What rebuild does",
    "How sure",
)
"""Of a page, in this order; the sources follow by themselves."""

STEPS = ("T1", "T2", "T3", "IMPORT", "REBUILD", "GAL")
"""Of which a later run may show that it is over: ``REBUILD`` ends with its empty line, ``GAL`` with its count."""


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
        DescriptionError: it is not of the form that the module describes; this is a mistake of the program.
    """
    path = FOLDER / f"{slug}.md"
    _, front, page = path.read_text(encoding="utf-8").split(FENCE, 2)
    # A line before it, as in the file, so that a mistake is named by its line there.
    row = open_toml(f"\n{front}".encode(), path.name).table({"code", "title", "severity", "repair", "sources", "log"})
    problem = _problem(slug, row)
    if tuple(re.findall(r"^## (.*)$", page, re.MULTILINE)) != HEADINGS:
        row.fail(f"the headings of the page must be {', '.join(HEADINGS)}")
    return Source(problem, page.strip("\n"))


def page_of(problem: Problem) -> str:
    """Return the whole page of a problem: title, text, sources."""
    sources = textwrap.fill(f"{', '.join(problem.sources)}.", 100, break_on_hyphens=False, break_long_words=False)
    title = f"# {problem.code} {problem.slug}: {problem.title}"
    page = "\n".join(filter(None, (read(problem.slug).page, _ways(problem))))
    return f"{title}\n\n{page}\n\n## Sources\n\n{sources}\n"


def _ways(problem: Problem) -> str:
    """Return what else can leave the same, and what decides: the end of what is said of how sure it is."""
    found = ways(problem.slug)
    if len(found) < 2:
        return ""
    tells = dict.fromkeys(each.tells for each in found)
    said = f"One of these leaves it, if one thing went wrong: {'; '.join(each.says for each in found)}."
    text = f"{said} What would tell: {'; '.join(tells)}."
    return textwrap.fill(text, 100, break_on_hyphens=False, break_long_words=False)


def _problem(slug: str, row: Setting) -> Problem:
    if not row["sources"].texts():
        row["sources"].fail("must name at least one article")
    return Problem(
        row["code"].matching(CODE, f"one of {', '.join(AREAS)} and three digits"),
        slug,
        severity=row["severity"].choice(SEVERITIES),
        title=row["title"].text(),
        repair=row["repair"].choice(REPAIRS),
        sources=row["sources"].texts(),
        symptom=_symptom(row["log"]) if row["log"].given else None,
    )


def _symptom(row: Setting) -> Symptom:
    row.table(Symptom._fields)
    return Symptom(
        row["what"].text(),
        numbers=tuple(each.integer(-1, 9999) for each in row["numbers"].items()),
        says=row["says"].texts(),
        notes=row["notes"].texts(),
        help=row["help"].texts(),
        by=row["by"].choice(("", "address", "code"), ""),
        until=tuple(each.choice(STEPS) for each in row["until"].items()),
        files=row["files"].boolean(default=False),
    )
