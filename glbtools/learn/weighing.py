"""How well a layout's texts do: what is no transaction, what belongs to no text, what was cut off from one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from glbtools.formats.queue import Queue
from glbtools.learn import columns
from glbtools.learn.arrange import Arrangement
from glbtools.learn.chain import Held
from glbtools.learn.fields import HEAD, TAIL, Claim, Sight, free
from glbtools.learn.framing import Rule
from glbtools.learn.material import ANCHOR, CONTROL, Material

FEWEST = 4
"""Texts that must end alike before that says anything."""


def unlisted(materials: Sequence[Material], queues: Sequence[Queue]) -> int:
    """Return how many texts and numbers differ from what the listing says."""
    count = 0
    for material, queue in zip(materials, queues, strict=True):
        head = queue.codec.len_head
        for record in queue.records if material.listed else ():
            row = material.listed.get(record.start + head)
            raw = record.text.encode(queue.layout.encoding, "surrogateescape")
            count += row is not None and row.whole and raw.rstrip(b"\0") != row.text
            count += row is not None and row.sync != record.sync
    return count


def cut_off(records: Sequence[Held], rule: Rule, arrangement: Arrangement, claims: Sequence[Claim]) -> int:
    """Return how many bytes beside the texts look as if they belonged to them: letters and digits that vary."""
    sight = Sight(records, rule)
    places = [(HEAD, at) for at in range(1, arrangement.head + 1)]
    places += [
        (TAIL, at) if rule.stride > 1 else (HEAD, arrangement.head + arrangement.trail - at)
        for at in range(arrangement.trail)
    ]
    count = 0
    for side, at in places:
        if not free(side, at, 1, claims):
            continue
        column = sight.raw(side, at, 1)
        like = sum(_WORD.match(raw) is not None for raw in column)
        varied = len(set(column)) > 3 and sum(raw in _HEX for raw in column) < len(column) * (1 - columns.SPOILED)
        count += len(column) if varied and like >= len(column) * (1 - columns.SPOILED) else 0
    return count


_WORD = re.compile(rb"[A-Za-z0-9 /.,@()-]")


MISFRAMED = ("length", "terminator", "padding")
"""Faults of the reader where a length and what stands at the text's end do not agree."""


def is_odd(raw: bytes) -> bool:
    """Whether a text is none: it begins like no transaction, holds what none holds, or is padding in part."""
    return not ANCHOR.match(raw) or CONTROL.search(raw) is not None or _FILLING.search(raw) is not None


_FILLING = re.compile(rb"\xff{3}|\x00| {40}| {3}$|\r\n$")


def alike(raws: Sequence[bytes], *, same: bool) -> int:
    """Return how many of the last characters are hex digits in all texts, or the same: they belong to no text."""
    if len(raws) < FEWEST:
        return 0
    count = 0
    for back in range(1, 9):
        last = [raw[-back : len(raw) - back + 1] for raw in raws]
        digits = sum(each in _HEX for each in last) >= len(last) * (1 - columns.SPOILED)
        if not digits and not (same and columns.constant(last) is not None):
            return count
        count = back
    return count


_HEX = {bytes([byte]) for byte in b"0123456789ABCDEF"}
