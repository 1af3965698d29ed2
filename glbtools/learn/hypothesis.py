"""A hypothesis: one layout that may be that of the files, how well it explains them, and what it reads.

Of queues and of configurations alike: a search makes hypotheses, they are held against each other, and the best is
stated where no other comes near it.
"""

from __future__ import annotations

from typing import NamedTuple

from glbtools.binary.layout import Layout
from glbtools.brief import brief, count
from glbtools.learn.differences import place_text, type_text
from glbtools.learn.framing import Rule
from glbtools.learn.scoring import grammatical, is_odd

FEWEST = 4
"""Records without which nothing is believed."""

EXPLAINED = 0.85
"""Share of a file's bytes that a layout must explain, and of its texts that must be transactions."""

MOST_BITS = 10
"""What a layout may leave to be explained of a record, in bits."""

ALIKE, CONTAINED = 0.9, 0.95
COMPARED = 300
"""Texts of two layouts that are compared with each other."""


class Hypothesis(NamedTuple):
    """One layout that explains the files.

    Attributes:
        layout: the layout.
        records: how many records it finds; of a configuration its structures; ``explained``: share of the bytes in
            them, of a configuration in fields.
        bits: what it leaves to be explained; lower is better.
        doubts: what else might be the number, in words; of a configuration the names that have no place in it.
        gaps: stretches between records that are none, but for those that are alike: records of another kind.
        odd: share of the texts that are no transactions.
        rule: how its records follow each other; None where the files are of fixed structures.
        texts: what it reads, number and text of every record, of large files of some; ``said``: a hash of all texts.
        copied: bytes behind the text that hold the length again.
        turned: whether its numbers rise in another order of the records than that of their bytes.
        placed: whether no other bytes than its dates may be dates, too, in whatever form.
    """

    layout: Layout
    records: int
    explained: float
    bits: float
    doubts: tuple[str, ...] = ()
    gaps: int = 0
    odd: float = 0.0
    rule: Rule | None = None
    texts: tuple[tuple[int, str], ...] = ()
    said: int = 0
    copied: frozenset[int] = frozenset()
    turned: bool = False
    placed: bool = True

    def __repr__(self) -> str:
        return brief("Hypothesis", f"{self.layout.id}, {count(self.records, 'record')}, {self.explained:.0%}")

    @property
    def sound(self) -> bool:
        """Whether it explains the files at all: damage is the exception."""
        return self.framed and self.bits <= MOST_BITS * self.records

    @property
    def framed(self) -> bool:
        """Whether its records explain the files, whatever their fields are."""
        enough = self.records >= FEWEST and self.explained >= EXPLAINED
        whole = self.gaps <= 1 + (1 - EXPLAINED) * self.records
        return enough and whole and self.odd <= 1 - EXPLAINED

    @property
    def led(self) -> float | None:
        """Share of neighbouring texts that a length field connects; None where no field leads from text to text."""
        return self.rule.support if self.rule is not None and self.rule.by == "length" else None

    @property
    def described(self) -> str:
        """The layout in a phrase: its frame, and where the number is; of a configuration where its values stand."""
        layout = self.layout
        if layout.family != "queue":
            known = [each for each in layout.fields if each.role != "opaque"]
            return ", ".join(f"{each.name} {type_text(each)} at {place_text(each)}" for each in known)
        sync = layout.with_role("sync")
        assert sync is not None, "a queue layout has a number"
        head = sum(each.size for each in layout.section("record"))
        trail = sum(each.size for each in layout.section("trailer"))
        sizes = f"header {layout.header}, {head} bytes before and {trail} behind a text"
        return f"{sizes}, number {sync.type} at {sync.offset:#x}"

    @property
    def unexplained(self) -> list[str]:
        """What it leaves unexplained, in words; empty where it is sound."""
        said = []
        if self.explained < EXPLAINED:
            said.append(f"{self.explained:.0%} of the bytes are in records")
        if self.odd > 1 - EXPLAINED:
            said.append(f"{self.odd:.0%} of the texts are no sound transactions")
        if self.gaps > 1 + (1 - EXPLAINED) * self.records:
            said.append(f"{self.gaps} places between records are none")
        if not said and self.bits > MOST_BITS * self.records:
            said.append("its numbers neither rise as a count does nor are those that are known")
        return said

    @property
    def grammatical(self) -> int:
        """How many of its first texts the grammar accepts."""
        return grammatical([text for _, text in self.texts[:COMPARED]])

    def contradicts(self, other: Hypothesis) -> bool:
        """Whether it reads records otherwise than another layout, and not only fewer of them.

        What is no transaction says nothing of a record where too much of what is read is none.
        """
        mine = set(self.texts)
        if not self.sound:
            mine = {each for each in mine if not is_odd(self.layout.encoded(each[1]))}
        return len(mine & set(other.texts)) < CONTAINED * len(mine)

    def reads_as(self, other: Hypothesis) -> bool:
        """Whether two layouts read the same but for a few damaged records."""
        mine, theirs = set(self.texts), set(other.texts)
        return len(mine & theirs) >= ALIKE * max(len(mine), len(theirs))
