"""The lines of a survey as tables: SQLite always, Parquet where pyarrow is installed."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from glbtools.errors import FileAccessError
from glbtools.fleet.judging import Line

TABLES: dict[str, dict[str, str]] = {
    "units": {
        "unit": "TEXT", "path": "TEXT", "role": "TEXT", "outcome": "TEXT", "error": "TEXT", "latest": "TEXT",
        "postoffices": "INTEGER", "unjudged": "INTEGER", "server": "TEXT", "names": "TEXT", "errors": "INTEGER",
        "warnings": "INTEGER", "notes": "INTEGER", "changes": "INTEGER", "uploads": "TEXT", "downloads": "TEXT",
        "content": "TEXT", "copy_of": "TEXT", "seconds": "REAL",
    },
    "findings": {
        "unit": "TEXT", "finding": "TEXT", "code": "TEXT", "slug": "TEXT", "severity": "TEXT", "certainty": "TEXT",
        "cause_certainty": "TEXT", "postoffice": "TEXT", "path": "TEXT", "message": "TEXT", "numbers": "INTEGER",
        "low": "INTEGER", "high": "INTEGER", "evidence_path": "TEXT", "evidence_offset": "INTEGER",
        "evidence_line": "INTEGER",
    },
    "changes": {
        "unit": "TEXT", "kind": "TEXT", "channel": "TEXT", "origin": "TEXT", "target": "TEXT", "path": "TEXT",
        "sync": "INTEGER", "low": "INTEGER", "high": "INTEGER", "stamp": "TEXT", "text": "TEXT", "why": "TEXT",
        "certainty": "TEXT", "evidence_path": "TEXT", "evidence_offset": "INTEGER", "evidence_line": "INTEGER",
    },
    "inputs": {
        "unit": "TEXT", "path": "TEXT", "format": "TEXT", "layout": "TEXT", "size": "INTEGER", "sha256": "TEXT",
        "used": "TEXT", "target": "TEXT",
    },
}  # fmt: skip
"""Table -> column -> type of SQLite."""

WORDS = frozenset({
    "role", "outcome", "code", "slug", "severity", "certainty", "cause_certainty", "kind", "channel", "why", "format",
    "layout", "used",
})  # fmt: skip
"""Columns of few different texts."""

ROWS = 5_000
"""Rows of a table that are held at once."""

Rows = dict[str, list[tuple[Any, ...]]]


def rows(line: Line) -> Rows:
    """Return the rows of one unit, by table."""
    unit = line["unit"]
    severities = [each["severity"] for each in line["findings"]]
    late = line["unsent"]
    states: dict[str, list[str]] = {"upload": [], "download": []}
    for each in line["channels"]:
        states.setdefault(each["kind"], []).append(each["state"])
    servers = [each["name"] for each in line["postoffices"] if each["role"] == "server" and each["name"]]
    own = (
        unit, line["path"], line["role"], line["outcome"], line["error"], line["latest"], len(line["postoffices"]),
        line["unjudged"], servers[0] if servers else None, _listed(each["name"] for each in line["postoffices"]),
        severities.count("error"), severities.count("warning"), severities.count("note"), len(late["changes"]),
        _listed(states["upload"]), _listed(states["download"]), line["content"], None, line["seconds"],
    )  # fmt: skip
    changes = [("change", each, each["postoffice"], each["sync"], None, None) for each in late["changes"]]
    changes += [("range", each, each["origin"], None, *each["range"]) for each in late["ranges"]]
    return {
        "units": [own],
        "findings": [
            (
                unit, each["id"], each["code"], each["slug"], each["severity"], each["certainty"],
                each["cause_certainty"], each["postoffice"], each["path"], each["message"],
                sum(high - low for low, high in each["ranges"]),
                min((low for low, _ in each["ranges"]), default=None),
                max((high for _, high in each["ranges"]), default=None), *_place(each["evidence"]),
            )
            for each in line["findings"]
        ],
        "changes": [
            (
                unit, kind, each["channel"], origin, each["target"], each["path"], sync, low, high, each.get("stamp"),
                each.get("text"), each["why"], each["certainty"], *_place(each["evidence"]),
            )
            for kind, each, origin, sync, low, high in changes
        ],
        "inputs": [(unit, *(each[name] for name in tuple(TABLES["inputs"])[1:])) for each in line["inputs"]],
    }  # fmt: skip


def _listed(texts: Iterable[str | None]) -> str | None:
    """Return different texts as one; None where there is none."""
    return " ".join(sorted(filter(None, set(texts)))) or None


def _place(evidence: list[dict[str, Any]]) -> tuple[str | None, int | None, int | None]:
    if not evidence:
        return None, None, None
    first = evidence[0]
    return first["path"], first["span"][0] if first["span"] else None, first["line"]


def write_sqlite(found: Iterable[Line], place: Path) -> None:
    """Write the tables as one SQLite file, which appears whole; memory does not grow with them.

    Raises:
        FileAccessError: it cannot be written.
    """
    part = place.with_name(f"{place.name}.part")
    part.unlink(missing_ok=True)
    try:
        with contextlib.closing(sqlite3.connect(part)) as base:
            base.execute("PRAGMA journal_mode = OFF")
            base.execute("PRAGMA synchronous = OFF")
            for table, columns in TABLES.items():
                base.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
            for line in found:
                for table, added in rows(line).items():
                    marks = ", ".join("?" * len(TABLES[table]))
                    base.executemany(f"INSERT INTO {table} VALUES ({marks})", map(_storable, added))  # noqa: S608
            for table in TABLES:
                base.execute(f"CREATE INDEX {table}_unit ON {table} (unit)")
            base.execute("CREATE INDEX units_content ON units (content, path)")
            # Of units of the same bytes all but the first by path are copies of it.
            base.execute(
                "UPDATE units SET copy_of = (SELECT other.unit FROM units AS other WHERE other.content = units.content "
                "ORDER BY other.path, other.unit LIMIT 1) WHERE content IS NOT NULL"
            )
            base.execute("UPDATE units SET copy_of = NULL WHERE copy_of = unit")
            base.commit()
    except sqlite3.Error as error:
        raise FileAccessError(f"{place}: {error}") from None
    part.replace(place)


def _storable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row as SQLite can keep it: a name that is no text stays visible."""
    return tuple(
        each.encode("utf-8", "backslashreplace").decode() if isinstance(each, str) and not each.isascii() else each
        for each in row
    )


def write_parquet(base: Path, folder: Path) -> list[Path]:
    """Write each table of a SQLite file as Parquet, and return the files; none without pyarrow.

    Raises:
        FileAccessError: one cannot be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return []
    kinds = {"TEXT": pyarrow.string(), "INTEGER": pyarrow.int64(), "REAL": pyarrow.float64()}
    words = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    written = []
    with contextlib.closing(sqlite3.connect(f"file:{base}?mode=ro", uri=True)) as source:
        for table, columns in TABLES.items():
            place = folder / f"{table}.parquet"
            part = folder / f"{table}.parquet.part"
            schema = pyarrow.schema([(name, words if name in WORDS else kinds[kind]) for name, kind in columns.items()])
            found = source.execute(f"SELECT * FROM {table} ORDER BY unit, rowid")  # noqa: S608 - our own names
            try:
                with parquet.ParquetWriter(part, schema, compression="zstd") as writer:
                    while some := found.fetchmany(ROWS):
                        arrays = [
                            pyarrow.array(values, kind)
                            for values, kind in zip(zip(*some, strict=True), schema.types, strict=True)
                        ]
                        writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
                part.replace(place)
            except OSError as error:
                raise FileAccessError(f"{place}: {error.strerror or error}") from None
            written.append(place)
    return written


def read_lines(place: Path) -> Iterator[Line]:
    """Yield the lines of a survey."""
    with place.open("rb") as stream:
        for each in stream:
            yield json.loads(each)
