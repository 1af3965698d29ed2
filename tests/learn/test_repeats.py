"""What a record says again is found, explained, and written with new records as another program would write it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from glbtools.formats.queue import new_queue, parse_queue
from glbtools.layouts.exported import exported
from glbtools.learn import Learning, learn_layout
from glbtools.model.change import Change

Head = Callable[[int, int, int], bytes]
"""What stands before a text, of its number, its length and the offset of its record."""

HEADS: dict[str, Head] = {
    "number": lambda n, size, at: struct.pack(">IHHI", n, size, n & 0xFFFF, n),
    "complement": lambda n, size, at: struct.pack("<HII", size, ~n & 0xFFFFFFFF, n),
    "before": lambda n, size, at: struct.pack("<IHI", n, size, n - 1),
    "after": lambda n, size, at: struct.pack("<HII", size, n + 1, n),
    "length": lambda n, size, at: struct.pack("<HIH", size, n, size),
    "offset": lambda n, size, at: struct.pack("<IIH", at, n, size),
}


def rows(count: int = 40, first: int = 70_000) -> list[tuple[int, bytes]]:
    numbers = [first + at + at * at // 9 for at in range(count)]
    return [(n, f"A N{'ae' * (n % 13)}r {n * 7919 % 10007}\tPCM:A/B/nr{n * 31 % 997}".encode()) for n in numbers]


def packed(head: Head, changes: list[tuple[int, bytes]]) -> bytes:
    data = b""
    for number, text in changes:
        data += head(number, len(text) + 1, len(data)) + text + b"\0"
    return data


def learnt(head: Head, tmp_path: Path) -> tuple[Learning, bytes]:
    file, listing = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT"
    file.write_bytes(packed(head, rows()))
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Sync#  Transaction"]
    lines += [f"{n:06} {text.decode()}".replace("\t", "<tab>") for n, text in rows()]
    listing.write_bytes("\r\n".join([*lines, ""]).encode())
    return learn_layout([file], listings=[listing]), file.read_bytes()


@pytest.mark.parametrize("what", HEADS)
def test_what_a_record_says_again_is_written_with_it(what: str, tmp_path: Path) -> None:
    learning, data = learnt(HEADS[what], tmp_path)
    layout = learning.layout
    assert layout is not None, learning.reasons
    assert what in {each.repeats for each in layout.fields}
    assert parse_queue(data, layout).build() == data
    more = rows(5, 90_000)
    made = new_queue([Change(n, text.decode("cp850")) for n, text in more], layout)
    assert made.build() == packed(HEADS[what], more)


@pytest.mark.parametrize("what", HEADS)
def test_a_record_that_says_otherwise_is_shown_with_what_it_should_say(what: str, tmp_path: Path) -> None:
    learning, data = learnt(HEADS[what], tmp_path)
    assert learning.layout is not None
    field = next(each for each in learning.layout.fields if each.repeats == what)
    damaged = bytearray(data)
    damaged[field.offset] ^= 0x40
    node = next(iter(parse_queue(bytes(damaged), learning.layout).nodes()))
    (leaf,) = [each for each in node.children if each.name == field.name]
    assert leaf.computed == int.from_bytes(data[field.offset : field.stop], field.byte_order)  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["before", "after"])
def test_alone_a_neighbour_of_the_number_is_a_doubt_and_no_repetition(what: str, tmp_path: Path) -> None:
    file = tmp_path / "MSTTRANS.GLB"
    file.write_bytes(packed(HEADS[what], rows()))
    learning = learn_layout([file])
    assert learning.layout is not None and not learning.layout.numbered
    assert not any(each.repeats for each in learning.layout.fields)
    assert any("the number may as well be" in each for each in learning.reasons)


def test_other_tools_are_given_the_field(tmp_path: Path) -> None:
    learning, _ = learnt(HEADS["complement"], tmp_path)
    assert learning.layout is not None
    assert "complement_" in exported(learning.layout, "ksy")
