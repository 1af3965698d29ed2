"""What was carved out of images, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from glbtools.diagnosis.wording import plural
from glbtools.reporting.documents import dumps
from glbtools.reporting.model import STRONG, Block, Break, Column, Paragraph, Table, Verbatim
from glbtools.reporting.text import message, safe

if TYPE_CHECKING:
    from pathlib import Path

    from glbtools.repair.recovery import CarvedImage

MOST_RUNS = 20
MOST_ORIGINS = 8
MOST_PACKED = 5


def report(found: Sequence[CarvedImage], out: Path) -> Iterator[Block]:
    """Yield what was found, image by image, and where it is."""
    for each in found:
        yield Verbatim(safe(each.path), STRONG)
        yield from _image(each)
        yield Break()
    if any(each.records or each.texts for each in found):
        yield Paragraph(f"{safe(out)}/carved.jsonl has every record and text with its offset; runs/ has the records")
        yield Paragraph("What is found may have been delivered long ago; glbtools inspect shows what a run holds")


def _image(each: CarvedImage) -> Iterator[Block]:
    if each.failure:
        yield Paragraph("not read to its end", depth=1)
        if not each.searched:
            return
    kind = f", {each.kind}" if each.kind else ""
    left = f"; {plural(each.files_left_out, 'file')} that are there left out" if each.files_left_out else ""
    yield Paragraph(f"{plural(each.size, 'byte')}{kind}, {each.searched} looked at{left}", depth=1)
    for note in each.notes:
        yield Paragraph(message(safe(note)), depth=1)
    if each.packed:
        kinds = Counter(found.what for _, found in each.packed)
        named = ", ".join(f"{what} ({number})" if number > 1 else what for what, number in sorted(kinds.items()))
        places = ", ".join(f"{at:#x}" for at, _ in each.packed[:MOST_PACKED])
        more = " ..." if len(each.packed) > MOST_PACKED else ""
        yield Paragraph(f"packed files begin in it, at {places}{more}: {named}; records in them are not found", depth=1)
    if not (each.records or each.texts):
        yield Paragraph("no record and no text of a transaction found", depth=1)
        return
    counts = f"{plural(each.records, 'record')}, {plural(each.texts, 'text')} outside records"
    yield Paragraph(f"{counts}; {plural(each.different, 'different change')}", depth=1)
    origins = sorted(each.origins.items(), key=lambda pair: (-pair[1], pair[0]))
    if origins:
        more = f" and {len(origins) - MOST_ORIGINS} more" if len(origins) > MOST_ORIGINS else ""
        listed = ", ".join(f"{safe(name)} ({number})" for name, number in origins[:MOST_ORIGINS])
        yield Paragraph(f"of {listed}{more}", depth=1)
    if each.runs:
        shown = each.runs[:MOST_RUNS]
        is_placed = any(run.where for run in shown)
        columns = (Column("at"), Column("records", right=True), Column("numbers"), Column("file"), Column("where"))
        rows = (
            (f"{run.start:#x}", str(run.records), _numbers(run.first, run.last), safe(run.file), safe(run.where))
            for run in shown
        )
        width = len(columns) if is_placed else len(columns) - 1
        yield Table(columns[:width], tuple(row[:width] for row in rows))
        if each.is_more:
            yield Paragraph("and more runs than become files of their own; carved.jsonl has all of them", depth=1)
        elif len(each.runs) > MOST_RUNS:
            yield Paragraph(f"and {len(each.runs) - MOST_RUNS} more runs; summary.json lists them", depth=1)


def _numbers(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def document(found: Sequence[CarvedImage]) -> str:
    """Return what was found, as JSON."""
    from glbtools.repair.recovery import document as of_image

    return dumps({"schema": "glbtools.carving/1", "images": [of_image(each) for each in found]})
