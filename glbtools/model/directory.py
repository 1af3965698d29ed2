"""A directory that numbers its changes (USN), and what its numbers mean: pure predicates, one for each question.

A directory server gives every write a number of its own, and an object keeps the number of its last one. What was
exported is remembered as one number L; everything numbered above it has changed since (docs/facts/directories.md#usn).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from glbtools.brief import brief

TOMBSTONE_LIFETIME = timedelta(days=30)
"""How long a deleted object is kept to tell of its deletion, unless set otherwise (Q239639)."""

AD_LIFETIME = timedelta(days=60)
"""The same in an Active Directory whose forest says nothing; 180 days are set in newer ones (MS-ADTS)."""

Values = tuple[str, ...]


class Entry(NamedTuple):
    """One object of a directory, or the tombstone of one.

    Attributes:
        key: what it is known by: objectGUID where there is one, else its distinguished name in lower case.
        dn: distinguished name as written.
        changed: USN-Changed; 0 where it has none, as in OpenLDAP.
        created: USN-Created; None where the dump does not have it.
        deleted: it is a tombstone.
        version: Object-Version.
        when: When-Changed, UTC.
        source: server (invocation id, or its name) that made the last change, where known.
        source_usn: its number there.
        values: attribute -> values, in the order of the dump.
        line: where it begins in the dump, counted from 1.
        former: of a renaming the name before it.
        csn: entryCSN of OpenLDAP: when and where it was written last; of two the one that sorts higher is later.
    """

    key: str
    dn: str
    changed: int
    created: int | None = None
    deleted: bool = False
    version: int | None = None
    when: datetime | None = None
    source: str | None = None
    source_usn: int | None = None
    values: tuple[tuple[str, Values], ...] = ()
    line: int = 0
    former: str | None = None
    csn: str | None = None

    def __repr__(self) -> str:
        return brief("Entry", f"{self.changed} {self.dn}")

    @property
    def has_identity(self) -> bool:
        """Whether it is known by more than its name."""
        return self.key != self.dn.lower()


class Facts(NamedTuple):
    """What is known of a dump as a whole; None stands for what is not known.

    Attributes:
        server: name of the server it was taken from.
        epoch: invocation id: which life of the server's numbering.
        head: highest number issued when the dump was begun.
        last_removed: the number of the last removed object: above it no tombstone is missing
            (docs/facts/directories.md#missed-deletions).
        scope: base point and container.
        deletions: whether a deletion can be seen: the dump has an Is-Deleted column.
        creations: whether a creation can be told from a modification: it has USN-Created.
        taken: when it was taken.
        columns: it is a table, whose columns are its attributes.
        numbered: its objects have numbers.
        identified: an object of it is known by more than its name.
        lifetime: how long it remembers a deletion, where it says so.
    """

    server: str | None = None
    epoch: str | None = None
    head: int | None = None
    last_removed: int | None = None
    scope: str = ""
    deletions: bool = True
    creations: bool = True
    taken: datetime | None = None
    columns: bool = True
    numbered: bool = True
    identified: bool = True
    lifetime: timedelta | None = None

    def __repr__(self) -> str:
        return brief("Facts", f"{self.server}, {self.head}")

    @property
    def remembers(self) -> timedelta:
        """How long a deletion is remembered: what is said, else the shortest that is usual for such a server."""
        return self.lifetime or (TOMBSTONE_LIFETIME if self.columns else AD_LIFETIME)

    @property
    def remembers_text(self) -> str:
        """The same for a message."""
        said = (
            "" if self.lifetime else " where nothing is set" if self.columns else " where tombstoneLifetime is not set"
        )
        return f"{self.remembers.days} days{said}"


ADDED, MODIFIED, DELETED, NOTHING = "A", "M", "D", ""
RENAMED, LINKED = "R", "L"
"""An object is called otherwise, or is elsewhere; values are added to an object, as what they name is there now."""


def is_selected(entry: Entry, exported: int, *, inclusive: bool = False) -> bool:
    """Whether an object has changed since number ``exported`` was; strictly above, unless a repeat is wanted.

    The structure's own page says both "greater" and "greater or equal"; a repeat is harmless and a skip is not.
    """
    return entry.changed >= exported if inclusive else entry.changed > exported


def kind(entry: Entry, exported: int, *, inclusive: bool = False) -> str:
    """Return what a change is to somebody who has everything up to ``exported``: A, M, D, or nothing.

    What was made and deleted in between needs no word (docs/facts/directories.md#usn). Without USN-Created a live
    object may be new, so that it is called added.
    """
    if not is_selected(entry, exported, inclusive=inclusive):
        return NOTHING
    new = entry.created is None or entry.created > exported
    if entry.deleted:
        return NOTHING if entry.created is not None and new else DELETED if exported else NOTHING
    return ADDED if new else MODIFIED


def changes(entries: Iterable[Entry], exported: int, *, inclusive: bool = False) -> Iterator[tuple[str, Entry]]:
    """Yield what has changed since ``exported``, with its kind."""
    for entry in entries:
        if what := kind(entry, exported, inclusive=inclusive):
            yield what, entry


def next_exported(highest: int, head: int | None, exported: int) -> int:
    """Return the number to remember after an export: the highest exported, but no more than was issued before it began.

    An object rewritten while the dump was read would else be skipped (docs/facts/directories.md#last-number).
    """
    found = highest if head is None else min(highest, head) if highest else head
    return max(found, exported)


def outlived(exported_at: datetime | None, now: datetime | None, lifetime: timedelta = TOMBSTONE_LIFETIME) -> bool:
    """Whether the last export is longer ago than tombstones live."""
    return exported_at is not None and now is not None and now - exported_at > lifetime


class Comparison(NamedTuple):
    """What two dumps say of each other (docs/facts/directories.md#two-dumps).

    Attributes:
        same: live objects in both with the same USN-Created.
        moved: live objects in both with another USN-Created: the numbers are another server's.
        fallen: objects whose USN-Changed is lower than it was.
        old_head: highest number seen in the older dump; ``new_head``: in the newer.
    """

    same: int
    moved: int
    fallen: int
    old_head: int
    new_head: int

    @property
    def foreign(self) -> bool:
        """Whether most common objects were numbered by another server."""
        return self.moved > self.same

    @property
    def rolled_back(self) -> bool:
        """Whether the same server is at an earlier number than it was."""
        return not self.foreign and (self.new_head < self.old_head or self.fallen > 0)


class NumberedObject(Protocol):
    """What is compared of an object: when it was written last and first, and whether it is a tombstone."""

    @property
    def changed(self) -> int:
        """USN-Changed."""

    @property
    def created(self) -> int | None:
        """USN-Created."""

    @property
    def deleted(self) -> bool:
        """It is a tombstone."""


def compared(old: Mapping[str, NumberedObject], new: Mapping[str, NumberedObject]) -> Comparison:
    """Return what two dumps, object by key, say of each other."""
    head = _head(old)
    same = unlike = anew = fallen = 0
    for key, was in old.items():
        now = new.get(key)
        if now is None:
            continue
        fallen += was.created == now.created and now.changed < was.changed
        if not (was.deleted or now.deleted or was.created is None or now.created is None):
            same += was.created == now.created
            unlike += was.created != now.created
            anew += is_recreated(was, now, head)
    # One object may be made anew under its name. That all of several were, and nothing else stayed, is no likely story.
    moved = unlike if not same and unlike > 1 else unlike - anew
    return Comparison(same, moved, fallen, head, _head(new))


def is_recreated(old: NumberedObject, new: NumberedObject, head: int) -> bool:
    """Whether an object of the same name was made anew on the same server: its first number is above the old head."""
    return new.created is not None and old.created != new.created and new.created > head


def _head(entries: Mapping[str, NumberedObject]) -> int:
    return max((each.changed for each in entries.values()), default=0)
