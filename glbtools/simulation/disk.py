"""The files of a simulated network: those of ``evidence.disk``, and the logs that the programs write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from glbtools.evidence import disk
from glbtools.formats import logs, messages


class Disk(disk.Disk):
    """The files of a network, and when each was last written.

    Attributes:
        clock: returns what the clock shows where a file is written; None while none runs.
        times: path in upper case -> when it was last written.
    """

    clock: Callable[[str], datetime] | None = None

    def __init__(self, contents: dict[str, bytes] | None = None) -> None:
        self.times: dict[str, datetime] = {}
        super().__init__(contents)

    def write(self, path: str, data: bytes) -> None:
        """Write a file."""
        if self.clock is not None and self.read(path) != data:
            self.times[path.upper()] = self.clock(path)
        super().write(path, data)

    def append(self, path: str, data: bytes) -> None:
        """Write behind what a file holds."""
        if self.clock is None:
            super().append(path, data)
        else:
            self.write(path, (self.read(path) or b"") + data)


OWN = "glbtools-simulation"
"""Where the simulator keeps what the real system kept in files of unknown format (docs/interface.md#on-disk)."""


class Office(disk.Office):
    """One postoffice of a simulation: its programs also write logs."""

    def log(
        self,
        when: datetime,
        severity: str,
        code: int | None = None,
        argument: str = "",
        *,
        wording: str = "",
        coded: bool = True,
    ) -> None:
        """Write a line to DIRSYNC.LOG and, if a requestor's program writes it, to DSSERVER.LOG.

        The digits of Warning and Error in DSSERVER.LOG are documented nowhere (docs/facts/logs.md#severity-digits);
        such lines go to DIRSYNC.LOG alone.
        """
        begin = logs.prefix(when).encode("ascii")
        self.disk.append(self.place("LOG/DIRSYNC.LOG"), begin + _worded(severity, code, argument, wording))
        digit = _DIGITS.get(severity)
        if coded and digit is not None:
            self.disk.append(self.place("LOG/DSSERVER.LOG"), begin + _coded(digit, code, argument))

    def report(self, when: datetime, origin: str, body: bytes) -> None:
        """Add a requestor's DSSERVER.LOG to CENTRAL.LOG, below a line that names it (Q133428, Q192158)."""
        self.disk.append(self.place("LOG/CENTRAL.LOG"), _stored(logs.report_line(when, origin)) + body)

    def dispatch(self, when: datetime, *texts: str) -> None:
        """Write lines to DISPATCH.LOG."""
        self.disk.append(self.place("LOG/DISPATCH.LOG"), b"".join([_dispatched(when, text) for text in texts]))


_DIGITS = {word: digit for digit, word in logs.SEVERITIES.items()}


@lru_cache(maxsize=messages.KEPT)
def _worded(severity: str, code: int | None, argument: str, wording: str) -> bytes:
    """Return a line of DIRSYNC.LOG without its stamp."""
    text = wording or (argument if code is None else messages.render_text(code, argument or None))
    return _stored(logs.text_line("", severity, code if severity != "Status" else None, text))


@lru_cache(maxsize=messages.KEPT)
def _coded(digit: int, code: int | None, argument: str) -> bytes:
    """Return a line of DSSERVER.LOG without its stamp."""
    return _stored(logs.coded_line("", digit, messages.UNNUMBERED if code is None else code, argument))


@lru_cache(maxsize=messages.KEPT)
def _dispatched(when: datetime, text: str) -> bytes:
    """Return a line of DISPATCH.LOG: many networks keep the same hours."""
    return _stored(logs.dispatch_line("INST1", when, text))


def _stored(line: str) -> bytes:
    # ASCII is the same in the code page, and quicker.
    return (line.encode() if line.isascii() else line.encode(logs.ENCODING, "replace")) + b"\r\n"
