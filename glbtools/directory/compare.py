"""Two dumps of a directory: whose numbers they are, what went back, and what is different."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from glbtools.brief import brief
from glbtools.directory.attributes import content, told_as
from glbtools.directory.export import Source
from glbtools.directory.order import PlannedChange, Receiver, Spool, SpooledChanges, arranged, is_group
from glbtools.model.directory import ADDED, DELETED, MODIFIED, RENAMED, Comparison, Entry, Facts, compared, is_recreated


class Difference(NamedTuple):
    """What two dumps show.

    Attributes:
        comparison: the numbers.
        server: ``same``, ``other``, or ``unknown``: whether one server numbered both.
        overtaken: objects of the older dump that are gone without a tombstone although the numbers have not gone back:
            the server was put back and has passed its old number since, or the tombstones are gone.
        reused: numbers that belong to one object in the older dump and to another in the newer.
        recreated: objects that were deleted and made anew under the same name.
        changes: A, M or D and the object, in the order of names.
        lives: invocation ids of the older and the newer dump, where known.
        names: by key the names of what is live in the older dump; ``final``: those of the newer.
        rewritten: how many objects have another number and nothing else that differs in what the dumps hold.
        unnumbered: how many differ though their number is the same: members that were renamed, as a rule.
        renamed: keys of the objects that are called otherwise, or are elsewhere, and hold what they held.
        emptied: by key the attributes that an object had and has no more, where any object of the newer dump has them.
        unasked: attributes that no object of the newer dump has, and some of the older: emptied everywhere, or not
            asked for, so that they are no difference that can be written.
        taken: when the older and the newer dump were taken, where they say so.
        numbered: the objects have numbers; else only identity and content are compared.
        older: how many objects of the newer dump have an older entryCSN than in the older dump.
        attested: both highest numbers are the servers' own words, not only the highest that an object bears: that one
            may have been deleted, and its tombstone removed.
    """

    comparison: Comparison
    server: str
    overtaken: tuple[ObjectNumbers, ...]
    reused: tuple[int, ...]
    recreated: tuple[ObjectNumbers, ...]
    changes: SpooledChanges
    lives: tuple[str | None, str | None] = (None, None)
    attested: bool = False
    names: Mapping[str, str] = {}
    final: Mapping[str, str] = {}
    rewritten: int = 0
    unnumbered: int = 0
    numbered: bool = True
    older: int = 0
    renamed: frozenset[str] = frozenset()
    emptied: Mapping[str, tuple[str, ...]] = {}
    unasked: tuple[str, ...] = ()
    taken: tuple[datetime | None, datetime | None] = (None, None)

    def __repr__(self) -> str:
        return brief("Difference", f"{self.state}, {self.counts}")

    def steps(self, receiver: Receiver) -> Iterator[tuple[str, Entry]]:
        """Yield what makes the older list into the newer, in an order in which a receiver can apply it."""
        planned = (
            PlannedChange(
                RENAMED if key in self.renamed else kind,
                key,
                (self.names if kind == DELETED else self.final)[key],
                place,
                kind != DELETED and key in self.changes.groups,
            )
            for place, (key, kind) in enumerate(self.changes.kinds.items())
        )
        for kind, entry in arranged(planned, self.changes, self.names, self.final, receiver):
            gone = self.emptied.get(entry.key, ()) if kind == MODIFIED else ()
            yield kind, entry._replace(values=(*entry.values, *((name, ()) for name in gone))) if gone else entry

    @property
    def state(self) -> str:
        """What the newer dump is to the older; what shows it: docs/facts/directories.md#two-dumps.

        FOREIGN, UNKNOWN, REVERSED, EPOCH_CHANGED, ROLLED_BACK, OVERTAKEN or IN_SYNC.
        Where nothing tells whether one server numbered both, their numbers say nothing of each other: UNKNOWN.
        """
        if self.server == "other":
            return "FOREIGN"
        if self.server == "unknown":
            return "UNKNOWN"
        if self.comparison.rolled_back or self.reused:
            first, second = self.taken
            if first is not None and second is not None and second < first:
                return "REVERSED"
            if self.is_renewed:
                return "EPOCH_CHANGED"
        if self.comparison.rolled_back:
            return "ROLLED_BACK"
        return "OVERTAKEN" if self.reused else "IN_SYNC"

    @property
    def is_renewed(self) -> bool:
        """Whether the server has begun a new life of its numbering, as one that is restored properly does."""
        was, now = self.lives
        return self.server == "same" and bool(was and now) and str(was).lower() != str(now).lower()

    @property
    def troubled(self) -> bool:
        """Whether they are of different servers, or the server went back in time."""
        return self.state not in {"IN_SYNC", "UNKNOWN"} or self.older > 0

    @property
    def counts(self) -> dict[str, int]:
        """How many objects were added (A), modified (M) and deleted (D)."""
        found = Counter(self.changes.kinds.values())
        return {kind: found[kind] for kind in (ADDED, MODIFIED, DELETED)}


def compare(old: Source, new: Source) -> Difference:
    """Return what two dumps say of each other.

    Each is read once for names, numbers and digests of the contents, the newer a second time for what differs, and the
    older for what is gone; that is put by, so that the memory needed is that of the keys.

    Args:
        old: the older dump.
        new: the newer one.
    """
    first = _Side(old.entries())
    second = _Side(new.entries(), first)
    before, after = first.entries, second.entries
    was, now = old.facts(), new.facts()
    numbers = _with_heads(compared(before, after), was, now)
    server = _server(was, now, numbers)
    head = numbers.old_head
    gone = [each for key, each in before.items() if key not in after and not each.deleted]
    reused = _reused(before, after) if server == "same" else ()
    recreated = [
        each
        for key, each in after.items()
        if key in before and not each.deleted and server == "same" and is_recreated(before[key], each, head)
    ]
    numbered = server == "same"
    by_number = numbered and not (first.has_content or second.has_content)
    kinds = dict(_changes(first, second, by_number=by_number))
    modified = {key for key, kind in kinds.items() if kind == MODIFIED}
    renamed = frozenset(() if by_number else modified & second.same)
    older = rewritten = unnumbered = 0
    for key, a, b in _live_in_both(before, after):
        older += a.csn is not None and b.csn is not None and b.csn < a.csn
        rewritten += numbered and a.changed != b.changed and key not in modified
        unnumbered += numbered and a.changed == b.changed and key in modified
    return Difference(
        numbers,
        server,
        overtaken=tuple(sorted(gone, key=_name)),
        reused=reused,
        recreated=tuple(sorted(recreated, key=_name)),
        changes=_whole(kinds, (new, second), (old, first)),
        lives=(was.epoch, now.epoch),
        attested=was.head is not None and now.head is not None,
        names={key: each.dn for key, each in before.items() if not each.deleted},
        final={key: each.dn for key, each in after.items() if not each.deleted},
        numbered=bool(numbers.old_head or numbers.new_head),
        older=older,
        rewritten=rewritten,
        unnumbered=unnumbered,
        renamed=renamed,
        emptied=_emptied(modified - renamed, first, second),
        taken=(was.taken, now.taken),
        unasked=tuple(sorted(first.told - second.told)) if first.has_content else (),
    )


def _emptied(modified: Collection[str], first: _Side, second: _Side) -> dict[str, tuple[str, ...]]:
    """Return what modified objects had and have no more, of attributes that the newer dump has at all."""
    gone: dict[str, tuple[str, ...]] = {}
    for key in modified:
        names = (first.entries[key].told - second.entries[key].told) & second.told
        if names and not first.entries[key].dn.startswith("/"):  # Exchange writes columns, of which some may be empty
            gone[key] = tuple(sorted(names))
    return gone


def _told(entry: Entry) -> frozenset[str]:
    """Return the names of the attributes of an object that a receiver is told of."""
    return frozenset([folded for name, held in entry.values if held and (folded := told_as(name))])


def _live_in_both(
    before: Mapping[str, ObjectNumbers], after: Mapping[str, ObjectNumbers]
) -> Iterator[tuple[str, ObjectNumbers, ObjectNumbers]]:
    """Yield what is live in both dumps, by key."""
    for key, was in before.items():
        now = after.get(key)
        if now is not None and not was.deleted and not now.deleted:
            yield key, was, now


def _is_live(entry: ObjectNumbers | None) -> bool:
    return entry is not None and not entry.deleted


class ObjectNumbers(NamedTuple):
    """What is kept of an object: its name, when it was written, and whether it is a tombstone; see ``Entry``.

    Attributes:
        told: names of the attributes that it has and a receiver is told of; none of a tombstone.
        digest: of what it holds; of an object of the newer dump it is empty.
        key: by which the object is known in both dumps.
        dn: its name.
        changed: its USN-Changed.
        created: its USN-Created; None where the dump does not say.
        deleted: whether it is a tombstone.
        csn: its entryCSN, in dumps of OpenLDAP.
    """

    key: str
    dn: str
    changed: int
    created: int | None
    deleted: bool
    csn: str | None
    told: frozenset[str]
    digest: bytes = b""


class _Side:
    """A dump as keys: of each object names and numbers, and a digest of what it holds.

    Attributes:
        entries: objects by key; of two with one key the one changed last.
        same: of a second dump the keys of what holds what it did in the first.
        has_content: a live object has more than names.
        told: names of the attributes that a receiver is told of, of all live objects together.
    """

    def __init__(self, entries: Iterable[Entry], first: _Side | None = None) -> None:
        self.entries: dict[str, ObjectNumbers] = {}
        self.same: set[str] = set()
        self.has_content = False
        self.told: set[str] = set()
        kinds: dict[frozenset[str], frozenset[str]] = {}
        for each in entries:
            known = self.entries.get(each.key)
            if known is not None and known.changed > each.changed:
                continue
            held = content(each)
            self.has_content = self.has_content or (not each.deleted and not held.keys() <= _NAMES)
            there = first.entries.get(each.key) if first else None
            key = there.key if there else each.key
            dn = there.dn if there and there.dn == each.dn else each.dn
            digest = digest_of(held)
            told = _NOTHING if each.deleted else _told(each)
            self.entries[key] = ObjectNumbers(
                key,
                dn,
                each.changed,
                each.created,
                each.deleted,
                csn=each.csn,
                told=kinds.setdefault(told, told),
                digest=b"" if first else digest,
            )
            if there and there.digest == digest:
                self.same.add(key)
            else:
                self.same.discard(key)
        self.told.update(*kinds)


_NOTHING: frozenset[str] = frozenset()


def digest_of(held: Mapping[str, frozenset[str]]) -> bytes:
    """Return a digest of what an object holds."""
    text = repr(sorted((name, sorted(values)) for name, values in held.items()))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()


def _whole(kinds: Mapping[str, str], *sides: tuple[Source, _Side]) -> SpooledChanges:
    """Return the objects that differ, whole: from the first dump that has them, as they were changed last there."""
    spool = Spool()
    places: dict[str, int] = {}
    groups: set[str] = set()
    for number, (source, side) in enumerate(sides):
        for each in source.entries() if len(places) < len(kinds) else ():
            first = next(at for at, (_, one) in enumerate(sides) if each.key in one.entries)
            if each.key in kinds and first == number and side.entries[each.key].changed == each.changed:
                places[each.key] = spool.put(each)
                if is_group(each):
                    groups.add(each.key)
    return SpooledChanges(kinds, spool, (places[key] for key in kinds), groups)


_NAMES = frozenset({"cn", "common-name", "directory name", "dn", "name", "obj-class", "obj-dist-name", "objectclass"})
"""What a list of names and numbers has of each object."""


def _with_heads(numbers: Comparison, old: Facts, new: Facts) -> Comparison:
    """Return numbers whose highest are those the servers say of themselves, where that makes them comparable.

    The number of the last removed object was issued, though no object bears it any more.
    """
    if new.head is not None:
        numbers = numbers._replace(old_head=max(numbers.old_head, old.head or 0))
    removed = new.last_removed if new.server else None  # else it may be that of another server's object
    return numbers._replace(new_head=max(numbers.new_head, new.head or 0, removed or 0))


def _server(old: Facts, new: Facts, numbers: Comparison) -> str:
    if old.server and new.server:
        return "same" if old.server.upper() == new.server.upper() else "other"
    if old.epoch and new.epoch:
        return "same" if old.epoch.lower() == new.epoch.lower() else "other"
    if not numbers.same and not numbers.moved:
        return "unknown"
    return "other" if numbers.foreign else "same"


def _reused(before: Mapping[str, ObjectNumbers], after: Mapping[str, ObjectNumbers]) -> tuple[int, ...]:
    """Return numbers with two meanings: the server gave them twice (docs/facts/directories.md#edge-cases, 16)."""
    meant = {each.changed: key for key, each in before.items()}
    return tuple(sorted(each.changed for key, each in after.items() if meant.get(each.changed or -1, key) != key))


def _changes(before: _Side, after: _Side, *, by_number: bool) -> Iterator[tuple[str, str]]:
    """Yield what makes the older list into the newer: deletions that no tombstone shows among it (Q183739).

    ``by_number``: the dumps hold names and numbers alone, of one server, so that another number is all that shows a
    write. Else the content counts, and the name (docs/facts/directories.md#two-dumps).
    """
    for key in sorted(before.entries.keys() | after.entries.keys()):
        was, now = before.entries.get(key), after.entries.get(key)
        if not _is_live(now):
            if _is_live(was):
                yield key, DELETED
        elif not _is_live(was):
            yield key, ADDED
        elif was is not None and now is not None:
            written = was.changed != now.changed if by_number else key not in after.same
            if written or was.dn.lower() != now.dn.lower():
                yield key, MODIFIED


def by_key(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Return objects by key; of two with one key the one changed last."""
    found: dict[str, Entry] = {}
    for each in entries:
        if each.key not in found or found[each.key].changed <= each.changed:
            found[each.key] = each
    return found


def _name(entry: ObjectNumbers) -> str:
    return entry.dn.lower()
