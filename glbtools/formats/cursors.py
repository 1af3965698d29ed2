"""Cursors of any system as JSON: who has consumed which log up to where; the neutral form (exchange.md 4 and 5).

    {"schema": "glbtools.cursors/1", "cursors": [{"consumer": "DC2", "log_id": "DC1", "epoch": null, "position": 24580,
    "floor": null, "head": 24600}]}

``position`` is the number last consumed, not the next one: a system that counts the next is one lower here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from glbtools.errors import DescriptionError

SCHEMA = "glbtools.cursors/1"
HIGHEST = (1 << 64) - 1


class Cursor(NamedTuple):
    """Up to where somebody has consumed a log.

    Attributes:
        consumer: who.
        log_id: which log: the server, partition or database it is kept by.
        epoch: which life of the log's numbering; None where the system does not tell.
        position: the number last consumed.
        floor: the highest number that may have been purged.
        head: the highest number issued.
    """

    consumer: str
    log_id: str
    epoch: str | None
    position: int
    floor: int | None = None
    head: int | None = None


class Vector(Protocol):
    """One line of an up-to-dateness vector, as ``repadmin /showutdvec`` prints it."""

    @property
    def server(self) -> str:
        """Name of the domain controller, or its invocation id with /nocache."""

    @property
    def retired(self) -> bool:
        """Whether the line is of a former life of the domain controller."""

    @property
    def usn(self) -> int:
        """Highest of its numbers that was consumed."""


def parse_cursors(data: bytes, path: str = "") -> tuple[Cursor, ...]:
    """Read a list of cursors.

    Raises:
        DescriptionError: it is no such list; the error names the key.
    """
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        reason = error.args[0] if isinstance(error, _RepeatedKeyError) else f"is no JSON: {error}"
        raise DescriptionError(path, "", reason) from error
    _keys(path, "", document, required=("schema", "cursors"))
    if document["schema"] != SCHEMA:
        raise DescriptionError(path, "schema", f"must be {SCHEMA}")
    if not isinstance(document["cursors"], list):
        raise DescriptionError(path, "cursors", "must be a list")
    return tuple(_cursor(path, f"cursors[{at}]", each) for at, each in enumerate(document["cursors"]))


def build_cursors(cursors: Iterable[Cursor]) -> bytes:
    """Write a list of cursors."""
    document = {"schema": SCHEMA, "cursors": [each._asdict() for each in cursors]}
    return (json.dumps(document, indent=2) + "\n").encode()


def from_vectors(
    consumer: str, vectors: Iterable[Vector], heads: Mapping[str, int] | None = None, *, retired: bool = False
) -> tuple[Cursor, ...]:
    """Return the up-to-dateness vector of a domain controller as cursors.

    ``heads`` are the highest numbers of the servers, such as each one's own line in its own vector. Lines of a former
    life, which say that the server was restored, are left out unless wanted; their epoch is then ``retired``.
    """
    known = {name.lower(): head for name, head in (heads or {}).items()}
    return tuple(
        Cursor(
            consumer,
            each.server,
            "retired" if each.retired else None,
            each.usn,
            head=None if each.retired else known.get(each.server.lower()),
        )
        for each in vectors
        if retired or not each.retired
    )


class _RepeatedKeyError(ValueError):
    """A key is given twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKeyError(f"gives the key {key} twice")
        found[key] = value
    return found


def _keys(path: str, where: str, value: Any, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    if not isinstance(value, dict):
        raise DescriptionError(path, where, "must be an object")
    prefix = f"{where}." if where else ""
    for key in required:
        if key not in value:
            raise DescriptionError(path, prefix + key, "is missing")
    for key in value:
        if key not in required and key not in optional:
            raise DescriptionError(path, prefix + key, "is unknown")


def _cursor(path: str, where: str, value: Any) -> Cursor:
    _keys(path, where, value, required=("consumer", "log_id", "position"), optional=("epoch", "floor", "head"))
    for key in ("consumer", "log_id"):
        if not isinstance(value[key], str) or not value[key]:
            raise DescriptionError(path, f"{where}.{key}", "must be a text that is not empty")
    epoch = value.get("epoch")
    if epoch is not None and not isinstance(epoch, str):
        raise DescriptionError(path, f"{where}.epoch", "must be a text or null")
    position = _number(path, f"{where}.position", value["position"])
    floor, head = (
        None if value.get(key) is None else _number(path, f"{where}.{key}", value[key]) for key in ("floor", "head")
    )
    return Cursor(value["consumer"], value["log_id"], epoch, position, floor, head)


def _number(path: str, key: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= HIGHEST:
        raise DescriptionError(path, key, f"must be a whole number from 0 to {HIGHEST}")
    return value
