r"""What csvde exports: the published form, and what it does not tell.

Headers, several values, binary and quotes are as on Microsoft's page on CSV scripts and in published exports; the
backslash before ``;`` as in a public script that reads them.
"""

import io
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glbtools import Dump, diagnose, inspect
from glbtools.formats import csvde
from glbtools.formats.csvde import CsvdeFile, begins, entries, parse_csvde
from glbtools.model.directory import Entry, Facts

HEADER = (
    "DN,objectClass,cn,member,distinguishedName,whenChanged,displayName,uSNCreated,uSNChanged,name,objectGUID,"
    "proxyAddresses,isDeleted\n"
)
ANN = (
    r'"CN=Lee\, Ann,OU=Staff,DC=example,DC=org",user,"Lee, Ann",,"CN=Lee\, Ann,OU=Staff,DC=example,DC=org",'
    r'20180315091530.0Z,"Ann; the ""first""",17104,21956,"Lee, Ann",X'
    r"'00112233445566778899aabbccddeeff',SMTP:a@example.org;X400:c=us\;a= \;p=Test\;s=Lee\;," + "\n"
)
READERS = (
    r'"CN=Readers,OU=Staff,DC=example,DC=org",group,Readers,"CN=Lee\, Ann,OU=Staff,DC=example,DC=org;'
    r'CN=Bob,OU=Staff,DC=example,DC=org","CN=Readers,OU=Staff,DC=example,DC=org",20180315091530.0Z,,17105,21957,'
    r"Readers,X'10112233445566778899aabbccddeeff',," + "\n"
)
BOB = (
    r'"CN=Bob\0ADEL:33221120-5544-7766-8899-aabbccddeeff,CN=Deleted Objects,DC=example,DC=org",user,"Bob'
    '\nDEL:33221120-5544-7766-8899-aabbccddeeff",,,20180316101112.0Z,,17106,21958,,'
    "X'20112233445566778899aabbccddeeff',,TRUE\n"
)
DUMP = HEADER + ANN + READERS + BOB
UNTOLD = "whether csvde has added some is published nowhere; they are kept as they stand"
PIECES = st.sampled_from([*DUMP.splitlines(keepends=True), '"', ",", "\n", "X'", ";", "\\", '"CN=a,DC=x"', "\0", "é"])


def read(text: str | bytes) -> tuple[Facts, list[Entry], list[str]]:
    said: list[str] = []
    data = text if isinstance(text, bytes) else text.encode()
    facts, found = entries(io.BytesIO(data), (), lambda fault: said.append(fault.message))
    return facts, list(found), said


def values_of(entry: Entry, name: str) -> tuple[str, ...]:
    return dict(entry.values)[name]


def test_objects_are_known_by_their_binary_identity_and_number():
    facts, found, said = read(DUMP)
    assert [(each.key, each.changed, each.created, each.deleted) for each in found] == [
        ("33221100-5544-7766-8899-aabbccddeeff", 21956, 17104, False),
        ("33221110-5544-7766-8899-aabbccddeeff", 21957, 17105, False),
        ("33221120-5544-7766-8899-aabbccddeeff", 21958, 17106, True),
    ]
    assert (facts.deletions, facts.creations, facts.numbered, facts.columns, said) == (True, True, True, False, [])
    assert found[0].dn == r"CN=Lee\, Ann,OU=Staff,DC=example,DC=org"
    assert str(found[0].when) == "2018-03-15 09:15:30"


def test_several_values_are_divided_where_no_backslash_stands_before_the_separator():
    _, found, _ = read(DUMP)
    assert values_of(found[0], "proxyAddresses") == ("SMTP:a@example.org", "X400:c=us;a= ;p=Test;s=Lee;")
    assert values_of(found[1], "member") == (
        r"CN=Lee\, Ann,OU=Staff,DC=example,DC=org",
        "CN=Bob,OU=Staff,DC=example,DC=org",
    )


def test_what_can_have_one_value_only_is_not_divided():
    assert values_of(read(DUMP)[1][0], "displayName") == ('Ann; the "first"',)


def test_a_field_in_quotes_may_run_over_lines():
    assert values_of(read(DUMP)[1][2], "cn") == ("Bob\nDEL:33221120-5544-7766-8899-aabbccddeeff",)


def test_several_binary_values_are_decoded_each():
    _, found, _ = read("DN,objectClass,uSNChanged,userCertificate\n\"CN=a,DC=x\",user,5,X'4142';X'43'\n")
    assert values_of(found[0], "userCertificate") == ("AB", "C")


@pytest.mark.parametrize("value", [r"CN=Lee\\, Ann,DC=x", r"CN=a\;b,DC=x;CN=c,DC=x", r"\\server\share"])
def test_backslashes_of_which_the_form_does_not_tell_who_wrote_them_are_kept_and_counted(value):
    _, found, said = read(f'DN,objectClass,uSNChanged,member\n"CN=a,DC=x",group,5,"{value}"\n')
    assert ";".join(values_of(found[0], "member")) == value
    assert said == [f"backslashes in member (1 field): {UNTOLD}"]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_encoding_and_line_end_is_read_alike_and_its_rows_tile_the_file(codec, end):
    text = DUMP.replace("Ann; the", "Ännchen \u0a0a; the").replace("\n", end)
    data = (b"\xfe\xff" if codec == "utf-16-be" else b"") + text.encode(codec)
    content = parse_csvde(data)
    assert content.build() == data
    assert [each.line for each in content.records] == [1, 2, 3, 4]
    assert [each.span.stop for each in content.records][:-1] == [each.span.start for each in content.records[1:]]
    assert not content.faults
    _, found, _ = read(data)
    assert [each.changed for each in found] == [21956, 21957, 21958]
    assert values_of(found[0], "displayName") == ('Ännchen \u0a0a; the "first"',)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('"CN=a,DC=x",user\n', "not the same number of fields as the header: 3 were expected, 2 were found"),
        ('"CN=a,DC=x,user,5\n', "the quotes of the row are not in order"),
        (",user,5\n", "the object has no name"),
        ('"CN=a,DC=x",user,five\n', "the object has no uSNChanged that is a number"),
    ],
)
def test_a_row_that_cannot_be_read_is_damage_and_the_next_ones_are_read(row, said):
    _, found, told = read(f'DN,objectClass,uSNChanged\n{row}"CN=b,DC=x",user,6\n"CN=c,DC=x",user,7\n')
    assert told == [said]
    assert [each.dn for each in found] == ["CN=b,DC=x", "CN=c,DC=x"]


def test_a_part_of_a_group_is_said_to_be_cut():
    _, found, said = read('DN,objectClass,uSNChanged,member;range=0-1\n"CN=a,DC=x",group,5,"CN=b,DC=x;CN=c,DC=x"\n')
    assert values_of(found[0], "member") == ("CN=b,DC=x", "CN=c,DC=x")
    assert said == ["member has only its first 2 values: the dump is cut short; ask for member;range=2-* as well"]


def test_two_columns_of_one_name_are_damage():
    assert [each.message for each in parse_csvde(b"DN,cn,CN,objectClass\n").faults] == ["two columns are called cn"]


def test_the_header_tells_what_cannot_be_seen():
    assert CsvdeFile.summary(parse_csvde(b'DN,objectClass,cn\n"CN=a,DC=x",user,a\n'))[-1] == (
        "no uSNChanged column, so that changes are not numbered"
    )
    assert parse_csvde(b'DN,objectClass,uSNChanged\n"CN=a,DC=x",user,5\n').summary()[-1] == (
        "no isDeleted column, so that no deletion can be seen"
    )


@pytest.mark.parametrize(
    "head", ["Obj-Class,DN\n", "DN\n", "DN,favourite colour\n", "DNA,objectClass\n", '"DN,objectClass']
)
def test_other_tables_are_no_exports_of_csvde(head):
    assert not begins(head.encode())


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join), st.sampled_from(["utf-8", "utf-16"]))
def test_any_text_is_read_without_failing_and_comes_back(text, codec):
    data = text.encode(codec)
    content = parse_csvde(data)
    assert content.build() == (data if not (codec == "utf-8" and "\0" in text.partition("\n")[0]) else content.build())
    list(content.nodes())
    content.summary()


def test_a_quote_that_never_ends_takes_time_and_memory_in_proportion():
    def took(lines: int) -> float:
        data = (HEADER + '"' + "a\n" * lines).encode()
        begin = time.perf_counter()
        assert len(parse_csvde(data).records) == 2
        return time.perf_counter() - begin

    assert took(80_000) < 30 * max(took(8_000), 0.002)


def test_memory_does_not_grow_with_the_number_of_objects():
    data = (HEADER + ANN * 20_000).encode()
    tracemalloc.start()
    try:
        for _ in csvde.records(io.BytesIO(data)):
            pass
        assert tracemalloc.get_traced_memory()[1] < len(data) + 400_000
    finally:
        tracemalloc.stop()


# --- what the commands make of it ---------------------------------------------------------------------------------


@pytest.fixture
def dump(tmp_path):
    path = tmp_path / "dc1.csv"
    path.write_text(DUMP, "utf-8")
    return path


def test_inspect_shows_objects_and_says_nothing_more_of_a_sound_one(dump):
    found = inspect(dump)
    assert (found.entry.name, found.faults) == ("csvde", [])
    assert found.summary == ["3 objects", "13 columns", "USN 21956 to 21958"]


def test_diagnose_judges_it_as_a_dump_of_an_active_directory(dump, tmp_path):
    assert [each.problem.slug for each in diagnose(dump).findings] == []
    (tmp_path / "dc1.rootdse.ldif").write_text("dn:\ndnsHostName: dc1.example.org\nhighestCommittedUSN: 21950\n")
    found = diagnose(tmp_path).findings
    assert [each.problem.slug for each in found] == ["usn-above-head"]
    assert "dc1.example.org" in found[0].message


def test_diagnose_says_that_csvde_has_no_deleted_objects_to_give(tmp_path):
    path = tmp_path / "dc1.csv"
    path.write_text(HEADER + ANN, "utf-8")
    (found,) = diagnose(path).findings
    assert found.problem.slug == "deletions-not-shown"
    assert "ldifde -x" in found.help[0]


def test_an_export_without_numbers_is_named_with_what_to_ask_for(tmp_path, run):
    path = tmp_path / "x.csv"
    path.write_text('DN,objectClass,cn\n"CN=a,DC=x",user,a\n')
    done = run("diagnose", path)
    assert (done.status, done.out) == (2, "")
    assert "an export of csvde without numbers" in done.err
    assert run("inspect", path).status == 0
    refused = run("directory", "export", path, "--state", tmp_path / "s.json", "--to", tmp_path / "o")
    assert refused.status == 2
    assert "no object has uSNChanged" in refused.err


def test_a_directory_that_went_back_is_told_by_two_exports(dump, tmp_path):
    later = tmp_path / "later.csv"
    later.write_text(DUMP.replace("21956", "22001").replace("21957", "22002"), "utf-8")
    (found,) = diagnose(dump, older=[later]).findings
    assert found.problem.slug == "backsync-restored-directory"
    assert any("demote" in each for each in found.help)


def test_export_gives_what_the_same_objects_give_as_ldif(dump, tmp_path, run):
    import base64

    lines = []
    for each in Dump(dump).entries():
        lines.append(f"dn: {each.dn}")
        for name, held in each.values:
            coded = [base64.b64encode(one.encode("utf-8", "surrogateescape")).decode() for one in held]
            lines += [f"{name}:: {one}" for one in coded]
        lines.append("")
    (tmp_path / "same.ldif").write_text("\n".join(lines) + "\n")
    outs = []
    for name in ("dc1.csv", "same.ldif"):
        done = run(
            "directory", "export", tmp_path / name, "--state", tmp_path / f"{name}.json", "--to", "-",
            "--as", "jsonl", "--server", "dc1",
        )  # fmt: skip
        assert done.status == 0, done.err
        outs.append(done.out)
    assert outs[0] == outs[1]
    assert "USN 21958" in done.err


def test_two_exports_are_compared_by_content_and_beside_an_ldif_the_form_is_said(dump, tmp_path, run):
    other = tmp_path / "dc2.csv"
    other.write_text(DUMP.replace(";CN=Bob,OU=Staff,DC=example,DC=org", ""), "utf-8")
    done = run("directory", "compare", dump, other, "--to", "-", "--as", "ldif")
    assert done.out.count("changetype: modify") == 1
    assert "replace: member\nmember: CN=Lee\\, Ann" in done.out
    ldif = tmp_path / "dc1.ldif"
    ldif.write_text("dn: CN=a,DC=x\nobjectClass: top\nuSNChanged: 5\n\n")
    assert "differs by the form alone" in run("directory", "compare", dump, ldif).err
    assert "differs by the form alone" not in run("directory", "compare", dump, other).err


def test_backsync_tells_by_the_group_of_a_partner_what_never_comes_in(dump, tmp_path, run):
    partner = tmp_path / "dc2.csv"
    partner.write_text(DUMP.replace(";CN=Bob,OU=Staff,DC=example,DC=org", ""), "utf-8")
    done = run("directory", "backsync", "--restored", dump, "--partner", partner)
    assert "never comes in" in " ".join(done.out.split())
    assert "CN=Readers,OU=Staff,DC=example,DC=org from dc2: member" in " ".join(done.out.split())
