"""Dates that a listing prints are found in forms that nothing shows alone, and written in them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from glbtools.formats.queue import new_queue, parse_queue
from glbtools.learn import learn_layout
from glbtools.model.change import Change

EPOCH, DOS = datetime(1970, 1, 1), datetime(1980, 1, 1)


def seconds(when: datetime, since: datetime) -> int:
    return int((when - since).total_seconds())


def packed(when: datetime) -> tuple[int, int]:
    date = (when.year - 1980) << 9 | when.month << 5 | when.day
    return date, when.hour << 11 | when.minute << 5 | when.second // 2


FORMS: dict[str, Callable[[datetime], bytes]] = {
    "seconds, high word first": lambda w: struct.pack("<HH", seconds(w, EPOCH) >> 16, seconds(w, EPOCH) & 0xFFFF),
    "packed, date before time": lambda w: struct.pack("<HH", *packed(w)),
    "seconds since 1980": lambda w: struct.pack("<I", seconds(w, DOS)),
    "seconds since 1980, high byte first": lambda w: struct.pack(">I", seconds(w, DOS)),
    "seconds since 1970": lambda w: struct.pack("<I", seconds(w, EPOCH)),
    "packed": lambda w: struct.pack("<HH", *reversed(packed(w))),
}
Row = tuple[int, datetime, bytes]


def rows(first: int, count: int) -> list[Row]:
    start = datetime(1994, 4, 7, 12, 13, 52)
    return [
        (
            n,
            start + timedelta(seconds=2 * (n * 7001 + n % 11)),
            f"A N{'ae' * (n % 13)}r\tPCM:A/B/nr{n * 31 % 997}".encode(),
        )
        for n in range(first, first + count)
    ]


def written(form: str, changes: list[Row]) -> bytes:
    return b"".join(
        struct.pack("<HI", len(text) + 1, number) + FORMS[form](when) + text + b"\0" for number, when, text in changes
    )


def printed(changes: list[Row]) -> bytes:
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "CRC  Date stamp               Sync#  Transaction"]
    lines += [
        f"     {w:%a %b} {w.day:2} {w:%H:%M:%S %Y} {n:06} {text.decode()}".replace("\t", "<tab>")
        for n, w, text in changes
    ]
    return "\r\n".join([*lines, ""]).encode()


@pytest.mark.parametrize("form", FORMS)
def test_dates_of_a_listing_are_found_in_their_form_and_written(form: str, tmp_path: Path) -> None:
    file, listing, own = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT", rows(300, 50)
    file.write_bytes(written(form, own))
    listing.write_bytes(printed(own))
    found = learn_layout([file], listings=[listing])
    assert found.layout is not None, found.reasons
    queue = parse_queue(file.read_bytes(), found.layout)
    assert [(each.sync, queue.moment(each)) for each in queue.records] == [(n, when) for n, when, _ in own]
    more = rows(900, 4)
    made = new_queue([Change(n, text.decode("cp850"), stamp=when) for n, when, text in more], found.layout)
    assert made.build() == written(form, more)


@pytest.mark.parametrize("form", [each for each in FORMS if each not in {"seconds since 1970", "packed"}])
def test_alone_no_date_is_stated_in_such_a_form(form: str, tmp_path: Path) -> None:
    file, own = tmp_path / "MSTTRANS.GLB", rows(300, 50)
    file.write_bytes(written(form, own))
    found = learn_layout([file])
    if found.layout is not None and found.layout.with_role("stamp") is not None:
        queue = parse_queue(file.read_bytes(), found.layout)
        assert [queue.moment(each) for each in queue.records] == [when for _, when, _ in own]


BEHIND: dict[str, Callable[[Row], bytes]] = {
    "a length": lambda row: (
        struct.pack("<H", len(row[2])) + row[2] + struct.pack("<II", row[0], seconds(row[1], EPOCH))
    ),
    "a length and the number": lambda row: (
        struct.pack("<IH", row[0], len(row[2])) + row[2] + struct.pack("<I", seconds(row[1], EPOCH))
    ),
    "nothing": lambda row: row[2] + struct.pack("<xII", row[0], seconds(row[1], EPOCH)),
}
"""What stands before a text -> a record with the rest behind it."""


@pytest.mark.parametrize("before", BEHIND)
def test_numbers_and_dates_of_a_listing_are_found_behind_texts(before: str, tmp_path: Path) -> None:
    file, listing, own = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT", rows(300, 50)
    file.write_bytes(b"".join(map(BEHIND[before], own)))
    listing.write_bytes(printed(own))
    layout = learn_layout([file], listings=[listing]).layout
    assert layout is not None and not layout.partial
    queue = parse_queue(file.read_bytes(), layout)
    assert [(each.sync, each.stamp, each.text.encode()) for each in queue.records] == [
        (number, seconds(when, EPOCH), text) for number, when, text in own
    ]
