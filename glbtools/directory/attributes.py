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

COMPUTED = frozenset(
    name.lower()
    for name in (
        "badPasswordTime", "badPwdCount", "dBCSPwd", "directReports", "instanceType", "Is-Member-Of-DL",
        "isCriticalSystemObject",
        "creationTime", "fSMORoleOwner", "lastLogoff", "lastLogon", "lastLogonTimestamp", "lmPwdHistory", "logonCount",
        "managedObjects", "masteredBy", "memberOf", "modifiedCount", "modifiedCountAtLastProm", "msDs-masteredBy",
        "msDS-IsDomainFor", "msDS-NcType", "name", "nextRid", "ntPwdHistory", "objectCategory", "objectSid",
        "otherWellKnownObjects", "primaryGroupID", "pwdLastSet", "rIDManagerReference", "rIDSetReferences",
        "repsFrom", "repsTo", "sAMAccountType", "subRefs", "supplementalCredentials", "systemFlags", "unicodePwd",
        "wellKnownObjects",
    )
)  # fmt: skip
"""What a directory server works out for itself, or takes from nobody: links back, identities, counts, passwords."""

OF_ONE_SERVER = frozenset(
    name.lower()
    for name in (
        "badPasswordTime", "badPwdCount", "lastLogoff", "lastLogon", "logonCount", "modifiedCount", "repsFrom",
        "repsTo", "replUpToDateVector",
    )
)  # fmt: skip
"""What each domain controller keeps for itself and never sends to another: no difference between two of them."""

LINKS_BACK = frozenset({"directreports", "is-member-of-dl", "ismemberof", "managedobjects", "memberof"})
"""What a server works out of attributes of other objects."""

CLASSES = ("obj-class", "objectclass")

_PARTS = re.compile(r"/(?=(?:c|o|ou|cn)=)", re.IGNORECASE)
_SPECIAL = re.compile(r'([,+"\\<>;])')


def shown(entry: Entry) -> tuple[tuple[str, Values], ...]:
    """Return the attributes of an object that a receiver can be told."""
    return tuple([each for each in entry.values if not is_computed(each[0])])


def content(entry: Entry) -> dict[str, frozenset[str]]:
    """Return what an object holds wherever it is: without what is one server's own, values in no order."""
    return {name.lower(): frozenset(held) for name, held in entry.values if held and not _is_local(name)}


@lru_cache(4096)
def told_as(name: str) -> str:
    """Return an attribute's name in lower case; nothing where a receiver is not told of it in a modification."""
    folded = name.lower()
    return "" if is_computed(name) or folded in CLASSES or folded in _OF_THE_NAME else folded


_OF_THE_NAME = frozenset({"cn", "common-name", "directory name", "obj-container", "ou"})


@lru_cache(4096)
def is_computed(name: str) -> bool:
    """Whether only a server writes an attribute, or each works it out for itself."""
    folded = name.lower()
    return folded in OWNED_BY_SERVER or folded in COMPUTED or name.endswith("BL")


@lru_cache(4096)
def _is_local(name: str) -> bool:
    """Whether an attribute may differ between two servers that hold the same: numbers, dates, links back."""
    folded = name.lower()
    return folded in OWNED_BY_SERVER or folded in OF_ONE_SERVER or folded in LINKS_BACK or name.endswith("BL")


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
        return entry._replace(values=shown(entry))
    former = entry.former and ldap_name(entry.former)
    values = tuple(
        ("objectClass" if name.lower() in CLASSES else name.replace(" ", "-"), held) for name, held in shown(entry)
    )
    return entry._replace(dn=ldap_name(entry.dn), values=values, former=former)


def ldap_name(dn: str) -> str:
    """Return a name as LDAP writes it."""
    parts = [each for each in _PARTS.split(dn) if each]
    return ",".join(_SPECIAL.sub(r"\\\1", each) for each in reversed(parts))
