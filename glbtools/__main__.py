"""``glbtools`` and ``python -m glbtools``: ready to be interrupted before anything else is loaded."""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

STATUS = 128
"""Added to the number of a signal, it is the exit status of whoever was ended by it."""


def main() -> None:
    """Run the command line; until it has begun there is nothing to clean up, and a signal ends the program at once."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)
    from glbtools.cli import main as run

    run()


def _leave(number: int, _frame: FrameType | None) -> None:
    os._exit(STATUS + number)


if __name__ == "__main__":
    main()
