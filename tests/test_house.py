"""Rules of the house: what ships is used, arguments are used and named, test modules stand alone.

Where a rule is not kept everywhere yet, the rest is counted by room. The numbers only fall.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "glbtools"
USERS = (PACKAGE, ROOT / "docs", ROOT / "scoreboard", ROOT / "benchmarks", ROOT / "fixtures")
"""Whoever uses a name other than a test; pyproject.toml names ``main``."""

MOST_POSITIONAL = 5

POSITIONAL = {"formats": 1}
"""Room -> calls with more than five positional arguments, but for the rows of tables."""

UNUSED: dict[str, int] = {}
"""Room -> arguments that their functions do not use."""

ONLY_TESTED = {"_parse", "as_coded", "get_size", "writable"}
"""Names that only tests use. construct calls ``_parse``, pytsk ``get_size``."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room(path: Path) -> str:
    """Return the part of the package that a module belongs to."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else "."


def modules(*places: Path) -> Iterator[Path]:
    for place in places:
        yield from sorted(place.rglob("*.py"))


# --- arguments ---------------------------------------------------------------------------------------------------


def positional(code: ast.Module) -> int:
    """Return how many calls have more positional arguments than a reader can tell apart; rows of a table aside."""
    calls = {each for node in ast.walk(code) if isinstance(node, ast.FunctionDef) for each in ast.walk(node)}
    return sum(isinstance(each, ast.Call) and len(each.args) > MOST_POSITIONAL for each in calls)


def unused(code: ast.Module) -> list[str]:
    """Return the arguments that their functions do not use; a name with an underscore says that it is meant."""
    found = []
    for node in ast.walk(code):
        if not isinstance(node, ast.FunctionDef) or is_declared_only(node):
            continue
        used = {each.id for part in node.body for each in ast.walk(part) if isinstance(each, ast.Name)}
        names = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        found += [
            name for name in names if name not in used and not name.startswith("_") and name not in ("self", "cls")
        ]
    return found


def is_declared_only(function: ast.FunctionDef) -> bool:
    """Whether a function has no body but a docstring, or raises that there is none."""
    return all(
        isinstance(each, ast.Raise | ast.Pass) or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in function.body
    )


def over(found: Counter[str], allowed: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Return where there is more than allowed: room -> found, allowed."""
    return {name: (number, allowed.get(name, 0)) for name, number in found.items() if number > allowed.get(name, 0)}


def test_a_call_has_at_most_five_positional_arguments() -> None:
    found: Counter[str] = Counter()
    for path in modules(PACKAGE):
        found[room(path)] += positional(tree(path))
    assert over(found, POSITIONAL) == {}


def test_a_function_uses_its_arguments() -> None:
    found: Counter[str] = Counter()
    for path in modules(PACKAGE):
        found[room(path)] += len(unused(tree(path)))
    assert over(found, UNUSED) == {}


@pytest.mark.parametrize(
    ("code", "calls", "names"),
    [
        (
            "R = [f(1, 2, 3, 4, 5, 6)]\ndef f():\n  f(1, 2, 3, 4, 5)\n  f(1, 2, 3, 4, 5, 6)\n  f(1, 2, 3, 4, 5, f=6)",
            1,
            [],
        ),
        ("def f(a, b, *, c, _d):\n    return a", 0, ["b", "c"]),
        ('class A:\n    def f(self, a):\n        """Say."""\n    def g(self, a):\n        raise KeyError', 0, []),
    ],
)
def test_what_is_counted(code: str, calls: int, names: list[str]) -> None:
    assert positional(ast.parse(code)) == calls
    assert unused(ast.parse(code)) == names


# --- what ships --------------------------------------------------------------------------------------------------


def defined(path: Path) -> Iterator[str]:
    """Yield the functions, methods, classes and values that a module defines."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
    for statement in tree(path).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
        yield from (each.id for each in targets if isinstance(each, ast.Name))


def used(path: Path) -> Iterator[str]:
    """Yield the names that a module uses, those within texts without blanks among them, as ``queue:Queue``."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            yield from re.findall(r"\w+", node.value)


def test_nothing_ships_that_only_tests_use() -> None:
    names = {name for path in modules(PACKAGE) for name in defined(path) if not re.fullmatch("__.*__", name)}
    everything = {name for path in modules(*USERS) for name in used(path)}
    assert names - everything <= ONLY_TESTED


#: A type is named by a noun: neither by a participle nor by a word that names nothing.
PARTICIPLE = re.compile(
    "[A-Z][a-z]+ed|Found|Given|Held|Hurt|Kept|Known|Left|Lost|Read|Said|Seen|Sent|Shown|Taken|Told|Undone|Written|Others?"
)


def test_no_type_is_named_by_a_bare_participle() -> None:
    names = {
        node.name.strip("_"): path.relative_to(ROOT).as_posix()
        for path in modules(PACKAGE)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
    }
    assert {name: path for name, path in names.items() if PARTICIPLE.fullmatch(name)} == {}


def test_test_modules_do_not_import_each_other() -> None:
    imported = set()
    for path in modules(ROOT / "tests"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and re.search(r"(?:^|\.)(?:test_\w+|conftest)$", node.module or ""):
                imported.add(node.module)
    assert imported == set()


# --- how sure ----------------------------------------------------------------------------------------------------

SURE_BY_HAND = {
    "alternatives.py": 2,
    "changes/view.py": 2,
    "doubts.py": 1,
}
"""Module of the diagnosis -> places where it says how sure something is and names no doubt (model/doubts.py)."""


def sure_by_hand(code: ast.Module) -> int:
    """Return how often a module calls something likely or possible; what it compares with that is another matter."""
    compared = {id(part) for node in ast.walk(code) if isinstance(node, ast.Compare) for part in ast.walk(node)}
    keys = {id(node.slice) for node in ast.walk(code) if isinstance(node, ast.Subscript)}
    return sum(
        isinstance(node, ast.Constant) and node.value in ("likely", "possible") and id(node) not in compared | keys
        for node in ast.walk(code)
    )


def test_no_check_says_itself_how_sure_its_finding_is() -> None:
    found: Counter[str] = Counter()
    for path in modules(PACKAGE / "diagnosis"):
        found[path.relative_to(PACKAGE / "diagnosis").as_posix()] += sure_by_hand(tree(path))
    assert +found == SURE_BY_HAND


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ('f(certainty="likely")', 1),
        ('f(certainty="certain" if x else "possible")', 1),
        ('x.certainty == "likely"', 0),
        ('f("likely") if x.certainty != "possible" else f("possible")', 2),
    ],
)
def test_what_is_counted_as_said_by_hand(code: str, count: int) -> None:
    assert sure_by_hand(ast.parse(code)) == count
