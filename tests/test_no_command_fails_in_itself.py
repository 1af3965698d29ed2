"""No command ends in status 70, whatever is missing, whatever dates there are, and whatever stands beside the files.

A seeded sample of the search runs always; all of it with ``GLBTOOLS_SEARCH=1`` in the environment.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glbtools.formats.queue import parse_queue
from glbtools.layouts import reference

ROOT = Path(__file__).resolve().parent.parent
DAMAGED = ("stuck", "seed-49-bytes", "seed-server-restored", "seed-stuck-requestor", "healthy-week")
LAYOUTS = (None, *sorted((ROOT / "tests").rglob("*stamp*.toml")))
HOSTILE = {
    "pair.toml": ["x = " + "[" * 40_000, "batch = " + "9" * 5_000, "a." * 40_000 + "b = 1"],
    "cursors.json": ['{"schema": "glbtools.cursors/1", "cursors": [{"position": 1e999}]}', "[" * 100_000],
    "state.json": ['{"schema": "glbtools.export/1", "exported": 9223372036854775808, "server": "\\ud800"}'],
    "message.json": ['{"epoch": "zz", "size": Infinity, "number": 99999999999999999999}'],
}


def cases() -> list[Any]:
    """Return every way to take something away: (directory, what)."""
    found = []
    for name in DAMAGED:
        root = ROOT / "fixtures" / name
        files = [each.relative_to(root).as_posix() for each in sorted(root.rglob("*")) if each.is_file()]
        ways = ["dates", "logs", *(f"without {each}" for each in files), *(f"hostile {each}" for each in HOSTILE)]
        found += [(name, way, layout) for way in ways for layout in LAYOUTS]
    if os.environ.get("GLBTOOLS_SEARCH"):
        return found
    return random.Random(12).sample(found, 12)


def changed(root: Path, way: str) -> None:
    """Take something away from a copy of a directory, or put something beside it."""
    kind, _, name = way.partition(" ")
    for path in sorted(root.rglob("*")):
        if kind == "logs" and path.suffix.upper() == ".LOG":
            path.write_bytes(b"01/01/2150 00:00:00 | 1 171\r\n")
        elif kind == "dates" and path.suffix.upper() == ".LOG":
            path.unlink()
        elif kind == "dates" and path.name.upper().endswith("TRANS.GLB"):
            content = parse_queue(path.read_bytes(), reference("queue"))
            content.records = [each._replace(stamp=0) for each in content.records]
            path.write_bytes(content.build())
    if kind == "without":
        (root / name).unlink()
    for number, text in enumerate(HOSTILE[name] if kind == "hostile" else ()):
        (root / f"{number}").mkdir()
        (root / f"{number}" / name).write_text(text)
        (root / name).write_text(text)


@pytest.mark.parametrize(("name", "way", "layout"), cases())
def test_no_command_fails_in_itself(
    name: str, way: str, layout: Path | None, tmp_path: Path, run: Callable[..., Any]
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(ROOT / "fixtures" / name, root)
    changed(root, way)
    own = ("--layout", layout) if layout else ()
    calls: list[tuple[object, ...]] = [
        ("diagnose", root, *own),
        ("unsent", root, "--json", *own),
        ("rebuild", root, "--into", tmp_path / "out", "--unsafe", *own),
        *(("inspect", each, *own) for each in sorted(root.iterdir()) if each.is_file()),
    ]
    for office in [each.parent for each in sorted(root.glob("*/GLB"))][:2]:
        calls.append(("rebuild", office, "--into", tmp_path / f"out-{office.name}", "--unsafe", *own))
    for call in calls:
        done = run(*call)
        assert done.status in (0, 1, 2), (call, done.err)


@pytest.mark.parametrize("text", [text for texts in HOSTILE.values() for text in texts])
def test_hostile_tables_are_a_mistake_with_a_sentence(text: str, tmp_path: Path, run: Callable[..., Any]) -> None:
    path = tmp_path / "hostile.toml"
    path.write_text(text)
    queue = ROOT / "fixtures" / "seed-49-bytes"
    for call in (
        ("inspect", path, "--layout", path),
        ("build", path, "--out", tmp_path / "out"),
        ("simulate", path, "--out", tmp_path / "out"),
        ("sync", "status", path),
        ("sync", "run", path),
        ("diagnose", queue, "--layout", path),
        ("learn", "--check", path, path),
    ):
        done = run(*call)
        assert done.status == 2, (call, done.err)
        assert 0 < len(done.err) < 2000


@pytest.mark.parametrize("output", ["", ">&-", ">/dev/full"])
def test_an_output_that_takes_nothing_is_said(output: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    command = f"{sys.executable} -m glbtools diagnose {ROOT / 'fixtures' / 'idle'} {output}"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == (2 if output else 0), done.stderr
    assert "Traceback" not in done.stderr
