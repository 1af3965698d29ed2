"""How many units a survey judges a second, in one process, in a pool, on a cluster, and in how much memory.

``python -m benchmarks.survey`` writes the sections into docs/benchmarks.md by itself, the networks that are made first.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from benchmarks import page

HERE = Path(__file__).resolve().parent
FIXTURES = HERE.parent / "fixtures"
SECTION, MADE = "survey", "networks"

FEW, MANY, WHOLE = 1_000, 10_000, 100_000
ROUNDS = 5
NETWORKS = 1_000
IN_MEMORY = Path("/dev/shm")
ON_DISK = Path("/var/tmp")
"""Not where files come and go: for each that it makes, ext4 passes over those beside it that were deleted lately."""
TARGET = 1.5
"""Times one process that a pool of two must reach."""


def archive(count: int, place: Path) -> Path:
    """Write so many postoffices: one that is stuck and one whose queue was deleted in turn, each in its directory."""
    from glbtools import simulate

    sources = [FIXTURES / "stuck" / "october"]
    with tempfile.TemporaryDirectory() as folder:
        simulate("reqtrans-deleted", Path(folder, "net"))
        sources.append(Path(folder, "net", "east"))
        contents = [{e.relative_to(s): e.read_bytes() for e in s.rglob("*") if e.is_file()} for s in sources]
    for number in range(count):
        top = place / f"{number // 1000:03}" / f"{number:06}" / sources[number % 2].name
        for name, data in contents[number % 2].items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_bytes(data)
    return place


def run(place: Path, **terms: object) -> dict[str, float]:
    """Return what a survey in a process of its own takes: seconds, and peaks of memory in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        said = json.dumps(terms | {"out": f"{folder}/out"})
        command = [sys.executable, "-m", "benchmarks.survey", "--one", str(place), said]
        process = subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, start_new_session=True)
        peaks: dict[int, int] = {}
        while process.poll() is None:
            look_at(process.pid, peaks)
            time.sleep(0.5)
        out, _ = process.communicate()
    assert process.returncode == 0, command
    others = [peak for number, peak in peaks.items() if number != process.pid]
    return json.loads(out) | {"worker": max(others, default=0)}


def look_at(leader: int, peaks: dict[int, int]) -> None:
    """Note how much memory the processes of a session have had at most, in bytes; where there is /proc."""
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if int((each / "stat").read_text().rpartition(")")[2].split()[3]) == leader:
                (peak,) = re.findall(r"^VmHWM:\s*(\d+) kB", (each / "status").read_text(), re.M)
                peaks[int(each.name)] = max(peaks.get(int(each.name), 0), int(peak) * 1024)
        except (OSError, ValueError):
            continue


def one(place: str, terms: dict) -> None:
    """Make a survey and print what it took."""
    import glbtools

    cluster = None
    if terms.pop("cluster", 0):
        import distributed

        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", silence_logs=50
        )
        terms["scheduler"] = cluster.scheduler_address
    began = time.perf_counter()
    found = glbtools.survey(place, **terms)
    whole = time.perf_counter() - began
    assert found.units == sum(found.outcomes[each] for each in ("judged", "unjudged"))
    print(
        json.dumps(
            {
                "units": found.units,
                "judging": found.seconds,
                "seconds": whole,
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
        )
    )
    if cluster is not None:
        cluster.close()


def has_distributed() -> bool:
    """Whether a cluster can be measured here."""
    from importlib.util import find_spec

    return find_spec("distributed") is not None


def measured(rounds: int = ROUNDS, few: int = FEW, many: int = MANY, whole: int = 0) -> list[str]:
    """Return a section of docs/benchmarks.md."""
    load = os.getloadavg()[0]
    ways: dict[str, dict[str, object]] = {"one process": {"workers": 0}, "a pool of two": {"workers": 2}}
    if has_distributed():
        ways["a local cluster of two"] = {"cluster": 1}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        small = archive(few, Path(folder, "few"))
        peaks = [run(small, workers=2)]
        for _ in range(rounds):
            for name, terms in ways.items():
                found = run(small, **terms)
                rates[name].append(found["units"] / found["judging"])
        shutil.rmtree(small)
        large = archive(many, Path(folder, "many"))
        peaks.append(run(large, workers=2))
        shutil.rmtree(large)
        full = None
        if whole:
            huge = archive(whole, Path(folder, "whole"))
            full = run(huge, workers=2)
    median = {name: statistics.median(found) for name, found in rates.items()}
    times = median["a pool of two"] / median["one process"]
    took = peaks[1]
    extrapolated = took["seconds"] * WHOLE / took["units"] / 60
    lines = [
        page.begin(SECTION),
        "## Surveys",
        "",
        f"{date.today().isoformat()}, {os.cpu_count()} processors, load {load:.1f} before and {os.getloadavg()[0]:.1f} "
        "after, so that rates are to be",
        f"compared with each other only. {few:,} postoffices, one that is stuck and one whose queue was deleted in turn; median of",
        f"{rounds} rounds, which alternate. Finding the units, judging them and writing their lines counts; starting a pool does, too.",
        "",
        "| survey in | units a second | times one process | target |",
        "|---|--:|--:|--:|",
    ]
    for name, rate in median.items():
        target = f"{TARGET:g}" if name == "a pool of two" else ""
        lines.append(f"| {name} | {rate:.0f} | {rate / median['one process']:.2f} | {target} |")
    lines += [
        "",
        f"{took['units']:,.0f} units in full, with tables and page, took {took['seconds']:.0f} s in a pool of two "
        f"({took['units'] / took['seconds']:.0f} a second).",
        f"{WHOLE:,} took {full['seconds'] / 60:.1f} minutes."
        if full
        else f"{WHOLE:,} would take {extrapolated:.0f} minutes (extrapolated; they were not run).",
        "",
        "| units | peak memory of the survey | of its largest process |",
        "|--:|--:|--:|",
        *(
            f"| {each['units']:,.0f} | {each['peak'] / 2**20:.0f} MiB | {each['worker'] / 2**20:.0f} MiB |"
            for each in (*peaks, *([full] if full else []))
        ),
        "",
        f"A pool of two judges {times:.2f} times as much as one process."
        if times >= TARGET
        else f"A pool of two judges {times:.2f} times as much as one process, less than the target of {TARGET:g}: "
        "with this load two processes do not get two processors.",
        page.end(SECTION),
        "",
    ]
    return lines


def made(networks: int = NETWORKS, place: Path = ON_DISK) -> list[str]:
    """Return the section about networks that are simulated to be surveyed."""
    with tempfile.TemporaryDirectory(dir=place if place.is_dir() else None) as folder:
        on_disk = generated(networks, Path(folder, "nets"))
    lines = [
        page.begin(MADE),
        "## Many networks",
        "",
        f"{date.today().isoformat()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}. On disk, where nothing was deleted within minutes "
        f"(beside what was, ext4 takes up to ten times as long to make a file): {on_disk}",
    ]
    if IN_MEMORY.is_dir():
        with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
            in_memory = generated(networks, Path(folder, "nets"))
        lines += ["", f"In memory, where making files costs next to nothing: {in_memory}"]
    return [*lines, page.end(MADE), ""]


def generated(count: int, place: Path) -> str:
    """Return how fast networks are simulated beside how fast they are surveyed."""
    from glbtools import simulate_many

    writing, reading = [], []
    for number in range(3):
        began = time.perf_counter()
        simulate_many(count, place / str(number), workers=2)
        writing.append(count / (time.perf_counter() - began))
        reading.append(count / run(place / str(number), workers=2)["judging"])
    written, read = statistics.median(writing), statistics.median(reading)
    made, judged = worked(count, place)
    return (
        f"`simulate --many {count}` writes {written:.0f} networks of three to five postoffices a second, and `survey` judges "
        f"{read:.0f} of them: {written / read:.2f} times as fast; the target is 1 (medians of three rounds). In processor time, "
        f"of one process each, {judged / made:.2f} times: {1000 * made / count:.1f} ms for each network, and {1000 * judged / count:.1f}."
    )


def worked(count: int, place: Path) -> tuple[float, float]:
    """Return the processor time that so many networks take, in seconds: to write them, and to find and judge them."""
    from glbtools import simulate_many
    from glbtools.fleet import pool
    from glbtools.fleet.discovery import Walk
    from glbtools.fleet.judging import Terms

    terms = Terms()
    for some, top in ((5, place / "few"), (count, place / "all")):  # the first, so that all is loaded
        began = time.process_time()
        simulate_many(some, top, workers=0)
        between = time.process_time()
        judged = sum(len(each.outcomes) for each in pool.here(Walk([top], terms.layouts).jobs(), terms))
        end = time.process_time()
        assert judged == some
    return between - began, end - between


def main() -> None:
    """Measure and put the section into the page."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--one", nargs=2, metavar=("PLACE", "TERMS"))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--few", type=int, default=FEW)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--networks", type=int, default=NETWORKS)
    parser.add_argument("--whole", type=int, default=0, help="also so many units in full, such as 100000")
    parser.add_argument("--place", type=Path, default=ON_DISK, help="on a disk, where nothing was deleted lately")
    parser.add_argument("--made", action="store_true", help="only how fast networks are made")
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one[0], json.loads(arguments.one[1]))
        return
    sections = {MADE: made(arguments.networks, arguments.place)}
    if not arguments.made:
        sections[SECTION] = measured(arguments.rounds, arguments.few, arguments.many, arguments.whole)
    for name, lines in sections.items():
        page.put(name, lines)
        print("\n".join(lines))


if __name__ == "__main__":
    main()
