"""Run what a page tells its reader to type: part of ``make docs``, and of the tests.

In a page, the blocks are one session in one empty directory, in their order:

- ```` ```console ````: each line that begins with ``$ `` is a command. It must end with status 0, or with the one that
  the line names: ``$ glbtools diagnose copy  # status 1``. Below a comment ``<!-- run -->`` the block shows what is
  printed, too.
- ```` ```toml title="mine.toml" ````: a file that the reader saves under that name; any language.
- ```` ```python ````: a program that is run there.

All other blocks are only shown.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^(?P<shown><!-- run -->\n)?```(?P<language>\w+)(?P<rest>[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S)
TITLE = re.compile(r'title="([^"/]+)"')
STATUS = re.compile(r"\s+# status (\d+)\b.*$")


class Command(NamedTuple):
    """A command of a page: the words as they stand there, what is run, and the status that is told."""

    shown: str
    line: str
    status: int

    @property
    def program(self) -> str:
        """The program that is run first."""
        return self.line.split()[0]


def commands(text: str) -> list[Command]:
    """Return the commands of a block; a line that ends in a backslash goes on in the next."""
    found: list[str] = []
    continued = False
    for line in text.splitlines():
        if continued:
            found[-1] += f"\n{line}"
        elif line.startswith("$ "):
            found.append(line)
        continued = (continued or line.startswith("$ ")) and line.endswith("\\")
    return [_command(shown) for shown in found]


def _command(shown: str) -> Command:
    line = shown[2:]
    told = STATUS.search(line)
    return Command(shown, line[: told.start()] if told else line, int(told[1]) if told else 0)


class SessionError(Exception):
    """A command of a page does not do what the page says."""


def environment() -> dict[str, str]:
    """Return the environment of a reader at 80 columns without colour, with this glbtools first in PATH."""
    own = str(Path(sys.executable).parent)
    path = os.pathsep.join([own, os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"}


def run(command: Command, directory: Path) -> str:
    """Run a command; return what it prints, without blanks at line ends.

    Raises:
        SessionError: it ends with another status than the page says.
    """
    done = subprocess.run(  # noqa: S603 - our own pages
        ["bash", "-c", command.line],  # noqa: S607 - the reader's shell
        check=False,
        capture_output=True,
        text=True,
        env=environment(),
        cwd=directory,
        timeout=300,
    )
    if done.returncode != command.status:
        raise SessionError(
            f"{command.line}: status {done.returncode}, not {command.status}\n{done.stdout}{done.stderr}"
        )
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.rstrip("\n").split("\n") if done.stdout)


def programs(page: str) -> set[str]:
    """Return the programs that a page's reader needs beside glbtools."""
    blocks = (each["text"] for each in BLOCK.finditer(page) if each["language"] == "console")
    return {each.program for text in blocks for each in commands(text)} - {"glbtools", "cd"}


def missing(page: str) -> set[str]:
    """Return those of them that this machine does not have."""
    return {name for name in programs(page) if shutil.which(name) is None}


def rerun(page: str, *given: Path) -> str:
    """Run the session of a page; return the page with what is printed today.

    Args:
        page: its text.
        given: directories that the reader has already.

    Raises:
        SessionError: a command does not do what the page says.
    """
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        for each in given:
            (directory / each.name).symlink_to(each)

        def printed(command: Command) -> str:
            nonlocal directory
            if command.program == "cd":
                directory = (directory / command.line.split()[1]).resolve(strict=True)
                return f"{command.shown}\n"
            return f"{command.shown}\n{run(command, directory)}"

        def played(block: re.Match[str]) -> str:
            text = block["text"]
            if title := TITLE.search(block["rest"]):
                (directory / title[1]).write_text(text, encoding="utf-8")
            elif block["language"] == "console":
                session = "".join([printed(each) for each in commands(text)])
                if block["shown"]:
                    return block[0].replace(text, session)
            elif block["language"] == "python":
                (directory / "program.py").write_text(text, encoding="utf-8")
                run(_command("$ python program.py"), directory)
            return block[0]

        return BLOCK.sub(played, page)
