"""The cases of this folder as claims: what must be true of an answer, one by one, and which are still open."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ISSUES = ("verdicts", "evidence", "learn", "directories", "house")
"""The issues that are to mend what is still open."""


def open_claims() -> dict[str, str]:
    """Return the claims that do not hold yet: ``part/case/claim`` -> the issue that will mend it."""
    listed = tomllib.loads((HERE / "open.toml").read_text(encoding="utf-8"))
    return {
        f"{case}/{claim}": issue
        for issue, cases in listed.items()
        for case, claims in cases.items()
        for claim in claims
    }


def expected(part: str, name: str = "expected.toml") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the cases of a part with what is said of them."""
    for case in sorted((HERE / part).iterdir()):
        if (case / name).is_file():
            yield case.name, tomllib.loads((case / name).read_text(encoding="utf-8"))


def parameters(part: str, claims: Iterable[tuple[str, str]]) -> list[Any]:
    """Return (case, claim) as parameters of a test; an open one is a strict xfail that names its issue."""
    still_open = open_claims()
    found = []
    for case, claim in claims:
        issue = still_open.get(f"{part}/{case}/{claim}")
        marks = [pytest.mark.xfail(reason=f"open: {issue}", raises=AssertionError, strict=True)] if issue else []
        found.append(pytest.param(case, claim, marks=marks, id=f"{case}-{claim}"))
    return found
