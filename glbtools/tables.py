"""TOML and JSON that others wrote: read within bounds of nesting, of keys and of digits, however large the file may be.

``tomllib`` takes time and memory by the square of the parts of a dotted key, both libraries recurse as deeply as a
document is nested, and a number of thousands of digits has no text. Nothing that this package reads needs any of it.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any, NoReturn

MOST_PARTS, MOST_DEPTH, MOST_DIGITS, LONGEST_WORD = 16, 64, 40, 128
"""Parts of a dotted key, levels of brackets, digits of a number, and characters of a word in TOML (a key or number)."""

# What brackets, dots and digits mean nothing in. A text over several lines, which may never end, comes first.
_QUOTED = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}|\Z)|' r"'''(?:[^']|'(?!''))*+(?:'{3,5}|\Z)|"
    r'"(?:[^"\\\n]|\\.)*+"?|' r"'[^'\n]*+'?|#[^\n]*+",
    re.DOTALL,
)  # fmt: skip
_DEEP = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{MOST_PARTS}}}")
_LONG = re.compile(rf"[\w-]{{{LONGEST_WORD + 1}}}")
_BRACKETS = re.compile(r"[\[\]{}]")


def read_toml(text: str) -> dict[str, Any]:
    """Return the table of a TOML document.

    Raises:
        ValueError: it is none, or is beyond the bounds of this module; a reason of one line, with the line in it.
    """
    bare = _QUOTED.sub(lambda quoted: "\n" * quoted[0].count("\n") or ("" if quoted[0][0] == "#" else "q"), text)
    if found := _DEEP.search(bare):
        _refuse(f"a key has more than {MOST_PARTS} parts", bare, found.start())
    if found := _LONG.search(bare):
        _refuse(f"a key or number is longer than {LONGEST_WORD} characters", bare, found.start())
    depth = 0
    for bracket in _BRACKETS.finditer(bare):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MOST_DEPTH:
            _refuse(f"nested more than {MOST_DEPTH} deep", bare, bracket.start())
    return tomllib.loads(text)


def read_json(content: bytes) -> Any:
    """Return a JSON document; a key is there once, and a number is one.

    Raises:
        ValueError: as for ``read_toml``.
    """
    try:
        return json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_once,
            parse_constant=_no_constant,
            parse_int=_integer,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(reason: str, text: str, at: int) -> NoReturn:
    raise ValueError(f"{reason} (at line {text.count(chr(10), 0, at) + 1})")


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number has {len(digits)} digits")
    return int(digits)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise ValueError(f"the key {key!r} is given twice")
        table[key] = value
    return table
