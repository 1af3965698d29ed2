"""The reference layouts, and layouts of the user's own in their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from glbtools import files
from glbtools.binary import layout
from glbtools.binary.layout import Layout
from glbtools.brief import brief
from glbtools.errors import LayoutError, UsageError

REFERENCE = MappingProxyType({each: f"{each}-reference-1" for each in layout.FAMILIES})
"""Family -> id of its reference layout."""

_MAX_SIZE = 1 << 16


@cache
def reference(family: str) -> Layout:
    """Return the reference layout of a family."""
    path = Path(__file__).with_name(f"{REFERENCE[family]}.toml")
    return layout.parse(path.read_bytes(), path.name)


def load(path: str | Path) -> Layout:
    """Return the layout in a user's file.

    Raises:
        LayoutError: the file is wrong; says which line and key, and why.
        FileAccessError: it cannot be read.
    """
    content = files.read(path)
    if len(content) > _MAX_SIZE:
        raise LayoutError(str(path), "", f"larger than {_MAX_SIZE} bytes, which no layout needs")
    return layout.parse(content, str(path))


class Layouts(Mapping[str, Layout]):
    """One layout for each family: the reference unless one was given."""

    def __repr__(self) -> str:
        return brief("Layouts", ", ".join(each.id for each in self.values()))

    def __init__(self, given: Iterable[Layout] = ()) -> None:
        """Take the user's layouts; UsageError when two are of one family."""
        self._given: dict[str, Layout] = {}
        for each in given:
            if each.family in self._given:
                raise UsageError(f"layouts {self._given[each.family].id} and {each.id} are both for {each.family}")
            self._given[each.family] = each

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
