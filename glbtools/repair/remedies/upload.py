"""Requestor to server: changes that would not be sent get numbers that will be."""

from __future__ import annotations

from glbtools.diagnosis.case import Case, copied_from, never_taken
from glbtools.diagnosis.changes.vanished import vanished
from glbtools.diagnosis.finding import Finding
from glbtools.formats.transaction import is_valid
from glbtools.repair.salvage import again, not_taken, salvaged
from glbtools.repair.work import Work


def stranded(work: Work, case: Case, finding: Finding) -> None:
    """Number stuck changes above every number that REQCONF or SRVCONF names; order, text and stamps stay (Q119452)."""
    again(work, case, finding, work.real(case, "REQTRANS"))


def overtaken(work: Work, case: Case, finding: Finding) -> None:
    """Number the changes that RESYNC passed over, and those behind them, above the confirmed number (Q119452)."""
    passed = {number for span in finding.ranges for number in range(span[0] + 1, span[1] + 1)}
    again(work, case, finding, [each for each in work.real(case, "REQTRANS") if each.sync in passed])


def armed(work: Work, case: Case, finding: Finding) -> None:
    """Write a REQTRANS of one record that carries the confirmed number, as PODIAG does (Q110496)."""
    a, b = work.confirmed(case), work.applied(case)
    if a is None:
        work.leave(finding, "ReqSync is not known; REQCONF.GLB would tell")
        return
    if work.real(case, "REQTRANS"):
        stranded(work, case, finding)
        return
    number = max(a, b or 0)
    why = f"{a} is confirmed" + (f", the server has {b}" if b is not None else "") + "; numbering goes on above it"
    work.put_queue(finding, case, "REQTRANS", [work.dummy(number)], why)


def went_back(work: Work, case: Case, finding: Finding) -> None:
    """Number waiting changes above the server's number, and raise ReqSync to it (Q96060: what is not above is old)."""
    if copied_from(case):
        work.leave(finding, "whose numbers are right the files do not say; an older REQCONF.GLB of it would")
        return
    b = work.applied(case)
    if b is None:
        work.leave(finding, "the server's record of it is not given; SRVCONF.GLB would tell its number")
        return
    refused = never_taken(case)
    if refused:
        numbers = {each.sync for each in refused}
        again(work, case, finding, [each for each in work.real(case, "REQTRANS") if each.sync in numbers])
        return
    a = work.confirmed(case) or 0
    waiting = [each for each in work.real(case, "REQTRANS") if each.sync > a]
    if moved := not_taken(work, case) or waiting:
        again(work, case, finding, moved)
    elif work.top(case) <= b:
        why = f"the server has this postoffice's numbers up to {b}; numbering goes on above it"
        work.put_queue(finding, case, "REQTRANS", [*work.real(case, "REQTRANS"), work.dummy(b)], why)
    why = f"the server's record says that it has changes up to {b}; without that, the next numbers are refused"
    work.set_reqconf(finding, case, why, reqsync=b)


def reset(work: Work, case: Case, finding: Finding) -> None:
    """Complete a local reset on the server's side (Q96060, Q119452): nothing is old then, and complete lists come.

    The old numbers could be put back instead. But a postoffice is reset because its list is not right, and only zeros
    bring the whole of it; that they bring it twice harms nothing.
    """
    number = work.registered(case)
    if not number:
        work.leave(finding, "the server's record of it is not given; SRVCONF.GLB would tell its number")
        return
    again(work, case, finding, work.real(case, "REQTRANS"))
    why = "its REQCONF was set to zero; with zero here too its changes are taken, and complete lists answer"
    zeros: dict[str, object] = dict.fromkeys(("reqsync", "srvsync", "importsync"), 0)
    work.set_srvconf(finding, why, {number: zeros})
    work.set_reqconf(finding, case, why, **zeros)


def poisoned(work: Work, case: Case, finding: Finding) -> None:
    """Store the right checksum where the text is a sound transaction (Q103421 #1645)."""
    bad = {number for span in finding.ranges for number in range(span[0] + 1, span[1] + 1)}
    changes = []
    for each in work.records(case, "REQTRANS"):
        assert each.record is not None
        if each.sync in bad and not is_valid(each.text):
            work.leave(finding, f"the text of number {each.sync} is no sound transaction")
            return
        sound = each.record._replace(checksum=None) if each.sync in bad else each.record
        changes.append(each._replace(record=sound))
    why = "the server stops before a record whose checksum is wrong; the texts are sound transactions"
    work.put_queue(finding, case, "REQTRANS", changes, why)


def queued_again(work: Work, case: Case, finding: Finding) -> None:
    """Queue changes of an older copy again, above every number known."""
    present = {each.text for each in work.real(case, "REQTRANS")}
    gone = [each.change for each in vanished(case) if each.given and each.change.text not in present]
    salvaged(work, case, finding, gone, "they stand in an older copy, and nothing shows that the server got them")
