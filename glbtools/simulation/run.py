"""Running a scenario: the cycles, what happens between the phases, and the directory that comes of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from glbtools import files
from glbtools.diagnosis.wording import NUMBERS_END
from glbtools.errors import FieldError, OutputExistsError, UsageError
from glbtools.evidence.postoffice import AREAS
from glbtools.layouts import Layouts
from glbtools.simulation import actions, faults, network, phases, truth
from glbtools.simulation.disk import OWN
from glbtools.simulation.life import Dice, live
from glbtools.simulation.network import Network
from glbtools.simulation.scenario import PHASES, Mishap, Scenario, Step, load
from glbtools.tables import read_json


def simulate(
    scenario: str | Path | Scenario,
    out: str | Path | None = None,
    *,
    image: str | Path | None = None,
    deleted: Iterable[str] = (),
    seed: int | None = None,
    cycles: int | None = None,
    start_from: str | Path | None = None,
    layouts: Layouts | None = None,
    force: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Run a scenario and write the network it leads to; return the files.

    Args:
        scenario: a file, the name of one of the package's, or what ``load`` returned.
        out: directory to write; it holds the postoffices, and ``glbtools-simulation/`` with ``truth.json``.
        image: image (``.img``) or archive (``.zip``) to write, too or instead, with the simulated times as times of
            the files; the truth stands beside it.
        deleted: files that are deleted in the image when all is written.
        seed: of the random life, in place of the scenario's.
        cycles: how many, in place of the scenario's.
        start_from: a directory with a network that goes on, in place of a new one.
        layouts: how binary files are written.
        force: write into a directory that holds something.
        progress: called with the cycle that begins and their number.

    Raises:
        DescriptionError: the scenario has a mistake.
        OutputExistsError: the directory holds something and ``force`` is not given.
        FileAccessError: a file cannot be read or written.
        UsageError: a step or fault is impossible in this network; or the image cannot be made.
    """
    target = Path(out) if out is not None else None
    if target is not None and target.is_dir() and not force and any(target.iterdir()):
        raise OutputExistsError(f"{target}: exists; use --force to write into it")
    chosen = scenario if isinstance(scenario, Scenario) else load(scenario)
    if seed is not None:
        chosen = chosen._replace(seed=seed)
    if cycles is not None:
        chosen = chosen._replace(cycles=cycles)
    if force and target is not None and isinstance(scenario, (str, Path)):
        _spare(Path(scenario), target)
    begun = network.load(Path(start_from), layouts) if start_from is not None else None
    try:
        made = run(chosen, begun, layouts=layouts, progress=progress)
    except FieldError as error:
        if error.field.rpartition(".")[2] != "sync":
            raise
        raise UsageError(f"{NUMBERS_END} ({error})") from None
    written = contents(made)
    paths = []
    if image is not None:
        from glbtools.simulation.image import write_image

        place = Path(image)
        paths = [place, write_image(written, made.file_times, place, deleted=deleted, force=force)]
    if target is None:
        return paths
    if force:
        _clear(target)
    return [*paths, *files.write_tree(written, target, force=force, sync=False)]


def _spare(scenario: Path, target: Path) -> None:
    """Refuse to write anew the directories in which the scenario itself lies.

    Raises:
        UsageError: it lies there.
    """
    place, within = scenario.resolve(), target.resolve()
    if scenario.is_file() and place.is_relative_to(within) and place.parent != within:
        raise UsageError(f"{scenario}: the scenario itself lies in {target}, which is written anew; name another --out")


def _clear(target: Path) -> None:
    """Remove the network that an earlier simulation has written here: what is left of it would be taken for this one's.

    Only our own directory, and the known directories of the postoffices that it names.
    """
    kept = target / OWN / "network.json"
    if not kept.is_file() or kept.is_symlink():
        return
    for office in network.load(target).offices.values():
        path = target / office.path
        if path.is_dir() and path.resolve().is_relative_to(target.resolve()):
            for area in path.iterdir():
                if area.name.upper() in AREAS and area.is_dir() and not area.is_symlink():
                    shutil.rmtree(area)
    shutil.rmtree(target / OWN)


def truth_of(directory: str | Path) -> dict[str, Any]:
    """Return the truth about a network that a simulation has written: a directory, or an image with it beside.

    Args:
        directory: the network's directory, or the image.

    Raises:
        FileAccessError: there is none.
        UsageError: it cannot be understood.
    """
    place = Path(directory)
    path = place.with_name(f"{place.name}.truth.json") if place.is_file() else place / OWN / "truth.json"
    try:
        found: dict[str, Any] = read_json(files.read(path))
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    return found


def run(
    scenario: Scenario,
    begun: Network | None = None,
    *,
    layouts: Layouts | None = None,
    progress: Callable[[int, int], None] | None = None,
    dated: bool = True,
) -> Network:
    """Run a scenario in memory, from the beginning or on from where a network stands.

    ``dated``: note when each file is written, as its file system would.
    """
    made = begun or first_day(scenario, layouts)
    if not dated:
        made.disk.clock = None
    dice = Dice(scenario.seed)
    before = made.cycle
    for number in range(1, scenario.cycles + 1):
        if progress:
            progress(number, scenario.cycles)
        _cycle(made, scenario, number, dice, fresh=begun is None and before + number == 1)
    return made


def first_day(scenario: Scenario, layouts: Layouts | None = None) -> Network:
    """Return the network of a scenario before its first cycle."""
    made = network.found(
        scenario.network,
        scenario.server,
        scenario.postoffices,
        layouts=layouts,
        rules=scenario.rules,
        keep_updates=scenario.keep_updates,
    )
    made.start = scenario.start
    return made


def contents(made: Network) -> dict[str, bytes]:
    """Return all files of a network, the truth about it among them."""
    document = json.dumps(truth.document(made), indent=1, ensure_ascii=True) + "\n"
    return network.save(made) | {f"{OWN}/truth.json": document.encode("ascii")}


def _cycle(made: Network, scenario: Scenario, number: int, dice: Dice, *, fresh: bool) -> None:
    made.begin("T0")
    if fresh:
        for office in made.offices.values():
            actions.install(made, office, scenario.users)
    live(made, dice, scenario.changes)
    _happen(made, scenario, number, "T0")
    for phase in PHASES[1:]:
        if number == scenario.cycles and PHASES.index(phase) > PHASES.index(scenario.stop):
            return
        made.begin(phase)
        phases.run(made, phase)
        truth.settle(made, None)
        _happen(made, scenario, number, phase)


def _happen(made: Network, scenario: Scenario, number: int, after: str) -> None:
    """Do what a scenario says for a moment: first what people do, then what goes wrong."""
    for step in scenario.steps:
        if (step.cycle, step.after) == (number, after):
            _do(made, step)
    for mishap in scenario.mishaps:
        if mishap.cycle <= number <= mishap.until and mishap.after == after:
            _go_wrong(made, mishap)


def _do(made: Network, step: Step) -> None:
    actions.ACTIONS[step.do].do(made, made.holder(step.at), **step.options)
    truth.settle(made, None)


def _go_wrong(made: Network, mishap: Mishap) -> None:
    fault = faults.inject(made, mishap.name, made.holder(mishap.at), **mishap.options)
    truth.settle(made, fault)
