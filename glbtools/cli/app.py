"""The commands. Everything heavy is loaded inside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glbtools.cli import COULD_NOT, FOUND, complain, put
from glbtools.cli.arguments import format_names, no_option, topics
from glbtools.cli.options import Common, IntoFull, ListFormat, PageFormat, once, shares

if TYPE_CHECKING:
    from glbtools.formats.registry import Inspection


def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        from glbtools import __version__

        put([f"glbtools {__version__}"])
        raise typer.Exit
    if context.invoked_subcommand is None:  # pragma: no cover - no_args_is_help comes first
        raise typer.Exit(COULD_NOT)


@shares("color", "quiet", "max_file_size", "layout", forms=ListFormat)
def inspect(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Files to look into, also in an archive or image (case.zip::PLACE); - is standard input.",
        ),
    ],
    hexadecimal: Annotated[bool, typer.Option("--hex", help="An annotated dump of every byte.")] = False,
    as_format: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="FORMAT", help="Read as this format, whatever it looks like.", autocompletion=format_names
        ),
    ] = None,
    limit: Annotated[int, typer.Option(help="Rows to show of each list in a table.", min=1)] = 200,
    *,
    common: Common,
) -> None:
    """Show what a file holds: type, layout and its status, records or fields, byte map.

    Status 1 when a file is damaged, 2 when one cannot be read or is no Dir-Sync file.

    Example: glbtools inspect --hex maildata/GLB/REQTRANS.GLB
    """
    once(files)
    outcome = _Outcome()
    found = outcome.over(files, as_format, common)
    if common.as_text:
        from glbtools.reporting import inspection

        for number, each in enumerate(found):
            put([""] if number else [])
            put(common.lines(inspection.report(each, hexadecimal=hexadecimal, limit=limit)))
    elif common.form == ListFormat.listing:
        shown = [text for each in found if (text := outcome.listing(each)) is not None]
        put(["\n\n".join(shown)] if shown else [])
    else:
        from glbtools import __version__
        from glbtools.reporting import documents

        if common.as_json:
            put(documents.inspections(found, __version__))
        elif common.form == ListFormat.jsonl:
            put(documents.json_lines(found))
        else:
            put(documents.csv_lines(found))
    for _ in found:  # Those that nobody read of decide the status, too.
        pass
    outcome.leave()


@shares("layout", "color", "quiet", "max_file_size", forms=PageFormat)
def build(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="Description in TOML or JSON.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Directory to write to.")],
    force: IntoFull = False,
    *,
    common: Common,
) -> None:
    """Write a postoffice or a network of them from a description.

    Example: glbtools build stuck.toml --out stuck
    """
    from glbtools.evidence.build import build as write
    from glbtools.reporting import building

    layouts, show = common.writable_layouts, common.progress
    written = write(spec, out, layouts, force=force, max_size=common.max_size, progress=show)
    if common.as_json:
        put([building.document(written)])
    elif not common.quiet:
        put(common.lines(building.report(written)))


@shares("color", "quiet", forms=PageFormat)
def explain(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WHAT]",
            help="A problem (code or slug), a Dir-Sync message number, or words to look for; none lists all.",
            autocompletion=topics,
        ),
    ] = None,
    *,
    context: typer.Context,
    common: Common,
) -> None:
    """Explain a problem or a Dir-Sync message, or find those that speak of something.

    Example: glbtools explain stranded-transactions
    Example: glbtools explain No requestor updates to send
    """
    from glbtools.reporting import problems

    if what is None:
        put([problems.listing()] if common.as_json else common.lines(problems.overview()))
        return
    from glbtools.diagnosis.explanation import explain as answer
    from glbtools.errors import UsageError
    from glbtools.reporting import messages

    for word in what:  # An unknown option is taken for a word, since a message number may be -1.
        if word.startswith("-") and word.strip("-")[:1].isalpha():
            raise UsageError(no_option(word, context))

    found = answer(" ".join(what))
    if not found.named:
        put([problems.answer_document(found)] if common.as_json else common.lines(problems.answer(found)))
    elif found.messages:
        put([messages.document(found.messages)] if common.as_json else common.lines(messages.report(found.messages)))
    else:
        problem = found.problems[0]
        put([problems.document(problem)] if common.as_json else common.lines(problems.report(problem)))


class Language(StrEnum):
    """What a layout can be written as."""

    toml = "toml"
    ksy = "ksy"
    cstruct = "cstruct"


@shares("layout", "color", "quiet", forms=PageFormat)
def formats(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="A format; none lists them all.", autocompletion=format_names),
    ] = None,
    language: Annotated[
        Language | None, typer.Option("--as", help="Write its layout for another tool: Kaitai Struct, dissect.cstruct.")
    ] = None,
    *,
    common: Common,
) -> None:
    """List the supported formats, or the fields of one with status and source of each.

    With --as the layout is written as a file of another tool, or as a layout file of one's own; --layout gives another.

    Example: glbtools formats reqconf
    Example: glbtools formats queue --as ksy --layout mine.toml
    """
    from glbtools.reporting import reference

    layouts = common.layouts
    if language is not None:
        if name is None or name not in layouts or common.as_json:
            from glbtools.errors import UsageError

            clash = "goes without --json; leave one of them out"
            known = f"needs the NAME of a format that has a layout: {', '.join(layouts)}"
            raise UsageError(f"--as {language.value}: {clash if common.as_json else known}")
        from glbtools.layouts.exported import exported

        put([exported(layouts[name], language.value).rstrip("\n")])
        return
    if common.as_json:
        put([reference.document(name, layouts)])
    else:
        put(common.lines(reference.report(name, layouts) if name else reference.overview()))


class _Outcome:
    """What happened to several inputs: each is processed whatever becomes of the others, and the worst decides."""

    def __init__(self) -> None:
        self.status = 0

    def over(self, paths: Iterable[str], as_format: str | None, common: Common) -> Iterator[Inspection[Any]]:
        from glbtools.errors import GlbError
        from glbtools.evidence.inspection import inspect
        from glbtools.formats.registry import entry_of
        from glbtools.progress import Steps

        if as_format is not None:
            as_format = entry_of(as_format, "--as ").name
        layouts, paths = common.layouts, list(paths)
        steps = Steps(common.progress, len(paths) if len(paths) > 1 else 0)
        for path in paths:
            steps.begin(f"reading {path}")
            try:
                found = inspect(path, as_format=as_format, layouts=layouts, max_size=common.max_size)
            except GlbError as error:
                complain(str(error))
                self.status = COULD_NOT
                continue
            self.status = max(self.status, FOUND if found.damaged else 0)
            yield found

    def listing(self, each: Inspection[Any]) -> str | None:
        from glbtools.errors import GlbError
        from glbtools.reporting.listing import listing

        try:
            return listing(each)
        except GlbError as error:
            complain(f"{each.path}: {error}")
            self.status = COULD_NOT
            return None

    def leave(self) -> None:
        if self.status:
            raise typer.Exit(self.status)


COMMANDS = {
    "inspect": "app",
    "evidence": "diagnosis",
    "diagnose": "diagnosis",
    "unsent": "diagnosis",
    "report": "pages",
    "timeline": "pages",
    "survey": "survey",
    "explain": "app",
    "rebuild": "rebuild",
    "carve": "carving",
    "build": "app",
    "simulate": "simulation",
    "formats": "app",
    "learn": "learn",
}
"""Name -> module of this room that has it, in the order of the help text; loaded when it is wanted."""


GROUPS = {
    "directory": ("Dumps of directories that number their changes: export, compare, backsync.",
                  ("export", "compare", "backsync")),
    "sync": ("Two stores kept in step by messages that may be lost: init, run, status.", ("init", "run", "status")),
}  # fmt: skip
"""Name -> help, and the commands of the module of that name."""


def _command(module: str, name: str) -> Callable[..., None]:
    found: Callable[..., None] = getattr(import_module(f"glbtools.cli.{module}"), name)
    return found


def application(wanted: str | None = None) -> typer.Typer:
    """Return the program with the one command that is wanted, or with all: describing each takes its time."""
    app = typer.Typer(
        help="Read, explain, repair and generate the files of Microsoft Mail Dir-Sync.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_root)
    known = COMMANDS.keys() | GROUPS.keys()
    for name, module in COMMANDS.items():
        if wanted not in known or name == wanted:
            # A message number may be -1, so ``explain`` knows no bad option.
            app.command(name, context_settings={"ignore_unknown_options": name == "explain"})(_command(module, name))
    for name, (text, commands) in GROUPS.items():
        if wanted not in known or name == wanted:
            group = typer.Typer(help=text, no_args_is_help=True, rich_markup_mode=None)
            for each in commands:
                group.command(each)(_command(name, each))
            app.add_typer(group, name=name)
    return app
