"""A binary layout as data: what a layout file may say, checked, with the bytes no field claims filled in.

A layout describes one structure of fixed size (REQCONF), a header and records of fixed size (SRVCONF), or records that
follow each other with a text of variable length (queue files). Compiling it to readers and writers is the business of
``structure`` (construct) and ``records`` (the fast path).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from glbtools.binary import checksum, dateparts, stamp
from glbtools.binary.checksum import Algorithm, Crc
from glbtools.binary.field import INTEGERS, ODD, REPEATS, SIZES, Field, number_range
from glbtools.binary.obscuring import SPELLED, Obscuring
from glbtools.errors import LayoutError
from glbtools.tables import Setting, in_memory, open_toml, shown

STATUSES = ("attested", "observed", "inferred", "assumed")
"""How a fact is known, best first: a public source says it; seen in files; deduced; chosen so as to write files."""

ROLES = (
    "sync",
    "stamp",
    "len_text",
    "checksum",
    "link",
    "repeat",
    "live",
    "first",
    "count",
    "text",
    "constant",
    "opaque",
)
_OF_HEADER = ("first", "count")
SECTIONS = ("header", "record", "trailer")
FAMILIES = (
    "queue", "reqconf", "srvconf", "control", "names", "networks", "extension", "mailbag", "key", "users", "members",
    "addresses", "schedule", "master",
)  # fmt: skip
LENGTH_COUNTS = ("text", "text+terminator", "record")
PADDED = "padded"
"""A length that counts the record with what fills its stride: the text ends where the filling begins."""

COVERS = {"text": ("text",), "text+terminator": ("text", "terminator")}
TERMINATORS = {"nul": b"\0", "crlf": b"\r\n", "none": b""}
LINKS = ("next", "previous")
ORDERS = ("", "links", "descending")
"""How the records of a file follow each other: as their bytes do, as their links lead, or the newest first."""

_TYPE = re.compile(
    r"(?:(?P<integer>[ui](?:8|16|32)|u24|w32|bcd32)|(?P<sized>dec|hex|bytes|text):(?P<size>[1-9]\d{0,5})|(?P<text>text)"
    r"|date:(?P<form>.{1,40}))"
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MAX_TEXT = 1 << 18
"""Longest text taken for one record, in bytes; template bodies reach several KB (Q148770)."""

FILLING = b"\0\x1a"
"""What fills a file behind its last record: zeros, and the end mark of DOS, Ctrl-Z, with which XMODEM fills blocks."""

MAX_FIXED = 1 << 16
"""Largest header, record or stride, in bytes."""
ONE_PAGE = 1 << 62
"""Size of a page that no file fills: for records in pages where nothing shows where those end."""


class Layout(NamedTuple):
    """A checked layout.

    A record is in the queue unless a field with the role ``live`` holds another value than its default, it stands
    before the offset that a header field with the role ``first`` holds or behind as many as one with the role
    ``count`` says, or the layout says that a file ``breaks`` where its queue ends and it stands behind that.

    Attributes:
        id: its name.
        family: ``queue``, ``reqconf`` or ``srvconf``.
        title: what it is, for people.
        status: how sure the whole is: attested, observed, inferred or assumed.
        fields: they tile every section; unclaimed bytes are fields of their own, ``unknown_xx``.
        doc: what else is to be said of it.
        source: what it rests on.
        byte_order: ``little`` or ``big``; a field may differ.
        encoding: the code page of texts.
        header: bytes of the file before the first record.
        record: bytes of one record, where all are of one size.
        length_counts: what a stored length counts: ``text``, ``text+terminator``, ``record`` or ``padded``.
        terminator: what stands behind a text: ``nul``, ``crlf`` or ``none``.
        stride: each record takes a multiple of so many bytes.
        lead: bytes at the beginning of each record that a length that counts the record leaves out, and the stride too.
        pad: the byte that fills the rest.
        checksum: the algorithm; empty where nothing is computed.
        crc: the parameters of a CRC that is in no catalogue.
        covers: what the checksum is computed over, in the order of the bytes: fields, ``text``,
            ``terminator``.
        breaks: whether the queue ends at the first place that is no record, and behind a record whose link to the next
            leads nowhere.
        lines: what stands between the lines of a text: ``nul``, else CR and LF.
        obscured: how the bytes of a text are changed, as ``binary.obscuring`` spells it.
        order: the order of records in the file: one of ``ORDERS``; empty for that of their numbers.
        page: bytes of a page, over whose end no record goes; 0 for none.
        page_header: bytes at the start of each page that are no record.
        partial: whether it states only what is certain of a record and leaves the rest opaque, the number too where
            that is in doubt: it is for reading.
        framing_doc: what is said of the framing.
        checksum_status: how sure the algorithm is.
        checksum_doc: what is said of it.
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
    lead: int = 0
    pad: int = 0
    checksum: str = ""
    crc: Crc | None = None
    covers: tuple[str, ...] = ("text",)
    breaks: bool = False
    lines: str = ""
    obscured: str = ""
    order: str = ""
    page: int = 0
    page_header: int = 0
    partial: bool = False
    framing_doc: str = ""
    checksum_status: str = ""
    checksum_doc: str = ""

    def __repr__(self) -> str:
        return f"<Layout {self.id}>"

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

    def encoded(self, text: str) -> bytes:
        """Return the bytes of a text of variable length as they are meant, without its terminator."""
        return text.encode() if text.isascii() else text.encode(self.encoding, "surrogateescape")

    @property
    def counted(self) -> int:
        """How many bytes a stored length counts beside the text, and beside what fills a stride."""
        head, trail = (sum(each.size for each in self.section(name)) for name in ("record", "trailer"))
        ending, head = len(TERMINATORS[self.terminator]), head - self.lead
        return {"text": 0, "text+terminator": ending, "record": head + ending + trail, PADDED: head}[self.length_counts]

    @property
    def obscuring(self) -> Obscuring | None:
        """How texts are changed in a file; None where they are stored as they are."""
        return Obscuring(self.obscured) if self.obscured else None

    @property
    def numbered(self) -> bool:
        """Whether it says where the number of a record stands."""
        return self.with_role("sync") is not None

    @property
    def selects(self) -> bool:
        """Whether some records of a file may not be in the queue."""
        return self.breaks or any(each.role in {"live", *_OF_HEADER} for each in self.fields)

    @property
    def read_only(self) -> str:
        """Why nothing can be written in this layout; empty where it can."""
        if self.partial:
            return "the layout is partial: what it does not know of a record cannot be written"
        if self.order:
            return "the layout's records do not follow each other as their bytes do, which is read and not written"
        if self.page:
            return "the layout's records stand in pages, which are read and not written"
        if any(each.role in _OF_HEADER for each in self.fields):
            return "the layout's file header says where the queue begins or ends, which is read and not written"
        return ""

    @property
    def unexplained(self) -> str:
        """What of a new record is written as zeros though it varies, unexplained; empty where all is known.

        Only a field that is observed has been seen to vary.
        """
        varying = [
            each
            for each in self.fields
            if each.section != "header" and each.role == "opaque" and each.status == "observed" and each.default is None
        ]
        names = [each.name for each in varying]
        if self.with_role("checksum") is not None and not self.checksum:
            names.append("the checksum, which nobody can compute")
        if not names:
            return ""
        return f"new records hold zeros where others hold what nothing explains: {', '.join(names)}; copies keep theirs"

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
        LayoutError: with the file, the line, the key and the reason.
    """
    return _Checker(open_toml(content, path, LayoutError)).layout()


def of_table(table: Mapping[str, Any], path: str) -> Layout:
    """Check what a layout file would hold, and return the layout.

    Raises:
        LayoutError: with the key and the reason.
    """
    return _Checker(in_memory(table, path, LayoutError)).layout()


_LAYOUT_KEYS = {
    "id", "family", "title", "status", "doc", "source", "byte_order", "encoding", "framing", "checksum", "field",
    "partial",
}  # fmt: skip
_FRAMING_KEYS = {
    "header",
    "record",
    "length_counts",
    "terminator",
    "stride",
    "lead",
    "pad",
    "breaks",
    "lines",
    "obscured",
    "order",
    "page",
    "page_header",
    "doc",
}
_CRC_KEYS = {"width", "poly", "init", "refin", "refout", "xorout"}
_CHECKSUM_KEYS = {"algorithm", "covers", "status", "doc"} | _CRC_KEYS
_NAMES_SHOWN = ("crc-16/xmodem", "crc-16/ibm-3740", "crc-16/arc", "sum-16", "crc-32", "adler-32", checksum.OWN)
_FIELD_KEYS = {
    "name", "section", "offset", "type", "role", "orig", "status", "source", "doc",
    "byte_order", "stamp", "link", "default", "flags", "repeats", "unit",
}  # fmt: skip


class _Checker:
    """Turns the tables of one layout file into a ``Layout``, or says where it is wrong."""

    def __init__(self, table: Setting) -> None:
        self.table = table.table(_LAYOUT_KEYS)
        self.framing = table["framing"].table(_FRAMING_KEYS)
        self.checksum = table["checksum"].table(_CHECKSUM_KEYS)
        self.places: dict[str, Setting] = {}

    def at(self, each: Field) -> Setting:
        """Return the place of a field in the file."""
        return self.places[each.name]

    def layout(self) -> Layout:
        table, framing, summing = self.table, self.framing, self.checksum
        family = table["family"].choice(FAMILIES)
        order = table["byte_order"].choice(("little", "big"), "little")
        encoding = self.encoding(table["encoding"])
        rows = table["field"]
        if not isinstance(rows.value, list) or not rows.value:
            rows.fail("at least one [[field]] is needed")
        declared = [self.field(row.table(_FIELD_KEYS), family, order) for row in rows.items()]
        header = framing["header"].integer(0, MAX_FIXED, 0)
        record = framing["record"].integer(0, MAX_FIXED, 0)
        fields = self.filled(declared, family, header, record)
        terminator = framing["terminator"].choice(tuple(TERMINATORS), "nul")
        algorithm = self.algorithm(summing["algorithm"])
        layout = Layout(
            id=table["id"].matching(_ID, "an identifier"),
            family=family,
            title=table["title"].text(),
            status=table["status"].choice(STATUSES),
            fields=fields,
            doc=table["doc"].text(""),
            source=table["source"].text(""),
            byte_order=order,
            encoding=encoding,
            header=header,
            record=record,
            length_counts=framing["length_counts"].choice((*LENGTH_COUNTS, PADDED), "text+terminator"),
            terminator=terminator,
            stride=framing["stride"].integer(1, MAX_FIXED, 1),
            lead=framing["lead"].integer(0, MAX_FIXED, 0),
            pad=framing["pad"].integer(0, 255, 0),
            checksum=algorithm,
            crc=self.crc(summing, algorithm),
            covers=self.covers(summing["covers"], algorithm, fields, terminator),
            breaks=framing["breaks"].boolean(default=False),
            lines=framing["lines"].choice(("", "nul"), ""),
            obscured=self.obscured(framing["obscured"], fields),
            order=framing["order"].choice(ORDERS, ""),
            page=framing["page"].integer(0, MAX_FIXED, 0),
            page_header=framing["page_header"].integer(0, MAX_FIXED, 0),
            partial=table["partial"].boolean(default=False),
            framing_doc=framing["doc"].text(""),
            checksum_status=summing["status"].choice(("", *STATUSES), ""),
            checksum_doc=summing["doc"].text(""),
        )
        if family == "queue":
            self.queue(layout)
        else:
            self.fixed(layout)
        return layout

    # --- one family each -----------------------------------------------------------------------------------------

    def queue(self, layout: Layout) -> None:
        needed = () if layout.partial else ("sync",)
        self.roles(layout, once=("sync", "len_text", "stamp", "checksum", "live", *_OF_HEADER), needed=needed)
        texts = [each for each in layout.fields if each.kind == "text" and not each.size]
        if not texts:
            self.table["field"].fail('a queue layout needs one field with type = "text" and role = "text"')
        if len(texts) > 1:
            self.at(texts[1])["type"].fail(f"{texts[0].name} is already the text of variable length")
        length = layout.with_role("len_text")
        if length is not None and length.section != "record":
            self.at(length)["section"].fail("the length must stand before the text, in the record")
        if length is None and layout.terminator == "none" and layout.section("trailer"):
            self.framing["terminator"].fail("fields behind the text need a length or a terminator to be found")
        if length is None and layout.terminator == "none" and layout.stride == 1:
            self.table["framing"].fail("without a length field records need a terminator or a stride to end at")
        if length is None and layout.terminator == "none" and layout.stride < texts[0].offset:
            self.framing["stride"].fail(f"{layout.stride} bytes have no room for the {texts[0].offset} before the text")
        if length is None and layout.length_counts != "text+terminator":
            self.framing["length_counts"].fail("there is no field with the role len_text")
        if layout.lead > texts[0].offset:
            self.framing["lead"].fail(f"{layout.lead} bytes are more than the {texts[0].offset} before the text")
        if layout.lead and layout.length_counts not in {"record", PADDED} and layout.stride == 1:
            self.framing["lead"].fail("goes with a length that counts the record, or with a stride")
        if layout.lead and length is None and layout.terminator == "none":
            self.framing["lead"].fail("goes with no records of one size")
        if layout.lines and length is None:
            self.framing["lines"].fail("lines that end in NUL need a length field, for the record's end to be found")
        if layout.page_header and layout.page_header >= layout.page:
            self.framing["page_header"].fail("goes with page, and is smaller")
        if layout.page and layout.breaks:
            self.framing["page"].fail("goes with no break that ends the queue")
        if layout.order == "links" and layout.with_role("link") is None:
            self.framing["order"].fail("there is no field with the role link")
        if layout.order and layout.selects:
            self.framing["order"].fail("goes with no field that says which records are in the queue, and with no break")
        if layout.length_counts == PADDED and (layout.terminator != "none" or layout.section("trailer")):
            self.framing["length_counts"].fail(f"{PADDED} goes with no terminator and with no field behind the text")
        for each in layout.fields:
            if each.role == "live" and (each.section != "record" or each.default is None or not each.size):
                self.at(each)["default"].fail("the role live needs a field of the record and what live ones hold")
            if each.role in _OF_HEADER and (each.section != "header" or not each.kind.startswith("u")):
                self.at(each)["section"].fail(f"the role {each.role} needs an unsigned number in the header")
            if each.role in {"sync", "stamp", "len_text", "checksum", "link"}:
                if each.section == "header":
                    self.at(each)["section"].fail(f"the role {each.role} belongs to a record, not to the header")
                if not each.numeric:
                    self.at(each)["type"].fail(f"the role {each.role} needs a number, not {each.type}")
                if each.kind.startswith("i"):
                    self.at(each)["type"].fail(f"the role {each.role} needs an unsigned number")
            if each.in_parts and (each.role != "stamp" or each.stamp != "unix"):
                self.at(each)["type"].fail("a date in parts has the role stamp, and no encoding beside its form")
            if each.link and each.role != "link":
                self.at(each)["link"].fail(f"needs the role link, not {each.role}")
            if bool(each.repeats) != (each.role == "repeat"):
                self.at(each)["repeats"].fail(f"goes with the role repeat, not {each.role}")
            if each.repeats and (not each.numeric or each.kind.startswith("i") or each.section == "header"):
                self.at(each)["type"].fail("what is repeated is an unsigned number of the record")
            if each.unit > 1 and each.repeats not in SIZES:
                self.at(each)["unit"].fail(f"goes with repeats = {', '.join(SIZES)}")
        stored = layout.with_role("checksum")
        if layout.checksum and stored is None:
            self.checksum["algorithm"].fail("there is no field with the role checksum")
        if layout.algorithm is not None and stored is not None:
            bits = layout.crc.width if layout.crc else 8 * layout.algorithm.size
            if stored.range[1] < (1 << bits) - 1:
                has = f"{bits} bits" if bits % 8 else f"{bits // 8} bytes"
                self.checksum["algorithm"].fail(f"{layout.checksum} has {has}, too many for {stored.type}")

    def algorithm(self, given: Setting) -> str:
        name = given.text("")
        if name and name != checksum.OWN and name not in checksum.ALGORITHMS:
            others = len(checksum.ALGORITHMS) + 1 - len(_NAMES_SHOWN)
            known = f"{', '.join(_NAMES_SHOWN)} and {others} others (docs/guides/layouts.md)"
            given.fail(f"{shown(name)} is not one of {known}")
        return name

    def obscured(self, given: Setting, fields: tuple[Field, ...]) -> str:
        spelled = given.text("")
        if not spelled:
            return ""
        if SPELLED.fullmatch(spelled) is None:
            given.fail(
                f"{shown(spelled)} is not of the form xor:5a, add:03, rol:3, xor-stored:00, xor-clear:00, xor:sync, "
                "tab:00"
            )
        name = Obscuring(spelled).field
        own = [each for each in fields if each.name == name]
        if name and not (own and own[0].numeric and own[0].section == "record"):
            given.fail(f"{name} is no number of the record that stands before the text")
        return spelled

    def crc(self, table: Setting, algorithm: str) -> Crc | None:
        """Return the parameters of a CRC that the layout describes itself."""
        if algorithm != checksum.OWN:
            for key in sorted(_CRC_KEYS):
                if table[key].given:
                    table[key].fail(f'belongs to algorithm = "{checksum.OWN}"')
            return None
        width = table["width"].integer(checksum.MIN_WIDTH, checksum.MAX_WIDTH)
        most = (1 << width) - 1
        refin = table["refin"].boolean(default=False)
        return Crc(
            width=width,
            poly=table["poly"].integer(1, most),
            init=table["init"].integer(0, most, 0),
            refin=refin,
            refout=table["refout"].boolean(default=refin),
            xorout=table["xorout"].integer(0, most, 0),
        )

    def covers(self, given: Setting, algorithm: str, fields: tuple[Field, ...], terminator: str) -> tuple[str, ...]:
        """Return what the checksum is computed over; a list must name it in the order of the bytes."""
        value = given.value if given.given else "text"
        if given.given and not algorithm:
            given.fail("says nothing without an algorithm")
        if isinstance(value, str) and value in COVERS:
            names = COVERS[value]
        elif isinstance(value, list) and value and all(isinstance(each, str) for each in value):
            names = tuple(value)
        else:
            given.fail(f"must be {', '.join(COVERS)} or a list of fields")
        ending = ["terminator"] if TERMINATORS[terminator] else []
        others = [each for each in fields if each.size and each.name not in {"text", "terminator"}]
        order = [each.name for each in others if each.section == "record"] + ["text", *ending]
        order += [each.name for each in others if each.section == "trailer"]
        stored = {each.name for each in fields if each.role == "checksum"}
        previous = -1
        for name in names:
            if name in stored:
                given.fail(f"{name} is the checksum, which does not cover itself")
            if name not in order:
                known = ", ".join(each for each in order if each not in stored)
                given.fail(f"{shown(name)} is not one of {known}")
            if order.index(name) <= previous:
                given.fail(f"{name} stands before {order[previous]} in the record, or is named twice")
            previous = order.index(name)
        return names

    def fixed(self, layout: Layout) -> None:
        for each in layout.fields:
            if each.in_parts:
                self.at(each)["type"].fail("a date in parts belongs to the records of a queue")
        if not layout.record:
            self.framing["record"].fail("the size of the structure in bytes is needed")
        if layout.family == "reqconf" and layout.header:
            self.framing["header"].fail("REQCONF is one structure and has no header")
        if layout.text is not None:
            self.at(layout.text)["type"].fail("a text of fixed size needs its size: text:N")

    def roles(self, layout: Layout, once: tuple[str, ...], needed: tuple[str, ...]) -> None:
        for role in once:
            found = [each for each in layout.fields if each.role == role]
            if len(found) > 1:
                self.at(found[1])["role"].fail(f"{role} is already the role of {found[0].name}")
            if role in needed and not found:
                self.table["field"].fail(f"no field has the role {role}")

    # --- fields --------------------------------------------------------------------------------------------------

    def field(self, row: Setting, family: str, order: str) -> Field:
        name = row["name"].matching(_NAME, "made of lower-case letters, digits and _, a letter first")
        kind, size = self.type(row["type"])
        role = row["role"].choice(ROLES, "opaque")
        status = row["status"].choice(STATUSES)
        source = row["source"].text("")
        if status == "attested" and not source:
            row["source"].fail("what is attested needs its source")
        sections = SECTIONS if family == "queue" else SECTIONS[:2]
        section = row["section"].choice(sections, "record")
        if not size and (role != "text" or family != "queue" or section != "record"):
            row["type"].fail("only the text of a queue record may go without a size")
        if name in self.places:
            row["name"].fail(f"the name {name} is used twice")
        self.places[name] = row
        return Field(
            name=name,
            section=section,
            offset=row["offset"].integer(0, MAX_FIXED),
            kind=kind,
            size=size,
            role=role,
            status=status,
            orig=row["orig"].text(""),
            source=source,
            doc=" ".join(row["doc"].text("").split()),
            byte_order=row["byte_order"].choice(("little", "big"), order),
            stamp=row["stamp"].choice(tuple(stamp.FORMS), "unix"),
            link=row["link"].choice(("", *LINKS), ""),
            default=self.default(row["default"], kind, size),
            flags=self.flags(row["flags"]),
            repeats=row["repeats"].choice(("", *REPEATS), ""),
            unit=row["unit"].integer(1, MAX_FIXED, 1),
        )

    def type(self, given: Setting) -> tuple[str, int]:
        spelled = given.text()
        match = _TYPE.fullmatch(spelled)
        if match is None:
            types = f"{', '.join((*INTEGERS, *ODD))}, dec:N, hex:N, date:FORM, bytes:N, text:N, text"
            given.fail(f"{shown(spelled)} is not a type; types are {types}")
        if match["integer"]:
            return spelled, (INTEGERS | ODD)[spelled]
        if match["text"]:
            return "text", 0
        if match["form"]:
            if not dateparts.size(match["form"]):
                given.fail(f"{shown(match['form'])} is no form of a date, as Y2M2D2h2m2s2")
            return spelled, dateparts.size(match["form"])
        size = int(match["size"])
        if (match["sized"] == "dec" and size > 10) or (match["sized"] == "hex" and size > 8):
            given.fail("numbers have at most 32 bits: dec:10, hex:8")
        return match["sized"], size

    def default(self, given: Setting, kind: str, size: int) -> int | bytes | None:
        if not given.given:
            return None
        if kind not in {"bytes", "text"}:
            return given.integer(*number_range(kind, size))
        try:
            raw = bytes.fromhex(given.text())
        except ValueError:
            raw = b""
        if len(raw) != size:
            given.fail(f"must be {size} bytes in hex")
        return raw

    def flags(self, given: Setting) -> tuple[tuple[str, int], ...]:
        return tuple((bit.name, bit.integer(0, 31)) for bit in given.entries())

    def filled(self, declared: list[Field], family: str, header: int, record: int) -> tuple[Field, ...]:
        """Return the fields of all sections, the bytes between them included as opaque fields."""
        sizes: dict[str, int | None] = {"header": header, "record": record or None, "trailer": None}
        if family == "queue":
            text = next((each for each in declared if each.kind == "text" and not each.size), None)
            sizes["record"] = text.offset if text else None
        filled = tuple(each for name in SECTIONS for each in self.section(declared, name, sizes[name]))
        for name, times in Counter(each.name for each in filled).items():
            if times > 1:
                self.places[name]["name"].fail(f"the name {name} is used twice")
        return filled

    def section(self, declared: list[Field], name: str, size: int | None) -> Iterator[Field]:
        position = 0
        room = MAX_FIXED if size is None else size
        own = (each for each in declared if each.section == name)
        for each in sorted(own, key=lambda each: (each.offset, each.stop)):
            if each.offset < position:
                self.at(each)["offset"].fail(
                    f"{each.name} at {each.offset} overlaps the field before it, which ends at {position}",
                )
            if each.stop > room:
                self.at(each)["offset"].fail(f"{each.name} ends at {each.stop}, beyond the {room} bytes of the {name}")
            if each.offset > position:
                yield _unclaimed(name, position, each.offset)
            yield each
            position = each.stop
        if size is not None and position < size:
            yield _unclaimed(name, position, size)

    def encoding(self, given: Setting) -> str:
        """Accept code pages that read every byte by itself and lose nothing: texts must come back byte for byte."""
        name = given.text("cp850")
        if name != "cp850" and not _extends_ascii(name):
            given.fail(f"{shown(name)} is not a single-byte code page that extends ASCII")
        return name


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
