"""``rebuild``: a consistent copy in a new directory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glbtools.cli import COULD_NOT, FOUND, complain, diagnosis, put
from glbtools.cli.diagnosis import Older
from glbtools.cli.options import (
    Color,
    Form,
    Json,
    LayoutFiles,
    MaxFileSize,
    PageFormat,
    Quiet,
    chosen_layouts,
    screen_of,
    writable,
)
from glbtools.files import DEFAULT_MAX_SIZE


def rebuild(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A directory: a postoffice, or a network of them.")],
    into: Annotated[Path | None, typer.Option("--into", metavar="DIR", help="New directory to write to.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, and write nothing.")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="CODE|SLUG", help="Only these problems; may be given again.")
    ] = None,
    unsafe: Annotated[bool, typer.Option("--unsafe", help="Allow edits that may change what files mean.")] = False,
    older: Older = None,
    carve: Annotated[
        list[Path] | None,
        typer.Option("--carve", metavar="IMAGE", help="Look for queue records in this file; may be given again."),
    ] = None,
    layout: LayoutFiles = None,
    output: Form = PageFormat.table,
    json: Json = False,
    color: Color = None,
    quiet: Quiet = False,
    max_file_size: MaxFileSize = DEFAULT_MAX_SIZE,
) -> None:
    """Make a consistent copy of a postoffice or a network in a new directory, and lose no change.

    Status 1 when something is left that it may not repair, or lost.

    Example: glbtools rebuild backup/maildata --into rebuilt
    """
    import sys

    from glbtools.diagnosis.engine import diagnose
    from glbtools.repair.plan import plan_rebuild, refuse
    from glbtools.reporting import rebuild as render

    if into is None and not dry_run:
        raise typer.BadParameter("is needed, or --dry-run", param_hint="--into")
    if into is not None:
        refuse(path, into)
    show = diagnosis.progress(quiet=quiet)
    report = diagnose(
        path, older=older or (), layouts=writable(chosen_layouts(layout)), max_size=max_file_size, progress=show
    )
    plan = plan_rebuild(report, unsafe=unsafe, only=only or (), carve=carve or ())
    as_json = json or output is PageFormat.json
    screen = screen_of(color)
    if not as_json and not quiet:
        put(render.plan_lines(plan, screen))
    result = None
    if into is not None and not dry_run:
        result = plan.write(into, arguments=sys.argv[1:], progress=show)
    if as_json:
        put([render.document(plan, result)])
    elif result is not None and not quiet:
        put(render.result_lines(result, plan, screen))
    troubled = [*report.unreadable.values(), *(f"{each}: changed" for each in (result.changed if result else ()))]
    for each in troubled:
        complain(each)
    if troubled:
        raise typer.Exit(COULD_NOT)
    unclean = result.remaining if result is not None else list(plan.undone)
    raise typer.Exit(FOUND if unclean or plan.lost else 0)
