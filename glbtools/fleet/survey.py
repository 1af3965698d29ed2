"""A survey: every unit below some paths diagnosed, a line for each as it is done, and tables of them all at the end."""

from __future__ import annotations

import json
import os
import time
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from glbtools import __version__, files, processes
from glbtools.brief import brief, count
from glbtools.diagnosis.wording import plural
from glbtools.errors import OutputExistsError, UsageError
from glbtools.fleet import pool, summary, tables
from glbtools.fleet.cluster import Cluster
from glbtools.fleet.discovery import Job, Walk
from glbtools.fleet.judging import JUDGED, UNJUDGED, Line, Terms
from glbtools.fleet.records import RECORDS, schema, write_records
from glbtools.layouts import Layouts
from glbtools.layouts.written import to_toml
from glbtools.reporting.documents import dumps
from glbtools.reporting.page import write_page
from glbtools.tables import read_json

SCHEMA = "glbtools.survey/1"
OFTEN = 0.2
"""Seconds between two words of progress."""

TERMS, LINES, BASE, PAGE = "survey.json", "survey.jsonl", "survey.sqlite", "summary.html"
LOCK = f"{files.UNFINISHED}survey.lock"
"""Lies beside the others while they are written."""


class Progress(NamedTuple):
    """How far a survey is.

    Attributes:
        units: done in this run.
        seconds: since it began.
        reached: how much of the evidence has been walked through, from 0 to 1: an estimate.
    """

    units: int
    seconds: float
    reached: float

    def __str__(self) -> str:
        rate = self.units / self.seconds if self.seconds else 0
        return f"{plural(self.units, 'unit')}, {rate:.0f} a second"


@dataclass
class Survey:
    """What a survey has found, and where it is written.

    Attributes:
        out: the directory.
        units: how many units the survey has now; ``added``: how many of them are of this run.
        outcomes: how many units of each outcome.
        findings: how many findings of each severity.
        foreign: files that are of nothing known, and of no postoffice's directory.
        lost: queues whose records could not be had again.
        seconds: that this run took.
        written: the files.
    """

    out: Path
    units: int = 0
    added: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    foreign: int = 0
    lost: list[str] = field(default_factory=list)
    seconds: float = 0.0
    written: list[Path] = field(default_factory=list)

    def __repr__(self) -> str:
        return brief("Survey", f"{count(self.units, 'unit')} in {self.out}")

    @property
    def troubled(self) -> bool:
        """Whether anything is found that is more than a note."""
        return bool(self.findings["error"] or self.findings["warning"])

    @property
    def failures(self) -> list[str]:
        """What could not be judged, a sentence for each outcome; and that nothing could, where that is so."""
        if not self.units:
            return ["nothing in what was given is recognised as evidence"]
        if self.outcomes[UNJUDGED] == self.units:
            return [f"none of {plural(self.units, 'unit')} could be judged; see the column error"]
        said = [
            f"{count} of {plural(self.units, 'unit')}: {outcome}; see the column outcome"
            for outcome, count in sorted(self.outcomes.items())
            if outcome not in (JUDGED, UNJUDGED)
        ]
        if self.lost:
            count = plural(len(self.lost), "queue")
            said.append(f"{self.lost[0]}: not read again as it was judged; {RECORDS} is without {count} of that kind")
        return said

    def count(self, outcomes: Collection[str], severities: Iterable[str]) -> None:
        """Add units with their outcomes, and the severities of their findings."""
        self.units += len(outcomes)
        self.outcomes.update(outcomes)
        self.findings.update(severities)

    def __iter__(self) -> Iterator[Line]:
        """Yield the lines."""
        return tables.read_lines(self.out / LINES)


def survey(
    *paths: str | Path,
    out: str | Path,
    workers: int | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    timeout: float | None = None,
    records: bool = False,
    layouts: Layouts | None = None,
    max_size: int = files.DEFAULT_MAX_SIZE,
    progress: Callable[[Progress], None] | None = None,
) -> Survey:
    """Diagnose every unit below some paths, and write what is found as lines, tables and a page.

    Args:
        paths: directories, archives, images or files.
        out: directory to write; it may not lie in what is read.
        workers: processes; as many as there are processors unless given, 0 for none but this one.
        scheduler: address of a Dask scheduler whose workers judge, as ``tcp://host:8786``; they must see the paths.
        resume: go on with the survey in ``out``: what is done is not done again.
        timeout: seconds that a unit may take.
        records: write every record of every queue as a table, too.
        layouts: how binary files are read.
        max_size: largest file read, in bytes.
        progress: called now and then with how far it is.

    Raises:
        FileAccessError: a path does not exist, or ``out`` cannot be written.
        OutputExistsError: ``out`` holds something, and ``resume`` is not given.
        UsageError: ``out`` lies in a path; it holds a survey on other terms; the workers of a cluster do not fit; or
            records are wanted without pyarrow.
        GlbError: no process can be started, or there is no cluster.
    """
    target, terms = Path(out), Terms(layouts or Layouts(), max_size, timeout)
    files.check_outside(out, paths)
    walk = Walk(paths, terms.layouts, max_size)
    if scheduler is not None and workers is not None:
        raise UsageError("workers are the cluster's; give either a scheduler or their number")
    cluster = Cluster(scheduler, terms, map(str, paths)) if scheduler is not None else None
    if records:
        schema(terms.layouts["queue"])
    records = _prepare(target, [str(each) for each in paths], terms, resume=resume, records=records)
    found = Survey(target)
    began, shown = time.monotonic(), 0.0
    with _alone(target):
        with _writing(target / LINES) as stream:
            done = _done(stream, found)
            jobs = (each for each in walk.jobs() if not _is_done(done, each))
            count = processes.processors() if workers is None else workers
            if cluster is not None:
                running = cluster.run(jobs)
            else:
                running = pool.Pool(count, terms).run(jobs) if count else pool.here(jobs, terms)
            for job in running:
                stream.write(job.data)
                stream.flush()
                found.added += len(job.outcomes)
                found.count(job.outcomes, job.severities)
                now = time.monotonic() - began
                if progress and now - shown >= OFTEN:
                    shown = now
                    progress(Progress(found.added, now, walk.reached))
        found.foreign = walk.foreign
        found.seconds = time.monotonic() - began
        _finish(found, terms if records else None)
    return found


def _finish(found: Survey, records: Terms | None) -> None:
    """Write the tables and the page; with ``records`` those of the queues, read on these terms."""
    base = found.out / BASE
    tables.write_sqlite(tables.read_lines(found.out / LINES), base)
    parquet = tables.write_parquet(base, found.out)
    if records is not None:
        parquet.append(found.out / RECORDS)
        found.lost = write_records(base, parquet[-1], records.layouts["queue"], records.max_size)
    write_page(summary.report(base, found.foreign), summary.title(base), found.out / PAGE, force=True)
    found.written = [found.out / LINES, base, *parquet, found.out / PAGE]


def _prepare(target: Path, paths: list[str], terms: Terms, *, resume: bool, records: bool) -> bool:
    """Make the directory and say on what terms the survey is made; of one that goes on, see that they are the same.

    Return whether records are wanted, now or when it was begun.
    """
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "version": __version__,
        "max_file_size": terms.max_size,
        "layouts": {name: to_toml(each) for name, each in terms.layouts.items() if terms.layouts.given(name)},
        "paths": paths,
        "records": records,
    }
    place = target / TERMS
    try:
        target.mkdir(parents=True, exist_ok=True)
        full = any(target.iterdir())
    except OSError as error:
        raise files.access_error(target, error) from None
    if full and not resume:
        raise OutputExistsError(f"{target}: holds something; --resume goes on with a survey that is there")
    if full:
        try:
            before = read_json(files.read(place))
        except ValueError as error:
            raise UsageError(f"{place}: {error}") from None
        for name in ("schema", "version", "max_file_size", "layouts"):
            if before.get(name) != document[name]:
                raise UsageError(f"{target}: the survey there has another {name.replace('_', ' ')}; begin a new one")
        document["records"] = records or before.get("records") is True
    files.write(place, dumps(document).encode() + b"\n", force=True)
    return bool(document["records"])


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Keep other surveys out of a directory.

    Raises:
        UsageError: another one is at work there.
        FileAccessError: the system refuses.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(files.alone(target / LOCK, wait=False))
        except TimeoutError:
            raise UsageError(f"{target}: another survey is writing to it") from None
        except OSError as error:
            raise files.access_error(target, error) from None
        yield


@contextmanager
def _writing(place: Path) -> Iterator[BinaryIO]:
    """Yield the file of lines.

    Raises:
        FileAccessError: the system refuses.
    """
    try:
        with place.open("a+b") as stream:
            yield stream
            os.fsync(stream.fileno())
    except OSError as error:
        raise files.access_error(place, error) from None


def _done(stream: BinaryIO, found: Survey) -> array[int]:
    """Return the sorted keys of the jobs that are done, and cut off what a crash has left of a job that is not."""
    keys, sound = array("Q"), 0
    stream.seek(0)
    for key, group in groupby(_sound_lines(stream), lambda each: each[0]["job"]):
        every = list(group)
        if [each["part"] for each, _ in every] != [[n, len(every)] for n in range(1, len(every) + 1)]:
            break
        sound = every[-1][1]
        keys.append(int(key, 16))
        for line, _ in every:
            found.count([line["outcome"]], (each["severity"] for each in line["findings"]))
    stream.truncate(sound)
    stream.seek(0, os.SEEK_END)
    return array("Q", sorted(keys))


def _sound_lines(stream: BinaryIO) -> Iterator[tuple[Line, int]]:
    """Yield whole lines, each with the offset behind it, up to the first that is none."""
    end = 0
    for each in stream:
        end += len(each)
        try:
            line = json.loads(each)
        except ValueError:
            return
        if not each.endswith(b"\n") or not isinstance(line, dict) or not line.keys() >= {"job", "part"}:
            return
        yield line, end


def _is_done(done: array[int], job: Job) -> bool:
    key = int(job.key, 16)
    place = bisect_left(done, key)
    return place < len(done) and done[place] == key
