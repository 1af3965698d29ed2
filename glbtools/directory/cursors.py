"""What partners remember of a restored server: from a list of cursors, or from their up-to-dateness vectors.

A vector, as ``repadmin /showutdvec`` prints it for one server, need not say whose it is: the file is called as the
partner is. For several servers it prints one after another, each under a banner that does
(docs/facts/directories.md#vectors). What a search for replUpToDateVector gives is the same in binary.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from glbtools import files
from glbtools.directory.dump import Dump
from glbtools.errors import UsageError
from glbtools.formats import ldif_dump
from glbtools.formats.cursors import parse_cursors
from glbtools.formats.objects import facts_of
from glbtools.formats.repadmin import Table, Vector, parse_utdvec, vector_tables
from glbtools.formats.replication import VECTOR, parse_vector

Tell = Callable[[str], object]


def known_to(
    paths: Iterable[Path], restored: Dump, partners: Mapping[str, Dump], tell: Tell | None = None
) -> dict[str, int]:
    """Return by partner the number of the restored server that it has seen last, from several files.

    ``tell`` gets the lines of a vector that are not understood.

    Raises:
        UsageError: two files say different things of one partner; otherwise as ``remembered``.
    """
    called: dict[str, set[str]] = {}
    for name, dump in partners.items():
        for each in {name.lower(), Path(dump.path).stem.lower(), *_names(dump.facts().server)}:
            called.setdefault(each, set()).add(name)
    found: dict[str, int] = {}
    for path in paths:
        for partner, position in remembered(path, restored, partners, called, tell).items():
            if found.setdefault(partner, position) != position:
                raise UsageError(f"{path}: {partner} has seen {position}, and another file says {found[partner]}")
    return found


def remembered(
    path: Path,
    restored: Dump,
    partners: Iterable[str],
    called: Mapping[str, set[str]] | None = None,
    tell: Tell | None = None,
) -> dict[str, int]:
    """Return by partner the number of the restored server that it has seen last.

    Cursors are of the restored server if they name it, or its invocation id, or if a list of them names one log alone;
    a vector has a line for everybody, so that there its name is needed.

    Args:
        path: a list of cursors, the output of ``repadmin /showutdvec``, or LDIF with replUpToDateVector.
        restored: dump of the restored server.
        partners: their names, as they are to be spelled.
        called: name in lower case that a file may bear -> partners called so.
        tell: gets the lines of a vector that are not understood.

    Raises:
        DescriptionError: the file is no list of cursors.
        FileAccessError: it cannot be read.
        UsageError: which of its logs is the restored server's is not known, or whose vector it is.
    """
    data = files.read(path)
    facts = restored.facts()
    own = {each.lower() for each in (facts.epoch, Path(restored.path).stem) if each} | set(_names(facts.server))
    searched = ldif_dump.begins(data)
    tables = (_searched(path, data),) if searched else _printed(data)
    spelled = {each.lower(): each for each in partners}
    if not tables:
        found = parse_cursors(data, str(path))
        known = {each.log_id.lower() for each in found}
        wanted = known & own or (known if len(known) == 1 else set())
        _require(path, wanted, known)
        return {
            spelled.get(each.consumer.lower(), each.consumer): each.position
            for each in found
            if each.log_id.lower() in wanted
        }
    if tell is not None and not searched:
        for fault in parse_utdvec(data).faults:
            tell(f"{path}: line {fault.line}: {fault.message}")
    called = called or {each.lower(): {each} for each in partners}
    return dict(_seen(path, tables, own, called))


def _printed(data: bytes) -> tuple[Table, ...]:
    return () if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")) else vector_tables(data)


def _searched(path: Path, data: bytes) -> Table:
    """Return the vector that a search has found; of several parts of the directory the highest number of each id.

    Raises:
        UsageError: there is none.
    """
    held = [each for each in ldif_dump.records(io.BytesIO(data)) if each.dn is not None]
    reached: dict[str, Vector] = {}
    for each in held:
        value = each.get(VECTOR)
        try:
            found = parse_vector(value.encode("utf-8", "surrogateescape")) if value else ()
        except ValueError:
            raise UsageError(f"{path}: line {each.line}: {VECTOR} cannot be read") from None
        for one in found:
            if one.invocation not in reached or reached[one.invocation].usn < one.usn:
                reached[one.invocation] = Vector(
                    "", one.invocation, retired=False, usn=one.usn, time="", line=each.line
                )
    if not reached:
        raise UsageError(f"{path}: no object has replUpToDateVector: ask for it by name")
    return Table(facts_of(held).server, tuple(reached.values()))


def _seen(
    path: Path, tables: Sequence[Table], own: set[str], called: Mapping[str, set[str]]
) -> Iterator[tuple[str, int]]:
    """Yield each partner whose vector is in a file, with the number of the restored server that it has seen."""
    for table in tables:
        if table.owner is not None and own & set(_names(table.owner)):
            continue  # the restored server's own
        if table.owner is None and len(tables) > 1:
            raise UsageError(
                f"{path}: holds {len(tables)} vectors, and whose the one at line {table.items[0].line} is it does not "
                "say: give one file each, called as the partner is"
            )
        whose = _consumer(path, called) if table.owner is None else _owner(table.owner, called)
        lines = [each for each in table.items if not each.retired]
        wanted = [each for each in lines if own & set(_names(each.server))]
        if len(wanted) > 1:
            raise UsageError(
                f"{path}: has several lines that may be the restored server's, of which some may be of a life before: "
                "print it with invocation ids (repadmin /showutdvec ... /nocache)"
            )
        _require(path, wanted, {each.server.lower() for each in lines})
        if wanted:
            yield whose, wanted[0].usn


def _require(path: Path, wanted: Collection[object], known: Collection[str]) -> None:
    """Refuse a file in which nothing is the restored server's.

    Raises:
        UsageError: it names others alone.
    """
    if known and not wanted:
        named = ", ".join(sorted(known))
        raise UsageError(f"{path}: names the logs {named}, and which is the restored server's its dump does not say")


def _owner(name: str, called: Mapping[str, set[str]]) -> str:
    """Return the partner that a banner names, as it is to be spelled; one of which no dump is given by its own name."""
    for each in _names(name):
        if len(found := called.get(each, set())) == 1:
            return next(iter(found))
    return name


def _names(server: str | None) -> tuple[str, ...]:
    """Return a name in lower case; of a host such as ``dc1.example.com`` its own part too, as repadmin prints it."""
    return tuple(each for each in ((server or "").lower(), (server or "").lower().partition(".")[0]) if each)


def _consumer(path: Path, called: Mapping[str, set[str]]) -> str:
    """Return the partner whose name a file bears, whatever endings follow it: ``DC2.example.com.utdvec.txt``.

    Raises:
        UsageError: it bears the name of none, or of several.
    """
    parts = path.name.lower().split(".")
    for size in range(len(parts), 0, -1):
        found = called.get(".".join(parts[:size]))
        if found and len(found) > 1:
            raise UsageError(f"{path}: {' and '.join(sorted(found))} are both called so; name it as the server is")
        if found:
            return next(iter(found))
    named = ", ".join(sorted(called)) or "there is none"
    raise UsageError(f"{path}: whose vector it is is not known: call it as the partner is ({named})")
