"""A dump of an Active Directory as LDIF (RFC 2849), as ldapsearch and ldifde write it; and changes as LDIF.

Objects are known by objectGUID, since the name of a tombstone is mangled (docs/facts/directories.md#ldif). A capture of
the rootDSE, as the first record or in a file beside the dump, names the server, the head of its numbering, and with the
invocationID of its NTDS Settings object which life of it. Tombstones are only there if Show Deleted was asked for
(1.2.840.113556.1.4.417). Lines and base64 are read by the library ``ldif``.

Around the objects a search tool prints of the search itself: references to other servers, its result, controls, pages,
counts, and what it says on standard error where that went to the same file. ``search_output`` knows these lines; what
they say that matters is kept: how the search ended, whether pages were still to come, how many entries it counted.
"""

from __future__ import annotations

import base64
import binascii
import importlib
import io
import re
import uuid
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, BinaryIO

from glbtools.binary.span import Fault, Span
from glbtools.errors import FieldError, UsageError
from glbtools.formats import search_output
from glbtools.formats.objects import (
    KEPT,
    MOST_HEADS,
    ObjectFile,
    Record,
    Report,
    Survey,
    entries_from,
    entries_of,
    joined_parts,
    undecodable,
    usn_of,
)
from glbtools.model.directory import ADDED, DELETED, LINKED, MODIFIED, RENAMED, Entry, Facts, Values

RECORD_LIMIT = 1 << 24
"""Longest record read as one, in bytes; what is longer is cut there and reported."""

OWNED_BY_SERVER = frozenset(
    name.lower()
    for name in (
        "contextCSN", "createTimestamp", "creatorsName", "distinguishedName", "dSCorePropagationData", "entryCSN",
        "entryDN", "entryUUID", "hasSubordinates", "invocationID", "isDeleted", "isRecycled", "lastKnownParent",
        "modifiersName", "modifyTimestamp", "msDS-LastKnownRDN", "numSubordinates", "objectGUID",
        "replPropertyMetaData", "replUpToDateVector", "structuralObjectClass", "subschemaSubentry", "uSNChanged",
        "uSNCreated",
        "uSNDSALastObjRemoved", "uSNLastObjRem", "uSNSource", "whenChanged", "whenCreated",
    )
)  # fmt: skip
"""What only the server writes, and a change therefore does not name."""

_REMOVED = re.compile(rb"^(?:uSNDSALastObjRemoved|uSNLastObjRem):[ \t]*(\S*)", re.IGNORECASE | re.MULTILINE)
_DELETED = re.compile(rb"^isDeleted:[ \t]*TRUE", re.IGNORECASE | re.MULTILINE)
_CHANGED = re.compile(rb"^uSNChanged:", re.IGNORECASE | re.MULTILINE)
_IDENTIFIED = re.compile(rb"^(?:objectGUID|entryUUID):|^dn: ?<GUID=", re.IGNORECASE | re.MULTILINE)
_CREATED = re.compile(rb"^uSNCreated:", re.IGNORECASE | re.MULTILINE)
_LIFETIME = re.compile(rb"^tombstoneLifetime:[ \t]*([0-9]{1,5})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_OF_SERVER = re.compile(rb"^dn:[ \t]*(?:$|\r|CN=NTDS Settings,)", re.IGNORECASE | re.MULTILINE)
_FOLD = 76
_SAFE = re.compile(r"(?:[\x21-\x39\x3b\x3d-\x7e][\x20-\x7e]*)?(?<! )")
_MANGLED = re.compile(r"(?:\\0A|\n)DEL:[0-9A-Fa-f-]{36},.*", re.DOTALL)
_CODED = re.compile(rb"^([A-Za-z0-9][A-Za-z0-9.;=-]*)::[ \t]*([^\r\n]*?)[ \t]*\r?$", re.MULTILINE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_EXTENDED = re.compile(r"<GUID=([0-9A-Fa-f]{32}|[0-9A-Fa-f-]{36})>;(?:<[A-Z_]+=[^>]*>;)*")
_GONE = re.compile(r"<RMD_FLAGS=[0-9]*[13579]>;")
"""The state of a link that was taken away and is kept for replication, as Samba prints it (MS-ADTS: link values)."""
_PART = re.compile(r"(?:\\.|[^\\,])*", re.DOTALL)
_PROTECTED = re.compile(rb"\\(?:([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.;=-]*")
_MARK = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_PROBED = 16384
_NAMED = re.compile(rb"^dn:", re.IGNORECASE | re.MULTILINE)
_OBJECT = re.compile(rb"dn:[^\n]*\n(?:#[^\n]*\n)*[A-Za-z0-9][A-Za-z0-9.;-]*:", re.IGNORECASE)
_SAID = {
    "subsection not found": "a line has no colon",
    "Incorrect padding": "a value is not base64",
    "Invalid base64": "a value is not base64",
}
"""What the library says, and what it means."""
_MODIFIES = re.compile(rb"^changetype:[ \t]*modify[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_BETWEEN = re.compile(rb"^-\r?(?:\n|\Z)", re.MULTILINE)
_READABLE_NAME = re.compile(rb"(?:#(?![ \t]*[0-9]+ entries)[^\n:]*\n)?")
"""The one comment that most objects have, or none: nothing that a search says of itself."""
_ATTRIBUTE_NAME = re.compile(rb"[A-Za-z0-9][A-Za-z0-9.;_-]*")
_ATTRIBUTE = re.compile(rb"[A-Za-z0-9.;-]+:")
_CONTROL = re.compile(r"[0-9.]+(?: +(?:true|false))?(?:[ :].*)?", re.DOTALL)
"""A control of a change record or of an entry of a search (RFC 2849); no attribute has such values."""


class LdifFile(ObjectFile):
    """A whole file."""

    __slots__ = ()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All faults of all records, and whether the dump was cut short."""
        found: list[Fault] = []
        numbered = any(each.get("uSNChanged") is not None for each in self.records if each.dn)
        for _ in entries_from(_watched(self.records, found.append), found.append, numbered=numbered):
            pass
        return tuple(each for each in found if each.kind != "change")


def begins(data: bytes) -> bool:
    """Whether a content is LDIF by its beginning: an object, or what a search tool prints before the first one."""
    if data.startswith(_WIDE):
        data = data[: _PROBED * 2].decode("utf-16", "replace").encode("utf-8", "replace")
    head = data[:_PROBED].removeprefix(_MARK)
    if b"\0" in head or head.partition(b"\n")[0].endswith(b"\r\r"):
        return False
    known = False
    for _, _, _, raw in _blocks(io.BytesIO(head)):
        text = _unfolded(raw)
        if not _NAMED.match(text) and search_output.read(text.partition(b"\n")[0]).strange:
            return False
        named = _NAMED.search(text)
        read = search_output.read(text[: named.start()] if named else text, whole=False)
        if read.strange or (read.is_behind and not named):
            return False
        if named:
            return _OBJECT.match(text, named.start()) is not None
        known = known or read.is_heading
    return known


def parse_ldif(data: bytes) -> LdifFile:
    """Read a file; the content never makes it fail.

    Raises:
        UsageError: the library is not installed.
    """
    return LdifFile(tuple(records(io.BytesIO(data))))


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
    """Return what a dump says of its directory, and its objects one by one, keyed by objectGUID or entryUUID.

    ``root`` is the capture of the rootDSE, if it is a file of its own. ``report`` gets the faults of each record as it
    is read; a record without a readable uSNChanged is reported and left out, unless none has one: then each is 0. The
    file is read twice: whether deletions can be seen shows only in a tombstone, such as the Deleted Objects
    container itself. ``known``, what an earlier call has returned of the directory, spares that.

    Raises:
        UsageError: the library is not installed, or the stream cannot seek.
    """
    tell: Report = report or (lambda _: None)
    beside = records(io.BytesIO(capture(root))) if root is not None else ()
    return entries_of(lambda each: _watched(records(each), tell), _surveyed, stream, beside, tell=tell, known=known)


def capture(data: bytes) -> bytes:
    """Return a capture of the rootDSE as LDIF: also of what PowerShell's Get-ADRootDSE and Get-ADDomainController list.

    Of their lists the name of the server, its highest number and its invocation id are taken.
    """
    plain = data.decode("utf-16", "replace").encode() if data.startswith(_WIDE) else data.removeprefix(_MARK)
    found = {name.lower(): value for name, value in _LISTED.findall(plain)}
    if _NAMED.search(plain) or b"dnshostname" not in found:
        return data
    return b"dn:\n" + b"".join(b"%s: %s\n" % each for each in found.items()) + b"\n"


_LISTED = re.compile(
    rb"^(dnsHostName|highestCommittedUSN|InvocationId)[ \t]+:[ \t]*([^\s{]+)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)


def change_record(kind: str, entry: Entry) -> bytes:
    """Return a change record: an addition with all values, a modification that replaces each attribute, or a deletion.

    A renaming or a move is a ``modrdn``, and values that are added one by one name no others. What only the server
    writes is left out, and of a modification also what no server lets anybody change: the classes and the relative
    name. What each domain makes for itself cannot be added. A modification of which nothing is left is none.

    Raises:
        UsageError: there is no such kind.
        FieldError: the entry has something that is no LDAP attribute.
    """
    if kind not in _CHANGES:
        raise UsageError(f"no change {kind!r}: {', '.join(_CHANGES)}")
    if kind == RENAMED:
        return _renaming(entry)
    if kind == DELETED:
        return b"".join([_line("dn", former_name(entry)), _line("changetype", _CHANGES[kind]), b"\n"])
    held = [each for each in entry.values if each[0].lower() not in OWNED_BY_SERVER]
    if kind == ADDED and _is_of_the_domain(entry):
        return b""
    if kind == ADDED:
        lines = [_line(name, each) for name, values in held for each in values]
    else:
        own, _, value = split_name(entry.dn)[0].partition("=")
        fixed = {(own.lower(), (unescaped(value),))}
        held = [(name, values) for name, values in held if name.lower() != "objectclass"]
        held = [(name, values) for name, values in held if (name.lower(), values) not in fixed]
        how = "add" if kind == LINKED else "replace"
        lines = [
            line
            for name, values in held
            for line in (_line(how, name), *(_line(name, each) for each in values), b"-\n")
        ]
        if not lines:
            return b""
    return b"".join([_line("dn", entry.dn), _line("changetype", _CHANGES[kind]), *lines, b"\n"])


_CHANGES = {ADDED: "add", MODIFIED: "modify", DELETED: "delete", RENAMED: "modrdn", LINKED: "modify"}


def _renaming(entry: Entry) -> bytes:
    own, above = split_name(entry.dn)
    _, former = split_name(entry.former or "")
    lines = [_line("dn", entry.former or ""), _line("changetype", _CHANGES[RENAMED]), _line("newrdn", own)]
    lines.append(_line("deleteoldrdn", "1"))
    if above.lower() != former.lower():
        lines.append(_line("newsuperior", above))
    return b"".join([*lines, b"\n"])


_OF_THE_DOMAIN = frozenset(
    ("builtindomain", "domaindns", "infrastructureupdate", "lostandfound", "ridmanager", "ridset", "samserver")
)
"""Classes of objects that each domain makes for itself, and that nobody can add (MS-ADSC: system-only)."""


def _is_of_the_domain(entry: Entry) -> bool:
    classes = next((held for name, held in entry.values if name.lower() == "objectclass"), ())
    return not _OF_THE_DOMAIN.isdisjoint(map(str.lower, classes))


def split_name(dn: str) -> tuple[str, str]:
    """Return relative name and parent of a distinguished name."""
    found = _PART.match(dn)
    own = found[0] if found else dn
    return own, dn[len(own) + 1 :].lstrip(" ")


def unescaped(value: str) -> str:
    """Return the value of a relative name without what protects characters in it (RFC 4514)."""
    if "\\" not in value:
        return value
    raw = _PROTECTED.sub(lambda each: binascii.unhexlify(each[1]) if each[1] else each[2], value.encode("utf-8", KEPT))
    return raw.decode("utf-8", KEPT)


def _library() -> Any:
    try:
        return importlib.import_module("ldif")
    except ImportError as error:
        raise UsageError('LDIF needs the library ldif: pip install "glbtools[ldif]"') from error


def _wide_lines(first: bytes, stream: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield the lines of UTF-16; a byte 0A is the end of one only where it is a character with 00 beside it."""
    little = first.startswith(_WIDE[0])
    codec = "utf-16-le" if little else "utf-16-be"
    mark, held = 2, b""
    part = first
    while part:
        held += part
        whole = len(held) >= RECORD_LIMIT
        if little and len(held) % 2 and held.endswith(b"\n"):
            after = stream.read(1)
            held += after
            whole = whole or after == b"\0"
        elif not little:
            whole = whole or (len(held) % 2 == 0 and held.endswith(b"\0\n"))
        if whole:
            yield held, held[mark:].decode(codec, "replace").encode()
            mark, held = 0, b""
        part = stream.readline(RECORD_LIMIT)
    if held:
        yield held, held[mark:].decode(codec, "replace").encode()


def _blocks(stream: BinaryIO) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Yield line, offset, bytes, and text in UTF-8 of each record, the empty lines behind it included.

    ldifde writes UTF-16 where it is asked for Unicode, and PowerShell where output is sent to a file.
    """
    first = stream.readline(RECORD_LIMIT)
    if first.startswith(_WIDE):
        yield from _wide_blocks(_wide_lines(first, stream))
        return
    line, offset, held = 1, 0, first
    part = stream.read(_AT_ONCE)
    while held or part:
        held += part
        at = 0
        while (stop := _end_of_record(held, at, begins=offset + at == 0, is_all=not part)) is not None:
            if stop - at > RECORD_LIMIT:
                break
            raw = held[at:stop]
            yield line, offset + at, raw, raw if offset + at else raw.removeprefix(_MARK)
            line += raw.count(b"\n")
            at = stop
        offset, held = offset + at, held[at:]
        if len(held) > RECORD_LIMIT:
            yield from _long_blocks(_Ahead(held, stream), line, offset)
            return
        part = stream.read(_AT_ONCE) if part else b""


_AT_ONCE = 1 << 16
"""Bytes that are read at once."""
_GAP = re.compile(rb"\n(?:\r?\n)+")
_EMPTY_LINES = re.compile(rb"(?:\r?\n)+")


def _end_of_record(data: bytes, at: int, *, begins: bool, is_all: bool) -> int | None:
    """Return where the record ends that begins at a place, behind its empty lines; None where that is not there yet.

    ``begins``: it is at the beginning of the file, where empty lines are by themselves; ``is_all``: nothing follows.
    """
    found = (_EMPTY_LINES.match(data, at) if begins else None) or _GAP.search(data, at)
    if found is not None and (is_all or data[found.end() : found.end() + 2] not in (b"", b"\r")):
        return found.end()
    return len(data) if is_all and at < len(data) else None


class _Ahead:
    """A stream of which some bytes have been read already."""

    def __init__(self, read: bytes, stream: BinaryIO) -> None:
        self._read, self._stream = io.BytesIO(read), stream

    def readline(self, limit: int) -> bytes:
        """Return the next line, or as much of it as the limit allows."""
        line = self._read.readline(limit)
        if line.endswith(b"\n") or len(line) == limit:
            return line
        return line + self._stream.readline(limit - len(line))


def _long_blocks(stream: _Ahead, begun: int, start: int) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Yield records as ``_blocks`` does, line by line, so that one that is too long is cut at the end of a line."""
    number, offset, size = begun - 1, start, 0
    held: list[bytes] = []
    ended = False
    line = stream.readline(RECORD_LIMIT)
    while line:
        empty = line in _EMPTY
        if held and ((ended and not empty) or size + len(line) > RECORD_LIMIT):
            raw = b"".join(held)
            yield begun, start, raw, raw if start else raw.removeprefix(_MARK)
            held, begun, start, size = [], number + 1, offset, 0
            ended = False
        held.append(line)
        ended = ended or empty
        size += len(line)
        number += line.endswith(b"\n")
        offset += len(line)
        line = stream.readline(RECORD_LIMIT)
    if held:
        raw = b"".join(held)
        yield begun, start, raw, raw if start else raw.removeprefix(_MARK)


_EMPTY = frozenset({b"\n", b"\r\n"})


def _wide_blocks(lines: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Yield the records of lines, each with its text."""
    number, begun, start, offset, size = 0, 1, 0, 0, 0
    held: list[tuple[bytes, bytes]] = []
    ended = False
    for line, text in lines:
        empty = text in _EMPTY
        if held and ((ended and not empty) or size + len(line) > RECORD_LIMIT):
            yield begun, start, b"".join(raw for raw, _ in held), b"".join(each for _, each in held)
            held, begun, start, size = [], number + 1, offset, 0
            ended = False
        held.append((line, text))
        ended = ended or empty
        size += len(line)
        number += text.endswith(b"\n")
        offset += len(line)
    if held:
        yield begun, start, b"".join(raw for raw, _ in held), b"".join(each for _, each in held)


def _record(parser_class: Any, line: int, start: int, raw: bytes, text: bytes) -> Record:
    span = Span(start, start + len(raw))
    whole, message = text, ""
    if len(raw) >= RECORD_LIMIT:
        text, message = b"", f"the record is longer than {RECORD_LIMIT} bytes"
    unfolded = _unfolded(text)
    read, unfolded = _without_search(unfolded)
    if unfolded[:3].lower() == b"dn:":  # the standard takes it in any case, the library in one
        unfolded = b"dn:" + unfolded[3:]
    if read.strange and _NAMED.match(unfolded):
        message = "a line before the name of the object is not LDIF"
    lowered = unfolded.lower()
    if b"changetype" in lowered and _MODIFIES.search(unfolded):  # what ends each of its modifications is no attribute
        unfolded = _BETWEEN.sub(b"", unfolded)
    dn: str | None = None
    values: tuple[tuple[str, Values], ...] = ()
    plain = _plain_object(unfolded)
    if plain is not None:
        dn, values = plain
    else:
        try:
            dn, values = _read_by_library(parser_class, unfolded)
        except ValueError as error:
            said = next((plain for each, plain in _SAID.items() if str(error).startswith(each)), error)
            message = f"the record cannot be read: {said}"[:200].rstrip(" .")
    faults = [Fault("record", message, span, line=line)] if message else []
    if read.is_odd:
        said = "text behind a comment is passed over: the comment may be broken over lines"
        faults.append(Fault("comment", said, span, damage=False, line=line))
    change, values = _change_of(values)
    if b"<GUID=" in text or (dn is not None and dn.startswith("<GUID=")):
        dn, values = _plain(dn, values)
    parts: tuple[tuple[str, Values], ...] = ()
    if b";range=" in lowered:
        given = values
        values, cut = joined_parts(given)
        faults += [Fault(PART, each, span, line=line) for each in cut]
        parts = given if cut else ()
    if (
        plain is None
        and not message
        and b"::" in unfolded
        and (wrong := next((e for e in _CODED.finditer(unfolded) if not _is_base64(e[2])), None))
    ):
        name = wrong[1].decode("ascii", "replace")
        faults.append(Fault("base64", f"the value of {name} is not base64", span, line=line))
    if b":<" in unfolded and (elsewhere := {each[1].decode().lower() for each in _ELSEWHERE.finditer(unfolded)}):
        values = tuple([each for each in values if each[0].lower() not in elsewhere])
        said = f"the value of {', '.join(sorted(elsewhere))} is in a file of its own, which is not read"
        faults.append(Fault(ELSEWHERE, said, span, damage=False, line=line))
    if not unfolded.isascii() and not _is_utf_8(unfolded):
        said = "text that is not UTF-8, as a tool writes it in the code page of its machine; kept byte for byte"
        faults.append(Fault("encoding", said, span, damage=False, line=line))
    if unfolded.count(b"\nuSNChanged:") > 1:
        faults.append(Fault("usn", "the object has more than one uSNChanged", span, line=line))
    if b"\nrepl" in lowered:
        faults += undecodable(values, span, line)
    return Record(
        dn, values, line, span, raw, text=whole, faults=tuple(faults), change=change, told=read.told, parts=parts
    )


def _read_by_library(parser_class: Any, text: bytes) -> tuple[str | None, tuple[tuple[str, Values], ...]]:
    """Return name and attributes of a record; None and nothing where there is none.

    Raises:
        ValueError: the library cannot read it.
    """
    parser = parser_class(io.BytesIO(text), encoding=None)
    parser._check_dn = _check_name  # its pattern takes exponential time
    dn, found = next(parser.parse(), (None, {}))
    return dn, tuple([(name, tuple([each.decode("utf-8", KEPT) for each in held])) for name, held in found.items()])


def _plain_object(text: bytes) -> tuple[str, tuple[tuple[str, Values], ...]] | None:
    """Return name and attributes of an object in which nothing is odd; None for any other, which the library reads.

    What it returns is what the library does, in a third of the time.
    """
    if not text.startswith(b"dn:"):
        return None
    found: dict[bytes, list[str]] = {}
    try:
        for line in text.split(b"\n"):
            name, colon, value = line.partition(b":")
            kind = value[:1]
            if kind == b":":
                value = value[1:].strip()
                if not _is_base64(value):
                    return None
                value = binascii.a2b_base64(value)
            elif kind == b"<" or not colon:
                return None
            else:
                value = value.strip()
            held = found.get(name)
            if held is None:
                found[name] = [value.decode("utf-8", KEPT)]
            else:
                held.append(value.decode("utf-8", KEPT))
        (dn,) = found.pop(b"dn")
        dn.encode("utf-8")
        return dn, tuple([(_attribute_name(name), tuple(held)) for name, held in found.items()])
    except ValueError:  # a second name, one that is no UTF-8, or what is no attribute
        return None


@lru_cache(4096)
def _attribute_name(name: bytes) -> str:
    """Return the name of an attribute as text.

    Raises:
        ValueError: it is none, or means something else to the library.
    """
    if _ATTRIBUTE_NAME.fullmatch(name) is None or name == b"version":
        raise ValueError(name)
    return name.decode("ascii")


_ELSEWHERE = re.compile(rb"^([A-Za-z0-9][A-Za-z0-9.;-]*):<", re.MULTILINE)
ELSEWHERE = "elsewhere"
"""Kind of fault: a value is only named by a URL (RFC 2849)."""


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_base64(value: bytes) -> bool:
    return len(value) % 4 == 0 and _BASE64.fullmatch(value) is not None


def _plain(dn: str | None, values: tuple[tuple[str, Values], ...]) -> tuple[str | None, tuple[tuple[str, Values], ...]]:
    """Return names without the identities before them, which a server adds where it is asked for extended names.

    A link that is kept as one that was taken away is no value.
    """
    known = _EXTENDED.match(dn) if dn else None
    plain: list[tuple[str, Values]] = []
    for name, held in values:
        found = [(each, _EXTENDED.match(each)) for each in held]
        left = [each[at.end() :] if at else each for each, at in found if not (at and _GONE.search(at[0]))]
        if left or not held:
            plain.append((name, tuple(left)))
    values = tuple(plain)
    if dn is None or known is None:
        return dn, values
    if not any(name.lower() == "objectguid" for name, _ in values):
        text = known[1]
        text = text if "-" in text else str(uuid.UUID(bytes_le=bytes.fromhex(text)))
        values = (*values, ("objectGUID", (text,)))
    return dn[known.end() :], values


def _unfolded(text: bytes) -> bytes:
    """Return the lines of a record as they were before folding; the library takes time quadratic in their number."""
    return text.strip(b"\r\n").replace(b"\r\n ", b"").replace(b"\n ", b"")


def _without_search(text: bytes) -> tuple[search_output.Preamble, bytes]:
    """Return what the lines around an object say of the search, and the object; nothing where the block holds none.

    Messages come before the name, or right behind the last attribute: a tool writes them while its output still waits.
    """
    if text[:3].lower() == b"dn:":
        head, body = b"", text
    else:
        named = _NAMED.search(text)
        head, body = (text[: named.start()], text[named.start() :]) if named else (text, b"")
    read = search_output.Preamble() if _READABLE_NAME.fullmatch(head) else search_output.read(head)
    if not body:  # text behind a comment may be an object whose name is lost
        return read._replace(is_odd=False), text if read.strange or read.is_behind else b""
    last = body.rpartition(b"\n")[2].rstrip(b"\r")
    if _ATTRIBUTE.match(last) or search_output.message(last) is None:
        return read, body
    lines, told = body.split(b"\n"), list(read.told)
    while (said := search_output.message(lines[-1].rstrip(b"\r"))) is not None:
        told += said
        lines.pop()
    return read._replace(told=search_output.bounded(told)), b"\n".join(lines)


def _change_of(values: tuple[tuple[str, Values], ...]) -> tuple[str | None, tuple[tuple[str, Values], ...]]:
    """Return what follows a name in LDIF and is no attribute: the kind of change; controls and a readable name too."""
    change = None
    while values and (name := values[0][0].lower()) in {"changetype", "control", "ufn"}:
        if name == "control" and not all(map(_CONTROL.fullmatch, values[0][1])):
            break
        if name == "changetype":
            change = values[0][1][0].strip().lower()
        values = values[1:]
    return change, values


def _watched(found: Iterable[Record], tell: Report) -> Iterator[Record]:
    """Yield records, and tell what is wrong with each, and at the end whether what a search printed is whole."""
    named = counted = objects = 0
    paged: Record | None = None
    last: Record | None = None
    ended, has_pages = True, False
    for record in _joined(found):
        if last is None:
            ended = _BEGUN.match(record.text) is None
        for fault in record.faults:
            tell(fault)
        named += record.dn is not None or _NAMED.search(record.text) is not None
        objects += bool(record.dn)
        for told in record.told:
            if told.name == search_output.ENDING:
                ended = True
                said = f"result {told.value}: the dump is cut short{_way_on(told.value)}"
                tell(Fault("ending", said, record.span, line=_line_in(record, told)))
            elif told.name == search_output.PAGES:
                paged, has_pages = record if told.value else None, True
            else:
                counted += int(told.value)
        last = record if last is None or record.line > last.line else last
        yield record
    if paged is not None:
        said = "the last page says that more follow: the dump is cut short"
        tell(Fault("ending", said, paged.span, line=paged.line))
    if last is None:
        return
    whole = _ENDED.search(last.text) is not None
    if counted > named:
        said = f"the search counted {counted} entries, and the file has {named}"
        tell(Fault("count", said, last.span, damage=False, line=last.line))
    elif not ended and not whole:
        said = "the search that printed it does not say how it ended"
        tell(Fault(UNENDED, said, last.span, damage=False, line=last.line))
    elif objects in _LIMITS and not (whole or has_pages or last.change):
        said = f"it has exactly {objects} entries, as many as {_LIMITS[objects]} gives at once, and no pages"
        tell(Fault(UNENDED, said, last.span, damage=False, line=last.line))


_LIMITS = {500: "OpenLDAP", 1000: "a domain controller"}
"""How many entries a server gives at most, unless it is set otherwise or asked for pages (MaxPageSize; sizelimit)."""

PART = "part"
"""Kind of fault: an attribute has some of its values, and others may follow in another record of the object."""


def _joined(found: Iterable[Record]) -> Iterator[Record]:
    """Yield records; those of one object that have parts of an attribute as one, at the end, as one search gives one.

    What was written between two searches is not joined.
    """
    held: dict[str, dict[str | None, Record]] = {}
    for record in found:
        if record.dn is None or not record.parts:
            yield record
            continue
        there = held.setdefault(record.dn.lower(), {})
        number = record.get("uSNChanged")
        number = next(iter(there)) if number is None and there else number
        first = there.get(number)
        if first is not None:
            names = {each for each, _ in first.parts}
            more = tuple(each for each in record.parts if each[0] not in names)
            record = first._replace(parts=(*first.parts, *more), faults=(*first.faults, *record.faults))  # noqa: PLW2901
        there[number] = record
    for record in (each for there in held.values() for each in there.values()):
        values, cut = joined_parts(record.parts)
        faults = [each for each in record.faults if each.kind != PART]
        faults += [Fault("ending", each, record.span, line=record.line) for each in cut]
        yield record._replace(values=values, faults=tuple(faults))


UNENDED = "unended"
"""Kind of fault: what a tool writes behind its last object is not there."""


_BEGUN = re.compile(rb"# (?:extended LDIF|record [0-9]+)\r?$", re.MULTILINE)
"""How ldapsearch without -L, and ldbsearch, begin: both also say how the search ended."""

_ENDED = re.compile(
    rb"^(?:# search result|search:|result:|# num(?:Responses|Entries):|# returned [0-9]+ )", re.MULTILINE
)
_LAST_OBJECT = re.compile(r"(?:\A|\n)dn:[^\n]*(?:\n(?!\r?\n)[^\n]+)*\n?\Z", re.IGNORECASE)


def is_open(tail: bytes) -> bool:
    """Whether the last bytes of a dump end in an object: every tool writes an empty line behind each."""
    encoding = "utf-16-le" if tail[-1:] == b"\0" else "utf-16-be" if b"\0" in tail[-4:] else "latin-1"
    text = tail[len(tail) % 2 if encoding != "latin-1" else 0 :].decode(encoding, "replace").replace("\r", "")
    block = text.rpartition("\n\n")[2]
    return block.strip() != "" and not text.endswith("\n\n") and _LAST_OBJECT.search(block) is not None


def _way_on(ending: str) -> str:
    limited = ending.partition(" ")[0] in {"3", "4", "11"}  # time, size and administrative limits (RFC 4511)
    return "; in pages (-E pr=1000/noprompt) a limit on one answer does not count" if limited else ""


def _line_in(record: Record, told: search_output.Statement) -> int:
    """Return the number of the line on which a search tool says something."""
    wanted = told.value.partition(" ")[2].encode("utf-8", "surrogateescape")[:40]
    lines = record.text.split(b"\n")
    return record.line + next((at for at, line in enumerate(lines) if wanted and wanted in line), 0)


def _check_name(known: str | None, _: str) -> None:
    if known is not None:
        raise ValueError("two lines begin with dn:")


def _surveyed(stream: BinaryIO) -> Survey:
    deletions = creations = numbered = identified = False
    removed: int | None = None
    lifetime: int | None = None
    heads: list[Record] = []
    parser_class = _library().LDIFParser
    for block in _blocks(stream):
        text = block[-1]
        deletions = deletions or _DELETED.search(text) is not None
        creations = creations or _CREATED.search(text) is not None
        numbered = numbered or _CHANGED.search(text) is not None
        identified = identified or _IDENTIFIED.search(text) is not None
        for each in _REMOVED.finditer(text):
            number = usn_of(each[1].decode("latin-1"))
            removed = number if number is None or removed is None else max(number, removed)
        if lifetime is None and (said := _LIFETIME.search(text)):
            lifetime = int(said[1])
        if _OF_SERVER.search(text) and len(heads) < MOST_HEADS:
            heads.append(_record(parser_class, *block))
    return Survey(deletions, creations, numbered, identified, removed=removed, lifetime=lifetime, heads=tuple(heads))


def former_name(entry: Entry) -> str:
    """Return the name an object had before it became a tombstone, where its lastKnownParent is known."""
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
