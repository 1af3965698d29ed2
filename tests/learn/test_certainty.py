"""What is stated of a file is tested: against its listing, against other readings, and by what no file shows alone."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from glbtools.binary.layout import Layout, parse
from glbtools.errors import FieldError, UsageError
from glbtools.formats.queue import new_queue, parse_queue
from glbtools.layouts.written import to_toml
from glbtools.learn import check_layout, learn_layout
from glbtools.learn.holdout import Holdout, doubted
from glbtools.learn.liveness import doubts
from glbtools.learn.samples import SampleFile
from glbtools.model.change import Change
from scoreboard.families import WAYS, attempt, sample
from scoreboard.layouts import queue_sample
from scoreboard.learning import Case, judge_queue

HEAD = """id = "own"
family = "queue"
title = "own"
status = "observed"
"""
SYNC = '[[field]]\nname = "sync"\noffset = 0\ntype = "u32"\nrole = "sync"\nstatus = "observed"\n'
TEXT = '[[field]]\nname = "text"\noffset = {}\ntype = "text"\nrole = "text"\nstatus = "observed"\n'
LIVE = '[[field]]\nname = "live"\noffset = 4\ntype = "u8"\nrole = "live"\ndefault = 1\nstatus = "observed"\n'
FIRST = '[[field]]\nname = "first"\nsection = "header"\noffset = 0\ntype = "u32"\nrole = "first"\nstatus = "observed"\n'


def layout(framing: str, *fields: str, more: str = "") -> Layout:
    return parse("\n".join([HEAD, more, "[framing]", framing, *fields]).encode(), "own")


def records(*live: int) -> bytes:
    return b"".join(struct.pack("<IB", at, flag) + b"A Paul\tPCM:A/B/paul\0" for at, flag in enumerate(live, 1))


# --- which records are in the queue ------------------------------------------------------------------------------


FLAGGED = layout("", SYNC, LIVE, TEXT.format(5))
HEADED = layout("header = 4", FIRST, SYNC, TEXT.format(5))
LENGTH = '[[field]]\nname = "size"\noffset = 4\ntype = "u8"\nrole = "len_text"\nstatus = "observed"\n'
BROKEN = layout("breaks = true", SYNC, LENGTH, TEXT.format(5))
SIZE = 20


SHIFTED = layout("header = 1\nstride = 32", SYNC, TEXT.format(4))


@pytest.mark.parametrize(
    ("flags", "told"), [((0, 0, 0x80, 0, 0, 0, 0x80), True), ((0x80, *6 * [0]), True), (7 * [0], False)]
)
def test_a_flag_that_is_taken_for_what_fills_the_record_before_is_a_doubt(flags: list[int], told: bool) -> None:
    stored = [struct.pack("<BI", flag, at) + b"A Paul\tPCM:A/B/p" for at, flag in enumerate(flags)]
    data = b"".join(each.ljust(32, b"\0") for each in stored) + b"\0"
    file = SampleFile("MSTTRANS.GLB", data)
    queue = parse_queue(data, SHIFTED)
    assert [each.sync for each in queue.records] == list(range(7))
    said = list(doubts(SHIFTED, [file], [queue]))
    assert any("may mark deleted records" in each for each in said) == told


LINES = layout('lines = "nul"', SYNC, LENGTH, TEXT.format(5))


def test_lines_of_a_text_may_end_in_nul() -> None:
    text = b"A Paul\tPCM:A/B/paul\0- Title:/Clerk\0"
    data = struct.pack("<IB", 1, len(text)) + text + records(SIZE)
    queue = parse_queue(data, LINES)
    assert queue.records[0].text == text.rstrip(b"\0").decode()
    assert queue.build() == data
    assert not list(queue.text_faults())
    assert not parse_queue(data, layout("", SYNC, LENGTH, TEXT.format(5))).records[0].text.endswith("Clerk")


@pytest.mark.parametrize("way", ["xor:5a", "xor:ff", "add:0d"])
def test_texts_under_a_key_are_read_and_written(way: str) -> None:
    own = layout(f'obscured = "{way}"\nterminator = "none"\nlength_counts = "text"', SYNC, LENGTH, TEXT.format(5))
    text, key = b"A Zo\x89\tPCM:A/B/zoe", int(way[4:], 16)
    stored = bytes((each ^ key if way[0] == "x" else each + key) & 0xFF for each in text)
    data = struct.pack("<IB", 1, len(text)) + stored
    torn = b"\xff" * 9 + data * 2  # reading goes on behind what is no record
    queue = parse_queue(torn, own)
    assert [each.text for each in queue.records] == ["A Zoë\tPCM:A/B/zoe"] * 2
    assert queue.build() == torn
    assert new_queue([Change(sync=1, text="A Zoë\tPCM:A/B/zoe")], own).build() == data
    assert parse(to_toml(own).encode(), "again") == own


def test_queues_of_one_record_are_placed_by_what_listds_prints_of_their_postoffices(tmp_path: Path) -> None:
    numbers = [17 + 4003 * at for at in range(12)]
    files, listings = [], []
    for number in numbers:
        folder = tmp_path / f"PO{number}"
        folder.mkdir()
        files.append(folder / "REQTRANS.GLB")
        files[-1].write_bytes(
            struct.pack("<HHIIII4x", 0x7A11, 25, number, 757382400 + number, 0, 0) + b"# Last confirmed ReqSync\0"
        )
        listings.append(folder / "LISTDS.TXT")
        said = f"Examining A/PO{number} Requestor Configuration Record\r\n\r\nDir-Sync Server: A/HUB\r\n"
        listings[-1].write_bytes(f"{said}ReqSync = {number}, SrvSync = 900\r\n".encode())
    assert learn_layout(files).layout is None
    found = learn_layout(files, listings=list(reversed(listings)))
    assert found.layout is not None and found.partial
    assert [parse_queue(each.read_bytes(), found.layout).records[0].sync for each in files] == numbers


def test_a_third_of_the_records_is_kept_apart_and_read(tmp_path: Path) -> None:
    drawn = queue_sample(3)
    file = tmp_path / "MSTTRANS.GLB"
    file.write_bytes(drawn.data)
    learning = learn_layout([file])
    assert learning.held is not None
    total = len(parse_queue(drawn.data, drawn.layout).records)
    assert (learning.held.of, learning.held.records) == (total, total // 3)
    assert learning.held.alike == learning.held.records
    assert f"reads {total // 3} of {total // 3} alike" in str(learning.held)


def test_a_field_that_fails_in_the_records_kept_apart_is_not_observed() -> None:
    own = layout("", SYNC, LIVE, TEXT.format(5))
    failed = doubted(own, Holdout(20, 60, 3, ("number",)))
    assert [each.status for each in failed.fields if each.role == "sync"] == ["inferred"]
    assert [each.status for each in failed.fields if each.role == "text"] == ["observed"]


@pytest.mark.parametrize("way", ["xor", "add"])
def test_a_listing_shows_the_key_of_texts_and_check_takes_the_layout(way: str, tmp_path: Path) -> None:
    rows = [(at, f"A Nr {at * 7919}\tPCM:A/B/nr{at * 7919}".encode()) for at in range(300, 340)]
    hidden = [bytes((each ^ 0x33 if way == "xor" else each + 0x33) & 0xFF for each in text) for _, text in rows]
    file, listing = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT"
    file.write_bytes(b"".join(struct.pack("<HI", len(t), at) + t for (at, _), t in zip(rows, hidden, strict=True)))
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Sync#  Transaction"]
    lines += [f"{at:06} {text.decode()}".replace("\t", "<tab>") for at, text in rows]
    listing.write_bytes("\r\n".join([*lines, ""]).encode())
    alone = learn_layout([file])
    assert alone.layout is None and any("obscured" in each for each in alone.reasons)
    found = learn_layout([file], listings=[listing])
    assert found.layout is not None and found.layout.obscured == f"{way}:33"
    assert [each.text.encode() for each in parse_queue(file.read_bytes(), found.layout).records] == [t for _, t in rows]
    assert check_layout(found.layout, [file], listings=[listing])[0].fits


@pytest.mark.parametrize(
    ("own", "data", "numbers"),
    [
        (FLAGGED, records(1, 0, 1, 7, 1), [1, 3, 5]),
        (HEADED, struct.pack("<I", 4 + 2 * 25) + records(1, 1, 1, 1), [3, 4]),
        (BROKEN, records(SIZE, SIZE) + b"l\tPCM:A/B/paul\0" + records(SIZE, SIZE), [1, 2]),
    ],
    ids=["a byte marks it", "the header says where the first is", "the rest is left over"],
)
def test_records_that_are_not_in_the_queue_are_kept_and_not_shown(own: Layout, data: bytes, numbers: list[int]) -> None:
    queue = parse_queue(data, own)
    assert [each.sync for each in queue.records] == numbers
    assert queue.left
    assert not queue.framing
    assert queue.build() == data
    assert parse(to_toml(own).encode(), "again") == own


def test_a_length_may_count_the_padding() -> None:
    length = '[[field]]\nname = "size"\noffset = 4\ntype = "u16"\nrole = "len_text"\nstatus = "observed"\n'
    own = layout('length_counts = "padded"\nterminator = "none"\nstride = 4', SYNC, length, TEXT.format(6))
    texts = ["A Paul\tPCM:A/B/paul" + "x" * more for more in range(4)]
    data = new_queue([Change(at, text) for at, text in enumerate(texts)], own).build()
    queue = parse_queue(data, own)
    assert [each.text for each in queue.records] == texts
    assert all(each.stop % 4 == 0 for each in queue.records)
    assert queue.build() == data


@pytest.mark.parametrize("own", [HEADED, layout("", SYNC, TEXT.format(4), more="partial = true")])
def test_nothing_is_written_in_a_layout_that_does_not_know_all(own: Layout) -> None:
    with pytest.raises(FieldError, match="layout"):
        new_queue([Change(1, "A Paul\tPCM:A/B/paul")], own)


# --- a listing is a test -----------------------------------------------------------------------------------------


def files(tmp_path: Path, seed: int = 2) -> tuple[Path, Path]:
    drawn = queue_sample(seed)
    path, listing = tmp_path / "REQTRANS.GLB", tmp_path / "LISTQ.TXT"
    path.write_bytes(drawn.data)
    listing.write_bytes(drawn.listing)
    return path, listing


def test_the_report_counts_what_agrees_with_the_listing(tmp_path: Path) -> None:
    path, listing = files(tmp_path)
    (compared,) = learn_layout([path], listings=[listing]).comparisons
    assert compared.rows == compared.records == compared.read == compared.agreeing["number"]
    assert not compared.unread
    assert not compared.unlisted
    assert not compared.differing


def test_a_listing_that_lacks_records_leaves_open_which_are_in_the_queue(tmp_path: Path) -> None:
    path, listing = files(tmp_path)
    lines = listing.read_bytes().splitlines(keepends=True)
    listing.write_bytes(b"".join(lines[: 2 * len(lines) // 3]))
    learning = learn_layout([path], listings=[listing])
    assert learning.partial
    assert any("in no row of the listing" in each for each in learning.reasons)


def test_rows_at_one_end_of_a_listing_that_are_not_in_the_file_leave_it_open_of_which_moment_it_is(
    tmp_path: Path,
) -> None:
    path, listing = files(tmp_path)
    data = path.read_bytes()
    rows = queue_sample(2).rows
    path.write_bytes(data[: rows[0].start] + data[rows[len(rows) // 3].start :])
    learning = learn_layout([path], listings=[listing])
    assert learning.partial
    assert any("the listing is of another moment" in each for each in learning.reasons)
    assert not any(each.differing for each in learning.comparisons)


def test_rows_from_the_middle_of_a_listing_that_are_not_in_the_file_contradict_a_layout(tmp_path: Path) -> None:
    path, listing = files(tmp_path)
    data, rows = path.read_bytes(), queue_sample(2).rows
    path.write_bytes(data[: rows[len(rows) // 3].start] + data[rows[2 * len(rows) // 3].start :])
    learning = learn_layout([path], listings=[listing])
    assert learning.layout is None


def test_two_listings_that_contradict_each_other_are_an_error_of_the_call(tmp_path: Path) -> None:
    path, listing = files(tmp_path)
    other = tmp_path / "OTHER.TXT"
    drawn = queue_sample(2)
    first = drawn.rows[0].sync
    other.write_bytes(listing.read_bytes().replace(b"%06d " % first, b"%06d " % (first + 500), 1))
    with pytest.raises(UsageError, match="contradicts"):
        learn_layout([path], listings=[listing, other])


def test_a_layout_with_other_numbers_than_the_listing_does_not_fit(tmp_path: Path) -> None:
    path, listing = files(tmp_path)
    own = learn_layout([path], listings=[listing]).layout
    assert own is not None
    wrong = tmp_path / "WRONG.TXT"
    numbers = [row.sync for row in queue_sample(2).rows]
    text = listing.read_bytes()
    for number in reversed(numbers):
        text = text.replace(b"%06d " % number, b"%06d " % (number + 1), 1)
    wrong.write_bytes(text)
    assert check_layout(own, [path], listings=[listing])[0].fits
    assert not check_layout(own, [path], listings=[wrong])[0].fits


# --- layouts that nobody here has made ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5001, 5008))
@pytest.mark.parametrize("way", WAYS)
def test_nothing_false_is_stated_of_files_of_other_programs(seed: int, way: str, tmp_path: Path) -> None:
    outcome, reason = attempt(sample(seed), tmp_path, way)
    assert outcome != "wrong", reason


@pytest.mark.parametrize(
    ("seed", "way"),
    [
        pytest.param(90125, "known", id="a known number says nothing of dates"),
        pytest.param(90185, "alone", id="bytes that were a date in digits are no frame when it is left open"),
        pytest.param(90149, "alone", id="digits of a date are no number"),
        pytest.param(90084, "alone", id="a number with bytes of a date in front is too large for a count"),
        pytest.param(90093, "alone", id="what rises once and falls twice is no date"),
        pytest.param(91055, "known", id="dates that fail in the records kept apart are left open"),
        pytest.param(94008, "damaged", id="a byte of two values and a damaged one may mark deleted records"),
        pytest.param(96003, "alone", id="hours and minutes in digits are no packed date"),
        pytest.param(97006, "alone", id="a date without its highest byte wanders too far"),
        pytest.param(92082, "alone", id="the lowest byte of packed dates changes as well"),
        pytest.param(99017, "known", id="no byte of a clock stands still below one that changes"),
        pytest.param(98002, "alone", id="a repetition of one count hides no other count"),
        pytest.param(99039, "damaged", id="a record that begins in one whose end is lost is read where it begins"),
        pytest.param(131052, "listing", id="rows that stand in the file and are not read"),
        pytest.param(125144, "damaged with listing", id="what the place of a record is as well, its first one lost"),
        pytest.param(150121, "known", id="few packed dates are seconds since 1980 as well"),
        pytest.param(150226, "listing", id="the highest byte of a number is a link's where one row differs"),
        pytest.param(150251, "damaged with listing", id="a number is as narrow as all rows ask for"),
        pytest.param(170021, "known", id="a checksum below a copy of the number is no date"),
        pytest.param(171108, "damaged with listing", id="a number that is another without a third of the records"),
        pytest.param(121009, "listing", id="records that are deleted make no bytes behind the others"),
        pytest.param(121044, "known", id="of dates that share bytes those that lie closer together"),
        pytest.param(121001, "damaged with listing", id="what the place of a record is as well is inferred"),
        pytest.param(171115, "alone", id="zeros that a length may have or not refute no other number"),
        pytest.param(171131, "known", id="a flag that is taken for what fills the record before"),
        pytest.param(172078, "listing", id="the rest of a page and what follows is no record"),
        pytest.param(175246, "listing", id="a mark of deleted records above the number is no part of it"),
        pytest.param(178019, "known", id="the upper bytes of a number, of two values, are no date"),
        pytest.param(174073, "damaged", id="one damaged record refutes no other number"),
        pytest.param(361060, "known", id="texts that are as long as zeros behind shorter ones"),
        pytest.param(274124, "known", id="dates of words the other way round lie closer together than others beside"),
        pytest.param(720134, "alone", id="two different dates in twelve records are any two numbers"),
        pytest.param(710055, "alone", id="upper bytes that are always zero make no seconds of a day of a number"),
        pytest.param(680037, "damaged with listing", id="the rest of a page is no record that damage has emptied"),
        pytest.param(680039, "listing", id="nor is it where a listing lacks none"),
        pytest.param(680077, "damaged with listing", id="the byte before a number is of the link to no record"),
        pytest.param(90005, "alone", id="behind a record with an impossible number the rest may be left over"),
    ],
)
def test_what_was_false_once_is_not_stated_again(seed: int, way: str, tmp_path: Path) -> None:
    outcome, reason = attempt(sample(seed), tmp_path, way)
    assert outcome != "wrong", reason


@pytest.mark.parametrize(
    ("seed", "way", "wanted"),
    [
        pytest.param(90097, "listing", "exact", id="records behind those that the header counts are left over"),
        pytest.param(670_102, "alone", "partial", id="a rule that takes records of another kind for texts is none"),
        pytest.param(670_014, "alone", "partial", id="beside a number in digits an ordinal counts, too"),
        pytest.param(660_120, "alone", "exact", id="a number takes no byte of dates whose form alone is open"),
        pytest.param(610_149, "alone", "exact", id="letters in the header of every page count nothing"),
        pytest.param(90059, "known", "partial", id="places that are alike are records of another kind"),
        pytest.param(90059, "listing", "exact", id="a listing that has every record says that the other kind is none"),
        pytest.param(90010, "listing", "exact", id="behind a text stands what was there before"),
        pytest.param(90151, "listing", "exact", id="numbers begin again"),
        pytest.param(
            175038, "listing", "exact", id="a record that goes over the end of a page, and the next is behind it"
        ),
        pytest.param(90094, "known", "exact", id="a known number picks the numbers that begin again"),
        pytest.param(201_200, "damaged with listing", "partial", id="the flag of a record that is listed is damaged"),
        pytest.param(201_141, "damaged with listing", "partial", id="the length of one listed record is damaged to 0"),
        pytest.param(201_167, "damaged with listing", "exact", id="one damaged text of a few is no sign of its rule"),
        pytest.param(201_193, "damaged with listing", "exact", id="what is no transaction rivals no reading"),
        pytest.param(202_123, "listing", "exact", id="a rule whose records go over the next ones takes no more bytes"),
        pytest.param(202_018, "damaged with listing", "exact", id="what fills one of many pages is damaged"),
        pytest.param(
            231_430, "damaged with listing", "partial", id="deleted records stand between two that are listed"
        ),
        pytest.param(
            202_209, "damaged with listing", "partial", id="rows have the texts of a few records, one damaged"
        ),
        pytest.param(
            202_329, "damaged with listing", "partial", id="all transactions have a row, and what else is read"
        ),
        pytest.param(201_142, "listing", "exact", id="a number that looks like a letter goes on with no listed text"),
        pytest.param(201_081, "damaged with listing", "partial", id="dates look like a text where rows have their own"),
        pytest.param(201_228, "listing", "exact", id="words behind an odd head with deleted records between"),
        pytest.param(201_199, "damaged with listing", "exact", id="own offsets of records of one size are no links"),
    ],
)
def test_what_is_certain_is_stated(seed: int, way: str, wanted: str, tmp_path: Path) -> None:
    outcome, reason = attempt(sample(seed), tmp_path, way)
    assert outcome == wanted, reason


@pytest.mark.parametrize(
    ("seed", "wanted"),
    [
        pytest.param(66, {"exact"}, id="the bytes of dates are no number's, whichever of two forms they have"),
        pytest.param(67, {"exact"}, id="a number that begins at 1 is none of more than six digits"),
        pytest.param(320_106, {"exact"}, id="a number of which each step would be ten times as large is none"),
        pytest.param(183, {"partly", "undecided"}, id="slots that cut two of their texts are others"),
    ],
)
def test_of_random_layouts_what_is_certain_is_stated(seed: int, wanted: set[str], tmp_path: Path) -> None:
    drawn = queue_sample(seed)
    path = tmp_path / f"{drawn.kind}.GLB"
    path.write_bytes(drawn.data)
    verdict = judge_queue(Case("queue", seed), drawn, learn_layout([path]))
    assert verdict.outcome in wanted, verdict.reason


def test_a_record_that_no_row_has_and_that_is_no_transaction_is_said_to_be_damage(tmp_path: Path) -> None:
    outcome, reason = attempt(sample(183097), tmp_path, "damaged with listing")
    assert outcome == "partial", reason


def test_a_character_where_other_records_are_filled_belongs_to_the_text(tmp_path: Path) -> None:
    for way in ("alone", "known", "damaged"):
        outcome, reason = attempt(sample(184193), tmp_path, way)
        assert outcome != "wrong", reason
