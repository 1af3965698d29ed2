"""Texts whose bytes are changed by one key, found by what a listing prints of them.

The differences of neighbouring bytes are the same whatever the key is (exclusive or, or a number added to each): the
differences of a printed text are looked for in those of the file. A text that stands there under one key as often as
not is no accident, since 256 keys are tried at once and a text has dozens of bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import sub, xor

from glbtools.binary.layout import Layout
from glbtools.formats.listing import Listing
from glbtools.formats.queue import parse_queue
from glbtools.learn.material import ListedRecord, Material, rows_of

WAYS = {"xor": xor, "add": sub}
"""How bytes are changed, as a layout spells it -> what is left of a key between two of them."""

SHORTEST = 8
"""Bytes of a text that is looked for."""

ENOUGH = 2 / 3
"""Share of the printed texts that must stand in a file under one key."""


def key_of(material: Material, rows: Sequence[ListedRecord]) -> str:
    """Return how texts that a listing prints are changed in a file, as a layout spells it; empty where they are not."""
    texts = [each.text for each in rows if len(each.text) >= SHORTEST]
    for way, differ in WAYS.items():
        differences = _differences(material.data, way)
        keys: Counter[int] = Counter()
        for text in texts:
            at = differences.find(_differences(text, way))
            if at >= 0:
                keys[differ(material.data[at], text[0]) & 0xFF] += 1
        for key, found in keys.most_common(1):
            if key and found >= max(2, ENOUGH * len(texts)):
                return f"{way}:{key:02x}"
    return ""


def _differences(data: bytes, way: str) -> bytes:
    return bytes(WAYS[way](one, other) & 0xFF for one, other in zip(data[1:], data, strict=False))


def cleared(material: Material, rows: Sequence[ListedRecord], obscured: str) -> Material:
    """Return a file with the printed texts as they are meant; all other bytes are those of the file."""
    data, hidden = bytearray(material.data), _layout(obscured).hidden
    position = 0
    for row in rows:
        at = material.data.find(row.text.translate(hidden), position) if row.text else -1
        if at >= 0:
            position = at + len(row.text)
            data[at:position] = row.text
    return Material(material.path, bytes(data), first=material.first, last=material.last)


def read(material: Material, layout: Layout) -> Material:
    """Return a file with all texts that a layout finds as they are meant."""
    return Material(material.path, readable(material.data, layout), first=material.first, last=material.last)


def readable(data: bytes, layout: Layout) -> bytes:
    """Return a file with all texts that a layout finds as they are meant."""
    if not layout.obscured:
        return data
    queue, found = parse_queue(data, layout), bytearray(data)
    for record in queue.records:
        raw, at = layout.encoded(record.text), record.start + queue.codec.len_head
        found[at : at + len(raw)] = raw
    return bytes(found)


def clear(materials: Sequence[Material], listings: Sequence[Listing], encoding: str) -> tuple[list[Material], str]:
    """Return files with the texts that listings print as they are meant, and how they are changed in the files."""
    for listing in listings:
        rows = rows_of(listing, encoding)
        for material in materials:
            if obscured := key_of(material, rows):
                return [cleared(each, rows, obscured) for each in materials], obscured
    return list(materials), ""


def _layout(obscured: str) -> Layout:
    return Layout("", "queue", "", "observed", (), obscured=obscured)
