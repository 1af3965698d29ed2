"""The rules of docs/certainty.md#what-is-certain-of-a-record, written again and apart: the first verdict judged.

They speak of held records only. ``why`` is the rule.
"""

from __future__ import annotations

from scoreboard.worlds.judge import CERTAIN, Cause, Said, Statement
from scoreboard.worlds.state import EXPORT, REAL
from scoreboard.worlds.truth import COMES, NEVER, REACHED
from scoreboard.worlds.views import Member, View


def rules(seen: View) -> Said:
    """Return what is certain of each held record of a view that is whole."""
    found: list[Statement] = []
    for at, member in enumerate(seen.members):
        found += _of(seen, at, member)
    return Said(tuple(found), tuple(_causes(seen)))


def _of(seen: View, at: int, member: Member) -> list[Statement]:
    if member.config is None or member.queue is None or seen.srvconf is None or seen.master is None:
        return []
    record, confirmed = seen.srvconf.records[at], member.config.confirmed
    there = {each.held for each in seen.master if each.origin == at and each.held}
    whole = is_whole(seen)
    found: list[Statement] = []
    for place, each in enumerate(member.queue):
        if each.kind not in REAL:
            continue

        def say(why: str, *fates: str, place: int = place, resting: bool = False) -> None:
            found.append(Statement(at, place, 0, frozenset(fates), CERTAIN, why, resting=resting))

        number = each.sync
        if each.kind == EXPORT and any(row.held < 0 and row.origin == at for row in seen.master):
            continue
        if (each.like or place + 1) in there:
            say("reached: its text is in MSTTRANS", REACHED)
            continue
        reaches = rises_without_gap(seen) and seen.master[0].made < each.made and is_sound(seen)
        if record is None:
            if number > confirmed and whole:
                say("never: not registered, MSTTRANS whole without it", NEVER)
            if number > confirmed and reaches:
                say("never: not registered, MSTTRANS without it from before it was made", NEVER)
            continue
        acknowledged = record.acknowledged
        if number < confirmed:
            say("k < a, no mail under way: not sent again", REACHED, NEVER, resting=True)
        elif confirmed < number < acknowledged:
            say("a < k < b: reached or refused", REACHED, NEVER)
        elif number > max(confirmed, acknowledged):
            say("k > a, k > b, no mail under way: will go", COMES, REACHED, resting=True)
        if number >= acknowledged or acknowledged < confirmed or number == confirmed:
            continue
        if whole:
            say("never: k < b, b >= a, MSTTRANS whole without it", NEVER)
        if record.imports < member.config.imports or not is_sound(seen):
            continue
        if reaches and seen.srvconf.head >= issued_at_least(seen):
            say("never: k < b, b >= a, MSTTRANS without it from before it was made", NEVER)
        if each.made > record.updated:
            say("never: k < b, b >= a, stamp later than the last update", NEVER)
    return found


def is_whole(seen: View) -> bool:
    """Whether MSTTRANS is whole: 1 to H without a gap, H not below the sum of all b, own b0 >= a0, c <= H."""
    if seen.srvconf is None or seen.master is None or seen.own is None:
        return False
    head = seen.srvconf.head
    numbers = [each.sync for each in seen.master]
    return numbers == list(range(1, head + 1)) and head >= issued_at_least(seen) and is_sound(seen)


def issued_at_least(seen: View) -> int:
    """Return the sum of all b: so many numbers the server has issued at least."""
    file = seen.srvconf
    return file.own.acknowledged + sum(each.acknowledged for each in file.records if each) if file else 0


def rises_without_gap(seen: View) -> bool:
    """Whether MSTTRANS holds every number from its first to H, each once and in order."""
    if not seen.master or seen.srvconf is None:
        return False
    return [each.sync for each in seen.master] == list(range(seen.master[0].sync, seen.srvconf.head + 1))


def begins_before(seen: View, made: int) -> bool:
    """Whether the first record of MSTTRANS is of an earlier day, or the first that was ever issued."""
    return bool(seen.master) and (seen.master[0].sync == 1 or seen.master[0].made < made)


def is_sound(seen: View) -> bool:
    """Whether no number shows that the server went back: own b0 >= a0, c <= H."""
    if seen.srvconf is None or seen.own is None:
        return False
    received = [each.config.received for each in seen.members if each.config]
    return seen.srvconf.own.acknowledged >= seen.own.confirmed and all(
        each <= seen.srvconf.head for each in (*received, seen.own.received)
    )


def _highest(seen: View) -> int:
    return seen.master[-1].sync if seen.master else 0


BEHIND = frozenset({"SREST", "SPAIR", "SCONF", "SNEW", "RECREATE", "RESYNC", "FULL", "CLONE"})
BACK = frozenset({"Z", "RREST", "FULL", "EMPTY", "OLDQ", "DUMMY"})
AHEAD = frozenset({"SREST", "SPAIR", "SNEW", "SCONF"})


def _causes(seen: View) -> list[Cause]:
    """Return the sets of causes that are certain as sets, among single faults."""
    found = []
    if seen.srvconf is None or seen.master is None:
        return []
    head, highest = seen.srvconf.head, _highest(seen)
    for at, member in enumerate(seen.members):
        config, record = member.config, seen.srvconf.records[at]
        if config is None or member.queue is None:
            continue
        last = max((each.sync for each in member.queue), default=0)
        if record is None:
            found.append(Cause(frozenset({"DELETE"}), CERTAIN, "not registered"))
            continue
        if record.acknowledged < config.confirmed:
            found.append(Cause(BEHIND, CERTAIN, "b < a"))
        if config.confirmed == config.received == 0 and last < record.acknowledged:
            found.append(Cause(BACK, CERTAIN, "a = c = 0, m < b"))
        if config.received > head:
            found.append(Cause(AHEAD, CERTAIN, "c > H"))
    if highest > head:
        found.append(Cause(frozenset({"SCONF", "SMST"}), CERTAIN, "U > H"))
    elif 0 < highest < head:
        found.append(Cause(frozenset({"SMST", "TAIL", "SCONF"}), CERTAIN, "0 < U < H"))
    elif highest == 0 < head:
        found.append(Cause(frozenset({"SMST", "TAIL", "SCONF", "CUT", "PURGE"}), CERTAIN, "U = 0 < H"))
    return found
