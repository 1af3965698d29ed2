"""One finding per cause: what is only the symptom of another finding becomes evidence of that one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from glbtools.diagnosis.finding import Finding

EXPLAINS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # Who takes no part is missed by T2 in every cycle (Q108067, Q104743).
        "requestor-inactive-window": ("cycle-order-wrong",),
        "reqtrans-never-drained": ("cycle-order-wrong",),
        # The entry that is refused is known from the queue it travels in (Q96001).
        "content-level-poison": ("entry-refused-repeatedly",),
        # The record at which the server stops is the damage (Q103421 #1645).
        "requestor-crc-poison-record": ("queue-damaged",),
        # A copy of SRVCONF makes no server, so nothing that a server has is missing (ruling 3).
        "role-conflict": ("msttrans-missing",),
        # What Import hangs on stays in its queue, and the step ends as failed (Q194819).
        "import-hang-bad-modify": ("temp-files-leftover", "nsda-exit-codes"),
        # SRVCONF alone was put back: then the server's own REQCONF is ahead of it, too (docs/rulings.md 16).
        "msttrans-corrupt": ("server-restored-own-requestor",),
        # The server's own REQCONF is ahead because SRVCONF went back, and it misses numbers that requestors have
        # (docs/facts/faults.md#server).
        "server-restored-from-backup": ("server-restored-own-requestor", "requestor-inactive-window"),
        "server-reenabled-or-replaced": ("server-restored-own-requestor", "requestor-inactive-window"),
    }
)
"""Slug of a cause -> slugs of its symptoms on the same postoffice."""

ONLY_IF: Mapping[str, Callable[[Finding], bool]] = MappingProxyType(
    {"queue-damaged": lambda symptom: all(each.field == "checksum" for each in symptom.evidence)}
)
"""Slug of a symptom -> whether it is nothing but that."""


_SYMPTOMS = frozenset(slug for slugs in EXPLAINS.values() for slug in slugs)


def explained(findings: list[Finding]) -> list[Finding]:
    """Return findings without those that another one explains; their evidence goes to that one."""
    kept = list(findings)
    symptoms = (each for each in findings if each.problem.slug in _SYMPTOMS)
    for symptom in symptoms:
        cause = next((each for each in kept if _explains(each, symptom)), None)
        if cause is not None:
            more = tuple(each for each in symptom.evidence if each not in cause.evidence)
            note = f"This explains, too, that {symptom.message}."
            changed = replace(cause, evidence=(*cause.evidence, *more), notes=(*cause.notes, note))
            kept = [changed if each is cause else each for each in kept if each is not symptom]
    return kept


def _explains(cause: Finding, symptom: Finding) -> bool:
    slug = symptom.problem.slug
    if slug not in EXPLAINS.get(cause.problem.slug, ()) or cause.severity == "note" or cause.certainty == "possible":
        return False
    same = (cause.postoffice or cause.path) == (symptom.postoffice or symptom.path)
    return same and (slug not in ONLY_IF or ONLY_IF[slug](symptom))
