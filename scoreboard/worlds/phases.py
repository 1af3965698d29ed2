"""The steps of a cycle on small tuples: a change, T1 at a requestor, T2 at the server, T3 at a requestor.

What decides is in ``glbtools.model.protocol``; here is only what each program reads and writes (scenarios of
docs/facts/protocol.md#cycle). Every function is pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from glbtools.model import protocol
from glbtools.model.protocol import Rules
from scoreboard.worlds.readings import Choice
from scoreboard.worlds.state import (
    ASK,
    CHANGE,
    COMMENT,
    CONFIRMED,
    EXPORT,
    HEADS,
    OWN,
    REAL,
    REQTX,
    SRVTX,
    Issued,
    Message,
    Record,
    Registered,
    Requestor,
    Server,
)  # fmt: skip

ADOPTED = Rules()


class Item(NamedTuple):
    """A transaction in an attachment: its number, and which change it is; -1 for none."""

    sync: int
    change: int


def change(requestor: Requestor, day: int) -> Requestor:
    """T0: queue one change, numbered from the last number of REQTRANS."""
    queue = requestor.queue
    number = protocol.next_number(queue[-1].sync if queue else None, ADOPTED)
    new = len(requestor.issued)
    made = Record(number, CHANGE, new, day)
    return requestor._replace(
        queue=(*queue, made), issued=(*requestor.issued, (number, new)), listed=requestor.listed | 1 << new
    )


def export(requestor: Requestor, day: int) -> Requestor:
    """T0: queue the whole list, behind a record that says so; REQCONF keeps the date."""
    queue, issued = list(requestor.queue), list(requestor.issued)
    changes = [change for change in range(HEADS) if requestor.listed >> change & 1]
    for kind, change in ((EXPORT, HEADS + len(issued)), *((CHANGE, each) for each in changes)):
        number = protocol.next_number(queue[-1].sync if queue else None, ADOPTED)
        queue.append(Record(number, kind, change, day))
        issued.append((number, change))
    return requestor._replace(queue=tuple(queue), issued=tuple(issued), exported=day)


def own_change(server: Server, day: int) -> Server:
    """Make one change at the server's own postoffice, and let it go through a cycle of its own."""
    number = max(server.own_confirmed, server.own.acknowledged) + 1
    head = server.head + 1
    master = (*server.master, Issued(head, OWN, -1, day))
    own = server.own._replace(acknowledged=number)
    made = server._replace(head=head, master=master, own=own, own_confirmed=number)
    return own_cycle(made)


def send(requestor: Requestor, at: int, choice: Choice) -> Message:
    """T1: what is numbered above ReqSync goes to the server, and the numbers with it."""
    confirmed, queue = requestor.confirmed, requestor.queue
    sent = protocol.to_send(queue, confirmed, ADOPTED)
    if any(each.sync == confirmed for each in queue):
        sent = protocol.to_send(queue, confirmed, choice.rules("send"))
    if any(each.kind not in REAL for each in sent) and choice.of("dummy") == "apart":
        sent = [each for each in sent if each.kind in REAL]
    items = tuple((each.sync, each.change) for each in sent)
    number = max([confirmed, *(each.sync for each in queue)])
    return Message(REQTX, at, number, confirmed, requestor.received, requestor.imports, items)


class Response(NamedTuple):
    """What T2 makes of the mail of one requestor, whatever else the server holds.

    Attributes:
        acknowledged: the new number of its record.
        imports: the record's new import number.
        accepted: the changes to be numbered, in order; -1 for a record that is none.
        wanted: the complete lists are the answer.
        received: what the requestor has received.
        number: R of the answer.
        updated: whether a ReqTx was among the mail.
    """

    acknowledged: int
    imports: int
    accepted: tuple[int, ...]
    wanted: bool
    received: int
    number: int
    updated: bool


def respond(record: Registered, mail: Sequence[Message], choice: Choice) -> Response:
    """T2: refuse what is old, count imports, and choose what to acknowledge."""
    acknowledged, imports = record.acknowledged, record.imports
    accepted: list[int] = []
    latest, wanted, updated = mail[0], False, False
    for each in mail:
        if each.kind == ASK:
            wanted, imports = True, imports + 1
            continue
        latest, updated = each, True
        if _first_cycle(each, acknowledged, record.applied, imports, choice):
            wanted, imports = True, imports + 1
        items = [Item(*item) for item in each.items]
        taken = protocol.to_accept(items, acknowledged, ADOPTED)
        if any(item.sync == acknowledged for item in items):
            taken = protocol.to_accept(items, acknowledged, choice.rules("reject"))
        accepted += [item.change for item in taken]
        reached = protocol.server_reqsync(acknowledged, taken, each.number, ADOPTED)
        if reached != max(acknowledged, each.number):
            reached = protocol.server_reqsync(acknowledged, taken, each.number, choice.rules("acknowledge"))
        acknowledged = reached
    number = _echo(latest, acknowledged, choice)
    return Response(acknowledged, imports, tuple(accepted), wanted, latest.received, number, updated)


def serve(
    server: Server, responses: Sequence[Response | None], day: int, stored: str
) -> tuple[Server, tuple[Message | None, ...]]:
    """T2: number what was accepted, and write down what each requestor has; the answers stand by requestor.

    ``stored`` is the rule of that name in ``model.protocol``.
    """
    head, master, lists = server.head, list(server.master), list(server.lists)
    for at, each in enumerate(responses):
        for change in each.accepted if each else ():
            head += 1
            master.append(Issued(head, at if change >= 0 else COMMENT, change, day))
            if change >= 0:
                lists[at] |= 1 << change
    records = list(server.records)
    answers: list[Message | None] = [None] * len(records)
    for at, each in enumerate(responses):
        before = records[at]
        if each is None or before is None:
            continue
        reached = head if each.wanted else max(head, each.received)
        applied = reached if stored == "sent" else each.received if each.updated else before.applied
        records[at] = Registered(each.acknowledged, applied, each.imports, day if each.updated else before.updated)
        answers[at] = Message(SRVTX, at, each.number, 0, reached, each.imports, (), each.wanted)
    made = server._replace(head=head, master=tuple(master), lists=tuple(lists), records=tuple(records))
    return own_cycle(made), tuple(answers)


def take_answer(requestor: Requestor, mail: Sequence[Message], choice: Choice, *, clears: bool = True) -> Requestor:
    """T3: believe the latest answer that is not of an earlier life; clear the queue of what it acknowledges."""
    valid = [
        each
        for each in mail
        if not protocol.is_old_mail(requestor.imports, each.imports, requestor.confirmed, each.number)
    ]
    if not valid:
        return requestor
    answer, queue = valid[-1], requestor.queue
    confirmed, last = requestor.confirmed, max((each.sync for each in queue), default=0)
    taken = protocol.is_confirmed(confirmed, last, answer.number, ADOPTED)
    if not taken and answer.number > last:
        taken = choice.of("beyond") == "taken"
    if taken:
        confirmed = answer.number
        if clears:
            queue = _cleared(queue, confirmed, choice)
    replaced = answer.complete and (answer.imports > requestor.imports or answer.received >= requestor.received)
    received = answer.received if replaced else max(answer.received, requestor.received)
    return requestor._replace(confirmed=confirmed, received=received, imports=answer.imports, queue=queue)


def _cleared(queue: tuple[Record, ...], confirmed: int, choice: Choice) -> tuple[Record, ...]:
    left = protocol.kept(queue, confirmed, ADOPTED)
    if any(each.sync == confirmed and each.kind in REAL for each in queue):
        left = protocol.kept(queue, confirmed, choice.rules("discard"))
    if left or not confirmed:
        return tuple(left) or queue
    if len(queue) == 1 and queue[0].kind == CONFIRMED and queue[0].sync == confirmed:
        return queue
    return (Record(confirmed, CONFIRMED, -1, 0),)


def _first_cycle(message: Message, acknowledged: int, applied: int, imports: int, choice: Choice) -> bool:
    sent, stored = protocol.Progress(message.was, message.received), protocol.Progress(acknowledged, applied)
    if not sent.nothing and not stored.nothing:
        return False
    if sent.nothing and stored.nothing and not imports:
        return True
    return protocol.is_first_cycle(sent, stored, imports, choice.rules("first_cycle"))


def _echo(message: Message, acknowledged: int, choice: Choice) -> int:
    """Return R of a SrvTx."""
    if message.number == acknowledged:
        return acknowledged
    how = choice.of("echo")
    if how == "either":
        return protocol.acknowledgment(acknowledged, message.number, len(message.items), ADOPTED)
    return message.number if how == "asked" else acknowledged


def own_cycle(server: Server) -> Server:
    """Let the server's own requestor fetch what was numbered; its first cycle is an import."""
    reached = max(server.head, server.own_received)
    own = Registered(server.own.acknowledged, reached, max(server.own.imports, 1), 0)
    return server._replace(own=own, own_received=reached, own_imports=max(server.own_imports, own.imports))


def parts_by_stored(server: Server, responses: Sequence[Response | None]) -> bool:
    """Whether it makes a difference here what SrvSync of SRVCONF is."""
    head = server.head + sum(len(each.accepted) for each in responses if each)
    return any(
        each.received != (head if each.wanted else max(head, each.received))
        or (not each.updated and before is not None and before.applied != head)
        for each, before in zip(responses, server.records, strict=True)
        if each is not None
    )
