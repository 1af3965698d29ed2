"""What ``diagnose`` prints and returns, whatever is in the evidence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

import glbtools
from glbtools.diagnosis.engine import diagnose
from tests.diagnosis.networks import CASES, SCHEMA, built, network

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("slug", CASES)
def test_the_json_of_every_case_fits_its_schema_and_is_the_same_each_time(tmp_path, run, slug):
    path = built(tmp_path, CASES[slug][0])
    first, second = run("diagnose", "--json", str(path)), run("diagnose", "--json", str(path))
    assert first.out == second.out
    document = json.loads(first.out)
    jsonschema.validate(document, SCHEMA)
    assert slug in {each["slug"] for each in document["findings"]}
    assert sum(document["summary"].values()) == len(document["findings"])


def test_the_exit_status_says_whether_anything_is_wrong(tmp_path, run):
    assert run("diagnose", str(built(tmp_path, network(), "healthy"))).status == 0
    assert run("diagnose", str(built(tmp_path, CASES["stranded-transactions"][0], "stuck"))).status == 1


def test_what_is_left_out_does_not_count(tmp_path, run):
    path = str(built(tmp_path, CASES["stranded-transactions"][0]))
    assert run("diagnose", "--ignore", "U101", path).status == 0
    assert run("diagnose", "--select", "stranded-transactions", path).status == 1
    assert run("diagnose", "--select", "msttrans-missing", path).status == 0
    assert "U901" not in run("diagnose", "--min-severity", "error", path).out


def test_a_problem_nobody_knows_is_refused(tmp_path, run):
    done = run("diagnose", "--select", "stranded", str(built(tmp_path, network())))
    assert done.status == 2
    assert "stranded-transactions" in done.err


@pytest.mark.parametrize("make", ["empty", "foreign", "absent"])
def test_what_is_no_postoffice_is_refused_in_one_line(tmp_path, run, make):
    path = tmp_path / "x"
    if make != "absent":
        path.mkdir()
    if make == "foreign":
        (path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" * 100)
    done = run("diagnose", str(path))
    assert done.status == 2
    assert len(done.err.strip().splitlines()) == 1
    assert done.out == ""


def test_two_files_of_one_kind_for_one_postoffice_are_refused_with_the_way_out(tmp_path, run):
    now = built(tmp_path, network(), "now")
    then = built(tmp_path, network(), "then")
    done = run("diagnose", str(now / "server"), str(then / "server"))
    assert done.status == 2
    assert "--older" in done.err


def test_evidence_spread_over_several_paths_is_one_postoffice(tmp_path, published):
    parts = []
    for number, file in enumerate(sorted((published / "polynomial").glob("*.txt"))):
        part = tmp_path / str(number)
        part.mkdir()
        shutil.copy(file, part / file.name)
        parts.append(part / file.name)
    whole = diagnose(published / "polynomial")
    spread = diagnose(*parts)
    assert [each.problem.slug for each in spread.findings] == [each.problem.slug for each in whole.findings]
    assert [each.name for each in spread.network.postoffices] == ["POLYNOMIAL/MONTGOMERY"]


def test_a_damaged_or_foreign_file_takes_nothing_from_the_rest(tmp_path):
    path = built(tmp_path, CASES["stranded-transactions"][0])
    (path / "east" / "GLB" / "MASTER.GLB").write_bytes(bytes(176))
    (path / "server" / "GLB" / "SRVCONF.GLB").write_bytes(b"\xff" * 777)
    slugs = {each.problem.slug for each in diagnose(path).findings}
    assert {"stranded-transactions", "srvconf-corrupt-size"} <= slugs


def test_no_input_is_changed_and_all_are_hashed(tmp_path):
    path = built(tmp_path, network())
    before = {file: file.read_bytes() for file in path.rglob("*.*")}
    report = diagnose(path)
    assert {file: file.read_bytes() for file in path.rglob("*.*")} == before
    assert len(report.inputs) == len(before)
    assert all(each.sha256 for each in report.inputs)
    assert report.changed == []


def test_a_file_that_changes_meanwhile_is_said(tmp_path, monkeypatch):
    from glbtools.diagnosis import engine

    path = built(tmp_path, network())
    kept = engine.inputs

    def meddled(postoffice):
        found = list(kept(postoffice))
        (path / "east" / "GLB" / "REQTRANS.GLB").write_bytes(b"meddled")
        return iter(found)

    monkeypatch.setattr(engine, "inputs", meddled)
    changed = diagnose(path).changed
    assert [Path(each).name for each in changed] == ["REQTRANS.GLB"]


def test_a_link_to_a_file_is_read_and_shown_with_its_target(tmp_path):
    path = built(tmp_path, network())
    elsewhere = tmp_path / "elsewhere.log"
    elsewhere.write_text("04/07/94 12:00:00 | Fatal  [161] Server configuration busy\r\n")
    (path / "east" / "LOG").mkdir()
    (path / "east" / "LOG" / "DIRSYNC.LOG").symlink_to(elsewhere)
    report = diagnose(path)
    (link,) = (each for each in report.inputs if "DIRSYNC" in each.path)
    assert (link.used, link.target) == ("read", str(elsewhere))
    assert "stale-t2-on-requestor" in {each.problem.slug for each in report.findings}


def test_a_link_to_a_directory_is_not_followed_and_named(tmp_path):
    path = built(tmp_path, network())
    shutil.copytree(path / "east", tmp_path / "north")
    (path / "north").symlink_to(tmp_path / "north", target_is_directory=True)
    report = diagnose(path)
    assert not any("north" in each.path for each in report.inputs)
    assert [each.path for each in report.evidence.passed_over] == [str(path / "north")]


def test_hostile_names_and_texts_reach_no_terminal(tmp_path, run):
    path = built(tmp_path, network(east={"queue": {"REQTRANS": [{"sync": 1, "text": "A \x1b[2Jx\tPCM:NET/EAST/x"}]}}))
    for arguments in ((), ("--format", "csv"), ("--format", "jsonl"), ("--json",)):
        done = run("diagnose", *arguments, str(path))
        assert "\x1b" not in done.out + done.err


def test_the_report_is_one_call_of_the_library(tmp_path):
    report = glbtools.diagnose(built(tmp_path, CASES["stranded-transactions"][0]))
    assert [each.problem.code for each in report.findings if each.severity == "error"] == ["U101"]
    assert report.summary["error"] == 1


def test_a_time_with_an_offset_needs_the_zone_of_the_clocks(tmp_path, run):
    path = str(built(tmp_path, network()))
    assert run("diagnose", "--now", "1994-05-01T00:00:00", path).status == 0
    assert run("diagnose", "--now", "1994-05-01T00:00:00+02:00", "--tz", "UTC", path).status == 0
    assert run("diagnose", "--now", "1994-05-01T00:00:00+02:00", path).status == 2
    assert run("diagnose", "--now", "soon", path).status == 2
    assert run("diagnose", "--now", "1994-05-01", "--tz", "Nowhere/Else", path).status == 2
