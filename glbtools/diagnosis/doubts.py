"""What keeps an answer from being certain whatever the numbers say: whose name it is, and what a reason rests on."""

from __future__ import annotations

from dataclasses import replace

from glbtools.diagnosis.case import Case
from glbtools.diagnosis.finding import Finding, doubted
from glbtools.diagnosis.problems import SEVERITIES
from glbtools.model.doubts import NAMES_EXCHANGED, least

LIKELY_AT_MOST = frozenset({"hole", "purged", "refused"})
"""Reasons of ``unsent`` that rest on one of several histories (docs/certainty.md 1)."""


def named(case: Case, finding: Finding) -> Finding:
    """Return a finding, likely at most where it rests on whose record of the server is whose, and the name is doubtful.

    A name taken from the directory or from addresses in REQTRANS may be another postoffice's (Q244488).
    """
    if case.postoffice.name_certain or case.server is None or finding.severity == "note":
        return finding
    if all(each.path != case.server.artefact.path for each in finding.evidence):
        return finding
    other = case.others.exchanged.get((case.postoffice.name or "").upper())
    if other:
        note = (
            f"The names of {case.postoffice.name} and {other} are both doubtful. If they are exchanged, all numbers of "
            "both fit: perhaps nothing is wrong but the names of two directories."
        )
        milder = SEVERITIES[min(SEVERITIES.index(finding.severity) + 1, len(SEVERITIES) - 1)]
        return replace(doubted(finding, NAMES_EXCHANGED), severity=milder, notes=(*finding.notes, note))
    doubt = f"That this is {case.postoffice.name} is not certain (name from: {case.postoffice.name_from})."
    return replace(finding, certainty=at_most_likely(finding.certainty), notes=(*finding.notes, doubt))


def at_most_likely(certainty: str) -> str:
    """Return a certainty, lowered from certain to likely."""
    return least(certainty, "likely")
