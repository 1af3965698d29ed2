"""Bringing together what is known of configuration files: listings, given values, and files of the same postoffice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import TypeGuard

from glbtools.errors import UsageError
from glbtools.formats.listing import Listing
from glbtools.formats.logs import parse_log
from glbtools.formats.logs import probe as probe_log
from glbtools.formats.message import REQTX, parse_subject
from glbtools.formats.queue import parse_queue
from glbtools.layouts import reference
from glbtools.learn import hints as known_hints
from glbtools.learn.clocks import FIRST
from glbtools.learn.hints import (
    GIVEN,
    LISTING,
    MOST_RECORDS,
    SRVCONF_UNIT,
    Hints,
    KnownValue,
    Snapshot,
    base_name,
    fits,
    kinds,
    names,
    saying,
    section,
)  # fmt: skip
from glbtools.learn.positions import ENCODING, Plain
from glbtools.learn.requestors import find_records

MOST_TEXT = 1 << 20
"""Bytes of a text that are looked at for subjects."""


def gathered(
    family: str, contents: Sequence[tuple[str, bytes]], listings: Sequence[tuple[str, Listing]], known: Sequence[str]
) -> Hints:
    """Return all that is known of some files.

    Args:
        family: ``reqconf`` or ``srvconf``.
        contents: path and bytes of the files; those that are queues, logs or mail speak of the others.
        listings: path and content of listings: one for each file in their order, or found by their names.
        known: ``[FILE:]NAME=VALUE``; of a requestor ``[FILE:]requestor[2].NAME=VALUE``.

    Raises:
        UsageError: a string says nothing that can be known, or not of which file.
    """
    own = [each for each in contents if _named(family, each[0])]
    own = own or [each for each in contents if fits(family, each[1])]
    hints = Hints(family, [Snapshot(*each) for each in own if fits(family, each[1])])
    size = "512 bytes" if family == "reqconf" else "a multiple of 1024"
    hints.remarks += [
        f"{base_name(path)}: {len(data)} bytes, {family.upper()}.GLB has {size}; left out"
        for path, data in own
        if not fits(family, data)
    ]
    for text in known:
        hints.told += _given(hints, text, [path for path, _ in own])
    if hints.snapshots:
        _listed(hints, listings, [path for path, _ in own])
        find_records(hints)
        for path, data in contents:
            if (path, data) not in own:
                _beside(hints, path, data)
        _within(hints)
    return hints


def _named(family: str, path: str) -> bool:
    return base_name(path).upper().startswith(family.upper())


# --- listings ----------------------------------------------------------------------------------------------------


def _listed(hints: Hints, listings: Sequence[tuple[str, Listing]], paths: Sequence[str]) -> None:
    printed = [each for each in listings if getattr(each[1], hints.family) is not None]
    which = "-R" if hints.family == "reqconf" else "-S"
    hints.remarks += [
        f"{base_name(path)}: no listing by LISTDS {which}; left out"
        for path, _ in (each for each in listings if each not in printed)
    ]
    pairs = paired_names([path for path, _ in printed], paths)
    if pairs is None and len(printed) == len(paths):
        pairs = list(range(len(paths)))
    if pairs is None:
        message = f"{len(printed)} listings for {len(paths)} files, and their names do not say which is of which"
        hints.remarks.append(f"{message}; give one for each file, in the order of the files")
        return
    numbers = {each.path: number for number, each in enumerate(hints.snapshots)}
    for at, (_, listing) in zip(pairs, printed, strict=True):
        if paths[at] in numbers:
            hints.told += _of_listing(hints.family, numbers[paths[at]], listing)


def paired_names(listings: Sequence[str], files: Sequence[str]) -> list[int] | None:
    """Return for each listing the only file with its directory, its stem or its ending; None unless all have one."""
    for mark in (lambda path: str(PurePath(path).parent), lambda path: PurePath(path).stem.upper(), _ending):
        marks = [mark(path) for path in files]
        if len(set(marks)) == len(marks) and len({mark(path) for path in listings}) == len(listings):
            found = [marks.index(mark(path)) for path in listings if mark(path) in marks]
            if listings and len(found) == len(listings) and all(marks):
                return found
    return None


def _ending(path: str) -> str:
    return PurePath(path).suffix.upper()


def _of_listing(family: str, snapshot: int, listing: Listing) -> Iterator[KnownValue]:
    for name in names(family):
        stated = getattr(getattr(listing, family), name, None)
        if _storable(stated):
            yield KnownValue(name, snapshot, 0, stated, LISTING)
    for each in listing.srvconf.requestors if family == "srvconf" and listing.srvconf else ():
        for name in names(family):
            stated = None if section(family, name) == "header" else getattr(each, name, None)
            if _storable(stated) and each.number:
                yield KnownValue(name, snapshot, each.number, stated, LISTING)


def _storable(value: Plain | None) -> TypeGuard[Plain]:
    """Whether a value can stand in a file: an empty text stands everywhere, a date before all clocks is none."""
    if isinstance(value, datetime):
        return value >= FIRST
    if not isinstance(value, str):
        return value is not None
    try:
        return bool(value) and b"\0" not in value.encode(ENCODING)
    except UnicodeEncodeError:
        return False


# --- given values ------------------------------------------------------------------------------------------------


def _given(hints: Hints, text: str, paths: Sequence[str]) -> Iterator[KnownValue]:
    family, whole = hints.family, [each.path for each in hints.snapshots]
    said = saying(text, paths)
    if said is None:
        raise UsageError(f"--known {text!r} is not of the form [FILE:]NAME=VALUE")
    name, path = said.name, said.path
    if name not in names(family):
        raise UsageError(f"--known {text!r}: {name} is none of {', '.join(names(family))}")
    meant = said.meant(paths)
    if not meant:
        raise UsageError(f"--known {text!r}: {path} is none of the {family.upper()} files given")
    if path is not None and len(set(meant)) > 1:
        raise UsageError(f"--known {text!r}: several files are called {path}; give the path")
    value = _value(family, name, said.value, text)
    for number in (number for number, each in enumerate(whole) if each in meant):
        yield KnownValue(name, number, _record(hints, number, name, said.record, text), value, GIVEN)


def _record(hints: Hints, snapshot: int, name: str, spelled: str | None, text: str) -> int:
    if hints.family == "reqconf" or section(hints.family, name) == "header":
        if spelled is not None:
            raise UsageError(f"--known {text!r}: {name} is no field of a requestor")
        return 0
    last = len(hints.snapshots[snapshot].data) // SRVCONF_UNIT - 1
    if spelled is None and last != 1:
        raise UsageError(f"--known {text!r}: say of which requestor, as in requestor[1].{name}=")
    if int(spelled or 1) > last:
        raise UsageError(f"--known {text!r}: the file has {last} requestors")
    return int(spelled or 1)


def _value(family: str, name: str, spelled: str, text: str) -> Plain:
    if name in known_hints.DATES[family]:
        try:
            when = datetime.fromisoformat(spelled)
        except ValueError:
            raise UsageError(f"--known {text!r}: a date is written as in 1994-02-18T13:11:58") from None
        if when.tzinfo is not None:
            raise UsageError(f"--known {text!r}: a date is given by the clock of the postoffice, without a zone")
        return when.replace(microsecond=0)
    if name in known_hints.TEXTS[family]:
        try:
            raw = spelled.encode(ENCODING)
        except UnicodeEncodeError:
            raise UsageError(f"--known {text!r}: holds what code page 850 does not have") from None
        if not raw or b"\0" in raw:
            raise UsageError(f"--known {text!r}: an empty text stands everywhere")
        return spelled
    if not re.fullmatch(r"-?[0-9]{1,10}", spelled) or not -1 <= int(spelled) < 1 << 32:
        raise UsageError(f"--known {text!r}: {name} is a number of at most 32 bits")
    if spelled.startswith("-") and "i32" not in kinds(family, name):
        raise UsageError(f"--known {text!r}: {name} is never negative")
    return int(spelled)


# --- files beside ------------------------------------------------------------------------------------------------

_SUBJECT = re.compile(r"(?:ReqTx|SrvTx)\s+R\s*=[^\r\n\0]{1,40}", re.IGNORECASE)
_SRVSEQ = re.compile(r"^[ \t]*SRVSEQ[ \t]*=[ \t]*(\d{1,10})[ \t\r]*$", re.IGNORECASE | re.MULTILINE)


def _beside(hints: Hints, path: str, data: bytes) -> None:
    """Add what a file says that is no snapshot itself; it is of the only one, or of the one in its directory."""
    near = [n for n, each in enumerate(hints.snapshots) if PurePath(each.path).parent == PurePath(path).parent]
    at = near if len(hints.snapshots) > 1 else [0]
    said = dict(_said(hints.family, path, data))
    if not said:
        hints.remarks.append(f"{base_name(path)}: says nothing of {hints.family.upper()}.GLB")
    elif len(at) != 1:
        hints.remarks.append(f"{base_name(path)}: of which snapshot it is cannot be told; left out")
    else:
        hints.told += [KnownValue(name, at[0], 0, value, base_name(path)) for name, value in said.items()]


def _said(family: str, path: str, data: bytes) -> Iterator[tuple[str, Plain]]:
    stem = base_name(path).upper()
    if stem.startswith(("REQTRANS", "MSTTRANS")):
        queue = parse_queue(data, reference("queue"))
        if queue.gaps or not queue.records:
            return
        if family == "srvconf" and stem.startswith("MSTTRANS"):
            yield "sync", queue.records[-1].sync  # Q96060: its last number is the highest SrvSync
        if family == "reqconf" and stem.startswith("REQTRANS") and queue.is_dummy(queue.records[0]):
            yield "reqsync", queue.records[0].sync  # Q133428: the dummy holds the last confirmed number
        return
    if family != "reqconf" or b"\0" in data[:4096]:
        return
    text = data[-MOST_TEXT:].decode(ENCODING)
    for match in _SRVSEQ.finditer(text):
        yield "srvsync", int(match[1])
    for match in _SUBJECT.finditer(text):
        subject = parse_subject(match[0].strip()[:40])
        if subject is not None and not subject.cut:
            reqsync = subject.r_was if subject.kind == REQTX else subject.r
            stated = (("reqsync", reqsync), ("srvsync", subject.s), ("importsync", subject.imports))
            yield from ((name, value) for name, value in stated if value is not None)
    if probe_log(data):
        for line in parse_log(data[-MOST_TEXT:]).joined:
            if line.code == 167 and line.argument:
                yield "types", line.argument.strip()


# --- contradictions ----------------------------------------------------------------------------------------------


def _within(hints: Hints) -> None:
    """Take out what has no record, and names of which sources say different things; say so."""
    hints.told = [each for each in hints.told if each.record <= MOST_RECORDS]
    missing = sorted({each.record for each in hints.told if not hints.region(each)})
    if missing:
        hints.remarks.append(f"a listing has requestor {missing[0]}, the file has no such record")
        hints.told = [each for each in hints.told if hints.region(each)]
    stated: dict[tuple[str, int, int], list[KnownValue]] = {}
    for each in hints.told:
        if not each.weak:
            stated.setdefault(each[:3], []).append(each)
    for (name, snapshot, record), several in stated.items():
        if len({each.value for each in several}) > 1:
            said = " and ".join(f"{each.value} ({each.source})" for each in several)
            of = f"requestor[{record}].{name}" if record else name
            hints.remarks.append(f"{of} of {hints.snapshots[snapshot].name} is said to be {said}; left open")
            hints.contradicted = True
            hints.told = [each for each in hints.told if each.name != name]
