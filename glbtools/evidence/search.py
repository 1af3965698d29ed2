"""Which directories and files are postoffices, told by content, and what was given and not looked at.

A directory is one when it has a GLB directory, or when a file in it is of Dir-Sync by its content; a text file with a
fitting name is not. Postoffices are looked for in a directory and one level below; what lies deeper is named.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, NoReturn

from glbtools import files
from glbtools.errors import FileAccessError, UnknownFormatError
from glbtools.evidence.contents import Artefact, Contents
from glbtools.evidence.postoffice import AREAS, OUR_OWN, Postoffice, may_be
from glbtools.formats.registry import DIRSYNC, Entry

NEIGHBOURS = (".MBG", ".KEY", ".USR", ".INF", ".NME", ".GLB", ".TPL", ".XTN")
"""Suffixes of files in a postoffice's directories."""

MOST_ENTRIES = 100_000
"""Entries of a directory below which what lies there is found out."""


class PassedOver(NamedTuple):
    """Something that was given and not looked at.

    Attributes:
        path: as shown to the user.
        why: what it is, or why not.
        telling: whether its name says that it may be evidence; then the question is not wholly answered.
    """

    path: str
    why: str
    telling: bool


@dataclass
class Search:
    """What is found in the paths given, and what is not looked at there."""

    contents: Contents
    apart: Collection[Path]
    postoffices: list[Postoffice] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)

    def look(self, paths: Iterable[str | Path]) -> None:
        """Look for postoffices in paths: directories, or single files.

        Raises:
            FileAccessError: a path does not exist or cannot be listed.
            UnknownFormatError: a path holds nothing of a postoffice.
        """
        loose: dict[str, list[Artefact]] = {}
        for given in paths:
            path = Path(given)
            try:
                if path.is_dir():
                    self._directory(path, str(given))
                elif path in self.apart:
                    continue
                elif path.is_file():
                    loose.setdefault(str(path.parent), []).append(_artefact(path, str(given), ""))
                elif not os.path.lexists(path):
                    raise FileAccessError(f"{given}: no such file or directory")
                else:
                    raise FileAccessError(f"{given}: neither a file nor a directory")
            except OSError as error:
                raise FileAccessError(f"{given}: {(error.strerror or str(error)).lower()}") from None
        for parent, artefacts in loose.items():
            found = Postoffice(parent, artefacts, self.contents, alone=True)
            for each in artefacts:
                if not _recognised(found, each):
                    raise UnknownFormatError(f"{each.path}: not a Dir-Sync file that glbtools knows")
            self.postoffices.append(found)

    def _directory(self, path: Path, shown: str) -> None:
        """Find the postoffice that a directory is, and those that it holds."""
        before = len(self.postoffices)
        self._one(path, shown)
        for child in _children(path):
            if child.is_dir() and not child.is_symlink() and not _belongs(child):
                inside = f"{shown.rstrip('/')}/{child.name}"
                self._one(child, inside)
                self._deeper((each for each in _children(child) if not _belongs(each)), inside)
        if len(self.postoffices) == before and not any(each.parent == path for each in self.apart):
            self._refuse(shown)

    def _refuse(self, shown: str) -> NoReturn:
        deeper = [each.path for each in self.passed_over if each.path.startswith(shown) and each.telling]
        more = f"; not looked at: {', '.join(deeper)}" if deeper else ""
        raise UnknownFormatError(f"{shown}: no postoffice: no GLB directory and no Dir-Sync file in it{more}")

    def _one(self, path: Path, shown: str) -> None:
        """Keep a directory as a postoffice if it has a GLB directory, or a file whose content says so."""
        artefacts: list[Artefact] = []
        barred: set[str] = set()
        prefix = shown.rstrip("/")
        for child in _children(path):
            if child.is_dir() and not child.is_symlink() and child.name.upper() in AREAS:
                for inner in _children(child):
                    self._file(inner, f"{prefix}/{child.name}/{inner.name}", child.name.upper(), artefacts, barred)
                self._deeper(_children(child), f"{prefix}/{child.name}")
            elif not child.is_dir() or child.is_symlink():
                self._file(child, f"{prefix}/{child.name}", "", artefacts, barred)
        own = [each for each in artefacts if each.place not in self.apart]
        found = Postoffice(shown, own, self.contents, barred=frozenset(barred))
        if any(_recognised(found, each) for each in own):
            self.postoffices.append(found)

    def _file(self, place: Path, shown: str, area: str, artefacts: list[Artefact], barred: set[str]) -> None:
        """Keep a file; a link or a device is passed over, and said."""
        if place.is_symlink():
            self._pass_over(place, shown, "a symbolic link, not followed", barred)
        elif place.is_file():
            artefacts.append(_artefact(place, shown, area))
        elif not place.is_dir():
            self._pass_over(place, shown, files.kind(place), barred)

    def _pass_over(self, place: Path, shown: str, why: str, barred: set[str]) -> None:
        barred.add(place.name.upper())
        self.passed_over.append(PassedOver(shown, why, _telling(place.name)))

    def _deeper(self, children: Iterable[Path], shown: str) -> None:
        """Name the directories below that are not looked into although something of a postoffice lies there."""
        for child in children:
            if (
                child.is_dir()
                and not child.is_symlink()
                and child.name.lower() not in OUR_OWN
                and _holds_evidence(child)
            ):
                why = "deeper than is looked for postoffices: give it by itself"
                self.passed_over.append(PassedOver(f"{shown}/{child.name}", why, telling=True))


def _children(path: Path) -> list[Path]:
    return sorted(path.iterdir(), key=lambda each: each.name)


def _belongs(child: Path) -> bool:
    """Whether a directory is part of the one it lies in, or our own."""
    return child.name.upper() in AREAS or child.name.lower() in OUR_OWN


def _holds_evidence(directory: Path) -> bool:
    """Whether a GLB directory or a file of a vendor's name lies somewhere below; True also where that is too much."""
    seen = 0
    for _, directories, names in os.walk(directory):
        directories[:] = [each for each in directories if each.lower() not in OUR_OWN]
        seen += len(directories) + len(names)
        if seen > MOST_ENTRIES or any(map(_telling, (*directories, *names))):
            return True
    return directory.name.upper() == "GLB" and seen > 0


def _telling(name: str) -> bool:
    """Whether a name is one that a part of a postoffice has."""
    upper = name.upper()
    return upper == "GLB" or upper.endswith(".GLB") or any(_named(upper, each) for each in DIRSYNC.values())


def _named(name: str, entry: Entry) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in entry.names)


def _artefact(place: Path, shown: str, area: str) -> Artefact:
    return Artefact(shown, place, area, place.name.upper(), place.stat().st_size)


def _recognised(postoffice: Postoffice, artefact: Artefact) -> bool:
    """Whether a file makes a postoffice of its directory: it lies in a GLB directory, or is of Dir-Sync by content.

    Binary files of the vendor's names are known even when damaged; a text file is one by its content alone.
    """
    if artefact.area == "GLB":
        return artefact.name.endswith(".GLB")
    if any(_named(artefact.name, each) for each in DIRSYNC.values() if each.binary):
        return True
    if artefact.name.endswith(NEIGHBOURS) and artefact.area:
        return True
    if not may_be(artefact.name, tuple(DIRSYNC)):
        return False
    found = postoffice.read(artefact)
    return found is not None and (found.entry.name != "log" or found.content.form != "empty" or not artefact.size)
