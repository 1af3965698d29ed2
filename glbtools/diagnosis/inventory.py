"""What was given, file by file: what each is, whose it is, and what nobody could read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from glbtools import files
from glbtools.diagnosis.successors.inputs import Given, sorted_out
from glbtools.errors import GlbError
from glbtools.evidence.contents import Artefact
from glbtools.evidence.network import Evidence, Network, collect
from glbtools.evidence.postoffice import DELETED, Postoffice
from glbtools.evidence.search import PassedOver
from glbtools.layouts import Layouts

READ, OPENED, NO_USE, DAMAGED, FOREIGN, COPY = "read", "opened", "no use", "damaged", "not recognised", "copy"


class File(NamedTuple):
    """One file that was given.

    Attributes:
        path: as shown.
        used: ``read``; ``opened`` for an archive or image that is looked into; ``no use`` for a file of a postoffice of
            which only presence and size matter; ``damaged`` for what cannot be read; ``not recognised``.
        format: what it is; None where that is not known.
        layout: the layout it is read with; None for a text.
        size: in bytes.
        sha256: in hex; None where it cannot be read.
        is_deleted: whether the file system has it marked as deleted, or its name lost its first letter so.
        target: where it leads, for a link to a file.
        why: why it is of no use, where it is not read.
    """

    path: str
    used: str
    format: str | None = None
    layout: str | None = None
    size: int = 0
    sha256: str | None = None
    is_deleted: bool = False
    target: str = ""
    why: str = ""


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
    given: Given
    places: list[Place] = field(default_factory=list)
    others: list[File] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)

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
    given = sorted_out(paths, older, max_size)
    evidence = collect(paths, older=older, layouts=layouts, max_size=max_size, apart=given.apart, strict=False)
    found = Inventory(evidence, given, unreadable={**given.unreadable, **evidence.unlooked})
    for number, unit in enumerate(found.units, 1):
        found.places += [_place(each, number) for each in unit.postoffices]
    found.places += [_place(each, 0) for each in (found.units[0].older if found.units else [])]
    for place in found.places:
        found.unreadable |= place.postoffice.unreadable
    found.others = sorted({each.path: each for each in _others(evidence, given)}.values())
    return found


def _place(postoffice: Postoffice, unit: int) -> Place:
    held = sorted((*postoffice.artefacts, *postoffice.gone), key=lambda each: each.path)
    found = Place(postoffice, unit, tuple(_file(postoffice, each) for each in held))
    postoffice.release()
    return found


def _file(postoffice: Postoffice, artefact: Artefact) -> File:
    inspection = postoffice.read(artefact)
    why = postoffice.unreadable.get(artefact.path, "")
    return File(
        artefact.path,
        DAMAGED if why else READ if inspection else NO_USE,
        format=inspection.entry.name if inspection else None,
        layout=inspection.layout.id if inspection and inspection.layout else None,
        size=artefact.size,
        sha256=postoffice.contents.digest(artefact).sha256,
        is_deleted=artefact.entry.deleted or artefact.name[:1] in DELETED,
        target=artefact.entry.target,
        why=why.removeprefix(f"{artefact.path}: "),
    )


def _others(evidence: Evidence, given: Given) -> Iterator[File]:
    for container in evidence.containers:
        size, sha256 = evidence.contents.digest(Artefact(container, "", container.name))
        yield File(container.shown, OPENED, "archive", size=size, sha256=sha256)
    for piece in (*given.pieces, *given.older):
        size, sha256 = files.digest(piece.place)
        yield File(piece.path, READ, piece.kind, size=size, sha256=sha256)
    for each in evidence.passed_over:
        yield passed_over_file(each, evidence)


def passed_over_file(each: PassedOver, evidence: Evidence) -> File:
    """Return something that was not looked at as a file, hashed where it can be."""
    used = COPY if each.kind == "copy" else FOREIGN
    if each.entry is None or each.entry.is_directory or each.entry.other:
        return File(each.path, used if each.kind != "unread" else DAMAGED, why=each.why)
    try:
        size, sha256 = each.entry.digest(evidence.contents.max_size)
    except GlbError as error:
        why = f"{each.why}; {str(error).removeprefix(f'{each.path}: ')}"
        return File(each.path, DAMAGED, size=each.entry.size, why=why)
    return File(each.path, used, size=size, sha256=sha256, why=each.why)
