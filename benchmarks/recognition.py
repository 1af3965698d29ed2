"""What it costs to recognise that a file beside a postoffice is nothing: content that patterns might stumble over."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import glbtools

NETWORK = Path(__file__).resolve().parent.parent / "fixtures" / "network"
SIZE = 1 << 16
CASES = {
    "line feeds": b"\n",
    "blanks": b" ",
    "blank lines": b" \n",
    "commas": b",",
    "quotes": b'"',
    "headings without end": b"DSA Options: ",
    "dates without lines": b"03/13/96 15:27:08 | ",
    "letters of transactions": b"A ",
}
"""What a file of 64 KiB is filled with."""
SUFFIXES = ("txt", "csv", "log")


def seconds(content: bytes, suffix: str) -> tuple[float, float]:
    """Return how long ``diagnose`` takes of a network with such a file beside its postoffices, and without it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "net")
        shutil.copytree(NETWORK, place)
        glbtools.diagnose(place)
        began = time.process_time()
        glbtools.diagnose(place)
        without = time.process_time() - began
        (place / f"given.{suffix}").write_bytes(content)
        began = time.process_time()
        glbtools.diagnose(place)
        return time.process_time() - began, without


def measured() -> list[str]:
    """Return a section of docs/benchmarks.md: the suffix that takes longest counts."""
    lines = [
        "## Recognition",
        "",
        "A file of 64 KiB beside the postoffices of a small network, filled with what patterns might stumble over;",
        "milliseconds that `diagnose` takes longer for it, under the name that costs most.",
        "",
        "| filled with | milliseconds |",
        "|---|--:|",
    ]
    for name, filling in CASES.items():
        content = (filling * SIZE)[:SIZE]
        found = [seconds(content, suffix) for suffix in SUFFIXES]
        lines.append(f"| {name} | {max(whole - without for whole, without in found) * 1000:.0f} |")
    return [*lines, ""]
