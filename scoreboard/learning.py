"""How well ``glbtools learn`` finds layouts: random ones, whose truth is known, and the reference ones.

``python -m scoreboard.learning --layouts 200 --jobs 2`` prints a table, ``--page`` writes it into docs/scoreboard.md.
Every layout is learnt from its file clean and damaged, with and without a listing, each time in a process of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import multiprocessing
import re
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, Protocol

from glbtools.binary import layout as layouts
from glbtools.binary import structure
from glbtools.binary.field import Field
from glbtools.binary.layout import Layout
from glbtools.binary.records import Record, codec
from glbtools.formats.queue import moment, parse_queue
from glbtools.layouts import reference
from glbtools.simulation.run import contents, run
from glbtools.simulation.scenario import load, shipped
from scoreboard import configurations
from scoreboard.configurations import KNOWN, LISTED, VARIANTS, ConfigSample, config_sample, varied_sample
from scoreboard.layouts import QueueSample, Row, queue_sample, read_sample

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "scoreboard.md"
FIXTURES = HERE.parent / "fixtures"
LARGE = "healthy-year"
"""A scenario that is no fixture."""

LEARNER = "glbtools.learn:learn_layout"

BEGIN = "<!-- Learning: written by `python -m scoreboard.learning --page`. -->"
END = "<!-- End of learning. -->"

LIMIT = 120.0
"""Seconds that one file may take."""

MEMORY = 4 << 30
"""Bytes that one process may ask for."""

PARTS = ("network", "postoffice")
"""Fields that are known where the name they are parts of is known."""

LEAST_RECORDS = 10
"""Records that a fixture must have to be learnt from."""

OUTCOMES = ("exact", "undecided", "partly", "wrong", "error")


_MEANINGLESS = re.compile(r"^(?:busy|junk)_|unknown_")


class Learnt(Protocol):
    """What a learner returns."""

    @property
    def layout(self) -> Layout | None:
        """The layout found; None where it is not decided."""

    @property
    def alternatives(self) -> Sequence[Layout]:
        """Layouts that explain the files as well."""

    @property
    def toml(self) -> str | None:
        """The layout file."""


Learner = Callable[..., Learnt]


class Case(NamedTuple):
    """One thing to learn from.

    Attributes:
        what: ``queue``, ``reqconf`` or ``srvconf``.
        seed: of the sample; a fixture counts from -1 downwards.
        hurt: whether the file is damaged; no configuration is.
        told: for a queue whether there is a listing, for a configuration whether more is known than its listing.
        variant: of a configuration: one of ``configurations.VARIANTS``, or nothing.
    """

    what: str
    seed: int
    hurt: bool = False
    told: bool = False
    variant: str = ""

    def __str__(self) -> str:
        """The case as failures name it."""
        files = "fixture" if self.seed < 0 else "seed"
        if self.what != "queue":
            variant = f", {self.variant}" if self.variant else ""
            return f"{self.what}{variant}, {files} {abs(self.seed)}, LISTDS{' and known values' if self.told else ''}"
        return f"{files} {abs(self.seed)}, {'damaged' if self.hurt else 'clean'}, {'' if self.told else 'no '}listing"


@dataclass
class Verdict:
    """What came of one case.

    Attributes:
        case: which.
        outcome: one of ``OUTCOMES``; ``partly``: fields of a configuration are left open, or of a queue its number, or
            which of its records are deleted.
        reason: what is wrong.
        terminator: the texts are wrong only in that something of what ends them is taken for text, or the reverse.
        among: nothing was decided, but an alternative is right.
        stamp: ``right``, ``left``, ``wrong``; ``none`` where there are none and none were found.
        checksum: ``found``, ``left``, ``wrong``; ``none`` as for ``stamp``.
        fields: of a configuration: fields ``right``, ``left`` and ``wrong``; ``kinds right`` and ``kinds wrong`` of
            the fields that only got a role.
        seconds: how long it took.
    """

    case: Case
    outcome: str
    reason: str = ""
    terminator: bool = False
    among: bool = False
    stamp: str = ""
    checksum: str = ""
    fields: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


# --- judging a queue ---------------------------------------------------------------------------------------------


def judge_queue(case: Case, sample: QueueSample, learnt: Learnt) -> Verdict:
    """Hold what was learnt from a queue file against its truth."""
    data = sample.damaged if case.hurt else sample.data
    rows = sample.untouched if case.hurt else sample.rows
    layout = _stated(learnt)
    if layout is None:
        among = any(not _mismatch(each, data, rows, whole=not case.hurt) for each in learnt.alternatives)
        return Verdict(case, "undecided", among=among)
    if layout.family != "queue":
        return Verdict(case, "wrong", f"learnt the family {layout.family}")
    reason = _mismatch(layout, data, rows, whole=not case.hurt)
    if reason:
        return Verdict(case, "wrong", reason, terminator=_by_terminator(layout, data, rows))
    read = _by_place(layout, data)
    records = [(read[each.place], each) for each in rows]
    stamp = _judged_stamp(sample.layout, layout, records)
    outcome = "exact" if layout.numbered and not layout.partial else "partly"
    return Verdict(case, outcome, stamp=stamp, checksum=_judged_checksum(sample.layout, layout, records))


def _stated(learnt: Learnt) -> Layout | None:
    """Return the layout as its file says it, for the file is what the user gets.

    Raises:
        LayoutError: the file is wrong.
        ValueError: it says something else than the layout does.
    """
    if learnt.layout is None or learnt.toml is None:
        return learnt.layout
    read = layouts.parse(learnt.toml.encode(), "learnt.toml")
    if _substance(read) != _substance(learnt.layout):
        raise ValueError("the layout file says something else than the layout")
    return read


def _substance(layout: Layout) -> tuple[object, ...]:
    """Return what of a layout decides how bytes are read."""
    fields = [(each.section, each.offset, each.type, each.role, each.byte_order, each.stamp) for each in layout.fields]
    framing = (layout.header, layout.record, layout.length_counts, layout.terminator, layout.stride, layout.pad)
    return layout.family, fields, framing, layout.checksum


def _by_place(layout: Layout, data: bytes) -> dict[int, Record]:
    """Return the records of a file by the offsets of their texts."""
    first = codec(layout).len_head
    return {each.start + first: each for each in parse_queue(data, layout).records}


def _mismatch(layout: Layout, data: bytes, rows: Sequence[Row], *, whole: bool) -> str:
    """Say what a layout reads otherwise than it is; with ``whole`` nothing else may be read. Empty: nothing."""
    if layout.family != "queue":
        return f"the family {layout.family}"
    read = _by_place(layout, data)
    bad = []
    for row in rows:
        found = read.get(row.place)
        if found is None:
            bad.append(f"no text at 0x{row.place:x}, where {row.sync} has {row.text[:30]!r}")
        elif layout.numbered and found.sync != row.sync:
            bad.append(f"the number {found.sync} in place of {row.sync}")
        elif found.text != row.text:
            bad.append(f"the text {found.text[-30:]!r} in place of {row.text[-30:]!r} ({row.sync})")
    if bad:
        return f"{len(bad)} of {len(rows)} records: {bad[0]}"
    if whole and len(read) != len(rows):
        return f"{len(read)} records in place of {len(rows)}"
    return ""


def _by_terminator(layout: Layout, data: bytes, rows: Sequence[Row]) -> bool:
    """Whether all numbers are right and texts wrong by nothing but bytes that end or fill a record."""
    read = _by_place(layout, data)
    ends = "\0\r\n \xa0"
    return all(
        (found := read.get(row.place)) is not None
        and found.sync == row.sync
        and found.text.rstrip(ends) == row.text.rstrip(ends)
        for row in rows
    )


def _judged_stamp(true: Layout, learnt: Layout, records: list[tuple[Record, Row]]) -> str:
    if learnt.with_role("stamp") is None:
        return "none" if true.with_role("stamp") is None else "left"
    right = all(moment(learnt, read.stamp) == row.when for read, row in records)
    return "right" if right and true.with_role("stamp") is not None else "wrong"


def _judged_checksum(true: Layout, learnt: Layout, records: list[tuple[Record, Row]]) -> str:
    if not learnt.checksum:
        return "none" if true.with_role("checksum") is None else "left"
    agree = all(codec(learnt).checksum(read) == read.checksum for read, _ in records)
    return "found" if agree and true.checksum else "wrong"


# --- judging a configuration -------------------------------------------------------------------------------------


def judge_config(case: Case, sample: ConfigSample, learnt: Learnt) -> Verdict:
    """Hold what was learnt from snapshots of a configuration against its truth."""
    told = {*LISTED[sample.family], *(KNOWN[sample.family] if case.told else ()), *PARTS}
    layout = _stated(learnt)
    if layout is None:
        return Verdict(case, "undecided", fields=Counter(left=len(told)))
    if layout.family != sample.family:
        return Verdict(case, "wrong", f"learnt the family {layout.family}")
    verdict = Verdict(case, "exact")
    wrong = []
    named = {each.name for each in sample.layout.fields if not _MEANINGLESS.search(each.name)}
    for name in sorted(named):
        true, found = sample.layout.by_name[name], layout.by_name.get(name)
        if found is None:
            verdict.fields["left"] += name in told
            continue
        right = _same_place(true, found) and _values(sample, sample.layout, true) == _values(sample, layout, found)
        # What nothing names can still be recognised for what it is.
        verdict.fields[("right" if name in told else "kinds right") if right else "wrong"] += 1
        if not right:
            wrong.append(f"{name} as {found.type} at {found.section} {found.offset} in place of {_place(true)}")
    for found in layout.fields:
        if found.name not in named and found.role in ("sync", "stamp", "link", "text"):
            alike = any(each.role == found.role and _same_place(each, found) for each in sample.layout.fields)
            verdict.fields["kinds right" if alike else "kinds wrong"] += 1
            if not alike:
                wrong.append(f"a {found.role} {found.type} at {found.section} {found.offset}, where there is none")
    verdict.reason = "; ".join(wrong[:3])
    verdict.outcome = "wrong" if wrong else "partly" if verdict.fields["left"] else "exact"
    return verdict


def _place(each: Field) -> str:
    return f"{each.type} at {each.section} {each.offset}"


def _same_place(true: Field, found: Field) -> bool:
    """Whether two fields stand in one place; the zeros in front of or behind a number may be part of it or not."""
    if true.section != found.section:
        return False
    if true.numeric and found.numeric and true.byte_order == "big":
        return true.stop == found.stop
    return true.offset == found.offset


def _values(sample: ConfigSample, layout: Layout, each: Field) -> list[Any]:
    """Return what a field says in every snapshot, and for a requestor in every record."""
    values = []
    for snapshot in sample.snapshots:
        bases = [0]
        if each.section == "record" and sample.family == "srvconf":
            bases = list(range(layout.header, len(snapshot.data) - layout.record + 1, layout.record))
        size = layout.header if each.section == "header" else layout.record
        for base in bases:
            read = structure.read(layout, each.section, snapshot.data[base : base + size], base)
            values += [(base, one.value) for one in read if one.field.name == each.name]
    return values


# --- cases -------------------------------------------------------------------------------------------------------


def cases(count: int, first: int = 1) -> list[Case]:
    """Return the cases of some seeds: queues in four conditions, configurations of every fifth seed in two."""
    seeds = range(first, first + count)
    found = [Case("queue", seed, hurt, told) for seed in seeds for hurt in (False, True) for told in (True, False)]
    found += [Case(family, seed, told=told) for family in LISTED for seed in seeds[::5] for told in (False, True)]
    some = ((variant, family) for variant, families in VARIANTS.items() for family in families)
    return found + [Case(family, seed, variant=variant) for variant, family in some for seed in seeds[::5]]


def reference_cases() -> list[Case]:
    """Return the cases of the fixtures, all of which are in the reference layouts."""
    queues = range(1, len(_queue_fixtures()) + 1)
    found = [
        Case("queue", -number, hurt, told) for number in queues for hurt in (False, True) for told in (True, False)
    ]
    return found + [Case(family, -1, told=told) for family in LISTED for told in (False, True)]


@cache
def fixtures() -> Mapping[PurePosixPath, bytes]:
    """Return the files of all fixtures; those of a scenario are made anew, as only their sums are kept."""
    kept = [path for path in FIXTURES.rglob("*") if path.is_file()]
    found = {PurePosixPath(path.relative_to(FIXTURES).as_posix()): path.read_bytes() for path in kept}
    for name in sorted(set(shipped()) - {LARGE}):
        found |= {PurePosixPath(name, path): data for path, data in contents(run(load(name))).items()}
    return found


def fixture_files(name: str, office: str = "*") -> list[tuple[PurePosixPath, bytes]]:
    """Return the files of a name in the GLB directories of the fixtures, in the order of their paths."""
    found = (each for each in fixtures().items() if each[0].match(f"*/{office}/GLB/{name}.GLB"))
    return sorted(each for each in found if len(each[0].parts) == 4)


def _queue_fixtures() -> list[tuple[str, bytes]]:
    """Return name and content of the fixtures with a queue that has enough records; no content twice."""
    found: dict[bytes, str] = {}
    for stem in ("REQTRANS", "MSTTRANS", "SRVTRANS", "RESYNC"):
        for _, data in fixture_files(stem):
            if len(data) > 400:
                found.setdefault(data, stem)
    queues = ((stem, data, parse_queue(data, reference("queue"))) for data, stem in found.items())
    return [(stem, data) for stem, data, queue in queues if len(queue.records) >= LEAST_RECORDS and not queue.framing]


def attempt(case: Case, learner: Learner, directory: Path) -> Verdict:
    """Write the files of a case, let a layout be learnt from them, and judge it."""
    if case.what == "queue":
        queue = queue_sample(case.seed) if case.seed > 0 else read_sample(*_queue_fixtures()[-case.seed - 1])
        path = directory / f"{queue.kind}.GLB"
        path.write_bytes(queue.damaged if case.hurt else queue.data)
        listing = directory / "LISTQ.TXT"
        if case.told:
            listing.write_bytes(queue.listing)
        begun = time.monotonic()
        learnt = learner([path], listings=[listing] if case.told else [])
        verdict = judge_queue(case, queue, learnt)
    else:
        config = _config(case)
        paths, listings, known = [], [], []
        for number, each in enumerate(config.snapshots, 1):
            paths.append(directory / f"{case.what.upper()}.{number}")
            listings.append(directory / f"LISTDS.{number}")
            paths[-1].write_bytes(each.data)
            listings[-1].write_bytes(each.listing)
            known += [f"{paths[-1]}:{said}" for said in each.known if case.told]
        begun = time.monotonic()
        learnt = learner(paths, listings=listings, known=known, family=case.what)
        verdict = judge_config(case, config, learnt)
    verdict.seconds = time.monotonic() - begun
    return verdict


def _config(case: Case) -> ConfigSample:
    """Return the snapshots of a case."""
    if case.variant:
        return varied_sample(case.seed, case.what, case.variant)
    return config_sample(case.seed, case.what) if case.seed > 0 else _config_fixture(case.what)


def _config_fixture(family: str) -> ConfigSample:
    """Return some fixtures of one postoffice as if they were snapshots of one file."""
    office = "east" if family == "reqconf" else "hub"
    return configurations.read_sample(family, [data for _, data in fixture_files(family.upper(), office)])


# --- running them ------------------------------------------------------------------------------------------------


class _Run(NamedTuple):
    """One case at work in its process."""

    case: Case
    process: ForkProcess
    deadline: float
    directory: tempfile.TemporaryDirectory[str]


def verdicts(some: Iterable[Case], learner: Learner, *, jobs: int = 2, limit: float = LIMIT) -> Iterator[Verdict]:
    """Yield what comes of cases, as they end; one that hangs or dies is an error.

    Args:
        some: the cases.
        learner: see ``Learner``.
        jobs: how many processes at a time.
        limit: seconds that each may take.
    """
    waiting, running = deque(some), dict[Connection, _Run]()
    context = multiprocessing.get_context("fork")
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                case, directory = waiting.popleft(), tempfile.TemporaryDirectory(prefix="learning-")
                mine, its = context.Pipe(duplex=False)
                process = context.Process(target=_work, args=(its, case, learner, Path(directory.name)))
                process.start()
                its.close()
                running[mine] = _Run(case, process, time.monotonic() + limit, directory)
            soonest = min(each.deadline for each in running.values())
            ready = wait(list(running), timeout=max(soonest - time.monotonic(), 0))
            now = time.monotonic()
            for pipe in [each for each in running if each in ready or running[each].deadline <= now]:
                assert isinstance(pipe, Connection)
                yield _ended(running.pop(pipe), pipe, limit if pipe not in ready else None)
    finally:
        for pipe, each in running.items():
            _ended(each, pipe, limit)


def _ended(run: _Run, pipe: Connection, limit: float | None) -> Verdict:
    """Return what a process has to say, and clear up behind it; with a limit it has had its time."""
    verdict: Verdict | None = None
    if limit is not None:
        run.process.kill()
        verdict = Verdict(run.case, "error", f"no answer within {limit:g} s", seconds=limit)
    else:
        with contextlib.suppress(EOFError):
            verdict = pipe.recv()
    run.process.join()
    verdict = verdict or Verdict(run.case, "error", f"the process ended with {run.process.exitcode}")
    run.process.close()
    pipe.close()
    run.directory.cleanup()
    return verdict


def _work(pipe: Connection, case: Case, learner: Learner, directory: Path) -> None:
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        verdict = attempt(case, learner, directory)
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__}: {error} ({Path(at.filename).name}, line {at.lineno})"
        verdict = Verdict(case, "error", said)
    pipe.send(verdict)
    pipe.close()


def resolve(name: str) -> Learner:
    """Return the learner called ``module:function``."""
    module, _, function = name.partition(":")
    learner: Learner = getattr(importlib.import_module(module), function)
    return learner


# --- telling -----------------------------------------------------------------------------------------------------


def table(found: Sequence[Verdict]) -> str:
    """Return the part of docs/scoreboard.md that is about learning."""
    random = [each for each in found if each.case.seed > 0]
    fixtures = [each for each in found if each.case.seed < 0]
    seeds = sorted({each.case.seed for each in random})
    said = f"{date.today().isoformat()}: " + (f"random layouts, seeds {seeds[0]} to {seeds[-1]}. " if seeds else "")
    lines = [
        "# Learning",
        "",
        f"{said}Each is learnt from one file of 30 to 300 records, clean and with 2 %",
        "of its records damaged, with a listing of it and without. *Exact*: all numbers and texts of the records that",
        "are whole; *partly*: what is stated is right, and the number is left open, or which records are deleted;",
        "*undecided*: no layout was stated; *open*: the right one was among the alternatives. The goal is that none is",
        "wrong: with a listing nearly all can be exact, and alone what the file decides ([method](method.md)).",
        "",
    ]
    lines += _queue_table(random, "random layouts") if random else []
    lines += _queue_table(fixtures, "the reference layout, from fixtures") if fixtures else []
    lines += _config_table(found)
    return "\n".join(lines) + "\n"


def _queue_table(found: Sequence[Verdict], title: str) -> list[str]:
    lines = [
        f"| {title} | files | exact | partly | undecided | open | wrong | by terminator | errors "
        "| stamps right, left, wrong | checksums found, left, wrong | seconds, longest |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for hurt in (False, True):
        for told in (True, False):
            own = [each for each in found if each.case == Case("queue", each.case.seed, hurt, told)]
            if not own:
                continue
            outcomes, name = Counter(each.outcome for each in own), "damaged" if hurt else "clean"
            stamps, sums = (Counter(getattr(each, what) for each in own) for what in ("stamp", "checksum"))
            times = [each.seconds for each in own]
            cells = [
                f"{name}, {'with' if told else 'without'} listing",
                len(own),
                f"{outcomes['exact']} ({100 * outcomes['exact'] / len(own):.1f} %)",
                outcomes["partly"],
                outcomes["undecided"],
                sum(each.among for each in own),
                outcomes["wrong"],
                sum(each.terminator for each in own),
                outcomes["error"],
                f"{stamps['right']}, {stamps['left']}, {stamps['wrong']}",
                f"{sums['found']}, {sums['left']}, {sums['wrong']}",
                f"{sum(times) / len(times):.1f}, {max(times):.1f}",
            ]
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return [*lines, ""]


def _config_table(found: Sequence[Verdict]) -> list[str]:
    lines = []
    groups = sorted({(each.case.what, each.case.variant, each.case.seed < 0, each.case.told) for each in found})
    for family, variant, fixture, told in (each for each in groups if each[0] in LISTED):
        own = [
            e
            for e in found
            if (e.case.what, e.case.variant, e.case.seed < 0, e.case.told) == (family, variant, fixture, told)
        ]
        fields, outcomes = Counter[str](), Counter(each.outcome for each in own)
        for each in own:
            fields.update(each.fields)
        name = ", ".join([family.upper(), *(["fixtures"] if fixture else []), *([variant] if variant else [])])
        kinds = f"{fields['kinds right']}, {fields['kinds wrong']}"
        lines.append(
            f"| {name}, LISTDS{' and known values' if told else ''} | {len(own)} | {fields['right']} "
            f"| {fields['left']} | {fields['wrong']} | {kinds} | {outcomes['error']} |"
        )
    if not lines:
        return []
    return [
        f"Configurations are learnt from 1 to {configurations.MOST_SNAPSHOTS} snapshots, each with its listing.",
        "What one snapshot more would decide is left open; *kinds* are fields that neither listing nor known values",
        "name, recognised as a number, stamp, position or text.",
        "",
        "| configurations | layouts | fields in place | left open | wrong | kinds right, wrong | errors |",
        "|---|--:|--:|--:|--:|--:|--:|",
        *lines,
        "",
    ]


def section(page: str, begin: str = BEGIN, end: str = END) -> str:
    """Return the part of a page between the markers, markers included; empty where there is none."""
    if begin not in page or end not in page:
        return ""
    return page[page.index(begin) : page.index(end) + len(end)] + "\n"


def with_section(page: str, text: str, begin: str = BEGIN, end: str = END) -> str:
    """Return a page with another text between the markers, or with both at its end."""
    new = f"{begin}\n{text}{end}\n"
    old = section(page, begin, end)
    return page.replace(old, new) if old and old in page else f"{page.rstrip()}\n\n{new}"


def write_section(text: str, begin: str = BEGIN, end: str = END) -> None:
    """Put another text between the markers of the page."""
    PAGE.write_text(with_section(PAGE.read_text(encoding="utf-8"), text, begin, end), encoding="utf-8")


def _shown(found: Sequence[Verdict]) -> Iterator[str]:
    for each in found:
        if each.outcome in ("wrong", "error"):
            yield f"{each.case}: {each.outcome}: {each.reason}"
        elif each.outcome == "undecided":
            yield f"{each.case}: undecided{', the truth is among the alternatives' if each.among else ''}"
        elif "wrong" in (each.stamp, each.checksum):
            yield f"{each.case}: stamp {each.stamp}, checksum {each.checksum}"


def _replay(seed: int, learner: Learner) -> None:
    """Learn the layout of one seed again, in this process, and show truth, result and verdict."""
    for case in (each for each in cases(1, seed) if each.seed == seed):
        true = queue_sample(seed).layout if case.what == "queue" else _config(case).layout
        with tempfile.TemporaryDirectory(prefix="learning-") as directory:
            got: list[Learnt] = []

            def kept(*given: Any, got: list[Learnt] = got, **options: Any) -> Learnt:
                got.append(learner(*given, **options))
                return got[-1]

            verdict = attempt(case, kept, Path(directory))
        print(f"== {case}: {verdict.outcome} {verdict.reason}")
        print(f"   stamp {verdict.stamp}, checksum {verdict.checksum}, fields {dict(verdict.fields)}")
        for name, layout in (("true", true), ("learnt", got[0].layout)):
            if layout is not None and (name == "true" or verdict.outcome != "exact"):
                fields = ", ".join(f"{e.section[0]}{e.offset} {e.name} {e.type} {e.byte_order}" for e in layout.fields)
                framing = (layout.header, layout.length_counts, layout.terminator, layout.stride, layout.pad)
                print(f"   {name}: framing {framing}, checksum {layout.checksum!r}; {fields}")


def main() -> None:
    """Learn layouts, print failures and the table, write the page where that is wished."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layouts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for one file")
    parser.add_argument("--only", type=int, metavar="SEED", help="replay one seed and show what was learnt")
    parser.add_argument("--show-failures", action="store_true")
    parser.add_argument("--page", action="store_true", help="write docs/scoreboard.md")
    parser.add_argument("--learner", default=LEARNER, metavar="MODULE:FUNCTION")
    arguments = parser.parse_args()
    learner = resolve(arguments.learner)
    if arguments.only is not None:
        _replay(arguments.only, learner)
        return
    every = [*cases(arguments.layouts, arguments.seed), *reference_cases()]
    found = sorted(verdicts(every, learner, jobs=arguments.jobs, limit=arguments.limit), key=lambda each: each.case)
    if arguments.show_failures:
        for line in _shown(found):
            print(line)
    text = table(found)
    print(text)
    if arguments.page:
        write_section(text)
    if any(each.outcome in ("wrong", "error") for each in found):
        sys.exit(1)


if __name__ == "__main__":
    main()
