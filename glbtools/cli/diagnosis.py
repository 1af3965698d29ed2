"""``diagnose`` and ``unsent``: the questions the project exists for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glbtools.cli import COULD_NOT, FOUND, complain, put
from glbtools.cli.options import (
    Color,
    Json,
    LayoutFiles,
    MaxFileSize,
    Quiet,
    RowFormat,
    Rows,
    chosen_layouts,
    screen_of,
)
from glbtools.files import DEFAULT_MAX_SIZE

if TYPE_CHECKING:
    from datetime import datetime


class Severity(StrEnum):
    """From which severity on findings are shown."""

    note = "note"
    warning = "warning"
    error = "error"


class Direction(StrEnum):
    """Which changes are looked for."""

    upload = "upload"
    download = "download"
    both = "both"


Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help="A postoffice, a network of them, or their files.")
]
Evidence = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH...",
        help="A postoffice, a network of them, or their files; directory dumps with their states and reports; pairs.",
    ),
]
Older = Annotated[
    list[Path] | None,
    typer.Option("--older", metavar="PATH", help="Evidence of an earlier moment; may be given again."),
]


def diagnose(
    paths: Evidence,
    select: Annotated[
        list[str] | None, typer.Option("--select", metavar="CODE|SLUG", help="Only these problems; may be given again.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="CODE|SLUG", help="Not these problems; may be given again.")
    ] = None,
    min_severity: Annotated[Severity, typer.Option("--min-severity", help="Leave out what is milder.")] = Severity.note,
    older: Older = None,
    now: Annotated[
        str | None, typer.Option("--now", metavar="TIME", help="The present; the latest stamp found unless given.")
    ] = None,
    tz: Annotated[
        str | None, typer.Option("--tz", metavar="ZONE", help="Zone of the postoffices' clocks, to read --now in.")
    ] = None,
    layout: LayoutFiles = None,
    output: Rows = RowFormat.table,
    json: Json = False,
    color: Color = None,
    quiet: Quiet = False,
    max_file_size: MaxFileSize = DEFAULT_MAX_SIZE,
) -> None:
    """Say what is wrong with a postoffice or a network, a directory dump or a synchronized pair, and why.

    Status 1 when anything is found that is a warning or an error.

    Example: glbtools diagnose backup/maildata
    """
    from glbtools.diagnosis import engine
    from glbtools.diagnosis.problems import SEVERITIES, find

    wanted, unwanted = {find(each).slug for each in select or ()}, {find(each).slug for each in ignore or ()}
    report = engine.diagnose(
        *paths,
        older=older or (),
        now=moment(now, tz),
        layouts=chosen_layouts(layout),
        max_size=max_file_size,
        progress=progress(quiet=quiet),
    )
    levels = SEVERITIES[: SEVERITIES.index(min_severity.value) + 1]
    findings = [
        each
        for each in report.findings
        if each.severity in levels and (not wanted or each.problem.slug in wanted) and each.problem.slug not in unwanted
    ]
    output = RowFormat.json if json else output
    if output is RowFormat.table:
        from glbtools.reporting import findings as table

        put(table.show(report, findings, screen_of(color)))
    else:
        from glbtools import __version__
        from glbtools.reporting import diagnosis as data
        from glbtools.reporting.documents import dumps

        if output is RowFormat.json:
            put([dumps(data.document(report, findings, __version__))])
        elif output is RowFormat.jsonl:
            put(data.json_lines(findings))
        else:
            put(data.csv_text(findings).splitlines())
    status = max((FOUND for each in findings if each.severity != "note"), default=0)
    raise typer.Exit(_troubles(report.unreadable, report.changed) or status)


def unsent(
    paths: Paths,
    direction: Annotated[
        Direction, typer.Option("--direction", help="To the server, from it, or both.")
    ] = Direction.upload,
    older: Older = None,
    layout: LayoutFiles = None,
    output: Rows = RowFormat.table,
    json: Json = False,
    color: Color = None,
    quiet: Quiet = False,
    max_file_size: MaxFileSize = DEFAULT_MAX_SIZE,
) -> None:
    """List every change that has not reached its target, and why.

    Example: glbtools unsent --direction both backup/network
    """
    from glbtools.diagnosis.unsent import unsent as find
    from glbtools.reporting import unsent as render

    found = find(
        *paths,
        direction=direction.value,
        older=older or (),
        layouts=chosen_layouts(layout),
        max_size=max_file_size,
        progress=progress(quiet=quiet),
    )
    output = RowFormat.json if json else output
    if output is RowFormat.table:
        put(render.show(found, screen_of(color)))
    elif output is RowFormat.json:
        put([render.document(found)])
    elif output is RowFormat.jsonl:
        put(render.json_lines(found))
    else:
        put(render.csv_text(found).splitlines())
    raise typer.Exit(_troubles(found.unreadable, []))


def moment(text: str | None, zone: str | None) -> datetime | None:
    """Return ``--now`` as the postoffices' clocks would show it; one with an offset is turned into ``--tz``.

    Raises:
        typer.BadParameter: it is no date and time, or the zone is unknown.
    """
    from datetime import datetime
    from zoneinfo import ZoneInfo

    try:
        place = ZoneInfo(zone) if zone else None
    except (OSError, ValueError, KeyError):
        raise typer.BadParameter(f"{zone!r} is no time zone", param_hint="--tz") from None
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no date and time such as 1994-04-07T12:13:52", param_hint="--now"
        ) from None
    if found.tzinfo is not None and place is None:
        raise typer.BadParameter(
            "an offset needs --tz: the files do not say which zone their clocks are in", param_hint="--now"
        )
    return found.astimezone(place).replace(tzinfo=None) if found.tzinfo is not None else found


def progress(*, quiet: bool) -> Callable[[str], None] | None:
    """Return what shows progress on standard error; None where nobody watches."""
    if quiet or not sys.stderr.isatty():
        return None
    from glbtools.reporting.text import safe

    def show(name: str) -> None:
        sys.stderr.write(f"\r\x1b[K{safe(name)[:60]}\r")
        sys.stderr.flush()

    return show


def _troubles(unreadable: dict[str, str], changed: list[str]) -> int:
    for reason in unreadable.values():
        complain(reason)
    for path in changed:
        complain(f"{path}: changed while it was looked at")
    return COULD_NOT if unreadable or changed else 0
