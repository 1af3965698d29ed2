"""Processes of this machine that work for one: started alike everywhere, and gone when that one is."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from typing import ParamSpec, TypeVar

from glbtools import files

_ENDING = {signal.SIGINT, signal.SIGTERM}

P = ParamSpec("P")
T = TypeVar("T")

SELDOM = 50_000
"""Objects made, beyond those gone again, before Python looks for circles among them."""

_PATIENCE = 5
"""Seconds for a process that was killed to be gone."""

_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def context(*preloaded: str) -> BaseContext:
    """Return how processes are started: none inherits what this one holds; modules are loaded once for all of them."""
    if _METHOD == "forkserver":
        multiprocessing.set_forkserver_preload(list(preloaded))
    return multiprocessing.get_context(_METHOD)


def settle() -> None:
    """Prepare a process: an interrupt is for the one that started it, and it ends when that one is gone.

    What was loaded stays, and little of what is made goes round in circles, so Python looks for them seldom.
    """
    gc.freeze()
    gc.set_threshold(SELDOM, *gc.get_threshold()[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):  # As they were when it was begun.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let Python look for circles of objects seldom: what is read stays for the while, and has none.

    Looked for as often as usual, they cost a quarter of the time where hundreds of postoffices are given, or a layout
    is learnt from a file of 10 MB. Whoever has set this for the process already, keeps what was set.
    """
    before = gc.get_threshold()
    if not 0 < before[0] < SELDOM:
        yield
        return
    gc.set_threshold(SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def submit(pool: ProcessPoolExecutor, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> Future[T]:
    """Give work to a pool; a signal waits while a process is begun, which would else outlive its pool."""
    with files.signals_later():
        if not hasattr(signal, "pthread_sigmask"):
            return pool.submit(work, *arguments, **named)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)  # for the process, until it has settled
        try:
            return pool.submit(work, *arguments, **named)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end(pool: ProcessPoolExecutor) -> None:
    """End the processes of a pool, also those that have not begun: what they need to begin goes with this one."""
    started = tuple((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for each in started:
        each.kill()
    for each in started:
        each.join(_PATIENCE)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end_with(sentinel: int) -> None:
    from multiprocessing.connection import wait

    wait([sentinel])
    os._exit(1)
