"""Two dumps, and a restored directory with its partners: what is different, what comes back, what never will."""

from __future__ import annotations

import json
import struct
import tracemalloc
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_DNS, UUID, uuid5

import pytest

from glbtools.directory.backsync import MARGIN, backsync
from glbtools.directory.compare import compare
from glbtools.directory.export import MemoryDump
from glbtools.directory.order import Receiver
from glbtools.formats.ldif_dump import parse_ldif
from glbtools.model.directory import Entry, Facts
from glbtools.reporting.directory import backsync_report, difference_report
from glbtools.reporting.text import Screen
from glbtools.reporting.writer import lines as text_lines


def entry(name: str, changed: int, created: int | None = 1, *, deleted: bool = False, **more) -> Entry:
    return Entry(name.lower(), name, changed, created, deleted, **more)


def kinds(difference) -> list[tuple[str, str]]:
    return [(what, each.dn) for what, each in difference.changes]


def test_the_difference_makes_the_older_list_into_the_newer_with_deletions_that_no_tombstone_shows():
    old = MemoryDump([entry("a", 3, 3), entry("b", 4, 4), entry("c", 5, 5)])
    new = MemoryDump([entry("a", 3, 3), entry("b", 9, 4), entry("d", 8, 8)])
    found = compare(old, new)
    assert kinds(found) == [("M", "b"), ("D", "c"), ("A", "d")]
    assert (found.server, found.state) == ("same", "IN_SYNC")
    assert [each.dn for each in found.overtaken] == ["c"]


def test_another_servers_dump_is_known_by_its_first_numbers():
    old = MemoryDump([entry(name, n, n) for n, name in enumerate("abcd", 1)])
    new = MemoryDump([entry(name, n + 50, n + 50) for n, name in enumerate("abcd", 1)])
    shifted = compare(old, new)
    assert (shifted.server, shifted.recreated) == ("other", ())
    one = compare(MemoryDump([entry("a", 1, 1)]), MemoryDump([entry("a", 51, 51)]))
    assert (one.server, one.state) == ("unknown", "UNKNOWN")
    other = MemoryDump([entry(name, 9, 5 - n) for n, name in enumerate("abcd", 1)])
    assert compare(old, other).state == "FOREIGN"
    assert compare(MemoryDump([], Facts("S1")), MemoryDump([], Facts("S2"))).server == "other"
    assert compare(MemoryDump([], Facts(epoch="a")), MemoryDump([], Facts(epoch="A"))).server == "same"


def test_a_server_that_went_back_has_lower_numbers():
    old = MemoryDump([entry("a", 9, 1), entry("b", 5, 2)])
    assert compare(old, MemoryDump([entry("a", 4, 1), entry("b", 5, 2)])).state == "ROLLED_BACK"
    assert compare(old, MemoryDump([entry("a", 9, 1), entry("b", 10, 2)])).state == "IN_SYNC"


def test_numbers_say_nothing_where_it_is_not_known_whether_one_server_gave_them(tmp_path, run):
    bare = entry("a", 9, None)
    for old, new in [
        ([entry("a", 9, 5)], [entry("z", 3, 3)]),  # nothing in common, and lower numbers
        ([bare, entry("b", 8, None)], [bare._replace(changed=3), entry("b", 2, None)]),  # no USN-Created
        ([entry("a", 9, 5), entry("b", 8, 6)], [bare._replace(changed=3), entry("b", 2, None)]),  # in one of them
    ]:
        found = compare(MemoryDump(old), MemoryDump(new))
        assert (found.server, found.state) == ("unknown", "UNKNOWN")
    named = compare(MemoryDump([bare], Facts("S")), MemoryDump([bare._replace(changed=3)], Facts("s")))
    assert named.state == "ROLLED_BACK"
    for name, row in (("old", "Mailbox,/o=X/cn=a,9"), ("new", "Mailbox,/o=X/cn=z,3")):
        (tmp_path / f"{name}.csv").write_text(f"Obj-Class,Obj-Dist-Name,USN-Changed\n{row}\n")
    ran = run("directory", "compare", tmp_path / "old.csv", tmp_path / "new.csv")
    assert (ran.status, ran.out.split(":")[0]) == (0, "UNKNOWN")


def test_a_highest_number_that_was_removed_for_good_is_no_way_back():
    old = MemoryDump([entry("a", 4, 1), entry("b", 9, 2, deleted=True)], Facts("S", head=9))
    left = [entry("a", 4, 1)]
    assert compare(old, MemoryDump(left, Facts("S", last_removed=9))).state == "IN_SYNC"
    assert compare(old, MemoryDump(left, Facts("S", head=9))).state == "IN_SYNC"
    attested, inferred = (compare(old, MemoryDump(left, Facts("S", head=head))) for head in (5, None))
    assert (attested.state, attested.attested) == ("ROLLED_BACK", True)
    assert (inferred.state, inferred.attested) == ("ROLLED_BACK", False)
    screen = Screen(80)
    assert "likely, not certain" not in "\n".join(text_lines(difference_report(attested), screen))
    assert "likely, not certain" in "\n".join(text_lines(difference_report(inferred), screen))
    ahead = compare(MemoryDump(left, Facts("S", head=30)), MemoryDump(left, Facts("S")))
    assert ahead.state == "IN_SYNC"  # what the server said then and nobody said now cannot be compared


def test_a_new_life_of_one_server_is_said():
    found = compare(MemoryDump([entry("a", 4, 1)], Facts("S", "E1")), MemoryDump([entry("a", 4, 1)], Facts("S", "E2")))
    assert any("E1, then E2" in each for each in text_lines(difference_report(found), Screen(80)))


def test_a_rollback_that_was_overtaken_shows_in_numbers_given_twice():
    old = MemoryDump([entry("a", 4, 1), entry("b", 9, 9)])
    new = MemoryDump([entry("a", 4, 1), entry("c", 9, 9), entry("d", 10, 10)])
    found = compare(old, new)
    assert (found.state, found.reused) == ("OVERTAKEN", (9,))
    assert [each.dn for each in found.overtaken] == ["b"]


def test_an_object_made_anew_under_its_name_is_named():
    found = compare(MemoryDump([entry("a", 4, 4), entry("b", 5, 5)]), MemoryDump([entry("a", 8, 8), entry("b", 5, 5)]))
    assert [each.dn for each in found.recreated] == ["a"]


def test_the_published_example_image_at_10_partners_at_50():
    """11 to 50 will never replicate out, old 11 to 50 never come back in, above 50 all is normal."""
    image = [entry(f"o{n}", n, n, source="S", source_usn=n) for n in range(1, 11)]
    partner = [entry(f"o{n}", 100 + n, 100 + n, source="S", source_usn=n) for n in range(1, 51)]
    since = [entry(f"new{n}", n, n, source="S", source_usn=n) for n in range(11, 16)]
    restored = MemoryDump([*image, *since], Facts("S", "S", 15))
    found = backsync(restored, {"P": MemoryDump(partner)}, cursors={"P": 50}, backup_head=10)
    (one,) = found.partners
    assert one.verdict.state == "ROLLED_BACK"
    assert one.dead_zone == (15, 50)
    assert [each.dn for each in one.stranded] == [f"new{n}" for n in range(11, 16)]
    assert [each.entry.dn for each in found.returned] == sorted(f"o{n}" for n in range(11, 51))
    assert found.lost == ()
    assert found.increase == 35 + 5 + MARGIN
    above = backsync(
        MemoryDump([*image, entry("x", 51, 51)], Facts("S", "S", 51)), {"P": MemoryDump(partner)}, cursors={"P": 50}
    )
    assert above.partners[0].dead_zone is None
    assert above.increase == 0


def vector(*lines: str) -> bytes:
    said = "".join(f"Default-First-Site-Name\\{each} @ Time 2026-02-10 15:10:48\r\n" for each in lines)
    return f"Caching GUIDs.\r\n..\r\n{said}".encode()


def controller(path: Path, head: int, life: int, objects: list[tuple[str, int]]) -> Path:
    root = f"dn:\ndnsHostName: {path.stem}.example.com\nhighestCommittedUSN: {head}\ninvocationID: {UUID(int=life)}\n\n"
    named = (f"dn: CN={name},DC=x\nobjectGUID: {uuid5(NAMESPACE_DNS, name)}\nuSNChanged: {usn}\nuSNCreated: {usn}\n\n"
             for name, usn in objects)  # fmt: skip
    path.write_text(root + "".join(named))
    return path


def test_the_published_example_with_the_files_of_an_active_directory(tmp_path, run):
    """Image at 10, partners at 50, same invocation id: nothing of 11 to 50 goes out, the old ones never come in."""
    image = [(f"o{n}", n) for n in range(1, 11)]
    partner = controller(tmp_path / "dc2.ldif", 200, 2, [(f"o{n}", 100 + n) for n in range(1, 51)])
    (tmp_path / "dc2.txt").write_bytes(vector("DC1 @ USN        50", "DC2 @ USN       200"))

    def judged(head: int) -> tuple[int, dict]:
        own = controller(tmp_path / "dc1.ldif", head, 1, image + [(f"new{n}", n) for n in range(11, head + 1)])
        ran = run("directory", "backsync", "--restored", own, "--partner", partner, "--cursors", tmp_path / "dc2.txt",
                  "--backup-head", "10", "--json")  # fmt: skip
        return ran.status, json.loads(ran.out)

    old = {f"CN=o{n},DC=x" for n in range(11, 51)}
    for head, zone, state in [(10, [10, 50], "ROLLED_BACK"), (30, [30, 50], "ROLLED_BACK"), (60, None, "OVERTAKEN")]:
        status, found = judged(head)
        (one,) = found["partners"]
        assert (status, one["state"], one["dead_zone"]) == (1, state, zone)
        assert set(one["stranded"]) == {f"CN=new{n},DC=x" for n in range(11, min(head, 50) + 1)}
        assert found["returned"] == []
        assert {each["dn"] for each in found["withheld"]} == old
        assert found["usn_increase"] == 0  # AUTHREST is Exchange's
        assert found["lost"] == []  # no originator's number says that
    (tmp_path / "dc2.txt").write_bytes(vector("DC1 (retired) @ USN 50", "DC1 @ USN 10", "DC2 @ USN 200"))
    status, found = judged(30)  # with a new invocation id all is well
    assert (status, found["partners"][0]["state"], found["partners"][0]["dead_zone"]) == (0, "PENDING", None)


def test_what_comes_back_is_only_possible_where_nobody_says_who_made_it():
    partner = MemoryDump([entry("a", 70, source="S", source_usn=12), entry("b", 71)])
    found = backsync(MemoryDump([], Facts("S", "S", 10)), {"P": partner}, cursors={"P": 12})
    assert [(each.entry.dn, each.certainty) for each in found.returned] == [("a", "likely"), ("b", "possible")]
    shown = "\n".join(text_lines(backsync_report(found), Screen(200)))
    assert "comes back: 1\n  a from P" in shown
    assert "which the dumps do not say: 1\n  b from P" in shown
    unknown = backsync(MemoryDump([], Facts("S", "S", 10)), {"P": MemoryDump([entry("b", 71)])}, cursors={"P": 12})
    assert unknown.lost == ()  # no dump has the originator's numbers
    assert any("USN-Source" in each for each in unknown.missing)


def test_over_a_connector_that_was_deleted_nothing_comes_back_and_its_tombstone_is_shown():
    gone = entry("link", 80, deleted=True, values=(("Obj-Class", ("Site-Connector",)),))
    found = backsync(
        MemoryDump([], Facts("S", "S", 10)), {"P": MemoryDump([gone, entry("link2", 81)])}, cursors={"P": 12}
    )
    assert [(name, each.dn) for name, each in found.connectors] == [("P", "link")]
    assert any("connectors deleted at P" in each for each in text_lines(backsync_report(found), Screen(200)))


@pytest.mark.parametrize(
    ("since", "head", "seen"),
    [
        ([1001, 3001], 3001, 4000),  # one object was written two thousand times: few objects, many numbers
        (range(11, 61), 60, 50),  # the dead zone is passed, and 11 to 50 stay behind it
        ([1001], 1001, 1001),
    ],
)
def test_after_the_increase_partners_ask_for_everything_written_since(since, head, seen):
    here = [entry("a", 1, 1), *(entry(f"n{n}", n, n) for n in since)]
    found = backsync(MemoryDump(here, Facts("S", "S", head)), {"P": MemoryDump([])}, cursors={"P": seen},
                     backup_head=min(since) - 1)  # fmt: skip
    assert found.partners[0].stranded
    assert min(since) + found.increase > seen
    assert found.partners[0].state == ("ROLLED_BACK" if head < seen else "OVERTAKEN")


def test_the_increase_is_that_of_the_article():
    """Q201414: 1000 numbers behind, 100 changes since, 500 for safety: AUTHREST 0 1600."""
    here = [entry("a", 1, 1), *(entry(f"n{n}", 1000 + n, 1000 + n) for n in range(1, 101))]
    found = backsync(
        MemoryDump(here, Facts("S", "S", 1100)), {"P": MemoryDump([])}, cursors={"P": 2100}, backup_head=1000
    )
    assert found.increase == 1600


def test_what_was_deleted_is_not_given_back_and_may_reappear():
    restored = MemoryDump([entry("kept", 5, 5), entry("gone", 6, 6)], Facts("S", "S", 10))
    partner = MemoryDump(
        [
            entry("gone", 70, 60, deleted=True, source="S", source_usn=12),
            entry("made", 71, 71, source="S", source_usn=13),
            entry("unmade", 72, 72, deleted=True, source="S", source_usn=15),
            entry("theirs", 73, 73, source="T", source_usn=9),
        ]
    )
    other = MemoryDump([entry("unmade", 30, 30, source="S", source_usn=14)])
    found = backsync(restored, {"P": partner, "Q": other}, cursors={"P": 16, "Q": 14})
    assert [each.dn for each in found.resurrected] == ["gone"]
    assert [each.dn for each in found.refused] == ["unmade"]
    assert [(each.entry.dn, each.partners) for each in found.returned] == [("made", ("P",))]
    assert found.lost == ((10, 11), (15, 16))


def test_what_is_missing_is_said():
    found = backsync(MemoryDump([entry("a", 3)]), {"P": MemoryDump([entry("a", 9)])})
    assert any("--cursors" in each for each in found.missing)
    assert any("invocation id" in each for each in found.missing)
    assert any("originator" in each for each in found.missing)
    assert any("--backup-head" in each for each in found.missing)
    assert found.partners[0].dead_zone is None


def stamped(name: str, changed: int, *stamps: tuple[int, int, str, int], **values: str) -> Entry:
    """An object with stamps: number of an attribute, version, life of a server, number there."""
    data = struct.pack("<IIII", 1, 0, len(stamps), 0) + b"".join(
        struct.pack("<IIQ16sQQ", attribute, version, 13_000_000_000, UUID(life).bytes_le, usn, usn)
        for attribute, version, life, usn in stamps
    )
    held = (("replPropertyMetaData", (data.decode("utf-8", "surrogateescape"),)),)
    return entry(name, changed, 1, values=(*held, *((each, (value,)) for each, value in values.items())))


def test_stamps_tell_of_each_attribute_which_side_is_later_and_who_wrote_it():
    life, other = str(uuid5(NAMESPACE_DNS, "a")), str(uuid5(NAMESPACE_DNS, "b"))
    mail, phone = 0x150003, 0x14
    restored = MemoryDump(
        [
            stamped("cn=both", 12, (mail, 2, life, 12), (phone, 1, life, 3), mail="new", telephoneNumber="1"),
            stamped("cn=equal", 13, (mail, 2, life, 13), mail="same"),
            stamped("cn=foreign", 4, (mail, 1, life, 4), mail="old"),
        ],
        Facts("S", life, 20),
    )
    partner = MemoryDump(
        [
            stamped("cn=both", 90, (mail, 1, life, 2), (phone, 2, life, 11), mail="old", telephoneNumber="2"),
            stamped("cn=equal", 91, (mail, 2, life, 13), mail="same"),
            stamped("cn=foreign", 92, (mail, 2, other, 50), mail="theirs"),
        ],
        Facts("P", other, 99),
    )
    found = backsync(restored, {"P": partner}, cursors={"P": 20}, backup_head=10, backsyncs=False)
    assert [(each.entry.dn, each.attributes, each.certainty) for each in found.withheld] == [
        ("cn=both", ("telephoneNumber",), "likely")
    ]  # what another server wrote comes by replication
    assert [each.dn for each in found.partners[0].stranded] == ["cn=both"]
    assert found.details == {"cn=both": ("mail",)}
    assert not any("replPropertyMetaData" in each for each in found.missing)


OPENLDAP = (
    "dn: cn={name},dc=x\nobjectClass: person\ncn: {name}\nsn: {sn}\n"
    "entryUUID: 00000000-0000-1041-8000-00000000000{at}\n"
    "entryCSN: 202601010000{at:02}.000000Z#{n:06x}#000#000000\nmodifyTimestamp: 20260101000000Z\n\n"
)


def test_dumps_without_numbers_are_compared_by_identity_and_content(tmp_path, run):
    def dump(name: str, *rows: tuple[int, str, str, int]) -> Path:
        text = "".join(OPENLDAP.format(at=at, name=cn, sn=sn, n=n) for at, cn, sn, n in rows)
        (tmp_path / name).write_text(text)
        return tmp_path / name

    old = dump("old.ldif", (1, "ann", "a", 5), (2, "bob", "b", 5), (3, "cy", "c", 5))
    new = dump("new.ldif", (1, "ann", "a", 7), (2, "rob", "b", 6), (4, "dan", "d", 5))
    done = run("directory", "compare", old, new, "--to", tmp_path / "c.ldif", "--as", "ldif")
    assert done.status == 0
    assert "the dumps have no numbers" in done.out
    assert "difference: 1 A, 1 M, 1 D" in done.out
    changes = [(each.dn, each.change) for each in parse_ldif((tmp_path / "c.ldif").read_bytes()).records]
    assert changes[:3] == [("cn=cy,dc=x", "delete"), ("cn=bob,dc=x", "modrdn"), ("cn=dan,dc=x", "add")]
    assert run("directory", "compare", old, old, "--to", "-").out == ""
    back = run("directory", "compare", new, old)
    assert (back.status, "2 written earlier (entryCSN)" in back.out) == (1, True)
    refused = run("directory", "export", old, "--state", tmp_path / "s.json", "--to", "-", "--server", "s")
    assert (refused.status, "no object has uSNChanged" in refused.err) == (2, True)


def test_a_new_life_is_never_said_of_another_servers_id():
    old, new = (
        MemoryDump([entry("a", 3, 3)], Facts("S1", "one", 3)),
        MemoryDump([entry("a", 3, 3)], Facts("S2", "two", 3)),
    )
    again = MemoryDump([entry("a", 3, 3)], Facts("S1", "two", 3))
    for other, said in ((new, False), (again, True)):
        text = "\n".join(text_lines(difference_report(compare(old, other)), Screen(200)))
        assert ("a new life" in text) == said


def people(*objects: tuple[str, int, str], unit: str = "Staff", changed: int = 1) -> str:
    """Return an LDIF dump of a unit and of objects of (name, number, further lines)."""
    rows = [(f"OU={unit},DC=x", 1, changed, "objectClass: organizationalUnit\n")]
    rows += [(f"CN={name},OU={unit},DC=x", at + 2, number, more) for at, (name, number, more) in enumerate(objects)]
    return "".join(
        f"dn: {dn}\nobjectGUID: {UUID(int=at)}\nuSNCreated: {at}\nuSNChanged: {number}\n{more}\n"
        for dn, at, number, more in rows
    )


def test_what_is_below_a_renamed_container_is_not_modified_by_that(tmp_path, run):
    old, new = tmp_path / "old.ldif", tmp_path / "new.ldif"
    objects = [("a", 2, "objectClass: user\nmail: a\n"), ("b", 3, "objectClass: user\nmail: b\n")]
    old.write_text(people(*objects))
    new.write_text(people(*objects, unit="Crew", changed=9))
    done = run("directory", "compare", old, new, "--to", "-", "--as", "ldif")
    assert done.out == "dn: OU=Staff,DC=x\nchangetype: modrdn\nnewrdn: OU=Crew\ndeleteoldrdn: 1\n\n"
    done = run("directory", "compare", old, new, "--to", "-")  # who does not follow a container is told of each
    assert done.out.count("distinguishedName:") == 3


def test_an_attribute_that_was_emptied_is_emptied_at_the_receiver(tmp_path, run):
    old, new = tmp_path / "old.ldif", tmp_path / "new.ldif"
    old.write_text(people(("a", 2, "mail: a\n"), ("b", 3, "mail: b\n")))
    new.write_text(people(("a", 9, "title: x\n"), ("b", 3, "mail: b\n")))
    done = run("directory", "compare", old, new, "--to", "-", "--as", "ldif")
    assert "replace: title\ntitle: x\n-\nreplace: mail\n-\n" in done.out
    assert "no object" not in done.err


def test_an_attribute_that_the_newer_dump_was_not_asked_for_is_said_and_not_emptied(tmp_path, run):
    old, new = tmp_path / "old.ldif", tmp_path / "new.ldif"
    old.write_text(people(("a", 2, "title: x\nmail: a\n"), ("b", 3, "title: x\nmail: b\n")))
    new.write_text(people(("a", 9, "title: y\n"), ("b", 3, "title: x\n")))
    done = run("directory", "compare", old, new, "--to", "-", "--as", "ldif")
    assert "mail" not in done.out
    assert "no object of the newer dump has mail: emptied everywhere, or not asked for this time" in done.err
    assert "title" not in done.err


def test_a_server_that_was_restored_properly_did_not_go_back():
    """A new invocation id is what a supported restore gives; its lower numbers are of another life."""
    facts = Facts("dc1", "one", head=20)
    old = MemoryDump([entry("a", 5), entry("b", 20, 20)], facts)
    new = MemoryDump([entry("a", 5)], facts._replace(epoch="two", head=9))
    assert compare(old, new).state == "EPOCH_CHANGED"
    assert compare(old, MemoryDump([entry("a", 5)], facts._replace(head=9))).state == "ROLLED_BACK"


def test_dumps_in_the_wrong_order_show_no_server_that_went_back():
    facts = Facts("dc1", "one", head=20, taken=datetime(2026, 1, 2))
    late = MemoryDump([entry("a", 5), entry("b", 20, 20)], facts)
    early = MemoryDump([entry("a", 5)], facts._replace(head=9, taken=datetime(2026, 1, 1)))
    assert (compare(late, early).state, compare(early, late).state) == ("REVERSED", "IN_SYNC")
    undated = MemoryDump([entry("a", 5)], facts._replace(head=9, taken=None))
    shown = "\n".join(text_lines(difference_report(compare(late, undated)), Screen()))
    assert "if the second dump is the later one" in " ".join(shown.split())


def test_a_dump_of_the_restored_server_itself_is_no_partners(tmp_path, run):
    root = "dn:\ndnsHostName: dc1.x\nhighestCommittedUSN: 9\n\n"
    (tmp_path / "a.ldif").write_text(root + people(("a", 2, "")))
    (tmp_path / "b.ldif").write_text(root + people(("a", 3, "")))
    done = run("directory", "backsync", "--restored", tmp_path / "a.ldif", "--partner", tmp_path / "b.ldif")
    assert (done.status, "a dump of dc1.x itself, the restored server" in done.err) == (2, True)


class _Made:
    """A dump whose objects are made when they are read; each holds some kilobytes."""

    def __init__(self, number: int, text: str, prefix: str = "") -> None:
        self.number, self.text, self.prefix = number, text, prefix

    def facts(self) -> Facts:
        return Facts("DC1")

    def entries(self):
        for at in range(self.number):
            held = (("description", tuple(f"{self.text} {at} {n} {'x' * 160}" for n in range(10))),)
            yield Entry(f"{self.prefix}{at:030}", f"CN={self.prefix}{at:030},DC=x", at + 1, at + 1, values=held)

    numbered = entries


@pytest.mark.parametrize("prefix", ["", "other"])
def test_comparing_needs_the_memory_of_the_keys_even_where_everything_differs(prefix):
    old, new = _Made(8000, "old"), _Made(8000, "new", prefix)
    tracemalloc.start()
    try:
        found = compare(old, new)
        assert found.counts == ({"A": 8000, "M": 0, "D": 8000} if prefix else {"A": 0, "M": 8000, "D": 0})
        assert sum(1 for _ in found.steps(Receiver(follows=True, strict=True))) == sum(found.counts.values())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < (1 << 22) + 8000 * 1250  # what is put by begins in memory; the objects themselves are 52 MB


def test_changes_are_read_again_as_often_as_they_are_asked_for():
    found = compare(MemoryDump([entry("a", 3, 3), entry("c", 5, 5)]), MemoryDump([entry("b", 9, 9), entry("c", 7, 5)]))
    assert kinds(found) == kinds(found) == [("D", "a"), ("A", "b"), ("M", "c")]
    assert found.changes[-1][1].dn == "c"
    assert [each.dn for _, each in found.changes[:2]] == ["a", "b"]
    assert found.changes == tuple(found.changes)
    assert found.changes != ()
