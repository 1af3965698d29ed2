"""A plan and its result, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from glbtools.diagnosis.wording import plural
from glbtools.reporting.documents import dumps
from glbtools.reporting.model import Block, Break, Heading, Paragraph, Verbatim
from glbtools.reporting.text import message, safe

if TYPE_CHECKING:
    from glbtools.repair.plan import Plan
    from glbtools.repair.result import Result


def plan_report(plan: Plan) -> Iterator[Block]:
    """Yield what a plan does, file by file, and what it leaves."""
    for (slug, postoffice), edits in groupby(plan.edits, key=lambda each: (each.slug, each.postoffice)):
        yield Heading(f"{safe(postoffice)}: {slug}")
        for each in edits:
            word = {"write": "writes", "move": "moves", "save": "saves"}[each.what]
            unsafe = " (unsafe)" if each.safety == "unsafe" else ""
            yield Paragraph(f"{word} {safe(each.path)}{unsafe}", depth=1)
            before = f"{message(safe(each.before))} -> " if each.before else ""
            yield Paragraph(f"{before}{message(safe(each.after))}", depth=2)
            yield Paragraph(f"because {message(safe(each.why))}", depth=2)
        yield Break()
    if not plan.edits:
        yield Verbatim("nothing to do")
        yield Break()
    for left in plan.undone:
        word = "lost" if left.lost else "left"
        yield Paragraph(f"{word}: {left.slug}, {safe(left.postoffice)}: {message(safe(left.why))}")
    for link in plan.links:
        yield Paragraph(f"left: {safe(link)} is a symbolic link and is not followed")
    for path, why in plan.unlooked.items():
        yield Paragraph(f"not looked at: {safe(path)}: {why}")


def result_report(result: Result, plan: Plan) -> Iterator[Block]:
    """Yield what a rebuild led to."""
    yield Break()
    yield Paragraph(f"{plural(result.files, 'file')} in {safe(result.directory)}")
    notes = plural(result.report.summary["note"], "note")
    unlooked = len({*plan.unlooked, *plan.links})
    if result.remaining:
        yield Paragraph(f"the result still has: {', '.join(result.remaining)}")
    elif unlooked:
        yield Paragraph(
            f"nothing is wrong in what was looked at: no error, no warning, {notes}; "
            f"nothing is said of {plural(unlooked, 'place')} not looked at"
        )
    elif unjudged := len(result.report.unjudged):
        yield Paragraph(
            f"nothing is wrong in what can be judged: no error, no warning, {notes}; "
            f"{plural(unjudged, 'postoffice')} cannot be judged"
        )
    else:
        yield Verbatim(f"the result is consistent: no error, no warning, {notes}")
    if plan.lost:
        yield Verbatim("some changes are in no file given; they are named above and in report.txt")


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
