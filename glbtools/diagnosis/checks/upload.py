"""Requestor to server: what is never sent, refused, lost, waiting (rulings 9 to 14, 17 and 19)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import takewhile

from glbtools.binary.records import Record
from glbtools.diagnosis.alternatives import with_causes
from glbtools.diagnosis.case import (
    Case,
    LowChange,
    copied_from,
    logged,
    low_part,
    never_reached,
    never_taken,
    passed_by_resync,
    passed_over,
    poisoned,
    unregistered,
    when,
)
from glbtools.diagnosis.finding import Evidence, Finding
from glbtools.diagnosis.restored import server_finding
from glbtools.diagnosis.signs import explain
from glbtools.diagnosis.wording import NUMBERS_END, TELLS_UP, changes, files_that_tell, numbers_text, plural
from glbtools.formats.queue import PODIAG_TEXT
from glbtools.model import doubts
from glbtools.model.channel import MAX_SYNC, Range, clipped, numbers_of, ranges_of, without
from glbtools.model.doubts import Doubt, least
from glbtools.model.histories import Causes

PODIAG = "reqtrans-podiag-dummy-60"
WEEKS = timedelta(weeks=3)

SERVER_FILES_DIFFER = frozenset({"master-above", "master-below", "master-empty"})

GRAVE = frozenset({"FOREIGN", "EPOCH_CHANGED", "ROLLED_BACK", "HOLE", "STRANDED", "REJECTED", "PARTIAL"})

NO_RESET = "Do not run LISTDS -Z on the server's postoffice: its numbers cannot be recovered from that (Q96060)."


def check(case: Case) -> Iterator[Finding]:
    """Yield what is wrong, or remarkable though normal, with the upload of a postoffice."""
    states, ranges = case.upload.verdict.states, case.upload.verdict.ranges
    owner = copied_from(case)
    if owner:
        # A RESYNC makes numbers equal, too; with it the dates alone would be no more than a hint (ruling 19).
        resynced = case.upload.channel.renumbered_at == case.numbers.confirmed
        copied = _copied(case, owner, beside=resynced or "STRANDED" in ranges)
        yield with_causes(case, copied, explain(case, "equal-dates"), "reqconf-copied")
        if not resynced:
            states = tuple(each for each in states if each == "STRANDED" and "STRANDED" in ranges) or ("UNKNOWN",)
    if "ROLLED_BACK" in states:
        yield from _went_back(case)
    elif "STRANDED" in ranges:
        yield with_causes(case, _stranded(case), explain(case, "queue-below"))
    elif "STRANDED" in states:
        for finding in _armed(case):
            yield with_causes(case, finding, explain(case, "queue-below"))
    elif _earlier_life(case):
        yield from _went_back(case)
    if "behind" in case.signs and not owner:
        yield from _behind(case)
    if not GRAVE.intersection(states) and not owner:
        yield from _normal(case)
    yield from _missing(case)
    yield from _after_adds(case)
    yield from _own_requestor(case)
    yield from _poisoned(case)
    yield from _never_drained(case)
    yield from _unregistered(case)


MAIL_THAT_BEARS = "mail that is still under way may bear"
"""What no file shows: what was sent before the numbers changed is taken when it comes."""

# --- stuck -------------------------------------------------------------------------------------------------------


def _stranded(case: Case) -> Finding:
    """Real records are held and m < a: nothing of them is ever sent (Q119452)."""
    own, verdict = case.numbers, case.upload.verdict
    assert own.confirmed is not None
    assert own.last is not None
    stuck = verdict.ranges["STRANDED"]
    count = sum(high - low for low, high in stuck)
    queue = case.postoffice.queue("REQTRANS")
    assert queue is not None
    since = min((each.stamp for each in queue.real if each.stamp), default=None)
    notes = [
        f"REQCONF says that the server has confirmed everything up to {own.confirmed}. "
        "REQMAIN sends only what is numbered "
        f"above that. REQTRANS ends at {own.last}, so T1 finds nothing to send and logs 171, 'No requestor updates to "
        "send'.",
    ]
    if since is not None:
        moment = when(case, since)
        if moment:
            first = "The first of them" if count > 1 else "It"
            notes.append(f"{first} was queued {moment} by the postoffice's clock (zone unknown).")
    notes += _dead_zone(verdict.dead_zone, own.last)
    notes += _causes(case)
    notes += _delivered_before(case)
    if not all(never_reached(case, each, case.postoffice.moment(queue, each)) for each in queue.real):
        notes.append(
            f"That {'none of them' if count > 1 else 'it'} had {'' if count > 1 else 'not '}arrived before is not "
            f"certain: an older REQTRANS may have been put back, or {MAIL_THAT_BEARS} {'them' if count > 1 else 'it'}. "
            "`glbtools unsent` says of each how sure it is."
        )
    return case.finding(
        "stranded-transactions",
        f"{plural(count, 'change')} in REQTRANS, {numbers_text(stuck)}, will never be sent: "
        f"{own.confirmed} is confirmed, "
        f"REQTRANS ends at {own.last}",
        (*_both_numbers(case), *case.queued(only=set(numbers_of(stuck)))),
        certainty=case.upload.verdict.certainty,
        doubts=(_two_days(case),),
        notes=tuple(notes),
        help=tuple(_stranded_help(case)),
        ranges=stuck,
        settled_by=files_that_tell(verdict.settled_by, TELLS_UP),
    )


def _stranded_help(case: Case) -> Iterator[str]:
    own = case.numbers
    assert own.confirmed is not None
    assert own.last is not None
    gap = own.confirmed - own.last
    listed = _export_size(case)
    held = sum(high - low for low, high in own.held or ())
    if own.confirmed + max(held, listed) > MAX_SYNC:
        yield f"No export can end above {own.confirmed} and lie above it: {NUMBERS_END}."
        return
    sized = (
        f"the one that REQTRANS holds has {listed} records, and with lists of that size it takes "
        f"{plural(-(-gap // listed) + 1, 'export')}"
        if listed > 1
        else f"{plural(gap, 'record')} are missing up to there"
        if gap > 1
        else "one record is missing up to there"
    )
    yield (
        f"Config, Dir-Sync, Requestor, Export, until REQTRANS ends above {own.confirmed} and one "
        f"whole export lies above it (Q119452). An export adds one record and one for each entry: {sized}. Make no "
        "other changes here until then: they would vanish, too. "
        "What an export loses: nothing of this postoffice's own list as it is now, changes and deletions included. "
        "Names put in by IMPORT -E, and deletions of such names, are in no list and must be imported again."
    )
    if case.is_server:
        yield NO_RESET
        yield "This is the server's own requestor: it cannot import, and RESYNC.GLB is not processed there (Q119014)."
    else:
        yield _resync(", and only then make the changes again: RESYNC first, changes after it (Q119452)")


def _resync(then: str) -> str:
    """Return how a RESYNC is made, what comes after it, and what it loses."""
    return (
        "If that takes too many exports: IMPORT -S on the server, copy RESYNC.GLB here, delete it on the server, "
        f"IMPORT -Q here{then}. What this RESYNC loses: addresses added locally that the server does not have, and "
        "every change now in REQTRANS; make those again after it."
    )


def _armed(case: Case) -> Iterator[Finding]:
    """Nothing is lost yet, but the next changes will be: m < a and no change is held."""
    own, verdict = case.numbers, case.upload.verdict
    assert own.confirmed is not None
    queue = case.postoffice.queue("REQTRANS")
    if queue is None:
        return
    assert verdict.dead_zone is not None
    sure = _surely(verdict.dead_zone)
    if queue.size == 0:
        slug, what = "reqtrans-deleted-zero-byte", "REQTRANS has 0 bytes"
    elif queue.size == 60 or any(each.text == PODIAG_TEXT for each in queue.records):
        slug, what = PODIAG, f"the diagnostic utility's record has number {own.last}"
    else:
        slug, what = "reqtrans-49-byte-idle", f"REQTRANS ends at {own.last} and holds no change"
    yield case.finding(
        slug,
        f"{what}, and {own.confirmed} is confirmed: {_next(verdict.dead_zone)} made here will never be sent",
        (
            None
            if queue.size is None
            else Evidence(
                queue.artefact.path, span=(0, queue.size), line=None, field="size", value=queue.size, note=what
            ),
            *_both_numbers(case),
        ),
        certainty=case.upload.verdict.certainty,
        doubts=(_two_days(case), None if sure else doubts.EQUAL_NUMBER),
        notes=(
            f"New changes are numbered from {(own.last or 0) + 1}; what is numbered up to {own.confirmed} is "
            "taken for already sent.",
            _open(own.confirmed),
            "Changes that were in REQTRANS and not yet confirmed when it was made anew are in no file given.",
            *_causes(case),
        ),
        help=tuple(_armed_help(case)),
        ranges=sure or (verdict.dead_zone,),
        settled_by=files_that_tell(verdict.settled_by, TELLS_UP),
    )


def _surely(zone: Range) -> tuple[Range, ...]:
    """Return the next changes that surely come to nothing: of the last, numbered as what is confirmed, sources differ.

    T1 may send it (Q96060), and T2 take it (Q96060); by Q119014 it is ignored (docs/facts/protocol.md#send).
    """
    return ((zone[0], zone[1] - 1),) if zone[1] - zone[0] > 1 else ()


def _next(zone: Range) -> str:
    """Name the next changes that come to nothing, as far as that is sure."""
    count = zone[1] - zone[0] - 1
    return f"the next {plural(count, 'change')}" if count else "most likely the next change"


def _open(number: int) -> str:
    return (
        f"Number {number} itself most likely, too: by Q119014 a number that is equal is ignored, by Q96060 it may be "
        "sent and taken."
    )


def _armed_help(case: Case) -> Iterator[str]:
    end = case.numbers.confirmed
    yield f"What has to come about: a REQTRANS that ends at {end}, so that numbering goes on above it."
    if case.is_server:
        yield NO_RESET
    else:
        yield (
            "IMPORT -S on the server, copy RESYNC.GLB here, delete it on the server, LISTDS "
            "-R -Z here, IMPORT -Q here, then Export (Q119014)."
        )


def _earlier_life(case: Case) -> bool:
    """Ruling 12: everything is zero here, and the server's record or the queue speaks of an earlier life.

    One import more than here is the first cycle between T2 and T3, which is healthy. A SrvSync that was acknowledged,
    or a queue in which only the number of a confirmation is left, are not (Q133428).
    """
    own, theirs = case.numbers, case.requestor
    if theirs is None or own.confirmed != 0 or own.applied != 0 or not theirs.reqsync:
        return False
    more = theirs.importsync is not None and own.imports is not None and theirs.importsync > max(1, own.imports)
    return more or bool(theirs.srvsync) or (bool(own.last) and not own.held)


# --- went back ---------------------------------------------------------------------------------------------------


def _went_back(case: Case) -> Iterator[Finding]:
    """The server has seen numbers unknown here: reset by half, restored, or cloned (rulings 9, 12 and 19)."""
    own, verdict = case.numbers, case.upload.verdict
    theirs = case.requestor
    assert theirs is not None
    refused = verdict.ranges.get("REJECTED", ())
    applied = theirs.reqsync or 0
    zone = verdict.dead_zone
    lost = f"; {_next(zone)} made here will be refused" if zone else ""
    reset = own.confirmed == 0 and own.applied in (0, None)
    slug = "requestor-reset-incomplete" if reset else "reqconf-cloned-or-restored"
    why = (
        "ReqSync is 0 here as after LISTDS -Z, but the server's record was not deleted and created anew."
        if reset
        else "REQCONF and REQTRANS are then of an earlier day than the server's record, as after a restore."
    )
    held = f"; {changes(refused)} in REQTRANS will be refused as old" if refused else ""
    causes = explain(case, "ends-below-server" if "ends-below-server" in case.signs else "unheard")
    highest = max(own.last or 0, own.confirmed or 0)
    finding = case.finding(
        slug,
        f"numbers of {case.postoffice.shown} end at {highest}, and the server has its changes up to {applied}{held}"
        f"{lost}",
        (
            case.served("reqsync", "the last number the server has"),
            *_both_numbers(case),
            *case.queued(only=set(numbers_of(refused))),
        ),
        certainty=least(causes.effect, case.upload.verdict.certainty),
        doubts=(_two_days(case),),
        notes=(
            why,
            "The server refuses a change whose number is not above the last one it has (Q96060), and tells nobody.",
            *((_open(zone[1]),) if zone else ()),
        ),
        help=tuple(_went_back_help(case, applied)),
        ranges=(*refused, *(_surely(zone) if zone else ())),
        settled_by=files_that_tell(verdict.settled_by, TELLS_UP),
        severity=causes.severity,
    )
    yield with_causes(case, finding, causes, "" if reset else "requestor-restored")


def _went_back_help(case: Case, applied: int) -> Iterator[str]:
    """Yield the ways out, the one that loses nothing first."""
    if applied < MAX_SYNC:
        yield (
            f"Export: Config, Dir-Sync, Requestor, Export, until REQTRANS ends above {applied} and one whole export "
            "lies above it: what is numbered so the server takes."
        )
    if case.is_server:
        yield NO_RESET
        return
    yield _resync("; then Export")
    yield (
        "Or complete the reset: delete and create the requestor on the server, LISTDS -R -Z here, empty REQTRANS, set "
        "the address types, Export (Q119452). What that loses: deletions in REQTRANS, which no export repeats."
    )


def _copied(case: Case, owner: str, *, beside: bool) -> Finding:
    """REQCONF is another postoffice's (Q123437, ruling 19); a note beside changes that are stuck because of it."""
    own, theirs = case.numbers, case.requestor
    applied = theirs.reqsync if theirs else None
    return case.finding(
        "reqconf-cloned-or-restored",
        f"REQCONF says the same as that of {owner}, dates included, and fits its queue and record only",
        (
            *_both_numbers(case),
            case.served("reqsync", "the last number the server has of this postoffice") if theirs else None,
            case.stored("last_export", "the same on both"),
        ),
        doubts=(doubts.OTHER_COPIED,),
        notes=(
            f"Here REQTRANS ends at {own.last}, and the server has {applied}; ReqSync {own.confirmed} is the other's.",
            "What the numbers of this postoffice were, this REQCONF does not say.",
        ),
        help=(
            "Restore this postoffice's own REQCONF; without one, LISTDS -R -Z here, and delete and create the "
            "requestor on the server (Q123437). Then Export.",
            *((NO_RESET,) if case.is_server else ()),
        ),
        severity="note" if beside else "",
        settled_by=("an older REQCONF of this postoffice",),
    )


def _shown(case: Case, name: str) -> str | None:
    found = case.postoffice.reqconf()
    when = getattr(found[1], name) if found else None
    return when.isoformat(sep=" ") if when else None


def _behind(case: Case) -> Iterator[Finding]:
    """The server's number is below ReqSync: it went back, or began this record anew, or a RESYNC explains it."""
    causes = explain(case, "behind")
    if causes.first.slug == "resync":
        yield _resynced(case, causes)
    elif _nothing_else_says(case, causes):
        yield _hole(case, causes)


def _nothing_else_says(case: Case, causes: Causes) -> bool:
    """Whether no finding of the download, of the server's files or of a copied REQCONF says what is behind this.

    A record that was made anew shows in the download until its Import has been run (Q99961), a SRVCONF that was put
    back beside MSTTRANS.
    """
    told = {
        "record-made-anew": "EPOCH_CHANGED" in (*case.download.verdict.states, *case.upload.verdict.states),
        "srvconf-restored": bool(SERVER_FILES_DIFFER.intersection(case.signs)),
        "reqconf-copied": "queue-below" in case.signs,
    }
    return not told.get(causes.first.slug, False)


def _hole(case: Case, causes: Causes) -> Finding:
    """What is confirmed here and not in the server's queue: lost, if the server went back (Q113453)."""
    own, theirs = case.numbers, case.requestor
    assert theirs is not None
    assert own.confirmed is not None
    hole = ((theirs.reqsync or 0, own.confirmed),)
    return server_finding(
        case,
        causes,
        f"lost though confirmed: {changes(hole)} of {case.postoffice.shown}, which the server does not know and nobody "
        "will send again"
        if causes.effect != "possible"
        else f"the server does not know {numbers_text(hole)} of {case.postoffice.shown}, which are confirmed here; if "
        "it lost them, nobody will send them again",
        (
            case.stored("reqsync", "the last number confirmed to this postoffice"),
            case.served("reqsync", "the last number the server has of it"),
        ),
        hole,
    )


def _after_adds(case: Case) -> Iterator[Finding]:
    """A RESYNC was processed after changes were made: it passed them over (Q119452); a note beside stuck changes."""
    own, theirs, passed = case.numbers, case.requestor, passed_by_resync(case)
    if not passed or theirs is None:
        return
    finding = case.finding(
        "resync-after-adds",
        f"a RESYNC set ReqSync to {own.confirmed} and passed over {changes(passed)} that the server does not have",
        (*_both_numbers(case), *case.queued(only=set(numbers_of(passed)))),
        doubts=(doubts.LISTS_KEPT,),
        notes=(
            f"The server has {theirs.reqsync}; {own.confirmed} is the largest ReqSync of any requestor, as RESYNC "
            "sets it (Q119449).",
        ),
        help=("Make these changes again, or Export. Next time RESYNC first, changes after it (Q119452).",),
        ranges=passed,
        severity="note" if "STRANDED" in case.upload.verdict.states else "",
        settled_by=("RESYNC.GLB or a log of its import",),
    )
    yield with_causes(case, finding, explain(case, "behind"))


def _own_requestor(case: Case) -> Iterator[Finding]:
    """What is special when the server itself is stuck: a note beside the finding (ruling 17)."""
    if not case.is_server or "STRANDED" not in case.upload.verdict.ranges:
        return
    yield case.finding(
        "server-own-requestor-stranded",
        "the stuck postoffice is the server: only exports help",
        _both_numbers(case)[:1],
        notes=(
            "The server cannot import, does not process RESYNC.GLB, and must not be reset (Q119014, Q119452, Q96060).",
        ),
    )


def _poisoned(case: Case) -> Iterator[Finding]:
    """A record with a wrong checksum stops the server at the number before it (Q103421 #1645)."""
    bad = poisoned(case)
    queue = case.postoffice.queue("REQTRANS")
    if not bad or queue is None:
        return
    first = bad[0][0]
    stopped = case.requestor is not None and case.requestor.reqsync == first.sync - 1
    yield case.finding(
        "requestor-crc-poison-record",
        f"the record with number {first.sync} has a wrong checksum: the server stops before it, in every cycle",
        tuple(
            Evidence(
                queue.artefact.path,
                span=(each.start, each.stop),
                line=None,
                field="checksum",
                value=each.checksum,
                note=wrong,
            )
            for each, wrong in bad
        ),
        doubts=(doubts.CHECKSUM_ASSUMED, None if stopped else doubts.NOT_SENT_YET),
        notes=(
            "The algorithm is assumed; that the file's other records agree with it makes it likely here.",
            "SRVMAIN 3.2 processes records up to a bad one and confirms the number before it (Q103421).",
        ),
        help=(
            "Save the changes, have the entry queued again by a change in ADMIN or an Export, and leave the bad "
            "record out.",
        ),
        ranges=tuple((each.sync - 1, each.sync) for each, _ in bad),
        settled_by=() if stopped else ("the same number confirmed over several cycles",),
    )


def _never_drained(case: Case) -> Iterator[Finding]:
    """Changes pile up where Dir-Sync does not run (Q104743)."""
    own = case.numbers
    queue = case.postoffice.queue("REQTRANS")
    if own.confirmed or own.applied or own.confirmed is None or queue is None or not queue.real or case.now is None:
        return
    if case.requestor is not None or any(case.lines(167, 171, 105, 106)):
        return
    oldest = min((each.stamp for each in queue.real if each.stamp), default=None)
    since = when(case, oldest) if oldest else None
    if since is None or case.now - since < WEEKS:
        return
    yield case.finding(
        "reqtrans-never-drained",
        f"{plural(len(queue.real), 'change')} have piled up since {since:%Y-%m-%d}, and nothing was ever sent",
        tuple(case.queued())[:1],
        doubts=(doubts.LOG_NOT_GIVEN,),
        notes=(
            "ReqSync and SrvSync are 0, and no log shows a T1: Dir-Sync does not run here, or no server is registered.",
        ),
        help=("Register the postoffice on a server and schedule T1 and T3, or answer No when ADMIN asks (Q104743).",),
        ranges=queue.ranges,
    )


# --- normal, and why ---------------------------------------------------------------------------------------------


def _normal(case: Case) -> Iterator[Finding]:
    """Say why "No requestor updates to send" is right here, where the log says it (Q149271)."""
    own = case.numbers
    queue = case.postoffice.queue("REQTRANS")
    if (
        queue is not None
        and own.confirmed is not None
        and own.last == own.confirmed
        and any(each.text == PODIAG_TEXT for each in queue.records)
    ):
        yield case.finding(
            PODIAG,
            f"the diagnostic utility has put a new REQTRANS here; its number {own.last} agrees with ReqSync",
            _both_numbers(case),
            notes=(
                "REQTRANS had been lost. What was waiting in it then is in no file; an Export makes up for it "
                "(Q110496).",
            ),
            severity="note",
        )
        return
    held = queue is not None and queue.real and not own.last
    if own.confirmed is not None and own.last == own.confirmed and not held and not passed_over(case):
        what = "was never used" if not own.last else f"ends at {own.last}, which is confirmed"
        yield case.finding(
            "nothing-to-send",
            f"{case.postoffice.shown} has nothing to send: its REQTRANS {what}",
            _both_numbers(case),
            notes=("Message 171, 'No requestor updates to send', is then as it should be (Q149271).",),
        )
    yield from _kept(case)
    refused = never_taken(case) if own.confirmed is not None else []
    if refused:
        yield _refused(case, refused)
    elif case.upload.verdict.state == "UNACKNOWLEDGED":
        waiting = case.upload.verdict.ranges["UNACKNOWLEDGED"]
        yield case.finding(
            "one-cycle-lag",
            f"the server has {changes(waiting)} of {case.postoffice.shown}, which has not heard of it yet",
            (
                case.served("reqsync", "received"),
                case.stored("reqsync", "confirmed"),
            ),
            notes=("Normal between T2 and T3; what is sent again is refused as old, which does no harm.",),
            ranges=waiting,
        )


def _refused(case: Case, refused: list[Record]) -> Finding:
    """The numbers agree again, and hide that the server refused changes as old (rulings 9 and 19)."""
    ranges = ranges_of(each.sync for each in refused)
    applied = case.requestor.reqsync if case.requestor else None
    return case.finding(
        "reqconf-cloned-or-restored",
        f"{changes(ranges)} in REQTRANS are not above the server's {applied}, and it cannot have taken them: it "
        "refused them as old",
        (
            case.served("reqsync", "the last number the server has"),
            *_both_numbers(case)[:1],
            *case.queued(only={each.sync for each in refused}),
        ),
        doubts=(doubts.MASTER_LOST_THEM,),
        notes=(
            "By the numbers alone they would be received and not yet confirmed. But MSTTRANS, which reaches back to "
            "when they were made, does not hold them, or they were made after the last update that the server had from "
            "here.",
            "So the server had these numbers before: this postoffice was restored, reset, or had another's REQCONF for "
            "a time.",
        ),
        help=(
            "Export: Config, Dir-Sync, Requestor, Export, until its records are numbered above the server's number.",
        ),
        ranges=ranges,
        settled_by=("an older REQCONF or REQTRANS of this postoffice",),
    )


def _kept(case: Case) -> Iterator[Finding]:
    """Real records at or below the confirmed number while the queue does not end below it: not lost (ruling 13)."""
    own, theirs = case.numbers, case.requestor
    if own.confirmed is None or own.last is None or own.held is None or own.last < own.confirmed:
        return
    behind = theirs is not None and theirs.reqsync is not None and theirs.reqsync < own.confirmed
    low = low_part(case)
    if told := [each for each in low if each.signs]:
        yield with_causes(case, _begun_again(case, told), explain(case, _low_relation(case)))
    rest = ranges_of(each.record.sync for each in low if not each.signs)
    kept = tuple(without(clipped(own.held, 0, own.confirmed), {each.record.sync for each in low if each.signs}))
    if not kept or behind:
        return
    # T3 may keep the record whose number was confirmed (Q133428: what is below it is discarded).
    harmless = not rest or rest == ((own.confirmed - 1, own.confirmed),)
    yield case.finding(
        "acknowledged-records-kept",
        f"{changes(kept)} in REQTRANS are at or below the confirmed number and still there",
        tuple(case.queued(only=set(numbers_of(kept)))),
        doubts=(doubts.NEVER_SENT if rest else None,),
        notes=(
            "T3 clears what is confirmed (Q133428); it may have been interrupted. What stands in MSTTRANS has arrived, "
            "and none of it is sent again."
            if not rest
            else "Either T3 was interrupted before it cleared them, and they have arrived; or the queue was begun "
            f"again or put back and has passed {own.confirmed} since, and they were never sent (Q119014). "
            "No file tells which.",
        ),
        help=() if harmless else ("Compare the server's lists with these changes. An Export sends them in any case.",),
        ranges=kept,
        severity="" if harmless else "warning",
        settled_by=("MSTTRANS from before they were made",) if rest else (),
    )


def _low_relation(case: Case) -> str:
    """Return the sign that changes at or below ReqSync are: below it, or at it and not taken."""
    return "begun-again" if "begun-again" in case.signs else "low-not-taken"


def _begun_again(case: Case, low: list[LowChange]) -> Finding:
    """The low part of a queue that was begun again, or put back, and has passed ReqSync since (Q119014)."""
    own = case.numbers
    ranges = ranges_of(each.record.sync for each in low)
    signs = tuple(dict.fromkeys(sign for each in low for sign in each.signs))
    return case.finding(
        "stranded-transactions",
        f"{changes(ranges)} in REQTRANS will never be sent: {own.confirmed} is confirmed, and no file shows that they "
        "arrived",
        (*_both_numbers(case), *case.queued(only=set(numbers_of(ranges)))),
        doubts=(doubts.TAKEN_BEFORE,),
        notes=(
            f"REQMAIN sends only what is numbered above {own.confirmed}. REQTRANS ends at {own.last}, so what was "
            "queued since is sent, and these are passed over in silence.",
            f"That they had been sent before is unlikely: {'; '.join(signs)}.",
        ),
        help=(
            "Export: Config, Dir-Sync, Requestor, Export. That queues every entry again above the confirmed number.",
            *_deletions(each.record.text for each in low),
        ),
        ranges=ranges,
        settled_by=("the server's address lists",),
    )


def _deletions(texts: Iterable[str]) -> Iterator[str]:
    """Yield what to do about deletions, where there are any: no list has them."""
    if any(text.lstrip().upper().startswith("D") for text in texts):
        yield "Deletions among these changes are in no list; make them again."


def _unregistered(case: Case) -> Iterator[Finding]:
    """The server has no record of this postoffice: it drops its mail and says so in its log only (158; Q99268)."""
    if not unregistered(case) or case.server is None:
        return
    own = case.numbers
    waiting = clipped(own.held or (), own.confirmed or 0, own.last or 0)
    held = f"; {changes(waiting)} in REQTRANS will be refused" if waiting else ""
    yield case.finding(
        "requestor-not-registered",
        f"the server has no record of {case.postoffice.shown}{held}",
        (
            Evidence(case.server.artefact.path, note=f"no record of {case.postoffice.name}"),
            *case.queued(only=set(numbers_of(waiting))),
        ),
        doubts=(None if case.postoffice.name_certain else doubts.NAMED_OTHERWISE,),
        notes=(
            "T2 drops its mail and logs 158 on the server; no log of this postoffice says so.",
            "Changes that were confirmed before are not lost where MSTTRANS or the server's lists hold them.",
            f"It is called {case.postoffice.name} by: {case.postoffice.name_from}.",
        ),
        help=(
            "Register it on the server (Config, Dir-Sync, Server): what waits here is then taken. Export here, too, "
            "where the server's lists lack names of this postoffice.",
            "A new record counts no imports: where this postoffice then refuses the server's updates (D201), Export, "
            "and a cycle later Import here. What an Import loses: addresses that the server does not know.",
        ),
        ranges=waiting,
    )


def _resynced(case: Case, causes: Causes) -> Finding:
    """ReqSync ahead of the server's record, as a RESYNC leaves it: normal (docs/rulings.md 10)."""
    own, theirs = case.numbers, case.requestor
    assert theirs is not None
    assert own.confirmed is not None
    largest = "largest" in causes.seen
    finding = case.finding(
        "resync-inflated-reqsync",
        f"ReqSync {own.confirmed} is above the server's {theirs.reqsync} because a RESYNC set it"
        if largest
        else f"ReqSync {own.confirmed} is above the server's {theirs.reqsync}, as an earlier RESYNC leaves it",
        (case.stored("reqsync"), case.served("reqsync")),
        certainty=causes.certainty,
        doubts=(doubts.LISTS_KEPT,),
        notes=(
            f"RESYNC.GLB carries the largest ReqSync of any requestor (Q119449), and {own.confirmed} "
            f"{'is' if largest else 'may have been'} that number.",
            "The server accepts the next, higher, numbers. Those in between were never used, unless changes waited "
            "when RESYNC was processed: such changes are lost (Q119452).",
        ),
        settled_by=("RESYNC.GLB or a log of its import",),
        severity=causes.severity,
    )
    return with_causes(case, finding, causes)


def _missing(case: Case) -> Iterator[Finding]:
    """REQTRANS is absent among its siblings (rulings 5 and 17)."""
    if not case.postoffice.absent("REQTRANS.GLB"):
        return
    failed = [
        each for each in case.lines(2, 40, 152, 104) if each.code == 104 or "REQTRANS" in each.text or each.code == 152
    ]
    own = case.numbers
    reqconf = case.postoffice.reqconf()
    exported = reqconf[1].last_export if reqconf else None
    notes = ["Changes queued and not yet confirmed when it was lost are in no file given."]
    if exported:
        notes.append(
            f"An Export is dated {exported:%Y-%m-%d %H:%M:%S}. Without REQTRANS an Export reports no error, sets "
            "that date and queues nothing (Q119017), so that export may have been made in vain."
        )
    number = f" above {own.confirmed}" if own.confirmed else ""
    yield case.finding(
        "reqtrans-missing",
        "REQTRANS.GLB is missing: T1 fails, and no change can be queued",
        (Evidence(f"{case.postoffice.path}/GLB/REQTRANS.GLB", note="absent"), *(logged(each) for each in failed)),
        doubts=(None if failed else doubts.COPY_INCOMPLETE,),
        notes=tuple(notes),
        help=(
            f"Put a REQTRANS there that makes numbering go on{number}: the diagnostic utility does that (Q110496).",
            "Then Export: that puts every entry of this postoffice into the queue again.",
        ),
        settled_by=() if failed else ("whether the copy is complete",),
    )


# --- parts -------------------------------------------------------------------------------------------------------


def _both_numbers(case: Case) -> tuple[Evidence, ...]:
    queue = case.postoffice.queue("REQTRANS")
    found = [case.stored("reqsync", "the last number the server has confirmed")]
    if queue is not None and queue.records:
        last = max(queue.records, key=lambda each: each.sync)
        span = (last.start, last.stop)
        found.append(
            Evidence(
                queue.artefact.path,
                span=span,
                line=queue.line(last),
                field="sync",
                value=last.sync,
                note="the last number queued",
            )
        )
    return tuple(each for each in found if each)


def _two_days(case: Case) -> Doubt | None:
    """ReqSync and REQTRANS alone decide that changes are stuck, if they are of one day."""
    return doubts.OF_TWO_DAYS if case.skew is not None else None


def _dead_zone(zone: Range | None, last: int) -> Iterator[str]:
    if zone is None:
        return
    for low, high in _surely(zone):
        numbered = f"number {high}" if high == low + 1 else f"numbered {last + 1} to {high}"
        yield (
            f"The next {plural(high - low, 'change')} made here, {numbered}, will vanish in the same way, and most "
            f"likely number {zone[1]}, too; {zone[1] + 1} will be the first that is surely sent."
        )
    if not _surely(zone):
        yield _open(zone[1])


def _causes(case: Case) -> Iterator[str]:
    """Why the numbers are so, as far as the files tell."""
    if case.upload.channel.renumbered_at == case.numbers.confirmed:
        yield (
            "A RESYNC processed after changes were made would explain it: it sets ReqSync to the largest of any "
            "requestor, and that is what it is (Q119449)."
        )
    elif {"queue-below", "begins-at-one"} <= {*case.signs}:
        yield "REQTRANS begins at 1 again, as where it is deleted or emptied after numbers were confirmed (Q119014)."
    if case.is_server:
        yield "This postoffice is the server: it is its own requestor (Q96060)."


def _delivered_before(case: Case) -> Iterator[str]:
    """Ruling 14: a change whose text stands in MSTTRANS was probably delivered earlier."""
    queue = case.postoffice.queue("REQTRANS")
    master = case.server.postoffice.queue("MSTTRANS") if case.server else None
    if queue is None or master is None:
        return
    known = {each.text for each in master.real}
    again = [each.sync for each in queue.real if each.text in known]
    if again:
        yield (
            f"The same text as {plural(len(again), 'of them', 'of them')} stands in MSTTRANS, so that was probably "
            "delivered earlier."
        )


def _export_size(case: Case) -> int:
    """Records of the last export in REQTRANS: its R and the additions behind it; 1 where there is none."""
    queue = case.postoffice.queue("REQTRANS")
    real = queue.real if queue else []
    starts = [index for index, each in enumerate(real) if each.text.startswith("R")]
    entries = takewhile(lambda each: each.text.startswith("A"), real[starts[-1] + 1 :]) if starts else ()
    return 1 + sum(1 for _ in entries)
