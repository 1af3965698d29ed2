"""The search: every history up to a bound, breadth first, equal networks merged.

A state is a core with the causes met on the way. A layer holds the states that some history of so many events comes
to, each with the set of readings under which it does, the copies that could have been taken on the way, and how it was
come to, so that a history can be told backwards. Copies cost nothing: each earlier moment may be the one that was kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from scoreboard.worlds import faults
from scoreboard.worlds.readings import Readings
from scoreboard.worlds.space import Event, Space, Step

STARTS: dict[str, tuple[str, ...]] = {
    "fresh": (),
    "old": ("chg", "chg", "C"),
    "older": ("own", "chg", "C", "chg", "C", "own"),
    "purged": ("own", "chg", "C", "chg", "C", "purge"),
}
"""Start -> what has happened before the first event: a network just installed, and ones that have been at work.

``purge`` leaves the last record of MSTTRANS: what Keep Updates does in the course of time is no fault.
"""

HICCUPS = frozenset({"LOST", "LATE", "DOUBLE"})


class Bound(NamedTuple):
    """How far to search.

    Attributes:
        requestors: one or two.
        faults: at most so many, in one history.
        events: at most so many, after the start.
        changes: new changes of requestors; ``own`` those of the server's own, ``exports`` Exports.
        hiccups: messages lost, late or doubled.
        anywhere: faults also while mail is under way.
        starts: see ``STARTS``.
        at: requestors that faults concern.
        only: faults that may happen; all of them where none is named.
    """

    requestors: int = 1
    faults: int = 1
    events: int = 6
    changes: int = 2
    own: int = 2
    exports: int = 0
    hiccups: int = 0
    anywhere: bool = False
    starts: tuple[str, ...] = ("fresh", "old")
    at: tuple[int, ...] = (0,)
    only: tuple[str, ...] = ()


class State(NamedTuple):
    """A core, the causes met (a bit set in the order of ``faults.CAUSES``), and how many faults and hiccups."""

    core: int
    causes: int = 0
    faults: int = 0
    hiccups: int = 0


class Edge(NamedTuple):
    """A way to come to a state, and the readings under which it is one."""

    readings: int
    before: State
    event: Event


class Node:
    """A state in a layer.

    Attributes:
        readings: under which some history comes here.
        servers: copies of the server that could have been taken -> under which readings; so ``members``, by place.
        edges: how it was come to.
    """

    __slots__ = ("edges", "members", "readings", "servers")

    def __init__(self) -> None:
        self.readings = 0
        self.servers: dict[int, int] = {}
        self.members: dict[tuple[int, int], int] = {}
        self.edges: list[Edge] = []


Layer = dict[State, Node]


class Moment(NamedTuple):
    """A moment of a history: the event that led to it, in words, and the state after it."""

    words: tuple[str, ...]
    state: State


class Search:
    """All histories from one start up to a bound.

    Attributes:
        layers: of the start, then of each event.
        first: the layer in which the start is done.
    """

    def __init__(self, space: Space, bound: Bound, start: str) -> None:
        self.space, self.bound, self.start = space, bound, start
        self.layers: list[Layer] = [{}]
        node = self.layers[0].setdefault(State(space.first), Node())
        node.readings = space.readings.all
        self._keep(State(space.first), node)
        for name in STARTS[start]:
            self._next([name])
        self.first = len(self.layers) - 1
        base = space.cores[next(iter(self.layers[-1])).core]
        self._changes = bound.changes + sum(len(space.requestors[each].issued) for each in base.requestors)
        self._own = bound.own + base.owned
        self._ordinary: dict[int, list[Step]] = {}
        self._faults: dict[int, list[Step]] = {}

    def run(self) -> Iterator[tuple[int, Layer]]:
        """Yield each layer with the number of events it is away from the start."""
        yield 0, self.layers[-1]
        for events in range(1, self.bound.events + 1):
            self._next()
            yield events, self.layers[-1]

    @property
    def states(self) -> int:
        """How many states the layers after the start hold."""
        return sum(map(len, self.layers[self.first :]))

    # --- forward ---------------------------------------------------------------------------------------------------

    def _next(self, only: list[str] | None = None) -> None:
        after: Layer = {}
        for state, node in self.layers[-1].items():
            if only is not None:
                for step in [*self.space.ordinary(state.core, 99, 99), *self.space.purged(state.core)]:
                    if step.event.name in only and step.event.at < 1:
                        self._go(after, state, node, step, state)
                continue
            self._spread(after, state, node)
        for state, node in after.items():
            self._keep(state, node)
        self.layers.append(after)

    def _spread(self, after: Layer, state: State, node: Node) -> None:
        space, bound, core = self.space, self.bound, state.core
        steps = self._ordinary.get(core)
        if steps is None:
            steps = space.ordinary(core, self._changes, self._own, self.bound.exports)
            if bound.hiccups:
                steps += space.arrivals(core)
            self._ordinary[core] = steps
        for step in steps:
            self._go(after, state, node, step, state)
        if state.hiccups < bound.hiccups:
            for step in space.hiccups(core):
                self._go(after, state, node, step, state._replace(hiccups=state.hiccups + 1))
        if state.faults >= bound.faults:
            return
        faulty = state._replace(faults=state.faults + 1)
        quiet = bound.anywhere or space.quiet(core)
        wrong = self._faults.get(core)
        if wrong is None:
            wrong = self._faults[core] = [each for each in space.faults(core, bound.at) if self._may(each.event.name)]
        for step in wrong:
            if quiet or step.event.name == "ICLR":
                self._go(after, state, node, step, faulty)
        if quiet:
            self._restores(after, state, node, faulty)

    def _restores(self, after: Layer, state: State, node: Node, faulty: State) -> None:
        space, core = self.space, state.core
        for copy, mask in node.servers.items():
            for name in filter(self._may, faults.OF_SERVER_COPY):
                made = space.server_restored(core, name, copy)
                if made != core:
                    self._go(after, state, node, Step(Event(name, -1, copy), mask, made), faulty)
        for (at, copy), mask in node.members.items():
            for name in filter(self._may, faults.OF_REQUESTOR_COPY):
                made = space.requestor_restored(core, name, at, copy)
                if made != core:
                    self._go(after, state, node, Step(Event(name, at, copy), mask, made), faulty)

    def _may(self, fault: str) -> bool:
        return not self.bound.only or faults.cause_of(fault) in self.bound.only

    def _go(self, after: Layer, state: State, node: Node, step: Step, counted: State) -> None:
        space = self.space
        mask = space.one(node.readings & step.readings)
        if not mask:
            return
        causes = counted.causes
        if counted is not state:
            causes |= CAUSE_BIT[step.event.name]
        target = State(step.core, causes, counted.faults, counted.hiccups)
        found = after.get(target)
        if found is None:
            found = after[target] = Node()
        found.readings = space.one(found.readings | mask)
        found.edges.append(Edge(mask, state, step.event))
        if counted.faults < self.bound.faults:
            for copy, when in node.servers.items():
                both = when & mask
                if both:
                    found.servers[copy] = space.one(found.servers.get(copy, 0) | both)
            for member, when in node.members.items():
                both = when & mask
                if both:
                    found.members[member] = space.one(found.members.get(member, 0) | both)

    def _keep(self, state: State, node: Node) -> None:
        """Let this moment be one of which a copy may have been taken."""
        if state.faults < self.bound.faults:
            core = self.space.cores[state.core]
            node.servers[core.server] = node.readings
            for at in self.bound.at:
                node.members[at, core.requestors[at]] = node.readings

    # --- backward --------------------------------------------------------------------------------------------------

    def history(self, layer: int, state: State, reading: int) -> list[str]:
        """Return one history that comes to a state of a layer under a reading, in words."""
        return [word for each in self.moments(layer, state, reading) for word in each.words]

    def moments(self, layer: int, state: State, reading: int) -> list[Moment]:
        """Return the moments of one history that comes to a state of a layer under a reading, the start first."""
        found = self._back(layer, state, 1 << reading, frozenset())
        assert found is not None
        return found

    def _back(self, layer: int, state: State, bit: int, copies: frozenset[tuple[int, int]]) -> list[Moment] | None:
        core = self.space.cores[state.core]
        here = {(at, copy) for at, copy in copies if copy == (core.server if at < 0 else core.requestors[at])}
        left = copies - here
        node = self.layers[layer][state]
        if not all(self._possible(node, each, bit) for each in left):
            return None
        told = ("(copy)",) * bool(here)
        if layer == 0:
            return None if left else [Moment(told, state)]
        for edge in node.edges:
            if not edge.readings & bit:
                continue
            wanted = left | {(edge.event.at, edge.event.copy)} if edge.event.copy >= 0 else left
            before = self._back(layer - 1, edge.before, bit, wanted)
            if before is not None:
                if layer == self.first:
                    earlier = ("(copy before)",) * any("(copy)" in each.words for each in before)
                    return [Moment((self.start, *earlier, *told), state)]
                return [*before, Moment((self.told(edge.event), *told), state)]
        return None

    @staticmethod
    def _possible(node: Node, copy: tuple[int, int], bit: int) -> bool:
        at, number = copy
        mask = node.servers.get(number, 0) if at < 0 else node.members.get(copy, 0)
        return bool(mask & bit)

    def told(self, event: Event) -> str:
        """Return an event in short: ``chg``, ``T1``, with the number of the requestor where there are several."""
        return f"{event.name}.{event.at + 1}" if event.at >= 0 and self.bound.requestors > 1 else event.name


_BITS = {name: 1 << place for place, name in enumerate(faults.CAUSES)}


class _Bits(dict[str, int]):
    def __missing__(self, name: str) -> int:
        return self.setdefault(name, _BITS[faults.cause_of(name)])


CAUSE_BIT = _Bits()
"""Event -> the bit of its cause."""


def searches(bound: Bound, readings: Readings) -> list[Search]:
    """Return a search for each start, over one space."""
    space = Space(bound.requestors, readings)
    return [Search(space, bound, start) for start in bound.starts]
