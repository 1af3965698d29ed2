"""What the logs say went wrong: one finding for a cause, its symptoms as evidence (docs/facts/faults.md#messages)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from glbtools.binary import stamp
from glbtools.diagnosis.case import Case, logged, sized
from glbtools.diagnosis.causes import SINGLE, Group, groups, symptom_of
from glbtools.diagnosis.finding import Evidence, Finding, new_finding
from glbtools.diagnosis.history import History, dated, later, ordered, outermost, read, within
from glbtools.diagnosis.judging import judged, unposted
from glbtools.diagnosis.messages import IMPORT_AGAIN, MESSAGES
from glbtools.diagnosis.problems.problem import Symptom
from glbtools.diagnosis.wording import plural
from glbtools.evidence.postoffice import QueueEvidence
from glbtools.formats.logs import SITTING, LogLine
from glbtools.model import doubts
from glbtools.model.channel import Range
from glbtools.model.doubts import Doubt

LONG_SERIES = 5
"""Cycles in a row that received nothing before that is worth a word (Q99961: "many")."""


def check(case: Case) -> Iterator[Finding]:
    """Yield what the logs of a postoffice, and the server's logs about it, report."""
    history = read(case)
    for group in groups(case):
        finding = _judged(case, group)
        if finding is not None:
            yield finding
    yield from _refused_repeatedly(case, history)
    yield from _not_imported(case)
    yield from _unfinished_gal(case, history)
    yield from _nothing_received(case, history)
    yield from _silent_export(case, history)
    yield from _damaged_log(case)


REFUSED = frozenset({20, 27, 81})
"""Messages by which Import refuses an entry: an address too long, a name that is taken, an entry that is not there."""


def _refused_repeatedly(case: Case, history: History) -> Iterator[Finding]:
    """One entry refused on several days: nothing changes by itself (Q140961)."""
    seen: dict[tuple[int | None, str, str], list[LogLine]] = {}
    for entry in history.entries:
        if entry.code in REFUSED and entry.moment is not None and entry.named:
            seen.setdefault((entry.code, entry.about, entry.named), []).append(entry)
    again = [found for found in seen.values() if len({each.moment.date() for each in found if each.moment}) > 1]
    if not again:
        return
    lines = ordered(entry for found in again for entry in found)
    alias = any(each.code == 27 for each in lines)
    yield _finding(
        case,
        "entry-refused-repeatedly",
        f"Import refuses {plural(len(again), 'entry', 'entries')} again and again{_times(lines)}: "
        f"{_quoted(again[0][0].said)}",
        found=lines,
        doubts=(doubts.LOG_ENDS,),
        notes=("The entry is sent anew in every cycle, and refused for the same reason each time.",),
        advice=(
            "Import at this postoffice (CDRI), or an Export at the other side with the next cycle (Q140961)."
            if alias
            else "Correct the entry where it is kept; the log names it.",
        ),
    )


def _judged(case: Case, group: Group) -> Finding | None:
    kind = symptom_of(group.slug)
    judgement = judged(case, group)
    if judgement is None:
        return None
    message = MESSAGES.get(group.first.code) if group.slug == "logged-error" and group.first.code is not None else None
    advice = (message.help,) if message else kind.help
    notes = (*((judgement.over,) if judgement.over else ()), *judgement.notes, *kind.notes)
    if group.slug == "logged-error":
        notes = (f"The line reads: {_quoted(group.first.said)}", *notes)
    exits = () if judgement.over else tuple(read(case).exits(group.found))
    return _finding(
        case,
        group.slug,
        f"{_what(case, group, kind)}{_numbers(group)}{_times(group.found)}",
        found=(*group.found, *group.more, *exits),
        doubts=() if judgement.over else judgement.doubts,
        notes=notes,
        advice=() if judgement.over else advice,
        severity="note" if judgement.over else judgement.severity,
        files=judgement.evidence,
        settled_by=judgement.settled_by,
        ranges=judgement.ranges,
        concerned=_concerned(group, kind),
    )


def _what(case: Case, group: Group, kind: Symptom) -> str:
    if group.slug == "logged-error":
        message = MESSAGES.get(group.first.code) if group.first.code is not None else None
        return message.what if message else f"a program reports: {_quoted(group.first.said)}"
    po = _concerned(group, kind) or (case.postoffice.name if group.first.address else "") or "a requestor"
    return kind.what.format(po=po, named=_named(group))


def _concerned(group: Group, kind: Symptom) -> str:
    """Return the postoffice a finding is about, where it is not the one whose log it is."""
    return group.first.about or (group.key if kind.by == "address" else "")


def _named(group: Group) -> str:
    names = list(dict.fromkeys(_subject(each) for each in group.found))
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _subject(entry: LogLine) -> str:
    return _quoted((entry.argument or entry.said).strip() or "(not named)")


def _quoted(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _numbers(group: Group) -> str:
    """Return the message numbers, and for 139 what is missing."""
    codes = sorted({each.code for each in group.found if each.code is not None})
    if not codes:
        return ""
    listed = " and ".join(str(each) for each in codes) if len(codes) < 3 else ", ".join(map(str, codes))
    missing = next((each.missing[0] for each in group.found[::-1] if each.missing), "")
    lost = f"; missing: {missing}" if missing else ""
    return f" (message{'s' if len(codes) > 1 else ''} {listed}{lost})"


def _times(found: Sequence[LogLine], *, counted: bool = True) -> str:
    """Say how often, and when first and last; what one run logs is one event."""
    moments = sorted(each.moment for each in found if each.moment)
    if moments:
        count = 1 + sum(after - before > SITTING for before, after in pairwise(moments))
    else:
        count = max(Counter((each.code, each.severity) for each in found).values())
    often = f", {count} times" if counted and count > 1 else ""
    if not moments:
        return often or ", time not logged"
    if count == 1:
        return f", on {dated(moments[-1])}"
    return f"{often}, first on {dated(moments[0])}, last on {dated(moments[-1])}"


def _finding(
    case: Case,
    slug: str,
    message: str,
    found: Sequence[LogLine],
    doubts: tuple[Doubt | None, ...],
    notes: Sequence[str] = (),
    advice: Sequence[str] = (),
    severity: str = "",
    files: Sequence[Evidence] = (),
    settled_by: Sequence[str] = (),
    ranges: tuple[Range, ...] = (),
    concerned: str = "",
) -> Finding:
    shown = outermost(found)
    if len(found) > len(shown):
        notes = (*notes, f"{plural(len(found), 'line')} show it; the first and the last are listed.")
    name, path = case.postoffice.name, case.postoffice.path
    if concerned and concerned != (name or "").upper():
        name = concerned
        path = next((each.path for each in case.network.postoffices if (each.name or "").upper() == concerned), path)
    return new_finding(
        (name, path),
        slug,
        message,
        (*map(logged, shown), *files),
        doubts=doubts,
        notes=tuple(notes),
        help=tuple(advice),
        ranges=ranges,
        severity=severity,
        settled_by=tuple(settled_by) if any(doubts) else (),
    )


# --- what is not there -------------------------------------------------------------------------------------------


def _not_imported(case: Case) -> Iterator[Finding]:
    """Updates were received and REBUILD ran, without Import between them: it refused the password (Q148771)."""
    refused = unposted(case)
    if refused is None:
        return
    found, waiting, over = refused
    received = found[-1][0]
    yield _finding(
        case,
        "import-not-run-bad-password",
        f"{received.argument} updates were received and the list was rebuilt without an Import between: they "
        "were not "
        f"posted{_times([each for each, _ in found])}",
        found=[each for pair in found for each in pair],
        doubts=(None if over else doubts.LOG_NOT_GIVEN,),
        notes=(
            *((over,) if over else ()),
            "Import writes nothing to any log when its password is wrong; 'Bad ID or Password' is on the screen "
            "only (Q148771).",
        ),
        advice=() if over else ("Correct the password behind -P in the batch file.", IMPORT_AGAIN),
        severity="note" if over else "",
        files=[sized(waiting, "the updates still wait")] if waiting else (),
        settled_by=() if waiting else ("SRVTRANS.GLB, which would still hold the updates",),
    )


def _unfinished_gal(case: Case, history: History) -> Iterator[Finding]:
    """REBUILD ends with an empty Status line; without it the new list was not put in place (Q148364)."""
    found: list[LogLine] = []
    fine: list[LogLine] = []
    for episode in history.episodes:
        if episode.program != "REBUILD" or episode.entries[0].about:
            continue
        counted = [each for each in episode.entries if each.said.startswith("Number of entries in GAL")]
        if not counted:
            continue
        coded = any(SINGLE.get(each.code or 0) == "gal-rebuild-failures" for each in episode.entries)
        if any(each.ends_rebuild and _later_line(each, counted[-1]) for each in episode.entries):
            fine.append(counted[-1])
        elif not coded and not _blank_elsewhere(history, counted[-1]):
            found.append(counted[-1])
    if not found:
        return
    since = next((each for each in fine if later(each, ordered(found)[-1])), None)
    kind = symptom_of("gal-rebuild-failures")
    yield _finding(
        case,
        "gal-rebuild-failures",
        f"REBUILD counted the entries and did not put the new global address list in place{_times(found)}",
        found=ordered(found),
        doubts=(None if since else doubts.LOG_ENDS,),
        notes=(
            *(("A later REBUILD ended as it should.",) if since else ()),
            "The empty Status line that ends a REBUILD is missing: GALTMP or GALINDE$ could not be written (Q148364).",
            *kind.notes,
        ),
        advice=() if since else kind.help,
        severity="note" if since else "",
        settled_by=("whether the log is complete",),
    )


def _later_line(entry: LogLine, than: LogLine) -> bool:
    return entry.stream == than.stream and entry.number > than.number


def _blank_elsewhere(history: History, counted: LogLine) -> bool:
    """Whether another log of the same run has the line."""
    return counted.moment is not None and within(history.blanks, counted.moment, counted.moment + SITTING)


def _nothing_received(case: Case, history: History) -> Iterator[Finding]:
    """Tell of many cycles that received nothing: they may mean refused updates (Q99961); the numbers decide."""
    series = history.nothing_received
    states = set(case.download.verdict.states) | set(case.upload.verdict.states)
    if len(series) < LONG_SERIES or states & {"EPOCH_CHANGED", "ROLLED_BACK", "HOLE"}:
        return
    theirs = case.requestor.importsync if case.requestor else None
    if case.numbers.imports is not None and theirs is not None:
        return
    head = case.server.head if case.server else None
    if case.numbers.applied is not None and head is not None and case.numbers.applied >= head:
        return
    behind = case.numbers.applied is not None and head is not None
    yield _finding(
        case,
        "requestor-readded",
        f"{len(series)} cycles in a row received no update{_times(series, counted=False)}",
        found=series,
        doubts=(doubts.NOTHING_ISSUED,),
        notes=(
            "Normal when the server had nothing to send. If it had, this is what a postoffice logs that was deleted on "
            "the server and created again: it refuses the updates without a word (Q99961).",
            *((f"The server has issued {head}, this postoffice has {case.numbers.applied}.",) if behind else ()),
        ),
        advice=(
            "Compare the import numbers of both sides; if the server's is lower: Config, Dir-Sync, Requestor, Import.",
        ),
        severity="warning" if behind else "note",
        settled_by=("the import numbers in REQCONF.GLB here and in SRVCONF.GLB of the server",),
    )


# --- cross checks ------------------------------------------------------------------------------------------------


def _silent_export(case: Case, history: History) -> Iterator[Finding]:
    """An Export has a date, T1 ran after it, and nothing of it was queued or acknowledged (Q119017; ruling 21)."""
    found, queue = case.postoffice.reqconf(), case.postoffice.queue("REQTRANS")
    exported = found[1].last_export if found else None
    if found is None or exported is None or queue is None:
        return
    sent = [each for each in history.entries if each.code in (106, 171) and each.moment and each.moment > exported]
    any_sent = any(each.code == 106 and each.argument != "0" for each in sent)
    if not sent or any_sent or any(each.text.startswith("R") for each in queue.real):
        return
    if not _unchanged_since(case, queue, exported):
        return
    yield _finding(
        case,
        "silent-export",
        f"an Export is dated {dated(exported)}, and it put nothing into REQTRANS",
        found=ordered(sent)[:1],
        doubts=(doubts.SENT_AND_CLEARED,),
        notes=(
            "T1 ran after it and found nothing to send, REQTRANS holds no R record, which begins an Export, and "
            "nothing has "
            "been acknowledged since.",
            "Without REQTRANS an Export reports no error, sets its date and queues nothing (Q119017).",
        ),
        advice=("Export again: Config, Dir-Sync, Requestor, Export; LISTQ then shows an R record.",),
        files=[
            *filter(None, (case.stored("last_export", "date of the last Export"),)),
            Evidence(
                queue.artefact.path, span=None, line=None, field="last sync", value=queue.last, note="no R record"
            ),
        ],
        settled_by=("an older copy of REQTRANS.GLB",),
    )


def _unchanged_since(case: Case, queue: QueueEvidence, exported: datetime) -> bool:
    """Whether nothing was acknowledged since: a record of before is still there, or there never was one."""
    if not queue.records:
        return case.numbers.confirmed == 0
    found = case.postoffice.read(queue.artefact)
    for each in queue.records:
        if not each.stamp:
            continue
        is_queue = found is not None and found.entry.name == "queue"
        moment = found.content.moment(each) if found is not None and is_queue else stamp.from_unix(each.stamp)
        if moment is not None and moment < exported:
            return True
    return False


def _damaged_log(case: Case) -> Iterator[Finding]:
    """T1 attaches DSSERVER.LOG to the status report; a damaged one could end SRVMAIN (Q125918)."""
    artefact = case.postoffice.find("DSSERVER.LOG")
    if artefact is None or not artefact.size:
        return
    found = case.postoffice.read(artefact)
    if artefact.path in case.postoffice.unreadable:
        return
    if found is None or found.entry.name != "log":
        what = sized(artefact, "no lines of a log")
        count = "holds no lines of a log"
    else:
        broken = [each for each in found.content.lines if each.form == "unparsed" and _control(each.raw)]
        if not broken:
            return
        first = broken[0]
        what = Evidence(
            artefact.path,
            span=(first.span.start, first.span.stop),
            line=first.number,
            field="line",
            value=first.raw,
            note="control bytes",
        )
        count = f"holds {plural(len(broken), 'line')} of control bytes"
    yield _finding(
        case,
        "server-t2-crash",
        f"DSSERVER.LOG {count}; T1 sends it to the server",
        found=(),
        doubts=(doubts.SRVMAIN_MENDED,),
        notes=("SRVMAIN before 3.2.12 crashed on a damaged one, and every requestor missed that cycle (Q125918).",),
        advice=("Delete this DSSERVER.LOG; it holds nothing but the log of the last cycle.",),
        files=[what],
        settled_by=("the version of SRVMAIN on the server",),
    )


def _control(raw: str) -> bool:
    return any(each < " " and each not in "\t\r\x1a" for each in raw.rstrip("\0"))
