"""Documents that others wrote are read within bounds, and what is beyond them is a mistake with a reason."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.errors import DescriptionError
from glbtools.tables import Setting, open_json, open_toml, read_json, read_toml

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
    "key in quotes": f'"{"k" * 5_000}" = 1',
    "key in quotes of an inner table": f"x = {{ '{'k' * 5_000}' = 1 }}",
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
    "text",
    [
        "[" * 100_000, '{"a":' * 100_000, "1" * 5_000, "NaN", "-Infinity", '{"a": 1, "a": 2}', "\udcff",
        "]" * 10_000 + "[" * 10_000, '{"a": NaN' + "]" * 5_000 + "[" * 60 + "{" * 5, '"' + "a" * 1_000_000, '"a\\',
        f'{{"{"k" * 5_000}": 1}}', '{"a": NaN, "b' + "a" * 100_000,
    ],
)  # fmt: skip
def test_json_beyond_the_bounds_is_a_mistake(text: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read_json(text.encode("utf-8", "surrogateescape"))
    assert "\n" not in str(caught.value)


def test_other_json_is_what_the_library_reads() -> None:
    text = '{"a": [1, -2.5, null, true, "\\u00e9"], "b": {"c": 18446744073709551615}}'
    assert read_json(text.encode()) == json.loads(text)


# --- places ------------------------------------------------------------------------------------------------------

DOCUMENT = """# a comment = 1
title = "x # = ["
story = \'\'\'
title = 3
[step]
\'\'\'
a.b . "c d" = 1   # the same table
a.e = [
  1, { f = 2, g.h = 3 },
  [ 4,
    5 ],
]

[network]
day = 1994-04-07 12:13:52
"quoted" = 'a'
[[step]]
do = 1
[[step]]
[[step.inner]]
x = 1
[[step.inner]]
x = 2
[step.one]
y = 1
"""

LINES = {
    "title": 2, "story": 3, "a": 7, "a.b": 7, 'a.b."c d"': 7, "a.e": 8, "a.e[0]": 9, "a.e[1].f": 9, "a.e[1].g.h": 9,
    "a.e[2][0]": 10, "a.e[2][1]": 11, "network": 14, "network.day": 15, "network.quoted": 16, "step": 17, "step[0]": 17,
    "step[0].do": 18, "step[1]": 19, "step[1].inner[0].x": 21, "step[1].inner[1]": 22, "step[1].inner[1].x": 23,
    "step[1].one.y": 25,
}  # fmt: skip


def everywhere(setting: Setting) -> list[Setting]:
    """Return a setting and all that it holds."""
    inner = list(setting.entries()) if isinstance(setting.value, dict) else []
    inner += setting.items() if isinstance(setting.value, list) else []
    return [setting, *(each for one in inner for each in everywhere(one))]


def test_each_setting_of_a_toml_document_has_its_key_and_its_line() -> None:
    lines = {each.key: each.line for each in everywhere(open_toml(DOCUMENT.encode(), "x.toml"))}
    assert {key: lines[key] for key in LINES} == LINES


@pytest.mark.parametrize("indent", [None, 1])
def test_each_setting_of_a_json_document_has_its_line(indent: int | None) -> None:
    document = {"a": [1, -2.5, {"b": None, "c}": "x\n:,"}, []], "d": {"e": {"f": True}}, "": "\u00e9"}
    text = json.dumps(document, indent=indent)
    found = {each.key: each.line for each in everywhere(open_json(text.encode(), "x.json"))}
    wanted = {"a[2].b": '"b"', 'a[2]."c}"': '"c}"', "d.e.f": '"f"', "d": '"d"', "a[1]": "-2.5", '""': '""'}
    for key, word in wanted.items():
        assert word in text.split("\n")[found[key] - 1], key


VALUES = st.recursive(
    st.integers() | st.text(max_size=3) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_a_key_is_on_its_line_and_what_is_missing_on_that_of_its_table(document: dict[str, object]) -> None:
    text = json.dumps(document, indent=1)
    for each in everywhere(open_json(text.encode(), "x.json")):
        line = text.split("\n")[each.line - 1]
        if each.key and not each.key.endswith("]"):
            assert line.lstrip().startswith(json.dumps(each.name) + ":")
        assert each["none of them"]["at all"].line == each.line


MISTAKES = {
    "is missing": (lambda each: each["no"].text(), "no", 1),
    "must be a string": (lambda each: each["a"]["e"].text(), "a.e", 8),
    "must be a list of strings": (lambda each: each["a"]["e"].texts(), "a.e", 8),
    "must be a list of tables": (lambda each: each["a"]["e"].rows(), "a.e", 8),
    "must be a list": (lambda each: each["title"].items(), "title", 2),
    "must be a table": (lambda each: each["title"].table(), "title", 2),
    "unknown key; known are do": (lambda each: each["step"][1].table({"do"}), "step[1].inner", 20),
    "must be a whole number": (lambda each: each["title"].integer(0, 1), "title", 2),
    "must be between 5 and 6, and is 1": (lambda each: each["step"][0]["do"].integer(5, 6), "step[0].do", 18),
    "must be true or false": (lambda each: each["step"][0]["do"].boolean(), "step[0].do", 18),
    "'a' is not one of b, c": (lambda each: each["network"]["quoted"].choice(("b", "", "c")), "network.quoted", 16),
    "must be a day such as 1994-04-07": (lambda each: each["network"]["day"].day(None), "network.day", 15),
    "'a' is not a date and time such as 1994-04-07T12:13:52": (
        lambda each: each["network"]["quoted"].moment(), "network.quoted", 16,
    ),
}  # fmt: skip


@pytest.mark.parametrize("reason", MISTAKES)
def test_what_is_asked_for_and_is_not_so_is_a_mistake_with_line_and_key(reason: str) -> None:
    asks, key, line = MISTAKES[reason]
    with pytest.raises(DescriptionError) as caught:
        asks(open_toml(DOCUMENT.encode(), "x.toml"))
    assert (caught.value.key, caught.value.line, caught.value.reason) == (key, line, reason)
    assert str(caught.value) == f"x.toml:{line}: {key}: {reason}"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'{\n"a": 1,\n"a": 2}', 3), (b'{"a": [\n1,\nNaN]}', 3), (b'{"a": 1,\n"b": ' + b"9" * 50 + b"}", 2),
        (b'{"a":\n"\xff"}', 2), (b'{"a":\n' + b"[" * 70, 2), (b'{"a": 1,\n"' + b"k" * 5_000 + b'": 1}', 2),
        (b'{"a": 1\n"b": 2}', 2),
    ],
)  # fmt: skip
def test_json_that_is_none_or_beyond_the_bounds_names_its_line(content: bytes, line: int) -> None:
    with pytest.raises(DescriptionError, match="is not valid JSON: ") as caught:
        open_json(content, "x.json")
    assert caught.value.line == line
    assert len(str(caught.value)) < 200


def test_null_is_not_given() -> None:
    document = open_json(b'{"a": null, "b": 1}', "x.json")
    assert [each.given for each in (document["a"], document["b"], document["c"])] == [False, True, False]
    assert document["a"].text("as before") == "as before"
