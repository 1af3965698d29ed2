"""A change: the one form in which it goes from the bytes or the listing that holds it to sentence, plan and file."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from glbtools.binary.records import Record
from glbtools.brief import brief


class Change(NamedTuple):
    """One change, as it stands somewhere or as it is to be written; what is not known, or left to the writer, is None.

    A copy under another number is ``change._replace(sync=number)``: ``record`` still says what it was and where.

    Attributes:
        sync: its number.
        text: its text.
        stamp: when it was made, by the writer's clock.
        checksum: a value to store in place of the computed one.
        record: the record it is read from, as stored; without its stamp where that is no number that a queue stores.
        path: the file that holds it, as shown to the user; empty for one that is made up.
        line: the line of a listing it stands on.
        note: which copy of the postoffice's files that is, where it is not the present one.
    """

    sync: int
    text: str
    stamp: datetime | None = None
    checksum: int | None = None
    record: Record | None = None
    path: str = ""
    line: int | None = None
    note: str = ""

    def __repr__(self) -> str:
        return brief("Change", f"{self.sync} {self.stamp or 'undated'} {self.text!r}")

    @property
    def span(self) -> tuple[int, int] | None:
        """The bytes of the file it stands in."""
        return (self.record.start, self.record.stop) if self.record else None
