"""Who waits at a terminal sees how far a command is; nobody else does."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import glbtools
from glbtools.reporting import progress
from glbtools.sync import pair as pairs
from glbtools.sync.store import SqliteStore

IMPATIENT = """
import sys
from glbtools.cli import main
from glbtools.reporting import progress
progress.Display.__init__.__defaults__ = (0.0,)
progress._TICK = 0.01
main()
"""
LDIF = "version: 1\n\n" + "".join(
    f"dn: CN=u{number},DC=example\nobjectClass: person\ncn: u{number}\nuSNCreated: {number}\nuSNChanged: {number}\n\n"
    for number in range(1, 12_000)
)


def at_a_terminal(*words: str, cwd: Path) -> tuple[int, str, str]:
    """Run the command with a terminal as standard error, and no patience; status, standard output, what is shown."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", IMPATIENT, *words], stdout=subprocess.PIPE, stderr=theirs, cwd=cwd, text=True,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "80"},
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        while True:
            try:
                if not (part := os.read(ours, 1 << 16)):
                    break
            except OSError:  # the other end is closed
                break
            shown += part
        os.close(ours)
        assert process.stdout is not None
        out = process.stdout.read()
    return process.returncode, out, shown.decode("utf-8")


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    (tmp_path / "dump.ldif").write_text(LDIF, encoding="utf-8")
    return tmp_path


EXPORT = ("directory", "export", "dump.ldif", "--server", "DC", "--state", "s.json", "--to", "out.txt")


def test_a_long_export_shows_its_share_and_the_line_is_gone_at_the_end(dump: Path) -> None:
    status, _, shown = at_a_terminal(*EXPORT, cwd=dump)
    assert status == 0
    assert "dump.ldif" in shown
    assert re.search(r"[1-9]\d?%", shown)
    erased, said = shown.rpartition("\x1b[2K")[::2]
    assert erased
    assert "%" not in said


@pytest.mark.parametrize(
    "words",
    [("simulate", "healthy-week", "--out", "net"), ("diagnose", "net"), ("timeline", "net"), ("evidence", "net")],
)
def test_what_is_printed_is_the_same_with_and_without_a_display(tmp_path: Path, words: tuple[str, ...], run) -> None:
    for name in ("watched", "alone"):
        (tmp_path / name).mkdir()
        if words[0] != "simulate":
            run("simulate", "healthy-week", "--out", tmp_path / name / "net", "--quiet")
    status, out, shown = at_a_terminal(*words, cwd=tmp_path / "watched")
    assert "\x1b[2K" in shown
    plain = subprocess.run(
        [sys.executable, "-m", "glbtools", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path / "alone",
        env=os.environ | {"COLUMNS": "80"},
    )
    assert (status, out) == (plain.returncode, plain.stdout)


PAIR = 'id = "p"\nstate = "s.json"\nspool = "spool"\nbatch = 10\n[source]\npath = "a.db"\n[target]\npath = "b.db"\n'


def test_building_inspecting_and_synchronizing_show_how_far_they_are(tmp_path: Path, fixture_path, run) -> None:
    spec = fixture_path("specs") / "network.toml"
    (tmp_path / "pair.toml").write_text(PAIR)
    assert at_a_terminal("build", str(spec), "--out", "net", cwd=tmp_path)[2].count("\x1b[2K")
    small = [str(each) for each in (tmp_path / "net").rglob("REQCONF.GLB")]
    assert at_a_terminal("inspect", *small, cwd=tmp_path)[2].count("\x1b[2K")
    assert run("sync", "init", tmp_path / "pair.toml").status == 0
    with SqliteStore(tmp_path / "a.db") as store:
        store.write_all((f"u{number}", b"x") for number in range(95))
    assert at_a_terminal("sync", "run", "pair.toml", cwd=tmp_path)[2].count("\x1b[2K")


def test_each_stage_tells_how_much_of_it_is_done(tmp_path: Path, fixture_path) -> None:
    told: list[tuple[str, int, int]] = []

    def stage(begins: str) -> list[tuple[int, int]]:
        found = [(done, total) for text, done, total in told if text.startswith(begins)]
        told.clear()
        return found

    def tell(text: str, done: int, total: int) -> None:
        told.append((text, done, total))

    files = glbtools.build(fixture_path("specs") / "network.toml", tmp_path / "net", progress=tell)
    assert stage("writing ") == [(done, len(files)) for done in range(len(files))]
    glbtools.timeline(tmp_path / "net", progress=tell)
    assert stage("dates of ") == [(0, 3), (1, 3), (2, 3)]
    report = glbtools.diagnose(tmp_path / "net")
    glbtools.write_report(report, tmp_path / "page.html", progress=tell)
    assert stage("POLYNOMIAL/") == [(0, 3), (1, 3), (2, 3)]
    (tmp_path / "pair.toml").write_text(PAIR)
    pairs.init(tmp_path / "pair.toml")
    with SqliteStore(tmp_path / "a.db") as store:
        store.write_all((f"u{number}", b"x") for number in range(25))
    pairs.run(tmp_path / "pair.toml", progress=tell)
    assert stage("pair p") == [(0, 25), (10, 25), (20, 25)]


def test_quiet_shows_nothing(dump: Path) -> None:
    assert at_a_terminal(*EXPORT, "--quiet", cwd=dump) == (0, "", "")


def test_nothing_is_shown_of_what_is_quick(capsys: pytest.CaptureFixture[str]) -> None:
    display = progress.Display()
    display("comparing records", 0, 12)
    display.stop()
    assert capsys.readouterr().err == ""


def test_what_comes_from_a_file_is_shown_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    display = progress.Display(patience=0.0)
    display("sec\x1bond [bold]", 6, 12)
    said = ""
    deadline = time.monotonic() + 30
    while "50%" not in said and time.monotonic() < deadline:
        time.sleep(0.02)
        said += capsys.readouterr().err
    display.stop()
    assert "sec\\x1bond [bold]" in said


def test_nobody_watches_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert progress.begin() is None
    assert capsys.readouterr().err == ""
