from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.binary.span import Region, Span, tile
from glbtools.errors import UsageError
from glbtools.formats import logs, messages

PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared" / "evidence" / "published"


def published(name: str) -> bytes:
    path = PUBLISHED / name
    if not path.exists():
        pytest.skip(f"the published evidence {name} is not beside this checkout")
    return path.read_bytes()


def line_of(text: str) -> logs.LogLine:
    (line,) = logs.parse_log(text.encode("cp850")).lines
    return line


STAMP = "03/13/96 15:27:04 | "
WHEN = datetime(1996, 3, 13, 15, 27, 4)

# Coded and text form of the same messages (Q149271, Q118447, Q148364).
ATTESTED = [
    ("1 167 PCM,SNADS,X400,SMTP", "Status       Server updates requested for address types: PCM,SNADS,X400,SMTP"),
    ("1 171", "Status       No requestor updates to send"),
    ("1 105 0", "Status       Requestor updates received: 0"),
    ("1  -1 Import is finished.", "Status       Import is finished."),
    ("1  -1 Number of entries in GAL:      136", "Status       Number of entries in GAL:      136"),
    ("1  -1", "Status"),
]
# The same rule on messages that are published in text form only.
DERIVED = [
    (r"2   7 M:USR\IMPORT.USR", r"Fatal  [  7] Error renaming file: M:USR\IMPORT.USR"),
    ("2  39 Allocating unique ID.", "Fatal  [ 39] Error generating TID. Allocating unique ID."),
    ("2  40 REQTRANS", "Fatal  [ 40] Possible database corruption detected: REQTRANS"),
    ("2 113 NET/PO/$SYSTEM", "Fatal  [113] Failure to send mail to NET/PO/$SYSTEM"),
    ("2 118", "Fatal  [118] Transaction limit reached"),
    ("2 159 PCM:NET/PO", "Fatal  [159] Failure to send update mail to requestors PCM:NET/PO"),
    ("2 161", "Fatal  [161] Server configuration busy"),
    ("2 202", "Fatal  [202] No Valid Postoffice found."),
    ("2  -1   FLAG.GLB is locked open.", "Fatal  [   ]   FLAG.GLB is locked open."),
    ("1 104", "Status       Requestor process failed."),
    ("1 106 3", "Status       ReqTx send 3 updates"),
]


@pytest.mark.parametrize(("coded", "text"), ATTESTED + DERIVED)
def test_coded_and_text_form_give_each_other(coded: str, text: str) -> None:
    assert logs.to_text(line_of(STAMP + coded)) == STAMP + text
    assert logs.to_coded(line_of(STAMP + text)) == STAMP + coded


@pytest.mark.parametrize(("coded", "text"), ATTESTED + DERIVED)
def test_both_forms_of_a_message_say_the_same(coded: str, text: str) -> None:
    one, other = line_of(STAMP + coded), line_of(STAMP + text)
    assert (one.form, other.form) == ("coded", "text")
    assert (one.moment, one.severity, one.code, one.argument) == (
        other.moment,
        other.severity,
        other.code,
        other.argument,
    )


def test_the_published_pair_of_logs_shows_one_run() -> None:
    coded, text = (logs.parse_log(published(f"q149271/{name}.LOG")) for name in ("DSSERVER", "DIRSYNC"))
    assert (coded.form, text.form) == ("coded", "text")
    assert not coded.faults + text.faults
    assert set(logs.as_coded(text)) <= {line.raw for line in coded.lines}
    assert {line.raw for line in text.lines} <= set(logs.as_text(coded))
    assert [line.code for line in coded.lines] == [None, 167, 171, None, 105, None, None, None, None, None]
    assert coded.lines[-1].text == "" and coded.lines[-1].unnumbered
    assert coded.lines[-1].moment == datetime(1996, 3, 13, 15, 34, 17)


def test_the_published_t1_without_reqtrans_is_read_without_time_stamps() -> None:
    log = logs.parse_log(published("q119017/DIRSYNC.LOG"))
    assert [(line.severity, line.code, line.argument) for line in log.lines] == [
        ("Status", None, None),
        ("Warning", 2, "REQTRANS"),
        ("Fatal", 40, "REQTRANS"),
        ("Warning", 152, None),
        ("Status", 104, None),
    ]
    assert all(line.moment is None and line.moment_note == "" for line in log.lines)


def test_the_published_hole_at_the_server_keeps_its_numbers() -> None:
    first, second, third = logs.parse_log(published("q108067/DIRSYNC.LOG")).lines
    assert (first.severity, first.code, first.unnumbered, first.text) == ("Error", None, True, "PCM:Net/PO")
    assert (second.code, second.argument) == (138, "0")
    assert (third.code, third.argument) == (139, "1300 (0->1299)")


# Lines as articles print them.
SHAPES = [
    ("03/22/94 15:43:45 | Warning[ 27] Alias already exists Doe, John D", "text", "Warning", 27, "Doe, John D"),
    ("06/12/95 16:52:14 | Status Microsoft (R) Mail Import V3.2a", "text", "Status", None, None),
    (r"06/12/95 16:52:23 | Fatal [ 7] Error renaming file: M:INF\IMPORT.INF", "text", "Fatal", 7, r"M:INF\IMPORT.INF"),
    ("07/31/95 05:06:45 | Status", "text", "Status", None, None),
    ("Error [ 129] Could not find the specified sync number PCM:Net/PO", "text", "Error", 129, "PCM:Net/PO"),
    ("Fatal 159 Failure to send update mail to requestors PCM:Net/PO", "text", "Fatal", 159, "PCM:Net/PO"),
    ("Error 156 Invalid Dirsync password from PCM:NET/PO", "text", "Error", 156, "PCM:NET/PO"),
    ("Warning[8] Error deleting file: N/P/$SYSTEM", "text", "Warning", 8, "N/P/$SYSTEM"),
    ("Error [ 081] Error Message #81 is not defined NAME N/P", "text", "Error", 81, "NAME N/P"),
    ("[ 081] Error Message #81 is not defined NAME N/P", "text", "", 81, "NAME N/P"),
    ("FATAL [202] No Valid Postoffice found.", "text", "Fatal", 202, None),
    ('# "03/13/96 15:27:04 | 1 171', "coded", "Status", 171, None),
    ('"03/13/96 15:27:04 | 1 171"', "coded", "Status", 171, None),
    ("3/1/96 5:27 | 1 -1 Import is finished.", "coded", "Status", None, None),
    ("03/13/96 15:27:04|1 171", "coded", "Status", 171, None),
    ("03/13/96 15:27:04 | 3 154 NET/PO/X", "coded", "severity 3 (not documented)", 154, "NET/PO/X"),
    ("03/13/96 15:27:04 | 1  -1 Requestor process failed.", "coded", "Status", 104, None),
    ("01/01/100 10:50:31 | Status  Report from NET/PO/$SYSTEM", "report", "Status", None, None),
    (r"INST1 02/02/96 13:18 Checking the process table on NET1\PO1", "dispatch", "", None, None),
    ('INST1  02/02/96  13:18 "NSDA - RT" terminated abnormally with exit code 65', "dispatch", "", None, None),
    ('02/02/96 13:18 Running "NSDA -RT"', "dispatch", "", None, None),
    ("[13:13] Home postoffice is: h", "dispatch", "", None, None),
    (" \t", "blank", "", None, None),
    ("\x1a\0\0", "blank", "", None, None),
    # Not ours: PODIAG.LOG, SENT.LOG, SESSION.LOG, IMPORT's console, an unknown word, prose.
    ("Error 161 Detected file (REQTRANS.GLB) missing.", "unparsed", "", None, None),
    ("05/17/96 09:39  1239  NETWORK/REMOTEPO/ADMIN NETWORK/LOCALPO/ADMIN", "unparsed", "", None, None),
    ("Cactus     31-12-99 23:52 From: BENSNET/TEAZLE", "unparsed", "", None, None),
    ("12 IMPORT: Error [12] Invalid character in column 1", "unparsed", "", None, None),
    ("03/13/96 15:27:04 | Erreur", "unparsed", "", None, None),
    ("03/13/96 15:27:04 | 1 12345", "unparsed", "", None, None),
    ("Errors were found.", "unparsed", "", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "form", "severity", "code", "argument"), SHAPES)
def test_a_line_is_known_by_its_shape(
    text: str, form: str, severity: str, code: int | None, argument: str | None
) -> None:
    line = line_of(text)
    assert (line.form, line.severity, line.code, line.argument) == (form, severity, code, argument)
    assert line.raw == text


@pytest.mark.parametrize(
    ("stamps", "moment", "note"),
    [
        (["03/13/96 15:27:04"], WHEN, ""),
        (["12/31/80 00:00:00"], datetime(1980, 12, 31), ""),
        (["01/01/00 10:50:31"], datetime(2000, 1, 1, 10, 50, 31), ""),
        (["01/01/100 10:50:31"], datetime(2000, 1, 1, 10, 50, 31), "year written as 100 means 2000"),
        (["01/01/101 10:50:31"], datetime(2001, 1, 1, 10, 50, 31), "year written as 101 means 2001"),
        (["01/01/2001 10:50:31"], datetime(2001, 1, 1, 10, 50, 31), ""),
        (["01/01/45 10:50:31"], datetime(2045, 1, 1, 10, 50, 31), "two-digit year 45 read as 2045"),
        (["03/13/96 15:27"], datetime(1996, 3, 13, 15, 27), "seconds not written"),
        (["13/45/96 15:27:04"], None, "13/45/96 15:27:04 is no date and time"),
        (["02/30/96 15:27"], None, "02/30/96 15:27 is no date and time"),
        (["03/13/96 24:00:00"], None, "03/13/96 24:00:00 is no date and time"),
        (["03/13/0000 14:00:00"], None, "03/13/0000 14:00:00 is no date and time"),
    ],
)
def test_a_time_stamp_means_what_the_programs_mean(stamps: list[str], moment: datetime | None, note: str) -> None:
    line = line_of(f"{stamps[0]} | 1 171")
    assert (line.form, line.moment, line.moment_note) == ("coded", moment, note)


@pytest.mark.parametrize(
    ("stamps", "year"),
    [
        (["01/02/10"], 2010),
        (["03/13/96", "01/02/10"], 2010),
        (["12/31/99", "01/02/10"], 2000),
        (["12/31/99", "01/02/10", "05/02/10", "12/31/10", "01/03/10"], 2001),
        (["06/01/103", "06/02/10"], 2003),
        (["06/02/103", "06/01/10"], 2003),
        (["12/31/109", "01/01/11"], 2010),
        (["12/31/119", "01/01/12"], 2020),
        (["12/31/09", "01/01/10"], 2010),
        (["12/31/09", "01/01/10", "01/01/11"], 2011),
        (["12/31/09", "01/01/12"], 2012),
    ],
)
def test_a_year_that_lost_its_unit_is_read_as_the_lines_before_it_allow_and_never_without_doubt(
    stamps: list[str], year: int
) -> None:
    data = "".join(f"{stamp} 10:00:00 | 1 171\r\n" for stamp in stamps).encode()
    last = logs.parse_log(data).lines[-1]
    assert last.moment is not None
    assert last.moment.year == year
    assert "with the unit lost" in last.moment_note
    assert f"read as {year}" in last.moment_note


CENTRAL = (
    "01/01/100 10:50:31 | Status  Report from NET/ONE/$SYSTEM\r\n"
    "12/31/99 15:27:08 | 1 171\r\n"
    "01/01/100 10:50:32 | Status  Report from NET\\TWO\\$SYSTEM\r\n"
    "12/30/99 15:27:08 | 2 113 NET/SRV/$SYSTEM\r\n"
)


def test_a_block_of_central_log_belongs_to_the_requestor_of_the_header_above_it() -> None:
    log = logs.parse_log(CENTRAL.encode())
    assert [line.postoffice for line in log.lines] == ["NET/ONE", "NET/ONE", "NET/TWO", "NET/TWO"]
    assert log.form == "coded"
    assert logs.as_coded(log) == CENTRAL.splitlines()
    assert logs.as_text(log)[3] == "12/30/99 15:27:08 | Fatal  [113] Failure to send mail to NET/SRV/$SYSTEM"


def test_every_block_of_central_log_may_come_from_another_build() -> None:
    header = CENTRAL.splitlines()[0]
    data = f"{header}\n12/31/09 10:00:00 | 1 171\n{header}\n01/01/10 10:00:00 | 1 171\n".encode()
    last = logs.parse_log(data).lines[-1]
    assert last.moment is not None
    assert last.moment.year == 2000


def test_a_dispatch_line_belongs_to_the_postoffice_its_instance_polls() -> None:
    data = (
        b"02/02/96 13:17 Permanent drives: H\r\n"
        b"ONE 02/02/96 13:18 Checking the process table on NET\\A\r\n"
        b"TWO 02/02/96 13:18 Checking the process table on NET/B\r\n"
        b"ONE 02/02/96 13:19 Running NSDA - RT\r\n"
        b'TWO 02/02/96 13:19 "NSDA - S" terminated normally with exit code 64\r\n'
    )
    log = logs.parse_log(data)
    assert log.form == "dispatch"
    assert [line.instance for line in log.lines] == ["", "ONE", "TWO", "ONE", "TWO"]
    assert [line.postoffice for line in log.lines] == ["", "NET/A", "NET/B", "NET/A", "NET/B"]


def test_the_form_of_a_log_is_the_form_of_most_of_its_lines() -> None:
    coded, text, dispatch = STAMP + "1 171\n", STAMP + "Status x\n", "02/02/96 13:18 Running\n"
    forms = {
        "": "empty",
        "\r\n\r\n": "empty",
        "prose\n": "empty",
        coded * 2 + text: "coded",
        text * 2 + coded: "text",
        dispatch * 2 + coded: "dispatch",
        coded + text: "mixed",
        coded + text + dispatch: "mixed",
        "Status Report from NET/PO/$SYSTEM\n": "text",
    }
    assert {data: logs.parse_log(data.encode()).form for data in forms} == forms


WRAPPED = (
    f"{STAMP}Status       Server updates requested for address\r\n"
    "types: PCM,SNADS,X400,SMTP\r\n"
    f"{STAMP}1  -1 Microsoft (R) Mail GAL Rebuild Utility Version\r\n"
    "      3.5\r\n"
    f"{STAMP}Fatal  [159] Failure to send update mail to requestors\r\n"
    "\r\n"
    "PCM:NET/PO"
).encode()


def test_wrapped_lines_are_kept_as_they_are_and_read_together() -> None:
    log = logs.parse_log(WRAPPED)
    assert log.build() == WRAPPED
    assert [line.form for line in log.lines] == [
        "text", "continuation", "coded", "continuation", "text", "blank", "continuation",
    ]  # fmt: skip
    requested, banner, failure, blank = log.joined
    assert (requested.code, requested.argument) == (167, "PCM,SNADS,X400,SMTP")
    assert (requested.moment, requested.number) == (WHEN, 1)
    assert requested.span == Span(log.lines[0].span.start, log.lines[1].span.stop)
    assert logs.to_coded(requested) == f"{STAMP}1 167 PCM,SNADS,X400,SMTP"
    assert banner.text == "Microsoft (R) Mail GAL Rebuild Utility Version 3.5"
    assert (failure.code, failure.argument) == (159, "PCM:NET/PO")
    assert blank.form == "blank"


@pytest.mark.parametrize(
    ("said", "step", "event", "code"),
    [
        ('Running "NSDA -RT"', "T1", "run", None),
        ("Running NSDA -S for NET\\PO", "T2", "run", None),
        ('"NSDA -RR" terminated normally, exit code 64', "T3", "end", 64),
        ('"NSDA -S" terminated abnormally. exit code -1', "T2", "end", -1),
        ('"NSDA -S" missed its run window', "T2", "missed", None),
        ("Failure while accessing the process table", "", "table", None),
        ("Checking the process table on NET\\PO", "", "", None),
        ('Running "NSDX -RT"', "", "", None),
    ],
)
def test_a_line_of_dispatch_tells_a_step_and_what_became_of_it(said: str, step: str, event: str, code: int) -> None:
    line = line_of(f"INST1 02/02/96 13:18 {said}")
    assert (line.form, line.step, line.event, line.exit_code) == ("dispatch", step, event, code)


@pytest.mark.parametrize(
    ("text", "step", "event"),
    [
        ("1 106 3", "T1", "reported"),
        ("1 171", "T1", "reported"),
        ("1 105 0", "T3", "reported"),
        ("Status  Report from NET/PO/$SYSTEM", "T2", "reported"),
        ("1 167 PCM", "", ""),
    ],
)
def test_a_program_reports_that_its_step_ran(text: str, step: str, event: str) -> None:
    line = line_of(STAMP + text)
    assert (line.step, line.event) == (step, event)


def test_a_requestor_without_a_message_is_named_by_the_line_that_says_so() -> None:
    line = line_of(f"{STAMP}Status       No Tasks From Requestor: PCM:NET/PO")
    assert (line.step, line.event, line.address) == ("T1", "late", "NET/PO")


def test_the_neighbours_of_a_line_tell_its_program_its_sitting_and_whom_it_is_about() -> None:
    log = logs.parse_log(
        b"03/13/96 15:00:00 | 1 -1 Microsoft (R) mail dirsync requestor v3.2\r\n"
        b"03/13/96 15:00:01 | 1 106 3\r\n"
        b"03/13/96 17:00:00 | 1 -1 PCM:NET/PO\r\n"
        b"03/13/96 17:00:01 | 3 138 17\r\n"
        b"03/13/96 17:00:02 | 3 139 3 (17->20)\r\n"
    )
    assert [each.program for each in log.joined] == ["REQMAIN", "REQMAIN", "SRVMAIN", "SRVMAIN", "SRVMAIN"]
    assert [each.sitting for each in log.joined] == [0, 0, 1, 1, 1]
    assert [each.about for each in log.joined] == ["", "", "NET/PO", "NET/PO", "NET/PO"]
    assert (log.joined[3].asked, log.joined[4].missing) == (17, ("3 (17->20)", 17, 20))


def test_joining_keeps_what_the_lines_before_settled() -> None:
    data = f"12/31/99 10:00:00 | 1 171\n{CENTRAL.splitlines()[0]}\n01/02/10 10:00:00 | 1  -1 a\nb\n".encode()
    log = logs.parse_log(data)
    last = log.joined[-1]
    assert last.text == "a b"
    assert (last.moment, last.moment_note, last.postoffice) == (
        log.lines[2].moment,
        log.lines[2].moment_note,
        "NET/ONE",
    )


def test_prose_behind_a_message_does_not_count_as_its_continuation_for_ever() -> None:
    log = logs.parse_log((f"{STAMP}1 171\n" + "prose\n" * 10).encode())
    forms = [line.form for line in log.lines]
    assert forms == ["coded"] + ["continuation"] * logs.MAX_CONTINUATION + ["unparsed"] * (10 - logs.MAX_CONTINUATION)


@pytest.mark.parametrize(
    "text",
    [
        "Warning[152] Failure to transmit requestor updates",
        "Error  [138] Server sync does not exist anymore (0)",
        "Error  [   ] PCM:NET/PO",
        "Fatal  [ 40] Une autre langue: REQTRANS",
        "Fatal  [  3] A number nobody attests",
    ],
)
def test_a_text_line_whose_coded_form_is_not_documented_gets_none(text: str) -> None:
    line = line_of(STAMP + text)
    assert line.form == "text"
    assert logs.to_coded(line) is None
    assert logs.as_coded(logs.parse_log((STAMP + text).encode())) == [STAMP + text]


def test_other_forms_have_no_coded_or_text_twin() -> None:
    for raw in (CENTRAL.splitlines()[0], "INST1 02/02/96 13:18 Running NSDA", "prose", ""):
        log = logs.parse_log(f"{raw}\n".encode())
        assert logs.to_coded(log.lines[0]) is None
        assert logs.as_text(log) == logs.as_coded(log) == [raw]


def test_a_severity_that_is_not_documented_is_shown_as_such() -> None:
    line = line_of(f"{STAMP}3 152")
    assert (line.severity, line.severity_digit) == ("severity 3 (not documented)", 3)
    assert logs.to_text(line) == f"{STAMP}severity 3 (not documented)[152] Failure to transmit requestor updates"


def test_a_time_stamp_is_converted_as_it_is_written() -> None:
    assert logs.to_text(line_of('"01/01/100 10:50:31 |  1 171')) == (
        "01/01/100 10:50:31 | Status       No requestor updates to send"
    )


def test_unparsed_lines_are_remarks_and_not_damage() -> None:
    log = logs.parse_log(b"prose\r\n03/13/96 15:27:04 | Notice\r\n")
    assert [(fault.kind, fault.damage, fault.line, fault.span) for fault in log.unparsed] == [
        ("line-unparsed", False, 1, Span(0, 7)),
        ("line-unparsed", False, 2, Span(7, 35)),
    ]
    assert log.lines[1].moment == WHEN


def test_written_lines_are_read_as_meant() -> None:
    coded = line_of(logs.coded_line(WHEN, 1, 167, "PCM"))
    assert (coded.raw, coded.moment) == ("03/13/96 15:27:04 | 1 167 PCM", WHEN)
    text = line_of(logs.text_line(WHEN, "Warning", 27, "Alias already exists Doe, John D"))
    assert text.raw == "03/13/96 15:27:04 | Warning[ 27] Alias already exists Doe, John D"
    report = line_of(logs.report_line("01/01/100 10:50:31", "NET/PO"))
    assert (report.raw, report.postoffice) == ("01/01/100 10:50:31 | Status  Report from NET/PO/$SYSTEM", "NET/PO")
    dispatch = line_of(logs.dispatch_line("INST1", WHEN, "Running NSDA - RT"))
    assert (dispatch.form, dispatch.instance, dispatch.text) == ("dispatch", "INST1", "Running NSDA - RT")
    assert line_of(logs.dispatch_line("", WHEN, "Running NSDA - RT")).form == "dispatch"


def test_characters_outside_the_code_page_cannot_be_written() -> None:
    line = logs.LogLine(1, 0, 1, "\u20ac", "\n", form="unparsed")
    with pytest.raises(UsageError, match="code page 850"):
        logs.Log((line,), (), "empty").build()


def test_hostile_bytes_stay_data() -> None:
    data = f"{STAMP}1  -1 \x1b[2J\x1b]0;x\x07\x9b\r\n".encode("latin-1")
    log = logs.parse_log(data)
    assert "\x1b[2J\x1b]0;x\x07" in log.lines[0].text
    assert log.build() == data
    hostile = logs.parse_log(b"\x1b[2J")
    assert "\x1b" not in hostile.faults[0].message


@pytest.mark.parametrize(
    "data",
    [
        b" " * 10**6,
        b"1" * 10**6,
        b'"#' * 500_000,
        STAMP.encode() + b"Fatal [" + b" " * 10**6,
        STAMP.encode() + b"Fatal [" + b"1 " * 500_000,
        STAMP.encode() + b"1 105" + b" " * 10**6 + b"x",
        b"03/13/96" + b" " * 10**6,
        b"03/13/96 15:27 Checking the process table on " + b" " * 10**6,
        b"Status Report from " + b"a/" * 500_000,
        b"[" + b" " * 10**6,
        b"\r" * 10**6,
        b"Requestor updates received:" * 40_000,
    ],
    ids=range(12),
)
def test_huge_lines_are_read_in_linear_time(data: bytes) -> None:
    start = time.perf_counter()
    log = logs.parse_log(data)
    logs.as_text(log)
    logs.as_coded(log)
    logs.probe(data)
    assert time.perf_counter() - start < 2
    assert log.build() == data


PUBLISHED_LOGS = ["q149271/DSSERVER.LOG", "q149271/DIRSYNC.LOG", "q119017/DIRSYNC.LOG", "q108067/DIRSYNC.LOG"]


@pytest.mark.parametrize("name", PUBLISHED_LOGS)
def test_published_logs_are_logs(name: str) -> None:
    data = published(name)
    assert logs.probe(data)
    assert logs.parse_log(data).build() == data


@pytest.mark.parametrize(
    "name",
    ["polynomial/listds-r.txt", "polynomial/listds-s.txt", "polynomial/listq-reqtrans.txt", "q162841/subject.txt"],
)
def test_other_published_output_is_no_log(name: str) -> None:
    assert not logs.probe(published(name))


@pytest.mark.parametrize(
    "data",
    [
        CENTRAL.encode(),
        WRAPPED,
        b"01/01/100 10:50:31 | Status  Report from NETWORK/POSTOFFICE/$SYSTEM",
        b"\r\n03/13/96 15:27:08 | 1 171\r\n\x1a",
        b"INST1 02/02/96 13:18 Checking the process table on NET1\\PO1\r\nINST1 02/02/96 13:18 Running NSDA - RT\r\n",
        b"Fatal 159 Failure to send update mail to requestors PCM:Net/PO",
        b"Status Microsoft (R) Mail Import v3.2\nError [45] File error sorting queue: USRTRANS\nStatus Import",
        (STAMP + "1 171\r\n").encode() * 10_000,
    ],
    ids=range(8),
)
def test_logs_are_recognised(data: bytes) -> None:
    assert logs.probe(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 1000,
        bytes(range(256)) * 4,
        b"Status report from NET/PO",
        b"Status of the project: late\nError budgets are used up\n",
        b"Warning [1] is a reference\n",
        b"[1] Smith, On Logs. 1996.\n",
        b"03/13/96 15:27 Lunch with Bryan\n",
        b"COMMAND  COM     54,619 03/10/93   6:00a\n",
        b"[dirsync]\ntask=export\nreqname=PCM:net/po\ntransactions=inbody\n",
        b"$SYSTEM ReqTx R=R# (was r#), S = S#, I = I# ## sent\n",
        b"Error 161 Detected file (REQTRANS.GLB) missing.\nUser    0 Pressed \"Yes\"\n",
        b"05/17/96 09:39  1239  NETWORK/REMOTEPO/ADMIN NETWORK/LOCALPO/ADMIN        * 00000306\n",
        b"Cactus     31-12-99 23:52 From: BENSNET/TEAZLE\n",
        b"int main(void) {\n    return 0; // Error [1] bad\n}\n",
        b"An article that quotes a line\n\n03/13/96 15:27:08 | 1 171\n\nand says\nmuch\nmore.\n",
        Path(logs.__file__).read_bytes(),
        Path(__file__).read_bytes(),
    ],
    ids=range(18),
)  # fmt: skip
def test_other_content_is_not_taken_for_a_log(data: bytes) -> None:
    assert not logs.probe(data)


def test_probing_looks_at_the_beginning_only() -> None:
    log = (STAMP + "1 171\r\n").encode()
    assert not logs.probe(b"prose\n" * 20_000 + log * 100_000)
    assert logs.probe(log * 5_000 + b"prose\n" * 200_000)


def check_invariants(data: bytes) -> None:
    log = logs.parse_log(data)
    assert log.build() == data
    regions = [Region(line.span, "line") for line in log.lines]
    assert tile(regions, len(data)) == regions
    assert [line.number for line in log.lines] == list(range(1, len(log.lines) + 1))
    assert [fault.line for fault in log.unparsed] == [line.number for line in log.lines if line.form == "unparsed"]
    assert len(logs.as_text(log)) == len(logs.as_coded(log)) == len(log.joined)
    assert all(line.form != "continuation" for line in log.joined)
    assert isinstance(logs.probe(data), bool)
    for line in log.lines:
        assert "\n" not in line.raw
        assert line.code != messages.UNNUMBERED
        if line.form == "coded" and "unit lost" not in line.moment_note:
            assert line_of(logs.to_text(line)).moment == line.moment


@given(st.binary())
def test_any_bytes_come_back_exactly(data: bytes) -> None:
    check_invariants(data)


LINE = st.sampled_from([shape[0] for shape in SHAPES] + [STAMP + pair[0] for pair in ATTESTED])
END = st.sampled_from(["\r\n", "\n", "", "\r", "\x1a", "\r\r\n"])


@given(st.lists(st.tuples(LINE, END), max_size=12), st.data())
def test_mutated_logs_come_back_exactly(lines: list[tuple[str, str]], data: st.DataObject) -> None:
    content = bytearray("".join(raw + end for raw, end in lines).encode("cp850"))
    for _ in range(data.draw(st.integers(0, 4))):
        if content:
            position = data.draw(st.integers(0, len(content) - 1))
            content[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    check_invariants(bytes(content))


@given(
    st.sampled_from([1, 2]),
    st.sampled_from(sorted({row.code for row in messages.catalogue()})),
    st.from_regex(r"[A-Za-z0-9:/$\\.(){}]{1,20}", fullmatch=True),
)
def test_documented_severities_survive_the_way_to_text(digit: int, code: int, argument: str) -> None:
    coded = logs.coded_line(WHEN, digit, code, argument)
    text = line_of(logs.to_text(line_of(coded)))
    assert text.form == "text"
    assert text.severity == logs.SEVERITIES[digit]
    if digit == 2:
        assert text.code == (None if code == messages.UNNUMBERED else code)
        assert logs.to_coded(text) is not None


@pytest.mark.parametrize("lines", [10, 4_000])
def test_a_log_that_is_recognised_and_then_read_has_each_of_its_lines_read_once(monkeypatch, lines: int) -> None:
    data = b"".join(b"03/13/96 15:%02d:04 | 1 106 %d\r\n" % (each % 60, each) for each in range(lines))
    assert (len(data) > logs.PROBE_SIZE) == (lines > 10)
    read: list[int] = []
    of_line = logs._Reader.read
    monkeypatch.setattr(logs._Reader, "read", lambda self, place: read.append(place[0]) or of_line(self, place))
    assert logs.probe(data)
    found = logs.parse_log(data)
    assert read == list(range(1, lines + 1))
    assert [each.number for each in found.lines] == read
    assert found.build() == data


def test_the_lines_behind_what_is_probed_know_those_before_them() -> None:
    heading = b"01/01/96 10:50:31 | Status  Report from NET/EAST/$SYSTEM\n"
    data = heading + b"01/01/96 10:51:00 | 1 106 5\n" * 3_000 + b"02/01/10 10:51:00 | 1 106 5\n"
    assert len(data) > logs.PROBE_SIZE
    assert logs.probe(data)
    found = logs.parse_log(data)
    assert {each.postoffice for each in found.lines} == {"NET/EAST"}
    assert "no line before it speaks for another year" in found.lines[-1].moment_note
    assert logs.parse_log(data) == found
