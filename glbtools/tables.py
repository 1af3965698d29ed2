"""TOML and JSON that others wrote: read within bounds, and every mistake named by its key and its line.

``tomllib`` takes time and memory by the square of the parts of a dotted key, both libraries recurse as deeply as a
document is nested, and a number of thousands of digits has no text. Nothing that this package reads needs any of it.

A reader asks a ``Setting`` for what it needs, ``row["offset"].integer(0, 99)``: what is not so raises the error of that
kind of file, with the place. What JSON gives as null is not given.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NoReturn, TypeVar

from glbtools.errors import DescriptionError, KeyedError, suggestion

MOST_PARTS, MOST_DEPTH, MOST_DIGITS, LONGEST_WORD, LONGEST_KEY = 16, 64, 40, 128, 4096
"""Parts of a dotted key, levels of brackets, digits of a number in JSON, characters of a word (a key or number) in TOML
that is not quoted, and of any key."""

_SHOWN = 60

_TEXT = (
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}|\Z)|' r"'''(?:[^']|'(?!''))*+(?:'{3,5}|\Z)|"
    r'"(?:[^"\\\n]|\\.)*+"?|' r"'[^'\n]*+'?"
)  # fmt: skip
# What brackets, dots and digits mean nothing in. A text over several lines, which may never end, comes first.
_QUOTED = re.compile(rf"{_TEXT}|#[^\n]*+", re.DOTALL)
_DEEP = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{MOST_PARTS}}}")
_LONG = re.compile(rf"[\w-]{{{LONGEST_WORD + 1}}}")
_BRACKETS = re.compile(r"([\[\]{}])")
# A bracket, and before it whatever is none, texts in quotes among it.
_JSON_BRACKETS = re.compile(r'[^"\[\]{}]*+(?:"(?:[^"\\]++|\\.|\\\Z)*+(?:"|\Z)[^"\[\]{}]*+)*+([\[\]{}]|\Z)', re.DOTALL)
_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
_TOKEN = re.compile(rf"({_TEXT})|[ \t\r]+|#[^\n]*+|[^\s\"'#\[\]{{}},=:.]+|.", re.DOTALL)
_BARE = re.compile(r"[A-Za-z0-9_-]+")

Read = TypeVar("Read")
Step = str | int
"""A key of a table, or the number of an element in a list, from 0."""


class TableSyntaxError(ValueError):
    """A document is no TOML or JSON, or is beyond the bounds of this module.

    Attributes:
        reason: why, without the place.
        line: where, from 1.
    """

    def __init__(self, reason: str, line: int) -> None:
        self.reason, self.line = reason, line
        super().__init__(f"{reason} (at line {line})")


def read_toml(content: str | bytes) -> dict[str, Any]:
    """Return the table of a TOML document.

    Raises:
        TableSyntaxError: it is none, or is beyond the bounds of this module; a reason of one line, with the line in it.
    """
    text = _decoded(content)
    bare = _QUOTED.sub(lambda quoted: "\n" * quoted[0].count("\n") or ("" if quoted[0][0] == "#" else "q"), text)
    if deep := _DEEP.search(bare):
        raise TableSyntaxError(f"a key has more than {MOST_PARTS} parts", _line(bare, deep.start()))
    if long := _LONG.search(bare):
        raise TableSyntaxError(f"a key or number is longer than {LONGEST_WORD} characters", _line(bare, long.start()))
    _bounded(bare, _BRACKETS)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        raise TableSyntaxError(
            _AT.sub("", str(error)), int(at[1]) if at and at[1] else _line(text, len(text))
        ) from None
    _checked_keys(table, text)
    return table


def read_json(content: str | bytes) -> Any:
    """Return a JSON document; a key is there once, and a number is one.

    Raises:
        TableSyntaxError: as for ``read_toml``.
    """
    import json

    text = _decoded(content)
    _bounded(text, _JSON_BRACKETS)
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise TableSyntaxError(error.msg, error.lineno) from None
    except _RefusedValueError as error:
        raise TableSyntaxError(error.reason, error.found(_Lines(text, json=True))) from None


class _RefusedValueError(Exception):
    """A value is well-formed and yet refused: why, and how its line is found."""

    def __init__(self, reason: str, found: Callable[[_Lines], int]) -> None:
        self.reason, self.found = reason, found
        super().__init__(reason)


def _decoded(content: str | bytes) -> str:
    if isinstance(content, str):
        return content
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableSyntaxError("not UTF-8", content.count(b"\n", 0, error.start) + 1) from None


def _bounded(text: str, brackets: re.Pattern[str]) -> None:
    depth = 0
    for found in brackets.finditer(text):
        depth = depth + 1 if found[1] in ("[", "{") else max(depth - 1, 0)
        if depth > MOST_DEPTH:
            raise TableSyntaxError(f"nested more than {MOST_DEPTH} deep", _line(text, found.end() - 1))


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise _RefusedValueError(f"a number has {len(digits)} digits", lambda lines: lines.value(digits))
    return int(digits)


def _no_constant(name: str) -> NoReturn:
    raise _RefusedValueError(f"{name} is not a number", lambda lines: lines.value(name))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _RefusedValueError(f"the key {shown(twice)} is given twice", lambda lines: lines.repeated)
    if any(len(key) > LONGEST_KEY for key in table):
        raise _RefusedValueError(f"a key is longer than {LONGEST_KEY} characters", lambda lines: lines.long)
    return table


def _checked_keys(table: object, text: str) -> None:
    """Refuse keys of any length, which only quotes can hold."""
    inner = [table]
    while inner:
        value = inner.pop()
        if isinstance(value, dict):
            if any(len(key) > LONGEST_KEY for key in value):
                raise TableSyntaxError(f"a key is longer than {LONGEST_KEY} characters", _Lines(text).long)
            inner += value.values()
        elif isinstance(value, list):
            inner += value


# --- lines -------------------------------------------------------------------------------------------------------


class _Lines:
    """Where the keys of a document stand, found when there is something to say of one.

    Attributes:
        of: key or element -> its line; a table given piece by piece has that of its first.
        values: a number or word as it is written -> the first line with it.
        repeated: line of the first key that is there twice, 0 where none is.
        long: line of the first key beyond the bound, 0 where none is.
    """

    def __init__(self, text: str, *, json: bool = False) -> None:
        self.of: dict[tuple[Step, ...], int] = {(): 1}
        self.values: dict[str, int] = {}
        self.repeated = self.long = 0
        self._tokens = ((each[0], each[1] is not None, each.start()) for each in _TOKEN.finditer(text))
        self._text, self._counted, self._line = text, 0, 1
        self._sign = ":" if json else "="
        self._counts: dict[tuple[Step, ...], int] = {}
        self._next()
        if json:
            self._break()
            self._value(())
        else:
            self._statements()

    def value(self, word: str) -> int:
        """Return the first line with a number or a word; the document may be broken behind it."""
        return self.values.get(word) or _line(self._text, max(self._text.find(word), 0))

    def _next(self) -> None:
        """Go to the next token that is no blank and no comment; an empty one is the end."""
        for token, quoted, start in self._tokens:
            if quoted or token[0] not in " \t\r#":
                self._line += self._text.count("\n", self._counted, start)
                self.word, self.quoted, self._counted = token, quoted, start
                return
        self.word, self.quoted = "", False

    def _takes(self, mark: str) -> bool:
        if self.quoted or self.word != mark:
            return False
        self._next()
        return True

    def _break(self) -> None:
        while self._takes("\n") or self._takes(","):
            pass

    def _statements(self) -> None:
        table: tuple[Step, ...] = ()
        while self.word:
            line = self._line
            if self._takes("\n"):
                continue
            if self._takes("["):
                repeats = self._takes("[")
                table = self._placed(self._key("]"), line, repeats=repeats)
                while self._takes("]"):
                    pass
            else:
                self._value(self._placed(self._key("="), line, table))

    def _key(self, end: str) -> list[str]:
        """Return the parts of a key, and leave the mark behind it."""
        parts = []
        while self.word and (self.quoted or self.word not in (end, "\n")):
            if self.quoted or self.word != ".":
                parts.append(_unquoted(self.word) if self.quoted else self.word)
            self._next()
        self._takes(end)
        return parts

    def _placed(
        self, parts: list[str], line: int, table: tuple[Step, ...] = (), *, repeats: bool = False
    ) -> tuple[Step, ...]:
        """Return the whole place of a key; of a table in a list of tables, in the last one there is."""
        steps = table
        for left, part in zip(range(len(parts) - 1, -1, -1), parts, strict=True):
            self.long = self.long or (line if len(part) > LONGEST_KEY else 0)
            steps = (*steps, part)
            self.of.setdefault(steps, line)
            if repeats and not left:
                self._counts[steps] = self._counts.get(steps, 0) + 1
            if steps in self._counts:
                steps = (*steps, self._counts[steps] - 1)
                self.of.setdefault(steps, line)
        return steps

    def _value(self, steps: tuple[Step, ...]) -> None:
        if self._takes("["):
            number = 0
            self._break()
            while self.word and not self._takes("]"):
                self.of.setdefault((*steps, number), self._line)
                self._value((*steps, number))
                self._break()
                number += 1
        elif self._takes("{"):
            self._break()
            while self.word and not self._takes("}"):
                self._member(steps)
                self._break()
        else:
            self.values.setdefault(self.word, self._line)
            self._next()
            while self.word and (self.quoted or self.word not in ",]}\n"):
                self._next()

    def _member(self, steps: tuple[Step, ...]) -> None:
        line = self._line
        parts = self._key(self._sign)
        if (*steps, *parts) in self.of:
            self.repeated = self.repeated or line
        self._break()
        self._value(self._placed(parts, line, steps))


def _unquoted(token: str) -> str:
    import json

    for read in (json.loads, lambda quoted: tomllib.loads(f"key = {quoted}")["key"]):
        try:
            return str(read(token))
        except ValueError:  # an escape that only one of them has; or it is none, behind what was refused
            continue
    return token


# --- settings ----------------------------------------------------------------------------------------------------


class _Document:
    """What all settings of a document share."""

    def __init__(self, text: str | None, path: str, error: type[KeyedError], *, json: bool) -> None:
        self.text, self.path, self.error, self.json = text, path, error, json
        self.table = "an object" if json else "a table"

    def line(self, steps: tuple[Step, ...]) -> int:
        """Return the line of a key, or of the table that lacks it; 0 where no file holds the document."""
        if self.text is None:
            return 0
        lines = _Lines(self.text, json=self.json).of
        while steps not in lines:
            steps = steps[:-1]
        return lines[steps]


class Setting:
    """One value of a document, or its absence, with its place.

    Attributes:
        value: as TOML or JSON gives it; None where it is not given.
    """

    __slots__ = ("_document", "_steps", "value")

    def __init__(self, document: _Document, value: Any, steps: tuple[Step, ...] = ()) -> None:
        self._document, self.value, self._steps = document, value, steps

    @property
    def key(self) -> str:
        """The place in words, such as ``field[2].type``; empty for the whole document."""
        return _spelled(self._steps)

    @property
    def line(self) -> int:
        """The line on which it stands, or the table that lacks it, from 1."""
        return self._document.line(self._steps)

    @property
    def given(self) -> bool:
        """Whether it is there."""
        return self.value is not None

    @property
    def name(self) -> str:
        """The last part of the key."""
        return str(self._steps[-1])

    def fail(self, reason: str) -> NoReturn:
        """Say what is wrong here.

        Raises:
            KeyedError: always; of the kind that the document was opened with.
        """
        raise self._document.error(self._document.path, self.key, reason, self.line)

    # --- tables and lists ----------------------------------------------------------------------------------------

    def __getitem__(self, key: str | int) -> Setting:
        """Return what a table or list has under a key, or its absence; of what is neither, its absence too."""
        if isinstance(key, str):
            value = self.value.get(key) if isinstance(self.value, dict) else None
        else:
            value = self.value[key] if isinstance(self.value, list) and key < len(self.value) else None
        return Setting(self._document, value, (*self._steps, key))

    def down(self, place: str) -> Setting:
        """Return the setting at a place such as ``[3].text`` within this one."""
        found = self
        for number, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", place):
            found = found[int(number) if number else name]
        return found

    def table(self, known: Collection[str] | None = None) -> Setting:
        """Return this table, an empty one where it is not given, with no other keys than those known."""
        if self.value is None and self._steps:
            return Setting(self._document, {}, self._steps)
        if not isinstance(self.value, dict):
            self.fail(f"must be {self._document.table}")
        if known is not None:
            for key in self.value:
                if key not in known:
                    self[key].fail(f"unknown key; known are {', '.join(sorted(known))}{suggestion(str(key), known)}")
        return self

    def entries(self) -> Iterator[Setting]:
        """Yield the members of a table whose keys are free."""
        return (self[key] for key in self.table().value)

    def items(self) -> list[Setting]:
        """Return the elements of a list; none where it is not given."""
        if not isinstance(self.value, list | None):
            self.fail("must be a list")
        return [self[number] for number in range(len(self.value or ()))]

    def rows(self) -> list[Setting]:
        """Return the tables of a list of tables; none where it is not given."""
        if self.value is not None and not (
            isinstance(self.value, list) and all(isinstance(e, dict) for e in self.value)
        ):
            self.fail(f"must be a list of {self._document.table.split()[1]}s")
        return self.items()

    def optional(self, read: Callable[[Setting], Read]) -> Read | None:
        """Return what ``read`` makes of it, such as ``Setting.text``; None where it is not given."""
        return read(self) if self.given else None

    # --- values --------------------------------------------------------------------------------------------------

    def text(self, default: str | None = None) -> str:
        """Return a text."""
        value = self._or(default)
        if not isinstance(value, str):
            self.fail("must be a string")
        return value

    def texts(self) -> tuple[str, ...]:
        """Return a list of texts; none where it is not given."""
        if not isinstance(self.value, list | None) or not all(isinstance(each, str) for each in self.value or ()):
            self.fail("must be a list of strings")
        return tuple(each.text() for each in self.items())

    def matching(self, pattern: re.Pattern[str], what: str, default: str | None = None) -> str:
        """Return a text of a form, which ``what`` says after "is not"."""
        value = self.text(default)
        if not pattern.fullmatch(value):
            self.fail(f"{shown(value)} is not {what}")
        return value

    def choice(self, known: Collection[str], default: str | None = None) -> str:
        """Return one of several words."""
        value = self._or(default)
        if not isinstance(value, str) or value not in known:
            near = suggestion(value, known) if isinstance(value, str) else ""
            self.fail(f"{shown(value)} is not one of {', '.join(filter(None, known))}{near}")
        return value

    def integer(self, low: int, high: int, default: int | None = None) -> int:
        """Return a whole number within bounds, which it may be equal to."""
        value = self._or(default)
        if not isinstance(value, int) or isinstance(value, bool):
            self.fail("must be a whole number")
        if not low <= value <= high:
            self.fail(f"must be between {low} and {high}, and is {shown(value)}")
        return value

    def boolean(self, *, default: bool | None = None) -> bool:
        """Return a truth value."""
        value = self._or(default)
        if not isinstance(value, bool):
            self.fail("must be true or false")
        return value

    def moment(self) -> datetime:
        """Return a date and time; a text in the form of ISO 8601 is one."""
        value = self._or(None)
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                self.fail(f"{shown(value)} is not a date and time such as 1994-04-07T12:13:52")
        if not isinstance(value, datetime):
            self.fail("must be a date and time such as 1994-04-07T12:13:52")
        return value

    def day(self, default: date) -> date:
        """Return a day without a time."""
        value = self._or(default)
        if isinstance(value, datetime) or not isinstance(value, date):
            self.fail("must be a day such as 1994-04-07")
        return value

    def _or(self, default: Any) -> Any:
        value = default if self.value is None else self.value
        if value is None:
            self.fail("is missing")
        return value


def open_toml(content: bytes, path: str, error: type[KeyedError] = DescriptionError) -> Setting:
    """Return the table of a TOML file.

    Args:
        content: of the file.
        path: what errors call it.
        error: raised for every mistake in it, now or when it is read.
    """
    return _opened(content, path, error, json=False)


def open_json(content: bytes, path: str, error: type[KeyedError] = DescriptionError) -> Setting:
    """Return the document of a JSON file; arguments as for ``open_toml``."""
    return _opened(content, path, error, json=True)


def in_memory(table: Mapping[str, Any], path: str, error: type[KeyedError] = DescriptionError) -> Setting:
    """Return a table that no file holds; arguments as for ``open_toml``."""
    return Setting(_Document(None, path, error, json=False), dict(table))


def _opened(content: bytes, path: str, error: type[KeyedError], *, json: bool) -> Setting:
    try:
        value = read_json(content) if json else read_toml(content)
    except TableSyntaxError as fault:
        raise error(path, "", f"is not valid {'JSON' if json else 'TOML'}: {fault.reason}", fault.line) from None
    return Setting(_Document(content.decode("utf-8-sig"), path, error, json=json), value)


def shown(value: object) -> str:
    """Return a value for a message, cut where it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of too many digits has no text
        return "a value too long to be shown"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _spelled(steps: tuple[Step, ...]) -> str:
    import json

    parts = []
    for step in steps:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        else:
            parts.append(f".{step}" if _BARE.fullmatch(step) else f".{json.dumps(step[:_SHOWN], ensure_ascii=False)}")
    return "".join(parts).lstrip(".")
