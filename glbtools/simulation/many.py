"""Many small networks with faults drawn at random, and the truth about all of them as one table."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from glbtools import files, processes
from glbtools.errors import GlbError, OutputExistsError, UsageError
from glbtools.layouts import Layouts
from glbtools.model.protocol import Rules
from glbtools.simulation import truth
from glbtools.simulation.disk import OWN
from glbtools.simulation.network import Network
from glbtools.simulation.run import run
from glbtools.simulation.samples import Sample, sample

TABLE = "truth.jsonl"
SCHEMA = "glbtools.truths/1"

BATCH = 5
FOLDER = 1_000
"""Networks of one directory."""

LAST = 999_999_999
"""The highest seed: networks bear it in a name of ten characters."""

Row = dict[str, Any]


def simulate_many(
    count: int,
    out: str | Path,
    *,
    seed: int = 1,
    workers: int | None = None,
    layouts: Layouts | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write networks of three to five postoffices; return the table of the truth about them.

    Each seed gives one network: a quarter are healthy, an eighth disturbed, tended by an administrator or with two
    directories exchanged, the others have one fault or two; every second one follows another reading of the protocol.
    The table has a line of JSON for each, with its place, its faults and every change.

    Args:
        count: how many.
        out: directory to write, which must be new or empty.
        seed: of the first; the next one follows.
        workers: processes; as many as there are processors unless given, 0 for none but this one.
        layouts: how binary files are written.
        progress: called with how many are written, and their number.

    Raises:
        OutputExistsError: the directory holds something.
        FileAccessError: it cannot be written.
        UsageError: no such seeds.
    """
    target, last = Path(out), seed + count - 1
    if count < 1 or not 0 <= seed <= last <= LAST:
        raise UsageError(f"seeds {seed} to {last}: one of 0 to {LAST} is wanted for each network")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise OutputExistsError(f"{target}: exists, and the networks need a directory of their own; name another one")
    table, existed = target / OWN / TABLE, target.exists()
    one = partial(_written, target=str(target), layouts=layouts)
    try:
        table.parent.mkdir(parents=True, exist_ok=True)
        with table.open("wb") as stream, _mapped(one, range(seed, last + 1), workers) as lines:
            for number, line in enumerate(lines, 1):
                stream.write(line)
                if progress and number % BATCH == 0:
                    progress(number, count)
    except BaseException as error:
        for each in target.iterdir() if existed else (target,):
            shutil.rmtree(each, ignore_errors=True)
        if isinstance(error, OSError):
            raise files.access_error(target, error) from None
        raise
    return table


@contextmanager
def _mapped(one: Callable[[int], bytes], seeds: range, workers: int | None) -> Iterator[Iterator[bytes]]:
    """Yield what comes of each seed, in their order, made here or in processes."""
    count = processes.processors() if workers is None else workers
    if not count:
        yield map(one, seeds)
        return
    pool = ProcessPoolExecutor(count, mp_context=processes.context(__name__), initializer=processes.settle)
    try:
        for _ in range(count):
            processes.submit(pool, os.getpid)
        yield pool.map(one, seeds, chunksize=BATCH)
    except RuntimeError as error:  # A pool that breaks, or cannot be started.
        raise GlbError(f"a process that makes networks has ended: {error}") from None
    finally:
        processes.end(pool)


def place_of(seed: int) -> str:
    """Return the directory of a network, below that of all."""
    return f"{seed // FOLDER:06}/{name_of(seed)}"


def name_of(seed: int) -> str:
    """Return the name of the network of a seed; no two are alike, so that no postoffice belongs to another's server."""
    return f"N{seed}"


def drawn(seed: int) -> Sample:
    """Return the random network of a seed under its own name."""
    made = sample(seed)
    return made._replace(scenario=made.scenario._replace(network=name_of(seed)))


def _written(seed: int, target: str, layouts: Layouts | None) -> bytes:
    """Write the network of a seed, which appears whole, and return its line of the table."""
    chosen = drawn(seed)
    made = run(chosen.scenario, layouts=layouts, dated=False)
    with files.new_directory(Path(target, place_of(seed))) as part:
        folders = set()
        for path, data in made.disk.everything().items():
            folder, _, _ = path.rpartition("/")
            if folder.partition("/")[0] == OWN:
                continue
            if folder not in folders:
                (part / folder).mkdir(parents=True, exist_ok=True)
                folders.add(folder)
            files.write_new(f"{part}/{path}", data)
    line = json.dumps(truth_row(chosen, made) | {"path": place_of(seed)}, ensure_ascii=True)
    return line.encode("ascii") + b"\n"


def truth_row(chosen: Sample, made: Network) -> Row:
    """Return the truth about one network as a line of the table has it.

    Beside what ``truth.json`` holds: how the network was drawn, which rules are read otherwise than is adopted, which
    losses the numbers alone show (``shown``, ids of changes), and which texts the server has issued twice.
    """
    survey = truth.Survey(made)
    texts = Counter(each.text for each in made.serving.records("MSTTRANS"))
    adopted = Rules()._asdict()
    rules = [f"{name}={value}" for name, value in made.rules._asdict().items() if value != adopted[name]]
    return {
        **truth.document(made),
        "schema": SCHEMA,
        "network": chosen.scenario.network,
        "seed": chosen.scenario.seed,
        "kind": chosen.kind,
        "drawn": list(chosen.faults),
        "true": list(chosen.true),
        "rules": rules,
        "shown": [each.id for each in made.ledger.changes if survey.shows_loss(each)],
        "twice": sorted(text for text, count in texts.items() if count > 1),
    }
