"""What can go wrong, as far as a user can do something about it.

Only a ``GlbError`` may reach the command line as an ordinary failure (exit status 2). A wrong value inside a file is
never an exception: it is a fault kept beside the data.
"""

from __future__ import annotations

from collections.abc import Iterable


class GlbError(Exception):
    """Base of everything glbtools raises on purpose; its text is one line for the user."""


class FileAccessError(GlbError):
    """A file cannot be read or written: missing, no regular file, too large, not permitted."""


class UnknownFormatError(GlbError):
    """The content is of no supported format: somebody else's file, not a damaged one of ours."""


class OutputExistsError(GlbError):
    """An existing target would be overwritten and nobody asked for it."""


class UsageError(GlbError):
    """A request that makes no sense for this input."""


class FieldError(UsageError):
    """A value does not fit the field of a layout.

    Attributes:
        field: its name, such as ``reqsync``, or its place in a list, such as ``[3].text``.
        reason: why not.
    """

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(f"{field} {reason}")


class KeyedError(GlbError):
    """A mistake in a file that a person wrote.

    Attributes:
        path: the file, as the user named it.
        key: the place in it, such as ``field[2].type``; empty when the whole file is meant.
        reason: what is wrong there.
        line: where, from 1; for a key that is missing the line of its table; 0 when the whole file is meant.
    """

    def __init__(self, path: str, key: str, reason: str, line: int = 0) -> None:
        self.path, self.key, self.reason, self.line = path, key, reason, line
        place = f"{path}:{line}" if path and line else path
        super().__init__(": ".join(part for part in (place, key, reason) if part))


class LayoutError(KeyedError):
    """A layout file is wrong."""


class DescriptionError(KeyedError):
    """A description for ``build`` is wrong."""


def suggestion(word: str, known: Iterable[str], before: str = "") -> str:
    """Return what a mistyped word may mean, as ``; did you mean A or B?``; empty where nothing known comes near.

    Args:
        word: as it was typed.
        known: what it may be, upper and lower case alike.
        before: what stands before each name, such as a directory.
    """
    from difflib import SequenceMatcher, get_close_matches

    names: dict[str, str] = {}
    for each in known:
        names.setdefault(each.lower().lstrip("-"), each)
    wanted = word.lower().lstrip("-")
    least = 0.6 if len(wanted) < 5 else 0.7
    near = [wanted] if wanted in names else get_close_matches(wanted, names, n=3, cutoff=least)
    likeness = [SequenceMatcher(None, each, wanted).ratio() for each in near]
    near = [each for each, ratio in zip(near, likeness, strict=True) if ratio > likeness[0] - 0.1]
    if len(wanted) > 2 and wanted not in names:
        begun = [each for each in names if each.startswith(wanted)]
        near = begun + [each for each in near if each not in begun]
    return f"; did you mean {' or '.join(before + names[each] for each in near[:3])}?" if near else ""


def not_one_of(word: str, known: Iterable[str]) -> str:
    """Return that a word is none of those that are taken, which they are, and which it may mean."""
    names = tuple(known)
    return f"{word}: is not one of {', '.join(names)}{suggestion(word, names)}"
