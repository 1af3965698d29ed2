"""The rules by which Dir-Sync moves its numbers: pure, one function for each step that decides something.

A transaction is anything with a number ``sync``. Where sources contradict each other, the adopted reading of
docs/facts/protocol.md#readings is the default and ``Rules`` selects the other one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, TypeVar


class HasNumber(Protocol):
    """Anything that has a transaction number."""

    @property
    def sync(self) -> int:
        """The number."""


T = TypeVar("T", bound=HasNumber)


class Rules(NamedTuple):
    """Which reading of the sources is followed.

    Attributes:
        ack_test: T3 takes an acknowledgment R with ReqSync <= R <= last (``range``, Q133428), or only one equal to
            ReqSync (``match``, Q96060).
        discard: T3 drops what is numbered up to the acknowledged number (``through``) or below it (``below``, the
            literal text of Q133428).
        send: T1 sends what is numbered above ReqSync (``above``, Q119014), or from it on (``from``, Q96060).
        reject: T2 refuses what is numbered up to its ReqSync (``through``) or below it (``below``, the literal text of
            Q96060).
        due_from: T2 sends what is above the number in the requestor's message (``message``) or in SRVCONF
            (``srvconf``), both Q96060.
        first: number of the first transaction: 1 (Q133428) or 0 (Q119014).
        resync: RESYNC carries the largest ReqSync of all (``highest``, Q119449) or each requestor's own (``own``,
            Q96060).
        srvseq: RESYNC and import replies carry the SrvSync of the server's own record in SRVCONF (``srvconf``,
            Q119449) or of its REQCONF (``reqconf``, Q103421). Import replies follow Q103421 in any case.
        keep: Keep Updates counts ``days`` (Q125512) or ``cycles`` (Q257740).
        acknowledge: the server acknowledges the last transaction it processed (``processed``, 3.2) or the number in
            the message (``message``, 3.0): Q103421.
        stored: SRVCONF's SrvSync is what the requestor has acknowledged (``acknowledged``) or what was sent last
            (``sent``), both Q96060.
        counted: the requestor's import number follows the server's answer (``answered``) or goes up when an Import is
            asked for (``asked``): Q99961 has it counted and does not say when.
        first_cycle: T2 sees a first cycle by the numbers in the message where it has never counted an Import
            (``unanswered``), by those numbers alone (``message``) or by the server's record (``record``): Q96060 and
            Q99961 say "all zero" and not where.
    """

    ack_test: str = "range"
    discard: str = "through"
    send: str = "above"
    reject: str = "through"
    due_from: str = "message"
    first: int = 1
    resync: str = "highest"
    srvseq: str = "srvconf"
    keep: str = "days"
    acknowledge: str = "processed"
    stored: str = "acknowledged"
    counted: str = "answered"
    first_cycle: str = "unanswered"


CHOICES: dict[str, tuple[str | int, ...]] = {
    "ack_test": ("range", "match"),
    "discard": ("through", "below"),
    "send": ("above", "from"),
    "reject": ("through", "below"),
    "due_from": ("message", "srvconf"),
    "first": (1, 0),
    "resync": ("highest", "own"),
    "srvseq": ("srvconf", "reqconf"),
    "keep": ("days", "cycles"),
    "acknowledge": ("processed", "message"),
    "stored": ("acknowledged", "sent"),
    "counted": ("answered", "asked"),
    "first_cycle": ("unanswered", "message", "record"),
}
"""What each rule may be; the adopted reading comes first."""


def next_number(last: int | None, rules: Rules) -> int:
    """Return the number of a new transaction; ``last`` is the last number of the queue, None of an empty one."""
    return rules.first if last is None else last + 1


def to_send(queued: Iterable[T], confirmed: int, rules: Rules) -> list[T]:
    """Return what T1 sends of a queue: what is numbered above ReqSync (Q119014, Q133428)."""
    least = confirmed if rules.send == "from" else confirmed + 1
    return [each for each in queued if each.sync >= least]


def request_number(confirmed: int, sent: Sequence[HasNumber]) -> int:
    """Return R of a ReqTx: the last number sent, so that R = was + number sent (Q133428)."""
    return max((each.sync for each in sent), default=confirmed)


def to_accept(received: Iterable[T], applied: int, rules: Rules) -> list[T]:
    """Return what T2 takes of the transactions it received; old information is refused in silence (Q96060)."""
    least = applied if rules.reject == "below" else applied + 1
    return [each for each in received if each.sync >= least]


def server_reqsync(applied: int, accepted: Sequence[HasNumber], asked: int, rules: Rules) -> int:
    """Return ReqSync of the server's record after a message: that of the last transaction processed (Q103421)."""
    if rules.acknowledge == "message":
        return max(applied, asked)
    return max([applied, *(each.sync for each in accepted)])


def acknowledgment(applied: int, asked: int, sent: int, rules: Rules) -> int:
    """Return R of a SrvTx: what the server has; where nothing was sent, the requestor's own number comes back."""
    return applied if sent and rules.acknowledge == "processed" else asked


def is_old_mail(imports: int, told: int, confirmed: int, acknowledged: int) -> bool:
    """Whether T3 passes over a SrvTx in silence: of an earlier import number, or of an earlier acknowledgment.

    Q99961 attests the first. Q96060 has T3 test R as well; that an R below ReqSync marks an older message is inferred.
    """
    return told < imports or acknowledged < confirmed


def is_confirmed(confirmed: int, last: int, acknowledged: int, rules: Rules) -> bool:
    """Whether T3 believes an acknowledgment (docs/facts/protocol.md#ack_test)."""
    if rules.ack_test == "match":
        return acknowledged == confirmed
    return confirmed <= acknowledged <= last


def kept(queued: Iterable[T], acknowledged: int, rules: Rules) -> list[T]:
    """Return what T3 leaves in REQTRANS (docs/facts/protocol.md#discard)."""
    least = acknowledged if rules.discard == "below" else acknowledged + 1
    return [each for each in queued if each.sync >= least]


def due(issued: Iterable[T], received: int, head: int) -> list[T]:
    """Return what T2 sends to a requestor: what it has not got, up to the server's last number.

    What it has got: docs/facts/protocol.md#due_from.
    """
    return [each for each in issued if received < each.sync <= head]


class Resync(NamedTuple):
    """The numbers in RESYNC.GLB."""

    imports: int
    reqsync: int
    srvsync: int


def resync_numbers(imports: Iterable[int], reqsyncs: Iterable[int], own_srvsync: int) -> Resync:
    """Return what IMPORT -S writes: the largest ReqSync of any requestor, SrvSync of the server's own (Q119449).

    That the import number is the highest, too, is attested for Exchange only (Q215505).
    """
    return Resync(max(imports, default=0), max(reqsyncs, default=0), own_srvsync)


class Progress(NamedTuple):
    """How far one side of a requestor has got: ReqSync and SrvSync, in a message or in the server's record."""

    reqsync: int
    srvsync: int

    @property
    def nothing(self) -> bool:
        """Whether both are zero."""
        return self.reqsync == self.srvsync == 0


def is_first_cycle(message: Progress, record: Progress, imports: int, rules: Rules) -> bool:
    """Whether T2 answers a request with the complete lists, though nobody asked (Q96060, Q99961).

    Args:
        message: the numbers in the ReqTx.
        record: those in the server's record before it.
        imports: the import number in that record.
        rules: the reading.
    """
    if rules.first_cycle == "record":
        return record.nothing
    return message.nothing and (rules.first_cycle == "message" or not imports)
