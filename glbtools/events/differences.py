"""Clocks that disagree, as far as files show it: what was written first cannot have happened later.

Lines are written behind one another. So where a line passed on from another clock stands before a line that a server
wrote itself and shows a later time, the other clock was ahead of the server's, by that much at least; and what stands
in a report was written before the report came in. What a file holds was there when the file was last written. Where
the zones of clocks are unknown, the difference is one of zones as well. It may have been more, and clocks that agree
are shown by nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_COPYING = 60_000_000
"""Microseconds that copying a report into a log may take."""


class ClockDifference(NamedTuple):
    """One clock was ahead of another.

    Attributes:
        ahead, behind: whose clocks.
        least: microseconds that it was ahead at least.
        earlier: where the time of the clock ahead stands, which was written first.
        later: where the time of the clock behind stands.
    """

    ahead: str
    behind: str
    least: int
    earlier: str
    later: str


class Reading(NamedTuple):
    """A time as a clock showed it: the instant, and where it stands."""

    instant: int
    place: str


class LogOrder:
    """The lines of one log, in their order."""

    def __init__(self) -> None:
        self._known: dict[str, Reading] = {}
        self._report: tuple[str, Reading] | None = None

    def passed_on(self, clock: str, instant: int, place: str) -> Iterator[ClockDifference]:
        """Note a line that was copied into the log with the time of the clock of who wrote it; see ``written``."""
        self._note(clock, instant, place)
        if self._report is not None and self._report[0] != clock:
            owner, came = self._report
            if instant > came.instant + _COPYING:
                yield ClockDifference(clock, owner, instant - came.instant - _COPYING, place, came.place)

    def _note(self, clock: str, instant: int, place: str) -> None:
        if clock not in self._known or self._known[clock].instant < instant:
            self._known[clock] = Reading(instant, place)

    def written(
        self, clock: str, instant: int, place: str, *, slack: int, begins: bool = False
    ) -> Iterator[ClockDifference]:
        """Note a line that the owner of the log wrote; yield the clocks that were ahead of its own.

        ``slack``: how much later it may have been written than it says; ``begins``: it says that a report came in,
        which follows. Where the log's own time steps back it is no log of one piece, or its clock was set: what stands
        before tells nothing of what follows.
        """
        self._report = (clock, Reading(instant, place)) if begins else None
        own = self._known.get(clock)
        if own is not None and own.instant > instant + slack:
            self._known.clear()
        for other, known in self._known.items():
            if other != clock and known.instant > instant + slack:
                yield ClockDifference(other, clock, known.instant - instant - slack, known.place, place)
        self._note(clock, instant, place)
