"""Networks, surveyed, held against the truth about them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glbtools import files
from glbtools.fleet.survey import survey
from glbtools.model.doubts import NAMED_OTHERWISE
from glbtools.simulation.many import name_of, simulate_many, truth_row
from glbtools.simulation.run import contents, run
from glbtools.simulation.samples import Sample
from glbtools.tables import read_json

NAME_TELLS = NAMED_OTHERWISE.tells
"""What settles a change that may be another postoffice's: it is named by its text."""

Line = dict[str, Any]
"""A line of a survey, or of the table of the truth."""

ON_ITS_WAY = frozenset({"queued", "stranded", "rejected", "lost", "in mail"})
"""States of a change that has not reached the server; one that was never queued has left no trace."""

NOT_THERE = frozenset({"due", "in mail", "fetched", "purged", "refused"})
"""States of a change that the server has and a postoffice has not, and that files can show."""


@dataclass
class Verdict:
    """What came of one network.

    Attributes:
        kind: see ``samples.Sample``.
        faults: their names.
        found: slugs of the findings, any severity.
        loud: slugs of those above note.
        only_possible: whether there are some, all of them warnings that are merely possible.
        adopted: whether the network follows the adopted reading of the protocol.
        exact: whether ``unsent`` says neither too little nor too much.
        missing: changes that did not arrive and of which nothing is said.
        spurious: changes that arrived and are said not to have, certain or likely.
        covered: changes that did not arrive and are named by number, or on a channel said to be unknown.
        traceless: changes that no file can show to be lost: every number is as if they had arrived.
        error: what went wrong in the program itself.
    """

    kind: str
    faults: tuple[str, ...]
    found: list[str] = field(default_factory=list)
    loud: list[str] = field(default_factory=list)
    only_possible: bool = False
    adopted: bool = True
    missing: list[str] = field(default_factory=list)
    spurious: list[str] = field(default_factory=list)
    covered: int = 0
    traceless: int = 0
    error: str = ""

    @property
    def exact(self) -> bool:
        """Whether ``unsent`` says neither too little nor too much."""
        return not self.missing and not self.spurious


def judge(sample: Sample) -> Verdict:
    """Simulate a network, survey it, and hold what is found against the truth."""
    made = run(sample.scenario)
    with tempfile.TemporaryDirectory(prefix="scoreboard-") as directory:
        target = Path(directory, "net")
        files.write_tree(contents(made), target, sync=False)
        lines = list(survey(target, out=Path(directory, "survey"), workers=0))
    return compared(truth_row(sample, made), lines)


def judge_many(count: int, first: int) -> Iterator[tuple[int, Verdict]]:
    """Yield what comes of the networks of some seeds, in their order: simulated, then surveyed."""
    with tempfile.TemporaryDirectory(prefix="scoreboard-") as directory:
        table = simulate_many(count, Path(directory, "nets"), seed=first)
        found: dict[str, list[Line]] = {}
        for line in survey(Path(directory, "nets"), out=Path(directory, "survey")):
            folder = Path(line["path"]).relative_to(Path(directory, "nets")).parts
            found.setdefault(folder[1], []).append(line)
        with table.open("rb") as stream:
            for each in stream:
                known = read_json(each)
                yield known["seed"], compared(known, found.get(name_of(known["seed"]), []))


def compared(known: Line, lines: list[Line]) -> Verdict:
    """Hold what a survey says of a network against a line of the table of the truth."""
    verdict = Verdict(known["kind"], tuple(known["drawn"]), adopted=not known["rules"])
    wrong = [each for each in lines if each["outcome"] not in ("judged", "unjudged")]
    if wrong or not lines:
        verdict.error = "; ".join(f"{line['path']}: {line['outcome']}: {line['error']}" for line in wrong) or "no unit"
        return verdict
    findings = [each for line in lines for each in line["findings"]]
    verdict.found = sorted({each["slug"] for each in findings})
    loud = [each for each in findings if each["severity"] != "note" and each["slug"] not in known["true"]]
    verdict.loud = sorted({each["slug"] for each in loud})
    possible = (each["severity"] == "warning" and each["certainty"] == "possible" for each in loud)
    verdict.only_possible = bool(loud) and all(possible)
    _uploads(known, _of(lines, "upload"), verdict)
    _downloads(known, _of(lines, "download"), verdict)
    return verdict


def _of(lines: list[Line], channel: str) -> dict[str, list[Line]]:
    """Return what has not arrived on one kind of channel; a network may be several units."""
    return {
        name: [each for line in lines for each in line["unsent"][name] if each["channel"] == channel]
        for name in ("changes", "ranges", "unknown")
    }


def _uploads(known: Line, found: dict[str, list[Line]], verdict: Verdict) -> None:
    rows = {(each["origin"], each["text"]): each for each in known["changes"]}
    listed = {(each["postoffice"], each["text"]): each for each in found["changes"]}
    silent = {each["origin"] for each in found["unknown"]}
    doubted = {each["text"] for each in found["changes"] if NAME_TELLS in each["settled_by"]}
    for key, row in rows.items():
        if row["server"]["state"] not in ON_ITS_WAY or key in listed or row["text"] in doubted:
            continue
        if _in_range(found["ranges"], row["origin"], row["number"]) or row["origin"] in silent or None in silent:
            verdict.covered += 1
        elif row["server"]["state"] in ("lost", "in mail") and row["id"] not in known["shown"]:
            verdict.traceless += 1
        else:
            verdict.missing.append(f"upload {row['origin']} {row['number']} {row['text']} {row['server']['state']}")
    waiting = {row["text"] for row in rows.values() if row["server"]["state"] in ON_ITS_WAY}
    for key, change in listed.items():
        row = rows.get(key)
        if change["certainty"] != "certain" and NAME_TELLS in change["settled_by"] and key[1] in waiting:
            continue
        if _claimed(change, verdict) and (row is None or row["server"]["state"] not in ON_ITS_WAY):
            verdict.spurious.append(f"upload {key[0]} {change['sync']} {key[1]} {change['why']}")
    for each in found["ranges"]:
        if not _claimed(each, verdict):
            continue
        for number in range(each["range"][0] + 1, each["range"][1] + 1):
            named = [row for row in known["changes"] if row["origin"] == each["origin"] and row["number"] == number]
            if named and all(row["server"]["state"] == "arrived" for row in named):
                verdict.spurious.append(f"upload {each['origin']} {number} (range) {each['why']}")


def _claimed(found: Line, verdict: Verdict) -> bool:
    """Whether something is said to be so: what is likely need hold under the adopted reading only."""
    return bool(found["certainty"] == "certain" or (found["certainty"] == "likely" and verdict.adopted))


def _downloads(known: Line, found: dict[str, list[Line]], verdict: Verdict) -> None:
    listed = {(each["target"], each["sync"], each["text"]): each for each in found["changes"]}
    silent = {each["target"] for each in found["unknown"]}
    expected = {}
    arrived = {}
    for row in known["changes"]:
        number = row["server"]["number"]
        for target in known["postoffices"]:
            state = row["missing"].get(target, {}).get("state", "delivered")
            key = (target, number, row["text"])
            arrived[key] = state
            if row["server"]["state"] == "arrived" and state in NOT_THERE:
                expected[key] = row
    for key, row in expected.items():
        if key in listed or (None, *key[1:]) in listed:
            continue
        if _in_range(found["ranges"], key[0], key[1], target=True) or key[0] in silent or None in silent:
            verdict.covered += 1
        else:
            verdict.missing.append(f"download {key} {row['missing'][key[0]]['state']}")
    for key, change in listed.items():
        wrong = _claimed(change, verdict) and arrived.get(key) == "delivered"
        # Where T2 takes its own last number again, a change is issued twice, and delivered by the first time.
        if wrong and change["text"] not in known["twice"] and key[0] != _origin(known, key):
            verdict.spurious.append(f"download {key} {change['why']}")


def _origin(known: Line, key: tuple[str, int, str]) -> str | None:
    return next((each["origin"] for each in known["changes"] if each["text"] == key[2]), None)


def _in_range(ranges: list[Line], name: str, number: int | None, *, target: bool = False) -> bool:
    return any(
        each["target" if target else "origin"] == name
        and number is not None
        and each["range"][0] < number <= each["range"][1]
        for each in ranges
    )
