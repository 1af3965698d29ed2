"""The ruler shows every byte, every border and every name, whatever the fields are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.reporting.model import Segment
from glbtools.reporting.ruler import ruler
from glbtools.reporting.text import Screen

NAME = st.text(alphabet="abcdefgh_0123456789?", min_size=1, max_size=40)


@st.composite
def tiled(draw: st.DrawFn) -> tuple[bytes, list[Segment]]:
    sizes = draw(st.lists(st.integers(0, 40), min_size=1, max_size=12))
    segments, at = [], 0
    for number, size in enumerate(sizes):
        segments.append(Segment(f"{draw(NAME)}_{number}", at, at + size, ("strong",)))
        at += size
    return draw(st.binary(min_size=at, max_size=at)), segments


@given(tiled(), st.sampled_from([60, 76, 80, 132]))
def test_every_byte_and_every_name_is_shown_within_the_screen(drawn: tuple[bytes, list[Segment]], width: int) -> None:
    data, segments = drawn
    lines = list(ruler(data, segments, Screen(width), "cp850"))
    per_row = (len(lines[0]) - 8 + 1) // 3
    assert max(map(len, lines)) <= width
    shown = dict[int, bytes]()
    left_out = 0
    for line in lines[1:]:
        if match := re.match(r"  ([0-9a-f]{4}) ", line):
            cells = line[8 : 8 + 3 * per_row - 1].replace("|", " ")
            shown[int(match[1], 16)] = bytes.fromhex(cells)
        elif match := re.match(r"  \.\.\.\. +(\d+) more bytes of ", line):
            left_out += int(match[1])
    assert all(data[at : at + len(row)] == row for at, row in shown.items())
    assert sum(map(len, shown.values())) + left_out == len(data)
    for each in segments:
        if each.start == each.stop:
            continue
        row = next(n for n, line in enumerate(lines) if line.startswith(f"  {each.start - each.start % per_row:04x} "))
        column = 8 + 3 * (each.start % per_row)
        assert lines[row][column - 1] == "|"
        name = each.name if column + len(each.name) <= width else each.name[: width - column - 2]
        below = []
        for line in lines[row + 1 :]:
            if re.match(r"  ([0-9a-f]{4}|\.{4}) ", line):
                break
            below.append(line)
        level = next(n for n, line in enumerate(below) if line[column:].startswith(name))
        assert all(line[column] == "|" for line in below[:level])


@given(tiled())
def test_colour_adds_nothing_but_colour(drawn: tuple[bytes, list[Segment]]) -> None:
    plain, painted = (list(ruler(*drawn, Screen(80, color), "cp850")) for color in (False, True))
    assert [re.sub(r"\x1b\[[\d;]*m", "", line).rstrip() for line in painted] == [line.rstrip() for line in plain]


@pytest.mark.parametrize("encoding", ["cp850", "latin-1", "ascii"])
def test_no_byte_reaches_the_terminal_raw(encoding: str) -> None:
    data = bytes(range(256))
    lines = list(ruler(data, [Segment(f"a{at}\x1b", at, at + 4) for at in range(0, 256, 4)], Screen(80), encoding))
    assert all(line.isprintable() for line in lines)


def test_names_stand_below_their_bytes_in_a_large_structure() -> None:
    data = bytes(0x10008)
    lines = list(ruler(data, [Segment("long", 0, 0x10004), Segment("last", 0x10004, 0x10008)], Screen(80), "cp850"))
    row = next(n for n, line in enumerate(lines) if line.startswith("  10000 "))
    assert lines[row].index("|") + 1 == lines[row + 1].index("last") == lines[0].index("04")
    assert "65488 more bytes of long" in "\n".join(lines)
