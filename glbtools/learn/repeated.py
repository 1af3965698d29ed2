"""Texts that stand in a file more often than its listing prints them: their numbers show which records the rows are of.

Where a transaction was made twice and one of the two is deleted, its text alone tells nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from glbtools.learn import columns
from glbtools.learn.framing import FARTHEST, Number
from glbtools.learn.samples import BEGINNINGS, ListedRecord, SampleFile, with_listings

LOOKED_AT = 40
"""Rows that show where numbers stand."""

FEWEST = 4
"""Rows below which an accident may put their numbers anywhere."""


def with_rows(sample_files: Sequence[SampleFile], listings: Sequence[Sequence[ListedRecord]]) -> list[str]:
    """Match listings with the files they list, texts that stand there twice by their numbers; return what is of none.

    Raises:
        UsageError: two listings of one file contradict each other.
    """
    said = with_listings(sample_files, listings)
    for each in sample_files:
        told_apart(each)
    return said


def told_apart(sample_file: SampleFile) -> None:
    """Match rows whose texts stand in more places than there are rows with those in which their numbers stand."""
    if not _places(sample_file, [at for at in sample_file.anchors if at not in sample_file.listed]):
        return
    places = _places(sample_file, sample_file.anchors)
    rows = [row for row in sample_file.printed if id(row) in places]
    times = Counter(row.text for row in rows)
    doubtful = [row for row in rows if len(places[id(row)]) > times[row.text]]
    if not doubtful or len(rows) < FEWEST:
        return
    some = [*doubtful[:: max(1, len(doubtful) // LOOKED_AT)], *rows[:: max(1, len(rows) // LOOKED_AT)]]
    for number, distance in _columns(sample_file, some, places):
        found = {row: _numbered(sample_file, row, places[id(row)], number, distance) for row in rows}
        if all(found.values()):
            told = {id(row) for row in rows}
            kept = {at: row for at, row in sample_file.listed.items() if id(row) not in told}
            before = {id(row): at for at, row in sample_file.listed.items()}
            for row, own in found.items():
                kept[own[0] if len(own) == 1 else before.get(id(row), own[0])] = row
            sample_file.listed = kept
            places_of = {id(row): at for at, row in kept.items()}
            sample_file.places = [places_of.get(id(row)) for row in sample_file.printed]
            return


def _places(sample_file: SampleFile, anchors: Sequence[int]) -> Mapping[int, list[int]]:
    """Return at which anchors the text of each row stands; of rows whose texts are too short to look up nothing."""
    begins: dict[bytes, list[int]] = {}
    data = sample_file.data
    for size in BEGINNINGS:
        for at in anchors if sample_file.printed else ():
            begins.setdefault(data[at : at + size], []).append(at)
    found = {}
    for row in sample_file.printed:
        size = next((each for each in BEGINNINGS if each <= len(row.text)), 0)
        own = [at for at in begins.get(row.text[:size], ()) if data.startswith(row.text, at)] if size else []
        if own:
            found[id(row)] = own
    return found


def _columns(
    sample_file: SampleFile, rows: Sequence[ListedRecord], places: Mapping[int, list[int]]
) -> Iterator[tuple[Number, int]]:
    """Yield the places before a text in which each of some rows has its number, the widest first."""
    for number in sorted((*columns.integers(), *columns.odd()), key=lambda each: -each.size):
        for distance in range(number.size, FARTHEST + 1):
            if all(_numbered(sample_file, row, places[id(row)], number, distance) for row in rows):
                yield number, distance


def _numbered(
    sample_file: SampleFile, row: ListedRecord, places: Sequence[int], number: Number, distance: int
) -> list[int]:
    """Return the places of a text before which the number of its row stands."""
    return [at for at in places if number.read(sample_file.data, at - distance) == row.sync]
