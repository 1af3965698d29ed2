"""The edge cases by their numbers in docs/facts/directories.md; those that another test has are named at the end."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from glbtools.directory.backsync import backsync
from glbtools.directory.compare import compare
from glbtools.directory.dump import Dump
from glbtools.directory.export import MemoryDump
from glbtools.directory.output import written
from glbtools.directory.state import State
from glbtools.errors import UsageError
from glbtools.model.directory import Entry, Facts
from tests.directory.exports import collected

FACTS = Facts("S1", "E1", 100, 0, "/o=X", taken=datetime(1998, 1, 20))
STATE = State("S1", "E1", "/o=X", 10, datetime(1998, 1, 19))
HEADER = "Obj-Class,Directory Name,Obj-Dist-Name,Is-Deleted,USN-Changed,USN-Created\r\n"


def entry(name: str, changed: int, created: int = 1, *, deleted: bool = False, **more) -> Entry:
    return Entry(name.lower(), name, changed, created, deleted, **more)


def exported(*entries: Entry, facts: Facts = FACTS, state: State = STATE, **options) -> list[tuple[str, str]]:
    return [(what, each.dn) for what, each in collected(MemoryDump(entries, facts), state, **options)[0]]


def test_01_made_and_deleted_since_the_last_export_is_nothing():
    assert exported(entry("a", 15, 12, deleted=True)) == []


def test_02_modified_then_deleted_is_a_deletion_alone():
    assert exported(entry("a", 15, 3, deleted=True)) == [("D", "a")]


def test_03_a_tombstone_that_was_touched_again_is_deleted_once_more():
    first = exported(entry("a", 15, 3, deleted=True))
    again = exported(entry("a", 18, 3, deleted=True), state=STATE._replace(exported=15))
    assert first == again == [("D", "a")]


def test_04_deleted_and_made_again_under_one_name_is_updated_and_not_created():
    found, _ = collected(MemoryDump([entry("a", 15, 15)], FACTS), STATE)
    assert [what for what, _ in found] == ["A"]
    assert b",Update,a" in written("csv", (), found)


def test_05_a_purged_tombstone_is_found_by_the_last_removed_number():
    with pytest.raises(UsageError, match="deletions were missed"):
        exported(entry("a", 15), facts=FACTS._replace(last_removed=11))


def test_06_and_07_what_columns_of_a_file_do_not_show_is_said(tmp_path: Path):
    header, row = HEADER.replace("Is-Deleted,", ""), "Mailbox,a,/o=X/cn=a,15,3\r\n"
    (tmp_path / "usn.csv").write_text(header + row)
    with pytest.raises(UsageError, match="Is-Deleted"):
        collected(Dump(tmp_path / "usn.csv"), STATE._replace(epoch=None), server="S1")
    (tmp_path / "usn.csv").write_text(HEADER + "Mailbox,a,/o=X/cn=a,,15,3\r\n")
    _, outcome = collected(Dump(tmp_path / "usn.csv"), STATE._replace(epoch=None), server="S1")
    assert any("USN-DSA-Last-Obj-Removed" in each for each in outcome.notes)


def test_08_another_server_needs_a_full_export():
    with pytest.raises(UsageError, match="--full"):
        exported(entry("a", 15), facts=FACTS._replace(server="S2"))
    assert exported(entry("a", 5), facts=FACTS._replace(server="S2"), full=True) == [("A", "a")]


def test_09_and_10_another_or_a_wider_container_has_a_state_of_its_own():
    for scope in ("/o=X/ou=A", "/o=X /o=X/ou=New"):
        with pytest.raises(UsageError, match="a state of its own"):
            exported(entry("a", 15), facts=FACTS._replace(scope=scope))


def test_11_an_object_that_was_hidden_is_modified_here_and_new_there():
    found, _ = collected(MemoryDump([entry("a", 15, 3)], FACTS), STATE)
    assert [what for what, _ in found] == ["M"]
    assert b",Update,a" in written("csv", (), found)


def mailbox(changed: int, name: str, address: str, **more) -> Entry:
    return entry("a", changed, values=(("Display Name", (name,)), ("E-mail Addresses", (address,))), **more)


def test_12_a_write_that_changes_nothing_significant_is_not_exported_again():
    names = ["display name"]
    state = STATE._replace(exported=0)
    for dump, options, expected, left_out in [
        (mailbox(5, "Ann", "x"), {}, ["A"], 0),  # the first export: everything is new
        (mailbox(11, "Ann", "x%y"), {}, [], 1),  # a new kind of address for everybody
        (mailbox(12, "Ann Bravo", "x%y"), {}, ["M"], 0),
        (mailbox(13, "Ann", "x%y"), {}, ["M"], 0),  # back to what it was is a change, too
        (mailbox(14, "Ann", "z"), {"significant": ["DISPLAY NAME", "e-mail addresses"]}, ["M"], 0),  # others matter
        (mailbox(15, "Ann", "z"), {}, ["M"], 0),
        (mailbox(16, "Ann", "z"), {"full": True}, ["A"], 0),
        (mailbox(17, "Ann", "z", created=17), {}, ["A"], 0),  # made anew
        (mailbox(18, "Ann", "z", deleted=True), {}, ["D"], 0),
        (mailbox(19, "Ann", "z", deleted=True), {}, ["D"], 0),
        (mailbox(20, "Ann", "z"), {}, ["M"], 0),  # live again: what the receiver has is not known
        (mailbox(21, "Ann", "y"), {"significant": ()}, ["M"], 0),
        (mailbox(22, "Ann", "y"), {}, ["M"], 0),  # a state without digests treats everything as changed
        (mailbox(23, "Ann", "y"), {}, [], 1),
    ]:
        found, outcome = collected(MemoryDump([dump], FACTS), state, **{"significant": names} | options)
        assert [what for what, _ in found] == expected, dump.changed
        assert (outcome.insignificant, outcome.state.exported) == (left_out, dump.changed)
        state = outcome.state


def test_12_what_the_receiver_has_is_not_known_of_imported_and_vanished_and_renamed_objects():
    _, outcome = collected(MemoryDump([mailbox(11, "Ann", "x")], FACTS), STATE, significant=["Display Name"])
    state = outcome.state._replace(imported=(12,))
    _, echoed = collected(MemoryDump([mailbox(12, "Bob", "x")], FACTS), state, significant=["Display Name"])
    assert (echoed.suppressed, echoed.state.digests) == (1, {})
    assert exported(mailbox(13, "Ann", "x"), state=echoed.state, significant=["Display Name"]) == [("M", "a")]
    _, vanished = collected(MemoryDump([], FACTS), outcome.state, significant=["Display Name"])
    assert vanished.state.digests == {}
    moved = mailbox(14, "Ann", "x")._replace(dn="A")
    assert exported(moved, state=outcome.state, significant=["Display Name"]) == [("M", "A")]
    _, kept = collected(MemoryDump([mailbox(11, "Ann", "x")], FACTS), outcome.state, significant=["Display Name"])
    assert kept.state.digests == outcome.state.digests != {}


def test_12_what_makes_the_filter_useless_is_said(tmp_path: Path, run):
    _, outcome = collected(
        MemoryDump([mailbox(11, "Ann", "x")], FACTS._replace(creations=False)), STATE, significant=["x"]
    )
    assert any("nothing counts as modified" in each for each in outcome.notes)
    assert any("no object has the attribute x" in each for each in outcome.notes)
    (tmp_path / "usn.csv").write_text(HEADER + "Mailbox,a,/o=X/cn=a,,15,3\r\n")
    words = ("directory", "export", tmp_path / "usn.csv", "--state", tmp_path / "s.json", "--to", "-", "--significant")
    ran = run(*words, "Display-Name")
    assert (ran.status, ran.out) == (2, "")
    assert "has no column Display-Name" in ran.err
    assert run(*words, "directory NAME").status == 0
    (tmp_path / "usn.csv").write_text(HEADER + "Remote,a,/o=X/cn=a,,16,3\r\n")
    again = run(*words, "Directory Name")
    assert (again.status, again.out) == (0, "")
    assert "0 A, 0 M, 0 D, 1 without a significant change; USN 16 is remembered" in again.err


def test_13_what_was_imported_does_not_bounce_back():
    assert exported(entry("a", 15), entry("b", 16), state=STATE._replace(imported=(15,))) == [("M", "b")]


def test_14_a_tombstone_with_few_attributes_is_still_a_deletion():
    found, _ = collected(MemoryDump([entry("a", 15, 3, deleted=True, values=())], FACTS), STATE)
    for form in ("dirsync", "csv", "ldif", "jsonl"):
        assert b"a" in written(form, (), found)


def test_15_names_are_compared_without_case():
    old, new = entry("/o=X/cn=Paul", 5, 5), entry("/o=x/CN=paul", 5, 5)
    assert compare(MemoryDump([old]), MemoryDump([new])).changes == ()


def test_16_a_number_given_twice_after_a_restore_is_named():
    old = MemoryDump([entry("a", 4, 4), entry("b", 9, 9)])
    assert compare(old, MemoryDump([entry("a", 4, 4), entry("c", 9, 9)])).reused == (9,)


def test_17_numbers_above_the_servers_own_are_remarked_on_and_exported_again():
    found, outcome = collected(MemoryDump([entry("a", 120)], FACTS), STATE)
    assert [each.dn for _, each in found] == ["a"]
    assert outcome.state.exported == 100
    assert any("above the server's 100" in each for each in outcome.notes)


def test_18_a_partner_that_remembers_more_than_was_issued_is_in_the_dead_zone():
    found = backsync(MemoryDump([entry("a", 5)], FACTS._replace(head=5)), {"P": MemoryDump([])}, cursors={"P": 9})
    assert found.partners[0].dead_zone == (5, 9)


@pytest.mark.parametrize("number", [2**31 - 1, 2**32, 2**63 - 1])
def test_19_numbers_have_64_bits(number: int, tmp_path: Path):
    (tmp_path / "usn.csv").write_text(f"{HEADER}Mailbox,a,/o=X/cn=a,,{number},3\r\n")
    _, outcome = collected(Dump(tmp_path / "usn.csv"), State(), server="S1")
    assert outcome.state.exported == number


def test_20_changes_keep_the_order_of_the_dump():
    assert [name for _, name in exported(*(entry(name, at) for at, name in enumerate("dbca", 20)))] == list("dbca")


@pytest.mark.parametrize("cut", [1, 2])
def test_22_a_last_line_without_its_end_is_read(cut: int, tmp_path: Path):
    text = f"{HEADER}Mailbox,a,/o=X/cn=a,,15,3\r\n"
    (tmp_path / "usn.csv").write_bytes(text[:-cut].encode())
    assert [each.dn for each in Dump(tmp_path / "usn.csv").entries()] == ["/o=X/cn=a"]


def test_22_a_last_line_that_was_cut_is_named(tmp_path: Path):
    (tmp_path / "usn.csv").write_bytes(f"{HEADER}Mailbox,a,/o=X/cn=a,,15,3\r\nMailbox,b,/o=X".encode())
    with pytest.raises(UsageError, match="line 3"):
        collected(Dump(tmp_path / "usn.csv"), State(), server="S1")


# 21, a child before its parent, and 23, a consumer that was restored: tests/sync/test_pair.py.
