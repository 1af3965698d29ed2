"""Events in time order, however many there are: what does not fit is sorted on disk."""

from __future__ import annotations

import heapq
import json
import tempfile
import weakref
from collections.abc import Iterator
from itertools import groupby
from typing import IO

from glbtools.events.event import Event

ROOM = 50_000
"""Events kept in memory at once."""


class Sorter:
    """Takes events in any order and gives them back in the order of their instants."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._near: list[Event] = []
        self._far: list[IO[str]] = []

    def add(self, event: Event) -> None:
        """Take an event."""
        self._near.append(event)
        if len(self._near) >= self._room:
            self._near.sort(key=_key)
            run = tempfile.TemporaryFile("w+", encoding="ascii")  # noqa: SIM115 - kept until it is read
            weakref.finalize(self, run.close)
            run.writelines(f"{json.dumps(event)}\n" for event in self._near)
            self._far.append(run)
            self._near = []

    def __iter__(self) -> Iterator[Event]:
        """Yield every event; what repeats another one of the same instant is marked."""
        self._near.sort(key=_key)
        merged = heapq.merge(self._near, *map(_read, self._far), key=_key)
        for _, together in groupby(merged, key=lambda event: event.instant):
            first: dict[tuple[object, ...], Event] = {}
            for event in together:
                known = first.setdefault(event.sameness, event)
                yield event if known.path == event.path else event._replace(repeats=known.place)


def _read(run: IO[str]) -> Iterator[Event]:
    run.seek(0)
    for line in run:
        yield Event(*json.loads(line))


def _key(event: Event) -> tuple[int, int, str, int, int]:
    return event.instant, event.rank, event.path, event.line, event.offset
