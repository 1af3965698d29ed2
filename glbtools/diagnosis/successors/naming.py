"""Names and identities of the objects of a dump, as they are noted while it is read."""

from __future__ import annotations

import re

from glbtools.model.directory import Entry

CONFLICT = re.compile(r"(?:\\0A|\n)CNF:[0-9A-Fa-f-]{36}", re.IGNORECASE)
"""What stands in the name of an object that was renamed because another server had made one of that name, too."""

_MOST = 10


class Identities:
    """What is noted of the identities of a dump's objects while it is read.

    Attributes:
        conflicts: the first live objects that were renamed in a conflict of replication, and how many there are.
        same: the first pairs of live objects with one name, and how many there are.
        unknown: the first objects without an identity, and how many there are; ``num_known``: of the others.
    """

    def __init__(self) -> None:
        self.conflicts: list[Entry] = []
        self.same: list[tuple[Entry, int]] = []
        self.unknown: list[Entry] = []
        self.num_conflicts = self.num_same = self.num_unknown = self.num_known = 0
        self._lines: dict[str, int] = {}

    def add(self, entry: Entry) -> None:
        """Note an object."""
        folded = entry.dn.lower()
        if entry.key == folded:
            self.num_unknown += 1
            _keep(self.unknown, entry)
        else:
            self.num_known += 1
        if entry.deleted:
            return
        if CONFLICT.search(entry.dn):
            self.num_conflicts += 1
            _keep(self.conflicts, entry)
        before = self._lines.setdefault(folded, entry.line)
        if before != entry.line:
            self.num_same += 1
            if len(self.same) < _MOST:
                self.same.append((entry._replace(values=()), before))

    def holds(self, dn: str) -> int | None:
        """Return the line of the live object of a name; None where there is none."""
        return self._lines.get(dn.lower())


def _keep(kept: list[Entry], entry: Entry) -> None:
    if len(kept) < _MOST:
        kept.append(entry._replace(values=()))
