"""What else the bytes of numbers and dates could be: readings that a layout has to refute before it is stated.

The search finds the likeliest layout. Here its number and its dates are read otherwise, each in the ways in which
programs of that time may have stored them (docs/certainty.md 3). What a rival reads differently, and as well, is a
doubt. The frame and the texts are held against what else they could be in ``frame_audit`` and ``text_audit``.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial

from glbtools.binary import stamp
from glbtools.binary.field import Field, unsigned
from glbtools.binary.layout import Layout
from glbtools.binary.records import Record
from glbtools.formats.queue import Queue, moment
from glbtools.learn import columns
from glbtools.learn.audited import (
    FEW_VALUES,
    FEWEST_STEPS,
    LOST,
    STRAY,
    Parts,
    Samples,
    samples_of,
)
from glbtools.learn.comparison import undamaged
from glbtools.learn.dateplaces import clock_bytes
from glbtools.learn.fields import HEX_DIGITS, MOST_BITS, WRITTEN
from glbtools.learn.framing import Number
from glbtools.learn.inserting import bytes_of, opened, replaced

CLOCK = 60
"""What no hour, minute or second reaches."""

SHOWN = 30.0
"""Bits that the steps of a number must show: 20, and what some thousand places and forms tried are worth."""


class Form(str):
    """A doubt that leaves dates what they are: in another form the same bytes are others, or there are two of them."""

    __slots__ = ()


def number_doubts(parts: Parts, layout: Layout, dated: Field | None = None) -> Iterator[str]:
    """Yield readings of the number by another width, order or place that count as well and give other numbers.

    Readings that give other numbers than somebody knows are none, nor are those that take bytes of dates.

    Args:
        parts: the files as they were read.
        layout: what they were read with, less the fields that are in doubt themselves.
        dated: the field of the dates where no more than their form is in doubt.
    """
    field = layout.with_role("sync")
    samples = samples_of(parts)
    if field is None or len(samples) < 2:
        return
    yield from _of_the_next(parts, field)
    if field.kind in {"w32", "bcd32"}:
        return  # looked at only where somebody knows the numbers, and of such a form no other is as likely
    known = _known(parts, samples)
    chosen, files = [each.sync for _, each, _ in samples], [id(data) for data, _, _ in samples]
    runs = _by_file(chosen, files)
    if field.kind in {"dec", "hex"}:
        beside = list(_digits_beside(layout, field, samples))
        if any(not _is_one_digit_behind(samples, field, at) for at in beside):
            yield "digits stand beside the number: they may be of a longer one, or of a date in digits"
        yield from _longer(layout, field, samples)
        if not known:
            yield from _broken_off(field, runs)
        return
    origins = [(data, queue.codec.origin(each, field.section)) for data, each, queue in samples]
    varying = [
        at for at in range(field.offset, field.stop) if not _is_one([data[start + at] for data, start in origins])
    ]
    if not varying:
        return
    if max(known.values(), default=0) <= LAST_DIGIT:
        yield from _in_decimal(chosen)
    low, high = min(varying), max(varying)
    most = sum(number >= columns.LARGEST_SYNC for number in chosen)
    if most > STRAY * len(chosen):
        yield f"{most} of {len(chosen)} numbers are more than any count of changes"
        return
    steps = [step for run in runs for step in _steps(run)]
    if not known and len(steps) < FEWEST_STEPS and set(steps) != {1}:
        yield "the records are few, and their numbers do not rise by one each time: a date or a place rises so, too"
        return
    shown = sum(math.log2(number + 2) for number in set(known.values())) >= KNOWN
    if not shown and sum(max(0.0, 16 - math.log2(step + 1)) for step in steps if step > 0) < SHOWN:
        yield "the numbers are few, and rise by steps so large that chance explains them"
        return
    lowest = low if field.byte_order == "little" else high
    bytes_at = {at: {data[origin + at] for data, origin in origins} for at in varying}
    slow = _nearly_all(data[origin + lowest] < CLOCK for data, origin in origins)
    clock = slow and any(len(bytes_at[at]) > 2 for at in varying if at != lowest)
    if clock and not shown:
        yield f"the low byte of the numbers never reaches {CLOCK}, though they rise beyond it: they may be of a clock"
        return
    taken = {
        at
        for each in layout.fields
        if each.section == field.section and each.name != field.name and each.role not in OPEN
        if each.role != "stamp" or each.status == "observed"
        for at in range(each.offset, each.offset + max(1, each.size))
        if not _is_zero(each, at, samples)
    }
    if dated is not None and dated.section == field.section:
        taken.update(range(dated.offset, dated.stop))
    clocks = cache(partial(_clocks, samples, layout))
    end = max(each.stop for each in layout.fields if each.section == field.section and each.size)
    for size, (name, read) in itertools.product((2, 3, 4), _ORDERS.items()):
        for start in range(max(0, high - size + 1), high + 1):
            last = start if name == "low byte first" else start + size - 1
            whole = start <= low and high < start + size
            if last not in varying or not (whole or last == lowest) or start + size > end:
                continue
            if any(at in taken for at in range(start, start + size)):
                continue
            values = [read(data[origin + start : origin + start + size]) for data, origin in origins]
            counts = _counts(values, chosen, files) and (whole or not _falls_alone(values, chosen))
            same = _nearly_all(one == other for one, other in zip(values, chosen, strict=True))
            if not same and counts and _agrees(values, known) and not columns.is_refuted(values, chosen, size):
                if clocks(field.section).intersection(range(start, start + size)):
                    continue
                yield (
                    f"the number may as well be {8 * size} bits, {name}, at 0x{start:02x}: "
                    f"{values[-1]} in place of {chosen[-1]} in the last record"
                )
                return
    if not known:
        dates = [each for each in layout.section(field.section) if each.role == "stamp"]
        again = any(each.repeats == "number" and each.size > 2 for each in layout.fields)
        unchanged = {at for each in dates for at in range(each.offset, each.stop) if _is_same(each, at, samples)}
        yield from _swapped(field, taken if again else taken - unchanged, origins, chosen)
        yield from _broken_off(field, runs)
        yield from _wider_in_places(layout, field, origins, chosen, files)
        yield from _of_repeats(layout, samples, chosen)
    rises = sorted(step for step in steps if step > 0)
    if not known and len(rises) >= FEWEST_STEPS and rises[-1] in (steps[0], steps[-1]) and rises[-1] > FAR * rises[-2]:
        place, number = ("first", chosen[0]) if rises[-1] == steps[0] else ("last", chosen[-1])
        yield f"the {place} number, {number}, is far from the others: they may stand beside another text than their own"
        return
    own = ([step for step in _steps(run) if step > 0] for run in runs)
    long = [each for each in own if len(each) >= FEWEST_STEPS]
    usual = max((statistics.median_high(each) for each in (rises, *long) if each), default=0)
    if usual > MOST_SKIPPED and not shown:
        yield f"the numbers skip {usual - 1} between most records: they may count something else"
        return
    rivals = (
        (values, said)
        for values, said, section, at in _other_counters(layout, samples, chosen)
        if (rise := _rises(values, chosen, files)) and (_is_ordinal(parts) or _counts(values, chosen, files))
        if not _jumps([step for step, _ in rise]) and not clocks(section).intersection((at, at + 1))
        if not columns.is_no_count(values, chosen, 2) and not _is_place(values, samples)
    )
    words = {at: number & 0xFFFF for at, number in known.items()}
    yield from itertools.islice((said for values, said in rivals if _agrees(values, words)), 1)


def _by_file(chosen: Sequence[int], files: Sequence[int]) -> list[list[int]]:
    """Return the numbers of each file: between two files nothing rises or falls."""
    told = itertools.groupby(zip(files, chosen, strict=True), lambda each: each[0])
    return [[number for _, number in own] for _, own in told]


def _steps(numbers: Sequence[int]) -> list[int]:
    """Return the steps between numbers."""
    return [b - a for a, b in itertools.pairwise(numbers)]


def _wider_in_places(
    layout: Layout, field: Field, origins: Sequence[tuple[bytes, int]], chosen: Sequence[int], files: Sequence[int]
) -> Iterator[str]:
    """Yield that the byte above a number is not zero just where the number does not go with those beside it."""
    above = field.stop if field.byte_order == "little" else field.offset - 1
    swapped = [field.offset - 2] if field.size == 2 else []  # the high word, where that stands first
    for place in (above, *swapped):
        if field.kind not in WIDER or not _is_free(layout, field, place):
            continue
        high = [data[origin + place] for data, origin in origins]
        for at, (byte, number) in enumerate(zip(high, chosen, strict=True)):
            before = chosen[at - 1] if files[at - 1 : at] == files[at : at + 1] else 0
            astray = number <= before or (files[at + 1 : at + 2] == files[at : at + 1] and number >= chosen[at + 1])
            if byte and astray and not Counter(high).most_common(1)[0][0]:
                wide = number + (byte << 8 * field.size)
                yield f"the byte above the number {number} is not zero: it may be {wide}, of more bits"
                return


def _of_repeats(layout: Layout, samples: Samples, chosen: Sequence[int]) -> Iterator[str]:
    """Yield that what is the number again has something above it: the number may be its low word."""
    for each in layout.fields:
        above = (each.stop, each.stop + 1) if each.byte_order == "little" else (each.offset - 2, each.offset - 1)
        if each.repeats != "number" or each.kind != "u16" or not all(_is_free(layout, each, at) for at in above):
            continue
        wide, start = Number("u32", 4, each.byte_order), min(each.offset, *above)
        read = [wide.read(data, queue.codec.origin(record, each.section) + start) for data, record, queue in samples]
        values = [0 if value is None else value for value in read]
        more = {value - number for value, number in zip(values, chosen, strict=True)}
        if len(more) == 1 and more.pop() > 0 and not columns.is_refuted(values, chosen, 4):
            place = f"{'+' if each.section == 'trailer' else ''}0x{start:02x}"
            yield f"where the numbers stand again, at {place}, they may be of 32 bits: {values[0]} in the first record"
            return


def _broken_off(field: Field, runs: Sequence[Sequence[int]]) -> Iterator[str]:
    """Yield why numbers are a part of longer ones, or count something else: they jump where they carry, or fall.

    Args:
        field: of the number.
        runs: the numbers of each file.
    """
    steps = [step for run in runs for step in _steps(run)]
    wide = (1 << 8 * field.size) - 1 if field.kind.startswith("u") else 0
    for a, b in itertools.chain.from_iterable(map(itertools.pairwise, runs)):
        low, high = min(a, b), max(a, b)
        skips = high - low > FAR and (high - low) % 256 <= MOST_SKIPPED and high & 0xFF < low & 0xFF
        if skips or (wide and high > wide - MOST_SKIPPED and low < MOST_SKIPPED):
            yield f"from {a} to {b} a byte carries beyond the next one: they may be a part of longer numbers"
            return
    if any(run[0] == 0 for run in runs):
        yield "the numbers begin at 0, and those of changes at 1: they may be the places of the records"
    following = sum(abs(step) == 1 for step in steps)
    if len(steps) >= FEWEST_STEPS and following < FOLLOWED * len(steps):
        yield f"{following} of {len(steps)} numbers follow the one before: they may count something else"
    falls = sum(step < 0 for step in steps)
    count = sum(map(len, runs))
    if max(2, LOST * count) < falls < (1 - LOST) * count:
        yield f"the numbers fall {falls} times: they may count something else"


FOLLOWED = 0.1
"""Share of the changes of a queue, at least, that follow each other by number."""


def _longer(layout: Layout, field: Field, samples: Samples) -> Iterator[str]:
    """Yield that numbers in digits count as well with digits before them that are read as of a date."""
    dated = layout.with_role("stamp")
    if dated is None or dated.kind != field.kind or (dated.section, dated.stop) != (field.section, field.offset):
        return
    chosen, files = [each.sync for _, each, _ in samples], [id(data) for data, _, _ in samples]
    origins = [(data, queue.codec.origin(each, field.section)) for data, each, queue in samples]
    for size in range(field.size + 1, min(LONGEST, field.size + dated.size) + 1):
        number = Number(field.kind, size)
        values = [number.read(data, origin + field.stop - size) for data, origin in origins]
        known = [each for each in values if each is not None]
        if len(known) == len(chosen) != sum(map(int.__eq__, known, chosen)) and _counts(known, chosen, files):
            yield f"with the digits before them the numbers count as well, {known[-1]} in the last record"
            return


LONGEST = 10
"""Digits of the longest number: 32 bits hold no more."""


def _of_the_next(parts: Parts, field: Field) -> Iterator[str]:
    """Yield that numbers behind the texts may be of the records behind them: where something else follows, none is.

    Damage spoils some of them, and not all.
    """
    if field.section != "trailer":
        return
    for sample_file, queue in parts:
        starts = {each.start for each in queue.records}
        last = max(starts, default=0)
        alone = [each for each in queue.records if each.stop not in starts and each.start != last]
        astray = sum(each.sync >= columns.LARGEST_SYNC for each in alone)
        if len(alone) > 1 and astray == len(alone):
            yield (
                f"{astray} records of {sample_file.path} have no number that counts, and other bytes follow each of "
                "them: the numbers may be of the texts behind them"
            )


def _is_place(values: Sequence[int], samples: Samples) -> bool:
    """Whether numbers are the places of the records, or of their neighbours, in a file whose records differ in size."""
    starts = [queue.codec.origin(each, "record") for _, each, queue in samples]
    if len({b - a for a, b in itertools.pairwise(starts)}) < FEWEST_STEPS:
        return False
    for ahead in (-1, 0, 1):
        at = range(max(0, -ahead), len(starts) - max(0, ahead))
        if _is_one([(values[each] - starts[each + ahead]) & 0xFFFF for each in at]):
            return True
    return False


def _in_decimal(chosen: Sequence[int]) -> Iterator[str]:
    """Yield that the digits of numbers in hex are all decimal ones: each byte may hold two digits of a number.

    A number with a letter is a damaged one, unless it follows the one before it as others do: two, or one of a few.
    """
    digits = [f"{number:x}" for number in chosen]
    following = [b for a, b in itertools.pairwise(chosen) if 0 < b - a <= FOLLOWING]
    if sum(not f"{number:x}".isdecimal() for number in following) > (len(chosen) > SHORT):
        return
    if _nearly_all(each.isdecimal() for each in digits) and max(chosen) > LAST_DIGIT:
        yield f"no digit of the numbers in hex is a letter: they may be decimal, {digits[-1]} in the last record"


FOLLOWING, SHORT = 4, 16
"""Step to a number that damage hardly makes, one value in 64, and records of which hardly one is damaged."""

LAST_DIGIT = 9


def _falls_alone(values: Sequence[int], chosen: Sequence[int]) -> bool:
    """Whether numbers fall where the chosen ones take a step that a count of changes may take."""
    pairs = zip(itertools.pairwise(values), itertools.pairwise(chosen), strict=True)
    return any(b <= a and 0 < d - c <= columns.LARGEST_STEP for (a, b), (c, d) in pairs)


def _known(parts: Parts, samples: Samples) -> dict[int, int]:
    """Return which of the records have a number that somebody knows: place among the samples -> number."""
    known: dict[int, int] = {}
    for sample_file, queue in parts:
        last = columns.last_at([each.sync for each in queue.records], sample_file.last)
        ends = ((sample_file.first, queue.records[:1]), (sample_file.last, queue.records[last : last + 1]))
        for number, record in ends:
            at = (place for place, (_, each, its) in enumerate(samples) if its is queue and [each] == record)
            known.update((place, number) for place in at if number is not None)
    return known


def _agrees(values: Sequence[int], known: Mapping[int, int]) -> bool:
    """Whether a reading gives the numbers that are known."""
    return all(values[at] == number for at, number in known.items())


KNOWN = 16
"""Bits of known numbers at which no accident puts them all where they are read."""

OPEN = {"opaque", "constant", "repeat"}
"""Roles of bytes that another number may have: what repeats one of two counts takes bytes from the other, perhaps."""

FAR = 100
"""Times by which one step is more than any other, so that it hardly counts changes."""

MOST_SKIPPED = 8
"""Step between most numbers above which they hardly count changes."""


def _swapped(
    field: Field, taken: set[int], origins: Sequence[tuple[bytes, int]], chosen: Sequence[int]
) -> Iterator[str]:
    """Yield that a number of 16 bits may be the low word of one whose high word stands before it.

    A number of more bytes is one of 16 bits where those above are zero in all records.
    """
    before = (field.offset - 2, field.offset - 1)
    above = range(field.offset + 2, field.stop) if field.byte_order == "little" else range(field.offset, field.stop - 2)
    narrow = field.size >= 2 and not any(data[origin + at] for data, origin in origins for at in above)
    if not narrow or before[0] < 0 or any(at in taken for at in before):
        return
    word = Number("u16", 2, field.byte_order)
    words = [word.read(data, origin + before[0]) or 0 for data, origin in origins]
    high = Counter(words).most_common(1)[0][0]
    values = [word << 16 | number for word, number in zip(words, chosen, strict=True)]
    if not _is_one(words) or high == 0 or columns.is_refuted(values, chosen, 4):
        return
    if high << 16 < columns.LARGEST_COUNT:
        yield f"the word before the number is {high}: it may be its high word"


def _other_counters(
    layout: Layout, samples: Samples, chosen: Sequence[int]
) -> Iterator[tuple[list[int], str, str, int]]:
    """Yield what may be counters of their own among the bytes that no field claims: one may be the number."""
    for section in ("record", "trailer"):
        free = {
            at
            for each in layout.section(section)
            for at in range(each.offset, each.stop)
            if (each.role in OPEN and each.repeats != "offset") or _is_zero(each, at, samples)
        }
        for (name, read), at in itertools.product(_ORDERS.items(), sorted(free)):
            if at + 1 not in free:
                continue
            raws = []
            for data, each, queue in samples:
                origin = queue.codec.origin(each, section) + at
                raws.append(data[origin : origin + 2])
            values = list(map(read, raws))
            if len(set(values)) > 1 and values != [each & 0xFFFF for each in chosen]:
                where = f"{'+' if section == 'trailer' else ''}0x{at:02x}"
                said = f"the number may as well be the 16 bits at {where}, {name}: {values[-1]} in the last record"
                yield values, said, section, at


def _is_zero(field: Field, at: int, samples: Samples) -> bool:
    """Whether a byte of a number or length is zero in all records: it may belong to what stands beside it."""
    if field.role not in {"sync", "len_text"} or field.kind in {"dec", "hex"}:
        return False
    return not any(data[queue.codec.origin(each, field.section) + at] for data, each, queue in samples)


def _is_same(field: Field, at: int, samples: Samples) -> bool:
    """Whether a byte of dates is one and the same in all records: it need not be of them, though it is read so."""
    return field.role == "stamp" and _is_one(
        [data[queue.codec.origin(each, field.section) + at] for data, each, queue in samples]
    )


_ORDERS: dict[str, Callable[[bytes], int]] = {
    "low byte first": lambda raw: unsigned(raw, "little"),
    "high byte first": lambda raw: unsigned(raw, "big"),
}


def _rises(values: Sequence[int], chosen: Sequence[int], files: Sequence[int]) -> list[tuple[int, int]]:
    """Return the steps of numbers with those of the chosen ones where these rise; none unless both rise there.

    None are too large either, but for a few that may be damaged.
    """
    if not _nearly_all(each < columns.LARGEST_SYNC for each in values):
        return []
    rows = itertools.pairwise(zip(files, values, chosen, strict=True))
    steps = [(b - a, d - c) for (one, a, c), (other, b, d) in rows if one == other and d > c]
    falling = sum(not 0 < rival <= columns.LARGEST_STEP for rival, _ in steps)
    return [] if falling > (max(1, STRAY * len(steps)) if len(steps) >= FEWEST_STEPS else 0) else steps


def _counts(values: Sequence[int], chosen: Sequence[int], files: Sequence[int]) -> bool:
    """Whether numbers rise wherever the chosen ones do, and about as fast, or all by the same."""
    steps = _rises(values, chosen, files)
    rival, own = (sorted(step[which] for step in steps)[len(steps) // 2] if steps else 0 for which in (0, 1))
    even = len(steps) >= FEWEST_STEPS and rival <= LARGEST_EVEN and _nearly_all(step == rival for step, _ in steps)
    return bool(steps) and (rival <= 4 * own or even)


LARGEST_EVEN = 100
"""Step that numbers may skip by each time."""


def _clocks(samples: Samples, layout: Layout, section: str) -> set[int]:
    """Return the bytes of a section that no field claims, and that are of dates in parts beyond doubt."""
    places = [(data, queue.codec.origin(each, section)) for data, each, queue in samples]
    return clock_bytes(places, bytes_of(layout, section, {"opaque", "constant"}))


def _dates_beside(layout: Layout, samples: Samples) -> Iterator[str]:
    """Yield that a record has another date beside the one that is read: either may be when it was queued."""
    told = [(data, each, queue, when) for data, each, queue in samples if (when := moment(layout, each.stamp))]
    for section in ("record", "trailer"):
        free = bytes_of(layout, section, {"opaque", "constant"})
        places = [(data, queue.codec.origin(each, section), when) for data, each, queue, when in told[:MOST_DATED]]
        for size, read in _all_dates():
            for at in sorted(each for each in free if free.issuperset(range(each, each + size))):
                if _are_dates_of(places, at, size, read):
                    where = f"{'+' if section == 'trailer' else ''}0x{at:02x}"
                    yield Form(f"another date stands at {where}, and either may be the record's")
                    return


def _are_dates_of(
    places: Sequence[tuple[bytes, int, datetime]], at: int, size: int, read: Callable[[bytes], datetime | None]
) -> bool:
    """Whether bytes of records are dates, several of them, that are no more than two days from the ones known."""
    near = [
        (other := read(data[start + at : start + at + size])) is not None and abs(other - when) <= BESIDE
        for data, start, when in places[:FEWEST_DATES]
    ]
    if not near or not all(near):
        return False
    raws = [data[start + at : start + at + size] for data, start, _ in places]
    found = [(read(raw), when) for raw, (_, _, when) in zip(raws, places, strict=True)]
    alike = _nearly_all(other is not None and abs(other - when) <= BESIDE for other, when in found)
    return alike and len(set(raws)) >= FEWEST_DATES


def _all_dates() -> Iterator[tuple[int, Callable[[bytes], datetime | None]]]:
    """Yield every form in which four bytes or the parts of a date are one."""
    yield from _dates_of_words()
    for number in columns.dates_in_parts():
        yield number.size, partial(_in_parts, number)


def _dates_of_words() -> Iterator[tuple[int, Callable[[bytes], datetime | None]]]:
    """Yield every form in which four bytes are a date, with their words either way round."""
    for order, encoding, swapped in itertools.product(("little", "big"), stamp.FORMS, (False, True)):
        yield 4, _form(order, encoding, swapped=swapped)


def _in_parts(number: Number, raw: bytes) -> datetime | None:
    seconds = number.read(raw, 0)
    return None if seconds is None else stamp.from_unix(seconds)


BESIDE, MOST_DATED = timedelta(days=2), 120
"""Time between two dates of one record, and records that are looked at."""


def _jumps(steps: Sequence[int]) -> bool:
    """Whether numbers go up by more than changes do: the low word of dates, or what counts times 256."""
    return len(steps) >= FEWEST_STEPS and statistics.median(steps) > 1 << MOST_BITS


def _is_ordinal(parts: Parts) -> bool:
    """Whether numbers count the records from 0 or 1 on and skip none: they may be no more than that."""
    numbers = [each.sync for _, queue in parts for each in undamaged(queue)]
    return numbers[0] in {0, 1} and list(numbers) == list(range(numbers[0], numbers[0] + len(numbers)))


# --- dates -------------------------------------------------------------------------------------------------------

FIRST, LAST = datetime(1988, 1, 1), datetime(2003, 1, 1)
"""When these programs were in use."""


def date_doubts(parts: Parts) -> Iterator[str]:
    """Yield why what a layout calls a date may be none, or another one."""
    layout = parts[0][1].layout
    field = layout.with_role("stamp")
    if field is None:
        return
    samples = samples_of(parts)
    starts = [(data, queue.codec.origin(each, field.section) + field.offset) for data, each, queue in samples]
    raws = [data[at : at + field.size] for data, at in starts]
    if not raws:
        return
    yield from _dates_beside(layout, samples)
    if field.kind in {"dec", "hex"}:
        if field.kind == "hex" and _nearly_all(raw.isdigit() for raw in raws):
            yield "none of its digits is a letter: they may be decimal, of a date in digits"
        elif list(_digits_beside(layout, field, samples)):
            yield "digits stand beside it: they may be of a longer date in digits"
        return
    if _nearly_all(all(byte in WRITTEN or byte == 0 for byte in raw[1:-1]) for raw in raws):
        yield "its bytes are digits of a date that is written out"
    values = [each.stamp or 0 for _, each, _ in samples]
    own = columns.moments(values, field.stamp)
    since_1980 = [_later(stamp.from_unix(unsigned(raw, field.byte_order))) for raw in raws] if field.size == 4 else []
    surely_packed = field.stamp == "dos" and columns.chance_of_packed(values) <= columns.SURELY_PACKED
    if (
        since_1980
        and not surely_packed
        and _nearly_all(each is not None and FIRST <= each < LAST for each in since_1980)
    ):
        yield Form("as seconds since 1980 they are dates of that time, too")
    if sum(each is None or not FIRST <= each < LAST for each in own) > STRAY * len(own):
        yield "they are not of the years in which these programs were in use"
    if _counts_along([unsigned(raw, field.byte_order) for raw in raws], [each.sync for _, each, _ in samples]):
        yield "its upper bytes go up by one where the number does: they are of a count, and no clock's"
    packed = field.stamp == "dos" and columns.chance_of_packed(values) <= columns.PACKED
    for name, forms in _FORMS.items():
        if name == (field.byte_order, field.stamp, "straight"):
            continue
        moments = [forms(raw) for raw in raws]
        good = [each for each in moments if each is not None and FIRST <= each < LAST]
        back = sum(b < a for a, b in itertools.pairwise(good))
        if packed and name[1] == "unix":
            continue
        wide = name[1] == "unix" and _span(good) > 1.5 * _span([each for each in own if each is not None]) + 1
        if wide or len(set(good)) < FEWEST_DATES:
            continue
        if len(good) >= (1 - STRAY) * len(raws) and back <= 2 * columns.SPOILED * len(raws):
            order, encoding, words = name
            swapped = " with its words the other way round" if words == "swapped" else ""
            yield Form(f"the same bytes are dates as {encoding}, {order}-endian{swapped}")
    varying = [{raw[at] for raw in raws} for at in range(field.size)]
    digits = [at for at in range(field.size) if _nearly_all(raw[at] >> 4 < 10 and raw[at] & 15 < 10 for raw in raws)]
    various = sum(len(varying[at]) for at in digits if len(varying[at]) > 1)
    if various >= (FEWEST_DIGITS if len(digits) == field.size else MANY_DIGITS):
        yield f"{len(digits)} of its bytes are two decimal digits each: they may be of a date in digits"
    places = [[raw[at] for raw in raws] for at in range(field.size)]  # from the lowest byte to the highest
    if field.byte_order != "little":
        places.reverse()
    unused = field.stamp == "dos" and Counter(places[0]).most_common(1)[0][0] == 0  # packed dates of full hours
    full = field.stamp == "unix" and _on_the_hour(values)
    even = unused or full
    if len(set(raws)) < FEWEST_DATES and len(raws) >= FEWEST_STEPS and not full:
        yield f"they hardly change in {len(raws)} records: the upper bytes of a count change as seldom"
    if not even and not _is_one(places[0]) and all(map(_is_one, places[1:])):
        yield Form("nothing but its lowest byte changes: so does any count beside what stays the same")
    if _shares_bytes(raws, [_raw_number(layout, each, data, queue) for data, each, queue in samples]):
        yield "two of its bytes are two of the number"
    if _is_one(places[0]) and not _is_one(raws) and not even:
        yield "its lowest byte never changes though others do: no clock runs so"
    elif (
        not even
        and field.stamp == "unix"
        and any(_is_one(each) and not all(map(_is_one, places[at + 1 :])) for at, each in enumerate(places))
    ):
        yield "a byte of it never changes though a higher one does: no clock runs so"
    told = [at for at, each in enumerate(varying) if len(each) >= FEW_VALUES]
    if told and _nearly_all(all(raw[at] < CLOCK for at in told) for raw in raws):
        yield f"no byte of it reaches {CLOCK}: they may be hours, minutes and seconds by themselves"
    days, times = ([getattr(each, what)() for each in own if each is not None] for what in ("date", "time"))
    if field.stamp == "dos" and len(set(days)) > 2 and _is_one(times):
        yield "all of them are of one time of the day"
    if not even:
        yield from _nearer(samples, layout, field, own)
    outer = (field.stop, field.stop + 1) if field.byte_order == "little" else (field.offset - 1, field.offset - 2)
    if all(_is_free(layout, field, at) for at in outer):
        yield from _other_low_word(samples, field)
    steps = [(b - a).total_seconds() for a, b in itertools.pairwise([each for each in own if each is not None])]
    rises, falls = sum(step > 0 for step in steps), sum(step < 0 for step in steps)
    if falls > max(2, LOST * len(steps)) or rises < FEWEST_RISES * falls:
        yield "they go back and forth"


def _raw_number(layout: Layout, record: Record, data: bytes, queue: Queue) -> bytes:
    """Return the bytes of the number of a record; none where no field has it."""
    field = layout.with_role("sync")
    if field is None:
        return b""
    start = queue.codec.origin(record, field.section) + field.offset
    return data[start : start + field.size]


def _shares_bytes(raws: Sequence[bytes], others: Sequence[bytes]) -> bool:
    """Whether two neighbouring bytes of one field are two of another in all records, and are not zero."""
    for at, there in itertools.product(range(len(raws[0]) - 1), range(len(others[0]) - 1)):
        pairs = [(raw[at : at + 2], other[there : there + 2]) for raw, other in zip(raws, others, strict=True)]
        if any(one != b"\0\0" for one, _ in pairs) and _nearly_all(one == other for one, other in pairs):
            return True
    return False


def _on_the_hour(seconds: Sequence[int]) -> bool:
    """Whether dates are all of full days, hours or minutes: no other numbers are so, not as many different ones."""
    known = set(seconds)
    step = next((each for each in (86400, 3600, 60) if not any(second % each for second in known)), 1)
    return len(known) * math.log2(step) >= SHOWN


def _counts_along(values: Sequence[int], numbers: Sequence[int]) -> bool:
    """Whether the upper half or three quarters of values of 32 bits are the numbers, but for what is added to all."""
    return len(set(numbers)) >= FEWEST_STEPS and any(
        len({((value >> bits) - number) % (1 << 32 - bits) for value, number in zip(values, numbers, strict=True)}) == 1
        for bits in (8, 16)
    )


FEWEST_DIGITS, MANY_DIGITS = 5, 8
"""Different bytes that are two decimal digits each and hardly so by accident, one in a hundred times: of all bytes of a
date, and of some."""

FEWEST_RISES = 4
"""Rises that dates show for each time that they fall."""

FEWEST_DATES = 3
"""Different dates below which another reading of them is an accident."""


def _nearer(samples: Samples, layout: Layout, field: Field, own: Sequence[datetime | None]) -> Iterator[str]:
    """Yield that bytes of a date with free ones beside it are dates, too, which lie much closer together.

    A date without its highest byte, and with one of something else below, wanders 256 times as far.
    """
    span = _span([each for each in own if each is not None])
    starts = [(data, queue.codec.origin(each, field.section) + field.offset) for data, each, queue in samples]
    for shift, (size, read) in itertools.product(SHIFTS, _dates_of_words()):
        beside = {field.offset + shift + at for at in range(size)} - set(range(field.offset, field.stop))
        if not all(_is_free(layout, field, at) for at in beside):
            continue
        moments = [read(data[at + shift : at + shift + size]) for data, at in starts]
        good = [each for each in moments if each is not None and FIRST <= each < LAST]
        falls = sum(b < a for a, b in itertools.pairwise(good))
        near = len(good) >= (1 - STRAY) * len(moments) and falls <= 2 * columns.SPOILED * len(good)
        if near and len(set(good)) >= FEWEST_DATES and NEARER * _span(good) < span:
            yield f"the bytes from 0x{field.offset + shift:02x} are dates, too, and lie within {_span(good):.0f} days"
            return


SHIFTS, NEARER = (-3, -2, -1, 1, 2, 3), 4
"""Bytes by which other dates may begin beside a date, and how many times closer together they lie."""


def _nearly_all(flags: Iterable[bool]) -> bool:
    """Whether something holds in all records but for a few that may be damaged."""
    known = list(flags)
    return len(known) - sum(known) <= (max(1, STRAY * len(known)) if len(known) >= FEWEST_STEPS else 0)


def _is_one(values: Sequence[object]) -> bool:
    """Whether values are one and the same but for a few that may be damaged."""
    usual = Counter(values).most_common(1)
    return bool(usual) and _nearly_all(each == usual[0][0] for each in values)


def _span(moments: Sequence[datetime]) -> float:
    """Return over how many days most dates reach."""
    ordered = sorted(moments)
    cut = int(len(ordered) * STRAY)
    return (ordered[-1 - cut] - ordered[cut]).total_seconds() / 86400 if ordered else math.inf


def _is_free(layout: Layout, field: Field, at: int) -> bool:
    """Whether a byte beside a field is in its section and claimed by nothing."""
    return any(
        each.offset <= at < each.stop for each in layout.section(field.section) if each.role in {"opaque", "constant"}
    )


def _digits_beside(layout: Layout, field: Field, samples: Samples) -> Iterator[int]:
    """Yield the offsets beside a field of digits where digits of its kind stand that need not be of another field."""
    digits = DIGITS if field.kind == "dec" else HEX_DIGITS
    dates = [each for each in layout.section(field.section) if each.role == "stamp" and each.name != field.name]
    for at in (field.offset - 1, field.stop):
        more = at + (1 if at > field.offset else -1)  # of a date the highest byte alone is a digit from 1995 on
        dated = any(
            {at, more} <= set(range(each.offset, each.stop)) and _is_same(each, at, samples)
            and _is_same(each, more, samples) and _are_digits(each, more, samples, digits)
            for each in dates
        )  # fmt: skip
        if not _is_free(layout, field, at) and not dated and not (at < 0 and _ends_free(layout, field)):
            continue
        starts = [queue.codec.origin(each, field.section) + at for _, each, queue in samples]
        raws = [data[start : start + 1] for (data, _, _), start in zip(samples, starts, strict=True) if start >= 0]
        if sum(raw in digits for raw in raws if raw) >= (1 - LOST) * len(raws):
            yield at


def _are_digits(field: Field, at: int, samples: Samples, digits: bytes) -> bool:
    """Whether nearly all records have a digit at an offset of a field's section."""
    return _nearly_all(data[queue.codec.origin(each, field.section) + at] in digits for data, each, queue in samples)


DIGITS = b"0123456789"


def _ends_free(layout: Layout, field: Field) -> bool:
    """Whether a field begins a record, and the record before it ends in bytes that no field claims."""
    trailer = layout.section("trailer")
    return field.section == "record" and bool(trailer) and trailer[-1].role in {"opaque", "constant"}


def _is_one_digit_behind(samples: Samples, field: Field, at: int) -> bool:
    """Whether the same digit stands behind a number in all records: with it each step would be ten times as large."""
    starts = [(data, queue.codec.origin(each, field.section)) for data, each, queue in samples]
    return at == field.stop and len(starts) > FEWEST_STEPS and _is_one([data[start + at] for data, start in starts])


def _other_low_word(samples: Samples, field: Field) -> Iterator[str]:
    """Yield that the word on the other side of the high one may be the low one: both rise with it."""
    if field.kind != "u32" or field.stamp != "unix":
        return
    little = field.byte_order == "little"
    high, low = (2, 4) if little else (0, -2)
    before = Number("u16", 2, field.byte_order)
    starts = [(data, queue.codec.origin(each, field.section) + field.offset) for data, each, queue in samples]
    words = [(before.read(data, at + high), before.read(data, at + low)) for data, at in starts]
    values = [a << 16 | b for a, b in words if a is not None and b is not None]
    lows = {value & 0xFFFF for value in values}
    falls = sum(b < a for a, b in itertools.pairwise(values))
    if len(values) == len(starts) and len(lows) > FEW_VALUES and falls <= LOST * len(values):
        yield "the word on the other side of the high one rises with it as well"


def wider_alike(layout: Layout, parts: Parts) -> Layout:
    """Return a layout in which no width is observed of a number with a byte above it that is zero in all records."""
    samples = samples_of(parts)
    fields = []
    for each in layout.fields:
        above = each.stop if each.byte_order == "little" else each.offset - 1
        open_ = each.role in {"sync", "link", "repeat"} and each.kind in WIDER and each.status == "observed"
        if open_ and samples and _is_free(layout, each, above):
            origins = ((data, queue.codec.origin(record, each.section)) for data, record, queue in samples)
            if not any(data[origin + above] for data, origin in origins):
                doc = f"{each.doc}; with the zero beside it a wider number would read the same"
                each = each._replace(status="inferred", doc=doc)  # noqa: PLW2901
        fields.append(each)
    return layout._replace(fields=tuple(fields))


WIDER = ("u8", "u16", "u24")
"""Kinds of numbers that may be wider than they look."""


def without_stamp(layout: Layout, reasons: Sequence[str]) -> Layout:
    """Return a layout that leaves the bytes of its dates open; a checksum covers them as before."""
    doc = f"may be a date; {reasons[0]}"
    return replaced(layout, {each.name: opened(each, doc) for each in layout.fields if each.role == "stamp"})


def _form(order: str, encoding: str, *, swapped: bool) -> Callable[[bytes], datetime | None]:
    read = stamp.FORMS[encoding][0]

    def moment(raw: bytes) -> datetime | None:
        turned = raw[2:] + raw[:2] if swapped else raw
        return read(unsigned(turned, order)) if len(raw) == 4 else None

    return moment


_FORMS = {
    (order, encoding, "swapped" if swapped else "straight"): _form(order, encoding, swapped=swapped)
    for order in ("little", "big")
    for encoding, swapped in (("unix", False), ("dos", False), ("dos", True))
}


def _later(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(year=moment.year + 10, day=min(28, moment.day))
