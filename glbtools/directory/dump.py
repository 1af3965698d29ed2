"""A dump in a file, wherever it lies: Exchange CSV, LDIF or csvde CSV, told by its content, with what is beside it."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from glbtools import files
from glbtools.binary.span import Fault, Span
from glbtools.brief import brief
from glbtools.directory.attributes import names_of
from glbtools.errors import FieldError, UnknownFormatError, UsageError
from glbtools.evidence.sources import Entry as Place
from glbtools.evidence.sources import on_disk
from glbtools.formats import csvde, exchange_csv, ldif_dump, unread
from glbtools.formats.objects import CUT, NO_IDENTITY
from glbtools.model.directory import Entry, Facts
from glbtools.progress import Progress

CSV, LDIF, CSVDE = "csv", "ldif", "csvde"
"""Kinds of dumps: of Exchange the first, of directories of LDAP the others."""
_TWICE = 152
"""An attribute is listed twice: the import takes the first, but which of two numbers counts must not be guessed."""
_CUT = "the dump may be cut short"
TWICE = "twice"
"""Kind of fault: an object is there again, with another number."""

_DOUBTS = {
    "count": _CUT,
    ldif_dump.UNENDED: _CUT,
    "usn": "its changes cannot be seen",
    ldif_dump.ELSEWHERE: "it is left out",
    TWICE: "two dumps in one file, or it was written meanwhile",
}
_HEAD, _TAIL = 1 << 16, 1 << 16
_TOLD_EACH = 256
_INI = ("export.ini",)
_ROOT = ("rootdse.ldif", "rootdse.ldf", "rootdse.txt")


class Dump:
    """One dump.

    An ``export.ini`` beside a CSV names the server and the separators (Q239639), a ``rootdse.ldif`` beside an LDIF the
    server and the head of its numbering; a file with the dump's own name and that ending comes first.

    Attributes:
        path: as shown; ``-`` is standard input.
        kind: ``csv`` (Exchange), ``ldif`` or ``csvde``.
        companion: the file beside it that says more of it; None where there is none.
        remarks: what is odd about its lines, as found the last time it was read.
        doubts: those of them that say that it may lack objects, or that one cannot be told by its number.
    """

    def __repr__(self) -> str:
        return brief("Dump", f"{self.kind}, {self.path}")

    def __init__(
        self,
        source: str | Path | Place,
        *,
        max_size: int | None = None,
        beside: Place | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Open a dump.

        Args:
            source: its path, ``-`` for standard input; or where it lies. What lies in an archive or an image is held in
                memory as long as this is.
            max_size: largest file read, in bytes.
            beside: its companion, where ``source`` is no path, which is looked around for itself.
            progress: told, now and then, its path, how many bytes of it are read, and how many it has.

        Raises:
            FileAccessError: it cannot be read.
            UnknownFormatError: it is none of them.
        """
        limit = max_size or files.DEFAULT_MAX_SIZE
        self._data: bytes | None = None
        self._place: Path | None = None
        if isinstance(source, str | Path):
            self.path, self._place = str(source), Path(source)
            self._data = files.read("-", limit) if self.path == "-" else None
        else:
            self.path, self._place = source.shown, source.path
            self._data = source.read(limit) if source.path is None else None
        self._max_size = max_size
        self._progress = progress
        with self._opened() as stream:
            self.kind = kind_of(stream.read(_HEAD), self.path)
        if isinstance(source, str | Path) and self.path != "-":
            beside = companion(Path(source).name, self.kind, _around(Path(source)))
        self.companion = beside
        self._beside = beside.read(limit) if beside else None
        self.remarks: list[str] = []
        self.doubts: list[str] = []
        self._facts: Facts | None = None

    def facts(self) -> Facts:
        """What is known of it as a whole."""
        if self._facts is None:
            with self._opened() as stream:
                self._facts, _ = self._read(stream, [], None)
        return self._facts

    def entries(self) -> Iterator[Entry]:
        """Yield its objects.

        Raises:
            FieldError: a line is damaged; names line and column.
        """
        return self._each(bare=False)

    def numbered(self) -> Iterator[Entry]:
        """Yield its objects with name, number and date alone; see ``entries``."""
        return self._each(bare=True)

    def survey(self, tell: Callable[[Fault], object]) -> Iterator[Entry]:
        """Yield every object that can be read, whatever is damaged; ``tell`` gets each fault as it is met."""
        faults: list[Fault] = []
        known = self.facts()
        with self._opened() as stream:
            for entry in self._read(stream, faults, known)[1]:
                _told(faults, tell)
                yield entry
        _told(faults, tell)

    def _each(self, *, bare: bool) -> Iterator[Entry]:
        faults: list[Fault] = []
        self.remarks, self.doubts = [], []
        known = self.facts()
        with self._opened() as stream:
            size = stream.seek(0, io.SEEK_END)
            stream.seek(0)
            number = -1
            for number, entry in enumerate(self._read(stream, faults, known, bare=bare)[1]):
                if faults:
                    self._see(faults)
                if self._progress and number % _TOLD_EACH == 0:
                    self._progress(self.path, stream.tell(), size)
                yield entry
        self._see(faults)
        if number < 0 and known.head is None:
            self.doubts.append(f"{self.path}: no object is read of it: the search found nothing, or gave no numbers")
        if reason := self.cut():
            self.doubts.append(f"{self.path}: {reason}: {_CUT}")
        if not known.identified:
            self.remarks.append(f"{self.path}: {NO_IDENTITY}")

    def cut(self) -> str:
        """Return what its end lacks, in any encoding a dump may have; empty where nothing."""
        with self._opened() as stream:
            stream.seek(max(stream.seek(0, io.SEEK_END) - _TAIL, 0))
            tail = stream.read(_TAIL)
        if b"\n" not in tail[-2:]:
            return "the last line of the dump has no end"
        if self.kind == LDIF and ldif_dump.is_open(tail):
            return "no empty line is behind the last object of the dump, as every tool writes one"
        return ""

    def columns(self) -> tuple[str, ...]:
        """Return the names of all attributes; of an LDIF in the order in which they are first met."""
        if self.kind == CSV:
            with self._opened() as stream:
                marks = exchange_csv.parse_ini(self._beside).separators if self._beside else None
                header = next(exchange_csv.rows(stream, marks))
            return exchange_csv.names(header, marks or exchange_csv.DEFAULT_SEPARATORS)
        return names_of(self.entries())

    def require(self, names: Collection[str]) -> None:
        """Refuse names of attributes that no column of a CSV has; an LDIF has no columns, and takes any.

        Raises:
            UsageError: there is no such column.
        """
        columns = {each.lower() for each in self.columns()} if names and self.kind == CSV else None
        missing = [each for each in names if columns is not None and each.lower() not in columns]
        if missing:
            raise UsageError(f"{self.path}: has no column {missing[0]}")

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        if self._data is not None:
            yield io.BytesIO(self._data)
            return
        assert self._place is not None
        with files.opened(self._place, self._max_size) as descriptor, files.stream(descriptor, self.path) as stream:
            yield stream

    def _read(
        self, stream: BinaryIO, faults: list[Fault], known: Facts | None, *, bare: bool = False
    ) -> tuple[Facts, Iterator[Entry]]:
        if self.kind == CSV:
            facts, entries = exchange_csv.entries(stream, self._beside, faults.append, bare=bare, known=known)
        elif self.kind == CSVDE:
            beside = ldif_dump.records(io.BytesIO(ldif_dump.capture(self._beside))) if self._beside else ()
            facts, entries = csvde.entries(stream, beside, faults.append, known=known)
        else:
            facts, entries = ldif_dump.entries(stream, self._beside, faults.append, known=known)
        return facts, _each_once(entries, faults)

    def _see(self, faults: list[Fault]) -> None:
        for each in faults:
            place = f"{self.path}: line {each.line}"
            if each.damage or each.number == _TWICE or each.kind == CUT:
                number = f" (event {each.number})" if each.number else ""
                raise FieldError(place, f"{each.message}{number}")
            if each.kind in _DOUBTS:
                self.doubts.append(f"{place}: {each.message}: {_DOUBTS[each.kind]}")
            else:
                self.remarks.append(f"{place}: {each.message}")
        faults.clear()


def _each_once(entries: Iterable[Entry], faults: list[Fault]) -> Iterator[Entry]:
    """Yield objects; of one that comes again only what has a higher number than before, so that the last one counts.

    Two servers number one object differently, and one server writes it once for each search. What is known by its name
    alone may be the tombstone of one object and another that has its name.
    """
    seen: dict[str, int] = {}
    for entry in entries:
        state = 2 * entry.changed + entry.deleted
        known = seen.get(entry.key)
        if known is not None:
            number = known // 2
            if number != entry.changed and ((known - state) % 2 == 0 or entry.has_identity):
                message = f"{entry.dn} is there twice, with the numbers {number} and {entry.changed}"
                faults.append(Fault(TWICE, message, Span(0, 0), damage=False, line=entry.line))
            if number >= entry.changed:
                continue
        seen[entry.key] = state
        yield entry


def _told(faults: list[Fault], tell: Callable[[Fault], object]) -> None:
    for each in faults:
        tell(each)
    faults.clear()


def kind_of(head: bytes, path: str) -> str:
    """Return what a file is by its first lines; ``path`` names it.

    Raises:
        UnknownFormatError: it is none of them.
    """
    if kind := begun(head):
        return kind
    known = unread.named(head)
    raise UnknownFormatError(f"{path}: {known or 'no Exchange directory export (CSV), LDIF or csvde export'}")


def begun(head: bytes) -> str | None:
    """Return what a file is by its first lines; None for any other."""
    if ldif_dump.begins(head):
        return LDIF
    if csvde.begins(head):
        return CSVDE
    return CSV if exchange_csv.begins(head) else None


def companion(name: str, kind: str, around: Iterable[Place]) -> Place | None:
    """Return the file that tells more of a dump of some name, among those that lie beside it."""
    stem = name.rpartition(".")[0] or name
    if kind == CSV:
        wanted = [f"{stem}.ini", *(f"{stem}.{each}" for each in _INI), *_INI]
    else:
        wanted = [*(f"{stem}.{each}" for each in _ROOT), *_ROOT]
    there = {each.name.lower(): each for each in around if not (each.is_directory or each.other or each.deleted)}
    return next(
        (there[each.lower()] for each in wanted if each.lower() in there and there[each.lower()].name != name), None
    )


def _around(path: Path) -> list[Place]:
    """Return what lies in the directory of a file."""
    return on_disk(path.parent, str(path.parent)).children() if path.parent.is_dir() else []
