"""A plan and its result, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from glbtools.diagnosis.wording import plural
from glbtools.reporting.documents import dumps
from glbtools.reporting.text import Screen, message, safe, wrapped

if TYPE_CHECKING:
    from glbtools.repair.plan import Plan
    from glbtools.repair.result import Result


def plan_lines(plan: Plan, screen: Screen) -> Iterator[str]:
    """Yield what a plan does, file by file, and what it leaves."""
    for (slug, postoffice), edits in groupby(plan.edits, key=lambda each: (each.slug, each.postoffice)):
        yield from wrapped(screen.paint(f"{safe(postoffice)}: {slug}", "bold"), screen.width, "  ")
        for each in edits:
            word = {"write": "writes", "move": "moves", "save": "saves"}[each.what]
            unsafe = " (unsafe)" if each.safety == "unsafe" else ""
            yield from wrapped(f"  {word} {safe(each.path)}{unsafe}", screen.width, "    ")
            before = f"{message(safe(each.before))} -> " if each.before else ""
            yield from wrapped(f"    {before}{message(safe(each.after))}", screen.width, "      ")
            yield from wrapped(f"    because {message(safe(each.why))}", screen.width, "      ")
        yield ""
    if not plan.edits:
        yield "nothing to do"
        yield ""
    for left in plan.undone:
        word = "lost" if left.lost else "left"
        yield from wrapped(
            f"{word}: {left.slug}, {safe(left.postoffice)}: {message(safe(left.why))}", screen.width, "  "
        )
    for link in plan.links:
        yield from wrapped(f"left: {safe(link)} is a symbolic link and is not followed", screen.width, "  ")
    for path, why in plan.unlooked.items():
        yield from wrapped(f"not looked at: {safe(path)}: {why}", screen.width, "  ")


def result_lines(result: Result, plan: Plan, screen: Screen) -> Iterator[str]:
    """Yield what a rebuild led to."""
    yield ""
    yield from wrapped(f"{result.files} files in {safe(result.directory)}", screen.width, "  ")
    counts = result.report.summary
    unlooked = len({*plan.unlooked, *plan.links})
    if result.remaining:
        yield from wrapped(f"the result still has: {', '.join(result.remaining)}", screen.width, "  ")
    elif unlooked:
        yield from wrapped(
            f"nothing is wrong in what was looked at: no error, no warning, {plural(counts['note'], 'note')}; "
            f"nothing is said of {plural(unlooked, 'place')} not looked at",
            screen.width,
            "  ",
        )
    else:
        yield f"the result is consistent: no error, no warning, {plural(counts['note'], 'note')}"
    if plan.lost:
        yield "some changes are in no file given; they are named above and in report.txt"


def document(plan: Plan, result: Result | None) -> str:
    """Return a plan, and its result if it was carried out, as JSON."""
    outcome = None
    if result is not None:
        outcome = {
            "directory": str(result.directory),
            "files": result.files,
            "remaining": result.remaining,
            "summary": result.report.summary,
            "changed": list(result.changed),
        }
    return dumps(
        {
            "schema": "glbtools.plan/1",
            "edits": [each._asdict() for each in plan.edits],
            "undone": [each._asdict() for each in plan.undone],
            "links": plan.links,
            "result": outcome,
        }
    )
