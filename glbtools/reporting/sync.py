"""How a pair of stores stands, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from glbtools.reporting.documents import dumps
from glbtools.reporting.model import STRONG, Block, Paragraph, Verbatim
from glbtools.reporting.text import message, safe

if TYPE_CHECKING:
    from glbtools.sync.agent import Result
    from glbtools.sync.pair import Pair, Status

_OUTCOMES = {
    "complete": "complete: the target has everything up to number {cursor}",
    "busy": "another agent is at work on the pair; the next round comes at its time",
    "silent": "no answer from the other side; it goes on from number {cursor} next time",
    "refused": "refused by the other side; it goes on from number {cursor} next time",
    "stopped": "stopped at number {cursor}: somebody must decide",
}
_SHOWN = 20


def init_report(pair: Pair) -> Iterator[Block]:
    """Yield what there is of a pair."""
    for each in (pair.source, pair.target):
        if each is not None:
            yield Verbatim(f"{safe(each.path)}: {each.kind} store")
    yield Verbatim(f"{safe(pair.spool)}: spool")


def result_report(result: Result) -> Iterator[Block]:
    """Yield what came of one round."""
    yield Paragraph(_OUTCOMES[result.outcome].format(cursor=result.cursor))
    if result.batches:
        told = "".join(f", {what}: {number}" for what, number in sorted(result.counts.items()) if number)
        yield Paragraph(f"batches: {result.batches}, changes: {result.sent}{told}")
    if result.rewound:
        low, high = result.rewound
        yield Paragraph(
            f"the target had had numbers {low + 1} to {high} and lost them: it was restored, and was sent them again"
        )
    for each in result.notes:
        yield Paragraph(f"note: {message(each)}")
    if result.reason:
        yield Paragraph(f"why: {message(result.reason)}")
    if result.way_out:
        option = " (--full)" if result.outcome == "stopped" else ""
        yield Paragraph(f"way out: {message(result.way_out)}{option}")


def result_document(result: Result) -> str:
    """Return what came of one round as JSON."""
    row = result._asdict() | {
        "counts": dict(result.counts),
        "rewound": list(result.rewound) if result.rewound else None,
        "notes": list(result.notes),
    }
    return dumps({"schema": "glbtools.sync-result/1", **row})


def status_report(found: Status) -> Iterator[Block]:
    """Yield how a pair stands."""
    state = f": {found.verdict.state}, {found.verdict.certainty}" if found.verdict else ""
    yield Verbatim(f"{safe(found.pair)}{state}", STRONG)
    numbers = {"source": found.head, "agent": found.cursor, "target": found.applied}
    yield Verbatim(", ".join(f"{name} at {_shown(number)}" for name, number in numbers.items()))
    if found.reason:
        yield Paragraph(f"why: {message(found.reason)}")
        yield Paragraph(f"way out: {message(found.way_out)} (sync run --full)")
    if found.waiting:
        yield Verbatim(f"messages on their way: {found.waiting}")
    if found.locked_by:
        yield Paragraph(f"at work on it: {message(found.locked_by)}")
    for each in found.aside:
        yield Paragraph(f"message refused: {message(each)}")
    for each in found.parentless[:_SHOWN]:
        yield Paragraph(f"waits for its parent: {message(each)}")
    for conflict in found.conflicts[-_SHOWN:]:
        yield Paragraph(
            f"conflict: {message(conflict.called)}: {message(conflict.reason)}; the {conflict.winner} version "
            f"counts ({conflict.policy}), the other is kept in the target's list of conflicts"
        )
    hidden = len(found.conflicts) - _SHOWN
    if hidden > 0:
        yield Verbatim(f"and {hidden} older conflicts; --json lists all")


def status_document(found: Status) -> str:
    """Return how a pair stands as JSON."""
    verdict = found.verdict
    conflicts = [
        {name: value.hex() if isinstance(value, bytes) else value for name, value in each._asdict().items()}
        for each in found.conflicts
    ]
    return dumps(
        {
            "schema": "glbtools.sync-status/1",
            **found._asdict(),
            "verdict": {"state": verdict.state, "certainty": verdict.certainty} if verdict else None,
            "aside": list(found.aside),
            "conflicts": conflicts,
            "parentless": list(found.parentless),
        }
    )


def _shown(number: int | None) -> str:
    return "unknown" if number is None else str(number)
