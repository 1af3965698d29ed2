"""The server went back: what that means, seen from the postoffice whose numbers show it (rulings 10, 15 and 18)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from glbtools.diagnosis.alternatives import with_causes
from glbtools.diagnosis.case import Case, logged
from glbtools.diagnosis.causes import symptoms
from glbtools.diagnosis.finding import Alternative, Evidence, Finding
from glbtools.diagnosis.history import outermost
from glbtools.diagnosis.problems import SEVERITIES, by_slug
from glbtools.model.channel import Range
from glbtools.model.doubts import CERTAINTIES
from glbtools.model.histories import Causes

RESTORED, REENABLED = "server-restored-from-backup", "server-reenabled-or-replaced"
WENT_BACK = (RESTORED, REENABLED)


def server_finding(
    case: Case,
    causes: Causes,
    message: str,
    evidence: Iterable[Evidence | None],
    ranges: tuple[Range, ...],
) -> Finding:
    """Return the finding that the server went back, seen from one postoffice: restored, or enabled anew.

    What the server does not know of is not in its queue; that it is not in its lists is likely at most, since its GLB
    files alone may have been put back (docs/rulings.md 10 and 18, docs/certainty.md 1).
    """
    anew = causes.first.problem == REENABLED
    zone = case.download.verdict.dead_zone
    notes = [
        "MSTTRANS begins at 1 and every other requestor's record is younger than its REQCONF, as where a server is "
        "enabled anew."
        if anew
        else "SRVCONF and MSTTRANS are then of an earlier day than this postoffice's REQCONF, as after a restore from "
        "backup.",
        "There is no mechanism by which the server asks for what it lost, and requestors drop changes once they are "
        "confirmed (Q113453).",
    ]
    if zone:
        notes.append(
            f"Server updates numbered {zone[0] + 1} to {zone[1]} will be issued for other changes, which this "
            "postoffice will never receive."
        )
    if causes.relation == "behind":
        notes.append(
            "Copy the GLB files before the next T2, which hides the hole: the server takes the next number it is sent "
            "as the last it has."
        )
    finding = Finding(
        by_slug(REENABLED if anew else RESTORED),
        case.server.postoffice.name if case.server else None,
        path=case.server.postoffice.path if case.server else case.postoffice.path,
        message=message,
        evidence=(*filter(None, evidence), *(logged(each) for each in outermost(symptoms(case, RESTORED)))),
        certainty=causes.effect,
        notes=tuple(notes),
        help=(
            "If the server went back, every requestor must submit its whole list: Config, Dir-Sync, Requestor, Export "
            "on each of them (Q113453).",
            "Where a requestor's SrvSync is above the server's: one full cycle after the exports, then IMPORT -S on "
            "the server, copy RESYNC.GLB to every requestor, delete it on the server, IMPORT -Q on each (Q96060). What "
            "that loses: addresses that the server does not have.",
            "Names put in by IMPORT -E, and deletions of such names, are in no list and must be imported again.",
        ),
        ranges=ranges,
        severity=causes.severity,
    )
    return with_causes(case, finding, causes)


def _still_open(findings: Iterable[Finding]) -> tuple[Alternative, ...]:
    """Return what else explains all of some findings: what one of them refutes explains none."""
    known = list(findings)
    refuted = {other.slug for each in known for other in each.refuted}
    others = {other.slug: other for each in known for other in each.alternatives}
    return tuple(other for slug, other in others.items() if slug not in refuted)


def merged(findings: list[Finding]) -> list[Finding]:
    """Return findings with those that the server went back made one: it went back once, whoever shows it.

    The numbers of several requestors are no one sequence, so with more than one their ranges stand in the message and
    in the channels only.
    """
    back = [each for each in findings if each.problem.slug in WENT_BACK and each.severity != "note"]
    if len(back) < 2:
        return findings
    first = next((each for each in back if each.problem.slug == RESTORED), back[0])
    counts = [each.message for each in back]
    one = replace(
        first,
        message=f"the server was put back to an earlier state, which {len(back)} pairs of numbers show: "
        + "; ".join(counts),
        evidence=tuple(dict.fromkeys(place for each in back for place in each.evidence)),
        notes=tuple(dict.fromkeys(note for each in back for note in each.notes)),
        certainty=min((each.certainty for each in back), key=CERTAINTIES.index),
        cause_certainty=min((each.cause_certainty or each.certainty for each in back), key=CERTAINTIES.index),
        severity=min((each.severity for each in back), key=SEVERITIES.index),
        alternatives=_still_open(back),
        refuted=tuple({other.slug: other for each in back for other in each.refuted}.values()),
        ranges=(),
    )
    return [*(each for each in findings if each not in back), one]
