"""Which record of SRVCONF is which requestor of a listing, and what tells records and kinds of address apart.

A listing counts what it prints. A record that it passes over, deleted or never used, shifts the count, and nobody has
seen which records it passes over or in which order it prints. What stands in the records decides: the place at which
every name stands says which record each requestor has, and where a name stands twice, the numbers say it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from glbtools.binary.field import Field
from glbtools.brief import count
from glbtools.learn import hints as known_hints
from glbtools.learn.hints import LISTING, MOST_RECORDS, SRVCONF_UNIT, Hints, KnownValue, base_name
from glbtools.learn.positions import ENCODING, found

UNLIKELY = 0.01
"""Chance up to which a byte is said to be the kind of address: that one of as many values goes with the kinds."""

MOST_PLACES = 8
"""Places of network and of postoffice that are paired; the ones at which the most of them stand."""

MOST_HITS = 20_000
"""Places of one text in one file that are looked at."""

MOST_SAID = 4
"""Requestors, records and bytes that a sentence names."""

Row = tuple[int, int]
"""A snapshot, and the number of a requestor in its listing or of a record in the file."""

Standing = Mapping[Row, frozenset[int]]
"""For rows of listings the records that hold their text at one place."""


def find_records(hints: Hints) -> None:
    """Give the values of a listing the numbers of the records that hold the names printed with them, and say so.

    Where no place holds every name in one record, the numbers of the listing are left as they are.
    """
    rows = {(each.snapshot, each.record): each for each in hints.told if each.name == "name" and each.source == LISTING}
    records = _records(hints, rows)
    for snapshot in sorted({snapshot for snapshot, _ in records}):
        listed = {number: at for (which, number), at in records.items() if which == snapshot}
        moved = {number: at for number, at in listed.items() if at != number}
        if moved:
            hints.remarks.append(_moved(hints.snapshots[snapshot].name, moved))
        unclear = {*moved, *moved.values()}
        hints.told = [
            each
            for each in hints.told
            if each.snapshot != snapshot or each.source == LISTING or each.record not in unclear
        ]
        hints.unlisted += [(snapshot, at) for at in _numbers(hints, snapshot) if at not in listed.values()]
    hints.told = [
        each._replace(record=records.get((each.snapshot, each.record), each.record)) if each.source == LISTING else each
        for each in hints.told
    ]


def _moved(name: str, moved: Mapping[int, int]) -> str:
    pairs = [f"{number} in record {at}" for number, at in moved.items()]
    return f"{name}: by their names, requestors of the listing stand elsewhere than it counts: {_some(pairs)}"


def _some(items: Sequence[str]) -> str:
    return ", ".join([*items[:MOST_SAID], *(["..."] if len(items) > MOST_SAID else [])])


def _numbers(hints: Hints, snapshot: int) -> range:
    return range(1, min(MOST_RECORDS, len(hints.snapshots[snapshot].data) // SRVCONF_UNIT - 1) + 1)


def _records(hints: Hints, rows: Mapping[Row, KnownValue]) -> dict[Row, int]:
    """Return for each row the record that holds its name; nothing where no place holds every name in one record."""
    for standing in _places(hints, list(rows.values())) if rows else ():
        if len(standing) < len(rows):
            continue
        records = {row: _one(hints, row, held) for row, held in standing.items()}
        if len({(snapshot, at) for (snapshot, _), at in records.items() if at}) == len(rows):
            return records
    return {}


def _one(hints: Hints, row: Row, held: frozenset[int]) -> int:
    """Return the only record, or the one that holds more of the row's numbers than each other, or 0."""
    if len(held) == 1:
        return next(iter(held))
    told = [each for each in hints.told if (each.snapshot, each.record) == row and each.source == LISTING]
    ranked = sorted(((_hits(hints, told, at), at) for at in held), reverse=True)
    return ranked[0][1] if ranked[0][0] > ranked[1][0] else 0


def _hits(hints: Hints, told: Sequence[KnownValue], record: int) -> int:
    """Return how many values other than texts and zeros stand somewhere in a record."""
    values = [each._replace(record=record) for each in told if each.value and not isinstance(each.value, str)]
    forms = [known_hints.kinds(hints.family, each.name) for each in values]
    return sum(
        any(True for _ in found(hints.region(each), "record", each.value, form))
        for each, form in zip(values, forms, strict=True)
    )


def _places(hints: Hints, names: Sequence[KnownValue]) -> Iterator[Standing]:
    """Yield for one place after another which rows stand there: whole names, names without their kind, parts."""
    parts = known_hints.parted(names)
    for whole in (names, [each for each in parts if each.name == known_hints.ADDRESS]):
        yield from _standing(hints, whole).values()
    stand = [_standing(hints, [each for each in parts if each.name == part]) for part in known_hints.PARTS]
    ranked = [sorted(each.items(), key=lambda place: -len(place[1]))[:MOST_PLACES] for each in stand]
    for (at, network), (beside, office) in product(*ranked):
        if at != beside:
            both = {row: network[row] & office[row] for row in network.keys() & office.keys()}
            yield {row: held for row, held in both.items() if held}


def _standing(hints: Hints, texts: Sequence[KnownValue]) -> dict[int, Standing]:
    """Return for each offset in a record which rows have their text there, and in which records."""
    spelled = {(each.snapshot, str(each.value)) for each in texts}
    held = {(snapshot, text): _offsets(hints.snapshots[snapshot].data, text) for snapshot, text in spelled}
    standing: dict[int, dict[Row, frozenset[int]]] = {}
    for each in texts:
        for at, records in held[each.snapshot, str(each.value)].items():
            standing.setdefault(at, {})[each.snapshot, each.record] = records
    return dict(standing)


def _offsets(data: bytes, text: str) -> dict[int, frozenset[int]]:
    """Return at which offsets of a record a text stands up to a NUL, and in which records."""
    offsets: dict[int, set[int]] = {}
    raw = text.encode(ENCODING) + b"\0"
    at = data.find(raw, SRVCONF_UNIT)
    for _ in range(MOST_HITS):
        if at < 0:
            break
        record, offset = divmod(at, SRVCONF_UNIT)
        if record <= MOST_RECORDS and offset + len(raw) <= SRVCONF_UNIT:
            offsets.setdefault(offset, set()).add(record)
        at = data.find(raw, at + 1)
    return {at: frozenset(records) for at, records in offsets.items()}


# --- records that no row has -------------------------------------------------------------------------------------


def passed_over(hints: Hints, fields: Sequence[Field]) -> tuple[list[str], list[str]]:
    """Return what is to be said of records without a row: what leaves open who is a requestor, and what does not.

    One that is filled with one byte throughout was never used, or is cleared. What holds more may be a deleted
    requestor, and a layout reads it like the others.
    """
    filled = {row: len(set(hints.region(KnownValue("", *row, "", LISTING)))) < 2 for row in hints.unlisted}
    blank, held = ([row for row, each in filled.items() if each == kind] for kind in (True, False))
    remarks = (
        [f"{_which(hints, blank)}: in no row of the listing, and filled with one byte: not in use"] if blank else []
    )
    if not held:
        return [], remarks
    reasons = [
        f"{_which(hints, held)}: in no row of the listing: deleted or never used, and the layout reads such a record"
        " like those of requestors"
    ]
    return reasons, [*remarks, *_marks(hints, held, fields)]


def _which(hints: Hints, rows: Sequence[Row]) -> str:
    return _some([f"record {record} of {base_name(hints.snapshots[snapshot].path)}" for snapshot, record in rows])


def _marks(hints: Hints, held: Sequence[Row], fields: Sequence[Field]) -> Iterator[str]:
    """Yield which bytes may mark what is deleted: one value in all records with a row, others in those without."""
    rows = {(each.snapshot, each.record) for each in hints.told if each.name == "reqsync" and each.record}
    live = [hints.region(KnownValue("", *row, "", LISTING)) for row in sorted(rows - set(held))]
    dead = [hints.region(KnownValue("", *row, "", LISTING)) for row in held]
    free = _free(fields)
    marks = [
        at for at in free if len({each[at] for each in live}) == 1 and live[0][at] not in {each[at] for each in dead}
    ]
    if marks and len(live) > 1 and len(marks) <= MOST_SAID:
        places = _some([f"{at:#05x} is {live[0][at]:02x}, and {dead[0][at]:02x} in one without" for at in marks])
        yield f"in all {len(live)} records with a row the byte at {places}: it may mark the deleted ones"


def _free(fields: Sequence[Field]) -> list[int]:
    taken = {at for each in fields if each.section == "record" for at in range(each.offset, each.stop)}
    return [at for at in range(SRVCONF_UNIT) if at not in taken]


# --- kinds of address --------------------------------------------------------------------------------------------


def kind_of_address(hints: Hints, fields: Sequence[Field]) -> str:
    """Return in words which byte says the kind of address of a requestor, whose name stands without it.

    It is one value for each kind, and another for another, in every record that has a row.
    """
    kinds = {
        (each.snapshot, each.record): str(each.value).rpartition(":")[0]
        for each in hints.told if each.name == "name" and not each.weak
    }  # fmt: skip
    regions = {row: hints.region(KnownValue("", *row, "", LISTING)) for row in kinds}
    regions = {row: region for row, region in regions.items() if region}
    several = sorted(set(kinds.values()))
    if len(several) < 2:
        return f"every requestor is {several[0]}: a byte that says so looks like any other that stays the same"
    rivals = [at for at in _free(fields) if len({region[at] for region in regions.values()}) == len(several)]
    told = [at for at in rivals if len({(kinds[row], region[at]) for row, region in regions.items()}) == len(several)]
    if not told:
        return "no byte is one value for each kind of address and another for another"
    names = {number for _, number in kinds}
    chance = len(rivals) * math.factorial(len(several)) / float(len(several)) ** len(names)
    values = {kind: next(region for row, region in regions.items() if kinds[row] == kind) for kind in several}
    places = [
        f"{at:#05x} ({', '.join(f'{values[kind][at]:02x} {kind}' for kind in several)})" for at in told[:MOST_SAID]
    ]
    says = "says" if len(told) == 1 and chance <= UNLIKELY else "may say"
    return f"the byte at {' or '.join(places)} {says} the kind of address, in {count(len(regions), 'record')}"
