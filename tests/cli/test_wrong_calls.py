"""What a new user types wrong: status 2, and one sentence that names the argument and the way out."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from glbtools.cli.app import COMMANDS, GROUPS
from tests.cli.replay import Run

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
QUEUE = "stuck/GLB/REQTRANS.GLB"

WRONG = {
    # no such command or option
    "diagnos stuck": "diagnos: is no command of glbtools; did you mean diagnose?",
    "Diagnose stuck": "Diagnose: is no command of glbtools; did you mean diagnose?",
    "bogus": "bogus: is no command of glbtools; glbtools -h lists the commands",
    "''": "an empty word: is no command of glbtools; glbtools -h lists the commands",
    "directory exprot x": "exprot: is no command of glbtools directory; did you mean export?",
    "sync statu x": "statu: is no command of glbtools sync; did you mean status?",
    "inspect --hexx x": "--hexx: is no option of glbtools inspect; did you mean --hex?",
    "diagnose stuck --jsno": "--jsno: is no option of glbtools diagnose; did you mean --json?",
    "unsent stuck --bogus": "--bogus: is no option of glbtools unsent; glbtools unsent -h shows what it takes",
    "report stuck --out x.html": "--out: is no option of glbtools report; did you mean --to?",
    "timeline stuck --out x": "--out: is no option of glbtools timeline; did you mean --to?",
    "rebuild stuck --out x": "--out: is no option of glbtools rebuild; did you mean --into?",
    "carve note.txt --into x": "--into: is no option of glbtools carve; did you mean --out?",
    "unsent stuck --out x": "--out: is no option of glbtools unsent; glbtools unsent -h shows what it takes",
    "--bogus": "--bogus: is no option of glbtools; glbtools -h shows what it takes",
    "diagnose stuck -json": "-json: is no option of glbtools diagnose; did you mean --json?",
    "inspect -hex x": "-hex: is no option of glbtools inspect; did you mean --hex?",
    "explain --jsno U101": "--jsno: is no option of glbtools explain; did you mean --json?",
    "explain U101 --max-file-size 3": "--max-file-size: is no option of glbtools explain; glbtools explain -h shows",
    "sync status x -o y": "-o: is no option of glbtools sync status; glbtools sync status -h shows what it takes",
    # something is missing, or too much
    "inspect": "FILE...: is missing; glbtools inspect -h shows what it takes",
    "diagnose": "PATH...: is missing; glbtools diagnose -h shows what it takes",
    "build stuck.toml": "--out DIR: is missing; glbtools build -h shows what it takes",
    "carve note.txt": "--out DIR: is missing; glbtools carve -h shows what it takes",
    "rebuild stuck": "--into DIR: is missing; give it, or --dry-run to see the plan only",
    "rebuild stuck --into": "--into: needs a value; -h shows the options",
    "rebuild stuck stuck --into x": "stuck: is more than glbtools rebuild takes",
    "diagnose stuck --json=3": "--json: takes no value; -h shows the options",
    "survey stuck": "--out DIR: is missing",
    "simulate": "SCENARIO: is missing; glbtools simulate --list shows the scenarios",
    "simulate healthy-week": "--out DIR: is missing; give it, or --image FILE for a disk",
    "simulate healthy-week -o x --delete y": "--delete PATH: goes with --image FILE only; give that, too",
    "directory compare note.txt": "NEW: is missing; glbtools directory compare -h shows what it takes",
    "directory export note.txt --to -": "--state STATE.json: is missing",
    "directory backsync --restored note.txt": "--partner DUMP: is missing",
    "sync status": "PAIR.toml: is missing; glbtools sync status -h shows what it takes",
    "sync run": "PAIR.toml: is missing; glbtools sync run -h shows what it takes",
    # an empty argument, as an unset variable in a script makes it
    "diagnose ''": "PATH...: is empty; give PATH",
    "inspect ''": "an empty name: is no file; give a path",
    "timeline ''": "PATH...: is empty; give PATH",
    "evidence ''": "PATH...: is empty; give PATH",
    "rebuild '' --into x": "PATH: is empty; give PATH",
    "rebuild stuck --into ''": "--into DIR: is empty; give DIR, or leave it out",
    "build '' --out x": "SPEC: is empty; give SPEC",
    "build stuck.toml --out ''": "--out DIR: is empty; give DIR",
    "simulate '' --out x": "SCENARIO: is empty; give SCENARIO, or leave it out",
    "explain ''": "WHAT: is empty; give WHAT, or leave it out",
    "formats ''": "NAME: is empty; give NAME, or leave it out",
    "diagnose stuck --older ''": "--older PATH: is empty; give PATH, or leave it out",
    "diagnose stuck --tz ''": "--tz ZONE: is empty; give ZONE, or leave it out",
    "diagnose stuck --select ''": "--select CODE|SLUG: is empty; give CODE|SLUG, or leave it out",
    f"inspect {QUEUE} --layout ''": "--layout FILE.toml: is empty; give FILE.toml, or leave it out",
    "directory compare '' note.txt": "OLD: is empty; give OLD",
    "simulate --many '' --out x": "--many N: is empty; give a whole number, or leave it out",
    "diagnose stuck --format ''": "--format: is empty; give one of table, json, jsonl, csv",
    "diagnose stuck --max-file-size ''": "--max-file-size SIZE: is empty; give a size such as 4096, 64K, 256M or 2G",
    f"learn {QUEUE} --known ''": "--known [FILE:]NAME=VALUE: is empty; give [FILE:]NAME=VALUE, or leave it out",
    "directory backsync --restored note.txt --partner ''": "--partner DUMP: is empty; give DUMP",
    "survey stuck -o ''": "--out DIR: is empty; give DIR",
    "sync run ''": "PAIR.toml: is empty; give PAIR.toml",
    # standard input or output where it is none
    "diagnose -": "-: standard input is not read here; write it to a file, and name that",
    "carve - --out x": "-: standard input is not read here; write it to a file, and name that",
    "inspect - -": "-: standard input is given twice, and can be read once; leave one of them out",
    "learn - -": "-: standard input is given twice, and can be read once; leave one of them out",
    "directory compare - -": "-: standard input is given twice, and can be read once; leave one of them out",
    "rebuild stuck --into -": "--into -: is no directory; name one, or ./- for one that is called so",
    "build stuck.toml --out -": "--out -: is no directory; name one, or ./- for one that is called so",
    "report stuck --to -": "--to -: a page goes to a file; name one, such as report.html",
    # a place in an archive or an image
    "inspect post.zip": "post.zip: an archive, which holds files; glbtools evidence lists them, and post.zip::PLACE is",
    "inspect post.zip::GLB/reqtrans.glb": "no such place in post.zip; did you mean post.zip::GLB/REQTRANS.GLB?",
    "inspect post.zip::GBL/REQTRANS.GLB": "post.zip::GBL/REQTRANS.GLB: no such place in post.zip; ",
    "inspect post.zip::GLB": "post.zip::GLB: a directory, not a file; name a file in it",
    "diagnose post.zip::xyzzy": "no such place in post.zip; glbtools evidence post.zip lists what is in it",
    "diagnose note.txt::x": "note.txt::x: no such place, since note.txt is neither an archive nor an image",
    "carve post.zip::GLB --out x": "lies in post.zip; carve reads the bytes of a file: take it out first",
    # a wrong path
    f"inspect {QUEUE}/x": f"{QUEUE}/x: {QUEUE} is a file, not a directory; name another one",
    "diagnose note.txt/x": "note.txt/x: no such file or directory: note.txt is a file",
    "survey nothere -o x": "nothere: no such file or directory; in the working directory: ",
    "report 'stuck*' -o x.html": "stuck*: no such file or directory; did you mean stuck",
    "directory backsync --restored nothere --partner note.txt": "nothere: no such file or directory",
    "inspect nothere.glb": "nothere.glb: no such file or directory; in the working directory: dir, note.txt, post.zip",
    "inspect stuck/GLB/reqtrans.glb": "reqtrans.glb: no such file or directory; did you mean stuck/GLB/REQTRANS.GLB?",
    "inspect stuck/GBL/REQTRANS.GLB": "no such file or directory: there is no stuck/GBL; did you mean stuck/GLB?",
    "diagnose Stuck": "Stuck: no such file or directory; did you mean stuck?",
    "unsent stukc": "stukc: no such file or directory; did you mean stuck?",
    "rebuild stukc --into x": "stukc: no such file or directory; did you mean stuck?",
    "evidence nothere": "nothere: no such file or directory; in the working directory: ",
    "carve nothere --out x": "nothere: no such file or directory; in the working directory: ",
    "build stukc.toml --out x": "stukc.toml: no such file or directory; did you mean stuck.toml",
    "learn nothere": "nothere: no such file or directory",
    f"inspect {QUEUE} --layout nothere.toml": "nothere.toml: no such file or directory",
    "diagnose stuck --older nothere": "nothere: no such file or directory",
    "directory compare nothere note.txt": "nothere: no such file or directory",
    "sync run nothere.toml": "nothere.toml: no such file or directory",
    "simulate healthy-week -o x --from nothere": "nothere: no such file or directory",
    # a directory for a file, and a file for a directory
    "inspect stuck": "stuck: a directory, not a file; name a file in it",
    "learn stuck": "stuck: a directory, not a file; name a file in it",
    "build dir --out x": "dir: a directory, not a file; name a file in it",
    "carve dir --out x": "dir: a directory, not a file; name a file in it",
    "sync init dir": "dir: a directory, not a file; name a file in it",
    "timeline stuck -o dir --force": "dir: a directory, not a file",
    "build stuck.toml --out note.txt": "note.txt: exists and is not a directory; name another one",
    "rebuild stuck --into note.txt": "note.txt: exists; rebuild writes a new directory",
    "carve note.txt --out dir": "dir: exists; carve writes a new directory",
    "diagnose note.txt": "note.txt: not a Dir-Sync file that glbtools knows",
    "inspect note.txt": "note.txt: not a Dir-Sync file that glbtools knows; --as FORMAT reads it as one",
    "diagnose dir": "dir: no postoffice: no GLB directory and no Dir-Sync file in it",
    "report stuck -o dir": "dir: exists; name a file in it",
    f"learn {QUEUE} -o dir --force": "dir: a directory, not a file; name a file in it",
    "simulate healthy-week -o note.txt": "note.txt: exists and is not a directory; name another one",
    "survey stuck -o note.txt": "note.txt: a file, not a directory; name another one",
    "sync run dir": "dir: a directory, not a file; name a file in it",
    "diagnose /dev/null": "/dev/null: a device, neither a file nor a directory",
    "inspect /dev/null": "/dev/null: a device, not a file",
    # an output that cannot be
    "rebuild stuck --into note.txt/x": "note.txt/x: note.txt is a file, not a directory; name another one",
    "carve note.txt --out note.txt/x": "note.txt/x: note.txt is a file, not a directory; name another one",
    f"learn {QUEUE} --out note.txt/x": "note.txt/x: note.txt is a file, not a directory; name another one",
    "simulate healthy-week --image note.txt/x.img": "note.txt/x.img: note.txt is a file, not a directory",
    "survey stuck -o stuck/x": "stuck/x: lies in the evidence (stuck); nothing was written",
    "rebuild stuck --into .": ".: exists; rebuild writes a new directory",
    "timeline stuck -o nodir/x": "nodir/x: there is no directory nodir; make it first",
    "report stuck -o nodir/x.html": "nodir/x.html: there is no directory nodir; make it first",
    f"learn {QUEUE} -o nodir/x.toml": "nodir/x.toml: there is no directory nodir; make it first",
    "report stuck -o note.txt": "note.txt: exists; use --force to replace it",
    "report stuck -o stuck/x.html": "stuck/x.html: lies in the evidence (stuck); nothing was written",
    "build stuck.toml --out stuck": "stuck: exists; use --force to write into it",
    "simulate healthy-week --image x.bin": "x.bin: an image ends in .img, an archive in .zip",
    # an unknown value
    f"inspect {QUEUE} -f yaml": "--format yaml: is not one of table, json, jsonl, csv, listing",
    f"inspect {QUEUE} -f jsno": "--format jsno: is not one of table, json, jsonl, csv, listing; did you mean json",
    f"inspect {QUEUE} --as queu": "--as queu: is not a format; formats are queue, reqconf,",
    "diagnose stuck --select U101,U102": "--select U101,U102: one at a time, as --select U101 --select U102",
    "rebuild stuck --dry-run --only U999": "--only U999: no problem has the code or name 'U999'; glbtools explain",
    "simulate healthy_week -o x": "is neither a file nor a scenario of the package; did you mean healthy-week?",
    # options that do not go together
    "diagnose stuck --json --format csv": "--json: goes without --format csv; leave one of them out",
    "diagnose stuck --select U101 --ignore U101": "--ignore stranded-transactions: goes without --select stranded-tr",
    "diagnose stuck --name stuck=A/B --name stuck=A/C": "--name stuck=A/C: stuck is called A/B already; leave one of",
    "timeline stuck --json --as csv": "--as csv: goes with --to FILE, or without --json; give the one or leave out",
    "timeline stuck --tz UTC --tz CET": "--tz CET: UTC is the zone of all clocks already; NET/PO=ZONE is for one",
    "directory compare note.txt note.txt --as csv": "--as csv: goes with --to FILE or --to - only; give that, too",
    "simulate --many 3": "--out DIR: is missing; --many N writes to a directory",
    "simulate --many 3 healthy-week -o x": "--many: goes with --seed, --workers and --out only; leave out SCENARIO",
    "simulate healthy-week -o x --workers 2": "--workers: goes with --many N only; give that, too",
    "survey stuck -o x --scheduler tcp://a:1 --workers 2": "--workers: goes without --scheduler, whose cluster has",
    "sync run note.txt --once --every 5m": "--every: goes without --once; leave one of them out",
    "formats que": "did you mean queue?",
    "formats log --as ksy": "--as ksy: needs the NAME of a format that has a layout: queue, reqconf",
    "formats queue --as kaitai": "--as kaitai: is not one of toml, ksy, cstruct",
    "diagnose stuck --min-severity warn": "warn: is not one of note, warning, error; did you mean warning?",
    "diagnose stuck --select U999": "no problem has the code or name 'U999'; glbtools explain lists them",
    "diagnose stuck --ignore strandd": "did you mean p1-stranded (S201) or stranded-transactions (U101)",
    "unsent stuck --direction up": "--direction up: is not one of upload, download, both",
    "explain strandd-transactions": "did you mean stranded-transactions (U101)?",
    "explain 9999": "9999: no public source prints a text for this message; known are -1 to ",
    "simulate server-restord -o x": "is neither a file nor a scenario of the package; did you mean server-restored",
    "simulate bogus -o x": "bogus: is neither a file nor a scenario of the package; glbtools simulate --list shows",
    f"learn {QUEUE} --family bogus": "--family bogus: is not one of queue, reqconf, srvconf",
    f"learn {QUEUE} --known foo": "--known foo: of a queue file first=NUMBER or last=NUMBER can be known",
    f"learn {QUEUE} --pin foo": "--pin foo: not of the form NAME=TYPE@OFFSET or NAME=none, as sync=u32@4",
    f"learn {QUEUE} --check x.toml --hex": "--check: goes with --listing only; leave out",
    "directory export note.txt --state s --to - --as xml": "--as xml: is not one of dirsync, csv, ldif, jsonl",
    # a number, a size, a date, a zone, a name
    f"inspect {QUEUE} --limit x": "--limit x: is not a whole number; give one such as 10",
    f"inspect {QUEUE} --limit 0": "--limit 0: is too small; 1 is the least",
    "simulate healthy-week -o x --seed abc": "--seed abc: is not a whole number; give one such as 10",
    "survey stuck -o x --workers many": "--workers many: is not a whole number; give one such as 10",
    "survey stuck -o x --timeout 5x": "--timeout 5x: is not a number; give one such as 10",
    "survey stuck -o x --timeout 0": "--timeout 0: is too small; 0.001 is the least",
    "survey stuck -o x --timeout nan": "--timeout nan: is too small; 0.001 is the least",
    "simulate healthy-week -o x --cycles 0": "--cycles 0: is too small; 1 is the least",
    f"inspect {QUEUE} --limit {10**26}": "is too large; 1000000000 is the most",
    "survey stuck -o x --workers 99999999999": "--workers 99999999999: is too large; 1000 is the most",
    "survey stuck -o x --timeout inf": "--timeout inf: is too large; 1000000000 is the most",
    "simulate healthy-week -o x --seed 9223372036854775808": "is too large; 9223372036854775807 is the most",
    "directory export note.txt --state s --to - --tombstone-lifetime 99999999999": "is too large; 36500 is the most",
    f"inspect {QUEUE} --max-file-size lots": "--max-file-size lots: is not a size such as 4096, 64K, 256M or 2G",
    f"inspect {QUEUE} --max-file-size -1": "--max-file-size -1: is not a size such as 4096, 64K, 256M or 2G",
    f"inspect {QUEUE} --max-file-size 10": "larger than 10 bytes; --max-file-size allows more",
    "diagnose stuck --now yesterday": "--now yesterday: is not a date and time such as 1994-04-07T12:13:52",
    "diagnose stuck --now 13/03/1996": "--now 13/03/1996: is not a date and time such as 1994-04-07T12:13:52",
    "diagnose stuck --now 1996-03-13T00:00+01:00": "an offset needs --tz, since no file says in which zone",
    "diagnose stuck --tz Berlin": "--tz Berlin: is not a time zone such as America/New_York; did you mean Europe/B",
    "timeline stuck --tz =UTC": "--tz =UTC: is not ZONE or NET/PO=ZONE",
    "report stuck --tz NET/PO=Mars/X": "--tz NET/PO=Mars/X: is not a time zone such as America/New_York",
    "diagnose stuck --name stuck=NETWORKTOOLONG/PO": "such as NET/HUB, of at most 10 characters each",
    "timeline stuck --tz europe/berlim": "--tz europe/berlim: is not a time zone such as America/New_York; did you",
    "timeline stuck --tz NET/NOBODY=UTC": "NET/NOBODY: no clock is called so; those found are",
    "timeline stuck --from yesterday": "--from yesterday: is not a date such as 1994-02-17 or 1994-02-17T08:52:45",
    "timeline stuck --until 1996-13-01": "--until 1996-13-01: is not a date such as",
    "timeline stuck --from 1996-01-01 --until 1995-01-01": "--from 1996-01-01: is later than --until 1995-01-01",
    "diagnose stuck --name foo": "--name foo: is not DIR=NET/PO",
    "diagnose stuck --name stuck=bar": "bar: is no name of a postoffice; names are NETWORK/POSTOFFICE, such as NET/HUB",
    "diagnose stuck --name foo=NET/PO": "foo: no postoffice was found there; those found are stuck",
    "sync run note.txt --every 5x": "--every 5x: is not a length of time such as 15m, 30s, 2h or 1d",
    "sync run note.txt --every 5m --once": "--every: goes without --once; leave one of them out",
    # contents that are none
    "build note.txt --out x": "note.txt:1: is not valid TOML",
    f"inspect {QUEUE} --layout note.txt": "note.txt:1: is not valid TOML",
    f"learn {QUEUE} --listing note.txt": "note.txt: no listing of a queue as LISTQ prints it",
    "directory export note.txt --state s --to -": "note.txt: no Exchange directory export (CSV), LDIF or csvde export",
    f"learn {QUEUE} -o {QUEUE} --force": "REQTRANS.GLB: is one of the files to learn from",
}  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of a new user: a stuck postoffice, its description, a text, an empty directory."""
    directory = tmp_path_factory.mktemp("user")
    shutil.copytree(FIXTURES / "podiag" / "november", directory / "stuck")
    shutil.copy(FIXTURES / "specs" / "stuck.toml", directory)
    shutil.make_archive(str(directory / "post"), "zip", directory / "stuck")
    (directory / "note.txt").write_text("hello\n", "utf-8")
    (directory / "dir").mkdir()
    return directory


@pytest.mark.parametrize("call", WRONG)
def test_a_wrong_call_is_refused_in_one_sentence_that_names_the_argument_and_the_way_out(
    call: str, place: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    before = sorted(place.iterdir())
    ran = run(*shlex.split(call))
    assert ran.status == 2
    assert WRONG[call] in ran.err
    assert ran.err.startswith("glbtools: ")
    assert ran.err.count("\n") == 1
    assert ran.out == ""
    assert sorted(place.iterdir()) == before


def test_every_command_is_called_wrongly() -> None:
    called = {" ".join(call.split()[: 2 if call.split()[0] in GROUPS else 1]) for call in WRONG}
    every = [*COMMANDS, *(f"{group} {name}" for group, (_, names) in GROUPS.items() for name in names)]
    assert {each for each in every if each not in called} == set()


@pytest.mark.parametrize("call", ["", "directory", "sync"])
def test_a_program_without_a_command_shows_what_there_is(call: str, run: Run) -> None:
    ran = run(*shlex.split(call))
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("Usage: glbtools")
    assert "Commands:" in ran.err


MISSING = {
    "images": (
        "pytsk3",
        "inspect disk.img::A",
        'disk.img: a disk image; pip install "glbtools[images]" installs what reads it',
    ),
    "ldif": (
        "ldif",
        "directory compare a.ldif a.ldif",
        'LDIF needs the library ldif: pip install "glbtools[ldif]"',
    ),
}
"""Extra -> its library, a call that needs it, and what is said without; the hint works in zsh, too."""


@pytest.mark.parametrize("extra", MISSING)
def test_what_needs_an_extra_says_how_to_get_it(
    extra: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, call, said = MISSING[extra]
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.chdir(tmp_path)
    boot = bytearray(512 * 2880)
    boot[:3], boot[11:13], boot[13], boot[14:16], boot[16] = b"\xeb\x3c\x90", b"\x00\x02", 1, b"\x01\x00", 2
    boot[21], boot[510:512] = 0xF0, b"\x55\xaa"
    Path("disk.img").write_bytes(boot)
    Path("a.ldif").write_text("version: 1\n\ndn: CN=A,DC=x\nuSNChanged: 5\n", "utf-8")
    ran = run(*shlex.split(call))
    assert ran.status == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_an_extra_is_named_in_one_way_that_every_shell_takes() -> None:
    """Quoted for zsh, with double quotes for Windows; what is installed already is not looked for in an index."""
    root = FIXTURES.parent
    pages = [root / "README.md", *(root / "docs").rglob("*.md"), *(root / "glbtools").rglob("*.py")]
    hints = [each for page in pages for each in re.findall(r"pip install .*?\[\w+\].?", page.read_text("utf-8"))]
    assert len(hints) > 8
    assert [each for each in hints if not re.fullmatch(r'pip install "glbtools\[\w+\]"', each)] == []
