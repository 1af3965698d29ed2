"""Descriptions of postoffices and networks (docs/interface.md#description), checked key by key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from glbtools.binary import stamp
from glbtools.errors import DescriptionError, FieldError, UsageError
from glbtools.formats.config import NODE_NAME
from glbtools.formats.queue import CONFIRMED_TEXT
from glbtools.model.change import Change
from glbtools.model.configuration import POINTERS
from glbtools.tables import read_json, read_toml

QUEUES = ("REQTRANS", "SRVTRANS", "USRTRANS", "NMETRANS", "GWTRANS", "MSTTRANS", "RESYNC")
ENCODING = "cp850"
DEFAULT_STAMP = datetime(1996, 1, 1)
"""Date stamp of records that are given none: constant, so that one description gives the same bytes each time."""

MAX_SYNC = 0xFFFFFFFF
_DOS_NAME = re.compile(r"[A-Za-z0-9!#$%&'()@^_`{}~-]{1,8}")
# Neither the first nor the last character may be a dot or a blank: some systems hide the one and drop the other.
_PART = re.compile(r"(?![. ])[A-Za-z0-9!#$%&'()@^_`{}~. -]{1,64}(?<![. ])")
_DEVICES = re.compile(r"(?:CON|PRN|AUX|NUL|COM\d|LPT\d) *(?:\..*)?", re.IGNORECASE)


@dataclass(slots=True)
class Postoffice:
    """One postoffice as described; None and absent keys mean what a healthy idle postoffice has."""

    name: str
    path: str
    role: str
    reqconf: dict[str, Any] = field(default_factory=dict)
    queues: dict[str, list[Change]] = field(default_factory=dict)
    srvconf: dict[str, Any] | None = None
    logs: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    key: str = ""


def parse(content: bytes, path: str) -> list[Postoffice]:
    """Return the postoffices a description names.

    Raises:
        DescriptionError: with the key and what is wrong with it.
    """
    return _Checker(path).description(content)


class _Checker:
    """Turns tables into postoffices, or says which key is wrong."""

    def __init__(self, path: str) -> None:
        self.path = path

    def fail(self, key: str, reason: str) -> NoReturn:
        raise DescriptionError(self.path, key, reason)

    def description(self, content: bytes) -> list[Postoffice]:
        table = self.loaded(content)
        self.keys(table, "", {"postoffice"})
        rows = self.rows(table.get("postoffice"), "postoffice")
        if not rows:
            self.fail("postoffice", "at least one [[postoffice]] is needed")
        postoffices = [self.postoffice(row, f"postoffice[{number}]") for number, row in enumerate(rows)]
        for what in ("name", "path"):
            seen: dict[str, str] = {}
            for each in postoffices:
                value = getattr(each, what).upper()
                if value in seen:
                    self.fail(f"{each.key}.{what}", f"{value!r} is already that of {seen[value]}")
                seen[value] = each.key
        return postoffices

    def loaded(self, content: bytes) -> dict[str, Any]:
        try:
            text = content.decode("utf-8-sig")
            table = read_json(content) if text.lstrip()[:1] == "{" else read_toml(text)
        except (ValueError, RecursionError) as error:
            self.fail("", f"neither valid TOML nor JSON: {error}")
        if not isinstance(table, dict):
            self.fail("", "must be a table")
        return table

    def postoffice(self, row: dict[str, Any], key: str) -> Postoffice:
        known = {"name", "path", "role", "reqconf", "queue", "srvconf", "log", "file", "missing"}
        self.keys(row, key, known)
        name = self.node(row.get("name"), f"{key}.name")
        role = row.get("role", "server" if "srvconf" in row else "requestor")
        if role not in ("server", "requestor"):
            self.fail(f"{key}.role", f"{role!r} is neither server nor requestor")
        if role == "requestor" and "srvconf" in row:
            self.fail(f"{key}.srvconf", "a requestor has none; SRVCONF.GLB makes a postoffice the server")
        path = row.get("path", name.partition("/")[2].lower())
        return Postoffice(
            name=name,
            path=path if path == "." else self.relative(path, f"{key}.path"),
            role=role,
            reqconf=self.reqconf(self.table(row.get("reqconf", {}), f"{key}.reqconf"), f"{key}.reqconf"),
            queues=self.queues(self.table(row.get("queue", {}), f"{key}.queue"), f"{key}.queue"),
            srvconf=self.srvconf(row["srvconf"], f"{key}.srvconf") if "srvconf" in row else None,
            logs=self.logs(self.table(row.get("log", {}), f"{key}.log"), f"{key}.log"),
            files=self.files(self.table(row.get("file", {}), f"{key}.file"), f"{key}.file"),
            missing=self.missing(self.table(row.get("missing", {}), f"{key}.missing"), f"{key}.missing"),
            key=key,
        )

    # --- configuration -------------------------------------------------------------------------------------------

    def reqconf(self, table: dict[str, Any], key: str) -> dict[str, Any]:
        return self.values(
            table,
            key,
            {
                "server": lambda value, at: value if value == "" else self.node(value, at),
                "reqsync": self.sync,
                "srvsync": self.sync,
                "importsync": self.sync,
                "limit": self.sync,
                "pointers": self.pointers,
                "last_export": self.moment,
                "last_import": self.moment,
                "types": self.types,
                "options": self.strings,
            },
        )

    def srvconf(self, value: object, key: str) -> dict[str, Any]:
        checks: dict[str, Callable[[Any, str], Any]] = {
            "sync": self.sync,
            "cycle": self.sync,
            "keep_updates": lambda value, at: self.integer(value, at, 0, 0xFFFF),
            "administrator": lambda value, at: self.text(value, at, 8),
            "requestor": self.requestors,
        }
        return self.values(self.table(value, key), key, checks)

    def requestors(self, value: object, key: str) -> list[dict[str, Any]]:
        checks: dict[str, Callable[[Any, str], Any]] = {
            "name": lambda name, at: self.text(name, at, 63),
            "reqsync": self.sync,
            "srvsync": self.sync,
            "importsync": self.sync,
            "last_cycle": self.sync,
            "last_update": self.moment,
        }
        requestors = []
        for number, row in enumerate(self.rows(value, key)):
            at = f"{key}[{number}]"
            requestor = self.values(row, at, checks)
            if "name" not in requestor:
                self.fail(f"{at}.name", "is missing")
            requestors.append(requestor)
        return requestors

    # --- queues --------------------------------------------------------------------------------------------------

    def queues(self, table: dict[str, Any], key: str) -> dict[str, list[Change]]:
        self.distinct(table, key)
        for name in table:
            if name.upper() not in QUEUES:
                self.fail(f"{key}.{name}", f"is no queue; queues are {', '.join(QUEUES)}")
        return {name.upper(): self.queue(rows, f"{key}.{name}") for name, rows in table.items()}

    def queue(self, value: object, key: str) -> list[Change]:
        entries: list[Change] = []
        for number, row in enumerate(self.rows(value, key)):
            entries.append(self.entry(row, f"{key}[{number}]", entries[-1].sync + 1 if entries else 1))
        return entries

    def entry(self, row: dict[str, Any], key: str, following: int) -> Change:
        checks: dict[str, Callable[[Any, str], Any]] = {
            "sync": self.sync,
            "dummy": self.sync,
            "stamp": self.moment,
            "text": lambda value, at: self.text(value, at, None),
            "checksum": lambda value, at: self.integer(value, at, 0, 0xFFFFFFFF),
        }
        found = self.values(row, key, checks)
        when = found.get("stamp", DEFAULT_STAMP)
        if "dummy" in found:
            for other in ("sync", "text"):
                if other in found:
                    self.fail(f"{key}.{other}", "dummy stands in place of sync and text")
            return Change(found["dummy"], CONFIRMED_TEXT, when, found.get("checksum"))
        if "text" not in found:
            self.fail(f"{key}.text", "is missing")
        sync = found.get("sync", following)
        if sync > MAX_SYNC:
            self.fail(f"{key}.sync", f"{sync} is over 32 bits")
        return Change(sync, found["text"], when, found.get("checksum"))

    # --- files ---------------------------------------------------------------------------------------------------

    def logs(self, table: dict[str, Any], key: str) -> dict[str, bytes]:
        self.distinct(table, key)
        logs = {}
        for name, text in table.items():
            if not _DOS_NAME.fullmatch(name):
                self.fail(f"{key}.{name}", "a log is named by at most 8 letters or digits, without .LOG")
            logs[f"LOG/{name.upper()}.LOG"] = self.encoded(text, f"{key}.{name}")
        return logs

    def files(self, table: dict[str, Any], key: str) -> dict[str, bytes]:
        self.distinct(table, key)
        return {
            self.relative(name, f'{key}."{name}"'): self.content(value, f'{key}."{name}"')
            for name, value in table.items()
        }

    def content(self, value: object, key: str) -> bytes:
        if isinstance(value, str) and value.startswith("hex:"):
            try:
                return bytes.fromhex(value[4:])
            except ValueError:
                self.fail(key, "what follows hex: is no hex")
        return self.encoded(value, key)

    def missing(self, table: dict[str, Any], key: str) -> tuple[str, ...]:
        self.keys(table, key, {"paths"})
        return tuple(
            self.relative(each, f"{key}.paths[{number}]")
            for number, each in enumerate(self.strings(table.get("paths", []), f"{key}.paths"))
        )

    def relative(self, value: object, key: str) -> str:
        """Accept a relative path that stays below where it starts, on any system."""
        if not isinstance(value, str):
            self.fail(key, "must be a string")
        parts = value.split("/")
        if not all(_PART.fullmatch(part) and not _DEVICES.fullmatch(part) for part in parts):
            self.fail(key, f"{value!r} is no relative path of plain names")
        if parts[0].lower() in ("glbtools-rebuild", "glbtools-simulation"):
            self.fail(key, f"{parts[0]} is no part of a postoffice")
        return value

    # --- values --------------------------------------------------------------------------------------------------

    def values(
        self, table: dict[str, Any], key: str, checks: Mapping[str, Callable[[Any, str], Any]]
    ) -> dict[str, Any]:
        self.keys(table, key, set(checks))
        return {name: checks[name](value, f"{key}.{name}") for name, value in table.items()}

    def keys(self, table: dict[str, Any], key: str, known: set[str]) -> None:
        for name in table:
            if name not in known:
                self.fail(f"{key}.{name}".lstrip("."), f"unknown key; known are {', '.join(sorted(known))}")

    def distinct(self, table: dict[str, Any], key: str) -> None:
        """Refuse names that differ in case alone: on disk they are one."""
        seen: dict[str, str] = {}
        for name in table:
            other = seen.setdefault(name.upper(), name)
            if other != name:
                self.fail(f'{key}."{name}"', f"is the same name as {other!r}")

    def table(self, value: object, key: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.fail(key, "must be a table")
        return value

    def rows(self, value: object, key: str) -> list[dict[str, Any]]:
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            self.fail(key, "must be a list of tables")
        return value

    def strings(self, value: object, key: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.fail(key, "must be a list of strings")
        return tuple(value)

    def integer(self, value: object, key: str, low: int, high: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            self.fail(key, "must be a whole number")
        if not low <= value <= high:
            self.fail(key, f"{value} is not between {low} and {high}")
        return value

    def sync(self, value: object, key: str) -> int:
        return self.integer(value, key, 0, MAX_SYNC)

    def pointers(self, value: object, key: str) -> tuple[int, ...]:
        if not isinstance(value, list) or len(value) != len(POINTERS):
            self.fail(key, f"must be a list of {len(POINTERS)} numbers: {', '.join(POINTERS)}")
        return tuple(self.integer(each, f"{key}[{n}]", -(2**31), 2**31 - 1) for n, each in enumerate(value))

    def types(self, value: object, key: str) -> str:
        return self.text(",".join(self.strings(value, key)) if isinstance(value, list) else value, key, 49)

    def node(self, value: object, key: str) -> str:
        if not isinstance(value, str):
            self.fail(key, "is missing" if value is None else "must be a string")
        if not NODE_NAME.fullmatch(value):
            self.fail(key, f"{value!r} is no NETWORK/POSTOFFICE of at most 10 letters or digits each")
        return value

    def encoded(self, value: object, key: str) -> bytes:
        return self.text(value, key, None).encode(ENCODING)

    def text(self, value: object, key: str, limit: int | None) -> str:
        if not isinstance(value, str):
            self.fail(key, "must be a string")
        try:
            value.encode(ENCODING)
        except UnicodeEncodeError as error:
            self.fail(key, f"{value[error.start]!r} is not in code page 850")
        if limit is not None and "\0" in value:
            self.fail(key, "holds a NUL, which would end it")
        if limit is not None and len(value) > limit:
            self.fail(key, f"has {len(value)} characters, there is room for {limit}")
        return value

    def moment(self, value: object, key: str) -> datetime:
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                self.fail(key, f"{value!r} is no date and time such as 1994-04-07T12:13:52")
        if not isinstance(value, datetime):
            self.fail(key, "must be a date and time such as 1994-04-07T12:13:52")
        if value.tzinfo is not None:
            self.fail(key, "must have no time zone: the files do not store one")
        if not 0 <= stamp.to_unix(value) <= 0xFFFFFFFF:
            self.fail(key, f"{value} is not between 1970 and 2106")
        return value


def rekeyed(path: str, key: str, error: UsageError) -> DescriptionError:
    """Return what a layout refused as a mistake in the description."""
    if not isinstance(error, FieldError):
        return DescriptionError(path, key, str(error))
    return DescriptionError(path, key + error.field if error.field[:1] == "[" else f"{key}.{error.field}", error.reason)
