"""Files that should be empty or absent at rest (docs/facts/files.md#at-rest; ruling 20)."""

from __future__ import annotations

from collections.abc import Iterator

from glbtools.diagnosis.case import Case, logged
from glbtools.diagnosis.causes import EMPTY_AT_REST, Leftover, left_in, leftovers, symptoms
from glbtools.diagnosis.finding import Finding
from glbtools.diagnosis.history import outermost
from glbtools.diagnosis.judging import names_leftovers
from glbtools.diagnosis.wording import plural
from glbtools.model import doubts


def check(case: Case) -> Iterator[Finding]:
    """Yield what an interrupted run has left behind, and RESYNC.GLB where it should not be."""
    left = leftovers(case)
    full = [each for each in left if each.name in EMPTY_AT_REST]
    refused = list(case.lines(13))
    if full and refused and any(each.name == "SRVTRANS.GLB" for each in full):
        yield _srvtrans(case, left)
    elif left and not _running(case) and not names_leftovers(case):
        yield _leftover(case, full, left)
    yield from _resync(case)


def _srvtrans(case: Case, left: list[Leftover]) -> Finding:
    return case.finding(
        "srvtrans-leftover-13",
        "SRVTRANS.GLB still holds updates that Import could not take in",
        (*(each.evidence for each in left), *(logged(each) for each in case.lines(13))),
        notes=(_BELIEVED,),
        help=_HELP,
    )


def _leftover(case: Case, full: list[Leftover], left: list[Leftover]) -> Finding:
    count = sum(each.held for each in full)
    names = ", ".join(each.name for each in left)
    what = f"; they hold {plural(count, 'update')}" if count else ""
    return case.finding(
        "temp-files-leftover",
        f"an Import or a sort did not finish and left {plural(len(left), 'file')} behind: {names}{what}",
        (
            *(each.evidence for each in left),
            *(logged(each) for each in outermost(symptoms(case, "temp-files-leftover"))),
        ),
        notes=(_BELIEVED,) if full else (),
        help=_HELP,
    )


_BELIEVED = (
    "SrvSync went up when these updates were fetched, before Import ran: the server believes them delivered and "
    "will not send them again."
)
_HELP = (
    "Save copies first. Run IMPORT ADMIN -P -Y -Q once: it may still take them in (Q122750).",
    "Only if that fails empty the queues and delete the rest; then Config, Dir-Sync, Requestor, Import, since what "
    "was emptied is lost to this postoffice.",
)


def _resync(case: Case) -> Iterator[Finding]:
    """RESYNC.GLB is made on the server and must not stay there; a requestor's Import deletes it (Q119014, Q156124)."""
    resync = left_in(case, "RESYNC.GLB")
    if resync is None:
        return
    if case.is_server:
        yield case.finding(
            "resync-left-on-server",
            "RESYNC.GLB, which is meant for requestors, is still on the server",
            (resync.evidence,),
            notes=(
                "The server's own Import cannot process it and reports an error at each T3 (Q119014). It can spoil the "
                "global address list of the server (Q156124).",
            ),
            help=("Copy it to the requestors it was made for and delete it here.",),
        )
        return
    if symptoms(case, "resync-error-14"):
        return  # the logs say why, and that finding shows the file
    imported = [each for each in case.log if each.ends_import]
    yield case.finding(
        "resync-not-consumed",
        "RESYNC.GLB has not been processed: a finished Import deletes it",
        (resync.evidence, *(logged(each) for each in imported[-1:])),
        doubts=(doubts.COPIED_SINCE if imported else doubts.IMPORT_TO_COME,),
        notes=("If it was only just copied here, this is as it should be before the next Import.",),
        help=(
            "Save the changes waiting in REQTRANS first: RESYNC sets ReqSync to the largest of any requestor, and "
            "what is numbered up to that is not sent any more (Q119452).",
            "Then IMPORT -Q -Y, and make the saved changes again.",
        ),
        severity="" if imported else "note",
        settled_by=() if imported else ("a log of the last Import",),
    )


def _running(case: Case) -> bool:
    """Whether the logs end between REQMAIN -R and IMPORT: then these files are at work (ruling 20)."""
    last = [each for each in case.log if each.form in ("coded", "text")]
    for each in reversed(last):
        text = each.text
        if "Mail Import" in text or "Import is finished" in text or "GAL Rebuild" in text:
            return False
        if each.code == 105:
            return each.argument not in (None, "0")
    return False
