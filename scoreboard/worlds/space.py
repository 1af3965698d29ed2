"""The steps between whole networks: parts are kept once and known by small numbers, and every step is taken once.

A *core* is a network at one moment (day, own changes made, server, requestors, mail), known by its number. A step from
it comes to several cores, each under its own set of readings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from scoreboard.worlds import faults, phases
from scoreboard.worlds.readings import OPEN, Branch, Choice, Readings
from scoreboard.worlds.state import HEADS, REAL, Mail, Message, Registered, Requestor, Server, fresh


class Core(NamedTuple):
    """A network at one moment; parts are numbers in the tables of ``Space``."""

    day: int
    owned: int
    server: int
    requestors: tuple[int, ...]
    mail: int


class Event(NamedTuple):
    """What happens: its name, the requestor it happens at (-1 for none), and of a restore the number of the copy."""

    name: str
    at: int = -1
    copy: int = -1


class Step(NamedTuple):
    """An event, the readings under which it comes to a core, and that core."""

    event: Event
    readings: int
    core: int


class Space:
    """All that has been met of one family of networks.

    Attributes:
        readings: the family of readings.
        cores: every core met, by its number.
    """

    def __init__(self, requestors: int, readings: Readings) -> None:
        self.readings = readings
        self.count = requestors
        self.cores: list[Core] = []
        self.servers: list[Server] = []
        self.requestors: list[Requestor] = []
        self.mails: list[Mail] = []
        self._numbers: dict[object, int] = {}
        self._sets: dict[int, int] = {}
        self._taken: dict[object, list[Branch[int]]] = {}
        self._known: dict[object, list[Branch[Any]]] = {}
        self._stored = [(value, readings.where(stored=value)) for value in OPEN["stored"]]
        server, members, mail = fresh(requestors)
        self.first = self.core(1, 0, self.server(server), tuple(map(self.requestor, members)), self.mail(mail))

    # --- parts -----------------------------------------------------------------------------------------------------

    def server(self, part: Server) -> int:
        """Return the number of a server."""
        return self._number(part, self.servers)

    def requestor(self, part: Requestor) -> int:
        """Return the number of a requestor."""
        return self._number(part, self.requestors)

    def mail(self, part: Mail) -> int:
        """Return the number of what is under way."""
        return self._number(part, self.mails)

    def core(self, day: int, owned: int, server: int, requestors: tuple[int, ...], mail: int) -> int:
        """Return the number of a core."""
        return self._number(Core(day, owned, server, requestors, mail), self.cores)

    def _number(self, part: object, table: list) -> int:  # type: ignore[type-arg]
        # Named tuples of two kinds can be equal; the table tells them apart.
        key = (id(table), part)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(table)
            table.append(part)
        return found

    def one(self, readings: int) -> int:
        """Return a set of readings as the one object that stands for it: there are few, and they are long."""
        return self._sets.setdefault(readings, readings)

    def quiet(self, core: int) -> bool:
        """Whether no mail is under way."""
        return self.mails[self.cores[core].mail].quiet

    # --- steps -----------------------------------------------------------------------------------------------------

    def ordinary(self, core: int, changes: int, own: int, exports: int = 0) -> list[Step]:
        """Return what may happen on an ordinary day; at most so many changes in all, of the server's, and Exports."""
        now = self.cores[core]
        found: list[Step] = []
        given = [change for each in now.requestors for _, change in self.requestors[each].issued]
        heads = sum(change >= HEADS for change in given)
        made = sum(
            len({change for _, change in self.requestors[each].issued if change < HEADS}) for each in now.requestors
        )
        for at in range(self.count):
            if made < changes:
                found += self._steps(Event("chg", at), self.change(core, at), core)
            if heads < exports:
                found += self._steps(Event("export", at), self.export(core, at), core)
        if now.owned < own and not self.mails[now.mail].server:
            found += self._steps(Event("own"), self.own(core), core)
        found += self._steps(Event("C"), self.cycle(core), core)
        for at in range(self.count):
            found += self._steps(Event("T1", at), self.t1(core, at), core)
            found += self._steps(Event("T3", at), self.t3(core, at), core)
        found += self._steps(Event("T2"), self.t2(core), core)
        return found

    def _steps(self, event: Event, branches: list[Branch[int]], core: int) -> list[Step]:
        return [Step(event, mask, after) for mask, after in branches if after != core]

    def change(self, core: int, at: int) -> list[Branch[int]]:
        """T0 at a requestor."""
        now = self.cores[core]
        made = self.requestor(phases.change(self.requestors[now.requestors[at]], now.day))
        return [(self.readings.all, self._put(now, at, made))]

    def export(self, core: int, at: int) -> list[Branch[int]]:
        """Config, Dir-Sync, Requestor, Export."""
        now = self.cores[core]
        made = self.requestor(phases.export(self.requestors[now.requestors[at]], now.day))
        return [(self.readings.all, self._put(now, at, made))]

    def own(self, core: int) -> list[Branch[int]]:
        """Make a change of the server's own, and run its cycle."""
        now = self.cores[core]
        server = self.server(phases.own_change(self.servers[now.server], now.day))
        return [(self.readings.all, self.core(now.day + 1, now.owned + 1, server, now.requestors, now.mail))]

    def t1(self, core: int, at: int) -> list[Branch[int]]:
        """T1 at one requestor."""
        now = self.cores[core]
        member = now.requestors[at]
        made = self._once_of(("T1", member, at), lambda choice: phases.send(self.requestors[member], at, choice))
        mail = self.mails[now.mail]
        return [(mask, self._mailed(now, mail._replace(server=(*mail.server, message)))) for mask, message in made]

    def t2(self, core: int) -> list[Branch[int]]:
        """T2 at the server."""
        now = self.cores[core]
        mail = self.mails[now.mail]
        if not mail.server:
            return [(self.readings.all, core)]
        server = self.servers[now.server]
        merged: dict[int, int] = {}
        for mask, responses in self._responses(server, mail.server):
            parted = phases.parts_by_stored(server, responses)
            for stored, when in self._stored if parted else ((OPEN["stored"][0], self.readings.all),):
                both = mask & when
                if not both:
                    continue
                made, answers = phases.serve(server, responses, now.day, stored)
                bags = tuple(
                    (*bag, answer) if answer else bag for bag, answer in zip(mail.requestors, answers, strict=True)
                )
                left = self.mail(Mail((), bags, mail.late))
                after = self.core(now.day + 1, now.owned, self.server(made), now.requestors, left)
                merged[after] = merged.get(after, 0) | both
        return [(self.one(mask), after) for after, mask in merged.items()]

    def _responses(
        self, server: Server, mail: tuple[Message, ...]
    ) -> list[tuple[int, tuple[phases.Response | None, ...]]]:
        """Return what T2 makes of the mail of each requestor."""
        found: list[tuple[int, tuple[phases.Response | None, ...]]] = [(self.readings.all, ())]
        for at, record in enumerate(server.records):
            own = tuple(each for each in mail if each.at == at)
            if record is None or not own:
                found = [(mask, (*before, None)) for mask, before in found]
                continue
            made = self._response(record._replace(updated=0), own)
            found = [
                (mask & other, (*before, response))
                for mask, before in found
                for other, response in made
                if mask & other
            ]
        return found

    def _response(self, record: Registered, mail: tuple[Message, ...]) -> list[Branch[phases.Response]]:
        return self._once_of(("T2", record, mail), lambda choice: phases.respond(record, mail, choice))

    def t3(self, core: int, at: int, *, clears: bool = True) -> list[Branch[int]]:
        """T3 at one requestor; one that does not clear the queue is a fault."""
        now = self.cores[core]
        mail = self.mails[now.mail]
        bag = mail.requestors[at]
        if not bag:
            return [(self.readings.all, core)]
        member = now.requestors[at]
        made = self._once(
            ("T3", member, bag, clears),
            lambda choice: self.requestor(phases.take_answer(self.requestors[member], bag, choice, clears=clears)),
        )
        bags = (*mail.requestors[:at], (), *mail.requestors[at + 1 :])
        left = now._replace(mail=self.mail(mail._replace(requestors=bags)))
        return [(mask, self._put(left, at, after)) for mask, after in made]

    def cycle(self, core: int) -> list[Branch[int]]:
        """Run a clean cycle: T1 everywhere, T2, T3 everywhere."""
        found = self._taken.get(("C", core))
        if found is None:
            every = range(self.count)
            steps: list[Callable[[int], list[Branch[int]]]] = []
            steps += [lambda each, at=at: self.t1(each, at) for at in every]  # type: ignore[misc]
            steps.append(self.t2)
            steps += [lambda each, at=at: self.t3(each, at) for at in every]  # type: ignore[misc]
            found = [(self.readings.all, core)]
            for step in steps:
                found = self.then(found, step)
            self._taken["C", core] = found
        return found

    def then(self, before: list[Branch[int]], step: Callable[[int], list[Branch[int]]]) -> list[Branch[int]]:
        """Return a step taken from each of several cores; equal outcomes become one."""
        if len(before) == 1 and before[0][0] == self.readings.all:
            return step(before[0][1])
        merged: dict[int, int] = {}
        for mask, core in before:
            for other, after in step(core):
                both = mask & other
                if both:
                    merged[after] = merged.get(after, 0) | both
        return [(self.one(mask), core) for core, mask in merged.items()]

    def purged(self, core: int) -> list[Step]:
        """Return MSTTRANS purged to its last record, as time does it."""
        now = self.cores[core]
        server = self.servers[now.server]
        if len(server.master) < 2:
            return []
        left = self.server(server._replace(master=server.master[-1:]))
        return [Step(Event("purge"), self.readings.all, self._served(now, left))]

    # --- faults ----------------------------------------------------------------------------------------------------

    def faults(self, core: int, at: tuple[int, ...]) -> list[Step]:
        """Return what may go wrong at some requestors and at the server, but for restores, which want a copy."""
        now = self.cores[core]
        found: list[Step] = []
        for each in at:
            for name in faults.AT_REQUESTOR:
                found += self._steps(Event(name, each), self._at_requestor(now, name, each), core)
            if self.mails[now.mail].requestors[each]:
                usual = set(self.t3(core, each))
                unclear = [branch for branch in self.t3(core, each, clears=False) if branch not in usual]
                found += self._steps(Event("ICLR", each), unclear, core)
        server = self.servers[now.server]
        damaged = [(name, faults.at_server(server, name)) for name in faults.AT_SERVER]
        for name, made in [*damaged, *faults.shortened(server)]:
            if made != server:
                found.append(Step(Event(name), self.readings.all, self._served(now, self.server(made))))
        return found

    def _at_requestor(self, now: Core, name: str, at: int) -> list[Branch[int]]:
        def step(choice: Choice) -> int:
            parts = faults.Parts(
                self.servers[now.server], tuple(self.requestors[each] for each in now.requestors), self.mails[now.mail]
            )
            made = faults.at_requestor(parts, name, at, now.day, choice)
            members = tuple(map(self.requestor, made.requestors))
            return self.core(now.day, now.owned, self.server(made.server), members, self.mail(made.mail))

        return self.readings.branches(step)

    def server_restored(self, core: int, name: str, copy: int) -> int:
        """Return a core with a copy of the server put back."""
        now = self.cores[core]
        made = faults.server_restored(self.servers[now.server], self.servers[copy], name)
        return self._served(now, self.server(made))

    def requestor_restored(self, core: int, name: str, at: int, copy: int) -> int:
        """Return a core with a copy of a requestor put back."""
        now = self.cores[core]
        made = faults.requestor_restored(self.requestors[now.requestors[at]], self.requestors[copy], name)
        return self._put(now, at, self.requestor(made))

    def hiccups(self, core: int) -> list[Step]:
        """Return what may happen to a message under way: lost, late, doubled."""
        now = self.cores[core]
        mail = self.mails[now.mail]
        found: list[Step] = []

        def add(name: str, at: int, left: Mail) -> None:
            found.append(Step(Event(name, at), self.readings.all, self._mailed(now, left)))

        for bag in (-1, *range(self.count)):
            messages = mail.server if bag < 0 else mail.requestors[bag]
            for place, message in enumerate(messages):
                rest = (*messages[:place], *messages[place + 1 :])
                left = _with_bag(mail, bag, rest)
                add("LOST", message.at, left)
                add("LATE", message.at, left._replace(late=(*mail.late, message)))
                add("DOUBLE", message.at, mail._replace(late=(*mail.late, message)))
        return found

    def arrivals(self, core: int) -> list[Step]:
        """Return how late mail may arrive: before what lies there already."""
        now = self.cores[core]
        return [
            Step(Event("arrives", message.at), self.readings.all, self._mailed(now, left))
            for message, left in _arrived(self.mails[now.mail])
        ]

    def arriving(self, core: int) -> list[Branch[tuple[int, ...]]]:
        """Return which changes of each requestor, as bit sets, reach the server's lists from now on.

        All late mail comes, and two clean cycles. What has no part in it (dates, MSTTRANS, the server's own requestor)
        is left out, so that the same question is asked once.
        """
        now = self.cores[core]
        members = [self.requestors[each] for each in now.requestors]
        mail = self.mails[now.mail]
        waiting = any(record.kind in REAL for each in members for record in each.queue)
        if not waiting and not any(each.items for each in (*mail.server, *mail.late)):
            return [(self.readings.all, tuple(0 for _ in members))]
        while mail.late:
            mail = next(_arrived(mail))[1]
        server = self.servers[now.server]
        records = tuple(each and each._replace(updated=0) for each in server.records)
        bare = Server(server.head, records, Registered(), 0, 0, 0, (), tuple(0 for _ in members))
        start = self.core(0, 0, self.server(bare), tuple(self._bare(each) for each in members), self.mail(mail))
        found = self._known.get(("arriving", start))
        if found is None:
            merged: dict[tuple[int, ...], int] = {}
            for mask, after in self.then(self.cycle(start), self.cycle):
                lists = self.servers[self.cores[after].server].lists
                merged[lists] = merged.get(lists, 0) | mask
            found = self._known["arriving", start] = [(self.one(mask), lists) for lists, mask in merged.items()]
        return found

    def _bare(self, member: Requestor) -> int:
        queue = tuple(each._replace(day=0) for each in member.queue)
        return self.requestor(member._replace(queue=queue, issued=(), listed=0, imported=0, exported=0))

    # --- helpers ---------------------------------------------------------------------------------------------------

    def _put(self, now: Core, at: int, member: int) -> int:
        members = (*now.requestors[:at], member, *now.requestors[at + 1 :])
        return self.core(now.day, now.owned, now.server, members, now.mail)

    def _served(self, now: Core, server: int) -> int:
        return self.core(now.day, now.owned, server, now.requestors, now.mail)

    def _mailed(self, now: Core, mail: Mail) -> int:
        return self.core(now.day, now.owned, now.server, now.requestors, self.mail(mail))

    def _once(self, key: object, step: Callable[[Choice], int]) -> list[Branch[int]]:
        found = self._taken.get(key)
        if found is None:
            found = self._taken[key] = [(self.one(mask), each) for mask, each in self.readings.branches(step)]
        return found

    def _once_of(self, key: object, step: Callable[[Choice], Any]) -> list[Branch[Any]]:
        found = self._known.get(key)
        if found is None:
            branches = self.readings.branches(step)
            found = self._known[key] = [(self.one(mask), each) for mask, each in branches]
        return found


def _with_bag(mail: Mail, bag: int, messages: tuple[Message, ...]) -> Mail:
    if bag < 0:
        return mail._replace(server=messages)
    return mail._replace(requestors=(*mail.requestors[:bag], messages, *mail.requestors[bag + 1 :]))


def _arrived(mail: Mail) -> Iterator[tuple[Message, Mail]]:
    for place, message in enumerate(mail.late):
        bag = message.at if message.kind == "SrvTx" else -1
        lying = mail.server if bag < 0 else mail.requestors[bag]
        left = mail._replace(late=(*mail.late[:place], *mail.late[place + 1 :]))
        yield message, _with_bag(left, bag, (message, *lying))
