r"""What repadmin prints of the replication of an Active Directory (docs/facts/directories.md#vectors).

``/showutdvec`` is the up-to-dateness vector of a domain controller: how far it has everybody's changes. Two lines for
one domain controller are two lives of it, of which a former one need not be marked as retired; with /nocache the names
are invocation ids, one for each life. Asked for several domain controllers it prints one vector after another, each
under a banner. ``/showrepl * /csv`` is one line for each replication link; what ``/showrepl`` prints for people, and
``samba-tool drs showrepl``, says the same over several lines, and with ``--json`` as a document. Times are printed as
the locale has them: they are kept as text, and read where all times of a report together tell which number is the day.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, NamedTuple, TypeVar

from glbtools.binary.span import Fault, Region, Span
from glbtools.binary.tree import Node
from glbtools.brief import brief, count
from glbtools.errors import DescriptionError
from glbtools.formats.base import Rows, moment_row, span_row
from glbtools.tables import open_json

SHOWREPL_HEADER = (
    "showrepl_COLUMNS", "Destination DSA Site", "Destination DSA", "Naming Context", "Source DSA Site", "Source DSA",
    "Transport Type", "Number of Failures", "Last Failure Time", "Last Success Time", "Last Failure Status",
)  # fmt: skip

_VECTOR = re.compile(r"\s*([0-9]{1,20}) @ Time (.+)", re.ASCII)
_RETIRED = " (retired)"
_HEADER = re.compile(rf'"?{SHOWREPL_HEADER[0]}"?,|#TYPE ')
"""The first lines of the list of links; PowerShell's Export-Csv writes the type of its objects, and quotes."""
_PREAMBLE = re.compile(r"\.*|Caching GUIDs\.|repadmin( running command|: running command|:? ).*", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_BANNER = re.compile(r"repadmin\b.*?/showutdvec\b(?:.*[ \t](\S+))?", re.IGNORECASE)
_BEGUN = "caching guids."
_NOBODY = re.compile(r"localhost|\.|[0-9.]+|[0-9a-f:]*:[0-9a-f:.]*", re.IGNORECASE)
"""What stands for a domain controller and is no name of one."""
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_STATUS = tuple(
    re.compile(each, re.IGNORECASE)
    for each in (r"(-?[0-9]{1,10})", r".*?\b(?:status|result):? (-?[0-9]{1,10})\b.*", r".*?\((-?[0-9]{1,10})\).*")
)
"""Where the number of what went wrong stands in a text: alone, named, or in brackets."""
_STATUS_IN_HEX = re.compile(r"(-?[0-9]{1,20})(?: ?\(0x[0-9A-Fa-f]{1,8}\))?", re.ASCII)
_SHOWN = 80
_PROBED = 16384

UNREACHED = "ERROR"
"""Status of a link of which only is known that the domain controller was not reached."""

Item = TypeVar("Item", "Vector", "Link")


class Vector(NamedTuple):
    """One line of an up-to-dateness vector.

    Attributes:
        site: site of the domain controller; empty with /nocache.
        server: its name, or its invocation id with /nocache.
        retired: the line is of a former life of it.
        usn: highest of its numbers that was consumed.
        time: when, as printed.
        line: number of the line, counted from 1.
    """

    site: str
    server: str
    retired: bool
    usn: int
    time: str
    line: int = 0

    @property
    def when(self) -> datetime | None:
        """The time, if it is printed year first; local time of the machine that ran repadmin."""
        return moment(self.time)


class Table(NamedTuple):
    """The up-to-dateness vector of one domain controller.

    Attributes:
        owner: whose it is, as the banner above it says; None where none does.
        items: its lines.
    """

    owner: str | None
    items: tuple[Vector, ...]

    @property
    def by_id(self) -> bool:
        """Whether the names are invocation ids, as with /nocache."""
        return bool(self.items) and all(_GUID.fullmatch(each.server) for each in self.items)


class Link(NamedTuple):
    """One replication link.

    Attributes:
        status: what follows ``showrepl_``: INFO, or ERROR for a domain controller that could not be reached, of which
            only site, name and the last number are known.
        site: site of the destination; the six fields that follow are the columns of these names.
        failures: how often it has failed since the last success; None where that is no number.
        last_failure: time as printed; ``0`` stands for never.
        last_success: time as printed.
        last_status: error number of the last failure; None where that is no number.
        line: number of the line, counted from 1.
        day_first: whether the day stands before the month in times of slashes; None where nothing tells.
    """

    status: str
    site: str
    server: str
    context: str
    source_site: str
    source: str
    transport: str
    failures: int | None
    last_failure: str
    last_success: str
    last_status: int | None
    line: int = 0
    day_first: bool | None = None

    @property
    def succeeded(self) -> datetime | None:
        """Time of the last success, where it can be told."""
        return moment(self.last_success, day_first=self.day_first)

    @property
    def failed(self) -> datetime | None:
        """Time of the last failure, where it can be told."""
        return moment(self.last_failure, day_first=self.day_first)

    @property
    def is_failing(self) -> bool:
        """Whether it has failed since its last success, or the domain controller was not reached."""
        return bool(self.failures) or bool(self.last_status) or self.status == UNREACHED


@dataclass(frozen=True, slots=True)
class Report(Generic[Item]):
    """What was understood of a report, and what was not; every line is one thing.

    Attributes:
        items: what was understood.
        faults: the lines that were not.
        lines: every line with its number and its bytes.
    """

    what: ClassVar[str]
    """What a line that is understood is."""

    items: tuple[Item, ...]
    faults: tuple[Fault, ...]
    lines: tuple[tuple[int, Span, str], ...] = ()

    def nodes(self) -> Iterator[Node]:
        """Yield the lines."""
        known = {each.line for each in self.items}
        strange = {each.line for each in self.faults}
        for number, span, text in self.lines:
            if span.size:
                what = self.what if number in known else "unparsed line" if number in strange else "heading"
                yield Node(what, span, text)

    def regions(self) -> Iterator[Region]:
        """Yield the lines."""
        return (Region(node.span, node.name) for node in self.nodes())

    def rows(self, **more: Callable[[Item], str | None]) -> list[Rows]:
        """Return what was understood, for programs; ``more`` gives further columns."""
        spans = {number: span for number, span, _ in self.lines}
        rows = (
            {"line": each.line, "span": span_row(spans[each.line])}
            | each._asdict()
            | {name: value(each) for name, value in more.items()}
            for each in self.items
        )
        return [Rows("records", len(self.items), rows)]


class Vectors(Report[Vector]):
    """Output of ``repadmin /showutdvec``."""

    what = "vector"

    def lists(self) -> list[Rows]:
        """The lines of the vectors."""
        return self.rows(when=lambda each: moment_row(each.when))

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    def summary(self) -> list[str]:
        """How many vectors and domain controllers there are, and how many lines are of former lives."""
        items, tables = self.items, _tables(self.lines)
        ids = sum(_GUID.fullmatch(name) is not None for name in {each.server.lower() for each in items})
        names = {(each.site.lower(), each.server.lower()) for each in items if not _GUID.fullmatch(each.server)}
        retired = sum(each.retired for each in items)
        said = [count(len(tables), "vector")] if len(tables) > 1 else []
        said += [count(len(names), "domain controller")] if names or not ids else []
        said += [count(ids, "invocation id")] if ids else []
        said += [count(len(items), "line")] if len(items) > len(names) + ids else []
        return said + ([f"{retired} of a former life"] if retired else [])


class Links(Report[Link]):
    """Output of ``repadmin /showrepl * /csv``."""

    what = "link"

    def lists(self) -> list[Rows]:
        """The links."""
        return self.rows(succeeded=lambda each: moment_row(each.succeeded))

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    def summary(self) -> list[str]:
        """How many links there are, and how many of them fail."""
        failing = sum(each.is_failing for each in self.items)
        said = [count(len(self.items), "link")]
        return said + ([f"{failing} failing"] if failing else [])


def probe_utdvec(data: bytes) -> bool:
    """Whether the first line that is no preamble is one of a vector."""
    return _begins(data, lambda text: bool(parse_utdvec(text.encode()).items))


def probe_showrepl(data: bytes) -> bool:
    """Whether the first line that is no preamble is the header of the links, or a link, or links are told in text."""
    if _begins(data, lambda text: _HEADER.match(text) is not None or bool(parse_showrepl(text.encode()).items)):
        return True
    text = _narrow(data)
    if text.lstrip().startswith(b"{"):
        return _LINKS_OF.search(text[:_PROBED]) is not None
    if b"INBOUND NEIGHBORS" not in text[:_PROBED]:
        return False
    head = tuple(_lines(data[:_PROBED]))
    return any(_INBOUND.match(text) for _, _, text in head) and bool(_Neighbours(head).links)


def parse_utdvec(data: bytes) -> Vectors:
    """Read the output of ``repadmin /showutdvec``; a line that is not understood is a fault."""
    items: list[Vector] = []
    faults: list[Fault] = []
    lines = tuple(_lines(data))
    is_unreached = False
    for number, span, text in lines:
        if is_unreached and text[:1] in {" ", "\t"}:
            continue  # what the status means
        found = _UNREACHED.fullmatch(text.strip())
        is_unreached = found is not None
        if found:
            said = f"{found[1] or 'a server'} was not reached (status {found[2]}): its vector is not here"
            faults.append(Fault(NOT_REACHED, said, span, damage=False, line=number))
            continue
        vector = _vector(text, number)
        if vector is not None:
            items.append(vector)
            if is_time(vector.time) and vector.when is None and not _NUMBERS.fullmatch(vector.time):
                said = f"a time that is not whole: {vector.time}"
                faults.append(Fault("time", said[:_SHOWN], span, damage=False, line=number))
        elif not _PREAMBLE.fullmatch(text.strip()):
            faults.append(_not_understood(text, span, number))
    return Vectors(tuple(items), tuple(faults), lines)


def vector_tables(data: bytes) -> tuple[Table, ...]:
    """Return the vectors in the output of ``repadmin /showutdvec``; see ``_tables``."""
    return _tables(_lines(data))


def _tables(lines: Iterable[tuple[int, Span, str]]) -> tuple[Table, ...]:
    """Return vectors, each with its owner where that is said.

    A new one begins at each banner, and at each line with which repadmin begins to work where others precede it. An
    invocation id that comes again in one is of another, too: then there were banners, and they are gone.
    """
    tables: list[Table] = []
    owner: str | None = None
    items: list[Vector] = []
    seen: set[str] = set()
    for number, _, text in lines:
        vector, plain = _vector(text, number), text.strip()
        banner = None if vector else _BANNER.fullmatch(plain)
        again = vector is not None and _GUID.fullmatch(vector.server) is not None and vector.server.lower() in seen
        if items and (banner or again or plain.lower() == _BEGUN):
            tables.append(Table(owner, tuple(items)))
            owner, items = None, []
            seen.clear()
        if banner:
            owner = banner[1] if banner[1] and not _NOBODY.fullmatch(banner[1]) else None
        if vector is not None:
            items.append(vector)
            seen.add(vector.server.lower())
    return (*tables, Table(owner, tuple(items))) if items else tuple(tables)


def parse_showrepl(data: bytes) -> Links:
    """Read what ``repadmin /showrepl`` prints, as CSV or for people, or ``samba-tool drs showrepl`` in either form.

    A line of a CSV that is not understood is a fault; what stands between the links of the other forms is text.
    """
    items: list[Link] = []
    faults: list[Fault] = []
    lines = tuple(_lines(data))
    if any(_INBOUND.match(text) for _, _, text in lines):
        told = _Neighbours(lines)
        items, faults = told.links, told.faults
    elif (document := _narrow(data)).lstrip().startswith(b"{"):
        try:
            printed = [(number, lines[number - 1][1], text) for number, text in _as_printed(document)]
            told = _Neighbours(printed)
            items, faults = [_without_site(each) for each in told.links], told.faults
        except DescriptionError as error:
            line = error.line or 1
            faults.append(Fault("text", error.reason[:_SHOWN], lines[line - 1][1], line=line))
    else:
        for number, span, text in lines:
            link = _link(text, number) if text.startswith(("showrepl_", '"showrepl_')) else None
            if link is not None:
                items.append(link)
            elif not _HEADER.match(text) and not _PREAMBLE.fullmatch(text.strip()):
                fault = _not_understood(text, span, number)
                faults.append(fault._replace(kind=OUTCOME) if _ROW.match(text) else fault)
    order = _day_first(time for each in items for time in (each.last_success, each.last_failure))
    spans = {number: span for number, span, _ in lines}
    items = [each._replace(day_first=order) for each in items]
    for each in items:
        untold = [time for time in (each.last_success, each.last_failure) if is_time(time)]
        if any(moment(time, day_first=order) is None for time in untold):
            said = f"a time that cannot be told: {untold[0]}"
            faults.append(Fault("time", said[:_SHOWN], spans[each.line], damage=False, line=each.line))
    return Links(tuple(items), tuple(faults), lines)


_ROW = re.compile(r'"?showrepl_[A-Z]+"?[,;\t]')
_LINKS_OF = re.compile(rb'"(?:repsFrom|repsTo|NTDSConnections)"[ \t]*:')
_INBOUND = re.compile(r"[ \t]*=+ INBOUND NEIGHBORS =+")
_SECTION = re.compile(r"[ \t]*=+ .+ =+")
_SERVER = re.compile(r"([^\s\\][^\\]*)\\([^\\\s]+)")
_CONTEXT = re.compile(r"(?:DC|CN|OU|O|C)=\S.*", re.IGNORECASE)
_FROM = re.compile(r"[ \t]+([^\\]+)\\(\S+) via (\S+)")
_ATTEMPT = re.compile(
    r"[ \t]+Last attempt @ (.+?) (?:was successful|failed, result (-?[0-9]{1,10}) ?\(.*\)|was delayed .*)[.:]?"
)
_COUNTED = re.compile(r"[ \t]+([0-9]{1,9}) consecutive failure\(s\)\.?")
_SUCCESS = re.compile(r"[ \t]+Last success @ (.+?)\.?")


class _Neighbours:
    """The links in a text for people: inbound ones, and of those to others the failing ones.

    Of a link the text says how its last attempt ended; where that cannot be read, as in another language or where the
    text is cut off, nothing is known of the link, which is said. A server that was named and of which nothing follows
    was not reached.

    Attributes:
        links: what was read.
        faults: what was not, and what the options of a server say.
    """

    def __init__(self, lines: Iterable[tuple[int, Span, str]]) -> None:
        self.links: list[Link] = []
        self.faults: list[Fault] = []
        self._site = self._server = self._context = self._held = ""
        self._section: re.Pattern[str] | None = None
        self._link: Link | None = None
        self._ended = False
        self._asked: tuple[str, int, Span] | None = None
        self._source: Link | None = None
        for number, span, line in lines:
            self._read(line.rstrip(), number, span)
        self._close()
        self._unanswered()

    def _read(self, text: str, number: int, span: Span) -> None:
        if any(each.fullmatch(text) for each in (_SECTION, _SERVER, _CONTEXT, _FROM, _SOURCE, _ASKED)):
            self._close()
        if _SECTION.fullmatch(text):
            self._section = next((each for each in (_INBOUND, _OUTBOUND) if each.match(text)), None)
        elif found := _ASKED.fullmatch(text):
            self._unanswered()
            self._asked, self._section = (found[1], number, span), None
        elif found := _SOURCE.fullmatch(text):
            link = _link_of("INFO", self._site, self._server, "", number)
            self._source = link._replace(source_site=found[1].strip(), source=found[2])
        elif found := _SERVER.fullmatch(text):
            self._site, self._server, self._asked = found[1], found[2], None
        elif found := _UNREACHED.fullmatch(text.strip()):
            name = found[1] or (self._asked[0] if self._asked else "")
            self.links.append(
                _link_of(UNREACHED, "", name, "", number)._replace(failures=None, last_status=int(found[2]))
            )
            self._asked = None
        elif found := _OPTIONS.fullmatch(text):
            self._options(found[1], number, span)
        elif _CONTEXT.fullmatch(text):
            self._context = text
        elif found := _FROM.fullmatch(text):
            if self._section:
                self._link = _link_of("INFO", self._site, self._server, self._context, number)._replace(
                    source_site=found[1].strip(), source=found[2], transport=found[3]
                )
                self._span, self._held, self._ended = span, "", False
        elif self._source is not None:
            self._source = _of_cache(self._source, text)
        elif self._link is not None:
            self._tell(text)

    def _tell(self, text: str) -> None:
        """Add what a line below a link says; that of an attempt may run over two, as mail programs break it."""
        link = self._link
        if link is None:
            return
        begun, self._held = self._held, ""
        whole = f"{begun} {text.strip()}" if begun else text
        if _ATTEMPT.fullmatch(whole):
            self._ended = True
        elif _BEGUN_ATTEMPT.match(text):
            self._held = text
        self._link = _told(link, whole)

    def _options(self, text: str, number: int, span: Span) -> None:
        words = set(text.upper().split())
        bits = next((int(each, 16) for each in words if each.startswith("0X")), 0)
        read_only = "IS_RODC" in words or bits & 0x20  # it sends nothing by its nature
        inbound = "DISABLE_INBOUND_REPL" in words or bits & 2
        outbound = ("DISABLE_OUTBOUND_REPL" in words or bits & 4) and not read_only
        said = " and ".join(each for each, is_set in (("inbound", inbound), ("outbound", outbound)) if is_set)
        if said:
            message = f"{said} replication is switched off at {self._server or 'a server'}"
            self.faults.append(Fault(OPTIONS, message, span, damage=False, line=number))

    def _close(self) -> None:
        """Keep the link that was being read."""
        link, source, self._link, self._source = self._link, self._source, None, None
        if source is not None and source.is_failing and all(each.source != source.source for each in self.links):
            self.links.append(source)
        if link is None:
            return
        if self._section is _OUTBOUND:
            if link.is_failing:
                # It is told by the source: who is to be notified, and is not.
                self.links.append(
                    link._replace(site=link.source_site, server=link.source, source_site=link.site, source=link.server)
                )
            return
        self.links.append(link)
        if not self._ended and not link.failures:
            said = f"how the link from {link.source} to {link.server} stands is not said, or not understood"
            self.faults.append(Fault(OUTCOME, said, self._span, damage=False, line=link.line))
        elif not link.is_failing and link.last_success == "NTTIME(0)":
            said = f"the link from {link.source} to {link.server}, {link.context}, was never used"
            self.faults.append(Fault(UNUSED, said, self._span, damage=False, line=link.line))

    def _unanswered(self) -> None:
        """Say of a server that was asked that nothing follows."""
        if self._asked is not None:
            name, number, span = self._asked
            message = f"nothing is printed of {name}, which was asked"
            self.faults.append(Fault(OUTCOME, message, span, damage=False, line=number))
        self._asked = None


NOT_REACHED = "not-reached"
"""Kind of fault of a vector: a server that was asked for its own did not answer."""

OUTCOME, UNUSED, OPTIONS = "outcome", "unused", "options"
"""Kinds of faults of a list of links: how a link stands is not known; it was never used; a server's options."""

_OUTBOUND = re.compile(r"[ \t]*=+ OUTBOUND NEIGHBORS\b.* =+")
_ASKED = re.compile(r"repadmin: running command /showrep[ls] against .*?(\S+)", re.IGNORECASE)
_UNREACHED = re.compile(
    r"(?:DsBind\w* to (\S+) failed with status|LDAP error [0-9]{1,5} \(.*\) Win32 Err) (-?[0-9]{1,10})\b.*",
    re.IGNORECASE,
)
_OPTIONS = re.compile(r"[ \t]*(?:DSA|DC) Options:[ \t]*(.*)", re.IGNORECASE)
_SOURCE = re.compile(r"Source: ([^\\]+)\\(\S+)")
_CACHED = re.compile(r"\*+ ([0-9]{1,9}) CONSECUTIVE FAILURES since (.+)")
_CACHED_ERROR = re.compile(r"Last error: (-?[0-9]{1,10})\b.*")
_BEGUN_ATTEMPT = re.compile(r"[ \t]+Last attempt @ ")


def _link_of(status: str, site: str, server: str, context: str, line: int) -> Link:
    """Return a link of which nothing bad is known yet."""
    return Link(status, site, server, context, source_site="", source="", transport="", failures=0, last_failure="0",
                last_success="0", last_status=0, line=line)  # fmt: skip


def _of_cache(link: Link, text: str) -> Link:
    """Return a link with what the list of failing sources, below the links, says of it."""
    if found := _CACHED.fullmatch(text):
        return link._replace(failures=int(found[1]), last_success=found[2])
    if found := _CACHED_ERROR.fullmatch(text):
        return link._replace(last_status=int(found[1]))
    return link


def _narrow(data: bytes) -> bytes:
    """Return a document in UTF-8, without the mark that may stand before it."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", "replace").encode("utf-8", "replace")
    return data.removeprefix(b"\xef\xbb\xbf")


_NO_SITE = "-"


def _as_printed(data: bytes) -> Iterator[tuple[int, str]]:
    """Yield the lines that ``samba-tool drs showrepl`` prints where ``--json`` makes a document, with those of that.

    The document names the domain controller by its identity alone.

    Raises:
        DescriptionError: it is no such document, or a link in it has another shape.
    """
    document = open_json(data, "")
    dsa = document["dsa"]
    yield dsa.line, f"{_NO_SITE}\\{dsa['objectGUID'].text()}"
    yield dsa.line, f"DSA Options: 0x{dsa['options'].integer(0, 0xFFFFFFFF, 0):08x}"
    for name, heading in (("repsFrom", "INBOUND"), ("repsTo", "OUTBOUND")):
        yield document[name].line, f"==== {heading} NEIGHBORS ===="
        for row in document[name].items():
            yield row.line, row["NC dn"].text()
            yield row.line, f"\t{row['DSA'].text()} via RPC"
            yield row.line, f"\t\tLast attempt @ {row['last attempt time'].text()} {row['last attempt message'].text()}"
            yield row.line, f"\t\t{row['consecutive failures'].integer(0, 999_999_999)} consecutive failure(s)."
            yield row.line, f"\t\tLast success @ {row['last success'].text()}"


def _without_site(link: Link) -> Link:
    """Return a link of a document, which does not name the site of its server."""
    return link._replace(
        site="" if link.site == _NO_SITE else link.site,
        source_site="" if link.source_site == _NO_SITE else link.source_site,
    )


def _told(link: Link, text: str) -> Link:
    """Return a link with what a line below it says."""
    if found := _ATTEMPT.fullmatch(text):
        if found[2] is None:
            return link._replace(last_success=found[1]) if "was successful" in text else link
        return link._replace(last_failure=found[1], last_status=int(found[2]), failures=link.failures or 1)
    if found := _COUNTED.fullmatch(text):
        return link._replace(failures=int(found[1]))
    if found := _SUCCESS.fullmatch(text):
        return link._replace(last_success=found[1])
    return link


def _begins(data: bytes, test: Callable[[str], bool]) -> bool:
    texts = (
        text
        for _, _, text in _lines(data[:_PROBED])
        if not _PREAMBLE.fullmatch(text.strip()) and not text.startswith("#TYPE ")
    )
    return test(next(texts, ""))


def moment(text: str, *, day_first: bool | None = None) -> datetime | None:
    """Return a time as a report prints it; None where it is none, or where nothing tells which number is the day.

    Year first (``2026-02-10 15:10:48``); with dots, the day first; with the name of the month, as Samba prints it, zone
    and day of the week left out; with slashes by ``day_first``.
    """
    plain = " ".join(text.split())
    if found := _NAMED_MONTH.fullmatch(plain):
        return _parsed(f"{found[4]}-{found[1]}-{found[2]} {found[3]}", "%Y-%b-%d %H:%M:%S")
    found = _NUMBERS.fullmatch(plain)
    if not found:
        return None
    first, mark, second, third, clock, half = found[1], found[2], found[3], found[4], found[5], found[7]
    if len(first) == 4:
        year, month, day = first, second, third
    elif mark == "." or day_first:
        year, month, day = third, second, first
    elif day_first is not None or int(first) > 12 or int(second) > 12:
        day, month = (first, second) if int(first) > 12 else (second, first)
        year = third
    else:
        return None
    clock = clock.replace(".", ":")
    clock = clock if clock.count(":") == 2 else f"{clock}:00"
    form = "%I:%M:%S %p" if half else "%H:%M:%S"
    return _parsed(f"{year}-{month}-{day} {clock}{f' {half}' if half else ''}", f"%Y-%m-%d {form}")


_NUMBERS = re.compile(
    r"([0-9]{1,4})([-/.]) ?([0-9]{1,2})\2 ?([0-9]{1,4})\.?[ T]"
    r"([0-9]{1,2}([:.])[0-9]{2}(?:\6[0-9]{2})?)(?: ([AaPp][Mm]))?",
    re.ASCII,
)
_NAMED_MONTH = re.compile(
    r"(?:[A-Za-z]{3},? )?([A-Z][a-z]{2}) ([0-9]{1,2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) ([0-9]{4})(?: [A-Z0-9+-]+)?",
    re.ASCII,
)
_LIKE_A_TIME = re.compile(r"[0-9]{1,4}[-/.] ?[0-9]{1,2}[-/.] ?[0-9]{1,4}|[0-9]{1,2}:[0-9]{2}:[0-9]{2}", re.ASCII)


def _parsed(text: str, form: str) -> datetime | None:
    try:
        found = datetime.strptime(text, form)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


_YEARS = range(1601, 2400)
"""From the beginning of the times of Windows on; other calendars (Thai, Persian, Hijri) count years outside of it."""


def is_time(text: str) -> bool:
    """Whether a text is meant to be a time, and is not what stands for never."""
    return _LIKE_A_TIME.search(text) is not None


def _day_first(times: Iterable[str]) -> bool | None:
    """Return which number of the times with slashes is the day; None where no time tells, or two contradict."""
    told = set()
    for text in times:
        found = _NUMBERS.fullmatch(" ".join(text.split()))
        if found and found[2] != "." and len(found[1]) < 4:
            if int(found[1]) > 12 >= int(found[3]):
                told.add(True)
            elif int(found[3]) > 12 >= int(found[1]):
                told.add(False)
    return told.pop() if len(told) == 1 else None


def _vector(text: str, number: int) -> Vector | None:
    name, _, rest = text.partition(" @ USN")
    found = _VECTOR.fullmatch(rest)
    name = name.strip()
    if not found or not name:
        return None
    site, _, server = name.removesuffix(_RETIRED).strip().rpartition("\\")
    return Vector(site, server, name.endswith(_RETIRED), int(found[1]), found[2].strip(), line=number)


def _link(text: str, number: int) -> Link | None:
    try:
        fields = next(csv.reader([text]))
    except (csv.Error, StopIteration):
        return None
    if fields and fields[0] == f"showrepl_{UNREACHED}" and 3 <= len(fields) < len(SHOWREPL_HEADER):
        # Site and name where they are known, and what went wrong; a number may stand in that text.
        said = " ".join(fields[3:]).strip()
        told = next((found[1] for each in _STATUS if (found := each.fullmatch(said))), "")
        fields = [*fields[:3], *[""] * (len(SHOWREPL_HEADER) - 4), told]
    if len(fields) != len(SHOWREPL_HEADER) or fields[0] == SHOWREPL_HEADER[0]:
        return None
    failures = int(fields[7]) if _NUMBER.fullmatch(fields[7]) else None
    told = _STATUS_IN_HEX.fullmatch(fields[10])
    status = int(told[1]) if told else None
    return Link(
        status=fields[0].removeprefix("showrepl_"),
        site=fields[1],
        server=fields[2],
        context=fields[3],
        source_site=fields[4],
        source=fields[5],
        transport=fields[6],
        failures=failures,
        last_failure=fields[8],
        last_success=fields[9],
        last_status=status,
        line=number,
    )


def _not_understood(text: str, span: Span, number: int) -> Fault:
    return Fault("text", f"not understood: {text.strip()[:_SHOWN]}".rstrip(" ."), span, damage=False, line=number)


def _lines(data: bytes) -> Iterator[tuple[int, Span, str]]:
    """Yield number, bytes and text of each line; UTF-16 as PowerShell redirects it, UTF-8, or ANSI."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16-le" if data[0] == 0xFF else "utf-16-be"
        text, mark = data[2:].decode(encoding, "replace"), 2
    else:
        mark = 3 if data.startswith(b"\xef\xbb\xbf") else 0
        try:
            encoding, text = "utf-8", data[mark:].decode("utf-8")
        except UnicodeDecodeError:
            encoding, text = "latin-1", data[mark:].decode("latin-1")
    offset = mark
    for number, line in enumerate(text.split("\n"), 1):
        size = len((line + "\n").encode(encoding))
        stop = min(offset + size, len(data))
        yield number, Span(min(offset, len(data)), stop), line.removesuffix("\r")
        offset += size
