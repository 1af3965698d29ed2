"""Incremental export: what has changed in a directory since the last one, and when that cannot be told.

A dump is read twice: once to see that its numbers go with the state, and once to export. The state is written after the
output is complete, so that a failure repeats changes and never skips one.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from glbtools.brief import brief
from glbtools.directory.attributes import told_as
from glbtools.directory.order import PlannedChange, Receiver, Spool, arranged, is_group, is_renamed, parent_of
from glbtools.directory.state import State, Witness, digest, moment_text, shown_name
from glbtools.errors import UsageError
from glbtools.formats.ldif_dump import former_name
from glbtools.model.channel import USN, Channel, Verdict, classify
from glbtools.model.directory import (
    ADDED,
    DELETED,
    LINKED,
    MODIFIED,
    NOTHING,
    RENAMED,
    Entry,
    Facts,
    is_selected,
    next_exported,
    outlived,
)
from glbtools.model.directory import kind as change_kind

WITNESSES = 32
"""Objects that a state remembers, to see later that a server was restored."""


class Source(Protocol):
    """A dump that can be read from its beginning as often as wanted."""

    def facts(self) -> Facts:
        """What is known of it as a whole."""

    def entries(self) -> Iterator[Entry]:
        """Its objects, in its order."""

    def numbered(self) -> Iterator[Entry]:
        """The same, with name, number and date alone."""


class Outcome(NamedTuple):
    """What an export did.

    Attributes:
        state: what to remember; written only after the output is complete.
        counts: how many A, M and D, and R where objects were renamed or moved.
        suppressed: changes not sent back to where they came from.
        verdict: what state and dump are to each other.
        notes: what the dump does not let anybody see.
        insignificant: modifications not exported, since no attribute that matters has changed.
        alarms: those of the notes that say that the server may have lost what it had.
        emptied: modifications of objects with empty fields, of which the receiver keeps what it has, since what is
            empty was not to be said; counted by ``export_file``.
    """

    state: State
    counts: dict[str, int]
    suppressed: int
    verdict: Verdict
    notes: tuple[str, ...]
    insignificant: int = 0
    alarms: tuple[str, ...] = ()
    emptied: int = 0

    def __repr__(self) -> str:
        return brief("ExportResult", f"{self.counts}, up to {self.state.exported}")


def export(
    source: Source,
    state: State,
    emit: Callable[[str, Entry], object],
    *,
    server: str | None = None,
    full: bool = False,
    inclusive: bool = False,
    head: int | None = None,
    now: datetime | None = None,
    lifetime: timedelta | None = None,
    significant: Collection[str] = (),
    receiver: Receiver = Receiver(),  # noqa: B008
) -> Outcome:
    """Hand every change since a state to ``emit``, and return what to remember.

    Args:
        source: the dump.
        state: of the last export; ``State()`` for the first.
        emit: called with A, M, D, R (renamed or moved) or L (values to be added to it) and the object, in an order in
            which they can be applied.
        server: whose dump it is, where that is not in it: a CSV does not say (docs/facts/directories.md#csv).
        full: export every live object, whatever the state says, those that were imported too: the receiver drops what
            is not in it.
        inclusive: repeat the last number too (docs/facts/directories.md#usn).
        head: highest number issued before the dump was begun.
        now: the present, where the dump does not tell.
        lifetime: of tombstones; what the dump says, or what is usual, unless given.
        significant: attributes whose changes matter, where not all do: any write of an object, such as a new kind of
            address for everybody, gives it a new number (docs/facts/directories.md#edge-cases, 12). A modification that
            leaves them as the receiver was sent them last is not emitted; additions and deletions always are.
        receiver: what the receiver can do.

    Raises:
        UsageError: the dump does not go with the state; says why, and the way out. Nothing was emitted.
    """
    facts = source.facts()
    facts = facts._replace(server=server or facts.server, head=head if head is not None else facts.head)
    survey = _surveyed(source, state, facts.head)
    highest, moment = survey.highest, facts.taken or survey.latest or now
    verdict = classify(channel(state, facts, highest))
    if survey.unnumbered and not highest:
        raise UsageError(
            "no object has uSNChanged, so that nothing tells what has changed: ask for it (ldapsearch ... '*' "
            "uSNChanged uSNCreated); a directory that does not number its changes is compared with an older dump "
            "(directory compare)"
        )
    if not full:
        _refuse(verdict, state, facts, survey, moment, lifetime=lifetime)
    notes = [*_notes(state, facts, survey, full=full)]
    chosen = _Choice(state, significant, full=full, inclusive=inclusive)
    with Spool() as spool:
        chosen.read(source.entries(), spool)
        counts = {ADDED: 0, MODIFIED: 0, DELETED: 0}
        for kind, entry in arranged(chosen.planned.values(), spool, chosen.before, chosen.now, receiver):
            emit(kind, chosen.with_emptied(entry) if kind == MODIFIED else entry)
            if kind != LINKED:
                counts[kind] = counts.get(kind, 0) + 1
    notes += chosen.notes(counts, receiver)
    alarms = tuple(chosen.alarms()) if state.names else tuple(_gone(state, facts, survey, full=full))
    if not full and has_fallen(state, facts):
        alarms = (*alarms, _fell(state, facts))
    after = State(
        facts.server or state.server,
        facts.epoch or state.epoch,
        facts.scope or state.scope,
        next_exported(highest, facts.head, 0 if full else state.exported),
        moment,
        witnesses=survey.witnesses,
        names=chosen.now,
        attributes=chosen.attributes,
        sets=tuple(chosen.sets),
        head=facts.head,
    )
    sent = chosen.sent
    if sent is not None:
        after = after._replace(significant=sent.significant, digests=sent.now)
        notes += sent.notes(facts)
    insignificant = sent.insignificant if sent is not None else 0
    return Outcome(
        after,
        counts,
        chosen.suppressed,
        verdict,
        (*notes, *alarms),
        insignificant=insignificant,
        alarms=alarms,
    )


class ExportPreview(NamedTuple):
    """What an export of a dump with a state would say.

    Attributes:
        refusal: why it would refuse; empty when it would not.
        unrelated: the refusal is no sign that the server went back: the dump is an older one, of another part of the
            directory, or of a database with other numbers.
        fallen: objects whose number counts as exported and that did not have it then, each with whether that is sure:
            it had a higher number, or the same at another time; else it may have been written while the last dump
            was read.
        alarms: those of the notes that say that the server may have lost what it had.
    """

    refusal: str = ""
    unrelated: bool = False
    fallen: tuple[tuple[Entry, bool], ...] = ()
    alarms: tuple[str, ...] = ()


def examined(
    source: Source, state: State, *, now: datetime | None = None, lifetime: timedelta | None = None
) -> ExportPreview:
    """Return what an incremental export would say, without one."""
    facts = source.facts()
    survey = _surveyed(source, state, facts.head)
    verdict = classify(channel(state, facts, survey.highest))
    if state.exported and not _is_of_another(verdict) and (unrelated := _unrelated(state, facts, survey)):
        return ExportPreview(unrelated, unrelated=True)
    refusal = ""
    try:
        _refuse(verdict, state, facts, survey, facts.taken or survey.latest or now, lifetime=lifetime)
    except UsageError as error:
        refusal = str(error)
    before = {each.key: each for each in state.witnesses}
    fallen = tuple(
        (
            Entry(each.key, survey.names.get(each.key, each.key), each.changed),
            each.key in before and each.changed <= before[each.key].changed,
        )
        for each in survey.fallen
    )
    alarms = _gone(state, facts, survey, full=False)
    if state.names:
        chosen = _Choice(state, (), full=False, inclusive=False)
        with Spool() as spool:
            chosen.read((each._replace(values=()) for each in source.entries()), spool)
        alarms = chosen.alarms()
    return ExportPreview(refusal, fallen=fallen, alarms=tuple(alarms))


class _Choice:
    """What of a dump is to be exported.

    Attributes:
        planned: the changes, by the key of the object.
        before: the names that the receiver has; empty for a first or a full export, and after an older program.
        now: the names it has when it has applied all.
        suppressed: how many changes go back to where they came from, and are left out.
        sent: what the receiver has of the attributes that matter, where not all do.
        attributes: by key which of ``sets`` are the attributes that an object has.
        sets: the different sets of names of attributes.
    """

    def __init__(self, state: State, significant: Collection[str], *, full: bool, inclusive: bool) -> None:
        self.planned: dict[str, PlannedChange] = {}
        self.before: Mapping[str, str] = {} if full else state.names
        self.now: dict[str, str] = {}
        self.suppressed = 0
        self.sent = ReceiverDigests(state, significant, full=full) if significant else None
        self._since = 0 if full else state.exported
        self._inclusive = inclusive
        self._echo = frozenset[int]() if full else frozenset(state.imported)
        self._had = frozenset[str]() if full else frozenset((*state.digests, *(each.key for each in state.witnesses)))
        self._unseen = dict(self.before)
        self._ephemeral = self._unnamed = 0
        self._late: list[tuple[str, str]] = []
        self.attributes: dict[str, int] = {}
        self.sets: dict[tuple[str, ...], int] = {}
        self._had_sets = [] if full else [frozenset(each) for each in state.sets]
        self._had_attributes = {} if full else state.attributes
        self._met: frozenset[str] = frozenset()
        self._not_met: set[str] = set()

    def read(self, entries: Iterable[Entry], spool: Spool) -> None:
        """Read the objects of a dump, and put by those that are to be exported."""
        since, sent = self._since, self.sent
        for entry in entries if sent is None else sent.passing(entries, since, inclusive=self._inclusive):
            self._unseen.pop(entry.key, None)
            if not entry.changed:
                continue
            was = self.before.get(entry.key)
            if not entry.deleted:
                self.now[entry.key] = was if was == entry.dn else entry.dn
                own = tuple([folded for name, held in entry.values if held and (folded := told_as(name))])
                self.attributes[entry.key] = self.sets.setdefault(own, len(self.sets))
            kind = self._kind(entry, was)
            if not kind:
                continue
            if entry.changed in self._echo:
                self.suppressed += 1
                continue
            if sent is not None and not sent.is_news(kind, entry):
                continue
            name = entry.dn if kind != DELETED else was or former_name(entry)
            place = spool.put(entry)
            self.planned[entry.key] = PlannedChange(kind, entry.key, name, place, kind != DELETED and is_group(entry))
        self.now |= self._unseen
        self._met = frozenset(name for own in self.sets for name in own)

    def with_emptied(self, entry: Entry) -> Entry:
        """Return an object with the attributes that the receiver has of it and it has no more, without a value.

        An attribute that no object has may not have been asked for: nothing is said of it.
        """
        at = self._had_attributes.get(entry.key)
        if at is None or entry.dn.startswith("/"):  # Exchange writes columns, of which some may be empty
            return entry
        gone = self._had_sets[at].difference(told_as(name) for name, held in entry.values if held)
        self._not_met |= gone - self._met
        emptied = tuple((name, ()) for name in sorted(gone & self._met))
        return entry._replace(values=(*entry.values, *emptied)) if emptied else entry

    def _kind(self, entry: Entry, was: str | None) -> str:
        """Return what an object is to the receiver, by its number, and by whether the receiver has it."""
        kind = change_kind(entry, self._since, inclusive=self._inclusive)
        selected = is_selected(entry, self._since, inclusive=self._inclusive)
        if not self.before:
            if not kind and self._since and entry.deleted and selected:
                # Deleted, made again under its name, and deleted again it looks as if it had never been there.
                kind = DELETED if entry.key in self._had else kind
                self._ephemeral += not kind
            self._unnamed += kind == MODIFIED and entry.has_identity
            return kind
        if entry.deleted:
            return DELETED if was is not None else NOTHING
        if was is None:
            if not selected:
                self._late.append((entry.key, entry.dn))
            return ADDED
        if not selected:
            return RENAMED if is_renamed(entry.key, was, entry.dn) else NOTHING
        # Known by objectGUID it is the same object: it was made while the last dump was read.
        return ADDED if kind == ADDED and entry.created is not None and not entry.has_identity else MODIFIED

    def notes(self, counts: Mapping[str, int], receiver: Receiver) -> Iterator[str]:
        """Yield what whoever applies the changes has to know."""
        if self._ephemeral:
            yield (
                f"{self._ephemeral} made and deleted since the last export, and left out; what was deleted, made again "
                "under its name and deleted again looks the same (directory compare tells)"
            )
        if self._unnamed:
            yield (
                "the state is of an older glbtools and has no names: an object that was renamed or moved since is "
                "written under its new name alone, which the receiver does not have; --full once, and later ones are "
                "told"
            )
        if self._not_met:
            yield (
                f"no object has {', '.join(sorted(self._not_met))} any more: emptied everywhere, or not asked for this "
                "time; the receiver keeps what it has"
            )
        renamed = sum(is_renamed(key, self.before.get(key), dn) for key, dn in self.now.items()) if self.before else 0
        if renamed and not receiver.renames:
            yield f"{renamed} renamed or moved: written as a deletion and an addition, as this form knows no renaming"
        elif counts.get(RENAMED):
            yield (
                f"{counts[RENAMED]} renamed or moved: a group that holds one of them has no new number, and is not "
                "among the changes; a directory server corrects its members by itself, another receiver needs --full"
            )

    def alarms(self) -> Iterator[str]:
        """Yield what a server that only went on would not show."""
        if self._unseen:
            key, dn = next(iter(self._unseen.items()))
            yield _GONE.format(shown_name(key, dn), _more(len(self._unseen)))
        fresh = {self.now[key].lower() for key, each in self.planned.items() if each.kind == ADDED}
        strange = [(key, dn) for key, dn in self._late if parent_of(dn)[1].lower() not in fresh]
        if strange:
            yield (
                f"{shown_name(*strange[0])}{_more(len(strange))} has a number that counts as exported, and was not "
                "there then: it has come into what is exported, or the server was restored and has passed its old "
                "number since; compare with the receiver's list (directory compare)"
            )


_GONE = (
    "{} was exported and is gone without a tombstone{}: hidden, moved out of what is exported, or the server was "
    "restored and has passed its old number since; compare with the receiver's list (directory compare)"
)


def _more(count: int) -> str:
    return f", like {count - 1} more" if count > 1 else ""


class ReceiverDigests:
    """What the receiver has of each object, by digests of the attributes that matter.

    A digest is of what was emitted, never of what was only seen: an object of which it is not known what the receiver
    has is treated as changed. So is everything when other attributes matter than did before.

    Attributes:
        significant: names of these attributes in lower case, sorted.
        now: digests by key after this export.
        insignificant: how many modifications were not emitted.
    """

    def __init__(self, state: State, significant: Collection[str], *, full: bool) -> None:
        self.significant = tuple(sorted({name.lower() for name in significant}))
        self._before = state.digests if state.significant == self.significant and not full else {}
        self._unmet = set(self.significant)
        self.now: dict[str, str] = {}
        self.insignificant = 0

    def passing(self, entries: Iterable[Entry], since: int, *, inclusive: bool) -> Iterator[Entry]:
        """Yield the objects of a dump, and keep the digests of those that have not changed."""
        for entry in entries:
            if self._unmet:
                self._unmet -= {name.lower() for name, _ in entry.values}
            if not entry.deleted and entry.key in self._before and not is_selected(entry, since, inclusive=inclusive):
                self.now[entry.key] = self._before[entry.key]
            yield entry

    def is_news(self, kind: str, entry: Entry) -> bool:
        """Whether a change is to be emitted; the receiver has it then."""
        if kind == DELETED:
            return True
        self.now[entry.key] = digest(entry, self.significant)
        if kind == MODIFIED and self.now[entry.key] == self._before.get(entry.key):
            self.insignificant += 1
            return False
        return True

    def notes(self, facts: Facts) -> Iterator[str]:
        """Yield why more may be exported, or less, than was meant."""
        if not facts.creations:
            missing = "no USN-Created column" if facts.columns else "no uSNCreated"
            yield f"the dump has {missing}: nothing counts as modified, so that every change is significant"
        for name in sorted(self._unmet):
            yield f"no object has the attribute {name}, which is said to be significant"


def channel(state: State, facts: Facts, highest: int) -> Channel:
    """Return a state and a dump as a channel: the directory's numbers, and how far the receiver has got with them.

    A directory keeps the last state of each object, so that nothing but a deletion can be gone. Of numbers some occur
    and some do not; the range of those held is open in that sense. The number of the last removed object was issued.
    """
    head = max(facts.head or 0, facts.last_removed or 0, highest)
    return Channel(
        USN,
        origin=_folded(facts.server),
        target=facts.scope or None,
        held=((0, highest),) if highest else (),
        confirmed=state.exported,
        applied=state.exported,
        last=highest,
        head=head,
        floor=0,
        delete_floor=facts.last_removed if state.exported else 0,
        dense=False,
        life=_folded(facts.epoch),
        target_life=_folded(state.epoch or facts.epoch),
        log_of=_folded(state.server or facts.server),
    )


def _folded(name: str | None) -> str | None:
    return name and name.lower()


def is_older(state: State, facts: Facts, latest: datetime | None) -> bool | None:
    """Whether a dump was taken before the last export; None where it may have been.

    A dump that does not say when it was taken may be an older one as long as no change in it, the latest of which is
    ``latest``, is later than that export: then its lower numbers show no server that went back.
    """
    if state.exported_at is None:
        return None
    if facts.taken is not None:
        return facts.taken < state.exported_at
    return False if latest is not None and latest > state.exported_at else None


def has_fallen(state: State, facts: Facts) -> bool:
    """Whether the server's own highest number is lower than at the last export, within one life of its numbering."""
    if state.head is None or facts.head is None or facts.head >= state.head or is_older(state, facts, None):
        return False
    lives = (_folded(state.epoch), _folded(facts.epoch))
    return lives[0] == lives[1] and _folded(state.server) == _folded(facts.server)


def _fell(state: State, facts: Facts) -> str:
    return (
        f"the server's highest number was {state.head} at the last export and is {facts.head}: it went back in time, "
        "and gives numbers a second time"
    )


class _Survey(NamedTuple):
    """What a first pass over a dump shows.

    Attributes:
        highest: the highest number; ``latest``: the latest date.
        witnesses: the objects with the highest numbers, highest first.
        fallen: objects that have a number, or a date, that counts as exported and that they did not have then: another
            history gave it to them, or the last dump was read before they were written.
        gone: objects that were seen before and are not there.
        names: of these objects, where they are there.
        unnumbered: how many objects have no number.
        known: how many of the objects that were exported are there.
        anew: how many of these have a first number above what was exported; ``same`` those of them that are known by
            more than their name, and therefore were not made anew.
    """

    highest: int
    latest: datetime | None
    witnesses: tuple[Witness, ...]
    fallen: tuple[Witness, ...]
    gone: tuple[Witness, ...]
    names: Mapping[str, str]
    unnumbered: int
    known: int = 0
    anew: int = 0
    same: int = 0


def _surveyed(source: Source, state: State, head: int | None) -> _Survey:
    highest, latest = 0, None
    wanted = {each.key for each in state.witnesses}
    # Every object above the lowest witness is one; all of them are where there are fewer than are kept.
    lowest = (
        state.witnesses[-1].changed + 1 if len(state.witnesses) == WITNESSES else 0 if wanted else state.exported + 1
    )
    strange: list[Witness] = []
    seen: dict[str, Witness] = {}
    top: list[tuple[int, str, str]] = []
    names: dict[str, str] = {}
    unnumbered = known = anew = same = 0
    for entry in source.numbered():
        if not entry.changed:
            unnumbered += 1
            continue
        highest = max(highest, entry.changed)
        if entry.key in state.names and entry.dn[:17].lower() != "cn=ntds settings,":  # beside any part
            known += 1
            if entry.created is not None and entry.created > state.exported:
                anew += 1
                same += entry.has_identity
        if entry.when is not None and (latest is None or entry.when > latest):
            latest = entry.when
        if entry.key in wanted and (entry.key not in seen or seen[entry.key].changed < entry.changed):
            seen[entry.key] = _witness(entry)
            names[entry.key] = entry.dn
        elif lowest <= entry.changed <= state.exported and not strange and entry.key not in wanted:
            strange.append(_witness(entry))
            names[entry.key] = entry.dn
        if (head is None or entry.changed <= head) and (len(top) < WITNESSES or entry.changed > top[0][0]):
            row = (entry.changed, entry.key, moment_text(entry.when) or "")
            (heapq.heappush if len(top) < WITNESSES else heapq.heappushpop)(top, row)
    now = [(each, seen.get(each.key)) for each in state.witnesses]
    return _Survey(
        highest,
        latest,
        tuple(Witness(key, changed, when or None) for changed, key, when in sorted(top, reverse=True)),
        (*(found for was, found in now if found and found != was and found.changed <= state.exported), *strange),
        gone=tuple(was for was, found in now if found is None),
        names=names,
        unnumbered=unnumbered,
        known=known,
        anew=anew,
        same=same,
    )


def _witness(entry: Entry) -> Witness:
    return Witness(entry.key, entry.changed, moment_text(entry.when))


_FULL = "export everything anew with --full, and let the receiver drop what is not in it"


def _refuse(
    verdict: Verdict, state: State, facts: Facts, survey: _Survey, now: datetime | None, lifetime: timedelta | None
) -> None:
    if not state.exported:
        return
    if "FOREIGN" in verdict.states:
        raise UsageError(
            f"the state is of server {state.server}, the dump of {facts.server}: numbers of one server mean nothing on "
            f"another; {_FULL}"
        )
    if state.server and facts.server is None:
        raise UsageError(
            f"the state is of server {state.server}, and the dump does not say whose it is; --server names it"
        )
    if state.scope and facts.scope and state.scope.lower() != facts.scope.lower():
        raise UsageError(f"the state is of {state.scope}, the dump of {facts.scope}; use a state of its own for each")
    if not _is_of_another(verdict) and (unrelated := _unrelated(state, facts, survey)):
        raise UsageError(unrelated)
    if "EPOCH_CHANGED" in verdict.states:
        raise UsageError(f"the server's numbering began anew ({state.epoch} became {facts.epoch}); {_FULL}")
    if "ROLLED_BACK" in verdict.states:
        older = "" if is_older(state, facts, survey.latest) is False else ", or this dump is older than the last export"
        raise UsageError(
            f"the server went back in time{older}: {state.exported} was exported, and its highest number is "
            f"{max(survey.highest, facts.head or 0)}; {_FULL}"
        )
    if not facts.deletions:
        if facts.columns:
            raise UsageError(
                "the dump has no Is-Deleted column, so that no deletion can be seen; add the column to the export, or "
                f"{_FULL}"
            )
        raise UsageError(
            "the dump has no tombstone, not even the container Deleted Objects, so that no deletion can be seen; ask "
            f"for them (ldapsearch -E '!1.2.840.113556.1.4.417', ldbsearch --show-deleted), or {_FULL}"
        )
    if "MISSED_DELETIONS" in verdict.states:
        raise UsageError(
            f"deletions were missed: objects were removed for good up to number {facts.last_removed}, and "
            f"{state.exported} was exported; compare with the receiver's list (directory compare), or {_FULL}"
        )
    if facts.last_removed is None and outlived(state.exported_at, now, lifetime or facts.remembers):
        how_long = f"{lifetime.days} days" if lifetime else facts.remembers_text
        raise UsageError(
            f"the last export was on {state.exported_at:%Y-%m-%d}, longer ago than the {how_long} that a deletion is "
            f"remembered; compare with the receiver's list (directory compare), or {_FULL}"
        )
    if survey.fallen:
        each = survey.fallen[0]
        raise UsageError(
            f"{shown_name(each.key, survey.names.get(each.key))} has number {each.changed}, which counts as exported, "
            "and did not have it then: the server went back in time and has passed its old number since, or the object "
            f"was written while the last dump was read; {_FULL}"
        )


_ALL_ANEW = 10
"""Of so many objects that are known by their names alone it is no likely story that all were made anew."""


def _is_of_another(verdict: Verdict) -> bool:
    return "FOREIGN" in verdict.states or "EPOCH_CHANGED" in verdict.states


def _unrelated(state: State, facts: Facts, survey: _Survey) -> str:
    """Return why the numbers of a dump say nothing beside a state, whatever they are; empty where they may."""
    if state.scope and facts.scope and state.scope.lower() != facts.scope.lower():
        return ""
    if is_older(state, facts, survey.latest):
        return (
            f"the dump was taken at {facts.taken:%Y-%m-%d %H:%M:%S}, before the last export, of "
            f"{state.exported_at:%Y-%m-%d %H:%M:%S}: it is an older one (or the server's clock went back); take it anew"
        )
    if state.names and survey.highest and not survey.known and not facts.columns:
        return (
            "none of the objects that were exported is in this dump: it is of another part of the directory, was asked "
            "for with another filter, or lacks what its objects are known by (objectGUID); each part needs a state of "
            "its own"
        )
    if (survey.same > 1 and 2 * survey.same > survey.known) or survey.anew == survey.known >= _ALL_ANEW:
        return (
            f"{survey.anew} of {survey.known} objects that were exported have another first number (USN-Created) than "
            f"they had then: another server numbered this dump, or the server was set up anew; {_FULL}"
        )
    return ""


def _gone(state: State, facts: Facts, survey: _Survey, *, full: bool) -> Iterator[str]:
    """Yield what is missing of the witnesses of a state without names."""
    gone = [each for each in survey.gone if facts.last_removed is None or each.changed > facts.last_removed]
    if state.exported and not full and gone:
        yield _GONE.format(gone[0].key, _more(len(gone)))


def _notes(state: State, facts: Facts, survey: _Survey, *, full: bool) -> Iterator[str]:
    removed = "USN-DSA-Last-Obj-Removed" if facts.columns else "uSNDSALastObjRemoved"
    if state.exported and not full and facts.last_removed is None:
        yield (
            f"the dump does not have the number of the last removed object ({removed}): a deletion that is not "
            "remembered any more cannot be seen in it"
        )
    if not facts.creations:
        missing = "no USN-Created column" if facts.columns else "no uSNCreated"
        yield f"the dump has {missing}: what was modified is exported as added"
    if facts.server is None:
        yield "whose dump it is is not known; --server names it, so that another server's is refused next time"
    if facts.head is not None and survey.highest > facts.head:
        yield (
            f"objects are numbered up to {survey.highest}, above the server's {facts.head}: they were written while "
            "the dump was read and are exported again next time, or the server has lost its highest number (Q243438)"
        )
    if facts.head is None:
        yield (
            "the highest number before the dump was begun is not known; what was written while it was read may be "
            "skipped (--head gives it)"
        )


class MemoryDump:
    """A dump that is in memory."""

    def __init__(self, entries: Iterable[Entry], facts: Facts | None = None) -> None:
        self._entries, self._facts = list(entries), facts or Facts()

    def facts(self) -> Facts:
        """What is known of it as a whole."""
        return self._facts

    def entries(self) -> Iterator[Entry]:
        """Its objects."""
        return iter(self._entries)

    numbered = entries
