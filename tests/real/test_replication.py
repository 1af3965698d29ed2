"""Two real domain controllers that replicate: links, vectors and a rollback as Samba itself leaves them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from glbtools import Dump
from glbtools.formats.ldif_dump import parse_ldif
from tests.real.controller import missing

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("unshare", "ip", "samba", "samba_spnupdate", "ldapsearch")


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if reason := missing():
        pytest.skip(reason)
    if absent := [each for each in NEEDED if shutil.which(each) is None]:
        pytest.skip(f"{', '.join(absent)} not installed (apt-get install samba ldap-utils iproute2)")
    inside = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespace of its own can be made here")
    place = tmp_path_factory.mktemp("replication")
    program = [sys.executable, "-m", "tests.real.replicating", str(place)]
    done = subprocess.run([*inside, *program], capture_output=True, text=True, timeout=900, check=False, cwd=ROOT)
    if "drs_utils.drsException" in done.stderr:  # The history was not made: nothing can be said of glbtools.
        pytest.skip(f"the two controllers did not replicate: {done.stderr.strip().splitlines()[-1][-200:]}")
    assert done.returncode == 0, f"{done.stdout[-500:]}{done.stderr[-1500:]}"
    yield place
    shutil.rmtree(place)


def chosen(history: Path, tmp_path: Path, pattern: str) -> Path:
    target = tmp_path / "chosen"
    target.mkdir()
    for each in history.glob(pattern):
        shutil.copy(each, target)
    assert any(target.iterdir())
    return target


def diagnosed(run, path: Path) -> dict:
    done = run("diagnose", path, "--json")
    assert done.status in (0, 1), done.err
    return json.loads(done.out)


def test_of_two_controllers_that_have_everything_nothing_is_wrong(run, history, tmp_path):
    found = diagnosed(run, chosen(history, tmp_path, "sound-*"))
    assert found["findings"] == []
    assert [(each["state"], each["kind"]) for each in found["channels"]] == [("IN_SYNC", "backsync")] * 2


@pytest.mark.parametrize("form", ["txt", "json"])
def test_a_partner_that_is_down_is_a_link_that_fails_in_either_form(run, history, tmp_path, form):
    found = diagnosed(run, chosen(history, tmp_path, f"down-*.{form}"))["findings"]
    assert {each["slug"] for each in found} == {"replication-failing"}
    places = json.dumps([each["evidence"] for each in found])
    assert "DC=glb,DC=example" in places
    assert "CN=Configuration,DC=glb,DC=example" in places


def test_links_say_the_same_for_people_and_for_programs(run, history):
    """The two forms were asked for one after the other: a server that runs may have replicated in between."""
    for name in ("sound-dc1", "sound-dc2", "down-dc1"):
        links, times = [], []
        for form in ("txt", "json"):
            (found,) = json.loads(run("inspect", history / f"{name}.{form}", "--json").out)["files"]
            records = sorted(found["records"], key=lambda each: (each["context"], each["source"]))
            links.append([(each["context"], each["source"], each["failures"] > 0) for each in records])
            times.append([each["last_success"] for each in records])
        assert links[0] == links[1] != []
        for said, printed in zip(*times, strict=True):
            assert said == printed or abs((moment(said) - moment(printed)).total_seconds()) < 120


def moment(text: str) -> datetime:
    """Return a time as Samba prints it."""
    return datetime.strptime(text, "%a %b %d %H:%M:%S %Y UTC")


def test_an_image_put_back_is_told_by_the_vector_of_its_partner(run, history, tmp_path):
    found = diagnosed(run, chosen(history, tmp_path, "back-*"))
    (each,) = found["findings"]
    assert (each["slug"], each["severity"]) == ("backsync-restored-directory", "error")
    assert "dc2.glb.example went back in time" in each["message"]
    assert "held by partners" in json.dumps(each["notes"])


def test_the_commands_of_the_guide_give_what_it_says(run, history, tmp_path):
    shutil.copytree(history / "guide", tmp_path / "guide")
    links = diagnosed(run, tmp_path / "guide" / "links.txt")
    assert links["findings"] == []
    assert json.loads(run("inspect", tmp_path / "guide" / "links.txt", "--json").out)["files"][0]["records"]
    words = ("--restored", history / "sound-dc1.ldif", "--partner", history / "sound-dc2.ldif")
    shutil.copy(tmp_path / "guide" / "dc2.vector.ldif", tmp_path / "sound-dc2.ldif")
    said = run("directory", "backsync", *words, "--cursors", tmp_path / "sound-dc2.ldif", "--json")
    (partner,) = json.loads(said.out)["partners"]
    assert (partner["state"], partner["remembered"] > 3000) == ("IN_SYNC", True), partner
    records = parse_ldif((tmp_path / "guide" / "dc1.ldif").read_bytes()).records
    assert any(each.get("isDeleted") == "TRUE" for each in records)
    assert all(each.get("uSNChanged") and each.get("objectGUID") for each in records if each.dn)
    facts = Dump(tmp_path / "guide" / "dc1.ldif").facts()
    assert facts.server == "dc1.glb.example"
    assert facts.head
    assert facts.epoch
    found = diagnosed(run, tmp_path / "guide")
    assert found["findings"] == []
    done = run("directory", "export", tmp_path / "guide" / "dc1.ldif", "--state", tmp_path / "s.json", "--to", "-")
    assert done.status == 0, done.err
