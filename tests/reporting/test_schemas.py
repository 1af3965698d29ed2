"""Every document for programs, printed or written, is as a schema in the package says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from glbtools.sync.store import SqliteStore
from tests.cli.replay import Run

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
EVIDENCE = ("stuck", "seed-server-restored", "healthy-week", "damaged", "network", "podiag")
SCHEMAS = files("glbtools.schemas")
NAMES = sorted(each.name.removesuffix(".schema.json") for each in SCHEMAS.iterdir() if each.name.endswith(".json"))

Documents = dict[str, list[Any]]


def schema_of(name: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    return said


def lines(path: Path) -> Iterable[Any]:
    return map(json.loads, path.read_text("utf-8").splitlines())


@pytest.mark.parametrize("name", EVIDENCE)
@pytest.mark.parametrize(
    ("command", "schema"),
    [
        ("diagnose", "diagnosis"),
        ("unsent", "unsent"),
        ("report", "report"),
        ("timeline", "timeline"),
        ("evidence", "evidence"),
    ],
)
def test_a_document_about_evidence_is_as_its_schema_says(
    command: str, schema: str, name: str, fixture_path: Callable[[str], Path], run: Run
) -> None:
    document = json.loads(run(*command.split(), fixture_path(name), "--json").out)
    jsonschema.validate(document, schema_of(schema))


@pytest.mark.parametrize("folder", [*EVIDENCE, "directories", "grammar"])
def test_an_inspection_of_any_fixture_is_as_its_schema_says(
    folder: str, fixture_path: Callable[[str], Path], run: Run
) -> None:
    given = sorted(each for each in fixture_path(folder).rglob("*") if each.is_file())
    document = json.loads(run("inspect", "--json", *given).out)
    assert document["files"]
    jsonschema.validate(document, schema_of("inspection"))


# --- all the other documents -----------------------------------------------------------------------------------------


def of_explanations(run: Run, place: Path) -> Documents:
    del place
    return {
        "explanation": [json.loads(run("explain", *words, "--json").out) for words in (["nothing", "to", "send"],)],
        "problem": [json.loads(run("explain", code, "--json").out) for code in ("U101", "L303", "X301")],
        "problems": [json.loads(run("explain", "--json").out)],
        "messages": [json.loads(run("explain", code, "--json").out) for code in (171, 45, 139)],
        "formats": [json.loads(run("formats", *name, "--json").out) for name in ((), ("queue",), ("log",))],
        "scenarios": [json.loads(run("simulate", "--list", "--json").out)],
    }


def of_simulation(run: Run, place: Path) -> Documents:
    simulated = [
        json.loads(run("simulate", name, "--out", place / name, "--json").out)
        for name in ("reqtrans-begun-again", "server-restored", "mail-lost", "import-locked", "gal-locked")
    ]
    run("simulate", "server-restored", "--image", place / "net.zip", "--delete", "HUB/GLB/MSTTRANS.GLB", "--quiet")
    many = json.loads(run("simulate", "--many", 6, "--seed", 3, "--out", place / "many", "--json").out)
    own = [each for each in place.glob("*/glbtools-simulation") if each.parent.name != "many"]
    return {
        "simulated": simulated,
        "simulated-many": [many],
        "truth": [json.loads(each.read_text()) for each in (*place.glob("*/*/truth.json"), *place.glob("*.json"))],
        "truth-line": list(lines(place / "many/glbtools-simulation/truth.jsonl")),
        "simulation": [json.loads((each / "network.json").read_text()) for each in own],
        "simulated-change": [line for each in own for line in lines(each / "changes.jsonl")],
    }


def of_rebuilding(run: Run, place: Path) -> Documents:
    plans = []
    for number, name in enumerate(("stuck", "seed-server-restored", "network", "damaged/cut-off")):
        for options in ((), ("--unsafe",)):
            into = place / f"{number}{len(options)}"
            plans.append(json.loads(run("rebuild", FIXTURES / name, "--into", into, *options, "--json").out))
    return {
        "plan": plans,
        "repair": [json.loads(each.read_text()) for each in place.glob("*/glbtools-rebuild/manifest.json")],
    }


def of_carving(run: Run, place: Path) -> Documents:
    queue = (FIXTURES / "stuck/october/GLB/REQTRANS.GLB").read_bytes()
    torn = queue[200:] + bytes(700) + b"A Ann\tPCM:NET/PO/ANN\0" + b"PK\x03\x04" + bytes(60)
    (place / "raw").write_bytes(bytes(512) + queue + torn)
    carved = json.loads(run("carve", place / "raw", "--out", place / "carved", "--json").out)
    return {
        "carving": [carved, json.loads((place / "carved/summary.json").read_text())],
        "carved-line": list(lines(place / "carved/carved.jsonl")),
        "build": [json.loads(run("build", FIXTURES / "specs/stuck.toml", "--out", place / "built", "--json").out)],
    }


def of_learning(run: Run, place: Path) -> Documents:
    run("simulate", "server-restored", "--out", place / "net", "--quiet")
    queue, reqconf = place / "net/hub/GLB/MSTTRANS.GLB", place / "net/east/GLB/REQCONF.GLB"
    listings = place / "LISTQ.TXT", place / "LISTDS.TXT"
    for each, listing in zip((queue, reqconf), listings, strict=True):
        listing.write_text(run("inspect", "--format", "listing", each).out, "utf-8")
    mine = place / "mine.toml"
    calls = (
        (queue, "--listing", listings[0], "--out", mine),
        (queue,),
        (reqconf, "--listing", listings[1]),
        (place / "net/west/GLB/REQTRANS.GLB",),
    )
    learnt = [json.loads(run("learn", *call, "--json").out) for call in calls]
    assert learnt[0]["decided"]
    assert not learnt[3]["decided"]
    check = ("learn", "--check", mine, queue, FIXTURES / "damaged/checksum/GLB/REQTRANS.GLB", "--json")
    checks = [json.loads(run(*check, "--listing", listings[0]).out)]
    return {"learning": learnt, "layout-check": checks}


def of_directories(run: Run, place: Path) -> Documents:
    restored = FIXTURES / "directories/backsync-restored-directory"
    server, partner = restored / "a.csv", restored / "b.csv"
    found: Documents = {
        "directory-comparison": [],
        "export-line": [],
        "export-state": [],
        "backsync": [],
        "cursors": [],
    }
    for number, (old, new) in enumerate([(server, server), (server, partner), (partner, server)]):
        to = place / f"{number}.jsonl"
        call = ("directory", "compare", old, new, "--to", to, "--as", "jsonl", "--json")
        found["directory-comparison"].append(json.loads(run(*call).out))
        found["export-line"] += lines(to)
        state = place / f"{number}.json"
        more = ("--significant", "Display Name") if number == 2 else ()
        run("directory", "export", new, "--state", state, "--to", to, "--as", "jsonl", "--force", *more)
        found["export-line"] += lines(to)
        found["export-state"].append(json.loads(state.read_text()))
    for cursors in ((), ("--cursors", restored / "seen.json")):
        call = ("directory", "backsync", "--restored", server, "--partner", partner, "--json", *cursors)
        found["backsync"].append(json.loads(run(*call).out))
    found["cursors"] = [json.loads(each.read_text()) for each in FIXTURES.rglob("seen.json")]
    return found


PAIR = """
id = "p"
state = "state.json"
spool = "spool"
[source]
kind = "sqlite"
path = "north.db"
[target]
kind = "sqlite"
path = "south.db"
"""


def of_pairs(run: Run, place: Path) -> Documents:
    pair = place / "p.toml"
    pair.write_text(PAIR, "utf-8")
    run("sync", "init", pair)
    found: Documents = {"sync-result": [], "sync-status": [], "sync-state": []}
    for side, said in (("north", b"one"), ("south", b"other"), ("north", b"third")):
        with SqliteStore(place / f"{side}.db") as store:
            store.write("ann", said)
            store.write(said.decode(), said)
        found["sync-result"].append(json.loads(run("sync", "run", pair, "--once", "--json").out))
        found["sync-status"].append(json.loads(run("sync", "status", pair, "--json").out))
        found["sync-state"].append(json.loads((place / "state.json").read_text()))
    assert any(each["conflicts"] for each in found["sync-status"])
    return found


def of_surveys(run: Run, place: Path) -> Documents:
    out = place / "found"
    told = run("survey", FIXTURES / "network", FIXTURES / "damaged", "--out", out, "--workers", 0, "--json").out
    return {
        "surveyed": [json.loads(told)],
        "survey": [json.loads((out / "survey.json").read_text())],
        "survey-line": list(lines(out / "survey.jsonl")),
    }


MAKERS = (
    of_explanations,
    of_simulation,
    of_rebuilding,
    of_carving,
    of_learning,
    of_directories,
    of_pairs,
    of_surveys,
)


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_a_document_is_as_its_schema_says(maker: Callable[[Run, Path], Documents], run: Run, tmp_path: Path) -> None:
    for schema, documents in maker(run, tmp_path).items():
        assert documents, schema
        for document in documents:
            jsonschema.validate(document, schema_of(schema))


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one_and_refuses_what_is_not_said_in_it(name: str) -> None:
    said = schema_of(name)
    jsonschema.Draft202012Validator.check_schema(said)
    assert said["description"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"more": 1}, said)
    if name != "inspection":  # its files hold lists of their own
        assert said["additionalProperties"] is False


def test_every_document_that_the_program_names_has_a_schema() -> None:
    titles = {schema_of(name)["title"] for name in NAMES}
    sources = FIXTURES.parent.joinpath("glbtools").rglob("*.py")
    named = {each for path in sources for each in re.findall(r'"(glbtools\.[a-z-]+/\d+)"', path.read_text("utf-8"))}
    assert len(named) > 25
    assert named <= titles


def test_the_page_of_the_interface_names_every_schema() -> None:
    page = (FIXTURES.parent / "docs/interface.md").read_text("utf-8")
    assert {name for name in NAMES if f"(../glbtools/schemas/{name}.schema.json)" not in page} == set()
