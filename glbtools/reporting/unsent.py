"""What has not arrived, for people and for programs (docs/interface.md#json)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from glbtools.diagnosis.changes.found import WAITS
from glbtools.diagnosis.wording import numbers_text, plural
from glbtools.formats.base import moment_row
from glbtools.reporting.diagnosis import evidence
from glbtools.reporting.documents import csv_table, dumps, spreadsheet_safe
from glbtools.reporting.model import Block, Break, Column, Heading, Paragraph, Table, Verbatim
from glbtools.reporting.text import message, safe

if TYPE_CHECKING:
    from glbtools.diagnosis.changes.found import MissingRange, Obstacle, Outstanding, Route, UnknownRoute, Unsent
    from glbtools.diagnosis.finding import Evidence

SCHEMA = "glbtools.unsent/1"
LIMIT = 200
"""Changes shown of one kind; programs get all."""

MOST_NAMES = 5

_COLUMNS = (
    "kind", "postoffice", "path", "target", "channel", "sync", "low", "high", "stamp", "text", "why", "certainty",
    "place", "note", "settled_by",
)  # fmt: skip

WHY = {
    "stranded": "will never be sent",
    "rejected": "will be refused by the server as old",
    "hole": "confirmed, and lost by the server",
    "vanished": "gone from the queue before being sent",
    "partial": "behind a record at which the server stops",
    "unacknowledged": "sent, and not known to have arrived",
    "pending": "waiting to be sent",
    "refused": "refused without a word: the import counts of the two sides differ",
    "purged": "purged before being fetched",
    "gap": "in no file of the server, which goes on above it",
    "leftover": "fetched, and not put into the lists",
    "unregistered": "refused until the server has a record of this postoffice",
}


NOT_SENT = frozenset({"stranded", "rejected", "unregistered"})
"""Reasons that are seen in the numbers: what may be doubtful is that a change had not arrived before."""


_ARRIVED_BEFORE = {"likely": "most likely never arrived before", "possible": "may have arrived before"}


def how_sure(why: str, certainty: str) -> str:
    """Return how sure it is that a change has not arrived, in a few words; empty where it is certain."""
    if certainty == "certain":
        return ""
    return _ARRIVED_BEFORE[certainty] if why in NOT_SENT else certainty


# --- for people --------------------------------------------------------------------------------------------------


def report(unsent: Unsent, limit: int = LIMIT) -> Iterator[Block]:
    """Yield what has not arrived, by channel and reason, with the place of each change."""
    changes = {key: list(each) for key, each in groupby(unsent.changes, lambda each: _channel(each.route))}
    ranges = {key: list(each) for key, each in groupby(unsent.ranges, lambda each: _channel(each.route))}
    channels = sorted({*changes, *ranges}, key=_order)
    for channel in channels:
        yield Heading(headed(channel))
        for alike in _alike(changes.get(channel, [])):
            yield from _changes(alike, limit)
        yield from _ranges(ranges.get(channel, []))
        yield Break()
    yield from _unknown(unsent.unknown)
    yield Heading(_summary(unsent))
    if unsent.passed_over:
        yield Verbatim(
            f"passed over: {plural(unsent.passed_over, 'file')} of other kinds; glbtools evidence names them"
        )


def _channel(route: Route) -> Route:
    """Return what its heading says of a route: the directory only where the origin has no name."""
    return route._replace(path="" if route.origin else route.path)


def _order(channel: Route) -> tuple[str, bool, str, str]:
    origin, path, target, kind = channel
    return origin or "", kind == "download", target or "", path


def headed(channel: Route) -> str:
    """Return who sends to whom."""
    origin, path, target, kind = channel
    known = safe(origin) if origin else f"an unknown {'server' if kind == 'download' else 'postoffice'} ({safe(path)})"
    receiver = safe(target) if target else "an unknown postoffice" if kind == "download" else "an unknown server"
    return f"{known} -> {receiver} ({kind})"


def _alike(changes: Iterable[Outstanding]) -> list[list[Outstanding]]:
    """Put changes together of which the same is to be said, in the order of their first numbers."""
    groups: dict[tuple[str, str, str, str], list[Outstanding]] = {}
    for each in changes:
        groups.setdefault((*each.standing[:3], _file(each)), []).append(each)
    return list(groups.values())


def _changes(alike: Sequence[Outstanding], limit: int) -> Iterator[Block]:
    first = alike[0]
    sure = how_sure(first.why, first.certainty)
    said = f"{plural(len(alike), 'change')} {WHY.get(first.why, first.why)}: {first.why}{f' ({sure})' if sure else ''}"
    yield Paragraph(said, depth=1)
    yield Paragraph(f"in {safe(_file(first))}", depth=1, anywhere=True)
    yield from _reason(first.standing)
    yield Table(
        (Column("number", right=True), Column("stamp"), Column("at"), Column("change")),
        tuple((str(each.sync), _when(each), _at(each.evidence[:1]), _text(each.text)) for each in alike[:limit]),
        depth=1,
    )
    if len(alike) > limit:
        yield Verbatim(f"  ... and {len(alike) - limit} more; --json lists them all")


def _ranges(ranges: Iterable[MissingRange]) -> Iterator[Block]:
    for _, group in groupby(ranges, lambda each: each.standing[:3]):
        alike = list(group)
        first = alike[0]
        sure = how_sure(first.why, first.certainty)
        spans = [each.range for each in alike]
        one = sum(high - low for low, high in spans) == 1
        said = f"{numbers_text(spans)}, {'its' if one else 'their'} content is in no file given: {first.why}"
        if sure:
            said += f" ({sure})"
        yield Paragraph(said, depth=1)
        yield from _reason(first.standing)


def _reason(standing: Obstacle) -> Iterator[Block]:
    if standing.note:
        yield Paragraph(message(standing.note), depth=1)
    wanted = ", ".join(standing.settled_by)
    if wanted:
        yield Paragraph(f"What would settle it: {message(wanted)}.", depth=1)


def _unknown(unknown: Iterable[UnknownRoute]) -> Iterator[Block]:
    """Say what cannot be told, one entry for all channels that want the same files."""
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for each in unknown:
        route = each.route
        name = (route.origin if route.channel == "upload" else route.target) or route.path
        groups.setdefault((route.channel, each.wanted), []).append(name)
    for (channel, wanted), names in groups.items():
        listed = ", ".join(map(safe, names[:MOST_NAMES]))
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        what = "did not reach the server from" if channel == "upload" else "did not reach"
        yield Paragraph(f"not fully known: what {what} {listed}{more}; not given: {', '.join(wanted)}")
    if groups:
        yield Break()


def _summary(unsent: Unsent) -> str:
    numbers = unsent.numbers
    if not unsent.changes and not numbers:
        read = " in what was read" if unsent.unreadable else ""
        if unsent.unknown:
            return "no change is known not to have arrived; not everything is known"
        return f"no change is found that has not arrived{read}"
    said = [plural(len(unsent.changes), "change")] if unsent.changes else []
    if wait := sum(each.why in WAITS for each in unsent.changes):
        which = f"{wait} of them" if wait < len(unsent.changes) else "it" if wait == 1 else "they"
        verb = "waits" if wait == 1 else "wait"
        said[0] += f" ({which} only {verb} for the cycle to go on)"
    if numbers:
        said.append(f"{plural(numbers, 'number')} without content")
    everything = (*unsent.changes, *unsent.ranges)
    perhaps = "perhaps " if all(each.certainty == "possible" for each in everything) else ""
    return f"{perhaps}not arrived: {', and '.join(said)}"


def _file(each: Outstanding) -> str:
    return each.evidence[0].path if each.evidence else ""


def _at(places: Sequence[Evidence]) -> str:
    if not places:
        return ""
    first = places[0]
    if first.line is not None:
        return f"line {first.line}"
    return f"0x{first.span[0]:04x}" if first.span else ""


def _when(each: Outstanding) -> str:
    return (moment_row(each.change.stamp) or "").replace("T", " ")


def _text(text: str) -> str:
    """Return a transaction with each of its lines on one of its own."""
    return "\\r\\n\n".join(map(safe, text.split("\r\n")))


# --- for programs ------------------------------------------------------------------------------------------------


def document(unsent: Unsent) -> str:
    """Return the JSON document."""
    return dumps(
        {
            "schema": SCHEMA,
            "unsent": [change(each) for each in unsent.changes],
            "ranges": [unfound(each) for each in unsent.ranges],
            "unknown": [unknown(each) for each in unsent.unknown],
        }
    )


def change(each: Outstanding) -> dict[str, Any]:
    """Return a change as JSON has it."""
    what = {"sync": each.sync, "stamp": moment_row(each.change.stamp), "text": each.text}
    return {"postoffice": each.route.origin} | _not_arrived(each, what)


def unfound(each: MissingRange) -> dict[str, Any]:
    """Return numbers without content as JSON has them; open below, closed above."""
    return {"origin": each.route.origin} | _not_arrived(each, {"range": list(each.range)})


def _not_arrived(each: Outstanding | MissingRange, what: dict[str, Any]) -> dict[str, Any]:
    """Return what both have, around what has not arrived."""
    return {
        "path": each.route.path,
        "target": each.route.target,
        "channel": each.route.channel,
        **what,
        "why": each.why,
        "certainty": each.certainty,
        "evidence": [evidence(place) for place in each.evidence],
        "note": each.standing.note,
        "settled_by": list(each.standing.settled_by),
    }


def unknown(each: UnknownRoute) -> dict[str, Any]:
    """Return what cannot be told of a route as JSON has it."""
    return each.route._asdict() | {"wanted": list(each.wanted)}


def json_lines(unsent: Unsent) -> Iterator[str]:
    """Yield one JSON object for each change and each range of numbers; ``kind`` tells them apart."""
    for each in unsent.changes:
        yield dumps({"kind": "change"} | change(each), indent=None)
    for every in unsent.ranges:
        yield dumps({"kind": "range"} | unfound(every), indent=None)


def csv_text(unsent: Unsent) -> str:
    """Return one CSV table of changes and ranges, escaped as in tables and safe for spreadsheets."""
    rows = (*map(_change_cells, unsent.changes), *map(_range_cells, unsent.ranges))
    return csv_table(_COLUMNS, ({name: _cell(value) for name, value in row.items()} for row in rows))


def _change_cells(each: Outstanding) -> dict[str, Any]:
    return _cells(each) | {
        "kind": "change",
        "postoffice": each.route.origin,
        "sync": each.sync,
        "stamp": moment_row(each.change.stamp),
        "text": each.text,
    }


def _range_cells(each: MissingRange) -> dict[str, Any]:
    low, high = each.range
    return _cells(each) | {"kind": "range", "postoffice": each.route.origin, "low": low, "high": high}


def _cells(each: Outstanding | MissingRange) -> dict[str, Any]:
    """Return what both have."""
    where = _at(each.evidence[:1])
    return {
        "path": each.route.path,
        "target": each.route.target,
        "channel": each.route.channel,
        "why": each.why,
        "certainty": each.certainty,
        "place": f"{each.evidence[0].path} {where}".rstrip() if each.evidence else "",
        "note": each.standing.note,
        "settled_by": "; ".join(each.standing.settled_by),
    }


def _cell(value: Any) -> Any:
    return spreadsheet_safe(safe(value)) if isinstance(value, str) else value
