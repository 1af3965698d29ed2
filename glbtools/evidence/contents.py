"""What the files of the evidence hold: each opened, hashed and parsed once, and kept while there is room."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, NamedTuple

from glbtools import files
from glbtools.brief import count
from glbtools.errors import GlbError, UnknownFormatError
from glbtools.evidence.sources import Entry, OnDisk
from glbtools.formats.registry import DIRSYNC, Inspection, inspect_bytes
from glbtools.layouts import Layouts

ROOM = 1 << 24
"""Bytes of files whose contents are kept; parsed, they take some ten times as much."""


class Artefact(NamedTuple):
    """One file of a postoffice.

    Attributes:
        entry: where it lies, and how it is read.
        area: the directory of the postoffice it belongs to; empty in a flat one.
        name: its name in upper case.
    """

    entry: Entry
    area: str
    name: str

    @property
    def path(self) -> str:
        """Where it is, as shown to the user."""
        return self.entry.shown

    @property
    def size(self) -> int:
        """In bytes."""
        return self.entry.size


class Digest(NamedTuple):
    """The size of a file in bytes and its SHA-256 in hex; None for one that could not be read."""

    size: int
    sha256: str | None


class Contents:
    """The contents of files, shared by the postoffices of a search.

    What does not fit into the room is read again when it is asked for; its hash is kept, so that a change is seen.

    Attributes:
        layouts: how binary files are read.
        max_size: largest file read, in bytes.
        unreadable: path -> why a file could not be read.
        unnumbered: those of them that are queues, read in a layout that does not say where numbers stand.
    """

    def __init__(self, layouts: Layouts, max_size: int = files.DEFAULT_MAX_SIZE, room: int = ROOM) -> None:
        self.layouts, self.max_size = layouts, max_size
        self.unreadable: dict[str, str] = {}
        self.unnumbered: set[str] = set()
        self._room, self._used = room, 0
        self._kept: dict[str, Inspection[Any] | None] = {}
        self._digests: dict[str, Digest] = {}
        self._containers: dict[str, int] = {}

    def read(self, artefact: Artefact) -> Inspection[Any] | None:
        """Return what a file holds; None when it cannot be read or is no Dir-Sync file."""
        path = artefact.path
        if path in self._kept:
            return self._kept[path]
        found: Inspection[Any] | None = None
        try:
            data = artefact.entry.read(self.max_size)
        except (GlbError, MemoryError) as error:
            self.unreadable[path] = _why(artefact, error)
            self._digests.setdefault(path, Digest(artefact.size, None))
        else:
            if path not in self._digests:
                self._digests[path] = Digest(len(data), files.sha256(data))
            try:
                held = inspect_bytes(data, path, layouts=self.layouts, among=DIRSYNC)
                if data and held.entry.name == "queue" and held.layout and not held.layout.numbered:
                    self.unreadable[path] = _unnumbered(held)
                    self.unnumbered.add(path)
                else:
                    found = held
                    self._used += len(data)
            except UnknownFormatError as error:
                if data and _is_named_as_ours(artefact.name):  # an archive, a file of another program
                    self.unreadable[path] = str(error)
            except (GlbError, MemoryError) as error:
                self.unreadable[path] = _why(artefact, error)
        self._kept[path] = found
        return found

    def digest(self, artefact: Artefact) -> Digest:
        """Return size and hash of a file as they were when it was first looked at."""
        if artefact.path not in self._digests:
            self._digests[artefact.path] = self._now(artefact)
        return self._digests[artefact.path]

    def note(self, container: Entry) -> None:
        """Hash an archive or an image before it is looked into; one too large to be hashed is known by its time."""
        self._containers[container.shown] = _time(container)
        self.digest(Artefact(container, "", container.name))

    def changed(self, artefact: Artefact) -> bool:
        """Whether a file is no longer what it was when it was first looked at; of an archive, the whole is asked."""
        if not isinstance(artefact.entry, OnDisk):
            return False
        if artefact.path in self._containers and _time(artefact.entry) != self._containers[artefact.path]:
            return True
        return self._now(artefact) != self.digest(artefact)

    def _now(self, artefact: Artefact) -> Digest:
        try:
            return Digest(*artefact.entry.digest(self.max_size))
        except GlbError:
            return Digest(artefact.size, None)

    @property
    def is_full(self) -> bool:
        """Whether there is no room for more."""
        return self._used > self._room

    def release(self, artefacts: Iterable[Artefact]) -> None:
        """Forget what some files hold where there is no room for it; it is read again when asked for."""
        for each in artefacts if self.is_full else ():
            kept = self._kept.pop(each.path, None)
            if kept is not None:
                self._used -= len(kept.data)


def _unnumbered(found: Inspection[Any]) -> str:
    """Say why a queue is no evidence that is read in a layout without numbers: what is waiting goes by them."""
    texts, layout = count(len(found.content.records), "text"), found.layout.id if found.layout else ""
    return f"{found.path}: {texts}, and the layout {layout} does not say where their numbers stand; inspect shows them"


def _why(artefact: Artefact, error: GlbError | MemoryError) -> str:
    if isinstance(error, GlbError):
        return str(error)
    return f"{artefact.path}: there is not enough memory to read its {artefact.size} bytes; give it by itself"


@cache
def _is_named_as_ours(name: str) -> bool:
    """Whether a name is one of a binary file of Dir-Sync."""
    return any(fnmatchcase(name, pattern) for each in DIRSYNC.values() if each.binary for pattern in each.names)


def _time(entry: Entry) -> int:
    """Return when a file of the machine was last written, in nanoseconds; 0 where that cannot be told."""
    try:
        return entry.path.stat().st_mtime_ns if entry.path else 0
    except OSError:
        return 0
