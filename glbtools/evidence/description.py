"""Descriptions of postoffices and networks (docs/interface.md#description), checked key by key."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from glbtools.binary import stamp
from glbtools.errors import FieldError, UsageError
from glbtools.formats.config import NODE_NAME
from glbtools.formats.queue import CONFIRMED_TEXT
from glbtools.model.change import Change
from glbtools.model.channel import MAX_SYNC
from glbtools.model.configuration import POINTERS
from glbtools.tables import Setting, open_json, open_toml, shown

QUEUES = ("REQTRANS", "SRVTRANS", "USRTRANS", "NMETRANS", "GWTRANS", "MSTTRANS", "RESYNC")
ENCODING = "cp850"
DEFAULT_STAMP = datetime(1996, 1, 1)
"""Date stamp of records that are given none: constant, so that one description gives the same bytes each time."""

_DOS_NAME = re.compile(r"[A-Za-z0-9!#$%&'()@^_`{}~-]{1,8}")
# Neither the first nor the last character may be a dot or a blank: some systems hide the one and drop the other.
_PART = re.compile(r"(?![. ])[A-Za-z0-9!#$%&'()@^_`{}~. -]{1,64}(?<![. ])")
_OWN = ("glbtools-rebuild", "glbtools-simulation")
_DEVICES = re.compile(r"(?:CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|COM\d|LPT\d) *(?:\..*)?", re.IGNORECASE)


@dataclass(slots=True)
class Postoffice:
    """One postoffice as described; None and absent keys mean what a healthy idle postoffice has.

    ``described`` is its place in the description, for what a layout has to say of its values.
    """

    described: Setting
    name: str
    path: str
    role: str
    reqconf: dict[str, Any] = field(default_factory=dict)
    queues: dict[str, list[Change]] = field(default_factory=dict)
    srvconf: dict[str, Any] | None = None
    logs: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def parse(content: bytes, path: str) -> list[Postoffice]:
    """Return the postoffices a description names.

    Raises:
        DescriptionError: with the line, the key and what is wrong with it.
    """
    is_json = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
    rows = (open_json if is_json else open_toml)(content, path).table({"postoffice"})["postoffice"]
    postoffices = [_postoffice(row) for row in rows.rows()]
    if not postoffices:
        rows.fail("at least one [[postoffice]] is needed")
    for what in ("name", "path"):
        seen: dict[str, Setting] = {}
        for each in postoffices:
            value = getattr(each, what)
            other = seen.setdefault(value.upper(), each.described)
            if other is not each.described:
                each.described[what].fail(f"{value!r} is already that of {other.key}")
    return postoffices


def refused(place: Setting, error: UsageError) -> NoReturn:
    """Say what a layout refused as a mistake in the description.

    Raises:
        DescriptionError: always.
    """
    if isinstance(error, FieldError):
        place.down(error.field).fail(error.reason)
    place.fail(str(error))


_KEYS = {"name", "path", "role", "reqconf", "queue", "srvconf", "log", "file", "missing"}


def _postoffice(row: Setting) -> Postoffice:
    row.table(_KEYS)
    name = _node(row["name"])
    server = row["srvconf"].given
    role = row["role"].choice(("server", "requestor"), "server" if server else "requestor")
    if role == "requestor" and server:
        row["srvconf"].fail("a requestor has none; SRVCONF.GLB makes a postoffice the server")
    path = row["path"].text(name.partition("/")[2].lower())
    return Postoffice(
        row,
        name=name,
        path=path if path == "." else _relative(row["path"], path),
        role=role,
        reqconf=_values(row["reqconf"], _REQCONF),
        queues={rows.name.upper(): _queue(rows) for rows in _queues(row["queue"])},
        srvconf=_values(row["srvconf"], _SRVCONF) if server else None,
        logs=dict(map(_log, _distinct(row["log"]))),
        files={_relative(each, each.name): _content(each) for each in _distinct(row["file"])},
        missing=_missing(row["missing"].table({"paths"})["paths"]),
    )


# --- queues ------------------------------------------------------------------------------------------------------


def _queues(table: Setting) -> list[Setting]:
    found = _distinct(table)
    for each in found:
        if each.name.upper() not in QUEUES:
            each.fail(f"is not a queue; queues are {', '.join(QUEUES)}")
    return found


def _queue(rows: Setting) -> list[Change]:
    records: list[Change] = []
    for row in rows.rows():
        records.append(_record(row, records[-1].sync + 1 if records else 1))
    return records


def _record(row: Setting, following: int) -> Change:
    values = _values(row, _RECORD)
    when = values.get("stamp", DEFAULT_STAMP)
    if "dummy" in values:
        for other in ("sync", "text"):
            if other in values:
                row[other].fail("dummy stands in place of sync and text")
        return Change(values["dummy"], CONFIRMED_TEXT, when, values.get("checksum"))
    if "text" not in values:
        row["text"].fail("is missing")
    sync = values.get("sync", following)
    if sync > MAX_SYNC:
        row["sync"].fail(f"{sync} is over 32 bits; {MAX_SYNC} is the last number")
    return Change(sync, values["text"], when, values.get("checksum"))


# --- files -------------------------------------------------------------------------------------------------------


def _log(given: Setting) -> tuple[str, bytes]:
    if not _DOS_NAME.fullmatch(given.name):
        given.fail("a log is named by at most 8 letters or digits, without .LOG")
    if _DEVICES.fullmatch(given.name):
        given.fail(f"{given.name} is a device on DOS and Windows; name the log otherwise")
    return f"LOG/{given.name.upper()}.LOG", _text(given).encode(ENCODING)


def _content(given: Setting) -> bytes:
    text = _text(given)
    if not text.startswith("hex:"):
        return text.encode(ENCODING)
    try:
        return bytes.fromhex(text[4:])
    except ValueError:
        given.fail("what follows hex: is not hex")


def _missing(given: Setting) -> tuple[str, ...]:
    given.texts()
    return tuple(_relative(each, each.text()) for each in given.items())


def _relative(given: Setting, path: str) -> str:
    """Accept a relative path that stays below where it starts, on any system."""
    parts = path.split("/")
    if not all(_PART.fullmatch(part) and not _DEVICES.fullmatch(part) for part in parts):
        given.fail(f"{shown(path)} is not a relative path of plain names")
    if parts[0].lower() in _OWN:
        given.fail(f"{parts[0]} is not part of a postoffice")
    return path


def _distinct(table: Setting) -> list[Setting]:
    """Refuse names that differ in case alone: on disk they are one."""
    seen: dict[str, str] = {}
    entries = list(table.entries())
    for each in entries:
        other = seen.setdefault(each.name.upper(), each.name)
        if other != each.name:
            each.fail(f"is the same name as {other!r}")
    return entries


# --- values ------------------------------------------------------------------------------------------------------

_Checks = dict[str, Callable[[Setting], Any]]


def _values(table: Setting, checks: _Checks) -> dict[str, Any]:
    return {each.name: checks[each.name](each) for each in table.table(checks).entries() if each.given}


def _requestors(given: Setting) -> list[dict[str, Any]]:
    requestors = []
    for row in given.rows():
        requestors.append(_values(row, _REQUESTOR))
        if "name" not in requestors[-1]:
            row["name"].fail("is missing")
    return requestors


def _sync(given: Setting) -> int:
    return given.integer(0, MAX_SYNC)


def _pointers(given: Setting) -> tuple[int, ...]:
    if not isinstance(given.value, list) or len(given.value) != len(POINTERS):
        given.fail(f"must be a list of {len(POINTERS)} numbers: {', '.join(POINTERS)}")
    return tuple(each.integer(-(2**31), 2**31 - 1) for each in given.items())


def _types(given: Setting) -> str:
    if isinstance(given.value, list):
        return _short(given, ",".join(given.texts()), 49)
    return _short(given, given.text(), 49)


def _node(given: Setting) -> str:
    return given.matching(NODE_NAME, "a NETWORK/POSTOFFICE of at most 10 letters or digits each")


def _text(given: Setting) -> str:
    return _encodable(given, given.text())


def _limited(limit: int) -> Callable[[Setting], str]:
    return lambda given: _short(given, given.text(), limit)


def _short(given: Setting, text: str, limit: int) -> str:
    if "\0" in text:
        given.fail("holds a NUL, which would end it")
    if len(text) > limit:
        given.fail(f"has {len(text)} characters, there is room for {limit}")
    return _encodable(given, text)


def _encodable(given: Setting, text: str) -> str:
    try:
        text.encode(ENCODING)
    except UnicodeEncodeError as error:
        given.fail(f"{text[error.start]!r} is not in code page 850")
    return text


def _moment(given: Setting) -> datetime:
    moment = given.moment()
    if moment.tzinfo is not None:
        given.fail("must have no time zone: the files do not store one")
    if not 0 <= stamp.to_unix(moment) <= 0xFFFFFFFF:
        given.fail(f"{moment} is not between 1970 and 2106")
    return moment


_NUMBERS: _Checks = dict.fromkeys(("reqsync", "srvsync", "importsync"), _sync)
_REQCONF: _Checks = {
    "server": lambda given: "" if given.value == "" else _node(given),
    **_NUMBERS,
    "limit": _sync,
    "pointers": _pointers,
    "last_export": _moment,
    "last_import": _moment,
    "types": _types,
    "options": Setting.texts,
}
_SRVCONF: _Checks = {
    "sync": _sync,
    "cycle": _sync,
    "keep_updates": lambda given: given.integer(0, 0xFFFF),
    "administrator": _limited(8),
    "requestor": _requestors,
}
_REQUESTOR: _Checks = {"name": _limited(63), **_NUMBERS, "last_cycle": _sync, "last_update": _moment}
_RECORD: _Checks = {
    "sync": _sync,
    "dummy": _sync,
    "stamp": _moment,
    "text": _text,
    "checksum": lambda given: given.integer(0, 0xFFFFFFFF),
}
