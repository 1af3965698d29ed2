"""Queue records in an image: what no queue holds is saved, and queued again only when that is allowed."""

from __future__ import annotations

import json
import random
import time
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from glbtools.diagnosis.engine import diagnose
from glbtools.errors import FileAccessError
from glbtools.formats.queue import CONFIRMED_TEXT, new_queue, parse_queue, raw_stamp
from glbtools.model.change import Change
from glbtools.repair.plan import Plan, plan_rebuild
from glbtools.repair.work import OWN

from .directories import QUEUE, Held, everything, postoffices, queues, simulated

WHEN = datetime(1994, 4, 7, 12, 13, 52)
EAST, HUB, SOUTH = "NET/EAST", "NET/HUB", "NET/SOUTH"
CLUSTER = 2048


def addition(name: str, at: str = EAST) -> str:
    return f"A {name}\tPCM:{at}/{name}"


def records(*entries: tuple[int, str]) -> list[bytes]:
    """Return records as they stand in one file, one by one."""
    data = new_queue([Change(sync, text, WHEN) for sync, text in entries], QUEUE).build()
    return [data[each.start : each.stop] for each in parse_queue(data, QUEUE).records]


class Image(NamedTuple):
    """A disk image, and what stands where in it: (offset, number, text)."""

    path: Path
    sound: list[tuple[int, int, str]]


def noise(dice: random.Random, size: int) -> bytes:
    return dice.randbytes(size)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    return simulated("healthy-week", tmp_path / "given")


@pytest.fixture
def present(given: Path) -> list[tuple[int, str]]:
    """Changes that a queue of the network has: MSTTRANS has every one."""
    found = [each for held in queues(everything(given)) if held.name == "MSTTRANS" for each in held.real]
    return [(each.sync, each.text) for each in found]


@pytest.fixture
def image(tmp_path: Path, present: list[tuple[int, str]]) -> Image:
    """Noise, records at odd offsets, torn ones, ones that a queue has, and the clusters of a deleted file."""
    dice = random.Random(1994)
    data, sound = bytearray(noise(dice, 1001)), []

    def put(sync: int, text: str, record: bytes, *, wanted: bool = True) -> None:
        if wanted:
            sound.append((len(data), sync, text))
        data.extend(record)

    for sync, text in [(31, addition("Lost")), (32, "D Mark\tPCM:NET/EAST/mark"), (9, addition("Far", HUB))]:
        put(sync, text, *records((sync, text)))
        data.extend(noise(dice, 333 + 2 * len(sound)))
    # Torn: the end is missing, the head is missing.
    (torn,) = records((33, addition("Torn")))
    data.extend(torn[:-9] + b"\xe5" * 40 + torn[11:] + noise(dice, 77))
    # What a queue has, and a record that only holds a number.
    put(*present[0], *records(present[0]), wanted=False)
    put(17, CONFIRMED_TEXT, *records((17, CONFIRMED_TEXT)), wanted=False)
    put(18, "not a transaction", *records((18, "not a transaction")), wanted=False)
    # The same record once more is one change.
    put(31, addition("Lost"), *records((31, addition("Lost"))), wanted=False)
    # A postoffice that is not given.
    put(5, addition("Sue", SOUTH), *records((5, addition("Sue", SOUTH))))
    # A deleted file: whole clusters, the rest of the last one is what was there before.
    data.extend(b"\0" * (-len(data) % CLUSTER))
    entries = [(number, addition(f"Cluster{number}")) for number in range(40, 100)]
    for (sync, text), record in zip(entries, records(*entries), strict=True):
        put(sync, text, record)
    data.extend(noise(dice, -len(data) % CLUSTER) + noise(dice, 5000))
    path = tmp_path / "disk.img"
    path.write_bytes(data)
    return Image(path, sound)


def planned(given: Path, image: Path, *, unsafe: bool = False) -> Plan:
    return plan_rebuild(diagnose(given), unsafe=unsafe, carve=[image])


def saved(tree: dict[str, bytes]) -> dict[str, str]:
    prefix = f"{OWN}/lost-and-found/"
    return {path[len(prefix) :]: data.decode("cp850") for path, data in tree.items() if path.startswith(prefix)}


def waiting(tree: dict[str, bytes], path: str) -> Held:
    (found,) = [each for each in queues(tree) if each.path == path]
    return found


def top(tree: dict[str, bytes], path: str) -> int:
    return max(each.sync for each in waiting(tree, path).queue.records)


@pytest.mark.parametrize("unsafe", [False, True])
def test_what_no_queue_holds_is_saved_with_its_place(given, image, tmp_path, unsafe):
    found = everything(planned(given, image.path, unsafe=unsafe).write(tmp_path / "rebuilt").directory)
    files = saved(found)
    assert set(files) == {f"disk.img-NET-{name}.txt" for name in ("EAST", "HUB", "SOUTH")}
    lines = [line for text in files.values() for line in text.split("\r\n") if line]
    assert sorted(lines) == sorted(
        line for start, sync, text in image.sound for line in (f"# number {sync}, at {start:#x} of disk.img", text)
    )
    # In the order in which they lie, each postoffice for itself.
    texts = [line for line in files["disk.img-NET-EAST.txt"].split("\r\n") if line and not line.startswith("#")]
    assert texts == [text for _, _, text in image.sound if EAST in text]


def test_without_unsafe_no_postoffice_changes(given, image, tmp_path):
    before = everything(given)
    result = planned(given, image.path).write(tmp_path / "rebuilt")
    assert postoffices(everything(result.directory)) == before
    assert everything(given) == before
    assert result.remaining == []


def test_with_unsafe_they_wait_above_every_number_at_their_postoffice(given, image, tmp_path):
    before = everything(given)
    result = planned(given, image.path, unsafe=True).write(tmp_path / "rebuilt")
    found = everything(result.directory)
    changed = {path for path, data in postoffices(found).items() if data != before.get(path)}
    assert changed == {"east/GLB/REQTRANS.GLB", "hub/GLB/REQTRANS.GLB"}
    for path, name in (("east/GLB/REQTRANS.GLB", EAST), ("hub/GLB/REQTRANS.GLB", HUB)):
        wanted = [text for _, _, text in image.sound if name in text]
        queue = waiting(found, path)
        added = queue.real[: len(wanted)]
        assert [each.text for each in added] == wanted
        last = top(before, path) if any(each.path == path for each in queues(before)) else 0
        numbers = [each.sync for each in queue.real]
        assert numbers == list(range(min(numbers), min(numbers) + len(numbers)))
        assert numbers[0] > last - len(waiting(before, path).real)
        assert {each.stamp for each in added} == {raw_stamp(QUEUE, WHEN)}
    assert result.remaining == []
    edits = planned(given, image.path, unsafe=True).edits
    assert {(each.what, each.safety) for each in edits} == {("write", "unsafe"), ("save", "safe")}


def test_the_manifest_says_where_in_the_image_a_record_was(given, image, tmp_path):
    found = everything(planned(given, image.path, unsafe=True).write(tmp_path / "rebuilt").directory)
    rows = json.loads(found[f"{OWN}/manifest.json"])["records"]["east/GLB/REQTRANS.GLB"]
    carved = [(each["offset"], each["was"]) for each in rows if each["how"] == "salvaged"]
    assert carved == [(start, sync) for start, sync, text in image.sound if EAST in text]
    assert {each["path"] for each in rows if each["how"] == "salvaged"} == {str(image.path)}


def test_a_second_run_with_the_same_image_adds_nothing(given, image, tmp_path):
    first = planned(given, image.path, unsafe=True).write(tmp_path / "first").directory
    second = planned(first, image.path, unsafe=True).write(tmp_path / "second").directory
    assert postoffices(everything(second)) == postoffices(everything(first))


def test_two_images_do_not_add_the_same_change_twice(given, image, tmp_path):
    copy = tmp_path / "copy.img"
    copy.write_bytes(b"\0" * 513 + image.path.read_bytes())
    plan = plan_rebuild(diagnose(given), unsafe=True, carve=[image.path, copy])
    found = everything(plan.write(tmp_path / "rebuilt").directory)
    texts = [each.text for each in waiting(found, "east/GLB/REQTRANS.GLB").real]
    assert len(texts) == len(set(texts))


def test_saving_beside_the_postoffices_is_safe(given, image):
    assert {each.safety for each in planned(given, image.path).edits} == {"safe"}


def test_images_of_one_name_are_kept_apart(given, tmp_path):
    images = []
    for name in ("Ann", "Bob"):
        path = tmp_path / name / "disk.img"
        path.parent.mkdir()
        path.write_bytes(b"\1" * 77 + b"".join(records((500, addition(name)))))
        images.append(path)
    plan = plan_rebuild(diagnose(given), carve=images)
    found = "".join(saved(everything(plan.write(tmp_path / "rebuilt").directory)).values())
    assert addition("Ann") in found
    assert addition("Bob") in found


HOSTILE = {
    "zeros": b"\0" * 5_000_000,
    "ones": b"\xff" * 5_000_000,
    "random": random.Random(7).randbytes(5_000_000),
    "empty": b"",
    "letters": b"A " * 1_000_000,
    "additions": b"A x\tPCM:NET/EAST/x\0" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_image_without_records_is_gone_through_quickly(name, given, tmp_path):
    path = tmp_path / "disk.img"
    path.write_bytes(HOSTILE[name])
    report = diagnose(given)
    begun = time.perf_counter()
    plan = plan_rebuild(report, unsafe=True, carve=[path])
    assert time.perf_counter() - begun < 10
    assert plan.edits == []


def test_an_image_that_is_not_there_is_refused(given, tmp_path):
    with pytest.raises(FileAccessError):
        planned(given, tmp_path / "absent.img")


def test_names_in_an_image_lead_nowhere_else(given, tmp_path):
    text = "A Eve\tPCM:../../../EVE/eve"
    path = tmp_path / "disk.img"
    path.write_bytes(b"\1" * 11 + b"".join(records((1, text), (2, "A Eve\tPCM:NET/..\\EVE/eve"))))
    result = planned(given, path, unsafe=True).write(tmp_path / "rebuilt")
    assert set(tmp_path.iterdir()) == {given, path, result.directory}
    assert not (tmp_path / "EVE").exists()
