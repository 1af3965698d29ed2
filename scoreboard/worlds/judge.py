"""Holds what is said of views against the truth behind them.

A *verdict* is a function from a view to what it says. It may be the rules of
docs/certainty.md#what-is-certain-of-a-record (``worlds.rules``), those of ``glbtools.model.histories``, or the product
itself run on real files (``worlds.sample``). It is

- unsound where it calls something certain that does not hold in some history of that view;
- complete as far as it says certainly what holds in all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from scoreboard.worlds.exploration import CAUSE_BIT
from scoreboard.worlds.truth import COMES, LACKS, NEVER, REACHED, Behind, End, Witness, Worlds, causes, minimal
from scoreboard.worlds.views import View, shown, without

CERTAIN = "certain"


class Statement(NamedTuple):
    """What is said of one change or number of a requestor.

    Attributes:
        at: the requestor, from 0.
        place: of a held record, its place in REQTRANS, from 0; -1 for a number that is not held.
        number: its number.
        fates: what may have become of it, as ``worlds.truth`` names it; one of these is claimed.
        certainty: certain, likely or possible.
        why: a word for the report: the rule, the slug, the reason.
        loud: it is more than a note or a possibility.
        resting: it is said for a network without mail under way, and says so.
    """

    at: int
    place: int
    number: int
    fates: frozenset[str]
    certainty: str
    why: str = ""
    loud: bool = True
    resting: bool = False

    @property
    def key(self) -> tuple[int, int, int]:
        """Requestor, place and number."""
        return self.at, self.place, self.number


class Cause(NamedTuple):
    """What is said of how a view came about: one of some causes, if one thing went wrong."""

    causes: frozenset[str]
    certainty: str
    why: str = ""


class Refuted(NamedTuple):
    """What is said not to have happened: any of some causes alone; without a cause, that it was an ordinary day."""

    causes: frozenset[str]
    why: str = ""


class Said(NamedTuple):
    """All that is said of a view.

    Attributes:
        listing: of a change that may be lost something has to be said.
        unknown: requestors of which it is said that not everything is known.
    """

    statements: tuple[Statement, ...] = ()
    causes: tuple[Cause, ...] = ()
    refuted: tuple[Refuted, ...] = ()
    listing: bool = False
    unknown: frozenset[int] = frozenset()

    def sure(self) -> dict[tuple[int, int, int], frozenset[str]]:
        """Return the fates that the certain statements leave to each change or number they are about."""
        found: dict[tuple[int, int, int], frozenset[str]] = {}
        for each in self.statements:
            if each.certainty == CERTAIN:
                found[each.key] = found.get(each.key, each.fates) & each.fates
        return found


Verdict = Callable[[View], Said]
Fates = dict[tuple[int, int, int], dict[str, Witness]]
Among = Callable[[End], bool]
Note = Callable[[View, Fates, Said], None]


def every(end: End) -> bool:
    """Let every history count."""
    return True


def at_rest(end: End) -> bool:
    """Let those histories count that end with no mail under way."""
    return end.quiet


def as_adopted(end: End) -> bool:
    """Let those histories count that end with no mail under way, under the adopted reading."""
    return end.quiet and end.adopted


class Unsound(NamedTuple):
    """A certain statement that does not hold, and the smallest history that refutes it."""

    why: str
    said: str
    seen: View
    witness: Witness

    def told(self) -> str:
        """Return it in two lines."""
        return f"{self.said}\n  {shown(self.seen)}\n  {self.witness.told()}"


@dataclass
class Judgment:
    """What came of a verdict over all views.

    Attributes:
        views: how many were judged.
        certain: certain statements by reason; ``false`` those of them that some history refutes.
        unsound: of each reason the smallest refutation.
        baseless: of each reason the smallest case of a loud statement, however sure, that holds in no history.
        passed: the smallest case of a change that some history loses and of which nothing is said, by kind.
        counts: how often each of the last two.
        agreed: fate -> pairs of view and held record, or number, of which all histories agree; ``told`` those of them
            that are said certainly. A number without a record counts as ``lacks``, ``has`` or ``void``.
    """

    views: int = 0
    certain: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    unsound: dict[str, Unsound] = field(default_factory=dict)
    baseless: dict[str, Unsound] = field(default_factory=dict)
    passed: dict[str, Unsound] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    agreed: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)

    def note(self, found: Unsound) -> None:
        """Count a refutation, and keep it if no smaller one of its reason is known."""
        self.false[found.why] += 1
        _keep(self.unsound, found)

    def count(self, kept: dict[str, Unsound], found: Unsound) -> None:
        """Count a baseless statement, or a change passed over."""
        self.counts[found.why] += 1
        _keep(kept, found)


def _keep(kept: dict[str, Unsound], found: Unsound) -> None:
    known = kept.get(found.why)
    if known is None or found.witness.events < known.witness.events:
        kept[found.why] = found


def judge(worlds: Worlds, verdict: Verdict, among: Among = every, note: Note | None = None) -> Judgment:
    """Hold a verdict against all histories, or those among them that end in some way.

    Args:
        worlds: all histories.
        verdict: what is said of a view.
        among: which histories count.
        note: called with each view, the fates behind it, and what is said of it.
    """
    judgment = Judgment()
    for seen, behind in worlds.views.items():
        kept = behind if among is every else {end: witness for end, witness in behind.items() if among(end)}
        if kept:
            judge_view(judgment, seen, kept, verdict(seen), note)
    return judgment


def judge_view(judgment: Judgment, seen: View, behind: Behind, said: Said, note: Note | None = None) -> None:
    """Hold what is said of one view against what is behind it."""
    judgment.views += 1
    fates = fates_behind(behind)
    resting = fates_behind({end: witness for end, witness in behind.items() if end.quiet})
    if note is not None:
        note(seen, fates, said)
    for each in said.statements:
        behind_it = (resting if each.resting else fates).get(each.key, {})
        text = f"{each.why}: requestor {each.at + 1}, {_which(seen, each)}: {' or '.join(sorted(each.fates))}"
        if behind_it and each.loud and not each.fates & set(behind_it):
            first = min(behind_it.values(), key=lambda one: one.events)
            judgment.count(judgment.baseless, Unsound(f"baseless {each.why}", text, seen, first))
        if each.certainty != CERTAIN:
            continue
        judgment.certain[each.why] += 1
        wrong = [witness for fate, witness in behind_it.items() if fate not in each.fates]
        if wrong:
            judgment.note(Unsound(each.why, text, seen, min(wrong, key=lambda one: one.events)))
    _passed_over(judgment, seen, fates, said)
    sure = said.sure()
    for key, found in fates.items():
        if len(found) == 1:
            fate = next(iter(found))
            judgment.agreed[fate] += 1
            judgment.told[fate] += key in sure and tells(sure[key], fate)
    for cause in said.causes:
        if cause.certainty != CERTAIN:
            continue
        judgment.certain[cause.why] += 1
        refuting = [
            witness for bits, witness in single_causes(behind).items() if bits and not cause.causes & set(causes(bits))
        ]
        if refuting:
            text = f"{cause.why}: one of {', '.join(sorted(cause.causes))}"
            judgment.note(Unsound(cause.why, text, seen, min(refuting, key=lambda one: one.events)))
    for refuted in said.refuted:
        judgment.certain[refuted.why] += 1
        bits = {CAUSE_BIT[cause] for cause in refuted.causes} or {0}
        true = [witness for end, witness in behind.items() if end.causes in bits]
        if true:
            text = f"{refuted.why}: not {', '.join(sorted(refuted.causes)) or 'an ordinary day'}"
            judgment.note(Unsound(refuted.why, text, seen, min(true, key=lambda one: one.events)))


def _which(seen: View, statement: Statement) -> str:
    if statement.place < 0:
        return f"number {statement.number}"
    queue = seen.members[statement.at].queue
    return f"the held change {queue[statement.place].sync if queue else '?'}"


def _passed_over(judgment: Judgment, seen: View, fates: Fates, said: Said) -> None:
    """Note the changes that some history loses, or has yet to send, and of which nothing is said."""
    spoken = {each.key for each in said.statements}
    if not said.listing:
        return
    for key, found in fates.items():
        at, place, number = key
        missing = {fate: witness for fate, witness in found.items() if fate in (COMES, NEVER, LACKS)}
        if not missing or key in spoken or at in said.unknown:
            continue
        always = "always" if len(missing) == len(found) else "maybe"
        kind = f"passed over, {always}: " + ("a number" if place < 0 else "a change held")
        first = min(missing.values(), key=lambda one: one.events)
        which = f"number {number}" if place < 0 else f"place {place + 1}"
        text = f"{kind}: requestor {at + 1}, {which}: {' or '.join(sorted(found))}"
        judgment.count(judgment.passed, Unsound(kind, text, seen, first))


def tells(sure: frozenset[str], fate: str) -> bool:
    """Whether a certain statement says what became of a change; what will be sent may be there already."""
    return sure in (frozenset({fate}), frozenset({fate, REACHED})) if fate == COMES else sure == frozenset({fate})


def fates_behind(behind: Behind) -> Fates:
    """Return for each held change and each confirmed number its fates, each with a smallest history.

    Keys are requestor, place in REQTRANS (-1 of a number), number (0 of a held change, whose number its place tells).
    """
    found: dict[tuple[int, int, int], dict[str, Witness]] = {}

    def add(key: tuple[int, int, int], fate: str, witness: Witness) -> None:
        known = found.setdefault(key, {})
        if fate not in known or witness.events < known[fate].events:
            known[fate] = witness

    for end, witness in behind.items():
        for at, fates in enumerate(end.truth):
            for place, fate in enumerate(fates.held):
                if fate:
                    add((at, place, 0), fate, witness)
            for number, fate in enumerate(fates.numbers, 1):
                add((at, -1, number), fate, witness)
    return found


def single_causes(behind: Behind) -> dict[int, Witness]:
    """Return the smallest sets of causes, and of them those of one fault if there are any; each with a history.

    A view that an ordinary history explains has the empty set alone.
    """
    first: dict[int, Witness] = {}
    for (bits, *_), witness in behind.items():
        if bits not in first or witness.events < first[bits].events:
            first[bits] = witness
    least = minimal(set(first))
    fewest = min((each.bit_count() for each in least), default=0)
    return {bits: first[bits] for bits in least if bits.bit_count() <= max(fewest, 1)}


def behind_less(worlds: Worlds, what: str, wanted: set[View]) -> dict[View, Behind]:
    """Return what is behind some views from which one of ``views.FILES`` was taken away.

    Of a requestor whose REQTRANS is gone no record is held as far as the files show: its records count as numbers.
    """
    found: dict[View, Behind] = {each: {} for each in wanted}
    for seen, behind in worlds.views.items():
        left = found.get(without(seen, what))
        if left is None:
            continue
        for end, witness in behind.items():
            truth = end.truth
            if what in ("REQTRANS", "REQUESTOR"):
                truth = (truth[0]._replace(held=()), *truth[1:])
            kept = end._replace(truth=truth)
            if kept not in left or witness.events < left[kept].events:
                left[kept] = witness
    return found
