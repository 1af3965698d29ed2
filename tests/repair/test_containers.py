"""An archive or an image is rebuilt like the folder that it was made of."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from glbtools.diagnosis.engine import diagnose
from glbtools.errors import UsageError
from glbtools.repair.plan import plan_rebuild
from glbtools.repair.work import OWN
from tests.evidence.findings import encrypted

from .directories import everything, older, postoffices, simulated


@pytest.fixture
def given(tmp_path: Path) -> Path:
    return simulated("reqtrans-begun-again", tmp_path / "given")


def zipped(source: Path, target: Path, above: str = "") -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(source.rglob("*")):
            archive.write(path, above + path.relative_to(source).as_posix())
    return target


def tarred(source: Path, target: Path) -> Path:
    shutil.make_archive(str(target).removesuffix(".tar.gz"), "gztar", source)
    return target


def floppy(source: Path, target: Path) -> Path:
    pytest.importorskip("pytsk3", reason="the extra images is not installed")
    if shutil.which("mcopy") is None:
        pytest.skip("mtools is not installed")
    target.write_bytes(bytes(1440 * 1024))
    quiet = os.environ | {"MTOOLS_SKIP_CHECK": "1"}
    subprocess.run(["mformat", "-i", target, "-f", "1440", "::"], check=True, env=quiet)
    subprocess.run(["mcopy", "-s", "-i", target, *source.iterdir(), "::/"], check=True, env=quiet)
    return target


WAYS = {"case.zip": zipped, "case.tar.gz": tarred, "case.img": floppy}


@pytest.mark.parametrize("name", WAYS)
def test_the_result_is_that_of_the_folder(name, given, tmp_path, run):
    container = WAYS[name](given, tmp_path / name)
    before = container.read_bytes()
    assert run("rebuild", given, "--into", tmp_path / "of-folder").status == 0
    done = run("rebuild", container, "--into", tmp_path / "of-container")
    assert (done.status, done.err) == (0, "")
    assert container.read_bytes() == before
    folder, found = (postoffices(everything(tmp_path / each)) for each in ("of-folder", "of-container"))
    assert {path.upper(): data for path, data in found.items()} == {path.upper(): data for path, data in folder.items()}
    manifest = json.loads((tmp_path / "of-container" / OWN / "manifest.json").read_text())
    assert manifest["container"]["path"] == str(container)
    assert {each["path"].upper() for each in manifest["inputs"]} == {path.upper() for path in everything(given)}


def test_an_archive_that_changes_meanwhile_is_reported(given, tmp_path):
    archive = zipped(given, tmp_path / "case.zip")
    plan = plan_rebuild(diagnose(archive))
    with archive.open("ab") as stream:
        stream.write(b"more")
    assert plan.write(tmp_path / "rebuilt").changed == (str(archive),)


def test_a_member_that_is_damaged_is_named_and_the_rest_is_rebuilt(given, tmp_path, run):
    (given / "east" / "NOTES.DOC").write_bytes(os.urandom(3000))
    archive = zipped(given, tmp_path / "case.zip")
    data = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as opened:
        data[opened.getinfo("east/NOTES.DOC").header_offset + 200] ^= 255
    archive.write_bytes(data)
    done = run("rebuild", archive, "--into", tmp_path / "rebuilt")
    assert (done.status, "NOTES.DOC: damaged" in done.err) == (2, True)
    found = everything(tmp_path / "rebuilt")
    assert "east/NOTES.DOC" not in found
    assert "east/NOTES.DOC is not copied: damaged in its archive" in found[f"{OWN}/report.txt"].decode()
    assert "east/GLB/REQTRANS.GLB" in found


def test_an_encrypted_archive_is_refused_with_the_reason_and_nothing_is_written(given, tmp_path, run):
    done = run("rebuild", encrypted(zipped(given, tmp_path / "case.zip")), "--into", tmp_path / "out")
    assert done.status == 2
    assert "case.zip: no file of a postoffice in it can be read; " in done.err
    assert "encrypted; decrypt the archive first" in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("suffix", ["GLB", "LOG"])
def test_a_damaged_member_of_a_postoffice_is_named_and_the_rest_is_rebuilt(suffix, given, tmp_path, run):
    for each in given.rglob("SRVTRANS.GLB"):
        each.write_bytes(next(given.rglob("REQTRANS.GLB")).read_bytes())
    packed = zipped(given, tmp_path / "case.zip")
    log = next(given.rglob("SRVTRANS.GLB" if suffix == "GLB" else "*.LOG")).relative_to(given).as_posix()
    with zipfile.ZipFile(packed) as archive:
        at = archive.getinfo(log).header_offset
    data = bytearray(packed.read_bytes())
    start = at + 30 + len(log)
    data[start : start + 4] = bytes(each ^ 0xFF for each in data[start : start + 4])
    packed.write_bytes(data)
    done = run("rebuild", packed, "--into", tmp_path / "out")
    assert done.status == 2
    assert f"{log}: damaged in its archive" in done.err
    assert not (tmp_path / "out" / log).exists()
    assert any((tmp_path / "out").rglob("REQTRANS.GLB"))


@pytest.mark.parametrize("name", WAYS)
def test_a_place_in_an_archive_or_an_image_is_judged_and_rebuilt_like_its_folder(name, given, tmp_path, run):
    (tmp_path / "more").mkdir()
    shutil.copytree(given, tmp_path / "more" / "net")
    shutil.copytree(given, tmp_path / "more" / "other")
    container = WAYS[name](tmp_path / "more", tmp_path / name)
    place = f"{container}::net"
    assert run("diagnose", place).status == run("diagnose", given).status
    assert run("rebuild", given, "--into", tmp_path / "of-folder").status == 0
    done = run("rebuild", place, "--into", tmp_path / "of-place")
    assert (done.status, done.err) == (0, "")
    assert postoffices(everything(tmp_path / "of-place")) == postoffices(everything(tmp_path / "of-folder"))
    assert run("diagnose", f"{container}::nowhere").err.startswith(
        f"glbtools: {container}::nowhere: no such place in {container}; "
    )


def test_a_network_in_an_image_in_an_archive_is_rebuilt_from_where_it_lies(given, tmp_path, run):
    floppy(given, tmp_path / "a.img")
    with zipfile.ZipFile(tmp_path / "case.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "a.img", "a.img")
    done = run("rebuild", tmp_path / "case.zip", "--into", tmp_path / "out")
    assert done.status == 2
    assert done.err.endswith(f"of which rebuild writes nothing; give {tmp_path / 'case.zip'}::a.img\n")
    assert run("rebuild", given, "--into", tmp_path / "of-folder").status == 0
    assert run("rebuild", f"{tmp_path / 'case.zip'}::a.img", "--into", tmp_path / "out").status == 0
    assert postoffices(everything(tmp_path / "out")) == postoffices(everything(tmp_path / "of-folder"))


def test_a_result_that_nobody_can_judge_is_not_called_consistent(tmp_path, run):
    office = tmp_path / "po"
    shutil.copytree(Path(__file__).resolve().parents[2] / "fixtures" / "stuck" / "october", office)
    zipped(office, tmp_path / "other.zip").rename(office / "GLB" / "REQTRANS.GLB")
    done = run("rebuild", office, "--into", tmp_path / "out")
    assert done.status == 2
    assert "consistent" not in done.out
    assert "cannot be judged" in " ".join(done.out.split())


@pytest.mark.parametrize("outer", ["folder", "case.zip"])
def test_postoffices_in_an_archive_below_are_refused_and_the_archive_is_named(outer, given, tmp_path, run):
    (tmp_path / "folder").mkdir()
    inner = zipped(given, tmp_path / "folder" / "inner.zip")
    place = tmp_path / "folder" if outer == "folder" else zipped(tmp_path / "folder", tmp_path / outer)
    done = run("rebuild", place, "--into", tmp_path / "rebuilt")
    assert done.status == 2
    where = inner if outer == "folder" else f"{place}::inner.zip"
    assert f"lies in {where}, of which rebuild writes nothing" in done.err
    assert not (tmp_path / "rebuilt").exists()


def test_an_archive_beside_postoffices_is_copied_whole(given, tmp_path, run):
    inner = zipped(given / "west", given / "west.zip")
    run("rebuild", given, "--into", tmp_path / "rebuilt")
    assert (tmp_path / "rebuilt" / "west.zip").read_bytes() == inner.read_bytes()


def test_a_single_file_is_no_place_to_rebuild(given):
    with pytest.raises(UsageError, match="one directory, archive or image"):
        plan_rebuild(diagnose(given / "east" / "GLB" / "REQTRANS.GLB"))


def test_names_that_differ_by_case_alone_are_two_files(given, tmp_path):
    (given / "east" / "notes.txt").write_bytes(b"one")
    (given / "east" / "NOTES.TXT").write_bytes(b"two")
    plan_rebuild(diagnose(given)).write(tmp_path / "rebuilt")
    found = everything(tmp_path / "rebuilt")
    assert (found["east/notes.txt"], found["east/NOTES.TXT"]) == (b"one", b"two")


@pytest.mark.parametrize("name", ["server-restored", "requestor-restored"])
def test_older_evidence_may_lie_in_archives_each_a_moment_of_its_own(name, tmp_path):
    given = simulated(name, tmp_path / "given")
    copies = older(given, name)
    assert copies
    packed = [zipped(each, tmp_path / f"{each.name}.zip") for each in copies]
    results = []
    for number, earlier in enumerate((copies, packed)):
        plan = plan_rebuild(diagnose(given, older=earlier), unsafe=True)
        results.append(postoffices(everything(plan.write(tmp_path / f"rebuilt{number}").directory)))
    assert results[0] == results[1]
