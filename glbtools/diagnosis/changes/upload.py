"""Changes of a postoffice that have not reached the server (rulings 9 to 14)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from glbtools.diagnosis.case import Case, logged, never_reached, unregistered
from glbtools.diagnosis.changes.content import copies, deleted_copies
from glbtools.diagnosis.changes.found import MissingRange, Obstacle, Outstanding, UnknownRoute, Unsent, Why, obstacle
from glbtools.diagnosis.changes.vanished import OLDER, vanished, was_stranded
from glbtools.diagnosis.changes.view import View, applied
from glbtools.diagnosis.finding import place
from glbtools.diagnosis.master import SKEW, origin_of
from glbtools.diagnosis.restored import WENT_BACK
from glbtools.diagnosis.signs import explain
from glbtools.diagnosis.wording import numbers_text, plural
from glbtools.evidence.postoffice import numbers
from glbtools.model import doubts
from glbtools.model.change import Change
from glbtools.model.channel import Range, ranges_of, without
from glbtools.model.doubts import Doubt, least


def add_uploads(view: View, found: Unsent) -> None:
    """Add what a postoffice has queued and the server has not."""
    case = view.case
    seen = [
        _made(view, each, standing)
        for each in copies(case.postoffice, "REQTRANS")
        if (standing := _standing(view, each)) is not None
    ]
    seen += _lost(view, list(seen), found)
    texts = {(each.sync, each.text) for each in seen}
    for gone in vanished(case):
        if (gone.change.sync, gone.change.text) not in texts:
            why: Why = "vanished" if gone.given else "pending"
            seen.append(_made(view, gone.change, Obstacle(why, gone.certainty, gone.note)))
    seen += _deleted(view)
    seen += _replaced(view, seen, found)
    found.changes += seen
    found.ranges += _unreadable(view)
    wanted = _wanted_up(case)
    if wanted:
        found.unknown.append(UnknownRoute(view.upload, wanted))


def _deleted(view: View) -> Iterator[Outstanding]:
    """Yield what a deleted or renamed REQTRANS held, and the server may not have; possible (ruling 27).

    A queue that ends below what is confirmed is of an earlier time, or begun anew, so that it was never sent.
    """
    confirmed = max(view.case.numbers.confirmed or 0, applied(view.case) or 0)
    there: set[tuple[int, str]] = set()
    for queue in deleted_copies(view.case.postoffice, "REQTRANS"):
        note = "REQTRANS.GLB is missing; a file that may be it holds this change, and nothing confirms it."
        if queue.last < confirmed:
            note = (
                f"REQTRANS.GLB is missing; a file that may be it ends at {queue.last}, and {confirmed} is confirmed: "
                "it is of an earlier time, or was begun anew and never sent."
            )
        for change in queue.changes:
            if (change.sync > confirmed or queue.last < confirmed) and (change.sync, change.text) not in there:
                there.add((change.sync, change.text))
                yield _made(view, change, obstacle("vanished", note, doubts.EITHER_WAY, settled_by=()))


def _standing(view: View, change: Change) -> Obstacle | None:
    """Return why a change in REQTRANS has not arrived; None when it has or is confirmed (rulings 9 to 13)."""
    case, number = view.case, change.sync
    a, m, b = case.numbers.confirmed, case.numbers.last, applied(case)
    state = case.upload.verdict.of(number)
    if state == "STRANDED":
        note = f"{a} is confirmed and REQTRANS ends at {m}: it is never sent."
        if b is None:
            return obstacle("stranded", note, doubts.ARRIVED_UNSEEN, settled_by=(_record_name(case),))
        return obstacle("stranded", note, _put_back(case, change))
    if state == "REJECTED":
        note = f"The server counts numbers of this postoffice up to {b}"
        if a is None:
            # Either ReqSync is at least b, and REQTRANS ends below it; or it is not, and the postoffice went back.
            return obstacle("rejected", f"{note}, and REQTRANS ends at {m}.", doubts.STRANDED_INSTEAD)
        return obstacle("rejected", f"{note} and refuses this one as old.", _taken_before(case, change))
    if state == "UNACKNOWLEDGED":
        if number not in view.refused:
            return _dropped(case, change)
        if a is None:
            note = f"The server counts numbers of this postoffice up to {b}, and cannot have taken this one."
            return obstacle("rejected", note, doubts.EITHER_WAY, settled_by=(_REQCONF,))
        note = f"The server counts numbers of this postoffice up to {b}, and did not take this one: refused as old."
        return obstacle("rejected", note, _put_back(case, change), settled_by=())
    if state == "PARTIAL":
        return obstacle("partial", f"The server stops at number {(b or 0) + 1} every time.")
    return _standing_pending(view, change) if state == "PENDING" else _standing_confirmed(view, change)


def _dropped(case: Case, change: Change) -> Obstacle | None:
    """Return why a change that the server has by its number may be lost: MSTTRANS has lost some, and lacks it."""
    master = case.server.master if case.server else None
    if master is None or not master.may_have_lost(change.text, change.stamp):
        return None
    note = f"The server has had it, since it counts up to {applied(case)}; MSTTRANS has lost a part, and lacks it."
    return obstacle("hole", note, doubts.NUMBER_SKIPPED)


_REQCONF = "REQCONF of this postoffice"

UNDER_WAY = "If mail that is still under way bears its number or a higher one, it will be refused."
"""What a change that waits depends on, and no file shows: after a RESYNC or a reset such mail raises that count."""


def _standing_pending(view: View, change: Change) -> Obstacle:
    """Return why a change that nobody confirms waits, and how sure it is that it will be sent and taken."""
    case, a, b = view.case, view.case.numbers.confirmed, applied(view.case)
    record = _record_name(case)
    if a is None:
        # Without ReqSync, what the server has not is unsent, whatever holds it up.
        if b is None:
            note = "Neither what is confirmed nor what the server has is known; what arrives is cleared from REQTRANS."
            return obstacle("pending", note, doubts.EITHER_WAY, settled_by=(_REQCONF, record))
        note = f"The server counts numbers of this postoffice up to {b}; only ReqSync tells whether it will be sent."
        if change.sync <= _attested(case):
            return obstacle("pending", f"{note} A record behind it holds a number as high.", doubts.EITHER_WAY)
        return obstacle("pending", note, doubts.CONFIRMED_UNSEEN)
    if unregistered(case):
        note = "The server has no record of this postoffice and drops its mail (158); it is taken once there is one."
        master = case.server.master if case.server else None
        held = master is not None and (master.complete or master.spans(change.stamp))
        sure = held and master is not None and master.lacks(change.text) and case.others.server_sound
        return obstacle("unregistered", note, None if sure else doubts.ARRIVED_UNSEEN, settled_by=())
    if b is not None:
        return obstacle("pending", f"The server counts numbers of this postoffice up to {b}. {UNDER_WAY}")
    if view.sent(change):
        note = "A log shows that it was sent; no file given shows whether it arrived."
        return obstacle("unacknowledged", note, doubts.EITHER_WAY, settled_by=(record,))
    note = f"It is numbered above {a}, the last number confirmed here."
    return obstacle("pending", note, doubts.ARRIVED_UNSEEN, settled_by=(record,))


def _attested(case: Case) -> int:
    """Return the highest number that REQTRANS has a record of confirmed numbers for; ReqSync has been as high."""
    queue = case.postoffice.queue("REQTRANS")
    return max((queue.records[each].sync for each in queue.dummies), default=0) if queue else 0


def _put_back(case: Case, change: Change) -> Doubt | None:
    """Return the doubt about a change that is not taken: it may have arrived before its queue was put back.

    Where the server has taken later changes from here, the queue was not begun again before this one was made: nothing
    is sent from such a queue. So an older one was put back, and that is no less usual than that it was never sent.
    """
    if never_reached(case, change, change.stamp):
        return None
    master = case.server.master if case.server else None
    taken = master.taken_last.get((case.postoffice.name or "").upper()) if master else None
    later = taken and change.stamp and taken - change.stamp > SKEW
    return doubts.PUT_BACK_SINCE if later else doubts.PUT_BACK


def _taken_before(case: Case, change: Change) -> Doubt | None:
    """Return the doubt about a change that is refused: its postoffice may have been restored since it was taken."""
    master = case.server.master if case.server else None
    if never_reached(case, change, change.stamp):
        return None
    shown = master is not None and case.reaches_back(change.stamp) and master.lacks(change.text)
    return doubts.TAKEN_BEFORE if shown else doubts.RESTORED_TOGETHER


def _standing_confirmed(view: View, change: Change) -> Obstacle | None:
    """Return why a record at or below ReqSync is not with the server after all (rulings 10 and 13)."""
    case, number = view.case, change.sync
    own, b = case.numbers, applied(case)
    if (signs := view.low.get((number, change.text))) is not None:
        note = f"{own.confirmed} is confirmed: it is not sent again. " + (
            f"That it was ever sent is unlikely: {'; '.join(signs)}."
            if signs
            else "Either an interrupted T3 left it, and it has arrived; or the queue was begun again, and it has not."
        )
        if never_reached(case, change, change.stamp):
            return obstacle("stranded", note)
        if not signs:
            return obstacle("stranded", note, doubts.EITHER_WAY)
        if number == own.confirmed:
            note += " T3 may have kept it, whose number is the one that was confirmed (Q133428)."
        return obstacle("stranded", note, doubts.TAKEN_BEFORE)
    if b is None or number <= b:
        return None
    causes = explain(case, "behind")
    if causes.first.slug == "resync":
        note = f"A RESYNC set ReqSync to {own.confirmed} over it, and the server has only {b}: it is never sent."
        return obstacle("stranded", note, doubts.LISTS_KEPT, settled_by=(causes.first.tells,))
    if causes.first.problem in WENT_BACK:
        return Obstacle("hole", hole(case).certainty, _hole_note(case))
    known = f"{own.confirmed} is confirmed and the server's record says {b}"
    note = f"{known}: it is not sent again, and may have arrived before."
    settled = tuple(dict.fromkeys(each.tells for each in causes.open))
    return obstacle("stranded", note, doubts.EITHER_WAY, settled_by=settled)


def _lost(view: View, listed: list[Outstanding], found: Unsent) -> Iterator[Outstanding]:
    """Yield what the server lost and an older or another file still holds; the rest are ranges (Q113453)."""
    case = view.case
    holes, certainty, settled = hole(case)
    if not holes:
        return
    note = _hole_note(case)
    known = {each.sync for each in listed if each.why == "hole"}
    texts = {each.text for each in listed}
    for each in _kept(case, holes):
        if each.sync not in known:
            known.add(each.sync)
            texts.add(each.text)
            yield _made(view, each, Obstacle("hole", certainty, note, settled))
    left = without(holes, known | {each.sync for each in listed})
    name = case.postoffice.name
    forgotten = view.content.forgotten.get(name.upper(), []) if name else []
    others = [each for each in forgotten if each.text not in texts]
    if others and len(others) == sum(high - low for low, high in left):
        said = f"{note} Its number is found by order: as many changes of this kind are known as numbers."
        missing = (number for low, high in left for number in range(low + 1, high + 1))
        for number, each in zip(missing, others, strict=True):
            yield _made(view, each._replace(sync=number), obstacle("hole", said, doubts.EITHER_WAY, settled_by=()))
        return
    if others:
        note += (
            f" {len(others)} changes of this postoffice that the server does not hold any more stand elsewhere; which "
            "of these numbers they had cannot be told."
        )
    evidence = (*view.reasons, *(place(each, each.text) for each in others))
    standing = view.doubted(Obstacle("hole", certainty, note, settled))
    found.ranges += [MissingRange(range=span, route=view.upload, standing=standing, evidence=evidence) for span in left]


def _replaced(view: View, listed: list[Outstanding], found: Unsent) -> Iterator[Outstanding]:
    """Yield what the server had under a number that it has given to another change since (Q113453).

    The numbers at the origin stand only in an older REQTRANS.
    """
    case, name = view.case, view.case.postoffice.name
    if not name or hole(case).ranges:
        return
    known = {each.text for each in listed}
    lost = [each for each in view.content.replaced if origin_of(each.text) == name.upper() and each.text not in known]
    queued = {older.text: older for older in _every_older(case)} if lost else {}
    for each in lost:
        if each.text in queued:
            note = f"The server had it as its number {each.sync}, went back, and gave that number to another change."
            made = _made(view, queued[each.text], obstacle("hole", note, doubts.NEVER_ISSUED, settled_by=_RESTORED))
            yield replace(made, evidence=(*made.evidence, place(each)))
    missing = [each for each in lost if each.text not in queued]
    if missing:
        wanted = (
            f"an older REQTRANS, which numbers {plural(len(missing), 'change')} of this postoffice that the server had "
            f"as {numbers_text(ranges_of(each.sync for each in missing))} and lost",
        )
        found.unknown.append(UnknownRoute(view.upload, wanted))


_RESTORED = ("whether the server was restored or enabled anew",)


def _every_older(case: Case) -> list[Change]:
    found = []
    for earlier in case.network.earlier(case.postoffice):
        found += copies(earlier, "REQTRANS", OLDER)
        earlier.release()
    return found


def _kept(case: Case, ranges: tuple[Range, ...]) -> list[Change]:
    """Return what older copies of REQTRANS hold in some ranges, the newest copy of each number first.

    A copy that was itself stranded is passed over: its numbers had been used for other changes.
    """
    kept = []
    for earlier in case.network.earlier(case.postoffice):
        then = numbers(earlier)
        if not was_stranded(then):
            kept += [each for each in copies(earlier, "REQTRANS", OLDER) if _inside(each.sync, ranges)]
        earlier.release()
    return sorted(kept, key=lambda each: (each.sync, -_seconds(each.stamp), each.path, each.text))


def _unreadable(view: View) -> Iterator[MissingRange]:
    """Yield numbers that a damaged REQTRANS must have held between or behind those that can be read."""
    case, gaps = view.case, view.damage
    own, b = case.numbers, applied(case)
    queue = case.postoffice.queue("REQTRANS")
    if not gaps or queue is None or own.last is None:
        return
    stuck = own.confirmed is not None and own.last < own.confirmed
    why: Why = "stranded" if stuck else "pending"
    low = (queue.first or 1) - 1 if stuck or own.confirmed is None else max(own.confirmed, b or 0)
    spans = [(span, doubts.NUMBER_UNUSED) for span in without([(low, own.last)], {each.sync for each in queue.records})]
    if gaps[-1].span and gaps[-1].span[1] == queue.size and own.last >= low:
        spans.append(((own.last, own.last + 1), doubts.NOTHING_THERE))
    for span, doubt in spans:
        standing = obstacle(why, "REQTRANS is damaged; what stood there is no whole record.", doubt, settled_by=())
        yield MissingRange(range=span, route=view.upload, standing=view.doubted(standing), evidence=tuple(gaps))


def _made(view: View, change: Change, standing: Obstacle) -> Outstanding:
    """Return a change of an upload; a text that the server knows was probably delivered earlier (ruling 14).

    What the server lost, others may have fetched before; only MSTTRANS shows that the server has it again.
    """
    found, content = view.doubted(standing), view.content
    if standing.why in ("stranded", "rejected") and view.damage:
        found = found._replace(certainty=least(found.certainty, doubts.certainty((doubts.NUMBER_UNUSED,))))
    evidence = (place(change), *view.reasons)
    if standing.why == "unacknowledged" and view.last_sent:
        evidence += (logged(view.last_sent, "changes were sent"),)
    text, made, path = change.text, change.stamp, view.case.postoffice.path
    arrived = content.taken(text, made) if standing.why == "hole" else content.arrived(text, made, path)
    if arrived is not None:
        where = arrived.path.rpartition("/")[2].partition(".")[0].upper()
        note = f"{found.note} The same text stands in {where}: it was probably delivered earlier."
        found = found._replace(certainty=doubts.certainty((doubts.DELIVERED_EARLIER,)), note=note.strip())
        evidence += (place(arrived),)
    return Outstanding(change=change, route=view.upload, standing=found, evidence=evidence)


NOT_LOST = frozenset({"master-holds", "master-above", "equal-dates", "fits-another"})
"""Signs that what is confirmed has arrived, or that the confirmed number is not this postoffice's."""


class Hole(NamedTuple):
    """What is confirmed, and perhaps lost by the server: the numbers, how surely they are, and what would tell."""

    ranges: tuple[Range, ...] = ()
    certainty: str = doubts.certainty((doubts.EITHER_WAY,))
    settled_by: tuple[str, ...] = ()


def hole(case: Case) -> Hole:
    """Return the confirmed numbers that the server may have lost (docs/certainty.md 1).

    Likely where the server went back by what is seen, else possible: two faults together may hide a loss, and numbers
    that were never given to a change may be among these. None where MSTTRANS shows that they arrived, or REQCONF that
    the numbers are another postoffice's.
    """
    a, b = case.numbers.confirmed, applied(case)
    if a is None or b is None or "behind" not in case.signs or NOT_LOST.intersection(case.signs):
        return Hole()
    causes = explain(case, "behind")
    settled = tuple(dict.fromkeys(each.tells for each in causes.open if each.tells))
    return Hole(((b, a),), causes.effect, settled)


def _hole_note(case: Case) -> str:
    numbers_here = f"{case.numbers.confirmed} is confirmed here and the server has only {applied(case)}: "
    if hole(case).certainty == "likely":
        return f"{numbers_here}it lost what it had, and nobody sends that again."
    return f"{numbers_here}if it had them and lost them, nobody sends them again."


def _wanted_up(case: Case) -> tuple[str, ...]:
    wanted = []
    if case.numbers.last is None:
        wanted.append("REQTRANS")
    if case.numbers.confirmed is None:
        wanted.append("REQCONF")
    if applied(case) is None:
        wanted.append("the server's SRVCONF" if case.server is None else "a record of it in the server's SRVCONF")
    a, b = case.numbers.confirmed, applied(case)
    if a and b is not None and b >= a and {"received-above", "server-behind", "imports-far"} & {*case.signs}:
        wanted.append(f"an older MSTTRANS, to tell whether the server went back and lost any number up to {a}")
    if a is not None and b is not None and b < a and not hole(case).ranges:
        first = explain(case, "behind").first
        if first.tells:
            wanted.append(
                f"{first.tells}, to tell whether the server has {numbers_text([(b, a)])}: it seems that {first.says}"
            )
    return tuple(wanted)


def _record_name(case: Case) -> str:
    return "SRVCONF of the server" if case.server is None else "the server's record of this postoffice"


def _inside(number: int, ranges: Iterable[Range]) -> bool:
    return any(low < number <= high for low, high in ranges)


def _seconds(when: datetime | None) -> float:
    return (when - datetime(1970, 1, 1)).total_seconds() if when else 0.0
