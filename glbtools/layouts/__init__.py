"""The reference layouts, and layouts of the user's own in their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from glbtools import files
from glbtools.binary import layout
from glbtools.binary.layout import Layout

REFERENCE = MappingProxyType(
    {"queue": "queue-reference-1", "reqconf": "reqconf-reference-1", "srvconf": "srvconf-reference-1"}
)
"""Family -> id of its reference layout."""

_MAX_SIZE = 1 << 20


@cache
def reference(family: str) -> Layout:
    """Return the reference layout of a family."""
    path = Path(__file__).with_name(f"{REFERENCE[family]}.toml")
    return layout.parse(path.read_bytes(), path.name)


def load(path: str | Path) -> Layout:
    """Return the layout in a user's file.

    Raises:
        LayoutError: the file is wrong; says which key and why.
        FileAccessError: it cannot be read.
    """
    return layout.parse(files.read(path, _MAX_SIZE), str(path))


class Layouts(Mapping[str, Layout]):
    """One layout for each family: the reference unless one was given."""

    def __init__(self, given: Iterable[Layout] = ()) -> None:
        self._given = {each.family: each for each in given}

    def __getitem__(self, family: str) -> Layout:
        return self._given.get(family) or reference(family)

    def __iter__(self) -> Iterator[str]:
        return iter(REFERENCE)

    def given(self, family: str) -> bool:
        """Whether the user gave a layout of his own for a family."""
        return family in self._given

    def __len__(self) -> int:
        return len(REFERENCE)


def from_files(paths: Iterable[str | Path]) -> Layouts:
    """Return the reference layouts with those in ``paths`` in place of theirs.

    Raises:
        LayoutError: as for ``load``.
        FileAccessError: as for ``load``.
    """
    return Layouts(load(path) for path in paths)
