"""One network, rebuilt, and its simulation continued: what a rebuild claims, held against what then happens."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from glbtools import files
from glbtools.diagnosis.engine import diagnose
from glbtools.repair.plan import plan_rebuild
from glbtools.simulation import network, phases, truth
from glbtools.simulation.network import Network
from glbtools.simulation.run import contents, run
from glbtools.simulation.samples import Sample
from glbtools.simulation.scenario import PHASES

CYCLES = 4
"""Cycles without faults after which everything that can arrive has arrived."""

PACED = 20
"""The same where some postoffices take few updates in a cycle (Q133719)."""

GONE = frozenset({"lost", "passed", "purged", "not queued", "not at the server"})
"""States of a change that stands in no file from which it could still reach its target."""


@dataclass
class Proof:
    """What came of rebuilding one network.

    Attributes:
        clean: the diagnosis of the result finds nothing above note.
        again: edits that a second rebuild would make.
        lost: changes that could still arrive before, and cannot after a rebuild that ended clean.
        late: changes that have not arrived after some cycles without faults, though the result was clean.
        error: what went wrong in the program itself.
    """

    kind: str
    faults: tuple[str, ...]
    clean: bool = False
    again: int = 0
    lost: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    error: str = ""


def prove(sample: Sample) -> Proof:
    """Simulate a network, rebuild it, and go on from the result without faults."""
    made = run(sample.scenario)
    before = states(made)
    proof = Proof(sample.kind, sample.faults)
    directory = Path(tempfile.mkdtemp(prefix="scoreboard-"))
    try:
        files.write_tree(contents(made), directory / "net", sync=False)
        result = plan_rebuild(diagnose(directory / "net"), unsafe=True).write(directory / "rebuilt")
        proof.clean = not result.remaining
        proof.again = len(plan_rebuild(diagnose(directory / "rebuilt"), unsafe=True).edits)
        kept = _kept_beside(directory / "rebuilt" / "glbtools-rebuild")
        again = network.load(directory / "rebuilt")
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    for phase in (*_left(sample), *PHASES * (PACED if _is_paced(sample) else CYCLES)):
        again.begin(phase)
        if phase != "T0":
            phases.run(again, phase)
    after = states(again)
    if proof.clean:
        for (number, target), state in before.items():
            text = again.ledger.changes[number - 1].text
            now = after[number, target]
            if state not in GONE and now in GONE and text not in kept:
                proof.lost.append(f"{target} {text} {state} -> {now}")
            elif state not in GONE and now != "delivered" and text not in kept:
                proof.late.append(f"{target} {text} {state} -> {now}")
    return proof


def _is_paced(sample: Sample) -> bool:
    return any(each.do == "pace" for each in sample.scenario.steps)


def _left(sample: Sample) -> tuple[str, ...]:
    """Return the phases of the last cycle that are still to come: a T3 left out loses mail under some readings."""
    return PHASES[PHASES.index(sample.scenario.stop) + 1 :]


def states(made: Network) -> dict[tuple[int, str], str]:
    """Return for each change and postoffice how far the change has got."""
    survey = truth.Survey(made)
    found: dict[tuple[int, str], str] = {}
    for change in made.ledger.changes:
        upload = survey.upload(change)
        for target in made.offices:
            done = target in change.reached
            state = "delivered" if done else upload if upload != "arrived" else survey.download(change, target)
            found[change.id, target] = state
    return found


def _kept_beside(directory: Path) -> str:
    """Return the texts that a rebuild has put beside the postoffices."""
    shown = [*directory.glob("lost-and-found/**/*"), *directory.glob("imports/*")]
    return "".join(each.read_text("cp850") for each in shown if each.is_file())
