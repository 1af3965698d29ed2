"""The truth behind a view: what became of every record held and of every number confirmed, in every history.

Fates of a held change: ``reached`` (the server's lists have it), ``comes`` (they will, once the mail under way and two
clean cycles have come), ``never``. Of a number at or below ReqSync that is not held: ``has`` (the lists have every
change that ever bore it), ``lacks`` (of one they have not), ``void`` (no change of this requestor ever bore it).
"""

from __future__ import annotations

from typing import NamedTuple

from scoreboard.worlds.exploration import Bound, Search, State, searches
from scoreboard.worlds.faults import CAUSES
from scoreboard.worlds.readings import Branch, Readings, lowest
from scoreboard.worlds.space import Space
from scoreboard.worlds.state import REAL
from scoreboard.worlds.views import Eye, View

REACHED, COMES, NEVER = "reached", "comes", "never"
HAS, LACKS, VOID, HELD = "has", "lacks", "void", "held"


class Fates(NamedTuple):
    """What became of one requestor's changes.

    Attributes:
        held: of each record of REQTRANS; ``""`` where it is no change, or an Export repeats it further on.
        numbers: of each number from 1 to ReqSync; ``held`` where a record bears it.
    """

    held: tuple[str, ...]
    numbers: tuple[str, ...]


Truth = tuple[Fates, ...]


class Witness(NamedTuple):
    """A history: the search and layer it ends in, its state, and a reading under which it is one."""

    search: Search
    layer: int
    state: State
    reading: int

    @property
    def events(self) -> int:
        """How many events after the start."""
        return self.layer - self.search.first

    def moments(self) -> list[State]:
        """Return the states of the history after each event, that of its start first."""
        return [each.state for each in self.search.moments(self.layer, self.state, self.reading)][:-1]

    def told(self) -> str:
        """Return the history in words, with what differs from the adopted reading."""
        events = self.search.history(self.layer, self.state, self.reading)
        reading = self.search.space.readings.described(self.reading)
        said = " ".join(events)
        return said + (f" [{', '.join(f'{name}={value}' for name, value in reading.items())}]" if reading else "")


class End(NamedTuple):
    """How a history of a view ended, as far as the files do not tell.

    Attributes:
        causes: what went wrong, as a bit set.
        truth: what became of every change.
        quiet: no mail was under way.
        adopted: it is a history under the adopted reading.
    """

    causes: int
    truth: Truth
    quiet: bool
    adopted: bool


Behind = dict[End, Witness]
"""What is behind a view: each end, and the smallest history with it."""


class Worlds:
    """All histories of a bound, by what files show of their ends.

    Attributes:
        bound: how far it was searched.
        readings: under which readings.
        views: view -> what is behind it.
        states: how many states; ``layers`` how many after so many events.
    """

    def __init__(self, bound: Bound, readings: Readings) -> None:
        self.bound, self.readings = bound, readings
        self.views: dict[View, Behind] = {}
        self.states = 0
        self.layers: dict[int, int] = {}
        found = searches(bound, readings)
        self.space = found[0].space
        self._fates: dict[tuple[int, tuple[int, ...], int], list[Branch[Truth]]] = {}
        eye = Eye(self.space)
        running = [(each, each.run()) for each in found]
        for _ in range(bound.events + 1):
            # One event further from every start in turn, so that the first history met is a smallest one.
            for search, steps in running:
                events, layer = next(steps)
                self.states += len(layer)
                self.layers[events] = self.layers.get(events, 0) + len(layer)
                place = len(search.layers) - 1
                for state, node in layer.items():
                    behind = self.views.setdefault(eye.view(state.core), {})
                    quiet = self.space.quiet(state.core)
                    for mask, truth in self.fates(state.core):
                        both = mask & node.readings
                        if both:
                            reading = lowest(both)
                            end = End(state.causes, truth, quiet, reading == 0)
                            if end not in behind:
                                behind[end] = Witness(search, place, state, reading)

    def fates(self, core: int) -> list[Branch[Truth]]:
        """Return what becomes of everything, under which readings."""
        now = self.space.cores[core]
        key = (now.server, now.requestors, now.mail)
        found = self._fates.get(key)
        if found is None:
            merged: dict[Truth, int] = {}
            for mask, arriving in self.space.arriving(core):
                truth = fates(self.space, core, arriving)
                merged[truth] = merged.get(truth, 0) | mask
            found = self._fates[key] = [(self.space.one(mask), truth) for truth, mask in merged.items()]
        return found


def fates(space: Space, core: int, arriving: tuple[int, ...]) -> Truth:
    """Return the fates of a core's changes, given which of them reach the server's lists from now on."""
    now = space.cores[core]
    lists = space.servers[now.server].lists
    later = tuple(old | new for old, new in zip(lists, arriving, strict=True))
    found = []
    for at, each in enumerate(now.requestors):
        member = space.requestors[each]
        held = tuple(
            _fate(record.change, lists[at], later[at])
            if record.kind in REAL and record.change not in {each.change for each in member.queue[place:]}
            else ""
            for place, record in enumerate(member.queue, 1)
        )
        waiting = {record.sync for record in member.queue if record.kind in REAL}
        bearers: dict[int, int] = {}
        for number, change in member.issued:
            bearers[number] = bearers.get(number, 0) | 1 << change
        numbers = []
        for number in range(1, member.confirmed + 1):
            bits = bearers.get(number, 0)
            numbers.append(
                HELD if number in waiting else VOID if not bits else HAS if bits & later[at] == bits else LACKS
            )
        found.append(Fates(held, tuple(numbers)))
    return tuple(found)


def _fate(change: int, now: int, later: int) -> str:
    return REACHED if now >> change & 1 else COMES if later >> change & 1 else NEVER


def causes(bits: int) -> tuple[str, ...]:
    """Return the names of causes in a bit set."""
    return tuple(name for place, name in enumerate(CAUSES) if bits >> place & 1)


def minimal(sets: set[int]) -> set[int]:
    """Return the sets of causes that hold no other: a history with more faults than needed explains nothing."""
    return {each for each in sets if not any(other != each and other & each == other for other in sets)}
