"""``carve``: records and texts without a file system."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glbtools.cli import complaints, put
from glbtools.cli.options import Common, PageFormat, shares


@shares("layout", "color", "quiet", forms=PageFormat)
def carve(
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE...", help="Images of floppies or disks, or any files.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="New directory to write to.")],
    whole: Annotated[bool, typer.Option("--whole", help="Look into the files that are there, too.")] = False,
    *,
    common: Common,
) -> None:
    """Look for records of queues, and texts of transactions, in the unused space of a disk image, or in any file.

    Of an image with a file system its unallocated space and the slack behind files are looked at, of any other file
    every byte.

    Example: glbtools carve disk.img --out carved
    """
    from glbtools.repair import recovery
    from glbtools.reporting import carving as render

    found = recovery.carve(*images, out=out, whole=whole, layouts=common.layouts, progress=common.progress)
    if common.as_json:
        put([render.document(found)])
    elif not common.quiet:
        put(common.lines(render.report(found, out)))
    raise typer.Exit(complaints(recovery.failures(found)))
