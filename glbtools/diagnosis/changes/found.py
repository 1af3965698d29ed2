"""What is found of changes that have not arrived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar

from glbtools.diagnosis.doubts import LIKELY_AT_MOST, at_most_likely
from glbtools.diagnosis.finding import Evidence
from glbtools.model.channel import Range

DIRECTIONS = ("upload", "download", "both")


WAYS = (
    "stranded",
    "rejected",
    "hole",
    "vanished",
    "partial",
    "unacknowledged",
    "pending",
    "refused",
    "purged",
    "gap",
    "leftover",
    "unregistered",
)
"""Why a change has not arrived.

Upload: never sent (stranded), refused as old (rejected), lost by the server after it was confirmed (hole), gone from
the queue (vanished), behind a record the server stops at (partial), sent and not known to have arrived
(unacknowledged), waiting (pending), refused until the server knows the postoffice (unregistered). Download: waiting
(pending), not yet taken in by T3 (unacknowledged), lost when the server went back (hole), refused because the numbers
are of another life (refused), purged from MSTTRANS before it was fetched (purged), skipped by MSTTRANS (gap), fetched
and not put into the lists (leftover)."""


class Change(NamedTuple):
    """One change that has not reached its target.

    Attributes:
        postoffice: NET/PO that numbered it; None where that has no known name.
        path: directory of that postoffice, or else of the one whose file holds the change.
        target: NET/PO it was to reach; None where that is not known.
        channel: ``upload`` or ``download``.
        sync: its number at the origin.
        stamp: when it was made, by the writer's clock.
        text: the transaction.
        why: one of ``WAYS``.
        certainty: certain, likely or possible.
        evidence: the place that holds it first, then what shows its state.
        note: what else is to be known, one or two sentences.
        settled_by: what would make it certain.
    """

    postoffice: str | None
    path: str
    target: str | None
    channel: str
    sync: int
    stamp: datetime | None
    text: str
    why: str
    certainty: str
    evidence: tuple[Evidence, ...]
    note: str = ""
    settled_by: tuple[str, ...] = ()


class Unfound(NamedTuple):
    """Numbers that have not arrived and whose content is in no file given; otherwise as ``Change``."""

    origin: str | None
    path: str
    target: str | None
    channel: str
    range: Range
    why: str
    certainty: str
    evidence: tuple[Evidence, ...] = ()
    note: str = ""
    settled_by: tuple[str, ...] = ()


class Unknown(NamedTuple):
    """A channel of which not everything can be told, and the files that would tell."""

    origin: str | None
    path: str
    target: str | None
    channel: str
    wanted: tuple[str, ...]


@dataclass
class Unsent:
    """What has not arrived; iterating yields the changes.

    Attributes:
        changes: with their content, sorted by origin, channel, target and number.
        ranges: numbers whose content is in no file given, in the same order.
        unknown: channels of which files are missing.
        unreadable: files that could not be read, with the reason.
    """

    changes: list[Change] = field(default_factory=list)
    ranges: list[Unfound] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def arrange(self) -> None:
        """Keep each change once, and put everything in its order."""
        self.changes = sorted(_once(map(_weighed, self.changes)), key=_change_order)
        self.ranges = [_weighed(each) for each in self.ranges]
        self.ranges.sort(
            key=lambda each: (*_place_order(each.origin, each.path, each.channel, each.target), each.range)
        )
        self.unknown.sort(key=lambda each: _place_order(each.origin, each.path, each.channel, each.target))


Found = TypeVar("Found", Change, Unfound)


def _weighed(found: Found) -> Found:
    """Return what another history of the files may explain as likely at most."""
    if found.why in LIKELY_AT_MOST:
        return found._replace(certainty=at_most_likely(found.certainty))
    return found


def _once(found: Iterable[Change]) -> list[Change]:
    once: dict[tuple[str, str, str, int, str], Change] = {}
    for each in found:
        origin, target = each.postoffice or each.path, each.target or ""
        once.setdefault((origin, each.channel, target, each.sync, each.text), each)
    return list(once.values())


def _change_order(each: Change) -> tuple[str, int, str, str, int, str]:
    return (*_place_order(each.postoffice, each.path, each.channel, each.target), each.sync, each.text)


def _place_order(origin: str | None, path: str, channel: str, target: str | None) -> tuple[str, int, str, str]:
    return origin or "", DIRECTIONS.index(channel), target or "", "" if origin else path
