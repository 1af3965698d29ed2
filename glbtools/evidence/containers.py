"""What a path is that was given as one place of evidence: a directory, or an archive or image with a tree in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from glbtools import files
from glbtools.errors import FileAccessError, suggestion
from glbtools.evidence import archives, forms, images
from glbtools.evidence.sources import INSIDE, Entry, InnerEntry, on_disk

ARCHIVE = "archive"


def form(entry: Entry, head: bytes | None = None) -> str | None:
    """Return what kind of archive or image a file is; None where it is neither.

    Args:
        entry: the file.
        head: its first 512 bytes, where they have been read.

    Raises:
        FileAccessError: it cannot be read, or is of a kind that is known and not read.
    """
    if not entry.size:
        return None
    head = entry.head(forms.SECTOR) if head is None else head
    if forms.is_archive(head) or (head.startswith(b"MZ") and archives.unpacks_itself(entry)):
        return ARCHIVE
    if not any(head) and entry.size > forms.FAR:
        head = entry.head(forms.FAR)
    try:
        return forms.kind(head, entry.size)
    except FileAccessError as error:
        raise _of(entry, error) from None


def opened(entry: Entry, kind: str, max_size: int) -> InnerEntry:
    """Return the tree in an archive or an image of the kind that ``form`` has told.

    Raises:
        FileAccessError: it cannot be opened.
    """
    try:
        return archives.opened(entry, max_size) if kind == ARCHIVE else images.opened(entry, kind, max_size)
    except FileAccessError as error:
        raise _of(entry, error) from None


def _of(entry: Entry, error: FileAccessError) -> FileAccessError:
    return FileAccessError(f"{entry.shown}: {str(error).removeprefix(f'{entry.shown}: ')}")


def tree(path: Path, max_size: int) -> Entry | None:
    """Return the directory that a path is, or the tree in the archive or image; None for any other file.

    The path may also name a place in an archive or an image.

    Raises:
        FileAccessError: it cannot be looked at or opened.
    """
    inner = located(str(path), max_size)
    entry = inner or on_disk(path, str(path))
    if entry.is_directory:
        return entry
    kind = None if entry.other else form(entry)
    return opened(entry, kind, max_size) if kind else None


def outermost(path: str) -> str:
    """Return the file of the machine in which a place lies; the path itself where it lies in none."""
    return path[: path.index(INSIDE)] if INSIDE in path and not os.path.lexists(path) else path


def located(path: str, max_size: int) -> Entry | None:
    """Return what a path such as ``case.zip::po/GLB`` names; None for one that is of no container.

    Raises:
        FileAccessError: the container cannot be opened, or holds no such place.
    """
    outer = outermost(path)
    if outer == path:
        return None
    place = tree(Path(outer), max_size)
    if place is None:
        raise FileAccessError(f"{path}: no such place, since {outer} is neither an archive nor an image")
    beside: list[Entry] = []
    while place is not None:
        beside = place.children()
        place = next((each for each in beside if _leads_to(each, path)), None)
        if place is None:
            break
        if place.shown == path:
            return place
        if not place.is_directory:
            kind = form(place)
            place = opened(place, kind, max_size) if kind else None
    names = [each.shown for each in beside]
    within = next((each[: max(each.rfind("/") + 1, each.rfind(INSIDE) + len(INSIDE))] for each in names), path)
    way = suggestion(path.removeprefix(within), (each.removeprefix(within) for each in names), within)
    raise FileAccessError(
        f"{path}: no such place in {outer}{way or f'; glbtools evidence {outer} lists what is in it'}"
    )


def inside(path: str, max_size: int) -> Entry | None:
    """Return the file that a path such as ``case.zip::po/GLB/REQTRANS.GLB`` names; None for one of no container.

    Raises:
        FileAccessError: as for ``located``, or it is no file.
    """
    place = located(path, max_size)
    if place is not None and (place.is_directory or place.other):
        inside = "" if place.other else "; name a file in it"
        raise FileAccessError(f"{path}: {place.other or 'a directory'}, not a file{inside}")
    return place


def named(place: Entry | None, paths: list[str], max_size: int) -> Iterator[Entry]:
    """Yield the files below a place that are wanted by their paths, in one walk; what is not there is passed over.

    Raises:
        FileAccessError: a container on the way cannot be opened.
    """
    for each in place.children() if place is not None else ():
        wanted = [path for path in paths if _leads_to(each, path)]
        if each.shown in wanted and not each.is_directory and not each.other:
            yield each
        further = [path for path in wanted if path != each.shown]
        if further:
            kind = None if each.is_directory else form(each)
            yield from named(opened(each, kind, max_size) if kind else each, further, max_size)


def _leads_to(entry: Entry, path: str) -> bool:
    """Whether a path names an entry, or something in it."""
    return path == entry.shown or path.startswith(f"{entry.shown}{'/' if entry.is_directory else INSIDE}")


def is_tree(path: Path) -> bool:
    """Whether a path is a directory, an archive or an image, so that it holds files that belong together."""
    try:
        entry = located(str(path), files.DEFAULT_MAX_SIZE) or on_disk(path, str(path))
        return entry.is_directory or (not entry.other and form(entry) is not None)
    except FileAccessError:
        return False


def below(top: Entry) -> Iterator[tuple[str, Entry]]:
    """Yield everything below a directory that is none itself, with its path from there.

    Raises:
        FileAccessError: a directory cannot be listed.
    """
    waiting = [("", top)]
    while waiting:
        prefix, place = waiting.pop()
        for each in place.children():
            if each.is_directory:
                waiting.append((f"{prefix}{each.name}/", each))
            else:
                yield f"{prefix}{each.name}", each


def within(top: str, path: str) -> str | None:
    """Return a path from a directory or container on, ``.`` for itself; None for one that is elsewhere.

    What lies in an archive in an archive is not within the outer one.
    """
    if top.endswith(INSIDE):
        inside = path.removeprefix(top)
        return None if not path.startswith(top) or INSIDE in inside else inside or "."
    try:
        return Path(path).relative_to(top).as_posix()
    except ValueError:
        return None
