"""Manual pages, made from what the commands say of themselves; the wheel installs them in share/man/man1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from glbtools import __version__
from glbtools.cli.app import application

FOLDER = Path(__file__).resolve().parent / "man"

STATUSES = (
    ("0", "Done."),
    ("1", "Done; something was found, or is left."),
    (
        "2",
        "Something that was given could not be read or worked on, nothing of it could be judged, or the call is wrong: "
        "standard error says what. 2 counts more than 1: a problem found beside an unreadable file gives 2.",
    ),
    ("70", "A fault in glbtools; GLBTOOLS_DEBUG=1 shows more."),
    ("130, 143", "Interrupted; asked to end. What was half written is removed."),
)
VARIABLES = (
    ("NO_COLOR, FORCE_COLOR", "No colour, or colour, whatever the terminal is."),
    ("COLUMNS", "Width of the output."),
    ("GLBTOOLS_DEBUG", "Show where a fault of the program is."),
)


def pages() -> dict[str, str]:
    """Return every page: file name -> roff."""
    program = typer.main.get_command(application())
    made = {"glbtools.1": "\n".join(_overview(program)) + "\n"}
    for name, command in _commands(program):
        made[f"glbtools-{name.replace(' ', '-')}.1"] = "\n".join(_page(name, command)) + "\n"
    return made


def every_command() -> list[tuple[str, str]]:
    """Return the commands, each with the first sentence of its help text."""
    return [(name, _told(command)[0]) for name, command in _commands(typer.main.get_command(application()))]


def write() -> None:
    """Write the pages, and remove those of commands that are gone."""
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for old in FOLDER.glob("*.1"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def _commands(program: Any) -> Iterator[tuple[str, Any]]:
    for name, command in program.commands.items():
        if hasattr(command, "commands"):
            yield from ((f"{name} {inner}", each) for inner, each in command.commands.items())
        else:
            yield name, command


def _head(name: str, told: str) -> Iterator[str]:
    yield '.\\" Made by docs/generate.py from the help texts; do not edit.'
    yield f'.TH {name.upper().replace("-", chr(92) + "-")} 1 "" "glbtools {__version__}" "User Commands"'
    yield ".SH NAME"
    yield f"{_literal(name)} \\- {_text(told[:1].lower() + told[1:].rstrip('.'))}"


def _overview(program: Any) -> Iterator[str]:
    yield from _head("glbtools", program.help)
    yield from (".SH SYNOPSIS", ".B glbtools", ".I COMMAND", "[\\fIOPTION\\fR ...] [\\fIARGUMENT\\fR ...]")
    yield from (".SH DESCRIPTION", _text(program.help), ".SH COMMANDS")
    for name, command in _commands(program):
        yield from (".TP", f".BR {_literal('glbtools-' + name.replace(' ', '-'))} (1)", _text(_told(command)[0]))
    yield ".SH OPTIONS"
    yield from _options(program)
    yield from _end()


def _page(name: str, command: Any) -> Iterator[str]:
    paragraphs = _told(command)
    yield from _head(f"glbtools-{name.replace(' ', '-')}", paragraphs[0])
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    shown = " ".join(f"\\fI{_literal(each.metavar)}\\fR" for each in arguments)
    yield from (".SH SYNOPSIS", f"\\fBglbtools {name}\\fR [\\fIOPTION\\fR ...] {shown}".rstrip(), ".SH DESCRIPTION")
    examples = [each for each in paragraphs if each.startswith("Example: ")]
    for number, each in enumerate(each for each in paragraphs if each not in examples):
        yield from ((".PP",) if number else ())
        yield _text(each)
    for each in arguments:
        yield from (".TP", f".I {_literal(each.metavar)}", _text(each.help or ""))
    yield ".SH OPTIONS"
    yield from _options(command)
    if examples:
        yield ".SH EXAMPLES"
        for each in examples:
            yield from (".PP", ".EX", _literal(each.removeprefix("Example: ")), ".EE")
    yield from _end(finds="Status 1 " in command.help)


def _told(command: Any) -> list[str]:
    """Return what a command says of itself in paragraphs, each example one of its own."""
    text = command.help.replace("\nExample: ", "\n\nExample: ")
    return [" ".join(each.split()) for each in re.split(r"\n\s*\n", text.strip())]


def _options(command: Any) -> Iterator[str]:
    for each in command.params:
        if each.param_type_name != "option":
            continue
        names = ", ".join(f"\\fB{_literal(name)}\\fR" for name in (*each.opts, *each.secondary_opts))
        value = f" \\fI{_literal(each.metavar)}\\fR" if each.metavar else ""
        yield from (".TP", f"{names}{value}", _text(each.help or ""))
        default = each.show_default if isinstance(each.show_default, str) else each.default
        if each.metavar and default not in (None, "", ()):
            yield _text(f"Default: {getattr(default, 'value', default)}.")
    yield from (".TP", "\\fB\\-h\\fR, \\fB\\-\\-help\\fR", "Show a help text and leave.")


def _end(*, finds: bool = True) -> Iterator[str]:
    """Yield what ends a page; a command that finds nothing wrong with anything has no status 1."""
    yield ".SH EXIT STATUS"
    for number, told in STATUSES:
        if finds or number != "1":
            yield from (".TP", number, told)
    yield ".SH ENVIRONMENT"
    for name, told in VARIABLES:
        yield from (".TP", f".B {name}", told)
    yield from (".SH SEE ALSO", ".BR glbtools (1)")


def _literal(text: str) -> str:
    """Return a text in which hyphens are those of the keyboard."""
    return _text(text).replace("-", "\\-")


def _text(text: str) -> str:
    """Return a text in which nothing is a request or an escape."""
    escaped = text.replace("\\", "\\e").replace("~", "\\(ti").replace("^", "\\(ha").replace("`", "\\(ga")
    escaped = escaped.replace("'", "\\(aq")
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped
