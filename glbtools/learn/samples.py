"""What a layout is learnt from: the bytes of files, where texts may begin in them, and what listings say of them."""

from __future__ import annotations

import itertools
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from glbtools.binary import stamp
from glbtools.binary.records import Record
from glbtools.errors import UsageError
from glbtools.formats.listing import printed_lines
from glbtools.learn.hints import saying

ANCHOR = re.compile(rb"[ADMRT#][ \t](?=[^\x00-\x1f\x7f])")
"""How a transaction begins (docs/facts/files.md#transactions): its code, a blank or tab, something that can be read."""

CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What no transaction holds."""

CONTROLS = bytes(byte for byte in range(256) if CONTROL.match(bytes([byte])))

FEWEST_STRONG = 0.4
_INSIDE = re.compile(rb"[A-Za-z \t./:,-]")
"""What stands before a code letter that is part of a text: ``Paul A Smith``."""


class ListedRecord(NamedTuple):
    """What a listing says of a record.

    Attributes:
        sync: its number.
        stamp: by the clock of who printed it; None where the listing has no dates.
        checksum: None where the listing has none.
        text: in the file's code page, first line only where there are several: line ends may be stored otherwise.
        whole: whether ``text`` is the whole text.
        lines: the lines that follow the first one; they may be stored with any ends.
        broken: the text in the lines in which it is printed, if these are several: it was wrapped, or has lines.
    """

    sync: int
    stamp: datetime | None
    checksum: int | None
    text: bytes
    whole: bool
    lines: tuple[bytes, ...] = ()
    broken: tuple[bytes, ...] = ()

    def stored(self, data: bytes, start: int) -> ListedRecord:
        """Return it with its whole text, if that stands in a file with the same end behind each line but the last."""
        ways = (ending.join((self.text, *self.lines)) for ending in LINE_ENDS) if self.lines else ()
        whole = next((text for text in ways if data.startswith(text, start)), None)
        return self if whole is None else self._replace(text=whole, whole=True)


LINE_ENDS = (b"\r\n", b"\n", b"\r", b"\0")
"""What may stand between the lines of a text."""


@dataclass
class SampleFile:
    """One file to learn from.

    Attributes:
        path: as given.
        data: its bytes.
        anchors: where a text may begin, true ones and false ones.
        strong: those of them that do not stand in the middle of a text.
        listed: text start -> what a listing says of that record.
        printed: every row of its listings, those too whose text is not found; none without a listing.
        places: where the text of each of those rows begins; None for one that is not found.
        first, last: the number of the first and of the last record, where somebody knows it.
    """

    path: str
    data: bytes = field(repr=False)
    anchors: array[int] = field(default_factory=lambda: array("q"), repr=False)
    strong: array[int] = field(default_factory=lambda: array("q"), repr=False)
    listed: dict[int, ListedRecord] = field(default_factory=dict, repr=False)
    printed: list[ListedRecord] = field(default_factory=list, repr=False)
    places: list[int | None] = field(default_factory=list, repr=False)
    first: int | None = None
    last: int | None = None

    def __post_init__(self) -> None:
        """Find the anchors."""
        self.anchors = array("q", (match.start() for match in ANCHOR.finditer(self.data)))
        inside = _INSIDE.fullmatch
        self.strong = array("q", (at for at in self.anchors if not at or not inside(self.data, at - 1, at)))
        if len(self.strong) < FEWEST_STRONG * len(self.anchors):  # the byte before a text looks like one of a text
            self.strong = self.anchors

    def with_data(self, data: bytes) -> SampleFile:
        """Return the file with other bytes, and none of its listings; the numbers that somebody knows stay."""
        return SampleFile(self.path, data, first=self.first, last=self.last)

    def beginning(self, stop: int) -> SampleFile:
        """Return the beginning of the file, with what is known of it."""
        cut = SampleFile(self.path, self.data[:stop], first=self.first)
        cut.listed = {at: row for at, row in self.listed.items() if at < stop}
        cut.printed, cut.places = list(cut.listed.values()), list(cut.listed)
        return cut

    def control(self, start: int) -> int:
        """Where the first byte from ``start`` on is that no transaction holds; the end of the file without one."""
        found = CONTROL.search(self.data, start)
        return found.start() if found else len(self.data)

    def find(self, terminator: bytes, start: int) -> int:
        """Where a terminator first stands from ``start`` on; -1 without one."""
        return self.data.find(terminator, start)


_NAMES = ("first", "last")


def told(sample_files: Sequence[SampleFile], known: Sequence[str]) -> None:
    """Note what somebody knows of queue files: ``[FILE:]first=NUMBER``, ``[FILE:]last=NUMBER``.

    Raises:
        UsageError: it is something else, of a file that is not given, or said twice differently.
    """
    paths = [each.path for each in sample_files]
    for text in known:
        said = saying(text, paths)
        if said is None or said.record or said.name not in _NAMES:
            raise UsageError(f"--known {text}: of a queue file first=NUMBER or last=NUMBER can be known")
        if not said.value.isdecimal() or int(said.value) >= 1 << 32:
            raise UsageError(f"--known {text}: {said.value!r} is no transaction number")
        meant = said.meant(paths)
        own = [each for each in sample_files if each.path in meant]
        if len(own) != 1:
            raise UsageError(f"--known {text}: say which file, as FILE:{said.name}={said.value}")
        before = getattr(own[0], said.name)
        if before not in (None, int(said.value)):
            raise UsageError(f"--known {text}: {said.name} was said to be {before}")
        setattr(own[0], said.name, int(said.value))


def one_each(sample_files: Sequence[SampleFile]) -> tuple[list[SampleFile], list[str]]:
    """Return the files without those that have the bytes of one before, and which these are: they show nothing more.

    Raises:
        UsageError: other numbers are known of a copy than of the file itself.
    """
    kept: dict[bytes, SampleFile] = {}
    said = []
    for each in sample_files:
        own = kept.setdefault(each.data or each.path.encode("utf-8", "surrogateescape"), each)
        if own is each:
            continue
        said.append(f"{each.path} has the bytes of {own.path}: both are one sample")
        for name in _NAMES:
            one, other = getattr(own, name), getattr(each, name)
            if None not in (one, other) and one != other:
                raise UsageError(f"--known {name}={other} of {each.path}: it has the bytes of {own.path}, with {one}")
            setattr(own, name, other if one is None else one)
    return list(kept.values()), said


def with_listings(sample_files: Sequence[SampleFile], listings: Sequence[Sequence[ListedRecord]]) -> list[str]:
    """Match the rows of listings with the files they list; return what could not be matched, in words.

    A listing is of the file that holds most of its texts; of several that hold as many, of one that has none yet. Where
    both have one record, its number is known. Texts are looked for in the order of the listing, so that one
    that stands there twice is found twice; a text that is not found belongs to a damaged record.

    Raises:
        UsageError: two listings of one file contradict each other.
    """
    said = []
    for number, listing in enumerate(listings, 1):
        rows = _as_stored(listing, sample_files)
        found = [(_matched(sample_file, rows), sample_file) for sample_file in sample_files]
        best, sample_file = max(found, key=lambda each: (len(each[0]), not each[1].printed))
        if not rows or len(best) * 2 < len(rows):
            said.append(f"listing {number} is of none of the files: {len(best)} of its {len(rows)} texts are in one")
            continue
        stored = {id(row): row.stored(sample_file.data, at) for at, row in best.items()}
        best = {at: stored[id(row)] for at, row in best.items()}
        rows = [stored.get(id(row), row) for row in rows]
        _agree(number, best, sample_file)
        sample_file.listed = best | sample_file.listed if sample_file.listed else best
        known = {(row.sync, row.text) for row in sample_file.printed}
        more = [row for row in rows if (row.sync, row.text) not in known]
        places = {id(row): at for at, row in sample_file.listed.items()}
        sample_file.printed += more
        sample_file.places += [places.get(id(row)) for row in more]
        if len(rows) == len(sample_file.strong) == 1 and sample_file.last is None:
            sample_file.last = rows[0].sync
    return said


def _agree(number: int, found: Mapping[int, ListedRecord], sample_file: SampleFile) -> None:
    """Raise UsageError where a listing says otherwise than one before it."""
    for place, row in found.items():
        before = sample_file.listed.get(place)
        if before is None:
            continue
        for what in ("sync", "checksum", "text"):
            one, other = getattr(before, what), getattr(row, what)
            if None not in (one, other) and one != other:
                name = "number" if what == "sync" else what
                shown = row.text.decode("cp850")[:40]
                raise UsageError(
                    f"listing {number} contradicts one before it: {name} {other} in place of {one} of {shown!r}"
                )


def rows_of(records: Iterable[Record], encoding: str, data: bytes = b"") -> list[ListedRecord]:
    """Return what a listing says of each of its records; ``data`` is the listing, whose lines may be those of texts."""
    return [_row(each, encoding, data) for each in records]


def _as_stored(rows: Sequence[ListedRecord], sample_files: Sequence[SampleFile]) -> Sequence[ListedRecord]:
    """Return rows of a listing whose texts go on in further lines as the files have them: wrapped, or in lines.

    A line that is no wrapped one is the end of a text's line, which is stored in any way.
    """
    lines = {
        at: row._replace(text=row.broken[0], whole=False, lines=row.broken[1:])
        for at, row in enumerate(rows)
        if row.broken
    }
    some = list(lines)[:: max(1, len(lines) // LOOKED_AT)]

    def standing(told: Mapping[int, ListedRecord] | Sequence[ListedRecord]) -> int:
        texts = [(told[at].text, not told[at].whole) for at in some]
        return sum(any(_stands(each.data, *text) for each in sample_files) for text in texts)

    if standing(lines) <= standing(rows):
        return rows
    return [lines.get(at, row) for at, row in enumerate(rows)]


LOOKED_AT = 40
"""Rows of several lines that show how a listing prints texts of several."""


def _stands(data: bytes, text: bytes, goes_on: bool) -> bool:
    """Whether a text stands in a file, or a first line of one with the end of a line behind it."""
    return any(text + ending in data for ending in (LINE_ENDS if goes_on else (b"",)))


def _row(record: Record, encoding: str, data: bytes) -> ListedRecord:
    lines = re.split(r"\r\n|[\r\n]", record.text.rstrip("\0")) if not record.text.isprintable() else [record.text]
    first, *more = (each.encode("ascii" if each.isascii() else encoding, "replace") for each in lines)
    when = None if record.stamp is None else stamp.from_unix(record.stamp)
    printed = data[record.start : record.stop]
    broken = [each.encode(encoding, "replace") for each in printed_lines(printed)] if b"\n" in printed else []
    return ListedRecord(
        record.sync, when, record.checksum, first.rstrip(b"\0"), whole=not more, lines=tuple(more),
        broken=(*broken[:-1], *(each.rstrip(b"\0") for each in broken[-1:])),
    )  # fmt: skip


def _matched(sample_file: SampleFile, rows: Sequence[ListedRecord]) -> dict[int, ListedRecord]:
    found: dict[int, ListedRecord] = {}
    position = 0
    for at, row in enumerate(rows):
        start = sample_file.data.find(row.text, position) if row.text else -1
        if start < 0 or _overtakes(sample_file, rows[at + 1 : at + 4], position, start):
            continue
        found[start] = row
        position = start + len(row.text)
    if len(found) < IN_ORDER * len(rows) and len(scattered := _scattered(sample_file, rows)) > len(found):
        return scattered
    return found


IN_ORDER = 0.9
"""Share of a listing's rows that stand in its order in a file that is written in that order, but for damage."""


def _scattered(sample_file: SampleFile, rows: Sequence[ListedRecord]) -> dict[int, ListedRecord]:
    """Return rows by where their texts stand in any order; a text that may stand in two places is left out."""
    found: dict[int, ListedRecord] = {}
    begins: dict[bytes, list[int]] = {}
    for size, at in itertools.product(BEGINNINGS, sample_file.anchors):
        begins.setdefault(sample_file.data[at : at + size], []).append(at)
    taken, times = set[int](), Counter(row.text for row in rows)
    for row in sorted(rows, key=lambda each: -len(each.text)):  # what begins a longer one is found beside it
        size = next((each for each in BEGINNINGS if each <= len(row.text)), 0)
        if not size or times[row.text] > 1:
            continue
        places = [
            at
            for at in begins.get(row.text[:size], ())
            if at not in taken and sample_file.data.startswith(row.text, at)
        ]
        if len(places) == 1:
            found[places[0]] = row
            taken.add(places[0])
    return found


BEGINNINGS = (32, 16, 8)
"""Bytes by which the texts of a file are looked up."""


def _overtakes(sample_file: SampleFile, coming: Sequence[ListedRecord], position: int, start: int) -> bool:
    """Whether the rows that follow stand before ``start``: the text found there is a later record's."""
    before = sum(sample_file.data.find(each.text, position, start) >= 0 for each in coming if each.text)
    return bool(coming) and before == len(coming) and before > 1
