"""Where nothing is decided the cause is named, and what would decide."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from glbtools.learn import learn_layout

Head = Callable[[int, int], bytes]


def written(path: Path, head: Head, first: int = 300, count: int = 40) -> Path:
    data = b""
    for number in range(first, first + count):
        text = f"A N{'ae' * (number % 13)}r {number * 7919 % 10007}\tPCM:A/B/nr{number * 31 % 997}".encode() + b"\0"
        data += head(number, len(text)) + text
    path.write_bytes(data)
    return path


def little(number: int, size: int) -> bytes:
    return struct.pack("<HI", size, number)


def big(number: int, size: int) -> bytes:
    return struct.pack(">IHB", number, size, 7)


@pytest.mark.parametrize(("known", "read"), [("last=17", 339), ("first=301", 300)])
def test_a_known_number_that_no_reading_has_is_the_cause_that_is_named(known: str, read: int, tmp_path: Path) -> None:
    learning = learn_layout([written(tmp_path / "MSTTRANS.GLB", little)], known=[known])
    assert learning.layout is None
    assert [f"--known {known}" in each and f"likeliest has {read}" in each for each in learning.reasons] == [True]
    assert any("--known may be of another" in each for each in learning.wanted)
    assert not any("--known last=NUMBER" in each for each in learning.wanted)


def test_files_of_two_layouts_are_said_to_be_such(tmp_path: Path) -> None:
    files = [written(tmp_path / "MSTTRANS.GLB", little), written(tmp_path / "REQTRANS.GLB", big, 500)]
    learning = learn_layout(files)
    assert learning.layout is None
    assert learning.apart == list(map(str, files))
    assert any("more than one layout" in each for each in learning.reasons)
    assert any("each of the files by itself" in each for each in learning.wanted)


def test_files_of_one_layout_are_learnt_together(tmp_path: Path) -> None:
    files = [written(tmp_path / "MSTTRANS.GLB", little), written(tmp_path / "REQTRANS.GLB", little, 500)]
    learning = learn_layout(files)
    assert learning.layout is not None
    assert not learning.apart


def test_what_is_left_unexplained_is_what_is_said(tmp_path: Path) -> None:
    file = written(tmp_path / "MSTTRANS.GLB", little)
    file.write_bytes(file.read_bytes() + bytes(range(1, 256)) * 20)
    learning = learn_layout([file])
    assert learning.layout is None
    assert any("of the bytes are in records" in each for each in learning.reasons)
