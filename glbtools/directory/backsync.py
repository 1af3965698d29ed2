"""A restored directory and its partners: what comes back, from whom, and what does not (Q190703, Q201414).

After a restore the server asks every partner for all that it had sent them, from zero. What no partner holds is lost,
and what was deleted is not given back. Until its numbers pass those that partners remember, nothing it writes leaves
it. An Active Directory has no such thing: what a server of the same invocation id made itself is never sent to it again
(docs/facts/directories.md#rollback).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from glbtools.brief import brief, count
from glbtools.directory.attributes import CLASSES, content
from glbtools.directory.compare import by_key
from glbtools.directory.export import Source
from glbtools.formats.replication import METADATA, Stamp, parse_metadata
from glbtools.model.channel import BACKSYNC, Channel, Range, Verdict, classify, without
from glbtools.model.directory import Entry

MARGIN = 500
"""What the article adds to the computed increase for safety (Q201414)."""


class Partner(NamedTuple):
    """One partner.

    Attributes:
        name: of the partner's server.
        remembered: the number of the restored server that it has seen last (Reps-From); None where it is not given.
        verdict: the channel from the restored server to it.
        dead_zone: numbers that the restored server will still give and the partner will never ask for.
        stranded: objects written since the restore under such numbers.
    """

    name: str
    remembered: int | None
    verdict: Verdict
    dead_zone: Range | None
    stranded: tuple[Entry, ...]

    @property
    def state(self) -> str:
        """The verdict's state; OVERTAKEN where the server has passed the number, and something stays behind."""
        return "OVERTAKEN" if self.stranded and self.dead_zone is None else self.verdict.state


class ReturnedObject(NamedTuple):
    """An object that partners hold, and who does.

    Attributes:
        entry: as the first of them has it.
        partners: their names.
        certainty: ``likely`` where the dumps say that the restored server made its last change, else ``possible``: what
            somebody else made comes by ordinary replication, if at all.
        attributes: in which attributes theirs is not what the restored server has; empty where that is not known, or
            all of it is missing.
    """

    entry: Entry
    partners: tuple[str, ...]
    certainty: str = "likely"
    attributes: tuple[str, ...] = ()


class Backsync(NamedTuple):
    """What a restored directory can and cannot get back.

    Attributes:
        returned: objects that partners give back.
        resurrected: objects that are live here and deleted at a partner: they were deleted after the backup.
        refused: objects that are not given back because a delete was issued for them.
        lost: numbers that partners have seen and of which no object is known any more: overwritten since, or lost.
            Empty also where no dump of a partner has the originator's numbers.
        partners: one by one.
        increase: what AUTHREST must add, 0 where nothing must be (the first of its two numbers stays 0).
        missing: what would have to be given to say more.
        withheld: what partners hold and do not give back to a server that made it under the invocation id it has now.
        connectors: by partner the connectors for which a delete was issued: over one between the two nothing
            comes back.
        backsyncs: whether the server asks its partners for what it had sent them.
        details: by key of an object that is stranded the attributes that a partner does not have so.
    """

    returned: tuple[ReturnedObject, ...]
    resurrected: tuple[Entry, ...]
    refused: tuple[Entry, ...]
    lost: tuple[Range, ...]
    partners: tuple[Partner, ...]
    increase: int
    missing: tuple[str, ...]
    withheld: tuple[ReturnedObject, ...] = ()
    connectors: tuple[tuple[str, Entry], ...] = ()
    backsyncs: bool = True
    details: Mapping[str, tuple[str, ...]] = {}

    def __repr__(self) -> str:
        return brief("Backsync", f"{count(len(self.partners), 'partner')}, {len(self.returned)} come back")

    @property
    def troubled(self) -> bool:
        """Whether something is lost, reappears, or would never leave the server."""
        behind = any(each.dead_zone or each.stranded for each in self.partners)
        return bool(self.lost or self.resurrected or behind)


def backsync(
    restored: Source,
    partners: Mapping[str, Source],
    *,
    cursors: Mapping[str, int] | None = None,
    head: int | None = None,
    backup_head: int | None = None,
    backsyncs: bool = True,
) -> Backsync:
    """Return what a restored directory gets back from its partners.

    Args:
        restored: dump of the restored server, taken after the restore.
        partners: their dumps, by name.
        cursors: number of the restored server that each partner has seen last.
        head: the restored server's highest number now; the highest in its dump unless given.
        backup_head: its highest number when the backup was made; ``head`` unless given.
        backsyncs: whether it asks its partners for what it had sent them: Exchange does, an Active Directory does not.
    """
    facts = restored.facts()
    here = by_key(restored.entries())
    top = max([head or facts.head or 0, *(each.changed for each in here.values())])
    base = top if backup_head is None else backup_head
    there = {name: by_key(source.entries()) for name, source in partners.items()}
    remembered = dict(cursors or {})
    sides = _Sides(facts.epoch, base, backsyncs=backsyncs)
    returned, refused, resurrected = _objects(here, there, sides)
    everyone = sorted({*there, *remembered})
    judged = tuple(
        _partner(name, remembered.get(name), here, top, sides=sides, there=there.get(name, {})) for name in everyone
    )
    known = {
        entry.source_usn
        for entries in there.values()
        for entry in entries.values()
        if entry.source_usn is not None and _is_ours(entry, facts.epoch)
    }
    highest = max((each.remembered for each in judged if each.remembered is not None), default=base)
    missing = _missing(
        there,
        remembered,
        facts.epoch,
        known,
        backup_head=backup_head,
        backsyncs=backsyncs,
        stamped=sides.stamped,
    )
    return Backsync(
        returned if backsyncs else (),
        resurrected,
        refused=refused,
        lost=tuple(_gaps(base, highest, known)) if known else (),
        partners=judged,
        increase=_increase(judged, top) if backsyncs else 0,
        missing=tuple(missing),
        withheld=() if backsyncs else returned,
        connectors=tuple(
            (name, each) for name, entries in sorted(there.items()) for each in entries.values() if _joined(each)
        ),
        backsyncs=backsyncs,
        details=sides.details,
    )


def _increase(partners: Iterable[Partner], top: int) -> int:
    """Return what must be added to the numbers so that partners ask for everything written since the restore.

    What they are ahead, what was written since, and a margin (Q201414); more, where the lowest number written since
    would not pass what they have seen.
    """
    seen = [(each.remembered, each.stranded) for each in partners if each.remembered is not None]
    zone = max((remembered - top for remembered, _ in seen), default=0)
    written = max((len(stranded) for _, stranded in seen), default=0)
    lowest = max((remembered - stranded[0].changed + 1 for remembered, stranded in seen if stranded), default=0)
    needed = max(zone + written if zone > 0 else 0, lowest)
    return needed + MARGIN if needed else 0


def _joined(entry: Entry) -> bool:
    """Whether it is the tombstone of a connector, by the name of its class."""
    held = {name.lower(): values for name, values in entry.values} if entry.deleted else {}
    return any("connector" in value.lower() for each in CLASSES for value in held.get(each, ()))


class _Sides:
    """What two copies of an object are to each other: by the stamps of their attributes, else by content and numbers.

    Attributes:
        details: by key of an object the attributes in which the restored server's copy is later than a partner's.
    """

    def __init__(self, epoch: str | None, base: int, *, backsyncs: bool) -> None:
        self.epoch, self.base, self._backsyncs = epoch and epoch.lower(), base, backsyncs
        self.details: dict[str, tuple[str, ...]] = {}
        self.stamped = False

    def theirs(self, theirs: Entry, own: Entry | None) -> tuple[str, ...] | None:
        """Return the attributes of which a partner's copy is the later one; None where it has nothing of its own.

        Nothing is named where the copy is missing here, or the dumps do not show the attributes.
        """
        if own is None:
            return ()
        if (stamps := self._stamps(own, theirs)) is not None:
            later = tuple(sorted(name for name, (mine, other) in stamps.items() if _is_later(other, mine)))
            return later or None
        if own.deleted and not self._backsyncs:
            return None
        differing = _differing(own, theirs)
        if differing is None:
            return () if _is_newer(theirs, own) else None
        if not differing or (self._backsyncs and not _is_newer(theirs, own)):
            return None
        if not self._backsyncs and own.changed > self.base:
            return None  # written here since: which attribute is later on which side nothing tells
        return differing

    def own(self, own: Entry, theirs: Entry | None, remembered: int) -> bool:
        """Whether a partner lacks something that was written here since and that it will not ask for."""
        if theirs is None:
            return True
        if (stamps := self._stamps(own, theirs)) is not None:
            later = [
                name
                for name, (mine, other) in stamps.items()
                if mine is not None
                and _is_later(mine, other)
                and (self.epoch is None or mine.invocation == self.epoch)
                and self.base < mine.usn <= remembered
            ]
            self._name(own, later)
            return bool(later)
        if own.deleted or theirs.deleted:
            return own.deleted != theirs.deleted
        differing = _differing(own, theirs)
        if differing is not None:
            self._name(own, differing)
        return differing is None or bool(differing)

    def _name(self, own: Entry, names: Iterable[str]) -> None:
        if found := {*self.details.get(own.key, ()), *names}:
            self.details[own.key] = tuple(sorted(found))

    def _stamps(self, own: Entry, theirs: Entry) -> dict[str, tuple[Stamp | None, Stamp | None]] | None:
        mine, other = _metadata(own), _metadata(theirs)
        if mine is None or other is None:
            return None
        self.stamped = True
        here, there = content(own), content(theirs)
        same = {name for name, held in here.items() if there.get(name) == held}
        same.add(own.dn.partition("=")[0].lower())  # each server stamps the relative name by itself
        return {
            name: (mine.get(name), other.get(name)) for name in mine.keys() | other.keys() if name.lower() not in same
        }


def _is_later(one: Stamp | None, other: Stamp | None) -> bool:
    return one is not None and (other is None or one.rank > other.rank)


def _metadata(entry: Entry) -> dict[str, Stamp] | None:
    """Return the stamps of an object's attributes, where the dump has them."""
    for name, held in entry.values:
        if name.lower() == METADATA and held:
            try:
                found = parse_metadata(held[0].encode("utf-8", "surrogateescape"))
            except ValueError:
                return None
            return {each.attribute: each for each in found}
    return None


def _differing(own: Entry, theirs: Entry) -> tuple[str, ...] | None:
    """Return the attributes in which two copies differ, and ``dn``; None where the dumps do not show what they hold."""
    if not (own.values and theirs.values):
        return None
    mine, other = content(own), content(theirs)
    found = {name for name in mine.keys() | other.keys() if mine.get(name) != other.get(name)}
    if own.dn.lower() != theirs.dn.lower():
        found.add("dn")
    return tuple(sorted(found))


def _objects(
    here: dict[str, Entry], there: Mapping[str, dict[str, Entry]], sides: _Sides
) -> tuple[tuple[ReturnedObject, ...], tuple[Entry, ...], tuple[Entry, ...]]:
    returned, refused, resurrected = [], [], []
    for key in sorted({key for entries in there.values() for key in entries}):
        copies = [(name, entries[key]) for name, entries in sorted(there.items()) if key in entries]
        own = here.get(key)
        live = [
            (name, each, later)
            for name, each in copies
            if not each.deleted and (later := sides.theirs(each, own)) is not None
        ]
        dead = [each for _, each in copies if each.deleted]
        ours = [
            (name, each, later)
            for name, each, later in live
            if _is_ours(each, sides.epoch) and _is_shown_ours(each, later, sides) is not False
        ]
        if dead and own is not None and not own.deleted:
            resurrected.append(own)
        elif dead and own is None and ours:
            refused.append(dead[0])
        elif ours:
            sure = all(each.source is not None and sides.epoch is not None for _, each, _ in ours)
            sure = sure or all(_is_shown_ours(each, later, sides) is True for _, each, later in ours)
            names = tuple(name for name, _, _ in ours)
            attributes = tuple(sorted({one for _, _, later in ours for one in later}))
            returned.append(ReturnedObject(ours[0][1], names, "likely" if sure else "possible", attributes))
    return tuple(returned), tuple(refused), tuple(resurrected)


def _is_shown_ours(theirs: Entry, later: Collection[str], sides: _Sides) -> bool | None:
    """Whether the stamps say that the restored server had written what it does not have any more; None without any."""
    stamps = _metadata(theirs)
    if stamps is None or sides.epoch is None:
        return None
    wanted = [each for name, each in stamps.items() if not later or name in later]
    return any(each.invocation == sides.epoch and each.usn > sides.base for each in wanted)


def _is_newer(theirs: Entry, own: Entry | None) -> bool:
    """Whether a partner's copy would be applied: the higher version wins, then the later date (Q201414)."""
    if own is None:
        return True
    if theirs.version is not None and own.version is not None and theirs.version != own.version:
        return theirs.version > own.version
    return theirs.when is not None and own.when is not None and theirs.when > own.when


def _is_ours(entry: Entry, epoch: str | None) -> bool:
    """Whether the restored server made a partner's last change; where the dump does not say, it may have."""
    return entry.source is None or epoch is None or entry.source.lower() == epoch.lower()


def _partner(
    name: str, remembered: int | None, here: dict[str, Entry], top: int, sides: _Sides, there: dict[str, Entry]
) -> Partner:
    verdict = classify(
        Channel(
            BACKSYNC,
            origin="restored",
            log_of="restored",
            target=name,
            held=((0, top),) if top else (),
            confirmed=remembered,
            applied=remembered,
            last=top,
            head=top,
            dense=False,
            life=sides.epoch,
            target_life=sides.epoch,
            delete_floor=0,
        )
    )
    stranded = tuple(
        sorted(
            (
                each
                for each in here.values()
                if remembered is not None
                and sides.base < each.changed <= remembered
                and (not there or sides.own(each, there.get(each.key), remembered))
            ),
            key=lambda each: each.changed,
        )
    )
    return Partner(name, remembered, verdict, verdict.dead_zone, stranded)


def _gaps(low: int, high: int, known: set[int]) -> list[Range]:
    """Return the numbers in (low, high] that no object of any partner bears."""
    return without([(low, high)], known) if high > low else []


def _missing(
    there: Mapping[str, dict[str, Entry]],
    cursors: Mapping[str, int],
    epoch: str | None,
    known: Collection[int],
    *,
    backup_head: int | None,
    backsyncs: bool,
    stamped: bool,
) -> list[str]:
    wanted = []
    without_cursor = sorted(set(there) - set(cursors))
    if without_cursor:
        wanted.append(f"the number of the restored server last seen by {', '.join(without_cursor)} (--cursors)")
    if backup_head is None:
        wanted.append("the highest number in the backup (--backup-head), to tell what was written since the restore")
    if epoch is None:
        wanted.append("the restored server's invocation id, to tell its changes from others'")
    if not backsyncs and not stamped:
        wanted.append(
            "who wrote which attribute, and which side is later: ask for it by name in both dumps (ldapsearch ... '*' "
            "replPropertyMetaData); without it what differs is told by content, and the side by the object's number"
        )
    if backsyncs and not any(each.source is not None for entries in there.values() for each in entries.values()):
        wanted.append("the originator of each object's last change (DSA-Signature), to tell who made it")
    if backsyncs and not known:
        wanted.append("the originator's number of each object's last change (USN-Source), to tell which are lost")
    wanted.append("what reached no partner before the crash: no dump of a partner shows it")
    if backsyncs:
        connector = "whether a delete was issued for the connector between the servers"
        wanted.append(f"{connector}, where no tombstone of it is shown")
    return wanted
