"""What can go wrong between two stores; each text names the file, what is wrong there, and the way out where one is."""

from __future__ import annotations

from glbtools.errors import GlbError, KeyedError


class PairError(KeyedError):
    """A pair file is wrong."""


class StateError(KeyedError):
    """A state file is damaged, or of another pair or server."""


class StoreError(GlbError):
    """A store is missing, not a store, or cannot be written."""


class MessageError(GlbError):
    """A spool message is truncated, altered, or of somebody else."""


class LockedError(GlbError):
    """Another agent is at work on the pair."""
