"""Older evidence beside the present: counters that went back, changes that vanished, a server restored unseen.

The numbers of a healthy postoffice only rise, so a copy of an earlier day shows what the present alone cannot: after a
server was restored, the first cycle makes its numbers look whole again (Q113453). Older evidence is compared and is a
source of content; it never overrides the present (ruling 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from glbtools.diagnosis.case import Case, cases
from glbtools.diagnosis.changes.content import Reuse, copies, reused
from glbtools.diagnosis.changes.vanished import vanished
from glbtools.diagnosis.finding import Evidence, Finding, place, stored
from glbtools.diagnosis.wording import MOST, changes, plural
from glbtools.evidence.postoffice import Postoffice
from glbtools.model import doubts
from glbtools.model.channel import ranges_of
from glbtools.model.configuration import ReqConf, Requestor, SrvConf
from glbtools.model.doubts import CERTAINTIES

MOST_PAIRS = 10
"""Pairs of records shown of a master queue that gives numbers anew."""

UPLOAD_EXPLAINS = frozenset({"ROLLED_BACK", "EPOCH_CHANGED", "STRANDED"})
"""States of an upload that say by themselves that a counter of the requestor went back, or its record was made anew."""


class Counter(NamedTuple):
    """One number and where it stands.

    Attributes:
        of: whose it is: ``requestor``, ``server``, or the name of a requestor in SRVCONF.
        name: as people call it.
        value: the number.
        place: where it stands.
    """

    of: str
    name: str
    value: int
    place: Evidence


class Fall(NamedTuple):
    """A counter that is lower than it was."""

    then: Counter
    now: Counter


def check(case: Case) -> Iterator[Finding]:
    """Yield what older evidence of a postoffice shows that its present state does not."""
    earlier = case.network.earlier(case.postoffice)
    if not earlier:
        return
    present = {(each.of, each.name): each for each in counters(case.postoffice)}
    fallen = _fallen(present, earlier)
    twice = [each for copy in earlier for each in reused(case.postoffice, copy)]
    if twice and not _server_seen_back(case):
        yield _masked(case, twice, fallen)
    elif fallen:
        yield _went_back(case, fallen)
    yield from _vanished(case)
    for each in earlier:
        each.release()


# --- counters ----------------------------------------------------------------------------------------------------


def counters(postoffice: Postoffice) -> Iterator[Counter]:
    """Yield the numbers of a postoffice that only ever rise."""
    reqconf = postoffice.reqconf()
    if reqconf is not None:
        path, config = reqconf[0].path, reqconf[1]
        named = {"reqsync": "ReqSync", "srvsync": "SrvSync", "importsync": "the import number"}
        yield from _stored("requestor", path, config, named)
    yield from _last(postoffice, "REQTRANS", "requestor")
    srvconf = postoffice.srvconf()
    if srvconf is None:
        return
    path, server = srvconf[0].path, srvconf[1]
    yield from _stored("server", path, server, {"sync": "the highest SrvSync", "cycle": "the cycle"})
    yield from _last(postoffice, "MSTTRANS", "server")
    for each in server.requestors:
        named = {
            "reqsync": f"ReqSync of {each.node}",
            "srvsync": f"SrvSync of {each.node}",
            "importsync": f"the import number of {each.node}",
            "last_cycle": f"the last cycle of {each.node}",
        }
        if each.node:
            yield from _stored(each.node, path, each, named)


def _stored(of: str, path: str, holder: ReqConf | SrvConf | Requestor, named: Mapping[str, str]) -> Iterator[Counter]:
    for field, name in named.items():
        value = holder.value(field)
        if isinstance(value, int):
            yield Counter(of, name, value, stored(path, holder, field))


def _last(postoffice: Postoffice, queue: str, of: str) -> Iterator[Counter]:
    """Yield the last number of a queue; one of whose bytes no record can be read says nothing."""
    held = postoffice.queue(queue)
    if held is None or (held.size and not held.records):
        return
    place = Evidence(held.artefact.path, None, None, "last sync", held.last)
    if held.records:
        last = max(held.records, key=lambda each: each.sync)
        place = place._replace(span=(last.start, last.stop), line=held.line(last))
    yield Counter(of, f"the last number of {queue}", held.last, place)


def _fallen(present: dict[tuple[str, str], Counter], earlier: Iterable[Postoffice]) -> list[Fall]:
    """Return the counters that are lower than in any older copy, each with the highest of them."""
    highest: dict[tuple[str, str], Counter] = {}
    for copy in earlier:
        for each in counters(copy):
            key = each.of, each.name
            if key not in highest or each.value > highest[key].value:
                highest[key] = each
    return [
        Fall(highest[key], now) for key, now in present.items() if key in highest and now.value < highest[key].value
    ]


def _went_back(case: Case, fallen: list[Fall]) -> Finding:
    said = [f"{each.now.name} is {each.now.value}, was {each.then.value}" for each in fallen]
    more = f" and {plural(len(said) - MOST, 'more number')}" if len(said) > MOST else ""
    server = any(each.now.of == "server" for each in fallen) or bool(_lowered(fallen))
    severity, notes = _weight(case, fallen, server=server)
    return case.finding(
        "counters-went-back",
        f"numbers are lower than in the older evidence: {'; '.join(said[:MOST])}{more}",
        tuple(place for each in fallen for place in _both(each)),
        doubts=(None if case.postoffice.name_certain else doubts.NAMED_OTHERWISE,),
        notes=notes,
        help=_SERVER_HELP if server else _REQUESTOR_HELP,
        severity=severity,
        settled_by=() if case.postoffice.name_certain else ("the name of this postoffice",),
    )


def _weight(case: Case, fallen: list[Fall], *, server: bool) -> tuple[str, tuple[str, ...]]:
    """Return severity and notes: milder where the present state says the same, or only a record was made anew."""
    if server:
        notes = ("The server's files are of an earlier day than the older evidence: restored, or enabled anew.", _NEVER)
        return ("note" if _server_seen_back(case) else ""), (*notes, *((_SAID,) if _server_seen_back(case) else ()))
    if all(each.now.of == "requestor" for each in fallen):
        why = (
            "The postoffice was reset (LISTDS -Z), restored, or REQTRANS was made anew, after the older copy was made."
        )
        if UPLOAD_EXPLAINS & set(case.upload.verdict.states):
            return "note", (why, _SAID)
        return "warning", (why, "Changes that waited then may be lost.")
    names = ", ".join(sorted({each.now.of for each in fallen} - {"requestor", "server"}))
    return "warning", (f"The server's record of {names} was made anew: the requestor was deleted and created again.",)


def _lowered(fallen: list[Fall]) -> list[Fall]:
    """Return the falls of requestors whose records were not made anew: with that, the import number falls too."""
    anew = {each.now.of for each in fallen if each.now.name.startswith("the import number of")}
    anew |= {each.now.of for each in fallen if each.now.value == 0}
    return [each for each in fallen if each.now.of not in anew | {"requestor", "server"}]


_NEVER = "The numbers issued since the older copy are issued again for other changes, and nobody notices (Q113453)."
_SAID = "The present numbers show it too; there is a finding that names the cause."
_SERVER_HELP = (
    "Every requestor must submit its whole list: Config, Dir-Sync, Requestor, Export on each of them (Q113453).",
    "`glbtools unsent --older` lists the changes that the older evidence still holds.",
)
_REQUESTOR_HELP = (
    "If nobody reset this postoffice on purpose, Export its list: Config, Dir-Sync, Requestor, Export.",
    "`glbtools unsent --older` lists the changes that waited in the older copy and did not arrive.",
)


# --- the server was restored, and its numbers rose again ---------------------------------------------------------


def _masked(case: Case, twice: list[Reuse], fallen: list[Fall]) -> Finding:
    """The same numbers, other changes: the server went back and its numbers rose again (Q113453)."""
    numbers = ranges_of(each.now.sync for each in twice)
    texts = {each.text for each in copies(case.postoffice, "MSTTRANS")}
    gone = sorted({(each.then.sync, each.then.text) for each in twice if each.then.text not in texts})
    pairs = [
        where
        for each in twice[:MOST_PAIRS]
        for where in (place(each.now, "now"), place(each.then, "in the older copy"))
    ]
    lost = (
        f"{plural(len(gone), 'change')} that the older copy has under these numbers, the server does not have any more."
        if gone
        else "All changes of the older copy are in MSTTRANS, under other numbers."
    )
    return case.finding(
        "server-restored-from-backup",
        f"MSTTRANS has {changes(numbers)} that were other changes in the older copy: the server went back, and its "
        "numbers rose again",
        (*pairs, *(place for each in fallen for place in _both(each))),
        doubts=(doubts.OLDER_OF_ANOTHER,),
        notes=(
            "The present numbers alone do not show it: the first cycles after a restore make them whole again.",
            lost,
            "Requestors that had fetched these numbers before never receive the changes that have them now.",
        ),
        help=(
            *_SERVER_HELP,
            "Then one full cycle, IMPORT -S on the server, copy RESYNC.GLB to every requestor, delete it on the "
            "server, IMPORT -Q on each (Q96060).",
        ),
        ranges=numbers,
        settled_by=("whether the server was restored or enabled anew",),
    )


def _server_seen_back(case: Case) -> bool:
    """Whether the present numbers of any postoffice show that the server went back."""
    for each in cases(case.network, case.now):
        upload, download = each.upload.verdict.states, each.download.verdict.states
        if each.postoffice not in (case.postoffice, case.network.server):
            each.postoffice.release()
        if "HOLE" in upload or ("ROLLED_BACK" in download and "EPOCH_CHANGED" not in download):
            return True
    return False


# --- changes that vanished ---------------------------------------------------------------------------------------


def _vanished(case: Case) -> Iterator[Finding]:
    gone = [each for each in vanished(case) if each.given]
    if not gone:
        return
    ranges = ranges_of(each.change.sync for each in gone)
    certainty = min((each.certainty for each in gone), key=CERTAINTIES.index)
    reasons = list(dict.fromkeys(each.note for each in gone))
    yield case.finding(
        "records-vanished",
        f"gone from REQTRANS since the older copy, with nothing to show that the server got them: {changes(ranges)}",
        tuple(place(each.change, each.change.text) for each in gone),
        certainty=certainty,
        notes=tuple(reasons[:MOST]),
        help=(
            "Export this postoffice's list: Config, Dir-Sync, Requestor, Export; it brings every entry it has today.",
            "Deletions, and names put in by IMPORT -E, are in no list: make those in the older copy again.",
        ),
        ranges=ranges,
        severity="note" if certainty == "possible" else "",
    )


def _both(fall: Fall) -> tuple[Evidence, Evidence]:
    return fall.now.place._replace(note="now"), fall.then.place._replace(note="in the older copy")
