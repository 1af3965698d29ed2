"""Texts whose bytes are changed, found by what a listing prints of them.

The differences of neighbouring bytes are the same whatever the key is (exclusive or, or a number added to each), and
where each byte is changed by the one before they are the text, or those of the text are stored. They are looked for in
the file. A text that stands there as often as not is no accident, since few ways are tried and it has dozens of bytes.
Where the keys differ between records, the number or a byte before the text must be the key.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from operator import sub, xor
from typing import NamedTuple

from glbtools.binary.field import Field
from glbtools.binary.layout import Layout
from glbtools.binary.obscuring import TAB, Obscuring, exclusive
from glbtools.formats.queue import parse_queue
from glbtools.learn.alignment import LARGEST_HEADER
from glbtools.learn.framing import rules
from glbtools.learn.inserting import with_field
from glbtools.learn.samples import ListedRecord, SampleFile
from glbtools.learn.scoring import is_odd

SHORTEST = 8
"""Bytes of a text that is looked for."""

SAMPLE = 64
"""Texts that are looked for, at most, to see how they are changed."""

ENOUGH = 2 / 3
"""Share of the printed texts that must stand in a file under one key."""

FARTHEST, FEWEST_KEYS, AGREEING = 64, 4, 0.97
"""Bytes before a text in which its key is looked for, different keys that place it, and the share that it must open."""


class HiddenText(NamedTuple):
    """One printed text where it stands in a file: offset, the row that prints it, and the key of its first byte."""

    at: int
    row: ListedRecord
    key: int


class Cover(NamedTuple):
    """How the texts of a file are changed.

    Attributes:
        way: as ``binary.obscuring`` has it.
        key: of all texts; None where each record has its own.
        distances: how many bytes before a text its key may stand; ``numbered``: whether the number may be the key.
    """

    way: str
    key: int | None = None
    distances: tuple[int, ...] = ()
    numbered: bool = False

    @property
    def spelled(self) -> str:
        """As a layout has it, where all texts have one key."""
        return f"{self.way}:{self.key}" if self.way == "rol" else f"{self.way}:{self.key:02x}"

    def over(self, layout: Layout) -> Layout | None:
        """Return a layout whose texts are changed in this way; None where no field of it has the key."""
        if self.key is not None:
            return layout._replace(obscured=self.spelled)
        head = max(each.stop for each in layout.section("record"))
        owners = [(each, head - away) for away in self.distances for each in layout.section("record") if each.size]
        owners = [(each, at) for each, at in owners if each.offset <= at < each.stop]
        for each, at in sorted(owners, key=lambda owner: owner[0].role != "sync"):
            if each.numeric and each.kind not in {"dec", "hex"} and at == _lowest(each):
                return layout._replace(obscured=f"{self.way}:{each.name}")
            if each.role in {"opaque", "constant"}:
                key = Field(
                    "key", "record", at, kind="u8", size=1, role="opaque", status="observed", doc="the key of the text"
                )
                return with_field(layout, key)._replace(obscured=f"{self.way}:key")
        return layout._replace(obscured=f"{self.way}:sync") if self.numbered else None

    def __str__(self) -> str:
        """In words."""
        if self.way == "tab":
            return f"texts stand in parts: a byte 0x{self.key:02x} where a tab is meant, between alias and address"
        if self.way == "rol":
            return f"each byte of a text is stored with its bits turned left by {self.key}, as the listing shows"
        if self.way in {"xor-stored", "xor-clear"}:
            which = "the stored" if self.way == "xor-stored" else "the readable"
            return f"each byte of a text is stored exclusive or with {which} byte before it, as the listing shows"
        how = "exclusive or with" if self.way == "xor" else "increased by"
        if self.key is None:
            return f"each byte of a text is stored {how} a key of its record, as the listing shows"
        return f"each byte of a text is stored {how} 0x{self.key:02x}, as the listing shows"


def _lowest(field: Field) -> int:
    """Return where the lowest byte of a number stands."""
    return field.stop - 1 if field.byte_order == "big" else field.offset + 2 * (field.kind == "w32")


def _differences(data: bytes, differ: Callable[[int, int], int] = xor) -> bytes:
    if differ is xor:
        return exclusive(data[1:], data[:-1])
    return bytes(differ(one, other) & 0xFF for one, other in zip(data[1:], data, strict=False))


def _hidden(data: bytes, rows: Sequence[ListedRecord], way: str, bits: int = 0) -> Iterator[HiddenText]:
    """Yield the printed texts that stand in a file, changed in one way: one that is there twice, where it is next."""
    differ = sub if way == "add" else xor
    searched = data if way in {"rol", "xor-clear"} else _differences(data, differ)
    position, taken = 0, set[int]()
    for row in rows:
        if len(row.text) < SHORTEST:
            continue
        pattern = _differences(row.text, differ)
        if way in {"rol", "xor-stored"}:
            pattern = row.text[1:] if way == "xor-stored" else Obscuring(f"rol:{bits}").stored(row.text)
        at = searched.find(pattern, position)
        at = (at if at >= 0 else searched.find(pattern)) - (way == "xor-clear")
        if at >= 0 and at not in taken:
            position = at + len(row.text)
            taken.add(at)
            yield HiddenText(at, row, bits or differ(data[at], row.text[0]) & 0xFF)


def _ways() -> Iterator[tuple[str, int]]:
    """Yield what is tried, the plainest first; turned bits by how many."""
    yield from (("xor", 0), ("add", 0), ("xor-stored", 0), ("xor-clear", 0))
    yield from (("rol", bits) for bits in range(1, 8))


def cover_of(sample_file: SampleFile, rows: Sequence[ListedRecord]) -> Cover | None:
    """Return how texts that a listing prints are changed in a file; None where they are not, or not so."""
    rows = [each for each in rows if len(each.text) >= SHORTEST]
    rows = rows[:: -(-len(rows) // SAMPLE) or 1]
    wanted = max(2, ENOUGH * len(rows))
    for way, bits in _ways():
        found = list(_hidden(sample_file.data, rows, way, bits))
        if len(found) < wanted:
            continue
        key, same = Counter(each.key for each in found).most_common(1)[0]
        if same >= wanted and (key or way not in {"xor", "add"}):
            return Cover(way, key)
        if way in {"xor", "add"} and len({each.key for each in found}) >= FEWEST_KEYS:
            cover = _keyed(sample_file.data, found, way)
            if cover.distances or cover.numbered:
                return cover
    return None


def _keyed(data: bytes, found: Sequence[HiddenText], way: str) -> Cover:
    """Return where the keys of records stand, as far as one place has nearly all of them."""
    enough = AGREEING * len(found)
    distances = [
        away for away in range(1, FARTHEST + 1) if sum(data[each.at - away] == each.key for each in found) >= enough
    ]
    numbered = sum(each.row.sync & 0xFF == each.key for each in found) >= enough
    return Cover(way, None, tuple(distances), numbered)


def cleared(sample_file: SampleFile, rows: Sequence[ListedRecord], cover: Cover) -> SampleFile:
    """Return a file with the printed texts as they are meant; all other bytes are those of the file."""
    data = bytearray(sample_file.data)
    bits = cover.key or 0 if cover.way == "rol" else 0
    for each in _hidden(sample_file.data, rows, cover.way, bits):
        if cover.key in {None, each.key}:
            data[each.at : each.at + len(each.row.text)] = each.row.text
    return sample_file.with_data(bytes(data))


def followed(sample_file: SampleFile, cover: Cover) -> SampleFile:
    """Return a file with those texts as they are meant, too, that lead to or follow those that a listing prints."""
    rule = next((each for each in rules([sample_file]) if each.by == "length" and each.stride == 1), None)
    if rule is None or (cover.key is None and not cover.distances):
        return sample_file
    data, known = bytearray(sample_file.data), set(sample_file.listed)
    obscuring = Obscuring(cover.spelled if cover.key is not None else f"{cover.way}:own")
    ends = {len(data), len(data) + rule.gap}
    for first in [*range(rule.distance, rule.distance + LARGEST_HEADER), *sorted(known)]:
        passed, at = [], first
        while (length := rule.length(sample_file, at)) and (at not in known or at == first):
            passed.append((at, at + length))
            at += rule.step(length)
        if at not in known and not any(stop <= at <= stop + rule.gap for stop in ends):
            continue
        texts = {
            start: obscuring.clear(
                sample_file.data[start:stop], sample_file.data[start - cover.distances[0]] if cover.distances else None
            )
            for start, stop in passed
            if start not in known
        }
        if not any(map(is_odd, texts.values())):
            for start, text in texts.items():
                data[start : start + len(text)] = text
            known |= texts.keys()
    return sample_file.with_data(bytes(data))


def in_parts(sample_files: Sequence[SampleFile]) -> tuple[list[SampleFile], Cover | None]:
    """Return files whose texts have a tab between alias and address, and what stands there in the files.

    No listing is needed for that; where a tab stands there, the files are what they were.
    """
    found = Counter(match[1][0] for each in sample_files for match in _PARTS.finditer(each.data))
    (between, count), *_ = found.most_common(1) or [(TAB, 0)]
    if between == TAB or count < max(FEWEST_PARTS, PARTS * found.total()):
        return list(sample_files), None

    def whole(match: re.Match[bytes]) -> bytes:
        return match[0][:-1] + b"\t" if match[1][0] == between else match[0]

    return [each.with_data(_PARTS.sub(whole, each.data)) for each in sample_files], Cover("tab", between)


_PARTS = re.compile(rb"[ADM] [^\x00-\x1f\x7f]{1,60}([\x00-\x1f])(?=[A-Z0-9]{1,8}:[^\x00-\x1f\x7f])")
"""A code, an alias, and what stands before an address with its type."""

FEWEST_PARTS, PARTS = 4, 0.9
"""Texts in parts that show what stands between those, and the share of all texts that they must be."""


def read(sample_file: SampleFile, layout: Layout, known: SampleFile) -> SampleFile:
    """Return a file with all texts that a layout finds as they are meant, and those that are in ``known``."""
    return sample_file.with_data(readable(sample_file.data, layout, known.data))


def readable(data: bytes, layout: Layout, known: bytes = b"") -> bytes:
    """Return a file with all texts that a layout finds as they are meant; the rest as it is, or as it is ``known``."""
    if not layout.obscured:
        return data
    queue, found = parse_queue(data, layout), bytearray(known or data)
    for record in queue.records:
        raw, at = layout.encoded(record.text), record.start + queue.codec.len_head
        found[at : at + len(raw)] = raw
    return bytes(found)


def clear(
    sample_files: Sequence[SampleFile], printed: Sequence[Sequence[ListedRecord]]
) -> tuple[list[SampleFile], Cover | None]:
    """Return files with the texts that the rows of listings print, and how they are changed in the files."""
    for rows in printed:
        for sample_file in sample_files:
            if cover := cover_of(sample_file, rows):
                found = list(sample_files)
                for own in printed:
                    found = [cleared(each, own, cover) for each in found]
                return found, cover
    return list(sample_files), None
