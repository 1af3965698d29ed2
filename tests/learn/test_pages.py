"""Records in pages, which other programs fill and begin with headers of their own."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from glbtools.binary import layout as layouts
from glbtools.binary.records import codec
from glbtools.errors import FieldError, UsageError
from glbtools.formats.queue import new_queue, parse_queue
from glbtools.layouts.exported import exported
from glbtools.learn import Learning, check_layout, learn_layout
from glbtools.model.change import Change


def rows(count: int = 60) -> list[tuple[int, bytes]]:
    return [
        (n, f"A N{'ae' * (n % 13)}r {n * 7919 % 10007}\tPCM:A/B/nr{n * 31 % 997}".encode())
        for n in range(65_500, 65_500 + count)
    ]


def packed(
    changes: list[tuple[int, bytes]], page: int = 512, header: int = 8, pad: bytes = b"\0", fill: int = 1
) -> bytes:
    """Records that go over no page's end; a header has a mark, the page's number, and how many records it has.

    Each takes a multiple of some bytes.
    """
    pages: list[list[bytes]] = [[]]
    for number, text in changes:
        record = struct.pack("<HIH", len(text) + 1, number, 0x107) + text + b"\0"
        record += bytes(-len(record) % fill)
        if header + sum(map(len, pages[-1])) + len(record) > page:
            pages.append([])
        pages[-1].append(record)
    data = b""
    for at, records in enumerate(pages):
        head = struct.pack("<4sHH", b"PAGE", at, len(records))[:header]
        data += (head + b"".join(records)).ljust(page, pad)
    return data


def printed(changes: list[tuple[int, bytes]]) -> bytes:
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Sync#  Transaction"]
    lines += [f"{number:06} {text.decode()}".replace("\t", "<tab>") for number, text in changes]
    return "\r\n".join([*lines, ""]).encode()


def learnt(tmp_path: Path, data: bytes, *, told: bool = True) -> Learning:
    file, listing = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT"
    file.write_bytes(data)
    listing.write_bytes(printed(rows()))
    return learn_layout([file], listings=[listing] if told else [])


SHAPES = [(512, 8, b"\0"), (512, 0, b"\0"), (1024, 4, b"\xff"), (256, 0, b" ")]


@pytest.mark.parametrize(("page", "header", "pad"), SHAPES)
@pytest.mark.parametrize("told", [True, False], ids=["listing", "alone"])
def test_records_in_pages_are_read_and_what_fills_them_is_no_damage(
    page: int, header: int, pad: bytes, told: bool, tmp_path: Path
) -> None:
    data = packed(rows(), page, header, pad)
    learning = learnt(tmp_path, data, told=told)
    assert learning.toml is not None, learning.reasons
    layout = layouts.parse(learning.toml.encode(), "learnt.toml")
    assert (layout.page, layout.page_header, layout.pad) == (page, header, pad[0])
    queue = parse_queue(data, layout)
    assert [(each.sync, each.text.encode()) for each in queue.records] == rows()
    assert not queue.framing
    assert queue.build() == data
    assert {node.name.partition("[")[0] for node in queue.nodes()} <= {"header", "record", "filling"}
    assert check_layout(layout, [tmp_path / "MSTTRANS.GLB"])[0].fits


@pytest.mark.parametrize("fill", [2, 16, 140], ids=["words", "blocks", "one size"])
@pytest.mark.parametrize("header", [0, 8])
def test_records_in_pages_may_be_filled_up(fill: int, header: int, tmp_path: Path) -> None:
    data = packed(rows(), header=header, fill=fill)
    learning = learnt(tmp_path, data)
    layout = learning.layout
    assert layout is not None, learning.reasons
    assert (layout.page, layout.page_header, layout.stride, layout.partial) == (512, header, fill, False)
    queue = parse_queue(data, layout)
    assert [(each.sync, each.text.encode()) for each in queue.records] == rows()
    assert not queue.framing


def test_nothing_is_written_in_pages_and_other_tools_are_told(tmp_path: Path) -> None:
    layout = learnt(tmp_path, packed(rows())).layout
    assert layout is not None
    assert "pages" in layout.read_only
    with pytest.raises(FieldError, match="pages"):
        new_queue([Change(1, "A b\tPCM:A/B/b")], layout)
    for language in ("ksy", "cstruct"):
        with pytest.raises(UsageError, match="pages of 512 bytes cannot be said"):
            exported(layout, language)


def test_a_record_that_is_damaged_at_the_end_of_a_page_is_no_filling(tmp_path: Path) -> None:
    data = packed(rows())
    layout = learnt(tmp_path, data).layout
    assert layout is not None
    whole = parse_queue(data, layout)
    last = max((each for each in whole.records if each.stop < 1024), key=lambda each: each.start)
    hurt = bytearray(data)
    hurt[last.start : last.start + 20] = b"\xff" * 20
    damaged = parse_queue(bytes(hurt), layout)
    assert len(damaged.records) == len(whole.records) - 1
    assert [each.kind for each in damaged.framing] == ["gap"]
    assert damaged.framing[0].span.start == last.start
    assert damaged.build() == bytes(hurt)


IN_PAGES = """id = "own"
family = "queue"
title = "own"
status = "observed"
[framing]
length_counts = "text"
terminator = "none"
page = 32
"""
FIELD = '[[field]]\nname = "{0}"\noffset = {1}\ntype = "{2}"\nrole = "{0}"\nstatus = "observed"\n'


def test_what_begins_at_the_end_of_a_page_and_goes_over_it_is_no_record() -> None:
    fields = [FIELD.format(*each) for each in (("sync", 0, "u32"), ("len_text", 4, "u8"), ("text", 5, "text"))]
    layout = layouts.parse("\n".join([IN_PAGES, *fields]).encode(), "own")
    text = b"A Paul\tPCM:A/B/paul"
    left = struct.pack("<IB", 7, len(text) + 3 + 5) + b"A b"  # its text would end where the next record does
    data = b"".join(struct.pack("<IB", at, len(text)) + text + left for at in range(1, 9))
    pieces = [data[at : at + 7] for at in range(0, len(data), 7)]
    in_pieces = [each for batch in codec(layout).batches(pieces) for each in batch.rows]
    for read in (parse_queue(data, layout).records, in_pieces):
        assert [(each.sync, each.text.encode()) for each in read] == [(at, text) for at in range(1, 9)]


def test_a_record_that_goes_over_the_end_of_a_page_and_leads_to_the_next_is_kept_and_reported() -> None:
    fields = [FIELD.format(*each) for each in (("sync", 0, "u32"), ("len_text", 4, "u8"), ("text", 5, "text"))]
    layout = layouts.parse("\n".join([IN_PAGES, *fields]).encode(), "own")
    text = b"A Paul\tPCM:A/B/paul"
    data = b"".join(struct.pack("<IB", at, len(text)) + text for at in range(1, 3))
    queue = parse_queue(data, layout)
    assert [each.sync for each in queue.records] == [1, 2]
    assert [each.kind for each in queue.framing] == ["page"]
    assert "over the end of a page of 32 bytes, by 16 bytes" in queue.framing[0].message
    assert queue.build() == data


def test_records_that_touch_are_in_no_pages(tmp_path: Path) -> None:
    data = b"".join(struct.pack("<HIH", len(text) + 1, n, 0x107) + text + b"\0" for n, text in rows())
    layout = learnt(tmp_path, data).layout
    assert layout is not None and not layout.page
