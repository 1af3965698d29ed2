"""What every parsed file answers to those who show files, and the shapes of values in JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from glbtools.binary import stamp
from glbtools.binary.span import Fault, Region, Span
from glbtools.binary.tree import Node, Stored

if TYPE_CHECKING:
    from glbtools.formats.transaction import TransactionText
    from glbtools.model.configuration import Requestor

Row = dict[str, Any]


class Rows(NamedTuple):
    """A list of things a file holds.

    Attributes:
        name: of the list: ``records``, ``fields``, ``requestors`` or ``lines``, or one of your own.
        total: how many there are.
        rows: they, made when they are taken; each is a dictionary of what JSON can hold.
    """

    name: str
    total: int
    rows: Iterator[Row]


class Content(Protocol):
    """What a file holds, as its format's ``parse`` returns it: it answers what is shown of it."""

    @property
    def faults(self) -> Sequence[Fault]:
        """Everything that is wrong or remarkable."""

    def lists(self) -> list[Rows]:
        """What is held, for programs: one list for each kind of thing, empty ones too."""

    def nodes(self) -> Iterator[Node]:
        """Yield the file as trees in order; their leaves are fields, lines or gaps."""

    def regions(self) -> Iterator[Region]:
        """Yield what each stretch of the file is, for the byte map."""

    def summary(self) -> list[str]:
        """The content in a few phrases."""


def span_row(span: Span) -> list[int]:
    """Return a span as JSON has it: closed below, open above."""
    return [span.start, span.stop]


def moment_row(when: datetime | None) -> str | None:
    """Return a moment as JSON has it; no zone is known."""
    return stamp.text(when) if when else None


def stored_row(value: Stored) -> int | str | dict[str, str] | None:
    """Return a stored value as JSON has it; bytes are never guessed to be text."""
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def known(value: int | None) -> str:
    """Return a number, or that it is unknown."""
    return "unknown" if value is None else str(value)


def requestor_row(each: Requestor) -> Row:
    """Return a requestor as JSON has it."""
    names = ("number", "span", "name", "reqsync", "srvsync", "importsync", "last_cycle", "last_update")
    row = {name: getattr(each, name) for name in names}
    row |= {"span": span_row(each.span), "last_update": moment_row(each.last_update)}
    return row | {"line": each.line} if each.line else row


def transaction_row(parsed: TransactionText) -> Row | None:
    """Return a transaction as JSON has it; None for a text that is none."""
    found = parsed.transaction
    if found is None:
        return None
    old = found.old_entry
    return {
        "code": found.code,
        "verb": found.verb,
        "alias": found.alias,
        "address": str(found.address) if found.address else None,
        "postoffice": found.postoffice_name,
        "old": {"alias": old.alias, "address": str(old.address) if old.address else None} if old else None,
        "template": [{"prompt": each.prompt, "value": each.value} for each in found.template_data],
        "fields": [
            {name: getattr(each, name) for name in ("prompt", "start", "width", "edit", "data", "internal")}
            for each in found.template_fields
        ],
        "comment": found.comment,
    }


def text_record_row(
    line: int,
    span: Span,
    sync: int | None,
    parsed: TransactionText,
    *,
    stamp: str | None = None,
    checksum: int | None = None,
) -> Row:
    """Return a transaction of a text file as JSON has it; there is nothing to compute a checksum over (ruling 7)."""
    from glbtools.model.transaction import meaning

    found = parsed.transaction
    return {
        "line": line,
        "span": span_row(span),
        "sync": sync,
        "stamp": stamp,
        "text": parsed.text,
        "checksum": {"stored": checksum, "computed": None},
        "dummy": parsed.text.startswith("#"),
        "meaning": meaning(found) if found else f"not understood: {parsed.faults[0].message}",
        "transaction": transaction_row(parsed),
    }


def attribute_rows(held: Iterable[tuple[str, Iterable[str | bytes]]]) -> list[Row]:
    """Return the attributes of an object as JSON has them; bytes are never guessed to be text."""
    return [
        {"name": name, "values": [{"hex": each.hex()} if isinstance(each, bytes) else each for each in values]}
        for name, values in held
    ]


def ansi(raw: bytes) -> str:
    """Return ANSI text; with a byte that Windows-1252 has not, that of ISO 8859-1."""
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
