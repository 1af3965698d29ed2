"""What can go wrong between two stores; each text names the file, what is wrong there, and the way out where one is."""

from __future__ import annotations

from glbtools.errors import GlbError, KeyedError


class PairError(KeyedError):
    """A pair file is wrong.

    Attributes:
        line: where, counted from 1; 0 when the whole file is meant.
    """

    def __init__(self, path: str, key: str, reason: str, line: int = 0) -> None:
        self.line = line
        super().__init__(path, f"line {line}: {key}" if line and key else f"line {line}" if line else key, reason)
        self.key = key


class StateError(KeyedError):
    """A state file is damaged, or of another pair or server."""


class StoreError(GlbError):
    """A store is missing, not a store, or cannot be written."""


class MessageError(GlbError):
    """A spool message is truncated, altered, or of somebody else."""


class LockedError(GlbError):
    """Another agent is at work on the pair."""
