"""Deleted files that were recovered: beside a missing one they are evidence, possible at most (ruling 27)."""

from __future__ import annotations

from dataclasses import replace

from glbtools.diagnosis.case import Case
from glbtools.diagnosis.finding import Evidence, Finding

MISSING = frozenset({"reqtrans-missing", "msttrans-missing", "reqconf-missing-or-short", "srvconf-missing"})
"""Problems that say a file is not there."""


def recovered(case: Case, finding: Finding) -> Finding:
    """Return a finding that a file is missing, milder where what may be that file stands beside its place."""
    absent = next((each.path for each in finding.evidence if each.note == "absent"), None)
    if finding.problem.slug not in MISSING or absent is None:
        return finding
    name = absent.rpartition("/")[2]
    files = case.postoffice.deleted(name)
    if not files:
        return finding
    places = tuple(
        Evidence(each.path, (0, each.size), None, "size", each.size, f"{name}, deleted: its first letter is lost")
        for each in files
    )
    which = files[0].path if len(files) == 1 else "one of them"
    return replace(
        finding,
        severity="warning",
        certainty="likely",
        evidence=(*finding.evidence, *places),
        notes=(*finding.notes, "What a file system gives back of a deleted file is possible at most."),
        help=(f"Look at {which} with glbtools inspect; where it is whole, copy it to {name}.",),
    )
