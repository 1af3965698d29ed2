"""Why something is not said certainly although all histories of a view agree on it: a history of its kind refutes it.

That all histories up to a bound agree does not make a statement true of longer ones, of two faults, or of another
reading. Each *kind* of record or number, told by what a reader of the files can see, is held against all runs: where
any history of the kind, in whatever run, ends otherwise, the rules rightly do not call the kind certain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from scoreboard.worlds.judge import Fates, Said, tells
from scoreboard.worlds.rules import begins_before, is_sound, issued_at_least, rises_without_gap
from scoreboard.worlds.state import EXPORT
from scoreboard.worlds.truth import COMES, LACKS, NEVER, REACHED, Witness
from scoreboard.worlds.views import View, shown

ASKED = (REACHED, COMES, NEVER, LACKS)
"""Fates of which the page says how completely they are told."""


class Counterexample(NamedTuple):
    """A history by which something of a kind ends otherwise."""

    events: int
    fate: str
    told: str


@dataclass
class Kinds:
    """What of each kind is agreed on and told, and what refutes the kind.

    Attributes:
        agreed: (fate, kind) -> pairs of view and record, or number, of which all histories agree.
        told: those of them that are said certainly.
        refuted: (fate, kind) -> the smallest history by which one of the kind has another fate.
    """

    agreed: Counter[tuple[str, str]] = field(default_factory=Counter)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    refuted: dict[tuple[str, str], Counterexample] = field(default_factory=dict)

    def note(self, seen: View, fates: Fates, said: Said) -> None:
        """Count what is said of one view, and what refutes a kind in it."""
        sure = said.sure()
        for key, found in fates.items():
            kind = kind_of(seen, key)
            if len(found) == 1 and (fate := next(iter(found))) in ASKED:
                self.agreed[fate, kind] += 1
                self.told[fate, kind] += key in sure and tells(sure[key], fate)
            for fate in ASKED:
                for other, witness in found.items():
                    if other != fate and {fate, other} != {COMES, REACHED}:
                        self._refute(fate, kind, other, witness, seen)

    def _refute(self, fate: str, kind: str, other: str, witness: Witness, seen: View) -> None:
        known = self.refuted.get((fate, kind))
        if known is None or witness.events < known.events:
            told = f"{shown(seen)}\n{witness.told()}"
            self.refuted[fate, kind] = Counterexample(witness.events, other, told)


def merged(every: Iterable[Kinds]) -> Kinds:
    """Return what several runs say together."""
    whole = Kinds()
    for each in every:
        whole.agreed += each.agreed
        whole.told += each.told
        for key, found in each.refuted.items():
            known = whole.refuted.get(key)
            if known is None or found.events < known.events:
                whole.refuted[key] = found
    return whole


def kind_of(seen: View, key: tuple[int, int, int]) -> str:
    """Return what a reader of the files sees of a held record or a confirmed number, in words."""
    at, place, number = key
    member, file, master = seen.members[at], seen.srvconf, seen.master
    if member.config is None or member.queue is None or file is None or master is None:
        return "a file is not given"
    record, confirmed = file.records[at], member.config.confirmed
    if place < 0:
        if record is None:
            return "a confirmed number, not registered"
        return "a confirmed number, " + ("above b" if number > record.acknowledged else "at or below b")
    held = member.queue[place]
    if held.kind == EXPORT:
        return "the first record of an Export, whose text tells nothing"
    if any(row.origin == at and row.held == (held.like or place + 1) for row in master):
        return "its text is in MSTTRANS"
    k, parts = held.sync, []
    if record is None:
        parts = [_related("k", k, "a", confirmed), "not registered"]
    else:
        b = record.acknowledged
        if b < confirmed:  # The server went back, or a RESYNC came: dates and MSTTRANS are of that other day.
            return ", ".join([_related("k", k, "b", b), "b < a"])
        parts = [_related("k", k, "a", confirmed), _related("k", k, "b", b)]
        if k > b or k in (confirmed, b):  # Waiting, or equal to what a rule compares it with: dates decide nothing.
            return ", ".join([*parts, "b >= a"])
        parts += ["b >= a", *(["stamped later"] if held.made > record.updated else [])]
    reaches = rises_without_gap(seen) and begins_before(seen, held.made)
    parts.append("MSTTRANS reaches back" if reaches else "MSTTRANS does not reach back")
    if rises_without_gap(seen) and file.head < issued_at_least(seen):
        parts.append("H below the sum of all b")
    if record and record.imports < member.config.imports:
        parts.append("J < I")
    if not is_sound(seen):
        parts.append("the server went back")
    return ", ".join(parts)


def _related(one: str, low: int, other: str, high: int) -> str:
    return f"{one} {'<' if low < high else '=' if low == high else '>'} {other}"
