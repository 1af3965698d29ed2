"""The questions of the guide, asked of an archive: each answer is counted again, from the lines."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import glbtools
from glbtools.simulation.many import simulate_many

duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed: pip install 'glbtools[test-survey]'")
pytest.importorskip("pyarrow", reason="the extra parquet is not installed")

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "survey.md"
QUESTIONS = re.findall(r"^(\S[^\n]*\?)\n\n```sql\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.M | re.S)

Lines = list[dict[str, Any]]
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("questions")
    simulate_many(40, top / "archive", seed=1, workers=0)
    first = next((top / "archive" / "000000").glob("N1/hub/GLB"))
    for name in ("tapes/a", "tapes/b"):
        again = top / "archive" / name / "hub" / "GLB"
        again.mkdir(parents=True)
        for each in first.iterdir():
            (again / each.name).write_bytes(each.read_bytes())
    (top / "archive" / "torn.zip").write_bytes(b"PK\3\4 and no more")
    glbtools.survey(top / "archive", out=top / "found", workers=0)
    return top


@pytest.fixture(scope="module")
def lines(place: Path) -> Lines:
    return [json.loads(each) for each in (place / "found" / "survey.jsonl").read_text().splitlines()]


def problems(lines: Lines, _: Path) -> Rows:
    units, findings = defaultdict(set), Counter()
    for line in lines:
        for each in line["findings"]:
            key = (each["severity"], each["code"], each["slug"])
            units[key].add(line["unit"])
            findings[key] += 1
    rows = [(*key, len(units[key]), findings[key]) for key in units]
    return sorted(rows, key=lambda row: (-row[3], row[1], row[0]))


def most_changes(lines: Lines, _: Path) -> Rows:
    rows = [
        (line["path"], " ".join(sorted({each["name"] for each in line["postoffices"] if each["name"]})) or None,
         len(line["unsent"]["changes"]))
        for line in lines if line["unsent"]["changes"]
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row[2], row[0]))[:10]


def changes(lines: Lines) -> list[tuple[str, dict[str, Any]]]:
    return [(line["unit"], each) for line in lines for each in line["unsent"]["changes"]]


def never(lines: Lines, _: Path) -> Rows:
    return sorted(
        (each["postoffice"], each["sync"], each["text"], each["why"])
        for _, each in changes(lines)
        if each["channel"] == "upload" and each["certainty"] == "certain"
        and each["why"] in ("stranded", "rejected", "hole", "vanished")
    )  # fmt: skip


def addresses(lines: Lines, _: Path) -> Rows:
    targets = defaultdict(set)
    for _, each in changes(lines):
        found = re.search(r"\t(?:PCM:)?([^\t\r]+)", each["text"])
        targets[found[1] if found else ""].add(each["target"])
    rows = [(address, len(names - {None})) for address, names in targets.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def quiet(lines: Lines, _: Path) -> Rows:
    return sorted(
        (line["path"], line["latest"])
        for line in lines
        if line["outcome"] == "judged" and not line["error"]
        and all(each["severity"] == "note" for each in line["findings"])
    )  # fmt: skip


def unjudged(lines: Lines, _: Path) -> Rows:
    wanted = [line for line in lines if line["outcome"] != "judged" or line["error"] or line["unjudged"]]
    return sorted((line["outcome"], line["path"], line["error"]) for line in wanted)


def twice(lines: Lines, _: Path) -> Rows:
    paths, units = defaultdict(list), defaultdict(set)
    for line in lines:
        for each in line["inputs"]:
            if each["size"]:
                paths[each["sha256"]].append(each["path"])
                units[each["sha256"]].add(line["unit"])
    rows = [(key, min(paths[key]), len(paths[key]), len(units[key])) for key in paths if len(units[key]) > 1]
    return sorted(rows, key=lambda row: (-row[2], row[1]))


def together(lines: Lines, _: Path) -> Rows:
    pairs: Counter[tuple[str, str]] = Counter()
    for line in lines:
        pairs.update(combinations(sorted({e["slug"] for e in line["findings"] if e["severity"] != "note"}), 2))
    return sorted(((*pair, count) for pair, count in pairs.items()), key=lambda row: (-row[2], row[0], row[1]))


def backups(lines: Lines, _: Path) -> Rows:
    rows = []
    for line in lines:
        servers = [each["name"] for each in line["postoffices"] if each["role"] == "server" and each["name"]]
        severities = Counter(each["severity"] for each in line["findings"])
        if servers:
            count = len(line["unsent"]["changes"])
            rows.append((servers[0], line["latest"], line["path"], severities["error"], severities["warning"], count))
    return sorted(rows, key=lambda row: (row[0], row[1] or "~", row[2]))


def how_good(lines: Lines, top: Path) -> Rows:
    networks, found = defaultdict(set), defaultdict(set)
    for each in (top / "archive" / "glbtools-simulation" / "truth.jsonl").read_text().splitlines():
        row = json.loads(each)
        if len(row["drawn"]) == 1 and not row["rules"]:
            for fault in row["faults"]:
                networks[fault["slug"]].add(row["path"])
                for line in lines:
                    for finding in line["findings"]:
                        if finding["slug"] == fault["slug"] and f"/{row['path']}/" in f"{finding['path']}/":
                            found[fault["slug"]].add(line["unit"])
    return sorted((slug, len(networks[slug]), len(found[slug])) for slug in networks)


ANSWERS: list[Callable[[Lines, Path], Rows]] = [
    problems, most_changes, never, addresses, quiet, unjudged, twice, together, backups, how_good,
]  # fmt: skip


def test_there_are_ten_questions() -> None:
    assert len(QUESTIONS) == len(ANSWERS) == 10


@pytest.mark.parametrize(("question", "answer"), list(zip(QUESTIONS, ANSWERS, strict=False)), ids=range(1, 11))
def test_a_question_of_the_guide_has_the_answer_that_the_lines_give(
    place: Path, lines: Lines, monkeypatch: pytest.MonkeyPatch, question: tuple[str, str], answer: Any
) -> None:
    monkeypatch.chdir(place)
    found = [tuple(row) for row in duckdb.sql(question[1]).fetchall()]
    assert found == answer(lines, place)
    assert found
