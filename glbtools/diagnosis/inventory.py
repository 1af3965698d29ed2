"""What was given, file by file: what each is, whose it is, and what nobody could read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from glbtools import files
from glbtools.brief import brief, count
from glbtools.diagnosis.successors.inputs import SuccessorInputs
from glbtools.errors import GlbError
from glbtools.evidence import containers
from glbtools.evidence.contents import Artefact
from glbtools.evidence.network import Evidence, Network
from glbtools.evidence.postoffice import DELETED, Postoffice
from glbtools.evidence.search import OmittedInput
from glbtools.evidence.sources import Entry, FileTime
from glbtools.layouts import Layouts

READ, OPENED, NO_USE, DAMAGED, FOREIGN, COPY = "read", "opened", "no use", "damaged", "not recognised", "copy"
TOO_LARGE, GONE = "too large", "deleted"


class File(NamedTuple):
    """One file that was given.

    Attributes:
        path: as shown.
        format: what it is; None where that is not known, or only presence and size matter.
        layout: the layout it is read with; None for a text.
        size: in bytes.
        sha256: in hex; None where it cannot be read.
        used: ``read``; ``opened`` for an archive or image that is looked into; ``no use`` for a file of a postoffice of
            which only presence and size matter, or only the texts are known; ``damaged`` and ``too large`` for what
            cannot be read; ``deleted`` for what a file system gives up; ``copy`` for the bytes of another one; ``not
            recognised``.
        target: where it leads, for a link to a file.
        is_deleted: whether the file system has it marked as deleted, or its name lost its first letter so.
        why: why it is not read.
        times: that an archive or an image has of it; shown, and never evidence (ruling 4).
    """

    path: str
    format: str | None = None
    layout: str | None = None
    size: int = 0
    sha256: str | None = None
    used: str = READ
    target: str = ""
    is_deleted: bool = False
    why: str = ""
    times: tuple[FileTime, ...] = ()

    def __repr__(self) -> str:
        return brief("File", f"{self.used}, {self.format}, {self.size} bytes, {self.path}")


class Place(NamedTuple):
    """A postoffice with its files.

    Attributes:
        postoffice: whose they are.
        unit: the number of its network, from 1; 0 for evidence of an earlier moment.
        files: in the order of their paths.
    """

    postoffice: Postoffice
    unit: int
    files: tuple[File, ...]

    def __repr__(self) -> str:
        return brief("Place", f"{self.postoffice.shown}, {count(len(self.files), 'file')}")


@dataclass
class Inventory:
    """What there is in the paths given.

    Attributes:
        evidence: postoffices by units.
        given: directory dumps, pairs and what goes with them.
        places: every postoffice with its files.
        others: files that are of no postoffice.
        unreadable: path -> why something that may be evidence cannot be read.
    """

    evidence: Evidence
    given: SuccessorInputs
    places: list[Place] = field(default_factory=list)
    others: list[File] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return brief("Inventory", f"{count(len(self.places), 'postoffice')}, {count(len(self.others), 'other file')}")

    @property
    def units(self) -> list[Network]:
        """The networks, each at one moment, that hold a postoffice."""
        return [each for each in self.evidence.units if each.postoffices]

    @property
    def recognised(self) -> bool:
        """Whether anything is evidence."""
        return bool(self.places or self.given.pieces)

    @property
    def failures(self) -> list[str]:
        """What keeps this from being the whole answer, a line each."""
        nothing = [] if self.recognised else ["nothing in what was given is recognised as evidence"]
        return [*nothing, *self.unreadable.values()]


def find_evidence(
    *paths: str | Path,
    older: Iterable[str | Path] = (),
    layouts: Layouts | None = None,
    max_size: int = files.DEFAULT_MAX_SIZE,
) -> Inventory:
    """Return everything that some paths hold, to any depth and in archives and images.

    Args:
        paths: directories, archives, images or files.
        older: the same, of earlier moments.
        layouts: how binary files are read.
        max_size: largest file read, in bytes.

    Raises:
        FileAccessError: a path does not exist, or an archive that was named cannot be opened.
        UsageError: two files of one kind are named for one postoffice.
    """
    older = list(older)
    given = SuccessorInputs(max_size=max_size)
    evidence = given.collect(paths, older, layouts, strict=False)
    found = Inventory(evidence, given, unreadable={**given.unreadable, **evidence.unlooked})
    for number, unit in enumerate(found.units, 1):
        found.places += [_place(each, number) for each in unit.postoffices]
    found.places += [_place(each, 0) for each in (found.units[0].older if found.units else [])]
    for place in found.places:
        found.unreadable |= place.postoffice.unreadable
    strange = (_passed_over(each, evidence) for each in evidence.passed_over if _is_no_file(each))
    others = (*other_files(evidence), *strange, *_of_successors(given))
    found.others = sorted({each.path: each for each in others}.values())
    return found


def _place(postoffice: Postoffice, unit: int) -> Place:
    found = Place(postoffice, unit, tuple(sorted(files_of(postoffice))))
    postoffice.release()
    return found


def files_of(postoffice: Postoffice) -> Iterator[File]:
    """Yield the files of a postoffice."""
    contents = postoffice.contents
    for artefact in (*postoffice.artefacts, *postoffice.gone):
        inspection, digest = postoffice.read(artefact), contents.digest(artefact)
        why = contents.unreadable.get(artefact.path, "")
        used = GONE if artefact.entry.deleted else READ
        if artefact.path in contents.unnumbered:
            used = NO_USE
        elif why:
            used = TOO_LARGE if artefact.size > contents.max_size else DAMAGED
        yield File(
            artefact.path,
            format=inspection.entry.name if inspection else None,
            layout=inspection.layout.id if inspection and inspection.layout else None,
            size=digest.size,
            sha256=digest.sha256,
            used=used if inspection or why else NO_USE,
            target=artefact.entry.target,
            is_deleted=artefact.entry.deleted or artefact.name[:1] in DELETED,
            why=why.removeprefix(f"{artefact.path}: "),
            times=artefact.entry.times,
        )


def other_files(evidence: Evidence) -> Iterator[File]:
    """Yield the archives that were looked into, and the files that were passed over."""
    for container in evidence.containers:
        size, sha256 = evidence.contents.digest(Artefact(container, "", container.name))
        kind = "archive" if containers.form(container) == containers.ARCHIVE else "image"
        yield File(container.shown, kind, size=size, sha256=sha256, used=OPENED)
    for each in evidence.passed_over:
        if not _is_no_file(each):
            yield _passed_over(each, evidence)


def _is_no_file(each: OmittedInput) -> bool:
    """Whether it is a directory, a link that is not followed, or a device."""
    return each.entry is not None and (each.entry.is_directory or bool(each.entry.other))


def _of_successors(given: SuccessorInputs) -> Iterator[File]:
    for piece in (*given.pieces, *given.older):
        yield _file(piece.entry, piece.kind)
        if piece.beside is not None:
            yield _file(piece.beside, "export-ini" if piece.beside.name.lower().endswith(".ini") else "rootdse")


def _file(entry: Entry, kind: str) -> File:
    try:
        size, sha256 = entry.digest(None)
    except GlbError as error:
        return File(entry.shown, kind, size=entry.size, used=DAMAGED, why=str(error).removeprefix(f"{entry.shown}: "))
    return File(entry.shown, kind, size=size, sha256=sha256, target=entry.target, times=entry.times)


def _passed_over(each: OmittedInput, evidence: Evidence) -> File:
    """Return something that was not looked at, hashed where it can be."""
    used = COPY if each.kind == "copy" else FOREIGN
    if each.entry is None or _is_no_file(each):
        return File(each.path, used=used if each.kind != "unread" else DAMAGED, why=each.why)
    size, target, limit = each.entry.size, each.entry.target, evidence.contents.max_size
    found = File(each.path, size=size, used=used, target=target, why=each.why, times=each.entry.times)
    if size > limit:
        return found._replace(used=TOO_LARGE)
    try:
        size, sha256 = each.entry.digest(limit)
    except GlbError as error:
        why = f"{each.why}; {str(error).removeprefix(f'{each.path}: ')}"
        return found._replace(used=DAMAGED, why=why)
    return found._replace(size=size, sha256=sha256)
