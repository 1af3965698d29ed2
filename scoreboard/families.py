"""Queue files as other programs of that time may have written them, and what ``glbtools learn`` states about them.

Families are drawn from what docs/facts/files.md leaves open, those too that ``learn`` does not claim to know: other
dates and numbers, relations between columns, texts that end otherwise, deleted, purged and left-over records. Bytes are
packed here, not by the package's writer, and judged against the truth by where each text stands. ``python -m
scoreboard.families --seeds 1-200`` prints what is exact, partial, undecided and wrong, and of what family.
"""

from __future__ import annotations

import argparse
import json
import struct
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from glbtools.binary import layout as layouts
from glbtools.binary.field import SIZES, Field
from glbtools.formats.queue import moment, parse_queue
from glbtools.learn import Learning, learn_layout
from glbtools.simulation.life import Dice
from scoreboard.learning import write_section

EPOCH = datetime(1970, 1, 1)
FIRST, LAST = (
    "Ann Bob Carl Dora Eva Finn Gwen Hugo Inès José Kim Lars Mona Nils Åke Zoë",
    "Able Baker Dorn Hart Øster Page",
)
OFFICES = ("MONTGOMERY", "NOVEMBER", "OCTOBER", "WEST")


class Row(NamedTuple):
    """One change: number, date, text, and the sum stored with it."""

    sync: int
    when: datetime
    text: bytes
    crc: int


class Sample(NamedTuple):
    """A file with its truth.

    Attributes:
        seed: where it comes from; ``families``: what was drawn, one name for each choice.
        data: the file; ``rows``: offset of the text -> the change.
        live: offsets of the texts whose records are in the queue.
        damaged: the file with two in a hundred records damaged, one at least; ``hurt``: the bytes that are.
    """

    seed: int
    families: tuple[str, ...]
    data: bytes
    rows: dict[int, Row]
    live: frozenset[int]
    damaged: bytes
    hurt: frozenset[int]

    @property
    def listing(self) -> bytes:
        """What LISTQ -C -T prints."""
        lines = ["Examining POLYNOMIAL/MONTGOMERY Dirsync transaction file: MSTTRANS", "", "Checking CRC...", ""]
        lines.append("CRC  Date stamp               Sync#  Transaction")
        for place in sorted(self.live, key=lambda each: self.rows[each].sync):
            row = self.rows[place]
            text = row.text.decode("cp850").replace("\t", "<tab>").replace("\0", "<00>")
            lines.append(f"{row.crc:04X} {row.when:%a %b} {row.when.day:2} {row.when:%H:%M:%S %Y} {row.sync:06} {text}")
        return "\r\n".join([*lines, ""]).encode("cp850")


# --- what is drawn -----------------------------------------------------------------------------------------------


def _bcd(value: int) -> int:
    return value // 10 << 4 | value % 10


def _dos(when: datetime) -> tuple[int, int]:
    date = (when.year - 1980) << 9 | when.month << 5 | when.day
    return date, when.hour << 11 | when.minute << 5 | when.second // 2


def _seconds(when: datetime) -> int:
    return int((when - EPOCH).total_seconds())


def _tm(when: datetime) -> list[int]:
    """Return the first eight integers of a struct tm."""
    day = (when - datetime(when.year, 1, 1)).days
    return [
        when.second, when.minute, when.hour, when.day, when.month - 1, when.year - 1900, when.isoweekday() % 7, day
    ]  # fmt: skip


DATES: dict[str, Callable[[datetime], bytes]] = {
    "unix": lambda w: struct.pack("<I", _seconds(w)),
    "unix-big": lambda w: struct.pack(">I", _seconds(w)),
    "dos": lambda w: struct.pack("<HH", *reversed(_dos(w))),
    "dos-date-first": lambda w: struct.pack("<HH", *_dos(w)),
    "since-1980": lambda w: struct.pack("<I", _seconds(w) - 315532800),
    "dosdate": lambda w: struct.pack(
        "<BBHBBBBB", w.day, w.month, w.year, w.isoweekday() % 7, w.hour, w.minute, w.second, 0
    ),
    "bytes-from-second": lambda w: bytes((w.second, w.minute, w.hour, w.day, w.month, w.year - 1900)),
    "bytes-from-year": lambda w: bytes((w.year - 1900, w.month, w.day, w.hour, w.minute, w.second)),
    "struct-tm": lambda w: struct.pack("<6H", w.second, w.minute, w.hour, w.day, w.month - 1, w.year - 1900),
    "five-words": lambda w: struct.pack("<5H", w.minute, w.hour, w.day, w.month, w.year),
    "ascii": lambda w: f"{w:%m/%d/%y %H:%M:%S}".encode(),
    "ascii-short": lambda w: f"{w:%y%m%d%H%M%S}".encode(),
    "days-and-seconds": lambda w: struct.pack("<HI", _seconds(w) // 86400, _seconds(w) % 86400),
    "days-and-minutes": lambda w: struct.pack("<HH", _seconds(w) // 86400, _seconds(w) % 86400 // 60),
    "bcd": lambda w: bytes(map(_bcd, (w.year % 100, w.month, w.day, w.hour, w.minute, w.second))),
    "words-swapped": lambda w: struct.pack("<HH", _seconds(w) >> 16, _seconds(w) & 0xFFFF),
    "none": lambda w: b"",
}
MORE_DATES: dict[str, Callable[[datetime], bytes]] = {
    "struct-tm-nine": lambda w: struct.pack("<9h", *_tm(w), 0),
    "struct-tm-32": lambda w: struct.pack("<9i", *_tm(w), -1),
    "struct-tm-big": lambda w: struct.pack(">9h", *_tm(w), 1),
    "dostime-first": lambda w: struct.pack(
        "<BBBBBBHB", w.hour, w.minute, w.second, 0, w.day, w.month, w.year, w.isoweekday() % 7
    ),
    "six-words": lambda w: struct.pack("<6H", w.year, w.month, w.day, w.hour, w.minute, w.second),
    "bcd-clock": lambda w: bytes(map(_bcd, (w.second, w.minute, w.hour, w.day, w.month, w.year % 100))),
    "ascii-long": lambda w: f"{w:%Y%m%d%H%M%S}".encode(),
    "ascii-minutes": lambda w: f"{w:%y%m%d%H%M}".encode(),
    "iso": lambda w: f"{w:%Y-%m-%d %H:%M:%S}".encode(),
    "seconds-and-days": lambda w: struct.pack("<IH", _seconds(w) % 86400, _seconds(w) // 86400),
}
NUMBERS: dict[str, Callable[[int], bytes]] = {
    "u32": lambda n: struct.pack("<I", n),
    "u16": lambda n: struct.pack("<H", n & 0xFFFF),
    "u32-big": lambda n: struct.pack(">I", n),
    "u24": lambda n: struct.pack("<I", n)[:3],
    "u32-swapped": lambda n: struct.pack("<HH", n >> 16, n & 0xFFFF),
    "dec": lambda n: b"%010d" % n,
}
BESIDE: dict[str, Callable[[int, Row, int], bytes]] = {
    "nothing": lambda i, r, at: b"",
    "zeros": lambda i, r, at: bytes(4),
    "one": lambda i, r, at: b"\1\0",
    "copy-of-number": lambda i, r, at: struct.pack("<I", r.sync),
    "complement": lambda i, r, at: struct.pack("<I", ~r.sync & 0xFFFFFFFF),
    "number-before": lambda i, r, at: struct.pack("<I", r.sync - 1),
    "number-after": lambda i, r, at: struct.pack("<I", r.sync + 1),
    "ordinal": lambda i, r, at: struct.pack("<H", i + 1),
    "own-offset": lambda i, r, at: struct.pack("<I", at),
    "which-of-two": lambda i, r, at: bytes((r.crc & 1, 0)),
    "which-of-three": lambda i, r, at: struct.pack("<H", r.crc % 3),
    "second-date": lambda i, r, at: struct.pack("<I", _seconds(r.when) - 3600 * (r.crc % 90)),
}
MORE_BESIDE: dict[str, Callable[[int, Row, int], bytes]] = {
    "place": lambda i, r, at: struct.pack("<H", i),
    "text-in-words": lambda i, r, at: struct.pack("<H", len(r.text) // 2 + 1),
    "text-length": lambda i, r, at: struct.pack(">H", len(r.text)),
    "text-in-dwords": lambda i, r, at: bytes((-(-len(r.text) // 4),)),
}
TEXTS = (
    "nul", "nul", "nul", "counts-record", "none", "crlf", "no-length", "even", "slots", "left-over", "nul-lines", "xor",
    "length-behind", "length-twice", "in-words", "junk-padding",
)  # fmt: skip
HIDDEN: dict[str, Callable[[bytes, int, int], bytes]] = {
    "inverted": lambda text, key, sync: bytes(~byte & 0xFF for byte in text),
    "turned": lambda text, key, sync: bytes((byte << 1 | byte >> 7) & 0xFF for byte in text),
    "running": lambda text, key, sync: _running(text, key),
    "running-from-zero": lambda text, key, sync: bytes(a ^ b for a, b in zip(text, b"\0" + text, strict=False)),
    "number-keyed": lambda text, key, sync: bytes(byte ^ sync & 0xFF for byte in text),
    "number-added": lambda text, key, sync: bytes(byte + sync & 0xFF for byte in text),
}
IN_BLOCKS = ("in-blocks", "in-blocks-of-32")
CONTAINERS = (
    "plain", "plain", "plain", "header", "flag", "flag-inverse", "purged-front", "purged-pointer", "stale-tail",
    "stale-count", "pages", "two-kinds", "begins-again",
)  # fmt: skip


MORE_CONTAINERS = ("pages-with-header", "linked", "linked-descending", "descending")
SINCE = {"relations": 110_000, "texts": 124_000, "dates": 130_000, "containers": 140_000}
"""First seeds that draw from families that came later, too: those before stay what they were."""


def sample(seed: int) -> Sample:
    """Return the file of a seed."""
    dice = Dice(seed)
    relations = [*BESIDE, *(MORE_BESIDE if seed >= SINCE["relations"] else ())]
    texts = [*TEXTS, *(IN_BLOCKS if seed >= SINCE["relations"] else ()), *(HIDDEN if seed >= SINCE["texts"] else ())]
    dates = [*DATES, *(MORE_DATES if seed >= SINCE["dates"] else ())]
    plain = dice.chance(0.3)
    number = dice.one_of(("u32", "u32", "u32", "u32", "u16", *NUMBERS))
    date = dice.one_of(("unix", "unix", *dates) if not plain else ("unix", "dos", "none"))
    beside = [dice.one_of(relations) if not plain else dice.one_of(("nothing", "zeros", "one")) for _ in range(2)]
    ending = dice.one_of(texts) if not plain else "nul"
    container = dice.one_of([*CONTAINERS, *(MORE_CONTAINERS if seed >= SINCE["containers"] else ())])
    order = ["length", "number", "date", "crc", "beside-0", "beside-1"]
    order = [order.pop(dice.below(len(order))) for _ in range(len(order))]
    rows = list(_changes(dice, number, dice.one_of((12, 30, 60, 60, 120)), container))
    data, places, live = _written(dice, rows, number, date, beside, ending, container, order)
    names = (f"number {number}", f"date {date}", *(f"beside {each}" for each in beside), f"text {ending}", container)
    return Sample(seed, names, data, places, live, *damaged(Dice(seed + (1 << 32)), data, len(rows)))


def damaged(dice: Dice, data: bytes, records: int) -> tuple[bytes, frozenset[int]]:
    """Return a file in which some runs of bytes are overwritten, by one value or by noise, and which bytes are."""
    changed = bytearray(data)
    for _ in range(max(1, records // 50)):
        at, size, filler = dice.below(len(data)), 1 + dice.below(12), dice.one_of((0, 0xFF, 0xF6, None, None))
        for place in range(at, min(at + size, len(data))):
            changed[place] = dice.below(256) if filler is None else filler
    return bytes(changed), frozenset(at for at, byte in enumerate(data) if byte != changed[at])


def _changes(dice: Dice, number: str, count: int, container: str) -> Iterator[Row]:
    sync = dice.one_of((1, 1, 1 + dice.below(300), 300 + dice.below(4700), 5000 + dice.below(55000)))
    sync = 66000 + dice.below(33000) if number not in {"u16"} and dice.chance(0.15) else sync
    when = datetime(1993, 1, 1) + timedelta(seconds=dice.below(5 * 365 * 86400))
    digits, gaps, quick = dice.chance(0.6), dice.chance(0.3), dice.chance(0.3)
    for index in range(count):
        if container == "begins-again" and index == count // 2:
            sync = 1
        if container == "stale-tail" and index == 2 * count // 3:  # of an earlier time
            sync, when = max(1, sync - 200 - dice.below(400)), when - timedelta(days=100)
        first, last = dice.one_of(FIRST.split()), dice.one_of(LAST.split())
        box = (first[:4] + last[:2]).encode("ascii", "ignore").decode().lower() + (str(index % 97) if digits else "")
        office = dice.one_of(OFFICES)
        address = dice.one_of(
            (f"PCM:POLYNOMIAL/{office}/{box[:10]}", f"SMTP:{box}@x.org", f"PCM:NET/{office}/{box[:10]}")
        )
        text = f"{dice.one_of('AAAAADM')} {first} {last}\t{address}".encode("cp850")
        when = (when + timedelta(seconds=dice.one_of((1, 7) if quick else (60, 601, 4000, 90000)))).replace(
            microsecond=0
        )
        when = when.replace(second=when.second & ~1)
        yield Row(sync, when, text, dice.below(1 << 16))
        sync += 1 + (dice.below(3) if gaps else 0)


def _written(
    dice: Dice, rows: list[Row], number: str, date: str, beside: list[str], ending: str, container: str,
    order: list[str],
) -> tuple[bytes, dict[int, Row], frozenset[int]]:  # fmt: skip
    """Return the bytes, and which change stands where."""
    flagged, width = container.startswith("flag"), dice.one_of((2, 2, 4))
    pointer = container in {"header", "purged-pointer", "stale-count"}
    data = bytearray(8 if pointer else 0)
    linked = container.startswith("linked")
    head = len(_head(rows[0], 0, 0, 0, number, date, beside, order, width)) + flagged + 4 * linked
    dead = {dice.below(len(rows)) for _ in range(1 + len(rows) // 10)} if flagged else set()
    places: dict[int, Row] = {}
    buffer = bytearray(bytes(32 + dice.below(95) for _ in range(96)))
    key = 1 + dice.below(255)
    if container == "pages-with-header":
        data += struct.pack("<4sHH", b"PAGE", 0, 7)
    indexes = list(range(len(rows)))
    if container == "linked":
        indexes = [indexes.pop(dice.below(len(indexes))) for _ in rows]
    elif container.endswith("descending"):
        indexes.reverse()
    begins: dict[int, int] = {}
    for index in indexes:
        row = rows[index]
        text, size = _stored(row.text, ending, head, buffer, key)
        text = HIDDEN[ending](row.text, key, row.sync) if ending in HIDDEN else text
        if container.startswith("pages") and len(data) % 512 + head + len(text) > 512:
            data += bytes(-len(data) % 512)
            if container == "pages-with-header":
                data += struct.pack("<4sHH", b"PAGE", len(data) // 512, dice.below(9))
        if container == "two-kinds" and dice.chance(0.2):
            data += struct.pack("<BII", 2, row.sync - 1, _seconds(row.when))
        begins[index] = len(data)
        live = index not in dead
        flag = bytes((live if container == "flag" else 0 if live else 0x80,)) if flagged else b""
        flag = b"\1" if container == "two-kinds" else flag
        packed = _head(row, index, len(data), size, number, date, beside, order, width)
        data += flag + bytes(4 * linked) + packed
        places[len(data)] = row
        data += text
        if ending in {"length-behind", "length-twice"}:
            data += struct.pack("<H", size)
    for index, at in begins.items() if linked else ():
        data[at : at + 4] = struct.pack("<I", begins.get(index + 1, 0xFFFFFFFF))
    live_places = [place for index, place in enumerate(places) if index not in dead]
    if container in {"purged-front", "purged-pointer"}:
        live_places = live_places[len(rows) // 3 :]
    if container in {"stale-tail", "stale-count"}:
        live_places = live_places[: 2 * len(rows) // 3]
        cut = begins[2 * len(rows) // 3]
        lost = 11 if container == "stale-tail" else 0
        del data[cut : cut + lost]
        late = [place for place in places if place > cut]
        places = {place: row for place, row in places.items() if place < cut} | {
            place - lost: places[place] for place in late[bool(lost) :]
        }
    if pointer:
        first = live_places[0] - head
        data[:8] = struct.pack("<II", first, len(live_places)) if container != "header" else b"DSQ\x1a\1\0\0\0"
    return bytes(data), places, frozenset(live_places)


def _running(text: bytes, key: int) -> bytes:
    """Return a text of which each byte is stored exclusive or with the stored one before it."""
    stored = bytearray()
    for byte in text:
        key ^= byte
        stored.append(key)
    return bytes(stored)


def _head(
    row: Row, index: int, at: int, size: int, number: str, date: str, beside: list[str], order: list[str], width: int
) -> bytes:
    parts = {
        "length": struct.pack("<I", size)[:width],
        "number": NUMBERS[number](row.sync),
        "date": (DATES | MORE_DATES)[date](row.when),
        "crc": struct.pack("<H", row.crc),
        "beside-0": (BESIDE | MORE_BESIDE)[beside[0]](index, row, at),
        "beside-1": (BESIDE | MORE_BESIDE)[beside[1]](index, row, at),
    }
    return b"".join(parts[name] for name in order)


def _stored(text: bytes, ending: str, head: int, buffer: bytearray, key: int) -> tuple[bytes, int]:
    """Return a text as it is stored, and what its length field says."""
    size = len(text)
    if ending == "counts-record":
        return text + b"\0", head + size + 1
    if ending in {"none", "length-twice", "length-behind", *HIDDEN}:
        return text, size
    if ending == "crlf":
        return text + b"\r\n", size + 2
    if ending == "no-length":
        return text + b"\0", 0
    if ending == "even":
        filled = text + bytes((head + size) % 2)
        return filled, head + len(filled)
    if ending == "slots":
        return text.ljust(128, b"\0"), size
    if ending == "left-over":
        buffer[: size + 1] = text + b"\0"
        return bytes(buffer), size
    if ending == "nul-lines":
        return text + b"\0- field/value\0", size + 15
    if ending == "xor":
        return bytes(byte ^ key for byte in text), size
    if ending == "in-words":
        filled = text + b"\0" * (2 - size % 2)
        return filled, len(filled) // 2
    if ending.startswith("in-blocks"):
        block = 16 if ending == "in-blocks" else 32
        filled = text + b"\0" + bytes(-(head + size + 1) % block)
        return filled, (head + len(filled)) // block
    if ending == "junk-padding":
        return text + b"\0" + bytes(buffer[:3]), size + 1
    return text + b"\0", size + 1


# --- judging -----------------------------------------------------------------------------------------------------

OUTCOMES = ("exact", "open", "partial", "undecided", "wrong")
"""``open``: all values are true, and some records are purged, which no file shows alone and the report leaves open."""


def judged(drawn: Sample, learning: Learning, way: str) -> tuple[str, str]:
    """Return what came of it, and what is false of what is stated: whatever its mark, but for liveness in a part.

    A record that damage has changed is not judged. Of a part a record is not stated in which the reader finds a fault:
    what is left over is said to be so.
    """
    if learning.layout is None or learning.toml is None:
        return "undecided", ""
    layout = layouts.parse(learning.toml.encode(), "learnt.toml")
    hurt = drawn.hurt if way.startswith("damaged") else frozenset()
    queue = parse_queue(drawn.damaged if hurt else drawn.data, layout)
    first = queue.codec.len_head
    faulty = frozenset(fault.span.start for fault in queue.text_faults()) if learning.partial else frozenset()
    stated = {
        each.start + first: each
        for each in queue.records
        if not any(at in hurt or at in faulty for at in range(each.start, each.stop))
    }
    false = [each for each in layout.fields if each.repeats and not _says_again(drawn, each)]
    if false:
        return "wrong", f"{false[0].repeats} in units of {false[0].unit} at {false[0].section} {false[0].offset}"
    for place, record in stated.items():
        row = drawn.rows.get(place)
        if row is None:
            return "wrong", f"a record at {place - first}, where none is"
        if layout.numbered and record.sync != row.sync:
            return "wrong", f"the number {record.sync} in place of {row.sync}"
        text = record.text.encode("cp850", "surrogateescape").partition(b"\0")[0]
        if text != row.text:
            return "wrong", f"the text {text[-20:]!r} in place of {row.text[-20:]!r}"
        stored = layout.with_role("stamp")
        when = moment(layout, record.stamp)
        exact = timedelta(seconds=stored.resolution if stored and stored.in_parts else 1)
        if stored and (when is None or not timedelta() <= row.when - when < exact):
            return "wrong", f"the date {when} in place of {row.when}"
        if record.checksum is not None and record.checksum != row.crc:
            return "wrong", "a checksum"
    if learning.partial:
        return "partial", ""
    beyond = stated.keys() - drawn.live
    if beyond and not learning.listings and _unmarked(drawn) and (hurt or stated.keys() == drawn.rows.keys()):
        return "open", ""
    if beyond:
        return "wrong", f"{len(beyond)} records that are not in the queue"
    missing = [] if hurt else drawn.live - stated.keys()
    return ("wrong", f"{len(missing)} records are passed over") if missing else ("exact", "")


RELATIONS = {
    "copy-of-number": ("number", 1), "complement": ("complement", 1), "number-before": ("before", 1),
    "number-after": ("after", 1), "ordinal": ("ordinal", 1), "place": ("place", 1), "own-offset": ("offset", 1),
    "in-words": ("text+terminator", 2), "text-in-words": ("text+terminator", 2), "text-in-dwords": ("text", 4),
    "in-blocks": ("record", 16), "in-blocks-of-32": ("record", 32),
    "number-again": ("number", 1), "low-word": ("number", 1), "complement-32": ("complement", 1),
    "number-behind": ("after", 1), "place-from-0": ("place", 1), "place-from-1": ("ordinal", 1),
}  # fmt: skip
"""Families -> what a record says again in them, in units of how many bytes."""


def _says_again(drawn: Sample, field: Field) -> bool:
    """Whether a file says of its records again what a layout states; what is like it may be inferred.

    In bytes every file has its length.
    """
    true = {RELATIONS.get(name.rpartition(" ")[2]) for name in drawn.families}
    in_bytes = field.unit == 1 and field.repeats in {"length", *SIZES}
    return in_bytes or field.status == "inferred" or (field.repeats, field.unit) in true


def _unmarked(drawn: Sample) -> bool:
    """Whether nothing in a file marks the records that are no longer in its queue."""
    return "purged-front" in drawn.families


WAYS = ("alone", "known", "listing", "damaged", "damaged with listing")
"""What is given: the file; with the numbers of its first and last record; with its listing; damaged."""


def attempt(drawn: Sample, directory: Path, way: str) -> tuple[str, str]:
    """Write a file and what is given with it, let its layout be learnt, and judge it."""
    path, listing = directory / "MSTTRANS.GLB", directory / "LISTQ.TXT"
    path.write_bytes(drawn.damaged if way.startswith("damaged") else drawn.data)
    listing.write_bytes(drawn.listing)
    first, last = (drawn.rows[place].sync for place in (min(drawn.rows), max(drawn.rows)))
    known = [f"first={first}", f"last={last}"] if way == "known" else []
    return judged(drawn, learn_layout([path], listings=[listing] if "listing" in way else [], known=known), way)


Counts = dict[str, Counter[str]]


def measured(
    seeds: Sequence[int], say: Callable[[str], None], draw: Callable[[int], Sample] = sample
) -> tuple[Counts, Counts, Counts]:
    """Return what came of some seeds by what was given, by family, and by family where a listing was given.

    Every false statement is said.
    """
    totals: Counts = {way: Counter() for way in WAYS}
    by_family: Counts = {}
    listed: Counts = {}
    with tempfile.TemporaryDirectory() as directory:
        for seed in seeds:
            drawn = draw(seed)
            for way in WAYS:
                outcome, reason = attempt(drawn, Path(directory), way)
                totals[way][outcome] += 1
                for name in set(drawn.families):
                    by_family.setdefault(name, Counter())[outcome] += 1
                    if "listing" in way:
                        listed.setdefault(name, Counter())[outcome] += 1
                if outcome == "wrong":
                    say(f"wrong: seed {seed}, {way}, {' '.join(drawn.families)}: {reason}")
    return totals, by_family, listed


CLAIMED = 0.1
"""Share of the files with a listing that may be undecided in a family that ``learn`` claims to know."""


def main() -> None:
    """Print a table of what came of some seeds, and every false statement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-100", help="as 92001-92068,93001-93040")
    parser.add_argument("--page", action="store_true", help="write docs/scoreboard.md")
    parser.add_argument("--keep", type=Path, help="file with the counts of other seeds, to which these are added")
    arguments = parser.parse_args()
    ranges = [tuple(map(int, each.split("-"))) for each in arguments.seeds.split(",") if each]
    seeds = [seed for first, last in ranges for seed in range(first, last + 1)]
    totals, by_family, listed = measured(seeds, lambda said: print(said, flush=True))
    if arguments.keep:
        arguments.seeds = _kept(arguments.keep, arguments.seeds, totals, by_family, listed)
    for way, counts in totals.items():
        print(f"{way}: {', '.join(f'{counts[each]} {each}' for each in OUTCOMES)} of {counts.total()}")
    for name, counts in sorted(by_family.items()):
        print(f"  {name:20}" + "".join(f"{counts[each]:6} {each}" for each in OUTCOMES))
    if arguments.page:
        write_section("".join(f"{line}\n" for line in _page(arguments.seeds, totals, by_family, listed)), BEGIN, END)


def _kept(path: Path, seeds: str, *counts: Counts) -> str:
    """Add counts to those that a file has of other seeds, and the other way round; return all the seeds."""
    kept: dict[str, Any] = {"seeds": "", "counts": [{} for _ in counts]}
    kept = json.loads(path.read_text()) if path.exists() else kept
    for own, others in zip(counts, kept["counts"], strict=True):
        for name, other in others.items():
            own.setdefault(name, Counter()).update(other)
    kept = {"seeds": ",".join(filter(None, (kept["seeds"], seeds))), "counts": counts}
    path.write_text(json.dumps(kept))
    return str(kept["seeds"])


BEGIN = "<!-- Families: written by `python -m scoreboard.families --page`. -->"
END = "<!-- End of families. -->"


def _page(seeds: str, totals: Counts, by_family: Counts, listed: Counts) -> Iterator[str]:
    """Yield the lines of the page: what came of all files, and of each family."""
    yield "# Families of layouts"
    yield ""
    total = sum(counts.total() for counts in totals.values())
    wrong = sum(counts["wrong"] for counts in totals.values())
    yield f"{date.today()}: queue files as other programs of that time may have written them, seeds"
    yield seeds.replace(",", ", ")
    yield "(other seeds than those looked at while the search was made; what is wrong is mended as a kind and becomes a"
    yield "test), each alone, with the numbers of its first and last record known, with a listing, and damaged with and"
    yield f"without one: {wrong} wrong of {total}. *Open*: all that is stated is true, and which records are purged no"
    yield "file shows alone; *partial*: what is certain is stated, often the texts alone; *wrong*: a number, text,"
    yield "date, checksum or liveness that is stated and false, whatever its mark."
    yield ""
    missed = [name for name, counts in sorted(listed.items()) if counts["undecided"] > CLAIMED * counts.total()]
    yield f"`learn` claims the families of which at most {CLAIMED:.0%} of the files are undecided with a listing: all"
    yield f"but {', '.join(missed)}." if missed else "of them."
    yield ""
    heads = " | ".join(OUTCOMES)
    yield f"| files | {heads} | decided |"
    yield f"|---|{'--:|' * (len(OUTCOMES) + 1)}"
    for way, counts in totals.items():
        stated = sum(counts[each] for each in ("exact", "open", "partial")) / counts.total()
        yield f"| {way} | {' | '.join(str(counts[each]) for each in OUTCOMES)} | {stated:.0%} |"
    yield ""
    yield f"| family, in all five ways | {heads} | undecided with a listing |"
    yield f"|---|{'--:|' * (len(OUTCOMES) + 1)}"
    for name, counts in sorted(by_family.items()):
        told = listed.get(name, Counter())
        cells = [*(str(counts[each]) for each in OUTCOMES), f"{told['undecided']} of {told.total()}"]
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""


if __name__ == "__main__":
    main()
