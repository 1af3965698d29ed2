"""What each postoffice is called, and which is the server (rulings 2 and 3).

Names are in no attested file. What said so is kept beside each.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from glbtools.errors import UsageError
from glbtools.evidence.postoffice import ONCE, Postoffice, by_name, may_be
from glbtools.formats.transaction import parse as parse_text

AS_SERVER = "server name in its REQCONF"
BY_USER = "the one who asks"
BY_DIRECTORY = "directory name"
BY_ADDRESSES = "addresses in REQTRANS"
BY_ELIMINATION = "the one name in SRVCONF that is left"


def named(found: list[Postoffice], present: list[Postoffice] | None = None) -> list[Postoffice]:
    """Return the postoffices of one network with their names and roles, those of one name put together.

    Args:
        found: what lies together.
        present: the postoffices of the same network today, where these are of an earlier moment.

    Raises:
        UsageError: two that the user named are one postoffice, with two files of a kind.
    """
    for each in found:
        each.name, each.name_from, each.name_certain = own_name(each)
    _one_server(found)
    _by_more_than_addresses(found, present or found)
    merged = _merged(found)
    _by_elimination(merged, present or merged)
    _by_directory([each for each in merged if each.name is None], present or merged)
    merged = _merged(merged)
    for each in merged:
        each.role, each.role_from = _role(each)
    return merged


def own_name(postoffice: Postoffice) -> tuple[str | None, str, bool]:
    """Return the name that a postoffice's own files give, by the order of ruling 2, what says so, and if that is sure.

    Addresses alone may be another postoffice's, put there by IMPORT -E (Q244488); the name of the directory confirms.
    """
    if postoffice.called:
        return postoffice.called, BY_USER, True
    found: tuple[str | None, str] = postoffice.once("own name", lambda: _own_name(postoffice))
    confirmed = found[0] is not None and found[0].partition("/")[2] == postoffice.directory
    return (*found, found[1] != BY_ADDRESSES or confirmed)


def _own_name(postoffice: Postoffice) -> tuple[str | None, str]:
    """Find the name and what says so."""
    found = name_in_records(postoffice)
    if found[0]:
        return found
    if name := _reported(postoffice):
        return name, "report in a log"
    if postoffice.find("SRVCONF.GLB"):
        reqconf = postoffice.reqconf()
        if reqconf and reqconf[1].server:
            return reqconf[1].server.upper(), AS_SERVER
    return None, ""


def name_in_records(postoffice: Postoffice) -> tuple[str | None, str]:
    """Return the name that listings and REQTRANS alone give, and what says so; logs take longer to read."""
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
    return (nodes.pop(), BY_ADDRESSES) if len(nodes) == 1 else (None, "")


def _one_server(found: list[Postoffice]) -> None:
    """Where several have a SRVCONF, one is a former server or has a copy: its directory must bear the server's name."""
    for name in {each.name for each in found if each.name_from == AS_SERVER}:
        claiming = [each for each in found if each.name == name and each.name_from == AS_SERVER]
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
            if twin is not None and may_be(artefact.name, ONCE):
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
