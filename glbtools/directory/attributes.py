"""Attributes of objects: which are only the server's own, and what they are called elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from glbtools.formats import ldif_dump
from glbtools.model.directory import Entry, Values

OWNED_BY_SERVER = ldif_dump.OWNED_BY_SERVER | frozenset(
    ("dn", "dsa-signature", "invocation-id", "is-deleted", "obj-dist-name", "object-version", "reps-from",
     "usn-changed", "usn-created", "usn-dsa-last-obj-removed", "usn-last-obj-rem", "usn-source",
     "when-changed", "when-created")
)  # fmt: skip
"""What only the server writes; the receiver's own numbers are its own."""

OF_ONE_SERVER = frozenset(
    name.lower()
    for name in (
        "badPasswordTime", "badPwdCount", "lastLogoff", "lastLogon", "logonCount", "modifiedCount", "repsFrom",
        "repsTo", "replUpToDateVector",
    )
)  # fmt: skip
"""What each domain controller keeps for itself and never sends to another: no difference between two of them."""

CLASSES = ("obj-class", "objectclass")

_PARTS = re.compile(r"/(?=(?:c|o|ou|cn)=)", re.IGNORECASE)
_SPECIAL = re.compile(r'([,+"\\<>;])')


def shown(entry: Entry) -> tuple[tuple[str, Values], ...]:
    """Return the attributes of an object that are not the server's own."""
    return tuple([each for each in entry.values if not _is_owned(each[0])])


def content(entry: Entry) -> dict[str, frozenset[str]]:
    """Return what an object holds wherever it is: without what is one server's own, values in no order."""
    return {
        folded: frozenset(held) for name, held in shown(entry) if (folded := name.lower()) not in OF_ONE_SERVER and held
    }


@lru_cache(1024)
def _is_owned(name: str) -> bool:
    return name.lower() in OWNED_BY_SERVER


def names_of(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Return the names of all attributes of some objects, in the order in which they are first met."""
    found: dict[str, str] = {}
    for entry in entries:
        for name, _ in entry.values:
            found.setdefault(name.lower(), name)
    return tuple(found.values())


def as_ldap(entry: Entry) -> Entry:
    """Return an object as LDAP names it: ``/o=X/cn=paul`` is ``cn=paul,o=X``, ``Directory Name`` ``Directory-Name``."""
    if not entry.dn.startswith("/"):
        return entry
    parts = [each for each in _PARTS.split(entry.dn) if each]
    dn = ",".join(_SPECIAL.sub(r"\\\1", each) for each in reversed(parts))
    values = tuple(
        ("objectClass" if name.lower() in CLASSES else name.replace(" ", "-"), held) for name, held in shown(entry)
    )
    return entry._replace(dn=dn, values=values)
