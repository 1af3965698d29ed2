"""What search tools print around objects: as OpenLDAP's ldapsearch printed it, and in any order a file may have it."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("ldif")

from glbtools.formats.ldif_dump import begins, entries, parse_ldif
from glbtools.formats.search_output import ENDING, PAGES, Statement, message, read

_PARTS = (Path(__file__).parent / "ldapsearch.txt").read_text("utf-8").split("=== ")[1:]
PRINTED = {each.partition(":")[0]: each.partition("\n")[2].encode() for each in _PARTS}
"""Name of a run -> what it printed."""

WHOLE = (
    "plain", "L", "LL", "LLL", "paged", "paged-L", "paged-LL", "paged-LLL", "prompt", "prompt-LLL", "nowrap", "ufn",
    "v", "S",
)  # fmt: skip
CUT = {
    "size": "4 Size limit exceeded", "size-L": "4 Size limit exceeded", "size-LLL": "4 Size limit exceeded",
    "hard": "4 Size limit exceeded", "referral": "10 Referral", "nosuch": "32 No such object",
    "nosuch-LLL": "32 No such object", "sss": "18 Inappropriate matching",
}  # fmt: skip


def read_all(data: bytes):
    found = []
    return list(entries(io.BytesIO(data), report=found.append)[1]), found


@pytest.mark.parametrize("name", WHOLE)
def test_every_object_is_read_whatever_ldapsearch_prints_around_it(name):
    data = PRINTED[name]
    assert begins(data)
    assert parse_ldif(data).build() == data
    objects, faults = read_all(data)
    assert {each.changed for each in objects} == {10, 20, 21, 22, 23, 40, 41, 50}
    assert {each.changed for each in objects if each.deleted} == {10, 40, 41}
    assert [fault.kind for fault in faults] == ["usn"]  # the domain itself has no number here
    assert not any(fault.damage for fault in parse_ldif(data).faults)
    plain, _ = read_all(PRINTED["plain"])
    assert {each.key: dict(each.values) for each in objects} == {each.key: dict(each.values) for each in plain}


@pytest.mark.parametrize("name", CUT)
def test_an_ending_other_than_success_is_said_and_the_objects_before_it_are_read(name):
    assert begins(PRINTED[name])
    objects, faults = read_all(PRINTED[name])
    (ending,) = {fault.message.partition(":")[0] for fault in faults if fault.kind == "ending"}
    assert ending == f"result {CUT[name]}"
    assert len(objects) == {"size": 2, "size-L": 2, "size-LLL": 2, "hard": 5}.get(name, 0)
    assert not [fault for fault in faults if fault.damage and fault.kind != "ending"]


def test_several_searches_in_one_file_are_one_dump():
    objects, faults = read_all(PRINTED["f"])
    assert [each.changed for each in objects] == [20, 21]
    assert faults == []


def test_a_file_that_ends_before_the_last_page_is_cut_short():
    data = PRINTED["paged"]
    pages = [found.end() for found in re.finditer(rb"pagedresults: cookie=.*\n", data)]
    assert len(pages) == 3
    for stop in pages[:-1]:
        assert [fault.kind for fault in read_all(data[:stop])[1] if fault.damage] == ["ending"]
    assert not [fault for fault in read_all(data[: pages[-1]])[1] if fault.damage]
    comments = PRINTED["paged-LLL"]
    stop = comments.index(b"# pagedresults: cookie=") + 40
    assert [fault.kind for fault in read_all(comments[:stop])[1] if fault.damage] == ["ending"]


def test_a_count_above_what_is_in_the_file_is_a_remark():
    data = PRINTED["plain"]
    first = data.index(b"# anton")
    less = data[:first] + data[data.index(b"# berta") :]
    assert [(fault.kind, fault.damage) for fault in read_all(less)[1]] == [("usn", False), ("count", False)]
    ldb = b"# record 1\ndn: CN=a\nuSNChanged: 5\n\n# returned 2 records\n# 2 entries\n# 0 referrals\n"
    assert [fault.kind for fault in read_all(ldb)[1]] == ["count"]
    assert read_all(ldb.replace(b"# 2 entries", b"# 1 entries"))[1] == []


OBJECT = b"dn: CN=a\nuSNChanged: 5\n"


@pytest.mark.parametrize(
    "beside",
    [
        b"ref: ldap://x/DC=y\n",
        b"ref:: bGRhcDovL3g=\n",
        b"# search reference\nref: ldap://x/a\nref: ldap://y/b\n",
        b"search: 2\nresult: 0 Success\n",
        b"search: 2\nresult: 0 Success\nmatchedDN: DC=x\ntext: words of a server\n",
        b"search: 2\nresult: 0 Success\nmatched: DC=x\ntext: 0000202B: RefErr, 1 access points\n\tref 1: 'x'\n",
        b"control: 1.2.840.113556.1.4.319 false MAUCAQAEAA==\npagedresults: cookie=\n",
        b"# sortResult: (0) Success\nsortResult: (0) Success\nvlvResult: pos=1 count=2 context= (0) Success\n",
        b"extended: 1.3.6.1.4.1.1466.20036\ndata:: AAAA\nresult: 0 Success\n",
        b"# Referral\nref: ldap://x/CN=Configuration\n",
        b"SASL/GSSAPI authentication started\nSASL username: a@X\nSASL SSF: 256\nSASL data security layer installed.\n",
        b"Enter LDAP Password: \n",
        b"Success (0)\n",
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_what_a_search_prints_beside_objects_is_no_damage(beside, end):
    for text in (OBJECT + b"\n" + beside, beside + b"\n" + OBJECT, beside + b"\n" + OBJECT + b"\n" + beside):
        data = text.replace(b"\n", end)
        objects, faults = read_all(data)
        assert ([each.dn for each in objects], faults) == (["CN=a"], [])
        assert begins(data)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"ldap_result: Can't contact LDAP server (-1)", "-1 Can't contact LDAP server"),
        (b"ldap_search_ext: Bad search filter (-7)", "-7 Bad search filter"),
        (b"Administrative limit exceeded (11)", "11 Administrative limit exceeded"),
        (
            b"search error - LDAP error 4 LDAP_SIZE_LIMIT_EXCEEDED - <> <>",
            "LDAP error 4 LDAP_SIZE_LIMIT_EXCEEDED - <> <>",
        ),
        (b"got interrupt, abandon got 0: Success", "abandon got 0: Success"),
    ],
)
def test_what_went_to_standard_error_tells_the_ending_too(line, said):
    assert message(line) == (Statement(ENDING, said),)
    for data in (OBJECT + line + b"\n", line + b"\n" + OBJECT, OBJECT + b"\n" + line + b"\n"):
        objects, faults = read_all(data)
        assert [each.dn for each in objects] == ["CN=a"]
        assert [fault.message.partition(": the dump")[0] for fault in faults] == [f"result {said}"]


@pytest.mark.parametrize(
    "text",
    [
        b"cn: x\nuSNChanged: 5\n",
        b"# a comment\ncn: x\nuSNChanged: 5\n",  # an object whose name was lost, not a broken comment
        b"ref: ldap://x\nuSNChanged: 5\n",
        b"hello there\n",
    ],
)
def test_an_object_whose_name_is_lost_is_damage(text):
    _, faults = read_all(OBJECT + b"\n" + text)
    assert [fault.damage for fault in faults] == [True]


def test_a_line_before_a_name_is_passed_over_behind_a_comment_only():
    guid = b"00000000-0000-0000-0000-000000000384"
    for broken in (b"# emil\nDEL:" + guid + b", Deleted Objects,\n  x\n", b"# twin\nCNF:" + guid + b", x\n"):
        assert read_all(broken + OBJECT)[1] == []
    assert [(fault.kind, fault.damage) for fault in read_all(b"# one\ntwo\n" + OBJECT)[1]] == [("comment", False)]
    assert [(fault.kind, fault.damage) for fault in read_all(b"two\n" + OBJECT)[1]] == [("record", True)]


def test_what_follows_a_name_and_is_no_attribute_is_none():
    lines = b"control: 1.3.6.1.4.1.4203.1.9.1.2 false MB0=\nchangetype: add\nufn: a, x\n"
    (record,) = parse_ldif(b"dn: CN=a\n" + lines + b"cn: a\n").records
    assert (record.change, record.values) == ("add", (("cn", ("a",)),))
    (other,) = parse_ldif(b"dn: CN=a\ncontrol: of the volume\ncn: a\n").records
    assert [name for name, _ in other.values] == ["control", "cn"]


def test_a_change_is_no_object_and_no_damage():
    for kind in (b"delete", b"modify\nreplace: cn\ncn: x\n-", b"modrdn\nnewrdn: CN=b\ndeleteoldrdn: 1"):
        objects, faults = read_all(OBJECT + b"\ndn: CN=b\nchangetype: " + kind + b"\n")
        assert ([each.dn for each in objects], [(each.kind, each.damage) for each in faults]) == (
            ["CN=a"],
            [("change", False)],
        )


@given(st.lists(st.sampled_from(sorted(PRINTED.values())), min_size=1, max_size=4), st.data())
def test_any_part_of_any_output_is_read_and_comes_back(printed, data):
    text = b"".join(printed)
    start = data.draw(st.integers(0, len(text)))
    part = text[start : data.draw(st.integers(start, len(text)))]
    assert parse_ldif(part).build() == part
    read_all(part)
    begins(part)


@given(st.binary())
def test_lines_of_any_kind_are_read(data):
    for told in read(data).told:
        assert told.name == PAGES or told.value
    message(data)


@pytest.mark.parametrize(
    "data",
    [b"x (1)\n" * 25_000, b"a " * 500_000, b"ldap_" + b"x" * 10**6 + b": y (", b"# a\n" + b"b\n" * 25_000,
     OBJECT + b"x (1)\n" * 25_000, b"text: x\n" * 25_000, b"# pagedresults: cookie=" + b"=" * 10**6],
    ids=range(7),
)  # fmt: skip
def test_hostile_lines_take_time_in_proportion(data):
    started = time.process_time()
    read_all(data)
    begins(data)
    assert time.process_time() - started < 10
