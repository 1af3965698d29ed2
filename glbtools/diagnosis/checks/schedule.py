"""When the steps ran: windows missed, order, failed runs, shifted times (docs/facts/faults.md#schedule; ruling 21).

Steps are seen in DISPATCH.LOG, whose lines all have one clock, and else in the messages of the programs, whose clocks
are those of several machines. A step that ran late delays changes by a cycle and loses nothing (Q96060).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from glbtools.diagnosis.case import Case, logged, server_name, sized
from glbtools.diagnosis.finding import Evidence, Finding, new_finding
from glbtools.diagnosis.history import MOST_EVIDENCE, Memo, given, outermost, within
from glbtools.diagnosis.wording import plural
from glbtools.evidence.network import Network
from glbtools.evidence.postoffice import Postoffice, registered
from glbtools.formats.logs import LogLine
from glbtools.model import doubts
from glbtools.model.channel import Range, subtracted
from glbtools.model.configuration import Requestor
from glbtools.model.doubts import Doubt

SHOWN = {"T1": "T1 (NSDA -RT)", "T2": "T2 (NSDA -S)", "T3": "T3 (NSDA -RR)"}

NORMAL_EXITS = frozenset({60, 61, 62, 63, 64, 66})
"""64 ends a cycle, 60 to 63 a break, 66 was the user (Q105566)."""

NOT_FOUND = 2
EXPLAINED = timedelta(hours=1)
"""A failed run belongs to an error that a program logged no longer before or after."""

HOUR = 60
CLOSE = 10
"""Minutes by which the same run may differ from day to day: Dispatch looks at one postoffice after another."""

EXACT = 5
"""Minutes by which a run may miss the exact hour of a change of clocks."""

CLOCK_MONTHS = frozenset({3, 4, 5, 9, 10, 11})
"""Months in which clocks change somewhere, and the weeks after that."""

LATE_SERIES = 3


Sources = dict[str, dict[str, list[LogLine]]]
"""Path of a log -> NET/PO, empty for its owner -> the lines that tell of its steps."""


class Timeline(NamedTuple):
    """The steps of one postoffice as one source tells them.

    Attributes:
        about: NET/PO where it is not the postoffice looked at.
        own: what is told of it.
        served: the server's steps by the same source.
        clock: whether one clock was used for all.
    """

    about: str
    own: list[LogLine]
    served: list[LogLine]
    clock: bool = True


class Cycle(NamedTuple):
    """A T1 with the T3 that followed it.

    Attributes:
        t1: when it was sent.
        t3: when the reply was taken in.
        right: whether the server's step lay between.
    """

    t1: LogLine
    t3: LogLine
    right: bool


def check(case: Case) -> Iterator[Finding]:
    """Yield what the logs tell of missed, failed, misplaced and shifted runs."""
    sources = _sources(case.postoffice)
    timelines = list(_timelines(case, sources))
    for each in timelines:
        yield from _missed(case, each)
        yield from _failed(case, each)
    yield from _order(case, timelines)
    yield from _two_replies(case, timelines)
    yield from _shifted(case, sources)
    yield from _table(case, timelines)
    yield from _download_lag(case)


# --- reading -----------------------------------------------------------------------------------------------------


def _timelines(case: Case, sources: Sources) -> Iterator[Timeline]:
    """Yield what each log tells of this postoffice; what the server's tell of another one given belongs to that one."""
    own, server = case.postoffice, case.network.server
    others = given(case)
    master = (server_name(case) or "").upper()
    for by_name in sources.values():
        for about, events in by_name.items():
            if about not in others:
                yield Timeline(about, events, _served(by_name, master, (own.name or "").upper()))
    if server is not None and server is not own and own.name:
        for by_name, served in _of_server(case.network):
            if events := by_name.get(own.name.upper(), []):
                yield Timeline("", events, served)


def _served(by_name: dict[str, list[LogLine]], master: str, holder: str) -> list[LogLine]:
    """Return the server's runs in one log; where nobody knows which postoffice is the server, all T2 in it."""
    key = "" if master and master == holder else master
    found = by_name.get(key, []) if master else [each for events in by_name.values() for each in events]
    return [each for each in found if each.step == "T2" and each.moment]


@Memo
def _of_server(network: Network) -> list[tuple[dict[str, list[LogLine]], list[LogLine]]]:
    """Return what each of the server's logs tells, and the server's own runs in it; read once for a network."""
    server = network.server
    if server is None:
        return []
    name = (server.name or "").upper()
    return [(by_name, _served(by_name, name, name)) for by_name in _sources(server).values()]


def _sources(postoffice: Postoffice) -> Sources:
    """Return the lines of a postoffice's logs that tell of steps: path of the log -> NET/PO, empty for its own."""
    sources: Sources = {}
    own = (postoffice.name or "").upper()
    for line in postoffice.log:
        if line.event:
            by_name = sources.setdefault(line.path, {})
            by_name.setdefault(_ran_for(line, own), []).append(line)
    return sources


def _ran_for(line: LogLine, own: str) -> str:
    """Return whose step a line tells of; empty for that of the postoffice that has the log."""
    if line.form == "report":
        return ""  # the server's own
    about = line.address if line.event == "late" else line.about
    return "" if about == own else about


# --- missed and failed -------------------------------------------------------------------------------------------


def _missed(case: Case, timeline: Timeline) -> Iterator[Finding]:
    """A step was not started in time and waits for its next one (Q148718)."""
    for step, shown in SHOWN.items():
        found = [each for each in timeline.own if each.event == "missed" and each.step == step]
        if not found or (step == "T2" and case.postoffice.role == "requestor" and not timeline.about):
            continue  # T2 has no place on a requestor: that is the finding then
        over = _ran_after(timeline, step, found[-1])
        yield _finding(
            case,
            "missed-run-window",
            f"{shown} of {_shown(case, timeline)} missed its run window{_times(found)}",
            found=found,
            doubts=(None if over else doubts.LOG_ENDS,),
            notes=(
                *((over,) if over else ()),
                "The step then waits for its next time, with a time for each weekday that is a week (Q148718). "
                "The window "
                "is 4 hours in entries made by 3.0 and 8 hours in later ones; both may stand in one PROCESS.GLB "
                "(Q119590).",
                "Nothing is lost: what was not sent or taken in goes with the next cycle.",
            ),
            advice=()
            if over
            else (
                "See that Dispatch runs at that time and comes to this postoffice within the window.",
                "After an update from 3.0 enter all times again. Do not run the steps by hand out of order.",
            ),
            severity="note" if over else "",
            about=timeline.about,
        )


def _failed(case: Case, timeline: Timeline) -> Iterator[Finding]:
    """Dispatch tells how a step ended; what its programs logged at that time is the cause, and has its own finding."""
    ends = [each for each in timeline.own if each.event == "end" and each.exit_code not in NORMAL_EXITS]
    errors = _errors(case, timeline) if ends else []
    ends = [
        each for each in ends if not (each.moment and within(errors, each.moment - EXPLAINED, each.moment + EXPLAINED))
    ]
    for step, code in dict.fromkeys((each.step, each.exit_code) for each in ends):
        found = [each for each in ends if (each.step, each.exit_code) == (step, code)]
        over = _ran_after(timeline, step, found[-1])
        what = "did not find the programs of" if code == NOT_FOUND else "reports a failure of"
        yield _finding(
            case,
            "nsda-exit-codes",
            f"Dispatch {what} {SHOWN[step]} for {_shown(case, timeline)}, exit code {code}{_times(found)}",
            found=found,
            doubts=(None if over else doubts.LOG_ENDS,),
            notes=(
                *((over,) if over else ()),
                "Exit code 2: NSDA or a program that it starts was not found (Q132731)."
                if code == NOT_FOUND
                else f"Exit code 64 is normal; {code} says that a program of it failed, and no log given says why.",
            ),
            advice=()
            if over
            else (
                "Put the directory of the Dir-Sync programs into the path of the machine that runs Dispatch."
                if code == NOT_FOUND
                else f"Look into DIRSYNC.LOG of {_shown(case, timeline)} at that time, or run the step by hand.",
            ),
            severity="note" if over else "",
            about=timeline.about,
        )


def _ran_after(timeline: Timeline, step: str, last: LogLine) -> str:
    """Say that a step ran to its normal end, or at least started, after an event."""
    for each in timeline.own:
        fine = each.event == "end" and each.exit_code in NORMAL_EXITS
        if each.step == step and fine and _after(each, last):
            return f"The same step ended normally later{_on(each.moment)}."
    if last.event == "missed":
        for each in timeline.own:
            if each.step == step and each.event == "run" and _after(each, last):
                return f"The same step was started later{_on(each.moment)}."
    return ""


def _after(event: LogLine, than: LogLine) -> bool:
    if event.moment is not None and than.moment is not None:
        return event.moment > than.moment
    return event.path == than.path and event.number > than.number


def _errors(case: Case, timeline: Timeline) -> list[datetime]:
    """Return when programs logged an error, sorted."""
    return sorted(each.moment for each in case.log if each.moment and _is_error(each) and each.about == timeline.about)


def _is_error(line: LogLine) -> bool:
    serious = line.severity in ("Error", "Fatal") or line.severity.startswith("severity")
    return line.form in ("coded", "text") and (serious or line.code == 104 or "processing failure" in line.text)


# --- order -------------------------------------------------------------------------------------------------------


def _order(case: Case, timelines: Sequence[Timeline]) -> Iterator[Finding]:
    """T1, then the server's T2, then T3; a late requestor is served a cycle later (Q96060)."""
    abouts = dict.fromkeys(each.about for each in timelines)
    for about in abouts:
        mine = [each for each in timelines if each.about == about]
        late = [event for each in mine for event in each.own if event.event == "late"]
        cycles, clock = _cycles(case, mine)
        wrong = [each for each in cycles if not each.right]
        if len(wrong) > 1 or (wrong and late):
            yield _misplaced(case, about, cycles, late, clock=clock)
        elif late:
            yield _late(case, about, late)
        elif wrong and case.upload.verdict.state != "UNACKNOWLEDGED":
            yield _lag(case, about, [wrong[0].t1, wrong[0].t3], "no T2 of the server lay between its T1 and its T3")


def _cycles(case: Case, timelines: Sequence[Timeline]) -> tuple[list[Cycle], bool]:
    """Return the cycles that a log with one clock shows; those of the programs' own logs where no such log does."""
    for each in timelines:
        runs = [event for event in each.own if event.event == "run"]
        found = list(_paired(runs, _moments(event for event in each.served if event.event == "run"))) if runs else []
        if found:
            return found, True
    own = [event for each in timelines for event in each.own if event.event == "reported" and event.step != "T2"]
    own = list({(each.step, each.moment): each for each in own}.values())
    return list(_paired(own, _reports(case.network))), False


@Memo
def _reports(network: Network) -> list[datetime]:
    """Return the times at which the server filed status reports, which T2 does, sorted; read once for a network."""
    own = (by_name.get("", []) for by_name, _ in _of_server(network))
    return _moments(each for events in own for each in events if each.step == "T2")


def _moments(events: Iterable[LogLine]) -> list[datetime]:
    """Return the times of events, sorted."""
    return sorted(each.moment for each in events if each.moment)


def _paired(own: Iterable[LogLine], t2: Sequence[datetime]) -> Iterator[Cycle]:
    """Yield each T1 with the next T3, where the server's T2 shows on one side or the other."""
    steps = sorted((each for each in own if each.moment and each.step in ("T1", "T3")), key=_moment)
    for index, each in enumerate(steps[:-1]):
        following = steps[index + 1]
        if each.step != "T1" or following.step != "T3":
            continue
        before = _moment(steps[index - 1]) if index else datetime.min
        behind = _moment(steps[index + 2]) if index + 2 < len(steps) else datetime.max
        if within(t2, _moment(each), _moment(following)):
            yield Cycle(each, following, right=True)
        elif within(t2, before, behind):
            yield Cycle(each, following, right=False)


def _moment(event: LogLine) -> datetime:
    return event.moment or datetime.min


def _misplaced(case: Case, about: str, cycles: Sequence[Cycle], late: Sequence[LogLine], *, clock: bool) -> Finding:
    wrong = [each for each in cycles if not each.right]
    over = len(cycles) > len(wrong) and cycles[-1].right
    heard = _heard_since(case, about, late[-1]) if late else ""
    notes = [
        "What T1 sends must have arrived before T2, and what T2 sends before T3; two hours apart is usual (Q96060).",
        "Nothing is lost by it: what comes late is served in the next cycle.",
    ]
    if over:
        notes.insert(0, f"The last cycle of the log{_on(cycles[-1].t1.moment)} was in order.")
    if heard:
        notes.insert(0, heard)
    if not clock:
        notes.append("The times are those of several machines, whose clocks may differ.")
    found = [event for each in wrong for event in (each.t1, each.t3)]
    return _finding(
        case,
        "cycle-order-wrong",
        f"in {len(wrong)} of {plural(len(cycles), 'cycle')} the server's T2 did not lie between T1 and T3 of "
        f"{_name(case, about)}{_times([each.t1 for each in wrong], counted=False)}",
        found=[*found, *late],
        doubts=() if over else (doubts.LOG_ENDS, None if clock else doubts.CLOCKS_DIFFER),
        notes=notes,
        advice=()
        if over
        else ("Set the times so that T1 comes before T2 and T2 before T3, with time for the mail in between.",),
        severity="note" if over else "",
        about=about,
        settled_by=() if clock else ("DISPATCH.LOG",),
    )


def _late(case: Case, about: str, late: Sequence[LogLine]) -> Finding:
    """The server's T2 found no message of a requestor (Q131509)."""
    heard = _heard_since(case, about, late[-1])
    waiting = case.postoffice.area("P1") if not about else []
    what = f"the server's T2 found no message of {_name(case, about)}{_times(late)}"
    if len(late) == 1:
        return _lag(case, about, late, "the server's T2 did not find its message", heard)
    if waiting and not heard:
        return _finding(
            case,
            "p1-stranded",
            f"{what}, and {plural(len(waiting), 'message')} {'lies' if len(waiting) == 1 else 'lie'} in P1",
            found=late,
            doubts=(doubts.EXTERNAL_TO_COME,),
            notes=("What lies in P1 waits for External; gateways do not take it (Q148707). Nothing is lost.",),
            advice=("Start External for this postoffice, and look into its session log. Do not delete the messages.",),
            about=about,
            files=[sized(each) for each in waiting[:MOST_EVIDENCE]],
        )
    record, cycle = _record(case, about)
    in_step = (
        record is not None and record.last_cycle is not None and cycle is not None and cycle - record.last_cycle <= 1
    )
    if len(late) >= LATE_SERIES and in_step:
        return _finding(
            case,
            "requestor-late-modem",
            f"{what}; what it sends arrives a cycle late each time",
            found=late,
            doubts=(doubts.T1_LATE,),
            notes=(
                "Its messages do reach the server, as SRVCONF shows. Usual where a hub calls out by modem only "
                "when it has "
                "mail itself and the requestor may not call (Q101137).",
            ),
            advice=("Let the requestor call the hub before T2, or move T2.",),
            about=about,
        )
    return _finding(
        case,
        "cycle-order-wrong",
        what,
        found=late,
        doubts=(None if heard else doubts.LOG_ENDS,),
        notes=(
            *((heard,) if heard else ()),
            "Its T1 ran too late for T2, or its mail took too long; it is served in the next cycle, and nothing "
            "is lost "
            "(Q131509, Q96060).",
        ),
        advice=() if heard else ("Move its T1 forward or T2 back, and see that External carries its mail in between.",),
        severity="note" if heard else "",
        about=about,
        settled_by=() if heard else ("DISPATCH.LOG, for the times of its T1",),
    )


def _lag(case: Case, about: str, found: Sequence[LogLine], why: str, heard: str = "") -> Finding:
    return _finding(
        case,
        "one-cycle-lag",
        f"one cycle served {_name(case, about)} late: {why}{_times(found[:1])}",
        found=found,
        notes=(
            *((heard,) if heard else ()),
            "Normal now and then: the next cycle serves it. Act only if it persists (Q96060).",
        ),
        advice=(),
        about=about,
    )


def _heard_since(case: Case, about: str, last: LogLine) -> str:
    record, _ = _record(case, about)
    if record is None or record.last_update is None or last.moment is None or record.last_update <= last.moment:
        return ""
    return f"The server has heard from it since, {_when(record.last_update)}."


def _record(case: Case, about: str) -> tuple[Requestor | None, int | None]:
    """Return the server's record of a postoffice, and the server's cycle."""
    if case.server is None:
        return None, None
    name = about or case.postoffice.name
    return registered(case.server.config, name), case.server.config.cycle


# --- two replies -------------------------------------------------------------------------------------------------


def _two_replies(case: Case, timelines: Sequence[Timeline]) -> Iterator[Finding]:
    """Two T2 between an Import request and its T3: only the later reply, not the list, is taken in (Q142841)."""
    found = case.postoffice.reqconf()
    asked = found[1].last_import if found else None
    if asked is None:
        return
    for timeline in (each for each in timelines if not each.about):
        own = sorted(
            (each for each in timeline.own if each.event == "run" and each.moment and each.moment > asked), key=_moment
        )
        t1 = next((each for each in own if each.step == "T1"), None)
        t3 = next((each for each in own if each.step == "T3" and (t1 is None or _moment(each) > _moment(t1))), None)
        if t3 is None:
            continue
        served = [each for each in timeline.served if each.event == "run" and asked < _moment(each) < _moment(t3)]
        early = [each for each in served if t1 is not None and _moment(each) < _moment(t1)]
        if len(served) < 2 and not early:
            continue
        how = f"{len(served)} times" if len(served) > 1 else "before the requestor's T1"
        yield _finding(
            case,
            "multiple-t2-import-lost",
            f"after the Import request of {_when(asked)} the server ran T2 {how} before T3{_on(t3.moment)}",
            found=[*served, *([t1] if t1 else []), t3],
            doubts=(doubts.FULL_LIST_TAKEN,),
            notes=(
                "The request goes to the server at once. Of two replies only the later is taken in, and that is "
                "not the full "
                "list; the import number goes up all the same (Q142841).",
                "A number of received updates about as large as the directory would refute it.",
            ),
            advice=(
                "Ask for the Import again, and let T1, T2 and T3 follow each other with one T2 between.",
                "Or RESYNC.GLB from the server. Addresses added locally are lost either way.",
            ),
            files=[*filter(None, (case.stored("last_import", "date of the last Import request"),))],
            settled_by=("the lists of this postoffice",),
        )
        return


# --- shifted times -----------------------------------------------------------------------------------------------


def _shifted(case: Case, sources: Sources) -> Iterator[Finding]:
    """Runs exactly an hour off since a change of clocks; one finding for a Dispatch, whatever it runs (Q119111)."""
    for by_name in sources.values():
        shifts = []
        for about, events in by_name.items():
            for step in SHOWN:
                runs = sorted(
                    (each for each in events if each.step == step and each.event == "run" and each.moment), key=_moment
                )
                if (shift := _shift(runs)) is not None:
                    shifts.append((about, step, *shift))
        if not shifts:
            continue
        about, step, usual, first, count, _ = shifts[0]
        over = all(each[-1] for each in shifts)
        named = ", ".join(f"{each[1]} of {_name(case, each[0])}" for each in shifts[:4])
        more = f" and {len(shifts) - 4} more" if len(shifts) > 4 else ""
        yield _finding(
            case,
            "dst-shift",
            f"{named}{more}: run exactly an hour off since {_moment(first):%Y-%m-%d}, at {_moment(first):%H:%M} "
            "in place of "
            f"{usual // HOUR:02}:{usual % HOUR:02}, {plural(count, 'time')}",
            found=[each[3] for each in shifts],
            doubts=(None if over else doubts.SCHEDULE_MOVED,),
            notes=(
                *(("The last runs are at the usual time again.",) if over else ()),
                "Dispatch finds the next time by adding the seconds of a week, so a change of clocks shifts it "
                "by an hour "
                "until the next change, where TZ has a part for summer time or is not set (Q119111).",
                "A schedule that somebody moved by an hour looks the same.",
            ),
            advice=()
            if over
            else (
                "Set TZ without its part for summer time where times are entered, or enter them again a week later.",
            ),
            severity="note" if over else "",
        )


def _shift(runs: Sequence[LogLine]) -> tuple[int, LogLine, int, bool] | None:
    """Return usual minute of the day, first shifted run, how many, and whether the usual time has returned."""
    minutes = [_moment(each).hour * HOUR + _moment(each).minute for each in runs]
    if len(minutes) < 4:
        return None
    usual = minutes[0]
    off = [index for index, each in enumerate(minutes) if abs(abs(_distance(each, usual)) - HOUR) <= EXACT]
    same = [index for index, each in enumerate(minutes) if abs(_distance(each, usual)) <= CLOSE]
    if len(off) < 2 or len(same) < 2 or len(off) + len(same) < len(minutes):
        return None
    together = off == list(range(off[0], off[-1] + 1)) and len({_distance(minutes[i], usual) > 0 for i in off}) == 1
    days = {_moment(runs[index]).date() for index in off}
    if not together or len(days) < 2 or _moment(runs[off[0]]).month not in CLOCK_MONTHS:
        return None
    return usual, runs[off[0]], len(off), same[-1] > off[-1]


def _distance(minute: int, usual: int) -> int:
    """Return by how many minutes a time of day is later, the shorter way round the clock."""
    day = 24 * HOUR
    return (minute - usual + day // 2) % day - day // 2


# --- other -------------------------------------------------------------------------------------------------------


def _table(case: Case, timelines: Sequence[Timeline]) -> Iterator[Finding]:
    """Dispatch could not read PROCESS.GLB (Q149451)."""
    for timeline in timelines:
        found = [each for each in timeline.own if each.event == "table"]
        artefact = case.postoffice.find("PROCESS.GLB") if not timeline.about else None
        if not found or (artefact is not None and (artefact.size < 512 or (artefact.size - 512) % 197)):
            continue  # its size has its own finding
        ran = [each for each in timeline.own if each.event == "run" and _after(each, found[-1])]
        over = f"Dispatch ran a step of it later{_on(ran[0].moment)}." if ran else ""
        yield _finding(
            case,
            "process-glb-faults",
            f"Dispatch could not read the schedule of {_name(case, timeline.about)}{_times(found)}",
            found=found,
            doubts=(None if over else doubts.LOG_ENDS,),
            notes=(
                *((over,) if over else ()),
                "PROCESS.GLB is damaged or locked, or this is no PC Mail postoffice and is looked at by mistake "
                "(Q149451).",
            ),
            advice=()
            if over
            else ("Save PROCESS.GLB, cut it to 512 bytes, which empties it, and enter the times again (Q119111).",),
            severity="note" if over else "",
            about=timeline.about,
        )


def _download_lag(case: Case) -> Iterator[Finding]:
    """Updates wait for the next T2, or their acknowledgment does; said once, where the upload does not say it."""
    verdict = case.download.verdict
    if verdict.state not in ("PENDING", "UNACKNOWLEDGED") or case.upload.verdict.state == "UNACKNOWLEDGED":
        return
    record, cycle = _record(case, "")
    if record is None or record.last_cycle is None or cycle is None or cycle - record.last_cycle > 1:
        return
    ranges = subtracted(verdict.ranges.get(verdict.state, ()), case.server.gaps if case.server else ())
    count = sum(high - low for low, high in ranges)
    if not count:
        return
    yield _finding(
        case,
        "one-cycle-lag",
        f"{plural(count, 'update')} of the server {'is' if count == 1 else 'are'} due to {case.postoffice.shown} with "
        "the next steps of the cycle",
        found=(),
        certainty=verdict.certainty,
        notes=("Normal between two cycles: T2 sends what the last T1 does not acknowledge.",),
        advice=(),
        files=[
            *filter(
                None,
                (
                    case.stored("srvsync", "received"),
                    case.headed("sync", "issued"),
                ),
            )
        ],
        ranges=ranges,
    )


# --- parts -------------------------------------------------------------------------------------------------------


def _name(case: Case, about: str) -> str:
    return about or case.postoffice.shown


def _shown(case: Case, timeline: Timeline) -> str:
    return _name(case, timeline.about)


def _times(found: Sequence[LogLine], *, counted: bool = True) -> str:
    moments = sorted(each.moment for each in found if each.moment)
    often = f", {len(found)} times" if counted and len(found) > 1 else ""
    if not moments:
        return often or ", time not logged"
    if len(found) == 1 or moments[0] == moments[-1]:
        return f"{often}, on {_when(moments[-1])}"
    return f"{often}, first on {_when(moments[0])}, last on {_when(moments[-1])}"


def _on(moment: datetime | None) -> str:
    return f" on {_when(moment)}" if moment else ""


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _finding(
    case: Case,
    slug: str,
    message: str,
    found: Sequence[LogLine],
    notes: Sequence[str],
    advice: Sequence[str],
    severity: str = "",
    *,
    certainty: str = "certain",
    doubts: tuple[Doubt | None, ...] = (),
    about: str = "",
    files: Sequence[Evidence] = (),
    settled_by: Sequence[str] = (),
    ranges: tuple[Range, ...] = (),
) -> Finding:
    path = next(
        (each.path for each in case.network.postoffices if about and (each.name or "").upper() == about),
        case.postoffice.path,
    )
    made = new_finding(
        (about or case.postoffice.name, path),
        slug,
        message,
        (*map(logged, outermost(found)), *files),
        certainty=certainty,
        doubts=doubts,
        notes=tuple(notes),
        help=tuple(advice),
        ranges=ranges,
        severity=severity,
        settled_by=tuple(settled_by),
    )
    return made if made.certainty != "certain" else replace(made, settled_by=())
