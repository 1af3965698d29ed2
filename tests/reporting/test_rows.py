"""The CSV of every command, as the programs read it that people load it into: the values are those of the JSON."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Rows = list[dict[str, str]]
Reader = Callable[[Path], Rows]

COMMANDS = {
    "queue": (("inspect", "net/hub/GLB/MSTTRANS.GLB"), ("--format", "jsonl"), ("--format", "csv")),
    "damaged queue": (("inspect", "hostile.GLB"), ("--format", "jsonl"), ("--format", "csv")),
    "log": (("inspect", "net/hub/LOG/DSSERVER.LOG"), ("--format", "jsonl"), ("--format", "csv")),
    "configuration": (("inspect", "net/hub/GLB/SRVCONF.GLB"), ("--format", "jsonl"), ("--format", "csv")),
    "findings": (("diagnose", "net"), ("--format", "jsonl"), ("--format", "csv")),
    "changes": (("unsent", "net"), ("--format", "jsonl"), ("--format", "csv")),
    "events": (("timeline", "net", "--quiet"), ("--as", "jsonl", "--to", "-"), ("--as", "csv", "--to", "-")),
}
HOSTILE = """
[[postoffice]]
name = "NET/EAST"
[[postoffice.queue.REQTRANS]]
text = '''=HYPERLINK("x"),"quoted"'''
[[postoffice.queue.REQTRANS]]
text = "A Zoë\\tPCM:NET/EAST/zoe\\r\\n- Title:/\\\\\\\\server\\\\x41"
[[postoffice.queue.REQTRANS]]
text = "A 0042\\tPCM:NET/EAST/0042"
"""
RENAMED = {"origin": "postoffice"}
SPECIAL = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}


def with_sqlite(path: Path) -> Rows:
    if shutil.which("sqlite3") is None:
        pytest.skip("sqlite3 is not installed (apt-get install sqlite3)")
    script = f".import --csv '{path}' rows\n.mode json\nSELECT * FROM rows;\n"
    done = subprocess.run(["sqlite3", ":memory:"], input=script, capture_output=True, text=True, check=True)
    assert not done.stderr
    return [{name: value or "" for name, value in row.items()} for row in json.loads(done.stdout)]


def with_pandas(path: Path) -> Rows:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed (the extra test-survey has it)")
    frame = pandas.read_csv(path, dtype=str, keep_default_na=False)
    return [{str(name): str(value) for name, value in row.items()} for row in frame.to_dict("records")]


def with_duckdb(path: Path) -> Rows:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed (the extra test-survey has it)")
    found = duckdb.read_csv(str(path), header=True, all_varchar=True, delimiter=",", quotechar='"', escapechar='"')
    return [{name: value or "" for name, value in zip(found.columns, row, strict=True)} for row in found.fetchall()]


def unquoted(cell: str) -> str:
    return cell[1:] if re.match(r"'[=+\-@\t\r\0]", cell) else cell


def read_back(cell: str) -> str:
    """Undo what makes a text safe for spreadsheets and terminals, by docs/interface.md."""
    return re.sub(
        r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)",
        lambda match: SPECIAL.get(match[1]) or chr(int(match[1][1:], 16)),
        unquoted(cell),
    )


def columns_of(row: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The columns that a row of the JSON has in the CSV, by docs/interface.md."""
    for name, value in row.items():
        column = f"{prefix}{RENAMED.get(name, name)}"
        if name == "span" and value is not None:
            yield from zip((f"{prefix}start", f"{prefix}stop"), value, strict=True)
        elif isinstance(value, dict) and set(value) == {"hex"}:
            yield column, f"0x{value['hex']}"
        elif isinstance(value, dict):
            yield from columns_of(value, f"{column}.")
        else:
            yield column, value


def same(cell: str, value: object) -> bool:
    if value is None:
        return cell == ""
    if isinstance(value, list):
        return cell in (json.dumps(value), "; ".join(map(str, value)), ",".join(map(str, value)))
    if isinstance(value, str):  # the sentences of a timeline are escaped in its JSON, too
        return unquoted(cell) == value or read_back(cell) == value
    return cell == str(value)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network whose server was restored, and a queue whose texts try to be something else."""
    from glbtools.evidence.build import build
    from glbtools.simulation.run import simulate

    folder = tmp_path_factory.mktemp("rows")
    simulate("server-restored", folder / "net")
    (folder / "hostile.toml").write_text(HOSTILE, encoding="utf-8")
    build(folder / "hostile.toml", folder / "hostile")
    shutil.copy(folder / "hostile" / "east" / "GLB" / "REQTRANS.GLB", folder / "hostile.GLB")
    return folder


@pytest.mark.parametrize("reader", [with_sqlite, with_pandas, with_duckdb], ids=["sqlite3", "pandas", "DuckDB"])
@pytest.mark.parametrize("command", COMMANDS)
def test_what_other_programs_read_of_the_rows_is_what_the_json_says(
    command: str, reader: Reader, place: Path, monkeypatch: pytest.MonkeyPatch, run
) -> None:
    monkeypatch.chdir(place)
    words, jsonl, csv = COMMANDS[command]
    said = [json.loads(line) for line in run(*words, *jsonl).out.splitlines()]
    table = place / f"{command}.csv"
    with table.open("w", encoding="utf-8", newline="") as stream:
        stream.write(run(*words, *csv).out)
    read = reader(table)
    assert len(read) == len(said) > 0
    compared = set()
    for row, cells in zip(said, read, strict=True):
        for column, value in columns_of(row):
            if column in cells:
                assert same(cells[column], value), (column, cells[column], value)
                compared.add(column)
    left = set(read[0]) - compared
    assert left <= {"sync", "low", "high", "stamp", "place", "text", "settled_by", "help", "tag"} | {
        column for column in read[0] if not any(row[column] for row in read)
    }
