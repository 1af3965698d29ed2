"""How a layout fits more files than it was learnt from."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from glbtools import files
from glbtools.binary.layout import Layout
from glbtools.binary.span import Span
from glbtools.binary.structure import Value
from glbtools.brief import brief
from glbtools.errors import UsageError
from glbtools.formats.config import ReqConfFile, SrvConfFile, parse_reqconf, parse_srvconf
from glbtools.formats.listing import probe_listq, stream_listing
from glbtools.formats.queue import Queue, parse_queue
from glbtools.learn import clocks
from glbtools.learn.comparison import beyond, compare, contradictions, differences
from glbtools.learn.frame_audit import frame_doubts, kind_doubts
from glbtools.learn.obscuring import readable
from glbtools.learn.repeated import with_rows
from glbtools.learn.samples import ListedRecord, SampleFile, rows_of
from glbtools.learn.text_audit import text_doubts

EXPLAINED = 0.85
"""Share of a file that a layout must explain, and of the steps between numbers that must rise."""

LARGEST = 1 << 28
"""No counter of these files comes near it: they count the changes of one office, or of all."""

UNSET = {0, -1, 0xFFFF, 0xFFFFFFFF}
"""What stands for no date, no number, no place."""


class Part(NamedTuple):
    """What a layout makes of one file.

    Attributes:
        path: as given.
        size: bytes.
        records: how many it finds.
        explained: bytes in them, and in the file's header.
        faults: what else is there, with its place: damage, a torn end, slack, values that cannot be.
    """

    path: str
    size: int
    records: int
    explained: int
    faults: tuple[tuple[str, Span], ...]


class LayoutCheck(NamedTuple):
    """How a layout fits one file.

    Attributes:
        part: what it makes of the file.
        rising: share of the records whose number is above the one before; None where the layout has none.
        sums: records whose checksum agrees; None where the layout computes none.
        fits: whether it explains the file.
        against: what speaks against it: ends of texts, texts that stand in no record, a listing.
    """

    part: Part
    rising: float | None
    sums: int | None
    fits: bool
    against: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return brief("LayoutCheck", f"{self.part.path}, {'fits' if self.fits else 'does not fit'}")


def check_layout(
    layout: Layout,
    paths: Sequence[str | Path],
    *,
    listings: Sequence[str | Path] = (),
    max_size: int = files.DEFAULT_MAX_SIZE,
) -> list[LayoutCheck]:
    """Return how a layout fits some files.

    Args:
        layout: the layout.
        paths: the files.
        listings: what LISTQ printed of some of them.
        max_size: largest file read, in bytes.

    A queue must be made of its records, with numbers that rise; a configuration must have the layout's size, and hold
    nothing where the layout says number, date, text or constant that can be none.

    Raises:
        FileAccessError: a file cannot be read.
        UsageError: a listing is none of a queue, or is of none of the files, or contradicts another.
    """
    if layout.family != "queue":
        if listings:
            raise UsageError("a layout of a configuration is tested without a listing")
        return [_configuration(layout, str(path), files.read(path, max_size)) for path in paths]
    sample_files = [SampleFile(str(path), readable(files.read(path, max_size), layout)) for path in paths]
    layout = layout._replace(obscured="")
    said = with_rows(sample_files, [queue_rows(path, max_size, layout.encoding) for path in listings])
    if said:
        raise UsageError(said[0])
    return [_queue(layout, each) for each in sample_files]


def queue_rows(path: str | Path, max_size: int, encoding: str) -> list[ListedRecord]:
    """Return what LISTQ printed, with texts in a file's code page.

    Raises:
        FileAccessError: the file cannot be read.
        UsageError: it is something else.
    """
    data = files.read(path, max_size)
    if not probe_listq(data):
        raise UsageError(f"{path}: no listing of a queue as LISTQ prints it")
    return rows_of(stream_listing(data), encoding, data)


def queue_part(path: str, data: bytes, found: Queue) -> Part:
    """Return what a layout makes of a queue file."""
    strayed = sum(gap.stop - gap.start for gap in found.gaps)
    faulty = sorted([*found.framing, *found.checksum_faults()], key=lambda fault: fault.span)
    faults = tuple((fault.message, fault.span) for fault in faulty)
    return Part(path, len(data), len(found.records), len(data) - strayed, faults)


def _queue(layout: Layout, sample_file: SampleFile) -> LayoutCheck:
    data, found = sample_file.data, parse_queue(sample_file.data, layout)
    part = queue_part(sample_file.path, data, found)
    steps = list(itertools.pairwise(each.sync for each in found.records))
    rising = None if not layout.numbered else sum(a < b for a, b in steps) / len(steps) if steps else 1.0
    sums = sum(found.codec.checksum(each) == each.checksum for each in found.records) if layout.checksum else None
    agree = sums is None or sums * 2 >= len(found.records)
    whole = part.explained >= EXPLAINED * part.size and bool(found.records or not data)
    fits = whole and (rising is None or rising >= EXPLAINED) and agree
    against = tuple(_against(sample_file, found)) if fits else ()
    return LayoutCheck(part, rising, sums, fits and not against, against)


def _against(sample_file: SampleFile, found: Queue) -> Iterator[str]:
    """Yield what the bytes beside the texts, and a listing, say against a layout."""
    parts = [(sample_file, found)]
    yield from frame_doubts(parts)
    yield from kind_doubts(parts)
    yield from text_doubts(parts)
    compared = compare(sample_file, found)
    if compared is not None:
        yield from contradictions(compared)
        yield from filter(None, [beyond(compared)])
        yield from (differences(compared, what) for what in ("date", "checksum") if compared.strays(what))


def _configuration(layout: Layout, path: str, data: bytes) -> LayoutCheck:
    found: ReqConfFile | SrvConfFile
    if layout.family == "reqconf":
        found = parse_reqconf(data, layout)
        values, records = found.values, int(bool(data))
    else:
        found = parse_srvconf(data, layout)
        values, records = [*found.header, *itertools.chain.from_iterable(found.records)], len(found.records)
    faults = [(fault.message, fault.span) for fault in found.faults]
    faults += [(reason, each.span) for each in values for reason in _impossible(each)]
    known = sum(each.span.stop - each.span.start for each in values if each.field.role != "opaque")
    return LayoutCheck(Part(path, len(data), records, known, tuple(faults)), None, None, not faults and bool(records))


def _impossible(each: Value) -> Iterator[str]:
    """Yield why a value is none of its field's kind."""
    name, role, value = each.field.name, each.field.role, each.value
    if value is None:
        yield f"{name} is no number: {each.raw.hex(' ')}"
    elif isinstance(value, int) and value not in UNSET:
        if role == "sync" and not 0 <= value < LARGEST:
            yield f"{name} is {value}, which no counter reaches"
        if role == "stamp":
            moment = each.field.moment(value)
            if moment is None or not clocks.FIRST <= moment < clocks.LAST:
                yield f"{name} is {value}, which is no date of these files"
    elif role == "text" and isinstance(value, str) and not value.isprintable():
        yield f"{name} holds what is no text: {each.raw.hex(' ')[:40]}"
    elif role == "constant" and each.field.default is not None and value != each.field.default:
        yield f"{name} is not what it is in the files of the layout"
