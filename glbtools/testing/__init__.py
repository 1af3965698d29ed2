"""For the tests of programs that use glbtools: a network with faults as a pytest fixture, and Hypothesis strategies.

The fixture ``glbtools_network`` is there wherever glbtools and pytest are installed. The strategies need Hypothesis,
which is loaded when the first of them is asked for: pytest loads this package in every project that has glbtools.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glbtools.testing.network import SimulatedNetwork, simulated

if TYPE_CHECKING:
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


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'glbtools.testing' has no attribute {name!r}")
    try:
        from glbtools.testing import strategies
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        raise ImportError(f"glbtools.testing.{name} needs Hypothesis: pip install hypothesis") from None
    return getattr(strategies, name)


def __dir__() -> list[str]:
    return sorted(__all__)
