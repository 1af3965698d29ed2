from __future__ import annotations

import binascii
import random
import re
import time
import tracemalloc
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools import layouts
from glbtools.binary import columns, layout
from glbtools.binary.checksum import Crc
from glbtools.binary.layout import Layout
from glbtools.binary.records import NO_LINK
from glbtools.binary.span import Region, Span, tile
from glbtools.binary.tree import Node
from glbtools.errors import FileAccessError, UsageError
from glbtools.formats import queue
from glbtools.formats.queue import Queue, new_queue, parse_queue
from glbtools.formats.reference import facts
from glbtools.model.change import Change

REFERENCE = layouts.reference("queue")
WHEN = datetime(1996, 3, 13, 15, 27, 4)
TEXTS = [
    "# Last confirmed ReqSync",
    "A Anderson, Ann\tPCM:NET/PO/ANDERSON",
    "M Baker, Bob\tPCM:NET/PO/BAKER\r\nBaker, Robert\tPCM:NET/PO/ROBERT",
    "D Carter, Carl\tPCM:NET/PO/CARTER",
    "R PCM:NET/PO",
    "A \u00c5berg, \u00c4sa\tSMTP:asa@example.org",
]


def file_of(*texts: str, first: int = 12) -> bytes:
    entries = [Change(number, text, WHEN) for number, text in enumerate(texts, first)]
    return new_queue(entries, REFERENCE).build()


SIX = file_of(*TEXTS)
CONFIRMED = new_queue([Change(17, queue.CONFIRMED_TEXT)], REFERENCE).build()
PODIAG = new_queue([Change(17, queue.PODIAG_TEXT)], REFERENCE).build()


def kinds(content: Queue) -> list[str]:
    return [fault.kind for fault in content.framing]


def leaves(node: Node) -> Iterator[Node]:
    if not node.children:
        yield node
    for child in node.children:
        yield from leaves(child)


def check_invariants(data: bytes) -> Queue:
    """What holds for every byte string: exact round trip, every byte in one leaf and one region, faults inside."""
    content = parse_queue(data, REFERENCE)
    assert content.build() == data
    trees = [leaf for node in content.nodes() for leaf in leaves(node)]
    assert all(node.span.start < node.span.stop for node in trees if node.name != "text")
    for regions in ([Region(leaf.span, leaf.name) for leaf in trees], list(content.regions())):
        assert regions == sorted(regions, key=lambda region: region.span)
        assert tile(regions, len(data)) == regions
    for fault in content.faults:
        assert 0 <= fault.span.start <= fault.span.stop <= len(data)
        assert fault.message and "\n" not in fault.message
    (records,) = content.lists()
    assert records.total == len(list(records.rows)) == len(content.records)
    assert content.summary()
    assert queue.probe(data, REFERENCE) in {True, False}
    return content


# --- exactness -------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=400))
def test_any_bytes_come_back_exactly(data: bytes) -> None:
    check_invariants(data)


@given(
    st.lists(st.sampled_from([SIX[:30], SIX[30:100], SIX[100:], CONFIRMED, b"\0" * 9, b"A x\0", b"\xff"]), max_size=9)
)
def test_pieces_of_queues_come_back_exactly(parts: list[bytes]) -> None:
    check_invariants(b"".join(parts))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 0xFFFFFFFF),
            st.text(st.characters(codec="cp850", exclude_characters="\0"), max_size=80),
            st.datetimes(datetime(1970, 1, 1), datetime(2106, 1, 1)).map(lambda when: when.replace(microsecond=0)),
        ),
        max_size=8,
    )
)
def test_what_is_written_is_read_back(entries: list[tuple[int, str, datetime]]) -> None:
    made = new_queue([Change(*entry) for entry in entries], REFERENCE)
    content = check_invariants(made.build())
    assert content == made
    assert [(each.sync, each.text, content.moment(each)) for each in content.records] == entries


def test_a_file_of_no_bytes_is_an_empty_queue() -> None:
    content = check_invariants(b"")
    assert (content.records, content.gaps, content.faults) == ([], [], [])
    assert content.summary() == ["an empty queue"]
    assert new_queue([], REFERENCE).build() == b""


@pytest.mark.parametrize(
    ("data", "size", "text"), [(CONFIRMED, 49, queue.CONFIRMED_TEXT), (PODIAG, 60, queue.PODIAG_TEXT)]
)
def test_the_attested_small_files_hold_one_dummy(data: bytes, size: int, text: str) -> None:
    content = check_invariants(data)
    (record,) = content.records
    assert (len(data), record.sync, record.text) == (size, 17, text)
    assert content.is_dummy(record)
    assert not list(content.faults)


@pytest.mark.parametrize("data", [CONFIRMED, PODIAG], ids=["49", "60"])
def test_every_change_of_one_byte_in_a_small_file_survives(data: bytes) -> None:
    for place in range(len(data)):
        for value in range(256):
            changed = bytearray(data)
            changed[place] = value
            content = parse_queue(bytes(changed), REFERENCE)
            assert content.build() == changed
            regions = list(content.regions())
            assert tile(regions, len(data)) == regions
            assert [each.text for each in content.records] or content.framing
            list(content.checksum_faults())
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 0x55
        check_invariants(bytes(changed))


def test_four_changes_of_every_byte_in_a_larger_file_survive() -> None:
    for place, stored in enumerate(SIX):
        for value in {0, 0xFF, stored ^ 1, stored ^ 0x80} - {stored}:
            content = check_invariants(SIX[:place] + bytes([value]) + SIX[place + 1 :])
            assert len(content.records) >= 5


def test_a_file_cut_off_anywhere_keeps_its_whole_records() -> None:
    stops = [record.stop for record in parse_queue(SIX, REFERENCE).records]
    for size in range(len(SIX) + 1):
        content = check_invariants(SIX[:size])
        whole = [stop for stop in stops if stop <= size]
        assert [record.stop for record in content.records[: len(whole)]] == whole
        torn = size - (whole[-1] if whole else 0)
        assert bool(content.framing) == bool(torn)


# --- faults ----------------------------------------------------------------------------------------------------------


def changed(place: int, new: bytes, data: bytes = SIX) -> bytes:
    return data[:place] + new + data[place + len(new) :]


SECOND = len(file_of(TEXTS[0]))
THIRD = len(file_of(*TEXTS[:2]))


@pytest.mark.parametrize(
    ("data", "records", "fault", "span"),
    [
        (changed(SECOND + 2, b"\x05\0"), 6, ("length", "stored length 5, the text takes 36"), (SECOND, THIRD)),
        (changed(SECOND + 2, b"\xff\xff"), 6, ("length", "stored length 65535, the text takes 36"), (SECOND, THIRD)),
        (changed(THIRD - 1, b"!"), 6, ("terminator", "the text ends in 0x21 in place of 0x00"), (SECOND, THIRD)),
        (SIX + b"\0" * 100, 6, ("slack", "100 bytes of zeros that are no record"), (len(SIX), len(SIX) + 100)),
        (b"\0" + SIX, 6, ("slack", "1 byte of zeros that are no record"), (0, 1)),
        (
            SIX[:SECOND] + b"\xfe" * 40 + SIX[SECOND:],
            6,
            ("gap", "40 bytes that are no record"),
            (SECOND, SECOND + 40),
        ),
        (
            SIX[: THIRD - 10],
            1,
            (
                "truncated",
                "a record with sync 13 begins here, cut off after 50 bytes; "
                "readable: 'A Anderson, Ann\\tPCM:NET/PO'",
            ),
            (SECOND, THIRD - 10),
        ),
        (SIX[: SECOND + 10], 1, ("gap", "10 bytes that are no record"), (SECOND, SECOND + 10)),
    ],
)  # fmt: skip
def test_damage_is_named_where_it_is(data: bytes, records: int, fault: tuple[str, str], span: tuple[int, int]) -> None:
    content = check_invariants(data)
    assert len(content.records) == records
    assert [(each.kind, each.message, each.span, each.damage) for each in content.framing] == [(*fault, span, True)]


def test_damage_in_several_places_is_named_in_the_order_of_the_file() -> None:
    wrong = changed(SECOND + 2, b"\x05\0") + changed(THIRD - 1, b"!")
    content = check_invariants(b"\xff" * 9 + wrong + b"\0" * 7)
    assert kinds(content) == ["gap", "length", "terminator", "slack"]
    assert len(content.records) == 12
    assert [fault.span for fault in content.framing] == sorted(fault.span for fault in content.framing)


def test_a_record_with_a_nul_in_its_text_is_a_gap_and_costs_no_other() -> None:
    content = check_invariants(changed(SECOND + 30, b"\0"))
    assert [record.sync for record in content.records] == [12, 14, 15, 16, 17]
    (gap,) = content.gaps
    assert (gap.start, gap.stop) == (SECOND, THIRD)
    assert content.framing[0].message.startswith("60 bytes that are no record; a record with sync 13 begins here")


def test_escape_sequences_in_a_gap_do_not_reach_the_message() -> None:
    content = check_invariants(SIX + b"\x1b[2J\x1b]0;title\x07" + "\u202e".encode() + b"readable text")
    (fault,) = content.framing
    assert fault.message.isprintable()


# --- checksums (ruling 7) -------------------------------------------------------------------------------------------


def with_checksums(*values: int | None) -> Queue:
    entries = [Change(number, f"A {number}", checksum=value) for number, value in enumerate(values, 1)]
    return new_queue(entries, REFERENCE)


def test_checksums_that_all_disagree_say_nothing_about_the_records() -> None:
    (fault,) = with_checksums(1, 2, 3).checksum_faults()
    assert (fault.kind, fault.damage) == ("layout-unconfirmed", False)
    assert fault.message == "layout unconfirmed: none of 3 stored checksums is crc-16/xmodem of its text"


def test_a_few_that_disagree_among_many_are_suspect() -> None:
    content = with_checksums(*[None] * 20, 0xBEEF, *[None] * 20)
    (fault,) = content.checksum_faults()
    record = content.records[20]
    assert (fault.kind, fault.damage, fault.span) == ("checksum", True, Span(record.start, record.stop))
    computed = binascii.crc_hqx(b"A 21", 0)
    assert fault.message == f"sync 21: stored checksum BEEF, computed {computed:04X}; the record is suspect"


def test_what_chance_makes_agree_proves_nothing() -> None:
    (fault,) = with_checksums(*[1] * 700, None).checksum_faults()
    assert (fault.kind, fault.damage) == ("layout-unconfirmed", False)
    assert "1 of 701 stored checksums agree, as chance has it" in fault.message


def test_checksums_that_agree_are_no_fault() -> None:
    assert with_checksums(None, None).checksum_faults() == []
    assert with_checksums().checksum_faults() == []


OVER = """
[checksum]
algorithm = "crc"
width = 16
poly = 0x3d65
init = 0xb2aa
covers = ["sync", "ofs_next", "text", "terminator"]
"""


def over_the_header() -> Layout:
    """Return the reference layout with a checksum of our own over parts of the header."""
    content = Path(layouts.__file__).with_name("queue-reference-1.toml").read_text("utf-8")
    summing = re.search(r"\[checksum\].*?(?=\[\[field)", content, re.DOTALL)
    assert summing is not None
    return layout.parse(content.replace(summing[0], OVER).encode(), "own.toml")


def test_a_checksum_over_the_header_is_judged_and_shown_by_what_is_stored_there() -> None:
    own = over_the_header()
    content = new_queue([Change(number, f"A {number}") for number in range(1, 30)], own)
    data = content.build()
    assert parse_queue(data, own).checksum_faults() == []
    tenth = content.records[9]
    changed = bytearray(data)
    changed[tenth.start + 4] ^= 1
    found = parse_queue(bytes(changed), own)
    (fault,) = found.checksum_faults()
    assert (fault.kind, fault.span) == ("checksum", tenth.span)
    record = bytes(changed[tenth.start : tenth.stop])
    computed = Crc(16, 0x3D65, 0xB2AA).compute(record[4:8] + record[16:20] + record[24:])
    assert computed != tenth.checksum
    (rows,) = found.lists()
    assert list(rows.rows)[9]["checksum"] == {"stored": tenth.checksum, "computed": computed}
    leaves = {each.name: each for each in list(found.nodes())[9].children}
    assert (leaves["checksum"].value, leaves["checksum"].computed) == (tenth.checksum, computed)


def test_a_checksum_of_our_own_is_named_by_its_parameters() -> None:
    own = over_the_header()
    content = new_queue([Change(number, f"A {number}", checksum=7) for number in (1, 2, 3)], own)
    (fault,) = content.checksum_faults()
    assert fault.message == (
        "layout unconfirmed: none of 3 stored checksums is crc width=16 poly=0x3d65 init=0xb2aa refin=false "
        "refout=false xorout=0x0000 of its sync, ofs_next, text and terminator"
    )


def test_the_facts_of_a_layout_tell_what_its_checksum_covers() -> None:
    def form(own: Layout) -> list[str]:
        return [each.form for each in facts("queue", {"queue": own}) if each.name == "checksum algorithm"]

    assert form(REFERENCE) == ["crc-16/xmodem"]
    assert form(REFERENCE._replace(checksum="")) == []
    (own,) = form(over_the_header())
    assert own.startswith("crc width=16 poly=0x3d65 init=0xb2aa ")
    assert own.endswith(" over sync, ofs_next, text, terminator")


def test_eight_bits_agree_by_chance_more_often_than_sixteen() -> None:
    narrow = REFERENCE._replace(checksum="xor-8")
    entries = [Change(number, f"A {number}", checksum=None if number < 30 else 300) for number in range(100)]
    (fault,) = new_queue(entries, narrow).checksum_faults()
    assert fault.kind == "layout-unconfirmed"
    assert "30 of 100 stored checksums agree" in fault.message


def test_a_layout_without_an_algorithm_judges_no_checksum() -> None:
    plain = REFERENCE._replace(checksum="")
    content = parse_queue(SIX, plain)
    assert content.checksum_faults() == []
    (rows,) = content.lists()
    assert all(row["checksum"]["computed"] is None for row in rows.rows)


# --- dummies, RESYNC and meanings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "dummies"),
    [
        (["# anything"], [True]),
        (["#"], [True]),
        (["x" * 24], [True]),
        (["x" * 35], [True]),
        (["x" * 23], [False]),
        (["x" * 24, "A y"], [False, False]),
        (["R NETWORK/POSTOFFICE/TOO"], [True]),
        (["R PCM:NETWORK/POSTOFFICE"], [False]),
        (TEXTS, [True, False, False, False, False, False]),
        ([" # not the first character"], [False]),
    ],
)
def test_a_dummy_is_what_ruling_1_calls_one(texts: list[str], dummies: list[bool]) -> None:
    content = parse_queue(file_of(*texts), REFERENCE)
    assert [content.is_dummy(record) for record in content.records] == dummies


HEADER = queue.ResyncHeader(2, 17, 80)


def test_the_header_of_resync_is_written_and_read() -> None:
    assert HEADER.text == "# IMPSEQ=0000000002 REQSEQ=0000000017 SRVSEQ=0000000080"
    assert queue.resync_header(HEADER.text) == HEADER
    content = check_invariants(file_of(HEADER.text, *TEXTS[1:3]))
    assert content.is_dummy(content.records[0])
    assert content.meaning(content.records[0]) == (
        "header of RESYNC: imports 2, ReqSync 17, SrvSync 80 (this form of it is assumed)"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# IMPSEQ= REQSEQ= SRVSEQ=",
        "# IMPSEQ=2 REQSEQ=17",
        "# IMPSEQ=2 REQSEQ=17 SRVSEQ=x",
        "# IMPSEQ=2 SRVSEQ=80 REQSEQ=17",
        "# IMPSEQ=12345678901 REQSEQ=1 SRVSEQ=1",
        "# IMPSEQ=2 REQSEQ=17 SRVSEQ=80 more",
        "A IMPSEQ=2 REQSEQ=17 SRVSEQ=80",
    ],
)
def test_other_texts_are_no_header_of_resync(text: str) -> None:
    assert queue.resync_header(text) is None


@given(*[st.integers(0, 9_999_999_999)] * 3)
def test_every_header_of_resync_comes_back(impseq: int, reqseq: int, srvseq: int) -> None:
    header = queue.ResyncHeader(impseq, reqseq, srvseq)
    assert queue.resync_header(header.text) == header


def test_a_wrong_stored_value_stands_beside_the_computed_one() -> None:
    data = changed(SECOND + 2, b"\x05\0", changed(SECOND + 16, b"\x07\0\0\0"))
    content = check_invariants(data)
    node = list(content.nodes())[1]
    assert {each.name: (each.value, each.computed) for each in node.children if each.computed is not None} == {
        "len_text": (5, 36),
        "ofs_next": (7, THIRD),
    }


def test_links_of_a_sound_file_are_right() -> None:
    content = check_invariants(SIX)
    nodes = list(content.nodes())
    assert all(each.computed is None for node in nodes for each in node.children)
    first = {each.name: each for each in nodes[0].children}
    assert (first["ofs_prev"].value, first["ofs_prev"].meaning) == (NO_LINK, "none")
    assert (first["ofs_next"].value, first["ofs_next"].meaning) == (SECOND, f"0x{SECOND:04x}")
    assert first["stamp"].meaning == "1996-03-13T15:27:04, zone unknown"


# --- writing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (Change(1 << 32, "A x"), "sync 4294967296 does not fit u32"),
        (Change(-1, "A x"), "sync -1 does not fit u32"),
        (Change(1, "A x\0y"), "text holds the NUL that ends it"),
        (Change(1, "A \u20ac"), "text holds '\u20ac', which cp850 does not know"),
        (Change(1, "x" * 65535), "text is too long: its length 65536 does not fit u16"),
        (Change(1, "x" * (1 << 19)), "text is longer than 262144 bytes"),
        (Change(1, "A x", datetime(1969, 12, 31)), "stamp -86400 does not fit u32"),
        (Change(1, "A x", datetime(2107, 1, 1)), "stamp 4323283200 does not fit u32"),
        (Change(1, "A x", None, 1 << 16), "checksum 65536 does not fit u16"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_number_of_its_record(entry: Change, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        new_queue([Change(1, "A fine"), entry], REFERENCE)
    assert str(caught.value) == f"[1].{reason}"


def _stamped(kind: str, encoding: str) -> Layout:
    """The reference layout with another date stamp, and room for it."""
    size = {"u16": 2, "dec:10": 10}.get(kind, 4)
    fields, at = [], 0
    for each in REFERENCE.fields:
        stamp = each._replace(kind=kind.partition(":")[0], size=size, stamp=encoding)
        fields.append((stamp if each.role == "stamp" else each)._replace(offset=at))
        at += fields[-1].size
    return REFERENCE._replace(fields=tuple(fields))


STAMPED = [_stamped(kind, encoding) for kind in ("u16", "u32", "i32", "dec:10") for encoding in ("unix", "dos")]


@given(st.sampled_from(STAMPED), st.none() | st.datetimes(), st.none() | st.datetimes())
def test_no_date_stands_in_the_way_of_a_record(layout: Layout, when: datetime | None, now: datetime | None) -> None:
    made = queue.rewritten([Change(1, "A x", when), Change(2, "A y")], layout, now)
    again = parse_queue(made.build(), layout)
    assert again == made
    if when is None and now is None:
        assert [each.stamp for each in again.records] == [0, 0]


@pytest.mark.parametrize(
    ("encoding", "kind", "when", "stored"),
    [
        ("dos", "u32", datetime(1995, 1, 1, 10, 50, 31), datetime(1995, 1, 1, 10, 50, 30)),
        ("dos", "u32", datetime(1979, 12, 31), datetime(1980, 1, 1)),
        ("dos", "u32", datetime(2200, 1, 1), datetime(2107, 12, 31, 23, 59, 58)),
        ("dos", "i32", datetime(2050, 1, 1), datetime(2043, 12, 31, 23, 59, 58)),
        ("unix", "u32", datetime(1969, 12, 31), datetime(1970, 1, 1)),
        ("unix", "u32", datetime(2150, 1, 1), datetime(2106, 2, 7, 6, 28, 15)),
        ("unix", "i32", datetime(1969, 12, 31), datetime(1969, 12, 31)),
        ("unix", "i32", datetime(2050, 1, 1), datetime(2038, 1, 19, 3, 14, 7)),
    ],
)
def test_a_date_that_cannot_be_stored_becomes_the_nearest_that_can(
    encoding: str, kind: str, when: datetime, stored: datetime
) -> None:
    made = queue.rewritten([Change(1, "A x", when)], _stamped(kind, encoding))
    assert made.moment(made.records[0]) == stored


def test_a_copy_keeps_its_date_its_unknown_fields_and_a_wrong_checksum() -> None:
    (record,) = new_queue([Change(7, "A x", WHEN, checksum=9)], REFERENCE).records
    unknown = tuple(b"abcd" if isinstance(each, bytes) else each for each in record.others)
    source = record._replace(others=unknown)
    made = queue.rewritten([Change(1, "# first"), Change(8, "A x", record=source)], REFERENCE, WHEN)
    copy = made.records[1]
    assert (copy.sync, copy.stamp, copy.checksum, b"abcd" in copy.others) == (8, record.stamp, 9, True)
    assert parse_queue(made.build(), REFERENCE) == made


def test_the_longest_text_the_layout_can_count_is_written_and_read() -> None:
    content = check_invariants(file_of("A " + "x" * 65532, "A y"))
    assert [len(record.text) for record in content.records] == [65534, 3]
    assert content.framing == []


def test_a_header_of_the_layout_is_kept_and_a_file_that_ends_in_it_is_named() -> None:
    headed = REFERENCE._replace(header=64)
    made = new_queue([Change(1, "A x")], headed)
    assert made.records[0].start == 64
    data = bytes(range(64)) + made.build()[64:]
    content = parse_queue(data, headed)
    assert (content.header, content.build()) == (bytes(range(64)), data)
    torn = parse_queue(data[:10], headed)
    assert (torn.build(), torn.framing[0].message) == (data[:10], "the layout's header has 64 bytes, the file 10")
    assert [node.name for node in torn.nodes()] == ["header"]


# --- recognising -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [SIX, CONFIRMED, PODIAG, SIX[:-5], SIX + b"\0" * 512], ids=range(5))
def test_a_queue_is_recognised(data: bytes) -> None:
    assert queue.probe(data, REFERENCE)


def test_a_queue_whose_first_record_is_damaged_is_recognised_on_a_second_look() -> None:
    for data in (changed(2, b"\xff\xff"), SIX[10:], b"\0" * 512 + SIX):
        assert not queue.probe(data, REFERENCE)
        assert queue.probe_damaged(data, REFERENCE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(512),
        b"\xff" * 4096,
        bytes(range(256)) * 4,
        b"A text, no queue\r\n" * 50,
        Path(queue.__file__).read_bytes(),
    ],
    ids=range(6),
)
def test_other_content_is_not_taken_for_a_queue(data: bytes) -> None:
    assert not queue.probe(data, REFERENCE)
    assert not queue.probe_damaged(data, REFERENCE)


# --- files of any size -----------------------------------------------------------------------------------------------


def damaged_file() -> bytes:
    """Some 800 KB of records with one of every kind of damage every now and then, so that chunks end anywhere."""
    whole = file_of(*(TEXTS * 2000))
    pieces = [whole[start : start + 30_011] for start in range(0, len(whole), 30_011)]
    return b"".join(
        piece + (b"", b"\xff" * 33, b"\0" * 7, piece[-50:])[index % 4] for index, piece in enumerate(pieces)
    )


def test_streams_from_a_file_equal_the_file_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "CHUNK", 1 << 18)
    monkeypatch.setattr(queue, "PIECES", dict.fromkeys(queue.PIECES, 1 << 18))
    data = damaged_file()
    path = tmp_path / "MSTTRANS.GLB"
    path.write_bytes(data)
    content = parse_queue(data, REFERENCE)
    assert content.build() == data
    assert len(content.gaps) > 10
    assert list(queue.read_records(path, REFERENCE)) == content.records
    assert list(queue.read_tuples(path, REFERENCE)) == [record[:6] for record in content.records]
    wanted = [[record[place] for record in content.records] for place in (0, 1, 2, 4, 5)]
    assert [column.tolist() for column in queue.read_columns(path, REFERENCE)] == wanted


def test_columns_are_the_same_without_numpy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "MSTTRANS.GLB"
    path.write_bytes(damaged_file()[:300_000])
    fast = queue.read_columns(path, REFERENCE)
    monkeypatch.setattr(columns, "_numpy", lambda: None)
    plain = queue.read_columns(path, REFERENCE)
    assert [column.tolist() for column in fast] == [column.tolist() for column in plain]
    assert type(plain.sync).__name__ == "array"


@pytest.mark.parametrize("read", [queue.read_records, queue.read_tuples, queue.read_columns])
def test_what_is_no_file_cannot_be_streamed(tmp_path: Path, read: object) -> None:
    for name in (".", "missing"):
        with pytest.raises(FileAccessError):
            list(read(tmp_path / name, REFERENCE))  # type: ignore[operator]


def test_an_empty_file_streams_nothing(tmp_path: Path) -> None:
    path = tmp_path / "MSTTRANS.GLB"
    path.write_bytes(b"")
    assert list(queue.read_records(path, REFERENCE)) == list(queue.read_tuples(path, REFERENCE)) == []
    assert [len(column) for column in queue.read_columns(path, REFERENCE)] == [0] * 5


@pytest.mark.parametrize(
    ("unit", "size", "most"),
    [
        (file_of(*TEXTS * 50), 400_000, 400_000),
        (b"\xff" * 9999, 4_000_000, 8_000_000),
        (b"A " * 5000, 4_000_000, 8_000_000),
    ],
    ids=["sound", "ones", "anchors"],
)
def test_streaming_takes_no_more_memory_for_a_larger_file(tmp_path: Path, unit: bytes, size: int, most: int) -> None:
    path = tmp_path / "MSTTRANS.GLB"
    peaks = []
    for times in (1, 1, 2):  # the first time, what is kept for good is made
        path.write_bytes(unit * (times * size // len(unit)))
        tracemalloc.start()
        try:
            for _ in queue.read_tuples(path, REFERENCE):
                pass
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[2] < 1.1 * peaks[1]
    assert peaks[1] < most


# --- hostile input ---------------------------------------------------------------------------------------------------

SIZE = 800_000
WIDE = layout.parse(
    b"""
    id = "wide"\nfamily = "queue"\ntitle = "Wide"\nstatus = "assumed"
    [[field]]\nname = "sync"\noffset = 0\ntype = "u32"\nrole = "sync"\nstatus = "assumed"
    [[field]]\nname = "len_text"\noffset = 4\ntype = "u32"\nrole = "len_text"\nstatus = "assumed"
    [[field]]\nname = "text"\noffset = 8\ntype = "text"\nrole = "text"\nstatus = "assumed"
    """,
    "wide.toml",
)
LINES = layout.parse(
    b"""
    id = "lines"\nfamily = "queue"\ntitle = "Lines"\nstatus = "assumed"
    [framing]\nterminator = "crlf"
    [[field]]\nname = "sync"\noffset = 0\ntype = "dec:10"\nrole = "sync"\nstatus = "assumed"
    [[field]]\nname = "text"\noffset = 10\ntype = "text"\nrole = "text"\nstatus = "assumed"
    """,
    "lines.toml",
)

HOSTILE = {
    "random": lambda: random.Random(0).randbytes(SIZE),
    "anchors": lambda: b"A " * (SIZE // 2),
    "anchors to a nul": lambda: b"A " * (SIZE // 2) + b"\0",
    "anchors to a line end": lambda: b"A " * (SIZE // 2) + b"\r\n",
    "short texts": lambda: b"A \0" * (SIZE // 3),
    "short lines": lambda: b"A \r\n" * (SIZE // 4),
    "zeros": lambda: bytes(SIZE),
    "ones": lambda: b"\xff" * SIZE,
    "longest claim": lambda: changed(2, b"\xff\xff") + b"A " * (SIZE // 2),
    "longest claims": lambda: (b"\xff" * 24 + b"A ") * (SIZE // 26),
    "every other record damaged": lambda: (SIX + changed(2, b"\xff\xff")) * (SIZE // len(SIX) // 2),
    "every record cut": lambda: SIX[:-1] * (SIZE // len(SIX)),
    "transactions without heads": lambda: b"A PCM:NET/PO/X\0" * (SIZE // 15),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_read_in_bounded_time(tmp_path: Path, name: str) -> None:
    data = HOSTILE[name]()
    path = tmp_path / "MSTTRANS.GLB"
    path.write_bytes(data[-SIZE // 8 :])
    begun = time.monotonic()
    assert parse_queue(data, REFERENCE).build() == data
    for chosen in (REFERENCE, WIDE, LINES):
        queue.read_columns(path, chosen)
    assert time.monotonic() - begun < 60
