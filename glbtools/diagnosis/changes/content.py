"""The content of changes: in which queues it stands, whoever holds them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from glbtools.diagnosis.case import server_of
from glbtools.diagnosis.master import is_earlier, is_start, origin_of
from glbtools.evidence.network import Network
from glbtools.evidence.postoffice import Postoffice
from glbtools.model.change import Change

FETCHED = ("SRVTRANS", "USRTRANS", "NMETRANS", "GWTRANS")
"""Queues that hold what was fetched from the server and not yet put into the lists (Q96060)."""


def copies(postoffice: Postoffice, name: str, note: str = "") -> list[Change]:
    """Return the changes that a queue of a postoffice holds, in its order."""
    held = postoffice.queue(name)
    return postoffice.changes(held, note) if held is not None else []


class DeletedQueue(NamedTuple):
    """What may be a queue that was deleted or renamed, where it is missing (ruling 27).

    Attributes:
        last: its last number, a dummy's included; 0 where it is empty.
        changes: that it holds, in its order.
    """

    last: int
    changes: list[Change]


def deleted_copies(postoffice: Postoffice, name: str) -> list[DeletedQueue]:
    """Return what may be a queue that was deleted or renamed; none where the queue is there."""
    if not postoffice.absent(f"{name}.GLB"):
        return []
    gone, kept = postoffice.deleted(f"{name}.GLB"), postoffice.renamed(f"{name}.GLB")
    files = [(each, "in a deleted file") for each in gone] or [(each, "in a file of another name") for each in kept]
    held = [(queue, note) for each, note in files if (queue := postoffice.held(each)) is not None]
    return [DeletedQueue(queue.last, postoffice.changes(queue, note)) for queue, note in held]


class Reuse(NamedTuple):
    """A number of MSTTRANS that belonged to another change when an older copy was made."""

    then: Change
    now: Change


def reused(postoffice: Postoffice, earlier: Postoffice) -> list[Reuse]:
    """Return the numbers of MSTTRANS that are other changes than in an older copy: the server went back (Q113453)."""
    if earlier.queue("MSTTRANS") is None:
        return []
    now = {each.sync: each for each in copies(postoffice, "MSTTRANS")}
    then = copies(earlier, "MSTTRANS", _OLDER_MASTER)
    return [Reuse(each, now[each.sync]) for each in then if each.sync in now and now[each.sync].text != each.text]


_OLDER_MASTER = "in the older MSTTRANS"


class Content:
    """Where the content of changes stands outside the queue of their own postoffice."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.server = server_of(network)

    @cached_property
    def master(self) -> list[Change]:
        """The changes in MSTTRANS, by number."""
        postoffice = self.server.postoffice if self.server else self.network.server
        return sorted(copies(postoffice, "MSTTRANS"), key=lambda each: each.sync) if postoffice else []

    @cached_property
    def master_numbers(self) -> list[int]:
        """Their numbers."""
        return [each.sync for each in self.master]

    @cached_property
    def master_texts(self) -> dict[str, Change]:
        """The first change with each text."""
        return {each.text: each for each in reversed(self.master)}

    @cached_property
    def earlier_master(self) -> list[Change]:
        """The changes in older copies of MSTTRANS, by number."""
        postoffice = self.network.server
        return by_number(
            each
            for earlier in (self.network.earlier(postoffice) if postoffice else ())
            for each in copies(earlier, "MSTTRANS", _OLDER_MASTER)
        )

    @cached_property
    def fetched(self) -> list[tuple[str, str, Change]]:
        """What postoffices fetched and did not import: postoffice, queue, change."""
        found = []
        for postoffice in self.network.postoffices:
            for name in FETCHED:
                found += [(postoffice.path, name, each) for each in copies(postoffice, name)]
            if postoffice is not self.network.server:
                postoffice.release()
        return found

    @cached_property
    def fetched_texts(self) -> dict[str, list[tuple[str, Change]]]:
        """The same by text: postoffices and changes."""
        found: dict[str, list[tuple[str, Change]]] = {}
        for path, _, copy in self.fetched:
            found.setdefault(copy.text, []).append((path, copy))
        return found

    def sent(self, low: int, high: int) -> list[Change]:
        """Return what MSTTRANS holds in (low, high]."""
        numbered = self.master_numbers
        return self.master[bisect_right(numbered, low) : bisect_right(numbered, high)]

    @cached_property
    def elsewhere(self) -> list[Change]:
        """The server's changes that stand in what others fetched or in an older MSTTRANS, by number."""
        fetched = (copy for _, name, copy in self.fetched if name == "SRVTRANS")
        return by_number((*fetched, *self.earlier_master))

    @cached_property
    def forgotten(self) -> dict[str, list[Change]]:
        """By postoffice the changes that the server once issued and does not hold any more, by server number.

        Numbers below the first of MSTTRANS were purged, not lost.
        """
        server = self.server
        floor = None if server is None else server.first - 1 if server.first else server.head
        found: dict[str, list[Change]] = {}
        for each in self.elsewhere if floor is not None else ():
            origin = origin_of(each.text)
            if origin and each.sync > (floor or 0) and each.text not in self.master_texts:
                found.setdefault(origin, []).append(each)
        return found

    @cached_property
    def reused(self) -> list[Reuse]:
        """The numbers that the server has issued twice, by number."""
        postoffice = self.network.server
        if postoffice is None:
            return []
        every = [each for copy in self.network.earlier(postoffice) for each in reused(postoffice, copy)]
        found = {(each.then.sync, each.then.text): each for each in every}
        return [found[key] for key in sorted(found)]

    @cached_property
    def replaced(self) -> list[Change]:
        """The changes that stood under such a number and that the server does not hold any more."""
        return [each.then for each in self.reused if each.then.text not in self.master_texts]

    def taken(self, text: str, made: datetime | None) -> Change | None:
        """Return where MSTTRANS has a text that can be that of a change made at a moment (ruling 14)."""
        if is_start(text):
            return None
        held = self.latest_texts.get(text)
        return None if held is not None and is_earlier(held.stamp, made) else held

    @cached_property
    def latest_texts(self) -> dict[str, Change]:
        """The last change with each text."""
        return {each.text: each for each in self.master}

    def arrived(self, text: str, made: datetime | None, path: str) -> Change | None:
        """Return where a text stands that shows it reached the server (ruling 14)."""
        if is_start(text):
            return None
        if (held := self.taken(text, made)) is not None:
            return held
        return next((copy for holder, copy in self.fetched_texts.get(text, ()) if holder != path), None)


def by_number(found: Iterable[Change]) -> list[Change]:
    """Return copies by number, each content once."""
    once: dict[tuple[int, str], Change] = {}
    for each in found:
        once.setdefault((each.sync, each.text), each)
    return [once[key] for key in sorted(once)]
