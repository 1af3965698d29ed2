"""What a file is that is not read here, by the bytes that it begins with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Signature(NamedTuple):
    """How a kind of file begins.

    Attributes:
        magic: the bytes.
        at: their offset.
        what: it is, as the end of a sentence.
        instead: what to do with it.
    """

    magic: bytes
    at: int
    what: str
    instead: str


HEAD = 128
"""Bytes by which a packed file is told."""

_CONVERTED = "qemu-img convert -O raw IMAGE disk.img makes one that is"
_EXPORTED = "export it as E01 or as a raw image with the program that made it"
_UNPACKED = "unpack it and carve what was in it: bytes that are packed show nothing"

PACKED = (
    Signature(b"PK\x03\x04", 0, "a zip archive",
              "glbtools diagnose reads it under a name of its own; to carve in it, unpack it first"),
    Signature(b"\x1f\x8b\x08", 0, "a gzip file", "gzip -d unpacks it; a tar.gz is read by glbtools diagnose"),
    Signature(b"BZh", 0, "a bzip2 file", "bzip2 -d unpacks it; a tar.bz2 is read by glbtools diagnose"),
    Signature(b"\xfd7zXZ\x00", 0, "an xz file", "xz -d unpacks it; a tar.xz is read by glbtools diagnose"),
    Signature(b"\x28\xb5\x2f\xfd", 0, "a zstd file", "zstd -d unpacks it"),
    Signature(b"7z\xbc\xaf\x27\x1c", 0, "a 7z archive", "7z x ARCHIVE unpacks it"),
    Signature(b"Rar!\x1a\x07", 0, "a RAR archive", "unrar x ARCHIVE unpacks it"),
    Signature(b"MSCF\x00\x00\x00\x00", 0, "a cabinet", "cabextract unpacks it"),
    Signature(b"\x60\xea", 0, "an ARJ archive", "arj x ARCHIVE unpacks it"),
    Signature(b"-lh", 2, "an LHA archive", "lha x ARCHIVE unpacks it"),
    Signature(b"ZOO ", 0, "a zoo archive", "zoo x ARCHIVE unpacks it"),
    Signature(b"SZDD\x88\xf0\x27\x33", 0, "a file packed by COMPRESS.EXE", "EXPAND.EXE or msexpand unpacks it"),
    Signature(b"KWAJ\x88\xf0\x27\xd1", 0, "a file packed by COMPRESS.EXE", "EXPAND.EXE or msexpand unpacks it"),
    Signature(b"\x1f\x9d", 0, "a file packed by compress (.Z)", "uncompress unpacks it"),
    Signature(b"\x1a", 0, "an ARC archive", "arc x ARCHIVE unpacks it"),
    Signature(b"StuffIt", 0, "a StuffIt archive", "unar ARCHIVE unpacks it"),
    Signature(b"SIT!", 0, "a StuffIt archive", "unar ARCHIVE unpacks it"),
    Signature(b"RJSX", 28, "a program that unpacks itself (ARJ)", "arj x PROGRAM unpacks it"),
    Signature(b"LHa's SFX", 36, "a program that unpacks itself (LHA)", "lha x PROGRAM unpacks it"),
    Signature(b"LHA's SFX", 36, "a program that unpacks itself (LHA)", "lha x PROGRAM unpacks it"),
    Signature(b"TAPE", 0, "a backup by NTBACKUP or Backup Exec (BKF)", "restore it with such a program to a folder"),
    Signature(b"\x8bBACKUP  ", 0, "the list of a backup by BACKUP of MS-DOS",
              "RESTORE of MS-DOS, from 3.3 to 5.0, writes the files of BACKUP.001 and so on to a folder"),
    Signature(b"begin 6", 0, "a uuencoded file", "uudecode unpacks it"),
    Signature(b"QFI\xfb", 0, "a QCOW2 image", _CONVERTED),
    Signature(b"vhdxfile", 0, "a VHDX image", _CONVERTED),
    Signature(b"<<< ", 0, "a VDI image", _CONVERTED),
    Signature(b"EVF2\r\n\x81\x00", 0, "an Ex01 image", _EXPORTED),
    Signature(b"LVF\t\r\n\xff\x00", 0, "an L01 file", _EXPORTED),
    Signature(b"AFF1", 0, "an AFF image", "affconvert -r IMAGE makes a raw one that is"),
    Signature(b"ADSEGMENTEDFILE\x00", 0, "an AD1 file", "export its files with FTK Imager"),
    Signature(b"MSDSP6.0", 3, "a DriveSpace volume", f"mount it under DOS or dmsdos, {_UNPACKED}"),
    Signature(b"MSDBL6.0", 3, "a DoubleSpace volume", f"mount it under DOS or dmsdos, {_UNPACKED}"),
)  # fmt: skip
"""Files whose content is packed, or in a form of its own: records in them are not found in their bytes."""


FOREIGN = (
    Signature(b"glTF", 0, "a glTF model", "the files of Microsoft Mail that end in .GLB are other ones"),
    Signature(b"!BDN", 0, "a personal folder file of Outlook or Exchange (PST, OST or PAB)", ""),
    Signature(b"\xef\xcd\xab\x89", 4, "a database of Exchange or Active Directory (EDB, ntds.dit)",
              "export the directory: from Exchange as CSV with USN-Changed, from Active Directory as LDIF"),
    Signature(b"SQLite format 3\x00", 0, "a SQLite database", "of a pair of stores give the pair's TOML file"),
    Signature(b"LfLe", 4, "a Windows event log (EVT)", ""),
    Signature(b"ElfFile\x00", 0, "a Windows event log (EVTX)", ""),
    Signature(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "a compound file (an Outlook message, an Office document)", ""),
    Signature(b"%PDF-", 0, "a PDF document", ""),
    Signature(b"\x89PNG\r\n\x1a\n", 0, "a PNG picture", ""),
    Signature(b"\xff\xd8\xff", 0, "a JPEG picture", ""),
    Signature(b"GIF8", 0, "a GIF picture", ""),
)  # fmt: skip
"""Files of other programs that people give, too; their signatures are long enough, or no record begins so."""


def foreign(head: bytes, sound: bool = False) -> Signature | None:
    """Return which file of another program begins with some bytes, at least 16 of them; None for any other.

    Args:
        head: the beginning of a file.
        sound: whether what follows a short signature in a sound file must follow it here: something else, such as a
            name, says that these bytes are of a damaged file of ours.
    """
    return _begun(FOREIGN, head, sound=sound)


def packed(head: bytes) -> Signature | None:
    """Return which packed file begins with some bytes, ``HEAD`` of them; None for any other.

    Where a signature is short, what must follow it in a sound file is asked, too.
    """
    return _begun(PACKED, head, sound=True)


def _begun(among: tuple[Signature, ...], head: bytes, *, sound: bool) -> Signature | None:
    found = next((each for each in among if head.startswith(each.magic, each.at)), None)
    return None if found is None or (sound and not _follows(found, head)) else found


def _follows(found: Signature, head: bytes) -> bool:
    """Whether what stands behind a signature in every sound file does so here."""
    if found.magic == b"glTF":  # version and size: glTF 2.0, 4.4.2
        return head[4:8] in (b"\1\0\0\0", b"\2\0\0\0")
    if found.magic == b"!BDN":  # wMagicClient, [MS-PST] 2.2.2.6; the others: libpff
        return head[8:10] in (b"SM", b"AB", b"SO")
    if found.magic == b"\xef\xcd\xab\x89":  # ulVersion: 0x620, and near it in Exchange
        return head[9:12] == b"\6\0\0"
    if found.magic == b"LfLe":  # the size of the header
        return head[:4] == b"0\0\0\0"
    if found.magic == b"%PDF-":
        return head[5:6].isdigit() and head[6:7] == b"."
    if found.magic == b"\xff\xd8\xff":
        return head[6:10] in (b"JFIF", b"Exif") or head[3] in (0xDB, 0xC4, 0xEE)
    if found.magic == b"GIF8":
        return head[4:6] in (b"7a", b"9a")
    if found.magic == b"\x1f\x8b\x08":
        return len(head) > 9 and head[3] < 0x20 and head[8] in (0, 2, 4) and head[9] in (*range(14), 255)
    if found.magic == b"BZh":
        return head[3:4].isdigit() and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90")
    if found.magic == b"\x60\xea":
        return len(head) > 10 and 0 < int.from_bytes(head[2:4], "little") <= 2600 and head[4] >= 30 and head[10] == 2
    if found.magic == b"-lh":
        return head[5:7] in (b"0-", b"1-", b"2-", b"3-", b"4-", b"5-", b"6-", b"7-", b"d-") or head[6:7] == b"-"
    if found.magic == b"PK\x03\x04":
        return len(head) > 29 and head[4] < 64 and head[26:28] != b"\0\0"
    if found.magic == b"\x1f\x9d":  # the most bits of a code, and none of the two bits that no version sets
        return len(head) > 2 and 9 <= head[2] & 31 <= 16 and not head[2] & 0x60
    if found.magic == b"\x1a":  # the method, and a name of DOS
        return _ARC.match(head) is not None
    if found.magic == b"SIT!":
        return head[10:14] == b"rLau"
    if found.magic in (b"RJSX", b"LHa's SFX", b"LHA's SFX"):
        return head[:2] == b"MZ"
    if found.magic == b"TAPE":  # attributes, and where the first event stands behind the header: MTF 1.00a, 5.1
        return head[6] < 4 and not head[7] and int.from_bytes(head[8:10], "little") >= 52
    if found.magic == b"begin 6":
        return _UUENCODED.match(head) is not None
    if found.magic == b"<<< ":
        return head[64:68] == b"\x7f\x10\xda\xbe"
    if found.magic == b"AFF1":
        return head[4:5] == b"0"
    return True


_ARC = re.compile(rb"\x1a[\x01-\x0b][A-Z0-9!#$%&'()@^_`{}~-]{1,8}(?:\.[A-Z0-9!#$%&'()@^_`{}~-]{0,3})?\0")
_UUENCODED = re.compile(rb"begin 6[0-7]{2} [^\0-\x1f]{1,40}\r?\n[ -`]")


def packed_in(data: bytes, start: int, every: int) -> Iterator[tuple[int, Signature]]:
    """Yield the packed files that begin at multiples of ``every`` bytes, each with its offset.

    Args:
        data: some bytes.
        start: offset of the first one.
        every: a file begins at a sector.
    """
    for place in range(-start % every, len(data), every):
        if (
            data[place : place + 2] in _BEGINNINGS
            or data[place + 2 : place + 5] == b"-lh"
            or data[place + 3 : place + 4] == b"M"
        ):
            found = packed(data[place : place + HEAD])
            if found is not None:
                yield start + place, found


_BEGINNINGS = frozenset(each.magic[:2] for each in PACKED if not each.at)
