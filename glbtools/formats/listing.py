"""Listings of the vendor's utilities: LISTQ (queue files) and LISTDS (configuration), read and written.

They stand in for the binary files they print. What they do not print stays unknown: LISTQ shows no sizes, LISTDS no
dates but one, no pointers and no import numbers (ruling 8).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from glbtools.binary import stamp
from glbtools.binary.records import Record
from glbtools.binary.span import Fault, Region, Span, tile
from glbtools.binary.tree import Node
from glbtools.brief import brief, count
from glbtools.errors import UsageError
from glbtools.formats import transaction
from glbtools.formats.base import Row, Rows, known, moment_row, requestor_row, span_row, text_record_row
from glbtools.model.configuration import Place, ReqConf, Requestor, SrvConf

ENCODING = "cp850"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SCREEN_WIDTH = 80

_N = r"([0-9]{1,10})"
_WHEN = (
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s+(?P<month>[A-Z][a-z]{2})\s+(?P<day>\d{1,2})"
    r"\s+(?P<time>\d\d:\d\d:\d\d)\s+(?P<year>\d{4})"
)
# LISTQ 3.2.0.1 (Q96060): checksum with -C, date stamp with -T.
_NEW = re.compile(rf"[ \t]*(?:(?P<crc>[0-9A-F]{{4,8}})[ \t]+)?(?:{_WHEN}[ \t]+)?(?P<sync>\d{{6,10}})[ \t](?P<text>.*)")
# The older one (Q110496): item, number, transaction.
_OLD = re.compile(r"[ \t]*(?P<item>\d{1,6})[ \t]+(?P<sync>[\dX]{10})[ \t](?P<text>.*)")
_QUEUE_NAME = re.compile(
    r"Examining\s+(?:(?P<node>[^\s/]+/[^\s/]+)\s+)?Dirsync transaction file:\s*(?P<name>\S*)", re.IGNORECASE
)
_OWNER = re.compile(
    r"Examining\s+(?P<node>[^\s/]+/[^\s/]+)\s+(?P<which>Requestor|Server) Configuration Record", re.IGNORECASE
)
_HEADS = re.compile(
    r"[ \t]*(?:(?:CRC\s+)?(?:Date stamp\s+)?Sync#\s+Transaction|Item\s+Sync No\.|Checking CRC|End of Queue|-[- ]{9,}$)"
)
_BANNER = re.compile(r"\s*(?:Microsoft Mail for the PC|\(C\) Microsoft|glbtools )", re.IGNORECASE)
_REST_OF_LINE = re.compile(rb"[^\n]*\n?(?:[ \t\r]*\n)*")
_ESCAPE = re.compile(r"<([0-9A-Fa-f]{2})>")
_HIGHEST = re.compile(rf"\s*Highest SrvSync is\s+{_N},\s*Current Dirsync Cycle is\s+{_N}\s*", re.IGNORECASE)
_NUMBER = re.compile(rf"\s*Server Requestor Record #\s*{_N}\s*", re.IGNORECASE)
_NAME = re.compile(r"\s*Requestor name:(.*)", re.IGNORECASE)
_SYNCS = re.compile(rf"\s*ReqSync\s*=\s*{_N},\s*SrvSync\s*=\s*{_N}(?:,\s*Last Cycle\s*=\s*{_N})?\s*", re.IGNORECASE)
_UPDATE = re.compile(rf"\s*Last update received\s+{_WHEN}\s*", re.IGNORECASE)
_SERVER = re.compile(r"\s*Dir-?Sync Server:(.*)", re.IGNORECASE)


@dataclass(slots=True)
class Listing:
    """What a listing says.

    Attributes:
        data: the listing itself; it is never rewritten.
        records: transactions of a LISTQ listing; spans are those of their lines.
        lines: for each record the line it begins on, from 1.
        queue: name of the queue listed, such as REQTRANS; None where the listing does not say.
        postoffice: NET/PO after "Examining"; None where the listing does not say.
        places: where a number of LISTDS stands.
        reqconf: what ``LISTDS -R`` prints.
        srvconf: what ``LISTDS -S`` prints.
        unparsed: lines that mean nothing to us.
    """

    data: bytes
    records: list[Record] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    queue: str | None = None
    postoffice: str | None = None
    reqconf: ReqConf | None = None
    srvconf: SrvConf | None = None
    unparsed: list[Fault] = field(default_factory=list)

    def moment(self, record: Record) -> datetime | None:
        """The date stamp of a record, by the clock of who printed it."""
        return None if record.stamp is None else stamp.from_unix(record.stamp)

    @property
    def faults(self) -> list[Fault]:
        """Everything that is wrong or remarkable."""
        return self.unparsed


class QueueListing(Listing):
    """What LISTQ prints."""

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    @property
    def faults(self) -> list[Fault]:
        """The lines that mean nothing, and what the vendor's Import would object to in the texts."""
        return [*self.unparsed, *self._text_faults()]

    def _text_faults(self) -> Iterator[Fault]:
        for line, record in zip(self.lines, self.records, strict=True):
            if record.text.startswith("#") or transaction.is_plain(record.text):
                continue
            for fault in transaction.parse(record.text).faults:
                span = Span(record.start, record.stop)
                message = f"sync {record.sync}: {fault.message}"
                yield Fault("text", message, span, damage=False, number=fault.number, line=line)

    def lists(self) -> list[Rows]:
        """The transactions."""
        rows = (
            text_record_row(
                line,
                Span(each.start, each.stop),
                each.sync,
                transaction.parse(each.text),
                stamp=moment_row(self.moment(each)),
                checksum=each.checksum,
            )
            for line, each in zip(self.lines, self.records, strict=True)
        )
        return [Rows("records", len(self.records), rows)]

    def nodes(self) -> Iterator[Node]:
        """Yield headings, transactions and lines that mean nothing."""
        yield from _nodes(self, self.regions(), (f"sync {each.sync}" for each in self.records), "record")

    def regions(self) -> Iterator[Region]:
        """Yield the lines that are more than headings; records include the lines that were wrapped."""
        held = [Region(_whole_lines(self, Span(each.start, each.stop)), "record") for each in self.records]
        held += [Region(_whole_lines(self, each.span), "unparsed line") for each in self.unparsed]
        return _with_headings(self, held)

    def summary(self) -> list[str]:
        """Whose queue it is, and its numbers."""
        numbers = [each.sync for each in self.records]
        whose = f"{self.queue or 'a queue'} of {self.postoffice or 'a postoffice it does not name'}"
        held = f", sync {min(numbers)} to {max(numbers)}" if numbers else ""
        return [whose, count(len(numbers), "transaction") + held]


class ConfigurationListing(Listing):
    """What LISTDS prints."""

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    def lists(self) -> list[Rows]:
        """The numbers printed, as the fields they are printed from, and the requestors."""
        fields: list[Row] = []
        for config in (self.reqconf, self.srvconf):
            for name in ("reqsync", "srvsync", "server", "sync", "cycle"):
                value = getattr(config, name, None)
                if value is not None:
                    span, line = self.places[name]
                    row: Row = {"name": name, "line": line, "span": span_row(span), "value": value}
                    fields.append(row | {"status": "attested", "meaning": ""})
        requestors = [requestor_row(each) for each in self._requestors]
        return [Rows("fields", len(fields), iter(fields)), Rows("records", len(requestors), iter(requestors))]

    @property
    def _requestors(self) -> tuple[Requestor, ...]:
        return self.srvconf.requestors if self.srvconf else ()

    def nodes(self) -> Iterator[Node]:
        """Yield headings, requestors and lines that mean nothing."""
        names = (f"#{each.number} {each.name or ''}" for each in self._requestors)
        yield from _nodes(self, self.regions(), names, "requestor")

    def regions(self) -> Iterator[Region]:
        """Yield requestors and unparsed lines; the rest is headings."""
        held = [Region(_whole_lines(self, each.span), "requestor") for each in self._requestors]
        ends = {0: 0} | {region.span.start: region.span.stop for region in held}
        starts = list(ends)
        for each in self.unparsed:
            # A requestor's lines belong to it, whatever stands between them.
            if each.span.start >= ends[starts[bisect_right(starts, each.span.start) - 1]]:
                held.append(Region(_whole_lines(self, each.span), "unparsed line"))
        return _with_headings(self, held)

    def summary(self) -> list[str]:
        """Whose configuration it is, and its numbers."""
        phrases = [f"of {self.postoffice or 'a postoffice it does not name'}"]
        if self.reqconf:
            phrases.append(f"ReqSync {known(self.reqconf.reqsync)}, SrvSync {known(self.reqconf.srvsync)}")
        if self.srvconf:
            phrases.append(f"highest SrvSync {known(self.srvconf.sync)}, cycle {known(self.srvconf.cycle)}")
            phrases.append(count(len(self.srvconf.requestors), "requestor"))
        return phrases


def parse_listing(data: bytes) -> Listing:
    """Return what a listing says; which of the two utilities printed it is seen from its lines."""
    return parse_listds(data) if probe_listds(data) else parse_listq(data)


def probe_listq(data: bytes) -> bool:
    """Whether the content was printed by LISTQ."""
    return _looks_like(data, _OF_LISTQ, _is_listq, _CLOCK)


def probe_listds(data: bytes) -> bool:
    """Whether the content was printed by LISTDS."""
    return _looks_like(data, _OF_LISTDS, _is_listds)


def format_listq(records: list[Record], queue: str, postoffice: str | None, program: str) -> str:
    """Return a queue in the form of LISTQ 3.2.0.1 with -C and -T (Q96060), which ``parse_listing`` reads back.

    What a record does not hold leaves its column blank.

    Args:
        records: stamps in seconds since 1970.
        queue: name of the queue file.
        postoffice: NET/PO for the heading, where known.
        program: who prints this, for the first line.
    """
    owner = f"{postoffice} " if postoffice else ""
    lines = [f"{program}, in the form of LISTQ v3.2.0.1", "", f"Examining {owner}Dirsync transaction file: {queue}", ""]
    lines += ["Checking CRC...", "", "CRC  Date stamp               Sync#  Transaction"]
    for each in records:
        crc = "" if each.checksum is None else f"{each.checksum:04X}"
        when = None if each.stamp is None else stamp.from_unix(each.stamp)
        lines.append(f"{crc:4} {asctime(when):24} {each.sync:06} {escape(each.text)}")
    return "\n".join(lines) + "\n"


def format_listds(config: ReqConf | SrvConf, postoffice: str | None, program: str) -> str:
    """Return a configuration in the form of LISTDS (Q96060): ``-R`` for REQCONF, ``-S`` for SRVCONF.

    Raises:
        UsageError: a number that LISTDS prints is not known.
    """
    which = "Requestor" if isinstance(config, ReqConf) else "Server"
    lines = [f"{program}, in the form of LISTDS v3.2", ""]
    lines += [f"Examining {postoffice} {which} Configuration Record", ""] if postoffice else []
    if isinstance(config, ReqConf):
        lines += [f"Dir-Sync Server: {escape(config.server or '')}".rstrip()]
        lines += [f"ReqSync = {_printed(config.reqsync)}, SrvSync = {_printed(config.srvsync)}"]
        return "\n".join(lines) + "\n"
    lines += [f"Highest SrvSync is {_printed(config.sync)}, Current Dirsync Cycle is {_printed(config.cycle)}"]
    for each in config.requestors:
        lines += ["", f"     Server Requestor Record #{each.number}", f"Requestor name: {escape(each.name or '')}"]
        syncs = f"ReqSync = {_printed(each.reqsync)}, SrvSync = {_printed(each.srvsync)}"
        lines += [f"{syncs}, Last Cycle = {_printed(each.last_cycle)}"]
        lines += [f"Last update received {asctime(each.last_update)}"] if each.last_update else []
    return "\n".join(lines) + "\n"


def printed_lines(printed: bytes) -> list[str]:
    """Return the text of a record of a listing in the lines in which it stands there, each as it was meant.

    A line that goes on was wrapped, or the text has lines itself: what it was the listing does not say.
    """
    first, *more = (line for _, _, line in _lines(printed))
    head = _record(first, Span(0, len(printed)))
    return [unescape(each) for each in (head.text if head else first, *more)]


def escape(text: str) -> str:
    """Return a text as LISTQ shows it: ``<tab>`` and ``<00>`` are attested, other controls are taken to look alike."""
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def unescape(text: str) -> str:
    """Return ``escape`` undone; a text that held ``<tab>`` to begin with cannot be told apart.

    Where a tab has a name the ends of lines may have one, too.
    """
    text = text.replace("<tab>", "\t").replace("<cr>", "\r").replace("<lf>", "\n")
    return _ESCAPE.sub(_unescaped, text) if "<" in text else text


def _escaped(character: str) -> str:
    raw = character.encode(ENCODING, "ignore")
    return "<tab>" if character == "\t" else f"<{raw[0]:02X}>" if raw else character


def _unescaped(match: re.Match[str]) -> str:
    character = bytes.fromhex(match[1]).decode(ENCODING)
    return match[0] if character.isprintable() else character


def asctime(when: datetime | None) -> str:
    """Return a moment in C's ``asctime`` form, in English whatever the locale; empty for None."""
    if when is None:
        return ""
    return f"{WEEKDAYS[when.weekday()]} {MONTHS[when.month - 1]} {when.day:02} {when:%H:%M:%S} {when.year:04}"


def _whole_lines(content: Listing, span: Span) -> Span:
    """Return a span up to the end of its last line, with the empty lines that follow."""
    rest = _REST_OF_LINE.match(content.data, span.stop)
    return Span(span.start, rest.end() if rest else span.stop)


def _nodes(content: Listing, regions: Iterable[Region], said: Iterator[str], what: str) -> Iterator[Node]:
    """Yield every region as a node; ``said`` tells in their order what those named ``what`` are."""
    number = 0
    for region in regions:
        name, meaning = region.what, ""
        if region.what == what:
            name, meaning, number = f"{what}[{number}]", next(said, ""), number + 1
        text = content.data[region.span.start : region.span.stop].decode(ENCODING).rstrip("\r\n")
        yield Node(name, region.span, text, meaning)


def _with_headings(content: Listing, held: list[Region]) -> Iterator[Region]:
    """Yield regions with what lies between them as headings: nothing in a listing is unaccounted for."""
    for region in tile(held, len(content.data)):
        yield Region(region.span, "heading") if region.what == "gap" else region


# --- LISTQ -------------------------------------------------------------------------------------------------------


def parse_listq(data: bytes) -> QueueListing:
    """Return what LISTQ printed."""
    listing = QueueListing(data)
    for number, record in _transactions(listing):
        listing.lines.append(number)
        listing.records.append(record)
    return listing


def stream_listing(data: bytes) -> Iterator[Record]:
    """Yield the transactions of a listing, none of which is kept: of LISTDS none."""
    return iter(()) if probe_listds(data) else (record for _, record in _transactions(QueueListing(data)))


def _transactions(listing: QueueListing) -> Iterator[tuple[int, Record]]:
    """Yield the transactions that LISTQ printed, with the line on which each begins; note what else it says."""
    held: tuple[int, Record] | None = None
    pieces, before = list[str](), ""
    for number, span, line in _lines(listing.data):
        record = _record(line, span)
        if record is not None:
            yield from _ended(held, pieces)
            held, pieces, before = (number, record), [record.text], line
        elif heading := _QUEUE_NAME.match(line.strip()):
            listing.queue, listing.postoffice = heading["name"].upper() or None, heading["node"]
        elif not line.strip() or _HEADS.match(line) or _BANNER.match(line):
            continue
        elif masked := _OLD.fullmatch(line):
            message = f"the number is printed as {masked['sync']}, so the transaction is left out"
            listing.unparsed.append(Fault("number-unknown", message, span, damage=False, line=number))
        elif held and _touches(listing.data, held[1].stop, span.start):
            pieces.append(_continuation(before, line))
            held, before = (held[0], held[1]._replace(stop=span.stop)), line
        else:
            listing.unparsed.append(
                Fault("line-unparsed", "not a line that LISTQ prints", span, damage=False, line=number)
            )
    yield from _ended(held, pieces)


def _ended(held: tuple[int, Record] | None, pieces: list[str]) -> Iterator[tuple[int, Record]]:
    """Yield a transaction with the text that is meant by what was printed of it."""
    if held is not None:
        text = unescape("".join(pieces)).removesuffix("\0")
        yield held[0], held[1] if text == held[1].text else held[1]._replace(text=text)


def _record(line: str, span: Span) -> Record | None:
    if match := _NEW.fullmatch(line):
        crc, *when, sync, text = match.groups()
        if crc or when[0] or not _OLD.fullmatch(line):
            moment = _moment(*when)
            raw = stamp.to_unix(moment) if moment else None
            return Record(int(sync), raw, int(crc, 16) if crc else None, text, *span)
    match = _OLD.fullmatch(line)
    if match and match["sync"].isdigit():
        return Record(int(match["sync"]), None, None, match["text"], *span)
    return None


def _continuation(before: str, line: str) -> str:
    """Return what a wrapped line adds to the text of the line before it.

    A line that fills the screen was cut in mid-word; a shorter one was wrapped at a blank, which is put back, or before
    ``<tab>``, where there was none (the wrapped sample of Q96060).
    """
    rest = line.strip()
    return rest if len(before) >= SCREEN_WIDTH or rest.startswith("<tab>") else f" {rest}"


def _touches(data: bytes, stop: int, start: int) -> bool:
    return data[stop:start].count(b"\n") == 1


# --- LISTDS ------------------------------------------------------------------------------------------------------


def parse_listds(data: bytes) -> ConfigurationListing:
    """Return what LISTDS printed."""
    listing = ConfigurationListing(data)
    requestors: list[Requestor] = []
    highest: re.Match[str] | None = None
    server: str | None = None
    own: re.Match[str] | None = None
    inside = False  # a requestor's record; what LISTDS -R prints may follow in the same file
    for number, span, line in _lines(data):
        if match := _OWNER.match(line.strip()):
            listing.postoffice, inside = match["node"], False
        elif match := _HIGHEST.fullmatch(line):
            highest, inside = match, False
            listing.places |= dict.fromkeys(("sync", "cycle"), Place(span, number))
        elif match := _NUMBER.fullmatch(line):
            requestors.append(Requestor(int(match[1]), span, line=number))
            inside = True
        elif inside and (match := _NAME.fullmatch(line)):
            requestors[-1] = _with(requestors[-1], Place(span, number), name=unescape(match[1].strip()))
        elif match := _SYNCS.fullmatch(line):
            if inside:
                requestors[-1] = _with_syncs(requestors[-1], match, Place(span, number))
            else:
                own = match
                listing.places |= dict.fromkeys(("reqsync", "srvsync"), Place(span, number))
        elif inside and (match := _UPDATE.fullmatch(line)):
            requestors[-1] = _with(requestors[-1], Place(span, number), last_update=_moment(*match.groups()))
        elif match := _SERVER.fullmatch(line):
            server, inside = unescape(match[1].strip()), False
            listing.places["server"] = Place(span, number)
        elif line.strip() and not _BANNER.match(line):
            listing.unparsed.append(
                Fault("line-unparsed", "not a line that LISTDS prints", span, damage=False, line=number)
            )
    if highest or requestors:
        sync, cycle = (int(highest[1]), int(highest[2])) if highest else (None, None)
        listing.srvconf = SrvConf(
            sync, cycle, requestors=tuple(requestors), postoffice=listing.postoffice, places=listing.places
        )
    if own or server is not None:
        reqsync, srvsync = (int(own[1]), int(own[2])) if own else (None, None)
        listing.reqconf = ReqConf(reqsync, srvsync, server=server, postoffice=listing.postoffice, places=listing.places)
    return listing


def _with_syncs(requestor: Requestor, match: re.Match[str], place: Place) -> Requestor:
    last_cycle = int(match[3]) if match[3] else None
    return _with(requestor, place, reqsync=int(match[1]), srvsync=int(match[2]), last_cycle=last_cycle)


def _with(requestor: Requestor, place: Place, **values: Any) -> Requestor:
    """Return a requestor with the values that one more of its lines prints."""
    places = {**requestor.places, **dict.fromkeys(values, place)}
    return replace(requestor, span=Span(requestor.span.start, place.span.stop), places=places, **values)


# --- lines -------------------------------------------------------------------------------------------------------


def _lines(data: bytes) -> Iterator[tuple[int, Span, str]]:
    """Yield number, span and text of each line, without its end."""
    encoding = _encoding(data)
    start = number = 0
    while start <= len(data):
        stop = data.find(b"\n", start)
        stop, number = stop if stop >= 0 else len(data), number + 1
        body = data[start:stop].rstrip(b"\r\x1a")
        yield number, Span(start, start + len(body)), body.decode(encoding).removeprefix("\ufeff")
        start = stop + 1


def _encoding(data: bytes) -> str:
    """Return code page 850, in which the utilities print, or UTF-8, in which a program of today saves a listing.

    What is saved as UTF-8 was printed before, so it has no letter but those of the code page.
    """
    if data.isascii():
        return "utf-8"
    try:
        data.decode("utf-8").removeprefix("\ufeff").encode(ENCODING)
    except UnicodeError:
        return ENCODING
    return "utf-8"


def _moment(month: str | None, day: str, clock: str, year: str) -> datetime | None:
    if month not in MONTHS:
        return None
    try:
        return datetime.fromisoformat(f"{year}-{MONTHS.index(month) + 1:02}-{day:0>2} {clock}")
    except ValueError:
        return None


_OF_LISTQ = (b"transaction file", b"date stamp", b"sync no.")
_CLOCK = re.compile(rb":[0-9]{2}:[0-9]{2}")
_OF_LISTDS = (b"configuration record", b"srvsync", b"requestor record")
"""One of these no listing is without, whatever the case: most texts are told apart by it at once."""


def _looks_like(
    data: bytes, needed: Iterable[bytes], test: Callable[[str], bool], or_else: re.Pattern[bytes] | None = None
) -> bool:
    head = data[: 1 << 16]
    if b"\0" in head[:4096]:
        return False
    lowered = head.lower()
    if not any(word in lowered for word in needed) and (or_else is None or not or_else.search(head)):
        return False
    return any(test(line) for _, _, line in _lines(head))


def _is_listq(line: str) -> bool:
    match = _NEW.fullmatch(line)
    return bool(
        _QUEUE_NAME.match(line.strip())
        or re.match(r"[ \t]*(?:CRC\s+Date stamp\s+Sync#|Item\s+Sync No\.)", line)
        or (match and match["crc"] and match["month"])
    )


def _is_listds(line: str) -> bool:
    return bool(_OWNER.match(line.strip()) or any(each.fullmatch(line) for each in (_HIGHEST, _NUMBER, _SYNCS)))


def _printed(number: int | None) -> int:
    if number is None:
        raise UsageError("a number that LISTDS prints is not in this file")
    return number
