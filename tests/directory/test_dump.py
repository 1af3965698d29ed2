"""Dumps on disk: told by content, read with what lies beside them, exported whole or not at all."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from glbtools.directory.attributes import as_ldap
from glbtools.directory.cursors import known_to, remembered
from glbtools.directory.dump import Dump
from glbtools.directory.output import FORMS, writer, written
from glbtools.directory.state import State, held, save
from glbtools.errors import DescriptionError, FieldError, UnknownFormatError, UsageError
from glbtools.formats.dirsync_file import parse_dirsync
from glbtools.formats.ldif_dump import parse_ldif
from glbtools.model.directory import Entry
from tests.directory.exports import collected

HEADER = "Obj-Class,Obj-Dist-Name,Display Name,Is-Deleted,USN-Changed,USN-Created"
ROWS = ('Mailbox,/o=X/cn=a,"Doe, A",,5,5', "Mailbox,/o=X/cn=b,B,,7,6", "Remote,/o=X/cn=c,,1,9,4")
LDIF = """\
dn:
dnsHostName: dc1.example.org
highestCommittedUSN: 30

dn: CN=a,DC=x
objectGUID:: AAECAwQFBgcICQoLDA0ODw==
uSNChanged: 12
uSNCreated: 11
displayName: A

dn: CN=b\\0ADEL:03020100-0504-0706-0809-0a0b0c0d0e0f,CN=Deleted Objects,DC=x
objectGUID:: EAECAwQFBgcICQoLDA0ODw==
uSNChanged: 14
uSNCreated: 3
isDeleted: TRUE
lastKnownParent: OU=people,DC=x
"""


def csv(*rows: str, header: str = HEADER) -> bytes:
    return "".join(f"{line}\r\n" for line in (header, *rows)).encode("cp1252")


def put(directory: Path, name: str, data: bytes) -> Path:
    (directory / name).write_bytes(data)
    return directory / name


def test_an_export_ini_beside_a_csv_names_its_server(tmp_path):
    path = put(tmp_path, "usn.csv", csv(*ROWS))
    assert Dump(path).facts().server is None
    put(tmp_path, "EXPORT.INI", b"[Export]\r\nDirectoryService=S1\r\nBasepoint=/o=X\r\n")
    assert Dump(path).facts()[:1] == ("S1",)
    put(tmp_path, "usn.ini", b"[Export]\r\nDirectoryService=S2\r\n")
    assert Dump(path).facts().server == "S2"


def test_a_root_beside_an_ldif_or_in_it_names_server_and_head(tmp_path):
    own = Dump(put(tmp_path, "own.ldif", LDIF.encode()))
    assert (own.facts().server, own.facts().head) == ("dc1.example.org", 30)
    root, _, objects = LDIF.partition("\n\n")
    apart = put(tmp_path, "apart.ldf", objects.encode())
    assert Dump(apart).facts().head is None
    put(tmp_path, "apart.rootdse.ldif", f"{root}\n".encode())
    assert (Dump(apart).facts().head, Dump(apart).facts().deletions) == (30, True)


@pytest.mark.parametrize("name", ["usn.csv", "usn.txt", "anything"])
@pytest.mark.parametrize(("data", "kind"), [(csv(*ROWS), "csv"), (LDIF.encode(), "ldif")])
def test_what_a_dump_is_its_content_says(name, data, kind, tmp_path):
    assert Dump(put(tmp_path, name, data)).kind == kind


def test_utf_16_is_read(tmp_path):
    path = put(tmp_path, "usn.csv", csv(*ROWS).decode("cp1252").encode("utf-16"))
    assert [each.dn for each in Dump(path).entries()] == ["/o=X/cn=a", "/o=X/cn=b", "/o=X/cn=c"]


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"# notes\n", b"A Paul\tPCM:NET/PO/paul\r\n", bytes(range(256))])
def test_other_files_are_refused(data, tmp_path):
    with pytest.raises(UnknownFormatError):
        Dump(put(tmp_path, "usn.csv", data))


@pytest.mark.parametrize(
    ("row", "line", "said"),
    [
        ("Mailbox,/o=X/cn=d,D,,x,1", 5, "USN-Changed"),
        ("Mailbox,/o=X/cn=d,D,,8,1,more", 5, "fields"),
        (",/o=X/cn=d,D,,8,1", 5, "Obj-Class"),
        ('Mailbox,/o=X/cn=d,"D,,8,1', 5, "quote"),
        ("Mailbox,,D,,8,1", 5, "no name"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_exported(row, line, said, tmp_path):
    dump = Dump(put(tmp_path, "usn.csv", csv(*ROWS, row)))
    with pytest.raises(FieldError, match=said) as caught:
        collected(dump, State())
    assert f"line {line}" in str(caught.value)


def test_a_short_row_is_read_and_remarked_on(tmp_path):
    dump = Dump(put(tmp_path, "usn.csv", csv(*ROWS, "Mailbox,/o=X/cn=d,D,,8")))
    found, _ = collected(dump, State())
    assert [each.dn for _, each in found][-1] == "/o=X/cn=d"
    assert "line 5" in dump.remarks[0]


def changes(directory: Path) -> list[tuple[str, Entry]]:
    dump = Dump(put(directory, "usn.csv", csv(*ROWS)))
    return collected(dump, State(exported=5), server="S1")[0]


def test_every_form_says_the_same_changes(tmp_path):
    found = changes(tmp_path)
    names = Dump(tmp_path / "usn.csv").columns()
    assert [(what, each.dn) for what, each in found] == [("D", "/o=X/cn=c"), ("A", "/o=X/cn=b")]
    sections = parse_dirsync(written("dirsync", names, found)).changes
    assert [(each.kind, each.dn) for each in sections] == [("D", "/o=X/cn=c"), ("A", "/o=X/cn=b")]
    rows = written("csv", names, found).decode().splitlines()
    assert rows == [
        "Obj-Class,Mode,Obj-Dist-Name,Display Name",
        "Remote,Delete,/o=X/cn=c,",
        "Mailbox,Update,/o=X/cn=b,B",
    ]
    records = parse_ldif(written("ldif", names, found)).records
    assert [(each.dn, each.change) for each in records] == [("cn=c,o=X", "delete"), ("cn=b,o=X", "add")]
    lines = [json.loads(line) for line in written("jsonl", names, found).splitlines()]
    assert [(each["change"], each["dn"], each["usn"]) for each in lines] == [
        ("D", "/o=X/cn=c", 9),
        ("A", "/o=X/cn=b", 7),
    ]
    assert "USN" not in written("dirsync", names, found).decode()


def test_an_empty_csv_of_changes_has_its_header():
    assert written("csv", ("Obj-Class", "Display Name"), []) == b"Obj-Class,Mode,Obj-Dist-Name,Display Name\r\n"


def test_there_are_four_forms():
    for form in FORMS:
        writer(form, (), lambda _: None)
    with pytest.raises(UsageError):
        writer("xml", (), lambda _: None)


def test_an_ldif_tombstone_is_deleted_under_its_former_name(tmp_path):
    dump = Dump(put(tmp_path, "ad.ldif", LDIF.encode()))
    found, outcome = collected(dump, State("dc1.example.org", exported=11))
    assert [(what, each.key[:8]) for what, each in found] == [("D", "03020110"), ("M", "03020100")]
    assert outcome.state.exported == 14
    assert b"OU=people,DC=x\nchangetype: delete" in written("ldif", dump.columns(), found)


@pytest.mark.parametrize(
    ("dn", "ldap"),
    [("/o=X/ou=S/cn=a", "cn=a,ou=S,o=X"), ("/o=X/cn=a/b, c", "cn=a/b\\, c,o=X"), ("CN=a,DC=x", "CN=a,DC=x")],
)
def test_an_exchange_name_is_turned_round_for_ldap(dn, ldap):
    assert as_ldap(Entry(dn, dn, 1)).dn == ldap


def test_cursors_are_of_the_restored_server_or_refused(tmp_path):
    dump = Dump(put(tmp_path, "s1.csv", csv(*ROWS)))

    def cursors(*logs: str) -> Path:
        rows = [{"consumer": f"P{at}", "log_id": log, "position": at} for at, log in enumerate(logs)]
        data = json.dumps({"schema": "glbtools.cursors/1", "cursors": rows})
        return put(tmp_path, "cursors.json", data.encode())

    assert remembered(cursors("S1", "S2", "s1"), dump, ["p0"]) == {"p0": 0, "P2": 2}
    assert remembered(cursors("other"), dump, []) == {"P0": 0}
    with pytest.raises(UsageError, match="other, third"):
        remembered(cursors("other", "third"), dump, [])


VECTOR = (
    "Caching GUIDs.\r\n..\r\nSite\\S1 (retired) @ USN     9 @ Time 2026-02-10 15:10:48\r\n"
    "Site\\S1 @ USN     {} @ Time 2026-02-11 15:10:48\r\nSite\\S2 @ USN     800 @ Time 2026-02-11 15:10:48\r\n"
)


def vector(place: Path, name: str, position: int, encoding: str = "utf-8") -> Path:
    return put(place, name, VECTOR.format(position).encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_vector_says_how_far_the_partner_has_got_whose_name_its_file_bears(tmp_path, encoding):
    put(tmp_path, "b.ini", b"[Export]\r\nDirectoryService=S2\r\n")
    own, partner, other = (Dump(put(tmp_path, f"{name}.csv", csv(*ROWS))) for name in ("s1", "b", "c"))
    partners = {"S2": partner, "c": other}
    for name in ("s2.txt", "B.utdvec.log", "S2"):
        assert known_to([vector(tmp_path, name, 24, encoding)], own, partners) == {"S2": 24}, name
    both = [vector(tmp_path, "s2.txt", 24), vector(tmp_path, "c.txt", 31)]
    assert known_to(both, own, partners) == {"S2": 24, "c": 31}
    listed = {"schema": "glbtools.cursors/1", "cursors": [{"consumer": "c", "log_id": "S1", "position": 31}]}
    again = put(tmp_path, "seen.json", json.dumps(listed).encode())
    assert known_to([*both, again], own, partners) == {"S2": 24, "c": 31}


def test_a_vector_names_hosts_by_their_own_part_or_by_invocation_id(tmp_path):
    own = Dump(put(tmp_path, "ad.ldif", LDIF.encode()))
    partner = {"dc2.example.org": Dump(put(tmp_path, "other.csv", csv(*ROWS)))}
    put(tmp_path, "dc2.txt", b"Site\\DC1 @ USN 24 @ Time t\r\nSite\\DC2 @ USN 900 @ Time t\r\n")
    assert remembered(tmp_path / "dc2.txt", own, partner, {"dc2": {"dc2.example.org"}}) == {"dc2.example.org": 24}
    exported = put(tmp_path, "s.csv", csv("Mailbox,/o=X/cn=a,A,,5,5").replace(b"Display Name", b"Invocation-ID"))
    put(tmp_path, "b.txt", b"A @ USN 5 @ Time t\r\nOTHER @ USN 7 @ Time t\r\n")
    assert remembered(tmp_path / "b.txt", Dump(exported), ["B"]) == {"B": 5}


def test_a_vector_of_nobody_of_several_or_without_the_restored_server_is_refused(tmp_path):
    own, partner = (Dump(put(tmp_path, f"{name}.csv", csv(*ROWS))) for name in ("s1", "b"))
    lines: list[str] = []
    with pytest.raises(UsageError, match=r"call it as the partner is \(b\)"):
        known_to([vector(tmp_path, "vector.txt", 24)], own, {"b": partner})
    with pytest.raises(UsageError, match="are both called so"):
        known_to([vector(tmp_path, "b.txt", 24)], own, {"b": partner, "B2": partner})
    with pytest.raises(UsageError, match="names the logs s2, and which"):
        known_to([put(tmp_path, "b.txt", b"Site\\S2 @ USN 24 @ Time t\r\n")], own, {"b": partner})
    with pytest.raises(UsageError, match="several lines"):
        known_to([put(tmp_path, "b.txt", b"X\\S1 @ USN 2 @ Time t\nY\\S1 @ USN 3 @ Time t\n")], own, {"b": partner})
    with pytest.raises(UsageError, match="b has seen 25, and another file says 24"):
        known_to([vector(tmp_path, "b.txt", 24), vector(tmp_path, "b.log", 25)], own, {"b": partner})
    assert known_to(
        [put(tmp_path, "b.txt", VECTOR.format(3).encode() + b"what\r\n")], own, {"b": partner}, lines.append
    )
    assert [each.partition(": ")[2] for each in lines] == ["line 6: not understood: what"]
    for data in (b"", b"DsBindWithCred failed\r\n", b"[1]"):
        with pytest.raises(DescriptionError):
            known_to([put(tmp_path, "b.txt", data)], own, {"b": partner})


def test_a_failed_export_leaves_no_output_and_no_state(tmp_path, run):
    path = put(tmp_path, "usn.csv", csv(*ROWS, "Mailbox,/o=X/cn=d,D,,x,1"))
    out, state = tmp_path / "out.txt", tmp_path / "state.json"
    before = set(tmp_path.iterdir())
    for target in (out, "-"):
        ran = run("directory", "export", path, "--state", state, "--to", target)
        assert (ran.status, ran.out) == (2, "")
        assert "line 5" in ran.err
    assert set(tmp_path.iterdir()) == before


def test_an_output_that_cannot_be_written_leaves_the_state_as_it_was(tmp_path, run):
    path, state = put(tmp_path, "usn.csv", csv(*ROWS)), tmp_path / "state.json"
    assert run("directory", "export", path, "--state", state, "--to", tmp_path / "nowhere" / "out").status == 2
    assert not state.exists()


GOOD = "Mailbox,/o=X/cn=a,A,,5,5"


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        (HEADER, "Mailbox,/o=X/cn=b,B,,6,6,7", "line 3 .*6 were expected, 7 were found"),
        (HEADER, "Mailbox,/o=X/cn=b,B", "line 3 USN-Changed"),
        (HEADER, "Mailbox,/o=X/cn=b,B,,six,6", "line 3 USN-Changed is not a number"),
        (HEADER, "Mailbox,/o=X/cn=b,B,,-6,6", "line 3 USN-Changed is not a number"),
        (HEADER, "Mailbox,/o=X/cn=b,B,,9223372036854775808,6", "line 3 USN-Changed is not a number"),
        (HEADER, "Mailbox,/o=X/cn=b,B,,6,x", "line 3 USN-Created is not a number"),
        (HEADER, "Mailbox,/o=X/cn=b,B,yes,6,6", "line 3 Is-Deleted is neither"),
        (HEADER + ",Object-Version", GOOD + ",1\r\nMailbox,/o=X/cn=b,B,,6,6,new", "line 3 Object-Version"),
        (
            HEADER + ",USN-DSA-Last-Obj-Removed",
            GOOD + ",\r\nDsa,/o=X/cn=d,,,6,6,0x7",
            "line 3 USN-DSA-Last-Obj-Removed",
        ),
        (HEADER + ",usn-changed", GOOD + ",9", "line 1 attribute usn-changed is listed twice"),
        (HEADER + ",", GOOD + ",", "line 1 attribute of column 7 is unknown"),
    ],
)
def test_what_means_nothing_is_named_by_line_and_column_and_nothing_is_written(header, row, said, tmp_path, run):
    good = "" if row.startswith(GOOD) else f"{GOOD}\r\n"
    path, state, to = (
        put(tmp_path, "usn.csv", f"{header}\r\n{good}{row}\r\n".encode()),
        tmp_path / "s.json",
        tmp_path / "o",
    )
    ran = run("directory", "export", path, "--state", state, "--to", to)
    assert (ran.status, ran.out) == (2, "")
    assert re.search(said, ran.err)
    assert not state.exists()
    assert not to.exists()


def test_an_ldif_number_that_is_none_is_damage_and_one_that_is_not_there_is_not(tmp_path):
    record = "\ndn: CN=z,DC=x\n"
    for line, damaged in (("uSNChanged: x", True), ("uSNCreated: x\nuSNChanged: 5", True), ("cn: z", False),
                          ("isDeleted: maybe\nuSNChanged: 5", True)):  # fmt: skip
        dump = Dump(put(tmp_path, "a.ldif", f"{LDIF}{record}{line}\n".encode()))
        if damaged:
            with pytest.raises(FieldError, match="line 18"):
                list(dump.entries())
        else:
            assert len(list(dump.entries())) == 2


def test_the_last_removed_number_of_an_ldif_tells_of_missed_deletions(tmp_path):
    settings = "\ndn: CN=NTDS Settings,DC=x\nuSNChanged: 13\nuSNDSALastObjRemoved: 21\nuSNLastObjRem: 20\n"
    dump = Dump(put(tmp_path, "a.ldif", (LDIF + settings).encode()))
    assert dump.facts().last_removed == 21
    with pytest.raises(UsageError, match=r"deletions were missed: .* up to number 21"):
        collected(dump, State("dc1.example.org", exported=20))
    assert not any(
        "USN-DSA-Last-Obj-Removed" in note for note in collected(dump, State("dc1.example.org", exported=21))[1].notes
    )


@pytest.mark.parametrize(
    ("form", "said", "cleared"),
    [
        ("dirsync", "M /o=X/cn=a\r\n- Obj-Class:Mailbox\r\n", "- Display Name:\r\n"),
        ("csv", "Mailbox,Update,/o=X/cn=a,\r\n", "Mailbox,Update,/o=X/cn=a,~DEL\r\n"),
        ("ldif", "", "replace: Display-Name\n-\n"),
    ],
)
def test_a_field_that_was_emptied_is_said_with_clear_and_else_counted(form, said, cleared, tmp_path, run):
    path, state = put(tmp_path, "usn.csv", csv(*ROWS)), tmp_path / "s.json"
    words = ("directory", "export", path, "--state", state, "--server", "S1", "--as", form, "--to", "-")
    assert run(*words).status == 0
    before = state.read_bytes()
    put(tmp_path, "usn.csv", csv("Mailbox,/o=X/cn=a,,,10,5", *ROWS[1:]))
    left_out = run(*words)
    assert said in left_out.out
    assert cleared not in left_out.out
    assert "1 modified with empty fields, which are left out" in left_out.err
    state.write_bytes(before)
    told = run(*words, "--clear")
    assert cleared in told.out
    assert "left out" not in told.err
    put(tmp_path, "a.ldif", LDIF.encode())
    refused = run("directory", "export", tmp_path / "a.ldif", "--state", tmp_path / "l.json", "--to", "-", "--clear")
    assert (refused.status, refused.out) == (2, "")


def test_a_date_that_is_none_and_a_last_line_without_its_end_are_remarked_on(tmp_path):
    last = GOOD.replace("cn=a", "cn=b")
    dump = Dump(put(tmp_path, "usn.csv", f"{HEADER},When-Changed\r\n{GOOD},soon\r\n{last},980120211543Z".encode()))
    for read in (dump.entries, dump.numbered):
        assert len(list(read())) == 2
        assert [each.partition(": ")[2] for each in dump.remarks] == [
            "line 2: When-Changed is no date and time",
            "line 3: the last line has no end; it may have been cut",
        ]


def test_an_export_waits_for_another_with_the_same_state_and_reads_it_only_then(tmp_path, run):
    path, state, late = put(tmp_path, "usn.csv", csv(*ROWS)), tmp_path / "s.json", tmp_path / "late.txt"
    words = ("directory", "export", str(path), "--state", str(state), "--server", "S1", "--to")
    with held(state):
        waiting = subprocess.Popen([sys.executable, "-m", "glbtools", *words, str(late), "--quiet"])
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(2)
        save(state, State("S1", exported=20, exported_at=datetime.now(UTC).replace(tzinfo=None)))
    assert waiting.wait(60) == 2  # what the other has exported is above all that this dump has
    assert not late.exists()
    state.unlink()
    assert run(*words, late).status == 0


def test_an_output_never_replaces_what_is_read_or_the_state(tmp_path, run):
    path = put(tmp_path, "usn.csv", csv(*ROWS))
    ini, state = put(tmp_path, "export.ini", b"[Export]\r\nDirectoryService=S1\r\n"), tmp_path / "state.json"
    before = {each: each.read_bytes() for each in (path, ini)}
    (tmp_path / "link.csv").symlink_to(path)
    for to in (path, ini, state, tmp_path / "link.csv", tmp_path / "." / "state.json"):
        ran = run("directory", "export", path, "--state", state, "--to", to, "--force")
        assert (ran.status, ran.out) == (2, "")
        assert "nothing was written" in ran.err
        assert not state.exists()
    older = put(tmp_path, "older.csv", csv(*ROWS))
    for to in (path, older, ini):
        assert run("directory", "compare", older, path, "--to", to, "--force").status == 2
    assert {each: each.read_bytes() for each in before} == before
    assert run("directory", "export", path, "--state", state, "--to", tmp_path / "out").status == 0


def test_standard_input_is_a_dump(tmp_path, run):
    ran = run("directory", "export", "-", "--state", tmp_path / "s.json", "--to", "-", stdin=csv(*ROWS))
    assert ran.status == 0
    assert ran.out.startswith("A /o=X/cn=a\r\n")


@pytest.mark.parametrize("form", ["dirsync", "csv", "ldif"])
def test_what_cannot_be_written_names_its_line(form, tmp_path):
    name = "no: attribute\x01" if form != "csv" else "Display Name"
    bad = Entry("b", "/o=X/cn=b\x1b", 6, 6, values=((name, ("two\nlines",)),), line=7)
    with pytest.raises(FieldError, match=r"line 7[: ]"):
        written(form, (name,), [("A", bad)])


@pytest.mark.parametrize(
    ("written", "meant"),
    [("Is-Deletd", "Is-Deleted"), ("USN-Chnged", "USN-Changed"), ("USNCreated", "USN-Created")],
)
def test_a_column_whose_name_is_a_slip_of_one_that_decides_is_refused(written, meant, tmp_path):
    header = ["Obj-Class", "Obj-Dist-Name", "Is-Deleted", "USN-Changed", "USN-Created"]
    header[header.index(meant)] = written
    path = tmp_path / "usn.csv"
    path.write_text(",".join(header) + "\r\nMailbox,/o=A/cn=x,,7,7\r\n")
    with pytest.raises(FieldError, match=rf"line 1 attribute {written} of column \d is unknown; {meant} may be meant"):
        list(Dump(path).entries())


@pytest.mark.parametrize(
    "name", ["When-Created", "Custom Attribute 1", "USN-Source", "Directory Name", "Deleted-Item-Flags"]
)
def test_a_column_of_an_attribute_that_nobody_lists_is_kept(name, tmp_path):
    path = tmp_path / "usn.csv"
    path.write_text(f"Obj-Class,Obj-Dist-Name,Is-Deleted,USN-Changed,{name}\r\nMailbox,/o=A/cn=x,,7,8\r\n")
    assert len(list(Dump(path).entries())) == 1


@pytest.mark.parametrize("form", ["dirsync", "csv"])
def test_what_a_form_cannot_hold_is_named_with_the_form_that_can_and_left_out_when_asked(form, tmp_path, run):
    """U+0394 is not in Windows-1252."""
    rows = "".join(
        f"dn: CN={name},DC=x\nobjectClass: person\nuSNChanged: {at}\nuSNCreated: {at}\n"
        f"mail: {name}@x\ndescription:: {value}\n\n"
        for at, (name, value) in enumerate([("ann", "zpQ="), ("bob", "Yg=="), ("cy", "zpRiYw==")], 1)
    )
    path = put(tmp_path, "ad.ldif", rows.encode())
    words = ("directory", "export", path, "--state", tmp_path / "s.json", "--to", "-", "--as", form, "--server", "S")
    refused = run(*words)
    assert (refused.status, refused.out, (tmp_path / "s.json").exists()) == (2, "", False)
    for each in ("CN=ann,DC=x", "description", "cannot hold 2 values", "--as ldif", "--lossy"):
        assert each in refused.err.replace("\n", " "), each
    lossy = run(*words, "--lossy")
    assert lossy.status == 0
    assert "2 values left out" in lossy.err
    assert all(f"{name}@x" in lossy.out for name in ("ann", "bob", "cy"))
    assert run(*words[:-3], "ldif", "--server", "S", "--full").status == 0


def test_bytes_that_are_no_text_are_marked_in_json(tmp_path, run):
    path = put(tmp_path, "ad.ldif", b"dn: CN=a,DC=x\nuSNChanged: 1\nuserCertificate:: /wA=\ncn: a\n\n")
    words = ("directory", "export", path, "--state", tmp_path / "s.json", "--to", "-", "--as", "jsonl", "--server", "S")
    assert json.loads(run(*words).out)["values"] == {"cn": ["a"], "userCertificate": [{"base64": "/wA="}]}


@pytest.mark.parametrize(
    ("said", "days", "status"), [("", 59, 0), ("", 61, 2), ("180", 179, 0), ("180", 181, 2), ("30", 31, 2)]
)
def test_a_deletion_is_remembered_as_long_as_the_forest_says_and_sixty_days_where_it_says_nothing(
    said, days, status, tmp_path, run
):
    text = "dn: CN=a,DC=x\nuSNChanged: {}\nuSNCreated: 1\n\ndn: CN=b,DC=x\nuSNChanged: 2\nuSNCreated: 1\n"
    text += "isDeleted: TRUE\n\n"
    service = f"dn: CN=Directory Service,CN=Services\ntombstoneLifetime: {said}\n\n" if said else ""
    root = "dn:\ndnsHostName: dc1.x\nhighestCommittedUSN: 99\ncurrentTime: {:%Y%m%d}000000.0Z\n\n"
    words = ("directory", "export", tmp_path / "d.ldif", "--state", tmp_path / "s.json", "--to", "-")
    for number, moment in ((5, datetime(2026, 1, 1)), (6, datetime(2026, 1, 1) + timedelta(days=days))):
        (tmp_path / "d.ldif").write_text(text.format(number))
        (tmp_path / "rootdse.ldif").write_text(root.format(moment) + service)
        done = run(*words)
    assert done.status == status
    assert ("longer ago than the" in done.err) == bool(status)
    assert run("diagnose", tmp_path).status == bool(status)


PERSON = "dn: CN=a,DC=x\nobjectGUID: 00000000-0000-0000-0000-00000000000a\nuSNCreated: 4\nuSNChanged: {}\n{}\n"
TOMBSTONES = "dn: CN=Deleted Objects,DC=x\nisDeleted: TRUE\nuSNCreated: 1\nuSNChanged: 1\n\n"


@pytest.mark.parametrize("numbers", [(5, 9), (9, 5)])
def test_an_object_that_comes_again_with_another_number_is_said_and_the_higher_one_counts(tmp_path, run, numbers):
    path = tmp_path / "d.ldif"
    path.write_text(TOMBSTONES + "".join(PERSON.format(each, f"mail: {each}\n") for each in numbers))
    done = run("directory", "export", path, "--state", tmp_path / "s.json", "--to", "-", "--as", "ldif")
    assert done.status == 1
    assert "with the numbers {} and {}: two dumps in one file".format(*numbers) in done.err
    assert "mail: 9\n" in done.out
    assert "mail: 5\n" not in done.out
    done = run("diagnose", path)
    assert (done.status, "1 object is in the dump twice" in done.out) == (1, True)


def test_an_object_that_comes_again_as_it_was_is_nothing_to_say(tmp_path, run):
    path = tmp_path / "d.ldif"
    path.write_text(TOMBSTONES + PERSON.format(5, "mail: a\n") * 2)
    done = run("directory", "export", path, "--state", tmp_path / "s.json", "--to", "-", "--as", "ldif")
    assert (done.status, done.out.count("mail: a"), "twice" in done.err) == (0, 1, False)


def test_a_tombstone_and_the_object_that_has_its_name_are_two_in_any_order(tmp_path, run):
    """In Exchange both are known by the name: the later number says whether the name is in use."""
    header = "Obj-Class,Obj-Dist-Name,Is-Deleted,USN-Changed,USN-Created\r\n"
    rows = ["Mailbox,/o=x/cn=bob,1,10,2\r\n", "Mailbox,/o=x/cn=bob,,11,11\r\n"]
    path, state = tmp_path / "usn.csv", tmp_path / "s.json"
    words = ("directory", "export", path, "--state", state, "--to", "-", "--server", "S")
    for order in (rows, rows[::-1]):
        state.unlink(missing_ok=True)
        path.write_text(header + "Mailbox,/o=x/cn=bob,,2,2\r\n")
        assert run(*words).status == 0
        path.write_text(header + "".join(order))
        done = run(*words)
        assert (done.status, done.out.split("\n")[0].strip(), "twice" in done.err) == (0, "A /o=x/cn=bob", False)


def test_a_value_that_is_only_named_is_left_out_with_a_word_and_never_read(tmp_path, run):
    path, secret = tmp_path / "d.ldif", tmp_path / "secret"
    secret.write_text("secret")
    path.write_text(TOMBSTONES + PERSON.format(5, f"mail: a\njpegPhoto:< file://{secret}\n"))
    done = run("directory", "export", path, "--state", tmp_path / "s.json", "--to", "-", "--as", "ldif")
    assert (done.status, "jpegPhoto" in done.out, "secret" in done.out) == (1, False, False)
    assert "the value of jpegphoto is in a file of its own, which is not read: it is left out" in done.err


def test_text_in_the_code_page_of_a_machine_is_said_and_kept(tmp_path, run):
    path = tmp_path / "d.ldif"
    path.write_bytes((TOMBSTONES + PERSON.format(5, "mail: m\u00fcller\n")).encode("cp1252"))
    done = run("directory", "export", path, "--state", tmp_path / "s.json", "--to", "-", "--as", "ldif")
    assert (done.status, "mail:: bfxsbGVy" in done.out) == (0, True)
    assert "text that is not UTF-8" in done.err


def test_of_two_numbers_of_an_object_none_is_guessed(tmp_path, run):
    path = tmp_path / "d.ldif"
    path.write_text(TOMBSTONES + PERSON.format(5, "uSNChanged: 9\n"))
    done = run("directory", "export", path, "--state", tmp_path / "s.json", "--to", "-")
    assert (done.status, "the object has more than one uSNChanged" in done.err) == (2, True)


def test_what_only_a_server_writes_of_an_object_that_was_taken_back_is_not_sent(tmp_path, run):
    """A deletion that was undone leaves lastKnownParent and msDS-LastKnownRDN: the object lives."""
    path = tmp_path / "d.ldif"
    words = ("directory", "export", path, "--state", tmp_path / "s.json", "--to", "-", "--as", "ldif")
    path.write_text(TOMBSTONES + PERSON.format(5, "mail: a\n"))
    assert run(*words).status == 0
    path.write_text(TOMBSTONES + PERSON.format(9, "mail: a\nlastKnownParent: DC=x\nmsDS-LastKnownRDN: a\n"))
    done = run(*words)
    assert (done.status, "astKnown" in done.out, "0 A, 1 M, 0 D" in done.err) == (0, False, True)
