"""One call for each kind of file; what they return is documented with the formats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glbtools import files
from glbtools.layouts import Layouts

if TYPE_CHECKING:
    from glbtools.binary.columns import Columns
    from glbtools.binary.records import Record
    from glbtools.formats.config import ReqConfFile, SrvConfFile
    from glbtools.formats.listing import Listing
    from glbtools.formats.logs import Log
    from glbtools.formats.queue import Queue
    from glbtools.formats.registry import Entry as Format


def read_queue(path: str | Path, *, layouts: Layouts | None = None, max_size: int = files.DEFAULT_MAX_SIZE) -> Queue:
    """Return a queue file: records with sync, stamp, text and offsets, and the gaps between them.

    Args:
        path: the file.
        layouts: how binary files are read.
        max_size: largest file read, in bytes.

    Raises:
        FileAccessError: the file cannot be read.
    """
    from glbtools.formats.queue import parse_queue

    return parse_queue(files.read(path, max_size), (layouts or Layouts())["queue"])


def stream_queue(path: str | Path, *, layouts: Layouts | None = None) -> Iterator[Record]:
    """Yield the records of a queue file of any size in bounded memory, gaps passed over.

    Args:
        path: the file.
        layouts: how binary files are read.

    Raises:
        FileAccessError: the file cannot be read.
    """
    from glbtools.formats.queue import read_records

    return read_records(path, (layouts or Layouts())["queue"])


def stream_tuples(
    path: str | Path, *, layouts: Layouts | None = None
) -> Iterator[tuple[int, int | None, int | None, str, int, int]]:
    """Yield (sync, stamp, checksum, text, start, stop) of each record, otherwise as ``stream_queue``.

    Args:
        path: the file.
        layouts: how binary files are read.

    Raises:
        FileAccessError: the file cannot be read.
    """
    from glbtools.formats.queue import read_tuples

    return read_tuples(path, (layouts or Layouts())["queue"])


def read_columns(path: str | Path, *, layouts: Layouts | None = None) -> Columns:
    """Return numbers, stamps, checksums and offsets of all records as arrays.

    Args:
        path: the file.
        layouts: how binary files are read.

    Raises:
        FileAccessError: the file cannot be read.
    """
    from glbtools.formats.queue import read_columns as read

    return read(path, (layouts or Layouts())["queue"])


def read_table(path: str | Path, *, layouts: Layouts | None = None) -> Any:
    r"""Return a queue file as a ``pyarrow.Table``: every field of every record, with its text.

    Columns are ``sync``, ``stamp``, ``checksum`` (as stored; null where the layout has none), ``text``, ``start`` and
    ``stop`` (offsets in the file), then the layout's other fields by their names. Numbers have the type of their field
    (``u32`` is ``uint32``), offsets are ``int64``. Texts are string views into the file;
    ``table.set_column`` with ``.cast("string")`` copies them out. A byte that is no character is written ``\udcXX``.

    Args:
        path: the file.
        layouts: how binary files are read.

    Raises:
        FileAccessError: the file cannot be read.
        UsageError: pyarrow is not installed (``pip install "glbtools[parquet]"``).
    """
    from glbtools.formats.queue import read_table as read

    return read(path, (layouts or Layouts())["queue"])


def read_reqconf(path: str | Path, *, layouts: Layouts | None = None) -> ReqConfFile:
    """Return a REQCONF.GLB; ``.config`` says what it means.

    Args:
        path: the file.
        layouts: how binary files are read.

    Raises:
        FileAccessError: the file cannot be read.
    """
    from glbtools.formats.config import parse_reqconf

    return parse_reqconf(files.read(path), (layouts or Layouts())["reqconf"])


def read_srvconf(path: str | Path, *, layouts: Layouts | None = None) -> SrvConfFile:
    """Return a SRVCONF.GLB; ``.config`` says what it means.

    Args:
        path: the file.
        layouts: how binary files are read.

    Raises:
        FileAccessError: the file cannot be read.
    """
    from glbtools.formats.config import parse_srvconf

    return parse_srvconf(files.read(path), (layouts or Layouts())["srvconf"])


def read_listing(path: str | Path) -> Listing:
    """Return what LISTQ or LISTDS printed.

    Args:
        path: the file.

    Raises:
        FileAccessError: the file cannot be read.
    """
    from glbtools.formats.listing import parse_listing

    return parse_listing(files.read(path))


def read_log(path: str | Path) -> Log:
    """Return the lines of a Dir-Sync log.

    Args:
        path: the file.

    Raises:
        FileAccessError: the file cannot be read.
    """
    from glbtools.formats.logs import parse_log

    return parse_log(files.read(path))


def load_layouts(*paths: str | Path) -> Layouts:
    """Return the reference layouts with those of some files in place of theirs: what ``layouts=`` takes everywhere.

    Args:
        paths: layout files; of two for one family the last counts.

    Raises:
        LayoutError: a file is wrong; says which line and key, and why.
        FileAccessError: a file cannot be read.
    """
    from glbtools.layouts import from_files

    return from_files(paths)


def supported_formats() -> Mapping[str, Format]:
    """Return every format that is read, by its name: those of glbtools, and those that other packages add."""
    from glbtools.formats.registry import every

    return every()
