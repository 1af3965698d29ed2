"""The CSV file of an Exchange directory export or import: a header line of attribute names, then one line an object.

A line is one row, whatever its quotes do. Raw lines are kept, so that a file comes back byte for byte. Faults have the
number of the event the directory import logs for them (Q184532; docs/facts/directories.md#csv). An export may leave
out empty fields at the end of a line (Q239639), an import may not (Q188649): ``strict`` reads as the import does.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import BinaryIO, NamedTuple

from glbtools.binary.span import Fault, Region, Span
from glbtools.binary.tree import Node
from glbtools.brief import brief, count
from glbtools.errors import FieldError, UsageError
from glbtools.formats.base import Row as JsonRow
from glbtools.formats.base import Rows, ansi, attribute_rows, moment_row, span_row
from glbtools.formats.objects import usn_of
from glbtools.model.directory import Entry, Facts, Values

DIALECTS = ("5.x", "4.0")
"""How several values share a field: with backslashes before ``%`` and ``\\``, or each in quotes of its own."""

MODES = ("create", "modify", "update", "delete")
CLASSES = frozenset({"mailbox", "dl", "distribution-list", "remote", "remote-address"})
"""What may be imported (Q146304); a raw export has every class there is."""

LINE_LIMIT = 1 << 24
"""Longest line read as one, in bytes; what is longer is cut there and reported."""

SPILLED_LENGTH = 255
"""The export writes a longer value to another file (event 156)."""

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_WIDE_MARKS = tuple(mark for mark, encoding in _BOMS if encoding.startswith("utf-16"))
_PROBED = 1 << 16
_COLUMN_SEPARATORS = ",\t "
_NO_QUOTES = "~#="
_COMMON_NAME = ("directory name", "common-name", "obj-dist-name")
_REMOVED = ("usn-dsa-last-obj-removed", "usn-last-obj-rem")
_TIME = re.compile(r"[0-9]{12}Z", re.ASCII | re.IGNORECASE)
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_REMOVAL = re.compile(r"~del(<.*>)?", re.IGNORECASE | re.DOTALL)
_INI_LINE = re.compile(r"\s*([A-Za-z]+)\s*=(.*)", re.DOTALL)

_SIMPLE_LENGTH = 1 << 16
_LONGEST_PLAIN = 18
_DELETED = frozenset({"1", "true"})
_LIVE = frozenset({"", "0", "false"})
_NUMBERS = ("USN-Created", "Object-Version", "USN-Source", "USN-DSA-Last-Obj-Removed", "USN-Last-Obj-Rem")

Report = Callable[[Fault], None]
Line = tuple[str, bytes, int]
"""The encoding of the file, a line with its end, and the length of the byte order mark at its start."""


class Separators(NamedTuple):
    """What separates the parts of a file.

    Attributes:
        column: between columns.
        quote: around a field.
        value: between the values of a field.
    """

    column: str = ","
    quote: str = '"'
    value: str = "%"


DEFAULT_SEPARATORS = Separators()


class Ini(NamedTuple):
    """What export.ini or import.ini says of the file beside it; the only place where the server is named (Q239639).

    Attributes:
        server: DirectoryService.
        scope: Basepoint and, where given, Container.
        separators: the three separators.
        faults: settings that Exchange would not take.
    """

    server: str | None = None
    scope: str = ""
    separators: Separators = DEFAULT_SEPARATORS
    faults: tuple[Fault, ...] = ()


class Row(NamedTuple):
    """One line.

    Attributes:
        line: its number, counted from 1.
        span: its bytes, the line end included.
        raw: these bytes; those of the first line begin with the byte order mark, if there is one.
        cells: its fields as written, quotes included.
        faults: what is wrong with it.
    """

    line: int
    span: Span
    raw: bytes
    cells: tuple[str, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether the line holds no text."""
        return not any(map(str.strip, self.cells))

    @property
    def what(self) -> str:
        """What the line is."""
        return "header" if self.line == 1 else "empty line" if self.blank else "object"


class CsvFile(NamedTuple):
    """A whole file.

    Attributes:
        rows: its lines; the first is the header.
        separators: what stands between columns and values.
    """

    rows: tuple[Row, ...]
    separators: Separators = DEFAULT_SEPARATORS

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    @property
    def header(self) -> tuple[str, ...]:
        """Names of the columns."""
        return names(self.rows[0], self.separators) if self.rows else ()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What the directory import would object to in the lines; of a dump also objects without name or number."""
        columns = _Columns(self.header)
        if "usn-changed" not in columns:
            return tuple(fault for row in self.rows for fault in row.faults)
        found: list[Fault] = []
        for _ in _entries(self.rows, columns, self.separators, DIALECTS[0], found.append, bare=True):
            pass
        return tuple(found)

    def build(self) -> bytes:
        """Exactly the bytes that were read."""
        return b"".join(row.raw for row in self.rows)

    def lists(self) -> list[Rows]:
        """The objects, with what ``directory`` takes from each."""
        columns = _Columns(self.header)
        objects = [row for row in self.rows[1:] if not row.blank]
        return [Rows("records", len(objects), (_object_row(row, columns, self.separators) for row in objects))]

    def nodes(self) -> Iterator[Node]:
        """Yield the lines."""
        encoding = _encoding(self.rows[0].raw)[0] if self.rows else ""
        for row in self.rows:
            yield Node(row.what, row.span, _decode(row.raw, encoding)[0])

    def regions(self) -> Iterator[Region]:
        """Yield the lines."""
        for row in self.rows:
            yield Region(row.span, row.what)

    def summary(self) -> list[str]:
        """How many objects there are, how they are numbered, and what the columns do not tell."""
        columns = _Columns(self.header)
        objects = [row for row in self.rows[1:] if not row.blank]
        said = [count(len(objects), "object"), count(len(columns.header), "column")]
        if "mode" in columns:
            return [*said, "for import: it has a Mode column"]
        if "usn-changed" not in columns:
            return [*said, "no USN-Changed column, so that changes are not numbered"]
        numbers = [n for row in objects if (n := _number(columns.cell(row.cells, "usn-changed"), self.separators))]
        if numbers:
            said.append(f"USN {min(numbers)} to {max(numbers)}")
        return said if "is-deleted" in columns else [*said, "no Is-Deleted column, so that no deletion can be seen"]


def parse_csv(data: bytes, ini: bytes | None = None, *, strict: bool = False, dialect: str = DIALECTS[0]) -> CsvFile:
    """Read a file; never raises, whatever the bytes are."""
    separators = _separators(data, ini)
    return CsvFile(tuple(rows(io.BytesIO(data), separators, strict=strict, dialect=dialect)), separators)


def parse_alone(data: bytes) -> CsvFile:
    """Read a file without looking at an ``export.ini`` beside it.

    A file with a Mode column is read as the import reads it, since no export has one (Q146304).
    """
    return parse_csv(data, strict=is_for_import(data))


def begins(data: bytes) -> bool:
    """Whether the first line is a header: it begins with Obj-Class, or has a USN-Changed column."""
    header = _first_row(data)
    if header is None or (b"\0" in data[:_PROBED] and not data.startswith(_WIDE_MARKS)):
        return False
    columns = [name.lower() for name in names(header, _sniffed(header))]
    return columns[0] == "obj-class" or (len(columns) > 1 and "usn-changed" in columns)


def is_for_import(data: bytes) -> bool:
    """Whether a header, as ``begins`` knows it, has a Mode column: no export has one (Q146304)."""
    header = _first_row(data)
    return header is not None and "mode" in _Columns(names(header, _sniffed(header)))


def separators_from_ini(data: bytes) -> Separators:
    """Return the separators of an export.ini or import.ini, given as decimal ASCII codes (Q152472)."""
    return parse_ini(data).separators


def parse_ini(data: bytes) -> Ini:
    """Read an export.ini or import.ini; a setting without a value, or with an impossible one, keeps its default.

    A column separator other than comma, tab and space would export nothing but Obj-Class (Q175287); quotes may not be
    ``~``, ``#`` or ``=`` (docs/facts/directories.md#csv).
    """
    settings: dict[str, str] = {}
    faults: list[Fault] = []
    codes: dict[str, str] = {}
    offset = 0
    for number, raw in enumerate(data.splitlines(keepends=True), 1):
        span, offset = Span(offset, offset + len(raw)), offset + len(raw)
        found = _INI_LINE.match(ansi(raw))
        if not found:
            continue
        name, value = found[1].lower(), found[2].strip()
        settings.setdefault(name, value)
        if name not in {"columnseparator", "quotecharacter", "mvseparator"} or not value:
            continue
        character = chr(int(value)) if re.fullmatch("[0-9]{1,3}", value, re.ASCII) and 0 < int(value) < 128 else ""
        if not character or (name[0] == "c" and character not in _COLUMN_SEPARATORS):
            faults.append(Fault("separator", f"{found[1]}={value[:20]} is no separator", span, line=number))
        elif name[0] == "q" and character in _NO_QUOTES:
            faults.append(Fault("separator", f"{found[1]} may not be {character}", span, line=number))
        else:
            codes.setdefault(name, character)
    default = DEFAULT_SEPARATORS
    separators = Separators(
        codes.get("columnseparator", default.column),
        codes.get("quotecharacter", default.quote),
        codes.get("mvseparator", default.value),
    )
    if len(set(separators)) < len(separators):
        faults.append(Fault("separator", "two separators are the same character", Span(0, len(data))))
        separators = default
    scope = " ".join(filter(None, (settings.get("basepoint"), settings.get("container"))))
    return Ini(settings.get("directoryservice") or None, scope, separators, tuple(faults))


def rows(
    stream: BinaryIO, separators: Separators | None = None, *, strict: bool = False, dialect: str = DIALECTS[0]
) -> Iterator[Row]:
    """Yield the lines of a file, the header first, in memory that does not grow with the file.

    Without ``separators`` the column separator is what follows Obj-Class on the first line.
    """
    lines = _lines(stream)
    reader = _reader(lines, separators, dialect, strict=strict)
    if reader is None:
        return
    yield reader.first
    at = reader.first.span.stop
    for number, (_, raw, _) in enumerate(lines, 2):
        yield reader.row(number, at, raw)
        at += len(raw)


def names(header: Row, separators: Separators = DEFAULT_SEPARATORS) -> tuple[str, ...]:
    """Return the attribute names of a header line."""
    return tuple(_unquoted(cell, separators)[0].strip() for cell in header.cells)


def values(cell: str, separators: Separators = DEFAULT_SEPARATORS, dialect: str = DIALECTS[0]) -> Values:
    r"""Return the values of a field; a blank one has none, it does not clear anything (Q152727).

    ``"v\%1%v,2%v,3"`` is three values in 5.x; in 4.0 a percent sign within quotes is itself (SDK structs_4nxv).
    """
    if not cell.strip():
        return ()
    if separators.value not in cell and separators.quote not in cell and "\\" not in cell:
        return (cell,)
    if dialect == "4.0":
        return tuple(_unquoted(part, separators)[0] for part in _outside(cell, separators.value, separators.quote)[0])
    text = _unquoted(cell, separators)[0]
    if "\\" not in text:
        return tuple(text.split(separators.value))
    pieces: list[str] = []
    start = 0
    found: list[str] = []
    for each in re.finditer(rf"\\(.?)|{re.escape(separators.value)}", text, re.DOTALL):
        pieces.append(text[start : each.start()])
        start = each.end()
        if each[1] is None:
            found.append("".join(pieces))
            pieces = []
        elif each[1] and each[1] in ("\\", separators.value):
            pieces.append(each[1])
        else:  # an undoubled backslash is dropped (event 168)
            start = each.start() + 1
    return (*found, "".join([*pieces, text[start:]]))


def moment(text: str) -> datetime | None:
    """Return a YYMMDDHHMMSSZ time, UTC; years 80 to 99 are of the twentieth century (Q180112, Q239639)."""
    if not _TIME.fullmatch(text):
        return None
    century = "19" if text >= "8" else "20"
    try:
        return datetime.fromisoformat(f"{century}{text[:6]}T{text[6:12]}")
    except ValueError:
        return None


def entries(
    stream: BinaryIO,
    ini: bytes | None = None,
    report: Report | None = None,
    *,
    dialect: str = DIALECTS[0],
    bare: bool = False,
    known: Facts | None = None,
) -> tuple[Facts, Iterator[Entry]]:
    """Return what a raw export says of its directory, and its objects one by one, keyed by lower-case DN (Q239639).

    ``report`` gets the faults of each line as it is read. A line without a name or a readable USN-Changed is reported
    and left out. Where the file has the columns, it is read twice, so that the invocation id and the last removed
    object are known first; that needs a stream that can seek. ``known``, what an earlier call has returned of the
    directory, spares that. ``bare`` gives name, number and date alone.
    """
    tell: Report = report or (lambda _: None)
    beside = parse_ini(ini) if ini is not None else Ini()
    for fault in beside.faults:
        tell(fault)
    begin = stream.tell() if stream.seekable() else None
    lines = _lines(stream)
    reader = _reader(lines, beside.separators if ini is not None else None, dialect)
    if reader is None:
        return Facts(server=beside.server, scope=beside.scope, deletions=False, creations=False), iter(())
    if known is not None:
        return known, _objects(lines, reader, tell, bare=bare)
    columns = reader.columns
    epoch: str | None = None
    removed: int | None = None
    if begin is not None and not columns.keys().isdisjoint({"invocation-id", *_REMOVED}):
        epoch, removed = _server_wide(reader.all_cells(lines), columns, reader.marks, dialect, beside.server)
        stream.seek(begin)
        lines = _lines(stream)
        next(lines)
    facts = Facts(
        server=beside.server,
        epoch=epoch,
        last_removed=removed,
        scope=beside.scope,
        deletions="is-deleted" in columns,
        creations="usn-created" in columns,
    )
    return facts, _objects(lines, reader, tell, bare=bare)


def row_line(
    columns: tuple[str, ...],
    cells: tuple[str | Values, ...],
    separators: Separators = DEFAULT_SEPARATORS,
    *,
    dialect: str = DIALECTS[0],
    encoding: str = "cp1252",
    number: int = 1,
) -> bytes:
    """Return one line; a cell is one value or a tuple of values, every row as wide as the header (event 291).

    Args:
        columns: the header: Obj-Class, then Mode if there is one.
        cells: of the line.
        separators: as import.ini has to name them.
        dialect: how several values share a field.
        encoding: cp1252, utf-8 or utf-16; the latter two begin a file with a byte order mark, which is not written.
        number: that of the line, for what is raised.

    Raises:
        FieldError: the row is of another width, or a value cannot be written.
    """
    if len(cells) != len(columns):
        raise FieldError(f"line {number}", f"has {len(cells)} fields, the header {len(columns)}")
    texts: list[str] = []
    for name, cell in zip(columns, cells, strict=True):
        texts.append(_written((cell,) if isinstance(cell, str) else cell, separators, dialect, f"{number} {name}"))
    codec = {"utf-16": "utf-16-le"}.get(encoding, encoding)
    try:
        return (separators.column.join(texts) + "\r\n").encode(codec)
    except UnicodeEncodeError as error:
        raise FieldError(f"line {number}", f"has a character that {_SPOKEN.get(encoding, encoding)} has not") from error


_SPOKEN = {"cp1252": "Windows-1252"}


class _Columns(dict[str, int]):
    """Where each attribute is, by its name in lower case; the first of two with one name counts (event 152)."""

    def __init__(self, header: tuple[str, ...]) -> None:
        self.header = header
        self.places: dict[tuple[str, ...], tuple[int, ...]] = {}
        super().__init__()
        for at, name in enumerate(header):
            self.setdefault(name.lower(), at)
        self.first = [(at if name and self[name.lower()] == at else -1, name) for at, name in enumerate(header)]

    def is_plain(self, text: str, cells: tuple[str, ...], quote: str) -> bool:
        """Whether a line has nothing that ``_quotes`` and ``_row`` would have to look at."""
        return (
            len(cells) == len(self.header)
            and all(self.header)
            and self.get("obj-class") == 0
            and self.get("mode") != 1
            and "~" not in text
            and "\\" not in text
            and (quote not in text or all(_is_quoted(each, quote) for each in cells if quote in each))
            and bool(cells[0])
            and not cells[0].isspace()
            and quote not in cells[0]
            and (len(text) < SPILLED_LENGTH or max(map(len, cells)) < SPILLED_LENGTH)
        )

    def cell(self, cells: Sequence[str], *wanted: str) -> str:
        """Return the first of the wanted cells that has text, or nothing."""
        places = self.places.get(wanted)
        if places is None:
            places = self.places[wanted] = tuple(self[name] for name in wanted if name in self)
        for at in places:
            if at < len(cells) and (cell := cells[at]) and not cell.isspace():
                return cell
        return ""


class _Reader:
    """Reads the lines below a header.

    Most lines have nothing that needs a second look, and are split by the standard library: cells without backslash and
    ``~``, quoted as a whole or not at all. What such a line yields is the same as if it were read with every check; a
    test compares the two.

    Attributes:
        first: the header.
        columns: its columns.
        marks: the separators.
        dialect: how several values share a field.
        spaced: a blank follows each separator, as in samples that were printed (Q324080).
    """

    def __init__(
        self, raw: bytes, encoding: str, skipped: int, marks: Separators, dialect: str, *, strict: bool
    ) -> None:
        self.encoding, self.marks, self.dialect, self.strict = encoding, marks, dialect, strict
        text, decoded = _decode(raw[skipped:], encoding)
        cells, closed = _cells(text, marks)
        self.spaced = _is_spaced(cells, marks)
        cells = self.trimmed(cells)
        self.columns = _Columns(tuple(_unquoted(cell, marks)[0].strip() for cell in cells))
        found = [*_undecoded(decoded), *_cut(raw), *_quotes(cells, closed, marks, dialect)]
        found += _header(self.columns, strict=strict)
        if self.spaced:
            found.append(_CellFault("blanks", "a blank behind each separator is no part of a value here", damage=False))
        span = Span(0, len(raw))
        self.first = Row(1, span, raw, cells, _faults(found, span, 1))
        plain = not strict and not self.spaced and all(self.columns.header)
        self.simple = _simple(self.columns, marks, encoding, dialect) if plain else lambda _: None

    def trimmed(self, cells: tuple[str, ...]) -> tuple[str, ...]:
        """Return the fields of a line without the blanks that only stand between them."""
        return (*cells[:1], *(each.lstrip(" ") for each in cells[1:])) if self.spaced else cells

    def row(self, number: int, at: int, raw: bytes) -> Row:
        """Return a line with all that is wrong with it."""
        span = Span(at, at + len(raw))
        text, decoded = _decode(raw, self.encoding)
        cells, closed = _cells(text, self.marks)
        cells = self.trimmed(cells)
        columns, marks, dialect = self.columns, self.marks, self.dialect
        if decoded and len(raw) < LINE_LIMIT and not self.strict and columns.is_plain(text, cells, marks.quote):
            return Row(number, span, raw, cells)
        found = [*_undecoded(decoded), *_cut(raw), *_quotes(cells, closed, marks, dialect)]
        found += _row(cells, columns, marks, dialect, strict=self.strict)
        return Row(number, span, raw, cells, _faults(found, span, number))

    def all_cells(self, lines: Iterable[Line]) -> Iterator[Sequence[str]]:
        """Yield the fields of all lines, whatever is wrong with them."""
        for _, raw, _ in lines:
            yield self.simple(raw) or self.row(0, 0, raw).cells


def _reader(
    lines: Iterator[Line], separators: Separators | None, dialect: str, *, strict: bool = False
) -> _Reader | None:
    """Return what reads the lines below the first; None when there is none.

    Raises:
        UsageError: there is no such dialect.
    """
    if dialect not in DIALECTS:
        raise UsageError(f"no dialect {dialect}: {' or '.join(DIALECTS)}")
    first = next(lines, None)
    if first is None:
        return None
    encoding, raw, skipped = first
    return _Reader(raw, encoding, skipped, separators or _separators(raw, None), dialect, strict=strict)


Simple = Callable[[bytes], Sequence[str] | None]


def _simple(columns: _Columns, marks: Separators, encoding: str, dialect: str) -> Simple:
    """Return what gives the fields of a line without their quotes, and None where the line needs a second look."""
    column, quote, value = marks
    width = len(columns.header)
    if not quote.isprintable() or columns.get("obj-class") != 0 or columns.get("mode") == 1:
        return lambda _: None
    bare = rf"[^{re.escape(quote + column)}\r\n]*"
    quoted = rf"{re.escape(quote)}[^{re.escape(quote)}\s][^{re.escape(quote)}\r\n]*{re.escape(quote)}"
    is_simple = re.compile(rf"{bare}(?:{re.escape(column)}(?:{quoted}|{bare}))*").fullmatch
    in_turn = [""]
    splitter = csv.reader(iter(lambda: in_turn[0], None), delimiter=column, quotechar=quote)
    literal = dialect == "4.0"

    def simple(raw: bytes) -> Sequence[str] | None:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            return None
        if not text.endswith("\n"):
            return None
        text = text[:-2] if text.endswith("\r\n") else text.removesuffix("\n").removesuffix("\r")
        if "\\" in text or "~" in text or len(text) > _SIMPLE_LENGTH:
            return None
        cells: Sequence[str]
        if quote not in text:
            cells = text.split(column)
        elif is_simple(text) and not (literal and value in text):
            in_turn[0] = text
            cells = next(splitter)
        else:
            return None
        if len(cells) != width or not cells[0] or cells[0].isspace():
            return None
        # The limit is one of fields as they are written, quotes included.
        return cells if len(text) < SPILLED_LENGTH or max(map(len, cells)) < SPILLED_LENGTH - 2 else None

    return simple


class _CellFault(NamedTuple):
    kind: str
    message: str
    number: int | None = None
    damage: bool = True


def _is_quoted(cell: str, quote: str) -> bool:
    """Whether a cell has quotes round it and none inside."""
    return cell.count(quote) == 2 and cell[0] == quote == cell[-1]


def _faults(found: Iterable[_CellFault], span: Span, line: int) -> tuple[Fault, ...]:
    return tuple(Fault(each.kind, each.message, span, each.damage, each.number, line=line) for each in found)


def _decode(raw: bytes, encoding: str) -> tuple[str, bool]:
    """Return the text of a line without its end, and whether all of it could be read."""
    sound = True
    if encoding == "cp1252":
        text = ansi(raw)
    else:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            text, sound = raw.decode(encoding, "replace"), False
    return text.removesuffix("\n").removesuffix("\r"), sound


def _encoding(head: bytes) -> tuple[str, int]:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    return "cp1252", 0


def _lines(stream: BinaryIO) -> Iterator[Line]:
    """Yield the lines of a file."""
    line = stream.readline(LINE_LIMIT)
    encoding, skipped = _encoding(line)
    wide = encoding.startswith("utf-16")
    odd = 1 if encoding == "utf-16-be" else 0
    while line:
        if wide:
            line = _wide_line(line, stream, odd)
        yield encoding, line, skipped
        skipped = 0
        line = stream.readline(LINE_LIMIT)


def _wide_line(begun: bytes, stream: BinaryIO, odd: int) -> bytes:
    """Return the rest of a UTF-16 line: a byte 0A ends it only as half of a line feed."""
    line = bytearray(begun)
    while True:
        if odd:
            if line[-1] == 10 and not len(line) % 2 and line[-2] == 0:
                break
        elif line[-1] == 10 and len(line) % 2:
            line += stream.read(1)
            if not line[-1]:
                break
        if len(line) >= LINE_LIMIT:
            line += stream.read(len(line) % 2)
            break
        more = stream.readline(LINE_LIMIT - len(line))
        if not more:
            break
        line += more
    return bytes(line)


def _separators(data: bytes, ini: bytes | None) -> Separators:
    if ini is not None:
        return separators_from_ini(ini)
    encoding, skipped = _encoding(data[:3])
    text = data[skipped : skipped + 40].decode(encoding if encoding != "cp1252" else "latin-1", "replace")
    return _after_class(text)


def _is_spaced(header: tuple[str, ...], separators: Separators) -> bool:
    """Whether a blank follows each separator of a header, which no attribute begins with."""
    return separators.column != " " and len(header) > 1 and all(each.startswith(" ") for each in header[1:])


def _sniffed(header: Row) -> Separators:
    return _separators(header.raw, None)


def _after_class(text: str) -> Separators:
    found = re.match(r'"?Obj-Class"?([,\t ])', text, re.IGNORECASE)
    return Separators(column=found[1]) if found else DEFAULT_SEPARATORS


def _outside(text: str, separator: str, quote: str) -> tuple[tuple[str, ...], bool]:
    """Split at the separators outside quotes, and say whether the last quote is closed."""
    if quote not in text:
        return tuple(text.split(separator)), True
    cells: list[str] = []
    open_cell = ""
    parts = text.split(quote)
    for at, part in enumerate(parts):
        if at % 2:
            open_cell += quote + part + (quote if at < len(parts) - 1 else "")
        else:
            first, *others = part.split(separator)
            open_cell += first
            if others:
                cells += (open_cell, *others[:-1])
                open_cell = others[-1]
    cells.append(open_cell)
    return tuple(cells), bool(len(parts) % 2)


def _cells(text: str, separators: Separators) -> tuple[tuple[str, ...], bool]:
    return _outside(text, separators.column, separators.quote)


def _unquoted(cell: str, separators: Separators) -> tuple[str, bool]:
    """Return a cell without its quotes, a doubled one single, and whether they stand where they may."""
    quote = separators.quote
    if quote not in cell:
        return cell, True
    if len(cell) > 1 and cell[0] == quote == cell[-1]:
        inner = cell[1:-1]
        return inner.replace(quote * 2, quote), quote not in inner.replace(quote * 2, "")
    return cell, False


def _undecoded(sound: bool) -> Iterator[_CellFault]:
    if not sound:
        yield _CellFault("encoding", "the line has bytes that are no text in the encoding of the file")


def _cut(raw: bytes) -> Iterator[_CellFault]:
    if len(raw) >= LINE_LIMIT:
        yield _CellFault("long line", f"the line is longer than {LINE_LIMIT} bytes and was cut")


def _quotes(cells: tuple[str, ...], closed: bool, separators: Separators, dialect: str) -> Iterator[_CellFault]:
    quote = separators.quote
    if not closed:
        yield _CellFault("quotes", "a quote is not closed on its line", 227)
        cells = cells[:-1]
    for at, cell in enumerate(cells, 1):
        if quote not in cell:
            continue
        parts = _outside(cell, separators.value, separators.quote)[0] if dialect == "4.0" else (cell,)
        if not all(_unquoted(part, separators)[1] for part in parts):
            yield _CellFault("quotes", f"field {at} has a quote inside or beside its text", 220)


def _header(columns: _Columns, *, strict: bool) -> Iterator[_CellFault]:
    lower = [name.lower() for name in columns.header]
    if lower[0] != "obj-class":
        yield _CellFault("header", "the first attribute is not Obj-Class", 226)
    seen: set[str] = set()
    for at, name in enumerate(lower, 1):
        if name == "mode" and at != 2:
            yield _CellFault("header", f"Mode is column {at}; it may only be column 2", 222)
        if not name:
            at_end = strict and not any(lower[at:])  # so it is printed in samples (Q169754)
            said = (
                "the header ends with a separator" if at_end else f"attribute of column {at} is unknown: it has no name"
            )
            yield _CellFault("header", said, 264, damage=not at_end)
        elif name not in seen:
            seen.add(name)
            if meant := _misspelled(name, lower):
                text = f"attribute {columns.header[at - 1][:80]} of column {at} is unknown; {meant} may be meant"
                yield _CellFault("header", text, 264)
        elif name == "obj-class":
            yield _CellFault("header", "attribute OBJ-Class is unknown: it is listed twice", 264)
        else:
            text = f"attribute {columns.header[at - 1][:80]} is listed twice; the first counts"
            yield _CellFault("header", text, 152, damage=False)
    if strict and seen.isdisjoint(_COMMON_NAME):
        yield _CellFault("header", "there is no Common Name column", 225)


_DECISIVE = {
    each.lower(): each
    for each in (
        "Is-Deleted", "USN-Changed", "USN-Created", "Obj-Dist-Name", "Object-Version", "When-Changed",
        "USN-DSA-Last-Obj-Removed", "USN-Last-Obj-Rem", "USN-Source", "DSA-Signature",
    )
}  # fmt: skip
"""Attributes that decide what a dump shows; a directory has hundreds of others, and which no source at hand lists."""

_SIMILAR = 0.86
_NEIGHBOURS = frozenset({"when-created"})


def _misspelled(name: str, header: Sequence[str]) -> str:
    """Return the decisive attribute that a column's name is a slip of, if the header has not that one; else nothing."""
    if name in _DECISIVE or name in _NEIGHBOURS:
        return ""
    from difflib import get_close_matches

    near = get_close_matches(name[:80], _DECISIVE, n=1, cutoff=_SIMILAR)
    return _DECISIVE[near[0]] if near and near[0] not in header else ""


def _row(
    cells: tuple[str, ...], columns: _Columns, separators: Separators, dialect: str, *, strict: bool
) -> Iterator[_CellFault]:
    if not strict and len(cells) <= 1 and not cells[0].strip():
        return
    width = len(columns.header)
    if len(cells) != width:
        short = len(cells) < width and not strict
        text = f"not the same number of fields as the header line: {width} were expected, {len(cells)} were found"
        yield _CellFault("field count", text, 291, not short)
    named = _unquoted(columns.cell(cells, "obj-class"), separators)[0].strip()
    if not named:
        if strict or "obj-class" in columns:
            yield _CellFault("class", "Obj-Class is missing", 218)
    elif strict and named.lower() not in CLASSES:
        yield _CellFault("class", f"Obj-Class {named[:80]} is no class that can be imported", 228)
    mode = ""
    if columns.get("mode") == 1:
        mode = _unquoted(columns.cell(cells, "mode"), separators)[0].strip().lower()
        if mode and mode not in MODES:
            yield _CellFault("mode", f"Mode {mode[:80]} is none", 221)
    for at, cell in enumerate(cells[:width]):
        if not columns.header[at] and cell.strip():
            yield _CellFault("column", f"field {at + 1} has a value and its column no name", 264)
    for at, cell in enumerate(cells):
        if "~" in cell or "\\" in cell or len(cell) >= SPILLED_LENGTH:
            name = f"field {at + 1}" + (f" ({columns.header[at][:80]})" if at < width else "")
            yield from _cell(cell, name, mode, separators, dialect)


def _cell(cell: str, name: str, mode: str, separators: Separators, dialect: str) -> Iterator[_CellFault]:
    held = values(cell, separators, dialect)
    removals = [found for each in held if (found := _REMOVAL.fullmatch(each.strip()))]
    if removals and len(held) > 1:
        yield _CellFault("~DEL", f"{name} has ~DEL beside other values", 268)
    elif removals and mode == "create":
        yield _CellFault("~DEL", f"{name} has ~DEL, but the object is to be created", 241)
    if any(len(each) == SPILLED_LENGTH for each in held):
        yield _CellFault(
            "spilled", f"{name} is exactly {SPILLED_LENGTH} characters long; it may have been cut", 156, False
        )
    if dialect != "4.0" and "\\" in cell:
        escapes = _ESCAPE.finditer(_unquoted(cell, separators)[0])
        if any(each[1] not in ("\\", separators.value) for each in escapes):
            yield _CellFault("backslash", f"{name} has a single backslash, which is dropped", 168, False)


def _number(cell: str, separators: Separators) -> int | None:
    if not cell:
        return None
    return usn_of(_unquoted(cell, separators)[0].strip())


def _text(cell: str, separators: Separators, dialect: str) -> str | None:
    if not cell:
        return None
    held = values(cell, separators, dialect)
    return held[0] if held else None


def _name(cells: Sequence[str], columns: _Columns, separators: Separators, dialect: str) -> str:
    """Return the distinguished name, or container and directory name, which is unique but within its container."""
    full = _text(columns.cell(cells, "obj-dist-name"), separators, dialect)
    if full:
        return full
    own = _text(columns.cell(cells, "directory name", "common-name"), separators, dialect)
    if not own:
        return ""
    container = _text(columns.cell(cells, "obj-container"), separators, dialect)
    return f"{container}/cn={own}" if container else own


def _server_wide(
    found: Iterable[Sequence[str]], columns: _Columns, separators: Separators, dialect: str, server: str | None
) -> tuple[str | None, int | None]:
    """Return invocation id and last removed number: of the server's own objects, else the only and the highest one."""
    own = f"/cn={server.lower()}/" if server else None
    ids: set[str] = set()
    own_id: str | None = None
    own_removed: int | None = None
    highest: int | None = None
    for cells in found:
        life = _text(columns.cell(cells, "invocation-id"), separators, dialect)
        removed = _number(columns.cell(cells, *_REMOVED), separators)
        if life is None and removed is None:
            continue
        mine = own is not None and own in _name(cells, columns, separators, dialect).lower() + "/"
        if life is not None:
            if len(ids) < 2:
                ids.add(life)
            if mine:
                own_id = life
        if removed is not None:
            highest = removed if highest is None else max(highest, removed)
            if mine:
                own_removed = removed if own_removed is None else max(own_removed, removed)
    return own_id or (ids.pop() if len(ids) == 1 else None), highest if own_removed is None else own_removed


def _entries(
    found: Iterable[Row], columns: _Columns, separators: Separators, dialect: str, tell: Report, *, bare: bool
) -> Iterator[Entry]:
    numbered = "usn-changed" in columns
    for row in found:
        for fault in row.faults:
            tell(fault)
        if row.line == 1:
            if not numbered:
                tell(Fault("usn", "there is no USN-Changed column: no object has a number", row.span, line=1))
            continue
        if row.blank:
            continue
        dn = _name(row.cells, columns, separators, dialect)
        changed = _number(columns.cell(row.cells, "usn-changed"), separators)
        if not dn:
            tell(Fault("name", "the object has no name", row.span, line=row.line))
        elif changed is not None:
            for kind, message, damage in _unreadable(row, columns, separators, dialect):
                tell(Fault(kind, message, row.span, damage, line=row.line))
            yield _entry(row, dn, changed, columns, separators=separators, dialect=dialect, bare=bare)
        elif numbered:
            tell(Fault("usn", "USN-Changed is not a number", row.span, line=row.line))


def _unreadable(row: Row, columns: _Columns, separators: Separators, dialect: str) -> Iterator[tuple[str, str, bool]]:
    """Yield which values of an object mean nothing: kind of fault, what is wrong, and whether that is damage."""
    for name in _NUMBERS:
        cell = columns.cell(row.cells, name.lower())
        if cell and _number(cell, separators) is None:
            yield "usn", f"{name} is not a number", True
    deleted = _unquoted(columns.cell(row.cells, "is-deleted"), separators)[0].strip().lower()
    if deleted not in _DELETED | _LIVE:
        yield "deleted", "Is-Deleted is neither 1 nor empty", True
    when = _text(columns.cell(row.cells, "when-changed"), separators, dialect)
    if when is not None and moment(when.strip()) is None:
        yield "time", "When-Changed is no date and time", False
    if not row.raw.rstrip(b"\0").endswith(b"\n"):
        if len(row.cells) < len(columns.header):
            yield "line end", "the last line has no end, and not all its fields: it is cut", True
        else:
            yield "line end", "the last line has no end; it may have been cut", False


def _objects(lines: Iterable[Line], reader: _Reader, tell: Report, *, bare: bool) -> Iterator[Entry]:
    """Yield the objects below a header: most of them at once, the others as ``_entries`` does, with what is wrong."""
    columns, marks, dialect = reader.columns, reader.marks, reader.dialect
    yield from _entries((reader.first,), columns, marks, dialect, tell, bare=bare)
    build = _builder(columns, marks, bare=bare)
    simple, at = reader.simple, reader.first.span.stop
    for number, (_, raw, _) in enumerate(lines, 2):
        cells = simple(raw)
        entry = build(cells, number) if cells is not None else None
        if entry is not None:
            yield entry
        else:
            yield from _entries((reader.row(number, at, raw),), columns, marks, dialect, tell, bare=bare)
        at += len(raw)


def _builder(columns: _Columns, marks: Separators, *, bare: bool) -> Callable[[Sequence[str], int], Entry | None]:
    """Return what makes an object of the fields of a simple line; it gives None where a field needs a second look."""
    mark = marks.value
    # A field that the header lacks is that of an empty cell behind the last.
    places = [
        columns.get(name, len(columns.header))
        for name in (
            "obj-dist-name", "usn-changed", "when-changed", "usn-created", "is-deleted", "object-version",
            "dsa-signature", "usn-source", *_REMOVED,
        )
    ]  # fmt: skip
    of_name, of_changed, of_when, of_created, of_deleted, of_version, of_source, of_source_usn, *of_removed = places
    named = [name if at >= 0 else "" for at, name in columns.first]

    def build(cells: Sequence[str], line: int) -> Entry | None:
        cells = [*cells, ""]
        dn, number, when = cells[of_name], cells[of_changed], cells[of_when]
        if not dn or dn.isspace() or mark in dn or mark in when or not _is_number(number):
            return None
        changed_at = moment(when.strip()) if when else None
        if when and changed_at is None:
            return None
        numbers = cells[of_created], cells[of_version], cells[of_source_usn]
        for each in (*numbers, cells[of_removed[0]], cells[of_removed[1]]):
            if each and not _is_number(each):
                return None
        deleted = cells[of_deleted]
        if deleted and deleted != "1":
            return None
        if bare:
            return Entry(dn.lower(), dn, int(number), when=changed_at, line=line)
        created, version, source_usn = (int(each) if each else None for each in numbers)
        source = cells[of_source]
        return Entry(
            dn.lower(),
            dn,
            int(number),
            created,
            bool(deleted),
            version,
            changed_at,
            source.partition(mark)[0] if source and not source.isspace() else None,
            source_usn,
            tuple(
                [
                    (name, (cell,) if mark not in cell else tuple(cell.split(mark)))
                    for name, cell in zip(named, cells, strict=False)
                    if cell and name and not cell.isspace()
                ]
            ),
            line,
        )

    return build


def _is_number(text: str) -> bool:
    """Whether a text is a number without sign or blanks; what else ``_number`` takes is left to it."""
    return text.isdecimal() and text.isascii() and len(text) <= _LONGEST_PLAIN


def _entry(
    row: Row, dn: str, changed: int, columns: _Columns, *, separators: Separators, dialect: str, bare: bool = False
) -> Entry:
    cells = row.cells
    when = _text(columns.cell(cells, "when-changed"), separators, dialect)
    changed_at = moment(when.strip()) if when else None
    if bare:
        return Entry(dn.lower(), dn, changed, when=changed_at, line=row.line)
    deleted = _unquoted(columns.cell(cells, "is-deleted"), separators)[0].strip().lower()
    _, quote, mark = separators
    held: list[tuple[str, Values]] = []
    for (at, name), cell in zip(columns.first, cells, strict=False):
        if at < 0 or not cell or cell.isspace():
            continue
        plain = quote not in cell and mark not in cell and "\\" not in cell
        held.append((name, (cell,) if plain else values(cell, separators, dialect)))
    return Entry(
        key=dn.lower(),
        dn=dn,
        changed=changed,
        created=_number(columns.cell(cells, "usn-created"), separators),
        deleted=deleted in _DELETED,
        version=_number(columns.cell(cells, "object-version"), separators),
        when=changed_at,
        source=_text(columns.cell(cells, "dsa-signature"), separators, dialect),
        source_usn=_number(columns.cell(cells, "usn-source"), separators),
        values=tuple(held),
        line=row.line,
    )


def _first_row(data: bytes) -> Row | None:
    return next(rows(io.BytesIO(data[:_PROBED])), None)


def _object_row(row: Row, columns: _Columns, separators: Separators) -> JsonRow:
    """Return an object as JSON has it; ``beyond`` are the fields that no column names."""
    dialect = DIALECTS[0]
    cells = row.cells
    changed = _number(columns.cell(cells, "usn-changed"), separators)
    name = _name(cells, columns, separators, dialect)
    entry = _entry(row, name, changed or 0, columns, separators=separators, dialect=dialect)
    return {
        "line": row.line,
        "span": span_row(row.span),
        "class": _text(columns.cell(cells, "obj-class"), separators, dialect),
        "change": _text(columns.cell(cells, "mode"), separators, dialect),
        "dn": entry.dn,
        "usn": changed,
        "created": entry.created,
        "deleted": entry.deleted,
        "version": entry.version,
        "when": moment_row(entry.when),
        "source": entry.source,
        "source_usn": entry.source_usn,
        "attributes": attribute_rows(entry.values),
        "beyond": list(cells[len(columns.header) :]),
    }


def _written(held: Values, separators: Separators, dialect: str, where: str) -> str:
    """Return the text of a field.

    Raises:
        FieldError: a value has a line end, which no dialect can write.
    """
    column, quote, mark = separators
    if any("\n" in each or "\r" in each for each in held):
        raise FieldError(f"line {where}", "has a line end in its value")
    if dialect == "4.0":
        return mark.join(_in_quotes(each, quote) if _needs_quotes(each, *separators) else each for each in held)
    text = mark.join(each.replace("\\", "\\\\").replace(mark, "\\" + mark) for each in held)
    return _in_quotes(text, quote) if _needs_quotes(text, column, quote) else text


def _needs_quotes(text: str, *special: str) -> bool:
    """Whether a text has to be quoted; a blank one without quotes would be no value (Q152727)."""
    return text != text.strip() or any(each in text for each in special)


def _in_quotes(text: str, quote: str) -> str:
    return quote + text.replace(quote, quote * 2) + quote
