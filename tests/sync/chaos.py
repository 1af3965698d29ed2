"""A pair in memory whose messages are lost, doubled and delayed, and whose every step may be its last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from glbtools.sync.agent import Agent, Result, State
from glbtools.sync.changes import Change
from glbtools.sync.collector import Collector
from glbtools.sync.store import MemoryStore
from glbtools.sync.synchronizer import Synchronizer
from glbtools.sync.transport import RECEIVER, MemoryTransport, Message, Received

PAIR = "pair"
DELIVER, LOSE, DOUBLE, DELAY = "deliver", "lose", "double", "delay"


class Crash(Exception):  # noqa: N818
    """The process is gone."""


class Steps:
    """Counts the steps that leave something behind, and crashes at one."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.taken = 0

    def step(self) -> None:
        self.taken += 1
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Crash


class FrailStore(MemoryStore):
    """Crashes before and after a transaction; takes no change of an object twice in one synchronization of all."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        super().__init__()
        self.connection.execute(
            "CREATE TABLE effects (source_key, change_key, generation, UNIQUE (source_key, change_key, generation))"
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with super().transaction():
            yield
            self.steps.step()
        self.steps.step()

    def put(self, pair: str, generation: int, changes: Sequence[Change]) -> None:
        rows = [(each.source_key, each.key, generation) for each in changes]
        self.connection.executemany("INSERT INTO effects VALUES (?, ?, ?)", rows)
        super().put(pair, generation, changes)


class FrailTransport(MemoryTransport):
    """Does with each message what a plan says; without one it delivers."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps
        self.plan: list[str] = []
        self.delayed: list[Message] = []

    def post(self, message: Message) -> None:
        self.steps.step()
        what = self.plan.pop(0) if self.plan else DELIVER
        if what == DELAY:
            self.delayed.append(message)
        elif what != LOSE:
            super().post(message)
            if what == DOUBLE:
                super().post(message)
        self.steps.step()

    def done(self, address: str, received: Received) -> None:
        self.steps.step()
        super().done(address, received)
        self.steps.step()

    def release(self, *, first: bool) -> None:
        """Let what was delayed arrive, before or behind what waits."""
        for message in self.delayed:
            self._posted += 1
            waiting = self.waiting[RECEIVER[message.kind]]
            add = waiting.appendleft if first else waiting.append
            add(Received(f"late {self._posted}", message))
        self.delayed = []


class FrailStates:
    """A state in memory; a crash comes before or after it is written, never within."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.state: State | None = None

    def read(self, pair: str) -> State | None:
        assert pair == PAIR
        return self.state

    def write(self, state: State) -> None:
        self.steps.step()
        self.state = state
        self.steps.step()


class World:
    """Two stores, what lies between them, and the agent's state."""

    def __init__(self, policy: str = "refuse", batch_size: int = 2) -> None:
        self.steps = Steps()
        self.source, self.target = FrailStore(self.steps), FrailStore(self.steps)
        self.transport, self.states = FrailTransport(self.steps), FrailStates(self.steps)
        self.policy, self.batch_size = policy, batch_size

    def run(self, *, full: bool = False) -> Result:
        collector = Collector(PAIR, self.target, self.transport, self.policy)
        synchronizer = Synchronizer(
            PAIR, self.source, self.transport, batch_size=self.batch_size, deliver=collector.run
        )
        return Agent(PAIR, synchronizer, self.states).run(full=full)

    def calm(self) -> None:
        """Nothing fails any more; what was under way arrives."""
        self.transport.plan, self.steps.left = [], None
        self.transport.release(first=True)

    def close(self) -> None:
        self.source.close()
        self.target.close()
