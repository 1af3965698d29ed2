"""The table of records of a survey holds every record of every queue once, as the record reader gives it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import glbtools
from glbtools.errors import UsageError
from glbtools.formats import queue
from glbtools.formats.registry import inspect_bytes
from glbtools.layouts import reference
from glbtools.model.change import Change

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "survey.md"


def packed(source: Path, into: Path) -> Path:
    with zipfile.ZipFile(into, "w") as archive:
        for path in sorted(source.rglob("*")):
            archive.write(path, path.relative_to(source.parent))
    return into


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Networks on disk and in archives, one of them in another; a queue of many records, and a damaged one."""
    top = tmp_path / "archive"
    for name in ("stuck", "network", "damaged"):
        shutil.copytree(FIXTURES / name, top / name)
    shutil.copytree(FIXTURES / "stuck", top / "again")
    many = [Change(number, f"A Müller {number}\tPCM:POLYNOMIAL/OCTOBER/M{number}") for number in range(1, 2_000)]
    large = queue.new_queue([*many, Change(2_000, "A x\tPCM:POLYNOMIAL/OCTOBER/x")], reference("queue")).build()
    (top / "network" / "montgomery" / "GLB" / "MSTTRANS.GLB").write_bytes(large)
    packed(FIXTURES / "podiag", top / "tape.zip")
    packed(FIXTURES / "healthy-week", tmp_path / "inner.zip")
    with zipfile.ZipFile(top / "outer.zip", "w") as outer:
        outer.write(tmp_path / "inner.zip", "inner.zip")
    return top


def rows(out: Path) -> list[tuple[Any, ...]]:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    table = parquet.read_table(out / "records.parquet")
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def content(path: str) -> bytes:
    outer, *inner = path.split("::")
    data = Path(outer).read_bytes()
    for name in inner:
        data = zipfile.ZipFile(io.BytesIO(data)).read(name)
    return data


def expected(found: glbtools.Survey) -> set[tuple[Any, ...]]:
    queues = {each["sha256"]: each["path"] for line in found for each in line["inputs"] if each["format"] == "queue"}
    return {
        (sha256, *record[:6], *record.others)
        for sha256, path in queues.items()
        for record in inspect_bytes(content(path), path, as_format="queue").content.records
    }


@pytest.mark.parametrize("big", [0, queue.BIG, 1 << 40], ids=["all at once", "each as is faster", "one by one"])
def test_the_table_has_each_record_of_each_queue_once(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, big: int
) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    monkeypatch.setattr(queue, "BIG", big)
    found = glbtools.survey(archive, out=tmp_path / "out", workers=0, records=True)
    held = rows(tmp_path / "out")
    assert len(held) == len(set(held)) > 2_000
    assert set(held) == expected(found)
    assert tmp_path / "out" / "records.parquet" in found.written
    assert found.lost == []


def test_a_queue_that_is_no_longer_what_was_judged_is_left_out_and_named(archive: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    glbtools.survey(archive, out=tmp_path / "out", workers=0)
    assert not (tmp_path / "out" / "records.parquet").exists()
    changed = archive / "network" / "montgomery" / "GLB" / "MSTTRANS.GLB"
    changed.write_bytes(changed.read_bytes()[:-1])
    (archive / "outer.zip").unlink()
    found = glbtools.survey(archive / "network", out=tmp_path / "out", workers=0, resume=True, records=True)
    outer = {
        each["path"] for line in found for each in line["inputs"] if each["path"].startswith(f"{archive}/outer.zip")
    }
    assert {str(changed)} < set(found.lost) <= {str(changed)} | outer
    held = rows(tmp_path / "out")
    assert 10 < len(held) < 2_000
    (said,) = found.failures
    assert said.startswith(f"{found.lost[0]}: ")


def test_a_survey_that_goes_on_still_writes_the_records(archive: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    glbtools.survey(archive / "stuck", out=tmp_path / "out", workers=0, records=True)
    few = len(rows(tmp_path / "out"))
    found = glbtools.survey(archive, out=tmp_path / "out", workers=0, resume=True)
    assert set(rows(tmp_path / "out")) == expected(found)
    assert len(rows(tmp_path / "out")) > few


def test_without_pyarrow_records_are_refused_before_anything_is_done(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"glbtools\[parquet\]"):
        glbtools.survey(archive, out=tmp_path / "out", workers=0, records=True)
    assert not (tmp_path / "out").exists()


def test_the_command_of_the_guide_adds_the_records_and_its_question_finds_numbers_with_two_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed: pip install 'glbtools[test-survey]'")
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    glbtools.simulate("healthy-week", tmp_path / "archive" / "monday")
    shutil.copytree(tmp_path / "archive" / "monday", tmp_path / "archive" / "tuesday")
    master = tmp_path / "archive" / "tuesday" / "hub" / "GLB" / "MSTTRANS.GLB"
    changes = glbtools.read_queue(master).changes
    for each in (changes[1], changes[-1]):
        stored = each.text.encode("cp850")
        master.write_bytes(master.read_bytes().replace(stored, b"D" + stored[1:]))
    glbtools.survey(tmp_path / "archive", out=tmp_path / "found", workers=0)
    guide = GUIDE.read_text(encoding="utf-8")
    (command,) = re.findall(r"^glbtools (survey .* --records)$", guide, re.M)
    subprocess.run([sys.executable, "-m", "glbtools", *command.split()], cwd=tmp_path, check=False, timeout=120)
    (question,) = re.findall(r"```sql\n([^`]*records\.parquet[^`]*)```", guide)
    monkeypatch.chdir(tmp_path)
    answer = [("NET/HUB", each.sync, 2) for each in (changes[1], changes[-1])]
    assert [tuple(row) for row in duckdb.sql(question).fetchall()] == answer
