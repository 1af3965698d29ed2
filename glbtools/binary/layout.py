"""A binary layout as data: what a layout file may say, checked, with the bytes no field claims filled in.

A layout describes one structure of fixed size (REQCONF), a header and records of fixed size (SRVCONF), or records that
follow each other with a text of variable length (queue files). Compiling it to readers and writers is the business of
``structure`` (construct) and ``records`` (the fast path).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

from glbtools.binary import checksum, stamp
from glbtools.binary.checksum import Algorithm, Crc
from glbtools.errors import LayoutError
from glbtools.tables import read_toml

STATUSES = ("attested", "observed", "inferred", "assumed")
"""How a fact is known, best first: a public source says it; seen in files; deduced; chosen so as to write files."""

ROLES = ("sync", "stamp", "len_text", "checksum", "link", "live", "first", "text", "constant", "opaque")
SECTIONS = ("header", "record", "trailer")
FAMILIES = ("queue", "reqconf", "srvconf")
LENGTH_COUNTS = ("text", "text+terminator", "record")
PADDED = "padded"
"""A length that counts the record with what fills its stride: the text ends where the filling begins."""

COVERS = {"text": ("text",), "text+terminator": ("text", "terminator")}
TERMINATORS = {"nul": b"\0", "crlf": b"\r\n", "none": b""}
LINKS = ("previous", "next")

INTEGERS = {"u8": 1, "u16": 2, "u32": 4, "i8": 1, "i16": 2, "i32": 4}
SIZED = ("dec", "hex", "bytes", "text")
_TYPE = re.compile(
    r"(?:(?P<integer>[ui](?:8|16|32))|(?P<sized>dec|hex|bytes|text):(?P<size>[1-9]\d{0,5})|(?P<text>text))"
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
MAX_TEXT = 1 << 18
"""Longest text taken for one record, in bytes; template bodies reach several KB (Q148770)."""

MAX_FIXED = 1 << 16
"""Largest header, record or stride, in bytes."""


class Field(NamedTuple):
    """One field of a layout.

    ``offset`` counts from the start of its section: the file's header, the record, or the trailer behind the text and
    its terminator. ``size`` is 0 for the text of variable length. ``dec`` and ``hex`` are numbers written as digits,
    padded with zeros. ``default`` is what is written where nothing else is said.
    """

    name: str
    section: str
    offset: int
    kind: str
    size: int
    role: str
    status: str
    orig: str = ""
    source: str = ""
    doc: str = ""
    byte_order: str = "little"
    stamp: str = "unix"
    link: str = ""
    default: int | bytes | None = None
    flags: tuple[tuple[str, int], ...] = ()

    @property
    def stop(self) -> int:
        """First offset behind the field, in its section."""
        return self.offset + self.size

    @property
    def type(self) -> str:
        """The type as a layout file spells it."""
        return f"{self.kind}:{self.size}" if self.kind in SIZED and self.size else self.kind

    @property
    def numeric(self) -> bool:
        """Whether the stored value is a number."""
        return self.kind in INTEGERS or self.kind in {"dec", "hex"}


class Layout(NamedTuple):
    """A checked layout; ``fields`` tile every section, unclaimed bytes included as ``unknown_xx``.

    A record is in the queue unless a field with the role ``live`` holds another value than its default, it stands
    before the offset that a header field with the role ``first`` holds, or the layout says that a file ``breaks``
    where its queue ends and it stands behind the first place that is no record. A ``partial`` layout states what is
    certain of a record and leaves the rest opaque: it is for reading.

    ``checksum`` names the algorithm, and is empty where nothing is computed; ``crc`` has the parameters of one that is
    in no catalogue. ``covers`` names what it is computed over, in the order of the bytes: fields, ``text`` (the text of
    variable length) and ``terminator``.
    """

    id: str
    family: str
    title: str
    status: str
    fields: tuple[Field, ...]
    doc: str = ""
    source: str = ""
    byte_order: str = "little"
    encoding: str = "cp850"
    header: int = 0
    record: int = 0
    length_counts: str = "text+terminator"
    terminator: str = "nul"
    stride: int = 1
    pad: int = 0
    checksum: str = ""
    crc: Crc | None = None
    covers: tuple[str, ...] = ("text",)
    breaks: bool = False
    partial: bool = False
    framing_doc: str = ""
    checksum_status: str = ""
    checksum_doc: str = ""

    @property
    def by_name(self) -> Mapping[str, Field]:
        """Fields by their names."""
        return {each.name: each for each in self.fields}

    def section(self, name: str) -> tuple[Field, ...]:
        """Fields of one section in the order of their offsets."""
        return tuple(each for each in self.fields if each.section == name)

    def with_role(self, role: str) -> Field | None:
        """First field that has this role, or None."""
        return next((each for each in self.fields if each.role == role), None)

    @property
    def text(self) -> Field | None:
        """The text of variable length, in a queue layout."""
        return next((each for each in self.fields if each.role == "text" and not each.size), None)

    @property
    def selects(self) -> bool:
        """Whether some records of a file may not be in the queue."""
        return self.breaks or any(each.role in {"live", "first"} for each in self.fields)

    @property
    def read_only(self) -> str:
        """Why nothing can be written in this layout; empty where it can."""
        if self.partial:
            return "the layout is partial: what it does not know of a record cannot be written"
        if self.with_role("first") is not None:
            return "the layout's file header says where the queue begins, which is read and not written"
        return ""

    @property
    def algorithm(self) -> Algorithm | None:
        """How the checksum is computed, or None."""
        crc = self.crc or checksum.CATALOGUE.get(self.checksum)
        if crc is not None:
            return Algorithm(crc.size, checksum.compiled(crc))
        return checksum.ALGORITHMS[self.checksum] if self.checksum else None

    @property
    def checksum_name(self) -> str:
        """The algorithm in words: its name, or the parameters that stand for one."""
        return str(self.crc) if self.crc is not None else self.checksum


def parse(content: bytes, path: str) -> Layout:
    """Check the content of a layout file and return the layout.

    Raises:
        LayoutError: with the file, the key and the reason.
    """
    try:
        table = read_toml(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise LayoutError(path, "", f"no valid TOML: {error}") from None
    return _Checker(path).layout(table)


_LAYOUT_KEYS = {
    "id", "family", "title", "status", "doc", "source", "byte_order", "encoding", "framing", "checksum", "field",
    "partial",
}  # fmt: skip
_FRAMING_KEYS = {"header", "record", "length_counts", "terminator", "stride", "pad", "breaks", "doc"}
_CRC_KEYS = {"width", "poly", "init", "refin", "refout", "xorout"}
_CHECKSUM_KEYS = {"algorithm", "covers", "status", "doc"} | _CRC_KEYS
_NAMES_SHOWN = ("crc-16/xmodem", "crc-16/ibm-3740", "crc-16/arc", "sum-16", "crc-32", "adler-32", checksum.OWN)
_FIELD_KEYS = {
    "name", "section", "offset", "type", "role", "orig", "status", "source", "doc",
    "byte_order", "stamp", "link", "default", "flags",
}  # fmt: skip


class _Checker:
    """Turns the tables of one layout file into a ``Layout``, or says where it is wrong."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.places: dict[str, str] = {}

    def fail(self, key: str, reason: str) -> NoReturn:
        raise LayoutError(self.path, key, reason)

    def at(self, each: Field) -> str:
        """Return the key of a field: its place in the file, for its name may be what is wrong."""
        return self.places.get(each.name, each.name)

    def layout(self, table: dict[str, Any]) -> Layout:
        self.keys(table, _LAYOUT_KEYS, "")
        family = self.choice(table, "family", FAMILIES)
        order = self.choice(table, "byte_order", ("little", "big"), "little")
        encoding = self.encoding(table)
        framing = self.table(table, "framing")
        self.keys(framing, _FRAMING_KEYS, "framing.")
        summing = self.table(table, "checksum")
        self.keys(summing, _CHECKSUM_KEYS, "checksum.")
        rows = table.get("field", [])
        if not isinstance(rows, list) or not rows:
            self.fail("field", "at least one [[field]] is needed")
        declared = [self.field(row, f"field[{number}]", family, order) for number, row in enumerate(rows)]
        self.places = {each.name: f"field[{number}]" for number, each in enumerate(declared)}
        header = self.integer(framing, "framing.header", 0, MAX_FIXED, 0)
        record = self.integer(framing, "framing.record", 0, MAX_FIXED, 0)
        fields = self.filled(declared, family, header, record)
        terminator = self.choice(framing, "framing.terminator", tuple(TERMINATORS), "nul")
        algorithm = self.algorithm(summing)
        layout = Layout(
            id=self.identifier(table, "id"),
            family=family,
            title=self.string(table, "title"),
            status=self.choice(table, "status", STATUSES),
            fields=fields,
            doc=self.string(table, "doc", ""),
            source=self.string(table, "source", ""),
            byte_order=order,
            encoding=encoding,
            header=header,
            record=record,
            length_counts=self.choice(framing, "framing.length_counts", (*LENGTH_COUNTS, PADDED), "text+terminator"),
            terminator=terminator,
            stride=self.integer(framing, "framing.stride", 1, MAX_FIXED, 1),
            pad=self.integer(framing, "framing.pad", 0, 255, 0),
            checksum=algorithm,
            crc=self.crc(summing, algorithm),
            covers=self.covers(summing, algorithm, fields, terminator),
            breaks=self.boolean(framing, "framing.breaks", default=False),
            partial=self.boolean(table, "partial", default=False),
            framing_doc=self.string(framing, "framing.doc", ""),
            checksum_status=self.choice(summing, "checksum.status", ("", *STATUSES), ""),
            checksum_doc=self.string(summing, "checksum.doc", ""),
        )
        if family == "queue":
            self.queue(layout)
        else:
            self.fixed(layout)
        return layout

    # --- one family each -----------------------------------------------------------------------------------------

    def queue(self, layout: Layout) -> None:
        self.roles(layout, once=("sync", "len_text", "stamp", "checksum", "live", "first"), needed=("sync",))
        texts = [each for each in layout.fields if each.kind == "text" and not each.size]
        if not texts:
            self.fail("field", 'a queue layout needs one field with type = "text" and role = "text"')
        if len(texts) > 1:
            self.fail(f"{self.at(texts[1])}.type", f"{texts[0].name} is already the text of variable length")
        length = layout.with_role("len_text")
        if length is not None and length.section != "record":
            self.fail(f"{self.at(length)}.section", "the length must stand before the text, in the record")
        if length is None and layout.terminator == "none" and layout.section("trailer"):
            self.fail("framing.terminator", "fields behind the text need a length or a terminator to be found")
        if length is None and layout.terminator == "none" and layout.stride == 1:
            self.fail("framing", "without a length field records need a terminator or a stride to end at")
        if length is None and layout.terminator == "none" and layout.stride < texts[0].offset:
            self.fail("framing.stride", f"{layout.stride} bytes have no room for the {texts[0].offset} before the text")
        if length is None and layout.length_counts != "text+terminator":
            self.fail("framing.length_counts", "there is no field with the role len_text")
        if layout.length_counts == PADDED and (layout.terminator != "none" or layout.section("trailer")):
            self.fail("framing.length_counts", f"{PADDED} goes with no terminator and with no field behind the text")
        for each in layout.fields:
            if each.role == "live" and (each.section != "record" or each.default is None or not each.size):
                self.fail(
                    f"{self.at(each)}.default", "the role live needs a field of the record and what live ones hold"
                )
            if each.role == "first" and (each.section != "header" or not each.kind.startswith("u")):
                self.fail(f"{self.at(each)}.section", "the role first needs an unsigned number in the header")
            if each.role in {"sync", "stamp", "len_text", "checksum", "link"}:
                if each.section == "header":
                    self.fail(
                        f"{self.at(each)}.section", f"the role {each.role} belongs to a record, not to the header"
                    )
                if not each.numeric:
                    self.fail(f"{self.at(each)}.type", f"the role {each.role} needs a number, not {each.type}")
                if each.kind.startswith("i"):
                    self.fail(f"{self.at(each)}.type", f"the role {each.role} needs an unsigned number")
            if each.link and each.role != "link":
                self.fail(f"{self.at(each)}.link", f"needs the role link, not {each.role}")
        stored = layout.with_role("checksum")
        if layout.checksum and stored is None:
            self.fail("checksum.algorithm", "there is no field with the role checksum")
        if layout.algorithm is not None and stored is not None:
            bits = layout.crc.width if layout.crc else 8 * layout.algorithm.size
            if number_range(stored.kind, stored.size)[1] < (1 << bits) - 1:
                has = f"{bits} bits" if bits % 8 else f"{bits // 8} bytes"
                self.fail("checksum.algorithm", f"{layout.checksum} has {has}, too many for {stored.type}")

    def algorithm(self, table: dict[str, Any]) -> str:
        name = self.string(table, "checksum.algorithm", "")
        if name and name != checksum.OWN and name not in checksum.ALGORITHMS:
            others = len(checksum.ALGORITHMS) + 1 - len(_NAMES_SHOWN)
            self.fail(
                "checksum.algorithm",
                f"{name!r} is none of {', '.join(_NAMES_SHOWN)} and {others} others (docs/guides/layouts.md)",
            )
        return name

    def crc(self, table: dict[str, Any], algorithm: str) -> Crc | None:
        """Return the parameters of a CRC that the layout describes itself."""
        if algorithm != checksum.OWN:
            for key in sorted(_CRC_KEYS & set(table)):
                self.fail(f"checksum.{key}", f'belongs to algorithm = "{checksum.OWN}"')
            return None
        width = self.integer(table, "checksum.width", checksum.MIN_WIDTH, checksum.MAX_WIDTH)
        most = (1 << width) - 1
        refin = self.boolean(table, "checksum.refin", default=False)
        return Crc(
            width,
            self.integer(table, "checksum.poly", 1, most),
            self.integer(table, "checksum.init", 0, most, 0),
            refin,
            self.boolean(table, "checksum.refout", default=refin),
            self.integer(table, "checksum.xorout", 0, most, 0),
        )

    def covers(
        self, table: dict[str, Any], algorithm: str, fields: tuple[Field, ...], terminator: str
    ) -> tuple[str, ...]:
        """Return what the checksum is computed over; a list must name it in the order of the bytes."""
        key = "checksum.covers"
        value = table.get("covers", "text")
        if "covers" in table and not algorithm:
            self.fail(key, "says nothing without an algorithm")
        if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
            names = tuple(value)
        elif isinstance(value, str) and value in COVERS:
            names = COVERS[value]
        else:
            self.fail(key, f"must be {', '.join(COVERS)} or a list of fields")
        ending = ["terminator"] if TERMINATORS[terminator] else []
        others = [each for each in fields if each.size and each.name not in {"text", "terminator"}]
        order = [each.name for each in others if each.section == "record"] + ["text", *ending]
        order += [each.name for each in others if each.section == "trailer"]
        stored = {each.name for each in fields if each.role == "checksum"}
        previous = -1
        for name in names:
            if name in stored:
                self.fail(key, f"{name} is the checksum, which does not cover itself")
            if name not in order:
                self.fail(key, f"{name!r} is none of {', '.join(each for each in order if each not in stored)}")
            if order.index(name) <= previous:
                self.fail(key, f"{name} stands before {order[previous]} in the record, or is named twice")
            previous = order.index(name)
        return names

    def fixed(self, layout: Layout) -> None:
        if not layout.record:
            self.fail("framing.record", "the size of the structure in bytes is needed")
        if layout.family == "reqconf" and layout.header:
            self.fail("framing.header", "REQCONF is one structure and has no header")
        if layout.text is not None:
            self.fail(f"{layout.text.name}.type", "a text of fixed size needs its size: text:N")

    def roles(self, layout: Layout, once: tuple[str, ...], needed: tuple[str, ...]) -> None:
        for role in once:
            found = [each.name for each in layout.fields if each.role == role]
            if len(found) > 1:
                self.fail(f"{found[1]}.role", f"{role} is already the role of {found[0]}")
            if role in needed and not found:
                self.fail("field", f"no field has the role {role}")

    # --- fields --------------------------------------------------------------------------------------------------

    def field(self, row: object, key: str, family: str, order: str) -> Field:
        if not isinstance(row, dict):
            self.fail(key, "is no table")
        self.keys(row, _FIELD_KEYS, f"{key}.")
        name = self.identifier(row, f"{key}.name")
        kind, size = self.type(row, key)
        role = self.choice(row, f"{key}.role", ROLES, "opaque")
        status = self.choice(row, f"{key}.status", STATUSES)
        source = self.string(row, f"{key}.source", "")
        if status == "attested" and not source:
            self.fail(f"{key}.source", "what is attested needs its source")
        sections = SECTIONS if family == "queue" else SECTIONS[:2]
        section = self.choice(row, f"{key}.section", sections, "record")
        if not size and (role != "text" or family != "queue" or section != "record"):
            self.fail(f"{key}.type", "only the text of a queue record may go without a size")
        return Field(
            name=name,
            section=section,
            offset=self.integer(row, f"{key}.offset", 0, MAX_FIXED),
            kind=kind,
            size=size,
            role=role,
            status=status,
            orig=self.string(row, f"{key}.orig", ""),
            source=source,
            doc=" ".join(self.string(row, f"{key}.doc", "").split()),
            byte_order=self.choice(row, f"{key}.byte_order", ("little", "big"), order),
            stamp=self.choice(row, f"{key}.stamp", tuple(stamp.ENCODINGS), "unix"),
            link=self.choice(row, f"{key}.link", ("", *LINKS), ""),
            default=self.default(row, f"{key}.default", kind, size),
            flags=self.flags(row, f"{key}.flags"),
        )

    def type(self, row: dict[str, Any], key: str) -> tuple[str, int]:
        spelled = self.string(row, f"{key}.type")
        match = _TYPE.fullmatch(spelled)
        if match is None:
            self.fail(
                f"{key}.type",
                f"{spelled!r} is no type; types are {', '.join(INTEGERS)}, dec:N, hex:N, bytes:N, text:N, text",
            )
        if match["integer"]:
            return spelled, INTEGERS[spelled]
        if match["text"]:
            return "text", 0
        size = int(match["size"])
        if (match["sized"] == "dec" and size > 10) or (match["sized"] == "hex" and size > 8):
            self.fail(f"{key}.type", "numbers have at most 32 bits: dec:10, hex:8")
        return match["sized"], size

    def default(self, row: dict[str, Any], key: str, kind: str, size: int) -> int | bytes | None:
        value = row.get("default")
        if value is None:
            return None
        if kind in {"bytes", "text"}:
            try:
                raw = bytes.fromhex(value) if isinstance(value, str) else None
            except ValueError:
                raw = None
            if raw is None or len(raw) != size:
                self.fail(key, f"must be {size} bytes in hex")
            return raw
        if not isinstance(value, int) or isinstance(value, bool):
            self.fail(key, "must be a number")
        low, high = number_range(kind, size)
        if not low <= value <= high:
            self.fail(key, f"must be between {low} and {high}")
        return value

    def flags(self, row: dict[str, Any], key: str) -> tuple[tuple[str, int], ...]:
        table = row.get("flags", {})
        if not isinstance(table, dict) or not all(
            isinstance(bit, int) and not isinstance(bit, bool) and 0 <= bit < 32 for bit in table.values()
        ):
            self.fail(key, "must map names to bit numbers 0 to 31")
        return tuple(table.items())

    def filled(self, declared: list[Field], family: str, header: int, record: int) -> tuple[Field, ...]:
        """Return the fields of all sections, the bytes between them included as opaque fields."""
        sizes: dict[str, int | None] = {"header": header, "record": record or None, "trailer": None}
        if family == "queue":
            text = next((each for each in declared if each.kind == "text" and not each.size), None)
            sizes["record"] = text.offset if text else None
        filled = tuple(each for name in SECTIONS for each in self.section(declared, name, sizes[name]))
        names: set[str] = set()
        for each in filled:
            if each.name in names:
                self.fail("field", f"the name {each.name} is used twice")
            names.add(each.name)
        return filled

    def section(self, declared: list[Field], name: str, size: int | None) -> Iterator[Field]:
        position = 0
        room = MAX_FIXED if size is None else size
        numbered = ((number, each) for number, each in enumerate(declared) if each.section == name)
        for number, each in sorted(numbered, key=lambda pair: (pair[1].offset, pair[1].stop)):
            if each.offset < position:
                self.fail(
                    f"field[{number}].offset",
                    f"{each.name} at {each.offset} overlaps the field before it, which ends at {position}",
                )
            if each.stop > room:
                self.fail(
                    f"field[{number}].offset", f"{each.name} ends at {each.stop}, beyond the {room} bytes of the {name}"
                )
            if each.offset > position:
                yield _unclaimed(name, position, each.offset)
            yield each
            position = each.stop
        if size is not None and position < size:
            yield _unclaimed(name, position, size)

    # --- values --------------------------------------------------------------------------------------------------

    def keys(self, table: dict[str, Any], known: set[str], prefix: str) -> None:
        for key in table:
            if key not in known:
                self.fail(f"{prefix}{key}", f"unknown key; known are {', '.join(sorted(known))}")

    def table(self, table: dict[str, Any], key: str) -> dict[str, Any]:
        value = table.get(key, {})
        if not isinstance(value, dict):
            self.fail(key, "must be a table")
        return value

    def string(self, table: dict[str, Any], key: str, default: str | None = None) -> str:
        value = table.get(key.rpartition(".")[2], default)
        if value is None:
            self.fail(key, "is missing")
        if not isinstance(value, str):
            self.fail(key, "must be a string")
        return value

    def identifier(self, table: dict[str, Any], key: str) -> str:
        value = self.string(table, key)
        pattern = _NAME if key.endswith("name") else re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
        if not pattern.fullmatch(value):
            self.fail(
                key,
                f"{value!r} must be made of lower-case letters, digits and _, a letter first"
                if pattern is _NAME
                else f"{value!r} is no identifier",
            )
        return value

    def choice(self, table: dict[str, Any], key: str, known: tuple[str, ...], default: str | None = None) -> str:
        value = self.string(table, key, default)
        if value not in known:
            self.fail(key, f"{value!r} is none of {', '.join(filter(None, known))}")
        return value

    def integer(self, table: dict[str, Any], key: str, low: int, high: int, default: int | None = None) -> int:
        value = table.get(key.rpartition(".")[2], default)
        if value is None:
            self.fail(key, "is missing")
        if not isinstance(value, int) or isinstance(value, bool):
            self.fail(key, "must be a whole number")
        if not low <= value <= high:
            self.fail(key, f"must be between {low} and {high}")
        return value

    def boolean(self, table: dict[str, Any], key: str, *, default: bool) -> bool:
        value = table.get(key.rpartition(".")[2], default)
        if not isinstance(value, bool):
            self.fail(key, "must be true or false")
        return value

    def encoding(self, table: dict[str, Any]) -> str:
        """Accept code pages that read every byte by itself and lose nothing: texts must come back byte for byte."""
        name = self.string(table, "encoding", "cp850")
        if name != "cp850" and not _extends_ascii(name):
            self.fail("encoding", f"{name!r} is no single-byte code page that extends ASCII")
        return name


def number_range(kind: str, size: int) -> tuple[int, int]:
    """Lowest and highest number that a field of this kind can store."""
    if kind == "dec":
        return 0, min(10**size - 1, 0xFFFFFFFF)
    if kind == "hex":
        return 0, 16**size - 1
    bits = 8 * INTEGERS[kind]
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if kind[0] == "i" else (0, (1 << bits) - 1)


def _extends_ascii(encoding: str) -> bool:
    """Whether a code page reads every byte by itself, the lower half as ASCII, and writes it back."""
    every = bytes(range(256))
    try:
        alone = [bytes([byte]).decode(encoding, "surrogateescape") for byte in every]
        # Shift-JIS and its like take an ASCII letter for the second half of a character.
        pairs = [bytes([byte, 65]).decode(encoding, "surrogateescape") for byte in every]
        exact = "".join(alone).encode(encoding, "surrogateescape") == every
        exact = exact and rb"\u0041".decode(encoding) == r"\u0041"
    except (LookupError, ValueError, TypeError, AssertionError):
        return False
    # No byte above ASCII is a character by itself in UTF-8, EUC and the encodings that shift by escape sequences.
    upper = any(len(each) == 1 and not "\ud800" <= each <= "\udfff" for each in alone[128:])
    return exact and upper and pairs == [each + "A" for each in alone] and alone[:128] == [*map(chr, range(128))]


def _unclaimed(section: str, start: int, stop: int) -> Field:
    prefix = "" if section == "record" else f"{section}_"
    return Field(
        name=f"{prefix}unknown_{start:02x}",
        section=section,
        offset=start,
        kind="bytes",
        size=stop - start,
        role="opaque",
        status="assumed",
        doc="claimed by no field; kept as stored",
    )
