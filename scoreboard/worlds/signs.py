"""Signs: what a reader of files points at, and which of them one fault can leave (docs/facts/faults.md#one-fault)."""

from __future__ import annotations

from itertools import pairwise

from scoreboard.worlds.state import CONFIRMED, PODIAG, REAL
from scoreboard.worlds.truth import Witness, Worlds, causes
from scoreboard.worlds.views import View

Signs = dict[str, Witness]


def signs(seen: View, at: int = 0) -> set[str]:
    """Return the signs that one requestor of a whole view shows."""
    member, file, master, own = seen.members[at], seen.srvconf, seen.master, seen.own
    if member.config is None or member.queue is None or file is None or master is None or own is None:
        return set()
    config, record, queue = member.config, file.records[at], member.queue
    found = set()
    last = max((each.sync for each in queue), default=0)
    there = {each.held for each in master if each.origin == at}
    real = [(place, each) for place, each in enumerate(queue, 1) if each.kind in REAL]

    def note(sign: str, holds: bool) -> None:
        if holds:
            found.add(sign)

    if record is None:
        found.add("not registered")
    else:
        everyone = [file.own.acknowledged, *(each.acknowledged for each in file.records if each)]
        behind = record.acknowledged < config.confirmed
        note("0 < b < a", behind and record.acknowledged > 0)
        note("b = 0 < a", behind and not record.acknowledged)
        note("a above every b", behind and config.confirmed > max(everyone))
        note("head < b", max(last, config.confirmed) < record.acknowledged)
        note("J < I", record.imports < config.imports)
        note("last import after the last update", config.imported > record.updated)
    note("m < a", last < config.confirmed)
    note("0 bytes", not queue and config.confirmed > 0)
    note("a change below a", any(each.sync < config.confirmed for _, each in real))
    absent = [each for place, each in real if (each.like or place) not in there]
    note("k <= a not in MSTTRANS", any(each.sync <= config.confirmed for each in absent))
    note("a dummy behind a change", any(b.kind == CONFIRMED and a.kind in REAL for a, b in pairwise(queue)))
    note("PODIAG's text", any(each.kind == PODIAG for each in queue))
    note("c > H", config.received > file.head)
    highest = master[-1].sync if master else 0
    note("U > H", highest > file.head)
    note("0 < U < H", 0 < highest < file.head)
    note("U = 0 < H", highest == 0 < file.head)
    note("L > 1", bool(master) and master[0].sync > 1)
    note("gap", any(high.sync > low.sync + 1 for low, high in pairwise(master)))
    note("numbers fall in MSTTRANS", any(high.sync <= low.sync for low, high in pairwise(master)))
    note("own b < own a", file.own.acknowledged < own.confirmed)
    return found


def by_cause(worlds: Worlds, *, quiet: bool) -> dict[str, Signs]:
    """Return for each single fault the signs that it may leave, each with a smallest history; ``""`` for no fault.

    Args:
        worlds: all histories.
        quiet: only those that end, and in which the fault happened, with no mail under way.
    """
    found: dict[str, Signs] = {}
    for seen, behind in worlds.views.items():
        shows = signs(seen)
        for end, witness in behind.items():
            names = causes(end.causes)
            if len(names) > 1 or (quiet and not end.quiet):
                continue
            own = found.setdefault("".join(names), {})
            for sign in shows:
                if sign not in own or witness.events < own[sign].events:
                    own[sign] = witness
    return found
