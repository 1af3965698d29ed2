"""Zip and tar as trees of entries: read in place, with limits, and every member that is not read has its reason."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from glbtools import files
from glbtools.errors import FileAccessError
from glbtools.evidence.forms import PACKED, ZIP
from glbtools.evidence.sources import (
    INSIDE,
    MOST_ENTRIES,
    MOST_LEVELS,
    OPENED,
    WRITTEN,
    Entry,
    FileTime,
    InnerEntry,
)

if TYPE_CHECKING:
    import tarfile
    import zipfile

SUFFIXES = (".zip", ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")
"""Names by which an archive is known when it was not given by itself."""

MOST_TIMES = 1_100
"""How many times as large a member may be as it is in the archive; deflate itself reaches 1,032."""

SMALL = 1 << 20
"""Bytes below which that is of no account."""

MOST_TIMES_ALL = 100
"""How many times as large as a zip all of its members together may be."""

SMALL_ALL = 1 << 33
"""Bytes below which that is of no account."""

KEPT = 1 << 26
"""Bytes of a compressed tar that are kept from the one time it is read through."""

_EXTENDED_TIME = 0x5455


def unpacks_itself(entry: Entry) -> bool:
    """Whether a program has a zip archive behind it.

    Raises:
        FileAccessError: it cannot be read.
    """
    import zipfile

    if entry.path is not None:
        return zipfile.is_zipfile(entry.path)
    return entry.size <= KEPT and zipfile.is_zipfile(io.BytesIO(entry.read(KEPT)))


def is_named_so(name: str) -> bool:
    """Whether a name is one of an archive."""
    return name.lower().endswith(SUFFIXES)


def opened(entry: Entry, max_size: int) -> InnerEntry:
    """Return the tree that an archive holds.

    Raises:
        FileAccessError: it is damaged, or larger than ``max_size`` bytes where it lies in another one.
    """
    source: Path | io.BytesIO = entry.path if entry.path is not None else io.BytesIO(entry.read(max_size))
    root = InnerEntry(entry.name, f"{entry.shown}{INSIDE}", is_directory=True)
    head = files.head(source, 512) if isinstance(source, Path) else source.read(512)
    if isinstance(source, io.BytesIO):
        source.seek(0)
    if head.startswith((*ZIP, b"MZ")):
        _zip(root, source, entry.shown)
    else:
        _tar(root, source, entry.shown, compressed=head.startswith(PACKED))
    return root


def _packed(source: Path | io.BytesIO) -> int:
    return source.stat().st_size if isinstance(source, Path) else len(source.getbuffer())


def _parts(name: str) -> list[str]:
    """Return the parts of a member's path; DOS programs part them with backslashes."""
    return [each for each in name.replace("\\", "/").split("/") if each not in ("", ".")]


class _Tree:
    """A tree as it grows, with what does not fit into it beside it."""

    def __init__(self, root: InnerEntry) -> None:
        self.root, self._nodes = root, 0

    def put(self, name: str, entry: Callable[[str, str], InnerEntry] | None) -> None:
        """Put a member into the tree, None for a directory; one that has no place there is named with the reason."""
        parts = _parts(name)
        if not parts:
            if entry is not None:
                self.root.aside("(no name)", "a member without a name", hides=True)
            return
        self._nodes += len(parts)
        if ".." in parts or name.startswith(("/", "\\")) or name[1:2] == ":":
            self.root.aside(name, "its name leads out of the archive")
        elif len(parts) > MOST_LEVELS or self._nodes > MOST_ENTRIES * 10:
            self.root.aside(parts[0], f"more than {MOST_LEVELS} directories in one another", hides=True)
        elif entry is None:
            self.root.directory(parts)
        elif not self.root.put(parts, entry):
            self.root.aside(name, "a second entry of one name")

    def cut(self) -> None:
        """Say that there is more than is looked at."""
        self.root.aside("...", f"more than {MOST_ENTRIES} entries, the rest of them", hides=True)


# --- zip ---------------------------------------------------------------------------------------------------------


def _zip(root: InnerEntry, source: Path | io.BytesIO, shown: str) -> None:
    import zipfile

    try:
        archive = zipfile.ZipFile(source)
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise FileAccessError(f"{shown}: a zip archive that cannot be read: {_LOST.get(str(error), error)}") from None
    tree, members = _Tree(root), archive.infolist()
    packed = _packed(source)
    if sum(each.compress_size for each in members) > packed:
        raise FileAccessError(f"{shown}: a zip archive whose members overlap, as those of a zip bomb do")
    room = max(packed * MOST_TIMES_ALL, SMALL_ALL)
    for each in members[:MOST_ENTRIES]:
        room -= each.file_size
        if room < 0:
            why = f"the archive expands to more than {MOST_TIMES_ALL} times its size from here"
            root.aside(each.filename, why, hides=True)
            break
        tree.put(each.filename, None if each.filename.endswith("/") else _member(archive, each))
    if len(members) > MOST_ENTRIES:
        tree.cut()


_LOST = {
    "File is not a zip file": "the list of its members at its end is not there, as where it is cut off; "
    "zip -FF ARCHIVE --out whole.zip saves the members that are whole"
}
"""What the library says of an archive in other words."""


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[str, str], InnerEntry]:
    is_link = info.external_attr >> 28 == 0xA

    def made(name: str, shown: str) -> InnerEntry:
        if is_link:
            return InnerEntry(name, shown, other="a symbolic link in an archive, not followed")
        return InnerEntry(
            name,
            shown,
            info.file_size,
            opener=lambda limit: _unzipped(archive, info, shown, limit),
            dated=lambda: _zip_times(info),
        )

    return made


def _zip_times(info: zipfile.ZipInfo) -> tuple[FileTime, ...]:
    """Return when a member was written: in UTC where its archive says so, else on the clock of who packed it."""
    year, month, day, hour, minute, second = info.date_time
    stored = f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
    seconds = _unix_time(info.extra)
    if seconds is not None:
        moment = datetime.fromtimestamp(seconds, UTC)
        return (FileTime(WRITTEN, moment, "second", f"{seconds}; {stored} on the clock of who packed it"),)
    if (month, day) == (0, 0):
        return ()  # nothing is stored
    try:
        shown = datetime(*info.date_time)
    except ValueError:
        return (FileTime(WRITTEN, None, "2 seconds", stored),)
    return (FileTime(WRITTEN, shown, "2 seconds", stored),)


def _unix_time(extra: bytes) -> int | None:
    """Return the time of writing in seconds since 1970 from the extra field of Info-ZIP; None where there is none."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = int.from_bytes(extra[at : at + 2], "little"), int.from_bytes(extra[at + 2 : at + 4], "little")
        data = extra[at + 4 : at + 4 + length]
        if kind == _EXTENDED_TIME and len(data) >= 5 and data[0] & 1:
            return int.from_bytes(data[1:5], "little", signed=True)
        at += 4 + length
    return None


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str, limit: int) -> bytes:
    import zipfile

    if info.flag_bits & 1:
        raise FileAccessError(f"{shown}: encrypted; decrypt the archive first")
    _check_ratio(info.file_size, info.compress_size, shown)
    try:
        with archive.open(info) as stream:
            return stream.read(limit + 1)
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise FileAccessError(f"{shown}: damaged in its archive: {error}") from None


def _check_ratio(size: int, packed: int, shown: str) -> None:
    if size > SMALL and size > max(packed, 1) * MOST_TIMES:
        raise FileAccessError(f"{shown}: more than {MOST_TIMES} times as large as in its archive, and not read")


# --- tar ---------------------------------------------------------------------------------------------------------


def _tar(root: InnerEntry, source: Path | io.BytesIO, shown: str, *, compressed: bool) -> None:
    """Read a tar through once; what is small and compressed is kept, since going back means to begin anew."""
    import lzma
    import tarfile

    tree, kept = _Tree(root), 0
    packed = _packed(source)
    try:
        with _opened(source) as archive:
            for number, each in enumerate(archive):
                if number >= MOST_ENTRIES:
                    tree.cut()
                    break
                if compressed and each.offset_data + each.size > max(packed, SMALL) * MOST_TIMES:
                    why = f"the archive expands to more than {MOST_TIMES} times its size from here"
                    root.aside(each.name, why, hides=True)
                    break
                if not each.isreg():
                    tree.put(each.name, None if each.isdir() else _unfollowed(each))
                elif compressed and each.size <= SMALL and kept + each.size <= KEPT:
                    member = archive.extractfile(each)
                    data = member.read() if member else b""
                    kept += len(data)
                    tree.put(each.name, _kept(data, each))
                else:
                    tree.put(each.name, _later(source, each))
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        if not root.inner:
            what = "a packed file that holds no tar archive" if compressed else "a tar archive that cannot be read"
            way = "unpack it, and give what was in it" if compressed else str(error).partition("\n")[0]
            raise FileAccessError(f"{shown}: {what}: {way}") from None
        root.aside("...", f"the rest of an archive that cannot be read to its end: {error}", hides=True)


def _opened(source: Path | io.BytesIO) -> tarfile.TarFile:
    import tarfile

    return tarfile.open(source) if isinstance(source, Path) else tarfile.open(fileobj=io.BytesIO(source.getvalue()))


def _unfollowed(info: tarfile.TarInfo) -> Callable[[str, str], InnerEntry]:
    what = "a link" if info.issym() or info.islnk() else "neither a file nor a directory"
    return lambda name, shown: InnerEntry(name, shown, other=f"{what} in an archive, not followed")


def _kept(data: bytes, info: tarfile.TarInfo) -> Callable[[str, str], InnerEntry]:
    return lambda name, shown: InnerEntry(name, shown, len(data), opener=lambda _: data, dated=lambda: _tar_times(info))


def _tar_times(info: tarfile.TarInfo) -> tuple[FileTime, ...]:
    """Return the times of a member, which are UTC; a time of 0 is that of an archive made without any."""
    stored = [(WRITTEN, info.mtime), (OPENED, info.pax_headers.get("atime", 0))]
    return tuple(_of_seconds(what, seconds) for what, seconds in stored if seconds)


def _of_seconds(what: str, seconds: float | str) -> FileTime:
    try:
        moment = datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return FileTime(what, None, "second", str(seconds)[:40])
    return FileTime(what, moment.replace(microsecond=0), "second", str(seconds)[:40])


def _later(source: Path | io.BytesIO, info: tarfile.TarInfo) -> Callable[[str, str], InnerEntry]:
    """Return a member that is read when it is asked for, by opening the archive anew."""

    def read(shown: str, limit: int) -> bytes:
        import lzma
        import tarfile

        try:
            with _opened(source) as archive:
                stream = archive.extractfile(info)
                data = stream.read(limit + 1) if stream else b""
        except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
            raise FileAccessError(f"{shown}: damaged in its archive: {error}") from None
        if len(data) < min(info.size, limit + 1):
            raise FileAccessError(f"{shown}: damaged in its archive: cut off after {len(data)} bytes")
        return data

    return lambda name, shown: InnerEntry(
        name, shown, info.size, opener=lambda limit: read(shown, limit), dated=lambda: _tar_times(info)
    )
