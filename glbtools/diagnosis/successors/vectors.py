"""What partners have seen of a directory: lists of cursors and vectors of up-to-dateness against its own number.

A number above the directory's own means that it went back, if it is of the same life and was not seen later. Where that
cannot be told nobody is accused: the finding says what would tell it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from glbtools.binary.span import Fault
from glbtools.diagnosis.case import ChannelVerdict
from glbtools.diagnosis.finding import Evidence, Finding
from glbtools.diagnosis.successors.found import (
    MOST,
    Directory,
    DirectoryResult,
    Trace,
    finding,
    highest,
    missed,
    not_understood,
    only_first,
    places,
)
from glbtools.diagnosis.successors.inputs import CURSORS, VECTOR, Piece, SuccessorInputs
from glbtools.diagnosis.wording import plural
from glbtools.directory.dump import LDIF
from glbtools.directory.lives import PRINTED_LATER, TWO_LIVES, OwnedVector, Position, own_line, positions, short
from glbtools.errors import GlbError
from glbtools.formats.cursors import Cursor, parse_cursors
from glbtools.formats.repadmin import NOT_REACHED, Vector, parse_utdvec, vector_tables
from glbtools.model.channel import BACKSYNC, Channel, classify
from glbtools.model.directory import Facts
from glbtools.model.doubts import (
    BETWEEN_DUMPS,
    FORMER_LIFE,
    FORMER_LIFE_OPEN,
    GONE_ON,
    HEAD_UNSEEN,
    Doubt,
    certainty,
    least,
)

UNDECIDED = "vector-undecided"
SKEW = timedelta(minutes=5)
"""How far the clocks of two domain controllers may be apart; Kerberos takes no more."""


class Reach(NamedTuple):
    """How far somebody has a directory's changes, and where that stands.

    Attributes:
        cursor: who has which log up to where; its head is the log's own word, where there is one.
        place: of the number.
        head_place: of the head; None where there is none.
        present: it is known to be of the log's present life.
        doubts: what else it could be where it is too high.
    """

    cursor: Cursor
    place: Evidence
    head_place: Evidence | None = None
    present: bool = False
    doubts: tuple[Doubt, ...] = ()


def seen(given: SuccessorInputs, found: DirectoryResult) -> list[Reach]:
    """Return what partners have seen, by all that was given; a finding says what vectors do not tell."""
    owned = _vectors(given, found)
    return [*_cursors(given, owned), *_of_vectors(owned, found), *_of_dumps(found)]


def _of_dumps(found: DirectoryResult) -> Iterator[Reach]:
    """Yield what the vectors in dumps tell of the servers of other dumps; a finding says what they do not.

    A number above the server's own says that it went back only if it was seen before that was read.
    """
    for each in found.directories:
        for life, (number, line) in sorted(each.reached.items()):
            owner = next((one for one in found.directories if (one.facts.epoch or "").lower() == life), None)
            if owner is None or owner is each:
                continue
            place = Evidence(each.path, None, line or None, "replUpToDateVector", number)
            seen, own = each.facts.taken, owner.facts.taken
            if number > owner.head and (seen is None or own is None or seen > own):
                found.findings.append(_seen_later(each, owner, place, number))
                continue
            sure = number <= owner.head or (seen is not None and own is not None and own - seen > SKEW)
            left = () if sure else (BETWEEN_DUMPS,)
            yield Reach(Cursor(each.name, owner.name, life, number), place, highest(owner), present=True, doubts=left)


def _seen_later(consumer: Directory, owner: Directory, place: Evidence, number: int) -> Finding:
    return finding(
        UNDECIDED,
        consumer.path,
        f"{consumer.name} has seen {number} of {owner.name}, whose own number is {owner.head}; which of the two dumps "
        "was taken first is not known, or it was that of the server itself: it may have gone on meanwhile",
        [place, highest(owner)],
        doubts=(GONE_ON,),
        severity="note",
        notes=("A number is only too high if it was seen before the server's own was read.",),
        help=("Dump the partners first, and the server itself directly after, each with its rootDSE.",),
    )


def _cursors(given: SuccessorInputs, owned: Sequence[OwnedVector]) -> Iterator[Reach]:
    """Yield what lists of cursors say; a server's own number may also stand in its vector."""
    printed = {each.own: (head.usn, _line_of(each.path, head)) for each in owned if (head := own_line(each))}
    for piece in given.of(CURSORS):
        data = given.text(piece)
        if data is None:
            continue
        try:
            listed = parse_cursors(data, piece.path)
        except GlbError as error:
            given.unreadable[piece.path] = str(error)
            continue
        own = {each.log_id.lower(): each for each in listed if _is_own(each)}
        for each in listed:
            if _is_own(each):
                continue
            place = Evidence(piece.path, field="position", value=each.position)
            line = own.get(each.log_id.lower())
            heads: list[tuple[int, Evidence | None]] = [(each.head, None)] if each.head is not None else []
            heads += [(line.position, place._replace(value=line.position))] if line else []
            heads += [printed[name]] if (name := short(each.log_id)) in printed else []
            top = max(heads, key=lambda one: one[0], default=None)
            theirs = top[1]._replace(note=f"{each.log_id}'s own number") if top and top[1] else None
            yield Reach(each._replace(head=top[0] if top else None), place, theirs)


def _of_vectors(owned: Sequence[OwnedVector], found: DirectoryResult) -> Iterator[Reach]:
    """Yield what vectors tell; a finding says what they do not."""
    undecided: dict[tuple[str, str], list[_OpenVector]] = {}
    for each in positions(owned):
        directory = next((one for one in found.directories if one.is_called(each.server)), None)
        heads = [one for one in (directory.head if directory else 0, each.head.usn if each.head else 0) if one]
        if not each.lines or (not heads and not each.reached):
            continue
        head = max(heads, default=each.reached)
        latest = directory.latest if directory and each.head is None else None
        shown = highest(directory) if directory and directory.head == head else None
        if each.head is not None and each.owner is not None and each.head.usn == head:
            shown = _line_of(each.owner.path, each.head, f"{each.server}'s own number")
        if reason := each.undecided(head, latest) if heads else TWO_LIVES:
            undecided.setdefault((each.server.lower(), reason), []).append(_OpenVector(each, head, shown))
            continue
        line = each.seen or each.highest
        if line is not None:
            epoch = each.server if each.by_id else None
            cursor = Cursor(each.consumer, each.server, epoch, line.usn, head=head)
            yield Reach(
                cursor,
                _line_of(each.path, line),
                shown,
                present=True,
                doubts=(BETWEEN_DUMPS if each.by_id else FORMER_LIFE,),
            )
    found.findings.extend(_cannot_be_told(reason, cases) for (_, reason), cases in undecided.items())


def _vectors(given: SuccessorInputs, found: DirectoryResult) -> list[OwnedVector]:
    """Return the vectors given, with their owners: the name in a banner, else that of the file."""
    owned: list[OwnedVector] = []
    for piece in given.of(VECTOR):
        data = given.text(piece)
        if data is None:
            continue
        tables = vector_tables(data)
        faults = parse_utdvec(data).faults
        if strange := [each for each in faults if each.kind != NOT_REACHED]:
            found.findings.append(not_understood(piece, strange))
        if silent := [each for each in faults if each.kind == NOT_REACHED]:
            found.findings.append(_not_reached(piece, silent))
        for table in tables:
            begins = table.items[0].line
            if table.owner is None and len(tables) > 1:
                given.unreadable[piece.path] = (
                    f"{piece.path}: holds {len(tables)} vectors, and whose the one at line {begins} is it does not "
                    "say: give one file each, called as the server is"
                )
            else:
                owned.append(OwnedVector(table.owner or piece.stem, table, piece.path))
    return owned


def _not_reached(piece: Piece, faults: Sequence[Fault]) -> Finding:
    """Return that servers were asked for their vectors and did not answer."""
    count = len(faults)
    return finding(
        "replication-failing",
        piece.path,
        f"{plural(count, 'server')} did not answer when asked for {'its vector' if count == 1 else 'their vectors'}",
        places(piece.path, faults),
        notes=("What it has seen of the others is not known, nor whether it went back in time.", *only_first(count)),
        help=("Look whether it runs, at its name in DNS and at the ports of RPC, and ask it again.",),
    )


def _line_of(path: str, line: Vector, note: str = "") -> Evidence:
    return Evidence(path, None, line.line, "USN", line.usn, note=note)


class _OpenVector(NamedTuple):
    """A vector of which nothing follows for a server: its lines, the server's number, and where that stands."""

    position: Position
    head: int
    shown: Evidence | None


def _cannot_be_told(reason: str, cases: list[_OpenVector]) -> Finding:
    """Return what two vectors leave open: no server is accused by a number that may be another life's."""
    first = cases[0].position
    above = [each for each in cases if (top := each.position.highest) is not None and top.usn > each.head]
    who = ", ".join(dict.fromkeys(each.position.consumer for each in cases[:MOST]))
    lines = [_line_of(each.position.path, line, line.server) for each in cases for line in each.position.lines]
    evidence = [*lines, *dict.fromkeys(each.shown for each in cases if each.shown)]
    if reason == PRINTED_LATER:
        return finding(
            UNDECIDED,
            first.path,
            f"{who} has seen more of {first.server} than its own number, {cases[0].head}, and was asked later: it may "
            "have gone on meanwhile",
            evidence,
            doubts=(GONE_ON,),
            severity="note",
            notes=("A number is only too high if it was seen before the server's own was read.",),
            help=("Print the vectors of the partners first, and that of the server itself directly after.",),
        )
    message = (
        f"{first.server} stands at {cases[0].head}, and {who} has seen a higher number under its name; whether of its "
        "present life cannot be told, since that name stands on two lines"
        if above
        else f"how far {who} has the changes of {first.server} cannot be told: its name stands on two lines"
    )
    return finding(
        UNDECIDED,
        first.path,
        message,
        evidence,
        doubts=(FORMER_LIFE_OPEN,),
        severity="warning" if above else "note",
        notes=(
            "Two lines of one name are two lives of a server: it was restored properly once and has a new invocation "
            "id since. A former life need not be marked as retired, and its numbers say nothing of the present one.",
        ),
        help=(
            "Print the vectors again with /nocache, those of the partners first (repadmin /showutdvec SERVER "
            "NAMING-CONTEXT /nocache): it prints invocation ids, one for each life, in place of names.",
        ),
    )


def judged(
    seen: Sequence[Reach], found: DirectoryResult, traces: dict[str, list[Trace]]
) -> tuple[dict[str, dict[str, int]], dict[str, Directory]]:
    """Judge what each partner has seen of each directory.

    Return it by dump and partner, and by their names the directories that went back and of which no dump is given.
    """
    known: dict[str, dict[str, int]] = {}
    without_dump: dict[str, Directory] = {}
    for each in seen:
        cursor = each.cursor
        directory = next((one for one in found.directories if one.is_called(cursor.log_id)), None)
        heads = [directory.head] if directory else []
        heads += [cursor.head] if cursor.head is not None else []
        if not heads:
            continue
        head = max(heads)
        facts = directory.facts if directory else Facts(cursor.log_id)
        life = facts.epoch.lower() if facts.epoch else "present" if each.present and not cursor.epoch else None
        judged = Channel(
            BACKSYNC, origin=facts.server or cursor.log_id, log_of=facts.server or cursor.log_id,
            target=cursor.consumer, held=((0, head),) if head else (), last=head, head=head, confirmed=cursor.position,
            applied=cursor.position, floor=0, delete_floor=facts.last_removed or 0, dense=False,
            life=life or (cursor.epoch.lower() if each.present and cursor.epoch else None),
            target_life=cursor.epoch.lower() if cursor.epoch else life if each.present else None,
        )  # fmt: skip
        verdict = classify(judged)
        sure = least(verdict.certainty, certainty(each.doubts))
        found.channels.append(ChannelVerdict(judged, verdict._replace(certainty=sure)))
        if directory:
            known.setdefault(directory.path, {})[cursor.consumer] = cursor.position
        if "EPOCH_CHANGED" in verdict.states:
            continue
        if "ROLLED_BACK" in verdict.states:
            unseen = facts.head is None and cursor.head is None
            shown = highest(directory) if directory and directory.head == head else each.head_place
            key = directory.path if directory else cursor.log_id.lower()
            if directory is None:
                nothing = Facts(cursor.log_id, head=head)
                place = each.head_place or each.place
                without_dump.setdefault(key, Directory(place.path, LDIF, nothing))
            named = each.present and not cursor.epoch
            traces.setdefault(key, []).append(
                Trace(
                    f"{cursor.consumer} has seen everything up to {cursor.position}, and the highest number is {head}",
                    tuple(filter(None, (each.place._replace(note=f"seen by {cursor.consumer}"), shown))),
                    (*each.doubts, *((HEAD_UNSEEN,) if unseen else ())),
                    verdict.certainty,
                    reached=cursor.position,
                    notes=(_BY_NAME,) if named else (),
                )
            )
        elif "MISSED_DELETIONS" in verdict.states and directory:
            place = each.place._replace(note=f"seen by {cursor.consumer}")
            said = f"is the last that {cursor.consumer} has seen"
            found.findings.append(missed(directory, directory.path, cursor.position, place, said))
    return known, without_dump


_BY_NAME = "The vectors print names, which a server keeps when it is restored properly."


def _is_own(cursor: Cursor) -> bool:
    """Whether a line is a server's own in its own vector, which is its highest number."""
    return cursor.consumer.lower() in {cursor.log_id.lower(), cursor.log_id.lower().partition(".")[0]}
