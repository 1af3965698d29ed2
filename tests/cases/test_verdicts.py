"""States of files on which a verdict is easily wrong; what is right, and why, stands in each case's expected.toml."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

import glbtools
from glbtools.diagnosis.problems import SEVERITIES
from tests.cases.claims import HERE, expected, parameters

SAID = dict(expected("verdicts"))
CLAIMS = (
    "must", "must_not", "not_certain", "effect_not_certain", "at_most", "status_right", "unsent",
    "unsent_not_certain", "unsent_not_pending", "unsent_missing_download",
)  # fmt: skip
GIVEN = {"any-log": "one", "deleted-names": "po", "master-glb-too-short": "po", "nested-network": "mix"}


@pytest.fixture
def place(request, tmp_path, monkeypatch):
    """Where the case's evidence lies, written from its description where it has one."""
    case = request.getfixturevalue("case")
    shutil.copytree(HERE / "verdicts" / case, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    if case == "single-file":
        shutil.copytree(HERE / "verdicts" / "nested-network" / "mix", tmp_path / "mix")
        return "mix/net/hub/GLB/REQTRANS.GLB"
    for spec in ("network.json", "spec.toml"):
        if (tmp_path / spec).exists():
            glbtools.build(spec, "copy")
            return "copy"
    return GIVEN[case]


@pytest.fixture
def diagnosis(place, run):
    return run("diagnose", place, "--json")


@pytest.fixture
def findings(diagnosis):
    return {each["slug"]: each for each in reversed(json.loads(diagnosis.out)["findings"])}


@pytest.fixture
def listed(place, run):
    """``listed(name, channel)``: the numbers that unsent names: number -> (why, certainty)."""
    answer = json.loads(run("unsent", place, "--direction", "both", "--json").out)

    def of(name: str, channel: str = "upload") -> dict[int, tuple[str, str]]:
        key = "postoffice" if channel == "upload" else "target"
        found = {}
        for each in answer["ranges"]:
            if each["origin" if channel == "upload" else "target"] == name and each["channel"] == channel:
                low, high = each["range"]
                found |= dict.fromkeys(range(low + 1, high + 1), (each["why"], each["certainty"]))
        for each in answer["unsent"]:
            if each[key] == name and each["channel"] == channel:
                found[each["sync"]] = (each["why"], each["certainty"])
        return found

    return of


def _claimed():
    return [(case, claim) for case, said in SAID.items() for claim in CLAIMS if claim in said and said[claim] != []]


@pytest.mark.parametrize(("case", "claim"), parameters("verdicts", _claimed()))
def test_the_verdict_is_as_the_case_says(case, claim, request):
    wanted = SAID[case][claim]
    if claim == "status_right":
        for command in ("diagnose", "unsent"):
            place, run = request.getfixturevalue("place"), request.getfixturevalue("run")
            assert run(command, place).status == wanted, command
        return
    if claim.startswith("unsent"):
        listed = request.getfixturevalue("listed")
        for full, numbers in wanted.items():
            name = full.removesuffix(" (from the server)")
            found = listed(name, "download" if name != full or claim.endswith("download") else "upload")
            if claim == "unsent_not_certain":
                assert not [each for each in numbers if found.get(each, ("", ""))[1] == "certain"]
            elif claim == "unsent_not_pending":
                assert not [each for each in numbers if found.get(each, ("", ""))[0] == "pending"]
            elif claim == "unsent" and not numbers:
                assert not found
            else:
                assert set(numbers) <= set(found)
        return
    findings = request.getfixturevalue("findings")
    if claim == "must":
        assert set(wanted) <= set(findings)
    elif claim == "must_not":
        assert not set(wanted) & set(findings)
    elif claim == "at_most":
        for slug, most in wanted.items():
            assert slug not in findings or SEVERITIES.index(findings[slug]["severity"]) >= SEVERITIES.index(most)
    else:
        key = "certainty" if claim == "effect_not_certain" else "cause_certainty"
        for slug in set(wanted) & set(findings):
            assert findings[slug].get(key, findings[slug]["certainty"]) != "certain", slug


# --- cases that ask for more than a list -----------------------------------------------------------------------------


def _case(name: str, claim: str):
    return pytest.mark.parametrize(("case", "claim"), parameters("verdicts", [(name, claim)]))


@_case("nested-network", "rebuild")
def test_rebuild_never_calls_consistent_what_it_did_not_look_at(case, claim, place, run):
    done = run("rebuild", place, "--into", "out")
    assert done.status in (1, 2) or "mix/net" in done.out
    assert "the result is consistent" not in done.out or "mix/net/hub" in done.out


@_case("real-records-at-or-below-a-not-in-msttrans", "not-arrived")
def test_what_no_file_of_the_server_holds_is_not_said_to_have_arrived(case, claim, findings):
    kept = findings.get("acknowledged-records-kept")
    assert kept is None or not any("They have arrived" in each for each in kept.get("notes", ()))
    assert "stranded-transactions" in findings or kept


@_case("digits-beyond-32-bits", "round-trip")
def test_what_was_read_of_a_configuration_can_be_written_again(case, claim, monkeypatch):
    from glbtools import layouts
    from glbtools.formats import config

    layout = layouts.load(HERE / "verdicts" / case / "dec10.toml")
    data = (HERE / "verdicts" / case / "REQCONF.GLB").read_bytes()
    assert _built(config, data, layout) == data


def _built(config, data, layout):
    try:
        return config.parse_reqconf(data, layout).build()
    except glbtools.GlbError as error:
        return error


@_case("severity-in-the-library", "severity")
def test_a_finding_of_the_library_has_the_severity_that_counts(case, claim, tmp_path):
    glbtools.build(HERE / "verdicts" / "clone-hole-and-held" / "network.json", tmp_path / "copy")
    found = glbtools.diagnose(tmp_path / "copy").findings
    assert found
    assert all(each.severity in SEVERITIES for each in found)


@_case("large-listing", "linear")
def test_the_work_on_a_listing_grows_with_its_length(case, claim, tmp_path, monkeypatch, steps_of):
    """Steps of the interpreter are counted, not time: four times the records may take five times the steps."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (tmp_path / "glbtools").write_text(f'#!/bin/sh\nexec {sys.executable} -m glbtools "$@"\n')
    (tmp_path / "glbtools").chmod(0o755)
    steps = []
    for count in (300, 1200):
        shutil.rmtree("big", ignore_errors=True)
        shutil.rmtree("big-listing", ignore_errors=True)
        subprocess.run([sys.executable, str(HERE / "verdicts" / case / "make.py"), str(count)], check=True)
        glbtools.diagnose("big-listing")
        steps.append(steps_of(lambda: glbtools.diagnose("big-listing")))
    assert steps[1] < 5 * steps[0]
