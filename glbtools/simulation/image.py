"""Practice disks: a simulated network as an image or a zip archive, its files with their simulated times.

mtools (Debian: mtools) makes the image; nothing here writes a file system.
"""

from __future__ import annotations

import calendar
import io
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from glbtools import files
from glbtools.errors import UsageError
from glbtools.simulation.disk import OWN

FLOPPY = 1440 * 1024
_FLOPPY_HOLDS = FLOPPY * 3 // 4
_TRACK = 16 * 63 * 512
"""Bytes of a cylinder of a disk with 16 heads and 63 sectors a track."""

MOST = 1 << 31
"""Bytes of a FAT16 file system, at most."""

EARLIEST = datetime(1980, 1, 1)
"""The first moment that FAT and zip can hold."""


def write_image(
    contents: Mapping[str, bytes],
    times: Mapping[str, datetime],
    target: Path,
    *,
    deleted: Iterable[str] = (),
    force: bool = False,
) -> Path:
    """Write the files of a network as an image or an archive, by the suffix of its name, and the truth beside it.

    Args:
        contents: path -> bytes; what the simulator itself keeps stays out.
        times: path -> when it was last written.
        target: ends in ``.img`` or ``.zip``.
        deleted: paths of files that are deleted when all is written; an archive then lacks them.
        force: replace what is there.

    Returns:
        The file with the truth: what became of every change, and which files were deleted.

    Raises:
        UsageError: another suffix, no such file to delete, or mtools is not installed, or fails.
        OutputExistsError: there is something of that name.
        FileAccessError: the system refuses.
    """
    own = {path: data for path, data in contents.items() if path.partition("/")[0] != OWN}
    gone = [_path(own, each) for each in deleted]
    truth = target.with_name(f"{target.name}.truth.json")
    for each in (target, truth):
        files.check_target(each, force=force)
    dates = {path: max(times.get(path, EARLIEST), EARLIEST) for path in own}
    if target.suffix.lower() == ".zip":
        data = _zip({path: data for path, data in own.items() if path not in gone}, dates)
    elif target.suffix.lower() == ".img":
        data = _fat(own, dates, gone)
    else:
        raise UsageError(f"{target}: an image ends in .img, an archive in .zip")
    files.write(target, data, force=force, sync=False)
    known: dict[str, Any] = json.loads(contents[f"{OWN}/truth.json"])
    known["deleted"] = sorted(gone)
    document = json.dumps(known, indent=1, ensure_ascii=True) + "\n"
    files.write(truth, document.encode("ascii"), force=force, sync=False)
    return truth


def _path(own: Mapping[str, bytes], given: str) -> str:
    found = next((each for each in own if each.upper() == given.strip("/").upper()), None)
    if found is None:
        raise UsageError(f"{given}: no file of the network, so it cannot be deleted")
    return found


def _zip(own: Mapping[str, bytes], dates: Mapping[str, datetime]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(own.items()):
            archive.writestr(zipfile.ZipInfo(path, dates[path].timetuple()[:6]), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _fat(own: Mapping[str, bytes], dates: Mapping[str, datetime], gone: list[str]) -> bytes:
    total = sum(len(each) + 4096 for each in own.values())
    if total * 2 > MOST:
        raise UsageError("the network is too large for an image of FAT16; --out or a .zip holds it")
    with tempfile.TemporaryDirectory() as folder:
        image, tree = Path(folder, "image"), Path(folder, "tree")
        if total <= _FLOPPY_HOLDS:
            size, shape = FLOPPY, ["-f", "1440"]
        else:
            size = max(-(-total * 2 // _TRACK), 10) * _TRACK
            shape = ["-T", str(size // 512), "-h", "16", "-s", "63"]
        with image.open("wb") as stream:
            stream.truncate(size)
        for path, data in own.items():
            place = tree / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            when = calendar.timegm(dates[path].timetuple())
            os.utime(place, (when, when))
        _mtools(image, ["mformat", "-N", "00000000", *shape, "::"])
        _mtools(image, ["mcopy", "-s", "-m", *map(str, sorted(tree.iterdir())), "::/"])
        for each in gone:
            _mtools(image, ["mdel", f"::/{each}"])
        return image.read_bytes()


def _mtools(image: Path, command: list[str]) -> None:
    """Run a program of mtools on an image.

    Raises:
        UsageError: it is not installed, or fails.
    """
    program, *arguments = command
    found = shutil.which(program)
    if found is None:
        raise UsageError(
            f"{program} is not installed; it makes the image (Debian: apt install mtools). A .zip does not need it"
        )
    quiet = os.environ | {"MTOOLS_SKIP_CHECK": "1", "TZ": "UTC"}
    done = subprocess.run([found, "-i", str(image), *arguments], env=quiet, capture_output=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"{program} failed: {said[-1] if said else done.returncode}")
