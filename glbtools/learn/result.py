"""What a call of ``learn_layout`` returns: the layout, or why there is none, and what was seen on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from glbtools.binary.field import Field
from glbtools.binary.layout import STATUSES, Layout
from glbtools.brief import brief, count
from glbtools.layouts.written import to_toml
from glbtools.learn import holdout
from glbtools.learn.checking import Part
from glbtools.learn.checksums import ChecksumMatch
from glbtools.learn.comparison import Comparison
from glbtools.learn.hypothesis import Hypothesis
from glbtools.learn.kinds import Mention
from glbtools.learn.positions import Position

OPAQUE = "not understood"


@dataclass
class Learning:
    """What was learnt.

    Attributes:
        family: queue, reqconf or srvconf.
        paths: the files learnt from; ``listings``: what stood beside them.
        layout: the layout; None where it is not decided.
        checksum: how the checksum was found, if it was.
        candidates: every hypothesis, best first; of a configuration first what all of them share.
        parts: what the best explanation makes of each file.
        concluded: what can be said whether or not a layout is decided.
        reasons: why none is.
        wanted: evidence that would decide it, or more of it.
        tried: how many rules of framing were tried.
        decided: of a configuration: the fields that known values have given a place.
        places: of a configuration: for each name that is known and stays open, where it may stand.
        mentions: of a configuration: what bytes look like that no field claims.
        comparisons: how the best explanation goes with the listings of the files that have some.
        apart: files of several layouts: each is explained alone, and nothing explains them together.
        held: how the records that were kept apart from the search are read; None where no search was made.
        contents: the bytes of the files, in the order of ``paths``: a report shows some of them.
    """

    family: str
    paths: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    layout: Layout | None = None
    checksum: ChecksumMatch | None = None
    candidates: list[Hypothesis] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    concluded: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)
    tried: int = 0
    decided: dict[str, Field] = field(default_factory=dict)
    places: dict[str, list[Position]] = field(default_factory=dict)
    mentions: list[Mention] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    held: holdout.Holdout | None = None
    contents: list[bytes] = field(default_factory=list, repr=False)
    apart: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        found = self.layout.id if self.layout else "undecided"
        return brief("Learning", f"{found}, {count(len(self.paths), f'{self.family} file')}")

    @property
    def partial(self) -> bool:
        """Whether a layout is given that states a part of what the files hold; ``reasons`` say what stays open."""
        return self.layout is not None and self.layout.partial

    @property
    def toml(self) -> str | None:
        """The layout as the text of a layout file."""
        return to_toml(self.layout, _remarks(self)) if self.layout else None

    @property
    def whole(self) -> Part:
        """What the layout makes of all files together."""
        return Part(
            "",
            size=sum(each.size for each in self.parts),
            records=sum(each.records for each in self.parts),
            explained=sum(each.explained for each in self.parts),
            faults=tuple(fault for each in self.parts for fault in each.faults),
        )

    @property
    def known(self) -> dict[str, int]:
        """How many fields of the layout are known in which way, best first; then those that are not understood."""
        fields = self.layout.fields if self.layout else ()
        found = Counter(OPAQUE if each.role == "opaque" else each.status for each in fields)
        return {each: found[each] for each in (*STATUSES, OPAQUE)}

    @property
    def others(self) -> list[Hypothesis]:
        """The readings that are no result, best first."""
        return self.candidates[1 if self.layout else 0 :]

    @property
    def alternatives(self) -> list[Layout]:
        """Layouts that read the files otherwise and explain them less well, or as well where none is decided."""
        return [each.layout for each in self.others]


def _remarks(learning: Learning) -> tuple[str, ...]:
    """Return the comments at the head of a learnt layout file."""
    records = sum(part.records for part in learning.parts)
    lines = [
        f"Learnt from {count(len(learning.parts) or len(learning.paths), 'file')} with {count(records, 'record')}."
    ]
    lines += ["What is said of a field holds for these files; learn --check LAYOUT FILE... tests others."]
    return tuple(lines)
