"""Two dumps of a directory: whose numbers they are, what went back, and what is different."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from glbtools.directory.attributes import content, told_as
from glbtools.directory.export import Source
from glbtools.directory.order import PlannedChange, Receiver, Spool, arranged, is_group
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
        names: by key the names of what is live in the older dump; ``final`` those of the newer.
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
    overtaken: tuple[Entry, ...]
    reused: tuple[int, ...]
    recreated: tuple[Entry, ...]
    changes: tuple[tuple[str, Entry], ...]
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

    def steps(self, receiver: Receiver) -> Iterator[tuple[str, Entry]]:
        """Yield what makes the older list into the newer, in an order in which a receiver can apply it."""
        with Spool() as spool:
            planned = {
                entry.key: PlannedChange(
                    RENAMED if entry.key in self.renamed else kind,
                    entry.key,
                    self.names.get(entry.key, entry.dn) if kind == DELETED else entry.dn,
                    spool.put(entry),
                    kind != DELETED and is_group(entry),
                )
                for kind, entry in self.changes
            }
            for kind, entry in arranged(planned, spool, self.names, self.final, receiver):
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
        return {kind: sum(each == kind for each, _ in self.changes) for kind in (ADDED, MODIFIED, DELETED)}


def compare(old: Source, new: Source) -> Difference:
    """Return what two dumps say of each other.

    Each is read once for names, numbers and digests of the contents, the newer a second time for what differs, and the
    older for what deleted objects were and modified ones have no more: the memory needed is that of the keys, and of
    the difference.
    """
    first = _Side(old.entries(), {})
    second = _Side(new.entries(), first.entries)
    before, after = first.entries, second.entries
    was, now = old.facts(), new.facts()
    numbers = _with_heads(compared(before, after), was, now)
    server = _server(was, now, numbers)
    head = numbers.old_head
    gone = [before[key] for key in before.keys() - after.keys() if not before[key].deleted]
    reused = _reused(before, after) if server == "same" else ()
    recreated = [
        after[key]
        for key in before.keys() & after.keys()
        if not after[key].deleted and server == "same" and is_recreated(before[key], after[key], head)
    ]
    numbered = server == "same"
    by_number = numbered and not (first.has_content or second.has_content)
    kinds = dict(_changes(first, second, by_number=by_number))
    found = _full(kinds, old, new)
    pairs = [(each, after[key]) for key, each in before.items() if not each.deleted and _is_live(after.get(key))]
    modified = {key for key, kind in kinds.items() if kind == MODIFIED}
    renamed = frozenset(() if by_number else (key for key in modified if first.digests[key] == second.digests[key]))
    emptied = _emptied(modified - renamed, found, old, second.told)
    return Difference(
        numbers,
        server,
        overtaken=tuple(sorted(gone, key=_name)),
        reused=reused,
        recreated=tuple(sorted(recreated, key=_name)),
        changes=tuple((kind, found[key]) for key, kind in kinds.items()),
        lives=(was.epoch, now.epoch),
        attested=was.head is not None and now.head is not None,
        names={key: each.dn for key, each in before.items() if not each.deleted},
        final={key: each.dn for key, each in after.items() if not each.deleted},
        numbered=bool(numbers.old_head or numbers.new_head),
        older=sum(a.csn is not None and b.csn is not None and b.csn < a.csn for a, b in pairs),
        rewritten=sum(numbered and a.changed != b.changed and b.key not in modified for a, b in pairs),
        unnumbered=sum(numbered and a.changed == b.changed and b.key in modified for a, b in pairs),
        renamed=renamed,
        emptied=emptied,
        taken=(was.taken, now.taken),
        unasked=tuple(sorted(first.told - second.told)) if first.has_content else (),
    )


def _emptied(
    modified: Collection[str], found: Mapping[str, Entry], old: Source, told: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Return what modified objects had and have no more, of attributes that the newer dump has at all."""
    gone: dict[str, tuple[str, ...]] = {}
    for was in old.entries() if modified else ():
        if was.key in modified and not was.dn.startswith("/"):  # Exchange writes columns, of which some may be empty
            names = _told(was) - _told(found[was.key])
            gone[was.key] = tuple(sorted(names.intersection(told)))
    return gone


def _told(entry: Entry) -> set[str]:
    """Return the names of the attributes of an object that a receiver is told of."""
    return {folded for name, held in entry.values if held and (folded := told_as(name))}


def _is_live(entry: Entry | None) -> bool:
    return entry is not None and not entry.deleted


class _Side:
    """A dump as keys: of each object names and numbers, and a digest of what it holds.

    Attributes:
        entries: objects without their attributes; of two with one key the one changed last.
        digests: of what each holds.
        has_content: a live object has more than names.
        told: names of the attributes of live objects that a receiver is told of.
    """

    def __init__(self, entries: Iterable[Entry], other: Mapping[str, Entry]) -> None:
        self.entries: dict[str, Entry] = {}
        self.digests: dict[str, bytes] = {}
        self.has_content = False
        self.told: set[str] = set()
        for each in entries:
            known = self.entries.get(each.key)
            if known is not None and known.changed > each.changed:
                continue
            held = content(each)
            self.has_content = self.has_content or (not each.deleted and not held.keys() <= _NAMES)
            self.digests[each.key] = digest_of(held)
            if not each.deleted:
                self.told |= _told(each)
            there = other.get(each.key)
            dn = there.dn if there is not None and there.dn == each.dn else each.dn
            key = there.key if there is not None else each.key
            self.entries[key] = each._replace(key=key, dn=dn, values=(), when=None)


def digest_of(held: Mapping[str, frozenset[str]]) -> bytes:
    """Return a digest of what an object holds."""
    text = repr(sorted((name, sorted(values)) for name, values in held.items()))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()


def _full(kinds: Mapping[str, str], old: Source, new: Source) -> dict[str, Entry]:
    """Return the objects that differ, whole; those of which the newer dump has not even a tombstone from the older."""
    found: dict[str, Entry] = {}
    for source in (new, old) if kinds else ():
        wanted = kinds.keys() - found.keys()
        if wanted:
            found |= by_key(each for each in source.entries() if each.key in wanted)
    return found


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


def _reused(before: dict[str, Entry], after: dict[str, Entry]) -> tuple[int, ...]:
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
            written = was.changed != now.changed if by_number else before.digests[key] != after.digests[key]
            if written or was.dn.lower() != now.dn.lower():
                yield key, MODIFIED


def by_key(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Return objects by key; of two with one key the one changed last."""
    found: dict[str, Entry] = {}
    for each in entries:
        if each.key not in found or found[each.key].changed <= each.changed:
            found[each.key] = each
    return found


def _name(entry: Entry) -> str:
    return entry.dn.lower()
