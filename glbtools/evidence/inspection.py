"""What one file holds, wherever it lies: on disk, in an archive or in an image."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from glbtools import files
from glbtools.errors import FileAccessError, UnknownFormatError
from glbtools.evidence import forms
from glbtools.formats.registry import Inspection, inspect_bytes
from glbtools.layouts import Layouts

if TYPE_CHECKING:
    from glbtools.formats.base import Content
    from glbtools.formats.config import ReqConfFile, SrvConfFile
    from glbtools.formats.csvde import CsvdeFile
    from glbtools.formats.cursors import Document
    from glbtools.formats.dirsync_file import DirsyncFile
    from glbtools.formats.exchange_csv import CsvFile
    from glbtools.formats.import_file import ImportFile
    from glbtools.formats.ldif_dump import LdifFile
    from glbtools.formats.listing import ConfigurationListing, QueueListing
    from glbtools.formats.logs import Log
    from glbtools.formats.message import ForeignMessage, Subject
    from glbtools.formats.queue import Queue
    from glbtools.formats.repadmin import Links, Vectors
    from glbtools.formats.sibling import Sibling


@overload
def inspect(
    path: str | Path, *, as_format: Literal["queue"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[Queue]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["reqconf"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[ReqConfFile]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["srvconf"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[SrvConfFile]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["log"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[Log]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["listq"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[QueueListing]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["listds"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[ConfigurationListing]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["message"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[ForeignMessage]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["subject"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[Subject]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["import"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[ImportFile]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["exchange-csv"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[CsvFile]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["ldif"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[LdifFile]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["csvde"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[CsvdeFile]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["dirsync"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[DirsyncFile]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["showutdvec"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[Vectors]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["showrepl"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[Links]: ...
@overload
def inspect(
    path: str | Path, *, as_format: Literal["cursors"], layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[Document]: ...
@overload
def inspect(
    path: str | Path,
    *,
    as_format: Literal[
        "control",
        "names",
        "networks",
        "extension",
        "mailbag",
        "key",
        "users",
        "members",
        "addresses",
        "schedule",
        "master",
    ],
    layouts: Layouts | None = ...,
    max_size: int = ...,
) -> Inspection[Sibling]: ...
@overload
def inspect(
    path: str | Path, *, as_format: str | None = ..., layouts: Layouts | None = ..., max_size: int = ...
) -> Inspection[Content]: ...
def inspect(
    path: str | Path,
    *,
    as_format: str | None = None,
    layouts: Layouts | None = None,
    max_size: int = files.DEFAULT_MAX_SIZE,
) -> Inspection[Content]:
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
    entry = None
    if not os.path.lexists(path):  # what is there lies in no container
        from glbtools.evidence import containers

        entry = containers.inside(str(path), max_size)
    data = files.read(path, max_size) if entry is None else entry.read(max_size)
    if as_format is None and (what := _container(data)):
        raise UnknownFormatError(
            f"{path}: {what}, which holds files; glbtools evidence lists them, and {path}::PLACE is one of them"
        )
    return inspect_bytes(data, str(path), as_format=as_format, layouts=layouts)


def _container(data: bytes) -> str:
    """Return which archive or image a content is; empty for none. Its bytes may look like those of one large queue."""
    if forms.is_archive(data[: forms.SECTOR]):
        return "an archive"
    try:
        found = forms.kind(data[: forms.SECTOR], len(data))
    except FileAccessError:  # known, and not read: its signature says so better
        return ""
    return f"a disk image ({found})" if found else ""
