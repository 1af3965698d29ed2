"""What is known of files from elsewhere: listings, values that somebody gives, for configurations queues and mail.

Listings and given values are of the moment of the file. A queue, a subject or a log of the same postoffice may be of
another, and a queue is read by a layout that is itself assumed: they are weak, and never stand against a listing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from glbtools.formats.config import REQCONF_SIZE
from glbtools.formats.listing import Listing
from glbtools.learn.positions import Plain
from glbtools.model.configuration import POINTERS

SRVCONF_UNIT = 1024
"""Bytes of the header of SRVCONF.GLB, and of each record (Q77926, Q148705)."""

MOST_RECORDS = 1000
"""Requestors of one file that are looked at."""

LISTING, GIVEN = "listing", "known value"
_SYNC, _SMALL, _POINTER = ("u16", "u32"), ("u8", "u16", "u32"), ("i16", "i32")
_NUMBERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "reqconf": {
        **dict.fromkeys(("reqsync", "srvsync"), _SYNC),
        "importsync": _SMALL,
        **{f"ptr_{name.lower()}": _POINTER for name in POINTERS},
        "limit": _SYNC,
    },
    "queue": {"sync": ("u16", "u24", "u32", "w32")},
    "srvconf": {
        **dict.fromkeys(("sync", "reqsync", "srvsync"), _SYNC),
        **dict.fromkeys(("cycle", "importsync", "last_cycle", "keep_updates"), _SMALL),
    },
}
CONFIGURATIONS = ("reqconf", "srvconf")
TEXTS = {"reqconf": ("server", "types"), "srvconf": ("administrator", "name")}
DATES = {"reqconf": ("last_export", "last_import"), "srvconf": ("last_update",)}
PARTS = ("network", "postoffice")
"""Parts of a requestor's name that may stand apart: NETWORK/POSTOFFICE, less the kind of address in front."""

ADDRESS = "address"
"""Both parts as one text, without the kind of address."""

_NAME = re.compile(r"(?:[A-Z0-9]{2,8}:)?(([^/]+)/([^/]+))", re.IGNORECASE)
_HEADER = ("sync", "cycle", "administrator", "keep_updates")


_SAYING = re.compile(
    r"(?:requestor\[(?P<record>[1-9]\d{0,4})\]\.)?(?P<name>[a-z][a-z0-9_]*)=(?P<value>.*)", re.I | re.S
)


class Saying(NamedTuple):
    """What ``--known`` says: ``[FILE:][requestor[N].]NAME=VALUE``.

    Attributes:
        path: as it is given; None where no file is named.
        record: number of the requestor, as it is spelled.
        name: of the value, in small letters; ``value``: as it is spelled.
    """

    path: str | None
    record: str | None
    name: str
    value: str

    def meant(self, paths: Sequence[str]) -> list[str]:
        """Return the files it is said of: all where none is named, else the path, or those with that base name."""
        own = [each for each in paths if self.path in (None, each)]
        return own or [each for each in paths if base_name(each) == self.path]


def saying(text: str, paths: Sequence[str]) -> Saying | None:
    """Return what a known value says of some files, whose paths may hold colons; None where it is of another form."""
    path = next((each for each in sorted(paths, key=len, reverse=True) if text.startswith(f"{each}:")), None)
    match = _SAYING.fullmatch(text if path is None else text[len(path) + 1 :])
    at = text.find(":")
    while match is None and path is None and at >= 0:
        path, match = (text[:at], found) if (found := _SAYING.fullmatch(text, at + 1)) else (None, None)
        at = text.find(":", at + 1)
    return Saying(path, match["record"], match["name"].lower(), match["value"]) if match else None


class KnownValue(NamedTuple):
    """One value that somebody says a file has.

    Attributes:
        name: of the field, as layouts name it.
        snapshot: number of the file, from 0.
        record: number of the requestor, from 1; 0 for what a file has once.
        value: the value; a text is never empty.
        source: who says so: ``LISTING``, ``GIVEN`` or a file.
    """

    name: str
    snapshot: int
    record: int
    value: Plain
    source: str

    @property
    def weak(self) -> bool:
        """Whether it may be of another moment than the file."""
        return self.source not in {LISTING, GIVEN}


@dataclass
class Snapshot:
    """One file as it was at one time."""

    path: str
    data: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Its base name."""
        return base_name(self.path)


@dataclass
class Hints:
    """Files of one family and all that is said of them.

    Attributes:
        family: ``reqconf`` or ``srvconf``; ``queue`` for files of one record each.
        snapshots: the files that have a size of that family; of a queue what stands before its text.
        told: what listings and given values say, and what files beside them say.
        remarks: what could not be used, in words.
        unlisted: snapshots and records that no row of a listing has, where names show which record each row has.
        contradicted: whether two sources say different things of one value.
    """

    family: str
    snapshots: list[Snapshot]
    told: list[KnownValue] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unlisted: list[tuple[int, int]] = field(default_factory=list)
    contradicted: bool = False

    def region(self, told: KnownValue) -> bytes:
        """Return the structure that a value is said to stand in; empty where the file has no such record."""
        data = self.snapshots[told.snapshot].data
        if self.family != "srvconf":
            return data
        return data[told.record * SRVCONF_UNIT :][:SRVCONF_UNIT]

    def regions(self, section: str) -> list[bytes]:
        """Return a structure as it stands in every file, and for a requestor in every record."""
        return [each for life in self.lives(section) for each in life]

    def lives(self, section: str) -> list[list[bytes]]:
        """Return every structure of a kind, each as it stands in one file after another."""
        if self.family == "reqconf":
            return [[each.data for each in self.snapshots]]
        starts = [0]
        if section == "record":
            end = min(max(len(each.data) for each in self.snapshots), (MOST_RECORDS + 1) * SRVCONF_UNIT)
            starts = list(range(SRVCONF_UNIT, end, SRVCONF_UNIT))
        parts = ([each.data[start : start + SRVCONF_UNIT] for each in self.snapshots] for start in starts)
        return [[each for each in life if each] for life in parts]


def base_name(path: str) -> str:
    """Return the last part of a path, whichever system it is from."""
    return re.split(r"[/\\]", path)[-1]


def names(family: str) -> tuple[str, ...]:
    """Return what can be known of a family."""
    return (*_NUMBERS[family], *DATES.get(family, ()), *TEXTS.get(family, ()))


def parted(told: Sequence[KnownValue]) -> list[KnownValue]:
    """Return the parts of names of postoffices as values of their own; none where a name has other parts."""
    names = [each for each in told if each.name in {"name", "server"}]
    matches = [_NAME.fullmatch(str(each.value)) for each in names]
    return [
        each._replace(name=part, value=match[number])
        for each, match in zip(names, matches, strict=True)
        if match is not None and None not in matches
        for number, part in enumerate((ADDRESS, *PARTS), 1)
    ]


def kinds(family: str, name: str) -> tuple[str, ...]:
    """Return the integers that a field may be stored as; none for dates and texts."""
    return _NUMBERS[family].get(name, ())


def section(family: str, name: str) -> str:
    """Return where a field stands."""
    return "header" if family == "srvconf" and name in _HEADER else "record"


def fits(family: str, data: bytes) -> bool:
    """Whether a file has a size of its family."""
    if family == "reqconf":
        return len(data) == REQCONF_SIZE
    return len(data) >= SRVCONF_UNIT and len(data) % SRVCONF_UNIT == 0


def spoken_of(listings: Sequence[Listing], known: Sequence[str]) -> list[str]:
    """Return the families that a listing is of, or else the names of known values."""
    listed = [family for family in CONFIGURATIONS if any(getattr(each, family) is not None for each in listings)]
    said = {re.split(r"[:.]", text.split("=")[0])[-1].lower() for text in known}
    return listed or [family for family in CONFIGURATIONS if said & set(names(family))]
