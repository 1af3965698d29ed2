"""What files show of a network: numbers, kinds of records, whose texts stand in MSTTRANS, and dates as an order.

A view leaves out what files do not show: mail (its format is not known here), address lists, and which change a record
once was. Two networks of one view differ in nothing that a reader of the files could see. Parts of a view that were
taken away are None.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from scoreboard.worlds.space import Space
from scoreboard.worlds.state import CHANGE, COMMENT, HEADS, OWN, REAL, Registered, Requestor, Server


class Held(NamedTuple):
    """A record of REQTRANS.

    Attributes:
        sync: its number.
        kind: see ``worlds.state``.
        made: its date, as a place in the order of all dates; 0 of a record that is no change.
        like: the first place in this REQTRANS, from 1, where the same text stands; 0 for none before.
    """

    sync: int
    kind: str
    made: int
    like: int = 0


class Config(NamedTuple):
    """REQCONF; dates as places in the order of all, 0 for none."""

    confirmed: int
    received: int
    imports: int
    imported: int = 0
    exported: int = 0


class Seen(NamedTuple):
    """A record of MSTTRANS.

    Attributes:
        sync: its number.
        origin: the number of the requestor whose address it adds, ``OWN``, or ``COMMENT``.
        held: the first place in that requestor's REQTRANS where the same text stands, from 1; 0 for none; -1 where it
            is the first of an Export, whose text tells nothing.
        made: its date.
    """

    sync: int
    origin: int
    held: int
    made: int


class Member(NamedTuple):
    """A requestor's postoffice: REQCONF and REQTRANS."""

    config: Config | None
    queue: tuple[Held, ...] | None


class Srvconf(NamedTuple):
    """SRVCONF: Sync, the server's own record, and a record for each requestor, None for one that has none."""

    head: int
    own: Registered
    records: tuple[Registered | None, ...]


class View(NamedTuple):
    """What can be seen; None for a file that was taken away."""

    members: tuple[Member, ...]
    own: Config | None
    srvconf: Srvconf | None
    master: tuple[Seen, ...] | None


def view(server: Server, requestors: tuple[Requestor, ...]) -> View:
    """Return what the files of a network show."""
    places = _places(server, requestors)
    members = tuple(
        Member(
            Config(each.confirmed, each.received, each.imports, places[2 * each.imported], places[2 * each.exported]),
            _queue(each, places),
        )
        for each in requestors
    )
    held: dict[tuple[int, int], int] = {}
    for at, each in enumerate(requestors):
        for place, record in enumerate(each.queue, 1):
            if record.kind == CHANGE:
                held.setdefault((at, record.change), place)
    master = tuple(
        Seen(
            each.sync,
            each.origin,
            (-1 if each.change >= HEADS else held.get((each.origin, each.change), 0)) if each.origin >= 0 else 0,
            places[2 * each.day + 1],
        )
        for each in server.master
    )
    records = tuple(
        each and each._replace(updated=places[2 * each.updated + 1 if each.updated else 0]) for each in server.records
    )
    own = Config(server.own_confirmed, server.own_received, server.own_imports)
    return View(members, own, Srvconf(server.head, server.own, records), master)


def _queue(member: Requestor, places: dict[int, int]) -> tuple[Held, ...]:
    first: dict[int, int] = {}
    found = []
    for place, each in enumerate(member.queue, 1):
        like = first.setdefault(each.change, place) if each.kind == CHANGE else place
        made = places[2 * each.day] if each.kind in REAL else 0
        found.append(Held(each.sync, each.kind, made, like if like < place else 0))
    return tuple(found)


def _places(server: Server, requestors: tuple[Requestor, ...]) -> dict[int, int]:
    """Return the order of all dates that files show; changes of a day come before its T2."""
    times = {2 * each.day + 1 for each in server.master}
    times |= {2 * each.updated + 1 for each in server.records if each and each.updated}
    for member in requestors:
        times |= {2 * record.day for record in member.queue if record.kind in REAL}
        times |= {2 * day for day in (member.imported, member.exported) if day}
    return {0: 0} | {time: place for place, time in enumerate(sorted(times), 1)}


class Eye:
    """Looks at cores: each pair of server and requestors once."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self._seen: dict[tuple[int, tuple[int, ...]], View] = {}
        self._views: dict[View, View] = {}

    def view(self, core: int) -> View:
        """Return what the files show; equal views are one object."""
        now = self.space.cores[core]
        found = self._seen.get((now.server, now.requestors))
        if found is None:
            made = view(self.space.servers[now.server], tuple(self.space.requestors[each] for each in now.requestors))
            found = self._seen[now.server, now.requestors] = self._views.setdefault(made, made)
        return found


FILES = ("REQTRANS", "REQCONF", "SRVCONF", "MSTTRANS", "REQUESTOR", "SERVER")
"""What can be taken away: one file, the first requestor's postoffice, or the server's."""


def without(seen: View, what: str) -> View:
    """Return a view from which one of ``FILES`` was taken away.

    What MSTTRANS has in common with a queue is no longer seen without either; dates stay in their order.
    """
    first, rest = seen.members[0], seen.members[1:]
    if what in ("REQTRANS", "REQUESTOR"):
        first = first._replace(queue=None)
        master = seen.master and tuple(each._replace(held=0) if each.origin == 0 else each for each in seen.master)
        seen = seen._replace(master=master)
    if what in ("REQCONF", "REQUESTOR"):
        first = first._replace(config=None)
    seen = seen._replace(members=(first, *rest))
    if what in ("SRVCONF", "SERVER"):
        seen = seen._replace(srvconf=None)
    if what in ("MSTTRANS", "SERVER"):
        seen = seen._replace(master=None)
    if what == "SERVER":
        seen = seen._replace(own=None)
    return seen


def projections(seen: View) -> Iterator[tuple[str, View]]:
    """Yield what is left of a view when each of ``FILES`` is taken away."""
    for what in FILES:
        yield what, without(seen, what)


def shown(seen: View) -> str:
    """Return a view on one line: ``a c I | q ... | b d SI | own b d SI a c | H | MST``, as in docs/worlds.md."""
    parts = []
    for member in seen.members:
        config = member.config
        parts.append(f"{config.confirmed} {config.received} {config.imports}" if config else "? ? ?")
        parts[-1] += f" i{config.imported}" if config and config.imported else ""
        parts[-1] += f" e{config.exported}" if config and config.exported else ""
        if member.queue is None:
            parts.append("q ?")
        else:
            parts.append("q " + (" ".join(map(_record, member.queue)) or "-"))
    if seen.srvconf is None:
        parts.append("SRVCONF ?")
    else:
        for each in seen.srvconf.records:
            parts.append(f"{each.acknowledged} {each.applied} {each.imports} u{each.updated}" if each else "none")
        own = seen.srvconf.own
        parts.append(f"own {own.acknowledged} {own.applied} {own.imports}")
        parts.append(f"H{seen.srvconf.head}")
    if seen.own:
        parts.append(f"a0 c0 I0 {seen.own.confirmed} {seen.own.received} {seen.own.imports}")
    if seen.master is None:
        parts.append("MST ?")
    else:
        parts.append("MST " + (" ".join(map(_row, seen.master)) or "-"))
    return " | ".join(parts)


def _record(each: Held) -> str:
    same = f"={each.like}" if each.like else ""
    return f"{each.sync}{each.kind}{same}" + (f"@{each.made}" if each.made else "")


def _row(each: Seen) -> str:
    whose = {OWN: "o", COMMENT: "#"}.get(each.origin, chr(ord("a") + max(each.origin, 0)))
    return f"{each.sync}{whose}{'R' if each.held < 0 else '=' + str(each.held) if each.held else ''}@{each.made}"
