"""Whatever fails, the stores converge, nothing is applied twice with effect, and nothing is skipped in silence."""

from __future__ import annotations

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.sync.chaos import DELAY, DELIVER, DOUBLE, LOSE, PAIR, Crash, World

KEYS = st.sampled_from("abcdef")
FATES = st.lists(st.sampled_from([DELIVER, DELIVER, DELIVER, LOSE, DOUBLE, DELAY]), max_size=12)


class Convergence(RuleBasedStateMachine):
    @initialize(size=st.integers(1, 3))
    def begin(self, size: int) -> None:
        self.world = World(batch_size=size)
        self.backups = {"source": self.world.source.backup(), "target": self.world.target.backup()}
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

    @rule(which=st.sampled_from(["source", "target"]))
    def back_up(self, which: str) -> None:
        self.backups[which] = getattr(self.world, which).backup()

    @rule(which=st.sampled_from(["source", "target"]))
    def restore(self, which: str) -> None:
        getattr(self.world, which).restore(self.backups[which])

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
        self.world.states.state = None

    @rule(first=st.booleans())
    def arrive_late(self, first: bool) -> None:
        self.world.transport.release(first=first)

    @rule(fates=FATES, crash=st.none() | st.integers(0, 40), full=st.booleans())
    def synchronize(self, fates: list[str], crash: int | None, full: bool) -> None:
        self.world.transport.plan, self.world.steps.left = list(fates), crash
        try:
            result = self.world.run(full=full and self.world.source.head() % 3 == 0)
        except Crash:
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
