"""Fields of fixed structures: read as the declared structure has them."""

from __future__ import annotations

import random

import pytest

from glbtools.binary import structure
from glbtools.binary.field import INTEGERS
from glbtools.binary.layout import Layout
from glbtools.layouts import reference
from scoreboard.configurations import FAMILIES, random_layout

LAYOUTS = [*map(reference, FAMILIES), *(random_layout(seed, family) for family in FAMILIES for seed in range(30))]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.id)
def test_a_section_is_read_as_its_declared_structure_reads_it(layout: Layout) -> None:
    for section in ("header", "record"):
        fields = layout.section(section)
        size = fields[-1].stop if fields else 0
        for data in (bytes(size), b"\xff" * size, random.Random(7).randbytes(size)):
            spans: list[tuple[str, int, int]] = []
            parsed = structure.fixed(tuple(fields)).parse(data, spans=spans)
            found = structure.read(layout, section, data)
            assert [(each.field.name, each.span.start, each.span.stop) for each in found] == spans
            assert b"".join(each.raw for each in found) == data
            for each in found:
                stored = parsed[each.field.name]
                assert stored == (each.value if each.field.kind in INTEGERS else each.raw)
            built = structure.build(found)
            assert built == data
            stored = {each.field.name: each.value if each.field.kind in INTEGERS else each.raw for each in found}
            assert structure.fixed(tuple(fields)).build(stored) == built
            cut = structure.read(layout, section, data[: size // 2])
            assert cut == [each for each in found if each.span.stop <= size // 2]
