"""Reading with limits, hashing, and writing so that no half file is ever seen."""

from __future__ import annotations

import contextlib
import errno
import io
import itertools
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

from glbtools.errors import FileAccessError, OutputExistsError, UsageError, suggestion
from glbtools.progress import Progress, Steps

DEFAULT_MAX_SIZE = 256 * 1024 * 1024
"""Largest file read without being asked for more, in bytes (docs/interface.md#streams-and-limits)."""

STDIN = "-"
UNFINISHED = ".glbtools-"
"""How the name of everything begins that is not written to its end."""

_STANDARD = re.compile(r"/dev/(?:(stdout|stderr)|fd/([0-9]{1,4}))")
_BLOCK = 1 << 20


def read(path: str | Path, max_size: int = DEFAULT_MAX_SIZE) -> bytes:
    """Return the content of a regular file, or of standard input for ``-``.

    Raises:
        FileAccessError: it is missing, not a regular file, larger than ``max_size`` bytes, or unreadable.
    """
    if str(path) == STDIN:
        if sys.stdin is None:
            raise FileAccessError("standard input: closed")
        return _checked(sys.stdin.buffer.read(max_size + 1), "standard input", max_size)
    with opened(path, max_size) as descriptor:
        # All of it at once, so that it is not held twice; files of the system, as in /proc, do not tell their size.
        block = (os.fstat(descriptor).st_size or _BLOCK) + 1
        return _checked(b"".join(blocks(descriptor, path, block=block, most=max_size + 1)), path, max_size)


@contextlib.contextmanager
def opened(path: str | Path, max_size: int | None = None) -> Iterator[int]:
    """Yield a read-only descriptor of a regular file; ``max_size`` None leaves its size unlimited.

    Opened without blocking and then looked at, so that a FIFO neither hangs the program nor slips through a race.

    Raises:
        FileAccessError: as for ``read``.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise access_error(path, error) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            inside = "; name a file in it" if stat.S_ISDIR(status.st_mode) else ""
            raise FileAccessError(f"{path}: {kind_of(status.st_mode)}, not a file{inside}")
        if max_size is not None and status.st_size > max_size:
            raise too_large(path, max_size)
        yield descriptor
    finally:
        os.close(descriptor)


def write(path: Path, data: bytes, *, force: bool = False, sync: bool = True) -> None:
    """Write a file whole or not at all: temporary file beside it, fsync, rename.

    Only a regular file is ever replaced. A link is followed to the file it leads to; a character device, a FIFO and a
    standard stream take what is written, with or without ``force``.

    Args:
        path: the target; its directory must exist.
        data: the content.
        force: replace an existing target.
        sync: wait until the content is on disk; a simulation that can be repeated does not need to.

    Raises:
        OutputExistsError: the target exists and ``force`` is not given.
        FileAccessError: the system refuses.
    """
    with writing(path, force=force, sync=sync) as stream:
        stream.write(data)


@contextmanager
def writing(path: Path, *, force: bool = False, sync: bool = True) -> Iterator[BinaryIO]:
    """Yield a stream to a file that appears whole when the block ends, or not at all when it fails; see ``write``.

    Raises:
        OutputExistsError: the target exists and ``force`` is not given.
        FileAccessError: the system refuses.
    """
    import tempfile

    check_target(path, force=force)
    try:
        if is_stream(path):
            with os.fdopen(_stream(path), "wb") as stream:
                yield stream
            return
        path = _led_to(path)
        with contextlib.suppress(FileNotFoundError):
            path.lstat()  # A name that cannot be is said before anything is written.
    except (OSError, ValueError, RuntimeError) as error:
        raise access_error(path, error) from None
    with signals_later() as now:
        try:
            descriptor, temporary = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
        except (OSError, ValueError) as error:
            raise access_error(path, error) from None
        try:
            now()
            with os.fdopen(descriptor, "wb") as stream:
                yield stream
                stream.flush()
                if sync:
                    os.fsync(stream.fileno())
            Path(temporary).chmod(0o666 & ~_umask())
            Path(temporary).replace(path)
            if sync:
                sync_directory(path.parent)
        except BaseException as error:
            Path(temporary).unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise access_error(path, error) from None
            raise


@contextmanager
def signals_later() -> Iterator[Callable[[], None]]:
    """Hold back the signals that end a program until what is yielded is called, or the block ends.

    Between the making of something unfinished and the block that removes it nothing may come: it would stay.
    """
    import signal
    import threading

    held: dict[int, Callable[[int, FrameType | None], object]] = {}
    came: list[tuple[Callable[[int, FrameType | None], object], int]] = []

    def now() -> None:
        for number, handler in held.items():
            signal.signal(number, handler)
        held.clear()
        while came:
            handler, number = came.pop()
            handler(number, None)

    try:
        if threading.current_thread() is threading.main_thread():  # no other one may say what a signal does
            for number in (signal.SIGINT, signal.SIGTERM):
                if callable(handler := signal.getsignal(number)):
                    held[number] = handler
                    signal.signal(number, lambda number, _: came.append((held[number], number)))
        yield now
    finally:
        now()


def _led_to(path: Path) -> Path:
    """Return what a name leads to; what leads in a circle is refused, which not every version of Python does."""
    if not path.is_symlink():
        return path
    target = path.resolve(strict=False)
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return target


def check_target(path: Path, *, force: bool) -> None:
    """Refuse a target that may not be written to.

    Raises:
        OutputExistsError: it exists, is nothing that takes what is written, and ``force`` is not given.
        FileAccessError: it is a directory, a disk or a socket, or its directory is not there; a name that cannot be is
            for the writer to find.
    """
    if is_stream(path):
        return
    if not os.path.lexists(path):
        check_above(path)
        with contextlib.suppress(OSError, ValueError):
            if not path.parent.exists():
                raise FileAccessError(f"{path}: there is no directory {path.parent}; make it first")
        return
    inside = "; name a file in it" if path.is_dir() else ""
    if not force:
        raise OutputExistsError(f"{path}: exists{inside or '; use --force to replace it'}")
    with contextlib.suppress(OSError):
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise FileAccessError(f"{path}: {kind_of(mode)}, not a file{inside}")


def is_stream(path: Path) -> bool:
    """Whether a path takes what is written at once, so that nothing is put in its place."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode) or _STANDARD.fullmatch(str(path.absolute())) is not None


def _stream(path: Path) -> int:
    """Return a descriptor of a stream; a standard one goes on where it is, in a file that it was redirected to."""
    standard = _STANDARD.fullmatch(str(path.absolute()))
    if standard is None:
        return os.open(path, os.O_WRONLY | getattr(os, "O_NOCTTY", 0))
    return os.dup({"stdout": 1, "stderr": 2}.get(standard[1]) or int(standard[2]))


def write_tree(
    contents: Mapping[str, bytes | Callable[[], bytes]],
    target: Path,
    *,
    force: bool = False,
    sync: bool = True,
    progress: Progress | None = None,
) -> list[Path]:
    """Write a directory of files; a new one appears whole or not at all.

    Args:
        contents: relative path, with ``/`` between parts -> content, or what reads it when its turn comes; the paths
            are our own or checked.
        target: the directory.
        force: write into a directory that already holds something.
        sync: wait for the disk; see ``write``.
        progress: told the name of each file before it is written.

    Raises:
        OutputExistsError: the target holds something and ``force`` is not given, or leads out of itself.
        FileAccessError: the system refuses.
    """
    try:
        if not os.path.lexists(target):
            with new_directory(target) as temporary:
                _write_all(contents, temporary, sync=sync, progress=progress)
            sync_directory(target.parent)
        else:
            if not target.is_dir():
                raise OutputExistsError(f"{target}: exists and is not a directory; name another one")
            if any(target.iterdir()) and not force:
                raise OutputExistsError(f"{target}: exists; use --force to write into it")
            _write_all(contents, target, sync=sync, progress=progress)
    except (OSError, ValueError) as error:
        raise access_error(target, error) from None
    return [target / name for name in sorted(contents)]


@contextmanager
def new_directory(target: Path) -> Iterator[Path]:
    """Yield a directory that appears as ``target`` when the block ends, whole, or not at all.

    Raises:
        OSError: the system refuses.
    """
    import shutil
    import tempfile

    target.parent.mkdir(parents=True, exist_ok=True)
    with signals_later() as now:
        temporary = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=target.parent))
        try:
            now()
            yield temporary
            temporary.chmod(0o777 & ~_umask())
            temporary.rename(target)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


def _write_all(
    contents: Mapping[str, bytes | Callable[[], bytes]], directory: Path, *, sync: bool, progress: Progress | None
) -> None:
    inside = os.path.realpath(directory)
    paths = {directory / name: content for name, content in sorted(contents.items())}
    for path in paths:
        if not Path(os.path.realpath(path.parent)).is_relative_to(inside):
            raise OutputExistsError(f"{path}: a link in it leads out of {directory}")
        if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
            raise OutputExistsError(f"{path}: {kind(path)}, which is not replaced")
    steps = Steps(progress, len(paths))
    for path, content in paths.items():
        steps.begin(f"writing {path.name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, content() if callable(content) else content, force=True, sync=sync)


def write_new(path: str, data: bytes) -> None:
    """Write a file that is not there yet, in a ``new_directory``, which hides it until all is written.

    Raises:
        OSError: the system refuses.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Make a rename in ``path`` durable, where the system knows how to (POSIX)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sha256(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in hex."""
    from hashlib import sha256 as digest

    return digest(data).hexdigest()


def digest(path: str | Path, max_size: int | None = None) -> tuple[int, str]:
    """Return the size of a file in bytes and its SHA-256 in hex, in memory that does not grow with it.

    Raises:
        FileAccessError: as for ``read``; or it has no end, as some files of the system.
    """
    import hashlib

    found, size = hashlib.sha256(), 0
    with opened(path, max_size) as descriptor:
        most = max(os.fstat(descriptor).st_size, max_size or DEFAULT_MAX_SIZE)
        for block in blocks(descriptor, path):
            found.update(block)
            size += len(block)
            if size > most:
                raise FileAccessError(f"{path}: gives more bytes than it has; copy it to a file first")
    return size, found.hexdigest()


def head(path: str | Path, length: int) -> bytes:
    """Return the first bytes of a file of any size.

    Raises:
        FileAccessError: as for ``read``.
    """
    with opened(path) as descriptor:
        return b"".join(blocks(descriptor, path, block=length, most=length))


def stream(descriptor: int, path: object) -> BinaryIO:
    """Return an open file as a stream; reading it is refused as ``blocks`` refuses it."""

    class Raw(io.FileIO):
        def readinto(self, buffer: Any, /) -> int:
            try:
                count = super().readinto(buffer)
            except OSError as error:
                raise access_error(path, error) from None
            if count is None:
                raise _silent(path)
            return count

    return io.BufferedReader(Raw(descriptor, closefd=False))


def _silent(path: object) -> FileAccessError:
    return FileAccessError(f"{path}: gives nothing to read; copy it to a file first")


def blocks(descriptor: int, path: object, *, block: int = _BLOCK, most: int = sys.maxsize) -> Iterator[bytes]:
    """Yield what an open file holds in blocks of some bytes, up to so many in all.

    Raises:
        FileAccessError: it cannot be read; some files of the system, such as /proc/kmsg, give nothing until something
            happens.
    """
    try:
        while most > 0 and (data := os.read(descriptor, min(block, most))):
            yield data
            most -= len(data)
    except BlockingIOError:
        raise _silent(path) from None
    except OSError as error:
        raise access_error(path, error) from None


def distinct(paths: Iterable[str | Path]) -> list[str | Path]:
    """Return paths without those that name a file again, by whatever name; a missing one is kept."""
    found: dict[object, str | Path] = {}
    for path in paths:
        try:
            status = Path(path).stat()
            found.setdefault((status.st_dev, status.st_ino), path)
        except (OSError, ValueError):
            found.setdefault(str(path), path)
    return list(found.values())


@contextmanager
def alone(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold a lock that one process at a time has; its file is there meanwhile, and the lock falls with its process.

    Args:
        path: file of the lock; whoever has it may write into it.
        wait: until whoever has it lets go of it.

    Raises:
        TimeoutError: somebody else has it, and nobody waits.
        OSError: the system refuses.
    """
    from filelock import FileLock

    # What the system refuses for good is not waited for.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644))
    lock = FileLock(path, timeout=-1 if wait else 0)
    lock.acquire()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)  # While it is held: who waits for it sees that it is gone, and makes it anew.
        lock.release()


def is_held(path: Path) -> bool:
    """Whether somebody has the lock of a file; nothing is left of the question."""
    from filelock import FileLock

    if not path.is_file():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except TimeoutError:
        return True
    except OSError:
        return False


def is_leftover(name: str) -> bool:
    """Whether a name is one that a file or a directory has while it is written, and keeps where a kill ends that."""
    return name.lower().startswith(UNFINISHED)


def check_outside(target: str | Path, paths: Iterable[str | Path]) -> None:
    """Refuse a target that lies in what is read.

    Raises:
        UsageError: it does.
    """
    place = Path(target).resolve()
    for path in paths:
        if place.is_relative_to(Path(path).resolve()):
            raise UsageError(f"{target}: lies in the evidence ({path}); nothing was written")


def is_same(one: Path, other: Path) -> bool:
    """Whether two names are of one file, which need not be there yet."""
    try:
        return one.resolve() == other.resolve() or one.samefile(other)
    except (OSError, ValueError, RuntimeError):
        return False


def base_name(path: str | Path) -> str:
    """Return the last part of a path in upper case: names on a postoffice know no case."""
    return Path(path).name.upper()


def _checked(data: bytes, path: object, max_size: int) -> bytes:
    if len(data) > max_size:
        raise too_large(path, max_size)
    return data


def too_large(path: object, max_size: int) -> FileAccessError:
    """Return that a file is larger than is read, as an error."""
    return FileAccessError(f"{path}: larger than {max_size} bytes; --max-file-size allows more")


def kind(path: Path) -> str:
    """Return what something that is no regular file is, in words; it is looked at and not opened."""
    return kind_of(path.lstat().st_mode)


def kind_of(mode: int) -> str:
    """Return what a mode of the file system says, in words."""
    kinds = {stat.S_IFDIR: "a directory", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFLNK: "a link"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def access_error(path: object, error: OSError | ValueError | RuntimeError) -> FileAccessError:
    """Return what the system says of a path as an error of ours."""
    if isinstance(error, FileNotFoundError):
        return missing(path)
    if isinstance(error, (NotADirectoryError, FileExistsError)) and (file := _file_above(path)):
        said = f"{file} is a file" if str(file) != str(path) else "a file"
        return FileAccessError(f"{path}: {said}, not a directory; name another one")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if "\0" in str(path):
        reason = "embedded null byte"  # which versions of Python say in different words
    return FileAccessError(f"{path}: {reason[:1].lower()}{reason[1:]}")


def _file_above(path: object) -> Path | None:
    """Return what a path takes for a directory and is none."""
    with contextlib.suppress(OSError, ValueError):
        given = Path(str(path))
        return next((each for each in (given, *given.parents) if each.exists() and not each.is_dir()), None)
    return None


def check_above(path: Path) -> None:
    """Refuse a new file or directory that cannot be: a file stands where its path has a directory.

    Raises:
        FileAccessError: it does.
    """
    if file := _file_above(path.parent):
        raise FileAccessError(f"{path}: {file} is a file, not a directory; name another one")


_LOOKED_AT, _NAMED = 1000, 3


def missing(path: object) -> FileAccessError:
    """Return that a path leads nowhere, as an error: which part is not there, and what is there instead."""
    if not str(path):
        return FileAccessError("an empty name: is no file; give a path")
    if str(path) == STDIN:
        return FileAccessError(f"{STDIN}: standard input is not read here; write it to a file, and name that")
    given = Path(str(path))
    if file := _file_above(given):
        return FileAccessError(f"{path}: no such file or directory: {file} is a file")
    with contextlib.suppress(OSError):
        if given.is_symlink():
            return FileAccessError(f"{path}: a link to {given.readlink()}, which is not there")
    gone, parent = given, given.parent
    while not os.path.lexists(parent) and parent != parent.parent:
        gone, parent = parent, parent.parent
    where = "" if gone == given else f": there is no {gone}"
    try:
        with os.scandir(parent) as entries:
            names = sorted(each.name for each in itertools.islice(entries, _LOOKED_AT) if each.name[:1] != ".")
    except OSError:
        names = []
    hint = suggestion(gone.name, names, "" if parent == Path() else f"{parent}{os.sep}")
    if not hint and names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        hint = f"; in {'the working directory' if parent == Path() else parent}: {', '.join(names[:_NAMED])}{more}"
    return FileAccessError(f"{path}: no such file or directory{where}{hint}")


def _umask() -> int:
    """Return which rights new files do not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
