"""Objects of an LDAP directory as a dump has them, whatever its form: what they are called, numbered and known by.

The forms (LDIF, the CSV of csvde) read their lines into records; here is what records mean. An object is known by its
objectGUID, else by its entryUUID, else by its name (docs/facts/directories.md#ldif).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from glbtools.binary.span import Fault, Region, Span
from glbtools.binary.tree import Node
from glbtools.brief import brief, count
from glbtools.errors import UsageError
from glbtools.formats import search_output
from glbtools.formats.base import Row, Rows, attribute_rows, moment_row, span_row
from glbtools.formats.replication import METADATA, VECTOR, Stamp, VectorCursor, parse_metadata, parse_vector
from glbtools.model.directory import Entry, Facts, Values

Report = Callable[[Fault], None]

MOST_HEADS = 1000
"""As many domain controllers as a forest has, and more."""
_TIME = re.compile(r"([0-9]{14})(?:[.,][0-9]+)?Z", re.ASCII)
_USN = re.compile(r"[0-9]{1,19}", re.ASCII)
_HIGHEST = (1 << 63) - 1
"""The most that a LargeInteger holds, as a USN of Active Directory is (MS-ADTS); those of Exchange have 32 bits."""
_RANGE = re.compile(r"([A-Za-z0-9.-]+);range=([0-9]{1,9})-([0-9]{1,9}|\*)", re.IGNORECASE)
KEPT = "surrogateescape"
"""How bytes that are no UTF-8 are kept in a text."""
_OF_FOREST = ("cn=ntds settings,", "cn=directory service,cn=windows nt,")
"""Objects that tell of the server and the forest, and may be beside others without their numbers."""
_DECISIVE = re.compile(
    rb"(?:\A|\n)(?:dn|objectGUID|entryUUID|uSNChanged|uSNCreated|isDeleted)::?[^\n]*(?:\n [^\n]*)*\Z", re.IGNORECASE
)
"""Something that tells an object, in the last line of a file, without its end."""


class Record(NamedTuple):
    """One record; the records of a file tile it.

    Attributes:
        dn: distinguished name; empty for the rootDSE, None where there is none, as in a record of comments.
        values: attribute -> values in order; bytes that are no UTF-8 are kept as surrogates (PEP 383).
        line: number of its first line, counted from 1.
        span: its bytes, the empty lines behind it included.
        raw: these bytes.
        text: the same in UTF-8.
        faults: what is wrong with it.
        change: what a change record does: ``add``, ``modify`` ...; ldifde writes ``add`` in each object of a dump.
        told: what the search tool says beside it of the search as a whole.
        parts: the attributes as they stand, where one has only some of its values (``member;range=0-1499``).
    """

    dn: str | None
    values: tuple[tuple[str, Values], ...]
    line: int
    span: Span
    raw: bytes
    text: bytes
    faults: tuple[Fault, ...] = ()
    change: str | None = None
    told: tuple[search_output.Statement, ...] = ()
    parts: tuple[tuple[str, Values], ...] = ()

    def get(self, name: str) -> str | None:
        """Return the first value of an attribute, whose name is matched without case."""
        wanted = name.lower()
        return next((held[0] for each, held in self.values if each.lower() == wanted and held), None)


class Survey(NamedTuple):
    """What a first pass over a dump shows.

    Attributes:
        deletions: it has a tombstone; ``creations``: it has uSNCreated; ``numbered``: it has uSNChanged;
            ``identified``: it has an objectGUID or entryUUID.
        removed: the last removed number in it.
        lifetime: of tombstones, in days, as the forest says.
        heads: the records of the server itself: the rootDSE and the NTDS Settings, wherever they stand.
    """

    deletions: bool
    creations: bool
    numbered: bool
    identified: bool
    removed: int | None
    lifetime: int | None
    heads: tuple[Record, ...]


class ObjectFile(NamedTuple):
    """A whole file of objects.

    Attributes:
        records: what it holds, in order; one without a name is no object.
    """

    records: tuple[Record, ...]

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All faults of all records."""
        return tuple(fault for each in self.records for fault in each.faults)

    def build(self) -> bytes:
        """Exactly the bytes that were read."""
        return b"".join(each.raw for each in self.records)

    def lists(self) -> list[Rows]:
        """The records that have a name, the rootDSE included; and what they say of replication in binary."""
        held = [each for each in self.records if each.dn is not None]
        stamps = list(_replication_rows(held, METADATA))
        reached = list(_replication_rows(held, VECTOR))
        found = [Rows("records", len(held), map(_record_row, held))]
        found += [Rows("stamps", len(stamps), iter(stamps))] if stamps else []
        return found + ([Rows("reached", len(reached), iter(reached))] if reached else [])

    def nodes(self) -> Iterator[Node]:
        """Yield the records."""
        for each in self.records:
            yield Node(what_of(each), each.span, each.text.decode("utf-8", "backslashreplace"))

    def regions(self) -> Iterator[Region]:
        """Yield the records."""
        for each in self.records:
            yield Region(each.span, what_of(each))

    def summary(self) -> list[str]:
        """How many objects there are, how they are numbered, and whose dump it is."""
        objects = [each for each in self.records if each.dn]
        changes = sum(each.change not in (None, "add") for each in objects)
        said = [count(len(objects), "change" if changes else "object")]
        if numbers := [n for each in objects if (n := usn_of(each.get("uSNChanged"))) is not None]:
            said.append(f"USN {min(numbers)} to {max(numbers)}")
        if numbers and not changes and not any(map(_has_identity, objects)):
            said.append(NO_IDENTITY)
        facts = facts_of(self.records)
        said += [f"of {facts.server}"] if facts.server else []
        return said + ([f"highest number {facts.head}"] if facts.head is not None else [])


def entries_of(
    read: Callable[[BinaryIO], Iterator[Record]],
    survey: Callable[[BinaryIO], Survey],
    stream: BinaryIO,
    beside: Iterable[Record],
    tell: Report,
    known: Facts | None,
) -> tuple[Facts, Iterator[Entry]]:
    """Return what a dump says of its directory, and its objects one by one, keyed by objectGUID or entryUUID.

    Args:
        read: reads the records of a stream, and tells what is wrong with them.
        survey: returns what a first pass over it shows.
        stream: the dump; it is read twice, unless ``known`` is given.
        beside: the records of the capture of the rootDSE, if it is a file of its own.
        tell: gets what is wrong with each object.
        known: what an earlier call has returned of the directory; it spares the first pass.

    Raises:
        UsageError: the stream cannot seek.
    """
    if known is not None:
        return known, entries_from(read(stream), tell, numbered=known.numbered)
    if not stream.seekable():
        raise UsageError("a dump of objects is read twice: give it as a file")
    begin = stream.tell()
    found = survey(stream)
    heads = list(beside)
    stream.seek(begin)
    facts = facts_of([*heads, *found.heads])._replace(
        deletions=found.deletions,
        creations=found.creations,
        last_removed=found.removed,
        numbered=found.numbered,
        identified=found.identified,
        lifetime=_days(found.lifetime if found.lifetime is not None else survey_of(heads).lifetime),
    )
    return facts, entries_from(read(stream), tell, numbered=facts.numbered)


def survey_of(found: Iterable[Record]) -> Survey:
    """Return what a first pass over objects of any form shows."""
    deletions = creations = numbered = identified = False
    removed: list[int] = []
    lifetime: int | None = None
    heads: list[Record] = []
    for each in found:
        if each.dn is None:
            continue
        first = {name.lower(): held[0] for name, held in reversed(each.values) if held}
        deletions = deletions or first.get("isdeleted", "").lower() == "true"
        creations = creations or "usncreated" in first
        numbered = numbered or "usnchanged" in first
        identified = identified or not _IDENTITIES.isdisjoint(first)
        removed += [
            number
            for name in ("usndsalastobjremoved", "usnlastobjrem")
            if (number := usn_of(first.get(name))) is not None
        ]
        if lifetime is None and (said := usn_of(first.get("tombstonelifetime"))) is not None and said < 100_000:
            lifetime = said
        if (not each.dn or each.dn.lower().startswith("cn=ntds settings,")) and len(heads) < MOST_HEADS:
            heads.append(each)
    return Survey(
        deletions, creations, numbered, identified, removed=max(removed, default=None), lifetime=lifetime,
        heads=tuple(heads),
    )  # fmt: skip


_IDENTITIES = frozenset({"objectguid", "entryuuid"})
NO_IDENTITY = (
    "no object has objectGUID: each is known by its name alone, so that a renamed one looks deleted and made anew"
)
"""What is to be said of a dump in which nothing has an identity."""


def _has_identity(record: Record) -> bool:
    return any(name.lower() in _IDENTITIES for name, _ in record.values)


def facts_of(found: Iterable[Record]) -> Facts:
    """Return what a capture of the rootDSE says; the NTDS Settings object it names may be beside it."""
    held = [each for each in found if each.dn is not None]
    root = next((each for each in held if not each.dn), None)
    if root is None:
        return Facts(columns=False)
    service = root.get("dsServiceName")
    settings = next((each for each in held if service and each.dn and each.dn.lower() == service.lower()), None)
    life = root.get("invocationID") or (settings.get("invocationID") if settings else None)
    return Facts(
        server=root.get("dnsHostName") or service,
        epoch=(guid(life) or life) if life else None,
        head=usn_of(root.get("highestCommittedUSN")),
        taken=moment(root.get("currentTime") or ""),
        columns=False,
    )


def entries_from(found: Iterator[Record], tell: Report, *, numbered: bool = True) -> Iterator[Entry]:
    """Yield the objects among records; ``tell`` gets what is wrong with what it means. See ``entries_of``."""
    server = ""
    for record in found:
        if not record.dn:
            name = record.get("dnsHostName") if record.dn == "" else None
            if name and server and name.lower() != server.lower():
                message = f"the rootDSE of {name}, and before it that of {server}: dumps of two servers are in one file"
                tell(Fault(SERVERS, message, record.span, line=record.line))
            server = name or server
            continue
        if record.change not in (None, "add"):
            message = f"a change ({record.change[:20]}), no object"
            tell(Fault("change", message, record.span, damage=False, line=record.line))
            continue
        if not record.text.endswith(b"\n"):
            if _DECISIVE.search(record.text):
                tell(Fault("cut", "the object is cut off in what tells it", record.span, line=record.line))
                continue
            said = "the last line has no end, so that the last value of the object may be cut off"
            tell(Fault(CUT, said, record.span, damage=False, line=record.line))
        if record.values and not any(any(held) for _, held in record.values):
            tell(Fault(VALUELESS, "the object has names of attributes without values, as ldapsearch -A gives them",
                       record.span, line=record.line))  # fmt: skip
            continue
        first = {name.lower(): held[0] for name, held in reversed(record.values) if held}.get
        changed = usn_of(first("usnchanged"))
        if changed is None and (numbered or first("usnchanged") is not None):
            if first("usnchanged") is not None:
                tell(Fault("usn", "the object has no uSNChanged that is a number", record.span, line=record.line))
            elif not record.dn.lower().startswith(_OF_FOREST):
                tell(Fault("usn", "the object has no uSNChanged", record.span, damage=False, line=record.line))
            continue
        created, dead = usn_of(first("usncreated")), (first("isdeleted") or "false").lower()
        if created is None and first("usncreated") is not None:
            tell(Fault("usn", "uSNCreated is not a number", record.span, line=record.line))
        if dead not in {"true", "false"}:
            tell(Fault("deleted", "isDeleted is neither TRUE nor FALSE", record.span, line=record.line))
        stored = first("objectguid")
        known = guid(stored) if stored else None
        if stored and not known:
            tell(Fault("guid", "objectGUID is no GUID; the name is used", record.span, line=record.line))
        if not stored and (unique := first("entryuuid")):
            known = guid(unique)
        when = first("whenchanged") or first("modifytimestamp")
        values = record.values
        if known and stored:
            values = tuple(
                [
                    (name, (known,)) if len(name) == 10 and name.lower() == "objectguid" else (name, held)
                    for name, held in values
                ]
            )
        yield Entry(
            key=known or record.dn.lower(),
            dn=record.dn,
            changed=changed or 0,
            created=created,
            deleted=dead == "true",
            when=moment(when) if when else None,
            values=values,
            line=record.line,
            csn=first("entrycsn"),
        )


CUT, VALUELESS, SERVERS = "cut-value", "valueless", "servers"
"""Kinds of faults: the file may end within a value; it has the names of attributes alone; it is of two servers."""


def guid(value: str) -> str | None:
    """Return an objectGUID, stored as bytes or written as text, as canonical text."""
    raw = value.encode("utf-8", KEPT)
    try:
        return str(uuid.UUID(bytes_le=raw)) if len(raw) == 16 else str(uuid.UUID(value))
    except ValueError:
        return None


@lru_cache(4096)
def moment(text: str) -> datetime | None:
    """Return a generalized time in UTC, such as ``20260210151048.0Z``."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    digits = found[1]
    try:
        month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(4, 14, 2))
        return datetime(int(digits[:4]), month, day, hour=hour, minute=minute, second=second)
    except ValueError:
        return None


def text_or_bytes(value: str) -> str | bytes:
    """Return a value; one that is no text as its bytes."""
    raw = value.encode("utf-8", KEPT)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


def joined_parts(values: tuple[tuple[str, Values], ...]) -> tuple[tuple[tuple[str, Values], ...], list[str]]:
    """Return attributes whose values a server gave in parts as one, and what is missing of them."""
    found: dict[str, Values] = {}
    parts: dict[str, list[tuple[int, int | None]]] = {}
    for name, held in values:
        part = _RANGE.fullmatch(name)
        own = part[1] if part else name
        found[own] = (*found.get(own, ()), *held)
        if part:
            parts.setdefault(own, []).append((int(part[2]), None if part[3] == "*" else int(part[3])))
    cut = []
    for name, given in parts.items():
        at: int | None = 0
        for low, high in sorted(given, key=lambda each: each[0]):
            if at is None or low > at:
                break
            at = None if high is None else max(high + 1, at)
        if at is not None:
            cut.append(
                f"{name} {f'has only its first {at} values' if at else 'lacks its first values'}: the dump is cut "
                f"short; ask for {name};range={at}-* as well"
            )
    return tuple(found.items()), cut


def undecodable(values: tuple[tuple[str, Values], ...], span: Span, line: int) -> Iterator[Fault]:
    """Yield what is said of replication in binary and cannot be read."""
    for name, held in values:
        if (folded := name.lower()) in (METADATA, VECTOR) and any(held) and not _decoded(((name, held),), folded):
            yield Fault("replication", f"{name} cannot be read", span, damage=False, line=line)


def usn_of(text: str | None) -> int | None:
    """Return a number that a server may have given; None for any other text."""
    return int(text) if text is not None and _USN.fullmatch(text) and int(text) <= _HIGHEST else None


def _days(number: int | None) -> timedelta | None:
    return timedelta(days=number) if number else None


def what_of(record: Record) -> str:
    """Return what a record is, for people."""
    if any(each.damage for each in record.faults):
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
        "change": record.change,
        "dn": record.dn,
        "guid": guid(stored) if stored else None,
        "usn": usn_of(record.get("uSNChanged")),
        "created": usn_of(record.get("uSNCreated")),
        "deleted": (record.get("isDeleted") or "").lower() == "true",
        "when": moment_row(moment(when)) if when else None,
        "attributes": attribute_rows((name, map(text_or_bytes, held)) for name, held in record.values),
    }


def _replication_rows(held: Iterable[Record], wanted: str) -> Iterator[Row]:
    """Yield what an attribute of replication says: one row for each attribute of an object, or life of a server."""
    for record in held:
        for found in _decoded(record.values, wanted):
            row = found._asdict()
            moments = {name: moment_row(row[name]) for name in ("changed", "synced") if row.get(name) is not None}
            yield {"line": record.line, "span": span_row(record.span), "dn": record.dn} | row | moments


def _decoded(values: tuple[tuple[str, Values], ...], wanted: str) -> tuple[Stamp, ...] | tuple[VectorCursor, ...]:
    """Return what an attribute of replication says; nothing where it cannot be read."""
    for name, held in values:
        if name.lower() == wanted and held:
            try:
                data = held[0].encode("utf-8", KEPT)
                return parse_metadata(data) if wanted == METADATA else parse_vector(data)
            except ValueError:
                return ()
    return ()
