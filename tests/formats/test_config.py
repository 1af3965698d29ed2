from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools import layouts
from glbtools.binary import layout
from glbtools.binary.layout import Layout
from glbtools.binary.span import Span, tile
from glbtools.binary.tree import Node
from glbtools.errors import UsageError
from glbtools.formats import config, queue
from glbtools.formats.config import ReqConfFile, SrvConfFile
from glbtools.model.change import Change
from glbtools.model.configuration import Requestor

REQCONF, SRVCONF = layouts.reference("reqconf"), layouts.reference("srvconf")
MOMENT = datetime(1994, 2, 17, 8, 52, 45)

# Not the reference layout in any respect: digits as text, big-endian numbers, another code page, another size.
OWN_REQCONF = layout.parse(
    b"""
id = "own-reqconf"
family = "reqconf"
title = "a requestor's configuration in digits"
status = "assumed"
byte_order = "big"
encoding = "cp437"
framing = { record = 120 }
field = [
  { name = "server", offset = 2, type = "text:22", role = "text", status = "assumed" },
  { name = "reqsync", offset = 30, type = "dec:10", role = "sync", status = "assumed" },
  { name = "srvsync", offset = 40, type = "hex:8", role = "sync", status = "assumed" },
  { name = "importsync", offset = 50, type = "u16", role = "sync", status = "assumed" },
  { name = "last_export", offset = 52, type = "u32", role = "stamp", stamp = "dos", status = "assumed" },
  { name = "last_import", offset = 56, type = "u32", byte_order = "little", role = "stamp", status = "assumed" },
  { name = "ptr_srvtrans", offset = 60, type = "i32", role = "link", default = -1, status = "assumed" },
  { name = "ptr_usrtrans", offset = 64, type = "i32", role = "link", default = -1, status = "assumed" },
  { name = "ptr_gwtrans", offset = 68, type = "i32", role = "link", default = -1, status = "assumed" },
  { name = "ptr_nmetrans", offset = 72, type = "i32", role = "link", default = -1, status = "assumed" },
  { name = "options", offset = 76, type = "u8", status = "assumed", flags = { create_postoffices = 7 } },
]
""",
    "own-reqconf.toml",
)
OWN_SRVCONF = layout.parse(
    b"""
id = "own-srvconf"
family = "srvconf"
title = "a server's configuration in digits"
status = "assumed"
byte_order = "big"
framing = { header = 16, record = 80 }
field = [
  { name = "sync", section = "header", offset = 0, type = "dec:10", role = "sync", status = "assumed" },
  { name = "cycle", section = "header", offset = 10, type = "u16", role = "sync", status = "assumed" },
  { name = "name", offset = 0, type = "text:40", role = "text", status = "assumed" },
  { name = "reqsync", offset = 40, type = "u32", role = "sync", status = "assumed" },
  { name = "srvsync", offset = 44, type = "hex:8", role = "sync", status = "assumed" },
]
""",
    "own-srvconf.toml",
)

REQUESTORS = (
    {"name": "PCM:POLYNOMIAL/MONTGOMERY", "reqsync": 17, "srvsync": 80, "last_cycle": 11, "last_update": MOMENT},
    {"name": "PCM:POLYNOMIAL/NOVEMBER", "reqsync": 18, "srvsync": 0, "importsync": 2},
    {"name": "SNADS:GATE/WAY", "reqsync": 0xFFFFFFFF},
)


def reqconf(**values: object) -> bytes:
    return config.new_reqconf(REQCONF, **values).build()


def srvconf(*requestors: dict[str, object], **values: object) -> bytes:
    return config.new_srvconf(SRVCONF, requestors, **values).build()


BUILT_REQCONF = reqconf(server="POLYNOMIAL/MONTGOMERY", reqsync=17, srvsync=80, last_export=MOMENT)
BUILT_SRVCONF = srvconf(*REQUESTORS, sync=80, cycle=11, administrator="ADMIN")


def leaves(nodes: list[Node]) -> list[Span]:
    return [span for node in nodes for span in (leaves(list(node.children)) if node.children else [node.span])]


def check(data: bytes, file: ReqConfFile | SrvConfFile) -> None:
    """Assert what holds for every byte string whatever: it is kept exactly, and every byte has its place."""
    assert file.build() == data
    nodes = list(file.nodes())
    for spans in (leaves(nodes), [region.span for region in file.regions()]):
        assert b"".join(data[start:stop] for start, stop in spans) == data
        assert [span.start for span in spans[1:]] == [span.stop for span in spans[:-1]]
    assert "gap" not in {region.what for region in tile(file.regions(), len(data))} or file.slack
    _ = file.config


def check_both(data: bytes, req: Layout = REQCONF, srv: Layout = SRVCONF) -> None:
    check(data, config.parse_reqconf(data, req))
    check(data, config.parse_srvconf(data, srv))


@given(st.binary(max_size=3000))
def test_any_bytes_come_back_exactly_and_every_byte_has_its_place(data: bytes) -> None:
    check_both(data)
    check_both(data, OWN_REQCONF, OWN_SRVCONF)


@pytest.mark.parametrize("size", [0, 1, 8, 25, 27, 100, 101, 512, 513, 1023, 1024, 1025, 2047, 2048, 2049, 3000])
def test_every_notable_size_of_noise_comes_back_exactly(size: int) -> None:
    noise = bytes(n * 151 % 256 for n in range(size))
    check_both(noise)
    check_both(noise, OWN_REQCONF, OWN_SRVCONF)


def test_a_requestors_configuration_cut_off_anywhere_is_read_as_far_as_it_goes() -> None:
    for size in range(len(BUILT_REQCONF)):
        data = BUILT_REQCONF[:size]
        file = config.parse_reqconf(data, REQCONF)
        check(data, file)
        assert [fault.kind for fault in file.faults] == ["size"]
        assert file.config.reqsync == (17 if size >= 4 else None)
        assert file.config.server == ("POLYNOMIAL/MONTGOMERY" if size >= 58 else None)


def test_a_servers_configuration_cut_off_anywhere_is_read_as_far_as_it_goes() -> None:
    for size in range(len(BUILT_SRVCONF)):
        data = BUILT_SRVCONF[:size]
        file = config.parse_srvconf(data, SRVCONF)
        check(data, file)
        assert bool(file.faults) == (size % 1024 != 0 or size == 0), size
        assert len(file.config.requestors) == max(0, size - 1024) // 1024


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF, 0x20])
def test_a_changed_byte_is_kept_and_changes_no_other_value(flip: int) -> None:
    sound = config.parse_reqconf(BUILT_REQCONF, REQCONF)
    for position in range(len(BUILT_REQCONF)):
        data = bytearray(BUILT_REQCONF)
        data[position] ^= flip
        file = config.parse_reqconf(bytes(data), REQCONF)
        check(bytes(data), file)
        changed = [new.field.name for old, new in zip(sound.values, file.values, strict=True) if old.raw != new.raw]
        assert changed == [each.field.name for each in sound.values if each.span.start <= position < each.span.stop]


@pytest.mark.parametrize("flip", [0x01, 0xFF])
def test_a_changed_byte_of_a_servers_configuration_is_kept(flip: int) -> None:
    for position in range(0, len(BUILT_SRVCONF), 7):
        data = bytearray(BUILT_SRVCONF)
        data[position] ^= flip
        check(bytes(data), config.parse_srvconf(bytes(data), SRVCONF))


@pytest.mark.parametrize(
    ("size", "number"), [(0, 159), (1, 159), (99, 159), (100, 159), (101, None), (511, None), (513, None), (1024, None)]
)
def test_a_wrong_size_is_a_fault_and_100_bytes_or_fewer_are_notice_159(size: int, number: int | None) -> None:
    (fault,) = config.parse_reqconf(bytes(size), REQCONF).faults
    assert (fault.kind, fault.damage, fault.number, fault.span) == ("size", True, number, Span(0, size))
    assert ("Notice 159" in fault.message) == (number == 159)
    assert f"{size} bytes in place of 512" in fault.message


@pytest.mark.parametrize(
    ("size", "rest"), [(0, (0, 0)), (1023, None), (1025, (1024, 1025)), (2047, (1024, 2047)), (3073, (3072, 3073))]
)
def test_what_makes_no_whole_requestor_is_a_fault(size: int, rest: tuple[int, int] | None) -> None:
    (fault,) = config.parse_srvconf(bytes(size), SRVCONF).faults
    assert (fault.kind, fault.damage) == ("size", True)
    assert f"{size} bytes" in fault.message
    if rest:
        assert fault.span == rest


@pytest.mark.parametrize("size", [512])
def test_the_right_size_is_no_fault(size: int) -> None:
    assert not config.parse_reqconf(bytes(size), REQCONF).faults
    assert not config.parse_srvconf(bytes(2 * size), SRVCONF).faults
    assert not config.parse_srvconf(bytes(10 * size), SRVCONF).faults


def test_what_was_written_is_read() -> None:
    written = {
        "server": "POLYNOMIAL/MONTGOMERY",
        "reqsync": 17,
        "srvsync": 0xFFFFFFFF,
        "importsync": 1,
        "last_export": MOMENT,
        "last_import": datetime(2106, 2, 7, 6, 28, 15),
        "pointers": (-1, 0, 2**31 - 1, -(2**31)),
        "types": "PCM,SNADS,X400,SMTP",
        "options": ("templates_send", "create_postoffices"),
        "limit": 500,
    }
    data = reqconf(**written)
    found = config.parse_reqconf(data, REQCONF).config
    assert len(data) == 512
    assert {name: getattr(found, name) for name in written} == written
    assert found.postoffice is None


def test_what_was_written_of_a_server_is_read_in_the_order_of_registration() -> None:
    data = srvconf(*REQUESTORS, sync=80, cycle=11, administrator="ADMINIST", keep_updates=0)
    found = config.parse_srvconf(data, SRVCONF).config
    assert len(data) == 1024 * (1 + len(REQUESTORS))
    assert (found.sync, found.cycle, found.administrator, found.keep_updates) == (80, 11, "ADMINIST", 0)
    assert [each.number for each in found.requestors] == [1, 2, 3]
    assert [each.span for each in found.requestors] == [(1024, 2048), (2048, 3072), (3072, 4096)]
    for each, values in zip(found.requestors, REQUESTORS, strict=True):
        assert {name: getattr(each, name) for name in values} == values
    assert found.requestors[1].last_update is None


def test_what_is_left_out_gets_the_value_of_an_idle_file() -> None:
    found = config.parse_reqconf(reqconf(), REQCONF).config
    assert (found.reqsync, found.srvsync, found.importsync, found.server, found.types) == (0, 0, 0, "", "")
    assert (found.pointers, found.options, found.last_export, found.last_import) == ((-1,) * 4, (), None, None)
    assert config.parse_srvconf(srvconf(), SRVCONF).config.keep_updates == 14


@given(
    st.integers(0, 0xFFFFFFFF),
    st.datetimes(datetime(1970, 1, 1, 0, 0, 1), datetime(2106, 2, 7, 6, 28, 15)),
    st.tuples(*[st.integers(-(2**31), 2**31 - 1)] * 4),
    st.text(st.characters(codec="cp850", exclude_characters="\0"), max_size=21),
)
def test_every_value_that_fits_comes_back(number: int, when: datetime, pointers: tuple[int, ...], name: str) -> None:
    when = when.replace(microsecond=0)
    data = reqconf(server=name, reqsync=number, last_import=when, pointers=pointers)
    found = config.parse_reqconf(data, REQCONF).config
    assert (found.server, found.reqsync, found.last_import, found.pointers) == (name, number, when, pointers)
    data = srvconf({"name": name, "srvsync": number, "last_update": when}, sync=number)
    requestor = config.parse_srvconf(data, SRVCONF).config.requestors[0]
    assert (requestor.name, requestor.srvsync, requestor.last_update) == (name, number, when)


@given(
    st.binary(max_size=700),
    st.integers(0, 0xFFFFFFFF),
    st.text(st.characters(codec="cp850"), max_size=21),
    st.binary(max_size=10),
)
def test_what_is_changed_is_what_is_read_when_it_has_been_written(
    stored: bytes, number: int, name: str, password: bytes
) -> None:
    there = {each.field.name for each in config.parse_reqconf(stored, REQCONF).values}
    values = {"reqsync": number, "server": name, "password": password}
    changed = config.changed_reqconf(
        config.parse_reqconf(stored, REQCONF), **{each: value for each, value in values.items() if each in there}
    )
    assert config.parse_reqconf(changed.build(), REQCONF) == changed
    data = srvconf({"name": name, "password": password}, sync=number) + stored
    whole = config.changed_srvconf(config.parse_srvconf(data, SRVCONF), {1: {"name": name, "srvsync": number}})
    assert config.parse_srvconf(whole.build(), SRVCONF) == whole


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"reqsync": 2**32}, "reqsync"),
        ({"reqsync": -1}, "reqsync"),
        ({"srvsync": "17"}, "srvsync"),
        ({"server": "X" * 22}, "server has 22 characters"),
        ({"server": "\N{SNOWMAN}"}, "server holds"),
        ({"types": "X" * 50}, "types"),
        ({"pointers": (2**31, -1, -1, -1)}, "ptr_srvtrans"),
        ({"pointers": (-1, -1, -1, -(2**31) - 1)}, "ptr_nmetrans"),
        ({"options": ("templates_send", "nonsense")}, "nonsense"),
        ({"password": bytes(11)}, "password"),
        ({"password": 5}, "password"),
        ({"last_export": datetime(1969, 12, 31)}, "last_export"),
        ({"last_import": datetime(2106, 2, 7, 6, 28, 16)}, "last_import"),
        ({"nonsense": 1}, "nonsense"),
        ({"nonsense": MOMENT}, "nonsense"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(values: dict[str, object], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        reqconf(**values)


@pytest.mark.parametrize(
    ("requestor", "header", "named"),
    [
        ({"name": "X" * 64}, {}, "name has 64 characters"),
        ({"last_cycle": 2**32}, {}, "last_cycle"),
        ({"sync": 1}, {}, "sync"),
        ({}, {"administrator": "POSTMASTER"}, "administrator has 10 characters"),
        ({}, {"keep_updates": 2**16}, "keep_updates"),
        ({}, {"reqsync": 1}, "reqsync"),
    ],
)
def test_a_value_that_does_not_fit_a_servers_file_is_refused_by_name(
    requestor: dict[str, object], header: dict[str, object], named: str
) -> None:
    with pytest.raises(UsageError, match=named):
        srvconf(requestor, **header)


def test_a_layout_without_options_refuses_them_and_does_not_know_them() -> None:
    with pytest.raises(UsageError, match="templates_send"):
        config.new_reqconf(OWN_REQCONF, options=("templates_send",))
    without = layout.parse(
        b'id = "x"\nfamily = "reqconf"\ntitle = "x"\nstatus = "assumed"\nframing = { record = 8 }\n'
        b'field = [{ name = "reqsync", offset = 0, type = "u32", role = "sync", status = "assumed" }]\n',
        "x.toml",
    )
    found = config.parse_reqconf(b"\x11\0\0\0\0\0\0\0", without).config
    assert (found.reqsync, found.options, found.pointers, found.server) == (17, None, None, None)
    with pytest.raises(UsageError, match="ptr_srvtrans"):
        config.new_reqconf(without, pointers=(-1, -1, -1, -1))


def test_the_meaning_of_pointers_flags_and_stamps_is_said() -> None:
    data = reqconf(pointers=(-1, 4711, -1, -1), options=("templates_receive",), last_export=MOMENT)
    nodes = {node.name: node for node in config.parse_reqconf(data, REQCONF).nodes()}
    assert nodes["ptr_srvtrans"].meaning == "idle"
    assert nodes["ptr_usrtrans"].meaning == "an Import was interrupted here"
    assert nodes["options"].meaning == "templates_receive"
    assert nodes["last_export"].meaning == "1994-02-17T08:52:45, zone unknown"
    assert nodes["last_import"].meaning == "never"


def test_options_that_no_bit_is_known_of_stay_as_stored() -> None:
    data = bytearray(BUILT_REQCONF)
    data[118:120] = b"\xf8\xff"
    file = config.parse_reqconf(bytes(data), REQCONF)
    assert file.config.options == ()
    assert next(node for node in file.nodes() if node.name == "options").value == 0xFFF8
    assert file.build() == data


def test_bytes_behind_the_nul_of_a_name_are_no_part_of_it_and_are_kept() -> None:
    data = bytearray(BUILT_REQCONF)
    data[36:58] = b"NET/PO\0 left over\xff\0\0\0\0"
    file = config.parse_reqconf(bytes(data), REQCONF)
    assert file.config.server == "NET/PO"
    assert file.build() == data


# --- layouts of a user's own -------------------------------------------------------------------------------------


def test_a_layout_of_the_users_own_stores_numbers_its_own_way() -> None:
    values = {"server": "NET/Ü", "reqsync": 17, "srvsync": 0xBEEF, "importsync": 258, "last_export": MOMENT}
    data = config.new_reqconf(OWN_REQCONF, **values, options=("create_postoffices",)).build()
    assert len(data) == 120
    assert data[30:40] == b"0000000017"
    assert data[40:48] == b"0000BEEF"
    assert data[50:52] == b"\x01\x02"
    assert data[76] == 0x80
    found = config.parse_reqconf(data, OWN_REQCONF).config
    assert (found.server, found.reqsync, found.srvsync, found.importsync) == ("NET/Ü", 17, 0xBEEF, 258)
    assert found.last_export == MOMENT.replace(second=44), "MS-DOS dates know even seconds only"
    assert (found.pointers, found.options) == ((-1,) * 4, ("create_postoffices",))


@pytest.mark.parametrize(
    "digits", [b"         7", b"+000000007", b"00000000 7", b"0x00000007", b"\xff" * 10, bytes(10), b"1_00000000"]
)
def test_digits_that_are_none_are_unknown_and_kept(digits: bytes) -> None:
    data = bytearray(config.new_reqconf(OWN_REQCONF, server="NET/PO", srvsync=1).build())
    data[30:40] = digits
    file = config.parse_reqconf(bytes(data), OWN_REQCONF)
    assert (file.config.reqsync, file.config.srvsync) == (None, 1)
    node = next(node for node in file.nodes() if node.name == "reqsync")
    assert (node.value, node.meaning) == (digits, "no number")
    assert file.build() == data


def test_lower_case_hex_digits_are_not_taken_for_the_number_they_would_not_come_back_from() -> None:
    data = bytearray(config.new_reqconf(OWN_REQCONF).build())
    data[40:48] = b"0000beef"
    file = config.parse_reqconf(bytes(data), OWN_REQCONF)
    assert file.config.srvsync is None
    assert file.build() == data


def test_a_servers_file_in_a_layout_of_the_users_own_is_written_and_read() -> None:
    file = config.new_srvconf(OWN_SRVCONF, [{"name": "PCM:A/B", "reqsync": 1, "srvsync": 255}], sync=80, cycle=3)
    data = file.build()
    assert len(data) == 96
    assert data[:12] == b"0000000080\x00\x03"
    assert data[56:68] == b"\0\0\0\x01000000FF"
    found = config.parse_srvconf(data, OWN_SRVCONF).config
    assert (found.sync, found.cycle, found.administrator, found.keep_updates) == (80, 3, None, None)
    assert found.requestors[0] == Requestor(1, found.requestors[0].span, "PCM:A/B", 1, 255)
    data = b"no number!" + data[10:]
    broken = config.parse_srvconf(data, OWN_SRVCONF)
    assert broken.config.sync is None
    assert broken.build() == data


# --- recognising -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        BUILT_REQCONF,
        reqconf(),
        reqconf(server="A/B", pointers=(0, 49, 1000, -1)),
        reqconf(server="net1/po1", reqsync=0xFFFFFFFF, srvsync=0xFFFFFFFF),
    ],
)
def test_a_requestors_configuration_is_recognised(data: bytes) -> None:
    assert config.probe_reqconf(data, REQCONF)
    assert not config.probe_srvconf(data, SRVCONF)


@pytest.mark.parametrize("count", [1, 2, 30])
def test_a_servers_configuration_is_recognised(count: int) -> None:
    data = srvconf(*[{"name": f"PCM:NET/PO{number}"} for number in range(count)])
    assert config.probe_srvconf(data, SRVCONF)
    assert not config.probe_reqconf(data, REQCONF)


QUEUE = queue.new_queue(
    [Change(n, f"A Paul\tPCM:NET/PO/paul{n}", MOMENT) for n in range(1, 30)], layouts.reference("queue")
).build()


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("PROCESS.GLB: a header of zeros", bytes(512)),
        ("zeros as long as a server's file", bytes(2048)),
        ("blanks", b" " * 512),
        ("0xFF", b"\xff" * 512),
        ("0xFF, longer", b"\xff" * 2048),
        ("noise", bytes(n * n * 151 % 251 for n in range(512))),
        ("noise, longer", bytes(n * n * 151 % 251 for n in range(3072))),
        ("text", b"03/13/96 15:27:04 | 1 171\r\n" * 100),
        ("a queue cut to the size", QUEUE[:512]),
        ("a queue cut to the size, longer", (QUEUE * 3)[:2048]),
        ("a header alone", srvconf()),
        ("cut", BUILT_REQCONF[:511]),
        ("grown", BUILT_REQCONF + b"\0"),
        ("a requestor without a name", srvconf({"name": "PCM:A/B"}, {})),
        ("a name without a type", srvconf({"name": "A/B"})),
        ("a server that is no NET/PO, pointers in use", reqconf(server="nobody", pointers=(1, 1, 1, 1))),
        ("pointers below -1", reqconf(server="A/B", pointers=(-2, -1, -1, -1))),
        ("nothing", b""),
    ],
)
def test_other_files_are_not_taken_for_a_configuration(what: str, data: bytes) -> None:
    assert not config.probe_reqconf(data, REQCONF), what
    assert not config.probe_srvconf(data, SRVCONF), what


@given(st.binary(min_size=512, max_size=512), st.binary(min_size=2048, max_size=2048))
def test_noise_of_the_right_size_is_not_taken_for_a_configuration(small: bytes, large: bytes) -> None:
    assert not config.probe_reqconf(small, REQCONF)
    assert not config.probe_srvconf(large, SRVCONF)
