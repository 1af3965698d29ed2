"""The documentation says what the program does."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import tomllib
import typing
from pathlib import Path

import pytest

import glbtools
import glbtools.testing
from glbtools.formats.registry import FORMATS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "fixtures" / "README.md"])
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def generate():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs")
        return importlib.import_module("generate")


@pytest.mark.parametrize("name", ["formats.md", "messages.md", "problems.md", "commands.md", "library.md"])
def test_a_generated_page_is_up_to_date(generate, name):
    assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == generate.PAGES[name]()


@pytest.mark.parametrize("name", ["stuck-postoffice.html", "server-restored.html", "healthy-week.html"])
def test_an_example_page_is_what_the_program_makes(generate, name):
    assert (ROOT / "docs" / "examples" / name).read_text(encoding="utf-8") == generate.example(name), "make docs"


def test_the_coverage_has_every_problem_in_its_tables(generate):
    assert (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8") == generate.coverage(), "make docs"


def test_the_readme_has_every_command_and_what_it_says_of_itself(generate):
    assert generate.readme() == README, "make docs"


def test_the_picture_of_the_readme_is_of_a_real_run(generate):
    assert generate.PICTURE.read_text(encoding="utf-8") == generate.pictured(), "make docs"


def test_the_readme_says_in_words_what_its_picture_shows(generate):
    (words,) = re.findall(r"!\[([^\]]+)\]\(docs/examples/diagnose\.svg\)", README)
    letters = re.sub(r"\W+", " ", " ".join(map(generate.picture.plain, generate.run_of_the_picture())))
    *said, _ = re.split(r"\. ", words)
    for sentence in said:
        assert re.sub(r"\W+", " ", sentence).strip() in letters


def test_the_picture_is_of_what_make_demo_runs(generate):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for arguments in generate.PICTURED:
        assert f"glbtools {' '.join(arguments)}" in makefile


def test_what_the_readme_asks_make_for_is_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    asked = re.findall(r"^make (\w+)", README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"demo", "test"} <= set(asked)
    for target in asked:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_readme_stays_short():
    assert len(README.splitlines()) < 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\((?!https://)([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_the_layout_of_the_guide_is_one(tmp_path):
    from glbtools import layouts

    text = (ROOT / "docs" / "guides" / "layouts.md").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(re.search(r"```toml[^\n]*\n(.*?)```", text, re.DOTALL)[1], encoding="utf-8")
    assert layouts.load(path).id == "my-queue"


def test_the_checksum_of_the_guide_is_one(tmp_path):
    from glbtools import layouts
    from glbtools.binary.checksum import Crc

    text = (ROOT / "docs" / "guides" / "layouts.md").read_text(encoding="utf-8")
    whole, own = re.findall(r"```toml[^\n]*\n(.*?)```", text, re.DOTALL)[:2]
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


def test_every_dependency_is_explained_with_its_bounds():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    rows = {
        tuple(cell.strip() for cell in line.strip("|").split("|"))[:4]
        for line in (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    }
    core = {row[:2] for row in rows}
    for each in project["dependencies"]:
        assert re.fullmatch(r"([\w.-]+)(.*)", each).groups() in core, each
    for extra, packages in project["optional-dependencies"].items():
        for each in packages:
            name, bounds = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?(.*)", each).groups()
            assert name == "glbtools" or any(row[:3] == (extra, name, bounds) for row in rows), each


def test_there_is_one_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changes = re.findall(r"^## \[([\d.]+)\] - (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    version, date = changes[0]
    assert version == glbtools.__version__
    assert f"\nversion: {version}\ndate-released: {date}\n" in citation


def test_every_public_name_is_on_the_page_of_the_library_once():
    page = (ROOT / "docs" / "reference" / "library.md").read_text(encoding="utf-8")
    names = re.findall(r"^### (?:class )?(\w+)$", page.partition("\n## For your tests\n")[0], re.MULTILINE)
    assert sorted(names) == sorted(set(glbtools.__all__) - {"__version__"})


def test_the_page_of_the_library_explains_every_field_and_every_argument(generate):
    public = {name: getattr(glbtools, name) for name in glbtools.__all__ if name != "__version__"}
    calls = {name: each for name, each in public.items() if not isinstance(each, type)}
    types = [each for each in public.values() if isinstance(each, type)]
    opened = [kind for kind in generate.library.inner() if kind.__name__ not in generate.library.OPAQUE]
    for kind in [*types, *opened, glbtools.testing.SimulatedNetwork]:
        for member in [*generate.library.members(kind)[0], *generate.library.members(kind)[1]]:
            assert member.text.prose, (kind, member.name)
    for name in glbtools.testing.__all__:
        calls[name] = getattr(glbtools.testing, name)
    for name, call in calls.items():
        explained = generate.library.parsed(call.__doc__).sections.get("Args", {})
        assert isinstance(call, type) or set(inspect.signature(call).parameters) <= set(explained), name


def test_every_command_is_a_call_of_the_library(generate):
    page = (ROOT / "docs" / "guides" / "library.md").read_text(encoding="utf-8")
    rows = dict(
        re.findall(r"^\| `([a-z ]+)` \| `(\w+)`", page.partition("## Every command is a call")[2], re.MULTILINE)
    )
    assert set(rows) == {name for name, _ in generate.manual.every_command()}
    assert set(rows.values()) <= set(glbtools.__all__)


def test_every_reason_of_unsent_is_among_the_words():
    from glbtools.diagnosis.changes.found import Why

    words = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    for reason in typing.get_args(Why):
        assert re.search(rf"^\| {reason} \| (up|down|up, down) \|", words, re.MULTILINE), reason


def test_every_page_is_in_the_navigation_of_the_site_and_in_the_index():
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").as_posix()
        assert re.search(rf"[ ]{re.escape(name)}$", nav, re.MULTILINE), name
        assert f"({name})" in index or name == "index.md", name
