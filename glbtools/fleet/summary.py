"""What a survey has found, for people: one page, made of its SQLite file."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glbtools.diagnosis.problems import SEVERITIES, by_slug
from glbtools.diagnosis.wording import plural
from glbtools.reporting.documents import dumps
from glbtools.reporting.model import STRONG, Block, Column, Facts, Paragraph, Section, Table
from glbtools.reporting.text import safe

if TYPE_CHECKING:
    from glbtools.fleet.survey import Survey

SCHEMA = "glbtools.surveyed/1"
MOST = 50
"""Rows of a table of the page."""


def title(base: Path) -> str:
    """Return what the survey has found in one sentence."""
    (units, troubled), *_ = _rows(base, "SELECT count(*), sum(errors > 0) FROM units")
    return f"{plural(units, 'unit')} surveyed, {troubled or 0} with an error"


def report(base: Path, foreign: int) -> Iterator[Block]:
    """Yield the page: what there is, which problems, where they are worst, and what could not be judged.

    Args:
        base: the SQLite file.
        foreign: how many files are of nothing known.
    """
    yield from _overview(base, foreign)
    yield from _problems(base)
    yield from _worst(base)
    yield from _unjudged(base)
    yield from _channels(base)


def short(found: Survey) -> Iterator[Block]:
    """Yield what a run has found, for the terminal."""
    earlier = f", {found.units - found.added} of them done before" if found.added != found.units else ""
    yield Paragraph(f"{plural(found.units, 'unit')}{earlier}", tones=STRONG)
    outcomes = _counted(sorted(found.outcomes.items()))
    findings = ", ".join(plural(found.findings[each], each) for each in SEVERITIES)
    yield Facts((("outcomes", outcomes), ("findings", findings), ("written", safe(found.out))))


def document(found: Survey) -> str:
    """Return the same as JSON."""
    return dumps(
        {
            "schema": SCHEMA,
            "units": found.units,
            "added": found.added,
            "outcomes": dict(sorted(found.outcomes.items())),
            "findings": {each: found.findings[each] for each in SEVERITIES},
            "foreign": found.foreign,
            "written": [str(each) for each in found.written],
        }
    )


def _overview(base: Path, foreign: int) -> Iterator[Block]:
    (units, offices, changes, copies, first, last), *_ = _rows(
        base,
        "SELECT count(*), sum(postoffices), sum(changes), sum(copy_of IS NOT NULL), min(latest), max(latest) "
        "FROM units",
    )
    yield Section("What there is", "what", f"{plural(units, 'unit')} with {plural(offices or 0, 'postoffice')}.")
    kinds = _rows(base, "SELECT role, count(*) FROM units GROUP BY role ORDER BY 2 DESC, 1")
    outcomes = _rows(base, "SELECT outcome, count(*) FROM units GROUP BY outcome ORDER BY 2 DESC, 1")
    inputs = _rows(base, "SELECT used, count(*) FROM inputs GROUP BY used ORDER BY 2 DESC, 1")
    yield Facts(
        (
            ("kinds", _counted(kinds)),
            ("outcomes", _counted(outcomes)),
            ("files", f"{_counted(inputs)}; {foreign} of nothing known, in no postoffice's directory"),
            ("latest moments", f"{first or 'unknown'} to {last or 'unknown'}"),
            ("same bytes", f"{plural(copies or 0, 'unit')} with the files of another one"),
            ("not arrived", f"{plural(changes or 0, 'change')} that stand in the files given"),
        )
    )


def _problems(base: Path) -> Iterator[Block]:
    found = _rows(
        base,
        "SELECT severity, code, slug, count(*), count(DISTINCT unit), sum(certainty = 'certain'), sum(numbers) "
        "FROM findings GROUP BY severity, code, slug "
        "ORDER BY severity = 'note', severity = 'warning', count(DISTINCT unit) DESC, code",
    )
    yield Section("Problems", "problems", f"{plural(len(found), 'kind')} of finding.")
    heads = ("severity", "problem", "what it is", "findings", "units", "certain", "numbers")
    yield Table(
        tuple(Column(each, right=number > 2) for number, each in enumerate(heads)),
        tuple(
            (severity, f"{code} {slug}", safe(by_slug(slug).title), *map(str, counts))
            for severity, code, slug, *counts in found
        ),
    )


def _worst(base: Path) -> Iterator[Block]:
    (every,), *_ = _rows(base, "SELECT count(*) FROM units WHERE errors > 0")
    yield Section("Units with errors", "worst", f"{plural(every, 'unit')} with an error.{_more(every)}")
    found = _rows(
        base,
        "SELECT path, names, errors, warnings, changes, "
        "(SELECT group_concat(slug, ' ') FROM (SELECT DISTINCT slug FROM findings "
        "WHERE findings.unit = units.unit AND severity = 'error' ORDER BY slug)) "
        "FROM units WHERE errors > 0 ORDER BY changes DESC, errors DESC, path LIMIT ?",
        MOST,
    )
    heads = ("unit", "postoffices", "errors", "warnings", "changes not arrived", "problems")
    yield Table(
        tuple(Column(each, right=2 <= number <= 4) for number, each in enumerate(heads)),
        _cells(found),
    )


def _unjudged(base: Path) -> Iterator[Block]:
    condition = "outcome != 'judged' OR error IS NOT NULL"
    (every,), *_ = _rows(base, f"SELECT count(*) FROM units WHERE {condition}")  # noqa: S608 - our own words
    yield Section("What was not judged, or not wholly", "unjudged", f"{plural(every, 'unit')}.{_more(every)}")
    found = _rows(
        base,
        f"SELECT outcome, path, error FROM units WHERE {condition} ORDER BY outcome, path LIMIT ?",  # noqa: S608
        MOST,
    )
    yield Table(
        (Column("outcome"), Column("unit"), Column("why")),
        _cells(found),
    )


def _channels(base: Path) -> Iterator[Block]:
    yield Section("Changes that have not arrived", "changes", "By way and reason, over all units.")
    found = _rows(
        base,
        "SELECT channel, why, certainty, sum(kind = 'change'), sum(CASE kind WHEN 'range' THEN high - low ELSE 0 END), "
        "count(DISTINCT unit) FROM changes GROUP BY channel, why, certainty "
        "ORDER BY channel DESC, 4 DESC, why, certainty",
    )
    heads = ("way", "why", "how sure", "changes", "numbers without content", "units")
    yield Table(
        tuple(Column(each, right=number > 2) for number, each in enumerate(heads)),
        tuple(tuple(map(str, row)) for row in found),
    )


def _more(count: int) -> str:
    return f" The first {MOST} are listed; the tables have all." if count > MOST else ""


def _cells(found: list[tuple[Any, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(safe(cell or "") for cell in row) for row in found)


def _counted(found: list[tuple[Any, ...]]) -> str:
    return ", ".join(f"{count} {safe(what)}" for what, count in found) or "none"


def _rows(base: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{base}?mode=ro", uri=True)) as source:
        return source.execute(query, values).fetchall()
