"""A dump on disk: an Exchange directory CSV or an LDIF file, told by its content, with what lies beside it."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from glbtools import files
from glbtools.binary.span import Fault
from glbtools.directory.attributes import names_of
from glbtools.errors import FieldError, UnknownFormatError, UsageError
from glbtools.formats import exchange_csv, ldif_dump, unread
from glbtools.model.directory import Entry, Facts

CSV, LDIF = "csv", "ldif"
_TWICE = 152
"""An attribute is listed twice: the import takes the first, but which of two numbers counts must not be guessed."""
_HEAD = 1 << 16
_INI = ("export.ini",)
_ROOT = ("rootdse.ldif", "rootdse.ldf", "rootdse.txt")


class Dump:
    """One dump.

    An ``export.ini`` beside a CSV names the server and the separators (Q239639), a ``rootdse.ldif`` beside an LDIF the
    server and the head of its numbering; a file with the dump's own name and that ending comes first.

    Attributes:
        path: as given; ``-`` is standard input.
        kind: ``csv`` or ``ldif``.
        companion: the file beside it that says more of it; None where there is none.
        remarks: what is odd about its lines, as found the last time it was read.
    """

    def __init__(self, path: str | Path, *, max_size: int | None = None) -> None:
        """Open a dump.

        Raises:
            FileAccessError: it cannot be read.
            UnknownFormatError: it is neither.
        """
        self.path = str(path)
        self._data = files.read("-", max_size or files.DEFAULT_MAX_SIZE) if self.path == "-" else None
        self._max_size = max_size
        with self._opened() as stream:
            self.kind = _kind(self.path, stream.read(_HEAD))
        names = _INI if self.kind == CSV else _ROOT
        self.companion = None if self.path == "-" else _beside(Path(path), names)
        self._beside = files.read(self.companion) if self.companion else None
        self.remarks: list[str] = []
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
        self.remarks = []
        known = self.facts()
        with self._opened() as stream:
            for entry in self._read(stream, faults, known, bare=bare)[1]:
                if faults:
                    self._see(faults)
                yield entry
        self._see(faults)

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
        with files.opened(self.path, self._max_size) as descriptor, io.FileIO(descriptor, closefd=False) as raw:
            yield io.BufferedReader(raw)

    def _read(
        self, stream: BinaryIO, faults: list[Fault], known: Facts | None, *, bare: bool = False
    ) -> tuple[Facts, Iterator[Entry]]:
        if self.kind == CSV:
            return exchange_csv.entries(stream, self._beside, faults.append, bare=bare, known=known)
        return ldif_dump.entries(stream, self._beside, faults.append, known=known)

    def _see(self, faults: list[Fault]) -> None:
        for each in faults:
            place = f"{self.path}: line {each.line}"
            if each.damage or each.number == _TWICE:
                number = f" (event {each.number})" if each.number else ""
                raise FieldError(place, f"{each.message}{number}")
            self.remarks.append(f"{place}: {each.message}")
        faults.clear()


def _told(faults: list[Fault], tell: Callable[[Fault], object]) -> None:
    for each in faults:
        tell(each)
    faults.clear()


def _kind(path: str, head: bytes) -> str:
    """Return what a file is by its first lines."""
    if ldif_dump.begins(head):
        return LDIF
    if exchange_csv.begins(head):
        return CSV
    known = unread.named(head)
    raise UnknownFormatError(f"{path}: {known or 'neither an Exchange directory export (CSV) nor LDIF'}")


def _beside(path: Path, names: tuple[str, ...]) -> Path | None:
    """Return the file beside a dump that tells more of it: of its own name, or of the usual one."""
    wanted = [path.with_suffix(Path(names[0]).suffix).name.lower()] if names is _INI else []
    wanted += [f"{path.stem}.{each}".lower() for each in names] + list(names)
    there = {each.name.lower(): each for each in path.parent.iterdir()} if path.parent.is_dir() else {}
    for name in wanted:
        if name in there and there[name] != path and there[name].is_file():
            return there[name]
    return None
