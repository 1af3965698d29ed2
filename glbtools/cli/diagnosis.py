"""``diagnose`` and ``unsent``: the questions the project exists for."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glbtools.cli import FOUND, complaints, put
from glbtools.cli.arguments import problem_names
from glbtools.cli.options import Common, Names, Older, PageFormat, Paths, RowFormat, names, shares

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


Evidence = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH...",
        help="A postoffice, a network of them, or their files; directory dumps with their states and reports; pairs.",
    ),
]


@shares("layout", "color", "quiet", "max_file_size", forms=RowFormat)
def diagnose(
    paths: Evidence,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select",
            metavar="CODE|SLUG",
            help="Only these problems; may be given again.",
            autocompletion=problem_names,
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore",
            metavar="CODE|SLUG",
            help="Not these problems; may be given again.",
            autocompletion=problem_names,
        ),
    ] = None,
    min_severity: Annotated[Severity, typer.Option("--min-severity", help="Leave out what is milder.")] = Severity.note,
    older: Older = None,
    name: Names = None,
    now: Annotated[
        str | None, typer.Option("--now", metavar="TIME", help="The present; the latest stamp found unless given.")
    ] = None,
    tz: Annotated[
        str | None, typer.Option("--tz", metavar="ZONE", help="Zone of the postoffices' clocks, to read --now in.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show what is alike one by one, and name what is only counted.")
    ] = False,
    *,
    common: Common,
) -> None:
    """Say what is wrong with a postoffice or a network, a directory dump or a synchronized pair, and why.

    Status 1 when anything is found that is a warning or an error, 2 when something could not be read, or nothing could
    be judged; 2 counts more than 1.

    Example: glbtools diagnose backup/maildata
    """
    from glbtools.diagnosis import engine
    from glbtools.errors import UsageError

    selection = slugs(select, "--select"), slugs(ignore, "--ignore")
    for both in set(selection[0]) & set(selection[1]):
        raise UsageError(f"--ignore {both}: goes without --select {both}; leave one of them out")
    part = bool(select or ignore or min_severity != Severity.note)
    report = engine.diagnose(
        *paths,
        older=older or (),
        now=moment(now, tz),
        layouts=common.layouts,
        max_size=common.max_size,
        progress=common.progress,
        names=names(name),
    ).selected(*selection, min_severity=min_severity.value)
    if common.as_text:
        from glbtools.reporting import findings

        put(common.lines(findings.report(report, verbose=verbose, part=part)))
    else:
        from glbtools import __version__
        from glbtools.reporting import diagnosis as data
        from glbtools.reporting.documents import dumps

        if common.as_json:
            put([dumps(data.document(report, __version__))])
        elif common.form == RowFormat.jsonl:
            put(data.json_lines(report.findings))
        else:
            put(data.csv_text(report.findings).splitlines())
    raise typer.Exit(complaints(report.failures) or (FOUND if report.troubled else 0))


@shares("layout", "color", "quiet", "max_file_size", forms=RowFormat)
def unsent(
    paths: Paths,
    direction: Annotated[
        Direction, typer.Option("--direction", help="To the server, from it, or both.")
    ] = Direction.upload,
    older: Older = None,
    name: Names = None,
    *,
    common: Common,
) -> None:
    """List every change that has not reached the server, and why; with --direction both those from it, too.

    Status 0 whether there are any or not, 2 when something could not be read.

    Example: glbtools unsent --direction both backup/network
    """
    from glbtools.diagnosis.unsent import unsent as find
    from glbtools.reporting import unsent as render

    found = find(
        *paths,
        direction=direction.value,
        older=older or (),
        layouts=common.layouts,
        max_size=common.max_size,
        progress=common.progress,
        names=names(name),
    )
    if common.as_text:
        put(common.lines(render.report(found)))
    elif common.as_json:
        put([render.document(found)])
    elif common.form == RowFormat.jsonl:
        put(render.json_lines(found))
    else:
        put(render.csv_text(found).splitlines())
    raise typer.Exit(complaints(found.unreadable.values()))


@shares("layout", "color", "quiet", "max_file_size", forms=PageFormat)
def evidence(paths: Evidence, older: Older = None, *, common: Common) -> None:
    """List what is there: postoffices, dumps, pairs, copies, deleted files, and what nobody could read.

    Status 2 when nothing is recognised, or something that may be evidence could not be read.

    Example: glbtools evidence case.zip
    """
    from glbtools.diagnosis.inventory import find_evidence
    from glbtools.reporting import evidence as render

    common.working("looking for evidence")
    found = find_evidence(*paths, older=older or (), layouts=common.layouts, max_size=common.max_size)
    put([render.document(found)] if common.as_json else common.lines(render.report(found)))
    raise typer.Exit(complaints(found.failures))


def slugs(given: Iterable[str] | None, option: str) -> list[str]:
    """Return the slugs of problems that an option names by code or slug.

    Raises:
        UsageError: there is no such problem.
    """
    from glbtools.diagnosis.problems import find
    from glbtools.errors import UsageError

    found = []
    for each in given or ():
        if "," in each:
            raise UsageError(
                f"{option} {each}: one at a time, as {' '.join(f'{option} {one}' for one in each.split(','))}"
            )
        try:
            found.append(find(each).slug)
        except UsageError as error:
            raise UsageError(f"{option} {each}: {error}") from None
    return found


def moment(text: str | None, zone: str | None) -> datetime | None:
    """Return ``--now`` as the postoffices' clocks would show it; one with an offset is turned into ``--tz``.

    Raises:
        UsageError: it is no date and time, or the zone is unknown.
    """
    from datetime import datetime

    from glbtools.errors import UsageError
    from glbtools.events.zones import zone_of

    place = zone_of(zone, "--tz ") if zone else None
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--now {text}: is not a date and time such as 1994-04-07T12:13:52") from None
    if found.tzinfo is not None and place is None:
        raise UsageError(f"--now {text}: an offset needs --tz, since no file says in which zone its clock was")
    return found.astimezone(place).replace(tzinfo=None) if found.tzinfo is not None else found
