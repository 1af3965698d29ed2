"""What repadmin prints: vectors and links, and the lines nobody understands."""

import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.formats.repadmin import (
    Link,
    Vector,
    build_showrepl,
    build_utdvec,
    moment,
    parse_showrepl,
    parse_utdvec,
)

UTDVEC = (
    b"Caching GUIDs.\r\n..\r\n"
    b"Default-First-Site-Name\\GC-2 (retired) @ USN     24580 @ Time 2026-02-10 15:10:48\r\n"
    b"Default-First-Site-Name\\GC-2 @ USN     30000 @ Time 2026-02-11 15:10:48\r\n"
    b"b1c2d3e4-0000-1111-2222-333344445555 @ USN 7 @ Time 2/11/2026 3:10:48 PM\r\n"
)
SHOWREPL = (
    b"Repadmin: running command /showrepl against full DC localhost\r\n"
    b"showrepl_COLUMNS,Destination DSA Site,Destination DSA,Naming Context,Source DSA Site,Source DSA,Transport Type,"
    b"Number of Failures,Last Failure Time,Last Success Time,Last Failure Status\r\n"
    b'showrepl_INFO,HAM,HSHPI220,"CN=Configuration,DC=internal",HAM,SADS055,RPC,0,0,2015-07-07 09:15:37,0\r\n'
)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="@\\"), min_size=1)


def test_an_up_to_dateness_vector_with_a_former_life_and_an_id():
    report = parse_utdvec(UTDVEC)
    assert report.faults == ()
    old, live, unnamed = report.items
    assert old == Vector("Default-First-Site-Name", "GC-2", True, 24580, "2026-02-10 15:10:48", 3)
    assert old.when == datetime(2026, 2, 10, 15, 10, 48)
    assert (live.retired, live.usn) == (False, 30000)
    assert (unnamed.site, unnamed.server, unnamed.when) == ("", "b1c2d3e4-0000-1111-2222-333344445555", None)


def test_links_between_domain_controllers():
    report = parse_showrepl(SHOWREPL + b"showrepl_ERROR,,DC9,,,,,,,,1722\r\n")
    assert report.faults == ()
    link, unreachable = report.items
    assert link[:7] == ("INFO", "HAM", "HSHPI220", "CN=Configuration,DC=internal", "HAM", "SADS055", "RPC")
    assert link[7:] == (0, "0", "2015-07-07 09:15:37", 0, 3)
    assert link.succeeded == datetime(2015, 7, 7, 9, 15, 37)
    assert (unreachable.status, unreachable.failures, unreachable.last_status) == ("ERROR", None, 1722)
    assert unreachable.succeeded is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_redirected_output_is_read_in_its_encoding(encoding):
    assert parse_utdvec(UTDVEC.decode().encode(encoding)).items == parse_utdvec(UTDVEC).items
    assert parse_showrepl(SHOWREPL.decode().encode(encoding)).items == parse_showrepl(SHOWREPL).items


@pytest.mark.parametrize(
    "line", [b"GC-2 @ USN x @ Time y", b"@ USN 1 @ Time y", b"GC-2 @ USN 1", b"DsBind failed: 1722"]
)
def test_a_line_that_is_no_vector_is_a_fault(line):
    report = parse_utdvec(UTDVEC + line + b"\r\nA\\B @ USN 1 @ Time 2\r\n")
    (fault,) = report.faults
    assert (fault.line, fault.span) == (6, (len(UTDVEC), len(UTDVEC) + len(line) + 2))
    assert len(report.items) == 4


@pytest.mark.parametrize(
    "line", [b"showrepl_INFO,1,2", b"showrepl_INFO" + b"," * 11, b"LDAP error 81", b'showrepl_I,"a\rb"']
)
def test_a_line_that_is_no_link_is_a_fault(line):
    report = parse_showrepl(SHOWREPL + line + b"\n")
    assert [fault.line for fault in report.faults] == [4]
    assert len(report.items) == 1


VECTORS = st.builds(Vector, st.just("") | TEXT, TEXT, st.booleans(), st.integers(0, 2**64 - 1), TEXT, st.just(0))
NUMBER = st.none() | st.integers(0, 9999)
LINKS = st.builds(
    Link, st.sampled_from(["INFO", "ERROR"]), TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, NUMBER, TEXT, TEXT, NUMBER, st.just(0)
)


@given(st.lists(VECTORS), st.lists(LINKS))
def test_what_is_written_is_read_again(vectors, links):
    vectors = [each for each in vectors if not each.server.endswith("(retired)")]
    report = parse_utdvec(build_utdvec(vectors))
    assert ([each._replace(line=0) for each in report.items], report.faults) == (vectors, ())
    found = parse_showrepl(build_showrepl(links))
    assert ([each._replace(line=0) for each in found.items], found.faults) == (links, ())


@given(st.binary(), st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"]))
def test_any_bytes_are_read(data, mark):
    data = mark + data
    for parse in (parse_utdvec, parse_showrepl):
        for fault in parse(data).faults:
            assert 0 <= fault.span.start <= fault.span.stop <= len(data)


def test_truncation_anywhere_is_read():
    for data, parse in ((UTDVEC, parse_utdvec), (SHOWREPL, parse_showrepl)):
        for size in range(len(data)):
            assert len(parse(data[:size]).items) <= 3


def test_times_are_read_year_first_only():
    assert moment("2026-02-10 15:10:48") == datetime(2026, 2, 10, 15, 10, 48)
    for other in ("", "0", "10/02/2026 15:10:48", "2026-13-10 15:10:48"):
        assert moment(other) is None


@pytest.mark.parametrize(
    "data",
    [
        b" " * 10**6 + b"x @ USN 1",
        b"x @ USN" + b" " * 10**6 + b"y",
        b"@ USN 1 @ Time " * 60_000,
        b"showrepl_" + b"a" * 10**6 + b"," * 10,
        b"showrepl_" + b"," * 10_000,
        b'showrepl_"' + b'"' * 10**6,
        b"\x00" * 10**6,
        b"\n" * 100_000,
        b"." * 10**6 + b"x",
        b"A\\B @ USN " + b"9" * 10**6 + b" @ Time x",
        b"\x1b[2J",
    ],
    ids=range(11),
)
def test_hostile_input_takes_time_in_proportion(data):
    started = time.process_time()
    parse_utdvec(data)
    parse_showrepl(data)
    assert time.process_time() - started < 10
