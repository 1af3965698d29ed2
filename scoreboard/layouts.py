"""Random layouts of queue files, each from one seed, and a file in each with its listing and its damage.

They are what ``glbtools learn`` is measured with: whatever a layout file can say about a queue occurs, and the contents
are those of real life. Bytes are written by the package's own writer, so the truth about them is certain.

``python -m scoreboard.layouts SEED --out DIRECTORY`` writes the files of one seed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from glbtools.binary import checksum
from glbtools.binary import layout as layouts
from glbtools.binary.field import Field
from glbtools.binary.layout import Layout
from glbtools.binary.records import Record, codec
from glbtools.formats import listing
from glbtools.formats.queue import Queue, moment, parse_queue, raw_stamp
from glbtools.layouts import reference
from glbtools.simulation.life import Dice
from scoreboard.contents import KINDS, LEAST, MOST, Limits, changes

FORMS = ("new", "old")
"""Listings with the columns of LISTQ 3.2.0.1 (Q96060), and with items and numbers only (Q110496)."""

SUMS = (
    "crc-16/xmodem", "crc-16/ibm-3740", "crc-16/arc", "crc-16/kermit", "crc-16/modbus", "sum-16", "fletcher-16",
    "crc-32", "crc-32/bzip2", "adler-32",
)  # fmt: skip
"""Checksums that occur; others there are none of."""

_WIDTHS = {"u8": 1, "u16": 2, "u32": 4}


# --- layouts -----------------------------------------------------------------------------------------------------


def random_layout(seed: int) -> Layout:
    """Return the queue layout of a seed, checked as any layout file is."""
    return layouts.parse(layout_text(seed).encode(), f"random-{seed}")


def layout_text(seed: int) -> str:
    """Return the layout file of a seed."""
    dice = Dice(seed * 8)
    while True:
        framing, rows, algorithm, order = _drawn(dice)
        overhead = sum(_size(each) for each in rows if each["section"] != "header")
        overhead += len(layouts.TERMINATORS[framing["terminator"]])
        # Both attested sizes leave some 24 bytes beside the text; a record of less than 8 holds nothing to learn.
        if 12 <= overhead <= 40 or (8 <= overhead <= 56 and dice.chance(0.1)):
            return _toml(f"random-{seed}", framing, rows, algorithm, order)


def _drawn(dice: Dice) -> tuple[dict[str, Any], list[dict[str, Any]], str, str]:
    """Return framing, fields, checksum algorithm and byte order of a random layout."""
    order = "little" if dice.chance(0.75) else "big"
    length = dice.one_of(("u16", "u16", "u16", "u16", "u32", "u32", "u8", "dec:4", "dec:3", "", "", "", ""))
    if length:
        terminator = dice.one_of(("nul", "nul", "nul", "none", "none", "crlf"))
        counts = dice.one_of(layouts.LENGTH_COUNTS)
    else:
        terminator, counts = dice.one_of(("nul", "nul", "nul", "crlf", "none")), "text+terminator"
    strided = not length and terminator == "none"
    record, algorithm = _record_fields(dice, length)
    trailer = [] if strided else _trailer_fields(dice)
    if not strided and dice.chance(0.25):
        trailer += [record.pop(number) for number, each in enumerate(record) if each["role"] == "checksum"]
    rows = [*_header_fields(dice), *_placed(dice, record, "record"), *_placed(dice, trailer, "trailer")]
    if dice.chance(0.08):
        for each in rows:
            if each["type"][0] == "u" and each["section"] != "header":
                each["byte_order"] = dice.one_of(("little", "big"))
    head = sum(map(_size, record))
    rows.append({"name": "text", "section": "record", "offset": head, "type": "text", "role": "text"})
    stride = dice.one_of((1, 1, 1, 1, 1, 1, 2, 4, 4, 8, 16, 16, 32, 64, 128, 256))
    if strided or stride == 256:
        stride = dice.one_of((128, 160, 192, 200, 256, 256, 300, 384, 512))
    framing = {
        "header": sum(_size(each) for each in rows if each["section"] == "header"),
        "length_counts": counts,
        "terminator": terminator,
        "stride": stride,
        "pad": dice.one_of((0, 0, 0, 0x20, 0xFF)),
    }
    return framing, rows, algorithm, order


def _record_fields(dice: Dice, length: str) -> tuple[list[dict[str, Any]], str]:
    rows: list[dict[str, Any]] = []
    kinds = ("u32",) * 8 + ("u16",) * 4 + ("dec:10", "dec:10", "dec:8", "dec:6", "dec:5", "hex:8", "hex:4")
    rows.append({"name": "sync", "type": dice.one_of(kinds), "role": "sync"})
    form = dice.one_of(("unix",) * 5 + ("dos", "dos", "dec", "hex", "", ""))
    if form:
        kind = {"dec": "dec:10", "hex": "hex:8"}.get(form, "u32")
        stamp = "dos" if form == "dos" else "unix"
        rows.append({"name": "stamp", "type": kind, "role": "stamp", "stamp": stamp})
    if length:
        rows.append({"name": "len_text", "type": length, "role": "len_text"})
    algorithm = ""
    if dice.chance(0.6):
        algorithm = dice.one_of((*SUMS, "", ""))
        width = checksum.ALGORITHMS[algorithm].size if algorithm else dice.one_of((2, 2, 4))
        kind = f"hex:{2 * width}" if dice.chance(0.1) else f"u{8 * width}"
        rows.append({"name": "checksum", "type": kind, "role": "checksum"})
    if dice.chance(0.25):
        rows.append({"name": "ofs_prev", "type": "u32", "role": "link", "link": "previous"})
    if dice.chance(0.25):
        rows.append({"name": "ofs_next", "type": "u32", "role": "link", "link": "next"})
    rows += [_extra(dice, number) for number in range(dice.below(5))]
    return rows, algorithm


def _extra(dice: Dice, number: int) -> dict[str, Any]:
    """Return a field that is neither number, stamp, length, sum nor link."""
    what = dice.one_of(("constant", "constant", "zero", "zero", "flag", "flag", "code", "noise", "noise"))
    if dice.chance(0.01):
        # Counts the records: beside numbers without a gap nothing but a listing tells the two apart.
        return {"name": f"index_{number}", "type": dice.one_of(("u16", "u32")), "role": "opaque"}
    if what in ("flag", "code"):
        return {"name": f"{what}_{number}", "type": dice.one_of(("u8", "u8", "u16")), "role": "opaque"}
    size = dice.one_of((1, 2, 2, 4, 4, 6))
    if what == "noise":
        return {"name": f"noise_{number}", "type": f"bytes:{size}", "role": "opaque"}
    raw = bytes(size) if what == "zero" else bytes(1 + dice.below(255) for _ in range(size))
    return {"name": f"{what}_{number}", "type": f"bytes:{size}", "role": "constant", "default": raw.hex()}


def _trailer_fields(dice: Dice) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    if dice.chance(0.2):
        size = 1 + dice.below(4)
        raw = bytes(size) if dice.chance(0.4) else bytes(dice.below(256) for _ in range(size))
        rows.append({"name": "end", "type": f"bytes:{size}", "role": "constant", "default": raw.hex()})
    if dice.chance(0.08):
        rows.append({"name": "ofs_back", "type": "u32", "role": "link", "link": "previous"})
    return rows


def _header_fields(dice: Dice) -> list[dict[str, Any]]:
    """Return the fields of the file header: nothing in half of the layouts, since a 0-byte file is a valid queue."""
    if dice.chance(0.5):
        return []
    size = dice.one_of((1, 2, 3, 4, 4, 4, 6, 8, 8, 10, 12, 16, 16))
    what = dice.one_of(("zero", "constant", "signature", "count"))
    rows: list[dict[str, Any]] = []
    if what == "count" and size >= 2:
        rows.append({"name": "num_records", "offset": 0, "type": "u32" if size >= 4 else "u16", "role": "opaque"})
    elif what == "signature":
        raw = b"DSQ\x1aTRN1\x01\x03"[: min(size, 10)]
        rows.append({"name": "magic", "offset": 0, "type": f"bytes:{len(raw)}", "default": raw.hex()})
    elif what == "constant":
        raw = bytes(dice.below(256) for _ in range(size))
        rows.append({"name": "head", "offset": 0, "type": f"bytes:{size}", "default": raw.hex()})
    rest = size - sum(map(_size, rows))
    if rest:
        rows.append({"name": "head_zero", "offset": size - rest, "type": f"bytes:{rest}", "default": bytes(rest).hex()})
    return [{"role": "constant", **each, "section": "header"} for each in rows]


def _placed(dice: Dice, rows: list[dict[str, Any]], section: str) -> list[dict[str, Any]]:
    """Return fields in random order, one behind the other."""
    left, placed, offset = list(rows), [], 0
    while left:
        each = left.pop(dice.below(len(left)))
        placed.append({**each, "section": section, "offset": offset})
        offset += _size(each)
    return placed


def _size(row: dict[str, Any]) -> int:
    kind, _, size = row["type"].partition(":")
    return _WIDTHS.get(kind) or int(size or 0)


def _toml(name: str, framing: dict[str, Any], rows: list[dict[str, Any]], algorithm: str, order: str) -> str:
    lines = [f'id = "{name}"', 'family = "queue"', f'title = "{name}"', 'status = "assumed"', f'byte_order = "{order}"']
    lines += ["", "[framing]", *(f"{key} = {json.dumps(value)}" for key, value in framing.items())]
    lines += ["", "[checksum]", f'algorithm = "{algorithm}"'] if algorithm else []
    for each in rows:
        lines += ["", "[[field]]", *(f"{key} = {json.dumps(value)}" for key, value in each.items())]
        lines.append('status = "assumed"')
    return "\n".join(lines) + "\n"


# --- a file in a layout ------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """What one record truly says, and where it stands.

    Attributes:
        sync: its number.
        when: its stamp by the clock of who wrote it, None where the layout has none.
        text: its text.
        place: offset of the text in the file.
        start: offset of the record.
        stop: offset behind it.
    """

    sync: int
    when: datetime | None
    text: str
    place: int
    start: int
    stop: int


class QueueSample(NamedTuple):
    """A queue file of one seed, with all that is true about it.

    Attributes:
        seed: where it comes from.
        kind: one of ``KINDS``.
        layout: the layout it was written with.
        rows: its records.
        data: the file.
        listing: what LISTQ would have printed of it.
        hours: by how much the listing's clock is ahead of the file's.
        damaged: the file with 2 % of its records damaged.
        untouched: the rows that are as they were in it, and that the true layout reads there.
    """

    seed: int
    kind: str
    layout: Layout
    rows: tuple[Row, ...]
    data: bytes
    listing: bytes
    hours: int
    damaged: bytes
    untouched: tuple[Row, ...]


def queue_sample(seed: int) -> QueueSample:
    """Return the file of a seed, in the layout of that seed."""
    layout = random_layout(seed)
    dice = Dice(seed * 8 + 1)
    kind = dice.one_of((*KINDS, "REQTRANS"))
    rows, records = _written(dice, layout, kind, LEAST + dice.below(MOST - LEAST + 1))
    queue = Queue(layout, records[-1].stop, _header(layout, len(records)), records)
    return _whole(seed, kind, queue, rows)


def read_sample(kind: str, data: bytes) -> QueueSample:
    """Return a queue file in the reference layout as a sample, read by the package itself."""
    layout = reference("queue")
    queue = parse_queue(data, layout)
    first = codec(layout).len_head
    rows = tuple(
        Row(each.sync, queue.moment(each), each.text, each.start + first, each.start, each.stop)
        for each in queue.records
    )
    return _whole(0, kind, queue, rows)


def _whole(seed: int, kind: str, queue: Queue, rows: tuple[Row, ...]) -> QueueSample:
    layout, data = queue.layout, queue.build()
    printed, hours = _listing(Dice(seed * 8 + 2), layout, kind, queue.records)
    hurt = damaged(Dice(seed * 8 + 3), data, rows)
    return QueueSample(seed, kind, layout, rows, data, printed, hours, hurt, _untouched(layout, data, hurt, rows))


def limits(layout: Layout) -> Limits:
    """Return what a layout has room for."""
    sync, length, stamp = (layout.with_role(each) for each in ("sync", "len_text", "stamp"))
    assert sync is not None
    compiled = codec(layout)
    longest = 4000
    if length is not None:
        longest = min(longest, length.range[1] - compiled.len_counted)
    if layout.stride >= 128:
        ends = len(compiled.terminator) + compiled.len_trail
        longest = min(longest, layout.stride - compiled.len_head - ends)
    ended_by_crlf = layout.terminator == "crlf" and length is None
    dos = stamp is not None and stamp.stamp == "dos"
    return Limits(sync.range[1], longest, "\n" if ended_by_crlf else "\r\n", seconds=2 if dos else 1)


def _written(dice: Dice, layout: Layout, kind: str, count: int) -> tuple[tuple[Row, ...], list[Record]]:
    compiled = codec(layout)
    stored = layout.with_role("stamp")
    secret = b"%d" % dice.below(1 << 30)
    records: list[Record] = []
    rows: list[Row] = []
    position, previous = layout.header, None
    for index, each in enumerate(changes(dice, kind, count, limits(layout)), 1):
        raw = raw_stamp(layout, each.when) if stored else None
        given = _unexplained(layout, secret, each.sync, each.text)
        made = compiled.make(each.sync, each.text, stamp=raw, checksum=given, start=position, previous=previous)
        made = made._replace(others=tuple(_others(dice, compiled.other_fields, made, index)))
        records.append(made)
        place = made.start + compiled.len_head
        rows.append(Row(each.sync, each.when if stored else None, each.text, place, made.start, made.stop))
        position, previous = made.stop, made.start
    return tuple(rows), records


def _others(dice: Dice, fields: tuple[Field, ...], made: Record, index: int) -> Iterator[int | bytes]:
    """Yield the values of the fields that ``make`` gives no meaning to."""
    for each, value in zip(fields, made.others, strict=True):
        what = each.name.partition("_")[0]
        if what == "noise":
            yield bytes(dice.below(256) for _ in range(each.size))
        elif what == "flag":
            yield dice.one_of((0, 0, 0, 1, 1, 4))
        elif what == "code":
            yield "RADMT#".find(made.text[0]) + 1
        elif what == "index":
            yield index
        else:
            yield value


def _unexplained(layout: Layout, secret: bytes, sync: int, text: str) -> int | None:
    """Return a sum that no known algorithm gives, where the layout has one without a name."""
    stored = layout.with_role("checksum")
    if stored is None or layout.checksum:
        return None
    digest = hashlib.blake2b(b"%s %d %s" % (secret, sync, text.encode(layout.encoding)), digest_size=4).digest()
    return int.from_bytes(digest, "big") & stored.range[1]


def _header(layout: Layout, count: int) -> bytes:
    raw = codec(layout).header()
    stored = layout.by_name.get("num_records")
    if stored is None:
        return raw
    number = count.to_bytes(stored.size, "little" if stored.byte_order == "little" else "big")
    return raw[: stored.offset] + number + raw[stored.stop :]


# --- its listing -------------------------------------------------------------------------------------------------


def _listing(dice: Dice, layout: Layout, kind: str, records: list[Record]) -> tuple[bytes, int]:
    """Return what LISTQ prints, and by how many hours its clock is ahead of the stamps."""
    stored = layout.with_role("stamp")
    # Seconds since 1970 are shown by the clock of where LISTQ runs; packed dates are that clock's already.
    hours = dice.below(25) - 11 if stored and stored.stamp == "unix" else 0
    old = dice.chance(0.3)
    lines = _old_form(records) if old else _new_form(layout, kind, records, hours)
    text = ("\r\n" if dice.chance(0.7) else "\n").join([*lines, ""])
    return text.encode("utf-8" if dice.chance(0.15) else listing.ENCODING), hours


def _new_form(layout: Layout, kind: str, records: list[Record], hours: int) -> list[str]:
    """Return the lines of LISTQ 3.2.0.1 with -C and -T; what the file does not hold leaves its column blank."""
    summed, stamped = (layout.with_role(role) for role in ("checksum", "stamp"))
    digits = 4 if summed is None or summed.range[1] <= 0xFFFF else 8
    lines = ["Microsoft Mail for the PC v3.2, LISTQ v3.2.0.1", "(C) Microsoft Corp. 1993-1994. All rights reserved", ""]
    lines += [f"Examining POLYNOMIAL/MONTGOMERY Dirsync transaction file: {kind}", ""]
    lines += ["Checking CRC...", ""] if summed else []
    shown = summed or stamped
    lines.append("CRC  Date stamp               Sync#  Transaction" if shown else "Sync#  Transaction")
    for each in records:
        crc = f"{each.checksum:0{digits}X}" if summed else ""
        when = moment(layout, each.stamp)
        date = listing.asctime(when + timedelta(hours=hours)) if when else ""
        columns = f"{crc:4} {date:24} " if shown else ""
        lines.append(f"{columns}{each.sync:06} {listing.escape(each.text)}")
    return lines


def _old_form(records: list[Record]) -> list[str]:
    lines = ["   Item   Sync No.   Transaction", f"   ------ ---------- {'-' * 46}"]
    lines += [f"   {item:<6} {each.sync:010} {listing.escape(each.text)}" for item, each in enumerate(records, 1)]
    return [*lines, "   End of Queue"]


# --- its damage --------------------------------------------------------------------------------------------------


def damaged(dice: Dice, data: bytes, rows: tuple[Row, ...], share: float = 0.02) -> bytes:
    """Return a file with a share of its records damaged, at least one: flipped bytes, overwritten runs, its end."""
    hurt = bytearray(data)
    for _ in range(max(1, round(share * len(rows)))):
        row = dice.one_of(rows)
        at = row.start + dice.below(row.stop - row.start)
        if dice.chance(0.5):
            for _ in range(1 + dice.below(3)):
                hurt[min(at + dice.below(4), row.stop - 1)] ^= 1 + dice.below(255)
        else:
            filler = dice.one_of((0, 0xF6, 0xFF, None))
            stop = min(at + 4 + dice.below(60), len(hurt))
            hurt[at:stop] = bytes(dice.below(256) if filler is None else filler for _ in range(stop - at))
    end = dice.below(10)
    if end < 3:
        last = rows[-1]
        del hurt[last.start + 1 + dice.below(last.stop - last.start - 1) :]
    elif end < 5:
        hurt += bytes(1 + dice.below(600))
    elif end < 6:
        # What was there before the file became shorter: the end of some record.
        row = dice.one_of(rows)
        hurt += data[row.place + 1 : row.stop]
    return bytes(hurt)


def _untouched(layout: Layout, data: bytes, hurt: bytes, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return the rows whose bytes are as they were and that can be read: a wrong length may hide the next record."""
    held = {(each.start, each.stop, each.sync, each.text) for each in parse_queue(hurt, layout).records}
    return tuple(
        each
        for each in rows
        if hurt[each.start : each.stop] == data[each.start : each.stop]
        and (each.start, each.stop, each.sync, each.text) in held
    )


def main() -> None:
    """Write file, damaged file, listing, layout and truth of one seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    drawn = queue_sample(arguments.seed)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / f"{drawn.kind}.GLB").write_bytes(drawn.data)
    (arguments.out / f"{drawn.kind}.BAD").write_bytes(drawn.damaged)
    (arguments.out / "LISTQ.TXT").write_bytes(drawn.listing)
    (arguments.out / "layout.toml").write_text(layout_text(arguments.seed), encoding="utf-8")
    rows = [each._replace(when=each.when and each.when.isoformat())._asdict() for each in drawn.rows]  # type: ignore[arg-type]
    (arguments.out / "rows.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
