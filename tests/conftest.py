from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import pytest
from hypothesis import settings

from glbtools import cli
from glbtools.simulation.run import simulate

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "fixtures"
PUBLISHED = ROOT.parent / "shared" / "evidence" / "published"

# How fast a machine is decides nothing, and what passes on one passes on all: the examples follow from the tests.
settings.register_profile("same everywhere", deadline=None, derandomize=True)
# make test-fresh: other examples each time, and more of them.
settings.register_profile("fresh", deadline=None, max_examples=300)
settings.load_profile("same everywhere")


class Ran(NamedTuple):
    """What one run of the command line left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(scope="session")
def published() -> Path:
    if not PUBLISHED.is_dir():
        pytest.skip(f"the published evidence is not beside this checkout ({PUBLISHED})")
    return PUBLISHED


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the directory of a packaged scenario: whoever is first to ask for it in a run of the suite makes it.

    The processes of a run share what they make, so nothing may be changed there.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "scenarios"
    shared.mkdir(exist_ok=True)

    def made(name: str) -> Path:
        target = shared / name
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=shared) as own:
                simulate(name, Path(own, name))
                with contextlib.suppress(OSError):  # another process was first
                    Path(own, name).rename(target)
        return target

    return made


@pytest.fixture(scope="session")
def fixture_path(simulated: Callable[[str], Path]) -> Callable[[str], Path]:
    """Return a path in a fixture: below ``fixtures/`` where its files are kept, else in what its scenario makes."""

    def path(name: str) -> Path:
        root, _, rest = name.partition("/")
        return (FIXTURES / root if (FIXTURES / root).is_dir() else simulated(root)) / rest

    return path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command line inside this process: ``run("inspect", path, stdin=b"...", columns=140)``."""

    def call(*arguments: object, stdin: bytes = b"", columns: int = 80, color: bool = False) -> Ran:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["glbtools", *map(str, arguments)])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setenv("COLUMNS", str(columns))
            patch.setenv("NO_COLOR", "" if color else "1")
            for name in ("FORCE_COLOR", "GLBTOOLS_DEBUG", "LANG", "LC_ALL"):
                patch.delenv(name, raising=False)
            with pytest.raises(SystemExit) as left:
                cli.main()
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode("utf-8"))  # type: ignore[attr-defined]
        return Ran(int(left.value.code or 0), *texts)

    return call


@pytest.fixture
def steps_of() -> Callable[[Callable[[], object]], int]:
    """``steps_of(call)``: how many calls the interpreter makes for it; unlike time it is the same on every machine."""

    def counted(call: Callable[[], object]) -> int:
        count = 0

        def tracer(frame: FrameType, event: str, argument: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(tracer)
        try:
            call()
        finally:
            sys.setprofile(None)
        return count

    return counted
