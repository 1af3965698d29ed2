"""How long simulations take, against the time they may take."""

from __future__ import annotations

import time

from glbtools.simulation.run import contents, run
from glbtools.simulation.scenario import Scenario

YEAR = Scenario("year", postoffices=tuple(f"PO{n:04}" for n in range(1, 20)), cycles=365, changes=10)
MANY = Scenario("many", postoffices=tuple(f"PO{n:04}" for n in range(1, 500)), cycles=14, changes=50)

CASES = {
    "a healthy year of 20 postoffices, 10 changes a day": (YEAR, 60),
    "14 cycles of 500 postoffices, 50 changes a day": (MANY, 300),
}
"""What is simulated -> scenario, and seconds it may take on two cores."""


def measured() -> list[str]:
    """Return one line for each case, as a table of docs/benchmarks.md has it."""
    lines = ["| simulation | share of the time it may take | changes | bytes written |", "|---|--:|--:|--:|"]
    for name, (scenario, allowed) in CASES.items():
        began = time.perf_counter()
        network = run(scenario)
        written = contents(network)
        share = (time.perf_counter() - began) / allowed
        size = sum(map(len, written.values()))
        lines.append(f"| {name} ({allowed} s) | {share:.2f} | {len(network.ledger.changes):,} | {size:,} |")
    return lines
