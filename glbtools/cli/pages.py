"""``report`` and ``timeline``: what people look at and pass on."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from glbtools.cli import FOUND, complain, complaints, put
from glbtools.cli.options import Common, Names, Older, PageFormat, Paths, Replace, names, shares
from glbtools.files import STDIN


class TimelineForm(StrEnum):
    """Forms of a timeline."""

    jsonl = "jsonl"
    csv = "csv"
    bodyfile = "bodyfile"
    table = "table"


Zones = Annotated[
    list[str] | None,
    typer.Option("--tz", metavar="[NET/PO=]ZONE", help="Zone of all clocks, or of one; may be given again."),
]


@shares("layout", "color", "quiet", "max_file_size", forms=PageFormat)
def timeline(
    paths: Paths,
    to: Annotated[
        str | None,
        typer.Option("--to", "-o", metavar="FILE|-", help="Where it goes; a table on the terminal unless given."),
    ] = None,
    form: Annotated[
        TimelineForm | None,
        typer.Option("--as", help="Form: jsonl is for Timesketch, bodyfile for mactime; jsonl unless given."),
    ] = None,
    tz: Zones = None,
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Leave out what is earlier.")] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Leave out what is later; a day is in as a whole.")
    ] = None,
    older: Older = None,
    force: Replace = False,
    *,
    common: Common,
) -> None:
    """Write everything that is dated as one stream: log lines, records, exports, changes, findings.

    Status 2 when something could not be read; the rest is written all the same.

    Example: glbtools timeline backup/network --to case.jsonl --tz America/New_York
    """
    from glbtools.errors import UsageError
    from glbtools.events.timeline import timeline as gathered
    from glbtools.events.zones import said
    from glbtools.reporting import timeline as render

    _apart(to, paths)
    every, each = said(tz or ())
    if form and to is None and common.as_json:
        raise UsageError(f"--as {form}: goes with --to FILE, or without --json; give the one or leave out the other")
    wanted = form.value if form else "jsonl" if to else "table"
    found = gathered(
        *paths,
        zone=every,
        zones=each,
        since=since,
        until=until,
        older=older or (),
        layouts=common.layouts,
        max_size=common.max_size,
        progress=common.progress,
    )
    if to is not None and to != "-":
        render.write_timeline(found, to, form=wanted, force=force)
    if common.as_json:
        from glbtools import __version__

        put(render.document(found, __version__, events=to is None))
    elif to is None or to == "-":
        put(common.lines(render.report(found)) if wanted == "table" else render.FORMS[wanted](found))
    if not common.quiet and not common.as_json and wanted != "table":
        for note in render.notes(found, wanted):
            complain(note)
    raise typer.Exit(complaints(found.report.failures))


@shares("layout", "color", "quiet", "max_file_size", forms=PageFormat)
def report(
    paths: Paths,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            "-o",
            metavar="FILE.html",
            help="The page; as text on the terminal unless given.",
        ),
    ] = None,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="Title; what is wrong unless given.")] = "",
    case: Annotated[str, typer.Option("--case", metavar="TEXT", help="The case it belongs to.")] = "",
    examiner: Annotated[str, typer.Option("--examiner", metavar="TEXT", help="Who made it.")] = "",
    older: Older = None,
    name: Names = None,
    tz: Zones = None,
    force: Replace = False,
    *,
    common: Common,
) -> None:
    """Write a diagnosis as one page to forward: what is wrong, what was lost, why, what to do, on what it rests.

    The page needs nothing else, runs nothing and loads nothing. Status 1 when anything is a warning or an error, 2
    when something could not be read, or nothing could be judged; 2 counts more than 1.

    Example: glbtools report backup/network --to network.html --case 1994-17
    """
    from glbtools.diagnosis import engine
    from glbtools.errors import UsageError
    from glbtools.events.zones import said
    from glbtools.reporting import findings, story

    if to == STDIN:
        raise UsageError("--to -: a page goes to a file; name one, such as report.html")
    _apart(to, paths)
    zone, zones = said(tz or ())
    details = story.CaseDetails(title, case, examiner, zone, zones)
    _ = details.clocks  # a zone that is none is said before the work begins
    found = engine.diagnose(
        *paths,
        older=older or (),
        layouts=common.layouts,
        max_size=common.max_size,
        progress=common.progress,
        names=names(name),
    )
    size = 0
    if to is not None:
        size = story.write_report(found, to, **details._asdict(), force=force, progress=common.progress)
    elif not common.as_json:
        put(common.lines(story.story(found, details, common.progress)))
    if common.as_json:
        from glbtools import __version__

        blocks = () if to else story.story(found, details, common.progress)
        put([story.document(found, __version__, to, size, blocks)])
    elif to and not common.quiet:
        complain(f"{to}: {size} bytes; {findings.summary(found)}")
    raise typer.Exit(complaints(found.failures) or (FOUND if found.troubled else 0))


def _apart(to: str | None, paths: Iterable[Path]) -> None:
    """Refuse to write into the evidence.

    Raises:
        UsageError: the file would be among what is read.
    """
    from glbtools.files import check_outside

    if to and to != STDIN:
        check_outside(to, paths)
