"""Directories of postoffices in tests: simulated ones, their bytes, and what their queues hold."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from glbtools import files, layouts
from glbtools.binary.records import Record
from glbtools.formats.queue import NAMES, Queue, parse_queue
from glbtools.repair.work import OWN
from glbtools.simulation.disk import OWN as SIMULATED
from glbtools.simulation.run import contents, run
from glbtools.simulation.scenario import Scenario, load

QUEUE = layouts.reference("queue")
STEMS = {f"{name}.GLB" for name in NAMES}
CHANGES = ("REQTRANS", "MSTTRANS", "SRVTRANS", "USRTRANS", "NMETRANS", "GWTRANS", "RESYNC")
"""The queues whose changes must not get lost."""

WITH_OLDER = (
    "server-restored",
    "server-files-restored",
    "requestor-restored",
    "srvconf-restored",
    "msttrans-restored",
    "reqtrans-put-back",
)
"""Scenarios that keep older copies, which are given to diagnosis."""


class Held(NamedTuple):
    """A queue file of a directory."""

    path: str
    queue: Queue

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2].upper().partition(".")[0]

    @property
    def real(self) -> list[Record]:
        return [each for each in self.queue.records if not self.queue.is_dummy(each)]


def simulated(scenario: str | Scenario, directory: Path) -> Path:
    """Write the network of a scenario, and return its directory."""
    made = run(load(scenario) if isinstance(scenario, str) else scenario)
    files.write_tree(contents(made), directory, sync=False)
    return directory


def older(directory: Path, name: str) -> list[Path]:
    copies = directory / SIMULATED / "copies"
    return sorted(copies.iterdir()) if name in WITH_OLDER else []


def everything(directory: Path) -> dict[str, bytes]:
    found = (each for each in directory.rglob("*") if each.is_file())
    return {each.relative_to(directory).as_posix(): each.read_bytes() for each in found}


def postoffices(tree: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of a directory without what a rebuild puts beside the postoffices."""
    return {path: data for path, data in tree.items() if not path.startswith(f"{OWN}/")}


def queues(tree: dict[str, bytes]) -> list[Held]:
    """Return the queue files of postoffices that hold anything."""
    return [
        Held(path, parse_queue(data, QUEUE))
        for path, data in sorted(tree.items())
        if data and path.rpartition("/")[2].upper() in STEMS and not path.startswith((f"{OWN}/", f"{SIMULATED}/"))
    ]
