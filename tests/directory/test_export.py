"""USN export: who has everything up to a number gets all that changed since, or is told why that cannot be known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glbtools.directory.export import WITNESSES, MemoryDump
from glbtools.directory.state import State, load, save
from glbtools.errors import DescriptionError, UsageError
from glbtools.model.directory import Entry, Facts, kind, next_exported
from tests.directory.exports import collected

DAY = datetime(1998, 1, 20)


def entry(name: str, changed: int, created: int | None = 1, *, deleted: bool = False, **more) -> Entry:
    return Entry(name.lower(), name, changed, created, deleted, **more)


@pytest.mark.parametrize(
    ("changed", "created", "deleted", "expected"),
    [
        (5, 5, False, ""),  # not above what was exported
        (6, 6, False, "A"),
        (6, 5, False, "M"),  # created by then, changed since
        (6, 5, True, "D"),
        (6, 6, True, ""),  # made and deleted in between
        (5, 2, True, ""),
        (6, None, False, "A"),  # no USN-Created: it may be new
        (6, None, True, "D"),
    ],
)
def test_what_a_change_is_to_one_who_has_everything_up_to_5(changed, created, deleted, expected):
    assert kind(entry("x", changed, created, deleted=deleted), 5) == expected


def test_the_first_export_has_every_live_object_and_no_deletion():
    dump = MemoryDump([entry("a", 3), entry("b", 9, 8), entry("c", 7, 2, deleted=True)])
    found, outcome = collected(dump, State(), server="S1")
    assert [(what, each.dn) for what, each in found] == [("A", "a"), ("A", "b")]
    assert (outcome.state.exported, outcome.state.server) == (9, "S1")


def test_inclusive_repeats_the_last_number():
    dump = MemoryDump([entry("a", 5), entry("b", 4)], Facts("S1", last_removed=0))
    state = State("S1", exported=5)
    assert [each.dn for _, each in collected(dump, state)[0]] == []
    assert [each.dn for _, each in collected(dump, state, inclusive=True)[0]] == ["a"]


@pytest.mark.parametrize(
    ("highest", "head", "exported", "after"),
    [(21, None, 5, 21), (21, 20, 5, 20), (0, 20, 5, 20), (0, None, 5, 5), (3, 3, 5, 5), (30, 40, 5, 30)],
)
def test_what_is_remembered_is_never_above_what_was_issued_before_the_dump_began(highest, head, exported, after):
    assert next_exported(highest, head, exported) == after


GOOD = Facts("S1", "E1", 20, 3, "/o=x", deletions=True, creations=True, taken=DAY)
STATE = State("S1", "E1", "/o=x", 10, DAY - timedelta(days=3))


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (GOOD._replace(server="S2"), "of server S1"),
        (GOOD._replace(server=None), "--server"),
        (GOOD._replace(epoch="E2"), "began anew"),
        (GOOD._replace(scope="/o=y"), "a state of its own"),
        (GOOD._replace(deletions=False), "Is-Deleted"),
        (GOOD._replace(last_removed=11), "deletions were missed"),
        (GOOD._replace(taken=DAY + timedelta(days=28), last_removed=None), "longer ago"),
    ],
)
def test_a_dump_that_does_not_go_with_the_state_is_refused_with_the_way_out(facts, why):
    dump = MemoryDump([entry("a", 12)], facts)
    with pytest.raises(UsageError, match=why):
        collected(dump, STATE)
    found, _ = collected(dump, STATE, full=True, server="S1")
    assert [what for what, _ in found] == ["A"]


def test_near_misses_are_exported():
    for facts in (
        GOOD,
        GOOD._replace(last_removed=10),
        GOOD._replace(taken=DAY + timedelta(days=27), last_removed=None),
        GOOD._replace(taken=DAY + timedelta(days=28)),  # that no tombstone is missing is known by its number
        GOOD._replace(server="s1"),
    ):
        found, outcome = collected(MemoryDump([entry("a", 12)], facts), STATE)
        assert [what for what, _ in found] == ["M"]
        assert outcome.verdict.state == "PENDING"


def test_a_server_that_went_back_is_refused_and_the_verdict_of_the_channel_says_the_same():
    dump = MemoryDump([entry("a", 9)], GOOD._replace(head=9))
    with pytest.raises(UsageError, match="went back in time"):
        collected(dump, STATE)
    assert collected(dump, STATE, full=True)[1].verdict.state == "ROLLED_BACK"


def test_the_last_removed_number_was_issued_so_that_the_server_has_not_gone_back():
    dump = MemoryDump([entry("a", 8)], GOOD._replace(head=None, last_removed=10))
    assert collected(dump, STATE)[0] == []  # the object numbered 10 was a tombstone, exported, and is removed


def test_without_the_last_removed_number_a_note_says_what_cannot_be_seen():
    _, outcome = collected(MemoryDump([entry("a", 12)], GOOD._replace(last_removed=None)), STATE)
    assert any("cannot be seen" in each for each in outcome.notes)


def test_what_was_imported_is_not_sent_back_and_the_list_is_emptied():
    dump = MemoryDump([entry("a", 12), entry("b", 13)], GOOD)
    found, outcome = collected(dump, STATE._replace(imported=(12,)))
    assert [each.dn for _, each in found] == ["b"]
    assert (outcome.suppressed, outcome.state.imported) == (1, ())


def test_a_full_export_has_what_was_imported_for_the_receiver_drops_what_is_not_in_it():
    state = STATE._replace(imported=(12,))
    for facts in (GOOD, GOOD._replace(server="S2")):  # the numbers of one server mean nothing on another
        found, outcome = collected(MemoryDump([entry("a", 12), entry("b", 13)], facts), state, full=True)
        assert [each.dn for _, each in found] == ["a", "b"]
        assert (outcome.suppressed, outcome.state.imported) == (0, ())


def test_a_state_comes_back_as_it_was_saved_and_a_wrong_one_names_its_key(tmp_path):
    path = tmp_path / "state.json"
    save(path, STATE._replace(imported=(4, 5)))
    assert load(path) == STATE._replace(imported=(4, 5))
    assert load(tmp_path / "none.json") == State()
    full = STATE._replace(significant=("cn",), digests={"b": "1", "a": "0"})
    save(path, full)
    assert load(path) == full
    for text, key in (
        ("{", ""),
        ('{"schema": "glbtools.export-state/1", "exported": 1, "significant": [1]}', "significant"),
        ('{"schema": "glbtools.export-state/1", "exported": 1, "digests": {"a": 1}}', "digests.a"),
        ('{"schema": "glbtools.export-state/1", "exported": 1, "witnesses": [["a", "1", null]]}', "witnesses[0][1]"),
        ('{"schema": "glbtools.export-state/1", "exported": 1, "witnesses": [3]}', "witnesses[0]"),
        ('{"schema": "x"}', "schema"),
        ('{"schema": "glbtools.export-state/1", "exported": -1}', "exported"),
        ('{"schema": "glbtools.export-state/1", "exported": 1, "server": 3}', "server"),
        ('{"schema": "glbtools.export-state/1", "exported": 1, "imported": [true]}', "imported[0]"),
        ('{"schema": "glbtools.export-state/1", "exported": 1, "exported_at": "soon"}', "exported_at"),
    ):
        path.write_text(text)
        with pytest.raises(DescriptionError) as caught:
            load(path)
        assert caught.value.key == key


# --- oracle ------------------------------------------------------------------------------------------------------


@dataclass
class Directory:
    """A directory server as documented: every write has a number, a deletion leaves a tombstone for a while."""

    name: str
    epoch: str
    usn: int = 0
    removed: int = 0
    objects: dict[str, Entry] = field(default_factory=dict)

    def write(self, name: str, value: str, when: datetime) -> None:
        self.usn += 1
        old = self.objects.get(name)
        created = old.created if old and not old.deleted else self.usn
        self.objects[name] = Entry(name, name, self.usn, created, when=when, values=(("v", (value,)),))

    def delete(self, name: str, when: datetime) -> None:
        old = self.objects.get(name)
        if old and not old.deleted:
            self.usn += 1
            self.objects[name] = old._replace(changed=self.usn, deleted=True, when=when, values=())

    def collect_garbage(self, now: datetime) -> None:
        """Remove tombstones that have outlived their time (Q239639)."""
        for name, each in list(self.objects.items()):
            if each.deleted and each.when is not None and now - each.when > timedelta(days=30):
                self.removed = max(self.removed, self.objects.pop(name).changed)

    def copied(self, epoch: str) -> Directory:
        return Directory(self.name, epoch, self.usn, self.removed, dict(self.objects))

    def follow(self, other: Directory, now: datetime) -> None:
        """Take over what a replica has; every change gets a number of this server's own."""
        for name in sorted(self.live().keys() - other.live().keys()):
            self.delete(name, now)
        for name, values in other.live().items():
            if self.live().get(name) != values:
                self.write(name, values[0][1][0], now)

    def dump(self, now: datetime, *, head: bool) -> MemoryDump:
        facts = Facts(
            self.name, self.epoch, self.usn if head else None, self.removed if head else None, "/o=x", taken=now
        )
        return MemoryDump(sorted(self.objects.values(), key=lambda each: each.dn), facts)

    def live(self) -> dict[str, tuple]:
        return {name: each.values for name, each in self.objects.items() if not each.deleted}


MET: Counter[str] = Counter()
"""What the runs of the oracle below have met."""


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 10**9), st.integers(20, 100), st.booleans())
def test_a_receiver_has_what_the_directory_has_or_is_told_why_that_cannot_be(seed, steps, head):
    """After every export, not only the last: equal, or refused with the reason, or told what is gone."""
    random = Random(seed)
    servers = {name: Directory(name, f"{name}-1") for name in ("S1", "S2")}
    server, backups, now = servers["S1"], {}, DAY
    state, received = State(), {}
    for what in [*random.choices(list(STEPS), list(STEPS.values()), k=steps), "export"]:
        name, now = f"o{random.randrange(6)}", now + timedelta(hours=1)
        if what == "write":
            server.write(name, str(random.random()), now)
        elif what == "delete":
            server.delete(name, now)
        elif what == "wait":
            now += timedelta(days=random.choice([5, 31]))
        elif what == "collect garbage":
            before = server.removed
            server.collect_garbage(now)
            MET["garbage collected"] += server.removed > before
        elif what == "back up":
            backups[server.name] = server.copied(server.epoch)
        elif what == "restore" and server.name in backups:
            anew = random.random() < 0.2
            MET["restored with a new life" if anew else "restored"] += 1
            server = servers[server.name] = backups[server.name].copied(f"{now}" if anew else server.epoch)
        elif what == "switch":
            other = servers["S2" if server.name == "S1" else "S1"]
            other.follow(server, now)
            server = other
            MET["switched"] += 1
        elif what == "export":
            state, received = exported(server.dump(now, head=head), state, received)
            assert received == server.live()


STEPS = {
    "write": 9, "delete": 6, "wait": 1.5, "collect garbage": 3, "back up": 1, "restore": 1.5, "switch": 0.3,
    "export": 2.5,
}  # fmt: skip
"""What may happen next, and how often beside the others."""

REASONS = {
    "of server": "another server", "began anew": "new life", "has passed its old": "overtaken",
    "went back in time:": "rolled back", "deletions were missed": "missed", "longer ago": "too long ago",
}  # fmt: skip


def exported(dump: MemoryDump, state: State, received: dict) -> tuple[State, dict]:
    """Export as a careful operator does: what is refused, and what a note doubts, is exported in full."""
    full = False
    try:
        found, outcome = collected(dump, state)
        MET["exported"] += 1
        full = any("gone without a tombstone" in each for each in outcome.notes)
        MET["gone"] += full
    except UsageError as error:
        (reason,) = (what for said, what in REASONS.items() if said in str(error))
        assert "--full" in str(error)
        MET[reason] += 1
        full = True
    if full:
        found, outcome = collected(dump, state, full=True)
    now = {} if full or not state.exported else dict(received)
    for kind_, each in found:
        if kind_ == "D":
            now.pop(each.key, None)
        else:
            now[each.key] = each.values
    return outcome.state, now


def test_the_oracle_has_met_everything_that_can_happen():
    if not MET:
        test_a_receiver_has_what_the_directory_has_or_is_told_why_that_cannot_be()
    wanted = {"exported", "garbage collected", "restored", "restored with a new life", "switched", "gone"}
    assert {what for what in wanted | set(REASONS.values()) if MET[what] < 3} == set(), MET


def test_a_server_that_went_back_and_has_passed_its_old_number_is_refused(tmp_path, run):
    header = "Obj-Class,Obj-Dist-Name,Is-Deleted,USN-Changed,USN-Created,When-Changed\r\n"
    path, state = tmp_path / "usn.csv", tmp_path / "s.json"
    words = ("directory", "export", path, "--state", state, "--to", "-", "--server", "S1")
    path.write_text(f"{header}Mailbox,/o=x/cn=a,,15,1,980101000000Z\r\nMailbox,/o=x/cn=b,,9,9,980101000000Z\r\n")
    assert run(*words).status == 0
    assert load(state).witnesses == (("/o=x/cn=a", 15, "1998-01-01T00:00:00"), ("/o=x/cn=b", 9, "1998-01-01T00:00:00"))
    for a in ("8,1,980101000000Z", "15,1,980101000001Z"):  # the number it had before; the same, given at another time
        path.write_text(f"{header}Mailbox,/o=x/cn=a,,{a}\r\nMailbox,/o=x/cn=c,,20,20,980102000000Z\r\n")
        ran = run(*words)
        assert (ran.status, ran.out) == (2, "")
        assert (
            f"/o=x/cn=a has number {a.partition(',')[0]}, which counts as exported, and did not have it then" in ran.err
        )
    path.write_text(f"{header}Mailbox,/o=x/cn=d,,12,12,980101000000Z\r\nMailbox,/o=x/cn=c,,20,20,980102000000Z\r\n")
    ran = run(*words)  # an object that was not there has a number that was given before
    assert (ran.status, "/o=x/cn=d has number 12, which counts" in ran.err) == (2, True)
    path.write_text(f"{header}Mailbox,/o=x/cn=c,,20,20,980102000000Z\r\n")
    ran = run(*words)
    assert (ran.status, "/o=x/cn=a was exported and is gone without a tombstone, like 1 more" in ran.err) == (1, True)


def test_witnesses_are_few_and_none_is_above_what_is_remembered():
    dump = MemoryDump([entry(f"o{n:03}", n, n) for n in range(1, 101)], GOOD._replace(head=90, last_removed=0))
    _, outcome = collected(dump, State())
    assert [each.changed for each in outcome.state.witnesses] == list(range(90, 90 - WITNESSES, -1))
    assert collected(dump, outcome.state)[1].state.witnesses == outcome.state.witnesses


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from("vvwwwdx"), st.sampled_from("abc"), st.sampled_from("123")), max_size=40))
def test_a_receiver_always_has_what_is_significant_and_is_sent_no_modification_without_it(steps):
    usn, live, dead, sent, state = 0, {}, {}, {}, State()
    for what, name, value in [*steps, ("x", "", "")]:
        usn += what != "x"
        if what == "d" and name in live:
            dead[name] = live.pop(name)._replace(changed=usn, deleted=True, values=())
        elif what in "vw":
            old = live.get(name, entry(name, usn, usn, values=(("v", ()), ("w", ()))))
            values = tuple((each, (value,) if each == what else held) for each, held in old.values)
            live[name] = old._replace(changed=usn, values=values)
            dead.pop(name, None)
        elif what == "x":
            dump = MemoryDump([*live.values(), *dead.values()], GOOD._replace(head=None, last_removed=0))
            found, outcome = collected(dump, state, significant=["V"])
            for kind_, each in found:
                mattering = dict(each.values).get("v")
                assert kind_ != "M" or sent[each.key] != mattering
                if kind_ == "D":
                    sent.pop(each.key, None)
                else:
                    sent[each.key] = mattering
            state = outcome.state
            assert sent == {key: dict(each.values)["v"] for key, each in live.items()}


NUMBERED = "objectClass: user\nuSNCreated: {created}\nuSNChanged: {changed}\nwhenChanged: 20260101000000.0Z\n"
DELETED_OBJECTS = (
    "dn: CN=Deleted Objects,DC=x\nobjectClass: container\nisDeleted: TRUE\nuSNCreated: 1\nuSNChanged: 1\n\n"
)


def ldif_of(*objects, head=None, taken="20260101000000.0Z"):
    """Return a dump of objects of (name, number that makes the GUID, created, changed)."""
    root = (
        ""
        if head is None
        else (
            f"dn:\ndnsHostName: dc1.x\ncurrentTime: {taken}\nhighestCommittedUSN: {head}\n"
            "dsServiceName: CN=NTDS Settings,CN=DC1\n\n"
        )
    )
    return (
        root
        + DELETED_OBJECTS
        + "".join(
            f"dn: CN={name},DC=x\nobjectGUID: {UUID(int=guid)}\n{NUMBERED.format(created=created, changed=changed)}\n"
            for name, guid, created, changed in objects
        )
    )


def two_exports(tmp_path, run, first, second, *options):
    """Export two dumps with one state, and return what the second run said."""
    path = tmp_path / "dump.ldif"
    words = ("directory", "export", path, "--state", tmp_path / "s.json", "--to", "-", "--as", "ldif", *options)
    path.write_text(first)
    assert run(*words).status == 0
    path.write_text(second)
    return run(*words)


def test_an_older_dump_is_refused_as_one_and_is_no_server_that_went_back(tmp_path, run):
    older = ldif_of(("a", 2, 2, 2), ("b", 3, 3, 3), head=4, taken="20251231000000.0Z")
    ran = two_exports(tmp_path, run, ldif_of(("a", 2, 2, 9), ("b", 3, 3, 3), head=9), older)
    assert (ran.status, ran.out) == (2, "")
    assert "taken at 2025-12-31 00:00:00, before the last export" in ran.err
    assert "the server went back" not in ran.err
    ran = run("diagnose", tmp_path / "dump.ldif", tmp_path / "s.json")
    assert (ran.status, "X301" in ran.out, "before the last export" in " ".join(ran.out.split())) == (1, False, True)


def test_a_dump_without_a_date_of_its_own_may_be_older_and_its_server_is_not_certain_to_have_gone_back(tmp_path, run):
    first = ldif_of(("a", 2, 2, 9), ("b", 3, 3, 3), head=9).replace("currentTime: 20260101000000.0Z\n", "")
    second = ldif_of(("a", 2, 2, 2), ("b", 3, 3, 3), head=4).replace("currentTime: 20260101000000.0Z\n", "")
    ran = two_exports(tmp_path, run, first, second)
    assert (ran.status, "or this dump is older than the last export" in ran.err) == (2, True)
    ran = run("diagnose", tmp_path / "dump.ldif", tmp_path / "s.json")
    assert "X301] backsync-restored-directory (likely)" in ran.out


@pytest.mark.parametrize("head", [None, 10_000])
def test_numbers_of_another_server_do_not_make_its_objects_new(tmp_path, run, head):
    """An objectGUID is given once, and with it its first number: another one is another server's."""
    objects = [(f"o{n}", n, n, n) for n in range(2, 6)]
    other = [(name, guid, created + 4000, changed + 4000) for name, guid, created, changed in objects]
    ran = two_exports(
        tmp_path, run, ldif_of(*objects, head=head and 10), ldif_of(*other, head=head), "--server", "dc1.x"
    )
    assert (ran.status, ran.out) == (2, "")
    assert "4 of 4 objects that were exported have another first number" in ran.err


def test_an_object_that_was_made_while_the_last_dump_was_read_is_modified_and_not_deleted(tmp_path, run):
    first = ldif_of(("a", 2, 2, 2), ("b", 3, 3, 3), ("c", 4, 12, 12), head=9)
    ran = two_exports(tmp_path, run, first, ldif_of(("a", 2, 2, 2), ("b", 3, 3, 3), ("c", 4, 12, 13), head=13))
    assert (ran.status, "changetype: delete" in ran.out, "0 A, 1 M, 0 D" in ran.err) == (0, False, True)


def test_a_dump_of_another_part_of_the_directory_is_said_to_be_one(tmp_path, run):
    configuration = ldif_of(("Sites", 20, 3, 3), ("Services", 21, 4, 12), head=13).replace("DC=x", "CN=Config,DC=x")
    ran = two_exports(tmp_path, run, ldif_of(("a", 2, 2, 2), ("b", 3, 3, 9), head=9), configuration)
    assert (ran.status, ran.out) == (2, "")
    assert "none of the objects that were exported is in this dump" in ran.err
    ran = run("diagnose", tmp_path / "dump.ldif", tmp_path / "s.json")
    assert (ran.status, "X301" in ran.out) == (1, False)


def test_a_server_whose_highest_number_fell_went_back_though_all_that_was_exported_is_below_it(tmp_path, run):
    """Other parts of a directory take numbers, too: what is exported may be far below the highest one."""
    ids = "dn: CN=NTDS Settings,CN=DC1\ninvocationId: 11111111-2222-3333-4444-555555555555\n\n"
    objects = [("a", 2, 2, 2), ("b", 3, 3, 3)]
    first = ldif_of(*objects, head=90) + ids
    ran = two_exports(tmp_path, run, first, ldif_of(*objects, head=50, taken="20260102000000.0Z") + ids)
    assert (ran.status, "highest number was 90 at the last export and is 50" in ran.err) == (1, True)
    (tmp_path / "s.json").unlink()
    ran = two_exports(tmp_path, run, first, first.replace("20260101000000.0Z\nhigh", "20260102000000.0Z\nhigh"))
    assert (ran.status, "went back" in ran.err) == (0, False)
    (tmp_path / "dump.ldif").write_text(ldif_of(*objects, head=50, taken="20260103000000.0Z") + ids)
    ran = run("diagnose", tmp_path / "dump.ldif", tmp_path / "s.json")
    assert "X301] backsync-restored-directory: the directory of dc1.x went back" in " ".join(ran.out.split())
    (tmp_path / "dump.ldif").write_text(
        ldif_of(*objects, head=50, taken="20260103000000.0Z") + ids.replace("1111", "9")
    )
    assert "X301" not in run("diagnose", tmp_path / "dump.ldif", tmp_path / "s.json").out
