"""Queue files with heads that genuine ones may have, with what LISTQ prints of them, and what ``learn`` makes of both.

0 bytes are an empty queue, and files of 49 and 60 bytes hold one record with texts of 24 and 35 characters, so that 25
bytes of such a file are no text (docs/facts/files.md). Which fields these are is drawn here as a programmer of the
years 1991 to 1996 might have chosen: number, date, length and checksum in any order, and what else a head may hold.
Files have an ordinary life: gaps in their numbers, deleted records, what an earlier queue left behind, fillings of
copies. A listing prints the live records, all or some of what there is of each, in one of several forms.

``python -m scoreboard.plausible --seeds 1-300`` prints the share that is read exactly: all live records with their
numbers and texts, dates right or left open, and nothing else.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from glbtools.binary.layout import parse as parse_layout
from glbtools.formats.queue import moment, parse_queue
from glbtools.layouts.written import to_toml
from glbtools.learn import Learning, learn_layout
from glbtools.simulation.life import Dice
from scoreboard.learning import write_section

EPOCH = datetime(1970, 1, 1)
OVERHEAD = 25
"""Bytes of a file with one record that are no text: 49 less 24, 60 less 35 (Q133428, Q110496)."""

FEWEST = 4
"""Records of a file below which no listing decides: one or two steps from text to text are any column's."""

FIRST, LAST = (
    "Ann Ben Carla Dieter Eva Finn Gwen Hugo Inès Jürgen Kim Lars María Nils Olga Peter René Susan Tom Ulla Victor "
    "Wanda Zoë Åke José François Paul Bryan Mark Mary-Jo Robert",
    "Able Baker Carter Dorn Eck Fisher Grau Hansen Iske Jung Kern Lang Müller Nagel O'Neill Page Quast Ridge Sánchez "
    "Smith-Jones Tanner Unger Vogel Weiß Young Zimmer Øster Peña Doe Black",
)
NETS = ("POLYNOMIAL", "NET", "CORP", "EUROPE", "ACME", "HQ", "ABC", "NORTHWIND", "SALES")
OFFICES = (
    "MONTGOMERY", "NOVEMBER", "OCTOBER", "PO1", "PO2", "WEST", "EAST", "HUB", "LAB", "OFFICE", "TESTING", "MAIN",
)  # fmt: skip

Order = Literal["little", "big"]


class Change(NamedTuple):
    """A transaction as it was meant, and whether it is still in the queue."""

    number: int
    when: datetime
    text: str
    live: bool = True


class Place(NamedTuple):
    """A record with where it stands: what a field of it may hold.

    Attributes:
        change: what it says; ``text``: its text as stored.
        nth: how many records stand before it.
        offset: where it begins; ``size``: its bytes.
        before, after: where the neighbours begin; None at an end.
        previous: the number of the record before, 0 for none.
    """

    change: Change
    text: bytes
    nth: int
    offset: int
    size: int
    before: int | None
    after: int | None
    previous: int


class Part(NamedTuple):
    """Some bytes of a head."""

    name: str
    size: int
    write: Callable[[Place], bytes]


Sum = Callable[[bytes], int]


class Form(NamedTuple):
    """How a program stores a queue.

    Attributes:
        parts: of a head; the one called ``checksum`` is written last.
        header: what the file's header says, four bytes each: ``first``, ``count`` or ``signature``.
        terminator: what stands behind a text.
        ends: how the program knows the end: ``file``, ``zero`` (an empty head), ``mark`` (Ctrl-Z), ``link``, ``count``.
        checksum: how it is computed; ``covers``: of ``text``, ``stored`` (with what ends it), or ``head``.
        order: of bytes; ``digits``: whether the head is written in digits.
        flags: what a live and a deleted record hold; None without.
        resolution: of dates, in seconds; ``top``: the highest number that fits.
        newline: what stands between the lines of a text.
    """

    parts: tuple[Part, ...]
    header: tuple[str, ...]
    terminator: bytes
    ends: str
    checksum: Sum
    covers: str
    order: Order
    digits: bool
    flags: tuple[int, int] | None
    resolution: int
    top: int
    newline: str

    @property
    def head(self) -> int:
        """Bytes before a text."""
        return sum(part.size for part in self.parts)


class Sample(NamedTuple):
    """A file with its listing and its truth.

    Attributes:
        seed: where it comes from; ``features``: what was drawn.
        data: the file; ``listing``: what LISTQ prints of it.
        live: the records that are in the queue; ``stored``: how many are in the file.
        shift: by how much the printer's clock is ahead of the file's.
    """

    seed: int
    features: tuple[str, ...]
    data: bytes
    listing: bytes
    live: tuple[Change, ...]
    stored: int
    shift: timedelta


# --- drawing -----------------------------------------------------------------------------------------------------


def weighted(dice: Dice, **weights: float) -> str:
    """Return one of some names, each as often as its weight says."""
    left = dice.below(1 << 24) / (1 << 24) * sum(weights.values())
    for name, weight in weights.items():
        left -= weight
        if left < 0:
            return name
    return next(iter(weights))


def between(dice: Dice, low: int, high: int) -> int:
    """Return a number from ``low`` to ``high``."""
    return low + dice.below(high - low + 1)


def noise(dice: Dice, size: int) -> bytes:
    """Return any bytes."""
    return bytes(dice.below(256) for _ in range(size))


def shuffled(dice: Dice, parts: Sequence[Part]) -> list[Part]:
    """Return parts in any order."""
    left, found = list(parts), []
    while left:
        found.append(left.pop(dice.below(len(left))))
    return found


# --- checksums ---------------------------------------------------------------------------------------------------


def crc(poly: int, init: int, xorout: int, *, reflected: bool) -> Sum:
    """Return a CRC of 16 bits, computed bit by bit."""
    turned = int(f"{poly:016b}"[::-1], 2)

    def run(data: bytes) -> int:
        value = init
        for byte in data:
            value ^= byte if reflected else byte << 8
            for _ in range(8):
                if reflected:
                    value = value >> 1 ^ (turned if value & 1 else 0)
                else:
                    value = (value << 1 ^ (poly if value & 0x8000 else 0)) & 0xFFFF
        return value ^ xorout

    return run


def rolling(step: Callable[[int, int], int], start: int) -> Sum:
    """Return a checksum that takes one byte after the other."""

    def run(data: bytes) -> int:
        value = start
        for byte in data:
            value = step(value, byte) & 0xFFFF
        return value

    return run


def any_checksum(dice: Dice) -> tuple[str, Sum]:
    """Return a checksum by name: a usual one, a CRC of one's own, or what is made up."""
    kind = weighted(dice, named=50, own=15, sum=12, rotate=10, times=8, words=5)
    if kind == "named":
        usual = {
            "arc": crc(0x8005, 0, 0, reflected=True), "xmodem": crc(0x1021, 0, 0, reflected=False),
            "ccitt": crc(0x1021, 0xFFFF, 0, reflected=False), "kermit": crc(0x1021, 0, 0, reflected=True),
            "x25": crc(0x1021, 0xFFFF, 0xFFFF, reflected=True), "modbus": crc(0x8005, 0xFFFF, 0, reflected=True),
        }  # fmt: skip
        name = dice.one_of(list(usual))
        return name, usual[name]
    if kind == "own":
        return kind, crc(2 * dice.below(0x8000) | 1, dice.one_of([0, 0xFFFF]), 0, reflected=dice.chance(0.5))
    if kind == "rotate":
        turn = dice.one_of([1, 1, 3, 4, 5])
        return kind, rolling(lambda value, byte: (value << turn | value >> 16 - turn) ^ byte, dice.one_of([0, 0xFFFF]))
    if kind == "times":
        factor = dice.one_of([17, 31, 33])
        return kind, rolling(lambda value, byte: value * factor + byte, dice.one_of([0, 5381]))
    if kind == "words":
        return (
            kind,
            lambda data: sum(int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)) & 0xFFFF,
        )
    return kind, lambda data: sum(data) & 0xFFFF


# --- a head ------------------------------------------------------------------------------------------------------


def number_part(dice: Dice, order: Order) -> tuple[Part, int]:
    """Return the number, and the highest that it holds."""
    kind = weighted(dice, u32=84, swapped=3, u16=5, words=3, digits=2.5, bcd=1.5, u24=1)
    if kind == "words":
        return Part("number words", 4, lambda at: _words(at.change.number >> 16, at.change.number & 0xFFFF)), 0xFFFFFFFF
    if kind == "digits":
        return Part("number digits", 10, lambda at: b"%010d" % at.change.number), 0xFFFFFFFF
    if kind == "bcd":
        turn = dice.one_of([1, -1])
        return Part("number bcd", 4, lambda at: bytes.fromhex(f"{at.change.number:08}")[::turn]), 99_999_999
    size = {"u16": 2, "u24": 3}.get(kind, 4)
    own: Order = order if kind != "swapped" else "little" if order == "big" else "big"
    return Part(f"number {kind}", size, lambda at: at.change.number.to_bytes(size, own)), (1 << 8 * size) - 1


def _words(*values: int, order: Order = "little") -> bytes:
    return b"".join(value.to_bytes(2, order) for value in values)


def seconds(when: datetime, since: datetime = EPOCH) -> int:
    """Return how many seconds lie between two moments."""
    return (when - since) // timedelta(seconds=1)


def packed(when: datetime) -> tuple[int, int]:
    """Return date and time as MS-DOS has them."""
    day = when.year - 1980 << 9 | when.month << 5 | when.day
    return day, when.hour << 11 | when.minute << 5 | when.second // 2


def date_parts(order: Order) -> dict[str, tuple[int, Callable[[datetime], bytes], int]]:
    """Return the ways to store a date: name -> bytes, how, and to how many seconds it is exact."""

    def long(value: int) -> bytes:
        return value.to_bytes(4, order)

    def tm(when: datetime) -> bytes:
        day = when.timetuple().tm_yday - 1
        date_ = (when.day, when.month - 1, when.year - 1900, when.isoweekday() % 7, day, 0)
        return _words(when.second, when.minute, when.hour, *date_, order=order)

    def dostypes(when: datetime) -> bytes:
        clock = bytes((when.isoweekday() % 7, when.hour, when.minute, when.second, 0))
        return bytes((when.day, when.month)) + _words(when.year, order=order) + clock

    def six(when: datetime) -> bytes:
        return bytes((when.year - 1900, *when.timetuple()[1:6]))

    return {
        "unix": (4, lambda when: long(seconds(when)), 1),
        "dos": (4, lambda when: long(packed(when)[0] << 16 | packed(when)[1]), 2),
        "dos date first": (4, lambda when: _words(*packed(when), order=order), 2),
        "five words": (
            10,
            lambda when: _words(when.minute, when.hour, when.day, when.month, when.year, order=order),
            60,
        ),
        "six bytes": (6, six, 1),
        "six bytes turned": (6, lambda when: six(when)[::-1], 1),
        "bcd": (6, lambda when: bytes.fromhex(when.strftime("%y%m%d%H%M%S")), 1),
        "ascii": (12, lambda when: when.strftime("%y%m%d%H%M%S").encode(), 1),
        "since 1980": (4, lambda when: long(seconds(when, datetime(1980, 1, 1))), 1),
        "dosdate_t": (9, dostypes, 1),
        "days": (6, lambda when: _words(seconds(when) // 86400, order=order) + long(seconds(when) % 86400), 1),
        "struct tm": (18, tm, 1),
    }


DATES = {
    "unix": 60, "dos": 13, "dos date first": 5, "five words": 6, "six bytes": 2.5, "six bytes turned": 1.5, "bcd": 2,
    "ascii": 2, "since 1980": 3, "dosdate_t": 2, "days": 1.5, "struct tm": 1.5,
}  # fmt: skip
"""Ways to store a date, and how likely each is: C's time_t above all, then what DOS has (docs/facts/files.md)."""


def date_part(name: str, order: Order) -> tuple[Part, int]:
    """Return a date, and to how many seconds it is exact."""
    size, write, exact = date_parts(order)[name]
    return Part(f"date {name}", size, lambda at: write(at.change.when)), exact


def length_part(dice: Dice, order: Order, terminator: bytes) -> Part:
    """Return a length; one of the rest of the record is written by ``placed``."""
    width = 4 if dice.chance(0.1) else 2
    counts = weighted(dice, text=35, stored=28, record=30, rest=7)
    ended = len(terminator)

    def write(at: Place) -> bytes:
        value = {"text": len(at.text), "stored": len(at.text) + ended, "record": at.size, "rest": 0}[counts]
        return value.to_bytes(width, order)

    return Part(f"length of {counts}", width, write)


def placed(parts: Sequence[Part], order: Order) -> Iterator[Part]:
    """Yield parts, a length of the rest of its record with where it stands."""
    stop = 0
    for part in parts:
        stop += part.size
        if part.name == "length of rest":
            yield _rest(part, stop, order)
        else:
            yield part


def _rest(part: Part, stop: int, order: Order) -> Part:
    return part._replace(write=lambda at: (at.size - stop).to_bytes(part.size, order))


def link_parts(dice: Dice, order: Order, room: int, *, ends: bool) -> list[Part]:
    """Return links to the records before and behind; those of a queue that ``ends`` so lead nowhere at its end."""
    none = dice.one_of([0xFFFFFFFF, 0xFFFFFFFF, 0])
    previous = Part("link back", 4, lambda at: (none if at.before is None else at.before).to_bytes(4, order))
    after = Part("link on", 4, lambda at: (none if at.after is None else at.after).to_bytes(4, order))
    growing = Part("link on", 4, lambda at: (at.offset + at.size).to_bytes(4, order))
    if ends:
        return [previous, after] if room >= 8 and dice.chance(0.7) else [after]
    if room >= 8 and dice.chance(0.2):
        return [previous, growing]
    return [previous] if room >= 4 and dice.chance(0.12) else []


def extra_part(dice: Dice, kind: str, width: int, order: Order) -> Part:
    """Return what else a head may hold."""
    constant, memory, offices = noise(dice, 8), noise(dice, 16), between(dice, 2, 6)
    version, session, base = dice.one_of([1, 2, 3, 0x20, 0x32]), dice.below(1 << 16), dice.below(2)
    codes = dice.one_of(["RADMT#", "RADMT#", "#ADMTR", "ADMRT#"])

    def fixed(value: int) -> Callable[[Place], bytes]:
        return lambda at: _in(value, width, order)

    def number(value: Callable[[Place], int]) -> Callable[[Place], bytes]:
        return lambda at: _in(value(at), width, order)

    def left_over(at: Place) -> bytes:
        turn, changed = Dice(session * 1000 + at.nth // 8), bytearray(memory)
        changed[turn.below(16)] = turn.below(256)
        return bytes(changed[:width])

    writers: dict[str, Callable[[Place], bytes]] = {
        "zeros": lambda at: bytes(width),
        "ff": lambda at: b"\xff" * width,
        "constant": lambda at: constant[:width],
        "memory": left_over,
        "version": fixed(version),
        "session": fixed(session),
        "type": number(lambda at: codes.find(at.change.text[0]) + 1),
        "letter": lambda at: at.text[:1],
        "office": number(lambda at: sum(at.text[-4:]) % offices + 1),
        "ordinal": number(lambda at: at.nth + base),
        "own offset": number(lambda at: at.offset),
        "copy": number(lambda at: at.change.number),
        "number before": number(lambda at: at.previous),
        "second date": number(lambda at: seconds(at.change.when) + at.size % 2),
        "alias": number(lambda at: max(at.text.find(b"\t"), 0)),
        "lines": number(lambda at: at.text.count(b"\n") + 1),
        "size": number(lambda at: at.size),
    }
    return Part(kind, width, writers[kind])


def _in(value: int, width: int, order: Order) -> bytes:
    return (value & (1 << 8 * width) - 1).to_bytes(width, order)


EXTRAS: dict[str, tuple[float, tuple[int, ...]]] = {
    "zeros": (30, (1, 2, 2, 4, 4, 6, 8, 10)), "ff": (8, (2, 4, 4, 8)), "constant": (8, (2, 4)),
    "memory": (7, (2, 4, 6)), "type": (8, (1, 2)), "letter": (5, (1,)), "office": (8, (1, 2, 2, 4)),
    "ordinal": (4, (2, 4)), "own offset": (3, (4,)), "copy": (3, (4,)), "second date": (4, (4,)), "alias": (3, (1, 2)),
    "lines": (2, (1,)), "size": (3, (2, 4)), "version": (6, (1, 2, 2, 4)), "session": (4, (2, 4)),
    "number before": (2, (4,)),
}  # fmt: skip
"""What else a head may hold: how likely that is, and in how many bytes."""

OFTEN = frozenset({"zeros", "ff", "constant", "memory"})
"""What a head may hold in several places."""


def extra_parts(dice: Dice, order: Order, room: int) -> Iterator[Part]:
    """Yield what fills the room that the rest of a head leaves."""
    seen: set[str] = set()
    while room:
        kind = weighted(dice, **{name: weight for name, (weight, _) in EXTRAS.items() if name not in seen - OFTEN})
        width = dice.one_of(EXTRAS[kind][1])
        width = min(width, room) if kind in OFTEN else width
        if width > room:
            continue
        seen.add(kind)
        room -= width
        yield extra_part(dice, kind, width, order)


def digits_form(dice: Dice) -> Form:
    """Return a head of digits: 4 of the checksum, 10 of the number, 10 of the date make 24."""
    parts = [
        Part("checksum", 4, lambda at: bytes(4)),
        Part("number digits", 10, lambda at: b"%010d" % at.change.number),
        Part("date digits", 10, lambda at: b"%010d" % seconds(at.change.when)),
    ]
    own = tuple(shuffled(dice, parts) if dice.chance(0.5) else parts)
    return Form(
        parts=own, header=(), terminator=b"\0", ends="file", checksum=any_checksum(dice)[1], covers="text",
        order="little", digits=True, flags=None, resolution=1, top=0xFFFFFFFF, newline="\r\n",
    )  # fmt: skip


FLAGS = ((1, 0), (1, 0), (0, 1), (0, 0xFF), (0x41, 0x44), (0, 0x80), (0xFF, 0))
"""What live and deleted records may hold: 01 and 00 are attested in the family (Q148666)."""


def any_form(dice: Dice) -> Form:
    """Return how a program may store a queue."""
    if dice.chance(0.03):
        return digits_form(dice)
    order: Order = "big" if dice.chance(0.05) else "little"
    terminator = {"nul": b"\0", "none": b"", "crlf": b"\r\n"}[weighted(dice, nul=66, none=26, crlf=8)]
    header = (weighted(dice, first=35, count=35, signature=30),) if dice.chance(0.07) else ()
    # That 49 and 0 bytes are left of larger files (Q133428) shows that a file shrinks: most end with the queue.
    ends = weighted(dice, file=87, zero=3, mark=3, link=7)
    ends = "count" if header == ("count",) and dice.chance(0.7) else ends
    room = OVERHEAD - len(terminator) - 4 * len(header)
    number, top = number_part(dice, order)
    date_, exact = date_part(weighted(dice, **DATES), order)
    length = length_part(dice, order, terminator)
    checksum = Part("checksum", 2, lambda at: bytes(2))
    flags = dice.one_of(FLAGS) if dice.chance(0.25) else None
    flag = [] if flags is None else [flag_part(flags)]
    bare = terminator and ends != "zero" and dice.chance(0.05)
    core = [number, date_, *([] if bare else [length]), *([checksum] if dice.chance(0.95) else [])]
    while sum(part.size for part in (*core, *flag)) > room:
        if checksum in core:
            core.remove(checksum)
        elif date_.size > 4:
            date_, exact = date_part("unix", order)
            core[1] = date_
        else:
            core[0], top = Part("number u32", 4, lambda at: at.change.number.to_bytes(4, order)), 0xFFFFFFFF
    room -= sum(part.size for part in (*core, *flag))
    ends = "file" if ends == "link" and room < 4 else ends
    links = link_parts(dice, order, room, ends=ends == "link")
    extras = list(extra_parts(dice, order, room - sum(part.size for part in links)))
    how = weighted(dice, core_first=35, links_first=15, any=50)
    if how == "core_first":
        parts = [*shuffled(dice, core), *links, *extras]
    elif how == "links_first":
        parts = [*links, *shuffled(dice, core), *extras]
    else:
        parts = shuffled(dice, [*core, *links, *extras])
    at = 0 if dice.chance(0.65) else dice.below(len(parts) + 1)
    newline = weighted(dice, crlf=80, lf=16, cr=4) if terminator != b"\r\n" else dice.one_of(["lf", "none"])
    return Form(
        parts=tuple(placed([*parts[:at], *flag, *parts[at:]], order)), header=header, terminator=terminator, ends=ends,
        checksum=any_checksum(dice)[1], covers=weighted(dice, text=55, stored=15, head=30), order=order, digits=False,
        flags=flags, resolution=exact, top=top, newline={"crlf": "\r\n", "lf": "\n", "cr": "\r", "none": ""}[newline],
    )  # fmt: skip


def flag_part(flags: tuple[int, int]) -> Part:
    """Return the byte that marks deleted records."""
    return Part("flag", 1, lambda at: bytes((flags[0 if at.change.live else 1],)))


# --- a queue's life ----------------------------------------------------------------------------------------------


class Habits(NamedTuple):
    """What the texts of one queue are like.

    Attributes:
        homes: networks and postoffices of its addresses.
        gateways: whether some are of gateways; ``columns``: whether alias and address stand in columns.
        templates: share of the transactions with template data; ``newline``: what ends their lines; empty for none.
        again: share of the transactions that say again what one before them said.
    """

    homes: tuple[tuple[str, str], ...]
    gateways: bool
    columns: bool
    templates: float
    newline: str
    again: float


def person(dice: Dice, ordinal: int) -> tuple[str, str]:
    """Return an alias and a mailbox."""
    first, last = dice.one_of(FIRST.split()), dice.one_of(LAST.split())
    plain, family = (
        "".join(each for each in name.lower() if each.isascii() and each.isalnum()) for name in (first, last)
    )
    mailbox = dice.one_of(
        [plain + family[:1], plain[:1] + family, plain + str(ordinal), family[:7] + str(dice.below(10)), plain + family]
    )[:10]
    middle = f"{first} {last} {dice.one_of('ABCDEFG')}."
    alias = dice.one_of(
        [*3 * [f"{first} {last}"], *2 * [f"{last}, {first}"], middle, f"{last}, {first} (Sales)", first]
    )
    return alias[:30], mailbox.upper() if dice.chance(0.1) else mailbox


def address(dice: Dice, home: tuple[str, str], mailbox: str, *, gateways: bool) -> str:
    """Return an address of a postoffice, or of a gateway."""
    net, office = home
    if not gateways or dice.chance(0.7):
        return f"PCM:{net}/{office}/{mailbox}"
    return dice.one_of(
        [
            f"SMTP:{mailbox}@mail.{net.lower()}.com",
            f"MSMAIL:{mailbox}",
            f"X400:/c=US/admd=ATTMAIL/prmd={net}/pn={mailbox}",
            f"SNADS:{net[:8]}/SNADSDGN/{mailbox.upper()[:8]}",
            f"FAX:{mailbox}~{office}~{net}~206 635-{between(dice, 1000, 9999)}",
            f"PROFS:PSSGATE/MSVM{between(dice, 1, 6)}/{mailbox.upper()[:8]}",
            f"CSI:{net}/{office}/{mailbox}",
        ]
    )


def entry(habits: Habits, alias: str, where: str) -> str:
    """Return alias and address as they stand in a transaction."""
    return f"{alias:<30} {where}" if habits.columns else f"{alias}\t{where}"


FLAT = ("SMTP", "MSMAIL", "X400", "FAX")
"""Types of addresses that have no template data (message 24)."""


def transaction(dice: Dice, habits: Habits, ordinal: int, codes: str = "AAAADMM") -> str:
    """Return a transaction, with lines of template data where its queue has such."""
    alias, mailbox = person(dice, ordinal)
    where = address(dice, dice.one_of(habits.homes), mailbox, gateways=habits.gateways)
    code = dice.one_of(codes)
    lines = [f"{code} {entry(habits, alias, where)}"]
    if habits.newline and code == "M" and dice.chance(0.7):
        lines.append(f"  {entry(habits, person(dice, ordinal)[0], where)}")
    if habits.newline and code != "D" and where.partition(":")[0] not in FLAT and dice.chance(habits.templates):
        fields = [
            f"- Title:/{dice.one_of(['Manager', 'Clerk', 'Engineer', 'Sales Rep'])}",
            f"- Phone:/(206) 635-{between(dice, 1000, 9999)}",
            f"- Department:/{dice.one_of(['Sales', 'Research', 'MIS'])}",
            f"- City//ST//Zip:/Seattle, WA, {between(dice, 98000, 98199)}",
        ]
        lines += fields[: between(dice, 1, 4)]
    return habits.newline.join(lines)


DUMMIES = ("# Last confirmed ReqSync", "# Dummy record installed by PODIAG.", "#LAST CONFIRMED REQUEST#")
"""Texts of 24 and 35 characters that only keep a number; that of 35 is attested (Q110496)."""


def texts(dice: Dice, habits: Habits, count: int) -> list[str]:
    """Return what a queue says: an Export, changes of all kinds, or such behind a dummy."""
    kind = weighted(dice, export=25, mixed=45, dummy=15, adds=8, exports=4, alike=1, even=2)
    net, office = habits.homes[0]
    if kind == "alike":
        return [transaction(dice, habits._replace(newline=""), 0, "M")] * count
    if kind == "even":
        return [f"A User {at:06}\tPCM:{net}/{office}/user{at:06}" for at in range(count)]
    codes = "A" if kind in ("export", "exports", "adds") else "AAAADMM"
    made: list[str] = []
    for at in range(count):
        again = made and kind == "mixed" and dice.chance(habits.again)
        made.append(dice.one_of(made) if again else transaction(dice, habits, at, codes))
    if kind in ("export", "exports"):
        made[0] = f"R PCM:{net}/{office}"
        if kind == "exports" and count > 8:
            made[count // 2] = f"R PCM:{net}/{habits.homes[-1][1]}"
        if count > 20 and dice.chance(0.5):
            made[-5:] = [transaction(dice, habits, count + at) for at in range(5)]
    if kind == "dummy":
        made[0] = dice.one_of(DUMMIES)
    return made


def dates(dice: Dice, count: int, exact: int) -> list[datetime]:
    """Return when the changes of a queue were made: at once, in a day, in weeks, in bursts; a clock is set at times."""
    kind = weighted(dice, one=14, export=12, second=12, minutes=14, hours=20, days=14, bursts=14)
    day = datetime(between(dice, 1991, 1996), between(dice, 1, 12), between(dice, 1, 28))
    now, made = day + timedelta(seconds=dice.below(86400)), []
    for at in range(count):
        steps = {
            "one": 0,
            "export": 0 if at < count * 0.7 else dice.one_of([60, 3600, 20000]),
            "second": dice.one_of([0, 0, 0, 1, 1, 2]),
            "minutes": between(dice, 5, 600),
            "hours": between(dice, 60, 20000),
            "days": between(dice, 3600, 400_000),
            "bursts": dice.one_of([0, 0, 0, 1, 2, 30, 30000, 90000]),
        }
        now += timedelta(seconds=steps[kind] - (between(dice, 60, 4000) if dice.chance(0.003) else 0))
        made.append(now - timedelta(seconds=seconds(now) % exact))
    return made


def numbers(dice: Dice, count: int, top: int) -> list[int]:
    """Return the numbers of a queue: from anywhere, with gaps or without, sometimes begun again."""
    ranges = (
        (1, 1),
        (1, 1),
        (2, 250),
        (200, 256),
        (251, 5000),
        (251, 5000),
        (5000, 60000),
        (65400, 65536),
        (66000, 900_000),
    )
    now = between(dice, *dice.one_of(ranges))
    gaps = weighted(dice, none=58, some=22, many=12, one=5, again=3)
    if now + 60 * count + 1300 > top:
        now, gaps = between(dice, 1, 9000), "none"
    made = []
    for at in range(count):
        made.append(now)
        now += 1
        if gaps == "some" and dice.chance(0.06):
            now += between(dice, 1, 5)
        elif gaps == "many" and dice.chance(0.35):
            now += between(dice, 1, 12)
        elif gaps == "one" and at == count // 3:
            now += dice.one_of([7, 40, 1300])
        elif gaps == "again" and at == count // 2:
            now = 1
    return made


def life(dice: Dice, form: Form) -> list[Change]:
    """Return what a queue holds: 6 to 300 records, seldom fewer, of which some may be deleted."""
    count = (
        between(dice, 2, 5)
        if dice.chance(0.05)
        else round(math.exp(math.log(6) + dice.below(1000) / 1000 * math.log(50)))
    )
    offices = 1 if dice.chance(0.4) else between(dice, 2, 5)
    homes = tuple((dice.one_of(NETS), dice.one_of(OFFICES)) for _ in range(offices))
    newline = form.newline if dice.chance(0.22) else ""
    again = dice.one_of([0.0, 0.0, 0.1, 0.3])
    habits = Habits(
        homes, gateways=dice.chance(0.35), columns=dice.chance(0.06), templates=dice.one_of([0.1, 0.4, 0.9]),
        newline=newline, again=again,
    )  # fmt: skip
    rows = zip(
        numbers(dice, count, form.top), dates(dice, count, form.resolution), texts(dice, habits, count), strict=True
    )
    made = [Change(*row) for row in rows]
    if form.flags is None or dice.chance(0.35):
        return made
    how = weighted(dice, some=50, few=25, front=25)
    front = between(dice, 1, max(1, count // 2)) if how == "front" else 0
    share = {"some": 0.2, "few": 0.04, "front": 0.0}[how]
    made = [each._replace(live=at >= front and not dice.chance(share)) for at, each in enumerate(made)]
    return made if any(each.live for each in made) else [*made[:-1], made[-1]._replace(live=True)]


# --- bytes -------------------------------------------------------------------------------------------------------


class Stored(NamedTuple):
    """A record as it is stored, with its checksum."""

    change: Change
    raw: bytes
    checksum: int


def stored(form: Form, changes: Sequence[Change]) -> list[Stored]:
    """Return records as they stand one behind the other, from the end of the file's header on."""
    raws = [change.text.encode("cp850") for change in changes]
    sizes = [form.head + len(raw) + len(form.terminator) for raw in raws]
    starts = [4 * len(form.header) + sum(sizes[:at]) for at in range(len(sizes))]
    found = []
    for at, (change, raw) in enumerate(zip(changes, raws, strict=True)):
        before = starts[at - 1] if at else None
        after = starts[at + 1] if at + 1 < len(starts) else None
        previous = changes[at - 1].number if at else 0
        place = Place(
            change, raw, nth=at, offset=starts[at], size=sizes[at], before=before, after=after, previous=previous
        )
        pieces = [part.write(place) for part in form.parts]
        where = next((index for index, part in enumerate(form.parts) if part.name == "checksum"), None)
        covered = raw + (form.terminator if form.covers == "stored" else b"")
        if form.covers == "head" and where is not None:
            covered = b"".join(pieces[where + 1 :]) + raw
        value = form.checksum(covered)
        if where is not None:
            pieces[where] = b"%04X" % value if form.digits else value.to_bytes(2, form.order)
        found.append(Stored(change, b"".join(pieces) + raw + form.terminator, value))
    return found


def body(records: Sequence[Stored]) -> bytes:
    """Return the bytes of records."""
    return b"".join(each.raw for each in records)


class Left(NamedTuple):
    """What a file has become: its records, how many are purged in front, what is behind, and how that is called."""

    records: list[Stored]
    gone: int
    behind: bytes
    features: tuple[str, ...]


def aged(dice: Dice, form: Form, changes: list[Change]) -> Left:
    """Return what is left of a queue in its file: all of it, or less than was there before."""
    records = stored(form, changes)
    if form.header == ("first",) and len(changes) > 4 and dice.chance(0.6):
        return Left(records, between(dice, 1, len(changes) // 2), b"", ("purged front",))
    if form.ends == "file":
        return Left(records, 0, b"", ())
    filled = form.ends in ("zero", "mark")
    kind = weighted(dice, old=25, zeros=60, none=15) if filled else weighted(dice, old=70, zeros=15, none=15)
    if kind == "old" and len(changes) > 5:
        before, how = body(records), weighted(dice, purged=55, cut=20, other=25)
        keep = between(dice, max(2, len(changes) // 3), len(changes) - 1)
        own = changes[-keep:] if how == "purged" else changes[:keep]
        if how == "other":
            by, plain = (
                len(changes) + dice.below(4),
                Habits((("NET", "PO1"),), gateways=False, columns=False, templates=0.0, newline="", again=0.0),
            )
            own = [
                each._replace(number=each.number + by, text=transaction(dice, plain, at)) for at, each in enumerate(own)
            ]
        records = stored(form, own)
        mark = {"zero": bytes(form.head), "mark": b"\x1a"}.get(form.ends, b"")
        return Left(records, 0, mark + before[len(body(records)) + len(mark) :], (f"old tail, {how}",))
    size = len(body(records))
    room = dice.one_of([-size % 512, -size % 128, between(dice, 1, 40), between(dice, 30, 600)])
    if form.ends == "mark":
        return Left(
            records,
            0,
            b"\x1a" * dice.one_of([1, 1, 1, -size % 128 or 1]) + bytes(room * (kind == "zeros")),
            ("end mark",),
        )
    return Left(records, 0, bytes(room), ("zeros behind",)) if kind == "zeros" or filled else Left(records, 0, b"", ())


# --- what LISTQ prints -------------------------------------------------------------------------------------------

BREAKS = {"codes": ("<0D>", "<0A>"), "small codes": ("<0d>", "<0a>"), "names": ("<cr>", "<lf>"), "lines": ("\r", "\n")}
"""Ways to print the end of a line that a text holds: as the NUL of Q110496, as the tab of Q96060, or as it is."""


def listing_of(dice: Dice, form: Form, live: Sequence[Stored], shift: timedelta) -> tuple[bytes, str]:
    """Return what LISTQ prints of the live records, and how: with -C and -T, one, none, or as the older program did."""
    way = weighted(dice, ct=72, t=8, c=7, plain=4, older=9)
    breaks = BREAKS[weighted(dice, **{"codes": 65, "small codes": 10, "names": 5, "lines": 20})]
    nul = "<00>" if form.terminator == b"\0" and dice.chance(0.07) else ""

    def shown(change: Change) -> str:
        return change.text.replace("\t", "<tab>").replace("\r", breaks[0]).replace("\n", breaks[1]) + nul

    if way == "older":
        lines = ["   Item   Sync No.   Transaction", f"   ------ ---------- {'-' * 46}"]
        lines += [f"   {at:<6} {each.change.number:010} {shown(each.change)}" for at, each in enumerate(live, 1)]
        lines.append("   End of Queue")
    else:
        owner, name = f"{dice.one_of(NETS)}/{dice.one_of(OFFICES)}", dice.one_of(["REQTRANS", "MSTTRANS", "SRVTRANS"])
        lines = [
            f"Examining {owner} Dirsync transaction file: {name}",
            "",
            *(["Checking CRC...", ""] if "c" in way else []),
        ]
        lines.append(f"{'CRC  ' * ('c' in way)}{'Date stamp               ' * ('t' in way)}Sync#  Transaction")
        for each in live:
            columns = [f"{each.checksum:04X}"] if "c" in way else []
            columns += [(each.change.when + shift).strftime("%a %b %d %H:%M:%S %Y")] if "t" in way else []
            lines.append(" ".join([*columns, f"{each.change.number:06}", shown(each.change)]))
    end = "\r\n" if dice.chance(0.8) else "\n"
    return (end.join(lines) + end).encode("cp850"), f"listing {way}"


def sample(seed: int) -> Sample:
    """Return the file of a seed."""
    dice = Dice(seed)
    form = any_form(dice)
    left = aged(dice, form, life(dice, form))
    while not any(each.change.live for each in left.records[left.gone :]):
        left = aged(dice, form, life(dice, form))
    live = [each for each in left.records[left.gone :] if each.change.live]
    first = 4 * len(form.header) + len(body(left.records[: left.gone]))
    said = {"first": first, "count": len(left.records), "signature": 0x1A2B3C4D}
    header = b"".join(said[each].to_bytes(4, form.order) for each in form.header)
    seconds_ = any(part.name in ("date unix", "date digits") for part in form.parts)
    shift = timedelta(hours=dice.one_of([-8, -7, -5, -1, 1, 2, 9]) if seconds_ and dice.chance(0.1) else 0)
    listing, how = listing_of(dice, form, live, shift)
    names = [part.name for part in form.parts]
    ended = {b"\0": "NUL", b"\r\n": "CRLF"}.get(form.terminator, "no terminator")
    features = (*names, ended, *(f"header {each}" for each in form.header), *left.features, how)
    changes = tuple(each.change for each in live)
    return Sample(
        seed, features, data=header + body(left.records) + left.behind, listing=listing, live=changes,
        stored=len(left.records), shift=shift,
    )  # fmt: skip


# --- the judge ---------------------------------------------------------------------------------------------------

OUTCOMES = ("exact", "partial", "undecided", "too few", "wrong")


def judged(drawn: Sample, learning: Learning) -> tuple[str, str]:
    """Return what came of a file, and why where it is wrong or not exact.

    A whole layout has to read the live records and no other, each with its number and text, and its date if it says
    without a doubt where that stands. A partial one may read more, and what it states of a live record has to be true.
    """
    few = drawn.stored < FEWEST
    if learning.layout is None:
        return "too few" if few else "undecided", learning.reasons[0] if learning.reasons else ""
    layout = parse_layout(to_toml(learning.layout).encode(), "learnt")
    records = parse_queue(drawn.data, layout).records
    stamp = layout.with_role("stamp")
    dated = stamp is not None and stamp.status == "observed"
    pairs: list[tuple[int | None, datetime | None, str]] = [
        (each.sync if layout.numbered else None, moment(layout, each.stamp) if dated else None, _lines(each.text))
        for each in records
    ]
    true = [(change.number, change.when, _lines(change.text)) for change in drawn.live]
    if learning.partial:
        read = {text: [pair for pair in pairs if pair[2] == text] for _, _, text in pairs}
        own = [(read.get(row[2], []), row) for row in true]  # what is left over may say the same
        false = [several[0] for several, row in own if several and not any(_is(pair, row, drawn) for pair in several)]
        return (
            ("wrong", f"{false[0]}") if false and drawn.stored == len(drawn.live) else ("partial", learning.reasons[0])
        )
    if len(pairs) != len(true):
        return "wrong", f"{len(pairs)} records in place of {len(true)}"
    false = [pair for pair, row in zip(pairs, true, strict=True) if not _is(pair, row, drawn)]
    return ("wrong", f"{false[0]}") if false else ("exact", "")


def _is(read: tuple[int | None, datetime | None, str], true: tuple[int, datetime, str], drawn: Sample) -> bool:
    """Whether what is read of a record is so; what is left open is no mistake, nor is the printer's clock."""
    when = read[1] in {None, true[1], true[1] + drawn.shift}
    return read[0] in (None, true[0]) and when and read[2] == true[2]


def _lines(text: str) -> str:
    """Return a text whose lines end in one way."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\n").rstrip("\n")


def attempt(drawn: Sample, directory: Path) -> tuple[str, str]:
    """Write a file and its listing, let the layout be learnt, and judge it."""
    file, listing = directory / "MSTTRANS.GLB", directory / "LISTQ.TXT"
    file.write_bytes(drawn.data)
    listing.write_bytes(drawn.listing)
    return judged(drawn, learn_layout([file], listings=[listing]))


def measured(seeds: Sequence[int], say: Callable[[str], None]) -> tuple[Counter[str], dict[str, Counter[str]]]:
    """Return what came of some seeds, and of the files with each feature; what is not exact is said."""
    totals: Counter[str] = Counter()
    by_feature: dict[str, Counter[str]] = {}
    with tempfile.TemporaryDirectory() as directory:
        for seed in seeds:
            drawn = sample(seed)
            outcome, reason = attempt(drawn, Path(directory))
            totals[outcome] += 1
            for name in set(drawn.features):
                by_feature.setdefault(name, Counter())[outcome] += 1
            if outcome != "exact":
                say(f"{outcome}: seed {seed}, {', '.join(drawn.features)}: {reason}")
    return totals, by_feature


def main() -> None:
    """Print what came of some seeds, and what is not exact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-100", help="as 1-300")
    parser.add_argument("--page", action="store_true", help="write docs/scoreboard.md")
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split("-"))
    totals, by_feature = measured(range(first, last + 1), lambda said: print(said, flush=True))
    print(f"{', '.join(f'{totals[each]} {each}' for each in OUTCOMES)} of {totals.total()}: {share(totals):.1%} exact")
    if arguments.page:
        write_section("".join(f"{line}\n" for line in _page(arguments.seeds, totals, by_feature)), BEGIN, END)


def share(totals: Counter[str]) -> float:
    """Return the share that is exact of the files that have records enough."""
    return totals["exact"] / max(1, totals.total() - totals["too few"])


BEGIN = "<!-- Plausible: written by `python -m scoreboard.plausible --page`. -->"
END = "<!-- End of plausible. -->"
GOAL = "98 %"


def _page(seeds: str, totals: Counter[str], by_feature: dict[str, Counter[str]]) -> Iterator[str]:
    """Yield the lines of the page: what came of all files, and which features are in those that are not exact."""
    yield "# Plausible heads, with a listing"
    yield ""
    yield f"{date.today()}: queue files with what LISTQ prints of them, seeds {seeds.replace('-', ' to ')} (other seeds"
    yield "than those looked at while the search was made). As the attested sizes ask for, 25 bytes beside the text:"
    yield "number, date, length, checksum, links, flags, constants and zeros in any order and width, and the life of"
    yield "ordinary files. *Exact*: all live records are read with their numbers and texts, dates right or left open,"
    yield f"and nothing else. *Too few*: fewer than {FEWEST} records, of which no listing shows a rule; those do not"
    yield "count."
    yield ""
    yield "| measure | result | goal |"
    yield "|---|--:|--:|"
    yield f"| read exactly | {totals['exact']} of {totals.total() - totals['too few']}, {share(totals):.1%} | {GOAL} |"
    yield f"| something false is stated | {totals['wrong']} | 0 |"
    yield f"| learnt in part | {totals['partial']} | |"
    yield f"| undecided | {totals['undecided']} | |"
    yield f"| too few records | {totals['too few']} | |"
    yield ""
    missed = {
        name: each for name, each in sorted(by_feature.items()) if each["partial"] + each["undecided"] + each["wrong"]
    }
    if missed:
        yield "| in those that are not exact | files with it | of these not exact |"
        yield "|---|--:|--:|"
        for name, each in missed.items():
            yield f"| {name} | {each.total()} | {each.total() - each['exact'] - each['too few']} |"
        yield ""


if __name__ == "__main__":
    main()
