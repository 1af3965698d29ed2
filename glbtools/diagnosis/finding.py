"""One occurrence of a problem, with the evidence for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, TypedDict, Unpack

from glbtools.brief import brief
from glbtools.diagnosis.problems import Problem, by_slug
from glbtools.model.change import Change
from glbtools.model.channel import Range
from glbtools.model.configuration import Place, ReqConf, Requestor, SrvConf
from glbtools.model.doubts import Doubt, certainty, least


class Evidence(NamedTuple):
    """A place that supports a finding.

    Attributes:
        path: the file, as its postoffice names it.
        span: its bytes, closed below and open above; None where the whole file, or its absence, is meant.
        line: the line of a log or listing, from 1.
        field: what stands there.
        value: the stored value.
        note: what it shows, one phrase.
    """

    path: str
    span: tuple[int, int] | None = None
    line: int | None = None
    field: str = ""
    value: int | str | None = None
    note: str = ""

    def __repr__(self) -> str:
        return brief("Place", f"{self.field} {self.value!r}, {self.span or self.line or ''} {self.path}")


def stored(path: str, holder: ReqConf | SrvConf | Requestor, name: str, note: str = "") -> Evidence:
    """Return where a configuration holds a value, with the value; a requestor's record where the field is not known."""
    where = holder.places.get(name)
    if where is None and isinstance(holder, Requestor):
        where = Place(holder.span, holder.line)
    value = holder.value(name)
    shown = value.isoformat(sep=" ") if isinstance(value, datetime) else value
    span = (where.span.start, where.span.stop) if where else None
    return Evidence(path, span=span, line=where.line if where else None, field=name, value=shown, note=note)


def place(change: Change, note: str | None = None) -> Evidence:
    """Return where a change stands as evidence, with the number that it has there."""
    shown, number = change.note if note is None else note, change.record.sync if change.record else change.sync
    return Evidence(change.path, change.span, change.line, field="sync", value=number, note=shown)


class Alternative(NamedTuple):
    """Another history that leaves the same files.

    Attributes:
        slug: its name in ``model.histories``.
        says: what happened, as a clause.
        effect: whether numbers of the finding are lost by it.
        settled_by: what would tell.
    """

    slug: str
    says: str
    effect: str
    settled_by: str

    def __repr__(self) -> str:
        return brief("Alternative", f"{self.slug}, {self.says}")


NOT_SO = "what is said here is not so"
"""The effect of what a doubt names."""


class RefutedHistory(NamedTuple):
    """A history that the evidence refutes.

    Attributes:
        slug: the name of the history.
        says: what it says had happened.
        sign: what speaks against it.
        by: where that is seen.
    """

    slug: str
    says: str
    sign: str
    by: tuple[Evidence, ...]

    def __repr__(self) -> str:
        return brief("RefutedHistory", f"{self.slug}, {self.sign}")


@dataclass(frozen=True)
class Finding:
    """One problem found.

    Attributes:
        problem: its row in the table.
        postoffice: NET/PO it concerns, or None where it has no known name.
        path: directory of that postoffice.
        message: one sentence that states the fault with its numbers; no advice.
        evidence: the places that show it, the most telling first.
        certainty: certain, likely or possible.
        notes: what else an administrator should know: the reason, the context, what is normal about it.
        help: what to do, and what not to do.
        ranges: the transaction numbers concerned.
        severity: the problem's, unless this occurrence is given one of its own.
        settled_by: what would make it certain.
        cause_certainty: how sure the cause is that the problem names; empty where it is as sure as the effect.
        alternatives: what else leaves the same.
        refuted: what would leave it, too, and which sign speaks against it.
    """

    problem: Problem
    postoffice: str | None
    path: str
    message: str
    evidence: tuple[Evidence, ...] = ()
    certainty: str = "certain"
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()
    severity: str = ""
    settled_by: tuple[str, ...] = ()
    cause_certainty: str = ""
    alternatives: tuple[Alternative, ...] = ()
    refuted: tuple[RefutedHistory, ...] = ()

    def __repr__(self) -> str:
        return brief(f"{self.severity} {self.problem.code} {self.problem.slug}", self.message)

    def __post_init__(self) -> None:
        if not self.severity:
            object.__setattr__(self, "severity", self.problem.severity)


class Details(TypedDict, total=False):
    """What else can be said of a finding; see ``Finding``."""

    certainty: str
    notes: tuple[str, ...]
    help: tuple[str, ...]
    ranges: tuple[Range, ...]
    severity: str
    settled_by: tuple[str, ...]


def new_finding(
    about: tuple[str | None, str],
    slug: str,
    message: str,
    evidence: Iterable[Evidence | None] = (),
    *,
    doubts: Iterable[Doubt | None] = (),
    **details: Unpack[Details],
) -> Finding:
    """Return a finding about a postoffice (None for what is none) and its path, with the evidence that is there.

    It is as sure as the doubts leave it that no evidence has removed; None is one that is removed.
    """
    left = [each for each in doubts if each]
    details["certainty"] = least(details.get("certainty", "certain"), certainty(left))
    places = tuple(each for each in evidence if each)
    return Finding(by_slug(slug), *about, message, places, alternatives=_alternatives(left), **details)


def doubted(finding: Finding, *doubts: Doubt) -> Finding:
    """Return a finding with more that could look so, no surer than that leaves it."""
    sure = least(finding.certainty, certainty(doubts))
    return replace(finding, certainty=sure, alternatives=(*finding.alternatives, *_alternatives(doubts)))


def _alternatives(doubts: Iterable[Doubt]) -> tuple[Alternative, ...]:
    return tuple(Alternative(each.slug, each.says, NOT_SO, each.tells) for each in doubts)
