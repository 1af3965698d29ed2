"""A dump of an Active Directory as LDIF (RFC 2849), as ldapsearch and ldifde write it; and changes as LDIF.

Objects are known by objectGUID, since the name of a tombstone is mangled (exchange.md 5). A capture of the rootDSE, as
the first record or in a file beside the dump, names the server, the head of its numbering, and with the invocationID of
its NTDS Settings object which life of it. Tombstones are only there if Show Deleted was asked for
(1.2.840.113556.1.4.417). Lines and base64 are read by the library ``ldif``.
"""

from __future__ import annotations

import base64
import importlib
import io
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from glbtools.binary.span import Fault, Region, Span
from glbtools.binary.tree import Node
from glbtools.errors import FieldError, UsageError
from glbtools.formats.base import Format, Row, Rows, attribute_rows, count, moment_row, span_row
from glbtools.model.directory import ADDED, DELETED, MODIFIED, Entry, Facts, Values

if TYPE_CHECKING:
    from glbtools.binary.layout import Layout

RECORD_LIMIT = 1 << 24
"""Longest record read as one, in bytes; what is longer is cut there and reported."""

OWNED_BY_SERVER = frozenset(
    name.lower()
    for name in (
        "distinguishedName", "dSCorePropagationData", "invocationID", "isDeleted", "isRecycled", "lastKnownParent",
        "objectGUID", "replPropertyMetaData", "uSNChanged", "uSNCreated", "uSNDSALastObjRemoved", "uSNLastObjRem",
        "uSNSource", "whenChanged", "whenCreated",
    )
)  # fmt: skip
"""What only the server writes, and a change therefore does not name."""

_REMOVED = (b"usndsalastobjremoved:", b"usnlastobjrem:")
_FOLD = 76
_TIME = re.compile(r"([0-9]{14})(?:[.,][0-9]+)?Z", re.ASCII)
_USN = re.compile(r"[0-9]{1,19}", re.ASCII)
_HIGHEST = (1 << 63) - 1
"""The most that a LargeInteger holds."""
_SAFE = re.compile(r"(?:[\x21-\x39\x3b\x3d-\x7e][\x20-\x7e]*)?(?<! )")
_MANGLED = re.compile(r"(?:\\0A|\n)DEL:[0-9A-Fa-f-]{36},.*", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.;=-]*")
_MARK = b"\xef\xbb\xbf"
_PROBED = 16384
_BEGINS = re.compile(
    rb"(?:(?:#[^\n]*|[ \t\r]*|version:[ \t]*[0-9]{1,3}[ \t\r]*)\n)*"  # comments, empty lines, version
    rb"dn::?[^\n]*\n(?:[ #][^\n]*\n)*[A-Za-z0-9][A-Za-z0-9.;-]*:",
    re.IGNORECASE,
)
_SAID = {"subsection not found": "a line has no colon"}
"""What the library says, and what it means."""
_MODIFIES = re.compile(rb"^changetype:[ \t]*modify[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_BETWEEN = re.compile(rb"^-\r?(?:\n|\Z)", re.MULTILINE)

Report = Callable[[Fault], None]


class Record(NamedTuple):
    """One record; the records of a file tile it.

    Attributes:
        dn: distinguished name; empty for the rootDSE, None where there is none, as in a record of comments.
        values: attribute -> values in order; bytes that are no UTF-8 are kept as surrogates (PEP 383).
        line: number of its first line, counted from 1.
        span: its bytes, the empty lines behind it included.
        raw: these bytes.
        faults: what is wrong with it.
    """

    dn: str | None
    values: tuple[tuple[str, Values], ...]
    line: int
    span: Span
    raw: bytes
    faults: tuple[Fault, ...] = ()

    def get(self, name: str) -> str | None:
        """Return the first value of an attribute, whose name is matched without case."""
        wanted = name.lower()
        return next((held[0] for each, held in self.values if each.lower() == wanted and held), None)


class LdifFile(NamedTuple):
    """A whole file."""

    records: tuple[Record, ...]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All faults of all records."""
        return tuple(fault for each in self.records for fault in each.faults)


def parse_ldif(data: bytes) -> LdifFile:
    """Read a file; the content never makes it fail.

    Raises:
        UsageError: the library is not installed.
    """
    return LdifFile(tuple(records(io.BytesIO(data))))


def build_ldif(file: LdifFile) -> bytes:
    """Write a file: exactly the bytes that were read."""
    return b"".join(each.raw for each in file.records)


def records(stream: BinaryIO) -> Iterator[Record]:
    """Yield the records of a file, in memory that does not grow with the file.

    Raises:
        UsageError: the library is not installed.
    """
    parser_class = _library().LDIFParser
    return (_record(parser_class, *block) for block in _blocks(stream))


def entries(
    stream: BinaryIO, root: bytes | None = None, report: Report | None = None, *, known: Facts | None = None
) -> tuple[Facts, Iterator[Entry]]:
    """Return what a dump says of its directory, and its objects one by one, keyed by objectGUID.

    ``root`` is the capture of the rootDSE, if it is a file of its own. ``report`` gets the faults of each record as it
    is read; a record without a readable uSNChanged is reported and left out. The file is read twice: whether deletions
    can be seen shows only in a tombstone, such as the Deleted Objects container itself. ``known``, what an earlier call
    has returned of the directory, spares that.

    Raises:
        UsageError: the library is not installed, or the stream cannot seek.
    """
    tell: Report = report or (lambda _: None)
    if known is not None:
        return known, _entries(records(stream), tell)
    if not stream.seekable():
        raise UsageError("an LDIF dump is read twice: give it as a file")
    begin = stream.tell()
    deletions, creations, removed = _columns(stream)
    stream.seek(begin)
    heads = list(records(io.BytesIO(root))) if root is not None else _first(records(stream), 2)
    stream.seek(begin)
    facts = _facts(heads)._replace(deletions=deletions, creations=creations, last_removed=removed)
    return facts, _entries(records(stream), tell)


def guid(value: str) -> str | None:
    """Return an objectGUID, stored as bytes or written as text, as canonical text."""
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return str(uuid.UUID(bytes_le=raw)) if len(raw) == 16 else str(uuid.UUID(value))
    except ValueError:
        return None


def moment(text: str) -> datetime | None:
    """Return a generalized time in UTC, such as ``20260210151048.0Z``."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    try:
        return datetime.strptime(found[1], "%Y%m%d%H%M%S")
    except ValueError:
        return None


def change_record(kind: str, entry: Entry) -> bytes:
    """Return a change record: add with all values, modify that replaces each attribute, or delete.

    What only the server writes is left out. A tombstone is deleted under the name it had, if its lastKnownParent is
    known.

    Raises:
        UsageError: there is no such kind.
        FieldError: the entry has something that is no LDAP attribute.
    """
    kinds = {ADDED: "add", MODIFIED: "modify", DELETED: "delete"}
    if kind not in kinds:
        raise UsageError(f"no change {kind!r}: A, M or D")
    lines = [_line("dn", _former_name(entry)), _line("changetype", kinds[kind])]
    held = [] if kind == DELETED else [each for each in entry.values if each[0].lower() not in OWNED_BY_SERVER]
    for name, values in held:
        if kind == MODIFIED:
            lines.append(_line("replace", name))
        lines += [_line(name, each) for each in values]
        if kind == MODIFIED:
            lines.append(b"-\n")
    return b"".join([*lines, b"\n"])


class LdifFormat(Format[LdifFile]):
    """LDIF files for ``inspect``: dumps, changes, and captures of the rootDSE."""

    def probe(self, data: bytes, layout: Layout | None) -> bool:
        """Whether the first record has a name and an attribute; a version number and comments may come first."""
        head = data[:_PROBED].removeprefix(_MARK)
        return b"\0" not in head and _BEGINS.match(head) is not None

    def parse(self, data: bytes, layout: Layout | None) -> LdifFile:
        """See ``parse_ldif``."""
        return parse_ldif(data)

    def lists(self, content: LdifFile) -> list[Rows]:
        """Return the records that have a name, the rootDSE included."""
        held = [each for each in content.records if each.dn is not None]
        return [Rows("records", len(held), map(_record_row, held))]

    def nodes(self, content: LdifFile) -> Iterator[Node]:
        """Yield the records."""
        for each in content.records:
            yield Node(_what(each), each.span, each.raw.decode("utf-8", "backslashreplace"))

    def faults(self, content: LdifFile) -> tuple[Fault, ...]:
        """Return the records that cannot be read."""
        return content.faults

    def regions(self, content: LdifFile) -> Iterator[Region]:
        """Yield the records."""
        for each in content.records:
            yield Region(each.span, _what(each))

    def summary(self, content: LdifFile) -> list[str]:
        """Return how many objects there are, how they are numbered, and whose dump it is."""
        objects = [each for each in content.records if each.dn]
        changes = sum(each.get("changetype") is not None for each in objects)
        said = [count(len(objects), "object")] if not changes else [count(changes, "change")]
        if numbers := [n for each in objects if (n := _number(each.get("uSNChanged"))) is not None]:
            said.append(f"USN {min(numbers)} to {max(numbers)}")
        facts = _facts(content.records)
        said += [f"of {facts.server}"] if facts.server else []
        return said + ([f"highest number {facts.head}"] if facts.head is not None else [])


def _what(record: Record) -> str:
    if record.faults:
        return "unparsed record"
    return "object" if record.dn else "heading" if record.dn is None else "rootDSE"


def _record_row(record: Record) -> Row:
    """Return a record as JSON has it; ``class`` is the last, which is the most special one."""
    stored = record.get("objectGUID")
    when = record.get("whenChanged")
    classes = next((held for name, held in record.values if name.lower() == "objectclass"), ())
    return {
        "line": record.line,
        "span": span_row(record.span),
        "class": classes[-1] if classes else None if record.dn else "rootDSE",
        "change": record.get("changetype"),
        "dn": record.dn,
        "guid": guid(stored) if stored else None,
        "usn": _number(record.get("uSNChanged")),
        "created": _number(record.get("uSNCreated")),
        "deleted": (record.get("isDeleted") or "").lower() == "true",
        "when": moment_row(moment(when)) if when else None,
        "attributes": attribute_rows((name, map(_text_or_bytes, held)) for name, held in record.values),
    }


def _text_or_bytes(value: str) -> str | bytes:
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


def _library() -> Any:
    try:
        return importlib.import_module("ldif")
    except ImportError as error:
        raise UsageError("LDIF needs the library ldif: pip install glbtools[ldif]") from error


def _blocks(stream: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Yield line, offset and bytes of each record, the empty lines behind it included."""
    number, begun, start, offset, size = 0, 1, 0, 0, 0
    held: list[bytes] = []
    ended = False
    while line := stream.readline(RECORD_LIMIT):
        empty = line in (b"\n", b"\r\n")
        if held and ((ended and not empty) or size + len(line) > RECORD_LIMIT):
            yield begun, start, b"".join(held)
            held, begun, start, size = [], number + 1, offset, 0
            ended = False
        held.append(line)
        ended = ended or empty
        size += len(line)
        number += line.endswith(b"\n")
        offset += len(line)
    if held:
        yield begun, start, b"".join(held)


def _record(parser_class: Any, line: int, start: int, raw: bytes) -> Record:
    span = Span(start, start + len(raw))
    text = raw.removeprefix(_MARK) if not start else raw
    if len(raw) >= RECORD_LIMIT:
        text, message = b"", f"the record is longer than {RECORD_LIMIT} bytes"
    elif text.startswith((b"\xff\xfe", b"\xfe\xff")):
        text, message = b"", "the file is UTF-16; LDIF is ASCII or UTF-8"
    else:
        message = ""
    dn: str | None = None
    found: dict[str, list[bytes]] = {}
    # Lines are unfolded here, since the library takes time quadratic in their number.
    unfolded = text.strip(b"\r\n").replace(b"\r\n ", b"").replace(b"\n ", b"")
    if _MODIFIES.search(unfolded):  # what ends each of its modifications is no attribute
        unfolded = _BETWEEN.sub(b"", unfolded)
    parser = parser_class(io.BytesIO(unfolded), encoding=None)
    parser._check_dn = _check_name  # its pattern takes exponential time
    try:
        dn, found = next(parser.parse(), (None, {}))
    except ValueError as error:
        message = f"the record cannot be read: {_SAID.get(str(error), error)}"[:200].rstrip(" .")
    faults = (Fault("record", message, span, line=line),) if message else ()
    values = tuple((name, tuple(map(_text, held))) for name, held in found.items())
    return Record(dn, values, line, span, raw, faults)


def _check_name(known: str | None, _: str) -> None:
    if known is not None:
        raise ValueError("two lines begin with dn:")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _columns(stream: BinaryIO) -> tuple[bool, bool, int | None]:
    """Return whether the dump has a tombstone, whether it has uSNCreated, and the last removed number in it."""
    deletions = creations = False
    removed: int | None = None
    while line := stream.readline(RECORD_LIMIT):
        if line[:1] not in b"iuIU":
            continue
        head = line[:64].lower()
        deletions = deletions or (head.startswith(b"isdeleted:") and b"true" in head)
        creations = creations or head.startswith(b"usncreated:")
        if head.startswith(_REMOVED):
            number = _number(head.partition(b":")[2].strip().decode("latin-1"))
            removed = number if number is None or removed is None else max(number, removed)
    return deletions, creations, removed


def _first(found: Iterator[Record], number: int) -> list[Record]:
    return [each for each, _ in zip(found, range(number), strict=False)]


def _facts(found: Iterable[Record]) -> Facts:
    """Return what a capture of the rootDSE says; the NTDS Settings object it names may be beside it."""
    held = [each for each in found if each.dn is not None]
    root = next((each for each in held if not each.dn), None)
    if root is None:
        return Facts()
    service = root.get("dsServiceName")
    settings = next((each for each in held if service and each.dn and each.dn.lower() == service.lower()), None)
    life = root.get("invocationID") or (settings.get("invocationID") if settings else None)
    return Facts(
        server=root.get("dnsHostName") or service,
        epoch=(guid(life) or life) if life else None,
        head=_number(root.get("highestCommittedUSN")),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and _USN.fullmatch(text) and int(text) <= _HIGHEST else None


def _entries(found: Iterator[Record], tell: Report) -> Iterator[Entry]:
    for record in found:
        for fault in record.faults:
            tell(fault)
        if not record.dn:
            continue
        changed = _number(record.get("uSNChanged"))
        if changed is None:
            message = "the object has no uSNChanged that is a number"
            damage = record.get("uSNChanged") is not None
            tell(Fault("usn", message, record.span, damage=damage, line=record.line))
            continue
        if record.get("uSNCreated") is not None and _number(record.get("uSNCreated")) is None:
            tell(Fault("usn", "uSNCreated is not a number", record.span, line=record.line))
        if (record.get("isDeleted") or "false").lower() not in {"true", "false"}:
            tell(Fault("deleted", "isDeleted is neither TRUE nor FALSE", record.span, line=record.line))
        stored = record.get("objectGUID")
        known = guid(stored) if stored else None
        if stored and not known:
            tell(Fault("guid", "objectGUID is no GUID; the name is used", record.span, line=record.line))
        when = record.get("whenChanged")
        yield Entry(
            key=known or record.dn.lower(),
            dn=record.dn,
            changed=changed,
            created=_number(record.get("uSNCreated")),
            deleted=(record.get("isDeleted") or "").lower() == "true",
            when=moment(when) if when else None,
            values=tuple(
                (name, (known,)) if known and name.lower() == "objectguid" else (name, held)
                for name, held in record.values
            ),
            line=record.line,
        )


def _former_name(entry: Entry) -> str:
    """Return the name an object had before it became a tombstone."""
    parent = next((held[0] for name, held in entry.values if name.lower() == "lastknownparent" and held), None)
    own = _MANGLED.sub("", entry.dn)
    return f"{own},{parent}" if parent and own != entry.dn else entry.dn


def _line(name: str, value: str) -> bytes:
    """Return a folded line; in base64 what is not printable ASCII, or what readers would strip.

    Raises:
        FieldError: the name is no attribute description.
    """
    if not _NAME.fullmatch(name):
        raise FieldError(name, "is no LDAP attribute")
    if _SAFE.fullmatch(value):
        line = f"{name}: {value}".encode("ascii")
    else:
        line = f"{name}:: ".encode("ascii") + base64.b64encode(value.encode("utf-8", "surrogateescape"))
    pieces = [line[:_FOLD], *(b" " + line[at : at + _FOLD - 1] for at in range(_FOLD, len(line), _FOLD - 1))]
    return b"\n".join(pieces) + b"\n"
