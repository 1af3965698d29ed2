"""The collector: takes batches of changes into its store and answers each with success, or with where it stands."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from glbtools.sync import values
from glbtools.sync.changes import (
    CONFLICT,
    CREATE,
    DISCARD,
    REPLACE,
    RESTORED,
    Change,
    Lives,
    judged,
    newest,
    predecessors,
    store_of,
    united,
    versions,
)  # fmt: skip
from glbtools.sync.faults import StoreError
from glbtools.sync.store import Conflict, Journal, SqliteStore
from glbtools.sync.transport import (
    BATCH,
    COLLECTOR,
    COMPLETION,
    HELLO,
    POSITION,
    REFUSED,
    SUCCESS,
    Message,
    Transport,
)  # fmt: skip

REFUSE, NEWEST = "refuse", "newest"
POLICIES = (REFUSE, NEWEST)
SOURCE = "source"
SWEPT = "not named in a full synchronization"

APPLIED, DISCARDED, CONFLICTS, UNKNOWN_DELETES, REMOVED = (
    "applied",
    "discarded",
    "conflicts",
    "unknown deletes",
    "removed",
)


class _Outcome(NamedTuple):
    put: list[Change]
    keep: list[str]
    learn: list[Change]
    conflicts: list[Conflict]
    counts: Counter[str]


class Collector:
    """Takes the changes of one pair.

    Everything a batch does, the journal included, is one transaction of the target: after a crash at any moment the
    batch was either not taken, and is sent again, or taken, and is discarded when it is sent again.
    """

    def __init__(self, pair: str, target: SqliteStore, transport: Transport, policy: str = REFUSE) -> None:
        if policy not in POLICIES:
            raise StoreError(f"conflict policy {policy!r} is none of {', '.join(POLICIES)}")
        self.pair, self.target, self.transport, self.policy = pair, target, transport, policy

    def run(self) -> int:
        """Deal with every message that has come; return how many."""
        dealt = 0
        while received := self.transport.take(COLLECTOR):
            if reason := unfit(received.message):
                self.transport.refuse(COLLECTOR, received, reason)
                continue
            if answer := self.answer(received.message):
                self.transport.post(answer)
            self.transport.done(COLLECTOR, received)
            dealt += 1
        return dealt

    def answer(self, message: Message) -> Message | None:
        """Do what a message asks and return the answer to it."""
        if message.pair != self.pair:
            return None
        if message.kind == HELLO:
            return self._open(message)
        if message.kind == BATCH:
            return self._take(message)
        if message.kind != COMPLETION:
            raise StoreError(f"a collector takes no message of kind {message.kind}")
        return None

    def _open(self, message: Message) -> Message:
        with self.target.transaction():
            journal = self.target.journal(self.pair)
            self.target.set_journal(self.pair, journal._replace(opened=message.session))
        return self._answer(POSITION, message, journal)

    def _answer(self, kind: str, to: Message, journal: Journal, reason: str = "") -> Message:
        return Message(
            kind,
            self.pair,
            to.session,
            to.batch_no,
            applied=journal.applied,
            source_id=journal.source_id,
            epoch=journal.epoch,
            known=journal.session,
            sweeping=bool(journal.sweeping),
            reason=reason,
        )

    def _take(self, batch: Message) -> Message:
        with self.target.transaction():
            journal = self.target.journal(self.pair)
            if (journal.session, journal.batch_no) == (batch.session, batch.batch_no):
                return self._answer(SUCCESS, batch, journal)
            if reason := refusal(journal, batch):
                return self._answer(REFUSED, batch, journal, reason)
            if batch.full:
                journal = journal._replace(generation=journal.generation + 1, sweeping=1)
            outcome = self._decided(batch, journal)
            self._apply(batch, journal, outcome)
            journal = journal._replace(
                source_id=batch.source_id,
                epoch=batch.epoch,
                applied=batch.high,
                session=batch.session,
                batch_no=batch.batch_no,
                sweeping=int(journal.sweeping and not batch.last),
            )
            self.target.set_journal(self.pair, journal)
        return self._answer(SUCCESS, batch, journal)._replace(counts=dict(outcome.counts))

    def _apply(self, batch: Message, journal: Journal, outcome: _Outcome) -> None:
        target, generation = self.target, journal.generation
        target.put(self.pair, generation, outcome.put)
        target.keep(self.pair, generation, outcome.keep)
        target.learn(outcome.learn)
        if journal.sweeping and batch.last:
            gone = target.sweep(self.pair, generation)
            outcome.counts[REMOVED] += len(gone)
            outcome.conflicts.extend(self._removed(batch, each) for each in gone)
        target.report(outcome.conflicts)
        target.hear(batch.source_id, batch.lives)

    def _lives(self, batch: Message) -> Lives:
        """Return what the source still knows of its earlier lives: of one it does not name, nothing."""
        lives = dict.fromkeys(self.target.lives_of(batch.source_id) - {bytes.fromhex(batch.epoch)}, 0)
        return lives | {bytes.fromhex(epoch): last for epoch, last in batch.lives.items()}

    def _decided(self, batch: Message, journal: Journal) -> _Outcome:
        keys = [each.source_key for each in batch.items]
        local, swept, lives = self.target.find(keys), self.target.swept(keys), self._lives(batch)
        outcome = _Outcome([], [], [], [], Counter())
        put: dict[str, Change] = {}
        for change in batch.items:
            mine = local.get(change.source_key)
            verdict = judged(mine, change, lives)
            if mine is not None and journal.sweeping and verdict == DISCARD and is_reused(mine, change):
                # What the source has counts in a full synchronization, whatever it once had under a higher number.
                mine, same = without_own(mine), held(mine) == held(change)
                if same:  # only its number is another
                    put[change.source_key] = local[change.source_key] = united(change, mine)
                    outcome.counts[DISCARDED] += 1
                    continue
                verdict = RESTORED
            if mine is not None and verdict != DISCARD and change.source_key in swept:
                verdict, mine = REPLACE, without_own(mine)
            if mine is not None and verdict == REPLACE and (lives or change.source_key in swept):
                change = united(change, mine)  # noqa: PLW2901
            chosen = self._chosen(batch, verdict, mine, change, outcome)
            if chosen is not None:
                put[change.source_key] = local[change.source_key] = chosen
            elif journal.sweeping:
                outcome.keep.append(change.source_key)
        outcome.put.extend(put.values())
        return outcome

    def _chosen(
        self, batch: Message, verdict: str, mine: Change | None, change: Change, outcome: _Outcome
    ) -> Change | None:
        """Return what is to be stored in place of what there is; None leaves it."""
        counts = outcome.counts
        if mine is None or verdict == CREATE:
            counts[UNKNOWN_DELETES if change.deleted else APPLIED] += 1
            return change
        if verdict == REPLACE:
            counts[APPLIED] += 1
            return change
        if verdict == DISCARD:
            counts[DISCARDED] += 1
            if mine.key == change.key and mine.pcl != change.pcl and (both := united(mine, change)).pcl != mine.pcl:
                outcome.learn.append(both)
            return None
        if verdict == RESTORED:
            counts[APPLIED] += 1
            if (mine.payload, bool(mine.deleted)) != (change.payload, bool(change.deleted)):
                outcome.conflicts.append(self._conflict(batch, RESTORED, SOURCE, "incoming", mine, change=change))
            return united(change, mine)
        return self._settled(batch, mine, change, outcome)

    def _settled(self, batch: Message, mine: Change, change: Change, outcome: _Outcome) -> Change | None:
        outcome.counts[CONFLICTS] += 1
        winner = mine if self.policy == REFUSE else newest(mine, change)
        named = "local" if winner is mine else "incoming"
        outcome.conflicts.append(self._conflict(batch, CONFLICT, self.policy, named, mine, change=change))
        return None if self.policy == REFUSE else united(winner, mine, change)

    def _conflict(
        self, batch: Message, reason: str, policy: str, winner: str, mine: Change, change: Change
    ) -> Conflict:
        return Conflict(
            self.pair,
            batch.session,
            source_key=change.source_key,
            reason=reason,
            policy=policy,
            winner=winner,
            local_key=mine.key,
            local_payload=mine.payload,
            local_deleted=bool(mine.deleted),
            incoming_key=change.key,
            incoming_payload=change.payload,
            incoming_deleted=bool(change.deleted),
        )

    def _removed(self, batch: Message, gone: Change) -> Conflict:
        return self._conflict(
            batch, SWEPT, SOURCE, "incoming", gone, change=Change(gone.source_key, b"", b"", deleted=True)
        )


def unfit(message: Message) -> str:
    """Return why a message must not be taken: its ids would stay in the journal, and are none; empty when they are.

    Its sender hears nothing, as of one that was damaged under way.
    """
    try:
        if message.kind == BATCH:
            values.identity(message.source_id, "the source's id")
            values.identity(message.epoch, "the source's epoch")
    except ValueError as error:
        return str(error)
    return ""


def refusal(journal: Journal, batch: Message) -> str:
    """Return why a batch does not fit where the collector stands; empty when it does."""
    if batch.session != journal.opened:
        return "its session is not open here"
    if batch.full:
        return "" if batch.low == 0 else "a full synchronization begins with the first change"
    if batch.source_id != journal.source_id and journal.source_id:
        return f"changes of store {batch.source_id}, and the changes here are of {journal.source_id}"
    if batch.epoch != journal.epoch and journal.epoch:
        return "the source has begun a new life, and the changes here are of another"
    if batch.low != journal.applied:
        return f"gap: the batch follows number {batch.low}, and {journal.applied} is the last applied"
    return ""


def without_own(swept: Change) -> Change:
    """Return a tombstone of a full synchronization without the change that made it, which its source cannot know."""
    found = versions(swept.pcl)
    found.pop(store_of(swept.key), None)
    return swept._replace(pcl=predecessors(found))


def held(change: Change) -> tuple[bytes, bool]:
    """Return what an object is: its content, and whether it is deleted."""
    return change.payload, bool(change.deleted)


def is_reused(mine: Change, change: Change) -> bool:
    """Whether one life of a store gave two changes: one that is held here under a number that counts as later."""
    return store_of(mine.key) == store_of(change.key) and (mine.key != change.key or held(mine) != held(change))
