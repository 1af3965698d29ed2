"""What a diagnosis costs beside a plain loop that opens, reads and hashes the same files; and how it grows.

``python -m benchmarks.diagnosis`` writes the section into docs/benchmarks.md by itself.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from benchmarks import page
from glbtools import diagnose, files, write_report
from glbtools.simulation.disk import OWN
from glbtools.simulation.run import contents, run
from glbtools.simulation.scenario import Mishap, Scenario

FEW, MANY = 30, 500
SICK = (0, 1, 3, 10)
TARGET, GROWTH, LISTING, IMAGE, REPORT = 25, 1.2, 1.5, 5, 2
"""Times the loop; a postoffice of many beside one of few; a listing beside its binary file; an image; diagnosis and
report beside the diagnosis (at most)."""

HERE = Path(__file__).resolve().parent
SECTION = "diagnosis"
FOREIGN = 5_000

RECORDS = 8_000


def network(requestors: int, folder: Path, sick: int = 0) -> Path:
    """Write a network after a week, in which REQTRANS.GLB of some was deleted, and return where it is."""
    names = tuple(f"PO{number:04}" for number in range(1, requestors + 1))
    mishaps = tuple(Mishap(4, 4, "T3", "reqtrans-deleted", name, {}) for name in names[:sick])
    made = contents(run(Scenario("week", postoffices=names, cycles=7, changes=20, mishaps=mishaps)))
    files.write_tree({path: data for path, data in made.items() if not path.startswith(OWN)}, folder, sync=False)
    return folder


def loop(folder: Path) -> None:
    """Open, read and hash every file."""
    for place, _, names in os.walk(folder):
        for name in names:
            with Path(place, name).open("rb") as stream:
                hashlib.sha256(stream.read()).hexdigest()


def seconds(rounds: int, *what: Callable[[], object]) -> list[float]:
    """Return the processor time of each, the best of some rounds that alternate between them."""
    best = [float("inf")] * len(what)
    for _ in range(rounds):
        for number, each in enumerate(what):
            began = time.process_time()
            each()
            best[number] = min(best[number], time.process_time() - began)
    return best


def measured() -> list[str]:
    """Return the lines of docs/benchmarks.md."""
    lines = [
        page.begin(SECTION),
        "## Diagnoses",
        "",
        f"{date.today().isoformat()}. Processor time for each postoffice of a healthy network after a week of logs, beside a",
        "plain loop that opens, reads and SHA-256-hashes the same files in the same process.",
        "",
        "| postoffices | the loop, ms | diagnose, ms | times the loop | target |",
        "|--:|--:|--:|--:|--:|",
    ]
    each: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for requestors in (FEW, MANY):
            place = network(requestors, Path(folder, str(requestors)))
            count = requestors + 1
            diagnose(place)
            rounds = 15 if requestors == FEW else 4
            plain, whole = seconds(rounds, lambda place=place: loop(place), lambda place=place: diagnose(place))
            each[requestors] = whole / count
            row = (count, 1000 * plain / count, 1000 * whole / count, whole / plain)
            lines.append("| {} | {:.2f} | {:.2f} | {:.0f} | {} |".format(*row, TARGET))
        lines += [
            "",
            f"A postoffice of {MANY + 1} takes {each[MANY] / each[FEW]:.2f} times as long as one of {FEW + 1}; "
            f"the target is {GROWTH:g}.",
            "",
            *reports(Path(folder)),
            "",
            listing(Path(folder)),
            "",
            image(Path(folder)),
            page.end(SECTION),
            "",
        ]
    return lines


def reports(folder: Path) -> list[str]:
    """Return what diagnosis and report of many postoffices cost beside the diagnosis alone."""
    lines = [f"A report of {MANY + 1} postoffices, diagnosis and page, beside the diagnosis alone:", ""]
    lines += ["| sick | times the diagnosis | target | page, kB |", "|--:|--:|--:|--:|"]
    for sick in SICK:
        place, page_file = network(MANY, folder / f"sick{sick}", sick), folder / "page.html"
        diagnosis = report = float("inf")
        for _ in range(3):
            began = time.process_time()
            found = diagnose(place)
            diagnosed = time.process_time()
            size = write_report(found, page_file, force=True)
            diagnosis, report = min(diagnosis, diagnosed - began), min(report, time.process_time() - diagnosed)
        lines.append(f"| {sick} | {(diagnosis + report) / diagnosis:.2f} | {REPORT} | {size / 1000:.0f} |")
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
    binary, listed = seconds(9, lambda: diagnose(folder / "binary"), lambda: diagnose(folder / "listed"))
    return (
        f"A listing of {RECORDS:,} records takes {listed / binary:.2f} times as long as its binary file; the target is "
        f"{LISTING:g}."
    )


def image(folder: Path) -> str:
    """Return what a diagnosis of a disk image costs beside a loop that walks, reads and hashes its files."""
    try:
        import pytsk3
    except ImportError:
        return "An image of 513 MB was not measured: the extra images is not installed."
    if shutil.which("mformat") is None:
        return "An image of 513 MB was not measured: mtools is not installed."
    place = disk(folder / "whole", FOREIGN)

    def walk() -> None:
        waiting = [pytsk3.FS_Info(pytsk3.Img_Info(str(place))).open_dir(path="/")]
        while waiting:
            for entry in waiting.pop():
                name, meta = entry.info.name.name, entry.info.meta
                if meta is None or name.startswith((b".", b"$")):
                    continue
                if meta.type == pytsk3.TSK_FS_META_TYPE_DIR:
                    waiting.append(entry.as_directory())
                elif meta.size:
                    hashlib.sha256(entry.read_random(0, meta.size)).hexdigest()

    diagnosed, walked = seconds(3, lambda: diagnose(place), walk)
    texts = disk(folder / "texts", FOREIGN, texts=True)
    (read,) = seconds(2, lambda: diagnose(texts))
    whole, tenth = peak(place), peak(disk(folder / "tenth", FOREIGN // 10))
    return (
        f"A disk image of 513 MB with a network and {FOREIGN:,} foreign files takes {diagnosed / walked:.2f} times as long as "
        f"a loop that walks, reads and hashes its files; the target is {IMAGE:g}. Its diagnosis needs {whole} MiB of memory; "
        f"with a tenth of the foreign files it needs {tenth}. Where a third of the foreign files are texts of 20 KB, each of "
        f"which may be a log, a listing or a dump, it takes {read / walked:.0f} times as long as that loop."
    )


def disk(folder: Path, foreign: int, *, texts: bool = False) -> Path:
    """Write an image of 513 MB with a network and some foreign files: programs and bytes of no form, or texts, too."""
    place, source = folder / "disk.img", folder / "source"
    dice = random.Random(1)
    words = HERE.joinpath("page.py").read_text("utf-8").split()
    for number in range(foreign):
        each = source / f"D{number // 100}" / f"F{number % 100}.{('DAT', 'EXE', 'TXT')[number % (3 if texts else 2)]}"
        each.parent.mkdir(parents=True, exist_ok=True)
        if each.suffix == ".TXT":
            lines = (" ".join(dice.choices(words, k=10)) for _ in range(300))
            each.write_bytes("\r\n".join(lines).encode("cp850", "replace")[:20_000])
        else:
            each.write_bytes((b"MZ" if each.suffix == ".EXE" else b"") + dice.randbytes(20_000))
    shutil.copytree(HERE.parent / "fixtures" / "network", source / "NET")
    with place.open("wb") as stream:
        stream.truncate(513_000_000)
    quiet = os.environ | {"MTOOLS_SKIP_CHECK": "1"}
    for command in (
        ["mformat", "-i", str(place), "-T", "1000000", "-h", "64", "-s", "63", "::"],
        ["mcopy", "-s", "-i", str(place), *map(str, sorted(source.iterdir())), "::/"],
    ):
        subprocess.run(command, env=quiet, check=True, capture_output=True)
    shutil.rmtree(source)
    return place


def peak(place: Path) -> int:
    """Return the most memory that a diagnosis in a process of its own holds, in MiB."""
    # What getrusage says is never less than the process had that began this one.
    program = (
        "import sys, glbtools; glbtools.diagnose(sys.argv[1]);"
        "print(*(each.split()[1] for each in open('/proc/self/status') if each.startswith('VmHWM')))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(place)], check=True, capture_output=True, text=True)
    return int(done.stdout) // 1024


def main() -> None:
    """Measure and put the section into the page."""
    section = measured()
    page.put(SECTION, section)
    print("\n".join(section))


if __name__ == "__main__":
    main()
