"""What the identities of objects show: names borne twice, conflicts of replication, objects that linger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from glbtools.diagnosis.finding import Evidence, Finding
from glbtools.diagnosis.successors.found import CONFLICT, MOST, Directory, Identities, finding, only_first
from glbtools.diagnosis.wording import plural
from glbtools.directory.order import parent_of
from glbtools.model import doubts
from glbtools.model.directory import Entry

LINGERING = 8606
"""Status of a replication that met an object which the destination does not have, and may have forgotten as deleted."""


def of_dump(path: str, found: Identities) -> Iterator[Finding]:
    """Yield what the identities in one dump show."""
    if found.same.count:
        yield _same_names(path, found)
    if found.unknown.count and found.num_known:
        yield _without_identity(path, found)
    if found.conflicts.count:
        yield _conflicts(path, found)


def _same_names(path: str, found: Identities) -> Finding:
    count = found.same.count
    return finding(
        "identity-unclear",
        path,
        f"{plural(count, 'name')} {'is' if count == 1 else 'are'} borne by two live objects with different identities",
        [
            place
            for each, before in found.same.first
            for place in (
                Evidence(path, None, before, note="the first of the two"),
                Evidence(path, None, each.line, "objectGUID", each.key, note=each.dn),
            )
        ],
        notes=(
            "No server has two live objects of one name. Two dumps are in one file, or the object was deleted and made "
            "anew, or renamed, while the dump was read.",
            *only_first(count),
        ),
        help=("Take the dump anew, each into a file of its own.",),
    )


def _without_identity(path: str, found: Identities) -> Finding:
    count = found.unknown.count
    return finding(
        "identity-unclear",
        path,
        f"{plural(count, 'object')} of the dump {'has' if count == 1 else 'have'} no objectGUID, and others do",
        [_object(path, each) for each in found.unknown.first],
        notes=(
            "What has no identity is known by its name alone: renamed, it looks deleted and made anew, and a "
            "comparison with another dump may take it for another object.",
            *only_first(count),
        ),
        help=("Take the dump anew with one search, and ask for objectGUID.",),
    )


def _conflicts(path: str, found: Identities) -> Finding:
    count = found.conflicts.count
    evidence: list[Evidence] = []
    for each in found.conflicts.first:
        evidence.append(_object(path, each))
        other = found.holds(CONFLICT.sub("", each.dn))
        if other is not None:
            evidence.append(Evidence(path, None, other, note="the object that kept the name"))
    return finding(
        "replication-conflict",
        path,
        f"{plural(count, 'object')} {'was' if count == 1 else 'were'} renamed because two servers had made the same "
        "name (CNF)",
        evidence,
        notes=(
            "Each server had made an object of that name before it heard of the other. Both are live; who looks for "
            "the name finds only the one that kept it.",
            *only_first(count),
        ),
        help=(
            "Compare the two objects (whenCreated, members, what refers to them), and rename or delete the one that is "
            "not wanted, at one server.",
        ),
    )


def lingering(pairs: Iterable[tuple[Directory, Directory]], failing: Collection[tuple[str, str]]) -> Iterator[Finding]:
    """Yield what is live in one server's dump and has left no trace in another's, for longer than deletions are kept.

    Args:
        pairs: dumps of two servers and of one part of their directory, with their objects; the second may lack some.
        failing: source and destination of the links that fail with status 8606.
    """
    for one, other in pairs:
        yield from _lingering(one, other, failing)


def _lingering(one: Directory, other: Directory, failing: Collection[tuple[str, str]]) -> Iterator[Finding]:
    present = other.facts.taken or other.latest
    if present is None or other.endings or other.num_damage or other.cut:
        return
    known = {each.key for each in other.entries}
    names = {each.dn.lower() for each in other.entries if not each.deleted}
    lifetime = other.facts.lifetime or one.facts.lifetime or other.facts.remembers
    chosen = [
        each
        for each in one.entries
        if not each.deleted
        and each.key not in known
        and each.when is not None
        and present - each.when > lifetime
        and parent_of(each.dn)[1].lower() in names
        and each.dn.lower() not in names
    ]
    if not chosen:
        return
    refused = any(one.is_called(source) and other.is_called(target) for source, target in failing)
    count = len(chosen)
    # A server that refuses the object does not have it, so that its dump has not left it out.
    left = (doubts.NEVER_THERE,) if refused else (doubts.NEVER_THERE, doubts.LEFT_OUT)
    yield finding(
        "lingering-objects",
        one.path,
        f"{plural(count, 'object')} {'is' if count == 1 else 'are'} live at {one.name}, and {other.name} has neither "
        f"{'it' if count == 1 else 'them'} nor a tombstone: {'it' if count == 1 else 'they'} may linger",
        [
            Evidence(one.path, None, each.line, "whenChanged", f"{each.when:%Y-%m-%d %H:%M:%S}", note=each.dn)
            for each in chosen[:MOST]
        ],
        doubts=left,
        notes=(
            f"Last written more than {lifetime.days} days before the dump of {other.name}: if it was deleted there, "
            "that is forgotten.",
            *((f"Replication from {one.name} to {other.name} is refused with status {LINGERING}.",) if refused else ()),
            *only_first(count),
        ),
        help=(
            "See with repadmin /removelingeringobjects in /advisory_mode, at the server that has the objects and with "
            "a sound one to compare with, what would be removed; only then replicate.",
        ),
    )


def _object(path: str, each: Entry) -> Evidence:
    return Evidence(path, None, each.line, "uSNChanged", each.changed, note=each.dn)
