"""What a program by somebody else can rely on: names, types, short texts, a format of its own, help for its tests."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings

import glbtools
from glbtools.testing import changes, damaged, postoffices, queue_files, reqconf_files, texts

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
HERE = Path(__file__).parent
STRANGER = HERE / "stranger.py"
OTHER = HERE / "another-package"
PYRIGHT = shutil.which("pyright") or shutil.which(ROOT / ".venv-readers" / "node_modules" / ".bin" / "pyright")

pytest_plugins = ["pytester"]


@pytest.fixture(scope="module")
def stuck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("net") / "stuck"
    glbtools.build(ROOT / "fixtures" / "specs" / "stuck.toml", directory)
    return directory


# --- a script by somebody else ---------------------------------------------------------------------------------------


def checked(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, cwd=HERE)


WRONG = """
import glbtools
print(glbtools.inspect("x", as_format="log").content.records)
print(glbtools.inspect("x", as_format="queue").content.lines)
print(glbtools.inspect("x").content.records)
print(glbtools.diagnose("x").finding)
for change in glbtools.unsent("x"):
    print(change.number)
"""


def test_a_script_by_a_stranger_runs_and_says_what_is_wrong(stuck: Path, tmp_path: Path) -> None:
    done = checked(sys.executable, STRANGER, stuck, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "stranded-transactions 6 changes in REQTRANS" in done.stdout
    assert "REQTRANS.GLB: 1 to 6" in done.stdout
    assert "['stranded'] 6" in done.stdout
    assert "17 POLYNOMIAL/MONTGOMERY" in done.stdout
    assert (tmp_path / "rebuilt/october/GLB/REQTRANS.GLB").is_file()
    assert (tmp_path / "page.html").read_bytes().startswith(b"<!DOCTYPE html>")
    assert len(STRANGER.read_text("utf-8").splitlines()) < 50


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_the_script_type_checks_and_a_wrong_attribute_does_not(checker: str, tmp_path: Path) -> None:
    if checker == "pyright" and PYRIGHT is None:
        pytest.skip("pyright is not installed; make check-consumers installs it with npm")
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull]
    command = mypy if checker == "mypy" else [PYRIGHT, "--pythonpath", sys.executable]
    right = checked(*command, STRANGER, OTHER / "glbtools_notes" / "__init__.py")
    assert right.returncode == 0, right.stdout
    (tmp_path / "wrong.py").write_text(WRONG, "utf-8")
    wrong = checked(*command, tmp_path / "wrong.py")
    assert wrong.returncode == 1
    lines = [number for number, line in enumerate(WRONG.splitlines(), 1) if "print" in line]
    assert all(f"wrong.py:{number}:" in wrong.stdout for number in lines), wrong.stdout


# --- what results look like ------------------------------------------------------------------------------------------


def parts_of(results: Iterable[object]) -> list[object]:
    """Everything in some results that is of a public type."""
    public = [getattr(glbtools, name) for name in glbtools.__all__]
    kinds = tuple(each for each in public if isinstance(each, type) and each is not glbtools.Content)
    found: list[object] = []
    seen: set[int] = set()
    waiting = list(results)
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, str | bytes | int | float):
            continue
        seen.add(id(each))
        found += [each] if isinstance(each, kinds) else []
        if isinstance(each, Mapping):
            waiting += each.values()
        elif isinstance(each, list | tuple | set | frozenset):
            waiting += each
        if dataclasses.is_dataclass(each):
            waiting += [getattr(each, field.name, None) for field in dataclasses.fields(each)]
    return found


def test_whatever_a_result_holds_is_shown_in_one_short_line(stuck: Path, tmp_path: Path) -> None:
    directories = FIXTURES / "directories/backsync-restored-directory"
    dumps = [glbtools.Dump(directories / name) for name in ("a.csv", "b.csv")]
    report = glbtools.diagnose(stuck, FIXTURES / "network", FIXTURES / "damaged", directories)
    queue = stuck / "october/GLB/REQTRANS.GLB"
    plan = glbtools.plan_rebuild(glbtools.diagnose(stuck))
    found = parts_of(
        [
            report,
            glbtools.unsent(stuck, FIXTURES / "network", direction="both"),
            glbtools.timeline(FIXTURES / "network"),
            list(glbtools.timeline(FIXTURES / "network")),
            glbtools.find_evidence(FIXTURES),
            *(glbtools.inspect(each) for each in (FIXTURES / "network").rglob("*.???") if each.stat().st_size),
            glbtools.inspect(directories / "a.csv"),
            glbtools.read_queue(FIXTURES / "damaged/cut-off/GLB/REQTRANS.GLB"),
            glbtools.read_srvconf(FIXTURES / "network/montgomery/GLB/SRVCONF.GLB").config,
            glbtools.read_log(stuck / "october/LOG/DSSERVER.LOG").joined,
            glbtools.learn_layout([queue]),
            glbtools.check_layout(glbtools.load_layouts()["queue"], [queue]),
            glbtools.load_layouts(),
            glbtools.carve(queue),
            glbtools.explain("send"),
            glbtools.messages(171),
            glbtools.supported_formats(),
            plan,
            plan.edits,
            plan.undone,
            plan.write(tmp_path / "rebuilt"),
            glbtools.survey(stuck, out=tmp_path / "survey", workers=0),
            glbtools.compare_dumps(*dumps),
            glbtools.backsync(dumps[0], {"B": dumps[1]}, cursors={"B": 16}),
            dumps,
        ]
    )
    assert len({type(each) for each in found}) > 40
    for each in found:
        assert len(repr(each)) < 120, repr(each)
        assert "\n" not in repr(each), repr(each)
    first = next(each for each in report.findings if each.problem.code == "U101")
    assert repr(first).startswith("<error U101 stranded-transactions: 6 changes in REQTRANS")


def test_a_verdict_in_text_is_the_report_as_a_string(stuck: Path, tmp_path: Path) -> None:
    said = str(glbtools.diagnose(stuck)).splitlines()
    assert said[0].startswith("error[U101] stranded-transactions: 6 changes in REQTRANS")
    assert said[-1] == "1 error"
    (tmp_path / "REQTRANS.GLB").write_bytes(b"")
    alone = str(glbtools.diagnose(tmp_path))
    assert "cannot be judged" in alone


def test_layouts_have_one_word_in_every_call(stuck: Path, tmp_path: Path) -> None:
    import inspect

    for name in glbtools.__all__:
        call = getattr(glbtools, name)
        if inspect.isfunction(call):
            assert "layout" not in inspect.signature(call).parameters or name in ("check_layout", "export_layout"), name
    queue = stuck / "october/GLB/REQTRANS.GLB"
    learning = glbtools.learn_layout([queue])
    assert learning.toml is not None
    (tmp_path / "mine.toml").write_text(learning.toml, "utf-8")
    own = glbtools.load_layouts(tmp_path / "mine.toml")
    assert [each.text for each in glbtools.read_queue(queue, layouts=own).records] == [
        each.text for each in glbtools.read_queue(queue).records
    ]
    assert glbtools.inspect(queue, layouts=own).layout == own["queue"]
    assert glbtools.diagnose(stuck, layouts=own).findings[0].problem.code == "U101"


def test_pairs_are_made_and_asked_about_and_differences_written_from_python(tmp_path: Path) -> None:
    pair = tmp_path / "p.toml"
    store = '[{}]\nkind = "sqlite"\npath = "{}.db"\n'
    stores = store.format("source", "north") + store.format("target", "south")
    pair.write_text('id = "p"\nstate = "p.json"\nspool = "spool"\n' + stores, "utf-8")
    assert glbtools.init_pair(pair).id == "p"
    assert glbtools.synchronize(pair, once=True).outcome == "complete"
    status = glbtools.pair_status(pair)
    assert isinstance(status, glbtools.PairStatus)
    assert not status.troubled
    old, new = (
        glbtools.Dump(FIXTURES / "directories/backsync-restored-directory" / name) for name in ("a.csv", "b.csv")
    )
    found = glbtools.compare_dumps(old, new)
    assert glbtools.difference_file(found, old, new, tmp_path / "changes.txt") == []
    assert "A /o=X/ou=S/cn=ann" in (tmp_path / "changes.txt").read_text("utf-8")
    with pytest.raises(glbtools.OutputExistsError):
        glbtools.difference_file(found, old, new, tmp_path / "changes.txt")
    assert glbtools.export_file(new, tmp_path / "state.json", tmp_path / "export.txt").counts == {
        "A": 2,
        "M": 0,
        "D": 0,
    }
    assert glbtools.export_layout(glbtools.load_layouts()["queue"], "toml").startswith("id = ")


def test_what_explain_and_formats_say_the_library_says() -> None:
    assert glbtools.explain("U101").problems[0].slug == "stranded-transactions"
    assert glbtools.explain(171).messages[0].text == "No requestor updates to send"
    assert {"queue", "log", "ldif"} < set(glbtools.supported_formats())


# --- a format of another package -------------------------------------------------------------------------------------


def with_another_package(*words: object, directory: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(OTHER), "COLUMNS": "80"}
    command = [sys.executable, "-m", "glbtools", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=directory, env=environment)


def test_another_package_adds_a_format(tmp_path: Path) -> None:
    (tmp_path / "a.not").write_bytes(b"NOTES\r\nreset it\r\nlook\r\n")
    (tmp_path / "b.txt").write_bytes(b"NOTES\r\ncut")
    (tmp_path / "c.not").write_bytes(b"NOTES\r\nFAIL\r\n")
    shown = with_another_package("inspect", "a.not", directory=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "a.not: notes of an administrator, 23 bytes" in shown.stdout
    assert "reset it" in shown.stdout
    document = json.loads(with_another_package("inspect", "--json", "a.not", "b.txt", directory=tmp_path).stdout)
    assert [each["format"] for each in document["files"]] == ["notes", "notes"]
    assert document["files"][0]["notes"] == [{"span": [7, 17], "note": "reset it"}, {"span": [17, 23], "note": "look"}]
    assert [each["message"] for each in document["files"][1]["problems"]] == ["the last line is cut"]
    listed = with_another_package("formats", directory=tmp_path).stdout
    assert "notes of an administrator" in listed
    assert with_another_package("formats", "notes", directory=tmp_path).returncode == 0
    assert with_another_package("inspect", "--as", "NOTES", "b.txt", directory=tmp_path).returncode == 1
    failed = with_another_package("inspect", "c.not", directory=tmp_path)
    assert failed.returncode == 2
    assert failed.stderr == "glbtools: format notes: glbtools_notes:parse failed: ValueError: no note\n"
    without = subprocess.run(
        [sys.executable, "-m", "glbtools", "inspect", "a.not"], cwd=tmp_path, capture_output=True, check=False
    )
    assert without.returncode == 2


@pytest.mark.parametrize(
    ("point", "why"),
    [
        ("notes = nowhere:NOTES", "cannot be loaded: No module named 'nowhere'"),
        ("notes = os:sep", "is no glbtools.Format"),
        ("notes = glbtools_queue:QUEUE", "there is a format queue already"),
    ],
)
def test_an_entry_point_that_is_wrong_is_named(point: str, why: str, tmp_path: Path) -> None:
    info = tmp_path / "wrong-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[glbtools.formats]\n{point}\n", "utf-8")
    (tmp_path / "glbtools_queue.py").write_text(
        'import glbtools\nQUEUE = glbtools.Format("queue", "x", "glbtools_queue:parse", "probe")\n', "utf-8"
    )
    command = [sys.executable, "-m", "glbtools", "formats"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 2
    assert done.stderr.startswith(f"glbtools: entry point {point}: ")
    assert why in done.stderr


# --- help for tests --------------------------------------------------------------------------------------------------


def test_the_fixture_simulates_networks_with_faults_whose_truth_is_known(glbtools_network) -> None:
    network = glbtools_network()
    assert network.faults == ["reqtrans-begun-again"]
    assert "U101" in [each.problem.code for each in network.diagnose().findings]
    assert (network.postoffice("east") / "GLB" / "REQTRANS.GLB").is_file()
    with pytest.raises(KeyError):
        network.postoffice("nobody")
    other = glbtools_network("server-restored", seed=7)
    assert other.path != network.path
    assert other.faults == ["server-restored"]
    one, two = (glbtools_network("healthy-week", seed=seed).truth["changes"] for seed in (1, 2))
    assert [each["text"] for each in one] != [each["text"] for each in two]


def test_the_plugin_is_there_in_a_project_that_does_not_import_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_mine(glbtools_network):
            assert glbtools_network("healthy-week", cycles=2).faults == []
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_a_project_with_pytest_needs_no_hypothesis() -> None:
    without = "import sys; sys.modules['hypothesis'] = None; import glbtools.testing.plugin, glbtools.testing as t; "
    assert checked(sys.executable, "-c", f"{without}t.simulated").returncode == 0
    said = checked(sys.executable, "-c", f"{without}t.texts").stderr
    assert said.endswith("ImportError: glbtools.testing.texts needs Hypothesis: pip install hypothesis\n")


@given(texts())
def test_texts_are_transactions_without_fault(text: str) -> None:
    from glbtools.formats.transaction import parse

    assert parse(text) is not None


@settings(deadline=None, max_examples=50)
@given(changes(first=5))
def test_changes_are_numbered_one_after_the_other_and_a_queue_keeps_them(held: list[glbtools.Change]) -> None:
    assert [each.sync for each in held] == list(range(5, 5 + len(held)))
    assert all(isinstance(each.stamp, datetime) for each in held)
    assert sorted(each.stamp for each in held if each.stamp) == [each.stamp for each in held]


@settings(deadline=None, max_examples=100)
@given(queue_files(), reqconf_files(), damaged(queue_files()))
def test_files_of_strategies_are_read_and_written_back(queue: bytes, reqconf: bytes, torn: bytes) -> None:
    found = glbtools.inspect_bytes(queue, "REQTRANS.GLB")
    assert isinstance(found.content, glbtools.Queue)
    assert not found.damaged
    assert found.content.build() == queue
    assert isinstance(glbtools.inspect_bytes(reqconf, "REQCONF.GLB").content, glbtools.ReqConfFile)
    again = glbtools.inspect_bytes(torn, "REQTRANS.GLB", as_format="queue").content
    assert isinstance(again, glbtools.Queue)
    assert again.build() == torn


@settings(deadline=None, max_examples=15)
@given(postoffices())
def test_described_postoffices_can_be_built(row: dict[str, object]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        spec = Path(directory, "spec.json")
        spec.write_text(json.dumps({"postoffice": [row]}), "utf-8")
        glbtools.build(spec, Path(directory, "net"))
        assert glbtools.read_queue(Path(directory, "net/po/GLB/REQTRANS.GLB")).gaps == []
