"""Changes that stand in an older copy, an image or a list, queued at their postoffice again."""

from __future__ import annotations

from glbtools.diagnosis.case import Case
from glbtools.diagnosis.changes.content import Copy
from glbtools.diagnosis.finding import Finding
from glbtools.repair.work import Source, Work


def salvaged(work: Work, case: Case, finding: Finding, found: list[Copy], why: str) -> None:
    """Put changes that stand elsewhere before what waits in REQTRANS, since they were made earlier."""
    if not found:
        return
    a, at = work.confirmed(case) or 0, work.top(case)
    held = work.real(case, "REQTRANS")
    waiting = [each for each in held if each.sync > a]
    path = work.place(case, "REQTRANS.GLB")
    sources = work.held(case, "REQTRANS", [each for each in held if each.sync <= a])
    for copy in found:
        at += 1
        sources.append(work.salvage(at, copy))
    for each in waiting:
        at += 1
        sources.append(Source(at, each.text, each, path, "renumbered"))
    work.put_queue(finding, case, "REQTRANS", sources, why)
