"""A survey says of every unit what a diagnosis of it alone says, and its tables hold what its lines hold."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import zipfile
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

import glbtools
from glbtools.errors import FileAccessError, OutputExistsError, UsageError
from glbtools.fleet import judging
from glbtools.fleet import survey as survey_module
from glbtools.reporting import diagnosis

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
SCHEMA = json.loads((files("glbtools.schemas") / "survey-line.schema.json").read_text())
NETWORKS = ("stuck", "network", "healthy-week", "seed-server-restored", "seed-stuck-requestor", "seed-49-bytes")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Several networks and other things, each in a place of its own."""
    top = tmp_path / "archive"
    for name in (*NETWORKS, "damaged", "directories"):
        shutil.copytree(FIXTURES / name, top / "1994" / name)
    with zipfile.ZipFile(top / "tape.zip", "w") as packed:
        for path in sorted((FIXTURES / "podiag").rglob("*")):
            packed.write(path, path.relative_to(FIXTURES))
    (top / "letter.doc").write_bytes(b"Dear sir")
    (top / "lost").mkdir()
    (top / "lost" / "REQTRANS.BAK").write_bytes(b"")
    return top


def without_time(lines):
    return sorted((line | {"seconds": 0} for line in lines), key=lambda line: line["unit"])


def test_every_unit_has_the_verdict_of_a_diagnosis_of_it_alone(archive: Path, tmp_path: Path) -> None:
    found = glbtools.survey(archive, out=tmp_path / "out", workers=0)
    assert {line["outcome"] for line in found} == {"judged"}
    paths = [line["path"] for line in found]
    assert len(paths) == len(set(paths)) > 30
    assert {str(archive / "1994" / name) for name in NETWORKS if name != "stuck"} <= set(paths)
    assert f"{archive}/tape.zip::podiag/november" in paths
    for line in found:
        alone = diagnosis.document(glbtools.diagnose(line["path"].partition("::")[0]), "")
        assert line["channels"] == alone["channels"]
        assert line["postoffices"] == alone["postoffices"]
        assert line["findings"] == [{key: each[key] for key in line["findings"][0]} for each in alone["findings"]]


def test_changes_that_have_not_arrived_are_those_of_unsent(archive: Path, tmp_path: Path) -> None:
    found = {line["path"]: line for line in glbtools.survey(archive, out=tmp_path / "out", workers=0)}
    total = 0
    for name in NETWORKS[1:]:
        path = str(archive / "1994" / name)
        alone = glbtools.unsent(path, direction="both")
        said = [
            (each["postoffice"], each["target"], each["sync"], each["text"])
            for each in found[path]["unsent"]["changes"]
        ]
        assert said == [(each.route.origin, each.route.target, each.sync, each.text) for each in alone]
        total += len(said)
    assert total >= 5


def test_processes_give_the_lines_of_one_process(archive: Path, tmp_path: Path) -> None:
    one = glbtools.survey(archive, out=tmp_path / "one", workers=0)
    two = glbtools.survey(archive, out=tmp_path / "two", workers=2)
    assert without_time(one) == without_time(two)


def test_every_line_is_as_the_schema_says(archive: Path, tmp_path: Path) -> None:
    (archive / "1994" / "stuck" / "october" / "GLB" / "REQCONF.GLB").unlink()
    (archive / "torn.zip").write_bytes(b"PK\3\4 and no more")
    for line in glbtools.survey(archive, out=tmp_path / "out", workers=0):
        jsonschema.validate(line, SCHEMA)


def test_tables_hold_what_the_lines_hold(archive: Path, tmp_path: Path) -> None:
    found = list(glbtools.survey(archive, out=tmp_path / "out", workers=0))
    base = sqlite3.connect(tmp_path / "out" / "survey.sqlite")
    assert base.execute("SELECT count(*) FROM units").fetchone()[0] == len(found)
    severities = dict(base.execute("SELECT severity, count(*) FROM findings GROUP BY 1"))
    said = [each["severity"] for line in found for each in line["findings"]]
    assert severities == {name: said.count(name) for name in set(said)}
    texts = [each["text"] for line in found for each in line["unsent"]["changes"]]
    assert sorted(row[0] for row in base.execute("SELECT text FROM changes WHERE kind = 'change'")) == sorted(texts)
    hashes = sorted(each["sha256"] for line in found for each in line["inputs"])
    assert [row[0] for row in base.execute("SELECT sha256 FROM inputs ORDER BY 1")] == hashes
    base.close()


def test_parquet_files_hold_the_tables(archive: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    glbtools.survey(archive, out=tmp_path / "out", workers=0)
    base = sqlite3.connect(tmp_path / "out" / "survey.sqlite")
    for table in ("units", "findings", "changes", "inputs"):
        columns = parquet.read_table(tmp_path / "out" / f"{table}.parquet").to_pydict()
        kept = list(base.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY unit, rowid"))
        assert list(zip(*columns.values(), strict=True)) == kept
        assert kept
    base.close()


def test_units_of_the_same_bytes_are_known_as_copies(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        shutil.copytree(FIXTURES / "stuck", tmp_path / "tapes" / name)
    (tmp_path / "tapes" / "c" / "october" / "LOG").mkdir(exist_ok=True)
    (tmp_path / "tapes" / "c" / "october" / "LOG" / "DSSERVER.LOG").write_text("04/07/94 10:00:00 | 1 171\r\n")
    found = glbtools.survey(tmp_path / "tapes", out=tmp_path / "out", workers=0)
    base = sqlite3.connect(tmp_path / "out" / "survey.sqlite")
    copies = dict(base.execute("SELECT path, copy_of FROM units"))
    units = {line["path"]: line["unit"] for line in found}
    base.close()
    a, b, c = (str(tmp_path / "tapes" / name / "october") for name in "abc")
    assert copies == {a: None, b: units[a], c: None}


@pytest.mark.parametrize(
    ("paths", "place"),
    [
        (("a/east", "a/west"), "a"),
        (("a/net/east", "a/net-2/west"), "a"),
        (("/east", "/west"), "/"),
        (("east", "west"), "."),
        (("tape.zip::east", "tape.zip::west"), "tape.zip"),
        (("/a/disk.img::p1/east/", "/a/disk.img::p1/west"), "/a/disk.img::p1"),
        (("/a/disk.img::p1/east", "/a/disk.img::p2/west"), "/a/disk.img"),
        (("a/one.zip::east", "a/two.zip::west"), "a"),
        (("a::b/east", "a::b::east"), "a::b"),
        (("tape.zip::",), "tape.zip"),
    ],
)
def test_a_unit_is_at_the_nearest_directory_or_archive_that_holds_it(paths: tuple[str, ...], place: str) -> None:
    assert judging.common(paths) == place


def test_what_cannot_be_looked_at_has_a_line_of_its_own(archive: Path, tmp_path: Path) -> None:
    (archive / "torn.zip").write_bytes(b"PK\3\4 and no more")
    (archive / "loose").mkdir()
    (archive / "loose" / "MSTTRANS.GLB.OLD").write_bytes(b"?")
    (archive / "1994" / "gone").symlink_to(tmp_path / "nowhere")
    found = glbtools.survey(archive, out=tmp_path / "out", workers=0)
    torn = next(line for line in found if line["path"].endswith("torn.zip"))
    assert torn["outcome"] in ("unread", "refused")
    assert "torn.zip" in torn["error"]
    assert found.failures
    assert found.foreign >= 2


def test_a_fault_of_the_program_in_one_unit_is_an_outcome(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = judging.judge

    def faulty(evidence, given, *rest):
        if "network" in evidence.units[0].postoffices[0].path if evidence.units[0].postoffices else False:
            raise ZeroDivisionError("division by zero")
        return judge(evidence, given, *rest)

    monkeypatch.setattr(judging, "judge", faulty)
    found = glbtools.survey(archive, out=tmp_path / "out", workers=0)
    assert [line["error"] for line in found if line["outcome"] == "failed"] == ["ZeroDivisionError: division by zero"]
    assert found.outcomes["judged"] > 30


def test_the_directory_of_a_survey_is_neither_overwritten_nor_among_what_is_read(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lies in the evidence"):
        glbtools.survey(archive, out=archive / "out", workers=0)
    glbtools.survey(archive / "1994" / "stuck", out=tmp_path / "out", workers=0)
    with pytest.raises(OutputExistsError, match="--resume"):
        glbtools.survey(archive, out=tmp_path / "out", workers=0)
    with pytest.raises(FileAccessError, match="no such file"):
        glbtools.survey(tmp_path / "nothing", out=tmp_path / "other", workers=0)


def test_a_survey_goes_on_only_on_the_terms_on_which_it_began(
    archive: Path, tmp_path: Path, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, own = tmp_path / "mine.toml", tmp_path / "own.toml"
    mine.write_text(run("formats", "queue", "--as", "toml").out)
    own.write_text(mine.read_text().replace('byte_order = "little"', 'byte_order = "big"', 1))
    layouts, others = glbtools.load_layouts(mine), glbtools.load_layouts(own)
    assert layouts["queue"].id == others["queue"].id
    out, given = tmp_path / "out", archive / "1994" / "stuck"
    glbtools.survey(given, out=out, workers=0, layouts=layouts)
    glbtools.survey(given, out=out, workers=0, layouts=layouts, resume=True)
    for terms in ({"layouts": others}, {"layouts": None}, {"layouts": layouts, "max_size": 1 << 20}):
        with pytest.raises(UsageError, match=r"the survey there has another (layouts|max file size); begin a new one"):
            glbtools.survey(given, out=out, workers=0, resume=True, **terms)
    monkeypatch.setattr(survey_module, "__version__", "9")
    with pytest.raises(UsageError, match="another version"):
        glbtools.survey(given, out=out, workers=0, resume=True, layouts=layouts)


def test_the_page_needs_nothing_and_names_the_worst(archive: Path, tmp_path: Path) -> None:
    glbtools.survey(archive, out=tmp_path / "out", workers=0)
    page = (tmp_path / "out" / "summary.html").read_text()
    assert "<script" not in page
    assert "stranded-transactions" in page
    assert "seed-server-restored" in page.replace("<wbr>", "")


def test_the_command_says_what_it_found_and_leaves_with_the_status_of_a_diagnosis(run, archive, tmp_path) -> None:
    done = run("survey", archive / "1994" / "stuck", "--out", tmp_path / "stuck", "--workers", 0)
    assert (done.status, done.err) == (1, "")
    assert done.out.startswith("1 unit\n")
    assert "1 error, 0 warnings" in done.out
    shutil.copytree(FIXTURES / "fresh", tmp_path / "fresh")
    done = run("survey", tmp_path / "fresh", "--out", tmp_path / "quiet", "--workers", 0, "--json")
    assert done.status == 0
    assert json.loads(done.out)["outcomes"] == {"judged": 1}
    (archive / "torn.zip").write_bytes(b"PK\3\4 and no more")
    done = run("survey", archive / "torn.zip", "--out", tmp_path / "torn", "--workers", 0)
    assert done.status == 2
    assert done.err == "glbtools: 1 of 1 unit: refused; see the column outcome\n"


def test_progress_says_how_much_is_done_and_never_goes_back(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey_module, "OFTEN", 0.0)
    said: list[survey_module.Progress] = []
    found = glbtools.survey(archive, out=tmp_path / "out", workers=0, progress=said.append)
    assert [each.units for each in said] == sorted(each.units for each in said)
    assert [each.reached for each in said] == sorted(each.reached for each in said)
    assert 0 <= said[0].reached < 0.5
    assert said[-1].units == found.units
    assert str(said[-1]._replace(seconds=2)) == f"{found.units} units, {found.units / 2:.0f} a second"


def test_a_name_that_is_no_text_is_kept_in_lines_and_tables(tmp_path: Path) -> None:
    place = os.fsencode(tmp_path / "tapes") + b"/\xff\xfe"
    shutil.copytree(os.fsencode(FIXTURES / "stuck"), place)
    found = list(glbtools.survey(tmp_path / "tapes", out=tmp_path / "out", workers=0))
    assert os.fsencode(found[0]["path"]) == place + b"/october"
    base = sqlite3.connect(tmp_path / "out" / "survey.sqlite")
    assert base.execute("SELECT path FROM units").fetchone()[0].endswith(r"\udcff\udcfe/october")
    base.close()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("notes.txt", b"hello\n", "nothing in what was given is recognised as evidence"),
        ("tree.glb", b"glTF\2\0\0\0" + bytes(100), "none of 1 unit could be judged"),
    ],
)
def test_where_nothing_is_recognised_the_status_says_so(tmp_path: Path, name, content, says, run) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / name).write_bytes(content)
    place = tmp_path / "given" / name if name == "tree.glb" else tmp_path / "given"
    done = run("survey", place, "--out", tmp_path / "out")
    assert done.status == 2
    assert says in done.err
