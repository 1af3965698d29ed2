"""Mail between postoffices, and what may happen to it on its way.

The real system kept it in mailbags of unknown format. Here a message is a text file; a phase reads what has arrived.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from glbtools.formats.message import REQTX, SRVTX, STATUS_REPORT, Subject, build_subject
from glbtools.tables import Setting, open_json

MOST_NUMBER = 0xFFFFFFFF
IMPORT_REQUEST = "Import request"
"""Its own $SYSTEM mail, sent at once and not at T1 (Q142841); its subject is documented nowhere."""


class Item(NamedTuple):
    """A transaction in an attachment."""

    sync: int
    stamp: datetime | None
    text: str
    checksum: int | None = None
    """A stored checksum that is wrong and travels with it; None for the right one."""


class Message(NamedTuple):
    """One piece of $SYSTEM mail.

    Attributes:
        order: in which they were sent.
        kind: ``ReqTx``, ``SrvTx``, ``Status report`` or ``Import request``.
        sender: NET/PO; empty for a sender that is no postoffice of the network.
        to: NET/PO.
        due: tick of the first phase that finds it.
        r, was, s, imports: the numbers of the subject; ``was`` is that of R in ReqTx, of S in SrvTx.
        items: the attachment.
        complete: the attachment holds whole lists, the answer to an import request.
        changes: those in a complete attachment, for the ledger.
        body: of a status report, the DSSERVER.LOG.
        password: what the requestor signs with.
    """

    order: int
    kind: str
    sender: str
    to: str
    due: int
    r: int = 0
    was: int = 0
    s: int = 0
    imports: int = 0
    items: tuple[Item, ...] = ()
    complete: bool = False
    changes: tuple[int, ...] = ()
    body: bytes = b""
    password: bytes = b""

    @property
    def subject(self) -> str:
        """The subject as PC Mail writes it, cut to 40 characters."""
        if self.kind == REQTX:
            return build_subject(
                Subject(REQTX, r=self.r, r_was=self.was, s=self.s, imports=self.imports, sent=len(self.items))
            )
        if self.kind == SRVTX:
            return build_subject(
                Subject(SRVTX, r=self.r, s=self.s, s_was=self.was, imports=self.imports, sent=len(self.items))
            )
        if self.kind == STATUS_REPORT:
            return build_subject(Subject(STATUS_REPORT, postoffice=self.sender))
        return self.kind


def to_text(message: Message) -> bytes:
    """Return a message as the text file that keeps it while it is under way."""
    row: dict[str, Any] = message._asdict() | {"subject": message.subject}
    row["items"] = [[each.sync, _written(each.stamp), each.text, each.checksum] for each in message.items]
    row["body"], row["password"] = message.body.decode("cp850"), message.password.hex()
    return (json.dumps(row, indent=1, ensure_ascii=True) + "\n").encode("ascii")


def from_text(data: bytes, path: str = "") -> Message:
    """Return ``to_text`` undone.

    Raises:
        DescriptionError: it is no such file; names line and key.
    """
    row = open_json(data, path).table({*Message._fields, "subject"})
    numbers = {name: row[name].integer(0, MOST_NUMBER) for name in ("order", "due", "r", "was", "s", "imports")}
    return Message(
        **numbers,
        kind=row["kind"].choice((REQTX, SRVTX, STATUS_REPORT, IMPORT_REQUEST)),
        sender=row["sender"].text(""),
        to=row["to"].text(),
        items=tuple(map(_item, row["items"].items())),
        complete=row["complete"].boolean(default=False),
        changes=tuple(each.integer(0, MOST_NUMBER) for each in row["changes"].items()),
        body=_bytes(row["body"], lambda text: text.encode("cp850"), "text of code page 850"),
        password=_bytes(row["password"], bytes.fromhex, "bytes in hex"),
    )


def _bytes(given: Setting, read: Callable[[str], bytes], what: str) -> bytes:
    try:
        return read(given.text(""))
    except ValueError:
        given.fail(f"is not {what}")


def _item(row: Setting) -> Item:
    if len(row.items()) != 4:
        row.fail("must be number, date, text and checksum")
    return Item(row[0].integer(0, MOST_NUMBER), row[1].optional(moment), row[2].text(), row[3].optional(_number))


def _number(given: Setting) -> int:
    return given.integer(0, MOST_NUMBER)


def moment(given: Setting) -> datetime:
    """Return a date and time without a zone, of these centuries."""
    found = given.moment()
    if found.tzinfo is not None or not 1970 <= found.year <= 2106:
        given.fail("must be a date without a time zone, from 1970 to 2106")
    return found


def _written(stamp: datetime | None) -> str | None:
    return stamp.isoformat() if stamp else None
