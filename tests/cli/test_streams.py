"""A standard output that is not there, or whose reader has gone: nothing that did not reach it counts as written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = "".join(f"Mailbox,/o=X/cn=u{number},,{number},{number}\r\n" for number in range(1, 2000))


@pytest.fixture
def dump(tmp_path):
    path = tmp_path / "usn.csv"
    path.write_text(f"Obj-Class,Obj-Dist-Name,Is-Deleted,USN-Changed,USN-Created\r\n{ROWS}", newline="")
    return path


def ran(words: list[object], redirection: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a shell with its standard output as a redirection says."""
    program = f'exec "$0" -m glbtools "$@" {redirection}'
    command = ["sh", "-c", program, sys.executable, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def gone(words: list[object]) -> subprocess.CompletedProcess[str]:
    """Run a command whose reader has gone before it begins to write."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [sys.executable, "-m", "glbtools", *map(str, words)],
            stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(writing)


def exporting(dump: Path, form: str = "dirsync") -> list[object]:
    return [
        "directory",
        "export",
        dump,
        "--server",
        "S",
        "--state",
        dump.with_name("s.json"),
        "--as",
        form,
        "--to",
        "-",
    ]


@pytest.mark.parametrize("form", ["dirsync", "csv", "ldif", "jsonl"])
def test_an_export_that_did_not_arrive_is_not_remembered(dump, form):
    places = [ran(exporting(dump, form), ">&-"), gone(exporting(dump, form))]
    places += [ran(exporting(dump, form), ">/dev/full")] if Path("/dev/full").exists() else []
    for done in places:
        assert done.returncode == 2
        assert done.stderr.startswith("glbtools: standard output: not all could be written")
        assert len(done.stderr.splitlines()) == 1
    assert not dump.with_name("s.json").exists()
    arrived = ran(exporting(dump, form), "")
    assert arrived.returncode == 0
    assert "u1999" in arrived.stdout
    assert dump.with_name("s.json").exists()


def test_a_difference_that_did_not_arrive_is_no_success(dump):
    for to in ([], ["--to", "-", "--as", "csv"]):
        assert ran(["directory", "compare", dump, dump, *to], ">&-").returncode == 2
    assert gone(["directory", "compare", dump, dump, "--to", "-", "--as", "csv"]).returncode == 2


@pytest.mark.parametrize(
    "words",
    [["diagnose"], ["diagnose", "--json"], ["inspect"], ["inspect", "--format", "csv"], ["--version"], ["--help"]],
)
def test_a_report_without_a_standard_output_is_status_2_without_a_traceback(dump, words):
    done = ran([*words, dump], ">&-") if words[0][0] != "-" else ran(words, ">&-")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "glbtools: the output cannot be written: standard output is closed"
    assert "Traceback" not in done.stderr


def test_whoever_stops_reading_a_report_is_told_nothing(dump):
    done = gone(["inspect", dump])
    assert (done.returncode, done.stderr) == (0, "")


def test_a_command_of_which_nobody_reads_does_its_work_and_ends_with_its_own_status(dump, tmp_path):
    stuck = tmp_path / "stuck"
    assert ran(["build", ROOT / "fixtures" / "specs" / "stuck.toml", "--out", stuck, "-q"], "").returncode == 0
    shutil.copy(dump, tmp_path / "damaged.GLB")
    calls = {
        ("diagnose", stuck): 1,
        ("diagnose", stuck, "--json"): 1,
        ("inspect", "--as", "queue", tmp_path / "damaged.GLB"): 1,
        ("inspect", dump, tmp_path / "nothere"): 2,
        ("rebuild", stuck, "--into", tmp_path / "rebuilt"): 0,
        ("carve", stuck / "october" / "GLB" / "REQTRANS.GLB", "--out", tmp_path / "carved"): 0,
        ("--help",): 0,
        ("explain", "--help"): 0,
    }
    for words, status in calls.items():
        done = gone(list(words))
        assert (done.returncode, "Traceback" in done.stderr) == (status, False), (words, done.stderr)
    assert (tmp_path / "rebuilt" / "october" / "GLB" / "REQTRANS.GLB").is_file()


def test_an_output_in_a_file_needs_no_standard_streams(dump):
    words = exporting(dump)
    words[-1] = dump.with_name("out.txt")
    assert ran(words, ">&- 2>&- <&-").returncode == 0
    assert dump.with_name("out.txt").read_text().count("A /o=X") == 1999


def test_a_pair_without_a_standard_output_is_run_and_status_2_says_that_its_report_is_lost(tmp_path):
    (tmp_path / "pair.toml").write_text(
        'id = "p"\nstate = "s.json"\nspool = "spool"\n[source]\npath = "a.db"\n[target]\npath = "b.db"\n'
    )
    assert ran(["sync", "init", tmp_path / "pair.toml", "--quiet"], ">&-").returncode == 0
    for form in ([], ["--json"]):
        done = ran(["sync", "run", tmp_path / "pair.toml", "--once", *form], ">&-")
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
    assert ran(["sync", "run", tmp_path / "pair.toml", "--once"], "").returncode == 0
