"""How records follow each other in a queue file: rules that lead from the text of one record to that of the next.

A rule says how long a text is (a length field, a terminator, or padding up to a fixed size) and how many bytes lie
between its end and the next text. Rules are found by vote: every pair of neighbouring texts proposes the numbers that
would connect it, and what many pairs propose is looked at. Damage spoils some votes and no more.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from glbtools.binary.field import read_number
from glbtools.binary.layout import MAX_TEXT, TERMINATORS
from glbtools.learn.samples import SampleFile

FARTHEST = 64
"""Bytes before a text in which its length field is looked for."""

LARGEST_STRIDE = 1024
SAMPLE = 240
NEIGHBOURS = 5
"""Anchors behind one among which the next record's text is looked for; those between are inside of texts."""

MOSTLY, EXACTLY, ALMOST = 0.7, 0.98, 0.8
"""Share of the texts that a stride must fit, and share of what the best one fits."""

FEWEST_STARTS, MOST_STARTS = 4, 2000
AFTER = 8
"""Bytes behind a text, at most, that may look like a part of it."""
NARROW = 8
"""Numbers of bytes between texts that a length field may leave open before it explains nothing."""

FILLED = 0.05
"""Share of the records, at least, that take a multiple of some bytes by themselves."""

BLOCKS = (2, 4, 8, 16, 32, 64, 128, 256, 512)
"""Words and blocks by which texts may be stored behind a head of any size."""

WIDEST_GAP = 512
"""Most bytes between the end of one text and the beginning of the next."""


class Number(NamedTuple):
    """How a number is stored.

    Attributes:
        kind: as a layout spells it, without its size: ``u16``, ``dec`` ...
        size: in bytes.
        order: ``little`` or ``big``.
    """

    kind: str
    size: int
    order: str = "little"

    @property
    def type(self) -> str:
        """As a layout spells it."""
        return f"{self.kind}:{self.size}" if self.kind in {"dec", "hex"} else self.kind

    def read(self, data: bytes, at: int) -> int | None:
        """Return the number stored at an offset; None where digits are none, or the data end."""
        raw = data[at : at + self.size]
        if at < 0 or len(raw) < self.size:
            return None
        if self.kind in UNSIGNED:
            return int.from_bytes(raw, "big" if self.order == "big" else "little")
        return read_number(self.kind, raw, self.order)

    def all_of(self, raws: Sequence[bytes]) -> list[int | None]:
        """Return the number that each of some bytes store; None where they are too few, or digits are none."""
        size = self.size
        if self.kind in UNSIGNED:
            order: Literal["little", "big"] = "big" if self.order == "big" else "little"
            return [int.from_bytes(raw, order) if len(raw) == size else None for raw in raws]
        return [read_number(self.kind, raw, self.order) if len(raw) == size else None for raw in raws]


UNSIGNED = frozenset({"u8", "u16", "u24", "u32"})
BINARY = (
    Number("u8", 1), Number("u16", 2), Number("u16", 2, "big"), Number("u32", 4), Number("u32", 4, "big"),
)  # fmt: skip
DIGITS = (*(Number("dec", size) for size in range(2, 11)), *(Number("hex", size) for size in range(2, 9)))


class Rule(NamedTuple):
    """How to get from one text to the next.

    Attributes:
        by: what ends a text: ``length``, ``terminator`` or ``stride``.
        number: the length field; ``distance``: bytes from its beginning to the text.
        excess: what the field counts beyond the text.
        terminator: name of what stands behind a text.
        gap: bytes of a record that are not text, its terminator included; the fewest that fit.
        widest: the most that fit; a stride leaves room.
        stride: each record takes a multiple of this.
        lead: bytes at the beginning of a record that the length and the stride leave out.
        pad: the byte that fills it.
        support: share of the neighbours tried that it connects.
    """

    by: str
    number: Number | None = None
    distance: int = 0
    excess: int = 0
    terminator: str = "none"
    gap: int = 0
    widest: int = 0
    stride: int = 1
    lead: int = 0
    pad: int = 0
    support: float = 0.0

    def length(self, sample_file: SampleFile, start: int) -> int | None:
        """Return the length of the text at ``start``; None where nothing ends it."""
        data = sample_file.data
        if self.by == "length":
            assert self.number is not None, "a rule by length has a field"
            value = self.number.read(data, start - self.distance)
            found = None if value is None else value - self.excess
        elif self.by == "terminator":
            found = sample_file.find(TERMINATORS[self.terminator], start) - start
        else:
            room = data[start : start + self.stride - self.gap]
            found = len(room.rstrip(bytes([self.pad])))
        return found if found is not None and 0 < found <= MAX_TEXT and start + found <= len(data) else None

    def step(self, length: int) -> int:
        """Return how many bytes behind the beginning of a text of that length the next one begins."""
        return self.lead + _padded(length + self.gap - self.lead, self.stride)


def _padded(size: int, stride: int) -> int:
    return -(-size // stride) * stride


class Pair(NamedTuple):
    """Two neighbouring texts: the beginning of one, that of the next, and where the first may end."""

    sample_file: SampleFile
    start: int
    next: int
    ends: tuple[tuple[str, int], ...]


def rules(sample_files: Sequence[SampleFile]) -> list[Rule]:
    """Return the rules worth trying, best supported first."""
    pairs = [pair for sample_file in sample_files for pair in _pairs(sample_file)]
    if not pairs:
        return []
    starts = len({(id(pair.sample_file), pair.start) for pair in pairs})
    found = [*_by_length(pairs, starts), *_by_terminator(pairs, starts)]
    strides = dict.fromkeys(_strides(sample_files), 0) | dict(_listed_strides(pairs))
    for stride, lead in strides.items():
        found += _strided(pairs, starts, stride, lead)
    best: dict[tuple[object, ...], Rule] = {}
    for rule in sorted(found, key=lambda each: -each.support):
        framing = (rule.by, rule.number, rule.distance, rule.excess, rule.terminator, rule.stride, rule.lead)
        best.setdefault(framing, rule)
    return sorted(best.values(), key=lambda each: -each.support)


# --- votes --------------------------------------------------------------------------------------------------------


def _pairs(sample_file: SampleFile) -> Iterator[Pair]:
    """Yield neighbouring texts, a sample of them from all over the file."""
    known, strong = sorted(sample_file.listed), sample_file.strong
    if known:
        for at in spread(len(known) - 1, SAMPLE):
            start, row, following = known[at], sample_file.listed[known[at]], known[at + 1]
            end = start + len(row.text)
            ends = (("listed", end),) if row.whole else _ends(sample_file, start)
            between = strong[bisect_left(strong, end) : bisect_left(strong, following)][:1]  # deleted, perhaps
            yield from (Pair(sample_file, start, each, ends) for each in (*between, following))
        return
    for at in spread(len(strong) - 1, SAMPLE):
        ends = _ends(sample_file, strong[at])
        behind = bisect_right(sample_file.anchors, strong[at])
        for after in sample_file.anchors[behind : behind + NEIGHBOURS]:
            yield Pair(sample_file, strong[at], after, ends)


def spread(count: int, most: int) -> Iterable[int]:
    """Return up to ``most`` of the numbers below ``count``: runs of neighbours from several places."""
    if count <= most:
        return range(max(0, count))
    runs, length = 8, most // 8
    return [at for run in range(runs) for at in range(run * (count - length) // (runs - 1), count)[:length]]


def _ends(sample_file: SampleFile, start: int) -> tuple[tuple[str, int], ...]:
    """Return where a text may end by what stands behind it."""
    control = sample_file.control(start)
    ends = [("nul" if sample_file.data[control : control + 1] == b"\0" else "none", control)]
    line = sample_file.data.find(b"\r\n", start, control)
    return (*ends, ("crlf", line)) if line >= 0 else tuple(ends)


def _numbers(pairs: Sequence[Pair]) -> Iterator[tuple[Number, int]]:
    """Yield the places before a text where a number can be read in most records."""
    sample = list({(id(pair.sample_file), pair.start): pair for pair in pairs}.values())[:40]
    for distance in range(1, FARTHEST + 1):
        for number in BINARY[:3]:
            if number.size <= distance:
                yield number, distance
        for number in DIGITS:
            if number.size <= distance:
                read = [number.read(pair.sample_file.data, pair.start - distance) for pair in sample]
                if sum(value is not None for value in read) * 4 >= len(read) * 3:
                    yield number, distance


def _by_length(pairs: Sequence[Pair], starts: int) -> Iterator[Rule]:
    """Yield rules in which a field gives the distance to the next text, but for a constant."""
    for number, distance in _numbers(pairs):
        votes: Counter[int] = Counter()
        seen: dict[tuple[int, int], set[int]] = {}
        values = set()
        for pair in pairs:
            value = number.read(pair.sample_file.data, pair.start - distance)
            if value is None or not 0 < value <= MAX_TEXT:
                continue
            values.add(value)
            rest = pair.next - pair.start - value
            if 0 <= rest <= WIDEST_GAP:
                seen.setdefault((id(pair.sample_file), pair.start), set()).add(rest)
        for rests in seen.values():
            votes.update(rests)
        for rest, count in votes.most_common(2):
            if count * 2 >= starts and (len(values) > 1 or _is_told(pairs, number, values, rest)):
                yield from _counted(pairs, number, distance, rest, count / starts)


def _is_told(pairs: Sequence[Pair], number: Number, values: set[int], rest: int) -> bool:
    """Whether a field that is the same in all records is their length, as a listing of texts of one size shows.

    One byte may be so by accident.
    """
    sizes = {end - pair.start for pair in pairs for name, end in pair.ends if name == "listed"}
    if number.size == 1 or len(sizes) != 1 or len(values) != 1 or any(len(pair.ends) > 1 for pair in pairs):
        return False
    beyond = min(values) - min(sizes)
    ended = {_name(pair.sample_file.data, pair.ends[0][1]) for pair in pairs}
    return rest == 0 or beyond == 0 or (len(ended) == 1 and beyond == len(TERMINATORS[min(ended)]))


def _counted(pairs: Sequence[Pair], number: Number, distance: int, rest: int, support: float) -> Iterator[Rule]:
    """Yield what a length field may count: the text, what ends it, or the record."""
    texts: Counter[tuple[str, int]] = Counter()
    for pair in pairs:
        value = number.read(pair.sample_file.data, pair.start - distance)
        if value is not None and pair.next - pair.start - value == rest:
            texts.update(
                (_name(pair.sample_file.data, end) if name == "listed" else name, value - (end - pair.start))
                for name, end in pair.ends
            )
    likely = [each for each, _ in texts.most_common(3)]
    # What fills a record is counted, too, and few records have none of it.
    often = [each for each, count in texts.items() if count > FILLED * texts.total()]
    likely += [each for each in [min(often, key=lambda each: each[1], default=None)] if each and each not in likely]
    if rest:
        yield from _direct(pairs, number, distance, rest, support)
        if all(pair.sample_file.listed for pair in pairs):  # a listing says where texts end
            for name, excess in likely:
                if len(TERMINATORS[name]) < excess <= WIDEST_GAP:
                    rule = Rule(
                        "length", number, distance, excess=excess, gap=excess + rest, lead=rest, support=support
                    )
                    yield from (rule._replace(terminator=each) for each in dict.fromkeys((name, "none")))
        return
    found = set()
    for name, excess in likely:
        # Where no terminator ends a text, bytes of the next record may look like a part of it.
        more = range(max(distance, excess), excess + 1 + AFTER)
        found |= {(each, "none") for each in more if each <= WIDEST_GAP}
        found |= {(excess, name)} if distance <= excess <= WIDEST_GAP else set()
    for excess, name in sorted(found):
        yield Rule("length", number, distance, excess=excess, terminator=name, gap=excess, support=support)


def _direct(pairs: Sequence[Pair], number: Number, distance: int, rest: int, support: float) -> Iterator[Rule]:
    """Yield the rule of a field that counts the text, with its terminator or without."""
    behind: Counter[str] = Counter()
    within: Counter[str] = Counter()
    total = 0
    for pair in pairs:
        data = pair.sample_file.data
        value = number.read(data, pair.start - distance)
        if value is None or pair.next - pair.start - value != rest:
            continue
        total += 1
        end = pair.start + value
        within.update(name for name, ending in _ENDINGS if data[end - len(ending) : end] == ending)
        behind.update(name for name, ending in _ENDINGS if data[end : end + len(ending)] == ending)
    for name, ending in _ENDINGS:
        if within[name] * 10 >= total * 9:
            yield Rule(
                "length", number, distance, excess=len(ending), terminator=name, gap=rest + len(ending), support=support
            )
            return
    for name, ending in _ENDINGS:
        if behind[name] * 10 >= total * 9 and rest >= len(ending):
            yield Rule("length", number, distance, excess=0, terminator=name, gap=rest, support=support)
    yield Rule("length", number, distance, excess=0, terminator="none", gap=rest, support=support)


_ENDINGS = (("crlf", b"\r\n"), ("nul", b"\0"))


def _name(data: bytes, end: int) -> str:
    return next((name for name, ending in _ENDINGS if data[end : end + len(ending)] == ending), "none")


def _by_terminator(pairs: Sequence[Pair], starts: int) -> Iterator[Rule]:
    """Yield rules in which a terminator ends a text, and a constant number of bytes follows."""
    votes: Counter[tuple[str, int]] = Counter()
    for pair in pairs:
        for name, end in pair.ends:
            name = _name(pair.sample_file.data, end) if name == "listed" else name  # noqa: PLW2901
            if name != "none" and 0 < pair.next - end <= WIDEST_GAP:
                votes[name, pair.next - end] += 1
    for (name, gap), count in votes.most_common(4):
        if count * 2 >= starts:
            yield Rule("terminator", terminator=name, gap=gap, support=count / starts)


# --- strides ------------------------------------------------------------------------------------------------------


def _strides(sample_files: Sequence[SampleFile]) -> list[int]:
    """Return strides by which nearly all texts are apart.

    Texts of one stride leave one remainder. False anchors leave any, so that what chance adds is taken off.
    """
    shares: dict[int, float] = {}
    starts = []
    for sample_file in sample_files:
        every = sorted(sample_file.listed) or sample_file.strong
        starts.append([every[at] for at in spread(len(every), MOST_STARTS)])
    total = sum(map(len, starts))
    if total < FEWEST_STARTS:
        return []
    for stride in range(2, LARGEST_STRIDE + 1):
        alike = sum(max(Counter(at % stride for at in each).values()) for each in starts if each)
        shares[stride] = (alike / total - 1 / stride) / (1 - 1 / stride)
    best = max(shares.values())
    found: list[int] = []
    for enough in (
        EXACTLY,
        ALMOST,
    ):  # damage and false anchors take a part; a multiple may fit most records by accident
        fitting = [stride for stride, share in shares.items() if share >= max(MOSTLY, enough * best)]
        found += [each for each in fitting if not any(other != each and not other % each for other in fitting)][:2]
    return list(dict.fromkeys(found))


def _listed_strides(pairs: Sequence[Pair]) -> Iterator[tuple[int, int]]:
    """Yield strides by the distances of listed texts, each with how many bytes of a record it leaves out.

    Most texts are one stride apart where pages end between some; others leave the same over in all their distances.
    """
    listed = [(pair, pair.sample_file.strong) for pair in pairs if pair.sample_file.listed]
    # What stands between two of them is a record that the listing does not have, since it is deleted.
    steps = [
        pair.next - pair.start
        for pair, strong in listed
        if bisect_right(strong, pair.start) == bisect_left(strong, pair.next)
    ]
    if len(steps) < FEWEST_STARTS:
        return
    usual, often = Counter(steps).most_common(1)[0]
    if often * 2 >= len(steps) and usual <= LARGEST_STRIDE:
        yield usual, 0
    for stride in BLOCKS:
        lead, alike = Counter(step % stride for step in steps).most_common(1)[0]
        if lead and (alike / len(steps) - 1 / stride) / (1 - 1 / stride) >= MOSTLY and len(set(steps)) > 1:
            yield stride, lead


def _strided(pairs: Sequence[Pair], starts: int, stride: int, lead: int = 0) -> Iterator[Rule]:
    """Yield rules for records that take a multiple of a stride behind some bytes."""
    nearest: dict[tuple[int, int], Pair] = {}
    for pair in pairs:
        if (pair.next - pair.start) % stride == lead and not _spans(pair, stride, lead):
            nearest.setdefault((id(pair.sample_file), pair.start), pair)
    fitting = list(nearest.values())
    contents = [] if lead else [_content(pair.sample_file.data[pair.start : pair.next]) for pair in fitting]
    for number, distance in _numbers(fitting):
        for rule in _gapped(fitting, starts, Rule("length", number, distance, stride=stride, lead=lead), least=0.8):
            if rule.widest - rule.gap < NARROW:
                yield rule
        if not lead:
            yield from _measured(fitting, contents, starts, Rule("length", number, distance, stride=stride))
    for name in ("nul", "crlf"):
        yield from _gapped(fitting, starts, Rule("terminator", terminator=name, stride=stride, lead=lead))
    if not lead and sum(pair.next - pair.start == stride for pair in fitting) * 2 >= starts:
        pad = _filler(fitting, stride)
        yield Rule("stride", gap=_behind_padding(fitting, pad), stride=stride, pad=pad, support=1.0)


def _spans(pair: Pair, stride: int, lead: int) -> bool:
    """Whether a text that the listing does not have, since it is deleted, may stand between two that it has."""
    anchors = pair.sample_file.anchors if pair.sample_file.listed else []
    between = anchors[bisect_right(anchors, pair.start) : bisect_left(anchors, pair.next)]
    return any((each - pair.start) % stride == lead for each in between)


def _measured(pairs: Sequence[Pair], contents: Sequence[int | None], starts: int, rule: Rule) -> Iterator[Rule]:
    """Yield a strided rule by length with what its field counts, by where texts, or what is not padding, end."""
    assert rule.number is not None, "a rule by length has a field"
    texts: Counter[tuple[str, int]] = Counter()
    filled: Counter[int] = Counter()
    ended: Counter[str] = Counter()
    values = set()
    for pair, content in zip(pairs, contents, strict=True):
        data = pair.sample_file.data
        value = rule.number.read(data, pair.start - rule.distance)
        if value is None or not 0 < value <= MAX_TEXT:
            continue
        values.add(value)
        for name, end in pair.ends:
            texts[_name(data, end) if name == "listed" else name, value - (end - pair.start)] += 1
        if content is not None:
            filled[value - content] += 1
            ended.update(
                name
                for name, ending in _ENDINGS
                if data[pair.start + value - len(ending) : pair.start + value] == ending
            )
    if len(values) < 2:
        return
    for (name, excess), count in texts.most_common(2):
        if not 0 <= excess <= WIDEST_GAP or count * 2 < starts:
            continue
        for each in range(excess, excess + (AFTER if excess >= rule.distance else 0) + 1):
            for ending in dict.fromkeys((name, "none")) if each == excess else ("none",):
                for found in _gapped(pairs, starts, rule._replace(excess=each, terminator=ending)):
                    yield found._replace(support=min(found.support, count / starts))
    for excess, count in filled.most_common(1):
        if not -WIDEST_GAP <= excess <= WIDEST_GAP or count * 2 < starts:
            continue
        name = next((name for name, seen in ended.items() if seen * 10 >= count * 9), "none")
        size = len(TERMINATORS[name])
        # A field that counts the record exceeds what is before the padding by what is before the text.
        counted = range(excess, excess + AFTER + 1) if excess > 0 else (size,)
        for each in counted:
            ending = name if excess <= 0 else "none"
            for found in _gapped(pairs, starts, rule._replace(excess=each, terminator=ending)):
                yield found._replace(support=min(found.support, count / starts))


def _content(data: bytes) -> int | None:
    """Return where the padding of a record begins; None where it has no long run of one byte."""
    runs = [(match.end() - match.start(), match.start()) for match in _FILLED.finditer(data)]
    return max(runs)[1] if runs else None


_FILLED = re.compile(rb"\x00{8,}|\x20{8,}|\xff{8,}")


def _gapped(pairs: Sequence[Pair], starts: int, rule: Rule, least: float = 0.5) -> Iterator[Rule]:
    """Yield a strided rule with the number of bytes that are not text: what rounds up to the distances seen.

    Each pair allows an interval of the stride's width; what most intervals share is taken, its lowest number first.
    """
    edges: Counter[int] = Counter()
    for pair in pairs:
        length = rule.length(pair.sample_file, pair.start)
        if length is None:
            continue
        distance = pair.next - pair.start
        edges[max(0, distance - rule.stride - length + 1)] += 1
        edges[distance - length + 1] -= 1
    level, best, low, high = 0, 0, 0, 0
    for edge in sorted(edges):
        if level == best and low <= high < edge and high == low:
            high = edge - 1
        level += edges[edge]
        if level > best:
            best, low, high = level, edge, edge
    if best >= starts * least:
        yield rule._replace(gap=low, widest=high, support=best / starts)


def _behind_padding(pairs: Sequence[Pair], pad: int) -> int:
    """Return how many bytes stand between the padding of a record and the next text."""
    seen: Counter[int] = Counter()
    for pair in pairs:
        runs = [
            (match.end() - match.start(), match.end())
            for match in _FILLED.finditer(pair.sample_file.data, pair.start, pair.next)
            if match[0][0] == pad
        ]
        if runs:
            seen[pair.next - max(runs)[1]] += 1
    return max(seen, key=lambda each: seen[each], default=0)


def _filler(pairs: Sequence[Pair], stride: int) -> int:
    """Return the byte that fills most of the records."""
    seen: Counter[int] = Counter()
    for pair in pairs:
        seen.update(pair.sample_file.data[pair.start : pair.start + stride])
    return max((0, 0x20, 0xFF), key=lambda byte: seen[byte])
