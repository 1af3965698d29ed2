"""What the logs say went wrong: one finding for each cause, its symptoms as evidence (scenarios 2.2, 4.A to 4.D).

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

``names_leftovers`` tells the other way round: that a log names why files are left over.
"""

from __future__ import annotations

import fnmatch
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from glbtools.binary import stamp
from glbtools.diagnosis.case import Case, Logged, logged, same_postoffice, server_name
from glbtools.diagnosis.finding import Evidence, Finding
from glbtools.diagnosis.problems import by_slug
from glbtools.diagnosis.wording import plural
from glbtools.evidence.network import Network
from glbtools.evidence.postoffice import Artefact, Held, Postoffice, node_of, registered
from glbtools.formats.logs import LogLine, joined, says
from glbtools.model.channel import Range
from glbtools.model.configuration import Requestor

GAP = timedelta(hours=1)
"""Lines further apart belong to different runs, even without a banner between them: SRVMAIN is not known to "
"write one."""

MOST_EVIDENCE = 8
LONG_SERIES = 5
"""Cycles in a row that received nothing before that is worth a word (Q99961: "many")."""

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

ADDRESSED_BY = {4: 129, 9: 159, 118: 166}
"""Messages without an address, and the one behind them that has it (Q108067, Q119450, Q123857)."""

SECONDARY = frozenset({90, 104, 152})
"""Messages that follow from another in the same run (Q119017, Q134228)."""

EMPTY_AT_REST = ("SRVTRANS.GLB", "USRTRANS.GLB", "NMETRANS.GLB", "GWTRANS.GLB")
ABSENT_AT_REST = (
    "IUSRTRAN*",
    "INMETRAN*",
    "IGWTRAN*",
    "SRVUPDS.GLB",
    "REQUPDS.GLB",
    "SORT*.GLB",
    "ILOCAL.GLB",
    "IMPORT.USR",
    "IMPORT.INF",
)

_BANNER = re.compile(r"\s*Microsoft ?\(R\) mail ", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:[A-Za-z0-9]{1,10}:)?([^\s/\\:<>]{1,10})[/\\]([^\s/\\:<>]{1,10})(?![^\s/\\.,])")
_MISSING = re.compile(r"(\d{1,10})\s*\((\d{1,10})\s*->\s*(\d{1,10})\)")
_SYNC = re.compile(r"\((\d{1,10})\)")
_STALE = re.compile(r'Running "?NSDA ?- ?S\b|"?NSDA ?- ?S\b"? missed', re.IGNORECASE)
_EXIT = re.compile(r'"?NSDA ?- ?(?:RT|RR|S)\b"? terminated .*exit code (-?\d{1,5})', re.IGNORECASE)
_MISSED = re.compile(r'"?NSDA ?- ?S\b"? missed its run window', re.IGNORECASE)
_NO_TEXT = re.compile(r"error obtaining message #", re.IGNORECASE)


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
    def stream(self) -> tuple[str, str]:
        """File and postoffice: within both the order of lines is the order of events."""
        return self.artefact.path, self.about


class Episode(NamedTuple):
    """Lines that one run of one program wrote."""

    program: str
    entries: list[Entry]


class Group(NamedTuple):
    """Lines that have one cause.

    Attributes:
        case: the postoffice looked at.
        history: all its lines.
        slug: the problem.
        key: what sets it apart from others of the same kind: an address, a message number, or nothing.
        found: the lines that show it, in the order of time.
        more: lines that follow from it.
    """

    case: Case
    history: History
    slug: str
    key: str
    found: list[Entry]
    more: list[Entry]

    @property
    def first(self) -> Entry:
        """The first line."""
        return self.found[0]

    @property
    def last(self) -> Entry:
        """The last line."""
        return self.found[-1]

    @property
    def codes(self) -> set[int | None]:
        """The message numbers."""
        return {each.code for each in self.found}


class Judgement(NamedTuple):
    """What the files, and later lines, say about a group.

    Attributes:
        over: why it is history; empty while it may be the case still.
        certainty: as in a finding.
        severity: as in a finding.
        notes: more to know.
        evidence: files that show it too.
        settled_by: what would make it certain.
        ranges: the transaction numbers concerned.
    """

    over: str = ""
    certainty: str = "likely"
    severity: str = ""
    notes: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    settled_by: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()


Judge = Callable[[Group], Judgement | None]
"""Looks at a group; None leaves it to a check of files."""


class Kind(NamedTuple):
    """What is said about a cause that lines show.

    Attributes:
        what: the fault, without final stop; ``{named}`` stands for what the lines name, ``{po}`` for the postoffice.
        notes: the reason and what is normal about it.
        help: what to do, and what not.
        judge: whether it is over.
        key: what sets occurrences apart: ``address``, ``code`` or nothing.
    """

    what: str
    notes: tuple[str, ...]
    help: tuple[str, ...]
    judge: Judge
    key: str = ""


def check(case: Case) -> Iterator[Finding]:
    """Yield what the logs of a postoffice, and the server's logs about it, report."""
    history = read(case)
    for group in history.groups():
        finding = _judged(group)
        if finding is not None:
            yield finding
    yield from _not_imported(case, history)
    yield from _unfinished_gal(case, history)
    yield from _nothing_received(case, history)
    yield from _silent_export(case, history)
    yield from _damaged_log(case)


def symptoms(case: Case, slug: str) -> list[Logged]:
    """Return the log lines that are symptoms of a problem, whoever reports it; oldest first.

    For ``requestor-inactive-window``, ``server-restored-from-backup`` and ``server-reenabled-or-replaced`` these are
    the server's lines about this postoffice, which stand in the server's log; ``case.lines`` sees only its own.
    """
    history = read(case)
    if slug in ("server-restored-from-backup", "server-reenabled-or-replaced"):
        slug = "requestor-inactive-window"
    if slug == "requestor-readded":
        found: Iterable[Entry] = history.nothing_received
    elif slug in ("temp-files-leftover", "listds-pointers-not-reset"):
        alone = [each for group in history.groups() if group.slug == "usrtrans-corrupt-45-150" for each in group.found]
        found = [each for each in alone if each.code == 45]
        if slug == "temp-files-leftover":
            found = [*found, *(each for each in history.entries if each.code == 30)]
    else:
        found = [each for group in history.groups() if group.slug == slug for each in (*group.found, *group.more)]
    return [Logged(each.artefact, each.line) for each in _ordered(found)]


def names_leftovers(case: Case) -> bool:
    """Whether the logs say why working files are left over, so that ``temp-files-leftover`` would say it twice."""
    if not _leftovers(case):
        return False
    history = read(case)
    named = ("usrtrans-corrupt-45-150", "error-150-space-rights", "import-rename-7", "import-locked-91")
    for group in history.groups():
        if group.slug in named and (judgement := KINDS[group.slug].judge(group)) and not judgement.over:
            return True
    return any(not each.severity for each in _not_imported(case, history))


# --- reading -----------------------------------------------------------------------------------------------------


class History:
    """The log lines about one postoffice, each with its cause.

    Attributes:
        case: the postoffice.
        entries: the lines, each event once, although DIRSYNC.LOG, DSSERVER.LOG and CENTRAL.LOG may all tell it.
        episodes: the same by runs.
        episode_of: the number of the run that a line belongs to.
        ended: for each phase the runs that ended well, and the line that says so.
        failed: Dispatch's lines about steps that failed.
        imports: when lines of Import were written.
        blanks: when the empty lines that end a rebuild were written.
    """

    def __init__(self, case: Case, entries: list[Entry]) -> None:
        self.case = case
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
        self.imports = sorted(each.moment for each in entries if each.moment and _of_import(each))
        self.blanks = sorted(each.moment for each in entries if each.moment and _is_blank(each.line))
        self._groups: list[Group] | None = None

    def groups(self) -> list[Group]:
        """Return the lines that report a fault, by cause."""
        if self._groups is None:
            self._groups = list(self._grouped())
        return self._groups

    def _grouped(self) -> Iterator[Group]:
        near: dict[tuple[str, str, int], set[int | str | None]] = {}
        for each in self.entries:
            marks = near.setdefault((*each.stream, each.sitting), set())
            marks.add(each.code)
            if each.said.startswith("Server processing failure"):
                marks.add("server failed")
        made: dict[tuple[str, str, str], Group] = {}
        for episode in self.episodes:
            self._claim(episode, near, made)
        self._claim_dispatched(made)
        for group in made.values():
            group.found.sort(key=_order)
            yield group

    def _claim(
        self,
        episode: Episode,
        near: dict[tuple[str, str, int], set[int | str | None]],
        made: dict[tuple[str, str, str], Group],
    ) -> None:
        """Give every line of a run to its cause; what only follows from another goes along with that."""
        following: list[Entry] = []
        current: Group | None = None
        keys = _addresses(episode.entries)
        for each, address in zip(episode.entries, keys, strict=True):
            if each.code in SECONDARY or (each.code is None and each.line.severity not in ("", "Status")):
                (current.more if current else following).append(each)
                continue
            slug = _cause(self.case, each, near[(*each.stream, each.sitting)])
            if not slug:
                continue
            way = KINDS[slug].key
            key = address if way == "address" else str(each.code or "") if way == "code" else ""
            group = made.setdefault((slug, each.about, key), Group(self.case, self, slug, key, [], []))
            group.found.append(each)
            if current is None and not _only_before(following, each):
                group.more.extend(following)
                following = []
            current = group
        for each in following:
            if each.code is not None or each.line.severity == "Fatal":
                key = str(each.code or "")
                group = made.setdefault(
                    ("logged-error", each.about, key), Group(self.case, self, "logged-error", key, [], [])
                )
                group.found.append(each)

    def _claim_dispatched(self, made: dict[tuple[str, str, str], Group]) -> None:
        """Take what Dispatch tells of a T2 on a requestor, where T2 has no place."""
        slug = "stale-t2-on-requestor"
        if self.case.postoffice.role != "requestor":
            return
        for each in self.entries:
            polled = each.line.form == "dispatch" and each.line.postoffice and not each.about
            if polled and _STALE.match(each.line.text):
                made.setdefault((slug, "", ""), Group(self.case, self, slug, "", [], [])).found.append(each)

    @property
    def nothing_received(self) -> list[Entry]:
        """The cycles at the end of the log that received no update, when there is more than one."""
        series: list[Entry] = []
        for each in _ordered(each for each in self.entries if each.code == 105):
            if each.line.argument == "0":
                series.append(each)
            else:
                series.clear()
        return series if len(series) > 1 else []

    def later(self, group: Group, *phases: str) -> Entry | None:
        """Return the line with which a step ended well after the last line of a group; None when there is none."""
        shown = {self.episode_of[id(each.line)] for each in group.found if id(each.line) in self.episode_of}
        for phase in phases:
            for number, done in self.ended[phase]:
                if number not in shown and _later(done, group.last):
                    return done
        return None

    def exits(self, found: Sequence[Entry]) -> Iterator[Entry]:
        """Yield Dispatch's lines about failed steps at the time of some lines."""
        moments = sorted(each.moment for each in found if each.moment)
        for each in self.failed:
            if each.moment and _within(moments, each.moment - GAP, each.moment + GAP):
                yield each


def read(case: Case) -> History:
    """Return the log lines about a postoffice: its own, and those in the server's logs; read once for each case."""
    kept: History | None = vars(case).get("_history")
    if kept is None:
        kept = vars(case)["_history"] = History(case, _distinct(_all(case)))
    return kept


def _all(case: Case) -> Iterator[Entry]:
    """Yield the lines about a postoffice. The server's about another one that is given belong to that one."""
    own, server = case.postoffice, case.network.server
    given = {each.name.upper() for each in case.network.postoffices if each.name} if own is server else set()
    yield from (each for each in _entries(own) if each.about not in given)
    if server is not None and server is not own and own.name:
        yield from (each._replace(about="") for each in _reported(case.network, server).get(own.name.upper(), ()))


def _reported(network: Network, server: Postoffice) -> dict[str, list[Entry]]:
    """Return what the server's logs say of others, by name; read once for a network."""
    kept: dict[str, list[Entry]] | None = vars(network).get("_reported")
    if kept is None:
        kept = vars(network)["_reported"] = {}
        for each in _entries(server):
            if each.about:
                kept.setdefault(each.about, []).append(each)
    return kept


def _entries(postoffice: Postoffice) -> Iterator[Entry]:
    """Yield the lines of a postoffice's logs."""
    own = (postoffice.name or "").upper()
    for artefact, found in postoffice.inspections("log"):
        for each in _addressed(_placed(artefact, joined(found.content))):
            yield each._replace(about="") if each.about == own else each


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
            yield Entry(artefact, line, about, _address(line), "SRVMAIN" if _by_server(line) else program, sitting)
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
            and not _banner(each.line)
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


def _of_import(entry: Entry) -> bool:
    return _banner(entry.line) == "IMPORT" or entry.said.startswith("Import is finished")


def _within(moments: Sequence[datetime], low: datetime, high: datetime) -> bool:
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


def _addresses(entries: Sequence[Entry]) -> list[str]:
    """Return the address of each line; 118 has that of the 166 behind it, 9 that of the 159."""
    found: list[str] = []
    seen: dict[int | None, str] = {}
    for each in reversed(entries):
        seen[each.code] = each.address
        found.append(each.address or seen.get(ADDRESSED_BY.get(each.code or 0, 0), ""))
    return found[::-1]


def _only_before(following: Sequence[Entry], entry: Entry) -> bool:
    """Whether lines are too far before another to follow from it."""
    return bool(following) and following[-1].sitting != entry.sitting


PHASES: dict[str, Callable[[Entry], bool]] = {
    "T1": lambda each: each.code in (106, 171),
    "T3": lambda each: each.code == 105,
    "IMPORT": lambda each: each.said.startswith("Import is finished"),
    "REBUILD": lambda each: each.program == "REBUILD" and _is_blank(each.line),
    "GAL": lambda each: each.said.startswith("Number of entries in GAL"),
}
"""Step -> what a line says with which it ends well."""


def _done(episode: Episode, phase: str) -> Entry | None:
    """Return the line with which a run ended well."""
    return next((each for each in reversed(episode.entries) if PHASES[phase](each)), None)


def _later(entry: Entry, than: Entry) -> bool:
    if entry.moment is not None and than.moment is not None:
        return entry.moment > than.moment
    return entry.stream == than.stream and entry.line.number > than.line.number


def _order(entry: Entry) -> tuple[datetime, str, int]:
    return entry.moment or datetime.min, entry.artefact.path, entry.line.number


def _ordered(found: Iterable[Entry]) -> list[Entry]:
    return sorted(found, key=_order)


# --- which cause a line shows ------------------------------------------------------------------------------------

SINGLE: dict[int, str] = {
    1: "ds-msg-missing",
    7: "import-rename-7",
    14: "resync-error-14",
    20: "content-level-poison",
    39: "gal-rebuild-failures",
    43: "resync-extract-bad-lists",
    44: "resync-gateway-44",
    46: "resync-extract-bad-lists",
    47: "content-level-poison",
    81: "content-level-poison",
    91: "import-locked-91",
    110: "msttrans-corrupt",
    113: "inqueue-missing",
    118: "transaction-limit",
    120: "requestor-not-registered",
    128: "att-dir-missing",
    129: "requestor-inactive-window",
    133: "invalid-server-request-133",
    136: "srvconf-corrupt-size",
    138: "requestor-inactive-window",
    139: "requestor-inactive-window",
    156: "bad-password",
    158: "requestor-not-registered",
    166: "transaction-limit",
    201: "gal-rebuild-failures",
    202: "gal-rebuild-failures",
    203: "gal-rebuild-failures",
    204: "gal-rebuild-failures",
}
"""Messages that show one cause, whatever stands beside them."""

Near = set[int | str | None]


def _cause(case: Case, each: Entry, near: Near) -> str:
    """Return the problem that a line shows; empty when it shows none."""
    if each.code is None:
        return _cause_by_text(case, each, near)
    if each.code in SINGLE:
        return SINGLE[each.code]
    if each.code in PAIRED:
        return PAIRED[each.code](case, each, near)
    undocumented = each.line.severity.startswith("severity")
    known = each.code in MESSAGES or each.line.severity in ("Error", "Fatal") or undocumented
    return "logged-error" if known and each.code not in (105, 106, 167, 171) else ""


def _cause_by_text(case: Case, each: Entry, near: Near) -> str:
    text = each.said
    if text.startswith("GAL not active"):
        return "gal-not-active"
    if text.startswith("Server processing failure"):
        return "system-mbg-duplicates" if 115 in near else "logged-error"
    if _MISSED.match(text) and case.postoffice.role == "requestor" and not each.about:
        return "stale-t2-on-requestor"
    return "ds-msg-missing" if _NO_TEXT.search(text) else ""


def _by_file(each: Entry, reqtrans: str, msttrans: str) -> str:
    if "REQTRANS" in each.named and reqtrans:
        return reqtrans
    return msttrans if "MSTTRANS" in each.named else "logged-error"


def _thirteen(case: Case, each: Entry, near: Near) -> str:
    """3.2a and 3.5 mean SRVTRANS by 13, 3.0 a faulty line of an import file (Q174164, Q96001)."""
    bare = not each.line.argument and each.line.form == "coded"
    return (
        "srvtrans-leftover-13"
        if "SRVTRANS" in each.named or (bare and not each.about and _size(case, "SRVTRANS.GLB"))
        else "logged-error"
    )


def _thirty(case: Case, each: Entry, near: Near) -> str:
    """30 is a queue that Import could not get at; one variant is a returned mail (Q187779)."""
    left = not each.about and _leftovers(case)
    return "" if left or "duplicate email address" in each.said else "logged-error"


def _unread_mail(case: Case, each: Entry, near: Near) -> str:
    if 8 in near or "server failed" in near:
        return "system-mbg-duplicates"
    return (
        "system-mbg-locked-t3" if each.program == "REQMAIN" or case.postoffice.role == "requestor" else "logged-error"
    )


def _busy(case: Case) -> str:
    if case.is_server:
        return "srvconf-missing" if case.postoffice.absent("SRVCONF.GLB") else "logged-error"
    return "stale-t2-on-requestor"


PAIRED: dict[int, Callable[[Case, Entry, Near], str]] = {
    2: lambda case, each, near: _by_file(each, "reqtrans-missing", "msttrans-missing"),
    4: lambda case, each, near: "requestor-inactive-window" if 129 in near else _by_file(each, "", "msttrans-corrupt"),
    8: lambda case, each, near: "system-mbg-duplicates" if 115 in near else "logged-error",
    9: lambda case, each, near: "foreign-inbody" if "SRVUPDS" in each.named else "logged-error",
    13: _thirteen,
    30: _thirty,
    40: lambda case, each, near: _by_file(
        each, "reqtrans-missing" if 2 in near else "", "msttrans-missing" if 2 in near else "msttrans-corrupt"
    ),
    45: lambda *_: "usrtrans-corrupt-45-150",
    115: _unread_mail,
    150: lambda case, each, near: "usrtrans-corrupt-45-150" if 45 in near else "error-150-space-rights",
    157: lambda case, each, near: "srvconf-corrupt-157-161" if 161 in near else "logged-error",
    159: lambda case, each, near: "foreign-inbody" if 9 in near else "inqueue-missing",
    161: lambda case, each, near: "srvconf-corrupt-157-161" if 157 in near else _busy(case),
}
"""Messages whose cause depends on what they name or on the messages of the same time."""


# --- what is known now -------------------------------------------------------------------------------------------


def _size(case: Case, name: str) -> int | None:
    artefact = case.postoffice.find(name)
    return artefact.size if artefact else None


def _leftovers(case: Case) -> list[Artefact]:
    """Return the files that an unfinished Import left."""
    found = case.postoffice.artefacts
    full = [each for each in found if each.name in EMPTY_AT_REST and each.size]
    return [*full, *(each for each in found if any(fnmatch.fnmatchcase(each.name, mask) for mask in ABSENT_AT_REST))]


def _record(group: Group, name: str) -> Requestor | None:
    """Return the server's record of a postoffice."""
    found = group.case.postoffice.srvconf()
    config = found[1] if found else group.case.server.config if group.case.server else None
    return registered(config, name) if config is not None and name else None


def _served_since(group: Group, name: str = "") -> str:
    """Say that the server took in messages after the last line: of one requestor, or of any."""
    found = group.case.postoffice.srvconf()
    if found is None or group.last.moment is None:
        return ""
    named = [each for each in found[1].requestors if not name or node_of(each.name) == name]
    updates = [(each.last_update, node_of(each.name)) for each in named if each.last_update]
    if not updates or max(updates)[0] <= group.last.moment:
        return ""
    when, who = max(updates)
    return f"The server took in a message of {who} later, {_when(when)}."


def _delivered(group: Group, name: str) -> bool | None:
    """Whether a requestor has everything that the server has issued; None when that is not known."""
    record = _record(group, name)
    found = group.case.postoffice.srvconf()
    head = found[1].sync if found else group.case.server.head if group.case.server else None
    if record is None or record.srvsync is None or head is None:
        return None
    return record.srvsync >= head > 0


def _ran_later(group: Group, *phases: str) -> str:
    done = group.history.later(group, *phases)
    if done is None:
        return ""
    when = f" on {_when(done.moment)}" if done.moment else ""
    return f"The same step ran later{when} without this message."


# --- judging -----------------------------------------------------------------------------------------------------


def _after_run(*phases: str, files: bool = False) -> Judge:
    """A later run without the message shows that it is over; so do, where asked, empty queues and no working files."""

    def judge(group: Group) -> Judgement:
        over = _ran_later(group, *phases)
        left = tuple(
            Evidence(each.path, (0, each.size), None, "size", each.size, "left over") for each in _leftovers(group.case)
        )
        if over or not files:
            return Judgement(over)
        if left:
            return Judgement("", "certain", evidence=left)
        if _size(group.case, "SRVTRANS.GLB") == 0:
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


def _elsewhere(group: Group) -> Judgement:
    """Judge what CENTRAL.LOG reports of a postoffice whose files are not given: later runs alone can tell."""
    sent = group.slug in ("reqtrans-missing", "inqueue-missing")
    phase = "T1" if sent else "IMPORT" if group.first.program == "IMPORT" else "T3"
    return Judgement(_ran_later(group, phase), settled_by=(f"the files of {group.first.about}",))


def _reqtrans(group: Group) -> Judgement | None:
    if group.case.postoffice.absent("REQTRANS.GLB"):
        return None
    if _size(group.case, "REQTRANS.GLB") is not None or group.case.postoffice.queue("REQTRANS"):
        return Judgement(
            "REQTRANS.GLB is there now. Changes made while it was missing were not queued, and an Export of that "
            "time set "
            "its date without queuing anything (Q119017)."
        )
    still = "the GLB directory, which would show whether REQTRANS.GLB is still missing"
    return Judgement(_ran_later(group, "T1"), settled_by=(still,))


def _msttrans_missing(group: Group) -> Judgement | None:
    if group.case.postoffice.find("MSTTRANS.GLB"):
        return Judgement(
            "MSTTRANS.GLB is there now; 138 and 139 in the cycles after it was made anew mean nothing (Q112280)."
        )
    if group.case.is_server and group.case.server is not None:
        return None
    return Judgement(settled_by=("the server's GLB directory",))


def _msttrans_corrupt(group: Group) -> Judgement | None:
    case = group.case
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


def _inactive(group: Group) -> Judgement | None:
    """RULINGS 15: what the numbers say now decides; a single 138 of a first cycle means nothing (Q109256)."""
    case, about = group.case, group.first.about
    ranges = tuple(_missing(group))
    if about:
        record, first = _record(group, about), case.server.first if case.server else None
        received = record.srvsync if record else None
        head = case.server.head if case.server else None
    elif case.is_server and not group.key:
        received = first = head = None  # it is not said which requestor is meant
    else:
        if {"HOLE", "ROLLED_BACK", "EPOCH_CHANGED"} & set(case.download.verdict.states):
            return None
        received, head = case.numbers.c, case.server.head if case.server else None
        first = case.server.first if case.server else None
    if received is not None and head is not None and first is not None:
        if received > head:
            behind = f"It acknowledged {received}, the server has issued {head}: the server may have been restored."
            return Judgement(ranges=ranges, notes=(behind,))
        if received + 1 < first:
            return Judgement(
                "", "certain", ranges=ranges, notes=(f"It acknowledged {received}; MSTTRANS begins at {first}.",)
            )
        return Judgement(_over_by_numbers(group, received, head))
    certain = 139 in group.codes or 129 in group.codes
    return Judgement(
        "",
        "likely" if certain else "possible",
        "" if certain else "warning",
        ranges=ranges,
        notes=(
            "If the server was restored from a backup, or MSTTRANS made anew, that is the cause (Q96060, Q112280).",
        ),
        settled_by=("REQCONF.GLB of the requestor with MSTTRANS.GLB and SRVCONF.GLB of the server",),
    )


def _over_by_numbers(group: Group, received: int, head: int) -> str:
    first_cycle = any(each.code == 138 and _zero(each) for each in group.found)
    why = ""
    if first_cycle:
        why = " In the first cycle of a requestor the message means nothing (Q109256)."
    elif any(each.slug == "msttrans-missing" for each in group.history.groups()):
        why = " After MSTTRANS was made anew the message means nothing (Q112280)."
    return f"It has received up to {received} of {head} now, and MSTTRANS holds all that it is due.{why}"


def _zero(entry: Entry) -> bool:
    found = _SYNC.search(f"({entry.line.argument})" if entry.line.argument else entry.said)
    return found is not None and int(found[1]) == 0


def _missing(group: Group) -> Iterator[Range]:
    for each in group.found[::-1]:
        if each.code == 139 and (found := _MISSING.search(each.said)) and int(found[2]) < int(found[3]):
            yield int(found[2]), int(found[3])
            return


def _limit(group: Group) -> Judgement:
    done = _delivered(group, group.key)
    if done:
        return Judgement("SRVCONF says that it has acknowledged everything that the server has issued.")
    return Judgement("", "likely" if done is None else "certain", settled_by=_unless_server(group))


def _unregistered(group: Group) -> Judgement | None:
    found = group.case.postoffice.srvconf()
    own = (group.case.postoffice.name or "").upper()
    if found is None or not group.key:
        return Judgement(settled_by=_unless_server(group))
    if registered(found[1], group.key):
        return Judgement(f"SRVCONF holds a record of {group.key} now.")
    if group.key == own and found[1].requestors:
        return None
    return Judgement("", "certain", evidence=(Evidence(found[0].path, note=f"no record of {group.key}"),))


def _own_record(group: Group) -> Judgement | None:
    found = group.case.postoffice.srvconf()
    own = group.case.postoffice.name
    if found is None or own is None:
        return Judgement(settled_by=("SRVCONF.GLB and the server's name",))
    return Judgement("SRVCONF holds the server's own record now.") if registered(found[1], own) else None


def _password(group: Group) -> Judgement:
    over = _served_since(group, group.key) if group.key else ""
    return Judgement(over, settled_by=() if over else _unless_server(group))


def _unless_server(group: Group) -> tuple[str, ...]:
    return () if group.case.postoffice.srvconf() else ("SRVCONF.GLB of the server",)


def _t2_fault(group: Group) -> Judgement:
    return Judgement(_served_since(group))


def _overwritten(group: Group) -> Judgement | None:
    artefact = group.case.postoffice.find("SRVCONF.GLB")
    if artefact is None and group.case.is_server and group.case.postoffice.absent("SRVCONF.GLB"):
        return None
    if artefact is not None and artefact.size % 1024:
        return None
    return Judgement(_served_since(group))


def _stale_t2(group: Group) -> Judgement:
    case, named = group.case, server_name(group.case)
    if named and case.postoffice.name and not same_postoffice(f"PCM:{named}", f"PCM:{case.postoffice.name}"):
        return Judgement("", "certain", notes=(f"The server is {named}.",))
    if case.postoffice.role == "requestor" and not case.postoffice.find("MSTTRANS.GLB"):
        return Judgement("", "likely", notes=("It is taken for a requestor because it has no SRVCONF.GLB.",))
    return Judgement(
        "",
        "possible",
        notes=("On the server itself the message means that SRVCONF.GLB is missing or in use.",),
        settled_by=("the GLB directory, which would show whether this is the server",),
    )


def _srvconf_missing(group: Group) -> Judgement | None:
    return None


def _srvtrans(group: Group) -> Judgement | None:
    size = _size(group.case, "SRVTRANS.GLB")
    if size:
        return None
    if size == 0:
        return Judgement("SRVTRANS is empty now: its updates were taken in, or removed, since.")
    return Judgement(settled_by=("SRVTRANS.GLB",))


def _sorting(group: Group) -> Judgement | None:
    """45 with 150, or alone: then a pointer, a working file, or a queue (Q112301)."""
    case = group.case
    found = case.postoffice.reqconf()
    pointers = found[1].pointers if found else None
    alone = 150 not in group.codes
    if alone and pointers is not None and _stray_pointer(case, pointers):
        return None
    if alone and _leftovers(case):
        return None
    judgement = _after_run("IMPORT", files=True)(group)
    if alone and judgement is not None and not judgement.over:
        return judgement._replace(certainty="possible", notes=(
            "Alone, the message can also mean pointers in REQCONF that are not at rest, or SORTLOCK.GLB left "
            "over (Q112301).",
        ))  # fmt: skip
    return judgement


def _stray_pointer(case: Case, pointers: Sequence[int]) -> bool:
    from glbtools.formats.config import POINTERS

    return any(
        pointer != -1 and not _size(case, f"{name}.GLB") for name, pointer in zip(POINTERS, pointers, strict=True)
    )


def _rename(group: Group) -> Judgement:
    judgement = _after_run("IMPORT", files=True)(group)
    assert judgement is not None
    return judgement


def _resync_14(group: Group) -> Judgement:
    artefact = group.case.postoffice.find("RESYNC.GLB")
    if artefact is not None and not group.case.is_server:
        evidence = Evidence(
            artefact.path, (0, artefact.size), None, "size", artefact.size, "still there: not processed"
        )
        return Judgement("", "certain", evidence=(evidence,))
    return Judgement(_ran_later(group, "IMPORT"))


def _inqueue(group: Group) -> Judgement:
    absent = [
        f"{area}/INQUEUE.{area}"
        for area in ("MBG", "KEY")
        if group.case.postoffice.area(area) and not group.case.postoffice.find(f"INQUEUE.{area}")
    ]
    if absent:
        evidence = tuple(Evidence(f"{group.case.postoffice.path}/{each}", note="absent") for each in absent)
        return Judgement("", "certain", evidence=evidence)
    named = {each.address for each in group.found if each.code == 159}
    sent = not named or all(each and _delivered(group, each) for each in named)
    if 113 not in group.codes:
        return Judgement("Every requestor named has acknowledged everything since." if sent else "")
    return Judgement(_ran_later(group, "T1") if sent else "")


def _inbody(group: Group) -> Judgement:
    named = {each.address for each in group.found if each.address}
    sent = bool(named) and all(_delivered(group, each) for each in named)
    return Judgement("The requestor has acknowledged everything that the server has issued." if sent else "")


def _no_texts(group: Group) -> Judgement:
    if group.case.postoffice.find("DS_MSG.GLB"):
        return Judgement("DS_MSG.GLB is there now.")
    if group.case.postoffice.absent("DS_MSG.GLB"):
        return Judgement(
            "", "certain", evidence=(Evidence(f"{group.case.postoffice.path}/GLB/DS_MSG.GLB", note="absent"),)
        )
    return Judgement()


def _bad_lists(group: Group) -> Judgement:
    both = {43, 46} <= group.codes
    return Judgement(_ran_later(group, "IMPORT"), "likely" if both else "possible")


def _always(severity: str = "") -> Judge:
    return lambda group: Judgement("", "certain", severity)


def _other(group: Group) -> Judgement | None:
    message = MESSAGES.get(group.first.code) if group.first.code is not None else None
    severity = message.severity if message else "error" if group.first.line.severity == "Fatal" else "warning"
    if group.first.program == "SRVMAIN" or group.first.code == 161:
        return Judgement(_served_since(group), "likely", severity)
    phases = {"IMPORT": ("IMPORT",), "REBUILD": ("REBUILD",), "REQMAIN": ("T1", "T3")}.get(group.first.program, ())
    if group.first.code == 152:
        phases = ("T1",)
    return Judgement(_ran_later(group, *phases), "likely", severity)


# --- what is said ------------------------------------------------------------------------------------------------


class Message(NamedTuple):
    """A message without a problem of its own.

    Attributes:
        severity: what it costs.
        what: the fault.
        help: what to do.
    """

    severity: str
    what: str
    help: str


MESSAGES: dict[int, Message] = {
    8: Message("warning", "a system message could not be removed", "Look for a lock on SYSTEM.MBG and its key file."),
    9: Message(
        "error", "a program ran out of memory", "Free conventional memory for the machine that runs it (Q96001)."
    ),
    30: Message(
        "error",
        "Import could not get at a transaction file",
        "See that no program holds the queues open; run IMPORT -Q again.",
    ),
    67: Message(
        "note", "a RESYNC was asked for on a postoffice that is not the server", "Run IMPORT -S on the server."
    ),
    90: Message(
        "warning",
        "Import left transactions unprocessed",
        "Look for the failure before these lines; it is in no line given.",
    ),
    104: Message(
        "error", "the requestor's program gave up", "Look for the failure before this line; it is in no line given."
    ),
    116: Message(
        "warning",
        "a system message came without its attachment",
        "Wait one cycle; what was not acknowledged is sent again.",
    ),
    123: Message(
        "warning", "the server could not save copies of MSTTRANS and SRVCONF", "Make room on the server's disk."
    ),
    124: Message(
        "warning", "the server received a message of an invalid form", "Look at what the foreign requestor sends."
    ),
    125: Message(
        "warning",
        "an attachment could not be copied",
        "Make room on the disk, and see that ATT and its directories are there.",
    ),
    151: Message(
        "warning", "REQCONF was in use by another program", "Let no other program, ADMIN included, run at that time."
    ),
    152: Message(
        "error", "T1 could not send", "Look for the failure before this line; nothing is lost, T1 sends again."
    ),
    154: Message(
        "note",
        "a message that is no Dir-Sync mail reached the system mailbox and was passed to the administrator",
        "Nothing needs to be done here; the sender used the wrong mailbox.",
    ),
    155: Message(
        "warning",
        "the server received a request it does not know",
        "Look at the TASK that the foreign requestor names.",
    ),
    157: Message(
        "error",
        "a program found another version than its own",
        "Bring programs and files of the postoffice to one version.",
    ),
    161: Message(
        "error",
        "the server's configuration was in use or could not be read",
        "End what holds SRVCONF.GLB open; T2 must run again.",
    ),
    162: Message(
        "error",
        "the server could not send its updates",
        "Make room on the server's disk, and see that it can write to MAI, ATT and MBG.",
    ),
    163: Message(
        "error",
        "the server could not copy its updates",
        "Make room on the server's disk, and see that it can write to MAI, ATT and MBG.",
    ),
}
"""Messages that are reported as ``logged-error`` whatever their severity, in words."""

_IMPORT_AGAIN = "Then run IMPORT ADMIN -P -Y -Q again: the updates wait in SRVTRANS."

KINDS: dict[str, Kind] = {
    "reqtrans-missing": Kind(
        "REQTRANS could not be opened",
        ("While REQTRANS is missing nothing is sent and no change is queued (Q119017).",),
        ("If an Export was made in that time, make it again.",),
        _reqtrans,
    ),
    "msttrans-missing": Kind(
        "the server could not open MSTTRANS",
        ("Without MSTTRANS the server can neither take nor send changes (Q112280).",),
        ("Restore MSTTRANS from a backup, then Export on every postoffice.",),
        _msttrans_missing,
    ),
    "msttrans-corrupt": Kind(
        "the server could not read MSTTRANS",
        ("Message 110 means that its last record could not be read (Q96003).",),
        (
            "Wait one cycle. If it stays, restore MSTTRANS and SRVCONF from one backup, then Export on every "
            "postoffice.",
        ),
        _msttrans_corrupt,
    ),
    "requestor-inactive-window": Kind(
        "the server no longer had updates that {po} had not received",
        ("What is older than Keep Updates is purged from MSTTRANS (Q108067).",),
        (
            "On that postoffice both Export and Import: Config, Dir-Sync, Requestor (Q108067).",
            "Import replaces its lists by the server's; addresses added locally must be added again.",
        ),
        _inactive,
        "address",
    ),
    "transaction-limit": Kind(
        "a full list for {po} is larger than its limit, and the server does not send it",
        (
            "Ordinary updates above the limit are spread over several cycles; a full list cannot be (Q133719).",
            "118 and 166 are one event: the limit, and that the list must be brought by hand (Q119450).",
        ),
        (
            "RESYNC: IMPORT -S on the server, copy RESYNC.GLB to that postoffice, delete it on the server, "
            "IMPORT -Q there.",
            "Do that before changes are made there: RESYNC overtakes what waits in REQTRANS (Q119452).",
        ),
        _limit,
        "address",
    ),
    "requestor-not-registered": Kind(
        "the server does not know {po}",
        ("What it has sent stays in its REQTRANS until the server acknowledges it (Q96004).",),
        (
            "Register it on the server under its exact name: Config, Dir-Sync, Server, Requestors.",
            "A name that is only PCM: comes from a foreign requestor that gives its name wrongly (Q99268).",
        ),
        _unregistered,
        "address",
    ),
    "srvconf-corrupt-size": Kind(
        "the server is not registered as its own requestor",
        ("The server is registered as its own requestor when it is enabled (Q96060).",),
        ("Swap the server by way of a temporary one, as Q96060 describes for problem 5.",),
        _own_record,
    ),
    "bad-password": Kind(
        "the server refused the password of {po}",
        (
            "SRVMAIN 3.2a also refuses a right one when another requestor registered later has a name that "
            "begins this one's "
            "(Q125917).",
        ),
        ("Set the same password on both sides: Config, Dir-Sync. Nothing is lost meanwhile.",),
        _password,
        "address",
    ),
    "stale-t2-on-requestor": Kind(
        "the server's step, T2, is run for a postoffice that is not the server",
        ("It was the server once, or was scheduled by mistake; Dir-Sync itself is in order (Q136487).",),
        (
            "Remove T2 from its schedule: DSSCHED -X, edit, DSSCHED -I; then reset SYSTEM.MBG and its key file.",
            "Do not enable the server on it.",
        ),
        _stale_t2,
    ),
    "srvconf-missing": Kind("the server's configuration is missing", (), (), _srvconf_missing),
    "srvconf-corrupt-157-161": Kind(
        "the server takes SRVCONF for one of another version",
        (
            "Together 157 and 161 mean that the beginning of SRVCONF is overwritten (Q96060); REQMAIN before "
            "3.2a can do that "
            "on NetWare (Q120449).",
        ),
        ("Restore SRVCONF and MSTTRANS from one backup, then Export on every postoffice.",),
        _overwritten,
    ),
    "invalid-server-request-133": Kind(
        "T2 found an update of the server itself in its mailbag",
        (
            "The server's own T3 had not taken it out: a cycle by hand without REQMAIN -R, or steps in a wrong "
            "order (Q108844).",
        ),
        (
            "Run REQMAIN -R on the server. If it comes again, compress SYSTEM.MBG and reset its key file.",
            "Nothing is lost: the next cycle sends again.",
        ),
        _after_run("T3"),
    ),
    "system-mbg-duplicates": Kind(
        "T2 failed on messages that it could neither read nor delete: no requestor was sent anything",
        (
            "One cause: duplicate headers in SYSTEM.MBG (Q127752). SRVMAIN -T does not run after that.",
            "SRVMAIN 3.2.10 no longer fails on them.",
        ),
        ("Empty SYSTEM.MBG and reset SYSTEM.KEY on the server; requestors send again what was not acknowledged.",),
        _t2_fault,
    ),
    "system-mbg-locked-t3": Kind(
        "T3 could not read the system mailbag",
        ("SYSTEM.MBG was held open by another program (Q138783). The server sends again what is not acknowledged.",),
        ("Close what holds SYSTEM.MBG open at that time.",),
        _after_run("T3"),
    ),
    "inqueue-missing": Kind(
        "mail to the other side could not be put into the outgoing mailbag",
        (
            "INQUEUE.MBG or INQUEUE.KEY is missing or damaged, or the disk is full (Q130449, Q136333).",
            "Nothing is lost: the numbers did not change, and the step sends again.",
        ),
        ("Restore INQUEUE.MBG (0 bytes) and INQUEUE.KEY (560 bytes), and make room on the disk.",),
        _inqueue,
    ),
    "foreign-inbody": Kind(
        "the reply to {po} did not fit into the server's memory",
        ("It asked for the list in the body of the message; 9 for SRVUPDS and 159 are one event (Q123857).",),
        ("Let that requestor ask with TRANSACTIONS=INATTACHMENT.",),
        _inbody,
        "address",
    ),
    "att-dir-missing": Kind(
        "the server could not file status reports",
        ("A directory of ATT or MAI or INQUEUE.MBG is missing, or CONTROL.GLB is read-only (Q112303).",),
        ("Create the directories; CENTRAL.LOG lacks the reports of that time.",),
        _t2_fault,
    ),
    "srvtrans-leftover-13": Kind(
        "Import could not get at SRVTRANS",
        ("The updates in it count as delivered, and the server does not send them again.",),
        ("Free SRVTRANS and run IMPORT -Q; otherwise rename it, keep it, and make an empty one (Q174164).",),
        _srvtrans,
    ),
    "usrtrans-corrupt-45-150": Kind(
        "Import could not sort its queues",
        ("USRTRANS is damaged, SORTLOCK.GLB was left over, or pointers in REQCONF are not at rest (Q112301).",),
        (
            "Save copies; empty USRTRANS, delete SORTLOCK.GLB and the working files, run a full cycle, then RESYNC.",
            "What is emptied counts as delivered: without RESYNC or Import it is lost here.",
        ),
        _sorting,
    ),
    "error-150-space-rights": Kind(
        "received updates could not be stored",
        ("Usually disk space, rights, memory or file handles: storing takes up to three times their size (Q96060).",),
        ("Make room (NetWare: PURGE), check rights and FILES=, then run T3 again.",),
        _after_run("IMPORT", files=True),
    ),
    "import-rename-7": Kind(
        "Import could not rename its new list and posted nothing",
        ("A lock, missing rights, a read-only file or an antivirus program; many messages 90 follow (Q134228).",),
        ("Remove the lock and the left-over IMPORT.USR and IMPORT.INF.", _IMPORT_AGAIN),
        _rename,
    ),
    "import-locked-91": Kind(
        "Import found the database locked by {named}",
        ("FLAG.GLB was held open, most often by ADMIN (Q148705). The updates stay in SRVTRANS.",),
        ("Close ADMIN, and do not run it during T3.", _IMPORT_AGAIN),
        _after_run("IMPORT", files=True),
    ),
    "gal-rebuild-failures": Kind(
        "the global address list was not rebuilt properly",
        ("Sync numbers and lists are in order; only the global address list is old (Q99117).",),
        ("Close what holds GAL.NME, GALINDEX.GLB, GALNETPO.GLB or MASTER.GLB open, and run REBUILD -F again.",),
        _after_run("REBUILD"),
        "code",
    ),
    "gal-not-active": Kind(
        "the global address list is not rebuilt after updates",
        ("Rebuilding is switched off for this postoffice (Q105965).",),
        ("Config, Dir-Sync, Requestor, Options: Rebuild Yes; then run REBUILD.",),
        _after_run("GAL"),
    ),
    "content-level-poison": Kind(
        "an entry is refused: {named}",
        (
            "20: a group of ten characters was deleted (Q123398). 81: an entry without mailbox, from a damaged "
            "GROUP.GLB "
            "(Q128872). 47: a change without effect, often a malformed one (Q194819).",
            "It comes again every cycle until Keep Updates removes it.",
        ),
        ("Correct the entry on the postoffice it belongs to; Dir-Sync goes on without it.",),
        _after_run("IMPORT"),
        "code",
    ),
    "resync-error-14": Kind(
        "RESYNC.GLB could not be processed",
        (
            "Its numbers are below those of this postoffice (Q215505: made by Exchange from some requestors "
            "only), or it "
            "could not be made.",
        ),
        ("On the server run IMPORT -S again (Q96001); with Exchange set GlobalMaxSeqInResync (Q215505).",),
        _resync_14,
    ),
    "resync-gateway-44": Kind(
        "updates name gateways that are not installed here: {named}",
        ("Normal where the server has gateways that this postoffice lacks; those entries are skipped (Q122751).",),
        (),
        _always("note"),
    ),
    "resync-extract-bad-lists": Kind(
        "a full list holds gateway entries without name or address",
        ("The server's own gateway list is inconsistent: its X400.NME is empty, X400.GLB is not (Q119240).",),
        ("Repair the list on the server, then send it again.",),
        _bad_lists,
    ),
    "ds-msg-missing": Kind(
        "programs could not find their message texts",
        ("They are in DS_MSG.GLB; the logs then hold numbers only (Q130064).",),
        ("Restore DS_MSG.GLB from the program disks.",),
        _no_texts,
    ),
    "logged-error": Kind("{message}", (), (), _other, "code"),
}
"""What is said about each cause."""


def _judged(group: Group) -> Finding | None:
    kind = KINDS[group.slug]
    judgement = _elsewhere(group) if group.first.about and group.slug in BY_FILES else kind.judge(group)
    if judgement is None:
        return None
    message = MESSAGES.get(group.first.code) if group.slug == "logged-error" and group.first.code is not None else None
    advice = (message.help,) if message else kind.help
    notes = (*((judgement.over,) if judgement.over else ()), *judgement.notes, *kind.notes)
    if group.slug == "logged-error":
        notes = (f"The line reads: {_quoted(group.first.said)}", *notes)
    exits = () if judgement.over else tuple(group.history.exits(group.found))
    return _finding(
        group.case,
        group.slug,
        f"{_what(group, kind)}{_numbers(group)}{_times(group.found)}",
        (*group.found, *group.more, *exits),
        judgement.certainty if not judgement.over else "certain",
        notes,
        () if judgement.over else advice,
        "note" if judgement.over else judgement.severity,
        judgement.evidence,
        judgement.settled_by,
        judgement.ranges,
        _concerned(group, kind),
    )


def _what(group: Group, kind: Kind) -> str:
    if group.slug == "logged-error":
        message = MESSAGES.get(group.first.code) if group.first.code is not None else None
        return message.what if message else f"a program reports: {_quoted(group.first.said)}"
    po = _concerned(group, kind) or (group.case.postoffice.name if group.first.address else "") or "a requestor"
    return kind.what.format(po=po, named=_named(group))


def _concerned(group: Group, kind: Kind) -> str:
    """Return the postoffice a finding is about, where it is not the one whose log it is."""
    return group.first.about or (group.key if kind.key == "address" else "")


def _named(group: Group) -> str:
    names = list(dict.fromkeys(_subject(each) for each in group.found))
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _subject(entry: Entry) -> str:
    return _quoted((entry.line.argument or entry.said).strip() or "(not named)")


def _quoted(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _numbers(group: Group) -> str:
    """Return the message numbers, and for 139 what is missing."""
    codes = sorted({each.code for each in group.found if each.code is not None})
    if not codes:
        return ""
    listed = " and ".join(str(each) for each in codes) if len(codes) < 3 else ", ".join(map(str, codes))
    missing = next((found[0] for each in group.found[::-1] if (found := _MISSING.search(each.said))), "")
    lost = f"; missing: {missing}" if missing and 139 in codes else ""
    return f" (message{'s' if len(codes) > 1 else ''} {listed}{lost})"


def _times(found: Sequence[Entry], *, counted: bool = True) -> str:
    """Say how often, and when first and last; what one run logs is one event."""
    moments = sorted(each.moment for each in found if each.moment)
    if moments:
        count = 1 + sum(after - before > GAP for before, after in pairwise(moments))
    else:
        count = max(Counter((each.code, each.line.severity) for each in found).values())
    often = f", {count} times" if counted and count > 1 else ""
    if not moments:
        return often or ", time not logged"
    if count == 1:
        return f", on {_when(moments[-1])}"
    return f"{often}, first on {_when(moments[0])}, last on {_when(moments[-1])}"


def _when(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else "an unknown date"


def _finding(
    case: Case,
    slug: str,
    message: str,
    found: Sequence[Entry],
    certainty: str,
    notes: Sequence[str] = (),
    advice: Sequence[str] = (),
    severity: str = "",
    files: Sequence[Evidence] = (),
    settled_by: Sequence[str] = (),
    ranges: tuple[Range, ...] = (),
    concerned: str = "",
) -> Finding:
    shown = (
        list(found) if len(found) <= MOST_EVIDENCE else [*found[: MOST_EVIDENCE // 2], *found[-MOST_EVIDENCE // 2 :]]
    )
    if len(found) > len(shown):
        notes = (*notes, f"{plural(len(found), 'line')} show it; the first and the last are listed.")
    name, path = case.postoffice.name, case.postoffice.path
    if concerned and concerned != (name or "").upper():
        name = concerned
        path = next((each.path for each in case.network.postoffices if (each.name or "").upper() == concerned), path)
    return Finding(
        by_slug(slug),
        name,
        path,
        message,
        (*(logged(Logged(each.artefact, each.line)) for each in shown), *files),
        certainty,
        tuple(notes),
        tuple(advice),
        ranges,
        severity,
        tuple(settled_by) if certainty != "certain" else (),
    )


# --- what is not there -------------------------------------------------------------------------------------------


def _not_imported(case: Case, history: History) -> Iterator[Finding]:
    """Updates were received and REBUILD ran, without Import between them: it refused the password (Q148771)."""
    found = [pair for pair in _received_and_rebuilt(history) if not _imported_between(history, *pair)]
    if not found:
        return
    received, rebuilt = found[-1]
    size = _size(case, "SRVTRANS.GLB")
    imported = [
        each for each in history.entries if _banner(each.line) == "IMPORT" and not each.about and _later(each, rebuilt)
    ]
    over = ""
    if imported and not size:
        over = "Import ran later" + (f", {_when(imported[0].moment)}." if imported[0].moment else ".")
    elif size == 0:
        over = "SRVTRANS is empty now: its updates were taken in, or removed, since."
    waiting = case.postoffice.find("SRVTRANS.GLB") if size else None
    yield _finding(
        case,
        "import-not-run-bad-password",
        f"{received.line.argument} updates were received and the list was rebuilt without an Import between: they "
        "were not "
        f"posted{_times([each for each, _ in found])}",
        [each for pair in found for each in pair],
        "certain" if over else "likely",
        (
            *((over,) if over else ()),
            "Import writes nothing to any log when its password is wrong; 'Bad ID or Password' is on the screen "
            "only (Q148771).",
        ),
        () if over else ("Correct the password behind -P in the batch file.", _IMPORT_AGAIN),
        "note" if over else "",
        [Evidence(waiting.path, (0, waiting.size), None, "size", waiting.size, "the updates still wait")]
        if waiting
        else (),
        () if waiting else ("SRVTRANS.GLB, which would still hold the updates",),
    )


def _received_and_rebuilt(history: History) -> Iterator[tuple[Entry, Entry]]:
    """Yield each receipt of updates with the REBUILD that follows it in the same log without an Import."""
    received: Entry | None = None
    for each in history.entries:
        if each.line.form == "dispatch" or each.about:
            continue
        if received is not None and each.stream != received.stream:
            received = None
        program = _banner(each.line)
        if _of_import(each):
            received = None
        elif program == "REBUILD" and received is not None:
            yield received, each
            received = None
        elif each.code == 105:
            argument = each.line.argument or ""
            received = each if argument.isdigit() and int(argument) > 0 else None


def _imported_between(history: History, received: Entry, rebuilt: Entry) -> bool:
    """Whether another log has an Import at that time."""
    if received.moment is None or rebuilt.moment is None:
        return False
    return _within(history.imports, received.moment, rebuilt.moment)


def _unfinished_gal(case: Case, history: History) -> Iterator[Finding]:
    """REBUILD ends with an empty Status line; without it the new list was not put in place (Q148364)."""
    found: list[Entry] = []
    fine: list[Entry] = []
    for episode in history.episodes:
        if episode.program != "REBUILD" or episode.entries[0].about:
            continue
        counted = [each for each in episode.entries if each.said.startswith("Number of entries in GAL")]
        if not counted:
            continue
        coded = any(SINGLE.get(each.code or 0) == "gal-rebuild-failures" for each in episode.entries)
        if any(_is_blank(each.line) and _later_line(each, counted[-1]) for each in episode.entries):
            fine.append(counted[-1])
        elif not coded and not _blank_elsewhere(history, counted[-1]):
            found.append(counted[-1])
    if not found:
        return
    later = next((each for each in fine if _later(each, _ordered(found)[-1])), None)
    kind = KINDS["gal-rebuild-failures"]
    yield _finding(
        case,
        "gal-rebuild-failures",
        f"REBUILD counted the entries and did not put the new global address list in place{_times(found)}",
        _ordered(found),
        "certain" if later else "likely",
        (
            *(("A later REBUILD ended as it should.",) if later else ()),
            "The empty Status line that ends a REBUILD is missing: GALTMP or GALINDE$ could not be written (Q148364).",
            *kind.notes,
        ),
        () if later else kind.help,
        "note" if later else "",
        settled_by=("whether the log is complete",),
    )


def _later_line(entry: Entry, than: Entry) -> bool:
    return entry.stream == than.stream and entry.line.number > than.line.number


def _blank_elsewhere(history: History, counted: Entry) -> bool:
    """Whether another log of the same run has the line."""
    return counted.moment is not None and _within(history.blanks, counted.moment, counted.moment + GAP)


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
    if case.numbers.c is not None and head is not None and case.numbers.c >= head:
        return
    behind = case.numbers.c is not None and head is not None
    yield _finding(
        case,
        "requestor-readded",
        f"{len(series)} cycles in a row received no update{_times(series, counted=False)}",
        series,
        "possible",
        (
            "Normal when the server had nothing to send. If it had, this is what a postoffice logs that was "
            "deleted on the "
            "server and created again: it refuses the updates without a word (Q99961).",
            *((f"The server has issued {head}, this postoffice has {case.numbers.c}.",) if behind else ()),
        ),
        ("Compare the import numbers of both sides; if the server's is lower: Config, Dir-Sync, Requestor, Import.",),
        "warning" if behind else "note",
        settled_by=("the import numbers in REQCONF.GLB here and in SRVCONF.GLB of the server",),
    )


# --- cross checks ------------------------------------------------------------------------------------------------


def _silent_export(case: Case, history: History) -> Iterator[Finding]:
    """An Export has a date, T1 ran after it, and nothing of it was queued or acknowledged (Q119017; RULINGS 21)."""
    found, queue = case.postoffice.reqconf(), case.postoffice.queue("REQTRANS")
    exported = found[1].last_export if found else None
    if found is None or exported is None or queue is None:
        return
    sent = [each for each in history.entries if each.code in (106, 171) and each.moment and each.moment > exported]
    any_sent = any(each.code == 106 and each.line.argument != "0" for each in sent)
    if not sent or any_sent or any(each.text.startswith("R") for each in queue.real):
        return
    if not _unchanged_since(case, queue, exported):
        return
    yield _finding(
        case,
        "silent-export",
        f"an Export is dated {_when(exported)}, and it put nothing into REQTRANS",
        _ordered(sent)[:1],
        "likely",
        (
            "T1 ran after it and found nothing to send, REQTRANS holds no R record, which begins an Export, and "
            "nothing has "
            "been acknowledged since.",
            "Without REQTRANS an Export reports no error, sets its date and queues nothing (Q119017).",
        ),
        ("Export again: Config, Dir-Sync, Requestor, Export; LISTQ then shows an R record.",),
        files=[
            *filter(None, (case.stored("last_export", _when(exported), "date of the last Export"),)),
            Evidence(queue.artefact.path, None, None, "last sync", queue.last, "no R record"),
        ],
        settled_by=("an older copy of REQTRANS.GLB",),
    )


def _unchanged_since(case: Case, queue: Held, exported: datetime) -> bool:
    """Whether nothing was acknowledged since: a record of before is still there, or there never was one."""
    if not queue.records:
        return case.numbers.a == 0
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
        what = Evidence(artefact.path, (0, artefact.size), None, "size", artefact.size, "no lines of a log")
        count = "holds no lines of a log"
    else:
        broken = [each for each in found.content.lines if each.form == "unparsed" and _control(each.raw)]
        if not broken:
            return
        first = broken[0]
        what = Evidence(
            artefact.path, (first.span.start, first.span.stop), first.number, "line", first.raw, "control bytes"
        )
        count = f"holds {plural(len(broken), 'line')} of control bytes"
    yield _finding(
        case,
        "server-t2-crash",
        f"DSSERVER.LOG {count}; T1 sends it to the server",
        (),
        "possible",
        ("SRVMAIN before 3.2.12 crashed on a damaged one, and every requestor missed that cycle (Q125918).",),
        ("Delete this DSSERVER.LOG; it holds nothing but the log of the last cycle.",),
        files=[what],
        settled_by=("the version of SRVMAIN on the server",),
    )


def _control(raw: str) -> bool:
    return any(each < " " and each not in "\t\r\x1a" for each in raw.rstrip("\0"))
