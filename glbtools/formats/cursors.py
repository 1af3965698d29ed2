"""Cursors of any system as JSON: who has consumed which log up to where (docs/facts/directories.md#cursors).

    {"schema": "glbtools.cursors/1", "cursors": [{"consumer": "DC2", "log_id": "DC1", "epoch": null, "position": 24580,
    "floor": null, "head": 24600}]}

``position`` is the number last consumed, not the next one: a system that counts the next is one lower here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from glbtools.binary.span import Fault, Region, Span
from glbtools.binary.tree import Node
from glbtools.brief import brief, count
from glbtools.errors import DescriptionError
from glbtools.formats.base import Rows, span_row
from glbtools.tables import Setting, open_json

SCHEMA = "glbtools.cursors/1"
HIGHEST = (1 << 64) - 1

_MARK = b"\xef\xbb\xbf"
_BLANKS = frozenset(" \t\r\n")


class Cursor(NamedTuple):
    """Up to where somebody has consumed a log.

    Attributes:
        consumer: who.
        log_id: which log: the server, partition or database it is kept by.
        epoch: which life of the log's numbering; None where the system does not tell.
        position: the number last consumed.
        floor: the highest number that may have been purged.
        head: the highest number issued.
    """

    consumer: str
    log_id: str
    epoch: str | None
    position: int
    floor: int | None = None
    head: int | None = None


def parse_cursors(data: bytes, path: str = "") -> tuple[Cursor, ...]:
    """Read a list of cursors.

    Raises:
        DescriptionError: it is no such list; the error names the key.
    """
    table = open_json(data, path).table({"schema", "cursors"})
    if table["schema"].text() != SCHEMA:
        table["schema"].fail(f"must be {SCHEMA}")
    if not table["cursors"].given:
        table["cursors"].fail("is missing")
    return tuple(map(_cursor, table["cursors"].items()))


class Document(NamedTuple):
    """A list of cursors as a file.

    Attributes:
        data: the file.
        cursors: each with its bytes and its line; those of a damaged list that could be read.
        faults: what is wrong with it.
    """

    data: bytes
    cursors: tuple[tuple[int, Span, Cursor], ...] = ()
    faults: tuple[Fault, ...] = ()

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    def lists(self) -> list[Rows]:
        """The cursors."""
        rows = ({"line": line, "span": span_row(span)} | each._asdict() for line, span, each in self.cursors)
        return [Rows("records", len(self.cursors), rows)]

    def nodes(self) -> Iterator[Node]:
        """Yield the cursors and what is written between them."""
        for span, what in self.regions():
            yield Node(what, span, self.data[span.start : span.stop].decode("utf-8", "backslashreplace"))

    def regions(self) -> Iterator[Region]:
        """Yield the cursors and what is written between them."""
        at = 0
        for _, span, _ in self.cursors:
            if span.start > at:
                yield Region(Span(at, span.start), "JSON")
            yield Region(span, "cursor")
            at = span.stop
        if at < len(self.data):
            yield Region(Span(at, len(self.data)), "JSON")

    def summary(self) -> list[str]:
        """How many cursors there are, of whom and of which logs."""
        consumers = {each.consumer for _, _, each in self.cursors}
        logs = {each.log_id for _, _, each in self.cursors}
        said = [count(len(self.cursors), "cursor")]
        return [*said, count(len(consumers), "consumer"), count(len(logs), "log")] if self.cursors else said


def probe(data: bytes) -> bool:
    """Whether a content is a JSON object that names our schema, of whatever version."""
    return data.removeprefix(_MARK).lstrip()[:1] == b"{" and b'"glbtools.cursors/' in data


def parse_document(data: bytes) -> Document:
    """Read a list as a file; a cursor that cannot be read does not hide the others."""
    try:
        return Document(data, tuple(_placed(data, parse_cursors(data))))
    except DescriptionError as error:
        places = list(_elements(data))
        broken, kept = Fault("cursors", _reason(error.key, error.reason), Span(0, len(data))), []
        for number, (line, span) in enumerate(places):
            key = f"cursors[{number}]"
            try:
                kept.append((line, span, _cursor(open_json(data[span.start : span.stop], ""))))
            except DescriptionError:
                if error.key == key or error.key.startswith(f"{key}."):
                    broken = broken._replace(span=span, line=line)
        return Document(data, tuple(kept), (broken,))


def _reason(key: str, reason: str) -> str:
    return f"{key}: {reason}" if key else f"the list {reason}"


def _placed(data: bytes, cursors: Iterable[Cursor]) -> Iterator[tuple[int, Span, Cursor]]:
    return ((line, span, cursor) for (line, span), cursor in zip(_elements(data), cursors, strict=True))


def _elements(data: bytes) -> Iterator[tuple[int, Span]]:
    """Yield line and bytes of each element of the list ``cursors``, as far as they can be read."""
    mark = len(_MARK) if data.startswith(_MARK) else 0
    try:
        text = data[mark:].decode("utf-8")
    except UnicodeDecodeError as error:
        text = data[mark : mark + error.start].decode("utf-8")
    scan = json.JSONDecoder().raw_decode
    try:
        at = _past(text, text.index("{") + 1)
        while text[at] != "}":
            key, at = scan(text, at)
            at = _past(text, at, ":")
            if key == "cursors" and text[at] == "[":
                break
            at = _past(text, scan(text, at)[1], ",")
        else:
            return
        line, counted, offset = 1, 0, mark
        at = _past(text, at + 1)
        while text[at] != "]":
            start, (_, at) = at, scan(text, at)
            line += text.count("\n", counted, start)
            offset += len(text[counted:start].encode())
            stop = offset + len(text[start:at].encode())
            yield line, Span(offset, stop)
            line += text.count("\n", start, at)
            counted, offset = at, stop
            at = _past(text, at, ",")
    except (ValueError, IndexError, RecursionError):
        return


def _past(text: str, at: int, mark: str = "") -> int:
    """Return where the next word begins, behind blanks and one ``mark`` if it is there."""
    for wanted in (mark, ""):
        while text[at : at + 1] in _BLANKS:
            at += 1
        at += bool(wanted) and text[at] == wanted
    return at


def _cursor(row: Setting) -> Cursor:
    row.table(Cursor._fields)
    for name in ("consumer", "log_id"):
        if not row[name].text():
            row[name].fail("is empty")
    floor, head = (row[name].optional(_number) for name in ("floor", "head"))
    return Cursor(
        consumer=row["consumer"].text(),
        log_id=row["log_id"].text(),
        epoch=row["epoch"].optional(Setting.text),
        position=_number(row["position"]),
        floor=floor,
        head=head,
    )


def _number(given: Setting) -> int:
    return given.integer(0, HIGHEST)
