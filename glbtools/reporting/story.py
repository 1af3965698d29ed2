"""A diagnosis as people ask for it: what is wrong, what was lost, why, what else it could be, what to do.

Then on what all of that rests: network, channels, days, files, limits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from glbtools import __version__
from glbtools.diagnosis.alternatives import COULD_BE, RULED_OUT
from glbtools.diagnosis.case import meaning_of
from glbtools.diagnosis.engine import Report
from glbtools.diagnosis.finding import Evidence, Finding
from glbtools.diagnosis.successors.inputs import LINKS, VECTOR
from glbtools.diagnosis.unsent import outstanding
from glbtools.diagnosis.wording import plural
from glbtools.events.event import COUNTER, FILE_KINDS, FINDING, UNKNOWN
from glbtools.events.timeline import gathered
from glbtools.events.zones import Clocks, iso
from glbtools.formats.base import moment_row
from glbtools.progress import Progress
from glbtools.reporting import drawing, findings, unsent
from glbtools.reporting.documents import dumps, tool
from glbtools.reporting.evidence import written
from glbtools.reporting.model import (
    Block,
    Column,
    Excerpt,
    Facts,
    Fold,
    Heading,
    Paragraph,
    Place,
    Places,
    Section,
    Steps,
    Table,
    Verbatim,
)
from glbtools.reporting.outline import outline
from glbtools.reporting.page import write_page
from glbtools.reporting.text import message, safe, word

if TYPE_CHECKING:
    from glbtools.diagnosis.case import ChannelVerdict
    from glbtools.diagnosis.changes.found import Outstanding, Route, Unsent
    from glbtools.evidence.postoffice import Postoffice

SCHEMA = "glbtools.report/1"

MOST_CHANGES = 60
"""Changes listed of one postoffice; the rest is counted."""

MOST_OPEN = 10
"""Changes of one postoffice that are seen at once; more are folded."""

MOST_GROUPS = 25
"""Postoffices whose changes are listed."""

MOST_ALIKE = 40
"""Postoffices that are named with the same finding."""

MOST_PLACES = 12
"""Places shown of one finding."""

MOST_LINES = 40
"""Channels that are drawn."""

MOST_EVENTS = 120
"""Events shown of the days that matter, and how many such days there are at most."""
MOST_DAYS = 6
MOST_CONCERNED = 20
"""Postoffices whose days are shown."""

MOST_INPUTS = 120
"""Inputs in a table; all others follow as plain lines."""

_ROW = 16
_MOST_BYTES = 64


class CaseDetails(NamedTuple):
    """What whoever makes a report says of it."""

    title: str = ""
    case: str = ""
    examiner: str = ""
    zone: str | None = None
    zones: Mapping[str, str] = MappingProxyType({})

    @property
    def clocks(self) -> Clocks:
        """The zones of the clocks, as that person says them.

        Raises:
            UsageError: one is no zone.
        """
        return Clocks(self.zone, self.zones)


def write_report(
    report: Report,
    to: str | Path,
    *,
    title: str = "",
    case: str = "",
    examiner: str = "",
    zone: str | None = None,
    zones: Mapping[str, str] | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> int:
    """Write a diagnosis as one HTML page to forward, and return its size in bytes.

    Args:
        report: what ``glbtools.diagnose`` returned.
        to: the file.
        title: of the page; what is wrong, in one sentence, unless given.
        case: what it belongs to.
        examiner: who made it.
        zone: of all clocks, as an IANA name; unknown unless given.
        zones: NET/PO -> zone of its clock.
        force: replace a file that is there.
        progress: told each postoffice before it is looked at once more.

    Raises:
        UsageError: a zone is none, or is of a clock that is not there.
        OutputExistsError: the file exists and ``force`` is not given.
        FileAccessError: the system refuses.
    """
    said = CaseDetails(title, case, examiner, zone, zones or {})
    shown = message(title) if title else headline(report)
    return write_page(story(report, said, progress), shown, Path(to), force=force)


def headline(report: Report) -> str:
    """Return what is wrong in one sentence; without postoffices it is what the first finding says."""
    serious = [each for each in report.findings if each.severity != "note"]
    if not serious or any(unit.postoffices for unit in report.evidence.units):
        return _sentence(findings.summary(report))
    more = f"; {plural(len(serious) - 1, 'more finding')}" if len(serious) > 1 else ""
    return _sentence(message(serious[0].message)) + more


def document(report: Report, version: str, path: str | None, size: int, blocks: Iterable[Block] = ()) -> str:
    """Return as JSON what is wrong in short, and where the page is, or else all that it would say."""
    short = {
        "summary": findings.summary(report),
        "findings": report.summary,
        "path": path,
        "size": size if path else None,
        "sections": outline(blocks),
    }
    return dumps({"schema": SCHEMA, "tool": tool(version)} | short)


def story(report: Report, said: CaseDetails, progress: Progress | None = None) -> Iterator[Block]:
    """Yield the whole report."""
    days = list(_days(report, said.clocks))
    outcome = outstanding(report.evidence, "both", progress)
    groups = list(findings.grouped(report.findings))
    serious = [each for each in groups if each[0].severity != "note"]
    yield from _short(report, said, outcome)
    yield from _wrong(groups)
    yield from _lost(report, outcome)
    yield from _why(report, serious)
    yield from _else(serious)
    yield from _to_do(report, serious)
    yield from _channels(report)
    yield from days
    yield from _inputs(report)
    yield from _limits(report, outcome)
    yield from _tool(report)


def _short(report: Report, said: CaseDetails, outcome: Unsent) -> Iterator[Block]:
    yield Section("In short", "short")
    yield Paragraph(f"{headline(report)}.", tones=("strong", "verdict"))
    if outcome.changes or outcome.numbers:
        known = plural(len(outcome.changes), "change") + " with content" if outcome.changes else ""
        bare = plural(outcome.numbers, "number") + " without content in any file given" if outcome.numbers else ""
        yield Paragraph(f"Not arrived: {' and '.join(filter(None, (known, bare)))}.")
    counts = ", ".join(plural(count, kind) for kind, count in report.summary.items() if count) or "none"
    postoffices = [each for unit in report.evidence.units for each in unit.postoffices]
    rows = [("Findings", counts)]
    if postoffices:
        rows.append(("Postoffices", f"{len(postoffices)} ({findings.roles_text(postoffices)})"))
    if report.now:
        rows.append(("Latest moment in the evidence", f"{report.now:%Y-%m-%d %H:%M:%S}, zone unknown"))
    rows += [(name, message(text)) for name, text in (("Case", said.case), ("Examiner", said.examiner)) if text]
    yield Facts(tuple(rows))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _wrong(groups: list[list[Finding]]) -> Iterator[Block]:
    yield Section("What is wrong, and how sure that is", "wrong")
    serious = [each for each in groups if each[0].severity != "note"]
    if not serious:
        yield Paragraph("Nothing is found that is an error or a warning.")
    for alike in serious:
        yield findings.head(alike[0])
        finding = alike[0]
        cause = f" How sure the cause is: {finding.cause_certainty}." if finding.cause_certainty else ""
        yield Paragraph(f"At {safe(finding.postoffice or finding.path)}.{cause}", tones=("faint",))
        yield from _others(alike)
    notes = [each for each in groups if each[0].severity == "note"]
    if notes:
        count = sum(map(len, notes))
        yield Fold(f"{plural(count, 'note')}: normal, or history", tuple(_notes(notes)))


def _notes(groups: list[list[Finding]]) -> Iterator[Block]:
    for alike in groups:
        yield findings.head(alike[0])
        yield from _others(alike)
        yield Steps(tuple(message(each) for each in alike[0].notes))


def _others(alike: list[Finding]) -> Iterator[Block]:
    """Name the further postoffices of which the same was found."""
    if len(alike) < 2:
        return
    rows = [(safe(each.postoffice or each.path), message(each.message)) for each in alike[1 : MOST_ALIKE + 1]]
    left = len(alike) - 1 - len(rows)
    if alike[0].severity == "note":
        more = f" and {left} more" if left else ""
        yield Paragraph(f"The same at {', '.join(name for name, _ in rows)}{more}, with numbers of their own.")
        return
    blocks: list[Block] = [Table((Column("postoffice"), Column("the same there")), tuple(rows))]
    if left:
        blocks.append(Paragraph(f"and {left} more"))
    yield Fold(f"The same at {plural(len(alike) - 1, 'other place')}", tuple(blocks))


# --- what was lost -----------------------------------------------------------------------------------------------


def _lost(report: Report, outcome: Unsent) -> Iterator[Block]:
    yield Section(
        "What was lost, or waits",
        "lost",
        "Changes that have not reached whom they were meant for, by postoffice. Zones are unknown.",
    )
    has_postoffices = any(unit.postoffices for unit in report.evidence.units)
    if has_postoffices and not outcome.changes and not outcome.ranges:
        yield Paragraph("No change of a postoffice is found that has not arrived.")
    alike: dict[tuple[bool, Route, str, str], list[Outstanding]] = {}
    for change in outcome.changes:
        alike.setdefault((change.why in _WAIT, change.route, change.why, change.certainty), []).append(change)
    groups = sorted(alike.items(), key=lambda group: group[0][0])
    for (_, route, why, sure), changes in groups[:MOST_GROUPS]:
        yield Heading(unsent.headed(route))
        said = unsent.how_sure(why, sure) or "certain"
        yield Paragraph(f"{plural(len(changes), 'change')} {unsent.WHY.get(why, why)}. How sure: {said}.")
        # One that a fold would hide alone is shown.
        cut = MOST_OPEN if len(changes) > MOST_OPEN + 1 else len(changes)
        yield _changes(changes[:cut])
        rest: list[Block] = [_changes(changes[cut:MOST_CHANGES])]
        if len(changes) > MOST_CHANGES:
            rest.append(Paragraph(f"and {len(changes) - MOST_CHANGES} more, which glbtools unsent lists"))
        if len(changes) > cut:
            yield Fold(plural(len(changes) - cut, "more change"), tuple(rest))
    if len(groups) > MOST_GROUPS:
        yield Paragraph(f"and {len(groups) - MOST_GROUPS} more groups, which glbtools unsent lists")
    if outcome.ranges:
        yield Heading("Numbers whose content is in no file given")
        rows = tuple(
            (unsent.headed(each.route), _numbers(each.range), unsent.WHY.get(each.why, each.why), each.certainty)
            for each in outcome.ranges[:MOST_CHANGES]
        )
        yield Table((Column("channel"), Column("numbers"), Column("what became of them"), Column("how sure")), rows)
        if len(outcome.ranges) > MOST_CHANGES:
            yield Paragraph(f"and {len(outcome.ranges) - MOST_CHANGES} more")
    if report.directories or report.pairs:
        yield from _lost_of_successors(report)


_WAIT = frozenset({"pending", "unacknowledged"})
"""Reasons that an ordinary day has."""


def _changes(changes: list[Outstanding]) -> Table:
    heads = (Column("number", right=True), Column("made at"), Column("what it does"), Column("as stored"))
    rows = (
        (
            str(each.sync),
            (moment_row(each.change.stamp) or "not known").replace("T", " "),
            message(safe(meaning_of(each.text))),
            safe(each.text),
        )
        for each in changes
    )
    return Table(heads, tuple(rows))


def _lost_of_successors(report: Report) -> Iterator[Block]:
    """Say which numbers of directories and stores are concerned; their changes are not listed one by one."""
    rows = tuple(
        (message(each.message), _numbers(span), each.certainty)
        for each in report.findings
        if each.severity != "note" and each.problem.code[0] in _OF_SUCCESSORS
        for span in each.ranges
    )
    yield Heading("Directories and stores")
    yield Paragraph("Which of their changes have not arrived is not listed one by one; the findings say what is lost.")
    if rows:
        yield Table((Column("what was found"), Column("numbers concerned"), Column("how sure")), rows[:MOST_CHANGES])
    if len(rows) > MOST_CHANGES:
        yield Paragraph(f"and {len(rows) - MOST_CHANGES} more")


_OF_SUCCESSORS = frozenset("XI")
"""Letters of the problems of directories and of pairs of stores."""


def _numbers(span: tuple[int, int]) -> str:
    return str(span[1]) if span[1] == span[0] + 1 else f"{span[0] + 1} to {span[1]}"


# --- why ---------------------------------------------------------------------------------------------------------


def _why(report: Report, serious: list[list[Finding]]) -> Iterator[Block]:
    if not serious:
        return
    yield Section("Why: the bytes and lines that show it", "why", "What is meant is underlined.")
    for alike in serious:
        finding = alike[0]
        yield _named(finding)
        yield Steps(tuple(message(each) for each in finding.notes if not each.startswith((COULD_BE, RULED_OUT))))
        yield from _together(_place(report, each) for each in finding.evidence[:MOST_PLACES])
        if len(finding.evidence) > MOST_PLACES:
            yield Paragraph(f"and {len(finding.evidence) - MOST_PLACES} more places")


def _named(finding: Finding) -> Heading:
    """Return the name of a finding, and whose it is."""
    whose = finding.postoffice or finding.path
    return Heading(f"{finding.problem.code} {finding.problem.slug}{f', {safe(whose)}' if whose else ''}")


def _place(report: Report, each: Evidence) -> Places | Excerpt:
    said = findings.place(each, report.bytes_at)
    if each.line is not None or each.span is None or each.field == "size":
        return Places(safe(each.path), (Place(line=each.line, said=said.said),))
    start, stop = each.span
    first = start - start % _ROW
    last = min(stop + -stop % _ROW, first + _MOST_BYTES)
    data = report.bytes_at(each.path, first, last)
    if not data:
        return Places(safe(each.path), (said,))
    return Excerpt(safe(each.path), first, data, (start, stop), said.said)


def _together(blocks: Iterable[Places | Excerpt]) -> Iterator[Block]:
    """Yield blocks, with the places of one file that follow each other under one name."""
    before: Places | None = None
    for each in blocks:
        if before is not None and isinstance(each, Places) and each.path == before.path:
            before = before._replace(places=(*before.places, *each.places))
            continue
        if before is not None:
            yield before
        before = each if isinstance(each, Places) else None
        if before is None:
            yield each
    if before is not None:
        yield before


def _else(serious: list[list[Finding]]) -> Iterator[Block]:
    if not any(finding.alternatives or finding.refuted or finding.settled_by for (finding, *_) in serious):
        return
    yield Section("What else it could be, and what would tell", "else")
    for finding, *_ in serious:
        if finding.alternatives or finding.refuted or finding.settled_by:
            yield _named(finding)
        if finding.alternatives:
            heads = Column("could also be"), Column("its effect"), Column("what would tell")
            rows = (
                (message(each.says), message(each.effect), message(each.settled_by)) for each in finding.alternatives
            )
            yield Table(heads, tuple(rows))
        if finding.refuted:
            yield Steps(
                tuple(f"{RULED_OUT}{message(each.says)}, since {message(each.sign)}." for each in finding.refuted)
            )
        if finding.settled_by and finding.certainty != "certain":
            yield Paragraph(f"What would settle it: {', '.join(map(findings.settling, finding.settled_by))}.")


def _to_do(report: Report, serious: list[list[Finding]]) -> Iterator[Block]:
    yield Section("What to do, and what each step loses", "do")
    told = [finding for finding, *_ in serious if finding.help]
    if not told:
        yield Paragraph("Nothing needs to be done.")
    for finding in told:
        yield _named(finding)
        yield Steps(tuple(message(each) for each in finding.help), numbered=True)
    if any(finding.problem.repair == "safe" for finding, *_ in serious) and report.paths:
        paths = " ".join(map(word, report.paths))
        yield Paragraph(
            "To see on a copy what is in order: this writes consistent files into a new directory, with every change "
            "that the files here hold, and leaves these as they are."
        )
        yield Paragraph(f"glbtools rebuild {paths} --into NEW_DIRECTORY", depth=1, anywhere=True)


# --- the network -------------------------------------------------------------------------------------------------


def _channels(report: Report) -> Iterator[Block]:
    if not report.channels:
        return
    lead = (
        "✖ and a broken line: changes are lost or stand still. ▲: they wait, as they do between two cycles. ✔: in step."
    )
    yield Section("The network", "network", lead)
    errors = {each.postoffice for each in report.findings if each.severity == "error" and each.postoffice}
    yield from drawing.network(report.channels, 1, errors)
    yield Section("Each channel as a number line", "channels", "Stretches keep their order, and are not to scale.")
    troubled = {each.postoffice for each in report.findings if each.severity != "note"} - {None, ""}

    def first(each: ChannelVerdict) -> bool:
        ends = {each.channel.origin, each.channel.target}
        return findings.is_sick(each) or (each.verdict.state != "IN_SYNC" and not ends.isdisjoint(troubled))

    sick = [each for each in report.channels if first(each)]
    others = [each for each in report.channels if not first(each)]
    if len(report.channels) <= MOST_LINES // 4:
        sick, others = report.channels, []
    for number, judged in enumerate(sick[:MOST_LINES], 2):
        title = f"{judged.channel.kind} {safe(judged.channel.origin or '?')} to {safe(judged.channel.target or '?')}"
        yield drawing.number_line(judged, number, title, _meaning(judged))
    rest = [*sick[MOST_LINES:], *others]
    if rest:
        states = Counter(each.verdict.state for each in rest)
        told = ", ".join(f"{count} {state.lower().replace('_', ' ')}" for state, count in states.most_common())
        lines = tuple(message(findings.channel_line(each)) for each in rest)
        yield Fold(f"{plural(len(rest), 'more channel')}: {told}", (Steps(lines),))


def _meaning(judged: ChannelVerdict) -> str:
    """Return what a channel is in, without who sends to whom."""
    said = message(findings.channel_line(judged)).partition(": ")[2]
    return _sentence(said) + "."


def _near(place: str) -> str:
    """Return a place without the directories that all postoffices lie in."""
    return "/".join(place.replace("\\", "/").split("/")[-3:])


# --- days, inputs, limits ----------------------------------------------------------------------------------------


def _days(report: Report, clocks: Clocks) -> Iterator[Block]:
    named = list(dict.fromkeys(each.postoffice or "" for each in report.findings if each.severity != "note"))
    about = set(named[:MOST_CONCERNED])
    if not about and not clocks.named:
        return
    serious = [each for each in report.findings if each.severity != "note" and (each.postoffice or "") in about]
    resting = {place.path for each in serious for place in each.evidence}

    def concerned(each: Postoffice) -> bool:
        return (
            (each.name or "") in about
            or each.role != "requestor"
            or any(artefact.path in resting for artefact in each.artefacts)
        )

    # A zone that is given by name has to be that of some clock: then all are looked at.
    made = gathered(report, clocks, about=about, of=None if clocks.named else concerned)
    clocks.check()
    events = [event for event in made if event.postoffice in about and event.severity != "note"]
    chosen = sorted({iso(event.instant)[:10] for event in events if event.kind == FINDING})[-MOST_DAYS:]
    if not chosen:
        return
    zones_met = {seen.zone for seen in made.clocks.values()}
    zoned = zones_met != {UNKNOWN}
    by = ", by the zones that whoever made this report gave" if clocks.given else ""
    lead = f"Times are UTC{by}."
    if UNKNOWN in zones_met:
        lead = "Times are as the clocks showed them; which zone they were in is unknown."
        if zoned:
            lead = f"Times are UTC{by}; with a ~ they are as a clock showed them whose zone is unknown."
    if len(named) > len(about):
        lead += f" Shown are the first {len(about)} of {len(named)} postoffices with warnings or errors."
    yield Section("The days that matter", "days", lead)
    rows: list[tuple[str, ...]] = []
    left = 0
    for event in events:
        if event.repeats or iso(event.instant)[:10] not in chosen or event.kind in (*FILE_KINDS, COUNTER):
            continue
        if len(rows) >= MOST_EVENTS:
            left += 1
            continue
        when = iso(event.instant)[:19].replace("T", " ") + ("~" if zoned and event.zone == UNKNOWN else "")
        what = event.message.partition(": ")[0] if event.kind == FINDING else event.message
        whose = event.postoffice or _near(event.clock)
        rows.append((when, safe(whose), message(what), _near(safe(event.place))))
    yield Table((Column("when"), Column("whose"), Column("what"), Column("where")), tuple(rows))
    if left:
        yield Paragraph(f"and {left} more events on these days; glbtools timeline lists all")


def _inputs(report: Report) -> Iterator[Block]:
    yield Section(
        "What was looked at", "inputs", "Every file, its size in bytes and its SHA-256, and what it was used for."
    )
    concerned = {place.path for each in report.findings if each.severity != "note" for place in each.evidence}
    first = sorted(report.inputs, key=lambda each: each.path not in concerned)
    dated = any(each.times for each in first[:MOST_INPUTS])
    heads = [Column("file"), Column("what it is", wide=True), Column("size", right=True), Column("used", wide=True)]
    heads += [*([Column("written")] if dated else []), Column("sha256")]
    rows = tuple(
        (
            *(safe(each.path), each.format or "", str(each.size), each.used),
            *((written(each),) if dated else ()),
            each.sha256 or "could not be read",
        )
        for each in first[:MOST_INPUTS]
    )
    yield Table(tuple(heads), rows)
    rest = first[MOST_INPUTS:]
    if rest:
        lines = (Verbatim("\n".join(f"{each.size},{each.sha256},{safe(each.path)}" for each in rest)),)
        yield Fold(f"{plural(len(rest), 'more file')}: size,sha256,path", lines)
    passed = [each for each in report.evidence.passed_over if each.kind != "foreign"]
    foreign = len(report.evidence.passed_over) - len(passed)
    if passed:
        yield Heading("Not looked at")
        yield Steps(tuple(f"{safe(each.path)}: {message(each.why)}" for each in passed[:MOST_INPUTS]))
    if foreign:
        yield Paragraph(f"{plural(foreign, 'file')} of other kinds, with nothing to say here.")


def _limits(report: Report, outcome: Unsent) -> Iterator[Block]:
    yield Section("What cannot be known from this", "limits")
    said = [message(each) for each in report.failures]
    said += [f"{safe(each.path)}: {message(each.why)}." for each in report.unjudged[:MOST_PLACES]]
    if len(report.unjudged) > MOST_PLACES:
        said.append(f"The same of {len(report.unjudged) - MOST_PLACES} more.")
    for each in outcome.unknown[:MOST_PLACES]:
        name = each.route.origin or each.route.target or each.route.path
        said.append(
            f"Not everything is known of what {safe(name)} sends or receives; not given: {', '.join(each.wanted)}."
        )
    if len(outcome.unknown) > MOST_PLACES:
        said.append(f"The same of {len(outcome.unknown) - MOST_PLACES} more.")
    postoffices = [each for unit in report.evidence.units for each in unit.postoffices]
    unsure: dict[str, list[str]] = {}
    for postoffice in postoffices:
        if not postoffice.name_certain or not postoffice.name:
            unsure.setdefault(message(postoffice.name_from or "nothing"), []).append(safe(postoffice.path))
    for source, places in unsure.items():
        which = "the postoffice" if len(places) == 1 else f"{len(places)} postoffices"
        called = "is called" if len(places) == 1 else "are called"
        more = f" and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
        there = ", ".join(places[:MOST_PLACES]) + more
        said.append(f"What {which} in {there} {called} is not certain (name from: {source}).")
    if postoffices:
        said.append("No file of a postoffice says which time zone its clock was in.")
    if report.given.of(LINKS, VECTOR):
        said.append("No report of replication says which time zone its times are in.")
    said.append(
        "A file shows the state that a history left behind. Certain means that every history that fits the files "
        "has that effect, or cause; likely and possible, that others fit as well."
    )
    yield Steps(tuple(said))


def _tool(report: Report) -> Iterator[Block]:
    yield Section("How this was made", "tool")
    used = Counter(each.layout for each in report.inputs if each.layout)
    by_id: Mapping[str, str] = {each.id: each.status for each in report.layouts.values()}
    rows = [("Tool", f"glbtools {__version__}"), ("Given", ", ".join(map(safe, report.paths)))]
    rows += [
        (f"Layout {safe(name)}", f"{by_id.get(name, 'given by the user')}; {plural(count, 'file')} read with it")
        for name, count in sorted(used.items())
    ]
    yield Facts(tuple(rows))
    if "assumed" in map(by_id.get, used):
        yield Paragraph(
            "An assumed layout is a reconstruction: what a field holds is published, at which byte it stands is not. "
            "The files were opened read-only and hashed before and after."
        )
