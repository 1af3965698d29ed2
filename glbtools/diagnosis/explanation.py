"""What is known of a word: the problem of this code or name, the message of this number, or all that speak of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from glbtools.brief import brief, count
from glbtools.diagnosis import problems
from glbtools.diagnosis.problems import Problem
from glbtools.errors import UsageError
from glbtools.formats import messages
from glbtools.formats.messages import Message

_Known = TypeVar("_Known", Problem, Message)
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_WORD = re.compile(r"\w+")


class Explanation(NamedTuple):
    """What answers a question.

    Attributes:
        problems: best first.
        messages: best first; every wording of one number counts.
        named: whether it is what was asked for by code, name or number, and not what a search found.
    """

    problems: tuple[Problem, ...] = ()
    messages: tuple[Message, ...] = ()
    named: bool = True

    def __repr__(self) -> str:
        return brief("Explanation", f"{count(len(self.problems), 'problem')}, {count(len(self.messages), 'message')}")


def explain(what: str | int) -> Explanation:
    """Return what is known of a problem (its code or name), of a message (its number), or of any words.

    Args:
        what: ``"U101"``, ``"stranded-transactions"``, ``171`` or ``"nothing to send"``.

    Raises:
        UsageError: nothing is; names that come near are part of the message.
    """
    text = str(what).strip()
    if _NUMBER.fullmatch(text):
        found = messages.of_code(int(text))
        if not found:
            numbers = [each.code for each in messages.catalogue()]
            raise UsageError(
                f"{text}: no public source prints a text for this message; known are {min(numbers)} to {max(numbers)},"
                " not all of them"
            )
        return Explanation(messages=found)
    try:
        return Explanation((problems.find(text),))
    except UsageError:
        said = search(text)
        if said.problems or said.messages:
            return said
        raise


def search(text: str) -> Explanation:
    """Return the problems and messages in whose text every one of some words begins a word, best first.

    One whose title or wording has them as they stand comes before one that has them anywhere, and that before one in
    whose page they stand.
    """
    wanted = [word.lower() for word in _WORD.findall(text)]
    if not wanted:
        return Explanation(named=False)
    found = [
        (_likeness(wanted, f"{each.title} {each.slug}", problems.explain(each)), each) for each in problems.PROBLEMS
    ]
    told = [(_likeness(wanted, each.text, each.meaning), each) for each in messages.catalogue()]
    return Explanation(tuple(_best(found)), tuple(_best(told)), named=False)


def _best(found: list[tuple[int, _Known]]) -> Iterator[_Known]:
    return (each for rank, each in sorted(found, key=lambda pair: -pair[0]) if rank)


def _likeness(wanted: list[str], head: str, body: str) -> int:
    """Return how well two texts answer words; 0 where one is in neither."""
    pattern = r"\W+".join(rf"\b{re.escape(word)}" for word in wanted)
    phrase = re.compile(pattern)
    heads, bodies = head.lower(), body.lower()
    times = min(len(phrase.findall(bodies)), 9)
    if phrase.search(heads):
        return 40 + times
    if times:
        return 30 + times
    every = [re.compile(rf"\b{re.escape(word)}") for word in wanted]
    if all(each.search(heads) for each in every):
        return 20
    return 10 if all(each.search(heads) or each.search(bodies) for each in every) else 0
