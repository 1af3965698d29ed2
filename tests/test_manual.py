"""Manual pages: of every command, as the program says it today, without a fault in their roff, and in the wheel."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from glbtools.cli.app import COMMANDS, GROUPS

ROOT = Path(__file__).resolve().parents[1]
MAN = ROOT / "docs" / "man"


@pytest.fixture(scope="module")
def manual() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs")
        return importlib.import_module("manual")


def test_the_pages_are_what_the_commands_say_today(manual: ModuleType) -> None:
    assert {each.name: each.read_text("utf-8") for each in MAN.iterdir()} == manual.pages(), "make docs"


def test_every_command_has_a_page_that_names_its_options(manual: ModuleType) -> None:
    every = [*COMMANDS, *(f"{group}-{name}" for group, (_, names) in GROUPS.items() for name in names)]
    assert {each.name for each in MAN.iterdir()} == {"glbtools.1", *(f"glbtools-{each}.1" for each in every)}
    shown = (MAN / "glbtools-diagnose.1").read_text("utf-8")
    for said in (
        "\\fB\\-\\-select\\fR \\fICODE|SLUG\\fR",
        "\\fB\\-\\-quiet\\fR, \\fB\\-q\\fR",
        "Default: 256M.",
        "143",
    ):
        assert said in shown
    overview = (MAN / "glbtools.1").read_text("utf-8")
    assert all(each.replace("-", "\\-") in overview for each in every)


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_has_nothing_to_say_of_a_page() -> None:
    for page in sorted(MAN.iterdir()):
        command = ["groff", "-man", "-Tutf8", "-ww", str(page)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), page.name
        assert len(done.stdout) > 500


def test_the_wheel_installs_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared == {"docs/man": "share/man/man1"}
