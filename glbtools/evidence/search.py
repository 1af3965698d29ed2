"""Which directories and files are postoffices, told by content at any depth, and what was given and not looked at.

A directory is one when it has a GLB directory, or when a file in it is of Dir-Sync by its content; a text file with a
fitting name is not. Archives are searched like directories (ruling 26).
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple, NoReturn, Protocol

from glbtools import files
from glbtools.errors import FileAccessError, UnknownFormatError
from glbtools.evidence import archives, containers, forms, images
from glbtools.evidence.contents import Artefact, Contents
from glbtools.evidence.postoffice import AREAS, DELETED, FOUND, OUR_OWN, Postoffice, is_kept_as, may_be
from glbtools.evidence.sources import INSIDE, Entry, OnDisk, on_disk
from glbtools.formats import registry, unread
from glbtools.formats.registry import DIRSYNC, SIBLINGS

NEIGHBOURS = (".MBG", ".KEY", ".USR", ".INF", ".NME", ".GLB", ".TPL", ".XTN")
"""Suffixes of files in a postoffice's directories."""

LEFTOVER = "begun by a run of glbtools that was ended before it was complete; it is no evidence and can be deleted"
"""Why what has the name of something half written is not looked into."""

NESTED = 2
"""Archives in one another that are opened."""

HEAD = 1 << 12
"""Bytes by which a file of another program is told."""

RENAMED = "by its content a file of Dir-Sync under another name, and not read; glbtools inspect shows what it holds"

ZIP_NAME = 30
"""Where the name of the first member of a zip begins."""

DOCUMENTS = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"word/", b"xl/", b"mimetype", b"META-INF/")
"""How the first member of an Office, an OpenDocument or a Java file is named."""

BESIDE = "._"
"""How a name begins under which macOS keeps what other systems do not keep of a file."""

MOST_NAMED = 5
"""Files that are named where nothing is recognised."""

UNRECOGNISED = "not a Dir-Sync file that glbtools knows"


def _outer_first(paths: Iterable[str | Path]) -> list[str | Path]:
    """Return paths with each directory before what lies in it and is given, too, and before single files."""
    given = [(each, _place_of(each)) for each in paths]
    known = {place for _, place in given}
    return [each for each, _ in sorted(given, key=lambda each: (each[1].is_file(), len(known & set(each[1].parents))))]


def _place_of(path: str | Path) -> Path:
    """Return where a path leads; what is no path is refused by whoever opens it."""
    try:
        return Path(os.path.realpath(containers.outermost(str(path))))
    except (OSError, ValueError):
        return Path(path)


def _unlisted(entry: Entry, error: FileAccessError) -> str:
    """Return why nothing is known of what is in a directory."""
    return f"cannot be listed: {str(error).removeprefix(f'{entry.shown}: ')}"


class OmittedInput(NamedTuple):
    """Something that was given and not looked at.

    Attributes:
        path: as shown to the user.
        why: what it is, or why not.
        kind: ``unread`` for what may well be evidence, so that the question is not wholly answered; ``copy`` for the
            bytes of another one; ``foreign`` for anything else.
        entry: the file or directory itself; None for a copy.
    """

    path: str
    why: str
    kind: str = "unread"
    entry: Entry | None = None

    @property
    def telling(self) -> bool:
        """Whether it may well be evidence."""
        return self.kind == "unread"


class Place(NamedTuple):
    """A directory that is still to be looked into, or an archive or image that is still to be opened.

    Attributes:
        entry: the directory, or the file.
        archives: how many archives it lies in.
        packed: whether it is an archive or an image.
    """

    entry: Entry
    archives: int = 0
    packed: bool = False


class Claims(Protocol):
    """Takes files that are no postoffice's, wherever they are met."""

    def __call__(self, entries: list[Entry], *, alone: bool) -> Collection[str]:
        """Return the paths, as shown, of what is taken among the files of one directory.

        ``alone``: a file that was given by itself.
        """


@dataclass
class Search:
    """What is found in the paths given, and what is not looked at there.

    Attributes:
        contents: what files hold.
        claims: takes files that are something else; None where nobody asks for those.
        strict: whether a path that holds no postoffice is refused.
        postoffices: what was found.
        passed_over: what was not looked at.
        containers: archives that were looked into.
    """

    contents: Contents
    claims: Claims | None = None
    strict: bool = True
    postoffices: list[Postoffice] = field(default_factory=list)
    passed_over: list[OmittedInput] = field(default_factory=list)
    containers: list[Entry] = field(default_factory=list)
    _seen: set[tuple[int, int]] = field(default_factory=set)
    _claimed: int = 0
    _several: bool = False

    def look(self, paths: Iterable[str | Path]) -> None:
        """Look for postoffices in paths: directories, archives, or single files.

        Raises:
            FileAccessError: a path does not exist or cannot be listed.
            UnknownFormatError: a path holds nothing of a postoffice.
        """
        loose: dict[str, list[Artefact]] = {}
        wanted = _outer_first(paths)
        self._several = len(wanted) > 1
        for given in wanted:
            path = Path(given)
            entry = self._given(given)
            if files.is_leftover(entry.name):
                raise UnknownFormatError(f"{given}: {LEFTOVER}")
            depth = _depth(str(given))
            if entry.is_directory:
                self._tree(Place(entry, depth))
            elif entry.other:
                raise FileAccessError(f"{given}: {entry.other}, neither a file nor a directory")
            elif not self._is_new(entry):
                continue
            elif (inside := self._container(entry, noted=depth == 0)) is not None:
                self._tree(Place(inside, depth + 1))
            elif not self._taken([entry], alone=True):
                loose.setdefault(str(path.parent), []).append(Artefact(entry, "", path.name.upper()))
        for parent, artefacts in loose.items():
            found = Postoffice(parent, artefacts, self.contents, alone=True, given=True)
            for each in artefacts:
                if _recognised(found, each):
                    continue
                if self.strict:
                    raise UnknownFormatError(f"{each.path}: {_not_read(each)}")
                self._pass_over(each.entry, _not_read(each), telling=False)
            if any(_recognised(found, each) for each in artefacts):
                self.postoffices.append(found)

    def _given(self, given: str | Path) -> Entry:
        """Return what a path names, be it a place in an archive or an image.

        Raises:
            FileAccessError: there is no such place.
        """
        outer = containers.outermost(str(given))
        if not os.path.lexists(outer):
            raise files.missing(given)
        inner = containers.located(str(given), self.contents.max_size)
        if inner is None:
            return on_disk(Path(given), str(given))
        self._note(on_disk(Path(outer), outer))
        return inner

    def _tree(self, top: Place) -> None:
        """Find the postoffices in a directory and in all below it.

        Raises:
            FileAccessError: the directory itself cannot be listed.
            UnknownFormatError: there is none.
        """
        before, claimed, waiting = len(self.postoffices), self._claimed, [top]
        while waiting:
            place = waiting.pop()
            if place.packed:
                waiting += self._archive(place.entry, place.archives)
                continue
            try:
                if self._is_new(place.entry):
                    waiting += reversed(self.visit(place))
                elif place is top:
                    return  # It was given twice.
            except FileAccessError as error:
                if place is top:
                    raise
                self._pass_over(place.entry, _unlisted(place.entry, error), telling=True)
        for each in self.postoffices[before:]:
            each.given = each.path == top.entry.shown and top.entry.path is not None
        if self.strict and len(self.postoffices) == before and self._claimed == claimed:
            self._refuse(top.entry.shown)

    def _taken(self, entries: Iterable[Entry], *, alone: bool = False) -> Collection[str]:
        """Return the paths of files that are something else, by those who know."""
        wanted = [each for each in entries if not (each.is_directory or each.other or each.deleted)]
        taken = self.claims(wanted, alone=alone) if self.claims and wanted else ()
        self._claimed += len(taken)
        return taken

    def _is_new(self, entry: Entry) -> bool:
        """Whether something was not looked at yet, whatever way led to it; it counts as looked at from now on.

        Raises:
            FileAccessError: it is gone.
        """
        if not isinstance(entry, OnDisk):
            return True
        known = entry.identity in self._seen
        self._seen.add(entry.identity)
        return not known

    def _refuse(self, shown: str) -> NoReturn:
        telling = [each for each in self.passed_over if each.path.startswith(shown) and each.telling]
        more = "".join(f"; not looked at: {each.path}: {each.why}" for each in telling[:MOST_NAMED])
        if len(telling) > MOST_NAMED:
            more += f"; and {len(telling) - MOST_NAMED} more"
        place = shown.removesuffix(INSIDE)
        if place != shown and not telling and not forms.is_archive(self.containers[-1].head(forms.SECTOR)):
            more = f"; {images.CARVE}"  # An image whose directories are lost shows nothing.
        raise UnknownFormatError(f"{place}: no postoffice: no GLB directory and no Dir-Sync file in it{more}")

    def visit(self, place: Place) -> list[Place]:
        """Keep a directory as a postoffice if it is one; return what lies below and belongs to something else.

        Raises:
            FileAccessError: it cannot be listed.
        """
        below: list[Place] = []
        artefacts: list[Artefact] = []
        barred: set[str] = set()
        for child in self._children(place.entry):
            if not child.is_directory:
                below += self._file(child, "", place.archives, artefacts, barred)
            elif area := _area_of(child):
                try:
                    below += self._area(child, area, place.archives, artefacts, barred)
                except FileAccessError as error:
                    self._pass_over(child, _unlisted(child, error), telling=True)
                    barred.add(child.name.upper())
            elif child.name.lower() not in OUR_OWN:
                below.append(Place(child, place.archives))
        own = self._without_seconds([each for each in artefacts if not each.entry.deleted])
        gone = [each for each in artefacts if each.entry.deleted]
        found = Postoffice(place.entry.shown, own, self.contents, barred=frozenset(barred), gone=gone)
        if any(_recognised(found, each) for each in own) or any(_proven(found, each) for each in gone):
            self.postoffices.append(found)
        else:
            for each in (*own, *gone):
                self._unrecognised(found, each)
        return below

    def _without_seconds(self, artefacts: list[Artefact]) -> list[Artefact]:
        """Return files without those of Dir-Sync of which there is another one; that in a GLB directory counts first.

        Names know no case, and a postoffice has one file of each.
        """
        first: dict[str, Artefact] = {}
        for each in sorted(artefacts, key=lambda each: each.area != "GLB"):
            first.setdefault(each.name, each)
        kept = []
        for each in artefacts:
            other = first[each.name]
            if other is each or not _named_as_binary(each.name):
                kept.append(each)
            elif each.size == other.size and self._same(each, other):
                self.passed_over.append(OmittedInput(each.path, f"the same bytes as {other.path}", "copy", each.entry))
            else:
                self._pass_over(
                    each.entry, f"a second {each.name} of one postoffice; {other.path} is read", telling=True
                )
        return kept

    def _same(self, one: Artefact, other: Artefact) -> bool:
        """Whether two files are known to hold the same bytes."""
        digest = self.contents.digest(one)
        return digest.sha256 is not None and digest == self.contents.digest(other)

    def _unrecognised(self, found: Postoffice, artefact: Artefact) -> None:
        """Pass over a file of no postoffice."""
        if artefact.name.startswith(BESIDE):
            self._pass_over(
                artefact.entry, "kept by macOS beside the file of that name, and no evidence", telling=False
            )
        elif artefact.name.endswith(".GLB") and _is_foreign(artefact):
            self._pass_over(artefact.entry, _not_read(artefact), telling=False)
        elif _renamed(found, artefact):
            self._pass_over(artefact.entry, RENAMED, telling=True)
        else:
            self._pass_over(artefact.entry, UNRECOGNISED, telling=_telling(artefact.name))

    def _children(self, directory: Entry) -> Iterator[Entry]:
        """Yield what a directory holds, without what is taken, and what a killed run has left half written."""
        children: list[Entry] = []
        for child in directory.children():
            if files.is_leftover(child.name):
                self._pass_over(child, LEFTOVER, telling=False)
            else:
                children.append(child)
        for child in children if self._several else ():
            if not (child.is_directory or child.other):
                self._is_new(child)  # given by itself, too, it is no other one
        taken = self._taken(children)
        yield from (child for child in children if child.shown not in taken)

    def _area(self, area: Entry, name: str, nesting: int, artefacts: list[Artefact], barred: set[str]) -> list[Place]:
        """Keep the files of one of the vendor's directories; return what lies below it."""
        below: list[Place] = []
        self._is_new(area)
        for child in self._children(area):
            if not child.is_directory:
                below += self._file(child, name, nesting, artefacts, barred)
            elif child.name.lower() not in OUR_OWN:
                below.append(Place(child, nesting))
        return below

    def _file(self, child: Entry, area: str, nesting: int, artefacts: list[Artefact], barred: set[str]) -> list[Place]:
        """Keep a file, or return an archive to open; what is neither file nor directory is passed over, and said."""
        if child.other:
            barred.add(child.name.upper())
            telling = _telling(child.name) or archives.is_named_so(child.name) or images.is_named_so(child.name)
            self._pass_over(child, child.other, telling=child.hides or telling)
        elif archives.is_named_so(child.name) or images.is_named_so(child.name):
            return [Place(child, nesting, packed=True)]
        elif child.deleted or _telling(child.name):
            artefacts.append(Artefact(child, area, child.name.upper()))
        elif _is_packed(child):
            return [Place(child, nesting, packed=True)]
        else:
            artefacts.append(Artefact(child, area, child.name.upper()))
        return []

    def _archive(self, child: Entry, nesting: int) -> list[Place]:
        """Open an archive that was found; one that cannot be, or lies too deep in others, is named."""
        if nesting >= NESTED:
            self._pass_over(child, "an archive in an archive in an archive, not opened", telling=True)
            return []
        try:
            found = self._container(child, noted=nesting == 0)
        except FileAccessError as error:
            self._pass_over(child, f"not opened: {str(error).removeprefix(f'{child.shown}: ')}", telling=True)
            return []
        if found is None:
            why = f"named as an archive or an image, and it is none that is read; {images.CARVE}"
            self._pass_over(child, why, telling=True)
            return []
        return [Place(found, nesting + 1)]

    def _container(self, entry: Entry, *, noted: bool = True) -> Entry | None:
        """Return the tree in an archive or an image; None where a file is neither.

        Raises:
            FileAccessError: it is one, and cannot be opened.
        """
        kind = containers.form(entry)
        if kind and noted:
            self._note(entry)
        return containers.opened(entry, kind, self.contents.max_size) if kind else None

    def _note(self, container: Entry) -> None:
        self.contents.note(container)
        self.containers.append(container)

    def _pass_over(self, entry: Entry, why: str, *, telling: bool) -> None:
        kind = "unread" if telling else "foreign"
        self.passed_over.append(OmittedInput(entry.shown, why.removeprefix(f"{entry.shown}: "), kind, entry))


def _depth(given: str) -> int:
    """Return in how many archives and images something lies that was given."""
    return 0 if containers.outermost(given) == given else given.count(INSIDE)


def _area_of(entry: Entry) -> str:
    """Return which of the vendor's directories one is; empty for any other. A deleted one has lost a letter."""
    name = entry.name.upper()
    if entry.deleted and name[:1] in DELETED:
        return next((each for each in AREAS if each[1:] == name[1:]), "")
    return name if name in AREAS else ""


def _proven(postoffice: Postoffice, artefact: Artefact) -> bool:
    """Whether a file whose name lost a letter is of Dir-Sync by its content, which is all that tells (ruling 27)."""
    found = postoffice.read(artefact) if artefact.size and _named_as_deleted(artefact.name) else None
    return found is not None and found.entry.binary


def _renamed(postoffice: Postoffice, artefact: Artefact) -> bool:
    """Whether a file is a binary one of Dir-Sync by its content, under the name of a copy or of what CHKDSK found."""
    originals = (pattern for each in DIRSYNC.values() if each.binary for pattern in each.names if "*" not in pattern)
    if not (FOUND.fullmatch(artefact.name) or any(is_kept_as(artefact.name, each) for each in originals)):
        return False
    held = postoffice.read(artefact) if artefact.size and not artefact.entry.deleted else None
    return held is not None and held.entry.binary


def _telling(name: str) -> bool:
    """Whether a name is one that a part of a postoffice has."""
    upper = name.upper()
    return upper == "GLB" or upper.endswith(".GLB") or any(_named(upper, each) for each in DIRSYNC.values())


def _not_read(artefact: Artefact) -> str:
    """Say what a file that was given and is of no use here is."""
    known = unread.named(artefact.entry.head(HEAD))
    sibling = next((each for each in SIBLINGS.values() if _named(artefact.name, each)), None)
    if known is None and sibling is not None:
        return f"no file of Dir-Sync, but of a postoffice ({sibling.name}); glbtools inspect shows it"
    if known is None and (artefact.size in images.FLOPPIES or images.is_named_so(artefact.name)):
        what = "of the size of a floppy" if artefact.size in images.FLOPPIES else "named as an image"
        return f"{what}, and its first sectors describe no file system; {images.CARVE}"
    return str(known) if known else UNRECOGNISED


def _is_packed(entry: Entry) -> bool:
    """Whether a file is an archive or an image by its content, be it read or not.

    Documents that are zip archives, by what their first member is, hold no evidence.
    """
    try:
        head = entry.head(forms.SECTOR)
    except FileAccessError:
        return False
    if head.startswith(b"PK") and head[ZIP_NAME:].startswith(DOCUMENTS):
        return False
    try:
        return containers.form(entry, head) is not None
    except FileAccessError:
        return True  # Of a kind that is known and not read, as is said where it is to be opened.


def _is_foreign(artefact: Artefact) -> bool:
    """Whether a file is of another program by its signature, whatever its name."""
    try:
        return unread.signed(artefact.entry.head(HEAD)) is not None
    except FileAccessError:
        return False


def _named(name: str, entry: registry.Entry) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in entry.names)


@cache
def _named_as_binary(name: str) -> bool:
    return any(_named(name, each) for each in DIRSYNC.values() if each.binary)


@cache
def _named_as_deleted(name: str) -> bool:
    """Whether a name is one of a binary file of Dir-Sync but for its first letter."""
    patterns = (pattern for each in DIRSYNC.values() if each.binary for pattern in each.names)
    return any(fnmatch.fnmatchcase(name[1:], pattern[1:]) for pattern in patterns)


def _recognised(postoffice: Postoffice, artefact: Artefact) -> bool:
    """Whether a file makes a postoffice of its directory: it lies in a GLB directory, or is of Dir-Sync by content.

    Binary files of the vendor's names are known even when damaged; a text file is one by its content alone.
    """
    if artefact.name.startswith(BESIDE) or (artefact.name.endswith(".GLB") and _is_foreign(artefact)):
        return False
    if artefact.area == "GLB":
        return artefact.name.endswith(".GLB")
    if _named_as_binary(artefact.name):
        return True
    if artefact.name.endswith(NEIGHBOURS) and artefact.area:
        return True
    if artefact.name[:1] in DELETED and _proven(postoffice, artefact):
        return True
    if not may_be(artefact.name, tuple(DIRSYNC)):
        return False
    found = postoffice.read(artefact)
    return found is not None and (found.entry.name != "log" or found.content.form != "empty" or not artefact.size)
