"""Changes of an older REQTRANS that are gone."""

from __future__ import annotations

from typing import NamedTuple

from glbtools.diagnosis.case import Case
from glbtools.diagnosis.changes.content import copies
from glbtools.diagnosis.changes.view import applied
from glbtools.evidence.postoffice import Numbers, numbers
from glbtools.model import doubts
from glbtools.model.change import Change
from glbtools.model.doubts import Doubt, certainty, least

OLDER = "in the older REQTRANS"


class Loss(NamedTuple):
    """A change of an older REQTRANS that is gone, while nothing shows that the server got it."""

    change: Change
    certainty: str
    note: str
    given: bool
    """Whether today's REQTRANS is given, or known to be missing; else the change may still wait in it."""


def vanished(case: Case) -> list[Loss]:
    """Return the changes of older copies of REQTRANS that are gone, while no number shows that the server got them."""
    present: set[str] | None = None
    found: dict[tuple[int, str], Loss] = {}
    for earlier in case.network.earlier(case.postoffice):
        then = numbers(earlier)
        stuck = was_stranded(then)
        for each in sorted(copies(earlier, "REQTRANS", OLDER), key=lambda each: (each.sync, each.text)):
            if (then.confirmed is not None and each.sync <= then.confirmed and not stuck) or (
                each.sync,
                each.text,
            ) in found:
                continue
            if present is None:
                present = {held.text for held in copies(case.postoffice, "REQTRANS")}
            if each.text in present:
                continue
            judged = _unconfirmed(case, each.sync, then, stuck)
            if judged is not None:
                found[each.sync, each.text] = _weighed(case, each, *judged)
        earlier.release()
    return [found[key] for key in sorted(found)]


def _unconfirmed(case: Case, number: int, then: Numbers, stuck: bool) -> tuple[Doubt | None, str] | None:
    """Return what is against a change in an older REQTRANS never having arrived, and by which numbers; None if it has.

    Without a doubt it is certain.
    """
    own, b = case.numbers, applied(case)
    if stuck:
        return (
            doubts.PUT_BACK,
            f"It was stranded then: {then.confirmed} was confirmed, and REQTRANS ended at {then.last}.",
        )
    back = own.confirmed is not None and then.confirmed is not None and own.confirmed < then.confirmed
    reset = own.imports is not None and then.imports is not None and own.imports < then.imports
    if reset or (
        back
        and b is not None
        and then.confirmed is not None
        and b < then.confirmed
        and own.confirmed is not None
        and b >= own.confirmed
    ):
        return doubts.EITHER_WAY, "The numbers began again since then and do not show whether it arrived."
    if b is not None and number <= b:
        return None
    if own.confirmed is not None and number <= own.confirmed:
        if (
            b is None
            or case.upload.channel.renumbered_at != own.confirmed
            or "EPOCH_CHANGED" in case.upload.verdict.states
        ):
            return None
        return doubts.LISTS_KEPT, f"A RESYNC set ReqSync to {own.confirmed} over it, and the server has only {b}."
    if b is not None and "EPOCH_CHANGED" in case.upload.verdict.states:
        return doubts.EITHER_WAY, "The server's record was made anew since then and does not show whether it arrived."
    confirmed = "" if own.confirmed is None else f"; {own.confirmed} is confirmed here"
    if b is not None:
        doubt = None if own.confirmed is not None else doubts.CONFIRMED_UNSEEN
        note = f"The server counts numbers of this postoffice up to {b}{confirmed}."
        return doubt, f"{note} Only mail that is still under way can bring it."
    if own.confirmed is not None:
        return doubts.ARRIVED_UNSEEN, f"{own.confirmed} is the last number confirmed here."
    return doubts.EITHER_WAY, "Neither what is confirmed now nor what the server has is known."


def _weighed(case: Case, change: Change, doubt: Doubt | None, note: str) -> Loss:
    """Return a loss as sure as a doubt leaves it, and as what is missing today does."""
    sure = certainty([doubt] if doubt else [])
    given = case.postoffice.queue("REQTRANS") is not None
    if given:
        return Loss(change, sure, f"It is gone from REQTRANS. {note}", True)
    if case.postoffice.absent("REQTRANS.GLB"):
        return Loss(change, least(sure, certainty((doubts.COPY_INCOMPLETE,))), f"REQTRANS.GLB is missing. {note}", True)
    return Loss(
        change, certainty((doubts.EITHER_WAY,)), f"Today's REQTRANS is not given or cannot be read. {note}", False
    )


def was_stranded(then: Numbers) -> bool:
    """Whether a queue ended below what was confirmed."""
    return then.confirmed is not None and then.last is not None and then.last < then.confirmed
