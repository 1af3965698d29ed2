"""Address lists: what transactions do to them.

The real system kept them in USR, NME and gateway files whose format is not public. Here a list is text, one entry a
line: alias, TAB, address.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from glbtools.formats.transaction import build, parse
from glbtools.model.transaction import Address, add, delete, in_tab_form, modify, replace

ENCODING = "utf-8"


class ListEntry(NamedTuple):
    """One entry: the full name shown, and the address."""

    alias: str
    address: str


class AddressList:
    """What one postoffice knows of all: node -> address in lower case -> entry."""

    def __init__(self) -> None:
        self._nodes: dict[str, dict[str, ListEntry]] = {}

    @classmethod
    def read(cls, data: bytes) -> AddressList:
        """Return a list from its text; lines that are no entry are passed over."""
        found = cls()
        for line in data.decode(ENCODING, "replace").split("\n"):
            alias, tab, address = line.partition("\t")
            if tab:
                found._put(_node(address), ListEntry(alias, address))
        return found

    def write(self) -> bytes:
        """Return a list as text."""
        return "".join(f"{each.alias}\t{each.address}\n" for each in self).encode(ENCODING)

    def __iter__(self) -> Iterator[ListEntry]:
        for node in sorted(self._nodes):
            entries = self._nodes[node]
            yield from (entries[key] for key in sorted(entries))

    def __len__(self) -> int:
        return sum(map(len, self._nodes.values()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AddressList) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def of(self, postoffice: str) -> list[ListEntry]:
        """Return the entries of one postoffice (NET/PO)."""
        entries = self._nodes.get(_node(f"PCM:{postoffice}/x"), {})
        return [entries[key] for key in sorted(entries)]

    def apply(self, text: str, own: str = "") -> bool:
        """Do what a transaction says; whether it was any.

        A postoffice keeps its own list itself and passes over what comes back to it. That is inferred: nothing says
        whether a requestor is sent its own updates, and taking them in would undo what was changed since.
        """
        changes = _changes(text)
        for change in changes:
            if own and change.node == own:
                continue
            if change.verb == "R":
                self._nodes[change.node] = {}
            elif change.verb == "D":
                self._nodes.get(change.node, {}).pop(change.key, None)
            elif change.entry:
                self._put(change.node, change.entry)
        return bool(changes)

    def _put(self, node: str, entry: ListEntry) -> None:
        self._nodes.setdefault(node, {})[entry.address.lower()] = entry


def node_of(postoffice: str) -> str:
    """Return the node that the addresses of a postoffice (NET/PO) belong to."""
    return _node(f"PCM:{postoffice}/x")


class _Change(NamedTuple):
    verb: str
    node: str
    key: str = ""
    entry: ListEntry | None = None


@lru_cache(maxsize=65536)
def _changes(text: str) -> tuple[_Change, ...]:
    """Return what a transaction changes, in steps: a modification takes the old entry out and puts the new one in."""
    typed = parse(text).transaction
    if typed is None or typed.code not in ("A", "D", "M", "R"):
        return ()
    if typed.code == "R":
        return (_Change("R", str(typed.node).upper()),) if typed.node else ()
    steps = []
    if typed.code in ("D", "M") and typed.entry and typed.entry.address:
        gone = typed.entry.address
        steps.append(_Change("D", str(gone.node).upper(), str(gone).lower()))
    new = typed.new_entry if typed.code == "M" else typed.entry
    if typed.code in ("A", "M") and new and new.address:
        entry = ListEntry(new.alias, str(new.address))
        steps.append(_Change("A", str(new.address.node).upper(), entry.address.lower(), entry))
    return tuple(steps)


@lru_cache(maxsize=65536)
def _node(address: str) -> str:
    """Return the node of an address as an ``R`` transaction names it."""
    typed = parse(f"A x\t{address}").transaction
    found = typed.entry.address if typed and typed.entry else None
    return str(found.node).upper() if found else address.partition(":")[0].upper() + ":"


# --- texts of transactions ---------------------------------------------------------------------------------------


def address_of(postoffice: str, mailbox: str = "") -> Address:
    """Return the address of a mailbox, or of a postoffice itself."""
    network, _, name = postoffice.partition("/")
    return Address("PCM", network, name, mailbox or None)


def addition(postoffice: str, alias: str, mailbox: str) -> str:
    """Return the text that adds an entry."""
    return build(add(in_tab_form(alias, address_of(postoffice, mailbox))))


def deletion(entry: ListEntry, postoffice: str) -> str:
    """Return the text that deletes an entry."""
    return build(delete(in_tab_form(entry.alias, address_of(postoffice, entry.address.rpartition("/")[2]))))


def modification(entry: ListEntry, alias: str, postoffice: str) -> str:
    """Return the text that gives an entry another name."""
    address = address_of(postoffice, entry.address.rpartition("/")[2])
    return build(modify(in_tab_form(entry.alias, address), in_tab_form(alias, address)))


def whole(postoffice: str, entries: list[ListEntry]) -> list[str]:
    """Return the texts of an Export: one that clears the node, and one for each entry (Q96060)."""
    head = build(replace(address_of(postoffice)))
    return [head, *(f"A {each.alias}\t{each.address}" for each in entries)]
