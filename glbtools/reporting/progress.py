"""What a long command shows while it works: one line on the terminal's standard error, gone when it is done."""

from __future__ import annotations

import contextlib
import sys
import threading
import time

PATIENCE = 2.0
"""Seconds before anything is shown."""

_TICK = 0.25
_NAME = 48


class Display:
    """A line that says what is done, how far it is, for how long, and how long it will take.

    A thread draws it, since one step may take long. Whatever is printed ends it (``end``).
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience, self.begun = patience, time.monotonic()
        self.step: tuple[str, int, int] = ("", 0, 0)
        self.steps = 0
        self.over = threading.Event()
        self.watch = threading.Thread(target=self._watch, daemon=True)
        self.watch.start()

    def __call__(self, text: str, done: int = 0, total: int = 0) -> None:
        """Show a step.

        Args:
            text: what is worked on.
            done: how much of it is done, in any unit.
            total: how much there is; 0 where nobody knows.
        """
        self.step = text, done, total
        self.steps += 1

    def stop(self) -> None:
        """Take the line away."""
        self.over.set()
        self.watch.join()

    def _watch(self) -> None:
        if self.over.wait(self.patience):
            return
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import (
            BarColumn,
            Progress,
            SpinnerColumn,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        from glbtools.reporting.text import safe

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(20),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with contextlib.suppress(OSError, ValueError):
            console = Console(file=sys.stderr, force_terminal=True)
            with Progress(
                *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
            ) as bar:
                task = bar.add_task("", total=None)
                while True:
                    text, done, total = self.step
                    count = f"{self.steps}: " if self.steps > 1 and not total else ""
                    name = escape(safe(f"{count}{text}")[:_NAME])
                    bar.update(task, description=name, completed=done, total=total or None)
                    if self.over.wait(_TICK):
                        return


_current: list[Display] = []


def begin() -> Display | None:
    """Return the display of this run, which begins with the first call; None where nobody watches."""
    if not sys.stderr.isatty():
        return None
    if not _current:
        _current.append(Display())
    return _current[0]


def end() -> None:
    """Take the display away, before something is printed or the program ends."""
    while _current:
        _current.pop().stop()
