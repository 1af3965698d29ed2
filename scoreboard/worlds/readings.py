"""The open readings of the protocol: where sources contradict each other or say nothing, every choice is followed.

A *reading* is one choice for each rule. Sets of readings are bit sets, one bit for each reading: a step that does not
ask for a rule is the same under all of them, and only where a rule decides do the sets part.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache
from itertools import combinations, product
from typing import TypeVar

from glbtools.model.protocol import CHOICES, Rules

OPEN: dict[str, tuple[str, ...]] = {
    # As in ``glbtools.model.protocol``; the adopted choice comes first.
    "discard": ("through", "below"),
    "send": ("above", "from"),
    "reject": ("through", "below"),
    "acknowledge": ("processed", "message"),
    "stored": ("acknowledged", "sent"),
    "resync": ("highest", "own"),
    # R of a SrvTx: what the server has where something was sent, else the requestor's own number; always the
    # requestor's own; always what the server has.
    "echo": ("either", "asked", "applied"),
    # An acknowledgment above the last number of the queue is refused, or taken (1.5 "T3 ack test").
    "beyond": ("refused", "taken"),
    # Which numbers T2 looks at to see a first cycle: the message's and an import number of zero, the message's alone,
    # or those of the server's record.
    "first_cycle": ("unanswered", "message", "record"),
    # The import number is counted up at the requestor when an Import is asked for, or taken from the answer.
    "counted": ("answered", "asked"),
    # A confirmed-number record above ReqSync is passed over by T1, or sent like any other.
    "dummy": ("apart", "sent"),
    # LISTDS -R -Z leaves the import number, or clears it ("undocumented", Q96060).
    "cleared": ("numbers", "all"),
}
"""Rule -> what it may be. Those named as in ``model.protocol`` mean what ``Rules`` says."""

T = TypeVar("T", bound=Hashable)
Branch = tuple[int, T]
"""A set of readings, and what comes of a step under each of them."""


class Readings:
    """A family of readings: all that differ from what is adopted in at most so many rules.

    Attributes:
        together: in how many.
        all: the set of all readings of the family.
    """

    def __init__(self, together: int = 2) -> None:
        self.together = together
        self._named = [{name: values[0] for name, values in OPEN.items()}]
        for count in range(1, together + 1):
            for names in combinations(OPEN, count):
                for others in product(*(OPEN[name][1:] for name in names)):
                    self._named.append(self._named[0] | dict(zip(names, others, strict=True)))
        self.all = (1 << len(self._named)) - 1
        self._sets = {
            (name, value): sum(1 << index for index, each in enumerate(self._named) if each[name] == value)
            for name, values in OPEN.items()
            for value in values
        }

    def __len__(self) -> int:
        return len(self._named)

    def described(self, reading: int) -> dict[str, str]:
        """Return what differs in a reading from what is adopted."""
        return {name: value for name, value in self._named[reading].items() if value != OPEN[name][0]}

    def where(self, **chosen: str) -> int:
        """Return the set of readings in which some rules are as given."""
        found = self.all
        for name, value in chosen.items():
            found &= self._sets[name, value]
        return found

    def branches(self, step: Callable[[Choice], T]) -> list[Branch[T]]:
        """Return what a step comes to under each reading; it asks ``Choice`` for the rules that decide."""
        found: dict[T, int] = {}
        waiting: list[dict[str, str]] = [{}]
        while waiting:
            chosen = waiting.pop()
            try:
                result = step(Choice(chosen))
            except _Undecided as wanted:
                split = [{**chosen, wanted.rule: value} for value in OPEN[wanted.rule]]
                waiting += [each for each in split if self.where(**each)]
                continue
            found[result] = found.get(result, 0) | self.where(**chosen)
        return [(mask, result) for result, mask in found.items()]


class _Undecided(Exception):  # noqa: N818 - no error: it asks for a branch
    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Choice:
    """One branch: what has been chosen so far. A rule that was not asked for before splits the branch."""

    def __init__(self, chosen: dict[str, str]) -> None:
        self._chosen = chosen

    def of(self, rule: str) -> str:
        """Return what a rule is in this branch."""
        if rule not in self._chosen:
            raise _Undecided(rule)
        return self._chosen[rule]

    def rules(self, rule: str) -> Rules:
        """Return the rules of ``model.protocol`` with one of them as it is in this branch."""
        return _rules(rule, self.of(rule))


@cache
def _rules(rule: str, value: str) -> Rules:
    assert value in CHOICES[rule]
    return Rules()._replace(**{rule: value})  # type: ignore[arg-type]


def lowest(readings: int) -> int:
    """Return the first reading of a set: the one closest to what is adopted."""
    return (readings & -readings).bit_length() - 1
