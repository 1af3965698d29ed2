"""What a report is made of, whoever reads it: plain data that a writer turns into text for a terminal, or a page.

A report is the blocks that one function makes of one result. Texts in it are already safe to be shown
(``reporting.text``); where lines end, what is painted how, and how wide a table is, is the writer's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from glbtools.binary.span import Span
from glbtools.binary.tree import Node

Tones = tuple[str, ...]
"""How something is meant: ``strong``, ``faint``, ``good``, ``mark``, or a severity (error, warning, note)."""

STRONG: Tones = ("strong",)
FAINT: Tones = ("faint",)


class Heading(NamedTuple):
    """The title of what follows."""

    text: str


class Paragraph(NamedTuple):
    """A sentence or more.

    Attributes:
        text: what it says.
        depth: how deep it stands under what is before it, from 0.
        lead: its first words, if they are to stand out.
        tones: of the lead, or of all of it where there is none.
        hang: columns before its further lines; those of the next depth unless given.
        anywhere: whether it may be cut within a word, as a path.
    """

    text: str
    depth: int = 0
    lead: str = ""
    tones: Tones = ()
    hang: int | None = None
    anywhere: bool = False


class Break(NamedTuple):
    """The end of what belongs together."""


class Facts(NamedTuple):
    """Names and what is said of each.

    Attributes:
        rows: name and text.
        width: columns for the names; those of the longest unless given.
        gap: blanks behind it.
    """

    rows: tuple[tuple[str, str], ...]
    width: int = 0
    gap: int = 2


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        head: its title.
        right: whether it is flush right.
        wide: whether it is left out where there is little room.
        most: characters of a cell on one line, if that is bounded.
    """

    head: str
    right: bool = False
    wide: bool = False
    most: int = 0


class Table(NamedTuple):
    """Rows of cells; a line feed in a cell begins a new line.

    Attributes:
        columns: of the table.
        rows: a cell for each column.
        notes: a sentence under each row, or none at all.
        depth: as of a paragraph.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    depth: int = 0


class Place(NamedTuple):
    """A place in a file.

    Attributes:
        line: from 1, in a file of lines.
        span: the bytes, in any other.
        data: the first of these bytes.
        said: what is stored there and what that shows.
    """

    line: int | None = None
    span: Span | tuple[int, int] | None = None
    data: bytes = b""
    said: str = ""


class Places(NamedTuple):
    """Places of one file that show something; ``path`` is empty where the report is about that file."""

    path: str
    places: tuple[Place, ...]


class Finding(NamedTuple):
    """The head of a finding.

    Attributes:
        severity: error, warning or note.
        code: of the problem; ``slug``: its name.
        sure: how sure it is, in a word or two; empty where it is certain.
        text: the fault.
    """

    severity: str
    code: str
    slug: str
    sure: str
    text: str


class Dump(NamedTuple):
    """Every byte of a file under the fields it belongs to.

    Attributes:
        nodes: trees that tile the file.
        data: the file.
        encoding: single-byte code page of the characters.
    """

    nodes: Iterable[Node]
    data: bytes
    encoding: str


class Segment(NamedTuple):
    """A stretch of bytes with one meaning.

    Attributes:
        name: what is written under it.
        start, stop: offsets in the bytes that are drawn.
        tones: how it is meant.
    """

    name: str
    start: int
    stop: int
    tones: Tones = ()


class Ruler(NamedTuple):
    """Some bytes with the borders of what they are; ``segments`` tile ``data`` in order."""

    data: bytes
    segments: tuple[Segment, ...]
    encoding: str


class Verbatim(NamedTuple):
    """A line that stays as it is."""

    text: str
    tones: Tones = ()


class Section(NamedTuple):
    """The title of a part of a report.

    Attributes:
        title: a few words; ``anchor``: what links lead to.
        lead: what the part says, in one sentence.
    """

    title: str
    anchor: str
    lead: str = ""


class Steps(NamedTuple):
    """Sentences one below the other; ``numbered`` where their order counts."""

    items: tuple[str, ...]
    numbered: bool = False


class Excerpt(NamedTuple):
    """Bytes of a file, in rows, some of them marked.

    Attributes:
        path: the file.
        start: offset of the first byte.
        data: the bytes.
        mark: which of them are meant, as offsets in the file.
        said: what they say.
        encoding: single-byte code page of the characters.
    """

    path: str
    start: int
    data: bytes
    mark: tuple[int, int]
    said: str
    encoding: str = "cp850"


class Picture(NamedTuple):
    """A drawing, and the same in words.

    Attributes:
        title: what is drawn.
        text: all that it shows, for those who do not see it.
        svg: the drawing; its texts are escaped.
    """

    title: str
    text: str
    svg: str


class Fold(NamedTuple):
    """What most readers need not see: ``title`` says what it is, ``blocks`` follow."""

    title: str
    blocks: tuple[Any, ...]


Block = (
    Heading
    | Section
    | Steps
    | Excerpt
    | Picture
    | Fold
    | Paragraph
    | Break
    | Facts
    | Table
    | Places
    | Finding
    | Dump
    | Ruler
    | Verbatim
)
Report = Iterator[Block]
