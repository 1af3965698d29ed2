"""What stays certain where the number is not: where the records stand, and what their texts are."""

from __future__ import annotations

from collections.abc import Sequence

from glbtools.binary.layout import Layout
from glbtools.layouts.written import checked
from glbtools.learn.comparison import damage_is_usual
from glbtools.learn.frame_audit import frame_doubts
from glbtools.learn.hypothesis import Hypothesis
from glbtools.learn.inserting import opened, replaced
from glbtools.learn.queue import CLEAR, frames
from glbtools.learn.reading import Reading
from glbtools.learn.text_audit import text_doubts

KEPT = ("text", "constant", "opaque", "len_text")
"""Roles of fields that do not depend on which bytes are the number."""

FEWEST = 8
"""Records without which an accident may end the texts elsewhere."""


def partial_layout(found: Sequence[Hypothesis], reading: Reading) -> Layout | None:
    """Return a layout of the texts alone; None where the readings that fit do not agree in them.

    Args:
        found: the readings, best first; none where nothing counts the records.
        reading: the files that they are of.
    """
    sample_files = reading.sample_files
    found = found if found and found[0].framed else frames(sample_files)
    if not found or not found[0].framed or found[0].records < FEWEST:
        return None
    best = found[0]
    rivals = [each for each in found if each.framed and (not best.sound or each.bits - best.bits < CLEAR)]
    if len({_frame(each) for each in rivals}) > 1:
        return None
    layout = _without_numbers(best.layout)
    parts = [(each, held) for each, held in zip(sample_files, reading.by(layout), strict=True) if each.data]
    doubts = [*frame_doubts(parts), *text_doubts(parts)]
    if doubts or any(damage_is_usual(queue) for _, queue in parts):
        return None
    return layout


def _frame(hypothesis: Hypothesis) -> tuple[object, ...]:
    """Return what two readings have to agree in: texts, and where in a record they stand.

    Any length that leads to the same texts is theirs.
    """
    layout = hypothesis.layout
    sizes = (sum(part.size for part in layout.section(name)) for name in ("record", "trailer"))
    return hypothesis.said, layout.header, *sizes


def _without_numbers(layout: Layout) -> Layout:
    """Return a layout in which everything is left open that goes by the number, or may be a part of it."""
    doc = "what it holds is not decided"
    layout = replaced(layout, {each.name: opened(each, doc) for each in layout.fields if each.role not in KEPT})
    made = layout._replace(title="Queue file, its texts learnt and not its numbers", partial=True, order="")
    return checked(made)
