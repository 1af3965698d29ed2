"""Changes as a file: for the DIRSYNC sample, for Exchange's own import, for LDAP, or one JSON object a line."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from glbtools import files
from glbtools.directory.attributes import CLASSES, as_ldap, is_computed, shown
from glbtools.directory.dump import CSV, Dump
from glbtools.directory.export import Outcome, export
from glbtools.directory.order import Receiver
from glbtools.directory.state import held, load, moment_text, save
from glbtools.errors import FieldError, UsageError
from glbtools.formats import dirsync_file, exchange_csv, ldif_dump
from glbtools.formats.objects import text_or_bytes
from glbtools.model.directory import DELETED, MODIFIED, RENAMED, Entry, Values

if TYPE_CHECKING:
    from glbtools.directory.compare import Difference

RECEIVERS = {
    "dirsync": Receiver(),
    "csv": Receiver(renames=False),
    "ldif": Receiver(follows=True, strict=True),
    "jsonl": Receiver(),
}
"""The forms, and what those who take them can do."""

FORMS = tuple(RECEIVERS)

MODES = {"A": "Update", "M": "Update", "D": "Delete"}
"""A deleted and re-created object looks new and the target has it; one that was hidden looks modified and the target
has it not (docs/facts/directories.md#edge-cases, 4 and 11): Update does both, and Create or Modify would be refused."""

_NAMES = ("directory name", "obj-container")

Emit = Callable[[str, Entry], object]


def writer(
    form: str,
    columns: Iterable[str],
    put: Callable[[bytes], object],
    *,
    clear: bool = False,
    losses: list[str] | None = None,
) -> Emit:
    """Return what writes one change in a form.

    Args:
        form: one of ``FORMS``.
        columns: names of all attributes that occur; a CSV needs them before its first line.
        put: takes the bytes.
        clear: say of a modification which of the columns are empty, for what is not said leaves the receiver what it
            has: ``~DEL`` in a CSV (Q152854; refused for an object that is not there, event 241), a label without a
            value for the DIRSYNC sample, a replacement by nothing in LDIF, which is none where nothing is (RFC 4511).
        losses: gets what the form cannot hold, and that is left out; without it the first such value is an error.

    Raises:
        UsageError: there is no such form.
    """
    if form not in FORMS:
        raise UsageError(f"{form!r} is none of {', '.join(FORMS)}")
    own = shown_columns(columns)
    emit = _plain(form, own, put)
    if losses is not None:
        emit = _sparing(emit, _plain(form, own, lambda _: None), losses)
    if not clear or form == "jsonl":
        return emit
    nothing = {"csv": (CLEARED,), "dirsync": ("",), "ldif": ()}[form]

    def emptied(kind: str, entry: Entry) -> None:
        if kind == MODIFIED:
            values = tuple((name, nothing) for name in empty_columns(own, entry))
            entry = entry._replace(values=(*entry.values, *values))
        emit(kind, entry)

    return emptied


CLEARED = "~DEL"


def shown_columns(columns: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that a change names besides class and name of the object."""
    return tuple(each for each in columns if each.lower() not in (*CLASSES, "mode") and not is_computed(each))


def empty_columns(columns: Iterable[str], entry: Entry) -> list[str]:
    """Return the columns of which an object has nothing."""
    held = {name.lower() for name, _ in entry.values}
    return [each for each in columns if each.lower() not in held]


def _sparing(emit: Emit, tried: Emit, losses: list[str]) -> Emit:
    """Leave out, value by value, what cannot be written, and an object whose name cannot be."""

    def spared(kind: str, entry: Entry) -> None:
        try:
            emit(kind, entry)
        except FieldError as error:
            values = []
            for name, held in entry.values:
                kept = []
                for each in held:
                    try:
                        tried(kind, entry._replace(values=((name, (each,)),)))
                    except FieldError as wrong:
                        losses.append(f"line {entry.line}: {entry.dn}: {name} {wrong.reason}")
                    else:
                        kept.append(each)
                values.append((name, tuple(kept)))
            try:
                emit(kind, entry._replace(values=tuple(values)))
            except FieldError:
                losses.append(f"{error}, and the object is left out")

    return spared


def unheld(form: str, losses: Sequence[str], *, lossy: bool) -> str:
    """Return what to say of what a form cannot hold."""
    count = f"{len(losses)} value{'s' if len(losses) > 1 else ''}"
    if lossy:
        return f"{count} left out, which the form {form} cannot hold; the first: {losses[0]}"
    return f"{losses[0]}: the form {form} cannot hold {count}; --as ldif or --as jsonl can, and --lossy writes the rest"


def _plain(form: str, columns: tuple[str, ...], put: Callable[[bytes], object]) -> Emit:
    if form == "csv":
        return _located(_csv(columns, put))
    make = {"dirsync": _section, "ldif": _change_record, "jsonl": _json}[form]
    return _located(lambda kind, entry: put(make(kind, entry)))


def _located(emit: Emit) -> Emit:
    """Name the object and its line in the dump in what cannot be written."""

    def located(kind: str, entry: Entry) -> None:
        try:
            emit(kind, entry)
        except FieldError as error:
            place = f"line {entry.line}"
            field = error.field.removeprefix(place).lstrip(": ")
            raise FieldError(f"{place}: {entry.dn}: {field}", error.reason) from None

    return located


def _section(kind: str, entry: Entry) -> bytes:
    if kind == RENAMED:
        label = "Obj-Dist-Name" if entry.dn.startswith("/") else "distinguishedName"
        return dirsync_file.section(MODIFIED, entry.former or "", ((label, (entry.dn,)),))
    values = ((name, [text_or_bytes(each) for each in held]) for name, held in shown(entry))
    return dirsync_file.section(kind, entry.dn, values)


def _change_record(kind: str, entry: Entry) -> bytes:
    return ldif_dump.change_record(kind, as_ldap(entry))


def _json(kind: str, entry: Entry) -> bytes:
    row = {
        "change": kind,
        "dn": entry.dn,
        "key": entry.key,
        "usn": entry.changed,
        "created": entry.created,
        "when": moment_text(entry.when),
        "values": {}
        if kind in (DELETED, RENAMED)
        else {name: [_json_value(each) for each in values] for name, values in shown(entry)},
    }
    if kind == RENAMED:
        row["former"] = entry.former
    return (json.dumps(row, ensure_ascii=True) + "\n").encode("ascii")


def _json_value(value: str) -> str | dict[str, str]:
    """Return a value; one that is no text as base64, with that said."""
    held = text_or_bytes(value)
    return held if isinstance(held, str) else {"base64": base64.b64encode(held).decode("ascii")}


def _csv(own: tuple[str, ...], put: Callable[[bytes], object]) -> Emit:
    header = ("Obj-Class", "Mode", "Obj-Dist-Name", *own)
    put(exchange_csv.row_line(header, header))

    def emit(kind: str, entry: Entry) -> None:
        held = {name.lower(): values for name, values in entry.values}
        kept = own if kind != DELETED else [each for each in own if each.lower() in _NAMES]
        cells = {each: held.get(each.lower(), ()) for each in kept}
        classes = next((held[each] for each in CLASSES if each in held), ("",))
        row: tuple[str | Values, ...] = (classes[-1], MODES[kind], entry.dn, *(cells.get(each, ()) for each in own))
        put(exchange_csv.row_line(header, row, number=entry.line))

    return emit


def written(form: str, columns: Iterable[str], changes: Iterable[tuple[str, Entry]]) -> bytes:
    """Return changes as a file."""
    pieces: list[bytes] = []
    emit = writer(form, columns, pieces.append)
    for kind, entry in changes:
        emit(kind, entry)
    return b"".join(pieces)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Return names without those that differ in case alone from an earlier one."""
    return tuple({each.lower(): each for each in reversed(tuple(names))}.values())[::-1]


Target = str | Path | Callable[[], AbstractContextManager[BinaryIO]]


def _opened(target: Target, *, force: bool) -> AbstractContextManager[BinaryIO]:
    return files.writing(Path(target), force=force) if isinstance(target, str | Path) else target()


def difference_file(
    found: Difference,
    old: Dump,
    new: Dump,
    target: Target,
    *,
    form: str = "dirsync",
    force: bool = False,
    lossy: bool = False,
) -> list[str]:
    """Write what makes the older of two dumps into the newer; return what the form could not hold, as a note.

    Args:
        found: what ``compare_dumps`` returned.
        old: the older dump.
        new: the newer one.
        target: a file, or what opens what the changes go to.
        form: one of ``FORMS``.
        force: replace a file that is there.
        lossy: leave out what the form cannot hold, and say so; else nothing is written.

    Raises:
        UsageError: the form cannot hold a value.
        OutputExistsError: the file exists and ``force`` is not given.
        FileAccessError: a file cannot be read or written.
    """
    columns = _distinct((*new.columns(), *old.columns())) if form == "csv" else ()
    losses: list[str] = []
    with _opened(target, force=force) as stream:
        emit = writer(form, columns, stream.write, losses=losses)
        for kind, entry in found.steps(RECEIVERS[form]):
            emit(kind, entry)
        if losses and not lossy:
            raise UsageError(f"{new.path}: {unheld(form, losses, lossy=False)}; nothing was written")
    return [unheld(form, losses, lossy=True)] if losses else []


def export_file(
    dump: Dump,
    state: str | Path,
    target: Target,
    *,
    form: str = "dirsync",
    force: bool = False,
    clear: bool = False,
    lossy: bool = False,
    significant: Collection[str] = (),
    server: str | None = None,
    full: bool = False,
    inclusive: bool = False,
    head: int | None = None,
    now: datetime | None = None,
    lifetime: timedelta | None = None,
) -> Outcome:
    """Write what has changed in a directory since the last export, and then what to remember for the next.

    Args:
        dump: the directory.
        state: file with what the last export left; it need not be there.
        target: a file, or what opens what the changes go to. The state is written when that has been closed without
            an error.
        form: one of ``FORMS``.
        force: replace a file that is there.
        clear: say of modified objects which fields are empty, as ``writer`` does; of the columns of a CSV.
        lossy: leave out what the form cannot hold, and say so in a note; else nothing is written.
        significant: as for ``export``, and so are the others:
        server: whose dump it is.
        full: every live object.
        inclusive: repeat the last number too.
        head: highest number issued before the dump was begun.
        now: the present.
        lifetime: of tombstones.

    Raises:
        UsageError: as for ``export``; the form cannot hold a value; a dump that does not say what an object lacks
            cannot be cleared by.
        DescriptionError: the state is wrong.
        FileAccessError: a file cannot be read or written.
    """
    if clear and dump.kind != CSV:
        raise UsageError(f"{dump.path}: --clear needs the columns of a CSV: an LDIF does not say what an object lacks")
    columns = dump.columns() if form == "csv" or dump.kind == CSV else ()
    dump.require(significant)
    own = shown_columns(columns) if dump.kind == CSV and form != "jsonl" and not clear else ()
    emptied = 0
    losses: list[str] = []
    with held(state):
        known = load(state)
        with _opened(target, force=force) as stream:
            emit = writer(form, columns, stream.write, clear=clear, losses=losses)

            def counted(kind: str, entry: Entry) -> None:
                nonlocal emptied
                emptied += kind == MODIFIED and bool(empty_columns(own, entry))
                emit(kind, entry)

            outcome = export(
                dump,
                known,
                counted,
                server=server,
                full=full,
                inclusive=inclusive,
                head=head,
                now=now,
                lifetime=lifetime,
                significant=significant,
                receiver=RECEIVERS[form],
            )
            if losses and not lossy:
                raise UsageError(f"{dump.path}: {unheld(form, losses, lossy=False)}; nothing was written")
        save(state, outcome.state)
    if losses:
        outcome = outcome._replace(notes=(*outcome.notes, unheld(form, losses, lossy=True)))
    if emptied:
        left = (
            f"{emptied} modified with empty fields, which are left out: the receiver keeps what it has there (--clear)"
        )
        outcome = outcome._replace(emptied=emptied, notes=(*outcome.notes, left))
    return outcome
