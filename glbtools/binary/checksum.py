"""Checksums by name. None of them reproduces the published Dir-Sync values (docs/method.md)."""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Callable, Iterator

Checksum = Callable[[bytes], int]


def _crc16_arc(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


ALGORITHMS: dict[str, tuple[int, Checksum]] = {
    "crc-16/xmodem": (2, lambda data: binascii.crc_hqx(data, 0)),
    "crc-16/ibm-3740": (2, lambda data: binascii.crc_hqx(data, 0xFFFF)),
    "crc-16/arc": (2, _crc16_arc),
    "sum-16": (2, lambda data: sum(data) & 0xFFFF),
    "crc-32": (4, zlib.crc32),
    "adler-32": (4, zlib.adler32),
}
"""Name -> width in bytes and function."""


def names() -> Iterator[str]:
    """Yield the names a layout may use."""
    return iter(ALGORITHMS)
