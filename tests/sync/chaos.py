"""Pairs, in memory and on disk, whose messages are lost, doubled, cut and delayed, and which crash at any step."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from glbtools.sync.agent import Agent, Result, State, StateFile
from glbtools.sync.changes import Change
from glbtools.sync.collector import Collector
from glbtools.sync.store import SqliteStore
from glbtools.sync.synchronizer import Synchronizer
from glbtools.sync.transport import RECEIVER, Delivery, MemoryTransport, Message, SpoolTransport, to_bytes

PAIR = "pair"
DELIVER, LOSE, DOUBLE, DELAY, CUT = "deliver", "lose", "double", "delay", "cut"

IN_MEMORY = Path("/dev/shm")
"""Where there is one, a file system on which waiting for the disk takes no time."""


Backup = dict[str, bytes]
"""The files of a store by what follows its name: the store itself, and its write-ahead log if that was copied."""


class Crash(Exception):  # noqa: N818
    """The process is gone."""


class Steps:
    """Counts the steps that leave something behind, and crashes at one."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.taken = 0
        self.before_crash: Callable[[], object] = lambda: None

    def step(self) -> None:
        self.taken += 1
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                self.before_crash()
                raise Crash


class Frail(SqliteStore):
    """Crashes before and after a transaction; takes no change of an object twice in one synchronization of all."""

    steps: Steps

    def watch(self) -> None:
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS effects (source_key, change_key, generation,"
            " UNIQUE (source_key, change_key, generation))"
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


class FrailStore(Frail):
    """One in memory."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        super().__init__(":memory:")
        self.watch()

    def backup(self) -> bytes:
        """Return a backup of everything in it."""
        return self.connection.serialize()

    def restore(self, backup: bytes) -> None:
        """Go back to a backup."""
        self.connection.deserialize(backup)


class FrailFile(Frail):
    """One in a file."""

    def __init__(self, path: Path, steps: Steps) -> None:
        self.steps = steps
        super().__init__(path, create=True)
        self.watch()


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
        elif what not in (LOSE, CUT):
            super().post(message)
            if what == DOUBLE:
                super().post(message)
        self.steps.step()

    def done(self, address: str, received: Delivery) -> None:
        self.steps.step()
        super().done(address, received)
        self.steps.step()

    def release(self, *, first: bool) -> None:
        """Let what was delayed arrive, before or behind what waits."""
        for message in self.delayed:
            self._posted += 1
            waiting = self.waiting[RECEIVER[message.kind]]
            add = waiting.appendleft if first else waiting.append
            add(Delivery(f"late {self._posted}", message))
        self.delayed = []


class FrailSpool(SpoolTransport):
    """Does with the file of each message what a plan says; without one it delivers."""

    def __init__(self, directory: Path, steps: Steps) -> None:
        super().__init__(directory, PAIR)
        self.steps = steps
        self.plan: list[str] = []
        self.late = directory / "late"
        self.late.mkdir(exist_ok=True)

    def post(self, message: Message) -> None:
        self.steps.step()
        what = self.plan.pop(0) if self.plan else DELIVER
        place = self.directory / RECEIVER[message.kind]
        before = set(self.names(place.name))
        super().post(message)
        (name,) = set(self.names(place.name)) - before
        if what == DELAY:
            (place / name).rename(self.late / f"{place.name}+{name}")
        elif what == LOSE:
            (place / name).unlink()
        elif what == DOUBLE:
            shutil.copy(place / name, place / f"{name}-again.json")
        elif what == CUT:
            with (place / name).open("r+b") as stream:
                stream.truncate(len(to_bytes(message)) * 2 // 3)
        self.steps.step()

    def done(self, address: str, received: Delivery) -> None:
        self.steps.step()
        super().done(address, received)
        self.steps.step()

    def release(self, *, first: bool) -> None:
        """Let what was delayed arrive, before or behind what waits."""
        for number, each in enumerate(sorted(self.late.iterdir())):
            address, _, name = each.name.partition("+")
            each.rename(self.directory / address / f"{'0' if first else '9'}-{number:06}-{name}")


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


class FrailStateFile(StateFile):
    """A state in a file; a crash comes before or after it is written, never within."""

    def __init__(self, path: Path, steps: Steps) -> None:
        super().__init__(path)
        self.steps = steps

    @property
    def state(self) -> State | None:
        return self.read(PAIR)

    def write(self, state: State) -> None:
        self.steps.step()
        super().write(state)
        self.steps.step()


class World:
    """Two stores, what lies between them, and the agent's state."""

    source: Frail
    target: Frail
    transport: FrailTransport | FrailSpool
    states: FrailStates | FrailStateFile

    def __init__(self, policy: str = "refuse", batch_size: int = 2) -> None:
        self.steps = Steps()
        self.policy, self.batch_size = policy, batch_size
        self.begin()

    def begin(self) -> None:
        self.source, self.target = FrailStore(self.steps), FrailStore(self.steps)
        self.transport, self.states = FrailTransport(self.steps), FrailStates(self.steps)

    def backup(self, which: str, *, hot: bool = False) -> Backup:
        """Return a backup of one of the stores; a hot one of a store that is open."""
        del hot
        return {"": self._memory(which).backup()}

    def restore(self, which: str, backup: Backup) -> None:
        """Put a store back to what it was."""
        self._memory(which).restore(backup[""])

    def _memory(self, which: str) -> FrailStore:
        store = getattr(self, which)
        assert isinstance(store, FrailStore)
        return store

    def forget(self) -> None:
        """Lose the agent's state."""
        assert isinstance(self.states, FrailStates)
        self.states.state = None

    def keep_state(self) -> bytes | State | None:
        """Return a copy of the agent's state."""
        return self.states.state

    def put_state(self, kept: bytes | State | None) -> None:
        """Put an earlier state in the place of the present one."""
        assert isinstance(self.states, FrailStates)
        self.states.state = kept if isinstance(kept, State) else None

    def recover(self) -> None:
        """Begin again after a crash; in memory what was committed is simply there."""

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


class FileWorld(World):
    """The same in a directory: two SQLite files, a spool, and a state file.

    At a crash the directory is copied as it is at that moment, open transactions and write-ahead logs included, and the
    copy is gone on with: nothing that a dying process still does reaches it.
    """

    def begin(self) -> None:
        self._home = TemporaryDirectory(prefix="glbtools-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None)
        self.directory = Path(self._home.name) / "0"
        self.directory.mkdir()
        self.crashes = 0
        self.steps.before_crash = self._snapshot
        self._open()

    def _open(self) -> None:
        self.source, self.target = (FrailFile(self._file(name), self.steps) for name in ("source", "target"))
        self.transport = FrailSpool(self.directory / "spool", self.steps)
        self.states = FrailStateFile(self.directory / "pair.json", self.steps)

    def _file(self, which: str, suffix: str = "") -> Path:
        return self.directory / f"{which}.db{suffix}"

    def _snapshot(self) -> None:
        self.crashes += 1
        shutil.copytree(self.directory, self.directory.with_name(str(self.crashes)))

    def recover(self) -> None:
        """Go on with what was on disk when it crashed, and with files that were only begun."""
        self.close_files()
        shutil.rmtree(self.directory)
        self.directory = self.directory.with_name(str(self.crashes))
        for begun in ("pair.json", "spool/collector/1.json", "spool/synchronizer/1.json"):
            place = self.directory / begun
            place.with_name(f".glbtools-{place.name}").write_bytes(b'{"format": "glb')
        self._open()

    def backup(self, which: str, *, hot: bool = False) -> Backup:
        """Close a store and copy its file; a hot backup copies an open one's together with its write-ahead log."""
        if hot:
            files = {suffix: self._file(which, suffix) for suffix in ("", "-wal")}
            return {suffix: file.read_bytes() for suffix, file in files.items() if file.exists()}
        getattr(self, which).close()
        data = self._file(which).read_bytes()
        setattr(self, which, FrailFile(self._file(which), self.steps))
        return {"": data}

    def restore(self, which: str, backup: Backup) -> None:
        """Close a store and copy a backup in its place."""
        getattr(self, which).close()
        for suffix, data in backup.items():
            self._file(which, suffix).write_bytes(data)
        setattr(self, which, FrailFile(self._file(which), self.steps))

    def keep_state(self) -> bytes | None:
        """Return the state file."""
        place = self.directory / "pair.json"
        return place.read_bytes() if place.exists() else None

    def put_state(self, kept: bytes | State | None) -> None:
        """Put an earlier state file in the place of the present one."""
        self.forget()
        if isinstance(kept, bytes):
            (self.directory / "pair.json").write_bytes(kept)

    def forget(self) -> None:
        """Lose the agent's state."""
        (self.directory / "pair.json").unlink(missing_ok=True)

    def close_files(self) -> None:
        self.source.close()
        self.target.close()

    def close(self) -> None:
        self.close_files()
        self._home.cleanup()
