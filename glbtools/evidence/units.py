"""Which postoffices belong together: one network at one moment is a unit, and findings compare within one (ruling 26).

What was found is one unit as long as nothing speaks against it: the same postoffice found twice, or two servers in
directories of their own. Copies of equal bytes count once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import NamedTuple

from glbtools.evidence.names import AS_SERVER, own_name
from glbtools.evidence.postoffice import ONCE, Postoffice, may_be
from glbtools.evidence.search import OmittedInput

Key = tuple[object, ...]


class Group(NamedTuple):
    """Postoffices that belong together, as far as they have been looked at."""

    postoffices: list[Postoffice]

    @property
    def latest(self) -> datetime:
        """The latest moment in it."""
        return max((each.latest for each in self.postoffices if each.latest), default=datetime.min)

    @property
    def servers(self) -> set[str]:
        """The servers in it, by the names that their own REQCONF gives."""
        return {name for each in self.postoffices if (name := serves(each))}

    @property
    def claims(self) -> set[str]:
        """The servers that its postoffices name."""
        return {name for each in self.postoffices if (name := claim(each))}


class _Holders:
    """Which units hold something of which there can be one only: a bit for each unit, so that none is looked at.

    Two that the user named one by one are no conflict here; they are refused, or put together, later.
    """

    def __init__(self) -> None:
        self._given: defaultdict[Key, int] = defaultdict(int)
        self._found: defaultdict[Key, int] = defaultdict(int)

    def add(self, keys: Iterable[Key], number: int, *, given: bool) -> None:
        """Note that a unit holds something."""
        into = self._given if given else self._found
        for each in keys:
            into[each] |= 1 << number

    def of(self, key: Key, *, given: bool) -> int:
        """Return the units that hold one which may not lie beside another one of that kind."""
        return self._found.get(key, 0) | (0 if given else self._given.get(key, 0))


def _first(units: int) -> int:
    """Return the number of the first of some units."""
    return (units & -units).bit_length() - 1


def without_copies(found: list[list[Postoffice]]) -> tuple[list[list[Postoffice]], list[OmittedInput]]:
    """Return units without those of which another one has every byte, and what was left out so."""
    told = _by_bytes([each for unit in found for each in unit])
    holders, twins = _Holders(), dict[tuple[int, Key], Postoffice]()
    left: set[int] = set()
    copies: list[OmittedInput] = []
    # The largest first: a postoffice copied by itself is a copy of one in its network, not the other way round.
    for number, unit in enumerate(sorted(found, key=len, reverse=True)):
        keys = [(each, told.get(id(each))) for each in unit]
        same = -1
        for each, key in keys:
            same &= holders.of(key, given=each.given) if key else 0
        for each, key in keys:
            if key and same:
                copies.append(OmittedInput(each.path, f"the same bytes as {twins[_first(same), key].path}", "copy"))
            elif key:
                holders.add([key], number, given=each.given)
                twins.setdefault((number, key), each)
        if same:
            left.add(id(unit))
    return [each for each in found if id(each) not in left], copies


def _by_bytes(found: Iterable[Postoffice]) -> dict[int, Key]:
    """Return what two postoffices share of which all files are the same: id -> names, sizes and hashes.

    Those without any content tell nothing, nor do those with a file that cannot be read. No file is hashed of a
    postoffice whose names and sizes no other one has.
    """
    by_sizes: defaultdict[Key, list[Postoffice]] = defaultdict(list)
    for each in found:
        if any(file.size for file in each.artefacts):
            by_sizes[tuple(sorted((file.area, file.name, file.size) for file in each.artefacts))].append(each)
    told: dict[int, Key] = {}
    for alike in by_sizes.values():
        for each in alike if len(alike) > 1 else ():
            files = sorted((file.area, file.name, *each.contents.digest(file)) for file in each.artefacts)
            if all(sha256 for *_, sha256 in files):
                told[id(each)] = tuple(files)
    return told


def units(found: list[Postoffice]) -> list[list[Postoffice]]:
    """Return postoffices by units, each in the order of their paths."""
    if not found:
        return []
    identities = _identities(found)
    if not _conflicts(found, identities) and len(Group(found).servers) <= 1:
        return [found]
    order = {id(each): number for number, each in enumerate(found)}
    groups = [sorted(each.postoffices, key=lambda each: order[id(each)]) for each in _below(found, identities)]
    return sorted(groups, key=lambda unit: order[id(unit[0])])


def _below(found: list[Postoffice], identities: Mapping[int, str]) -> list[Group]:
    """Join what lies near to one another first: from the deepest directories up to the one that holds all."""
    groups: dict[PurePosixPath, list[Group]] = defaultdict(list)
    for each in found:
        groups[_where(each)].append(Group([each]))
    deepest = max(len(each.parts) for each in groups)
    for depth in range(deepest, -1, -1):
        for where in sorted(each for each in groups if len(each.parts) == depth):
            joined = _joined(groups.pop(where), identities)
            if depth == 0:
                return joined
            groups[where.parent if depth > 1 else PurePosixPath()] += joined
    return []


def _where(postoffice: Postoffice) -> PurePosixPath:
    """Return the directory that a postoffice is looked at in: the one that holds its own."""
    parts = [each for each in postoffice.path.replace("::", "/").split("/") if each not in ("", ".")]
    return PurePosixPath(*parts[:-1]) if parts else PurePosixPath()


def _joined(groups: list[Group], identities: Mapping[int, str]) -> list[Group]:
    """Join groups that lie in one directory, the latest first; what speaks against one another stays apart."""
    single = [each for each in groups if len(each.postoffices) == 1]
    deeper = [each for each in groups if len(each.postoffices) > 1]
    units = _Units(identities)
    for each in (*_latest_first(single), *_latest_first(deeper)):
        units.put(each)
    return units.groups


def _latest_first(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda each: each.latest, reverse=True)


class _Units:
    """Units as they grow; a number whose bits are units says which of them have something in common."""

    def __init__(self, identities: Mapping[int, str]) -> None:
        self.groups: list[Group] = []
        self._identities = identities
        self._holders = _Holders()
        self._servers: list[set[str]] = []
        self._serving = 0
        self._served_by_several = 0
        self._by_server: defaultdict[str, int] = defaultdict(int)
        self._by_claim: defaultdict[str, int] = defaultdict(int)

    def put(self, group: Group) -> None:
        """Put a group into the first unit that it fits, one of its own server before others; else it is a new one."""
        servers, claims = group.servers, group.claims
        fitting = ((1 << len(self.groups)) - 1) & ~self._conflicting(group)
        related = 0
        for name in claims:
            related |= self._by_claim[name]
        if len(group.postoffices) > 1:
            fitting &= self._of_one_server(servers)
        elif claims and not servers:
            # A requestor is of no network whose server is another one than its own.
            fitting &= related | ~self._serving
        number = _first(fitting & related or fitting) if fitting else len(self.groups)
        if number == len(self.groups):
            self.groups.append(Group([]))
            self._servers.append(set())
        self.groups[number].postoffices.extend(group.postoffices)
        self._note(number, group, servers, claims)

    def _conflicting(self, group: Group) -> int:
        found = 0
        for each in group.postoffices:
            for key in _once(each, self._identities):
                found |= self._holders.of(key, given=each.given)
        return found

    def _of_one_server(self, servers: set[str]) -> int:
        """Return the units that have no other server than a group has.

        Two servers side by side may be one network with a second server; each with others around it is its own.
        """
        if len(servers) > 1:
            return 0
        own = self._by_server[next(iter(servers))] if servers else self._serving
        return ~self._serving | own & ~self._served_by_several

    def _note(self, number: int, group: Group, servers: set[str], claims: set[str]) -> None:
        for each in group.postoffices:
            self._holders.add(_once(each, self._identities), number, given=each.given)
        for name in claims:
            self._by_claim[name] |= 1 << number
        for name in servers:
            self._by_server[name] |= 1 << number
            self._serving |= 1 << number
        self._servers[number] |= servers
        if len(self._servers[number]) > 1:
            self._served_by_several |= 1 << number


def _once(postoffice: Postoffice, identities: Mapping[int, str]) -> list[Key]:
    """Return the files of a postoffice of which it can have one only, where it is known which one it is."""
    identity = identities[id(postoffice)]
    names = {each.name for each in postoffice.artefacts} if identity else ()
    return [(identity, name) for name in names if may_be(name, ONCE)]


def _conflicts(found: list[Postoffice], identities: Mapping[int, str]) -> bool:
    """Whether one postoffice is there twice, and not named one by one."""
    holders = _Holders()
    for each in found:
        keys = _once(each, identities)
        if any(holders.of(key, given=each.given) for key in keys):
            return True
        holders.add(keys, 0, given=each.given)
    return False


def _identities(found: list[Postoffice]) -> dict[int, str]:
    """Return what tells each postoffice from others: id -> a name; empty where nothing does.

    A name that is sure counts; else that of its directory, where it is the postoffice part of a known name; else what
    its addresses say.
    """
    known: dict[str, str] = {}
    for each in found:
        srvconf, named = each.srvconf(), claim(each)
        for name in (*(srvconf[1].by_node if srvconf else ()), *([named] if named else [])):
            known[name.partition("/")[2]] = name
    for each in found:
        name, source, sure = own_name(each)
        if name and sure and source != AS_SERVER:
            known.setdefault(name.partition("/")[2], name)
    return {id(each): _identity(each, known) for each in found}


def _identity(postoffice: Postoffice, known: Mapping[str, str]) -> str:
    name, source, sure = own_name(postoffice)
    if name and sure and source != AS_SERVER:
        return name
    return known.get(postoffice.directory) or (name if source != AS_SERVER else None) or ""


def claim(postoffice: Postoffice) -> str:
    """Return the server that a postoffice's REQCONF names; empty where none is known."""
    found = postoffice.reqconf()
    return (found[1].server or "").upper() if found else ""


def serves(postoffice: Postoffice) -> str:
    """Return the server's name of a postoffice that has SRVCONF; empty for any other one."""
    return claim(postoffice) if postoffice.find("SRVCONF.GLB") or postoffice.srvconf() else ""
