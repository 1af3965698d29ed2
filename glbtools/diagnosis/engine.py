"""From paths to a report: every check over all that was given, one finding for each cause."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from glbtools import files
from glbtools.brief import brief
from glbtools.diagnosis.case import Case, ChannelVerdict, absent, cases, copied_from, passed_over
from glbtools.diagnosis.deleted import recovered
from glbtools.diagnosis.doubts import named
from glbtools.diagnosis.finding import Finding
from glbtools.diagnosis.inventory import File, files_of, other_files
from glbtools.diagnosis.precedence import explained
from glbtools.diagnosis.problems import SEVERITIES
from glbtools.diagnosis.restored import merged
from glbtools.diagnosis.successors.inputs import SuccessorInputs
from glbtools.diagnosis.wording import numbers_text, plural
from glbtools.evidence.contents import Artefact
from glbtools.evidence.network import Evidence, Network, latest_stamp
from glbtools.layouts import Layouts
from glbtools.model.doubts import CERTAINTIES
from glbtools.processes import collecting_seldom
from glbtools.progress import Progress, Steps

if TYPE_CHECKING:
    from glbtools.diagnosis.successors import pairs
    from glbtools.diagnosis.successors.found import Directory

CHECKS = ("upload", "download", "structure", "leftovers", "logs", "schedule", "older")
"""Modules of ``checks``; each has a function ``check(case)`` that yields findings."""


class UnjudgedPostoffice(NamedTuple):
    """A postoffice of which no two values could be compared.

    Attributes:
        name: NET/PO; None where nothing names it.
        path: its directory.
        wanted: what would have to be given, or be readable, to judge it.
    """

    name: str | None
    path: str
    wanted: tuple[str, ...]

    def __repr__(self) -> str:
        return brief("UnjudgedPostoffice", f"{self.name or self.path}, {self.why}")

    @property
    def why(self) -> str:
        """Why it cannot be judged, as a sentence without its subject."""
        return f"cannot be judged; not given, or not readable: {', '.join(self.wanted)}"


@dataclass
class Report:
    """What ``diagnose`` found.

    Attributes:
        evidence: the postoffices looked at, by units, and what was passed over.
        directories: the directory dumps looked at.
        pairs: the pairs of stores looked at.
        looked_at: the files that were read for it.
        channels: every channel with its verdict.
        findings: sorted: worst first, then by postoffice.
        changed: files whose content changed while they were looked at.
        now: the moment taken for the present.
        unreadable: path -> why something that was given could not be looked at.
        paths: what was given.
        layouts: how binary files were read.
        given: what was given beside postoffices.
        names: path of a postoffice -> NET/PO, as the user said.
        unjudged: the postoffices of which no two values could be compared (docs/certainty.md).
        judged: whether anything that was given could be judged.
    """

    evidence: Evidence
    looked_at: list[File] = field(default_factory=list)
    channels: list[ChannelVerdict] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    now: datetime | None = None
    unreadable: dict[str, str] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    layouts: Layouts = field(default_factory=Layouts)
    directories: list[Directory] = field(default_factory=list)
    pairs: list[pairs.PairSummary] = field(default_factory=list)
    given: SuccessorInputs = field(default_factory=SuccessorInputs)
    names: dict[str, str] = field(default_factory=dict)
    unjudged: list[UnjudgedPostoffice] = field(default_factory=list)
    judged: bool = True

    def __repr__(self) -> str:
        counts = ", ".join(f"{number} {each}" for each, number in self.summary.items() if number) or "nothing"
        return brief("Report", f"{counts}, {', '.join(self.paths)}")

    @cached_property
    def inputs(self) -> list[File]:
        """Every file that was given, in the order of their paths; what is of nothing known is hashed only for this."""
        rows = chain(self.looked_at, other_files(self.evidence))
        return sorted({each.path: each for each in reversed(list(rows))}.values(), key=lambda each: each.path)

    @property
    def network(self) -> Network:
        """The postoffices that were given together; of several units the first."""
        return self.evidence.units[0]

    def bytes_at(self, path: str, start: int, stop: int) -> bytes:
        """Return the bytes of a file of the evidence; empty when they cannot be read."""
        for unit in self.evidence.units:
            for postoffice in (*unit.postoffices, *unit.older):
                for artefact in postoffice.artefacts:
                    if artefact.path == path:
                        found = postoffice.read(artefact)
                        return found.data[start:stop] if found else b""
        return b""

    @property
    def summary(self) -> dict[str, int]:
        """How many findings of each severity there are, and how many postoffices could not be judged."""
        counts = {each: sum(found.severity == each for found in self.findings) for each in SEVERITIES}
        return counts | {"unjudged": len(self.unjudged)}

    def __str__(self) -> str:
        """The verdict in text: a line for each finding, for what cannot be judged, and for what was not looked at."""
        lines = [f"{each.severity}[{each.problem.code}] {each.problem.slug}: {each.message}" for each in self.findings]
        lines += [f"{each.path}: {each.why}" for each in self.unjudged]
        lines += [f"not looked at: {each}" for each in self.unreadable.values()]
        counts = [plural(number, each) for each, number in self.summary.items() if number and each != "unjudged"]
        return "\n".join([*lines, ", ".join(counts) or "no findings"])

    @property
    def troubled(self) -> bool:
        """Whether anything is found that is more than a note."""
        return any(each.severity != "note" for each in self.findings)

    @property
    def failures(self) -> list[str]:
        """Why less was looked at than was given, one sentence for each file, and of what nothing could be said."""
        changed = (f"{path}: changed while it was looked at" for path in self.changed)
        silent = () if self.judged else (f"{each.path}: {each.why}" for each in self.unjudged)
        return [*self.unreadable.values(), *changed, *silent]

    def selected(
        self, select: Collection[str] = (), ignore: Collection[str] = (), *, min_severity: str = "note"
    ) -> Report:
        """Return the same with some of the findings.

        Args:
            select: slugs of problems; all unless given.
            ignore: slugs of problems that are left out.
            min_severity: the mildest that is kept.
        """
        levels = SEVERITIES[: SEVERITIES.index(min_severity) + 1]
        kept = [
            each
            for each in self.findings
            if each.severity in levels
            and (not select or each.problem.slug in select)
            and each.problem.slug not in ignore
        ]
        return replace(self, findings=kept)


@collecting_seldom()
def diagnose(
    *paths: str | Path,
    older: Iterable[str | Path] = (),
    now: datetime | None = None,
    layouts: Layouts | None = None,
    max_size: int = files.DEFAULT_MAX_SIZE,
    progress: Progress | None = None,
    names: Mapping[str, str] | None = None,
) -> Report:
    """Return what is wrong with postoffices, directories that number their changes, or pairs of stores, and why.

    Args:
        paths: directories or files of the evidence.
        older: evidence of earlier moments of the same postoffices and directories.
        now: the present, where it matters; the latest moment in the evidence unless given (ruling 4).
        layouts: how binary files are read.
        max_size: largest file read, in bytes.
        progress: called with the name of each postoffice, dump or pair before it is looked at, how many are done, and
            of how many; 0 where nobody knows.
        names: path of a postoffice -> NET/PO, where you know what it is called.

    Raises:
        FileAccessError: a path does not exist.
        UnknownFormatError: a path holds nothing of a postoffice, and no dump or pair, or only what is not read.
        UsageError: two current files of one kind for one postoffice.
    """
    older = list(older)
    given = SuccessorInputs(max_size=max_size)
    evidence = given.collect(paths, older, layouts, names)
    given.refuse_unread(evidence)
    report = judge(evidence, given, now, progress)
    report.names = dict(names or {})
    report.paths, report.layouts = tuple(map(str, paths)), layouts or report.layouts
    return report


def judge(
    evidence: Evidence,
    given: SuccessorInputs,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Report:
    """Return what is wrong with evidence that was collected already; otherwise as ``diagnose``."""
    report = Report(evidence, now=now or latest_stamp(evidence.postoffices), given=given)
    report.unreadable |= evidence.unlooked
    steps = Steps(progress, len(evidence.postoffices))
    for unit in evidence.units:
        _look_at_unit(report, unit, now or unit.latest, steps)
    _look_at_successors(report, now, progress)
    earlier = {each.path: each for unit in evidence.units for each in unit.older}
    report.looked_at += chain.from_iterable(map(files_of, earlier.values()))
    report.changed = _changed(report)
    # A file that was given by itself is asked about by itself: what would be compared with it is not missed.
    alone = any(each.alone for each in evidence.postoffices)
    report.judged = alone or report.troubled or bool(given.pieces) or any(each.compared for each in report.channels)
    report.findings.sort(key=_order)
    return report


def _look_at_unit(report: Report, unit: Network, now: datetime | None, steps: Steps) -> None:
    """Add what one network shows."""
    found: list[Finding] = []
    for case in cases(unit, now):
        steps.begin(case.postoffice.shown)
        report.channels += channels(case)
        report.unjudged += unjudged(case)
        found += [named(case, recovered(case, each)) for check in CHECKS for each in _run(check, case)]
        report.looked_at += files_of(case.postoffice)
        report.unreadable |= case.postoffice.unreadable
        case.postoffice.release()
    for case in absent(unit, now):
        report.channels += channels(case)
    report.findings += explained(merged(found))


def _look_at_successors(report: Report, now: datetime | None, progress: Progress | None) -> None:
    """Add what dumps and pairs show; their own dates count unless the present is given."""
    given = report.given
    if given.pieces or given.older:
        # Loaded only where there is something for them to judge.
        from glbtools.diagnosis.successors import directories, pairs

        dumps, kept = directories.check(given, now, progress), pairs.check(given, progress)
        report.directories, report.pairs = dumps.directories, kept.pairs
        for found in (dumps, kept):
            report.channels += found.channels
            report.findings += explained(merged(found.findings))
    known = {each.path for each in report.looked_at}
    report.looked_at += [
        File(path, each.format, size=each.size, sha256=each.sha256)
        for path, each in given.read.items()
        if path not in known
    ]
    report.unreadable |= given.unreadable


def channels(case: Case) -> Iterator[ChannelVerdict]:
    """Yield the channels of a postoffice that anything is known of."""
    passed = passed_over(case)
    upload, download = case.upload, case.download
    if owner := copied_from(case):
        note = f"but this REQCONF is that of {owner}, so its numbers are not this postoffice's"
        upload, download = upload._replace(note=note), download._replace(note=note)
    elif passed:
        upload = upload._replace(note=f"{numbers_text(passed)} passed over, never sent")
    for judged in (upload, download):
        channel = judged.channel
        if any(each is not None for each in (channel.last, channel.confirmed, channel.applied)) and worth(judged):
            yield judged


def unjudged(case: Case) -> Iterator[UnjudgedPostoffice]:
    """Yield a postoffice of which no two values could be compared, with what is wanted."""
    if case.upload.compared or case.download.compared:
        return
    own = case.numbers
    wanted = [name for name, value in (("REQTRANS", own.last), ("REQCONF", own.confirmed)) if value is None]
    if case.requestor is None:
        wanted.append("SRVCONF of the server" if case.server is None else "record of it in SRVCONF")
    yield UnjudgedPostoffice(case.postoffice.name, case.postoffice.path, tuple(wanted))


def worth(judged: ChannelVerdict) -> bool:
    """Whether a channel is worth a line: something of it is decided, or its own side is given."""
    own = judged.channel.last if judged.channel.kind == "upload" else judged.channel.applied
    return own is not None or judged.verdict.state != "UNKNOWN"


def _run(check: str, case: Case) -> Iterator[Finding]:
    yield from import_module(f"glbtools.diagnosis.checks.{check}").check(case)


def _order(finding: Finding) -> tuple[int, int, str, str, str]:
    return (
        SEVERITIES.index(finding.severity),
        CERTAINTIES.index(finding.certainty),
        finding.postoffice or finding.path,
        finding.problem.code,
        finding.message,
    )


def _changed(report: Report) -> list[str]:
    """Return the files whose content is no longer the one that was looked at."""
    contents = report.evidence.contents
    looked_at = [each for postoffice in report.evidence.postoffices for each in postoffice.artefacts]
    looked_at += [Artefact(each, "", each.name) for each in report.evidence.containers]
    changed = [each.path for each in looked_at if contents.changed(each)]
    return sorted({*changed, *report.given.changed()})
