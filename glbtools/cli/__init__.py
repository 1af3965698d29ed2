"""The command line: parse arguments, call one function, pick a renderer, set the exit status."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

DONE, FOUND, COULD_NOT, BUG, INTERRUPTED = 0, 1, 2, 70, 130
"""Exit statuses (INTERFACE section 2)."""


def main() -> NoReturn:
    """Run the command line and leave with its exit status; no input makes a traceback."""
    from glbtools.cli.app import app
    from glbtools.errors import GlbError

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="glbtools")
    except GlbError as error:
        complain(str(error))
        _leave(COULD_NOT)
    except KeyboardInterrupt:
        _leave(INTERRUPTED)
    except BrokenPipeError:
        # Whoever read the output has gone, as `head` does; nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _leave(DONE)
    except Exception as error:
        if os.environ.get("GLBTOOLS_DEBUG"):
            raise
        complain(f"internal error, please report it: {type(error).__name__}: {error} (GLBTOOLS_DEBUG=1 shows more)")
        _leave(BUG)
    _leave(DONE)


def complain(text: str) -> None:
    """Print one line on standard error, safe for a terminal."""
    from glbtools.render.text import message

    print(f"glbtools: {message(text)}", file=sys.stderr)


def _leave(status: int) -> NoReturn:
    sys.stdout.flush()
    raise SystemExit(status)
