"""The layout of a queue file: every rule of framing that holds, explained column by column, ranked, and checked."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from glbtools.binary.layout import FILLING, TERMINATORS
from glbtools.binary.records import Gap
from glbtools.errors import LayoutError
from glbtools.formats.queue import Queue, parse_queue
from glbtools.learn import columns
from glbtools.learn.alignment import Alignment, alignments, placed
from glbtools.learn.attested import PRIOR_BITS, gives_sizes
from glbtools.learn.chain import Chain, ChainRecord, sample
from glbtools.learn.comparison import comparisons
from glbtools.learn.fields import HEAD, TAIL, Claim, Reading, Sight, length_alone, readings, widened
from glbtools.learn.framing import Rule, rules
from glbtools.learn.hypothesis import COMPARED, FEWEST, Hypothesis
from glbtools.learn.layout import Frame, laid_out
from glbtools.learn.paging import paged
from glbtools.learn.samples import SampleFile
from glbtools.learn.scoring import MISFRAMED, alike, copies, cut_off, is_odd, of_one_kind, spread_evenly

MOST_RULES = 10
MOST_ODD = 0.3
COVERING, ALMOST = 0.7, 0.9
"""Share of what the best rule accounts for, and of the texts that it has as a listing has them, below which another is
not looked at."""

CERTAIN = 0.9
"""Share of neighbouring texts that a length field must connect to be one beyond doubt."""

CLEAR = 10.0
"""Bits by which a layout must be better than one that reads the files otherwise."""

ODD_BITS, ALIKE_BITS, TEXT_BITS = 12.0, 6.0, 1.5
"""What a text costs that is none, a character at the end of all texts, and a byte that looks like a part of a text and
is left out of it."""

BEHIND_BITS = 20.0
"""What it costs that the number stands behind the text it belongs to: it may as well be the next record's."""

GAP_BITS, STRAY_BITS = 12.0, 0.1
"""What a gap between records costs, and each byte of it."""

MOST_ARRANGED = 4
TOLD_READINGS = 3
"""Ways to tell the number that are tried where somebody knows one of them."""


def hypotheses(
    sample_files: Sequence[SampleFile], progress: Callable[[str], None] = lambda _: None
) -> list[Hypothesis]:
    """Return layouts that explain queue files, best first; each reads them otherwise than those before it.

    Of large files the beginnings show which rules are worth a look at the whole.
    """
    if sum(len(each.data) for each in sample_files) > EXCERPT and all(each.last is None for each in sample_files):
        beginnings = [each.beginning(EXCERPT) for each in sample_files]
        found = _ranked(beginnings, _explained(beginnings, _fitting(beginnings), progress))
        near = [each for each in found if each.sound and each.bits - found[0].bits < MARGIN]
        wanted = {_key(each.rule) for each in near if each.rule is not None}
        chained = ((rule, Chain(sample_files, rule)) for rule in rules(sample_files) if _key(rule) in wanted)
        found = _ranked(sample_files, _explained(sample_files, chained, progress, beginnings))
        if found and found[0].sound:
            return _distinct(found)
    return _distinct(_ranked(sample_files, _explained(sample_files, _fitting(sample_files), progress)))


def frames(sample_files: Sequence[SampleFile]) -> list[Hypothesis]:
    """Return layouts that say where records and their texts stand, and nothing of numbers, best first."""
    found: list[Hypothesis] = []
    for rule, records in _fitting(sample_files):
        reading = length_alone(records, rule)
        ended = (_ended(records, rule, each) for each in alignments(records, rule, reading)[:MOST_ARRANGED])
        fitting = [
            Frame(*each, reading, 1) for each in ended if not any(_straddles(c, *each[::-1]) for c in reading.claims)
        ]
        found += [each for each, _ in _tried(sample_files, records, fitting)]
    return sorted(found, key=lambda each: (not each.framed, each.bits))


EXCERPT, MARGIN = 1 << 17, 3 * CLEAR
"""Bytes of a file that are searched first, and bits by which a rule may be worse there to be looked at in the whole."""


def _key(rule: Rule) -> tuple[object, ...]:
    """Return what of a rule does not depend on how much of a file is looked at."""
    return rule.by, rule.number, rule.distance, rule.excess, rule.stride, rule.lead


def _explained(
    sample_files: Sequence[SampleFile],
    chained: Iterable[tuple[Rule, Chain]],
    progress: Callable[[str], None],
    beginnings: Sequence[SampleFile] = (),
) -> list[Hypothesis]:
    """Return the layouts that rules give; of those that do worse in the ``beginnings`` of the files none."""
    known = any(each.first is not None or each.last is not None or each.listed for each in sample_files)
    found: list[Hypothesis] = []
    for number, (rule, records) in enumerate(chained, 1):
        progress(f"explanation {number}")
        several = readings(records, rule)[: TOLD_READINGS if known else 1]
        frames = [frame for reading in several for frame in _arranged(records, rule, reading)]
        if beginnings and len(frames) > 1:
            tried = list(_tried(beginnings, Chain(beginnings, rule), frames))
            least = min((each.bits for each, _ in tried), default=0.0)
            frames = [frame for each, frame in tried if each.bits - least < CLEAR]
        found += [each for each, _ in _tried(sample_files, records, frames)]
    return found


def _tried(
    sample_files: Sequence[SampleFile], records: Chain, frames: Sequence[Frame]
) -> Iterator[tuple[Hypothesis, Frame]]:
    """Yield the layouts of frames, but for those that no layout can say."""
    sound = sum(not is_odd(text) for text in records.texts) if frames else 0
    for frame in frames:
        with contextlib.suppress(LayoutError):
            yield _weighed(sample_files, records, frame, sound), frame


def _ranked(sample_files: Sequence[SampleFile], found: list[Hypothesis]) -> list[Hypothesis]:
    """Return layouts, best first, without those that cut a text where a length is beyond doubt, or a terminator.

    What reads no record at all is none.
    """
    found = [each for each in found if each.records]
    if any(each.sound and each.led is not None and each.led >= CERTAIN for each in found):
        found = [each for each in found if each.led is not None]  # what else ends a text is then no rule of its own
    found.sort(key=lambda each: (not each.sound, each.bits))
    return found if any(each.listed for each in sample_files) else _whole(found)


def _distinct(found: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Return those that read otherwise than those before them."""
    distinct: list[Hypothesis] = []
    for each in found:
        at = next((at for at, other in enumerate(distinct) if other.reads_as(each)), None)
        if at is None:
            distinct.append(each)
        elif each.bits - distinct[at].bits < CLEAR:  # what covers a rival's bytes hides the doubt and settles nothing
            distinct[at] = distinct[at]._replace(doubts=tuple(dict.fromkeys((*distinct[at].doubts, *each.doubts))))
    return distinct


def _whole(found: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Return the candidates without those that cut from every text what belongs to it, or add what does not."""
    dropped: set[int] = set()
    for (a, one), (b, other) in itertools.permutations(enumerate(found), 2):
        if a in dropped or b in dropped or not (one.sound and other.sound) or not _is_cut_of(one, other):
            continue
        if one.copied:
            dropped.add(b)
        elif not _is_checksum(one, other) and _accepts(other, one):
            dropped.add(a)
    return [each for at, each in enumerate(found) if at not in dropped]


def _is_cut_of(one: Hypothesis, other: Hypothesis) -> bool:
    """Whether a layout reads the texts of another without their last characters, and all else as that does."""
    if len(one.texts) != len(other.texts):
        return False
    pairs = list(zip(one.texts[:COMPARED], other.texts[:COMPARED], strict=True))
    begins = sum(a == c and d.startswith(b) for (a, b), (c, d) in pairs)
    longer = sum(len(d) > len(b) for (_, b), (_, d) in pairs)
    return begins >= len(pairs) * (1 - CUT) and longer > len(pairs) * CUT


CUT = 0.03


def _is_checksum(one: Hypothesis, other: Hypothesis) -> bool:
    """Whether what one layout leaves behind the texts may be the digits of a checksum, or is the same everywhere."""
    pairs = zip(one.texts, other.texts, strict=True)
    rests = [other.layout.encoded(d[len(b) :]) for (_, b), (_, d) in pairs]
    size = max(map(len, rests))
    kept = [each for each in rests if len(each) == size]
    if len(kept) < len(rests) * (1 - CUT):
        return False
    places = [[each[at : at + 1] for each in kept] for at in range(size)]
    return all(spread_evenly(each) for each in places) or (len(kept) >= FEWEST and len(set(kept)) == 1)


def _accepts(longer: Hypothesis, shorter: Hypothesis) -> bool:
    """Whether a terminator or the grammar speaks for the longer texts: all records share it, or it accepts as many."""
    ended = longer.layout.terminator != "none" and shorter.layout.terminator == "none"
    if longer.odd > shorter.odd:
        return False
    return ended or longer.grammatical >= shorter.grammatical


def _fitting(sample_files: Sequence[SampleFile]) -> list[tuple[Rule, Chain]]:
    """Return the rules that account for most of the bytes, with the records they give."""
    chained = []
    for rule in rules(sample_files):
        records = Chain(sample_files, rule)
        if len(records) < 2:
            continue
        seen = sample(records)
        filled = b"\0" if (rule.by, rule.terminator) == ("length", "none") else b""  # a length may count the padding
        raws = [each.text for each in seen]
        odd = sum(
            is_odd(raw.rstrip(filled) if filled else raw) or _is_cut(each) for raw, each in zip(raws, seen, strict=True)
        )
        if odd <= MOST_ODD * len(seen):  # one odd text is no sign of anything where records are few
            chained.append(((odd - 1) / len(seen) if odd else 0.0, records.covered, rule, records))
    most = max((size for _, size, _, _ in chained), default=0)
    kept = [each for each in chained if each[1] >= COVERING * most]
    right = [_as_listed(records) for *_, records in kept]
    kept = [each for each, share in zip(kept, right, strict=True) if share >= ALMOST * max(right)]
    kept.sort(key=lambda each: (round(each[0], 1), -round(each[1] / most, 1), each[2].by != "length", -each[2].support))
    chosen = kept[:MOST_RULES]
    for by in ("terminator", "stride"):  # many lengths by accident must not crowd out what ends the texts
        if not any(each[2].by == by for each in chosen):
            chosen += [each for each in kept[MOST_RULES:] if each[2].by == by][:1]
    return [(rule, records) for _, _, rule, records in chosen]


def _as_listed(records: Sequence[ChainRecord]) -> float:
    """Return the share of listed texts that end where a listing has them end, whatever fills them up."""
    told = [(each, row) for each in sample(records) if (row := each.sample_file.listed.get(each.start)) is not None]
    right = sum(each.text.rstrip(_FILL) == row.text or not row.whole for each, row in told)
    return right / len(told) if told else 0.0


_FILL = b"\0\r\n \xff"


def _is_cut(held: ChainRecord) -> bool:
    """Whether a text goes on behind its end: small letters stand on both sides, and no listing has it end there.

    What a listing does not have is not asked where it has others: a number that follows may be a letter, too.
    """
    row = held.sample_file.listed.get(held.start)
    told = row is not None and row.whole and len(row.text) == held.stop - held.start
    if told or (row is None and held.sample_file.listed):
        return False
    both = held.sample_file.data[held.stop - 1 : held.stop + 1]
    return both.isalpha() and both.islower()


def _arranged(records: Chain, ruled: Rule, reading: Reading) -> Iterator[Frame]:
    """Yield the ways to share out the bytes between the texts that leave room for all that a reading needs."""
    for found in alignments(records, ruled, reading)[:MOST_ARRANGED]:
        rule, alignment = _ended(records, ruled, found)
        claims = widened(Sight(records, rule), reading.claims, alignment.head)
        if _straddles(claims[0], alignment, rule):
            fitting = (each for each in reading.narrower if not _straddles(each, alignment, rule))
            claims[0] = next(fitting, claims[0])
        kept = [each for each in claims if not _straddles(each, alignment, rule)]
        if _NEEDED & {each.role for each in claims} - {each.role for each in kept}:
            continue
        for padded in (1, *_padding(records, rule, alignment)):
            yield Frame(rule, alignment, replace(reading, claims=kept), padded)


def _padding(records: Chain, rule: Rule, alignment: Alignment) -> Iterator[int]:
    """Yield to which multiple a length counts records with their padding: texts end in NULs, some and not all."""
    head = alignment.head - rule.lead
    if (rule.by, rule.terminator, rule.stride) != ("length", "none", 1) or rule.excess != head:
        return
    texts = [each.text for each in sample(records)]
    stride = math.gcd(*(len(text) + head for text in texts))
    filled = [len(text) - len(text.rstrip(b"\0")) for text in texts]
    if stride > 1 and alignment.trail == 0 and any(filled) and max(filled) < stride:
        yield stride


_NEEDED = {"sync", "len_text"}


def _ended(records: Chain, rule: Rule, alignment: Alignment) -> tuple[Rule, Alignment]:
    """Return a rule that takes for a terminator what stands behind all texts, if something does."""
    if rule.terminator != "none" or not alignment.trail or rule.by == "stride":
        return rule, alignment
    sight = Sight(records, rule)
    for name, ending in TERMINATORS.items():
        at = alignment.head + alignment.trail
        raw = sight.raw(TAIL, 0, len(ending)) if rule.stride > 1 else sight.raw(HEAD, at, len(ending))
        if ending and len(ending) <= alignment.trail and columns.constant(raw) == ending:
            return rule._replace(terminator=name), alignment._replace(trail=alignment.trail - len(ending))
    return rule, alignment


def _weighed(sample_files: Sequence[SampleFile], records: Chain, frame: Frame, sound: int) -> Hypothesis:
    """Return a layout with what it leaves to be explained when the files are read with it.

    So many of the records are ``sound``: their texts are transactions.

    Raises:
        LayoutError: no layout can say this.
    """
    rule, alignment, reading, padded = frame
    layout = laid_out(records, frame, sound)
    copied = copies(Sight(records, rule), rule, alignment)
    queues = [parse_queue(sample_file.data, layout) for sample_file in sample_files]
    odd = _odd(queues)
    if odd or any(queue.gaps for queue in queues):
        in_pages = paged(layout, sample_files, records)
        if in_pages is not layout:
            layout, queues = in_pages, [parse_queue(sample_file.data, in_pages) for sample_file in sample_files]
            odd = _odd(queues)
    count = sum(len(queue.records) for queue in queues)
    odd += sum(fault.kind in MISFRAMED for queue in queues for fault in queue.framing)
    size = sum(len(sample_file.data) for sample_file in sample_files)
    # What fills a file behind the last record is room that a file has, and explained by that.
    strayed = sum(gap.stop - gap.start for queue in queues for gap in queue.gaps if not _is_room(queue, gap))
    gaps = sum(len(queue.gaps) for queue in queues)
    kinds = sum(of_one_kind(queue)[1] for queue in queues)
    apart = gaps - kinds + (kinds > 0)  # records of another kind are one thing that is left over
    bits = alignment.bits + reading.bits + GAP_BITS * apart + STRAY_BITS * strayed + ODD_BITS * odd
    told = any(each.listed for each in sample_files)  # a listing says where texts end
    if rule.by == "length" and padded == 1 and not told and rule.excess > len(TERMINATORS[rule.terminator]):
        raws = [layout.encoded(record.text) for queue in queues for record in queue.records]
        bits += ALIKE_BITS * count * alike(raws, same=rule.terminator == "none")
    bits += BEHIND_BITS * any(
        each.role == "sync" and placed(each, alignment)[0] == "trailer" for each in reading.claims
    )
    bits += PRIOR_BITS * (not gives_sizes(layout))
    bits += TEXT_BITS * cut_off(records, rule, alignment, reading.claims, copied)
    bits += ODD_BITS * (_unlisted(sample_files, queues) + _untold(sample_files, queues) * count)
    return Hypothesis(
        layout,
        count,
        1 - strayed / size,
        bits,
        doubts=tuple(reading.doubts),
        gaps=gaps - kinds,
        odd=odd / max(1, count),
        rule=rule,
        texts=compared(queues),
        said=all_said(queues),
        copied=copied,
        turned=reading.turned,
        placed=all(each.placed for each in reading.claims),
    )


def _odd(queues: Sequence[Queue]) -> int:
    """Return how many texts are no transactions."""
    return sum(is_odd(queue.layout.encoded(record.text)) for queue in queues for record in queue.records)


def _is_room(queue: Queue, gap: Gap) -> bool:
    return gap.stop == queue.size and not gap.data.strip(FILLING)


def compared(queues: Sequence[Queue]) -> tuple[tuple[int, str], ...]:
    """Return number and text of the records by which readings are compared: all, of large files some."""
    found: list[tuple[int, str]] = []
    for queue in queues:
        step, first = 1 << (queue.size // EXCERPT).bit_length(), queue.codec.len_head
        found += [(each.sync, each.text) for each in queue.records if not (each.start + first) % step]
    return tuple(found)


def all_said(queues: Sequence[Queue]) -> int:
    """Return a hash of all texts."""
    return hash(tuple(record.text for queue in queues for record in queue.records))


def _unlisted(sample_files: Sequence[SampleFile], queues: Sequence[Queue]) -> int:
    """Return how many rows of listings are not read, or otherwise than they are printed."""
    held = comparisons(sample_files, queues, ("number", "text", "date"))
    return sum(len(each.unread) + sum(map(len, each.differing.values())) for each in held)


def _untold(sample_files: Sequence[SampleFile], queues: Sequence[Queue]) -> int:
    """Return how many known numbers a layout reads otherwise."""
    count = 0
    for sample_file, queue in zip(sample_files, queues, strict=True):
        if not queue.layout.numbered:
            continue
        syncs = [each.sync for each in queue.records]
        count += sample_file.first is not None and syncs[:1] != [sample_file.first]
        count += sample_file.last is not None and sample_file.last not in columns.lasts(syncs)
    return count


def _fits(claim: Claim, alignment: Alignment) -> bool:
    """Whether a field behind the text is no padding."""
    return claim.at + claim.number.size <= alignment.trail


def _straddles(claim: Claim, alignment: Alignment, rule: Rule) -> bool:
    """Whether a field would lie across the border of two records, or in padding."""
    if claim.side == TAIL:
        return not _fits(claim, alignment)
    if claim.at <= alignment.head:
        return False
    within = rule.stride == 1 and claim.at <= alignment.head + alignment.trail
    return not within or claim.at - claim.number.size < alignment.head or claim.role == "len_text"
