"""Texts that are known and not read are named, with the form to give instead; nothing that is read is among them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools import diagnose, inspect
from glbtools.errors import UnknownFormatError
from glbtools.formats.unread import named

ROOT = Path(__file__).resolve().parents[2]

SHOWREPL = """
Repadmin: running command /showrepl against full DC localhost
North\\DC1
DSA Options: IS_GC
Site Options: (none)
DSA object GUID: 00000000-0000-0000-0000-000000000001
DSA invocationID: 00000000-0000-0000-0000-000000000002

==== INBOUND NEIGHBORS ======================================

DC=example,DC=com
    North\\DC2 via RPC
        DSA object GUID: 00000000-0000-0000-0000-000000000003
        Last attempt @ 2026-02-10 16:48:35 was successful.
"""
SAMBA = """North\\DC1
DSA Options: 0x00000001
DSA object GUID: 00000000-0000-0000-0000-000000000001
DSA invocationId: 00000000-0000-0000-0000-000000000002

==== INBOUND NEIGHBORS ====

DC=glb,DC=example
\tNorth\\DC2 via RPC
\t\tDSA object GUID: 00000000-0000-0000-0000-000000000003
\t\tLast attempt @ NTTIME(0) was successful
\t\t0 consecutive failure(s).

==== OUTBOUND NEIGHBORS ====
"""
GERMAN = (
    "Standardname-des-ersten-Standorts\\DC1\nDSA-Optionen: IS_GC\n\n"
    "==== EINGEHENDE NACHBARN ======================================\n\nDC=example,DC=com\n"
    "    Standardname-des-ersten-Standorts\\DC2 \u00fcber RPC\n"
    "        Letzter Versuch am 2026-02-10 11:00:00 fehlgeschlagen, Ergebnis 1722 (0x6ba):\n"
)
VECTOR = "Caching GUIDs.\n..\nSite\\DC1 @ USN     24580 @ Time 2026-02-10 15:10:48\n"
TEXTS = {
    "showrepl in German": (GERMAN, "another language than English"),
    "showutdvec in German": (VECTOR.replace("@ Time", "@ Zeit"), "whose language is English"),
    "a vector quoted in mail": ("".join(f"> {each}" for each in VECTOR.splitlines(keepends=True)), "take the '>' away"),
    "an answer below a quoted list": (
        "Hello,\nhere it is:\n>> showrepl_COLUMNS,Destination DSA Site\n>> showrepl_INFO,S,DC2\n",
        "take the '>' away",
    ),
    "links with semicolons": (
        '"showrepl_COLUMNS";"Destination DSA Site"\n"showrepl_INFO";"S"\n',
        "as repadmin has written it",
    ),
    "links without their first column": ('"Destination DSA Site","Destination DSA"\n"S","DC2"\n', "as repadmin"),
    "objects of PowerShell": (
        '#TYPE Microsoft.ActiveDirectory.Management.ADUser\n"DistinguishedName","Name","ObjectGUID"\n"CN=a","a","1"\n',
        "LDIF",
    ),
    "indented objects": ("  dn: CN=a,DC=x\n  objectClass: top\n  uSNChanged: 5\n", "take the blanks away"),
    "an object quoted in mail": ("> dn: CN=a,DC=x\n> uSNChanged: 5\n", "take the '>' away"),
    "showrepl whose headings are in another language": (SHOWREPL.replace("INBOUND NEIGHBORS", "NACHBARN"), "/csv"),
    "samba, the end alone": ("==== OUTBOUND NEIGHBORS ====\n\nDC=glb,DC=example\n", "samba-tool"),
    "replsummary": (
        "Replication Summary Start Time: 2026-01-26 08:06:02\n\nSource DSA          largest delta    fails/total %%\n",
        "/showrepl * /csv",
    ),
    "another report": ("Repadmin: running command /queue against full DC dc1\nQueue contains 0 items.\n", "showutdvec"),
    "dcdiag": ("\nDirectory Server Diagnosis\n\nPerforming initial setup:\n   Testing server: North\\DC1\n", "dcdiag"),
    "adfind": ("\nAdFind V01.62.00cpp\n\nUsing server: DC1\n\ndn:CN=a,DC=x\n>objectClass: top\n", "LDIF"),
    "ldp": ("-----------\nExpanding base 'CN=a,DC=x'...\nGetting 1 entries:\nDn: CN=a,DC=x\ncn: a; \n", "LDIF"),
    "dsml": ("<?xml version='1.0'?>\n<dsml xmlns='urn:oasis'>\n</dsml>\n", "LDIF"),
    "a list without names": (
        "---\ndistinguishedName: CN=a,DC=x\nobjectClass: top, person\nuSNChanged: 5\n---\n",
        "LDIF",
    ),
    "PowerShell": ("\n\nDistinguishedName : CN=a,DC=x\nObjectClass       : user\nuSNChanged        : 5\n", "LDIF"),
    "mail in front": ("From: a\nTo: b\n\ndn: CN=a,DC=x\nobjectClass: top\nuSNChanged: 5\n", "before its first object"),
    "csvde from a spreadsheet": ('DN;objectClass;cn;uSNChanged\n"CN=a,DC=x";user;a;5\n', "as csvde has written it"),
    "raw properties": (
        "Link 3/8/97\nObject-Class:   values: 1\n     [1]   '2A86'\nInstance-Type:   '5'\nUSN-Changed:   '5'\n",
        "Admindmp",
    ),
    "a gateway": ("08:50:03 - Tue Mar 09 1993 Mail Gateway to SMTP\n08:50:04 -   Local Domain = x\n", "gateway"),
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_a_known_text_is_named_with_what_to_give_instead(name, encoding):
    text, instead = TEXTS[name]
    for data in (text, text.replace("\n", "\r\n")):
        found = named(data.encode(encoding))
        assert found is not None
        assert instead in str(found)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("suffix", [".txt", ".log", ".csv", ".ldf"])
def test_inspect_and_diagnose_refuse_it_with_the_same_words_whatever_its_name(name, suffix, tmp_path, run):
    path = tmp_path / f"x{suffix}"
    path.write_text(TEXTS[name][0], "utf-8")
    said = str(named(path.read_bytes()))
    for command in ("inspect", "diagnose"):
        done = run(command, path)
        assert (done.status, done.out) == (2, "")
        assert said in done.err
    for call in (inspect, diagnose):
        with pytest.raises(UnknownFormatError, match="which is not read"):
            call(path)


@pytest.mark.parametrize("piece", [">", "> ", " @ USN ", "= ", ",ObjectGUID"])
def test_a_long_line_that_begins_as_something_known_is_looked_at_in_little_time(piece):
    begin = time.perf_counter()
    assert named((">" + piece * (1 << 16)).encode()) is None
    assert time.perf_counter() - begin < 1


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text", [VECTOR, "dn: CN=a,DC=x\nuSNChanged: 5\n\n", 'DN,objectClass,uSNChanged\n"CN=a",user,5\n']
)
def test_utf_16_without_its_mark_is_named_with_what_to_do(text, codec, tmp_path, run):
    path = tmp_path / "x.txt"
    path.write_bytes(text.encode(codec))
    for command in ("inspect", "diagnose"):
        done = run(command, path)
        assert (done.status, done.out) == (2, "")
        assert f"iconv -f {codec.replace('utf-16-', 'utf-16')} -t utf-8" in done.err


def test_beside_something_else_it_is_said_and_the_rest_is_judged(tmp_path, run):
    (tmp_path / "showrepl.txt").write_text(SHOWREPL.replace("INBOUND NEIGHBORS", "NACHBARN"))
    for name in ("dc1.txt", "dc2.txt"):
        (tmp_path / name).write_bytes((ROOT / "fixtures/directories/dc-restored" / name).read_bytes())
    done = run("diagnose", tmp_path)
    assert done.status == 2
    assert "X301" in done.out
    assert "showrepl.txt: what repadmin /showrepl prints" in done.err
    for name in ("dc1.txt", "dc2.txt"):
        (tmp_path / name).write_bytes((ROOT / "fixtures/directories/dc-renewed" / name).read_bytes())
    done = run("diagnose", tmp_path)
    assert done.status == 2
    assert "nothing to report of what was read" in done.out
    assert "in step" in done.out


KNOWN = [each for part in ("fixtures", "tests/cases/verdicts") for each in (ROOT / part).rglob("*") if each.is_file()]


def test_nothing_that_is_read_is_among_them():
    """Whatever inspect reads of what the project has is read all the same: the texts are asked for last."""
    refused = []
    for path in KNOWN:
        try:
            inspect(path)
        except UnknownFormatError as error:
            refused += [path] if "which is not read" in str(error) else []
    assert {each.suffix for each in refused} <= {".toml"}  # the descriptions, which hold dumps as text


@given(st.binary(max_size=2000), st.sampled_from([b"", b"\xff\xfe", b"\xef\xbb\xbf", b"DN,", b"==== "]))
def test_any_bytes_are_looked_at(data, mark):
    named(mark + data)


def test_an_ldif_without_numbers_and_a_file_of_changes_are_said_to_be_of_no_use_here(tmp_path, run):
    for name, text, said in (
        ("a.ldif", "dn: CN=a\ncn: a\n", "no object at its beginning has uSNChanged"),
        ("b.txt", "A /o=X/cn=a\r\n- Display-Name:a\r\n", "a file of changes"),
    ):
        (tmp_path / name).write_text(text, newline="")
        done = run("diagnose", tmp_path / name)
        assert (done.status, done.out) == (2, "")
        assert said in done.err


def test_a_number_is_found_behind_a_long_object(tmp_path, run):
    path = tmp_path / "a.ldif"
    path.write_text("dn: CN=a\nphoto: " + "x" * 200_000 + "\nuSNChanged: 5\n")
    assert run("diagnose", path).status in (0, 1)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "\r\nPartition : DC=x\r\nPartnerInvocationId : 0\r\nServer : dc1\r\nUsnFilter : 220380\r\n",
            "Get-ADReplicationUpToDatenessVectorTable",
        ),
        ("\nPartner Partition UsnFilter\n------- --------- ---------\n", "Get-ADReplicationUpToDatenessVectorTable"),
        ("LastReplicationAttempt : x\nPartner : CN=NTDS Settings\n", "Get-ADReplicationPartnerMetadata"),
        ("There are failing connections\nFailing inbound connection:\n", "samba-tool drs showrepl --summary"),
        ("\x1b[32m[ALL GOOD]\x1b[0m\n", "samba-tool drs showrepl --summary"),
    ],
)
def test_what_other_tools_say_of_replication_is_named(text, what):
    found = named(text.encode())
    assert found is not None
    assert what in found.what
    assert found.instead
