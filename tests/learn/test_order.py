"""Records that do not follow each other as their bytes do: a chain of offsets in any order, or the newest first."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from glbtools.binary import layout as layouts
from glbtools.errors import FieldError
from glbtools.formats.queue import new_queue, parse_queue
from glbtools.layouts.exported import exported
from glbtools.learn import Learning, check_layout, learn_layout
from glbtools.model.change import Change

NOWHERE = 0xFFFFFFFF


def rows(count: int = 40) -> list[tuple[int, bytes]]:
    numbers = range(65_510, 65_510 + count)
    return [(n, f"A N{'ae' * (n % 11)}r {n * 7919 % 10007}\tPCM:A/B/nr{n * 31 % 997}".encode()) for n in numbers]


def packed(changes: list[tuple[int, bytes]], order: list[int], links: str) -> bytes:
    """Records written in some order; each has the offsets of the next and of the previous one, if these are wanted."""
    head = 6 + 4 * len(links)
    starts: dict[int, int] = {}
    at = 0
    for index in order:
        starts[index] = at
        at += head + len(changes[index][1]) + 1
    data = b""
    for index in order:
        number, text = changes[index]
        other = {"n": starts.get(index + 1, NOWHERE), "p": starts.get(index - 1, NOWHERE)}
        data += b"".join(struct.pack("<I", other[link]) for link in links)
        data += struct.pack("<IH", number, len(text) + 1) + text + b"\0"
    return data


ORDERS = {
    "any": [at * 17 % 40 for at in range(40)],
    "descending": list(range(39, -1, -1)),
    "two halves": [*range(20, 40), *range(20)],
}


def learnt(tmp_path: Path, data: bytes, *, told: bool = True) -> Learning:
    file, listing = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT"
    file.write_bytes(data)
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Sync#  Transaction"]
    lines += [f"{number:06} {text.decode()}".replace("\t", "<tab>") for number, text in rows()]
    listing.write_bytes("\r\n".join([*lines, ""]).encode())
    return learn_layout([file], listings=[listing] if told else [])


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("links", ["n", "p", "np"])
def test_a_chain_of_offsets_gives_the_order_of_the_records(order: str, links: str, tmp_path: Path) -> None:
    data = packed(rows(), ORDERS[order], links)
    learning = learnt(tmp_path, data)
    assert learning.toml is not None, learning.reasons
    layout = layouts.parse(learning.toml.encode(), "learnt.toml")
    assert layout.order == "links"
    assert {each.link for each in layout.fields if each.role == "link"} == {
        {"n": "next", "p": "previous"}[x] for x in links
    }
    queue = parse_queue(data, layout)
    assert [(each.sync, each.text.encode()) for each in queue.records] == rows()
    assert not queue.framing
    assert queue.build() == data
    assert check_layout(layout, [tmp_path / "MSTTRANS.GLB"])[0].fits
    assert "pos: ofs_" in exported(layout, "ksy") and "another order" in exported(layout, "cstruct")


def test_the_newest_record_may_stand_first(tmp_path: Path) -> None:
    data = packed(rows(), ORDERS["descending"], "")
    layout = learnt(tmp_path, data).layout
    assert layout is not None and layout.order == "descending"
    queue = parse_queue(data, layout)
    assert [each.sync for each in queue.records] == [number for number, _ in rows()]
    assert queue.build() == data


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("links", ["", "n", "p"])
def test_alone_no_false_number_is_stated(order: str, links: str, tmp_path: Path) -> None:
    data = packed(rows(), ORDERS[order], links)
    found = learnt(tmp_path, data, told=False)
    if found.layout is not None:
        records = parse_queue(data, found.layout).records
        assert {each.text.encode() for each in records} <= {text for _, text in rows()}
        assert not found.layout.numbered or {each.sync for each in records} <= {number for number, _ in rows()}


@pytest.mark.parametrize(("order", "links"), [("any", "n"), ("any", "p"), ("descending", ""), ("descending", "np")])
def test_alone_offsets_or_the_number_itself_tell_the_order(order: str, links: str, tmp_path: Path) -> None:
    data = packed(rows(), ORDERS[order], links)
    learning = learnt(tmp_path, data, told=False)
    assert learning.layout is not None and not learning.partial, learning.reasons
    assert learning.layout.order == ("links" if links else "descending")
    assert learning.held is not None and learning.held.alike in {None, learning.held.records}
    assert [(each.sync, each.text.encode()) for each in parse_queue(data, learning.layout).records] == rows()


@pytest.mark.parametrize("links", ["", "n", "p"])
def test_alone_no_order_tells_a_number_from_the_one_before_it(links: str, tmp_path: Path) -> None:
    """Both rise as the offsets lead, or backwards: which of them is of the change itself no file shows."""
    order = ORDERS["any" if links else "descending"]
    twice = [(number, struct.pack("<I", number - 1) + raw) for number, raw in rows()]
    starts: dict[int, int] = {}
    at = 0
    for index in order:
        starts[index], at = at, at + 4 * len(links) + 10 + len(rows()[index][1]) + 1
    data = b""
    for index in order:
        number, raw = twice[index]
        other = {"n": starts.get(index + 1, NOWHERE), "p": starts.get(index - 1, NOWHERE)}
        data += b"".join(struct.pack("<I", other[link]) for link in links)
        data += struct.pack("<IH", number, len(raw) - 4 + 1) + raw + b"\0"
    layout = learnt(tmp_path, data, told=False).layout
    assert layout is not None and not layout.numbered


@pytest.mark.parametrize("links", ["n", "p"])
def test_a_broken_chain_is_said_and_loses_no_record(links: str, tmp_path: Path) -> None:
    data = packed(rows(), ORDERS["any"], links)
    layout = learnt(tmp_path, data).layout
    assert layout is not None
    queue = parse_queue(data, layout)
    field = next(each for each in layout.fields if each.role == "link")
    hurt = bytearray(data)
    at = queue.records[20].start + field.offset
    hurt[at : at + 4] = b"\x01\x00\x00\x00"
    damaged = parse_queue(bytes(hurt), layout)
    assert {(each.sync, each.text.encode()) for each in damaged.records} == set(rows())
    assert [each.kind for each in damaged.framing] == ["link"]
    assert damaged.build() == bytes(hurt)
    hurt[at : at + 4] = struct.pack("<I", queue.records[20].start)  # a record that leads to itself
    circle = parse_queue(bytes(hurt), layout)
    assert {(each.sync, each.text.encode()) for each in circle.records} == set(rows())
    assert circle.framing


def test_nothing_is_written_in_such_an_order(tmp_path: Path) -> None:
    layout = learnt(tmp_path, packed(rows(), ORDERS["any"], "n")).layout
    assert layout is not None and "follow each other" in layout.read_only
    with pytest.raises(FieldError, match="follow each other"):
        new_queue([Change(1, "A b\tPCM:A/B/b")], layout)


def test_records_in_the_order_of_their_numbers_need_no_other(tmp_path: Path) -> None:
    layout = learnt(tmp_path, packed(rows(), list(range(40)), "n")).layout
    assert layout is not None and not layout.order
