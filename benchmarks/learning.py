"""What it costs to learn a layout from a large file, beside reading the file with that layout.

``python -m benchmarks.learning`` writes the section into docs/benchmarks.md by itself. Each command is a process of its
own, and its processor time counts, from the start to the end; the rounds alternate between learning and reading.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import NamedTuple

from benchmarks import page
from benchmarks.generate import write_master_queue
from glbtools.formats.listing import format_listq
from glbtools.formats.queue import new_queue, parse_queue
from glbtools.layouts import reference
from glbtools.model.change import Change
from scoreboard.layouts import random_layout

SECTION = "learning"
RECORDS, SMALL = 138_000, 90_000
"""Records of a file of some 10 MB; bytes of a small file."""

TIMES, MEMORY, ALIKE = 4, 20, 1
"""Times ``inspect`` that learning may take, times the file's size that it may need, and times what another small file
takes that one of ``A A A`` may take."""

OTHERS = {
    5: "in another layout: words, texts that end in NUL",
    14: "in another layout: lengths of records, digits",
}
"""Seeds of layouts, and what they are."""

HURT, RUN = 1000, 8
"""One of so many records is damaged, by so many bytes that are written over."""

PROGRAM = """
import os, sys, time
sys.stdout = open(os.devnull, "w", encoding="utf-8")
from glbtools.cli import main
sys.argv[0] = "glbtools"
try:
    main()
except SystemExit as end:
    status = end.code or 0
else:
    status = 0
peak = next(each.split()[1] for each in open("/proc/self/status") if each.startswith("VmHWM"))
sys.stderr.write(f"\\n[{status}, {time.process_time()}, {peak}]\\n")
"""
"""Runs a command and says how it ended, its processor time, and the most memory it held, in KiB.

What getrusage says is never less than the process had that began this one."""


class Cost(NamedTuple):
    """What a command took: its status, seconds of processor time, and bytes of memory."""

    status: int
    seconds: float
    peak: int


def cost(*arguments: str | Path) -> Cost:
    """Return what a command of glbtools takes, in a process of its own."""
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    status, seconds, peak = json.loads(done.stderr.splitlines()[-1])
    return Cost(status, seconds, peak << 10)


def files(folder: Path, records: int) -> dict[str, list[str | Path]]:
    """Write the files; return what each is, with what learn is told."""
    plain, listing, damaged = folder / "MSTTRANS.GLB", folder / "LISTQ.TXT", folder / "DAMAGED.GLB"
    write_master_queue(plain, records)
    data = plain.read_bytes()
    held = parse_queue(data, reference("queue")).records
    listing.write_text(format_listq(held, "MSTTRANS", "NET/HUB", "glbtools"), encoding="cp850")
    hurt, dice = bytearray(data), random.Random(1)
    for each in held[::HURT]:
        at = each.start + int(dice.random() * (each.stop - each.start - RUN))
        hurt[at : at + RUN] = bytes(int(dice.random() * 256) for _ in range(RUN))
    damaged.write_bytes(hurt)
    found: dict[str, list[str | Path]] = {
        "an ordinary queue": [plain],
        "the same with its listing": [plain, "--listing", listing],
        f"the same, one record of {HURT:,} damaged": [damaged],
    }
    when = reference("queue").with_role("stamp")
    for seed, what in OTHERS.items():
        other = folder / f"OTHER{seed}.GLB"
        changes = (Change(each.sync, each.text, when.moment(each.stamp or 0) if when else None) for each in held)
        other.write_bytes(new_queue(changes, random_layout(seed)).build())
        found[what] = [other]
    return found


def beside(arguments: list[str | Path], folder: Path, rounds: int) -> tuple[int, float, float]:
    """Return the size of a file, how many times ``inspect`` learning it takes, and times its size the memory for that."""
    size, learnt, read = Path(arguments[0]).stat().st_size, [], []
    for number in range(rounds):
        layout = folder / f"{Path(arguments[0]).stem}{len(arguments)}{number}.toml"
        learnt.append(cost("learn", *arguments, "--out", layout))
        read.append(cost("inspect", arguments[0], "--layout", layout))
        assert read[-1].status < 2, f"a layout was found that reads {arguments[0]}"
    times = min(each.seconds for each in learnt) / min(each.seconds for each in read)
    return size, times, max(each.peak for each in learnt) / size


def repetition(folder: Path, rounds: int) -> float:
    """Return how many times what learning an ordinary small file takes it takes for one of ``A A A``."""
    same, other = folder / "AAA.GLB", folder / "SMALL.GLB"
    same.write_bytes((b"A " * SMALL)[:SMALL])
    other.write_bytes((folder / "MSTTRANS.GLB").read_bytes()[:SMALL])
    found = [(cost("learn", same), cost("learn", other)) for _ in range(2 * rounds)]
    one, another = (min(each.seconds for each in several) for several in zip(*found, strict=True))
    return one / another


def measured(rounds: int = 3, records: int = RECORDS) -> list[str]:
    """Return the lines of docs/benchmarks.md."""
    lines = [
        page.begin(SECTION),
        "## Learning",
        "",
        f"{date.today().isoformat()}. `learn` of large files beside `inspect` with the layout that it found, whole processes",
        "with their output thrown away: processor time, best of the rounds, and the most memory that `learn` held.",
        "",
        "| file | MB | times `inspect` | target | memory, times the file | target |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, arguments in files(folder, records).items():
            size, times, memory = beside(arguments, folder, rounds)
            lines.append(f"| {what} | {size / 1e6:.1f} | {times:.2f} | {TIMES} | {memory:.1f} | {MEMORY} |")
        ratio = repetition(folder, rounds)
    return [
        *lines,
        "",
        f"{SMALL // 1000} KB of `A A A` take {ratio:.2f} times as long as {SMALL // 1000} KB of an ordinary queue; the target is {ALIKE}.",
        page.end(SECTION),
        "",
    ]


def main() -> None:
    """Measure and put the section into the page."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--records", type=int, default=RECORDS)
    arguments = parser.parse_args()
    section = measured(arguments.rounds, arguments.records)
    page.put(SECTION, section)
    print("\n".join(section))


if __name__ == "__main__":
    main()
