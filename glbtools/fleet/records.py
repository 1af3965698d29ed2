"""Every record of the queues of a survey as one table of Parquet, read again from the evidence when all is judged."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from glbtools import files
from glbtools.binary.layout import Layout
from glbtools.errors import FileAccessError, GlbError
from glbtools.evidence import containers
from glbtools.evidence.sources import Entry, on_disk
from glbtools.formats.queue import table

RECORDS = "records.parquet"
ROWS = 100_000
"""Records that are held before they are written, beside those of one queue."""

_QUEUES = """
SELECT min(path), sha256 FROM inputs WHERE format = 'queue' AND size > 0 AND sha256 IS NOT NULL
GROUP BY sha256 ORDER BY min(path)
"""


def schema(layout: Layout) -> Any:
    """Return what the table holds: the SHA-256 of the file of a queue, and all that is in its records.

    Raises:
        UsageError: pyarrow is not installed.
    """
    held = table(b"", layout).schema
    import pyarrow

    held = held.set(held.get_field_index("text"), pyarrow.field("text", pyarrow.string()))
    return held.insert(0, pyarrow.field("sha256", pyarrow.dictionary(pyarrow.int32(), pyarrow.string())))


def write_records(base: Path, place: Path, layout: Layout, max_size: int) -> list[str]:
    """Write the records of every different queue, each once, and return the paths of those that cannot be had again.

    Args:
        base: the SQLite file of the survey, whose ``inputs`` say where queues are.
        place: the file to write, which appears whole.
        layout: how a queue is read.
        max_size: largest file read, in bytes.

    Raises:
        FileAccessError: it cannot be written.
    """
    wanted = schema(layout)
    import pyarrow
    from pyarrow import parquet

    part, waiting = place.with_name(f"{place.name}.part"), list[Any]()
    lost: list[str] = []
    try:
        with (
            contextlib.closing(sqlite3.connect(f"file:{base}?mode=ro", uri=True)) as source,
            parquet.ParquetWriter(part, wanted, compression="zstd") as writer,
        ):
            for path, sha256, data in _contents(source, max_size):
                if data is None:
                    lost.append(path)
                    continue
                found = table(data, layout)
                waiting.append(found.add_column(0, "sha256", pyarrow.repeat(sha256, len(found))).cast(wanted))
                if sum(map(len, waiting)) >= ROWS:
                    writer.write_table(pyarrow.concat_tables(waiting))
                    waiting.clear()
            if waiting:
                writer.write_table(pyarrow.concat_tables(waiting))
        part.replace(place)
    except OSError as error:
        raise FileAccessError(f"{place}: {error.strerror or error}") from None
    return lost


def _contents(source: sqlite3.Connection, max_size: int) -> Iterator[tuple[str, str, bytes | None]]:
    """Yield path, hash and content of every different queue; None for one that is not there as it was."""
    for outer, rows in groupby(source.execute(_QUEUES), lambda row: containers.outermost(row[0])):
        hashes: dict[str, str] = dict(rows)
        for entry in _entries(outer, list(hashes), max_size):
            data = _read(entry, max_size)
            if data is not None and files.sha256(data) == hashes.get(entry.shown):
                yield entry.shown, hashes.pop(entry.shown), data
        yield from ((path, sha256, None) for path, sha256 in hashes.items())


def _entries(outer: str, paths: list[str], max_size: int) -> Iterator[Entry]:
    """Yield the files of some paths in a container, or the file that is none; of a container only what it gives."""
    with contextlib.suppress(GlbError):
        if outer in paths:
            yield on_disk(Path(outer), outer)
        else:
            yield from containers.named(containers.tree(Path(outer), max_size), paths, max_size)


def _read(entry: Entry, max_size: int) -> bytes | None:
    try:
        return entry.read(max_size)
    except GlbError:
        return None
