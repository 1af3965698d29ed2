"""Stores: what changes are read from and applied to.

A source numbers its changes and keeps, of each object, the last; a target keeps beside its objects the collector's
journal, so that a restore takes both back together (docs/facts/directories.md#ics).
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol, Self

from glbtools.binary.layout import Layout
from glbtools.errors import FileAccessError
from glbtools.files import opened, read
from glbtools.formats.queue import parse_queue
from glbtools.layouts import reference
from glbtools.model.channel import Range, ranges_of
from glbtools.model.directory import Entry, Facts
from glbtools.sync import values
from glbtools.sync.changes import Change, Lives, change_key, counter_of, merged, only, predecessors, store_of, versions
from glbtools.sync.faults import StoreError

KEPT_SESSIONS = 1000
"""Sessions a source remembers for each pair; an older one counts as unknown, which stops, and never skips."""

_NAMESPACE = uuid.UUID("6b1f7a3e-7d0c-5a52-9a33-0c5b7f4f2f10")
_APPLICATION = 0x474C4253
_CHUNK = 500


class Source(Protocol):
    """What a synchronizer reads.

    Attributes:
        id: which store, in hex.
        epoch: which life of its numbering, in hex.
        dense: every number occurs.
        shows_deletions: a deletion can be seen in it.
        whole_to: up to where it holds everything, where that is not up to its highest number: what is above is sent,
            and sent again the next time.
        late: how many changes are above that.
    """

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def epoch(self) -> str: ...  # noqa: D102
    @property
    def dense(self) -> bool: ...  # noqa: D102
    @property
    def shows_deletions(self) -> bool: ...  # noqa: D102
    @property
    def whole_to(self) -> int | None: ...  # noqa: D102
    @property
    def late(self) -> int: ...  # noqa: D102

    def head(self) -> int:
        """Return the highest number issued."""

    def floor(self) -> int:
        """Return the highest number that may be purged."""

    def delete_floor(self) -> int:
        """Return the same for deletions."""

    def held(self, above: int) -> tuple[Range, ...]:
        """Return which numbers above one there are changes for; sparse logs give one range that ends at the last."""

    def changes(self, above: int, limit: int) -> list[Change]:
        """Return the next changes above a number, lowest first."""

    def latest(self, upto: int, limit: int) -> list[Change]:
        """Return the changes with the highest numbers up to one, highest first."""

    def find(self, source_keys: Sequence[str]) -> dict[str, Change]:
        """Return the objects there are of some."""

    def lives(self) -> Lives:
        """Return earlier lives, each with the last change of it that is known here."""

    def remembers(self, pair: str, session: str, number: int) -> bool | None:
        """Whether it sent up to a number in a session; None for a store that keeps no record."""

    def sent(self, pair: str) -> int | None:
        """Return up to where the last session sent; None where none did, or no record is kept."""

    def remember(self, pair: str, session: str, number: int) -> None:
        """Record, durably and before anything is sent, how far a session sends."""

    def renew(self) -> None:
        """Begin a new life of the numbering."""

    def close(self) -> None:
        """Let go of it."""


class Journal(NamedTuple):
    """What a collector knows of one pair, kept in the target's own file.

    Attributes:
        source_id: the store it takes changes of; empty before the first.
        epoch: the life of that store.
        applied: everything up to this number is applied.
        opened: session that may send.
        session: session of the last batch applied.
        batch_no: its number.
        generation: how many full synchronizations were begun.
        sweeping: one was begun and not ended; what it did not name is then removed.
    """

    source_id: str = ""
    epoch: str = ""
    applied: int = 0
    opened: str = ""
    session: str = ""
    batch_no: int = 0
    generation: int = 0
    sweeping: int = 0


class Conflict(NamedTuple):
    """One decision a person should know of; the version that lost is kept in it whole.

    Attributes:
        pair, session: when it was met.
        source_key: the object.
        reason: ``conflict``, or that the source had lost what the target has, or an object removed by a full one.
        policy: ``refuse``, ``newest`` or ``source``, whose version counts after a restore.
        winner: ``local`` or ``incoming``.
        local_key, local_payload, local_deleted: what the target had.
        incoming_key, incoming_payload, incoming_deleted: what came.
    """

    pair: str
    session: str
    source_key: str
    reason: str
    policy: str
    winner: str
    local_key: bytes
    local_payload: bytes
    local_deleted: bool
    incoming_key: bytes
    incoming_payload: bytes
    incoming_deleted: bool

    @property
    def called(self) -> str:
        """The object as a message has it: an object of a directory by its name, with its key beside it."""
        for payload in (self.local_payload, self.incoming_payload):
            with suppress(ValueError, TypeError, KeyError, RecursionError):
                name = json.loads(payload)["dn"]
                return self.source_key if name.lower() == self.source_key else f"{name} ({self.source_key})"
        return self.source_key


_SCHEMA = """
CREATE TABLE store (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE objects (
    number INTEGER PRIMARY KEY, source_key TEXT NOT NULL UNIQUE, change_key BLOB NOT NULL, pcl BLOB NOT NULL,
    deleted INTEGER NOT NULL, time TEXT NOT NULL, payload BLOB NOT NULL, parent TEXT NOT NULL,
    pair TEXT NOT NULL DEFAULT '', generation INTEGER NOT NULL DEFAULT 0, swept INTEGER NOT NULL DEFAULT 0);
CREATE INDEX swept ON objects (swept) WHERE swept;
CREATE TABLE lives (epoch TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (place INTEGER PRIMARY KEY, pair TEXT NOT NULL, session TEXT NOT NULL, sent INTEGER NOT NULL,
    UNIQUE (pair, session));
CREATE TABLE journal (pair TEXT PRIMARY KEY, source_id TEXT, epoch TEXT, applied INTEGER, opened TEXT, session TEXT,
    batch_no INTEGER, generation INTEGER, sweeping INTEGER) WITHOUT ROWID;
CREATE TABLE source_lives (source_id TEXT, epoch TEXT, PRIMARY KEY (source_id, epoch)) WITHOUT ROWID;
CREATE TABLE conflicts (place INTEGER PRIMARY KEY, pair TEXT, session TEXT, source_key TEXT, reason TEXT, policy TEXT,
    winner TEXT, local_key BLOB, local_payload BLOB, local_deleted INTEGER, incoming_key BLOB, incoming_payload BLOB,
    incoming_deleted INTEGER);
"""
_COLUMNS = "source_key, change_key, pcl, deleted, time, payload, parent, number"
_PUT = (
    "INSERT OR REPLACE INTO objects (source_key, change_key, pcl, deleted, time, payload, parent, number, pair,"
    " generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class SqliteStore:
    """A store in one SQLite file: objects and tombstones, their lists, the journal and the conflicts.

    Both the data of a batch and the journal are one transaction. ``synchronous=FULL`` makes every commit durable before
    it returns, in a write-ahead log with one fsync: a success message is written after it, so that nothing
    acknowledged is lost with the power, and what a session sent is on disk before the message is.
    """

    dense = False
    shows_deletions = True
    whole_to: int | None = None
    late = 0

    def __init__(self, path: str | Path, *, create: bool = False) -> None:
        """Open a store; ``create`` makes one that is missing.

        Raises:
            StoreError: there is none, or the file is something else.
        """
        self.path = str(path)
        if not create and self.path != ":memory:" and not Path(path).is_file():
            raise StoreError(
                f"{path}: no such store; glbtools sync init makes one where there is none, and nothing else does"
            )
        try:
            self.connection = sqlite3.connect(self.path, isolation_level=None, timeout=30)
            with ExitStack() as cleanup:
                cleanup.callback(self.close)
                self.connection.execute("PRAGMA journal_mode=WAL")
                self.connection.execute("PRAGMA synchronous=FULL")
                self.connection.execute("PRAGMA cache_size=-65536")
                self.connection.execute("PRAGMA wal_autocheckpoint=8000")
                self._begin()
                cleanup.pop_all()
        except sqlite3.Error as error:
            raise StoreError(f"{path}: no store: {error}") from None

    def _begin(self) -> None:
        application = self.connection.execute("PRAGMA application_id").fetchone()[0]
        if application == _APPLICATION:
            return
        if self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise StoreError(f"{self.path}: no store: an SQLite file of something else")
        name = uuid.uuid4().hex
        rows = {"id": name, "epoch": name, "head": 0, "delete_floor": 0}
        with self.transaction():
            for statement in _SCHEMA.split(";"):
                self.connection.execute(statement)
            self.connection.executemany("INSERT INTO store VALUES (?, ?)", rows.items())
            self.connection.execute(f"PRAGMA application_id = {_APPLICATION}")

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of something or nothing."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}") from None

    def _value(self, name: str) -> str | int:
        value: str | int = self.connection.execute("SELECT value FROM store WHERE name = ?", (name,)).fetchone()[0]
        return value

    def _set(self, name: str, value: str | int) -> None:
        self.connection.execute("UPDATE store SET value = ? WHERE name = ?", (value, name))

    # --- as a source -------------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """Which store, for all its lives."""
        return str(self._value("id"))

    @property
    def epoch(self) -> str:
        """Which life: the first 16 bytes of its change keys."""
        return str(self._value("epoch"))

    def head(self) -> int:
        """Return the highest number issued."""
        return int(self._value("head"))

    def floor(self) -> int:
        """Return 0: every object keeps its last change."""
        return 0

    def delete_floor(self) -> int:
        """Return the highest number of a tombstone that was purged."""
        return int(self._value("delete_floor"))

    def held(self, above: int) -> tuple[Range, ...]:
        """Return the stretch from a number to the last change."""
        last = self.connection.execute("SELECT max(number) FROM objects").fetchone()[0] or 0
        return ((above, last),) if last > above else ()

    def changes(self, above: int, limit: int) -> list[Change]:
        """Return the next changes above a number, lowest first."""
        query = f"SELECT {_COLUMNS} FROM objects WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608
        return [Change(*row) for row in self.connection.execute(query, (above, limit))]

    def latest(self, upto: int, limit: int) -> list[Change]:
        """Return the changes with the highest numbers up to one, highest first."""
        query = f"SELECT {_COLUMNS} FROM objects WHERE number <= ? ORDER BY number DESC LIMIT ?"  # noqa: S608
        return [Change(*row) for row in self.connection.execute(query, (upto, limit))]

    def lives(self) -> Lives:
        """Return earlier lives, each with its last change that is known here."""
        return {bytes.fromhex(epoch): last for epoch, last in self.connection.execute("SELECT * FROM lives")}

    def remembers(self, pair: str, session: str, number: int) -> bool | None:
        """Whether it sent up to a number in a session: a store that was restored knows nothing of later ones."""
        query = "SELECT sent FROM sessions WHERE pair = ? AND session = ?"
        row = self.connection.execute(query, (pair, session)).fetchone()
        return row is not None and row[0] >= number

    def sent(self, pair: str) -> int | None:
        """Return up to where the last session sent; None where none did."""
        query = "SELECT sent FROM sessions WHERE pair = ? ORDER BY place DESC LIMIT 1"
        row = self.connection.execute(query, (pair,)).fetchone()
        return int(row[0]) if row else None

    def remember(self, pair: str, session: str, number: int) -> None:
        """Record, durably and before anything is sent, how far a session sends."""
        with self.transaction():
            self.connection.execute(
                "INSERT INTO sessions (pair, session, sent) VALUES (?, ?, ?)"
                " ON CONFLICT (pair, session) DO UPDATE SET sent = max(sent, excluded.sent)",
                (pair, session, number),
            )
            self.connection.execute(
                "DELETE FROM sessions WHERE pair = ? AND place <="
                " (SELECT place FROM sessions WHERE pair = ? ORDER BY place DESC LIMIT 1 OFFSET ?)",
                (pair, pair, KEPT_SESSIONS),
            )

    def renew(self) -> None:
        """Begin a new life, so that no change key means two things: what to do after a restore.

        A number above all that this store remembers having sent may have been given twice, before the restore and
        after. What has one gets a key of the new life; of the old one the store keeps what it is sure of.
        """
        with self.transaction():
            sure = self.connection.execute("SELECT coalesce(max(sent), 0) FROM sessions").fetchone()[0]
            sure = min(sure, self.head())
            old, new = bytes.fromhex(self.epoch), uuid.uuid4()
            query = f"SELECT {_COLUMNS} FROM objects WHERE number > ? ORDER BY number"  # noqa: S608
            unsure = [Change(*row) for row in self.connection.execute(query, (sure,))]
            for number, each in enumerate(unsure, self.head() + 1):
                self._rename(each, number, old, new.bytes, sure)
            self.connection.execute("INSERT INTO lives VALUES (?, ?)", (self.epoch, sure))
            self._set("head", self.head() + len(unsure))
            self._set("epoch", new.hex)

    def _rename(self, change: Change, number: int, old: bytes, new: bytes, sure: int) -> None:
        found = versions(change.pcl)
        if found.get(old, 0) > sure:
            found[old] = sure
        key = change.key
        if store_of(key) == old and counter_of(key) > sure:
            key = change_key(new, number)
            found[new] = number
        pcl = predecessors(found)
        query = "UPDATE objects SET number = ?, change_key = ?, pcl = ? WHERE source_key = ?"
        self.connection.execute(query, (number, key, pcl, change.source_key))

    # --- changes of its own ------------------------------------------------------------------------------------------

    def write(self, source_key: str, payload: bytes, *, time: str = "", parent: str = "") -> Change:
        """Make or change an object here."""
        return self._made([(source_key, payload, False, time, parent)])[-1]

    def delete(self, source_key: str, *, time: str = "") -> Change:
        """Delete an object here; its tombstone remains."""
        return self._made([(source_key, b"", True, time, "")])[-1]

    def write_all(self, objects: Iterable[tuple[str, bytes]]) -> None:
        """Make or change many objects in one transaction."""
        self._made([(key, payload, False, "", "") for key, payload in objects])

    def _made(self, wanted: Sequence[tuple[str, bytes, bool, str, str]]) -> list[Change]:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        with self.transaction():
            local = self.find([each[0] for each in wanted])
            head, life, made = self.head(), bytes.fromhex(self.epoch), []
            for number, (source_key, payload, deleted, time, parent) in enumerate(wanted, head + 1):
                key = change_key(life, number)
                before = local.get(source_key)
                pcl = predecessors(merged(versions(before.pcl), {life: number})) if before else only(key)
                made.append(
                    Change(
                        source_key,
                        key,
                        pcl=pcl,
                        deleted=deleted,
                        time=time or now,
                        payload=payload,
                        parent=parent,
                        number=number,
                    )
                )
                local[source_key] = made[-1]
            self.connection.executemany(_PUT, [(*each, "", 0) for each in made])
            self._set("head", head + len(made))
        return made

    def purge(self, upto: int) -> int:
        """Remove tombstones up to a number; return how many."""
        with self.transaction():
            last = self.connection.execute(
                "SELECT max(number), count(*) FROM objects WHERE deleted AND number <= ?", (upto,)
            ).fetchone()
            self.connection.execute("DELETE FROM objects WHERE deleted AND number <= ?", (upto,))
            self._set("delete_floor", max(self.delete_floor(), last[0] or 0))
        return int(last[1])

    # --- as a target -------------------------------------------------------------------------------------------------

    def find(self, source_keys: Sequence[str]) -> dict[str, Change]:
        """Return the objects there are of some."""
        found: dict[str, Change] = {}
        if not self.connection.execute("SELECT EXISTS (SELECT 1 FROM objects)").fetchone()[0]:
            return found
        for at in range(0, len(source_keys), _CHUNK):
            part = source_keys[at : at + _CHUNK]
            query = f"SELECT {_COLUMNS} FROM objects WHERE source_key IN ({','.join('?' * len(part))})"  # noqa: S608
            found.update((row[0], Change._make(row)) for row in self.connection.execute(query, part))
        return found

    def swept(self, source_keys: Sequence[str]) -> frozenset[str]:
        """Return those of some objects that a full synchronization removed: whatever comes replaces them."""
        if not self.connection.execute("SELECT EXISTS (SELECT 1 FROM objects WHERE swept)").fetchone()[0]:
            return frozenset()
        found = self.connection.execute("SELECT source_key FROM objects WHERE swept")
        return frozenset(row[0] for row in found) & frozenset(source_keys)

    def put(self, pair: str, generation: int, changes: Sequence[Change]) -> None:
        """Keep changes that came, under numbers of this store; inside a transaction."""
        head = self.head()
        rows = [(*each[:7], number, pair, generation) for number, each in enumerate(changes, head + 1)]
        self.connection.executemany(_PUT, rows)
        self._set("head", head + len(rows))

    def keep(self, pair: str, generation: int, source_keys: Iterable[str]) -> None:
        """Mark objects as named by the source, without change; inside a transaction."""
        self.connection.executemany(
            "UPDATE objects SET generation = ? WHERE source_key = ? AND pair = ?",
            [(generation, each, pair) for each in source_keys],
        )

    def learn(self, changes: Iterable[Change]) -> None:
        """Keep the predecessors of objects that are otherwise as they were; inside a transaction."""
        self.connection.executemany(
            "UPDATE objects SET pcl = ? WHERE source_key = ?", [(each.pcl, each.source_key) for each in changes]
        )

    def sweep(self, pair: str, generation: int) -> list[Change]:
        """Remove what came of a pair before a full synchronization and was not named in it; inside a transaction."""
        query = f"SELECT {_COLUMNS} FROM objects WHERE pair = ? AND generation < ? AND NOT deleted"  # noqa: S608
        gone = list(map(Change._make, self.connection.execute(query, (pair, generation)).fetchall()))
        head, life, rows = self.head(), bytes.fromhex(self.epoch), []
        for number, each in enumerate(gone, head + 1):
            pcl = predecessors(merged(versions(each.pcl), {life: number}))
            tombstone = each._replace(key=change_key(life, number), pcl=pcl, deleted=True, payload=b"", number=number)
            rows.append((*tombstone, pair, generation))
        self.connection.executemany(_PUT, rows)
        self.connection.executemany("UPDATE objects SET swept = 1 WHERE number = ?", [(row[7],) for row in rows])
        self._set("head", head + len(rows))
        return gone

    def journal(self, pair: str) -> Journal:
        """Return what the collector knows of a pair."""
        row = self.connection.execute("SELECT * FROM journal WHERE pair = ?", (pair,)).fetchone()
        return Journal(*row[1:]) if row else Journal()

    def set_journal(self, pair: str, journal: Journal) -> None:
        """Keep what the collector knows of a pair; inside a transaction."""
        self.connection.execute("INSERT OR REPLACE INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (pair, *journal))
        life = (journal.source_id, journal.epoch)
        self.connection.execute("INSERT OR IGNORE INTO source_lives VALUES (?, ?)", life)

    def hear(self, source_id: str, lives: Iterable[str]) -> None:
        """Keep which lives a source says it has had; inside a transaction.

        Its changes keep the keys of the life they were made in: what came of a life must be known as the source's even
        after the source itself was restored to before it.
        """
        rows = [(source_id, each) for each in lives]
        self.connection.executemany("INSERT OR IGNORE INTO source_lives VALUES (?, ?)", rows)

    def lives_of(self, source_id: str) -> frozenset[bytes]:
        """Return every life of a source that this store has heard of; what is no id of one was none."""
        rows = self.connection.execute("SELECT epoch FROM source_lives WHERE source_id = ?", (source_id,))
        found = set()
        for (epoch,) in rows:
            with suppress(ValueError):
                found.add(values.identity(str(epoch), "a life"))
        return frozenset(found)

    def report(self, conflicts: Iterable[Conflict]) -> None:
        """Keep conflicts for people to see; inside a transaction."""
        marks = ", ".join("?" * len(Conflict._fields))
        names = ", ".join(Conflict._fields)
        self.connection.executemany(f"INSERT INTO conflicts ({names}) VALUES ({marks})", conflicts)  # noqa: S608

    def conflicts(self, pair: str | None = None) -> list[Conflict]:
        """Return the conflicts met so far, oldest first."""
        names = ", ".join(Conflict._fields)
        query = f"SELECT {names} FROM conflicts WHERE :pair IS NULL OR pair = :pair ORDER BY place"  # noqa: S608
        found = map(Conflict._make, self.connection.execute(query, {"pair": pair}))
        return [
            each._replace(local_deleted=bool(each.local_deleted), incoming_deleted=bool(each.incoming_deleted))
            for each in found
        ]

    def parentless(self) -> list[str]:
        """Return live objects whose parent is not here, or deleted (SYNC_E_NO_PARENT)."""
        query = (
            "SELECT source_key FROM objects child WHERE parent <> '' AND NOT deleted AND NOT EXISTS"
            " (SELECT 1 FROM objects WHERE source_key = child.parent AND NOT deleted) ORDER BY source_key"
        )
        return [row[0] for row in self.connection.execute(query)]

    def content(self) -> dict[str, bytes]:
        """Return the live objects."""
        return dict(self.connection.execute("SELECT source_key, payload FROM objects WHERE NOT deleted"))


class DatedObject(NamedTuple):
    """When an object of a store was changed last.

    Attributes:
        number: of that change in this store.
        source_key: the object.
        deleted: whether it was deleted.
        time: by the clock of whoever made the change, with its offset where that is known; None where none is stored,
            or what is stored is no date.
        written: what is stored.
        pair: the pair that brought it; empty for what was made here.
    """

    number: int
    source_key: str
    deleted: bool
    time: datetime | None
    written: str
    pair: str


class KeptStore(SqliteStore):
    """A store as evidence: nothing is written, not even the files that SQLite keeps beside one that is open.

    Where a write-ahead log lies beside it, whose changes are not in the file yet, a copy of both is read.
    """

    def __init__(self, path: str | Path, *, max_size: int | None = None) -> None:
        """Open a store to look at it.

        Raises:
            StoreError: it is missing, damaged or something else.
        """
        import tempfile

        self.path, place, log = str(path), Path(path), Path(f"{path}-wal")
        self._copy = None
        try:
            if log.is_file() and log.stat().st_size:
                self._copy = tempfile.TemporaryDirectory(prefix="glbtools-")
                place = Path(self._copy.name, "store")
                _copied(Path(path), place, max_size)
                _copied(log, Path(self._copy.name, "store-wal"), max_size)
            else:
                with opened(path, max_size):
                    pass
            mode = "" if self._copy else "?mode=ro&immutable=1"
            self.connection = sqlite3.connect(f"{place.resolve().as_uri()}{mode}", uri=True, isolation_level=None)
            self.connection.text_factory = lambda data: data.decode("utf-8", "replace")
            self._check()
        except (sqlite3.Error, FileAccessError) as error:
            self.close()
            reason = str(error) if isinstance(error, FileAccessError) else f"{path}: no store: {error}"
            raise StoreError(reason) from None

    def _check(self) -> None:
        """Refuse what is no store; a view or a trigger, which no store has, could run for ever.

        Raises:
            sqlite3.DatabaseError: it is none.
        """
        self.connection.execute("PRAGMA trusted_schema = OFF")
        if self.connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
            raise sqlite3.DatabaseError("an SQLite file of something else")
        query = "SELECT count(*) FROM sqlite_master WHERE type IN ('view', 'trigger')"
        if self.connection.execute(query).fetchone()[0]:
            raise sqlite3.DatabaseError("it has a view or a trigger")

    def dates(self) -> Iterator[DatedObject]:
        """Yield when each object was changed last, by number.

        Raises:
            StoreError: the file is damaged.
        """
        query = "SELECT number, source_key, deleted, time, pair FROM objects ORDER BY number"
        try:
            for number, source_key, deleted, written, pair in self.connection.execute(query):
                moment = None
                with suppress(ValueError):
                    moment = datetime.fromisoformat(str(written))
                yield DatedObject(
                    number, str(source_key), deleted=bool(deleted), time=moment, written=str(written), pair=str(pair)
                )
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: damaged: {error}") from None

    def without_date(self) -> tuple[int, int]:
        """Return how many sessions and how many conflicts it remembers, of which it keeps no date.

        Raises:
            StoreError: the file is damaged.
        """
        query = "SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM conflicts)"
        try:
            sessions, conflicts = self.connection.execute(query).fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: damaged: {error}") from None
        return sessions, conflicts

    def close(self) -> None:
        """Close the file, and remove the copy."""
        if hasattr(self, "connection"):
            self.connection.close()
        if self._copy is not None:
            self._copy.cleanup()
            self._copy = None


def _copied(source: Path, target: Path, max_size: int | None) -> None:
    import os
    import shutil

    with opened(source, max_size) as descriptor, os.fdopen(os.dup(descriptor), "rb") as stream, target.open("wb") as to:
        shutil.copyfileobj(stream, to)


class _ReadOnly:
    """A source of numbered changes in memory that keeps no record of what was sent."""

    shows_deletions = True
    whole_to: int | None = None
    late = 0

    def __init__(self, changes: Iterable[Change], name: str, *, head: int, dense: bool, epoch: str = "") -> None:
        self.id = store_id(name).hex()
        self.epoch = epoch or self.id
        self.dense = dense
        self._changes = sorted(changes, key=lambda each: each.number)
        self._head = max(head, self._changes[-1].number if self._changes else 0)

    def close(self) -> None:
        """Nothing is open."""

    def head(self) -> int:
        """Return the highest number issued."""
        return self._head

    def floor(self) -> int:
        """Return the highest number that may be purged."""
        return 0

    def delete_floor(self) -> int:
        """Return the same for deletions."""
        return 0

    def held(self, above: int) -> tuple[Range, ...]:
        """Return which numbers above one there are changes for."""
        numbers = [each.number for each in self._changes if each.number > above]
        if self.dense:
            return ranges_of(numbers)
        return ((above, numbers[-1]),) if numbers else ()

    def changes(self, above: int, limit: int) -> list[Change]:
        """Return the next changes above a number, lowest first."""
        from bisect import bisect_right

        at = bisect_right(self._changes, above, key=lambda each: each.number)
        return self._changes[at : at + limit]

    def latest(self, upto: int, limit: int) -> list[Change]:
        """Return the changes with the highest numbers up to one, highest first."""
        from bisect import bisect_right

        at = bisect_right(self._changes, upto, key=lambda each: each.number)
        return self._changes[max(at - limit, 0) : at][::-1]

    def find(self, source_keys: Sequence[str]) -> dict[str, Change]:
        """Return the objects there are of some."""
        wanted = frozenset(source_keys)
        return {each.source_key: each for each in self._changes if each.source_key in wanted}

    def lives(self) -> Lives:
        """Return none: it does not say."""
        return {}

    def remembers(self, pair: str, session: str, number: int) -> bool | None:
        """Return None: it keeps no record."""
        del pair, session, number
        return None

    def sent(self, pair: str) -> int | None:
        """Return None: it keeps no record."""
        del pair
        return None

    def remember(self, pair: str, session: str, number: int) -> None:
        """Keep nothing."""

    def renew(self) -> None:
        """Keep its numbering, which is not ours to change."""


class QueueStore(_ReadOnly):
    """A queue file, read-only: each record is a change, and an object, of its own.

    PC Mail has no epoch and no store id: the name (NET/PO) stands for both, and a queue that was deleted and begun
    again is known by its numbers alone.
    """

    def __init__(self, path: str | Path, name: str, *, epoch: str = "", layout: Layout | None = None) -> None:
        """Read a queue file.

        Raises:
            StoreError: it is damaged, so that numbers may be missing, or two records have one number.
        """
        layout = layout or reference("queue")
        try:
            queue = parse_queue(read(path), layout)
        except FileAccessError as error:
            raise StoreError(str(error)) from None
        if queue.gaps or queue.framing:
            raise StoreError(f"{path}: damaged: {queue.framing[0].message if queue.framing else 'bytes of no record'}")
        real = [each for each in queue.records if not queue.is_dummy(each)]
        numbers = [each.sync for each in real]
        if len(set(numbers)) != len(numbers):
            raise StoreError(f"{path}: two records have one transaction number")
        found = []
        for record in real:
            when = queue.moment(record)
            key = change_key(bytes.fromhex(epoch) if epoch else store_id(name), record.sync)
            stamp = when.isoformat() if when else ""
            found.append(
                Change(
                    str(record.sync),
                    key,
                    pcl=only(key),
                    deleted=False,
                    time=stamp,
                    payload=record.text.encode(),
                    parent="",
                    number=record.sync,
                )
            )
        super().__init__(found, name, head=max((r.sync for r in queue.records), default=0), dense=True, epoch=epoch)
        self._floor = min(numbers) - 1 if numbers else self._head

    def floor(self) -> int:
        """Return the number before the first record: what was acknowledged is purged (Q96060)."""
        return self._floor


class DumpStore(_ReadOnly):
    """A dump of a directory, read-only: each object is a change numbered by its USN-Changed.

    Attributes:
        late: how many objects are numbered above the highest number that was noted before the dump was read: what was
            written meanwhile, of which others may be missing.
    """

    def __init__(self, entries: Iterable[Entry], facts: Facts) -> None:
        """Take the objects of a dump.

        Raises:
            StoreError: it does not say of which server it is, no object has a number, or two have one number.
        """
        if not facts.server:
            raise StoreError("a dump that names no server cannot be a source: its numbers may be anybody's")
        epoch = store_id(facts.epoch).hex() if facts.epoch else ""
        life = bytes.fromhex(epoch) if epoch else store_id(facts.server)
        objects = list(entries)
        found = [_entry_change(each, life) for each in objects if each.changed]
        if objects and not found:
            raise StoreError(f"dump of {facts.server}: no object has a number: nothing tells what has changed")
        for each in found:
            try:
                values.text(each.source_key, "its name")
            except ValueError as error:
                raise StoreError(f"dump of {facts.server}: object {each.number} cannot be sent: {error}") from None
        numbers = {each.number for each in found}
        if len(numbers) != len(found):
            raise StoreError(f"dump of {facts.server}: two objects have one USN-Changed")
        self.late = sum(facts.head is not None and each > facts.head for each in numbers)
        self.whole_to = facts.head if self.late else None
        head = max(facts.head or 0, facts.last_removed or 0)
        super().__init__(found, facts.server, head=head, dense=False, epoch=epoch)
        self.shows_deletions = facts.deletions
        self._delete_floor = facts.last_removed or 0 if facts.deletions else self.whole_to or self._head

    def delete_floor(self) -> int:
        """Return the number of the last removed object; the highest where the dump shows no deletion at all."""
        return self._delete_floor


def _entry_change(entry: Entry, life: bytes) -> Change:
    held = [[name, *rest] for name, rest in entry.values]
    payload = b"" if entry.deleted else json.dumps({"dn": entry.dn, "values": held}, ensure_ascii=True).encode()
    key = change_key(life, entry.changed)
    when = entry.when.isoformat() if entry.when else ""
    return Change(
        entry.key,
        key,
        pcl=only(key),
        deleted=entry.deleted,
        time=when,
        payload=payload,
        parent="",
        number=entry.changed,
    )


def store_id(name: str) -> bytes:
    """Return 16 bytes for a store that is known by a name, which knows no case; a GUID stands for itself."""
    try:
        return uuid.UUID(name).bytes
    except ValueError:
        return uuid.uuid5(_NAMESPACE, name.upper()).bytes


WITNESSES = 32
"""Changes that an agent remembers of a source that keeps no record, to see later that it was restored."""


class Witness(NamedTuple):
    """A change that was sent: of which object, under which number, whether it deleted it, and a digest."""

    source_key: str
    number: int
    deleted: bool
    digest: str


def witnesses(source: Source, upto: int) -> tuple[Witness, ...]:
    """Return the changes with the highest numbers up to one, highest first."""
    return tuple(_witness(source, each) for each in source.latest(upto, WITNESSES))


RESTORED, VANISHED = "restored", "vanished"


def departure(source: Source, seen: Sequence[Witness], upto: int) -> str:
    """Return how what a source has now does not follow what it was; empty where it may.

    ``restored``: numbers up to one mean something else: one fell, or was given at another time, or an object that was
    not there has one that counts as sent. ``vanished``: a live object is gone, and no tombstone says so; a tombstone
    itself goes when its time is over, and a record of a log when it is purged.
    """
    now = source.find([each.source_key for each in seen])
    for was in seen:
        found = now.get(was.source_key)
        if found is not None and found.number <= upto and _witness(source, found) != was:
            return RESTORED
    lowest = seen[-1].number if len(seen) == WITNESSES else 0
    known = {each.source_key for each in seen}
    late = source.latest(upto, WITNESSES + 1)
    if any(lowest < each.number <= upto and each.source_key not in known for each in late):
        return RESTORED
    gone = [each for each in seen if each.source_key not in now and not each.deleted and each.number > source.floor()]
    return VANISHED if gone and source.shows_deletions else ""


def _witness(source: Source, change: Change) -> Witness:
    """Return a change as a witness: by its time; a log's records have nothing else that stays, so by content too.

    What a directory shows of an object may change without a number: links back, members that are renamed.
    """
    from hashlib import sha256

    content = change.payload if source.dense else b""
    told = b"\0".join((change.source_key.encode(), change.key, change.time.encode(), content))
    return Witness(change.source_key, change.number, bool(change.deleted), sha256(told).hexdigest()[:32])
