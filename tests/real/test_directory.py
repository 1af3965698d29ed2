"""The directory commands against a real domain controller: ``make test-real``."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from glbtools.formats.ldif_dump import parse_ldif
from tests.real.controller import BASE, Controller, first_state, second_state

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "directory.md"
COMPARED = ("description", "displayname", "mail", "member", "objectclass", "samaccountname", "telephonenumber")


def content(path: Path) -> dict[str, dict[str, frozenset[str]]]:
    """What the live objects of a dump hold, by name."""
    return {
        record.dn: {name.lower(): frozenset(held) for name, held in record.values if name.lower() in COMPARED}
        for record in parse_ldif(path.read_bytes()).records
        if record.dn and record.get("isDeleted") is None
    }


def applied(controller: Controller, path: Path) -> None:
    """Apply changes record by record; a refusal is a failure."""
    for block in path.read_text().split("\n\n"):
        if block.strip():
            controller.modify(block + "\n\n")


@pytest.fixture
def exported(run, tmp_path):
    """``exported(dump)``: apply-ready changes since the last call."""

    def call(dump: Path) -> Path:
        target = tmp_path / f"{dump.stem}.changes.ldif"
        done = run("directory", "export", dump, "--state", tmp_path / "state.json", "--to", target, "--as", "ldif")
        assert done.status == 0, done.err
        return target

    return call


def test_a_receiver_that_applies_a_full_and_three_incremental_exports_holds_what_the_source_holds(
    source, receiver, exported, tmp_path
):
    made = first_state(source)
    beginning = receiver.highest + 1

    def sent(name: str) -> None:
        changes = exported(source.dump(tmp_path / f"{name}.ldif", above=made))
        applied(receiver, changes)
        there = receiver.dump(tmp_path / f"{name}.there.ldif", above=beginning)
        assert content(there) == content(tmp_path / f"{name}.ldif"), changes.read_text()

    sent("first")
    second_state(source)
    sent("second")
    source.rename("CN=anton,OU=Staff", "CN=between,OU=Staff")  # two names swapped
    source.rename("CN=frida,OU=Staff", "CN=anton,OU=Staff")
    source.rename("CN=between,OU=Staff", "CN=frida,OU=Staff")
    source.add(f"dn: OU=Below,OU=Staff,{BASE}\nobjectClass: organizationalUnit\n\n")
    source.rename("CN=Desk\\, Front,OU=Staff", "CN=Desk\\, Back,OU=Below,OU=Staff")
    source.rename("OU=Left", "OU=Gone")  # what is below it follows, without a number of its own
    source.add(f"dn: CN=Writers,OU=Below,OU=Staff,{BASE}\nobjectClass: group\nmember: CN=Readers,OU=Staff,{BASE}\n\n")
    source.modify(
        f"dn: CN=Readers,OU=Staff,{BASE}\nchangetype: modify\nadd: member\n"
        f"member: CN=Writers,OU=Below,OU=Staff,{BASE}\n\n"
    )
    sent("third")
    source.modify(f"dn: CN=frida,OU=Staff,{BASE}\nchangetype: modify\ndelete: telephoneNumber\n\n")
    source.replace("CN=emil,OU=Staff", "telephoneNumber", "1")
    source.delete("CN=Writers,OU=Below,OU=Staff")
    source.delete("CN=Desk\\, Back,OU=Below,OU=Staff")
    source.delete("OU=Below,OU=Staff")
    source.rename("OU=Gone", "OU=Below,OU=Staff")  # under the name of what was deleted
    sent("fourth")


@pytest.fixture(scope="module")
def history(source: Controller, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dumps: an image taken, written after, put back, and written again past its old number; tombstones expunged."""
    place = tmp_path_factory.mktemp("history")
    if source.highest < 3930:
        first_state(source)
    source.user("karl", "--mail-address=karl@glb.example")
    source.user("lisa")
    source.dump(place / "image.ldif", attributes=["*", "replPropertyMetaData"])
    image = source.copied(place / "image")
    source.user("henry")
    source.replace("CN=karl,OU=Staff", "telephoneNumber", "+49 456")
    source.tool("user", "delete", "lisa")
    source.dump(place / "before.ldif", attributes=["*", "replPropertyMetaData"])
    source.put_back(image)
    source.dump(place / "back.ldif", attributes=["*", "replPropertyMetaData"])
    source.user("ida")
    for number in range(12):
        source.replace("CN=karl,OU=Staff", "description", str(number))
    source.dump(place / "after.ldif", attributes=["*", "replPropertyMetaData"])
    return place


def findings(run, *paths: Path) -> dict[str, dict]:
    done = run("diagnose", *paths, "--json")
    assert done.status in (0, 1), done.err
    return {each["slug"]: each for each in json.loads(done.out)["findings"]}


def test_a_dump_of_a_sound_controller_has_nothing_wrong(run, history):
    assert findings(run, history / "image.ldif") == {}
    assert run("inspect", history / "image.ldif").status == 0


def test_an_image_put_back_is_told_by_dumps_alone(run, history, tmp_path):
    said = run("directory", "compare", history / "before.ldif", history / "back.ldif", "--json")
    assert json.loads(said.out)["state"] == "ROLLED_BACK"
    later = run("directory", "compare", history / "before.ldif", history / "after.ldif", "--json")
    assert json.loads(later.out)["state"] in {"ROLLED_BACK", "OVERTAKEN"}
    words = ("--state", tmp_path / "s.json", "--to", tmp_path / "o", "--as", "ldif", "--force")
    assert run("directory", "export", history / "before.ldif", *words).status == 0
    for name in ("back", "after"):
        refused = run("directory", "export", history / f"{name}.ldif", *words)
        assert refused.status == 2
        assert "went back in time" in refused.err
        assert "backsync-restored-directory" in findings(run, history / f"{name}.ldif", tmp_path / "s.json")


def test_a_partner_that_had_the_lost_changes_tells_them_attribute_by_attribute(run, history, tmp_path):
    """The dump of before stands for a partner's: it holds what was replicated before the image was put back."""
    text = (history / "before.rootdse.ldif").read_text().replace("dc1.glb.example", "dc2.glb.example")
    (tmp_path / "partner.ldif").write_bytes((history / "before.ldif").read_bytes())
    (tmp_path / "partner.rootdse.ldif").write_text(text)
    head = int((history / "back.rootdse.ldif").read_text().partition("highestCommittedUSN: ")[2].split()[0])
    seen = int((history / "before.rootdse.ldif").read_text().partition("highestCommittedUSN: ")[2].split()[0])
    cursors = {"consumer": "dc2.glb.example", "log_id": "dc1.glb.example", "position": seen}
    (tmp_path / "seen.json").write_text(json.dumps({"schema": "glbtools.cursors/1", "cursors": [cursors]}))
    done = run("directory", "backsync", "--restored", history / "after.ldif", "--partner", tmp_path / "partner.ldif",
               "--cursors", tmp_path / "seen.json", "--backup-head", head, "--json")  # fmt: skip
    said = json.loads(done.out)
    staff = f"OU=Staff,{BASE}"
    assert {each["dn"]: each["attributes"] for each in said["withheld"]} == {
        f"CN=henry,{staff}": [],
        f"CN=karl,{staff}": ["telephoneNumber"],
    }
    assert said["resurrected"] == [f"CN=lisa,{staff}"]
    assert f"CN=ida,{staff}" in said["partners"][0]["stranded"]


def test_tombstones_that_are_expunged_are_no_alarm(run, source, history, tmp_path):
    words = ("--state", tmp_path / "s.json", "--to", tmp_path / "o", "--force")
    source.user("otto")
    source.tool("user", "delete", "otto")
    source.user("paul")
    assert run("directory", "export", source.dump(tmp_path / "e1.ldif"), *words).status == 0
    subprocess.run(
        ["samba-tool", "domain", "tombstones", "expunge", "--tombstone-lifetime=0", "--current-time=2031-12-01",
         "-H", str(source.database), f"--configfile={source.config}", BASE],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    after = source.dump(tmp_path / "e2.ldif")
    assert b"CN=otto" not in after.read_bytes()
    done = run("directory", "export", after, *words)
    assert (done.status, "gone without a tombstone" in done.err) == (0, False), done.err


def test_the_guides_command_for_samba_gives_a_dump_that_has_what_was_deleted(source, tmp_path, monkeypatch, run):
    (line,) = re.findall(r"^ldbsearch .*$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    command = (
        line.replace("/var/lib/samba/private/sam.ldb", f"{source.database} --configfile={source.config}")
        .replace("DC=example,DC=com", BASE)
        .replace("dc1.ldif", str(tmp_path / "dc1.ldif"))
    )
    source.user("gone")
    source.delete("CN=gone,OU=Staff")
    monkeypatch.chdir(tmp_path)
    subprocess.run(command, shell=True, check=True, timeout=120)
    records = parse_ldif((tmp_path / "dc1.ldif").read_bytes()).records
    assert any(record.get("isDeleted") and "gone" in record.dn for record in records)
    assert all(record.get("uSNChanged") for record in records if record.dn)
    shown = run("inspect", "dc1.ldif")
    assert (shown.status, "LDIF file" in shown.out) == (0, True), shown.out[:500]
