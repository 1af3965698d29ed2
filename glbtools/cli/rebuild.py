"""``rebuild``: a consistent copy in a new directory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glbtools.cli import FOUND, complaints, put
from glbtools.cli.arguments import problem_names
from glbtools.cli.diagnosis import slugs
from glbtools.cli.options import Common, Names, Older, PageFormat, names, shares


@shares("layout", "color", "quiet", "max_file_size", forms=PageFormat)
def rebuild(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A directory, archive or image: a postoffice, or a network of them.")
    ],
    into: Annotated[Path | None, typer.Option("--into", "-o", metavar="DIR", help="New directory to write to.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, and write nothing.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="CODE|SLUG", help="Only these problems; may be given again.", autocompletion=problem_names
        ),
    ] = None,
    unsafe: Annotated[bool, typer.Option("--unsafe", help="Allow edits that may change what files mean.")] = False,
    older: Older = None,
    name: Names = None,
    carve: Annotated[
        list[Path] | None,
        typer.Option("--carve", metavar="IMAGE", help="Look for queue records in this file; may be given again."),
    ] = None,
    *,
    common: Common,
) -> None:
    """Make a consistent copy of a postoffice or a network in a new directory, and say what could not be repaired.

    Status 1 when the result still has a warning or an error, or something is lost; with --dry-run, when something is
    left. Status 2 when something could not be read, or an original changed meanwhile.

    Example: glbtools rebuild backup/maildata --into rebuilt
    """
    import sys

    from glbtools.diagnosis.engine import diagnose
    from glbtools.errors import UsageError
    from glbtools.repair.plan import plan_rebuild, refuse
    from glbtools.reporting import rebuild as render

    if into is None and not dry_run:
        raise UsageError("--into DIR: is missing; give it, or --dry-run to see the plan only")
    if into is not None:
        refuse(path, into)
    slugs(only, "--only")
    show = common.progress
    report = diagnose(
        path,
        older=older or (),
        layouts=common.writable_layouts,
        max_size=common.max_size,
        progress=show,
        names=names(name),
    )
    plan = plan_rebuild(report, unsafe=unsafe, only=only or (), carve=carve or ())
    if common.as_text and not common.quiet:
        put(common.lines(render.plan_report(plan)))
    result = None
    if into is not None and not dry_run:
        result = plan.write(into, arguments=sys.argv[1:], progress=show)
    if common.as_json:
        put([render.document(plan, result)])
    elif result is not None and not common.quiet:
        put(common.lines(render.result_report(result, plan)))
    if status := complaints([*report.failures, *(result.failures if result else ())]):
        raise typer.Exit(status)
    unclean = result.remaining if result is not None else plan.undone
    raise typer.Exit(FOUND if unclean or plan.lost else 0)
