"""Links of replication, as ``repadmin /showrepl * /csv`` lists them: which fail now, and which have for too long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from glbtools.binary.span import Fault
from glbtools.diagnosis.finding import Evidence, Finding
from glbtools.diagnosis.successors.found import DELETION, MOST, finding, not_understood, only_first, places
from glbtools.diagnosis.successors.inputs import LINKS, Piece, SuccessorInputs
from glbtools.diagnosis.wording import plural
from glbtools.formats.repadmin import OPTIONS, OUTCOME, UNREACHED, UNUSED, Link, Links, parse_showrepl
from glbtools.model.doubts import JUST_MADE, REMEMBERED_BY_DEFAULT, REMEMBERED_LONGER, Doubt

AD_DEFAULT_LIFETIME, AD_NEWER_LIFETIME = timedelta(days=60), timedelta(days=180)
"""How long an Active Directory remembers a deletion: where nothing is set, and in newer forests (ruling 32)."""

TOO_LONG_APART = 8614
"""Status of a replication that is refused because the last one is longer ago than that (event 2042)."""

DISABLED = (8456, 8457)
"""The source, or the destination, refuses replication: it is switched off there."""

PASSING = frozenset({0, 8461, 8477})
"""No failure: success, put off for something more urgent, still waiting."""

STATUSES: Mapping[int, tuple[str, str]] = {
    2: (
        "the file cannot be found",
        "Samba says so where the alias of the source (its GUID under _msdcs) is not found: look at DNS.",
    ),
    5: (
        "access is denied",
        "Look at clocks, secure channels and rights of the two servers (dcdiag /test:CheckSecurityError).",
    ),
    1256: (
        "the remote system is not available",
        "This status follows from another: look at a link of the same two servers that fails otherwise.",
    ),
    1396: (
        "the target account name is incorrect",
        "Look at names and secure channels of the two servers (dcdiag /test:CheckSecurityError).",
    ),
    1722: (
        "the RPC server is unavailable",
        "The source cannot be reached: look whether it runs, at its name in DNS, at the route and at the ports of RPC.",
    ),
    1753: (
        "there are no more endpoints",
        "The source answers, and its directory does not: look at its services, and for a wrong address in DNS.",
    ),
    1908: ("the domain controller could not be found", "Look at Kerberos (KDC) and the resolution of names."),
    8451: ("a database error", "Look at database and disk of the destination before anything else."),
    8453: ("replication access was denied", "Look at the rights of the account that replicates."),
    8524: ("a DNS lookup failure", "The alias of the source (its GUID under _msdcs) is not found: look at DNS."),
    8606: (
        "insufficient attributes to create an object: lingering objects",
        "The source has objects that the destination has forgotten as deleted: remove them first (repadmin "
        "/removelingeringobjects, with /advisory_mode to see them), and only then replicate.",
    ),
    -2146893022: (
        "the target principal name is incorrect",
        "The password of the source's account is not the same everywhere: stop its KDC and reset it (netdom resetpwd).",
    ),
}
"""Status of a failed replication -> what it means, and where to look; by Microsoft's pages on each."""


_WHY_DISABLED = (
    "A domain controller that finds that it was put back in time (USN rollback, event 2095) switches its replication "
    "off and pauses Net Logon; so does one whose disk is full (event 1393), and an administrator can (repadmin "
    "/options)."
)
_ABOUT_DISABLED = (
    "Find out first why: events 2095, 2103 and 1393, repadmin /options SERVER, and the value Dsa Not Writable, which "
    "is 4 after a rollback. Do not simply switch it on again: after a rollback that spreads what went back.",
    "Compare the vectors of the server and its partners (repadmin /showutdvec, the partners' first).",
)
"""What there is to know and to do about replication that is switched off."""


def read(given: SuccessorInputs) -> list[tuple[Piece, Links]]:
    """Return the lists of links that were given, each with its file; one that cannot be read is kept as such."""
    return [(piece, parse_showrepl(data)) for piece in given.of(LINKS) if (data := given.text(piece)) is not None]


def check(reports: Iterable[tuple[Piece, Links]], now: datetime | None) -> Iterator[Finding]:
    """Yield what lists of links show."""
    for piece, report in reports:
        yield from _links(piece, report, now)


def refused(reports: Iterable[tuple[Piece, Links]], status: int) -> list[tuple[str, str]]:
    """Return source and destination of the links that fail with a status."""
    return [
        (each.source, each.server)
        for _, report in reports
        for each in report.items
        if each.last_status == status and each.is_failing
    ]


def _links(piece: Piece, report: Links, now: datetime | None) -> Iterator[Finding]:
    links, of_kind = report.items, _of_kind(report.faults)
    if strange := [each for each in report.faults if each.kind not in {OUTCOME, UNUSED, OPTIONS}]:
        yield not_understood(piece, strange)
    if of_kind[OUTCOME] or not links:
        yield _not_told(piece, of_kind[OUTCOME], links)
    if of_kind[UNUSED]:
        yield _unused(piece, of_kind[UNUSED])
    if of_kind[OPTIONS]:
        yield _switched_off(piece, of_kind[OPTIONS])
    times = [each for link in links for each in (link.succeeded, link.failed) if each]
    yield from _failing(piece, links)
    yield from _too_long_ago(piece, links, now or max(times, default=None))


def _of_kind(faults: Iterable[Fault]) -> Mapping[str, list[Fault]]:
    found: dict[str, list[Fault]] = {OUTCOME: [], UNUSED: [], OPTIONS: []}
    for each in faults:
        found.setdefault(each.kind, []).append(each)
    return found


def _not_told(piece: Piece, faults: Sequence[Fault], links: Sequence[Link]) -> Finding:
    """Return that of a link, or of a server, nothing is known, although the report was to say it."""
    count = len(faults)
    said = f"{plural(count, 'line')} of the report {'does' if count == 1 else 'do'} not tell how a link stands"
    return finding(
        "dump-damaged",
        piece.path,
        said if faults or links else "the report lists no link",
        places(piece.path, faults),
        severity="warning",
        notes=(
            "It may be cut off, or printed in another language. That nothing is said of the rest means nothing for it.",
            *only_first(count),
        ),
        help=("Take the report anew, as CSV: repadmin /showrepl * /csv; Samba: samba-tool drs showrepl --json.",),
    )


def _unused(piece: Piece, faults: Sequence[Fault]) -> Finding:
    count = len(faults)
    return finding(
        "replication-failing",
        piece.path,
        f"{plural(count, 'replication link')} {'was' if count == 1 else 'were'} never used",
        places(piece.path, faults),
        severity="note",
        doubts=(JUST_MADE,),
    )


def _switched_off(piece: Piece, faults: Sequence[Fault]) -> Finding:
    """Return that the options of a server refuse replication, whether or not a link has met that yet."""
    return finding(
        "replication-disabled",
        piece.path,
        "; ".join(dict.fromkeys(each.message for each in faults[:3])),
        places(piece.path, faults),
        notes=(_WHY_DISABLED,),
        help=_ABOUT_DISABLED,
    )


def _failing(piece: Piece, links: Iterable[Link]) -> Iterator[Finding]:
    """Yield the links that fail now, those with one status together; what is too long ago is a finding of its own."""
    by_status: dict[int | None, list[Link]] = {}
    for each in links:
        status = each.last_status
        if each.is_failing and status not in PASSING and status != TOO_LONG_APART:
            by_status.setdefault(DISABLED[0] if status in DISABLED else status, []).append(each)
    for status, chosen in sorted(by_status.items(), key=lambda each: (each[0] is None, each[0] or 0)):
        yield _disabled(piece, chosen) if status in DISABLED else _fails(piece, chosen, status)


def _fails(piece: Piece, links: list[Link], status: int | None) -> Finding:
    count, unreached = len(links), all(each.status == UNREACHED for each in links)
    what, advice = STATUSES.get(status or 0, ("", ""))
    said = f" with status {_status(status)}" + (f" ({what})" if what else "") if status is not None else ""
    oldest = min((each.succeeded for each in links if each.succeeded), default=None)
    since = f"; the last success is of {oldest:%Y-%m-%d %H:%M}" if oldest and count == 1 else ""
    since = f"; the oldest last success is of {oldest:%Y-%m-%d %H:%M}" if oldest and count > 1 else since
    message = (
        f"{plural(count, 'domain controller')} {'was' if count == 1 else 'were'} not reached{said}: what replicates to "
        f"{'it' if count == 1 else 'them'} is not known"
        if unreached
        else f"{plural(count, 'replication link')} {'fails' if count == 1 else 'fail'}{said}{since}"
    )
    return finding(
        "replication-failing",
        piece.path,
        message,
        [_link_place(piece, each) for each in links[:MOST]],
        notes=(
            "What has changed at the source since the last success is not at the destination.",
            *only_first(count),
        ),
        help=(advice or "Look the status up (net helpmsg NUMBER), and at the event log of both servers.",),
    )


def _status(number: int | None) -> str:
    """Return a status as it is looked up: a negative one is an HRESULT, known in hex."""
    return f"{number} (0x{number & 0xFFFFFFFF:08x})" if number is not None and number < 0 else str(number)


def _disabled(piece: Piece, links: list[Link]) -> Finding:
    count = len(links)
    sources = {each.source for each in links if each.last_status == DISABLED[0]}
    targets = {each.server for each in links if each.last_status == DISABLED[1]}
    refusing = ", ".join(sorted(each for each in sources | targets if each)) or "a server"
    return finding(
        "replication-disabled",
        piece.path,
        f"replication is switched off at {refusing}: {plural(count, 'link')} {'is' if count == 1 else 'are'} refused "
        "(8456, 8457)",
        [_link_place(piece, each) for each in links[:MOST]],
        notes=(_WHY_DISABLED, *only_first(count)),
        help=_ABOUT_DISABLED,
    )


def _link_place(piece: Piece, each: Link) -> Evidence:
    number = f"{each.failures} failures" if each.failures is not None else "failures"
    since = f", last success {each.last_success}" if each.last_success not in ("", "0") else ""
    where = f"{each.source} to {each.server}, {each.context}" if each.source else each.server
    return Evidence(
        piece.path, None, each.line, "Last Failure Status", each.last_status, note=f"{number}{since}: {where}"
    )


def _too_long_ago(piece: Piece, links: Iterable[Link], present: datetime | None) -> Iterator[Finding]:
    """Yield the links without a success for longer than a deletion is remembered."""
    for doubts, chosen in _overdue(links, present).items():
        count = len(chosen)
        worst = min((each.succeeded for each in chosen if each.succeeded), default=None)
        since = f"; the oldest success is of {worst:%Y-%m-%d}" if worst else ""
        yield finding(
            DELETION,
            piece.path,
            f"{plural(count, 'replication link')} {'has' if count == 1 else 'have'} not succeeded for longer than a "
            f"deletion is remembered{since}",
            [
                Evidence(
                    piece.path, None, each.line, "Last Success Time", each.last_success,
                    note=f"{each.source} to {each.server}, {each.context}",
                )
                for each in chosen[:MOST]
            ],
            doubts=doubts,
            notes=(
                f"A domain controller remembers deletions for {AD_DEFAULT_LIFETIME.days} days where nothing is set, "
                f"{AD_NEWER_LIFETIME.days} in newer forests. What was deleted meanwhile stays on the other side, and "
                "may come back (events 2042, 1388 and 1988).",
                *only_first(count),
            ),
            help=(
                "Do not simply allow the replication again: first remove lingering objects (repadmin "
                "/removelingeringobjects, with /advisory_mode to see them).",
            ),
        )  # fmt: skip


def _overdue(links: Iterable[Link], present: datetime | None) -> dict[tuple[Doubt, ...], list[Link]]:
    """Return links without a success for too long, by what is doubtful: refused for it, over 180 days, over 60."""
    found: dict[tuple[Doubt, ...], list[Link]] = {}
    for each in links:
        age = present - each.succeeded if present and each.succeeded else timedelta(0)
        if each.last_status == TOO_LONG_APART:
            found.setdefault((), []).append(each)
        elif age > AD_NEWER_LIFETIME:
            found.setdefault((REMEMBERED_LONGER,), []).append(each)
        elif age > AD_DEFAULT_LIFETIME:
            found.setdefault((REMEMBERED_BY_DEFAULT,), []).append(each)
    return found
