"""``sync``: two stores kept in step, by messages that may be lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glbtools.cli import FOUND, complain, put
from glbtools.cli.options import Common, PageFormat, shares

if TYPE_CHECKING:
    from glbtools.sync.agent import Result

PairFile = Annotated[Path, typer.Argument(metavar="PAIR.toml", help="Description of the pair.")]


@shares("color", "quiet")
def init(pair: PairFile, *, common: Common) -> None:
    """Make the stores and the spool directory of a pair, where they are not there.

    Example: glbtools sync init north-south.toml
    """
    from glbtools.reporting.sync import init_report
    from glbtools.sync.pair import init as begin

    made = begin(pair)
    if not common.quiet:
        put(common.lines(init_report(made)))


@shares("color", "quiet", forms=PageFormat)
def run(
    pair: PairFile,
    once: Annotated[bool, typer.Option("--once", help="One round, whatever schedule the pair has.")] = False,
    every: Annotated[
        str | None, typer.Option("--every", metavar="TIME", help="A round every 15m, 30s, 2h or 1d.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Begin with a full synchronization: compare everything.")
    ] = False,
    *,
    common: Common,
) -> None:
    """Synchronize a pair: once, or on its schedule until something must be decided.

    Status 1 when it cannot go on by itself: the source went back, or changes were purged before they were sent.

    Example: glbtools sync run north-south.toml --every 15m
    """
    from glbtools.errors import UsageError
    from glbtools.reporting import sync as render
    from glbtools.sync import pair as pairs

    if once and every:
        raise UsageError("--every: goes without --once; leave one of them out")
    try:
        seconds = None if every is None else pairs.seconds(every)
    except ValueError as error:
        raise UsageError(f"--every {every}: {error}") from None
    shows = common.as_text and not common.quiet

    def told(result: Result) -> bool:
        if shows:
            return not put(common.lines(render.result_report(result)))
        if result.reason:
            complain(result.reason)
        return False

    show = common.progress if once or not (seconds or pairs.load(pair).every) else None
    result = pairs.run(pair, once=once, every=seconds, full=full, until=told, progress=show)
    told(result)
    if common.as_json:
        put([render.result_document(result)])
    raise typer.Exit(0 if result.outcome == "complete" else FOUND)


@shares("color", "quiet", forms=PageFormat)
def status(pair: PairFile, *, common: Common) -> None:
    """Say how a pair stands: how far the target has got, what waits, and what is wrong.

    Status 1 when it cannot go on by itself, or conflicts wait to be looked at.

    Example: glbtools sync status north-south.toml
    """
    from glbtools.reporting import sync as render
    from glbtools.sync import pair as pairs

    found = pairs.status(pair)
    if common.as_json:
        put([render.status_document(found)])
    else:
        put(common.lines(render.status_report(found)))
    raise typer.Exit(FOUND if found.troubled else 0)
