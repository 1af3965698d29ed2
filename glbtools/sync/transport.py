"""How messages get from the synchronizer to the collector and back: a spool directory, or memory.

A message may be lost, come twice, late, or in another order: nothing here promises otherwise, and nothing relies on it.
A file is a header line and a body line, both JSON; the header has the body's length and SHA-256, so that a file cut off
under way is known. It is removed only when its reader is done with it.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import uuid
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from glbtools import files
from glbtools.errors import FileAccessError
from glbtools.sync import values
from glbtools.sync.changes import Change, first_fault
from glbtools.sync.faults import MessageError
from glbtools.tables import read_json, shown

FORMAT = "glbtools-sync-message 1"
COLLECTOR, SYNCHRONIZER = "collector", "synchronizer"
ASIDE = "aside"
_LONGEST_REASON = 1 << 16
_LONGEST_SAID, _LONGEST_NAME = 300, 200

HELLO, POSITION, BATCH, SUCCESS, REFUSED, COMPLETION = "hello", "position", "batch", "success", "refused", "completion"
RECEIVER = {
    HELLO: COLLECTOR, BATCH: COLLECTOR, COMPLETION: COLLECTOR,
    POSITION: SYNCHRONIZER, SUCCESS: SYNCHRONIZER, REFUSED: SYNCHRONIZER,
}  # fmt: skip
"""Kind of message -> who reads it."""


class Message(NamedTuple):
    """One message; what a kind does not need stays at its default.

    Attributes:
        kind: ``hello`` opens a session and ``position`` answers it; ``success`` or ``refused`` answers a ``batch``;
            ``completion`` ends the session.
        pair: of which pair of stores.
        session: of which session.
        batch_no: of which batch, from 1.
        low, high: a batch holds every change numbered above ``low`` and up to ``high``.
        applied: how far the collector has got.
        source_id, epoch: whose numbers these are; in ``position``, whose the collector has.
        known: session of the last batch the collector applied.
        last: nothing was left above ``high`` when the batch was made.
        full: begin again from the first change, and remove what is not named.
        sweeping: the collector is in such a synchronization.
        reason: why a batch is refused.
        lives: earlier lives of the source, in hex, with the last change it knows of each.
        counts: of a ``success``: what was done -> how often.
        items: the changes of a batch.
    """

    kind: str
    pair: str
    session: str
    batch_no: int = 0
    low: int = 0
    high: int = 0
    applied: int = 0
    source_id: str = ""
    epoch: str = ""
    known: str = ""
    last: bool = False
    full: bool = False
    sweeping: bool = False
    reason: str = ""
    lives: Mapping[str, int] = {}
    counts: Mapping[str, int] = {}
    items: tuple[Change, ...] = ()


class Delivery(NamedTuple):
    """A message that has come, under the name by which its transport knows it."""

    name: str
    message: Message


class Transport(Protocol):
    """What carries messages of one pair."""

    def post(self, message: Message) -> None:
        """Send a message."""

    def take(self, address: str) -> Delivery | None:
        """Return the next message for somebody, without removing it; None when there is none."""

    def done(self, address: str, received: Delivery) -> None:
        """Remove a message that was dealt with."""

    def refuse(self, address: str, received: Delivery, reason: str) -> None:
        """Set a message aside that its reader cannot take."""


class MemoryTransport:
    """Messages inside one process."""

    def __init__(self) -> None:
        self.waiting: dict[str, deque[Delivery]] = {COLLECTOR: deque(), SYNCHRONIZER: deque()}
        self._posted = 0

    def post(self, message: Message) -> None:
        """Send a message."""
        self._posted += 1
        self.waiting[RECEIVER[message.kind]].append(Delivery(str(self._posted), message))

    def take(self, address: str) -> Delivery | None:
        """Return the next message for somebody; None when there is none."""
        return self.waiting[address][0] if self.waiting[address] else None

    def done(self, address: str, received: Delivery) -> None:
        """Remove a message that was dealt with."""
        if received in self.waiting[address]:
            self.waiting[address].remove(received)

    def refuse(self, address: str, received: Delivery, reason: str) -> None:
        """Remove a message that its reader cannot take; nobody looks for it here."""
        del reason
        self.done(address, received)


class SpoolTransport:
    """A directory of message files, one directory in it for each receiver.

    A file is written beside its place and renamed, so that none is seen half written. What is no message of this pair,
    or was cut off, is moved to ``aside`` with its reason in a file beside it; the sender, which hears nothing, sends
    again. Names that begin with a dot are files still being written.
    """

    def __init__(self, directory: str | Path, pair: str) -> None:
        """Use a spool directory.

        Raises:
            FileAccessError: it cannot be made.
        """
        self.directory, self.pair = Path(directory), pair
        self._posted = 0
        for name in (COLLECTOR, SYNCHRONIZER, ASIDE):
            try:
                (self.directory / name).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise FileAccessError(f"{self.directory / name}: {error.strerror}") from None

    def post(self, message: Message) -> None:
        """Send a message; on disk when this returns."""
        self._posted += 1
        name = f"{self._order():012}-{message.kind}-{uuid.uuid4().hex[:8]}.json"
        files.write(self.directory / RECEIVER[message.kind] / name, to_bytes(message))

    def _order(self) -> int:
        import time

        return max(self._posted, time.time_ns() // 1_000_000)

    def names(self, address: str) -> list[str]:
        """Return the files that wait for somebody, in the order in which they were sent."""
        waiting = (self.directory / address).iterdir()
        return sorted(each.name for each in waiting if not each.name.startswith("."))

    def take(self, address: str) -> Delivery | None:
        """Return the next message for somebody; what is none is moved aside on the way."""
        for name in self.names(address):
            try:
                message = from_bytes(files.read(self.directory / address / name))
                if message.pair != self.pair:
                    raise MessageError(f"a message of pair {message.pair}, not of {self.pair}")  # noqa: TRY301
                if RECEIVER[message.kind] != address:
                    raise MessageError(f"{message.kind} is for the {RECEIVER[message.kind]}")  # noqa: TRY301
            except (MessageError, FileAccessError) as error:
                if os.path.lexists(self.directory / address / name):  # else another reader was faster
                    self._set_aside(address, name, str(error))
            else:
                return Delivery(name, message)
        return None

    def _set_aside(self, address: str, name: str, reason: str) -> None:
        # A name may be as long as the system allows, and may be no text; the reason's file is called after it.
        kept = name if len(os.fsencode(name)) <= _LONGEST_NAME else f"{uuid.uuid4().hex}.long-name"
        aside = self.directory / ASIDE / kept
        if os.path.lexists(aside):
            aside = aside.with_name(f"{uuid.uuid4().hex[:8]}-{kept}")
        said = f"{name} for the {address}: {reason}\n".encode("utf-8", "backslashreplace")
        files.write(aside.with_name(aside.name + ".reason"), said)
        with contextlib.suppress(FileNotFoundError):
            (self.directory / address / name).rename(aside)

    def refuse(self, address: str, received: Delivery, reason: str) -> None:
        """Move a message aside that its reader cannot take, with the reason in a file beside it."""
        self._set_aside(address, received.name, reason)

    def refused(self) -> list[str]:
        """Return why files were moved aside."""
        return list(spooled(self.directory).aside.values())

    def done(self, address: str, received: Delivery) -> None:
        """Remove a message that was dealt with."""
        (self.directory / address / received.name).unlink(missing_ok=True)


class SpoolContents(NamedTuple):
    """What lies in a spool directory.

    Attributes:
        collector, synchronizer: files that wait for each, in the order in which they were sent.
        aside: file with a reason -> why a message was refused.
    """

    collector: tuple[Path, ...] = ()
    synchronizer: tuple[Path, ...] = ()
    aside: Mapping[Path, str] = {}


def spooled(directory: Path) -> SpoolContents:
    """Return what lies in a spool directory, which may not be there; nothing is made, moved or removed."""
    reasons: dict[Path, str] = {}
    for each in _files_in(directory / ASIDE):
        if each.name.endswith(".reason"):
            try:
                reasons[each] = files.read(each, _LONGEST_REASON).decode("utf-8", "replace").rstrip("\n")
            except FileAccessError as error:
                reasons[each] = str(error)
    return SpoolContents(_files_in(directory / COLLECTOR), _files_in(directory / SYNCHRONIZER), reasons)


def _files_in(directory: Path) -> tuple[Path, ...]:
    if not directory.is_dir():
        return ()
    return tuple(sorted(each for each in directory.iterdir() if not each.name.startswith(".") and each.is_file()))


def to_bytes(message: Message) -> bytes:
    """Return a message as the file that carries it."""
    row = message._asdict() | {"items": [_item(each) for each in message.items]}
    row |= {"lives": dict(message.lives), "counts": dict(message.counts)}
    body = json.dumps(row, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    header = {
        "format": FORMAT, "pair": message.pair, "to": RECEIVER[message.kind], "size": len(body),
        "sha256": files.sha256(body),
    }  # fmt: skip
    return json.dumps(header, ensure_ascii=True).encode("ascii") + b"\n" + body + b"\n"


def from_bytes(data: bytes) -> Message:
    """Return ``to_bytes`` undone.

    Raises:
        MessageError: it is cut off, altered, or no message.
    """
    first, newline, rest = data.partition(b"\n")
    try:
        size, digest = _header(read_json(first))
    except (ValueError, KeyError, TypeError):
        raise MessageError("no message: its first line is no header") from None
    body = rest.removesuffix(b"\n")
    if not newline or len(body) < size:
        raise MessageError(f"truncated: {len(body)} of {size} bytes")
    if len(body) > size or files.sha256(body) != digest:
        raise MessageError("altered: its digest is not that of its header")
    try:
        return _message(read_json(body))
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise MessageError(f"no message: {error}"[:_LONGEST_SAID]) from None


def _header(row: Any) -> tuple[int, str]:
    if row["format"] != FORMAT:
        raise MessageError(f"format {shown(row['format'])}, not {FORMAT!r}")
    return values.number(row["size"], "size"), values.text(row["sha256"], "sha256")


def _message(row: dict[str, Any]) -> Message:
    """Return a message of which every value is one that a store can hold.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    row["items"] = tuple(_change(each) for each in row["items"])
    if said := first_fault(row["items"]):
        raise ValueError(said)
    message = Message(**row)
    for name in ("kind", "pair", "session", *Message._field_defaults):
        value, default = getattr(message, name), Message._field_defaults.get(name, "")
        if isinstance(default, str | bool | int):
            {str: values.text, bool: values.truth, int: values.number}[type(default)](value, name)
    for name in ("lives", "counts"):
        for key, count in getattr(message, name).items():
            values.number(count, f"{name} of {shown(values.text(key, name))}")
    for store in message.lives:
        values.identity(store, "a life")
    if message.kind not in RECEIVER:
        raise ValueError(f"unknown kind {shown(message.kind)}")
    if not message.low <= message.high and message.kind == BATCH:
        raise ValueError(f"a batch from {message.low} to {message.high}")
    return message


def _item(change: Change) -> list[Any]:
    return [
        change.source_key, change.key.hex(), change.pcl.hex(), int(change.deleted), change.time,
        _payload(change.payload), change.parent, change.number,
    ]  # fmt: skip


def _payload(payload: bytes) -> dict[str, str]:
    try:
        return {"text": payload.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(payload).decode("ascii")}


def _change(row: list[Any]) -> Change:
    source_key, key, pcl, deleted, time, payload, parent, number = row
    for value, what in ((source_key, "a key"), (time, "a time"), (parent, "a parent")):
        values.text(value, what)
    if type(deleted) not in (bool, int) or deleted not in (0, 1):
        raise ValueError(f"deleted is {shown(deleted)}, neither 0 nor 1")
    content = (
        payload["text"].encode("utf-8") if "text" in payload else base64.b64decode(payload["base64"], validate=True)
    )
    return Change(
        source_key,
        bytes.fromhex(key),
        pcl=bytes.fromhex(pcl),
        deleted=bool(deleted),
        time=time,
        payload=content,
        parent=parent,
        number=values.number(number, "a number"),
    )
