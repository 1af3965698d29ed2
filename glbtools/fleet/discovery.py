"""Which units lie below some paths, found while walking, in memory that does not grow with their number (ruling 26).

A directory of postoffices with one server is a unit. Elsewhere a requestor belongs to the server that its REQCONF
names, in the nearest directory that holds both. What is put together here is looked at once more where it is judged,
and what speaks against itself is judged in parts. An archive or an image is a place of its own.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from glbtools import files
from glbtools.diagnosis.successors.inputs import SuccessorInputs
from glbtools.errors import FileAccessError
from glbtools.evidence.containers import outermost
from glbtools.evidence.contents import Contents
from glbtools.evidence.names import name_in_records
from glbtools.evidence.postoffice import Postoffice
from glbtools.evidence.search import Place, Search
from glbtools.evidence.sources import on_disk
from glbtools.evidence.units import claim, serves
from glbtools.layouts import Layouts

LARGEST = 5_000
"""Postoffices of one unit."""

MOST_OPEN = 1_000
"""Groups that wait for a postoffice that may still be found."""

DIRECTORIES, WHOLE, UNREAD = "directories", "whole", "unread"


class Job(NamedTuple):
    """What is judged in one go.

    Attributes:
        kind: ``directories``, each looked at by itself; ``whole`` for a file, an archive or an image, with all that is
            in it; ``unread`` for what may be evidence and cannot be looked at.
        paths: as shown.
        why: what keeps it from being looked at.
    """

    kind: str
    paths: tuple[str, ...]
    why: str = ""

    @property
    def key(self) -> str:
        """Sixteen hex digits that tell it from all others."""
        text = "\n".join((self.kind, *self.paths))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


class Site(NamedTuple):
    """A postoffice as far as it says whom it belongs to.

    Attributes:
        path: its directory.
        is_server: whether it has a SRVCONF.
        server: the server that its REQCONF names; empty where none is known.
        name: its own without its network, or that of its directory.
    """

    path: str
    is_server: bool
    server: str
    name: str


@dataclass
class Group:
    """Postoffices that belong together, as far as they have been found."""

    sites: list[Site]

    @property
    def has_server(self) -> bool:
        """Whether one of them is a server."""
        return any(each.is_server for each in self.sites)

    @property
    def servers(self) -> set[str]:
        """The servers that they are or name."""
        return {each.server for each in self.sites if each.server}

    @property
    def job(self) -> Job:
        """What is to be judged."""
        return Job(DIRECTORIES, tuple(sorted(each.path for each in self.sites)))

    def takes(self, other: Group) -> bool:
        """Whether another group may belong to this one: nothing is there twice."""
        names = {each.name for each in self.sites}
        return len(self.sites) + len(other.sites) <= LARGEST and not any(each.name in names for each in other.sites)


class _Open:
    """Groups to which something may still be found: a server with its requestors, or requestors without a server."""

    def __init__(self) -> None:
        self._groups: dict[int, Group] = {}
        self._served: dict[str, int] = {}
        self._waiting: dict[str, list[int]] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._groups)

    def add(self, group: Group) -> Iterator[Group]:
        """Take a group in, or join it to one; yield those to which nothing is added any more."""
        if group.has_server:
            yield from self._add_server(group)
        else:
            for name in group.servers:
                host = self._groups.get(self._served.get(name, -1))
                if host is not None and host.takes(group):
                    host.sites += group.sites
                    return
            number = self._keep(group)
            for name in group.servers:
                self._waiting.setdefault(name, []).append(number)
        while len(self._groups) > MOST_OPEN:
            yield self._close(next(iter(self._groups)))

    def _add_server(self, group: Group) -> Iterator[Group]:
        names = {each.server for each in group.sites if each.is_server and each.server}
        for name in names:
            for number in tuple(self._waiting.get(name, ())):
                if number in self._groups and group.takes(self._groups[number]):
                    group.sites += self._close(number).sites
        for number in {self._served[name] for name in names if name in self._served}:
            yield self._close(number)  # The same server again: another moment of its network.
        number = self._keep(group)
        self._served |= dict.fromkeys(names, number)

    def _keep(self, group: Group) -> int:
        self._next += 1
        self._groups[self._next] = group
        return self._next

    def _close(self, number: int) -> Group:
        group = self._groups.pop(number)
        for name in group.servers:
            if self._served.get(name) == number:
                del self._served[name]
            if number in self._waiting.get(name, ()):
                self._waiting[name].remove(number)
                if not self._waiting[name]:
                    del self._waiting[name]
        return group

    def rest(self) -> Iterator[Group]:
        """Yield the groups that are left, and keep none."""
        for number in tuple(self._groups):
            yield self._close(number)


@dataclass
class _Level:
    """A directory on the way from a given path to the place that is looked at.

    Attributes:
        below: what is still to be looked at in it, the next one last.
        begin, share: which part of the whole walk it is.
        many: how much there was below.
        sites: postoffices directly in it.
        open: groups of deeper directories.
    """

    below: list[tuple[str, bool]]
    begin: float
    share: float
    many: int = 0
    sites: list[Site] = field(default_factory=list)
    open: _Open = field(default_factory=_Open)

    def add(self, site: Site) -> Iterator[Group]:
        """Take a postoffice in; yield what is complete where there are too many to wait for all."""
        self.sites.append(site)
        if len(self.sites) >= LARGEST:
            yield from self._together()

    def close(self) -> Iterator[tuple[Group, bool]]:
        """Yield the groups of the directory, each with whether it is complete."""
        for each in self._together():
            yield each, True
        for each in self.open.rest():
            yield each, False

    def _together(self) -> Iterator[Group]:
        sites, self.sites = self.sites, []
        for group in together(sites):
            yield from self.open.add(group)

    @property
    def reached(self) -> float:
        """How much of the walk is done, from 0 to 1."""
        done = self.many - len(self.below)
        return self.begin + self.share * done / self.many if self.many else self.begin + self.share


def together(sites: list[Site]) -> list[Group]:
    """Return the postoffices of one directory by groups: with one server, or none and nothing against it, they are one.

    Otherwise requestors go to the server that they name, and those of a server that is not here are a group.
    """
    sites = _with_one_server(sites)
    servers = [each for each in sites if each.is_server]
    claims = {each.server for each in sites if each.server}
    distinct = len({each.name for each in sites}) == len(sites)
    if sites and (len(servers) == 1 or (not servers and len(claims) <= 1 and distinct)):
        return [Group(sites)]
    groups = [Group([each]) for each in servers]
    by_server: dict[str, list[Group]] = {}
    for group in groups:
        by_server.setdefault(group.sites[0].server, []).append(group)
    for site in (each for each in sites if not each.is_server):
        alone = Group([site])
        fitting = by_server.setdefault(site.server, [])
        host = next((each for each in fitting if site.server and each.takes(alone)), None)
        if host is not None:
            host.sites.append(site)
        else:
            groups.append(alone)
            # The newest only: a postoffice that is there a thousand times is not compared with all of them.
            fitting[:] = [*(each for each in fitting if each.has_server), alone]
    return groups


def _with_one_server(sites: list[Site]) -> list[Site]:
    """Return postoffices of which another one has a SRVCONF beside the server, too, as a requestor: its name tells.

    One whose REQCONF names no server is one where there is a single server that names itself.
    """
    by_server: dict[str, list[Site]] = {}
    for each in sites:
        if each.is_server and each.server:
            by_server.setdefault(each.server, []).append(each)
    others: set[str] = set()
    bearing = {}
    for server, claiming in by_server.items():
        themselves = [each for each in claiming if each.name == server.rpartition("/")[2]]
        if len(themselves) == 1:
            bearing[server] = themselves[0]
            others |= {each.path for each in claiming if each is not themselves[0]}
    if len(by_server) == len(bearing) == 1:
        others |= {each.path for each in sites if each.is_server and not each.server}
    return [each._replace(is_server=False) if each.path in others else each for each in sites]


class Walk:
    """The units below some paths.

    Attributes:
        foreign: files passed over that are of nothing known.
    """

    def __init__(self, paths: Iterable[str | Path], layouts: Layouts, max_size: int = files.DEFAULT_MAX_SIZE) -> None:
        """Take the paths.

        Raises:
            FileAccessError: one does not exist or is neither a file nor a directory.
        """
        self._tops = []
        for path in _apart(paths):
            outer = outermost(path)
            if not os.path.lexists(outer):
                raise files.missing(path)
            if outer != path:  # a place in an archive or an image
                self._tops.append((path, True))
                continue
            entry = on_disk(Path(path), path)
            if entry.other:
                raise FileAccessError(f"{path}: {entry.other}, neither a file nor a directory")
            self._tops.append((path, not entry.is_directory))
        self._layouts, self._max_size = layouts, max_size
        self._levels: list[_Level] = []
        self.foreign = 0

    @property
    def reached(self) -> float:
        """How much of the walk is done, from 0 to 1: an estimate by what is still to be looked at in each directory."""
        return self._levels[-1].reached if self._levels else 1.0

    def jobs(self) -> Iterator[Job]:
        """Yield what is to be judged, in an order that depends on the evidence alone."""
        levels = self._levels = [_Level(self._tops[::-1], 0, 1, len(self._tops))]
        while levels:
            level = levels[-1]
            if not level.below:
                levels.pop()
                for group, complete in level.close():
                    if complete or not levels:
                        yield group.job
                    else:
                        yield from (each.job for each in levels[-1].open.add(group))
                continue
            begin, share = level.reached, level.share / level.many
            path, packed = level.below.pop()
            if packed:
                yield Job(WHOLE, (path,))
                continue
            try:
                found = self._look(path)
            except FileAccessError as error:
                yield Job(UNREAD, (path,), str(error))
                continue
            yield from found.jobs
            if found.site:
                yield from (each.job for each in level.add(found.site))
            levels.append(_Level(found.below[::-1], begin, share, len(found.below)))

    def _look(self, path: str) -> _Look:
        """Look at one directory alone.

        Raises:
            FileAccessError: it cannot be listed.
        """
        place = Place(on_disk(Path(path), path))
        given = SuccessorInputs(max_size=self._max_size)
        search = Search(Contents(self._layouts, self._max_size), given.claim, strict=False)
        below = search.visit(place)
        jobs = []
        if not search.postoffices:
            if given.pieces or given.unreadable:
                jobs.append(Job(DIRECTORIES, (path,)))
            else:
                jobs += [Job(UNREAD, (each.path,), each.why) for each in search.passed_over if each.telling]
        self.foreign += sum(each.kind == "foreign" for each in search.passed_over)
        site = _site(search.postoffices[0]) if search.postoffices else None
        return _Look(site, [(each.entry.shown, each.packed) for each in below], jobs)


class _Look(NamedTuple):
    """What one directory is: a postoffice, what lies below it, and what is judged for itself."""

    site: Site | None
    below: list[tuple[str, bool]]
    jobs: list[Job]


def _site(postoffice: Postoffice) -> Site:
    server = serves(postoffice)
    is_server = bool(server) or postoffice.find("SRVCONF.GLB") is not None
    name = (name_in_records(postoffice)[0] or "").rpartition("/")[2]
    return Site(postoffice.path, is_server, server or claim(postoffice), name or postoffice.directory)


def _apart(paths: Iterable[str | Path]) -> list[str]:
    """Return paths without those that lie in another one, or are given twice."""
    kept: list[tuple[Path, str]] = []
    for each in sorted(paths, key=lambda each: len(Path(each).resolve().parts)):
        place = Path(each).resolve()
        if not any(place.is_relative_to(other) for other, _ in kept):
            kept.append((place, str(each)))
    return [shown for _, shown in kept]
