"""Which of the files given are of Dir-Sync's successors: told by their content, so that any name will do.

A file given is looked at whatever it is called, a directory at its top level where the suffix fits. What is none of
these is left to the postoffices, which a directory may hold as well; but a text that is known and not read is named,
and so is a file given by itself of which nothing can be told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from glbtools import files
from glbtools.directory.dump import CSV, Dump
from glbtools.errors import GlbError, UnknownFormatError
from glbtools.formats import dirsync_file, exchange_csv, ldif_dump, unread
from glbtools.formats.repadmin import SHOWREPL_HEADER, probe_showrepl
from glbtools.formats.signatures import packed
from glbtools.tables import open_json

DUMP, IMPORT, STATE, CURSORS, VECTOR, LINKS, PAIR, SYNC_STATE = (
    "dump", "import", "export-state", "cursors", "showutdvec", "showrepl", "pair", "sync-state",
)  # fmt: skip
SUFFIXES = frozenset({".csv", ".ldf", ".ldif", ".json", ".toml", ".txt"})
"""Of what is looked at in a directory."""

LARGEST_TEXT = 1 << 26
"""Longest state, list of cursors or report that is read, in bytes."""

_HEAD, _FAR = 1 << 16, 1 << 22
"""How much of a file is looked at to tell what it is; and for a number, as one object may be long."""
_NUMBERED = re.compile(r"^(?:uSNChanged|highestCommittedUSN):", re.MULTILINE | re.IGNORECASE)
_JSON = re.compile(rb'"(?:schema|format)"\s*:\s*"(glbtools\.export-state/1|glbtools\.cursors/1|glbtools-sync-state 1)"')
_OF_JSON = {"glbtools.export-state/1": STATE, "glbtools.cursors/1": CURSORS, "glbtools-sync-state 1": SYNC_STATE}
# What may be at the beginning of a line is no line end: else a text of nothing but those takes the square of its size.
_PAIR = (
    re.compile(r"^[ \t]*\[[ \t]*(source|target)[ \t]*\]", re.MULTILINE),
    re.compile(r"^[ \t]*spool[ \t]*=", re.MULTILINE),
)
_LINKS = re.compile(rf'^"?{SHOWREPL_HEADER[0]}"?,', re.MULTILINE)
_VECTOR = re.compile(r"^.* @ USN +[0-9]+ @ Time ", re.MULTILINE)


class Piece(NamedTuple):
    """One file that is evidence.

    Attributes:
        path: as shown to the user.
        place: where it can be opened.
        kind: one of the constants above.
    """

    path: str
    place: Path
    kind: str


class InputFile(NamedTuple):
    """A file that is hashed before it is looked at, and after."""

    path: str
    place: Path
    format: str
    size: int
    sha256: str | None


@dataclass
class SuccessorInputs:
    """What was given beside postoffices.

    Attributes:
        pieces: in the order of their paths.
        older: dumps of earlier moments.
        apart: where these and the unread ones lie; no postoffice is looked for there.
        read: every file that is looked at, companions of dumps among them.
        unreadable: path -> why it cannot be read.
        max_size: largest file read, in bytes.
    """

    pieces: list[Piece] = field(default_factory=list)
    older: list[Piece] = field(default_factory=list)
    apart: frozenset[Path] = frozenset()
    read: dict[str, InputFile] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    max_size: int = files.DEFAULT_MAX_SIZE

    def of(self, *kinds: str) -> list[Piece]:
        """Return the files of some kinds."""
        return [each for each in self.pieces if each.kind in kinds]

    def note(self, path: str, place: Path, form: str) -> None:
        """Hash a file that is about to be read."""
        if path not in self.read:
            self.read[path] = InputFile(path, place, form, *_digest(place, self.max_size))

    def text(self, piece: Piece) -> bytes | None:
        """Return the content of a file that is read at once; None where it cannot be, which is kept."""
        self.note(piece.path, piece.place, piece.kind)
        try:
            return files.read(piece.place, min(self.max_size, LARGEST_TEXT))
        except GlbError as error:
            self.unreadable[piece.path] = str(error)
            return None

    def dump(self, piece: Piece) -> Dump | None:
        """Return a dump; None where it cannot be read, which is kept."""
        try:
            found = Dump(piece.place, max_size=self.max_size)
        except GlbError as error:
            self.note(piece.path, piece.place, piece.kind)
            self.unreadable[piece.path] = str(error)
            return None
        self.note(piece.path, piece.place, "exchange-csv" if found.kind == CSV else found.kind)
        if found.companion is not None:
            shown = piece.path.removesuffix(piece.place.name) + found.companion.name
            self.note(shown, found.companion, "export-ini" if found.kind == CSV else "rootdse")
        return found

    def changed(self) -> Iterator[str]:
        """Yield the files whose content is no longer the one that was looked at."""
        for each in self.read.values():
            if _digest(each.place, self.max_size) != (each.size, each.sha256):
                yield each.path


def sorted_out(
    paths: Iterable[str | Path], older: Iterable[str | Path] = (), max_size: int = files.DEFAULT_MAX_SIZE
) -> SuccessorInputs:
    """Return what is of Dir-Sync's successors in some paths; never raises for what a path holds, or does not."""
    given = SuccessorInputs(max_size=max_size)
    files_given = [each for path in paths for each in _files(path)]
    pieces = {each.place: Piece(each.path, each.place, kind) for each in files_given if (kind := told(each.place))}
    earlier = [each for path in older for each in _files(path)]
    before = {each.place: Piece(each.path, each.place, DUMP) for each in earlier if told(each.place) == DUMP}
    companions = _companions([*pieces.values(), *before.values()])
    given.pieces = sorted(each for each in pieces.values() if each.place not in companions)
    given.older = sorted(each for each in before.values() if each.place not in companions)
    given.apart = frozenset({*pieces, *before, *companions})
    for each in files_given:
        if each.place not in given.apart and (reason := unread_because(each.place, alone=each.alone)):
            given.unreadable[each.path] = f"{each.path}: {reason}"
            given.apart |= {each.place}
    return given


def told(place: Path) -> str | None:
    """Return what a file is by its content; None for anything else, and for what cannot be read."""
    try:
        data = files.head(place, _HEAD)
        text = _text(data)
        if text.lstrip().startswith("{"):
            found = _JSON.search(data) or _JSON.search(files.read(place, LARGEST_TEXT))
            return _OF_JSON[found[1].decode()] if found else None
        if _LINKS.search(text) or probe_showrepl(data):
            return LINKS
        if _VECTOR.search(text):
            return VECTOR
        if all(each.search(text) for each in _PAIR):
            return PAIR
        return _of_objects(place, data, text)
    except GlbError:
        return None


def _of_objects(place: Path, data: bytes, text: str) -> str | None:
    """Return whether a file is a dump with numbers, or a CSV for import; LDIF of changes has no numbers."""
    try:
        kind = Dump(place).kind
    except UnknownFormatError:
        return None
    if kind == CSV:
        return IMPORT if exchange_csv.is_for_import(data) else DUMP
    return DUMP if _NUMBERED.search(text) or _NUMBERED.search(_text(files.head(place, _FAR))) else None


def unread_because(place: Path, *, alone: bool) -> str:
    """Return why a file of none of the kinds cannot be judged; empty where it may be of a postoffice.

    ``alone``: it was given by itself, so that of what is known it is also said that it is of no use here.
    """
    try:
        data = files.head(place, _HEAD)
    except GlbError:
        return ""
    if alone and ldif_dump.begins(data):
        if b"\nentryCSN:" in data or b"\nentryUUID:" in data:
            return (
                "a dump of a directory that does not number its changes (entryUUID, entryCSN), so that nothing can be "
                "told of it by itself: glbtools directory compare tells what two of them differ in"
            )
        return (
            "LDIF without numbers: no object at its beginning has uSNChanged, so that nothing can be told of it; ask "
            "for it: ldapsearch ... '*' uSNChanged uSNCreated"
        )
    if alone and dirsync_file.probe(data):
        return "a file of changes (DIRSYNC): it can be applied, and there is nothing to judge in it"
    read = ldif_dump.begins(data) or exchange_csv.begins(data) or packed(data[:64])
    known = None if read else unread.named(data)
    return str(known) if known else ""


class _File(NamedTuple):
    """A file given, or found in a directory given.

    Attributes:
        path: as shown.
        place: where it can be opened.
        alone: it was given by itself.
    """

    path: str
    place: Path
    alone: bool


def _files(given: str | Path) -> Iterator[_File]:
    path = Path(given)
    try:
        if path.is_file():
            yield _File(str(given), path, alone=True)
        elif path.is_dir():
            prefix = str(given).rstrip("/")
            for each in sorted(path.iterdir(), key=lambda each: each.name):
                if (
                    each.suffix.lower() in SUFFIXES
                    and not files.is_leftover(each.name)
                    and each.is_file()
                    and not each.is_symlink()
                ):
                    yield _File(f"{prefix}/{each.name}", each, alone=False)
    except (OSError, ValueError):
        return


def _companions(pieces: Iterable[Piece]) -> set[Path]:
    """Return the files that only say more of a dump beside them."""
    found: set[Path] = set()
    for each in pieces:
        if each.kind == DUMP:
            try:
                companion = Dump(each.place).companion
            except GlbError:
                continue
            if companion is not None:
                found.add(companion)
    return found


def line_of(data: bytes, key: str) -> int | None:
    """Return the line of a JSON file of ours on which a key stands."""
    try:
        found = open_json(data, "")[key]
    except GlbError:
        return None
    return found.line if found.given else None


def _text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    return data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def _digest(place: Path, max_size: int) -> tuple[int, str | None]:
    try:
        return files.digest(place, max_size)
    except GlbError:
        return _size(place), None


def _size(place: Path) -> int:
    try:
        return place.stat().st_size
    except OSError:
        return 0
