"""Files that have a rival: a reading that fits as well as the likeliest, and says something else."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from glbtools.binary.field import Field
from glbtools.binary.layout import parse
from glbtools.binary.records import codec
from glbtools.formats.listing import parse_listing
from glbtools.formats.queue import new_queue, parse_queue
from glbtools.layouts import reference
from glbtools.layouts.written import to_toml
from glbtools.learn import Learning, learn_layout
from glbtools.learn.audit import number_doubts
from glbtools.learn.columns import is_no_count
from glbtools.learn.comparison import comparisons, doubted
from glbtools.learn.inserting import with_field
from glbtools.learn.samples import SampleFile, rows_of, with_listings
from glbtools.model.change import Change
from scoreboard.families import sample

NAMES = ["Ann", "Bob", "Carl", "Dora", "Eva", "Finn", "Gwen", "Hugo", "Kim", "Lars"]
DAY = 800_000_000
"""A day of 1995, in seconds since 1970."""

Head = Callable[[int, int, bytes], bytes]
"""What stands before a text: number, seconds, text."""


def text(at: int) -> bytes:
    name = NAMES[at * 7 % 10]
    return f"A {name}{'ae' * (at % 5)} Page\tPCM:NET/{('WEST', 'EAST')[at % 2]}/{name.lower()}{at * 3 % 89}".encode()


def packed(head: Head, numbers: list[int], moments: list[int] | None = None) -> bytes:
    moments = moments or [DAY + 4001 * at + 7 * (at % 3) for at in range(len(numbers))]
    return b"".join(head(number, moments[at], text(at)) + text(at) + b"\0" for at, number in enumerate(numbers))


@pytest.fixture
def learn(tmp_path: Path) -> Callable[..., Learning]:
    def call(*contents: bytes) -> Learning:
        paths = [tmp_path / f"{name}.GLB" for name in ("MSTTRANS", "REQTRANS")[: len(contents)]]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        return learn_layout(paths)

    return call


def plain(number: int, seconds: int, raw: bytes) -> bytes:
    return struct.pack("<HIIH", len(raw) + 1, number, seconds, 0)


def test_the_word_before_a_number_may_be_its_high_word_however_wide_that_is(learn: Callable[..., Learning]) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        return struct.pack("<HHHII", len(raw) + 1, number >> 16, number & 0xFFFF, 0, seconds)

    layout = learn(packed(head, list(range(100_000, 100_100)))).layout
    assert layout is None or not layout.numbered


def test_numbers_of_decimal_digits_alone_may_be_decimal(learn: Callable[..., Learning]) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        return struct.pack("<H", len(raw) + 1) + bytes.fromhex(f"{number:06}") + struct.pack("<I", seconds)

    learning = learn(packed(head, list(range(3, 103))))
    assert learning.layout is None or not learning.layout.numbered
    assert any("decimal" in each for each in learning.reasons)


@pytest.mark.parametrize("years", [2, -2])
def test_numbers_that_begin_again_do_so_at_a_later_date(years: int, learn: Callable[..., Learning]) -> None:
    moments = [DAY + 4001 * at for at in range(60)]
    moments += [DAY + 365 * 86400 * years + 4001 * at for at in range(20)]
    learning = learn(packed(plain, [*range(400, 460), *range(1, 21)], moments))
    assert learning.layout is not None and learning.layout.partial == (years < 0)
    assert [each.sync for each in parse_queue(learning.contents[0], learning.layout).records][59:61] == [459, 1]
    assert years > 0 or "left over" in learning.reasons[0]


def test_two_layouts_in_one_call_are_told(learn: Callable[..., Learning]) -> None:
    def other(number: int, seconds: int, raw: bytes) -> bytes:
        return struct.pack("<IIHH", seconds, number, 0, len(raw) + 1)

    files = packed(plain, list(range(300, 400))), packed(other, list(range(4000, 4060)))
    learning = learn(*files)
    assert learning.layout is None
    assert "more than one layout" in learning.reasons[0]
    assert any("one call for each layout" in each for each in learning.wanted)
    for each in files:
        assert learn(each).layout is not None


def test_two_files_of_one_layout_are_learnt_together(learn: Callable[..., Learning]) -> None:
    learning = learn(packed(plain, list(range(300, 400))), packed(plain, list(range(70_000, 70_060))))
    assert learning.layout is not None and learning.layout.numbered
    assert not learning.apart


@pytest.mark.parametrize("first", [300, 65_530, 70_000])
def test_one_known_number_decides_what_the_file_leaves_open(first: int, tmp_path: Path) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        return struct.pack("<HIHI", len(raw) + 1, number, 0, seconds)

    data = packed(head, list(range(first, first + 90)))
    (tmp_path / "MSTTRANS.GLB").write_bytes(data)
    learning = learn_layout([tmp_path / "MSTTRANS.GLB"], known=[f"last={first + 89}"])
    assert learning.layout is not None and not learning.layout.partial, learning.reasons
    assert [each.sync for each in parse_queue(data, learning.layout).records] == list(range(first, first + 90))


def test_zeros_behind_the_last_record_are_room_and_no_records(learn: Callable[..., Learning]) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        return struct.pack("<HHII4s", len(raw), 0, number, seconds, b"\xffqrs")

    data = packed(head, list(range(240, 280)))
    learning = learn(data + bytes(300))
    assert learning.layout is not None and not learning.layout.partial, learning.reasons
    queue = parse_queue(data + bytes(300), learning.layout)
    assert [each.sync for each in queue.records] == list(range(240, 280))
    assert [(each.start, each.stop) for each in queue.gaps] == [(len(data), len(data) + 300)]
    assert queue.build() == data + bytes(300)


@pytest.mark.parametrize("between", [0x00, 0x1F])
@pytest.mark.parametrize("listed", [False, True])
def test_texts_in_parts_are_joined_by_tabs_and_written_as_they_stood(
    between: int, listed: bool, tmp_path: Path
) -> None:
    rows = [(at, text(at).decode()) for at in range(230, 290)]
    data = b"".join(
        struct.pack("<HHI", zlib.crc32(raw.encode()) & 0xFFFF, len(raw) + 1, number)
        + raw.encode().replace(b"\t", bytes([between]))
        + b"\0"
        for number, raw in rows
    )
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Sync#  Transaction"]
    lines += [f"{number:06} {raw}".replace("\t", "<tab>") for number, raw in rows]
    file, listing = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT"
    file.write_bytes(data)
    listing.write_text("\r\n".join([*lines, ""]))
    layout = learn_layout([file], listings=[listing] if listed else []).layout
    assert layout is not None and layout.obscured == f"tab:{between:02x}"
    queue = parse_queue(data, layout)
    assert [(each.sync, each.text) for each in queue.records] == rows
    assert queue.build() == data
    assert new_queue([Change(number, raw) for number, raw in rows], layout).records[7].text == rows[7][1]


def test_a_known_last_number_tells_what_is_left_over_behind_it(tmp_path: Path) -> None:
    moments = [DAY + 4001 * at for at in range(80)]
    data = packed(plain, [*range(400, 460), *range(1, 21)], moments)
    (tmp_path / "MSTTRANS.GLB").write_bytes(data)
    learning = learn_layout([tmp_path / "MSTTRANS.GLB"], known=["last=459"])
    assert learning.layout is not None and learning.layout.partial
    assert "459 of" in learning.reasons[0] and learning.reasons[0].endswith("from the number 1 on, is left over")
    elsewhere = learn_layout([tmp_path / "MSTTRANS.GLB"], known=["last=430"])
    assert elsewhere.layout is None or not elsewhere.layout.numbered


@pytest.mark.parametrize("counted", [True, False])
def test_a_buffer_that_is_written_whole_goes_on_with_what_it_held_before(counted: bool, tmp_path: Path) -> None:
    """The length of the text tells where it ends, or else its NUL does."""
    held = bytearray(at * 37 % 90 + 33 for at in range(80))
    rows, data = [(at, text(at)) for at in range(230, 290)], b""
    for number, raw in rows:
        held[: len(raw) + (not counted)] = raw + b"\0" * (not counted)
        data += struct.pack("<HI", len(raw) if counted else 0, number) + held
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Sync#  Transaction"]
    lines += [f"{number:06} {raw.decode()}".replace("\t", "<tab>") for number, raw in rows]
    file, listing = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT"
    file.write_bytes(data)
    listing.write_text("\r\n".join([*lines, ""]))
    layout = learn_layout([file], listings=[listing]).layout
    assert layout is not None and not layout.section("trailer")
    queue = parse_queue(data, layout)
    assert [(each.sync, each.text.encode()) for each in queue.records] == rows
    assert queue.build() == data


def test_an_even_step_counts_as_one_that_wanders_does(learn: Callable[..., Learning]) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        return struct.pack("<HIHI", len(raw) + 1, 1 + 10 * number, 0, 300 + number + number // 4)

    learning = learn(packed(head, list(range(40))))
    assert learning.layout is None or not learning.layout.numbered


def test_numbers_behind_the_texts_are_not_those_of_the_texts_behind_them(learn: Callable[..., Learning]) -> None:
    data = b"\x03\x02" + bytes(6)
    data += b"".join(text(at) + b"\0" + struct.pack("<II", 12_345 + at, DAY + 4001 * at) for at in range(30))
    layout = learn(data).layout
    numbers = [] if layout is None or not layout.numbered else [e.sync for e in parse_queue(data, layout).records]
    assert numbers in ([], list(range(12_345, 12_375)))


@pytest.mark.parametrize("dead", [7, 40])
def test_what_a_sound_record_has_otherwise_is_called_no_constant(dead: int, learn: Callable[..., Learning]) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        return struct.pack("<BHIIH", number % dead == 5, len(raw) + 1, number, seconds, 0x1A2B)

    data = packed(head, list(range(200, 260)))
    layout = learn(data).layout
    assert layout is not None
    held = {
        each.name: {data[record.start :][each.offset : each.stop] for record in parse_queue(data, layout).records}
        for each in layout.section("record")
        if each.role == "constant"
    }
    assert held and all(len(values) == 1 for values in held.values())


def test_a_field_that_is_put_into_others_is_still_covered() -> None:
    layout = reference("queue")._replace(covers=("sync", "stamp", "text"))
    data = new_queue([Change(7, "A Ann Page\tPCM:NET/WEST/ann", datetime(1995, 3, 4, 10, 20, 30))], layout).build()
    split = with_field(layout, Field("live", "record", 10, "u8", 1, role="live", status="observed", default=data[10]))
    assert split.covers == ("sync", "unknown_08", "live", "unknown_0b", "text")
    own, other = (parse_queue(data, each).records[0] for each in (split, layout))
    assert codec(split).covered(own) == codec(layout).covered(other)


def test_zeros_over_a_record_take_nothing_of_the_next_one(tmp_path: Path) -> None:
    rows = [(at, text(at).decode()) for at in range(230, 290)]
    made = [struct.pack("<II", number, 0) + raw.encode() + b"\r\n" for number, raw in rows]
    made[20] = bytes(len(made[20]))
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Sync#  Transaction"]
    lines += [f"{number:06} {raw}".replace("\t", "<tab>") for number, raw in rows]
    file, listing = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT"
    file.write_bytes(b"".join(made))
    listing.write_text("\r\n".join([*lines, ""]))
    layout = learn_layout([file], listings=[listing]).layout
    assert layout is not None
    queue = parse_queue(b"".join(made), layout)
    assert [(each.sync, each.text) for each in queue.records] == rows[:20] + rows[21:]
    assert len(queue.gaps) == 1 and queue.build() == b"".join(made)


def test_few_records_whose_numbers_do_not_rise_by_one_decide_nothing(learn: Callable[..., Learning]) -> None:
    layout = learn(packed(plain, [229, 230, 232, 235])).layout
    assert layout is None or not layout.numbered


def test_with_a_zero_above_it_the_width_of_a_number_is_not_observed(learn: Callable[..., Learning]) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        return struct.pack("<BHBI", len(raw) + 1, number, 0, seconds)

    layout = learn(packed(head, list(range(200, 300)))).layout
    assert layout is not None
    number = layout.with_role("sync")
    assert number is not None and number.status == "inferred"


@pytest.mark.parametrize("seconds", [0, DAY])
def test_dates_that_are_all_zero_are_any_zeros(seconds: int, tmp_path: Path) -> None:
    rows = list(range(230, 290))
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Date stamp               Sync#  Transaction"]
    when = (datetime(1970, 1, 1) + timedelta(seconds=seconds)).strftime("%a %b %d %H:%M:%S %Y")
    lines += [f"{when} {number:06} {text(at).decode()}".replace("\t", "<tab>") for at, number in enumerate(rows)]
    file, listing = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT"
    file.write_bytes(packed(plain, rows, [seconds] * len(rows)))
    listing.write_text("\r\n".join([*lines, ""]))
    layout = learn_layout([file], listings=[listing]).layout
    assert layout is not None and (layout.with_role("stamp") is not None) == bool(seconds)


def test_where_numbers_carry_their_low_bytes_alone_are_no_rival(learn: Callable[..., Learning]) -> None:
    """65,535 is followed by 65,536: that the low word begins again there, and at 0, is no accident."""
    layout = learn(packed(plain, list(range(65_500, 65_600)))).layout
    assert layout is not None and layout.numbered
    assert not is_no_count([200, 201, 1, 2, 3, 4, 5], [200, 201, 457, 458, 459, 460, 461], 1)


def test_an_end_that_stands_there_twice_may_be_left_over(tmp_path: Path) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        return struct.pack("<HIH", len(raw) + 1, number, 0x5A5A)

    data = packed(head, list(range(300, 360)))
    again = packed(head, list(range(300, 360))).split(text(55))[1]
    (tmp_path / "MSTTRANS.GLB").write_bytes(data + again[1:])
    learning = learn_layout([tmp_path / "MSTTRANS.GLB"], known=["last=359"])
    assert learning.layout is not None and learning.layout.partial
    assert "stands there twice" in learning.reasons[0]


def listed(numbers: list[int], first: int = 0) -> bytes:
    """What LISTQ prints of the texts from ``first`` on."""
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Sync#  Transaction"]
    lines += [f"{number:06} {text(first + at).decode()}".replace("\t", "<tab>") for at, number in enumerate(numbers)]
    return "\r\n".join([*lines, ""]).encode()


def test_a_file_that_is_cut_off_goes_with_the_beginning_of_its_listing(tmp_path: Path) -> None:
    numbers = list(range(230, 290))
    data = packed(plain, numbers)
    file, listing = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT"
    file.write_bytes(data[: len(data) * 3 // 4])
    listing.write_bytes(listed(numbers))
    learning = learn_layout([file], listings=[listing])
    assert learning.layout is not None and learning.layout.partial
    assert any("the file is cut off, or the listing is of another moment" in each for each in learning.reasons)
    read = [each.sync for each in parse_queue(file.read_bytes(), learning.layout).records]
    assert read == numbers[: len(read)] and len(read) > 40


def test_files_of_one_record_are_placed_by_their_listings(tmp_path: Path) -> None:
    files, listings = [], []
    for at in range(8):
        directory = tmp_path / f"po{at}"
        directory.mkdir()
        files.append(directory / "REQTRANS.GLB")
        listings.append(directory / "LISTQ.TXT")
        files[-1].write_bytes(packed(plain, [1000 + 977 * at]))
        listings[-1].write_bytes(listed([1000 + 977 * at]))
    layout = learn_layout(files, listings=listings).layout
    assert layout is not None and layout.partial
    number = layout.with_role("sync")
    assert number is not None and number.offset == 2


STORED = {
    "dec:6": lambda number: b"%06d" % number,
    "u16": lambda number: struct.pack("<HI", number, 0xA5A5A5A5),
    "u32 big": lambda number: struct.pack(">IH", number, 0xA5A5),
    "w32": lambda number: struct.pack("<HHH", number >> 16, number & 0xFFFF, 0xA5A5),
}


@pytest.mark.parametrize("stored", STORED)
def test_known_numbers_place_a_number_in_files_of_one_record_however_it_is_stored(stored: str, tmp_path: Path) -> None:
    numbers = [131 + 977 * at + (1 << 17) * (stored in {"w32", "u32 big"}) for at in range(8)]
    files = [tmp_path / f"PO{at}.GLB" for at in range(8)]
    for file, number in zip(files, numbers, strict=True):
        file.write_bytes(b"\x7a\x11\x19\0" + STORED[stored](number) + b"A Ann Able\tPCM:NET/PO/ann\0")
    known = [f"{file.name}:last={number}" for file, number in zip(files, numbers, strict=True)]
    layout = learn_layout(files, known=known).layout
    assert layout is not None and layout.partial
    assert [parse_queue(file.read_bytes(), layout).records[0].sync for file in files] == numbers


def test_a_number_of_one_record_files_is_no_doubt_of_itself(tmp_path: Path) -> None:
    numbers = [131 + 977 * at for at in range(8)]
    files = [tmp_path / f"PO{at}.GLB" for at in range(8)]
    for file, number in zip(files, numbers, strict=True):
        file.write_bytes(struct.pack("<HIII", 0x117A, 0, number, 0) + b"A Ann Able\tPCM:NET/PO/ann\0")
    layout = learn_layout(files, known=[f"PO{at}.GLB:last={number}" for at, number in enumerate(numbers)]).layout
    assert layout is not None
    sync = layout.with_role("sync")
    assert sync is not None and sync.doc.endswith("its width: 16 or 24 bits or w32 would read the same")


def test_known_numbers_that_stand_in_two_places_of_files_of_one_record_place_none(tmp_path: Path) -> None:
    numbers = [131 + 977 * at for at in range(8)]
    files = [tmp_path / f"PO{at}.GLB" for at in range(8)]
    for file, number in zip(files, numbers, strict=True):
        file.write_bytes(struct.pack("<HIII", 0x117A, number, 0, number) + b"A Ann Able\tPCM:NET/PO/ann\0")
    known = [f"{file.name}:last={number}" for file, number in zip(files, numbers, strict=True)]
    assert learn_layout(files, known=known).layout is None


def test_of_a_few_records_what_marks_deleted_ones_is_a_doubt(learn: Callable[..., Learning]) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        return struct.pack("<BHI", 0x2A if number % 2 else 0x20, len(raw) + 1, number)

    learning = learn(packed(head, [250, 251, 252, 253, 254]))
    assert learning.layout is None or learning.layout.partial


def test_in_a_file_of_the_newest_first_deleted_records_are_said_and_not_marked(tmp_path: Path) -> None:
    """No layout says of records in another order which of them are in the queue."""

    def head(number: int, seconds: int, raw: bytes) -> bytes:
        return struct.pack("<BHII", number % 7 == 3, len(raw) + 1, number, seconds)

    numbers = list(range(289, 229, -1))
    file, listing = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT"
    file.write_bytes(packed(head, numbers, [DAY - 4001 * at for at in range(60)]))
    lines = listed(numbers).splitlines(keepends=True)
    rows = [row for row in reversed(lines[3:]) if int(row[:6]) % 7 != 3]
    listing.write_bytes(b"".join([*lines[:3], *rows]))
    learning = learn_layout([file], listings=[listing])
    assert learning.layout is not None and learning.layout.order == "descending" and learning.layout.partial
    assert any("in no row of the listing" in each for each in learning.reasons)


def test_an_archive_is_called_one(learn: Callable[..., Learning]) -> None:
    learning = learn(b"PK\3\4" + packed(plain, list(range(300, 400))))
    assert learning.layout is None and "zip archive" in learning.reasons[0]


def test_a_packed_file_is_called_an_archive(learn: Callable[..., Learning]) -> None:
    learning = learn(gzip.compress(packed(plain, list(range(300, 400)))))
    assert learning.layout is None and "an archive" in learning.reasons[0]


@pytest.mark.parametrize("section", ["record", "trailer"])
def test_where_a_listing_prints_other_dates_a_checksum_covers_their_bytes_as_before(section: str) -> None:
    layout = reference("queue")
    behind = section == "trailer"
    covers = ("sync", "text", "stamp") if behind else ("sync", "stamp", "text")
    fields = tuple(
        each._replace(section="trailer", offset=0) if behind and each.role == "stamp" else each
        for each in layout.fields
    )
    spare = Field("spare", "record", 8, "bytes", 4, role="opaque", status="assumed")
    fields = tuple(sorted((*fields, *[spare] * behind), key=lambda each: (each.section, each.offset, not each.size)))
    layout = parse(to_toml(layout._replace(fields=fields, covers=covers)).encode(), "mine.toml")
    rows = [Change(at, text(at).decode(), datetime(1995, 3, 4, 10, 20, 30) + timedelta(hours=at)) for at in range(9)]
    queue = new_queue(rows, layout)
    data = queue.build()
    sample_file = SampleFile("MSTTRANS.GLB", data)
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Date stamp               Sync#  Transaction"]
    lines += [
        f"{each.stamp + timedelta(hours=7 * each.sync):%a %b %d %H:%M:%S %Y} {each.sync:06} {each.text}"
        for each in rows
    ]
    printed = parse_listing("\r\n".join([*lines, ""]).replace("\t", "<tab>").encode())
    with_listings([sample_file], [rows_of(printed.records, "cp850")])
    opened = doubted(layout, comparisons([sample_file], [parse_queue(data, layout)]))
    assert opened.with_role("stamp") is None
    read = parse_queue(data, parse(to_toml(opened).encode(), "mine.toml"))
    assert [read.codec.checksum(each) for each in read.records] == [each.checksum for each in queue.records]


def test_two_files_of_which_one_alone_is_decided_have_one_layout_all_the_same(tmp_path: Path) -> None:
    drawn = sample(191025)
    places = sorted(drawn.rows)
    middle = places[len(places) // 2] - places[0]
    paths = [tmp_path / "MSTTRANS.GLB", tmp_path / "REQTRANS.GLB"]
    for path, part in zip(paths, (drawn.data[:middle], drawn.data[middle:]), strict=True):
        path.write_bytes(part)
    assert [bool(numbered(learn_layout([path]))) for path in paths] == [True, False]
    learning = learn_layout(paths)
    assert numbered(learning) == [drawn.rows[place].sync for place in places[: len(places) // 2]]
    assert not any("have more than one layout" in each for each in learning.reasons)


def test_a_third_of_the_files_of_one_record_is_kept_apart_and_read(tmp_path: Path) -> None:
    numbers = [131 + 977 * at for at in range(9)]
    files = [tmp_path / f"PO{at}.GLB" for at in range(9)]
    for file, number in zip(files, numbers, strict=True):
        file.write_bytes(packed(plain, [number]))
    known = [f"{file.name}:last={number}" for file, number in zip(files, numbers, strict=True)]
    assert str(learn_layout(files, known=known).held) == (
        "the last 3 of 9 files; the layout found without them reads 3 of 3 alike"
    )
    assert str(learn_layout(files[:4], known=known[:4]).held) == "none: there are too few files"


def numbered(learning: Learning) -> list[int]:
    """The numbers that are stated; none where they are open."""
    layout = learning.layout
    held = parse_queue(learning.contents[0], layout).records if layout is not None and layout.numbered else []
    return [each.sync for each in held]


@pytest.mark.parametrize("counts", [False, True])
def test_what_rises_by_hundreds_each_time_is_no_rival_of_an_ordinal(
    *, counts: bool, learn: Callable[..., Learning]
) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        return struct.pack(">HIII", len(raw) + 1, seconds, number, number + 40 * counts)

    learning = learn(packed(head, list(range(1, 61))))
    assert numbered(learning) == ([] if counts else list(range(1, 61))), learning.reasons


@pytest.mark.parametrize(
    ("first", "low", "decided"), [(1, 24, True), (1, 16, False), (2049, 24, True), (2049, 22, False), (1, 20, True)]
)
def test_what_stands_above_a_number_is_part_of_it_unless_it_begins_at_1_or_would_be_beyond_all_counts(
    first: int, low: int, decided: bool, learn: Callable[..., Learning]
) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        wide = struct.pack("<Q", number + (1 << low))[:4]
        return struct.pack("<HI", len(raw) + 1, seconds) + wide + b"\0\0\x01\0"

    data = packed(head, list(range(first, first + 60)))
    learning = learn(data)
    assert numbered(learning) == (list(range(first, first + 60)) if decided else []), learning.reasons


@pytest.mark.parametrize(("kinds", "decided"), [((2, 2, 2, 6, 1), True), ((2, 2, 2, 2, 2), False)])
def test_a_byte_that_changes_and_changes_back_is_no_part_of_a_number(
    kinds: tuple[int, ...], decided: bool, learn: Callable[..., Learning]
) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        kind = kinds[number // 20 % 5] if number % 20 == 7 else 2
        return struct.pack("<HBII", len(raw) + 1, kind, number, 0)

    numbers = list(range(1, 201))
    assert numbered(learn(packed(head, numbers))) == (numbers if decided else [])


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("dated", [False, True])
def test_of_two_columns_that_run_against_each_other_the_lesser_is_not_passed_over(
    *, newest_first: bool, dated: bool, learn: Callable[..., Learning]
) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        return struct.pack("<HHH", len(raw) + 1, number, 0xFFFF - number) + struct.pack("<I", seconds) * dated

    numbers = list(range(200, 330))
    moments = [DAY + 4001 * at for at in range(len(numbers))]
    order = slice(None, None, -1 if newest_first else 1)
    assert numbered(learn(packed(head, numbers[order], moments[order]))) == []


@pytest.mark.parametrize("newest_first", [False, True])
def test_the_complement_of_a_number_of_32_bits_is_none_of_its_own(
    *, newest_first: bool, learn: Callable[..., Learning]
) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        return struct.pack("<HII", len(raw) + 1, number, 0xFFFFFFFF - number)

    numbers = list(range(200, 330))[:: -1 if newest_first else 1]
    learning = learn(packed(head, numbers))
    assert numbered(learning) == ([] if newest_first else numbers), learning.reasons


@pytest.mark.parametrize("first", [200, 40_000, 65_300])
def test_a_column_that_runs_against_the_numbers_may_be_the_end_of_a_file(
    first: int, learn: Callable[..., Learning]
) -> None:
    numbers = list(range(first, first + 100))
    texts = ((number, text(at)) for at, number in enumerate(numbers))
    learning = learn(
        b"".join(struct.pack("<H", len(raw) + 1) + raw + struct.pack("<BHH", 0, n, 0xFFFF - n) for n, raw in texts)
    )
    assert numbered(learning) == [], learning.reasons


def test_what_says_where_its_record_is_counts_nothing(learn: Callable[..., Learning]) -> None:
    """Slots of 112 bytes in the order of offsets that lead through them: their own places rise by 112 each time."""
    slots = [at ^ 3 for at in range(60)]
    content = bytearray(60 * 112)
    for at, slot in enumerate(slots):
        after = 112 * slots[at + 1] if at + 1 < len(slots) else 0xFFFFFFFF
        record = struct.pack("<IIHI", after, 112 * slot, len(text(at)) + 1, 990 + at) + text(at)
        content[112 * slot : 112 * slot + len(record)] = record
    learning = learn(bytes(content))
    assert numbered(learning) == list(range(990, 1050)), learning.reasons


def test_dates_of_full_hours_are_dates_though_their_lowest_byte_stays(learn: Callable[..., Learning]) -> None:
    days = [2 * 86400 * (4631 + at // 20) for at in range(60)]
    layout = learn(
        packed(lambda n, when, raw: struct.pack("<HIIH", len(raw) + 1, n, when, 0), list(range(1, 61)), days)
    )
    assert layout.layout is not None and layout.layout.with_role("stamp") is not None, layout.concluded


@pytest.mark.parametrize("above", [0x0D, 0])
def test_no_count_of_changes_is_one_byte(above: int, learn: Callable[..., Learning]) -> None:
    def head(number: int, seconds: int, raw: bytes) -> bytes:
        high_first = struct.pack(">IH", number, above) if not above else struct.pack(">I", above << 8 | number)
        return struct.pack("<I", len(raw) + 1) + high_first + struct.pack("<I", seconds)

    learning = learn(packed(head, list(range(183, 213))))
    assert numbered(learning) == [above << 8 | each for each in range(183, 213)], learning.reasons


@pytest.mark.parametrize("running", [False, True])
def test_dates_whose_lowest_byte_never_changes_are_no_rivals(*, running: bool, learn: Callable[..., Learning]) -> None:
    moments = [0x37432B80 + 4001 * at for at in range(60)]

    def head(number: int, seconds: int, raw: bytes) -> bytes:
        before = number * 7 & 0xFF if running else 0x82
        return struct.pack("<HHBIH", len(raw) + 1, 0xDBB9, before, seconds, number)

    learning = learn(packed(head, list(range(1, 61)), moments))
    assert numbered(learning) == ([] if running else list(range(1, 61))), learning.reasons


@pytest.mark.parametrize("dated", [True, False])
def test_a_number_takes_no_byte_of_dates_that_rise(*, dated: bool, learn: Callable[..., Learning]) -> None:
    """High byte first the number would begin with what is always the same: of a date, or of nothing that is known."""

    def head(number: int, seconds: int, raw: bytes) -> bytes:
        before = struct.pack("<I", seconds) if dated else bytes((zlib.crc32(raw) & 0xFF, 7, 9, 0x2C))
        return before + struct.pack("<HBH", number, 0, len(raw) + 1)

    moments = [0x2CDD0000 + 4001 * at + 7 * (at % 3) for at in range(30)]
    learning = learn(packed(head, list(range(0x8702, 0x8702 + 30)), moments))
    assert numbered(learning) == (list(range(0x8702, 0x8702 + 30)) if dated else []), learning.reasons


def in_words(seconds: int) -> bytes:
    """A struct tm of 16-bit integers, without its last part."""
    at = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    day = at.timetuple()
    return struct.pack("<8H", at.second, at.minute, at.hour, at.day, at.month - 1, at.year - 1900,
                       (day.tm_wday + 1) % 7, day.tm_yday - 1)  # fmt: skip


@pytest.mark.parametrize("marked", [False, True])
def test_no_part_of_a_date_marks_deleted_records(*, marked: bool, learn: Callable[..., Learning]) -> None:
    """The month, the year and the day of the year change together in January; a byte behind them changes at will."""

    def head(number: int, seconds: int, raw: bytes) -> bytes:
        flag = number % 7 == 3 if marked else 0
        return struct.pack("<HI", len(raw) + 1, number) + in_words(seconds) + bytes((0x5A, flag))

    new_year = (datetime(1995, 1, 1) - datetime(1970, 1, 1)).days * 86400
    moments = [new_year + 40_007 * (at - 12) + 997 * (at * 7 % 11) for at in range(60)]
    learning = learn(packed(head, list(range(230, 290)), moments))
    assert numbered(learning) == list(range(230, 290)), learning.reasons
    assert learning.partial == marked
    assert all("0x17" in each for each in learning.reasons)


@pytest.mark.parametrize("dated", [True, False])
def test_a_number_takes_no_digit_of_a_date(*, dated: bool, learn: Callable[..., Learning]) -> None:
    """Without its last digit a date is none; of other digits it may be the high byte of the number behind them."""

    def head(number: int, seconds: int, raw: bytes) -> bytes:
        at = datetime(1970, 1, 1) + timedelta(seconds=seconds // 10 * 10)
        digits = f"{at:%Y%m%d%H%M%S}" if dated else f"{zlib.crc32(raw) * 7919 % 10**13:013}0"
        return (
            struct.pack("<HH", 1, zlib.crc32(raw) & 0xFFFF) + digits.encode() + struct.pack("<IH", number, len(raw) + 1)
        )

    steps = [(60, 600, 4000, 90_000)[at * 7 % 11 % 4] for at in range(30)]
    learning = learn(packed(head, list(range(1, 31)), [DAY + sum(steps[:at]) for at in range(30)]))
    assert numbered(learning) == (list(range(1, 31)) if dated else []), learning.reasons


@pytest.mark.parametrize("dated", [True, False])
def test_dates_whose_form_is_open_are_dates_all_the_same(*, dated: bool, learn: Callable[..., Learning]) -> None:
    """Packed, or as seconds since 1980: the highest byte is no high byte of the number behind it."""

    def head(number: int, seconds: int, raw: bytes) -> bytes:
        before = struct.pack("<I", seconds) if dated else bytes((zlib.crc32(raw) & 0xFF, number // 9, 9, 0x1B))
        return struct.pack("<H", zlib.crc32(raw) & 0xFFFF) + before + struct.pack("<H", number)

    moments = [0x1B4D + day << 16 | 0x0A08 + 0x0925 * at for day in range(12) for at in range(3)]
    learning = learn(packed(head, list(range(24, 60)), moments))
    assert numbered(learning) == (list(range(24, 60)) if dated else []), learning.reasons


@pytest.mark.parametrize("carried", [True, False])
def test_the_low_byte_of_a_number_that_goes_on_above_it_is_none_of_its_own(
    *, carried: bool, learn: Callable[..., Learning]
) -> None:
    """Behind a zero it would begin again just where the byte above goes up; another may begin again."""

    def head(number: int, seconds: int, raw: bytes) -> bytes:
        own = number if carried else (number - 0x1E8) % 40 + 1
        return struct.pack("<HIIBI", len(raw) + 1, number, seconds, 0, own)

    numbers = list(range(0x1E8, 0x1E8 + 60))
    learning = learn(packed(head, numbers))
    assert numbered(learning) == (numbers if carried else []), learning.reasons


@pytest.mark.parametrize("place", [True, False])
def test_places_of_records_are_no_numbers(*, place: bool, learn: Callable[..., Learning]) -> None:
    """Beside an ordinal any other column that rises may be the number, but none that says where records are."""
    content, before, own = b"", 0xFFFF, 0
    for at in range(60):
        raw, start = text(at), len(content)
        own += (1, 3, 2, 1, 5)[at * 7 % 11 % 5]
        content += struct.pack("<HII", len(raw) + 1, at + 1, DAY + 4001 * at + 7 * (at % 3)) + raw + b"\0"
        content += struct.pack("<HH", before if place else own, 0)
        before = start
    learning = learn(content)
    assert numbered(learning) == (list(range(1, 61)) if place else []), learning.reasons


@pytest.mark.parametrize("coded", [True, False])
def test_a_byte_goes_with_the_code_only_where_chance_would_not_do_it(
    *, coded: bool, learn: Callable[..., Learning]
) -> None:
    """Every third record is a D, and its byte is 0; or one of all is, and it may as well be deleted."""
    content = b""
    for at in range(60):
        away = at % 3 == 1 if coded else at == 40
        raw = (b"D" if away else b"A") + text(at)[1:]
        seconds = DAY + 4001 * at + 7 * (at % 3)
        content += struct.pack("<BIIH", not away, seconds, 300 + at, len(raw) + 1) + raw + b"\0"
    learning = learn(content)
    assert numbered(learning) == list(range(300, 360)), learning.reasons
    assert learning.partial != coded, learning.reasons


def test_numbers_behind_the_texts_are_of_the_next_where_something_else_follows(learn: Callable[..., Learning]) -> None:
    """Each stands before its text, and before some of them a record of another kind."""
    drawn = sample(234119)
    assert "two-kinds" in drawn.families
    learning = learn(drawn.data)
    assert not numbered(learning)
    fields = ((each.layout, each.layout.with_role("sync")) for each in learning.candidates)
    behind = [layout for layout, field in fields if field is not None and field.section == "trailer"]
    parts = [(SampleFile("MSTTRANS.GLB", drawn.data), parse_queue(drawn.data, behind[0]))]
    assert any("of the texts behind them" in each for each in number_doubts(parts, behind[0]))


def test_numbers_behind_the_texts_are_theirs_where_something_else_follows(learn: Callable[..., Learning]) -> None:
    content = b""
    for at in range(60):
        raw, seconds = text(at), DAY + 4001 * at + 7 * (at % 3)
        content += struct.pack("<H", len(raw) + 1) + raw + b"\0" + struct.pack("<IIH", seconds, 70_300 + at, 0x4D53)
        content += struct.pack("<BII", 2, 70_300 + at, seconds) if at % 6 == 3 else b""
    learning = learn(content)
    assert learning.layout is not None
    assert not any("of the texts behind them" in each for each in learning.reasons), learning.reasons
