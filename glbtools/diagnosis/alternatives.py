"""A finding with all that else could have left the same numbers, and what speaks against it (docs/certainty.md 1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from glbtools.diagnosis.case import Case
from glbtools.diagnosis.finding import Alternative, Finding, RefutedHistory
from glbtools.model.doubts import NAMED_OTHERWISE, certainty, least
from glbtools.model.histories import OF_RECORD, SIGNS, Causes, History

NAMED_BY_EFFECT = frozenset(
    {"stranded-transactions", "reqtrans-deleted-zero-byte", "reqtrans-49-byte-idle", "reqtrans-podiag-dummy-60"}
)
"""Problems whose name says what is, not how it came about: a note names the cause."""

MOST_TOLD = 3
"""Histories told in a sentence before the rest is only counted."""

COULD_BE, RULED_OUT = "The cause could also be: ", "Ruled out as the only cause: "
"""What notes about other histories begin with."""


def with_causes(case: Case, finding: Finding, causes: Causes, told: str = "") -> Finding:
    """Return a finding with the histories that leave its numbers: how sure its cause is, what else it could be.

    Args:
        case: the postoffice.
        finding: the finding.
        causes: the histories.
        told: which of them the finding tells, where it is not the first that names its problem.
    """
    slug = finding.problem.slug
    naming = (each for each in causes.open if (each.slug == told if told else slug in each.problems))
    named = next(naming, None)
    # Another's record of the server may have been held against this postoffice: that rules nothing out.
    doubtful = frozenset() if case.postoffice.name_certain else OF_RECORD
    if not all(each.name_certain for each in case.network.postoffices):
        doubtful |= {"others-behind"}
    doubted = tuple(each.history for each in causes.refuted if each.sign in doubtful or causes.relation in doubtful)
    others = tuple(each for each in (*causes.open, *doubted) if each is not named)
    refuted = tuple(
        RefutedHistory(each.history.slug, each.history.says, SIGNS[each.sign], case.signs.get(each.sign, ()))
        for each in causes.refuted
        if slug not in each.history.problems and each.history not in doubted
    )
    sure = _sure(case, causes, named, others)
    known = (f"The cause is {sure}: {named.says}.",) if named and slug in NAMED_BY_EFFECT else ()
    return replace(
        finding,
        cause_certainty=sure,
        alternatives=(*(_alternative(each, causes.relation) for each in others), *finding.alternatives),
        refuted=refuted,
        notes=(
            *finding.notes,
            *known,
            *_told(others),
            *_not_so(refuted),
        ),
    )


def _sure(case: Case, causes: Causes, named: History | None, others: tuple[History, ...]) -> str:
    if causes.first is named:
        return least(causes.certainty, certainty(() if case.postoffice.name_certain else (NAMED_OTHERWISE,)))
    return "possible" if others else "likely"


def _alternative(history: History, relation: str) -> Alternative:
    effect = "the same" if relation in history.loses else "nothing is lost"
    return Alternative(history.slug, history.says, effect, history.tells)


def _told(others: tuple[History, ...]) -> Iterator[str]:
    """Say what else it could be, and what would tell."""
    if not others:
        return
    shown = others[:MOST_TOLD]
    more = f"; or {len(others) - len(shown)} more, which --json lists" if len(others) > len(shown) else ""
    tells = "; ".join(dict.fromkeys(each.tells for each in shown if each.tells))
    yield f"{COULD_BE}{'; '.join(each.says for each in shown)}{more}. What would tell: {tells}."


def _not_so(refuted: tuple[RefutedHistory, ...]) -> Iterator[str]:
    for each in refuted[:1]:
        yield f"{RULED_OUT}{each.says}, since {each.sign}."
