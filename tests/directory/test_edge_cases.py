"""The edge cases of exchange.md section 3, by their numbers; those that another test has are named at the end."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from glbtools.directory.backsync import backsync
from glbtools.directory.compare import compare
from glbtools.directory.dump import Dump
from glbtools.directory.export import Listed, collected
from glbtools.directory.output import written
from glbtools.directory.state import State
from glbtools.errors import UsageError
from glbtools.model.directory import Entry, Facts

FACTS = Facts("S1", "E1", 100, 0, "/o=X", taken=datetime(1998, 1, 20))
STATE = State("S1", "E1", "/o=X", 10, datetime(1998, 1, 19))
HEADER = "Obj-Class,Directory Name,Obj-Dist-Name,Is-Deleted,USN-Changed,USN-Created\r\n"


def entry(name: str, changed: int, created: int = 1, *, deleted: bool = False, **more) -> Entry:
    return Entry(name.lower(), name, changed, created, deleted, **more)


def exported(*entries: Entry, facts: Facts = FACTS, state: State = STATE, **options) -> list[tuple[str, str]]:
    return [(what, each.dn) for what, each in collected(Listed(entries, facts), state, **options)[0]]


def test_01_made_and_deleted_since_the_last_export_is_nothing():
    assert exported(entry("a", 15, 12, deleted=True)) == []


def test_02_modified_then_deleted_is_a_deletion_alone():
    assert exported(entry("a", 15, 3, deleted=True)) == [("D", "a")]


def test_03_a_tombstone_that_was_touched_again_is_deleted_once_more():
    first = exported(entry("a", 15, 3, deleted=True))
    again = exported(entry("a", 18, 3, deleted=True), state=STATE._replace(exported=15))
    assert first == again == [("D", "a")]


def test_04_deleted_and_made_again_under_one_name_is_updated_and_not_created():
    found, _ = collected(Listed([entry("a", 15, 15)], FACTS), STATE)
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
    found, _ = collected(Listed([entry("a", 15, 3)], FACTS), STATE)
    assert [what for what, _ in found] == ["M"]
    assert b",Update,a" in written("csv", (), found)


def test_13_what_was_imported_does_not_bounce_back():
    assert exported(entry("a", 15), entry("b", 16), state=STATE._replace(imported=(15,))) == [("M", "b")]


def test_14_a_tombstone_with_few_attributes_is_still_a_deletion():
    found, _ = collected(Listed([entry("a", 15, 3, deleted=True, values=())], FACTS), STATE)
    for form in ("dirsync", "csv", "ldif", "jsonl"):
        assert b"a" in written(form, (), found)


def test_15_names_are_compared_without_case():
    old, new = entry("/o=X/cn=Paul", 5, 5), entry("/o=x/CN=paul", 5, 5)
    assert compare(Listed([old]), Listed([new])).changes == ()


def test_16_a_number_given_twice_after_a_restore_is_named():
    old = Listed([entry("a", 4, 4), entry("b", 9, 9)])
    assert compare(old, Listed([entry("a", 4, 4), entry("c", 9, 9)])).reused == (9,)


def test_17_numbers_above_the_servers_own_are_remarked_on_and_exported_again():
    found, outcome = collected(Listed([entry("a", 120)], FACTS), STATE)
    assert [each.dn for _, each in found] == ["a"]
    assert outcome.state.exported == 100
    assert any("above the server's 100" in each for each in outcome.notes)


def test_18_a_partner_that_remembers_more_than_was_issued_is_in_the_dead_zone():
    found = backsync(Listed([entry("a", 5)], FACTS._replace(head=5)), {"P": Listed([])}, cursors={"P": 9})
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
# 12, changes that do not matter: an attribute bump is exported; nothing is filtered.
