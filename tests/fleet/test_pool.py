"""Processes that die, hang or are stopped lose no unit, and do none twice."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import glbtools
from glbtools import files
from glbtools.errors import UsageError
from glbtools.fleet import pool
from glbtools.fleet.discovery import Job
from glbtools.fleet.judging import Terms, stamped, without_verdict
from glbtools.fleet.survey import LOCK
from tests.fleet.units import Deadly, lines_of, verdicts

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
COPIES = 240


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many postoffices, each in a directory of its own."""
    top = tmp_path_factory.mktemp("tapes") / "tapes"
    for number in range(COPIES):
        shutil.copytree(FIXTURES / ("stuck" if number % 2 else "podiag"), top / f"{number // 50}" / f"{number:04}")
    return top


@pytest.fixture(scope="module")
def undisturbed(tapes: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    return verdicts(glbtools.survey(tapes, out=tmp_path_factory.mktemp("out") / "out", workers=0))


class Slow(str):
    """A path that takes a process a minute to receive."""

    __slots__ = ()

    def __reduce__(self):
        return time.sleep, (60,)


def jobs(top: Path, count: int) -> Iterator[Job]:
    for path in sorted(top.glob("*/*/*"))[:count]:
        yield Job("directories", (str(path),))


def test_processes_killed_at_random_moments_change_nothing(
    tapes: Path, undisturbed: list, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running: list[pool.Pool] = []
    begun = pool.Pool.__init__
    monkeypatch.setattr(pool.Pool, "__init__", lambda self, *given: (begun(self, *given), running.append(self))[0])
    dice, killed, over = random.Random(7), [], threading.Event()

    def kill() -> None:
        """Kill at random moments, but no unit three times in a row: that one would be taken for the reason."""
        written, before = tmp_path / "out" / "survey.jsonl", -1
        while len(killed) < 5 and not over.wait(dice.uniform(0.05, 0.4)):
            now = written.stat().st_size if written.exists() else 0
            if now == before:
                continue
            before = now
            for process in list((running[0]._executor._processes or {}).values())[:1] if running else ():
                if process.pid and process.is_alive():
                    os.kill(process.pid, signal.SIGKILL)
                    killed.append(process.pid)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        found = verdicts(glbtools.survey(tapes, out=tmp_path / "out", workers=2))
    finally:
        over.set()
        killer.join()
    assert killed
    assert found == undisturbed


def test_a_unit_that_kills_its_process_is_an_outcome_and_no_other_unit_suffers(tapes: Path) -> None:
    deadly = Job("directories", (Deadly("deadly"),))
    given = [*jobs(tapes, 30), deadly, *jobs(tapes, 40)]
    found = lines_of(pool.Pool(2, Terms()).run(given))
    assert len(found) == len(given)
    crashed = [lines for lines in found if lines[0]["outcome"] == "crashed"]
    assert [lines[0]["job"] for lines in crashed] == [deadly.key]
    assert all(lines[0]["outcome"] == "judged" for lines in found if lines is not crashed[0])


def test_a_unit_that_does_not_end_is_an_outcome(tapes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "GRACE", 0.5)
    slow = Job("directories", (Slow("slow"),))
    found = lines_of(pool.Pool(2, Terms(timeout=0.5)).run([slow, *jobs(tapes, 5)]))
    assert sorted(lines[0]["outcome"] for lines in found) == ["judged"] * 5 + ["timed out"]


def test_a_unit_that_takes_too_long_is_stopped_in_its_process(tmp_path: Path) -> None:
    found = glbtools.survey(FIXTURES / "healthy-week", out=tmp_path / "out", workers=1, timeout=0.001)
    assert [line["outcome"] for line in found] == ["timed out"]
    assert "longer than 0.001 s" in next(iter(found))["error"]


def test_a_survey_that_is_killed_goes_on_without_repeating_or_losing(
    tapes: Path, undisturbed: list, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "glbtools", "survey", str(tapes), "--out", str(out), "--workers", "2"]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lines = out / "survey.jsonl"
    try:
        while process.poll() is None and not (lines.exists() and lines.read_bytes().count(b"\n") >= 20):
            time.sleep(0.005)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while of_session(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert of_session(process.pid) == []
    before = lines.read_bytes()
    with lines.open("ab") as stream:
        stream.write(before.splitlines()[0][:-40])  # what a crash in the middle of a line leaves
    found = glbtools.survey(tapes, out=out, workers=2, resume=True)
    assert lines.read_bytes().startswith(before[: before.rindex(b"\n") + 1])
    assert found.units == COPIES
    assert found.added == COPIES - before.count(b"\n")
    assert verdicts(found) == undisturbed


def of_session(leader: int) -> list[int]:
    """Return the processes of a session, but for those that have ended."""
    found = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = each.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(session) == leader and state != "Z":
            found.append(int(each.parent.name))
    return found


def test_a_job_of_several_units_of_which_some_were_written_is_done_again(tapes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    glbtools.survey(tapes / "0", out=out, workers=0)
    whole = (out / "survey.jsonl").read_bytes()
    torn = stamped(Job("whole", ("x.zip",)), [without_verdict(Job("whole", ("x.zip",)), "unread", "?")] * 2)[:1]
    (out / "survey.jsonl").write_bytes(whole + json.dumps(torn[0]).encode() + b"\n")
    found = glbtools.survey(tapes / "0", out=out, workers=0, resume=True)
    assert found.added == 0
    assert (out / "survey.jsonl").read_bytes() == whole


def test_what_was_added_to_the_evidence_is_all_that_a_second_run_judges(tapes: Path, tmp_path: Path) -> None:
    top, out = tmp_path / "tapes", tmp_path / "out"
    shutil.copytree(tapes / "0", top / "0")
    assert glbtools.survey(top, out=out, workers=0).added == 50
    shutil.copytree(tapes / "1" / "0050", top / "1" / "0050")
    found = glbtools.survey(top, out=out, workers=0, resume=True)
    assert (found.added, found.units) == (1, 51)


def test_a_survey_goes_on_only_on_the_same_terms_and_not_beside_another(tapes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    glbtools.survey(tapes / "0", out=out, workers=0)
    with pytest.raises(UsageError, match="max file size"):
        glbtools.survey(tapes / "0", out=out, workers=0, resume=True, max_size=1000)
    with files.alone(out / LOCK, wait=False), pytest.raises(UsageError, match="another survey"):
        glbtools.survey(tapes / "0", out=out, workers=0, resume=True)
    assert glbtools.survey(tapes / "0", out=out, workers=0, resume=True).added == 0
    assert not (out / LOCK).exists()


def test_a_program_that_cannot_start_processes_is_told_so(tapes: Path, tmp_path: Path) -> None:
    program = tmp_path / "careless.py"
    program.write_text(f"import glbtools\nglbtools.survey({str(tapes)!r}, out={str(tmp_path / 'out')!r}, workers=1)\n")
    done = subprocess.run([sys.executable, program], capture_output=True, check=False, text=True, timeout=120)
    assert done.returncode != 0
    assert '__name__ == "__main__"' in done.stderr


def test_batches_grow_and_hold_about_as_many_postoffices() -> None:
    single = [Job("directories", (str(number),)) for number in range(200)]
    sizes = [len(batch) for batch in pool.batches(single)]
    assert sizes == [4, 8, 16, 32, 50, 50, 40]
    large = [Job("directories", tuple(map(str, range(60))))] * 3
    assert [len(batch) for batch in pool.batches(large)] == [1, 1, 1]
    assert [job for batch in pool.batches(single) for job in batch] == single
