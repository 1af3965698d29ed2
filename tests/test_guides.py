"""Whoever follows a guide, command by command, sees what it says."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
WITHOUT_FILES = ("contributing",)
"""Guides that are not about files."""

GUIDES = [path for path in sorted((ROOT / "docs" / "guides").glob("*.md")) if path.stem not in WITHOUT_FILES]


@pytest.fixture(scope="module")
def sessions() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs")
        return importlib.import_module("sessions")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_every_command_of_a_guide_does_what_the_guide_says(sessions: ModuleType, guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    if absent := sessions.missing(text):
        pytest.skip(f"not installed here: {', '.join(sorted(absent))}")
    assert sessions.rerun(text) == text, "make docs"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_guide_begins_by_making_its_example_files(sessions: ModuleType, guide: Path) -> None:
    first, *_ = sessions.BLOCK.finditer(guide.read_text(encoding="utf-8"))
    if sessions.TITLE.search(first["rest"]) is None:
        lines = [command.line for command in sessions.commands(first["text"])]
        assert any(line.startswith(("glbtools simulate ", "glbtools build ")) for line in lines)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("```console\n$ glbtools explain no-such-problem\n```\n", "status 2, not 0"),
        ("```console\n$ glbtools --version  # status 1: it is not\n```\n", "status 0, not 1"),
        ('```toml title="a.toml"\nx = 1\n```\n\n```console\n$ grep -q y a.toml\n```\n', "grep"),
        ("```python\nraise ValueError\n```\n", "ValueError"),
    ],
)
def test_a_guide_that_is_wrong_is_noticed(sessions: ModuleType, page: str, said: str) -> None:
    with pytest.raises(sessions.SessionError, match=said):
        sessions.rerun(page)


def test_what_a_guide_shows_is_what_is_printed_today(sessions: ModuleType) -> None:
    page = "Text.\n\n<!-- run -->\n```console\n$ echo a\nb\n$ echo c \\\n    d\n```\n\n```text\n$ not run\n```\n"
    printed = (
        "Text.\n\n<!-- run -->\n```console\n$ echo a\na\n$ echo c \\\n    d\nc d\n```\n\n```text\n$ not run\n```\n"
    )
    assert sessions.rerun(page) == printed


def test_a_tool_that_a_guide_needs_and_this_machine_has_not_is_named(sessions: ModuleType) -> None:
    page = "```console\n$ glbtools --version\n$ no-such-tool x\n```\n"
    assert sessions.programs(page) == sessions.missing(page) == {"no-such-tool"}
