"""The CSV that csvde exports of an Active Directory: a header of attribute names that begins with DN, a line an object.

Its form is known from Microsoft's page on CSV scripts and from published exports (docs/facts/directories.md#csvde):
fields with a comma are in quotes, several values are joined by ``;``, a ``;`` within a value has a backslash before
it, and what is no text is ``X'hex'``. Whether a backslash within a value is doubled is published nowhere: such values
stay as they stand, and that is said. A quoted field may run over lines.

An object is read as one of an LDIF dump is; what the numbers mean, and what is missing, is told in the same words.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from glbtools.binary.span import Fault, Span
from glbtools.brief import count
from glbtools.formats.objects import (
    KEPT,
    ObjectFile,
    Record,
    Report,
    entries_of,
    joined_parts,
    survey_of,
    undecodable,
)
from glbtools.model.directory import Entry, Facts, Values

ROW_LIMIT = 1 << 24
"""Longest row read as one, in bytes; what is longer is cut there and reported."""

_PROBED = 1 << 16
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.;=-]*")
_KNOWN = frozenset({"distinguishedname", "objectclass", "objectguid", "samaccountname", "usnchanged"})
_HEX = re.compile(r"X'((?:[0-9A-Fa-f]{2})*)'")
_SEPARATOR = re.compile(r"\\.|;", re.DOTALL)
_UNTOLD = 5
"""Attributes that are named of those of which something is not told."""


class CsvdeFile(ObjectFile):
    """A whole file; the first of ``records`` that is no object is the header."""

    __slots__ = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(_cells(_text_of(self.records[0].text))[0]) if self.records else ()

    def summary(self) -> list[str]:
        """How many objects there are, how they are numbered, and what the columns do not tell."""
        said = super().summary()
        columns = {each.lower() for each in self.columns}
        said.insert(1, count(len(columns), "column"))
        if "usnchanged" not in columns:
            return [*said, "no uSNChanged column, so that changes are not numbered"]
        return said if "isdeleted" in columns else [*said, "no isDeleted column, so that no deletion can be seen"]


def begins(data: bytes) -> bool:
    """Whether the first line is a header of csvde: DN, and an attribute that its exports have."""
    return bool(_named(data))


def is_numbered(data: bytes) -> bool:
    """Whether the first line is such a header, and has a uSNChanged column."""
    return "usnchanged" in _named(data)


def _named(data: bytes) -> frozenset[str]:
    """Return the names of the columns in lower case; none where the first line is no header of csvde."""
    first = next(_rows(io.BytesIO(data[:_PROBED])), None)
    if first is None:
        return frozenset()
    cells, whole = _cells(first[3])
    columns = frozenset(map(str.lower, cells))
    is_header = (
        whole
        and len(cells) > 1
        and cells[0].lower() == "dn"
        and not _KNOWN.isdisjoint(columns)
        and all(map(_NAME.fullmatch, cells))
    )
    return columns if is_header else frozenset()


def parse_csvde(data: bytes) -> CsvdeFile:
    """Read a file; the content never makes it fail."""
    return CsvdeFile(tuple(records(io.BytesIO(data))))


def records(stream: BinaryIO) -> Iterator[Record]:
    """Yield the header and the rows of a file, in memory that does not grow with the file."""
    columns: tuple[str, ...] | None = None
    untold: dict[str, int] = {}
    last: Record | None = None
    for line, span, raw, text in _rows(stream):
        cells, whole = _cells(text)
        if last is not None:
            yield last
        if columns is None:
            columns = cells
            last = _header(cells, line, span, raw, text)
        else:
            last = _object(columns, cells, line, whole=whole, where=(span, raw, text))
            if "\\" in text:
                _count(columns, cells, untold)
    if last is not None:
        yield last._replace(faults=(*last.faults, _untold(last, untold))) if untold else last


def entries(
    stream: BinaryIO, beside: Iterable[Record] = (), report: Report | None = None, *, known: Facts | None = None
) -> tuple[Facts, Iterator[Entry]]:
    """Return what a dump says of its directory, and its objects one by one; see ``objects.entries_of``.

    ``beside`` are the records of the capture of the rootDSE. ``known``, what an earlier call has returned of the
    directory, spares a first pass.

    Raises:
        UsageError: the stream cannot seek.
    """
    tell: Report = report or (lambda _: None)
    return entries_of(
        lambda each: _told(each, tell), lambda each: survey_of(records(each)), stream, beside, tell=tell, known=known
    )


def _told(stream: BinaryIO, tell: Report) -> Iterator[Record]:
    """Yield the rows, and tell what is wrong with each."""
    for record in records(stream):
        for fault in record.faults:
            tell(fault)
        yield record


def _rows(stream: BinaryIO) -> Iterator[tuple[int, Span, bytes, str]]:
    """Yield line, bytes and text of each row; the end of a line within quotes is none of a row."""
    first = stream.readline(ROW_LIMIT)
    mark, encoding = next(((mark, code) for mark, code in _BOMS if first.startswith(mark)), (b"", "utf-8"))
    wide = encoding != "utf-8"
    code = _LINE_ENDS[encoding]
    line, at, size, begun, quotes = 0, 0, 0, 1, 0
    held: list[bytes] = []
    part, whole = first, False
    while part:
        if wide and (size + len(part)) % 2:  # the other half of the line's end, or of a character
            part += stream.read(1)
        # Where a quote is missing, the row ends before the next one.
        if whole or (quotes % 2 and _BEGUN.match(part[:32].replace(b"\0", b""))):
            yield begun, Span(at, at + size), *_row(held, encoding, b"" if at else mark)
            at, size, begun, quotes, held = at + size, 0, line + 1, 0, []
        held.append(part)
        size += len(part)
        quotes += part.count(b'"')
        ended = part.endswith(code)
        line += ended
        whole = (ended and quotes % 2 == 0) or size >= ROW_LIMIT
        part = stream.readline(ROW_LIMIT)
    if held:
        yield begun, Span(at, at + size), *_row(held, encoding, b"" if at else mark)


_LINE_ENDS = {"utf-8": b"\n", "utf-16-le": b"\n\0", "utf-16-be": b"\0\n"}
_BEGUN = re.compile(rb'"[A-Za-z]{1,8}=')
"""How a row begins: a name has commas, and is in quotes."""


def _row(held: list[bytes], encoding: str, mark: bytes) -> tuple[bytes, str]:
    raw = b"".join(held)
    return raw, raw.removeprefix(mark).decode(encoding, KEPT if encoding == "utf-8" else "replace")


def _text_of(raw: bytes) -> str:
    return raw.decode("utf-8", KEPT)


def _cells(text: str) -> tuple[tuple[str, ...], bool]:
    """Return the fields of a row without their quotes, and whether these are in order."""
    text = text.rstrip("\r\n")
    if '"' not in text:
        return tuple(text.split(",")), True
    found: list[str] = []
    at, whole = 0, True
    while at <= len(text):
        if text[at : at + 1] == '"':
            stop = at + 1
            while (stop := text.find('"', stop)) >= 0 and text[stop + 1 : stop + 2] == '"':
                stop += 2
            if stop < 0:
                found.append(text[at + 1 :].replace('""', '"'))
                return tuple(found), False
            after = text.find(",", stop)
            after = len(text) if after < 0 else after
            rest = text[stop + 1 : after]
            whole = whole and not rest.strip()
            found.append(text[at + 1 : stop].replace('""', '"') + rest.strip())
        else:
            after = text.find(",", at)
            after = len(text) if after < 0 else after
            found.append(text[at:after])
        at = after + 1
    return tuple(found), whole


def _header(cells: tuple[str, ...], line: int, span: Span, raw: bytes, text: str) -> Record:
    counts = Counter(map(str.lower, cells))
    twice = next((each for each in cells if counts[each.lower()] > 1), None)
    faults = (Fault("column", f"two columns are called {twice[:80]}", span, line=line),) if twice else ()
    return Record(None, (), line, span, raw, text=text.encode("utf-8", KEPT), faults=faults)


def _object(
    columns: tuple[str, ...], cells: tuple[str, ...], line: int, *, whole: bool, where: tuple[Span, bytes, str]
) -> Record:
    span, raw, text = where
    encoded = text.encode("utf-8", KEPT)
    if not text.strip("\r\n, "):
        return Record(None, (), line, span, raw, text=encoded)
    faults: list[Fault] = []
    if len(raw) >= ROW_LIMIT:
        faults.append(Fault("record", f"the row is longer than {ROW_LIMIT} bytes", span, line=line))
    elif not whole:
        faults.append(Fault("record", "the quotes of the row are not in order", span, line=line))
    elif len(cells) != len(columns):
        said = f"not the same number of fields as the header: {len(columns)} were expected, {len(cells)} were found"
        faults.append(Fault("record", said, span, line=line))
    elif not cells[0].strip() and "highestcommittedusn" not in {each.lower() for each in columns}:
        faults.append(Fault("record", "the object has no name", span, line=line))
    if faults:
        return Record(None, (), line, span, raw, text=encoded, faults=tuple(faults))
    held = tuple(
        [(name, _values(name, cell)) for name, cell in zip(columns[1:], cells[1:], strict=True) if cell.strip()]
    )
    held, cut = joined_parts(held) if any(";" in each for each in columns) else (held, [])
    faults += [Fault("ending", each, span, line=line) for each in cut]
    faults += undecodable(held, span, line)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        said = "text that is not UTF-8, as a tool writes it in the code page of its machine; kept byte for byte"
        faults.append(Fault("encoding", said, span, damage=False, line=line))
    if not text.endswith("\n"):
        said = "the last line has no end; it may have been cut"
        faults.append(Fault("line end", said, span, damage=False, line=line))
    return Record(_plain(cells[0]), held, line, span, raw, text=encoded + b"\n", faults=tuple(faults))


def _values(name: str, cell: str) -> Values:
    r"""Return the values of a field: divided at each ``;`` that has no backslash before it.

    A backslash is taken away only where it stands before ``;``, and not in a distinguished name, which has backslashes
    of its own, as in ``CN=Lee\, Ann``. What can have one value only is not divided.
    """
    if ";" not in cell:
        return (_plain(cell),)
    pieces: list[str] = []
    at = 0
    for each in _SEPARATOR.finditer(cell) if name.lower() not in _SINGLE else ():
        if each[0] == ";":
            pieces.append(cell[at : each.start()])
            at = each.end()
    pieces.append(cell[at:])
    return tuple([_plain(each if _DN.match(each) else each.replace("\\;", ";")) for each in pieces])


def _plain(value: str) -> str:
    binary = _HEX.fullmatch(value)
    return bytes.fromhex(binary[1]).decode("utf-8", KEPT) if binary else value


def _count(columns: tuple[str, ...], cells: tuple[str, ...], untold: dict[str, int]) -> None:
    """Count the fields of which the form does not tell everything."""
    for name, cell in zip(columns[1:], cells[1:], strict=False):
        if "\\\\" in cell or ("\\;" in cell and any(map(_DN.match, cell.split(";")))):
            untold[name] = untold.get(name, 0) + 1


_SINGLE = frozenset(
    name.lower()
    for name in (
        "cn", "comment", "company", "department", "displayName", "distinguishedName", "givenName", "homeDirectory",
        "info", "l", "legacyExchangeDN", "mail", "mailNickname", "manager", "mobile", "name", "objectCategory",
        "physicalDeliveryOfficeName", "sAMAccountName", "scriptPath", "sn", "st", "streetAddress", "telephoneNumber",
        "title", "userParameters", "userPrincipalName", "userWorkstations",
    )
)  # fmt: skip
"""Attributes that have one value in every Active Directory (MS-ADA1 to MS-ADA3), in which a ``;`` may stand."""

_DN = re.compile(r"(?:CN|OU|DC|O|L|C)=", re.IGNORECASE)


def _untold(last: Record, counts: dict[str, int]) -> Fault:
    """Return what the form does not tell of the values, once for the file, at its end."""
    names = ", ".join(sorted(counts)[:_UNTOLD])
    more = f" and {len(counts) - _UNTOLD} more attributes" if len(counts) > _UNTOLD else ""
    said = (
        f"backslashes in {names}{more} ({count(sum(counts.values()), 'field')}): whether csvde has added some is "
        "published nowhere; they are kept as they stand"
    )
    return Fault(UNTOLD, said, last.span, damage=False, line=last.line)


UNTOLD = "untold"
"""Kind of fault: a value is ambiguous in this form."""
