"""Names of every script keep tables and texts within the terminal, and in their columns."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.reporting.text import cells, padded, table, wrapped

NAMES = ("佐藤 花子", "Ann", "김철수", "Ωmega", "ｆｕｌｌ", "Zoë", "a\u0301e")


def columns(text: str) -> int:
    """Columns of a text by the tables of Unicode alone."""
    return sum(0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF") for each in text)


@pytest.mark.parametrize("name", NAMES)
def test_a_text_is_as_wide_as_its_characters_are_on_a_terminal(name: str) -> None:
    assert cells(name) == columns(name)
    assert columns(padded(name, 20)) == 20


def test_the_columns_of_a_table_begin_below_each_other_whatever_the_script() -> None:
    drawn = table([(name, str(number)) for number, name in enumerate(NAMES)], ("name", "number"), 80).split("\n")
    at = {columns(line[: line.rindex(" ") + 1]) for line in drawn[2:]}
    assert len(at) == 1, "\n".join(drawn)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_table_of_wide_characters_stays_within_its_width(width: int) -> None:
    rows = [("佐藤花子" * 12, "PCM:東京/本社/" + "経理" * 20, "x" * 30), ("short", "ascii only " * 9, "1")]
    for line in table(rows, ("name", "address", "third"), width).split("\n"):
        assert columns(line) <= width, line


def test_no_character_of_a_wide_cell_is_lost() -> None:
    text = "佐藤花子と鈴木一郎" * 9
    drawn = table([(text, "second " * 12)], ("one", "two"), 60)
    assert sorted(each for each in drawn if each in set(text)) == sorted(text)


@given(st.text(st.sampled_from("ab  佐藤한글ｆΩé\u0301"), max_size=200), st.integers(8, 40))
def test_a_wrapped_text_has_all_its_words_in_their_order_and_no_line_too_wide(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(columns(line) <= width for line in lines)


def test_a_directory_with_names_of_all_scripts_is_shown_within_the_terminal(tmp_path, monkeypatch, run) -> None:
    rows = "".join(
        f"dn: CN={name} {name},OU=東京本社,DC=example\nobjectClass: person\ncn: {name}\nuSNChanged: {number}\n\n"
        for number, name in enumerate(NAMES, 1)
    )
    monkeypatch.chdir(tmp_path)
    Path("dump.ldif").write_text(f"version: 1\n\n{rows}", encoding="utf-8")
    for wide in (60, 80):
        shown = run("inspect", "dump.ldif", columns=wide).out
        assert "佐藤 花子" in shown
        lines = [line for line in shown.split("\n") if not line.startswith("sha256 ")]  # a hash is never broken
        assert [line for line in lines if columns(line) > wide] == []


FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
COMMANDS = [
    ("inspect", "stuck/october/GLB/REQTRANS.GLB"),
    ("inspect", "--hex", "stuck/october/GLB/REQTRANS.GLB"),
    ("inspect", "network/montgomery/GLB/SRVCONF.GLB"),
    ("diagnose", "damaged"),
    ("diagnose", "network", "--verbose"),
    ("unsent", "stuck"),
    ("evidence", "network"),
    ("timeline", "healthy-week"),
    ("report", "seed-server-restored"),
    ("report", "directories/dc-restored"),
    ("directory", "compare", "directories/usn-wrong-server/usn.csv", "directories/dump-of-csvde/dc1.csv"),
    ("explain", "U101"),
    ("formats", "queue"),
    ("simulate", "--list"),
]


@pytest.mark.parametrize("wide", [60, 80])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_nothing_is_printed_wider_than_the_terminal(words: tuple[str, ...], wide: int, monkeypatch, run) -> None:
    monkeypatch.chdir(FIXTURES)
    lines = [line for line in run(*words, columns=wide).out.split("\n") if not line.startswith("sha256 ")]
    assert len(lines) > 3
    assert [line for line in lines if columns(line) > wide] == []


COMPARED = ("directory", "compare", "directories/usn-wrong-server/usn.csv", "directories/dump-of-csvde/dc1.csv")


@pytest.mark.parametrize("words", [("diagnose", "network"), ("diagnose", "damaged"), ("explain", "U101"), COMPARED])
def test_prose_stops_at_a_hundred_columns_however_wide_the_terminal_is(
    words: tuple[str, ...], monkeypatch, run
) -> None:
    monkeypatch.chdir(FIXTURES)
    lines = run(*words, columns=160).out.split("\n")
    prose = [line for line in lines if line.strip().startswith(("note", "error", "warning", "help", "also"))]
    assert prose or words[0] in ("explain", "directory")
    assert [line for line in (prose or lines) if len(line) > 100] == []
