"""From paths to networks: what was found, by units, each named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from glbtools import files
from glbtools.brief import brief, count
from glbtools.errors import UsageError, suggestion
from glbtools.evidence import containers
from glbtools.evidence.contents import Contents
from glbtools.evidence.names import named
from glbtools.evidence.postoffice import Postoffice
from glbtools.evidence.search import Claims, OmittedInput, Search
from glbtools.evidence.sources import INSIDE, Entry
from glbtools.evidence.units import Group, units, without_copies
from glbtools.formats.config import NODE_NAME
from glbtools.layouts import Layouts

MOST_NAMED = 5
"""Places that an error lists."""


@dataclass
class Evidence:
    """What was found in the paths given.

    Attributes:
        units: networks, each at one moment; findings compare within one (ruling 26).
        passed_over: what was given and not looked at.
        containers: archives that were looked into.
        contents: what the files hold.
    """

    units: list[Network]
    passed_over: list[OmittedInput]
    containers: list[Entry]
    contents: Contents

    def __repr__(self) -> str:
        return brief("Evidence", f"{count(len(self.units), 'network')}, {count(len(self.postoffices), 'postoffice')}")

    @property
    def unlooked(self) -> dict[str, str]:
        """What was given, not looked at, and may well be evidence: path -> what is said of it."""
        return {each.path: f"{each.path}: {each.why}" for each in self.passed_over if each.telling}

    @property
    def postoffices(self) -> list[Postoffice]:
        """The postoffices of all units."""
        return [each for unit in self.units for each in unit.postoffices]

    @property
    def earlier(self) -> list[tuple[Network, Network]]:
        """Units that hold postoffices of another one at an earlier moment, each with the latest such one."""
        dated = [(unit, unit.latest, {each.name for each in unit.postoffices if each.name}) for unit in self.units]
        newest: dict[str, tuple[datetime, Network]] = {}
        for unit, latest, names in dated:
            for name in names if latest else ():
                if latest and (name not in newest or newest[name][0] < latest):
                    newest[name] = latest, unit
        found = []
        for unit, latest, names in dated:
            later = [newest[name] for name in sorted(names) if name in newest]
            moment, other = max(later, key=lambda each: each[0], default=(None, unit))
            if latest and moment and latest < moment:
                found.append((unit, other))
        return found

    @property
    def only(self) -> Network:
        """The one unit there is.

        Raises:
            UsageError: there are several.
        """
        if len(self.units) > 1:
            places = "; ".join(", ".join(each.path for each in unit.postoffices[:3]) for unit in self.units)
            raise UsageError(f"{len(self.units)} networks, or moments of one, lie here: {places}; give one of them")
        return self.units[0]


@dataclass
class Network:
    """Postoffices that were given together.

    Attributes:
        postoffices: in the order of their paths.
        older: evidence of earlier moments, each of a postoffice that is also given now.
    """

    postoffices: list[Postoffice]
    older: list[Postoffice] = field(default_factory=list)
    _identities: dict[tuple[object, ...], list[Postoffice]] | None = field(default=None, init=False, repr=False)

    def __repr__(self) -> str:
        return brief("Network", ", ".join(each.shown for each in self.postoffices))

    @cached_property
    def server(self) -> Postoffice | None:
        """The one server; of several that have a SRVCONF, the one that its own REQCONF names."""
        servers = [each for each in self.postoffices if each.role == "server"]
        if len(servers) > 1:
            servers = [each for each in servers if _serves_itself(each)]
        return servers[0] if len(servers) == 1 else None

    @property
    def latest(self) -> datetime | None:
        """The latest moment in it: "now", unless another is given (ruling 4)."""
        return latest_stamp(self.postoffices)

    def twins(self, postoffice: Postoffice) -> list[Postoffice]:
        """Return the other postoffices whose REQCONF says the same, dates included: one is a copy of the other."""
        own = _identity(postoffice)
        if own is None:
            return []
        if self._identities is None:
            self._identities = {}
            for each in self.postoffices:
                if (identity := _identity(each)) is not None:
                    self._identities.setdefault(identity, []).append(each)
        return [each for each in self._identities.get(own, ()) if each is not postoffice]

    def earlier(self, postoffice: Postoffice) -> list[Postoffice]:
        """Return the older evidence of a postoffice."""
        if postoffice.name is None:
            return self.older if len(self.postoffices) == 1 else []
        known = [each for each in self.older if each.name and each.name.upper() == postoffice.name.upper()]
        if not known and len(self.postoffices) == 1:
            known = [each for each in self.older if each.name is None]
        return known


def _serves_itself(postoffice: Postoffice) -> bool:
    found = postoffice.reqconf()
    server = found[1].server if found else None
    return bool(server and postoffice.name and server.upper() == postoffice.name.upper())


def _identity(postoffice: Postoffice) -> tuple[object, ...] | None:
    """Return what tells one REQCONF from another: numbers that are not zero, and a date; None without them."""
    found = postoffice.reqconf()
    if found is None:
        return None
    config = found[1]
    dates = (config.last_export, config.last_import)
    numbers = (config.reqsync, config.srvsync, config.importsync)
    return (*numbers, *dates) if any(dates) and any(numbers) else None


def collect(
    paths: Iterable[str | Path],
    *,
    older: Iterable[str | Path] = (),
    layouts: Layouts | None = None,
    max_size: int = files.DEFAULT_MAX_SIZE,
    claims: Claims | None = None,
    older_claims: Claims | None = None,
    names: Mapping[str, str] | None = None,
    strict: bool = True,
) -> Evidence:
    """Return the postoffices found in some paths by units, named, with their roles.

    Args:
        paths: directories, archives, images or files.
        older: the same, of earlier moments.
        layouts: how binary files are read.
        max_size: largest file read, in bytes.
        claims: takes files that are something else; a path that holds nothing but those needs to hold no postoffice.
        older_claims: the same for evidence of earlier moments.
        names: path of a postoffice -> NET/PO, as the user says it is called.
        strict: whether a path that holds no postoffice is refused.

    Raises:
        FileAccessError: a path does not exist or cannot be listed.
        UnknownFormatError: a path holds nothing of a postoffice.
        UsageError: two current files of the same kind for one postoffice; or no postoffice is at a path that is named.
    """
    contents = Contents(layouts or Layouts(), max_size)
    search = Search(contents, claims, strict)
    search.look(paths)
    _call(search.postoffices, names or {})
    found = networks(search)
    for moment in _each_moment(older):
        search = Search(contents, older_claims, strict)
        search.look(moment)
        earlier = [each for group in units(search.postoffices) for each in named(group, found.postoffices)]
        for unit in found.units:
            unit.older += earlier
        found.passed_over += search.passed_over
        found.containers += search.containers
    for unit in found.units:
        unit.older.sort(key=lambda each: each.path)
    return found


def networks(search: Search) -> Evidence:
    """Return what a search has found by units, named, with their roles.

    Raises:
        UsageError: two files of the same kind for one postoffice that was named.
    """
    kept, copies = without_copies(units(search.postoffices))
    return Evidence(
        [Network(each) for each in _all_named(kept)] or [Network([])],
        [*search.passed_over, *copies],
        search.containers,
        search.contents,
    )


def _all_named(found: list[list[Postoffice]]) -> list[list[Postoffice]]:
    """Return units with names; one that has no server's list of names is named by those of its server.

    Raises:
        UsageError: as for ``networks``.
    """
    listed = {number: named(unit) for number, unit in enumerate(found) if any(each.srvconf() for each in unit)}
    present: dict[str, list[Postoffice]] = defaultdict(list)
    for unit in listed.values():
        for name in Group(unit).servers:
            present[name] += unit
    return [listed.get(number) or named(unit, _present(unit, present)) for number, unit in enumerate(found)]


def _present(unit: list[Postoffice], by_server: Mapping[str, list[Postoffice]]) -> list[Postoffice] | None:
    """Return the postoffices that lie with the servers which those of a unit name; None where there are none."""
    return [each for name in sorted(Group(unit).claims) for each in by_server.get(name, ())] or None


def _call(postoffices: list[Postoffice], names: Mapping[str, str]) -> None:
    """Give postoffices the names that the user says they have.

    Raises:
        UsageError: a name is none, or no postoffice was found at its path.
    """
    for path, name in names.items():
        if NODE_NAME.fullmatch(name) is None:
            way = "names are NETWORK/POSTOFFICE, such as NET/HUB, of at most 10 characters each"
            raise UsageError(f"{name}: is no name of a postoffice; {way}")
        there = [each for each in postoffices if each.path.rstrip("/") == path.rstrip("/") or _same(each.path, path)]
        if not there:
            found = [each.path for each in postoffices]
            near = suggestion(path, found) or f"; those found are {', '.join(found[:MOST_NAMED]) or 'none'}"
            raise UsageError(f"{path}: no postoffice was found there{near}")
        for each in there:
            each.called = name.upper()


def _same(one: str, other: str) -> bool:
    return INSIDE not in one + other and Path(one).resolve() == Path(other).resolve()


def _each_moment(older: Iterable[str | Path]) -> list[list[str | Path]]:
    """Return older paths by moment: each directory, archive or image is one of its own, single files one together."""
    given = list(older)
    trees = [each for each in given if containers.is_tree(Path(each))]
    single = [each for each in given if each not in trees]
    return [*([each] for each in trees), *([single] if single else [])]


def latest_stamp(postoffices: Iterable[Postoffice]) -> datetime | None:
    """Return the latest moment found in any evidence: "now", unless another is given (ruling 4)."""
    return max(filter(None, (each.latest for each in postoffices)), default=None)
