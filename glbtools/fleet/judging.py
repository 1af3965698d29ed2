"""One job judged: what a worker does. It takes and returns plain data, and no unit ends it but by killing it."""

from __future__ import annotations

import ctypes
import hashlib
import re
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from glbtools import files
from glbtools.diagnosis.engine import Report, judge
from glbtools.diagnosis.successors.inputs import SuccessorInputs
from glbtools.diagnosis.unsent import outstanding
from glbtools.errors import GlbError
from glbtools.evidence.contents import Contents
from glbtools.evidence.network import Network, networks
from glbtools.evidence.search import Place, Search
from glbtools.evidence.sources import INSIDE, on_disk
from glbtools.fleet.discovery import DIRECTORIES, UNREAD, Job
from glbtools.layouts import Layouts
from glbtools.reporting import diagnosis, unsent
from glbtools.reporting.documents import dumps

Line = dict[str, Any]
"""What is said of one unit; see ``schemas/survey-line.schema.json``."""

JUDGED, UNJUDGED, REFUSED, FAILED, TIMED_OUT, CRASHED = (
    "judged", "unjudged", "refused", "failed", "timed out", "crashed",
)  # fmt: skip
NOTHING = "no evidence"

_PART = re.compile(rf"/|{INSIDE}|(?:(?!/|{INSIDE}).)+", re.DOTALL)
"""A name in a path, or what stands between two."""

_FINDING = (
    "id", "code", "slug", "severity", "certainty", "cause_certainty", "postoffice", "path", "message", "ranges",
    "evidence", "settled_by",
)  # fmt: skip


class Terms(NamedTuple):
    """How units are judged.

    Attributes:
        layouts: how binary files are read.
        max_size: largest file read, in bytes.
        timeout: seconds for a job; None for any time.
    """

    layouts: Layouts = Layouts()
    max_size: int = files.DEFAULT_MAX_SIZE
    timeout: float | None = None


class JobLines(NamedTuple):
    """The lines of a job as they are written; made where the job is judged, so that it need not be done by one for all.

    Attributes:
        data: JSON, a line for each unit.
        outcomes: of each unit.
        severities: of each finding.
    """

    data: bytes
    outcomes: tuple[str, ...]
    severities: tuple[str, ...]


class _TimeOutError(BaseException):
    """The time for a job is over; of no class that anything on the way catches."""


def judged(jobs: Iterable[Job], terms: Terms) -> list[JobLines]:
    """Return the lines of each of some jobs."""
    return [written(lines(job, terms)) for job in jobs]


def written(found: list[Line]) -> JobLines:
    """Return the lines of a job as they are written."""
    data = b"".join(dumps(each, indent=None).encode() + b"\n" for each in found)
    severities = (finding["severity"] for each in found for finding in each["findings"])
    return JobLines(data, tuple(each["outcome"] for each in found), tuple(severities))


def lines(job: Job, terms: Terms) -> list[Line]:
    """Return the lines of a job, whatever happens: one for each unit that it holds, one where it holds none."""
    began = time.perf_counter()
    try:
        with _limited(terms.timeout):
            found = list(_lines(job, terms))
    except _TimeOutError:
        found = [without_verdict(job, TIMED_OUT, f"took longer than {terms.timeout:g} s")]
    except GlbError as error:
        found = [without_verdict(job, REFUSED, str(error))]
    except Exception as error:
        found = [without_verdict(job, FAILED, f"{type(error).__name__}: {error}")]
    seconds = round((time.perf_counter() - began) / len(found), 6)
    return stamped(job, found, seconds)


def unjudged(job: Job, outcome: str, why: str) -> JobLines:
    """Return the one line of a job that no process came through."""
    return written(stamped(job, [without_verdict(job, outcome, why)]))


def stamped(job: Job, found: list[Line], seconds: float = 0.0) -> list[Line]:
    """Return the lines of a job with its key, and which of how many each is."""
    return [
        {"unit": f"{job.key}-{number}", "job": job.key, "part": [number, len(found)], **each, "seconds": seconds}
        for number, each in enumerate(found, 1)
    ]


@contextmanager
def _limited(timeout: float | None) -> Iterator[None]:
    """End what runs within after so many seconds: by an alarm in a main thread, in any other by an exception put there.

    Neither ends what does not return to Python.
    """
    if timeout is None:
        yield
    elif threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        before = signal.signal(signal.SIGALRM, _over)
        signal.setitimer(signal.ITIMER_REAL, timeout)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    else:
        place, within, is_done = ctypes.c_ulong(threading.get_ident()), threading.Lock(), False

        def put() -> None:
            with within:
                if not is_done:
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(place, ctypes.py_object(_TimeOutError))

        timer = threading.Timer(timeout, put)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            with within:
                is_done = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(place, None)  # What was put and has not arrived is void.
            timer.cancel()


def _over(_number: int, _frame: FrameType | None) -> None:
    raise _TimeOutError


def _lines(job: Job, terms: Terms) -> Iterator[Line]:
    if job.kind == UNREAD:
        yield without_verdict(job, UNREAD, job.why)
        return
    given = SuccessorInputs(max_size=terms.max_size)
    if job.kind == DIRECTORIES:
        search = Search(Contents(terms.layouts, terms.max_size), given.claim, strict=False)
        for path in job.paths:
            search.visit(Place(on_disk(Path(path), path)))
        evidence = networks(search)
    else:
        evidence = given.collect(job.paths, layouts=terms.layouts, strict=False)
    units = [each for each in evidence.units if each.postoffices]
    rest = evidence
    for unit in units:
        part = replace(rest, units=[unit])
        # What belongs to no unit is said with the first one.
        rest = replace(evidence, passed_over=[], containers=[])
        yield _line(judge(part, SuccessorInputs()))
    if given.pieces or given.unreadable:
        yield _line(judge(replace(rest, units=[Network([])]), given))
    elif not units and evidence.unlooked:
        yield without_verdict(job, UNREAD, "; ".join(evidence.unlooked.values()))
    elif not units:
        yield without_verdict(job, NOTHING, "nothing in it is recognised as evidence")


def _line(report: Report) -> Line:
    late = outstanding(report.evidence, "both")
    document = diagnosis.document(report, "")
    postoffices = document["postoffices"]
    role = "directory" if not postoffices else postoffices[0]["role"] if len(postoffices) == 1 else "network"
    latest = report.network.latest
    return {
        "path": common([each["path"] for each in postoffices] or [each.path for each in report.inputs]),
        "role": role,
        "outcome": JUDGED if report.judged else UNJUDGED,
        "error": "; ".join(report.failures) or None,
        "latest": latest.isoformat() if latest else None,
        "content": _content(report),
        "postoffices": postoffices,
        "unjudged": len(report.unjudged),
        "channels": document["channels"],
        "findings": [{name: each[name] for name in _FINDING} for each in document["findings"]],
        "unsent": {
            "changes": [unsent.change(each) for each in late.changes],
            "ranges": [unsent.unfound(each) for each in late.ranges],
            "unknown": [unsent.unknown(each) for each in late.unknown],
        },
        "inputs": document["inputs"],
    }


def without_verdict(job: Job, outcome: str, why: str) -> Line:
    """Return the line of a job of which nothing else can be said."""
    return {
        "path": common(job.paths),
        "role": "none",
        "outcome": outcome,
        "error": why,
        "latest": None,
        "content": None,
        "postoffices": [],
        "unjudged": 0,
        "channels": [],
        "findings": [],
        "unsent": {"changes": [], "ranges": [], "unknown": []},
        "inputs": [],
    }


def common(paths: Iterable[str]) -> str:
    """Return the nearest directory, or archive, that holds all of some paths; of one path itself."""
    every = sorted({each.removesuffix(INSIDE) for each in paths})
    if len(every) < 2:
        return every[0] if every else ""
    shared = ""
    for parts in zip(*(_PART.findall(each) for each in every), strict=False):
        if len(set(parts)) > 1:
            break
        shared += parts[0]
    return shared.removesuffix(INSIDE).rstrip("/") or ("/" if every[0].startswith("/") else ".")


def _content(report: Report) -> str | None:
    """Return what is the same for units of the same bytes, whatever their names: a hash over those of their files."""
    digests = sorted(each.sha256 for each in report.inputs if each.sha256 and each.used != "opened")
    return hashlib.sha256("".join(digests).encode()).hexdigest() if digests else None
