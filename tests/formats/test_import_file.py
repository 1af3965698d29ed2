"""The Import file: what belongs to which transaction, where it is, and what is somebody else's text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.binary.span import Span
from glbtools.formats.import_file import parse_import, probe

KB_FILE = (
    b"# modifications\r\n"
    b"T SNADS:SNADSGATE/SNADSDGN\r\n"
    b" Division:~15~25~A~~\r\n"
    b"\r\n"
    b"A Doe, John D.                   SNADS:SNADSGATE/SNADSDGN/JOHNDOE\r\n"
    b"- Division:/DIVISION 1\r\n"
    b"- City//ST//Zip:/Any City, Any State, 12345\r\n"
    b"M J\x94rg\tPCM:NET/PO/JORG\r\n"
    b"  J\x94rg M.\tPCM:NET/PO/JORG\r\n"
    b"D Jane\tPCM:NET/PO/JANE"
)

LINES = st.sampled_from(
    [
        b"A x\tPCM:NET/PO/X",
        b"T PCM:NET/PO",
        b" a~1~2~A~~",
        b"- a:/b",
        b"# c",
        b"",
        b"  ",
        b"&t=1",
        b"junk",
        b"\r",
        b"\x1a",
    ]
)
FILES = st.lists(st.tuples(LINES, st.sampled_from([b"\r\n", b"\n", b"\r\r\n", b""])), max_size=12).map(
    lambda rows: b"".join(line + end for line, end in rows)
)


@given(st.one_of(st.binary(), FILES))
def test_every_byte_string_comes_back_exactly_and_every_byte_has_its_place(data):
    file = parse_import(data)
    assert file.build() == data
    position = 0
    for item in file.items:
        start, stop = item.span
        assert start == position + len(item.before)
        assert data[start:stop].decode("cp850") == item.parsed.text
        assert item.line == data.count(b"\n", 0, start) + 1
        position = stop
    assert position + len(file.after) == len(data)
    for fault in file.faults:
        assert 0 <= fault.span.start <= fault.span.stop <= len(data)
        assert fault.line == data.count(b"\n", 0, fault.span.start) + 1


def test_lines_belong_to_the_transaction_above_them():
    file = parse_import(KB_FILE)
    assert [(item.line, item.parsed.transaction.verb) for item in file.items] == [
        (1, "comment"),
        (2, "template"),
        (5, "add"),
        (8, "modify"),
        (10, "delete"),
    ]
    assert file.faults == ()
    assert file.items[2].before == "\r\n"
    assert [line.prompt for line in file.transactions[2].template_data] == ["Division:", "City/ST/Zip:"]


def test_the_text_is_code_page_850():
    assert parse_import(KB_FILE).transactions[3].alias == "Jörg M."


def test_comments_are_items_unless_the_transaction_goes_on_behind_them():
    file = parse_import(b"A x\tPCM:NET/PO/X\n# inside\n- a/b\n# outside\n")
    assert [len(item.parsed.text.splitlines()) for item in file.items] == [3, 1]


def test_a_fault_names_its_line_and_bytes():
    data = b"A x\tPCM:NET/PO/X\r\n\r\nA y\tPCM:NET/PO/Y\r\n- no slash\r\n"
    (fault,) = parse_import(data).faults
    start = data.index(b"- no")
    assert (fault.number, fault.line, fault.span) == (22, 4, Span(start, start + 10))


def test_a_line_without_transaction_above_it_is_fault_12():
    file = parse_import(b"- Title:/x\nA x\tPCM:NET/PO/X\n")
    assert [(item.parsed.transaction is None, item.line) for item in file.items] == [(True, 1), (False, 2)]
    assert [fault.number for fault in file.faults] == [12]


def test_the_fields_of_a_template_printed_without_their_blank_stay_with_it():
    file = parse_import(b"T SNADS:SNADSGATE/SNADSDGN\nDivision:~15~25~A~~\nA x\tSNADS:A/B/C\n")
    assert [item.line for item in file.items] == [1, 3]


def test_the_end_mark_of_ms_dos_is_no_transaction():
    file = parse_import(b"A x\tPCM:NET/PO/X\r\n\x1a")
    assert (len(file.items), file.after, file.faults) == (1, "\x1a", ())


@pytest.mark.parametrize(
    "data",
    [
        KB_FILE,
        b"A Administrator                  PCM:NET1/PO1/Admin",
        b"D  User1 alias                  PCM:NET1/PO1/USER1\r\n",
        b"\r\n# list\r\n\r\nR PCM:NET/PO\r\nA x\tPCM:NET/PO/X\r\n",
        b"A x\tPCM:NET/PO/X\r\nB oops\r\nA y\tPCM:NET/PO/Y\r\n\x1a",
        b"A Sample User 0                  SMTP:user0@dummy.host.edu\n",
        b"R smtp:\n",
    ],
)
def test_import_files_are_recognised(data):
    assert probe(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"# just a comment\n",
        b"# Heading\n\nA paragraph of text: nothing else.\n",
        b"# Notes\n\n- first\n- second\n",
        b"A short story\nabout nothing\n",
        b"A note: this is prose, with a colon.\n",
        b"D foo(int x);\n",
        b"#include <stdio.h>\nint main(void) { return 0; }\n",
        b"#!/bin/sh\nexit 0\n",
        b"03/13/96 15:27:08 | 1 171\r\n",
        b"  FB16 Thu Apr 07 12:13:52 1994 000001 R PCM:POLYNOMIAL/MONTGOMERY\r\n",
        b"Dir-Sync Server: POLYNOMIAL/MONTGOMERY\r\nReqSync = 17, SrvSync = 80\r\n",
        b"[dirsync]\r\ntask=export\r\n",
        b"M George Jones\r\n- Title:/Sales Rep\r\n",
        b"A x\tPCM:NET/PO/X\r\nThe rest\r\nis prose\r\nand more\r\n",
        b"A x\tPCM:NET/PO/X\x00\x01",
        b"\x00" * 512,
        bytes(range(256)),
    ],
)
def test_other_people_s_files_are_not(data):
    assert not probe(data)


def test_a_long_file_takes_time_in_proportion():
    for data in (
        b"x\n" * 25_000,
        KB_FILE.replace(b"JANE", b"JANE\r\n") * 400,
        b"# c\n" * 25_000 + b"- a/b",
        b"\n" * 10**5,
    ):
        started = time.process_time()
        assert parse_import(data).build() == data
        probe(data)
        assert time.process_time() - started < 5  # a quadratic parser would take minutes
