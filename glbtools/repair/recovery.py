"""``carve``: what stands of queues in images, written to a new directory with the place of everything."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from glbtools import files
from glbtools.binary.layout import Layout
from glbtools.binary.records import codec
from glbtools.brief import brief, count
from glbtools.diagnosis.master import origin_of
from glbtools.errors import FileAccessError, GlbError, OutputExistsError, UsageError
from glbtools.evidence.carving import CarvedRecord, Carver
from glbtools.evidence.containers import outermost
from glbtools.formats.queue import moment
from glbtools.formats.signatures import Signature
from glbtools.layouts import Layouts
from glbtools.progress import Progress

MOST_FILES = 1000
"""Runs of one image that become files of their own; the records of all are in the list."""

MOST_ORIGINS = 1000
"""Postoffices of one image whose changes are counted apart."""

MOST_KNOWN = 1_000_000
"""Changes that are told apart; their number is not counted further."""

LIST, RUNS, SUMMARY = "carved.jsonl", "runs", "summary.json"


class Run(NamedTuple):
    """Records that follow each other.

    Attributes:
        start: offset of the first byte.
        stop: offset behind the last.
        records: how many.
        first: the lowest number.
        last: the highest.
        where: what the file system has there.
        file: where it was written; empty where it was not.
    """

    start: int
    stop: int
    records: int
    first: int
    last: int
    where: str
    file: str


@dataclass
class CarvedImage:
    """What was found in an image.

    Attributes:
        path: of the image.
        size: bytes of what it holds.
        searched: bytes that were looked at; holes and files that are there are not.
        kind: of image, where a file system or a container is known.
        files_left_out: files that are there, which other commands read.
        records: number of records.
        texts: number of texts that stand in no record.
        different: number of different changes among both, up to a million.
        origins: postoffice -> number of its records and texts, as far as a text names it.
        runs: records that follow each other, up to a thousand of them.
        found: all of it, where nothing is written.
        packed: packed files with their offsets.
        notes: what limits the search, and what to do about it.
        failure: why it could not be read to its end.
        is_more: whether there are more runs than are kept here and written as files; the list has all.
    """

    path: str
    size: int = 0
    searched: int = 0
    kind: str = ""
    files_left_out: int = 0
    records: int = 0
    texts: int = 0
    different: int = 0
    origins: dict[str, int] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    found: list[CarvedRecord] = field(default_factory=list)
    packed: list[tuple[int, Signature]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failure: str = ""
    is_more: bool = False

    def __repr__(self) -> str:
        return brief("CarvedImage", f"{self.path}, {count(self.records, 'record')}, {count(self.texts, 'text')}")


def carve(
    *paths: str | Path,
    out: str | Path | None = None,
    whole: bool = False,
    layouts: Layouts | None = None,
    progress: Progress | None = None,
) -> list[CarvedImage]:
    """Return the records of queues, and texts of transactions, in the bytes of some images.

    Of an image with a file system its unallocated space and the slack behind files are looked at; of any other file
    every byte.

    Args:
        paths: images, or any files.
        out: new directory to write to: a list with the offset of everything, and runs of records as files.
        whole: look into the files that are there, too.
        layouts: how records are read.
        progress: called with the image, how many of its bytes are looked at, and how many it has.

    Raises:
        OutputExistsError: the directory exists.
        FileAccessError: it cannot be written, or none of the images can be read.
        UsageError: the layout does not say where the number of a record stands.
    """
    layout = (layouts or Layouts())["queue"]
    if not layout.numbered:
        raise UsageError(f"--layout {layout.id}: does not say where numbers stand, by which records are found")
    paths = tuple(files.distinct(paths))
    refused = [why for each in paths if (why := _refused(Path(each)))]
    if refused and len(refused) == len(paths):
        raise FileAccessError("; ".join(refused))
    if out is None:
        return [_image(path, layout, whole, None, progress) for path in paths]
    target = Path(out)
    if os.path.lexists(target):
        raise OutputExistsError(f"{target}: exists; carve writes a new directory")
    try:
        with files.new_directory(target) as folder:
            with files.writing(folder / LIST) as stream:
                writer = _Writer(folder, stream, layout)
                found = [_image(path, layout, whole, writer, progress) for path in paths]
            summary = {"schema": "glbtools.carving/1", "images": [document(each) for each in found]}
            files.write(folder / SUMMARY, (json.dumps(summary, indent=1, ensure_ascii=True) + "\n").encode("ascii"))
    except OSError as error:
        raise files.access_error(target, error) from None
    return found


def _refused(path: Path) -> str:
    """Return why a path is nothing to look into; empty where it is."""
    outer = outermost(str(path))
    if outer != str(path):
        return f"{path}: lies in {outer}; carve reads the bytes of a file: take it out first"
    try:
        with files.opened(path):
            return ""
    except FileAccessError as error:
        return str(error)


def _image(
    path: str | Path,
    layout: Layout,
    whole: bool,
    writer: _Writer | None,
    progress: Progress | None,
) -> CarvedImage:

    def show(at: int, size: int) -> None:
        if progress:
            progress(str(path), at, size)

    carver = Carver(Path(path), layout, whole=whole, progress=show)
    found = CarvedImage(str(path))
    known: set[int] = set()
    if writer is not None:
        writer.begin(Path(path))
    try:
        for run in carver.runs():
            file = writer.write(run) if writer is not None else ""
            _count(found, run, file, known)
            if writer is None:
                found.found += run
    except GlbError as error:
        found.failure = str(error) if str(error).startswith(str(path)) else f"{path}: {error}"
    found.different, found.size, found.searched, found.kind = len(known), carver.size, carver.searched, carver.kind
    found.files_left_out, found.packed, found.notes = carver.files, carver.packed, carver.notes
    return found


def _count(found: CarvedImage, run: list[CarvedRecord], file: str, known: set[int]) -> None:
    for each in run:
        if not each.is_sound:
            continue
        if len(known) < MOST_KNOWN:
            known.add(hash(each.text))
        name = origin_of(each.text)
        if name and (name in found.origins or len(found.origins) < MOST_ORIGINS):
            found.origins[name] = found.origins.get(name, 0) + 1
    numbers = [each.record.sync for each in run if each.record is not None]
    if not numbers:
        found.texts += len(run)
        return
    found.records += len(run)
    where = run[0].where
    if len(found.runs) < MOST_FILES:
        span, first, last = (run[0].start, run[-1].stop), min(numbers), max(numbers)
        found.runs.append(Run(*span, records=len(run), first=first, last=last, where=where, file=file))
    else:
        found.is_more = True


class _Writer:
    """What writes the finds of several images into one directory."""

    def __init__(self, target: Path, stream: BinaryIO, layout: Layout) -> None:
        self._target, self._stream, self._layout = target, stream, layout
        self._codec = codec(layout)
        self._image, self._label, self._files = "", "", 0
        self._labels: set[str] = set()

    def begin(self, path: Path) -> None:
        """Take another image; of two of one name the second gets a number."""
        stem = label = path.name.replace("/", "-").replace("\\", "-") or "image"
        number = 1
        while label.upper() in self._labels:
            number += 1
            label = f"{stem}-{number}"
        self._labels.add(label.upper())
        self._image, self._label, self._files = str(path), label, 0

    def write(self, run: list[CarvedRecord]) -> str:
        """Write what stands together; return the path of its file, empty for none."""
        file = ""
        records = [each.record for each in run if each.record is not None]
        if records and self._files < MOST_FILES:
            file = f"{RUNS}/{self._label}-{run[0].start:010x}.GLB"
            (self._target / RUNS).mkdir(exist_ok=True)
            data = self._codec.header() + b"".join(map(self._codec.pack, records))
            files.write(self._target / file, data, sync=False)
            self._files += 1
        for each in run:
            line = json.dumps(self._row(each, file), ensure_ascii=True)
            self._stream.write(line.encode("ascii") + b"\n")
        return file

    def _row(self, each: CarvedRecord, file: str) -> dict[str, Any]:
        row: dict[str, Any] = {
            "image": self._image,
            "kind": "record" if each.record is not None else "text",
            "span": [each.start, each.stop],
            "where": each.where or None,
            "text": each.text,
            "is_sound": each.is_sound,
            "is_doubtful": each.is_doubtful,
        }
        if each.record is not None:
            when = moment(self._layout, each.record.stamp)
            row |= {
                "sync": each.record.sync,
                "stamp": when.isoformat() if when else None,
                "checksum": {"stored": each.record.checksum, "computed": self._codec.checksum(each.record)},
                "layout": self._layout.id,
                "file": file or None,
            }
        return row


def document(found: CarvedImage) -> dict[str, Any]:
    """Return what was found in an image, for programs; the finds themselves are in the list."""
    return {
        "path": found.path,
        "size": found.size,
        "searched": found.searched,
        "kind": found.kind or None,
        "files_left_out": found.files_left_out,
        "records": found.records,
        "texts": found.texts,
        "different": found.different,
        "origins": dict(sorted(found.origins.items())),
        "runs": [each._asdict() for each in found.runs],
        "is_more": found.is_more,
        "packed": [{"at": at, "what": each.what, "instead": each.instead} for at, each in found.packed],
        "notes": found.notes,
        "failure": found.failure or None,
    }


def failures(found: Iterable[CarvedImage]) -> list[str]:
    """Return why images could not be read, a line each."""
    return [each.failure for each in found if each.failure]
