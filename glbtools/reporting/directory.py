"""What directory dumps say, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from glbtools.reporting.documents import dumps, separated
from glbtools.reporting.model import Block, Break, Column, Heading, Paragraph, Table, Verbatim
from glbtools.reporting.text import message, safe

if TYPE_CHECKING:
    from glbtools.directory.backsync import Backsync, Partner, ReturnedObject
    from glbtools.directory.compare import Difference, ObjectNumbers
    from glbtools.directory.export import Outcome
    from glbtools.model.channel import Range
    from glbtools.model.directory import Entry

_SHOWN = 50

_STATES = {
    "IN_SYNC": "the newer dump continues the older one",
    "FOREIGN": "the two dumps are of different servers: numbers of one mean nothing on the other",
    "ROLLED_BACK": "the server went back in time: it is at lower numbers than it was",
    "REVERSED": "the second dump was taken before the first: give the older one first",
    "EPOCH_CHANGED": "the server was restored properly, or set up anew: its numbers are of a new life",
    "UNKNOWN": "nothing tells whether one server numbered both, so that their numbers say nothing of each other; an "
    "export.ini or rootdse.ldif beside each would name it, and USN-Created would tell",
    "OVERTAKEN": "the server went back in time and has passed its old number since: numbers were given twice",
}


def outcome_line(outcome: Outcome) -> str:
    """Return what an export did, in one line."""
    counts = ", ".join(f"{number} {kind}" for kind, number in outcome.counts.items())
    echo = f", {outcome.suppressed} not sent back to where they came from" if outcome.suppressed else ""
    echo += f", {outcome.insignificant} without a significant change" if outcome.insignificant else ""
    return f"{counts}{echo}; USN {outcome.state.exported} is remembered"


def _numbers(found: Difference) -> Iterator[Block]:
    numbers = found.comparison
    server = {"same": "the same server", "other": "different servers", "unknown": "not to be told"}[found.server]
    yield Heading(f"{found.state}: {_STATES[found.state]}")
    yield Verbatim(f"numbered by: {server}")
    yield Verbatim(f"highest number: {numbers.old_head}, then {numbers.new_head}")
    yield Paragraph(
        f"objects in both with the same first number: {numbers.same}, with another: {numbers.moved}; changed at a "
        f"lower number than before: {numbers.fallen}"
    )
    if found.rewritten:
        yield Paragraph(f"written again without a difference in what the dumps hold: {found.rewritten}")
    if found.unnumbered:
        yield Paragraph(
            f"different without a number of their own: {found.unnumbered}; a group whose member was renamed, or "
            "what is below a renamed container, as a rule"
        )


def difference_report(found: Difference) -> Iterator[Block]:
    """Yield what two dumps say of each other."""
    numbers = found.comparison
    if found.numbered:
        yield from _numbers(found)
    else:
        yield Heading(f"{found.state}: the dumps have no numbers; what differs is told by identity and content")
        if found.older:
            yield Paragraph(
                f"{found.older} written earlier (entryCSN) in the newer dump than in the older one: the server was "
                "restored, or what it is behind has not come yet"
            )
    if found.state == "ROLLED_BACK" and not numbers.fallen and not found.attested:
        yield Paragraph(
            "likely, not certain: no object that is in both shows it; what bore the highest numbers may instead have "
            "been deleted, and its tombstone removed, since"
        )
    if found.state == "ROLLED_BACK" and None in found.taken:
        yield Paragraph("this holds if the second dump is the later one: they do not both say when they were taken")
    if found.is_renewed:
        was, now = (safe(each or "") for each in found.lives)
        began = f"a new life of its numbering: invocation id {was}, then {now}"
        yield Paragraph(began)
    if found.reused:
        yield Verbatim(f"numbers given twice: {', '.join(map(str, found.reused[:_SHOWN]))}")
    yield from _named("gone, and no tombstone says so", found.overtaken)
    yield from _named("deleted and made anew under the same name", found.recreated)
    yield Verbatim(f"difference: {', '.join(f'{number} {kind}' for kind, number in found.counts.items())}")
    named = (f"  {kind} {safe(_called(found, kind, entry))}" for kind, entry in found.changes)
    yield from _limited(named, len(found.changes))


def unasked_line(found: Difference) -> str:
    """Return which attributes the newer dump does not have at all; empty where that is none."""
    if not found.unasked:
        return ""
    more = f" and {len(found.unasked) - _SHOWN} more" if len(found.unasked) > _SHOWN else ""
    return (
        f"no object of the newer dump has {', '.join(map(safe, found.unasked[:_SHOWN]))}{more}: emptied everywhere, or "
        "not asked for this time; no change says so"
    )


def kinds_line(old: str, new: str) -> str:
    """Return what two dumps of different forms differ in by their form alone; empty where that is nothing."""
    if old == new or "csvde" not in (old, new):
        return ""
    return (
        "one of the two is an export of csvde, which has only the last class of an object and keeps backslashes as it "
        "wrote them: that differs by the form alone; compare two of one form"
    )


def _called(found: Difference, kind: str, entry: Entry) -> str:
    """Return the name of an object that differs: of one that was deleted the one that it had."""
    return found.names.get(entry.key, entry.dn) if kind == "D" else entry.dn


def difference_document(found: Difference) -> Iterator[str]:
    """Yield the lines of what two dumps say of each other as JSON; a large difference makes a large document."""
    head = dumps(
        {
            "schema": "glbtools.directory-comparison/1",
            "state": found.state,
            "server": found.server,
            "lives": list(found.lives),
            "attested": found.attested,
            "numbers": found.comparison._asdict(),
            "reused": list(found.reused),
            "gone": [each.dn for each in found.overtaken],
            "recreated": [each.dn for each in found.recreated],
        }
    )
    yield head.removesuffix("\n}") + ","
    yield '  "changes": [' + ("" if found.changes else "]")
    rows = (
        dumps({"change": kind, "dn": _called(found, kind, each), "usn": each.changed}) for kind, each in found.changes
    )
    yield from separated(f"    {each}".replace("\n", "\n    ") for each in rows)
    yield from ["  ]"] if found.changes else []
    yield "}"


def backsync_report(found: Backsync) -> Iterator[Block]:
    """Yield what a restored directory can and cannot get back."""
    rows = tuple(_partner_row(each) for each in found.partners)
    columns = (Column("partner"), Column("has seen", right=True), Column("state"), Column("dead zone"))
    yield Table((*columns, Column("stranded", right=True)), rows)
    yield Break()
    for each in found.partners:
        what = f"written since the restore and never asked for by {safe(each.name)}"
        yield from _named(what, each.stranded, found.details)
    if found.backsyncs:
        yield from _held("comes back", [each for each in found.returned if each.certainty == "likely"])
        maybe = [each for each in found.returned if each.certainty != "likely"]
        if maybe:
            yield from _held(
                "comes back if the restored server made its last change, which the dumps do not say", maybe
            )
    else:
        sure = [each for each in found.withheld if each.certainty == "likely"]
        maybe = [each for each in found.withheld if each.certainty != "likely"]
        what = "held by partners and not here: never comes in"
        if sure:
            yield from _held(f"{what}, for this server made it under the invocation id it has now", sure)
        if maybe:
            yield from _held(f"{what} if this server made it under the invocation id it has now", maybe)
    for name in dict.fromkeys(name for name, _ in found.connectors):
        gone = tuple(each for partner, each in found.connectors if partner == name)
        what = f"connectors deleted at {safe(name)}: over one that joins the two servers nothing comes back (Q190703)"
        yield from _named(what, gone)
    yield from _named("live here though deleted at a partner: it reappears", found.resurrected)
    yield from _named("not given back, as a delete was issued for it", found.refused)
    if found.lost:
        lost = "numbers that partners have seen and that no object bears any more, overwritten since or lost: "
        yield Paragraph(lost + ", ".join(map(_range, found.lost)))
    if found.increase:
        yield Break()
        yield Paragraph(
            f"repair: AUTHREST 0 {found.increase} on the restored server, then let it replicate (Q201414). The first "
            "number stays 0: a higher object version would make its stale copies win everywhere."
        )
    if not found.backsyncs and any(each.dead_zone or each.stranded for each in found.partners):
        yield Break()
        yield Paragraph(
            "repair: give the domain controller a new invocation id, by restoring it in a supported way or by demoting "
            "and promoting it; partners then ask for everything anew. As long as it keeps its invocation id it must "
            "not go on: replication shows no error."
        )
    for want in found.missing:
        yield Paragraph(f"not known: {message(want)}")


def backsync_document(found: Backsync) -> str:
    """Return what a restored directory can and cannot get back as JSON."""
    partners: list[dict[str, Any]] = [
        {
            "name": each.name,
            "remembered": each.remembered,
            "state": each.state,
            "certainty": each.verdict.certainty,
            "dead_zone": each.dead_zone,
            "stranded": [one.dn for one in each.stranded],
            "stranded_attributes": {
                one.dn: list(found.details[one.key]) for one in each.stranded if one.key in found.details
            },
        }
        for each in found.partners
    ]
    return dumps(
        {
            "schema": "glbtools.backsync/1",
            "partners": partners,
            "backsyncs": found.backsyncs,
            "returned": [_held_row(each) for each in found.returned],
            "withheld": [_held_row(each) for each in found.withheld],
            "connectors": [{"dn": each.dn, "deleted_at": name} for name, each in found.connectors],
            "resurrected": [each.dn for each in found.resurrected],
            "refused": [each.dn for each in found.refused],
            "lost": list(found.lost),
            "usn_increase": found.increase,
            "missing": list(found.missing),
        }
    )


def _held(what: str, found: list[ReturnedObject]) -> Iterator[Block]:
    yield Paragraph(f"{what}: {len(found)}")
    lines = (
        f"  {safe(each.entry.dn)} from {', '.join(map(safe, each.partners))}{_attributes(each.attributes)}"
        for each in found
    )
    yield from _limited(lines, len(found))


def _held_row(each: ReturnedObject) -> dict[str, Any]:
    return {
        "dn": each.entry.dn,
        "from": list(each.partners),
        "certainty": each.certainty,
        "attributes": list(each.attributes),
    }


def _attributes(names: Iterable[str]) -> str:
    shown = ", ".join(map(safe, names))
    return f": {shown}" if shown else ""


def _partner_row(each: Partner) -> tuple[str, ...]:
    seen = "unknown" if each.remembered is None else str(each.remembered)
    zone = _range(each.dead_zone) if each.dead_zone else ""
    return (safe(each.name), seen, each.state, zone, str(len(each.stranded) or ""))


def _range(span: Range) -> str:
    low, high = span
    return str(high) if high == low + 1 else f"{low + 1} to {high}"


def _named(
    what: str, entries: tuple[Entry | ObjectNumbers, ...], details: Mapping[str, Iterable[str]] | None = None
) -> Iterator[Block]:
    if entries:
        yield Paragraph(f"{what}: {len(entries)}")
        lines = (
            f"  {safe(each.dn)} (USN {each.changed}){_attributes((details or {}).get(each.key, ()))}"
            for each in entries
        )
        yield from _limited(lines, len(entries))


def _limited(lines: Iterable[str], number: int) -> Iterator[Block]:
    for at, line in enumerate(lines):
        if at == _SHOWN:
            yield Verbatim(f"  and {number - _SHOWN} more; --json lists all")
            return
        yield Verbatim(line)
