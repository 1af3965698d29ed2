"""``simulate`` on the command line: what it prints, what it refuses, and its exit status."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import glbtools
from glbtools.simulation.faults import FAULTS
from glbtools.simulation.scenario import shipped


def run(*arguments, **options):
    command = [sys.executable, "-m", "glbtools", "simulate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_all_scenarios_and_faults_are_listed():
    said = run("--list", env={"COLUMNS": "80", "NO_COLOR": "1"})
    assert said.returncode == 0
    assert all(each in said.stdout for each in (*shipped(), *FAULTS))
    assert max(map(len, said.stdout.splitlines())) <= 80
    listed = json.loads(run("--list", "--json").stdout)
    assert {each["name"] for each in listed["faults"]} == set(FAULTS)
    assert {each["name"] for each in listed["scenarios"]} == set(shipped())


def test_a_simulation_says_what_did_not_arrive_and_why(tmp_path):
    said = run("reqtrans-begun-again", "--out", tmp_path / "net")
    assert said.returncode == 0
    assert "stranded: reqtrans-begun-again" in said.stdout
    known = glbtools.truth_of(tmp_path / "net")
    assert [each["name"] for each in known["faults"]] == ["reqtrans-begun-again"]
    document = json.loads(run("reqtrans-begun-again", "--out", tmp_path / "json", "--json").stdout)
    assert document["truth"] == known
    assert len(document["written"]) == len([each for each in (tmp_path / "json").rglob("*") if each.is_file()])


def test_a_network_goes_on_where_another_simulation_has_left_it(tmp_path):
    assert run("server-restored", "--out", tmp_path / "one", "--quiet").stdout == ""
    assert run("healthy-week", "--from", tmp_path / "one", "--cycles", 2, "--out", tmp_path / "two").returncode == 0
    before, after = glbtools.truth_of(tmp_path / "one"), glbtools.truth_of(tmp_path / "two")
    assert after["cycle"] == before["cycle"] + 2
    assert len(after["changes"]) > len(before["changes"])


def test_another_seed_is_another_life(tmp_path):
    for seed in (1, 2):
        run("healthy-week", "--seed", seed, "--out", tmp_path / str(seed))
    one, two = (glbtools.truth_of(tmp_path / str(seed))["changes"] for seed in (1, 2))
    assert [each["text"] for each in one] != [each["text"] for each in two]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "SCENARIO: is missing"),
        (("healthy-week",), "--out"),
        (("no-such", "--out", "x"), "neither a file nor a scenario of the package"),
        (("missing.toml", "--out", "x"), "missing.toml"),
        (("healthy-week", "--out", "there"), "--force"),
        (("healthy-week", "--out", "x", "--from", "nowhere"), "nowhere"),
        (("healthy-week", "--out", "x", "--from", "there"), "there"),
        (("wrong.toml", "--out", "x"), "wrong.toml:2: cycles"),
    ],
)
def test_what_cannot_be_done_is_refused_with_status_2_and_nothing_is_written(tmp_path, arguments, why):
    (tmp_path / "there").mkdir()
    (tmp_path / "there/file").write_text("kept")
    (tmp_path / "wrong.toml").write_text("title = 'x'\ncycles = 0\n")
    said = run(*arguments, cwd=tmp_path)
    assert said.returncode == 2
    assert why in said.stderr
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "x").exists()
    assert [each.name for each in (tmp_path / "there").iterdir()] == ["file"]


def test_with_force_what_is_no_network_is_left_alone(tmp_path):
    (tmp_path / "net").mkdir()
    (tmp_path / "net/notes.txt").write_text("kept")
    assert run("healthy-week", "--cycles", 1, "--out", tmp_path / "net", "--force").returncode == 0
    assert run("server-restored", "--out", tmp_path / "net", "--force").returncode == 0
    assert (tmp_path / "net/notes.txt").read_text() == "kept"
    alone = tmp_path / "alone"
    run("server-restored", "--out", alone)
    both = [
        {each.relative_to(root).as_posix(): each.read_bytes() for each in root.rglob("*") if each.is_file()}
        for root in (tmp_path / "net", alone)
    ]
    both[0].pop("notes.txt")
    assert both[0] == both[1]
