"""The layout of a queue file: every rule of framing that holds, explained column by column, ranked, and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from glbtools.binary.layout import TERMINATORS, Field, Layout
from glbtools.binary.layout import parse as parse_layout
from glbtools.formats.queue import Queue, parse_queue
from glbtools.layouts.written import to_toml
from glbtools.learn import columns
from glbtools.learn.arrange import Arrangement, arrangements, placed
from glbtools.learn.chain import Held, chain, sample
from glbtools.learn.fields import HEAD, TAIL, Claim, Reading, Sight, free, readings
from glbtools.learn.framing import Number, Rule, rules
from glbtools.learn.material import ANCHOR, CONTROL, Material

MOST_RULES = 10
MOST_ODD = 0.3
COVERING = 0.7
"""Share of what the best rule accounts for below which another is not looked at."""

FEWEST = 4
"""Records without which nothing is believed."""

CLEAR = 10.0
"""Bits by which a layout must be better than one that reads the files otherwise."""

EXPLAINED = 0.85
"""Share of a file's bytes that a layout must explain, and of its texts that must be transactions."""

MOST_BITS = 10
"""What a layout may leave to be explained of a record, in bits."""

ODD_BITS, ALIKE_BITS = 12.0, 6.0
"""What a text costs that is none, and a character that stands at the end of all texts."""

TEXT_BITS = 1.5
"""What a byte costs that is left out of a text although it looks like a part of it."""

ALIKE, CONTAINED = 0.9, 0.95
GAP_BITS, STRAY_BITS = 12.0, 0.1
"""What a gap between records costs, and each byte of it."""

MOST_ARRANGED = 4


class Candidate(NamedTuple):
    """One layout that explains the files.

    Attributes:
        layout: the layout.
        records: how many records it finds; ``explained``: share of the bytes in them.
        odd: share of the texts that are no transactions.
        bits: what it leaves to be explained; lower is better.
        rule, arrangement, reading: what it was made from.
        texts: what it reads, number and text of every record, for comparison.
        first: whether the number is told in the likeliest way that its framing allows.
    """

    layout: Layout
    records: int
    explained: float
    odd: float
    bits: float
    rule: Rule
    arrangement: Arrangement
    reading: Reading
    texts: tuple[tuple[int, str], ...]
    first: bool

    @property
    def sound(self) -> bool:
        """Whether it explains the files at all: damage is the exception."""
        enough = self.records >= FEWEST and self.explained >= EXPLAINED
        return enough and self.odd <= 1 - EXPLAINED and self.bits <= MOST_BITS * self.records

    def contradicts(self, other: Candidate) -> bool:
        """Whether it reads records otherwise than another layout, and not only fewer of them."""
        mine = set(self.texts)
        return len(mine & set(other.texts)) < CONTAINED * len(mine)

    def reads_as(self, other: Candidate) -> bool:
        """Whether two layouts read the same but for a few damaged records."""
        mine, theirs = set(self.texts), set(other.texts)
        return len(mine & theirs) >= ALIKE * max(len(mine), len(theirs))


def candidates(materials: Sequence[Material]) -> list[Candidate]:
    """Return layouts that explain queue files, best first; each reads them otherwise than those before it."""
    found: list[Candidate] = []
    for rule, records in _fitting(materials):
        for at, reading in enumerate(readings(records, rule)[:1]):
            found += _arranged(materials, records, rule, reading, first=not at)
    if any(each.sound and each.rule.by == "length" for each in found):
        found = [each for each in found if each.rule.by == "length"]  # what else ends a text is then no rule of its own
    found.sort(key=lambda each: each.bits)
    distinct: list[Candidate] = []
    for each in found:
        if not any(other.reads_as(each) for other in distinct):
            distinct.append(each)
    return distinct


def _fitting(materials: Sequence[Material]) -> list[tuple[Rule, list[Held]]]:
    """Return the rules that account for most of the bytes, with the records they give."""
    chained = []
    for rule in rules(materials):
        records = [held for material in materials for held in chain(material, rule)]
        if len(records) < 2:
            continue
        seen = sample(records)
        odd = sum(_odd(each.material.data[each.start : each.stop]) for each in seen)
        if odd <= len(seen) * MOST_ODD:
            chained.append((sum(each.next - each.start for each in records), rule, records))
    most = max((covered for covered, _, _ in chained), default=0)
    kept = [each for each in chained if each[0] >= COVERING * most]
    kept.sort(key=lambda each: (each[1].by != "length", -each[1].support))
    return [(rule, records) for _, rule, records in kept[:MOST_RULES]]


def _arranged(
    materials: Sequence[Material], records: Sequence[Held], rule: Rule, reading: Reading, *, first: bool
) -> Iterator[Candidate]:
    for arrangement in arrangements(records, rule, reading)[: MOST_ARRANGED if first else 1]:
        number, *others = reading.claims
        reading = replace(  # noqa: PLW2901
            reading, claims=[number, *(each for each in others if each.side == HEAD or _fits(each, arrangement))]
        )
        if any(_straddles(claim, arrangement, rule) for claim in reading.claims):
            continue
        layout = laid_out(records, rule, arrangement, reading)
        queues = [parse_queue(material.data, layout) for material in materials]
        texts = tuple((record.sync, record.text) for queue in queues for record in queue.records)
        raws = [text.encode(layout.encoding, "surrogateescape") for _, text in texts]
        odd = sum(map(_odd, raws)) + sum(fault.kind in _MISFRAMED for queue in queues for fault in queue.faults)
        size = sum(len(material.data) for material in materials)
        strayed = sum(gap.stop - gap.start for queue in queues for gap in queue.gaps)
        gaps = sum(len(queue.gaps) for queue in queues)
        bits = arrangement.bits + reading.bits + GAP_BITS * gaps + STRAY_BITS * strayed
        bits += ODD_BITS * odd
        if rule.by == "length" and rule.excess > len(TERMINATORS[rule.terminator]):
            bits += ALIKE_BITS * len(raws) * _alike(raws, same=rule.terminator == "none")
        bits += ODD_BITS * _unlisted(materials, queues) + TEXT_BITS * _cut_off(
            records, rule, arrangement, reading.claims
        )
        share = odd / max(1, len(raws))
        yield Candidate(layout, len(texts), 1 - strayed / size, share, bits, rule, arrangement, reading, texts, first)


def _unlisted(materials: Sequence[Material], queues: Sequence[Queue]) -> int:
    """Return how many texts differ from what the listing says."""
    count = 0
    for material, queue in zip(materials, queues, strict=True):
        head = queue.codec.len_head
        for record in queue.records if material.listed else ():
            row = material.listed.get(record.start + head)
            raw = record.text.encode(queue.layout.encoding, "surrogateescape")
            count += row is not None and row.whole and raw.rstrip(b"\0") != row.text
    return count


def _cut_off(records: Sequence[Held], rule: Rule, arrangement: Arrangement, claims: Sequence[Claim]) -> int:
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


_MISFRAMED = ("length", "terminator", "padding")
"""Faults of the reader where a length and what stands at the text's end do not agree."""


def _odd(raw: bytes) -> bool:
    """Whether a text is none: it begins like no transaction, holds what none holds, or is padding in part."""
    return not ANCHOR.match(raw) or CONTROL.search(raw) is not None or _FILLING.search(raw) is not None


_FILLING = re.compile(rb"\xff{3}|\x00| {40}| {3}$|\r\n$")


def _alike(raws: Sequence[bytes], *, same: bool) -> int:
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


def _fits(claim: Claim, arrangement: Arrangement) -> bool:
    """Whether a field behind the text is no padding."""
    return claim.at + claim.number.size <= arrangement.trail


def _straddles(claim: Claim, arrangement: Arrangement, rule: Rule) -> bool:
    """Whether a field would lie across the border of two records, or in padding."""
    if claim.side == TAIL:
        return not _fits(claim, arrangement)
    if claim.at <= arrangement.head:
        return False
    within = rule.stride == 1 and claim.at <= arrangement.head + arrangement.trail
    return not within or claim.at - claim.number.size < arrangement.head or claim.role == "len_text"


# --- the layout ---------------------------------------------------------------------------------------------------


def laid_out(records: Sequence[Held], rule: Rule, arrangement: Arrangement, reading: Reading) -> Layout:
    """Return a layout, checked as any layout file is."""
    sight = Sight(records, rule)
    fields = [*_claimed(reading, arrangement, rule, sight)]
    fields += _rest(sight, arrangement, rule, fields)
    fields.append(
        Field("text", "record", arrangement.head, "text", 0, "text", "observed", "Transaction",
              doc=f"transactions in {len(records)} records")
    )  # fmt: skip
    sections = ("header", "record", "trailer")
    fields.sort(key=lambda each: (sections.index(each.section), each.offset))
    order = _main_order(fields)
    layout = Layout(
        "learnt-queue", "queue", "Queue file, layout learnt from files", "observed", tuple(fields), byte_order=order,
        header=arrangement.header, length_counts=_counts(rule), terminator=rule.terminator, stride=rule.stride,
        pad=arrangement.pad if rule.stride > 1 else 0, framing_doc=_framing_doc(rule),
    )  # fmt: skip
    return parse_layout(to_toml(layout).encode(), "learnt layout")


def _claimed(reading: Reading, arrangement: Arrangement, rule: Rule, sight: Sight) -> Iterator[Field]:
    count = len(sight.records)
    names = {"sync": "sync", "stamp": "stamp", "len_text": "len_text"}
    for claim in reading.claims:
        section, offset = placed(claim, arrangement, rule)
        name = names.get(claim.role) or ("ofs_prev" if claim.link == "previous" else "ofs_next")
        kind = "u16" if claim.number.kind == "u16" else claim.number.kind
        yield Field(
            name if not claim.link else f"{name}_{section[0]}{offset:02x}", section, offset, kind, claim.number.size,
            claim.role, "observed" if claim.sure else "inferred", {"sync": "Sync#", "stamp": "Date stamp"}.get(name, ""),
            doc=f"{claim.doc} ({count} records)" if claim.role == "link" else claim.doc,
            byte_order=claim.number.order, stamp=claim.encoding, link=claim.link,
        )  # fmt: skip


def _rest(sight: Sight, arrangement: Arrangement, rule: Rule, claimed: Sequence[Field]) -> Iterator[Field]:
    """Yield the bytes that no field claims: constants, and what is not understood."""
    taken = {(each.section, at) for each in claimed for at in range(each.offset, each.stop)}
    for section, size in (("record", arrangement.head), ("trailer", arrangement.trail)):
        run: list[tuple[int, bytes | None]] = []
        for offset in range(size + 1):
            if offset < size and (section, offset) not in taken:
                value = columns.constant(_column(sight, arrangement, rule, section, offset))
                if run and (run[-1][1] is None) != (value is None):
                    yield _unclaimed(sight, section, run)
                    run = []
                run.append((offset, value))
            elif run:
                yield _unclaimed(sight, section, run)
                run = []


def _column(sight: Sight, arrangement: Arrangement, rule: Rule, section: str, offset: int) -> list[bytes]:
    if section == "record":
        return sight.raw(HEAD, arrangement.head - offset, 1)
    return sight.raw(TAIL, offset, 1)


def _unclaimed(sight: Sight, section: str, run: Sequence[tuple[int, bytes | None]]) -> Field:
    start, size = run[0][0], len(run)
    prefix = "" if section == "record" else f"{section}_"
    values = [value for _, value in run if value is not None]
    if values:
        doc = f"the same in {len(sight.records)} records"
        return Field(f"{prefix}constant_{start:02x}", section, start, "bytes", size, "constant", "observed", doc=doc,
                     default=b"".join(values))  # fmt: skip
    doc = f"varies over {len(sight.records)} records; not understood"
    return Field(f"{prefix}unknown_{start:02x}", section, start, "bytes", size, "opaque", "observed", doc=doc)


def _main_order(fields: Sequence[Field]) -> str:
    orders = [each.byte_order for each in fields if each.kind in {"u16", "u32"}]
    return "big" if orders and orders.count("big") * 2 > len(orders) else "little"


def _counts(rule: Rule) -> str:
    if rule.by != "length":
        return "text+terminator"
    ending = len(TERMINATORS[rule.terminator])
    return "text" if not rule.excess else "text+terminator" if rule.excess == ending else "record"


def _framing_doc(rule: Rule) -> str:
    if rule.by == "length":
        return "the length leads from each record to the next"
    return "texts end at their terminator" if rule.by == "terminator" else "every record has the same size"


__all__ = ["Candidate", "Number", "candidates", "laid_out"]
