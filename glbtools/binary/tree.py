"""What a file holds, as a tree of named spans: the one thing that byte maps, dumps and JSON are made of."""

from __future__ import annotations

from typing import NamedTuple

from glbtools.binary.span import Span
from glbtools.brief import brief

Stored = int | str | bytes | None


class Node(NamedTuple):
    """A named part of a file.

    Attributes:
        name: field name, or what the part is.
        span: its bytes.
        value: the value as stored; None for a part that only has children, or that cannot be read.
        meaning: what the value means, for people; may be empty.
        status: how it is known that the field exists (``layout.STATUSES``); empty for parts that are no field.
        computed: the value it should have, where that differs from the stored one.
        children: parts of the part, in order, within its span.
    """

    name: str
    span: Span
    value: Stored = None
    meaning: str = ""
    status: str = ""
    computed: Stored = None
    children: tuple[Node, ...] = ()

    def __repr__(self) -> str:
        return brief("Node", f"{self.name} {self.span} {self.value!r} {self.meaning}")
