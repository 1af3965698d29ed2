"""Inputs on which rebuilding is easily wrong."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

import glbtools
from tests.cases.claims import HERE, parameters

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "rebuild.md"


@pytest.fixture
def inside(request, tmp_path, monkeypatch):
    shutil.copytree(HERE / "rebuild" / request.getfixturevalue("case"), tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _case(*claims):
    return pytest.mark.parametrize(("case", "claim"), parameters("rebuild", claims))


@_case(("no-date", "rebuilds"), ("dos-odd-second", "rebuilds"), ("future-log", "rebuilds"))
def test_a_date_that_cannot_be_written_does_not_stop_the_rebuild(case, claim, inside, run):
    layout = ("--layout", "dos-stamp.toml") if case == "dos-odd-second" else ()
    done = run("rebuild", "po", "--into", "out", "--unsafe", *layout)
    assert done.status in (0, 1), done.err
    assert (inside / "out" / "GLB" / "REQTRANS.GLB").exists()


@_case(("no-date", "placeholder"))
def test_without_any_date_the_placeholder_is_written_with_stamp_0(case, claim, inside, run):
    assert run("rebuild", "po", "--into", "out").status == 0
    (record,) = glbtools.read_queue("out/GLB/REQTRANS.GLB").records
    assert (record.sync, record.stamp, (inside / "out/GLB/REQTRANS.GLB").stat().st_size) == (17, 0, 49)


@_case(("no-date", "without-reqtrans"))
def test_without_any_date_and_without_reqtrans_the_rebuild_ends_well(case, claim, inside, run):
    glbtools.build("nodate.toml", "nd")
    (inside / "nd" / "west" / "GLB" / "REQTRANS.GLB").unlink()
    assert run("rebuild", "nd/west", "--into", "out").status in (0, 1)


@_case(("rebuild-leaves-R", "queue"))
def test_an_export_moves_above_the_server_number_as_a_whole(case, claim, inside, run):
    glbtools.build("network.json", "copy")
    run("rebuild", "copy", "--into", "out", "--unsafe")
    queue = glbtools.read_queue("out/req1/GLB/REQTRANS.GLB")
    assert [(each.sync, each.text[:1]) for each in queue.records] == [(4, "R"), (5, "A"), (6, "A")]


@_case(("rebuild-leaves-R", "unsent"))
def test_the_first_record_of_an_export_that_is_refused_is_unsent(case, claim, inside, run):
    glbtools.build("network.json", "copy")
    listed = json.loads(run("unsent", "copy", "--json").out)["unsent"]
    assert {each["sync"] for each in listed} >= {1, 2, 3}


@_case(("hash-audit", "passes"))
def test_hashdeep_confirms_what_was_written(case, claim, inside, run):
    if shutil.which("hashdeep") is None:
        pytest.skip("hashdeep (Debian package hashdeep) is not installed")
    import subprocess

    run("rebuild", HERE / "verdicts" / "nested-network" / "mix" / "net", "--into", "rebuilt", "--unsafe")
    (command,) = re.findall(r"^\$ (find .* hashdeep .*)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    done = subprocess.run(command, cwd="rebuilt", shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    (Path("rebuilt") / "glbtools-rebuild" / "report.txt").write_text("changed")
    done = subprocess.run(command, cwd="rebuilt", shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 1
