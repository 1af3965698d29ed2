from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glbtools import files
from glbtools.errors import FileAccessError, GlbError, OutputExistsError

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with one of everything that may be mistaken for a file."""
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "circle").symlink_to("circle")
    os.mkfifo(tmp_path / "fifo")
    return tmp_path


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_regular_file_is_read_whole(place: Path) -> None:
    assert files.read(place / "file") == files.read(str(place / "file")) == b"12345"
    assert files.read(place / "empty") == b""


def test_a_link_is_followed(place: Path) -> None:
    assert files.read(place / "link") == b"12345"


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(place: Path) -> None:
    assert files.read(place / "file", 5) == b"12345"
    with pytest.raises(FileAccessError) as caught:
        files.read(place / "file", 4)
    assert str(caught.value) == f"{place / 'file'}: larger than 4 bytes; --max-file-size allows more"


def test_a_file_that_hides_its_size_is_held_to_the_limit() -> None:
    hidden = Path("/proc/self/maps")
    if not hidden.exists():
        pytest.skip("this system has no /proc")
    with pytest.raises(FileAccessError, match="larger than 10 bytes"):
        files.read(hidden, 10)


def test_a_file_that_hides_its_size_is_not_read_byte_by_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = Path("/proc/self/maps")
    if not hidden.exists():
        pytest.skip("this system has no /proc")
    asked: list[int] = []
    read = os.read
    monkeypatch.setattr(files.os, "read", lambda descriptor, size: asked.append(size) or read(descriptor, size))
    assert len(files.read(hidden)) > 10 * len(asked) > 0


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("directory", "a directory, not a file; name a file in it"),
        ("fifo", "a FIFO, not a file"),
        ("/dev/zero", "a device, not a file"),
        ("/dev/null", "a device, not a file"),
        ("missing", "no such file or directory; in {place}: circle, dangling, directory and 4 more"),
        ("dangling", "a link to nowhere, which is not there"),
        ("file/below", "{place}/file is a file, not a directory; name another one"),
        ("circle", "too many levels of symbolic links"),
        ("x" * 300, "file name too long"),
        ("nul\0byte", "embedded null byte"),
    ],
)
def test_what_is_no_file_gets_one_clear_line(place: Path, name: str, reason: str) -> None:
    for use in (files.read, lambda path: files.opened(path).__enter__()):
        with pytest.raises(FileAccessError) as caught:
            use(place / name)
        assert str(caught.value) == f"{place / name}: {reason.format(place=place)}"


def test_a_name_that_no_file_system_knows_gets_one_clear_line() -> None:
    with pytest.raises(FileAccessError):
        files.read("\ud800")


def test_a_socket_is_no_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(FileAccessError):
            files.read("socket")


@pytest.mark.skipif(AS_ROOT, reason="root may read every file")
def test_an_unreadable_file_gets_one_clear_line(place: Path) -> None:
    (place / "file").chmod(0)
    with pytest.raises(FileAccessError, match="permission denied"):
        files.read(place / "file")


def test_a_file_is_opened_for_reading_only(place: Path) -> None:
    with files.opened(place / "file") as descriptor:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(descriptor, b"x")
        assert os.read(descriptor, 9) == b"12345"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_descriptor_is_closed_after_an_error(place: Path) -> None:
    open_before = set(os.listdir("/dev/fd"))  # noqa: PTH208
    for name in ("directory", "fifo", "/dev/zero"):
        with pytest.raises(FileAccessError):
            files.read(place / name)
    assert set(os.listdir("/dev/fd")) == open_before  # noqa: PTH208


# --- writing one file ------------------------------------------------------------------------------------------------


def names(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*")}


def test_a_new_file_is_written_with_the_rights_of_any_other(tmp_path: Path) -> None:
    files.write(tmp_path / "new", b"content")
    (tmp_path / "usual").write_bytes(b"")
    assert (tmp_path / "new").read_bytes() == b"content"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)
    assert names(tmp_path) == {"new", "usual"}


@pytest.mark.parametrize("name", ["file", "directory", "link", "dangling"])
def test_what_exists_is_not_replaced_unless_asked_for(place: Path, name: str) -> None:
    before = names(place)
    with pytest.raises(OutputExistsError) as caught:
        files.write(place / name, b"new")
    way = "name a file in it" if name == "directory" else "use --force to replace it"
    assert str(caught.value) == f"{place / name}: exists; {way}"
    assert names(place) == before
    assert (place / "file").read_bytes() == b"12345"


def test_with_force_a_file_is_replaced(place: Path) -> None:
    files.write(place / "file", b"new", force=True)
    assert (place / "file").read_bytes() == b"new"


@pytest.mark.parametrize(("link", "file"), [("link", "file"), ("dangling", "nowhere")])
def test_with_force_a_link_is_followed_and_never_replaced(place: Path, link: str, file: str) -> None:
    files.write(place / link, b"new", force=True)
    assert (place / link).is_symlink()
    assert (place / file).read_bytes() == (place / link).read_bytes() == b"new"
    assert not (place / file).is_symlink()


def test_a_link_in_a_circle_is_refused_and_stays(place: Path) -> None:
    with pytest.raises(FileAccessError):
        files.write(place / "circle", b"new", force=True)
    assert (place / "circle").is_symlink()


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", ["fifo", "link to fifo"])
def test_a_fifo_takes_what_is_written_and_stays(place: Path, name: str, *, force: bool) -> None:
    (place / "link to fifo").symlink_to("fifo")
    reader = os.open(place / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    try:
        files.write(place / name, b"new", force=force)
        assert os.read(reader, 9) == b"new"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO((place / "fifo").lstat().st_mode)
    assert (place / "link to fifo").is_symlink()


@pytest.fixture
def device(tmp_path: Path) -> Path:
    """A device of its own that takes everything, as /dev/null does."""
    try:
        os.mknod(tmp_path / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        (tmp_path / "null").write_bytes(b"x")
    except OSError as error:
        pytest.skip(f"no device can be made here: {error.strerror}")
    return tmp_path / "null"


@pytest.mark.parametrize("force", [False, True])
def test_a_device_takes_what_is_written_and_stays(device: Path, *, force: bool) -> None:
    (device.parent / "link").symlink_to("null")
    for path in (device, device.parent / "link"):
        files.write(path, b"new", force=force)
    assert stat.S_ISCHR(device.lstat().st_mode)
    assert (device.parent / "link").is_symlink()
    assert names(device.parent) == {"null", "link"}


def test_every_command_that_writes_a_file_leaves_a_device_what_it_is(device: Path, run: Callable[..., Any]) -> None:
    here = Path(__file__).resolve().parent.parent / "fixtures"
    queue = next(iter(sorted(here.rglob("MSTTRANS.GLB"))))
    dump = next(iter(sorted(here.rglob("*.ldif"))))
    state = device.parent / "state.json"
    for arguments in (
        ["learn", queue, "--out", device, "--force"],
        ["directory", "export", dump, "--state", state, "--to", device, "--force", "--server", "DC"],
        ["directory", "compare", dump, dump, "--to", device, "--force"],
        ["build", next(iter(sorted((here / "specs").iterdir()))), "--out", device, "--force"],
        ["simulate", "absent", "--out", device, "--force"],
    ):
        assert run(*arguments).status in (0, 1, 2)
        assert stat.S_ISCHR(device.lstat().st_mode), arguments


def test_a_disk_is_never_written_to(tmp_path: Path) -> None:
    try:
        os.mknod(tmp_path / "disk", 0o666 | stat.S_IFBLK, os.makedev(7, 255))
    except OSError as error:
        pytest.skip(f"no device can be made here: {error.strerror}")
    with pytest.raises(FileAccessError):
        files.write(tmp_path / "disk", b"new", force=True)
    assert stat.S_ISBLK((tmp_path / "disk").lstat().st_mode)


@pytest.mark.parametrize("name", ["link", "dangling", "fifo", "directory"])
def test_in_a_directory_that_is_written_only_regular_files_are_replaced(place: Path, name: str) -> None:
    before = names(place)
    with pytest.raises(OutputExistsError):
        files.write_tree({"another": b"x", name: b"x"}, place, force=True)
    assert names(place) == before


@pytest.mark.parametrize("name", ["directory", "missing/file", "file/below", "nul\0byte", "x" * 300])
def test_what_cannot_be_written_gets_one_clear_line_and_leaves_nothing(place: Path, name: str) -> None:
    before = names(place)
    with pytest.raises(FileAccessError):
        files.write(place / name, b"new", force=True)
    assert names(place) == before


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.chmod"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(
    place: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    before = names(place)
    monkeypatch.setattr(step, fail)
    expected = FileAccessError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        files.write(place / "file", b"new", force=True)
    monkeypatch.undo()
    if expected is FileAccessError:
        assert str(caught.value) == f"{place / 'file'}: no space left on device"
    assert names(place) == before
    assert (place / "file").read_bytes() == b"12345"


def test_content_is_on_disk_before_the_name_shows_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (steps.append("fsync"), fsync(descriptor)))
    monkeypatch.setattr(Path, "replace", lambda path, target: (steps.append("replace"), replace(path, target)))
    files.write(place / "file", b"new", force=True)
    assert steps == ["fsync", "replace", "fsync"]
    steps.clear()
    files.write(place / "file", b"newer", force=True, sync=False)
    assert steps == ["replace"]


# --- writing a directory ---------------------------------------------------------------------------------------------

TREE = {"GLB/REQTRANS.GLB": b"", "GLB/REQCONF.GLB": bytes(512), "LOG/DIRSYNC.LOG": b"x\r\n", "README": b"text"}


def test_a_new_directory_holds_every_file(tmp_path: Path) -> None:
    target = tmp_path / "above" / "out"
    assert files.write_tree(TREE, target) == [target / name for name in sorted(TREE)]
    assert {name: (target / name).read_bytes() for name in TREE} == TREE
    assert names(tmp_path / "above") == {"out", "out/GLB", "out/LOG", *(f"out/{name}" for name in TREE)}


def test_a_new_directory_has_the_rights_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    files.write_tree(TREE, tmp_path / "out")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("usual", "out", "out/GLB")}
    assert len(modes) == 1


@pytest.mark.parametrize("which", range(len(TREE)))
def test_a_new_directory_appears_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    written: list[Path] = []
    write = files.write

    def fail(path: Path, data: bytes, **options: bool) -> None:
        if len(written) == which:
            raise FileAccessError(f"{path}: no space left on device")
        written.append(path)
        write(path, data, **options)

    monkeypatch.setattr(files, "write", fail)
    with pytest.raises(FileAccessError):
        files.write_tree(TREE, tmp_path / "out")
    assert names(tmp_path) == set()


def test_an_empty_directory_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    files.write_tree(TREE, tmp_path / "out")
    assert (tmp_path / "out" / "README").read_bytes() == b"text"


def test_a_directory_that_holds_something_is_refused_without_force(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "other").write_bytes(b"kept")
    with pytest.raises(OutputExistsError) as caught:
        files.write_tree(TREE, target)
    assert str(caught.value) == f"{target}: exists; use --force to write into it"
    assert names(target) == {"other"}
    files.write_tree(TREE, target, force=True)
    assert names(target) == {"other", "GLB", "LOG", *TREE}


@pytest.mark.parametrize("name", ["file", "fifo", "dangling"])
def test_a_target_that_is_no_directory_is_refused(place: Path, name: str) -> None:
    before = names(place)
    with pytest.raises(OutputExistsError) as caught:
        files.write_tree(TREE, place / name, force=True)
    assert str(caught.value) == f"{place / name}: exists and is not a directory; name another one"
    assert names(place) == before


@pytest.mark.parametrize("name", ["GLB/below/file", "GLB/REQTRANS.GLB"])
def test_a_link_that_leads_out_of_the_target_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    target, outside = tmp_path / "out", tmp_path / "outside"
    target.mkdir()
    outside.mkdir()
    (target / "GLB").symlink_to(outside)
    with pytest.raises(OutputExistsError) as caught:
        files.write_tree({"A/first": b"1", name: b"2"}, target, force=True)
    assert str(caught.value) == f"{target / name}: a link in it leads out of {target}"
    assert names(target) == {"GLB"}
    assert names(outside) == set()


@pytest.mark.parametrize("name", ["../escaped", "/escaped", "GLB/../../escaped"])
def test_a_name_that_leads_out_of_the_target_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputExistsError):
        files.write_tree({name: b"x"}, tmp_path / "out")
    assert names(tmp_path) == set()


def test_a_link_inside_the_target_may_be_followed(tmp_path: Path) -> None:
    target = tmp_path / "out"
    (target / "real").mkdir(parents=True)
    (target / "GLB").symlink_to("real")
    files.write_tree({"GLB/file": b"x"}, target, force=True)
    assert (target / "real" / "file").read_bytes() == b"x"


@pytest.mark.parametrize("name", ["circle/file", "file/below", "directory", "nul\0byte"])
def test_names_that_cannot_be_written_get_one_clear_line(place: Path, name: str) -> None:
    with pytest.raises(GlbError):
        files.write_tree({name: b"x"}, place, force=True)
    assert (place / "file").read_bytes() == b"12345"


# --- names and hashes ------------------------------------------------------------------------------------------------


def test_names_know_no_case() -> None:
    assert files.base_name("/evidence/glb/ReqTrans.glb") == files.base_name(Path("REQTRANS.GLB")) == "REQTRANS.GLB"


def test_hashes_are_sha_256_in_hex() -> None:
    assert files.sha256(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
