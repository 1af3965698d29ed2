"""Every file that is given is accounted for, and what a postoffice is called can be said."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

import glbtools
from glbtools.errors import UsageError
from tests.cli.replay import Run

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    shutil.copytree(FIXTURES / "network", tmp_path / "case" / "net")
    shutil.make_archive(str(tmp_path / "case" / "older"), "zip", FIXTURES / "stuck")
    (tmp_path / "case" / "notes.txt").write_text("Call Ann.\n")
    (tmp_path / "case" / "pictures").mkdir()
    (tmp_path / "case" / "pictures" / "tree.png").write_bytes(b"\x89PNG")
    glb = tmp_path / "case" / "net" / "october" / "GLB"
    (glb / "REQTRANS.GLB").rename(glb / "_EQTRANS.GLB")
    (glb / "NMETRANS.GLB").unlink()
    os.mkfifo(glb / "NMETRANS.GLB")
    return tmp_path / "case"


def test_every_file_below_a_folder_is_listed_once_with_its_hash(case: Path) -> None:
    found = glbtools.find_evidence(case)
    listed = [each for place in found.places for each in place.files] + found.others
    paths = [each.path for each in listed]
    assert len(paths) == len(set(paths))
    for path in case.rglob("*"):
        if path.is_file():
            (row,) = (each for each in listed if each.path == str(path))
            assert row.sha256 == glbtools.files.sha256(path.read_bytes())
            assert row.size == path.stat().st_size


def test_what_each_file_is_for_is_said(case: Path) -> None:
    found = glbtools.find_evidence(case)
    listed = {each.path.removeprefix(f"{case}/"): each for place in found.places for each in place.files}
    listed |= {each.path.removeprefix(f"{case}/"): each for each in found.others}
    assert listed["net/october/GLB/REQCONF.GLB"].used == "read"
    assert listed["net/october/GLB/_EQTRANS.GLB"].is_deleted
    assert listed["older.zip"].used == "opened"
    assert listed["notes.txt"].used == "not recognised"
    assert listed["pictures/tree.png"].used == "not recognised"
    assert listed["older.zip::october/GLB/REQTRANS.GLB"].format == "queue"
    assert listed["net/october/GLB/NMETRANS.GLB"].why == "a FIFO"


def test_a_folder_in_which_nothing_is_recognised_is_listed_with_status_2(tmp_path: Path, run: Run) -> None:
    (tmp_path / "notes.txt").write_text("Call Ann.\n")
    done = run("evidence", tmp_path, "--json")
    assert done.status == 2
    assert "nothing in what was given is recognised" in done.err
    assert [each["used"] for each in json.loads(done.out)["others"]] == ["not recognised"]


@pytest.mark.parametrize("command", ["diagnose", "unsent", "rebuild"])
def test_the_name_that_is_said_counts_more_than_any_file(tmp_path: Path, command: str, run: Run) -> None:
    shutil.copytree(FIXTURES / "network", tmp_path / "net")
    (tmp_path / "net" / "october").rename(tmp_path / "net" / "po1")
    more = ("--into", tmp_path / "out") if command == "rebuild" else ()
    done = run(command, tmp_path / "net", "--name", f"{tmp_path / 'net' / 'po1'}=POLYNOMIAL/OCTOBER", *more)
    assert done.status in (0, 1)
    report = glbtools.diagnose(tmp_path / "net", names={str(tmp_path / "net" / "po1"): "polynomial/october"})
    (named,) = (each for each in report.network.postoffices if each.path.endswith("po1"))
    assert (named.name, named.name_certain) == ("POLYNOMIAL/OCTOBER", True)


@pytest.mark.parametrize(
    ("name", "says"), [("NET", "no name of a postoffice"), ("NET/PO", "no postoffice was found there")]
)
def test_a_name_for_nothing_or_that_is_none_is_refused(tmp_path: Path, name: str, says: str) -> None:
    shutil.copytree(FIXTURES / "network", tmp_path / "net")
    with pytest.raises(UsageError, match=says):
        glbtools.diagnose(tmp_path / "net", names={str(tmp_path / "elsewhere"): name})


@pytest.mark.parametrize("given", ["NET/PO", "=NET/PO", "dir="])
def test_an_option_name_that_says_nothing_is_refused(given: str, run: Run) -> None:
    done = run("diagnose", FIXTURES / "network", "--name", given)
    assert done.status == 2
    assert "DIR=NET/PO" in done.err
