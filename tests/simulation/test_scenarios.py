"""Every packaged scenario: it shows its fault and nothing else, and gives the same bytes each time."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from glbtools.diagnosis.engine import diagnose
from glbtools.diagnosis.problems import by_slug
from glbtools.simulation.faults import FAULTS
from glbtools.simulation.run import contents, run
from glbtools.simulation.scenario import load, shipped

SUMS = Path(__file__).resolve().parents[2] / "fixtures" / "scenarios.sha256"
LARGE = "healthy-year"
NAMES = sorted(set(shipped()) - {LARGE})

BESIDE = {
    "server-far-behind": {"stranded-transactions"},
    "server-queue-begun-again": {"stranded-transactions"},
    "bad-modification": {"text-faults"},
}
"""Scenario -> problems that its fault leads to beside the one it is named for."""


def slugs_of(name: str) -> set[str]:
    return {FAULTS[each.name].slug for each in load(name).mishaps} - {""}


def test_every_fault_has_a_scenario_of_its_name():
    assert set(FAULTS) <= set(shipped())
    for name in FAULTS:
        assert {each.name for each in load(name).mishaps} == {name}


def test_the_large_scenario_is_a_year_of_twenty_postoffices():
    scenario = load(LARGE)
    assert (scenario.cycles, len(scenario.postoffices) + 1, scenario.changes) == (365, 20, 10)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_scenario_says_what_it_is_and_where_that_is_described(name):
    scenario = load(name)
    assert scenario.title
    assert "\n" not in scenario.title
    cited = set(re.findall(r"Q\d{5,6}", scenario.story))
    assert cited
    for each in scenario.mishaps:
        assert cited & set(FAULTS[each.name].sources.split())


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_shows_its_fault_and_nothing_else(name, simulated):
    found = {(each.problem.slug, each.severity) for each in diagnose(simulated(name)).findings}
    expected = {(each, by_slug(each).severity) for each in slugs_of(name)}
    assert expected <= found
    loud = {slug for slug, grade in found if grade != "note"}
    assert loud - slugs_of(name) == BESIDE.get(name, set())


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_names_the_faults_that_were_injected(name, simulated):
    truth = json.loads((simulated(name) / "glbtools-simulation/truth.json").read_text())
    assert {each["name"] for each in truth["faults"]} == {each.name for each in load(name).mishaps}
    if not slugs_of(name):
        assert [each["id"] for each in truth["changes"] if each["delivered"] != "all"] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_gives_the_bytes_of_its_sums_each_time(name, simulated):
    directory = simulated(name)
    files = [each for each in directory.rglob("*") if each.is_file()]
    made = {each.relative_to(directory).as_posix(): each.read_bytes() for each in files}
    assert contents(run(load(name))) == made
    assert {path: hashlib.sha256(data).hexdigest() for path, data in made.items()} == sums_of(name)


def test_there_are_sums_of_every_scenario_but_the_large_one():
    lines = SUMS.read_text("ascii").splitlines()
    assert lines == sorted(lines, key=lambda line: line.split("  ")[1].split("/", 1))
    assert {line.split("  ")[1].partition("/")[0] for line in lines} == set(NAMES)


def sums_of(name: str) -> dict[str, str]:
    """Return the sum that is kept of each file of a scenario."""
    pairs = (line.split(f"  {name}/") for line in SUMS.read_text("ascii").splitlines() if f"  {name}/" in line)
    return {path: digest for digest, path in pairs}
