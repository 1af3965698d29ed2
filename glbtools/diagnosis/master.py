"""The server's MSTTRANS as evidence: what it holds, whether it is whole, and how far back it reaches.

Many questions about many postoffices need the same of it, so all of it is found once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise

from glbtools.binary.records import Record
from glbtools.diagnosis.finding import Evidence
from glbtools.evidence.postoffice import Postoffice, QueueEvidence
from glbtools.formats.transaction import parse
from glbtools.model.channel import Range, ranges_of, subtracted

SKEW = timedelta(days=1)
"""Distance of two moments from which files are taken to be of different days."""


class Master:
    """A MSTTRANS, with the number that SRVCONF says it must end at."""

    def __init__(self, server: Postoffice, held: QueueEvidence, head: int | None) -> None:
        self._server, self.held, self._head = server, held, head

    @cached_property
    def real(self) -> list[Record]:
        """The records that are changes."""
        return self.held.real

    @cached_property
    def first(self) -> int | None:
        """L: the lowest number in it."""
        return self.held.first

    @cached_property
    def last(self) -> int:
        """U: the highest number in it; 0 when empty."""
        return self.held.last

    @cached_property
    def highest(self) -> Record | None:
        """The record with the highest number."""
        return max(self.held.records, key=lambda each: each.sync, default=None)

    @property
    def end(self) -> Evidence:
        """Where its last number stands; the whole file where it is empty."""
        path, last = self.held.artefact.path, self.highest
        if last is None:
            size = self.held.artefact.size
            return Evidence(path, (0, size), None, "last sync", self.last)
        return Evidence(path, (last.start, last.stop), self.held.line(last), "last sync", self.last)

    @cached_property
    def lowest(self) -> Record | None:
        """The record with the lowest number."""
        return min(self.held.records, key=lambda each: each.sync, default=None)

    @cached_property
    def whole(self) -> bool:
        """Whether it holds every number from its first to the last that the server has issued."""
        if not self.held.records or self.last != self._head:
            return False
        return len(self.real) >= self.last - (self.first or 0) + 1

    @cached_property
    def rises(self) -> bool:
        """Whether its numbers rise from record to record."""
        return self.fallen is None

    @cached_property
    def fallen(self) -> Record | None:
        """The first record whose number is not above that of the one before."""
        return next((high for low, high in pairwise(self.held.records) if low.sync >= high.sync), None)

    @cached_property
    def complete(self) -> bool:
        """Whether it holds every number that the server has ever issued, from 1 on; an empty one where none was."""
        if self._head == 0:
            return not self.held.records
        return self.first == 1 and self.whole and self.rises

    @cached_property
    def since(self) -> datetime | None:
        """When its first record was made."""
        return self._server.moment(self.held, self.lowest) if self.lowest else None

    @cached_property
    def made_last(self) -> datetime | None:
        """When its last record was made."""
        return self._server.moment(self.held, self.highest) if self.highest else None

    @cached_property
    def gaps(self) -> tuple[Range, ...]:
        """The numbers that it skips, where it is sound; what is damaged may hold them."""
        found = self._server.read(self.held.artefact)
        if self.lowest is None or found is None or any(each.damage for each in found.faults):
            return ()
        return subtracted([(self.lowest.sync - 1, self.last)], ranges_of(each.sync for each in self.held.records))

    @cached_property
    def texts(self) -> frozenset[str]:
        """The texts of its changes."""
        return frozenset(each.text for each in self.real)

    @cached_property
    def by_origin(self) -> Mapping[str | None, list[Record]]:
        """Its changes by the postoffice whose list they change."""
        found: dict[str | None, list[Record]] = {}
        for each in self.real:
            found.setdefault(origin_of(each.text), []).append(each)
        return found

    @cached_property
    def taken_last(self) -> Mapping[str | None, datetime]:
        """When the last change of each postoffice was made that it holds, by name in upper case."""
        found = {}
        for name, records in self.by_origin.items():
            made = (self._server.moment(self.held, each) for each in records)
            if last := max(filter(None, made), default=None):
                found[name] = last
        return found

    @cached_property
    def _latest(self) -> dict[str, datetime | None]:
        latest: dict[str, datetime | None] = {}
        for each in self.real:
            when, known = self._server.moment(self.held, each), latest.get(each.text)
            latest[each.text] = max(filter(None, (when, known)), default=None)
        return latest

    def reaches_back(self, made: datetime | None, *, anew: bool = False) -> bool:
        """Whether it is whole, and begins before a moment; with 1 it begins before any, unless numbers began anew."""
        if not self.whole:
            return False
        return (self.first == 1 and not anew) or bool(self.since and made and made > self.since)

    def spans(self, made: datetime | None) -> bool:
        """Whether it holds all that was issued since more than a day before a moment, number by number."""
        return self.whole and self.rises and bool(self.since and made and made - self.since > SKEW)

    def lacks(self, text: str) -> bool:
        """Whether it holds no change of a text, of whatever day; of an R record that cannot be told."""
        return not is_start(text) and text not in self.texts

    def has(self, text: str, made: datetime | None) -> bool:
        """Whether it holds a text that can be that of a change made at a moment (ruling 14)."""
        return not is_start(text) and text in self._latest and not is_earlier(self._latest[text], made)

    def may_have_lost(self, text: str, made: datetime | None) -> bool:
        """Whether it has lost a part, and a change of its time may have been in that: it is not purged, nor held."""
        cut = self.last < (self._head or 0)
        if is_start(text) or self.has(text, made) or not (cut or self.gaps):
            return False
        return self.first in (None, 0, 1) or bool(self.since and made and made > self.since)


def is_earlier(held: datetime | None, made: datetime | None) -> bool:
    """Whether what is held is of before a change was made, and so another change with the same text (ruling 14)."""
    return held is not None and made is not None and held < made - SKEW


def is_start(text: str) -> bool:
    """Whether a transaction begins an Export: its text is the same in every one, and tells nothing of this one."""
    return text.startswith("R")


def origin_of(text: str) -> str | None:
    """Return the postoffice, in upper case, whose list a transaction changes."""
    typed = parse(text).transaction
    name = typed.postoffice_name if typed else None
    return name.upper() if name else None
