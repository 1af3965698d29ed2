"""Findings for people: the fault, the bytes or the line that show it, why it is so, what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from glbtools.diagnosis.alternatives import NAMED_BY_EFFECT
from glbtools.diagnosis.finding import NOT_SO, Evidence, Finding
from glbtools.diagnosis.successors.inputs import IMPORT
from glbtools.diagnosis.wording import numbers_text, plural
from glbtools.formats.objects import NO_IDENTITY
from glbtools.model.channel import BACKSYNC, DOWNLOAD, ICS, NORMAL, UPLOAD, USN, Channel, Range, due
from glbtools.model.doubts import CERTAINTIES, NAMED_OTHERWISE
from glbtools.reporting import model
from glbtools.reporting.model import STRONG, Block, Break, Paragraph, Place, Places, Verbatim
from glbtools.reporting.text import message, safe

if TYPE_CHECKING:
    from glbtools.diagnosis.case import ChannelVerdict
    from glbtools.diagnosis.engine import Report
    from glbtools.evidence.network import Network
    from glbtools.evidence.postoffice import Postoffice

MOST_EVIDENCE = 10
MOST_ALIKE = 3
"""Findings of one cause that are shown one by one."""

MOST_NAMED = 24
"""Postoffices, and channels, that are all named."""

BYTES = 8
"""Of a place, shown."""

Bytes = Callable[[str, int, int], bytes]
"""Path, start, stop -> the bytes there; empty when they cannot be read."""


def report(found: Report, /, *, verbose: bool = False, part: bool = False) -> Iterator[Block]:
    """Yield the report: what is wrong in one sentence, the findings, what each channel is in, and a count.

    Args:
        found: the diagnosis.
        verbose: show what is alike one by one, and name all that is counted otherwise.
        part: it has some of its findings only, of which no sentence about the whole can be made.
    """
    if not part and _requestors(found):
        yield Paragraph(summary(found), tones=STRONG)
        yield Break()
    for same in grouped(found.findings):
        few = verbose or (len(same) <= MOST_ALIKE and same[0].severity != "note")
        for each in same if few else same[:1]:
            yield from _finding(each, found.bytes_at)
            if not few:
                yield from _others(same)
            yield Break()
    yield from _postoffices(found, verbose)
    yield from _successors(found)
    yield from _channels(found, verbose)
    yield from _unjudged(found)
    yield from _passed_over(found, verbose)
    counts = [plural(count, kind) for kind, count in found.summary.items() if count and kind != "unjudged"]
    if found.unjudged:
        counts.append(f"{plural(len(found.unjudged), 'postoffice')} not judged")
    said = ", ".join(counts)
    nothing = "nothing to report of what was read" if found.unreadable else "nothing to report"
    yield Verbatim(said or nothing, STRONG)


def summary(report: Report) -> str:
    """Return in one sentence what is wrong, and how sure that is."""
    serious = [each for each in report.findings if each.severity != "note"]
    ends = _requestors(report)
    unjudged = f"; {len(report.unjudged)} cannot be judged" if report.unjudged else ""
    sick = Counter(filter(None, ends.values()))
    said = [(sick[each], _lose(each, sick[each])) for each in CERTAINTIES if sick[each]]
    if said:
        (count, first), more = said[0], "".join(f", {number} more {verb} some" for number, verb in said[1:])
        return f"{count} of {plural(len(ends), 'postoffice')} {first} changes{more}{unjudged}"
    of = f" in {plural(len(ends), 'postoffice')}" if ends else ""
    if serious:
        counts = [plural(report.summary[each], each) for each in ("error", "warning") if report.summary[each]]
        seen = "; no postoffice is seen to lose changes" if ends else ""
        return f"{' and '.join(counts)}{of}{seen}{unjudged}"
    read = " in what was read" if report.unreadable else ""
    lowered = {
        each.postoffice
        for each in report.findings
        if each.problem.severity == "error" and each.ranges and each.certainty != "certain"
    }
    if lowered:
        return f"nothing wrong is sure{of}; {len(lowered)} may lose changes{unjudged}"
    judged = len(report.evidence.postoffices) - len(report.unjudged)
    if report.unjudged and judged <= 0:
        one = len(report.unjudged) == 1
        return "the postoffice cannot be judged" if one else f"none of {len(report.unjudged)} postoffices can be judged"
    return f"nothing wrong is found{of}{read}{unjudged}"


def _lose(certainty: str, count: int) -> str:
    """Return the verb for so many postoffices that lose changes."""
    how = {"certain": "", "likely": "probably ", "possible": "may "}[certainty]
    return f"{how}{'loses' if count == 1 and certainty != 'possible' else 'lose'}"


def _requestors(report: Report) -> dict[str, str]:
    """Return the postoffices, given or known from a server, each with how sure it is that it loses changes.

    The findings about its numbers say how sure; of a channel that is sick and has none, those about others do. Empty
    where no change is seen to be lost.
    """
    ends = {each.shown: "" for unit in report.evidence.units for each in unit.postoffices}
    serious = [each for each in report.findings if each.severity != "note"]
    of_changes = [each for each in serious if each.problem.code[0] in "UD"]
    losses = [each for each in of_changes if each.ranges]
    surest = min((each.certainty for each in losses or of_changes), key=CERTAINTIES.index, default="")
    if not surest and serious:
        surest = "possible"  # What the server's files say of themselves says nothing of how sure a loss is.
    for judged in report.channels:
        channel = judged.channel
        if channel.kind in (UPLOAD, DOWNLOAD):
            name = (channel.origin if channel.kind == UPLOAD else channel.target) or "?"
            ends[name] = ends.get(name, "") or (surest if is_sick(judged) else "")
    own: dict[str, list[str]] = {}
    for each in losses:
        if each.postoffice in ends:
            own.setdefault(each.postoffice, []).append(each.certainty)
    return ends | {name: min(sure, key=CERTAINTIES.index) for name, sure in own.items()}


def grouped(found: Iterable[Finding]) -> Iterator[list[Finding]]:
    """Yield findings by problem, severity and certainty, the worst first; notes by problem."""
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for each in found:
        key = (each.severity, each.problem.code)
        sure = (each.certainty, each.cause_certainty) if each.severity != "note" else ()
        alike.setdefault((*key, *sure), []).append(each)
    yield from alike.values()


def _others(same: list[Finding]) -> Iterator[Block]:
    """Say where the same was found: with what differs, unless it is a note."""
    others, left = same[1 : 1 + MOST_EVIDENCE], len(same) - 1 - MOST_EVIDENCE
    if same[0].severity == "note":
        if others:
            more = f" and {left} more" if left > 0 else ""
            said = {each.message.replace(each.postoffice or each.path, "") for each in same}
            apart = "" if len(said) == 1 else ", with numbers of their own"
            named = ", ".join(safe(each.postoffice or each.path) for each in others)
            yield _labelled("also", f"{named}{more}{apart}")
        return
    for each in others:
        yield _labelled("also", f"{safe(each.postoffice or each.path)}: {each.message}")
    if left > 0:
        yield _labelled("also", f"{left} more; --verbose shows them")


def _unjudged(found: Report) -> Iterator[Block]:
    """Name the postoffices of which nothing could be compared: to say nothing of them would call them sound."""
    for each in found.unjudged:
        yield Paragraph(f"{safe(each.path)}: {message(each.why)}")
    if found.unjudged:
        yield Break()


def _passed_over(found: Report, verbose: bool) -> Iterator[Block]:
    """Name what was given and not looked at: copies, and what may be evidence; the rest is counted."""
    passed_over = found.evidence.passed_over
    named = [each for each in passed_over if each.kind != "foreign" or verbose]
    shown = named if verbose else named[:MOST_EVIDENCE]
    for each in shown:
        yield Paragraph(f"not looked at: {safe(each.path)}: {each.why}")
    if len(named) > len(shown):
        yield Verbatim(f"not looked at: {len(named) - len(shown)} more; --verbose names them")
    if len(passed_over) > len(named):
        foreign = plural(len(passed_over) - len(named), "file")
        yield Verbatim(f"passed over: {foreign} of other kinds; --verbose names them")
    if passed_over:
        yield Break()


def head(finding: Finding) -> Block:
    """Return what is wrong, and how sure that is."""
    return model.Finding(
        finding.severity,
        finding.problem.code,
        slug=finding.problem.slug,
        sure=_how_sure(finding),
        text=message(finding.message),
    )


def _how_sure(finding: Finding) -> str:
    """Return how sure a finding is: its effect and its cause apart, where the files leave its cause open."""
    sure = {"effect": finding.certainty, "cause": finding.cause_certainty}
    if not finding.cause_certainty:
        return "" if finding.certainty == "certain" else finding.certainty
    if finding.problem.slug in NAMED_BY_EFFECT:
        del sure["cause"]
    return ", ".join(f"{what} {certainty}" for what, certainty in sure.items() if certainty != "certain")


def _finding(finding: Finding, read: Bytes) -> Iterator[Block]:
    yield head(finding)
    for path, places in groupby(finding.evidence[:MOST_EVIDENCE], key=lambda each: each.path):
        yield Places(safe(path), tuple(place(each, read) for each in places))
    if len(finding.evidence) > MOST_EVIDENCE:
        yield Verbatim(f"      and {len(finding.evidence) - MOST_EVIDENCE} more places; --json lists them")
    for note in finding.notes:
        yield _labelled("note", note)
    if finding.certainty != "certain":
        yield from _doubts(finding)
    for advice in finding.help:
        yield _labelled("help", advice)
    yield _labelled("more", f"glbtools explain {finding.problem.code}")


def _doubts(finding: Finding) -> Iterator[Block]:
    """Say what would make a finding wrong, and what would settle it; of the name a note of its own says so."""
    left = [each for each in finding.alternatives if each.effect == NOT_SO and each.slug != NAMED_OTHERWISE.slug]
    if left:
        yield _labelled("note", f"The finding is wrong if {'; or if '.join(each.says for each in left)}.")
    tells = dict.fromkeys([*(each.settled_by for each in left), *map(settling, finding.settled_by)])
    if tells:
        yield _labelled("note", f"what would settle it: {', '.join(tells)}")


def place(each: Evidence, read: Bytes) -> Place:
    """Return one place of a file: line or bytes, the first of these, what is stored there and what that shows."""
    stored = "" if each.value is None else f"{safe(each.value)}"
    field = "" if each.field == "line" else each.field
    said = ": ".join(filter(None, (f"{field} {stored}".strip(), message(safe(each.note)) if each.note else "")))
    span = each.span if each.line is None and field != "size" else None
    data = read(each.path, span[0], min(span[1], span[0] + BYTES)) if span else b""
    return Place(each.line, span, data=data, said=said)


def _labelled(label: str, text: str) -> Block:
    return Paragraph(f"{label}: {message(text)}", depth=1, lead=f"{label}:", tones=STRONG, hang=8)


def _postoffices(found: Report, verbose: bool) -> Iterator[Block]:
    units = [each for each in found.evidence.units if each.postoffices]
    later = {id(unit): other for unit, other in found.evidence.earlier}
    if len(units) > 1:
        yield Paragraph(f"{len(units)} networks, or moments of one; each is judged by itself:")
    for number, unit in enumerate(units, 1):
        if len(units) > 1:
            yield Verbatim(unit_heading(number, unit), STRONG)
        told = unit.postoffices
        if len(told) > MOST_NAMED and not verbose:
            yield Paragraph(f"{len(told)} postoffices: {roles_text(told)}; --verbose names them")
            told = []
        for each in told:
            name = each.name or "a postoffice without a known name"
            source = f" (name from: {each.name_from})" if each.name_from else ""
            yield Paragraph(f"{safe(each.path)}: {safe(name)}, {each.role}{message(source)}")
        if id(unit) in later:
            of = units.index(later[id(unit)]) + 1
            yield Paragraph(f"an earlier moment of {of}: give it with --older, and the two are compared", depth=1)
    if units:
        yield Break()


def roles_text(postoffices: Iterable[Postoffice]) -> str:
    """Return how many postoffices there are of each role."""
    roles = sorted(Counter(each.role for each in postoffices).items())
    return ", ".join(f"{count} unknown" if role == "unknown" else plural(count, role) for role, count in roles)


def unit_heading(number: int, unit: Network) -> str:
    """Return the heading of one unit: its server, and its latest moment."""
    server = f", server {safe(unit.server.shown)}" if unit.server else ", no server"
    latest = f", latest moment {unit.latest:%Y-%m-%d %H:%M:%S}" if unit.latest else ""
    return f"{number}{server}{latest}"


def _successors(found: Report) -> Iterator[Block]:
    """Name the directory dumps and the pairs, and whose they are."""
    for each in found.directories:
        whose = f"directory of {safe(each.facts.server)}" if each.facts.server else "a directory, no server named"
        scope = f", {safe(each.facts.scope)}" if each.facts.scope else ""
        yield Paragraph(
            f"{safe(each.path)}: {whose}{scope}; {plural(each.objects, 'object')}, numbers up to {each.highest}"
            + ("" if each.facts.identified or not each.objects else f"; {NO_IDENTITY}")
        )
    imports = found.given.of(IMPORT)
    for piece in imports:
        yield Paragraph(f"{safe(piece.path)}: a file for the directory import")
    for pair in found.pairs:
        yield Paragraph(f"{safe(pair.path)}: pair {safe(pair.id)}")
    if found.directories or found.pairs or imports:
        yield Break()


def _channels(found: Report, verbose: bool) -> Iterator[Block]:
    """Say what each channel is in; of many, those in step are counted."""
    in_step = [each for each in found.channels if each.verdict.state == "IN_SYNC"]
    counted = in_step if len(found.channels) > MOST_NAMED and not verbose else []
    for judged in found.channels:
        if not counted or judged.verdict.state != "IN_SYNC":
            yield Paragraph(channel_line(judged))
    if counted:
        yield Paragraph(f"{plural(len(counted), 'channel')} in step; --verbose shows them")
    if found.channels:
        yield Break()


def is_sick(judged: ChannelVerdict) -> bool:
    """Whether a channel loses changes or stands still."""
    return judged.verdict.state not in NORMAL


def channel_line(judged: ChannelVerdict) -> str:
    """Say in one line who sends to whom, what the numbers are and what that means."""
    channel, verdict = judged.channel, judged.verdict
    origin, target = channel.origin or "the server", channel.target or "the server"
    if channel.kind == ICS:
        origin, target = channel.origin or "a source elsewhere", channel.target or "a target elsewhere"
    successor = channel.kind not in (UPLOAD, DOWNLOAD)
    meaning = _MEANING | (_OF_SUCCESSORS if successor else _OF_KIND[channel.kind])
    other = successor and verdict.state in ("FOREIGN", "EPOCH_CHANGED")  # The numbers cannot be compared then.
    shown = verdict.states[:1] if other else verdict.states
    if "EPOCH_CHANGED" in shown:  # What waits is refused.
        shown = tuple(each for each in shown if each != "PENDING")
    shown = tuple(each for each in shown if named_under(judged, each) or not verdict.ranges.get(each))
    states = [meaning[each].format(ranges=_ranges(judged, each)) for each in shown]
    if judged.barred or not judged.compared:
        states = [judged.barred or "cannot be judged"]
    a, b = channel.confirmed, channel.applied
    if channel.kind == UPLOAD and "HOLE" in verdict.undecided and a is not None and b is not None and b < a:
        told = [each for each in states if each != meaning["UNKNOWN"]]
        states = [*told, f"{meaning['HOLE'].format(ranges=f': {numbers_text([(b, a)])}')}; why, cannot be told"]
    zone = f"; {_ignored(channel.kind, verdict.dead_zone)}" if verdict.dead_zone and not other else ""
    sure = "" if verdict.certainty == "certain" or judged.barred or not judged.compared else f" ({verdict.certainty})"
    heard = f"; {safe(judged.note)}" if judged.note else ""
    line = f"{channel.kind} {safe(origin)} -> {safe(target)}: {_known(channel)}: {', '.join(states)}"
    return f"{line}{zone}{sure}{heard}"


def _ignored(kind: str, zone: Range) -> str:
    """Say which changes, still to be made, will not be sent or taken; of the last of an upload sources differ."""
    if kind != UPLOAD:
        return f"the next {'change' if zone[1] == zone[0] + 1 else 'changes'}, {numbers_text([zone])}, will be ignored"
    if zone[1] == zone[0] + 1:
        return f"the next change, number {zone[1]}, will most likely be ignored"
    sure = numbers_text([(zone[0], zone[1] - 1)])
    return f"the next changes, {sure} and most likely {zone[1]}, will be ignored"


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
    "MISSED_DELETIONS": "deletions were missed",
    "STRANDED": "stuck{ranges}",
    "REJECTED": "refused as old{ranges}",
    "PARTIAL": "the server stops{ranges}",
    "PENDING": "waiting to be sent{ranges}",
    "IN_SYNC": "in step",
    "UNKNOWN": "nothing wrong is seen in these numbers; not everything is known",
}

_OF_KIND = {
    UPLOAD: {
        "EPOCH_CHANGED": "the server's record began anew or went back",
        "ROLLED_BACK": "the server is ahead of the requestor",
        "HOLE": "confirmed, and not in the server's record{ranges}",
        "UNACKNOWLEDGED": "received, not yet confirmed{ranges}",
    },
    DOWNLOAD: {
        "EPOCH_CHANGED": "the server's record began anew or went back, updates are refused",
        "ROLLED_BACK": "the requestor is ahead of the server",
        "HOLE": "gone from MSTTRANS{ranges}",
        "UNACKNOWLEDGED": "sent, not yet confirmed{ranges}",
    },
}
"""Where a state means something else one way than the other."""

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


def named_under(judged: ChannelVerdict, state: str) -> tuple[Range, ...]:
    """Return the numbers that are named under a state of a channel: of a download, each number once."""
    ranges = judged.verdict.ranges
    return ((ranges | due(judged.verdict)) if judged.channel.kind == DOWNLOAD else ranges).get(state, ())


def _ranges(judged: ChannelVerdict, state: str) -> str:
    ranges = named_under(judged, state)
    return f": {numbers_text(ranges)}" if ranges else ""


def _or(number: int | None) -> str:
    return "?" if number is None else str(number)


def settling(name: str) -> str:
    """Return the file that tells a value of a channel."""
    names = {
        "applied": "the server's record (SRVCONF)",
        "confirmed": "REQCONF.GLB",
        "last": "REQTRANS.GLB",
        "held": "REQTRANS.GLB",
        "head": "the server's SRVCONF",
        "floor": "the server's MSTTRANS",
    }
    return names.get(name, name)
