"""How well a layout's texts do: what is no transaction, what belongs to no text, what was cut off from one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from glbtools.binary.layout import FILLING
from glbtools.formats.queue import Queue
from glbtools.formats.transaction import is_plain, parse
from glbtools.learn import columns
from glbtools.learn.alignment import Alignment
from glbtools.learn.chain import Chain
from glbtools.learn.fields import HEAD, TAIL, Claim, Sight, free
from glbtools.learn.framing import BINARY, Rule
from glbtools.learn.samples import ANCHOR, CONTROLS

FEWEST = 4
"""Texts that must end alike before that says anything."""


def cut_off(
    records: Chain,
    rule: Rule,
    alignment: Alignment,
    claims: Sequence[Claim],
    copied: frozenset[int],
) -> int:
    """Return how many bytes beside the texts look as if they belonged to them: letters and digits that vary."""
    sight = Sight(records, rule)
    places = [(HEAD, at) for at in range(1, alignment.head + 1)]
    places += [
        (TAIL, at) if rule.stride > 1 else (HEAD, alignment.head + alignment.trail - at)
        for at in range(alignment.trail)
        if at not in copied
    ]
    told = any(each.sample_file.listed for each in records[:1])  # a listing says where a text ends
    count = 0
    for side, at in places:
        if not free(side, at, 1, claims):
            continue
        column = sight.raw(side, at, 1)
        like = sum(_WORD.match(raw) is not None for raw in column)
        digits = sum(raw in _HEX for raw in column) >= len(column) * (1 - columns.SPOILED)
        before = side == HEAD and at <= alignment.head
        varied = len(set(column)) > 3 and not (digits if before or told else spread_evenly(column))
        count += len(column) if varied and like >= len(column) * (1 - columns.SPOILED) else 0
    return count


_WORD = re.compile(rb"[A-Za-z0-9 /.,@()-]")


MISFRAMED = ("length", "terminator", "padding")
"""Faults of the reader where a length and what stands at the text's end do not agree."""


def of_one_kind(queue: Queue) -> tuple[int, int]:
    """Return of how many bytes the places are that are no records and begin alike, and how many; none by damage."""
    sizes = Counter((len(each.data), each.data[:1]) for each in queue.gaps if each.data.strip(FILLING))
    (size, _), count = sizes.most_common(1)[0] if sizes else ((0, b""), 0)
    return (size, count) if count >= FEWEST_ALIKE else (0, 0)


FEWEST_ALIKE = 3
"""Places that are no records, of one size and with one beginning, that are no damage."""


def is_blank(text: str) -> bool:
    """Whether a record has no text: zeros behind the last record of a fixed size look so."""
    return not text.strip("\0 \xa0\xff")


def is_odd(raw: bytes) -> bool:
    """Whether a text is none: it begins like no transaction, holds what none holds, or is padding in part.

    Between its lines a NUL may stand in place of a line end.
    """
    raw = NUL_LINE.sub(b"\r\n", raw) if b"\0" in raw else raw
    if not ANCHOR.match(raw) or len(raw.translate(None, CONTROLS)) < len(raw):
        return True
    return raw.endswith(_FILLED_ENDS) or _FILLING[0] in raw or _FILLING[1] in raw


NUL_LINE = re.compile(rb"\x00(?=- .|  \S)")
"""The end of a line where lines end in NUL: a template field or the entry as it is to be stands behind it."""

_FILLING, _FILLED_ENDS = (b"\xff" * 3, b" " * 40), (b"   ", b"   \n", b"\r\n", b"\r\n\n")
"""What fills a field, and what only padding and lines that are none end in."""


def alike(raws: Sequence[bytes], *, same: bool) -> int:
    """Return how many of the last characters belong to no text: the same in all, or the digits of a checksum.

    That last characters are digits is no sign by itself, for mailboxes end so: only of many texts, and with all 16
    digits about equally often at each place.
    """
    if len(raws) < FEWEST:
        return 0
    count = 0
    for back in range(1, 9):
        last = [raw[-back : len(raw) - back + 1] for raw in raws]
        if not spread_evenly(last) and not (same and columns.constant(last) is not None):
            return count
        count = back
    return count


def spread_evenly(symbols: Sequence[bytes]) -> bool:
    """Whether symbols are hex digits, each about equally often (docs/certainty.md 3)."""
    digits = Counter(each for each in symbols if each in _HEX)
    total = digits.total()
    if total < FEWEST_DIGITS or total < len(symbols) * (1 - columns.SPOILED):
        return False
    expected = total / len(_HEX)
    return sum((digits[each] - expected) ** 2 / expected for each in _HEX) < UNEVEN


FEWEST_DIGITS, UNEVEN = 64, 30.58
"""Texts that show a checksum in digits, and chi-square of 16 symbols beyond which one in a hundred even ones lies."""


def grammatical(texts: Sequence[str]) -> int:
    """Return how many texts the grammar of transactions accepts without a fault."""
    return sum(text.startswith("#") or is_plain(text) or not parse(text).faults for text in texts)


def copies(sight: Sight, rule: Rule, alignment: Alignment) -> frozenset[int]:
    """Return which bytes behind the text hold the length again, by their offsets in the trailer."""
    if rule.by != "length" or rule.number is None:
        return frozenset()
    lengths = sight.values(HEAD, rule.distance, rule.number)
    if len(set(lengths)) < FEWEST_LENGTHS:
        return frozenset()
    found: set[int] = set()
    for number in BINARY:
        for at in range(alignment.trail - number.size + 1):
            back = alignment.head + alignment.trail - at
            values = sight.values(TAIL, at, number) if rule.stride > 1 else sight.values(HEAD, back, number)
            if sum(a == b for a, b in zip(values[1:], lengths, strict=False)) >= len(lengths[1:]) * SURE and (
                rule.stride == 1
            ):
                found |= set(range(at, at + number.size))
            if rule.stride > 1 and sum(a == b for a, b in zip(values, lengths, strict=True)) >= len(lengths) * SURE:
                found |= set(range(at, at + number.size))
    return frozenset(found)


FEWEST_LENGTHS, SURE = 3, 0.97


_HEX = {bytes([byte]) for byte in b"0123456789ABCDEF"}
