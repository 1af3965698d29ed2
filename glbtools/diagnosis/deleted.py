"""Deleted files that were recovered: beside a missing one they are evidence, possible at most (ruling 27)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from glbtools.diagnosis.case import Case, sized
from glbtools.diagnosis.finding import Finding, doubted
from glbtools.evidence.contents import Artefact
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
    if name is None or not case.postoffice.absent(name):
        return finding
    files = case.postoffice.deleted(name)
    if not files:
        return _kept(case, finding, name)
    places = tuple(sized(each, _known_as(name, each)) for each in files)
    which = files[0].path if len(files) == 1 else "one of them"
    return replace(
        doubted(finding, ANOTHER_DELETED),
        severity="warning",
        evidence=(*finding.evidence, *places),
        notes=(*finding.notes, "What a file system gives back of a deleted file is possible at most."),
        help=(f"Look at {which} with glbtools inspect; where it is whole, copy it to {name}.",),
    )


def _known_as(name: str, file: Artefact) -> str:
    if file.name == name:
        return "the file system has it marked as free, or as deleted"
    return f"{name}, deleted: its first letter is lost"


def _kept(case: Case, finding: Finding, name: str) -> Finding:
    """Return a finding that a file is missing with the copies of it that lie there under other names."""
    files = case.postoffice.renamed(name) or case.postoffice.lost(name)
    if not files:
        return finding
    which = files[0].path if len(files) == 1 else "each of them"
    return replace(
        finding,
        evidence=(*finding.evidence, *(sized(each, f"may be {name} under another name") for each in files)),
        notes=(*finding.notes, "A file under another name may be of any day."),
        help=(f"Look at {which} with glbtools inspect before anything is put in its place.", *finding.help),
    )
