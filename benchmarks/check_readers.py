"""Assert that all readers yield the same, and print how fast each is: ``python -m benchmarks.check_readers``."""

from __future__ import annotations

import argparse
import binascii
import gc
import itertools
import struct
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.generate import write_master_queue
from benchmarks.readers import construct_reader, cstruct_reader, kaitai_reader

Row = tuple[int, int, int, str, int, int]
Reader = Callable[[str], Iterator[Row]]

READERS: dict[str, Reader] = {
    "construct": construct_reader.read,
    "dissect.cstruct": cstruct_reader.read,
    "kaitaistruct": kaitai_reader.read,
}


def check(records: int = 20_000, seed: int = 1) -> None:
    """Assert that each reader yields what is in the file, and that the file is what it should be.

    Args:
        records: how many the file has.
        seed: that of the file.

    Raises:
        AssertionError: a reader yields something else, or a record too many or too few.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "MSTTRANS.GLB")
        write_master_queue(path, records, seed)
        expected = list(_expected(path.read_bytes()))
        assert [row[0] for row in expected] == list(range(1, records + 1)), "sync numbers"
        assert all(a[1] < b[1] for a, b in itertools.pairwise(expected)), "stamps"
        for name, read in READERS.items():
            for number, (row, want) in enumerate(itertools.zip_longest(read(str(path)), expected)):
                assert row == want, f"{name}: record {number}: {row}, not {want}"


def measure(records: int = 200_000, rounds: int = 5, seed: int = 1) -> dict[str, float]:
    """Return records per second of each reader, the best of some rounds that alternate between them."""
    best = dict.fromkeys(READERS, float("inf"))
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "MSTTRANS.GLB"))
        write_master_queue(path, records, seed)
        for _ in range(rounds):
            for name, read in READERS.items():
                gc.collect()
                began = time.perf_counter()
                deque(read(path), maxlen=0)
                best[name] = min(best[name], time.perf_counter() - began)
    return {name: records / seconds for name, seconds in best.items()}


def _expected(data: bytes) -> Iterator[Row]:
    """Yield the rows by plain ``struct``, and assert that checksums and links hold."""
    previous, start = 0xFFFFFFFF, 0
    while start < len(data):
        checksum, length, sync, stamp, back, forth, unknown = struct.unpack_from("<HHIIII4s", data, start)
        stop = start + 24 + length
        text = data[start + 24 : stop]
        assert text[-1:] == b"\0", f"record at {start}: no NUL"
        assert (back, forth, unknown) == (previous, stop, bytes(4)), f"record at {start}: links"
        assert checksum == binascii.crc_hqx(text[:-1], 0), f"record at {start}: checksum"
        yield sync, stamp, checksum, text[:-1].decode("cp850"), start, stop
        previous, start = start, stop


def main() -> None:
    """Check, then measure, from the command line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--records", type=int, default=200_000, help="records of the file that is measured with")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    check()
    print("all readers agree on 20,000 records")
    for name, rate in measure(arguments.records, arguments.rounds).items():
        print(f"{name:16} {rate:10,.0f} records/s")


if __name__ == "__main__":
    main()
