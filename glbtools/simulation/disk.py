"""The files of a simulated network: those of ``evidence.disk``, and the logs that the programs write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

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
        text = wording or (argument if code is None else messages.render_text(code, argument or None))
        self._line("DIRSYNC", logs.text_line(when, severity, code if severity != "Status" else None, text))
        digit = _DIGITS.get(severity)
        if coded and digit is not None:
            self._line(
                "DSSERVER", logs.coded_line(when, digit, messages.UNNUMBERED if code is None else code, argument)
            )

    def report(self, when: datetime, origin: str, body: bytes) -> None:
        """Add a requestor's DSSERVER.LOG to CENTRAL.LOG, below a line that names it (Q133428, Q192158)."""
        self._line("CENTRAL", logs.report_line(when, origin))
        self.disk.append(self.place("LOG/CENTRAL.LOG"), body)

    def dispatch(self, when: datetime, text: str) -> None:
        """Write a line to DISPATCH.LOG."""
        self._line("DISPATCH", logs.dispatch_line("INST1", when, text))

    def _line(self, name: str, text: str) -> None:
        # ASCII is the same in the code page, and quicker.
        data = text.encode("ascii") if text.isascii() else text.encode(logs.ENCODING, "replace")
        self.disk.append(self.place(f"LOG/{name}.LOG"), data + b"\r\n")


_DIGITS = {word: digit for digit, word in logs.SEVERITIES.items()}
