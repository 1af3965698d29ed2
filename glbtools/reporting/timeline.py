"""A timeline for other tools and for people: Timesketch's JSON lines, CSV, the Sleuth Kit's bodyfile, a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glbtools import files
from glbtools.diagnosis.wording import plural
from glbtools.errors import UsageError, not_one_of
from glbtools.events.event import CHANGED, DELETED, FILE_OPENED, FILE_WRITTEN, LOG, QUEUED, UNKNOWN, Event
from glbtools.events.zones import iso
from glbtools.reporting.documents import csv_table, dumps, spreadsheet_safe, tool
from glbtools.reporting.model import STRONG, Block, Break, Column, Heading, Paragraph, Table
from glbtools.reporting.text import message

if TYPE_CHECKING:
    from glbtools.events.differences import ClockDifference
    from glbtools.events.timeline import Timeline

SCHEMA = "glbtools.timeline/1"
_MICROSECONDS = 1_000_000
_COLUMNS = (
    "message", "datetime", "timestamp_desc", "timestamp", "data_type", "postoffice", "clock", "zone", "time_written",
    "precision", "datetime_earliest", "datetime_latest", "time_note", "path", "line", "offset", "number",
    "message_code", "problem", "slug", "severity", "certainty", "duplicate_of", "tag",
)  # fmt: skip
"""Every field; one that says nothing is left out of JSON lines, and empty in CSV."""

_WRITTEN_THEN = frozenset({LOG, QUEUED, CHANGED, DELETED, FILE_WRITTEN})
"""Kinds of which the bodyfile says that something was modified, and not born."""


def fields(event: Event) -> dict[str, Any]:
    """Return an event with the names that Timesketch knows, and more; each name has one type, and no text is raw."""
    row = {
        "message": event.message,
        "datetime": iso(event.instant),
        "timestamp_desc": event.kind,
        "timestamp": event.instant,
        "data_type": event.data_type,
        "postoffice": event.postoffice,
        "clock": event.clock,
        "zone": event.zone,
        "time_written": event.written,
        "precision": event.precision,
        "datetime_earliest": "" if event.earliest is None else iso(event.earliest),
        "datetime_latest": "" if event.latest is None else iso(event.latest),
        "time_note": event.note,
        "path": event.path,
        "line": event.line or None,
        "offset": event.offset if event.stop else None,
        "number": event.number,
        "message_code": event.code,
        "problem": event.problem,
        "slug": event.slug,
        "severity": event.severity,
        "certainty": event.certainty,
        "duplicate_of": event.repeats,
    }
    said: dict[str, Any] = {
        name: message(value) if isinstance(value, str) else value
        for name, value in row.items()
        if value not in ("", None)
    }
    return said | ({"tag": ["duplicate"]} if event.repeats else {})


def json_lines(events: Iterable[Event]) -> Iterator[str]:
    """Yield one JSON object for each event, as Timesketch reads them."""
    return (dumps(fields(event), indent=None) for event in events)


def csv_lines(events: Iterable[Event]) -> Iterator[str]:
    """Yield the events as CSV: a line with the names, and one for each."""
    yield ",".join(_COLUMNS)
    for event in events:
        row = {
            name: spreadsheet_safe(value) if isinstance(value, str) else "" if value is None else value
            for name, value in fields(event).items()
        }
        row |= {"tag": "duplicate"} if event.repeats else {}
        yield csv_table(_COLUMNS, [row]).splitlines()[1]


def bodyfile_lines(events: Iterable[Event]) -> Iterator[str]:
    """Yield the events as the Sleuth Kit's bodyfile (version 3); what is not after 1970 has no place in it."""
    for event in events:
        seconds = event.instant // _MICROSECONDS
        if seconds > 0:
            doubt = f" ({event.note})" if event.note else ""
            repeated = f" (repeats {event.repeats})" if event.repeats else ""
            zone = "" if event.zone == "UTC" else f" (clock {event.clock}, zone {event.zone})"
            said = message(f"{event.place} {event.kind}: {event.message}{zone}{doubt}{repeated}")
            name = said.translate({ord("|"): "_", ord("%"): "_"})
            size = max(event.stop - event.offset, 0)
            times = (seconds, 0, 0, 0) if event.kind == FILE_OPENED else (0, 0, 0, seconds)
            times = (0, seconds, 0, 0) if event.kind in _WRITTEN_THEN else times
            yield f"0|{name}|0|-/----------|0|0|{size}|{'|'.join(map(str, times))}"


FORMS: Mapping[str, Callable[[Iterable[Event]], Iterator[str]]] = {
    "jsonl": json_lines,
    "csv": csv_lines,
    "bodyfile": bodyfile_lines,
}
"""Forms for other tools."""


def write_timeline(timeline: Timeline, to: str | Path, *, form: str = "jsonl", force: bool = False) -> int:
    """Write a timeline to a file, whole or not at all, and return how many lines it has.

    Args:
        timeline: what ``glbtools.timeline`` returned.
        to: the file.
        form: ``jsonl`` for Timesketch, ``csv`` with the same fields, or ``bodyfile``.
        force: replace a file that is there.

    Raises:
        UsageError: there is no such form.
        OutputExistsError: the file exists and ``force`` is not given.
        FileAccessError: the system refuses.
    """
    if form not in FORMS:
        raise UsageError(not_one_of(form, FORMS))
    written = 0
    with files.writing(Path(to), force=force) as stream:
        for line in FORMS[form](timeline):
            stream.write(f"{line}\n".encode("ascii" if form == "jsonl" else "utf-8"))
            written += 1
    return written


def document(timeline: Timeline, version: str, *, events: bool) -> Iterator[str]:
    """Yield the lines of one JSON document: whose clocks, what is not in it, and the events if they are wanted."""
    clocks = {
        message(clock): {"events": seen.events, "first": iso(seen.first), "last": iso(seen.last), "zone": seen.zone}
        for clock, seen in sorted(timeline.clocks.items())
    }
    left = {what: count for what, count in sorted(timeline.undated.items()) if count}
    yield f'{{"schema": "{SCHEMA}", "tool": {dumps(tool(version), indent=None)},'
    yield f' "clocks": {dumps(clocks, indent=None)},'
    apart = [
        {name: message(value) if isinstance(value, str) else value for name, value in each._asdict().items()}
        for _, each in sorted(timeline.differences.items())
    ]
    yield f' "differences": {dumps(apart, indent=None)},'
    yield f' "undated": {dumps(left, indent=None)}, "outside": {timeline.outside}' + ("," if events else "}")
    if events:
        yield ' "events": ['
        comma = ""
        for line in json_lines(timeline):
            yield f"  {comma}{line}"
            comma = ","
        yield " ]}"


def report(timeline: Timeline) -> Iterator[Block]:
    """Yield the timeline for people, day by day, and what it rests on."""
    day = ""
    for event in timeline:
        date, _, time = iso(event.instant).partition("T")
        if date != day:
            if day:
                yield Break()
            yield Heading(date)
            day = date
        yield Paragraph(_told(event, time[:8]), hang=10)
    if day:
        yield Break()
    yield from summary(timeline)


def _told(event: Event, time: str) -> str:
    approximate = "~" if event.precision in (UNKNOWN, "minute", "day", "cycle") else " "
    whose = f"{event.postoffice or event.clock}: " if event.postoffice or event.clock else ""
    place = event.path.replace("\\", "/").rpartition("/")[2]
    notes = [f"as {place}", event.note] if event.kind in (CHANGED, DELETED) else [event.note]
    if event.repeats:
        notes.append(f"the same as {event.repeats}")
    noted = "; ".join(filter(None, notes))
    return message(f"{time}{approximate} {whose}{event.message}" + (f" ({noted})" if noted else ""))


def summary(timeline: Timeline) -> Iterator[Block]:
    """Yield whose clocks the times are of, and what is not in the timeline."""
    if timeline.clocks:
        rows = [
            (message(clock), str(seen.events), iso(seen.first)[:19], iso(seen.last)[:19], seen.zone)
            for clock, seen in sorted(timeline.clocks.items())
        ]
        heads = ("clock", "events", "first", "last", "zone")
        yield Table(tuple(Column(head, right=head == "events") for head in heads), tuple(rows))
        yield Break()
    for each in notes(timeline):
        yield Paragraph(each, tones=STRONG)


def difference(found: ClockDifference) -> str:
    """Return of two clocks that disagree how far they do, and what shows it."""
    return (
        f"the clock of {found.ahead} was ahead of that of {found.behind}, or of its zone, by at least "
        f"{_length(found.least)}: {found.earlier} was written before {found.later} was"
    )


def _length(micros: int) -> str:
    """Return a length of time for people, in its two largest units."""
    seconds = max(micros // _MICROSECONDS, 1)
    parts = [(seconds // 86_400, "day"), (seconds // 3600 % 24, "hour"), (seconds // 60 % 60, "minute")]
    parts.append((seconds % 60, "second"))
    first = next(number for number, (count, _) in enumerate(parts) if count)
    return " ".join(plural(count, unit) for count, unit in parts[first : first + 2] if count)


_FIRST = {
    "bodyfile": (_MICROSECONDS, "before 1970, which are not in it: a bodyfile has no place for them"),
    "csv": (-8_520_336_000_000_000, "before 1700, which Timesketch reads from JSON lines and leaves out of a CSV"),
}
"""The first instant of which a form is read by others, and what is said of what is earlier."""


def notes(timeline: Timeline, form: str = "") -> Iterator[str]:
    """Yield in one sentence each what is in the timeline and what is not; ``form`` may be one that cannot hold all."""
    total = sum(seen.events for seen in timeline.clocks.values())
    repeated = sum(bool(event.repeats) for event in timeline)
    twice = f", {repeated} of them repeat another one" if repeated else ""
    yield f"{plural(total, 'event')} by {plural(len(timeline.clocks), 'clock')}{twice}"
    left = [
        f"{count} {_of_one(what) if count == 1 else what}" for what, count in sorted(timeline.undated.items()) if count
    ]
    if left:
        yield f"not in it: {', '.join(left)}"
    if timeline.outside:
        yield f"left out: {plural(timeline.outside, 'event')} before --from or after --until"
    if form in _FIRST:
        first, said = _FIRST[form]
        early = sum(event.instant < first for event in timeline)
        if early:
            yield f"{plural(early, 'event')} {said}"
    for each in sorted(timeline.differences.values(), key=lambda one: -one.least):
        yield difference(each)
    unknown = [clock for clock, seen in timeline.clocks.items() if seen.zone == UNKNOWN]
    if unknown:
        yield f"the zone of {plural(len(unknown), 'clock')} is unknown: times are as shown; --tz [NET/PO=]ZONE tells it"


def _of_one(what: str) -> str:
    """Return the name of several things as that of one: the first of its words that ends in s loses it."""
    words = what.split(" ")
    first = next(at for at, word in enumerate(words) if word.endswith("s"))
    return " ".join([*words[:first], words[first][:-1], *words[first + 1 :]])
