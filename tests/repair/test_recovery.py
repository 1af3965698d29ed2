"""What no file system vouches for: records and texts in the bytes of images, each with its place."""

from __future__ import annotations

import gzip
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

import glbtools
from glbtools.errors import OutputExistsError
from glbtools.evidence.carving import Carver
from glbtools.formats.queue import new_queue, parse_queue
from glbtools.model.change import Change

from .directories import QUEUE

WHEN = datetime(1994, 4, 7, 12, 13, 52)


def texts(count: int) -> list[str]:
    return [f"A Person {number}\tPCM:NET/EAST/p{number}" for number in range(1, count + 1)]


def queue(count: int) -> bytes:
    return new_queue([Change(number, text, WHEN) for number, text in enumerate(texts(count), 1)], QUEUE).build()


def rows(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / "carved.jsonl").read_text().splitlines()]


def tool(*arguments: object) -> None:
    if shutil.which(str(arguments[0])) is None:
        pytest.skip("mtools is not installed")
    subprocess.run([*map(str, arguments)], check=True, capture_output=True, env=os.environ | {"MTOOLS_SKIP_CHECK": "1"})


@pytest.fixture
def floppy(tmp_path: Path) -> Path:
    """A floppy with a queue of 40 records that was deleted, its entry given to another file, and one that is there."""
    pytest.importorskip("pytsk3", reason="the extra images is not installed")
    image, place = tmp_path / "disk.img", tmp_path / "REQTRANS.GLB"
    image.write_bytes(bytes(1440 * 1024))
    place.write_bytes(queue(40))
    tool("mformat", "-i", image, "-f", "1440", "::")
    tool("mmd", "-i", image, "::/GLB")
    tool("mcopy", "-i", image, place, "::/GLB/REQTRANS.GLB")
    place.write_bytes(queue(3))
    tool("mcopy", "-i", image, place, "::/GLB/MSTTRANS.GLB")
    tool("mdel", "-i", image, "::/GLB/REQTRANS.GLB")
    place.write_bytes(b"other\r\n")
    tool("mcopy", "-i", image, place, "::/GLB/OTHER.TXT")
    data = image.read_bytes()
    assert b"EQTRANSGLB" not in data
    place.unlink()
    return image


def test_a_deleted_queue_whose_directory_entry_is_gone_is_found(floppy, tmp_path, run):
    done = run("carve", floppy, "--out", tmp_path / "out")
    assert (done.status, done.err) == (0, "")
    found = rows(tmp_path / "out")
    # The other file took the first 7 bytes: the first record is torn, and its text stands alone.
    assert [each["text"] for each in found if each["kind"] == "text"] == texts(1)
    assert sorted(str(each["text"]) for each in found) == sorted(texts(40))
    assert {str(each["where"]).partition(" ")[0] for each in found} <= {"slack", "unallocated"}
    image = floppy.read_bytes()
    for each in found:
        start, stop = each["span"]
        assert str(each["text"]).encode() in image[start:stop]
    (kept,) = {each["file"] for each in found if each["kind"] == "record"}
    held = parse_queue((tmp_path / "out" / str(kept)).read_bytes(), QUEUE)
    assert ([each.text for each in held.records], held.gaps) == (texts(40)[1:], [])


def test_files_that_are_there_are_looked_into_when_asked_for(floppy, tmp_path, run):
    assert run("carve", floppy, "--out", tmp_path / "out", "--whole").status == 0
    found = rows(tmp_path / "out")
    assert [each["text"] for each in found if str(each["where"]).startswith("file")] == texts(3)
    assert f"{floppy}::GLB/MSTTRANS.GLB" in {str(each["where"]).partition(" ")[2] for each in found}


@pytest.mark.parametrize("form", ["vmdk", "vpc"])
def test_a_container_is_carved_in_what_it_holds(form, floppy, tmp_path, run):
    image = tmp_path / ("disk.vmdk" if form == "vmdk" else "disk.vhd")
    tool("qemu-img", "convert", "-O", form, floppy, image)
    run("carve", floppy, "--out", tmp_path / "raw")
    assert run("carve", image, "--out", tmp_path / "out").status == 0
    assert [each["span"] for each in rows(tmp_path / "out")] == [each["span"] for each in rows(tmp_path / "raw")]


def test_without_the_library_every_byte_is_looked_at_and_that_is_said(floppy, tmp_path, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "pytsk3", None)
    done = run("carve", floppy, "--out", tmp_path / "out")
    assert done.status == 0
    assert "its bytes are looked at as they are" in done.out.replace("\n    ", " ")
    assert len(rows(tmp_path / "out")) > 33


def test_texts_that_stand_in_no_record_are_found_with_their_places(tmp_path):
    dice = random.Random(3)
    parts = [dice.randbytes(1000), b"\r\nA Paul\tPCM:NET/EAST/paul\r\n", dice.randbytes(500), b"\0R PCM:NET/WEST\0"]
    image = tmp_path / "noise.bin"
    image.write_bytes(b"".join(parts))
    (found,) = glbtools.carve(image)
    data = image.read_bytes()
    assert [(data[each.start : each.stop], each.record) for each in found.found] == [
        (b"A Paul\tPCM:NET/EAST/paul", None),
        (b"R PCM:NET/WEST", None),
    ]
    assert found.origins == {"NET/EAST": 1, "NET/WEST": 1}


@pytest.mark.parametrize("at", [0, 1, (1 << 20) - 700, (1 << 20) - 30, (1 << 20) - 1, (2 << 20) - 100])
def test_what_stands_across_the_border_of_two_blocks_is_found_once(at, tmp_path):
    image = tmp_path / "disk.bin"
    for what in (queue(20), "".join(f"\r\n{each}" for each in texts(20)).encode() + b"\r\n"):
        image.write_bytes(b"\xf6" * at + what + b"\xf6" * ((3 << 20) - at))
        (found,) = glbtools.carve(image)
        assert [each.text for each in found.found] == texts(20)


def test_a_layout_with_a_header_does_not_hide_the_first_bytes(tmp_path):
    layout = QUEUE._replace(header=7)
    image = tmp_path / "disk.bin"
    image.write_bytes(queue(5))
    found = [each.text for run in Carver(image, layout).runs() for each in run]
    assert found == texts(5)


@pytest.mark.skipif(not hasattr(os, "SEEK_HOLE"), reason="holes cannot be told here")
def test_a_sparse_file_of_a_terabyte_takes_no_longer_than_its_data(tmp_path):
    image = tmp_path / "sparse.img"
    with image.open("wb") as stream:
        stream.truncate(1 << 40)
        stream.seek(1 << 39)
        stream.write(queue(5))
    begun = time.perf_counter()
    (found,) = glbtools.carve(image)
    assert time.perf_counter() - begun < 5
    assert (found.size, found.records) == (1 << 40, 5)
    assert found.found[0].start == 1 << 39


PACKED = {
    "gzip": (gzip.compress(b"A Paul\tPCM:NET/EAST/paul" * 50), "gzip -d"),
    "zip": (b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(16) + b"\x05\0\0\0A.TXT" + bytes(50), "glbtools diagnose reads it"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(90), "7z x"),
    "COMPRESS.EXE": (b"SZDD\x88\xf0\x27\x33A" + bytes(90), "EXPAND.EXE"),
    "DoubleSpace": (b"\xeb\x3c\x90MSDBL6.0" + bytes(600), "DOS"),
}


@pytest.mark.parametrize("name", PACKED)
def test_packed_bytes_are_named_with_the_way_out(name, tmp_path):
    data, says = PACKED[name]
    image = tmp_path / "given.bin"
    image.write_bytes(data)
    (found,) = glbtools.carve(image)
    assert any(says in each for each in found.notes)
    image.write_bytes(bytes(512 * 7) + data)
    (found,) = glbtools.carve(image)
    assert [at for at, _ in found.packed] == [512 * 7]


def test_nothing_is_overwritten(tmp_path, run):
    image = tmp_path / "disk.bin"
    image.write_bytes(queue(2))
    (tmp_path / "out").mkdir()
    assert run("carve", image, "--out", tmp_path / "out").status == 2
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(OutputExistsError):
        glbtools.carve(image, out=image)


def test_of_several_images_one_that_cannot_be_read_takes_none_of_the_others(tmp_path, run):
    paths = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        paths.append(tmp_path / name / "disk.img")
        paths[-1].write_bytes(queue(2))
    done = run("carve", paths[0], tmp_path / "absent.img", paths[1], "--out", tmp_path / "out", "--json")
    assert done.status == 2
    assert "absent.img" in done.err
    images = json.loads(done.out)["images"]
    assert [each["records"] for each in images] == [2, 0, 2]
    assert sorted(each.name for each in (tmp_path / "out" / "runs").iterdir()) == [
        "disk.img-0000000000.GLB",
        "disk.img-2-0000000000.GLB",
    ]
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["images"] == images


HOSTILE = {
    "addresses": b"PCM:PCM: A " * 90_000,
    "tabbed": b"\tPCM:a A" * 90_000,
    "lines": b"\n" * 1_000_000,
    "no texts": b"\0A x PCM:a\0" * 50_000,
    "zeros": bytes(1_000_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_take_time_in_proportion(name, tmp_path):
    image = tmp_path / "hostile.bin"
    image.write_bytes(HOSTILE[name])
    begun = time.process_time()
    glbtools.carve(image)
    assert time.process_time() - begun < 6


def test_memory_does_not_grow_with_the_image(tmp_path):
    image = tmp_path / "disk.img"
    with image.open("wb") as stream:
        for _ in range(60):
            stream.write(os.urandom(1 << 20))
        stream.write(queue(3))
    code = f"import glbtools; print(glbtools.carve({str(image)!r})[0].records)"
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))  # noqa: E731
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, preexec_fn=limit)
    assert (done.stdout.strip(), done.stderr) == ("3", "")


@pytest.mark.parametrize("more", range(6))
def test_an_image_may_end_anywhere_in_a_sector(more, tmp_path):
    path = tmp_path / "piece.bin"
    path.write_bytes(bytes(512) + bytes(more))
    assert glbtools.carve(path)[0].searched == 512 + more


def test_what_may_be_of_two_files_is_said_and_what_is_shown_to_be_of_one_is_not(floppy, tmp_path, run):
    data, cluster = bytearray(floppy.read_bytes()), 512  # free from here on, and each sector a cluster
    place = 2000 * cluster
    whole = queue(30)
    data[place : place + len(whole)] = whole
    torn = queue(1)
    place = 2200 * cluster + cluster - len(torn) + 12
    foreign = torn[-12:].replace(b"EAST", b"WEST")
    assert foreign != torn[-12:]
    data[place : place + len(torn)] = torn
    data[2201 * cluster : 2201 * cluster + len(foreign)] = foreign  # of a file that lay there
    floppy.write_bytes(data)
    done = run("carve", floppy, "--out", tmp_path / "out")
    found = rows(tmp_path / "out")
    doubtful = [each for each in found if each["is_doubtful"]]
    assert len(doubtful) == 1
    start, stop = doubtful[0]["span"]
    assert start < 2201 * cluster < stop
    assert sum(each["span"][0] // cluster != (each["span"][1] - 1) // cluster for each in found) > 3
    assert "run over the end of a cluster" in " ".join(done.out.split())
