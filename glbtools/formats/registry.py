"""All formats: which one a file is of, and what it holds, in one shape for every renderer.

Content decides first, the name second (a 0-byte file has no content). "Not mine" is an error; "mine but broken" is a
result with faults. A format's module is loaded when it is needed.
"""

from __future__ import annotations

import fnmatch
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from glbtools import files
from glbtools.binary.span import Fault, Region, tile
from glbtools.brief import brief
from glbtools.errors import GlbError, UnknownFormatError, UsageError, suggestion
from glbtools.layouts import Layouts

if TYPE_CHECKING:
    from glbtools.binary.layout import Layout
from glbtools.formats.base import Content, Row


class Entry(NamedTuple):
    """One supported format, without loading it.

    Attributes:
        name: as ``--as`` and JSON spell it; of a binary format also the family of its layouts.
        title: for people.
        parser: what reads a file of it: module and function in ``glbtools.formats``, or ``package.module:function``
            of another package; it takes the content and, of a binary format, the layout, and never fails for what it
            reads.
        prober: the function of that module that tells whether a content is of this format; strict, since another
            format may fit better.
        names: patterns of file names, upper case, that say so when the content does not.
        binary: whether it has a layout.
        built: whether ``glbtools build`` writes it from a description.
        certainty: how sure its form is.
    """

    name: str
    title: str
    parser: str
    prober: str
    names: tuple[str, ...] = ()
    binary: bool = False
    built: bool = False
    certainty: str = "as its package says"

    def __repr__(self) -> str:
        return brief("Format", f"{self.name}, {self.title}")

    def parse(self, data: bytes, layout: Layout | None) -> Content:
        """Return what a content holds.

        Raises:
            UsageError: no file of this format is so large, or the library that reads it is missing.
        """
        return self._called(self.parser, data, layout)  # type: ignore[no-any-return]

    def probe(self, data: bytes, layout: Layout | None) -> bool:
        """Whether a content is of this format."""
        if ":" in self.parser:
            module = self.parser.partition(":")[0]
            return self._called(f"{module}:{self.prober}", data, layout)  # type: ignore[no-any-return]
        module = self.parser.partition(".")[0]
        return self._called(f"{module}.{self.prober}", data, layout)  # type: ignore[no-any-return]

    def _called(self, place: str, data: bytes, layout: Layout | None) -> Any:
        if ":" in place:
            return self._foreign(place, data)
        module, _, name = place.partition(".")
        function = getattr(importlib.import_module(f"glbtools.formats.{module}"), name)
        return function(data, layout) if self.binary else function(data)

    def _foreign(self, place: str, data: bytes) -> Any:
        """Call what another package has for its format; it is to blame for what goes wrong there."""
        module, _, name = place.partition(":")
        try:
            return getattr(importlib.import_module(module), name)(data)
        except GlbError:
            raise
        except Exception as error:
            raise UsageError(f"format {self.name}: {place} failed: {type(error).__name__}: {error}") from error


_QUEUES = (
    "REQTRANS.GLB", "MSTTRANS.GLB", "SRVTRANS.GLB", "USRTRANS.GLB", "NMETRANS.GLB", "GWTRANS.GLB", "RESYNC.GLB",
    "IUSRTRAN*.GLB", "INMETRAN*.GLB", "IGWTRAN*.GLB", "SRVUPDS.GLB", "REQUPDS.GLB", "TMPTRANS.GLB",
)  # fmt: skip
_LOGS = ("DSSERVER.LOG", "CENTRAL.LOG", "DIRSYNC.LOG", "DISPATCH*.LOG")
"""Logs that Dir-Sync itself names; any other file is one by its content alone."""
_RECONSTRUCTED, _SAMPLED = "content attested, offsets assumed", "attested by printed samples"


def _binary(name: str, title: str, parser: str, prober: str, names: tuple[str, ...]) -> Entry:
    return Entry(name, title, parser, prober, names, binary=True, built=True, certainty=_RECONSTRUCTED)


def _text(
    name: str, title: str, parser: str, prober: str, *names: str, built: bool = False, certainty: str = _SAMPLED
) -> Entry:
    return Entry(name, title, parser, prober, names, binary=False, built=built, certainty=certainty)


def _sibling(name: str, title: str, certainty: str, *names: str) -> Entry:
    return Entry(name, title, "sibling.parse", "probe", names, binary=True, built=False, certainty=certainty)


DIRSYNC: Mapping[str, Entry] = {
    each.name: each
    for each in (
        _binary("queue", "queue of transactions", "queue.parse_queue", "probe", _QUEUES),
        _binary("reqconf", "requestor configuration", "config.parse_reqconf", "probe_reqconf", ("REQCONF.GLB",)),
        _binary("srvconf", "server configuration", "config.parse_srvconf", "probe_srvconf", ("SRVCONF.GLB",)),
        _text("log", "Dir-Sync log", "logs.parse_log", "probe", *_LOGS, built=True),
        _text("listq", "LISTQ listing", "listing.parse_listq", "probe_listq", "LISTQ*.TXT"),
        _text("listds", "LISTDS listing", "listing.parse_listds", "probe_listds", "LISTDS*.TXT"),
        _text("message", "foreign requestor's message", "message.parse_message", "probe"),
        _text("subject", "subject of a sync message", "message.parse_subject_file", "probe_subject"),
        _text("import", "Import file", "import_file.parse_import", "probe"),
    )
}
"""What a postoffice is made of."""

SIBLINGS: Mapping[str, Entry] = {
    each.name: each
    for each in (
        _sibling("control", "counters of file names", "attested to the byte", "CONTROL.GLB"),
        _sibling("names", "list of names", "attested in parts", "*.NME"),
        _sibling("networks", "list of networks", "attested in parts", "NETWORK.GLB"),
        _sibling("extension", "list of a network's postoffices", "attested in parts", "*.XTN"),
        _sibling("mailbag", "mailbag", "attested in parts", "*.MBG"),
        _sibling("key", "key file of a mailbag", "attested in its size and its empty form", "*.KEY"),
        _sibling("users", "address list of an external postoffice", "attested in its sizes", "*.USR"),
        _sibling("members", "list of group members", "attested in its sizes", "*.GRP"),
        _sibling("addresses", "list of external addresses", "attested in its sizes", "NETPO.GLB"),
        _sibling("schedule", "schedule of Dispatch", "attested in its sizes", "PROCESS.GLB"),
        _sibling("master", "configuration of a postoffice", "attested in its size", "MASTER.GLB"),
    )
}
"""Other files of a postoffice; they are shown, and Dir-Sync keeps nothing in them."""

FORMATS: Mapping[str, Entry] = {
    each.name: each
    for each in (
        *DIRSYNC.values(),
        *SIBLINGS.values(),
        _text("exchange-csv", "Exchange directory CSV", "exchange_csv.parse_alone", "begins"),
        _text("ldif", "LDIF file", "ldif_dump.parse_ldif", "begins", certainty="attested by its standard"),
        _text("csvde", "csvde export", "csvde.parse_csvde", "begins"),
        _text(
            "dirsync",
            "file of the DIRSYNC sample",
            "dirsync_file.parse_dirsync",
            "probe",
            certainty="attested by its grammar",
        ),
        _text("showutdvec", "up-to-dateness vector", "repadmin.parse_utdvec", "probe_utdvec"),
        _text("showrepl", "list of replication links", "repadmin.parse_showrepl", "probe_showrepl"),
        _text("cursors", "list of cursors", "cursors.parse_document", "probe", certainty="our own"),
    )
}
"""Every supported format: besides those of a postoffice, those of directories that number their changes.

The latter are known by their content alone: a name such as ``*.CSV`` would make a postoffice of any directory.
"""

GROUP = "glbtools.formats"
"""Entry points of this group add formats: each names an ``Entry``."""


@cache
def added() -> Mapping[str, Entry]:
    """Return the formats that other packages add.

    Raises:
        UsageError: an entry point cannot be loaded, names no format, or one that there is.
    """
    from importlib.metadata import entry_points

    found: dict[str, Entry] = {}
    for point in entry_points(group=GROUP):
        try:
            entry = point.load()
        except Exception as error:
            raise UsageError(f"entry point {point.name} = {point.value}: cannot be loaded: {error}") from error
        if not isinstance(entry, Entry) or entry.binary or ":" not in entry.parser:
            raise UsageError(
                f"entry point {point.name} = {point.value}: is no glbtools.Format with a parser package.module:function"
            )
        if entry.name in FORMATS or entry.name in found:
            raise UsageError(f"entry point {point.name} = {point.value}: there is a format {entry.name} already")
        found[entry.name] = entry
    return found


def every() -> Mapping[str, Entry]:
    """Return the formats of glbtools, and behind them those that other packages add."""
    return {**FORMATS, **added()}


_TEXT_FORMATS = ("subject", "message", "listds", "listq", "log", "import")
_DIRECTORY_FORMATS = tuple(name for name, each in FORMATS.items() if not each.binary and name not in DIRSYNC)
_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 begins: Exchange writes it (uCodePage), and PowerShell redirects into it."""


Read_co = TypeVar("Read_co", bound=Content, covariant=True)
"""What a file of some format is read as."""


@dataclass(frozen=True, repr=False)
class Inspection(Generic[Read_co]):
    """What one file holds.

    Attributes:
        path: as given.
        entry: the format it is of.
        layout: the binary layout it was read with; None for text.
        data: the content.
        content: the parsed file, of the type its format's module returns; that is known where the format was given,
            and else told by ``isinstance``.
    """

    path: str
    entry: Entry
    layout: Layout | None
    data: bytes
    content: Read_co

    def __repr__(self) -> str:
        return brief("Inspection", f"{self.path}, {'; '.join(self.summary)}")

    @cached_property
    def faults(self) -> list[Fault]:
        """Everything that is wrong or remarkable, in the order of the file."""
        return sorted(self.content.faults, key=lambda each: each.span)

    @property
    def damage(self) -> int:
        """How many of the faults are damage."""
        return sum(each.damage for each in self.faults)

    @property
    def damaged(self) -> bool:
        """Whether any fault is damage."""
        return self.damage > 0

    @cached_property
    def regions(self) -> list[Region]:
        """What each stretch of the file is; they tile it."""
        return tile(self.content.regions(), len(self.data))

    @property
    def summary(self) -> list[str]:
        """The content in a few phrases."""
        return self.content.summary()

    @property
    def sha256(self) -> str:
        """SHA-256 of the content in hex."""
        return files.sha256(self.data)

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Yield what the file holds for programs, each row with the list it belongs to."""
        return ((each.name, row) for each in self.content.lists() for row in each.rows)


def entry_of(name: str, option: str = "") -> Entry:
    """Return the format that a user names, in upper or lower case.

    Raises:
        UsageError: there is none; ``option`` stands before the name in what is said.
    """
    entry = FORMATS.get(name.lower()) or added().get(name.lower())
    if entry is None:
        names = every()
        known = f"formats are {', '.join(names)}"
        raise UsageError(f"{option}{name}: is not a format; {known}{suggestion(name, names)}")
    return entry


def inspect_bytes(
    data: bytes,
    path: str,
    *,
    as_format: str | None = None,
    layouts: Layouts | None = None,
    among: Mapping[str, Entry] = FORMATS,
) -> Inspection[Content]:
    """Return what a content holds.

    Args:
        data: the content.
        path: what names it.
        as_format: read it as this format, whatever it looks like.
        layouts: how binary files are read.
        among: the formats it may be of.

    Raises:
        UnknownFormatError: it is of no supported format.
        UsageError: ``as_format`` is no format.
    """
    layouts = layouts or Layouts()
    entry = detect(data, path, layouts, among) if as_format is None else entry_of(as_format)
    layout = layouts[entry.name] if entry.binary else None
    return Inspection(path, entry, layout, data, entry.parse(data, layout))


def detect(data: bytes, path: str, layouts: Layouts, among: Mapping[str, Entry] = FORMATS) -> Entry:
    """Return the format of a content, one of those it may be of.

    Raises:
        UnknownFormatError: neither content nor name is of a supported format.
    """
    for name in _candidates(data, layouts):
        if name not in among:
            continue
        entry = among[name]
        if entry.probe(data, layouts[name] if entry.binary else None):
            return entry
    from glbtools.formats import unread

    base = files.base_name(path)
    by_name = next((e for e in among.values() if any(fnmatch.fnmatchcase(base, pattern) for pattern in e.names)), None)
    if known := unread.signed(data, sound=by_name is not None):
        raise UnknownFormatError(f"{path}: {known}")
    if data and "queue" in among and _is_damaged_queue(data, layouts["queue"]):
        return among["queue"]
    if by_name is not None and (known := unread.compressed(data)):
        raise UnknownFormatError(f"{path}: {known}")
    # Any text may be called as a log or a listing is.
    if (by_name is None or not by_name.binary) and (known := unread.named(data)):
        raise UnknownFormatError(f"{path}: {known}")
    if by_name is not None:
        return by_name
    for entry in added().values() if among is FORMATS else ():
        named = any(fnmatch.fnmatchcase(base, pattern) for pattern in entry.names)
        if entry.probe(data, None) if data else named:
            return entry
    what = "not a Dir-Sync file that glbtools knows" if data else "an empty file, and its name says nothing"
    raise UnknownFormatError(f"{path}: {what}; --as FORMAT reads it as one")


def _is_damaged_queue(data: bytes, layout: Layout) -> bool:
    """Whether a content that is of no other format may be a queue all the same."""
    from glbtools.formats.queue import probe_damaged

    return probe_damaged(data, layout)


def _candidates(data: bytes, layouts: Layouts) -> Iterator[str]:
    """Yield the formats worth trying: sizes and NULs rule most of them out before anything is loaded."""
    if not data:
        return
    if data.startswith(_WIDE):
        yield from _DIRECTORY_FORMATS
    text = b"\0" not in data[:4096]
    if text and not layouts.given("queue"):
        yield from _TEXT_FORMATS
    yield "queue"
    for name in ("srvconf", "reqconf"):
        if len(data) % 512 and not layouts.given(name):
            continue
        layout = layouts[name]
        rest = len(data) - layout.header
        if rest == layout.record or (name == "srvconf" and rest > 0 and not rest % layout.record):
            yield name
    if text and layouts.given("queue"):
        yield from _TEXT_FORMATS
    if text:
        yield from _DIRECTORY_FORMATS
