"""What is dated beside postoffices: changes of directories and stores, links and vectors of replication, exports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from glbtools.diagnosis.engine import Report
from glbtools.diagnosis.successors.inputs import DUMP, LINKS, STATE, VECTOR, Piece
from glbtools.directory import state
from glbtools.errors import GlbError
from glbtools.events.event import CHANGED, DELETED, EXPORT, FAILED, REPLICATED
from glbtools.formats.repadmin import is_time, parse_showrepl, vector_tables
from glbtools.sync.store import KeptStore

OBJECTS, LINES = "objects without a date", "lines of replication without a date"


class Occurrence(NamedTuple):
    """Something that a file of the successors dates; the attributes are those of an event.

    Attributes:
        moment: None where nothing tells it; ``without`` is then what it is counted as.
        rank: 0, or 2 in an older copy.
    """

    path: str
    kind: str
    message: str
    data_type: str
    clock: str
    moment: datetime | None
    written: str
    without: str
    line: int = 0
    number: int | None = None
    rank: int = 0
    postoffice: str = ""


def occurrences(report: Report) -> Iterator[Occurrence]:
    """Yield what was found of the successors; what cannot be read has been said by the diagnosis."""
    given = report.given
    for rank, pieces in ((0, given.of(DUMP)), (2, given.older)):
        for piece in pieces:
            if piece.kind == DUMP:
                yield from _objects(report, piece, rank)
    for piece in given.of(LINKS, VECTOR, STATE):
        data = given.text(piece)
        if data is not None:
            yield from {LINKS: _links, VECTOR: _vectors, STATE: _state}[piece.kind](piece, data)
    for path in given.stores:
        yield from _store(report, path)


def _objects(report: Report, piece: Piece, rank: int) -> Iterator[Occurrence]:
    """Yield the changes and deletions of a directory, whose dates are UTC."""
    dump = report.given.dump(piece)
    if dump is None:
        return
    server = dump.facts().server or piece.path
    for entry in dump.survey(lambda _: None):
        moment = entry.when.replace(tzinfo=entry.when.tzinfo or UTC) if entry.when else None
        yield Occurrence(
            path=piece.path,
            kind=DELETED if entry.deleted else CHANGED,
            message=f"{'deleted' if entry.deleted else 'changed'} {entry.dn}",
            data_type="glbtools:directory:object",
            clock=server,
            moment=moment,
            written=f"{moment:%Y-%m-%dT%H:%M:%S}Z" if moment else "",
            without=OBJECTS,
            line=entry.line,
            number=entry.changed or None,
            rank=rank,
            postoffice=server,
        )


def _links(piece: Piece, data: bytes) -> Iterator[Occurrence]:
    """Yield when each link last succeeded and failed, by the clock of the machine that printed the list."""
    for each in parse_showrepl(data).items:
        what = f"{each.server} from {each.source}" + (f", {each.context}" if each.context else "")
        times = (
            (REPLICATED, each.last_success, each.succeeded),
            (FAILED, each.last_failure, each.failed),
        )
        for kind, written, moment in times:
            if moment is not None or is_time(written):
                said = f"replicated {what}" if kind == REPLICATED else f"failed to replicate {what}"
                yield Occurrence(
                    path=piece.path,
                    kind=kind,
                    message=said,
                    data_type="glbtools:replication:link",
                    clock=piece.path,
                    moment=moment,
                    written=written,
                    without=LINES,
                    line=each.line,
                    postoffice=each.server,
                )


def _vectors(piece: Piece, data: bytes) -> Iterator[Occurrence]:
    """Yield until when each server has the changes of the others, by the clock of the machine that printed it."""
    for table in vector_tables(data):
        owner = table.owner or piece.stem
        for each in table.items:
            yield Occurrence(
                path=piece.path,
                kind=REPLICATED,
                message=f"replicated {owner} from {each.server}, up to number {each.usn}",
                data_type="glbtools:replication:vector",
                clock=piece.path,
                moment=each.when,
                written=each.time,
                without=LINES,
                line=each.line,
                number=each.usn,
                postoffice=owner,
            )


def _state(piece: Piece, data: bytes) -> Iterator[Occurrence]:
    """Yield when the last export was made; what is no state has been said by the diagnosis."""
    try:
        kept = state.parse(data, piece.path)
    except GlbError:
        return
    if kept.exported_at is not None:
        server = kept.server or ""
        yield Occurrence(
            path=piece.path,
            kind=EXPORT,
            message=f"remembered {piece.entry.name}: last export, up to number {kept.exported}",
            data_type="glbtools:export-state:date",
            clock=server or piece.path,
            moment=kept.exported_at.replace(tzinfo=kept.exported_at.tzinfo or UTC),
            written=kept.exported_at.isoformat(),
            without=OBJECTS,
            number=kept.exported,
            postoffice=server,
        )


def _store(report: Report, path: Path) -> Iterator[Occurrence]:
    """Yield the changes and deletions of a store of a pair; a change that a pair brought has its source's time."""
    place = str(path)
    try:
        with KeptStore(path, max_size=report.given.max_size) as kept:
            for each in kept.dates():
                brought = f", brought by pair {each.pair}" if each.pair else ""
                yield Occurrence(
                    path=place,
                    kind=DELETED if each.deleted else CHANGED,
                    message=f"{'deleted' if each.deleted else 'changed'} {each.source_key}{brought}",
                    data_type="glbtools:store:object",
                    clock=place,
                    moment=each.time,
                    written=each.written,
                    without=OBJECTS,
                    number=each.number,
                )
    except GlbError as error:
        report.unreadable[place] = str(error)


def undated_of_pairs(report: Report) -> Iterator[tuple[str, int]]:
    """Yield what pairs and their stores keep without a date, and how many there are of it."""
    yield "counters of pairs without a date", sum(count is not None for each in report.pairs for count in each[2:])
    yield "messages of pairs without a date", report.given.messages
    for path in report.given.stores:
        try:
            with KeptStore(path, max_size=report.given.max_size) as kept:
                sessions, conflicts = kept.without_date()
        except GlbError as error:
            report.unreadable[str(path)] = str(error)
            continue
        yield "sessions of pairs without a date", sessions
        yield "conflicts of pairs without a date", conflicts
