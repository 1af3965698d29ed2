"""Changes that stand in an older copy, an image or a list, queued at their postoffice again."""

from __future__ import annotations

from glbtools.diagnosis.case import Case
from glbtools.diagnosis.finding import Finding
from glbtools.model.change import Change
from glbtools.repair.work import Work


def salvaged(work: Work, case: Case, finding: Finding, found: list[Change], why: str) -> None:
    """Put changes that stand elsewhere before what waits in REQTRANS, since they were made earlier.

    Their checksums are made anew: a wrong one would stop the server.
    """
    if not found:
        return
    a, top = work.confirmed(case) or 0, work.top(case)
    held = work.real(case, "REQTRANS")
    again = [_sound(each) for each in found] + [each for each in held if each.sync > a]
    numbered = [each._replace(sync=number) for number, each in enumerate(again, top + 1)]
    work.put_queue(finding, case, "REQTRANS", [*(each for each in held if each.sync <= a), *numbered], why)


def _sound(change: Change) -> Change:
    record = change.record._replace(checksum=None) if change.record else None
    return change._replace(record=record, note=change.note or "elsewhere")
