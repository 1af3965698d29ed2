"""Foreign requestors' messages and the subjects of sync messages."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.formats.message import (
    Subject,
    build_subject,
    parse_message,
    parse_subject,
    probe,
    probe_subject,
)

EXPORT = (
    b"[dirsync]\r\ntask=export\r\nreqname=PCM:net/po\r\ntransactions=inbody\r\n"
    b"[dirsync-transactions]\r\n1200 A Martin, Robert\tPCM:net/po/rmartin\r\n"
)
REQUEST = (
    b"[DIRSYNC]\r\nTASK=IMPORTREQ\r\nNAME=PCM:MACNET/MACPO\r\nTYPES=PCM|CSI|profs\r\nTEMPLATE=NO\r\n"
    b"SRVSEQ=0000000644\r\nTRANSACTIONS=INATTACHMENT\r\n"
)
REPLY = (
    b"[DIRSYNC-TRANSACTIONS]\r\n"
    b"0000000645 User Number 1                    PCM:NETWORK/POSTOFFICE/USER1\r\n"
    b"- Phone:/(206) 635-7022\r\n- FAX:/(206) 635-7022\r\n"
    b"0000000647 User Number 2                    PCM:NETWORK/POSTOFFICE/USER2\r\n"
)


def numbers(data):
    return [fault.number for fault in parse_message(data).faults]


def test_an_export_says_who_sends_what():
    message = parse_message(EXPORT)
    assert (message.task, message.requestor) == ("export", "PCM:net/po")
    (numbered,) = message.transactions
    assert (numbered.number, numbered.parsed.transaction.alias) == (1200, "Martin, Robert")
    assert message.faults == ()


def test_the_export_as_printed_lost_its_tab():
    assert numbers(EXPORT.replace(b"\tPCM", b" PCM")) == [23]


def test_an_import_request_keeps_its_keys_as_written_and_is_read_without_regard_to_case():
    message = parse_message(REQUEST)
    assert (message.task, message.requestor, message.types) == (
        "importreq",
        "PCM:MACNET/MACPO",
        ("PCM", "CSI", "profs"),
    )
    assert message.settings["srvseq"] == "0000000644"
    assert message.parts[1].key == "TASK"
    assert message.faults == ()


def test_the_reply_of_q118298_has_entries_without_codes():
    message = parse_message(REPLY)
    assert [(each.number, each.digits) for each in message.transactions] == [(645, "0000000645"), (647, "0000000647")]
    first = message.transactions[0].parsed.transaction
    assert (first.code, first.alias, len(first.template_data)) == ("", "User Number 1", 2)
    assert [(fault.number, fault.line) for fault in message.faults] == [(12, 2), (12, 5)]
    span = message.transactions[1].span
    assert REPLY[span.start : span.stop].startswith(b"0000000647 ")


def counts(subject: Subject) -> bool:
    """Whether the number of transactions is there with all its digits: at least a blank follows them."""
    return subject.sent is not None and subject.cut != "sent"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", [124]),
        (b"Hello\r\n", [124]),
        (b"task=export\r\n[dirsync]\r\ntask=export\r\n", [124]),
        (b"[dirsync]\r\n", [155]),
        (b"[dirsync]\r\ntask=dance\r\n", [155]),
        (b"[dirsync]\r\ntask=export\r\nno equals sign\r\n", [124]),
        (b"[dirsync]\r\ntask=export\r\ntransactions=inbody\r\n", [124]),
        (b"[dirsync]\r\ntask=export\r\ntransactions=inattachment\r\n", []),
        (b"[dirsync]\r\ntask=export\r\nmood=good\r\n", [None]),
        (b"[dirsync-transactions]\r\n", []),
        (b"[dirsync-transactions]\r\nA x\tPCM:NET/PO/X\r\n", [124]),
        (b"[dirsync-transactions]\r\n12345678901 A x\tPCM:NET/PO/X\r\n", [124]),
        (b"[dirsync-transactions]\r\n1 A x\tPCM:NET/PO\r\n", [19]),
        (b"[dirsync-transactions]\r\n1 X foo\r\n", [13]),
        (b"[dirsync-transactions]\r\n1 M a\tPCM:N/P/A\r\n  b\tPCM:N/P/B\r\n- t/v\r\n\r\n2 R PCM:N/P\r\n", []),
        (b"[dirsync]\r\ntask=export\r\n[dirsync]\r\n", [124]),
    ],
)
def test_a_message_has_exactly_its_faults(data, expected):
    assert numbers(data) == expected


def test_an_unknown_key_is_no_damage():
    (fault,) = parse_message(b"[dirsync]\ntask=export\nmood=good\n").faults
    assert (fault.kind, fault.damage, fault.line) == ("unknown-key", False, 3)


ROWS = st.sampled_from(
    [
        b"[dirsync]",
        b"[DIRSYNC-transactions]",
        b"task = export",
        b"x=",
        b"=",
        b"12 A x\tPCM:N/P/X",
        b"7 Bob PCM:N/P/B",
        b"- a/b",
        *(b"", b"  ", b"1", b"99999999999 R PCM:N/P", b"T", b" a~1~2~A~~", b"# c", b"\r"),
    ]
)


@given(st.one_of(st.binary(), st.lists(st.tuples(ROWS, st.sampled_from([b"\r\n", b"\n", b""])), max_size=12).map(
    lambda rows: b"".join(line + end for line, end in rows)
)))  # fmt: skip
def test_every_byte_string_comes_back_exactly(data):
    message = parse_message(data)
    assert message.build() == data
    for fault in message.faults:
        assert 0 <= fault.span.start <= fault.span.stop <= len(data)
        assert fault.line is None or fault.line == data.count(b"\n", 0, fault.span.start) + 1
    if probe(data):
        assert not any(fault.message.endswith("it does not start with [dirsync]") for fault in message.faults)


@pytest.mark.parametrize("data", [EXPORT, REQUEST, REPLY, b"\r\n[DirSync]\n"])
def test_messages_are_recognised(data):
    assert probe(data)


@pytest.mark.parametrize(
    "data", [b"", b"[section]\nkey=value\n", b"[dirsync] is a word\n", b"A x\tPCM:NET/PO/X", b"\x00"]
)
def test_other_texts_are_not(data):
    assert not probe(data)


# --- subjects ----------------------------------------------------------------------------------------------------

REAL = "SrvTx R=3 S=87298 (was 0), I=2 15603 sen"


def test_the_real_subject_is_cut_behind_a_count_that_is_whole():
    subject = parse_subject(REAL)
    assert subject == Subject("SrvTx", r=3, s=87298, s_was=0, imports=2, sent=15603, truncated=True)
    assert counts(subject)
    assert build_subject(subject) == REAL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "$SYSTEM ReqTx R=17 (was 12), S = 80, I = 1 5 sent",
            Subject("ReqTx", r=17, r_was=12, s=80, imports=1, sent=5),
        ),
        (
            "$SYSTEM SrvTx R=17 S=80 (was 71) I = 1 9 sent",
            Subject("SrvTx", r=17, s=80, s_was=71, imports=1, sent=9),
        ),
        ("REQTX R=17(was 12)....5 sent", Subject("ReqTx", r=17, r_was=12, sent=5)),
        ("SrvTx R=3 S=87298", Subject("SrvTx", r=3, s=87298)),
        ("Status report from POLYNOMIAL/MONTGOMERY", Subject("Status report", postoffice="POLYNOMIAL/MONTGOMERY")),
    ],
)
def test_every_form_in_print_is_read(text, expected):
    assert parse_subject(text) == expected
    assert probe_subject(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Directory Exchange Profile",
        "Status report",
        "Status report from the field",
        "ReqTx",
        "ReqTx R=",
        "ReqTx R=x(was y)....z sent",
        "ReqTx R=1 lunch?",
        "RE: ReqTx R=1 (was 0), S=1, I=1 1 sent",
        "ReqTx R=12345678901 (was 1)",
        "SrvTx R=1 S=2 (was 1",
        "SrvTx R=3 S=87298 (was 0), I=2 15603 se",
        "9" * 10**6,
    ],
)
def test_other_subjects_are_not(text):
    assert parse_subject(text) is None


NUMBER = st.integers(0, 4294967295)


@given(st.sampled_from(["ReqTx", "SrvTx"]), st.tuples(*[NUMBER] * 5))
def test_a_subject_is_read_back_as_far_as_it_fits(kind, numbers):
    r, was, s, imports, sent = numbers
    names = {"ReqTx": "r_was", "SrvTx": "s_was"}
    subject = Subject(kind, r=r, s=s, imports=imports, sent=sent, **{names[kind]: was})
    text = build_subject(subject)
    assert len(text) <= 40
    again = parse_subject(text)
    assert again.truncated == (not text.endswith("sent"))
    for name in ("r", "r_was", "s", "s_was", "imports", "sent"):
        value = getattr(again, name)
        if value is None:
            assert again.truncated or getattr(subject, name) is None
        elif name == again.cut:
            assert str(getattr(subject, name)).startswith(str(value))
        else:
            assert value == getattr(subject, name)
    if counts(again):
        assert again.sent == sent


def test_a_count_that_reaches_the_cut_is_not_reliable():
    text = "SrvTx R=3 S=872980 (was 0), I=2 15603123"
    assert len(text) == 40
    subject = parse_subject(text)
    assert (subject.sent, subject.cut, subject.truncated, counts(subject)) == (15603123, "sent", True, False)


def test_a_count_with_nothing_behind_it_is_not_reliable():
    subject = parse_subject("SrvTx R=3 S=87298 (was 0), I=2 156")
    assert (subject.sent, subject.truncated, counts(subject)) == (156, False, False)


@given(st.text(alphabet="ReqSrvTx =(was),I.0123456789sent", max_size=45).map("SrvTx R=1".__add__))
def test_no_text_makes_the_reader_fail(text):
    parse_subject(text)


def test_a_long_message_takes_time_in_proportion():
    for line in (b"1 R PCM:N/P\n", b"1 x\n\n\n", b"\n", b"- a/b\n", b"1 A " + b" " * 5000 + b"\n"):
        data = b"[dirsync-transactions]\n" + line * (60_000 // len(line))
        started = time.process_time()
        assert parse_message(data).build() == data
        assert time.process_time() - started < 5  # a quadratic reader would take minutes
