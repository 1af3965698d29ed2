"""Files that show what their texts are, and not which of their bytes are the number."""

from __future__ import annotations

import json
import struct
import zlib
from datetime import datetime
from pathlib import Path

import pytest

import glbtools
from glbtools.binary.layout import parse
from glbtools.binary.records import NO_NUMBER
from glbtools.errors import LayoutError, UsageError
from glbtools.formats.queue import new_queue, parse_queue, table
from glbtools.layouts import reference
from glbtools.learn import Learning, attested, learn_layout
from glbtools.learn.audit import without_stamp
from glbtools.model.change import Change

NAMES = ["Ann", "Bob", "Carl", "Dora", "Eva", "Finn", "Gwen", "Hugo", "Kim", "Lars"]


def texts(count: int = 40) -> list[str]:
    return [
        f"A {NAMES[at % 10]}{'ae' * (at % 7)} Page\tPCM:NET/{('WEST', 'EAST')[at % 2]}/{NAMES[at % 10].lower()}{at * 7}"
        for at in range(count)
    ]


def packed(first: int = 70_001) -> bytes:
    """A number whose high word is 1 in all records: a word and a constant, for all that the file shows."""
    return b"".join(
        struct.pack("<HHI", zlib.crc32(raw := text.encode()) & 0xFFFF, len(raw) + 1, first + at) + raw + b"\0"
        for at, text in enumerate(texts())
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    directory = tmp_path / "po" / "GLB"
    directory.mkdir(parents=True)
    (directory / "REQTRANS.GLB").write_bytes(packed())
    return directory / "REQTRANS.GLB"


@pytest.fixture
def learning(file: Path) -> Learning:
    return learn_layout([file])


@pytest.fixture
def layout_file(learning: Learning, tmp_path: Path) -> Path:
    assert learning.toml is not None
    path = tmp_path / "mine.toml"
    path.write_text(learning.toml)
    return path


def test_the_texts_are_stated_and_the_number_is_not(learning: Learning) -> None:
    layout = learning.layout
    assert layout is not None and layout.partial and not layout.numbered
    queue = parse_queue(packed(), layout)
    assert [each.text for each in queue.records] == texts()
    assert {each.sync for each in queue.records} == {NO_NUMBER}
    assert queue.build() == packed()
    assert {each.role for each in layout.fields} <= {"text", "len_text", "opaque", "constant"}
    assert any("the number may as well be" in each for each in learning.reasons)


def test_the_report_says_that_no_number_is_stated_and_what_would_tell_it(file: Path, run) -> None:
    said = run("learn", file, "--out", file.parent / "mine.toml", columns=200)
    assert said.status == 1
    assert said.out.startswith("learnt in part, texts and no numbers: 40 records in 1 file")
    assert "--known last=NUMBER" in said.out
    assert "diagnose" not in said.out.splitlines()[-1]


def test_a_known_number_decides_the_rest(file: Path) -> None:
    learning = learn_layout([file], known=["last=70040"])
    assert learning.layout is not None and learning.layout.numbered
    assert [each.sync for each in parse_queue(packed(), learning.layout).records] == list(range(70_001, 70_041))


def test_inspect_shows_the_texts_without_numbers(file: Path, layout_file: Path, run) -> None:
    shown = json.loads(run("inspect", file, "--layout", layout_file, "--json").out)["files"][0]
    assert [each["text"] for each in shown["records"]] == texts()
    assert {each["sync"] for each in shown["records"]} == {None}
    assert f" {NO_NUMBER} " not in run("inspect", file, "--layout", layout_file, columns=200).out


def test_no_verdict_is_given_on_a_queue_without_numbers_and_that_is_said(file: Path, layout_file: Path) -> None:
    layouts = glbtools.load_layouts(layout_file)
    report = glbtools.diagnose(file.parents[1], layouts=layouts)
    held = next(each for each in report.inputs if each.path.endswith("REQTRANS.GLB"))
    assert held.used == "no use" and "40 texts" in held.why
    assert any("40 texts" in each for each in report.unreadable.values())
    assert not glbtools.unsent(file.parents[1], layouts=layouts).changes


@pytest.mark.parametrize("command", [["rebuild", "--into", "new"], ["build", "--out", "new"]])
def test_nothing_is_written_in_such_a_layout(
    command: list[str], file: Path, layout_file: Path, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d.json").write_text("{}")
    given = file.parents[1] if command[0] == "rebuild" else "d.json"
    done = run(command[0], given, *command[1:], "--layout", layout_file)
    assert done.status == 2 and "partial" in done.err
    assert not Path("new").exists()


def test_what_needs_numbers_is_refused_in_words(file: Path, layout_file: Path, run, tmp_path: Path) -> None:
    layouts = glbtools.load_layouts(layout_file)
    for read in (glbtools.read_columns, glbtools.stream_queue, glbtools.stream_tuples):
        with pytest.raises(UsageError, match="does not say where numbers stand"):
            list(read(file, layouts=layouts))
    assert run("carve", file, "--out", tmp_path / "c", "--layout", layout_file).status == 2
    assert run("inspect", file, "--format", "listing", "--layout", layout_file).status == 2


def test_another_file_is_tested_by_its_texts(file: Path, layout_file: Path, run) -> None:
    done = run("learn", "--check", layout_file, file)
    assert done.status == 0 and "numbers rise" not in done.out
    file.write_bytes(packed().replace(b"\0A ", b"\0\0A "))
    assert run("learn", "--check", layout_file, file).status == 1


def test_only_a_partial_layout_goes_without_the_number(learning: Learning) -> None:
    assert learning.toml is not None
    with pytest.raises(LayoutError, match="no field has the role sync"):
        parse(learning.toml.replace("partial = true", "").encode(), "mine.toml")


def test_nothing_is_stated_where_two_readings_differ_in_their_texts(tmp_path: Path) -> None:
    """Each text stands in a buffer of 64 bytes with what it held before, and nothing but its first byte says so."""
    held, made = bytearray(b"x" * 64), []
    for at, text in enumerate(texts()):
        raw = text.encode()
        held[: len(raw)] = raw
        made.append(struct.pack("<BI", len(raw), 70_001 + at) + bytes(held))
    (tmp_path / "MSTTRANS.GLB").write_bytes(b"".join(made))
    layout = learn_layout([tmp_path / "MSTTRANS.GLB"]).layout
    assert layout is None or {each.text for each in parse_queue(b"".join(made), layout).records} <= set(texts())


@pytest.mark.parametrize("order", ["newest first", "any"])
def test_the_texts_of_records_that_stand_in_another_order_are_stated(order: str, tmp_path: Path) -> None:
    places = list(range(40))[::-1] if order == "newest first" else [at * 17 % 40 for at in range(40)]
    rows = texts()
    data = b"".join(
        struct.pack("<HH4sI", zlib.crc32(rows[at].encode()) & 0xFFFF, 7, b"\xffqrs", 70_001 + at)
        + rows[at].encode()
        + b"\0"
        for at in places
    )
    (tmp_path / "MSTTRANS.GLB").write_bytes(data)
    learning = learn_layout([tmp_path / "MSTTRANS.GLB"])
    assert learning.layout is not None and not learning.layout.numbered
    assert [each.text for each in parse_queue(data, learning.layout).records] == [rows[at] for at in places]
    if order == "any":
        assert learning.reasons == ["no bytes of the records count them in the order in which they stand"]
    else:  # backwards they count, 16 bits of them or 32
        assert any(each.startswith("the number may as well be") for each in learning.reasons)


def test_a_checksum_still_covers_a_date_that_is_left_open() -> None:
    layout = reference("queue")._replace(covers=("sync", "stamp", "text"))
    change = Change(7, "A Ann Page\tPCM:NET/WEST/ann", datetime(1995, 3, 4, 10, 20, 30))
    data = new_queue([change], layout).build()
    opened = without_stamp(layout, ["another reading fits"])
    assert opened.with_role("stamp") is None
    queue = parse_queue(data, opened)
    assert [queue.codec.checksum(each) for each in queue.records] == [each.checksum for each in queue.records]


@pytest.mark.parametrize(
    ("framing", "wanted"),
    [
        ({}, "0, 49, 60"),
        ({"header": 8}, "8 in place of 0, 57 in place of 49, 68 in place of 60"),
        ({"terminator": "none"}, "0, 48 in place of 49, 59 in place of 60"),
        ({"stride": 64}, "0, 64 in place of 49, 64 in place of 60"),
    ],
)
def test_each_reading_says_whether_it_gives_the_attested_sizes(framing: dict[str, object], wanted: str) -> None:
    layout = reference("queue")._replace(**framing)  # type: ignore[arg-type]
    assert attested.said(layout) == wanted
    assert attested.gives_sizes(layout) == (not framing)


def test_no_table_is_made_of_a_layout_without_numbers(file: Path, layout_file: Path) -> None:
    layout = glbtools.load_layouts(layout_file)["queue"]
    with pytest.raises(UsageError, match="does not say where numbers stand"):
        table(file.read_bytes(), layout)
