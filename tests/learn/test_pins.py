"""What a person knows of a layout decides, and is tested like everything else."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from glbtools.errors import UsageError
from glbtools.formats.queue import parse_queue
from glbtools.learn import Learning, learn_layout
from glbtools.learn.pins import parse_pins

FIRST, COUNT = 0x1_0100, 60


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Numbers above 65,535, of which the low word alone rises as well: alone undecided."""
    path, data = tmp_path / "MSTTRANS.GLB", b""
    for at, number in enumerate(range(FIRST, FIRST + COUNT)):
        text = f"A Nr {number * 7919 % 10007}\tPCM:A/B/nr{number * 31 % 997}".encode() + b"\0"
        data += struct.pack("<IHBI", number, len(text), 1 + at % 2, 757382400 + at * 4001) + text
    path.write_bytes(data)
    return path


def learnt(file: Path, *pins: str) -> Learning:
    return learn_layout([file], pins=pins)


def test_a_pin_decides_what_the_file_alone_leaves_open(file: Path) -> None:
    alone = learnt(file)
    assert alone.layout is None or alone.layout.partial
    found = learnt(file, "sync=u32@0")
    assert found.layout is not None and not any("number may as well" in each for each in found.reasons)
    assert [each.sync for each in parse_queue(file.read_bytes(), found.layout).records] == [
        *range(FIRST, FIRST + COUNT)
    ]


def test_a_field_that_is_pinned_as_none_is_left_open(file: Path) -> None:
    found = learnt(file, "sync=u32@0", "stamp=none")
    assert found.layout is not None
    assert found.layout.with_role("stamp") is None


@pytest.mark.parametrize("pin", ["sync=u32@7", "text@9", "stamp=u32@0"])
def test_a_wrong_pin_is_refuted_with_the_first_record_that_shows_it(file: Path, pin: str) -> None:
    found = learnt(file, *([pin] if pin.startswith("sync") else ["sync=u32@0", pin]))
    assert found.layout is None
    assert any(f"--pin {pin} is refuted" in each and "record at 0x" in each for each in found.reasons)


@pytest.mark.parametrize(
    "pin",
    ["", "sync", "sync=u32", "sync@4", "text=u32@4", "foo=u32@4", "sync=none", "text=none", "sync=i32@4", "sync=u64@4"],
)
def test_what_is_no_pin_is_refused(pin: str) -> None:
    with pytest.raises(UsageError, match="--pin"):
        parse_pins([pin])


def test_one_field_is_pinned_once() -> None:
    with pytest.raises(UsageError, match="twice"):
        parse_pins(["text@24", "text@25"])


def test_readings_are_laid_over_one_record_with_hits_and_misses(file: Path, run) -> None:  # type: ignore[no-untyped-def]
    done = run("learn", str(file), "--pin", "sync=u32@0", "--hex")
    assert "reading 1: 0x" in done.out
    assert f"number: {COUNT - 1} of {COUNT - 1} steps rise" in done.out
    assert f"text: {COUNT} of {COUNT} are transactions" in done.out
