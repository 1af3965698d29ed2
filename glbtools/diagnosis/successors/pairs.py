"""Pairs of stores kept in step by messages that may be lost: what the agent, the source and the target each remember.

The target's journal is in one transaction with its data, so it is what counts; the agent's state may lag behind it
after a lost success message, and is ahead of it only if the target went back (docs/facts/directories.md#ics).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple, Unpack

from glbtools.diagnosis.case import ChannelVerdict
from glbtools.diagnosis.finding import Details, Evidence, Finding, new_finding
from glbtools.diagnosis.successors.found import MOST, only_first
from glbtools.diagnosis.successors.inputs import PAIR, SYNC_STATE, Piece, SuccessorInputs, line_of
from glbtools.diagnosis.wording import numbers_text, plural
from glbtools.directory.dump import Dump
from glbtools.errors import GlbError
from glbtools.evidence.sources import on_disk
from glbtools.files import DEFAULT_MAX_SIZE
from glbtools.model.channel import ICS, Channel, Range, classify
from glbtools.model.directory import Entry, Facts
from glbtools.progress import Progress
from glbtools.sync import pair as pairs
from glbtools.sync.agent import StateFile, parse_state
from glbtools.sync.pair import Pair, PairStatus, StorePlace
from glbtools.sync.store import KeptStore
from glbtools.sync.transport import BATCH, SpoolContents, spooled

RESTORED, PURGED, LOST = "ics-source-restored", "ics-changes-purged", "ics-lost-message"


class PairSummary(NamedTuple):
    """One pair, for the report.

    Attributes:
        id: which pair.
        path: its file; of a state without one, the state.
        cursor: how far the agent knows to have got; None where its state is not given.
        applied: how far the target has got; None where the target is not given.
        head: the highest number of the source; None where the source is not given.
    """

    id: str
    path: str
    cursor: int | None
    applied: int | None
    head: int | None


class PairResult(NamedTuple):
    """What the pairs given show."""

    pairs: list[PairSummary]
    channels: list[ChannelVerdict]
    findings: list[Finding]


class _Case(NamedTuple):
    """One pair as the checks see it."""

    path: str
    pair: Pair
    stands: PairStatus
    spool: SpoolContents
    at_work: str
    state_line: int | None

    @property
    def cursor(self) -> int | None:
        return self.stands.state.cursor if self.stands.state else None

    @property
    def applied(self) -> int | None:
        return self.stands.journal.applied if self.stands.journal else None

    def counted(self, note: str = "the last number of which the agent has heard") -> Evidence | None:
        """Where the agent's number stands."""
        if self.cursor is None:
            return None
        return Evidence(
            str(self.pair.state), span=None, line=self.state_line, field="cursor", value=self.cursor, note=note
        )

    def taken(self, note: str = "the last number that the target has applied") -> Evidence | None:
        """Where the target's number stands."""
        if self.applied is None or self.pair.target is None:
            return None
        return Evidence(str(self.pair.target.path), field="journal", value=self.applied, note=note)

    def issued(self, note: str = "the highest number of the source") -> Evidence | None:
        """Where the source's number stands."""
        if self.stands.head is None or self.pair.source is None:
            return None
        return Evidence(str(self.pair.source.path), field="head", value=self.stands.head, note=note)

    def finding(
        self, slug: str, message: str, evidence: Iterable[Evidence | None] = (), **details: Unpack[Details]
    ) -> Finding:
        """Return a finding about this pair."""
        return new_finding((None, self.path), slug, message, evidence, **details)


def check(given: SuccessorInputs, progress: Progress | None = None) -> PairResult:
    """Return what the pair files and states that were given show."""
    found, read = PairResult([], [], []), set()
    wanted = {each.path: each for each in given.of(PAIR)}
    for state in given.of(SYNC_STATE):
        owner = _owner(state)
        if owner is not None:
            wanted.setdefault(owner.path, owner)
            read.add(state.path)
    for _, piece in sorted(wanted.items()):
        if progress:
            progress(piece.path, 0, 0)
        given.note(piece.entry, PAIR)
        if piece.place is None:
            given.unreadable[piece.path] = (
                f"{piece.path}: a pair in an archive or an image, whose stores and messages are not opened there; take "
                "the whole of it out"
            )
            continue
        try:
            case = _case(given, piece, piece.place)
        except (GlbError, OSError) as error:
            said = str(error) if isinstance(error, GlbError) else f"{piece.path}: {error.strerror}"
            given.unreadable[piece.path] = said
            continue
        found.pairs.append(PairSummary(case.pair.id, case.path, case.cursor, case.applied, case.stands.head))
        found.channels.extend(_judged(case))
        for look in (_stopped, _out_of_step, _refused, _conflicts, _parentless):
            found.findings.extend(look(case))
    for piece in given.of(SYNC_STATE):
        if piece.path not in read and (alone := _alone(given, piece)):
            found.pairs.append(alone[0])
            found.channels.append(alone[1])
    return found


def _owner(state: Piece) -> Piece | None:
    """Return the pair file beside a state that names it."""
    if state.place is None:
        return None
    prefix = state.path.removesuffix(state.place.name)
    for each in sorted(state.place.parent.glob("*.toml")):
        try:
            if pairs.load(each).state.resolve() == state.place.resolve():
                return Piece(on_disk(each, prefix + each.name), PAIR)
        except (GlbError, OSError, RuntimeError):  # the last is a circle of links
            continue
    return None


def _case(given: SuccessorInputs, piece: Piece, place: Path) -> _Case:
    """Return a pair with as much of it as is here; a store that is not is left out, as on another machine.

    Raises:
        GlbError: the pair file is wrong.
    """
    pair = pairs.load(place)
    here = pair._replace(source=_if_here(pair.source), target=_if_here(pair.target))
    for store in (here.source, here.target):
        if store is not None:
            given.stores |= {store.path: None} if store.kind == pairs.SQLITE else {}
            for path in (store.path, Path(f"{store.path}-wal")):
                if path.is_file():
                    given.note(on_disk(path, str(path)), f"{store.kind} store")
    spool = spooled(pair.spool)
    given.messages += len(spool.collector) + len(spool.synchronizer) + len(spool.aside)
    for path in (*spool.collector, *spool.synchronizer):
        given.note(on_disk(path, str(path)), "sync message")
    for path in spool.aside:
        given.note(on_disk(path, str(path)), "reason")
    stands, line = PairStatus(), None
    if pair.state.is_file():
        data = given.text(Piece(on_disk(pair.state, str(pair.state)), SYNC_STATE))
        line = line_of(data, "cursor") if data else None
    try:
        if here.source is not None or here.target is not None:
            stands = pairs.standing(
                here,
                read_dump=partial(_dump, max_size=given.max_size),
                open_store=partial(KeptStore, max_size=given.max_size),
            )
        if stands.state is None:
            stands = stands._replace(state=StateFile(pair.state).read(pair.id))
    except GlbError as error:
        given.unreadable[piece.path] = f"{piece.path}: {error}"
    return _Case(piece.path, pair, stands, spool=spool, at_work=pairs.holder(pairs.lock_path(pair)), state_line=line)


def _if_here(place: StorePlace | None) -> StorePlace | None:
    return place if place is not None and place.path.is_file() else None


def _dump(path: Path, max_size: int = DEFAULT_MAX_SIZE) -> tuple[Facts, Iterator[Entry]]:
    dump = Dump(path, max_size=max_size)
    return dump.facts(), dump.entries()


def _judged(case: _Case) -> Iterator[ChannelVerdict]:
    """Yield the channel of a pair, named by its stores; without a source what is known of it."""
    chosen = case.stands.chosen
    source = str(case.pair.source.path) if case.pair.source else None
    target = str(case.pair.target.path) if case.pair.target else None
    if chosen is not None:
        shown = chosen[0]._replace(origin=source, target=target, head=case.stands.head, last=case.stands.head)
        # The channel of a source that has passed its own past counts less than it has: what it ignores is not known.
        passed = case.stands.head != chosen[0].head
        verdict = chosen[1]._replace(dead_zone=None) if passed else chosen[1]
        yield ChannelVerdict(shown, verdict, f"pair {case.pair.id}")
    elif case.cursor is not None or case.applied is not None:
        yield _unjudged(source, target, case.pair.id, case.cursor, case.applied)


def _unjudged(
    source: str | None, target: str | None, pair: str, cursor: int | None, applied: int | None
) -> ChannelVerdict:
    channel = Channel(ICS, origin=source, target=target, confirmed=cursor, applied=applied, dense=False)
    return ChannelVerdict(channel, classify(channel), f"pair {pair}; its source was not read")


def _alone(given: SuccessorInputs, piece: Piece) -> tuple[PairSummary, ChannelVerdict] | None:
    """Return what a state says of which no pair file is given."""
    data = given.text(piece)
    if data is None:
        return None
    try:
        state = parse_state(data, piece.path)
    except GlbError as error:
        given.unreadable[piece.path] = str(error)
        return None
    kept = PairSummary(state.pair_id, piece.path, state.cursor, None, None)
    return kept, _unjudged(state.source_id, None, state.pair_id, state.cursor, None)


# --- what stops a pair -----------------------------------------------------------------------------------------------


def _stopped(case: _Case) -> Iterator[Finding]:
    chosen = case.stands.chosen
    if chosen is None:
        return
    channel, verdict = chosen
    position = channel.applied or 0
    places = (case.taken(), case.counted(), case.issued())
    if not {"FOREIGN", "EPOCH_CHANGED", "ROLLED_BACK"}.isdisjoint(verdict.states):
        yield _source_restored(case, verdict.state, position, places)
    elif not {"HOLE", "MISSED_DELETIONS"}.isdisjoint(verdict.states):
        yield _purged(case, channel, verdict.state, position, places)


_FULL = (
    "Find out first which side is right. Then: glbtools sync run --full. It compares all the source has with what the "
    "target has of it, and begins anew.",
    "Look at the target's list of conflicts afterwards: what the source had lost is kept there.",
)


def _source_restored(case: _Case, state: str, position: int, places: tuple[Evidence | None, ...]) -> Finding:
    head = case.stands.head or 0
    ranges: tuple[Range, ...] = ()
    if state == "FOREIGN":
        message = f"pair {case.pair.id} stopped: what the target has is of another store than this source"
    elif state == "EPOCH_CHANGED":
        message = f"pair {case.pair.id} stopped: the source has begun a new life since number {position}"
    elif head < position:
        message = (
            f"pair {case.pair.id} stopped: the source was restored: {position} was sent, and its highest number is "
            f"{head}"
        )
        ranges = ((head, position),)
    else:
        message = (
            f"pair {case.pair.id} stopped: the source was restored: it does not know that it sent up to {position}, "
            f"and has passed that number since; it is at {head}"
        )
    notes = {
        "FOREIGN": "Numbers of one store mean nothing on another; the pair file names another source than before, or "
        "the source was made anew.",
        "EPOCH_CHANGED": "It was restored, or renewed by a full synchronization of another pair; its numbers begin a "
        "new count, and the old ones say nothing about it.",
    }
    said = notes.get(
        state,
        "Numbers it has given since are known to the target for other changes. It would never ask for them, so the "
        "pair stops rather than skip them in silence.",
    )
    return case.finding(RESTORED, message, places, notes=(said,), help=_FULL, ranges=ranges)


def _purged(case: _Case, channel: Channel, state: str, position: int, places: tuple[Evidence | None, ...]) -> Finding:
    floor = (channel.floor if state == "HOLE" else channel.delete_floor) or 0
    what = "changes" if state == "HOLE" else "deletions"
    source = str(case.pair.source.path) if case.pair.source else ""
    place = Evidence(source, field="purged up to", value=floor)
    return case.finding(
        PURGED,
        f"pair {case.pair.id} stopped: {what} up to number {floor} were purged at the source, and the target has "
        f"everything up to {position}",
        (place, *places),
        notes=(
            "A store may purge what it takes to be sent. What lay between the two numbers the target will never get as "
            "a change."
            if state == "HOLE"
            else "A source forgets its tombstones after some time. What was deleted between the two numbers is still "
            "there at the target.",
        ),
        help=("glbtools sync run --full compares all the source has with what the target has of it.",),
        ranges=((position, floor),) if floor > position else (),
    )


# --- messages that were lost -----------------------------------------------------------------------------------------


def _out_of_step(case: _Case) -> Iterator[Finding]:
    """Yield which message was lost, by who knows of what; nothing where the pair is stopped for another reason."""
    chosen = case.stands.chosen
    if chosen is not None and list(_stopped(case)):
        return
    cursor, applied, sent = case.cursor, case.applied, case.stands.sent
    if applied is not None and cursor is not None and applied < cursor:
        yield _target_restored(case, applied, cursor)
    elif applied is not None and applied > (cursor or 0) and case.stands.head is not None:
        yield _success_lost(case, applied, cursor or 0)
    elif sent is not None and sent > max(applied or 0, cursor or 0):
        yield _batch_lost(case, sent, max(applied or 0, cursor or 0))
    elif case.spool.collector or case.spool.synchronizer:
        yield _waiting(case)


def _target_restored(case: _Case, applied: int, cursor: int) -> Finding:
    return case.finding(
        LOST,
        f"the target of pair {case.pair.id} has everything up to {applied}, and had confirmed {cursor}: it went back",
        (case.taken(), case.counted("the last number that the target had confirmed")),
        notes=(
            "The target keeps its number beside its data, so both went back together: it was restored, or made anew.",
            "Nothing is lost: the next run goes back to the target's number and sends the "
            f"{numbers_text([(applied, cursor)])} again.",
        ),
        help=(
            "Run the pair (glbtools sync run). What was changed at the target itself meanwhile it cannot bring back.",
        ),
        ranges=((applied, cursor),),
    )


def _success_lost(case: _Case, applied: int, cursor: int) -> Finding:
    on_the_way = bool(case.spool.synchronizer)
    what = "is on its way" if on_the_way else "was lost, or the agent stopped before it wrote its state"
    return case.finding(
        LOST,
        f"the target of pair {case.pair.id} has everything up to {applied}, and the agent has heard of {cursor}: the "
        f"success message {what}",
        (case.counted(), case.taken(), *_messages(case)),
        notes=(
            "This is harmless: the next run asks the target first and goes on from its number. A change that is sent "
            "twice is recognised by its change key and discarded.",
            *_working(case),
        ),
        help=(),
        ranges=((cursor, applied),),
        severity="note",
    )


def _batch_lost(case: _Case, sent: int, reached: int) -> Finding:
    waits = [each for each in case.spool.collector if f"-{BATCH}-" in each.name]
    elsewhere = case.applied is None
    ranges = ((reached, sent),)
    if waits or elsewhere or case.at_work:
        how = "it waits in the spool" if waits else "it may be on its way"
        return case.finding(
            LOST,
            f"the source of pair {case.pair.id} has sent the {numbers_text(ranges)}, and no success has come yet: "
            f"{how}",
            (case.issued(), case.taken(), case.counted(), *_messages(case)),
            notes=(
                "Normal while a message is on its way. If it stays so over several runs, look at what carries the "
                "spool.",
                *_working(case),
            ),
            help=(),
            ranges=ranges,
            severity="note",
        )  # fmt: skip
    return case.finding(
        LOST,
        f"the source of pair {case.pair.id} has sent the {numbers_text(ranges)}, the target has not taken them, and no "
        "message waits: it was lost",
        (
            Evidence(str(case.pair.source.path), field="sent", value=sent) if case.pair.source else None,
            case.taken(),
            case.counted(),
        ),
        notes=(
            "Nothing is lost with it: the state is written after a success message and never before, so the next run "
            "sends the same again.",
        ),
        help=(
            "Run the pair (glbtools sync run). If it stays so, look for refused messages and at what carries the "
            "spool.",
        ),
        ranges=ranges,
    )


def _waiting(case: _Case) -> Finding:
    count = len(case.spool.collector) + len(case.spool.synchronizer)
    return case.finding(
        LOST,
        f"{plural(count, 'message')} of pair {case.pair.id} {'waits' if count == 1 else 'wait'} in the spool, and both "
        "sides agree without",
        _messages(case),
        notes=(
            "They are late, or were sent twice, or a run stopped before it read them. Whoever reads them passes over "
            "what is known.",
            *_working(case),
        ),
        help=(),
        ranges=(),
        severity="note",
    )


def _messages(case: _Case) -> list[Evidence]:
    """Return the messages that wait."""
    groups = ((case.spool.collector, "the target"), (case.spool.synchronizer, "the source"))
    found = [
        Evidence(str(path), note=f"{_kind(path)} message for {reader}") for paths, reader in groups for path in paths
    ]
    return found[:MOST]


def _kind(path: Path) -> str:
    parts = path.stem.split("-")
    return parts[1] if len(parts) > 1 else "a"


def _working(case: _Case) -> tuple[str, ...]:
    return (f"An agent is at work on it now: {case.at_work}.",) if case.at_work else ()


# --- what a person should look at ------------------------------------------------------------------------------------


def _refused(case: _Case) -> Iterator[Finding]:
    aside = case.spool.aside
    if aside:
        count = len(aside)
        were = "was" if count == 1 else "were"
        yield case.finding(
            "ics-message-refused",
            f"{plural(count, 'message')} of pair {case.pair.id} {were} refused and set aside",
            [Evidence(str(path), note=reason[:300]) for path, reason in list(aside.items())[:MOST]],
            notes=(
                "A message that was cut off or altered on its way, or is of another pair, is not applied. Its sender "
                "hears nothing and sends again, so that no change is lost by it.",
            ),
            help=(
                "Look at what carries the spool from one machine to the other: it must move whole files. Then remove "
                "what lies in aside.",
            ),
        )


def _conflicts(case: _Case) -> Iterator[Finding]:
    conflicts = case.stands.conflicts
    if not conflicts or case.pair.target is None:
        return
    reasons = Counter(str(each.reason) for each in conflicts)
    told = ", ".join(f"{reason}: {number}" for reason, number in sorted(reasons.items()))
    told = f" ({told})" if set(reasons) != {"conflict"} else ""
    target = str(case.pair.target.path)
    yield case.finding(
        "ics-conflict",
        f"the target of pair {case.pair.id} has met {plural(len(conflicts), 'conflict')}{told}",
        [
            Evidence(
                target, field="conflict", value=each.called[:200],
                note=f"{each.reason}; the {each.winner} version counts ({each.policy})",
            )
            for each in conflicts[-MOST:]
        ],
        notes=(
            "An object was changed on both sides since they last agreed, or the source had lost what the target has. "
            "The version that does not count is kept whole in the target's list of conflicts.",
            *((f"Only the last {MOST} are listed.",) if len(conflicts) > MOST else ()),
        ),
        help=(
            "glbtools sync status --json shows both versions. Write the right one at the source; it comes by itself.",
        ),
    )  # fmt: skip


def _parentless(case: _Case) -> Iterator[Finding]:
    orphans = case.stands.parentless
    if not orphans or case.pair.target is None:
        return
    count = len(orphans)
    have = "has a parent that is" if count == 1 else "have parents that are"
    yield case.finding(
        "ics-parentless",
        f"{plural(count, 'object')} at the target of pair {case.pair.id} {have} not there",
        [
            Evidence(str(case.pair.target.path), field="object", value=str(each)[:200], note="its parent is missing")
            for each in orphans[:MOST]
        ],
        notes=(
            "A change may come before that of its parent; then the parent comes later and this ends by itself. If it "
            "does not, the parent was deleted here, or is not among what is synchronized.",
            *only_first(count),
        ),
        help=("Run the pair once more. If they stay, write the parent anew at the source, or move the objects.",),
    )
