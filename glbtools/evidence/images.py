"""Images of floppies and disks as trees of entries: raw, EWF (E01), VMDK and VHD.

The libraries of the extra ``images`` read them. FAT keeps no first letter of a deleted name and no chain of its
clusters: what comes back of a deleted file may be anybody's bytes (ruling 27).
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from glbtools import files
from glbtools.errors import FileAccessError
from glbtools.evidence.forms import EWF, RAW, SECTOR, VMDK, boots
from glbtools.evidence.sources import (
    CREATED,
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
    from pathlib import Path

SUFFIXES = (
    ".img",
    ".ima",
    ".flp",
    ".vfd",
    ".dd",
    ".raw",
    ".001",
    ".e01",
    ".vmdk",
    ".vhd",
    ".qcow2",
    ".vhdx",
    ".iso",
    ".7z",
    ".rar",
)
"""Names by which an image is known when it was not given by itself."""

CARVE = "glbtools carve looks for records in its bytes"
"""What to do with an image in which no file system is found."""

FLOPPIES = frozenset(1024 * size for size in (160, 180, 320, 360, 640, 720, 1200, 1440, 1680, 2880))
"""Sizes of floppies in bytes."""

KEPT = 1 << 26
"""Bytes of images in archives that are kept in memory, where no single one is larger."""

MOST_STRETCHES = 1_000_000
"""Pieces of files of one image whose places are kept; FAT chains that cross make any number of them."""

_MISSING = 'a disk image; pip install "glbtools[images]" installs what reads it'
_FAILURES = (OSError, ValueError, RuntimeError)
"""What the libraries raise where an image or its container is damaged."""
_FAT_ENTRY = 32
_FAT_TIMES = ((WRITTEN, 24, 22, 0, "2 seconds"), (CREATED, 16, 14, 13, "second"), (OPENED, 18, 0, 0, "day"))
"""What an entry of a FAT directory says when: where its date, its time and its hundredths stand; 0 for none."""
_VIRTUAL = ("$MBR", "$FAT1", "$FAT2", "$OrphanFiles")
"""What the library adds to a file system's own entries."""


def is_named_so(name: str) -> bool:
    """Whether a name is one of an image."""
    return name.lower().endswith(SUFFIXES)


class _Stream:
    """An image that lies in an archive or in another image, as a stream for the libraries.

    Of all such images the last ones used are in memory, ``KEPT`` bytes or one; the others are read again when wanted.
    """

    _loaded: ClassVar[list[weakref.ref[_Stream]]] = []

    def __init__(self, entry: Entry, max_size: int) -> None:
        """Read the image.

        Raises:
            FileAccessError: it is damaged, or larger than ``max_size`` bytes.
        """
        self._entry, self._max_size, self._at = entry, max_size, 0
        self._data: bytes | None = None
        self.size = len(self._bytes())

    def _bytes(self) -> bytes:
        if self._data is None:
            others = [each for each in (reference() for reference in _Stream._loaded) if each is not None]
            while others and sum(each.size for each in others) + self._entry.size > KEPT:
                others.pop(0)._data = None
            self._data = self._entry.read(self._max_size)
            _Stream._loaded[:] = map(weakref.ref, [*others, self])
        return self._data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to an offset, and return it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def tell(self) -> int:
        """Return the offset at which is read."""
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return some bytes from here on, all of them by default."""
        found = self._bytes()[self._at : self.size if size < 0 else self._at + size]
        self._at += len(found)
        return found

    def get_size(self) -> int:
        """Return the size in bytes."""
        return self.size


def opened(entry: Entry, form: str, max_size: int = files.DEFAULT_MAX_SIZE) -> InnerEntry:
    """Return the tree that an image holds, a directory ``p1``, ``p2`` ... for each partition where it has a table.

    Raises:
        FileAccessError: the library is not installed, no file system is found in it, or the image lies in an archive
            and is larger than ``max_size`` bytes.
    """
    try:
        import pytsk3
    except ImportError:
        raise FileAccessError(_MISSING) from None
    root = InnerEntry(entry.name, f"{entry.shown}{INSIDE}", is_directory=True)
    try:
        image = _image(pytsk3, entry.path or _Stream(entry, max_size), form)
        systems = list(_systems(pytsk3, image))
    except _FAILURES as error:
        raise FileAccessError(_unopened(entry, form, error)) from None
    if all(system is None for _, _, system in systems):
        raise FileAccessError(f"no file system is found in it; {CARVE}")
    for name, offset, system in systems:
        if system is None:
            why = f"no file system is found in this partition; {CARVE}"
            root.aside(name, why, hides=True)
            continue
        place = root.directory([name]) if name else root
        try:
            for _ in _walk(pytsk3, system, place, _fat_entries(pytsk3, system, image, offset)):
                pass
        except _FAILURES as error:
            place.aside("...", f"the rest of its directories cannot be listed: {_line(error)}", hides=True)
        whole, there = ((1 + last) * system.info.block_size for last in (system.info.last_block, _last(system)))
        if there < whole:
            why = f"the image is cut off: {there} of {whole} bytes of its file system are there"
            place.aside("...", why, hides=True)
    return root


def _unopened(entry: Entry, form: str, error: Exception) -> str:
    """Say why an image cannot be opened."""
    why = f"damaged, or no image that is read: {_line(error)}"
    if form not in (EWF, VMDK):
        return why
    if entry.path is None:
        return f"in parts, of which one alone is read in an archive, or {why}; unpack it"
    return f"a part of it is missing, or it is {why}"


def _last(system: Any) -> int:
    """Return the number of the last block of a file system that is in its image."""
    return int(system.info.last_block_act)


def _image(pytsk3: Any, source: Path | _Stream, form: str) -> Any:
    inner = source if isinstance(source, _Stream) else None
    if form == RAW and inner is None:
        return pytsk3.Img_Info(str(source))
    try:
        if form == RAW:
            stream: Any = inner
        elif form == EWF:
            import pyewf

            stream = pyewf.handle()
            if inner is None:
                stream.open(pyewf.glob(str(source)))
            else:
                stream.open_file_objects([inner])
        elif form == VMDK:
            import pyvmdk

            stream = pyvmdk.handle()
            if inner is None:
                stream.open(str(source))
                stream.open_extent_data_files()
            else:
                stream.open_file_object(inner)
                stream.open_extent_data_files_as_file_objects([inner])
        else:
            import pyvhdi

            stream = pyvhdi.file()
            if inner is None:
                stream.open(str(source))
            else:
                stream.open_file_object(inner)
    except ImportError:
        raise FileAccessError(_MISSING) from None
    size = stream.get_media_size() if inner is None or stream is not inner else inner.size

    class Container(pytsk3.Img_Info):  # type: ignore[misc]
        """An image that is no file of its own, or that a library reads, as the file system's library asks for it."""

        def __init__(self) -> None:
            super().__init__(url="", type=pytsk3.TSK_IMG_TYPE_EXTERNAL)

        def close(self) -> None:
            """Close it."""
            if stream is not inner:
                stream.close()

        def read(self, offset: int, size: int) -> bytes:
            """Return some bytes."""
            stream.seek(offset)
            return bytes(stream.read(size))

        def get_size(self) -> int:
            """Return its size in bytes."""
            return int(size)

    return Container()


def _systems(pytsk3: Any, image: Any) -> Iterator[tuple[str, int, Any]]:
    """Yield the file systems of an image: name of the partition, empty without a table, offset in bytes, system.

    The system of a partition in which none is found is None.
    """
    try:
        yield "", 0, pytsk3.FS_Info(image)
    except OSError:
        pass
    else:
        return
    try:
        volume = pytsk3.Volume_Info(image)
    except OSError:
        return
    parts = [each for each in volume if each.flags & pytsk3.TSK_VS_PART_FLAG_ALLOC]
    for number, part in enumerate(parts, 1):
        offset = part.start * volume.info.block_size
        try:
            yield f"p{number}", offset, pytsk3.FS_Info(image, offset=offset)
        except _FAILURES:
            yield f"p{number}", offset, None


class Stretch(NamedTuple):
    """Bytes of an image that belong to a file which is there.

    Attributes:
        start: offset of the first byte in the image.
        stop: offset behind the last byte of the file's content here.
        end: offset behind the last byte of its last block here; what stands from ``stop`` on is slack.
        path: of the file.
    """

    start: int
    stop: int
    end: int
    path: str


class Clusters(NamedTuple):
    """Where the clusters of one file system lie, which is what a file may be in pieces of.

    Attributes:
        start, stop: offsets of the file system in the image.
        first: offset of its first cluster.
        size: of a cluster in bytes.
    """

    start: int
    stop: int
    first: int
    size: int

    def parts(self, start: int, stop: int) -> bool:
        """Whether some bytes lie in more than one cluster."""
        inside = self.start <= start < self.stop
        return inside and (start - self.first) // self.size != (stop - 1 - self.first) // self.size


class Blocks(NamedTuple):
    """An image as bytes, and which of them belong to files that are there.

    Attributes:
        read: returns some bytes at an offset.
        size: of the image in bytes, as its container says.
        stretches: of the files, in the order of the image; none where no file system is found.
        has_system: whether a file system is found.
        clusters: of each file system.
    """

    read: Callable[[int, int], bytes]
    size: int
    stretches: list[Stretch]
    has_system: bool
    clusters: tuple[Clusters, ...] = ()


def blocks(entry: Entry, form: str) -> Blocks:
    """Return an image as bytes.

    Raises:
        FileAccessError: the library is not installed, or its container cannot be read.
    """
    try:
        import pytsk3
    except ImportError:
        raise FileAccessError(_MISSING) from None
    assert entry.path is not None
    found: list[Stretch] = []
    try:
        image = _image(pytsk3, entry.path, form)
        systems = list(_systems(pytsk3, image))
        for name, offset, system in systems:
            if system is None:
                continue
            root = InnerEntry(entry.name, f"{entry.shown}{INSIDE}", is_directory=True)
            into = root.directory([name]) if name else root
            for file, path in _walk(pytsk3, system, into):
                found += _stretches(pytsk3, file, path, offset, system.info.block_size)
                if len(found) > MOST_STRETCHES:
                    return Blocks(image.read, image.get_size(), [], has_system=False)
    except _FAILURES as error:
        raise FileAccessError(f"damaged, or no image that is read: {_line(error)}") from None
    clusters = tuple([_clusters(image, offset, system) for _, offset, system in systems if system is not None])
    return Blocks(image.read, image.get_size(), sorted(found), has_system=bool(clusters), clusters=clusters)


def _clusters(image: Any, offset: int, system: Any) -> Clusters:
    """Return where the clusters of a file system are; the library counts those of FAT in sectors."""
    stop = offset + (system.info.last_block + 1) * system.info.block_size
    head = image.read(offset, SECTOR)
    if len(head) < SECTOR or not boots(head) or not int.from_bytes(head[22:24], "little"):
        return Clusters(offset, stop, offset, size=system.info.block_size)
    sector, reserved, roots = (int.from_bytes(head[at : at + 2], "little") for at in (11, 14, 17))
    tables = head[16] * int.from_bytes(head[22:24], "little")
    first = offset + (reserved + tables) * sector + -(-roots * 32 // sector) * sector
    return Clusters(offset, stop, first, size=head[13] * sector)


def _stretches(pytsk3: Any, file: Any, path: str, offset: int, block: int) -> Iterator[Stretch]:
    """Yield where the content of a file lies."""
    left = file.info.meta.size
    try:
        for attribute in file:
            if attribute.info.type not in (pytsk3.TSK_FS_ATTR_TYPE_DEFAULT, pytsk3.TSK_FS_ATTR_TYPE_NTFS_DATA):
                continue
            for run in attribute:
                length = run.len * block
                if not run.flags & (pytsk3.TSK_FS_ATTR_RUN_FLAG_SPARSE | pytsk3.TSK_FS_ATTR_RUN_FLAG_FILLER):
                    start = offset + run.addr * block
                    yield Stretch(start, start + max(min(left, length), 0), start + length, path)
                left -= length
    except _FAILURES:
        return


class _Waiting(NamedTuple):
    """A directory still to be listed."""

    directory: Any
    into: InnerEntry
    depth: int


def _walk(
    pytsk3: Any, system: Any, root: InnerEntry, fat_entry: Callable[[int], bytes] | None = None
) -> Iterator[tuple[Any, str]]:
    """List a file system below ``root``, each directory once, however often it is named; yield the files there are."""
    seen: set[int] = set()
    count = 0
    waiting = [_Waiting(system.open_dir(path="/"), root, 0)]
    while waiting:
        place = waiting.pop()
        for each in _listed(place):
            count += 1
            if count > MOST_ENTRIES:
                root.aside("...", f"more than {MOST_ENTRIES} entries, the rest of them", hides=True)
                return
            name, meta = _named(each.info.name.name), each.info.meta
            if name in (".", "..", *_VIRTUAL) or meta is None or "/" in name:
                continue
            # In a deleted directory nothing is there any more, whatever its entries say.
            is_deleted = place.into.deleted or bool(each.info.name.flags & pytsk3.TSK_FS_NAME_FLAG_UNALLOC)
            shown = place.into.below(name)
            if meta.type == pytsk3.TSK_FS_META_TYPE_DIR:
                below = InnerEntry(name, shown, is_directory=True, deleted=is_deleted)
                if place.depth >= MOST_LEVELS or meta.addr in seen:
                    below.is_directory, below.other = False, _why(place.depth)
                    below.hides = place.depth >= MOST_LEVELS
                else:
                    seen.add(meta.addr)
                    waiting.append(_Waiting(each.as_directory(), below, place.depth + 1))
            elif meta.type == pytsk3.TSK_FS_META_TYPE_REG:
                shown = f"{shown} (deleted)" if is_deleted else shown
                below = InnerEntry(name, shown, meta.size, deleted=is_deleted)
                below.opener, below.dated = _reader(each, shown, meta.size), _dates(meta, fat_entry)
                if not is_deleted:
                    yield each, shown
            else:
                continue
            key = name if name not in place.into.inner and not is_deleted else f"{name} ({count})"
            place.into.inner[key] = below


def _named(raw: bytes) -> str:
    """Return a name: short ones of FAT are in the code page of DOS, all others come as UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp850", "replace")


def _why(depth: int) -> str:
    return "directories in one another without end" if depth < MOST_LEVELS else f"more than {MOST_LEVELS} levels"


def _listed(place: _Waiting) -> Iterator[Any]:
    """Yield the entries of a directory, as far as it can be read."""
    try:
        yield from place.directory
    except _FAILURES as error:
        place.into.aside("...", f"cannot be listed: {_line(error)}", hides=True)


def _reader(entry: Any, shown: str, size: int) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        wanted = min(size, limit + 1)
        try:
            data = bytes(entry.read_random(0, wanted)) if wanted else b""
        except _FAILURES as error:
            raise FileAccessError(f"{shown}: damaged in its image: {_line(error)}") from None
        if len(data) < wanted:
            raise FileAccessError(f"{shown}: damaged in its image: {len(data)} of {wanted} bytes can be read")
        return data

    return read


def _fat_entries(pytsk3: Any, system: Any, image: Any, offset: int) -> Callable[[int], bytes] | None:
    """Return what reads an entry of a FAT directory by the number that the library gives it; None for other systems.

    The library counts such entries from 3 on, beginning behind the tables.
    """
    if system.info.ftype not in (pytsk3.TSK_FS_TYPE_FAT12, pytsk3.TSK_FS_TYPE_FAT16, pytsk3.TSK_FS_TYPE_FAT32):
        return None
    head = bytes(image.read(offset, SECTOR))
    sector, reserved, small = (int.from_bytes(head[at : at + 2], "little") for at in (11, 14, 22))
    table = small or int.from_bytes(head[36:40], "little")
    first = offset + (reserved + head[16] * table) * sector
    return lambda number: bytes(image.read(first + (number - 3) * _FAT_ENTRY, _FAT_ENTRY))


def _dates(meta: Any, fat_entry: Callable[[int], bytes] | None) -> Callable[[], tuple[FileTime, ...]]:
    """Return what returns the times of a file: of FAT those that a clock of unknown zone showed, of others UTC."""
    stored = [(WRITTEN, meta.mtime), (CREATED, meta.crtime), (OPENED, meta.atime)]

    def dated() -> tuple[FileTime, ...]:
        if fat_entry is not None:
            try:
                entry = fat_entry(meta.addr)
            except _FAILURES:
                return ()
            return _fat_times(entry) if int.from_bytes(entry[28:32], "little") == meta.size else ()
        found = []
        for what, seconds in stored:
            if seconds:
                moment = datetime.fromtimestamp(seconds, UTC)
                found.append(FileTime(what, moment, "second", moment.isoformat(" ")))
        return tuple(found)

    return dated


def _fat_times(entry: bytes) -> tuple[FileTime, ...]:
    """Return the times in an entry of a FAT directory; what is no date is kept as it is stored.

    FAT keeps two seconds of writing, and of opening the day.
    """
    found = []
    for what, day_at, time_at, tenths_at, precision in _FAT_TIMES:
        day = int.from_bytes(entry[day_at : day_at + 2], "little")
        time = int.from_bytes(entry[time_at : time_at + 2], "little") if time_at else 0
        if not day and not time:
            continue  # nothing is stored
        year, month, date = 1980 + (day >> 9), day >> 5 & 15, day & 31
        second = (time & 31) * 2 + (entry[tenths_at] // 100 if tenths_at else 0)
        hour, minute = time >> 11, time >> 5 & 63
        shown = f"{year}-{month:02}-{date:02}" + (f" {hour:02}:{minute:02}:{second:02}" if time_at else "")
        try:
            moment = datetime(year, month, date, hour=hour, minute=minute, second=second)
        except ValueError:
            found.append(FileTime(what, None, precision, shown))
        else:
            found.append(FileTime(what, moment, precision, moment.isoformat(" ")))
    return tuple(found)


def _line(error: Exception) -> str:
    """Return the last line of what a library says, of many sentences the first two."""
    said = str(error).strip()
    return ". ".join(said.splitlines()[-1].split(". ")[:2]) if said else type(error).__name__
