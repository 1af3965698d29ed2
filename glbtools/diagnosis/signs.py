"""What the files of one pair show, as the signs that ``model.histories`` knows, each with the places that show it.

Only what is known to be there is a sign: a value that no file holds shows nothing and refutes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from glbtools.binary.records import Record
from glbtools.diagnosis.case import (
    Case,
    copied_from,
    recorded,
    unregistered,
)
from glbtools.diagnosis.finding import Evidence
from glbtools.diagnosis.master import is_start
from glbtools.evidence.postoffice import QueueEvidence
from glbtools.formats.queue import PODIAG_TEXT
from glbtools.model.histories import Causes, causes

Shown = Iterator[tuple[str, tuple[Evidence | None, ...]]]


def observed(case: Case) -> Mapping[str, tuple[Evidence, ...]]:
    """Return every sign that is seen of a postoffice, its server and the others, with its evidence."""
    found: dict[str, tuple[Evidence, ...]] = {}
    for group in (_upload, _queue, _imports, _server, _master, _others):
        for sign, places in group(case):
            found[sign] = tuple(filter(None, places))
    return found


def explain(case: Case, relation: str) -> Causes:
    """Return how a relation that is seen can have come about."""
    return causes(relation, frozenset(case.signs))


def _upload(case: Case) -> Shown:
    own, theirs, server = case.numbers, case.requestor, case.server
    a, b = own.confirmed, theirs.reqsync if theirs else None
    both = (case.stored("reqsync"), case.served("reqsync"))
    if a is not None and b is not None and b < a:
        yield "behind", both
        yield ("behind-some" if b else "behind-zero"), both
        highest = case.others.highest
        if highest is not None and a > highest:
            yield "above-every", both
        if a == highest:
            yield "largest", both
        if not b and theirs and theirs.srvsync and theirs.importsync and theirs.importsync == own.imports:
            yield "served-empty", both
        yield from _held_beyond(case, b)
    if b is not None and own.last is not None and a is not None and max(own.last, a) < b:
        yield "ends-below-server", both
    if own.confirmed == own.applied == 0 and b:
        yield from _unheard(case, both)
    if a is not None and copied_from(case):
        yield "equal-dates", (case.stored("last_export", "the same on both"),)
    if unregistered(case):
        yield "unregistered", (Evidence(server.artefact.path, note="no record"),) if server else ()


def _unheard(case: Case, both: tuple[Evidence | None, ...]) -> Shown:
    """Whether the first cycle of a requestor, which has heard nothing yet, can be all (docs/rulings.md 12)."""
    own, theirs, found = case.numbers, case.requestor, case.postoffice.reqconf()
    yield "unheard", both
    if found and (found[1].last_export or found[1].last_import):
        yield "dated", (case.stored("last_export"),)
    if theirs and own.imports is not None and (theirs.importsync or 0) > max(1, own.imports):
        yield "life-lower", (case.stored("importsync"), case.served("importsync"))


def _held_beyond(case: Case, received: int) -> Shown:
    """Whether MSTTRANS holds what the server says it does not have, or nothing of this postoffice at all."""
    master = case.server.master if case.server else None
    if master is None or not master.real:
        return
    from_here = master.by_origin.get((case.postoffice.name or "").upper(), [])
    queue = case.postoffice.queue("REQTRANS")
    beyond = {each.text for each in queue.real if each.sync > received and not is_start(each.text)} if queue else set()
    telling = from_here if not received else [each for each in from_here if each.text in beyond]
    if telling:
        yield "master-holds", (recorded(master.held, telling[0]),)
    elif not received and not from_here and master.complete:
        yield "master-lacks", (Evidence(master.held.artefact.path, (0, master.held.artefact.size)),)


def _queue(case: Case) -> Shown:
    own, queue = case.numbers, case.postoffice.queue("REQTRANS")
    if queue is None or own.confirmed is None or own.last is None:
        return
    whole = Evidence(queue.artefact.path, None if queue.size is None else (0, queue.size))
    if own.last < own.confirmed:
        yield "queue-below", (whole, case.stored("reqsync"))
    if queue.size == 0 and own.confirmed:
        yield "zero-bytes", (whole,)
    if any(each.text == PODIAG_TEXT for each in queue.records):
        yield "utility-record", (whole,)
    if queue.first in (0, 1) and queue.real and own.confirmed > 1:
        yield "begins-at-one", (whole,)
    low = [each for each in queue.real if 0 < each.sync <= own.confirmed]
    if any(each.sync < own.confirmed for each in low):
        yield "begun-again", (recorded(queue, next(each for each in low if each.sync < own.confirmed)),)
    if missed := next(_missed(case, queue, low), None):
        yield "low-not-taken", (recorded(queue, missed),)
    first_change = next((index for index in range(len(queue.records)) if index not in queue.dummies), None)
    behind = [index for index in queue.dummies if first_change is not None and index > first_change]
    if behind:
        yield "confirmed-behind", (recorded(queue, queue.records[min(behind)]),)
    received = case.requestor.reqsync if case.requestor else None
    first = queue.records[0] if queue.records else None
    if received and first and 0 in queue.dummies and first.sync == received < own.confirmed and queue.real:
        yield "fits-another", (recorded(queue, first),)


def _missed(case: Case, queue: QueueEvidence, low: list[Record]) -> Iterator[Record]:
    """Yield what a sound MSTTRANS that reaches back does not hold; an R record tells nothing."""
    master = case.server.master if case.server else None
    if master is None:
        return
    for each in low:
        made = case.postoffice.moment(queue, each)
        if not is_start(each.text) and not master.has(each.text, made) and case.reaches_back(made):
            yield each


def _imports(case: Case) -> Shown:
    own, theirs = case.numbers, case.requestor
    if theirs and (own.confirmed or own.applied) and not any((theirs.reqsync, theirs.srvsync, theirs.importsync)):
        yield "record-zero", (case.served("reqsync"), case.stored("srvsync"))
    if theirs is None or own.imports is None or theirs.importsync is None or theirs.importsync >= own.imports:
        return
    places = (case.stored("importsync"), case.served("importsync"))
    yield "imports-lower", places
    found = case.postoffice.reqconf()
    asked = found[1].last_import if found else None
    if theirs.importsync + 1 < own.imports or (asked and theirs.last_update and asked < theirs.last_update):
        yield "imports-far", places
    else:
        yield "import-asked", places


def _server(case: Case) -> Shown:
    own, server = case.numbers, case.server
    if server is None:
        return
    if own.applied is not None and server.head is not None and own.applied > server.head:
        yield "received-above", (case.stored("srvsync"), case.headed("sync"))
    if case.others.own_behind:
        yield "server-behind", (case.others.own_behind,)
    if case.others.young:
        yield "all-young", (Evidence(server.artefact.path),)


def _master(case: Case) -> Shown:
    server = case.server
    if server is None or server.master is None or server.head is None:
        return
    master, last = server.master.held, server.master.last
    places = (server.master.end, case.headed("sync"))
    if not master.records:
        if server.head:
            yield "master-empty", places
    elif last != server.head:
        yield ("master-above" if last > server.head else "master-below"), places
    else:
        yield "master-even", places
    found = case.server.postoffice.read(master.artefact) if case.server else None
    if (fallen := server.master.fallen) is not None and found and not any(each.damage for each in found.faults):
        yield "master-falls", (recorded(master, fallen), case.headed("sync"))
    if server.first is not None and case.numbers.applied is not None and server.first > case.numbers.applied + 1 > 1:
        yield "master-late", places
        if recent_loss(case):
            yield "master-young", places


def recent_loss(case: Case) -> bool:
    """Whether what MSTTRANS has lost cannot be old enough to have been purged (Q108067).

    The updates it has lost were issued after the last one that the requestor had, so they are not older than what the
    requestor's REQCONF or the server's record of it is dated.
    """
    server, theirs = case.server, case.requestor
    if server is None or theirs is None or case.now is None or theirs.last_update is None:
        return False
    days = server.config.keep_updates
    return days is not None and (case.now - theirs.last_update).days < days


def received_before(case: Case) -> str:
    """Say why what is due by its number may have arrived before: SrvSync here was put back since (ruling 15)."""
    own, theirs = case.numbers, case.requestor
    if case.download.channel.importing:
        return "After a reset it may be in the lists already."
    if own.applied == 0 and own.imports:
        return "The Import of the first cycle may have brought it."
    if "ROLLED_BACK" in case.upload.verdict.states:
        return "This postoffice may have gone back, and have had it before."
    if own.applied and theirs is not None and theirs.srvsync == 0 and theirs.importsync:
        return "The Import of the first cycle may have brought it."
    if own.applied is not None and theirs is not None and theirs.srvsync is not None and own.applied < theirs.srvsync:
        return f"The server's record says {theirs.srvsync}: unless T3 is still to run, it had been received."
    if "behind" in case.signs and any(each.slug == "resync" for each in explain(case, "behind").open):
        return "A RESYNC may have set SrvSync; the postoffice's lists may hold the change already."
    if own.confirmed and case.upload.channel.renumbered_at == own.confirmed:
        return "A RESYNC seems to have set SrvSync; the postoffice's lists may hold the change already."
    if own.applied and own.applied == case.others.received and own.confirmed == case.others.highest:
        return "Both numbers here are as a RESYNC would set them; the postoffice's lists may hold the change already."
    found = case.postoffice.reqconf()
    asked = found[1].last_import if found else None
    if asked and theirs is not None and theirs.last_update and theirs.last_update - asked <= IMPORTED:
        return "An Import of these days may have brought it."
    return ""


IMPORTED = timedelta(days=3)
"""Where the server heard of a requestor no later after an Import was asked for, its answer may be what is due."""


def _others(case: Case) -> Shown:
    """Whether another postoffice that is given shows the server's step back by its own numbers."""
    own = (case.postoffice.name or "").upper()
    for name, place in case.others.behind.items():
        if name != own:
            yield "others-behind", (place,)
            return
