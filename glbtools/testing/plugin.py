"""The pytest plugin; pytest finds it by its entry point."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from glbtools.testing.network import SimulatedNetwork


__all__ = ["glbtools_network"]


@pytest.fixture
def glbtools_network(tmp_path: Path) -> Callable[..., SimulatedNetwork]:
    """Simulate a network with faults: ``glbtools_network("server-restored", seed=7)``; see ``glbtools.testing``.

    Each call makes another network, in a directory of its own below ``tmp_path``.
    """
    from glbtools.testing.network import simulated

    def made(
        scenario: str | Path = "reqtrans-begun-again", *, seed: int | None = None, cycles: int | None = None
    ) -> SimulatedNetwork:
        number = sum(each.name.startswith("network-") for each in tmp_path.iterdir()) + 1
        return simulated(tmp_path / f"network-{number}", scenario, seed=seed, cycles=cycles)

    return made
