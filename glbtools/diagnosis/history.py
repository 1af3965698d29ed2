"""Reading logs: the lines about one postoffice, by the runs that wrote them, each event once."""

from __future__ import annotations

import weakref
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Generic, NamedTuple, TypeVar

from glbtools.diagnosis.case import Case
from glbtools.evidence.network import Network
from glbtools.formats.logs import OWN_FORMS, SITTING, LogLine

MOST_EVIDENCE = 8
"""Lines of a log that a finding lists."""

Owner = TypeVar("Owner")
Value = TypeVar("Value")


class Memo(Generic[Owner, Value]):
    """What a function returns for an object, worked out once and kept as long as the object lives.

    Objects are told apart by identity, since cases and networks have no hash. What is returned must not lead back to
    the object, or neither would ever go.
    """

    def __init__(self, work_out: Callable[[Owner], Value]) -> None:
        self._work_out = work_out
        self._kept: dict[int, tuple[weakref.ref[Owner], Value]] = {}
        self.__doc__ = work_out.__doc__

    def __call__(self, owner: Owner) -> Value:
        """Return it for one object."""
        key = id(owner)
        kept = self._kept.get(key)
        if kept is not None and kept[0]() is owner:
            return kept[1]
        value = self._work_out(owner)
        self._kept[key] = weakref.ref(owner, lambda _: self._kept.pop(key, None)), value
        return value


class Episode(NamedTuple):
    """Lines that one run of one program wrote."""

    program: str
    entries: list[LogLine]


class History:
    """The log lines about one postoffice; what follows from them is worked out when it is asked for.

    Attributes:
        entries: the lines, each event once, although DIRSYNC.LOG, DSSERVER.LOG and CENTRAL.LOG may all tell it.
    """

    def __init__(self, entries: list[LogLine]) -> None:
        self.entries = entries

    @cached_property
    def episodes(self) -> list[Episode]:
        """The lines by runs."""
        return list(_episodes(self.entries))

    @cached_property
    def episode_of(self) -> dict[int, int]:
        """Identity of a line -> the number of the run that it belongs to."""
        return {id(each): number for number, episode in enumerate(self.episodes) for each in episode.entries}

    def ended(self, phase: str) -> Iterator[tuple[int, LogLine]]:
        """Yield the runs of a phase that ended well, each with the line that says so."""
        for number, each in enumerate(self.episodes):
            if done := _done(each, phase):
                yield number, done

    @cached_property
    def failed(self) -> list[LogLine]:
        """Dispatch's lines about steps that failed."""
        return [each for each in self.entries if each.form == "dispatch" and each.exit_code not in (None, 64)]

    @cached_property
    def imports(self) -> list[datetime]:
        """When lines of Import were written."""
        return sorted(each.moment for each in self.entries if each.moment and each.is_import)

    @cached_property
    def blanks(self) -> list[datetime]:
        """When the empty lines that end a rebuild were written."""
        return sorted(each.moment for each in self.entries if each.moment and each.ends_rebuild)

    @property
    def nothing_received(self) -> list[LogLine]:
        """The cycles at the end of the log in which this postoffice received no update, when there is more than one."""
        series: list[LogLine] = []
        for each in ordered(each for each in self.entries if each.code == 105 and not each.about):
            if each.argument == "0":
                series.append(each)
            else:
                series.clear()
        return series if len(series) > 1 else []

    def later(self, found: Sequence[LogLine], *phases: str) -> LogLine | None:
        """Return the line with which a step ended well after the last of some lines; None when there is none."""
        shown = {self.episode_of[id(each)] for each in found if id(each) in self.episode_of}
        for phase in phases:
            for number, done in self.ended(phase):
                if number not in shown and later(done, found[-1]):
                    return done
        return None

    def exits(self, found: Sequence[LogLine]) -> Iterator[LogLine]:
        """Yield Dispatch's lines about failed steps at the time of some lines."""
        moments = sorted(each.moment for each in found if each.moment)
        for each in self.failed:
            if each.moment and within(moments, each.moment - SITTING, each.moment + SITTING):
                yield each


@Memo
def read(case: Case) -> History:
    """Return the log lines about a postoffice: its own, and those in the server's logs; read once for each case."""
    own, server = case.postoffice, case.network.server
    others = given(case)
    # What the server's logs say of another one that is given belongs to that one.
    entries = [each for each in own.log if each.form in OWN_FORMS and each.about not in others]
    if server is None or server is own or not own.name:
        return History(_distinct(entries))
    name = own.name.upper()
    found = _distinct([*entries, *_reported(case.network).get(name, ())])
    return History([each._replace(about="") if each.about == name else each for each in found])


def given(case: Case) -> set[str]:
    """Return the other postoffices given, where this is the server: what its logs say of one belongs to that one."""
    if case.postoffice is not case.network.server:
        return set()
    return {each.name.upper() for each in case.network.postoffices if each.name}


@Memo
def _reported(network: Network) -> dict[str, list[LogLine]]:
    """Return what the server's logs say of others, by name; read once for a network."""
    found: dict[str, list[LogLine]] = {}
    for each in network.server.log if network.server is not None else ():
        if each.about and each.form in OWN_FORMS:
            found.setdefault(each.about, []).append(each)
    return found


_Event = tuple[datetime, int | str]


def _distinct(found: Iterable[LogLine]) -> list[LogLine]:
    """Return every event once: the same moment and message in another file is the same event.

    Lines come file by file. Of an event that another file tells as often as this one so far, nothing is new.
    """
    kept: list[LogLine] = []
    before: dict[_Event, int] = {}
    for _, lines in groupby(found, key=attrgetter("path")):
        here: dict[_Event, int] = {}
        for line in lines:
            if line.moment is not None and line.form != "dispatch":
                event: _Event = line.moment, line.said if line.code is None else line.code
                times = here[event] = here.get(event, 0) + 1
                if times <= before.get(event, 0):
                    continue
            kept.append(line)
        before |= {event: times for event, times in here.items() if times > before.get(event, 0)}
    return kept


def _episodes(entries: Iterable[LogLine]) -> Iterator[Episode]:
    """Split lines where another program begins, or the same one again."""
    current: Episode | None = None
    run: tuple[str, int, str, str] | None = None
    for each in entries:
        if each.form in ("dispatch", "report"):
            continue
        before, run = run, (each.program, each.sitting, each.path, each.about)
        if current is not None and run == before and not each.banner:
            current.entries.append(each)
            continue
        if current is not None:
            yield current
        current = Episode(each.program, [each])
    if current is not None:
        yield current


def within(moments: Sequence[datetime], low: datetime, high: datetime) -> bool:
    """Whether one of some sorted moments lies in a span of time."""
    at = bisect_left(moments, low)
    return at < len(moments) and moments[at] <= high


PHASES: dict[str, Callable[[LogLine], bool]] = {
    "T1": lambda each: each.code in (106, 171),
    "T3": lambda each: each.code == 105,
    "IMPORT": lambda each: each.ends_import,
    "REBUILD": lambda each: each.program == "REBUILD" and each.ends_rebuild,
    "GAL": lambda each: each.said.startswith("Number of entries in GAL"),
}
"""Step -> what a line says with which it ends well."""


def _done(episode: Episode, phase: str) -> LogLine | None:
    """Return the line with which a run ended well."""
    return next((each for each in reversed(episode.entries) if PHASES[phase](each)), None)


def later(entry: LogLine, than: LogLine) -> bool:
    """Whether a line was written after another; False where that cannot be told."""
    if entry.moment is not None and than.moment is not None:
        return entry.moment > than.moment
    return entry.stream == than.stream and entry.number > than.number


def order(entry: LogLine) -> tuple[datetime, str, int]:
    """Return what lines are sorted by: the time, then the place."""
    return entry.moment or datetime.min, entry.path, entry.number


def ordered(found: Iterable[LogLine]) -> list[LogLine]:
    """Return lines in the order of time."""
    return sorted(found, key=order)


def dated(moment: datetime | None) -> str:
    """Return a moment as findings name it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else "an unknown date"


Line = TypeVar("Line")


def outermost(found: Sequence[Line]) -> list[Line]:
    """Return what a finding lists of many lines: the first and the last."""
    half = MOST_EVIDENCE // 2
    return list(found) if len(found) <= MOST_EVIDENCE else [*found[:half], *found[-half:]]
