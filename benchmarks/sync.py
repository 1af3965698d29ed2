"""How fast small changes are synchronized through SQLite, beside a plain bulk copy of the same rows."""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from pathlib import Path

from glbtools.sync.agent import Agent, StateFile
from glbtools.sync.collector import Collector
from glbtools.sync.store import SqliteStore
from glbtools.sync.synchronizer import Synchronizer
from glbtools.sync.transport import MemoryTransport

CHANGES = 1_000_000
BATCH = 5_000


def measured(count: int = CHANGES) -> list[str]:
    """Return one line for each way, as a table of docs/benchmarks.md has it.

    Both copies end in a write-ahead log flushed to disk. The plain copy is one transaction with one flush; the
    synchronization flushes the source's record of each batch, the batch with its journal, and the agent's state: what
    was acknowledged is never lost with the power.
    """
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        filled(directory / "source.db", count)
        plain = copied(directory, count)
        ours = synchronized(directory, count)
    return [
        "| changes through SQLite | a second | times the plain copy |",
        "|---|--:|--:|",
        f"| plain bulk copy of {count:,} rows (INSERT ... SELECT) | {count / plain:,.0f} | 1.0 |",
        f"| synchronized in batches of {BATCH:,} | {count / ours:,.0f} | {ours / plain:.1f} |",
    ]


def filled(path: Path, count: int) -> None:
    """Write a source with so many objects."""
    with SqliteStore(path, create=True) as store:
        for at in range(0, count, 50_000):
            numbers = range(at, min(at + 50_000, count))
            store.write_all((f"cn=user{number:07},ou=north", b"display name %d" % number) for number in numbers)


def copied(directory: Path, count: int) -> float:
    """Return the seconds that a plain copy of the rows into an empty store takes."""
    SqliteStore(directory / "plain.db", create=True).close()
    connection = sqlite3.connect(directory / "plain.db", isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("ATTACH ? AS source", (str(directory / "source.db"),))
    began = time.perf_counter()
    connection.execute("INSERT INTO objects SELECT * FROM source.objects")
    took = time.perf_counter() - began
    assert connection.execute("SELECT count(*) FROM objects").fetchone()[0] == count
    connection.close()
    return took


def synchronized(directory: Path, count: int) -> float:
    """Return the seconds that a first synchronization takes."""
    transport = MemoryTransport()
    with SqliteStore(directory / "source.db") as source, SqliteStore(directory / "target.db", create=True) as target:
        collector = Collector("bench", target, transport)
        synchronizer = Synchronizer("bench", source, transport, batch_size=BATCH, deliver=collector.run)
        began = time.perf_counter()
        result = Agent("bench", synchronizer, StateFile(directory / "state.json")).run()
        took = time.perf_counter() - began
        assert result.outcome == "complete"
        assert result.counts["applied"] == count
    return took


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("changes", nargs="?", type=int, default=CHANGES)
    print("\n".join(measured(parser.parse_args().changes)))


if __name__ == "__main__":
    main()
