"""Random life: who changes what. The same seed gives the same life on any machine and any version of Python."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from glbtools.simulation import actions
from glbtools.simulation.network import Network

T = TypeVar("T")


class Dice:
    """Random numbers from the one generator call whose sequence is guaranteed for a seed: ``random()``."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - no secret

    def below(self, limit: int) -> int:
        """Return a number from 0 to ``limit`` - 1."""
        return int(self._random.random() * limit)

    def chance(self, share: float) -> bool:
        """Whether something happens that happens so often."""
        return self._random.random() < share

    def one_of(self, choices: Sequence[T]) -> T:
        """Return one of some things."""
        return choices[self.below(len(choices))]


def live(network: Network, dice: Dice, changes: int) -> None:
    """Let a day pass on which users come, go and change their names."""
    names = list(network.offices)
    for _ in range(changes):
        office = network.offices[dice.one_of(names)]
        what, which = dice.below(10), dice.below(1 << 20)
        if what < 6:
            actions.add(network, office)
        elif what < 8:
            actions.modify(network, office, which)
        else:
            actions.delete(network, office, which)
