"""Read one file with one reader, in a process of its own, and print what it took: ``python -m benchmarks.measure``."""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from importlib import import_module


def _glbtools(name: str) -> Callable[[str], Iterable[tuple]]:
    # As with the other libraries, loading is not part of reading.
    if name == "read_table":
        import_module("glbtools.binary.arrow")
        import_module("pyarrow")
    for each in ("numpy", "glbtools.formats.queue", "glbtools.binary.columns"):
        import_module(each)
    import glbtools

    return getattr(glbtools, name)


READERS: dict[str, Callable[[], Callable[[str], Iterable[tuple]]]] = {
    "glbtools columns": lambda: _glbtools("read_columns"),
    "glbtools table": lambda: _glbtools("read_table"),
    "glbtools tuples": lambda: _glbtools("stream_tuples"),
    "glbtools records": lambda: _glbtools("stream_queue"),
    "construct": lambda: import_module("benchmarks.readers.construct_reader").read,
    "dissect.cstruct": lambda: import_module("benchmarks.readers.cstruct_reader").read,
    "kaitaistruct": lambda: import_module("benchmarks.readers.kaitai_reader").read,
}
"""Name -> a function that loads the reader; each yields sync, stamp, checksum, text, start, stop of every record."""

COLUMNS, TABLE = "glbtools columns", "glbtools table"


def seconds(name: str, path: str) -> float:
    """Return how much processor time it takes to read the file and consume every record."""
    read = READERS[name]()
    gc.collect()
    time.sleep(0.3)  # Threads that come with numpy turn idly for a moment, and then wait.
    began = time.process_time()
    if name in (COLUMNS, TABLE):
        read(path)
    else:
        deque(read(path), maxlen=0)
    return time.process_time() - began


def digest(name: str, path: str) -> list[int]:
    """Return sums over everything read, to see that all readers read the same."""
    read = READERS[name]()
    if name == COLUMNS:
        columns = read(path)
        return [len(columns.sync), *(int(each.sum()) for each in columns)]
    if name == TABLE:
        table = read(path)
        assert all(table["text"].to_pylist()), "no record of the benchmark is empty"
        names = ("sync", "stamp", "checksum", "start", "stop")
        return [len(table), *(sum(table[each].to_pylist()) for each in names)]
    total = [0] * 6
    for sync, stamp, checksum, text, start, stop, *_ in read(path):
        total[0] += 1
        for index, value in enumerate((sync, stamp, checksum, start, stop), 1):
            total[index] += value
        assert text, "no record of the benchmark is empty"
    return total


def main() -> None:
    """Print seconds, peak memory and digest as JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("reader", choices=READERS)
    parser.add_argument("path")
    parser.add_argument("--digest", action="store_true")
    arguments = parser.parse_args()
    if arguments.digest:
        json.dump({"digest": digest(arguments.reader, arguments.path)}, sys.stdout)
        return
    took = seconds(arguments.reader, arguments.path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    json.dump({"seconds": took, "peak": peak * 1024}, sys.stdout)


if __name__ == "__main__":
    main()
