"""Answers that are never certain, since another history of the files leaves the same numbers.

One list: what a check or ``unsent`` says with one of these names is likely at most, and the other history is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from glbtools.diagnosis.case import Case
from glbtools.diagnosis.finding import CERTAINTIES, Finding

OTHER_HISTORIES: Mapping[str, str] = MappingProxyType(
    {
        "server-restored-from-backup": (
            "Could also be an earlier RESYNC, which set ReqSync to the largest of that day, so that the numbers in "
            "between were never given to anything (Q119449); a record made anew on the server and cured by an Import "
            "(Q99961); a server enabled anew; or only one of SRVCONF and MSTTRANS put back. An older REQCONF or "
            "REQTRANS, or a log line with these numbers, would tell."
        ),
        "server-reenabled-or-replaced": (
            "Could also be a server restored from a backup. An MSTTRANS that holds what the requestors have confirmed "
            "would speak against both."
        ),
        "requestor-readded": (
            "Could also be an Import that was asked for and has not been run; or a server restored to a day before the "
            "last Import. The dates of the last Import and of the server's last update tell, where both are known."
        ),
        "requestor-reset-incomplete": (
            "Could also be the first cycle between T2 and T3; a queue that was emptied or put back; or a requestor "
            "restored to a day before its first cycle. Records that are still there with their texts in MSTTRANS speak "
            "against a reset."
        ),
        "reqconf-cloned-or-restored": (
            "Could also be a queue that was emptied or put back between T2 and T3, or a reset by half; and what was "
            "numbered so may have arrived before. An older REQTRANS, or MSTTRANS of that time, would tell."
        ),
        "requestor-inactive-window": (
            "Could also be an MSTTRANS that was emptied or put back: a purge takes only updates older than Keep "
            "Updates (Q108067)."
        ),
    }
)
"""Slug -> what else leaves the same numbers, and what would tell."""

LIKELY_AT_MOST = frozenset({"hole", "rejected", "purged", "refused"})
"""Reasons of ``unsent`` that rest on one of these."""


def weighed(finding: Finding) -> Finding:
    """Return a finding whose certainty leaves room for the other histories, which a note names."""
    other = OTHER_HISTORIES.get(finding.problem.slug)
    if other is None or finding.severity == "note":
        return finding
    return finding._replace(certainty=at_most_likely(finding.certainty), notes=(*finding.notes, other))


def named(case: Case, finding: Finding) -> Finding:
    """Return a finding, likely at most where it rests on whose record of the server is whose, and the name is doubtful.

    A name taken from the directory or from addresses in REQTRANS may be another postoffice's (Q244488).
    """
    if case.postoffice.name_certain or case.server is None or finding.severity == "note":
        return finding
    if all(each.path != case.server.artefact.path for each in finding.evidence):
        return finding
    doubt = f"That this is {case.postoffice.name} is not certain (name from: {case.postoffice.name_from})."
    return finding._replace(certainty=at_most_likely(finding.certainty), notes=(*finding.notes, doubt))


def at_most_likely(certainty: str) -> str:
    """Return a certainty, lowered from certain to likely."""
    return max(certainty, "likely", key=CERTAINTIES.index)
