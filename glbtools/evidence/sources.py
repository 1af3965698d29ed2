"""Where evidence lies: folders, archives and images as trees of entries that can be listed and read.

Nothing is unpacked to disk. What lies in an archive is shown as ``case.zip::po/GLB/REQTRANS.GLB``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

from glbtools import files

INSIDE = "::"
"""Stands between an archive and the path in it."""

MOST_ENTRIES = 100_000
"""Entries of one archive or image that are looked at."""

MOST_LEVELS = 100
"""Directories in one another that are looked at there."""

LINK = "a symbolic link to a directory, not followed"
BROKEN = "a symbolic link that leads nowhere"
UNSEEN = "cannot be looked at"


WRITTEN, CREATED, OPENED = "written", "created", "opened"
"""What can have happened to a file."""


class FileTime(NamedTuple):
    """When something happened to a file, as an archive or a file system has it; shown, and never evidence (ruling 4).

    Attributes:
        what: ``WRITTEN``, ``CREATED`` or ``OPENED``.
        moment: with a zone where that is known, and that is UTC; None where what is stored is no date.
        precision: ``second``, ``2 seconds`` or ``day``.
        stored: as it is stored, in text.
    """

    what: str
    moment: datetime | None
    precision: str
    stored: str

    def __str__(self) -> str:
        """The moment for people, with as much as is known of it."""
        if self.moment is None:
            return f"{self.stored} (no date)"
        shown = self.moment.strftime("%Y-%m-%d" if self.precision == "day" else "%Y-%m-%d %H:%M:%S")
        return f"{shown}Z" if self.moment.tzinfo else shown


class Entry(Protocol):
    """A file or a directory, wherever it lies."""

    @property
    def name(self) -> str:
        """The last part of its path."""

    @property
    def shown(self) -> str:
        """Its whole path, as shown to the user."""

    @property
    def size(self) -> int:
        """In bytes; 0 for a directory."""

    @property
    def is_directory(self) -> bool:
        """Whether it has children."""

    @property
    def other(self) -> str:
        """What it is, where it is neither a file nor a directory that is looked into; else empty."""

    @property
    def hides(self) -> bool:
        """Whether evidence may be behind what is not looked at: a directory, or the rest of an archive."""

    @property
    def target(self) -> str:
        """Where it leads, for a link to a file; else empty."""

    @property
    def deleted(self) -> bool:
        """Whether the file system has it marked as deleted."""

    @property
    def path(self) -> Path | None:
        """Where it can be opened; None for what lies in an archive or an image."""

    @property
    def times(self) -> tuple[FileTime, ...]:
        """The times that an archive or an image has of it; none of what lies on disk, where copying changes them."""

    def children(self) -> list[Entry]:
        """Return what a directory holds, by name.

        Raises:
            FileAccessError: it cannot be listed.
        """

    def read(self, max_size: int) -> bytes:
        """Return the content of a file.

        Raises:
            FileAccessError: it is larger than ``max_size`` bytes, damaged, encrypted or unreadable.
        """

    def head(self, length: int) -> bytes:
        """Return the first bytes of a file of any size.

        Raises:
            FileAccessError: as for ``read``.
        """

    def digest(self, max_size: int | None) -> tuple[int, str]:
        """Return the size of a file in bytes and its SHA-256 in hex.

        Raises:
            FileAccessError: as for ``read``.
        """


@dataclass(frozen=True)
class OnDisk:
    """An entry of the machine's own file system; see ``Entry``."""

    place: str
    name: str
    shown: str
    size: int = 0
    is_directory: bool = False
    other: str = ""
    target: str = ""
    deleted: bool = False

    @cached_property
    def path(self) -> Path:
        """See ``Entry``."""
        return Path(self.place)

    @property
    def hides(self) -> bool:
        """See ``Entry``."""
        return self.other == UNSEEN

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link, wherever that leads; not so for what lies too deep to be looked at."""
        try:
            return self.path.is_symlink()
        except OSError:
            return False

    @property
    def times(self) -> tuple[FileTime, ...]:
        """See ``Entry``."""
        return ()

    @property
    def identity(self) -> tuple[int, int]:
        """What tells a directory from all others, whatever way leads to it.

        Raises:
            FileAccessError: it is gone.
        """
        try:
            found = self.path.stat()
        except OSError as error:
            raise files.access_error(self.shown, error) from None
        return found.st_dev, found.st_ino

    def children(self) -> list[Entry]:
        """See ``Entry``."""
        try:
            with os.scandir(self.place) as found:
                listed = sorted(found, key=lambda each: each.name)
        except OSError as error:
            raise files.access_error(self.shown, error) from None
        prefix = self.shown.rstrip("/")
        return [_entry(each, f"{prefix}/{each.name}") for each in listed]

    def read(self, max_size: int) -> bytes:
        """See ``Entry``."""
        return files.read(self.place, max_size)

    def head(self, length: int) -> bytes:
        """See ``Entry``."""
        return files.head(self.place, length)

    def digest(self, max_size: int | None) -> tuple[int, str]:
        """See ``Entry``."""
        return files.digest(self.place, max_size)


def on_disk(path: Path, shown: str) -> OnDisk:
    """Return what a path of the machine is.

    Raises:
        FileAccessError: it does not exist or cannot be looked at.
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        raise files.access_error(shown, error) from None
    return _of_status((str(path), path.name, shown), found, _target(path) if path.is_symlink() else "")


def _entry(each: os.DirEntry[str], shown: str) -> OnDisk:
    where = each.path, each.name, shown
    try:
        if not each.is_symlink():
            return _of_status(where, each.stat(follow_symlinks=False), "")
        found = each.stat()
    except OSError:
        return OnDisk(*where, other=BROKEN if each.is_symlink() else UNSEEN)
    if stat.S_ISDIR(found.st_mode):
        return OnDisk(*where, other=LINK)
    return _of_status(where, found, _target(Path(each.path)))


def _of_status(where: tuple[str, str, str], found: os.stat_result, target: str) -> OnDisk:
    if stat.S_ISDIR(found.st_mode):
        return OnDisk(*where, is_directory=True)
    if stat.S_ISREG(found.st_mode):
        return OnDisk(*where, found.st_size, target=target)
    return OnDisk(*where, other=files.kind_of(found.st_mode))


def _target(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


@dataclass(eq=False)
class InnerEntry:
    """An entry of an archive, an image or the memory; see ``Entry``."""

    name: str
    shown: str
    size: int = 0
    is_directory: bool = False
    other: str = ""
    target: str = ""
    deleted: bool = False
    hides: bool = False
    opener: Callable[[int], bytes] | None = None
    """Returns the content, of at most so many bytes."""
    dated: Callable[[], tuple[FileTime, ...]] | None = None
    """Returns its times."""
    inner: dict[str, InnerEntry] = field(default_factory=dict)
    _digest: tuple[int, str] | None = None

    @property
    def path(self) -> None:
        """See ``Entry``."""
        return

    @property
    def times(self) -> tuple[FileTime, ...]:
        """See ``Entry``."""
        return self.dated() if self.dated else ()

    def children(self) -> list[Entry]:
        """See ``Entry``."""
        return [self.inner[name] for name in sorted(self.inner)]

    def read(self, max_size: int) -> bytes:
        """See ``Entry``."""
        if self.size > max_size:
            raise files.too_large(self.shown, max_size)
        data = self.opener(max_size) if self.opener else b""
        if len(data) > max_size:
            raise files.too_large(self.shown, max_size)
        return data

    def head(self, length: int) -> bytes:
        """See ``Entry``."""
        return self.opener(length)[:length] if self.opener else b""

    def digest(self, max_size: int | None) -> tuple[int, str]:
        """See ``Entry``."""
        if self._digest is None:
            data = self.read(files.DEFAULT_MAX_SIZE if max_size is None else max_size)
            self._digest = len(data), files.sha256(data)
        return self._digest

    def directory(self, parts: list[str]) -> InnerEntry:
        """Return a directory below, made where it is not there."""
        found = self
        for part in parts:
            found = found.inner.setdefault(part, InnerEntry(part, found.below(part), is_directory=True))
        return found

    def below(self, name: str) -> str:
        """Return the path, as shown, of something in this directory."""
        return f"{self.shown}{'' if self.shown.endswith(INSIDE) else '/'}{name}"

    def aside(self, name: str, why: str, *, hides: bool = False) -> None:
        """Name something in this directory that is not looked at, beside what may be there under that name."""
        key = f"{name} ({len(self.inner)})" if name in self.inner else name
        self.inner[key] = InnerEntry(name, self.below(name), other=why, hides=hides)

    def put(self, parts: list[str], entry: Callable[[str, str], InnerEntry]) -> bool:
        """Put an entry, made of its name and the path shown, into the tree; False where one is there already."""
        parent = self.directory(parts[:-1])
        if not parent.is_directory or parts[-1] in parent.inner:
            return False
        parent.inner[parts[-1]] = entry(parts[-1], parent.below(parts[-1]))
        return True
