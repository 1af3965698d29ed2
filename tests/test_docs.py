"""The documentation says what the program does."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
from pathlib import Path

import pytest

import glbtools
from glbtools.formats.registry import FORMATS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "fixtures" / "README.md"])


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["formats.md", "messages.md", "problems.md", "commands.md"])
def test_a_generated_page_is_up_to_date(generate, name):
    assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == generate.PAGES[name]()


@pytest.mark.parametrize("name", ["stuck-postoffice.html", "server-restored.html", "healthy-week.html"])
def test_an_example_page_is_what_the_program_makes(generate, name):
    assert (ROOT / "docs" / "examples" / name).read_text(encoding="utf-8") == generate.example(name), "make docs"


def test_the_coverage_has_every_problem_in_its_tables(generate):
    assert (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8") == generate.coverage(), "make docs"


def test_the_readme_shows_real_sessions(generate):
    assert (ROOT / "README.md").read_text(encoding="utf-8") == generate.readme()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_the_library_example_of_the_readme_runs(tmp_path, monkeypatch):
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    monkeypatch.chdir(tmp_path)
    glbtools.build("fixtures/specs/stuck.toml", "stuck")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert "17 POLYNOMIAL/MONTGOMERY" in printed.getvalue()
    assert Path("network/montgomery/GLB/SRVCONF.GLB").exists()


def test_the_layout_of_the_guide_is_one(tmp_path):
    from glbtools import layouts

    text = (ROOT / "docs" / "guides" / "layouts.md").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1], encoding="utf-8")
    assert layouts.load(path).id == "my-queue"


def test_the_checksum_of_the_guide_is_one(tmp_path):
    from glbtools import layouts
    from glbtools.binary.checksum import Crc

    text = (ROOT / "docs" / "guides" / "layouts.md").read_text(encoding="utf-8")
    whole, own = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[:2]
    path = tmp_path / "mine.toml"
    path.write_text(re.sub(r"\[checksum\].*?(?=\[\[)", own, whole, count=1, flags=re.DOTALL), encoding="utf-8")
    layout = layouts.load(path)
    assert layout.crc == Crc(16, 0x3D65, 0xB2AA, True, True, 0xFFFF)
    assert layout.covers == ("sync", "stamp", "text")


def test_the_guide_names_every_checksum():
    from glbtools.binary.checksum import ALGORITHMS

    text = (ROOT / "docs" / "guides" / "layouts.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`([^`\n]+)`", text.partition("**Checksums.**")[2].partition("```toml")[0]))
    named = {re.sub(r"^crc-\d\d/|/(inverted|negated)$", "", name) for name in ALGORITHMS}
    prefixes = {"crc-16/", "crc-32/", "algorithm"}
    examples = {"/inverted", "/negated", "sum-16/negated", "ones-16/inverted", "crc-32/iso-hdlc"}
    parameters = {"width", "poly", "init", "xorout", "refin", "refout"}
    assert listed - prefixes - examples - parameters == named


def test_every_format_is_on_its_page():
    page = (ROOT / "docs" / "reference" / "formats.md").read_text(encoding="utf-8")
    for name in FORMATS:
        assert f"\n## {name}\n" in page


def test_every_public_name_exists_and_has_a_docstring():
    for name in glbtools.__all__:
        value = getattr(glbtools, name)
        assert name == "__version__" or value.__doc__
    with pytest.raises(AttributeError):
        glbtools.nothing_of_the_kind  # noqa: B018 - the access is the test


@pytest.mark.parametrize("path", sorted((ROOT / "glbtools").rglob("*.py")), ids=lambda path: path.stem)
def test_no_line_names_a_place_of_this_machine(path):
    text = path.read_text(encoding="utf-8")
    assert str(ROOT.parent) + os.sep not in text
