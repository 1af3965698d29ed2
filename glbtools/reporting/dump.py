"""An annotated dump: bytes on the left, the field they belong to on the row where they start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from glbtools.binary.tree import Node
from glbtools.reporting.text import Screen, message, safe, wrapped

WIDE = 120
"""Columns from which a row shows 16 bytes, in place of 8."""

LONG = 6
"""Rows of one repeated byte after which the rest is left out."""


def dump(nodes: Iterable[Node], data: bytes, screen: Screen, encoding: str) -> Iterator[str]:
    """Yield the lines of a dump.

    Args:
        nodes: the file as trees that tile it.
        data: the file.
        screen: decides between 8 and 16 bytes a row, and colour.
        encoding: single-byte code page for the column of characters.
    """
    drawn = _Dump(data, screen, encoding)
    yield drawn.ruler()
    for node in nodes:
        yield from drawn.tree(node, 0)


class _Dump:
    def __init__(self, data: bytes, screen: Screen, encoding: str) -> None:
        self.data, self.screen = data, screen
        self.per_row = 16 if screen.width >= WIDE else 8
        self.digits = max(4, len(f"{len(data):x}"))
        every = bytes(range(256)).decode(encoding, "replace")
        self.text = [c if c.isprintable() and c != "\N{REPLACEMENT CHARACTER}" else "." for c in every]
        self.plain = [c if ord(c) < 128 else "." for c in self.text]
        self.room = screen.width - self.digits - 4 * self.per_row - 5

    def ruler(self) -> str:
        heads = " ".join(f"{column:02x}" for column in range(self.per_row))
        return self.screen.paint(f"{'':{self.digits}}  {heads}  {'':{self.per_row}}  field", "faint")

    def tree(self, node: Node, depth: int) -> Iterator[str]:
        if node.children:
            label = f"{node.name} {node.span} ({node.span.size})"
            for line in wrapped(label, self.room, "  "):
                yield self.row("", "", "", self.screen.paint(line, "strong"))
            for line in wrapped(safe(node.meaning), self.room - 2 * depth - 2) if node.meaning else ():
                yield self.row("", "", "", "  " * (depth + 1) + line)
            for child in node.children:
                yield from self.tree(child, depth + 1)
            return
        yield from self.leaf(node, depth)

    def leaf(self, node: Node, depth: int) -> Iterator[str]:
        labels = self.labels(node, depth)
        start, stop = node.span
        rows = list(range(start - start % self.per_row, max(stop, start + 1), self.per_row)) if stop > start else []
        # Only what repeats itself is left out, as hexdump does; every other byte is shown.
        cut = len(rows) > LONG + 2 and len(set(self.data[start:stop])) == 1
        for number, address in enumerate(rows[:LONG] if cut else rows):
            low, high = max(start, address), min(stop, address + self.per_row)
            label = labels[number] if number < len(labels) else ""
            shown = self.text if isinstance(node.value, str) else self.plain
            characters = " " * (low - address) + "".join(shown[byte] for byte in self.data[low:high])
            yield self.row(f"{address:0{self.digits}x}", self.hex(low, high, address), characters, label)
        if cut:
            yield f"{'*':{self.digits}}  the same up to 0x{stop:04x}, {node.span.size} bytes in all"
        for label in labels[LONG if cut else len(rows) :]:
            yield self.row("", "", "", label)

    def labels(self, node: Node, depth: int) -> list[str]:
        indent = "  " * depth
        value = "" if node.value is None or isinstance(node.value, bytes) else f" {self.value(node.value)}"
        meaning = f" ({message(node.meaning)})" if node.meaning else ""
        gap = node.name == "gap"
        text = f"{indent}{node.name}{':' if value else ''}{value}{meaning}"
        if gap:
            text += f" {node.span.size} bytes"
        lines = wrapped(text, self.room, f"{indent}  ", anywhere=isinstance(node.value, str))
        painted = [self.screen.paint(line, "warning") if gap else line for line in lines]
        if node.computed is not None:
            right = self.value(node.computed)
            if isinstance(node.computed, int) and node.name == "checksum":
                right += f" ({node.computed:04X})"
            painted.append(self.screen.paint(f"{indent}  stored, computed: {right}", "error"))
        return painted

    def value(self, value: object) -> str:
        return f'"{safe(value)}"' if isinstance(value, str) else str(value)

    def hex(self, low: int, high: int, address: int) -> str:
        return "   " * (low - address) + self.data[low:high].hex(" ")

    def row(self, address: str, cells: str, characters: str, label: str) -> str:
        width = 3 * self.per_row - 1
        head = self.screen.paint(f"{address:{self.digits}}", "faint") if address else " " * self.digits
        return f"{head}  {cells:{width}}  {characters:{self.per_row}}  {label}".rstrip()
