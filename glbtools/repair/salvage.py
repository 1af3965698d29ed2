"""Changes that stand in an older copy, an image or a list, queued at their postoffice again."""

from __future__ import annotations

from glbtools.binary.records import Record
from glbtools.diagnosis.case import Case
from glbtools.diagnosis.changes.content import Copy
from glbtools.diagnosis.finding import Finding
from glbtools.formats.queue import raw_stamp
from glbtools.repair.work import Source, Work


def salvaged(work: Work, case: Case, finding: Finding, found: list[Copy], why: str) -> None:
    """Put changes that stand elsewhere before what waits in REQTRANS, since they were made earlier."""
    if not found:
        return
    layout = case.postoffice.layouts["queue"]
    a, at = work.confirmed(case) or 0, work.top(case)
    held = work.real(case, "REQTRANS")
    waiting = [each for each in held if each.sync > a]
    path = work.place(case, "REQTRANS.GLB")
    sources = work.held(case, "REQTRANS", [each for each in held if each.sync <= a])
    for copy in found:
        at += 1
        raw = raw_stamp(layout, copy.stamp) if copy.stamp else None
        start, stop = copy.place.span or (0, 0)
        record = Record(copy.sync, raw, None, copy.text, start, stop)
        sources.append(Source(at, copy.text, record, copy.place.path, "salvaged"))
    for each in waiting:
        at += 1
        sources.append(Source(at, each.text, each, path, "renumbered"))
    work.put_queue(finding, case, "REQTRANS", sources, why)
