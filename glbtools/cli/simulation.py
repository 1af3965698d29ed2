"""``simulate``: networks of postoffices with a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glbtools.cli import put
from glbtools.cli.arguments import scenario_names
from glbtools.cli.options import Common, IntoFull, PageFormat, shares

LAST = 2**63 - 1
"""The largest seed."""


@shares("layout", "color", "quiet", forms=PageFormat)
def simulate(
    scenario: Annotated[
        str | None,
        typer.Argument(
            metavar="SCENARIO", help="A scenario file, or the name of a shipped one.", autocompletion=scenario_names
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Directory to write to.")] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", help="Another random life than the scenario's.", min=0, max=LAST),
    ] = None,
    cycles: Annotated[
        int | None, typer.Option("--cycles", metavar="N", help="As many cycles, and not the scenario's.", min=1)
    ] = None,
    start_from: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Go on with the network in this directory.")
    ] = None,
    many: Annotated[
        int | None,
        typer.Option("--many", metavar="N", help="As many small networks, with faults drawn at random.", min=1),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", metavar="N", help="Processes for --many; one for each processor unless given.", min=0, max=1000
        ),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Show the scenarios and the faults.")] = False,
    image: Annotated[
        Path | None,
        typer.Option("--image", metavar="FILE.img|FILE.zip", help="Write an image of a disk, or an archive."),
    ] = None,
    delete: Annotated[
        list[str] | None,
        typer.Option("--delete", metavar="PATH", help="Delete this file in the image; may be given again."),
    ] = None,
    force: IntoFull = False,
    *,
    common: Common,
) -> None:
    """Simulate a network of postoffices, cycle by cycle, over real files, with faults and known truth.

    What became of every change stands in DIR/glbtools-simulation/truth.json; of --many networks, whose seeds are S, S+1
    and so on, a line for each in truth.jsonl there.

    Example: glbtools simulate server-restored --out restored

    Or: glbtools simulate --many 1000 --seed 1 --out archive
    """
    from glbtools.errors import UsageError
    from glbtools.reporting import simulation as render

    if listed:
        from glbtools.simulation.faults import FAULTS
        from glbtools.simulation.scenario import shipped, summary

        scenarios = {name: summary(name) for name in shipped()}
        faults = FAULTS.values()
        if common.as_json:
            put([render.listing(scenarios, faults)])
        else:
            put(common.lines(render.catalogue(scenarios, faults)))
        return
    if workers is not None and many is None:
        raise UsageError("--workers: goes with --many N only; give that, too")
    if many is not None:
        others = {"SCENARIO": scenario, "--cycles": cycles, "--from": start_from, "--image": image, "--delete": delete}
        unfit = [name for name, value in (others | {"--force": force or None}).items() if value is not None]
        if unfit:
            raise UsageError(f"--many: goes with --seed, --workers and --out only; leave out {', '.join(unfit)}")
        if out is None:
            raise UsageError("--out DIR: is missing; --many N writes to a directory")
        _many(many, out, seed, workers, common)
        return
    if scenario is None:
        raise UsageError("SCENARIO: is missing; glbtools simulate --list shows the scenarios")
    if out is None and image is None:
        raise UsageError("--out DIR: is missing; give it, or --image FILE for a disk")
    if delete and image is None:
        raise UsageError("--delete PATH: goes with --image FILE only; give that, too")
    from glbtools.simulation.run import simulate as run
    from glbtools.simulation.run import truth_of

    show = common.progress
    written = run(
        scenario,
        out,
        image=image,
        deleted=delete or (),
        seed=seed,
        cycles=cycles,
        start_from=start_from,
        layouts=common.layouts,
        force=force,
        progress=(lambda cycle, of: show("cycles", cycle - 1, of)) if show else None,
    )
    place = out or image
    assert place is not None
    truth = truth_of(place)
    if common.as_json:
        put([render.document(truth, written)])
    elif not common.quiet:
        put(common.lines(render.report(truth, place)))


def _many(count: int, out: Path, seed: int | None, workers: int | None, common: Common) -> None:
    from glbtools.reporting import simulation as render
    from glbtools.simulation.many import simulate_many

    show = common.progress
    table = simulate_many(
        count,
        out,
        seed=1 if seed is None else seed,
        workers=workers,
        layouts=common.layouts,
        progress=(lambda done, of: show("networks", done, of)) if show else None,
    )
    if common.as_json:
        put([render.document_of_many(count, table)])
    elif not common.quiet:
        put(common.lines(render.report_of_many(count, table)))
