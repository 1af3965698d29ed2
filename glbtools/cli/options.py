"""The options that commands share, said once: what each is called, what it says of itself, and what follows from it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from glbtools.cli.arguments import SIZE, reading, size
from glbtools.files import DEFAULT_MAX_SIZE

if TYPE_CHECKING:
    from glbtools.layouts import Layouts
    from glbtools.reporting.model import Block
    from glbtools.reporting.progress import Display
    from glbtools.reporting.text import Screen


class ListFormat(StrEnum):
    """Forms of output of what files hold."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    listing = "listing"


class RowFormat(StrEnum):
    """Forms of output of findings and changes."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"


class PageFormat(StrEnum):
    """Forms of output of what is no list."""

    table = "table"
    json = "json"


Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help="A postoffice, a network of them, or their files.")
]
Older = Annotated[
    list[Path] | None,
    typer.Option("--older", metavar="PATH", help="Evidence of an earlier moment; may be given again."),
]
Names = Annotated[
    list[str] | None,
    typer.Option("--name", metavar="DIR=NET/PO", help="What the postoffice there is called; may be given again."),
]
IntoFull = Annotated[bool, typer.Option("--force", help="Write into a directory that holds something.")]
Replace = Annotated[bool, typer.Option("--force", help="Replace an output file that is there.")]

# In the order of the help text; the forms of output are each command's own.
_SHARED: dict[str, tuple[Any, Any]] = {
    "layout": (
        Annotated[
            list[Path] | None,
            typer.Option("--layout", metavar="FILE.toml", help="A layout of your own; may be given again."),
        ],
        None,
    ),
    "format": (str, "table"),
    "json": (Annotated[bool, typer.Option("--json", help="Short for --format json.")], False),
    "color": (
        Annotated[
            bool | None, typer.Option("--color/--no-color", help="Colour, whatever the terminal and NO_COLOR say.")
        ],
        None,
    ),
    "quiet": (Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no warnings.")], False),
    "max_file_size": (
        Annotated[
            int,
            typer.Option(
                "--max-file-size",
                metavar=SIZE,
                parser=size,
                show_default="256M",
                help="Largest file that is read, such as 64K, 256M or 2G.",
            ),
        ],
        DEFAULT_MAX_SIZE,
    ),
}


class Common(NamedTuple):
    """What the shared options of a call say.

    Attributes:
        form: of the output.
        color: whether there is colour; None where the terminal decides.
        quiet: no progress and no warnings.
        max_size: largest file that is read, in bytes.
        layout_files: layouts of the user's own.
    """

    form: str = "table"
    color: bool | None = None
    quiet: bool = False
    max_size: int = DEFAULT_MAX_SIZE
    layout_files: tuple[Path, ...] = ()

    @property
    def as_json(self) -> bool:
        """Whether one JSON document is wanted."""
        return self.form == "json"

    @property
    def as_text(self) -> bool:
        """Whether a person reads it."""
        return self.form == "table"

    @property
    def screen(self) -> Screen:
        """What standard output shows."""
        from glbtools.reporting.text import screen

        return screen(sys.stdout, self.color)

    def lines(self, report: Iterable[Block]) -> Iterator[str]:
        """Return the lines of a report on standard output."""
        from glbtools.reporting.writer import lines

        return lines(report, self.screen)

    @property
    def layouts(self) -> Layouts:
        """The reference layouts, with the user's in place of theirs."""
        from glbtools import layouts

        return layouts.from_files(self.layout_files)

    @property
    def writable_layouts(self) -> Layouts:
        """The same, if files can be written in all of them; what is written without being known is said.

        Raises:
            UsageError: one states only a part of what a record holds.
        """
        from glbtools.cli import complain
        from glbtools.errors import UsageError

        chosen = self.layouts
        for each in chosen.values():
            if each.read_only:
                raise UsageError(f"{each.id}: {each.read_only}")
        for each in chosen.values() if self.layout_files and not self.quiet else ():
            if each.unexplained:
                complain(f"{each.id}: {each.unexplained}")
        return chosen

    @property
    def progress(self) -> Display | None:
        """What shows progress on standard error; None where nobody watches."""
        if self.quiet:
            return None
        from glbtools.reporting.progress import begin

        return begin()

    def working(self, text: str) -> None:
        """Show on a terminal what takes long, where nothing tells how far it is."""
        if show := self.progress:
            show(text)


def names(given: Iterable[str] | None) -> dict[str, str]:
    """Return what ``--name`` says: path -> NET/PO.

    Raises:
        UsageError: one is not DIR=NET/PO, or two names are given to one directory.
    """
    from glbtools.errors import UsageError

    found: dict[str, str] = {}
    for each in given or ():
        path, sign, name = each.rpartition("=")
        if not (path and sign and name):
            raise UsageError(f"--name {each}: is not DIR=NET/PO")
        if found.setdefault(path, name) != name:
            raise UsageError(f"--name {each}: {path} is called {found[path]} already; leave one of them out")
    return found


def once(files: Iterable[str]) -> None:
    """Refuse standard input that is given twice.

    Raises:
        UsageError: it is.
    """
    from glbtools.errors import UsageError
    from glbtools.files import STDIN

    if list(files).count(STDIN) > 1:
        raise UsageError(f"{STDIN}: standard input is given twice, and can be read once; leave one of them out")


def _check_forms(said: Mapping[str, Any]) -> None:
    """Refuse two forms of output at once.

    Raises:
        UsageError: ``--json`` and another ``--format`` are given.
    """
    from glbtools.errors import UsageError

    form = str(said.get("format", "table"))
    if said.get("json") and form not in ("table", "json"):
        raise UsageError(f"--json: goes without --format {form}; leave one of them out")


def shares(*names: str, forms: type[StrEnum] | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command shared options behind its own, and what they say as its argument ``common``.

    Args:
        names: of the options.
        forms: of its output; it then has ``--format``, and ``--json`` in short.
    """
    every = _SHARED
    if forms:
        names = (*names, "format", "json")
        every = _SHARED | {
            "format": (Annotated[forms, typer.Option("--format", "-f", help="Form of output.")], forms("table"))
        }
    shared = {name: option for name, option in every.items() if name in names}

    def share(command: Callable[..., None]) -> Callable[..., None]:
        own = [each for name, each in inspect.signature(command, eval_str=True).parameters.items() if name != "common"]
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (annotation, default) in shared.items()
        ]

        def called(**arguments: Any) -> None:
            said = {name: arguments.pop(name) for name in shared}
            _check_forms(said)
            common = Common(
                form="json" if said.get("json") else str(said.get("format", "table")),
                color=said.get("color"),
                quiet=said.get("quiet", False),
                max_size=said.get("max_file_size", DEFAULT_MAX_SIZE),
                layout_files=tuple(said.get("layout") or ()),
            )
            command(**arguments, common=common)

        called.__doc__ = command.__doc__
        called.__name__ = command.__name__
        parameters = [reading(each) for each in (*own, *added)]
        called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {each.name: each.annotation for each in parameters}
        return called

    return share
