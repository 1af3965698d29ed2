"""What the checks look at: one postoffice with its numbers, its server's record of it, its channels and its logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, Unpack

from glbtools.binary import stamp
from glbtools.binary.records import Record
from glbtools.brief import brief
from glbtools.diagnosis.finding import Details, Evidence, Finding, new_finding, stored
from glbtools.diagnosis.master import SKEW, Master, is_start
from glbtools.evidence.contents import Artefact
from glbtools.evidence.names import BY_DIRECTORY
from glbtools.evidence.network import Network
from glbtools.evidence.postoffice import Numbers, Postoffice, QueueEvidence, numbers, registered
from glbtools.formats.logs import LogLine
from glbtools.formats.queue import moment
from glbtools.formats.transaction import parse
from glbtools.model.change import Change
from glbtools.model.channel import Channel, Range, Verdict, classify, clipped, ranges_of
from glbtools.model.configuration import ReqConf, Requestor, SrvConf, node_of
from glbtools.model.doubts import Doubt
from glbtools.model.transaction import meaning


class Server(NamedTuple):
    """What the server's files say (docs/rulings.md#letters): ``head`` is H, ``first`` and ``last`` are L and U."""

    postoffice: Postoffice
    artefact: Artefact
    config: SrvConf
    master: Master | None = None

    @property
    def first(self) -> int | None:
        """L: the lowest number in MSTTRANS."""
        return self.master.first if self.master else None

    @property
    def last(self) -> int | None:
        """U: the highest number in MSTTRANS."""
        return self.master.last if self.master else None

    @property
    def gaps(self) -> tuple[Range, ...]:
        """The numbers between these two that MSTTRANS does not hold."""
        return self.master.gaps if self.master else ()

    @property
    def head(self) -> int | None:
        """H: the highest number of the master queue, as SRVCONF has it."""
        return self.config.sync


class ChannelVerdict(NamedTuple):
    """A channel and what it is in.

    Attributes:
        channel: its numbers.
        verdict: what they say.
        note: what else is known of it.
        barred: why nothing passes, whatever the numbers; else empty.
    """

    channel: Channel
    verdict: Verdict
    note: str = ""
    barred: str = ""

    def __repr__(self) -> str:
        channel = self.channel
        return brief("ChannelVerdict", f"{channel.kind} {channel.origin} -> {channel.target}, {self.verdict.state}")

    @property
    def compared(self) -> bool:
        """Whether two of its values are known, so that anything can be said of it."""
        known = [getattr(self.channel, name) for name in _COMPARED.get(self.channel.kind, ())]
        return not known or sum(each is not None for each in known) > 1


_COMPARED = {"upload": ("last", "confirmed", "applied"), "download": ("confirmed", "applied", "head")}
"""Channels of postoffices -> the values of which two must be known."""


class Requestors:
    """What the postoffices of a network show of their server together; looked at once, when it is asked for."""

    def __init__(self, network: Network, server: Server | None) -> None:
        self._network, self._server = network, server

    @cached_property
    def highest(self) -> int | None:
        """The highest number that the server has of any requestor; None where it knows none."""
        records = self._server.config.requestors if self._server else ()
        return max((each.reqsync for each in records if each.reqsync is not None), default=None)

    @cached_property
    def received(self) -> int | None:
        """What the server's own requestor has received, as RESYNC hands it out (Q119449); None where not known."""
        server = self._server
        own = registered(server.config, server.postoffice.name) if server else None
        return own.srvsync if own else None

    @cached_property
    def configured(self) -> Mapping[str, ReqConf]:
        """What REQCONF says, of every postoffice that has a name."""
        found = {}
        for each in self._network.postoffices:
            known = each.reqconf()
            if each.name and known:
                found[each.name.upper()] = known[1]
        return found

    @cached_property
    def behind(self) -> Mapping[str, Evidence]:
        """The postoffices of which the server knows less than was confirmed, whatever else explains it."""
        server = self._server
        if server is None:
            return {}
        highest = self.highest or 0
        found = {}
        for each in server.config.requestors:
            own = self.configured.get(each.node, ReqConf())
            received = own.srvsync is not None and server.head is not None and own.srvsync > server.head
            lost = own.reqsync is not None and own.reqsync > highest and (each.reqsync or 0) > 0
            if received or lost:
                note = f"{each.node} has {own.srvsync if received else own.reqsync}"
                field = "srvsync" if received else "reqsync"
                found[each.node] = stored(server.artefact.path, each, field, note)
        return found

    @cached_property
    def own_behind(self) -> Evidence | None:
        """What SRVCONF says of the server itself, or has issued, where the server's own REQCONF has more."""
        server = self._server
        own = registered(server.config, server.postoffice.name) if server else None
        known = self.configured.get((server.postoffice.name or "").upper()) if server else None
        if server is None or known is None:
            return None
        if own and None not in (own.reqsync, known.reqsync) and (own.reqsync or 0) < (known.reqsync or 0):
            return stored(server.artefact.path, own, "reqsync", f"its own REQCONF has {known.reqsync}")
        if server.head is not None and known.srvsync is not None and server.head < known.srvsync:
            return stored(server.artefact.path, server.config, "sync", f"its own REQCONF has {known.srvsync}")
        return None

    @cached_property
    def went_back(self) -> bool:
        """Whether a number that is given shows that the server went back, or began anew."""
        return self.own_behind is not None or bool(self.behind)

    @cached_property
    def server_sound(self) -> bool:
        """Whether no number that is given shows that the server went back; its own REQCONF must be given for that."""
        server = self._server
        own = self.configured.get((server.postoffice.name or "").upper()) if server else None
        known = registered(server.config, server.postoffice.name) if server else None
        if server is None or own is None or known is None or own.reqsync is None or known.reqsync is None:
            return False
        head = server.head or 0
        return known.reqsync >= own.reqsync and all((each.srvsync or 0) <= head for each in self.configured.values())

    @cached_property
    def exchanged(self) -> Mapping[str, str]:
        """The postoffices of doubtful name that would be in step under the name of another one, and whose that is.

        Two directories that bear each other's names look so: of each pair one is out of step as it is called, and both
        are in step with names exchanged (docs/rulings.md 2).
        """
        server = self._server
        doubtful = [each for each in self._network.postoffices if each.name and not each.name_certain] if server else []
        if server is None or len(doubtful) < 2:
            return {}
        known = [(each.name or "", numbers(each), registered(server.config, each.name)) for each in doubtful]
        found: dict[str, str] = {}
        for name, own, record in known:
            if record is None or in_step(own, record, server.head) is not False:
                continue
            for other, others, theirs in known:
                swapped = (
                    theirs is not None and in_step(own, theirs, server.head) and in_step(others, record, server.head)
                )
                if other != name and swapped:
                    found |= {name.upper(): other, other.upper(): name}
        return found

    @cached_property
    def acknowledged(self) -> int:
        """The sum of what the server has of every requestor: so many numbers it has issued at least."""
        return sum(each.reqsync or 0 for each in self._server.config.requestors) if self._server else 0

    @cached_property
    def young(self) -> bool:
        """Whether the server looks enabled anew (docs/rulings.md 18).

        MSTTRANS begins at 1, and every record but the server's own is younger than its postoffice. One that is still
        empty, where nothing was issued, begins at 1 as well. A single requestor shows nothing: its record alone may
        have been made anew.
        """
        server = self._server
        if server is None or (server.first != 1 and (server.first is not None or server.head != 0)):
            return False
        judged = 0
        for requestor in server.config.requestors:
            if same_postoffice(requestor.name, server.postoffice.name):
                continue
            if any((requestor.reqsync, requestor.srvsync, requestor.importsync)):
                imports = self.configured.get(requestor.node, ReqConf()).importsync
                if imports is None or requestor.importsync is None or requestor.importsync >= imports:
                    return False
            judged += 1
        return judged > 1


def in_step(own: Numbers, record: Requestor, head: int | None) -> bool | None:
    """Whether what a postoffice has and its record go together as on any ordinary day; None where that is not known.

    SrvSync in the record may be what was sent, and so be above what was received (docs/facts/protocol.md#stored).
    """
    a, m, b, c = own.confirmed, own.last, record.reqsync, own.applied
    if a is None or m is None or b is None or c is None or head is None:
        return None
    return a <= b <= max(a, m) and max(c, record.srvsync or 0) <= head and own.imports == record.importsync


@dataclass
class Case:
    """One postoffice as the checks see it.

    Attributes:
        network: all that was given.
        postoffice: the one looked at.
        numbers: what its files hold.
        server: the server's files, None when they are not given.
        requestor: the server's record of this postoffice, None when there is none or it cannot be told which.
        now: the latest moment of the evidence, or the one the user gave.
        others: what the postoffices of the network show of the server together.
    """

    network: Network
    postoffice: Postoffice
    numbers: Numbers
    server: Server | None
    requestor: Requestor | None
    now: datetime | None
    others: Requestors

    @cached_property
    def signs(self) -> Mapping[str, tuple[Evidence, ...]]:
        """What is seen of the ways in which numbers come to disagree, with the places that show it."""
        from glbtools.diagnosis.signs import observed

        return observed(self)

    @property
    def is_server(self) -> bool:
        """Whether this is the server itself, and so its own requestor."""
        return self.postoffice.role == "server"

    @cached_property
    def upload(self) -> ChannelVerdict:
        """The channel from this postoffice to the server."""
        channel = upload_channel(self)
        return ChannelVerdict(channel, classify(channel), barred=barred(self))

    @cached_property
    def download(self) -> ChannelVerdict:
        """The channel from the server to this postoffice."""
        channel = download_channel(self)
        return ChannelVerdict(channel, classify(channel), last_heard(self), barred(self))

    @property
    def log(self) -> list[LogLine]:
        """Every line of every log of this postoffice, file by file."""
        return self.postoffice.log

    @property
    def skew(self) -> tuple[datetime, datetime] | None:
        """Two moments that show that REQTRANS was listed later than the configuration it is compared with."""
        queue, reqconf = self.postoffice.queue("REQTRANS"), self.postoffice.reqconf()
        if queue is None or queue.size is not None or reqconf is None or self.server is None or not self.is_server:
            return None
        stamps = [when for each in queue.real if each.stamp and (when := stamp.from_unix(each.stamp))]
        updates = [each.last_update for each in self.server.config.requestors if each.last_update]
        if not stamps or not updates or min(stamps) - max(updates) <= SKEW:
            return None
        return max(updates), min(stamps)

    def lines(self, *codes: int) -> Iterator[LogLine]:
        """Yield the log lines with one of these message numbers."""
        return (each for each in self.log if each.code in codes)

    # --- evidence ------------------------------------------------------------------------------------------------

    def reaches_back(self, made: datetime | None) -> bool:
        """Whether MSTTRANS is whole and begins before a moment; the server may have begun anew since."""
        master = self.server.master if self.server else None
        return master is not None and master.reaches_back(made, anew=self.others.went_back)

    def stored(self, name: str, note: str = "") -> Evidence | None:
        """Return where REQCONF holds a value, with the value."""
        found = self.postoffice.reqconf()
        return stored(found[0].path, found[1], name, note) if found else None

    def served(self, name: str, note: str = "") -> Evidence | None:
        """Return where SRVCONF holds a value of this postoffice's record, with the value."""
        if self.server is None or self.requestor is None:
            return None
        return stored(self.server.artefact.path, self.requestor, name, note)

    def headed(self, name: str, note: str = "") -> Evidence | None:
        """Return where SRVCONF's header holds a value, with the value."""
        return stored(self.server.artefact.path, self.server.config, name, note) if self.server else None

    def queued(self, note: str = "", *, only: set[int] | None = None, name: str = "REQTRANS") -> Iterator[Evidence]:
        """Yield where the changes of a queue stand."""
        queue = self.postoffice.queue(name)
        for record in queue.real if queue else []:
            if queue is not None and (only is None or record.sync in only):
                yield recorded(queue, record, note or meaning_of(record.text))

    def finding(
        self,
        slug: str,
        message: str,
        evidence: Iterable[Evidence | None] = (),
        *,
        doubts: Iterable[Doubt | None] = (),
        **details: Unpack[Details],
    ) -> Finding:
        """Return a finding about this postoffice; evidence that is not there is left out."""
        return new_finding(
            (self.postoffice.name, self.postoffice.path), slug, message, evidence, doubts=doubts, **details
        )


def meaning_of(text: str) -> str:
    """Return what a transaction text says, in words; the text itself where it says nothing."""
    typed = parse(text).transaction
    return meaning(typed) if typed else text


def recorded(queue: QueueEvidence, record: Record, note: str = "") -> Evidence:
    """Return a record of a queue as evidence: its number, and where it stands."""
    return Evidence(
        queue.artefact.path,
        span=(record.start, record.stop),
        line=queue.line(record),
        field="sync",
        value=record.sync,
        note=note,
    )


def sized(artefact: Artefact, note: str = "") -> Evidence:
    """Return the size of a file as evidence."""
    return Evidence(artefact.path, (0, artefact.size), None, "size", artefact.size, note=note)


def logged(line: LogLine, note: str = "") -> Evidence:
    """Return a log line as evidence."""
    return Evidence(
        line.path, span=(line.span.start, line.span.stop), line=line.number, field="line", value=line.raw, note=note
    )


def cases(network: Network, now: datetime | None) -> Iterator[Case]:
    """Yield every postoffice of a network as a case."""
    server = server_of(network)
    others = Requestors(network, server)
    for each in network.postoffices:
        requestor = registered(server.config, each.name) if server else None
        yield Case(network, each, numbers(each), server=server, requestor=requestor, now=now, others=others)


def absent(network: Network, now: datetime | None) -> Iterator[Case]:
    """Yield the requestors that SRVCONF names and of which nothing is given."""
    server = server_of(network)
    others = Requestors(network, server)
    given = {node_of(each.name) for each in network.postoffices}
    for requestor in server.config.requestors if server else ():
        node = requestor.node
        if server and node and node not in given:
            given.add(node)
            nobody = Postoffice(server.postoffice.path, [], server.postoffice.contents, name=node)
            yield Case(network, nobody, Numbers(), server=server, requestor=requestor, now=now, others=others)


def server_of(network: Network) -> Server | None:
    """Return the server's files, if those of exactly one server are given."""
    postoffice = network.server
    found = postoffice.srvconf() if postoffice else None
    if postoffice is None or found is None:
        return None
    held = postoffice.queue("MSTTRANS")
    return Server(postoffice, *found, Master(postoffice, held, found[1].sync) if held else None)


def upload_channel(case: Case) -> Channel:
    """Return the upload of a postoffice: a, m, b and what is held (rulings 9 to 13)."""
    own, theirs = case.numbers, case.requestor
    known = [each for each in (own.last, own.confirmed) if each is not None]
    life, target_life = _lives(case)
    return Channel(
        "upload",
        case.postoffice.name or case.postoffice.path,
        server_name(case),
        held=own.held,
        last=own.last,
        confirmed=own.confirmed,
        applied=theirs.reqsync if theirs else None,
        head=max(known) if len(known) == 2 else None,
        life=life,
        target_life=target_life,
        log_of=case.postoffice.name or case.postoffice.path,
        renumbered_at=renumbered_at(case),
        stopped_at=next((each.sync for each, _ in poisoned(case)), None),
    )


def poisoned(case: Case) -> list[tuple[Record, str]]:
    """Return the changes still to be sent whose checksum is suspect, lowest number first, with what is wrong."""
    queue = case.postoffice.queue("REQTRANS")
    found = case.postoffice.read(queue.artefact) if queue else None
    if queue is None or found is None or case.numbers.confirmed is None:
        return []
    suspect = {each.span.start: each.message for each in found.faults if each.kind == "checksum"}
    bad = [each for each in queue.real if each.start in suspect and each.sync > case.numbers.confirmed]
    return [(each, suspect[each.start]) for each in sorted(bad, key=lambda each: each.sync)]


def download_channel(case: Case) -> Channel:
    """Return the download of a postoffice: c, d, H and what is purged (ruling 15)."""
    own, theirs, server = case.numbers, case.requestor, case.server
    floor = server.first - 1 if server and server.first else None
    held = None
    if server and server.first and server.last is not None:
        held = ((server.first - 1, server.last),)
    return Channel(
        "download",
        server_name(case),
        case.postoffice.name or case.postoffice.path,
        held=held,
        last=server.last if server else None,
        confirmed=theirs.srvsync if theirs else None,
        applied=own.applied,
        head=server.head if server else None,
        floor=floor,
        life=theirs.importsync if theirs else None,
        target_life=own.imports,
        log_of=server_name(case),
        importing=None if own.applied is None or own.confirmed is None else own.applied == own.confirmed == 0,
    )


def barred(case: Case) -> str:
    """Return why neither side takes anything from the other; else empty (158; Q99268)."""
    return "the server has no record of it: nothing is taken and nothing sent" if unregistered(case) else ""


def last_heard(case: Case) -> str:
    """Return when the server last heard of a requestor, if that was not in the current cycle."""
    if case.requestor is None or case.server is None:
        return ""
    last, now = case.requestor.last_cycle, case.server.config.cycle
    return f"last heard of in cycle {last} of {now}" if last is not None and now is not None and last < now else ""


def server_name(case: Case) -> str | None:
    """Return the server's name: of the server given, else as REQCONF names it."""
    if case.network.server is not None and case.network.server.name:
        return case.network.server.name
    reqconf = case.postoffice.reqconf()
    return (reqconf[1].server or None) if reqconf else None


def copied_from(case: Case) -> str | None:
    """Return whose REQCONF this postoffice has: the same numbers and dates, which fit only that one (ruling 19)."""
    own, theirs = case.numbers, case.requestor
    fits = own.last == own.confirmed and (theirs is None or theirs.reqsync == own.confirmed)
    if fits or own.confirmed is None:
        return None
    twins = case.network.twins(case.postoffice)
    return twins[0].shown if twins else None


def never_taken(case: Case) -> list[Record]:
    """Return changes that the server has by their numbers, and that it cannot have taken (docs/rulings.md 11).

    The server refuses what is not above the last number it has (Q96060), whatever it is. MSTTRANS holds what it took
    until it is purged, so a change made after the oldest record there that does not stand in it was refused. Nothing is
    concluded from a MSTTRANS that has gaps or comments, or holds nothing else of this postoffice. A change made after
    the last update that the server had from here was refused as well.
    """
    own, theirs, server = case.numbers, case.requestor, case.server
    queue = case.postoffice.queue("REQTRANS")
    if server is None or theirs is None or queue is None or theirs.reqsync is None:
        return []
    waiting = [each for each in queue.real if (own.confirmed or 0) < each.sync <= theirs.reqsync]
    master, name = server.master, (case.postoffice.name or "").upper()
    # What MSTTRANS does not describe, or has lost, may be these.
    telling = master is not None and master.whole and name in master.by_origin
    refused: list[Record] = []
    for each in reversed(waiting):
        made = case.postoffice.moment(queue, each)
        if made and theirs.last_update and made - theirs.last_update > SKEW:
            refused.append(each)
            continue
        if master is None or not telling or not case.reaches_back(made) or own.confirmed is None:
            continue
        # The first record of an Export reads the same every time: what became of it is what became of the next one.
        starts_refused = bool(refused) and refused[-1].sync == each.sync + 1
        if starts_refused if is_start(each.text) else not master.has(each.text, made):
            refused.append(each)
    return refused[::-1]


def passed_by_resync(case: Case) -> tuple[Range, ...]:
    """Return the changes that a RESYNC passed over: above what the server has, at or below ReqSync (Q119452)."""
    own, theirs = case.numbers, case.requestor
    if own.confirmed is None or own.held is None or theirs is None or theirs.reqsync is None:
        return ()
    if case.upload.channel.renumbered_at != own.confirmed or "EPOCH_CHANGED" in case.upload.verdict.states:
        return ()
    return clipped(own.held, theirs.reqsync, own.confirmed)


def passed_over(case: Case) -> tuple[Range, ...]:
    """Return the changes in a queue that has reached ReqSync which are not sent, and of which nothing shows arrival."""
    low = ranges_of(each.record.sync for each in low_part(case) if each.signs)
    return passed_by_resync(case) or low


class LowChange(NamedTuple):
    """A change at or below ReqSync in a queue that has reached ReqSync, and what speaks against its having arrived."""

    record: Record
    signs: tuple[str, ...]


def low_part(case: Case) -> list[LowChange]:
    """Return the changes at or below ReqSync of which no file shows that the server took them.

    An interrupted clear leaves such records, and they have arrived. The low part of a queue that was begun again, or
    put back, looks the same once new changes have passed ReqSync, and is never sent (Q119014). A text in MSTTRANS shows
    the first; the text of an R record is the same in every Export and shows nothing. A queue may begin at 0, and what
    has that number is not above a ReqSync of 0 (docs/facts/protocol.md#first).
    """
    own, theirs = case.numbers, case.requestor
    queue = case.postoffice.queue("REQTRANS")
    if queue is None or own.confirmed is None or own.last is None or own.last < own.confirmed:
        return []
    if theirs is not None and theirs.reqsync is not None and theirs.reqsync < own.confirmed:
        return []
    master = case.server.master if case.server else None
    last_confirmed = max(queue.dummies, default=-1)
    found = []
    for index, record in enumerate(queue.records):
        if index in queue.dummies or record.sync > own.confirmed:
            continue
        made = case.postoffice.moment(queue, record)
        if master is None or not master.has(record.text, made):
            found.append(LowChange(record, tuple(_signs(case, record, made, index < last_confirmed))))
    return found


def _signs(case: Case, record: Record, made: datetime | None, confirmed_behind: bool) -> Iterator[str]:
    if not is_start(record.text) and case.reaches_back(made):
        yield "MSTTRANS reaches back to before it was made and does not hold it"
    updated = case.requestor.last_update if case.requestor else None
    if made and updated and made - updated > SKEW:
        yield f"it was made after the last update that the server had from here ({updated})"
    if confirmed_behind:
        yield "the record of a confirmed number stands behind it"


def never_reached(case: Case, record: Record | Change, made: datetime | None) -> bool:
    """Whether a change below the server's number surely never reached the server (docs/certainty.md).

    An older REQTRANS may have been put back, with changes that the server has had. What shows that it has not is a
    MSTTRANS that is whole without it, or that begins before it was made; or its own date, later than all that the
    server has had from here; each only where nothing shows that the server itself went back. A change numbered just as
    the server's number is taken under one reading of the protocol (Q96060), and one numbered as ReqSync may be what T3
    has kept (Q133428): neither counts.
    """
    own, theirs, server = case.numbers, case.requestor, case.server
    master = server.master if server else None
    if server is None or theirs is None or master is None or own.confirmed is None or theirs.reqsync is None:
        return False
    if not own.confirmed <= theirs.reqsync > record.sync or record.sync == own.confirmed:
        return False
    if not master.lacks(record.text) or not case.others.server_sound or (own.applied or 0) > (server.head or 0):
        return False
    if case.others.acknowledged <= master.last and master.complete:
        return True
    asked = own.imports is not None and theirs.importsync is not None and theirs.importsync >= own.imports
    later = bool(made and theirs.last_update and made - theirs.last_update > SKEW)
    return asked and (later or (case.others.acknowledged <= master.last and master.spans(made)))


def unregistered(case: Case) -> bool:
    """Whether the server that REQCONF names has no record of this postoffice: its mail is refused (158; Q99268)."""
    server, reqconf = case.server, case.postoffice.reqconf()
    if server is None or reqconf is None or case.requestor is not None or case.postoffice.name is None:
        return False
    if case.postoffice.name_from == BY_DIRECTORY or not same_postoffice(reqconf[1].server, server.postoffice.name):
        return False
    found = server.postoffice.read(server.artefact)
    return found is not None and not found.damaged


def renumbered_at(case: Case) -> int | None:
    """Return ReqSync where a RESYNC explains it: the largest of any requestor, and c <= H (ruling 10).

    0 stands for none, None for not known.
    """
    if case.numbers.confirmed is None or case.server is None:
        return None
    unknown = case.requestor is None or case.requestor.reqsync is None
    largest = case.others.highest == case.numbers.confirmed if unknown else "largest" in case.signs
    return case.numbers.confirmed if largest and "received-above" not in case.signs else 0


def _lives(case: Case) -> tuple[int | None, int | None]:
    """Return both import numbers; an all-zero record beside a REQCONF in use is another life (ruling 10)."""
    own, theirs = case.numbers, case.requestor
    if theirs is None:
        return own.imports, None
    if (own.confirmed or own.applied) and not any((theirs.reqsync, theirs.srvsync, theirs.importsync)):
        return own.imports or 1, 0
    return own.imports, theirs.importsync


def same_postoffice(name: str | None, other: str | None) -> bool:
    """Whether two names are of one postoffice, whatever type and case."""
    return bool(name and other) and node_of(name) == node_of(other)


def when(case: Case, raw: int | None) -> datetime | None:
    """Return a stored date stamp of REQTRANS as its writer's clock showed it; listings print seconds since 1970."""
    queue = case.postoffice.queue("REQTRANS")
    if queue is None or raw is None:
        return None
    if queue.size is None:
        return stamp.from_unix(raw)
    return moment(case.postoffice.layouts["queue"], raw)
