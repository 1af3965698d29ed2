"""What ``diagnose`` prints and returns, whatever is in the evidence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

import glbtools
from glbtools.diagnosis.engine import diagnose
from glbtools.evidence.sources import OnDisk
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
    assert document["schema"] == "glbtools.diagnosis/2"
    unjudged = document["summary"].pop("unjudged")
    assert (unjudged, sum(document["summary"].values())) == (len(document["unjudged"]), len(document["findings"]))


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
    kept = engine.files_of

    def meddled(postoffice):
        found = list(kept(postoffice))
        (path / "east" / "GLB" / "REQTRANS.GLB").write_bytes(b"meddled")
        return iter(found)

    monkeypatch.setattr(engine, "files_of", meddled)
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


# --- silence (docs/certainty.md) --------------------------------------------------------------------------------------


def kept_only(tmp_path, *names, short=""):
    """Return a requestor's directory of which only some files are left, one of them perhaps cut short."""
    path = built(tmp_path, network(east={"log": {"DIRSYNC": "04/07/94 12:00:00 | 1 171\n"}})) / "east"
    for file in path.rglob("*.*"):
        if file.name not in names:
            file.unlink()
        elif file.name == short:
            file.write_bytes(file.read_bytes()[:3])
    return path


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (("REQTRANS.GLB",), ("REQCONF", "SRVCONF of the server")),
        (("REQCONF.GLB",), ("REQTRANS", "SRVCONF of the server")),
        (("DIRSYNC.LOG",), ("REQTRANS", "REQCONF", "SRVCONF of the server")),
        (("SRVTRANS.GLB", "USRTRANS.GLB"), ("REQTRANS", "REQCONF", "SRVCONF of the server")),
    ],
)
def test_a_postoffice_of_which_no_two_values_can_be_compared_is_not_called_sound(tmp_path, run, names, wanted):
    path = kept_only(tmp_path, *names)
    report = diagnose(path)
    assert [each.wanted for each in report.unjudged] == [wanted]
    document = json.loads(run("diagnose", "--json", str(path)).out)
    jsonschema.validate(document, SCHEMA)
    assert document["summary"]["unjudged"] == 1
    text = " ".join(run("diagnose", str(path)).out.split())
    assert "cannot be judged" in text
    assert "nothing to report" not in text
    assert "nothing wrong is seen" not in text
    assert text.endswith("1 postoffice not judged")


def test_a_configuration_too_short_to_hold_a_number_judges_nothing(tmp_path):
    report = diagnose(kept_only(tmp_path, "REQTRANS.GLB", "REQCONF.GLB", short="REQCONF.GLB"))
    assert [each.wanted for each in report.unjudged] == [("REQCONF", "SRVCONF of the server")]


def test_of_several_networks_every_postoffice_is_in_the_document(fixture_path, run):
    report = diagnose(fixture_path("damaged"))
    assert len(report.evidence.units) == 6
    listed = json.loads(run("diagnose", "--json", fixture_path("damaged")).out)["postoffices"]
    assert sorted(each["path"] for each in listed) == sorted(each.path for each in report.evidence.postoffices)


def test_the_status_is_2_where_nothing_given_can_be_judged_and_else_that_of_the_rest(tmp_path, run):
    alone = kept_only(tmp_path, "DIRSYNC.LOG").rename(tmp_path / "elsewhere")
    done = run("diagnose", str(alone))
    assert done.status == 2
    assert "cannot be judged" in done.err
    assert run("diagnose", "--select", "U101", str(alone)).status == 2
    rest = built(tmp_path, network(), "rest")
    shutil.rmtree(rest / "west")
    done = run("diagnose", "--json", str(alone), str(rest))
    assert (done.status, json.loads(done.out)["summary"]["unjudged"]) == (0, 1)


def test_a_file_that_is_given_by_itself_is_not_refused_for_what_it_could_be_compared_with(tmp_path, run):
    done = run("diagnose", "--json", str(kept_only(tmp_path, "REQTRANS.GLB") / "GLB" / "REQTRANS.GLB"))
    assert (done.status, json.loads(done.out)["summary"]["unjudged"]) == (0, 1)


def test_every_file_that_is_given_is_accounted_for_once(tmp_path):
    path, before = built(tmp_path, network()), built(tmp_path, network(east={"reqconf": {"reqsync": 16}}), "before")
    east = path / "east" / "GLB"
    (path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" * 100)
    (path / "case.zip").write_bytes(b"PK\3\4 cut short")
    (east / "OLDTRANS.GLB").symlink_to(east / "REQTRANS.GLB")
    (east / "_SRTRANS.GLB").write_bytes((east / "USRTRANS.GLB").read_bytes())
    (east / "BIG.GLB").write_bytes(bytes(9000))
    (path / "west" / "GLB" / "SRVTRANS.GLB").write_bytes(b"\x01\x02")
    report = diagnose(path, older=[before], max_size=8000)
    given = sorted(str(each) for top in (path, before) for each in top.rglob("*") if not each.is_dir())
    assert sorted(each.path for each in report.inputs) == given
    used = {Path(each.path).name: each.used for each in report.inputs if each.path.startswith(str(path))}
    assert used["photo.jpg"] == "not recognised"
    assert used["BIG.GLB"] == "too large"
    assert used["REQTRANS.GLB"] == "read"
    assert all(each.sha256 for each in report.inputs if each.used not in ("too large", "damaged"))


def test_how_sure_the_effect_and_the_cause_are_is_said_apart_in_every_form(tmp_path, run):
    path = str(built(tmp_path, CASES["reqconf-cloned-or-restored"][0]))
    assert "reqconf-cloned-or-restored (effect likely, cause possible): " in run("diagnose", path).out
    done = run("report", path, "--to", str(tmp_path / "page.html"))
    assert done.status == 1
    assert "effect likely, cause possible" in (tmp_path / "page.html").read_text(encoding="utf-8")
    found = {each["slug"]: each for each in json.loads(run("diagnose", "--json", path).out)["findings"]}
    finding = found["reqconf-cloned-or-restored"]
    assert (finding["certainty"], finding["cause_certainty"]) == ("likely", "possible")


def test_of_a_problem_that_is_named_by_its_effect_the_cause_is_left_to_the_notes(tmp_path, run):
    said = run("diagnose", str(built(tmp_path, CASES["stranded-transactions"][0]))).out
    assert "stranded-transactions: " in said
    assert "note: The cause could also be: " in said


def test_changes_still_to_be_made_that_will_be_ignored_are_called_so(tmp_path, run):
    said = " ".join(run("diagnose", str(built(tmp_path, CASES["reqconf-cloned-or-restored"][0]))).out.split())
    assert "the next changes, numbers 13 to 16 and most likely 17, will be ignored" in said


def test_headlines_of_notes_name_the_postoffice_of_which_they_speak(tmp_path, run):
    said = run("diagnose", "--verbose", str(built(tmp_path, network()))).out.splitlines()
    heads = [line for line in said if "nothing-to-send:" in line]
    assert heads
    assert all("nothing-to-send: NET/" in line for line in heads)


def test_what_is_of_nothing_known_is_not_hashed_unless_it_is_asked(fixture_path, tmp_path, monkeypatch):
    shutil.copytree(fixture_path("stuck"), tmp_path / "stuck")
    (tmp_path / "stuck" / "picture.bmp").write_bytes(b"BM" + bytes(100))
    hashed = []
    kept = OnDisk.digest
    monkeypatch.setattr(OnDisk, "digest", lambda self, size: hashed.append(self.name) or kept(self, size))
    report = glbtools.diagnose(tmp_path)
    assert "picture.bmp" not in hashed
    assert [each.sha256 is not None for each in report.inputs if each.path.endswith(".bmp")] == [True]
    assert "picture.bmp" in hashed
