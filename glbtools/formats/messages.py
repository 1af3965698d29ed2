"""The Dir-Sync messages: number, wording, meaning and where each is attested.

The table is ``codes.csv`` beside this module. The wordings of a real system come from its DS_MSG.GLB (Q130064), so they
may differ or be in another language; the numbers of coded logs do not.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from glbtools.brief import brief

KEPT, SHORT = 4096, 200
"""Texts whose reading is kept, and the characters of the longest of them: logs say the same things over and over."""

UNNUMBERED = -1
"""What a coded line prints in place of a number when the text itself follows (Q149271)."""

NOT_ATTESTED: tuple[int, ...]
"""Numbers between the lowest and the highest known one of which no public source prints a text."""

# The text log prints Status lines without their number (Q149271), so these are known by their wording only.
_STATUS_CODES = (104, 105, 106, 167, 171)

_FIRST_TEXT = "DIRSYNC.TXT 3.0 text: "


class Message(NamedTuple):
    """One wording of one message number.

    Attributes:
        code: the number; -1 for text without a number.
        severity: the severities seen in published logs, such as ``Error/Fatal``; empty when none was ever seen.
        text: the wording; ``{name}`` stands for an argument; a line feed separates the lines of a longer message.
        meaning: what it says about the system, and remarks on the wording.
        versions: the program versions that the articles name.
        sources: the Knowledge Base articles that print it.
        variant: another wording, or another use, of a number that has a row of its own.
    """

    code: int
    severity: str
    text: str
    meaning: str
    versions: tuple[str, ...]
    sources: tuple[str, ...]
    variant: bool

    def __repr__(self) -> str:
        return brief("Message", f"{self.code} {self.text!r}")

    @property
    def paired(self) -> bool:
        """Whether a coded and a text log of the same run show that this number means this text (3.2 and 3.5)."""
        return "pair attested" in self.meaning

    @property
    def first_text(self) -> str:
        """The wording of DIRSYNC.TXT 3.0 where logs print another one; otherwise empty."""
        return self.meaning.partition(_FIRST_TEXT)[2].partition(" | ")[0]


class _Wording(NamedTuple):
    """A text taken apart: the fixed ``head`` and, behind it, what stands around each placeholder of the argument."""

    head: str
    literals: tuple[str, ...]
    message: Message


def catalogue() -> tuple[Message, ...]:
    """Return every row of the table in its order."""
    return tuple(message for messages in _table().values() for message in messages)


def of_code(code: int) -> tuple[Message, ...]:
    """Return the wordings of a number, its own row first, variants after; empty when none is attested.

    Args:
        code: the number of a message, as logs have it.
    """
    return _table().get(code, ())


def recognise(text: str) -> tuple[int, str | None] | None:
    """Return number and argument of a Status text that logs print without its number.

    Only attested wordings count, those of 3.0 included. None for every other text. The wording of 106 in 3.2 and 3.5 is
    not known.
    """
    return _known(text) if len(text) <= SHORT else _recognise(text)


def _recognise(text: str) -> tuple[int, str | None] | None:
    for start, wording in _status_wordings():
        if text.startswith(start):
            found = _read(wording, text)
            if found is not None and (wording.literals or found.argument is None):
                return wording.message.code, found.argument
    return None


class Reading(NamedTuple):
    """A text recognised as a wording of a number.

    Attributes:
        message: the row of the table.
        argument: what the line says in place of the wording's placeholders; None when nothing follows the fixed part.
    """

    message: Message
    argument: str | None


def read_text(code: int, text: str) -> Reading | None:
    """Take apart the text of a message whose number is known: ``render_text`` undone.

    Returns:
        None when the text begins with no attested wording of this number, so that nobody can say where its argument
        begins.
    """
    return _known_text(code, text) if len(text) <= SHORT else _read_text(code, text)


def _read_text(code: int, text: str) -> Reading | None:
    found = (_read(wording, text) for wording in _longest_first(code))
    return next(filter(None, found), None)


_known = lru_cache(maxsize=KEPT)(_recognise)
_known_text = lru_cache(maxsize=KEPT)(_read_text)


def render_text(code: int, argument: str | None = None) -> str:
    """Return the text that a text log shows for a number and its argument.

    The wording that 3.2 and 3.5 print is chosen where a pair of logs attests it, else the number's own row. The
    argument takes the place of the placeholders or, where the wording has none, follows after one blank. A number
    without any attested wording is named as such.
    """
    wordings = _wordings(code)
    if not wordings:
        return f"message {code} (wording not documented)" + (f" {argument}" if argument else "")
    wording = next((each for each in wordings if each.message.paired), wordings[0])
    return " ".join(part for part in (wording.head, _fill(wording.literals, argument)) if part)


def __getattr__(name: str) -> tuple[int, ...]:
    if name == "NOT_ATTESTED":
        known = _table()
        return tuple(code for code in range(1, max(known)) if code not in known)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _table() -> dict[int, tuple[Message, ...]]:
    import csv

    with Path(__file__).with_name("codes.csv").open(encoding="utf-8", newline="") as stream:
        rows = [_message(row) for row in csv.DictReader(stream)]
    codes = dict.fromkeys(row.code for row in rows)
    return {
        code: tuple(sorted((row for row in rows if row.code == code), key=lambda row: row.variant)) for code in codes
    }


def _message(row: dict[str, str]) -> Message:
    return Message(
        code=int(row["code"]),
        severity=row["severity"],
        # DIRSYNC.TXT itself writes "n" where the number goes (105 and 106).
        text=row["text"].replace("\\n", "\n").replace(" n ", " {n} "),
        meaning=row["meaning"],
        versions=tuple(row["versions"].split(",")),
        sources=tuple(row["sources"].split()),
        variant=row["meaning"].startswith("VARIANT"),
    )


@cache
def _wordings(code: int) -> tuple[_Wording, ...]:
    """Every attested wording of a number taken apart, in the order of the table, those of DIRSYNC.TXT 3.0 last."""
    messages = _table().get(code, ())
    first = {message.first_text: message for message in messages if message.first_text}
    return (
        *(_take_apart(message.text, message, tuple(first)) for message in messages),
        *(_take_apart(text, message) for text, message in first.items()),
    )


@cache
def _longest_first(code: int) -> tuple[_Wording, ...]:
    return tuple(sorted(_wordings(code), key=lambda wording: -len(wording.head)))


@cache
def _status_wordings() -> tuple[tuple[str, _Wording], ...]:
    """Every wording of a Status text without number, and what such a text begins with."""
    wordings = [wording for code in _STATUS_CODES for wording in _wordings(code)]
    return tuple((wording.head.removesuffix("."), wording) for wording in wordings)


def _read(wording: _Wording, text: str) -> Reading | None:
    head = wording.head
    if not text.startswith(head):
        # Retyped and older texts go without the final stop.
        return Reading(wording.message, None) if text == head.removesuffix(".") else None
    tail = text[len(head) :]
    if tail and head[-1:] not in {"", ":"} and tail[0] != " ":
        return None
    return Reading(wording.message, _argument(wording.literals, tail.strip(" \t")) or None)


def _take_apart(text: str, message: Message, first_texts: tuple[str, ...] = ()) -> _Wording:
    text = text.replace("\n", " ")
    brace = text.find("{")
    if brace >= 0:
        blank = text.rfind(" ", 0, brace)
        return _Wording(text[: max(blank, 0)], _literals(text[blank + 1 :]), message)
    # 39, 115 and 203 are printed with an argument that hardly varies; DIRSYNC.TXT shows where it begins.
    for first in first_texts:
        if text.startswith(first) and text[len(first) : len(first) + 1] in {" ", "."}:
            stop, _, _ = text[len(first) :].partition(" ")
            return _Wording(first + stop, _literals("{arg}"), message)
    return _Wording(text, (), message)


def _literals(pattern: str) -> tuple[str, ...]:
    """Return the fixed parts around the placeholders of a pattern, empty ones included."""
    before, *rest = pattern.split("{")
    return (before, *(part.partition("}")[2] for part in rest))


def _fill(literals: tuple[str, ...], argument: str | None) -> str:
    if not argument or len(literals) != 2:
        # Where several placeholders stand together, the one argument is all of them: "PCM:NET/PO", "1300 (0->1299)".
        return argument or ""
    return literals[0] + argument + literals[1]


def _argument(literals: tuple[str, ...], tail: str) -> str:
    if len(literals) != 2:
        return tail
    before, after = literals
    fits = tail.startswith(before) and tail.endswith(after) and len(tail) >= len(before) + len(after)
    return tail[len(before) : len(tail) - len(after)] if fits else tail
