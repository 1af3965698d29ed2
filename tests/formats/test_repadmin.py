"""What repadmin prints: vectors and links, and the lines nobody understands."""

import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.formats import repadmin
from glbtools.formats.repadmin import (
    SHOWREPL_HEADER,
    UNREACHED,
    Link,
    Vector,
    moment,
    parse_showrepl,
    parse_utdvec,
    probe_showrepl,
    vector_tables,
)
from tests.formats.written import build_showrepl, build_utdvec

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
    assert link[7:12] == (0, "0", "2015-07-07 09:15:37", 0, 3)
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
UNTIMED = TEXT.filter(lambda text: not repadmin.is_time(text))
"""What looks like a time and is none is named, and has tests of its own."""
LINKS = st.builds(
    Link,
    st.sampled_from(["INFO", "ERROR"]),
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    NUMBER,
    UNTIMED,
    UNTIMED,
    NUMBER,
    st.just(0),
    st.none(),
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


# --- several vectors in one file --------------------------------------------------------------------------------------

BANNER = "Repadmin: running command /showutdvec against {} DC {}\r\n"
VECTOR_OF = (
    "Caching GUIDs.\r\n..\r\nS\\A @ USN 5 @ Time 2026-02-10 15:10:48\r\nS\\B @ USN 7 @ Time 2026-02-10 15:10:48\r\n"
)
BY_ID = "00000000-0000-0000-0000-00000000000{} @ USN {} @ Time 2026-02-10 15:10:48\r\n"


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        (VECTOR_OF, [None]),
        (BANNER.format("full", "a.example.com") + VECTOR_OF, ["a.example.com"]),
        (BANNER.format("full", "localhost") + VECTOR_OF, [None]),
        (BANNER.format("full", "192.0.2.7") + VECTOR_OF, [None]),
        (BANNER.format("full", "A") + VECTOR_OF + BANNER.format("read-only", "B") + VECTOR_OF, ["A", "B"]),
        (BANNER.format("full", "A") + VECTOR_OF + VECTOR_OF, ["A", None]),
        (VECTOR_OF + VECTOR_OF, [None, None]),
        (BANNER.format("full", "A") + BANNER.format("full", "B") + VECTOR_OF, ["B"]),  # the first could not be asked
        (BANNER.format("full", "A") + BY_ID.format(1, 5) + BANNER.format("full", "B") + BY_ID.format(1, 4), ["A", "B"]),
        (BY_ID.format(1, 5) + BY_ID.format(2, 5) + BY_ID.format(1, 4), [None, None]),  # the banners are gone
        ("", []),
    ],
)
def test_a_file_may_hold_several_vectors_each_under_a_banner(text, owners):
    tables = vector_tables(text.encode())
    assert [each.owner for each in tables] == owners
    assert [one for each in tables for one in each.items] == list(parse_utdvec(text.encode()).items)
    assert parse_utdvec(text.encode()).faults == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (VECTOR_OF, ["2 domain controllers"]),
        (VECTOR_OF + "S\\A @ USN 9 @ Time 2026-02-11 15:10:48\r\n", ["2 domain controllers", "3 lines"]),
        (
            VECTOR_OF + "S\\A (retired) @ USN 3 @ Time 2026-02-01 15:10:48\r\n",
            ["2 domain controllers", "3 lines", "1 of a former life"],
        ),
        (VECTOR_OF + VECTOR_OF, ["2 vectors", "2 domain controllers", "4 lines"]),
        (BY_ID.format(1, 5) + BY_ID.format(2, 5), ["2 invocation ids"]),
    ],
)
def test_servers_are_counted_and_not_lines(text, said):
    assert parse_utdvec(text.encode()).summary() == said


# --- links ------------------------------------------------------------------------------------------------------------


def test_links_that_powershell_has_quoted_are_read():
    quoted = b'#TYPE System.Management.Automation.PSCustomObject\r\n"' + b'","'.join(
        each.encode() for each in SHOWREPL_HEADER
    )
    fields = ("showrepl_INFO", "S", "DC1", "DC=x", "S", "DC2", "RPC", "3", "2026-02-10 15:00:00", "0", "-2146893022")
    row = ",".join(f'"{each}"' for each in fields).encode()
    report = parse_showrepl(quoted + b'"\r\n' + row + b"\r\n")
    assert report.faults == ()
    (link,) = report.items
    assert (link.server, link.failures, link.last_status, link.is_failing) == ("DC1", 3, -2146893022, True)


@pytest.mark.parametrize(
    ("row", "server", "status"),
    [
        (b"showrepl_ERROR,S,DC9,1722", "DC9", 1722),
        (b'showrepl_ERROR,,DC9,"LDAP error 81 (Server Down), status 58"', "DC9", 58),
        (b'showrepl_ERROR,S,DC9,"cannot connect (1722)"', "DC9", 1722),
        (b"showrepl_ERROR,S,DC9,it does not answer", "DC9", None),
        (b"showrepl_ERROR,S,DC9", "DC9", None),
    ],
)
def test_a_domain_controller_that_was_not_reached_is_a_link_that_fails(row, server, status):
    report = parse_showrepl(SHOWREPL + row + b"\r\n")
    assert report.faults == ()
    link = report.items[-1]
    assert (link.status, link.server, link.last_status, link.is_failing) == ("ERROR", server, status, True)


PRINTED = """North\\DC1
DSA Options: IS_GC
DSA object GUID: 00000000-0000-0000-0000-000000000001

==== INBOUND NEIGHBORS {bar}

DC=example,DC=com
    North\\DC2 via RPC
        DSA object GUID: 00000000-0000-0000-0000-000000000003
        Last attempt @ {good} was successful.
    South\\DC3 via RPC
        DSA object GUID: 00000000-0000-0000-0000-000000000004
        Last attempt @ {bad} failed, result 1722 (0x6ba):
            The RPC server is unavailable.
        32 consecutive failure(s).
        Last success @ {old}.

CN=Schema,CN=Configuration,DC=example,DC=com
    North\\DC2 via RPC
        Last attempt @ {good} was delayed for a normal reason, result 8461 (0x210d):
        Last success @ (never).

==== OUTBOUND NEIGHBORS FOR CHANGE NOTIFICATIONS ============

DC=example,DC=com
    North\\DC9 via RPC
        Last attempt @ NTTIME(0) was successful.

Source: South\\DC3
******* 32 CONSECUTIVE FAILURES since {old}
Last error: 1722 (0x6ba):
"""
GOOD, BAD, OLD = datetime(2026, 2, 10, 16, 48, 35), datetime(2026, 2, 10, 16, 47), datetime(2025, 10, 23, 9, 1, 2)


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %H:%M:%S", "%a %b %d %H:%M:%S %Y UTC",
     "%d. %m. %Y %H:%M:%S", "%Y/%m/%d %H:%M:%S"],
)  # fmt: skip
@pytest.mark.parametrize("bar", ["====", "======================================"])
def test_links_told_to_people_are_read_in_any_locale_that_can_be_told(form, bar):
    text = PRINTED.format(
        bar=bar, **{name: when.strftime(form) for name, when in (("good", GOOD), ("bad", BAD), ("old", OLD))}
    )
    for data in (text.encode(), text.replace("\n", "\r\n").encode("utf-16")):
        assert probe_showrepl(data)
        found = parse_showrepl(data)
        assert found.faults == ()
        assert [
            (each.server, each.source, each.context[:9], each.failures, each.last_status) for each in found.items
        ] == [
            ("DC1", "DC2", "DC=exampl", 0, 0),
            ("DC1", "DC3", "DC=exampl", 32, 1722),
            ("DC1", "DC2", "CN=Schema", 0, 0),
        ]
        assert [each.succeeded for each in found.items] == [GOOD, OLD, None]
        assert found.items[1].failed == BAD


def test_times_of_which_nothing_tells_the_day_are_said():
    row = "showrepl_INFO,S,A,DC=x,S,B,RPC,0,0,{},0\n"
    (fault,) = parse_showrepl(row.format("01/12/2025 9:00").encode()).faults
    assert "a time that cannot be told: 01/12/2025 9:00" in fault.message
    both = parse_showrepl((row.format("01/12/2025 9:00") + row.format("13/12/2025 9:00")).encode())
    assert both.faults == ()
    assert [each.succeeded for each in both.items] == [datetime(2025, 12, 1, 9), datetime(2025, 12, 13, 9)]
    against = parse_showrepl(
        (row.format("13/12/2025 9:00") + row.format("12/13/2025 9:00") + row.format("1/2/2025 9:00")).encode()
    )
    assert [each.succeeded for each in against.items] == [datetime(2025, 12, 13, 9), datetime(2025, 12, 13, 9), None]


FROM_SAMBA = """{
  "dsa": {
    "options": 1,
    "objectGUID": "1b61391c-9a88-41d4-afa1-335d21655590",
    "invocationId": "a67f0e28-8962-43e7-9f07-7141d4ef684a"
  },
  "repsFrom": [
    {
      "NC dn": "DC=glb,DC=example",
      "DSA objectGUID": "d21d6799-0d2c-4d2a-b43d-57e32747f086",
      "last attempt time": "Sun Nov 29 15:14:44 2026 UTC",
      "last attempt message": "failed, result 2 (WERR_FILE_NOT_FOUND)",
      "consecutive failures": 1,
      "last success": "Sun Nov 29 15:14:18 2026 UTC",
      "NTDS DN": "CN=NTDS Settings,CN=DC2,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration",
      "is deleted": false,
      "DSA": "Default-First-Site-Name\\\\DC2"
    },
    {
      "NC dn": "CN=Schema,CN=Configuration,DC=glb,DC=example",
      "DSA objectGUID": "d21d6799-0d2c-4d2a-b43d-57e32747f086",
      "last attempt time": "NTTIME(0)",
      "last attempt message": "was successful",
      "consecutive failures": 0,
      "last success": "NTTIME(0)",
      "is deleted": false,
      "DSA": "Default-First-Site-Name\\\\DC2"
    }
  ],
  "repsTo": [],
  "NTDSConnections": []
}
"""
"""As Samba 4.17 prints it."""


def test_links_that_samba_lists_for_programs_are_read(tmp_path, run):
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert probe_showrepl(FROM_SAMBA.encode(encoding))
        assert len(parse_showrepl(FROM_SAMBA.encode(encoding)).items) == 2
    found = parse_showrepl(FROM_SAMBA.encode())
    assert [(each.kind, each.line) for each in found.faults] == [("unused", 19)]
    assert [(each.source, each.context[:9], each.failures, each.last_status, each.line) for each in found.items] == [
        ("DC2", "DC=glb,DC", 1, 2, 8),
        ("DC2", "CN=Schema", 0, 0, 19),
    ]
    assert found.items[0].succeeded == datetime(2026, 11, 29, 15, 14, 18)
    (tmp_path / "links.json").write_text(FROM_SAMBA)
    done = run("diagnose", tmp_path)
    assert (done.status, "1 replication link fails with status 2" in done.out) == (1, True)


def test_a_list_of_links_for_programs_that_is_cut_off_or_has_another_shape_is_said(run, tmp_path):
    for number, text in enumerate(
        (FROM_SAMBA[:700], FROM_SAMBA.replace('"NC dn"', '"NC"'), FROM_SAMBA.replace(": 1,\n", ": -1,\n"))
    ):
        found = parse_showrepl(text.encode())
        assert len(found.faults) == 1, number
        (tmp_path / f"{number}.json").write_text(text)
        assert "not understood" in run("diagnose", tmp_path / f"{number}.json").out


NEIGHBOUR = """DC=x
    S\\DC2 via RPC
        DSA object GUID: 00000000-0000-0000-0000-000000000003
        Last attempt @ 2026-02-10 16:48:35 {outcome}
"""
HEADED = """Repadmin: running command /showrepl against full DC dc1.x
S\\DC1
DSA Options: {options}

==== INBOUND NEIGHBORS ======================================

"""


@pytest.mark.parametrize("cut", range(len("Last attempt @ 2026-02-10 16:48:35 failed, result 1722 (0x6ba)")))
def test_a_link_whose_outcome_is_cut_off_is_said_to_be_unknown_and_not_to_work(cut):
    text = HEADED.format(options="IS_GC") + NEIGHBOUR.format(outcome="failed, result 1722 (0x6ba):")
    found = parse_showrepl(text[: text.index("Last attempt") + cut].encode())
    (link,), (fault,) = found.items, found.faults
    assert (link.is_failing, fault.kind, fault.line) == (False, "outcome", link.line)


def test_an_attempt_that_a_mail_program_has_broken_over_two_lines_is_read():
    for outcome, failing in (("was \nsuccessful", False), ("\nfailed, result 1722 (0x6ba):", True)):
        found = parse_showrepl((HEADED.format(options="IS_GC") + NEIGHBOUR.format(outcome=outcome)).encode())
        assert ([each.is_failing for each in found.items], found.faults) == ([failing], ())


def test_a_link_in_another_language_is_said_not_to_be_understood():
    link = NEIGHBOUR.format(outcome="failed, result 1722 (0x6ba):").replace("Last attempt @", "Letzter Versuch am")
    (fault,) = parse_showrepl((HEADED.format(options="IS_GC") + link).encode()).faults
    assert fault.kind == "outcome"


def test_a_link_to_others_that_fails_is_told_by_its_source():
    text = HEADED.format(options="IS_GC") + NEIGHBOUR.format(outcome="was successful.")
    text += "\n==== OUTBOUND NEIGHBORS ====\n\nDC=x\n        S\\DC3 via RPC\n"
    failing = "                Last attempt @ Thu Oct 10 14:19:27 2013 CEST failed, result 2 (WERR_BADFILE)\n"
    failing += "                697593 consecutive failure(s).\n                Last success @ NTTIME(0)\n"
    (_, link) = parse_showrepl((text + failing).encode()).items
    assert (link.source, link.server, link.failures, link.last_status) == ("DC1", "DC3", 697593, 2)
    quiet = "                Last attempt @ NTTIME(0) was successful\n                0 consecutive failure(s).\n"
    found = parse_showrepl((text + quiet + "                Last success @ NTTIME(0)\n").encode())
    assert (len(found.items), found.faults) == (1, ())


def test_an_inbound_link_that_samba_has_never_used_is_said_to_be_so():
    text = HEADED.format(options="IS_GC") + NEIGHBOUR.format(outcome="was successful")
    (fault,) = parse_showrepl(text.replace("2026-02-10 16:48:35", "NTTIME(0)").encode()).faults
    assert fault.kind == "unused"


def test_a_source_that_is_only_in_the_list_of_failing_ones_is_a_link_that_fails():
    text = HEADED.format(options="IS_GC") + NEIGHBOUR.format(outcome="was successful.")
    text += "\nSource: T\\DC9\n******* 487 CONSECUTIVE FAILURES since 2026-01-06 01:50:57\nLast error: 1256 (0x4e8):\n"
    (_, link) = parse_showrepl(text.encode()).items
    assert (link.source, link.server, link.failures, link.last_status) == ("DC9", "DC1", 487, 1256)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("DsBindWithCred to dc3.x failed with status 1722 (0x6ba):\n    The RPC server is unavailable.\n", 1722),
        ("LDAP error 81 (Server Down) Win32 Err 58.\n", 58),
        ("Something else.\n", None),
    ],
)
def test_a_server_that_was_asked_and_not_reached_is_said(said, status):
    text = HEADED.format(options="IS_GC") + NEIGHBOUR.format(outcome="was successful.")
    found = parse_showrepl((text + "\nRepadmin: running command /showrepl against full DC dc3.x\n" + said).encode())
    unreached = [(each.server, each.last_status) for each in found.items if each.status == UNREACHED]
    assert unreached == ([("dc3.x", status)] if status else [])
    assert [each.message for each in found.faults] == (
        [] if status else ["nothing is printed of dc3.x, which was asked"]
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("IS_GC", None),
        ("IS_GC DISABLE_INBOUND_REPL DISABLE_OUTBOUND_REPL", "inbound and outbound"),
        ("0x00000001", None),
        ("0x00000003", "inbound"),
        ("0x00000005", "outbound"),
        ("IS_GC DISABLE_OUTBOUND_REPL IS_RODC", None),
        ("0x00000025", None),
    ],
)
def test_replication_that_is_switched_off_is_said_though_no_link_has_met_it(options, said):
    text = HEADED.format(options=options) + NEIGHBOUR.format(outcome="was successful.")
    expected = [f"{said} replication is switched off at DC1"] if said else []
    assert [each.message for each in parse_showrepl(text.encode()).faults] == expected


def test_a_time_of_a_vector_that_is_cut_off_is_said():
    (fault,) = parse_utdvec(b"S\\A @ USN 1000 @ Time 2026-02-1").faults
    assert fault.kind == "time"


@pytest.mark.parametrize("text", ["21/11/2569 17:03:15", "1448-06-20 17:03:15", "1405/09/08 17:03:15"])
def test_a_time_of_another_calendar_is_none(text):
    assert moment(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "21.11.2026 17.03.15", "21. 11. 2026 17:03:15", "2026-11-21T17:03:15", "11/21/2026 5:03:15\u202fPM",
        "2026/11/21 17:03:15",
    ],
)  # fmt: skip
def test_a_time_that_can_be_told_is_read_in_any_locale(text):
    assert moment(text) == datetime(2026, 11, 21, 17, 3, 15)


@pytest.mark.parametrize("text", ["21.11.2026 17.03:15", "2026-11-21 \uc624\ud6c4 5:03:15", "21-Nov-26 17:03:15"])
def test_a_time_that_cannot_be_told_is_none(text):
    assert moment(text) is None
