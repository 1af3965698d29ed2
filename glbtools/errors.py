"""What can go wrong, as far as a user can do something about it.

Only a ``GlbError`` may reach the command line as an ordinary failure (exit status 2). A wrong value inside a file is
never an exception: it is a fault kept beside the data.
"""

from __future__ import annotations


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
