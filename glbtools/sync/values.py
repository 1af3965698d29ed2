"""Values that come from elsewhere, in messages and states: read and checked before anything is done with them.

What a store could not hold must not get as far as a store: it would fail there each time it is read again. Whatever is
wrong is one ``ValueError`` with a reason of one line.
"""

from __future__ import annotations

from glbtools.tables import shown

HIGHEST = (1 << 63) - 1
"""The highest number that a store holds."""

LEN_ID = 16


def number(value: object, what: str) -> int:
    """Return a whole number that a store holds.

    Raises:
        ValueError: it is none; a truth value is none, either.
    """
    if type(value) is not int or not 0 <= value <= HIGHEST:
        raise ValueError(f"{what} is {shown(value)}, not a number from 0 to {HIGHEST}")
    return value


def text(value: object, what: str) -> str:
    """Return a text that UTF-8 can hold.

    Raises:
        ValueError: it is none, or has half of a surrogate pair.
    """
    if type(value) is not str:
        raise ValueError(f"{what} is {shown(value)}, not a text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{what} has half of a character (a lone surrogate)") from None
    return value


def truth(value: object, what: str) -> bool:
    """Return a truth value.

    Raises:
        ValueError: it is none.
    """
    if type(value) is not bool:
        raise ValueError(f"{what} is {shown(value)}, neither true nor false")
    return value


def identity(value: str, what: str) -> bytes:
    """Return the bytes of an id of a store or of one of its lives.

    Raises:
        ValueError: it is not 16 bytes in hex.
    """
    try:
        found = bytes.fromhex(value)
    except ValueError:
        found = b""
    if len(found) != LEN_ID or len(value) != 2 * LEN_ID:
        raise ValueError(f"{what} is {shown(value)}, not {LEN_ID} bytes in hex")
    return found
