"""Faults and remedies on small tuples, each with the name of its cause.

Those of one requestor take its number; those that put something back take the moment of the copy. A fault that changes
nothing is no history of its own: the search leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from glbtools.model import protocol
from scoreboard.worlds.readings import Choice
from scoreboard.worlds.state import ASK, CONFIRMED, PODIAG, Mail, Message, Record, Registered, Requestor, Server

CAUSES = (
    "EMPTY", "DUMMY", "OLDQ", "CLONE", "RREST", "Z", "FULL", "IMPORT", "ICLR", "RECREATE", "DELETE", "SREST", "SPAIR",
    "SCONF", "SMST", "SNEW", "CUT", "TAIL", "PURGE", "GAP", "RESYNC", "LOST", "LATE", "DOUBLE",
)  # fmt: skip
"""What can go wrong, or be done about it."""

SAYS = {
    "EMPTY": "REQTRANS was emptied",
    "DUMMY": "REQTRANS was replaced by the utility's record",
    "OLDQ": "an older REQTRANS was put back",
    "CLONE": "REQCONF of another was copied here",
    "RREST": "the requestor was restored",
    "Z": "LISTDS -R -Z at the requestor alone",
    "FULL": "complete reset",
    "IMPORT": "an Import was asked for",
    "ICLR": "a T3 did not clear the queue",
    "RECREATE": "the record was made anew on the server",
    "DELETE": "the record was deleted on the server",
    "SREST": "the server was restored, lists and all",
    "SPAIR": "SRVCONF and MSTTRANS were restored, the lists were not",
    "SCONF": "only SRVCONF was restored",
    "SMST": "only MSTTRANS was restored",
    "SNEW": "the server was disabled and enabled again",
    "CUT": "MSTTRANS was emptied",
    "TAIL": "the end of MSTTRANS was cut off",
    "PURGE": "MSTTRANS was purged",
    "GAP": "a record inside MSTTRANS was lost",
    "RESYNC": "a RESYNC was made and processed",
    "LOST": "mail was lost",
    "LATE": "mail came late",
    "DOUBLE": "mail came twice",
}

AT_REQUESTOR = ("EMPTY", "DUMMY", "CLONE", "Z", "FULL", "FULL kept", "IMPORT", "RECREATE", "DELETE", "RESYNC")
AT_SERVER = ("SNEW", "SNEW whole", "CUT", "TAIL")
OF_SERVER_COPY = ("SREST", "SPAIR", "SCONF", "SMST")
OF_REQUESTOR_COPY = ("RREST", "OLDQ")


def cause_of(fault: str) -> str:
    """Return the cause that a fault, or a variant of one, counts as."""
    return fault.split(" ", 1)[0]


class Parts(NamedTuple):
    """What a fault concerns: the server, all requestors, the mail."""

    server: Server
    requestors: tuple[Requestor, ...]
    mail: Mail


def at_requestor(parts: Parts, fault: str, at: int, day: int, choice: Choice) -> Parts:
    """Return what a fault at a requestor, or at its record on the server, makes of a network."""
    server, mine, mail = parts.server, parts.requestors[at], parts.mail
    if fault == "EMPTY":
        mine = mine._replace(queue=())
    elif fault == "DUMMY":
        mine = mine._replace(queue=(Record(mine.confirmed, PODIAG, -1, 0),))
    elif fault == "CLONE":
        mine = _cloned(parts, at)
    elif fault in ("Z", "FULL", "FULL kept"):
        mine = mine._replace(confirmed=0, received=0)
        if mine.imports and choice.of("cleared") == "all":
            mine = mine._replace(imports=0)
        if fault == "FULL":
            mine = mine._replace(queue=())
        if fault != "Z":
            server = _registered(server, at, Registered() if server.records[at] else None)
    elif fault == "IMPORT":
        asked = Message(ASK, at, mine.confirmed, mine.confirmed, mine.received, mine.imports)
        mail = mail._replace(server=(*mail.server, asked))
        mine = mine._replace(imported=day)
        if choice.of("counted") == "asked":
            mine = mine._replace(imports=mine.imports + 1)
    elif fault == "RECREATE":
        server = _registered(server, at, Registered())
    elif fault == "DELETE":
        server = _registered(server, at, None)
    elif fault == "RESYNC":
        mine = _resynced(server, mine, at, choice)
    requestors = (*parts.requestors[:at], mine, *parts.requestors[at + 1 :])
    return Parts(server, requestors, mail)


def at_server(server: Server, fault: str) -> Server:
    """Return what a fault makes of the server."""
    if fault in ("SNEW", "SNEW whole"):
        anew = tuple(Registered() if each else None for each in server.records)
        server = server._replace(head=0, records=anew, own=Registered(), master=())
        if fault == "SNEW whole":
            server = server._replace(own_confirmed=0, own_received=0, own_imports=0)
    elif fault == "CUT":
        server = server._replace(master=())
    elif fault == "TAIL":
        server = server._replace(master=server.master[:-1])
    return server


def shortened(server: Server) -> Iterator[tuple[str, Server]]:
    """Yield MSTTRANS purged to every length, and with every gap of one record."""
    master = server.master
    for count in range(1, len(master)):
        yield "PURGE", server._replace(master=master[count:])
    for place in range(1, len(master) - 1):
        yield "GAP", server._replace(master=(*master[:place], *master[place + 1 :]))


def server_restored(server: Server, copy: Server, fault: str) -> Server:
    """Return the server with a copy of it put back, whole or in part."""
    if fault == "SREST":
        return copy
    if fault == "SMST":
        return server._replace(master=copy.master)
    master = copy.master if fault == "SPAIR" else server.master
    return server._replace(head=copy.head, records=copy.records, own=copy.own, master=master)


def requestor_restored(requestor: Requestor, copy: Requestor, fault: str) -> Requestor:
    """Return a requestor with a copy of it put back, whole or REQTRANS alone; what was issued stays true."""
    if fault == "OLDQ":
        return requestor._replace(queue=copy.queue)
    return copy._replace(issued=requestor.issued)


def _registered(server: Server, at: int, record: Registered | None) -> Server:
    records = server.records
    return server._replace(records=(*records[:at], record, *records[at + 1 :]))


def _cloned(parts: Parts, at: int) -> Requestor:
    """REQCONF of the next requestor, or of the server's own where there is no other."""
    mine = parts.requestors[at]
    others = [each for index, each in enumerate(parts.requestors) if index != at]
    if others:
        other = others[0]
        return other._replace(queue=mine.queue, issued=mine.issued)
    server = parts.server
    return mine._replace(
        confirmed=server.own_confirmed,
        received=server.own_received,
        imports=server.own_imports,
        imported=0,
        exported=0,
    )


def _resynced(server: Server, mine: Requestor, at: int, choice: Choice) -> Requestor:
    """IMPORT -S on the server and IMPORT -Q here; numbers below those here are refused (Q215505, inferred)."""
    records = [each for each in (*server.records, server.own) if each]
    highest = max(each.acknowledged for each in records)
    record = server.records[at]
    own = record.acknowledged if record else 0
    numbers = [own] if own != highest and choice.of("resync") == "own" else [highest]
    header = protocol.resync_numbers([each.imports for each in records], numbers, server.own.applied)
    if header.imports < mine.imports or header.reqsync < mine.confirmed:
        return mine
    queue = (*mine.queue, Record(header.reqsync, CONFIRMED, -1, 0))
    return mine._replace(confirmed=header.reqsync, received=header.srvsync, imports=header.imports, queue=queue)
