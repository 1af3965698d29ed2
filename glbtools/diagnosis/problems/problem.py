"""What a problem is: a kind, of which a finding is one occurrence."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from glbtools.brief import brief

SEVERITIES = ("error", "warning", "note")
"""Most serious first. An error loses changes or stops a step, a warning wants a look, a note is normal or history."""

REPAIRS = ("safe", "unsafe", "none")
"""What ``rebuild`` can do: without asking; only with ``--unsafe``, as it changes what the files mean; or nothing."""

AREAS: Mapping[str, str] = MappingProxyType(
    {
        "Q": "queue file",
        "C": "configuration file",
        "U": "upload, requestor to server",
        "D": "download, server to requestor",
        "P": "state of the postoffice",
        "L": "logs",
        "S": "schedule and transport",
        "X": "Exchange directory and its successors",
        "I": "incremental change synchronization",
    }
)


class Symptom(NamedTuple):
    """What logs show of a problem, and what is said of it where they do.

    Attributes:
        what: the fault, without final stop; ``{named}`` stands for what the lines name, ``{po}`` for the postoffice.
        numbers: of messages that show it, whatever stands beside them.
        says: beginnings of lines without a number that show it.
        notes: the reason, and what is normal about it.
        help: what to do, and what not.
        by: what sets occurrences apart: ``address``, ``code`` or nothing.
        until: steps or programs (T1, T2, T3, IMPORT, REBUILD, GAL) of which a later run without it shows that it is
            over.
        files: whether empty queues and no working files show that, too.
    """

    what: str
    numbers: tuple[int, ...] = ()
    says: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    by: str = ""
    until: tuple[str, ...] = ()
    files: bool = False


class Problem(NamedTuple):
    """A kind of fault, or a normal state that is easily taken for one.

    Attributes:
        code: a letter of ``AREAS`` and three digits.
        slug: its name, which is also the name of its page.
        severity: the worst it can be, one of ``SEVERITIES``.
        title: what is the case, in a few words; no advice.
        repair: what ``rebuild`` can do, one of ``REPAIRS``.
        sources: the Knowledge Base articles it rests on; what came after Dir-Sync is also described elsewhere: in pages
            of the Exchange SDK (``SDK:page``), in open specifications (``MS-OXCFXICS``) and in Microsoft's public
            documentation (``MSsup:page``, ``MSwin32:page``).
        symptom: what logs show of it; None for what is seen by other means alone.
    """

    code: str
    slug: str
    severity: str
    title: str
    repair: str
    sources: tuple[str, ...]
    symptom: Symptom | None = None

    def __repr__(self) -> str:
        return brief("Problem", f"{self.code} {self.slug}, {self.severity}, {self.title}")
