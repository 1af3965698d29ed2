"""``learn``: the layout of genuine files, or what would be needed to tell it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glbtools.cli import COULD_NOT, FOUND, complain, put
from glbtools.cli.options import Common, PageFormat, Replace, once, shares
from glbtools.files import STDIN

if TYPE_CHECKING:
    from glbtools.learn.result import Learning


class Family(StrEnum):
    """Which kind of file is learnt from."""

    queue = "queue"
    reqconf = "reqconf"
    srvconf = "srvconf"


@shares("color", "quiet", "max_file_size", forms=PageFormat)
def learn(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files of one kind, all in the same layout.")],
    listing: Annotated[
        list[Path] | None,
        typer.Option(
            "--listing", metavar="LISTING.txt", help="What LISTQ or LISTDS printed of a file; may be given again."
        ),
    ] = None,
    known: Annotated[
        list[str] | None,
        typer.Option("--known", metavar="[FILE:]NAME=VALUE", help="A value known to be in a file; may be given again."),
    ] = None,
    pin: Annotated[
        list[str] | None,
        typer.Option(
            "--pin",
            metavar="NAME=TYPE@OFFSET|none",
            help="A field that is known; may be given again.",
        ),
    ] = None,
    family: Annotated[
        Family | None, typer.Option("--family", help="Kind of the files; told by their names unless given.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="LAYOUT.toml", help="File to write the layout to; - is standard output."),
    ] = None,
    check: Annotated[
        Path | None, typer.Option("--check", metavar="LAYOUT.toml", help="Test this layout on the files instead.")
    ] = None,
    hex_: Annotated[
        bool, typer.Option("--hex", help="Show the best three readings over the bytes of one record.")
    ] = False,
    partial: Annotated[
        bool,
        typer.Option("--partial", help="Of REQCONF or SRVCONF write what is certain, though its numbers are open."),
    ] = False,
    force: Replace = False,
    *,
    common: Common,
) -> None:
    """Find out the layout of genuine files, for --layout of the other commands, and say how sure it is.

    Status 1 when the files do not decide it: then no layout is written, or one of what is certain, marked as partial.
    Of queue files NAME is first or last: the number of the first or the last record.

    Example: glbtools learn REQTRANS.GLB MSTTRANS.GLB --listing LISTQ.TXT --out mine.toml
    """
    from glbtools.errors import UsageError

    once(files)
    if check is not None:
        if known or pin or hex_ or partial or out is not None or family is not None:
            others = "--known, --pin, --hex, --partial, --family and --out"
            raise UsageError(f"--check: goes with --listing only; leave out {others}")
        _check(check, files, listing or [], common)
        return
    if out == STDIN and common.as_json:
        raise UsageError("--out -: goes without --json, which prints there, too; name a file")
    if out is not None and out != STDIN:
        _refuse(Path(out), [*files, *map(str, listing or ())], force=force)
    from glbtools.learn.learning import learn_layout

    learning = learn_layout(
        files,
        listings=listing or (),
        known=known or (),
        pins=pin or (),
        partial=partial,
        family=family.value if family else None,
        max_size=common.max_size,
        progress=common.progress,
    )
    _write(learning, out, force=force)
    _report(learning, out, common, overlaid=hex_)
    raise typer.Exit(0 if learning.layout and not learning.partial else FOUND)


def _refuse(out: Path, inputs: Sequence[str], *, force: bool) -> None:
    """Refuse what cannot be written before time is spent on learning; evidence is never overwritten.

    Raises:
        OutputExistsError: it exists and is not to be replaced, or is one of the files learnt from.
        FileAccessError: its directory is missing.
    """
    from glbtools.errors import OutputExistsError
    from glbtools.files import check_target, is_same

    check_target(out, force=force)
    if os.path.lexists(out) and any(is_same(out, Path(each)) for each in inputs):
        raise OutputExistsError(f"{out}: is one of the files to learn from")


def _write(learning: Learning, out: str | None, *, force: bool) -> None:
    text = learning.toml
    if text is None or out is None:
        return
    if out == STDIN:
        put([text.rstrip("\n")])
    else:
        from glbtools.files import write

        write(Path(out), text.encode("utf-8"), force=force)


def _report(learning: Learning, out: str | None, common: Common, *, overlaid: bool) -> None:
    from glbtools.reporting import learning as render

    written = out if out != STDIN and learning.layout is not None else None
    if common.as_json:
        from glbtools import __version__

        put([render.json_text(render.document(learning, __version__, written))])
    elif out == STDIN:
        if not common.quiet:
            from glbtools.reporting.text import screen
            from glbtools.reporting.writer import lines

            for line in lines(render.report(learning), screen(sys.stderr, common.color)):
                print(line, file=sys.stderr)
    elif not (common.quiet and written):
        put(common.lines(render.report(learning)))
        put(common.lines(render.overlays(learning)) if overlaid else ())
        put(common.lines(render.afterwards(learning, out)) if out else ())


def _check(path: Path, files: list[str], listings: list[Path], common: Common) -> None:
    """Test a layout on files, each whatever becomes of the others."""
    from glbtools import layouts
    from glbtools.errors import GlbError
    from glbtools.learn.checking import check_layout
    from glbtools.reporting import learning as render

    layout = layouts.load(path)
    status, found = 0, []
    for several in [files] if listings else [[each] for each in files]:  # a listing says itself of which file it is
        try:
            found += check_layout(layout, several, listings=listings, max_size=common.max_size)
        except GlbError as error:
            complain(str(error))
            status = COULD_NOT
    if common.as_json:
        from glbtools import __version__

        put([render.json_text(render.check_document(layout, found, __version__))])
    elif found:
        put(common.lines(render.checked(layout, found)))
    raise typer.Exit(status or (0 if all(each.fits for each in found) else FOUND))
