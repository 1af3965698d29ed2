"""Which cause a line of a log shows: lines grouped by cause, and the symptoms of a problem that others report."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple

from glbtools.diagnosis.case import Case, sized
from glbtools.diagnosis.finding import Evidence
from glbtools.diagnosis.history import Episode, History, Memo, order, ordered, read
from glbtools.diagnosis.messages import MESSAGES
from glbtools.diagnosis.problems import PROBLEMS, by_slug
from glbtools.diagnosis.problems.problem import Symptom
from glbtools.formats.logs import LogLine

ADDRESSED_BY = {4: 129, 9: 159, 118: 166}
"""Messages without an address, and the one behind them that has it (Q108067, Q119450, Q123857)."""

SECONDARY = frozenset({90, 104, 152})
"""Messages that follow from another in the same run (Q119017, Q134228)."""

EMPTY_AT_REST = ("SRVTRANS.GLB", "USRTRANS.GLB", "NMETRANS.GLB", "GWTRANS.GLB")
"""0 bytes unless an Import runs (Q96060, Q122750)."""

ABSENT_AT_REST = (
    "IUSRTRAN*.GLB", "INMETRAN*.GLB", "IGWTRAN*.GLB", "SRVUPDS.GLB", "REQUPDS.GLB", "SORT*.GLB", "ILOCAL.GLB",
    "INDEX.GLB", "TMPTRANS.GLB", "IMPORT.USR", "IMPORT.INF", "GAL$.NME", "GALINDE$.GLB", "GALTMP.GLB", "TMPNETPO.GLB",
)  # fmt: skip
"""Left behind by a run that did not finish (Q122750, Q134228, Q99117)."""

_NO_TEXT = re.compile(r"error obtaining message #", re.IGNORECASE)


class Group(NamedTuple):
    """Lines that have one cause.

    Attributes:
        slug: the problem.
        key: what sets it apart from others of the same kind: an address, a message number, or nothing.
        found: the lines that show it, in the order of time.
        more: lines that follow from it.
    """

    slug: str
    key: str
    found: list[LogLine]
    more: list[LogLine]

    @property
    def first(self) -> LogLine:
        """The first line."""
        return self.found[0]

    @property
    def last(self) -> LogLine:
        """The last line."""
        return self.found[-1]

    @property
    def codes(self) -> set[int | None]:
        """The message numbers."""
        return {each.code for each in self.found}


def symptoms(case: Case, slug: str) -> list[LogLine]:
    """Return the log lines about a postoffice that are symptoms of a problem, whoever reports it; oldest first.

    For ``requestor-inactive-window``, ``server-restored-from-backup`` and ``server-reenabled-or-replaced`` these stand
    in the server's log; ``case.lines`` sees only the postoffice's own.
    """
    if slug in ("server-restored-from-backup", "server-reenabled-or-replaced"):
        slug = "requestor-inactive-window"
    own = [group for group in groups(case) if not group.first.about]
    found: Iterable[LogLine]
    if slug == "requestor-readded":
        found = read(case).nothing_received
    elif slug in ("temp-files-leftover", "listds-pointers-not-reset"):
        sorting = [each for group in own if group.slug == "usrtrans-corrupt-45-150" for each in group.found]
        found = [each for each in sorting if each.code == 45]
        if slug == "temp-files-leftover":
            found = [*found, *(each for each in read(case).entries if each.code == 30 and not each.about)]
    else:
        found = [each for group in own if group.slug == slug for each in (*group.found, *group.more)]
    return ordered(found)


def symptom_of(slug: str) -> Symptom:
    """Return what logs show of a problem that they show something of."""
    found = by_slug(slug).symptom
    assert found is not None, f"the file of {slug} has no table [log]"
    return found


# --- grouping ----------------------------------------------------------------------------------------------------

Near = set[int | str | None]
"""Message numbers of one time."""


@Memo
def groups(case: Case) -> list[Group]:
    """Return the lines that report a fault, by cause; worked out once for each case."""
    history = read(case)
    telling = [each for each in history.episodes if not all(map(_tells_nothing, each.entries))]
    near = _by_time(history.entries) if telling else {}
    made: dict[tuple[str, str, str], Group] = {}
    for episode in telling:
        _claim(case, episode, near, made)
    _claim_dispatched(case, history, made)
    for group in made.values():
        group.found.sort(key=order)
    return list(made.values())


def _by_time(entries: Iterable[LogLine]) -> dict[tuple[str, str, int], Near]:
    """Return what each sitting of each log tells."""
    near: dict[tuple[str, str, int], Near] = {}
    for each in entries:
        marks = near.setdefault((*each.stream, each.sitting), set())
        marks.add(each.code)
        if each.said.startswith(_SERVER_FAILED):
            marks.add("server failed")
    return near


def _claim(
    case: Case,
    episode: Episode,
    near: dict[tuple[str, str, int], Near],
    made: dict[tuple[str, str, str], Group],
) -> None:
    """Give every line of a run to its cause; what only follows from another goes along with that."""
    following: list[LogLine] = []
    current: Group | None = None
    keys = _addresses(episode.entries)
    for each, address in zip(episode.entries, keys, strict=True):
        bare = each.code is None and each.severity not in ("", "Status")
        if each.code in SECONDARY or (bare and not each.said.startswith(_BEGINNINGS)):
            (current.more if current else following).append(each)
            continue
        slug = _cause(case, each, near[(*each.stream, each.sitting)])
        if not slug:
            continue
        way = symptom_of(slug).by
        key = address if way == "address" else str(each.code or "") if way == "code" else ""
        group = made.setdefault((slug, each.about, key), Group(slug, key, [], []))
        group.found.append(each)
        if current is None and not _only_before(following, each):
            group.more.extend(following)
            following = []
        current = group
    for each in following:
        if each.code is not None or each.severity == "Fatal":
            key = str(each.code or "")
            group = made.setdefault(("logged-error", each.about, key), Group("logged-error", key, [], []))
            group.found.append(each)


def _claim_dispatched(case: Case, history: History, made: dict[tuple[str, str, str], Group]) -> None:
    """Take what Dispatch tells of a T2 on a requestor, where T2 has no place."""
    slug = "stale-t2-on-requestor"
    if case.postoffice.role != "requestor":
        return
    for each in history.entries:
        polled = each.form == "dispatch" and each.postoffice and not each.about
        if polled and each.step == "T2" and each.event in ("run", "missed"):
            made.setdefault((slug, "", ""), Group(slug, "", [], [])).found.append(each)


def _addresses(entries: Sequence[LogLine]) -> list[str]:
    """Return the address of each line; 118 has that of the 166 behind it, 9 that of the 159."""
    found: list[str] = []
    seen: dict[int | None, str] = {}
    for each in reversed(entries):
        seen[each.code] = each.address
        found.append(each.address or seen.get(ADDRESSED_BY.get(each.code or 0, 0), ""))
    return found[::-1]


def _only_before(following: Sequence[LogLine], entry: LogLine) -> bool:
    """Whether lines are too far before another to follow from it."""
    return bool(following) and following[-1].sitting != entry.sitting


# --- which cause a line shows ------------------------------------------------------------------------------------

SINGLE: dict[int, str] = {
    number: each.slug for each in PROBLEMS if each.symptom is not None for number in each.symptom.numbers
}
"""Messages that show one cause, whatever stands beside them, as the files of the problems say."""

_SAYS = tuple((text, each.slug) for each in PROBLEMS if each.symptom is not None for text in each.symptom.says)
_BEGINNINGS = tuple(text for text, _ in _SAYS)
_SERVER_FAILED = "Server processing failure"
_ROUTINE = frozenset({105, 106, 167, 171})
"""Messages of every healthy run."""


def _tells_nothing(each: LogLine) -> bool:
    """Whether a line shows no cause and follows from none, whatever stands beside it: most lines by far."""
    if each.code is not None:
        return each.code in _ROUTINE
    return (
        each.severity in ("", "Status")
        and each.event != "missed"
        and not each.said.startswith((*_BEGINNINGS, _SERVER_FAILED))
        and not _NO_TEXT.search(each.said)
    )


def _cause(case: Case, each: LogLine, near: Near) -> str:
    """Return the problem that a line shows; empty when it shows none."""
    if each.code is None:
        return _cause_by_text(case, each, near)
    if each.code in SINGLE:
        return SINGLE[each.code]
    if each.code in PAIRED:
        return PAIRED[each.code](case, each, near)
    undocumented = each.severity.startswith("severity")
    known = each.code in MESSAGES or each.severity in ("Error", "Fatal") or undocumented
    return "logged-error" if known and each.code not in _ROUTINE else ""


def _cause_by_text(case: Case, each: LogLine, near: Near) -> str:
    text = each.said
    if named := next((slug for beginning, slug in _SAYS if text.startswith(beginning)), ""):
        return named
    if text.startswith(_SERVER_FAILED):
        return "system-mbg-duplicates" if 115 in near else "logged-error"
    missed = each.step == "T2" and each.event == "missed"
    if missed and case.postoffice.role == "requestor" and not each.about:
        return "stale-t2-on-requestor"
    return "ds-msg-missing" if _NO_TEXT.search(text) else ""


def _by_file(each: LogLine, reqtrans: str, msttrans: str) -> str:
    if "REQTRANS" in each.named and reqtrans:
        return reqtrans
    return msttrans if "MSTTRANS" in each.named else "logged-error"


def _thirteen(case: Case, each: LogLine, _near: Near) -> str:
    """3.2a and 3.5 mean SRVTRANS by 13, 3.0 a faulty line of an import file (Q174164, Q96001)."""
    bare = not each.argument and each.form == "coded"
    return (
        "srvtrans-leftover-13"
        if "SRVTRANS" in each.named or (bare and not each.about and size_of(case, "SRVTRANS.GLB"))
        else "logged-error"
    )


def _thirty(case: Case, each: LogLine, _near: Near) -> str:
    """30 is a queue that Import could not get at; one variant is a returned mail (Q187779)."""
    left = not each.about and leftovers(case)
    return "" if left or "duplicate email address" in each.said else "logged-error"


def _unread_mail(case: Case, each: LogLine, near: Near) -> str:
    if 8 in near or "server failed" in near:
        return "system-mbg-duplicates"
    return (
        "system-mbg-locked-t3" if each.program == "REQMAIN" or case.postoffice.role == "requestor" else "logged-error"
    )


def _busy(case: Case) -> str:
    if case.is_server:
        return "srvconf-missing" if case.postoffice.absent("SRVCONF.GLB") else "logged-error"
    return "stale-t2-on-requestor"


PAIRED: dict[int, Callable[[Case, LogLine, Near], str]] = {
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


def size_of(case: Case, name: str) -> int | None:
    """Return the size of a file; None when it is not there."""
    artefact = case.postoffice.find(name)
    return artefact.size if artefact else None


class Leftover(NamedTuple):
    """What an unfinished run left.

    Attributes:
        name: of the file that was left.
        held: updates in it, where it is a queue that can be read.
        evidence: the file, or the listing that shows what is in it.
    """

    name: str
    held: int
    evidence: Evidence


def leftovers(case: Case) -> list[Leftover]:
    """Return what an unfinished run left: queues that are not empty, then files that should not be there."""
    full = [left for name in EMPTY_AT_REST if (left := left_in(case, name)) and left.evidence.value]
    there = case.postoffice.artefacts
    stray = [each for each in there if _is_absent_at_rest(each.name)]
    return [*full, *(Leftover(each.name, 0, sized(each)) for each in stray)]


@cache
def _is_absent_at_rest(name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, mask) for mask in ABSENT_AT_REST)


def left_in(case: Case, name: str) -> Leftover | None:
    """Return a queue file that should be empty or absent, as it is, or as a listing shows it."""
    artefact, queue = case.postoffice.find(name), case.postoffice.queue(name.partition(".")[0])
    held = len(queue.real) if queue else 0
    if artefact is not None:
        return Leftover(name, held, sized(artefact))
    if queue is None:
        return None
    line = queue.lines[0] if queue.lines else None
    return Leftover(name, held, Evidence(queue.artefact.path, None, line, "records", len(queue.records)))
