"""How far a long piece of work is, for whoever watches."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], object]
"""Told what is worked on, how much is done, and of how much, in any unit; 0 where nobody knows."""


class Steps:
    """Steps of which the number is known, each told when it begins."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._begun = progress, total, 0

    def begin(self, text: str) -> None:
        """Tell that a step begins."""
        if self._progress:
            self._progress(text, min(self._begun, self._total), self._total)
        self._begun += 1
