"""The server went back: what that means, seen from the postoffice whose numbers show it (rulings 10, 15 and 18)."""

from __future__ import annotations

from collections.abc import Iterable

from glbtools.diagnosis.case import Case, logged, same_postoffice
from glbtools.diagnosis.causes import symptoms
from glbtools.diagnosis.finding import CERTAINTIES, Evidence, Finding
from glbtools.diagnosis.history import outermost
from glbtools.diagnosis.problems import by_slug
from glbtools.evidence.postoffice import node_of, numbers
from glbtools.model.channel import Range

RESTORED, REENABLED = "server-restored-from-backup", "server-reenabled-or-replaced"
WENT_BACK = (RESTORED, REENABLED)


def server_finding(case: Case, message: str, evidence: Iterable[Evidence | None], ranges: tuple[Range, ...]) -> Finding:
    """Return the finding that the server went back, seen from one postoffice: restored or enabled anew (ruling 18)."""
    anew = enabled_anew(case)
    verdicts = (case.upload.verdict, case.download.verdict)
    certainty = (
        "certain" if all(each.certainty == "certain" or each.state == "UNKNOWN" for each in verdicts) else "likely"
    )
    zone = case.download.verdict.dead_zone
    notes = [
        "MSTTRANS begins at 1 and every other requestor's record is younger than its REQCONF: the server was "
        "enabled anew."
        if anew
        else (
            "The server's SRVCONF and MSTTRANS are of an earlier day than this postoffice's REQCONF: restored from "
            "backup."
        ),
        "There is no mechanism by which the server asks for what it lost, and requestors drop changes once they are "
        "confirmed (Q113453).",
    ]
    if zone:
        notes.append(
            f"Server updates numbered {zone[0] + 1} to {zone[1]} will be issued for other changes, and this "
            "postoffice will never receive those."
        )
    if "HOLE" in case.upload.verdict.states:
        notes.append(
            "The first T2 after this hides the hole: the server takes the next number it is sent as the last it has."
        )
    return Finding(
        by_slug(REENABLED if anew else RESTORED),
        case.server.postoffice.name if case.server else None,
        case.server.postoffice.path if case.server else case.postoffice.path,
        message,
        (*filter(None, evidence), *(logged(each) for each in outermost(symptoms(case, RESTORED)))),
        certainty,
        tuple(notes),
        (
            "Every requestor must submit its whole list: Config, Dir-Sync, Requestor, Export on each of them "
            "(Q113453).",
            "Where a requestor's SrvSync is above the server's: one full cycle after the exports, then IMPORT -S on "
            "the server, copy RESYNC.GLB to every requestor, delete it on the server, IMPORT -Q on each (Q96060).",
            "Names put in by IMPORT -E are in no postoffice's own list and must be imported again.",
        ),
        ranges,
    )


def enabled_anew(case: Case) -> bool:
    """Ruling 18: MSTTRANS begins at 1, and every record but the server's own is younger than its postoffice.

    One that is still empty, where nothing was issued, begins at 1 as well.
    """
    server = case.server
    if server is None or (server.first != 1 and (server.first is not None or server.head != 0)):
        return False
    own = {each.name.upper(): each for each in case.network.postoffices if each.name}
    others = [each for each in server.config.requestors if not same_postoffice(each.name, server.postoffice.name)]
    judged = 0
    for requestor in others:
        if not any((requestor.reqsync, requestor.srvsync)):
            judged += 1
            continue
        postoffice = own.get(node_of(requestor.name))
        imports = numbers(postoffice).imports if postoffice else None
        if imports is None or requestor.importsync is None or requestor.importsync >= imports:
            return False
        judged += 1
    return judged > 0


def merged(findings: list[Finding]) -> list[Finding]:
    """Return findings with those that the server went back made one: it went back once, whoever shows it.

    The numbers of several requestors are no one sequence, so with more than one their ranges stand in the message and
    in the channels only.
    """
    back = [each for each in findings if each.problem.slug in WENT_BACK and not each.severity]
    if len(back) < 2:
        return findings
    first = next((each for each in back if each.problem.slug == RESTORED), back[0])
    counts = [each.message for each in back]
    one = first._replace(
        message=f"the server went back, as {len(back)} places show: " + "; ".join(counts),
        evidence=tuple(dict.fromkeys(place for each in back for place in each.evidence)),
        notes=tuple(dict.fromkeys(note for each in back for note in each.notes)),
        certainty=min((each.certainty for each in back), key=CERTAINTIES.index),
        ranges=(),
    )
    return [*(each for each in findings if each not in back), one]
