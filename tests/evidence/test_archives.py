"""What lies in an archive is evidence like any other, and nothing in it is passed over in silence."""

from __future__ import annotations

import io
import json
import os
import shutil
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

import glbtools
from glbtools.errors import FileAccessError, GlbError
from glbtools.evidence import archives
from glbtools.evidence.network import collect
from glbtools.evidence.sources import InnerEntry, on_disk
from tests.cli.replay import Run
from tests.evidence.findings import ARCHIVES as WAYS
from tests.evidence.findings import encrypted, said, tarred, zipped

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
NETWORK = FIXTURES / "network"


@pytest.mark.parametrize("name", WAYS)
def test_a_network_in_an_archive_gives_the_findings_of_its_folder(tmp_path: Path, name: str, run: Run) -> None:
    packed = WAYS[name](NETWORK, tmp_path / name)
    assert said(packed, run) == said(NETWORK, run)
    assert run("diagnose", packed).status == run("diagnose", NETWORK).status
    assert run("unsent", packed, "--json").status == 0


@pytest.mark.parametrize("name", WAYS)
def test_an_archive_in_a_folder_is_opened_and_is_an_input_with_its_hash(tmp_path: Path, name: str) -> None:
    (tmp_path / "case").mkdir()
    packed = WAYS[name](NETWORK, tmp_path / "case" / name)
    report = glbtools.diagnose(tmp_path / "case")
    (archive,) = (each for each in report.inputs if each.used == "opened")
    assert archive.sha256 == glbtools.files.sha256(packed.read_bytes())
    assert len(report.network.postoffices) == len(collect([NETWORK]).postoffices)
    assert all(each.path.startswith(f"{packed}::network/") for each in report.network.postoffices)


def test_an_archive_that_is_given_twice_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = zipped(NETWORK, tmp_path / "case.zip")
    (tmp_path / "link.zip").symlink_to(packed)
    opened: list[str] = []
    kept = archives.opened
    monkeypatch.setattr(archives, "opened", lambda entry, size: opened.append(entry.shown) or kept(entry, size))
    found = collect([packed, packed, tmp_path / "link.zip"])
    assert opened == [str(packed)]
    assert [each.shown for each in found.containers] == [str(packed)]
    assert len(found.postoffices) == len(collect([NETWORK]).postoffices)


def test_a_folder_beside_its_own_archive_is_counted_once(tmp_path: Path) -> None:
    shutil.copytree(NETWORK, tmp_path / "case" / "network")
    zipped(NETWORK, tmp_path / "case" / "copy.zip")
    found = collect([tmp_path / "case"])
    assert len(found.units) == 1
    assert {each.why.partition(" as ")[0] for each in found.passed_over} == {"the same bytes"}


def test_an_archive_that_changes_while_it_is_looked_at_is_said_to_have_changed(tmp_path: Path) -> None:
    packed = zipped(NETWORK, tmp_path / "case.zip")

    def change(*_: object) -> None:
        packed.write_bytes(packed.read_bytes() + b"\0")

    assert glbtools.diagnose(packed, progress=change).changed == [str(packed)]


def inside(data: bytes, tmp_path: Path) -> InnerEntry:
    (tmp_path / "case.bin").write_bytes(data)
    return archives.opened(on_disk(tmp_path / "case.bin", "case.bin"), 1 << 24)


def written(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data)
    return stream.getvalue()


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "C:\\GLB\\REQTRANS.GLB", "a/../../b", "\\\\server\\x"])
def test_a_member_whose_name_leads_out_is_named_and_not_read(tmp_path: Path, name: str) -> None:
    (entry,) = inside(written((name, b"x")), tmp_path).children()
    assert entry.other == "its name leads out of the archive"
    assert entry.shown.endswith(name)


def test_names_of_dos_programs_part_directories_with_backslashes(tmp_path: Path) -> None:
    (glb,) = inside(written(("GLB\\REQTRANS.GLB", b"x")), tmp_path).children()
    assert glb.is_directory
    assert [each.name for each in glb.children()] == ["REQTRANS.GLB"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_second_of_two_members_of_one_name_is_named(tmp_path: Path) -> None:
    found = inside(written(("a", b"1"), ("a", b"2"), ("a", b"3")), tmp_path).children()
    assert sorted(each.other for each in found) == ["", "a second entry of one name", "a second entry of one name"]


def test_a_member_of_a_name_in_no_code_page_is_read(tmp_path: Path) -> None:
    data = written(("\u00f8\ud7ff.GLB", b"x"))
    assert [each.read(10) for each in inside(data, tmp_path).children()] == [b"x"]


def test_a_member_far_larger_than_in_its_archive_is_not_read(tmp_path: Path) -> None:
    data = bytearray(written(("REQTRANS.GLB", bytes(1 << 20))))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (0x7FFFFFFF).to_bytes(4, "little")
    (entry,) = inside(bytes(data), tmp_path).children()
    with pytest.raises(FileAccessError, match="larger"):
        entry.read(1 << 24)


def test_of_a_damaged_member_the_rest_of_the_archive_is_read(tmp_path: Path, run: Run) -> None:
    packed = zipped(NETWORK, tmp_path / "case.zip", zipfile.ZIP_STORED)
    data = bytearray(packed.read_bytes())
    queue = next(NETWORK.rglob("MSTTRANS.GLB")).read_bytes()
    data[data.index(queue) + 40] ^= 0xFF
    packed.write_bytes(data)
    done = run("diagnose", packed)
    assert done.status == 2
    assert "damaged in its archive" in done.err
    assert len(collect([packed]).postoffices) == len(collect([NETWORK]).postoffices)


def test_an_encrypted_member_is_named_with_the_way_out(tmp_path: Path, run: Run) -> None:
    packed = zipped(NETWORK, tmp_path / "case.zip")
    data = bytearray(packed.read_bytes())
    place = data.rindex(b"PK\x01\x02")
    while place >= 0:
        data[place + 8] |= 1
        place = data.rfind(b"PK\x01\x02", 0, place)
    packed.write_bytes(data)
    assert "encrypted" in run("diagnose", packed).err


@pytest.mark.parametrize("name", WAYS)
def test_an_archive_cut_off_anywhere_is_read_as_far_as_it_goes_or_refused(tmp_path: Path, name: str) -> None:
    whole = WAYS[name](FIXTURES / "specs", tmp_path / name).read_bytes()
    for length in range(4, len(whole), max(1, len(whole) // 40)):
        (tmp_path / name).write_bytes(whole[:length])
        try:
            glbtools.diagnose(tmp_path / name)
        except GlbError as error:
            assert str(error)


def test_an_archive_in_an_archive_is_opened_and_the_next_one_is_named(tmp_path: Path, run: Run) -> None:
    inner = zipped(NETWORK, tmp_path / "inner.zip").read_bytes()
    outer = written(("inner.zip", inner), ("deep.zip", written(("deeper.zip", inner))))
    (tmp_path / "outer.zip").write_bytes(outer)
    found = collect([tmp_path / "outer.zip"])
    assert len(found.postoffices) == len(collect([NETWORK]).postoffices)
    assert [each.path.rpartition("::")[2] for each in found.passed_over] == ["deeper.zip"]
    assert run("diagnose", tmp_path / "outer.zip").status == 2


def test_an_archive_has_no_more_entries_than_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_ENTRIES", 3)
    found = inside(written(*((f"{number}", b"") for number in range(5))), tmp_path).children()
    assert [each.other for each in found if each.other] == ["more than 3 entries, the rest of them"]


def test_directories_in_one_another_without_end_are_not_followed(tmp_path: Path) -> None:
    (entry,) = inside(written(("a/" * 500 + "b", b"")), tmp_path).children()
    assert entry.other == "more than 100 directories in one another"


def test_a_link_in_a_tar_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "po").mkdir()
    (tmp_path / "po" / "REQTRANS.GLB").symlink_to("/etc/hostname")
    packed = tarred("w")(tmp_path / "po", tmp_path / "case.tar")
    (po,) = archives.opened(on_disk(packed, "case.tar"), 1 << 20).children()
    assert [each.other for each in po.children()] == ["a link in an archive, not followed"]


@pytest.mark.skipif(os.name == "nt", reason="file systems differ")
def test_a_file_of_a_terabyte_of_nothing_is_not_read(tmp_path: Path, run: Run) -> None:
    shutil.copytree(NETWORK, tmp_path / "net")
    with next((tmp_path / "net").rglob("MSTTRANS.GLB")).open("r+b") as stream:
        stream.truncate(1 << 40)
    done = run("diagnose", tmp_path / "net")
    assert done.status == 2
    assert "larger than" in done.err


def test_of_postoffices_none_of_which_can_be_judged_nothing_is_said_to_be_right(tmp_path: Path, run: Run) -> None:
    done = run("diagnose", encrypted(zipped(NETWORK, tmp_path / "case.zip")))
    assert done.status == 2
    assert done.out.startswith("none of 3 postoffices can be judged\n")
    assert "MSTTRANS.GLB: encrypted; decrypt the archive first" in done.err


def test_what_macos_keeps_beside_files_makes_no_postoffice(tmp_path: Path, run: Run) -> None:
    packed = zipped(FIXTURES / "stuck", tmp_path / "case.zip")
    double = b"\0\5\x16\7\0\2\0\0" + bytes(74)
    with zipfile.ZipFile(packed, "a") as archive:
        for name in (
            "__MACOSX/stuck/october/GLB/._REQTRANS.GLB",
            "__MACOSX/._stuck",
            "stuck/october/GLB/._REQCONF.GLB",
        ):
            archive.writestr(name, double)
    (place,) = collect([packed]).postoffices
    assert place.path == f"{packed}::stuck/october"
    done = run("diagnose", packed)
    assert done.status == 1
    assert said(packed, run) == said(FIXTURES / "stuck", run)
    listed = {each.path.partition("::")[2]: each.why for each in collect([packed]).passed_over}
    assert listed["__MACOSX/stuck/october/GLB/._REQTRANS.GLB"].startswith("kept by macOS beside the file of that name")


def test_a_place_in_an_archive_is_taken_by_every_command_or_said_to_be_taken_out(tmp_path: Path, run: Run) -> None:
    packed = zipped(FIXTURES / "stuck", tmp_path / "case.zip")
    place = f"{packed}::stuck/october"
    assert [each.path for each in collect([place]).postoffices] == [place]
    assert run("evidence", place).status == 0
    assert "6 changes" in run("unsent", place).out
    assert run("timeline", place, "--to", "-").status == 0
    assert run("report", place, "--to", tmp_path / "page.html").status == 1
    assert run("survey", place, "--out", tmp_path / "survey", "--workers", "1").status == 1
    assert run("diagnose", packed, "--older", place).status == 1
    done = run("carve", place, "--out", tmp_path / "carved")
    assert done.status == 2
    assert f"lies in {packed}; carve reads the bytes of a file: take it out first" in done.err
    assert run("diagnose", f"{tmp_path}/no.zip::po").status == 2


def test_a_zip_that_is_cut_off_is_named_with_the_way_out(tmp_path: Path, run: Run) -> None:
    packed = zipped(NETWORK, tmp_path / "case.zip")
    packed.write_bytes(packed.read_bytes()[:-2000])
    done = run("diagnose", packed)
    assert done.status == 2
    assert "the list of its members at its end is not there, as where it is cut off; zip -FF ARCHIVE" in done.err


@pytest.mark.parametrize("name", ["case.zip", "case.tar"])
def test_what_a_limit_leaves_out_is_no_silence(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = WAYS[name](NETWORK, tmp_path / name)
    monkeypatch.setattr(archives, "MOST_ENTRIES", 20)
    (said,) = collect([packed]).unlooked.values()
    assert said.endswith("::...: more than 20 entries, the rest of them")


def test_directories_that_are_too_deep_are_no_silence(tmp_path: Path, run: Run) -> None:
    packed = zipped(NETWORK, tmp_path / "case.zip")
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("a/" * 500 + "b", b"")
    done = run("diagnose", packed)
    assert done.status == 2
    assert "more than 100 directories in one another" in done.err


def test_a_zip_whose_members_overlap_is_not_opened(tmp_path: Path, run: Run) -> None:
    data = written(("a", bytes(1 << 20)), ("b", b""))
    directory = data.index(b"PK\x01\x02")
    entry = data[directory : data.index(b"PK\x01\x02", directory + 1)]
    end = bytearray(data[data.rindex(b"PK\x05\x06") :])
    end[8:16] = (100).to_bytes(2, "little") * 2 + (len(entry) * 100).to_bytes(4, "little")
    (tmp_path / "bomb.zip").write_bytes(data[:directory] + entry * 100 + end)
    assert "overlap" in run("diagnose", tmp_path / "bomb.zip").err


def test_a_zip_of_many_members_that_expand_is_read_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "SMALL_ALL", 1 << 20)
    with zipfile.ZipFile(tmp_path / "case.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}", bytes(1 << 18))
    found = inside((tmp_path / "case.zip").read_bytes(), tmp_path).children()
    assert [each.other for each in found if each.hides] == [
        "the archive expands to more than 100 times its size from here"
    ]


def test_a_recovered_file_alone_in_a_folder_is_evidence_by_its_content(tmp_path: Path, run: Run) -> None:
    shutil.copy(FIXTURES / "stuck" / "october" / "GLB" / "REQTRANS.GLB", tmp_path / "_EQTRANS.GLB")
    assert len(json.loads(run("unsent", tmp_path, "--json").out)["unsent"]) == 6
    found = json.loads(run("diagnose", tmp_path, "--json").out)["findings"]
    assert [each["slug"] for each in found] == ["reqtrans-missing"]
    (tmp_path / "_EQTRANS.GLB").write_bytes(b"something else altogether")
    assert run("diagnose", tmp_path).status == 2


DIRECTORIES = FIXTURES / "directories"


def bare(path: Path, run: Run, *options: object) -> list[dict[str, object]]:
    """Return the findings of a diagnosis with the names of the files alone."""
    found = json.loads(run("diagnose", path, *options, "--json").out)["findings"]
    for each in found:
        each["path"] = each["path"].replace("::", "/").rpartition("/")[2]
        del each["id"], each["message"]
        for evidence in each["evidence"]:
            evidence["path"] = evidence["path"].replace("::", "/").rpartition("/")[2]
    return found


@pytest.mark.parametrize("name", sorted(each.name for each in DIRECTORIES.iterdir()))
def test_directory_dumps_are_read_wherever_they_lie(tmp_path: Path, name: str, run: Run) -> None:
    wanted = bare(DIRECTORIES / name, run)
    deep = tmp_path / "folder" / "case" / "ad" / "today"
    shutil.copytree(DIRECTORIES / name, deep)
    assert bare(tmp_path / "folder", run) == wanted
    for archive, make in (("case.zip", zipped), ("case.tar.gz", tarred("w:gz"))):
        packed = make(tmp_path / "folder" / "case", tmp_path / archive)
        assert bare(packed, run) == wanted
        (tmp_path / f"in-{archive}").mkdir()
        shutil.copy(packed, tmp_path / f"in-{archive}")
        assert bare(tmp_path / f"in-{archive}", run) == wanted


def test_what_a_dump_in_an_archive_is_compared_with_may_lie_in_another_one(tmp_path: Path, run: Run) -> None:
    (tmp_path / "older").mkdir()
    (tmp_path / "newer").mkdir()
    dump = (DIRECTORIES / "backsync-restored-directory" / "a.csv").read_text().splitlines(keepends=True)
    for where, text in (("older", dump), ("newer", dump[:-1])):
        (tmp_path / where / "a.csv").write_text("".join(text))
        shutil.copy(DIRECTORIES / "backsync-restored-directory" / "a.ini", tmp_path / where)
    folders = bare(tmp_path / "newer", run, "--older", tmp_path / "older")
    assert "backsync-restored-directory" in [each["slug"] for each in folders]
    packed = [zipped(tmp_path / where, tmp_path / f"{where}.zip") for where in ("newer", "older")]
    assert bare(packed[0], run, "--older", packed[1]) == folders


def test_every_file_of_a_dump_in_an_archive_is_an_input_once(tmp_path: Path, run: Run) -> None:
    packed = zipped(DIRECTORIES / "usn-above-head", tmp_path / "case.zip")
    inputs = json.loads(run("diagnose", packed, "--json").out)["inputs"]
    kinds = {each["path"].replace("::", "/").rpartition("/")[2]: each["format"] for each in inputs}
    assert kinds == {"case.zip": "archive", "dc1.ldif": "ldif", "dc1.rootdse.ldif": "rootdse"}
    assert all(each["sha256"] for each in inputs)
    listed = json.loads(run("evidence", packed, "--json").out)
    assert len(json.dumps(listed).split("dc1.rootdse.ldif")) == 2


def test_a_pair_in_an_archive_is_named_with_the_way_out(tmp_path: Path, run: Run) -> None:
    pair = 'id = "a-b"\nstate = "s.json"\nspool = "spool"\n[source]\npath = "a.db"\n[target]\npath = "b.db"\n'
    (tmp_path / "pair.zip").write_bytes(written(("pair/a.toml", pair.encode())))
    done = run("diagnose", tmp_path / "pair.zip")
    assert done.status == 2
    assert "take the whole of it out" in done.err


def test_a_file_in_an_archive_is_inspected_where_it_lies(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a short path stays on one line
    packed = zipped(NETWORK, tmp_path / "case.zip")
    (tmp_path / "outer.zip").write_bytes(written(("in/case.zip", packed.read_bytes())))
    here = run("inspect", NETWORK / "montgomery" / "GLB" / "MSTTRANS.GLB", columns=400).out.split("\n", 1)[1]
    for archive in ("case.zip", "outer.zip::in/case.zip"):
        place = f"{archive}::network/montgomery/GLB/MSTTRANS.GLB"
        done = run("inspect", place, columns=400)
        assert done.status == 0
        assert here in done.out
    assert run("inspect", f"{packed}::network/nothing").status == 2
    assert "a directory" in run("inspect", f"{packed}::network").err


def member(name: str, **values: object) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    for key, value in values.items():
        setattr(info, key, value)
    return info, b"x"


def test_times_of_members_are_as_their_archive_has_them(tmp_path: Path) -> None:
    stream = io.BytesIO()
    unix = struct.pack("<HHBi", 0x5455, 5, 1, 760_329_662)
    with zipfile.ZipFile(stream, "w") as archive:
        for info, data in (
            member("local", date_time=(1994, 2, 3, 22, 1, 2)),
            member("both", date_time=(1994, 2, 3, 22, 1, 2), extra=unix),
            member("none", date_time=(1994, 2, 31, 22, 1, 2)),
        ):
            archive.writestr(info, data)
    found = {each.name: [str(time) for time in each.times] for each in inside(stream.getvalue(), tmp_path).children()}
    assert found == {
        "local": ["1994-02-03 22:01:02"],
        "both": ["1994-02-04 02:41:02Z"],
        "none": ["1994-02-31 22:01:02 (no date)"],
    }


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_times_of_a_tar_are_utc(tmp_path: Path, mode: str) -> None:
    with tarfile.open(tmp_path / "case.bin", mode) as archive:  # type: ignore[call-overload]
        for name, moment in (("dated", 760_329_662), ("undated", 0), ("far", 1 << 52)):
            info = tarfile.TarInfo(name)
            info.mtime = moment
            archive.addfile(info)
    found = archives.opened(on_disk(tmp_path / "case.bin", "case.bin"), 1 << 24).children()
    assert {each.name: [str(time) for time in each.times] for each in found} == {
        "dated": ["1994-02-04 02:41:02Z"],
        "undated": [],
        "far": [f"{float(1 << 52)} (no date)"],
    }


def test_a_member_without_a_name_is_named_as_such_and_the_others_are_read(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "case.zip"
    queue = (FIXTURES / "stuck" / "october" / "GLB" / "REQTRANS.GLB").read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X", b"something")
        archive.writestr("GLB/REQTRANS.GLB", queue)
    data = path.read_bytes().replace(b"X", b"\0")  # Python ends a name at a NUL
    path.write_bytes(data)
    done = run("evidence", path)
    assert "a member without a name" in done.out + done.err
    assert "GLB/REQTRANS.GLB" in done.out
