"""Files of one record each: what their known numbers place, though nothing shows how records follow each other.

A REQTRANS of 49 bytes is what most postoffices hold after a confirmed cycle (docs/facts/files.md). A dozen of them with
their numbers known say where the number stands and where the text begins, and no more: the layout is partial.
"""

from __future__ import annotations

from collections.abc import Sequence

from glbtools.binary.field import Field
from glbtools.binary.layout import Layout
from glbtools.formats.queue import parse_queue
from glbtools.layouts.written import checked
from glbtools.learn import holdout
from glbtools.learn.hints import GIVEN, Hints, KnownValue, Snapshot
from glbtools.learn.holdout import Holdout
from glbtools.learn.samples import CONTROL, SampleFile
from glbtools.learn.search import SHOWN, Search, search, width

FEWEST = 3
"""Files with different numbers that place a number."""

LARGEST = 1024
"""Bytes of a file that may hold one record only."""

OPEN = (
    "with one record in each file nothing shows how records follow each other: length, date and checksum are left open",
)


def partial_layout(sample_files: Sequence[SampleFile]) -> Layout | None:
    """Return what known numbers place in files of one record; None where that is no place, or more than one."""
    held = [each for each in sample_files if each.data]
    starts = {each.strong[0] if len(each.strong) == 1 else -1 for each in held}
    if len(starts) != 1 or min(starts) < 1 or any(len(each.data) > LARGEST for each in held):
        return None
    start = starts.pop()
    ended = all(_text_stop(each, start) == len(each.data) - 1 and each.data[-1] == 0 for each in held)
    bare = len({len(each.data) for each in held}) == 1 and all(
        _text_stop(each, start) == len(each.data) for each in held
    )
    if not ended and not bare:
        return None
    found = _number(held, start)
    if found is None:
        return None
    place, doubt = width(found, (), ())
    told = len(set(found.values))
    doc = f"the known numbers of {len(found.told)} files, {told} different ones, stand here and nowhere else"
    sync = Field(
        "sync",
        "record",
        place.offset,
        kind=place.kind,
        size=place.size,
        role="sync",
        status="inferred" if doubt else "observed",
        orig="Sync#",
        doc=f"{doc}; {doubt}" if doubt else doc,
        byte_order=place.order or "little",
    )
    text = Field("text", "record", start, kind="text", size=0, role="text", status="observed", orig="Transaction",
                 doc=f"begins here in {len(held)} of {len(held)} files")  # fmt: skip
    layout = Layout(
        "learnt-queue", "queue", "Queue file, layout learnt in part from files of one record", "observed", (sync, text),
        byte_order=sync.byte_order, terminator="nul" if ended else "none", stride=1 if ended else len(held[0].data),
        partial=True, framing_doc="one record in each file; what follows it is not known",
    )  # fmt: skip
    return checked(layout)


def held_out(sample_files: Sequence[SampleFile]) -> Holdout:
    """Return how the last third of the files is read by what the others place."""
    held = [each for each in sample_files if each.data]
    if len(held) < holdout.FEWEST:
        return Holdout(0, len(held), 0, unit="file")
    rest, kept = held[: -(len(held) // 3)], held[-(len(held) // 3) :]
    layout = partial_layout(rest)
    if layout is None:
        return Holdout(len(kept), len(held), None, unit="file")
    read = [parse_queue(each.data, layout).records[:1] for each in kept]
    alike = sum(
        bool(records) and {each.first, each.last} <= {None, records[0].sync}
        for each, records in zip(kept, read, strict=True)
    )
    return Holdout(len(kept), len(held), alike, ("number",) * (alike < len(kept)), unit="file")


def _text_stop(sample_file: SampleFile, start: int) -> int:
    found = CONTROL.search(sample_file.data, start)
    return found.start() if found else len(sample_file.data)


def _number(held: Sequence[SampleFile], start: int) -> Search | None:
    """Return where all known numbers stand before the text, as in a configuration; None if that may be an accident."""
    heads = Hints("queue", [Snapshot(each.path, each.data[:start]) for each in held])
    for at, each in enumerate(held):
        numbers = sorted({each.first, each.last} - {None}, key=str)
        heads.told += [KnownValue("sync", at, 0, number, GIVEN) for number in numbers if number is not None]
    found = search(heads, "sync")
    enough = len(set(found.values)) >= FEWEST and found.chance <= SHOWN
    return found if enough and len(found.spots) == 1 else None
