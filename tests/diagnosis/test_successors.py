"""Directory dumps, what was remembered of them, and pairs of stores, as ``diagnose`` judges them."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glbtools
from glbtools.diagnosis.engine import diagnose
from glbtools.diagnosis.problems import PROBLEMS
from glbtools.diagnosis.successors.inputs import told
from glbtools.errors import GlbError, UnknownFormatError, UsageError
from glbtools.evidence.sources import on_disk
from glbtools.formats.repadmin import SHOWREPL_HEADER
from glbtools.sync import pair as pairs
from glbtools.sync.faults import StoreError
from glbtools.sync.store import KeptStore, SqliteStore
from tests.cli.replay import UPDATE, commands, replayed
from tests.diagnosis.networks import SCHEMA

ROOT = Path(__file__).resolve().parents[2]
DIRECTORIES = ROOT / "fixtures" / "directories"
SPEC = tomllib.loads((ROOT / "fixtures/specs/successors/directories.toml").read_text("utf-8"))
TRANSCRIPTS = Path(__file__).with_name("transcripts") / "successors"

SHOWN = {
    "dump-damaged": [("X101", "error", "certain")],
    "deletions-not-shown": [("X102", "warning", "certain")],
    "usn-wrong-server": [("X201", "error", "certain")],
    "usn-missed-deletion": [("X202", "error", "likely")],
    "usn-above-head": [("X203", "warning", "possible")],
    "backsync-restored-directory": [("X301", "error", "likely")],
    "dump-cut-short": [("X103", "error", "certain")],
    "dc-restored": [("X301", "error", "likely")],
    "dc-undecided": [("X302", "warning", "possible")],
    "links-overdue": [("X202", "error", "certain")],
    "links-late": [("X401", "warning", "certain")],
    "links-disabled": [("X402", "error", "certain")],
    "names-twice": [("X104", "warning", "certain")],
    "names-in-conflict": [("X105", "warning", "certain")],
    "links-lingering": [("X401", "warning", "certain"), ("X403", "warning", "likely")],
}
"""Fixture -> what it shows; the others are near misses."""


def seen(*paths: Path | str, **options) -> list[tuple[str, str, str]]:
    return [(each.problem.code, each.severity, each.certainty) for each in diagnose(*paths, **options).findings]


def the_only(*paths: Path | str, **options):
    (found,) = diagnose(*paths, **options).findings
    return found


# --- directories: fixtures -------------------------------------------------------------------------------------------


def test_every_problem_of_directories_has_a_fixture_and_the_description_says_so():
    assert {code for found in SHOWN.values() for code, _, _ in found} == {
        each.code for each in PROBLEMS if each.code.startswith("X")
    }
    for name, case in SPEC.items():
        assert case["shows"].startswith(f"{SHOWN[name][0][0]}:" if name in SHOWN else "nothing:")


@pytest.mark.parametrize("name", SPEC)
def test_a_fixture_shows_its_problem_and_a_near_miss_none(name):
    assert seen(DIRECTORIES / name) == SHOWN.get(name, [])


@pytest.mark.parametrize("name", SPEC)
def test_the_document_of_a_fixture_fits_its_schema_and_is_the_same_each_time(name, run):
    first, second = (run("diagnose", "--json", DIRECTORIES / name) for _ in range(2))
    assert first == second
    document = json.loads(first.out)
    jsonschema.validate(document, SCHEMA)
    assert first.status == (1 if name in SHOWN else 0)
    files = {each.name for each in (DIRECTORIES / name).iterdir()}
    assert {Path(each["path"]).name for each in document["inputs"]} == files
    assert all(each["sha256"] for each in document["inputs"])


@pytest.mark.parametrize("path", sorted(TRANSCRIPTS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_diagnosis_reads_as_its_transcript_says(path, tmp_path, monkeypatch, run):
    shutil.copytree(DIRECTORIES / path.stem, tmp_path / path.stem)
    monkeypatch.chdir(tmp_path)
    actual = "\n".join(replayed(run, command) for command in commands(path))
    if UPDATE:
        path.write_text(actual, "utf-8")
    assert path.read_text("utf-8") == actual


# --- directories: what is written here -------------------------------------------------------------------------------

COLUMNS = "Obj-Class,Obj-Dist-Name,Is-Deleted,USN-Changed,USN-Created,When-Changed"


def dump(path: Path, *rows: str, server: str | None = "S1", scope: str = "/o=X", columns: str = COLUMNS) -> Path:
    """Write a dump of ``name deleted changed created day``, and the export.ini beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if server:
        text = f"[Export]\r\nDirectoryService={server}\r\nBasepoint={scope}\r\n"
        path.with_suffix(".ini").write_text(text, newline="")
    lines = [columns]
    for row in rows:
        name, deleted, changed, created, date = row.split()
        lines.append(f"Mailbox,/o=X/cn={name},{deleted.strip('-')},{changed},{created},{date}120000Z")
    path.write_text("".join(f"{line}\r\n" for line in lines), newline="")
    return path


def state(path: Path, exported: int, **values) -> Path:
    row = {"schema": "glbtools.export-state/1", "server": "S1", "epoch": None, "scope": "/o=X", "imported": [],
           "exported": exported, "exported_at": None}  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(row | values, indent=1))
    return path


MONDAY = ("paul - 10 10 980101", "mark - 12 11 980102", "sue - 13 13 980103")


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        (("paul - 10 10 980101", "mark - 14 11 980105", "sue 1 15 13 980106"), []),
        (("paul - 10 10 980101", "mark - 12 11 980102", "sue - 13 13 980103"), []),
        # an object has a lower number than it had, under both servers' name
        (("paul - 10 10 980101", "mark - 11 11 980101"), [("X301", "error", "certain")]),
        # only the highest number is lower: likely, as the objects above it are live in the older dump
        (("paul - 10 10 980101", "mark - 12 11 980102"), [("X301", "error", "likely")]),
        # overtaken: 13 belongs to somebody else now
        (("paul - 10 10 980101", "mark - 12 11 980102", "eve - 13 13 980104", "max - 20 20 980105"),
         [("X301", "error", "likely")]),
        # gone without a tombstone, three days later
        (("paul - 10 10 980101", "mark - 16 11 980106"), [("X202", "warning", "possible")]),
        # and after two months, in which a tombstone may have come and gone
        (("paul - 10 10 980101", "mark - 16 11 980306"), [("X202", "warning", "likely")]),
        # another server: none of the objects has its USN-Created
        (("paul - 210 210 980101", "mark - 212 211 980102"), [("X201", "error", "likely")]),
    ],
)  # fmt: skip
def test_an_older_dump_is_compared_with_the_present_one(tmp_path, rows, shown):
    server = None if shown and shown[0][0] == "X201" else "S1"
    old = dump(tmp_path / "old" / "usn.csv", *MONDAY, server=server)
    new = dump(tmp_path / "new" / "usn.csv", *rows, server=server)
    assert seen(new, older=[old]) == shown
    assert seen(new.parent, older=[old.parent]) == shown


def test_a_highest_number_that_was_a_tombstone_may_have_been_removed(tmp_path):
    old = dump(tmp_path / "old" / "usn.csv", "paul - 10 10 980101", "sue 1 13 12 980103")
    new = dump(tmp_path / "new" / "usn.csv", "paul - 10 10 980101")
    assert seen(new, older=[old]) == [("X301", "error", "possible")]


def test_an_older_dump_belongs_to_the_dump_of_its_server_else_of_its_name(tmp_path):
    old = dump(tmp_path / "old" / "a.csv", *MONDAY, server="S1")
    dump(tmp_path / "new" / "a.csv", "zoe - 500 500 980101", server="S2")
    dump(tmp_path / "new" / "b.csv", *MONDAY, server="S1")
    assert seen(tmp_path / "new", older=[old]) == []
    unnamed = dump(tmp_path / "old" / "c.csv", *MONDAY, server=None)
    dump(tmp_path / "new" / "c.csv", "paul - 10 10 980101", server=None)
    found = the_only(tmp_path / "new", older=[unnamed])
    assert (found.problem.code, Path(found.path).name) == ("X301", "c.csv")


def test_a_new_life_of_a_server_that_went_back_is_named(tmp_path):
    columns = COLUMNS + ",Invocation-ID"
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    for path, life, number in ((old, "FIRST", 20), (new, "SECOND", 10)):
        dump(path, columns=columns)
        with path.open("a", newline="") as stream:
            stream.write(f"Dsa,/o=X/cn=S1/cn=Microsoft DSA,,{number},5,980101120000Z,{life}\r\n")
    found = the_only(new, older=[old])
    assert found.problem.code == "X301"
    assert any("from FIRST to SECOND" in note for note in found.notes)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({}, []),
        ({"server": "s1"}, []),
        ({"server": None}, []),
        ({"server": "S2"}, [("X201", "error", "certain")]),
        ({"scope": "/o=Y"}, [("X201", "warning", "certain")]),
        ({"exported": 0, "server": "S2"}, []),
        ({"exported": 13}, []),
        ({"exported": 14}, [("X301", "error", "likely")]),
        ({"exported_at": "1997-11-30T12:00:00"}, [("X202", "warning", "possible")]),
        ({"exported_at": "1997-12-05T12:00:00"}, []),
        ({"exported_at": "1997-12-05T12:00:00+01:00"}, []),
    ],
)
def test_a_state_is_judged_against_its_dump(tmp_path, values, shown):
    dump(tmp_path / "usn.csv", *MONDAY)
    state(tmp_path / "any name.json", values.pop("exported", 12), **values)
    assert seen(tmp_path) == shown


def test_a_state_of_one_of_several_servers_is_judged_against_that_one(tmp_path):
    dump(tmp_path / "a.csv", *MONDAY, server="S1")
    dump(tmp_path / "b.csv", "zoe - 500 500 980101", server="S2")
    report = diagnose(tmp_path, state(tmp_path / "x" / "state.json", 13))
    assert [(each.channel.kind, each.channel.origin, each.verdict.state) for each in report.channels] == [
        ("usn", "S1", "UNKNOWN")
    ]
    assert seen(tmp_path, state(tmp_path / "x" / "state.json", 600, server="S3")) == []


REMOVED = (COLUMNS + ",USN-DSA-Last-Obj-Removed", "Dsa,/o=X/cn=S1/cn=Microsoft DSA,,19,1,980301120000Z,{}\r\n")


@pytest.mark.parametrize(("removed", "shown"), [(12, []), (13, [("X202", "error", "likely")])])
@pytest.mark.parametrize("by", ["state", "cursor"])
def test_a_deletion_is_missed_if_one_was_removed_strictly_above_the_number(tmp_path, removed, shown, by):
    path = dump(tmp_path / "usn.csv", *MONDAY, columns=REMOVED[0])
    with path.open("a", newline="") as stream:
        stream.write(REMOVED[1].format(removed))
    if by == "state":
        state(tmp_path / "usn.json", 12, exported_at="1996-01-01T00:00:00")
    else:
        (tmp_path / "seen.json").write_text(cursors(("B", "S1", None, 12)))
    assert seen(tmp_path) == shown


def cursors(*rows: tuple[str, str, str | None, int]) -> str:
    listed = [dict(zip(("consumer", "log_id", "epoch", "position"), row, strict=True)) for row in rows]
    return json.dumps({"schema": "glbtools.cursors/1", "cursors": listed})


def test_one_restore_is_one_finding_whoever_shows_it(tmp_path):
    dump(tmp_path / "now" / "usn.csv", "paul - 10 10 980101", "mark - 11 11 980101")
    state(tmp_path / "now" / "usn.json", 13)
    (tmp_path / "now" / "seen.json").write_text(cursors(("B", "S1", None, 13), ("C", "S1", None, 11)))
    old = dump(tmp_path / "old" / "usn.csv", *MONDAY)
    found = the_only(tmp_path / "now", older=[old])
    assert (found.problem.code, found.certainty, found.ranges) == ("X301", "certain", ((11, 13),))
    assert {Path(each.path).name for each in found.evidence} == {"usn.csv", "usn.json", "seen.json"}
    assert any("AUTHREST 0 502" in each for each in found.help)


def test_what_partners_give_back_is_said_object_by_object(tmp_path):
    shutil.copytree(DIRECTORIES / "backsync-restored-directory", tmp_path / "x")
    notes = " ".join(the_only(tmp_path / "x").notes)
    assert "2 objects are given back by partners: /o=X/ou=S/cn=ann, /o=X/ou=S/cn=mark" in notes
    assert "1 object is live here and deleted at a partner" in notes


@pytest.mark.parametrize(
    ("success", "status", "shown"),
    [
        ("2026-01-01 00:00:00", 8614, [("X202", "error", "certain")]),
        ("2025-08-01 00:00:00", 0, [("X202", "error", "likely")]),
        ("2025-12-01 00:00:00", 0, [("X202", "error", "possible")]),
        ("2025-12-14 09:00:00", 1722, [("X401", "warning", "certain")]),
        ("2025-12-14 09:00:00", 8457, [("X402", "error", "certain")]),
        ("2025-12-01 00:00:00", 1722, [("X202", "error", "possible"), ("X401", "warning", "certain")]),
        ("0", 0, []),
        ("01/12/2025 9:00", 0, [("X101", "note", "certain")]),  # which is the day?
    ],
)
def test_a_link_is_overdue_by_its_last_success_or_its_status(tmp_path, success, status, shown):
    from glbtools.formats.repadmin import Link
    from tests.formats.written import build_showrepl

    links = [
        Link("INFO", "HQ", "DC2", "DC=x", "HQ", "DC1", "RPC", 0, "0", "2026-02-12 09:00:00", 0),
        Link("INFO", "HQ", "DC3", "DC=x", "HQ", "DC1", "RPC", 9, "0", success, status),
    ]
    path = tmp_path / "links.csv"
    path.write_bytes(build_showrepl(links))
    assert seen(path) == shown


@pytest.mark.parametrize("cut", [b"", b"Mailbox,/o=X/cn=eve,,14"])
def test_a_dump_whose_last_line_has_no_end_may_be_cut_off(tmp_path, cut):
    path = dump(tmp_path / "usn.csv", *MONDAY)
    path.write_bytes(path.read_bytes() + cut)
    assert seen(path) == ([("X101", "error", "certain")] if cut else [])


def test_a_last_row_that_is_whole_and_has_no_end_may_have_been_longer(tmp_path):
    path = dump(tmp_path / "usn.csv", *MONDAY)
    path.write_bytes(path.read_bytes().rstrip(b"\r\n"))
    assert seen(path) == [("X101", "warning", "possible")]


def test_a_number_that_is_cut_off_shows_no_server_that_went_back(tmp_path, run):
    """Of 103 the cut leaves 10: a number that the object did not have when everything up to 103 was exported."""
    root = "dn:\ndnsHostName: dc1\nhighestCommittedUSN: 103\n\n"
    path, state_path = tmp_path / "dc1.ldif", tmp_path / "s.json"
    path.write_text(root + WHOLE + "dn: CN=b\nuSNCreated: 100\nuSNChanged: 103\n\n")
    words = ("directory", "export", path, "--state", state_path, "--to", tmp_path / "o", "--force")
    assert run(*words).status == 0
    path.write_text(root + WHOLE + "dn: CN=b\nuSNCreated: 100\nuSNChanged: 10")
    assert run(*words).status == 2
    assert [code for code, _, _ in seen(tmp_path)] == ["X101"]


def test_a_number_at_the_end_of_a_row_that_may_be_cut_makes_no_certain_rollback(tmp_path, run):
    header = "Obj-Class,Obj-Dist-Name,Is-Deleted,USN-Created,USN-Changed\r\n"
    rows = "Mailbox,/o=x/cn=a,,2,22\r\nMailbox,/o=x/cn=b,,3,103"
    path, state_path = tmp_path / "usn.csv", tmp_path / "s.json"
    path.write_text(f"{header}{rows}\r\n")
    words = ("directory", "export", path, "--state", state_path, "--to", tmp_path / "o", "--server", "S")
    assert run(*words).status == 0
    (tmp_path / "export.ini").write_text("[Export]\nDirectoryService=S\n")
    path.write_text(f"{header}{rows[:-1]}")
    assert sorted(seen(tmp_path)) == [("X101", "warning", "possible"), ("X301", "error", "possible")]


CUT_OPEN = [("X101", "warning", "possible")]


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        ("", CUT_OPEN),
        ("cn: a\n", CUT_OPEN),
        ("cn: a\n folded\n", CUT_OPEN),
        ("cn: a\n\n", []),
        ("cn: a\r\n\r\n", []),
        ("cn: a\n\n\n", []),
        ("cn: a\n\n# a comment\n", []),
        ("cn: a\n\nsearch: 2\nresult: 0 Success\n", []),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_dump_that_ends_in_an_object_may_be_cut_off(tmp_path, end, shown, encoding):
    mark = "\ufeff" if encoding != "utf-8" else ""
    (tmp_path / "dc1.ldif").write_bytes((mark + WHOLE.removesuffix("\n") + end).encode(encoding))
    assert seen(tmp_path) == shown


@pytest.mark.parametrize("begin", ["# extended LDIF\n#\n# LDAPv3\n#\n\n", "# record 1\n"])
@pytest.mark.parametrize("end", ["", "# search result\nsearch: 2\nresult: 0 Success\n\n", "# returned 2 records\n"])
def test_a_search_that_does_not_say_how_it_ended_may_be_cut_short(tmp_path, run, begin, end):
    path = tmp_path / "dc1.ldif"
    path.write_text(begin + WHOLE + end)
    assert seen(path) == ([] if end else [("X103", "warning", "possible")])
    done = run("directory", "export", path, "--state", tmp_path / "s.json", "--to", "-")
    assert (done.status, "may be cut short" in done.err) == ((0, False) if end else (1, True))


def test_an_object_without_a_number_is_said_and_that_of_the_server_itself_needs_none(tmp_path, run):
    path = tmp_path / "dc1.ldif"
    path.write_text(WHOLE + "dn: CN=NTDS Settings,CN=DC1\ninvocationId: x\n\n")
    assert seen(path) == []
    path.write_text(WHOLE + "dn: CN=b\ncn: b\n\n")
    assert seen(path) == [("X101", "warning", "certain")]
    done = run("directory", "export", path, "--state", tmp_path / "s.json", "--to", "-")
    assert (done.status, "has no uSNChanged: its changes cannot be seen" in done.err) == (1, True)


def test_a_dump_without_an_object_is_no_all_clear(tmp_path):
    path = tmp_path / "usn.csv"
    path.write_bytes(b"Obj-Class,Obj-Dist-Name,Is-Deleted,USN-Changed,USN-Created\r\n")
    assert seen(path) == [("X103", "warning", "possible")]


def test_damage_does_not_hide_what_else_there_is(tmp_path):
    path = dump(tmp_path / "usn.csv", *MONDAY)
    path.write_bytes(path.read_bytes() + b'Mailbox,"/o=X/cn=eve,,14,14\r\n')
    state(tmp_path / "usn.json", 20)
    assert [code for code, _, _ in seen(tmp_path)] == ["X101", "X301"]
    (first, _) = diagnose(tmp_path).findings
    assert (first.evidence[0].line, first.evidence[0].field) == (5, "event 227")


def test_an_active_directory_dump_without_tombstones_may_lack_them(tmp_path):
    (tmp_path / "dc1.ldif").write_text("dn: CN=a\nuSNChanged: 5\nuSNCreated: 5\n\n")
    assert seen(tmp_path) == [("X102", "warning", "possible")]


# --- pairs -----------------------------------------------------------------------------------------------------------

PAIR = """id = "north-south"
state = "state.json"
spool = "spool"
batch = 2

[source]
path = "north.db"

[target]
path = "south.db"
"""


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    place = tmp_path / "pair"
    place.mkdir()
    (place / "pair.toml").write_text(PAIR)
    pairs.init(place / "pair.toml")
    fill(place / "north.db", a="1")
    once(place)
    return place


def fill(path: Path, **objects: str) -> None:
    with SqliteStore(path) as store:
        store.write_all((key, value.encode()) for key, value in objects.items())


def once(place: Path) -> None:
    pairs.run(place / "pair.toml", once=True)


def sound(place: Path) -> None:
    fill(place / "north.db", b="2")


def source_restored(place: Path) -> None:
    backup = (place / "north.db").read_bytes()
    fill(place / "north.db", b="2")
    once(place)
    (place / "north.db").write_bytes(backup)


def source_overtaken(place: Path) -> None:
    source_restored(place)
    fill(place / "north.db", x="7", y="8", z="9")


def source_renewed(place: Path) -> None:
    with SqliteStore(place / "north.db") as store:
        store.renew()


def source_replaced(place: Path) -> None:
    (place / "north.db").unlink()
    pairs.init(place / "pair.toml")


def purged(place: Path) -> None:
    with SqliteStore(place / "north.db") as store:
        store.delete("a")
        store.purge(100)


def purged_before_it_was_sent_but_seen(place: Path) -> None:
    with SqliteStore(place / "north.db") as store:
        store.delete("a")
    once(place)
    with SqliteStore(place / "north.db") as store:
        store.purge(100)


def target_restored(place: Path) -> None:
    backup = (place / "south.db").read_bytes()
    fill(place / "north.db", b="2")
    once(place)
    (place / "south.db").write_bytes(backup)


def success_lost(place: Path) -> None:
    backup = (place / "state.json").read_bytes()
    fill(place / "north.db", b="2")
    once(place)
    (place / "state.json").write_bytes(backup)


def batch_lost(place: Path) -> None:
    fill(place / "north.db", b="2")
    with SqliteStore(place / "north.db") as store:
        store.remember("north-south", "f" * 32, 2)


def batch_waits(place: Path) -> None:
    batch_lost(place)
    (place / "spool/collector/000000000009-batch-0.json").write_text("")


def answer_waits(place: Path) -> None:
    (place / "spool/synchronizer/000000000009-success-0.json").write_text("")


def refused(place: Path) -> None:
    (place / "spool/collector/000000000009-batch-0.json").write_text('{"half')
    once(place)


def conflict(place: Path) -> None:
    fill(place / "north.db", a="2")
    fill(place / "south.db", a="3")
    once(place)


def parentless(place: Path) -> None:
    with SqliteStore(place / "north.db") as store:
        store.write("child", b"1", parent="gone")
    once(place)


def parent_comes(place: Path) -> None:
    parentless(place)
    fill(place / "north.db", gone="1")
    once(place)


PAIRS = [
    (sound, []),
    (source_restored, [("I101", "error", "certain")]),
    (source_overtaken, [("I101", "error", "certain")]),
    (source_renewed, [("I101", "error", "certain")]),
    (source_replaced, [("I101", "error", "certain")]),
    (purged, [("I102", "error", "certain")]),
    (purged_before_it_was_sent_but_seen, []),
    (target_restored, [("I201", "warning", "certain")]),
    (success_lost, [("I201", "note", "certain")]),
    (batch_lost, [("I201", "warning", "certain")]),
    (batch_waits, [("I201", "note", "certain")]),
    (answer_waits, [("I201", "note", "certain")]),
    (refused, [("I202", "warning", "certain")]),
    (conflict, [("I301", "warning", "certain")]),
    (parentless, [("I302", "warning", "certain")]),
    (parent_comes, []),
]
each_pair = pytest.mark.parametrize(("story", "shown"), PAIRS, ids=lambda each: getattr(each, "__name__", ""))


def test_every_problem_of_pairs_has_a_case():
    assert {code for _, found in PAIRS for code, _, _ in found} == {
        each.code for each in PROBLEMS if each.code.startswith("I")
    }


def contents(place: Path) -> dict[str, bytes]:
    return {str(each.relative_to(place)): each.read_bytes() for each in place.rglob("*") if each.is_file()}


@each_pair
def test_a_pair_is_judged_by_what_its_ends_remember_and_nothing_is_written(pair, story, shown):
    story(pair)
    before = contents(pair)
    assert seen(pair) == seen(pair / "pair.toml") == seen(pair / "state.json") == shown
    assert contents(pair) == before


@each_pair
def test_the_document_of_a_pair_fits_its_schema(pair, run, story, shown):
    story(pair)
    document = json.loads(run("diagnose", "--json", pair).out)
    jsonschema.validate(document, SCHEMA)
    (kept,) = document["pairs"]
    status = pairs.status(pair / "pair.toml") if story is not source_replaced else None
    assert status is None or (kept["head"], kept["cursor"], kept["applied"]) == (
        status.head, status.cursor, status.applied
    )  # fmt: skip
    (channel,) = document["channels"]
    assert (channel["kind"], Path(channel["origin"]).name, Path(channel["target"]).name) == (
        "ics", "north.db", "south.db"
    )  # fmt: skip


@each_pair
def test_whoever_is_told_to_run_the_pair_once_more_is_right(pair, story, shown):
    """What diagnose calls harmless or a matter of one more run is gone after it; what it calls stopped is not."""
    story(pair)
    if shown and shown[0][0] == "I201":
        for each in (pair / "spool").rglob("*.json"):
            each.unlink()
        once(pair)
        assert seen(pair) == []
    elif shown and shown[0][1] == "error":
        if story is not source_replaced:
            once(pair)
        assert seen(pair) == shown
        pairs.run(pair / "pair.toml", once=True, full=True)
        assert not [each for each in seen(pair) if each[1] == "error"]


def test_a_pair_whose_stores_are_elsewhere_is_shown_and_not_accused(pair):
    (pair / "north.db").unlink()
    (pair / "south.db").unlink()
    report = diagnose(pair)
    assert not report.findings
    assert not report.unreadable
    assert [each.verdict.state for each in report.channels] == ["UNKNOWN"]


def test_a_state_without_a_pair_file_is_shown(pair):
    (pair / "pair.toml").unlink()
    report = diagnose(pair / "state.json")
    assert [(each.id, each.cursor, each.head) for each in report.pairs] == [("north-south", 1, None)]


def test_a_store_that_is_damaged_is_said_and_what_else_is_known_is_shown(pair, run):
    refused(pair)
    (pair / "north.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    done = run("diagnose", pair)
    assert done.status == 2
    assert "north.db: no store" in done.err
    assert "I202" in done.out


def test_a_store_is_read_with_the_log_beside_it(pair):
    source = SqliteStore(pair / "north.db")
    source.write("b", b"2")
    copy = pair.parent / "copy"
    shutil.copytree(pair, copy)
    source.close()
    assert (copy / "north.db-wal").stat().st_size
    before = contents(copy)
    (kept,) = diagnose(copy).pairs
    assert kept.head == 2
    assert contents(copy) == before


@pytest.mark.parametrize(
    "harm", ["CREATE VIEW v AS SELECT 1", "CREATE TRIGGER t AFTER INSERT ON store BEGIN SELECT 1; END"]
)
def test_a_store_with_what_no_store_has_is_not_read(pair, harm):
    with SqliteStore(pair / "north.db") as store:
        store.connection.execute(harm)
    with pytest.raises(StoreError, match="view or a trigger"):
        KeptStore(pair / "north.db")


@pytest.mark.parametrize("value", ["abc", -5, None, b"\xff", 1.5])
def test_a_journal_with_values_of_other_types_is_no_traceback(pair, value):
    with SqliteStore(pair / "south.db") as store:
        store.connection.execute("UPDATE journal SET applied = ?", (value,))
    diagnose(pair)


@pytest.mark.parametrize("lock", [b"\xff\xfe", b"[" * 5000, b'{"pid": "x"}', None])
def test_a_lock_that_is_none_neither_hangs_nor_fails(pair, lock):
    path = pair / "state.json.lock"
    os.mkfifo(path) if lock is None else path.write_bytes(lock)
    assert seen(pair) == []


# --- vectors and links -----------------------------------------------------------------------------------------------


def vector(path: Path, *rows: str, banner: str = "") -> Path:
    """Write a vector of ``name number hour``; a name with a star is marked as retired."""
    lines = [f"Repadmin: running command /showutdvec against full DC {banner}"] if banner else []
    lines += ["Caching GUIDs.", ".."]
    for row in rows:
        name, number, hour = row.split()
        retired = " (retired)" if name.endswith("*") else ""
        name = name.rstrip("*") if "-" in name else f"Site\\{name.rstrip('*')}"
        lines.append(f"{name}{retired} @ USN {number:>9} @ Time 2026-02-10 {hour}:00:00")
    with path.open("a", newline="") as stream:
        stream.writelines(f"{each}\r\n" for each in lines)
    return path


UNDECIDED = [("X302", "warning", "possible")]
OPEN = [("X302", "note", "possible")]
BACK = [("X301", "error", "likely")]


@pytest.mark.parametrize(
    ("own", "partner", "shown"),
    [
        (("A 50 12", "B 9 11"), ("A 40 11", "B 9 12"), []),
        (("A 50 12", "B 9 11"), ("A 60 11", "B 9 12"), BACK),
        (("A 50 12", "B 9 11"), ("A 60 13", "B 9 14"), OPEN),  # the server's own was printed first
        (("A 50 12", "B 9 11"), ("A* 60 11", "A 40 11", "B 9 12"), []),
        (("A 50 12", "B 9 11"), ("A* 90 11", "A 60 11", "B 9 12"), BACK),
        (("A 50 12", "A 70 05", "B 9 11"), ("A 70 05", "A 40 11", "B 9 12"), []),
        (("A 50 12", "B 9 11"), ("A 70 05", "A 40 11", "B 9 12"), UNDECIDED),
        (("A 50 12", "A 70 05", "B 9 11"), ("A 70 05", "A 60 11", "B 9 12"), UNDECIDED),
        (("A 50 12", "A 70 05", "B 9 11"), ("A 60 11", "B 9 12"), UNDECIDED),
        (("A 90 12", "B 9 11"), ("A 70 05", "A 40 11", "B 9 12"), OPEN),
        (("A 50 12", "A 70 12", "B 9 11"), ("A 30 05", "A 40 06", "B 9 12"), OPEN),
    ],
)
def test_a_domain_controller_is_accused_only_where_one_line_bears_its_name(tmp_path, run, own, partner, shown):
    apart = [vector(tmp_path / "A.txt", *own), vector(tmp_path / "B.txt", *partner)]
    together = vector(tmp_path / "all.txt", *own, banner="a.example.com")
    vector(together, *partner, banner="b.example.com")
    for paths in (apart, apart[::-1], [together]):
        assert seen(*paths) == shown
        done = run("diagnose", *paths, columns=200)
        assert ("emote" in done.out) == ("went back in" in done.out) == (shown == BACK)
        assert ("/nocache" in done.out) == (shown != [] and "13" not in partner[0])


ID = "0000000{}-0000-0000-0000-000000000000"


def test_with_invocation_ids_two_lives_are_told_apart(tmp_path):
    old, new, other = (ID.format(n) for n in (1, 2, 3))
    vector(tmp_path / "A.txt", f"{old} 70 05", f"{new} 50 12", f"{other} 9 11")
    partner = vector(tmp_path / "B.txt", f"{old} 70 05", f"{new} 40 11", f"{other} 9 12")
    assert seen(tmp_path) == []
    partner.unlink()
    vector(partner, f"{old} 70 05", f"{new} 60 11", f"{other} 9 12")
    assert seen(tmp_path) == BACK


def test_a_vector_in_a_file_of_several_that_does_not_say_whose_it_is_is_named_and_the_others_are_judged(tmp_path, run):
    path = vector(tmp_path / "all.txt", "A 50 12", "B 9 11", banner="A")
    vector(path, "A 60 11", "B 9 12", banner="B")
    vector(path, "A 80 11", "B 9 12")
    done = run("diagnose", path)
    assert done.status == 2
    assert "X301" in done.out
    assert "line 9  USN 60" in done.out
    assert "USN 80" not in done.out
    assert "holds 3 vectors, and whose the one at line 13 is it does not say: give one file each" in done.err


def test_a_vector_printed_long_after_a_dump_accuses_nobody(tmp_path):
    root = "dn:\ndnsHostName: A.example.com\nhighestCommittedUSN: 50\n\n"
    tombstone = "dn: CN=Deleted Objects\nisDeleted: TRUE\nuSNChanged: 5\nuSNCreated: 5\nwhenChanged: {}120000.0Z\n\n"
    vector(tmp_path / "B.txt", "A 60 11", "B 9 12")
    for day, shown in (("20260210", BACK), ("20260209", OPEN)):
        (tmp_path / "dump.ldif").write_text(root + tombstone.format(day))
        assert seen(tmp_path) == shown


def test_what_a_report_says_that_is_not_understood_is_a_note(tmp_path):
    path = vector(tmp_path / "A.txt", "A 50 12", "B 9 11")
    path.write_text(path.read_text() + "Something that repadmin has never printed\n")
    assert seen(path) == [("X101", "note", "certain")]


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        (["INFO,S,A,DC=x,S,B,RPC,0,0,2026-02-10 09:00:00,0"], []),
        (["INFO,S,A,DC=x,S,B,RPC,0,2026-02-10 08:00:00,2026-02-10 09:00:00,0"], []),
        (["INFO,S,A,DC=x,S,B,RPC,2,2026-02-10 08:00:00,2026-02-10 07:00:00,8461"], []),
        (["INFO,S,A,DC=x,S,B,RPC,1,2026-02-10 09:00:00,2026-02-10 08:00:00,1722"], [("X401", "warning", "certain")]),
        (["INFO,S,A,DC=x,S,B,RPC,1,20/02/2026 9:00,09/02/2026 8:00,-2146893022"], [("X401", "warning", "certain")]),
        (["INFO,S,A,DC=x,S,B,RPC,1,2026-02-10 09:00:00,0,8606"], [("X401", "warning", "certain")]),
        (["ERROR,,C,LDAP error 81 (Server Down)"], [("X401", "warning", "certain")]),
        (["INFO,S,A,DC=x,S,B,RPC,1,2026-02-10 09:00:00,2026-02-10 08:00:00,8456"], [("X402", "error", "certain")]),
        (
            ["INFO,S,A,DC=x,S,B,RPC,1,2026-02-10 09:00:00,2026-02-10 08:00:00,8456",
             "INFO,S,B,DC=x,S,A,RPC,1,2026-02-10 09:00:00,2026-02-10 08:00:00,8457",
             "INFO,S,C,DC=x,S,A,RPC,9,2026-02-10 09:00:00,2026-02-10 08:00:00,1722",
             "INFO,S,D,DC=x,S,A,RPC,9,2026-02-10 09:00:00,2026-02-10 08:00:00,1722",
             "INFO,S,D,DC=x,S,C,RPC,9,2026-02-10 09:00:00,2026-02-10 08:00:00,5"],
            [("X402", "error", "certain"), ("X401", "warning", "certain"), ("X401", "warning", "certain")],
        ),
    ],
)  # fmt: skip
def test_links_that_fail_now_are_found_by_status(tmp_path, rows, shown):
    path = tmp_path / "links.csv"
    path.write_text("\n".join([",".join(SHOWREPL_HEADER), *(f"showrepl_{each}" for each in rows)]) + "\n")
    assert seen(path) == shown


@pytest.mark.parametrize(
    ("options", "outcome", "shown"),
    [
        ("IS_GC", "was successful.", []),
        ("IS_GC", "fail", [("X101", "warning", "certain")]),
        ("IS_GC", "failed, result 1722 (0x6ba):", [("X401", "warning", "certain")]),
        ("IS_GC DISABLE_INBOUND_REPL", "was successful.", [("X402", "error", "certain")]),
    ],
)
def test_of_links_told_to_people_what_is_not_understood_is_no_all_clear(tmp_path, options, outcome, shown):
    path = tmp_path / "links.txt"
    path.write_text(
        f"S\\DC1\nDSA Options: {options}\n\n==== INBOUND NEIGHBORS ====\n\nDC=x\n    S\\DC2 via RPC\n"
        f"        Last attempt @ 2026-02-10 16:48:35 {outcome}\n"
    )
    assert seen(path) == shown


def test_a_link_of_samba_that_was_never_used_is_a_note(tmp_path):
    path = tmp_path / "links.txt"
    path.write_text(
        "S\\DC1\n\n==== INBOUND NEIGHBORS ====\n\nDC=x\n    S\\DC2 via RPC\n"
        "        Last attempt @ NTTIME(0) was successful\n"
    )
    assert seen(path) == [("X401", "note", "possible")]


@pytest.mark.parametrize(
    "row", ["", "showrepl_INFO,S,DC1,DC=x,S,DC2,RPC,4", "showrepl_INFO;S;DC1;DC=x;S;DC2;RPC;0;0;0;0"]
)
def test_a_list_that_tells_of_no_link_is_no_all_clear(tmp_path, row):
    path = tmp_path / "links.csv"
    path.write_text(f"{','.join(SHOWREPL_HEADER)}\n{row}")
    assert seen(path) == [("X101", "warning", "certain")]


# --- dumps that are cut, and files for import ------------------------------------------------------------------------

WHOLE = (
    "dn: CN=Deleted Objects\nisDeleted: TRUE\nuSNChanged: 5\nuSNCreated: 5\n\n"
    "dn: CN=a\nuSNChanged: 9\nuSNCreated: 6\n\n"
)


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        ("search: 2\nresult: 0 Success\n", []),
        ("search: 2\nresult: 4 Size limit exceeded\n", [("X103", "error", "certain")]),
        ("search: 2\nresult: 3 Time limit exceeded\n", [("X103", "error", "certain")]),
        ("search: 2\nresult: 10 Referral\nref: ldap://x\n", [("X103", "error", "certain")]),
        ("# pagedresults: cookie=MQA=\n", [("X103", "error", "certain")]),
        ("ldap_result: Can't contact LDAP server (-1)\n", [("X103", "error", "certain")]),
        ("# numResponses: 10\n# numEntries: 9\n", [("X103", "warning", "possible")]),
    ],
)
def test_a_dump_that_is_cut_short_is_said_by_every_command_that_reads_it(tmp_path, run, end, shown):
    path = tmp_path / "dc1.ldif"
    path.write_text(WHOLE + end)
    assert seen(path) == shown
    sure = shown != [] and shown[0][1] == "error"
    assert run("inspect", path).status == (1 if sure else 0)
    others = ("--state", tmp_path / "s.json", "--to", tmp_path / "o", "--force")
    for words in (
        ("export", path, *others),
        ("compare", path, path),
        ("backsync", "--restored", path, "--partner", path),
    ):
        done = run("directory", *words)
        assert ("is cut short" in done.err, "may be cut short" in done.err) == (
            sure,
            bool(shown) and not sure,
        )
        assert (done.status == 2) == sure
    assert (tmp_path / "s.json").exists() == (not sure)


def test_a_pair_whose_source_is_a_dump_that_is_cut_short_is_not_run(tmp_path, run):
    root = "dn:\ndnsHostName: dc1\nhighestCommittedUSN: 9\n\n"
    (tmp_path / "dc1.ldif").write_text(f"{root}{WHOLE}result: 4 Size limit exceeded\n")
    text = PAIR.replace('path = "north.db"', 'kind = "dump"\npath = "dc1.ldif"')
    (tmp_path / "pair.toml").write_text(text)
    assert run("sync", "init", tmp_path / "pair.toml").status == 0
    for option in ((), ("--full",)):
        done = run("sync", "run", tmp_path / "pair.toml", "--once", *option)
        assert done.status == 2
        assert "cut short" in done.err


@pytest.mark.parametrize(("kind", "advice"), [("csv", "spreadsheet"), ("ldif", "")])
def test_advice_about_spreadsheets_is_for_what_one_may_have_saved(tmp_path, kind, advice):
    path = tmp_path / f"usn.{kind}"
    if kind == "csv":
        dump(path, *MONDAY)
        path.write_bytes(path.read_bytes() + b'Mailbox,"/o=X/cn=eve,,14,14\r\n')
    else:
        path.write_text(WHOLE + "a line without a colon\n")
    found = the_only(path)
    assert (found.problem.code, "spreadsheet" in " ".join(found.help)) == ("X101", bool(advice))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Obj-Class,Mode,Directory Name\nMailbox,Update,paul\n", []),
        ("Obj-Class, Mode, Directory Name\nMailbox, Update, paul\n", []),
        ("Obj-Class,Mode,Directory Name,\nMailbox,Update,paul,\n", []),
        ("Obj-Class,Mode,Directory Name,\nMailbox,Update,paul,more\n", [("X101", "error", "certain")]),
        ("Obj-Class,Mode,Directory Name\nMailbox,Remove,paul\nMailbox,Update\n", [("X101", "error", "certain")]),
    ],
)
def test_a_file_for_import_is_judged_as_the_import_would(tmp_path, run, text, shown):
    path = tmp_path / "a.csv"
    path.write_text(text)
    assert seen(path) == seen(tmp_path) == shown
    assert run("inspect", path).status == bool(shown)
    assert "a file for the directory import" in " ".join(run("diagnose", path).out.split())


# --- what is given ---------------------------------------------------------------------------------------------------


def test_a_directory_may_hold_a_postoffice_as_well(tmp_path):
    shutil.copytree(ROOT / "fixtures/stuck", tmp_path / "x")
    alone = seen(tmp_path / "x")
    for each in (DIRECTORIES / "usn-wrong-server").iterdir():
        shutil.copy(each, tmp_path / "x")
    (tmp_path / "x" / "notes.txt").write_text("nothing of ours\n")
    report = diagnose(tmp_path / "x")
    assert sorted(seen(tmp_path / "x")) == sorted([*alone, *SHOWN["usn-wrong-server"]])
    assert [each.name for each in report.network.postoffices] == ["POLYNOMIAL/OCTOBER"]


def test_rebuild_copies_what_is_no_postoffice_and_leaves_it(tmp_path, run):
    shutil.copytree(ROOT / "fixtures/stuck", tmp_path / "x")
    shutil.copy(DIRECTORIES / "usn-wrong-server/usn.csv", tmp_path / "x")
    assert run("rebuild", tmp_path / "x", "--into", tmp_path / "y").status == 0
    assert (tmp_path / "y/usn.csv").read_bytes() == (tmp_path / "x/usn.csv").read_bytes()


@pytest.mark.parametrize("path", ["", "usn.csv"])
def test_what_has_no_postoffice_is_not_rebuilt_and_has_nothing_unsent(path, run):
    place = DIRECTORIES / "usn-same-server" / path
    for done in (run("rebuild", place, "--dry-run"), run("unsent", place)):
        assert done.status == 2
        assert len(done.err.splitlines()) == 1
        assert "no postoffice" in done.err
    with pytest.raises(UsageError, match="no postoffice"):
        glbtools.plan_rebuild(glbtools.diagnose(place))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", ""),
        ("a.csv", "name,city\npaul,York\n"),
        ("a.ldif", "dn: cn=a\nchangetype: delete\n"),
        ("a.json", '{"schema": "other/1"}'),
        ("a.toml", "[tool]\nspool = 1\n"),
    ],
)
def test_what_is_none_of_ours_is_refused_alone_and_passed_over_in_a_directory(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    assert told(on_disk(path, name)) is None
    with pytest.raises(UnknownFormatError):
        diagnose(path)
    with pytest.raises(UnknownFormatError):
        diagnose(tmp_path)
    dump(tmp_path / "usn.csv", *MONDAY)
    assert seen(tmp_path) == []


def test_a_file_is_told_by_its_content_whatever_its_name(tmp_path):
    for at, source in enumerate(sorted(DIRECTORIES.glob("*/*"))):
        if source.suffix != ".ini":
            shutil.copy(source, tmp_path / f"{at}.dat")
            copy = on_disk(tmp_path / f"{at}.dat", "copy")
            assert told(copy) == told(on_disk(source, "source")) is not None


def test_a_large_file_is_refused_and_the_others_are_looked_at(tmp_path, run):
    dump(tmp_path / "usn.csv", *MONDAY)
    dump(tmp_path / "large.csv", *MONDAY * 50, server="S9")
    done = run("diagnose", tmp_path, "--max-file-size", 1000)
    assert done.status == 2
    assert "large.csv: larger than 1000 bytes" in done.err
    assert "directory of S1" in " ".join(done.out.split())


def test_a_file_that_changes_meanwhile_is_said(tmp_path, monkeypatch):
    from glbtools.diagnosis.successors import directories

    path = dump(tmp_path / "usn.csv", *MONDAY)
    real = directories.check

    def meddled(*arguments):
        found = real(*arguments)
        path.write_bytes(path.read_bytes() + b"\r\n")
        return found

    monkeypatch.setattr(directories, "check", meddled)
    assert diagnose(path).changed == [str(path)]


def test_nothing_from_a_file_reaches_the_terminal_raw(tmp_path, run, pair):
    evil = "\x1b[31mS\x07\u202e"
    dump(tmp_path / "d" / "usn.csv", "a\x1b[2Jb - 10 10 980101", "c\x1b]0;x\x07 - 99 12 980101", server=evil)
    dump(tmp_path / "o" / "usn.csv", "a\x1b[2Jb - 20 10 980101", "zz\x1b[5m - 200 12 980101", server=evil)
    state(tmp_path / "d" / "usn.json", 500, server="\ud800" + evil)
    (tmp_path / "d" / "seen.json").write_text(cursors((evil, evil, None, 900)))
    (pair / "spool/aside/x.reason").write_bytes(b"\x1b[31m\xff")
    with SqliteStore(pair / "north.db") as store:
        store.write("child\x1b[31m", b"1", parent="\x9b2J")
    once(pair)
    for form in ("table", "json", "jsonl", "csv"):
        done = run("diagnose", tmp_path / "d", pair, "--older", tmp_path / "o", "--format", form)
        assert done.status == 1
        assert not set(done.out + done.err) & {"\x1b", "\x07", "\x9b", "\u202e"}


EVERY = [each for each in sorted(DIRECTORIES.glob("*/*")) if each.suffix != ".ini"]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_becomes_of_a_file_it_is_judged_or_refused(tmp_path_factory, data):
    source = data.draw(st.sampled_from(EVERY))
    place = tmp_path_factory.mktemp("x")
    for each in source.parent.iterdir():
        shutil.copy(each, place)
    content = bytearray((place / source.name).read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (place / source.name).write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        report = diagnose(place)
    except GlbError:
        return
    jsonschema.validate(glbtools_document(report), SCHEMA)


def glbtools_document(report):
    from glbtools.reporting.diagnosis import document

    return json.loads(json.dumps(document(report, "0")))


# --- names and identities ------------------------------------------------------------------------------------------


def ldif(path, *objects: str, server: str = "dc1", taken: str = "20260210120000.0Z"):
    head = f"dn:\ndnsHostName: {server}\nhighestCommittedUSN: 90000\ncurrentTime: {taken}\n\n"
    gone = "dn: CN=Deleted Objects,DC=x\nobjectGUID: 10000000-0000-0000-0000-000000000000\nisDeleted: TRUE\n"
    path.write_text(head + gone + "uSNChanged: 2\nuSNCreated: 2\n\n" + "".join(f"{each}\n\n" for each in objects))
    return path


def an_object(name: str, number: int, when: str = "20260210100000.0Z", *, known: bool = True) -> str:
    identity = f"objectGUID: 10000000-0000-0000-0000-{number:012}\n" if known else ""
    return f"dn: {name}\n{identity}uSNChanged: {number}\nuSNCreated: {number}\nwhenChanged: {when}"


def test_objects_without_an_identity_are_said_where_others_have_one(tmp_path):
    path = ldif(tmp_path / "a.ldif", an_object("CN=a,DC=x", 5), an_object("CN=b,DC=x", 6, known=False))
    found = the_only(path)
    assert (found.problem.code, found.message) == (
        "X104", "1 object of the dump has no objectGUID, and others do",
    )  # fmt: skip
    assert found.evidence[0].note == "CN=b,DC=x"


def test_a_name_in_conflict_is_told_in_any_form_in_which_a_tool_prints_it(tmp_path):
    import base64

    name = "CN=r\nCNF:10000000-0000-0000-0000-000000000006,DC=x"
    coded = an_object("CN=r,DC=x", 6).replace("dn: CN=r,DC=x", f"dn:: {base64.b64encode(name.encode()).decode()}")
    path = ldif(tmp_path / "a.ldif", an_object("CN=r,DC=x", 5), coded)
    found = the_only(path)
    assert found.problem.code == "X105"
    assert [each.note for each in found.evidence] == [name, "the object that kept the name"]


LINKS = (
    ",".join(SHOWREPL_HEADER) + "\nshowrepl_INFO,S,dc2,DC=x,S,dc1,RPC,3,2026-02-10 11:00:00,2026-02-09 11:00:00,8606\n"
)


@pytest.mark.parametrize(
    ("lonely", "shown"),
    [
        (an_object("CN=old,OU=u,DC=x", 7, "20240101000000.0Z"), "X403"),
        (an_object("CN=new,OU=u,DC=x", 7, "20260101000000.0Z"), ""),  # it may still be on its way
        (an_object("CN=old,OU=elsewhere,DC=x", 7, "20240101000000.0Z"), ""),  # its parent is not in the other dump
        (an_object("CN=b,OU=u,DC=x", 7, "20240101000000.0Z"), ""),  # the other has the name under another identity
    ],
)
@pytest.mark.parametrize("refused", [False, True])
def test_an_object_lingers_only_where_it_is_old_and_has_left_no_trace_beside_its_parent(
    tmp_path, lonely, shown, refused
):
    shared = (an_object("OU=u,DC=x", 3), an_object("CN=a,OU=u,DC=x", 4))
    ldif(tmp_path / "dc1.ldif", *shared, lonely)
    ldif(tmp_path / "dc2.ldif", *shared, an_object("CN=b,OU=u,DC=x", 8), server="dc2")
    if refused:
        (tmp_path / "links.csv").write_text(LINKS)
    found = [(each.problem.code, each.certainty) for each in diagnose(tmp_path).findings]
    expected = [(shown, "likely" if refused else "possible")] if shown else []
    assert [each for each in found if each[0] != "X401"] == expected


def test_a_dump_that_is_cut_says_nothing_of_what_lingers_elsewhere(tmp_path):
    shared = (an_object("OU=u,DC=x", 3), an_object("CN=a,OU=u,DC=x", 4))
    ldif(tmp_path / "dc1.ldif", *shared, an_object("CN=old,OU=u,DC=x", 7, "20240101000000.0Z"))
    ldif(tmp_path / "dc2.ldif", *shared, "result: 4 Size limit exceeded", server="dc2")
    assert "X403" not in [code for code, _, _ in seen(tmp_path)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("description:< file:///tmp/ldapsearch-description-abc", "is in a file of its own, which is not read"),
        ("replUpToDateVector:: AgAAAAAAAAAB", "replUpToDateVector cannot be read"),
        ("description: caf\xe9", "text that is not UTF-8"),
    ],
)
def test_what_is_passed_over_in_a_dump_is_a_note_and_no_all_clear(tmp_path, line, said):
    path = ldif(tmp_path / "a.ldif", an_object("CN=a,DC=x", 5))
    path.write_bytes(path.read_bytes().rstrip() + f"\n{line}\n\n".encode("latin-1"))
    found = the_only(path)
    assert (found.problem.code, found.severity) == ("X101", "note")
    assert said in found.evidence[0].note


def test_a_change_among_objects_is_said_to_be_passed_over(tmp_path):
    path = ldif(
        tmp_path / "a.ldif", an_object("CN=a,DC=x", 5), "dn: CN=b,DC=x\nchangetype: modify\nreplace: mail\nmail: x\n-"
    )
    assert the_only(path).evidence[0].note == "a change (modify), no object"


def test_names_without_values_are_said_to_be_what_they_are(tmp_path):
    path = ldif(tmp_path / "a.ldif", "dn: CN=a,DC=x\nobjectGUID:\nuSNChanged:")
    assert "ldapsearch -A" in the_only(path).evidence[0].note


def test_a_name_is_a_name_in_any_case(tmp_path):
    path = ldif(tmp_path / "a.ldif", an_object("CN=a,DC=x", 5).replace("dn:", "DN:"))
    assert seen(path) == []


def test_a_status_with_its_hex_is_known_by_its_number(tmp_path):
    path = tmp_path / "links.csv"
    path.write_text(LINKS.replace(",8606", ",1722 (0x6ba)"))
    assert "with status 1722 (the RPC server is unavailable)" in the_only(path).message
