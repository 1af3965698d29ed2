from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools import inspect, inspect_bytes, layouts
from glbtools.binary import layout
from glbtools.binary.span import Span, tile
from glbtools.binary.tree import Node
from glbtools.errors import FileAccessError, UnknownFormatError, UsageError
from glbtools.evidence.network import collect
from glbtools.formats import config, listing, queue
from glbtools.formats.config import ReqConfFile
from glbtools.formats.cursors import Cursor
from glbtools.formats.registry import DIRSYNC, FORMATS, SIBLINGS, Inspection
from glbtools.formats.repadmin import Link
from glbtools.formats.unread import compressed, named, signed
from glbtools.layouts import Layouts
from glbtools.model.change import Change
from tests.formats.written import build_cursors, build_showrepl

QUEUE = layouts.reference("queue")
REQCONF = layouts.reference("reqconf")
SRVCONF = layouts.reference("srvconf")
WHEN = datetime(1994, 4, 7, 12, 13, 52)

RECORDS = queue.new_queue(
    [Change(1, "R PCM:NET/PO", WHEN), Change(2, "A Paul\tPCM:NET/PO/paul", WHEN), Change(3, "# x", WHEN)],
    QUEUE,
)
DIGITS = layout.parse(
    b"""
id = "queue-in-digits"
family = "queue"
title = "a queue written as text"
status = "assumed"
framing = { terminator = "crlf" }
field = [
  { name = "sync", offset = 0, type = "dec:10", role = "sync", status = "assumed" },
  { name = "blank", offset = 10, type = "bytes:1", default = "20", status = "assumed" },
  { name = "stamp", offset = 11, type = "hex:8", role = "stamp", status = "assumed" },
  { name = "blank2", offset = 19, type = "bytes:1", default = "20", status = "assumed" },
  { name = "text", offset = 20, type = "text", role = "text", status = "assumed" },
]
""",
    "digits.toml",
)
IN_DIGITS = queue.new_queue(
    [Change(1, "R PCM:NET/PO", WHEN), Change(2, "A Paul\tPCM:NET/PO/paul", WHEN)], DIGITS
).build()

SAMPLES = {
    "queue": RECORDS.build(),
    "reqconf": config.new_reqconf(REQCONF, server="NET/PO", reqsync=17).build(),
    "srvconf": config.new_srvconf(SRVCONF, [{"name": "PCM:NET/PO"}, {"name": "PCM:NET/P2"}]).build(),
    "log": b"03/13/96 15:27:04 | 1 171\r\n03/13/96 15:27:05 | 1 105 0\r\n",
    "listq": listing.format_listq(RECORDS.records, "REQTRANS", "NET/PO", "glbtools of a test").encode(),
    "listds": b"Dir-Sync Server: NET/PO\r\nReqSync = 17, SrvSync = 80\r\n",
    "message": b"[dirsync]\r\ntask=export\r\nreqname=PCM:net/po\r\n",
    "subject": b"SrvTx R=3 S=87298 (was 0), I=2 15603 sen",
    "exchange-csv": b"Obj-Class,Obj-Dist-Name,Is-Deleted,USN-Changed,USN-Created\r\n"
    b'Mailbox,/o=X/ou=S/cn=paul,,12,10\r\nRemote,"/o=X/ou=S/cn=sue",1,13,11\r\n',
    "ldif": b"# ldapsearch\nversion: 1\n\ndn: CN=Ann,DC=example,DC=com\nuSNChanged: 24580\ncn:: SsO2cmc=\n",
    "csvde": b"DN,objectClass,uSNChanged,objectGUID\r\n\"CN=a,DC=x\",user,5,X'00112233445566778899aabbccddeeff'\r\n",
    "dirsync": b"# Sample DIRSYNC import/export file\r\nA /o=X/ou=S/cn=paul\r\n- Display-Name:Paul\r\n"
    b"D /o=X/ou=S/cn=sue\r\n",
    "showutdvec": b"Caching GUIDs.\r\n..\r\nSite\\DC-2 @ USN     24580 @ Time 2026-02-10 15:10:48\r\n",
    "showrepl": build_showrepl(
        [Link("INFO", "S", "DC-2", "DC=x", "S", "DC-1", "RPC", 0, "0", "2015-07-07 09:15:37", 0)]
    ),
    "cursors": build_cursors([Cursor("DC-2", "DC-1", None, 24580), Cursor("DC-3", "DC-1", None, 7, head=24600)]),
    "import": b"# exported\r\nA Paul\tPCM:NET/PO/paul\r\nD Mark\tPCM:NET/PO/mark\r\n",
}
WRONG_NAMES = [
    "foo.bin",
    "X.GLB",
    "X.LOG",
    "REQTRANS.GLB",
    "REQCONF.GLB",
    "SRVCONF.GLB",
    "LISTQ-1.TXT",
    "listds.txt",
    "usn.csv",
    "DUMP.LDIF",
    "x",
]


def format_of(data: bytes, name: str) -> str:
    return inspect_bytes(data, name).entry.name


@pytest.mark.parametrize("name", WRONG_NAMES)
@pytest.mark.parametrize("kind", SAMPLES)
def test_a_format_is_known_by_its_content_whatever_the_file_is_called(kind: str, name: str) -> None:
    assert format_of(SAMPLES[kind], f"some/where/{name}") == kind


def test_every_format_has_a_sample_here() -> None:
    assert set(SAMPLES) == set(FORMATS) - set(SIBLINGS)  # tests/formats/test_sibling.py has those


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((f"{stem}.GLB", "queue") for stem in queue.NAMES),
        ("reqtrans.glb", "queue"),
        ("ReqTrans.Glb", "queue"),
        ("REQCONF.GLB", "reqconf"),
        ("srvconf.glb", "srvconf"),
        ("DIRSYNC.LOG", "log"),
        ("dsserver.log", "log"),
        ("listq-reqtrans.txt", "listq"),
        ("LISTQ.TXT", "listq"),
        ("listds-s.txt", "listds"),
    ],
)
@pytest.mark.parametrize("data", [b"", b"\0\xff\0\xfe" * 5], ids=["empty", "ruined"])
def test_without_content_that_says_so_the_name_decides(data: bytes, name: str, kind: str) -> None:
    found = inspect_bytes(data, f"GLB/{name}")
    assert found.entry.name == kind
    assert sum(region.span.size for region in found.regions) == len(data)


@pytest.mark.parametrize(
    "data", [b"", b"\0\xff\0\xfe" * 5, b"Tue 11:02 backup done\r\n"], ids=["empty", "ruined", "text"]
)
def test_a_log_of_any_other_name_is_one_by_its_content_alone(data: bytes) -> None:
    with pytest.raises(UnknownFormatError):
        inspect_bytes(data, "LOG/anything.log")
    assert inspect_bytes(SAMPLES["log"], "anything.log").entry.name == "log"


SOURCE = Path(__file__).read_bytes()
ALIEN = {
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0\x1f\xf3\xffa" + bytes(200),
    "zip": b"PK\x03\x04\x14\0\0\0\x08\0!\0\0\0A \0\0mimetypeapplication/epub+zip" + bytes(100),
    "elf": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\0>\0\x01\0\0\0" + bytes(500),
    "pdf": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n",
    "exe": b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + bytes(48) + b"This program cannot be run in DOS mode.\r\r\n$",
    "python": SOURCE,
    "C": b"#include <stdio.h>\n\nint main(void)\n{\n    return 0;\n}\n",
    "shell": b"#!/bin/sh\n# A comment\n# D another\nset -e\nA=1\n",
    "Markdown": b"# A title\n\nSome text.\n\n- a list\n- A list\n\n# D title\n\nA sentence.\n",
    "Markdown, headings only": b"# A title\n## Another\n# T\n",
    "JSON": b'{"sync": 1, "text": "A Paul\\tPCM:NET/PO/paul"}\n',
    "JSON list": json.dumps([{"reqsync": n} for n in range(50)], indent=2).encode(),
    "CSV": b"sync,stamp,text\r\n1,1994-04-07,A Paul\r\n2,1994-04-07,D Mark\r\n",
    "CSV with a class": b"Class,Obj-Class\r\nMailbox,x\r\n",
    "LDIF in prose": b"dn: is what a record begins with.\n\nNothing follows.\n",
    "YAML": b"version: 1\nservices:\n  dn: x\n",
    "sections without names": b"A first thing\n- of: a list\nD second\n",
    "vector in prose": b"The line reads:\nDC-2 @ USN 24580 @ Time 2026-02-10 15:10:48\n",
    "JSON of ours": b'{"schema": "glbtools.export-state/1", "exported": 12}\n',
    "CSV of dates": b"date;time;text\r\n03/13/96;15:27;A\r\n",
    "HTML": b"<!DOCTYPE html>\n<html><head><title>A</title></head></html>\n",
    "mail": b"From: A <a@example.org>\r\nSubject: D\r\n\r\nA text.\r\n",
    "prose": b"A man walked in.\nD was the grade.\nReport from the front.\n",
    "syslog": b"Mar 13 15:27:04 host daemon[171]: Status 1 171\n" * 5,
    "blank": b" \r\n\t\r\n",
    "a byte": b"A",
    "zeros": bytes(4096),
    "PROCESS.GLB": bytes(512),
    "CONTROL.GLB": b"\x4d\x3c\x2b\x1a\0\0\0\0",
    "words": b"A B C D M R T #" * 40,
}


@pytest.mark.parametrize("name", ["x", "data.bin", "README.md", "x.txt", "GLOBAL.GLB"])
@pytest.mark.parametrize("what", ALIEN)
def test_what_is_somebody_elses_is_refused(what: str, name: str) -> None:
    with pytest.raises(UnknownFormatError, match=r"not a Dir-Sync file|, which is not read") as refused:
        inspect_bytes(ALIEN[what], f"some/{name}")
    assert str(refused.value).startswith(f"some/{name}: ")
    assert "--as" in str(refused.value) or "which is not read" in str(refused.value)


@given(st.binary(min_size=1, max_size=600))
def test_noise_under_a_neutral_name_is_refused(data: bytes) -> None:
    with pytest.raises(UnknownFormatError):
        inspect_bytes(data, "noise")


def test_an_empty_file_whose_name_says_nothing_is_refused() -> None:
    with pytest.raises(UnknownFormatError, match="an empty file"):
        inspect_bytes(b"", "foo.bin")


@pytest.mark.parametrize("kind", FORMATS)
def test_the_user_may_say_what_a_file_is(kind: str) -> None:
    assert inspect_bytes(ALIEN["Markdown"], "x", as_format=kind).entry.name == kind
    assert inspect_bytes(SAMPLES["queue"], "REQTRANS.GLB", as_format=kind).entry.name == kind


def test_a_format_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"nosuch: is not a format; formats are queue, reqconf"):
        inspect_bytes(b"", "x", as_format="nosuch")


def test_a_file_is_inspected_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "foo.bin"
    path.write_bytes(SAMPLES["reqconf"])
    found = inspect(path)
    assert (found.path, found.entry.name, found.damaged) == (str(path), "reqconf", False)
    assert found.layout is REQCONF
    assert isinstance(found.content, ReqConfFile)
    with pytest.raises(FileAccessError, match="larger than 511 bytes"):
        inspect(path, max_size=511)
    with pytest.raises(FileAccessError, match="no such file"):
        inspect(tmp_path / "nosuch")


# --- layouts of a user's own -------------------------------------------------------------------------------------


def test_a_queue_in_digits_is_read_by_the_layout_given_for_it() -> None:
    assert IN_DIGITS.startswith(b"0000000001 2DA3F900 R PCM:NET/PO\r\n")
    found = inspect_bytes(IN_DIGITS, "foo.bin", layouts=Layouts([DIGITS]))
    assert (found.entry.name, found.layout, found.damaged) == ("queue", DIGITS, False)
    assert [(row["sync"], row["stamp"], row["text"]) for _, row in found.rows()] == [
        (1, "1994-04-07T12:13:52", "R PCM:NET/PO"),
        (2, "1994-04-07T12:13:52", "A Paul\tPCM:NET/PO/paul"),
    ]
    assert {row["checksum"]["stored"] for _, row in found.rows()} == {None}


@pytest.mark.parametrize("kind", [kind for kind in SAMPLES if kind != "queue"])
def test_a_layout_for_queues_takes_no_other_file_away(kind: str) -> None:
    assert inspect_bytes(SAMPLES[kind], "x", layouts=Layouts([DIGITS])).entry.name == kind


def test_a_queue_in_digits_is_not_understood_without_its_layout() -> None:
    with pytest.raises(UnknownFormatError):
        inspect_bytes(IN_DIGITS, "foo.bin")
    found = inspect_bytes(IN_DIGITS, "REQTRANS.GLB")
    assert (found.entry.name, found.damaged) == ("queue", True)


# --- whatever comes ----------------------------------------------------------------------------------------------


def leaves(nodes: list[Node]) -> list[Span]:
    return [span for node in nodes for span in (leaves(list(node.children)) if node.children else [node.span])]


def check(found: Inspection) -> None:
    """Assert what holds of every file in every format: it is shown whole, and nothing fails on the way."""
    assert tile(found.regions, len(found.data)) == found.regions
    assert sum(region.span.size for region in found.regions) == len(found.data)
    assert json.loads(json.dumps(list(found.rows()))) is not None
    nodes = leaves(list(found.content.nodes()))
    assert all(0 <= span.start <= span.stop <= len(found.data) for span in nodes)
    if found.entry.binary:
        assert b"".join(found.data[start:stop] for start, stop in nodes) == found.data
    for fault in found.faults:
        assert 0 <= fault.span.start <= fault.span.stop <= len(found.data), fault
        assert fault.message.strip(" .") == fault.message, fault
    assert found.damaged == any(fault.damage for fault in found.faults)
    assert all(found.summary)
    assert len(found.sha256) == 64


damaged = st.builds(
    lambda data, at, much, into: data[: at % (len(data) + 1)] + into + data[at % (len(data) + 1) + much :],
    st.sampled_from([*SAMPLES.values(), IN_DIGITS]),
    st.integers(0, 5000),
    st.integers(0, 40),
    st.binary(max_size=8),
)


@pytest.mark.parametrize("kind", FORMATS)
@given(data=st.binary(max_size=300) | damaged)
def test_any_bytes_are_shown_whole_in_any_format(kind: str, data: bytes) -> None:
    check(inspect_bytes(data, "-", as_format=kind))
    check(inspect_bytes(data, "-", as_format=kind, layouts=Layouts([DIGITS])))


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_file_cut_anywhere_or_with_any_byte_changed_is_shown_whole(kind: str) -> None:
    # Long binary samples are zeros for the most part: their beginning and some places behind it show the same.
    whole = SAMPLES[kind]
    for size in [*range(min(len(whole), 400)), *range(400, len(whole), 37)]:
        check(inspect_bytes(whole[:size], "-", as_format=kind))
        for flip in (0x01, 0x20, 0x80):
            check(inspect_bytes(whole[:size] + bytes([whole[size] ^ flip]) + whole[size + 1 :], "-", as_format=kind))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
@pytest.mark.parametrize("kind", ["exchange-csv", "showutdvec", "showrepl"])
def test_what_windows_writes_as_unicode_is_known_too(kind: str, encoding: str) -> None:
    found = inspect_bytes(SAMPLES[kind].decode().encode(encoding), "x")
    check(found)
    assert found.entry.name == kind
    plain = inspect_bytes(SAMPLES[kind], "x")
    where = {"span": None}
    assert [row | where for _, row in found.rows()] == [row | where for _, row in plain.rows()] != []
    assert found.faults == []


def test_no_file_of_a_directory_makes_a_postoffice(tmp_path: Path) -> None:
    for kind in FORMATS.keys() - DIRSYNC.keys() - SIBLINGS.keys():
        (tmp_path / f"{kind}.csv").write_bytes(SAMPLES[kind])
    with pytest.raises(UnknownFormatError, match="no postoffice"):
        collect([tmp_path])
    (tmp_path / "DIRSYNC.LOG").write_bytes(SAMPLES["log"])
    for kind in FORMATS.keys() - DIRSYNC.keys() - SIBLINGS.keys():
        (tmp_path / f"{kind}.txt").write_bytes(SAMPLES[kind])
    (found,) = collect([tmp_path]).postoffices
    read = {artefact.name: found.read(artefact) for artefact in found.artefacts}
    assert {name for name, inspection in read.items() if inspection is not None} == {"DIRSYNC.LOG"}


@given(damaged, st.sampled_from(["REQTRANS.GLB", "REQCONF.GLB", "SRVCONF.GLB"]))
def test_a_damaged_file_under_a_name_of_ours_is_refused_only_where_a_signature_tells_another(
    data: bytes, name: str
) -> None:
    try:
        check(inspect_bytes(data, name))
    except UnknownFormatError as error:
        assert str(signed(data, sound=True) or compressed(data)) in str(error)


@given(damaged, st.sampled_from(["DIRSYNC.LOG", "LISTQ.TXT", "LISTDS.TXT"]))
def test_a_damaged_text_under_a_name_of_ours_is_refused_only_where_it_is_known_to_be_another(
    data: bytes, name: str
) -> None:
    try:
        check(inspect_bytes(data, name))
    except UnknownFormatError as error:
        assert str(named(data)) in str(error)
