"""What keeps two stores from going apart in silence: a batch out of place, a late answer, two machines, many agents."""

from __future__ import annotations

import multiprocessing
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from glbtools.sync import pair as pairs
from glbtools.sync.collector import refusal
from glbtools.sync.store import Journal, SqliteStore
from glbtools.sync.synchronizer import Patience, Synchronizer
from glbtools.sync.transport import BATCH, HELLO, POSITION, SUCCESS, MemoryTransport, Message

HERE = Journal("S", "E", 7, opened="now", session="now", batch_no=2)
NEXT = Message(BATCH, "p", "now", 3, low=7, high=9, source_id="S", epoch="E")


@pytest.mark.parametrize(
    ("journal", "batch", "said"),
    [
        (HERE, NEXT, ""),
        (HERE, NEXT._replace(session="then"), "not open"),
        (HERE._replace(opened=""), NEXT, "not open"),
        (HERE, NEXT._replace(source_id="T"), "of store T"),
        (HERE, NEXT._replace(epoch="F"), "new life"),
        (HERE, NEXT._replace(low=6), "gap"),
        (HERE, NEXT._replace(low=8), "gap"),
        (HERE, NEXT._replace(full=True, low=7), "begins with the first"),
        (HERE, NEXT._replace(full=True, low=0), ""),
        (HERE, NEXT._replace(full=True, low=0, epoch="F", source_id="T"), ""),
        (Journal(opened="now"), NEXT._replace(low=0), ""),
        (Journal(opened="now"), NEXT, "gap"),
    ],
)
def test_a_batch_is_refused_unless_it_follows_what_is_here(journal, batch, said):
    found = refusal(journal, batch)
    assert said in found
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    "late",
    [
        Message(SUCCESS, "p", "then", 1),
        Message(SUCCESS, "p", "now", 2),
        Message(POSITION, "p", "now", 1),
    ],
)
def test_an_answer_to_another_message_is_passed_over(late, tmp_path):
    transport = MemoryTransport()
    with SqliteStore(tmp_path / "a.db", create=True) as store:
        synchronizer = Synchronizer("p", store, transport, patience=Patience(tries=1))
        transport.post(late)
        assert synchronizer._answer(Message(BATCH, "p", "now", 1)) is None
        transport.post(Message(SUCCESS, "p", "now", 1))
        assert synchronizer._answer(Message(BATCH, "p", "now", 1)) is not None
        transport.post(Message(POSITION, "p", "now", 0, applied=4))
        assert synchronizer.open("now") == Message(POSITION, "p", "now", 0, applied=4)
        assert synchronizer.transport.take("collector").message.kind == HELLO


ONE_SIDE = """\
id = "two-machines"
state = "state.json"
spool = "spool"
batch = 2

[{}]
path = "store.db"
"""


def carried(here: Path, there: Path) -> None:
    """Move each message for the other machine there, as a file transfer would; and once more, as a bad one would."""
    address = "collector" if here.name == "north" else "synchronizer"
    source, target = here / "spool" / address, there / "spool" / address
    target.mkdir(parents=True, exist_ok=True)
    for each in list(source.iterdir()) if source.is_dir() else []:
        if each.is_file() and not each.name.startswith("."):
            for name in (each.name, f"again-{each.name}"):
                shutil.copy(each, target / f".{name}")
                (target / f".{name}").rename(target / name)
            each.unlink()


def test_two_machines_need_no_more_than_a_file_transfer(tmp_path):
    north, south = tmp_path / "north", tmp_path / "south"
    for place, side in ((north, "source"), (south, "target")):
        place.mkdir()
        (place / "PAIR.toml").write_text(ONE_SIDE.format(side), "utf-8")
        pairs.init(place / "PAIR.toml")
    with SqliteStore(north / "store.db") as store:
        store.write_all((f"o{number}", b"v%d" % number) for number in range(5))
    with ThreadPoolExecutor(1) as pool:
        agent = pool.submit(pairs.run, north / "PAIR.toml", once=True)
        while not agent.done():
            carried(north, south)
            pairs.run(south / "PAIR.toml", once=True)
            carried(south, north)
    assert (agent.result().outcome, agent.result().sent) == ("complete", 5)
    with SqliteStore(north / "store.db") as one, SqliteStore(south / "store.db") as other:
        assert one.content() == other.content()
    assert pairs.status(north / "PAIR.toml").cursor == pairs.status(south / "PAIR.toml").applied


def test_who_hears_nothing_says_so_and_goes_on_later(tmp_path):
    path = tmp_path / "PAIR.toml"
    path.write_text(ONE_SIDE.format("source").replace("batch", 'wait = "1s"\nbatch'), "utf-8")
    pairs.init(path)
    assert pairs.load(path).wait == 1
    assert pairs.run(path, once=True).outcome == "silent"


def test_an_agent_that_is_killed_at_any_moment_leaves_nothing_that_the_next_run_does_not_mend(tmp_path):
    path = tmp_path / "PAIR.toml"
    path.write_text(ONE_SIDE.format("source") + '\n[target]\npath = "copy.db"\n', "utf-8")
    pairs.init(path)
    command = [sys.executable, "-m", "glbtools", "sync", "run", str(path), "--once"]
    killed = 0
    for number in range(5):
        with SqliteStore(tmp_path / "store.db") as store:
            store.write_all((f"o{each}", b"%d" % number) for each in range(number, 400))
        agent = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while not (tmp_path / "state.json.lock").exists() and agent.poll() is None and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(0.02 * number)
        agent.kill()
        killed += agent.wait() != 0
    assert killed
    result = pairs.run(path, once=True)
    assert result.outcome == "complete"
    with SqliteStore(tmp_path / "store.db") as one, SqliteStore(tmp_path / "copy.db") as other:
        assert one.content() == other.content()
        assert other.conflicts() == []


def run_one(path: str) -> str:
    return pairs.run(path, once=True).outcome


def test_several_pairs_are_run_by_several_agents_at_once(tmp_path):
    files = []
    for number in range(4):
        place = tmp_path / str(number)
        place.mkdir()
        text = ONE_SIDE.format("source") + '\n[target]\npath = "copy.db"\n'
        (place / "PAIR.toml").write_text(text.replace("two-machines", f"pair-{number}"), "utf-8")
        pairs.init(place / "PAIR.toml")
        with SqliteStore(place / "store.db") as store:
            store.write_all((f"o{each}", b"%d" % number) for each in range(50))
        files.append(str(place / "PAIR.toml"))
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert pool.map(run_one, files) == ["complete"] * 4
    for number in range(4):
        with SqliteStore(tmp_path / str(number) / "copy.db") as copy:
            assert copy.content() == {f"o{each}": b"%d" % number for each in range(50)}
