"""``directory``: dumps of directories that number their changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast

import typer

from glbtools.cli import FOUND, complain, put
from glbtools.cli.arguments import column_names
from glbtools.cli.options import Common, PageFormat, Replace, once, shares

if TYPE_CHECKING:
    from glbtools.directory.dump import Dump

_IN_MEMORY = 1 << 24
LAST = 2**63 - 1
"""The largest number of a change."""


class ChangeForm(StrEnum):
    """Forms of a file of changes."""

    dirsync = "dirsync"
    csv = "csv"
    ldif = "ldif"
    jsonl = "jsonl"


As = Annotated[ChangeForm | None, typer.Option("--as", help="Form of the changes; dirsync unless given.")]
Lossy = Annotated[
    bool, typer.Option("--lossy", help="Leave out values that the form cannot hold, and say how many; else refuse.")
]


@shares("quiet", "max_file_size")
def export(
    dump: Annotated[
        str, typer.Argument(metavar="DUMP", help="CSV of Exchange or csvde, or LDIF; - is standard input.")
    ],
    state: Annotated[Path, typer.Option("--state", metavar="STATE.json", help="What was exported last.")],
    to: Annotated[str, typer.Option("--to", "-o", metavar="FILE|-", help="Where the changes go.")],
    form: As = None,
    server: Annotated[
        str | None, typer.Option("--server", metavar="NAME", help="Whose dump it is, where it does not say.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Every live object, whatever was exported before.")] = False,
    inclusive: Annotated[bool, typer.Option("--inclusive", help="Repeat the last number, too.")] = False,
    head: Annotated[
        int | None,
        typer.Option("--head", metavar="USN", help="Highest number before the dump was begun.", min=0, max=LAST),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(
            "--tombstone-lifetime",
            metavar="DAYS",
            help="How long deletions are remembered: what the dump says, else 30 days for Exchange, 60 for others.",
            min=1,
            max=36500,
        ),
    ] = None,
    significant: Annotated[
        list[str] | None,
        typer.Option(
            "--significant",
            metavar="NAME",
            autocompletion=column_names,
            help="Attribute whose changes matter: an object of which no such one changed is left out; again for more.",
        ),
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Say of modified objects which fields are empty; else they are left out.")
    ] = False,
    lossy: Lossy = False,
    force: Replace = False,
    *,
    common: Common,
) -> None:
    """Write what has changed in a directory since the last export.

    The state is written after the output is complete. Status 1 when it is written, and the server may have lost what it
    had, or the dump may lack objects. Status 2, and nothing written, when the dump does not go with
    the state: another server's, one that went back, or one that may lack deletions.

    Example: glbtools directory export usn.csv --state server1.json --to changes.txt
    """
    from datetime import UTC, datetime, timedelta

    from glbtools.directory.dump import Dump
    from glbtools.directory.output import export_file
    from glbtools.reporting.directory import outcome_line

    source = Dump(dump, max_size=common.max_size, progress=None if to == "-" else common.progress)
    _keep(to, dump=dump, companion=_path(source), state=state)
    outcome = export_file(
        source,
        state,
        lambda: _target(to, force=force),
        form=(form or ChangeForm.dirsync).value,
        clear=clear,
        lossy=lossy,
        significant=significant or (),
        server=server,
        full=full,
        inclusive=inclusive,
        head=head,
        now=datetime.now(UTC).replace(tzinfo=None),
        lifetime=timedelta(days=days) if days else None,
    )
    if not common.quiet:
        _say(source, (*outcome.notes, outcome_line(outcome)))
    if outcome.alarms or source.doubts:
        raise typer.Exit(FOUND)


@shares("color", "quiet", "max_file_size", forms=PageFormat)
def compare(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The older dump.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The newer dump.")],
    to: Annotated[str | None, typer.Option("--to", "-o", metavar="FILE|-", help="Where the difference goes.")] = None,
    form: As = None,
    lossy: Lossy = False,
    force: Replace = False,
    *,
    common: Common,
) -> None:
    """Say what two dumps are to each other, and write the changes that make the older into the newer.

    Status 1 when they are of different servers or the server went back in time. Where nothing tells whether one server
    numbered both, that is said (UNKNOWN).

    Example: glbtools directory compare monday.csv friday.csv --to changes.txt
    """
    from glbtools.directory import output as writers
    from glbtools.directory.compare import compare as compared
    from glbtools.directory.dump import Dump
    from glbtools.errors import UsageError
    from glbtools.reporting import directory as render

    if to is None and form is not None:
        raise UsageError(f"--as {form}: goes with --to FILE or --to - only; give that, too")
    form = ChangeForm(form or ChangeForm.dirsync)
    once((old, new))
    before, after = (Dump(path, max_size=common.max_size, progress=common.progress) for path in (old, new))
    dumps = {"older dump": old, "newer dump": new}
    _keep(
        to,
        **dumps,
        **{f"companion of the {name}": _path(each) for name, each in zip(dumps, (before, after), strict=True)},
    )
    found = compared(before, after)
    lost = []
    if to is not None:
        target = partial(_target, to, force=force)
        lost = writers.difference_file(found, before, after, target, form=form, lossy=lossy)
    if common.as_json:
        put(render.difference_document(found) if to != "-" else [])
    elif not common.quiet and to != "-":
        put(common.lines(render.difference_report(found)))
    if not common.quiet:
        kinds = render.kinds_line(before.kind, after.kind)
        _say(before, [kinds] if kinds else ())
        unasked = render.unasked_line(found)
        _say(after, [*([unasked] if unasked else []), *lost])
    raise typer.Exit(FOUND if found.troubled or before.doubts or after.doubts else 0)


@shares("color", "quiet", "max_file_size", forms=PageFormat)
def backsync(
    restored: Annotated[str, typer.Option("--restored", metavar="DUMP", help="Dump of the restored server.")],
    partner: Annotated[list[str], typer.Option("--partner", metavar="DUMP", help="Dump of a partner; again for more.")],
    cursors: Annotated[
        list[Path] | None,
        typer.Option(
            "--cursors",
            metavar="FILE",
            help="What partners have seen last: a list of cursors (JSON), or repadmin /showutdvec of a partner in a "
            "file that bears its name; again for more.",
        ),
    ] = None,
    head: Annotated[
        int | None,
        typer.Option("--head", metavar="USN", help="Highest number of the restored server now.", min=0, max=LAST),
    ] = None,
    backup_head: Annotated[
        int | None,
        typer.Option("--backup-head", metavar="USN", help="Its highest number in the backup.", min=0, max=LAST),
    ] = None,
    *,
    common: Common,
) -> None:
    """Say what a restored directory gets back from its partners, and what it does not.

    Exchange (CSV) asks its partners for what it had sent them; an Active Directory (LDIF, csvde) does not.

    Status 1 when something is lost, reappears or would never leave the server.

    Example: glbtools directory backsync --restored a.csv --partner b.csv --cursors seen.json
    """
    from glbtools import files
    from glbtools.directory.backsync import backsync as judged
    from glbtools.directory.cursors import known_to
    from glbtools.directory.dump import CSV, Dump
    from glbtools.errors import UsageError
    from glbtools.reporting import directory as render

    own = Dump(restored, max_size=common.max_size, progress=common.progress)
    others: dict[str, Dump] = {}
    for path in map(str, files.distinct(partner)):
        dump = Dump(path, max_size=common.max_size, progress=common.progress)
        name = dump.facts().server or Path(path).stem
        if own.facts().server and dump.facts().server == own.facts().server:
            raise UsageError(f"{path}: a dump of {name} itself, the restored server; give those of its partners")
        others[name if name not in others else path] = dump
    strange: list[str] = []
    seen = known_to(cursors or (), own, others, strange.append)
    kept = own.kind == CSV
    found = judged(own, others, cursors=seen, head=head, backup_head=backup_head, backsyncs=kept)
    if common.as_json:
        put([render.backsync_document(found)])
    else:
        put(common.lines(render.backsync_report(found)))
    if not common.quiet:
        for each in (own, *others.values()):
            _say(each, ())
        for said in strange:
            complain(said)
    raise typer.Exit(FOUND if found.troubled else 0)


def _path(dump: Dump) -> Path | None:
    """Return where the companion of a dump is."""
    return dump.companion.path if dump.companion else None


def _keep(to: str | None, **others: str | Path | None) -> None:
    """Refuse an output that would replace what is read, or what is written after it.

    Raises:
        UsageError: it is the same file.
    """
    from glbtools import files
    from glbtools.errors import UsageError

    if to is None or to == files.STDIN:
        return
    for what, other in others.items():
        if other is not None and str(other) != files.STDIN and files.is_same(Path(to), Path(other)):
            raise UsageError(f"{to}: --to is the {what.replace('_', ' ')} itself; nothing was written")


@contextmanager
def _target(to: str, *, force: bool) -> Iterator[BinaryIO]:
    """Yield a stream; what is written appears when all of it is complete, on standard output too."""
    import shutil
    import sys
    import tempfile

    from glbtools import files
    from glbtools.errors import FileAccessError

    if to != files.STDIN:
        with files.writing(Path(to), force=force) as stream:
            yield stream
        return
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as held:
        yield cast("BinaryIO", held)
        held.seek(0)
        try:
            shutil.copyfileobj(held, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        except OSError as error:  # a reader that has gone, too: what did not arrive is not exported
            raise FileAccessError(f"standard output: not all could be written: {error.strerror}") from None


def _say(source: Dump, notes: Iterable[str]) -> None:
    limit = 5
    for remarks in (source.doubts, source.remarks):
        for each in remarks[:limit]:
            complain(each)
        if len(remarks) > limit:
            complain(f"{source.path}: {len(remarks) - limit} more remarks of this kind")
    for note in notes:
        complain(note)
