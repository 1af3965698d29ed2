"""Every change that has not reached its target: its number, its content, where that stands, and how sure all of it is.

A change is named by its origin, its target and its number; where numbering began again, one number may name two
changes, told apart by their texts. What the target has received is not unsent, even while the origin has not heard of
it (RULINGS 11, 24). Numbers whose content is in no file given are kept as ranges, so that nothing is passed over.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from glbtools import files
from glbtools.diagnosis.case import Case, Logged, absent, cases, logged, server_name, server_of, undecided_hole
from glbtools.diagnosis.finding import CERTAINTIES, Evidence
from glbtools.diagnosis.wording import TELLS_DOWN, TELLS_UP, files_that_tell, numbers_text
from glbtools.errors import UsageError
from glbtools.evidence.network import Network, collect
from glbtools.evidence.postoffice import Numbers, Postoffice, numbers
from glbtools.formats.transaction import parse as parse_text
from glbtools.layouts import Layouts
from glbtools.model.channel import Range, clipped, ranges_of

DIRECTIONS = ("upload", "download", "both")

WAYS = (
    "stranded",
    "rejected",
    "hole",
    "vanished",
    "partial",
    "unacknowledged",
    "pending",
    "refused",
    "purged",
    "leftover",
)
"""Why a change has not arrived.

Upload: never sent (stranded), refused as old (rejected), lost by the server after it was confirmed (hole), gone from
the queue (vanished), behind a record the server stops at (partial), sent and not known to have arrived
(unacknowledged), waiting (pending). Download: waiting (pending), not yet taken in by T3 (unacknowledged), lost when the
server went back (hole), refused because the numbers are of another life (refused), purged from MSTTRANS before it was
fetched (purged), fetched and not put into the lists (leftover)."""

FETCHED = ("SRVTRANS", "USRTRANS", "NMETRANS", "GWTRANS")
"""Queues that hold what was fetched from the server and not yet put into the lists (Q96060)."""


class Change(NamedTuple):
    """One change that has not reached its target.

    Attributes:
        postoffice: NET/PO that numbered it; None where that has no known name.
        path: directory of that postoffice, or else of the one whose file holds the change.
        target: NET/PO it was to reach; None where that is not known.
        channel: ``upload`` or ``download``.
        sync: its number at the origin.
        stamp: when it was made, by the writer's clock.
        text: the transaction.
        why: one of ``WAYS``.
        certainty: certain, likely or possible.
        evidence: the place that holds it first, then what shows its state.
        note: what else is to be known, one or two sentences.
        settled_by: what would make it certain.
    """

    postoffice: str | None
    path: str
    target: str | None
    channel: str
    sync: int
    stamp: datetime | None
    text: str
    why: str
    certainty: str
    evidence: tuple[Evidence, ...]
    note: str = ""
    settled_by: tuple[str, ...] = ()


class Unfound(NamedTuple):
    """Numbers that have not arrived and whose content is in no file given; otherwise as ``Change``."""

    origin: str | None
    path: str
    target: str | None
    channel: str
    range: Range
    why: str
    certainty: str
    evidence: tuple[Evidence, ...] = ()
    note: str = ""
    settled_by: tuple[str, ...] = ()


class Unknown(NamedTuple):
    """A channel of which not everything can be told, and the files that would tell."""

    origin: str | None
    path: str
    target: str | None
    channel: str
    wanted: tuple[str, ...]


@dataclass
class Unsent:
    """What has not arrived; iterating yields the changes.

    Attributes:
        changes: with their content, sorted by origin, channel, target and number.
        ranges: numbers whose content is in no file given, in the same order.
        unknown: channels of which files are missing.
        unreadable: files that could not be read, with the reason.
    """

    changes: list[Change] = field(default_factory=list)
    ranges: list[Unfound] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)


class Copy(NamedTuple):
    """A record that holds the content of a change."""

    sync: int
    stamp: datetime | None
    text: str
    place: Evidence


class Vanished(NamedTuple):
    """A change of an older REQTRANS that is gone, while nothing shows that the server got it."""

    copy: Copy
    certainty: str
    note: str
    given: bool
    """Whether today's REQTRANS is given, or known to be missing; else the change may still wait in it."""


def unsent(
    *paths: str | Path,
    direction: str = "upload",
    older: Iterable[str | Path] = (),
    layouts: Layouts | None = None,
    max_size: int = files.DEFAULT_MAX_SIZE,
    progress: Callable[[str], None] | None = None,
) -> Unsent:
    """Return every change that has not reached its target, over all postoffices given.

    Args:
        paths: directories or files of the evidence.
        direction: ``upload`` (to the server), ``download`` (from it) or ``both``.
        older: evidence of earlier moments of the same postoffices; a source of content.
        layouts: how binary files are read.
        max_size: largest file read, in bytes.
        progress: called with the name of each postoffice before it is looked at.

    Raises:
        FileAccessError: a path does not exist.
        UnknownFormatError: a path holds nothing of a postoffice.
        UsageError: no such direction, or two current files of one kind for one postoffice.
    """
    if direction not in DIRECTIONS:
        raise UsageError(f"direction {direction!r} is none of {', '.join(DIRECTIONS)}")
    network = collect(paths, older=older, layouts=layouts, max_size=max_size)
    content = Content(network)
    found = Unsent()
    for case in chain(cases(network, None), absent(network, None)):
        if progress:
            progress(case.postoffice.shown)
        view = _View(case, content)
        if direction != "download":
            _upload(view, found)
        if direction != "upload":
            _download(view, found)
        found.unreadable |= case.postoffice.unreadable
        if case.postoffice is not network.server:
            case.postoffice.release()
    found.changes = sorted(_once(found.changes), key=_change_order)
    found.ranges.sort(key=lambda each: (*_place_order(each.origin, each.path, each.channel, each.target), each.range))
    found.unknown.sort(key=lambda each: _place_order(each.origin, each.path, each.channel, each.target))
    return found


def copies(postoffice: Postoffice, name: str, note: str = "") -> list[Copy]:
    """Return the changes that a queue of a postoffice holds, in its order."""
    held = postoffice.queue(name)
    if held is None:
        return []
    found = []
    for index, record in enumerate(held.records):
        if index not in held.dummies:
            line = held.lines[index] if held.lines else None
            place = Evidence(held.artefact.path, (record.start, record.stop), line, "sync", record.sync, note)
            found.append(Copy(record.sync, postoffice.moment(held, record), record.text, place))
    return found


class Content:
    """Where the content of changes stands outside the queue of their own postoffice."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.server = server_of(network)

    @cached_property
    def master(self) -> list[Copy]:
        """The changes in MSTTRANS, by number."""
        postoffice = self.server.postoffice if self.server else self.network.server
        return sorted(copies(postoffice, "MSTTRANS"), key=lambda each: each.sync) if postoffice else []

    @cached_property
    def master_numbers(self) -> list[int]:
        """Their numbers."""
        return [each.sync for each in self.master]

    @cached_property
    def master_texts(self) -> dict[str, Copy]:
        """The first change with each text."""
        return {each.text: each for each in reversed(self.master)}

    @cached_property
    def earlier_master(self) -> list[Copy]:
        """The changes in older copies of MSTTRANS, by number."""
        postoffice = self.network.server
        return _by_number(
            each
            for earlier in (self.network.earlier(postoffice) if postoffice else ())
            for each in copies(earlier, "MSTTRANS", "in the older MSTTRANS")
        )

    @cached_property
    def fetched(self) -> list[tuple[str, str, Copy]]:
        """What postoffices fetched and did not import: postoffice, queue, change."""
        found = []
        for postoffice in self.network.postoffices:
            for name in FETCHED:
                found += [(postoffice.path, name, each) for each in copies(postoffice, name)]
            if postoffice is not self.network.server:
                postoffice.release()
        return found

    @cached_property
    def fetched_texts(self) -> dict[str, list[tuple[str, Copy]]]:
        """The same by text: postoffices and changes."""
        found: dict[str, list[tuple[str, Copy]]] = {}
        for path, _, copy in self.fetched:
            found.setdefault(copy.text, []).append((path, copy))
        return found

    def sent(self, low: int, high: int) -> list[Copy]:
        """Return what MSTTRANS holds in (low, high]."""
        numbered = self.master_numbers
        return self.master[bisect_right(numbered, low) : bisect_right(numbered, high)]

    @cached_property
    def elsewhere(self) -> list[Copy]:
        """The server's changes that stand in what others fetched or in an older MSTTRANS, by number."""
        fetched = (copy for _, name, copy in self.fetched if name == "SRVTRANS")
        return _by_number((*fetched, *self.earlier_master))

    @cached_property
    def forgotten(self) -> dict[str, list[Copy]]:
        """By postoffice the changes that the server once issued and does not hold any more, by server number.

        Numbers below the first of MSTTRANS were purged, not lost.
        """
        server = self.server
        floor = None if server is None else server.first - 1 if server.first else server.head
        found: dict[str, list[Copy]] = {}
        for each in self.elsewhere if floor is not None else ():
            origin = _origin(each.text)
            if origin and each.sync > (floor or 0) and each.text not in self.master_texts:
                found.setdefault(origin, []).append(each)
        return found

    def arrived(self, text: str, path: str) -> Copy | None:
        """Return where a text stands that shows it reached the server (RULINGS 14)."""
        if text in self.master_texts:
            return self.master_texts[text]
        return next((copy for holder, copy in self.fetched_texts.get(text, ()) if holder != path), None)


class _View:
    """One postoffice while it is looked at, with what many of its changes need once."""

    def __init__(self, case: Case, content: Content) -> None:
        self.case, self.content = case, content
        self.server_name = _upper(server_name(case))

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """What would remove the doubts in the evidence as a whole: a name that is only likely, files of two days."""
        named = () if self.case.postoffice.name_certain else ("what this postoffice is called",)
        return (*named, *(("REQTRANS and REQCONF of one day",) if self.case.skew else ()))

    @cached_property
    def reasons(self) -> tuple[Evidence, ...]:
        """Where the two numbers of the upload stand."""
        both = (
            self.case.stored("reqsync", self.case.numbers.a, "the last number confirmed"),
            self.case.served("reqsync", _applied(self.case), "the last number the server has"),
        )
        return tuple(each for each in both if each and each.value is not None)

    @cached_property
    def damage(self) -> list[Evidence]:
        """The stretches of REQTRANS that are no record and not only zeros."""
        artefact = self.case.postoffice.find("REQTRANS.GLB")
        found = self.case.postoffice.read(artefact) if artefact else None
        if artefact is None or found is None or found.entry.name != "queue":
            return []
        gaps = [each for each in found.content.gaps if each.data.strip(b"\0")]
        return [Evidence(artefact.path, (each.start, each.stop), None, "gap", None, "no whole record") for each in gaps]

    @cached_property
    def last_sent(self) -> Logged | None:
        """The last log line that says changes were sent (message 106)."""
        lines = [each for each in self.case.lines(106) if each.line.moment and each.line.argument != "0"]
        return max(lines, key=lambda each: each.line.moment or datetime.min) if lines else None

    def sent(self, copy: Copy) -> bool:
        """Whether a log shows that a change was sent: T1 sends everything that is queued."""
        last = self.last_sent.line.moment if self.last_sent else None
        return last is not None and copy.stamp is not None and copy.stamp <= last

    def sure(self, certainty: str) -> str:
        """Lower a certainty where the evidence as a whole is doubtful."""
        return _least(certainty, "likely") if self.doubts else certainty


# --- upload ------------------------------------------------------------------------------------------------------


class _Standing(NamedTuple):
    """Why a number has not arrived; ``note`` says by which numbers that is seen."""

    why: str
    certainty: str
    note: str
    settled_by: tuple[str, ...] = ()


def _upload(view: _View, found: Unsent) -> None:
    case = view.case
    seen = [
        _made(view, each, standing)
        for each in copies(case.postoffice, "REQTRANS")
        if (standing := _standing(view, each)) is not None
    ]
    seen += _lost(view, [each for each in seen if each.why == "hole"], found)
    texts = {(each.sync, each.text) for each in seen}
    for gone in vanished(case):
        if (gone.copy.sync, gone.copy.text) not in texts:
            why = "vanished" if gone.given else "pending"
            seen.append(_made(view, gone.copy, _Standing(why, gone.certainty, gone.note)))
    found.changes += seen
    found.ranges += _unreadable(view)
    wanted = _wanted_up(case)
    if wanted:
        found.unknown.append(Unknown(case.postoffice.name, case.postoffice.path, view.server_name, "upload", wanted))


def _standing(view: _View, copy: Copy) -> _Standing | None:
    """Return why a change in REQTRANS has not arrived; None when it has or is confirmed (RULINGS 9 to 13)."""
    case, number = view.case, copy.sync
    a, m, b = case.numbers.a, case.numbers.m, _applied(case)
    unsettled = () if b is not None else (_record_name(case),)
    sure = "certain" if b is not None else "likely"
    if a is None or m is None:
        return _standing_unconfirmed(case, number)
    if m < a:
        note = f"{a} is confirmed and REQTRANS ends at {m}: it is never sent."
        return _Standing("stranded", sure, note, unsettled)
    if b is not None and m < b:
        note = f"The server has this postoffice's numbers up to {b} and refuses this one as old."
        return _Standing("rejected", "certain", note) if number > a else None
    if number <= a:
        return _standing_confirmed(case, number)
    if b is not None and number <= b:
        return None
    if b is None:
        if view.sent(copy):
            note = "A log shows that it was sent; no file given shows whether it arrived."
            return _Standing("unacknowledged", "possible", note, unsettled)
        return _Standing("pending", sure, f"It is numbered above {a}, the last number confirmed here.", unsettled)
    if _inside(number, case.upload.verdict.ranges.get("PARTIAL", ())):
        return _Standing("partial", sure, f"The server stops at number {b + 1} every time.")
    return _Standing("pending", sure, f"The server has this postoffice's numbers up to {b}.")


def _standing_unconfirmed(case: Case, number: int) -> _Standing | None:
    """Return why, without ReqSync: what the server has not is unsent, whatever holds it up."""
    m, b, reqconf = case.numbers.m or 0, _applied(case), "REQCONF of this postoffice"
    if b is None:
        note = "Neither what is confirmed nor what the server has is known; what arrives is cleared from REQTRANS."
        return _Standing("pending", "possible", note, (reqconf, _record_name(case)))
    if m < b:
        # Either ReqSync is at least b, and REQTRANS ends below it; or it is not, and the postoffice went back.
        note = f"The server has this postoffice's numbers up to {b}, and REQTRANS ends at {m}."
        return _Standing("rejected", "likely", note, (reqconf,))
    if number <= b:
        return None
    note = f"The server has this postoffice's numbers up to {b}; only ReqSync tells whether it will be sent."
    return _Standing("pending", "likely", note, (reqconf,))


def _standing_confirmed(case: Case, number: int) -> _Standing | None:
    """Return why a record at or below ReqSync is not with the server after all (RULINGS 10, 13)."""
    own, b = case.numbers, _applied(case)
    if b is None or number <= b:
        return None
    if "HOLE" in case.upload.verdict.states:
        return _Standing("hole", "certain", _hole_note(case))
    if case.upload.channel.renumbered_at == own.a and "EPOCH_CHANGED" not in case.upload.verdict.states:
        note = f"A RESYNC set ReqSync to {own.a} over it, and the server has only {b}: it is never sent."
        return _Standing("stranded", "likely", note, ("RESYNC.GLB or a log of its import",))
    return None


def _lost(view: _View, listed: list[Change], found: Unsent) -> Iterator[Change]:
    """Yield what the server lost and an older or another file still holds; the rest are ranges (Q113453)."""
    case = view.case
    holes = case.upload.verdict.ranges.get("HOLE", ())
    if not holes:
        return
    note = _hole_note(case)
    known = {each.sync for each in listed}
    texts = {each.text for each in listed}
    for each in _kept(case, holes):
        if each.sync not in known:
            known.add(each.sync)
            texts.add(each.text)
            yield _made(view, each, _Standing("hole", "likely", note))
    left = without(holes, known)
    name = case.postoffice.name
    forgotten = view.content.forgotten.get(name.upper(), []) if name else []
    others = [each for each in forgotten if each.text not in texts]
    if others and len(others) == sum(high - low for low, high in left):
        said = f"{note} Its number is found by order: as many changes of this kind are known as numbers."
        missing = (number for low, high in left for number in range(low + 1, high + 1))
        for number, each in zip(missing, others, strict=True):
            yield _made(view, each._replace(sync=number), _Standing("hole", "possible", said))
        return
    if others:
        note += (
            f" {len(others)} changes of this postoffice that the server does not hold any more stand elsewhere; which "
            "of these numbers they had cannot be told."
        )
    evidence = (*view.reasons, *(each.place._replace(note=each.text) for each in others))
    verdict = case.upload.verdict
    for span in left:
        found.ranges.append(
            Unfound(
                name,
                case.postoffice.path,
                view.server_name,
                "upload",
                span,
                "hole",
                view.sure(verdict.certainty),
                evidence,
                note,
                (*files_that_tell(verdict.settled_by, TELLS_UP), *view.doubts),
            )
        )


def _kept(case: Case, ranges: tuple[Range, ...]) -> list[Copy]:
    """Return what older copies of REQTRANS hold in some ranges, the newest copy of each number first.

    A copy that was itself stranded is passed over: its numbers had been used for other changes.
    """
    kept = []
    for earlier in case.network.earlier(case.postoffice):
        then = numbers(earlier)
        if not _was_stranded(then):
            kept += [each for each in copies(earlier, "REQTRANS", _OLDER) if _inside(each.sync, ranges)]
        earlier.release()
    return sorted(kept, key=lambda each: (each.sync, -_seconds(each.stamp), each.place.path, each.text))


def _unreadable(view: _View) -> Iterator[Unfound]:
    """Yield numbers that a damaged REQTRANS must have held between or behind those that can be read."""
    case, gaps = view.case, view.damage
    own, b = case.numbers, _applied(case)
    queue = case.postoffice.queue("REQTRANS")
    if not gaps or queue is None or own.m is None:
        return
    stuck = own.a is not None and own.m < own.a
    why = "stranded" if stuck else "pending"
    low = (queue.first or 1) - 1 if stuck or own.a is None else max(own.a, b or 0)
    spans = [(span, "likely") for span in without([(low, own.m)], {each.sync for each in queue.records})]
    if gaps[-1].span and gaps[-1].span[1] == queue.size and own.m >= low:
        spans.append(((own.m, own.m + 1), "possible"))
    for span, certainty in spans:
        note = "REQTRANS is damaged; what stood there is no whole record."
        origin, path = case.postoffice.name, case.postoffice.path
        yield Unfound(origin, path, view.server_name, "upload", span, why, view.sure(certainty), tuple(gaps), note)


def vanished(case: Case) -> list[Vanished]:
    """Return the changes of older copies of REQTRANS that are gone, while no number shows that the server got them."""
    present: set[str] | None = None
    found: dict[tuple[int, str], Vanished] = {}
    for earlier in case.network.earlier(case.postoffice):
        then = numbers(earlier)
        stuck = _was_stranded(then)
        for each in sorted(copies(earlier, "REQTRANS", _OLDER)):
            if (then.a is not None and each.sync <= then.a and not stuck) or (each.sync, each.text) in found:
                continue
            if present is None:
                present = {copy.text for copy in copies(case.postoffice, "REQTRANS")}
            if each.text in present:
                continue
            judged = _unconfirmed(case, each.sync, then, stuck)
            if judged is not None:
                found[each.sync, each.text] = _weighed(case, each, *judged)
        earlier.release()
    return [found[key] for key in sorted(found)]


_OLDER = "in the older REQTRANS"


def _unconfirmed(case: Case, number: int, then: Numbers, stuck: bool) -> tuple[str, str] | None:
    """Return how surely a change waiting in an older REQTRANS never arrived, and by which numbers; None when it did."""
    own, b = case.numbers, _applied(case)
    if stuck:
        return "likely", f"It was stranded then: {then.a} was confirmed, and REQTRANS ended at {then.m}."
    back = own.a is not None and then.a is not None and own.a < then.a
    reset = own.imports is not None and then.imports is not None and own.imports < then.imports
    if reset or (back and b is not None and then.a is not None and b < then.a and own.a is not None and b >= own.a):
        return "possible", "The numbers began again since then and do not show whether it arrived."
    if b is not None and number <= b:
        return None
    if own.a is not None and number <= own.a:
        if b is None or case.upload.channel.renumbered_at != own.a or "EPOCH_CHANGED" in case.upload.verdict.states:
            return None
        return "likely", f"A RESYNC set ReqSync to {own.a} over it, and the server has only {b}."
    if b is not None and "EPOCH_CHANGED" in case.upload.verdict.states:
        return "possible", "The server's record was made anew since then and does not show whether it arrived."
    confirmed = "" if own.a is None else f"; {own.a} is confirmed here"
    if b is not None:
        sure = "certain" if own.a is not None else "likely"
        return sure, f"The server has this postoffice's numbers up to {b}{confirmed}."
    if own.a is not None:
        return "likely", f"{own.a} is the last number confirmed here."
    return "possible", "Neither what is confirmed now nor what the server has is known."


def _weighed(case: Case, copy: Copy, certainty: str, note: str) -> Vanished:
    """Lower the certainty where today's queue is missing."""
    given = case.postoffice.queue("REQTRANS") is not None
    if given:
        return Vanished(copy, certainty, f"It is gone from REQTRANS. {note}", True)
    if case.postoffice.absent("REQTRANS.GLB"):
        return Vanished(copy, _least(certainty, "likely"), f"REQTRANS.GLB is missing. {note}", True)
    return Vanished(copy, "possible", f"Today's REQTRANS is not given or cannot be read. {note}", False)


# --- download ----------------------------------------------------------------------------------------------------


class _Fetch(NamedTuple):
    """What the entries of one download share."""

    origin: str | None
    path: str
    target: str | None
    at: int | None
    head: int | None
    evidence: tuple[Evidence, ...]


def _download(view: _View, found: Unsent) -> None:
    case, content = view.case, view.content
    server = case.server
    fetch = _Fetch(
        view.server_name,
        server.postoffice.path if server else case.postoffice.path,
        case.postoffice.name,
        _target_at(case),
        server.head if server else None,
        _numbers_down(case),
    )
    seen: list[Change] = []
    for standing, spans in _due(case, fetch.at, fetch.head):
        for span in spans:
            held = content.sent(*span)
            numbered = {each.sync for each in held}
            seen += [_due_change(view, fetch, each, standing) for each in held]
            if len(numbered) < span[1] - span[0]:
                other = [
                    each for each in content.elsewhere if span[0] < each.sync <= span[1] and each.sync not in numbered
                ]
                less = standing._replace(certainty=_least(standing.certainty, "likely"))
                seen += [_due_change(view, fetch, each, less) for each in other]
                left = without([span], numbered | {each.sync for each in other})
                found.ranges += [_due_range(view, fetch, each, standing) for each in left]
    if fetch.at is not None and fetch.head is not None:
        standing = _Standing("hole", "likely", f"The server had issued it, and went back to {fetch.head}.")
        lost = [
            each
            for each in content.earlier_master
            if each.sync > max(fetch.at, fetch.head) and each.text not in content.master_texts
        ]
        seen += [_due_change(view, fetch, each, standing) for each in lost]
    listed = {(each.sync, each.text) for each in seen}
    for name in FETCHED:
        for each in copies(case.postoffice, name):
            if (each.sync, each.text) not in listed:
                seen.append(_due_change(view, fetch, each, _left(case, name, each.sync)))
    found.changes += seen
    wanted = _wanted_down(fetch.at, fetch.head)
    if wanted:
        found.unknown.append(Unknown(fetch.origin, fetch.path, fetch.target, "download", wanted))


def _numbers_down(case: Case) -> tuple[Evidence, ...]:
    """Return where the numbers of a download stand."""
    requestor, server = case.requestor, case.server
    found = (
        case.stored("srvsync", case.numbers.c, "server updates received"),
        case.served("srvsync", requestor.srvsync if requestor else None, "received, by the server's record"),
        case.headed("sync", server.head if server else None, "highest number the server has issued"),
    )
    return tuple(each for each in found if each and each.value is not None)


def _due_change(view: _View, fetch: _Fetch, copy: Copy, standing: _Standing) -> Change:
    return Change(
        fetch.origin,
        fetch.path,
        fetch.target,
        "download",
        copy.sync,
        copy.stamp,
        copy.text,
        standing.why,
        view.sure(standing.certainty),
        (copy.place, *fetch.evidence),
        standing.note,
        (*standing.settled_by, *view.doubts),
    )


def _due_range(view: _View, fetch: _Fetch, span: Range, standing: _Standing) -> Unfound:
    return Unfound(
        fetch.origin,
        fetch.path,
        fetch.target,
        "download",
        span,
        standing.why,
        view.sure(standing.certainty),
        fetch.evidence,
        standing.note,
        (*standing.settled_by, *view.doubts),
    )


def _due(case: Case, at: int | None, head: int | None) -> Iterator[tuple[_Standing, tuple[Range, ...]]]:
    """Yield the numbers that the server has issued and the target has not, with the reason (RULINGS 15)."""
    verdict, c = case.download.verdict, case.numbers.c
    sure = verdict.certainty if c is not None else _least(verdict.certainty, "likely")
    settled = files_that_tell(verdict.settled_by, TELLS_DOWN)
    if "EPOCH_CHANGED" in verdict.states:
        if at is not None and head is not None and at < head:
            note = "The server's record of this postoffice was made anew: updates are refused as old mail, in silence."
            yield _Standing("refused", sure, note, settled), ((at, head),)
        return
    by = f"SrvSync here is {c}." if c is not None else f"By the server's record it has received {at}."
    first = case.server.first if case.server else None
    notes = {
        "HOLE": ("purged", f"{by} MSTTRANS begins at {first}: purged before it was fetched. Only an Import brings it."),
        "UNACKNOWLEDGED": ("unacknowledged", f"{by} The server has sent it; T3 has not taken it in."),
        "PENDING": ("pending", f"{by} The server sends it at the next T2."),
    }
    if case.download.channel.importing:
        notes["PENDING"] = ("pending", "The first cycle asks for an Import, which brings the complete lists.")
    taken: tuple[Range, ...] = ()
    for state, (why, note) in notes.items():
        spans = subtracted(verdict.ranges.get(state, ()), taken)
        taken += spans
        if spans:
            yield _Standing(why, sure, note, settled), spans


def _left(case: Case, name: str, number: int) -> _Standing:
    c = case.numbers.c
    if c is not None and number > c:
        note = f"It stands in {name} and is above SrvSync {c}: the server will send it again."
        return _Standing("leftover", "possible", note)
    note = (
        f"It was fetched and still stands in {name}: Import has not put it into the lists. "
        "The server believes it delivered."
    )
    return _Standing("leftover", "likely", note, ("a log of the last Import",))


# --- parts -------------------------------------------------------------------------------------------------------


def _made(view: _View, copy: Copy, standing: _Standing) -> Change:
    """Return a change of an upload; a text that the server knows was probably delivered earlier (RULINGS 14).

    What the server lost, others may have fetched before; only MSTTRANS shows that the server has it again.
    """
    postoffice = view.case.postoffice
    certainty = view.sure(standing.certainty)
    if standing.why in ("stranded", "rejected") and view.damage:
        certainty = _least(certainty, "likely")
    note, evidence = standing.note, (copy.place, *view.reasons)
    if standing.why == "unacknowledged" and view.last_sent:
        evidence += (logged(view.last_sent, "changes were sent"),)
    content = view.content
    lost = standing.why == "hole"
    arrived = content.master_texts.get(copy.text) if lost else content.arrived(copy.text, postoffice.path)
    if arrived is not None:
        certainty = "possible"
        where = arrived.place.path.rpartition("/")[2].partition(".")[0].upper()
        note += f" The same text stands in {where}: it was probably delivered earlier."
        evidence += (arrived.place,)
    return Change(
        postoffice.name,
        postoffice.path,
        view.server_name,
        "upload",
        copy.sync,
        copy.stamp,
        copy.text,
        standing.why,
        certainty,
        evidence,
        note.strip(),
        (*standing.settled_by, *view.doubts),
    )


def _hole_note(case: Case) -> str:
    return (
        f"{case.numbers.a} is confirmed here and the server has only {_applied(case)}: it lost what it had, and nobody "
        "sends that again."
    )


def _wanted_up(case: Case) -> tuple[str, ...]:
    wanted = []
    if case.numbers.m is None:
        wanted.append("REQTRANS")
    if case.numbers.a is None:
        wanted.append("REQCONF")
    if _applied(case) is None:
        wanted.append("the server's SRVCONF" if case.server is None else "a record of it in the server's SRVCONF")
    if hole := undecided_hole(case):
        span = numbers_text([hole])
        wanted.append(f"the import numbers of both sides, which tell whether the server lost {span}")
    return tuple(wanted)


def _wanted_down(at: int | None, head: int | None) -> tuple[str, ...]:
    wanted = []
    if at is None:
        wanted.append("REQCONF of the requestor")
    if head is None:
        wanted.append("the server's SRVCONF")
    return tuple(wanted)


def _record_name(case: Case) -> str:
    return "SRVCONF of the server" if case.server is None else "the server's record of this postoffice"


def _applied(case: Case) -> int | None:
    return case.requestor.reqsync if case.requestor else None


def _target_at(case: Case) -> int | None:
    """SrvSync as the requestor has it, else as the server has it (RULINGS 15)."""
    if case.numbers.c is not None:
        return case.numbers.c
    return case.requestor.srvsync if case.requestor else None


def _was_stranded(then: Numbers) -> bool:
    return then.a is not None and then.m is not None and then.m < then.a


def _least(*certainties: str) -> str:
    return max(certainties, key=CERTAINTIES.index)


def _origin(text: str) -> str | None:
    """Return the postoffice, in upper case, whose list a transaction changes."""
    typed = parse_text(text).transaction
    name = typed.postoffice_name if typed else None
    return name.upper() if name else None


def _by_number(found: Iterable[Copy]) -> list[Copy]:
    """Return copies by number, each content once."""
    once: dict[tuple[int, str], Copy] = {}
    for each in found:
        once.setdefault((each.sync, each.text), each)
    return [once[key] for key in sorted(once)]


def _once(found: Iterable[Change]) -> list[Change]:
    once: dict[tuple[str, str, str, int, str], Change] = {}
    for each in found:
        origin, target = each.postoffice or each.path, each.target or ""
        once.setdefault((origin, each.channel, target, each.sync, each.text), each)
    return list(once.values())


def _change_order(each: Change) -> tuple[str, int, str, str, int, str]:
    return (*_place_order(each.postoffice, each.path, each.channel, each.target), each.sync, each.text)


def _place_order(origin: str | None, path: str, channel: str, target: str | None) -> tuple[str, int, str, str]:
    return origin or "", DIRECTIONS.index(channel), target or "", "" if origin else path


def _upper(name: str | None) -> str | None:
    return name.upper() if name else None


def _inside(number: int, ranges: Iterable[Range]) -> bool:
    return any(low < number <= high for low, high in ranges)


def _seconds(when: datetime | None) -> float:
    return (when - datetime(1970, 1, 1)).total_seconds() if when else 0.0


def without(ranges: Iterable[Range], known: Iterable[int]) -> list[Range]:
    """Return the parts of ``ranges`` that hold none of some numbers."""
    return list(subtracted(ranges, ranges_of(known)))


def subtracted(ranges: Iterable[Range], taken: Iterable[Range]) -> tuple[Range, ...]:
    """Return ``ranges`` without what is in ``taken``."""
    away = sorted(taken)
    starts = [low for low, _ in away]
    left: list[Range] = []
    for low, high in ranges:
        at = low
        first = max(bisect_left(starts, low) - 1, 0)
        for begin, end in clipped(away[first : bisect_right(starts, high)], low, high):
            if begin > at:
                left.append((at, begin))
            at = max(at, end)
        if at < high:
            left.append((at, high))
    return tuple(left)
