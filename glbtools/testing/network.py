"""A simulated network with faults, and what is true of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glbtools.brief import brief

if TYPE_CHECKING:
    from glbtools.diagnosis.engine import Report


@dataclass(frozen=True)
class SimulatedNetwork:
    """A network of postoffices on disk, of which it is known what became of each change.

    Attributes:
        path: its directory.
        truth: what the simulation knows: ``faults``, ``changes`` with the ``fate`` of each, ``postoffices`` ...
    """

    path: Path
    truth: dict[str, Any]

    def __repr__(self) -> str:
        return brief("SimulatedNetwork", f"{', '.join(self.faults) or 'no fault'}, {self.path}")

    @property
    def faults(self) -> list[str]:
        """The names of the faults that befell it, in order."""
        return [each["name"] for each in self.truth["faults"]]

    def postoffice(self, name: str) -> Path:
        """Return the directory of a postoffice by its name behind the slash, in any case.

        Raises:
            KeyError: the network has none of that name.
        """
        for each in self.path.iterdir():
            if each.name.lower() == name.lower():
                return each
        raise KeyError(name)

    def diagnose(self) -> Report:
        """Return what glbtools finds wrong with it."""
        from glbtools.diagnosis.engine import diagnose

        return diagnose(self.path)


def simulated(
    out: Path, scenario: str | Path = "reqtrans-begun-again", *, seed: int | None = None, cycles: int | None = None
) -> SimulatedNetwork:
    """Return a network that is simulated into a new directory.

    Args:
        out: the directory.
        scenario: the name of a packaged scenario (``glbtools simulate --list``), or a file.
        seed: of another random life than the scenario's.
        cycles: as many, and not the scenario's.

    Raises:
        GlbError: there is no such scenario, or the directory holds something.
    """
    from glbtools.simulation.run import simulate, truth_of

    simulate(scenario, out, seed=seed, cycles=cycles)
    return SimulatedNetwork(out, truth_of(out))
