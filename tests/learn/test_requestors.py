"""SRVCONF whose records are not what a listing counts: deleted ones, another order, names in other forms."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import pytest

from glbtools.formats.config import parse_reqconf, parse_srvconf
from glbtools.formats.listing import parse_listing
from glbtools.learn import Learning
from glbtools.learn.configuration import learn_configuration


class Office(NamedTuple):
    """A requestor: its name in parts, two numbers, and a byte that says whether it is in use."""

    kind: str
    network: str
    postoffice: str
    reqsync: int
    srvsync: int
    live: int = 1


OFFICES = (
    Office("PCM", "ACME", "NORTH", 40_001, 90_011),
    Office("PCM", "ACME", "WEST", 3_207, 91_112),
    Office("SMTP", "NET", "HUB", 17_023, 90_213),
    Office("PCM", "NET", "LAB", 5_118, 91_314),
    Office("SMTP", "ACME", "SALES", 21_307, 90_415),
    Office("X400", "NET", "EAST", 1_973, 91_516),
)

Record = Callable[[Office], bytes]


def whole(office: Office) -> bytes:
    name = f"{office.kind}:{office.network}/{office.postoffice}".encode()
    return struct.pack("<BII40s", office.live, office.srvsync, office.reqsync, name)


def split(office: Office) -> bytes:
    kind = {"PCM": 0, "SMTP": 7, "X400": 9}[office.kind]
    parts = office.network.encode(), office.postoffice.encode()
    return struct.pack("<BIIB11s11s", office.live, office.srvsync, office.reqsync, kind, *parts)


def address(office: Office) -> bytes:
    name = f"{office.network}/{office.postoffice}".encode()
    return struct.pack("<BII22s", office.live, office.srvsync, office.reqsync, name)


def srvconf(record: Record, *offices: Office) -> bytes:
    parts = [struct.pack("<6xIH", 91_600, 300), *map(record, offices)]
    return b"".join(each.ljust(1024, b"\0") for each in parts)


def listds(rows: Sequence[tuple[int, Office]]) -> str:
    head = (
        "Examining ACME/NORTH Server Configuration Record\n\nHighest SrvSync is 91600, Current Dirsync Cycle is 300\n"
    )
    return head + "".join(
        f"\n     Server Requestor Record #{number}\n"
        f"Requestor name: {each.kind}:{each.network}/{each.postoffice}\n"
        f"ReqSync = {each.reqsync}, SrvSync = {each.srvsync}, Last Cycle = 0\n"
        for number, each in rows
    )


def learnt(data: bytes, rows: Sequence[tuple[int, Office]], *known: str) -> Learning:
    listing = parse_listing(listds(rows).encode())
    return learn_configuration("srvconf", [("SRVCONF.GLB", data)], listings=[("LISTDS.TXT", listing)], known=known)


def placed(learning: Learning, *names: str) -> list[int]:
    assert learning.layout is not None, learning.reasons
    return [learning.layout.by_name[name].offset for name in names]


def gone(office: Office) -> Office:
    return office._replace(live=0)


def test_a_deleted_first_record_shifts_the_count_and_the_names_say_which_is_which() -> None:
    data = srvconf(whole, gone(OFFICES[0]), *OFFICES[1:])
    found = learnt(data, list(enumerate(OFFICES[1:], 1)))
    assert placed(found, "srvsync", "reqsync", "name") == [1, 5, 9]
    assert "by their names, requestors of the listing stand elsewhere than it counts: 1 in record 2" in str(
        found.concluded
    )


def test_a_record_that_no_row_has_makes_a_layout_partial_and_the_byte_that_may_mark_it_is_named() -> None:
    data = srvconf(whole, *OFFICES[:2], gone(OFFICES[2]), *OFFICES[3:])
    found = learnt(data, list(enumerate([*OFFICES[:2], *OFFICES[3:]], 1)))
    assert found.layout is not None and found.layout.partial
    assert "record 3 of SRVCONF.GLB: in no row of the listing: deleted or never used" in str(found.reasons)
    assert "in all 5 records with a row the byte at 0x000 is 01, and 00 in one without" in str(found.concluded)


def test_records_that_were_never_used_are_named_and_leave_the_layout_whole() -> None:
    found = learnt(srvconf(whole, *OFFICES) + bytes(1024), list(enumerate(OFFICES, 1)))
    assert found.layout is not None and not found.layout.partial
    assert "record 7 of SRVCONF.GLB: in no row of the listing, and filled with one byte" in str(found.concluded)


def test_a_listing_in_another_order_is_put_in_that_of_the_file() -> None:
    found = learnt(srvconf(whole, *OFFICES), list(enumerate(sorted(OFFICES), 1)))
    assert placed(found, "srvsync", "reqsync", "name") == [1, 5, 9]


def test_a_name_that_a_deleted_record_has_too_is_told_by_its_numbers() -> None:
    former = OFFICES[2]._replace(reqsync=11, srvsync=70_007, live=0)
    found = learnt(srvconf(whole, former, *OFFICES), list(enumerate(OFFICES, 1)))
    assert placed(found, "srvsync", "reqsync", "name") == [1, 5, 9]


def test_a_requestor_that_a_person_counts_is_left_out_where_listing_and_file_count_differently() -> None:
    data = srvconf(whole, gone(OFFICES[0]), *OFFICES[1:])
    found = learnt(data, list(enumerate(OFFICES[1:], 1)), "requestor[2].importsync=3207")
    assert "importsync" not in found.decided


def test_a_text_ends_where_known_names_do_and_not_where_a_deleted_record_has_lost_its_name() -> None:
    broken = bytearray(srvconf(whole, *OFFICES))
    broken[1024 + 9] = 0
    found = learnt(bytes(broken), list(enumerate(OFFICES[1:], 1)))
    assert found.layout is not None
    names = [each.name for each in parse_srvconf(bytes(broken), found.layout).config.requestors[1:]]
    assert names == [f"{each.kind}:{each.network}/{each.postoffice}" for each in OFFICES[1:]]


def test_what_was_in_a_text_before_does_not_shorten_it() -> None:
    data = srvconf(lambda office: whole(office).replace(b"\0" * 9, b"\0WESTWEST", 1), *OFFICES)
    found = learnt(data, list(enumerate(OFFICES, 1)))
    assert found.layout is not None
    names = [each.name for each in parse_srvconf(data, found.layout).config.requestors]
    assert names == [f"{each.kind}:{each.network}/{each.postoffice}" for each in OFFICES]


def test_the_byte_of_the_kind_of_address_is_the_one_that_has_one_value_for_each() -> None:
    found = learnt(srvconf(split, *OFFICES), list(enumerate(OFFICES, 1)))
    assert placed(found, "network", "postoffice") == [10, 21]
    assert "the byte at 0x009 (00 PCM, 07 SMTP, 09 X400) says the kind of address, in 6 records" in str(found.concluded)


def test_a_byte_says_no_kind_where_every_requestor_is_of_one() -> None:
    offices = [each._replace(kind="PCM") for each in OFFICES]
    found = learnt(srvconf(split, *offices), list(enumerate(offices, 1)))
    assert "every requestor is PCM: a byte that says so looks like any other" in str(found.concluded)


def test_a_name_without_its_kind_is_read_and_the_layout_is_for_reading() -> None:
    found = learnt(srvconf(address, *OFFICES), list(enumerate(OFFICES, 1)))
    assert placed(found, "address") == [9]
    assert found.layout is not None and found.layout.partial
    read = parse_srvconf(srvconf(address, *OFFICES), found.layout).config
    assert [each.name for each in read.requestors] == [f"{each.network}/{each.postoffice}" for each in OFFICES]
    assert "no byte is one value for each kind of address" in str(found.concluded)


def test_names_that_a_person_gives_without_a_kind_are_found_too() -> None:
    data = srvconf(split, *OFFICES[:2])
    known = []
    for at, each in enumerate(OFFICES[:2], 1):
        told = f"name={each.network}/{each.postoffice}", f"reqsync={each.reqsync}", f"srvsync={each.srvsync}"
        known += [f"requestor[{at}].{said}" for said in told]
    found = learn_configuration("srvconf", [("SRVCONF.GLB", data)], known=known)
    assert placed(found, "network", "postoffice") == [10, 21]


# --- forms of dates, numbers and names ---------------------------------------------------------------------------

DAYS = tuple(datetime(1994, 2, 3 + at, 5 + at, 17, 2 * at + 6) for at in range(len(OFFICES)))


def dated(date: Callable[[datetime], bytes], *moments: datetime) -> Learning:
    made = {
        office: date(moment) if moment.year > 1970 else bytes(8)
        for office, moment in zip(OFFICES, moments, strict=True)
    }
    data = srvconf(lambda office: whole(office) + b"\x07" + made[office], *OFFICES)
    text = listds(list(enumerate(OFFICES, 1))).split("Last Cycle = 0\n")
    ends = [f"Last Cycle = 0\nLast update received {each:%a %b %d %H:%M:%S %Y}\n" for each in moments]
    listing = parse_listing("".join(part + end for part, end in zip(text, [*ends, ""], strict=True)).encode())
    return learn_configuration("srvconf", [("SRVCONF.GLB", data)], listings=[("LISTDS.TXT", listing)])


def since_1980(moment: datetime) -> bytes:
    return struct.pack("<I", int((moment - datetime(1980, 1, 1)).total_seconds()))


def date_first(moment: datetime) -> bytes:
    day = moment.year - 1980 << 9 | moment.month << 5 | moment.day
    return struct.pack("<HH", day, moment.hour << 11 | moment.minute << 5 | moment.second // 2)


def six_words(moment: datetime) -> bytes:
    return struct.pack("<6H", moment.second, moment.minute, moment.hour, moment.day, moment.month, moment.year)


@pytest.mark.parametrize(("form", "kind", "stamp"), [(since_1980, "u32", "since-1980"), (date_first, "w32", "dos")])
def test_dates_count_from_1980_or_have_their_day_first(
    form: Callable[[datetime], bytes], kind: str, stamp: str
) -> None:
    field = dated(form, *DAYS).decided["last_update"]
    assert (field.offset, field.type, field.stamp) == (50, kind, stamp)


def test_a_date_in_parts_is_told_and_is_not_taken_for_a_date_of_another_moment() -> None:
    found = dated(six_words, *DAYS)
    assert "last_update: it stands at 0x032 date:s2m2h2D2M2Y2" in str(found.concluded)
    assert placed(found, "srvsync", "reqsync", "name") == [1, 5, 9]


def test_a_date_before_all_clocks_says_that_none_was_set() -> None:
    found = dated(since_1980, datetime(1970, 1, 1), *DAYS[1:])
    assert found.decided["last_update"].offset == 50


def test_numbers_of_two_words_with_the_high_one_first_are_found_where_no_other_form_is() -> None:
    data = srvconf(lambda office: struct.pack("<HHI", office.srvsync >> 16, office.srvsync & 0xFFFF, office.reqsync)
                   + whole(office)[9:], *OFFICES)  # fmt: skip
    found = learnt(data, list(enumerate(OFFICES, 1)))
    assert found.decided["srvsync"].type == "w32" and found.decided["srvsync"].offset == 0


def test_a_cycle_that_stands_twice_is_read_at_its_first_place() -> None:
    files, listings = [], []
    for at in (30_011, 30_345, 31_007):
        data = bytearray(srvconf(whole, *OFFICES))
        data[10:12] = data[40:42] = at.to_bytes(2, "little")
        files.append((f"SRVCONF.{at}", bytes(data)))
        text = listds(list(enumerate(OFFICES, 1))).replace("Cycle is 300", f"Cycle is {at}")
        listings.append((f"LISTDS.{at}", parse_listing(text.encode())))
    found = learn_configuration("srvconf", files, listings=listings)
    assert found.decided["cycle"].offset == 10 and "or at 0x028" in found.decided["cycle"].doc
    assert found.layout is not None and found.layout.partial


@pytest.mark.parametrize("numbers", [(70_123, 80_456), (714, 9_023)])
def test_a_server_whose_name_stands_in_parts_is_read_by_them_though_another_text_begins_alike(
    numbers: tuple[int, int],
) -> None:
    data = bytearray(512)
    data[4:30] = b"HQ\0NORTH".ljust(26, b"\0")
    data[40:62] = b"HQ".ljust(11, b"\0") + b"A".ljust(11, b"\0")
    data[70:78] = struct.pack("<II", *numbers)
    syncs = f"ReqSync = {numbers[0]}, SrvSync = {numbers[1]}"
    text = f"Examining HQ/NORTH Requestor Configuration Record\n\nDir-Sync Server: HQ/A\n{syncs}\n"
    listing = parse_listing(text.encode())
    found = learn_configuration("reqconf", [("REQCONF.GLB", bytes(data))], listings=[("LISTDS.TXT", listing)])
    assert placed(found, "network", "postoffice", "reqsync", "srvsync") == [40, 51, 70, 74]
    assert found.layout is not None and found.layout.partial
    assert parse_reqconf(bytes(data), found.layout).config.server == "HQ/A"


def test_a_small_number_that_two_names_have_is_not_left_to_one_of_them_by_what_chance_gives_the_other() -> None:
    data = bytearray(srvconf(whole, *OFFICES))
    data[6:10], data[20:26] = bytes(4), b"    14"
    data[40], data[600] = 14, 14
    data[601] = 77
    text = listds(list(enumerate(OFFICES, 1))).replace("SrvSync is 91600", "SrvSync is 14")
    listing = [("LISTDS.TXT", parse_listing(text.encode()))]
    found = learn_configuration("srvconf", [("SRVCONF.GLB", bytes(data))], listings=listing, known=["keep_updates=14"])
    assert not {"sync", "keep_updates"} & found.decided.keys()
