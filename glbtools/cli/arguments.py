"""How the words of a command line are read, and what is said of a wrong one: it is named, and so is the way out.

A parameter of a command says its type; ``reading`` adds how that type is read, completed and refused.
"""

from __future__ import annotations

import copy
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import cache
from typing import Annotated, Any

import typer

from glbtools.errors import not_one_of, suggestion

_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_SIZE = re.compile(r"([0-9]{1,15}) ?([KMGT]?)(?:i?B)?", re.IGNORECASE)
SIZE = "SIZE"
"""How help texts call a number of bytes."""

MOST = 10**9
"""The largest number that an option takes, unless it says another; nothing is to be had from a larger one."""

OUTPUTS = frozenset({"--out", "--to", "--into", "--output"})
"""How programs call the option that says where output goes; -o is short for it."""


def size(text: str | int) -> int:
    """Return a number of bytes, such as 4096, 64K, 256M or 2G; the units are of 1024.

    Raises:
        typer.BadParameter: it is none.
    """
    found = _SIZE.fullmatch(str(text).strip())
    if found is None:
        said = f"{text}: is not a size" if text else "is empty; give a size"
        raise typer.BadParameter(f"{said} such as 4096, 64K, 256M or 2G")
    return int(found[1]) << _UNITS[found[2].upper()]


def reading(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return a parameter of a command with how its words are read, as its type says."""
    if typing.get_origin(parameter.annotation) is not Annotated:
        return parameter
    kind, info = typing.get_args(parameter.annotation)[:2]
    union = typing.get_args(kind) if typing.get_origin(kind) in (types.UnionType, typing.Union) else (kind,)
    single = next(each for each in union if each is not types.NoneType)
    several = typing.get_origin(single) is list
    single = typing.get_args(single)[0] if several else single
    needed = parameter.default is inspect.Parameter.empty
    # One of several files that is refused keeps no other one from being shown.
    each_alone = several and single is str and needed and isinstance(info, typer.models.ArgumentInfo)
    if single is bool or info.parser is not None or each_alone:
        return parameter
    info = copy.copy(info)
    metavar = _bare(info.metavar)
    if issubclass(single, Enum):
        known = tuple(str(each.value) for each in single)
        info.metavar = info.metavar or f"<{'|'.join(known)}>"
        info.parser, info.autocompletion = _choice(known), info.autocompletion or _beginning(known)
    elif single in (int, float):
        info.metavar = info.metavar or "N"
        info.parser = _number(single, info.min, info.max or MOST)
    elif parameter.default != "":  # a title may be empty
        info.parser = _word(single, metavar or "a value", needed=needed)
    return parameter.replace(annotation=Annotated[kind, info])


@cache
def _word(kind: type, metavar: str, *, needed: bool) -> Callable[[Any], Any]:
    def word(text: Any) -> Any:
        if not text:
            raise typer.BadParameter(f"is empty; give {metavar}{'' if needed else ', or leave it out'}")
        if text == "-" and metavar == "DIR":
            raise typer.BadParameter(f"{text}: is no directory; name one, or ./- for one that is called so")
        return kind(text)

    return word


@cache
def _number(kind: type[int] | type[float], least: float | None, most: float) -> Callable[[Any], float]:
    what = "a whole number" if kind is int else "a number"

    def number(text: Any) -> float:
        if text == "":
            raise typer.BadParameter(f"is empty; give {what}, or leave it out")
        try:
            found = kind(text)
        except ValueError:
            raise typer.BadParameter(f"{text}: is not {what}; give one such as {max(kind(least or 0), 10)}") from None
        if least is not None and not found >= least:
            raise typer.BadParameter(f"{text}: is too small; {least} is the least")
        if found > most:
            raise typer.BadParameter(f"{text}: is too large; {most} is the most")
        return found

    return number


@cache
def _choice(known: tuple[str, ...]) -> Callable[[Any], str]:
    def choice(text: Any) -> str:
        word = str(text).lower()
        if not word:
            raise typer.BadParameter(f"is empty; give one of {', '.join(known)}")
        if word not in known:
            raise typer.BadParameter(not_one_of(str(text), known))
        return word

    return choice


@cache
def _beginning(known: tuple[str, ...]) -> Callable[[str], list[str]]:
    def beginning(incomplete: str) -> list[str]:
        return [each for each in known if each.startswith(incomplete.lower())]

    return beginning


def problem_names(incomplete: str) -> list[tuple[str, str]]:
    """Complete the code or the slug of a problem."""
    from glbtools.diagnosis.problems import PROBLEMS

    known = [(name, each.title) for each in PROBLEMS for name in (each.code, each.slug)]
    return [(name, title) for name, title in known if name.lower().startswith(incomplete.lower())]


def topics(incomplete: str) -> list[tuple[str, str]]:
    """Complete what can be explained: the code or the slug of a problem, or the number of a message."""
    from glbtools.formats.messages import catalogue

    numbers = {str(each.code): each.text.partition("\n")[0] for each in catalogue() if not each.variant}
    found = [(number, text) for number, text in numbers.items() if number.startswith(incomplete)]
    return [*problem_names(incomplete), *found]


def scenario_names(incomplete: str) -> list[tuple[str, str]]:
    """Complete the name of a scenario of the package."""
    from glbtools.simulation.scenario import shipped, summary

    return [(name, summary(name)) for name in shipped() if name.startswith(incomplete.lower())]


def format_names(incomplete: str) -> list[tuple[str, str]]:
    """Complete the name of a format."""
    from glbtools.formats.registry import every

    return [(name, each.title) for name, each in every().items() if name.startswith(incomplete.lower())]


def column_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete the name of a column, or attribute, of the dump that is named before it."""
    from glbtools.directory.dump import Dump
    from glbtools.errors import GlbError

    # A line that ends in an option without its value is parsed in parts only.
    dump = ctx.params.get("dump") or next((each for each in ctx.args if not each.startswith("-")), None)
    if dump is None:
        return []
    try:
        return [each for each in Dump(dump).columns() if each.lower().startswith(incomplete.lower())]
    except GlbError:
        return []


def check_names(words: list[str], commands: Iterable[str], program: str) -> None:
    """Refuse a command that there is not.

    Raises:
        UsageError: the first word is no command; those that come near are named.
    """
    from glbtools.errors import UsageError

    known = tuple(commands)
    if words and not words[0].startswith("-") and words[0] not in known:
        way = suggestion(words[0], known) or f"; {program} -h lists the commands"
        raise UsageError(f"{words[0] or 'an empty word'}: is no command of {program}{way}")


def sentence(error: typer.TyperException, words: Sequence[str] = ()) -> str:
    """Return what is wrong with a call in one sentence: the argument, what is wrong with it, and the way out.

    Args:
        error: what is wrong.
        words: the call.
    """
    context = getattr(error, "ctx", None)
    program = context.command_path if context else "glbtools"
    way = f"; {program} -h shows what it takes"
    option: str | None = getattr(error, "option_name", None)
    match type(error).__name__:
        case "MissingParameter":
            return f"{_called(error)}: is missing{way}"
        case "NoSuchOption":
            return no_option(_typed(str(option), words), context)
        case "BadOptionUsage":
            takes = "takes no value" if "not take" in error.message else "needs a value"
            return f"{option}: {takes}; -h shows the options"
        case "BadParameter":
            told = error.message.rstrip(".")
            return f"{_called(error, value=told)} {told}" if ": " in told else f"{_called(error)}: {told}"
        case _:
            extra = re.search(r"extra arguments?(?:\(s\))? \((.*)\)", error.message)
            if extra:
                return f"{extra[1]}: is more than {program} takes; quote what has blanks in it, {program} -h shows more"
            return f"{error.message.rstrip('.')}{way}"


def no_option(word: str, context: typer.Context | None) -> str:
    """Return that a word is no option of a command, and which one it may mean."""
    program = context.command_path if context else "glbtools"
    way = _meant(word, context) or f"; {program} -h shows what it takes"
    return f"{word}: is no option of {program}{way}"


def _typed(option: str, words: Sequence[str]) -> str:
    """Return the word in which an unknown short option stands, such as ``-json``, which is taken for five of them."""
    if len(option) != 2:
        return option
    return next((each for each in words if re.fullmatch(r"-\w[\w-]*", each) and option[1] in each[1:]), option)


def _bare(metavar: str | None) -> str:
    """Return how a value is called, without the marks of one that may be left out or given again."""
    name = (metavar or "").removesuffix("...")
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def _meant(option: str, context: typer.Context | None) -> str:
    """Return which option a mistyped one may mean; a command says where its output goes in one way only."""
    options = [each.opts for each in context.command.params] if context else []
    if option in OUTPUTS:
        return "".join(f"; did you mean {max(names, key=len)}?" for names in options if "-o" in names)
    return suggestion(option, (name for names in options for name in names if name.startswith("--")))


def _called(error: typer.TyperException, value: str = "") -> str:
    """Return how a command line calls a parameter: ``--out DIR``, ``FILE...``, or ``--out`` where a value follows."""
    if hint := getattr(error, "param_hint", None):
        return str(hint)
    parameter = getattr(error, "param", None)
    if parameter is None:
        return "the call"
    metavar = "" if (parameter.metavar or "<").startswith("<") else parameter.metavar
    names = [each for each in parameter.opts if each.startswith("--")] or parameter.opts
    if parameter.param_type_name == "argument":
        return _bare(metavar) + ("..." if metavar.endswith("...") and not value else "")
    return names[0] if value else f"{names[0]} {metavar}".rstrip()
