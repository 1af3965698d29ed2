"""Reading logs: the lines about one postoffice, by the runs that wrote them, each event once."""

from __future__ import annotations

import re
import weakref
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

from glbtools.diagnosis.case import Case
from glbtools.evidence.contents import Artefact
from glbtools.evidence.network import Network
from glbtools.evidence.postoffice import Postoffice
from glbtools.formats.logs import LogLine, says

GAP = timedelta(hours=1)
"""Lines further apart belong to different runs, even without a banner between: SRVMAIN is not known to write one."""

MOST_EVIDENCE = 8
"""Lines of a log that a finding lists."""

BANNERS = (
    ("REQMAIN", "dirsync requestor"),
    ("IMPORT", "mail import"),
    ("REBUILD", "gal rebuild"),
    ("SRVMAIN", "dirsync server"),
)
"""Program and what its banner says; that of SRVMAIN is inferred."""

SERVER_CODES = frozenset(
    {110, 118, 120, 123, 124, 128, 129, 133, 136, 138, 139, 155, 156, 157, 158, 159, 161, 162, 163, 166}
)
"""Messages that only T2 writes (Q96004, Q108067)."""

_BANNER = re.compile(r"\s*Microsoft ?\(R\) mail ", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:[A-Za-z0-9]{1,10}:)?([^\s/\\:<>]{1,10})[/\\]([^\s/\\:<>]{1,10})(?![^\s/\\.,])")
_EXIT = re.compile(r'"?NSDA ?- ?(?:RT|RR|S)\b"? terminated .*exit code (-?\d{1,5})', re.IGNORECASE)

Owner = TypeVar("Owner")
Value = TypeVar("Value")


class Remembered(Generic[Owner, Value]):
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


class Entry(NamedTuple):
    """A line of a log with what its surroundings tell.

    Attributes:
        artefact: the file it is from.
        line: the line, wrapped ones joined.
        about: NET/PO it is about, in upper case; empty for the postoffice that has the log.
        address: NET/PO that the message itself names, in upper case.
        program: what wrote it, as the last banner says; empty when none does.
        sitting: counts the stretches of a file without a long pause.
    """

    artefact: Artefact
    line: LogLine
    about: str = ""
    address: str = ""
    program: str = ""
    sitting: int = 0

    @property
    def code(self) -> int | None:
        """The message number."""
        return self.line.code

    @property
    def moment(self) -> datetime | None:
        """When it was written."""
        return self.line.moment

    @property
    def said(self) -> str:
        """The message in words."""
        return says(self.line).strip()

    @property
    def named(self) -> str:
        """What it is about, in capitals: the argument, or the whole text where that cannot be told."""
        return (self.line.argument or self.line.text).upper()

    @property
    def banner(self) -> str:
        """The program whose first line it is; empty for any other line."""
        return _banner(self.line)

    @property
    def is_blank(self) -> bool:
        """Whether it is the empty Status line that ends a rebuild."""
        return _is_blank(self.line)

    @property
    def is_import(self) -> bool:
        """Whether Import begins or ends with it."""
        return self.banner == "IMPORT" or self.said.startswith("Import is finished")

    @property
    def stream(self) -> tuple[str, str]:
        """File and postoffice: within both the order of lines is the order of events."""
        return self.artefact.path, self.about


class Episode(NamedTuple):
    """Lines that one run of one program wrote."""

    program: str
    entries: list[Entry]


class History:
    """The log lines about one postoffice.

    Attributes:
        entries: the lines, each event once, although DIRSYNC.LOG, DSSERVER.LOG and CENTRAL.LOG may all tell it.
        episodes: the same by runs.
        episode_of: the number of the run that a line belongs to.
        ended: for each phase the runs that ended well, and the line that says so.
        failed: Dispatch's lines about steps that failed.
        imports: when lines of Import were written.
        blanks: when the empty lines that end a rebuild were written.
    """

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.episodes = list(_episodes(entries))
        self.episode_of = {
            id(each.line): number for number, episode in enumerate(self.episodes) for each in episode.entries
        }
        self.ended = {
            phase: [(number, done) for number, each in enumerate(self.episodes) if (done := _done(each, phase))]
            for phase in PHASES
        }
        self.failed = [each for each in entries if each.line.form == "dispatch" and _failed(each.line)]
        self.imports = sorted(each.moment for each in entries if each.moment and each.is_import)
        self.blanks = sorted(each.moment for each in entries if each.moment and each.is_blank)

    @property
    def nothing_received(self) -> list[Entry]:
        """The cycles at the end of the log in which this postoffice received no update, when there is more than one."""
        series: list[Entry] = []
        for each in ordered(each for each in self.entries if each.code == 105 and not each.about):
            if each.line.argument == "0":
                series.append(each)
            else:
                series.clear()
        return series if len(series) > 1 else []

    def later(self, found: Sequence[Entry], *phases: str) -> Entry | None:
        """Return the line with which a step ended well after the last of some lines; None when there is none."""
        shown = {self.episode_of[id(each.line)] for each in found if id(each.line) in self.episode_of}
        for phase in phases:
            for number, done in self.ended[phase]:
                if number not in shown and later(done, found[-1]):
                    return done
        return None

    def exits(self, found: Sequence[Entry]) -> Iterator[Entry]:
        """Yield Dispatch's lines about failed steps at the time of some lines."""
        moments = sorted(each.moment for each in found if each.moment)
        for each in self.failed:
            if each.moment and within(moments, each.moment - GAP, each.moment + GAP):
                yield each


@Remembered
def read(case: Case) -> History:
    """Return the log lines about a postoffice: its own, and those in the server's logs; read once for each case."""
    return History(_distinct(_all(case)))


def _all(case: Case) -> Iterator[Entry]:
    """Yield the lines about a postoffice. The server's about another one that is given belong to that one."""
    own, server = case.postoffice, case.network.server
    others = given(case)
    yield from (each for each in _entries(own) if each.about not in others)
    if server is not None and server is not own and own.name:
        yield from (each._replace(about="") for each in _reported(case.network).get(own.name.upper(), ()))


def given(case: Case) -> set[str]:
    """Return the other postoffices given, where this is the server: what its logs say of one belongs to that one."""
    if case.postoffice is not case.network.server:
        return set()
    return {each.name.upper() for each in case.network.postoffices if each.name}


@Remembered
def _reported(network: Network) -> dict[str, list[Entry]]:
    """Return what the server's logs say of others, by name; read once for a network."""
    found: dict[str, list[Entry]] = {}
    for each in _entries(network.server) if network.server is not None else ():
        if each.about:
            found.setdefault(each.about, []).append(each)
    return found


def _entries(postoffice: Postoffice) -> Iterator[Entry]:
    """Yield the lines of a postoffice's logs."""
    own = (postoffice.name or "").upper()
    for artefact, lines in logs(postoffice):
        for each in _addressed(_placed(artefact, lines)):
            yield each._replace(about="") if each.about == own else each


def logs(postoffice: Postoffice) -> Iterator[tuple[Artefact, Iterable[LogLine]]]:
    """Yield the logs of a postoffice with their lines, wrapped ones joined."""
    for artefact, found in postoffice.inspections("log"):
        yield artefact, found.content.joined


def _placed(artefact: Artefact, lines: Iterable[LogLine]) -> Iterator[Entry]:
    """Yield lines with the program that wrote them."""
    program, before, sitting = "", None, 0
    for line in lines:
        about = line.postoffice.upper()
        if line.form == "dispatch":
            yield Entry(artefact, line, about)
        elif line.form in ("coded", "text", "report"):
            if line.form == "report" or (before and line.moment and abs(line.moment - before) > GAP):
                program, sitting = "", sitting + 1
            program = _banner(line) or program
            yield Entry(
                artefact, line, about, _address(line), "SRVMAIN" if _by_server(line) else program, sitting=sitting
            )
            if _ends(line):
                program = ""
            before = None if line.form == "report" else line.moment or before


def _addressed(found: Iterable[Entry]) -> Iterator[Entry]:
    """Yield lines, those about gaps with the postoffice that the line before or behind them names (Q108067)."""
    entries = list(found)
    last = ""
    for index, each in enumerate(entries):
        behind = entries[index + 1] if index + 1 < len(entries) else None
        if _is_address(each):
            last = each.address
            goes_on = behind is not None and behind.code in (138, 139)
            yield each._replace(about=last, program="SRVMAIN") if goes_on else each
            continue
        if each.code in (138, 139):
            yield each._replace(about=last or each.about, address=last)
            continue
        last = ""
        if each.code == 129:
            yield each._replace(about=each.address or each.about)
        elif each.code == 4 and behind is not None and behind.code == 129:
            yield each._replace(about=behind.address or each.about)
        else:
            yield each


def _distinct(found: Iterable[Entry]) -> list[Entry]:
    """Return every event once: the same moment and message in another file is the same event."""
    kept: list[Entry] = []
    seen: dict[tuple[object, ...], Counter[str]] = {}
    for each in found:
        if each.moment is not None and each.line.form != "dispatch":
            told = seen.setdefault((each.moment, each.code, each.said if each.code is None else ""), Counter())
            told[each.artefact.path] += 1
            elsewhere = max((count for path, count in told.items() if path != each.artefact.path), default=0)
            if told[each.artefact.path] <= elsewhere:
                continue
        kept.append(each)
    return kept


def _episodes(entries: Iterable[Entry]) -> Iterator[Episode]:
    """Split lines where another program begins, or the same one again."""
    current: Episode | None = None
    for each in entries:
        if each.line.form in ("dispatch", "report"):
            continue
        goes_on = (
            current is not None
            and current.entries[-1].stream == each.stream
            and current.entries[-1].sitting == each.sitting
            and current.program == each.program
            and not each.banner
        )
        if current is not None and goes_on:
            current.entries.append(each)
            continue
        if current is not None:
            yield current
        current = Episode(each.program, [each])
    if current is not None:
        yield current


def _banner(line: LogLine) -> str:
    if not _BANNER.match(line.text):
        return ""
    return next((program for program, words in BANNERS if words in line.text.lower()), "")


def _ends(line: LogLine) -> bool:
    """Whether a program has nothing more to say after this line."""
    return line.code in (104, 106, 171) or line.text.startswith("Import is finished") or _is_blank(line)


def _is_blank(line: LogLine) -> bool:
    """Whether this is the empty Status line that ends a rebuild."""
    return line.severity == "Status" and line.code is None and not line.text.strip()


def _by_server(line: LogLine) -> bool:
    named = (line.argument or line.text).upper()
    return (
        line.code in SERVER_CODES
        or (line.code in (2, 4) and "MSTTRANS" in named)
        or (line.code == 9 and "SRVUPDS" in named)
    )


def _failed(line: LogLine) -> bool:
    found = _EXIT.match(line.text)
    return found is not None and found[1] != "64"


def within(moments: Sequence[datetime], low: datetime, high: datetime) -> bool:
    """Whether one of some sorted moments lies in a span of time."""
    at = bisect_left(moments, low)
    return at < len(moments) and moments[at] <= high


def _is_address(entry: Entry) -> bool:
    """Whether a line without a number holds nothing but an address: it says what the next ones are about (Q108067)."""
    line = entry.line
    return line.unnumbered and line.code is None and _ADDRESS.fullmatch(line.text.strip()) is not None


def _address(line: LogLine) -> str:
    """Return the postoffice that a message of the server names, as NET/PO."""
    if line.code in (120, 129, 133, 156, 158, 159, 166) or (line.unnumbered and line.code is None):
        found = _ADDRESS.search((line.argument or line.text).strip())
        return f"{found[1]}/{found[2]}".upper() if found else ""
    return ""


PHASES: dict[str, Callable[[Entry], bool]] = {
    "T1": lambda each: each.code in (106, 171),
    "T3": lambda each: each.code == 105,
    "IMPORT": lambda each: each.said.startswith("Import is finished"),
    "REBUILD": lambda each: each.program == "REBUILD" and each.is_blank,
    "GAL": lambda each: each.said.startswith("Number of entries in GAL"),
}
"""Step -> what a line says with which it ends well."""


def _done(episode: Episode, phase: str) -> Entry | None:
    """Return the line with which a run ended well."""
    return next((each for each in reversed(episode.entries) if PHASES[phase](each)), None)


def later(entry: Entry, than: Entry) -> bool:
    """Whether a line was written after another; False where that cannot be told."""
    if entry.moment is not None and than.moment is not None:
        return entry.moment > than.moment
    return entry.stream == than.stream and entry.line.number > than.line.number


def order(entry: Entry) -> tuple[datetime, str, int]:
    """Return what lines are sorted by: the time, then the place."""
    return entry.moment or datetime.min, entry.artefact.path, entry.line.number


def ordered(found: Iterable[Entry]) -> list[Entry]:
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
