"""Changes that the server has issued and a postoffice has not received (ruling 15)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from glbtools.diagnosis.case import Case, copied_from
from glbtools.diagnosis.causes import groups
from glbtools.diagnosis.changes.content import FETCHED, Content, copies
from glbtools.diagnosis.changes.found import (
    WAITS,
    MissingRange,
    Obstacle,
    Outstanding,
    UnknownRoute,
    Unsent,
    Why,
    obstacle,
)
from glbtools.diagnosis.changes.view import View
from glbtools.diagnosis.finding import Evidence, place
from glbtools.diagnosis.judging import purged_for_good
from glbtools.diagnosis.signs import received_before
from glbtools.diagnosis.wording import TELLS_DOWN, files_that_tell, plural
from glbtools.evidence.postoffice import numbers
from glbtools.model.change import Change
from glbtools.model.channel import Range, clipped, due, subtracted, without
from glbtools.model.configuration import KEEP_UPDATES
from glbtools.model.doubts import (
    BROUGHT,
    BROUGHT_BEFORE,
    EITHER_OF_TWO,
    FETCHED_BEFORE,
    IMPORTED_SINCE,
    NUMBER_SKIPPED,
    NUMBERED_OTHERWISE,
    PURGED_FIRST,
    RECEIVED_MORE,
    RECEIVED_SINCE,
    SENT_AGAIN,
    SRVSYNC_LOWERED,
    TAKEN_IN,
    certainty,
    least,
)


def add_downloads(view: View, found: Unsent) -> None:
    """Add what the server has not delivered to a postoffice."""
    case, content = view.case, view.content
    at, head = _target_at(case), case.server.head if case.server else None
    evidence = _numbers_down(case)
    seen: list[Outstanding] = []

    def listed(change: Change, standing: Obstacle) -> Outstanding:
        due = _purged_first(case, change, _brought(case, change, standing))
        return Outstanding(
            change=change, route=view.download, standing=view.doubted(due), evidence=(place(change), *evidence)
        )

    def unfound(span: Range, standing: Obstacle) -> MissingRange:
        return MissingRange(range=span, route=view.download, standing=view.doubted(standing), evidence=evidence)

    for standing, spans in _due(case, at, head):
        for span in spans:
            held = content.sent(*span)
            numbered = {each.sync for each in held}
            seen += [listed(each, standing) for each in held]
            if len(numbered) < span[1] - span[0]:
                other = [
                    each for each in content.elsewhere if span[0] < each.sync <= span[1] and each.sync not in numbered
                ]
                less = standing._replace(certainty=least(standing.certainty, certainty((NUMBERED_OTHERWISE,))))
                seen += [listed(each, less) for each in other]
                left = without([span], numbered | {each.sync for each in other})
                found.ranges += [unfound(each, standing) for each in left]
    if at is not None and head is not None:
        standing = obstacle(
            "hole", f"The server had issued it, and went back to {head}.", FETCHED_BEFORE, settled_by=()
        )
        lost = [
            each
            for each in content.earlier_master
            if each.sync > max(at, head) and each.text not in content.master_texts
        ]
        seen += [listed(each, standing) for each in lost]
    seen += [listed(*each) for each in _issued_twice(case, content, at)]
    known = {each.sync for each in seen}
    for span, standing in _purged(case, at):
        others = [each for each in content.elsewhere if span[0] < each.sync <= span[1] and each.sync not in known]
        seen += [listed(each, standing) for each in others]
        left = without([span], known | {each.sync for each in others})
        found.ranges += [unfound(each, standing) for each in left]
    there = {(each.sync, each.text) for each in seen}
    for name in FETCHED:
        for each in copies(case.postoffice, name):
            if (each.sync, each.text) not in there:
                seen.append(listed(each, _left(case, name, each.sync)))
    found.changes += seen
    wanted = (*_wanted_down(at, head), *((RECEIVED_MORE.tells,) if copied_from(case) else ()))
    if wanted:
        found.unknown.append(UnknownRoute(view.download, wanted))


def _purged(case: Case, at: int | None) -> Iterator[tuple[Range, Obstacle]]:
    """Yield what the server once said was missing, where SrvSync has gone over it and no Import came (Q108067)."""
    for group in groups(case):
        if group.slug == "requestor-inactive-window" and not group.first.about and at is not None:
            for span in clipped(purged_for_good(case, group), 0, at):
                note = f"The server logged that it was purged before it was fetched. {_BROUGHT_BY}"
                yield span, obstacle("purged", note, IMPORTED_SINCE, settled_by=("the date of the last Import here",))


def _issued_twice(case: Case, content: Content, at: int | None) -> Iterator[tuple[Change, Obstacle]]:
    """Yield what a number stood for before and after the server went back: a postoffice fetched one of the two.

    What is above SrvSync was not fetched under the first meaning, and is still due under the second.
    """
    fetched = [
        then.applied for each in content.network.earlier(case.postoffice) if (then := numbers(each)).applied is not None
    ]
    lost = {each.sync: each for each in content.replaced}
    for _, now in content.reused:
        seen_before = any(each >= now.sync for each in fetched)
        number = f"The server issued number {now.sync} twice: it went back in between."
        if now.sync in lost and not seen_before:
            doubt = EITHER_OF_TWO if at is None or now.sync <= at else FETCHED_BEFORE
            yield lost[now.sync], obstacle("hole", f"{number} This is the first of the two.", doubt)
        if at is not None and now.sync <= at:
            note = f"{number} This is the second; who had fetched the first does not receive it."
            yield now, obstacle("hole", note, FETCHED_BEFORE if seen_before else EITHER_OF_TWO)


def _numbers_down(case: Case) -> tuple[Evidence, ...]:
    """Return where the numbers of a download stand."""
    found = (
        case.stored("srvsync", "server updates received"),
        case.served("srvsync", "received, by the server's record"),
        case.headed("sync", "highest number the server has issued"),
    )
    return tuple(each for each in found if each and each.value is not None)


def _due(case: Case, at: int | None, head: int | None) -> Iterator[tuple[Obstacle, tuple[Range, ...]]]:
    """Yield the numbers that the server has issued and the target has not, with the reason (ruling 15)."""
    verdict, c = case.download.verdict, case.numbers.applied
    sure = verdict.certainty if c is not None else least(verdict.certainty, certainty((RECEIVED_SINCE,)))
    settled = files_that_tell(verdict.settled_by, TELLS_DOWN)
    doubt = received_before(case)
    if doubt:
        sure, settled = certainty((SRVSYNC_LOWERED,)), (*settled, SRVSYNC_LOWERED.tells)
    if "EPOCH_CHANGED" in verdict.states:
        if at is not None and head is not None and at < head:
            note = "The server's record of it began anew or went back: updates are refused as old, in silence."
            yield Obstacle("refused", sure, f"{note} {doubt}".rstrip(), settled), ((at, head),)
        return
    by = f"SrvSync here is {c}." if c is not None else f"By the server's record it has received {at}."
    first = case.server.first if case.server else None
    notes: dict[str, tuple[Why, str]] = {
        "HOLE": ("purged", f"{by} MSTTRANS begins at {first}: purged before it was fetched. {_BROUGHT_BY}"),
        "UNACKNOWLEDGED": ("unacknowledged", f"{by} The server has sent it; T3 has not taken it in."),
        "PENDING": ("pending", f"{by} The server sends it at the next T2."),
    }
    if case.download.channel.importing:
        notes["PENDING"] = ("pending", "The first cycle asks for an Import, which brings the complete lists.")
    for state, spans in due(verdict).items():
        why, note = notes[state]
        skipped = skipped_of(case, spans)
        if left := subtracted(spans, skipped):
            yield Obstacle(why, sure, f"{note} {doubt}".rstrip(), settled), left
        if skipped:
            yield obstacle("gap", f"{by} {_SKIPPED}", NUMBER_SKIPPED), skipped
    yield from _lent(case, head)


def _lent(case: Case, head: int | None) -> Iterator[tuple[Obstacle, tuple[Range, ...]]]:
    """Yield what a REQCONF that is another's says was received here, and the server's record does not (ruling 19)."""
    owner, c, d = copied_from(case), case.numbers.applied, case.requestor.srvsync if case.requestor else None
    if owner is None or c is None or d is None or head is None or d >= min(c, head):
        return
    note = f"SrvSync {c} here is that of {owner}. By the server's record this postoffice has received {d}."
    spans = ((d, min(c, head)),)
    yield obstacle("pending", note, RECEIVED_MORE), subtracted(spans, skipped_of(case, spans))


_BROUGHT_BY = "Only an Import, or a RESYNC, brings it."

_SKIPPED = (
    "MSTTRANS goes on above it and does not hold it: either the number was never given to anything, or what had it is "
    "lost."
)


def skipped_of(case: Case, spans: tuple[Range, ...]) -> tuple[Range, ...]:
    """Return the numbers of some ranges that MSTTRANS skips (ruling 16)."""
    return subtracted(spans, subtracted(spans, case.server.gaps)) if case.server else ()


def _brought(case: Case, change: Change, due: Obstacle) -> Obstacle:
    """Return why a change is due, less sure where a RESYNC may have brought it and set SrvSync below it.

    RESYNC.GLB holds the lists of the server, and so what the server's own requestor had then. Where it carries each
    requestor's own ReqSync, nothing but SrvSync shows it (docs/facts/protocol.md#resync).
    """
    own, server = case.numbers, case.server
    if due.why not in WAITS or due.certainty != "certain" or case.is_server or server is None or own.applied is None:
        return due
    theirs = case.others.configured.get((server.postoffice.name or "").upper())
    brought = theirs.srvsync if theirs else None
    if brought is None and case.others.received is not None and own.applied > case.others.received:
        return due
    if brought is not None and change.sync > brought:
        return due
    known = "Without the server's REQCONF that" if brought is None else "That"
    note = f"{due.note} {known} may be since a RESYNC set the number: then the lists hold the change already."
    # Where it is behind the server's own requestor a T3 was missed, or a RESYNC came: one is as usual as the other.
    behind = case.others.received is not None and own.applied < case.others.received
    brought_by = BROUGHT_BEFORE if behind else BROUGHT
    return due._replace(certainty=certainty((brought_by,)), note=note, settled_by=(*due.settled_by, brought_by.tells))


NEXT_T2 = timedelta(days=2)
"""From the last moment of the server's files to the next T2, at most, on a system that runs."""


def _purged_first(case: Case, change: Change, due: Obstacle) -> Obstacle:
    """Return why a change is due, less sure where the next T2 may purge it before it sends anything (Q96060)."""
    server = case.server
    if due.why not in WAITS or server is None or change.stamp is None:
        return due
    kept = server.config.keep_updates or KEEP_UPDATES
    seen = [each.last_update for each in server.config.requestors if each.last_update]
    if server.master is not None and (last := server.master.made_last):
        seen.append(last)
    if not seen or max(seen) + NEXT_T2 - change.stamp < timedelta(days=min(kept, LONGEST)):
        return due
    note = f"{due.note} By its age T2 may drop it before that: Keep Updates is {plural(kept, 'day')}."
    return due._replace(
        certainty=least(due.certainty, certainty((PURGED_FIRST,))),
        note=note,
        settled_by=(*due.settled_by, PURGED_FIRST.tells),
    )


LONGEST = 100_000
"""Days that are no limit at all."""


def _left(case: Case, name: str, number: int) -> Obstacle:
    c = case.numbers.applied
    if c is not None and number > c:
        note = f"It stands in {name} and is above SrvSync {c}: the server will send it again."
        return obstacle("leftover", note, SENT_AGAIN, settled_by=())
    note = (
        f"It was fetched and still stands in {name}: Import has not put it into the lists. "
        "The server believes it delivered."
    )
    return obstacle("leftover", note, TAKEN_IN)


def _wanted_down(at: int | None, head: int | None) -> tuple[str, ...]:
    wanted = []
    if at is None:
        wanted.append("REQCONF of the requestor")
    if head is None:
        wanted.append("the server's SRVCONF")
    return tuple(wanted)


def _target_at(case: Case) -> int | None:
    """SrvSync as the requestor has it, else as the server has it (ruling 15)."""
    if case.numbers.applied is not None:
        return case.numbers.applied
    return case.requestor.srvsync if case.requestor else None
