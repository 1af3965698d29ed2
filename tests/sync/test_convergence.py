"""Whatever fails, the stores converge, nothing is applied twice with effect, and nothing is skipped in silence."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.sync.chaos import CUT, DELAY, DELIVER, DOUBLE, IN_MEMORY, LOSE, PAIR, Crash, FileWorld, World

KEYS = st.sampled_from("abcdef")
FATES = st.lists(st.sampled_from([DELIVER, DELIVER, DELIVER, LOSE, DOUBLE, DELAY, CUT]), max_size=12)


class Convergence(RuleBasedStateMachine):
    kind = World

    @initialize(size=st.integers(1, 3))
    def begin(self, size: int) -> None:
        self.world = self.kind(batch_size=size)
        self.backups = {which: self.world.backup(which) for which in ("source", "target")}
        self.kept_state = self.world.keep_state()
        self.written = 0

    @rule(keys=st.lists(KEYS, min_size=1, max_size=5))
    def write(self, keys: list[str]) -> None:
        for key in keys:
            self.written += 1
            self.world.source.write(key, b"%d" % self.written)

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        self.world.source.delete(key)

    @rule()
    def purge(self) -> None:
        self.world.source.purge(self.world.source.head())

    @rule(which=st.sampled_from(["source", "target"]), hot=st.booleans())
    def back_up(self, which: str, hot: bool) -> None:
        self.backups[which] = self.world.backup(which, hot=hot)

    @rule(which=st.sampled_from(["source", "target"]))
    def restore(self, which: str) -> None:
        self.world.restore(which, self.backups[which])

    @rule(before=st.lists(KEYS, min_size=1, max_size=3), after=st.lists(KEYS, max_size=6), sent=st.booleans())
    def go_back(self, before: list[str], after: list[str], sent: bool) -> None:
        """A source that was restored, and has perhaps overtaken itself before anybody looked."""
        self.write(before)
        self.restore("source")
        self.write(before)
        if sent:
            self.world.run()
        self.restore("source")
        for key in after:
            self.write([key])

    @rule()
    def lose_the_state(self) -> None:
        self.world.forget()

    @rule(keep=st.booleans())
    def go_back_to_an_earlier_state(self, keep: bool) -> None:
        if keep:
            self.kept_state = self.world.keep_state()
        else:
            self.world.put_state(self.kept_state)

    @rule(first=st.booleans())
    def arrive_late(self, first: bool) -> None:
        self.world.transport.release(first=first)

    @rule(fates=FATES, crash=st.none() | st.integers(0, 40), full=st.booleans())
    def synchronize(self, fates: list[str], crash: int | None, full: bool) -> None:
        self.world.transport.plan, self.world.steps.left = list(fates), crash
        try:
            result = self.world.run(full=full and self.world.source.head() % 3 == 0)
        except Crash:
            self.world.recover()
            return
        finally:
            self.world.transport.plan, self.world.steps.left = [], None
        if result.outcome == "complete":
            self.equal()

    @rule()
    def settle(self) -> None:
        self.world.calm()
        result = self.world.run()
        if result.outcome == "stopped":
            assert result.reason
            assert "full synchronization" in result.way_out
            result = self.world.run(full=True)
        assert result.outcome == "complete", result
        self.equal()
        assert self.world.states.state is not None
        assert self.world.states.state.cursor == self.world.source.head()
        assert self.world.run().sent == 0

    def equal(self) -> None:
        assert self.world.target.content() == self.world.source.content()

    @invariant()
    def the_journal_is_never_ahead_in_silence(self) -> None:
        world = self.world
        journal = world.target.journal(PAIR)
        if journal.source_id and journal.epoch == world.source.epoch and journal.applied > world.source.head():
            world.calm()
            result = world.run()
            assert (result.outcome, result.state in {"ROLLED_BACK", "EPOCH_CHANGED"}) == ("stopped", True)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.settle()
            self.world.close()


TestConvergence = Convergence.TestCase
TestConvergence.settings = settings(
    derandomize=True,
    max_examples=150,
    stateful_step_count=25,
    deadline=None,
    database=None,
    phases=[Phase.generate],
)


class ConvergenceOnDisk(Convergence):
    """The same with files: a crash leaves what is on disk, a restore copies a file, messages are files."""

    kind = FileWorld

    def equal(self) -> None:
        super().equal()
        for store in (self.world.source, self.world.target):
            assert store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


TestConvergenceOnDisk = ConvergenceOnDisk.TestCase
TestConvergenceOnDisk.settings = settings(
    derandomize=True,
    max_examples=60 if IN_MEMORY.is_dir() else 30,
    stateful_step_count=25,
    deadline=None,
    database=None,
    phases=[Phase.generate],
)


def test_a_crash_leaves_a_transaction_undone_and_a_committed_one_done() -> None:
    """What the machine above relies on: the copy taken at a crash has neither less nor more than was on disk."""
    for steps, there in ((0, {}), (1, {"a": b"1"})):
        world = FileWorld()
        world.steps.left = steps
        with pytest.raises(Crash):
            world.source.write("a", b"1")
        world.recover()
        assert world.source.content() == there
        world.close()


@pytest.mark.parametrize("kind", [World, FileWorld])
def test_a_change_of_a_life_heard_of_only_afterwards_is_still_the_sources_own(kind: type[World]) -> None:
    """Both ends are restored in turn: the target has a change of a life it never took a batch in."""
    world = kind()
    empty = world.backup("source")
    world.source.write("a", b"0")
    assert world.run().outcome == "complete"
    before = world.backup("target")
    world.restore("source", empty)
    world.source.write("a", b"1")
    assert world.run(full=True).outcome == "complete"  # the second life
    world.restore("target", before)
    assert world.run().outcome == "stopped"
    assert world.run(full=True).outcome == "complete"  # the third; "a" keeps its key of the second
    world.restore("source", empty)
    world.source.write("a", b"2")
    assert world.run(full=True).outcome == "complete"
    assert world.target.content() == world.source.content() == {"a": b"2"}
    world.close()
