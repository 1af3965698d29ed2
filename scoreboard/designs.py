"""Designs of records: every field in every order, before the texts and behind them, and what ``learn`` states of them.

``scoreboard.families`` draws what programs did with one field; here several fields stand together that may be taken
for each other, in files of the oldest first, of the newest first and in no order: an ordinal beside the number, its
neighbour's number, its complement, clocks and counters of other kinds. ``python -m scoreboard.designs --seeds 1-200``
prints what is exact, partial, undecided and wrong, and of what field.
"""

from __future__ import annotations

import argparse
import struct
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from glbtools.simulation.life import Dice
from scoreboard.families import DATES, FIRST, LAST, OFFICES, OUTCOMES, Row, Sample, damaged, measured

NUMBERS: dict[str, Callable[[int], bytes]] = {
    "u16": lambda n: struct.pack("<H", n & 0xFFFF),
    "u16-big": lambda n: struct.pack(">H", n & 0xFFFF),
    "u24": lambda n: struct.pack("<I", n)[:3],
    "u32": lambda n: struct.pack("<I", n),
    "u32-big": lambda n: struct.pack(">I", n),
    "u32-swapped": lambda n: struct.pack("<HH", n >> 16, n & 0xFFFF),
    "dec-6": lambda n: b"%06d" % n,
    "dec-8": lambda n: b"%08d" % n,
    "hex-8": lambda n: b"%08X" % n,
    "bcd": lambda n: bytes.fromhex(f"{n:08}"),
}
HIGHEST = {"u16": 65_000, "u16-big": 65_000, "dec-6": 900_000}
FIRSTS = (1, 1, 2, 17, 250, 990, 9000, 65_500, 70_000, 300_000, 990_000, 3_000_000)


class Held(NamedTuple):
    """One record, as a field sees it.

    Attributes:
        at: its place in the file; ``rank``: among the numbers.
        start: where it begins; ``before``: where the one before it does.
        numbers: all of them, in the order of the file.
        stored: how a number is stored.
        row: its change; ``ticks``: seconds since the first change.
        noise: 16 bits of anything.
    """

    at: int
    rank: int
    start: int
    before: int
    numbers: Sequence[int]
    stored: Callable[[int], bytes]
    row: Row
    ticks: int
    noise: int


def _neighbour(held: Held, by: int) -> bytes:
    at = held.at + by
    return held.stored(held.numbers[at] if 0 <= at < len(held.numbers) else 0)


FIELDS: dict[str, Callable[[Held], bytes]] = {
    "place-from-0": lambda h: struct.pack("<H", h.at),
    "place-from-1": lambda h: struct.pack("<H", h.at + 1),
    "rank": lambda h: struct.pack("<H", h.rank),
    "complement": lambda h: struct.pack("<H", ~h.row.sync & 0xFFFF),
    "complement-32": lambda h: struct.pack("<I", ~h.row.sync & 0xFFFFFFFF),
    "number-before": lambda h: _neighbour(h, -1),
    "number-behind": lambda h: _neighbour(h, 1),
    "number-again": lambda h: h.stored(h.row.sync),
    "low-word": lambda h: struct.pack("<H", h.row.sync & 0xFFFF),
    "one": lambda h: b"\1\0",
    "zeros": lambda h: bytes(2),
    "kind": lambda h: bytes((1 + h.noise % 3,)),
    "one-of-seven": lambda h: bytes((h.at % 7,)),
    "noise": lambda h: struct.pack("<H", h.noise),
    "own-offset": lambda h: struct.pack("<I", h.start),
    "offset-before": lambda h: struct.pack("<I", h.before),
    "text-length": lambda h: struct.pack("<H", len(h.row.text)),
    "ticks": lambda h: struct.pack("<I", 18 * h.ticks),
    **{f"date-{name}": lambda h, write=write: write(h.row.when) for name, write in DATES.items() if name != "none"},
}
FRAMES = ("length", "length", "length-big", "length-byte", "length-of-text", "nul", "nul", "line", "slot")
SLOT = 140


def sample(seed: int) -> Sample:
    """Return the file of a seed."""
    dice = Dice(seed)
    number, frame = dice.one_of(tuple(NUMBERS)), dice.one_of(FRAMES)
    header = dice.one_of((0, 0, 0, 4, 10, 32))
    order = dice.one_of(("oldest", "oldest", "oldest", "oldest", "newest", "newest", "none"))
    fields = ["number"]
    for _ in range(dice.one_of((0, 1, 1, 2, 2, 3))):
        fields.insert(dice.below(len(fields) + 1), dice.one_of(tuple(FIELDS)))
    before = dice.one_of((len(fields), len(fields), 0, dice.below(len(fields) + 1)))
    rows = _changes(dice, number, dice.one_of((12, 20, 40, 60, 150)), order)
    names = (f"number {number}", f"frame {frame}", f"order {order}", f"header {header}", f"{before}-before")
    lead = struct.pack("<I", len(rows)) if header == len("full") else bytes(dice.below(256) for _ in range(header))
    data, places = _written(dice, rows, NUMBERS[number], fields, before, frame, lead)
    families = (*names, *(f"field {each}" for each in fields))
    return Sample(seed, families, data, places, frozenset(places), *damaged(Dice(seed + (1 << 32)), data, len(rows)))


def _changes(dice: Dice, number: str, count: int, order: str) -> list[Row]:
    """Return changes in the order in which they stand in the file."""
    sync, gaps = min(dice.one_of(FIRSTS), HIGHEST.get(number, 1 << 24)), dice.one_of((0, 0, 0, 2, 4))
    when = datetime(1993, 1, 1) + timedelta(seconds=2 * dice.below(5 * 365 * 43200))
    rows = []
    for _ in range(count):
        first, last = dice.one_of(FIRST.split()), dice.one_of(LAST.split())
        box = f"{first[:5].lower()}{dice.below(100) if dice.chance(0.5) else ''}".encode("ascii", "ignore").decode()
        text = f"{dice.one_of('AAAAMD')} {first} {last}\tPCM:NET/{dice.one_of(OFFICES)}/{box}"
        rows.append(Row(sync, when, text.encode("cp850"), dice.below(1 << 16)))
        sync += 1 + (dice.below(1 + gaps) if dice.chance(0.3) else 0)
        when += timedelta(seconds=2 + 2 * dice.below(2000))
    if order == "none":
        return [rows.pop(dice.below(len(rows))) for _ in range(count)]
    return rows[::-1] if order == "newest" else rows


def _written(
    dice: Dice, rows: Sequence[Row], stored: Callable[[int], bytes], fields: Sequence[str], before: int, frame: str,
    header: bytes,
) -> tuple[bytes, dict[int, Row]]:  # fmt: skip
    """Return a file, and its changes by where their texts begin."""
    content, places = bytearray(header), {}
    numbers, earliest, previous = [row.sync for row in rows], min(row.when for row in rows), 0xFFFFFFFF
    ranks = {number: at for at, number in enumerate(sorted(numbers))}
    inside = dice.chance(0.5)  # the length stands first, or just before the text
    for at, row in enumerate(rows):
        start, ticks = len(content), int((row.when - earliest).total_seconds())
        held = Held(at, ranks[row.sync], start, previous, numbers, stored, row, ticks, dice.below(1 << 16))
        parts = [stored(row.sync) if each == "number" else FIELDS[each](held) for each in fields]
        head, tail, length = b"".join(parts[:before]), b"".join(parts[before:]), _length(frame, len(row.text))
        head = head + length if inside else length + head
        places[start + len(head)] = row
        ended = head + row.text + {"line": b"\r\n", "length-of-text": b""}.get(frame, b"\0")
        content += (ended.ljust(SLOT - len(tail), b"\0") if frame == "slot" else ended) + tail
        previous = start
    return bytes(content), places


def _length(frame: str, size: int) -> bytes:
    """Return what leads from one record to the next: mostly it counts the NUL behind the text as well."""
    forms = {"length": ("<H", 1), "length-big": (">H", 1), "length-byte": ("B", 1), "length-of-text": ("<H", 0)}
    form, more = forms.get(frame, ("", 0))
    return struct.pack(form, size + more) if form else b""


def main() -> None:
    """Print what came of some seeds, by what was given and by design, and every false statement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-100", help="as 92001-92068")
    first, last = map(int, parser.parse_args().seeds.split("-"))
    totals, by_field, _ = measured(range(first, last + 1), lambda said: print(said, flush=True), sample)
    for name, counts in (*totals.items(), *sorted(by_field.items())):
        print(f"{name:26}" + "".join(f"{counts[each]:6} {each}" for each in OUTCOMES))


if __name__ == "__main__":
    main()
