"""Whatever stands in a file that a person writes: it is read, or its mistake is named by file, line and key."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glbtools import layouts
from glbtools.binary import layout
from glbtools.directory import state
from glbtools.errors import KeyedError
from glbtools.evidence import description
from glbtools.formats import cursors
from glbtools.simulation import mail, scenario
from glbtools.sync import pair
from glbtools.sync.agent import FORMAT, State, StateFile

DESCRIPTION = """
[[postoffice]]
name = "NET/HUB"
role = "server"
path = "hub"
reqconf = { reqsync = 3, types = ["PCM"], pointers = [-1, -1, -1, -1], server = "NET/HUB" }
srvconf = { sync = 3, administrator = "ADMIN", requestor = [{ name = "PCM:NET/HUB", reqsync = 1 }] }
queue.REQTRANS = [{ dummy = 3 }, { text = "A a", stamp = 1994-04-07T12:13:52, checksum = 1 }]
log.DSSEND = "x"
file = { "GLB/X" = "hex:00" }
missing.paths = ["GLB/GAL.NME"]
"""
SCENARIO = """
cycles = 3
start = 1994-02-01
[network]
name = "NET"
postoffices = ["EAST"]
[rules]
first = 1
[[step]]
do = "add"
count = 2
[[fault]]
name = "reqconf-cloned"
of = "EAST"
"""
PAIR = """
id = "a"
state = "state.json"
spool = "spool"
every = "15m"
[source]
path = "a.db"
[target]
kind = "sqlite"
path = "b.db"
"""
KEPT = {
    "pair_id": "a", "source_id": "b", "source_epoch": "c", "cursor": 4, "session": "d", "batch_no": 1,
    "witnesses": [["a", 4, False, "e"]],
}  # fmt: skip
EXPORT = {
    "schema": state.SCHEMA, "server": "S", "epoch": "E", "scope": "/o=X", "exported": 4,
    "exported_at": "1999-01-01T00:00:00", "imported": [1], "significant": ["cn"], "digests": {"a": "00"},
    "witnesses": [["a", 4, None]],
}  # fmt: skip
LIST = {"schema": cursors.SCHEMA, "cursors": [cursors.Cursor("A", "B", "C", 1, 0, 2)._asdict()]}
LAYOUT = (Path(layouts.__file__).parent / "queue-reference-1.toml").read_text("utf-8")
MAIL = mail.to_text(mail.Message(1, mail.REQTX, "NET/A", "NET/B", 2, items=(mail.Item(1, None, "A a"),), changes=(1,)))


def toml(value: Any) -> str:
    """Return a value in TOML, tables inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value) if isinstance(value, str | bool | int | float) else value.isoformat()


def as_toml(document: dict[str, Any]) -> bytes:
    return "".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in document.items()).encode()


def as_json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=1).encode()


def of_a_file(read: Callable[[Path], object]) -> Callable[[bytes, Path], object]:
    def written(data: bytes, place: Path) -> object:
        (place / "x").write_bytes(data)
        return read(place / "x")

    return written


Reader = Callable[[bytes, Path], object]

READERS: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], bytes], Reader]] = {
    "layout": (tomllib.loads(LAYOUT), as_toml, lambda data, _: layout.parse(data, "x")),
    "description": (tomllib.loads(DESCRIPTION), as_toml, lambda data, _: description.parse(data, "x")),
    "scenario": (tomllib.loads(SCENARIO), as_toml, lambda data, _: scenario.parse(data, "x")),
    "pair": (tomllib.loads(PAIR), as_toml, of_a_file(pair.load)),
    "sync state": ({"format": FORMAT, **KEPT}, as_json, of_a_file(lambda path: StateFile(path).read())),
    "export state": (EXPORT, as_json, of_a_file(state.load)),
    "cursors": (LIST, as_json, lambda data, _: cursors.parse_cursors(data, "x")),
    "mail": (json.loads(MAIL), as_json, lambda data, _: mail.from_text(data, "x")),
}  # fmt: skip

VALUES = st.sampled_from(
    [0, -1, 1 << 70, True, 1.5, "", "x", "\0", "A/B", "x" * 5000, [], [1], ["x"], {}, {"x": 1}, [{}]]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value of a document."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*path, key))


@pytest.mark.parametrize("name", READERS)
def test_a_right_file_is_read(name: str, tmp_path: Path) -> None:
    document, write, read = READERS[name]
    assert read(write(document), tmp_path) is not None
    assert State._fields == tuple(KEPT)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_wrong_value_is_a_mistake_with_a_line_and_a_key(name: str, tmp_path: Path, data: st.DataObject) -> None:
    original, write, read = READERS[name]
    document = copy.deepcopy(original)
    *way, last = data.draw(st.sampled_from(list(places(document))))
    inner = document
    for key in way:
        inner = inner[key]
    value = data.draw(VALUES)
    if isinstance(inner, dict) and data.draw(st.booleans()):
        inner[data.draw(st.sampled_from(["more", "x y", "ä", "k" * 5000]))] = value
    else:
        inner[last] = value
    text = write(document)
    try:
        read(text, tmp_path)
    except KeyedError as error:
        assert 1 <= error.line <= text.count(b"\n") + 1
        assert error.key or "is longer than" in error.reason
        assert len(str(error)) < 1200
        assert "\n" not in str(error)
