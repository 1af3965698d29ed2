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

from glbtools.evidence.contents import Digest
from glbtools.evidence.names import AS_SERVER, own_name
from glbtools.evidence.postoffice import ONCE, Postoffice, may_be
from glbtools.evidence.search import OmittedInput


class _Group(NamedTuple):
    """Postoffices that belong together, as far as they have been looked at."""

    postoffices: list[Postoffice]
    identities: Mapping[int, str]

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


def without_copies(found: list[list[Postoffice]]) -> tuple[list[list[Postoffice]], list[OmittedInput]]:
    """Return units without those of which another one has every byte, and what was left out so."""
    kept: list[list[Postoffice]] = []
    copies: list[OmittedInput] = []
    # The largest first: a postoffice copied by itself is a copy of one in its network, not the other way round.
    for unit in sorted(found, key=len, reverse=True):
        twins = next((known for other in kept if (known := _twins(unit, other))), None)
        if twins is None:
            kept.append(unit)
        else:
            copies += [OmittedInput(each.path, f"the same bytes as {twin.path}", "copy") for each, twin in twins]
    return [each for each in found if each in kept], copies


def _twins(unit: list[Postoffice], other: list[Postoffice]) -> list[tuple[Postoffice, Postoffice]] | None:
    """Return each postoffice of a unit with the one of another that has its bytes; None where one has none."""
    by_files: dict[tuple[object, ...], list[Postoffice]] = defaultdict(list)
    for each in other:
        by_files[_files(each)].append(each)
    found = []
    for each in unit:
        twin = next((known for known in by_files[_files(each)] if _same_bytes(each, known)), None)
        if twin is None or (each.given and twin.given):
            return None
        found.append((each, twin))
    return found


def _files(postoffice: Postoffice) -> tuple[object, ...]:
    return tuple(sorted((each.area, each.name, each.size) for each in postoffice.artefacts))


def _same_bytes(one: Postoffice, other: Postoffice) -> bool:
    """Whether all files of two postoffices are the same; those without any content tell nothing."""
    if not any(each.size for each in one.artefacts):
        return False
    return _digests(one) == _digests(other)


def _digests(postoffice: Postoffice) -> dict[tuple[str, str], Digest]:
    return {(each.area, each.name): postoffice.contents.digest(each) for each in postoffice.artefacts}


def units(found: list[Postoffice]) -> list[list[Postoffice]]:
    """Return postoffices by units, each in the order of their paths."""
    if not found:
        return []
    identities = _identities(found)
    if not _conflicts(found, identities) and len(_Group(found, identities).servers) <= 1:
        return [found]
    order = {id(each): number for number, each in enumerate(found)}
    groups = [sorted(each.postoffices, key=lambda each: order[id(each)]) for each in _below(found, identities)]
    return sorted(groups, key=lambda unit: order[id(unit[0])])


def _below(found: list[Postoffice], identities: Mapping[int, str]) -> list[_Group]:
    """Join what lies near to one another first: from the deepest directories up to the one that holds all."""
    groups: dict[PurePosixPath, list[_Group]] = defaultdict(list)
    for each in found:
        groups[_where(each)].append(_Group([each], identities))
    deepest = max(len(each.parts) for each in groups)
    for depth in range(deepest, -1, -1):
        for where in sorted(each for each in groups if len(each.parts) == depth):
            joined = _joined(groups.pop(where))
            if depth == 0:
                return joined
            groups[where.parent if depth > 1 else PurePosixPath()] += joined
    return []


def _where(postoffice: Postoffice) -> PurePosixPath:
    """Return the directory that a postoffice is looked at in: the one that holds its own."""
    parts = [each for each in postoffice.path.replace("::", "/").split("/") if each not in ("", ".")]
    return PurePosixPath(*parts[:-1]) if parts else PurePosixPath()


def _joined(groups: list[_Group]) -> list[_Group]:
    """Join groups that lie in one directory, the latest first; what speaks against one another stays apart."""
    single = [each for each in groups if len(each.postoffices) == 1]
    deeper = [each for each in groups if len(each.postoffices) > 1]
    units: list[_Group] = []
    for each in (*_latest_first(single), *_latest_first(deeper)):
        fitting = [unit for unit in units if _fit(unit, each)]
        related = [unit for unit in fitting if unit.servers & each.claims or unit.claims & each.claims]
        if fitting:
            (related or fitting)[0].postoffices.extend(each.postoffices)
        else:
            units.append(_Group(list(each.postoffices), each.identities))
    return units


def _latest_first(groups: Iterable[_Group]) -> list[_Group]:
    return sorted(groups, key=lambda each: each.latest, reverse=True)


def _fit(one: _Group, other: _Group) -> bool:
    """Whether two groups can be one network at one moment."""
    if _conflicts([*one.postoffices, *other.postoffices], one.identities):
        return False
    # Two servers side by side may be one network with a second server; each with others around it is its own.
    return len(other.postoffices) == 1 or len(one.servers | other.servers) <= 1


def _conflicts(found: list[Postoffice], identities: Mapping[int, str]) -> bool:
    """Whether one postoffice is there twice: with files of which it can have one only, and not named one by one."""
    owners: dict[tuple[str, str], Postoffice] = {}
    for each in found:
        identity = identities[id(each)]
        for artefact in each.artefacts if identity else ():
            if may_be(artefact.name, ONCE):
                first = owners.setdefault((identity, artefact.name), each)
                if first is not each and not (first.given and each.given):
                    return True
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
