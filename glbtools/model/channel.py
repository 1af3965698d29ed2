"""The channel: a log of numbered changes at an origin, and how far a target has got with it.

Every system glbtools knows is of this shape, and its failures are the ways in which the two can disagree. ``classify``
says which, and which numbers are concerned. It knows no file: callers fill in what their evidence holds and leave None
where it holds nothing.

Ranges of numbers are open below and closed above: (12, 17] is 13 to 17. Evaluation is three-valued. A state that cannot
be decided for want of a value is neither held nor refuted, and what would decide it is named. Numbers are compared as
they stand even where the logs or lives differ: a target that does not notice compares them so, and the more serious
state comes first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from glbtools.brief import brief

Range = tuple[int, int]

STATES = (
    "FOREIGN",
    "EPOCH_CHANGED",
    "ROLLED_BACK",
    "HOLE",
    "MISSED_DELETIONS",
    "STRANDED",
    "REJECTED",
    "PARTIAL",
    "UNACKNOWLEDGED",
    "PENDING",
    "IN_SYNC",
    "UNKNOWN",
)
"""Most serious first; the state of a channel is the first that holds."""

NORMAL = frozenset({"UNACKNOWLEDGED", "PENDING", "IN_SYNC", "UNKNOWN"})
"""States a healthy channel passes through in every cycle, and the one that claims nothing."""

UPLOAD, DOWNLOAD, USN, BACKSYNC, ICS = "upload", "download", "usn", "backsync", "ics"


class Channel(NamedTuple):
    """What is known of one channel; None stands for a value that no evidence holds.

    Attributes:
        kind: ``upload`` (requestor to server), ``download`` (server to requestor), ``usn``, ``backsync`` or ``ics``.
        origin: who numbers the changes.
        target: who is to receive them.
        held: the numbers whose real records the origin still has, in order; dummies are not real (ruling 1).
        last: the origin's counter: the last number in its log, a dummy's included; 0 when the log is empty.
        confirmed: how far the origin believes the target has got.
        applied: how far the target says it has got.
        head: the highest number issued, as the origin keeps it beside its log (SRVCONF's Sync, the highest USN). An
            upload has none: its head is the higher of ``last`` and ``confirmed`` (ruling 9).
        floor: highest number that may be purged: at or below it a change may be gone; 0 when nothing is.
        delete_floor: the same for deletions, in a log that keeps the last state of each object.
        dense: whether every number occurs (PC Mail), or some may be skipped (USN).
        life: which life the origin counts: an import number in PC Mail, elsewhere an invocation id.
        target_life: which one the target counts. In an upload 0 where the server's record is all zero (ruling 10).
        log_of: whose log the target's number counts, as the target names it.
        renumbered_at: the number that a RESYNC set, or would set (ruling 10); 0 where none explains anything.
        since: first number issued in this life of the log.
        importing: whether a target that has nothing yet will be given everything, whatever was purged (ruling 15).
        stopped_at: number of a record at which the target stops every time; None also when none is known (ruling 11).
    """

    kind: str
    origin: str | None = None
    target: str | None = None
    held: tuple[Range, ...] | None = None
    last: int | None = None
    confirmed: int | None = None
    applied: int | None = None
    head: int | None = None
    floor: int | None = None
    delete_floor: int | None = None
    dense: bool = True
    life: int | str | None = None
    target_life: int | str | None = None
    log_of: str | None = None
    renumbered_at: int | None = None
    since: int | None = None
    importing: bool | None = None
    stopped_at: int | None = None

    def __repr__(self) -> str:
        return brief("Channel", f"{self.kind} {self.origin} -> {self.target}")


class Verdict(NamedTuple):
    """What a channel is found to be in.

    Attributes:
        state: the most serious state that holds; UNKNOWN when none is known to hold.
        states: all that hold, most serious first.
        ranges: state -> the numbers concerned, for the states that concern numbers.
        dead_zone: numbers still to be issued that the target will ignore, as far as known.
        certainty: ``certain``, or ``likely`` when a more serious state could not be refuted or the target's own number
            is missing, or ``possible`` (UNKNOWN).
        settled_by: names of the values that would decide what could not be decided.
        undecided: the states that are neither held nor refuted, most serious first.
        expected: as ``ranges``, for undecided states of an upload: what they concern if a missing number has nothing to
            say, so that nothing is confirmed, or the target has what is confirmed and no more.
    """

    state: str
    states: tuple[str, ...]
    ranges: dict[str, tuple[Range, ...]]
    dead_zone: Range | None
    certainty: str
    settled_by: tuple[str, ...]
    undecided: tuple[str, ...]
    expected: dict[str, tuple[Range, ...]]

    def __repr__(self) -> str:
        return brief("Verdict", f"{self.certainty} {self.state} {self.ranges.get(self.state, ())}")

    def of(self, number: int) -> str:
        """Return what one number is: the state that concerns it, or IN_SYNC where none does.

        What becomes of a number that is held goes before what became of it at the target.
        """
        for known in (self.ranges, self.expected):
            for state in sorted(known, key=_OF_HELD.__contains__, reverse=True):
                if clipped(known[state], number - 1, number):
                    return state
        return "IN_SYNC"


def due(verdict: Verdict) -> dict[str, tuple[Range, ...]]:
    """Return why each number of a download has not arrived: state -> numbers, each number under the first that holds.

    What is gone is not sent, and what was sent does not wait to be sent.
    """
    found: dict[str, tuple[Range, ...]] = {}
    taken: tuple[Range, ...] = ()
    for state in ("HOLE", "UNACKNOWLEDGED", "PENDING"):
        found[state] = subtracted(verdict.ranges.get(state, ()), taken)
        taken += found[state]
    return found


_OF_HELD = ("STRANDED", "REJECTED", "PARTIAL", "PENDING")
"""States of what the origin still holds."""


def classify(channel: Channel) -> Verdict:
    """Return which states a channel is in."""
    believed = channel._replace(applied=_sent_after(channel))
    ranges: dict[str, tuple[Range, ...]] = {}
    unsure: list[str] = []
    wanted: set[str] = set()
    expected: dict[str, tuple[Range, ...]] = {}
    for state, test in _TESTS.get(channel.kind, _LOG).items():
        answer = test(channel)
        wanted |= answer.wanted
        if answer.holds is None:
            unsure.append(state)
            answer = test(believed)
            if channel.kind == UPLOAD and (guess := test(_silent(channel))).holds:
                expected[state] = guess.numbers
        if answer.holds:
            ranges[state] = answer.numbers
    states = tuple(ranges) or (("UNKNOWN",) if unsure else ("IN_SYNC",))
    return Verdict(
        states[0],
        states,
        {state: numbers for state, numbers in ranges.items() if numbers},
        dead_zone(channel),
        _certainty(channel, states[0], unsure),
        settled_by=tuple(name for name in Channel._fields if name in wanted),
        undecided=tuple(state for state in unsure if state not in ranges),
        expected=expected,
    )


def dead_zone(channel: Channel) -> Range | None:
    """Return the numbers still to be issued that will be ignored: the log's end up to where either side believes it is.

    In an upload the origin sends what is above its own cursor and the target takes what is above its own, so the higher
    counts (ruling 9); any other log is sent from one number (ruling 15).
    """
    upload = channel.kind == UPLOAD
    last = channel.last if upload else channel.head
    ignored = max(channel.confirmed or 0, channel.applied or 0) if upload else _sent_after(channel)
    return (last, ignored) if last is not None and ignored is not None and last < ignored else None


def _sent_after(channel: Channel) -> int | None:
    """Return the number a log is sent from: what the target says, else what the origin believes (ruling 15).

    The second is a belief: a state that holds by it is never certain, and none is refuted by it.
    """
    return channel.confirmed if channel.applied is None and channel.kind != UPLOAD else channel.applied


def _silent(channel: Channel) -> Channel:
    """Return an upload in which a missing number has nothing to say: see ``Verdict.expected``."""
    confirmed = channel.confirmed or 0
    return channel._replace(confirmed=confirmed, applied=confirmed if channel.applied is None else channel.applied)


def _certainty(channel: Channel, state: str, unsure: list[str]) -> str:
    if state == "UNKNOWN":
        return "possible"
    if state == "STRANDED" and channel.kind == UPLOAD:
        return "certain"  # Whatever the target may show: it rests on the origin's own two numbers (Q119452).
    return "likely" if any(STATES.index(each) <= STATES.index(state) for each in unsure) else "certain"


# --- answers in three values --------------------------------------------------------------------------------------


class _Answer(NamedTuple):
    """Whether something holds, None if nobody can tell; the missing values wanted to tell; the numbers concerned."""

    holds: bool | None
    wanted: frozenset[str] = frozenset()
    numbers: tuple[Range, ...] = ()

    def about(self, numbers: tuple[Range, ...]) -> _Answer:
        return self._replace(numbers=numbers)

    def about_held(self, channel: Channel, low: int | None, high: int | None) -> _Answer:
        """Concern the numbers held in (low, high]; which they are may be unknown though the state holds."""
        if self.holds is not False and channel.held is None and _limit(channel, "held") != 0:
            return self._replace(wanted=self.wanted | {"held"})
        return self.about(clipped(channel.held or (), low or 0, high or 0))


_Test = Callable[[Channel], _Answer]


def _all(*answers: _Answer) -> _Answer:
    if any(answer.holds is False for answer in answers):
        return _Answer(False)
    wanted = frozenset[str]().union(*(answer.wanted for answer in answers))
    return _Answer(None if wanted else True, wanted)


def _not(answer: _Answer) -> _Answer:
    return _Answer(None if answer.holds is None else not answer.holds, answer.wanted)


def _any(*answers: _Answer) -> _Answer:
    return _not(_all(*map(_not, answers)))


def _value(channel: Channel, name: str) -> int | None:
    """Return a value by its name; of the numbers held, the highest."""
    if name == "held" and channel.held is not None:
        return channel.held[-1][1] if channel.held else 0
    value: int | None = getattr(channel, name)
    return value


def _limit(channel: Channel, name: str) -> int | None:
    """Return what a value is at most: no log holds, and none has purged, what was not issued."""
    value = _value(channel, name)
    if value is None and name in {"held", "floor", "delete_floor"}:
        return channel.last if channel.kind == UPLOAD else channel.head
    return value


def _less(channel: Channel, low: str, high: str) -> _Answer:
    """Return whether one value is below another; a missing one is at least 0 and at most its limit."""
    low_limit, high_limit = _limit(channel, low), _limit(channel, high)
    if high_limit is not None and (_value(channel, low) or 0) >= high_limit:
        return _Answer(False)
    if low_limit is not None and low_limit < (_value(channel, high) or 0):
        return _Answer(True)
    return _Answer(None, _missing(channel, low, high))


def _equal(channel: Channel, one: str, other: str) -> _Answer:
    missing = _missing(channel, one, other)
    return _Answer(None, missing) if missing else _Answer(getattr(channel, one) == getattr(channel, other))


def _positive(channel: Channel, name: str) -> _Answer:
    limit, value = _limit(channel, name), _value(channel, name)
    return _Answer(False) if limit == 0 else _Answer(None, frozenset({name})) if value is None else _Answer(True)


def _missing(channel: Channel, *names: str) -> frozenset[str]:
    return frozenset(name for name in names if getattr(channel, name) is None)


def _span(low: int | None, high: int | None) -> tuple[Range, ...]:
    return clipped([(low or 0, high or 0)], 0, high or 0)


def _foreign(channel: Channel) -> _Answer:
    return _not(_equal(channel, "log_of", "origin"))


# --- states of an upload: the origin sends what is above its own cursor, the target refuses what is not above its own


def _upload_epoch_changed(channel: Channel) -> _Answer:
    """The server's record was made anew (Q99961): it is behind, and of another life (ruling 10).

    A RESYNC explains a missing acknowledgement but no import number, so it refutes HOLE alone.
    """
    return _all(_less(channel, "applied", "confirmed"), _made_anew(channel))


def _made_anew(channel: Channel) -> _Answer:
    all_zero = _all(_not(_positive(channel, "applied")), _not(_positive(channel, "target_life")))
    return _any(_less(channel, "target_life", "life"), all_zero)


def _upload_rolled_back(channel: Channel) -> _Answer:
    """The requestor went back: the server has seen numbers it knows nothing of (ruling 9)."""
    return _all(_less(channel, "last", "applied"), _less(channel, "confirmed", "applied"))


def _upload_hole(channel: Channel) -> _Answer:
    """The server went back: what it had confirmed is never sent again (Q113453), unless ruling 10 explains it."""
    explained = _any(_made_anew(channel), _equal(channel, "renumbered_at", "confirmed"))
    behind = _less(channel, "applied", "confirmed")
    return _all(behind, _not(explained)).about(_span(channel.applied, channel.confirmed))


MAX_SYNC = 0xFFFFFFFF
"""The last number that files hold."""

BEFORE_FIRST = -1
"""A queue may begin at 0 (docs/facts/protocol.md#first), and what has that number is stuck like the rest."""


def _upload_stranded(channel: Channel) -> _Answer:
    """The log ends below its own cursor: nothing in it is ever sent (Q119452); perhaps nothing is yet (ruling 9)."""
    return _less(channel, "last", "confirmed").about_held(channel, BEFORE_FIRST, channel.confirmed)


def _rejected(channel: Channel) -> _Answer:
    """A requestor that went back numbers its changes as the server has had them: refused as old (Q96060, ruling 9).

    Where its log reaches its own cursor, what is at or below that was acknowledged and is not sent (ruling 13).
    """
    stranded = _less(channel, "last", "confirmed")
    unsent = _any(_less(channel, "confirmed", "held"), _all(stranded, _positive(channel, "held")))
    low = 0 if stranded.holds else channel.confirmed
    return _all(_upload_rolled_back(channel), unsent).about_held(channel, low, channel.applied)


def _partial(channel: Channel) -> _Answer:
    """The server stops at the same record each time (Q103421 #1645); only with evidence of it (ruling 11)."""
    if not channel.stopped_at:
        return _Answer(False)
    stop = channel._replace(applied=channel.stopped_at - 1)
    missing = _missing(channel, "applied")
    is_next = _Answer(None if missing else channel.applied == stop.applied, missing)
    is_sent = _all(_not(_less(stop, "applied", "confirmed")), _less(stop, "applied", "last"))
    return _all(is_next, is_sent).about_held(channel, channel.applied, channel.last)


def _upload_unacknowledged(channel: Channel) -> _Answer:
    """Received, and the requestor has not heard of it: normal between T2 and T3 (ruling 11).

    So is a first cycle; that the server's record is of an earlier life is for callers to say (ruling 12).
    """
    added = _less(channel, "confirmed", "last")
    received = _all(added, _less(channel, "confirmed", "applied"), _not(_less(channel, "last", "applied")))
    return received.about(_span(channel.confirmed, channel.applied))


def _upload_pending(channel: Channel) -> _Answer:
    """Will be sent at the next T1 and taken: held, and above both cursors (Q119014: strictly)."""
    above = _all(_less(channel, "confirmed", "held"), _less(channel, "applied", "held"))
    return above.about_held(channel, max(channel.confirmed or 0, channel.applied or 0), _value(channel, "held"))


_UPLOAD: dict[str, _Test] = {
    "FOREIGN": _foreign,
    "EPOCH_CHANGED": _upload_epoch_changed,
    "ROLLED_BACK": _upload_rolled_back,
    "HOLE": _upload_hole,
    "STRANDED": _upload_stranded,
    "REJECTED": _rejected,
    "PARTIAL": _partial,
    "UNACKNOWLEDGED": _upload_unacknowledged,
    "PENDING": _upload_pending,
}


# --- states of a log that is sent from where the target says it is -------------------------------------------------


def _log_epoch_changed(channel: Channel) -> _Answer:
    """The two count different lives.

    Of import numbers only one that went back matters: the server's replies are refused in silence (Q99961, ruling 15).
    """
    if channel.kind == DOWNLOAD:
        return _less(channel, "life", "target_life")
    return _not(_equal(channel, "life", "target_life"))


def _log_rolled_back(channel: Channel) -> _Answer:
    """The origin went back: the target is ahead of everything it has issued (ruling 15; event 1224)."""
    return _less(channel, "head", "applied")


def _log_hole(channel: Channel) -> _Answer:
    """Purged before the target saw it (Q108067), and no import makes up for it (ruling 15)."""
    gone = _all(_less(channel, "applied", "floor"), _not(_importing(channel)))
    return gone.about(_span(channel.applied, channel.floor))


def _missed_deletions(channel: Channel) -> _Answer:
    """A deletion was removed for good before the target saw it: strictly above its number."""
    return _all(_less(channel, "applied", "delete_floor"), _not(_importing(channel)))


def _importing(channel: Channel) -> _Answer:
    return _all(_not(_positive(channel, "applied")), _Answer(channel.importing, _missing(channel, "importing")))


def _log_stranded(channel: Channel) -> _Answer:
    """Issued since the origin went back, under numbers the target believes to have: never asked for (Q201414)."""
    issued = _all(_positive(channel, "held"), _not(_less(channel, "held", "since")))
    return _all(_log_rolled_back(channel), issued).about_held(channel, (channel.since or 1) - 1, channel.head)


def _log_unacknowledged(channel: Channel) -> _Answer:
    """Sent, and not taken: T3 was not run, or the target went back and will be sent it again (ruling 15)."""
    return _less(channel, "applied", "confirmed").about(_span(channel.applied, channel.confirmed))


def _log_pending(channel: Channel) -> _Answer:
    """Will be sent when the target is next heard of (ruling 15); not the part that is purged, perhaps all of it."""
    if not channel.dense:
        return _less(channel, "applied", "held").about_held(channel, channel.applied, _value(channel, "held"))
    purged = 0 if _importing(channel).holds else channel.floor or 0
    due = _span(channel.applied, channel.head)
    return _less(channel, "applied", "head").about(clipped(due, purged, channel.head or 0))


_LOG: dict[str, _Test] = {
    "FOREIGN": _foreign,
    "EPOCH_CHANGED": _log_epoch_changed,
    "ROLLED_BACK": _log_rolled_back,
    "HOLE": _log_hole,
    "MISSED_DELETIONS": _missed_deletions,
    "STRANDED": _log_stranded,
    "UNACKNOWLEDGED": _log_unacknowledged,
    "PENDING": _log_pending,
}

_OF_CHANGES = {state: test for state, test in _LOG.items() if state != "MISSED_DELETIONS"}
"""Deletions are changes like others, and are purged with them."""

_OF_OBJECTS = {state: test for state, test in _LOG.items() if state not in {"HOLE", "UNACKNOWLEDGED"}}
"""Each object keeps its last change for as long as it lives: nothing but deletions is ever purged. What is sent counts
as taken: nobody acknowledges it."""

_TESTS = {UPLOAD: _UPLOAD, DOWNLOAD: _OF_CHANGES, USN: _OF_OBJECTS, BACKSYNC: _OF_OBJECTS, ICS: _LOG}


# --- ranges -------------------------------------------------------------------------------------------------------


def clipped(ranges: Iterable[Range], low: int, high: int) -> tuple[Range, ...]:
    """Return the parts of ``ranges`` inside (low, high]."""
    return tuple((max(a, low), min(b, high)) for a, b in ranges if max(a, low) < min(b, high))


def ranges_of(numbers: Iterable[int]) -> tuple[Range, ...]:
    """Return numbers as the fewest ranges."""
    found: list[Range] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number - 1, number))
    return tuple(found)


def numbers_of(ranges: Iterable[Range]) -> Iterator[int]:
    """Yield every number in ``ranges``."""
    for low, high in ranges:
        yield from range(low + 1, high + 1)


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
