"""What real servers and their tools print, and what is right to say of it."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.cases.claims import HERE, expected, parameters

SAID = dict(expected("directories"))


@pytest.fixture
def inside(request, tmp_path, monkeypatch):
    shutil.copytree(HERE / "directories" / request.getfixturevalue("case"), tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def slugs(inside, run):
    """``slugs(path, ...)``: the findings of diagnose, as (slug, severity), whose status is not 2."""

    def call(*paths: str) -> set[tuple[str, str]]:
        done = run("diagnose", *paths, "--json")
        assert done.status in (0, 1), done.err
        return {(each["slug"], each["severity"]) for each in json.loads(done.out)["findings"]}

    return call


def _case(*claims: tuple[str, str]):
    return pytest.mark.parametrize(("case", "claim"), parameters("directories", claims))


# --- vectors ----------------------------------------------------------------------------------------------------------


@_case(("C01", "no-false-lag"))
def test_an_older_life_of_a_server_is_not_held_against_its_present_one(case, claim, inside, run):
    done = run("diagnose", "DC-A.txt", "DC-B.txt")
    assert "28678 to 28957" not in done.out
    assert "24988" in done.out
    assert "went back in" not in done.out


@_case(("C01", "no-demotion"))
def test_nobody_is_told_to_demote_a_server_whose_name_stands_twice(case, claim, inside, run):
    for order in (("DC-A.txt", "DC-B.txt"), ("DC-B.txt", "DC-A.txt")):
        for columns in (80, 200):
            assert "emote" not in run("diagnose", *order, columns=columns).out


@_case(("C01", "two-servers"))
def test_two_lives_of_one_name_are_one_server(case, claim, inside, run):
    assert "2 domain controllers" in run("inspect", "DC-A.txt").out


@_case(("C04", "one-file"))
def test_several_vectors_in_one_file_are_read_apart_or_refused(case, claim, inside, run):
    done = run("diagnose", "all-dcs.txt")
    assert done.status in (1, 2)
    assert "X301" in done.out or "2 vectors" in done.out + done.err


@_case(("C04", "one-file-each"))
def test_a_rollback_between_two_vectors_is_found(case, claim, slugs):
    assert "backsync-restored-directory" in {
        slug for slug, _ in slugs("one-file-each/NorthDC1.txt", "one-file-each/NorthDC2.txt")
    }


# --- links ------------------------------------------------------------------------------------------------------------


@_case(("C07", "failing"))
def test_a_link_that_fails_now_is_found(case, claim, slugs):
    assert {"replication-failing", "replication-disabled"} & {slug for slug, _ in slugs("failing-1722.csv")}
    assert ("replication-disabled", "error") in slugs("8456.csv")
    assert ("replication-disabled", "error") in slugs("8457.csv")
    assert {"replication-failing", "replication-disabled"} & {slug for slug, _ in slugs("8606.csv")}


@_case(("C09", "not-passed-over"), ("C11", "not-passed-over"))
def test_text_of_showrepl_is_read_or_refused_with_a_hint(case, claim, inside, run):
    for command in ("diagnose", "inspect"):
        done = run(command, "showrepl.txt")
        if done.status == 2:
            assert "/csv" in done.err or "showrepl" in done.err.replace("showrepl.txt", "")
        else:
            assert command == "inspect" or case == "C11" or done.status == 1


@_case(("C09", "csv"))
def test_a_link_without_success_for_months_is_found(case, claim, slugs):
    assert "usn-missed-deletion" in {slug for slug, _ in slugs("as-csv.csv")}


@_case(("C21", "refused"))
def test_text_that_is_none_of_ours_is_refused(case, claim, inside, run):
    for name in ("bof.txt", "Admindmp.txt", "SMTP.LOG"):
        assert run("diagnose", name).status == 2, name
        assert run("inspect", name).status == 2, name


# --- reading ----------------------------------------------------------------------------------------------------------


@_case(("C12", "undamaged"))
def test_the_end_of_a_search_is_no_damage(case, claim, inside, run, slugs):
    assert "dump-damaged" not in {slug for slug, _ in slugs("group.ldif")}
    assert run("directory", "compare", "group.ldif", "group.ldif", "--to", "-").status == 0
    assert run("inspect", "group.ldif").status == 0


@_case(("C16", "undamaged"))
def test_references_and_pages_are_no_damage(case, claim, slugs):
    for name in ("LLL.ldif", "paged.ldif", "ref.ldif"):
        assert "dump-damaged" not in {slug for slug, _ in slugs(name)}, name


@_case(("C16", "cut-short"))
def test_a_dump_that_a_limit_cut_is_said_to_be_cut(case, claim, inside, run):
    done = run("diagnose", "sizelimit.ldif")
    assert done.status in (1, 2)
    assert "Size limit exceeded" in done.out + done.err
    assert "cannot be read" not in done.out


@_case(("C18", "changetype"))
def test_changetype_is_no_attribute(case, claim, inside, run):
    done = run(
        "directory", "export", "export-full.ldf", "--state", "s.json", "--to", "-", "--as", "ldif", "--server", "x"
    )
    blocks = [block for block in done.out.split("\n\n") if "dn:" in block]
    assert len(blocks) == 2
    assert all(block.count("changetype:") == 1 for block in blocks)
    compared = run("directory", "compare", "plain.ldif", "export-full.ldf", "--to", "-", "--as", "ldif")
    assert (compared.status, compared.out.strip()) == (0, "")


@_case(("C20", "csvde"))
def test_an_export_of_csvde_is_read_or_named(case, claim, inside, run):
    for command in ("diagnose", "inspect"):
        done = run(command, "csvde.csv")
        assert done.status in (0, 1) or "ldifde" in done.err


@_case(("C25", "as-meant"))
def test_the_vendor_samples_are_read_as_meant_by_both_commands(case, claim, inside, run):
    first = run("inspect", "q169754.csv")
    assert first.status == 0, first.out
    second = run("inspect", "q324080.csv", "--json")
    assert "cn= user" not in second.out
    assert '" delete"' not in second.out
    for name in ("q169754.csv", "q324080.csv"):
        assert run("diagnose", name).status != 2, name


@_case(("samba-natural-output", "exported"))
def test_what_a_server_prints_is_exported(case, claim, inside, run):
    for name in SAID[case]["objects"]:
        state = f"{name}.json"
        done = run(
            "directory",
            "export",
            name,
            "--state",
            state,
            "--to",
            f"{name}.out",
            "--as",
            "jsonl",
            "--server",
            "dc1",
            "--force",
        )
        assert done.status in (0, 1), done.err


@_case(("samba-natural-output", "objects"))
def test_every_object_is_read_tombstones_too(case, claim, inside, run):
    for name, count in SAID[case]["objects"].items():
        done = run("inspect", name, "--json")
        assert done.status == 0, done.out
        records = json.loads(done.out)["files"][0]["records"]
        assert len(records) == count, name
        dead = [each for each in records if each.get("deleted") and "DEL:" in each["dn"].replace("\\0A", "\n")]
        assert len(dead) == SAID[case].get("tombstones", {}).get(name, len(dead)), name


# --- comparing and writing --------------------------------------------------------------------------------------------


@_case(("K21", "content"))
def test_numbers_of_a_foreign_server_are_no_difference(case, claim, inside, run):
    done = run("directory", "compare", "a/usn.csv", "b/usn.csv", "--to", "-")
    assert [line for line in done.out.splitlines() if line.startswith("M ")] == [
        "M /o=North/ou=Site/cn=Recipients/cn=BOB"
    ]


@pytest.fixture
def written(inside, run):
    """The second of two exports, in a form."""

    def call(form: str) -> str:
        run("directory", "export", "t1.ldif", "--state", "s.json", "--to", "full.out", "--as", form, "--quiet")
        done = run("directory", "export", "t2.ldif", "--state", "s.json", "--to", "-", "--as", form, "--quiet")
        assert done.status in (0, 1), done.err
        return done.out

    return call


@_case(("samba-deleted-name", "former-name"))
def test_a_deletion_names_what_the_receiver_knows(case, claim, written):
    deleted = [line for line in written("dirsync").splitlines() if line.startswith("D ")]
    assert deleted == ["D CN=doris,OU=Staff,DC=glb,DC=example", "D CN=emil,OU=Staff,DC=glb,DC=example"]


def _directory(text: str) -> dict[str, dict[str, list[str]]]:
    """Return the objects of an LDIF dump: name -> attributes; unfolded, without comments."""
    found: dict[str, dict[str, list[str]]] = {}
    for block in text.replace("\n ", "").split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if lines and lines[0].startswith("dn: "):
            attributes = found.setdefault(lines[0][4:], {})
            for line in lines[1:]:
                name, _, value = line.partition(": ")
                attributes.setdefault(name, []).append(value)
    return found


COMPUTED = {"memberOf", "name", "cn", "ou", "objectGUID", "uSNChanged", "uSNCreated", "whenChanged", "whenCreated"}


@_case(("samba-recreated-ldif", "applies"))
def test_what_is_written_can_be_applied_in_its_order(case, claim, written, inside):
    """A receiver that knows the names of t1 takes the records one by one, and then has the names of t2."""
    ldif = written("ldif")
    receiver = {
        name: values
        for name, values in _directory((inside / "t1.ldif").read_text(encoding="utf-8")).items()
        if "isDeleted" not in values
    }
    wanted = {
        name
        for name, values in _directory((inside / "t2.ldif").read_text(encoding="utf-8")).items()
        if "isDeleted" not in values
    }
    names = set(receiver)
    for block in ldif.replace("\n ", "").split("\n\n"):
        lines = [
            line for line in block.splitlines() if line and not line.startswith("#") and not line.startswith("version")
        ]
        if not lines:
            continue
        name, change = lines[0].removeprefix("dn: "), lines[1].removeprefix("changetype: ")
        if change == "add":
            assert name not in names, f"{name} exists"
            names.add(name)
        else:
            assert name in names, f"{name} does not exist"
        if change == "delete":
            names.discard(name)
        elif change in ("modrdn", "moddn"):
            values = dict(line.split(": ", 1) for line in lines[2:])
            parent = values.get("newsuperior", name.partition(",")[2])
            names.discard(name)
            names.add(f"{values['newrdn']},{parent}")
        elif change == "modify":
            replaced = {line.partition(": ")[2] for line in lines if line.startswith(("replace:", "add:", "delete:"))}
            assert not replaced & (COMPUTED | {"objectClass"}), name
    assert names == wanted


@_case(("samba-backsync", "lost"))
def test_only_what_differs_is_lost_or_comes_back(case, claim, inside, run):
    done = run(
        "directory", "backsync", "--restored", "dc1.ldif", "--partner", "dc2.ldif", "--cursors", "seen.json",
        "--backup-head", "3980", columns=200,
    )  # fmt: skip
    said = done.out
    for each in SAID[case]["truth"]["equal_in_both"]:
        assert each not in said, each
    for each in ("Domain Admins", "Schema Admins", "Enterprise Admins"):
        assert each not in said, each
    for part in ("never_comes_in", "reappears", "stranded"):
        for each in SAID[case]["truth"][part]:
            assert each.partition(" (")[0] in said, each
