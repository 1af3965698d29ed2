"""What a domain controller keeps of replication in an object, in binary: metadata and vector of up-to-dateness.

``replPropertyMetaData`` has a stamp for each attribute: how often it was written, when, and by which life of which
server under which number. Of two stamps the higher version wins, then the later time, then the invocation id (MS-DRSR
on conflicts). ``replUpToDateVector`` has for each life of a server up to which number its changes are held
(docs/facts/directories.md#metadata).
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

METADATA, VECTOR = "replpropertymetadata", "repluptodatevector"

_EPOCH = datetime(1601, 1, 1)
_MOST = 1 << 16

_NAMES = MappingProxyType({
    0x0: "0 objectClass 3 cn 4 sn 6 c 7 l 8 st 9 street 10 o 11 ou 12 title 13 description 16 postalAddress "
    "17 postalCode 18 postOfficeBox 19 physicalDeliveryOfficeName 20 telephoneNumber 23 facsimileTelephoneNumber "
    "31 member 32 owner 34 seeAlso 36 userCertificate 42 givenName 43 initials",
    0x2: "1 instanceType 2 whenCreated 3 whenChanged 13 displayName 48 isDeleted 81 info 131 co 141 department "
    "146 company 169 showInAdvancedViewOnly 210 proxyAddresses 256 streetAddress 281 nTSecurityDescriptor "
    "464 wWWHomePage",
    0x9: "1 name 8 userAccountControl 16 codePage 25 countryCode 35 employeeID 44 homeDirectory 45 homeDrive "
    "55 dBCSPwd 62 scriptPath 64 logonHours 86 userWorkstations 90 unicodePwd 94 ntPwdHistory 96 pwdLastSet "
    "98 primaryGroupID 125 supplementalCredentials 138 userParameters 139 profilePath 146 objectSid 150 adminCount "
    "156 comment 159 accountExpires 160 lmPwdHistory 221 sAMAccountName 302 sAMAccountType 363 operatingSystem "
    "364 operatingSystemVersion 375 systemFlags 619 dNSHostName 653 managedBy 655 legacyExchangeDN "
    "656 userPrincipalName 662 lockoutTime 721 ipPhone 750 groupType 771 servicePrincipalName 781 lastKnownParent "
    "782 objectCategory 868 isCriticalSystemObject 891 gPLink 892 gPOptions 1696 lastLogonTimestamp "
    "1963 msDS-SupportedEncryptionTypes 2058 isRecycled",
    0x15: "2 textEncodedORAddress 3 mail 10 manager 20 homePhone 25 dc 41 mobile 42 pager",
})  # fmt: skip
"""Names by prefix: last arc of the object identifier and name, of the attributes that users, groups and units have.

The prefixes are the first ones of the table that every forest begins with (MS-DRSR 5.16.4): 2.5.4, 1.2.840.113556.1.2,
1.2.840.113556.1.4, and 0.9.2342.19200300.100.1.
"""


class Stamp(NamedTuple):
    """The last write of one attribute.

    Attributes:
        attribute: its name; its number in hex where the name is not known here.
        version: how often it was written.
        changed: when, UTC; None where it is no date.
        invocation: which life of which server wrote it.
        usn: the number it had there.
        local: the number it has on the server of the dump.
    """

    attribute: str
    version: int
    changed: datetime | None
    invocation: str
    usn: int
    local: int

    @property
    def rank(self) -> tuple[int, datetime, str]:
        """What decides between two writes: the higher one wins on every server."""
        return self.version, self.changed or datetime.min, self.invocation


class VectorCursor(NamedTuple):
    """Up to which number a server has the changes of one life of another.

    Attributes:
        invocation: which life.
        usn: the number.
        synced: when it was last asked, UTC; None where the vector does not say.
    """

    invocation: str
    usn: int
    synced: datetime | None = None


@cache
def _structures() -> tuple[Any, Any, Any]:
    from construct import Array, Bytes, Int32ul, Int64ul, Struct, this

    head = ("version" / Int32ul, "reserved" / Int32ul, "count" / Int32ul, "reserved_again" / Int32ul)
    plain = ("invocation" / Bytes(16), "usn" / Int64ul)
    dated = Struct(*plain, "synced" / Int64ul)
    stamp = Struct(*("attribute" / Int32ul, "version" / Int32ul, "changed" / Int64ul), *plain, "local" / Int64ul)
    return (
        Struct(*head, "items" / Array(this.count, stamp)),
        Struct(*head, "items" / Array(this.count, Struct(*plain))),
        Struct(*head, "items" / Array(this.count, dated)),
    )


def parse_metadata(data: bytes) -> tuple[Stamp, ...]:
    """Read the value of ``replPropertyMetaData``.

    Raises:
        ValueError: it is none.
    """
    found = _parsed(_structures()[0], data, (1,), 48)
    return tuple(
        Stamp(
            attribute_name(each.attribute),
            each.version,
            changed=_moment(each.changed, 1),
            invocation=str(uuid.UUID(bytes_le=each.invocation)),
            usn=each.usn,
            local=each.local,
        )
        for each in found
    )


def parse_vector(data: bytes) -> tuple[VectorCursor, ...]:
    """Read the value of ``replUpToDateVector``.

    Raises:
        ValueError: it is none.
    """
    dated = data[:1] == b"\2"
    found = _parsed(_structures()[2 if dated else 1], data, (1, 2), 32 if dated else 24)
    return tuple(
        VectorCursor(
            str(uuid.UUID(bytes_le=each.invocation)), each.usn, _moment(each.synced, 10_000_000) if dated else None
        )
        for each in found
    )


def attribute_name(number: int) -> str:
    """Return the name of an attribute by its number in a directory."""
    return _names().get(number, f"0x{number:08x}")


@cache
def _names() -> dict[int, str]:
    return {(prefix << 16) + number: name for prefix, text in _NAMES.items() for number, name in _pairs(text.split())}


def _pairs(words: list[str]) -> Iterator[tuple[int, str]]:
    return ((int(number), name) for number, name in zip(words[::2], words[1::2], strict=True))


def _parsed(structure: Any, data: bytes, versions: tuple[int, ...], size: int) -> Any:
    from construct import ConstructError

    count = int.from_bytes(data[8:12], "little")
    if int.from_bytes(data[:4], "little") not in versions or len(data) != 16 + count * size or count > _MOST:
        raise ValueError("its version and number of entries do not go with its length")
    try:
        return structure.parse(data)["items"]
    except ConstructError as error:
        raise ValueError(str(error)) from None


def _moment(ticks: int, per_second: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(seconds=ticks // per_second) if ticks else None
    except OverflowError:
        return None
