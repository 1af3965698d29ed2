"""A cluster gives what one process gives, and what it lost with a worker is done again."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import glbtools
from glbtools.errors import GlbError, UsageError
from glbtools.fleet import cluster, judging
from glbtools.fleet.cluster import Cluster
from glbtools.fleet.discovery import Job
from glbtools.fleet.judging import Terms
from tests.fleet.units import Deadly, lines_of, verdicts

distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")
dask = pytest.importorskip("dask")

pytestmark = pytest.mark.filterwarnings("default")
ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
COPIES = 120


@pytest.fixture(scope="module")
def scheduler() -> Iterator[Any]:
    """A cluster of two processes on this machine."""
    few = {"distributed.scheduler.allowed-failures": 1}
    with (
        dask.config.set(few),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", silence_logs=50
        ) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("tapes") / "tapes"
    for number in range(COPIES):
        shutil.copytree(FIXTURES / ("stuck" if number % 2 else "podiag"), top / f"{number // 50}" / f"{number:04}")
    shutil.copytree(FIXTURES / "healthy-week", top / "week")
    return top


@pytest.fixture(scope="module")
def alone(tapes: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return verdicts(glbtools.survey(tapes, out=tmp_path_factory.mktemp("alone") / "out", workers=0))


def test_a_cluster_gives_the_lines_of_one_process(scheduler, tapes: Path, alone: list, tmp_path: Path) -> None:
    found = glbtools.survey(tapes, out=tmp_path / "out", scheduler=scheduler.scheduler_address)
    assert verdicts(found) == alone


def test_a_worker_that_is_killed_takes_nothing_with_it(scheduler, tapes: Path, alone: list, tmp_path: Path) -> None:
    over = threading.Event()

    def kill() -> None:
        for _ in range(2):
            if over.wait(0.4):
                return
            pids = [each.process.pid for each in scheduler.workers.values() if each.process and each.process.pid]
            os.kill(pids[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        found = verdicts(glbtools.survey(tapes, out=tmp_path / "out", scheduler=scheduler.scheduler_address))
    finally:
        over.set()
        killer.join()
    assert found == alone


def test_a_unit_that_kills_every_worker_is_an_outcome(scheduler, tapes: Path) -> None:
    deadly = Job("directories", (Deadly("deadly"),))
    given = [deadly, *(Job("directories", (str(path),)) for path in sorted(tapes.glob("0/*/*"))[:20])]
    found = lines_of(Cluster(scheduler.scheduler_address, Terms(), [str(tapes)]).run(given))
    outcomes = {lines[0]["job"]: lines[0]["outcome"] for lines in found}
    assert len(found) == len(outcomes) == len(given)
    assert outcomes.pop(deadly.key) == "crashed"
    assert set(outcomes.values()) == {"judged"}


def test_a_unit_that_takes_too_long_is_stopped_on_a_worker(scheduler, tmp_path: Path) -> None:
    found = glbtools.survey(
        FIXTURES / "healthy-week", out=tmp_path / "out", scheduler=scheduler.scheduler_address, timeout=0.001
    )
    assert [line["outcome"] for line in found] == ["timed out"]


def test_time_that_is_over_in_a_thread_ends_its_unit_and_nothing_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = judging.judge

    def slow(*given):
        until = time.monotonic() + 20
        while time.monotonic() < until:
            pass
        return judge(*given)

    monkeypatch.setattr(judging, "judge", slow)
    found: list[Any] = []
    job = Job("directories", (str(FIXTURES / "stuck" / "october"),))

    def run() -> None:
        found.extend(judging.lines(job, Terms(timeout=0.2)))
        monkeypatch.setattr(judging, "judge", judge)
        found.extend(judging.lines(job, Terms(timeout=60)))
        sum(range(1_000_000))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=30)
    assert [line["outcome"] for line in found] == ["timed out", "judged"]


def test_workers_of_another_version_or_without_the_evidence_are_refused(
    scheduler, tapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="does not see"):
        Cluster(scheduler.scheduler_address, Terms(), [str(tmp_path / "only-here" / "x")])
    monkeypatch.setattr(cluster, "__version__", "9.9")
    with pytest.raises(UsageError, match=r"has glbtools [\d.]+; this is 9\.9"):
        Cluster(scheduler.scheduler_address, Terms(), [str(tapes)])


def test_without_a_scheduler_or_workers_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "WAIT", 1)
    with pytest.raises(GlbError, match="no scheduler answers"):
        Cluster("tcp://127.0.0.1:9", Terms(), [])
    with pytest.raises(UsageError, match="either a scheduler or their number"):
        glbtools.survey(FIXTURES / "stuck", out=tmp_path / "out", scheduler="tcp://127.0.0.1:9", workers=2)
    empty = distributed.LocalCluster(n_workers=0, dashboard_address=None, host="127.0.0.1", silence_logs=50)
    with empty, pytest.raises(GlbError, match="has no workers"):
        Cluster(empty.scheduler_address, Terms(), [])


def test_the_two_commands_of_the_guide_start_a_cluster_and_open_what_it_says(
    tapes: Path, alone: list, tmp_path: Path
) -> None:
    psutil = pytest.importorskip("psutil")
    guide = (ROOT / "docs" / "guides" / "survey.md").read_text(encoding="utf-8")
    start, survey = (block.strip() for block in re.findall(r"```sh\n(.*?)```", guide, re.S) if "tcp://" in block)
    with socket.socket() as free, socket.socket() as page:
        free.bind(("127.0.0.2", 0))
        page.bind(("127.0.0.1", 0))
        ours = {"8786": str(free.getsockname()[1]), "8787": str(page.getsockname()[1]), "--nworkers 8": "--nworkers 2"}
    ours |= {"10.0.0.5": "127.0.0.2", "10.0.0.6": "127.0.0.2", "/mnt/archive": str(tapes), "found": str(tmp_path / "f")}
    for said, ready in ours.items():
        start, survey = start.replace(said, ready), survey.replace(said, ready)
    programs = Path(sys.executable).parent
    running = [
        psutil.Popen([programs / "dask", *line.split()[1:]], cwd=tmp_path, stderr=subprocess.DEVNULL)
        for line in start.splitlines()
    ]
    try:
        with distributed.Client(f"tcp://127.0.0.2:{ours['8786']}", timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        done = subprocess.run([programs / "glbtools", *survey.split()[1:]], capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stderr
        listening = [
            {
                (each.laddr.ip, each.laddr.port)
                for process in (begun, *begun.children(recursive=True))
                for each in process.net_connections("tcp")
                if each.status == psutil.CONN_LISTEN
            }
            for begun in running
        ]
    finally:
        for begun in reversed(running):
            begun.terminate()
            begun.wait(30)
    found = [json.loads(line) for line in (tmp_path / "f" / "survey.jsonl").read_text(encoding="utf-8").splitlines()]
    assert verdicts(found) == alone
    assert {each for each in listening[0] if each[0] != "127.0.0.1"} == {("127.0.0.2", int(ours["8786"]))}
    assert {ip for one in listening for ip, _ in one} == {"127.0.0.1", "127.0.0.2"}
    assert len([ip for ip, _ in listening[1] if ip == "127.0.0.2"]) == 4, "two for each worker"
