"""Lengths in words or blocks, two lengths, a length behind the text, and the ordinal of a record."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from glbtools.binary import layout as layouts
from glbtools.errors import UsageError
from glbtools.formats.queue import added, new_queue, parse_queue
from glbtools.layouts.exported import exported
from glbtools.layouts.written import to_toml
from glbtools.learn import Learning, learn_layout
from glbtools.model.change import Change

HEAD = 8


class Program(NamedTuple):
    """How another program writes a record, of which ``head`` gets number, text, place and all its bytes' count."""

    head: Callable[[int, bytes, int, int], bytes]
    behind: Callable[[bytes], bytes] = lambda text: b""
    fill: int = 1

    def packed(self, changes: list[tuple[int, bytes]], first: int = 0) -> bytes:
        data = b""
        for place, (number, text) in enumerate(changes, first):
            ends = b"\0" + self.behind(text)
            size = HEAD + len(text) + len(ends)
            size += -size % self.fill
            head = self.head(number, text, place, size)
            assert len(head) == HEAD
            data += (head + text + ends).ljust(size, b"\0")
        return data


PROGRAMS = {
    "ordinal": Program(lambda n, text, place, size: struct.pack("<HIH", len(text) + 1, n, place + 1)),
    "place": Program(lambda n, text, place, size: struct.pack("<HIH", place, n, len(text) + 1)),
    "text+terminator in words": Program(lambda n, text, place, size: struct.pack("<IHH", n, len(text) // 2 + 1, 0x77)),
    "record in blocks": Program(lambda n, text, place, size: struct.pack("<IBBH", n, size // 16, 9, 0x101), fill=16),
    "record": Program(lambda n, text, place, size: struct.pack("<HIH", len(text), n, size)),
    "text": Program(lambda n, text, place, size: struct.pack("<HIH", size, n, len(text))),
    "length behind": Program(
        lambda n, text, place, size: struct.pack("<IHH", n, len(text), 5), lambda text: struct.pack("<H", len(text))
    ),
}
SAID = {name: {(name.split(" in ")[0], {"words": 2, "blocks": 16}.get(name.split(" ")[-1], 1))} for name in PROGRAMS}
SAID |= {"length behind": {("length", 1)}, "record": {("record", 1), ("text", 1)}, "text": {("record", 1), ("text", 1)}}
"""What is said again, and in units of how many bytes; of two lengths one leads from record to record."""


def rows(count: int = 60, first: int = 70_000) -> list[tuple[int, bytes]]:
    numbers = [first + at + at * at // 9 for at in range(count)]
    return [(n, f"A N{'ae' * (n % 13)}r {n * 7919 % 10007}\tPCM:A/B/nr{n * 31 % 997}".encode()) for n in numbers]


def learnt(program: Program, tmp_path: Path) -> tuple[Learning, bytes]:
    file, listing = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT"
    file.write_bytes(program.packed(rows()))
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Sync#  Transaction"]
    lines += [f"{n:06} {text.decode()}".replace("\t", "<tab>") for n, text in rows()]
    listing.write_bytes("\r\n".join([*lines, ""]).encode())
    return learn_layout([file], listings=[listing]), file.read_bytes()


@pytest.mark.parametrize("what", PROGRAMS)
def test_sizes_and_places_are_found_and_written_with_new_records(what: str, tmp_path: Path) -> None:
    learning, data = learnt(PROGRAMS[what], tmp_path)
    layout = learning.layout
    assert layout is not None, learning.reasons
    assert not layout.partial
    assert SAID[what] & {(each.repeats, each.unit) for each in layout.fields}, learning.toml
    queue = parse_queue(data, layout)
    assert [(each.sync, each.text.encode("cp850")) for each in queue.records] == rows()
    assert not any(leaf.computed for node in queue.nodes() for leaf in node.children)
    more = [Change(n, text.decode("cp850")) for n, text in rows(5, 90_000)]
    assert new_queue(more, layout).build() == PROGRAMS[what].packed(rows(5, 90_000))
    assert added(more, queue) == PROGRAMS[what].packed(rows(5, 90_000), first=60)


@pytest.mark.parametrize("what", PROGRAMS)
def test_the_layout_file_says_it_and_other_tools_are_told(what: str, tmp_path: Path) -> None:
    learning, _ = learnt(PROGRAMS[what], tmp_path)
    assert learning.layout is not None
    read = layouts.parse(to_toml(learning.layout).encode(), "learnt.toml")
    assert read.fields == learning.layout.fields
    if read.stride > 1:
        with pytest.raises(UsageError, match="cannot be said in C"):
            exported(learning.layout, "cstruct")
    for language in ("ksy", "cstruct") if read.stride == 1 else ("ksy",):
        text = exported(learning.layout, language)
        assert all(each.name in text for each in read.fields if each.repeats)
        assert "repeat" in text


def rest(n: int, text: bytes) -> bytes:
    return struct.pack("<IH", n, n * 7919 % 65536) + text


LEADS = {
    "what follows it": (lambda n, text: struct.pack("<H", len(rest(n, text))) + rest(n, text), 2),
    "all but a type": (lambda n, text: b"\x07" + struct.pack("<H", len(rest(n, text)) + 2) + rest(n, text), 1),
    "what stands behind the head": (
        lambda n, text: struct.pack("<IH", n, len(text) + 8) + text + b"\0/field\0",
        6,
    ),
    "padded": (
        lambda n, text: b"\x07" + (struct.pack("<H", (len(text) + 9) // 2 * 2) + rest(n, text) + bytes(len(text) % 2)),
        1,
    ),
    "none, though it has its padding": (
        lambda n, text: struct.pack("<H", -(-(len(text) + 8) // 4) * 4) + (rest(n, text) + bytes(-len(text) % 4)),
        0,
    ),
    "none, but its record is of even size": (
        lambda n, text: bytes([-(-(len(text) + 8) // 2) * 2 - 1]) + rest(n, text) + bytes(1 + len(text) % 2),
        0,
    ),
    "words": (lambda n, text: struct.pack("<IHB", n, len(text) // 2 + 1, 7) + text + bytes(2 - len(text) % 2), 1),
}
"""Records of which a length leaves out the beginning, or whose text is filled up behind a head of any size."""


@pytest.mark.parametrize("what", LEADS)
def test_a_length_that_leaves_out_how_records_begin_and_words_behind_an_odd_head(what: str, tmp_path: Path) -> None:
    pack, lead = LEADS[what]
    file, listing = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT"
    file.write_bytes(b"".join(pack(n, text) for n, text in rows()))
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Sync#  Transaction"]
    lines += [f"{n:06} {text.decode()}".replace("\t", "<tab>") for n, text in rows()]
    listing.write_bytes("\r\n".join([*lines, ""]).encode())
    learning = learn_layout([file], listings=[listing])
    layout = learning.layout
    assert layout is not None, learning.reasons
    assert (layout.partial, layout.lead) == (False, lead)
    assert layouts.parse(to_toml(layout).encode(), "learnt.toml").lead == lead
    queue = parse_queue(file.read_bytes(), layout)
    assert [(each.sync, each.text.encode("cp850")) for each in queue.records] == rows()
    assert not any(leaf.computed for node in queue.nodes() for leaf in node.children)
    sizes = [
        record.stop - record.start for record in new_queue([Change(9, t.decode()) for _, t in rows()], layout).records
    ]
    assert sizes == [len(pack(n, text)) for n, text in rows()]
    if lead and layout.with_role("len_text") is None:
        with pytest.raises(UsageError, match="cannot be said in Kaitai"):
            exported(layout, "ksy")
    else:
        assert "id: text" in exported(layout, "ksy")


@pytest.mark.parametrize("what", ["ordinal", "place"])
def test_alone_the_ordinal_of_a_record_may_be_its_number(what: str, tmp_path: Path) -> None:
    file = tmp_path / "MSTTRANS.GLB"
    file.write_bytes(PROGRAMS[what].packed(rows()))
    learning = learn_layout([file])
    assert learning.layout is not None and not learning.layout.numbered
    assert any("the number may as well be" in each for each in learning.reasons)


def test_how_many_records_stand_before_one_is_not_known_behind_bytes_that_are_no_record(tmp_path: Path) -> None:
    learning, data = learnt(PROGRAMS["ordinal"], tmp_path)
    assert learning.layout is not None
    queue = parse_queue(data, learning.layout)
    at = queue.records[20].start
    damaged = parse_queue(data[:at] + b"\xff" * 40 + data[at + 40 :], learning.layout)
    assert damaged.gaps
    ordinal = next(each.name for each in learning.layout.fields if each.repeats == "ordinal")
    leaves = [leaf for node in damaged.nodes() for leaf in node.children if leaf.name == ordinal]
    assert len(leaves) == 59
    assert all(leaf.computed is None for leaf in leaves)


def test_a_size_that_hardly_changes_is_not_said_again_by_what_chance_makes_equal(tmp_path: Path) -> None:
    def head(n: int, text: bytes, place: int, size: int) -> bytes:
        return struct.pack("<IHH", n, len(text) + 1, 1 if place % 7 else 2)

    learning, _ = learnt(Program(head), tmp_path)
    assert learning.layout is None or not [each for each in learning.layout.fields if each.repeats]
