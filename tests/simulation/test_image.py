"""Practice disks: a network as an image or an archive, with simulated times and the truth beside it."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

import glbtools
from glbtools.errors import OutputExistsError, UsageError
from glbtools.evidence.containers import below, tree

SCENARIO = "reqtrans-begun-again"


def findings(path: Path) -> list[tuple[str, str | None, str]]:
    return [(each.problem.slug, each.postoffice, each.message) for each in glbtools.diagnose(path).findings]


@pytest.fixture(params=["disk.img", "disk.zip"])
def image(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "disk.img":
        pytest.importorskip("pytsk3", reason="the extra images is not installed")
        if shutil.which("mcopy") is None:
            pytest.skip("mtools is not installed")
    return tmp_path / request.param


def test_a_network_in_an_image_is_that_of_the_directory(image: Path, tmp_path: Path) -> None:
    glbtools.simulate(SCENARIO, tmp_path / "net", image=image)
    assert findings(image) == findings(tmp_path / "net")
    top = tree(image, 1 << 20)
    assert top is not None
    held = {path.upper(): entry.read(1 << 20) for path, entry in below(top)}
    files = (each for each in (tmp_path / "net").rglob("*") if each.is_file())
    expected = {each.relative_to(tmp_path / "net").as_posix().upper(): each.read_bytes() for each in files}
    assert held == {path: data for path, data in expected.items() if not path.startswith("GLBTOOLS-SIMULATION/")}


def test_the_truth_stands_beside_it_with_the_files_that_were_deleted(image: Path, tmp_path: Path) -> None:
    glbtools.simulate(SCENARIO, tmp_path / "net")
    glbtools.simulate(SCENARIO, image=image, deleted=["EAST/GLB/REQTRANS.GLB"])
    truth = glbtools.truth_of(image)
    assert truth.pop("deleted") == ["east/GLB/REQTRANS.GLB"]
    assert truth == glbtools.truth_of(tmp_path / "net")
    missing = {each[0] for each in findings(image)}
    assert "reqtrans-missing" in missing


def test_files_bear_the_times_at_which_they_were_written(tmp_path: Path) -> None:
    glbtools.simulate(SCENARIO, image=tmp_path / "disk.zip")
    with zipfile.ZipFile(tmp_path / "disk.zip") as archive:
        dates = {each.filename: each.date_time for each in archive.infolist()}
    assert {date[0] for date in dates.values()} == {1994}
    assert len(set(dates.values())) > 3


def test_two_runs_give_the_same_archive_and_nothing_is_overwritten(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        glbtools.simulate(SCENARIO, image=tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with pytest.raises(OutputExistsError):
        glbtools.simulate(SCENARIO, image=tmp_path / "a.zip")


@pytest.mark.parametrize(
    ("name", "deleted", "says"),
    [("disk.iso", [], ".img"), ("disk.zip", ["EAST/GLB/NONE.GLB"], "no file of the network")],
)
def test_what_cannot_be_made_is_refused_and_nothing_is_written(name, deleted, says, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=says):
        glbtools.simulate(SCENARIO, image=tmp_path / name, deleted=deleted)
    assert list(tmp_path.iterdir()) == []


def test_without_mtools_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run("simulate", SCENARIO, "--image", tmp_path / "disk.img")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "apt install mtools" in done.err
    assert run("simulate", SCENARIO, "--image", tmp_path / "disk.zip", "--quiet").status == 0
    assert json.loads((tmp_path / "disk.zip.truth.json").read_text())["deleted"] == []
