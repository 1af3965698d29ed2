"""Checksums against values that others have published, and CRCs against the long division they stand for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.binary.checksum import ALGORITHMS, CATALOGUE, MAX_WIDTH, MIN_WIDTH, SUMS, Crc, reflected, reversed_bits

CHECK = b"123456789"

# The column "check" of the RevEng catalogue.
CATALOGUED = {
    "crc-16/arc": 0xBB3D, "crc-16/cdma2000": 0x4C06, "crc-16/cms": 0xAEE7, "crc-16/dds-110": 0x9ECF,
    "crc-16/dect-r": 0x007E, "crc-16/dect-x": 0x007F, "crc-16/dnp": 0xEA82, "crc-16/en-13757": 0xC2B7,
    "crc-16/genibus": 0xD64E, "crc-16/gsm": 0xCE3C, "crc-16/ibm-3740": 0x29B1, "crc-16/ibm-sdlc": 0x906E,
    "crc-16/iso-iec-14443-3-a": 0xBF05, "crc-16/kermit": 0x2189, "crc-16/lj1200": 0xBDF4, "crc-16/m17": 0x772B,
    "crc-16/maxim-dow": 0x44C2, "crc-16/mcrf4xx": 0x6F91, "crc-16/modbus": 0x4B37, "crc-16/nrsc-5": 0xA066,
    "crc-16/opensafety-a": 0x5D38, "crc-16/opensafety-b": 0x20FE, "crc-16/profibus": 0xA819, "crc-16/riello": 0x63D0,
    "crc-16/spi-fujitsu": 0xE5CC, "crc-16/t10-dif": 0xD0DB, "crc-16/teledisk": 0x0FB3, "crc-16/tms37157": 0x26B1,
    "crc-16/umts": 0xFEE8, "crc-16/usb": 0xB4C8, "crc-16/xmodem": 0x31C3,
    "crc-32/aixm": 0x3010BF7F, "crc-32/autosar": 0x1697D06A, "crc-32/base91-d": 0x87315576,
    "crc-32/bzip2": 0xFC891918, "crc-32/cd-rom-edc": 0x6EC2EDC4, "crc-32/cksum": 0x765E7680,
    "crc-32/iscsi": 0xE3069283, "crc-32/iso-hdlc": 0xCBF43926, "crc-32/jamcrc": 0x340BC6D9,
    "crc-32/mef": 0xD2C22F51, "crc-32/mpeg-2": 0x0376E6E7, "crc-32/xfer": 0xBD0BE338,
}  # fmt: skip


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_crc_of_the_catalogue_has_its_check_value(name: str) -> None:
    assert CATALOGUE[name].compute(CHECK) == ALGORITHMS[name].compute(CHECK) == CATALOGUED[name]


def test_the_catalogue_is_whole() -> None:
    assert set(CATALOGUE) == set(CATALOGUED)


@pytest.mark.parametrize(
    ("name", "data", "value"),
    [
        ("crc-32", CHECK, 0xCBF43926),
        ("adler-32", CHECK, 0x091E01DE),
        ("fletcher-16", b"abcde", 0xC8F0),
        ("fletcher-16", b"abcdef", 0x2057),
        ("fletcher-16", b"abcdefgh", 0x0627),
        ("fletcher-16", b"\xff" * 300, 0x0000),
        ("fletcher-16/256", b"\x01\x02", 0x0403),
        ("fletcher-16/256", b"\xff\x02", 0x0001),
        ("fletcher-32", b"abcde", 0xF04FC729),
        ("fletcher-32", b"abcdef", 0x56502D2A),
        ("fletcher-32", b"abcdefgh", 0xEBE19591),
        ("sum-8", b"\xff\x02", 0x01),
        ("sum-16", b"\xff\x02", 0x0101),
        ("sum-16", b"\xff" * 258, 0x00FE),
        ("sum-32", b"\xff" * 258, 0x000100FE),
        ("sum-8/inverted", b"\xff\x02", 0xFE),
        ("sum-8/negated", b"\xff\x02", 0xFF),
        ("sum-16/inverted", b"", 0xFFFF),
        ("sum-16/negated", b"", 0x0000),
        ("sum-16/negated", b"\x01", 0xFFFF),
        ("words-16", b"\x01\x02\x03", 0x0204),
        ("words-16/be", b"\x01\x02\x03", 0x0402),
        ("words-16", b"\xff\xff\x02", 0x0001),
        ("words-32", b"\x01\x02\x03\x04\x05", 0x04030206),
        ("words-32/be", b"\x01\x02\x03\x04\x05", 0x06020304),
        # The example of RFC 1071, read with the low byte first.
        ("ones-16", bytes.fromhex("0001f203f4f5f6f7"), 0xF2DD),
        ("ones-16/inverted", bytes.fromhex("0001f203f4f5f6f7"), 0x0D22),
        ("xor-8", b"\x01\x02\x07", 0x04),
        ("xor-16", b"\x01\x02\x07", 0x0206),
        ("xor-32", b"\x01\x02\x03\x04\x05", 0x04030204),
    ],
)
def test_a_sum_is_what_its_name_says(name: str, data: bytes, value: int) -> None:
    assert ALGORITHMS[name].compute(data) == value


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_checksum_fits_its_width_and_tells_bytes_apart(name: str) -> None:
    size, compute = ALGORITHMS[name]
    values = [compute(data) for data in (b"", b"\0\1", b"\xff" * 300, bytes(range(256)), b"A a\t", b"A b\t")]
    assert all(0 <= value < 1 << 8 * size for value in values)
    assert values[-1] != values[-2]


def test_every_name_has_one_meaning() -> None:
    data = bytes(range(7, 250, 3))
    values = [(size, compute(data)) for name, (size, compute) in ALGORITHMS.items() if name != "crc-32"]
    assert len(set(values)) == len(values)
    assert not set(SUMS) & set(CATALOGUE)


def divided(crc: Crc, data: bytes) -> int:
    """CRC by long division of the message, bit by bit."""
    bits = [byte >> (place if crc.refin else 7 - place) & 1 for byte in data for place in range(8)]
    register = crc.init
    for bit in bits:
        carry = register >> crc.width - 1 ^ bit
        register = (register << 1) & (1 << crc.width) - 1 ^ (crc.poly if carry else 0)
    return (int(f"{register:0{crc.width}b}"[::-1], 2) if crc.refout else register) ^ crc.xorout


@st.composite
def crcs(draw: st.DrawFn) -> Crc:
    width = draw(st.integers(MIN_WIDTH, MAX_WIDTH))
    number = st.integers(0, (1 << width) - 1)
    # What the standard library knows is computed by it, whatever else is asked for.
    known = {16: 0x1021, 32: 0x04C11DB7}.get(width)
    poly = known if known and draw(st.booleans()) else draw(number)
    return Crc(width, poly, draw(number), draw(st.booleans()), draw(st.booleans()), draw(number))


@given(crcs(), st.binary(max_size=40))
def test_a_crc_is_the_remainder_of_a_long_division(crc: Crc, data: bytes) -> None:
    assert crc.compute(data) == divided(crc, data)


@given(st.integers(MIN_WIDTH, MAX_WIDTH), st.data())
def test_reflecting_twice_changes_nothing(width: int, data: st.DataObject) -> None:
    value = data.draw(st.integers(0, (1 << width) - 1))
    assert f"{reflected(value, width):0{width}b}" == f"{value:0{width}b}"[::-1]
    assert reversed_bits(reversed_bits(bytes(range(256)))) == bytes(range(256))
