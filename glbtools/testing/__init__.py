"""For the tests of programs that use glbtools: a network with faults as a pytest fixture, and Hypothesis strategies.

The fixture ``glbtools_network`` is there wherever glbtools and pytest are installed. The strategies need Hypothesis.
"""

from __future__ import annotations

from glbtools.testing.network import SimulatedNetwork, simulated
from glbtools.testing.strategies import changes, damaged, postoffices, queue_files, reqconf_files, texts

__all__ = [
    "SimulatedNetwork",
    "changes",
    "damaged",
    "postoffices",
    "queue_files",
    "reqconf_files",
    "simulated",
    "texts",
]
