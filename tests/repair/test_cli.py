"""``glbtools rebuild``: exit statuses, and what each option does."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from glbtools.formats.queue import new_queue
from glbtools.model.change import Change
from glbtools.repair.work import OWN

from .directories import QUEUE, everything, older, postoffices, simulated

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
SCHEMA = {
    "type": "object",
    "required": ["schema", "edits", "undone", "links", "result"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": "glbtools.plan/1"},
        "edits": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["slug", "postoffice", "path", "what", "before", "after", "why", "safety"],
                "additionalProperties": False,
                "properties": {
                    **dict.fromkeys(("slug", "postoffice", "path", "before", "after", "why"), TEXT),
                    "what": {"enum": ["write", "move", "save"]},
                    "safety": {"enum": ["safe", "unsafe"]},
                },
            },
        },
        "undone": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["slug", "postoffice", "why", "lost"],
                "additionalProperties": False,
                "properties": {**dict.fromkeys(("slug", "postoffice", "why"), TEXT), "lost": {"type": "boolean"}},
            },
        },
        "links": TEXTS,
        "result": {
            "type": ["object", "null"],
            "required": ["directory", "files", "remaining", "summary", "changed"],
            "additionalProperties": False,
            "properties": {
                "directory": TEXT,
                "files": {"type": "integer"},
                "remaining": TEXTS,
                "summary": {"type": "object", "required": ["error", "warning", "note"]},
                "changed": TEXTS,
            },
        },
    },
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "options", "status"),
    [
        ("healthy-week", [], 0),
        ("reqtrans-begun-again", [], 0),
        ("msttrans-deleted", [], 1),
        # Repaired, and some of it is lost.
        ("msttrans-deleted", ["--unsafe"], 1),
        ("reqtrans-torn", [], 1),
        ("reqconf-cloned", ["--unsafe"], 1),
        ("reqconf-short", ["--unsafe"], 0),
        # A finding that is a note is none that is left.
        ("resync-before-adds", [], 0),
    ],
)
def test_the_status_says_whether_anything_is_left_or_lost(name, options, status, place, run):
    simulated(name, place / "given")
    ran = run("rebuild", "given", "--into", "rebuilt", *options, "--quiet")
    assert (ran.status, ran.out, ran.err) == (status, "", "")
    assert (place / "rebuilt" / OWN / "manifest.json").is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        ["given"],
        ["given", "--into", "given"],
        ["given", "--into", "given/rebuilt"],
        ["given", "--into", "."],
        ["given", "--into", "there"],
        ["given/east/GLB/REQTRANS.GLB", "--into", "rebuilt"],
        ["absent", "--into", "rebuilt"],
        ["given", "--into", "rebuilt", "--only", "no-such-problem"],
        ["given", "--into", "rebuilt", "--carve", "absent.img"],
        ["given", "--into", "rebuilt", "--older", "absent"],
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_written(arguments, place, run):
    simulated("reqtrans-begun-again", place / "given")
    (place / "there").mkdir()
    before = everything(place)
    ran = run("rebuild", *arguments)
    assert ran.status == 2
    assert ran.err
    assert everything(place) == before
    assert {each.name for each in place.iterdir()} == {"given", "there"}


def test_without_a_directory_the_option_is_named(place, run):
    simulated("healthy-week", place / "given")
    assert "--into" in run("rebuild", "given").err


@pytest.mark.parametrize("options", [["--into", "rebuilt"], []])
def test_a_dry_run_prints_the_same_plan_and_writes_nothing(options, place, run):
    simulated("reqtrans-begun-again", place / "given")
    before = everything(place)
    dry = run("rebuild", "given", "--dry-run", *options)
    assert everything(place) == before
    assert not (place / "rebuilt").exists()
    wet = run("rebuild", "given", "--into", "rebuilt")
    assert dry.out
    assert wet.out.startswith(dry.out)
    assert (dry.status, wet.status) == (0, 0)


def test_a_dry_run_that_would_leave_something_says_so(place, run):
    simulated("reqtrans-torn", place / "given")
    assert run("rebuild", "given", "--dry-run").status == 1


@pytest.mark.parametrize("name", ["reqtrans-begun-again", "msttrans-deleted", "srvconf-deleted", "healthy-week"])
def test_json_holds_the_plan_and_its_result(name, place, run):
    simulated(name, place / "given")
    dry = json.loads(run("rebuild", "given", "--dry-run", "--unsafe", "--json").out)
    wet = json.loads(run("rebuild", "given", "--into", "rebuilt", "--unsafe", "--json").out)
    for each in (dry, wet):
        jsonschema.validate(each, SCHEMA)
    assert dry["result"] is None
    assert dry | {"result": 0} == wet | {"result": 0}
    assert wet["result"]["directory"] == "rebuilt"
    assert wet["result"]["files"] == len(everything(place / "rebuilt"))
    manifest = json.loads((place / "rebuilt" / OWN / "manifest.json").read_text())
    assert manifest["edits"] == wet["edits"]
    assert manifest["undone"] == wet["undone"]
    assert manifest["arguments"][:2] == ["rebuild", "given"]


@pytest.mark.parametrize("only", ["stranded-transactions", "U101", "u101"])
def test_only_restricts_the_plan_to_a_problem(only, place, run):
    root = simulated("reqtrans-begun-again", place / "given")
    (root / "west" / "GLB" / "SORTLOCK.GLB").write_bytes(b"")
    every = json.loads(run("rebuild", "given", "--dry-run", "--json").out)
    one = json.loads(run("rebuild", "given", "--dry-run", "--json", "--only", only).out)
    assert {each["slug"] for each in every["edits"]} == {"stranded-transactions", "temp-files-leftover"}
    assert one["edits"] == [each for each in every["edits"] if each["slug"] == "stranded-transactions"]
    both = json.loads(
        run("rebuild", "given", "--dry-run", "--json", "--only", only, "--only", "temp-files-leftover").out
    )
    assert both["edits"] == every["edits"]


def test_what_only_leaves_out_is_still_in_the_result(place, run):
    root = simulated("reqtrans-begun-again", place / "given")
    (root / "west" / "GLB" / "SORTLOCK.GLB").write_bytes(b"")
    ran = run("rebuild", "given", "--into", "rebuilt", "--only", "U101")
    assert ran.status == 1
    assert "temp-files-leftover" in ran.out
    assert (place / "rebuilt" / "west" / "GLB" / "SORTLOCK.GLB").is_file()


def test_older_copies_count(place, run):
    root = simulated("server-restored", place / "given")
    copies = [word for each in older(root, "server-restored") for word in ("--older", each)]
    ran = run("rebuild", "given", "--into", "rebuilt", "--unsafe", *copies, "--json")
    assert json.loads(ran.out)["result"]["remaining"] == []
    assert ran.status == 1


def test_an_image_is_carved(place, run):
    simulated("healthy-week", place / "given")
    text = "A Lost\tPCM:NET/EAST/lost"
    data = new_queue([Change(400, text)], QUEUE).build()
    (place / "disk.img").write_bytes(b"\x01" * 77 + data)
    ran = run("rebuild", "given", "--into", "rebuilt", "--carve", "disk.img")
    assert ran.status == 0
    assert "disk.img" in ran.out
    found = everything(place / "rebuilt")
    assert [path for path, data in found.items() if text.encode() in data] == [
        f"{OWN}/lost-and-found/disk.img-NET-EAST.txt"
    ]
    assert postoffices(found) == everything(place / "given")


def test_a_link_in_the_evidence_is_named(place, run):
    root = simulated("healthy-week", place / "given")
    (root / "elsewhere").symlink_to("/")
    ran = run("rebuild", "given", "--into", "rebuilt")
    assert "elsewhere" in ran.out
    assert ran.status in (0, 1)


def test_a_single_postoffice_and_a_flat_directory_are_rebuilt(place, run):
    root = simulated("reqtrans-begun-again", place / "given")
    alone = place / "alone"
    (root / "east").rename(alone)
    ran = run("rebuild", "alone", "--into", "rebuilt")
    assert (place / "rebuilt" / "GLB" / "REQTRANS.GLB").is_file(), ran.err
    flat = place / "flat"
    (alone / "GLB").rename(flat)
    ran = run("rebuild", "flat", "--into", "rebuilt-flat")
    assert (place / "rebuilt-flat" / "REQTRANS.GLB").is_file(), ran.err
    assert (place / "rebuilt-flat" / "REQTRANS.GLB").read_bytes() == (
        place / "rebuilt" / "GLB" / "REQTRANS.GLB"
    ).read_bytes()
    assert (flat / "REQTRANS.GLB").read_bytes() != (place / "rebuilt-flat" / "REQTRANS.GLB").read_bytes()
