"""A dump of a directory as source: it keeps no record of what it sent, so the agent keeps witnesses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glbtools.sync import pair as pairs
from glbtools.sync.changes import Change, change_key, only
from glbtools.sync.store import SqliteStore, _ReadOnly, store_id

PAIR = """id = "p"
state = "p.json"
spool = "spool"
[source]
kind = "dump"
path = "d.ldif"
[target]
kind = "sqlite"
path = "t.db"
"""
GONE = "00000000-0000-0000-0000-0000000000ff"


def guid(name: str) -> str:
    return f"00000000-0000-0000-0000-{ord(name):012x}"


def dump(place: Path, head: int, *rows: str) -> dict[str, str]:
    """Write a dump of ``name number created second content``; return what its live objects hold."""
    text, held = "", {}
    for row in rows:
        name, number, created, second, content = row.split()
        text += (
            f"dn: CN={name},DC=x\nobjectGUID: {guid(name)}\nuSNChanged: {number}\nuSNCreated: {created}\n"
            f"whenChanged: 202601010000{int(second):02}.0Z\ndescription: {content}\n"
        )
        text += "isDeleted: TRUE\n\n" if content == "-" else "\n"
        if content != "-":
            held[guid(name)] = content
    text += f"dn: CN=Deleted Objects,DC=x\nobjectGUID: {GONE}\nuSNChanged: 1\nuSNCreated: 1\nisDeleted: TRUE\n\n"
    (place / "d.ldif").write_text(text)
    (place / "d.rootdse.ldif").write_text(f"dn:\ndnsHostName: dc1.x\nhighestCommittedUSN: {head}\n\n")
    return held


def target(place: Path) -> dict[str, str]:
    with SqliteStore(place / "t.db") as store:
        found = {each.source_key: each for each in store.changes(0, 1000)}
    return {
        key: {name: held for name, *held in json.loads(each.payload)["values"]}["description"][0]
        for key, each in found.items()
        if not each.deleted
    }


@pytest.fixture
def place(tmp_path, run):
    (tmp_path / "p.toml").write_text(PAIR)
    dump(tmp_path, 20, "a 10 2 1 one", "b 12 3 1 two", "c 15 15 2 lost", "d 16 4 2 -", "e 18 5 3 late")
    assert run("sync", "init", tmp_path / "p.toml").status == 0
    assert pairs.run(tmp_path / "p.toml", once=True).outcome == "complete"
    return tmp_path


SOUND = [
    (20, ("a 10 2 1 one", "b 12 3 1 two", "c 15 15 2 lost", "d 16 4 2 -", "e 18 5 3 late")),
    (25, ("a 10 2 1 one", "b 22 3 9 new", "c 23 15 9 -", "d 16 4 2 -", "e 18 5 3 late", "f 25 25 9 six")),
    (22, ("a 10 2 1 one", "b 12 3 1 two", "c 15 15 2 lost", "e 18 5 3 late")),  # a tombstone's time is over
    (21, ("a 10 2 1 renamed-member", "b 12 3 1 two", "c 15 15 2 lost", "d 16 4 2 -", "e 18 5 3 late")),
]
RESTORED = [
    (14, ("a 10 2 1 one", "b 12 3 1 two", "d 9 4 1 four", "e 8 5 1 five")),
    # It has passed its old number: numbers were given a second time
    (30, ("a 10 2 1 one", "b 12 3 1 two", "d 9 4 1 four", "e 8 5 1 five", "f 30 30 9 six")),
    (30, ("a 10 2 1 one", "b 12 3 1 two", "d 9 4 1 four", "e 26 5 9 again", "f 15 15 9 six")),
    (30, ("a 10 2 1 one", "b 12 3 1 two", "c 15 15 8 other", "d 16 4 2 -", "e 18 5 3 late")),
    (30, ("a 10 2 1 one", "b 17 3 9 other", "c 15 15 2 lost", "d 16 4 2 -", "e 18 5 3 late")),
]


@pytest.mark.parametrize(("head", "rows"), SOUND)
def test_a_source_that_went_on_is_followed(place, head, rows):
    dump(place, head, *rows)
    assert pairs.run(place / "p.toml", once=True).outcome == "complete"
    assert pairs.status(place / "p.toml").verdict.state == "IN_SYNC"


@pytest.mark.parametrize(("head", "rows"), RESTORED)
def test_a_source_that_was_restored_stops_the_pair_and_a_full_one_makes_the_target_equal(place, head, rows, run):
    held = dump(place, head, *rows)
    assert pairs.status(place / "p.toml").verdict.state == "ROLLED_BACK"
    stopped = pairs.run(place / "p.toml", once=True)
    assert (stopped.outcome, stopped.state) == ("stopped", "ROLLED_BACK")
    assert run("diagnose", place).status == 1
    assert pairs.run(place / "p.toml", once=True, full=True).outcome == "complete"
    assert target(place) == held
    assert pairs.status(place / "p.toml").verdict.state == "IN_SYNC"
    # What it writes now under numbers that were given before arrives as well
    again = dump(place, head + 1, *rows[1:], f"a {head + 1} 2 20 changed")
    assert pairs.run(place / "p.toml", once=True).outcome == "complete"
    assert target(place) == again


def test_a_live_object_that_vanished_without_a_tombstone_stops_the_pair(place):
    dump(place, 22, "a 10 2 1 one", "b 12 3 1 two", "d 16 4 2 -", "e 18 5 3 late")
    stopped = pairs.run(place / "p.toml", once=True)
    assert (stopped.outcome, stopped.state) == ("stopped", "MISSED_DELETIONS")


def test_a_dump_that_was_cut_is_no_source(place, run):
    before = (place / "p.json").read_bytes()
    with (place / "d.ldif").open("a") as stream:
        stream.write("# search result\nsearch: 2\nresult: 4 Size limit exceeded\n")
    done = run("sync", "run", place / "p.toml", "--once")
    assert (done.status, "Size limit exceeded" in done.err) == (2, True)
    assert (place / "p.json").read_bytes() == before


def test_a_dump_without_tombstones_says_from_the_first_run_why_it_will_need_a_full_one(tmp_path, run):
    (tmp_path / "p.toml").write_text(PAIR)
    dump(tmp_path, 20, "a 10 2 1 one")
    text = (tmp_path / "d.ldif").read_text()
    (tmp_path / "d.ldif").write_text(text.partition("dn: CN=Deleted")[0])
    run("sync", "init", tmp_path / "p.toml")
    done = run("sync", "run", tmp_path / "p.toml", "--once")
    assert done.status == 0
    assert "shows no deletion" in done.out.replace("\n", " ").replace("  ", " ")


def test_a_source_of_ones_own_is_synchronized_as_the_guide_says(tmp_path):
    guide = (Path(__file__).resolve().parents[2] / "docs" / "guides" / "sync.md").read_text("utf-8")
    names: dict = {}
    exec(guide.rpartition("```python\n")[2].partition("```")[0], names)

    class Counted(_ReadOnly):
        """The least that a source is: changes in a list."""

    def source(*texts: str) -> Counted:
        life = store_id("mine")
        keys = [change_key(life, at) for at in range(1, len(texts) + 1)]
        found = [
            Change(f"o{at}", key, only(key), payload=text.encode(), number=at)
            for at, (key, text) in enumerate(zip(keys, texts, strict=True), 1)
        ]
        return Counted(found, "mine", head=len(found), dense=False)

    path = tmp_path / "t.db"
    assert names["synchronize"](source("a", "b"), path).outcome == "complete"
    assert names["synchronize"](source("a", "b", "c"), path).sent == 1
    assert names["synchronize"](source("a"), path).outcome == "stopped"
