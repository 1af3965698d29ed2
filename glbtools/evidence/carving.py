"""Records of queues, and texts of transactions, in bytes that no file system vouches for.

A disk image, the unallocated space of one, the slack behind files: what was in a queue may still stand there. Bytes are
read stretch by stretch, so that memory does not grow with the image; holes of a sparse file are passed over.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from glbtools import files
from glbtools.binary.layout import Layout
from glbtools.binary.records import CHUNK, Gap, Record, codec
from glbtools.brief import brief
from glbtools.errors import FileAccessError
from glbtools.evidence import forms, images
from glbtools.evidence.containers import ARCHIVE, form
from glbtools.evidence.images import Blocks, Stretch
from glbtools.evidence.sources import OnDisk, on_disk
from glbtools.formats.signatures import Signature, packed, packed_in
from glbtools.formats.transaction import continues, is_plain, is_valid
from glbtools.model.transaction import FLAT_TYPES, HIERARCHICAL_TYPES

UNALLOCATED, SLACK, FILE = "unallocated", "slack", "file"
MOST_PACKED = 1000
"""Packed files that are named of one image."""

MOST_DOUBTFUL = 1000
"""Records without a sound text between sound ones."""

MOST_RECORDS = 100_000
"""Records of one run; more are a second run."""

MOST_TIMES = 1100
"""How many times as large as its file a container may say that its image is; what is beyond is not looked at."""

SMALL = 1 << 30
"""Bytes below which that is of no account."""

MOST_TEXT = 4096
"""Bytes of a text that stands in no record."""

_ADDRESS = re.compile(
    rb"[\t ](?:%s):(?=[!-~])" % b"|".join(sorted(each.encode() for each in HIERARCHICAL_TYPES | FLAT_TYPES)),
    re.IGNORECASE,
)
_NO_TEXT = re.compile(rb"[\0-\x08\x0a-\x1f\x7f]")
MOST_LINE = 512
"""Bytes of one line of it."""

MOST_CODES = 4
"""Letters before an address that are tried as the code of its transaction."""

MOST_COLONS = 16
"""Colons of a text; one with more is none."""

_LONGEST_ENTRY = 120
"""Bytes before an address in which the code of its transaction stands."""


class CarvedRecord(NamedTuple):
    """A record, or a text that stands in no record.

    Attributes:
        start: offset of its first byte in the image.
        stop: offset behind its last byte.
        text: of the transaction.
        where: ``unallocated``, ``slack`` or ``file``, the last two with a path; empty where no file system is known.
        record: with the offsets of the image; None for a text.
        is_sound: whether the text is a transaction without fault, or one that only holds a number.
        is_doubtful: whether it runs over the end of a cluster and nothing shows that the next one belongs to it: if the
            file lay in pieces, its end is another file's.
    """

    start: int
    stop: int
    text: str
    where: str
    record: Record | None
    is_sound: bool
    is_doubtful: bool = False

    def __repr__(self) -> str:
        return brief("CarvedRecord", f"0x{self.start:x}-0x{self.stop:x} {self.text!r}")


@dataclass
class Carver:
    """An image in which records are looked for.

    Attributes:
        path: of the image.
        layout: of the records.
        whole: whether files that are there are looked into, too.
        size: bytes of the image; of what it holds where it is a container.
        searched: bytes looked at.
        kind: ``raw``, ``ewf`` ... where a file system or a container is known; else empty.
        notes: what limits the search, and what to do about it.
        packed: packed files and their offsets.
        files: number of files that are there and were left out.
        doubtful: records and texts that may be of two files.
    """

    path: Path
    layout: Layout
    whole: bool = False
    size: int = 0
    searched: int = 0
    kind: str = ""
    notes: list[str] = field(default_factory=list)
    packed: list[tuple[int, Signature]] = field(default_factory=list)
    files: int = 0
    doubtful: int = 0
    progress: Callable[[int, int], None] | None = None
    _blocks: Blocks | None = None

    def runs(self) -> Iterator[list[CarvedRecord]]:
        """Yield what is found: records that follow each other together, texts one by one.

        Records come in the order of the image, and texts, too; a text may come later than records behind it.

        Raises:
            FileAccessError: the image cannot be read.
        """
        entry = on_disk(self.path, str(self.path))
        if entry.is_directory or entry.other:
            raise FileAccessError(f"{self.path}: {entry.other or 'a directory'}, not a file")
        if not entry.size and files.head(self.path, 1):
            raise FileAccessError(f"{self.path}: does not say its size; copy it to a file first")
        self.size = entry.size
        self._blocks = self._system(entry)
        with ExitStack() as stack:
            if self._blocks is not None and self.kind != forms.RAW:
                read, places = self._blocks.read, [(0, self._bounded(entry))]
            else:
                descriptor = stack.enter_context(files.opened(self.path))
                read = lambda offset, size: _pread(descriptor, offset, size)  # noqa: E731
                places = list(_data(descriptor, self.size))
            for start, stop in self._without_files(places):
                yield from self._stretch(read, start, stop)
        if self.doubtful:
            self.notes.append(
                f"{self.doubtful} of the records and texts found run over the end of a cluster, and nothing shows that "
                "the next one belongs to them: if the file lay in pieces, their end is another file's"
            )

    def _system(self, entry: OnDisk) -> Blocks | None:
        """Return the blocks of an image that has a file system; say why others are taken as they are."""
        try:
            kind = form(entry)
            if kind is None or kind == ARCHIVE:
                return None
            self.kind = kind
            found = images.blocks(entry, kind)
        except FileAccessError as error:
            if self.kind not in ("", forms.RAW):
                raise FileAccessError(f"{self.path}: {error}") from None
            why = str(error).removeprefix(f"{entry.shown}: ")
            self.kind = ""
            self.notes.append(f"{why}; its bytes are looked at as they are")
            return None
        self.size = found.size
        if not found.has_system:
            self.notes.append("no file system is found in it; every byte is looked at")
        return found

    def _bounded(self, entry: OnDisk) -> int:
        """Return how many bytes of a container are looked at."""
        limit = max(SMALL, entry.size * MOST_TIMES)
        if self.size <= limit:
            return self.size
        self.notes.append(f"it says to hold {self.size} bytes; only the first {limit} are looked at")
        return limit

    def _without_files(self, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Yield stretches of bytes without those of files that are there."""
        held = self._blocks.stretches if self._blocks is not None and not self.whole else []
        self.files = len({each.path for each in held})
        number = 0
        for first, stop in places:
            at = first
            while number < len(held) and held[number].stop <= at:
                number += 1
            ahead = number
            while ahead < len(held) and held[ahead].start < stop:
                if held[ahead].start > at:
                    yield at, held[ahead].start
                at = max(at, held[ahead].stop)
                ahead += 1
            if at < stop:
                yield at, stop

    # --- one stretch of bytes ------------------------------------------------------------------------------------

    def _stretch(self, read: Callable[[int, int], bytes], start: int, stop: int) -> Iterator[list[CarvedRecord]]:
        """Yield what stands in some bytes; a record or a text does not go on in the next ones."""
        run: list[CarvedRecord] = []
        texts = _Texts()
        for batch in codec(self.layout).loose(self._chunks(read, start, stop), start):
            found: list[Record | Gap] = sorted([*batch.rows, *batch.gaps], key=lambda each: each.start)
            for each in found:
                if isinstance(each, Gap):
                    yield from self._ended(run)
                    yield from ([self._text(*text)] for text in texts.of(each))
                    continue
                if run and (run[-1].stop != each.start or len(run) >= MOST_RECORDS):
                    yield from self._ended(run)
                run.append(self._record(each))
                if len(run) > MOST_DOUBTFUL and not any(one.is_sound for one in run[-MOST_DOUBTFUL:]):
                    yield from self._ended(run)
        yield from self._ended(run)
        yield from ([self._text(*text)] for text in texts.rest())

    def _ended(self, run: list[CarvedRecord]) -> Iterator[list[CarvedRecord]]:
        """Yield a run from its first to its last record with a sound text, if there is any; it is empty then."""
        sound = [number for number, each in enumerate(run) if each.is_sound]
        if sound:
            whole = run[sound[0] : sound[-1] + 1]
            # A record that another one follows shows that what lies between them is of one file.
            if self._is_doubtful(whole[-1].start, whole[-1].stop, whole[-1].record):
                whole[-1] = whole[-1]._replace(is_doubtful=True)
            yield whole
        run.clear()

    def _is_doubtful(self, start: int, stop: int, record: Record | None) -> bool:
        """Whether something may be of two files; a record whose checksum fits is whole."""
        clusters = self._blocks.clusters if self._blocks is not None else ()
        if not any(each.parts(start, stop) for each in clusters):
            return False
        stored = record.checksum if record is not None else None
        if record is not None and stored is not None and codec(self.layout).checksum(record) == stored:
            return False
        self.doubtful += 1
        return True

    def _record(self, record: Record) -> CarvedRecord:
        idle = record.text.startswith("# ") and record.text.isprintable()
        is_sound = idle or (record.text[:1] in "ADMR" and (is_plain(record.text) or is_valid(record.text)))
        where = self._where(record.start)
        return CarvedRecord(record.start, record.stop, record.text, where, record=record, is_sound=is_sound)

    def _text(self, start: int, stop: int, text: str) -> CarvedRecord:
        return CarvedRecord(
            start,
            stop,
            text,
            self._where(start),
            record=None,
            is_sound=True,
            is_doubtful=self._is_doubtful(start, stop, None),
        )

    def _where(self, offset: int) -> str:
        """Say what the file system has at an offset."""
        if self._blocks is None or not self._blocks.has_system:
            return ""
        held = self._blocks.stretches
        number = bisect_right(held, offset, key=lambda each: each.start) - 1
        before: Stretch | None = held[number] if number >= 0 else None
        if before is None or offset >= before.end:
            return UNALLOCATED
        return f"{FILE if offset < before.stop else SLACK} {before.path}"

    def _chunks(self, read: Callable[[int, int], bytes], start: int, stop: int) -> Iterator[bytes]:
        """Yield bytes in pieces that end where sectors do, and note the packed files that begin in them."""
        at = start
        while at < stop:
            data = read(at, min(CHUNK - at % CHUNK, stop - at))
            if not data:
                self.notes.append(f"it ends at {at} and not at {stop}")
                return
            if at == 0 and (found := packed(data[:64])) is not None:
                self.notes.append(f"it is {found.what}, and packed bytes show nothing; {found.instead}")
            room = MOST_PACKED - len(self.packed)
            self.packed += [each for each in packed_in(data, at, forms.SECTOR) if each[0]][:room]
            self.searched += len(data)
            if self.progress:
                self.progress(at, self.size)
            yield data
            at += len(data)


def _pread(descriptor: int, offset: int, size: int) -> bytes:
    os.lseek(descriptor, offset, os.SEEK_SET)
    try:
        return os.read(descriptor, size)
    except OSError as error:
        raise FileAccessError(f"at {offset}: {error.strerror}") from None


def _data(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield where a file holds data; a system that does not say so has data everywhere."""
    if not hasattr(os, "SEEK_DATA"):
        yield 0, size
        return
    at = 0
    while at < size:
        try:
            start = os.lseek(descriptor, at, os.SEEK_DATA)
            at = os.lseek(descriptor, start, os.SEEK_HOLE)
        except OSError as error:
            import errno

            if error.errno != errno.ENXIO:  # ENXIO: nothing but a hole is left
                yield at, size
            return
        yield start, at


class _Texts:
    """Texts of transactions in gaps that may follow each other."""

    def __init__(self) -> None:
        self._data, self._start, self._done = b"", 0, 0

    def of(self, gap: Gap) -> Iterator[tuple[int, int, str]]:
        """Yield the texts that are known to their ends: offset of the first and behind the last byte, text."""
        if self._start + len(self._data) != gap.start:
            yield from self.rest()
            self._data, self._start = b"", gap.start
        self._data += gap.data
        yield from self._found(len(self._data) - MOST_TEXT)
        drop = max(len(self._data) - MOST_TEXT - _LONGEST_ENTRY, 0)
        self._data, self._start = self._data[drop:], self._start + drop

    def rest(self) -> Iterator[tuple[int, int, str]]:
        """Yield the texts that are left."""
        yield from self._found(len(self._data))
        self._data = b""

    def _found(self, limit: int) -> Iterator[tuple[int, int, str]]:
        """Yield the texts whose address begins before a place."""
        data = self._data
        for match in _ADDRESS.finditer(data, max(self._done - self._start, 0)):
            if match.start() >= limit:
                break
            begins = max(match.start() - _LONGEST_ENTRY, 0)
            line = max((each.end() for each in _NO_TEXT.finditer(data, begins, match.start())), default=begins)
            # One address of a line is looked at, so that a line of nothing but addresses takes no time.
            stop = _end(data, match.end())
            self._done = self._start + stop
            if data.count(b":", line, stop) > MOST_COLONS:
                continue
            for first in islice(_CODE.finditer(data, line, match.start() + 1), MOST_CODES):
                text = data[first.start() : stop].decode("cp850")
                if is_plain(text) or is_valid(text):
                    yield self._start + first.start(), self._start + stop, text
                    break


_CODE = re.compile(rb"[ADMR](?=[ \t])")
_LINE_END = re.compile(rb"\r?\n")


def _end(data: bytes, at: int) -> int:
    """Return where a text ends: at a control character, or at a line that does not go on with it."""
    stop = at
    while stop < at + MOST_TEXT:
        longest = stop + MOST_LINE
        found = _NO_TEXT.search(data, stop, longest)
        stop = found.start() if found else min(len(data), longest)
        ends = _LINE_END.match(data, stop)
        following = data[ends.end() : ends.end() + 2].decode("latin-1") if ends else ""
        if ends is None or not following.strip() or not continues(following):
            return stop
        stop = ends.end()
    return stop
