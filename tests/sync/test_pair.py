"""Pair files, locks, spools and whole runs on disk."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from glbtools.errors import GlbError
from glbtools.formats.queue import new_queue
from glbtools.layouts import reference
from glbtools.model import change as queued
from glbtools.model.directory import Entry, Facts
from glbtools.reporting.sync import result_report
from glbtools.reporting.text import Screen
from glbtools.reporting.writer import lines as text_lines
from glbtools.sync import pair as pairs
from glbtools.sync.agent import Result
from glbtools.sync.changes import Change, change_key, only
from glbtools.sync.faults import LockedError, MessageError, PairError, StateError, StoreError
from glbtools.sync.store import DumpStore, QueueStore, SqliteStore
from glbtools.sync.transport import (
    BATCH,
    COLLECTOR,
    HELLO,
    SYNCHRONIZER,
    Message,
    SpoolTransport,
    from_bytes,
    to_bytes,
)  # fmt: skip

TEXT = """id = "north-south"
state = "state.json"
spool = "spool"
batch = 2
conflicts = "newest"

[source]
path = "north.db"

[target]
path = "south.db"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "PAIR.toml"
    path.write_text(TEXT, "utf-8")
    pairs.init(path)
    return path


def fill(path: Path, **objects: str) -> None:
    with SqliteStore(path) as store:
        store.write_all((key, value.encode()) for key, value in objects.items())


def content(path: Path) -> dict[str, bytes]:
    with SqliteStore(path) as store:
        return store.content()


def test_a_pair_from_beginning_to_end(file: Path) -> None:
    north, south = file.with_name("north.db"), file.with_name("south.db")
    fill(north, a="1", b="2", c="3")
    found = pairs.status(file)
    assert found.verdict is not None
    assert (found.verdict.state, found.cursor, found.head) == ("PENDING", 0, 3)
    result = pairs.run(file, once=True)
    assert (result.outcome, result.sent, result.batches, result.cursor) == ("complete", 3, 2, 3)
    assert content(south) == content(north)
    found = pairs.status(file)
    assert found.verdict is not None
    assert (found.verdict.state, found.cursor, found.applied, found.waiting) == ("IN_SYNC", 3, 3, 0)


def test_a_source_that_was_restored_stops_the_pair_and_says_the_way_out(file: Path) -> None:
    north, south = file.with_name("north.db"), file.with_name("south.db")
    shutil.copy(north, file.with_name("backup"))
    fill(north, a="1", b="2")
    pairs.run(file, once=True)
    shutil.copy(file.with_name("backup"), north)
    fill(north, a="other", z="new", y="new")
    for result in (pairs.run(file, once=True), pairs.run(file, every=0.01)):
        assert (result.outcome, result.state) == ("stopped", "ROLLED_BACK")
        assert "full synchronization" in result.way_out
    assert pairs.status(file).reason
    assert content(south) == {"a": b"1", "b": b"2"}
    assert pairs.run(file, once=True, full=True).outcome == "complete"
    assert content(south) == content(north)
    lost = {(each.source_key, each.local_payload) for each in pairs.status(file).conflicts}
    assert lost == {("a", b"1"), ("b", b"2")}


def test_a_target_that_was_restored_is_sent_again_what_it_lost(file: Path) -> None:
    north, south = file.with_name("north.db"), file.with_name("south.db")
    fill(north, a="1")
    pairs.run(file, once=True)
    shutil.copy(south, file.with_name("backup"))
    fill(north, b="2", c="3")
    pairs.run(file, once=True)
    shutil.copy(file.with_name("backup"), south)
    result = pairs.run(file, once=True)
    assert (result.outcome, result.rewound, result.state) == ("complete", (1, 3), "UNACKNOWLEDGED")
    assert content(south) == content(north)


def test_two_ways_meet_and_a_conflict_is_reported(file: Path) -> None:
    north, south, back = file.with_name("north.db"), file.with_name("south.db"), file.with_name("BACK.toml")
    text = TEXT.replace("north-south", "south-north").replace("state.json", "back.json").replace('"spool"', '"back"')
    back.write_text(text.replace("north.db", "x").replace("south.db", "north.db").replace('"x"', '"south.db"'), "utf-8")
    pairs.init(back)
    fill(north, a="old")
    pairs.run(file, once=True)
    with SqliteStore(north) as one, SqliteStore(south) as other:
        one.write("a", b"north", time="2026-01-01")
        other.write("a", b"south", time="2026-01-02")
    assert pairs.run(file, once=True).counts["conflicts"] == 1
    pairs.run(back, once=True)
    pairs.run(file, once=True)
    assert content(north) == content(south) == {"a": b"south"}
    (met,) = pairs.status(file).conflicts
    assert (met.winner, met.policy, met.incoming_payload) == ("local", "newest", b"north")
    assert not pairs.status(back).conflicts


def test_a_refused_conflict_is_recorded_and_leaves_what_is_there(file: Path) -> None:
    file.write_text(TEXT.replace("newest", "refuse"), "utf-8")
    fill(file.with_name("north.db"), a="north")
    fill(file.with_name("south.db"), a="south")
    assert pairs.run(file, once=True).outcome == "complete"
    assert content(file.with_name("south.db")) == {"a": b"south"}
    (met,) = pairs.status(file).conflicts
    assert (met.winner, met.policy, met.incoming_payload) == ("local", "refuse", b"north")


def test_a_child_before_its_parent_is_kept_and_said(file: Path) -> None:
    with SqliteStore(file.with_name("north.db")) as north:
        north.write("child", b"", parent="parent")
        pairs.run(file, once=True)
        assert pairs.status(file).parentless == ("child",)
        north.write("parent", b"")
    pairs.run(file, once=True)
    assert pairs.status(file).parentless == ()


def test_a_deletion_of_what_is_not_there_is_no_failure(file: Path) -> None:
    with SqliteStore(file.with_name("north.db")) as north:
        north.delete("x")
    assert pairs.run(file, once=True).counts["unknown deletes"] == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ("batch = 2", "batch = 0", 4, "batch"),
        ("batch = 2", 'batch = "2"', 4, "batch"),
        ("batch = 2", 'every = "soon"', 4, "every"),
        ("batch = 2", "bach = 2", 4, "bach"),
        ("newest", "oldest", 5, "conflicts"),
        ("north-south", "north south", 1, "id"),
        ('path = "north.db"', 'kind = "disk"\npath = "a"', 8, "source.kind"),
        ('path = "north.db"', "paht = 1", 8, "source.paht"),
        ('path = "north.db"', "", 7, "source.path"),
        ('path = "north.db"', 'kind = "queue"\npath = "a"', 7, "source.name"),
        ('path = "south.db"', 'kind = "dump"\npath = "a"', 11, "target.kind"),
        ("south.db", "north.db", 11, "target.path"),
        ("[source]", "[source", 7, ""),
    ],
)
def test_a_mistake_is_named_by_line_and_key(tmp_path: Path, old: str, new: str, line: int, key: str) -> None:
    path = tmp_path / "PAIR.toml"
    path.write_text(TEXT.replace(old, new, 1), "utf-8")
    with pytest.raises(PairError) as caught:
        pairs.load(path)
    assert (caught.value.line, caught.value.key) == (line, key), str(caught.value)


def test_lengths_of_time() -> None:
    assert [pairs.seconds(each) for each in ("30s", "15m", "2h", "1d")] == [30, 900, 7200, 86400]
    for wrong in ("", "15", "0m", "1w", "-1m"):
        with pytest.raises(ValueError, match="length of time"):
            pairs.seconds(wrong)


def test_a_schedule_runs_until_it_is_told_to_end(file: Path) -> None:
    rounds: list[str] = []
    pairs.run(file, every=0.01, until=lambda each: bool(rounds.append(each.outcome)) or len(rounds) == 3)
    assert rounds == ["complete"] * 3


def test_a_schedule_lets_another_agent_work_and_goes_on(file: Path) -> None:
    fill(file.with_name("north.db"), a="1")
    other = contextlib.ExitStack()
    other.enter_context(pairs.locked(pairs.load(file)))
    rounds: list[str] = []

    def told(each: Result) -> bool:
        rounds.append(each.outcome)
        if each.outcome == "busy":
            assert "in use by process" in each.reason
            assert any("another agent" in line for line in text_lines(result_report(each), Screen(80)))
            if len(rounds) == 2:
                other.close()
        return each.outcome == "complete"

    pairs.run(file, every=0.01, until=told, full=True)
    assert rounds == ["busy", "busy", "complete"]


def test_only_a_pair_that_stopped_is_told_to_begin_anew() -> None:
    for outcome, said in (("stopped", True), ("silent", False), ("refused", False)):
        lines = "\n".join(text_lines(result_report(Result(outcome, reason="because", way_out="run again")), Screen(80)))
        assert ("--full" in lines) == said


def test_one_agent_at_a_time(file: Path) -> None:
    pair = pairs.load(file)
    lock = pairs.lock_path(pair)
    with pairs.locked(pair):
        with pytest.raises(LockedError, match=f"process {os.getpid()}"):
            pairs.run(file, once=True)
        assert pairs.status(file).locked_by
    assert not lock.exists()
    lock.write_text(f"process {os.getpid()} on another\n", "utf-8")
    assert not pairs.status(file).locked_by
    assert pairs.run(file, once=True).outcome == "complete"


def test_a_lock_says_whose_it_is_and_falls_with_its_process(file: Path) -> None:
    lock = pairs.lock_path(pairs.load(file))
    code = (
        "import pathlib, sys; from glbtools.sync import pair\n"
        "with pair.locked(pair.load(pathlib.Path(sys.argv[1]))): print('held', flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", code, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(LockedError, match=f"in use by process {other.pid} on "):
            pairs.run(file, once=True)
        other.kill()
    assert lock.exists()
    assert not pairs.status(file).locked_by
    assert pairs.run(file, once=True).outcome == "complete"


def test_a_state_of_another_server_or_pair_or_damaged_is_refused(file: Path) -> None:
    fill(file.with_name("north.db"), a="1")
    pairs.run(file, once=True)
    state = file.with_name("state.json")
    good = json.loads(state.read_text("utf-8"))
    wrong = [
        ({"source_id": "00" * 16}, "source_id"), ({"pair_id": "other"}, "pair_id"), ({"cursor": -1}, "cursor"),
        ({"cursor": "1"}, "cursor"), ({"more": 1}, "more"), ({"format": "x"}, "format"),
    ]  # fmt: skip
    for change, key in wrong:
        written = json.dumps(good | change)
        state.write_text(written, "utf-8")
        with pytest.raises(StateError) as caught:
            pairs.run(file, once=True)
        assert caught.value.key == key
        assert state.read_text("utf-8") == written
    state.write_text("{", "utf-8")
    with pytest.raises(StateError, match="damaged"):
        pairs.status(file)


def test_a_vanished_store_is_not_made_anew(file: Path) -> None:
    file.with_name("south.db").unlink()
    with pytest.raises(StoreError, match="no such store"):
        pairs.run(file, once=True)
    file.with_name("south.db").write_bytes(b"something else, and long enough to be read")
    with pytest.raises(GlbError, match="no store"):
        pairs.run(file, once=True)


# --- the spool ----------------------------------------------------------------------------------------------------


def message(pair: str = "p") -> Message:
    key = change_key(b"S" * 16, 1)
    items = (Change("x", key, only(key), payload=b"\xff\x00"), Change("y", key, only(key), payload=b"text", number=2))
    return Message(BATCH, pair, "s", 1, high=2, source_id="i", epoch="e", lives={"53" * 16: 1}, items=items)


def test_a_message_survives_its_file() -> None:
    assert from_bytes(to_bytes(message())) == message()


def test_every_truncation_and_every_altered_byte_is_known() -> None:
    data = to_bytes(message())
    for at in range(len(data) - 1):
        with pytest.raises(MessageError):
            from_bytes(data[:at])
    body = data.index(b"\n") + 1
    for at in range(body, len(data) - 1):
        with pytest.raises(MessageError):
            from_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def test_what_is_no_message_of_the_pair_is_moved_aside_with_its_reason(tmp_path: Path) -> None:
    spool = SpoolTransport(tmp_path, "p")
    bad = {
        "01": to_bytes(message())[:-9], "02": to_bytes(message("other")), "03": b"hello", "04": b"",
        "05": to_bytes(Message("success", "p", "s")),
    }  # fmt: skip
    for name, data in bad.items():
        (tmp_path / COLLECTOR / name).write_bytes(data)
    (tmp_path / COLLECTOR / ".being-written").write_bytes(b"")
    spool.post(message())
    received = spool.take(COLLECTOR)
    assert received is not None
    assert received.message == message()
    assert {name: (tmp_path / "aside" / name).read_bytes() for name in bad} == bad
    reasons = "\n".join(spool.refused())
    for said in ("truncated", "pair other, not of p", "no message", "success is for the synchronizer"):
        assert said in reasons
    spool.done(COLLECTOR, received)
    assert spool.take(COLLECTOR) is None


def test_a_message_that_another_reader_took_meanwhile_is_no_fault(tmp_path: Path) -> None:
    spool = SpoolTransport(tmp_path, "p")
    spool.post(Message(HELLO, "p", "s"))
    (name,) = spool.names(COLLECTOR)
    spool.names = lambda _: ["000-gone.json", name]  # type: ignore[method-assign]
    taken = spool.take(COLLECTOR)
    assert taken is not None
    assert taken.name == name
    assert spool.refused() == []


def test_a_pair_goes_on_after_a_bad_message(file: Path) -> None:
    fill(file.with_name("north.db"), a="1")
    spool = SpoolTransport(file.with_name("spool"), "north-south")
    spool.post(Message(HELLO, "north-south", "old"))
    (file.with_name("spool") / SYNCHRONIZER / "0").write_bytes(b"cut")
    assert pairs.run(file, once=True).outcome == "complete"
    assert len(pairs.status(file).aside) == 1


# --- other stores -------------------------------------------------------------------------------------------------


def test_a_queue_is_a_source(tmp_path: Path) -> None:
    queue = tmp_path / "REQTRANS.GLB"
    path = tmp_path / "PAIR.toml"
    source = 'kind = "queue"\nname = "NET/PO1"\npath = "REQTRANS.GLB"'
    path.write_text(TEXT.replace('path = "north.db"', source), "utf-8")
    pairs.init(path)

    def write(*numbers: int) -> None:
        records = [queued.Change(number, f"D\tMS:NET/PO1/U{number}") for number in numbers]
        queue.write_bytes(new_queue(records, reference("queue")).build())

    write(1, 2, 3)
    assert pairs.run(path, once=True).sent == 3
    write(3, 4)
    assert pairs.run(path, once=True).sent == 1
    assert sorted(content(tmp_path / "south.db")) == ["1", "2", "3", "4"]
    write(1, 2)
    assert pairs.run(path, once=True).state == "ROLLED_BACK"
    write(8, 9)
    stopped = pairs.run(path, once=True)
    assert (stopped.state, "(4, 7]" in stopped.reason) == ("HOLE", True)
    queue.write_bytes(queue.read_bytes()[:-5])
    with pytest.raises(StoreError, match="damaged"):
        QueueStore(queue, "NET/PO1")


def test_a_dump_that_shows_no_deletion_stops_the_pair_and_is_compared_whole(tmp_path: Path) -> None:
    path = tmp_path / "PAIR.toml"
    path.write_text(TEXT.replace('path = "north.db"', 'kind = "dump"\npath = "usn.csv"'), "utf-8")
    pairs.init(path)
    (tmp_path / "export.ini").write_text("[Export]\nDirectoryService=S\n")

    def dumped(*rows: str) -> None:
        (tmp_path / "usn.csv").write_text("Obj-Class,Obj-Dist-Name,USN-Changed,USN-Created\n" + "".join(rows))

    dumped("Mailbox,a,5,5\n", "Mailbox,b,6,6\n")
    assert pairs.run(path, once=True).outcome == "complete"  # the first time everything is new
    assert pairs.run(path, once=True).outcome == "complete"  # nothing was written since
    dumped("Mailbox,a,15,5\n")
    stopped = pairs.run(path, once=True)
    assert (stopped.outcome, stopped.state) == ("stopped", "MISSED_DELETIONS")
    assert list(content(tmp_path / "south.db")) == ["a", "b"]
    assert pairs.run(path, once=True, full=True).outcome == "complete"
    assert list(content(tmp_path / "south.db")) == ["a"]
    removed = Facts("DC1", "life", None, 20)
    assert DumpStore([Entry("a", "cn=a", 10, 5)], removed).head() == 20  # it was issued, though no object bears it


def test_an_object_above_the_head_stops_nothing_and_what_the_dump_missed_below_it_comes_the_next_time(
    tmp_path: Path, run
) -> None:
    path = tmp_path / "PAIR.toml"
    path.write_text(TEXT.replace('path = "north.db"', 'kind = "dump"\npath = "dc1.ldif"'), "utf-8")
    pairs.init(path)
    (tmp_path / "dc1.rootdse.ldif").write_text("dn:\ndnsHostName: dc1\nhighestCommittedUSN: 20\n")

    def dumped(**numbers: int) -> None:
        rows = (f"dn: CN={name},DC=x\nuSNChanged: {number}\nuSNCreated: 5\n\n" for name, number in numbers.items())
        (tmp_path / "dc1.ldif").write_text("".join(rows) + "dn: CN=gone,DC=x\nuSNChanged: 4\nisDeleted: TRUE\n\n")

    dumped(a=10, b=21, c=25)  # d was rewritten as 22 after it was read, and so is not in this dump
    done = run("sync", "run", path, "--once")
    assert done.status == 0
    assert "objects numbered above the highest number noted before the dump: 2" in " ".join(done.out.split())
    assert "20" in done.out
    assert sorted(content(tmp_path / "south.db")) == ["cn=a,dc=x", "cn=b,dc=x", "cn=c,dc=x"]
    assert pairs.run(path, once=True).sent == 2  # what is above the head is sent again
    assert pairs.run(path, once=True, full=True).outcome == "complete"
    assert sorted(content(tmp_path / "south.db")) == ["cn=a,dc=x", "cn=b,dc=x", "cn=c,dc=x"]
    dumped(a=10, b=21, c=25, d=22)
    (tmp_path / "dc1.rootdse.ldif").write_text("dn:\ndnsHostName: dc1\nhighestCommittedUSN: 30\n")
    last = pairs.run(path, once=True)
    assert (last.outcome, last.cursor, last.notes) == ("complete", 30, ())
    assert len(content(tmp_path / "south.db")) == 4
    (tmp_path / "dc1.rootdse.ldif").write_text("dn:\ndnsHostName: dc1\nhighestCommittedUSN: 24\n")
    dumped(a=10, b=21, c=25, d=22, e=31)
    stale = pairs.run(path, once=True)  # a head from before the last run takes nothing back
    assert (stale.outcome, stale.sent, stale.cursor) == ("complete", 1, 30)


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_many_objects_above_the_head_go_in_batches_of_any_size(tmp_path: Path, size: int) -> None:
    path = tmp_path / "PAIR.toml"
    path.write_text(
        TEXT.replace('path = "north.db"', 'kind = "dump"\npath = "d"').replace("batch = 2", f"batch = {size}"), "utf-8"
    )
    entries = [Entry(f"{n}", f"cn={n}", n, 1) for n in range(1, 8)]
    pairs.init(path)
    done = pairs.run(path, once=True, read_dump=lambda _: (Facts("DC1", "life", 3), entries))
    assert (done.outcome, done.sent, done.cursor) == ("complete", 7, 3)
    assert len(content(tmp_path / "south.db")) == 7


def test_a_dump_is_a_source(tmp_path: Path) -> None:
    path = tmp_path / "PAIR.toml"
    path.write_text(TEXT.replace('path = "north.db"', 'kind = "dump"\npath = "d"'), "utf-8")
    pairs.init(path)
    entries = [Entry("a", "cn=a", 10, 5), Entry("b", "cn=b", 11, 6, deleted=True)]
    facts = Facts("DC1", "life", 20)
    assert pairs.run(path, once=True, read_dump=lambda _: (facts, entries)).cursor == 20
    assert list(content(tmp_path / "south.db")) == ["a"]
    for changed, state in [
        (facts._replace(head=15), "ROLLED_BACK"), (facts._replace(epoch="new"), "EPOCH_CHANGED"),
        (facts._replace(last_removed=30, head=30), "MISSED_DELETIONS"),
    ]:  # fmt: skip
        assert pairs.status(path, read_dump=lambda _, it=changed: (it, entries)).verdict.state == state  # type: ignore[misc,union-attr]
    with pytest.raises(StateError):
        pairs.run(path, once=True, read_dump=lambda _: (facts._replace(server="DC2"), entries))
    with pytest.raises(StoreError, match="names no server"):
        DumpStore(entries, Facts())
