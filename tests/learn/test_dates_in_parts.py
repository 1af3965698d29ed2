"""Dates as programs in C kept them: in structures, words, digits, BCD, as days and seconds."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from glbtools.binary import dateparts
from glbtools.binary import layout as layouts
from glbtools.errors import FieldError, LayoutError, UsageError
from glbtools.formats.queue import new_queue, parse_queue, rewritten
from glbtools.layouts.exported import exported
from glbtools.learn import learn_layout
from glbtools.model.change import Change


def tm(when: datetime) -> list[int]:
    """The first eight integers of a struct tm, by the C library's own rules."""
    t = when.timetuple()
    return [
        t.tm_sec, t.tm_min, t.tm_hour, t.tm_mday, t.tm_mon - 1, t.tm_year - 1900, (t.tm_wday + 1) % 7, t.tm_yday - 1
    ]  # fmt: skip


def bcd(*values: int) -> bytes:
    return bytes(int(f"{value:02}", 16) for value in values)


DAY = datetime(1970, 1, 1)
FORMS: dict[str, Callable[[datetime], bytes]] = {
    "struct tm, 16 bits, nine": lambda w: struct.pack("<9h", *tm(w), 0),
    "struct tm, 32 bits, nine": lambda w: struct.pack("<9i", *tm(w), -1),
    "struct tm, 16 bits, six": lambda w: struct.pack("<6h", *tm(w)[:6]),
    "struct tm, high byte first": lambda w: struct.pack(">9h", *tm(w), 0),
    "dosdate_t, dostime_t": lambda w: struct.pack(
        "<BBHBBBBB", w.day, w.month, w.year, w.isoweekday() % 7, w.hour, w.minute, w.second, 0
    ),
    "dostime_t, dosdate_t": lambda w: struct.pack(
        "<BBBBBBHB", w.hour, w.minute, w.second, 0, w.day, w.month, w.year, w.isoweekday() % 7
    ),
    "six words": lambda w: struct.pack("<6H", w.year, w.month, w.day, w.hour, w.minute, w.second),
    "six words, high byte first": lambda w: struct.pack(">6H", w.year, w.month, w.day, w.hour, w.minute, w.second),
    "five words (minutes)": lambda w: struct.pack("<5H", w.year, w.month, w.day, w.hour, w.minute),
    "five words from the minute (minutes)": lambda w: struct.pack("<5H", w.minute, w.hour, w.day, w.month, w.year),
    "six bytes": lambda w: bytes((w.year - 1900, w.month, w.day, w.hour, w.minute, w.second)),
    "digits (minutes)": lambda w: f"{w:%y%m%d%H%M}".encode(),
    "digits with seconds": lambda w: f"{w:%y%m%d%H%M%S}".encode(),
    "digits of four of the year": lambda w: f"{w:%Y%m%d%H%M%S}".encode(),
    "digits with separators": lambda w: f"{w:%m/%d/%y %H:%M:%S}".encode(),
    "digits as ISO has them": lambda w: f"{w:%Y-%m-%d %H:%M:%S}".encode(),
    "BCD": lambda w: bcd(w.year % 100, w.month, w.day, w.hour, w.minute, w.second),
    "BCD as the clock chip has it": lambda w: bcd(w.second, w.minute, w.hour, w.day, w.month, w.year % 100),
    "days and seconds": lambda w: struct.pack("<HI", (w - DAY).days, (w - DAY).seconds),
    "days and minutes (minutes)": lambda w: struct.pack("<HH", (w - DAY).days, (w - DAY).seconds // 60),
}
Row = tuple[int, datetime, bytes]


def rows(form: str, first: int, count: int) -> list[Row]:
    start = datetime(1994, 4, 7, 12, 13, 52)
    moments = [start + timedelta(seconds=2 * (n * 7001 + n % 11)) for n in range(first, first + count)]
    moments = [each.replace(second=0) if form.endswith("(minutes)") else each for each in moments]
    texts = [f"A N{'ae' * (n % 13)}r\tPCM:A/B/nr{n * 31 % 997}".encode() for n in range(first, first + count)]
    return list(zip(range(first, first + count), moments, texts, strict=True))


def written(form: str, changes: list[Row]) -> bytes:
    return b"".join(
        struct.pack("<HI", len(text) + 1, number) + FORMS[form](when) + text + b"\0" for number, when, text in changes
    )


def printed(changes: list[Row]) -> bytes:
    lines = ["Examining A/B Dirsync transaction file: MSTTRANS", "", "CRC  Date stamp               Sync#  Transaction"]
    lines += [
        f"     {w:%a %b} {w.day:2} {w:%H:%M:%S %Y} {n:06} {text.decode()}".replace("\t", "<tab>")
        for n, w, text in changes
    ]
    return "\r\n".join([*lines, ""]).encode()


@pytest.mark.parametrize("form", FORMS)
def test_dates_of_a_listing_are_found_in_parts_and_written_so(form: str, tmp_path: Path) -> None:
    file, listing, own = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT", rows(form, 300, 50)
    file.write_bytes(written(form, own))
    listing.write_bytes(printed(own))
    found = learn_layout([file], listings=[listing])
    assert found.toml is not None, found.reasons
    layout = layouts.parse(found.toml.encode(), "learnt.toml")
    queue = parse_queue(file.read_bytes(), layout)
    assert [(each.sync, queue.moment(each)) for each in queue.records] == [(n, when) for n, when, _ in own]
    assert queue.build() == file.read_bytes()
    more = rows(form, 900, 4)
    made = new_queue([Change(n, text.decode("cp850"), stamp=when) for n, when, text in more], layout)
    assert made.build() == written(form, more)
    field = layout.with_role("stamp")
    assert field is not None and field.in_parts
    for language in ("ksy", "cstruct"):
        assert field.type in exported(layout, language)


@pytest.mark.parametrize(("first", "decided"), [(300, False), (1500, True)])
def test_words_below_256_are_of_either_byte_order(first: int, decided: bool, tmp_path: Path) -> None:
    form = "struct tm, high byte first"
    file, listing, own = tmp_path / "MSTTRANS.GLB", tmp_path / "LISTQ.TXT", rows(form, first, 50)
    assert (own[-1][1].timetuple().tm_yday - 1 > 255) == decided
    file.write_bytes(written(form, own))
    listing.write_bytes(printed(own))
    layout = learn_layout([file], listings=[listing]).layout
    field = layout and layout.with_role("stamp")
    assert field is not None and field.status == ("observed" if decided else "inferred")


@pytest.mark.parametrize("form", FORMS)
def test_alone_no_false_date_is_stated_of_such_a_form(form: str, tmp_path: Path) -> None:
    file, own = tmp_path / "MSTTRANS.GLB", rows(form, 300, 50)
    file.write_bytes(written(form, own))
    found = learn_layout([file])
    if found.layout is not None and found.layout.with_role("stamp") is not None:
        queue = parse_queue(file.read_bytes(), found.layout)
        assert [queue.moment(each) for each in queue.records] == [when for _, when, _ in own]


def test_a_person_may_say_which_form_dates_have(tmp_path: Path) -> None:
    form, own = "dosdate_t, dostime_t", rows("", 300, 50)
    file = tmp_path / "MSTTRANS.GLB"
    file.write_bytes(written(form, own))
    found = learn_layout([file], pins=["stamp=date:D1M1Y2w1h1m1s1@6", "sync=u32@2", "text@15"])
    assert found.layout is not None, found.reasons
    queue = parse_queue(file.read_bytes(), found.layout)
    assert [queue.moment(each) for each in queue.records] == [when for _, when, _ in own]
    wrong = learn_layout([file], pins=["stamp=date:D1M1Y2w1h1m1s1@5", "sync=u32@2", "text@15"])
    assert wrong.layout is None or wrong.layout.with_role("stamp") is None
    with pytest.raises(UsageError, match="pin"):
        learn_layout([file], pins=["stamp=date:D1M1@6"])


@pytest.mark.parametrize("form", dateparts.USUAL)
@pytest.mark.parametrize("order", ["little", "big"])
def test_a_date_is_read_as_it_is_written_and_zeros_are_none(form: str, order: str) -> None:
    exact = dateparts.resolution(form)
    for year, month in [(1988, 2), (1999, 12), (2000, 1), (2011, 7)]:
        when = datetime(year, month, 28, 23, 58, 57)
        seconds = int((when - DAY).total_seconds())
        raw = dateparts.write(form, seconds, order)
        assert raw is not None and len(raw) == dateparts.size(form)
        read = dateparts.read(form, raw, order)
        assert read is not None and 0 <= seconds - read < exact
        assert dateparts.write(form, read, order) == raw
    zeros = dateparts.write(form, 0, order)
    assert zeros is not None and dateparts.read(form, zeros, order) == 0


@pytest.mark.parametrize(
    ("form", "raw"),
    [
        ("ybMbDbhbmbsb", bcd(94, 13, 1, 1, 1, 1)), ("ybMbDbhbmbsb", b"\x94\x0a\x01\x01\x01\x01"),
        ("yaMaDahama", b"9404311200"), ("D1M1Y2w1h1m1s1", struct.pack("<BBHBBBB", 7, 4, 1994, 5, 12, 13, 52)),
        ("Ma/Da/ya ha:ma:sa", b"04-07-94 12:13:52"), ("d2S4", struct.pack("<HI", 8862, 86400)),
    ],
)  # fmt: skip
def test_what_is_no_date_is_none_and_nothing_of_it_is_lost(form: str, raw: bytes) -> None:
    assert dateparts.read(form, raw) is None
    data = struct.pack("<I", 7) + raw + b"A Paul\tPCM:A/B/paul\0"
    assert parse_queue(data, own(form)).build() == data


def own(form: str) -> layouts.Layout:
    text = 'id = "own"\nfamily = "queue"\ntitle = "own"\nstatus = "observed"\n'
    size = dateparts.size(form)
    for name, kind, at in (("sync", "u32", 0), ("stamp", f"date:{form}", 4), ("text", "text", 4 + size)):
        text += f'[[field]]\nname = "{name}"\ntype = "{kind}"\nrole = "{name}"\noffset = {at}\nstatus = "observed"\n'
    return layouts.parse(text.encode(), "own.toml")


@pytest.mark.parametrize("form", ["", "Y2", "Y2M2D2h2", "Y2M2D2D2", "d2e2", "Y2M2D2m2s2", "Y2C2M2D2", "x2", "Y3M2D2"])
def test_what_is_no_form_is_refused(form: str) -> None:
    with pytest.raises(LayoutError, match="type"):
        own(form)


def test_a_date_without_room_in_its_form_is_refused_and_a_rebuild_writes_none() -> None:
    layout, change = own("C1M1D1h1m1s1"), Change(7, "A Paul\tPCM:A/B/paul", stamp=datetime(2156, 1, 1))
    with pytest.raises(FieldError, match="stamp"):
        new_queue([change], layout)
    assert rewritten([change], layout).build()[4:10] == bytes(6)


def test_the_parts_of_struct_tm_are_those_of_the_c_library() -> None:
    seconds = int((datetime(1996, 2, 29, 23, 59, 58) - DAY).total_seconds())
    t = time.gmtime(seconds)
    raw = dateparts.write("s2m2h2D2N2C2w2j2", seconds)
    assert raw == struct.pack(
        "<8h", t.tm_sec, t.tm_min, t.tm_hour, t.tm_mday, t.tm_mon - 1, t.tm_year - 1900, (t.tm_wday + 1) % 7,
        t.tm_yday - 1,
    )  # fmt: skip
