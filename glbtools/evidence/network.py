"""From paths to postoffices: what belongs together, what each is called, and which is the server.

A network is a directory of postoffices; one postoffice may also be spread over several of the paths given. Names are in
no attested file, so they are found by ruling 2, and what said so is kept. Symbolic links are not followed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from glbtools import files
from glbtools.errors import UsageError
from glbtools.evidence.contents import Contents
from glbtools.evidence.postoffice import Postoffice, by_name, may_be
from glbtools.evidence.search import PassedOver, Search
from glbtools.formats.transaction import parse as parse_text
from glbtools.layouts import Layouts


@dataclass
class Network:
    """Postoffices that were given together.

    Attributes:
        postoffices: in the order of their paths.
        older: evidence of earlier moments, each of a postoffice that is also given now.
        passed_over: what was given and not looked at.
    """

    postoffices: list[Postoffice]
    older: list[Postoffice] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)
    _identities: dict[tuple[object, ...], list[Postoffice]] | None = field(default=None, init=False, repr=False)

    @property
    def unlooked(self) -> dict[str, str]:
        """What was given, not looked at, and may well be evidence: path -> what is said of it."""
        return {each.path: f"{each.path}: {each.why}" for each in self.passed_over if each.telling}

    @cached_property
    def server(self) -> Postoffice | None:
        """The one server; of several that have a SRVCONF, the one that its own REQCONF names."""
        servers = [each for each in self.postoffices if each.role == "server"]
        if len(servers) > 1:
            servers = [each for each in servers if _serves_itself(each)]
        return servers[0] if len(servers) == 1 else None

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
    apart: Collection[Path] = (),
) -> Network:
    """Return the postoffices found in some paths, named, with their roles.

    ``apart`` are files known to be something else; a path that holds nothing but those holds no postoffice, and
    needs none.

    Raises:
        FileAccessError: a path does not exist or cannot be listed.
        UnknownFormatError: a path holds nothing of a postoffice.
        UsageError: two current files of the same kind for one postoffice.
    """
    contents = Contents(layouts or Layouts(), max_size)
    search = Search(contents, apart)
    search.look(paths)
    network = Network(_named(search.postoffices), passed_over=search.passed_over)
    for moment in _each_moment(older):
        search = Search(contents, apart)
        search.look(moment)
        network.older += _named(search.postoffices, network.postoffices)
        network.passed_over += search.passed_over
    network.older.sort(key=lambda each: each.path)
    return network


def _each_moment(older: Iterable[str | Path]) -> list[list[str | Path]]:
    """Return older paths by moment: each directory is one of its own, single files are one together."""
    given = list(older)
    single = [each for each in given if not Path(each).is_dir()]
    return [*([each] for each in given if Path(each).is_dir()), *([single] if single else [])]


# --- whose they are (rulings 2 and 3) ----------------------------------------------------------------------------


def _named(found: list[Postoffice], present: list[Postoffice] | None = None) -> list[Postoffice]:
    for each in found:
        each.name, each.name_from = _own_name(each)
        # Addresses alone may be another postoffice's, put there by IMPORT -E (Q244488); the directory's name confirms.
        confirmed = each.name is not None and each.name.partition("/")[2] == each.directory
        each.name_certain = each.name_from != BY_ADDRESSES or confirmed
    _one_server(found)
    _by_more_than_addresses(found, present or found)
    merged = _merged(found)
    _by_elimination(merged, present or merged)
    _by_directory([each for each in merged if each.name is None], present or merged)
    merged = _merged(merged)
    for each in merged:
        each.role, each.role_from = _role(each)
    return merged


def _own_name(postoffice: Postoffice) -> tuple[str | None, str]:
    """Find the name in the postoffice's own files, by the order of ruling 2."""
    for _, found in postoffice.inspections("listq", "listds"):
        if found.content.postoffice:
            return found.content.postoffice.upper(), "Examining line of a listing"
    queue = postoffice.queue("REQTRANS")
    nodes: set[str] = set()
    for record in queue.real if queue else []:
        typed = parse_text(record.text).transaction
        if typed is None or not typed.postoffice_name or (typed.address and typed.address.type != "PCM"):
            continue
        if typed.code == "R":
            return typed.postoffice_name.upper(), "R record"
        nodes.add(typed.postoffice_name.upper())
    if len(nodes) == 1:
        return nodes.pop(), BY_ADDRESSES
    if name := _reported(postoffice):
        return name, "report in a log"
    if postoffice.find("SRVCONF.GLB"):
        reqconf = postoffice.reqconf()
        if reqconf and reqconf[1].server:
            return reqconf[1].server.upper(), _AS_SERVER
    return None, ""


_AS_SERVER = "server name in its REQCONF"
BY_DIRECTORY = "directory name"
BY_ADDRESSES = "addresses in REQTRANS"
BY_ELIMINATION = "the one name in SRVCONF that is left"


def _one_server(found: list[Postoffice]) -> None:
    """Where several have a SRVCONF, one is a former server or has a copy: its directory must bear the server's name."""
    for name in {each.name for each in found if each.name_from == _AS_SERVER}:
        claiming = [each for each in found if each.name == name and each.name_from == _AS_SERVER]
        for each in claiming if len(claiming) > 1 else ():
            if each.directory != (name or "").partition("/")[2]:
                each.name, each.name_from = None, ""


def _reported(postoffice: Postoffice) -> str | None:
    """The one postoffice that a log or a subject reports from; a server's CENTRAL.LOG names many."""
    names: Counter[str] = Counter()
    for artefact, found in postoffice.inspections("log", "subject"):
        if found.entry.name == "subject":
            names.update([found.content.postoffice.upper()] if found.content.postoffice else [])
        elif not artefact.name.startswith("CENTRAL"):
            names.update(each.postoffice.upper() for each in found.content.lines if each.form == "report")
    return next(iter(names)) if len(names) == 1 else None


def _merged(postoffices: list[Postoffice]) -> list[Postoffice]:
    """Put postoffices of one name together.

    Raises:
        UsageError: two of them have a file of the same kind.
    """
    merged: dict[str, Postoffice] = {}
    for each in postoffices:
        key = each.name.upper() if each.name else each.path
        if key not in merged or merged[key] is each:
            merged[key] = each
            continue
        first = merged[key]
        names = {artefact.name: artefact for artefact in first.artefacts}
        for artefact in each.artefacts:
            twin = names.get(artefact.name)
            if twin is not None and may_be(artefact.name, ("queue", "reqconf", "srvconf", "listq", "listds")):
                raise UsageError(
                    f"{twin.path} and {artefact.path} are both {artefact.name} of {each.name}; "
                    "give the earlier one with --older"
                )
        first.take(each.artefacts)
    return list(merged.values())


def _registered_names(postoffices: list[Postoffice]) -> set[str]:
    known = (each.srvconf() for each in postoffices)
    return {node for srvconf in known if srvconf for node in srvconf[1].by_node}


def _by_more_than_addresses(postoffices: list[Postoffice], network: list[Postoffice]) -> None:
    """Let a name taken from addresses alone yield to a registered one that another source gives (ruling 2).

    IMPORT -E puts another postoffice's addresses into REQTRANS (Q244488, Q222651). What another postoffice given bears
    is nobody else's.
    """
    doubtful = [each for each in postoffices if each.name_from == BY_ADDRESSES and not each.name_certain]
    if not doubtful:
        return
    names = _registered_names(network)
    everyone = {id(each): each for each in (*postoffices, *network)}.values()
    borne = Counter(each.name.upper() for each in everyone if each.name)
    by_part = _by_part(names)
    for each in doubtful:
        own = (each.name or "").upper()
        directory = _only(name for name in by_part[each.directory] if borne[name] == (name == own))
        others = [(_reported(each), "report in a log"), (directory, BY_DIRECTORY)]
        if own not in names and all(other.name for other in postoffices):
            others.append((_only(name for name in names if not borne[name]), BY_ELIMINATION))
        for name, source in others:
            if name in names and borne[name] == (name == own):
                if name != own:
                    each.name, each.name_from, each.name_certain = name, source, source == "report in a log"
                    borne.update({own: -1, name: 1})
                break


def _by_part(names: Iterable[str]) -> defaultdict[str, set[str]]:
    """Return names by their postoffice part."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        found[name.partition("/")[2]].add(name)
    return found


def _only(names: Iterable[str]) -> str | None:
    """Return the one name there is; None where there is none, or more."""
    found = set(names)
    return found.pop() if len(found) == 1 else None


def _by_elimination(postoffices: list[Postoffice], network: list[Postoffice]) -> None:
    """Name the one unnamed postoffice after the one registered name that is left."""
    unnamed = [each for each in postoffices if each.name is None]
    left = _registered_names(network) - set(by_name(network)) - set(by_name(postoffices))
    if len(unnamed) == len(left) == 1:
        unnamed[0].name = left.pop()
        unnamed[0].name_from = BY_ELIMINATION
        unnamed[0].name_certain = False


def _by_directory(postoffices: list[Postoffice], network: list[Postoffice]) -> None:
    """Name postoffices after their directories, each that is the postoffice part of exactly one known name."""
    known = _by_part(_registered_names(network) | set(by_name(network)))
    for each in postoffices:
        reqconf = each.reqconf()
        server = (reqconf[1].server or "").upper() if reqconf else ""
        own = {server} if server.partition("/")[2] == each.directory else set()
        name = _only(known[each.directory] | own)
        if name:
            each.name, each.name_from, each.name_certain = name, BY_DIRECTORY, False
            known[each.directory].add(name)


def _role(postoffice: Postoffice) -> tuple[str, str]:
    """Ruling 3: SRVCONF.GLB is there, or the name is REQCONF's server name."""
    if postoffice.srvconf() or postoffice.find("SRVCONF.GLB"):
        return "server", "SRVCONF"
    reqconf = postoffice.reqconf()
    server = reqconf[1].server if reqconf else None
    if server and postoffice.name and server.upper() == postoffice.name.upper():
        return "server", "REQCONF names it as the server"
    if reqconf or postoffice.find("REQTRANS.GLB"):
        return "requestor", "no SRVCONF"
    return "unknown", "no configuration"


def latest_stamp(postoffices: Iterable[Postoffice]) -> datetime | None:
    """Return the latest moment found in any evidence: "now", unless another is given (ruling 4)."""
    latest: datetime | None = None
    for each in postoffices:
        latest = max(filter(None, (latest, *_moments(each))), default=None)
        each.release()
    return latest


def _moments(postoffice: Postoffice) -> Iterator[datetime]:
    for _, found in postoffice.inspections("queue", "listq"):
        yield from filter(None, map(found.content.moment, found.content.records))
    reqconf, srvconf = postoffice.reqconf(), postoffice.srvconf()
    if reqconf:
        yield from filter(None, (reqconf[1].last_export, reqconf[1].last_import))
    if srvconf:
        yield from filter(None, (each.last_update for each in srvconf[1].requestors))
    for _, found in postoffice.inspections("log"):
        yield from (line.moment for line in found.content.lines if line.moment)
