"""Where a record begins and ends: how many bytes belong to the file's header, before the text, and behind it.

The distance between two texts is known; which part of it belongs to which record shows at the ends of the file: the
first record has nothing before it but the file's header, the last nothing behind it. Links say it outright.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from glbtools.binary.layout import FILLING, TERMINATORS
from glbtools.learn import columns
from glbtools.learn.chain import Chain, ChainRecord, neighbours
from glbtools.learn.fields import HEAD, TAIL, Claim, Reading, Sight, free, link_head
from glbtools.learn.framing import Rule
from glbtools.learn.samples import CONTROL

LARGEST_HEADER = 64
"""Bytes before the first record, at most."""

UNLIKE_BITS = 12.0
"""What it costs that a byte before the first text is not what it is before all others."""

NUMBER_BITS = 40.0
"""What it costs that the first record's number does not go with the others."""

HEADER_BITS, MOST_HEADER_BITS = 8.0, 40.0
LEFT_OVER_BITS = 20.0
"""What it costs, at most, that behind texts stands what a buffer held before."""

LARGEST_TRAIL = 16
"""Bytes behind a text that are a field of their own, at most, where no field is known there."""

LOST_BITS = 120.0
"""What it costs to take what stands before the first record for a lost record and not for the file's header."""


class Alignment(NamedTuple):
    """How the bytes beside the texts are shared out.

    Attributes:
        header: bytes of the file before the first record.
        head: bytes of a record before its text; ``trail``: behind the text and its terminator.
        pad: the byte that fills a stride.
        bits: what does not fit; lower is better.
    """

    header: int
    head: int
    trail: int
    pad: int
    bits: float


def alignments(records: Chain, rule: Rule, reading: Reading) -> list[Alignment]:
    """Return the ways to share out the bytes, best first."""
    sight = Sight(records, rule)
    chains = records.of_files
    firsts = [chain[0] for chain in chains]
    told = link_head(sight, reading.claims)
    heads = {told} if told else _heads(chains, rule, sight)
    broken, strange = _behind_breaks(sight)
    found = []
    for head in sorted(heads):
        if head > max(each.start for each in firsts):
            continue
        trail, pad, spoiled = _trail(sight, rule, head, fields=any(each.side == TAIL for each in reading.claims))
        if trail < 0:
            continue
        spoiled += UNLIKE_BITS * broken * sum(back <= head for back in strange)
        for header in _headers(firsts, rule, head):
            bits = spoiled + sum(
                _edges(sight, rule, reading, chain, header=header, head=head, trail=trail) for chain in chains
            )
            bits += 3 * bool(header) + 3 * bool(trail) + bool(strange and header % 2)  # a zero may be of either
            found.append(Alignment(header, head, trail, pad, bits))
    return sorted(found, key=lambda each: (each.bits, each.header, each.trail))


def _behind_breaks(sight: Sight) -> tuple[int, list[int]]:
    """Return how many records begin behind a break, and how far before most of those another byte stands than usual.

    Where a page ends the header of the next stands there, in place of the end of the record before.
    """
    pairs = list(neighbours(sight.records))
    inside = [other for one, other in pairs if one.joined and one.next == other.start]
    broken = [other for one, other in pairs if not one.joined and one.next <= other.start]
    strange = []
    for back in range(1, sight.before + 1) if len(broken) > 1 and inside else ():
        usual = columns.constant([sight.bytes_at(each, HEAD, back, 1) for each in inside])
        differing = sum(sight.bytes_at(each, HEAD, back, 1) != usual for each in broken)
        strange += [back] if usual is not None and 2 * differing > len(broken) else []
    return len(broken), strange


def _headers(firsts: Sequence[ChainRecord], rule: Rule, head: int) -> set[int]:
    """Return the lengths of the file's header worth trying: what is before the first record, unless that is lost."""
    before = Counter(first.start - head for first in firsts).most_common(1)[0][0]
    less = before % rule.stride if rule.stride > 1 and not rule.lead else 0
    return {header for header in (before, less) if 0 <= header <= LARGEST_HEADER}


def _heads(chains: Sequence[Sequence[ChainRecord]], rule: Rule, sight: Sight) -> set[int]:
    """Return the lengths of a record's head worth trying."""
    lowest = min(chain[0].start for chain in chains)
    if not lowest and any(sight.rows()):
        return {0}  # all fields stand behind the texts, as rows show that tell which number is of which text
    most = min(lowest, sight.before)
    heads = {chain[-1].next - len(chain[-1].sample_file.data) for chain in chains}
    heads |= {lowest - header for header in range(LARGEST_HEADER)}
    if rule.stride == 1:
        heads |= {sight.before - trail for trail in range(17)}
    return {head for head in heads if 0 < head <= most}


def _trail(sight: Sight, rule: Rule, head: int, *, fields: bool) -> tuple[int, int, float]:
    """Return the bytes behind a text that are not padding, the byte that fills, and what does not fit.

    ``fields`` says whether some of them are fields. Where a length says where a text ends, and no field stands behind
    it, a buffer may go on with what it held before.
    """
    ending = len(TERMINATORS[rule.terminator])
    if rule.stride == 1:
        return rule.gap - ending - head, 0, 0.0
    if rule.by == "stride":
        spoiled = sum(not _room(each, rule, head) for each in sight.records)
        return 0, rule.pad, 4.0 * spoiled
    regions = [
        each.sample_file.data[each.stop + ending : each.next - head]
        for each in sight.records
        if each.joined and each.next - head >= each.stop + ending
    ]
    if len(regions) * 10 < sum(each.joined for each in sight.records) * 8:
        return -1, 0, 0.0
    lasts = Counter(region[-1] for region in regions if region)
    pad = max((0, 0x20, 0xFF), key=lambda byte: lasts[byte])
    lengths = sorted(len(region.rstrip(bytes([pad]))) for region in regions)
    trail = lengths[int((len(lengths) - 1) * (1 - columns.SPOILED))]
    low, high = rule.gap - head - ending, max(rule.gap, rule.widest) - head - ending
    left_over = not fields
    if rule.by == "length" and rule.excess > ending:  # it counts the record: what it counts beside the text is known
        trail = rule.excess + rule.lead - head - ending
    elif left_over:  # a length or a terminator says where a text ends; behind it may stand what was there
        slots = all(each.next - each.start == rule.stride for each in sight.records if each.joined)
        trail = max(trail if trail <= LARGEST_TRAIL else 0, 0 if slots else low)  # slots have room to spare
    else:
        trail = max(low, 0) if rule.by == "length" and trail > high else max(trail, low, 0)
    if not 0 <= trail <= high:
        return -1, 0, 0.0
    bits = 4.0 * sum(bool(region[trail:].strip(bytes([pad]))) for region in regions)
    return trail, pad, min(bits, LEFT_OVER_BITS) if left_over else bits


def _room(held: ChainRecord, rule: Rule, head: int) -> bool:
    """Whether a text and nothing but padding stands between its beginning and the next record."""
    room = held.sample_file.data[held.start : held.start + rule.stride - head].rstrip(bytes([rule.pad]))
    return CONTROL.search(room) is None


def _edges(
    sight: Sight, rule: Rule, reading: Reading, chain: Sequence[ChainRecord], header: int, head: int, trail: int
) -> float:
    """Return what does not fit at both ends of a file, in bits."""
    data, first, last = chain[0].sample_file.data, chain[0], chain[-1]
    bits = 0.0
    begins = first.start - head
    if begins < header or (rule.stride > 1 and not rule.lead and (begins - header) % rule.stride):
        bits += 30
    elif begins == header:
        bits += min(MOST_HEADER_BITS, sum(1.0 if byte == 0 else HEADER_BITS for byte in data[:header]))
        bits += _unlike(sight, reading, chain, at=0, head=head, side=HEAD)
    else:
        bits += MOST_HEADER_BITS / 2 if _begins_there(sight, data, header, head) else LOST_BITS
    ending = len(TERMINATORS[rule.terminator])
    stop = last.stop + ending + trail
    if rule.stride > 1:
        begin = last.start - head
        stop = begin + rule.lead + -(-(stop - begin - rule.lead) // rule.stride) * rule.stride
    if last.joined:
        return bits
    if stop > len(data):
        bits += min(40.0, 8.0 * (stop - len(data)))
    else:
        bits += min(20.0, 4.0 + len(data[stop:].strip(FILLING))) if stop < len(data) else 0.0
        if rule.stride == 1 and trail:
            bits += _unlike_tail(sight, last, rule, head, trail)
    straddling = [
        claim
        for claim in reading.claims
        if claim.side == HEAD and rule.stride == 1 and claim.at > head > claim.at - claim.number.size
    ]
    return bits + 20.0 * len(straddling)


def _begins_there(sight: Sight, data: bytes, header: int, head: int) -> bool:
    """Whether the bytes before the first sound record begin as records do: there was one, and it is damaged."""
    told = [(back, columns.constant(sight.raw(HEAD, back, 1))) for back in range(1, min(head, sight.before) + 1)]
    fixed = [(back, value) for back, value in told if value is not None]
    same = sum(data[header + head - back : header + head - back + 1] == value for back, value in fixed)
    return bool(fixed) and same * 10 >= len(fixed) * 8


def _unlike(sight: Sight, reading: Reading, chain: Sequence[ChainRecord], at: int, head: int, side: str) -> float:
    """Return how the first record's head differs from those of the others: constants, and the number."""
    data, held = chain[at].sample_file.data, chain[at]
    bits = 0.0
    links = [each for each in reading.claims if each.role == "link" and each.side == HEAD]  # the first may lead nowhere
    for back in range(1, min(head, sight.before) + 1):
        value = columns.constant(sight.raw(side, back, 1)) if free(HEAD, back, 1, links) else None
        if value is not None and data[held.start - back : held.start - back + 1] != value:
            bits += UNLIKE_BITS
    for claim in reading.claims:
        if claim.side != HEAD or claim.at > head or len(chain) < 2:
            continue
        one, other = (
            claim.number.read(data, held.start - claim.at),
            claim.number.read(data, chain[1].start - claim.at),
        )
        if (
            claim.role == "sync"
            and not reading.turned
            and (one is None or other is None or not 0 < other - one <= columns.LARGEST_STEP)
        ):
            bits += NUMBER_BITS
        if claim.role == "stamp" and (one is None or not columns.dated([one])):
            bits += 16.0
    return bits


def _unlike_tail(sight: Sight, last: ChainRecord, rule: Rule, head: int, trail: int) -> float:
    """Return how what stands behind the last text differs from what stands behind the others."""
    data, ending = last.sample_file.data, len(TERMINATORS[rule.terminator])
    bits = 0.0
    for offset in range(trail):
        back = head + trail - offset
        value = columns.constant(sight.raw(HEAD, back, 1))
        at = last.stop + ending + offset
        if value is not None and data[at : at + 1] != value:
            bits += 8.0
    return bits


def placed(claim: Claim, alignment: Alignment) -> tuple[str, int]:
    """Return the section and the offset of a field in a layout."""
    if claim.side == TAIL:
        return "trailer", claim.at
    if claim.at <= alignment.head:
        return "record", alignment.head - claim.at
    return "trailer", alignment.head + alignment.trail - claim.at
