from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools import layouts
from glbtools.binary import layout
from glbtools.binary.checksum import ALGORITHMS, Crc
from glbtools.binary.layout import STATUSES, Layout
from glbtools.binary.records import codec
from glbtools.errors import FileAccessError, LayoutError
from glbtools.formats import queue
from glbtools.model.change import Change
from glbtools.tables import shown

QUEUE = """
id = "own-1"
family = "queue"
title = "Our own"
status = "assumed"

[framing]
header = 8

[checksum]
algorithm = "crc-16/xmodem"

[[field]]
name = "magic"
section = "header"
offset = 0
type = "bytes:4"
status = "inferred"

[[field]]
name = "sync"
offset = 0
type = "u32"
role = "sync"
status = "attested"
source = "Q96060"

[[field]]
name = "len_text"
offset = 4
type = "u16"
role = "len_text"
status = "assumed"

[[field]]
name = "text"
offset = 8
type = "text"
role = "text"
status = "attested"
source = "Q96060"

[[field]]
name = "crc"
section = "trailer"
offset = 0
type = "u16"
role = "checksum"
status = "assumed"
"""

REQCONF = """
id = "own-2"
family = "reqconf"
title = "Our own"
status = "observed"

[framing]
record = 16

[[field]]
name = "reqsync"
offset = 4
type = "u32"
role = "sync"
status = "observed"

[[field]]
name = "server"
offset = 8
type = "text:8"
role = "text"
status = "observed"
"""

FIELD = '\n[[field]]\nname = "{}"\noffset = {}\nstatus = "assumed"\ntype = "{}"\n'


def test_a_layout_says_what_its_file_says() -> None:
    parsed = layout.parse(QUEUE.encode(), "own.toml")
    assert (parsed.id, parsed.family, parsed.status, parsed.header) == ("own-1", "queue", "assumed", 8)
    assert [(each.section, each.name, each.offset, each.type) for each in parsed.fields] == [
        ("header", "magic", 0, "bytes:4"),
        ("header", "header_unknown_04", 4, "bytes:4"),
        ("record", "sync", 0, "u32"),
        ("record", "len_text", 4, "u16"),
        ("record", "unknown_06", 6, "bytes:2"),
        ("record", "text", 8, "text"),
        ("trailer", "crc", 0, "u16"),
    ]
    assert layout.parse(REQCONF.encode(), "own.toml").by_name["unknown_00"].size == 4


SPELLINGS: list[tuple[str, Crc | None, tuple[str, ...]]] = [
    ('algorithm = "crc-16/xmodem"', None, ("text",)),
    ('algorithm = "crc-16/usb"\ncovers = "text"', None, ("text",)),
    ('algorithm = "sum-16/negated"\ncovers = "text+terminator"', None, ("text", "terminator")),
    ('algorithm = "crc"\nwidth = 16\npoly = 0x1021', Crc(16, 0x1021), ("text",)),
    ('algorithm = "crc"\nwidth = 16\npoly = 1\nrefin = true', Crc(16, 1, 0, True, True), ("text",)),
    ('algorithm = "crc"\nwidth = 8\npoly = 255\nrefout = true', Crc(8, 255, 0, False, True), ("text",)),
    (
        'algorithm = "crc"\nwidth = 11\npoly = 5\ninit = 2047\nrefin = true\nrefout = false\nxorout = 9\n'
        'covers = ["sync", "unknown_06", "terminator"]',
        Crc(11, 5, 2047, True, False, 9),
        ("sync", "unknown_06", "terminator"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spelled", "crc", "covers"), SPELLINGS)
def test_a_checksum_is_what_its_table_says(spelled: str, crc: Crc | None, covers: tuple[str, ...]) -> None:
    parsed = layout.parse(QUEUE.replace('algorithm = "crc-16/xmodem"', spelled).encode(), "own.toml")
    assert (parsed.crc, parsed.covers) == (crc, covers)
    assert parsed.algorithm is not None
    compute = crc.compute if crc else ALGORITHMS[parsed.checksum].compute
    record = codec(parsed).make(7, "A b")
    stored = codec(parsed).pack(record)
    places = {"sync": stored[:4], "unknown_06": stored[6:8], "text": stored[8:11], "terminator": stored[11:12]}
    assert record.checksum == compute(b"".join(places[name] for name in covers))
    assert stored[12:] == record.checksum.to_bytes(2, "little")


# What is replaced in the file, by what, the key and the reason that are named.
MISTAKES: list[tuple[str, str, str, str]] = [
    # The file as a whole
    ('id = "own-1"', "id =", "", "is not valid TOML: "),
    ("[framing]", "[framing", "", "is not valid TOML: "),
    ('id = "own-1"', 'id = "own-1"\nid = "own-2"', "", "is not valid TOML: "),
    ("header = 8", "header = " + "9" * 128, "framing.header", "must be between 0 and 65536"),
    ("header = 8", "header = " + "9" * 129, "", "is not valid TOML: a key or number is longer than 128 "),
    ("header = 8", "header = 1979-13-45", "", "is not valid TOML: "),
    ('title = "Our own"', "title = " + "[" * 4000, "", "is not valid TOML: "),
    # Keys
    ('title = "Our own"', 'titel = "Our own"', "titel", "unknown key; known are byte_order, checksum, doc, "),
    ("header = 8", "heder = 8", "framing.heder", "unknown key; known are breaks, doc, header, "),
    ('algorithm = "', 'algorythm = "', "checksum.algorythm", "unknown key; known are algorithm, covers, doc, "),
    ('type = "u32"', 'typ = "u32"', "field[1].typ", "unknown key; known are byte_order, default, "),
    ('id = "own-1"', "", "id", "is missing"),
    ('family = "queue"', "", "family", "is missing"),
    ('title = "Our own"', "", "title", "is missing"),
    ('name = "sync"', "", "field[1].name", "is missing"),
    ('type = "u32"', "", "field[1].type", "is missing"),
    ('title = "Our own"\nstatus = "assumed"', 'title = "Our own"', "status", "is missing"),
    ("offset = 4", "", "field[2].offset", "is missing"),
    # Types of values
    ('id = "own-1"', "id = 1", "id", "must be a string"),
    ('title = "Our own"', "title = 1979-05-27", "title", "must be a string"),
    ("header = 8", 'header = "8"', "framing.header", "must be a whole number"),
    ("header = 8", "header = true", "framing.header", "must be a whole number"),
    ("header = 8", "header = 8.0", "framing.header", "must be a whole number"),
    ("header = 8", "header = nan", "framing.header", "must be a whole number"),
    ("offset = 4", "offset = [4]", "field[2].offset", "must be a whole number"),
    ('[checksum]\nalgorithm = "crc-16/xmodem"', "[[checksum]]", "checksum", "must be a table"),
    ("[framing]\nheader = 8", "[[framing]]", "framing", "must be a table"),
    # Ranges and choices
    ("header = 8", "header = -1", "framing.header", "must be between 0 and 65536"),
    ("header = 8", "header = 65537", "framing.header", "must be between 0 and 65536"),
    ("header = 8", "header = 0x" + "f" * 126, "framing.header", "must be between 0 and 65536"),
    ("header = 8", "header = 8\nstride = 0", "framing.stride", "must be between 1 and 65536"),
    ("header = 8", "header = 8\npad = 256", "framing.pad", "must be between 0 and 255"),
    ("offset = 4", "offset = 65537", "field[2].offset", "must be between 0 and 65536"),
    ("header = 8", 'header = 8\nterminator = "lf"', "framing.terminator", "'lf' is not one of nul, crlf, none"),
    ("header = 8", 'header = 8\nlength_counts = "all"', "framing.length_counts", "'all' is not one of text, "),
    ('family = "queue"', 'family = "log"', "family", "'log' is not one of queue, reqconf, srvconf"),
    ('algorithm = "crc-16/xmodem"', 'algorithm = "md5"', "checksum.algorithm", "'md5' is not one of crc-16/xmodem, "),
    ('status = "inferred"', 'status = "known"', "field[0].status", "'known' is not one of attested, observed, "),
    ('role = "sync"', 'role = "number"', "field[1].role", "'number' is not one of sync, stamp, "),
    ('type = "u32"', 'type = "u32"\nbyte_order = "middle"', "field[1].byte_order", "'middle' is not one of little"),
    ('type = "u32"', 'type = "u32"\nstamp = "vms"', "field[1].stamp", "'vms' is not one of unix, dos"),
    ('section = "trailer"', 'section = "footer"', "field[4].section", "'footer' is not one of header, record, trailer"),
    ('family = "queue"', 'family = "queue"\nbyte_order = "pdp"', "byte_order", "'pdp' is not one of little, big"),
    # Checksums
    ("[checksum]", "[checksum]\ncovers = 1", "checksum.covers", "must be text, text+terminator or a list of fields"),
    ("[checksum]", '[checksum]\ncovers = "sync"', "checksum.covers", "must be text, text+terminator or a list"),
    ("[checksum]", "[checksum]\ncovers = []", "checksum.covers", "must be text, text+terminator or a list of fields"),
    ("[checksum]", "[checksum]\ncovers = [1]", "checksum.covers", "must be text, text+terminator or a list of fields"),
    ("[checksum]", '[checksum]\ncovers = ["crc", "text"]', "checksum.covers", "crc is the checksum, which does not "),
    ("[checksum]", '[checksum]\ncovers = ["magic"]', "checksum.covers", "'magic' is not one of sync, len_text, unkn"),
    ("[checksum]", '[checksum]\ncovers = ["text", "sync"]', "checksum.covers", "sync stands before text in the record"),
    ("[checksum]", '[checksum]\ncovers = ["sync", "sync"]', "checksum.covers", "or is named twice"),
    ('algorithm = "crc-16/xmodem"', 'covers = "text"', "checksum.covers", "says nothing without an algorithm"),
    ("[checksum]", "[checksum]\npoly = 3", "checksum.poly", 'belongs to algorithm = "crc"'),
    ("[checksum]", "[checksum]\nwidth = 16\ninit = 3", "checksum.init", 'belongs to algorithm = "crc"'),
    ('"crc-16/xmodem"', '"crc"', "checksum.width", "is missing"),
    ('"crc-16/xmodem"', '"crc"\nwidth = 7', "checksum.width", "must be between 8 and 32"),
    ('"crc-16/xmodem"', '"crc"\nwidth = 33', "checksum.width", "must be between 8 and 32"),
    ('"crc-16/xmodem"', '"crc"\nwidth = 16', "checksum.poly", "is missing"),
    ('"crc-16/xmodem"', '"crc"\nwidth = 16\npoly = 0', "checksum.poly", "must be between 1 and 65535"),
    ('"crc-16/xmodem"', '"crc"\nwidth = 16\npoly = 0x18005', "checksum.poly", "must be between 1 and 65535"),
    ('"crc-16/xmodem"', '"crc"\nwidth = 16\npoly = "8005"', "checksum.poly", "must be a whole number"),
    ('"crc-16/xmodem"', '"crc"\nwidth = 12\npoly = 3\ninit = 4096', "checksum.init", "must be between 0 and 4095"),
    ('"crc-16/xmodem"', '"crc"\nwidth = 16\npoly = 3\nxorout = -1', "checksum.xorout", "must be between 0 and 65535"),
    ('"crc-16/xmodem"', '"crc"\nwidth = 16\npoly = 3\nrefin = 1', "checksum.refin", "must be true or false"),
    ('"crc-16/xmodem"', '"crc"\nwidth = 16\npoly = 3\nrefout = "no"', "checksum.refout", "must be true or false"),
    ('"crc-16/xmodem"', '"crc"\nwidth = 17\npoly = 3', "checksum.algorithm", "crc has 17 bits, too many for u16"),
    # Names
    ('id = "own-1"', 'id = "own layout"', "id", "'own layout' is not an identifier"),
    ('id = "own-1"', 'id = "../own"', "id", "'../own' is not an identifier"),
    ('id = "own-1"', f'id = "{"x" * 65}"', "id", "is not an identifier"),
    ('name = "sync"', 'name = "Sync#"', "field[1].name", "is not made of lower-case letters, digits and _"),
    ('name = "sync"', 'name = "sync\\n"', "field[1].name", "is not made of lower-case letters, digits and _"),
    ('name = "crc"', 'name = "sync"', "field[4].name", "the name sync is used twice"),
    ('name = "crc"', 'name = "unknown_06"', "field[4].name", "the name unknown_06 is used twice"),
    # Types of fields
    ('type = "u32"', 'type = "u64"', "field[1].type", "'u64' is not a type; types are u8, u16, u32, i8, i16"),
    ('type = "bytes:4"', 'type = "bytes"', "field[0].type", "'bytes' is not a type"),
    ('type = "bytes:4"', 'type = "bytes:0"', "field[0].type", "'bytes:0' is not a type"),
    ('type = "bytes:4"', 'type = "bytes:\u0664"', "field[0].type", "is not a type"),
    ('type = "u32"', 'type = "dec:11"', "field[1].type", "numbers have at most 32 bits: dec:10, hex:8"),
    ('type = "u32"', 'type = "hex:9"', "field[1].type", "numbers have at most 32 bits: dec:10, hex:8"),
    ('type = "u32"', 'type = "i32"', "field[1].type", "the role sync needs an unsigned number"),
    ('type = "u32"', 'type = "bytes:4"', "field[1].type", "the role sync needs a number, not bytes:4"),
    ('type = "bytes:4"', 'type = "text"', "field[0].type", "only the text of a queue record may go without a size"),
    # Offsets
    ("offset = 4", "offset = 2", "field[2].offset", "len_text at 2 overlaps the field before it, which ends at 4"),
    ("offset = 4", "offset = 7", "field[2].offset", "len_text ends at 9, beyond the 8 bytes of the record"),
    ('"bytes:4"', '"bytes:9"', "field[0].offset", "magic ends at 9, beyond the 8 bytes of the header"),
    ("header = 8", "", "field[0].offset", "magic ends at 4, beyond the 0 bytes of the header"),
    (
        'section = "trailer"\noffset = 0',
        'section = "trailer"\noffset = 65535',
        "field[4].offset",
        "crc ends at 65537, beyond the 65536 bytes of the trailer",
    ),
    # What belongs together
    ('status = "attested"\nsource = "Q96060"', 'status = "attested"', "field[1].source", "needs its source"),
    ('role = "sync"', 'role = "opaque"', "field", "no field has the role sync"),
    ('role = "checksum"', 'role = "sync"', "field[4].role", "sync is already the role of sync"),
    ('role = "checksum"', 'role = "len_text"', "field[4].role", "len_text is already the role of len_text"),
    ('role = "checksum"', 'role = "opaque"', "checksum.algorithm", "there is no field with the role checksum"),
    ('role = "checksum"', 'role = "opaque"\nlink = "next"', "field[4].link", "needs the role link, not opaque"),
    ('type = "bytes:4"', 'type = "u32"\nrole = "stamp"', "field[0].section", "the role stamp belongs to a record"),
    ('"crc-16/xmodem"', '"crc-32"', "checksum.algorithm", "crc-32 has 4 bytes, too many for u16"),
    ('type = "text"', 'type = "text:8"', "field", "a queue layout needs one field with type = "),
    # Defaults and flags
    ('type = "bytes:4"', 'type = "bytes:4"\ndefault = 7', "field[0].default", "must be a string"),
    ('type = "bytes:4"', 'type = "bytes:4"\ndefault = "4d4d"', "field[0].default", "must be 4 bytes in hex"),
    ('type = "bytes:4"', 'type = "bytes:4"\ndefault = "4d4d4d4g"', "field[0].default", "must be 4 bytes in hex"),
    ('type = "u32"', 'type = "u32"\ndefault = "0"', "field[1].default", "must be a whole number"),
    ('type = "u32"', 'type = "u32"\ndefault = true', "field[1].default", "must be a whole number"),
    ('type = "u32"', 'type = "u32"\ndefault = -1', "field[1].default", "must be between 0 and 4294967295"),
    ('type = "u32"', "type = 'u32'\ndefault = 0x" + "f" * 126, "field[1].default", "must be between 0 and "),
    ('type = "u32"', 'type = "u32"\nflags = [1]', "field[1].flags", "must be a table"),
    ('type = "u32"', 'type = "u32"\nflags = { a = 32 }', "field[1].flags.a", "must be between 0 and 31"),
    ('type = "u32"', 'type = "u32"\nflags = { a = true }', "field[1].flags.a", "must be a whole number"),
]  # fmt: skip


def mistake(content: str | bytes) -> LayoutError:
    with pytest.raises(LayoutError) as caught:
        layout.parse(content.encode() if isinstance(content, str) else content, "own.toml")
    error = caught.value
    assert error.path == "own.toml"
    assert error.line >= 1
    assert str(error) == ": ".join(filter(None, (f"own.toml:{error.line}", error.key, error.reason)))
    assert "\n" not in error.key + error.reason
    return error


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    MISTAKES,
    ids=[f"{number}-{each[2]}" for number, each in enumerate(MISTAKES)],
)
def test_a_mistake_is_named_with_file_key_and_reason(old: str, new: str, key: str, reason: str) -> None:
    assert old in QUEUE
    error = mistake(QUEUE.replace(old, new, 1))
    assert error.key == key
    assert reason in error.reason


def test_there_must_be_fields_and_they_must_be_tables() -> None:
    head = QUEUE.partition("[framing]")[0]
    for fields in ("", "field = []", 'field = "sync"', "[field]\nname = 'sync'"):
        assert (mistake(head + fields).key, mistake(head + fields).reason) == (
            "field",
            "at least one [[field]] is needed",
        )
    assert (mistake(head + "field = [1]").key, mistake(head + "field = [1]").reason) == ("field[0]", "must be a table")


def queue_of(framing: str, *fields: str) -> str:
    return QUEUE.partition("[framing]")[0] + f"[framing]\n{framing}\n" + "".join(fields)


SYNC = FIELD.format("sync", 0, "u32") + 'role = "sync"\n'
LENGTH = FIELD.format("len_text", 4, "u16") + 'role = "len_text"\n'
TEXT = FIELD.format("text", 8, "text") + 'role = "text"\n'
TRAILER = FIELD.format("end", 0, "u16") + 'section = "trailer"\n'


@pytest.mark.parametrize(
    ("content", "key", "reason"),
    [
        (queue_of("", SYNC), "field", 'a queue layout needs one field with type = "text" and role = "text"'),
        (
            queue_of("", SYNC, TEXT, TEXT.replace('"text"', '"more"', 1)),
            "field[2].type",
            "text is already the text of variable length",
        ),
        (
            queue_of('terminator = "none"', SYNC, TEXT),
            "framing",
            "without a length field records need a terminator or a stride to end at",
        ),
        (
            queue_of('terminator = "none"\nstride = 7', SYNC, TEXT),
            "framing.stride",
            "7 bytes have no room for the 8 before the text",
        ),
        (
            queue_of('terminator = "none"\nstride = 64', SYNC, TEXT, TRAILER),
            "framing.terminator",
            "fields behind the text need a length or a terminator to be found",
        ),
        (
            queue_of('length_counts = "record"', SYNC, TEXT),
            "framing.length_counts",
            "there is no field with the role len_text",
        ),
        (
            queue_of("", SYNC, TEXT, LENGTH.replace("offset = 4", 'offset = 0\nsection = "trailer"')),
            "field[2].section",
            "the length must stand before the text, in the record",
        ),
        (
            queue_of("header = 4", SYNC + 'section = "header"\n', TEXT),
            "field[0].section",
            "the role sync belongs to a record, not to the header",
        ),
        (
            queue_of("", SYNC, TEXT.replace('role = "text"', 'role = "opaque"')),
            "field[1].type",
            "only the text of a queue record may go without a size",
        ),
        (
            queue_of("", SYNC, TEXT, FIELD.format("crc", 0, "hex:3") + 'section = "trailer"\nrole = "checksum"\n')
            + '[checksum]\nalgorithm = "sum-16"\n',
            "checksum.algorithm",
            "sum-16 has 2 bytes, too many for hex:3",
        ),
        (
            queue_of('terminator = "none"', SYNC, LENGTH, TEXT, FIELD.format("crc", 6, "u16") + 'role = "checksum"\n')
            + '[checksum]\nalgorithm = "sum-16"\ncovers = "text+terminator"\n',
            "checksum.covers",
            "'terminator' is not one of sync, len_text, text",
        ),
    ],
)
def test_records_that_have_no_beginning_or_end_are_refused(content: str, key: str, reason: str) -> None:
    error = mistake(content)
    assert (error.key, error.reason) == (key, reason)


UNSPELLED = "is not of the form xor:5a, add:03, rol:3, xor-stored:00, xor-clear:00, xor:sync, tab:00"
NO_NUMBER = "is no number of the record that stands before the text"


@pytest.mark.parametrize(
    ("framing", "key", "reason"),
    [
        ('order = "links"', "order", "there is no field with the role link"),
        ('order = "descending"\nbreaks = true', "order", "goes with no field that says which records are in the queue, "
         "and with no break"),
        ('order = "any"', "order", "'any' is not one of links, descending"),
        ("page_header = 4", "page_header", "goes with page, and is smaller"),
        ("page = 8\npage_header = 8", "page_header", "goes with page, and is smaller"),
        ("lead = 1", "lead", "goes with a length that counts the record, or with a stride"),
        ("stride = 2\nlead = 9", "lead", "9 bytes are more than the 8 before the text"),
        ("page = 512\nbreaks = true", "page", "goes with no break that ends the queue"),
        ('obscured = "xor:00"', "obscured", f"'xor:00' {UNSPELLED}"),
        ('obscured = "rol:0"', "obscured", f"'rol:0' {UNSPELLED}"),
        ('obscured = "rol:8"', "obscured", f"'rol:8' {UNSPELLED}"),
        ('obscured = "xor-stored:1"', "obscured", f"'xor-stored:1' {UNSPELLED}"),
        ('obscured = "tab:09"', "obscured", f"'tab:09' {UNSPELLED}"),
        ('obscured = "turn:3"', "obscured", f"'turn:3' {UNSPELLED}"),
        ('obscured = "xor:nobody"', "obscured", f"nobody {NO_NUMBER}"),
        ('obscured = "add:text"', "obscured", f"text {NO_NUMBER}"),
    ],
)  # fmt: skip
def test_orders_pages_and_changed_texts_that_cannot_be_are_refused(framing: str, key: str, reason: str) -> None:
    error = mistake(queue_of(framing, SYNC, TEXT))
    assert (error.key, error.reason) == (f"framing.{key}", reason)


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("record = 16", "", "framing.record", "the size of the structure in bytes is needed"),
        ("record = 16", "record = 65537", "framing.record", "must be between 0 and 65536"),
        ("record = 16", "record = 16\nheader = 4", "framing.header", "REQCONF is one structure and has no header"),
        ("record = 16", "record = 15", "field[1].offset", "server ends at 16, beyond the 15 bytes of the record"),
        ("offset = 4", 'offset = 4\nsection = "trailer"', "field[0].section", "'trailer' is not one of header, record"),
        ("offset = 4", 'offset = 4\nsection = "header"', "field[0].offset", "reqsync ends at 8, beyond the 0 bytes"),
        ("offset = 4", "offset = 5", "field[1].offset", "server at 8 overlaps the field before it, which ends at 9"),
        ('type = "text:8"', 'type = "text"', "field[1].type", "only the text of a queue record may go without a size"),
    ],
)  # fmt: skip
def test_a_fixed_structure_is_as_large_as_it_says(old: str, new: str, key: str, reason: str) -> None:
    assert old in REQCONF
    error = mistake(REQCONF.replace(old, new, 1))
    assert error.key == key
    assert error.reason.startswith(reason)


# --- code pages ------------------------------------------------------------------------------------------------------


def encoded(name: str) -> str:
    return f"encoding = '{name}'\n{QUEUE}"


@pytest.mark.parametrize(
    "name",
    ["cp437", "cp850", "CP850", "850", "cp852", "cp866", "cp1252", "latin-1", "iso8859-15", "koi8-r", "mac-roman"],
)
def test_code_pages_of_one_byte_are_accepted(name: str) -> None:
    assert layout.parse(encoded(name).encode(), "own.toml").encoding == name


@pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")
@pytest.mark.parametrize(
    "name",
    [
        "utf-8", "u8", "cp65001", "utf-8-sig", "utf-7", "utf-16", "utf-32", "nonsense", "", "rot13", "hex", "base64",
        "zlib", "idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "ascii", "cp037", "cp500",
        "cp932", "shift_jis", "gb2312", "gb18030", "gbk", "big5", "euc_jp", "euc_kr", "iso2022_jp", "iso2022_kr", "hz",
        "cp864", "mbcs", "os.path", "../../x", "x" * 1000,
    ],
)  # fmt: skip
def test_encodings_that_could_change_a_text_are_refused(name: str) -> None:
    error = mistake(encoded(name))
    assert error.key == "encoding"
    assert error.reason == f"{shown(name)} is not a single-byte code page that extends ASCII"


def test_the_name_of_an_encoding_is_data() -> None:
    assert mistake('encoding = "cp850\\u0000"\n' + QUEUE).key == "encoding"
    assert mistake("encoding = 850\n" + QUEUE).reason == "must be a string"


# --- files that are no layout ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe", b"\0", b"id = \x00", b"\xef\xbb\xbf=", b"=", b"[", b"[[field]", b"a.b.c.d = ", b"[" * 100_000,
        b"a = " + b"[" * 4000, b"a" + b".a" * 20_000 + b" = 1", b"a = " + b"{b = " * 800, bytes(range(256)),
        "id = \ud800".encode("utf-8", "surrogatepass"), b'id = "\\ud800"', b"a = 1" + b"0" * 100_000,
    ],
    ids=range(16),
)  # fmt: skip
def test_what_is_no_toml_is_refused(content: bytes) -> None:
    error = mistake(content)
    assert error.key in {"", "a"}
    assert error.reason.startswith(("is not valid TOML: ", "unknown key"))


@given(st.binary())
def test_any_bytes_are_a_layout_or_a_mistake(content: bytes) -> None:
    mistake(content)


VALUES = st.one_of(
    st.integers(), st.booleans(), st.floats(), st.text(), st.lists(st.integers()),
    st.dictionaries(st.text(), st.text()),
    st.sampled_from(["u8", "dec:3", "text", "queue", "reqconf", "srvconf", "sync", "trailer",
         "header", "none", "crc-32"]),
)  # fmt: skip


def written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08x}" for c in value) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return "{" + ", ".join(f"{written(key)} = {written(each)}" for key, each in value.items()) + "}"


@given(st.sampled_from([QUEUE, REQCONF]), st.integers(0, 60), VALUES)
def test_any_value_in_any_place_makes_a_layout_or_a_mistake(content: str, place: int, value: Any) -> None:
    lines = content.splitlines()
    rows = [number for number, line in enumerate(lines) if " = " in line]
    row = rows[place % len(rows)]
    lines[row] = f"{lines[row].partition(' = ')[0]} = {written(value)}"
    try:
        parsed = layout.parse("\n".join(lines).encode(), "own.toml")
    except LayoutError as error:
        assert error.key and error.reason
    else:
        check_tiles(parsed)
        if parsed.family == "queue":
            made = codec(parsed).make(1, "A b")
            (batch, *_) = codec(parsed).batches([bytes(parsed.header) + codec(parsed).pack(made)])
            assert [row.text for row in batch.rows] == ["A b"]


def test_many_fields_are_checked_in_reasonable_time() -> None:
    fields = "".join(FIELD.format(f"field_{number}", number, "u8") for number in range(8, 10_000))
    text = TEXT.replace("offset = 8", "offset = 10000")
    assert len(layout.parse(queue_of("", SYNC, fields, text).encode(), "own.toml").fields) == 9995


# --- reference layouts -----------------------------------------------------------------------------------------------


def check_tiles(parsed: Layout) -> None:
    assert len(parsed.by_name) == len(parsed.fields)
    sizes = {"header": parsed.header, "record": parsed.text.offset if parsed.text else parsed.record}
    for section in layout.SECTIONS:
        position = 0
        for each in parsed.section(section):
            assert each.offset == position
            position = each.stop
        assert position == sizes.get(section, position)


KNOWN_HOW = {
    "queue": "assumed",
    "reqconf": "assumed",
    "srvconf": "assumed",
    "control": "attested",
    "names": "attested",
    "networks": "attested",
    "extension": "attested",
    "mailbag": "attested",
    "key": "attested",
    "users": "attested",
    "members": "attested",
    "addresses": "attested",
    "schedule": "attested",
    "master": "attested",
}
"""Family -> the status of its reference layout: a reconstruction, or what articles print byte by byte."""


@pytest.mark.parametrize("family", layouts.REFERENCE)
def test_a_reference_layout_tiles_and_says_how_it_is_known(family: str) -> None:
    parsed = layouts.reference(family)
    check_tiles(parsed)
    assert (parsed.family, parsed.id, parsed.status) == (family, layouts.REFERENCE[family], KNOWN_HOW[family])
    for each in parsed.fields:
        assert each.status in STATUSES
        assert each.doc
        assert each.source or each.status not in {"attested", "inferred"}


def test_reference_layouts_have_the_attested_sizes() -> None:
    assert layouts.reference("reqconf").record == 512
    assert (layouts.reference("srvconf").header, layouts.reference("srvconf").record) == (1024, 1024)
    record = layouts.reference("queue")
    assert [(each.offset, each.type, each.name) for each in record.fields] == [
        (0, "u16", "checksum"),
        (2, "u16", "len_text"),
        (4, "u32", "sync"),
        (8, "u32", "stamp"),
        (12, "u32", "ofs_prev"),
        (16, "u32", "ofs_next"),
        (20, "bytes:4", "unknown_14"),
        (24, "text", "text"),
    ]


@pytest.mark.parametrize(("text", "size"), [(queue.CONFIRMED_TEXT, 49), (queue.PODIAG_TEXT, 60)])
def test_the_reference_layout_reproduces_both_attested_sizes(text: str, size: int) -> None:
    made = queue.new_queue([Change(17, text)], layouts.reference("queue"))
    assert len(made.build()) == made.size == size


# --- a user's own files ----------------------------------------------------------------------------------------------


def test_a_layout_of_the_users_own_takes_the_place_of_its_family(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(QUEUE)
    given_layouts = layouts.from_files([own])
    assert given_layouts["queue"].id == "own-1"
    assert given_layouts["reqconf"] is layouts.reference("reqconf")
    assert (given_layouts.given("queue"), given_layouts.given("reqconf")) == (True, False)
    assert list(given_layouts) == list(layouts.REFERENCE)


def test_a_mistake_in_the_users_file_names_the_file(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(QUEUE.replace('type = "u32"', 'type = "u64"'))
    with pytest.raises(LayoutError) as caught:
        layouts.load(own)
    assert str(caught.value).startswith(f"{own}:23: field[1].type: 'u64' is not a type; types are ")


def test_a_layout_file_must_be_a_file_of_sensible_size(tmp_path: Path) -> None:
    large = tmp_path / "large.toml"
    large.write_text(QUEUE + "#" * (1 << 20))
    with pytest.raises(LayoutError) as caught:
        layouts.load(large)
    assert str(caught.value) == f"{large}: larger than 65536 bytes, which no layout needs"
    for path, reason in (
        (tmp_path, "a directory, not a file; name a file in it"),
        (tmp_path / "none.toml", f"no such file or directory; in {tmp_path}: large.toml"),
    ):
        with pytest.raises(FileAccessError) as refused:
            layouts.load(path)
        assert str(refused.value) == f"{path}: {reason}"


def test_reference_layouts_are_files_a_user_may_start_from() -> None:
    for name in layouts.REFERENCE.values():
        path = Path(layouts.__file__).with_name(f"{name}.toml")
        assert layouts.load(path) == layouts.reference(tomllib.loads(path.read_text("utf-8"))["family"])
