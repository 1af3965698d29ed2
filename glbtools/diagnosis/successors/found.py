"""What the checks of directories share: a dump that was read, what was found, and how a finding is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar, Unpack

from glbtools.binary.span import Fault
from glbtools.diagnosis.case import ChannelVerdict
from glbtools.diagnosis.finding import Details, Evidence, Finding, new_finding
from glbtools.diagnosis.successors.inputs import Piece
from glbtools.diagnosis.wording import plural
from glbtools.directory.export import MemoryDump
from glbtools.model.directory import Entry, Facts
from glbtools.model.doubts import LAY_OUTSIDE, Doubt, certainty, least

MOST = 10
"""Objects, lines, damages, messages or conflicts that are named; the rest is counted."""

RESTORED, DELETION = "backsync-restored-directory", "usn-missed-deletion"

CONFLICT = re.compile(r"(?:\\0A|\n)CNF:[0-9A-Fa-f-]{36}", re.IGNORECASE)
"""What stands in the name of an object that was renamed because another server had made one of that name, too."""

Item = TypeVar("Item")


@dataclass
class FirstFew(Generic[Item]):
    """The first of something, as many as are named, and how many there are.

    Attributes:
        first: the first of them.
        count: how many there are.
    """

    first: list[Item] = field(default_factory=list)
    count: int = 0

    def add(self, item: Item) -> None:
        """Count one more, and keep it where it is among the first."""
        self.count += 1
        if len(self.first) < MOST:
            self.first.append(item)


class Identities:
    """What is noted of the identities of a dump's objects while it is read.

    Attributes:
        conflicts: live objects that were renamed in a conflict of replication.
        same: pairs of live objects with one name: the second, and the line of the first.
        unknown: objects without an identity; ``num_known``: how many others there are.
    """

    def __init__(self) -> None:
        self.conflicts: FirstFew[Entry] = FirstFew()
        self.same: FirstFew[tuple[Entry, int]] = FirstFew()
        self.unknown: FirstFew[Entry] = FirstFew()
        self.num_known = 0
        self._lines: dict[str, int] = {}

    def add(self, entry: Entry) -> None:
        """Note an object."""
        if entry.has_identity:
            self.num_known += 1
        else:
            self.unknown.add(entry._replace(values=()))
        if entry.deleted:
            return
        if CONFLICT.search(entry.dn):
            self.conflicts.add(entry._replace(values=()))
        before = self._lines.setdefault(entry.dn.lower(), entry.line)
        if before != entry.line:
            self.same.add((entry._replace(values=()), before))

    def holds(self, dn: str) -> int | None:
        """Return the line of the live object of a name; None where there is none."""
        return self._lines.get(dn.lower())


@dataclass
class Directory:
    """One dump, read once.

    Attributes:
        path: as shown.
        kind: ``csv`` or ``ldif``.
        facts: what is known of it as a whole.
        objects: how many it holds that have a number.
        highest: their highest number; 0 where there is none; ``highest_line``: where it stands.
        latest: the latest date of a change in it.
        above: objects numbered above the server's head.
        damage: what is wrong with the first lines that cannot be read, each with its file; ``num_damage``: how many
            such lines there are.
        endings: what says that the search which printed it did not give all of it.
        unnumbered: objects without a number, where others have one.
        twice: objects that are there again with another number.
        odd: what else was remarked of lines.
        cut: what its end lacks, if anything.
        identities: what its objects are called and known by.
        reached: how far it has others' changes, by its vectors: invocation id -> number, and line of the object.
        entries: its objects without their attributes; kept only where another dump may be compared with it.
    """

    path: str
    kind: str
    facts: Facts
    objects: int = 0
    highest: int = 0
    highest_line: int | None = None
    latest: datetime | None = None
    above: FirstFew[Entry] = field(default_factory=FirstFew)
    damage: list[tuple[str, Fault]] = field(default_factory=list)
    num_damage: int = 0
    endings: list[Fault] = field(default_factory=list)
    unnumbered: FirstFew[Fault] = field(default_factory=FirstFew)
    twice: FirstFew[Fault] = field(default_factory=FirstFew)
    odd: FirstFew[Fault] = field(default_factory=FirstFew)
    cut: str = ""
    identities: Identities = field(default_factory=Identities)
    reached: dict[str, tuple[int, int]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The server, or else the file."""
        return self.facts.server or self.path

    @property
    def stem(self) -> str:
        """The file's name without its directories and suffix."""
        return self.path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]

    @property
    def head(self) -> int:
        """The highest number known to be issued."""
        return max(self.facts.head or 0, self.highest)

    @property
    def listed(self) -> MemoryDump:
        """Its objects, to be compared."""
        return MemoryDump(self.entries, self.facts)

    def is_called(self, name: str) -> bool:
        """Whether a name is this server's: its own, the first part of it, its invocation id, or the file's."""
        known = {self.facts.server, (self.facts.server or "").partition(".")[0], self.facts.epoch, self.stem}
        return name.lower() in {each.lower() for each in known if each}


class DirectoryResult(NamedTuple):
    """What the directories given show."""

    directories: list[Directory]
    channels: list[ChannelVerdict]
    findings: list[Finding]


class Trace(NamedTuple):
    """One thing that shows that a directory went back in time; ``exported`` where that is the number of an export."""

    message: str
    evidence: tuple[Evidence, ...]
    doubts: tuple[Doubt, ...]
    verdict: str = "certain"
    reached: int = 0
    notes: tuple[str, ...] = ()
    exported: bool = False

    @property
    def certainty(self) -> str:
        """How sure it is: as the verdict on the numbers, and no surer than the doubts leave it."""
        return least(self.verdict, certainty(self.doubts))


def highest(directory: Directory) -> Evidence:
    """Return where the highest number of a dump stands."""
    if directory.facts.head is not None and directory.facts.head >= directory.highest:
        return Evidence(directory.path, field="highestCommittedUSN", value=directory.facts.head)
    note = "the highest number in the dump"
    return Evidence(
        directory.path, span=None, line=directory.highest_line, field="USN-Changed", value=directory.highest, note=note
    )


def missed(directory: Directory, path: str, position: int, place: Evidence, what: str) -> Finding:
    """Return that a deletion may have been forgotten above a number; ``what`` says whose that is."""
    removed = directory.facts.last_removed or 0
    return finding(
        DELETION,
        path,
        f"deletions on {directory.name} may have been missed: an object was removed for good at number {removed}, "
        f"and {position} {what}",
        [place, Evidence(directory.path, field="USN-DSA-Last-Obj-Removed", value=removed)],
        doubts=(LAY_OUTSIDE,),
        notes=(
            "A deleted object is kept for some time, 30 days unless set otherwise, to tell of its deletion. Removed "
            "before it was exported, it stays at the receiver for ever.",
            "The number counts for the whole server.",
        ),
        help=COMPARE,
        ranges=((position, removed),),
    )


COMPARE = (
    "Compare the receiver's list with the directory's (glbtools directory compare) and delete there what is gone here "
    "(Q183739); or export everything with --full and let the receiver drop what is not in it.",
)
"""What to do about deletions that were missed."""


def not_understood(piece: Piece, faults: Sequence[Fault]) -> Finding:
    """Return that lines of a report are not understood; the others are looked at all the same."""
    count = len(faults)
    return finding(
        "dump-damaged",
        piece.path,
        f"{plural(count, 'line')} of the report {'is' if count == 1 else 'are'} not understood",
        places(piece.path, faults),
        severity="note",
        notes=(
            "The others are looked at all the same. A message of repadmin itself may say that a server was not asked.",
            *only_first(count),
        ),
    )


def places(path: str, faults: Sequence[Fault]) -> list[Evidence]:
    """Return the first of some faults as evidence, each by its line."""
    return [Evidence(path, None, each.line, note=each.message) for each in faults[:MOST]]


def only_first(count: int) -> tuple[str, ...]:
    """Return the note that not all of so many are listed, where that is so."""
    return (f"Only the first {MOST} are listed.",) if count > MOST else ()


def finding(
    slug: str,
    path: str,
    message: str,
    evidence: Iterable[Evidence] = (),
    *,
    doubts: Iterable[Doubt] = (),
    **details: Unpack[Details],
) -> Finding:
    """Return a finding of what is no postoffice, as sure as some doubts leave it."""
    return new_finding((None, path), slug, message, evidence, doubts=doubts, **details)
