"""What became of every change ever made, known to the simulation because it was there.

The files carry no mark of identity. A change is followed by what it is made of: where it was queued, stamp and text;
at the server, number and text. Diagnosis never reads any of this.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Fate:
    """One change, and what became of it.

    Attributes:
        id: counted from 1.
        origin: NET/PO that made it.
        made: when, by its clock; together with the text it tells the change from others.
        text: the transaction.
        number: that it was given at its origin; None when it could not be queued.
        cycle: in which it was made.
        export: the change that begins the Export it belongs to; None of a change of its own.
        issued: its number at the server; None until it has arrived.
        lost: the server had it and has it no more.
        reached: postoffices in whose lists it is.
        causes: target (the server: "") -> number of the fault that keeps it from there.
    """

    id: int
    origin: str
    made: datetime
    text: str
    number: int | None
    cycle: int
    export: int | None = None
    issued: int | None = None
    lost: bool = False
    reached: set[str] = field(default_factory=set)
    causes: dict[str, int] = field(default_factory=dict)

    @property
    def arrived(self) -> bool:
        """Whether the server has it."""
        return self.issued is not None and not self.lost


class Ledger:
    """All changes of a network, and how they are recognised."""

    def __init__(self) -> None:
        self.changes: list[Fate] = []
        self._queued: dict[tuple[str, datetime | None, str], Fate] = {}
        self._texts: dict[tuple[str, str], Fate] = {}
        self._issued: dict[tuple[int, str], Fate] = {}
        self.whole: dict[str, list[int]] = {}
        """SHA-256 of a queue that holds whole lists -> the changes that are in them."""
        self.applied: dict[str, list[int]] = {}
        """Postoffice -> changes in the order in which they came into its lists, from elsewhere; not kept on disk."""

    def add(self, change: Fate) -> None:
        """Note a change."""
        self.changes.append(change)
        self._queued[change.origin, change.made, change.text] = change
        self._texts[change.origin, change.text] = change
        if change.issued is not None:
            self._issued[change.issued, change.text] = change

    def queued(self, origin: str, stamp: datetime | None, text: str) -> Fate | None:
        """Return the change that a record of a REQTRANS is; its number may have been changed since."""
        return self._queued.get((origin, stamp, text)) or self._texts.get((origin, text))

    def accept(self, origin: str, stamp: datetime | None, text: str, number: int) -> None:
        """Note that the server has taken a change and given it a number."""
        change = self.queued(origin, stamp, text)
        if change is not None:
            change.issued, change.lost = number, False
            change.causes.clear()
            self._issued[number, text] = change

    def issued(self, number: int, text: str) -> Fate | None:
        """Return the change that the server once gave a number."""
        return self._issued.get((number, text))

    def reach(self, postoffice: str, change: Fate) -> None:
        """Note that a change has come into the lists of a postoffice."""
        if change.origin != postoffice:
            self.applied.setdefault(postoffice, []).append(change.id)
        change.reached.add(postoffice)
        change.causes.pop(postoffice, None)

    def in_lists_of(self, postoffice: str) -> tuple[int, ...]:
        """Return the changes that are in the lists of a postoffice: what whole lists made there hold."""
        return tuple(each.id for each in self.changes if postoffice in each.reached)

    def of(self, ids: Iterable[int]) -> list[Fate]:
        """Return changes by their ids."""
        return [self.changes[each - 1] for each in ids]
