"""What keeps an answer from being certain whatever the numbers say: whose name it is, and what a reason rests on."""

from __future__ import annotations

from dataclasses import replace

from glbtools.diagnosis.case import Case
from glbtools.diagnosis.finding import Finding
from glbtools.model.doubts import least

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
    doubt = f"That this is {case.postoffice.name} is not certain (name from: {case.postoffice.name_from})."
    return replace(finding, certainty=at_most_likely(finding.certainty), notes=(*finding.notes, doubt))


def at_most_likely(certainty: str) -> str:
    """Return a certainty, lowered from certain to likely."""
    return least(certainty, "likely")
