"""What is a postoffice is told by content, and what was given and not looked at is said."""

from __future__ import annotations

import json
import os
import shutil
import time
import zipfile
from pathlib import Path

import pytest

import glbtools
from glbtools.errors import UnknownFormatError
from glbtools.evidence.network import collect
from tests.cli.replay import Run

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
NETWORK = FIXTURES / "network"
STRAYS = {
    "notes.txt": b"Call Ann about the backup.\r\n",
    "files.lst": b"REQTRANS.GLB 120\r\nREQCONF.GLB 512\r\n",
    "install.log": b"11:02 copied 12 files\r\n",
    "empty.log": b"",
    "blank.log": b"\r\n" * 40,
    "readme.txt": b"",
}


@pytest.fixture
def network(tmp_path: Path) -> Path:
    shutil.copytree(NETWORK, tmp_path / "net")
    return tmp_path / "net"


@pytest.mark.parametrize("name", STRAYS)
def test_a_stray_text_beside_postoffices_hides_none_of_them(network: Path, name: str) -> None:
    expected = [each.path for each in collect([network]).postoffices]
    (network / name).write_bytes(STRAYS[name])
    assert [each.path for each in collect([network]).postoffices] == expected


@pytest.mark.parametrize("name", STRAYS)
@pytest.mark.parametrize("command", ["diagnose", "unsent", "rebuild"])
def test_a_folder_in_which_nothing_is_recognised_is_not_judged(
    tmp_path: Path, name: str, command: str, run: Run
) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / name).write_bytes(STRAYS[name])
    into = ("--into", tmp_path / "out") if command == "rebuild" else ()
    done = run(command, tmp_path / "given", *into)
    assert done.status == 2
    assert "no postoffice" in done.err
    assert not (tmp_path / "out").exists()


def test_what_is_given_twice_is_looked_at_once(network: Path) -> None:
    expected = [each.path for each in collect([network]).postoffices]
    assert [each.path for each in collect([network, network / "."]).postoffices] == expected
    requestor = Path(expected[-1])
    assert len(collect([requestor, f"{requestor}/"]).postoffices) == 1
    queue = requestor / "GLB" / "REQTRANS.GLB"
    (found,) = collect([queue, queue]).postoffices
    assert len(found.artefacts) == 1


@pytest.mark.skipif(os.name == "nt", reason="paths differ")
def test_a_directory_deeper_than_a_path_can_say_is_named(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(network)
    for _ in range(30):
        os.mkdir("d" * 200)  # noqa: PTH102 - the whole path is too long to be said
        os.chdir("d" * 200)
    found = collect([network])
    assert len(found.unlooked) == 1
    monkeypatch.chdir(network)
    shutil.rmtree("d" * 200)


def test_a_listing_beside_postoffices_is_a_postoffice_and_hides_none(network: Path) -> None:
    before = len(collect([network]).postoffices)
    (network / "LISTQ.TXT").write_text("Examining NET/ELSE Dirsync transaction file: REQTRANS\n\nCRC  Date stamp\n")
    assert len(collect([network]).postoffices) == before + 1


def test_a_postoffice_is_found_at_any_depth(tmp_path: Path) -> None:
    deep = tmp_path / Path(*(f"level{number}" for number in range(9)))
    shutil.copytree(NETWORK, deep / "net")
    assert len(collect([tmp_path]).only.postoffices) == len(collect([NETWORK]).only.postoffices)


@pytest.mark.parametrize("earlier", ["stuck", "grammar"])
def test_a_postoffice_that_only_its_copy_names_is_found_twice_and_each_is_judged(earlier, tmp_path, fixture_path):
    """Its own queue is empty and names nobody; its directory is called like the postoffice that another one is."""
    shutil.copytree(fixture_path("idle"), tmp_path / "both")
    shutil.copytree(fixture_path(earlier), tmp_path / "both" / "backup")
    both = glbtools.diagnose(tmp_path / "both")
    assert len(both.evidence.units) == 2
    alone = [glbtools.diagnose(tmp_path / "both" / "backup"), glbtools.diagnose(fixture_path("idle"))]
    said = {each.problem.slug for report in alone for each in report.findings}
    assert {each.problem.slug for each in both.findings} == said
    assert {each.sync for each in glbtools.unsent(tmp_path / "both")} == {
        each.sync for each in glbtools.unsent(tmp_path / "both" / "backup")
    }


def test_an_earlier_copy_below_is_judged_as_a_unit_of_its_own(network: Path, run: Run) -> None:
    requestor = next(each for each in collect([network]).postoffices if each.role == "requestor")
    earlier = network / "old" / "may" / Path(requestor.path).name
    shutil.copytree(requestor.path, earlier)
    (earlier / "GLB" / "REQTRANS.GLB").write_bytes(b"")
    found = collect([network])
    assert [[each.path for each in unit.postoffices] for unit in found.units][-1] == [str(earlier)]
    for command in ("diagnose", "unsent"):
        assert run(command, network).status in (0, 1)


@pytest.mark.parametrize("later", ["a", "z"])
def test_a_backup_with_postoffices_that_did_not_change_takes_none_from_the_present(tmp_path: Path, later: str) -> None:
    for name in ("m", later):
        shutil.copytree(FIXTURES / "network", tmp_path / name)
    (tmp_path / "m" / "montgomery" / "GLB" / "REQTRANS.GLB").write_bytes(b"")
    found = collect([tmp_path])
    assert [len(unit.postoffices) for unit in found.units] == [3, 3]


def test_a_directory_below_a_glb_directory_is_looked_into(network: Path) -> None:
    glb = next(network.glob("*/GLB"))
    shutil.copytree(glb, network / "copied")
    (network / "copied" / "REQTRANS.GLB").write_bytes(b"\0" * 7)
    shutil.move(network / "copied", glb / "SAVED")
    assert str(glb / "SAVED") in [each.path for each in collect([network]).postoffices]


@pytest.mark.parametrize("suffix", ["txt", "csv", "log"])
@pytest.mark.parametrize("filling", ["\n", "\r\n", " ", " \n", "\t\n", "DSA Options: ", "dn: ", "A ", ",", "====\n"])
def test_what_is_recognised_as_nothing_costs_time_in_proportion(network: Path, filling: str, suffix: str) -> None:
    (network / f"given.{suffix}").write_bytes((filling * (1 << 16)).encode()[: 1 << 16])
    begun = time.process_time()
    glbtools.diagnose(network)
    assert time.process_time() - begun < 1.5


def test_a_directory_of_other_things_is_counted_and_troubles_nobody(network: Path, run: Run) -> None:
    before = run("diagnose", network).status
    (network / "pictures" / "may").mkdir(parents=True)
    (network / "pictures" / "may" / "tree.png").write_bytes(b"\x89PNG")
    assert [each.path for each in collect([network]).passed_over] == [str(network / "pictures" / "may" / "tree.png")]
    assert run("diagnose", network).status == before


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("elsewhere")], ids=["FIFO", "link"])
def test_what_is_no_file_is_named_for_what_it_is_and_never_called_missing(network: Path, make, run: Run) -> None:
    queue = next(each for each in network.glob("*/GLB/REQTRANS.GLB"))
    queue.unlink()
    make(queue)
    done = run("diagnose", network, "--json")
    assert done.status == 2
    assert {"a FIFO", "a symbolic link"} & {each for each in ("a FIFO", "a symbolic link") if each in done.err}
    report = json.loads(done.out)
    assert "reqtrans-missing" not in {each["slug"] for each in report["findings"]}
    assert [each["path"] for each in report["passed_over"]] == [str(queue)]


def test_of_a_file_given_alone_no_neighbour_is_called_missing(network: Path, run: Run) -> None:
    done = run("diagnose", next(network.glob("*/GLB/REQTRANS.GLB")), "--json")
    assert not [each for each in json.loads(done.out)["findings"] if each["slug"].endswith("missing")]


def test_a_rebuild_does_not_call_consistent_what_it_did_not_look_at(tmp_path: Path, run: Run) -> None:
    shutil.copytree(FIXTURES / "healthy-week", tmp_path / "net")
    os.mkfifo(tmp_path / "net" / "MSTTRANS.GLB")
    done = run("rebuild", tmp_path / "net", "--into", tmp_path / "out", columns=400)
    assert done.status == 2
    assert "the result is consistent" not in done.out
    assert "MSTTRANS.GLB" in done.out


def test_a_file_that_is_of_no_format_is_refused_beside_one_that_is(network: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(STRAYS["notes.txt"])
    with pytest.raises(UnknownFormatError, match=r"notes\.txt"):
        glbtools.diagnose(next(network.glob("*/GLB/REQTRANS.GLB")), tmp_path / "notes.txt")


@pytest.mark.parametrize("second", ["GLB/reqtrans.glb", "glb/ReqTrans.glb", "REQTRANS.GLB"])
def test_a_second_file_of_one_name_is_no_silence(network: Path, second: str, run: Run) -> None:
    postoffice = next(network.rglob("REQTRANS.GLB")).parents[1]
    (postoffice / second).parent.mkdir(exist_ok=True)
    (postoffice / second).write_bytes(bytes(60))
    done = run("diagnose", network)
    assert done.status == 2
    assert f"{second}: a second REQTRANS.GLB of one postoffice" in done.err
    assert len(collect([network]).postoffices) == 3


def test_a_second_file_of_the_same_bytes_is_a_copy(network: Path, run: Run) -> None:
    first = next(each for each in network.rglob("REQTRANS.GLB") if each.stat().st_size)
    (first.parents[1] / first.name).write_bytes(first.read_bytes())
    before = run("diagnose", network)
    assert "a second REQTRANS.GLB" not in before.err
    assert [each.kind for each in collect([network]).passed_over] == ["copy"]
    assert before.status != 2


@pytest.mark.parametrize("place", [".", "GLB"])
@pytest.mark.parametrize(
    ("name", "head", "says"),
    [
        ("BACKUP.ARJ", b"\x60\xea\x28\x00\x22\x03\x01\x00\x10\x00\x02", "arj x ARCHIVE unpacks it"),
        ("BACKUP.LZH", b"\x20\x00-lh5-", "lha x ARCHIVE unpacks it"),
        ("BACKUP.CAB", b"MSCF" + bytes(4), "cabextract unpacks it"),
        ("DIRSYNC.GZ", b"\x1f\x8b\x08\x00", "a packed file that holds no tar archive: unpack it"),
        ("BACKUP.ARC", b"\x1a\x08REQTRANS.GLB\0", "arc x ARCHIVE unpacks it"),
        ("BACKUP.Z", b"\x1f\x9d\x90", "uncompress unpacks it"),
        ("BACKUP.SIT", b"SIT!\0\1\0\0\1\0rLau", "unar ARCHIVE unpacks it"),
        ("MAIL.EXE", b"MZ".ljust(28, b"\0") + b"RJSX", "a program that unpacks itself (ARJ), which is not read"),
        (
            "LH.EXE",
            b"MZ".ljust(36, b"\0") + b"LHA's SFX 2.13S",
            "a program that unpacks itself (LHA), which is not read",
        ),
        ("BACKUP.BKF", b"TAPE\0\0\3\0\x8c\0\x0e\1", "a backup by NTBACKUP or Backup Exec (BKF), which is not read"),
        (
            "CONTROL.001",
            b"\x8bBACKUP  \1",
            "the list of a backup by BACKUP of MS-DOS, which is not read; RESTORE of MS-DOS",
        ),
        ("MAIL.UUE", b"begin 644 REQTRANS.GLB\nM", "uudecode unpacks it"),
        (
            "DISK.VDI",
            b"<<< Oracle VM VirtualBox Disk Image >>>\n".ljust(64, b"\0") + b"\x7f\x10\xda\xbe",
            "a VDI image",
        ),
        ("CASE.EX01", b"EVF2\r\n\x81\0", "an Ex01 image, which is not read; export it as E01"),
        ("DISK.BIN", b"QFI\xfb\x00\x00\x00\x03", "a QCOW2 image, which is not read; qemu-img convert"),
        ("DISK.DAT", b"vhdxfile", "a VHDX image, which is not read; qemu-img convert"),
        ("REQTRANS.GL_", b"SZDD\x88\xf0\x27\x33", "EXPAND.EXE or msexpand unpacks it"),
    ],
)
def test_what_is_packed_is_named_wherever_it_lies(
    network: Path, name: str, head: bytes, says: str, place: str, run: Run
) -> None:
    where = next(each for each in network.iterdir() if (each / "GLB").is_dir()) / place
    (where / name).write_bytes(head.ljust(600, b"\0"))
    done = run("diagnose", network)
    assert done.status == 2
    assert f"{name}: " in done.err
    assert says in done.err


@pytest.mark.parametrize("name", ["EVIDENCE.DAT", "backup", "case.zip.txt", "MAIL.EXE"])
def test_an_archive_is_known_by_its_content_whatever_its_name(tmp_path: Path, name: str, run: Run) -> None:
    packed = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", NETWORK))
    (tmp_path / "given").mkdir()
    program = b"MZ" + bytes(3000) if name == "MAIL.EXE" else b""  # a program that unpacks itself
    (tmp_path / "given" / name).write_bytes(program + packed.read_bytes())
    assert len(collect([tmp_path / "given"]).postoffices) == len(collect([NETWORK]).postoffices)
    assert len(collect([tmp_path / "given" / name]).postoffices) == len(collect([NETWORK]).postoffices)


def test_a_queue_that_is_an_archive_is_named_for_what_it_is(network: Path, run: Run) -> None:
    queue = network / "october" / "GLB" / "REQTRANS.GLB"
    packed = Path(shutil.make_archive(str(network.parent / "packed"), "zip", network))
    queue.write_bytes(packed.read_bytes())
    done = run("diagnose", network)
    assert done.status == 2
    assert f"{queue}: a zip archive, which is not read" in done.err


@pytest.mark.parametrize("name", ["case.zip", "case.tar.gz"])
def test_where_nothing_is_recognised_what_was_not_looked_at_is_named_with_its_reason(
    name: str, tmp_path: Path, run: Run
) -> None:
    for folder, inner in (("a", "BACKUP.BKF"), ("b", name)):
        (tmp_path / folder).mkdir()
        place = tmp_path / folder / inner
        if inner == name:
            shutil.make_archive(str(tmp_path / "b" / "case"), "zip" if name == "case.zip" else "gztar", tmp_path / "a")
        else:
            place.write_bytes(b"TAPE\0\0\3\0\x8c\0\x0e\1".ljust(600, b"\0"))
    done = run("diagnose", tmp_path / "b" / name)
    assert done.status == 2
    assert f"{name}: no postoffice: no GLB directory and no Dir-Sync file in it; not looked at: " in done.err
    assert "BACKUP.BKF: not opened: a backup by NTBACKUP" in done.err


def test_a_document_that_is_a_zip_is_no_evidence(network: Path, run: Run) -> None:
    with zipfile.ZipFile(network / "letter.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    assert run("diagnose", network).status != 2


@pytest.mark.parametrize("name", ["FILE0001.CHK", "MSTTRANS.GLB.bak", "Copy of MSTTRANS.GLB", "MSTTRANS (2).GLB"])
def test_what_was_recovered_beside_postoffices_is_named_and_not_passed_over(network: Path, name: str, run: Run) -> None:
    place = network / "recovered"
    place.mkdir()
    shutil.copy(next(network.rglob("MSTTRANS.GLB")), place / name)
    done = run("diagnose", network)
    assert done.status == 2
    assert f"{name}: by its content a file of Dir-Sync under another name" in done.err
    (place / name).write_text("no such thing\n" * 9)
    assert "by its content" not in run("diagnose", network).err
