"""What a rebuild does, as values: edits, where each record came from, and what is left undone."""

from __future__ import annotations

from typing import NamedTuple

from glbtools.brief import brief


class Edit(NamedTuple):
    """One change to one file.

    Attributes:
        slug: the problem it treats.
        postoffice: NET/PO, or the directory where that has no name.
        path: the file, relative to the directory that is rebuilt.
        what: ``write``, ``move`` (to the saved files) or ``save`` (a file beside the postoffices).
        before: what was there, in words.
        after: what is there then.
        why: the reason, with the numbers it rests on.
        safety: ``safe`` or ``unsafe``.
    """

    slug: str
    postoffice: str
    path: str
    what: str
    before: str
    after: str
    why: str
    safety: str

    def __repr__(self) -> str:
        return brief("Edit", f"{self.what} {self.path}, {self.after}")


class Origin(NamedTuple):
    """Where one record of a result comes from.

    Attributes:
        sync: its number in the result.
        how: one of ``ORIGINS``.
        path: the file it was in; empty for one that was made up.
        offset: of its first byte there.
        was: its number there.
    """

    sync: int
    how: str
    path: str = ""
    offset: int = 0
    was: int | None = None


class Remainder(NamedTuple):
    """A finding that is left as it is, or a loss that nothing given makes good.

    Attributes:
        slug: the problem.
        postoffice: NET/PO or directory.
        why: the reason, and what it would take.
        lost: it is a loss, which stays one however clean the result is.
    """

    slug: str
    postoffice: str
    why: str
    lost: bool = False

    def __repr__(self) -> str:
        return brief("Remainder", f"{self.slug}, {self.why}")
