"""Server to requestor: what cannot be sent, was purged, is refused, waits (rulings 10, 15, 16 and 18)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from glbtools.diagnosis.alternatives import with_causes
from glbtools.diagnosis.case import Case, logged, meaning_of, recorded
from glbtools.diagnosis.causes import symptoms
from glbtools.diagnosis.finding import Evidence, Finding
from glbtools.diagnosis.history import outermost
from glbtools.diagnosis.restored import WENT_BACK, server_finding
from glbtools.diagnosis.signs import explain, received_before
from glbtools.diagnosis.wording import TELLS_DOWN, changes, files_that_tell, numbers_text, plural
from glbtools.model import doubts
from glbtools.model.channel import clipped, ranges_of
from glbtools.model.configuration import node_of
from glbtools.model.histories import Causes


def check(case: Case) -> Iterator[Finding]:
    """Yield what is wrong with the download of a postoffice."""
    states = case.download.verdict.states
    if "EPOCH_CHANGED" in states or "EPOCH_CHANGED" in case.upload.verdict.states:
        yield from _another_life(case)
    elif "ROLLED_BACK" in states:
        yield from _received_above(case)
    elif "HOLE" in states:
        yield with_causes(case, _purged(case), explain(case, "master-late"))
    if case.is_server:
        yield from _gap(case)
        yield from _master(case)
        yield from _own_record(case)


def _another_life(case: Case) -> Iterator[Finding]:
    """The server counts fewer imports, or nothing at all: made anew, gone back, or an Import still to be run."""
    causes = explain(case, "imports-lower" if "imports-lower" in case.signs else "record-zero")
    if causes.first.slug == "import-asked" and causes.severity == "note":
        return
    if causes.first.problem not in WENT_BACK:
        yield with_causes(case, replace(_readded(case), severity=causes.severity), causes)
    elif causes.first.slug == "server-enabled-anew":
        yield _all_anew(case, causes)
    elif "received-above" in case.signs:
        yield from _received_above(case)
    elif "behind" not in case.signs:  # else the upload says so
        yield _all_anew(case, causes)


def _received_above(case: Case) -> Iterator[Finding]:
    """The requestor has more than the server has issued: the server went back, or its SRVCONF alone."""
    causes = explain(case, "received-above")
    if case.is_server:
        yield _own_files(case)
    elif causes.first.problem in WENT_BACK:
        yield _server_behind(case, causes)
    # Else MSTTRANS reaches beyond SRVCONF, and the finding of the server's files says so (docs/rulings.md 16).


def _readded(case: Case) -> Finding:
    """The server's record was made anew: its import number is below ours, and its updates are refused (Q99961)."""
    own, theirs = case.numbers, case.requestor
    assert theirs is not None
    series = symptoms(case, "requestor-readded")
    return case.finding(
        "requestor-readded",
        f"the server's record of {case.postoffice.shown} counts {_imports(theirs.importsync)}, the postoffice "
        f"{_imports(own.imports)}: this postoffice refuses the server's updates as old",
        (
            case.stored("importsync", "imports this postoffice has asked for"),
            case.served("importsync", "imports the server's record knows of"),
            case.served("reqsync"),
            *(logged(line, "no update accepted") for line in series[-3:]),
        ),
        doubts=(doubts.IMPORTS_COUNTED,),
        notes=(
            "As where a requestor is deleted on the server and created again: its numbers begin at zero (Q99961).",
            "Nothing is logged when an update is refused for this reason; the log only says 105 with 0, cycle after "
            "cycle.",
            "Changes made here still reach the server.",
        ),
        help=(
            "Config, Dir-Sync, Requestor, Import on this postoffice; the next cycle replaces its lists by the "
            "server's.",
            "Or RESYNC.GLB from the server. What either loses: addresses that the server does not know. Export here "
            "before, and let a cycle run.",
        ),
    )


def _all_anew(case: Case, causes: Causes) -> Finding:
    """The server's record is of an earlier life, and so is the server itself (docs/rulings.md 18)."""
    server = case.server
    assert server is not None
    return server_finding(
        case,
        causes,
        f"the server's record of {case.postoffice.shown} began anew, and so did its master queue, which is at "
        f"{server.head}"
        if causes.first.slug == "server-enabled-anew"
        else f"the server's record of {case.postoffice.shown} counts fewer imports than the postoffice: the server "
        "went back, and its updates are refused as old",
        (
            case.stored("importsync", "imports this postoffice has asked for"),
            case.served("importsync", "begun anew"),
            case.headed("sync", "highest number the server has issued"),
        ),
        (),
    )


def _own_files(case: Case) -> Finding:
    """The server's own REQCONF is ahead of its SRVCONF: they are of different days (docs/facts/faults.md#server)."""
    own, server = case.numbers, case.server
    assert server is not None
    return case.finding(
        "server-restored-own-requestor",
        f"the server's own REQCONF has updates up to {own.applied}, its SRVCONF has issued {server.head}",
        (case.stored("srvsync"), case.headed("sync")),
        certainty=case.download.verdict.certainty,
        notes=(
            "SRVCONF and MSTTRANS were restored without REQCONF. A server restored as a whole agrees with itself; only "
            "its requestors show it then.",
        ),
        help=(
            "Restore REQCONF, REQTRANS, SRVCONF and MSTTRANS from one backup; then proceed as after a restore: "
            "Export on "
            "every postoffice (Q113453).",
        ),
    )


def _server_behind(case: Case, causes: Causes) -> Finding:
    """The requestor has more than the server has issued: the server went back (Q96060 problem 9)."""
    own, server = case.numbers, case.server
    assert server is not None
    zone = case.download.verdict.dead_zone
    return server_finding(
        case,
        causes,
        f"{case.postoffice.shown} has server updates up to {own.applied}, the server has issued {server.head}: "
        "it receives "
        "nothing until the server passes that number",
        (
            case.stored("srvsync", "server updates received"),
            case.headed("sync", "highest number the server has issued"),
        ),
        (zone,) if zone else (),
    )


def _purged(case: Case) -> Finding:
    """Updates this postoffice has not seen are no longer in MSTTRANS (Q108067)."""
    own, server, verdict = case.numbers, case.server, case.download.verdict
    assert server is not None
    hole, lowered = verdict.ranges["HOLE"], received_before(case)
    logs = [logged(each) for each in outermost(symptoms(case, "requestor-inactive-window"))]
    return case.finding(
        "requestor-inactive-window",
        f"{changes(hole)} of the server are gone from MSTTRANS, and {case.postoffice.shown} may never have received "
        "them"
        if lowered
        else f"{changes(hole)} of the server are gone from MSTTRANS before {case.postoffice.shown} received them",
        (
            case.stored("srvsync", "server updates received"),
            case.served("srvsync"),
            _first_of_master(case),
            *logs,
        ),
        certainty=verdict.certainty,
        doubts=(
            doubts.RECEIVED_SINCE if own.applied is None else None,
            doubts.SRVSYNC_LOWERED if lowered else None,
        ),
        notes=(
            f"MSTTRANS begins at {server.first}; what is older than Keep Updates "
            f"({_days(server.config.keep_updates)}) is purged from it (Q108067).",
            *((lowered,) if lowered else ()),
        ),
        help=(
            "On this postoffice Export and, a cycle later, Import: Config, Dir-Sync, Requestor (Q108067). "
            f"{_IMPORT_LOSES}",
            *((_RESYNC_BRINGS,) if "ROLLED_BACK" in case.upload.verdict.states and not case.is_server else ()),
        ),
        ranges=hole,
        settled_by=files_that_tell(verdict.settled_by, TELLS_DOWN),
        severity="warning" if lowered else "",
    )


_IMPORT_LOSES = (
    "What an Import loses: it replaces the lists by the server's, and addresses that the server does not know are gone."
)
_RESYNC_BRINGS = "A RESYNC, which the other finding names, brings the lists as well: one of the two is enough."


def _master(case: Case) -> Iterator[Finding]:
    """SRVCONF's number and MSTTRANS must end together (ruling 16)."""
    server = case.server
    if server is None:
        return
    if case.postoffice.absent("MSTTRANS.GLB"):
        logs = [logged(each) for each in case.lines(2) if "MSTTRANS" in each.text]
        yield case.finding(
            "msttrans-missing",
            "MSTTRANS.GLB is missing: the server can neither take nor send changes",
            (Evidence(f"{case.postoffice.path}/GLB/MSTTRANS.GLB", note="absent"), *logs),
            doubts=(None if logs else doubts.COPY_INCOMPLETE,),
            notes=("The diagnostic utility does not notice this (Q134753).",),
            help=(
                "Restore MSTTRANS from a backup, then Export on every postoffice (Q112280).",
                "Without a backup, versions 3.2 and 3.5: an empty MSTTRANS.GLB, then Export everywhere; 138 and 139 "
                "may be ignored then.",
            ),
            settled_by=() if logs else ("whether the copy is complete",),
        )
        return
    master, head = case.postoffice.queue("MSTTRANS"), server.head
    if master is None or head is None or master.last == head:
        return
    beyond = [each for each in master.real if each.sync > head]
    finding = case.finding(
        "msttrans-corrupt",
        f"MSTTRANS ends at {master.last}, SRVCONF says {head}"
        if master.records
        else f"MSTTRANS is empty, SRVCONF says {head}",
        (
            case.headed("sync", "number of the last record of MSTTRANS"),
            server.master.end if server.master else None,
            *(recorded(master, each, meaning_of(each.text)) for each in beyond),
        ),
        doubts=(None if "received-above" in case.signs else doubts.COPIED_AT_WORK,),
        notes=(
            "Usually the two files are of different days: one was restored without the other.",
            *(
                (
                    f"What MSTTRANS holds above {head}, {changes(ranges_of(each.sync for each in beyond))}, is there "
                    "and not lost. But SRVCONF would give these numbers again, and whoever has received them ignores "
                    "what then comes with the same numbers.",
                )
                if beyond
                else ()
            ),
        ),
        help=(
            f"Look for a newer {'SRVCONF' if master.last > head else 'MSTTRANS'} first: then the two may agree.",
            "Else restore both from the same backup; then Export on every postoffice (Q96003). What that loses: the "
            "updates since that backup, until the exports bring them again; where a requestor's SrvSync is then above "
            "the server's, a RESYNC after that (glbtools explain U201).",
            "Do not renumber MSTTRANS: the requestors remember its numbers.",
        ),
    )
    relation = "master-empty" if not master.records else "master-above" if master.last > head else "master-below"
    yield with_causes(case, finding, explain(case, relation))


def _gap(case: Case) -> Iterator[Finding]:
    """Numbers inside MSTTRANS that it does not hold, and that some requestor has still to receive (ruling 16)."""
    server, known = case.server, case.others.configured
    master = case.postoffice.queue("MSTTRANS")
    if server is None or master is None or not server.gaps:
        return
    received = {node_of(each.name): each.srvsync for each in server.config.requestors}
    received |= {name: each.srvsync for name, each in known.items() if each.srvsync is not None}
    waiting = sorted(name for name, c in received.items() if c is not None and c < server.gaps[-1][1])
    least = min((c for name in waiting if (c := received[name]) is not None), default=None)
    missing = clipped(server.gaps, least, server.gaps[-1][1]) if least is not None else ()
    if not missing:
        return
    above = min((each for each in master.records if each.sync > missing[0][1]), key=lambda each: each.sync)
    who = waiting[0] if len(waiting) == 1 else plural(len(waiting), "requestor")
    yield case.finding(
        "msttrans-gap",
        f"MSTTRANS does not hold {numbers_text(missing)}, and {who} {'has' if len(waiting) == 1 else 'have'} received "
        "nothing above them",
        (
            Evidence(
                master.artefact.path,
                span=(above.start, above.stop),
                line=master.line(above),
                field="sync",
                value=above.sync,
                note="goes on here",
            ),
        ),
        doubts=(doubts.NUMBER_SKIPPED,),
        notes=(
            "Numbers of the server may skip (Q118298): perhaps these were never used. If they were, the changes are in "
            "no file given, and nobody will send them.",
        ),
        help=(
            "Compare the server's lists with the requestor's; an Import at the requestor brings whatever is missing. "
            "Export there first and let a cycle run, so that the server has the names of that postoffice. "
            f"{_IMPORT_LOSES}",
        ),
        ranges=missing,
        settled_by=("the lists of a requestor that has received these numbers",),
    )


def _own_record(case: Case) -> Iterator[Finding]:
    """The server must be registered as its own requestor (Q96060 problem 5, message 136)."""
    server = case.server
    if server is None or case.postoffice.name is None or case.requestor is not None or not server.config.requestors:
        return
    if server.postoffice is not case.postoffice:
        return  # A second SRVCONF: what the server's own says is no matter of this postoffice.
    logs = [logged(each) for each in case.lines(136, 158)]
    yield case.finding(
        "srvconf-corrupt-size",
        f"SRVCONF holds {plural(len(server.config.requestors), 'requestor')}, and the server itself is none of them",
        (
            Evidence(
                server.artefact.path, (0, server.artefact.size), None, "requestors", len(server.config.requestors)
            ),
            *logs,
        ),
        doubts=(doubts.RECORD_ELSEWHERE, None if case.postoffice.name_certain else doubts.REGISTERED_OTHERWISE),
        notes=("The server is registered as its own requestor when it is enabled (Q96060).",),
        help=("Swap the server by way of a temporary one, as Q96060 describes for problem 5.",),
    )


def _first_of_master(case: Case) -> Evidence | None:
    master = case.server.postoffice.queue("MSTTRANS") if case.server else None
    if master is None or not master.records:
        return None
    first = min(master.records, key=lambda each: each.sync)
    span = (first.start, first.stop)
    return Evidence(
        master.artefact.path,
        span=span,
        line=master.line(first),
        field="sync",
        value=first.sync,
        note="the oldest number still there",
    )


def _imports(number: int | None) -> str:
    return "an unknown number of imports" if number is None else plural(number, "import")


def _days(days: int | None) -> str:
    return "14 days unless set otherwise" if days is None else plural(days, "day")
