"""Dumps that are not quite as expected: every command says so in the same words, and none takes less for the whole."""

from __future__ import annotations

import base64
import io
import json
import struct
import time
import uuid

import pytest

from glbtools.formats.ldif_dump import entries, parse_ldif

ROOT = "dn:\ndnsHostName: dc1.x\nhighestCommittedUSN: 9000\n\n"
TOMBSTONE = (
    "dn: CN=Deleted Objects,DC=x\nobjectClass: container\nisDeleted: TRUE\n"
    "objectGUID: 00000000-0000-0000-0000-000000000009\nuSNCreated: 3\nuSNChanged: 3\n\n"
)


def identity(number: int) -> str:
    return f"{number:08x}-0000-0000-0000-000000000001"


def person(number: int, extra: str = "") -> str:
    return (
        f"dn: CN=p{number},DC=x\nobjectClass: user\ncn: p{number}\nobjectGUID: {identity(number)}\n"
        f"uSNCreated: {4000 + number}\nuSNChanged: {5000 + number}\n{extra}\n"
    )


def group(rows: str, number: int = 6000) -> str:
    return (
        f"dn: CN=G,DC=x\nobjectClass: group\ncn: G\nobjectGUID: {identity(99)}\nuSNCreated: 4999\n"
        f"uSNChanged: {number}\n{rows}\n"
    )


PEOPLE = "".join(map(person, range(6)))
WHOLE = ROOT + TOMBSTONE + PEOPLE


@pytest.fixture
def said(run, tmp_path):
    """``said(content)``: status and words of each command on one dump."""

    def call(content: str | bytes) -> dict[str, tuple[int, str]]:
        path = tmp_path / "dump.ldif"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        (tmp_path / "whole.ldif").write_text(WHOLE)
        state = tmp_path / "s.json"
        state.unlink(missing_ok=True)
        done = {
            "inspect": run("inspect", path),
            "diagnose": run("diagnose", path),
            "export": run("directory", "export", path, "--state", state, "--to", "-"),
            "compare": run("directory", "compare", tmp_path / "whole.ldif", path),
        }
        return {name: (each.status, " ".join((each.out + each.err).split())) for name, each in done.items()}

    return call


def test_names_without_values_are_said_by_every_command_with_one_advice(said):
    names = "objectClass:\ncn:\nobjectGUID:\nuSNCreated:\nuSNChanged:\n\n"
    found = said(
        f"# extended LDIF\n\ndn: CN=p1,DC=x\n{names}dn: CN=p2,DC=x\n{names}# search result\nresult: 0 Success\n"
    )
    assert [status for status, _ in found.values()] == [1, 1, 2, 2]
    assert all("ldapsearch -A gives them" in words for _, words in found.values()), found
    assert "Take the dump without -A" in found["diagnose"][1]


def test_names_without_values_and_without_numbers_are_no_equal_objects(said):
    found = said("dn: CN=p1,DC=x\nobjectClass:\ncn:\n\ndn: CN=p2,DC=x\nobjectClass:\ncn:\n\n")
    assert [status for status, _ in found.values()] == [1, 2, 2, 2]
    assert all("ldapsearch -A" in words for _, words in found.values()), found


def test_a_dump_without_identities_is_said_by_every_command(said, run, tmp_path):
    bare = "".join(line for line in WHOLE.splitlines(keepends=True) if not line.startswith("objectGUID"))
    found = said(bare)
    assert all("known by its name alone" in words for _, words in found.values()), found
    (directory,) = json.loads(run("diagnose", tmp_path / "dump.ldif", "--json").out)["directories"]
    assert directory["identified"] is False
    assert not any("known by its name alone" in words for _, words in said(WHOLE).values())


@pytest.mark.parametrize(("end", "way"), [("\r", "tr '\\r' '\\n'"), ("\r\r\n", "tr -d '\\r'")])
def test_ends_of_lines_that_no_tool_writes_are_named_by_every_command(said, end, way):
    for status, words in said(WHOLE.replace("\n", end)).values():
        assert (status, way in words, "a text whose lines end in CR" in words) == (2, True, True)


def test_members_that_two_searches_gave_in_parts_are_those_of_one_group(said, tmp_path, run):
    first, second = "member;range=0-1: CN=p1,DC=x\nmember;range=0-1: CN=p2,DC=x\n", "member;range=2-*: CN=p3,DC=x\n"
    only_names = f"dn: CN=G,DC=x\n{second}\n"
    whole = "member: CN=p1,DC=x\nmember: CN=p2,DC=x\nmember: CN=p3,DC=x\n"
    (tmp_path / "one.ldif").write_text(WHOLE + group(whole))
    for parts in (group(first) + group(second), group(second) + PEOPLE + group(first), group(first) + only_names):
        found = said(ROOT + TOMBSTONE + PEOPLE + parts)
        assert [status for status, _ in found.values()] == [0, 0, 0, 0], found
        compared = run("directory", "compare", tmp_path / "one.ldif", tmp_path / "dump.ldif")
        assert "difference: 0 A, 0 M, 0 D" in compared.out


def test_members_in_parts_that_were_written_meanwhile_or_have_a_hole_are_cut(said):
    first, second = "member;range=0-0: CN=p1,DC=x\n", "member;range=1-*: CN=p2,DC=x\n"
    for parts in (
        group(first) + group(second, 6001),
        group(first),
        group(second),
        group(first) + group(second.replace("1-*", "2-*")),
    ):
        found = said(WHOLE + parts)
        assert [status for status, _ in found.values()] == [1, 1, 2, 2], found
        assert all("the dump is cut short" in words for _, words in found.values())
    assert "lacks its first values" in said(WHOLE + group(second))["inspect"][1]


@pytest.mark.parametrize(
    ("number", "end", "cut"),
    [
        (999, "", False),
        (1000, "", True),
        (1001, "", False),
        (1000, "# pagedresults: cookie=\n", False),
        (1000, "search: 2\nresult: 0 Success\n", False),
    ],
)
def test_as_many_entries_as_a_server_gives_at_once_may_be_only_the_first(said, number, end, cut):
    found = said(ROOT + "".join(map(person, range(number))) + end)
    for name, (_, words) in found.items():
        assert (f"exactly {number} entries" in words) == cut, (name, words)
    assert (found["export"][0], found["compare"][0]) == (int(cut), int(cut))


def test_a_link_that_was_taken_away_and_is_kept_for_replication_is_no_member():
    link = "member: <GUID={}>;<RMD_CHANGETIME=1>;<RMD_FLAGS={}>;<RMD_VERSION=1>;<SID=S-1-5>;CN=p{},DC=x\n"
    rows = link.format(identity(1), 0, 1) + link.format(identity(2), 1, 2) + link.format(identity(3), 17, 3)
    (found,) = entries(io.BytesIO(group(rows).encode()))[1]
    assert dict(found.values)["member"] == ("CN=p1,DC=x",)
    (emptied,) = entries(io.BytesIO(group(link.format(identity(2), 1, 2)).encode()))[1]
    assert "member" not in dict(emptied.values)


def test_a_value_that_may_be_cut_off_is_not_written(said):
    value = base64.b64encode("Jürgen Jürgen".encode()).decode()
    for size in range(1, len(value)):
        found = said(WHOLE + person(7, f"description:: {value[:size]}")[:-1])
        assert found["export"][0] == found["compare"][0] == 2
        assert found["diagnose"][0] == 1
        assert "cut off" in found["inspect"][1] or "not base64" in found["inspect"][1]


def test_an_object_that_may_lack_lines_is_said_where_it_is_written(said):
    found = said(WHOLE[:-1])  # without the empty line behind the last object
    assert [found[each][0] for each in ("diagnose", "export", "compare")] == [1, 1, 1]
    assert all(
        "no empty line is behind the last object" in found[each][1] for each in ("diagnose", "export", "compare")
    )


def test_what_a_server_says_over_two_lines_is_its_answer_and_no_damage():
    answer = (
        "No such object (32)\nMatched DN: DC=x\nAdditional information: 0000208D: NameErr: DSID-1, best match of:\n"
        "\t'DC=x'\n\n"
    )
    for text in (WHOLE + answer, WHOLE[:-1] + answer):
        faults = parse_ldif(text.encode()).faults
        assert [each.kind for each in faults] == ["ending"], faults
        assert len(list(entries(io.BytesIO(text.encode()))[1])) == 7


def test_inspect_says_of_a_dump_what_export_refuses(said):
    for wrong in ("objectGUID: none", "uSNChanged: many", "isDeleted: perhaps", "uSNCreated: x"):
        name = wrong.partition(":")[0]
        text = "".join(line for line in person(7).splitlines(keepends=True) if not line.startswith(name))
        found = said(WHOLE + text[:-1] + wrong + "\n\n")
        assert [status for status, _ in found.values()] == [1, 1, 2, 2], (wrong, found)


LISTED = (
    "\r\n\r\nconfigurationNamingContext    : CN=Configuration,DC=x\r\ncurrentTime                   : 3/18/2009 "
    "11:12:55 AM\r\ndnsHostName                   : DC1.x\r\n"
    "dsServiceName                 : CN=NTDS Settings,CN=DC1,\r\n"
    "                                CN=Servers,DC=x\r\nhighestCommittedUSN           : 23015\r\n"
    "isSynchronized                : {TRUE}\r\n\r\n\r\nHostName       : DC1.x\r\n"
    "InvocationId   : 640cff0d-5758-40b0-a3ab-53436dda7d8d\r\nIsReadOnly     : False\r\n\r\n"
)


@pytest.mark.parametrize("code", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", ["dc1.ldf", "dc1.csv"])
def test_what_powershell_lists_of_a_server_says_whose_dump_is_beside_it(tmp_path, run, code, name):
    (tmp_path / "dc1.rootdse.txt").write_bytes(LISTED.encode(code))
    csv = f"DN,objectClass,objectGUID,uSNChanged\r\n\"CN=a,DC=x\",user,X'{'0' * 31}1',5\r\n"
    (tmp_path / name).write_text(csv if name.endswith("csv") else TOMBSTONE + PEOPLE)
    (found,) = json.loads(run("diagnose", tmp_path, "--json").out)["directories"]
    assert (found["server"], found["head"]) == ("DC1.x", 23015)
    assert found["epoch"] == "640cff0d-5758-40b0-a3ab-53436dda7d8d"
    alone = run("inspect", tmp_path / "dc1.rootdse.txt")
    assert (alone.status, "Get-ADRootDSE" in alone.err, "NAME.rootdse.txt" in alone.err) == (2, True, True)


def test_a_vector_that_was_searched_for_is_taken_as_cursors(tmp_path, run):
    epoch = uuid.UUID("640cff0d-5758-40b0-a3ab-53436dda7d8d")
    head = ROOT + f"dn: CN=NTDS Settings,DC=x\ninvocationId: {epoch}\n\n"
    (tmp_path / "dc1.ldif").write_text(
        head.replace("highest", "dsServiceName: CN=NTDS Settings,DC=x\nhighest") + TOMBSTONE + PEOPLE
    )
    (tmp_path / "dc2.ldif").write_text(ROOT.replace("dc1", "dc2") + TOMBSTONE + PEOPLE)
    vector = struct.pack("<IIII", 2, 0, 1, 0) + epoch.bytes_le + struct.pack("<QQ", 9003, 0)
    row = base64.b64encode(vector).decode()
    (tmp_path / "seen").mkdir()
    (tmp_path / "seen" / "dc2.ldif").write_text(f"dn: DC=x\nreplUpToDateVector:: {row}\n\n")
    words = ("directory", "backsync", "--restored", tmp_path / "dc1.ldif", "--partner", tmp_path / "dc2.ldif")
    done = run(*words, "--cursors", tmp_path / "seen" / "dc2.ldif", "--json")
    (partner,) = json.loads(done.out)["partners"]
    assert (partner["remembered"], partner["state"]) == (9003, "ROLLED_BACK"), partner
    (tmp_path / "seen" / "dc2.ldif").write_text("dn: DC=x\nobjectClass: top\n\n")
    none = run(*words, "--cursors", tmp_path / "seen" / "dc2.ldif")
    assert (none.status, "no object has replUpToDateVector" in none.err) == (2, True)


@pytest.mark.parametrize("content", ["version: 1\n\n", "dn: CN=a,DC=x\nuSNChanged:< file:///a\ncn: a\n\n"])
def test_a_dump_of_which_nothing_is_read_says_so(said, content):
    for status, words in (said(content)[each] for each in ("export", "compare")):
        assert (status, "no object is read of it: the search found nothing, or gave no numbers" in words) == (1, True)


def test_a_search_that_found_nothing_new_on_a_server_that_says_its_number_is_an_export_of_nothing(said):
    status, words = said(ROOT)["export"]
    assert (status, "0 A, 0 M, 0 D; USN 9000 is remembered" in words) == (0, True)


def test_members_that_samba_reveals_as_taken_away_are_none():
    """As ``ldbsearch --reveal --extended-dn`` of Samba 4.17 prints a group of which one of two members was removed."""
    text = (
        "# record 1\ndn: <GUID=a4184595-25c1-478e-8949-ff100cff3d61>;<SID=S-1-5-21-1>;CN=Readers,DC=x\n"
        "objectClass: group\nuSNChanged: 3956\n"
        "member: <GUID=a62e312d-754c-444d-9ac6-1204e08d7f28>;<RMD_ADDTIME=1344046515900\n 00000>;"
        "<RMD_CHANGETIME=134404651610000000>;<RMD_FLAGS=1>;<RMD_INVOCID=1fff07c\n 8-3734-4846-9e31-16d564b53628>;"
        "<RMD_VERSION=2>;<SID=S-1-5-21-1>;CN=berta,DC=x\n"
        "member: <GUID=539951c5-5d0f-497b-b613-7cc1cfd9a887>;<RMD_FLAGS=0>;<RMD_VERSION=1>;CN=anton,DC=x\n\n"
        "# returned 1 records\n"
    )
    (found,) = entries(io.BytesIO(text.encode()))[1]
    assert (found.dn, found.key) == ("CN=Readers,DC=x", "a4184595-25c1-478e-8949-ff100cff3d61")
    assert dict(found.values)["member"] == ("CN=anton,DC=x",)


def test_dumps_of_two_servers_in_one_file_are_said_by_every_command(said):
    second = ROOT.replace("dc1", "dc2") + person(7)
    found = said(WHOLE + second)
    assert [status for status, _ in found.values()] == [1, 1, 2, 2]
    assert all("dumps of two servers are in one file" in words for _, words in found.values()), found
    again = said(WHOLE + ROOT.replace("dc1", "DC1") + person(7))
    assert [status for status, _ in again.values()] == [0, 0, 0, 0]


def test_many_groups_in_parts_take_time_in_proportion():
    row = "member;range=0-0: CN=p1,DC=x\n"
    times = []
    for count in (1_000, 8_000):
        text = "".join(f"dn: CN=g{at},DC=x\nobjectClass: group\nuSNChanged: {at + 1}\n{row}\n" for at in range(count))
        began = time.process_time()
        assert sum(1 for _ in entries(io.BytesIO(text.encode()))[1]) == count
        times.append(time.process_time() - began)
    assert times[1] < 20 * max(times[0], 0.01)
