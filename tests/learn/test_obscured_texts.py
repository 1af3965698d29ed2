"""Texts that other programs change: by one key, by one of each record, by the byte before, by turned bits."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from glbtools.binary import layout as layouts
from glbtools.formats.queue import new_queue, parse_queue
from glbtools.layouts.exported import exported
from glbtools.layouts.written import to_toml
from glbtools.learn import check_layout, learn_layout
from glbtools.model.change import Change

Change_ = Callable[[bytes, int, int], bytes]
"""What is stored of a text, its number, and the byte that stands before the number."""


def each(change: Callable[[int, int, int], int]) -> Change_:
    return lambda text, number, extra: bytes(change(byte, number, extra) & 0xFF for byte in text)


def by_stored(text: bytes, number: int, extra: int) -> bytes:
    stored, last = [], 0x17
    for byte in text:
        last ^= byte
        stored.append(last)
    return bytes(stored)


def by_clear(text: bytes, number: int, extra: int) -> bytes:
    return bytes(byte ^ before for byte, before in zip(text, b"\x00" + text[:-1], strict=True))


WAYS: dict[str, tuple[str, Change_]] = {
    "constant": ("xor:33", each(lambda byte, number, extra: byte ^ 0x33)),
    "complement": ("xor:ff", each(lambda byte, number, extra: ~byte)),
    "sum": ("add:21", each(lambda byte, number, extra: byte + 0x21)),
    "turned": ("rol:3", each(lambda byte, number, extra: byte << 3 | byte >> 5)),
    "nibbles": ("rol:4", each(lambda byte, number, extra: byte << 4 | byte >> 4)),
    "by the stored byte before": ("xor-stored:17", by_stored),
    "by the byte before": ("xor-clear:00", by_clear),
    "by the number": ("xor:sync", each(lambda byte, number, extra: byte ^ number)),
    "by the number added": ("add:sync", each(lambda byte, number, extra: byte + number)),
    "by a byte of the record": ("xor:key", each(lambda byte, number, extra: byte ^ extra)),
}


def rows(count: int = 50, first: int = 300) -> list[tuple[int, bytes]]:
    return [
        (at, f"A N{'ae' * (at % 13)}r {at * 7919 % 10007}\tPCM:A/B/nr{at * 31 % 997}".encode())
        for at in range(first, first + count)
    ]


def packed(way: str, changes: list[tuple[int, bytes]], *, keyed: bool = True) -> bytes:
    data = b""
    for number, text in changes:
        extra = number * 73 % 251 if keyed else 0
        data += struct.pack("<HBI", len(text), extra, number) + WAYS[way][1](text, number, extra)
    return data


def printed(changes: list[tuple[int, bytes]]) -> bytes:
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Sync#  Transaction"]
    lines += [f"{number:06} {text.decode()}".replace("\t", "<tab>") for number, text in changes]
    return "\r\n".join([*lines, ""]).encode()


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT"


@pytest.mark.parametrize("way", WAYS)
def test_a_listing_shows_how_texts_are_changed_and_they_are_written_so(way: str, place: tuple[Path, Path]) -> None:
    file, listing = place
    file.write_bytes(packed(way, rows()))
    listing.write_bytes(printed(rows()[5:40]))
    found = learn_layout([file], listings=[listing])
    assert found.toml is not None, found.reasons
    layout = layouts.parse(found.toml.encode(), "learnt.toml")
    assert layout.obscured == WAYS[way][0]
    queue = parse_queue(file.read_bytes(), layout)
    assert [(row.sync, row.text.encode()) for row in queue.records] == rows()
    assert queue.build() == file.read_bytes()
    made = new_queue([Change(number, text.decode()) for number, text in rows(9, 700)], layout._replace(partial=False))
    assert made.build() == packed(way, rows(9, 700), keyed=False)
    listing.write_bytes(printed(rows()))
    assert check_layout(layout, [file], listings=[listing])[0].fits


@pytest.mark.parametrize("way", WAYS)
def test_alone_texts_are_said_to_be_obscured_perhaps(way: str, place: tuple[Path, Path]) -> None:
    file, _ = place
    file.write_bytes(packed(way, rows()))
    found = learn_layout([file])
    assert found.layout is None
    assert any("obscured" in reason for reason in found.reasons), found.reasons


@pytest.mark.parametrize("way", WAYS)
def test_reading_goes_on_behind_damage(way: str, place: tuple[Path, Path]) -> None:
    file, listing = place
    data = packed(way, rows())
    file.write_bytes(data)
    listing.write_bytes(printed(rows()))
    layout = learn_layout([file], listings=[listing]).layout
    assert layout is not None
    at = data.index(packed(way, rows()[20:21]))
    damaged = parse_queue(data[:at] + b"\xff" * 9 + data[at + 9 :], layout)
    assert [(row.sync, row.text.encode()) for row in damaged.records] == rows()[:20] + rows()[21:]
    assert damaged.build() == data[:at] + b"\xff" * 9 + data[at + 9 :]


@pytest.mark.parametrize("way", WAYS)
def test_other_tools_read_the_texts_or_are_told_that_they_cannot(way: str, place: tuple[Path, Path]) -> None:
    file, listing = place
    file.write_bytes(packed(way, rows()))
    listing.write_bytes(printed(rows()))
    layout = learn_layout([file], listings=[listing]).layout
    assert layout is not None
    spelled = layout.obscured
    ksy, c = exported(layout, "ksy"), exported(layout, "cstruct")
    assert f"changed ({spelled}" in c
    assert ("process: " in ksy) == spelled.startswith(("xor:", "rol:"))
    assert (f"changed ({spelled}" in ksy) == (not spelled.startswith(("xor:", "rol:")))
    assert to_toml(layout).count(spelled) == 1
