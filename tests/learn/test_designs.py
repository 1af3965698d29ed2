"""Records as different programs may have laid them out: what is stated of them is true, whatever is left open.

Each design is a list of fields in an order, before the texts or behind them. What a file does not decide may be left
open; a text or a number that is not the true one is a failure.
"""

from __future__ import annotations

import itertools
import random
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from glbtools.formats.queue import parse_queue
from glbtools.learn import Learning, learn_layout

NAMES = ["Ann", "Bob", "Carl", "Dora", "Eva", "Finn", "Gwen", "Hugo", "Kim", "Lars"]
RECORDS = 60

Stored = Callable[[int], bytes]
"""How a program stores a number."""

STORED: dict[str, Stored] = {
    "u16": lambda number: struct.pack("<H", number & 0xFFFF),
    "u16 be": lambda number: struct.pack(">H", number & 0xFFFF),
    "u32": lambda number: struct.pack("<I", number),
    "u32 be": lambda number: struct.pack(">I", number),
    "words": lambda number: struct.pack("<HH", number >> 16, number & 0xFFFF),
    "dec:6": lambda number: b"%06d" % number,
    "hex:8": lambda number: b"%08X" % number,
}


Found = dict[int, tuple[int | None, bytes]]
"""What is stated of a file: number and text by where the text begins."""

Stating = Callable[[bytes], tuple[Learning, Found]]


class Held:
    """One record: its place in the file, its number, the ones before and behind it, and where it begins."""

    def __init__(self, at: int, numbers: Sequence[int], start: int) -> None:
        self.at, self.start = at, start
        self.number = numbers[at]
        self.before = numbers[at - 1] if at else 0
        self.after = numbers[at + 1] if at + 1 < len(numbers) else 0


OTHERS: dict[str, Callable[[Held, Stored], bytes]] = {
    "ordinal from 0": lambda held, _: struct.pack("<H", held.at),
    "ordinal from 1": lambda held, _: struct.pack("<H", held.at + 1),
    "complement of 16 bits": lambda held, _: struct.pack("<H", 0xFFFF - (held.number & 0xFFFF)),
    "number before": lambda held, stored: stored(held.before),
    "number behind": lambda held, stored: stored(held.after),
    "number again": lambda held, stored: stored(held.number),
    "low word": lambda held, _: struct.pack("<H", held.number & 0xFFFF),
    "constant": lambda _held, _stored: b"\1\0",
    "kind": lambda held, _: bytes([held.number % 3 + 1]),
    "one of seven": lambda held, _: bytes([held.at % 7]),
    "own place": lambda held, _: struct.pack("<I", held.start),
    "date": lambda held, _: struct.pack("<I", 800_000_000 + 4001 * held.number + 7 * (held.number % 3)),
    "date be": lambda held, _: struct.pack(">I", 800_000_000 + 4001 * held.number + 7 * (held.number % 3)),
    "junk": lambda held, _: random.Random(held.start).randbytes(2),
}


def text(at: int) -> bytes:
    name = NAMES[at * 7 % 10]
    return f"A {name}{'ae' * (at % 5)} Page\tPCM:NET/{('WEST', 'EAST')[at % 2]}/{name.lower()}{at * 3 % 89}".encode()


class Design:
    """A program's records: their fields in order, how many of them stand before the text, and what frames it."""

    def __init__(
        self, stored: str, *fields: str, before: int = 9, frame: str = "length", header: bytes = b"", slot: int = 0
    ) -> None:
        self.stored, self.fields, self.before = STORED[stored], fields, before
        self.frame, self.header, self.slot = frame, header, slot

    def written(self, numbers: Sequence[int]) -> tuple[bytes, dict[int, tuple[int, bytes]]]:
        """Return a file, and for each place where a text begins its number and text."""
        content, truth = bytearray(self.header), {}
        for at, number in enumerate(numbers):
            held = Held(at, numbers, len(content))
            parts = [
                self.stored(number) if each == "number" else OTHERS[each](held, self.stored) for each in self.fields
            ]
            head, tail = b"".join(parts[: self.before]), b"".join(parts[self.before :])
            if self.frame == "length":
                head = struct.pack("<H", len(text(at)) + 1) + head
            ended = head + text(at) + (b"\r\n" if self.frame == "line" else b"\0")
            truth[len(content) + len(head)] = (number, text(at))
            content += ended.ljust(self.slot - len(tail), b"\0") + tail
        return bytes(content), truth


@pytest.fixture
def stated(tmp_path: Path) -> Stating:
    def call(content: bytes) -> tuple[Learning, Found]:
        path = tmp_path / "MSTTRANS.GLB"
        path.write_bytes(content)
        learning = learn_layout([path])
        if learning.layout is None:
            return learning, {}
        queue = parse_queue(content, learning.layout)
        return learning, {
            each.start + queue.codec.len_head: (each.sync if learning.layout.numbered else None, each.text.encode())
            for each in queue.records
        }

    return call


def told(stated: Stating, design: Design, numbers: Sequence[int]) -> str:
    """Return whether numbers, texts alone or nothing of a file is stated; what is stated is asserted to be true."""
    content, truth = design.written(numbers)
    learning, found = stated(content)
    for place, (number, raw) in found.items():
        assert place in truth, (f"no text begins at {place}", learning.reasons)
        assert raw == truth[place][1]
        assert number in (None, truth[place][0]), f"{number} in place of {truth[place][0]}"
    assert not found or len(found) == len(truth), f"{len(truth) - len(found)} records are not read"
    return "numbers" if found and learning.layout and learning.layout.numbered else "texts" if found else "nothing"


FIRSTS = {"u16": [1, 250], "u32": [2, 250, 70_000], "dec:6": [1, 70_000]}


@pytest.mark.parametrize("before", [9, 0], ids=["before the text", "behind it"])
@pytest.mark.parametrize("ordinal", ["ordinal from 0", "ordinal from 1"])
@pytest.mark.parametrize(("stored", "first"), [(each, first) for each, firsts in FIRSTS.items() for first in firsts])
def test_the_place_in_a_file_of_the_newest_first_is_not_the_number(
    stored: str, first: int, ordinal: str, before: int, stated: Stating
) -> None:
    numbers = list(range(first + RECORDS - 1, first - 1, -1))
    assert told(stated, Design(stored, "number", ordinal, before=before), numbers) != "numbers"


@pytest.mark.parametrize("stored", ["u16", "u32", "u32 be", "dec:6"])
@pytest.mark.parametrize("falling", [False, True], ids=["oldest first", "newest first"])
def test_a_number_that_is_all_a_record_has_is_stated(stored: str, *, falling: bool, stated: Stating) -> None:
    numbers = list(range(250, 250 + RECORDS))[:: -1 if falling else 1]
    assert told(stated, Design(stored, "number"), numbers) == "numbers"


@pytest.mark.parametrize("ordinal", ["ordinal from 0", "ordinal from 1"])
@pytest.mark.parametrize("stored", ["u16", "u16 be", "words", "dec:6", "hex:8"])
def test_where_numbers_stand_in_no_order_the_place_in_the_file_is_not_the_number(
    stored: str, ordinal: str, stated: Stating
) -> None:
    numbers = random.Random(5).sample(range(9000, 9000 + RECORDS), RECORDS)
    assert told(stated, Design(stored, "number", ordinal), numbers) != "numbers"


@pytest.mark.parametrize(
    ("design", "first", "step"),
    [
        pytest.param(Design("u32", "number", header=b"\x3c\0\0\0", before=0), 1, 1, id="a number behind the text"),
        pytest.param(Design("dec:6", "number", "ordinal from 0", before=0), 250, 1, id="digits behind the text"),
        pytest.param(
            Design("hex:8", "number behind", "number", header=b"7" * 10, before=0), 9000, -1, id="two in hex behind it"
        ),
        pytest.param(Design("hex:8", "number again", "number", before=1), 9000, 1, id="hex before the text and behind"),
        pytest.param(Design("dec:6", "number", "number before"), 65_500, 1, id="two numbers in digits are no date"),
        pytest.param(Design("dec:6", "number before", "number"), 9000, 1, id="a number in digits behind another"),
        pytest.param(Design("words", "number"), 65_500, 7, id="a number in words that carries"),
        pytest.param(Design("words", "number", frame="nul", before=0), 65_540, -1, id="words that fall behind texts"),
        pytest.param(
            Design("u32 be", "low word", "number", frame="line", header=b"\x3c\0\0\0"), 300_000, 1, id="a low word too"
        ),
        pytest.param(Design("u32", "number", "one of seven"), 9000, 3, id="one of seven beside the number"),
        pytest.param(
            Design("u32", "number", "ordinal from 1", frame="line", before=0, header=b"0123456789"), 9000, -1,
            id="numbers behind lines",
        ),
        pytest.param(
            Design("u32 be", "number", "number before", before=0, slot=120, header=bytes(range(1, 11))), 250, 1,
            id="the end of a slot",
        ),
        pytest.param(
            Design("hex:8", "number", "junk", "date", before=0, slot=120, header=bytes(range(7, 39))), 1, 1,
            id="hex at the end of a slot",
        ),
        pytest.param(Design("u32", "number again", "date be", "kind", "number"), 79_456, 1, id="a number and its copy"),
        pytest.param(
            Design("u16 be", "date be", "number", "complement of 16 bits"), 65_045, -1, id="a large complement"
        ),
        pytest.param(Design("u32 be", "own place", "ordinal from 0", "number"), 65_500, 1, id="its own place"),
    ],
)  # fmt: skip
def test_what_is_stated_of_a_design_is_true(design: Design, first: int, step: int, stated: Stating) -> None:
    told(stated, design, list(itertools.islice(itertools.count(first, step), RECORDS)))


# --- files of programs of their own ------------------------------------------------------------------------------


def high_word(at: int, raw: bytes) -> bytes:
    return struct.pack("<IH", 6_577_349 + at, len(raw) + 1) + raw + b"\0"


def first_from_elsewhere(at: int, raw: bytes) -> bytes:
    return struct.pack("<IH", at or 9_071_561, len(raw) + 1) + raw + b"\0"


def padded(at: int, raw: bytes) -> bytes:
    return struct.pack("<H", len(raw)) + raw + b"\0" * (2 - (len(raw) + 1) % 2 + 1) + struct.pack("<I", 1927 + at)


def from_zero(at: int, raw: bytes) -> bytes:
    return struct.pack("<HdH", at, 55_375.0 + at, len(raw) + 1) + raw + b"\0"


def as_double(at: int, raw: bytes) -> bytes:
    return struct.pack("<H", len(raw) + 1) + struct.pack("<d", at + 1.0) + raw + b"\0"


def total_of_texts(at: int, raw: bytes) -> bytes:
    total = sum(len(text(each)) for each in range(at))
    return struct.pack("<IdH", total, 300.0 + at, len(raw) + 1) + raw + b"\0"


def length_at_both_ends(at: int, raw: bytes) -> bytes:
    size = struct.pack("<H", len(raw))
    return size + struct.pack("<I", 400 + at) + raw + size


def status_before(at: int, raw: bytes) -> bytes:
    return struct.pack("<IH", 43 + at, len(raw) + 1) + b"+" + raw


def ended_by_dollar(at: int, raw: bytes) -> bytes:
    return struct.pack("<I", 400 + at) + raw + b"$"


def quoted(at: int, raw: bytes) -> bytes:
    return b'%d,"' % (400 + at) + raw + b'"\r\n'


def summed_in_hex(at: int, raw: bytes) -> bytes:
    ended = raw + b" %02X" % (sum(raw) & 0xFF)
    return struct.pack("<IH", 400 + at, len(ended) + 1) + ended + b"\0"


def ended_by_high_bit(at: int, raw: bytes) -> bytes:
    return struct.pack("<I", 400 + at) + raw[:-1] + bytes([raw[-1] | 0x80])


def in_two_fields(at: int, raw: bytes) -> bytes:
    name, address = raw.split(b"\t")
    return struct.pack("<I", 400 + at) + name.ljust(33, b"\0") + address.ljust(80, b"\0")


def numbered_line(at: int, raw: bytes) -> bytes:
    return b"[%d] " % (at + 1) + raw + b"\r\n"


OWN = [
    high_word, first_from_elsewhere, padded, from_zero, as_double, total_of_texts, length_at_both_ends, status_before,
    ended_by_dollar, quoted, summed_in_hex, ended_by_high_bit, in_two_fields, numbered_line,
]  # fmt: skip

TRUE_NUMBERS = {
    high_word: 6_577_349, first_from_elsewhere: 0, padded: 1927, from_zero: 55_375, as_double: 1,
    total_of_texts: 300, length_at_both_ends: 400, status_before: 43, numbered_line: 1,
}  # fmt: skip


@pytest.mark.parametrize("record", OWN, ids=lambda record: record.__name__)
def test_what_is_stated_of_a_program_of_its_own_is_true(record: Callable[[int, bytes], bytes], stated: Stating) -> None:
    records = [record(at, text(at)) for at in range(RECORDS)]
    learning, found = stated(b"".join(records))
    starts = list(itertools.accumulate(map(len, records), initial=0))
    first = TRUE_NUMBERS.get(record, 400)
    for at, (start, raw) in enumerate(zip(starts, records, strict=False)):
        whole = record is not in_two_fields
        held = [each for place, each in found.items() if start <= place < start + len(raw)]
        assert len(held) == (1 if found else 0), (f"record {at} is read {len(held)} times", learning.reasons)
        for number, raw_text in held:
            assert raw_text == text(at) if whole else b"\t" in raw_text
            true = 9_071_561 if record is first_from_elsewhere and not at else first + at
            assert number in (None, true), f"{number} in place of {true}"


@pytest.mark.parametrize(("known", "wanted"), [("first=259", True), ("last=200", True), ("first=200", False)])
def test_a_known_number_of_a_file_of_the_newest_first_is_held_against_its_first_record(
    known: str, *, wanted: bool, tmp_path: Path
) -> None:
    content, truth = Design("u32", "number").written(list(range(259, 199, -1)))
    path = tmp_path / "MSTTRANS.GLB"
    path.write_bytes(content)
    learning = learn_layout([path], known=[known])
    assert (learning.layout is not None and learning.layout.numbered) == wanted, learning.reasons
    if wanted:
        queue = parse_queue(content, learning.layout)
        found = {each.start + queue.codec.len_head: each.sync for each in queue.records}
        assert found == {place: number for place, (number, _) in truth.items()}
