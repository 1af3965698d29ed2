"""Transcripts: command lines with what they print, run again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Run = Callable[..., Any]

UPDATE = bool(os.environ.get("GLBTOOLS_UPDATE_TRANSCRIPTS"))
"""Whether what is printed takes the place of what the transcripts say."""


def commands(path: Path) -> Iterator[str]:
    return (line[2:] for line in path.read_text("utf-8").split("\n") if line.startswith("$ "))


def replayed(run: Run, command: str) -> str:
    """Run one command line and return its part of a transcript."""
    words = shlex.split(command)
    columns, stdin = 80, b""
    if words[0].startswith("COLUMNS="):
        columns = int(words.pop(0).partition("=")[2])
    if "<" in words:
        stdin = Path(words[words.index("<") + 1]).read_bytes()
        words = words[: words.index("<")]
    assert words.pop(0) == "glbtools"
    ran = run(*words, stdin=stdin, columns=columns)
    lines = [f"$ {command}", *ran.out.split("\n")[:-1], *(f"! {line}" for line in ran.err.split("\n")[:-1])]
    return "\n".join([*(line.rstrip() for line in lines), f"[{ran.status}]"]) + "\n"
