"""Queues as programs of the time may have written them, each with what LISTQ prints of its live records."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glbtools.binary.layout import Layout, parse
from glbtools.formats.queue import Queue, new_queue, parse_queue
from glbtools.layouts.written import to_toml
from glbtools.learn import Learning, learn_layout
from glbtools.model.change import Change

EPOCH = 757_400_000
Row = tuple[int, bytes]


def rows(count: int = 40, first: int = 70_000) -> list[Row]:
    numbers = [first + at + at * at // 9 for at in range(count)]
    return [(n, f"A N{'ae' * (n % 11)}r {n * 7919 % 10007}\tPCM:A/B/nr{n * 31 % 997}".encode()) for n in numbers]


def dated(number: int) -> int:
    return EPOCH + number % 1000 * 7919


def printed(listed: Sequence[Row], shown: Callable[[str], str] = lambda text: text) -> bytes:
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Date stamp               Sync#  Transaction"]
    for number, text in listed:
        when = datetime.fromtimestamp(dated(number), UTC)
        lines.append(f"{when:%a %b %d %H:%M:%S %Y} {number:06} {shown(text.decode('cp850'))}".replace("\t", "<tab>"))
    return "\r\n".join([*lines, ""]).encode("cp850")


@pytest.fixture
def learn(tmp_path: Path) -> Callable[..., tuple[Learning, Queue]]:
    def learnt(data: bytes, listing: bytes) -> tuple[Learning, Queue]:
        file, listed = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT"
        file.write_bytes(data)
        listed.write_bytes(listing)
        learning = learn_layout([file], listings=[listed])
        assert learning.layout is not None, learning.reasons
        return learning, parse_queue(data, parse(to_toml(learning.layout).encode(), "learnt"))

    return learnt


def read(queue: Queue) -> list[Row]:
    return [(each.sync, each.text.encode("cp850")) for each in queue.records]


# --- what a length counts ----------------------------------------------------------------------------------------


def of_rest(number: int, text: bytes) -> bytes:
    behind = struct.pack("<IHI10x", number, 0x3131, dated(number)) + text + b"\0"
    return struct.pack("<HH", 7, len(behind)) + behind


def test_a_length_may_count_what_of_its_record_stands_behind_it(
    learn: Callable[..., tuple[Learning, Queue]],
) -> None:
    learning, queue = learn(b"".join(of_rest(*row) for row in rows()), printed(rows()))
    assert not learning.partial
    assert read(queue) == rows()
    made = new_queue([Change(n, text.decode()) for n, text in rows(3)], queue.layout).build()
    assert made[2:4] == of_rest(*rows(3)[0])[2:4]


def alike(number: int, text: bytes, offset: int) -> bytes:
    head = struct.pack("<HIIIH", 24 + len(text), number, dated(number), offset, 0x2020)
    return head + bytes(8) + text


def test_where_all_texts_are_alike_a_listing_shows_their_length_and_their_own_offsets(
    learn: Callable[..., tuple[Learning, Queue]],
) -> None:
    own = [(number, b"M Paul\tPCM:A/B/paul") for number, _ in rows()]
    size = len(alike(*own[0], 0))
    data = b"".join(alike(*row, at * size) for at, row in enumerate(own))
    learning, queue = learn(data, printed(own))
    assert not learning.partial
    assert read(queue) == own
    assert [each.repeats for each in queue.layout.fields if each.repeats] == ["offset"]
    assert not [each for each in queue.layout.fields if each.link]


def test_lengths_by_accident_do_not_crowd_out_the_terminator(learn: Callable[..., tuple[Learning, Queue]]) -> None:
    own = [(at, f"A User {at:06}\tPCM:A/B/user{at:06}".encode()) for at in range(8, 184)]

    def stored(place: int, number: int, text: bytes) -> bytes:
        size, memory = 25 + len(text), bytes((0x58, 0x25, 0xF7 if place != 90 else 0xF6))
        head = struct.pack("<HI3sHI", size, place * size, memory, number * 7919 & 0xFFFF, number)
        return head + bytes(4) + struct.pack("<I", dated(number)) + text + b"\r\n"

    data = b"".join(stored(at, *row) for at, row in enumerate(own)) + bytes(16)
    learning, queue = learn(data, printed(own))
    assert not learning.partial
    assert read(queue) == own


# --- where a queue ends ------------------------------------------------------------------------------------------


def plain(number: int, text: bytes, flag: int = 1) -> bytes:
    return struct.pack("<BHII13x", flag, len(text), number, dated(number)) + text + b"\0"


@pytest.mark.parametrize("behind", [b"\x1a", b"\x1a" * 77, b"\x1a" + bytes(300), bytes(100)])
def test_end_marks_and_zeros_behind_the_last_record_are_no_record(
    behind: bytes, learn: Callable[..., tuple[Learning, Queue]]
) -> None:
    data = b"".join(plain(*row) for row in rows(12)) + behind
    learning, queue = learn(data, printed(rows(12)))
    assert not learning.partial
    assert read(queue) == rows(12)
    assert [each.kind for each in queue.framing] == ["slack"]
    assert queue.build() == data


def test_zeros_behind_a_few_records_are_no_doubt_of_them(learn: Callable[..., tuple[Learning, Queue]]) -> None:
    own = [(447_379 + at * (at + 3), text) for at, (_, text) in enumerate(rows(6))]
    stored = [
        struct.pack("<HIIH10x3s", 7919 * n & 0xFFFF, n, dated(n), len(text), b"\xff" * 3) + text for n, text in own
    ]
    learning, queue = learn(b"".join(stored) + bytes(35), printed(own))
    assert not learning.partial
    assert read(queue) == own


def test_where_a_listing_prints_the_numbers_no_date_takes_a_byte_of_them(
    learn: Callable[..., tuple[Learning, Queue]],
) -> None:
    own = [(at, text) for at, (_, text) in enumerate(rows(75), 1)]
    stored = [
        b"\xeb\x7d\x08\xc1"
        + struct.pack("<HIH8xHH", n, 0x2D3C813D, n * 40503 & 0xFFFF, n - 1, len(text))
        + text
        + b"\0"
        for n, text in own
    ]
    lines = [f"{number:06} {text.decode()}".replace("\t", "<tab>") for number, text in own]
    _, queue = learn(
        b"".join(stored),
        "\r\n".join(
            ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Sync#  Transaction", *lines, ""]
        ).encode(),
    )
    assert read(queue) == own


@pytest.mark.parametrize("gone", [range(5), range(3, 20, 4), [0]])
def test_a_byte_of_two_values_marks_deleted_records_where_a_listing_lacks_them(
    gone: Sequence[int], learn: Callable[..., tuple[Learning, Queue]]
) -> None:
    data = b"".join(plain(*row, flag=at not in gone) for at, row in enumerate(rows()))
    live = [row for at, row in enumerate(rows()) if at not in gone]
    learning, queue = learn(data, printed(live))
    assert not learning.partial
    assert read(queue) == live
    assert queue.layout.with_role("live") is not None


def test_what_goes_with_the_code_of_the_transaction_marks_no_deleted_records(
    learn: Callable[..., tuple[Learning, Queue]],
) -> None:
    own = [(rows()[0][0], b"R PCM:A/B"), *rows()[1:]]
    data = b"".join(plain(*row, flag=2 if at else 1) for at, row in enumerate(own))
    learning, _ = learn(data, printed(own[1:]))
    assert learning.partial
    assert any("in no row of the listing" in each for each in learning.reasons)


def linked(at: int, end: int, number: int, text: bytes, offset: int) -> bytes:
    size = 24 + len(text)
    after = 0xFFFFFFFF if at == end else offset + size
    return struct.pack("<IHII10x", number, size, dated(number), after) + text


def test_a_queue_may_end_where_a_link_leads_nowhere(learn: Callable[..., tuple[Learning, Queue]]) -> None:
    data = b""
    for at, row in enumerate(rows()):
        data += linked(at, 29, *row, offset=len(data))
    learning, queue = learn(data, printed(rows()[:30]))
    assert not learning.partial
    assert queue.layout.breaks
    assert read(queue) == rows()[:30]
    assert queue.build() == data


@pytest.mark.parametrize("gone", [[], [3, 4, 9]])
def test_a_number_of_the_header_may_count_the_records(
    gone: list[int], learn: Callable[..., tuple[Learning, Queue]]
) -> None:
    stored = [plain(*row, flag=at not in gone) for at, row in enumerate(rows())]
    data = struct.pack("<I", 30) + b"".join(stored)
    live = [row for at, row in enumerate(rows()[:30]) if at not in gone]
    learning, queue = learn(data, printed(live))
    assert not learning.partial
    assert queue.layout.with_role("count") is not None
    assert read(queue) == live
    assert "begins or ends" in queue.layout.read_only
    assert queue.build() == data


COUNTED = """id = "own"
family = "queue"
title = "own"
status = "observed"
[framing]
header = 4
[[field]]
name = "count"
section = "header"
offset = 0
type = "u32"
role = "count"
status = "observed"
[[field]]
name = "sync"
offset = 0
type = "u32"
role = "sync"
status = "observed"
[[field]]
name = "text"
offset = 4
type = "text"
role = "text"
status = "observed"
"""


@pytest.mark.parametrize("count", [0, 1, 3, 9])
def test_records_behind_those_that_the_header_counts_are_kept_and_not_shown(count: int) -> None:
    own: Layout = parse(COUNTED.encode(), "own")
    stored = [struct.pack("<I", at) + b"A Paul\tPCM:A/B/paul\0" for at in range(1, 6)]
    data = struct.pack("<I", count) + b"".join(stored)
    queue = parse_queue(data, own)
    assert [each.sync for each in queue.records] == list(range(1, 6))[:count]
    assert len(queue.left) == max(0, 5 - count)
    assert queue.build() == data


# --- texts -------------------------------------------------------------------------------------------------------


LINES = b"\r\n- Title:/Clerk\r\n- Phone:/635-1234"
SHOWN: dict[str, Callable[[str], str]] = {
    "hexadecimal": lambda text: text.replace("\r", "<0D>").replace("\n", "<0A>"),
    "names": lambda text: text.replace("\r", "<cr>").replace("\n", "<lf>"),
    "lines": lambda text: text,
}


@pytest.mark.parametrize("way", SHOWN)
@pytest.mark.parametrize("count", [5, 40])
def test_a_listing_shows_the_lines_of_a_text_in_any_way(
    way: str, count: int, learn: Callable[..., tuple[Learning, Queue]]
) -> None:
    own = [(n, text + LINES if at % 3 else text) for at, (n, text) in enumerate(rows(count))]
    learning, queue = learn(b"".join(plain(*row) for row in own), printed(own, SHOWN[way]))
    assert not learning.partial
    assert read(queue) == own
    assert learning.comparisons[0].agreeing["text"] == count


def test_two_bytes_of_all_heads_that_look_like_a_text_are_none(learn: Callable[..., tuple[Learning, Queue]]) -> None:
    def stored(number: int, text: bytes) -> bytes:
        return struct.pack("<HI2sII8x", len(text), dated(number), b"R ", 38 + number % 40, number) + text + b"\0"

    learning, queue = learn(b"".join(stored(*row) for row in rows()), printed(rows()))
    assert not learning.partial
    assert read(queue) == rows()


@pytest.mark.parametrize("texts", [1, 3])
def test_where_a_text_stands_more_often_than_it_is_printed_its_number_tells_which_record_is_live(
    texts: int, learn: Callable[..., tuple[Learning, Queue]]
) -> None:
    own = [(number, rows()[at % texts][1]) for at, (number, _) in enumerate(rows(20))]
    gone = {0, 1, 5, 12}
    data = b"".join(plain(*row, flag=at not in gone) for at, row in enumerate(own))
    live = [row for at, row in enumerate(own) if at not in gone]
    learning, queue = learn(data, printed(live))
    assert not learning.partial
    assert read(queue) == live
