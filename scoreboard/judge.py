"""One network, diagnosed, held against the truth about it."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glbtools import files
from glbtools.diagnosis.engine import diagnose
from glbtools.diagnosis.unsent import unsent
from glbtools.model.protocol import Rules
from glbtools.simulation import truth
from glbtools.simulation.run import contents, run
from scoreboard.networks import Sample

ON_ITS_WAY = frozenset({"queued", "stranded", "rejected", "lost", "in mail"})
"""States of a change that has not reached the server; one that was never queued has left no trace."""

NOT_THERE = frozenset({"due", "in mail", "fetched", "purged", "refused"})
"""States of a change that the server has and a postoffice has not, and that files can show."""


@dataclass
class Verdict:
    """What came of one network.

    Attributes:
        kind: see ``Sample``.
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
    """Simulate a network, diagnose it, and hold both answers against the truth."""
    made = run(sample.scenario)
    known = truth.document(made)
    directory = Path(tempfile.mkdtemp(prefix="scoreboard-"))
    verdict = Verdict(sample.kind, sample.faults, adopted=sample.scenario.rules == Rules())
    try:
        target = directory / "net"
        files.write_tree(contents(made), target, sync=False)
        report = diagnose(target)
        verdict.found = sorted({each.problem.slug for each in report.findings})
        loud = [each for each in report.findings if each.severity != "note" and each.problem.slug not in sample.true]
        verdict.loud = sorted({each.problem.slug for each in loud})
        possible = (each.severity == "warning" and each.certainty == "possible" for each in loud)
        verdict.only_possible = bool(loud) and all(possible)
        _uploads(known, truth.Survey(made), unsent(target), verdict)
        # Where T2 takes its own last number again, a change is issued twice, and delivered by the first time.
        texts = Counter(each.text for each in made.serving.records("MSTTRANS"))
        twice = {text for text, count in texts.items() if count > 1}
        _downloads(known, unsent(target, direction="download"), verdict, twice)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return verdict


def _uploads(known: dict[str, Any], survey: truth.Survey, found: Any, verdict: Verdict) -> None:
    rows = {(each["origin"], each["text"]): each for each in known["changes"]}
    listed = {(each.route.origin, each.text): each for each in found}
    silent = {each.route.origin for each in found.unknown}
    for key, row in rows.items():
        if row["server"]["state"] not in ON_ITS_WAY or key in listed:
            continue
        if _in_range(found.ranges, row["origin"], row["number"]) or row["origin"] in silent or None in silent:
            verdict.covered += 1
        elif row["server"]["state"] in ("lost", "in mail") and not _in_hole(survey, row):
            verdict.traceless += 1
        else:
            verdict.missing.append(f"upload {row['origin']} {row['number']} {row['text']} {row['server']['state']}")
    for key, change in listed.items():
        row = rows.get(key)
        if _claimed(change, verdict) and (row is None or row["server"]["state"] not in ON_ITS_WAY):
            verdict.spurious.append(f"upload {change.postoffice} {change.sync} {change.text} {change.why}")
    for each in found.ranges:
        if not _claimed(each, verdict):
            continue
        for number in range(each.range[0] + 1, each.range[1] + 1):
            named = [row for row in known["changes"] if row["origin"] == each.route.origin and row["number"] == number]
            if named and all(row["server"]["state"] == "arrived" for row in named):
                verdict.spurious.append(f"upload {each.route.origin} {number} (range) {each.why}")


def _claimed(found: Any, verdict: Verdict) -> bool:
    """Whether something is said to be so: what is likely need hold under the adopted reading only."""
    return bool(found.certainty == "certain" or (found.certainty == "likely" and verdict.adopted))


def _in_hole(survey: truth.Survey, row: dict[str, Any]) -> bool:
    """Whether the numbers alone show that a change is lost: confirmed at its origin, and above what the server has."""
    reqconf, record = survey.configured[row["origin"]], survey.registered[row["origin"]]
    if row["number"] is None or reqconf is None or record is None:
        return False
    if (record.importsync or 0) < (reqconf.importsync or 0):
        return False  # a record made anew says nothing about what came before (ruling 10)
    return (record.reqsync or 0) < row["number"] <= (reqconf.reqsync or 0)


def _downloads(known: dict[str, Any], found: Any, verdict: Verdict, twice: set[str]) -> None:
    listed = {(each.route.target, each.sync, each.text): each for each in found}
    silent = {each.route.target for each in found.unknown}
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
        if _in_range(found.ranges, key[0], key[1], target=True) or key[0] in silent or None in silent:
            verdict.covered += 1
        else:
            verdict.missing.append(f"download {key} {row['missing'][key[0]]['state']}")
    for key, change in listed.items():
        wrong = _claimed(change, verdict) and arrived.get(key) == "delivered" and change.text not in twice
        if wrong and key[0] != _origin(known, key):
            verdict.spurious.append(f"download {key} {change.why}")


def _origin(known: dict[str, Any], key: tuple[str, int, str]) -> str | None:
    return next((each["origin"] for each in known["changes"] if each["text"] == key[2]), None)


def _in_range(ranges: Any, name: str, number: int | None, *, target: bool = False) -> bool:
    return any(
        (each.route.target if target else each.route.origin) == name
        and number is not None
        and each.range[0] < number <= each.range[1]
        for each in ranges
    )
