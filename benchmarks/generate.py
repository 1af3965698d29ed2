"""Write large queue files of a known shape, in constant memory and the same for every run.

The layout is spelled out here a second time on purpose: what is measured must not also make the measure.
"""

from __future__ import annotations

import argparse
import binascii
import random
import struct
from pathlib import Path

HEADER = struct.Struct("<HHIIII4s")
"""Checksum, bytes of text with its NUL, sync number, stamp, previous offset, next offset, four unknown bytes."""

NO_OFFSET = 0xFFFFFFFF
FIRST_STAMP = 820454400
"""1996-01-01 00:00:00, in seconds since 1970."""

MAX_STEP = 40
"""Largest number of seconds from one record to the next."""

FLUSH = 1 << 20
"""Bytes collected before they are written."""

ACCENTED_SHARE = 0.03
DELETE_SHARE = 0.10
MODIFY_SHARE = 0.10

GIVEN = (
    "Al", "Ann", "Bob", "Carl", "Claire", "David", "Dorothy", "Ed", "Elizabeth", "Frank", "George", "Grace", "Henry",
    "Ida", "Jack", "Jennifer", "Jim", "Karen", "Kurt", "Laura", "Liz", "Mark", "Maria", "Nancy", "Oscar", "Patricia",
    "Paul", "Peter", "Rita", "Robert", "Sam", "Stephanie", "Ted", "Thomas", "Ursula", "Vic", "Walter", "Wilhelmina",
)  # fmt: skip
SURNAMES = (
    "Abrams", "Baker", "Blackwood", "Carpenter", "Chan", "Davies", "Dunn", "Edwards", "Fitzgerald", "Fox", "Goldstein",
    "Gray", "Hamilton-Smith", "Hill", "Ito", "Jackson", "Johansson", "Kim", "Kowalski", "Lee", "MacDonald", "Moore",
    "Nakamura", "Ng", "O'Connor", "Olsen", "Papadopoulos", "Price", "Quinn", "Ramirez", "Rosenberg", "Shaw",
    "Stephenson", "Taylor", "Underhill", "Van der Berg", "Vos", "Washington", "Wu", "Young", "Zimmermann",
)  # fmt: skip
ACCENTED = (
    "Müller", "Großmann", "Jörgensen", "André", "Lefèvre", "Peña", "Weiß", "Ångström", "Núñez", "François", "Böhm",
    "Sørensen", "Châtelain", "Käßbohrer", "Gonçalves", "Martínez de la Peña",
)  # fmt: skip
SUFFIXES = ("", "", "", "", "", " (Sales)", " Jr.", " - Accounts Payable", " (temp)", " 2nd floor", " III")
OFFICES = (
    "CORP/HQ", "CORP/SALES", "CORP/LEGAL1", "EUROPE/MUNICH", "EUROPE/PARIS02", "EUROPE/LYON", "ASIA/TOKYO", "ASIA/HK",
    "NET1/PO1", "NET1/PO2", "NET2/POSTOFF", "WESTREGION/SEATTLE", "WESTREGION/SFO", "EAST/NYC", "EAST/BOSTON", "LAB/X",
)  # fmt: skip


def write_master_queue(path: str | Path, records: int, seed: int = 1) -> None:
    """Write a queue file as ``MSTTRANS`` has it: additions mostly, some deletions and modifications.

    Only ``Random.random`` is drawn from, which Python keeps the same in all versions for one seed.

    Args:
        path: the file to write; an existing one is overwritten.
        records: how many; their sync numbers are 1 to ``records``.
        seed: another one gives other names, stamps and lengths.

    Raises:
        ValueError: the file would grow beyond what a 32-bit offset reaches.
    """
    draw = random.Random(seed).random
    previous, offset, stamp = NO_OFFSET, 0, FIRST_STAMP
    pending = bytearray()
    with Path(path).open("wb") as stream:
        for sync in range(1, records + 1):
            text = _transaction(draw).encode("cp850")
            stamp += 1 + int(draw() * MAX_STEP)
            after = offset + HEADER.size + len(text) + 1
            if after >= NO_OFFSET or stamp > NO_OFFSET:
                raise ValueError(f"{records} records do not fit: record {sync} ends at {after}, stamp {stamp}")
            pending += HEADER.pack(binascii.crc_hqx(text, 0), len(text) + 1, sync, stamp, previous, after, bytes(4))
            pending += text
            pending.append(0)
            previous, offset = offset, after
            if len(pending) >= FLUSH:
                stream.write(pending)
                pending.clear()
        stream.write(pending)


def _transaction(draw: random.Random.random) -> str:
    surnames = ACCENTED if draw() < ACCENTED_SHARE else SURNAMES
    surname = surnames[int(draw() * len(surnames))]
    kind = draw()
    entry = _entry(draw, surname)
    if kind < DELETE_SHARE:
        return f"D {entry}"
    if kind < DELETE_SHARE + MODIFY_SHARE:
        return f"M {entry}\r\n  {_entry(draw, surname)}"
    return f"A {entry}"


def _entry(draw: random.Random.random, surname: str) -> str:
    """Return alias, tab and address of a person; the mailbox is at most ten capital letters and digits."""
    given = GIVEN[int(draw() * len(GIVEN))]
    suffix = SUFFIXES[int(draw() * len(SUFFIXES))]
    office = OFFICES[int(draw() * len(OFFICES))]
    number = int(draw() * 10000)
    alias = f"{given} {surname}{suffix}" if number & 1 else f"{surname}, {given}{suffix}"
    return f"{alias}\tPCM:{office}/{given[:6].upper()}{number}"


def main() -> None:
    """Write one file from the command line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("records", type=int)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    write_master_queue(arguments.path, arguments.records, arguments.seed)


if __name__ == "__main__":
    main()
