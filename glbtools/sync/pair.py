"""A pair of stores as a person describes it in PAIR.toml, and what can be done with it: init, run, status.

    id = "north-south"            # which pair; both ends use the same
    state = "north-south.json"    # where the agent keeps how far it has got
    spool = "spool"               # where messages wait
    batch = 1000                  # changes in one message
    every = "15m"                 # schedule
    wait = "30s"                  # how long to wait for each answer from another machine; three times
    conflicts = "refuse"          # or "newest"

    [source]
    kind = "sqlite"               # or "queue", "dump", with name = "NET/PO" and epoch = "GUID"
    path = "north.db"

    [target]
    kind = "sqlite"
    path = "south.db"

Paths are relative to the file. ``source`` and ``target`` may be on different machines; each then has a pair file with
the same id that leaves the other out.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from glbtools import files
from glbtools.directory.dump import Dump
from glbtools.errors import FileAccessError
from glbtools.model.channel import Channel, Verdict, classify
from glbtools.model.directory import Entry, Facts
from glbtools.progress import Progress
from glbtools.sync.agent import WAY_OUT, Agent, Result, State, StateFile, channel, own_server, refused
from glbtools.sync.collector import POLICIES, REFUSE, Collector
from glbtools.sync.faults import LockedError, PairError, StoreError
from glbtools.sync.store import Conflict, DumpStore, Journal, QueueStore, Source, SqliteStore
from glbtools.sync.synchronizer import Patience, Synchronizer
from glbtools.sync.transport import POSITION, Message, SpoolTransport, spooled
from glbtools.tables import Setting, open_toml, shown

SQLITE, QUEUE, DUMP = "sqlite", "queue", "dump"
DEFAULT_BATCH = 1000
LARGEST_BATCH = 100_000
WAITING = Patience(tries=3, seconds=30.0)
_MAX_SIZE = 1 << 16
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

ReadDump = Callable[[Path], tuple[Facts, Iterable[Entry]]]
"""Reads a dump of a directory: what is known of it, and its objects."""


class StorePlace(NamedTuple):
    """Where a store is.

    Attributes:
        kind: ``sqlite``, ``queue`` or ``dump``.
        path: of the store.
        name: whose it is, for one that does not say it itself.
        epoch: which life of its numbers, likewise.
    """

    kind: str
    path: Path
    name: str = ""
    epoch: str = ""


class Pair(NamedTuple):
    """A pair file as read.

    Attributes:
        path: of the file.
        id: the same at both ends.
        source: where changes come from; None where that is on another machine.
        target: where they go; None where that is on another machine.
        state: the file in which the agent keeps how far it has got.
        spool: the directory of messages.
        batch: changes in one message.
        every: seconds from one run to the next; None for none.
        conflicts: ``refuse`` or ``newest``.
        wait: seconds for an answer from another machine.
    """

    path: Path
    id: str
    source: StorePlace | None
    target: StorePlace | None
    state: Path
    spool: Path
    batch: int = DEFAULT_BATCH
    every: float | None = None
    conflicts: str = REFUSE
    wait: float = WAITING.seconds


class Status(NamedTuple):
    """How a pair stands.

    Attributes:
        pair: its id.
        verdict: of the channel; None where there is no source on this machine.
        head: highest number at the source; ``cursor``: the agent's; ``applied``: the collector's.
        reason, way_out: why it cannot go on by itself, and what to do; empty when it can.
        waiting: messages under way.
        aside: why messages were refused.
        conflicts: those met so far, oldest first.
        parentless: objects at the target whose parent is not there.
        locked_by: who is at work on it; empty for nobody.
    """

    pair: str
    verdict: Verdict | None
    head: int | None
    cursor: int | None
    applied: int | None
    reason: str = ""
    way_out: str = ""
    waiting: int = 0
    aside: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    parentless: tuple[str, ...] = ()
    locked_by: str = ""

    @property
    def troubled(self) -> bool:
        """Whether it cannot go on by itself, or something waits to be looked at."""
        return bool(self.reason or self.conflicts or self.aside)


# --- reading ------------------------------------------------------------------------------------------------------


def seconds(text: str) -> float:
    """Return a length of time such as ``15m``, ``30s``, ``2h`` or ``1d`` in seconds.

    Raises:
        ValueError: it is none.
    """
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if match is None or not int(match[1]):
        raise ValueError("is not a length of time such as 15m, 30s, 2h or 1d")
    return float(int(match[1]) * _UNITS[match[2]])


def load(path: str | Path) -> Pair:
    """Return a pair file.

    Raises:
        PairError: it is wrong; says line and key.
        FileAccessError: it cannot be read.
    """
    table = open_toml(files.read(path, _MAX_SIZE), str(path), PairError).table(_KEYS)
    here = Path(path).parent
    source, target = _store(table["source"], here), _store(table["target"], here)
    if source is None and target is None:
        table["source"].fail("is missing, and so is target")
    if target is not None and target.kind != SQLITE:
        table["target"]["kind"].fail(f"{target.kind} stores are read-only")
    if source is not None and target is not None and files.is_same(Path(source.path), Path(target.path)):
        table["target"]["path"].fail("is the source's own file")
    for store in (source, target):
        if store is not None and files.is_same(_path(table["state"], here), Path(store.path)):
            table["state"].fail("is the file of a store")
    return Pair(
        Path(path),
        id=table["id"].matching(_ID, "1 to 64 letters, digits, '.', '_' or '-'"),
        source=source,
        target=target,
        state=_path(table["state"], here),
        spool=_path(table["spool"], here),
        batch=table["batch"].integer(1, LARGEST_BATCH, DEFAULT_BATCH),
        every=_length(table["every"]),
        conflicts=table["conflicts"].choice(POLICIES, REFUSE),
        wait=_length(table["wait"]) or WAITING.seconds,
    )


_KEYS = {"id", "state", "spool", "batch", "every", "wait", "conflicts", "source", "target"}
_ID = re.compile(r"[\w.-]{1,64}")


def _length(given: Setting) -> float | None:
    try:
        return seconds(given.text()) if given.given else None
    except ValueError as error:
        given.fail(str(error))


def _store(table: Setting, here: Path) -> StorePlace | None:
    if not table.given:
        return None
    table.table({"kind", "path", "name", "epoch"})
    kind = table["kind"].choice((SQLITE, QUEUE, DUMP), SQLITE)
    name, epoch = table["name"].text(""), table["epoch"].text("")
    if kind == QUEUE and not name:
        table["name"].fail("is missing: a queue does not say whose it is; NET/PO")
    if kind != QUEUE and (name or epoch):
        table["name" if name else "epoch"].fail(f"a {kind} store says it itself")
    if epoch:
        try:
            epoch = uuid.UUID(epoch).hex
        except ValueError:
            table["epoch"].fail(f"{shown(epoch)} is not a GUID")
    return StorePlace(kind, _path(table["path"], here), name, epoch)


def _path(given: Setting, here: Path) -> Path:
    text = given.text()
    if not text or "\0" in text:
        given.fail("is empty" if not text else "holds a NUL, which no path has")
    path = here / text
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        given.fail(f"{shown(text)}: {error.strerror}")
    return path


# --- one agent at a time ------------------------------------------------------------------------------------------


def lock_path(pair: Pair) -> Path:
    """Return the lock file of a pair: beside its state, which two agents must not both write."""
    return pair.state.with_name(pair.state.name + ".lock")


@contextlib.contextmanager
def locked(pair: Pair) -> Iterator[None]:
    """Keep other agents off a pair; the system lets go of the lock when a process dies, and its file says whose it is.

    Raises:
        LockedError: another agent is at work.
    """
    path = lock_path(pair)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(files.alone(path, wait=False))
        except TimeoutError:
            raise LockedError(f"{path}: pair {pair.id} is in use by {_owner(path)}") from None
        except OSError as error:
            raise LockedError(f"{path}: no lock: {files.access_error(path, error)}") from None
        with contextlib.suppress(OSError):
            path.write_text(f"process {os.getpid()} on {socket.gethostname()}\n", "utf-8")
        yield


def holder(path: Path) -> str:
    """Return who has a lock; empty for nobody."""
    return _owner(path) if files.is_held(path) else ""


def _owner(path: Path) -> str:
    """Return whose a lock is that somebody has, in the words of its file."""
    try:
        text = files.read(path, _MAX_SIZE).decode("utf-8", "replace")
    except FileAccessError:
        text = ""
    return text.strip().partition("\n")[0] if text.startswith("process ") else "another agent"


# --- what can be done ---------------------------------------------------------------------------------------------


def from_disk(path: Path) -> tuple[Facts, Iterable[Entry]]:
    """Return a dump on disk.

    Raises:
        FileAccessError, UnknownFormatError: see ``Dump``.
    """
    dump = Dump(path)
    return dump.facts(), _whole(dump)


def _whole(dump: Dump) -> Iterator[Entry]:
    """Yield the objects of a dump.

    Raises:
        StoreError: it may lack objects, which would look deleted.
    """
    yield from dump.entries()
    if dump.doubts:
        raise StoreError(dump.doubts[0])


def open_source(
    place: StorePlace,
    read_dump: ReadDump = from_disk,
    open_store: Callable[[Path], SqliteStore] = SqliteStore,
) -> Source:
    """Return a store to read from.

    Raises:
        StoreError: it is missing or damaged.
    """
    if place.kind == QUEUE:
        return QueueStore(place.path, place.name, epoch=place.epoch)
    if place.kind == DUMP:
        facts, entries = read_dump(place.path)
        return DumpStore(entries, facts)
    return open_store(place.path)


def init(path: str | Path) -> Pair:
    """Make what a pair needs and does not have: its SQLite stores and its spool; leave what is there.

    Args:
        path: the pair file.

    Raises:
        PairError: the pair file is wrong.
        StoreError: a store is something else.
    """
    pair = load(path)
    with locked(pair):
        for place in (pair.source, pair.target):
            if place is not None and place.kind == SQLITE:
                SqliteStore(place.path, create=True).close()
        SpoolTransport(pair.spool, pair.id)
    return pair


def run(
    path: str | Path,
    *,
    once: bool = False,
    every: float | None = None,
    until: Callable[[Result], bool] | None = None,
    full: bool = False,
    read_dump: ReadDump = from_disk,
    patience: Patience | None = None,
    progress: Progress | None = None,
) -> Result:
    """Synchronize a pair, once or on its schedule, and return what came of the last round.

    Args:
        path: PAIR.toml.
        once: one round.
        every: seconds between the beginnings of two rounds; else the pair's own schedule; a pair without one runs once.
        until: told the result of each round; the schedule ends when it says so.
        full: begin with a full synchronization.
        read_dump: reads a dump that is the source.
        patience: how long to wait for a collector on another machine.
        progress: told before each batch how far it is.

    A schedule also ends when a person must decide (``stopped``). The lock is held during a round and not between two;
    a scheduled round that meets another agent's lets that one work, and the next comes at its time (``busy``).

    Raises:
        PairError, StateError, StoreError, LockedError, FileAccessError: see there.
    """
    pair = load(path)
    interval = None if once else every or pair.every
    while True:
        began = time.monotonic()
        try:
            with locked(pair):
                result = _round(pair, full=full, read_dump=read_dump, patience=patience, progress=progress)
        except LockedError as error:
            if interval is None:
                raise
            result = Result("busy", reason=str(error))
        full = full and result.outcome in {"silent", "refused", "busy"}
        if interval is None or result.outcome == "stopped" or (until is not None and until(result)):
            return result
        time.sleep(max(0.0, interval - (time.monotonic() - began)))


def _round(
    pair: Pair, *, full: bool, read_dump: ReadDump, patience: Patience | None, progress: Progress | None
) -> Result:
    transport = SpoolTransport(pair.spool, pair.id)
    with contextlib.ExitStack() as stack:
        collector = None
        if pair.target is not None:
            target = stack.enter_context(SqliteStore(pair.target.path))
            collector = Collector(pair.id, target, transport, pair.conflicts)
        if pair.source is None:
            assert collector is not None, "a pair has a source or a target"
            dealt = collector.run()
            return Result("complete", batches=dealt, cursor=collector.target.journal(pair.id).applied)
        source = open_source(pair.source, read_dump)
        stack.callback(source.close)
        synchronizer = Synchronizer(
            pair.id,
            source,
            transport,
            batch_size=pair.batch,
            patience=patience or (Patience() if collector else WAITING._replace(seconds=pair.wait)),
            deliver=collector.run if collector else lambda: None,
            progress=progress,
        )
        return Agent(pair.id, synchronizer, StateFile(pair.state)).run(full=full)


def status(path: str | Path, *, read_dump: ReadDump = from_disk) -> Status:
    """Return how a pair stands; nothing is sent.

    Args:
        path: the pair file.
        read_dump: how a dump is read.

    Raises:
        PairError, StateError, StoreError, FileAccessError: see there.
    """
    pair = load(path)
    stands = standing(pair, read_dump=read_dump)
    if stands.state is not None and stands.channels:
        own_server(StateFile(pair.state), stands.state, stands.source_id)
    chosen = stands.chosen
    said = refused(chosen[1], 0) if chosen else None
    under_way = spooled(pair.spool)
    return Status(
        pair.id,
        chosen[1] if chosen else None,
        head=stands.head,
        cursor=(stands.state.cursor if stands.state else 0) if chosen else None,
        applied=stands.journal.applied if stands.journal else None,
        reason=said.reason if said else "",
        way_out=WAY_OUT if said else "",
        waiting=len(under_way.collector) + len(under_way.synchronizer),
        aside=tuple(under_way.aside.values()),
        conflicts=stands.conflicts,
        parentless=stands.parentless,
        locked_by=holder(lock_path(pair)),
    )


class PairStatus(NamedTuple):
    """Both ends of a pair, as far as they are on this machine.

    Attributes:
        state: the agent's; None before the first success, and where there is no source.
        journal: the collector's; None where there is no target.
        source_id: which store the source is; empty where there is none.
        head: highest number at the source.
        sent: up to where the last session sent; None where the source keeps no record.
        channels: with their verdicts, by the agent's state, and by the collector's journal, which counts.
        conflicts: those met so far, oldest first.
        parentless: objects at the target whose parent is not there.
    """

    state: State | None = None
    journal: Journal | None = None
    source_id: str = ""
    head: int | None = None
    sent: int | None = None
    channels: tuple[tuple[Channel, Verdict], ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    parentless: tuple[str, ...] = ()

    @property
    def chosen(self) -> tuple[Channel, Verdict] | None:
        """The channel that decides: one that must not go on by itself, else the last; None without a source."""
        stopped = next((each for each in self.channels if refused(each[1], 0)), None)
        return stopped or (self.channels[-1] if self.channels else None)


def standing(
    pair: Pair, *, read_dump: ReadDump = from_disk, open_store: Callable[[Path], SqliteStore] = SqliteStore
) -> PairStatus:
    """Return how both ends of a pair stand.

    Raises:
        StateError: the agent's state is damaged, or of another pair.
        StoreError: a store is missing or damaged.
        FileAccessError: a file cannot be read.
    """
    with contextlib.ExitStack() as stack:
        try:
            return _stands(pair, stack, read_dump, open_store)
        except (sqlite3.Error, ValueError, TypeError, OverflowError, IndexError) as error:
            raise StoreError(f"{pair.path}: a store of pair {pair.id} is damaged: {error}") from None


def _stands(
    pair: Pair, stack: contextlib.ExitStack, read_dump: ReadDump, open_store: Callable[[Path], SqliteStore]
) -> PairStatus:
    found, position = PairStatus(), None
    if pair.target is not None:
        target = stack.enter_context(open_store(pair.target.path))
        journal = _sound(target.journal(pair.id))
        position = Message(
            POSITION,
            pair.id,
            "",
            applied=journal.applied,
            source_id=journal.source_id,
            epoch=journal.epoch,
            known=journal.session,
            sweeping=bool(journal.sweeping),
        )
        conflicts, parentless = tuple(target.conflicts(pair.id)), tuple(target.parentless())
        found = found._replace(journal=journal, conflicts=conflicts, parentless=parentless)
    if pair.source is None:
        return found
    source = open_source(pair.source, read_dump, open_store)
    stack.callback(source.close)
    state = StateFile(pair.state).read(pair.id)
    by = ([None] if state else []) + ([position] if position or not state else [])
    channels = [channel(pair.id, source, state, each) for each in by]
    return found._replace(
        state=state,
        source_id=source.id,
        head=source.head(),
        sent=source.sent(pair.id),
        channels=tuple((each, classify(each)) for each in channels),
    )


def _sound(journal: Journal) -> Journal:
    """Return a journal whose values are of the types they must be.

    Raises:
        TypeError: it is none.
    """
    for name, default in Journal._field_defaults.items():
        if not isinstance(getattr(journal, name), type(default)):
            raise TypeError(f"{name} in the journal is no {type(default).__name__}")
    return journal
