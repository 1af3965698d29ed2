"""Everything dated in the evidence: log lines, records, exports and imports, changes of directories, findings."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from glbtools import files
from glbtools.brief import brief, count
from glbtools.diagnosis.engine import Report, diagnose
from glbtools.diagnosis.finding import Finding
from glbtools.errors import UsageError
from glbtools.events import event as kinds
from glbtools.events.differences import ClockDifference, LogOrder
from glbtools.events.event import Event
from glbtools.events.order import Sorter
from glbtools.events.successors import occurrences, undated_of_pairs
from glbtools.events.zones import Clocks, Reading, micros
from glbtools.evidence.contents import Artefact
from glbtools.evidence.postoffice import Postoffice
from glbtools.evidence.sources import CREATED, INSIDE, OPENED, WRITTEN, Entry
from glbtools.formats.logs import OWN_FORMS, LogLine
from glbtools.formats.registry import Inspection
from glbtools.layouts import Layouts
from glbtools.model.configuration import Place, Requestor, SrvConf
from glbtools.progress import Progress, Steps

LONGEST = 1_000
"""Characters of a message; the rest is counted."""

LOG_LINES, STAMPS, FINDINGS = (
    "log lines without a date", "records without a date", "findings that nothing dates",
)  # fmt: skip
FILES, COUNTERS = "times of files that are no date", "counters of cycles that nothing dates"
_NO_TIME = "1980-01-01 00:00:00"
"""What zip programs write where they are told no time."""

_MINUTE, _TWO = timedelta(seconds=59), timedelta(seconds=1)
_SPREADS = {"second": timedelta(0), "2 seconds": _TWO, "minute": _MINUTE, "day": timedelta(hours=24)}
_PRECISION = {1: "second", 2: "2 seconds", 60: "minute", 86400: "day"}
_FILE_KINDS = {WRITTEN: kinds.FILE_WRITTEN, CREATED: kinds.FILE_CREATED, OPENED: kinds.FILE_OPENED}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ADVICE = "such as 1994-02-17 or 1994-02-17T08:52:45"


class ClockSpan(NamedTuple):
    """What one clock showed.

    Attributes:
        events: how many times it showed.
        first: the first of them, in microseconds since 1970.
        last: the last of them, likewise.
        zone: its zone: an IANA name or ``unknown``.
    """

    events: int
    first: int
    last: int
    zone: str


@dataclass
class Timeline:
    """The dated things of some evidence.

    Iterating yields them in time order, any number of times; what repeats another one is marked.

    Attributes:
        undated: what -> how many of it have no date, and are therefore not in it.
        clocks: whose clock -> what it showed.
        differences: of two clocks that disagree, the one ahead first -> how much that is at least.
        outside: events before ``first`` or not before ``last``, which are left out.
        report: the diagnosis that the findings are from.
        first, last: the instants between which events are in it, the second one excluded.
    """

    report: Report
    clocks: dict[str, ClockSpan] = field(default_factory=dict)
    undated: Counter[str] = field(default_factory=Counter)
    outside: int = 0
    differences: dict[tuple[str, str], ClockDifference] = field(default_factory=dict)
    first: int | None = None
    last: int | None = None
    _events: Sorter = field(default_factory=Sorter, repr=False)

    def __repr__(self) -> str:
        events = sum(each.events for each in self.clocks.values())
        return brief("Timeline", f"{count(events, 'event')} of {count(len(self.clocks), 'clock')}")

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def add(self, event: Event) -> None:
        """Take an event that lies within its bounds; count any other one."""
        before = self.first is not None and event.instant < self.first
        if before or (self.last is not None and event.instant >= self.last):
            self.outside += 1
            return
        self._events.add(event)
        seen = self.clocks.get(event.clock, ClockSpan(0, event.instant, event.instant, event.zone))
        early, late = min(seen.first, event.instant), max(seen.last, event.instant)
        self.clocks[event.clock] = ClockSpan(seen.events + 1, early, late, event.zone)


def timeline(
    *paths: str | Path,
    zone: str | None = None,
    zones: dict[str, str] | None = None,
    since: str | datetime | None = None,
    until: str | datetime | None = None,
    older: Iterable[str | Path] = (),
    layouts: Layouts | None = None,
    max_size: int = files.DEFAULT_MAX_SIZE,
    progress: Progress | None = None,
) -> Timeline:
    """Return every dated thing of some evidence in time order.

    Args:
        paths: directories or files of the evidence.
        zone: of all clocks, as an IANA name; unknown unless given.
        zones: NET/PO -> zone of its clock.
        since: leave out what is earlier; without an offset it is UTC, or what clocks show whose zone is unknown.
        until: leave out what is not earlier, read likewise; a date alone is in as a whole.
        older: evidence of earlier moments of the same postoffices.
        layouts: how binary files are read.
        max_size: largest file read, in bytes.
        progress: called with the name of each postoffice, dump or pair before it is looked at, and before its dates
            are gathered, how many are done, and of how many; 0 where nobody knows.

    Raises:
        FileAccessError: a path does not exist.
        UnknownFormatError: a path holds nothing that is known.
        UsageError: a zone or a time is none, or a zone is of a clock that is not there.
    """
    clocks = Clocks(zone, zones)
    first, last = _bound(since, "--from", ends=False), _bound(until, "--until", ends=True)
    if first is not None and last is not None and first >= last:
        raise UsageError(f"--from {since}: is later than --until {until}, and nothing lies between; exchange them")
    report = diagnose(*paths, older=older, layouts=layouts, max_size=max_size, progress=progress)
    made = gathered(report, clocks, first, last, progress=progress)
    clocks.check()
    return made


def gathered(
    report: Report,
    clocks: Clocks,
    first: int | None = None,
    last: int | None = None,
    about: Collection[str] | None = None,
    of: Callable[[Postoffice], bool] | None = None,
    progress: Progress | None = None,
) -> Timeline:
    """Return the timeline of what was diagnosed, between two instants.

    Args:
        report: the diagnosis.
        clocks: the zones of the clocks.
        first: the instant from which on events are in it.
        last: the first instant that is not.
        about: the postoffices whose log lines and records are wanted. Of all others only what dates a finding, or is
            the latest in its file, is sure to be in it; and clocks are not compared.
        of: whether the files of a postoffice are looked at; all are unless given.
        progress: told each postoffice before its dates are gathered.
    """
    made = Timeline(report, first=first, last=last)
    gathering = _Gathering(made, clocks, _Anchors(report.findings), about)
    ranked: dict[int, tuple[Postoffice, int]] = {}
    for unit in report.evidence.units:
        for rank, postoffices in ((0, unit.postoffices), (2, unit.older)):
            for postoffice in postoffices:
                if of is None or of(postoffice):
                    ranked.setdefault(id(postoffice), (postoffice, rank))
    steps = Steps(progress, len(ranked))
    for postoffice, rank in ranked.values():
        steps.begin(f"dates of {postoffice.shown}")
        gathering.postoffice(postoffice, rank)
    gathering.successors(report)
    gathering.findings(report.findings)
    gathering.files(report)
    return made


def _bound(said: str | datetime | None, option: str, *, ends: bool) -> int | None:
    if said is None:
        return None
    if isinstance(said, str):
        day = _DAY.fullmatch(said) is not None
        try:
            said = datetime.fromisoformat(said)
        except ValueError:
            raise UsageError(f"{option} {said}: is not a date {_ADVICE}") from None
        if day and ends:
            said = said + timedelta(days=1) if said.date() < date.max else datetime.max
    return micros(said if said.tzinfo else said.replace(tzinfo=UTC))


class _Latest(NamedTuple):
    """The latest event in a file."""

    instant: int
    clock: str
    place: str


class _Anchors:
    """The places that findings rest on, and the latest event that was met at any of them."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._lines: dict[tuple[str, int], list[int]] = {}
        self._spans: dict[str, list[tuple[int, int]]] = {}
        self.at: dict[int, Event] = {}
        """Number of a finding -> the latest event at one of its places."""
        self.of: dict[str, Event] = {}
        """File that a finding rests on -> the latest event in it."""
        self._paths = set()
        for number, finding in enumerate(findings):
            for place in finding.evidence:
                self._paths.add(place.path)
                if place.line is not None:
                    self._lines.setdefault((place.path, place.line), []).append(number)
                elif place.span is not None:
                    self._spans.setdefault(place.path, []).append((place.span[0], number))
        for starts in self._spans.values():
            starts.sort()

    def resting(self, path: str, line: int, start: int, stop: int) -> list[int]:
        """The numbers of the findings that rest on a line, or on what begins in some bytes."""
        if path not in self._paths:
            return []
        numbers = list(self._lines.get((path, line), ())) if line else []
        starts = self._spans.get(path, [])
        first, behind = (bisect_left(starts, (at, -1)) for at in (start, stop))
        return numbers + [number for _, number in starts[first:behind]]

    def meet(self, event: Event, start: int, stop: int) -> None:
        """Note an event that stands in some bytes, or in the line that it names."""
        if event.path not in self._paths or event.precision == kinds.UNKNOWN:
            return
        for number in self.resting(event.path, event.line, start, stop):
            self.at[number] = _later(self.at.get(number), event)
        self.of[event.path] = _later(self.of.get(event.path), event)


def _later(one: Event | None, other: Event) -> Event:
    return other if one is None or other.instant > one.instant else one


class _Gathering:
    """Reads the evidence once more, file by file, for what is dated in it."""

    def __init__(self, made: Timeline, clocks: Clocks, anchors: _Anchors, about: Collection[str] | None) -> None:
        self.made, self.clocks, self.anchors, self.about = made, clocks, anchors, about
        self.latest: dict[str, _Latest] = {}
        """Path -> the latest event in a file."""

    def put(self, reading: Reading, rank: int, path: str, scope: tuple[int, int] = (0, 0), **said: Any) -> Event:
        """Add an event; ``scope`` are the bytes that findings may name in place of the date's own."""
        note = "; ".join(filter(None, (said.pop("note", ""), reading.note)))
        event = Event(reading.instant, rank, path, zone=reading.zone, note=note, **said)
        if event.precision != kinds.UNKNOWN:
            event = event._replace(earliest=reading.earliest, latest=reading.latest)
        event = event._replace(message=_short(event.message))
        self.made.add(event)
        known = self.latest.get(path)
        if event.precision != kinds.UNKNOWN and (known is None or known.instant < event.instant):
            self.latest[path] = _Latest(event.instant, event.clock, event.place)
        self.anchors.meet(event, *(scope if scope[1] else (event.offset, event.stop)))
        return event

    # --- postoffices -------------------------------------------------------------------------------------------------

    def postoffice(self, postoffice: Postoffice, rank: int) -> None:
        """Add what the files of one postoffice date."""
        gone = {each.path: each for each in postoffice.gone}
        for artefact in (*postoffice.artefacts, *gone.values()):
            found = postoffice.read(artefact)
            if found is None:
                continue
            if found.entry.name in ("queue", "listq"):
                self.queue(postoffice, artefact, found, rank)
            elif found.entry.name == "log":
                self.log(postoffice, self.wanted(postoffice, postoffice.lines(artefact, found.content)), rank)
            elif found.entry.name in ("reqconf", "srvconf"):
                self.configuration(postoffice, artefact, found.content.config, rank)
            elif found.entry.name == "listds":
                for config in filter(None, (found.content.reqconf, found.content.srvconf)):
                    self.configuration(postoffice, artefact, config, rank)
        postoffice.release()

    def wanted(self, postoffice: Postoffice, lines: list[LogLine]) -> list[LogLine]:
        """The wanted lines of a log, the latest of each clock, and the one before a wanted one that has no date."""
        if self.about is None:
            return lines
        numbers: set[int] = set()
        latest: dict[str, tuple[datetime, int]] = {}
        before = 0
        for line in lines:
            whose = line.about or line.address or postoffice.name or ""
            if whose in self.about or self.anchors.resting(line.path, line.number, line.start, line.stop):
                numbers |= {line.number} if line.moment else {before, line.number}
            if line.moment:
                before = line.number
                latest[line.postoffice] = max(latest.get(line.postoffice, (line.moment, 0)), (line.moment, before))
        numbers.update(number for _, number in latest.values())
        return [line for line in lines if line.number in numbers]

    def log(self, postoffice: Postoffice, lines: list[LogLine], rank: int) -> None:
        """Add the lines of a log; one whose date is none goes where its neighbours are."""
        before: datetime | None = next((line.moment for line in lines if line.moment), None)
        orders: dict[str, LogOrder] = defaultdict(LogOrder)
        for line in lines:
            passed_on = line.form in ("coded", "text") and bool(line.postoffice)
            clock = line.postoffice.upper() if passed_on else postoffice.shown
            written = line.written
            if line.moment is None and (not written or before is None):
                self.made.undated[LOG_LINES] += line.form in OWN_FORMS
                continue
            precision = "minute" if written.count(":") < 2 else "second"
            note, shown = line.moment_note, line.moment
            if shown is None:
                shown, precision = before or datetime.min, kinds.UNKNOWN
                note = f"{note}; placed beside the line next to it"
            before = shown
            number = "" if line.code is None else f"[{line.code}] "
            severity = "" if line.severity in ("", "Status") else f", {line.severity}"
            event = self.put(
                self.clocks.read(shown, clock, _SPREADS.get(precision, timedelta(0))),
                rank or int(passed_on),
                line.path,
                line=line.number,
                offset=line.span.start,
                stop=line.span.stop,
                message=f"log {_name(line.path)}{severity}: {number}{line.said}".rstrip(),
                data_type="glbtools:log:line",
                postoffice=line.about or line.address or (postoffice.name or ""),
                clock=clock,
                written=written,
                precision=precision,
                note=note,
                code=line.code,
            )
            if self.about is not None:
                continue  # of lines that are not all there, the order tells nothing
            if line.moment is not None and passed_on:
                for each in orders[line.path].passed_on(clock, event.instant, event.place):
                    self.differ(each)
            elif line.moment is not None:
                slack = _SPREADS[precision] // timedelta(microseconds=1)
                begins = line.said.startswith("Report from")
                order = orders[line.path]
                for each in order.written(clock, event.instant, event.place, slack=slack, begins=begins):
                    self.differ(each)

    def differ(self, found: ClockDifference) -> None:
        """Keep the largest difference of two clocks."""
        known = self.made.differences.get((found.ahead, found.behind))
        if known is None or known.least < found.least:
            self.made.differences[found.ahead, found.behind] = found

    def queue(self, postoffice: Postoffice, artefact: Artefact, found: Inspection[Any], rank: int) -> None:
        """Add the records of a queue; one whose stamp is no date goes where the record before it is."""
        stored = found.layout.with_role("stamp") if found.layout else None
        precision = _PRECISION[stored.resolution] if stored is not None else "second"
        content = found.content
        listed = found.entry.name == "listq"
        before: datetime | None = None
        whole = self.about is None or (postoffice.name or "") in self.about
        for index, record in enumerate(content.records):
            line, last = content.lines[index] if listed else 0, index == len(content.records) - 1
            if not (whole or last or self.anchors.resting(artefact.path, line, record.start, record.stop)):
                continue
            moment = content.moment(record) if record.stamp else None
            if moment is None and (not record.stamp or before is None):
                self.made.undated[STAMPS] += 1
                continue
            note = "" if moment else f"{record.stamp} is no date; placed beside the record before it"
            shown = moment or before or datetime.min
            before = shown
            form = precision if moment else kinds.UNKNOWN
            self.put(
                self.clocks.read(shown, postoffice.shown, _SPREADS.get(form, timedelta(0))),
                rank,
                artefact.path,
                line=line,
                offset=record.start,
                stop=record.stop,
                kind=kinds.QUEUED,
                message=f"queued {_name(artefact.path)} {record.sync}: {record.text}",
                data_type="glbtools:queue:record",
                postoffice=postoffice.name or "",
                clock=postoffice.shown,
                written=moment.isoformat(" ") if listed and moment else f"stamp {record.stamp}",
                precision=form,
                note=note,
                number=record.sync,
            )

    def configuration(self, postoffice: Postoffice, artefact: Artefact, config: Any, rank: int) -> None:
        """Add the dates that a requestor or the server remembers."""
        own = postoffice.name or ""
        dates = [(kinds.EXPORT, "last_export", config, own), (kinds.IMPORT, "last_import", config, own)]
        dates += [(kinds.UPDATE, "last_update", each, each.node) for each in getattr(config, "requestors", ())]
        updates: dict[datetime, Event] = {}
        for kind, name, holder, about in dates:
            moment = getattr(holder, name, None)
            if moment is None:
                continue
            place = holder.places.get(name) or Place(*_whole(holder))
            whose = f" of {about}" if kind == kinds.UPDATE and about else ""
            span, line = _whole(holder)
            event = self.put(
                self.clocks.read(moment, postoffice.shown),
                rank,
                artefact.path,
                (span.start, span.stop) if span else (0, 0),
                line=place.line or line or 0,
                offset=place.span.start if place.span else 0,
                stop=place.span.stop if place.span else 0,
                kind=kind,
                message=f"remembered {_name(artefact.path)}: {kind.lower()}{whose}",
                data_type=f"glbtools:{'srvconf' if kind == kinds.UPDATE else 'reqconf'}:date",
                postoffice=about,
                clock=postoffice.shown,
                written=moment.isoformat(" "),
            )
            if kind == kinds.UPDATE:
                updates.setdefault(moment, event)
        if isinstance(config, SrvConf):
            self.counters(artefact, config, rank, updates)

    def counters(self, artefact: Artefact, config: SrvConf, rank: int, updates: Mapping[datetime, Event]) -> None:
        """Add the counters of cycles that the server keeps, each beside the latest update that goes with it."""
        heard = [each for each in config.requestors if each.last_cycle is not None]
        said: list[tuple[str, datetime | None, SrvConf | Requestor]] = [
            (f"{each.node} was last heard of in cycle {each.last_cycle}", each.last_update, each) for each in heard
        ]
        latest = max((each.last_update for each in config.requestors if each.last_update), default=None)
        said += [(f"cycle {config.cycle}", latest, config)] if config.cycle is not None else []
        for what, moment, holder in said:
            known = updates.get(moment) if moment else None
            if known is None:
                self.made.undated[COUNTERS] += 1
                continue
            place = holder.places.get("last_cycle" if holder is not config else "cycle") or Place(*_whole(holder))
            self.made.add(
                known._replace(
                    rank=rank,
                    kind=kinds.COUNTER,
                    line=place.line or 0,
                    offset=place.span.start if place.span else 0,
                    stop=place.span.stop if place.span else 0,
                    message=f"counter {_name(artefact.path)}: {what}",
                    data_type="glbtools:srvconf:counter",
                    postoffice=getattr(holder, "node", ""),
                    precision="cycle",
                    earliest=None,
                    latest=None,
                    note="; ".join(filter(None, ("dated by the latest date that goes with it", known.note))),
                )
            )

    # --- times of files ----------------------------------------------------------------------------------------------

    def files(self, report: Report) -> None:
        """Add the times that archives and images have of their files; no finding is dated by them."""
        for entry, owner in _in_containers(report):
            beside = next((each.moment for each in entry.times if each.moment), None)
            for time in entry.times:
                moment = time.moment or beside
                if moment is None:
                    self.made.undated[FILES] += 1
                    continue
                clock = entry.shown.partition(INSIDE)[0]
                reading = self.clocks.read(moment, clock, _SPREADS[time.precision])
                deleted = " (deleted)" if entry.deleted and "(deleted)" not in entry.name else ""
                event = Event(
                    reading.instant,
                    1,
                    entry.shown,
                    kind=_FILE_KINDS[time.what],
                    message=f"file {_name(entry.shown)}{deleted}: {time.what}, {entry.size} bytes",
                    data_type="glbtools:file:time",
                    postoffice=owner,
                    clock=clock,
                    zone=reading.zone,
                    written=time.stored,
                    precision=time.precision,
                    earliest=reading.earliest,
                    latest=reading.latest,
                    note=reading.note,
                )
                if time.moment is None:
                    note = f"{time.stored} is no date; placed beside another time of the file"
                    event = event._replace(precision=kinds.UNKNOWN, earliest=None, latest=None, note=note)
                self.made.add(event._replace(message=_short(event.message)))
                known = self.latest.get(entry.shown)
                if time.what == WRITTEN and time.moment and known and not entry.deleted and time.stored != _NO_TIME:
                    least = known.instant - reading.instant - _SPREADS[time.precision] // timedelta(microseconds=1)
                    if least > 0:
                        self.differ(ClockDifference(known.clock, clock, least, known.place, entry.shown))

    # --- successors and findings -------------------------------------------------------------------------------------

    def successors(self, report: Report) -> None:
        """Add what is dated beside postoffices."""
        for each in occurrences(report):
            if each.moment is None:
                self.made.undated[each.without] += 1
                continue
            self.put(
                self.clocks.read(each.moment, each.clock),
                each.rank,
                each.path,
                line=each.line,
                kind=each.kind,
                message=each.message,
                data_type=each.data_type,
                postoffice=each.postoffice,
                clock=each.clock,
                written=each.written,
                number=each.number,
            )
        for what, number in undated_of_pairs(report):
            self.made.undated[what] += number

    def findings(self, found: Iterable[Finding]) -> None:
        """Add the findings, each at the latest date of what it rests on."""
        for number, finding in enumerate(found):
            anchor, note = self.anchors.at.get(number), "dated by"
            if anchor is None:
                files_of = {place.path for place in finding.evidence}
                there = [self.anchors.of[path] for path in sorted(files_of) if path in self.anchors.of]
                anchor, note = max(there, key=lambda event: event.instant, default=None), "dated by the latest date in"
            if anchor is None:
                self.made.undated[FINDINGS] += 1
                continue
            where = anchor.path if note.endswith(" in") else anchor.place
            event = anchor._replace(
                rank=3,
                kind=kinds.FINDING,
                message=_short(f"finding {finding.problem.code} {finding.problem.slug}: {finding.message}"),
                data_type="glbtools:finding",
                postoffice=finding.postoffice or "",
                note="; ".join(filter(None, (f"{note} {where}", anchor.note))),
                number=None,
                code=None,
                problem=finding.problem.code,
                slug=finding.problem.slug,
                severity=finding.severity,
                certainty=finding.certainty,
            )
            self.made.add(event)


def _in_containers(report: Report) -> Iterator[tuple[Entry, str]]:
    """Yield every file of an archive or an image once, with the postoffice that it is of, where there is one."""
    known: set[str] = set()
    postoffices = [each for unit in report.evidence.units for each in (*unit.postoffices, *unit.older)]
    found = [(artefact.entry, each.name or "") for each in postoffices for artefact in (*each.artefacts, *each.gone)]
    pieces = (*report.given.pieces, *report.given.older)
    found += [(entry, "") for each in pieces for entry in (each.entry, each.beside) if entry]
    found += [(each.entry, "") for each in report.evidence.passed_over if each.entry]
    for entry, owner in found:
        if entry.times and entry.path is None and entry.shown not in known:
            known.add(entry.shown)
            yield entry, owner


def _whole(holder: Any) -> tuple[Any, int | None]:
    """Return the bytes and the line of a requestor's record; a configuration as a whole has none."""
    return getattr(holder, "span", None), getattr(holder, "line", None)


def _name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _short(text: str) -> str:
    more = len(text) - LONGEST
    return f"{text[:LONGEST]} ... and {more} more characters" if more > 0 else text
