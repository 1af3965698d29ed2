"""Which of the files given are of Dir-Sync's successors: told by their content, so that any name will do.

A file given is looked at whatever it is called, one that is found, at any depth, in an archive or an image, where the
suffix fits. What is none of these is left to the postoffices, which a directory may hold as well; but a text that is
known and not read is named, and so is a file given by itself of which nothing can be told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from glbtools import files
from glbtools.directory.dump import CSV, CSVDE, Dump, begun, companion, kind_of
from glbtools.errors import GlbError, UnknownFormatError
from glbtools.evidence.network import Evidence, collect
from glbtools.evidence.sources import Entry, OnDisk, on_disk
from glbtools.formats import csvde, dirsync_file, exchange_csv, ldif_dump, unread
from glbtools.formats.repadmin import SHOWREPL_HEADER, probe_showrepl
from glbtools.formats.signatures import HEAD, packed
from glbtools.layouts import Layouts
from glbtools.tables import open_json

DUMP, IMPORT, STATE, CURSORS, VECTOR, LINKS, PAIR, SYNC_STATE = (
    "dump", "import", "export-state", "cursors", "showutdvec", "showrepl", "pair", "sync-state",
)  # fmt: skip
KINDS = (DUMP, IMPORT, STATE, CURSORS, VECTOR, LINKS, PAIR, SYNC_STATE)
SUFFIXES = frozenset({"csv", "ldf", "ldif", "json", "toml", "txt"})
"""Of what is looked at in a directory."""

LARGEST_TEXT = 1 << 26
"""Longest state, list of cursors or report that is read, in bytes."""

_HEAD, _FAR, _SHORT = 1 << 16, 1 << 22, 1 << 20
"""How much of a file is looked at to tell what it is; for a number, as one object may be long; and of a short list."""
_NUMBERED = re.compile(r"^(?:uSNChanged|highestCommittedUSN):", re.MULTILINE | re.IGNORECASE)
_JSON = re.compile(rb'"(?:schema|format)"\s*:\s*"(glbtools\.export-state/1|glbtools\.cursors/1|glbtools-sync-state 1)"')
_OF_JSON = {"glbtools.export-state/1": STATE, "glbtools.cursors/1": CURSORS, "glbtools-sync-state 1": SYNC_STATE}
# What may be at the beginning of a line is no line end: else a text of nothing but those takes the square of its size.
_PAIR = (
    re.compile(r"^[ \t]*\[[ \t]*(source|target)[ \t]*\]", re.MULTILINE),
    re.compile(r"^[ \t]*spool[ \t]*=", re.MULTILINE),
)
_VALUELESS = re.compile(rb"^dn: [^\n]*\n(?:[A-Za-z0-9;-]+:[ \t]*\r?\n)+\r?\n", re.MULTILINE)
_LINKS = re.compile(rf'^"?{SHOWREPL_HEADER[0]}"?,', re.MULTILINE)
_VECTOR = re.compile(r"^(?!>).* @ USN +[0-9]+ @ Time ", re.MULTILINE)


class Piece(NamedTuple):
    """One file that is evidence.

    Attributes:
        entry: where it lies, and how it is read.
        kind: one of the constants above.
        beside: of a dump: the file that tells more of it; None where there is none.
    """

    entry: Entry
    kind: str
    beside: Entry | None = None

    @property
    def path(self) -> str:
        """Where it is, as shown to the user."""
        return self.entry.shown

    @property
    def place(self) -> Path | None:
        """Where it can be opened; None for what lies in an archive or an image."""
        return self.entry.path

    @property
    def stem(self) -> str:
        """Its name without the suffix."""
        return PurePosixPath(self.entry.name).stem


class InputFile(NamedTuple):
    """A file that is hashed before it is looked at, and after.

    Attributes:
        entry: where it lies, and how it is read.
        format: what it is of.
        size: in bytes.
        sha256: its SHA-256 in hex; None where it cannot be read.
    """

    entry: Entry
    format: str
    size: int
    sha256: str | None


@dataclass
class SuccessorInputs:
    """What was given beside postoffices.

    Attributes:
        read: every file that is looked at, companions of dumps among them.
        unreadable: path -> why it cannot be read.
        max_size: largest file read, in bytes.
        stores: the stores of pairs that are here, those in SQLite files, each once.
        messages: messages of pairs that wait, or were set aside.
    """

    read: dict[str, InputFile] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    max_size: int = files.DEFAULT_MAX_SIZE
    stores: dict[Path, None] = field(default_factory=dict)
    messages: int = 0
    _now: dict[str, Piece] = field(default_factory=dict)
    _then: dict[str, Piece] = field(default_factory=dict)
    _beside: set[str] = field(default_factory=set)

    def collect(
        self,
        paths: Iterable[str | Path],
        older: Iterable[str | Path] = (),
        layouts: Layouts | None = None,
        names: Mapping[str, str] | None = None,
        *,
        strict: bool = True,
    ) -> Evidence:
        """Return the postoffices in some paths, and take what is of the successors there; see ``network.collect``."""
        return collect(
            paths,
            older=older,
            layouts=layouts,
            max_size=self.max_size,
            claims=self.claim,
            older_claims=self.claim_older,
            names=names,
            strict=strict,
        )

    def refuse_unread(self, evidence: Evidence) -> None:
        """Refuse what holds nothing but files that are known and not read.

        Raises:
            UnknownFormatError: it does; says what the first one is.
        """
        if self.unreadable and not evidence.postoffices and not self.pieces:
            first, *others = self.unreadable.values()
            more = f"; and {len(others)} more that are not read" if others else ""
            raise UnknownFormatError(f"{first}{more}")

    def claim(self, entries: list[Entry], *, alone: bool) -> set[str]:
        """Take what is of the successors among the files of a directory, or a file given by itself; see ``Claims``."""
        taken = self._take(self._now, entries, alone=alone)
        for each in entries:
            if each.shown not in taken and (reason := unread_because(each, alone=alone)):
                self.unreadable[each.shown] = f"{each.shown}: {reason}"
                taken.add(each.shown)
        return taken

    def claim_older(self, entries: list[Entry], *, alone: bool) -> set[str]:
        """Take the dumps among files of an earlier moment; see ``claim``."""
        return self._take(self._then, entries, alone=alone, kinds=(DUMP,))

    def _take(
        self, pieces: dict[str, Piece], entries: list[Entry], *, alone: bool, kinds: Collection[str] = KINDS
    ) -> set[str]:
        taken = set()
        for each in entries if alone else filter(_is_worth, entries):
            kind = told(each)
            if kind is None or kind not in kinds:
                continue
            around = _around(each) if alone else entries
            beside = _companion(each, around) if kind == DUMP else None
            pieces.setdefault(_key(each), Piece(each, kind, beside))
            taken.add(each.shown)
            if beside is not None:
                self._beside.add(_key(beside))
                taken.add(beside.shown)
        return taken

    @property
    def pieces(self) -> list[Piece]:
        """What is of the present, in the order of the paths."""
        return self._sorted(self._now)

    @property
    def older(self) -> list[Piece]:
        """Dumps of earlier moments, in the order of their paths."""
        return self._sorted(self._then)

    def _sorted(self, pieces: Mapping[str, Piece]) -> list[Piece]:
        return sorted((each for key, each in pieces.items() if key not in self._beside), key=lambda each: each.path)

    def of(self, *kinds: str) -> list[Piece]:
        """Return the files of some kinds."""
        return [each for each in self.pieces if each.kind in kinds]

    def note(self, entry: Entry, form: str) -> None:
        """Hash a file that is about to be read."""
        if entry.shown not in self.read:
            self.read[entry.shown] = InputFile(entry, form, *_digest(entry, self.max_size))

    def text(self, piece: Piece) -> bytes | None:
        """Return the content of a file that is read at once; None where it cannot be, which is kept."""
        self.note(piece.entry, piece.kind)
        try:
            return piece.entry.read(min(self.max_size, LARGEST_TEXT))
        except GlbError as error:
            self.unreadable[piece.path] = str(error)
            return None

    def dump(self, piece: Piece) -> Dump | None:
        """Return a dump; None where it cannot be read, which is kept."""
        try:
            found = Dump(piece.entry, max_size=self.max_size, beside=piece.beside)
        except GlbError as error:
            self.note(piece.entry, piece.kind)
            self.unreadable[piece.path] = str(error)
            return None
        self.note(piece.entry, "exchange-csv" if found.kind == CSV else found.kind)
        if found.companion is not None:
            self.note(found.companion, "export-ini" if found.kind == CSV else "rootdse")
        return found

    def changed(self) -> Iterator[str]:
        """Yield the files whose content is no longer the one that was looked at; of a container the whole is asked."""
        for path, each in self.read.items():
            if each.entry.path is not None and _digest(each.entry, self.max_size) != (each.size, each.sha256):
                yield path


def told(entry: Entry) -> str | None:
    """Return what a file is by its content; None for anything else, and for what cannot be read."""
    try:
        data = entry.head(_HEAD)
        text = _text(data)
        if text.lstrip().startswith("{"):
            found = _JSON.search(data) or (entry.size <= _SHORT and _JSON.search(entry.read(_SHORT)))
            if not found and probe_showrepl(data):
                return LINKS
            return _OF_JSON[found[1].decode()] if found else None
        if (SHOWREPL_HEADER[0] in text and _LINKS.search(text)) or probe_showrepl(data):
            return LINKS
        if " @ USN " in text and _VECTOR.search(text):
            return VECTOR
        if "spool" in text and all(each.search(text) for each in _PAIR):
            return PAIR
        return _of_objects(entry, data, text)
    except GlbError:
        return None


def _of_objects(entry: Entry, data: bytes, text: str) -> str | None:
    """Return whether a file is a dump with numbers, or a CSV for import; LDIF of changes has no numbers."""
    kind = begun(data)
    if kind is None:
        return None
    if kind == CSV:
        return IMPORT if exchange_csv.is_for_import(data) else DUMP
    if kind == CSVDE:
        return DUMP if csvde.is_numbered(data) else None
    return DUMP if _NUMBERED.search(text) or _NUMBERED.search(_text(entry.head(_FAR))) else None


def unread_because(entry: Entry, *, alone: bool) -> str:
    """Return why a file of none of the kinds cannot be judged; empty where it may be of a postoffice.

    ``alone``: it was given by itself, so that of what is known it is also said that it is of no use here.
    """
    if not alone and not _is_worth(entry):
        return ""
    try:
        data = entry.head(_HEAD)
    except GlbError:
        return ""
    if alone and ldif_dump.begins(data):
        if b"\nentryCSN:" in data or b"\nentryUUID:" in data:
            return (
                "a dump of a directory that does not number its changes (entryUUID, entryCSN), so that nothing can be "
                "told of it by itself: glbtools directory compare tells what two of them differ in"
            )
        if _VALUELESS.search(data):
            return "LDIF with names of attributes alone, as ldapsearch -A writes it: take it without -A"
        return (
            "LDIF without numbers: no object at its beginning has uSNChanged, so that nothing can be told of it; ask "
            "for it: ldapsearch ... '*' uSNChanged uSNCreated"
        )
    if alone and csvde.begins(data):
        return (
            "an export of csvde without numbers: it has no uSNChanged column, so that nothing can be told of it; csvde "
            "without -l has all columns, or name it: -l ...,objectGUID,uSNChanged,uSNCreated,isDeleted"
        )
    if alone and dirsync_file.probe(data):
        return "a file of changes (DIRSYNC): it can be applied, and there is nothing to judge in it"
    read = begun(data) or packed(data[:HEAD])
    known = None if read else unread.named(data)
    return str(known) if known else ""


def _is_worth(entry: Entry) -> bool:
    """Whether a file that was found is looked at: its suffix is one that such files have."""
    stem, _, suffix = entry.name.rpartition(".")
    return bool(stem) and suffix.lower() in SUFFIXES


def _companion(entry: Entry, around: Iterable[Entry]) -> Entry | None:
    """Return the file that only says more of a dump beside it."""
    return companion(entry.name, kind_of(entry.head(_HEAD), entry.shown), around)


def _around(entry: Entry) -> list[Entry]:
    """Return what lies beside a file that was given by itself, shown as that is."""
    if not isinstance(entry, OnDisk):
        return []
    prefix = entry.shown.removesuffix(entry.name)
    try:
        there = on_disk(entry.path.parent, prefix).children()
    except GlbError:
        return []
    return [replace(each, shown=f"{prefix}{each.name}") for each in there if isinstance(each, OnDisk)]


def _key(entry: Entry) -> str:
    """Return what tells a file from others, whatever way led to it."""
    if entry.path is None:
        return entry.shown
    try:
        return str(entry.path.resolve())
    except (OSError, RuntimeError):  # the last is a circle of links
        return str(entry.path)


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


def _digest(entry: Entry, max_size: int) -> tuple[int, str | None]:
    try:
        return entry.digest(max_size)
    except GlbError:
        return entry.size, None
