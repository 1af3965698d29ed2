"""A postoffice as evidence: which files there are, what they hold, whose they are.

A postoffice is a directory with ``GLB/`` and its like, or a flat directory of such files, in any case; listings of the
vendor's utilities stand in for the files they print (docs/interface.md#on-disk). Files are read when they are
asked about.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from glbtools.binary.records import Record
from glbtools.brief import brief, count
from glbtools.evidence.contents import Artefact, Contents
from glbtools.evidence.sources import INSIDE
from glbtools.formats.registry import DIRSYNC, Inspection
from glbtools.layouts import Layouts
from glbtools.model.change import Change
from glbtools.model.channel import Range, ranges_of
from glbtools.model.configuration import ReqConf, Requestor, SrvConf

if TYPE_CHECKING:
    from glbtools.formats.logs import Log, LogLine

AREAS = ("GLB", "LOG", "MBG", "KEY", "P1", "USR", "INF", "NME", "ATT", "MAI")
"""Directories of a postoffice that this toolkit looks into."""

OUR_OWN = ("glbtools-rebuild", "glbtools-simulation")
"""What the toolkit itself puts beside postoffices; never evidence."""


ONCE = ("queue", "reqconf", "srvconf", "listq", "listds")
"""Formats of which a postoffice has one file of each name."""

DELETED = frozenset("_?!~")
"""What tools put in place of the first letter of a deleted file's name; FAT stores E5 there."""

FOUND = re.compile(r"FILE[0-9]{4}\.CHK")
"""What CHKDSK and SCANDISK call what they have found of files that were lost."""


class QueueEvidence(NamedTuple):
    """A queue as evidence, from its file or from a listing.

    Attributes:
        artefact: the file it was read from.
        records: in order.
        real: those that are changes.
        size: bytes of the queue file; None for a listing.
        places: what names a record: a span of bytes, or a line of the listing.
    """

    artefact: Artefact
    records: list[Record]
    dummies: frozenset[int]
    size: int | None
    lines: tuple[int, ...] = ()

    @property
    def last(self) -> int:
        """The last number, a dummy's included; 0 when empty (docs/rulings.md#letters)."""
        return max((each.sync for each in self.records), default=0)

    @property
    def first(self) -> int | None:
        """The lowest number."""
        return min((each.sync for each in self.records), default=None)

    @property
    def real(self) -> list[Record]:
        """The records that are changes."""
        return [each for index, each in enumerate(self.records) if index not in self.dummies]

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The numbers of the changes."""
        return ranges_of(each.sync for each in self.real)

    def line(self, record: Record) -> int | None:
        """The line of a listing that a record stands on."""
        return self.lines[self.records.index(record)] if self.lines else None


@dataclass
class Postoffice:
    """One postoffice, from one or several places.

    Attributes:
        path: the directory, as shown to the user.
        artefacts: its files; ``take`` adds some.
        contents: what they hold.
        name: NET/PO, once found; None while unknown.
        name_from: what says so.
        name_certain: False where only a likeness says so.
        role: ``server``, ``requestor`` or ``unknown``.
        role_from: what says so.
        barred: names of files that are there and are not read: links, devices.
        alone: whether single files of it were given, so that nothing can be said of their neighbours (ruling 28).
        called: NET/PO in upper case, as the user says it is called; empty where nothing is said.
        gone: files that the file system has marked as deleted; of a postoffice that was deleted as a whole, all.
        given: whether the user named it by itself, and a search did not find it.
    """

    path: str
    artefacts: list[Artefact]
    contents: Contents
    name: str | None = None
    name_from: str = ""
    name_certain: bool = True
    role: str = "unknown"
    role_from: str = ""
    barred: frozenset[str] = frozenset()
    alone: bool = False
    given: bool = False
    called: str = ""
    gone: list[Artefact] = field(default_factory=list)
    _known: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    """What was found out of its files, by the question."""
    _log: dict[str, list[LogLine]] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        return brief("Postoffice", f"{self.shown}, {self.role}, {count(len(self.artefacts), 'file')}, {self.path}")

    @property
    def layouts(self) -> Layouts:
        """How binary files are read."""
        return self.contents.layouts

    @property
    def unreadable(self) -> dict[str, str]:
        """Its files that could not be read, with the reason."""
        return {
            each.path: self.contents.unreadable[each.path]
            for each in self.artefacts
            if each.path in self.contents.unreadable
        }

    @cached_property
    def directory(self) -> str:
        """The name of its directory, in upper case; at the top of an archive, the archive's without its suffix."""
        around, inside, within = self.path.rpartition(INSIDE)
        if not inside:
            return Path(self.path).resolve().name.upper()
        return (within.rpartition("/")[2] or PurePosixPath(around).name.partition(".")[0]).upper()

    @property
    def latest(self) -> datetime | None:
        """The latest moment that any of its files shows."""
        found: datetime | None = self.once("latest", lambda: max(_moments(self), default=None))
        return found

    def take(self, artefacts: Iterable[Artefact]) -> None:
        """Add files that are of this postoffice and lie elsewhere."""
        self.artefacts = [*self.artefacts, *artefacts]
        self._known.clear()
        self._log.clear()

    def once(self, question: Hashable, answer: Callable[[], Any]) -> Any:
        """Return the answer to a question, found out the first time that it is asked."""
        if question not in self._known:
            self._known[question] = answer()
        return self._known[question]

    @property
    def shown(self) -> str:
        """Name, or else the directory."""
        return self.name or self.path

    def find(self, name: str) -> Artefact | None:
        """Return the file of this name, wherever it lies; of several the first."""
        found: dict[str, Artefact] = self.once("names", lambda: {each.name: each for each in reversed(self.artefacts)})
        return found.get(name.upper())

    def deleted(self, name: str) -> list[Artefact]:
        """Return the files that bear a name without its first letter, as a deleted file does on FAT (ruling 27).

        Only what the content proves to be of a Dir-Sync format is that file; several of one name are all given.
        """
        wanted = name[1:].upper()
        found = [each for each in self.artefacts if each.name[:1] in DELETED and each.name[1:] == wanted]
        found += [each for each in self.gone if each.name[1:] == wanted]
        return [each for each in found if each.size == 0 or self.read(each) is not None]

    def renamed(self, name: str) -> list[Artefact]:
        """Return the files that hold what is in a binary file of this name, and bear it with something added.

        People and programs add it when they keep a copy: ``REQTRANS.GLB.BAK``, ``REQTRANS (2).GLB``. It may be of any
        day.
        """
        found = [each for each in self.artefacts if each.name != name.upper() and is_kept_as(each.name, name)]
        return [each for each in found if (held := self.read(each)) is not None and held.entry.binary]

    def lost(self, name: str) -> list[Artefact]:
        """Return what CHKDSK has found and what is by its content of the kind of a binary file of this name."""
        found = [(each, self.read(each)) for each in self.artefacts if FOUND.fullmatch(each.name)]
        return [each for each, held in found if held is not None and held.entry.binary and name in held.entry.names]

    def area(self, name: str) -> list[Artefact]:
        """Return the files of one area."""
        return [each for each in self.artefacts if each.area == name]

    @property
    def flat(self) -> bool:
        """Whether the files lie in one directory without areas."""
        return all(not each.area for each in self.artefacts)

    def absent(self, name: str) -> bool:
        """Whether a GLB file is missing among its siblings (ruling 5)."""
        if self.alone or name.upper() in self.barred:
            return False
        if self.find(name) is not None or self._listed(name) is not None:
            return False
        there = (each for each in self.artefacts if each.name[:1] not in DELETED)
        siblings = any(each.name.endswith(".GLB") and each.area in ("GLB", "") for each in there)
        # Where all that is left was deleted, only what was deleted, too, is known to have been there.
        return siblings or bool(self.deleted(name))

    def read(self, artefact: Artefact) -> Inspection[Any] | None:
        """Return what a file holds; None when it cannot be read or is no Dir-Sync file."""
        return self.contents.read(artefact)

    def release(self) -> None:
        """Forget what its files hold where there is no room for it."""
        if self.contents.is_full:
            self._log.clear()
        self.contents.release(self.artefacts)

    def inspections(self, *formats: str) -> Iterator[tuple[Artefact, Inspection[Any]]]:
        """Yield the files of some formats."""
        worth = self.once(formats, lambda: [each for each in self.artefacts if may_be(each.name, formats)])
        for artefact in worth:
            found = self.read(artefact)
            if found is not None and found.entry.name in formats:
                yield artefact, found

    @property
    def log(self) -> list[LogLine]:
        """Every line of its logs, file by file, wrapped ones joined; what is about itself is about nobody else."""
        own = self.name or ""
        if own not in self._log:
            logs = self.inspections("log")
            self._log[own] = [line for each, found in logs for line in found.content.of(each.path, own)]
        return self._log[own]

    def lines(self, artefact: Artefact, log: Log) -> list[LogLine]:
        """The lines of one of its logs as ``log`` has them, of which one that was deleted is none."""
        own = self.name or ""
        known = [line for line in self._log.get(own, ()) if line.path == artefact.path]
        return known or log.of(artefact.path, own)

    # --- queues --------------------------------------------------------------------------------------------------

    def queue(self, name: str) -> QueueEvidence | None:
        """Return a queue (``REQTRANS``), from its file or else from a listing; None when there is neither."""
        artefact = self.find(f"{name}.GLB")
        if artefact is not None:
            return self.held(artefact)
        listed = self._listed(f"{name}.GLB")
        if listed is None:
            return None
        artefact, found = listed
        records = found.content.records
        dummies = frozenset(index for index, each in enumerate(records) if each.text.startswith("#"))
        return QueueEvidence(artefact, records, dummies, None, tuple(found.content.lines))

    def held(self, artefact: Artefact) -> QueueEvidence | None:
        """Return what a queue file holds; None where it is none."""
        found = self.read(artefact)
        if found is None or found.entry.name != "queue":
            return None
        return QueueEvidence(artefact, found.content.records, found.content.dummies, artefact.size)

    def changes(self, held: QueueEvidence, note: str = "") -> list[Change]:
        """Return the changes that a queue holds, in its order; ``note`` says which copy it is."""
        found = []
        for index, record in enumerate(held.records):
            if index not in held.dummies:
                line = held.lines[index] if held.lines else None
                # A listing prints a date, and not the number that a queue stores for it.
                stored = record if held.size is not None else record._replace(stamp=None)
                change = Change(record.sync, record.text, self.moment(held, record), record=stored)
                found.append(change._replace(path=held.artefact.path, line=line, note=note))
        return found

    def _listed(self, name: str) -> tuple[Artefact, Inspection[Any]] | None:
        stem = name.partition(".")[0].upper()
        for artefact, found in self.inspections("listq"):
            if (found.content.queue or artefact.name) == stem or (
                found.content.queue is None and stem in artefact.name
            ):
                return artefact, found
        if name.upper() in ("REQCONF.GLB", "SRVCONF.GLB"):
            wanted = "reqconf" if name.upper() == "REQCONF.GLB" else "srvconf"
            for artefact, found in self.inspections("listds"):
                if getattr(found.content, wanted) is not None:
                    return artefact, found
        return None

    # --- configuration -------------------------------------------------------------------------------------------

    def reqconf(self) -> tuple[Artefact, ReqConf] | None:
        """Return what REQCONF.GLB says, from the file or else from a listing."""
        found: tuple[Artefact, ReqConf] | None = self.once("reqconf", lambda: self._config("REQCONF.GLB", "reqconf"))
        return found

    def srvconf(self) -> tuple[Artefact, SrvConf] | None:
        """Return what SRVCONF.GLB says, from the file or else from a listing."""
        found: tuple[Artefact, SrvConf] | None = self.once("srvconf", lambda: self._config("SRVCONF.GLB", "srvconf"))
        return found

    def _config(self, name: str, kind: str) -> tuple[Artefact, Any] | None:
        artefact = self.find(name)
        if artefact is not None:
            found = self.read(artefact)
            return (artefact, found.content.config) if found is not None and found.entry.name == kind else None
        listed = self._listed(name)
        return (listed[0], getattr(listed[1].content, kind)) if listed else None

    def moment(self, held: QueueEvidence, record: Record) -> datetime | None:
        """Return the date stamp of a queue's record, whether its file or a listing holds it."""
        found = self.read(held.artefact)
        when: datetime | None = found.content.moment(record) if found else None
        return when


class Numbers(NamedTuple):
    """The numbers of one postoffice, as its channels call them (docs/rulings.md#letters).

    Attributes:
        confirmed: REQCONF.ReqSync.
        applied: REQCONF.SrvSync.
        imports: REQCONF's import number.
        last: last number in REQTRANS, a dummy's included; 0 when empty.
        held: numbers of the real records of REQTRANS.
    """

    confirmed: int | None = None
    applied: int | None = None
    imports: int | None = None
    last: int | None = None
    held: tuple[Range, ...] | None = None


def numbers(postoffice: Postoffice) -> Numbers:
    """Return the numbers a postoffice's files hold."""
    reqconf = postoffice.reqconf()
    queue = postoffice.queue("REQTRANS")
    config = reqconf[1] if reqconf else ReqConf()
    if queue is None or (queue.size and not queue.records):
        # Bytes of which no record can be read are no empty queue: where numbering stands is not known.
        return Numbers(config.reqsync, config.srvsync, config.importsync)
    return Numbers(config.reqsync, config.srvsync, config.importsync, queue.last, queue.ranges)


def registered(srvconf: SrvConf, name: str | None) -> Requestor | None:
    """Return the record of a postoffice in SRVCONF; names there carry their address type (Q96060)."""
    return srvconf.by_node.get(name.upper()) if name else None


def is_kept_as(name: str, original: str) -> bool:
    """Whether a name in upper case is one that a copy of a file is given, or the file's own."""
    return _kept_as(original.partition(".")[0].upper()).fullmatch(name) is not None


@cache
def _kept_as(stem: str) -> re.Pattern[str]:
    suffix = r"(?:\.(?:BAK|OLD|SAV|ORG|ORIG|TMP|[0-9]{1,3}))?"
    return re.compile(rf"(?:COPY (?:\([0-9]+\) )?OF )?{stem}(?: ?\([0-9]+\)| - COPY)?(?:\.GLB)?[ ~]?{suffix}")


@cache
def may_be(name: str, formats: tuple[str, ...]) -> bool:
    """Whether a file of this name is worth reading for some formats: text listings and logs may have any name."""
    for each in formats:
        patterns = DIRSYNC[each].names
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            return True
    if name.endswith(".LOG") and "log" in formats:
        return True
    return name.endswith((".TXT", ".LST")) and not {"listq", "listds", "subject", "message"}.isdisjoint(formats)


def by_name(postoffices: Iterable[Postoffice]) -> Mapping[str, Postoffice]:
    """Return postoffices by their names in upper case."""
    return {each.name.upper(): each for each in postoffices if each.name}


def _moments(postoffice: Postoffice) -> Iterator[datetime]:
    for _, found in postoffice.inspections("queue", "listq"):
        yield from filter(None, map(found.content.moment, found.content.records))
    reqconf, srvconf = postoffice.reqconf(), postoffice.srvconf()
    if reqconf:
        yield from filter(None, (reqconf[1].last_export, reqconf[1].last_import))
    if srvconf:
        yield from filter(None, (each.last_update for each in srvconf[1].requestors))
    for _, found in postoffice.inspections("log"):
        if found.content.latest is not None:
            yield found.content.latest
