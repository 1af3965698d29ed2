"""Which archive or image a content is, by the bytes that it begins with."""

from __future__ import annotations

from glbtools.errors import FileAccessError
from glbtools.formats import signatures

SECTOR = 512
FAR = 0x8006
"""Bytes by which a file system is told that leaves the first sectors of its medium free."""

SMALLEST = 160 * 1024
"""Bytes of the smallest floppy."""

ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
PACKED = (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00")
RAW, EWF, VMDK, VHD = "raw", "ewf", "vmdk", "vhd"
_MAGIC = {EWF: (b"EVF\t\r\n\xff\x00",), VMDK: (b"KDMV", b"COWD", b"# Disk DescriptorFile"), VHD: (b"conectix",)}
_BOOTED = (b"NTFS    ", b"EXFAT   ")
"""How the first sector of a file system names it, where it has no parameter block of FAT."""


def is_archive(head: bytes) -> bool:
    """Whether content begins as an archive does that is read; ``head`` is its first 512 bytes."""
    return head.startswith((*ZIP, *PACKED)) or head[257:262] == b"ustar"


def kind(head: bytes, size: int) -> str | None:
    """Return which kind of image a content is, by its first 512 bytes and its size; None for none.

    Where those are zeros, a file system may begin behind them; ``head`` is then asked for its first ``FAR`` bytes.

    Raises:
        FileAccessError: it is an image or an archive of a kind that is known and not read.
    """
    if known := signatures.packed(head[: signatures.HEAD]):
        raise FileAccessError(f"{known.what}, which is not read; {known.instead}")
    for name, magics in _MAGIC.items():
        if head.startswith(magics):
            return name
    if size < SMALLEST or len(head) < SECTOR:
        return None
    return RAW if boots(head) or _partitioned(head) or head[3:11] in _BOOTED or _is_later(head) else None


def _is_later(head: bytes) -> bool:
    """Whether a file system is told by what stands behind the first sectors: ISO 9660, ext."""
    return head[0x8001:0x8006] == b"CD001" or head[1080:1082] == b"\x53\xef"


def boots(head: bytes) -> bool:
    """Whether a sector is the first of a FAT file system: its BIOS parameter block makes sense."""
    sector, cluster, reserved = int.from_bytes(head[11:13], "little"), head[13], int.from_bytes(head[14:16], "little")
    powers = sector in (512, 1024, 2048, 4096) and cluster > 0 and cluster & (cluster - 1) == 0
    return powers and 0 < reserved <= 64 and head[16] in (1, 2) and (head[21] in range(0xF0, 0x100))


def _partitioned(head: bytes) -> bool:
    """Whether a sector is a table of partitions."""
    rows = [head[446 + 16 * number : 462 + 16 * number] for number in range(4)]
    return head[510:512] == b"\x55\xaa" and all(row[0] in (0, 0x80) for row in rows) and any(row[4] for row in rows)
