"""What a requestor and the server remember, whatever file or listing says so; None stands for what is not known.

Binary files and the vendor's listings give the same values, listings fewer of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from glbtools.binary.span import Span


class ReqConf(NamedTuple):
    """What REQCONF.GLB says; None where layout, file or listing do not."""

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
    """NET/PO of the owner, which only a listing names."""


class Requestor(NamedTuple):
    """One record of SRVCONF.GLB; ``number`` counts from 1 in the order of registration (Q125917)."""

    number: int
    span: Span
    name: str | None = None
    reqsync: int | None = None
    srvsync: int | None = None
    importsync: int | None = None
    last_cycle: int | None = None
    last_update: datetime | None = None
    line: int | None = None


class SrvConf(NamedTuple):
    """What SRVCONF.GLB says; None where layout, file or listing do not."""

    sync: int | None = None
    cycle: int | None = None
    administrator: str | None = None
    keep_updates: int | None = None
    requestors: tuple[Requestor, ...] = ()
    postoffice: str | None = None
    """NET/PO of the owner, which only a listing names."""
