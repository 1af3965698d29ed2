"""Whether what logs show is over: what the files of now, and later lines, say about a group of lines.

A log is history. Where the files, or a later run of the same step, show that a matter is over, the finding is a note.
Where a check of files names the same cause, this one is silent and ``symptoms`` hands the lines over. That is so for

============================= ===========================================================================
``reqtrans-missing``          REQTRANS.GLB is absent now
``msttrans-missing``          MSTTRANS.GLB of the server is absent now (message 2)
``msttrans-corrupt``          MSTTRANS and SRVCONF disagree now, or MSTTRANS is damaged (4, 40, 110)
``requestor-inactive-window`` the numbers show the gap now (4 and 129, 138 and 139); the same lines belong to
                              ``server-restored-from-backup`` and ``server-reenabled-or-replaced``
``srvconf-missing``           SRVCONF.GLB of the server is absent now (161)
``srvconf-corrupt-size``      SRVCONF lacks the server's own record now (136, 158)
``srvtrans-leftover-13``      SRVTRANS holds something now (13)
``listds-pointers-not-reset`` a pointer in REQCONF is not at rest now (45 alone)
``temp-files-leftover``       queues or working files are left over now (30, 45 alone)
``requestor-readded``         the import numbers differ now (105 with 0, cycle after cycle)
============================= ===========================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from glbtools.diagnosis.case import Case, same_postoffice, server_name, sized
from glbtools.diagnosis.causes import Group, groups, leftovers, size_of, symptom_of
from glbtools.diagnosis.finding import Evidence
from glbtools.diagnosis.history import History, dated, later, read, within
from glbtools.diagnosis.messages import MESSAGES
from glbtools.evidence.contents import Artefact
from glbtools.evidence.postoffice import registered
from glbtools.formats.logs import LogLine
from glbtools.model import doubts
from glbtools.model.channel import Range
from glbtools.model.configuration import Requestor, node_of
from glbtools.model.doubts import Doubt


class Judgement(NamedTuple):
    """What the files, and later lines, say about a group.

    Attributes:
        over: why it is history; empty while it may be the case still.
        doubts: what else could look so (``model.doubts``); by itself, a later run of which no log is given.
        severity: as in a finding.
        notes: more to know.
        evidence: files that show it too.
        settled_by: what would make it certain.
        ranges: the transaction numbers concerned.
    """

    over: str = ""
    doubts: tuple[Doubt | None, ...] = (doubts.LOG_ENDS,)
    severity: str = ""
    notes: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    settled_by: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()


Judge = Callable[[Case, Group], Judgement | None]
"""Looks at a group; None leaves it to a check of files."""


class UnpostedUpdates(NamedTuple):
    """Updates that were received, with no Import before the lists were rebuilt (Q148771).

    Attributes:
        found: each receipt with the rebuild behind it.
        waiting: SRVTRANS, where it still holds updates.
        over: why it is history; empty while it may be the case still.
    """

    found: list[tuple[LogLine, LogLine]]
    waiting: Artefact | None
    over: str


def judged(case: Case, group: Group) -> Judgement | None:
    """Return what is known of a group of lines by now; None leaves it to a check of files."""
    if group.first.about and group.slug in BY_FILES:
        return _elsewhere(case, group)
    judge = JUDGES.get(group.slug)
    if judge is None:
        symptom = symptom_of(group.slug)
        judge = _after_run(*symptom.until, files=symptom.files)
    return judge(case, group)


def names_leftovers(case: Case) -> bool:
    """Whether the logs say why working files are left over, so that ``temp-files-leftover`` would say it twice."""
    if not leftovers(case):
        return False
    named = ("usrtrans-corrupt-45-150", "error-150-space-rights", "import-rename-7", "import-locked-91")
    for group in groups(case):
        own = group.slug in named and not group.first.about
        if own and (judgement := judged(case, group)) and not judgement.over:
            return True
    refused = unposted(case)
    return refused is not None and not refused.over


def unposted(case: Case) -> UnpostedUpdates | None:
    """Return the updates that no Import took in, as a REBUILD without one before it shows; None where none shows."""
    history = read(case)
    found = [pair for pair in _received_and_rebuilt(history) if not _imported_between(history, *pair)]
    if not found:
        return None
    size, rebuilt = size_of(case, "SRVTRANS.GLB"), found[-1][1]
    imported = [each for each in history.entries if each.banner == "IMPORT" and not each.about and later(each, rebuilt)]
    over = ""
    if imported and not size:
        over = "Import ran later" + (f", {dated(imported[0].moment)}." if imported[0].moment else ".")
    elif size == 0:
        over = "SRVTRANS is empty now: its updates were taken in, or removed, since."
    return UnpostedUpdates(found, case.postoffice.find("SRVTRANS.GLB") if size else None, over)


def _received_and_rebuilt(history: History) -> Iterator[tuple[LogLine, LogLine]]:
    """Yield each receipt of updates with the REBUILD that follows it in the same log without an Import."""
    received: LogLine | None = None
    for each in history.entries:
        if each.form == "dispatch" or each.about:
            continue
        if received is not None and each.stream != received.stream:
            received = None
        program = each.banner
        if each.is_import:
            received = None
        elif program == "REBUILD" and received is not None:
            yield received, each
            received = None
        elif each.code == 105:
            argument = each.argument or ""
            received = each if argument.isdigit() and int(argument) > 0 else None


def _imported_between(history: History, received: LogLine, rebuilt: LogLine) -> bool:
    """Whether another log has an Import at that time."""
    if received.moment is None or rebuilt.moment is None:
        return False
    return within(history.imports, received.moment, rebuilt.moment)


# --- what is known now -------------------------------------------------------------------------------------------


def _record(case: Case, name: str) -> Requestor | None:
    """Return the server's record of a postoffice."""
    found = case.postoffice.srvconf()
    config = found[1] if found else case.server.config if case.server else None
    return registered(config, name) if config is not None and name else None


def _served_since(case: Case, group: Group, name: str = "") -> str:
    """Say that the server took in messages after the last line: of one requestor, or of any."""
    found = case.postoffice.srvconf()
    if found is None or group.last.moment is None:
        return ""
    named = [each for each in found[1].requestors if not name or node_of(each.name) == name]
    updates = [(each.last_update, node_of(each.name)) for each in named if each.last_update]
    if not updates or max(updates)[0] <= group.last.moment:
        return ""
    when, who = max(updates)
    return f"The server took in a message of {who} later, {dated(when)}."


def _delivered(case: Case, name: str) -> bool | None:
    """Whether a requestor has everything that the server has issued; None when that is not known."""
    record = _record(case, name)
    found = case.postoffice.srvconf()
    head = found[1].sync if found else case.server.head if case.server else None
    if record is None or record.srvsync is None or head is None:
        return None
    return record.srvsync >= head > 0


def _ran_later(case: Case, group: Group, *phases: str) -> str:
    """Say that a step ran later and ended well; of T2 no line of a log says so, but SRVCONF dates what it took in."""
    logged = tuple(each for each in phases if each != "T2")
    done = read(case).later(group.found, *logged) if logged else None
    if done is None:
        return _served_since(case, group) if "T2" in phases else ""
    when = f" on {dated(done.moment)}" if done.moment else ""
    return f"The same step ran later{when} without this message."


# --- judging -----------------------------------------------------------------------------------------------------


def _after_run(*phases: str, files: bool = False) -> Judge:
    """A later run without the message shows that it is over; so do, where asked, empty queues and no working files."""

    def judge(case: Case, group: Group) -> Judgement:
        over = _ran_later(case, group, *phases)
        left = tuple(each.evidence._replace(note="left over") for each in leftovers(case))
        if over or not files:
            return Judgement(over)
        if left:
            return Judgement("", (), evidence=left)
        if size_of(case, "SRVTRANS.GLB") == 0:
            return Judgement(
                "SRVTRANS is empty now and no working file is left: its updates were taken in, or removed, since."
            )
        return Judgement(settled_by=("SRVTRANS.GLB, which would show whether the updates still wait",))

    return judge


BY_FILES = frozenset(
    {
        "ds-msg-missing",
        "error-150-space-rights",
        "import-locked-91",
        "import-rename-7",
        "inqueue-missing",
        "msttrans-corrupt",
        "msttrans-missing",
        "reqtrans-missing",
        "resync-error-14",
        "srvtrans-leftover-13",
        "usrtrans-corrupt-45-150",
    }
)
"""Causes that the postoffice's own files settle."""


def _elsewhere(case: Case, group: Group) -> Judgement:
    """Judge what CENTRAL.LOG reports of a postoffice whose files are not given: later runs alone can tell."""
    sent = group.slug in ("reqtrans-missing", "inqueue-missing")
    phase = "T1" if sent else "IMPORT" if group.first.program == "IMPORT" else "T3"
    return Judgement(_ran_later(case, group, phase), settled_by=(f"the files of {group.first.about}",))


def _reqtrans(case: Case, group: Group) -> Judgement | None:
    if case.postoffice.absent("REQTRANS.GLB"):
        return None
    if size_of(case, "REQTRANS.GLB") is not None or case.postoffice.queue("REQTRANS"):
        return Judgement(
            "REQTRANS.GLB is there now. Changes made while it was missing were not queued, and an Export of that "
            "time set "
            "its date without queuing anything (Q119017)."
        )
    still = "the GLB directory, which would show whether REQTRANS.GLB is still missing"
    return Judgement(_ran_later(case, group, "T1"), settled_by=(still,))


def _msttrans_missing(case: Case, _group: Group) -> Judgement | None:
    if case.postoffice.find("MSTTRANS.GLB"):
        return Judgement(
            "MSTTRANS.GLB is there now; 138 and 139 in the cycles after it was made anew mean nothing (Q112280)."
        )
    if case.is_server and case.server is not None:
        return None
    return Judgement(settled_by=("the server's GLB directory",))


def _msttrans_corrupt(case: Case, _group: Group) -> Judgement | None:
    artefact, master = case.postoffice.find("MSTTRANS.GLB"), case.postoffice.queue("MSTTRANS")
    if artefact is None:
        return (
            None
            if case.is_server and case.server
            else Judgement(settled_by=("the server's MSTTRANS.GLB and SRVCONF.GLB",))
        )
    found = case.postoffice.read(artefact)
    head = case.server.head if case.server else None
    if master is None or found is None or any(each.damage for each in found.faults) or head not in (None, master.last):
        return None
    if head is None:
        return Judgement(settled_by=("SRVCONF.GLB, whose number MSTTRANS must end at",))
    return Judgement(f"MSTTRANS is sound now and ends at {master.last}, as SRVCONF says.")


def _inactive(case: Case, group: Group) -> Judgement | None:
    """Ruling 15: what the numbers say now decides; a single 138 of a first cycle means nothing (Q109256)."""
    about = group.first.about
    ranges = tuple(_missing(group))
    if about:
        record, first = _record(case, about), case.server.first if case.server else None
        received = record.srvsync if record else None
        head = case.server.head if case.server else None
    elif case.is_server and not group.key:
        received = first = head = None  # it is not said which requestor is meant
    else:
        if {"HOLE", "ROLLED_BACK", "EPOCH_CHANGED"} & set(case.download.verdict.states):
            return None
        received, head = case.numbers.applied, case.server.head if case.server else None
        first = case.server.first if case.server else None
    if received is not None and head is not None and first is not None:
        if received > head:
            behind = f"It acknowledged {received}, the server has issued {head}: the server may have been restored."
            return Judgement(ranges=ranges, notes=(behind,))
        if received + 1 < first:
            return Judgement("", (), ranges=ranges, notes=(f"It acknowledged {received}; MSTTRANS begins at {first}.",))
        if lost := () if about else purged_for_good(case, group):
            return Judgement(
                "",
                (doubts.IMPORTED_SINCE,),
                ranges=lost,
                notes=(
                    f"It has received up to {received} of {head} now. What had been purged before is not among it: the "
                    "server sends what it still has, and only an Import brings the rest (Q108067).",
                ),
                settled_by=("the lists of this postoffice", "the date of its last Import"),
            )
        return Judgement(_over_by_numbers(case, group, received, head))
    certain = 139 in group.codes or 129 in group.codes
    return Judgement(
        "",
        (doubts.LOG_ENDS, None if certain else doubts.WENT_BACK_BEFORE),
        "" if certain else "warning",
        ranges=ranges,
        notes=(
            "If the server was restored from a backup, or MSTTRANS made anew, that is the cause (Q96060, Q112280).",
        ),
        settled_by=("REQCONF.GLB of the requestor with MSTTRANS.GLB and SRVCONF.GLB of the server",),
    )


def purged_for_good(case: Case, group: Group) -> tuple[Range, ...]:
    """Return what the server said was missing, and no Import of this postoffice has brought since."""
    found = case.postoffice.reqconf()
    asked = found[1].last_import if found else None
    last = group.last.moment
    if asked is not None and last is not None and asked > last:
        return ()
    remade = any(each.slug == "msttrans-missing" for each in groups(case))
    # What is missing begins at SrvSync (0->1299, Q108067); where it does not, the server itself went back.
    begun = {each.asked for each in group.found if each.asked is not None}
    missing = tuple(each for each in _missing(group) if not begun or each[0] in begun)
    return () if remade or _first_cycle(group) else missing


def _first_cycle(group: Group) -> bool:
    return any(each.asked == 0 for each in group.found)


def _over_by_numbers(case: Case, group: Group, received: int, head: int) -> str:
    why = ""
    if _first_cycle(group):
        why = " In the first cycle of a requestor the message means nothing (Q109256)."
    elif any(each.slug == "msttrans-missing" for each in groups(case)):
        why = " After MSTTRANS was made anew the message means nothing (Q112280)."
    return f"It has received up to {received} of {head} now, and MSTTRANS holds all that it is due.{why}"


def _missing(group: Group) -> Iterator[Range]:
    for each in group.found[::-1]:
        if each.missing and each.missing[1] < each.missing[2]:
            yield each.missing[1:]
            return


def _limit(case: Case, group: Group) -> Judgement:
    done = _delivered(case, group.key)
    if done:
        return Judgement("SRVCONF says that it has acknowledged everything that the server has issued.")
    return Judgement("", (doubts.LOG_ENDS,) if done is None else (), settled_by=_unless_server(case))


def _unregistered(case: Case, group: Group) -> Judgement | None:
    found = case.postoffice.srvconf()
    own = (case.postoffice.name or "").upper()
    if found is None or not group.key:
        return Judgement(settled_by=_unless_server(case))
    if registered(found[1], group.key):
        return Judgement(f"SRVCONF holds a record of {group.key} now.")
    if group.key == own and found[1].requestors:
        return None
    return Judgement("", (), evidence=(Evidence(found[0].path, note=f"no record of {group.key}"),))


def _own_record(case: Case, _group: Group) -> Judgement | None:
    found = case.postoffice.srvconf()
    own = case.postoffice.name
    if found is None or own is None:
        return Judgement(settled_by=("SRVCONF.GLB and the server's name",))
    return Judgement("SRVCONF holds the server's own record now.") if registered(found[1], own) else None


def _password(case: Case, group: Group) -> Judgement:
    over = _served_since(case, group, group.key) if group.key else ""
    return Judgement(over, settled_by=() if over else _unless_server(case))


def _unless_server(case: Case) -> tuple[str, ...]:
    return () if case.postoffice.srvconf() else ("SRVCONF.GLB of the server",)


def _overwritten(case: Case, group: Group) -> Judgement | None:
    artefact = case.postoffice.find("SRVCONF.GLB")
    if artefact is None and case.is_server and case.postoffice.absent("SRVCONF.GLB"):
        return None
    if artefact is not None and artefact.size % 1024:
        return None
    return Judgement(_served_since(case, group))


def _stale_t2(case: Case, _group: Group) -> Judgement:
    named = server_name(case)
    if named and case.postoffice.name and not same_postoffice(f"PCM:{named}", f"PCM:{case.postoffice.name}"):
        return Judgement("", (), notes=(f"The server is {named}.",))
    if case.postoffice.role == "requestor" and not case.postoffice.find("MSTTRANS.GLB"):
        return Judgement(
            "", (doubts.ROLE_UNSURE,), notes=("It is taken for a requestor because it has no SRVCONF.GLB.",)
        )
    return Judgement(
        "",
        (doubts.ROLE_UNKNOWN,),
        notes=("On the server itself the message means that SRVCONF.GLB is missing or in use.",),
        settled_by=("the GLB directory, which would show whether this is the server",),
    )


def _srvconf_missing(_case: Case, _group: Group) -> Judgement | None:
    return None


def _srvtrans(case: Case, _group: Group) -> Judgement | None:
    size = size_of(case, "SRVTRANS.GLB")
    if size:
        return None
    if size == 0:
        return Judgement("SRVTRANS is empty now: its updates were taken in, or removed, since.")
    return Judgement(settled_by=("SRVTRANS.GLB",))


def _sorting(case: Case, group: Group) -> Judgement | None:
    """45 with 150, or alone: then a pointer, a working file, or a queue (Q112301)."""
    found = case.postoffice.reqconf()
    pointers = found[1].pointers if found else None
    alone = 150 not in group.codes
    if alone and pointers is not None and _stray_pointer(case, pointers):
        return None
    if alone and leftovers(case):
        return None
    judgement = _after_run("IMPORT", files=True)(case, group)
    if alone and judgement is not None and not judgement.over:
        return judgement._replace(doubts=(doubts.POINTERS_OR_LOCK,), notes=(
            "Alone, the message can also mean pointers in REQCONF that are not at rest, or SORTLOCK.GLB left "
            "over (Q112301).",
        ))  # fmt: skip
    return judgement


def _stray_pointer(case: Case, pointers: Sequence[int]) -> bool:
    from glbtools.model.configuration import POINTERS

    return any(
        pointer != -1 and not size_of(case, f"{name}.GLB") for name, pointer in zip(POINTERS, pointers, strict=True)
    )


def _resync_14(case: Case, group: Group) -> Judgement:
    artefact = case.postoffice.find("RESYNC.GLB")
    if artefact is not None and not case.is_server:
        return Judgement("", (), evidence=(sized(artefact, "still there: not processed"),))
    return Judgement(_ran_later(case, group, "IMPORT"))


def _inqueue(case: Case, group: Group) -> Judgement:
    absent = [
        f"{area}/INQUEUE.{area}"
        for area in ("MBG", "KEY")
        if case.postoffice.area(area) and not case.postoffice.find(f"INQUEUE.{area}")
    ]
    if absent:
        evidence = tuple(Evidence(f"{case.postoffice.path}/{each}", note="absent") for each in absent)
        return Judgement("", (), evidence=evidence)
    named = {each.address for each in group.found if each.code == 159}
    sent = not named or all(each and _delivered(case, each) for each in named)
    if 113 not in group.codes:
        return Judgement("Every requestor named has acknowledged everything since." if sent else "")
    return Judgement(_ran_later(case, group, "T1") if sent else "")


def _inbody(case: Case, group: Group) -> Judgement:
    named = {each.address for each in group.found if each.address}
    sent = bool(named) and all(_delivered(case, each) for each in named)
    return Judgement("The requestor has acknowledged everything that the server has issued." if sent else "")


def _no_texts(case: Case, _group: Group) -> Judgement:
    if case.postoffice.find("DS_MSG.GLB"):
        return Judgement("DS_MSG.GLB is there now.")
    if case.postoffice.absent("DS_MSG.GLB"):
        return Judgement("", (), evidence=(Evidence(f"{case.postoffice.path}/GLB/DS_MSG.GLB", note="absent"),))
    return Judgement()


def _bad_lists(case: Case, group: Group) -> Judgement:
    both = {43, 46} <= group.codes
    return Judgement(_ran_later(case, group, "IMPORT"), (doubts.LOG_ENDS, None if both else doubts.ONE_MESSAGE_ONLY))


def _always(severity: str = "") -> Judge:
    return lambda case, group: Judgement("", (), severity)


def _other(case: Case, group: Group) -> Judgement | None:
    message = MESSAGES.get(group.first.code) if group.first.code is not None else None
    severity = message.severity if message else "error" if group.first.severity == "Fatal" else "warning"
    if group.first.program == "SRVMAIN" or group.first.code == 161:
        return Judgement(_served_since(case, group), severity=severity)
    phases = {"IMPORT": ("IMPORT",), "REBUILD": ("REBUILD",), "REQMAIN": ("T1", "T3")}.get(group.first.program, ())
    if group.first.code == 152:
        phases = ("T1",)
    return Judgement(_ran_later(case, group, *phases), severity=severity)


JUDGES: dict[str, Judge] = {
    "reqtrans-missing": _reqtrans,
    "msttrans-missing": _msttrans_missing,
    "msttrans-corrupt": _msttrans_corrupt,
    "requestor-inactive-window": _inactive,
    "transaction-limit": _limit,
    "requestor-not-registered": _unregistered,
    "srvconf-corrupt-size": _own_record,
    "bad-password": _password,
    "stale-t2-on-requestor": _stale_t2,
    "srvconf-missing": _srvconf_missing,
    "srvconf-corrupt-157-161": _overwritten,
    "inqueue-missing": _inqueue,
    "foreign-inbody": _inbody,
    "srvtrans-leftover-13": _srvtrans,
    "usrtrans-corrupt-45-150": _sorting,
    "content-level-poison": lambda case, group: (
        _after_run("IMPORT" if group.first.program == "IMPORT" or not case.is_server else "T2")
    )(case, group),
    "resync-error-14": _resync_14,
    "resync-gateway-44": _always("note"),
    "resync-extract-bad-lists": _bad_lists,
    "ds-msg-missing": _no_texts,
    "logged-error": _other,
}
"""Cause -> what tells whether it is over, where a later run of a step that its file names does not."""
