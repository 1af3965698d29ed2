"""The collector's rule as a table (docs/facts/directories.md#ics, ImportFolderChange)."""

from __future__ import annotations

import pytest

from glbtools.sync.changes import (
    CONFLICT,
    CREATE,
    DISCARD,
    REPLACE,
    RESTORED,
    Change,
    change_key,
    contained,
    fault,
    judged,
    knows,
    merged,
    newest,
    only,
    predecessors,
    united,
    versions,
)  # fmt: skip

A, B, C = b"A" * 16, b"B" * 16, b"C" * 16


def change(store: bytes, counter: int, before: dict[bytes, int] | None = None, **others: object) -> Change:
    key = change_key(store, counter)
    return Change("x", key, predecessors({**(before or {}), store: counter}), **others)  # type: ignore[arg-type]


TABLE = {
    "absent": (None, change(A, 1), {}, CREATE),
    "the same change": (change(A, 1), change(A, 1), {}, DISCARD),
    "older, of the same store": (change(A, 5), change(A, 3), {}, DISCARD),
    "newer, of the same store": (change(A, 3), change(A, 5), {}, REPLACE),
    "went into what is here": (change(B, 2, {A: 5}), change(A, 5), {}, DISCARD),
    "follows what is here": (change(B, 2), change(A, 5, {B: 2}), {}, REPLACE),
    "follows less than is here": (change(B, 3), change(A, 5, {B: 2}), {}, CONFLICT),
    "made apart": (change(B, 1), change(A, 1), {}, CONFLICT),
    "both follow a third": (change(B, 1, {C: 7}), change(A, 1, {C: 7}), {}, CONFLICT),
    "lost at the source": (change(A, 30), change(A, 20), {A: 20}, RESTORED),
    "still known at the source": (change(A, 20), change(A, 15), {A: 20}, DISCARD),
    "follows what was lost": (change(B, 1, {A: 30}), change(A, 20), {A: 20}, DISCARD),
    "apart from what follows what was lost": (change(B, 1, {A: 30}), change(C, 1, {A: 20}), {A: 20}, CONFLICT),
    "a new life": (change(B, 1, {A: 30}), change(C, 1, {A: 20, B: 1}), {A: 20}, REPLACE),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_rule(name: str) -> None:
    local, incoming, lives, expected = TABLE[name]
    assert judged(local, incoming, lives) == expected


@pytest.mark.parametrize("deleted", [False, True])
def test_a_deletion_is_a_change_like_others(deleted: bool) -> None:
    assert judged(change(A, 3), change(A, 5, deleted=deleted)) == REPLACE
    assert judged(change(A, 5, deleted=True), change(A, 3, deleted=deleted)) == DISCARD
    assert judged(change(B, 1, deleted=True), change(A, 3, deleted=deleted)) == CONFLICT


def test_both_ends_agree_which_is_newest() -> None:
    for one, other in [
        (change(A, 1, time="2026-01-01"), change(B, 1, time="2026-01-02")),
        (change(A, 1, time="2026-01-01"), change(B, 1, time="2026-01-01")),
    ]:
        assert newest(one, other) == newest(other, one) == other


def test_the_winner_follows_both() -> None:
    assert versions(united(change(A, 1), change(B, 4, {A: 0})).pcl) == {A: 1, B: 4}


def test_a_list_is_keys_each_behind_its_length() -> None:
    found = {A: 1, B: (1 << 48) - 1}
    stored = predecessors(found)
    assert (len(stored), stored[0], stored[23]) == (46, 22, 22)
    assert versions(stored) == found
    assert versions(b"") == {}
    assert only(change_key(A, 1)) == predecessors({A: 1})
    assert merged(found, {A: 3}) == {**found, A: 3}
    assert contained({}, found)
    assert contained({A: 0}, found)
    assert not contained({C: 0}, found)
    assert knows(found, change_key(A, 1))
    assert not knows(found, change_key(A, 2))


@pytest.mark.parametrize("stored", [b"\x16", b"\x15" + b"A" * 22, predecessors({A: 1}) * 2])
def test_what_is_no_list(stored: bytes) -> None:
    with pytest.raises(ValueError, match="no predecessor change list"):
        versions(stored)


def test_what_is_no_change_key() -> None:
    for store, counter in [(b"A", 1), (A, -1), (A, 1 << 48)]:
        with pytest.raises(ValueError, match="16 bytes"):
            change_key(store, counter)


def test_faults_of_a_change() -> None:
    good = change(A, 3, {B: 1})
    assert not fault(good)
    assert "22" in fault(good._replace(key=b"A"))
    assert "no predecessor" in fault(good._replace(pcl=b"x"))
    assert "not in" in fault(good._replace(pcl=predecessors({B: 1})))
