"""What is written can be applied in its order: by a receiver that refuses whatever a directory server refuses."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glbtools.directory.compare import compare
from glbtools.directory.export import MemoryDump
from glbtools.directory.order import Receiver, joined, parent_of
from glbtools.directory.output import RECEIVERS, written
from glbtools.directory.state import State
from glbtools.formats.ldif_dump import parse_ldif
from glbtools.model.directory import Entry, Facts
from tests.directory.exports import collected

ROOT = "DC=x"
LDIF = RECEIVERS["ldif"]


class Server:
    """A directory server: objects by identity, names by their place, links that follow; refuses as servers do."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.members: dict[str, set[str]] = {}
        self.made = 0

    def find(self, dn: str) -> str:
        return ROOT if dn == ROOT else next(key for key, name in self.names.items() if name.lower() == dn.lower())

    def has(self, dn: str) -> bool:
        return dn == ROOT or any(name.lower() == dn.lower() for name in self.names.values())

    def add(self, key: str, dn: str, members: set[str]) -> None:
        assert not self.has(dn), f"{dn} exists"
        assert self.has(parent_of(dn)[1]), f"no parent of {dn}"
        self.names[key] = dn
        self.members[key] = {self.find(each) for each in members}

    def delete(self, dn: str) -> None:
        key = self.find(dn)
        assert not any(parent_of(name)[1].lower() == dn.lower() for name in self.names.values()), f"{dn} has children"
        del self.names[key], self.members[key]
        for held in self.members.values():
            held.discard(key)

    def rename(self, was: str, now: str) -> None:
        key = self.find(was)
        assert was.lower() == now.lower() or not self.has(now), f"{now} exists"
        above = parent_of(now)[1]
        assert self.has(above), f"no parent of {now}"
        assert not above.lower().endswith(was.lower()), f"{now} is below itself"
        for each, name in self.names.items():
            if each == key:
                self.names[each] = now
            elif name.lower().endswith("," + was.lower()):
                self.names[each] = name[: -len(was)] + now

    def modify(self, dn: str, members: set[str], *, add: bool) -> None:
        key = self.find(dn)
        found = {self.find(each) for each in members}
        self.members[key] = self.members[key] | found if add else found

    def shown(self) -> dict[str, tuple[str, ...]]:
        return {
            name.lower(): tuple(sorted(self.names.get(each, each).lower() for each in self.members[key]))
            for key, name in self.names.items()
            if not name.startswith("CN=g9,")
        }

    def apply(self, data: bytes) -> None:
        """Apply LDIF record by record."""
        for record in parse_ldif(data).records:
            values = {name.lower(): held for name, held in record.values}
            members = set(values.get("member", ()))
            if record.change == "add":
                self.made += 1
                self.add(str(self.made), record.dn, members)
            elif record.change == "delete":
                self.delete(record.dn)
            elif record.change == "modrdn":
                above = values.get("newsuperior", (parent_of(record.dn)[1],))[0]
                self.rename(record.dn, joined(values["newrdn"][0], above))
            elif "member" in values.get("add", ()) + values.get("replace", ()) or record.change == "modify":
                self.modify(record.dn, members, add="add" in values)


class Directory(Server):
    """The same with numbers, and tombstones."""

    def __init__(self) -> None:
        super().__init__()
        self.usn, self.born, self.numbers, self.dead = 1, {}, {}, {}

    def step(self, key: str) -> None:
        self.usn += 1
        self.born.setdefault(key, self.usn)
        self.numbers[key] = self.usn

    def dump(self, random: Random) -> MemoryDump:
        live = [
            Entry(
                key, name, self.numbers[key], self.born[key],
                values=(
                    ("objectClass", ("group" if name.startswith("CN=g") else "organizationalUnit",)),
                    ("member", tuple(sorted(self.names[each] for each in self.members[key]))),
                ),
            )
            for key, name in self.names.items()
        ]  # fmt: skip
        gone = [
            Entry(key, f"{parent_of(name)[0]}\\0ADEL:{key},CN=Deleted Objects,{ROOT}", self.numbers[key],
                  self.born[key], deleted=True, values=(("lastKnownParent", (parent_of(name)[1],)),))
            for key, name in self.dead.items()
        ]  # fmt: skip
        first = Entry("0", f"CN=g9,{ROOT}", 1, 1, values=(("objectClass", ("group",)), ("member", (ROOT,))))
        every = [first, *live, *gone]  # an attribute that nobody has may not have been asked for
        random.shuffle(every)
        return MemoryDump(every, Facts("S1", head=self.usn, last_removed=0))


def _change(directory: Directory, random: Random) -> None:
    names = list(directory.names.items())
    what = random.choice(["add", "add", "add", "delete", "rename", "move", "swap", "member", "member"])
    if what == "add" or not names:
        above = random.choice([ROOT, *(name for _, name in names if not name.startswith("CN=g"))])
        kind = random.choice(["OU=o", "CN=g"])
        dn = f"{kind}{random.randrange(4)},{above}"
        if not directory.has(dn):
            key = f"{random.getrandbits(128):032x}"
            directory.step(key)
            directory.add(key, dn, {random.choice(names)[1]} if names and random.random() < 0.4 else set())
        return
    key, dn = random.choice(names)
    try:
        if what == "delete":
            directory.delete(dn)
            directory.dead[key] = dn
        elif what == "rename":
            directory.rename(dn, joined(f"{dn[:4]}{random.randrange(4)}", parent_of(dn)[1]))
        elif what == "move":
            above = random.choice([ROOT, *(name for _, name in names if not name.startswith("CN=g"))])
            directory.rename(dn, joined(parent_of(dn)[0], above))
        elif what == "swap":
            other, theirs = random.choice(names)
            if parent_of(theirs)[1] != parent_of(dn)[1] or other == key or theirs[:4] != dn[:4]:
                return
            directory.rename(dn, f"OU=between,{ROOT}")
            directory.rename(directory.names[other], dn)
            directory.rename(f"OU=between,{ROOT}", theirs)
            directory.step(other)
        else:
            directory.modify(dn, {random.choice(names)[1] for _ in range(2)}, add=False)
    except AssertionError:
        return  # the server has refused it
    directory.step(key)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 10**9), st.integers(1, 14))
def test_a_receiver_that_refuses_what_servers_refuse_takes_every_export_in_its_order(seed, steps):
    random = Random(seed)
    directory, receiver, state = Directory(), Server(), State()
    for _ in range(4):
        for _ in range(steps):
            _change(directory, random)
        found, outcome = collected(directory.dump(random), state, receiver=LDIF)
        receiver.apply(written("ldif", (), found))
        assert receiver.shown() == directory.shown()
        assert outcome.alarms == ()
        state = outcome.state


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 10**9), st.integers(1, 20))
def test_a_receiver_takes_the_difference_of_two_dumps_in_its_order(seed, steps):
    random = Random(seed)
    directory, receiver = Directory(), Server()
    before: MemoryDump = directory.dump(random)
    for _ in range(3):
        for _ in range(steps):
            _change(directory, random)
        after = directory.dump(random)
        receiver.apply(written("ldif", (), compare(before, after).steps(LDIF)))
        assert receiver.shown() == directory.shown()
        before = after


def _guid(name: str, changed: int, key: str, **more) -> Entry:
    return Entry(key, name, changed, 1, **more)


@pytest.mark.parametrize(
    ("receiver", "expected"),
    [
        (Receiver(), [("R", "OU=b,DC=x"), ("R", "CN=a,OU=b,DC=x"), ("M", "OU=b,DC=x")]),
        (LDIF, [("R", "OU=b,DC=x"), ("M", "OU=b,DC=x")]),
        (
            Receiver(renames=False),
            [("D", "CN=a,OU=a,DC=x"), ("D", "OU=a,DC=x"), ("A", "OU=b,DC=x"), ("A", "CN=a,OU=b,DC=x")],
        ),
    ],
)
def test_what_is_below_a_renamed_container_is_renamed_by_who_does_not_follow(receiver, expected):
    old = MemoryDump([_guid("CN=a,OU=a,DC=x", 3, "1"), _guid("OU=a,DC=x", 2, "2")], Facts("S", head=3, last_removed=0))
    new = MemoryDump([_guid("CN=a,OU=b,DC=x", 3, "1"), _guid("OU=b,DC=x", 4, "2")], Facts("S", head=4, last_removed=0))
    _, first = collected(old, State(), receiver=receiver)
    found, outcome = collected(new, first.state, receiver=receiver)
    assert [(kind, each.dn) for kind, each in found] == expected
    assert outcome.state.names == {"1": "CN=a,OU=b,DC=x", "2": "OU=b,DC=x"}


def test_a_state_without_names_says_that_renamed_objects_cannot_be_told():
    dump = MemoryDump([_guid("CN=a,DC=x", 9, "1")], Facts("S", head=9, last_removed=0))
    found, outcome = collected(dump, State("S", exported=5), receiver=LDIF)
    assert [kind for kind, _ in found] == ["M"]
    assert any("has no names" in each for each in outcome.notes)


def test_a_tombstone_that_is_removed_is_no_alarm_and_a_live_object_that_is_gone_is():
    facts = Facts("S", head=9)
    first = MemoryDump(
        [_guid("CN=a,DC=x", 3, "1"), _guid("CN=b", 9, "2", deleted=True), _guid("CN=c,DC=x", 4, "3")], facts
    )
    _, outcome = collected(first, State())
    collected_garbage = MemoryDump([_guid("CN=a,DC=x", 3, "1"), _guid("CN=c,DC=x", 4, "3")], facts)
    assert collected(collected_garbage, outcome.state)[1].alarms == ()
    vanished = collected(MemoryDump([_guid("CN=a,DC=x", 3, "1")], facts), outcome.state)[1]
    assert "CN=c,DC=x (3) was exported and is gone without a tombstone" in vanished.alarms[0]
    again = collected(MemoryDump([_guid("CN=a,DC=x", 3, "1")], facts), vanished.state)[1]
    assert again.alarms  # the receiver still has it
