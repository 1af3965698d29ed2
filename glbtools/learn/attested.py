"""The sizes of queue files that articles attest, and whether a layout gives them (docs/facts/files.md#sizes).

A queue of 0 bytes is sound (Q159294); what is left after a confirmed cycle takes 49 bytes, what the diagnostic utility
installs 60 (Q133428, Q110496), with texts of 24 and of 35 characters. Other programs' files need not be so: it is a
prior, and no more.
"""

from __future__ import annotations

from glbtools.binary.layout import TERMINATORS, Layout
from glbtools.formats.queue import CONFIRMED_TEXT, DUMMY_SIZES, PODIAG_TEXT

PRIOR_BITS = 3.0
"""What it costs that a layout does not give the sizes."""

_TEXTS = tuple(zip(DUMMY_SIZES, map(len, (CONFIRMED_TEXT, PODIAG_TEXT)), strict=True))


def size_of(layout: Layout, characters: int) -> int:
    """Return the bytes of a file with one record whose text has so many characters."""
    around = sum(each.size for name in ("record", "trailer") for each in layout.section(name))
    record = around + characters + len(TERMINATORS[layout.terminator]) - layout.lead
    return layout.header + layout.lead + -(-record // layout.stride) * layout.stride


def gives_sizes(layout: Layout) -> bool:
    """Whether files of one record with the attested texts have the attested sizes."""
    return all(size_of(layout, characters) == size for size, characters in _TEXTS)


def said(layout: Layout) -> str:
    """Return in words which of the attested sizes a layout gives, and what it has in place of the others."""
    empty = "0" if not layout.header else f"{layout.header} in place of 0"
    sizes = ((size, size_of(layout, characters)) for size, characters in _TEXTS)
    return ", ".join([empty, *(f"{size}" if size == own else f"{own} in place of {size}" for size, own in sizes)])
