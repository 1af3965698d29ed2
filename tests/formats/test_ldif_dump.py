"""LDIF dumps: objects by objectGUID, the server by its rootDSE, and changes to be applied elsewhere."""

import base64
import io
import sys
import time
import tracemalloc
import uuid
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("ldif")

from glbtools.errors import FieldError, UsageError
from glbtools.formats import ldif_dump
from glbtools.formats.ldif_dump import change_record, entries, parse_ldif, records
from glbtools.formats.objects import guid, moment
from glbtools.model.directory import Entry

ID = uuid.UUID("8f3b1c2d-0000-1111-2222-333344445555")
CODED = base64.b64encode(ID.bytes_le)
ROOT = (
    b"version: 1\n\ndn:\ndnsHostName: dc1.example.com\n"
    b"dsServiceName: CN=NTDS Settings,CN=DC1,CN=Servers,CN=S,CN=Sites,CN=Configuration,DC=example,DC=com\n"
    b"highestCommittedUSN: 24600\ninvocationID:: " + CODED + b"\n\n"
)
DUMP = (
    b"# a dump\ndn: CN=Ann,DC=example,DC=com\nobjectGUID:: " + CODED + b"\nuSNChanged: 24580\nuSNCreated: 12000\n"
    b"whenChanged: 20260210151048.0Z\ndisplayName:: SsO2cmc=\ndescription: a long\n  line\nmemberOf: a\nmemberOf: b\n\n"
    b"dn: CN=Bob\\0ADEL:8f3b1c2d-0000-1111-2222-333344445556,CN=Deleted Objects,DC=example,DC=com\n"
    b"objectGUID: 8f3b1c2d-0000-1111-2222-333344445556\nuSNChanged: 24590\nuSNCreated: 12001\nisDeleted: TRUE\n"
    b"lastKnownParent: OU=Staff,DC=example,DC=com\n"
)
PIECES = st.sampled_from(
    [
        b"dn: CN=x\n",
        b"dn:: ",
        b"uSNChanged: 1\n",
        b"\n",
        b"\r\n",
        b" ",
        b"#",
        b"objectGUID:: AAAA\n",
        b":",
        b"a:<file:///x\n",
        b"-\n",
        b"\xff",
        b"\x00",
        b"version: 1\n",
        b"isDeleted: TRUE\n",
        b"changetype: add\n",
    ]
)


@given(st.one_of(st.binary(), st.lists(PIECES, max_size=30).map(b"".join)))
def test_every_byte_string_comes_back_exactly_and_records_tile_it(data):
    file = parse_ldif(data)
    assert file.build() == data
    position = 0
    for each in file.records:
        assert (each.span.start, each.line) == (position, data.count(b"\n", 0, position) + 1)
        position = each.span.stop
    assert position == len(data)
    list(entries(io.BytesIO(data), data)[1])


def test_a_dump_with_its_root_gives_entries_and_what_is_known_of_the_server():
    found = []
    facts, each = entries(io.BytesIO(ROOT + DUMP), report=found.append)
    assert facts[:3] == ("dc1.example.com", str(ID), 24600)
    assert (facts.deletions, facts.creations) == (True, True)
    ann, bob = each
    assert (ann.key, ann.dn, ann.changed, ann.created) == (str(ID), "CN=Ann,DC=example,DC=com", 24580, 12000)
    assert (ann.when, ann.deleted, ann.line) == (datetime(2026, 2, 10, 15, 10, 48), False, 9)
    held = dict(ann.values)
    assert (held["displayName"], held["description"], held["memberOf"]) == (("Jörg",), ("a long line",), ("a", "b"))
    assert held["objectGUID"] == (str(ID),)
    assert (bob.key, bob.deleted) == ("8f3b1c2d-0000-1111-2222-333344445556", True)
    assert found == []


def test_the_root_may_be_a_file_of_its_own_with_the_settings_object_beside_it():
    service = b"CN=NTDS Settings,CN=DC1"
    root = (
        b"dn:\ndsServiceName: " + service + b"\nhighestCommittedUSN: 9\n\ndn: cn=ntds settings,CN=DC1\ninvocationID:: "
    )
    facts, each = entries(io.BytesIO(DUMP.replace(b"\n", b"\r\n")), root + CODED + b"\n")
    assert (facts.server, facts.epoch, facts.head) == (service.decode(), str(ID), 9)
    assert len(list(each)) == 2
    facts, _ = entries(io.BytesIO(DUMP))
    assert facts[:3] == (None, None, None)


def test_without_a_tombstone_deletions_cannot_be_seen():
    facts, each = entries(io.BytesIO(b"dn: CN=a\nuSNChanged: 5\nisDeleted: FALSE\n"))
    assert (facts.deletions, facts.creations) == (False, False)
    assert [(entry.key, entry.created) for entry in each] == [("cn=a", None)]


def test_a_guid_is_known_as_bytes_and_as_text():
    assert guid(ID.bytes_le.decode("utf-8", "surrogateescape")) == guid(f"{{{ID}}}".upper()) == str(ID)
    assert guid("abcdefghijklmnop") == str(uuid.UUID(bytes_le=b"abcdefghijklmnop"))
    assert guid("") is guid("x" * 15) is guid("x" * 36) is None
    assert moment("20260210151048.0Z") == moment("20260210151048Z") == datetime(2026, 2, 10, 15, 10, 48)
    assert moment("20261310151048.0Z") is moment("20260210151048") is moment("") is None


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"cn: x\n", "record"),
        (b"dn: CN=a\ndn: CN=b\n", "record"),
        (b"dn: CN=a\n-\n", "record"),
        (b"dn: CN=a\nuSNChanged:: A\n", "record"),
        (b"dn: CN=a\ncn: x\n", "usn"),
        (b"dn: CN=a\nuSNChanged: -1\n", "usn"),
        (b"dn: CN=a\nuSNChanged: 1\nobjectGUID: x\n", "guid"),
        (b"\xff\xfed\x00n\x00", "record"),
    ],
)
def test_what_cannot_be_read_is_reported_with_its_line(data, kind):
    found = []
    each = list(entries(io.BytesIO(b"dn: CN=z\nuSNChanged: 1\n\n" * (data[0] < 128) + data), report=found.append)[1])
    assert [(fault.kind, fault.line) for fault in found] == [(kind, 4 if data[0] < 128 else 1)]
    assert len(each) == (data[0] < 128) + (kind == "guid")


def test_files_named_in_a_value_are_not_opened():
    (record,) = parse_ldif(b"dn: CN=a\ncn:< file:///etc/passwd\n").records
    assert (record.get("cn"), [each.kind for each in record.faults]) == (None, ["elsewhere"])


def test_truncation_anywhere_is_read():
    data = ROOT + DUMP
    for size in range(len(data)):
        assert parse_ldif(data[:size]).build() == data[:size]
        assert len(list(entries(io.BytesIO(data[:size]), data[:size])[1])) <= 2


def test_changes_are_written_without_what_only_the_server_writes():
    ann, bob = entries(io.BytesIO(DUMP))[1]
    assert change_record("A", ann) == (
        b"dn: CN=Ann,DC=example,DC=com\nchangetype: add\ndisplayName:: SsO2cmc=\ndescription: a long line\n"
        b"memberOf: a\nmemberOf: b\n\n"
    )
    assert change_record("M", ann) == (
        b"dn: CN=Ann,DC=example,DC=com\nchangetype: modify\nreplace: displayName\ndisplayName:: SsO2cmc=\n-\n"
        b"replace: description\ndescription: a long line\n-\nreplace: memberOf\nmemberOf: a\nmemberOf: b\n-\n\n"
    )
    assert change_record("D", bob) == b"dn: CN=Bob,OU=Staff,DC=example,DC=com\nchangetype: delete\n\n"
    assert change_record("D", bob._replace(values=())).startswith(b"dn: CN=Bob\\0ADEL:")
    with pytest.raises(UsageError):
        change_record("", ann)
    with pytest.raises(FieldError):
        change_record("A", ann._replace(values=(("First Name", ("x",)),)))


@given(st.lists(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape"))), min_size=1))
def test_every_value_that_is_written_is_read_again(held):
    held = [each for each in held if all(not 0xD800 <= ord(c) < 0xDC80 and not 0xDCFF < ord(c) < 0xE000 for c in each)]
    written = change_record("A", Entry("k", "CN=x" + "y" * 100, 1, values=(("cn", tuple(held)),)))
    assert all(len(line) <= 76 for line in written.splitlines())
    (record,) = parse_ldif(written).records
    assert record.dn == "CN=x" + "y" * 100
    wanted = [each.encode("utf-8", "surrogateescape") for each in held]
    found = [each.encode("utf-8", "surrogateescape") for each in dict(record.values).get("cn", ())]
    assert found == wanted


def test_without_the_library_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ldif", None)
    with pytest.raises(UsageError, match=r'pip install "glbtools\[ldif\]"'):
        parse_ldif(b"")


@pytest.mark.parametrize(
    "data",
    [
        b"dn: CN=a\ncn: " + b"x" * 10**6,
        b"dn: CN=a\ncn:: " + b"QUFB\n " * 200_000,
        b"dn: " + b"a=b+" * 10_000 + b"!\n",
        b"dn: CN=a\n" + b"".join(b"a%d: x\n" % i for i in range(10_000)),
        b"dn: CN=a\n" + b"cn: x\n" * 25_000,
        b"\x00" * 10**6,
        b"\n" * 200_000,
        b"#" * 10**6,
        b"dn: \x1b[2J\nuSNChanged: 1\n",
        b"dn: CN=a\nuSNChanged: " + b"9" * 10**6,
    ],
    ids=range(10),
)
def test_hostile_input_takes_time_in_proportion(data):
    started = time.process_time()
    assert parse_ldif(data).build() == data
    list(entries(io.BytesIO(data), data)[1])
    assert time.process_time() - started < 10


def test_a_record_beyond_the_limit_is_cut_and_reported(monkeypatch):
    monkeypatch.setattr(ldif_dump, "RECORD_LIMIT", 64)
    data = b"dn: CN=a\ncn: " + b"x" * 300 + b"\n\ndn: CN=b\ncn: y\n"
    file = parse_ldif(data)
    assert file.build() == data
    assert max(each.span.size for each in file.records) <= 64
    assert any("longer than" in fault.message for fault in file.faults)
    assert file.records[-1].dn == "CN=b"


def test_a_large_dump_takes_constant_memory(tmp_path):
    path = tmp_path / "dump.ldif"
    with path.open("wb") as file:
        for i in range(2_000):
            file.write(b"dn: CN=u%d\nuSNChanged: %d\nuSNCreated: %d\ndescription: %s\n\n" % (i, i, i, b"x" * 50))
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            assert sum(1 for _ in entries(file)[1]) == 2_000
            file.seek(0)
            assert sum(1 for _ in records(file)) == 2_000
        assert tracemalloc.get_traced_memory()[1] < 400_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_a_dump_in_utf_16_is_read_as_it_stands(codec, tmp_path, run):
    text = DUMP.decode("utf-8") + "\ndn: CN=\u0a0a\u0a00,DC=x\nuSNChanged: 30\nuSNCreated: 30\n"
    wide = ("\ufeff" + text).encode(codec)
    file = parse_ldif(wide)
    assert b"".join(each.raw for each in file.records) == wide
    assert [each._replace(line=0) for each in entries(io.BytesIO(wide))[1]] == [
        each._replace(line=0) for each in entries(io.BytesIO(text.encode("utf-8")))[1]
    ]
    assert file.faults == parse_ldif(text.encode("utf-8")).faults == ()
    spans = [each.span for each in file.records]
    assert [each.start for each in spans] == [0, *(each.stop for each in spans[:-1])]
    (tmp_path / "a.ldf").write_bytes(wide)
    assert run("inspect", tmp_path / "a.ldf").status == 0


def test_the_server_is_named_wherever_in_a_dump_its_own_objects_stand():
    settings = b"dn: CN=NTDS Settings,CN=DC1,CN=Servers\ninvocationId: 640cff0d-5758-40b0-a3ab-53436dda7d8d\n\n"
    root = b"dn:\ndnsHostName: dc1.x\nhighestCommittedUSN: 99\ndsServiceName: CN=NTDS Settings,CN=DC1,CN=Servers\n\n"
    other = settings.replace(b"DC1", b"DC2").replace(b"640c", b"740c")
    for parts, beside in (
        ([DUMP, root, other, settings], None),
        ([other, settings, DUMP], root),
        ([root, DUMP, settings], None),
    ):
        found, _ = entries(io.BytesIO(b"\n".join(parts)), beside)
        assert (found.server, found.head, found.epoch) == ("dc1.x", 99, "640cff0d-5758-40b0-a3ab-53436dda7d8d")


def test_values_that_a_server_gave_in_parts_are_joined_and_what_is_missing_is_said(tmp_path, run):
    head = "dn: CN=g,DC=x\nobjectClass: group\nuSNChanged: 1\nuSNCreated: 1\n"
    for rows, expected in (
        ("member;range=0-1: a=1\nmember;range=0-1: a=2\nmember;range=2-*: a=3\n", 0),
        ("member;range=2-*: a=3\nmember;range=0-1: a=1\nmember;range=0-1: a=2\n", 0),
        ("member;range=0-*: a=1\n", 0),
        ("member;range=0-1: a=1\nmember;range=0-1: a=2\n", 1),
        ("member;range=0-0: a=1\nmember;range=2-*: a=2\n", 1),
    ):
        file = parse_ldif((head + rows).encode())
        assert [name for name, _ in file.records[0].values][-1] == "member"
        assert [fault.kind for fault in file.faults] == ["ending"] * expected
    (tmp_path / "a.ldif").write_text(head + "member;range=0-1: a=1\nmember;range=0-1: a=2\n")
    assert "member has only its first 2 values" in run("diagnose", tmp_path / "a.ldif").out.replace("\n  ", " ")
    done = run("directory", "export", tmp_path / "a.ldif", "--state", tmp_path / "s", "--to", "-", "--server", "s")
    assert (done.status, "member;range=2-*" in done.err) == (2, True)


def test_extended_names_are_read_as_names():
    key = "1d1d3899-0a85-4413-a4dd-63c8a44136c8"
    raw = uuid.UUID(key).bytes_le.hex()
    for shown in (key, raw):
        text = (
            f"dn: <GUID={shown}>;<SID=S-1-5-21-1>;CN=a,DC=x\nuSNChanged: 1\n"
            f"manager: <GUID={shown}>;<RMD_USN=3>;CN=b,DC=x\ndescription: <b>;x\n"
        )
        coded = "".join(  # as ldapsearch writes what begins with <
            f"{name}:: {base64.b64encode(value.encode()).decode()}\n"
            for name, value in (line.split(": ", 1) for line in text.splitlines())
        )
        for written in (text, coded):
            (entry,) = entries(io.BytesIO(written.encode()))[1]
            assert (entry.key, entry.dn) == (key, "CN=a,DC=x")
            assert dict(entry.values)["manager"] == ("CN=b,DC=x",)
            assert dict(entry.values)["description"] == ("<b>;x",)


@pytest.mark.parametrize("value", ["!!!!", "YQ", "YQ==YQ==", "a b c d", "YWJj=", "YWJj YWJj"])
def test_a_value_that_is_not_base64_is_a_fault(value):
    faults = parse_ldif(f"dn: CN=a,DC=x\nuSNChanged: 1\ndescription:: {value}\n".encode()).faults
    assert any("base64" in each.message for each in faults), faults
    assert all(each.damage for each in faults)


def test_what_each_domain_makes_for_itself_is_not_added_and_an_empty_modification_is_none():
    def entry(*classes: str) -> Entry:
        return Entry("k", "CN=x,DC=y", 1, values=(("objectClass", classes), ("cn", ("x",)), ("uSNChanged", ("1",))))

    assert change_record("A", entry("top", "domain", "domainDNS")) == change_record("A", entry("top", "rIDSet")) == b""
    assert change_record("A", entry("top", "domain")).startswith(b"dn: CN=x,DC=y\nchangetype: add\n")
    assert change_record("M", entry("top", "user")) == b""


LINE = st.sampled_from(
    [
        *(b"dn: CN=a,DC=x", b"dn:: Q049YQ==", b"dn:: Q049YQ", b"dn:", b"DN: CN=b", b"cn: a", b"cn:: YQ==", b"cn::YQ"),
        *(b"cn:<file:x", b"cn", b"", b"\r", b" folded", b"# said", b"cn: \xff", b"c\xff: a", b"version: 1"),
        *(
            b"changetype: add",
            b"-",
            b"uSNChanged: 5\r",
            b"member;range=0-1: a",
            b"_x: y",
            b"cn:",
            b"cn:: ",
            b"search: 2",
        ),
    ]
)


@given(st.lists(LINE, max_size=12).map(b"\n".join), st.booleans())
@settings(max_examples=500)
def test_an_object_that_is_read_quickly_is_what_the_library_reads(text, named):
    unfolded = ldif_dump._unfolded((b"dn: CN=a,DC=x\n" if named else b"") + text)
    plain = ldif_dump._plain_object(unfolded)
    if plain is not None:
        assert plain == ldif_dump._read_by_library(ldif_dump._library().LDIFParser, unfolded)


PIECES = st.lists(
    st.sampled_from([b"\n", b"\r\n", b"\r", b"\n\n", b"dn: a", b"x", b" ", b"\n\r\n", b"\xef\xbb\xbf"]), max_size=30
)


@given(PIECES.map(b"".join), st.integers(1, 9), st.sampled_from([1 << 24, 16]))
@settings(max_examples=500)
def test_records_are_the_same_whether_bytes_or_lines_are_read(data, at_once, limit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ldif_dump, "_AT_ONCE", at_once)
        patch.setattr(ldif_dump, "RECORD_LIMIT", limit)
        by_line = list(ldif_dump._long_blocks(ldif_dump._Ahead(data, io.BytesIO()), 1, 0))
        assert list(ldif_dump._blocks(io.BytesIO(data))) == by_line


def test_an_object_is_read_in_one_and_a_half_times_the_time_of_the_library():
    record = b"dn: CN=u%d,OU=Staff,DC=x\nobjectClass: top\nobjectClass: user\nobjectGUID:: %s\ncn: u%d\nmail: u%d@x\n"
    record += b"whenChanged: 20240102000000.0Z\nuSNCreated: %d\nuSNChanged: %d\nmemberOf: CN=A,OU=Staff,\n DC=x\n\n"
    data = b"".join(record % (i, base64.b64encode(i.to_bytes(16, "big")), i, i, i, i) for i in range(5_000))

    def seconds(read):
        times = []
        for _ in range(5):
            started = time.process_time()
            assert sum(1 for _ in read()) in (5_000, 5_001)
            times.append(time.process_time() - started)
        return min(times)

    known = entries(io.BytesIO(data))[0]
    library = seconds(lambda: ldif_dump._library().LDIFParser(io.BytesIO(data)).parse())
    assert seconds(lambda: entries(io.BytesIO(data), known=known)[1]) < 1.5 * library
