"""Documents that others wrote are read within bounds, and what is beyond them is a mistake with a reason."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.tables import read_json, read_toml

HOSTILE = {
    "dotted key": "a." * 40_000 + "b = 1",
    "dotted header": "[" + "a." * 40_000 + "b]",
    "dotted key in a table": "x = {" + "a . " * 40_000 + "b = 1}",
    "quoted parts": '"a".' * 20_000 + "b = 1",
    "behind a comment of quotes": '# """\n' + "a." * 40_000 + "b = 1",
    "behind a quoted quote": 'x = \'"""\'\n' + "a." * 40_000 + "b = 1",
    "brackets": "x = " + "[" * 40_000,
    "braces": "x = " + "{a = " * 40_000,
    "digits": "x = " + "1" * 5_000,
    "hex digits": "x = 0x" + "f" * 80_000,
    "long key": "k" * 80_000 + " = 1",
    "unfinished text": 'x = """' + "a." * 40_000,
    "half of a character": 'x = "\\ud800"',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_toml_beyond_the_bounds_is_a_mistake(name: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read_toml(HOSTILE[name])
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_mistake_beyond_the_bounds_names_its_line() -> None:
    with pytest.raises(ValueError, match=r"more than 16 parts .at line 3.$"):
        read_toml('a = """\n...a.b.c.d"""\n' + "a." * 20 + "b = 1")


def test_what_stands_in_texts_and_comments_is_no_key_and_no_bracket() -> None:
    log = "[[[[" * 40 + "a." * 40 + "1" * 400
    text = f'# {log}\nx = \'{log}\'\ny = """\n{log} \\" = 1\n"""\nz = \'\'\'\n{log}\n\'\'\'\n"{"k." * 30}" = 1\n'
    assert read_toml(text) == tomllib.loads(text)


@given(st.text("ab.=[]{}\"'#\n\\ ,1", max_size=60))
def test_within_the_bounds_toml_is_what_the_library_reads(text: str) -> None:
    try:
        expected = tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    assert read_toml(text) == expected


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "1" * 5_000, "NaN", "-Infinity", '{"a": 1, "a": 2}', "\udcff"]
)
def test_json_beyond_the_bounds_is_a_mistake(text: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read_json(text.encode("utf-8", "surrogateescape"))
    assert "\n" not in str(caught.value)


def test_other_json_is_what_the_library_reads() -> None:
    text = '{"a": [1, -2.5, null, true, "\\u00e9"], "b": {"c": 18446744073709551615}}'
    assert read_json(text.encode()) == json.loads(text)
