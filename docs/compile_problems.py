"""Compile the files of the problems into one checked module: part of ``make docs``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise

from glbtools.diagnosis.problems import source
from glbtools.diagnosis.problems.problem import AREAS, Problem

HEAD = '''"""The problems, compiled by ``make docs`` from the files beside this module; do not edit."""

from __future__ import annotations

from glbtools.diagnosis.problems.problem import Problem, Symptom

'''
WIDTH = 90


def compiled() -> str:
    """Return the module ``glbtools.diagnosis.problems.compiled``, formatted."""
    areas = list(AREAS)
    rows = sorted(
        (source.read(slug).row for slug in source.slugs()), key=lambda row: (areas.index(row.code[0]), row.code)
    )
    for one, other in pairwise(rows):
        if one.code == other.code:
            sys.exit(f"{one.slug}.md and {other.slug}.md: both have the code {one.code}")
    lines = ["PROBLEMS: tuple[Problem, ...] = (", *(line for row in rows for line in _row(row)), ")"]
    return formatted(HEAD + "\n".join(lines) + "\n")


def formatted(code: str) -> str:
    """Return Python as ruff formats it."""
    done = subprocess.run(  # noqa: S603 - our own tool
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(source.FOLDER / "compiled.py"), "-"],
        check=True,
        capture_output=True,
        text=True,
        input=code,
    )
    return done.stdout


def _row(row: Problem) -> Iterator[str]:
    yield "Problem("
    yield from (f"{field}={getattr(row, field)!r}," for field in ("code", "slug", "severity", "title", "repair"))
    yield f"sources=({' '.join(f'{each!r},' for each in row.sources)}),"
    if row.symptom is not None:
        said = row.symptom._asdict().items()
        yield f"symptom=Symptom({', '.join(f'{name}={value!r}' for name, value in said if value)}),"
    yield "),"


def main() -> None:
    """Write the module."""
    target = source.FOLDER / "compiled.py"
    target.write_text(compiled(), encoding="utf-8")
    print(target.relative_to(source.FOLDER.parents[2]))


if __name__ == "__main__":
    main()
