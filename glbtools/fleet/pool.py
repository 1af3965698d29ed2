"""Jobs in processes of this machine: in batches, a bounded number under way, and none lost when a process dies."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from glbtools import processes
from glbtools.diagnosis.engine import CHECKS
from glbtools.errors import GlbError
from glbtools.fleet.discovery import Job
from glbtools.fleet.judging import CRASHED, TIMED_OUT, JobLines, Terms, judged, unjudged

BATCH = 50
"""Postoffices of a batch, about."""

FIRST = 4
"""Postoffices of the first batch, so that there is something to do for all at once; batches double from there."""

UNDER_WAY = 2
"""Batches for each process that are under way."""

TRIES = 3
"""Times that a job may be alone with a process that dies, until the job is taken for the reason."""

MOST_TRIES = 30
"""The same, with the times that a process ended before it had begun with the job."""

GRACE = 10.0
"""Seconds that a job may be longer than its time before its process is ended from outside."""


def batches(jobs: Iterable[Job], most: int = BATCH) -> Iterator[list[Job]]:
    """Yield jobs in batches of about as many postoffices, small ones first."""
    limit, batch, size = min(FIRST, most), [], 0
    for job in jobs:
        batch.append(job)
        size += len(job.paths)
        if size >= limit:
            yield batch
            limit, batch, size = min(2 * limit, most), [], 0
    if batch:
        yield batch


def here(jobs: Iterable[Job], terms: Terms) -> Iterator[JobLines]:
    """Yield the lines of each job, judged in this process."""
    for job in jobs:
        yield from judged([job], terms)


class Pool:
    """Some processes that judge; one that dies takes no job with it."""

    def __init__(self, workers: int, terms: Terms) -> None:
        self._workers, self._terms = workers, terms
        self._context = processes.context(__name__, *(f"glbtools.diagnosis.checks.{each}" for each in CHECKS))
        self._begun = self._context.RawValue("i", 0)
        self._executor = self._begin()

    def run(self, jobs: Iterable[Job]) -> Iterator[JobLines]:
        """Yield the lines of each job, in no order.

        Raises:
            GlbError: no process can be started.
        """
        try:
            yield from self._run(batches(jobs))
        finally:
            processes.end(self._executor)

    def _run(self, waiting: Iterator[list[Job]]) -> Iterator[JobLines]:
        under_way: dict[Future[list[JobLines]], list[Job]] = {}
        while True:
            for batch in waiting:
                under_way[self._submit(batch)] = batch
                if len(under_way) >= UNDER_WAY * self._workers:
                    break
            if not under_way:
                return
            done, _ = wait(under_way, self._patience(under_way.values()), FIRST_COMPLETED)
            if not done:
                self._kill()
                continue
            lost: list[Job] = []
            for each in done:
                batch = under_way.pop(each)
                try:
                    yield from each.result()
                except BrokenProcessPool:
                    lost += batch
            if lost:
                # All that was under way breaks with the pool; what had come before counts.
                for each, batch in under_way.items():
                    try:
                        yield from each.result()
                    except BrokenProcessPool:
                        lost += batch
                under_way.clear()
                self._anew()
                for job in lost:
                    yield self._alone(job)

    def _alone(self, job: Job) -> JobLines:
        """Return the lines of a job that may have killed its process: nothing else is under way beside it."""
        ended = 0
        for _ in range(MOST_TRIES):
            self._begun.value = 0
            future = self._submit([job])
            done, _ = wait([future], self._patience([[job]]))
            if not done:
                self._kill()
                self._anew()
                return unjudged(job, TIMED_OUT, f"took longer than {self._terms.timeout:g} s, and could not be stopped")
            try:
                return future.result()[0]
            except BrokenProcessPool:
                ended += self._begun.value  # A process that ended before it began has another reason.
                self._anew()
            if ended == TRIES:
                break
        return unjudged(job, CRASHED, f"ended its process {ended} times")

    def _patience(self, under_way: Iterable[list[Job]]) -> float | None:
        """Return the seconds within which a batch must be done; None for any time."""
        if self._terms.timeout is None:
            return None
        return GRACE + self._terms.timeout * UNDER_WAY * max(map(len, under_way))

    def _submit(self, batch: list[Job]) -> Future[list[JobLines]]:
        try:
            return processes.submit(self._executor, _judged, batch, self._terms)
        except BrokenProcessPool as error:
            future: Future[list[JobLines]] = Future()
            future.set_exception(error)
            return future

    def _begin(self) -> ProcessPoolExecutor:
        """Return a pool that has answered once.

        Raises:
            GlbError: its processes end before they begin.
        """
        for _ in range(TRIES):
            pool = ProcessPoolExecutor(
                self._workers, mp_context=self._context, initializer=_settle, initargs=(self._begun,)
            )
            try:
                processes.submit(pool, os.getpid).result()
            except BrokenProcessPool:
                pool.shutdown(wait=False)
            except BaseException:
                processes.end(pool)
                raise
            else:
                return pool
        raise GlbError(
            "no process can be started to judge in; a program that calls survey() does so under "
            'if __name__ == "__main__":, and workers=0 judges without processes'
        )

    def _anew(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._begin()

    def _kill(self) -> None:
        for each in tuple((self._executor._processes or {}).values()):
            each.kill()


_sign: Any = None
"""In a process of a pool: set to 1 when it begins with a batch."""


def _settle(begun: Any) -> None:
    global _sign  # noqa: PLW0603 - what a process of a pool has to keep from its beginning
    _sign = begun
    processes.settle()


def _judged(batch: list[Job], terms: Terms) -> list[JobLines]:
    _sign.value = 1
    return judged(batch, terms)
