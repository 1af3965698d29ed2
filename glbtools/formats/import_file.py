r"""The text file that Import reads and extracts: transactions one after the other, comments and empty lines between.

Lines end with CRLF or LF; the text is in code page 850, where every byte is one character, so that offsets of
characters are offsets of bytes (Q96060, Q132681, Q87432). A line belongs to the transaction above it when its first
column holds a hyphen, a blank, a TAB or ``&`` (Q96001 [12]).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from glbtools.binary.span import Fault, Region, Span
from glbtools.binary.tree import Node
from glbtools.brief import brief, count
from glbtools.formats import transaction
from glbtools.formats.base import Rows, text_record_row
from glbtools.formats.transaction import TransactionText
from glbtools.model.transaction import FLAT_TYPES, HIERARCHICAL_TYPES, Transaction, meaning

ENCODING = "cp850"
END_OF_FILE = "\x1a"
"""What MS-DOS editors put at the end of a text file."""

_PROBED_BYTES = 16384
_PROBED_LINES = 20
_FIRST_BYTES = 512
_NO_TEXT = frozenset(range(32)) - frozenset(b"\t\n\r\x1a")


@dataclass(frozen=True, slots=True)
class Item:
    """One transaction or comment of an Import file, or lines that are neither.

    Attributes:
        line: number of its first line, counted from 1.
        span: its bytes, the last line end included.
        parsed: what it says; its text is exactly the bytes of ``span``.
        before: the empty lines between it and the item above.
    """

    line: int
    span: Span
    parsed: TransactionText
    before: str = ""


@dataclass(frozen=True, slots=True)
class ImportFile:
    """An Import file; ``after`` holds the empty lines and the MS-DOS end mark behind the last item."""

    items: tuple[Item, ...]
    after: str = ""

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    @property
    def transactions(self) -> tuple[Transaction, ...]:
        """All that could be typed, comments included, in order."""
        return tuple(item.parsed.transaction for item in self.items if item.parsed.transaction is not None)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All faults of all items, with bytes and line numbers of the file."""
        return tuple(fault for item in self.items for fault in _faults(item))

    def build(self) -> bytes:
        """The bytes of the file; an item without a transaction is written as its text.

        Raises:
            UnicodeEncodeError: a text holds a character that code page 850 has not.
        """
        pieces: list[str] = []
        for item in self.items:
            typed = item.parsed.transaction
            pieces += [item.before, item.parsed.text if typed is None else transaction.build(typed)]
        return "".join([*pieces, self.after]).encode(ENCODING)

    def lists(self) -> list[Rows]:
        """The transactions; an Import file has neither numbers nor stamps."""
        rows = (text_record_row(each.line, each.span, None, each.parsed) for each in self.items)
        return [Rows("records", len(self.items), rows)]

    def nodes(self) -> Iterator[Node]:
        """Yield the transactions."""
        for item in self.items:
            typed = item.parsed.transaction
            yield Node("transaction", item.span, item.parsed.text, meaning(typed) if typed else "not understood")

    def regions(self) -> Iterator[Region]:
        """Yield the transactions and the empty lines between them."""
        position = 0
        for item in self.items:
            if item.span.start > position:
                yield Region(Span(position, item.span.start), "empty line")
            yield Region(item.span, "transaction")
            position = item.span.stop
        if self.after:
            yield Region(Span(position, position + len(self.after)), "end")

    def summary(self) -> list[str]:
        """How many transactions of each kind there are."""
        verbs = Counter(each.verb for each in self.transactions)
        return [
            count(len(self.transactions), "transaction"),
            *(f"{n} {verb}" for verb, n in sorted(verbs.items()) if verb),
        ]


def parse_import(data: bytes) -> ImportFile:
    """Read an Import file; never raises, whatever the bytes are."""
    text = data.decode(ENCODING)
    body = text.rstrip(END_OF_FILE)
    rows = [content + end for content, end in transaction.split_lines(body)]
    offsets = [0, *accumulate(map(len, rows))]
    items: list[Item] = []
    done = 0
    for start, stop in _group(rows):
        parsed = transaction.parse("".join(rows[start:stop]))
        span = Span(offsets[start], offsets[stop])
        items.append(Item(start + 1, span, parsed, "".join(rows[done:start])))
        done = stop
    return ImportFile(tuple(items), "".join(rows[done:]) + text[len(body) :])


def probe(data: bytes) -> bool:
    """Whether this is an Import file: text whose first lines are transactions with an address of a known type.

    Comments and empty lines may come first. A file of comments only is somebody else's.
    """
    head = data[:_PROBED_BYTES]
    good = bad = 0
    # The first item tells most other texts apart.
    for item in parse_import(head[:_FIRST_BYTES]).items[:-1] if len(head) > _FIRST_BYTES else ():
        if not _is_comment(item):
            if not _addressed(item.parsed.transaction):
                return False
            break
    if not _NO_TEXT.isdisjoint(head):
        return False
    for item in parse_import(head).items:
        if _is_comment(item):
            continue
        if _addressed(item.parsed.transaction):
            good += 1
        elif not good:
            return False
        else:
            bad += 1
        if good + bad == _PROBED_LINES:
            break
    return good > bad


def _is_comment(item: Item) -> bool:
    return item.parsed.transaction is not None and item.parsed.transaction.code == "#"


def _addressed(typed: Transaction | None) -> bool:
    address = typed.address if typed else None
    return address is not None and address.type in HIERARCHICAL_TYPES | FLAT_TYPES


def _group(rows: list[str]) -> list[tuple[int, int]]:
    """Return the rows of each item as (first, behind the last); empty rows between items belong to none.

    A comment is an item of its own, unless a line that continues the transaction above comes after it.
    """
    groups: list[tuple[int, int]] = []
    current: int | None = None
    template = False
    for index, row in enumerate(rows):
        if not row.strip(" \t\r\n"):
            continue
        if row.startswith("#"):
            groups.append((index, index + 1))
        elif current is not None and transaction.continues(row, template=template):
            groups[current:] = [(groups[current][0], index + 1)]
        else:
            current = len(groups)
            template = row.startswith("T")
            groups.append((index, index + 1))
    return groups


def _faults(item: Item) -> Iterator[Fault]:
    line, position = item.line, 0
    for number, message, start, stop in item.parsed.faults:
        line += item.parsed.text.count("\n", position, max(start, position))
        position = max(start, position)
        span = Span(item.span.start + start, item.span.start + stop)
        yield Fault("text", message, span, damage=False, number=number, line=line)
