"""What the bytes around the texts are: which columns hold the number, the date, links and constants."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from glbtools.binary import dateparts, stamp
from glbtools.binary.field import DATE, HIGHEST, ODD, write_number
from glbtools.binary.layout import TERMINATORS
from glbtools.learn import columns
from glbtools.learn.chain import Chain, ChainRecord, neighbours, room, sample
from glbtools.learn.clocks import ZONE_STEP, may_differ
from glbtools.learn.columns import SPOILED
from glbtools.learn.dateplaces import clock_bytes
from glbtools.learn.framing import Number, Rule
from glbtools.learn.samples import ListedRecord

WIDEST = 96
"""Bytes before a text that are looked at."""

HEAD, TAIL = "head", "tail"
FEW = 20
FEWEST_DIGITS = 5
HEX_DIGITS = b"0123456789ABCDEF"
WRITTEN = HEX_DIGITS + b"/:-. "
"""What dates are written with."""

FEWEST_HEAD = 2
"""Bytes before a text at least: the number, unless it stands behind it."""
FLAWLESS_MARGIN = 40.0
"""Bits by which a number that is damaged in places must be better than one that rises in all records."""

MARGIN = 9.0
"""Bits by which one explanation of the numbers must be better than another to be believed."""

ORDER_BITS, NARROW_BITS, BYTE_BITS, ZERO_BITS, BROKEN_BITS = 8.0, 20.0, 8.0, 1.0, 12.0
"""What it costs to differ from the other fields' byte order, to have one byte, to leave a constant, a zero, a step that
does not rise. LISTQ has room for six digits, and numbers above 255 are named (Q96060, Q108067): no byte holds them."""

MOST_BITS = 7
"""Mean information of a step between numbers; what jumps farther is no count of changes."""

FEW_VALUES = 3
"""Values of a byte that are few enough for the high byte of a number."""

FEWEST_FALLS = 3
"""Falls that make a number not worth a look where others rise."""

MOST_OFF = 2
"""Records of a few in which a number may be missing: the first, where it stands behind the texts, and a damaged one."""

FALL_BITS = 40.0
"""What it costs to fall for good."""

USUAL_BITS = 20
"""Numbers of more bits are unheard of: they count the changes of one office, or of all."""


class Claim(NamedTuple):
    """A field, at a distance before the text (``head``), or behind it and its terminator (``tail``).

    Attributes:
        side: ``head`` or ``tail``.
        at: bytes from the field's beginning to the text; behind it, from the terminator to the field.
        number: how it is stored.
        role: as in a layout.
        encoding: of a date.
        link: previous or next.
        doc: what shows it.
        sure: whether nothing else would explain the bytes as well.
        placed: whether no other bytes are dates that rise as well and lie as close together.
    """

    side: str
    at: int
    number: Number
    role: str
    encoding: str = "unix"
    link: str = ""
    doc: str = ""
    sure: bool = True
    placed: bool = True


@dataclass
class Reading:
    """One explanation of the columns.

    Attributes:
        claims: the fields, the number first.
        bits: what it leaves to be explained; lower is better.
        doubts: other fields that might be the number, in words.
        narrower: other ways to store the same numbers, where the first is too wide for a record.
        turned: whether the numbers rise in another order of the records than that of their bytes.
    """

    claims: list[Claim] = field(default_factory=list)
    bits: float = 0.0
    doubts: list[str] = field(default_factory=list)
    narrower: list[Claim] = field(default_factory=list)
    turned: bool = False


class Sight:
    """The columns of some records under a rule."""

    def __init__(self, records: Chain, rule: Rule) -> None:
        self.rule = rule
        self.records = sample(records)
        middle = len(self.records) // 2
        self.few = slice(middle, middle + FEW) if self.records[middle : middle + FEW] else slice(None)
        self.ending = len(TERMINATORS[rule.terminator])
        before, behind = room(records, rule)
        self.before = min(WIDEST, before)
        most = max(rule.gap, rule.widest) - self.ending - max(rule.distance, FEWEST_HEAD)
        self.runs = [run] if (run := self._listed_order()) else []
        self.backwards = False
        self.behind = 0 if rule.stride == 1 else max(0, min(WIDEST, behind, most))
        self.columns: dict[tuple[str, int, int], list[bytes]] = {}

    def rows(self) -> list[ListedRecord | None]:
        """Return what a listing prints of each record; None for one that it does not have."""
        return [each.sample_file.listed.get(each.start) for each in self.records]

    def rows_before(self) -> list[ListedRecord | None]:
        """Return what a listing prints of the record before each, where the two touch: fields may be behind texts."""
        if self.rule.stride > 1 or not self.records:
            return []
        pairs = itertools.pairwise(self.records)
        touching = [one.joined and one.next == other.start for one, other in pairs]
        return [None, *(row if touch else None for row, touch in zip(self.rows(), touching, strict=False))]

    def _listed_order(self) -> list[int]:
        """Return the records in the order of the numbers a listing prints of them, where that is not their own."""
        listed = [(row.sync, at) for at, row in enumerate(self.rows()) if row is not None]
        rising = sum(one < other for (one, _), (other, _) in itertools.pairwise(listed))
        return [at for _, at in sorted(listed)] if rising < (len(listed) - 1) * (1 - 2 * SPOILED) else []

    def turned(self, chained: Sequence[list[int]]) -> Iterator[Sight]:
        """Yield the records in other orders than that of their bytes: as offsets lead through them, or backwards."""
        backwards = [run[::-1] for run in chained or [list(range(len(self.records)))]]
        for runs in [chained, backwards] if chained else [backwards]:
            other = copy(self)
            other.runs, other.backwards = list(runs), not chained
            yield other

    def ordered(self, values: Sequence[int | None]) -> list[int | None]:
        """Return the numbers of a column in the order of the records; of pieces of a chain the lowest comes first."""
        if not self.runs:
            return list(values)
        return [values[at] for run in sorted(self.runs, key=lambda run: values[run[0]] or 0) for at in run]

    def place(self, held: ChainRecord, side: str, at: int) -> int:
        """Return where a column stands in the file of a record."""
        return held.start - at if side == HEAD else held.stop + self.ending + at

    def values(self, side: str, at: int, number: Number) -> list[int | None]:
        """Return the numbers of a column."""
        return number.all_of(self._column(side, at, number.size))

    def glance(self, side: str, at: int, number: Number) -> list[int | None]:
        """Return the numbers of a column in a few records that follow each other."""
        return number.all_of(self._column(side, at, number.size)[self.few])

    def raw(self, side: str, at: int, size: int) -> list[bytes]:
        """Return the bytes of a column, of the records that have it."""
        column = self._column(side, at, size)
        if side == TAIL or all(column):
            return column
        return [raw for raw, each in zip(column, self.records, strict=True) if each.start >= at]

    def _column(self, side: str, at: int, size: int) -> list[bytes]:
        """Return the bytes of a column in all records; none where the file begins behind it, fewer where it ends."""
        found = self.columns.get((side, at, size))
        if found is None:
            spots = [(each.sample_file.data, self.place(each, side, at)) for each in self.records]
            found = [data[start : start + size] if start >= 0 else b"" for data, start in spots]
            self.columns[side, at, size] = found
        return found

    def bytes_at(self, held: ChainRecord, side: str, at: int, size: int) -> bytes:
        """Return the bytes of a column in one record."""
        start = self.place(held, side, at)
        return held.sample_file.data[start : start + size] if start >= 0 else b""

    def places(self, held: ChainRecord, wanted: bytes) -> Iterator[tuple[str, int]]:
        """Yield the columns in which a record has some bytes."""
        for side, first, stop in (
            (HEAD, held.start - self.before, held.start),
            (TAIL, held.stop + self.ending, held.stop + self.ending + self.behind),
        ):
            at = held.sample_file.data.find(wanted, max(0, first), stop)
            while at >= 0:
                yield side, held.start - at if side == HEAD else at - first
                at = held.sample_file.data.find(wanted, at + 1, stop)

    def spots(self, number: Number) -> Iterator[tuple[str, int]]:
        """Yield the places where a number of that size can stand."""
        yield from ((HEAD, at) for at in range(number.size, self.before + 1))
        yield from ((TAIL, at) for at in range(self.behind - number.size + 1))


def readings(records: Chain, rule: Rule) -> list[Reading]:
    """Return explanations of the columns, best first; those that follow explain the numbers otherwise."""
    sight = Sight(records, rule)
    if len(sight.records) < 2:
        return []
    claims: list[Claim] = []
    if rule.by == "length":
        assert rule.number is not None, "a rule by length has a field"
        claims.append(_length(sight, rule.distance, rule.number))
    claims += _links(sight, claims)
    chained, runs = ([], []) if sight.runs or _is_told(sight) else _chained(sight, claims)
    taken = [*claims, *chained]
    counted = _counted(sight, taken)
    rivals: list[Claim] = []
    if not _is_listed(sight):
        turned = ((other, found) for other in sight.turned(runs) if (found := _counted(other, taken)))
        if not counted:
            sight, counted = next(turned, (sight, counted))
        elif not sight.runs and not _is_told(sight):
            rivals = [each.claim for _, found in turned for each in found]
    order = _order(sight, claims)
    dates = _stamp(sight, [*taken, *_leading(sight, counted, order)]) or _dated_beside(sight, counted, taken)
    results = _numbered(sight, counted, claims, dates, order or _order(sight, dates))
    if results and not _is_told(sight) and not sight.runs:
        number, *others = results[0].claims
        results[0].doubts += _falling(sight, rivals, [number, *others, *results[0].narrower])
        results[0].doubts += _disordered(sight, [*(results[0].narrower[-1:] or [number]), *others])
    return results


def length_alone(records: Chain, rule: Rule) -> Reading:
    """Return the explanation that says nothing but which column leads from text to text, if one does."""
    number = rule.number
    return Reading(
        [] if rule.by != "length" or number is None else [_length(Sight(records, rule), rule.distance, number)]
    )


# --- one role each ------------------------------------------------------------------------------------------------


def _length(sight: Sight, distance: int, number: Number) -> Claim:
    """Return the length field; digits with all their zeros."""
    while number.kind in {"dec", "hex"} and number.size < (10 if number.kind == "dec" else 8):
        if columns.constant(sight.raw(HEAD, distance + 1, 1)) != b"0":
            break
        number, distance = number._replace(size=number.size + 1), distance + 1
    values = [value for value in sight.values(HEAD, distance, number) if value is not None]
    doc = "leads from each text to the next"
    if number.kind == "u16" and values and max(values) < 1 << 8:
        return Claim(HEAD, distance, number, "len_text", doc=f"{doc}; u8 would read the same", sure=False)
    return Claim(HEAD, distance, number, "len_text", doc=doc, sure=number.size > 1)


def widened(sight: Sight, claims: list[Claim], most: int) -> list[Claim]:
    """Return claims with the length as wide as zeros let it be: texts reach several KB, which 8 bits do not (Q148770).

    Where zeros stand on both sides the byte order of the other fields decides.

    Args:
        sight: the columns.
        claims: the fields.
        most: bytes of a record before its text.
    """
    order = _order(sight, claims)
    at = next((index for index, claim in enumerate(claims) if claim.role == "len_text"), None)
    if at is None or claims[at].number.kind in {"dec", "hex"}:
        return claims
    others, claim = [*claims[:at], *claims[at + 1 :]], claims[at]
    for size in (2, 4):
        for way in ("little", "big") if order != "big" else ("big", "little"):
            number = Number(f"u{8 * size}", size, way)
            start = claim.at if way == "little" else claim.at + size - claim.number.size
            extra = range(start - size + 1, claim.at - claim.number.size + 1) if way == "little" else range(
                claim.at + 1, start + 1
            )  # fmt: skip
            fixed = claim.number.size == 1 or claim.number.order == way
            if (
                size > claim.number.size and fixed and start - size >= 0 and start <= most
                and free(HEAD, start, size, others)
                and all(columns.constant(sight.raw(HEAD, byte, 1)) == b"\0" for byte in extra)
            ):  # fmt: skip
                claim = claim._replace(at=start, number=number, sure=False)
                break
    if claim.number != claims[at].number:
        doc = claims[at].doc.partition(";")[0]
        claim = claim._replace(doc=f"{doc}; {claims[at].number.type} would read the same")
    return [*claims[:at], claim, *claims[at + 1 :]]


def _links(sight: Sight, taken: Sequence[Claim]) -> list[Claim]:
    """Return columns that hold where the record before or behind begins.

    A link leads to the beginning of a record, which is the same distance before every text and not farther than the
    record before: where all are of one size, a record's own offset is the same distance from its neighbours', too.
    """
    found: list[Claim] = []
    texts: dict[str, list[int]] = {"previous": [-1] * len(sight.records), "next": [-1] * len(sight.records)}
    index = {(id(each.sample_file), each.start): at for at, each in enumerate(sight.records)}
    for one, other in neighbours(sight.records):
        if one.joined and one.next == other.start:
            texts["next"][index[id(one.sample_file), one.start]] = other.start
            texts["previous"][index[id(other.sample_file), other.start]] = one.start
    for number in columns.links():
        for side, at in sight.spots(number):
            if not free(side, at, number.size, [*taken, *found]):
                continue
            if not columns.may_lead(sight.glance(side, at, number)):
                continue
            values = sight.values(side, at, number)
            for link, there in texts.items():
                distance = columns.linked(values, there)
                if distance is not None and distance <= sight.before:
                    doc = f"leads to the {link} record"
                    found.append(Claim(side, at, number, "link", link=link, doc=doc))
                    break
    return found


def _chained(sight: Sight, taken: Sequence[Claim]) -> tuple[list[Claim], list[list[int]]]:
    """Return the offsets that lead from record to record in another order than theirs, and that order, in pieces.

    They lead to the beginning of records, which is the same distance before every text, and never twice to one. Where
    a part of a file is looked at they lead out of it, too.
    """
    if len({id(each.sample_file) for each in sight.records}) != 1 or len(sight.records) < FEWEST_CHAINED:
        return [], []
    starts = {each.start: at for at, each in enumerate(sight.records)}
    size = len(sight.records[0].sample_file.data)
    for number in columns.links():
        for side, at in sight.spots(number) if number.kind in {"u16", "u32"} else ():
            inside = [each for each in sight.glance(side, at, number) if each is not None and each < size]
            if side != HEAD or len(set(inside)) < FEWEST_INSIDE or not free(side, at, number.size, taken):
                continue
            values = sight.values(side, at, number)
            first = {place - value for value in inside[:2] for place in starts}
            for distance in sorted(each for each in first if at <= each <= sight.before + WIDEST):
                targets = ((one, starts.get(value + distance)) for one, value in enumerate(values) if value is not None)
                leads = {one: other for one, other in targets if other is not None}
                ordered = all(other == one + 1 for one, other in leads.items())  # where each record is, perhaps
                runs = _runs(leads, len(values)) if len(leads) >= CHAINED * len(values) and not ordered else []
                if runs:
                    return [Claim(side, at, number, "link")], runs
    return [], []


def _runs(leads: dict[int, int], count: int) -> list[list[int]]:
    """Return records in pieces as each leads to the next; none where they lead in a circle or twice to one."""
    targets = set(leads.values())
    if len(targets) < len(leads):
        return []
    runs = []
    for first in range(count):
        if first not in targets:
            run = [first]
            while run[-1] in leads:
                run.append(leads[run[-1]])
            runs.append(run)
    return runs if sum(map(len, runs)) == count else []


FEWEST_CHAINED, FEWEST_INSIDE, CHAINED = 12, 4, 0.5
"""Records that show a chain of offsets, offsets among a few that lie in the file, and the share that leads to records.

Of twelve offsets that lead to six different records, from a few of some hundred columns, none does by accident."""


def link_head(sight: Sight, claims: Sequence[Claim]) -> int | None:
    """Return how long a record's head is by what links lead to; None without links."""
    for claim in claims:
        if claim.role != "link":
            continue
        values = sight.values(claim.side, claim.at, claim.number)
        votes: dict[int, int] = {}
        for at, (one, other) in enumerate(zip(sight.records, sight.records[1:], strict=False)):
            value, text = (values[at], other.start) if claim.link == "next" else (values[at + 1], one.start)
            if one.joined and value is not None:
                votes[text - value] = votes.get(text - value, 0) + 1
        if votes:
            return max(votes, key=lambda each: votes[each])
    return None


def _dated_beside(sight: Sight, counted: Sequence[_Counter], claims: Sequence[Claim]) -> list[Claim]:
    """Return dates that one number leaves room for, where another takes a byte of them.

    What rises so often and by so much is a date, and no count; the number is then the one beside it. Numbers that a
    listing prints leave no doubt of that kind.
    """
    if _is_listed(sight):
        return []
    for group in _grouped(counted) if len(sight.records) > columns.MARGIN else ():
        for each in group:
            dates = _stamp(sight, [*claims, each.claim])
            if dates and dates[0].sure and not free(*_extent(dates[0]), [other.claim for other in counted]):
                shown = columns.rising(sight.ordered(sight.values(dates[0].side, dates[0].at, dates[0].number)))
                if shown is None or shown.bits > MOST_BITS:
                    return dates
    return []


class _Date(NamedTuple):
    claim: Claim
    dated: columns.DateScore


def _stamp(sight: Sight, taken: Sequence[Claim]) -> list[Claim]:
    """Return the column that holds dates, if one does: of several the one that wanders least."""
    found: list[_Date] = []
    if _is_dated(sight):  # dates that are none of the listing's are none
        told = (rows for rows in (sight.rows(), sight.rows_before()) if rows)
        listed = (_listed_stamp(sight, taken, rows) or _written_out(sight, taken, rows) for rows in told)
        return [each for each in listed if each is not None][:1]
    for number in columns.stamps():
        for side, at in sight.spots(number):
            if not columns.may_date(sight.glance(side, at, number)):
                continue
            if free(side, at, number.size, taken) and not _written(sight, side, at, number):
                values = sight.ordered(sight.values(side, at, number))
                found += [
                    _Date(Claim(side, at, number, "stamp", each.encoding), each) for each in columns.dated(values)[:1]
                ]
    steady = [each for each in found if each.dated.backwards <= 2 * SPOILED]
    steady = [each for each in steady if each.dated.days > 0]  # one date in all records may be any constant
    if not steady:
        return []
    best = min(steady, key=lambda each: _worth(sight, each, steady))
    others = columns.dated(sight.values(best.claim.side, best.claim.at, best.claim.number))[1:]
    rivals = [
        each
        for each in steady
        if each is not best
        and columns.may_run(sight.values(each.claim.side, each.claim.at, each.claim.number), each.dated.encoding)
        and (each.dated.days <= best.dated.days * 1.5 + 1 or not free(*_extent(each.claim), [best.claim]))
    ]
    days = f"{best.dated.days:.0f} days" if best.dated.days >= 2 else "a day or two"
    doc = f"dates that lie within {days} and rise"
    if others:
        doc += f"; may also be read as {others[0].encoding}"
    if rivals:
        doc += f"; so might the bytes {_spot(rivals[0].claim)}"
    close = [each for each in rivals if each.dated.backwards <= best.dated.backwards and each.dated.days < CLOSE]
    return [best.claim._replace(doc=doc, sure=not others and not rivals, placed=not close)]


CLOSE = 100
"""Days within which other dates lie that rise as well as the best, so that either may be the ones of the changes."""


def _worth(sight: Sight, date: _Date, others: Sequence[_Date]) -> tuple[float, float, float, float]:
    """Return how good dates are, the best lowest: what wanders least; of columns that share bytes what rises best.

    A date without its last byte, and a constant before it, are a date again that wanders less, and varies less. One
    with a byte of something else behind it varies more, and goes back and forth; with a number's bytes it only wanders.
    """
    claim = date.claim
    sharing = [each for each in others if not free(*_extent(each.claim), [claim])]
    least = min(each.dated.days for each in sharing)
    variety = len(set(sight.values(claim.side, claim.at, claim.number)))
    return least, round(date.dated.backwards, 2), -variety, date.dated.days


def _extent(claim: Claim) -> tuple[str, int, int]:
    return claim.side, claim.at, claim.number.size


def _written(sight: Sight, side: str, at: int, number: Number) -> bool:
    """Whether the bytes of a binary number are digits in all records, and so rather digits."""
    if number.kind in {"dec", "hex"}:
        return False
    raws = sight.raw(side, at, number.size)
    written = sum(sum(byte in WRITTEN for byte in raw) > number.size - 2 for raw in raws)
    return written >= len(raws) * (1 - SPOILED)


def _is_dated(sight: Sight) -> bool:
    """Whether a listing prints dates of some of the records."""
    return sum(row is not None and row.stamp is not None for row in sight.rows()) >= 2


def _listed_stamp(sight: Sight, taken: Sequence[Claim], rows: Sequence[ListedRecord | None]) -> Claim | None:
    """Return the column that holds the dates a listing prints, but for a difference of time zones."""
    wanted = [row.stamp if row else None for row in rows]
    for number in (*columns.stamps(), Number("w32", 4)):
        for side, at in sight.spots(number):
            if not free(side, at, number.size, taken):
                continue
            values = sight.values(side, at, number)
            for encoding in stamp.FORMS:
                shifts = _shifts(values, encoding, wanted)
                best = max(shifts, key=lambda each: shifts[each], default=None)
                if best is None or not may_differ(best):
                    continue
                agreeing = shifts[best] + max(shifts.get(best + 3600, 0), shifts.get(best - 3600, 0))
                if agreeing >= sum(each is not None for each in wanted) * (1 - SPOILED):
                    zone = f"; the listing's clock is {best / 3600:+g} hours from it" if best else ""
                    return Claim(
                        side, at, number, "stamp", encoding, doc=f"the dates of the listing, {agreeing} times{zone}"
                    )
    return None


def _shifts(values: Sequence[int | None], encoding: str, wanted: Sequence[datetime | None]) -> dict[int, int]:
    """Return how many seconds a listing's dates are ahead of a column's, and how often; what is no time zone stops it.

    More of those than damage explains, and the column holds other dates, or none.
    """
    shifts: dict[int, int] = {}
    most = sum(each is not None for each in wanted) * SPOILED
    read = stamp.FORMS[encoding][0]
    for value, row in zip(values, wanted, strict=True):
        if row is None:
            continue
        moment = read(value) if value is not None and value <= HIGHEST else None
        seconds = None if moment is None else round((row - moment).total_seconds())
        if seconds is None or seconds % ZONE_STEP:
            most -= 1
            if most < 0:
                return {}
        if seconds is not None:
            shifts[seconds] = shifts.get(seconds, 0) + 1
    return shifts


def _written_out(sight: Sight, taken: Sequence[Claim], rows: Sequence[ListedRecord | None]) -> Claim | None:
    """Return the column that holds the dates a listing prints in parts, by the clock that it prints."""
    dated = [(each, row.stamp) for each, row in zip(sight.records, rows, strict=True) if row and row.stamp]
    found = _in_parts(sight, taken, dated)
    first, agreeing = next(found, (None, 0))
    if first is None:
        return None
    doc = f"the dates of the listing, {agreeing} times"
    step = dateparts.resolution(first.number.kind.removeprefix(DATE))
    # What is printed was stored somewhere.
    coarse = any(stamp.to_unix(moment) % step for _, moment in dated)
    # A byte farther on parts below 256 of one byte order are those of the other.
    of_its_form = itertools.takewhile(lambda each: each[0].number.kind == first.number.kind, found)
    other = next((each for each, _ in of_its_form if not free(*_extent(each), [first])), None)
    doc += "; it prints them finer than this" if coarse else ""
    doc += f"; the other byte order would read the same {_spot(other)}" if other else ""
    return first._replace(doc=doc, sure=not coarse and other is None)


def _in_parts(
    sight: Sight, taken: Sequence[Claim], dated: Sequence[tuple[ChainRecord, datetime]]
) -> Iterator[tuple[Claim, int]]:
    """Yield the columns in which nearly all dates stand in parts, and how many do, those of the longest form first."""
    step = max(1, len(dated) // LOOKED_AT)
    for number in columns.dates_in_parts():
        hits: Counter[tuple[str, int]] = Counter()
        for each, moment in dated[::step][:LOOKED_AT]:
            wanted = write_number(number.kind, number.size, stamp.to_unix(moment), number.order)
            hits.update(sight.places(each, wanted) if wanted else ())
        for (side, at), count in hits.items():
            if count < 2 or not free(side, at, number.size, taken):
                continue
            agreeing = sum(
                write_number(number.kind, number.size, stamp.to_unix(moment), number.order)
                == sight.bytes_at(each, side, at, number.size)
                for each, moment in dated
            )
            if agreeing >= len(dated) * (1 - SPOILED):
                yield Claim(side, at, number, "stamp"), agreeing


LOOKED_AT = 4
"""Records whose dates say where others may stand."""


def _order(sight: Sight, claims: Sequence[Claim]) -> str:
    """Return the byte order that numbers of several bytes show; empty when none does."""
    seen = []
    for claim in claims:
        if claim.number.kind == "u32" and claim.role != "len_text":
            seen.append(claim.number.order)
        elif claim.role == "len_text" and claim.number.kind == "u16":
            values = [each for each in sight.values(claim.side, claim.at, claim.number) if each is not None]
            if any(each > 255 for each in values):
                seen.append(claim.number.order)
    return seen[0] if seen and len(set(seen)) == 1 else ""


def _falling(sight: Sight, against: Sequence[Claim], taken: Sequence[Claim]) -> Iterator[str]:
    """Yield the first column that counts backwards, where the numbers rise: the newest change may be the first.

    A complement of the numbers is none.

    Args:
        sight: the columns.
        against: what counts backwards.
        taken: the fields, the number first.
    """
    explained = [*taken, *_complements(sight, taken[0])]
    for each in against:
        if free(*_extent(each), explained):
            yield f"{_spot(each)}, with the newest change first"
            return


def _disordered(sight: Sight, taken: Sequence[Claim]) -> Iterator[str]:
    """Yield the first column that holds each number once, and hardly leaves one out, in an order of its own.

    The records may stand in any order, and what rises say no more than where each of them is.
    """
    for number in (*columns.integers(), *columns.odd()):
        for side, at in sight.spots(number) if number.size > 1 else ():
            if not columns.may_be_all(sight.glance(side, at, number)) or not free(side, at, number.size, taken):
                continue
            values = sight.values(side, at, number)
            ordered = columns.rising(values) or columns.rising(values[::-1])
            if ordered or columns.bits_of_all(values) < DISORDERED_BITS or _other_digits(sight, side, at, number):
                continue
            yield f"{number.type} {_where(side, at)}, in no order"
            return


DISORDERED_BITS = 3.0
"""Bits at which numbers that are all different, and near each other, are so by no accident: a doubt needs no more."""


def _complements(sight: Sight, chosen: Claim) -> list[Claim]:
    """Return columns of 32 bits that hold all ones less the numbers, which are the lesser.

    Of 16 bits neither need be the number: 65,000 is as good a count as 535.
    """
    numbers, few = sight.values(*chosen[:3]), sight.glance(*chosen[:3])
    found: list[Claim] = []
    for number in columns.wide():
        ones = (1 << 8 * number.size) - 1
        for side, at in sight.spots(number):
            if not free(side, at, number.size, [chosen, *found]):
                continue
            glimpse = sight.glance(side, at, number)
            if _sums(glimpse, few, ones) and _sums(sight.values(side, at, number), numbers, ones):
                found.append(Claim(side, at, number, "repeat"))
    return found


def _sums(values: Sequence[int | None], numbers: Sequence[int | None], ones: int) -> bool:
    """Whether nearly all values are all ones less the numbers, and those the lesser half."""
    pairs = [(a, b) for a, b in zip(values, numbers, strict=True) if a is not None and b is not None]
    return sum(a + b == ones and b < a for a, b in pairs) >= max(1, len(values) * (1 - SPOILED))


class _Counter(NamedTuple):
    claim: Claim
    values: tuple[int | None, ...]
    rising: columns.CountScore


def _counted(sight: Sight, taken: Sequence[Claim]) -> list[_Counter]:
    """Return every column that counts, and that agrees with the listing where there is one.

    What stands behind the texts is looked at only where nothing before them counts.
    """
    found = list(_counting(sight, taken, HEAD)) or list(_counting(sight, taken, TAIL))
    found = [each for each in found if _is_as_known(sight, each.values)] or found
    found = [each for each in found if columns.is_possible(each.values)] or found
    whole = [each for each in found if not each.rising.off and not each.rising.falls]
    found = [each for each in found if not any(columns.is_of_kinds(each.values, other.values) for other in whole)]
    steady = [
        each
        for each in found
        if each.rising.falls < FEWEST_FALLS and each.rising.off <= max(MOST_OFF, SPOILED * len(each.values))
    ]
    return steady or found


def _is_as_known(sight: Sight, values: Sequence[int | None]) -> bool:
    """Whether a column holds the numbers that somebody knows: of the first record of a file, or of the last."""
    files = itertools.groupby(range(len(values)), lambda at: id(sight.records[at].sample_file))
    for _, places in files:
        held = list(places)
        sample_file, own = sight.records[held[0]].sample_file, [values[at] for at in held]
        if sample_file.first not in (None, own[0]):
            return False
        if sample_file.last is not None and sample_file.last not in columns.lasts(own):
            return False
    return True


def _counting(sight: Sight, taken: Sequence[Claim], wanted: str) -> Iterator[_Counter]:
    listed = _is_listed(sight)
    for number in (*columns.integers(), *columns.odd()) if _is_told(sight) else columns.integers():
        for side, at in sight.spots(number):
            if side != wanted or not free(side, at, number.size, taken):
                continue
            few = sight.glance(side, at, number)
            chained = sight.runs and not sight.backwards
            may_rise = chained or columns.may_rise(few[::-1] if sight.backwards else few)
            if not may_rise or _other_digits(sight, side, at, number):
                continue
            values = sight.values(side, at, number)
            shown = columns.rising(sight.ordered(values))
            if shown is None or not (_agrees(sight, values) if listed else shown.bits <= MOST_BITS):
                continue
            if listed or not _is_own_place(sight, values):
                yield _Counter(Claim(side, at, number, "sync"), tuple(values), shown)


def _is_own_place(sight: Sight, values: Sequence[int | None]) -> bool:
    """Whether numbers say where each record is: they count bytes."""
    usual = Counter(value - each.start for value, each in zip(values, sight.records, strict=True) if value is not None)
    return bool(usual) and usual.most_common(1)[0][1] >= len(values) * (1 - SPOILED)


def _other_digits(sight: Sight, side: str, at: int, number: Number) -> bool:
    """Whether a column is better read otherwise: a binary number that is all digits, hex digits without a letter."""
    raws = sight.raw(side, at, number.size)
    if number.kind == "hex":
        lettered = sum(not raw.isdigit() for raw in raws)
        return (
            lettered * 20 <= len(raws)
            and len({raw[-1:] for raw in raws}) > FEWEST_DIGITS
            and len({raw[:-1] for raw in raws}) > 1
        )
    if number.kind == "dec" or number.size < 2:
        return False
    return sum(all(byte in HEX_DIGITS for byte in raw) for raw in raws) >= len(raws) * (1 - SPOILED)


def _grouped(found: Sequence[_Counter]) -> list[list[_Counter]]:
    """Return columns that hold the same numbers together, for instance 16 bits and 32 of which half is zero.

    A damaged record may spoil one of them and not the other.
    """
    groups: list[list[_Counter]] = []
    for each in sorted(found, key=lambda each: each.rising.bits - each.rising.share):
        for group in groups:
            same = sum(a == b for a, b in zip(group[0].values, each.values, strict=True))
            if same >= len(each.values) * (1 - SPOILED):
                group.append(each)
                break
        else:
            groups.append([each])
    return groups


def _leading(sight: Sight, found: Sequence[_Counter], order: str) -> list[Claim]:
    """Return the likeliest numbers, one for each place, before dates are known: no date is seen in their digits."""
    places = _places(found)
    rated = sorted(((_rate(sight, group, order, places), group) for group in _grouped(found)), key=lambda each: each[0])
    claims: list[Claim] = []
    for _, group in rated:
        best = _widest(group, order)
        counts = best.rising.bits <= rated[0][1][0].rising.bits + 2 and best.rising.share > 1 - SPOILED
        if counts and free(best.claim.side, best.claim.at, best.claim.number.size, claims):
            claims.append(best.claim)
    return claims


def _numbered(
    sight: Sight, counted: Sequence[_Counter], claims: list[Claim], dates: list[Claim], order: str
) -> list[Reading]:
    """Return a reading for each way to tell the number, best first.

    Ways that share bytes are weighed against each other; a counter elsewhere is a doubt whatever it weighs.
    """
    found = [each for each in counted if free(each.claim.side, each.claim.at, each.claim.number.size, dates)]
    places = _places(found)
    rated = sorted(
        ((_rate(sight, group, order, places), group) for group in _grouped(found)),
        key=lambda each: (each[0], -len(each[1])),
    )
    listed = _is_listed(sight)
    results: list[Reading] = []
    for bits, alike in rated[:6]:
        group = _least_spoiled(sight, alike, order) if listed else alike
        best = _widest(group, order)
        chosen = best.claim._replace(doc=_said(sight, best, group, listed=listed), sure=len(group) == 1)
        narrower = [chosen._replace(at=each.claim.at, number=each.claim.number) for each in _by_width(group, order)[1:]]
        results.append(Reading([chosen, *claims, *dates], bits, narrower=narrower, turned=bool(sight.runs)))
    if results and not listed:
        results[0].doubts = list(_doubts(rated, results))
    if results and results[0].doubts:
        clocks = clock_bytes(*_places_before(sight, claims))
        kept = [each for each in counted if not _is_before(sight, each.claim, clocks)]
        if kept and len(kept) < len(counted):
            return _numbered(sight, kept, claims, dates, order)
    return results


def _least_spoiled(sight: Sight, group: Sequence[_Counter], order: str) -> Sequence[_Counter]:
    """Return columns without those that share bytes with the best and have one of something else, by the listing."""
    taken = _covered(_widest(group, order).claim)
    rows = sight.rows()
    agreeing = [_agreeing(rows, each.values) if taken & _covered(each.claim) else -1 for each in group]
    most = max(agreeing)
    return [each for each, count in zip(group, agreeing, strict=True) if count in {most, -1}]


def _places_before(sight: Sight, claims: Sequence[Claim]) -> tuple[list[tuple[bytes, int]], set[int]]:
    """Return where the bytes before each text begin, in the order of the records, and which of them no field claims."""
    order = [at for run in sight.runs for at in run] or range(len(sight.records))
    records = [each for at in order if (each := sight.records[at]).start >= sight.before]
    unclaimed = {sight.before - at for at in range(1, sight.before + 1) if free(HEAD, at, 1, claims)}
    return [(each.sample_file.data, each.start - sight.before) for each in records], unclaimed


def _is_before(sight: Sight, claim: Claim, offsets: set[int]) -> bool:
    """Whether a field before the texts has some of the bytes at offsets from where they begin."""
    first = sight.before - claim.at
    return claim.side == HEAD and not offsets.isdisjoint(range(first, first + claim.number.size))


def _doubts(rated: Sequence[tuple[float, list[_Counter]]], results: Sequence[Reading]) -> Iterator[str]:
    """Yield the other columns that may hold the number: as good by weight, or a counter of their own."""
    best, steps, chosen = rated[0][0], rated[0][1][0].rising, results[0].claims[:1]
    others = [each for each in rated[1:] if _is_apart(each[1], chosen)]
    for (bits, group), reading in zip(rated[1:], results[1:], strict=False):
        if columns.is_refuted(group[0].values, rated[0][1][0].values, group[0].claim.number.size):
            continue
        counts = group[0].rising.bits <= steps.bits + 2 and group[0].rising.share > 1 - SPOILED
        wide = any(each.claim.number.size > 1 for each in group)  # no byte has room for the numbers of LISTQ
        beside = (other for other, its in others if not _is_apart(its, [each.claim for each in group]))
        elsewhere = wide and (bits, group) in others and bits - min(beside) < MARGIN
        flawless = not group[0].rising.off < steps.off or bits - best >= FLAWLESS_MARGIN
        if bits - best < MARGIN or (elsewhere and counts) or not flawless:
            yield _spot(reading.claims[0])


def _is_apart(group: Sequence[_Counter], claims: Sequence[Claim]) -> bool:
    """Whether none of some columns shares a byte with fields."""
    return all(free(*_extent(each.claim), claims) for each in group)


def _covered(claim: Claim) -> set[tuple[str, int]]:
    step = -1 if claim.side == HEAD else 1
    return {(claim.side, claim.at + step * byte) for byte in range(claim.number.size)}


def _places(found: Sequence[_Counter]) -> list[set[tuple[str, int]]]:
    """Return the bytes that rising columns cover, those together that overlap."""
    places: list[set[tuple[str, int]]] = []
    for each in found:
        covered = _covered(each.claim)
        apart = [place for place in places if not place & covered]
        places = [*apart, covered.union(*(place for place in places if place & covered))]
    return places


def _place_of(claim: Claim, places: Sequence[set[tuple[str, int]]]) -> set[tuple[str, int]]:
    return next(place for place in places if place & _covered(claim))


def _rate(sight: Sight, group: Sequence[_Counter], order: str, places: Sequence[set[tuple[str, int]]]) -> float:
    """Return the bits a way to tell the number leaves to be explained: steps, first number, bytes around it."""
    best = math.inf
    for each in group:
        number = each.claim.number
        usual = sorted(value for value in each.values if value is not None)[len(each.values) // 2 :][:1]
        height = math.log2((usual[0] if usual else 0) + 1)
        bits = len(each.values) * each.rising.bits + BROKEN_BITS * each.rising.off
        bits += FALL_BITS * each.rising.falls
        bits += height + max(0.0, 2 * height - 2 * USUAL_BITS)
        if number.kind in {"u16", "u32"} and order and number.order != order:
            bits += ORDER_BITS
        if number.size == 1:
            bits += NARROW_BITS
        rest = _place_of(each.claim, places) - _covered(each.claim)
        best = min(best, bits + sum(_byte_bits(sight, side, at) for side, at in rest))
    return best


def _byte_bits(sight: Sight, side: str, at: int) -> float:
    """Return what a byte costs that no field explains; one of many values says nothing either way."""
    if at < (1 if side == HEAD else 0) or at > (sight.before if side == HEAD else sight.behind - 1):
        return 0.0
    raws = sight.raw(side, at, 1)
    value = columns.constant(raws)
    if value is None:
        return BYTE_BITS if len(set(raws)) <= FEW_VALUES else 0.0
    spoiled = sum(raw != value for raw in raws)
    return (ZERO_BITS if value == b"\0" else BYTE_BITS) + BROKEN_BITS * spoiled


def _by_width(group: Sequence[_Counter], order: str) -> list[_Counter]:
    """Return columns that hold the same numbers, the likeliest first: all digits there are, 32 bits before 16."""

    def worth(each: _Counter) -> tuple[bool, bool, bool, int]:
        number = each.claim.number
        fits = not order or number.kind not in {"u16", "u32"} or number.order == order
        return number.kind not in ODD, number.size > 1, fits, number.size

    return sorted(group, key=worth, reverse=True)


def _widest(group: Sequence[_Counter], order: str) -> _Counter:
    return _by_width(group, order)[0]


def _said(sight: Sight, best: _Counter, group: Sequence[_Counter], *, listed: bool) -> str:
    """Return what speaks for a number, in counts of what agrees."""
    count = len(best.values)
    own = sight.ordered(best.values)
    steps = [b - a for a, b in itertools.pairwise(own) if a is not None and b is not None]
    rows = sight.rows()
    doc = f"rises {sum(step > 0 for step in steps)} times in {count} records, by one {steps.count(1)} times"
    if listed:
        agreeing, told = _agreeing(rows, best.values), sum(row is not None for row in rows)
        doc = f"the numbers of the listing in {agreeing} of {told} rows that were looked at"
    others = sorted({each.claim.number.type for each in group} - {best.claim.number.type})
    return doc + (f"; {', '.join(others)} would read the same" if others else "")


def _agreeing(rows: Sequence[ListedRecord | None], values: Sequence[int | None]) -> int:
    """Return how many records have the number of their row, in their own head or in the head of the next."""
    own = sum(row is not None and row.sync == value for row, value in zip(rows, values, strict=True))
    later = sum(row is not None and row.sync == value for row, value in zip(rows, values[1:], strict=False))
    return max(own, later)


def _is_told(sight: Sight) -> bool:
    """Whether somebody knows numbers: a listing prints them, or the first or the last of a file is given."""
    files = (each.sample_file for each in sight.records)
    return _is_listed(sight) or any(each.first is not None or each.last is not None for each in files)


def _is_listed(sight: Sight) -> bool:
    return sum(each.start in each.sample_file.listed for each in sight.records) >= 2


def _agrees(sight: Sight, values: Sequence[int | None]) -> bool:
    """Whether a column holds the numbers of the listing, if there is one: of its own record, or of the one before."""
    rows = sight.rows()
    if sum(row is not None for row in rows) < 2:
        return True
    for shift in (0, 1):
        told = [(row, value) for row, value in zip(rows[: len(rows) - shift], values[shift:], strict=True) if row]
        if sum(row.sync == value for row, value in told) * 10 >= len(told) * 9:
            return True
    return False


# --- places -------------------------------------------------------------------------------------------------------


def free(side: str, at: int, size: int, taken: Sequence[Claim]) -> bool:
    """Whether no field claims any of some bytes."""
    for claim in taken:
        if claim.side != side:
            continue
        if side == HEAD and at - size < claim.at and claim.at - claim.number.size < at:
            return False
        if side == TAIL and at < claim.at + claim.number.size and claim.at < at + size:
            return False
    return True


def _spot(claim: Claim) -> str:
    return f"{claim.number.type} {_where(claim.side, claim.at)}"


def _where(side: str, at: int) -> str:
    return f"{at} bytes {'before' if side == HEAD else 'behind'} the text"
