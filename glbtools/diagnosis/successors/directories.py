"""Directories that number their changes: what dumps of them, and what was remembered of their numbers, say together.

A number means something only beside the directory that gave it, so each check is of two things: a dump and a state, a
dump and an older one, a directory and what a partner has seen of it (docs/facts/directories.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from glbtools.binary.span import Fault
from glbtools.diagnosis.case import ChannelVerdict
from glbtools.diagnosis.finding import Evidence, Finding
from glbtools.diagnosis.successors import identities, links, vectors
from glbtools.diagnosis.successors.found import (
    COMPARE,
    DELETION,
    MOST,
    RESTORED,
    Directory,
    DirectoryResult,
    Trace,
    finding,
    highest,
    missed,
    only_first,
    places,
)
from glbtools.diagnosis.successors.inputs import DUMP, IMPORT, STATE, Piece, SuccessorInputs, line_of
from glbtools.diagnosis.wording import numbers_text, plural
from glbtools.directory.attributes import content
from glbtools.directory.backsync import Backsync, backsync
from glbtools.directory.compare import Difference, compare, digest_of
from glbtools.directory.dump import CSV, CSVDE, LDIF, TWICE, Dump
from glbtools.directory.export import ExportPreview, channel, examined, has_fallen, is_older
from glbtools.directory.state import State, parse, shown_name
from glbtools.errors import GlbError
from glbtools.formats import exchange_csv
from glbtools.formats.csvde import UNTOLD
from glbtools.formats.ldif_dump import ELSEWHERE, UNENDED
from glbtools.formats.objects import SERVERS, VALUELESS
from glbtools.formats.replication import VECTOR, parse_vector
from glbtools.model import doubts
from glbtools.model.channel import classify
from glbtools.model.directory import Entry, Facts, Values, outlived
from glbtools.model.doubts import CERTAINTIES
from glbtools.progress import Progress

WRONG_SERVER = "usn-wrong-server"


def check(given: SuccessorInputs, now: datetime | None, progress: Progress | None = None) -> DirectoryResult:
    """Return what the dumps, states, cursors and links that were given show."""
    keep = len(given.of(DUMP)) + len(given.older) > 1
    current = list(_surveyed(given, given.of(DUMP), progress, keep=keep))
    current, superseded = _newest_of_each(current)
    before = [*superseded, *_surveyed(given, given.older, progress, keep=keep)]
    found = DirectoryResult(current, [], [])
    for each in (*current, *before):
        found.findings.extend(_of_dump(each, older=each in before))
    traces: dict[str, list[Trace]] = {}
    seen = vectors.seen(given, found)
    for remembered, piece, data in _states(given):
        directory = _owner(remembered, piece, current)
        if directory is not None:
            state = _called_as(directory, remembered)
            preview = _previewed(given, directory, state, now)
            if preview is not None and preview.unrelated:
                found.findings.append(_refused(directory, piece, data, preview.refusal))
                continue
            _judge_state(directory, state, piece, data=data, now=now, found=found, traces=traces)
            if preview is not None:
                _examine(directory, state, piece, data=data, preview=preview, found=found, traces=traces)
    for old in before:
        new = _successor(old, current)
        if new is not None:
            _judge_older(old, new, found, traces)
    positions, without_dump = vectors.judged(seen, found, traces)
    for directory in current:
        partners = [each for each in current if each is not directory and (each.kind == CSV) == (directory.kind == CSV)]
        if directory.path not in traces:
            found.findings.extend(_held_back(directory, partners, positions.get(directory.path, {})))
    for directory in current:
        if directory.path in traces:
            partners = [each for each in current if each is not directory and not directory.is_called(each.name)]
            said = _backsync(directory, partners, positions.get(directory.path, {}))
            found.findings.append(_went_back(directory, traces[directory.path], said, partners))
    for name, directory in without_dump.items():
        found.findings.append(_went_back(directory, traces[name], None, []))
    pairs = [(one, other) for one in current for other in current if one is not other and _may_linger(one, other)]
    reports = links.read(given)
    found.findings.extend(identities.lingering(pairs, links.refused(reports, identities.LINGERING)))
    found.findings.extend(links.check(reports, now))
    for piece in given.of(IMPORT):
        found.findings.extend(_of_import(given, piece))
    return found


def _newest_of_each(dumps: list[Directory]) -> tuple[list[Directory], list[Directory]]:
    """Return the dumps of the present, and those of which a later one of the same server and the same objects is given.

    Which is later the capture of the rootDSE says, else the latest change. Where that is the same, both are present.
    """
    present: list[Directory] = []
    past: list[Directory] = []
    for each in sorted(dumps, key=_moment, reverse=True):
        later = [one for one in present if _is_same_server(one, each) and _moment(one) > _moment(each)]
        (past if any(_overlap(one, each) for one in later) else present).append(each)
    return sorted(present, key=lambda one: one.path), past


def _moment(each: Directory) -> tuple[datetime, datetime]:
    latest = each.latest or datetime.min
    return each.facts.taken or latest, latest


def _is_same_server(one: Directory, other: Directory) -> bool:
    mine, theirs = one.facts, other.facts
    return bool(mine.server and theirs.server and mine.server.lower() == theirs.server.lower())


def _overlap(one: Directory, other: Directory) -> bool:
    """Whether two dumps are of the same part of a directory: of one that has several it may be another."""
    keys, others = {each.key for each in one.entries}, {each.key for each in other.entries}
    return _same_scope(one, other) and 2 * len(keys & others) >= min(len(keys), len(others))


def _may_linger(one: Directory, other: Directory) -> bool:
    """Whether two dumps are of two servers, which replicate as those of LDAP do, and of one part of their directory."""
    named = bool(one.facts.server and other.facts.server) and CSV not in (one.kind, other.kind)
    return named and not _is_same_server(one, other) and _overlap(one, other)


# --- one dump ----------------------------------------------------------------------------------------------------


def _surveyed(
    given: SuccessorInputs, pieces: Iterable[Piece], progress: Progress | None, *, keep: bool
) -> Iterator[Directory]:
    for piece in pieces:
        if progress:
            progress(piece.path, 0, 0)
        dump = given.dump(piece)
        if dump is None:
            continue
        try:
            yield _read(piece, dump, keep=keep)
        except GlbError as error:
            given.unreadable[piece.path] = str(error)


def _read(piece: Piece, dump: Dump, *, keep: bool) -> Directory:
    found = Directory(piece.path, dump.kind, dump.facts())

    seen: set[tuple[str, int | None]] = set()

    def tell(fault: Fault) -> None:
        if fault.kind in ("ending", "count", UNENDED):
            found.endings.append(fault)
        if fault.kind == "usn" and not fault.damage:
            found.unnumbered.add(fault)
        if fault.kind == TWICE:
            found.twice.add(fault)
        if not fault.damage and fault.kind in _REMARKS:
            found.odd.add(fault)
        if not fault.damage or fault.kind == "ending":
            return
        beside = fault.kind == "separator" and dump.companion is not None
        place = dump.companion.shown if beside and dump.companion else piece.path
        if (place, fault.line) not in seen:
            found.num_damage += 1
            seen.clear()  # what is told of one line is told together
            seen.add((place, fault.line))
        if len(found.damage) < MOST:
            found.damage.append((place, fault))

    head = found.facts.head
    for entry in dump.survey(tell):
        found.objects += 1
        if entry.changed > found.highest:
            found.highest, found.highest_line = entry.changed, entry.line or None
        if entry.when is not None and (found.latest is None or entry.when > found.latest):
            found.latest = entry.when
        if head is not None and entry.changed > head:
            found.above.add(entry._replace(values=()))
        _add_vector(found, entry)
        if dump.kind != CSV:
            found.identities.add(entry)
        if keep:
            found.entries.append(entry._replace(values=_digested(entry)))
    found.cut = dump.cut()
    return found


def _add_vector(found: Directory, entry: Entry) -> None:
    """Note the vector that an object has; of two of one invocation id the higher number counts."""
    held = next((values for name, values in entry.values if name.lower() == VECTOR and values), None)
    if held is None:
        return
    try:
        cursors = parse_vector(held[0].encode("utf-8", "surrogateescape"))
    except ValueError:
        return  # the format has said so
    for each in cursors:
        found.reached[each.invocation] = max(found.reached.get(each.invocation, (0, 0)), (each.usn, entry.line))


def _digested(entry: Entry) -> tuple[tuple[str, Values], ...]:
    """Return what an object holds as one value, to tell whether two copies are the same."""
    held = content(entry)
    if not held.keys() - {"objectclass", "obj-class"}:
        return ()
    return (("content", (digest_of(held).hex(),)),)


def _of_dump(each: Directory, *, older: bool) -> Iterator[Finding]:
    """Yield what one dump shows by itself; of an older one only whether it can be read."""
    if each.num_damage or each.cut:
        yield _damaged(each)
    if each.endings:
        yield _cut_short(each)
    if each.unnumbered.count:
        yield _unnumbered(each)
    if each.twice.count:
        yield _twice(each)
    if not each.objects and not each.num_damage:
        yield _empty(each)
    if older:
        return
    if not each.facts.deletions and each.objects and not any(fault.damage for fault in each.endings):
        yield _no_deletions(each)
    if each.above.count:
        yield _above_head(each)
    yield from identities.of_dump(each.path, each.identities)
    if each.odd.count:
        yield _remarked(each)


def _damaged(each: Directory) -> Finding:
    evidence = [_event(path, fault) for path, fault in each.damage]
    if each.damage and each.damage[0][1].kind == "usn" and each.damage[0][1].line == 1:
        return finding(
            "dump-damaged",
            each.path,
            "the dump has no USN-Changed column: no object in it has a number",
            evidence[:1],
            notes=("Without numbers nothing can be said of it, and nothing exported by them.",),
            help=("Put USN-Changed into the first line of the file that is exported to, and export anew (Q239639).",),
        )
    if each.damage and all(fault.kind == VALUELESS for _, fault in each.damage):
        return finding(
            "dump-damaged",
            each.path,
            f"{plural(each.num_damage, 'object')} of the dump {'has' if each.num_damage == 1 else 'have'} names of "
            "attributes without values",
            evidence,
            notes=("Nothing can be said of them, not even whether they have changed.", *only_first(each.num_damage)),
            help=("Take the dump without -A: that option of ldapsearch leaves the values out.",),
        )
    if two := [fault for _, fault in each.damage if fault.kind == SERVERS]:
        return finding(
            "dump-damaged",
            each.path,
            "dumps of two servers are in one file",
            [_event(each.path, fault) for fault in two],
            notes=("Each server numbers for itself: whose number is whose is not told here.",),
            help=("Take the dump of each server into a file of its own.",),
        )
    if not each.num_damage:
        return finding(
            "dump-damaged",
            each.path,
            f"{each.cut}: the file may be cut off",
            [Evidence(each.path, note="its end")],
            doubts=(doubts.ENDS_SO,),
            severity="warning",
            notes=("What stood behind it, if anything did, is not in this file.",),
            help=("Export anew, or take the copy whose size is that of the original.",),
        )
    return finding(
        "dump-damaged",
        each.path,
        f"{plural(each.num_damage, 'line')} of the dump cannot be read; {plural(each.objects, 'object')} can",
        evidence,
        notes=(
            *((f"{each.cut[:1].upper()}{each.cut[1:]}: the file may be cut off.",) if each.cut else ()),
            "An object that cannot be read is not compared with anything: what is said below of this dump holds for "
            "the others.",
            *only_first(each.num_damage),
        ),
        help=(
            "Export anew, straight into a file: an editor or a mail program may break lines and change bytes."
            if each.kind == LDIF
            else "Export anew, and give the file as csvde has written it: a spreadsheet shortens numbers and values."
            if each.kind == CSVDE
            else "Export anew. A file that a spreadsheet has saved again loses quotes and long values (Q155414).",
        ),
    )  # fmt: skip


def _event(path: str, fault: Fault) -> Evidence:
    """Return damage as evidence, with the number of the event that the directory import writes for it, if any."""
    return Evidence(path, None, fault.line, f"event {fault.number}" if fault.number else "", note=fault.message)


def _unnumbered(each: Directory) -> Finding:
    count = each.unnumbered.count
    return finding(
        "dump-damaged",
        each.path,
        f"{plural(count, 'object')} of the dump {'has' if count == 1 else 'have'} no number"
        + (", and others do" if each.objects else ""),
        places(each.path, each.unnumbered.first),
        severity="warning",
        notes=(
            "Whether it has changed cannot be seen, and an export leaves it out. Every object of a server has one.",
            *only_first(count),
        ),
        help=("Export anew, straight into a file, and ask for uSNChanged.",),
    )


_REMARKS = frozenset({"change", "encoding", "replication", ELSEWHERE, UNTOLD})
"""Kinds of faults that lose nothing of an object's number, and yet were not understood, or not read."""


def _remarked(each: Directory) -> Finding:
    count = each.odd.count
    return finding(
        "dump-damaged",
        each.path,
        f"{plural(count, 'thing')} in the dump {'was' if count == 1 else 'were'} passed over, or kept as it stands",
        places(each.path, each.odd.first),
        severity="note",
        notes=("What was read of these objects is judged all the same.", *only_first(count)),
    )


def _twice(each: Directory) -> Finding:
    count = each.twice.count
    return finding(
        "dump-damaged",
        each.path,
        f"{plural(count, 'object')} {'is' if count == 1 else 'are'} in the dump twice, with different numbers",
        places(each.path, each.twice.first),
        severity="warning",
        notes=(
            "Two dumps are in one file, perhaps of two servers, of which each numbers by itself; or the object was "
            "written while the dump was read. The higher number is taken.",
            *only_first(count),
        ),
        help=("Give each dump as a file of its own.",),
    )


def _empty(each: Directory) -> Finding:
    return finding(
        "dump-cut-short",
        each.path,
        "the dump holds no object: it may be cut short, or nothing fitted what was asked for",
        doubts=(doubts.NOTHING_FITTED,),
        severity="warning",
        notes=("Nothing follows from what is missing in it.",),
    )


def _cut_short(each: Directory) -> Finding:
    sure = [fault for fault in each.endings if fault.damage]
    said = list(dict.fromkeys(fault.message.partition(";")[0] for fault in sure or each.endings))
    return finding(
        "dump-cut-short",
        each.path,
        f"{said[0]}{'' if sure else ': it may be cut short'}",
        [Evidence(each.path, None, fault.line, note=fault.message.partition(":")[0]) for fault in sure or each.endings][
            :MOST
        ],
        doubts=() if sure else (doubts.NO_MORE_THERE,),
        severity="" if sure else "warning",
        notes=(
            "An object that is not in it looks deleted, or never changed: nothing follows from what is missing in it."
            + (" An export or a comparison of it is refused." if sure else ""),
        ),
        help=(
            "Take the dump anew, and look at the base that was searched: the server has no such object."
            if any(fault.message.startswith("result 32 ") for fault in each.endings)
            else "Take the dump anew. A limit of the server on one answer does not count for pages: ldapsearch -E "
            "pr=1000/noprompt.",
        ),
    )


def _of_import(given: SuccessorInputs, piece: Piece) -> Iterator[Finding]:
    """Yield what the directory import would refuse of a file that is made for it; nothing else can be told of one."""
    data = given.text(piece)
    if data is None:
        return
    content = exchange_csv.parse_csv(data, strict=True)
    faults = [fault for fault in content.faults if fault.damage]
    if faults:
        count = len({fault.line for fault in faults})
        yield finding(
            "dump-damaged",
            piece.path,
            f"the directory import would refuse {plural(count, 'line')} of this file",
            [_event(piece.path, fault) for fault in faults[:MOST]],
            notes=only_first(len(faults)),
            help=("Correct these lines; glbtools inspect shows what each object is taken for.",),
        )


def _no_deletions(each: Directory) -> Finding:
    if each.kind != CSV:
        return finding(
            "deletions-not-shown",
            each.path,
            "the dump holds no tombstone, so it may have been taken without them",
            [Evidence(each.path, field="isDeleted", note="no object has it")],
            doubts=(doubts.NONE_DELETED,),
            notes=("Even the Deleted Objects container is a tombstone: a dump of the whole domain has at least one.",),
            help=(
                "Take the dump with ldifde -x, or with ldapsearch and the control Show Deleted, "
                "1.2.840.113556.1.4.417: csvde has no option for deleted objects."
                if each.kind == CSVDE
                else "Take the dump with the control Show Deleted, 1.2.840.113556.1.4.417.",
            ),
        )
    return finding(
        "deletions-not-shown",
        each.path,
        "the dump has no Is-Deleted column, so no deletion can be seen in it",
        [Evidence(each.path, None, 1, "Is-Deleted", note="not among the attributes of the header")],
        notes=(
            "Tombstones are exported only if Is-Deleted is among the attributes of the header (Q239639). An "
            "incremental export of this dump is refused.",
        ),
        help=("Put Is-Deleted into the first line of the file that is exported to, and export anew in raw mode.",),
    )


def _above_head(each: Directory) -> Finding:
    head, count = each.facts.head or 0, each.above.count
    return finding(
        "usn-above-head",
        each.path,
        f"{plural(count, 'object')} of {each.name} {'is' if count == 1 else 'are'} numbered above "
        f"the server's highest number, {head}",
        [_object(each, entry) for entry in each.above.first],
        doubts=(doubts.WRITTEN_MEANWHILE,),
        notes=("If the server has lost its highest number, replication stops with events 1224 and 1171 (Q243438).",),
        help=("Read the highest number again: if it is now above these, nothing is wrong.",),
        ranges=((head, each.highest),),
    )


def _object(each: Directory, entry: Entry, note: str = "") -> Evidence:
    return Evidence(
        each.path, span=None, line=entry.line or None, field="USN-Changed", value=entry.changed, note=note or entry.dn
    )


# --- a state and its dump ------------------------------------------------------------------------------------------


def _states(given: SuccessorInputs) -> Iterator[tuple[State, Piece, bytes]]:
    for piece in given.of(STATE):
        data = given.text(piece)
        if data is None:
            continue
        try:
            state = parse(data, piece.path)
        except (GlbError, RecursionError) as error:
            given.unreadable[piece.path] = str(error)
        else:
            yield state, piece, data


def _owner(state: State, piece: Piece, current: list[Directory]) -> Directory | None:
    """Return the dump that a state is used with: its server's, of several its scope's; else the only one given."""
    own = [each for each in current if state.server and each.is_called(state.server)]
    scoped = [each for each in own if not state.scope or each.facts.scope.lower() == state.scope.lower()]
    stem = piece.stem.lower()
    named = [each for each in current if each.stem.lower() == stem]
    return _newest(scoped) or _newest(own) or _only(named) or _only(current)


def _only(choice: list[Directory]) -> Directory | None:
    return choice[0] if len(choice) == 1 else None


def _newest(choice: list[Directory]) -> Directory | None:
    """Return the dump with the latest change; None where none or several have it."""
    latest = max((each.latest for each in choice if each.latest), default=None)
    return _only([each for each in choice if each.latest == latest])


def _called_as(directory: Directory, state: State) -> State:
    """Return a state with its server called as the dump calls it, where that is the same."""
    if state.server and directory.facts.server and directory.is_called(state.server):
        return state._replace(server=directory.facts.server)
    return state


def _previewed(
    given: SuccessorInputs, directory: Directory, state: State, now: datetime | None
) -> ExportPreview | None:
    """Return what an export would say; None where there is nothing to export, or the dump is damaged."""
    source = next((each for each in given.of(DUMP) if each.path == directory.path), None)
    dump = given.dump(source) if source is not None else None
    if dump is None or not state.exported or directory.num_damage:
        return None
    return examined(_Readable(dump, directory.facts), state, now=now)


def _judge_state(
    directory: Directory,
    state: State,
    piece: Piece,
    data: bytes,
    now: datetime | None,
    found: DirectoryResult,
    traces: dict[str, list[Trace]],
) -> None:
    facts, name = directory.facts, directory.name
    judged = channel(state, facts, directory.highest)
    verdict = classify(judged)
    found.channels.append(ChannelVerdict(judged._replace(origin=name, target=piece.path), verdict))
    place = Evidence(piece.path, None, line_of(data, "exported"), "exported", state.exported)
    if not state.exported:
        return
    if "FOREIGN" in verdict.states or "EPOCH_CHANGED" in verdict.states:
        found.findings.append(_wrong_server(directory, state, piece, data, place, known="FOREIGN" in verdict.states))
        return
    if state.scope and facts.scope and state.scope.lower() != facts.scope.lower():
        found.findings.append(_other_scope(directory, state, piece, data))
        return
    if "ROLLED_BACK" in verdict.states:
        unseen = facts.head is None
        left = [doubts.HEAD_UNSEEN] if unseen else []
        if directory.cut and unseen:
            left.append(doubts.NUMBER_CUT)
        elif is_older(state, facts, directory.latest) is not False:
            left.append(doubts.DUMP_OLDER)
        traces.setdefault(directory.path, []).append(
            Trace(
                f"everything up to {state.exported} was exported, and the highest number is now {directory.head}",
                (place._replace(note="the last number that was exported"), highest(directory)),
                tuple(left),
                verdict.certainty,
                reached=state.exported,
                notes=("An export with this state is refused.",),
                exported=True,
            )
        )
        return
    if has_fallen(state, facts) and state.head is not None:
        traces.setdefault(directory.path, []).append(
            Trace(
                f"its highest number was {state.head} when it was exported last, and is now {facts.head}",
                (
                    Evidence(piece.path, None, line_of(data, "head"), "head", state.head, note="by the server's word"),
                    highest(directory),
                ),
                () if state.epoch and facts.taken else (doubts.DUMP_OLDER if state.epoch else doubts.ANOTHER_SERVER,),
                reached=state.head,
                exported=True,
            )
        )
        return
    if "MISSED_DELETIONS" in verdict.states:
        found.findings.append(missed(directory, piece.path, state.exported, place, "was exported last"))
    elif facts.last_removed is None and facts.deletions:
        dumped = facts.taken or directory.latest or now
        if dumped is not None and outlived(state.exported_at, dumped, facts.remembers):
            found.findings.append(_outlived(directory, state, piece, data, dumped))


class _Readable:
    """A dump as far as it can be read."""

    def __init__(self, dump: Dump, facts: Facts) -> None:
        self._dump, self._facts = dump, facts

    def facts(self) -> Facts:
        """What is known of it as a whole."""
        return self._facts

    def entries(self) -> Iterator[Entry]:
        """Its objects."""
        return self._dump.survey(lambda _: None)

    numbered = entries


def _examine(
    directory: Directory,
    state: State,
    piece: Piece,
    data: bytes,
    preview: ExportPreview,
    found: DirectoryResult,
    traces: dict[str, list[Trace]],
) -> None:
    """Look for what an export with the state would refuse or doubt, by the objects that it remembers."""
    known = {each.postoffice or each.path for each in found.findings}
    if preview.fallen and directory.path not in traces:
        traces[directory.path] = [_fallen(directory, state, piece, preview)]
    elif preview.refusal and directory.path not in traces and not known & {directory.path, piece.path}:
        found.findings.append(_refused(directory, piece, data, preview.refusal))
    elif preview.alarms and not preview.refusal:
        found.findings.append(_vanished(directory, piece, data, preview.alarms))


def _fallen(directory: Directory, state: State, piece: Piece, said: ExportPreview) -> Trace:
    entries = [entry for entry, _ in said.fallen]
    sure = any(certain for _, certain in said.fallen)
    named = bool(state.server and directory.facts.server)
    shown = ", ".join(f"{shown_name(each.key, each.dn)} ({each.changed})" for each in entries[:3])
    many = len(entries)
    return Trace(
        f"{plural(many, 'object')} {'has a number that counts' if many == 1 else 'have numbers that count'} as "
        f"exported, {state.exported} and below, and did not have {'it' if many == 1 else 'them'} then: {shown}"
        f"{' and more' if many > 3 else ''}",
        (
            Evidence(piece.path, field="witnesses", note="the objects with the highest numbers then"),
            *(
                Evidence(directory.path, span=None, line=None, field="USN-Changed", value=each.changed, note=each.dn)
                for each in entries[:MOST]
            ),
        ),
        (
            *(() if named else (doubts.ANOTHER_SERVER,)),
            *(() if sure else (doubts.WRITTEN_DURING_LAST,)),
            *((doubts.NUMBER_CUT,) if directory.cut else ()),
        ),
        reached=state.exported,
        notes=("An export with this state is refused.",),
        exported=True,
    )


def _refused(directory: Directory, piece: Piece, data: bytes, refusal: str) -> Finding:
    return finding(
        WRONG_SERVER,
        directory.path,
        "an export of this dump with the state given is refused",
        [Evidence(piece.path, None, line_of(data, "exported"), note="the state")],
        doubts=(doubts.STATE_OF_ANOTHER,),
        severity="warning",
        notes=(refusal[:1].upper() + refusal[1:] + ".",),
    )


def _vanished(directory: Directory, piece: Piece, data: bytes, alarms: Sequence[str]) -> Finding:
    return finding(
        DELETION,
        directory.path,
        f"what was exported of {directory.name} and what is there do not go together",
        [Evidence(piece.path, None, line_of(data, "names"), "names", note="what was exported")],
        doubts=(doubts.MOVED_OUT,),
        severity="warning",
        notes=tuple(each[:1].upper() + each[1:] + "." for each in alarms),
        help=COMPARE,
    )


def _wrong_server(
    directory: Directory, state: State, piece: Piece, data: bytes, place: Evidence, *, known: bool
) -> Finding:
    facts = directory.facts
    if known:
        message = f"the number {state.exported} was recorded on {state.server}, and the dump is of {facts.server}"
        what = Evidence(piece.path, None, line_of(data, "server"), "server", state.server)
        theirs = Evidence(directory.path, field="server", value=facts.server)
    else:
        message = (
            f"the number {state.exported} is of an earlier life of {directory.name}: its numbering has begun anew since"
        )
        what = Evidence(piece.path, None, line_of(data, "epoch"), "epoch", state.epoch)
        theirs = Evidence(directory.path, field="Invocation-ID", value=facts.epoch)
    return finding(
        WRONG_SERVER,
        directory.path,
        message,
        [place._replace(note="the last number that was exported"), what, theirs],
        notes=(
            "Every server numbers by itself: an object has another number on each. What is above a number of one "
            "server is some of what changed on another, and not all of it.",
            "glbtools refuses an incremental export with this state; other programs compare the numbers as they are.",
        ),
        help=(
            "Export everything from this server once (directory export --full), let the receiver drop what is not in "
            "it, and go on from this server only.",
        ),
    )


def _other_scope(directory: Directory, state: State, piece: Piece, data: bytes) -> Finding:
    return finding(
        WRONG_SERVER,
        directory.path,
        f"the number {state.exported} was recorded for {state.scope}, and the dump is of {directory.facts.scope}",
        [
            Evidence(piece.path, None, line_of(data, "scope"), "scope", state.scope),
            Evidence(directory.path, field="Basepoint", value=directory.facts.scope),
        ],
        severity="warning",
        notes=("What was never exported of this part of the directory is not above the number, and is passed over.",),
        help=("Keep a state of its own for each part of the directory that is exported.",),
    )


def _outlived(directory: Directory, state: State, piece: Piece, data: bytes, dumped: datetime) -> Finding:
    return finding(
        DELETION,
        piece.path,
        f"deletions on {directory.name} may have been missed: the last export was on {state.exported_at:%Y-%m-%d}, and "
        f"the dump is of {dumped:%Y-%m-%d} or later",
        [
            Evidence(piece.path, None, line_of(data, "exported_at"), "exported_at", f"{state.exported_at:%Y-%m-%d}"),
            Evidence(directory.path, note="it has no number of the last removed object"),
        ],
        doubts=(doubts.NOTHING_FORGOTTEN,),
        severity="warning",
        notes=(
            f"A deletion is remembered for {directory.facts.remembers_text} (Q239639, MS-ADTS). What was "
            "deleted soon after the last export may be forgotten.",
        ),
        help=COMPARE,
        settled_by=("USN-DSA-Last-Obj-Removed in the dump",),
    )  # fmt: skip


# --- an older dump and the current one -----------------------------------------------------------------------------


def _successor(old: Directory, current: list[Directory]) -> Directory | None:
    """Return the dump that an older one is compared with: of its server; where none is known, of its name."""
    same = [each for each in current if old.facts.server and each.is_called(old.facts.server)]
    unknown = [each for each in current if not old.facts.server or not each.facts.server]
    named = [each for each in unknown if each.stem.lower() == old.stem.lower()]
    return _newest(same) or _only(named) or _only(current)


def _judge_older(old: Directory, new: Directory, found: DirectoryResult, traces: dict[str, list[Trace]]) -> None:
    said = compare(old.listed, new.listed)
    if said.state == "FOREIGN":
        found.findings.append(_foreign_dump(old, new, said))
    elif said.server == "unknown":
        return
    elif said.state == "ROLLED_BACK" or (said.state == "EPOCH_CHANGED" and new.kind == CSV):
        # A new invocation id is what a supported restore gives a domain controller: nothing is wrong then.
        traces.setdefault(new.path, []).append(_rolled_back(old, new, said))
    elif said.state == "OVERTAKEN":
        traces.setdefault(new.path, []).append(_overtaken(old, new, said))
    elif said.state == "REVERSED":
        return
    elif said.overtaken and new.facts.deletions and _same_scope(old, new) and not (old.num_damage or new.num_damage):
        found.findings.append(_gone(old, new, said))


def _same_scope(old: Directory, new: Directory) -> bool:
    return old.facts.scope.lower() == new.facts.scope.lower()


def _foreign_dump(old: Directory, new: Directory, said: Difference) -> Finding:
    named = bool(old.facts.server and new.facts.server)
    numbers = said.comparison
    if named:
        message = f"the older dump is of {old.facts.server}, the current one of {new.facts.server}"
    else:
        message = (
            f"{numbers.moved} of {numbers.moved + numbers.same} objects have another USN-Created than in the older "
            "dump: another server numbered them"
        )
    evidence = [_object(new, each) for each in _moved(old, new)] if not named else []
    return finding(
        WRONG_SERVER,
        new.path,
        message,
        [Evidence(old.path, field="server", value=old.facts.server, note="the older dump"),
         Evidence(new.path, field="server", value=new.facts.server, note="the current dump"), *evidence],
        doubts=() if named else (doubts.MADE_AGAIN,),
        notes=(
            "USN-Created never changes on one server, and each server gives its own. A number recorded with the one "
            "dump says nothing about the other.",
        ),
        help=("Take dumps from the same server each time; after a change of server export everything once.",),
    )  # fmt: skip


def _moved(old: Directory, new: Directory) -> list[Entry]:
    was = {each.key: each.created for each in old.entries if not each.deleted}
    unlike = [each for each in new.entries if not each.deleted and was.get(each.key, each.created) != each.created]
    return unlike[:MOST]


def _rolled_back(old: Directory, new: Directory, said: Difference) -> Trace:
    numbers = said.comparison
    was = {each.key: each for each in old.entries}
    fallen = [each for each in new.entries if each.key in was and each.changed < was[each.key].changed]
    fallen = [each for each in fallen if each.created == was[each.key].created]
    lower = numbers.new_head < numbers.old_head
    parts = [
        f"its highest number was {numbers.old_head} and is {numbers.new_head}" if lower else "",
        f"{plural(len(fallen), 'object')} had a higher number before" if fallen else "",
    ]
    left = [] if old.facts.server and new.facts.server else [doubts.ANOTHER_SERVER]
    if not fallen:
        gone = [each for each in old.entries if each.changed > numbers.new_head]
        left.append(doubts.DELETED_SINCE if all(each.deleted for each in gone) else doubts.MOVED_AWAY)
    evidence = (
        Evidence(old.path, field="USN-Changed", value=numbers.old_head, note="the highest number in the older dump"),
        highest(new),
        *(_object(new, each, f"{was[each.key].changed} in the older dump: {each.dn}") for each in fallen[:MOST]),
    )
    anew = bool(old.facts.epoch and new.facts.epoch and old.facts.epoch.lower() != new.facts.epoch.lower())
    notes = (
        (f"Its invocation id changed from {old.facts.epoch} to {new.facts.epoch}: partners ask for everything anew.",)
        if anew
        else ()
    )
    return Trace(" and ".join(filter(None, parts)), evidence, tuple(left), reached=numbers.old_head, notes=notes)


def _overtaken(old: Directory, new: Directory, said: Difference) -> Trace:
    meant = {each.changed: each for each in old.entries}
    reused = set(said.reused[:MOST])
    twice = [each for each in new.entries if each.changed in reused]
    evidence = [_object(new, each, f"{meant[each.changed].dn} in the older dump; here {each.dn}") for each in twice]
    shown = ", ".join(map(str, said.reused[:MOST])) + (" and more" if len(said.reused) > MOST else "")
    return Trace(
        f"{plural(len(said.reused), 'number')} given twice, to another object in the older dump ({shown})",
        tuple(evidence[:MOST]),
        (doubts.ANOTHER_SERVER,),
        reached=said.comparison.old_head,
        notes=("It has passed its old number since, so that no number by itself shows it any more.",),
    )


def _gone(old: Directory, new: Directory, said: Difference) -> Finding:
    removed, count = new.facts.last_removed, len(said.overtaken)
    apart = new.latest - old.latest if new.latest and old.latest else None
    long = apart is not None and apart > new.facts.remembers
    forgotten = long and (removed is None or removed > said.comparison.old_head)
    why = (
        f"The dumps are {apart.days} days apart, and a deletion is remembered for "
        f"{new.facts.remembers_text}: whoever has not exported in between has missed it."
        if apart is not None and long
        else "The directory may also have been restored."
    )
    return finding(
        DELETION,
        new.path,
        f"{plural(count, 'object')} of the older dump {'is' if count == 1 else 'are'} gone from {new.name} without a "
        "tombstone",
        [_object(old, Entry(each.key, each.dn, each.changed)) for each in said.overtaken[:MOST]],
        doubts=(doubts.MOVED_AWAY if forgotten else doubts.MOVED_OUT,),
        severity="warning",
        notes=(why, *only_first(count)),
        help=COMPARE,
        settled_by=("USN-DSA-Last-Obj-Removed in the dump",) if removed is None else (),
    )


# --- a directory and what its partners hold ------------------------------------------------------------------------


def _held_back(directory: Directory, partners: list[Directory], positions: dict[str, int]) -> Iterator[Finding]:
    """Yield what a partner lacks of a directory whose changes it has all by its own word."""
    live = {each.key: each for each in directory.entries if not each.deleted and each.changed}
    for partner in partners:
        seen = max((number for name, number in positions.items() if partner.is_called(name)), default=0)
        there = {each.key for each in partner.entries}
        lacking = sorted(
            (each for key, each in live.items() if each.changed <= seen and key not in there),
            key=lambda each: each.changed,
        )
        # A dump of another part of the directory lacks most of it, and shows nothing.
        if not lacking or len(lacking) * 10 > len(live.keys() & there):
            continue
        yield finding(
            RESTORED,
            directory.path,
            f"{partner.name} has seen everything of {directory.name} up to {seen}, and lacks "
            f"{plural(len(lacking), 'object')} numbered below: "
            f"{', '.join(shown_name(each.key, each.dn) for each in lacking[:3])}{' ...' if len(lacking) > 3 else ''}",
            [_object(directory, each) for each in lacking[:MOST]],
            doubts=(doubts.OF_TWO_MOMENTS,),
            severity="warning",
            notes=(
                "A number that was given twice is passed over by whoever had it the first time: the server was put "
                "back, and has passed its old number since.",
            ),
            help=(
                "Compare the two dumps (glbtools directory compare), and look for other signs: the vectors with "
                "invocation ids (repadmin /showutdvec ... /nocache), an older dump of the server (--older).",
            ),
            settled_by=("an older dump of the server itself",),
        )


# --- a directory that went back --------------------------------------------------------------------------------------


def _backsync(directory: Directory, partners: list[Directory], positions: dict[str, int]) -> Backsync | None:
    """Return what its partners, whose dumps are given, give back to a directory."""
    if not partners and not positions:
        return None
    cursors = {
        next((each.name for each in partners if each.is_called(name)), name): number
        for name, number in positions.items()
    }
    return backsync(
        directory.listed,
        {each.name: each.listed for each in partners},
        cursors=cursors,
        head=directory.head,
        backsyncs=directory.kind == CSV,
    )


def _went_back(
    directory: Directory, traces: list[Trace], returned: Backsync | None, partners: list[Directory]
) -> Finding:
    traces.sort(key=lambda each: (CERTAINTIES.index(each.certainty), -each.reached))
    shown = "; ".join(each.message for each in traces[:3])
    more = f"; and {len(traces) - 3} more signs of it" if len(traces) > 3 else ""
    reached = max(each.reached for each in traces)
    head = directory.head
    zone = ((head, reached),) if head and reached > head else ()
    notes = [
        "A restore does this, and so does a disk image or a snapshot that was put back (Q190703).",
        *dict.fromkeys(note for each in traces for note in each.notes),
    ]
    if zone:
        notes.append(
            f"What it writes under the {numbers_text(zone)} nobody will ask for, as those are taken to be known; above "
            f"{reached} it goes on as if nothing had been, and what was passed over stays missing (Q201414)."
        )
    if returned is not None and partners:
        notes += _returned(returned)
    return finding(
        RESTORED,
        directory.path,
        f"the directory of {directory.name} went back in time: {shown}{more}",
        dict.fromkeys(place for each in traces for place in each.evidence),
        certainty=traces[0].verdict,
        doubts=traces[0].doubts,
        notes=tuple(notes),
        help=_way_back(
            directory,
            returned,
            sure=traces[0].certainty == CERTAINTIES[0],
            exported=any(each.exported for each in traces),
        ),
        ranges=zone,
    )


def _returned(found: Backsync) -> Iterator[str]:
    """Say what the partners' dumps show, object by object as far as a few."""
    groups = (
        ("given back by partners", [each.entry for each in found.returned if each.certainty == "likely"]),
        (
            "given back by partners, if this server made the last change",
            [each.entry for each in found.returned if each.certainty != "likely"],
        ),
        (
            "held by partners, and never comes in if this server made it under the invocation id it has now",
            [each.entry for each in found.withheld],
        ),
        ("live here and deleted at a partner, so that the deletion is undone", found.resurrected),
        ("not given back, as a delete was issued", found.refused),
    )
    for what, entries in groups:
        if entries:
            are = "is" if len(entries) == 1 else "are"
            names = ", ".join(each.dn for each in entries[:3])
            rest = f" and {len(entries) - 3} more" if len(entries) > 3 else ""
            yield f"By the partners' dumps {plural(len(entries), 'object')} {are} {what}: {names}{rest}."
    if found.lost and any(each.remembered is not None for each in found.partners):
        yield (
            f"Of the {numbers_text(found.lost)}, which a partner has seen, no object is known in these dumps: changes "
            "since overwritten, or lost."
        )
    stranded = {entry.dn for each in found.partners for entry in each.stranded}
    if stranded:
        yield f"{plural(len(stranded), 'object')} written since the restore will not be asked for."


def _way_back(directory: Directory, found: Backsync | None, *, sure: bool, exported: bool) -> tuple[str, ...]:
    if directory.kind != CSV:
        first = "Take" if sure else "Make sure of it first. If it is so, take"
        way = [
            f"{first} the domain controller off the network and restore it in a supported way, or demote and promote "
            "it: either gives it a new invocation id, and partners ask for everything anew."
        ]
    else:
        way = [
            "Let backsync end first: after a restore the server asks its partners for all it had sent them, which may "
            "take 16 hours, and nothing can be written meanwhile (Q160850)."
        ]
        if found is not None and found.increase:
            way.append(
                f"Then raise its numbers above what partners have seen: AUTHREST 0 {found.increase}. The first number "
                "stays 0, or its stale copies win everywhere (Q201414)."
            )
        else:
            way.append(
                "If partners have seen more than it has, raise its numbers with AUTHREST, whose first number stays 0 "
                "(Q201414); glbtools directory backsync computes the second."
            )
    if exported:
        way.append("Export everything anew (directory export --full), and let the receiver drop what is not in it.")
    return tuple(way)
