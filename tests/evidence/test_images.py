"""Images of floppies and disks are evidence like any folder; Debian's tools make them."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import glbtools
from glbtools.errors import FileAccessError, GlbError
from glbtools.evidence import forms, images
from glbtools.evidence.network import collect
from glbtools.evidence.sources import on_disk
from tests.cli.replay import Run
from tests.evidence.findings import ARCHIVES, exactly, said

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
NETWORK = FIXTURES / "network"
QUIET = os.environ | {"MTOOLS_SKIP_CHECK": "1"}

pytest.importorskip("pytsk3", reason="the extra images is not installed")


def tool(*arguments: str | Path) -> None:
    program = str(arguments[0])
    if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
        pytest.skip(f"{program} is not installed (Debian: mtools, fdisk, ewf-tools, qemu-utils)")
    done = subprocess.run([*map(str, arguments)], env=QUIET, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def floppy(source: Path, target: Path) -> Path:
    target.write_bytes(bytes(1440 * 1024))
    tool("mformat", "-i", target, "-f", "1440", "::")
    tool("mcopy", "-s", "-i", target, *sorted(source.iterdir()), "::/")
    return target


def disk(source: Path, target: Path) -> Path:
    """A disk with one partition of FAT16 from sector 63 on, as FDISK of DOS makes them."""
    sectors = 40_000
    table = bytearray(512)
    table[446:462] = bytes((0x80, 1, 1, 0, 6, 15, 63, 100)) + (63).to_bytes(4, "little") + sectors.to_bytes(4, "little")
    table[510:512] = b"\x55\xaa"
    target.write_bytes(bytes(table) + bytes((sectors + 62) * 512))
    place = f"{target}@@{63 * 512}"
    tool("mformat", "-i", place, "-T", str(sectors), "-h", "16", "-s", "63", "::")
    tool("mcopy", "-s", "-i", place, *sorted(source.iterdir()), "::/")
    return target


def e01(source: Path, target: Path) -> Path:
    raw = floppy(source, target.with_suffix(".img"))
    tool("ewfacquire", "-u", "-q", "-t", target.with_suffix(""), "-f", "encase6", raw)
    raw.unlink()
    return target


def converted(form: str) -> Callable[[Path, Path], Path]:
    def make(source: Path, target: Path) -> Path:
        raw = floppy(source, target.with_suffix(".img"))
        tool("qemu-img", "convert", "-O", form, raw, target)
        raw.unlink()
        return target

    return make


WAYS = {
    "case.img": floppy,
    "case.dd": disk,
    "case.E01": e01,
    "case.vmdk": converted("vmdk"),
    "case.vhd": converted("vpc"),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_network_in_an_image_gives_the_findings_of_its_folder(tmp_path: Path, name: str, run: Run) -> None:
    image = WAYS[name](NETWORK, tmp_path / name)
    assert said(image, run) == said(NETWORK, run)
    assert run("diagnose", image).status == run("diagnose", NETWORK).status


@pytest.mark.parametrize("name", [*WAYS, *ARCHIVES])
def test_wherever_a_network_lies_its_findings_are_the_same_but_for_the_paths(
    name: str, tmp_path: Path, run: Run
) -> None:
    network = FIXTURES / "seed-server-restored"
    packed = {**WAYS, **ARCHIVES}[name](network, tmp_path / name)
    folder = exactly(network, run)
    assert '"severity": "error"' in folder
    assert str(tmp_path) not in folder
    assert exactly(packed, run) == folder


@pytest.mark.parametrize("name", ["case.img", "case.dd"])
def test_a_deleted_queue_is_offered_as_possible_and_never_taken_for_the_live_one(
    tmp_path: Path, name: str, run: Run
) -> None:
    image = WAYS[name](NETWORK, tmp_path / name)
    place = f"{image}@@{63 * 512}" if name == "case.dd" else image
    tool("mdel", "-i", place, "::/montgomery/GLB/MSTTRANS.GLB")
    found = json.loads(run("diagnose", image, "--json").out)["findings"]
    (missing,) = (each for each in found if each["slug"] == "msttrans-missing")
    assert (missing["severity"], missing["certainty"]) == ("warning", "likely")
    assert any("_STTRANS.GLB (deleted)" in each["path"] for each in missing["evidence"])
    assert "possible at most" in " ".join(missing["notes"])


@pytest.mark.parametrize("damage", ["cut", "no FAT", "no BPB", "looped"])
def test_a_damaged_image_is_read_as_far_as_it_goes_or_refused(tmp_path: Path, damage: str) -> None:
    image = floppy(NETWORK, tmp_path / "case.img")
    data = bytearray(image.read_bytes())
    if damage == "cut":
        del data[300_000:]
    elif damage == "no FAT":
        data[512:5120] = b"\xf6" * (5120 - 512)
    elif damage == "no BPB":
        data[:62] = bytes(62)
    else:
        for cluster in range(2, 2800, 2):  # every chain leads to itself
            place = 512 + cluster * 3 // 2
            data[place : place + 3] = bytes((cluster & 255, (cluster >> 8) | ((cluster & 15) << 4), cluster >> 4))
    image.write_bytes(data)
    try:
        glbtools.diagnose(image)
    except GlbError as error:
        assert str(error).startswith(str(image))


def test_without_the_library_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    image = floppy(NETWORK, tmp_path / "case.img")
    monkeypatch.setitem(__import__("sys").modules, "pytsk3", None)
    with pytest.raises(FileAccessError, match=r"glbtools\[images\]"):
        glbtools.diagnose(image)


@pytest.mark.parametrize(
    ("head", "says"),
    [(b"QFI\xfb", "qemu-img"), (b"vhdxfile", "qemu-img"), (b"7z\xbc\xaf\x27\x1c", "7z x"), (b"Rar!\x1a\x07", "unrar")],
)
def test_what_is_known_and_not_read_is_named_with_the_way_out(tmp_path: Path, head: bytes, says: str, run: Run) -> None:
    path = tmp_path / "case.bin"
    path.write_bytes(head + bytes(600))
    done = run("diagnose", path)
    assert done.status == 2
    assert says in done.err


def test_an_image_in_a_folder_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    floppy(NETWORK, tmp_path / "case" / "a.img")
    found = collect([tmp_path / "case"])
    assert len(found.postoffices) == len(collect([NETWORK]).postoffices)
    assert [each.shown for each in found.containers] == [str(tmp_path / "case" / "a.img")]


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("packed", ["zip", "gztar"])
def test_an_image_in_an_archive_is_the_one_level_that_is_opened(
    name: str, packed: str, tmp_path: Path, run: Run
) -> None:
    (tmp_path / "disks").mkdir()
    WAYS[name](NETWORK, tmp_path / "disks" / name)
    archive = Path(shutil.make_archive(str(tmp_path / "case"), packed, tmp_path / "disks"))
    assert said(archive, run) == said(NETWORK, run)
    assert run("diagnose", archive).status == run("diagnose", NETWORK).status
    (place,) = (each.path for each in collect([archive]).postoffices if each.path.endswith("montgomery"))
    assert run("inspect", f"{place}/GLB/MSTTRANS.GLB").status == 0


def test_a_floppy_kept_on_a_disk_is_looked_into_and_what_lies_deeper_is_named(tmp_path: Path, run: Run) -> None:
    (tmp_path / "c" / "inner").mkdir(parents=True)
    floppy(NETWORK, tmp_path / "c" / "inner" / "A.IMG")
    image = disk(tmp_path / "c", tmp_path / "case.dd")
    assert said(image, run) == said(NETWORK, run)
    with zipfile.ZipFile(tmp_path / "case.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(image, "case.dd")
    done = run("diagnose", tmp_path / "case.zip")
    assert done.status == 2
    assert "A.IMG: an archive in an archive in an archive, not opened" in done.err


def test_images_in_an_archive_are_read_again_where_memory_keeps_only_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    monkeypatch.setattr(images, "KEPT", 1)
    (tmp_path / "disks").mkdir()
    for name in ("stuck", "idle", "network"):
        floppy(FIXTURES / name, tmp_path / "disks" / f"{name}.img")
    archive = Path(shutil.make_archive(str(tmp_path / "case"), "zip", tmp_path / "disks"))
    folder = json.loads(run("evidence", tmp_path / "disks", "--json").out)
    packed = json.loads(run("evidence", archive, "--json").out)
    hashes = [
        sorted(file["sha256"] for place in found["postoffices"] for file in place["files"])
        for found in (folder, packed)
    ]
    assert hashes[0] == hashes[1]
    alive = [each for each in (reference() for reference in images._Stream._loaded) if each is not None]
    assert sum(each._data is not None for each in alive) <= 1


def test_an_image_in_an_archive_that_is_too_large_is_named_with_the_limit(tmp_path: Path, run: Run) -> None:
    floppy(NETWORK, tmp_path / "a.img")
    with zipfile.ZipFile(tmp_path / "case.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "a.img", "a.img")
    done = run("diagnose", tmp_path / "case.zip", "--max-file-size", "1M")
    assert done.status == 2
    assert "a.img: not opened: larger than 1048576 bytes; --max-file-size allows more" in done.err


@pytest.mark.parametrize("name", ["DISK1", "disk1.dsk", "BOOT.BIN"])
def test_an_image_is_known_by_its_content_whatever_its_name(name: str, tmp_path: Path, run: Run) -> None:
    (tmp_path / "case").mkdir()
    floppy(NETWORK, tmp_path / "case" / name)
    assert said(tmp_path / "case", run) == said(NETWORK, run)


def two_partitions(target: Path, *sources: Path | None) -> Path:
    """A disk with a partition of FAT16 for each source; for None one whose bytes are no file system."""
    sectors, first = 40_000, 63
    table = bytearray(512)
    for number in range(len(sources)):
        start = first + number * sectors
        row = bytes((0, 1, 1, 0, 6, 15, 63, 100)) + start.to_bytes(4, "little") + sectors.to_bytes(4, "little")
        table[446 + 16 * number : 462 + 16 * number] = row
    table[510:512] = b"\x55\xaa"
    target.write_bytes(bytes(table) + bytes((first + len(sources) * sectors - 1) * 512))
    for number, source in enumerate(sources):
        if source is not None:
            place = f"{target}@@{(first + number * sectors) * 512}"
            tool("mformat", "-i", place, "-T", str(sectors), "-h", "16", "-s", "63", "::")
            tool("mcopy", "-s", "-i", place, *sorted(source.iterdir()), "::/")
    return target


def test_postoffices_of_two_partitions_are_found_and_judged_together(tmp_path: Path, run: Run) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    for number, office in enumerate(sorted(NETWORK.iterdir())):
        shutil.copytree(office, tmp_path / ("one" if number else "two") / office.name)
    image = two_partitions(tmp_path / "case.dd", tmp_path / "one", tmp_path / "two")
    assert said(image, run) == said(NETWORK, run)
    assert {each.path.split("::")[1].partition("/")[0] for each in collect([image]).postoffices} == {"p1", "p2"}


def test_beside_a_partition_that_cannot_be_read_the_other_one_is(tmp_path: Path, run: Run) -> None:
    image = two_partitions(tmp_path / "case.dd", None, NETWORK)
    done = run("diagnose", image)
    assert done.status == 2
    assert "::p1: no file system is found in this partition; glbtools carve looks for records in its bytes" in done.err
    assert said(image, run) == said(NETWORK, run)


def test_logical_drives_and_partitions_of_a_gpt_are_read(tmp_path: Path, run: Run) -> None:
    size, first = 20_000, 63
    extended = first + size
    data = bytearray((extended + 63 + size) * 512)

    def row(kind: int, start: int, count: int) -> bytes:
        return bytes((0, 1, 1, 0, kind, 15, 63, 100)) + start.to_bytes(4, "little") + count.to_bytes(4, "little")

    data[446:478] = row(6, first, size) + row(5, extended, 63 + size)
    data[extended * 512 + 446 : extended * 512 + 462] = row(6, 63, size)
    data[510:512] = data[extended * 512 + 510 : extended * 512 + 512] = b"\x55\xaa"
    image = tmp_path / "dos.dd"
    image.write_bytes(data)
    drives = {first: FIXTURES / "stuck", extended + 63: NETWORK}
    for start, source in drives.items():
        place = f"{image}@@{start * 512}"
        tool("mformat", "-i", place, "-T", str(size), "-h", "16", "-s", "63", "::")
        tool("mcopy", "-s", "-i", place, *sorted(source.iterdir()), "::/")
    offices = len(collect([NETWORK]).postoffices)
    assert len({each.path for each in collect([image]).postoffices}) == offices + 1
    gpt = tmp_path / "gpt.dd"
    gpt.write_bytes(bytes(40 << 20))
    if shutil.which("sfdisk", path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
        pytest.skip("sfdisk is not installed (Debian: fdisk)")
    table = "label: gpt\nstart=2048,size=60000\n"
    subprocess.run(["sfdisk", "-q", gpt], input=table, text=True, check=True, capture_output=True)
    place = f"{gpt}@@{2048 * 512}"
    tool("mformat", "-i", place, "-T", "60000", "-h", "16", "-s", "63", "::")
    tool("mcopy", "-s", "-i", place, *sorted(NETWORK.iterdir()), "::/")
    assert said(gpt, run) == said(NETWORK, run)


def test_of_an_image_in_parts_a_missing_one_is_named_as_the_cause(tmp_path: Path, run: Run) -> None:
    source = tmp_path / "in"
    shutil.copytree(NETWORK, source)
    (source / "LARGE.BIN").write_bytes(os.urandom(5 << 20))
    raw = disk(source, tmp_path / "raw.dd")
    (tmp_path / "parts").mkdir()
    tool("ewfacquire", "-u", "-q", "-S", "1100000", "-t", tmp_path / "parts" / "case", "-f", "encase6", raw)
    raw.unlink()
    assert len(list((tmp_path / "parts").iterdir())) > 2
    assert said(tmp_path / "parts" / "case.E01", run) == said(NETWORK, run)
    archive = shutil.make_archive(str(tmp_path / "case"), "zip", tmp_path / "parts")
    done = run("diagnose", archive)
    assert done.status == 2
    assert "case.E01: not opened: in parts, of which one alone is read in an archive, or damaged" in done.err
    (tmp_path / "parts" / "case.E02").unlink()
    done = run("diagnose", tmp_path / "parts" / "case.E01")
    assert done.status == 2
    assert "a part of it is missing, or it is damaged" in done.err


def test_an_image_whose_directories_are_lost_is_not_passed_over_without_a_way_out(tmp_path: Path, run: Run) -> None:
    image = floppy(NETWORK, tmp_path / "case.img")
    data = bytearray(image.read_bytes())
    data[19 * 512 : 33 * 512] = b"\xf6" * (14 * 512)
    image.write_bytes(data)
    done = run("diagnose", image)
    assert done.status == 2
    assert "glbtools carve looks for records in its bytes" in done.err


def test_files_of_which_no_table_tells_are_possible_at_most_and_said_to_be_marked_as_free(
    tmp_path: Path, run: Run
) -> None:
    image = floppy(FIXTURES / "stuck", tmp_path / "case.img")
    data = bytearray(image.read_bytes())
    data[512 : 19 * 512] = bytes(18 * 512)  # both tables
    image.write_bytes(data)
    found = json.loads(run("diagnose", image, "--json").out)["findings"]
    assert {each["certainty"] for each in found} <= {"likely", "possible"}
    notes = [evidence["note"] for each in found for evidence in each["evidence"]]
    assert any(note.startswith("the file system has it marked as free") for note in notes)
    assert not any("first letter is lost" in note for note in notes)
    assert {each["certainty"] for each in json.loads(run("unsent", image, "--json").out)["unsent"]} == {"possible"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_what_is_named_as_an_image_and_is_no_file_is_named_for_what_it_is(tmp_path: Path, run: Run) -> None:
    shutil.copytree(FIXTURES / "stuck", tmp_path / "case")
    os.mkfifo(tmp_path / "case" / "disk.img")
    (tmp_path / "case" / "old.zip").symlink_to("/nowhere/at/all")
    done = run("diagnose", tmp_path / "case")
    assert done.status == 2
    assert "disk.img: a FIFO" in done.err
    assert "old.zip: a symbolic link that leads nowhere" in done.err


def ext(source: Path, target: Path) -> Path:
    target.write_bytes(bytes(8 << 20))
    tool("mke2fs", "-q", "-F", "-d", source, target)
    return target


def iso(source: Path, target: Path) -> Path:
    tool("genisoimage", "-quiet", "-J", "-R", "-o", target, source)
    return target


@pytest.mark.parametrize("make", [ext, iso])
@pytest.mark.parametrize("name", ["case.img", "DISK1"])
def test_other_file_systems_are_read_as_the_library_reads_them(
    make: Callable[[Path, Path], Path], name: str, tmp_path: Path, run: Run
) -> None:
    assert said(make(NETWORK, tmp_path / name), run) == said(NETWORK, run)


def test_long_names_in_an_image_are_read_in_their_own_code(tmp_path: Path, run: Run) -> None:
    (tmp_path / "in").mkdir()
    shutil.copytree(FIXTURES / "stuck" / "october", tmp_path / "in" / "Büro in Köln")
    image = floppy(tmp_path / "in", tmp_path / "case.img")
    assert "case.img::Büro in Köln: " in " ".join(run("evidence", image, columns=400).out.split())


def test_bytes_of_the_size_of_a_floppy_without_a_parameter_block_are_named_with_the_way_out(
    tmp_path: Path, run: Run
) -> None:
    image = floppy(NETWORK, tmp_path / "DISK1")
    image.write_bytes(bytes(512) + image.read_bytes()[512:])
    done = run("diagnose", image)
    assert done.status == 2
    assert "of the size of a floppy, and its first sectors describe no file system; glbtools carve" in done.err


def test_a_queue_is_never_taken_for_an_image() -> None:
    for path in FIXTURES.rglob("*.GLB"):
        data = path.read_bytes()
        assert forms.kind(data[:512], len(data)) is None


def deleted(image: Path, *names: str) -> None:
    for name in names:
        tool("mdel", "-i", image, f"::/{name}")


def test_a_postoffice_of_which_every_file_is_deleted_is_evidence_all_the_same(tmp_path: Path, run: Run) -> None:
    image = floppy(FIXTURES / "stuck", tmp_path / "case.img")
    deleted(image, "october/GLB/*", "october/LOG/*")
    found = json.loads(run("diagnose", image, "--json").out)["findings"]
    missing = {each["slug"]: each["severity"] for each in found if each["slug"].endswith(("missing", "short"))}
    assert missing == {"reqtrans-missing": "warning", "reqconf-missing-or-short": "warning"}
    changes = json.loads(run("unsent", image, "--json").out)["unsent"]
    assert [each["certainty"] for each in changes] == ["possible"] * 6


def test_a_deleted_directory_is_looked_into(tmp_path: Path, run: Run) -> None:
    image = floppy(FIXTURES / "stuck", tmp_path / "case.img")
    tool("mdeltree", "-i", image, "::/october")
    assert len(json.loads(run("unsent", image, "--json").out)["unsent"]) == 6
    assert "_ctober/_LB/_EQTRANS.GLB (deleted)" in run("evidence", image).out.replace("_LB", "_ctober/_LB")


def test_a_deleted_file_of_no_postoffice_is_listed(tmp_path: Path, run: Run) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "NOTES.TXT").write_text("hello\n")
    image = floppy(FIXTURES / "stuck", tmp_path / "case.img")
    tool("mcopy", "-s", "-i", image, tmp_path / "other", "::/")
    deleted(image, "other/NOTES.TXT")
    others = json.loads(run("evidence", image, "--json").out)["others"]
    assert any(each["path"].endswith("_OTES.TXT (deleted)") for each in others)
    said = run("inspect", f"{image}::other/_OTES.TXT").err
    assert said.endswith(f"no such place in {image}; did you mean {image}::other/_OTES.TXT (deleted)?\n")


def test_an_image_that_is_cut_off_is_said_to_be(tmp_path: Path, run: Run) -> None:
    image = floppy(NETWORK, tmp_path / "case.img")
    image.write_bytes(image.read_bytes()[:700_000])
    done = run("diagnose", image)
    assert done.status == 2
    assert "the image is cut off: 699904 of 1474560 bytes of its file system are there" in done.err


def test_a_partition_in_which_no_file_system_is_found_is_named(tmp_path: Path, run: Run) -> None:
    image = disk(NETWORK, tmp_path / "case.dd")
    data = bytearray(image.read_bytes())
    data[462:478] = bytes((0, 1, 1, 0, 6, 15, 63, 100)) + (40_063).to_bytes(4, "little") + (2000).to_bytes(4, "little")
    image.write_bytes(bytes(data) + bytes(2000 * 512))
    done = run("diagnose", image)
    assert done.status == 2
    assert "::p2: no file system is found in this partition" in done.err
    assert len(collect([image]).postoffices) == len(collect([NETWORK]).postoffices)


def test_entries_of_an_image_beyond_the_limit_are_no_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = floppy(NETWORK, tmp_path / "case.img")
    monkeypatch.setattr(images, "MOST_ENTRIES", 20)
    assert any("more than 20 entries" in each for each in collect([image]).unlooked.values())


def test_an_image_is_never_read_as_one_queue(tmp_path: Path, run: Run) -> None:
    image = floppy(NETWORK, tmp_path / "case.img")
    done = run("inspect", image)
    assert (done.status, done.out) == (2, "")
    assert "a disk image (raw), which holds files" in done.err


def test_what_a_finding_says_to_inspect_can_be_inspected(tmp_path: Path, run: Run) -> None:
    image = floppy(NETWORK, tmp_path / "case.img")
    deleted(image, "montgomery/GLB/MSTTRANS.GLB")
    (missing,) = (
        each
        for each in json.loads(run("diagnose", image, "--json").out)["findings"]
        if each["slug"] == "msttrans-missing"
    )
    place = missing["help"].partition("Look at ")[2].partition(" with glbtools inspect")[0]
    assert "80 records" in run("inspect", place).out


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_times_of_fat_are_what_its_clock_showed_wherever_they_are_read(
    tmp_path: Path, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "po").mkdir()
    (tmp_path / "po" / "a.txt").write_text("x")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    os.utime(tmp_path / "po" / "a.txt", (760_329_662, 760_329_662))
    image = tmp_path / "case.img"
    image.write_bytes(bytes(1440 * 1024))
    tool("mformat", "-i", image, "-f", "1440", "::")
    tool("mcopy", "-m", "-i", image, tmp_path / "po" / "a.txt", "::/")
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        found = images.opened(on_disk(image, "case.img"), forms.RAW).children()
        (written,) = (str(each) for each in found[0].times if each.what == "written")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert written == "1994-02-04 02:41:02"


@pytest.mark.parametrize("make", [floppy, disk])
@pytest.mark.parametrize(
    ("day", "time_of_day", "said"),
    [
        (0x1C04, 0x1561, "1994-00-04 02:43:02 (no date)"),
        (0x1C5F, 0x1561, "1994-02-31 02:43:02 (no date)"),
        (0x1C44, 0xFFFF, "1994-02-04 31:63:62 (no date)"),
        (0xFFFF, 0xFFFF, "2107-15-31 31:63:62 (no date)"),
        (0xFF9F, 0xBF7D, "2107-12-31 23:59:58"),
    ],
)
def test_a_time_of_fat_that_is_no_date_is_kept_as_it_is_stored(
    make: Callable[[Path, Path], Path], day: int, time_of_day: int, said: str, tmp_path: Path, run: Run
) -> None:
    image = make(NETWORK, tmp_path / "case.img")
    data = bytearray(image.read_bytes())
    at = data.index(b"REQTRANSGLB")
    data[at + 13 : at + 20] = bytes(7)
    data[at + 22 : at + 26] = struct.pack("<HH", time_of_day, day)
    image.write_bytes(data)
    before = json.loads(run("evidence", image, "--json").out)
    (written,) = (
        f"{each['stored']}{'' if each['moment'] else ' (no date)'}"
        for place in before["postoffices"]
        for file in place["files"]
        if any(str(each["stored"]).startswith(said[:10]) for each in file["times"])
        for each in file["times"]
        if each["what"] == "written"
    )
    assert written == said
    assert said.removesuffix(" (no date)") in run("evidence", image).out
    undated = "of files that are no date"
    assert (undated in run("timeline", image, "--to", "-").err) == ("no date" in said)
    # Where the file has another time, its event stands beside that one.
    data[at + 14 : at + 18] = struct.pack("<HH", 0x1561, 0x1C44)
    image.write_bytes(data)
    done = run("timeline", image, "--to", "-")
    assert undated not in done.err
    assert f"{said.removesuffix(' (no date)')} is no date" in done.out or "no date" not in said
    assert said.removesuffix(" (no date)") in done.out


CONTAINERS = {name: WAYS[name] for name in ("case.E01", "case.vmdk", "case.vhd")}


@pytest.mark.parametrize("name", CONTAINERS)
def test_the_limits_hold_in_every_container_of_an_image_and_are_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = CONTAINERS[name](NETWORK, tmp_path / name)
    with monkeypatch.context() as limited:
        limited.setattr(images, "MOST_ENTRIES", 20)
        assert any("more than 20 entries" in each for each in collect([image]).unlooked.values())
    with monkeypatch.context() as limited:
        limited.setattr(images, "MOST_LEVELS", 1)
        assert any("more than 1 levels" in each for each in collect([image], strict=False).unlooked.values())
    unread = [why for each in collect([image], max_size=1000).postoffices for why in each.unreadable.values()]
    assert any("SRVCONF.GLB: larger than 1000 bytes" in each for each in unread)


@pytest.mark.parametrize("name", CONTAINERS)
def test_names_in_every_container_of_an_image_are_shown_safely(name: str, tmp_path: Path, run: Run) -> None:
    raw = floppy(NETWORK, tmp_path / "plain.img")
    data = raw.read_bytes().replace(b"REQTRANSGLB", b"REQT\x1b[2JGLB")
    raw.write_bytes(data)
    image = tmp_path / name
    if name == "case.E01":
        tool("ewfacquire", "-u", "-q", "-t", image.with_suffix(""), "-f", "encase6", raw)
    else:
        tool("qemu-img", "convert", "-O", "vmdk" if name == "case.vmdk" else "vpc", raw, image)
    for command in ("evidence", "diagnose"):
        done = run(command, image)
        assert "\x1b[2J" not in done.out + done.err


@pytest.mark.parametrize("form", ["vmdk", "vpc"])
def test_a_container_of_a_terabyte_of_nothing_is_refused_at_once(form: str, tmp_path: Path, run: Run) -> None:
    image = tmp_path / {"vmdk": "case.vmdk", "vpc": "case.vhd"}[form]
    tool("qemu-img", "create", "-f", form, image, "1T")
    done = run("diagnose", image)
    assert done.status == 2
    assert "no file system is found in it" in done.err


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_container_that_is_cut_off_is_read_as_far_as_it_goes_or_refused(
    name: str, kept: float, tmp_path: Path, run: Run
) -> None:
    image = CONTAINERS[name](NETWORK, tmp_path / name)
    data = image.read_bytes()
    image.write_bytes(data[: int(len(data) * kept)])
    whole = json.loads(run("evidence", NETWORK, "--json").out)
    done = run("evidence", image, "--json")
    shown = json.loads(done.out or '{"postoffices": []}')
    hashes = {file["sha256"] for place in whole["postoffices"] for file in place["files"]}
    read = [file for place in shown["postoffices"] for file in place["files"] if file["used"] == "read"]
    assert all(file["sha256"] in hashes for file in read)
    assert done.status == 2 or len(read) == len([file for place in whole["postoffices"] for file in place["files"]])
