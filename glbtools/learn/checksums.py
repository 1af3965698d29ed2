"""How a stored checksum is computed, found from records that have it; pure arithmetic, no files.

First every sum and every CRC with a name is tried, then every CRC polynomial at once. The CRC of a message m of n bytes
is (m x^w + init x^8n) mod P, exclusive-ored with a constant. Of two messages of equal length the difference is thus
(m1 + m2) x^w mod P, whatever init and the constant are: P divides (m1 + m2) x^w + crc1 + crc2. The greatest common
divisor of a few such numbers is P.

Nothing is accepted that does not reproduce records that were not used to find it: so many that the chance of an
accidental hit, over all hypotheses tried, stays below ``CHANCE``. Records that share a text count once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import combinations, islice, product
from random import Random
from typing import Any, NamedTuple

from glbtools.binary import checksum
from glbtools.binary.checksum import ALGORITHMS, CATALOGUE, SUMS, Crc, reflected, reversed_bits
from glbtools.binary.field import unsigned
from glbtools.binary.layout import COVERS
from glbtools.brief import brief

WIDTHS = (2, 4)
"""Bytes a checksum field may have."""

MIN_RECORDS = 3
MAX_RECORDS = 2048
"""Most records with different texts that are looked at; more are thinned out evenly."""

CHANCE = 1e-6
"""Highest chance of an accidental hit at which one is accepted."""

MANY = 20
"""From this many held-out records on a few may be damaged."""

DAMAGED = 0.03
"""Share of held-out records that may disagree where there are many."""

MAX_REGIONS = 48
MAX_MESSAGE = 512
"""Longest message, in bytes, that polynomials are searched with: a common divisor takes the square of the time."""

_ATTEMPTS = 5
_DIFFERENCES = 5
_FEW_DIFFERENCES = 8
_COFACTOR = 8
_FEW_PAIRS = 3


class Sample(NamedTuple):
    """One record, as far as a checksum may cover it. All samples of a search have the same fields.

    Attributes:
        stored: bytes of the checksum field as stored; of one written as digits, the number in the field's byte order.
        text: the text without its terminator.
        terminator: its terminator.
        head: fields of the record before the text in their order, by name, the checksum left out.
        trail: fields behind the terminator, the checksum left out.
    """

    stored: bytes
    text: bytes
    terminator: bytes = b""
    head: tuple[tuple[str, bytes], ...] = ()
    trail: tuple[tuple[str, bytes], ...] = ()


class ChecksumMatch(NamedTuple):
    """A way to compute the checksum that reproduces records it was not found with.

    Attributes:
        algorithm: its name in a layout; ``crc`` for one that is in no catalogue.
        crc: its parameters, where it is a CRC.
        covers: what it is computed over, as a layout names it.
        byte_order: ``little`` or ``big``: how the field holds it.
        confirmed: held-out records with different texts that it reproduces.
        held_out: held-out records with different texts.
        used: indices of the samples that it was found with.
        contradicted: indices of all samples that it does not reproduce: damaged ones, as far as anybody can say.
        hypotheses: how many were tried until it was found.
        chance: upper bound of the chance that it is an accident.
        rivals: other names for it that these records do not tell from it.
        open: what these records do not decide, for people; may be empty.
    """

    algorithm: str
    crc: Crc | None
    covers: tuple[str, ...]
    byte_order: str
    confirmed: int
    held_out: int
    used: tuple[int, ...]
    contradicted: tuple[int, ...]
    hypotheses: int
    chance: float
    rivals: tuple[str, ...] = ()
    open: str = ""

    def __repr__(self) -> str:
        return brief("ChecksumMatch", f"{self.algorithm} over {'+'.join(self.covers)}")

    @property
    def doc(self) -> str:
        """What speaks for it, in one sentence."""
        used = "1 record" if len(self.used) == 1 else f"{len(self.used)} records"
        exponent = max(-30, math.ceil(math.log10(self.chance)))
        parts = [
            f"found with {used}, reproduces {self.confirmed} of {self.held_out} others with different texts",
            f"hypotheses tried: {self.hypotheses}, chance of an accident: below 1e{exponent}",
        ]
        if self.rivals:
            more = f" and {len(self.rivals) - 3} more" if len(self.rivals) > 3 else ""
            parts.append(f"not told apart from {', '.join(self.rivals[:3])}{more}")
        if self.open:
            parts.append(self.open)
        return "; ".join(parts)

    @property
    def table(self) -> dict[str, Any]:
        """The table ``[checksum]`` of a layout file."""
        spelled = next((name for name, parts in COVERS.items() if parts == self.covers), None)
        table: dict[str, Any] = {"algorithm": self.algorithm}
        if self.algorithm == checksum.OWN and self.crc is not None:
            table |= self.crc._asdict()
        return table | {"covers": spelled or list(self.covers), "status": "observed", "doc": self.doc}


def search(samples: Sequence[Sample], width: int, *, named: bool = True, unnamed: bool = True) -> ChecksumMatch | None:
    """Return how the checksum of some records is computed, or None: then the field stays opaque.

    Args:
        samples: the records, at best from several files.
        width: bytes of the field, 2 or 4.
        named: try sums and CRCs that have a name.
        unnamed: try every polynomial.

    Raises:
        ValueError: another width, or a sample whose field has not this many bytes.
    """
    if width not in WIDTHS or any(len(each.stored) != width for each in samples):
        raise ValueError(f"a field of {width} bytes cannot be searched")
    trial = _Trial(samples, width)
    if len(trial.chosen) < MIN_RECORDS or len({samples[index].stored for index in trial.chosen}) < 2:
        return None
    for regions in trial.regions():
        found = _named(trial, regions) if named else None
        if found is None and unnamed:
            found = _polynomial(trial, regions)
        if found is not None:
            return found
    return None


# --- what is tried, and on what --------------------------------------------------------------------------------------


class _Verdict(NamedTuple):
    """How a hypothesis fared with the records held out: the fields of that name in ``ChecksumMatch``."""

    confirmed: int
    held_out: int
    hypotheses: int
    chance: float


class _Trial:
    """The records of one search, and how many hypotheses they were tried with."""

    def __init__(self, samples: Sequence[Sample], width: int) -> None:
        self.samples = samples
        self.width = width
        self.hypotheses = 0
        self._widths: dict[str, int] = {}
        by_text: dict[bytes, int] = {}
        for index, each in enumerate(samples):
            by_text.setdefault(each.text, index)
        indices = list(by_text.values())
        step = max(1.0, len(indices) / MAX_RECORDS)
        self.chosen = [indices[int(number * step)] for number in range(min(len(indices), MAX_RECORDS))]
        Random(0).shuffle(self.chosen)  # noqa: S311 - the same records give the same answer

    def value(self, index: int, order: str) -> int:
        """Return the stored checksum of a sample."""
        return unsigned(self.samples[index].stored, order)

    def highest(self, order: str) -> int:
        """Return the highest stored number but for a few that may be damaged."""
        return self._ordered(order)[-1]

    def register_width(self, order: str) -> int:
        """Return the bits, in whole bytes, that the stored numbers need."""
        if order not in self._widths:
            self._widths[order] = max(1, -(-self.highest(order).bit_length() // 8)) * 8
        return self._widths[order]

    def _ordered(self, order: str) -> list[int]:
        ordered = sorted(self.value(index, order) for index in self.chosen)
        spare = math.ceil(DAMAGED * len(ordered)) if len(ordered) >= MANY else 0
        return ordered[spare : len(ordered) - spare]

    @cached_property
    def bits(self) -> int:
        """Bits that a hit in one record is worth at most: numbers that are always small are hit more easily."""
        spans = [self._ordered(order) for order in ("little", "big")]
        return min((each[-1] - each[0]).bit_length() for each in spans)

    def regions(self) -> list[list[tuple[str, ...]]]:
        """Return what a checksum may cover: the likely, then other runs of header fields with the text."""
        first = self.samples[self.chosen[0]]
        head, trail = (tuple(name for name, _ in part) for part in (first.head, first.trail))
        endings = [("text",), ("text", "terminator")] if first.terminator else [("text",)]
        heads = [(), *(head[start:] for start in range(len(head)))]
        heads += sorted(((name,) for name in head), key=lambda each: each != ("sync",))
        runs = [head[start:stop] for start, stop in combinations(range(len(head) + 1), 2)]
        likely = [(*before, *ending) for before in heads for ending in endings]
        likely.insert(len(endings), (*head, *endings[-1], *trail))
        others = [(*before, *ending) for before in runs for ending in endings]
        others = [each for each in dict.fromkeys(others) if each not in likely]
        return [list(dict.fromkeys(likely))[:MAX_REGIONS], others[:MAX_REGIONS]]

    def message(self, index: int, covers: tuple[str, ...]) -> bytes:
        """Return the bytes of a sample that a checksum over ``covers`` is computed over."""
        sample = self.samples[index]
        if covers == ("text",):
            return sample.text
        parts = dict(sample.head) | dict(sample.trail) | {"text": sample.text, "terminator": sample.terminator}
        return b"".join(parts[name] for name in covers)

    def judge(
        self, compute: Callable[[bytes], int], size: int, covers: tuple[str, ...], order: str, used: Sequence[int]
    ) -> _Verdict | None:
        """Return how a hypothesis fares with the records that were not used to find it; None where that is not enough.

        Args:
            compute: the checksum.
            size: its bits.
            covers: what it is computed over.
            order: byte order of the field.
            used: the samples it was found with.
        """
        held = [index for index in self.chosen if index not in used]
        spare = math.ceil(DAMAGED * len(held)) if len(held) >= MANY else 0
        confirmed, wrong, values = 0, 0, set()
        for index in held:
            value = self.value(index, order)
            if compute(self.message(index, covers)) == value:
                confirmed += 1
                values.add(value)
            elif (wrong := wrong + 1) > spare:
                return None
        if len(values) < max(2, min(confirmed, 16) // 2):
            return None
        ways = math.log2(self.hypotheses) + math.log2(math.comb(len(held), wrong))
        likelihood = ways - min(size, self.bits) * confirmed
        if likelihood > math.log2(CHANCE):
            return None
        return _Verdict(confirmed, len(held), self.hypotheses, 2.0 ** max(likelihood, -1000))

    def contradicted(self, compute: Callable[[bytes], int], covers: tuple[str, ...], order: str) -> tuple[int, ...]:
        """Return all samples that a checksum does not reproduce."""
        return tuple(
            index
            for index in range(len(self.samples))
            if compute(self.message(index, covers)) != self.value(index, order)
        )


# --- algorithms with a name ------------------------------------------------------------------------------------------


def _named(trial: _Trial, regions: Sequence[tuple[str, ...]]) -> ChecksumMatch | None:
    """Try everything that has a name: the first records select, all others judge."""
    used = trial.chosen[: 3 if len(trial.chosen) >= MANY else 1]
    names = [name for name in (*CATALOGUE, *SUMS) if ALGORITHMS[name].size <= trial.width]
    names.sort(key=lambda name: ALGORITHMS[name].size != trial.width)
    best: tuple[_Verdict, str, tuple[str, ...], str] | None = None
    rivals: list[str] = []
    for covers in regions:
        messages = [trial.message(index, covers) for index in used]
        for name in names:
            size, compute = ALGORITHMS[name]
            computed = [compute(each) for each in messages]
            for order in ("little", "big"):
                trial.hypotheses += 1
                hit = any(value == trial.value(index, order) for index, value in zip(used, computed, strict=True))
                verdict = trial.judge(compute, 8 * size, covers, order, used) if hit else None
                if verdict is None:
                    continue
                if best is None or verdict.confirmed > best[0].confirmed:
                    best, rivals = (verdict, name, covers, order), []
                elif verdict.confirmed == best[0].confirmed:
                    rivals.append(f"{name} over {'+'.join(covers)}")
    if best is None:
        return None
    verdict, name, covers, order = best
    wrong = trial.contradicted(ALGORITHMS[name].compute, covers, order)
    return ChecksumMatch(
        name,
        CATALOGUE.get(name),
        covers,
        byte_order=order,
        used=tuple(sorted(used)),
        contradicted=wrong,
        rivals=tuple(rivals),
        **verdict._asdict(),
    )


# --- any polynomial --------------------------------------------------------------------------------------------------


class _Frame(NamedTuple):
    """What is assumed of a CRC while its polynomial is searched."""

    covers: tuple[str, ...]
    refin: bool
    refout: bool
    order: str
    width: int

    def message(self, trial: _Trial, index: int) -> int:
        """Return a message as the bits that enter the register, first bit highest."""
        data = trial.message(index, self.covers)
        return int.from_bytes(reversed_bits(data) if self.refin else data, "big")

    def register(self, trial: _Trial, index: int) -> int:
        """Return the stored checksum as the register it came from."""
        value = trial.value(index, self.order) & (1 << self.width) - 1
        return reflected(value, self.width) if self.refout else value

    def crc(self, divisor: int, init: int = 0, constant: int = 0) -> Crc:
        """Return the CRC of a polynomial (its highest term included), an initial register and a final constant."""
        poly = divisor ^ 1 << self.width
        xorout = reflected(constant, self.width) if self.refout else constant
        return Crc(self.width, poly, init, refin=self.refin, refout=self.refout, xorout=xorout)


class _Multiples(NamedTuple):
    """Numbers that the polynomial divides if the frame is right, each with the samples it was made from.

    ``guess`` holds initial register and final constant where they were guessed and not cancelled.
    """

    numbers: Sequence[tuple[int, tuple[int, ...]]]
    guess: tuple[int, int] | None = None


def _polynomial(trial: _Trial, regions: Sequence[tuple[str, ...]]) -> ChecksumMatch | None:
    for covers in regions:
        lengths = {index: len(trial.message(index, covers)) for index in trial.chosen}
        by_length: dict[int, list[int]] = {}
        for index, length in lengths.items():
            if length <= MAX_MESSAGE:
                by_length.setdefault(length, []).append(index)
        for frame in _frames(trial, covers):
            for multiples in _attempts(trial, frame, by_length):
                trial.hypotheses += 1
                for divisor, used in _divisors(multiples, frame.width):
                    found = _completed(trial, frame, divisor, used=used, guess=multiples.guess, lengths=lengths)
                    if found is not None:
                        return found
    return None


def _frames(trial: _Trial, covers: tuple[str, ...]) -> Iterator[_Frame]:
    """Yield the ways to look at messages and numbers; bits that are turned round at one end only come last."""
    for turned, refin, order in product((False, True), (False, True), ("little", "big")):
        yield _Frame(covers, refin, refin != turned, order, trial.register_width(order))


def _attempts(trial: _Trial, frame: _Frame, by_length: dict[int, list[int]]) -> Iterator[_Multiples]:
    """Yield several choices of multiples of the polynomial: one that holds a damaged record is of no use."""
    groups = [each for each in by_length.values() if len(each) > 1]
    # Short messages are quickest; from a large group fewer records are needed.
    groups.sort(key=lambda each: (len(each) <= _DIFFERENCES, len(trial.message(each[0], frame.covers))))
    for attempt in range(_ATTEMPTS):
        random = Random(attempt)  # noqa: S311 - the same records give the same answer
        ordered = random.sample(groups, len(groups)) if attempt % 2 else groups
        pairs = islice(_pairs(ordered, random), _DIFFERENCES if len(trial.chosen) >= MANY else _FEW_DIFFERENCES)
        yield _Multiples([_difference(trial, frame, *pair) for pair in pairs])
    if sum(len(each) - 1 for each in groups) < _FEW_PAIRS:
        yield from _guessed(trial, frame, by_length)


def _pairs(groups: Sequence[Sequence[int]], random: Random) -> Iterator[tuple[int, int]]:
    """Yield pairs of records of equal length, several of each length."""
    for each in groups:
        first, *others = random.sample(each, min(len(each), _DIFFERENCES + 1))
        yield from ((first, other) for other in others)


def _difference(trial: _Trial, frame: _Frame, one: int, other: int) -> tuple[int, tuple[int, ...]]:
    message = frame.message(trial, one) ^ frame.message(trial, other)
    return message << frame.width ^ frame.register(trial, one) ^ frame.register(trial, other), (one, other)


def _guessed(trial: _Trial, frame: _Frame, by_length: dict[int, list[int]]) -> Iterator[_Multiples]:
    """Yield multiples made of single records for the usual initial and final values, where pairs are few."""
    ones = (1 << frame.width) - 1
    indices = sorted(index for each in by_length.values() for index in each)[:_DIFFERENCES]
    for init, constant in product((0, ones), repeat=2):
        numbers = []
        for index in indices:
            length = len(trial.message(index, frame.covers))
            number = frame.message(trial, index) << frame.width ^ init << 8 * length
            numbers.append((number ^ frame.register(trial, index) ^ constant, (index,)))
        yield _Multiples(numbers, (init, constant))


def _divisors(multiples: _Multiples, width: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield the polynomials of this degree that divide all numbers, with the samples that showed it."""
    common, used, seen = 0, set[int](), 0
    for number, indices in multiples.numbers:
        if not number:
            continue
        # A polynomial with x as a factor would lose bits of every message.
        common, seen = _odd(_gcd(common, number, width)), seen + 1
        used.update(indices)
        if _degree(common) < width:
            return
        if seen > 1 and _degree(common) == width:
            break
    spare = _degree(common) - width
    if seen < 2 or spare > _COFACTOR:
        return
    for middle in range(1 << max(0, spare - 1)):
        quotient, rest = _divided(common, 1 << spare | middle << 1 | 1 if spare else 1)
        if not rest:
            yield quotient, tuple(sorted(used))


def _completed(
    trial: _Trial,
    frame: _Frame,
    divisor: int,
    used: tuple[int, ...],
    guess: tuple[int, int] | None,
    lengths: dict[int, int],
) -> ChecksumMatch | None:
    """Find initial value and final constant for a polynomial, and let the other records judge."""
    empty = frame.crc(divisor)._replace(refout=False)

    def offset(index: int) -> int:
        return frame.register(trial, index) ^ empty.compute(trial.message(index, frame.covers))

    pairs: Iterable[tuple[int, int, int | None]]
    pairs = [(*guess, None)] if guess else _ends(frame, divisor, used, offset, lengths)
    for init, constant, other in pairs:
        trial.hypotheses += 1
        crc = frame.crc(divisor, init, constant)
        known = used if other is None or other in used else (*used, other)
        verdict = trial.judge(crc.compute, frame.width, frame.covers, frame.order, known)
        if verdict is None:
            continue
        name = next((name for name, each in CATALOGUE.items() if each == crc), checksum.OWN)
        wrong = trial.contradicted(crc.compute, frame.covers, frame.order)
        if {*wrong} & {
            *known
        }:  # the records that showed the polynomial show its ends, too, of whatever length they are
            continue
        right = [index for index in trial.chosen if index not in {*wrong}]
        # What was solved from two lengths holds for both; only another record of the second shows that it holds at all.
        if other is not None and all(lengths[index] == lengths[used[0]] for index in right if index != other):
            continue
        return ChecksumMatch(
            name,
            crc,
            frame.covers,
            byte_order=frame.order,
            used=tuple(sorted(known)),
            contradicted=wrong,
            **verdict._asdict(),
            open=_undecided(divisor, {lengths[index] for index in right}),
        )
    return None


def _ends(
    frame: _Frame,
    divisor: int,
    used: tuple[int, ...],
    offset: Callable[[int], int],
    lengths: dict[int, int],
) -> Iterator[tuple[int, int, int | None]]:
    """Yield initial register and final constant, usual ones first, and the sample of another length that showed them.

    What the polynomial leaves of a record is init x^8n + constant: one length n gives one for each value of the other.
    """
    ones = (1 << frame.width) - 1
    rest, length = offset(used[0]), lengths[used[0]]
    power = _power(2, 8 * length, divisor)
    # The polynomial is odd: x (P + 1) / x = 1.
    inverse = _power((divisor ^ 1) >> 1, 8 * length, divisor)
    by_constant = {constant: _product(rest ^ constant, inverse, divisor) for constant in (0, ones)}
    by_init = {init: rest ^ _product(init, power, divisor) for init in (0, ones)}
    usual = [(init, constant) for constant, init in by_constant.items()]
    usual += list(by_init.items())
    usual.sort(key=lambda each: not {*each} <= {0, ones})
    yield from ((*each, None) for each in dict.fromkeys(usual))
    others = [index for index in lengths if lengths[index] != length]
    others.sort(key=lambda index: index not in used)
    for other in others[:4]:
        factor = power ^ _power(2, 8 * lengths[other], divisor)
        common = _gcd(divisor, factor, 0)
        wanted, left = _divided(rest ^ offset(other), common)
        if left or not factor:
            continue
        modulus = _divided(divisor, common)[0]
        init = _product(wanted, _inverse(_divided(factor, common)[0], modulus), modulus)
        yield init, rest ^ _product(init, power, divisor), other


def _undecided(divisor: int, lengths: set[int]) -> str:
    """Say whether other initial and final values give the same checksums."""
    powers = [_power(2, 8 * length, divisor) for length in sorted(lengths)]
    here = divisor
    for each in powers[1:]:
        here = _gcd(here, powers[0] ^ each, 0)
    always = _gcd(divisor, 1 << 8 | 1, 0)
    if _degree(here) > _degree(always):
        return "init and xorout are one choice of many, which messages of so few lengths do not tell apart"
    if _degree(always):
        return f"init and xorout are one of {1 << _degree(always)} pairs that give the same for every message"
    return ""


# --- polynomials over GF(2): bit n of a number is the coefficient of x^n ---------------------------------------------


def _degree(number: int) -> int:
    return number.bit_length() - 1


def _odd(number: int) -> int:
    """Return a polynomial without its factors x."""
    return number >> (number & -number).bit_length() - 1 if number else 0


def _gcd(one: int, other: int, least: int) -> int:
    """Return the greatest common divisor, or 1 as soon as its degree is sure to be below ``least``."""
    while other:
        size = other.bit_length()
        if size <= least:
            return 1
        while (excess := one.bit_length() - size) >= 0:
            one ^= other << excess
        one, other = other, one
    return one


def _divided(number: int, by: int) -> tuple[int, int]:
    """Return quotient and rest."""
    quotient, size = 0, by.bit_length()
    while (excess := number.bit_length() - size) >= 0:
        number ^= by << excess
        quotient |= 1 << excess
    return quotient, number


def _product(one: int, other: int, modulus: int) -> int:
    result = 0
    for bit in range(other.bit_length()):
        if other >> bit & 1:
            result ^= one << bit
    return _divided(result, modulus)[1]


def _power(base: int, exponent: int, modulus: int) -> int:
    result = _divided(1, modulus)[1]
    while exponent:
        if exponent & 1:
            result = _product(result, base, modulus)
        base = _product(base, base, modulus)
        exponent >>= 1
    return result


def _inverse(number: int, modulus: int) -> int:
    """Return what makes 1 with ``number``, which has no divisor in common with ``modulus``."""
    first, second, rest, other = 0, 1, modulus, _divided(number, modulus)[1]
    while other:
        quotient, left = _divided(rest, other)
        rest, other = other, left
        product_of = 0
        for bit in range(quotient.bit_length()):
            if quotient >> bit & 1:
                product_of ^= second << bit
        first, second = second, first ^ product_of
    return _divided(first, modulus)[1]
