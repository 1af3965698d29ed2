"""Changes queued at their postoffice again: those that would not be sent, and those that stand elsewhere."""

from __future__ import annotations

from glbtools.diagnosis.case import Case
from glbtools.diagnosis.finding import Finding
from glbtools.diagnosis.master import is_start
from glbtools.diagnosis.wording import plural
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
    moved = {(each.record.sync, each.text) for each in found if each.record}
    kept = [each for each in held if each.sync <= a and (each.sync, each.text) not in moved]
    work.put_queue(finding, case, "REQTRANS", [*kept, *numbered], why)


def _sound(change: Change) -> Change:
    record = change.record._replace(checksum=None) if change.record else None
    return change._replace(record=record, note=change.note or "elsewhere")


def again(work: Work, case: Case, finding: Finding, moved: list[Change]) -> None:
    """Number some records, and all that follow them, above everything that is known; what was delivered stays out."""
    if not moved:
        return
    had = delivered(work, moved)
    first = min(each.sync for each in moved)
    a, at = work.confirmed(case), work.top(case)
    names = {each.sync for each in moved}
    real = work.real(case, "REQTRANS")
    kept = [each for each in real if each.sync < first or (each.sync not in names and each.sync <= (a or 0))]
    following = [each for each in real if each not in kept]
    again = [each for each in following if each not in had]
    written = [*kept, *(each._replace(sync=number) for number, each in enumerate(again, at + 1))]
    if had:
        data = "".join(f"{each.text}\r\n" for each in had).encode("cp850", "replace")
        name = f"imports/{work.label(case)}-delivered.txt"
        why = "MSTTRANS has the same change, taken in after it was made: sending it again could undo what came later"
        work.save(finding, case, name, data, what=f"{plural(len(had), 'change')} delivered before", why=why)
    known = f"{a} is confirmed" + ("" if work.applied(case) is None else f", the server has {work.applied(case)}")
    why = f"{known}: what is numbered up to that is not sent, or refused"
    work.put_queue(finding, case, "REQTRANS", written or [work.dummy(at)], why)


def delivered(work: Work, changes: list[Change]) -> list[Change]:
    """Return changes whose text MSTTRANS holds with a stamp that is not before theirs (ruling 14).

    Behind an R record everything is a statement of the whole list, which may be made again.
    """
    server = work.server
    if server is None or any(each.text.startswith("R") for each in changes):
        return []
    taken = {each.text: each.stamp for each in work.records(server, "MSTTRANS")}
    found = []
    for each in changes:
        then = taken.get(each.text)
        if then is not None and each.stamp is not None and then >= each.stamp:
            found.append(each)
    return found


def not_taken(work: Work, case: Case) -> list[Change]:
    """Return the changes at or below ReqSync that a MSTTRANS that reaches back to before they were made does not hold.

    Such a number was confirmed to another postoffice or in another life (Q119449, Q123437), and what bears it here was
    never sent. Of an Export all of it is returned: its first record empties the list that the others fill.
    """
    master, confirmed = case.server.master if case.server else None, work.confirmed(case) or 0
    low = [each for each in work.real(case, "REQTRANS") if 0 < each.sync <= confirmed]
    gone = [
        each.sync
        for each in low
        if not is_start(each.text)
        and master
        and case.reaches_back(each.stamp)
        and not master.has(each.text, each.stamp)
    ]
    starts = [each.sync for each in low if is_start(each.text) and each.sync < max(gone, default=0)]
    return [each for each in low if each.sync in gone or (starts and each.sync >= starts[0])]
