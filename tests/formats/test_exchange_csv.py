"""The Exchange directory CSV: its events, its two ways to write several values, and dumps as entries."""

import io
import time
import tracemalloc
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glbtools.binary.span import Fault
from glbtools.errors import FieldError, UsageError
from glbtools.formats import exchange_csv
from glbtools.formats.exchange_csv import (
    Separators,
    entries,
    moment,
    parse_csv,
    parse_ini,
    row_line,
    rows,
    separators_from_ini,
    values,
)
from glbtools.model.directory import Entry

TOMBSTONES = (  # Q239639
    b"Obj-Class,Directory Name,Obj-Dist-Name,Is-Deleted\r\n"
    b"Mailbox,Tombstoned,/o=Microsoft/ou=SiteName/cn=Recipients/cn=Tombstoned,1\r\n"
    b"Mailbox,DavidR,/o=Microsoft/ou=SiteName/cn=Recipients/cn=DavidR\r\n"
)
INI = (
    b"[Export]\r\nDirectoryService=EUROPA\r\nBasepoint=/o=Microsoft\r\nSubcontainers=Yes\r\nExportObject=All\r\n"
    b"RawMode=yes\r\nHiddenObjects=yes\r\nInformationLevel=Full\r\n"
)
DUMP = (
    b"Obj-Class,Directory Name,Obj-Dist-Name,Is-Deleted,USN-Changed,USN-Created,When-Changed,Object-Version,"
    b"DSA-Signature,USN-Source,Invocation-ID,USN-Last-Obj-Rem\r\n"
    b"Mailbox,Ann,/o=M/ou=S/cn=Recipients/cn=Ann,,1020,900,980120211543Z,3,22C3A937,77,,\r\n"
    b"Mailbox,Bob,/o=M/ou=S/cn=Recipients/cn=Bob,1,1021,901,980121000000Z,2\r\n"
    b"MHS-Monitor,X,/o=M/ou=S/cn=Configuration/cn=Servers/cn=EUROPA/cn=Microsoft DSA,,8,8,,1,,,AAAA,950\r\n"
    b"MHS-Monitor,Y,/o=M/ou=S/cn=Configuration/cn=Servers/cn=OTHER/cn=Microsoft DSA,,9,9,,1,,,BBBB,990\r\n"
)

PIECES = st.sampled_from(
    [
        b"Obj-Class",
        b"Mode",
        b",",
        b'"',
        b"%",
        b"\\",
        b"~DEL",
        b"~del<x>",
        b"\r\n",
        b"\n",
        b"\x00",
        b"\xff\xfe",
        b"\n\x00",
        b"\x00\n",
        b"\xef\xbb\xbf",
        b"mailbox",
        b"\x81",
        b"\t",
        b" ",
        b"create",
    ]
)
FILES = st.lists(PIECES, max_size=40).map(b"".join)
MARKS = st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"])


def events(data, **how):
    return [fault.number for fault in parse_csv(data, **how).faults]


def line(text, header=b"Obj-Class,Mode,Directory Name,Members"):
    return header + b"\r\n" + text + b"\r\n"


@given(MARKS, st.one_of(st.binary(), FILES), st.booleans(), st.sampled_from(exchange_csv.DIALECTS))
def test_every_byte_string_comes_back_exactly(mark, rest, strict, dialect):
    data = mark + rest
    file = parse_csv(data, strict=strict, dialect=dialect)
    assert file.build() == data
    position = 0
    for number, row in enumerate(file.rows, 1):
        assert (row.line, row.span.start) == (number, position)
        assert all(fault.line == number and fault.span == row.span for fault in row.faults)
        position = row.span.stop
    assert position == len(data)
    list(entries(io.BytesIO(data), dialect=dialect)[1])
    parse_ini(data)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16"])
def test_truncation_anywhere_is_read(encoding):
    data = DUMP.decode().encode(encoding)
    for size in range(0, len(data), 1 if encoding == "cp1252" else 3):
        file = parse_csv(data[:size])
        assert file.build() == data[:size]
        assert len(list(entries(io.BytesIO(data[:size]), INI)[1])) <= 4


def test_the_sample_of_the_article_is_an_export_with_a_short_row():
    file = parse_csv(TOMBSTONES)
    assert [(fault.number, fault.line, fault.damage) for fault in file.faults] == [(291, 3, False)]
    (fault,) = parse_csv(TOMBSTONES, strict=True).faults
    assert (fault.number, fault.damage) == (291, True)
    assert fault.message.endswith("4 were expected, 3 were found")


@pytest.mark.parametrize(
    ("number", "wrong", "right"),
    [
        (226, b"Members,Obj-Class\r\n", b"obj-class,Members\r\n"),
        (222, b"Obj-Class,Directory Name,Mode\r\n", b"Obj-Class,Mode,Directory Name\r\n"),
        (152, b"Obj-Class,Members,members\r\n", b"Obj-Class,Members,Member\r\n"),
        (264, b"Obj-Class,OBJ-Class\r\n", b"Obj-Class,OBJ-Classe\r\n"),
        (218, line(b",create,x,"), line(b"mailbox,create,x,")),
        (221, line(b"dl,erase,x,"), line(b"dl,DELETE,x,")),
        (221, line(b"dl,erase,x,"), line(b"dl,,x,")),
        (291, line(b"dl,create,x,,"), line(b"dl,create,x,")),
        (227, line(b'dl,create,x,"a'), line(b'dl,create,x,"a"')),
        (220, line(b'dl,create,x,a"b"'), line(b'dl,create,x,"a""b"')),
        (220, line(b'dl,create,x,"a"b'), line(b'dl,create,x,"ab"')),
        (268, line(b"dl,modify,x,~del<a>%b"), line(b"dl,modify,x,~del<a>")),
        (241, line(b"dl,create,x,~DEL"), line(b"dl,modify,x,~DEL")),
        (241, line(b"dl,create,x,~DEL"), line(b"dl,create,x,~DELETE")),
        (156, line(b"dl,create,x," + b"a" * 255), line(b"dl,create,x," + b"a" * 254)),
        (156, line(b"dl,create,x," + b"a" * 255), line(b"dl,create,x," + b"a" * 256)),
        (168, line(b"dl,create,x,\\\\\\SRV"), line(b"dl,create,x,\\\\\\\\SRV")),
        (168, line(b"dl,create,x,a\\"), line(b"dl,create,x,a\\%")),
    ],
)
def test_each_event_and_its_near_miss(number, wrong, right):
    assert events(wrong) == [number]
    assert events(right) == []


@pytest.mark.parametrize(
    ("number", "wrong", "right"),
    [
        (228, line(b"mailboxes,create,x,"), line(b"Remote-Address,create,x,")),
        (225, b"Obj-Class,Mode,Members\r\n", b"Obj-Class,Mode,Common-Name\r\n"),
        (291, line(b"dl,create,x"), line(b"dl,create,x,")),
    ],
)
def test_what_only_the_import_objects_to(number, wrong, right):
    assert events(wrong, strict=True) == [number]
    assert events(right, strict=True) == []
    assert all(not fault.damage for fault in parse_csv(wrong).faults)


def test_what_the_import_only_warns_of_is_no_damage():
    data = b"Obj-Class,A,a\r\ndl," + b"x" * 255 + b",a\\b\r\n"
    assert [(fault.number, fault.damage) for fault in parse_csv(data).faults] == [
        (152, False),
        (156, False),
        (168, False),
    ]


def test_several_values_in_both_dialects():
    assert values(r'"v\%1%v,2%v,3"') == ("v%1", "v,2", "v,3")
    assert values('"v%1"%"v,2"%v3', dialect="4.0") == ("v%1", "v,2", "v3")
    assert values(r"\\\\SRV\\share") == (r"\\SRV\share",)
    assert values(r"\SRV\\") == ("SRV\\",)
    assert values(r"\SRV", dialect="4.0") == (r"\SRV",)
    assert values("a%") == ("a", "")
    assert values(r"a\\%b") == ("a\\", "b")
    assert values(" ") == values("") == ()
    assert values('" "') == (" ",)
    assert values('"say ""hi"""') == ('say "hi"',)
    with pytest.raises(UsageError):
        parse_csv(b"x", dialect="6")


def test_separators_are_decimal_codes_and_a_missing_value_keeps_the_default():
    assert separators_from_ini(b"[Export]\r\nColumnSeparator=09\r\nQuoteCharacter=\r\nMVSeparator=\r\n") == (
        "\t",
        '"',
        "%",
    )
    assert separators_from_ini(b"QuoteCharacter=39\nMVSeparator=59\n") == (",", "'", ";")
    for bad in (
        b"ColumnSeparator=37",
        b"QuoteCharacter=126",
        b"QuoteCharacter=35",
        b"QuoteCharacter=61",
        b"MVSeparator=x",
    ):
        found = parse_ini(bad)
        assert found.separators == Separators()
        assert len(found.faults) == 1, bad
    assert parse_ini(b"MVSeparator=44").separators == Separators()
    data = b"Obj-Class\tMembers\r\ndl\t'a;b'\r\n"
    file = parse_csv(data, b"ColumnSeparator=09\nQuoteCharacter=39\nMVSeparator=59\n")
    assert values(file.rows[1].cells[1], file.separators) == ("a", "b")
    assert parse_csv(data).header == ("Obj-Class", "Members")


def test_times_have_two_digits_for_the_year():
    assert moment("980120211543Z") == datetime(1998, 1, 20, 21, 15, 43)
    assert moment("800101000000Z").year == 1980
    assert moment("790101000000Z").year == 2079
    assert moment("000229000000Z") == datetime(2000, 2, 29)
    for bad in ("", "980120211543", "981320211543Z", "19980120211543Z", "٩٨0120211543Z"):
        assert moment(bad) is None


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16", "utf-16-be"])
def test_the_encoding_is_told_by_the_byte_order_mark(encoding):
    text = "Obj-Class,Directory Name,USN-Changed\r\nMailbox,Jörg ਊ,5\r\n".replace(
        " ਊ", " ਊ" if "utf" in encoding else ""
    )
    data = (b"\xfe\xff" if encoding == "utf-16-be" else b"") + text.encode(encoding)
    file = parse_csv(data)
    assert file.faults == ()
    assert file.header[0] == "Obj-Class"
    (entry,) = entries(io.BytesIO(data))[1]
    assert entry.key == entry.dn.lower()
    assert entry.dn.startswith("Jörg")


def test_bytes_that_are_no_text_are_a_fault():
    assert [f.kind for f in parse_csv(b"\xef\xbb\xbfObj-Class\r\n\xff\r\n").faults] == ["encoding"]
    assert parse_csv(b"Obj-Class\r\n\x81\r\n").faults == ()


def test_a_dump_gives_entries_and_what_is_known_of_the_server():
    found = []
    facts, each = entries(io.BytesIO(DUMP), INI, found.append)
    assert facts[:7] == ("EUROPA", "AAAA", None, 950, "/o=Microsoft", True, True)
    ann, bob, *_ = each
    assert (ann.key, ann.changed, ann.created, ann.deleted) == ("/o=m/ou=s/cn=recipients/cn=ann", 1020, 900, False)
    assert (ann.version, ann.when, ann.source, ann.source_usn) == (3, datetime(1998, 1, 20, 21, 15, 43), "22C3A937", 77)
    assert dict(ann.values)["Directory Name"] == ("Ann",)
    assert (bob.deleted, bob.line, bob.source) == (True, 3, None)
    assert [fault.number for fault in found] == [291]


def test_without_the_ini_the_server_is_unknown_and_two_ids_decide_nothing():
    facts, _ = entries(io.BytesIO(DUMP))
    assert (facts.server, facts.epoch, facts.last_removed) == (None, None, 990)
    facts, _ = entries(io.BytesIO(b"Obj-Class,Obj-Dist-Name,USN-Changed\r\n"))
    assert (facts.deletions, facts.creations) == (False, False)


def test_container_and_directory_name_stand_in_for_the_distinguished_name():
    data = b"Obj-Class,Directory Name,Obj-Container,USN-Changed\r\ndl,Staff,Recipients/cn=Other,7\r\n"
    (entry,) = entries(io.BytesIO(data))[1]
    assert (entry.dn, entry.key) == ("Recipients/cn=Other/cn=Staff", "recipients/cn=other/cn=staff")


def test_a_line_without_name_or_number_is_reported_and_left_out():
    found = []
    data = b"Obj-Class,Obj-Dist-Name,USN-Changed\r\ndl,,7\r\ndl,/o=a,x\r\n\r\ndl,/o=b,8\r\n"
    _, each = entries(io.BytesIO(data), report=found.append)
    assert [entry.dn for entry in each] == ["/o=b"]
    assert [(fault.kind, fault.line) for fault in found] == [("name", 2), ("usn", 3)]
    found.clear()
    assert list(entries(io.BytesIO(TOMBSTONES), report=found.append)[1]) == []
    assert [fault.kind for fault in found] == ["usn", "field count"]


CELLS = st.lists(st.text(st.characters(codec="cp1252", exclude_characters="\r\n"), min_size=1), min_size=1, max_size=3)


def written(header, rows, encoding="cp1252", **form):
    mark = {"utf-8": b"\xef\xbb\xbf", "utf-16": b"\xff\xfe"}.get(encoding, b"")
    lines = enumerate([header, *rows], 1)
    return mark + b"".join(
        row_line(tuple(header), tuple(row), encoding=encoding, number=number, **form) for number, row in lines
    )


@given(st.lists(st.tuples(CELLS, CELLS), max_size=4), st.sampled_from(exchange_csv.DIALECTS))
def test_what_is_written_is_read_again(table, dialect):
    wanted = [[tuple(cell) for cell in row] for row in table]
    data = written(("Obj-Class", "Members"), wanted, dialect=dialect)
    file = parse_csv(data, dialect=dialect)
    assert file.header == ("Obj-Class", "Members")
    assert not {220, 227, 291, 168} & {fault.number for fault in file.faults}
    for row, held in zip(file.rows[1:], wanted, strict=True):
        for cell, each in zip(row.cells, held, strict=True):
            assert values(cell, dialect=dialect) == each


def test_an_export_with_modes_is_written_for_the_import():
    header = ("Obj-Class", "Mode", "Directory Name", "Members")
    data = written(header, [("dl", "Update", "Staff", ("v%1", "v,2", "v,3")), ("dl", "Delete", "Old", ())])
    assert data == b'Obj-Class,Mode,Directory Name,Members\r\ndl,Update,Staff,"v\\%1%v,2%v,3"\r\ndl,Delete,Old,\r\n'
    assert parse_csv(data, strict=True).faults == ()
    for encoding in ("utf-8", "utf-16"):
        assert parse_csv(written(("Obj-Class",), [("ਊ",)], encoding=encoding)).rows[1].cells == ("ਊ",)


@pytest.mark.parametrize("row", [("a",), ("a", "b", "c"), ("a", "b\r\nc"), ("a", "ਊ")])
def test_what_cannot_be_written_is_refused(row):
    with pytest.raises(FieldError, match="line 2"):
        written(("Obj-Class", "x"), [row])


SIZE = 2 * 10**5


@pytest.mark.parametrize(
    "data",
    [
        line(b"dl,create,x," + b"a" * SIZE),
        line(b'dl,create,x,"' + b"a%" * (SIZE // 2)),
        line(b"dl,create,x," + b"\\" * SIZE + b"a"),
        line(b"dl,create,x," + b"~del<" * (SIZE // 5)),
        line(b"dl,create,x," + b'"' * (SIZE + 1)),
        b"Obj-Class" + b",a" * 10_000 + b"\r\ndl" + b",~DEL" * 10_000,
        b"\x00" * SIZE,
        b"\xff\xfe" + b"\n" * SIZE,
        b"\xfe\xff" + b"\n" * SIZE,
        b"\xff\xfe" + b"\n\x00" * 20_000,
        line(b"dl,create,\x1b[2J\x1b]0;x\x07,"),
    ],
    ids=range(11),
)
def test_hostile_input_takes_time_in_proportion(data):
    for dialect in exchange_csv.DIALECTS:
        started = time.process_time()
        assert parse_csv(data, strict=True, dialect=dialect).build() == data
        list(entries(io.BytesIO(data), INI, dialect=dialect)[1])
        assert time.process_time() - started < 10


def test_a_line_beyond_the_limit_is_cut_and_reported(monkeypatch):
    monkeypatch.setattr(exchange_csv, "LINE_LIMIT", 64)
    for data in (b"Obj-Class\r\n" + b"x" * 200, b"\xff\xfe" + ("x" * 200).encode("utf-16-le")):
        file = parse_csv(data)
        assert file.build() == data
        assert max(row.span.size for row in file.rows) <= 65
        assert "long line" in {fault.kind for fault in file.faults}


class Endless(io.RawIOBase):
    """A file made while it is read."""

    def __init__(self, pieces):
        self.pieces, self.rest = pieces, b""

    def readline(self, size=-1):
        return next(self.pieces, b"")


def made(number):
    row = b'Mailbox,U%d,/o=M/ou=S/cn=U%d,,%d,%d,980120211543Z,1,"a,b%%c",5\r\n'
    return Endless(_with(DUMP.splitlines(keepends=True)[0], (row % (i, i, i, i) for i in range(number))))


def test_objects_are_a_stream():
    facts, found = entries(made(2_000), INI)
    assert facts.last_removed is None  # the stream cannot seek
    assert sum(1 for _ in found) == 2_000
    assert len(written(("Obj-Class",), [("dl",)] * 2_000)) == 11 + 4 * 2_000
    tracemalloc.start()
    try:
        found = entries(made(2_000), INI)[1]
        next(found)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        assert sum(1 for _ in found) == 1_999
        assert sum(1 for _ in rows(made(2_000))) == 2_001
        assert tracemalloc.get_traced_memory()[1] - before < 500_000  # kept, they would take 4 MB
    finally:
        tracemalloc.stop()


def _with(first, rest):
    yield first
    yield from rest


AS_WRITTEN = st.sampled_from(
    ["", " ", "a", "x%y", "%", "7", " 7", "-7", "07", "1", "TRUE", "980120211543Z", "991332000000Z", "\u0667",
     "~DEL", "\\", "a\rb", '"a,b"', '"a"', '""', '" "', '" a"', '"a ""b"', '"a"b', 'a"b', '"', '"x%y,z"', "o" * 254,
     "o" * 255, f'"{"o" * 254}"']
)  # fmt: skip
COLUMN_NAMES = st.permutations(
    ["Obj-Dist-Name", "USN-Changed", "USN-Created", "When-Changed", "Is-Deleted", "Object-Version", "DSA-Signature",
     "USN-Source", "Directory Name", "Obj-Container", "cn", "CN", ""]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(
    COLUMN_NAMES.map(lambda found: found[:8]),
    st.lists(
        st.tuples(st.sampled_from(["Mailbox", " ", "", '"dl"']), st.lists(AS_WRITTEN, min_size=7, max_size=9)),
        max_size=6,
    ),
    st.sampled_from(["cp1252", "utf-8-sig", "utf-16"]),
    st.sampled_from([",", "\t"]),
    st.sampled_from(["\r\n", "\n", "\r\r\n"]),
    st.sampled_from(["5.x", "4.0"]),
    st.booleans(),
    st.binary(max_size=3),
)
def test_a_line_that_needs_no_second_look_says_what_it_says_at_the_second(
    columns, lines, encoding, separator, end, dialect, bare, rest
):
    rows = [("Obj-Class", *columns), *((name, *cells) for name, cells in lines)]
    text = "".join(separator.join(row) + end for row in rows)
    data = text.encode(encoding, "replace") + rest

    def read() -> tuple[list[Entry], list[Fault]]:
        faults: list[Fault] = []
        return list(entries(io.BytesIO(data), None, faults.append, dialect=dialect, bare=bare)[1]), faults

    at_once = read()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchange_csv, "_simple", lambda *_: lambda _: None)
        assert read() == at_once


def test_most_lines_need_no_second_look(monkeypatch):
    data = b"Obj-Class,Obj-Dist-Name,USN-Changed,E-mail Addresses,Is-Deleted\r\n" + b"".join(
        b'Mailbox,"/o=X/cn=Doe, %d",%d,"SMTP:a%%X400:c=us,o=x",\r\nMailbox,/o=X/cn=%d,%d,a%%b,1\r\n' % (n, n, n, n)
        for n in range(100)
    )
    expected = list(entries(io.BytesIO(data))[1])
    monkeypatch.setattr(exchange_csv._Reader, "row", None)
    assert list(entries(io.BytesIO(data))[1]) == expected
    assert [len(expected), expected[0].values[-1][1]] == [200, ("SMTP:a", "X400:c=us,o=x")]
