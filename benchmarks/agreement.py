"""Whether a survey of many random networks says of each what a diagnosis of it alone says, whatever happens to it.

``python -m benchmarks.agreement`` simulates, surveys and compares, kills processes of another survey, and writes what
came of it into docs/benchmarks.md by itself. It fails where anything differs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import glbtools
from benchmarks import page
from benchmarks.survey import archive
from glbtools.reporting import diagnosis
from glbtools.simulation.disk import OWN
from glbtools.simulation.many import drawn, place_of, truth_row
from glbtools.simulation.run import contents, run

SECTION = "agreement"
NETWORKS, UNITS, KILLS = 10_000, 2_000, 10
BATCH = 100

Line = dict[str, Any]


def alone(nets: Path, known: Line, lines: list[Line]) -> list[str]:
    """Return in what a line of the table, and those of the survey of its network, differ from what is made alone."""
    seed, place = known["seed"], nets / known["path"]
    made = run(drawn(seed).scenario)
    row = truth_row(drawn(seed), made) | {"path": place_of(seed)}
    wrong = [] if json.loads(json.dumps(row)) == known else [f"{place}: the truth"]
    written = {each.relative_to(place).as_posix(): each.read_bytes() for each in place.rglob("*") if each.is_file()}
    if written != {path: data for path, data in contents(made).items() if not path.startswith(f"{OWN}/")}:
        wrong.append(f"{place}: the files")
    if not lines:
        wrong.append(f"{place}: no unit")
    for line in lines:
        paths = [str(place)] if len(lines) == 1 else sorted(each["path"] for each in line["postoffices"])
        said = diagnosis.document(glbtools.diagnose(*paths), "")
        kept = line["findings"][0] if line["findings"] else ()
        said["findings"] = [{name: each[name] for name in kept} for each in said["findings"]]
        wrong += [f"{place}: {name}" for name in ("channels", "postoffices", "findings") if line[name] != said[name]]
    return wrong


def agreement(count: int) -> tuple[int, list[str]]:
    """Simulate and survey so many networks; return how many units there were, and what differs."""
    with tempfile.TemporaryDirectory() as folder:
        nets = Path(folder, "nets")
        table = glbtools.simulate_many(count, nets)
        found: dict[str, list[Line]] = defaultdict(list)
        for line in glbtools.survey(nets, out=Path(folder, "found")):
            found["/".join(Path(line["path"]).relative_to(nets).parts[:2])].append(line)
        units = sum(map(len, found.values()))
        with ProcessPoolExecutor() as pool, table.open("rb") as stream:
            known = map(json.loads, stream)
            wrong = []
            while some := list(islice(known, BATCH)):
                given = [found.pop(each["path"], []) for each in some]
                wrong += [
                    each for one in pool.map(alone, [nets] * len(some), some, given, chunksize=10) for each in one
                ]
        return units, [*wrong, *(f"{each}: not in the table" for each in found)]


def killed(count: int, kills: int) -> tuple[int, list[str]]:
    """Survey so many units in two processes of which some are killed; return how many were, and what differs."""
    with tempfile.TemporaryDirectory() as folder:
        place = archive(count, Path(folder, "tapes"))
        undisturbed = _verdicts(glbtools.survey(place, out=Path(folder, "alone"), workers=0))
        out, dice, done = Path(folder, "found"), random.Random(count), 0
        command = [
            sys.executable,
            "-m",
            "glbtools",
            "survey",
            str(place),
            "--out",
            str(out),
            "--workers",
            "2",
            "--quiet",
        ]
        process = subprocess.Popen(command, start_new_session=True)
        written, before = out / "survey.jsonl", 0
        while process.poll() is None and done < kills:
            time.sleep(dice.uniform(0.05, 0.3))
            size = written.stat().st_size if written.exists() else 0
            workers = list(_workers(process.pid))
            # What ends a process three times, and alone, is taken for the reason: so not before there is something new.
            if size > before and workers:
                os.kill(dice.choice(workers), signal.SIGKILL)
                before, done = size, done + 1
        assert process.wait() in (0, 1), process.returncode
        found = _verdicts(map(json.loads, written.read_text(encoding="utf-8").splitlines()))
    assert len(found) == count
    return done, [one["path"] for one, other in zip(undisturbed, found, strict=True) if one != other]


def _verdicts(lines: Any) -> list[Line]:
    return sorted((line | {"seconds": 0} for line in lines), key=lambda line: line["unit"])


def _workers(leader: int) -> Iterator[int]:
    """Yield the processes of a session that judge: those that were started by one that is not the leader."""
    for each in Path("/proc").glob("[0-9]*"):
        try:
            _, parent, _, session, *_ = (each / "stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if int(session) == leader and int(parent) != leader and int(each.name) != leader:
            yield int(each.name)


def measured(networks: int = NETWORKS, many: int = UNITS, kills: int = KILLS) -> list[str]:
    """Return a section of docs/benchmarks.md."""
    ended, differing = killed(many, kills)
    units, wrong = agreement(networks)
    for each in [*differing, *wrong][:50]:
        print(each, file=sys.stderr)
    assert not wrong and not differing and ended == kills, (len(wrong), len(differing), ended)
    return [
        page.begin(SECTION),
        "## Agreement",
        "",
        f"{date.today().isoformat()}. {networks:,} random networks, seeds 1 to {networks:,}: of each of "
        f"their {units:,} units a survey says what a",
        "diagnosis of it alone says (channels, postoffices, findings), and the files and the line of truth of each are those that",
        "its seed gives alone.",
        "",
        f"A survey of {many:,} units in two processes, of which {ended} were killed with -9 at random moments, says what "
        "one without says.",
        page.end(SECTION),
        "",
    ]


def main() -> None:
    """Compare, and put the section into the page."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--networks", type=int, default=NETWORKS)
    parser.add_argument("--units", type=int, default=UNITS)
    parser.add_argument("--kills", type=int, default=KILLS)
    arguments = parser.parse_args()
    section = measured(arguments.networks, arguments.units, arguments.kills)
    page.put(SECTION, section)
    print("\n".join(section))


if __name__ == "__main__":
    main()
