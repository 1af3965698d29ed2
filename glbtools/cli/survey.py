"""``survey``: many postoffices, one table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glbtools.cli import FOUND, complaints, put
from glbtools.cli.options import Common, PageFormat, Paths, shares


@shares("layout", "color", "quiet", "max_file_size", forms=PageFormat)
def survey(
    paths: Paths,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Directory to write to.")],
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", help="Processes; one for each processor unless given.", min=0, max=1000),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", metavar="ADDRESS", help="A Dask scheduler, as tcp://host:8786, whose workers judge."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the survey in DIR.")] = False,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="S", help="Seconds that a unit may take.", min=0.001)
    ] = None,
    records: Annotated[
        bool, typer.Option("--records", help="Also write every record of every queue: records.parquet (extra parquet).")
    ] = False,
    *,
    common: Common,
) -> None:
    """Diagnose every postoffice and network below some paths, and write one database and one page of them all.

    DIR gets survey.jsonl, a line for each unit as it is done, then tables of units, findings, changes and inputs
    (survey.sqlite; with the extra parquet a .parquet file each), and summary.html. Status 1 when anything is found that
    is a warning or an error, 2 when a unit could not be judged, or a record not be had.

    Example: glbtools survey archive --out survey
    """
    from glbtools.errors import UsageError
    from glbtools.fleet import summary as render
    from glbtools.fleet.survey import survey as run

    if scheduler is not None and workers is not None:
        raise UsageError("--workers: goes without --scheduler, whose cluster has its own; leave one of them out")
    show = common.progress
    found = run(
        *paths,
        out=out,
        workers=workers,
        scheduler=scheduler,
        resume=resume,
        timeout=timeout,
        records=records,
        layouts=common.layouts,
        max_size=common.max_size,
        progress=(lambda each: show(str(each), int(1000 * each.reached), 1000)) if show else None,
    )
    if common.as_json:
        put([render.document(found)])
    elif not common.quiet:
        put(common.lines(render.short(found)))
    raise typer.Exit(complaints(found.failures) or (FOUND if found.troubled else 0))
