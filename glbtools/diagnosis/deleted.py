"""Deleted files that were recovered: beside a missing one they are evidence, possible at most (ruling 27)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from glbtools.diagnosis.case import Case, sized
from glbtools.diagnosis.finding import Finding, doubted
from glbtools.model.doubts import ANOTHER_DELETED

MISSING: Mapping[str, str] = MappingProxyType(
    {
        "reqtrans-missing": "REQTRANS.GLB",
        "msttrans-missing": "MSTTRANS.GLB",
        "reqconf-missing-or-short": "REQCONF.GLB",
        "srvconf-missing": "SRVCONF.GLB",
    }
)
"""Problem -> the file that it says is not there."""


def recovered(case: Case, finding: Finding) -> Finding:
    """Return a finding that a file is missing, milder where what may be that file stands beside its place."""
    name = MISSING.get(finding.problem.slug)
    files = case.postoffice.deleted(name) if name and case.postoffice.absent(name) else []
    if not files:
        return finding
    places = tuple(sized(each, f"{name}, deleted: its first letter is lost") for each in files)
    which = files[0].path if len(files) == 1 else "one of them"
    return replace(
        doubted(finding, ANOTHER_DELETED),
        severity="warning",
        evidence=(*finding.evidence, *places),
        notes=(*finding.notes, "What a file system gives back of a deleted file is possible at most."),
        help=(f"Look at {which} with glbtools inspect; where it is whole, copy it to {name}.",),
    )
