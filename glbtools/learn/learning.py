"""One call: files in, a layout or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glbtools import files
from glbtools.binary.layout import Layout
from glbtools.formats.listing import parse_listing
from glbtools.layouts.written import to_toml
from glbtools.formats.queue import parse_queue
from glbtools.learn import queue
from glbtools.learn.checksums import Found
from glbtools.learn.material import Material, with_listings
from glbtools.learn.summed import with_checksum


@dataclass
class Learning:
    """What was learnt.

    Attributes:
        layout: the layout; None where it could not be decided.
        toml: the same as a layout file.
        candidates: every explanation, best first.
    """

    layout: Layout | None = None
    toml: str | None = None
    candidates: list[queue.Candidate] = field(default_factory=list)
    checksum: Found | None = None

    @property
    def alternatives(self) -> list[Layout]:
        """Layouts that explain the files as well."""
        return [each.layout for each in self.candidates[1:]]


def learn_layout(
    paths: Sequence[str | Path],
    *,
    listings: Sequence[str | Path] = (),
    known: Sequence[str] = (),
    family: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Learning:
    """Return the layout of some files of one kind."""
    materials = [Material(str(path), files.read(path)) for path in paths]
    with_listings(materials, [parse_listing(files.read(path)) for path in listings], "cp850")
    found = queue.candidates(materials)
    learning = Learning(candidates=found)
    if found and not found[0].reading.doubts and found[0].sound:
        rivals = [each for each in found[1:] if each.contradicts(found[0]) and each.bits - found[0].bits < queue.CLEAR]
        if not rivals:
            layout = found[0].layout
            queues = [parse_queue(each.data, layout) for each in materials]
            learning.layout, learning.checksum = with_checksum(layout, queues, materials)
            learning.toml = to_toml(learning.layout)
    return learning
