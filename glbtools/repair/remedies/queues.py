"""Queue files: damage, records that stop Import, and what an interrupted run has left."""

from __future__ import annotations

from glbtools.diagnosis.case import Case
from glbtools.diagnosis.causes import EMPTY_AT_REST, leftovers
from glbtools.diagnosis.changes.content import copies
from glbtools.diagnosis.finding import Finding
from glbtools.diagnosis.master import origin_of
from glbtools.diagnosis.wording import numbers_text, plural
from glbtools.formats.queue import parse_queue
from glbtools.formats.transaction import parse
from glbtools.model.change import Change
from glbtools.model.channel import ranges_of
from glbtools.repair.work import Work

KEPT_NUMBER = "# A record that is lost had this number"
"""Our wording of a record that only keeps a number in MSTTRANS; Import passes over comments (Q99419)."""


def damaged(work: Work, case: Case, finding: Finding) -> None:
    """Put whole records into a new file, with their numbers; every other byte goes to the lost-and-found."""
    layout = case.postoffice.layouts["queue"]
    for path in dict.fromkeys(each.path for each in finding.evidence):
        name = path.rpartition("/")[2].upper()
        data = work.read(case, name)
        if data is None:
            continue
        held = parse_queue(data, layout)
        place = work.place(case, name)
        why = "it is no whole record; it is kept as it is, with the place it came from"
        for gap in held.gaps:
            if gap.data.strip(b"\0"):
                found = f"lost-and-found/{place}.{gap.start:06x}"
                work.save(finding, case, found, gap.data, what=plural(len(gap.data), "byte"), why=why)
        queue = name.partition(".")[0]
        changes = work.records(case, queue)
        top = work.top(case) if queue == "REQTRANS" else 0
        if queue == "REQTRANS" and not any(each.sync >= top for each in changes):
            # Whatever the lost part held, its numbers are not given again.
            changes = [*changes, work.dummy(top)] if top else changes
        if queue == "MSTTRANS":
            changes += _last_number(work, changes)
        work.put_queue(finding, case, queue, changes, "whole records are kept in their order")


def master(work: Work, case: Case, finding: Finding) -> None:
    """Keep the sound records of MSTTRANS, never renumbered, and let it end at SRVCONF's number (ruling 16).

    Where it goes on above that, the number goes up: what it holds was issued, and is not issued twice.
    """
    changes = work.records(case, "MSTTRANS")
    known = {each.text for each in changes}
    srvconf = work.srvconf()
    head = (srvconf.config.sync or 0) if srvconf else 0
    for earlier in case.network.earlier(case.postoffice):
        after = max((each.sync for each in changes), default=0)
        older = copies(earlier, "MSTTRANS", "in the older MSTTRANS")
        changes += [each for each in older if after < each.sync <= head and each.text not in known]
    changes += _last_number(work, changes)
    lost = _missing(work, changes)
    work.put_queue(finding, case, "MSTTRANS", changes, "requestors remember the numbers, so that none is given twice")
    last = max((each.sync for each in changes), default=0)
    if last > head:
        work.set_srvconf(finding, f"MSTTRANS holds numbers up to {last}, and none is given twice", sync=last)
        issued: dict[str | None, list[str]] = {}
        for change in changes:
            if change.sync > head:
                issued.setdefault(origin_of(change.text), []).append(change.text)
        for each in work.cases.values():
            _taken_since(work, each, finding, issued.get((each.postoffice.name or "").upper(), []))
    if lost:
        said = f"the server's updates with {lost}: content in no file given. An Import brings it"
        work.leave(finding, said, lost=True)


def _taken_since(work: Work, case: Case, finding: Finding, texts: list[str]) -> None:
    """Let an old SRVCONF know of a requestor what MSTTRANS shows that the server has taken since (Q96003).

    Its number goes up to what was confirmed where MSTTRANS has gone on by as many changes of it, ``texts``, and on to
    what stands in REQTRANS and among them.
    """
    number, a, b = work.registered(case), work.confirmed(case), work.applied(case)
    if not number or a is None or b is None or len(texts) < a - b:
        return
    reached, known = max(a, b), set(texts)
    for each in work.records(case, "REQTRANS"):
        if each.sync == reached + 1 and each.text in known:
            reached = each.sync
    if reached > b:
        why = f"MSTTRANS holds what the server has taken from {case.postoffice.shown} since"
        work.set_srvconf(finding, why, {number: {"reqsync": reached}})
    work.know_imports(case, finding)


def _last_number(work: Work, changes: list[Change]) -> list[Change]:
    """Return a record that keeps the highest number issued, where no other does."""
    srvconf = work.srvconf()
    head = srvconf.config.sync if srvconf else None
    last = max((each.sync for each in changes), default=0)
    return [Change(head, KEPT_NUMBER)] if head and last < head else []


def _missing(work: Work, changes: list[Change]) -> str:
    """Say which numbers some requestor has still to get and no record holds."""
    srvconf = work.srvconf()
    received = [each.srvsync for each in srvconf.config.requestors if each.srvsync is not None] if srvconf else []
    head = (srvconf.config.sync or 0) if srvconf else 0
    held = {each.sync for each in changes if each.record is not None}
    gone = [number for number in range(min(received, default=head) + 1, head + 1) if number not in held]
    return numbers_text(ranges_of(gone)) if gone else ""


def bad_modification(work: Work, case: Case, finding: Finding) -> None:
    """Take a malformed modification out of SRVTRANS and MSTTRANS; a comment keeps its number (Q194819)."""
    for queue, owner in (("SRVTRANS", case), ("MSTTRANS", work.server)):
        if owner is None:
            continue
        changes = work.records(owner, queue)
        bad = [each for each in changes if each.text.startswith("M") and parse(each.text).faults]
        for each in bad:
            assert each.record is not None
            place = f"lost-and-found/{each.path}.{each.record.start:06x}.txt"
            work.save(
                finding, owner, place, each.text.encode("cp850", "replace"), what="its text", why="Import hangs on it"
            )
        if bad:
            changed = [_silenced(each) if each in bad else each for each in changes]
            work.put_queue(finding, owner, queue, changed, "Import hangs on it on every requestor")
    left_behind(work, case, finding)


def _silenced(change: Change) -> Change:
    """Return a comment with number and stamp of a record."""
    record = change.record._replace(checksum=None) if change.record else None
    return change._replace(text=KEPT_NUMBER, record=record)


def left_behind(work: Work, case: Case, finding: Finding) -> None:
    """Take what only blocks out of the way; what the server believes delivered is saved and made due again.

    SrvSync went up when the updates were fetched, before Import ran. Where the server still has every one of them, it
    goes back below the first, and they come again; else they stay where Import finds them (Q122750).
    """
    for left in leftovers(case):
        if left.name not in EMPTY_AT_REST:
            work.move(finding, case, left.name, "a run that did not finish has left it, and Import would stop at it")
    held = [each for name in EMPTY_AT_REST for each in work.real(case, name.partition(".")[0])]
    if not held:
        for each in EMPTY_AT_REST:
            if work.read(case, each) and not _unreadable(work, case, each):
                work.write(finding, case, each, b"", after="0 bytes", why="no update is in it")
        return
    text = "".join(f"{each.text}\r\n" for each in held).encode("cp850", "replace")
    name = f"imports/{work.label(case)}-fetched.txt"
    first = min(each.sync for each in held)
    if _still_due(work, held):
        why = "the server believes these updates delivered; they are kept here, too"
        work.save(finding, case, name, text, what=f"{plural(len(held), 'update')}, to be read by Import", why=why)
        for each in EMPTY_AT_REST:
            if work.read(case, each) and not _unreadable(work, case, each):
                work.write(
                    finding, case, each, b"", after="0 bytes", why="MSTTRANS still has every update that was in it"
                )
        file = work.reqconf(case)
        if file is not None and (file.config.srvsync or 0) >= first:
            why = f"the server sends again from number {first}, which was fetched and not imported"
            work.set_reqconf(finding, case, why, srvsync=first - 1)
        return
    others = ("USRTRANS", "NMETRANS", "GWTRANS")
    moved = [each for queue in others for each in work.real(case, queue)]
    if moved:
        own = work.records(case, "SRVTRANS")
        why = "Import reads SRVTRANS; the server does not have all of these updates any more"
        work.put_queue(finding, case, "SRVTRANS", [*own, *moved], why)
        for queue in others:
            if work.real(case, queue):
                work.put_queue(finding, case, queue, [], "its updates are in SRVTRANS")
    work.leave(finding, f"{plural(len(held), 'update')} left for Import in SRVTRANS: run IMPORT ADMIN -P -Y -Q")


def _unreadable(work: Work, case: Case, name: str) -> bool:
    """Whether a queue holds bytes that are no record; they are never thrown away."""
    held = parse_queue(work.read(case, name) or b"", case.postoffice.layouts["queue"])
    return any(each.data.strip(b"\0") for each in held.gaps)


def _still_due(work: Work, held: list[Change]) -> bool:
    server = work.server
    issued = {(each.sync, each.text) for each in work.records(server, "MSTTRANS")} if server else set()
    return all((each.sync, each.text) in issued for each in held)


def resync_on_server(work: Work, case: Case, finding: Finding) -> None:
    """Move RESYNC.GLB away from the server, which cannot use it (Q156124)."""
    work.move(finding, case, "RESYNC.GLB", "the server cannot use it, and IMPORT -S makes a new one at any time")


def stray_files(work: Work, case: Case, finding: Finding) -> None:
    """Move the files that a broken Import has left, and see to its queues."""
    for name in ("IMPORT.USR", "IMPORT.INF"):
        work.move(finding, case, name, "a new Import makes its own; the lists themselves are untouched (Q134228)")
    left_behind(work, case, finding)
