"""How far domain controllers have each other's changes, by their up-to-dateness vectors; and what cannot be told.

A line of a vector is one life of a domain controller: a supported restore gives it a new invocation id, and the old one
keeps its number for ever. repadmin prints names, so that one name may stand on two lines, of which the former need not
be marked as retired: that of the first domain controller of a forest never is. Which line is its present life is known

- by the invocation id (/nocache prints ids in place of names);
- by its own vector, in which its present life has the newest line: it is that of the moment;
- of another line by elimination: a former life has the same number and time in every vector.

Where only names are printed, and two lines bear one, a higher number at a partner proves nothing: it may be the number
of another life. Nor does one in a vector that was printed later than the server's own: a server goes on while the
second is printed. So repadmin's page says to print those of the partners first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from glbtools.formats.repadmin import Table, Vector

ZONES = timedelta(hours=14)
"""How much of a difference the zones of two clocks can make: a dump has UTC, repadmin prints local time."""

TWO_LIVES, PRINTED_LATER = "two lives", "printed later"
"""Why a higher number at a partner proves nothing."""


class OwnedVector(NamedTuple):
    """A vector and whose it is.

    Attributes:
        consumer: name of the domain controller.
        table: its vector.
        path: where it stands, as shown.
    """

    consumer: str
    table: Table
    path: str = ""

    @property
    def own(self) -> str:
        """What its own lines are called, in lower case: its host name, or the invocation id of its newest line."""
        if not self.table.by_id:
            return short(self.consumer)
        newest = _newest(self.table.items)
        return newest.server.lower() if newest else ""


class Position(NamedTuple):
    """How far one domain controller has another's changes.

    Attributes:
        consumer: who.
        server: whose: name or invocation id, as printed.
        path: where its vector stands.
        lines: its lines of the server, without those that are known to be of former lives.
        owner: the server's own vector; None where it is not given.
        head: the line in it of its present life; None where nothing tells which that is.
        by_id: the server is known by an invocation id.
        twice: its name stands on two lines of either vector, retired ones apart.
        reached: the highest number of any line of it in its own vector; 0 where that is not given.
    """

    consumer: str
    server: str
    path: str
    lines: tuple[Vector, ...]
    owner: OwnedVector | None = None
    head: Vector | None = None
    by_id: bool = False
    twice: bool = False
    reached: int = 0

    @property
    def seen(self) -> Vector | None:
        """The line of the present life; None where nothing tells which that is."""
        return self.lines[0] if len(self.lines) == 1 else None

    @property
    def highest(self) -> Vector | None:
        """The line with the highest number, of whichever life."""
        return max(self.lines, key=lambda each: each.usn, default=None)

    def undecided(self, head: int, seen_until: datetime | None = None) -> str:
        """Return why nothing follows from the numbers; empty where something does.

        Args:
            head: the server's highest number, as its own vector or a dump says.
            seen_until: the latest moment of which a dump shows anything, where the number is a dump's.
        """
        top = self.highest
        if top is None:
            return ""
        if self.twice and not self.by_id and (self.seen is None or self.seen.usn > head):
            return TWO_LIVES
        if top.usn <= head or top.when is None:
            return ""
        printed = self.head.when if self.head else None
        later = top.when >= printed if printed else seen_until is not None and top.when > seen_until + ZONES
        return PRINTED_LATER if later else ""


def short(name: str) -> str:
    """Return a host's own part of a name such as ``dc1.example.com``, in lower case, as repadmin prints it."""
    return name.partition(".")[0].lower()


def own_line(vector: OwnedVector) -> Vector | None:
    """Return the line of a domain controller's present life in its own vector; None where nothing tells which it is."""
    lines = [each for each in vector.table.items if each.server.lower() == vector.own and not each.retired]
    return lines[0] if len(lines) == 1 else _newest(lines)


def positions(vectors: Sequence[OwnedVector]) -> list[Position]:
    """Return how far each domain controller has each other's changes."""
    return [each for consumer in vectors for each in _of(consumer, vectors)]


def _of(consumer: OwnedVector, vectors: Sequence[OwnedVector]) -> Iterable[Position]:
    own = consumer.own
    names = dict.fromkeys(each.server.lower() for each in consumer.table.items)
    for name in names:
        if name == own or (not consumer.table.by_id and short(name) == own):
            continue
        lines = _lines(consumer.table, name)
        if not lines:
            continue
        owner = _owner(name, consumer, vectors)
        theirs = _lines(owner.table, name) if owner else ()
        head = _present(theirs, lines)
        former = {(each.usn, each.time) for each in theirs if each is not head}
        yield Position(
            consumer.consumer,
            lines[0].server,
            path=consumer.path,
            lines=tuple(each for each in lines if (each.usn, each.time) not in former),
            owner=owner,
            head=head,
            by_id=consumer.table.by_id,
            twice=len(lines) > 1 or len(theirs) > 1,
            reached=max((each.usn for each in theirs), default=0),
        )


def _present(own: Sequence[Vector], seen: Sequence[Vector]) -> Vector | None:
    """Return the line of the present life in a server's own vector: the newest, or the one that is not elsewhere so."""
    if len(own) == 1:
        return own[0]
    elsewhere = {(each.usn, each.time) for each in seen}
    moving = [each for each in own if (each.usn, each.time) not in elsewhere]
    return _newest(own) or (moving[0] if len(moving) == 1 else None)


def _lines(table: Table, name: str) -> tuple[Vector, ...]:
    return tuple(each for each in table.items if each.server.lower() == name and not each.retired)


def _owner(name: str, consumer: OwnedVector, vectors: Sequence[OwnedVector]) -> OwnedVector | None:
    """Return the vector of a server; of several that with the newest line, for the last one printed counts."""
    by_id = consumer.table.by_id
    own = [each for each in vectors if each.table.by_id == by_id and each.own == (name if by_id else short(name))]
    dated = [(max(_moments(each.table.items)), at) for at, each in enumerate(own) if _moments(each.table.items)]
    return own[max(dated)[1]] if dated else own[-1] if own else None


def _newest(lines: Sequence[Vector]) -> Vector | None:
    """Return the line with the latest time; None where a time cannot be read, or two have it."""
    times = _moments(lines)
    if not lines or len(times) < len(lines):
        return None
    latest = [each for each, when in zip(lines, times, strict=True) if when == max(times)]
    return latest[0] if len(latest) == 1 else None


def _moments(lines: Iterable[Vector]) -> list[datetime]:
    return [when for each in lines if (when := each.when) is not None]
