"""One dated thing of the evidence, with everything that is known of its time."""

from __future__ import annotations

from typing import NamedTuple

from glbtools.brief import brief

LOG, QUEUED, EXPORT, IMPORT, UPDATE = (
    "Log Entry", "Record Queued", "Last Export", "Last Import", "Last Update Received",
)  # fmt: skip
CHANGED, DELETED = "When-Changed", "Deleted"
REPLICATED, FAILED = "Last Replication Success", "Last Replication Failure"
FINDING = "Finding, dated by its latest evidence"
FILE_WRITTEN, FILE_CREATED, FILE_OPENED = "File Written", "File Created", "File Opened"
COUNTER = "Counter, dated by the latest date beside it"
FILE_KINDS = (FILE_WRITTEN, FILE_CREATED, FILE_OPENED)
"""Times of files in archives and images: shown, and never evidence (docs/rulings.md#4-now)."""

KINDS = (LOG, QUEUED, EXPORT, IMPORT, UPDATE, CHANGED, DELETED, REPLICATED, FAILED, COUNTER, *FILE_KINDS, FINDING)
"""What a date can be of."""

UNKNOWN = "unknown"


class Event(NamedTuple):
    """A dated thing. Texts are as the files have them, and not yet safe to be shown.

    Attributes:
        instant: microseconds since 1970 in UTC; where the zone is unknown, as if the clock had shown UTC.
        rank: what comes first of one instant: 0 what stands at its own place, 1 what was passed on, 2 an older copy,
            3 a finding.
        path: the file; of a finding the file that dates it.
        line: where it stands in a text, from 1; 0 in a file of bytes.
        offset, stop: its bytes.
        kind: one of ``KINDS``.
        message: what happened, as one line; it begins with a word of our own.
        data_type: ``glbtools:log:line`` and the like.
        postoffice: NET/PO or directory server that it is about; empty where nobody is named.
        clock: whose clock showed the time: NET/PO, or the directory of a postoffice without a known name.
        zone: of that clock: an IANA name, or ``unknown``.
        written: the time as it stands in the file.
        precision: ``second``, ``2 seconds``, ``minute``, ``day``, ``cycle`` for a counter of cycles, or ``unknown``
            where the time is a neighbour's.
        earliest, latest: the instants between which it lies, as ``instant``; None where not even these are known.
        note: what is uncertain about the time.
        number: transaction number or update sequence number.
        code: number of a Dir-Sync message.
        problem, slug, severity, certainty: of a finding.
        repeats: where the same was met before, as ``path:line``; empty for what is met the first time.
    """

    instant: int
    rank: int
    path: str
    line: int = 0
    offset: int = 0
    stop: int = 0
    kind: str = LOG
    message: str = ""
    data_type: str = ""
    postoffice: str = ""
    clock: str = ""
    zone: str = UNKNOWN
    written: str = ""
    precision: str = "second"
    earliest: int | None = None
    latest: int | None = None
    note: str = ""
    number: int | None = None
    code: int | None = None
    problem: str = ""
    slug: str = ""
    severity: str = ""
    certainty: str = ""
    repeats: str = ""

    def __repr__(self) -> str:
        return brief("Event", f"{self.written}, {self.message}, {self.place}")

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        if self.line:
            return f"{self.path}:{self.line}"
        return f"{self.path}@{self.offset:#x}" if self.stop else self.path

    @property
    def sameness(self) -> tuple[object, ...]:
        """What two records of one event share: clock, time, and what is said."""
        return self.kind, self.clock, self.instant, self.code, self.number, self.slug, self.message.partition(": ")[2]
