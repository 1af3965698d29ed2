"""The whole of a package that adds a format: notes, a text whose first line is ``NOTES`` and whose lines are notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import glbtools

NOTES = glbtools.Format(
    "notes", "notes of an administrator", "glbtools_notes:parse", "probe", names=("*.NOT",), certainty="our own"
)


@dataclass(frozen=True)
class Notes:
    """What glbtools asks a content for (``glbtools.Content``)."""

    data: bytes

    @property
    def faults(self) -> Sequence[glbtools.Fault]:
        end = len(self.data)
        cut = not self.data.endswith(b"\n")
        return [glbtools.Fault("truncated", "the last line is cut", glbtools.Span(end, end))] if cut else []

    def _lines(self) -> Iterator[glbtools.Span]:
        at = 0
        for line in self.data.splitlines(keepends=True):
            yield glbtools.Span(at, at + len(line))
            at += len(line)

    def lists(self) -> list[glbtools.Rows]:
        spans = list(self._lines())[1:]
        rows = ({"span": [each.start, each.stop], "note": self._text(each)} for each in spans)
        return [glbtools.Rows("notes", len(spans), rows)]

    def nodes(self) -> Iterator[glbtools.Node]:
        for each in self._lines():
            yield glbtools.Node("note", each, value=self._text(each))

    def regions(self) -> Iterator[glbtools.Region]:
        for each in self._lines():
            yield glbtools.Region(each, "note")

    def summary(self) -> list[str]:
        return [f"{len(list(self._lines())) - 1} notes"]

    def _text(self, span: glbtools.Span) -> str:
        return self.data[span.start : span.stop].decode("cp850").rstrip("\r\n")


def probe(data: bytes) -> bool:
    return data.startswith(b"NOTES\r\n")


def parse(data: bytes) -> Notes:
    if b"FAIL" in data:
        raise ValueError("no note")
    return Notes(data)
