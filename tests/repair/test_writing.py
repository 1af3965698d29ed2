"""A result appears whole or not at all, elsewhere than the evidence, and accounts for every byte."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from glbtools import files
from glbtools.diagnosis.engine import diagnose
from glbtools.errors import FileAccessError, GlbError, OutputExistsError
from glbtools.formats.queue import new_queue, parse_queue
from glbtools.layouts import Layouts
from glbtools.model.change import Change
from glbtools.repair.plan import REMEDIES, Plan, plan_rebuild
from glbtools.repair.work import OWN
from glbtools.simulation.scenario import Scenario, Step

from .directories import QUEUE, STEMS, everything, postoffices, simulated

PATTERN = ".glbtools-*"


class BreakError(BaseException):
    """Stands for an interruption from the keyboard."""


@pytest.fixture
def given(tmp_path: Path) -> Path:
    return simulated("reqtrans-begun-again", tmp_path / "given")


def planned(given: Path, **options: Any) -> Plan:
    return plan_rebuild(diagnose(given), **options)


def check_whole(target: Path) -> None:
    found = everything(target)
    manifest = json.loads(found[f"{OWN}/manifest.json"])
    listed = {each["path"]: (each["size"], each["sha256"]) for each in manifest["outputs"]}
    written = {f"{OWN}/{name}" for name in ("manifest.json", "manifest.hashdeep", "report.txt")}
    for path, data in found.items():
        if path not in written or path in listed:
            assert listed[path] == (len(data), files.sha256(data))
    assert found.keys() == listed.keys() | written


# --- when writing fails ------------------------------------------------------------------------------------------


def failing(at: int, error: Callable[[], BaseException], calls: list[int], real: Callable[..., Any]) -> Any:
    """Return a function that fails when it is called for the ``at``-th time, counted from 1."""

    def call(*arguments: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == at:
            raise error()
        return real(*arguments, **options)

    return call


def full() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def replace_write(patch: pytest.MonkeyPatch, at: int, error: Callable[[], BaseException], calls: list[int]) -> None:
    real = os.fdopen

    def opened(descriptor: int, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        stream = real(descriptor, mode, *arguments, **options)
        if "w" not in mode:
            return stream
        raw = stream.detach()

        class Failing(io.BufferedWriter):
            write = failing(at, error, calls, io.BufferedWriter.write)

        return Failing(raw)

    patch.setattr(os, "fdopen", opened)


def replace_fsync(patch: pytest.MonkeyPatch, at: int, error: Callable[[], BaseException], calls: list[int]) -> None:
    patch.setattr(os, "fsync", failing(at, error, calls, lambda _: None))


def replace_replace(patch: pytest.MonkeyPatch, at: int, error: Callable[[], BaseException], calls: list[int]) -> None:
    patch.setattr(Path, "replace", failing(at, error, calls, Path.replace))


def replace_rename(patch: pytest.MonkeyPatch, at: int, error: Callable[[], BaseException], calls: list[int]) -> None:
    patch.setattr(Path, "rename", failing(at, error, calls, Path.rename))


def replace_mkdir(patch: pytest.MonkeyPatch, at: int, error: Callable[[], BaseException], calls: list[int]) -> None:
    patch.setattr(Path, "mkdir", failing(at, error, calls, Path.mkdir))


PLACES = [replace_write, replace_fsync, replace_replace, replace_rename, replace_mkdir]


@pytest.mark.parametrize("error", [full, BreakError])
@pytest.mark.parametrize("place", PLACES, ids=lambda each: each.__name__.removeprefix("replace_"))
def test_a_result_is_whole_or_absent_wherever_writing_fails(place, error, given, tmp_path):
    before = everything(given)
    plan = planned(given)
    target = tmp_path / "rebuilt"
    for at in range(1, 1000):
        calls = [0]
        failed = False
        with pytest.MonkeyPatch.context() as patch:
            if place is not replace_fsync:
                patch.setattr(os, "fsync", lambda _: None)
            place(patch, at, error, calls)
            try:
                plan.write(target)
            except (FileAccessError, BreakError):
                failed = True
        assert not list(tmp_path.rglob(PATTERN)), f"after call {at}"
        if target.exists():
            check_whole(target)
            if calls[0] < at:
                assert not failed
                break
            # Only the directory could not be made durable: the result is there.
            assert calls[0] >= at
            for each in sorted(target.rglob("*"), reverse=True):
                each.rmdir() if each.is_dir() else each.unlink()
            target.rmdir()
        else:
            assert failed
    else:
        raise AssertionError("it never succeeded")
    assert at > 1
    assert everything(given) == before


# --- where it is written -----------------------------------------------------------------------------------------


def inside(given: Path) -> Path:
    return given / "rebuilt"


def deep_inside(given: Path) -> Path:
    return given / "hub" / "GLB" / "new" / "rebuilt"


def equal(given: Path) -> Path:
    return given


def around(given: Path) -> Path:
    return given.parent


def by_dots(given: Path) -> Path:
    return given.parent / "elsewhere" / ".." / given.name / "rebuilt"


def empty(given: Path) -> Path:
    (given.parent / "empty").mkdir()
    return given.parent / "empty"


def file(given: Path) -> Path:
    (given.parent / "file").write_bytes(b"mine")
    return given.parent / "file"


def link(given: Path) -> Path:
    (given.parent / "link").symlink_to(given.parent / "nowhere")
    return given.parent / "link"


def link_to_directory(given: Path) -> Path:
    (given.parent / "there").mkdir()
    (given.parent / "link").symlink_to(given.parent / "there")
    return given.parent / "link"


def through_link(given: Path) -> Path:
    (given.parent / "link").symlink_to(given)
    return given.parent / "link" / "rebuilt"


WRONG = [inside, deep_inside, equal, around, by_dots, empty, file, link, link_to_directory, through_link]


@pytest.mark.parametrize("where", WRONG, ids=lambda each: each.__name__)
def test_a_directory_that_is_there_or_of_the_evidence_is_refused(where, given, tmp_path):
    target = where(given)
    plan = planned(given)
    before = listing(tmp_path)
    with pytest.raises(OutputExistsError):
        plan.write(target)
    assert listing(tmp_path) == before


def listing(directory: Path) -> dict[str, bytes | str]:
    return {
        str(each): str(each.readlink()) if each.is_symlink() else each.read_bytes() if each.is_file() else "directory"
        for each in directory.rglob("*")
    }


def test_a_directory_beside_the_evidence_whose_name_begins_alike_is_taken(given, tmp_path):
    result = planned(given).write(tmp_path / "given-rebuilt")
    assert result.remaining == []


def test_directories_that_are_missing_above_it_are_made(given, tmp_path):
    result = planned(given).write(tmp_path / "a" / "b" / "rebuilt")
    check_whole(result.directory)


# --- what is in it -----------------------------------------------------------------------------------------------


def test_links_to_directories_are_named_and_not_followed_and_links_to_files_are_copied_by_content(given, tmp_path):
    (tmp_path / "staged.txt").write_bytes(b"staged by a link")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "REQTRANS.GLB").write_bytes(b"not evidence, either")
    (given / "east" / "GLB" / "NOTES.GLB").symlink_to(tmp_path / "staged.txt")
    (given / "south").symlink_to(tmp_path / "more")
    (given / "dangling").symlink_to(tmp_path / "nowhere")
    plan = planned(given)
    result = plan.write(tmp_path / "rebuilt")
    assert plan.links == ["dangling", "south"]
    found = everything(result.directory)
    assert found["east/GLB/NOTES.GLB"] == b"staged by a link"
    assert not [path for path, data in found.items() if b"not evidence" in data]
    assert not [each for each in result.directory.rglob("*") if each.is_symlink()]
    manifest = json.loads(found[f"{OWN}/manifest.json"])
    assert manifest["links"] == plan.links
    (row,) = (each for each in manifest["inputs"] if each["path"] == "east/GLB/NOTES.GLB")
    assert row["target"] == str(tmp_path / "staged.txt")
    report = found[f"{OWN}/report.txt"].decode()
    assert [each for each in plan.links if f"{each} is a symbolic link" not in report] == []


def test_a_postoffice_behind_a_link_is_left_alone(given, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (given / "east").rename(elsewhere)
    (given / "east").symlink_to(elsewhere)
    before = everything(elsewhere)
    plan = planned(given)
    result = plan.write(tmp_path / "rebuilt")
    assert plan.links == ["east"]
    assert not [each for each in everything(result.directory) if each.startswith("east/")]
    assert everything(elsewhere) == before


def test_evidence_that_is_reached_by_a_link_is_rebuilt(given, tmp_path):
    (tmp_path / "link").symlink_to(given)
    plan = planned(tmp_path / "link")
    for wrong in (given / "rebuilt", tmp_path / "link" / "rebuilt"):
        with pytest.raises(OutputExistsError):
            plan.write(wrong)
    result = plan.write(tmp_path / "rebuilt")
    assert postoffices(everything(result.directory)).keys() == everything(given).keys()
    assert result.remaining == []
    assert result.changed == ()


@pytest.mark.parametrize("what", ["changed", "shortened", "longer", "deleted", "replaced"])
def test_evidence_that_changes_meanwhile_is_reported(what, given, tmp_path, monkeypatch):
    victim = given / "west" / "GLB" / "MSTTRANS.GLB"
    victim = victim if victim.exists() else given / "west" / "GLB" / "REQCONF.GLB"
    plan = planned(given)
    write_tree = files.write_tree

    def meanwhile(*arguments: Any, **options: Any) -> Any:
        data = victim.read_bytes()
        if what == "deleted":
            victim.unlink()
        elif what == "replaced":
            victim.unlink()
            victim.mkdir()
        else:
            new = {"changed": b"\xff" + data[1:], "shortened": data[:-1], "longer": data + b"\0"}[what]
            victim.write_bytes(new)
        return write_tree(*arguments, **options)

    monkeypatch.setattr(files, "write_tree", meanwhile)
    result = plan.write(tmp_path / "rebuilt")
    assert result.changed == (victim.relative_to(given).as_posix(),)


def test_evidence_that_changed_before_it_is_written_is_not_written_silently(given, tmp_path):
    plan = planned(given)
    victim = given / "west" / "GLB" / "REQCONF.GLB"
    victim.write_bytes(b"\xff" + victim.read_bytes()[1:])
    try:
        result = plan.write(tmp_path / "rebuilt")
    except GlbError:
        assert not (tmp_path / "rebuilt").exists()
    else:
        assert result.changed == ("west/GLB/REQCONF.GLB",)


def test_evidence_that_changed_before_the_plan_is_not_written_silently(given, tmp_path):
    report = diagnose(given)
    victim = given / "east" / "GLB" / "REQTRANS.GLB"
    victim.write_bytes(b"")
    try:
        result = plan_rebuild(report).write(tmp_path / "rebuilt")
    except GlbError:
        assert not (tmp_path / "rebuilt").exists()
    else:
        assert result.changed == ("east/GLB/REQTRANS.GLB",)


def test_hashes_stand_beside_the_manifest_in_the_form_of_hashdeep(given, tmp_path):
    found = everything(planned(given).write(tmp_path / "rebuilt").directory)
    text = found.pop(f"{OWN}/manifest.hashdeep").decode()
    assert text.endswith("\n")
    head, names, *lines = text.splitlines()
    assert (head, names) == ("%%%% HASHDEEP-1.0", "%%%% size,sha256,filename")
    assert lines == [f"{len(data)},{files.sha256(data)},./{path}" for path, data in sorted(found.items())]


def test_the_manifest_lists_arguments_and_edits(given, tmp_path):
    plan = planned(given)
    found = everything(plan.write(tmp_path / "rebuilt", arguments=["rebuild", "given"]).directory)
    manifest = json.loads(found[f"{OWN}/manifest.json"])
    assert manifest["schema"] == "glbtools.repair/1"
    assert manifest["arguments"] == ["rebuild", "given"]
    assert manifest["edits"] == [each._asdict() for each in plan.edits]
    check_whole(tmp_path / "rebuilt")


def test_what_an_earlier_rebuild_has_saved_is_neither_read_nor_copied(given, tmp_path):
    first = planned(given).write(tmp_path / "first").directory
    clean = postoffices(everything(first))
    own = first / OWN
    (own / "saved").mkdir(exist_ok=True)
    for path in ("saved/REQTRANS.GLB", "REQCONF.GLB", "lost-and-found.txt"):
        (own / path).write_bytes(b"\xff" * 100)
    (own / "saved" / "link").symlink_to(tmp_path / "given")
    plan = planned(first)
    assert plan.edits == []
    assert plan.undone == []
    second = plan.write(tmp_path / "second")
    found = everything(second.directory)
    assert postoffices(found) == clean
    assert {path for path in found if path.startswith(f"{OWN}/")} == {
        f"{OWN}/{name}" for name in ("manifest.json", "manifest.hashdeep", "report.txt")
    }
    inputs = json.loads(found[f"{OWN}/manifest.json"])["inputs"]
    assert not [each for each in inputs if each["path"].startswith(OWN)]


# --- checksums that cover the header ---------------------------------------------------------------------------------


def test_records_that_get_another_number_get_the_checksum_of_it(given, tmp_path):
    covered = ("sync", "stamp", "ofs_prev", "ofs_next", "text", "terminator")
    own = QUEUE._replace(id="own", checksum="crc-16/usb", covers=covered)
    for path in (each for each in given.rglob("*.GLB") if each.name in STEMS):
        held = parse_queue(path.read_bytes(), QUEUE)
        entries = [Change(each.sync, each.text, held.moment(each)) for each in held.records]
        path.write_bytes(new_queue(entries, own).build())
    report = diagnose(given, layouts=Layouts([own]))
    assert "layout-unconfirmed" not in {each.problem.slug for each in report.findings}
    plan = plan_rebuild(report)
    plan.write(tmp_path / "rebuilt")
    renumbered = set()
    for path in (each for each in (tmp_path / "rebuilt").rglob("*.GLB") if each.name in STEMS):
        before = parse_queue((given / path.relative_to(tmp_path / "rebuilt")).read_bytes(), own)
        after = parse_queue(path.read_bytes(), own)
        assert after.checksum_faults() == []
        assert all(after.codec.checksum(each) == each.checksum for each in after.records)
        texts = {each.text: each.sync for each in before.records}
        renumbered |= {each.text for each in after.records if texts.get(each.text, each.sync) != each.sync}
    assert renumbered, "the case is one that gives records other numbers"


def test_every_remedy_that_is_named_is_there():
    for slug, name in REMEDIES.items():
        module, _, call = name.partition(".")
        assert callable(getattr(import_module(f"glbtools.repair.remedies.{module}"), call, None)), slug


def test_what_is_gone_since_an_older_copy_is_queued_again(tmp_path):
    older, now = tmp_path / "older", tmp_path / "now"
    simulated(Scenario("waiting", users=2, cycles=3, steps=(Step(3, "T3", "add", "NET/EAST", {}),)), now)
    shutil.copytree(now / "east", older / "east")
    queue = now / "east" / "GLB" / "REQTRANS.GLB"
    gone = parse_queue(queue.read_bytes(), QUEUE).records[-1]
    queue.write_bytes(queue.read_bytes()[: gone.start])
    plan = plan_rebuild(diagnose(now, older=[older]), unsafe=True)
    assert "records-vanished" in {each.slug for each in plan.edits}
    after = plan.write(tmp_path / "rebuilt").directory / "east" / "GLB" / "REQTRANS.GLB"
    assert gone.text in [each.text for each in parse_queue(after.read_bytes(), QUEUE).records]
