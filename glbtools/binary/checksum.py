"""Checksums by name, and any CRC by its parameters. None reproduces the published Dir-Sync values (docs/method.md).

The CRCs and their names are those of 16 and 32 bits in the RevEng catalogue of parametrised CRC algorithms, in its
notation: ``init`` is given for a register that is not reflected, ``xorout`` is applied last.
"""

from __future__ import annotations

import binascii
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import accumulate
from typing import NamedTuple

Checksum = Callable[[bytes], int]

MIN_WIDTH, MAX_WIDTH = 8, 32
"""Bits a CRC may have."""

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Crc(NamedTuple):
    """A CRC as the catalogue writes it down.

    Attributes:
        width: bits of the register.
        poly: the polynomial without its highest term.
        init: the register before the first byte.
        refin: whether bytes go in with their lowest bit first.
        refout: whether the register is turned round at the end.
        xorout: what is exclusive-ored to the result.
    """

    width: int
    poly: int
    init: int = 0
    refin: bool = False
    refout: bool = False
    xorout: int = 0

    @property
    def size(self) -> int:
        """Bytes the result takes."""
        return -(-self.width // 8)

    def __str__(self) -> str:
        digits = -(-self.width // 4)
        numbers = {"poly": self.poly, "init": self.init, "xorout": self.xorout}
        shown = {name: f"{name}=0x{value:0{digits}x}" for name, value in numbers.items()}
        turned = f"refin={str(self.refin).lower()} refout={str(self.refout).lower()}"
        return f"crc width={self.width} {shown['poly']} {shown['init']} {turned} {shown['xorout']}"

    def compute(self, data: bytes) -> int:
        """Return the CRC of ``data``."""
        return compiled(self)(data)


def reflected(value: int, width: int) -> int:
    """Return a number with its ``width`` bits in reverse order."""
    if width % 8:
        return int(f"{value:0{width}b}"[::-1], 2)
    return int.from_bytes(value.to_bytes(width // 8, "little").translate(_REVERSED), "big")


def reversed_bits(data: bytes) -> bytes:
    """Return bytes with the bits of each in reverse order."""
    return data.translate(_REVERSED)


@lru_cache(maxsize=256)
def compiled(crc: Crc) -> Checksum:
    """Return the function of a CRC, by the standard library where that knows the polynomial, else by a table."""
    width, init, refin, refout, xorout = crc.width, crc.init, crc.refin, crc.refout, crc.xorout
    if (width, crc.poly, refin, refout, xorout) == (16, 0x1021, False, False, 0):
        return lambda data: binascii.crc_hqx(data, init)
    if (width, crc.poly) == (16, 0x1021):

        def by_binascii(data: bytes) -> int:
            plain = binascii.crc_hqx(data.translate(_REVERSED) if refin else data, init)
            return (reflected(plain, 16) if refout else plain) ^ xorout

        return by_binascii
    if (width, crc.poly) == (32, 0x04C11DB7):
        start = reflected(init, 32) ^ 0xFFFFFFFF

        def by_zlib(data: bytes) -> int:
            turned = zlib.crc32(data if refin else data.translate(_REVERSED), start) ^ 0xFFFFFFFF
            return (turned if refout else reflected(turned, 32)) ^ xorout

        return by_zlib
    table = _table(width, crc.poly, refin=refin)
    if refin:
        first = reflected(init, width)

        def from_low(data: bytes) -> int:
            register = first
            for byte in data:
                register = register >> 8 ^ table[(register ^ byte) & 0xFF]
            return (register if refout else reflected(register, width)) ^ xorout

        return from_low
    shift, mask = width - 8, (1 << width - 8) - 1

    def from_high(data: bytes) -> int:
        register = init
        for byte in data:
            register = (register & mask) << 8 ^ table[register >> shift ^ byte]
        return (reflected(register, width) if refout else register) ^ xorout

    return from_high


def _table(width: int, poly: int, *, refin: bool) -> list[int]:
    """Return what each byte alone makes of an empty register."""
    table = []
    top, mask, turned = 1 << width - 1, (1 << width) - 1, reflected(poly, width)
    for byte in range(256):
        register = byte if refin else byte << width - 8
        for _ in range(8):
            if refin:
                register = register >> 1 ^ turned if register & 1 else register >> 1
            else:
                register = (register << 1 ^ poly if register & top else register << 1) & mask
        table.append(register)
    return table


# Name: polynomial, initial value, reflected, final exclusive-or. In none of them refin and refout differ.
_CATALOGUE_16 = {
    "arc": (0x8005, 0x0000, True, 0x0000),
    "cdma2000": (0xC867, 0xFFFF, False, 0x0000),
    "cms": (0x8005, 0xFFFF, False, 0x0000),
    "dds-110": (0x8005, 0x800D, False, 0x0000),
    "dect-r": (0x0589, 0x0000, False, 0x0001),
    "dect-x": (0x0589, 0x0000, False, 0x0000),
    "dnp": (0x3D65, 0x0000, True, 0xFFFF),
    "en-13757": (0x3D65, 0x0000, False, 0xFFFF),
    "genibus": (0x1021, 0xFFFF, False, 0xFFFF),
    "gsm": (0x1021, 0x0000, False, 0xFFFF),
    "ibm-3740": (0x1021, 0xFFFF, False, 0x0000),
    "ibm-sdlc": (0x1021, 0xFFFF, True, 0xFFFF),
    "iso-iec-14443-3-a": (0x1021, 0xC6C6, True, 0x0000),
    "kermit": (0x1021, 0x0000, True, 0x0000),
    "lj1200": (0x6F63, 0x0000, False, 0x0000),
    "m17": (0x5935, 0xFFFF, False, 0x0000),
    "maxim-dow": (0x8005, 0x0000, True, 0xFFFF),
    "mcrf4xx": (0x1021, 0xFFFF, True, 0x0000),
    "modbus": (0x8005, 0xFFFF, True, 0x0000),
    "nrsc-5": (0x080B, 0xFFFF, True, 0x0000),
    "opensafety-a": (0x5935, 0x0000, False, 0x0000),
    "opensafety-b": (0x755B, 0x0000, False, 0x0000),
    "profibus": (0x1DCF, 0xFFFF, False, 0xFFFF),
    "riello": (0x1021, 0xB2AA, True, 0x0000),
    "spi-fujitsu": (0x1021, 0x1D0F, False, 0x0000),
    "t10-dif": (0x8BB7, 0x0000, False, 0x0000),
    "teledisk": (0xA097, 0x0000, False, 0x0000),
    "tms37157": (0x1021, 0x89EC, True, 0x0000),
    "umts": (0x8005, 0x0000, False, 0x0000),
    "usb": (0x8005, 0xFFFF, True, 0xFFFF),
    "xmodem": (0x1021, 0x0000, False, 0x0000),
}
_CATALOGUE_32 = {
    "aixm": (0x814141AB, 0x00000000, False, 0x00000000),
    "autosar": (0xF4ACFB13, 0xFFFFFFFF, True, 0xFFFFFFFF),
    "base91-d": (0xA833982B, 0xFFFFFFFF, True, 0xFFFFFFFF),
    "bzip2": (0x04C11DB7, 0xFFFFFFFF, False, 0xFFFFFFFF),
    "cd-rom-edc": (0x8001801B, 0x00000000, True, 0x00000000),
    "cksum": (0x04C11DB7, 0x00000000, False, 0xFFFFFFFF),
    "iscsi": (0x1EDC6F41, 0xFFFFFFFF, True, 0xFFFFFFFF),
    "iso-hdlc": (0x04C11DB7, 0xFFFFFFFF, True, 0xFFFFFFFF),
    "jamcrc": (0x04C11DB7, 0xFFFFFFFF, True, 0x00000000),
    "mef": (0x741B8CD7, 0xFFFFFFFF, True, 0x00000000),
    "mpeg-2": (0x04C11DB7, 0xFFFFFFFF, False, 0x00000000),
    "xfer": (0x000000AF, 0x00000000, False, 0x00000000),
}

CATALOGUE: dict[str, Crc] = {
    f"crc-{width}/{name}": Crc(width, poly, init, turned, turned, xorout)
    for width, rows in ((16, _CATALOGUE_16), (32, _CATALOGUE_32))
    for name, (poly, init, turned, xorout) in rows.items()
}
"""The known CRCs of 16 and 32 bits by their names."""


class Algorithm(NamedTuple):
    """How a checksum is computed: bytes of its result, and the function."""

    size: int
    compute: Checksum


def _words(data: bytes, size: int, order: str) -> tuple[int, ...]:
    """Return data as words of two or four bytes; zeros fill the last one."""
    count = -(-len(data) // size)
    return struct.unpack(f"{order}{count}{'H' if size == 2 else 'I'}", data.ljust(count * size, b"\0"))


def _sum(data: bytes, *, size: int) -> int:
    return sum(data) & (1 << 8 * size) - 1


def _sum_of_words(data: bytes, *, size: int, order: str) -> int:
    return sum(_words(data, size, order)) & (1 << 8 * size) - 1


def _ones(data: bytes) -> int:
    """Sum of 16-bit words with the carry added again (RFC 1071); in which order the bytes are read turns it round."""
    total = sum(_words(data, 2, "<"))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def _xor(data: bytes, *, size: int) -> int:
    """Exclusive-or of words, lowest byte first; in which order the bytes are read turns it round."""
    value = 0
    for word in data if size == 1 else _words(data, size, "<"):
        value ^= word
    return value


def _fletcher(data: bytes, *, modulus: int) -> int:
    return sum(accumulate(data)) % modulus << 8 | sum(data) % modulus


def _fletcher_32(data: bytes) -> int:
    words = _words(data, 2, "<")
    return sum(accumulate(words)) % 65535 << 16 | sum(words) % 65535


def _changed(compute: Checksum, mask: int, *, negated: bool) -> Checksum:
    if negated:
        return lambda data: -compute(data) & mask
    return lambda data: compute(data) ^ mask


def _sums() -> Iterator[tuple[str, Algorithm]]:
    plain: dict[str, Algorithm] = {f"sum-{8 * size}": Algorithm(size, partial(_sum, size=size)) for size in (2, 1, 4)}
    for size in (2, 4):
        plain[f"words-{8 * size}"] = Algorithm(size, partial(_sum_of_words, size=size, order="<"))
        plain[f"words-{8 * size}/be"] = Algorithm(size, partial(_sum_of_words, size=size, order=">"))
    plain["ones-16"] = Algorithm(2, _ones)
    yield from plain.items()
    for name, (size, compute) in plain.items():
        mask = (1 << 8 * size) - 1
        yield f"{name}/inverted", Algorithm(size, _changed(compute, mask, negated=False))
        if name != "ones-16":
            yield f"{name}/negated", Algorithm(size, _changed(compute, mask, negated=True))
    for size in (1, 2, 4):
        yield f"xor-{8 * size}", Algorithm(size, partial(_xor, size=size))
    yield "fletcher-16", Algorithm(2, partial(_fletcher, modulus=255))
    yield "fletcher-16/256", Algorithm(2, partial(_fletcher, modulus=256))
    yield "fletcher-32", Algorithm(4, _fletcher_32)
    yield "adler-32", Algorithm(4, zlib.adler32)


SUMS: dict[str, Algorithm] = dict(_sums())
"""What is no CRC: sums of bytes or words, also with all bits inverted or negated, exclusive-or, Fletcher, Adler."""

ALGORITHMS: dict[str, Algorithm] = {
    **{name: Algorithm(crc.size, crc.compute) for name, crc in CATALOGUE.items()},
    "crc-32": Algorithm(4, zlib.crc32),
    **SUMS,
}
"""Name -> width in bytes and function; ``crc-32`` is the short name of crc-32/iso-hdlc."""

OWN = "crc"
"""The name under which a layout gives the parameters of a CRC itself."""
