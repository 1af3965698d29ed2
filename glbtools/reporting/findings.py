"""Findings for people: the fault, the bytes or the line that show it, why it is so, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from glbtools.diagnosis.finding import Evidence, Finding
from glbtools.diagnosis.successors.inputs import IMPORT
from glbtools.diagnosis.wording import numbers_text, plural
from glbtools.model.channel import BACKSYNC, DOWNLOAD, ICS, UPLOAD, USN, Channel
from glbtools.reporting.text import Screen, message, safe, wrapped

if TYPE_CHECKING:
    from glbtools.diagnosis.case import Judged
    from glbtools.diagnosis.engine import Report

COLORS = {"error": "red", "warning": "yellow", "note": "cyan"}
NAMED_BY_EFFECT = frozenset(
    {"stranded-transactions", "reqtrans-deleted-zero-byte", "reqtrans-49-byte-idle", "reqtrans-podiag-dummy-60"}
)
"""Problems whose name says what is, not how it came about: how sure the cause is belongs into the notes."""

MOST_EVIDENCE = 10
BYTES = 8

Bytes = Callable[[str, int, int], bytes]
"""Path, start, stop -> the bytes there; empty when they cannot be read."""


def show(report: Report, screen: Screen) -> Iterator[str]:
    """Yield the report: findings, what each channel is in, and a count."""
    read = report.bytes_at
    for same in _grouped(report.findings):
        yield from _finding(same[0], screen, read)
        if len(same) > 1:
            others = ", ".join(safe(each.postoffice or each.path) for each in same[1 : 1 + MOST_EVIDENCE])
            more = f" and {len(same) - 1 - MOST_EVIDENCE} more" if len(same) > 1 + MOST_EVIDENCE else ""
            yield from _labelled("also", f"{others}{more}", screen)
        yield ""
    yield from _postoffices(report, screen)
    yield from _successors(report, screen)
    yield from _channels(report, screen)
    yield from _passed_over(report, screen)
    said = ", ".join(plural(count, kind) for kind, count in report.summary.items() if count)
    nothing = "nothing to report of what was read" if report.unreadable else "nothing to report"
    yield screen.paint(said or nothing, "bold")


def _passed_over(report: Report, screen: Screen) -> Iterator[str]:
    """Name what was given and not looked at."""
    passed_over = report.network.passed_over
    for each in passed_over[:MOST_EVIDENCE]:
        yield from wrapped(f"not looked at: {safe(each.path)}: {each.why}", screen.width, "  ")
    if len(passed_over) > MOST_EVIDENCE:
        yield f"not looked at: {len(passed_over) - MOST_EVIDENCE} more; --json lists them"
    if passed_over:
        yield ""


def _grouped(findings: list[Finding]) -> Iterator[list[Finding]]:
    """Yield findings one by one, notes of one problem together: what is normal everywhere is said once."""
    notes: dict[str, list[Finding]] = {}
    for each in findings:
        if each.severity == "note":
            notes.setdefault(each.problem.code, []).append(each)
        else:
            yield [each]
    yield from notes.values()


def _finding(finding: Finding, screen: Screen, read: Bytes) -> Iterator[str]:
    level = finding.severity
    sure = "" if finding.certainty == "certain" else f" ({finding.certainty})"
    cause = finding.cause_certainty
    if not sure and cause not in ("", "certain") and finding.problem.slug not in NAMED_BY_EFFECT:
        sure = f" (cause {cause})"
    head = f"{level}[{finding.problem.code}]"
    text = f"{head} {finding.problem.slug}{sure}: {message(finding.message)}"
    lines = wrapped(text, screen.width, "  ")
    yield lines[0].replace(head, screen.paint(head, COLORS[level], "bold"), 1)
    yield from lines[1:]
    for path, places in groupby(finding.evidence[:MOST_EVIDENCE], key=lambda each: each.path):
        yield from wrapped(f"  --> {safe(path)}", screen.width, "      ")
        for each in places:
            yield from _evidence(each, screen, read)
    if len(finding.evidence) > MOST_EVIDENCE:
        yield f"      and {len(finding.evidence) - MOST_EVIDENCE} more places; --json lists them"
    for note in finding.notes:
        yield from _labelled("note", note, screen)
    if finding.settled_by and finding.certainty != "certain":
        yield from _labelled("note", f"what would settle it: {', '.join(map(_settling, finding.settled_by))}", screen)
    for advice in finding.help:
        yield from _labelled("help", advice, screen)
    yield from _labelled("more", f"glbtools explain {finding.problem.code}", screen)


def _evidence(each: Evidence, screen: Screen, read: Bytes) -> Iterator[str]:
    """Show one place of a file: line or offset, its first bytes, what is stored there and what that shows."""
    stored = "" if each.value is None else f"{safe(each.value)}"
    field = "" if each.field == "line" else each.field
    said = ": ".join(filter(None, (f"{field} {stored}".strip(), message(safe(each.note)) if each.note else "")))
    where = ""
    if each.line is not None:
        where = f"line {each.line}"
    elif each.span is not None and field != "size":
        shown = read(each.path, each.span[0], min(each.span[1], each.span[0] + BYTES)).hex(" ")
        where = f"{each.span[0]:04x} | {shown:{3 * BYTES - 1}}"
    if where or said:
        head = f"      {where}  " if where else "      "
        yield from wrapped(f"{head}{said}", screen.width, " " * len(head))


def _labelled(label: str, text: str, screen: Screen) -> Iterator[str]:
    lines = wrapped(f"  {label}: {message(text)}", screen.width, "        ")
    yield lines[0].replace(f"{label}:", screen.paint(f"{label}:", "bold"), 1)
    yield from lines[1:]


def _postoffices(report: Report, screen: Screen) -> Iterator[str]:
    for each in report.network.postoffices:
        name = each.name or "a postoffice without a known name"
        source = f" (name from: {each.name_from})" if each.name_from else ""
        yield from wrapped(f"{safe(each.path)}: {safe(name)}, {each.role}{message(source)}", screen.width, "  ")
    if report.network.postoffices:
        yield ""


def _successors(report: Report, screen: Screen) -> Iterator[str]:
    """Name the directory dumps and the pairs, and whose they are."""
    for each in report.directories:
        whose = f"directory of {safe(each.facts.server)}" if each.facts.server else "a directory, no server named"
        scope = f", {safe(each.facts.scope)}" if each.facts.scope else ""
        said = f"{safe(each.path)}: {whose}{scope}; {plural(each.objects, 'object')}, numbers up to {each.highest}"
        yield from wrapped(said, screen.width, "  ")
    imports = report.given.of(IMPORT)
    for piece in imports:
        yield from wrapped(f"{safe(piece.path)}: a file for the directory import", screen.width, "  ")
    for pair in report.pairs:
        yield from wrapped(f"{safe(pair.path)}: pair {safe(pair.id)}", screen.width, "  ")
    if report.directories or report.pairs or imports:
        yield ""


def _channels(report: Report, screen: Screen) -> Iterator[str]:
    for judged in report.channels:
        yield from wrapped(channel_line(judged), screen.width, "  ")
    if report.channels:
        yield ""


def channel_line(judged: Judged) -> str:
    """Say in one line who sends to whom, what the numbers are and what that means."""
    channel, verdict = judged.channel, judged.verdict
    origin, target = channel.origin or "the server", channel.target or "the server"
    if channel.kind == ICS:
        origin, target = channel.origin or "a source elsewhere", channel.target or "a target elsewhere"
    successor = channel.kind not in (UPLOAD, DOWNLOAD)
    meaning = _MEANING | _OF_SUCCESSORS if successor else _MEANING
    other = successor and verdict.state in ("FOREIGN", "EPOCH_CHANGED")  # The numbers cannot be compared then.
    shown = verdict.states[:1] if other else verdict.states
    states = [meaning[each].format(ranges=_ranges(judged, each)) for each in shown]
    a, b = channel.confirmed, channel.applied
    if channel.kind == UPLOAD and "HOLE" in verdict.undecided and a is not None and b is not None and b < a:
        told = [each for each in states if each != meaning["UNKNOWN"]]
        states = [*told, f"may have lost {numbers_text([(b, a)])}, not enough is known to tell"]
    zone = f"; next ignored: {numbers_text([verdict.dead_zone])}" if verdict.dead_zone and not other else ""
    sure = "" if verdict.certainty == "certain" else f" ({verdict.certainty})"
    heard = f"; {safe(judged.note)}" if judged.note else ""
    line = f"{channel.kind} {safe(origin)} -> {safe(target)}: {_known(channel)}: {', '.join(states)}"
    return f"{line}{zone}{sure}{heard}"


def _known(channel: Channel) -> str:
    """Return the numbers of a channel, each with whose it is."""
    if channel.kind == UPLOAD:
        return (
            f"queue ends at {_or(channel.last)}, confirmed {_or(channel.confirmed)}, server has {_or(channel.applied)}"
        )
    if channel.kind == USN:
        return f"exported up to {_or(channel.applied)}, directory at {_or(channel.head)}"
    if channel.kind == BACKSYNC:
        return f"seen up to {_or(channel.applied)}, directory at {_or(channel.head)}"
    if channel.kind == ICS:
        return f"source at {_or(channel.head)}, agent at {_or(channel.confirmed)}, target at {_or(channel.applied)}"
    known = f"server at {_or(channel.head)}, requestor has {_or(channel.applied)}"
    if channel.applied is None:
        known += f" (by the server's record {_or(channel.confirmed)})"
    return known


_MEANING = {
    "FOREIGN": "the numbers are another server's",
    "EPOCH_CHANGED": "the record was made anew, updates are refused",
    "ROLLED_BACK": "one side went back",
    "HOLE": "lost{ranges}",
    "MISSED_DELETIONS": "deletions were missed",
    "STRANDED": "stuck{ranges}",
    "REJECTED": "refused as old{ranges}",
    "PARTIAL": "the server stops{ranges}",
    "UNACKNOWLEDGED": "received, not yet confirmed{ranges}",
    "PENDING": "waiting to be sent{ranges}",
    "IN_SYNC": "in step",
    "UNKNOWN": "nothing wrong is seen; not everything is known",
}

_OF_SUCCESSORS = {
    "EPOCH_CHANGED": "the numbering has begun anew",
    "ROLLED_BACK": "the source went back in time",
    "HOLE": "purged before they were sent{ranges}",
    "MISSED_DELETIONS": "deletions may have been missed",
    "STRANDED": "never asked for{ranges}",
    "UNACKNOWLEDGED": "confirmed before, not there now{ranges}",
    "PENDING": "still to come{ranges}",
}
"""Where a state means something else in a directory or a pair."""


def _ranges(judged: Judged, state: str) -> str:
    ranges = judged.verdict.ranges.get(state)
    return f": {numbers_text(ranges)}" if ranges else ""


def _or(number: int | None) -> str:
    return "?" if number is None else str(number)


def _settling(name: str) -> str:
    names = {
        "applied": "the server's record (SRVCONF)",
        "confirmed": "REQCONF.GLB",
        "last": "REQTRANS.GLB",
        "held": "REQTRANS.GLB",
        "head": "the server's SRVCONF",
        "floor": "the server's MSTTRANS",
    }
    return names.get(name, name)
