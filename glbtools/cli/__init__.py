"""The command line: parse arguments, call one function, pick a renderer, set the exit status."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

_gone: list[object] = []
"""The standard output of which nobody reads any more."""

DONE, FOUND, COULD_NOT, BUG, INTERRUPTED, TERMINATED = 0, 1, 2, 70, 130, 143
"""Exit statuses (docs/interface.md#exit-status)."""


class TerminatedError(BaseException):
    """The program was asked to end; it cleans up as after an interrupt from the keyboard."""


class _ClosedOutput(io.TextIOBase):
    """Stands for a standard output that is not there: what is written to it is refused, and not lost in silence."""

    @property
    def buffer(self) -> _ClosedOutput:
        """Itself, for bytes."""
        return self

    def writable(self) -> bool:
        """It looks like any other."""
        return True

    def write(self, _: object) -> int:
        """Refuse.

        Raises:
            OSError: always.
        """
        raise OSError(errno.EBADF, "standard output is closed")


def main() -> NoReturn:
    """Run the command line and leave with its exit status; no input makes a traceback."""
    from glbtools.errors import GlbError

    _prepare_streams()
    try:
        _listen()
        status = _run()
        put(())
    except GlbError as error:
        complain(str(error))
        status = COULD_NOT
    except TerminatedError:
        status = TERMINATED
    except KeyboardInterrupt:
        status = INTERRUPTED
    except OSError as error:
        complain(f"the output cannot be written: {error.strerror}")
        status = COULD_NOT
    except MemoryError:
        complain("there is not enough memory for it; --max-file-size 50M leaves larger files out, and names them")
        status = COULD_NOT
    except Exception as error:
        _end_display()
        if os.environ.get("GLBTOOLS_DEBUG"):
            raise
        complain(f"internal error, please report it: {type(error).__name__}: {error} (GLBTOOLS_DEBUG=1 shows more)")
        status = BUG
    _end_display()
    try:
        sys.stdout.flush()
    except OSError:
        # What is left has nowhere to go, and Python must not try again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(status)


def put(lines: Iterable[str]) -> bool:
    """Print lines on standard output.

    Returns:
        Whether anybody reads them: when a reader has gone, as ``head`` does, nothing is wrong, and a command ends with
        the status that it has all the same.
    """
    if sys.stdout in _gone:
        return False
    try:
        for line in lines:
            _end_display()
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        _gone[:] = [sys.stdout]
        return False
    return True


def _end_display() -> None:
    """Take away what shows progress, if anything does."""
    if shown := sys.modules.get("glbtools.reporting.progress"):
        shown.end()


def _listen() -> None:
    """Let both signals that ask a program to end be exceptions, so that what is half written is removed."""
    import signal

    def terminated(_number: int, _frame: object) -> None:
        raise TerminatedError

    with contextlib.suppress(ValueError):  # in a thread that gets no signals
        for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, terminated)):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, handler)


def _prepare_streams() -> None:
    """Make output possible whatever the encoding, and without a standard stream too.

    The number of a standard stream that is closed is taken, so that no file of the evidence gets it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)
    sys.stdout = sys.stdout or _ClosedOutput()
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _run() -> int:
    """Run a command; what is wrong with a call is said in one sentence."""
    import typer

    from glbtools.cli.app import COMMANDS, GROUPS, application
    from glbtools.cli.arguments import check_names, sentence

    words = sys.argv[1:]
    check_names(words, (*COMMANDS, *GROUPS), "glbtools")
    if words and words[0] in GROUPS:
        check_names(words[1:], GROUPS[words[0]][1], f"glbtools {words[0]}")
    try:
        program = application(words[0] if words else None)
        return program(prog_name="glbtools", standalone_mode=False) or DONE
    except SystemExit:  # Nobody reads the help any more.
        return DONE
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.message, file=sys.stderr)
        else:
            complain(sentence(error, words))
        return COULD_NOT


def complain(text: str) -> None:
    """Print one line on standard error, safe for a terminal."""
    from glbtools.reporting.text import message

    _end_display()
    with contextlib.suppress(OSError):
        print(f"glbtools: {message(text)}", file=sys.stderr)


def complaints(said: Iterable[str]) -> int:
    """Say what could not be done, a line each, and return the exit status of it."""
    status = DONE
    for each in said:
        complain(each)
        status = COULD_NOT
    return status
