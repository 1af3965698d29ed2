"""``simulate``: networks of postoffices with a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glbtools.cli import diagnosis, put
from glbtools.cli.options import Color, Form, Json, LayoutFiles, PageFormat, Quiet, chosen_layouts, screen_of


def simulate(
    scenario: Annotated[
        str | None, typer.Argument(metavar="SCENARIO", help="A scenario file, or the name of a shipped one.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Directory to write to.")] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="Another random life than the scenario's.", min=0)
    ] = None,
    cycles: Annotated[
        int | None, typer.Option("--cycles", metavar="N", help="As many cycles, and not the scenario's.", min=1)
    ] = None,
    start_from: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Go on with the network in this directory.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Show the scenarios and the faults.")] = False,
    layout: LayoutFiles = None,
    force: Annotated[bool, typer.Option("--force", help="Write into a directory that holds something.")] = False,
    output: Form = PageFormat.table,
    json: Json = False,
    color: Color = None,
    quiet: Quiet = False,
) -> None:
    """Simulate a network of postoffices, cycle by cycle, over real files, with faults and known truth.

    What became of every change stands in DIR/glbtools-simulation/truth.json.

    Example: glbtools simulate server-restored --out restored
    """
    from glbtools.reporting import simulation as render

    as_json = json or output is PageFormat.json
    if listed:
        from glbtools.simulation.faults import FAULTS
        from glbtools.simulation.scenario import shipped, summary

        scenarios = {name: summary(name) for name in shipped()}
        faults = FAULTS.values()
        if as_json:
            put([render.listing(scenarios, faults)])
        else:
            put(render.catalogue(scenarios, faults, screen_of(color)))
        return
    if scenario is None:
        raise typer.BadParameter("a scenario is needed, or --list", param_hint="SCENARIO")
    if out is None:
        raise typer.BadParameter("is needed", param_hint="--out")
    from glbtools.simulation.run import simulate as run
    from glbtools.simulation.run import truth_of

    show = diagnosis.progress(quiet=quiet)
    written = run(
        scenario,
        out,
        seed=seed,
        cycles=cycles,
        start_from=start_from,
        layouts=chosen_layouts(layout),
        force=force,
        progress=(lambda cycle, of: show(f"cycle {cycle} of {of}")) if show else None,
    )
    truth = truth_of(out)
    if as_json:
        put([render.document(truth, written)])
    elif not quiet:
        put(render.show(truth, out, screen_of(color)))
