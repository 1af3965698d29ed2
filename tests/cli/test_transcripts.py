"""What users see: every command, byte by byte, and what no input may do.

A file in ``transcripts`` holds command lines, each after ``$ ``, with what they print (lines of standard error after
``! ``) and their exit status in brackets. ``GLBTOOLS_UPDATE_TRANSCRIPTS=1 pytest tests/cli`` writes the outputs anew;
to add a command, add its line and do that, then read what came out.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from glbtools import __version__, layouts
from glbtools.cli import app
from glbtools.evidence import build, description, inspection
from glbtools.formats import listing, queue, registry
from glbtools.formats.repadmin import SHOWREPL_HEADER
from glbtools.layouts import Layouts
from glbtools.model.change import Change
from scoreboard.layouts import queue_sample
from tests.cli.replay import UPDATE, commands, replayed

Run = Callable[..., Any]
"""The fixture ``run``: what it returns has ``status``, ``out`` and ``err``."""

ROOT = Path(__file__).resolve().parents[2]
TRANSCRIPTS = Path(__file__).with_name("transcripts")
WHEN = datetime(1994, 4, 7, 12, 13, 52)
QUEUE = layouts.reference("queue")

NETWORK = {
    "postoffice": [
        {
            "name": "NET/HUB",
            "reqconf": {"reqsync": 3, "srvsync": 12},
            "srvconf": {
                "cycle": 11,
                "requestor": [
                    {"name": "PCM:NET/HUB", "reqsync": 3, "srvsync": 12},
                    {"name": "PCM:NET/PO", "reqsync": 7, "srvsync": 10, "last_update": "1994-02-17T08:52:45"},
                ],
            },
        }
    ]
}
DIGITS = """\
id = "queue-in-digits"
family = "queue"
title = "a queue written as text"
status = "observed"
source = "a file found in a drawer"
framing = { terminator = "crlf" }
field = [
  { name = "sync", offset = 0, type = "dec:10", role = "sync", status = "observed" },
  { name = "blank", offset = 10, type = "bytes:1", default = "20", status = "observed" },
  { name = "text", offset = 11, type = "text", role = "text", status = "observed" },
]
"""
COLUMNS = "Obj-Class,Obj-Dist-Name,Display Name,Is-Deleted,USN-Changed,USN-Created,When-Changed,Object-Version"
MONDAY = f"""\
{COLUMNS}
Mailbox,/o=X/ou=S/cn=paul,"Tetau, Paul",,10,10,980101120000Z,1
Mailbox,/o=X/ou=S/cn=mark,Mark,,12,11,980102120000Z,2
Remote,/o=X/ou=S/cn=sue,Sue,,13,13,980103120000Z,1
"""
FRIDAY = f"""\
{COLUMNS}
Mailbox,/o=X/ou=S/cn=paul,"Tetau, Paul",,10,10,980101120000Z,1
Mailbox,/o=X/ou=S/cn=mark,Mark Bravo,,14,11,980105120000Z,3
Remote,/o=X/ou=S/cn=sue,,1,15,13,980106120000Z,2
Remote,/o=X/ou=S/cn=ann,Ann,,16,16,980106120000Z,1
"""
PARTNER = f"""\
{COLUMNS},DSA-Signature,USN-Source
Mailbox,/o=X/ou=S/cn=mark,Mark Bravo,,214,211,980105120000Z,3,S,14
Remote,/o=X/ou=S/cn=ann,Ann,,216,216,980106120000Z,1,S,16
Remote,/o=X/ou=S/cn=sue,,1,215,213,980106120000Z,2,S,15
"""
CURSORS = {
    "schema": "glbtools.cursors/1",
    "cursors": [{"consumer": "partner", "log_id": "SERVER1", "epoch": None, "position": 16}],
}
PAIR = """\
id = "pair"
state = "pair.json"
spool = "spool"
[source]
kind = "dump"
path = "usn/{}.csv"
[target]
path = "copy.db"
"""
FILES = {
    "usn/export.ini": "[Export]\r\nDirectoryService=SERVER1\r\nBasepoint=/o=X\r\n",
    "usn/monday.csv": MONDAY.replace("\n", "\r\n"),
    "usn/friday.csv": FRIDAY.replace("\n", "\r\n"),
    "other/partner.csv": PARTNER.replace("\n", "\r\n"),
    "cursors.json": json.dumps(CURSORS),
    "pair.toml": PAIR.format("friday"),
    "earlier.toml": PAIR.format("monday"),
    "network.json": json.dumps(NETWORK),
    "digits.toml": DIGITS,
    "wrong.toml": '[[postoffice]]\nname = "NET/PO"\n[postoffice.reqconf]\nreqsync = 4294967296\n',
    "notes.md": "# Notes\n\nNot a Dir-Sync file.\n",
    "empty.bin": "",
    "message.txt": "[dirsync]\r\ntask=export\r\nreqname=PCM:net/po\r\ntransactions=inbody\r\n"
    "[dirsync-transactions]\r\n1200 A Martin, Robert\tPCM:net/po/rmartin\r\n",
    "subject.txt": "SrvTx R=3 S=87298 (was 0), I=2 15603 sen",
    "users.imp": "# exported\r\nA Paul\tPCM:NET/PO/paul\r\nD Mark\tPCM:NET/POSTOFFICE1/mark\r\n",
    "usn/damaged.csv": (
        COLUMNS + "\n" + MONDAY.split("\n")[1] + "\n"
        'Mailbox,"/o=X/ou=S/cn=mark,Mark,,12,11,980102120000Z,2\n'
        "Remote,/o=X/ou=S/cn=sue,Sue,,x,13,980103120000Z,1,more\n"
    ).replace("\n", "\r\n"),
    "users.csv": "Obj-Class,Mode,Common-Name,Home-Server\r\nMailbox,Create,paul,S1\r\nContainer,Sync,x\r\n",
    "dump.ldif": "version: 1\n\ndn:\ndnsHostName: dc1.example.com\nhighestCommittedUSN: 24600\n\n"
    "dn: CN=Ann,DC=example,DC=com\nobjectClass: top\nobjectClass: user\nuSNChanged: 24580\nuSNCreated: 12000\n",
    "csvde.csv": "DN,objectClass,member,uSNCreated,uSNChanged,objectGUID\n"
    '"CN=Staff,DC=example,DC=com",group,"CN=Lee\\\\, Ann,DC=example,DC=com",12001,24590,'
    "X'8f3b1c2d000011112222333344445556'\n",
    "changes.ldif": "dn: cn=ann,o=X\nchangetype: modify\nreplace: mail\nmail: ann@example.com\n-\n\n"
    "dn: cn=sue,o=X\nchangetype: delete\n",
    "changes.txt": "# Sample DIRSYNC import/export file\r\nA /o=X/ou=S/cn=paul\r\n- Display-Name:Paul\r\n"
    "D /o=X/ou=S/cn=sue\r\n",
    "vector.txt": "Caching GUIDs.\r\n..\r\nSite\\DC-1 @ USN     24600 @ Time 2026-02-11 15:10:48\r\n"
    "Site\\DC-2 (retired) @ USN     24580 @ Time 2026-02-10 15:10:48\r\nDsBindWithCred failed\r\n",
    "other/partner.txt": "Caching GUIDs.\r\n..\r\nSite\\SERVER1 @ USN     16 @ Time 2026-02-11 15:10:48\r\n"
    "Site\\PARTNER @ USN     216 @ Time 2026-02-11 15:10:50\r\nDsBindWithCred failed\r\n",
    "links.csv": ",".join(SHOWREPL_HEADER) + "\r\n"
    'showrepl_INFO,S,DC-2,"CN=Configuration,DC=x",S,DC-1,RPC,3,2015-07-08 09:15:37,2015-07-07 09:15:37,1722\r\n',
    "listds.txt": "Examining NET/HUB Server Configuration Record\n\n"
    "Highest SrvSync is 12, Current Dirsync Cycle is 11\n\n"
    "     Server Requestor Record #1\nRequestor name: PCM:NET/PO\nReqSync = 7, SrvSync = 10, Last Cycle = 9\n"
    "Last update received Thu Feb 17 08:52:45 1994\n",
}


def new_queue(*texts: str) -> bytes:
    return queue.new_queue([Change(n, text, WHEN) for n, text in enumerate(texts, 1)], QUEUE).build()


@cache
def strange() -> dict[str, bytes]:
    """A queue in a layout that nobody knows, sound and damaged, and its listing."""
    sample = queue_sample(32)
    return {
        "strange/MSTTRANS.GLB": sample.data,
        "strange/damaged.glb": sample.damaged,
        "strange/listq.txt": sample.listing,
    }


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the stuck postoffice of the demo, a small server, and files of every other kind."""
    stuck = (ROOT / "fixtures" / "specs" / "stuck.toml").read_bytes()
    files = {name: text.encode("cp850") for name, text in FILES.items()} | {"stuck.toml": stuck}
    for spec in (stuck, FILES["network.json"].encode()):
        files |= build.contents(description.parse(spec, ""), Layouts())
    sound = new_queue("R PCM:NET/PO", "A Paul\tPCM:NET/PO/paul", "D Mark\tPCM:NET/PO/mark", "A Bryan\tPCM:NET/PO/b")
    # A length and a number overwritten, a checksum changed, the end cut off.
    files["damaged.glb"] = sound[:39] + b"\xff" * 6 + sound[45:84] + b"\0" + sound[85:-4]
    files["CONTROL.GLB"] = bytes((7, 0, 0, 0, 42, 1, 0, 0))
    files["00000001.KEY"] = bytes(560)
    files["00000001.USR"] = b"Anna Berg".ljust(53, b"\0")
    files["ADMIN.GRP"] = bytes((7, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0))
    files["NETPO.GLB"] = bytes(4) + b"NET".ljust(43, b"\0")
    files["PROCESS.GLB"] = bytes(512) + b"REQMAIN".ljust(197, b"\0")
    files["MASTER.GLB"] = bytes(175)
    files["NETWORK.GLB"] = b"".join(
        bytes((flag, 0)) + name.ljust(11, b"\0") + b"0000000A\0" + bytes(100)
        for flag, name in ((1, b"NET"), (0, b"OLD"))
    )
    files["ADMIN.NME"] = b"\0\0" + b"Paul".ljust(39, b"\0") + bytes((3, 2, 1, 0))
    files["0000000A.XTN"] = b"\1" + b"PO".ljust(697, b"\0")
    date = b"".join(each.to_bytes(2, "little") for each in (25, 16, 8, 10, 1993))
    files["00000001.MBG"] = bytes(13) + b"Budget".ljust(43, b"\0") + date + bytes(50)
    files["model.glb"] = b"glTF" + bytes((2, 0, 0, 0, 0, 1, 0, 0)) + bytes(244)
    files["podiag.bin"] = queue.new_queue([Change(17, queue.PODIAG_TEXT, WHEN)], QUEUE).build()
    files["short/REQCONF.GLB"] = files["hub/GLB/REQCONF.GLB"][:100]
    records = queue.parse_queue(sound, QUEUE).records
    files["listq.txt"] = listing.format_listq(records, "REQTRANS", "NET/PO", "glbtools 0.1").encode()
    files |= strange()
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- transcripts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(TRANSCRIPTS.glob("*.txt")), ids=lambda path: path.stem)
def test_commands_print_what_their_transcripts_say(path: Path, place: Path, run: Run) -> None:
    actual = "\n".join(replayed(run, command) for command in commands(path))
    if UPDATE:
        path.write_text(actual, "utf-8")
    assert actual == path.read_text("utf-8")


def test_every_command_and_every_format_has_a_transcript() -> None:
    everything = "\n".join(path.read_text("utf-8") for path in TRANSCRIPTS.glob("*.txt"))
    for command in names_of_commands():
        assert f"glbtools {command} " in everything
    for entry in registry.FORMATS.values():
        assert f": {entry.title}, " in everything
    for output in app.ListFormat:
        assert output in {"table", "json"} or f"--format {output}" in everything


def names_of_commands() -> list[str]:
    inside = [f"{group} {command}" for group, (_, commands) in app.GROUPS.items() for command in commands]
    return [*app.COMMANDS, *inside]


# --- help and exit status ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", names_of_commands())
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_the_help_of_each_command_shows_how_to_call_it(command: str, option: str, run: Run) -> None:
    ran = run(*command.split(), option)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: glbtools {command} ")
    assert f"Example: glbtools {command} " in ran.out
    assert all(len(line) <= 80 for line in ran.out.split("\n"))


def test_the_help_names_every_command_and_the_version_is_printed(run: Run) -> None:
    for arguments in ((), ("-h",), ("--help",)):
        ran = run(*arguments)
        assert ran.status == (0 if arguments else 2)
        assert all(f"  {command} " in ran.out + ran.err for command in (*app.COMMANDS, *app.GROUPS))
    assert run("--version") == (0, f"glbtools {__version__}\n", "")


@pytest.mark.parametrize("output", [(), ("--json",), ("--format", "csv"), ("--hex",), ("--format", "jsonl")])
def test_the_status_tells_sound_files_from_damaged_and_from_unreadable_ones(
    output: tuple[str, ...], place: Path, run: Run
) -> None:
    sound, damaged, refused = "hub/GLB/REQTRANS.GLB", "damaged.glb", "notes.md"
    for paths, status in [
        ([sound], 0),
        ([damaged], 1),
        ([sound, damaged], 1),
        ([damaged, sound], 1),
        ([refused], 2),
        ([refused, sound], 2),
        ([damaged, refused, sound], 2),
        (["nosuch", damaged], 2),
    ]:
        ran = run("inspect", *output, *paths)
        assert ran.status == status, paths
        assert len(ran.err.splitlines()) == sum(path in {refused, "nosuch"} for path in paths)
        if "--format" not in output:
            assert all((path in ran.out) == (path not in {refused, "nosuch"}) for path in paths)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nosuch", "no such file or directory"),
        (".", "a directory, not a file"),
        ("fifo", "a FIFO, not a file"),
        ("/dev/zero", "a device, not a file"),
        ("dangling", "a link to nosuch, which is not there"),
        ("loop", "too many levels of symbolic links"),
        ("x" * 300, "file name too long"),
        ("hub/GLB/REQTRANS.GLB/x", "hub/GLB/REQTRANS.GLB is a file, not a directory; name another one"),
        ("large", "larger than 4096 bytes"),
        ("", "is no file; give a path"),
    ],
)
def test_what_is_no_readable_file_gets_one_clear_line_and_the_others_are_shown(
    name: str, reason: str, place: Path, run: Run
) -> None:
    os.mkfifo("fifo")
    Path("dangling").symlink_to("nosuch")
    Path("loop").symlink_to("loop")
    with Path("large").open("wb") as stream:
        stream.truncate(1 << 40)
    ran = run("inspect", "--max-file-size", 4096, name, "hub/GLB/REQTRANS.GLB")
    assert ran.status == 2
    assert "sync: 3" in ran.out.replace("sync        3", "sync: 3")
    (line,) = ran.err.splitlines()
    assert line.startswith(f"glbtools: {name or 'an empty name'}: {reason}")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_gets_one_clear_line(place: Path, run: Run) -> None:
    (place / "notes.md").chmod(0)
    assert run("inspect", "notes.md") == (2, "", "glbtools: notes.md: permission denied\n")


def test_standard_input_is_read_for_a_minus(place: Path, run: Run) -> None:
    content = (place / "hub" / "GLB" / "SRVCONF.GLB").read_bytes()
    ran = run("inspect", "-", "--json", stdin=content)
    assert ran.status == 0
    assert json.loads(ran.out)["files"][0]["path"] == "-"
    assert json.loads(ran.out)["files"][0]["format"] == "srvconf"
    assert (
        run("inspect", "-").err
        == "glbtools: -: an empty file, and its name says nothing; --as FORMAT reads it as one\n"
    )


def test_a_bug_is_one_line_and_status_70(monkeypatch: pytest.MonkeyPatch, place: Path, run: Run) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("one\nand \x1b[2Jtwo")

    monkeypatch.setattr(inspection, "inspect", broken)
    ran = run("inspect", "damaged.glb")
    assert (ran.status, ran.out) == (70, "")
    said = "RuntimeError: one\\nand \\x1b[2Jtwo (GLBTOOLS_DEBUG=1 shows more)"
    assert ran.err == f"glbtools: internal error, please report it: {said}\n"


def test_an_interruption_is_status_130_without_a_word(monkeypatch: pytest.MonkeyPatch, place: Path, run: Run) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(inspection, "inspect", interrupted)
    assert run("inspect", "damaged.glb") == (130, "", "")


# --- for programs ------------------------------------------------------------------------------------------------

NUMBER, TEXT, SPAN = (int, type(None)), (str, type(None)), (list, type(None))
KEYS: dict[str, dict[str, Any]] = {
    "records": {
        "span": SPAN,
        "sync": NUMBER,
        "stamp": TEXT,
        "text": str,
        "checksum": dict,
        "meaning": str,
        "transaction": (dict, type(None)),
    },
    "fields": {"name": str, "span": SPAN, "value": (int, str, dict, type(None)), "status": str},
    "requestors": {
        "number": int,
        "name": TEXT,
        "reqsync": NUMBER,
        "srvsync": NUMBER,
        "last_update": TEXT,
        "span": SPAN,
    },
    "objects": {
        "line": int,
        "span": SPAN,
        "change": TEXT,
        "dn": str,
        "attributes": list,
    },
    "cursors": {"line": int, "span": SPAN, "position": int},
    "vectors": {"line": int, "span": SPAN, "server": str, "usn": int, "when": TEXT},
    "links": {"line": int, "span": SPAN, "server": str, "source": str, "failures": NUMBER, "succeeded": TEXT},
    "lines": {"line": int, "text": str, "stamp": TEXT, "code": NUMBER, "severity": TEXT},
    "byte_map": {"span": list, "what": str},
    "problems": {"kind": str, "damage": bool, "message": str, "span": list, "line": NUMBER, "number": NUMBER},
}
OTHER_RECORDS = {
    "listds": "requestors", "exchange-csv": "objects", "ldif": "objects", "csvde": "objects", "dirsync": "objects",
    "cursors": "cursors", "showutdvec": "vectors", "showrepl": "links",
}  # fmt: skip
"""Formats whose records are no transactions, and what they are."""

ALL = [
    "hub/GLB/REQTRANS.GLB", "hub/GLB/REQCONF.GLB", "hub/GLB/SRVCONF.GLB", "october/LOG/DSSERVER.LOG", "listq.txt",
    "listds.txt", "message.txt", "subject.txt", "users.imp", "damaged.glb", "short/REQCONF.GLB", "podiag.bin",
    "october/GLB/SRVTRANS.GLB", "usn/friday.csv", "usn/damaged.csv", "users.csv", "dump.ldif", "csvde.csv",
    "changes.ldif", "changes.txt", "vector.txt", "links.csv", "cursors.json", "CONTROL.GLB", "NETWORK.GLB", "ADMIN.NME",
    "0000000A.XTN", "00000001.MBG", "00000001.KEY", "00000001.USR", "ADMIN.GRP", "NETPO.GLB", "PROCESS.GLB",
    "MASTER.GLB",
]  # fmt: skip


def test_json_has_the_keys_and_types_that_the_interface_promises(place: Path, run: Run) -> None:
    document = json.loads(run("inspect", "--json", *ALL).out)
    assert document["schema"] == "glbtools.inspection/1"
    assert document["tool"] == {"name": "glbtools", "version": __version__}
    assert [each["path"] for each in document["files"]] == ALL
    assert {each["format"] for each in document["files"]} == set(registry.FORMATS)
    for each in document["files"]:
        binary = registry.FORMATS[each["format"]].binary
        assert isinstance(each["layout"], str) == isinstance(each["layout_status"], str) == binary
        assert each["size"] == Path(each["path"]).stat().st_size
        assert len(each["sha256"]) == 64
        assert {"byte_map", "problems"} < set(each)
        assert {"records", "fields", "lines"} & set(each)
        for kind in KEYS:
            keys = KEYS[OTHER_RECORDS.get(each["format"], kind) if kind == "records" else kind]
            for row in each.get(kind, []):
                for key, types in keys.items():
                    assert key in row, (each["path"], kind, key)
                    assert isinstance(row[key], types), (each["path"], kind, key, row[key])
        position = 0
        for region in each["byte_map"]:
            assert region["span"][0] == position
            position = region["span"][1]
        assert position == each["size"]


def test_the_record_of_the_interface_is_shown_as_it_is_there(place: Path, run: Run) -> None:
    Path("REQTRANS.GLB").write_bytes(
        queue.new_queue(
            [Change(18, "A Paul\tPCM:POLYNOMIAL/MONTGOMERY/paul", datetime(1996, 3, 13, 15, 27, 8), 4660)], QUEUE
        ).build()
    )
    (found,) = json.loads(run("inspect", "--json", "REQTRANS.GLB").out)["files"]
    assert (found["format"], found["layout"], found["layout_status"]) == ("queue", "queue-reference-1", "assumed")
    (record,) = found["records"]
    assert (record["sync"], record["stamp"]) == (18, "1996-03-13T15:27:08")
    assert record["text"] == "A Paul\tPCM:POLYNOMIAL/MONTGOMERY/paul"
    assert record["checksum"]["stored"] == 4660
    assert record["transaction"]["code"] == "A"
    assert record["span"] == [0, found["size"]]


def test_json_lines_hold_one_thing_each_and_csv_the_same(place: Path, run: Run) -> None:
    lines = [json.loads(line) for line in run("inspect", "--format", "jsonl", *ALL).out.splitlines()]
    assert {"path", "format", "kind"} <= set.intersection(*map(set, lines))
    rows = list(csv.DictReader(io.StringIO(run("inspect", "--format", "csv", *ALL).out)))
    assert [(row["path"], row["format"], row["kind"]) for row in rows] == [
        (line["path"], line["format"], line["kind"]) for line in lines
    ]


@pytest.mark.parametrize(
    "command", [("formats", "--json"), ("formats", "queue", "--json"), ("explain", "171", "--json")]
)
def test_the_other_documents_name_their_schema(command: tuple[str, ...], run: Run) -> None:
    ran = run(*command)
    assert json.loads(ran.out)["schema"].startswith("glbtools.")
    assert ran.out.isascii()


def test_a_listing_is_read_back_as_what_it_lists(place: Path, run: Run) -> None:
    def records(path: str) -> list[tuple[object, ...]]:
        (found,) = json.loads(run("inspect", "--json", path).out)["files"]
        return [(row["sync"], row["stamp"], row["text"], row["checksum"]["stored"]) for row in found["records"]]

    Path("again.txt").write_text(run("inspect", "--format", "listing", "october/GLB/REQTRANS.GLB").out, "utf-8")
    assert records("again.txt") == records("october/GLB/REQTRANS.GLB")
    Path("again.txt").write_text(run("inspect", "--format", "listing", "podiag.bin").out, "utf-8")
    assert records("again.txt") == records("podiag.bin")


# --- hostile input -----------------------------------------------------------------------------------------------

HOSTILE = {
    "clear the screen": "\x1b[2J\x1b[H",
    "set the title": "\x1b]0;owned\x07",
    "fill the clipboard": "\x1b]52;c;cm0gLXJm\x07",
    "link": "\x1b]8;;http://example.org\x1b\\",
    "C1": "\x9b2J",
    "overwrite": "nothing\rsomething",
    "backspace": "a\x08b",
    "bidi": "\u202egnp.exe",
    "lines": "a\nglbtools: b\u2028c",
}
OUTPUTS = [
    ("--format", "table"),
    ("--hex",),
    ("--json",),
    *(("--format", each) for each in ("jsonl", "csv", "listing")),
]


def is_plain(text: str) -> bool:
    return all(character == "\n" or character.isprintable() for character in text)


@pytest.mark.parametrize("output", OUTPUTS, ids=" ".join)
@pytest.mark.parametrize("columns", [80, 140])
@pytest.mark.parametrize("attack", HOSTILE)
def test_nothing_from_a_file_or_its_name_reaches_the_terminal_raw(
    attack: str, output: tuple[str, ...], columns: int, tmp_path: Path, run: Run
) -> None:
    evil = HOSTILE[attack]
    raw = evil.encode("utf-8") + evil.encode("latin-1", "ignore")
    contents = {
        "queue": new_queue(f"A {evil.encode('cp850', 'ignore').decode('cp850')}\tPCM:NET/PO/x") + raw,
        "reqconf": b"\0" * 36 + raw[:20].ljust(22, b"\0") + raw,
        "srvconf": bytes(1024) + raw,
        "log": b"03/13/96 15:27:04 | 1  -1 " + raw + b"\r\n" + raw,
        "listq": b"CRC  Date stamp               Sync#  Transaction\nFB16 000001 A " + raw + b"\n\n" + raw,
        "listds": b"Server Requestor Record #1\nRequestor name: " + raw + b"\nDir-Sync Server: " + raw + b"\n" + raw,
        "message": b"[dirsync]\ntask=" + raw + b"\n" + raw + b"=1\n",
        "subject": b"Status report from " + raw,
        "import": b"A x\tPCM:NET/PO/" + raw + b"\n" + raw,
        "exchange-csv": b"Obj-Class,Mode,USN-Changed," + raw + b"\r\n" + raw + b",x,1," + raw + b"\n" + raw,
        "ldif": b"dn: " + raw + b"\nobjectClass: " + raw + b"\nchangetype: " + raw + b"\n\n" + raw,
        "dirsync": b"A " + raw + b"\n- " + raw + b":" + raw + b"\n" + raw + b"\n# " + raw,
        "showutdvec": raw + b"\\" + raw + b" @ USN 1 @ Time " + raw + b"\n" + raw,
        "showrepl": b"showrepl_" + raw + b",a,b,c,d," + raw + b",f,0,0,0,0\n" + b"showrepl_X" + b",\x1b]0;x" * 10,
        "cursors": json.dumps(
            {"schema": "glbtools.cursors/1", "cursors": [{"consumer": evil, "log_id": evil, "position": 1}], evil: 1}
        ).encode(),
    }
    name = f"name {evil}".replace("/", "_")
    for kind, content in contents.items():
        path = tmp_path / name
        path.write_bytes(content)
        ran = run("inspect", "--as", kind, *output, path, f"{path}.nosuch", columns=columns)
        assert ran.status == 2
        assert is_plain(ran.out), (kind, ran.out)
        assert is_plain(ran.err)
        assert len(ran.err.splitlines()) == 1 + ("no listing shows" in ran.err) + ("LISTDS prints" in ran.err)


@pytest.mark.parametrize("attack", HOSTILE)
def test_nothing_from_a_description_or_an_argument_reaches_the_terminal_raw(
    attack: str, tmp_path: Path, run: Run
) -> None:
    evil = HOSTILE[attack]
    spec = tmp_path / "spec.json"
    for document in (
        {evil: 1},
        {"postoffice": [{"name": evil}]},
        {"postoffice": [{"name": "A/B", "file": {evil: ""}}]},
    ):
        spec.write_text(json.dumps(document))
        ran = run("build", spec, "--out", tmp_path / "out")
        assert (ran.status, ran.out) == (2, "")
        assert is_plain(ran.err)
        assert len(ran.err.splitlines()) == 1
    for arguments in (
        ("inspect", f"--{evil}"),
        ("inspect", "--as", evil, "x"),
        ("inspect", "--format", evil, "x"),
        ("inspect", "--limit", evil, "x"),
        ("inspect", "--layout", evil, "x"),
        ("explain", f"{evil}nosuch"),
        ("formats", evil),
        ("build", evil, "--out", evil),
        (evil,),
    ):
        ran = run(*arguments)
        assert (ran.status, ran.out) == (2, "")
        assert is_plain(ran.err), arguments


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_text_is_a_formula_in_a_spreadsheet(start: str, place: Path, run: Run) -> None:
    formula = f"{start}cmd|' /C calc'!A0"
    Path(f"{formula[:5]}.log").write_bytes(f"{formula}\r\n".encode())
    Path("q.glb").write_bytes(new_queue(formula, f"\t{formula}", f"\r{formula}", f"A {formula}\tPCM:NET/PO/x"))
    Path("s.txt").write_bytes(b"Server Requestor Record #1\nRequestor name: " + formula.encode() + b"\n")
    ran = run("inspect", "--format", "csv", "--as", "queue", "q.glb")
    ran2 = run("inspect", "--format", "csv", "--as", "log", "--", f"{formula[:5]}.log")
    ran3 = run("inspect", "--format", "csv", "s.txt")
    cells = [cell for each in (ran, ran2, ran3) for row in csv.reader(io.StringIO(each.out)) for cell in row]
    assert f"'{formula}" in cells
    for cell in cells:
        assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell
        assert not cell.startswith("-") or cell[1:].isdigit(), cell


@pytest.mark.parametrize("attack", HOSTILE)
def test_colour_is_the_only_escape_sequence_and_only_where_it_is_wanted(attack: str, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "DIRSYNC.LOG"
    path.write_bytes(HOSTILE[attack].encode())
    ran = run("inspect", "--color", path)
    assert "\x1b[1m" in ran.out
    assert is_plain(re.sub(r"\x1b\[[0-9;]*m", "", ran.out))
    assert "\x1b" not in run("inspect", "--no-color", path).out
    assert "\x1b" not in run("inspect", path, color=True).out, "it is no terminal"


# --- as a program of its own -------------------------------------------------------------------------------------


def program(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "glbtools", *arguments],
        env=environment,
        stderr=subprocess.PIPE,
        preexec_fn=_interruptible,  # noqa: PLW1509
        **{"stdout": subprocess.PIPE} | options,
    )


def _interruptible() -> None:
    """Take interrupts as a terminal's program does, where whoever runs the tests in the background ignores them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finished(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, (out or b"").decode(), err.decode()


def test_the_program_prints_what_the_library_call_prints(place: Path, run: Run) -> None:
    for arguments in (("inspect", "damaged.glb"), ("inspect", "nosuch"), ("explain", "171"), ("nosuch",)):
        assert finished(program(*arguments)) == run(*arguments)


@pytest.mark.parametrize(
    "arguments", [("inspect", "hub/GLB/REQTRANS.GLB"), ("inspect", "--json", "many.glb"), ("formats",), ("--version",)]
)
def test_a_reader_that_goes_away_is_no_error(arguments: tuple[str, ...], place: Path) -> None:
    Path("many.glb").write_bytes(new_queue(*(f"A {n}\tPCM:NET/PO/x{n}" for n in range(2000))))
    reading, writing = os.pipe()
    os.close(reading)
    process = program(*arguments, stdout=writing)
    os.close(writing)
    assert finished(process) == (0, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_one_clear_line(place: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = finished(program("inspect", "hub/GLB/REQTRANS.GLB", stdout=full))
    assert ran == (2, "", "glbtools: the output cannot be written: No space left on device\n")


def until_it_waits(process: subprocess.Popen[str], patience: float = 60) -> None:
    """Return when a program waits for its input, however busy the machine is; after a while where none can see it."""
    place = Path(f"/proc/{process.pid}/wchan")
    began, shown = time.monotonic(), False
    while time.monotonic() < began + (patience if shown else patience / 10):
        waits_in = place.read_text() if place.exists() else ""
        if "pipe" in waits_in:
            return
        shown = shown or waits_in not in ("", "0")
        time.sleep(0.05)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupted_program_leaves_with_130(place: Path) -> None:
    process = program("inspect", "-", stdin=subprocess.PIPE)
    until_it_waits(process)
    process.send_signal(signal.SIGINT)
    assert finished(process) == (130, "", "")


@pytest.mark.parametrize("command", app.COMMANDS)
def test_every_command_has_the_options_they_all_have(command: str, run: Run) -> None:
    described = run(command, "--help").out
    for option in ("--json", "--format", "--quiet", "--color", "-h"):
        assert option in described, option


def test_a_description_larger_than_allowed_is_refused(place: Path, run: Run) -> None:
    size = Path("network.json").stat().st_size
    refused = run("build", "network.json", "--out", "small", "--max-file-size", size - 1)
    assert (refused.status, refused.out) == (2, "") and "--max-file-size allows more" in refused.err
    assert run("build", "network.json", "--out", "small", "--max-file-size", size).status == 0


def test_a_message_number_below_zero_is_no_option(run: Run) -> None:
    assert run("explain", "-1").out == run("explain", "--", "-1").out != ""
    assert run("explain", "-x").status == run("explain", "--nosuch", "-1").status == 2
