"""Processes of this machine that work for one: started alike everywhere, and gone when that one is."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from multiprocessing.context import BaseContext

SELDOM = 50_000
"""Objects made, beyond those gone again, before Python looks for circles among them."""

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
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end_with(sentinel: int) -> None:
    from multiprocessing.connection import wait

    wait([sentinel])
    os._exit(1)
