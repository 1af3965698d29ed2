"""What a diagnosis costs beside a plain loop that opens, reads and hashes the same files; and how it grows."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from glbtools import diagnose, files
from glbtools.simulation.disk import OWN
from glbtools.simulation.run import contents, run
from glbtools.simulation.scenario import Scenario

FEW, MANY = 30, 500
TARGET, GROWTH, LISTING = 25, 1.2, 1.5
"""Times the loop; a postoffice of many beside one of few; a listing beside its binary file (at most)."""

RECORDS = 8_000


def network(requestors: int, folder: Path) -> Path:
    """Write a healthy network after a week, and return where it is."""
    names = tuple(f"PO{number:04}" for number in range(1, requestors + 1))
    made = contents(run(Scenario("healthy", postoffices=names, cycles=7, changes=20)))
    files.write_tree({path: data for path, data in made.items() if not path.startswith(OWN)}, folder, sync=False)
    return folder


def loop(folder: Path) -> None:
    """Open, read and hash every file."""
    for place, _, names in os.walk(folder):
        for name in names:
            with Path(place, name).open("rb") as stream:
                hashlib.sha256(stream.read()).hexdigest()


def seconds(what: Callable[[], object], rounds: int) -> float:
    """Return the processor time of the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        what()
        best = min(best, time.process_time() - began)
    return best


def measured() -> list[str]:
    """Return the lines of docs/benchmarks.md."""
    lines = [
        "## Diagnoses",
        "",
        "Processor time for each postoffice of a healthy network after a week of logs, beside a plain loop that opens, reads",
        "and SHA-256-hashes the same files in the same process.",
        "",
        "| postoffices | the loop, ms | diagnose, ms | times the loop | target |",
        "|--:|--:|--:|--:|--:|",
    ]
    each: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for requestors in (FEW, MANY):
            place = network(requestors, Path(folder, str(requestors)))
            count = requestors + 1
            rounds = 5 if requestors == FEW else 2
            diagnose(place)
            plain = seconds(lambda place=place: loop(place), rounds) / count
            each[requestors] = seconds(lambda place=place: diagnose(place), rounds) / count
            row = (count, 1000 * plain, 1000 * each[requestors], each[requestors] / plain)
            lines.append("| {} | {:.2f} | {:.2f} | {:.0f} | {} |".format(*row, TARGET))
        lines += [
            "",
            f"A postoffice of {MANY + 1} takes {each[MANY] / each[FEW]:.2f} times as long as one of {FEW + 1}; "
            f"the target is {GROWTH:g}.",
            "",
            listing(Path(folder)),
            "",
        ]
    return lines


def listing(folder: Path) -> str:
    """Return what a listing of a long queue costs beside the queue."""
    from glbtools.formats.listing import format_listq
    from glbtools.formats.queue import new_queue
    from glbtools.layouts import reference
    from glbtools.model.change import Change

    texts = [f"A User {number}\tPCM:NET/HUB/USER{number}" for number in range(RECORDS)]
    queue = new_queue([Change(number, text) for number, text in enumerate(texts, 1)], reference("queue"))
    for name in ("binary", "listed"):
        (folder / name).mkdir()
    (folder / "binary" / "MSTTRANS.GLB").write_bytes(queue.build())
    printed = format_listq(queue.records, "MSTTRANS", "NET/HUB", "glbtools")
    (folder / "listed" / "LISTQ.TXT").write_text(printed, encoding="cp850")
    binary, listed = (seconds(lambda name=name: diagnose(folder / name), 3) for name in ("binary", "listed"))
    return (
        f"A listing of {RECORDS:,} records takes {listed / binary:.2f} times as long as its binary file; the target is "
        f"{LISTING:g}."
    )
