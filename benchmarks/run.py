"""``make bench``: every reader on one generated master queue, each run in a process of its own, as ratios; and the rest.

Writes docs/benchmarks.md; with ``--readers`` only the section about these. Processor time counts, and the rounds
alternate between the readers, so that a busy machine slows all of them alike; the best round of each counts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from benchmarks import agreement, diagnosis, learning, page, recognition, survey, sync  # noqa: E402
from benchmarks.generate import write_master_queue  # noqa: E402
from benchmarks.measure import COLUMNS, READERS, TABLE  # noqa: E402
from benchmarks.simulation import measured  # noqa: E402

COMPETITORS = ("construct", "dissect.cstruct", "kaitaistruct")
TARGETS = {"glbtools records": 2.5, "glbtools tuples": 4.0, COLUMNS: 15.0, TABLE: 10.0}
STARTUP_TARGET = 1.3
SECTION = "readers"

MINIMAL = """
import typer

app = typer.Typer()


@app.command()
def main(name: str) -> None:
    print(name)


app()
"""


def measure(name: str, path: Path, *extra: str) -> dict:
    """Return what a run of one reader in its own process says."""
    command = [sys.executable, "-m", "benchmarks.measure", name, str(path), *extra]
    done = subprocess.run(command, cwd=HERE.parent, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def readers(path: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Return seconds and peak memory of each reader, the best of some rounds."""
    digests = {name: measure(name, path, "--digest")["digest"] for name in READERS}
    expected = digests["construct"]
    for name, found in digests.items():
        assert found == expected, f"{name} read something else: {found}, not {expected}"
    best = {name: {"seconds": float("inf"), "peak": float("inf")} for name in READERS}
    for _ in range(rounds):
        for name in READERS:
            found = measure(name, path)
            best[name] = {key: min(best[name][key], found[key]) for key in best[name]}
    return best


def startup(rounds: int) -> tuple[float, float]:
    """Return seconds of processor time of the smallest Typer program, and of ``glbtools inspect`` of a 49-byte file."""
    with tempfile.TemporaryDirectory() as folder:
        minimal, queue = Path(folder, "minimal.py"), Path(folder, "REQTRANS.GLB")
        minimal.write_text(MINIMAL)
        from glbtools.formats.queue import CONFIRMED_TEXT, new_queue
        from glbtools.layouts import reference
        from glbtools.model.change import Change

        queue.write_bytes(new_queue([Change(17, CONFIRMED_TEXT)], reference("queue")).build())
        assert queue.stat().st_size == 49
        commands = (
            [sys.executable, str(minimal), "x"],
            [str(Path(sys.executable).with_name("glbtools")), "inspect", str(queue)],
        )
        # Byte code is cached, as in an installed program.
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        best = [float("inf"), float("inf")]
        for _ in range(rounds):
            for index, command in enumerate(commands):
                began = children()
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
                best[index] = min(best[index], children() - began)
    return best[0], best[1]


def children() -> float:
    """Return the processor time of the processes that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def section(records: int, size: int, best: dict, small: dict[str, float], start: tuple[float, float]) -> list[str]:
    """Return the section of docs/benchmarks.md about readers and start-up."""
    fastest = min(COMPETITORS, key=lambda name: best[name]["seconds"])
    base = best[fastest]["seconds"]
    lines = [
        page.begin(SECTION),
        f"{date.today().isoformat()}, {platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores. One generated MSTTRANS.GLB of "
        f"{records:,} records, {size / 1e6:.0f} MB; each run in a process of its own; processor time, best of the rounds.",
        "",
        "All readers yield sync, stamp, checksum, text as `str` and the span of every record, and all of it is consumed;",
        "their results are compared before anything is timed. The columns are the numbers and spans without the texts, the",
        f"table has all fields and the texts as Arrow's strings. The competitors are in `benchmarks/readers/`, each in the fastest form found. Fastest of them: {fastest}.",
        "",
        "| reader | records per second | times the fastest competitor | target | peak memory | with a tenth of the file |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, found in best.items():
        target = f"{TARGETS[name]:g}" if name in TARGETS else ""
        lines.append(
            f"| {name} | {records / found['seconds']:,.0f} | {base / found['seconds']:.2f} | {target} "
            f"| {found['peak'] / 2**20:.0f} MiB | {small[name] / 2**20:.0f} MiB |"
        )
    lines += [
        "",
        "Records and tuples are streamed: their peak does not grow with the file. Columns and the table are held whole by",
        "intent, the competitors hold the file.",
        "",
        f"`glbtools inspect` of a 49-byte file takes {start[1] / start[0]:.2f} times the smallest possible Typer program "
        f"({start[0] * 1000:.0f} ms); the target is {STARTUP_TARGET:g}.",
        page.end(SECTION),
        "",
    ]
    return lines


def others() -> list[str]:
    """Return the other sections."""
    return [
        *diagnosis.measured(),
        "## Simulations",
        "",
        "Wall-clock time in one process, up to the bytes of all files; the time allowed is for two cores.",
        "",
        *measured(),
        "",
        *sync.measured(),
        "",
        *recognition.measured(),
        *learning.measured(),
        *survey.measured(),
        *survey.made(),
        *agreement.measured(),
    ]


def main() -> None:
    """Measure, print and write the report."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--readers", action="store_true", help="measure nothing else")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        whole, tenth = Path(folder, "MSTTRANS.GLB"), Path(folder, "TENTH.GLB")
        write_master_queue(whole, arguments.records)
        write_master_queue(tenth, arguments.records // 10)
        best = readers(whole, arguments.rounds)
        small = {name: measure(name, tenth)["peak"] for name in READERS}
        lines = section(arguments.records, whole.stat().st_size, best, small, startup(4 * arguments.rounds))
    if arguments.readers:
        page.put(SECTION, lines)
    else:
        lines = [
            "# Benchmarks",
            "",
            "<!-- Written by `make bench`; the figures are ratios within one run. -->",
            "",
            *lines,
        ]
        lines += others()
        page.PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
