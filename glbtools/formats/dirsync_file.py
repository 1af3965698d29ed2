r"""The file of the DIRSYNC sample application of the Exchange SDK: sections of A, M and D, attributes, comments.

"Based on the Microsoft Mail 3.2 IMPORT utility file format"; what is exported can be imported. The grammar is complete
(SDK:samples1_0d9v; docs/facts/directories.md#dirsync-file), but for what its own sample does: full names where it says
RDN, empty lines, and an export without /EXPLIST, which has no attributes. Raw lines are kept, so that a
file comes back byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from glbtools.binary.span import Fault, Region, Span
from glbtools.binary.tree import Node
from glbtools.brief import brief, count
from glbtools.errors import FieldError, UsageError
from glbtools.formats.base import Row, Rows, ansi, attribute_rows, span_row

ADD, MODIFY, DELETE, COMMENT, NEITHER = "A", "M", "D", "#", ""
KINDS = (ADD, MODIFY, DELETE)

_HEX = re.compile(r"\\x((?:[0-9A-Fa-f]{2})+)", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PLAIN = re.compile(r'(?![" \t]|\\x)[^\x00-\x08\x0a-\x1f\x7f]*(?<![ \t])')
"""What is written as it is: without control characters, and with nothing that would be read as something else."""
_QUOTED = ('"', "\\x", " ", "\t")
_NAMED = re.compile(r"/?(?:c|o|ou|cn|dc)=[^\t]", re.IGNORECASE)
_PROBED = 16384


class Form(Enum):
    """How a value is written."""

    STRING = "string"
    QUOTED = "quoted-string"
    HEX = "hex-string"


class Attribute(NamedTuple):
    """One attribute line; further values of an attribute are further lines of its name.

    Attributes:
        name: the label.
        value: its text, without the quotes; of a hex-string the bytes.
        form: how it is written; a constant cannot be told from a string.
        line: number of the line.
    """

    name: str
    value: str | bytes
    form: Form = Form.STRING
    line: int = 0


class Section(NamedTuple):
    """What is said of one object, or a comment, or lines that are neither; the sections of a file tile it.

    Attributes:
        kind: ``A``, ``M``, ``D``, ``#`` for a comment, empty for lines above the first section or not understood.
        dn: name of the object; the text of a comment.
        attributes: its attribute lines.
        line: number of its first line, counted from 1.
        span: its bytes, the empty lines and comments between and behind its attributes included.
        raw: these bytes.
        faults: what is wrong with it.
    """

    kind: str
    dn: str
    attributes: tuple[Attribute, ...]
    line: int
    span: Span
    raw: bytes
    faults: tuple[Fault, ...] = ()

    @property
    def values(self) -> dict[str, tuple[str | bytes, ...]]:
        """All values by attribute, in order."""
        found: dict[str, list[str | bytes]] = {}
        for each in self.attributes:
            found.setdefault(each.name, []).append(each.value)
        return {name: tuple(held) for name, held in found.items()}


class DirsyncFile(NamedTuple):
    """A whole file."""

    sections: tuple[Section, ...]

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    @property
    def changes(self) -> tuple[Section, ...]:
        """The sections that say something of an object."""
        return tuple(each for each in self.sections if each.kind in KINDS)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All faults of all sections."""
        return tuple(fault for each in self.sections for fault in each.faults)

    def build(self) -> bytes:
        """Exactly the bytes that were read."""
        return b"".join(each.raw for each in self.sections)

    def lists(self) -> list[Rows]:
        """The sections."""
        return [Rows("records", len(self.changes), map(_section_row, self.changes))]

    def nodes(self) -> Iterator[Node]:
        """Yield sections, comments, and lines that are neither."""
        for each in self.sections:
            yield Node(_what(each), each.span, ansi(each.raw))

    def regions(self) -> Iterator[Region]:
        """Yield sections, comments, and lines that are neither."""
        for each in self.sections:
            yield Region(each.span, _what(each))

    def summary(self) -> list[str]:
        """How many changes of each kind there are."""
        kinds = [each.kind for each in self.changes]
        return [count(len(kinds), "change"), *(f"{kinds.count(kind)} {kind}" for kind in KINDS if kind in kinds)]


def probe(data: bytes) -> bool:
    """Whether the first line that is no comment names an object: ``A``, ``M`` or ``D`` and a distinguished name."""
    head = data[:_PROBED]
    if b"\0" in head:
        return False
    first = next((each for each in _sections(head) if each.kind != COMMENT and each.raw.strip()), None)
    return first is not None and first.kind in KINDS and _NAMED.match(first.dn) is not None


def parse_dirsync(data: bytes) -> DirsyncFile:
    """Read a file; never raises, whatever the bytes are."""
    return DirsyncFile(tuple(_sections(data)))


def section(kind: str, dn: str, values: Iterable[tuple[str, Iterable[str | bytes]]] = ()) -> bytes:
    r"""Return the lines of one section, each ended by CR LF.

    A value that would be read as something else is quoted, one with control characters and one given as bytes is
    written as a hex-string. A delete section has no attributes: its values are left out.

    Raises:
        UsageError: there is no such kind.
        FieldError: a name or value cannot be written.
    """
    if kind not in KINDS:
        raise UsageError(f"no section {kind!r}: A, M or D")
    if not dn or _CONTROL.search(dn):
        raise FieldError("dn", "is empty or has control characters")
    lines = [f"{kind} {dn}"]
    for name, held in values if kind != DELETE else ():
        label = _label(name)
        for each in held:
            if isinstance(each, str) and _PLAIN.fullmatch(each):
                lines.append(label + each)
            else:
                lines.append(label + _written(name, each))
    lines.append("")
    try:
        return "\r\n".join(lines).encode("cp1252")
    except UnicodeEncodeError as error:
        raise FieldError(dn, "has a character that Windows-1252 has not") from error


def _what(section: Section) -> str:
    if section.kind in KINDS:
        return "section"
    return "comment" if section.kind == COMMENT else "empty line" if not section.raw.strip() else "unparsed line"


def _section_row(section: Section) -> Row:
    return {
        "line": section.line,
        "span": span_row(section.span),
        "change": section.kind,
        "dn": section.dn,
        "attributes": attribute_rows(section.values.items()),
    }


@lru_cache
def _label(name: str) -> str:
    if not name or name != name.strip() or ":" in name or _CONTROL.search(name):
        raise FieldError(name, "is no attribute label")
    return f"- {name}:"


def _written(name: str, value: str | bytes) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex().upper() if value else ""
    if _CONTROL.search(value):
        try:
            return "\\x" + value.encode("cp1252").hex().upper()
        except UnicodeEncodeError as error:
            raise FieldError(name, "has a character that Windows-1252 has not") from error
    return f'"{value}"' if value.startswith(_QUOTED) or value.endswith((" ", "\t")) else value


class _Open:
    """A section whose lines are being read."""

    def __init__(self, kind: str, dn: str, line: int, start: int) -> None:
        self.kind, self.dn, self.line, self.start = kind, dn, line, start
        self.raw: list[bytes] = []
        self.attributes: list[Attribute] = []
        self.faults: list[Fault] = []

    def closed(self) -> Section:
        """Return it as it is."""
        raw = b"".join(self.raw)
        span = Span(self.start, self.start + len(raw))
        return Section(self.kind, self.dn, tuple(self.attributes), self.line, span, raw=raw, faults=tuple(self.faults))


def _sections(data: bytes) -> Iterator[Section]:
    current: _Open | None = None
    held: list[_Open] = []  # comments behind the current section: its own, if an attribute follows
    offset = 0
    for number, raw in enumerate(_lines(data), 1):
        start, offset = offset, offset + len(raw)
        text = ansi(raw).removesuffix("\n").removesuffix("\r")
        faults = list(_line_end(raw, Span(start, offset), number))
        if not text.strip():
            last = held[-1] if held else current
            if last is None:
                last = current = _Open(NEITHER, "", number, start)
            last.raw.append(raw)
            last.faults += faults
            continue
        if text.startswith("#"):
            held.append(_Open(COMMENT, text[1:], number, start))
            held[-1].raw.append(raw)
            held[-1].faults += faults
            continue
        attribute = text.startswith("-")
        if attribute and current is not None and current.kind in KINDS:
            for each in held:
                current.raw += each.raw
                current.faults += each.faults
        else:
            if current is not None:
                yield current.closed()
            yield from (each.closed() for each in held)
            kind = text[0] if text[1:2] == " " and text[0] in KINDS else NEITHER
            current = _Open(kind, text[2:] if kind else "", number, start)
        held = []
        current.raw.append(raw)
        current.faults += faults
        for message, damage in _line(text, current, number):
            current.faults.append(Fault("text", message, Span(start, offset), damage, line=number))
    if current is not None:
        yield current.closed()
    yield from (each.closed() for each in held)


def _lines(data: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        stop = data.find(b"\n", start) + 1 or len(data)
        yield data[start:stop]
        start = stop


def _line_end(raw: bytes, span: Span, number: int) -> Iterator[Fault]:
    if not raw.endswith(b"\n"):
        yield Fault("line end", "the last line has no end; it may have been cut", span, damage=False, line=number)
    elif not raw.endswith(b"\r\n"):
        yield Fault("line end", "the line ends with LF, not CR LF", span, damage=False, line=number)


def _line(text: str, current: _Open, number: int) -> Iterator[tuple[str, bool]]:
    """Take one line into its section, and yield what is wrong with it and whether that is damage."""
    if current.kind == NEITHER:
        if text.startswith("-"):
            yield "an attribute without an object above it", True
        else:
            yield "neither A, M, D nor an attribute nor a comment", True
        return
    if not text.startswith("-"):
        if not current.dn.strip():
            yield "the section has no name", True
        elif current.dn != current.dn.strip():
            yield "blanks before or behind the name", False
        return
    if current.kind == DELETE:
        yield "a delete section has no attributes", True
    name, colon, value = text[1:].partition(":")
    label = name.strip()
    if not colon or not label:
        yield "an attribute line without a label and a colon", True
        return
    if name != " " + label:
        yield "an attribute label is between one blank and its colon", False
    form: Form = Form.STRING
    read: str | bytes = value
    if value.startswith('"'):
        if len(value) > 1 and value.endswith('"'):
            form, read = Form.QUOTED, value[1:-1]
        else:
            yield "a quoted string is not closed", True
    elif value.startswith("\\x"):
        if _HEX.fullmatch(value):
            form, read = Form.HEX, bytes.fromhex(value[2:])
        else:
            yield "a hex string without pairs of hexadecimal digits", True
    elif value != value.strip():
        yield "blanks before or behind the value", False
    current.attributes.append(Attribute(label, read, form, number))
