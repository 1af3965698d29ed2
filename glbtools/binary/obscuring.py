"""How the bytes of a text are changed in a file: under one key, under a key of the record, turned, or one by the next.

A layout spells it ``xor:5a`` (each byte exclusive or with 0x5A), ``add:03`` (3 added to each), ``rol:3`` (its bits
turned left by 3), ``xor-stored:00`` and ``xor-clear:00`` (each exclusive or with the stored, or with the readable, byte
before it; the first with 0x00), ``xor:sync`` and ``add:sync`` (the key is the low byte of that field of the record).
``tab:00`` is a text in parts: what stands between alias and address, a tab in readable texts, is stored as 0x00.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import accumulate
from operator import xor

WAYS = ("xor", "add", "rol", "xor-stored", "xor-clear", "tab")
TAB = 0x09
SPELLED = re.compile(
    r"(?P<way>xor|add):(?!00)(?P<key>[0-9a-f]{2})|(?P<turn>rol):(?P<bits>[1-7])|"
    r"(?P<part>tab):(?!09)(?P<between>[01][0-9a-f])|"
    r"(?P<next>xor-stored|xor-clear):(?P<first>[0-9a-f]{2})|(?P<keyed>xor|add):(?P<field>[a-z][a-z0-9_]*)"
)


class Obscuring:
    """One way in which texts are changed, and undone.

    Attributes:
        spelled: as a layout has it.
        way: one of ``WAYS``; ``key``: the byte of it, or how many bits.
        field: name of the field that has the key instead; empty where all records have one.
    """

    def __init__(self, spelled: str) -> None:
        match = SPELLED.fullmatch(spelled)
        assert match is not None, "checked by the layout"
        self.spelled = spelled
        self.way = match["way"] or match["turn"] or match["next"] or match["keyed"] or match["part"]
        self.field = match["field"] or ""
        self.key = (
            int(match["bits"]) if match["bits"] else int(match["key"] or match["first"] or match["between"] or "0", 16)
        )

    @property
    def plain(self) -> bool:
        """Whether each byte is changed by itself, and in the same way in all records."""
        return not self.field and self.way in {"xor", "add", "rol", "tab"}

    def clear(self, stored: bytes, key: int | None = None) -> bytes:
        """Return the bytes of a text as they are meant; ``key`` is that of its record, where each has its own."""
        key = self.key if key is None else key & 0xFF
        if self.way == "xor-stored":
            return exclusive(stored, bytes([key]) + stored[:-1])
        if self.way == "xor-clear":
            return bytes(accumulate(stored, xor, initial=key))[1:]
        return stored.translate(_tables(self.way, key)[0])

    def stored(self, clear: bytes, key: int | None = None) -> bytes:
        """Return the bytes of a text as they are stored."""
        key = self.key if key is None else key & 0xFF
        if self.way == "xor-stored":
            return bytes(accumulate(clear, xor, initial=key))[1:]
        if self.way == "xor-clear":
            return exclusive(clear, bytes([key]) + clear[:-1])
        return clear.translate(_tables(self.way, key)[1])


def exclusive(one: bytes, other: bytes) -> bytes:
    """Return the bytes of one exclusive or with those of the other."""
    size = len(one)
    return (int.from_bytes(one, "big") ^ int.from_bytes(other[:size], "big")).to_bytes(size, "big")


@cache
def _tables(way: str, key: int) -> tuple[bytes, bytes]:
    """Return for each stored byte the readable one, and for each readable one the stored."""
    if way == "tab":  # the two change places, so that every text can be stored
        hidden = bytes({TAB: key, key: TAB}.get(byte, byte) for byte in range(256))
    elif way == "rol":
        hidden = bytes((byte << key | byte >> 8 - key) & 0xFF for byte in range(256))
    else:
        hidden = bytes(byte ^ key if way == "xor" else byte + key & 0xFF for byte in range(256))
    return bytes(map(hidden.index, range(256))), hidden
