"""What is built can be installed and does what the README says: ``make dist``. Needs the package index."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def run(*command: object, cwd: Path, status: int = 0) -> str:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(word) for word in command],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=own | {"COLUMNS": "80", "NO_COLOR": "1"},
    )
    assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a wheel and an sdist; the wheel is built from what is in the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one folder in the sdist."""
    (sdist,) = built.glob("*.tar.gz")
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (top,) = folder.iterdir()
    return top


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel, what it asks for, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    run(programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, cwd=folder)
    return programs


def test_wheel_and_sdist_bear_the_one_version(built: Path) -> None:
    (said,) = re.findall(r'^__version__ = "(.*)"$', (ROOT / "glbtools/__init__.py").read_text(), re.MULTILINE)
    assert {each.name for each in built.iterdir()} == {
        f"glbtools-{said}.tar.gz", f"glbtools-{said}-py3-none-any.whl",
    }  # fmt: skip


def test_an_index_takes_them_with_their_description(built: Path) -> None:
    run(sys.executable, "-m", "twine", "check", "--strict", *sorted(built.iterdir()), cwd=built)


def test_the_wheel_has_the_package_its_manual_and_its_licence_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tracked = run("git", "ls-files", "glbtools", cwd=ROOT).split()
    own = {name for name in names if not name.split("/")[0].endswith((".dist-info", ".data"))}
    assert own == set(tracked)
    pages = {name.partition(".data/data/")[2] for name in names if ".data/" in name}
    manual = run("git", "ls-files", "docs/man", cwd=ROOT).split()
    assert pages == {f"share/man/man1/{Path(name).name}" for name in manual}
    assert {"glbtools/py.typed", "glbtools/layouts/queue-reference-1.toml"} <= own
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_sdist_has_what_is_kept_and_nothing_that_was_made(unpacked: Path) -> None:
    tracked = {name for name in run("git", "ls-files", cwd=ROOT).splitlines() if not name.startswith(".ci/")}
    files = {each.relative_to(unpacked).as_posix() for each in unpacked.rglob("*") if each.is_file()}
    assert files == tracked | {"PKG-INFO"}


def test_the_sdist_is_enough_to_test_the_pages(unpacked: Path) -> None:
    run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_docs.py", cwd=unpacked)


def test_what_the_readme_says_first_runs_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    program = installed / "glbtools"
    assert "glbtools diagnose mail.zip\n" in README
    run(program, "simulate", "reqtrans-begun-again", "--image", "mail.zip", "--quiet", cwd=tmp_path)
    printed = run(program, "diagnose", "mail.zip", cwd=tmp_path, status=1)
    assert printed.startswith("1 of 3 postoffices loses changes\n")
    assert "error[U101] stranded-transactions: 2 changes in REQTRANS, numbers 1 to 2, will\n" in printed


def test_the_wheel_runs_with_nothing_but_what_it_asks_for(installed: Path, tmp_path: Path) -> None:
    got = run(installed / "python", "-m", "pip", "list", "--format=freeze", cwd=tmp_path).lower()
    names = {line.partition("==")[0] for line in got.splitlines()}
    asked = {re.split(r"[<>=\[]", each)[0] for each in PROJECT["dependencies"]}
    assert asked <= names
    assert not {"pytsk3", "numpy", "ldif", "pytest"} & names
    assert run(installed / "glbtools", "--version", cwd=tmp_path).startswith("glbtools ")


MINE = """
def test_mine(glbtools_network):
    network = glbtools_network("server-restored", seed=7)
    assert network.faults == ["server-restored"]
    assert "U201" in [each.problem.code for each in network.diagnose().findings]
"""
THEIRS = """
from hypothesis import given, settings
import glbtools
from glbtools.testing import changes, damaged, postoffices, queue_files, reqconf_files, texts

@settings(max_examples=5, deadline=None)
@given(changes(), damaged(queue_files()), reqconf_files(), postoffices(), texts())
def test_theirs(held, queue, reqconf, postoffice, text):
    assert glbtools.inspect_bytes(queue, "REQTRANS.GLB", as_format="queue").content.build() == queue
"""


def test_the_fixture_and_the_strategies_come_with_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """The fixture needs pytest alone, and no project with pytest needs anything else because glbtools is there."""
    venv.create(tmp_path / "environment", with_pip=True)
    python = tmp_path / "environment" / ("Scripts" if os.name == "nt" else "bin") / "python"
    (tmp_path / "test_mine.py").write_text(MINE, encoding="utf-8")
    (tmp_path / "test_theirs.py").write_text(THEIRS, encoding="utf-8")
    pip, pytest_ = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"), (python, "-m", "pytest")
    run(*pip, wheel, "pytest", cwd=tmp_path)
    assert "1 passed" in run(*pytest_, "-q", "test_mine.py", cwd=tmp_path)
    asked = "import glbtools.testing as t; t.texts"
    said = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False, cwd=tmp_path).stderr
    assert said.endswith("ImportError: glbtools.testing.texts needs Hypothesis: pip install hypothesis\n")
    run(*pip, "hypothesis", cwd=tmp_path)
    assert "2 passed" in run(*pytest_, "-q", cwd=tmp_path)


def test_another_package_adds_a_format_to_the_wheel(installed: Path, tmp_path: Path) -> None:
    other = ROOT / "tests/api/another-package"
    (tmp_path / "a.not").write_bytes(b"NOTES\r\nreset it\r\n")
    site = run(installed / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path)
    added = Path(site.strip(), "another-package.pth")
    added.write_text(f"{other}\n", encoding="utf-8")
    try:
        assert "a.not: notes of an administrator" in run(installed / "glbtools", "inspect", "a.not", cwd=tmp_path)
    finally:
        added.unlink()


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
def test_man_finds_the_pages_of_an_environment_whose_programs_are_found(installed: Path, tmp_path: Path) -> None:
    search = {"PATH": f"{installed}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    for page in ("glbtools", "glbtools-diagnose", "glbtools-sync-run"):
        done = subprocess.run(["man", "-w", page], capture_output=True, text=True, env=search, check=False)
        assert done.stdout == f"{installed.parent}/share/man/man1/{page}.1\n", done.stderr


def test_the_lowest_versions_that_are_declared_hold(wheel: Path, unpacked: Path, tmp_path: Path) -> None:
    venv.create(tmp_path, with_pip=True)
    python = tmp_path / ("Scripts" if os.name == "nt" else "bin") / "python"
    extras = PROJECT["optional-dependencies"]
    declared = [*PROJECT["dependencies"], *extras["columns"], *extras["ldif"]]
    lowest = [re.sub(r">=([\d.]+).*", r"==\1", each) for each in declared]
    tools = ("pytest", "hypothesis", "jsonschema")
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, *lowest, *tools, cwd=tmp_path)
    run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/cli/test_transcripts.py", cwd=unpacked)
