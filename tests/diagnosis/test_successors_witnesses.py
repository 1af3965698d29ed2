"""What an export would refuse or doubt, ``diagnose`` says too, by the same witnesses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glbtools.diagnosis.engine import diagnose

COLUMNS = "Obj-Class,Obj-Dist-Name,Is-Deleted,USN-Changed,USN-Created,When-Changed,Display Name"
FIRST = ("ann - 10 1 980101 A", "bob - 12 2 980101 B", "cy - 15 3 980102 C")


def dump(path: Path, *rows: str, server: str = "S1") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".ini").write_text(f"[Export]\r\nDirectoryService={server}\r\nBasepoint=/o=X\r\n", newline="")
    lines = [COLUMNS]
    for row in rows:
        name, deleted, changed, created, date, shown = row.split()
        lines.append(f"Mailbox,/o=X/cn={name},{deleted.strip('-')},{changed},{created},{date}120000Z,{shown}")
    path.write_text("\r\n".join(lines) + "\r\n", newline="")
    return path


@pytest.fixture
def exported(tmp_path, run):
    """A state of a first export, in the directory in which ``diagnose`` looks."""
    first = dump(tmp_path / "first" / "usn.csv", *FIRST)
    state = tmp_path / "now" / "state.json"
    state.parent.mkdir()
    assert run("directory", "export", first, "--state", state, "--to", tmp_path / "out").status == 0
    return tmp_path / "now"


def slugs(*paths: Path, **options) -> list[tuple[str, str, str]]:
    return [(each.problem.slug, each.severity, each.certainty) for each in diagnose(*paths, **options).findings]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (("ann - 10 1 980101 A", "bob - 20 2 980103 B", "cy - 15 3 980102 C"), []),  # it only went on
        # A number that was given at another time, and one that is lower than it was, though the highest has been passed
        (("ann - 10 1 980101 A", "bob - 12 2 980101 B", "cy - 15 3 980105 X", "new - 20 20 980106 N"),
         [("backsync-restored-directory", "error", "certain")]),
        (("ann - 10 1 980101 A", "bob - 12 2 980101 B", "cy - 13 3 980102 C", "new - 20 20 980106 N"),
         [("backsync-restored-directory", "error", "certain")]),
        # An object that was not there has a number that counts as exported
        (("ann - 10 1 980101 A", "bob - 12 2 980101 B", "new - 14 14 980106 N", "cy - 15 3 980102 C"),
         [("backsync-restored-directory", "error", "possible")]),
        # A live object is gone, and no tombstone says so
        (("ann - 10 1 980101 A", "cy - 15 3 980102 C"), [("usn-missed-deletion", "warning", "possible")]),
        (("ann - 10 1 980101 A", "bob 1 16 2 980104 B", "cy - 15 3 980102 C"), []),
    ],
)  # fmt: skip
def test_what_an_export_refuses_or_doubts_is_a_finding(exported, run, tmp_path, rows, found):
    path = dump(exported / "usn.csv", *rows)
    assert slugs(exported) == found
    done = run("directory", "export", path, "--state", exported / "state.json", "--to", "-")
    expected = {(): 0, ("error",): 2, ("warning",): 1}[tuple(severity for _, severity, _ in found)]
    assert done.status == expected


def test_dumps_of_one_server_in_a_directory_are_compared(tmp_path):
    before = ("ann - 10 1 980101 A", "bob - 12 2 980101 B", "cy - 18 3 980108 C")
    dump(tmp_path / "one" / "monday.csv", *before)
    dump(tmp_path / "one" / "friday.csv", "ann - 10 1 980101 A", "bob - 12 2 980101 B", "cy - 15 3 980107 D",
         "new - 16 16 980109 N")  # fmt: skip
    assert slugs(tmp_path / "one") == [("backsync-restored-directory", "error", "certain")]
    dump(tmp_path / "two" / "monday.csv", *before)
    dump(tmp_path / "two" / "friday.csv", *before[:2], "cy - 19 3 980109 D")
    assert slugs(tmp_path / "two") == []
    dump(tmp_path / "three" / "s1.csv", *before)
    dump(tmp_path / "three" / "s2.csv", "ann - 90 81 980101 A", "bob - 92 82 980102 B", server="S2")
    assert slugs(tmp_path / "three") == []  # each numbers for itself


def test_the_older_dump_of_a_server_is_not_held_against_what_its_partners_have_seen(tmp_path):
    dump(tmp_path / "a-monday.csv", "ann - 10 1 980101 A", "bob - 12 2 980101 B")
    dump(tmp_path / "b-friday.csv", "ann - 10 1 980101 A", "bob - 22 2 980105 B")
    row = {"consumer": "P", "log_id": "S1", "position": 20}
    (tmp_path / "seen.json").write_text(json.dumps({"schema": "glbtools.cursors/1", "cursors": [row]}))
    assert slugs(tmp_path) == []


def test_a_partner_that_lacks_what_it_has_by_its_own_word_is_a_sign(tmp_path):
    names = "abcdefghijklmnopqrst"
    both = [f"{name} - {at} {at} 980101 {name}" for at, name in enumerate(names, 1)]
    row = {"consumer": "S2", "log_id": "S1", "position": 30}
    (tmp_path / "seen.json").write_text(json.dumps({"schema": "glbtools.cursors/1", "cursors": [row]}))
    dump(tmp_path / "s1.csv", *both, "ida - 25 25 980102 I", "jan - 30 30 980102 J")
    partner = [f"{name} - {at} {at} 980101 {name}" for at, name in enumerate(names, 101)]
    dump(tmp_path / "s2.csv", *partner, "jan - 190 190 980102 J", server="S2")
    assert slugs(tmp_path) == [("backsync-restored-directory", "warning", "possible")]
    dump(tmp_path / "s2.csv", *partner, "jan - 190 190 980102 J", "ida 1 191 185 980102 I", server="S2")
    assert slugs(tmp_path) == []
    dump(tmp_path / "s2.csv", *partner[:3], server="S2")  # another part of the directory
    assert slugs(tmp_path) == []


LIFE, REACHED = "0fe6d954-22d4-4d32-b28e-715e8db617c2", 3750
VECTOR = "AgAAAAAAAAABAAAAAAAAAFTZ5g/UIjJNso5xXo22F8KmDgAAAAAAAACAPtXesZ0B"
"""What Samba 4.17 keeps of a partner with that invocation id, whose changes it has up to that number."""


def controller(path: Path, name: str, life: str, head: int, *, taken: str = "", vector: str = "") -> None:
    path.mkdir(exist_ok=True)
    held = f"replUpToDateVector:: {vector}\n" if vector else ""
    objects = f"dn: DC=x\nobjectGUID: {LIFE[:-1]}0\nuSNChanged: 10\nisDeleted: FALSE\n{held}\n"
    gone = f"dn: CN=Deleted Objects,DC=x\nobjectGUID: {LIFE[:-1]}1\nuSNChanged: 11\nisDeleted: TRUE\n\n"
    settings = f"CN=NTDS Settings,CN={name},DC=x"
    root = f"dn:\ndnsHostName: {name}.x\ndsServiceName: {settings}\nhighestCommittedUSN: {head}\n"
    root += f"currentTime: {taken}.0Z\n" if taken else ""
    (path / f"{name}.ldif").write_text(objects + gone)
    (path / f"{name}.rootdse.ldif").write_text(f"{root}\ndn: {settings}\ninvocationId: {life}\n\n")


@pytest.mark.parametrize(
    ("head", "life", "partner", "own", "found"),
    [
        (REACHED, LIFE, "20260101120000", "20260101130000", []),
        (REACHED - 6, LIFE, "20260101120000", "20260101130000", [("backsync-restored-directory", "error", "certain")]),
        (REACHED - 6, LIFE, "20260101120000", "20260101120002", [("backsync-restored-directory", "error", "likely")]),
        # The server may have gone on before its partner was asked
        (REACHED - 6, LIFE, "20260101130000", "20260101120000", [("vector-undecided", "note", "possible")]),
        (REACHED - 6, LIFE, "", "", [("vector-undecided", "note", "possible")]),
        # Properly restored: a new life, of which the number says nothing
        (REACHED - 6, LIFE.replace("0fe6", "1fe6"), "20260101120000", "20260101130000", []),
    ],
)
def test_a_partners_vector_in_a_dump_tells_a_server_that_went_back(tmp_path, head, life, partner, own, found):
    controller(tmp_path / "dcs", "dc1", LIFE.replace("0fe6", "aaaa"), 20, taken=partner, vector=VECTOR)
    controller(tmp_path / "dcs", "dc2", life, head, taken=own)
    assert slugs(tmp_path / "dcs") == found


def test_a_vector_that_cannot_be_read_accuses_nobody(tmp_path):
    controller(tmp_path / "dcs", "dc1", LIFE.replace("0fe6", "aaaa"), 20, taken="20260101120000", vector=VECTOR[:40])
    controller(tmp_path / "dcs", "dc2", LIFE, 5, taken="20260101130000")
    assert "backsync-restored-directory" not in [slug for slug, _, _ in slugs(tmp_path / "dcs")]


def test_a_server_that_did_not_answer_when_asked_for_its_vector_is_said(tmp_path):
    banner = "repadmin: running command /showutdvec against full DC {}\n"
    (tmp_path / "all.txt").write_text(
        banner.format("DC1.x") + "Caching GUIDs.\n..\nS\\DC1 @ USN  100 @ Time 2026-11-10 10:21:10\n"
        "S\\DC2 @ USN  50 @ Time 2026-11-10 10:20:55\n\n" + banner.format("DC2.x")
        + "DsBindWithCred to DC2.x failed with status 1722 (0x6ba):\n    The RPC server is unavailable.\n"
    )  # fmt: skip
    (found,) = diagnose(tmp_path / "all.txt").findings
    assert (found.problem.code, found.severity) == ("X401", "warning")
    assert [each.note for each in found.evidence] == ["DC2.x was not reached (status 1722): its vector is not here"]
