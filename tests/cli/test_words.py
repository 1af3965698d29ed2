"""Words of a command line that a program understands: short options, sizes, completion, explanations by words."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from glbtools.cli.arguments import size
from glbtools.diagnosis.explanation import explain, search
from glbtools.diagnosis.problems import PROBLEMS
from glbtools.errors import suggestion
from glbtools.formats.messages import catalogue
from glbtools.reporting.text import word
from tests.cli.replay import Run

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


def completed(*words: str, directory: Path | None = None) -> list[str]:
    """Return what bash offers for the last of some words."""
    environment = os.environ | {
        "COMP_WORDS": "\n".join(["glbtools", *words]),
        "COMP_CWORD": str(len(words)),
        "_GLBTOOLS_COMPLETE": "complete_bash",
    }
    program = "import sys; sys.argv[:] = ['glbtools']; from glbtools.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, cwd=directory
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("explain", "U10"), {each.code for each in PROBLEMS if each.code.startswith("U10")}),
        (("explain", "strand"), {"stranded-transactions"}),
        (("explain", "17"), {str(each.code) for each in catalogue() if str(each.code).startswith("17")}),
        (("diagnose", "x", "--select", "U101"), {"U101"}),
        (("diagnose", "x", "--ignore", "server-restored-f"), {"server-restored-from-backup"}),
        (("rebuild", "x", "--only", "Q201"), {"Q201"}),
        (("simulate", "healthy-w"), {"healthy-week"}),
        (("inspect", "--as", "li"), {"listq", "listds"}),
        (("formats", "que"), {"queue"}),
        (("inspect", "--format", "js"), {"json", "jsonl"}),
        (("inspect", "-f", "li"), {"listing"}),
        (("diagnose", "x", "--min-severity", ""), {"note", "warning", "error"}),
        (("directory", "export", "usn.csv", "--significant", "Ti"), {"Title"}),
        (("directory", "export", "none.csv", "--significant", "Ti"), set()),
        (("diag",), {"diagnose"}),
    ],
)
def test_completion_knows_codes_slugs_messages_scenarios_formats_and_columns(words, offered, tmp_path):
    (tmp_path / "usn.csv").write_text("Obj-Class,Obj-Dist-Name,USN-Changed,Title,City\r\n", "utf-8")
    assert set(completed(*words, directory=tmp_path)) == offered


def test_short_options_are_those_of_every_command_that_has_the_long_ones(run: Run, tmp_path: Path) -> None:
    build = run("build", FIXTURES / "specs" / "stuck.toml", "-q", "-o", tmp_path / "net")
    assert (build.status, build.out, build.err) == (0, "", "")
    place = tmp_path / "net"
    assert run("diagnose", place, "-f", "json", "-q").out == run("diagnose", place, "--json", "--quiet").out
    assert run("diagnose", place, "-v").out == run("diagnose", place, "--verbose").out
    assert run("rebuild", place, "-o", tmp_path / "rebuilt", "-q").out == ""
    assert run("timeline", place, "-o", tmp_path / "case.jsonl", "-q").status == 0
    assert run("report", place, "-o", tmp_path / "page.html", "-q").status == 1
    assert (tmp_path / "page.html").read_bytes() and (tmp_path / "case.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("4096", 4096),
        ("64K", 65536),
        ("256M", 1 << 28),
        ("2G", 2 << 30),
        ("2 GiB", 2 << 30),
        ("1tb", 1 << 40),
    ],
)
def test_a_size_is_a_number_with_a_unit(text: str, number: int) -> None:
    assert size(text) == number


def test_a_size_bounds_what_is_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "REQTRANS.GLB").write_bytes(bytes(3000))
    refused = run("inspect", tmp_path / "REQTRANS.GLB", "--max-file-size", "2K")
    assert (refused.status, "larger than 2048 bytes" in refused.err) == (2, True)
    assert run("inspect", tmp_path / "REQTRANS.GLB", "--max-file-size", "3K").status == 1


def test_words_of_a_message_find_its_number_and_the_problems_that_show_it(run: Run) -> None:
    found = explain("No requestor updates to send")
    assert found.messages[0].code == 171
    assert "U101" in [each.code for each in found.problems[:2]]
    for words in (["No requestor updates to send"], ["no", "REQUESTOR", "updates", "to", "send"]):
        said = run("explain", *words)
        assert said.status == 0
        assert "171  No requestor updates to send" in said.out
        assert "U101  stranded-transactions" in said.out
    document = json.loads(run("explain", "--json", "No requestor updates to send").out)
    assert document["messages"][0]["code"] == 171
    assert document["problems"][0] == {
        key: document["problems"][0][key] for key in ("code", "slug", "severity", "title", "repair", "sources")
    }


def test_every_wording_of_a_message_finds_its_number() -> None:
    for each in catalogue():
        words = each.text.replace("{", " ").replace("}", " ")
        assert each.code in [found.code for found in search(words).messages], each.text


def test_every_title_finds_its_problem_first() -> None:
    for each in PROBLEMS:
        assert search(each.title).problems[0] is each


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("QUEUE", ["queue", "queues"], "; did you mean queue?"),
        ("--jsno", ["--json", "--now"], "; did you mean --json?"),
        ("que", ["queue", "log"], "; did you mean queue?"),
        ("x", ["queue", "log"], ""),
        ("", ["queue"], ""),
    ],
)
def test_a_mistyped_word_is_answered_with_what_comes_near(word: str, known: list[str], said: str) -> None:
    assert suggestion(word, known) == said


@pytest.mark.skipif(sys.platform == "win32", reason="shells of POSIX")
@pytest.mark.parametrize("shell", [each for each in ("sh", "bash", "zsh", "fish") if shutil.which(each)])
@pytest.mark.parametrize(
    "name", ["plain/GLB", "my case", "net [1]", "a?b", "x*", "(deleted)", "$HOME", "it's", 'say "x"']
)
def test_a_path_in_a_command_that_is_shown_can_be_pasted_into_any_shell(shell: str, name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [shell, "-c", f"printf %s {word(name)}"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (0, name)


def test_the_command_of_a_report_is_one_that_runs(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = "my case [1]"
    assert run("build", FIXTURES / "specs" / "stuck.toml", "--out", place, "-q").status == 0
    (command,) = [each.strip() for each in run("report", place).out.splitlines() if "glbtools rebuild" in each]
    words = shlex.split(command.replace("NEW_DIRECTORY", "made"))
    assert words[:3] == ["glbtools", "rebuild", place]
    assert run(*words[1:]).status == 0
    assert Path("made/october/GLB/REQTRANS.GLB").is_file()
