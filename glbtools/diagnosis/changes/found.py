"""What is found of changes that have not arrived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from glbtools.brief import brief, count
from glbtools.diagnosis.doubts import LIKELY_AT_MOST, at_most_likely
from glbtools.diagnosis.finding import Evidence
from glbtools.model.change import Change
from glbtools.model.channel import Range
from glbtools.model.doubts import Doubt, certainty

DIRECTIONS = ("upload", "download", "both")


Why = Literal[
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
]
"""Why a change has not arrived.

Upload: never sent (stranded), refused as old (rejected), lost by the server after it was confirmed (hole), gone from
the queue (vanished), behind a record the server stops at (partial), sent and not known to have arrived
(unacknowledged), waiting (pending), refused until the server knows the postoffice (unregistered). Download: waiting
(pending), not yet taken in by T3 (unacknowledged), lost when the server went back (hole), refused because the numbers
are of another life (refused), purged from MSTTRANS before it was fetched (purged), skipped by MSTTRANS (gap), fetched
and not put into the lists (leftover)."""

WAITS = ("pending", "unacknowledged")
"""Those of them by which a change is still to arrive by itself."""


class Route(NamedTuple):
    """From where to where changes go.

    Attributes:
        origin: NET/PO that numbers them; None where that has no known name.
        path: directory of that postoffice, or else of the one whose file holds them.
        target: NET/PO they are to reach; None where that is not known.
        channel: ``upload`` or ``download``.
    """

    origin: str | None
    path: str
    target: str | None
    channel: str

    def __repr__(self) -> str:
        return brief("Route", f"{self.channel} {self.origin or self.path} -> {self.target}")

    @property
    def order(self) -> tuple[str, int, str, str]:
        """What routes are sorted by."""
        return self.origin or "", DIRECTIONS.index(self.channel), self.target or "", "" if self.origin else self.path


class Obstacle(NamedTuple):
    """Why something has not arrived.

    Attributes:
        why: see ``Why``.
        certainty: certain, likely or possible.
        note: what else is to be known, one or two sentences: by which numbers it is seen.
        settled_by: what would make it certain.
    """

    why: Why
    certainty: str
    note: str = ""
    settled_by: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return brief("Obstacle", f"{self.certainty} {self.why}, {self.note}")

    @property
    def weighed(self) -> Obstacle:
        """The same, but likely at most where another history of the files may explain it."""
        return self._replace(certainty=at_most_likely(self.certainty)) if self.why in LIKELY_AT_MOST else self


def obstacle(why: Why, note: str, *doubts: Doubt | None, settled_by: tuple[str, ...] | None = None) -> Obstacle:
    """Return why something has not arrived, as sure as some doubts leave it; None is one that is removed.

    What would remove them is said in the words of the doubts, unless other ones are given.
    """
    left = [each for each in doubts if each]
    told = tuple(dict.fromkeys(each.tells for each in left)) if settled_by is None else settled_by
    return Obstacle(why, certainty(left), note, told)


@dataclass(frozen=True, slots=True, kw_only=True)
class _NotArrived:
    """What has not arrived.

    Attributes:
        route: the way it has to go.
        standing: why it has not arrived.
        evidence: the place that holds it first, if one does, then what shows its state.
    """

    route: Route
    standing: Obstacle
    evidence: tuple[Evidence, ...] = ()

    @property
    def why(self) -> Why:
        """Why it has not arrived: see ``Why``."""
        return self.standing.why

    @property
    def certainty(self) -> str:
        """How sure that is: certain, likely or possible."""
        return self.standing.certainty


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Outstanding(_NotArrived):
    """One change that has not reached its target.

    Attributes:
        change: the change, where it stands.
    """

    change: Change

    def __repr__(self) -> str:
        return brief("Outstanding", f"{self.change.sync} {self.why}, {self.change.text!r}")

    @property
    def sync(self) -> int:
        """Its number at the origin."""
        return self.change.sync

    @property
    def text(self) -> str:
        """The transaction."""
        return self.change.text


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRange(_NotArrived):
    """Numbers that have not arrived and whose content is in no file given.

    Attributes:
        range: open below, closed above.
    """

    range: Range

    def __repr__(self) -> str:
        return brief("MissingRange", f"{self.range} {self.why}, {self.route.origin} -> {self.route.target}")


class UnknownRoute(NamedTuple):
    """A route of which not everything can be told.

    Attributes:
        route: the route.
        wanted: the files that would tell.
    """

    route: Route
    wanted: tuple[str, ...]

    def __repr__(self) -> str:
        return brief("UnknownRoute", f"{self.route}, wanted {', '.join(self.wanted)}")


@dataclass
class Unsent:
    """What has not arrived; iterating yields the changes.

    Attributes:
        changes: with their content, sorted by route and number.
        ranges: numbers whose content is in no file given, in the same order.
        unknown: routes of which files are missing.
        unreadable: files that could not be read, with the reason.
        passed_over: how many files of other kinds were given, and not looked at.
    """

    changes: list[Outstanding] = field(default_factory=list)
    ranges: list[MissingRange] = field(default_factory=list)
    unknown: list[UnknownRoute] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    passed_over: int = 0

    def __repr__(self) -> str:
        return brief("Unsent", f"{count(len(self.changes), 'change')}, {count(len(self.ranges), 'range')}")

    @property
    def numbers(self) -> int:
        """How many numbers there are whose content is in no file given."""
        return sum(high - low for low, high in (each.range for each in self.ranges))

    def __iter__(self) -> Iterator[Outstanding]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def arrange(self) -> None:
        """Keep each change once, and put everything in its order."""
        changes = _once(replace(each, standing=each.standing.weighed) for each in self.changes)
        self.changes = sorted(changes, key=lambda each: (*each.route.order, each.sync, each.text))
        ranges = (replace(each, standing=each.standing.weighed) for each in self.ranges)
        self.ranges = sorted(ranges, key=lambda each: (*each.route.order, each.range))
        self.unknown.sort(key=lambda each: each.route.order)


def _once(found: Iterable[Outstanding]) -> list[Outstanding]:
    once: dict[tuple[str, str, str, int, str], Outstanding] = {}
    for each in found:
        origin, target = each.route.origin or each.route.path, each.route.target or ""
        once.setdefault((origin, each.route.channel, target, each.sync, each.text), each)
    return list(once.values())
