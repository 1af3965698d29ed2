"""The order in which a receiver can apply changes, and the names under which it knows the objects then.

A receiver refuses what it cannot do: an addition under a name that is there or below a parent that is not, a deletion
of what has children, a change of an object under a name that it does not have yet or has no more, a member that does
not exist. So deletions come before what takes their names, parents before children, members before groups; an object
that was renamed or moved is so at the receiver; and what goes round in a circle takes a second step: names that are
swapped by way of a third one, members that come later by a change of their group (docs/facts/directories.md#order).
"""

from __future__ import annotations

import heapq
import pickle
import tempfile
import weakref
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol, overload

from glbtools.formats.ldif_dump import split_name
from glbtools.model.directory import ADDED, DELETED, LINKED, MODIFIED, RENAMED, Entry, Values

_IN_MEMORY = 1 << 22
_GROUPS = frozenset({"group", "groupofnames", "groupofuniquenames", "dl", "distribution-list"})
_TEMPORARY = " glbtools"


class Receiver(NamedTuple):
    """What a receiver of changes can do.

    Attributes:
        renames: it knows a renaming; else an object is deleted and written anew.
        follows: what is below a container follows it when it is renamed.
        strict: a change must fit what is there: a member must exist, and what is added must not.
    """

    renames: bool = True
    follows: bool = False
    strict: bool = False


class Store(Protocol):
    """What holds objects."""

    def get(self, place: int) -> Entry:
        """Return an object."""


class Spool:
    """Objects put by, in the order of putting, out of memory where they are many."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self._end = 0

    def put(self, entry: Entry) -> int:
        """Keep an object; return where."""
        data = pickle.dumps(tuple(entry), protocol=5)
        place = self._end
        self._file.seek(place)
        self._file.write(len(data).to_bytes(4, "big") + data)
        self._end += len(data) + 4
        return place

    def get(self, place: int) -> Entry:
        """Return an object."""
        self._file.seek(place)
        size = int.from_bytes(self._file.read(4), "big")
        return Entry(*pickle.loads(self._file.read(size)))  # noqa: S301

    def close(self) -> None:
        """Give its place back."""
        self._file.close()

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SpooledChanges(Sequence[tuple[str, Entry]]):
    """Changes, each with its object, which is read from a spool when it is asked for.

    Attributes:
        kinds: by the key of its object the kind of each, A, M or D.
        spool: holds the objects.
        places: where in it each is.
        groups: keys of those that hold members.
    """

    def __init__(
        self, kinds: Mapping[str, str], spool: Spool, places: Iterable[int], groups: Collection[str] = ()
    ) -> None:
        self.kinds, self.spool, self.places, self.groups = kinds, spool, array("Q", places), groups
        weakref.finalize(self, self.spool.close)

    def __len__(self) -> int:
        return len(self.kinds)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, at: int) -> tuple[str, Entry]: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[tuple[str, Entry], ...]: ...
    def __getitem__(self, at: int | slice) -> tuple[str, Entry] | tuple[tuple[str, Entry], ...]:
        if isinstance(at, slice):
            return tuple(self[each] for each in range(*at.indices(len(self))))
        entry = self.get(range(len(self))[at])
        return self.kinds[entry.key], entry

    def get(self, place: int) -> Entry:
        """Return the object of a change, by its number."""
        return self.spool.get(self.places[place])


class PlannedChange(NamedTuple):
    """A change that is to be applied.

    Attributes:
        kind: A, M or D; R where the object has not changed itself and is called otherwise.
        key: of the object.
        dn: its name when all is done; of a deletion the name by which the receiver knows it.
        place: of the object where it is stored; of changes that nothing else tells apart the lower one comes first.
        is_group: it holds members.
    """

    kind: str
    key: str
    dn: str
    place: int
    is_group: bool = False


def parent_of(dn: str) -> tuple[str, str]:
    """Return relative name and parent of a name: of ``CN=a,OU=b``, and of ``/o=X/cn=a`` as Exchange writes it."""
    if dn.startswith("/"):
        parent, _, own = dn.rpartition("/")
        return own, parent
    return split_name(dn)


def joined(own: str, parent: str) -> str:
    """Return ``parent_of`` undone."""
    if own.startswith("/") or parent.startswith("/"):
        return f"{parent}/{own}"
    return f"{own},{parent}" if parent else own


def is_group(entry: Entry) -> bool:
    """Whether an object holds members, by its class."""
    return any(
        name.lower() in {"objectclass", "obj-class"} and not _GROUPS.isdisjoint(map(str.lower, held))
        for name, held in entry.values
    )


def is_renamed(key: str, was: str | None, now: str) -> bool:
    """Whether an object is called otherwise; what is known by its name alone never is."""
    return was is not None and was != now and key != now.lower()


class _Tree:
    """What is at the receiver, by the parents' identity: a container that moves takes along what is below it.

    Attributes:
        above: by the key of an object what it is below: a key, or ``=`` and a name where there is no object.
        holders: by what they are below and their relative name, folded, the keys of objects.
        children: how many are below something.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self.above: dict[str, str] = {}
        self.holders: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.children: defaultdict[str, int] = defaultdict(int)
        self._names = names
        self._called: dict[str, str] = {}
        texts = {parent_of(dn)[1] for dn in names.values()}
        keys = among(names, {each.lower() for each in texts})
        known = {each: keys.get(each.lower()) or f"={each}" for each in texts}
        for key, dn in names.items():
            own, parent = parent_of(dn)
            self._put(key, own, known[parent])

    def put(self, key: str, dn: str, parent: str) -> None:
        """Put an object below something, under the relative name that a name begins with."""
        self._called[key] = dn
        self._put(key, parent_of(dn)[0], parent)

    def _put(self, key: str, own: str, parent: str) -> None:
        self.above[key] = parent
        self.holders[_folded(parent)][own.lower()] = key
        self.children[_folded(parent)] += 1

    def take(self, key: str) -> None:
        own, parent = self.own(key), self.above.pop(key)
        held = self.holders[_folded(parent)]
        if held.get(own.lower()) == key:
            del held[own.lower()]
        self.children[_folded(parent)] -= 1

    def holder(self, own: str, parent: str) -> str | None:
        """Return what has a relative name below something."""
        return self.holders[_folded(parent)].get(own.lower())

    def own(self, key: str) -> str:
        """Return the relative name of an object."""
        return parent_of(self._called.get(key) or self._names[key])[0]

    def temporary(self, key: str) -> str:
        """Return a name that begins with a relative name that an object can have for a while."""
        is_of_exchange = (self._called.get(key) or self._names[key]).startswith("/")
        return f"{'/' if is_of_exchange else ''}{self.own(key)}{_TEMPORARY}"

    def dn(self, key: str) -> str:
        parts: list[str] = []
        while key in self.above and len(parts) < 1000:
            parts.append(self.own(key))
            key = self.above[key]
        result = key[1:] if key.startswith("=") else ""
        for own in reversed(parts):
            result = joined(own, result)
        return result

    def is_below(self, key: str, above: str) -> bool:
        """Whether something is what is ``above`` itself or below it."""
        for _ in range(1000):
            if key == above:
                return True
            if key not in self.above:
                return False
            key = self.above[key]
        return True


def among(names: Mapping[str, str], wanted: Collection[str]) -> dict[str, str]:
    """Return by their names, in lower case, the keys of those objects that are called as wanted."""
    return {folded: key for key, dn in names.items() if (folded := dn.lower()) in wanted}


def _folded(parent: str) -> str:
    return parent.lower() if parent.startswith("=") else parent


def arranged(
    planned: Iterable[PlannedChange],
    spool: Store,
    names: Mapping[str, str],
    final: Mapping[str, str],
    receiver: Receiver,
) -> Iterator[tuple[str, Entry]]:
    """Yield changes in an order in which a receiver can apply them.

    Args:
        planned: the changes, one for each object.
        spool: holds the objects.
        names: the names of what the receiver has, by key; empty where that is not known.
        final: by key the names of all that are live, when all is done.
        receiver: what it can do.
    """
    changes = list(planned)
    if all(each.kind == MODIFIED and not is_renamed(each.key, names.get(each.key), each.dn) for each in changes):
        yield from _modified(changes, spool)
    elif receiver.renames:
        yield from _Work(changes, spool, names, final, receiver).steps()
    else:
        yield from _written_anew(changes, spool, names)


def _modified(changes: Iterable[PlannedChange], spool: Store) -> Iterator[tuple[str, Entry]]:
    """Yield modifications: groups at the end, as their members may have to be there."""
    for each in sorted(changes, key=lambda one: (one.is_group, one.place)):
        yield MODIFIED, spool.get(each.place)


def _written_anew(
    changes: Sequence[PlannedChange], spool: Store, names: Mapping[str, str]
) -> Iterator[tuple[str, Entry]]:
    """Yield changes for a receiver that knows no renaming: a deletion under the old name, and an addition."""
    renamed = {each.key for each in changes if is_renamed(each.key, names.get(each.key), each.dn)}
    gone = [(each.dn, each) for each in changes if each.kind == DELETED]
    gone += [(names[each.key], each) for each in changes if each.key in renamed and each.kind != DELETED]
    for was, each in sorted(gone, key=lambda one: (-_depth(one[0]), one[0].lower())):
        yield DELETED, spool.get(each.place)._replace(dn=was)
    for each in sorted(changes, key=lambda one: (_depth(one.dn), one.is_group, one.place)):
        if each.kind != DELETED:
            yield ADDED if each.key in renamed else each.kind, spool.get(each.place)


def _depth(dn: str) -> int:
    return dn.count("/") if dn.startswith("/") else dn.count(",")


class _Work:
    """The changes that are still to be done, and what each waits for."""

    def __init__(
        self,
        changes: Iterable[PlannedChange],
        spool: Store,
        names: Mapping[str, str],
        final: Mapping[str, str],
        receiver: Receiver,
    ) -> None:
        self.spool, self.names, self.final, self.receiver = spool, names, final, receiver
        self.called: dict[str, str] = {}
        self.waiting: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        self.later = [each for each in changes if each.kind == MODIFIED]
        self.linked: list[tuple[str, Entry]] = []
        self.changes = [each for each in changes if each.kind == DELETED]
        self.changes.sort(key=lambda each: (-_depth(each.dn), each.dn.lower(), each.place))
        there = [
            each
            for each in changes
            if each.kind == ADDED or (each.kind != DELETED and is_renamed(each.key, names.get(each.key), each.dn))
        ]
        there.sort(key=lambda each: (each.kind == ADDED, _depth(each.dn), each.is_group, each.place))
        self.changes += there
        self.queue = list(range(len(self.changes)))  # in the order in which they are best done, which is a heap
        self.pending = {each.key for each in there}
        self.parents = among(final, {parent_of(each.dn)[1].lower() for each in there})
        self.tree = _Tree(names)

    def steps(self) -> Iterator[tuple[str, Entry]]:
        """Yield everything."""
        while self.queue or self.waiting:
            if not self.queue:
                yield from self._out_of_turn()
                continue
            at = heapq.heappop(self.queue)
            blocked = self._blocked(self.changes[at])
            if blocked is not None:
                self.waiting[blocked].append(at)
                continue
            yield from self._done(self.changes[at])
        yield from _modified(self.later, self.spool)
        yield from self.linked

    def _target(self, each: PlannedChange) -> tuple[str, str]:
        """Return relative name and parent that an object is to have."""
        own, parent = parent_of(each.dn)
        key = self.parents.get(parent.lower())
        if key is not None and (key in self.tree.above or key in self.pending):
            return own, key
        return own, f"={parent}"

    def _blocked(self, each: PlannedChange) -> tuple[str, ...] | None:
        """Return what a change waits for; None when it can be applied."""
        if each.kind == DELETED:
            return ("empty", each.key) if self.tree.children[each.key] > 0 else None
        own, parent = self._target(each)
        if not parent.startswith("=") and parent not in self.tree.above:
            return ("there", parent)
        holder = self.tree.holder(own, parent)
        if holder is not None and holder != each.key:
            return ("free", _folded(parent), own.lower())
        if each.kind != ADDED and self.tree.is_below(parent, each.key):
            return ("there", parent)
        return None

    def _done(self, each: PlannedChange) -> Iterator[tuple[str, Entry]]:
        known = each.key in self.tree.above
        if each.kind == DELETED or (each.kind == ADDED and known and self.receiver.strict):
            yield DELETED, self.spool.get(each.place)._replace(dn=self._called(each.key) if known else each.dn)
            if known:
                self._removed(each.key)
        if each.kind == DELETED:
            return
        _, parent = self._target(each)
        self.pending.discard(each.key)
        if each.kind == ADDED:
            if each.key not in self.tree.above:
                self.tree.put(each.key, each.dn, parent)
            entry = self.spool.get(each.place)
            yield ADDED, self._with_members(entry)._replace(dn=self.tree.dn(each.key))
        else:
            yield from self._moved(each, parent)
        self._wake(("there", each.key))

    def _wake(self, blocked: tuple[str, ...]) -> None:
        """Try again what has waited for something."""
        for at in self.waiting.pop(blocked, ()):
            heapq.heappush(self.queue, at)

    def _called(self, key: str) -> str:
        """Return the name under which the receiver has an object now."""
        return self.tree.dn(key) if self.receiver.follows else self.called.get(key, self.names.get(key, ""))

    def _moved(self, each: PlannedChange, parent: str) -> Iterator[tuple[str, Entry]]:
        was = self._called(each.key)
        self._removed(each.key)
        self.tree.put(each.key, each.dn, parent)
        now = self.tree.dn(each.key)
        if not self.receiver.follows:
            self.called[each.key] = each.dn if each.dn == now else now
        if was != now:
            yield RENAMED, self.spool.get(each.place)._replace(dn=now, former=was)

    def _removed(self, key: str) -> None:
        own, parent = self.tree.own(key), self.tree.above[key]
        self.tree.take(key)
        self._wake(("free", _folded(parent), own.lower()))
        if not self.tree.children[_folded(parent)]:
            self._wake(("empty", parent))

    def _out_of_turn(self) -> Iterator[tuple[str, Entry]]:
        """Open a circle by giving one object a name of its own for a while; without one apply what is left."""
        order = sorted(
            (at for held in self.waiting.values() for at in held), key=lambda at: self.changes[at].dn.lower()
        )
        left = [self.changes[at] for at in order]
        moving = {each.key: each.place for each in left if each.kind not in (ADDED, DELETED)}
        self.waiting.clear()
        for each in left:
            holder = None if each.kind == DELETED else self.tree.holder(*self._target(each))
            if holder is None or holder == each.key or holder not in moving:
                continue
            if self.tree.own(holder).endswith(_TEMPORARY):
                continue
            aside = PlannedChange(RENAMED, holder, self.tree.temporary(holder), moving[holder])
            yield from self._moved(aside, self.tree.above[holder])
            self.queue = sorted([*self.queue, *order])
            return
        for each in left:
            yield from self._done(each)

    def _with_members(self, entry: Entry) -> Entry:
        """Return an object without the members that are still to come; they are added to it at the end."""
        if not self.receiver.strict:
            return entry
        late: list[tuple[str, Values]] = []
        early: list[tuple[str, Values]] = []
        for name, held in entry.values:
            coming = tuple(each for each in held if "=" in each and self._is_to_come(each.lower()))
            late += [(name, coming)] if coming else []
            kept = tuple(each for each in held if each not in coming) if coming else held
            early += [(name, kept)] if kept else []
        if not late:
            return entry
        self.linked.append((LINKED, entry._replace(values=tuple(late))))
        return entry._replace(values=tuple(early))

    def _is_to_come(self, dn: str) -> bool:
        """Whether a name will be that of an object, and is not yet."""
        key = self._keys.get(dn)
        if key is None:
            return False
        return self.tree.dn(key).lower() != dn if key in self.tree.above else key in self.pending

    @cached_property
    def _keys(self) -> dict[str, str]:
        """What everything will be called, in lower case; asked only where objects name others."""
        return {dn.lower(): key for key, dn in self.final.items()}
