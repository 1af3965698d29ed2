"""What one file holds, wherever it lies: on disk, in an archive or in an image."""

from __future__ import annotations

from pathlib import Path

from glbtools import files
from glbtools.errors import FileAccessError, UnknownFormatError
from glbtools.evidence import containers, images
from glbtools.formats.registry import Inspection, inspect_bytes
from glbtools.layouts import Layouts


def inspect(
    path: str | Path,
    *,
    as_format: str | None = None,
    layouts: Layouts | None = None,
    max_size: int = files.DEFAULT_MAX_SIZE,
) -> Inspection:
    """Return what a file holds.

    Args:
        path: the file; ``-`` is standard input, ``case.zip::po/GLB/REQTRANS.GLB`` a file in an archive or an image.
        as_format: read it as this format, whatever it looks like.
        layouts: how binary files are read.
        max_size: largest file read, in bytes.

    Raises:
        UnknownFormatError: the content is of no supported format.
        FileAccessError: it cannot be read.
        UsageError: ``as_format`` is no format.
    """
    entry = containers.inside(str(path), max_size)
    data = files.read(path, max_size) if entry is None else entry.read(max_size)
    if as_format is None and (what := _image(data)):
        raise UnknownFormatError(
            f"{path}: {what}, which holds files; glbtools evidence lists them, and {path}::PLACE is one of them"
        )
    return inspect_bytes(data, str(path), as_format=as_format, layouts=layouts)


def _image(data: bytes) -> str:
    """Return which image of a disk a content is; empty for none. Its bytes may look like those of one large queue."""
    try:
        found = images.kind(data[: images.SECTOR], len(data))
    except FileAccessError:  # known, and not read: its signature says so better
        return ""
    return f"a disk image ({found})" if found else ""
