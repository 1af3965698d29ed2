"""Layouts in the languages of other tools, read by these tools: Kaitai Struct's compiler and dissect.cstruct."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from glbtools.binary.layout import Layout, parse
from glbtools.errors import UsageError
from glbtools.formats.config import parse_reqconf, parse_srvconf
from glbtools.formats.queue import parse_queue
from glbtools.layouts import reference
from glbtools.layouts.exported import LANGUAGES, exported
from glbtools.layouts.written import to_toml
from scoreboard.layouts import queue_sample

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
COMPILE = """
const compiler = require("kaitai-struct-compiler"), yaml = require("yaml"), fs = require("fs");
const spec = yaml.parse(fs.readFileSync(0, "utf8"));
compiler.compile("python", spec, {importYaml: async () => null}, false).then(
  files => process.stdout.write(Object.values(files)[0]), error => { console.error(String(error)); process.exit(1); });
"""


@cache
def _kaitai(text: str) -> str:
    """The Python that Kaitai's compiler makes of a specification."""
    pytest.importorskip("kaitaistruct")
    try:
        done = subprocess.run(["node", "-e", COMPILE], input=text, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("node, which runs the compiler of Kaitai Struct, is not installed")
    if "Cannot find module" in done.stderr:
        pytest.skip("kaitai-struct-compiler and yaml are no modules that node finds (NODE_PATH)")
    assert done.returncode == 0, done.stderr
    return done.stdout


def _kaitai_reader(layout: Layout) -> Callable[[bytes], Any]:
    source = _kaitai(exported(layout, "ksy"))
    names: dict[str, Any] = {}
    exec(compile(source, "generated", "exec"), names)
    name = "".join(part.capitalize() for part in f"glb_{layout.id}".replace("-", "_").replace(".", "_").split("_"))
    return names[name].from_bytes  # type: ignore[no-any-return]


def _undamaged() -> list[Path]:
    """Queue fixtures without fault of framing."""
    found = []
    for path in sorted(FIXTURES.rglob("*.GLB")):
        if path.stem in {"REQTRANS", "MSTTRANS", "SRVTRANS", "USRTRANS", "RESYNC", "NMETRANS", "GWTRANS"}:
            queue = parse_queue(path.read_bytes(), reference("queue"))
            if not queue.framing and not queue.gaps:
                found.append(path)
    return found


def _samples() -> list[tuple[Layout, bytes]]:
    drawn = [queue_sample(seed) for seed in range(1, 25)]
    return [(each.layout, each.data) for each in drawn]


def _numbers(layout: Layout, record: Any, queue: Any) -> dict[str, int]:
    values = zip(queue.codec.other_fields, record.others, strict=True)
    numbers = {each.name: value for each, value in values if each.numeric}
    own = {"sync": record.sync, "stamp": record.stamp, "checksum": record.checksum}
    return numbers | {each.name: own[each.role] for each in layout.fields if each.role in own}


def test_kaitai_reads_every_undamaged_queue_as_inspect_does() -> None:
    layout = reference("queue")
    read = _kaitai_reader(layout)
    paths = _undamaged()
    assert len(paths) > 20
    for path in paths:
        data = path.read_bytes()
        queue, found = parse_queue(data, layout), read(data)
        assert len(found.records) == len(queue.records), path
        for record, own in zip(queue.records, found.records, strict=True):
            assert own.text == record.text, path
            assert {name: getattr(own, name) for name in _numbers(layout, record, queue)} == _numbers(
                layout, record, queue
            )


ODD = """id = "odd"
family = "queue"
title = "odd"
status = "assumed"
[framing]
terminator = "nul"
[[field]]
name = "sync"
offset = 0
type = "w32"
role = "sync"
status = "assumed"
[[field]]
name = "size"
offset = 4
type = "u24"
role = "len_text"
status = "assumed"
byte_order = "big"
[[field]]
name = "again"
offset = 7
type = "bcd32"
role = "repeat"
repeats = "number"
status = "assumed"
[[field]]
name = "text"
offset = 11
type = "text"
role = "text"
status = "assumed"
"""


def test_kaitai_reads_numbers_that_no_type_of_c_has() -> None:
    layout, text = parse(ODD.encode(), "odd"), b"A Paul\tPCM:A/B/paul\0"
    heads = [bytes((1, 0, at, 2)) + len(text).to_bytes(3, "big") + bytes.fromhex(f"{48 + at}600600") for at in range(3)]
    data = b"".join(head + text for head in heads)
    own, found = parse_queue(data, layout), _kaitai_reader(layout)(data)
    assert [each.sync for each in own.records] == [0x10200, 0x10201, 0x10202]
    assert [each.sync_value for each in found.records] == [each.sync for each in own.records]
    assert [each.again_value for each in found.records] == [66_048, 66_049, 66_050]
    assert [each.text for each in found.records] == [each.text for each in own.records]


def test_kaitai_reads_layouts_of_all_kinds_as_inspect_does() -> None:
    read = 0
    for layout, data in _samples():
        try:
            reader = _kaitai_reader(layout)
        except UsageError as error:
            assert "cannot be said" in str(error)
            continue
        queue = parse_queue(data, layout)
        assert not queue.gaps
        found = reader(data)
        assert [each.text for each in found.records] == [each.text for each in queue.records], layout.id
        for record, own in zip(queue.records, found.records, strict=True):
            for name, value in _numbers(layout, record, queue).items():
                digits = layout.by_name[name].kind in {"dec", "hex"}
                assert getattr(own, f"{name}_value" if digits else name) == value
        read += 1
    assert read > 12


@pytest.mark.parametrize("family", ["reqconf", "srvconf"])
def test_kaitai_reads_configurations_as_inspect_does(family: str) -> None:
    layout = reference(family)
    reader = _kaitai_reader(layout)
    paths = sorted(FIXTURES.glob(f"healthy-week/*/GLB/{family.upper()}.GLB"))
    assert paths
    for path in paths:
        data = path.read_bytes()
        found = reader(data)
        if family == "reqconf":
            groups = [(found, parse_reqconf(data, layout).values)]
        else:
            file = parse_srvconf(data, layout)
            groups = [(found, file.header), *zip(found.records, file.records, strict=True)]
        for own, values in groups:
            numbers = [each for each in values if each.field.numeric or each.field.kind == "text"]
            assert [getattr(own, each.field.name) for each in numbers] == [each.value for each in numbers]


def _cstruct(layout: Layout, data: bytes) -> list[Any]:
    module = pytest.importorskip("dissect.cstruct")
    types = module.cstruct(endian=">" if layout.byte_order == "big" else "<")
    types.load(exported(layout, "cstruct"))
    found, at = [], layout.header
    while at < len(data):
        record = types.record(data[at:])
        found.append(record)
        at += len(record)
    return found


def test_cstruct_reads_every_undamaged_queue_as_inspect_does() -> None:
    layout = reference("queue")
    for path in _undamaged():
        data = path.read_bytes()
        queue = parse_queue(data, layout)
        found = _cstruct(layout, data)
        assert [each.text.decode("cp850") for each in found] == [each.text for each in queue.records]
        assert [(each.sync, each.stamp, each.checksum) for each in found] == [tuple(each[:3]) for each in queue.records]


def test_cstruct_reads_layouts_of_all_kinds_as_inspect_does() -> None:
    read = 0
    for layout, data in _samples():
        try:
            found = _cstruct(layout, data)
        except UsageError as error:
            assert "cannot be said" in str(error)
            continue
        queue = parse_queue(data, layout)
        texts = [each.text.rstrip(bytes([layout.pad])).decode(layout.encoding, "surrogateescape") for each in found]
        assert texts == [each.text for each in queue.records]
        read += 1
    assert read > 8


@pytest.mark.parametrize(
    ("spelled", "hidden"),
    [
        ("xor:5a", lambda byte: byte ^ 0x5A),
        ("rol:3", lambda byte: (byte << 3 | byte >> 5) & 0xFF),
        ("xor:sync", lambda byte: byte ^ 0xC5),
    ],
)
def test_texts_that_are_changed_are_readable_in_kaitai(spelled: str, hidden: Callable[[int], int]) -> None:
    layout = reference("queue")._replace(id="own", obscured=spelled, terminator="none", length_counts="text")
    text = bytes(map(hidden, b"A Paul\tPCM:A/B/paul"))
    head = sum(each.size for each in layout.section("record"))
    record = bytearray(head) + text
    length = layout.with_role("len_text")
    assert length is not None
    record[length.offset : length.stop] = len(text).to_bytes(length.size, "little")
    number = layout.by_name["sync"]
    record[number.offset : number.stop] = (0x12C5).to_bytes(number.size, "little")
    assert [each.text for each in parse_queue(bytes(record), layout).records] == ["A Paul\tPCM:A/B/paul"]
    (found,) = _kaitai_reader(layout)(bytes(record)).records
    assert found.text.value == "A Paul\tPCM:A/B/paul"


def test_a_layout_as_toml_reads_back_as_the_layout() -> None:
    for layout, _ in _samples():
        assert parse(exported(layout, "toml").encode(), "again") == parse(to_toml(layout).encode(), "once")


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_status_and_source_go_along_and_what_is_not_said(language: str) -> None:
    text = exported(reference("queue"), language)
    assert "inferred" in text and "Q96060" in text
    if language != "toml":
        assert "reading on behind damage" in text and "crc-16/xmodem" in text


def test_the_command_writes_a_layout_of_ones_own(tmp_path: Path, run) -> None:  # type: ignore[no-untyped-def]
    mine = tmp_path / "mine.toml"
    mine.write_text(to_toml(reference("reqconf")._replace(id="mine")))
    done = run("formats", "reqconf", "--as", "ksy", "--layout", str(mine))
    assert done.status == 0
    assert "id: glb_mine" in done.out
    assert run("formats", "--as", "ksy").status == 2
    assert run("formats", "logs", "--as", "ksy").status == 2
