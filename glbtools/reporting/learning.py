"""What was learnt: the report for people, and the same for programs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from glbtools import layouts
from glbtools.binary.field import Field
from glbtools.binary.layout import PADDED, STATUSES, TERMINATORS, Layout
from glbtools.binary.records import Record
from glbtools.brief import count
from glbtools.files import sha256
from glbtools.formats.base import span_row
from glbtools.formats.queue import Queue, parse_queue
from glbtools.learn import clocks, comparison
from glbtools.learn.attested import gives_sizes
from glbtools.learn.attested import said as sizes
from glbtools.learn.differences import DOUBTED, differences, doubt_text, place_text, type_text
from glbtools.learn.result import OPAQUE
from glbtools.learn.scoring import is_odd
from glbtools.reporting.documents import dumps, tool
from glbtools.reporting.model import (
    FAINT,
    STRONG,
    Block,
    Break,
    Column,
    Facts,
    Heading,
    Paragraph,
    Ruler,
    Segment,
    Table,
    Tones,
    Verbatim,
)
from glbtools.reporting.text import message, safe, word

if TYPE_CHECKING:
    from glbtools.learn.checking import LayoutCheck, Part
    from glbtools.learn.comparison import Comparison
    from glbtools.learn.hypothesis import Hypothesis
    from glbtools.learn.positions import Position
    from glbtools.learn.result import Learning

SCHEMA = "glbtools.learning/1"
CHECK_SCHEMA = "glbtools.layout-check/1"

MOST_FAULTS = 8
"""Places shown of what a layout does not explain of one file."""

MOST_RIVALS = 3
MOST_PLACES = 4
SAMPLE_BYTES = 72
"""Bytes of the record that is drawn, about: a short one shows all fields as well as a long one."""

SAMPLED = 400

_TONES: dict[str, Tones] = {
    "sync": ("strong", "note"),
    "stamp": ("good",),
    "len_text": ("warning",),
    "checksum": ("error",),
    "link": ("note",),
    "repeat": ("note",),
    "text": STRONG,
    "constant": FAINT,
    "live": ("mark",),
    "first": ("mark",),
}
_ENDINGS = {"nul": "a NUL", "crlf": "CR and LF", "none": "nothing"}
_ORDERS = {"little": "low byte first", "big": "high byte first"}


def report(learning: Learning) -> Iterator[Block]:
    """Yield the report: the verdict first, then what speaks for it."""
    yield from _verdict(learning)
    if learning.layout is not None:
        found = _sample(learning, learning.layout)
        yield from _drawn(found, learning.layout) if found else ()
        yield from _fields(found, learning.layout)
    yield from _tested(learning)
    yield from _files(learning)
    yield from _listing(learning.comparisons)
    yield from _rivals(learning)
    yield from _points("places that several values may have", list(_places(learning)))
    yield from _points("what other bytes look like; hints, no fields", _hints(learning))
    if learning.layout is not None:
        yield from _differences(learning.layout)
    yield from _points("notes" if learning.layout else "what can be said", learning.concluded)
    if learning.layout is None:
        yield from _points("what cannot be said", [_OPEN[learning.family], *learning.reasons[1:]])
    else:
        yield from _points("what stays open", learning.reasons)
    yield from _points("what would help", learning.wanted)


def afterwards(learning: Learning, out: str) -> Iterator[Block]:
    """Yield what became of the layout file, and how to use it."""
    yield Break()
    if learning.layout is None:
        yield Paragraph(f"{safe(out)}: not written, since nothing is decided")
        return
    others = "diagnose, unsent, rebuild and build"
    if learning.partial:
        others = "diagnose and unsent" if learning.layout.numbered or learning.family != "queue" else "learn --check"
    yield Paragraph(
        f"{safe(out)}: written; use it with glbtools inspect --layout {word(out)} FILE, and so with {others}"
    )


_OPEN = {
    "queue": "where number, date, length and checksum stand in a record, and where a record ends",
    "reqconf": "where the values stand in the file",
    "srvconf": "where the values stand in the file and in the record of a requestor",
}


# --- the verdict -------------------------------------------------------------------------------------------------


def _verdict(learning: Learning) -> Iterator[Block]:
    layout = learning.layout
    if layout is None:
        reason = learning.reasons[0] if learning.reasons else "nothing in the files tells one layout from another"
        yield Heading(f"undecided: {message(reason)}")
        return
    files = count(len(learning.paths), "file")
    if learning.parts:
        whole = learning.whole
        records, faults = count(whole.records, "record"), len(whole.faults)
        rest = f", {count(faults, 'place')} damaged or left over" if faults else ""
        what = f"{records} in {files}" if learning.family == "queue" else count(len(learning.parts), "snapshot")
        word = "learnt in part" if learning.partial else "learnt"
        word += "" if learning.family != "queue" or layout.numbered else ", texts and no numbers"
        verdict = f"{word}: {what}, {_share(whole.explained, whole.size)} of the bytes explained{rest}"
        yield Heading(verdict)
    else:
        yield Heading(f"learnt: a layout of {learning.family} files from {files}")
    marked = {status: " (marked ?)" if status in DOUBTED else "" for status in STATUSES} | {OPAQUE: ""}
    said = [f"{number} {status}{marked[status]}" for status, number in learning.known.items() if number]
    yield Paragraph(f"{count(len(layout.fields), 'field')}: {', '.join(said)}")


def _share(part: int, whole: int) -> str:
    """Return a share in per cent; 100 is said of the whole only."""
    if part == whole:
        return "100 %"
    return f"{math.floor(1000 * part / whole) / 10:.1f} %"


def _heading(text: str) -> Iterator[Block]:
    yield Break()
    yield Heading(text)


def _points(heading: str, points: Sequence[str]) -> Iterator[Block]:
    if points:
        yield from _heading(heading)
    for each in points:
        yield Paragraph(f"- {message(each)}", depth=1)


# --- the layout over a record ------------------------------------------------------------------------------------


def overlays(learning: Learning) -> Iterator[Block]:
    """Yield the best readings over the bytes of one record, one below the other, with what speaks for and against."""
    readings = [learning.layout] if learning.layout is not None else []
    readings += [each.layout for each in learning.others]
    if not readings:
        yield from _heading("no reading comes near enough to be laid over a record")
        return
    for number, layout in enumerate(readings[:MOST_RIVALS], 1):
        sample = _sample(learning, layout)
        if sample is not None:
            yield from _drawn(sample, layout, f"reading {number}: ")
        if layout.family == "queue":
            lines = _hits([parse_queue(data, layout) for data in learning.contents])
        else:
            lines = _placed(learning, layout)
        for line in lines:
            yield Paragraph(line, depth=1, hang=2)


def _placed(learning: Learning, layout: Layout) -> Iterator[str]:
    """Yield for each value that is known of a configuration what speaks for its place, or that it has none."""
    for name in (*learning.decided, *learning.places):
        own = layout.by_name.get(name)
        yield f"{name}: {message(own.doc) if own else 'has no place in this reading'}"


def _hits(queues: Sequence[Queue]) -> Iterator[str]:
    """Yield how often each part of a reading holds, and the first record where it does not."""
    records = [(queue, each) for queue in queues for each in queue.records]
    pairs = [pair for queue in queues for pair in itertools.pairwise(queue.records)]
    if queues[0].layout.numbered:
        yield _hit("number", [(b.start, b.sync > a.sync) for a, b in pairs], "steps rise")
    if queues[0].layout.with_role("stamp") is not None:
        years = [
            (each.start, (when := queue.moment(each)) is not None and clocks.FIRST <= when < clocks.LAST)
            for queue, each in records
        ]
        yield _hit("date", years, "are dates of these files")
    yield _hit(
        "text",
        [(each.start, not is_odd(queue.layout.encoded(each.text))) for queue, each in records],
        "are transactions",
    )
    if queues[0].layout.checksum:
        sums = [(each.start, queue.codec.checksum(each) == each.checksum) for queue, each in records]
        yield _hit("checksum", sums, "agree")


def _hit(what: str, rows: Sequence[tuple[int, bool]], said: str) -> str:
    good, first = sum(held for _, held in rows), next((start for start, held in rows if not held), None)
    return f"{what}: {good} of {len(rows)} {said}" + ("" if first is None else f"; not first at 0x{first:04x}")


class _Sample(NamedTuple):
    """What a layout is drawn over: a file and a record in it; None where the file is one structure."""

    path: str
    data: bytes
    record: Record | None


def _drawn(found: _Sample, layout: Layout, which: str = "") -> Iterator[Block]:
    """Yield the layout over one record, and over the header of its file; ``which`` layout begins the headings."""
    path, data, record = found
    header = [_segment(each, 0) for each in layout.section("header")]
    if header:
        yield from _heading(f"{which}header of the file, {count(layout.header, 'byte')}")
        yield Ruler(data[: layout.header], tuple(header), layout.encoding)
    if record is None:
        start, stop = layout.header, min(layout.header + layout.record, len(data))
        segments = [_segment(each, 0) for each in layout.section("record")]
        title = f"{which}bytes 0x{start:04x} to 0x{stop:04x}"
    else:
        start, stop = record.span
        segments = _record_segments(layout, record)
        title = f"{which or 'one record, '}0x{start:04x} to 0x{stop:04x}"
    if start < stop:
        yield from _heading(f"{title} of {safe(path)}, {count(stop - start, 'byte')}")
        yield Ruler(data[start:stop], tuple(segments), layout.encoding)


def _sample(learning: Learning, layout: Layout) -> _Sample | None:
    """Return the first file, and of queues a record without fault: not long, and no dummy where there is another."""
    files = list(zip(learning.paths, learning.contents, strict=False))
    if layout.family != "queue":
        return next((_Sample(path, data, None) for path, data in files if data), None)
    drawn = [_Sample(path, data, record) for path, data in files if (record := _fine(data, layout)) is not None]
    real = [each for each in drawn if each.record is not None and not each.record.text.startswith("#")]
    return next(iter(real or drawn), None)


def _fine(data: bytes, layout: Layout) -> Record | None:
    """Return a record that shows the layout well, if the file has a sound one."""
    queue = parse_queue(data, layout)
    hurt = [fault.span for fault in queue.framing]
    sound = [
        each
        for each in queue.records[:SAMPLED]
        if not any(span.start < each.stop and each.start < span.stop for span in hurt)
    ]
    real = [each for each in sound if not each.text.startswith("#")] or sound
    return min(real, key=lambda each: abs(each.stop - each.start - SAMPLE_BYTES), default=None)


def _segment(each: Field, origin: int) -> Segment:
    doubt = "?" if each.status in DOUBTED else ""
    return Segment(f"{each.name}{doubt}", origin + each.offset, origin + each.stop, _TONES.get(each.role, ()))


def _record_segments(layout: Layout, record: Record) -> list[Segment]:
    """Return what the bytes of a record are, offsets from its beginning."""
    text = layout.text
    assert text is not None, "a queue layout has a text"
    ending = text.offset + len(layout.encoded(record.text))
    behind = ending + len(TERMINATORS[layout.terminator])
    trailer = layout.section("trailer")
    stop = behind + sum(each.size for each in trailer)
    return [
        *(_segment(each, 0) for each in layout.section("record")[:-1]),
        _segment(text._replace(size=ending - text.offset), 0),
        Segment("terminator", ending, behind, FAINT),
        *(_segment(each, behind) for each in trailer),
        Segment("padding", stop, record.stop - record.start, FAINT),
    ]


# --- the fields --------------------------------------------------------------------------------------------------


def _fields(found: _Sample | None, layout: Layout) -> Iterator[Block]:
    columns = tuple(map(Column, ("at", "type", "field", "role", "is", "here")))
    rows = tuple(
        (
            place_text(each),
            type_text(each),
            f"{each.name}{'?' if each.status in DOUBTED else ''}",
            _role(each),
            _status(each),
            _value(each, layout, found),
        )
        for each in layout.fields
    )
    yield Break()
    yield Table(columns, rows, notes=tuple(message(each.doc) for each in layout.fields))
    if layout.section("trailer"):
        yield Paragraph("+: counted from the end of the text and what terminates it")


def _role(each: Field) -> str:
    if each.role == "stamp":
        return f"{each.role} ({each.stamp})" if each.stamp != "unix" else each.role
    return each.role


def _status(each: Field) -> str:
    return "unknown" if each.role == "opaque" else each.status


def _value(each: Field, layout: Layout, found: _Sample | None) -> str:
    """Return what a field holds in the record that is drawn."""
    if found is None or each.role == "text":
        return ""
    _, data, record = found
    origin = 0 if each.section == "header" else layout.header if record is None else record.start
    if each.section == "trailer" and record is not None:
        origin += next((s.stop for s in _record_segments(layout, record) if s.name == "terminator"), 0)
    raw = data[origin + each.offset : origin + each.stop]
    value = each.read(raw)
    if value is None:
        value = raw
    if isinstance(value, bytes):
        return value.hex(" ") if len(value) <= 6 else f"{value[:5].hex(' ')} .."
    if each.role == "stamp" and (moment := each.moment(value)) is not None:
        return moment.isoformat(" ")
    if each.role == "link" and value >= 0:
        return f"0x{value:04x}"
    return f"{value:04X}" if each.role == "checksum" else str(value)


# --- what was tested ---------------------------------------------------------------------------------------------


def _tested(learning: Learning) -> Iterator[Block]:
    if learning.family != "queue" and learning.held is not None:
        yield from _heading("what was tested")
        yield Facts((("kept apart", message(str(learning.held))),))
    if learning.family != "queue" or not (learning.tried or learning.layout):
        return
    yield from _heading("what was tested")
    if learning.tried:
        ways = f"{count(learning.tried, 'way')} for records to follow each other, explained column by column"
        left = count(len(learning.candidates), "layout")
        yield Paragraph(f"{ways}; {left} came out that read the files differently", depth=1, hang=2)
    if learning.layout is None:
        return
    yield Facts(tuple((name, message(text)) for name, text in _aspects(learning, learning.layout)))


def _aspects(learning: Learning, layout: Layout) -> Iterator[tuple[str, str]]:
    """Yield everything that was looked for, and what came of it."""
    if learning.held is not None:
        yield "kept apart", str(learning.held)
    yield "header of the file", count(layout.header, "byte") if layout.header else "none"
    trailer = sum(each.size for each in layout.section("trailer"))
    head = count(sum(each.size for each in layout.section("record")), "byte")
    yield "record", f"{head}, the text, {_ENDINGS[layout.terminator]}" + (f", {count(trailer, 'byte')}" * bool(trailer))
    length = layout.with_role("len_text")
    counts = {"text": "the text", "text+terminator": "the text and its terminator", "record": "the whole record",
              PADDED: "the whole record with its padding"}  # fmt: skip
    behind = f" behind the first {count(layout.lead, 'byte')}" * bool(layout.lead)
    less = behind if layout.length_counts in {"record", PADDED} else ""
    yield "length", _found(length, f"; it counts {counts[layout.length_counts]}{less}") if length else _NOT
    stride = f"{count(layout.stride, 'byte')}{behind}, filled with 0x{layout.pad:02x}"
    yield "stride", stride if layout.stride > 1 else "none: records touch"
    if layout.page:
        begins = f"each begins with {layout.page_header} bytes of its own" if layout.page_header else "without headers"
        yield "pages", f"{layout.page} bytes, filled with 0x{layout.pad:02x}; {begins}"
    yield "attested sizes", sizes(layout)
    yield "texts", f"code page {layout.encoding}, inferred: no file says it"
    for name, role in (("number", "sync"), ("date", "stamp"), ("link", "link")):
        fields = [each for each in layout.fields if each.role == role]
        yield name, "; ".join(_found(each) for each in fields) or _NOT
    repeats = [each for each in layout.fields if each.repeats]
    yield "said again", "; ".join(f"{_found(each)}: {each.doc}" for each in repeats) or _NOT
    stored = layout.with_role("checksum")
    if layout.checksum:
        over = " and ".join(layout.covers)
        doc = learning.checksum.doc if learning.checksum else layout.checksum_doc
        yield "checksum", f"{layout.checksum_name} over {over}: {doc}"
    elif stored:
        yield "checksum", f"{_found(stored)}; how it is computed was not found"
    elif any(each.role == "opaque" and each.section != "header" for each in layout.fields):
        yield "checksum", f"{_NOT}: no sum or CRC reproduces what is not understood"
    else:
        yield "checksum", f"{_NOT}: no bytes are left for one"


_NOT = "not found"


def _found(each: Field, more: str = "") -> str:
    forms = {"previous": " to the record before", "next": " to the next record", "": ""}
    order = f", {_ORDERS[each.byte_order]}" if each.kind[0] == "u" and each.size > 1 else ""
    encoding = {"unix": "seconds since 1970", "dos": "packed as MS-DOS does", "since-1980": "seconds since 1980"}[
        each.stamp
    ]
    what = f", {encoding}" if each.role == "stamp" else forms[each.link]
    return f"{each.type} at {place_text(each)}{order}{what}{more}{doubt_text(each)}"


# --- the files ---------------------------------------------------------------------------------------------------


def _files(learning: Learning) -> Iterator[Block]:
    if learning.parts:
        under = "" if learning.layout else ", under the best explanation, which is no result"
        yield from _heading(f"the files{under}")
        for part in learning.parts:
            yield from _part(part)
        return
    yield from _heading("the files")
    contents = [*learning.contents, *[None] * len(learning.paths)]
    for path, content in zip(learning.paths, contents, strict=False):
        size = "" if content is None else f": {count(len(content), 'byte')}"
        yield Paragraph(f"{safe(path)}{size}", depth=1)


def _part(part: Part) -> Iterator[Block]:
    explained = f", {_share(part.explained, part.size)} explained" if part.size else ""
    size, records = count(part.size, "byte"), count(part.records, "record")
    yield Paragraph(f"{safe(part.path)}: {size}, {records}{explained}", depth=1)
    for text, span in part.faults[:MOST_FAULTS]:
        yield Paragraph(f"0x{span.start:04x}-0x{span.stop:04x}  {message(text)}", depth=2, hang=8)
    if len(part.faults) > MOST_FAULTS:
        yield Verbatim(f"    ... and {len(part.faults) - MOST_FAULTS} more; --json shows all")


# --- the listing ----


def _listing(comparisons: Sequence[Comparison]) -> Iterator[Block]:
    """Yield how the files go with their listings: rows read and not read, records that no row has, what differs."""
    if not comparisons:
        return
    yield from _heading("the listing")
    for each in comparisons:
        said = f"{each.read} of {count(each.rows, 'row')} read"
        said += f", {count(len(each.unlisted), 'record')} in no row" if each.unlisted else ""
        yield Paragraph(f"{safe(each.path)}: {said}", depth=1)
        for what, role in comparison.WHAT.items():
            agreeing, differing = each.agreeing.get(what, 0), each.differing.get(what, ())
            if differing:
                yield Paragraph(message(comparison.differences(each, what)), depth=2)
            elif agreeing:
                yield Verbatim(f"    {what + 's':10} {agreeing} of {agreeing} agree")
            elif role != "text":
                yield Verbatim(f"    {what + 's':10} not compared")


# --- alternatives ------------------------------------------------------------------------------------------------


def _hints(learning: Learning) -> list[str]:
    """Return what bytes look like that no field claims; of one file that they stay the same says nothing."""
    return [str(each) for each in learning.mentions if len(learning.paths) > 1 or not each.kind.startswith("the same")]


def _places(learning: Learning) -> Iterator[str]:
    """Yield for each value that is known and has no place yet where it may stand."""
    for name, places in learning.places.items():
        more = f", and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
        where = "; ".join(map(str, places[:MOST_PLACES])) or "nowhere in the files"
        yield f"{name}: {where}{more}"


def _rivals(learning: Learning) -> Iterator[Block]:
    others = learning.others
    if not others or learning.family != "queue":  # of a configuration the places of each value say it in fewer words
        return
    title = "other readings, which fit less well" if learning.layout else "readings, best first; none is a result"
    yield from _heading(title)
    for each in others[:MOST_RIVALS]:
        fit = f"{each.records} records, {_floor(each.explained)} of the bytes, {each.bits:.0f} bits left over"
        yield Paragraph(f"- {message(each.described)}: {fit}; attested sizes: {sizes(each.layout)}", depth=1)
        apart = _apart(learning.candidates[0], each)
        if apart:
            yield Paragraph(apart, depth=2, hang=4)
    if len(others) > MOST_RIVALS:
        yield Verbatim(f"  ... and {len(others) - MOST_RIVALS} more; --json shows all")
    best = learning.candidates[0].bits
    yield Paragraph(f"bits left over: what a reading leaves to chance; the best one leaves {best:.0f}", depth=1, hang=2)


def _floor(share: float) -> str:
    return _share(math.floor(share * 1000), 1000)


def _apart(best: Hypothesis, other: Hypothesis) -> str:
    """Say what would tell two readings apart: the first record that they read otherwise."""
    if best is other:
        return ""
    if best.layout.family != "queue":
        placed = [name for name in best.doubts if name not in other.doubts]
        moved = [
            each.name
            for each in best.layout.fields
            if each.role != "opaque" and other.layout.by_name.get(each.name, each)[:3] != each[:3]
        ]
        return f"told apart by where {' and '.join([*placed, *moved])} would stand" if placed or moved else ""
    for (number, text), (rival_number, rival_text) in zip(best.texts, other.texts, strict=False):
        if (number, text) == (rival_number, rival_text):
            continue
        if text == rival_text:
            return f"told apart by the number of {_quoted(text)}: {number}, or {rival_number}"
        alike = next((at for at, (a, b) in enumerate(zip(text, rival_text, strict=False)) if a != b), None)
        alike = min(len(text), len(rival_text)) if alike is None else alike
        return f"told apart by a text: {_quoted(text, alike)}, or {_quoted(rival_text, alike)}"
    return f"told apart by the number of records: {best.records}, or {other.records}"


def _quoted(text: str, at: int = 0) -> str:
    """Return what stands in a text from some place on, or shortly before it."""
    start = max(0, min(at, len(text)) - 10)
    stop = start + 24
    return f'"{".." if start else ""}{safe(text[start:stop])}{".." if stop < len(text) else ""}"'


# --- the reference layout ----------------------------------------------------------------------------------------


def _differences(layout: Layout) -> Iterator[Block]:
    reference = layouts.reference(layout.family)
    yield from _heading(f"beside {reference.id}, which is a reconstruction")
    yield Table(
        tuple(map(Column, ("", "there", "here", ""))),
        tuple((name, *map(message, others)) for name, *others in differences(layout, reference)),
    )


# --- more files --------------------------------------------------------------------------------------------------


def checked(layout: Layout, found: Sequence[LayoutCheck]) -> Iterator[Block]:
    """Yield how a layout fits some files."""
    fitting = sum(each.fits for each in found)
    yield Heading(f"{safe(layout.id)} fits {fitting} of {count(len(found), 'file')}")
    yield Break()
    for each in found:
        yield from _part(each.part)
        yield from _listed(each)
        said = list(_grounds(each))
        mark, tone = ("fits", "good") if each.fits else ("does not fit", "error")
        yield Paragraph(mark, depth=2, lead=mark, tones=(tone,))
        for line in said:
            yield Paragraph(line, depth=2)


def _listed(each: LayoutCheck) -> Iterator[Block]:
    for reason in each.against:
        yield Paragraph(message(reason), depth=2)


def _grounds(each: LayoutCheck) -> Iterator[str]:
    records = each.part.records
    if not each.part.size:
        yield "empty: any layout fits it"
        return
    if records > 1 and each.rising is not None:
        yield f"numbers rise in {_floor(each.rising)} of the steps"
    if each.sums is not None and records:
        yield f"{each.sums} of {count(records, 'checksum')} agree"


# --- for programs ------------------------------------------------------------------------------------------------


def document(learning: Learning, version: str, written: str | None = None) -> dict[str, Any]:
    """Return everything that was learnt."""
    layout = learning.layout
    return {
        "schema": SCHEMA,
        "tool": tool(version),
        "family": learning.family,
        "decided": layout is not None and not layout.partial,
        "partial": learning.partial,
        "files": _file_rows(learning),
        "listings": list(learning.listings),
        "tried": learning.tried,
        "layout": layout_row(layout) if layout else None,
        "attested_sizes": gives_sizes(layout) if layout and layout.family == "queue" else None,
        "checksum": _checksum_row(learning),
        "alternatives": [_candidate_row(learning, each) for each in learning.others],
        "differences": [
            {"name": name, "reference": was or None, "learnt": now or None, "what": what}
            for name, was, now, what in (differences(layout, layouts.reference(layout.family)) if layout else ())
        ],
        "places": {name: [_place_row(each) for each in places] for name, places in learning.places.items()},
        "mentions": [
            {"section": each.section, "span": [each.offset, each.offset + each.size], "kind": each.kind}
            for each in learning.mentions
        ],
        "comparisons": list(map(comparison_row, learning.comparisons)),
        "held_out": learning.held._asdict() if learning.held else None,
        "concluded": learning.concluded,
        "reasons": learning.reasons,
        "wanted": learning.wanted,
        "toml": learning.toml,
        "written": written,
    }


def comparison_row(each: Comparison) -> dict[str, Any]:
    """Return how a file goes with its listing."""
    return {
        "path": each.path,
        "rows": each.rows,
        "records": each.records,
        "read": each.read,
        "unread": list(each.unread),
        "unlisted": list(each.unlisted),
        "agreeing": dict(each.agreeing),
        "differing": {
            what: [
                {"row": one.row, "start": one.start, "stored": one.stored, "printed": one.printed} for one in several
            ]
            for what, several in each.differing.items()
        },
    }


def _place_row(each: Position) -> dict[str, Any]:
    return {
        "section": each.section,
        "offset": each.offset,
        "type": each.kind if not each.size or each.kind[1:].isdigit() else f"{each.kind}:{each.size}",
        "byte_order": each.order or None,
        "stamp": each.stamp or None,
        "shift": each.shift,
    }


def _file_rows(learning: Learning) -> list[dict[str, Any]]:
    rows = []
    for number, path in enumerate(learning.paths):
        content = learning.contents[number] if number < len(learning.contents) else None
        row: dict[str, Any] = {
            "path": path,
            "size": None if content is None else len(content),
            "sha256": None if content is None else sha256(content),
        }
        part = learning.parts[number] if number < len(learning.parts) else None
        rows.append(row | (part_row(part) if part else {"records": None, "explained": None, "faults": []}))
    return rows


def part_row(part: Part) -> dict[str, Any]:
    """Return what a layout makes of one file."""
    return {
        "records": part.records,
        "explained": part.explained,
        "faults": [{"message": text, "span": span_row(span)} for text, span in part.faults],
    }


def layout_row(layout: Layout) -> dict[str, Any]:
    """Return a layout as JSON has it."""
    names = ("header", "record", "length_counts", "terminator", "stride", "pad")
    fields = ("name", "section", "offset", "size", "type", "role", "status", "byte_order", "stamp", "link", "doc")
    return {
        "id": layout.id,
        "family": layout.family,
        "status": layout.status,
        "encoding": layout.encoding,
        "framing": {name: getattr(layout, name) for name in names},
        "fields": [{name: getattr(each, name) for name in fields} for each in layout.fields],
    }


def _checksum_row(learning: Learning) -> dict[str, Any] | None:
    layout, found = learning.layout, learning.checksum
    if layout is None or not layout.checksum:
        return None
    row: dict[str, Any] = {"algorithm": layout.checksum, "covers": list(layout.covers), "doc": layout.checksum_doc}
    row["parameters"] = layout.crc._asdict() if layout.crc else None
    if found is not None:
        row |= {"confirmed": found.confirmed, "held_out": found.held_out, "hypotheses": found.hypotheses}
    return row


def _candidate_row(learning: Learning, each: Hypothesis) -> dict[str, Any]:
    return {
        "layout": layout_row(each.layout),
        "records": each.records,
        "explained": round(each.explained, 4),
        "bits": round(each.bits, 1),
        "told_apart": _apart(learning.candidates[0], each) or None,
        "attested_sizes": gives_sizes(each.layout),
    }


def check_document(layout: Layout, found: Sequence[LayoutCheck], version: str) -> dict[str, Any]:
    """Return how a layout fits some files."""
    rows = [
        {"path": each.part.path, "size": each.part.size, "fits": each.fits}
        | part_row(each.part)
        | {
            "rising": None if each.rising is None else round(each.rising, 4),
            "sums": each.sums,
            "against": list(each.against),
        }
        for each in found
    ]
    fits = all(each.fits for each in found)
    return {"schema": CHECK_SCHEMA, "tool": tool(version), "layout": layout.id, "fits": fits, "files": rows}


def json_text(row: dict[str, Any]) -> str:
    """Return a document as text."""
    return dumps(row)
