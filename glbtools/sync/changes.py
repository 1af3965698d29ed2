"""Changes, and the rule by which a collector takes them: pure.

A change is known by its change key: 16 bytes that name the store, and the life of it, that made the change, and 6 bytes
of counter. A predecessor change list (PCL) holds one such key for each store, the highest that went into an object: a
version vector (SDK:props1_9whl, docs/facts/directories.md#ics).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

LEN_STORE = 16
LEN_KEY = 22
_LEN_LISTED = LEN_KEY + 1
_PREFIX = bytes([LEN_KEY])

Versions = dict[bytes, int]
"""A predecessor change list taken apart: store -> counter."""


class Change(NamedTuple):
    """The last change of one object.

    Attributes:
        source_key: identity of the object, the same in every store (PR_SOURCE_KEY).
        key: its change key, 22 bytes.
        pcl: predecessor change list, this change included: keys in the order of their stores, each behind its length.
        deleted: the object is gone, and this is its tombstone.
        time: ISO 8601, UTC; decides conflicts where the newest wins.
        payload: what the object holds.
        parent: source key of the object it belongs under; empty for none.
        number: place in the log of the store that it was read from, not of the store that made it.
    """

    source_key: str
    key: bytes
    pcl: bytes
    deleted: bool = False
    time: str = ""
    payload: bytes = b""
    parent: str = ""
    number: int = 0


def change_key(store: bytes, counter: int) -> bytes:
    """Return a change key.

    Raises:
        ValueError: the store is not 16 bytes, or the counter does not fit 6.
    """
    if len(store) != LEN_STORE or not 0 <= counter < 1 << 48:
        raise ValueError("a change key is 16 bytes of store and a counter of 48 bits")
    return store + counter.to_bytes(6, "big")


def store_of(key: bytes) -> bytes:
    """Return the store that made a change."""
    return key[:LEN_STORE]


def counter_of(key: bytes) -> int:
    """Return which of its store's changes it is."""
    return int.from_bytes(key[LEN_STORE:], "big")


def versions(pcl: bytes) -> Versions:
    """Return a predecessor change list taken apart.

    Raises:
        ValueError: it is none.
    """
    if len(pcl) % _LEN_LISTED or any(pcl[at] != LEN_KEY for at in range(0, len(pcl), _LEN_LISTED)):
        raise ValueError("no predecessor change list: keys of 22 bytes, each behind its length")
    keys = [pcl[at + 1 : at + _LEN_LISTED] for at in range(0, len(pcl), _LEN_LISTED)]
    found = {store_of(key): counter_of(key) for key in keys}
    if len(found) != len(keys):
        raise ValueError("no predecessor change list: one store twice")
    return found


def predecessors(found: Mapping[bytes, int]) -> bytes:
    """Return ``versions`` undone."""
    return b"".join(_PREFIX + change_key(store, found[store]) for store in sorted(found))


def only(key: bytes) -> bytes:
    """Return the predecessor change list of a first change."""
    return _PREFIX + key


def merged(*lists: Mapping[bytes, int]) -> Versions:
    """Return what is in any of some lists."""
    result: Versions = {}
    for each in lists:
        for store, counter in each.items():
            result[store] = max(counter, result.get(store, 0))
    return result


def knows(found: Mapping[bytes, int], key: bytes) -> bool:
    """Whether a change went into what has this list."""
    return found.get(store_of(key), -1) >= counter_of(key)


def contained(inner: Mapping[bytes, int], outer: Mapping[bytes, int]) -> bool:
    """Whether everything in one list is in the other."""
    return all(counter <= outer.get(store, -1) for store, counter in inner.items())


CREATE, DISCARD, REPLACE, CONFLICT = "create", "discard", "replace", "conflict"
RESTORED = "replace what the source lost"

Lives = Mapping[bytes, int]
"""Earlier life of a source -> the last of its changes that the source still knows; later ones it lost in a restore."""


def judged(local: Change | None, incoming: Change, lives: Lives | None = None) -> str:
    """Return what a collector does with a change (ImportFolderChange, docs/facts/directories.md#ics).

    Absent: create. Change key already in the local list: discard, which is success. Local list contained in the
    incoming one: replace. Else conflict. What the source lost when it was restored, and had sent before, counts for
    nothing: it is replaced by what the source has, and reported.
    """
    if local is None:
        return CREATE
    if local.key == incoming.key:
        return DISCARD
    if lives and counter_of(local.key) > lives.get(store_of(local.key), 1 << 48):
        return RESTORED
    known = versions(local.pcl)
    if lives:
        known = {store: min(counter, lives.get(store, counter)) for store, counter in known.items()}
    if knows(known, incoming.key):
        return DISCARD
    if lives:  # A source knows what it did in its earlier lives, even of an object whose tombstone it has purged.
        known = {store: counter for store, counter in known.items() if store not in lives}
    return REPLACE if contained(known, versions(incoming.pcl)) else CONFLICT


def newest(local: Change, incoming: Change) -> Change:
    """Return which of two conflicting changes wins: the later, then the higher key, so that both ends agree."""
    return max(local, incoming, key=lambda each: (each.time, each.key))


def united(winner: Change, *others: Change) -> Change:
    """Return a change that follows others as well: their predecessors are in its list."""
    together = merged(versions(winner.pcl), *(versions(each.pcl) for each in others))
    return winner._replace(pcl=predecessors(together))


def fault(change: Change) -> str:
    """Return why a change cannot be taken: its list is none, or lacks its own key; empty when nothing is wrong."""
    if len(change.key) != LEN_KEY:
        return f"change key of {len(change.key)} bytes, not {LEN_KEY}"
    try:
        known = change.pcl == only(change.key) or knows(versions(change.pcl), change.key)
    except ValueError as error:
        return str(error)
    return "" if known else "its change key is not in its predecessor change list"


def first_fault(changes: Iterable[Change]) -> str:
    """Return the first fault among some changes, with the object that has it."""
    return next((f"{each.source_key}: {said}" for each in changes if (said := fault(each))), "")
