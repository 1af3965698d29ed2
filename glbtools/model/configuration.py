"""What a requestor and the server remember, whatever file or listing says so; None stands for what is not known.

Binary files and the vendor's listings give the same values, listings fewer of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from glbtools.binary.span import Span
from glbtools.brief import brief, count

POINTERS = ("SRVTRANS", "USRTRANS", "GWTRANS", "NMETRANS")
"""Queues a REQCONF pointer exists for, in the order of Q140462; its fields are ``ptr_srvtrans`` and so on."""

KEEP_UPDATES = 14
"""Days for which MSTTRANS keeps a record where nothing else is set (Q125512, Q108067)."""


class Place(NamedTuple):
    """Where a value stands.

    Attributes:
        span: its bytes; of a listing those of the line.
        line: the line of a text, from 1; None in a file of bytes.
    """

    span: Span
    line: int | None = None


@dataclass(frozen=True)
class ReqConf:
    """What REQCONF.GLB says, and where; None where layout, file or listing do not.

    Attributes:
        reqsync: the last number of its own changes that the server has confirmed.
        srvsync: the number of the last of the server's changes that it has received.
        importsync: how many full imports it has asked for.
        server: NET/PO of its Dir-Sync server.
        last_export: when it last exported, by its clock.
        last_import: when it last imported, by its clock.
        pointers: where an interrupted Import goes on in each queue of ``POINTERS``; -1 for nowhere.
        types: the types of addresses that it receives.
        options: names of the options that are set.
        limit: the size above which no import reply is sent; its unit is not known.
        postoffice: NET/PO of the owner, which only a listing names.
        places: name of a stored field -> where it stands.
    """

    reqsync: int | None = None
    srvsync: int | None = None
    importsync: int | None = None
    server: str | None = None
    last_export: datetime | None = None
    last_import: datetime | None = None
    pointers: tuple[int, ...] | None = None
    types: str | None = None
    options: tuple[str, ...] | None = None
    limit: int | None = None
    postoffice: str | None = None
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    def __repr__(self) -> str:
        return brief("ReqConf", f"ReqSync {self.reqsync}, SrvSync {self.srvsync}, server {self.server}")

    def value(self, name: str) -> int | str | datetime | None:
        """Return what a stored field says; None where that is not known."""
        if name.startswith("ptr_"):
            return dict(zip(POINTERS, self.pointers or (), strict=False)).get(name.removeprefix("ptr_").upper())
        return _plain(getattr(self, name, None))


@dataclass(frozen=True)
class Requestor:
    """One record of SRVCONF.GLB.

    Attributes:
        number: counts from 1 in the order of registration (Q125917).
        span: the bytes of the record; of a listing those of its line.
        name: as registered, such as ``PCM:NET/PO``.
        reqsync: the number of the last change of this requestor that the server has processed.
        srvsync: the number of the last of the server's changes that it is known to have.
        importsync: how many of its full imports were answered.
        last_cycle: the last cycle of the server in which it was heard of.
        last_update: when it was heard of, by the server's clock.
        line: the line of a listing, from 1.
        places: name of a stored field -> where it stands.
    """

    number: int
    span: Span
    name: str | None = None
    reqsync: int | None = None
    srvsync: int | None = None
    importsync: int | None = None
    last_cycle: int | None = None
    last_update: datetime | None = None
    line: int | None = None
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    def __repr__(self) -> str:
        return brief("Requestor", f"{self.name}, ReqSync {self.reqsync}, SrvSync {self.srvsync}")

    @property
    def node(self) -> str:
        """NET/PO in upper case; empty where it has no name."""
        return node_of(self.name)

    def value(self, name: str) -> int | str | datetime | None:
        """Return what a stored field says; None where that is not known."""
        return _plain(getattr(self, name, None))


@dataclass(frozen=True)
class SrvConf:
    """What SRVCONF.GLB says, and where; None where layout, file or listing do not.

    Attributes:
        sync: the number of the last record in MSTTRANS.
        cycle: counts the server's cycles.
        administrator: the administrator's mailbox.
        keep_updates: days for which the server keeps changes in MSTTRANS.
        requestors: its records, in the order of registration.
        postoffice: NET/PO of the owner, which only a listing names.
        places: name of a stored field of the header -> where it stands.
    """

    sync: int | None = None
    cycle: int | None = None
    administrator: str | None = None
    keep_updates: int | None = None
    requestors: tuple[Requestor, ...] = ()
    postoffice: str | None = None
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    def __repr__(self) -> str:
        return brief("SrvConf", f"Sync {self.sync}, cycle {self.cycle}, {count(len(self.requestors), 'requestor')}")

    @cached_property
    def by_node(self) -> Mapping[str, Requestor]:
        """The requestors by NET/PO in upper case, those without a name left out; of two of one name the first."""
        return {each.node: each for each in reversed(self.requestors) if each.node}

    def value(self, name: str) -> int | str | datetime | None:
        """Return what a stored field of the header says; None where that is not known."""
        return _plain(getattr(self, name, None))


def _plain(value: object) -> int | str | datetime | None:
    return value if isinstance(value, int | str | datetime) else None


def node_of(name: str | None) -> str:
    """Return NET/PO in upper case of a registered name such as ``PCM:NET/PO`` (Q96060)."""
    return (name or "").partition(":")[2].upper() or (name or "").upper()
