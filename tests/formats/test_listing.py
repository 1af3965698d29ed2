from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools import inspect_bytes, layouts, read_listing
from glbtools.binary import stamp
from glbtools.binary.records import Record
from glbtools.binary.span import Span, tile
from glbtools.errors import UsageError
from glbtools.formats import listing, queue
from glbtools.formats.listing import ConfigurationListing, Listing, QueueListing, parse_listing
from glbtools.model.change import Change
from glbtools.model.configuration import ReqConf, Requestor, SrvConf

QUEUE = layouts.reference("queue")
PROGRAM = "glbtools of a test"
THURSDAY = datetime(1994, 4, 7, 12, 13, 52)
HEADING = "Examining POLYNOMIAL/MONTGOMERY Dirsync transaction file: REQTRANS\n\n"
COLUMNS = "CRC  Date stamp               Sync#  Transaction\n"

# The listing of Q96060 as the article prints it: indented and wrapped.
WRAPPED = """
  FB16 Thu Apr 07 12:13:52 1994 000001 R PCM:POLYNOMIAL/MONTGOMERY
  B4A2 Thu Apr 07 12:13:52 1994 000002 A able is he who knows his
  limit<tab>PCM:POLYNOMIAL/MONTGOMERY/able
  2FC1 Thu Apr 07 12:13:52 1994 000003 A apple
  <tab>PCM:POLYNOMIAL/MONTGOMERY/apple
  D2CD Thu Apr 07 12:13:52 1994 000004 A Paul
  <tab>PCM:POLYNOMIAL/MONTGOMERY/paul
  6D23 Thu Apr 07 12:13:52 1994 000005 A Bryan
  <tab>PCM:POLYNOMIAL/MONTGOMERY/bryan
  16F9 Thu Apr 07 12:13:52 1994 000006 A Mark
  <tab>PCM:POLYNOMIAL/MONTGOMERY/mark
"""
PRINTED = [
    (0xFB16, 1, "R PCM:POLYNOMIAL/MONTGOMERY"),
    (0xB4A2, 2, "A able is he who knows his limit\tPCM:POLYNOMIAL/MONTGOMERY/able"),
    (0x2FC1, 3, "A apple\tPCM:POLYNOMIAL/MONTGOMERY/apple"),
    (0xD2CD, 4, "A Paul\tPCM:POLYNOMIAL/MONTGOMERY/paul"),
    (0x6D23, 5, "A Bryan\tPCM:POLYNOMIAL/MONTGOMERY/bryan"),
    (0x16F9, 6, "A Mark\tPCM:POLYNOMIAL/MONTGOMERY/mark"),
]
PODIAG = """\
   Item   Sync No.   Transaction
   ------ ---------- ----------------------------------------------
   1      {number} # Dummy record installed by PODIAG.<00>
   End of Queue
"""
SERVER = """\
Highest SrvSync is 80, Current Dirsync Cycle is 11

     Server Requestor Record #1
Requestor name: PCM:POLYNOMIAL/MONTGOMERY
ReqSync = 17, SrvSync = 80, Last Cycle = 11
Last update received Fri Feb 18 13:11:58 1994

     Server Requestor Record #2
Requestor name: PCM:POLYNOMIAL/NOVEMBER
ReqSync = 18, SrvSync = 0, Last Cycle = 9
Last update received Thu Feb 17 08:52:45 1994

     Server Requestor Record #3
Requestor name: PCM:POLYNOMIAL/OCTOBER
ReqSync = 12, SrvSync = 71, Last Cycle = 9
Last update received Thu Feb 17 08:52:45 1994
"""
REQUESTORS = [
    ("PCM:POLYNOMIAL/MONTGOMERY", 17, 80, None, 11, datetime(1994, 2, 18, 13, 11, 58)),
    ("PCM:POLYNOMIAL/NOVEMBER", 18, 0, None, 9, datetime(1994, 2, 17, 8, 52, 45)),
    ("PCM:POLYNOMIAL/OCTOBER", 12, 71, None, 9, datetime(1994, 2, 17, 8, 52, 45)),
]
OWN = "Dir-Sync Server: POLYNOMIAL/MONTGOMERY\nReqSync = 17, SrvSync = 80\n"


def parsed(text: str) -> Listing:
    return parse_listing(text.encode("cp850"))


def shown(found: Listing) -> list[tuple[int | None, int, str]]:
    return [(each.checksum, each.sync, each.text) for each in found.records]


printed_of = attrgetter("name", "reqsync", "srvsync", "importsync", "last_cycle", "last_update")


def requestors(found: Listing) -> list[tuple[object, ...]]:
    assert found.srvconf is not None
    return [printed_of(each) for each in found.srvconf.requestors]


# --- what was printed --------------------------------------------------------------------------------------------


def test_the_published_queue_gives_the_numbers_printed_in_it(published: Path) -> None:
    found = read_listing(published / "polynomial" / "listq-reqtrans.txt")
    assert (type(found), found.queue, found.postoffice, found.faults) == (
        QueueListing,
        "REQTRANS",
        "POLYNOMIAL/MONTGOMERY",
        [],
    )
    assert shown(found) == PRINTED
    assert {stamp.from_unix(each.stamp or 0) for each in found.records} == {THURSDAY}
    assert found.lines == [9, 10, 11, 12, 13, 14]


def test_the_published_server_gives_the_numbers_printed_in_it(published: Path) -> None:
    found = read_listing(published / "polynomial" / "listds-s.txt")
    assert (type(found), found.postoffice, found.reqconf, found.faults) == (
        ConfigurationListing,
        "POLYNOMIAL/MONTGOMERY",
        None,
        [],
    )
    assert found.srvconf is not None
    assert (found.srvconf.sync, found.srvconf.cycle) == (80, 11)
    assert requestors(found) == REQUESTORS
    assert [each.line for each in found.srvconf.requestors] == [8, 13, 18]


def test_the_published_requestor_gives_the_numbers_printed_in_it(published: Path) -> None:
    found = read_listing(published / "polynomial" / "listds-r.txt")
    assert (type(found), found.srvconf, found.faults) == (ConfigurationListing, None, [])
    assert found.reqconf == ReqConf(17, 80, server="POLYNOMIAL/MONTGOMERY", postoffice="POLYNOMIAL/MONTGOMERY")


def test_a_wrapped_and_indented_listing_gives_the_same_as_the_rejoined_one() -> None:
    found = parsed(WRAPPED)
    assert shown(found) == PRINTED
    assert found.lines == [2, 3, 5, 7, 9, 11]
    assert not found.faults


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"])
@pytest.mark.parametrize("last", ["", "\x1a"])
def test_the_way_lines_end_does_not_matter(end: str, last: str) -> None:
    assert shown(parsed(HEADING + COLUMNS + WRAPPED.replace("\n", end) + last)) == PRINTED


def test_a_line_that_fills_the_screen_was_cut_in_mid_word() -> None:
    text = "A " + "x" * 60 + "\tPCM:POLYNOMIAL/MONTGOMERY/paul"
    line = f"FB16 Thu Apr 07 12:13:52 1994 000001 {listing.escape(text)}"
    assert shown(parsed(f"{line[:80]}\n{line[80:]}\n")) == [(0xFB16, 1, text)]
    assert shown(parsed(f"{line[:80]}\n{line[80:90]}\nB4A2 Thu Apr 07 12:13:52 1994 000002 A\n")) == [
        (0xFB16, 1, text[: 90 - 37]),
        (0xB4A2, 2, "A"),
    ]


def test_a_line_after_an_empty_one_belongs_to_no_transaction() -> None:
    found = parsed(HEADING + COLUMNS + "FB16 Thu Apr 07 12:13:52 1994 000001 A a\n\nsomething else\n")
    assert shown(found) == [(0xFB16, 1, "A a")]
    assert [(fault.kind, fault.line, fault.damage) for fault in found.unparsed] == [("line-unparsed", 6, False)]


@pytest.mark.parametrize(
    ("line", "record"),
    [
        ("FB16 Thu Apr 07 12:13:52 1994 000001 A a", (1, THURSDAY, 0xFB16, "A a")),
        ("FB16 000001 A a", (1, None, 0xFB16, "A a")),
        ("Thu Apr 07 12:13:52 1994 000001 A a", (1, THURSDAY, None, "A a")),
        ("Thu Apr  7 12:13:52 1994 000001 A a", (1, THURSDAY, None, "A a")),
        ("000001 A a", (1, None, None, "A a")),
        ("4294967295 A a", (0xFFFFFFFF, None, None, "A a")),
        ("1      0000000017 # Dummy record installed by PODIAG.<00>", (17, None, None, queue.PODIAG_TEXT)),
        ("FB16 Thu Apr 31 12:13:52 1994 000001 A a", (1, None, 0xFB16, "A a")),
        ("FB16 Thu Foo 07 12:13:52 1994 000001 A a", (1, None, 0xFB16, "A a")),
        ("FB16 Thu Apr 07 25:13:52 1994 000001 A a", (1, None, 0xFB16, "A a")),
        ("DEADBEEF Thu Apr 07 12:13:52 1994 000001 A a", (1, THURSDAY, 0xDEADBEEF, "A a")),
        ("FB16 Thu Apr 07 12:13:52 1994 000001 ", (1, THURSDAY, 0xFB16, "")),
        ("FB16 Thu Apr 07 12:13:52 1994 000001   A  a ", (1, THURSDAY, 0xFB16, "  A  a ")),
        ("FB16 Thu Apr 07 12:13:52 1994 000001 A <tab><1B><00>x<00>", (1, THURSDAY, 0xFB16, "A \t\x1b\0x")),
        ("FB16 Thu Apr 07 12:13:52 1994 000001 A <41> <TAB> <x> <9>", (1, THURSDAY, 0xFB16, "A <41> <TAB> <x> <9>")),
        ("FB16 Thu Apr 07 12:13:52 1994 000001 A René", (1, THURSDAY, 0xFB16, "A René")),
    ],
)
def test_columns_that_are_not_printed_are_unknown_and_escapes_are_undone(
    line: str, record: tuple[int, datetime | None, int | None, str]
) -> None:
    (found,) = parsed(f"{HEADING}{line}\n").records
    assert (found.sync, stamp.from_unix(found.stamp) if found.stamp else None, found.checksum, found.text) == record


def test_the_diagnostic_utilitys_record_is_read_from_the_older_form() -> None:
    found = parsed(PODIAG.format(number="0000000017"))
    assert (type(found), found.queue, found.postoffice, found.faults) == (QueueListing, None, None, [])
    assert shown(found) == [(None, 17, "# Dummy record installed by PODIAG.")]


@pytest.mark.parametrize("before", ["", "   1      0000000016 A a\n", "   1      0000000016 A a\n   wrapped\n"])
@pytest.mark.parametrize("number", ["XXXXXXXXXX", "00000000XX"])
def test_a_number_printed_as_letters_is_a_fault_and_no_part_of_another_transaction(before: str, number: str) -> None:
    found = parsed(PODIAG.format(number=number).replace("   1 ", before + "   2 "))
    assert [each.text for each in found.records] == ([before.replace("\n   ", " ").strip()[18:]] if before else [])
    assert [(fault.kind, fault.damage) for fault in found.unparsed] == [("number-unknown", False)]
    assert number in found.faults[0].message


# --- LISTDS ------------------------------------------------------------------------------------------------------


def test_a_servers_numbers_are_read_with_their_lines() -> None:
    found = parsed(SERVER)
    assert found.srvconf is not None
    assert (found.srvconf.sync, found.srvconf.cycle) == (80, 11)
    assert requestors(found) == REQUESTORS
    assert found.places["sync"] == found.places["cycle"] == (Span(0, 50), 1)
    assert [each.line for each in found.srvconf.requestors] == [3, 8, 13]


def test_a_listing_of_both_kinds_keeps_the_requestors_own_numbers_apart() -> None:
    for text in (
        f"{SERVER}\n{OWN}",
        f"{OWN}\n{SERVER}",
        f"{SERVER}Examining A/B Requestor Configuration Record\n{OWN}",
    ):
        found = parsed(text)
        assert requestors(found) == REQUESTORS
        assert found.reqconf is not None
        assert (found.reqconf.reqsync, found.reqconf.srvsync) == (17, 80)
        assert found.reqconf.server == "POLYNOMIAL/MONTGOMERY"


@pytest.mark.parametrize(
    ("text", "reqconf", "srvconf"),
    [
        ("ReqSync = 17, SrvSync = 80\n", ReqConf(17, 80), None),
        ("reqsync=17, srvsync=80\n", ReqConf(17, 80), None),
        ("Dir-Sync Server: \nReqSync = 0, SrvSync = 0\n", ReqConf(0, 0, server=""), None),
        ("Highest SrvSync is 80, Current Dirsync Cycle is 11\n", None, SrvConf(80, 11)),
        (
            "Server Requestor Record #7\n",
            None,
            SrvConf(requestors=(Requestor(7, Span(0, 26), line=1),)),
        ),
        ("Examining A/B Server Configuration Record\n", None, None),
    ],
)
def test_what_a_short_listing_does_not_say_is_unknown(
    text: str, reqconf: ReqConf | None, srvconf: SrvConf | None
) -> None:
    found = parsed(text)
    assert (type(found), found.reqconf, found.srvconf) == (ConfigurationListing, reqconf, srvconf)


def test_a_line_that_listds_does_not_print_is_named() -> None:
    found = parsed(SERVER.replace("Requestor name: PCM:POLYNOMIAL/OCTOBER", "Requestor nome: PCM:POLYNOMIAL/OCTOBER"))
    assert [(fault.kind, fault.line, fault.damage) for fault in found.faults] == [("line-unparsed", 14, False)]
    assert requestors(found)[2] == (None, *REQUESTORS[2][1:])


# --- written and read back ---------------------------------------------------------------------------------------

cp850 = st.text(st.characters(codec="cp850", exclude_characters="\0"), max_size=60)


def plain(text: str) -> bool:
    """Exclude what nobody can tell apart: a text with what looks like an escape, or one that is UTF-8 by chance."""
    written = listing.escape(text).encode("cp850")
    return "<" not in text and (written.isascii() or listing._encoding(written) == "cp850")


entries = st.lists(
    st.tuples(
        st.integers(0, 0xFFFFFFFF),
        cp850.filter(plain),
        st.datetimes(datetime(1970, 1, 1), datetime(2106, 2, 7)).map(lambda when: when.replace(microsecond=0)),
        st.none() | st.integers(0, 0xFFFF),
    ).map(lambda values: Change(*values)),
    max_size=6,
)


@given(entries)
def test_a_queue_is_read_back_from_its_listing(records: list[Change]) -> None:
    written = queue.new_queue(records, QUEUE).records
    text = listing.format_listq(written, "REQTRANS", "NET/PO", PROGRAM)
    found = parsed(text)
    assert [each[:4] for each in found.records] == [each[:4] for each in written]
    assert (found.queue, found.postoffice, found.unparsed) == ("REQTRANS", "NET/PO", [])
    assert all(c == "\n" or c.isprintable() for c in text)


@given(st.text(st.characters(codec="cp850"), max_size=40).filter(lambda text: "<" not in text))
def test_every_text_of_the_code_page_is_escaped_without_loss(text: str) -> None:
    assert listing.escape(text).isprintable()
    assert listing.unescape(listing.escape(text)) == text


def test_what_a_record_does_not_hold_is_not_printed_as_if_it_did() -> None:
    text = listing.format_listq(
        [Record(17, None, None, "A a", 0, 0), Record(18, None, 0xFB16, "A b", 0, 0), Record(19, 0, None, "A c", 0, 0)],
        "REQTRANS",
        None,
        PROGRAM,
    )
    assert "000017 A a" in text
    assert [each[:4] for each in parsed(text).records] == [
        (17, None, None, "A a"),
        (18, None, 0xFB16, "A b"),
        (19, 0, None, "A c"),
    ]


def test_a_listing_saved_as_utf_8_is_read_as_such() -> None:
    record = queue.new_queue([Change(1, "A René Müller\tPCM:A/B/rene", THURSDAY)], QUEUE).records
    text = listing.format_listq(record, "REQTRANS", None, PROGRAM)
    for data in (text.encode("cp850"), text.encode("utf-8"), b"\xef\xbb\xbf" + text.encode("utf-8")):
        found = parse_listing(data)
        assert [each.text for each in found.records] == [record[0].text]
        assert [data[each.start : each.start + 4] for each in found.records] == [b"%04X" % (record[0].checksum or 0)]


names = st.text(st.characters(codec="cp850", exclude_characters="<"), min_size=1, max_size=20).map(str.strip)
numbers = st.integers(0, 0xFFFFFFFF)


@given(numbers, numbers, names.filter(plain), st.none() | st.just("NET/PO"))
def test_a_requestors_configuration_is_read_back_from_its_listing(
    reqsync: int, srvsync: int, server: str, owner: str | None
) -> None:
    config = ReqConf(reqsync, srvsync, server=server)
    found = parsed(listing.format_listds(config, owner, PROGRAM))
    assert found.reqconf == replace(config, postoffice=owner)
    assert not found.faults


@given(
    numbers,
    numbers,
    st.lists(
        st.tuples(
            names.filter(plain),
            numbers,
            numbers,
            numbers,
            st.none() | st.datetimes(datetime(1970, 1, 1, 0, 0, 1), datetime(2106, 2, 7)),
        ),
        max_size=4,
    ),
)
def test_a_servers_configuration_is_read_back_from_its_listing(
    sync: int, cycle: int, rows: list[tuple[str, int, int, int, datetime | None]]
) -> None:
    config = SrvConf(
        sync,
        cycle,
        requestors=tuple(
            Requestor(n, Span(0, 0), name, reqsync, srvsync, None, last, when and when.replace(microsecond=0))
            for n, (name, reqsync, srvsync, last, when) in enumerate(rows, 1)
        ),
    )
    found = parsed(listing.format_listds(config, "NET/PO", PROGRAM))
    assert found.srvconf is not None
    assert (found.srvconf.sync, found.srvconf.cycle) == (sync, cycle)
    assert requestors(found) == [printed_of(each) for each in config.requestors]
    assert not found.faults


@pytest.mark.parametrize(
    "config",
    [ReqConf(reqsync=1), ReqConf(srvsync=1), SrvConf(cycle=1), SrvConf(1, 1, requestors=(Requestor(1, Span(0, 0)),))],
)
def test_a_number_that_is_not_known_cannot_be_listed(config: ReqConf | SrvConf) -> None:
    with pytest.raises(UsageError, match="not in this file"):
        listing.format_listds(config, None, PROGRAM)


# --- whatever comes ----------------------------------------------------------------------------------------------


def check(data: bytes) -> None:
    """Assert what holds for every byte string: it is read, all of it has a place, and JSON can hold the result."""
    for kind in ("listq", "listds"):
        found = inspect_bytes(data, "-", as_format=kind)
        assert sum(region.span.size for region in found.regions) == len(data)
        assert tile(found.regions, len(data)) == found.regions
        json.dumps(list(found.rows()))
        for span in [node.span for node in found.content.nodes()] + [fault.span for fault in found.faults]:
            assert 0 <= span.start <= span.stop <= len(data)
        assert found.summary


def test_bytes_that_are_utf_8_of_letters_no_utility_prints_are_of_the_code_page() -> None:
    found = parsed("Dir-Sync Server: \u2518\u00d6A\nReqSync = 0, SrvSync = 0\n")  # D9 99 is U+0659 in UTF-8
    assert found.reqconf is not None
    assert found.reqconf.server == "\u2518\u00d6A"


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_read(data: bytes) -> None:
    check(data)
    parse_listing(data)


LINES = f"""{SERVER}{OWN}{WRAPPED}{PODIAG}{HEADING}{COLUMNS}
Examining A/B Requestor Configuration Record
 \n\x1a\nRequestor name:\nx\nReqSync = 1, SrvSync = 2\nReqSync = {"9" * 5000}, SrvSync = 1
Server Requestor Record #99999999999\n\0\n\ufeff\né"""
pieces = st.sampled_from(sorted(set(LINES.split("\n"))))


@given(st.lists(pieces, max_size=12).map("\n".join))
def test_lines_in_any_order_are_read(text: str) -> None:
    check(text.encode("cp850", "replace"))
    check(text.encode("utf-8"))


HIGHEST = "Highest SrvSync is 80, Current Dirsync Cycle is 11\n"
RECORD = "FB16 Thu Apr 07 12:13:52 1994 000001 A a"
STARTS = [
    HEADING,
    HEADING + RECORD,
    HEADING + "FB16 Thu",
    HEADING + "FB16 Thu Apr 07 12:13:52 1994 ",
    HEADING + "Examining ",
    HEADING + "Examining A/",
    "Examining ",
    HIGHEST,
    HIGHEST + "Server Requestor Record #1\nRequestor name:",
    HIGHEST + "Server Requestor Record #",
    HIGHEST + "ReqSync = ",
    HIGHEST + "ReqSync = 1,",
    HIGHEST + "Last update received ",
    "Highest SrvSync is ",
]
REPEATED = [
    HEADING + RECORD + "\n" + "x\n" * 50_000,
    HEADING + (RECORD + "\n<tab>\n") * 4_000,
    HIGHEST + "Server Requestor Record #1\nx\n" * 7_000,
    HIGHEST + "Server Requestor Record #1\n\n\n\n" * 7_000,
    HIGHEST + "ReqSync = 1, SrvSync = 1\n" * 8_000,
    HEADING + "\n" * 60_000,
    HEADING + "- " * 100_000 + "x",
    HEADING + "A " * 100_000,
    HEADING + "<" * 100_000 + "00>" * 20_000,
    HEADING + RECORD + "<00>" * 50_000,
]


def read_all(text: str) -> float:
    data = text.encode("cp850")
    began = time.perf_counter()
    parse_listing(data)
    for kind in ("listq", "listds"):
        found = inspect_bytes(data, "-", as_format=kind)
        assert sum(region.span.size for region in found.regions) == len(data)
    return time.perf_counter() - began


def test_a_long_line_is_read_in_no_time() -> None:
    for start in STARTS:
        for character in " 0/-":
            assert read_all(start + character * 200_000 + "!\n") < 20, (start, character)


@pytest.mark.parametrize("text", REPEATED, ids=range(len(REPEATED)))
def test_hostile_lines_are_read_in_no_time(text: str) -> None:
    assert read_all(text) < 20
