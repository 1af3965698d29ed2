"""The agent: decides when, and from where, two stores are synchronized, and keeps how far they have got.

Its state is written after a success message and never before, whole or not at all. The collector's journal, which is in
one transaction with the data, is what counts: where the two differ the agent goes back to it, and where either is ahead
of the source, or counts another life of it, the agent stops and says so.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from pathlib import Path
from typing import NamedTuple, Protocol

from glbtools import files
from glbtools.brief import brief
from glbtools.model.channel import ICS, Channel, Range, Verdict, classify
from glbtools.sync import values
from glbtools.sync.faults import StateError
from glbtools.sync.store import RESTORED, VANISHED, Source, Witness, departure, witnesses
from glbtools.sync.synchronizer import Completion, Synchronizer
from glbtools.sync.transport import Message
from glbtools.tables import Setting, open_json

FORMAT = "glbtools-sync-state 1"
SESSIONS = 5
"""Sessions opened in one run: the collector may be restored in the middle of one."""

STOPPING = ("FOREIGN", "EPOCH_CHANGED", "ROLLED_BACK", "HOLE", "MISSED_DELETIONS")
WAY_OUT = "run a full synchronization: what the target has of this source is compared with all the source has"
_REASONS = {
    "FOREIGN": "the target's changes are of another store than this source",
    "EPOCH_CHANGED": "the source has begun a new life: it was restored, or renewed",
    "ROLLED_BACK": "the source was restored, or is an older copy: numbers that were sent are unknown to it",
    "HOLE": "changes were purged at the source before they were sent",
    "MISSED_DELETIONS": "deletions were purged at the source before they were sent, or it does not show any",
}


_NO_DELETIONS = (
    "the source shows no deletion, so that the next run cannot tell what was deleted until then, and stops",
    "ask for tombstones with the dump (ldapsearch -E '!1.2.840.113556.1.4.417'; Is-Deleted in a CSV), or begin anew "
    "each time with --full",
)


_LATE = (
    "objects numbered above the highest number noted before the dump: {count}; they were written while it was read, "
    "and are sent again the next time, with what it may have missed (if the server's highest number is still below "
    "them then: Q243438)"
)


class State(NamedTuple):
    """How far a pair has got.

    Attributes:
        pair_id: which pair.
        source_id, source_epoch: whose numbers these are.
        cursor: everything up to this number was acknowledged: the lowest contiguous number, never the highest received.
        session, batch_no: the last batch that was.
        witnesses: the changes with the highest numbers up to ``cursor``, of a source that keeps no record of what it
            sent: other ones there are another history.
    """

    pair_id: str
    source_id: str
    source_epoch: str
    cursor: int = 0
    session: str = ""
    batch_no: int = 0
    witnesses: tuple[Witness, ...] = ()


class StateFile:
    """A state in a file, where the agent wants it."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def read(self, pair: str = "") -> State | None:
        """Return the state of a pair, or of whichever it is of unless one is named; None when there is none yet.

        Raises:
            StateError: the file is damaged, or of another pair.
        """
        if not self.path.exists():
            return None
        return parse_state(files.read(self.path, 1 << 20), str(self.path), pair)

    def write(self, state: State) -> None:
        """Keep a state: on disk, whole, when this returns."""
        row = {"format": FORMAT, **state._asdict(), "witnesses": [list(each) for each in state.witnesses]}
        data = json.dumps(row, indent=1, ensure_ascii=True)
        files.write(self.path, (data + "\n").encode("ascii"), force=True)


def parse_state(data: bytes, path: str, pair: str = "") -> State:
    """Return the state of a pair, or of whichever it is of unless one is named; ``path`` names the content.

    Raises:
        StateError: it is damaged, or of another pair.
    """
    try:
        row = open_json(data, path, StateError)
    except StateError as error:
        reason = f"damaged: {error.reason}; without it the collector's journal says where to go on"
        raise StateError(error.path, "", reason, error.line) from None
    if not isinstance(row.value, dict) or row["format"].value != FORMAT:
        row["format"].fail(f"is not {FORMAT!r}: no state of a pair")
    row.table({"format", "witness", *State._fields})
    numbers = {name: row[name].integer(0, values.HIGHEST) for name in ("cursor", "batch_no")}
    texts = {name: _text(row[name]) for name in State._fields if name not in {*numbers, "witnesses"}}
    if "witness" in row.value:  # of an older glbtools
        _text(row["witness"])
    if pair and texts["pair_id"] != pair:
        row["pair_id"].fail(f"is of pair {texts['pair_id']}, not of {pair}")
    seen = tuple(map(_witness, row["witnesses"].items()))
    return State(**texts, **numbers, witnesses=seen)  # type: ignore[arg-type]


def _text(given: Setting) -> str:
    try:
        return values.text(given.text(), "it")
    except ValueError as error:
        given.fail(str(error))


def _witness(given: Setting) -> Witness:
    if len(given.items()) != len(Witness._fields):
        given.fail("must be an object's key, a number, whether it was deleted, and a digest")
    return Witness(_text(given[0]), given[1].integer(0, values.HIGHEST), given[2].boolean(), _text(given[3]))


class States(Protocol):
    """Where an agent keeps its state."""

    def read(self, pair: str) -> State | None:
        """Return the state of a pair; None when there is none yet."""

    def write(self, state: State) -> None:
        """Keep a state, whole or not at all."""


class Result(NamedTuple):
    """What came of one run.

    Attributes:
        outcome: ``complete``; ``silent`` or ``refused``, try again later; ``busy``, another agent is at work;
            ``stopped``, a person must decide.
        state: the verdict on the channel before anything was sent; empty when the collector was not heard of.
        reason: why not complete, or why the next run will not be.
        way_out: what to do.
        cursor: how far it is acknowledged.
        rewound: what the collector had had and lost, and was sent again; it was restored.
        batches, sent: how many batches were taken, and changes in them.
        counts: what the collector did -> how often.
        notes: what is odd about the source, and stops nothing.
    """

    outcome: str
    state: str = ""
    reason: str = ""
    way_out: str = ""
    cursor: int = 0
    rewound: Range | None = None
    batches: int = 0
    sent: int = 0
    counts: Counter[str] = Counter()  # noqa: RUF012
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return brief("SyncResult", f"{self.outcome}, up to {self.cursor}")


class Agent:
    """Runs one pair."""

    def __init__(self, pair: str, synchronizer: Synchronizer, states: States) -> None:
        self.pair, self.synchronizer, self.states = pair, synchronizer, states

    def run(self, *, full: bool = False) -> Result:
        """Synchronize once.

        Raises:
            StateError: the state file is damaged, or of another pair or server.
        """
        result = Result("silent")
        for _ in range(SESSIONS):
            once = self._session(full=full)
            result = once._replace(
                batches=result.batches + once.batches,
                sent=result.sent + once.sent,
                counts=result.counts + once.counts,
                rewound=result.rewound or once.rewound,
                state=result.state or once.state,
            )
            if once.outcome != "refused":
                return result
            full = full and not once.batches
        return result

    def _session(self, *, full: bool) -> Result:
        source = self.synchronizer.source
        state = self.states.read(self.pair)
        if state is not None and not full:
            own_server(self.states, state, source.id)
            if said := refused(verdict(self.pair, source, state), state.cursor):
                return said
        session = uuid.uuid4().hex
        position = self.synchronizer.open(session)
        if position is None:
            return Result("silent", reason="the collector does not answer", cursor=state.cursor if state else 0)
        found = verdict(self.pair, source, state, position)
        if full:
            return self._full(session, found)
        if said := refused(found, position.applied):
            return said
        lost = (position.applied, state.cursor) if state and state.cursor > position.applied else None
        done = self.synchronizer.send(session, position.applied, self._acknowledged)
        return self._result(done, found, lost)

    def _full(self, session: str, found: Verdict) -> Result:
        """Begin again; a source that was restored first begins a new life, so that no number means two things."""
        if {"ROLLED_BACK", "EPOCH_CHANGED"} & set(found.states):
            self.synchronizer.source.renew()
        return self._result(self.synchronizer.send(session, 0, self._acknowledged, full=True), found, None)

    def _acknowledged(self, batch: Message, answer: Message) -> None:
        source = self.synchronizer.source
        recorded = source.remembers(self.pair, batch.session, batch.high) is not None
        self.states.write(
            State(
                self.pair,
                source.id,
                batch.epoch,
                batch.high,
                answer.session,
                batch_no=batch.batch_no,
                witnesses=() if recorded else witnesses(source, batch.high),
            )
        )

    def _result(self, done: Completion, found: Verdict, rewound: Range | None) -> Result:
        state = self.states.read(self.pair)
        reason, way_out = done.reason, "" if done.outcome == "complete" else "run again"
        if done.outcome == "complete" and not self.synchronizer.source.shows_deletions:
            reason, way_out = _NO_DELETIONS
        late = self.synchronizer.source.late
        return Result(
            done.outcome,
            found.state,
            reason=reason,
            way_out=way_out,
            cursor=state.cursor if state else 0,
            rewound=rewound,
            batches=done.batches,
            sent=done.sent,
            counts=done.counts,
            notes=(_LATE.format(count=late),) if late and done.outcome == "complete" else (),
        )


def own_server(states: States, state: State, source_id: str) -> None:
    """Refuse a state of another server.

    Raises:
        StateError: it is one; its numbers mean nothing here.
    """
    if state.source_id != source_id:
        path = str(getattr(states, "path", "state"))
        raise StateError(path, "source_id", f"of store {state.source_id}, and the source is {source_id}; {WAY_OUT}")


def verdict(pair: str, source: Source, state: State | None, position: Message | None = None) -> Verdict:
    """Return what a channel is in, by the collector's journal, or by the agent's state alone where it is not heard of.

    A source that does not remember a session, or whose changes cannot follow those that the state remembers, was
    restored, even if it has overtaken itself since: nothing above its backup is what it was.
    """
    return classify(channel(pair, source, state, position))


def channel(pair: str, source: Source, state: State | None, position: Message | None = None) -> Channel:
    """Return the channel of a pair."""
    if position is None:
        applied, epoch, of, session = _believed(state)
    else:
        applied, epoch, of, session = position.applied, position.epoch, position.source_id, position.known
    head = source.head()
    same = not epoch or epoch == source.epoch
    deletions = source.delete_floor()
    left = _departure(pair, source, state, session, applied) if same and applied else ""
    if left == RESTORED:
        head = min(head, applied - 1)
    elif left == VANISHED:
        deletions = max(deletions, applied + 1)
    confirmed = state.cursor if state else applied
    return Channel(
        ICS,
        origin=source.id,
        target=pair,
        held=source.held(applied),
        last=head,
        confirmed=confirmed,
        applied=applied,
        head=head,
        floor=source.floor(),
        delete_floor=deletions,
        dense=source.dense,
        life=source.epoch,
        target_life=epoch or source.epoch,
        log_of=of or source.id,
        importing=not source.dense,
    )


def _believed(state: State | None) -> tuple[int, str, str, str]:
    return (state.cursor, state.source_epoch, state.source_id, state.session) if state else (0, "", "", "")


def _departure(pair: str, source: Source, state: State | None, session: str, applied: int) -> str:
    if (known := source.remembers(pair, session, applied)) is not None:
        return "" if known else RESTORED
    return departure(source, state.witnesses, state.cursor) if state and state.witnesses else ""


def refused(found: Verdict, cursor: int) -> Result | None:
    """Return the result of a channel that must not go on by itself; None for one that may."""
    stopping = [each for each in found.states if each in STOPPING]
    if not stopping:
        return None
    what = stopping[0]
    ranges = "".join(f" ({low}, {high}]" for low, high in found.ranges.get(what, ()))
    return Result("stopped", what, _REASONS[what] + ranges, WAY_OUT, cursor)
