"""What a network is made of, as small tuples: requestors, one server, and the mail between them.

Names are those of docs/rulings.md#letters: ``confirmed`` a, ``received`` c, ``imports`` I, ``acknowledged`` b,
``applied`` d, ``head`` H. The truth is kept beside the numbers: which change each record is, and which changes the
server's address lists have. Time is a count of T2: changes of day n come before its T2.
"""

from __future__ import annotations

from typing import NamedTuple

CHANGE, EXPORT, CONFIRMED, PODIAG = "A", "R", "D", "P"
"""Kinds of record in REQTRANS: an addition, an Export's first, the confirmed-number record, the utility's."""

REAL = (CHANGE, EXPORT)
"""Kinds that tell the server something."""

HEADS = 64
"""Changes are known by small numbers; those from here on are first records of an Export, which all have one text."""


OWN, COMMENT = -1, -2
"""Who a record of MSTTRANS comes from, besides the number of a requestor: the server itself, or no change at all."""


class Record(NamedTuple):
    """A record of REQTRANS: its number, its kind, which change of the requestor it is, and the day it was made.

    An Export repeats the changes that its postoffice has: the record is another, the change is the same.

    Of a record that is no change the change is -1, and the day is not kept.
    """

    sync: int
    kind: str
    change: int
    day: int


class Requestor(NamedTuple):
    """REQCONF and REQTRANS of one requestor, and each number it has ever given, with the change that bore it.

    ``listed`` are the changes in its own address list, as a bit set.

    ``imported`` and ``exported`` are the days of REQCONF's last import and last export, 0 for none; ``of`` is whose
    REQCONF it is.
    """

    confirmed: int = 0
    received: int = 0
    imports: int = 0
    queue: tuple[Record, ...] = ()
    issued: tuple[tuple[int, int], ...] = ()
    listed: int = 0
    imported: int = 0
    exported: int = 0


class Registered(NamedTuple):
    """A requestor's record in SRVCONF; ``updated`` is the day of its last update, 0 for none."""

    acknowledged: int = 0
    applied: int = 0
    imports: int = 0
    updated: int = 0


class Issued(NamedTuple):
    """A record of MSTTRANS: its number, whose change it is (a requestor, ``OWN``, ``COMMENT``), which, and its day."""

    sync: int
    origin: int
    change: int
    day: int


class Server(NamedTuple):
    """SRVCONF, MSTTRANS and the address lists of the server, and REQCONF of its own requestor.

    ``lists`` has for each requestor the changes that the lists have, as a bit set.
    """

    head: int
    records: tuple[Registered | None, ...]
    own: Registered
    own_confirmed: int
    own_received: int
    own_imports: int
    master: tuple[Issued, ...]
    lists: tuple[int, ...]


class Message(NamedTuple):
    """A ReqTx, a SrvTx or an import request.

    ``number`` is R, ``was`` the requestor's ReqSync, ``received`` S, ``items`` what is attached to a ReqTx: number and
    change, -1 for a record that is none.
    """

    kind: str
    at: int
    number: int = 0
    was: int = 0
    received: int = 0
    imports: int = 0
    items: tuple[tuple[int, int], ...] = ()
    complete: bool = False


REQTX, SRVTX, ASK = "ReqTx", "SrvTx", "ask"


class Mail(NamedTuple):
    """Messages in the server's mailbag, in each requestor's, and those held up on their way."""

    server: tuple[Message, ...]
    requestors: tuple[tuple[Message, ...], ...]
    late: tuple[Message, ...] = ()

    @property
    def quiet(self) -> bool:
        """Whether nothing is under way."""
        return not self.server and not self.late and not any(self.requestors)


def fresh(requestors: int) -> tuple[Server, tuple[Requestor, ...], Mail]:
    """Return a network as it is when all have been installed and registered: every number is zero."""
    each = range(requestors)
    server = Server(0, tuple(Registered() for _ in each), Registered(), 0, 0, 0, (), tuple(0 for _ in each))
    return server, tuple(Requestor() for _ in each), Mail((), tuple(() for _ in each))
