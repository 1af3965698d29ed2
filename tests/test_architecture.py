"""The journeys of docs/architecture.md are those of the running program."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest

from tests.cli.replay import Run

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
MOST = 200
"""Members of a list that are looked at."""

DEEPEST = 3
"""Tables in one another that are looked into."""


class Step(NamedTuple):
    """A row of a journey."""

    number: int
    type: str
    made_by: str


def _stuck(path: Path, build: Run) -> list[str]:
    text = (ROOT / "fixtures" / "specs" / "stuck.toml").read_text(encoding="utf-8")
    text = text.replace("\nsync = 1\n", "\nsync = 4711\n").replace("reqsync = 17", "reqsync = 6123")
    (path / "stuck.toml").write_text(text, encoding="utf-8")
    assert build("build", path / "stuck.toml", "--out", path / "po").status == 0
    return ["diagnose", str(path / "po")]


def _logged(path: Path, build: Run) -> list[str]:
    arguments = _stuck(path, build)
    (log,) = (path / "po").rglob("DIRSYNC.LOG")
    log.write_bytes(b"04/07/94 12:34:56 | Fatal  [161] Server configuration busy\r\n")
    return arguments


def _dumped(path: Path, _: Run) -> list[str]:
    (path / "dump.ldif").write_text(
        "version: 1\n\ndn: CN=Ann,DC=example\nobjectClass: person\nobjectGUID:: AAECAwQFBgcICQoLDA0ODw==\n"
        "cn: Ann\ntelephoneNumber: 8675309\nuSNCreated: 8000000\nuSNChanged: 8000001\n"
    )
    state, to = str(path / "state.json"), str(path / "out.txt")
    return ["directory", "export", str(path / "dump.ldif"), "--quiet", "--state", state, "--to", to]


JOURNEYS: dict[str, tuple[Callable[[Path, Run], list[str]], int | None, str, int]] = {
    "The number of a record of REQTRANS becomes a sentence of U101": (_stuck, 4711, "4711", 5),
    "ReqSync in REQCONF becomes a line of evidence": (_stuck, 6123, "6123", 8),
    "A line of a log becomes a finding": (_logged, None, "12:34:56", 5),
    "A value of an LDIF dump becomes a line of an export": (_dumped, None, "8675309", 6),
}
"""Heading -> what is run, the value as a number and as text, and the most steps there may be."""


def described(heading: str) -> list[Step]:
    """Return a journey as the page has it."""
    section = PAGE.read_text(encoding="utf-8").partition(f"### {heading}\n")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| (\d+) \| `([\w.]+)` \| `([\w.<>]+)` \|$", section, re.MULTILINE)
    return [Step(int(number), name, made_by) for number, name, made_by in rows]


def fields(found: object) -> Iterable[Any]:
    """Return the values of a type of the project."""
    if dataclasses.is_dataclass(found):
        return [getattr(found, each.name, None) for each in dataclasses.fields(found)]
    return found if isinstance(found, tuple) else ()


def holds(found: object, value: int | None, text: str) -> bool:
    """Whether a type of the project holds a value in a field of its own, or in plain tables in it."""
    waiting = [(each, 0) for each in fields(found)]
    while waiting:
        each, depth = waiting.pop()
        if (type(each) is int and each == value) or (isinstance(each, str) and text in each):
            return True
        if depth < DEEPEST and isinstance(each, tuple | list | dict) and not hasattr(each, "_fields"):
            inner = each.values() if isinstance(each, dict) else each
            waiting += [(one, depth + 1) for one in list(inner)[:MOST]]
    return False


def followed(run: Callable[[], object], value: int | None, text: str) -> dict[str, str]:
    """Return the types that hold a value while something runs, in order, each with the function it first came from."""
    found: dict[str, str] = {}

    def look(frame: FrameType, event: str, result: object) -> None:
        module = frame.f_globals.get("__name__", "")
        if event != "return" or result is None or not module.startswith("glbtools."):
            return
        many = isinstance(result, list) or (isinstance(result, tuple) and not hasattr(result, "_fields"))
        for each in list(result)[:MOST] if many else [result]:  # type: ignore[call-overload]
            of = type(each)
            if of.__module__.startswith("glbtools.") and not of.__name__.startswith("_"):
                name = f"{of.__module__}.{of.__name__}".removeprefix("glbtools.")
                if name not in found and holds(each, value, text):
                    code = frame.f_code
                    made_by = getattr(code, "co_qualname", code.co_name)
                    found[name] = f"{module}.{made_by}".removeprefix("glbtools.")

    sys.setprofile(look)
    try:
        run()
    finally:
        sys.setprofile(None)
    return found


@pytest.mark.skipif(sys.version_info < (3, 11), reason="code objects have no qualified names before Python 3.11")
@pytest.mark.parametrize("heading", JOURNEYS)
def test_a_journey_passes_through_the_types_that_the_page_names(heading: str, tmp_path: Path, run: Run) -> None:
    prepare, value, text, _ = JOURNEYS[heading]
    arguments = prepare(tmp_path, run)
    run(*arguments)  # What is made once, tables and patterns, is made now.
    for each in ("state.json", "out.txt"):
        (tmp_path / each).unlink(missing_ok=True)
    found = followed(lambda: run(*arguments), value, text)
    steps = {each.type: each.made_by for each in described(heading)}
    assert found == steps


@pytest.mark.parametrize("heading", JOURNEYS)
def test_a_journey_has_no_more_steps_than_it_may(heading: str) -> None:
    steps = [each.number for each in described(heading)]
    assert steps == sorted(steps)
    assert set(steps) == set(range(1, max(steps) + 1))
    assert max(steps) <= JOURNEYS[heading][3]


def test_the_tree_of_the_page_is_that_of_the_package() -> None:
    tree = PAGE.read_text(encoding="utf-8").partition("```\n")[2].partition("```")[0]
    named = set(re.findall(r"^  ([\w.]+)/? ", tree, re.MULTILINE))
    there = {
        each.name
        for each in (ROOT / "glbtools").iterdir()
        if (each.is_dir() and each.name != "__pycache__") or (each.suffix == ".py" and not each.name.startswith("__"))
    }
    assert there - named <= {"library.py"}
    assert named <= there
