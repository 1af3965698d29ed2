"""The same batches on a Dask cluster: workers of any machine that sees the evidence under the same paths."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from queue import Empty, SimpleQueue
from typing import Any

from glbtools import __version__
from glbtools.errors import GlbError, UsageError
from glbtools.fleet.discovery import Job
from glbtools.fleet.judging import CRASHED, JobLines, Terms, judged, unjudged
from glbtools.fleet.pool import UNDER_WAY, batches

WAIT = 20
"""Seconds to wait for a scheduler and its workers."""

POLL, LONELY = 5, 120
"""Seconds after which it is seen whether there are workers, and for which there may be none."""

RETRIES = 1
"""Times that a batch is given to a worker again after an error that is none of a unit."""


class Cluster:
    """The workers of one scheduler, who have this version and see the evidence."""

    def __init__(self, address: str, terms: Terms, paths: Iterable[str]) -> None:
        """Find the workers.

        Raises:
            UsageError: distributed is not installed, or a worker has another version or does not see a path.
            GlbError: there is no scheduler at the address, or it has no workers.
        """
        try:
            import distributed
        except ImportError:
            raise UsageError('--scheduler needs distributed: pip install "glbtools[cluster]"') from None
        self._dask, self._terms = distributed, terms
        self._done: SimpleQueue[Any] = SimpleQueue()
        self._under_way: dict[str, tuple[Any, list[Job]]] = {}
        try:
            self._client = distributed.Client(address, set_as_default=False, timeout=WAIT)
        except (OSError, ValueError, TypeError) as error:
            raise GlbError(f"{address}: no scheduler answers: {error}") from None
        try:
            self._check(address, list(paths))
        except BaseException:
            self._client.close()
            raise

    def _check(self, address: str, paths: list[str]) -> None:
        try:
            self._client.wait_for_workers(1, timeout=WAIT)
        except TimeoutError:
            raise GlbError(f"{address}: the scheduler has no workers") from None
        found = self._client.run(_seen, paths, on_error="return")
        for worker, seen in sorted(found.items()):
            if isinstance(seen, BaseException):
                raise UsageError(f"{worker}: glbtools {__version__} is not there: {type(seen).__name__}: {seen}")
            version, missing = seen
            if version != __version__:
                raise UsageError(f"{worker}: has glbtools {version}; this is {__version__}")
            if missing:
                raise UsageError(
                    f"{worker}: does not see {', '.join(missing)}; give paths that are the same everywhere"
                )

    def run(self, jobs: Iterable[Job]) -> Iterator[JobLines]:
        """Yield the lines of each job, in no order.

        Raises:
            GlbError: the scheduler is gone.
        """
        try:
            yield from self._run(batches(jobs))
        except (OSError, self._dask.client.FutureCancelledError) as error:
            raise GlbError(f"the cluster is gone: {error}") from None
        finally:
            self._client.close()

    def _run(self, waiting: Iterator[list[Job]]) -> Iterator[JobLines]:
        lost: list[Job] = []
        while True:
            most = UNDER_WAY * max(sum(self._client.nthreads().values()), 1)
            for batch in waiting:
                self._submit(batch)
                if len(self._under_way) >= most:
                    break
            if not self._under_way:
                break
            future, batch = self._next()
            try:
                yield from future.result()
            except self._dask.KilledWorker:
                lost += batch
        # Something in these has ended several workers: each is tried with nothing else under way.
        for job in lost:
            self._submit([job])
            future, _ = self._next()
            try:
                yield future.result()[0]
            except self._dask.KilledWorker:
                yield unjudged(job, CRASHED, "ended every worker that it was given to")

    def _submit(self, batch: list[Job]) -> None:
        # A key of its own for each try: what was done once would else be taken for done.
        key = f"glbtools-{batch[0].key}-{os.urandom(8).hex()}"
        future = self._client.submit(judged, batch, self._terms, key=key, pure=False, retries=RETRIES)
        self._under_way[key] = future, batch
        future.add_done_callback(self._done.put)

    def _next(self) -> tuple[Any, list[Job]]:
        """Wait until something that is under way is done, and return it with its jobs.

        Raises:
            GlbError: there has been no worker for too long.
        """
        alone = 0
        while alone < LONELY:
            try:
                return self._under_way.pop(self._done.get(timeout=POLL).key)
            except Empty:
                alone = 0 if self._client.nthreads() else alone + POLL
        raise GlbError(f"the cluster has had no workers for {LONELY} s; --resume goes on with the survey")


def _seen(paths: list[str]) -> tuple[str, list[str]]:
    """Return the version on a worker, and which paths are not there."""
    return __version__, [each for each in paths if not os.path.lexists(each)]
