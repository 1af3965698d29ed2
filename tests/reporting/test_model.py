"""Reports are blocks of one model, and the writers alone know of columns, colours and where lines end."""

from __future__ import annotations

import ast
import re
import typing
from pathlib import Path

import pytest

from glbtools.binary.span import Span
from glbtools.binary.tree import Node
from glbtools.reporting import learning, model, page, writer
from glbtools.reporting.text import Screen

PLACE = Path(writer.__file__).parent
WRITERS = {"writer.py", "text.py", "dump.py", "ruler.py"}

EVERY: tuple[model.Block, ...] = (
    model.Heading("A title " * 20),
    model.Paragraph("lead: a sentence " * 20, depth=2, lead="lead:", tones=("note", "strong"), hang=9),
    model.Paragraph("x" * 200, anywhere=True, tones=("error",)),
    model.Paragraph("running text " * 20),
    model.Break(),
    model.Facts((("name", "what is said of it " * 9), ("longer name", "more"))),
    model.Table(
        (model.Column("number", right=True), model.Column("what", most=20), model.Column("more", wide=True)),
        (("1", "a cell of some length", "left out"), ("22", "b\nc", "of a narrow table")),
        depth=1,
    ),
    model.Table((model.Column("at"), model.Column("type")), (("0x00", "u16"),), notes=("what it means " * 9,)),
    model.Finding("error", "U101", "stranded-transactions", "likely", "a fault " * 20),
    model.Places("GLB/REQTRANS.GLB", (model.Place(span=(4, 8), data=b"\1\0\0\0", said="sync 1"),)),
    model.Places("LOG/DSSERVER.LOG", (model.Place(line=7, said="what it shows"), model.Place())),
    model.Places("", (model.Place(line=3), model.Place(span=Span(0, 4)))),
    model.Dump([Node("gap", Span(0, 20))], bytes(range(20)), "cp850"),
    model.Ruler(bytes(8), (model.Segment("sync", 0, 4, ("note",)), model.Segment("live", 4, 8, ("mark",))), "cp850"),
    model.Verbatim("as it is", ("faint",)),
    model.Section("What is wrong", "wrong", "what the part says " * 20),
    model.Steps(("the first step " * 20, "the second"), numbered=True),
    model.Steps(("a remark " * 20,)),
    model.Excerpt("GLB/REQTRANS.GLB", 0, bytes(16), (4, 8), "sync 1 " * 20),
    model.Picture("A drawing", "what it shows " * 20, "<svg></svg>"),
    model.Fold("more", (model.Paragraph("a sentence " * 20),)),
)  # fmt: skip


def test_every_kind_of_block_can_be_written() -> None:
    assert {type(each) for each in EVERY} == set(typing.get_args(model.Block)) == writer._WRITERS.keys()
    assert page._WRITERS.keys() == writer._WRITERS.keys()
    assert all("<" in "".join(page._WRITERS[type(each)](each)) for each in EVERY if not isinstance(each, model.Break))


@pytest.mark.parametrize("width", [60, 80, 130])
def test_colour_adds_nothing_but_colour_and_lines_keep_within_the_screen(width: int) -> None:
    for each in EVERY:
        plain, painted = (list(writer.lines([each], Screen(width, color))) for color in (False, True))
        assert [re.sub(r"\x1b\[[\d;]*m", "", line) for line in painted] == plain
        assert max(map(len, plain), default=0) <= width


def test_a_table_has_all_its_columns_where_there_is_room() -> None:
    table = next(each for each in EVERY if isinstance(each, model.Table))
    narrow, wide = ("\n".join(writer.lines([table], Screen(width))) for width in (80, 120))
    assert "left out" not in narrow
    assert "left out" in wide


def test_a_finding_and_its_places_are_told_apart_by_what_they_are() -> None:
    """What a writer of another form needs is in the blocks: severity, certainty, code, bytes and their place."""
    written = list(writer.lines(EVERY, Screen(80)))
    assert "error[U101] stranded-transactions (likely): a fault a fault a fault a fault a" in written
    assert "      0004 | 01 00 00 00              sync 1" in written
    assert "      line 7  what it shows" in written


@pytest.mark.parametrize(
    "path", sorted(set(PLACE.glob("*.py")) - {PLACE / each for each in WRITERS}), ids=lambda path: path.stem
)
def test_a_report_knows_no_screen(path: Path) -> None:
    code = ast.parse(path.read_text("utf-8"))
    imported = {alias.name for each in ast.walk(code) if isinstance(each, ast.ImportFrom) for alias in each.names}
    assert imported.isdisjoint({"Screen", "screen", "wrapped", "table", "lines", "dump", "ruler"})


def test_every_tone_of_a_field_has_a_colour() -> None:
    """Fields that say which records are live had none, so that their layouts could not be shown in colour."""
    for role, tones in learning._TONES.items():
        assert Screen(80, color=True).paint(role, *tones) != role
