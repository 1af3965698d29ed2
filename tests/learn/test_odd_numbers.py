"""Numbers that no type of C has: 24 bits, two words of which the high one stands first, two digits in a byte."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from glbtools.binary.field import ODD, Field
from glbtools.errors import FieldError
from glbtools.formats.queue import new_queue, parse_queue
from glbtools.learn import learn_layout
from glbtools.model.change import Change

FORMS: dict[str, Callable[[int], bytes]] = {
    "u24": lambda number: struct.pack("<I", number)[:3],
    "u24be": lambda number: struct.pack(">I", number)[1:],
    "w32": lambda number: struct.pack("<HH", number >> 16, number & 0xFFFF),
    "bcd32": lambda number: bytes.fromhex(f"{number:08}")[::-1],
    "bcd32be": lambda number: bytes.fromhex(f"{number:08}"),
}


def field(form: str) -> Field:
    kind, order = form.removesuffix("be"), "big" if form.endswith("be") else "little"
    return Field("sync", "record", 0, kind, ODD[kind], role="sync", status="assumed", byte_order=order)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("number", [0, 1, 255, 256, 65_535, 65_536, 0x123456, 0xFFFFFF])
def test_a_number_is_stored_as_another_program_stores_it(form: str, number: int) -> None:
    assert field(form).write(number) == FORMS[form](number)
    assert field(form).read(FORMS[form](number)) == number


@pytest.mark.parametrize(("form", "number"), [("u24", 1 << 24), ("u24", -1), ("w32", 1 << 32), ("bcd32", 10**8)])
def test_a_number_that_does_not_fit_is_refused(form: str, number: int) -> None:
    with pytest.raises(FieldError):
        field(form).write(number)


@pytest.mark.parametrize("raw", [b"\x0a\0\0\0", b"\0\0\0\xf1"])
def test_what_is_no_digit_is_no_number(raw: bytes) -> None:
    assert field("bcd32").read(raw) is None


def packed(form: str, rows: list[tuple[int, bytes]]) -> bytes:
    return b"".join(
        b"\x07" + FORMS[form](number) + struct.pack("<HH", 1, len(text) + 1) + text + b"\0" for number, text in rows
    )


def rows(first: int, count: int) -> list[tuple[int, bytes]]:
    numbers = [first + 2 * at for at in range(count)]
    return [(n, f"A N{'ae' * (n % 13)}r {n * 7919 % 10007}\tPCM:A/B/nr{n * 31 % 997}".encode()) for n in numbers]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("told", ["listing", "known"])
def test_numbers_that_somebody_knows_are_found_and_written(form: str, told: str, tmp_path: Path) -> None:
    file, listing, own = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT", rows(65_500, 60)
    file.write_bytes(packed(form, own))
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "Sync#  Transaction"]
    lines += [f"{n:06} {text.decode()}".replace("\t", "<tab>") for n, text in own]
    listing.write_bytes("\r\n".join([*lines, ""]).encode())
    known = [f"first={own[0][0]}", f"last={own[-1][0]}"]
    found = learn_layout([file], listings=[listing]) if told == "listing" else learn_layout([file], known=known)
    assert found.layout is not None, found.reasons
    queue = parse_queue(file.read_bytes(), found.layout)
    assert [(each.sync, each.text.encode("cp850")) for each in queue.records] == own
    assert queue.build() == file.read_bytes()
    more = rows(70_001, 4)
    made = new_queue([Change(n, text.decode("cp850")) for n, text in more], found.layout)
    assert made.build() == packed(form, more)


@pytest.mark.parametrize("form", FORMS)
def test_alone_no_such_number_is_stated(form: str, tmp_path: Path) -> None:
    file, own = tmp_path / "MSTTRANS.GLB", rows(65_500, 60)
    file.write_bytes(packed(form, own))
    found = learn_layout([file])
    assert found.layout is not None
    queue = parse_queue(file.read_bytes(), found.layout)
    assert [each.text.encode("cp850") for each in queue.records] == [text for _, text in own]
    assert not found.layout.numbered or [each.sync for each in queue.records] == [number for number, _ in own]
