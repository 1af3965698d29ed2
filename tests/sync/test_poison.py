"""Messages and files that nobody should have sent: they are set aside and said, and what comes after them arrives."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glbtools.errors import GlbError
from glbtools.sync import pair as pairs
from glbtools.sync.changes import Change, change_key, only
from glbtools.sync.collector import unfit
from glbtools.sync.faults import MessageError, StateError
from glbtools.sync.store import SqliteStore
from glbtools.sync.transport import BATCH, COLLECTOR, FORMAT, SYNCHRONIZER, Message, from_bytes, to_bytes

PAIR = """id = "p"
state = "state.json"
spool = "spool"

[source]
path = "north.db"

[target]
path = "south.db"
"""
KEY = change_key(b"S" * 16, 1)
ITEM = Change("x", KEY, only(KEY), payload=b"v", number=1)
IDS = {"source_id": "0a" * 16, "epoch": "0b" * 16}
BATCH_ROW = json.loads(
    to_bytes(Message(BATCH, "p", "s", 1, high=2, lives={"53" * 16: 1}, items=(ITEM,), **IDS)).split(b"\n")[1]
)
ITEM_ROW = BATCH_ROW["items"][0]
HUGE = [-1, 1 << 63, 1 << 64, 10**30, -(1 << 63), True, None, 1.5, "1", [], {}]
NO_TEXTS = ["\ud800", "a\udfffb", 5, None, True, ["a"], {"a": 1}]


def sealed(row: object, **header: object) -> bytes:
    """Return a message file whose digest is right, whatever its body says."""
    return framed(json.dumps(row).encode(), **header)


def framed(body: bytes, **header: object) -> bytes:
    told = {"format": FORMAT, "pair": "p", "to": "collector", "size": len(body), "sha256": sha256(body).hexdigest()}
    return json.dumps(told | header).encode() + b"\n" + body + b"\n"


def item(**values: object) -> dict:
    names = ("source_key", "key", "pcl", "deleted", "time", "payload", "parent", "number")
    return BATCH_ROW | {"items": [[values.get(name, ITEM_ROW[at]) for at, name in enumerate(names)]]}


POISONS = {
    **{f"{name} {value!r:.20}": sealed(BATCH_ROW | {name: value})
       for name in ("batch_no", "low", "high", "applied") for value in HUGE},
    **{f"{name} {value!r:.20}": sealed(BATCH_ROW | {name: value})
       for name in ("pair", "session", "source_id", "epoch", "known", "reason") for value in NO_TEXTS},
    **{f"{name} {value!r:.20}": sealed(BATCH_ROW | {name: value})
       for name in ("last", "full", "sweeping") for value in (1, 0, "true", None, [])},
    **{f"{name} {value!r:.20}": sealed(BATCH_ROW | {name: value})
       for name in ("source_id", "epoch") for value in ("zz", "", "0a", "0a" * 17, "0A " * 16, "é" * 32)},
    **{f"lives {value!r:.30}": sealed(BATCH_ROW | {"lives": value})
       for value in ({"zz": 1}, {"53": 1}, {"53" * 16: -1}, {"53" * 16: True}, {"53" * 16: 1 << 63}, {"\ud800": 1}, 5)},
    **{f"counts {value!r:.30}": sealed(BATCH_ROW | {"counts": value})
       for value in ({"applied": "1"}, {"applied": True}, {"applied": 1 << 70}, {"\ud800": 1}, 5)},
    **{f"item number {value!r:.20}": sealed(item(number=value)) for value in HUGE},
    **{f"item {name} {value!r:.20}": sealed(item(**{name: value}))
       for name in ("source_key", "time", "parent") for value in NO_TEXTS},
    **{f"item deleted {value!r:.20}": sealed(item(deleted=value)) for value in (2, -1, "1", None, 0.0)},
    **{f"item key {value!r:.20}": sealed(item(key=value)) for value in ("zz", "", "53" * 21, 5, None)},
    **{f"item pcl {value!r:.20}": sealed(item(pcl=value)) for value in ("zz", "16", "ff" * 23, 5)},
    **{f"item payload {value!r:.20}": sealed(item(payload=value))
       for value in ({"text": "\ud800"}, {"text": 5}, {"base64": "!"}, {}, None, "v")},
    "items none": sealed(BATCH_ROW | {"items": None}),
    "items of items": sealed(BATCH_ROW | {"items": [[]]}),
    "unknown key": sealed(BATCH_ROW | {"more": 1}),
    "unknown kind": sealed(BATCH_ROW | {"kind": "\u202eevil"}),
    "kind is a list": sealed(BATCH_ROW | {"kind": []}),
    "backwards": sealed(BATCH_ROW | {"low": 9, "high": 2}),
    "a list": sealed([1, 2]),
    "a number": sealed(5),
    "nested deeply": framed(b"[" * 100_000 + b"]" * 100_000),
    "a value nested deeply": framed(b'{"items":' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
    "5,000 digits": framed(json.dumps(BATCH_ROW).replace('"high": 2', '"high": ' + "9" * 5000).encode()),
    "Infinity inside": framed(json.dumps(BATCH_ROW).replace('"high": 2', '"high": Infinity').encode()),
    "NaN inside": framed(json.dumps(BATCH_ROW).replace('"high": 2', '"high": NaN').encode()),
    "not UTF-8": framed(b'{"kind": "\xff"}'),
    "empty": b"",
    "header nested deeply": b"[" * 100_000 + b"\nx\n",
    "header of 5,000 digits": b'{"format": "' + FORMAT.encode() + b'", "size": ' + b"9" * 5000 + b"}\nx\n",
    **{f"header size {size!r:.20}": sealed(BATCH_ROW, size=size)
       for size in (float("inf"), float("-inf"), float("nan"), -1, 1 << 70, "12", None, True, [], 1.0)},
    **{f"header sha256 {value!r:.20}": sealed(BATCH_ROW, sha256=value) for value in ("\ud800", None, 5, [])},
    **{f"header format {value!r:.20}": sealed(BATCH_ROW, format=value) for value in ("x" * 100_000, 5, None, "\ud800")},
}  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "pair.toml").write_text(PAIR, "utf-8")
    pairs.init(tmp_path / "pair.toml")
    write(tmp_path, "a")
    assert pairs.run(tmp_path / "pair.toml", once=True).outcome == "complete"
    return tmp_path


def write(place: Path, *names: str) -> None:
    with SqliteStore(place / "north.db") as store:
        store.write_all((each, each.encode()) for each in names)


def waiting(place: Path) -> list[str]:
    return [each.name for side in (COLLECTOR, SYNCHRONIZER) for each in (place / "spool" / side).iterdir()]


def poisoned(place: Path, data: bytes, name: str = "000000000000-batch-0.json") -> None:
    for side in (COLLECTOR, SYNCHRONIZER):
        (place / "spool" / side / name).write_bytes(data)


def arrives(place: Path, run) -> str:
    """What is written now arrives, whatever lies in the spool; return what status says of it."""
    write(place, "b")
    done = run("sync", "run", place / "pair.toml", "--once")
    assert done.status == 0, done.out + done.err
    with SqliteStore(place / "south.db") as store:
        assert sorted(store.content()) == ["a", "b"]
        journal = store.journal("p")
    with SqliteStore(place / "north.db") as store:
        assert (journal.source_id, journal.epoch, journal.applied) == (store.id, store.epoch, store.head())
    assert waiting(place) == []
    status = run("sync", "status", place / "pair.toml", columns=400)
    assert status.status in (0, 1)
    diagnosis = run("diagnose", place)
    assert diagnosis.status in (0, 1), diagnosis.err
    assert not set(status.out + diagnosis.out) & {"\x1b", "\u202e"}
    return status.out


@pytest.mark.parametrize("name", POISONS)
def test_a_poisoned_message_is_none_to_its_reader(name):
    try:
        message = from_bytes(POISONS[name])
    except MessageError as error:
        said = str(error)
    else:
        said = unfit(message)
    assert said
    assert len(said) < 400


def test_poisoned_messages_are_set_aside_and_said_and_the_next_ones_arrive(place, run):
    for number, data in enumerate(POISONS.values()):
        poisoned(place, data, f"{number:012}-batch-0.json")
    before = run("diagnose", place)
    assert before.status in (0, 1), before.err
    assert arrives(place, run).count("message refused") == 2 * len(POISONS)


@pytest.mark.parametrize("name", ["header size inf", "epoch 'zz'", "high 9223372036854775808", "5,000 digits"])
def test_one_poisoned_message_is_enough_to_be_set_aside_and_said(name, place, run):
    poisoned(place, POISONS[name])
    assert arrives(place, run).count("message refused") == 2


@pytest.mark.parametrize(
    "name", [b"\xff.json", b"0" * 250, b"new\nline.json", b"\x1b[2J.json", "\u202e.json".encode(), b"00 -batch-"]
)
def test_a_message_whose_file_has_no_ordinary_name_is_set_aside_too(name, place, run):
    for side in (COLLECTOR, SYNCHRONIZER):
        Path(os.fsdecode(os.path.join(os.fsencode(place / "spool" / side), name))).write_bytes(b"cut")  # noqa: PTH118
    assert arrives(place, run).count("message refused") == 2


def test_what_is_no_file_is_set_aside_too(place, run):
    for side in (COLLECTOR, SYNCHRONIZER):
        (place / "spool" / side / "0-directory").mkdir()
        os.mkfifo(place / "spool" / side / "1-fifo")
        (place / "spool" / side / "2-link").symlink_to("nowhere")
    arrives(place, run)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(BATCH_ROW)), JSON, st.sampled_from(["batch", "hello", "completion", "success", "position"])
)
def test_whatever_a_message_says_the_next_ones_arrive(tmp_path_factory, run, field, value, kind):
    place = tmp_path_factory.mktemp("pair")
    (place / "pair.toml").write_text(PAIR, "utf-8")
    pairs.init(place / "pair.toml")
    write(place, "a")
    poisoned(place, sealed(BATCH_ROW | {"kind": kind, field: value}))
    arrives(place, run)


def test_an_epoch_that_is_none_and_is_in_a_journal_already_does_not_block_a_full_synchronization(place, run):
    with SqliteStore(place / "south.db") as store:
        store.connection.execute("UPDATE journal SET epoch = 'zz'")
        store.connection.execute("INSERT INTO source_lives SELECT source_id, 'zz' FROM journal")
    assert run("sync", "run", place / "pair.toml", "--once").status == 1
    assert run("sync", "run", place / "pair.toml", "--once", "--full").status == 0
    arrives(place, run)


# --- states and pair files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [{name: value} for name in ("cursor", "batch_no") for value in HUGE]
    + [{name: value} for name in ("pair_id", "source_id", "source_epoch", "session", "witness") for value in NO_TEXTS],
    ids=repr,
)
def test_a_state_with_a_value_that_no_store_holds_is_refused_by_its_key(change, place, run):
    state = place / "state.json"
    row = json.loads(state.read_text("utf-8")) | change
    state.write_text(json.dumps(row), "utf-8")
    with pytest.raises(StateError) as caught:
        pairs.run(place / "pair.toml", once=True)
    assert caught.value.key == next(iter(change))
    for words in (("sync", "run", place / "pair.toml", "--once"), ("diagnose", place), ("diagnose", state)):
        assert run(*words).status == 2


@pytest.mark.parametrize(
    "data", [b"[" * 100_000, b'{"cursor": ' + b"9" * 5000 + b"}", b'{"cursor": Infinity}', b"\xff\xfe", b"", b"null"]
)
def test_a_state_that_is_none_is_refused(data, place, run):
    (place / "state.json").write_bytes(data)
    for words in (("sync", "run", place / "pair.toml", "--once"), ("sync", "status", place / "pair.toml")):
        assert run(*words).status == 2
    assert run("diagnose", place).status == 2


HOSTILE = {
    "nested lists": "x = " + "[" * 20_000 + "]" * 20_000,
    "nested tables": "x = " + "{a=" * 5_000 + "1" + "}" * 5_000,
    "5,000 digits": "batch = " + "9" * 5000,
    "5,000 hex digits": "batch = 0x" + "f" * 5000,
    "a name of 5,000 hex digits": "id = 0x" + "f" * 5000,
    "a date that is none": "every = 2026-99-99",
    "a date": "every = 2026-02-10",
    "infinity": "batch = inf",
    "a long dotted key": "a" + ".a" * 20_000 + " = 1",
    "a path too long": PAIR.replace("state.json", "s" * 300),
    "a spool too long": PAIR.replace('"spool"', '"' + "s/" * 3000 + '"'),
    "a store too long": PAIR.replace("north.db", "n" * 300),
    "a null": PAIR.replace("state.json", "a\\u0000b"),
    "itself": PAIR.replace("state.json", "pair.toml"),
    "a device": PAIR.replace("state.json", "/dev/zero").replace("north.db", "/dev/zero"),
    "an escape": PAIR.replace('id = "p"', 'id = "\\u001b[2J"'),
    "no table": 'source = 1\ntarget = 2\nspool = "x"',
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("head", ["", 'spool = "x"\n[source]\npath = "a"\n[more]\n'])
def test_a_hostile_pair_file_is_refused_and_does_not_keep_others_from_being_judged(name, head, place, run):
    other = place.parent / f"{place.name}-other"
    other.mkdir()
    hostile = other / "hostile.toml"
    hostile.write_text(head + HOSTILE[name], "utf-8")
    (other / "dump.csv").write_text("Obj-Class,Obj-Dist-Name,Is-Deleted,USN-Changed\nMailbox,/o=X/cn=a,,5\n")
    for command in ("run", "status") if name == "itself" else ("init", "run", "status"):
        done = run("sync", command, hostile)
        assert done.status == 2, (command, done.err)
        assert len(done.err.splitlines()) == 1
        assert "\x1b" not in done.err
    done = run("diagnose", other, place)
    assert done.status in (0, 2), done.err
    assert "dump.csv: a directory" in " ".join(run("diagnose", other, place, columns=400).out.split())
    assert "pair p" in done.out
    with pytest.raises(GlbError):
        pairs.status(hostile)


def test_links_in_a_circle_are_no_traceback(place, run):
    for name in ("state.json", "state.json.lock"):
        (place / name).unlink(missing_ok=True)
        (place / name).symlink_to(name)
    for words in (("diagnose", place), ("sync", "status", place / "pair.toml"), ("sync", "run", place / "pair.toml")):
        assert run(*words).status in (0, 1, 2)


@pytest.mark.parametrize("pid", ["Infinity", "-1", "0", "true", "9" * 400, '"x"', "null"])
def test_a_lock_of_no_process_holds_nobody_for_long(pid, place, run):
    lock = place / "state.json.lock"
    lock.write_text('{"pid": ' + pid + ', "host": "' + os.uname().nodename + '"}', "utf-8")
    os.utime(lock, (0, 0))
    arrives(place, run)
