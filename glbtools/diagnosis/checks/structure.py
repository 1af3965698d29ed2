"""Single files: sizes, damage, checksums, texts, pointers, and files that cannot be of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from glbtools.binary.records import Record
from glbtools.binary.span import Fault
from glbtools.diagnosis.case import Case, logged, same_postoffice, sized
from glbtools.diagnosis.finding import Evidence, Finding, stored
from glbtools.diagnosis.wording import numbers_text, plural
from glbtools.errors import GlbError
from glbtools.evidence.contents import Artefact
from glbtools.files import base_name
from glbtools.formats import sibling
from glbtools.formats.config import REQCONF_LEAST, REQCONF_SIZE
from glbtools.formats.registry import Inspection
from glbtools.formats.transaction import parse
from glbtools.layouts import reference
from glbtools.model import doubts
from glbtools.model.channel import ranges_of
from glbtools.model.configuration import POINTERS
from glbtools.model.doubts import Doubt

DAMAGE = frozenset({"gap", "truncated", "length", "terminator", "padding", "page", "slack", "checksum"})
MOST_EVIDENCE = 20
CONTROL_SIZE = 8
"""In bytes (Q87388)."""


def check(case: Case) -> Iterator[Finding]:
    """Yield what is wrong with the files themselves."""
    for artefact, found in case.postoffice.inspections("queue", "listq"):
        yield from _queue(case, artefact, found)
    yield from _bad_modification(case)
    yield from _added_twice(case)
    yield from _sizes(case)
    yield from _counters(case)
    yield from _reqconf(case)
    yield from _srvconf(case)
    yield from _pointers(case)
    yield from _dates(case)
    yield from _keep_updates(case)
    yield from _neighbours(case)
    yield from _roles(case)
    yield from _skew(case)


def _queue(case: Case, artefact: Artefact, found: Inspection[Any]) -> Iterator[Finding]:
    path = artefact.path
    queue = artefact.name if found.entry.name == "queue" else found.content.queue or "a queue"
    damage = [each for each in found.faults if each.kind in DAMAGE and each.damage]
    texts = [each for each in found.faults if each.kind == "text"]
    unconfirmed = [each for each in found.faults if each.kind == "layout-unconfirmed"]
    if damage:
        kinds = ", ".join(sorted({each.kind for each in damage}))
        yield _finding(
            case,
            "queue-damaged",
            f"{queue} is damaged in {plural(len(damage), 'place')}: {kinds}",
            evidence=_places(path, damage),
            notes=(
                "What can be read around the damage is used; what is no record is in the file still and named here.",
            ),
            advice=("Keep the file as it is; do not let a utility create it anew before what is in it is saved.",),
        )
    if texts:
        yield _finding(
            case,
            "text-faults",
            f"{queue} holds {plural(len(texts), 'fault')} of text that Import objects to",
            evidence=_places(path, texts),
            notes=(),
            advice=("Correct the entries where they were made; the numbers go on as usual.",),
        )
    if unconfirmed:
        yield _finding(
            case,
            "layout-unconfirmed",
            f"{queue}: {unconfirmed[0].message}",
            evidence=_places(path, unconfirmed),
            notes=("The algorithm is assumed, so this says nothing about damage (docs/method.md).",),
            advice=("A layout of your own (--layout) can name another algorithm.",),
        )


def _added_twice(case: Case) -> Iterator[Finding]:
    """One address added under two names in one queue: only the first of them arrives (Q180296)."""
    queue = case.postoffice.queue("REQTRANS")
    added: dict[str, dict[str, Record]] = {}
    for record in queue.real if queue else ():
        typed = parse(record.text).transaction
        if typed is None or typed.entry is None or typed.entry.address is None:
            continue
        address = str(typed.entry.address).upper()
        if typed.code == "D":
            added.pop(address, None)
        elif typed.code == "A":
            added.setdefault(address, {}).setdefault(typed.entry.alias, record)
    for names in added.values():
        if queue is not None and len(names) > 1:
            numbers = numbers_text(ranges_of(each.sync for each in names.values()))
            yield _finding(
                case,
                "address-added-twice",
                f"{numbers} add one address under {len(names)} names: the lists take the first only",
                evidence=tuple(case.queued(only={each.sync for each in names.values()})),
                notes=("An address is unique in a list; another name for it is refused there.",),
                advice=("Give each person an address of their own where the entries are made.",),
            )


SIZES = {"CONTROL.GLB": (CONTROL_SIZE, "control-size"), "MASTER.GLB": (176, "master-size")}
"""File -> its only size, and the problem of any other (Q87388, Q141399)."""


def _sizes(case: Case) -> Iterator[Finding]:
    for name, (size, slug) in SIZES.items():
        artefact = case.postoffice.find(name)
        if artefact is not None and artefact.size != size:
            yield _finding(
                case,
                slug,
                f"{name} has {plural(artefact.size, 'byte')}; it must have {size}",
                evidence=(sized(artefact),),
                notes=(_SHORT,) if name == "CONTROL.GLB" and artefact.size < size else (),
                advice=(f"Restore {name} from a backup of this postoffice.",),
            )
    if case.postoffice.absent("CONTROL.GLB") and case.postoffice.find("MASTER.GLB"):
        yield _finding(
            case,
            "admin-notice-40",
            "CONTROL.GLB is missing: what is changed or asked for in ADMIN is not queued",
            evidence=(Evidence(f"{case.postoffice.path}/GLB/CONTROL.GLB", note="absent"),),
            notes=("MASTER.GLB is there, so that more than the files of Dir-Sync was copied.",),
            advice=("Restore CONTROL.GLB; what was changed without it was not queued and must be done again.",),
            doubts=(doubts.COPY_INCOMPLETE,),
            settled_by=("whether the copy is complete",),
        )


_SHORT = (
    "With a CONTROL.GLB that is too short ADMIN shows Notice 40 and queues nothing (Q124042): what was changed then "
    "must be done again."
)


ABNORMAL = {"user_files": 1 << 20, "mail_files": 1 << 28}
"""Counter -> from where on no postoffice has made so many files: it has at most 500 users (Q123376)."""


def _counters(case: Case) -> Iterator[Finding]:
    """Counters of CONTROL.GLB that are abnormally large (Q87388)."""
    artefact = case.postoffice.find("CONTROL.GLB")
    if artefact is None or artefact.size != CONTROL_SIZE:
        return
    try:
        found = sibling.parse(artefact.entry.read(CONTROL_SIZE), reference("control"))
    except GlbError:
        return  # It is among what could not be read.
    values = [(each, int.from_bytes(each.raw, "little")) for record in found.records for each in record]
    large = [(each, number) for each, number in values if number >= ABNORMAL[each.field.name]]
    if large:
        yield _finding(
            case,
            "control-counters",
            f"CONTROL.GLB counts {' and '.join(f'{number} {_COUNTED[each.field.name]}' for each, number in large)}",
            evidence=tuple(
                Evidence(artefact.path, span=(each.span.start, each.span.stop), field=each.field.name, value=number)
                for each, number in large
            ),
            notes=("Mail goes on; the counter shows that files of this postoffice were damaged once (Q87388).",),
            advice=("Run PODIAG, and look at the other files of this postoffice.",),
            doubts=(doubts.CHOSEN,),
        )


_COUNTED = {"user_files": "files of users and gateways", "mail_files": "files of mail"}


def _bad_modification(case: Case) -> Iterator[Finding]:
    """A malformed M in SRVTRANS makes Import hang, on every requestor that gets it (Q194819)."""
    queue = case.postoffice.queue("SRVTRANS")
    bad = [each for each in queue.real if each.text.startswith("M") and parse(each.text).faults] if queue else []
    if queue is None or not bad:
        return
    yield _finding(
        case,
        "import-hang-bad-modify",
        f"SRVTRANS holds {plural(len(bad), 'malformed modification')}: Import may hang on it, here and on every "
        "requestor",
        evidence=tuple(
            Evidence(
                queue.artefact.path,
                span=(each.start, each.stop),
                line=queue.line(each),
                field="sync",
                value=each.sync,
                note=each.text,
            )
            for each in bad
        ),
        notes=(
            "IMPORT before 3.5.30 hangs or fails on such a record; it stays in MSTTRANS until Keep Updates is "
            "over (Q194819).",
        ),
        advice=(
            "Save SRVTRANS, take the record out of a copy and let Import process the rest; correct the entry at "
            "its origin.",
        ),
        doubts=(doubts.IMPORT_MENDED, None if _hung(case) else doubts.NOT_MET_YET),
        settled_by=() if _hung(case) else ("a log of an Import that does not finish",),
    )


def _hung(case: Case) -> bool:
    """Whether the last Import that this postoffice's own logs show has begun and not finished."""
    own = [each for each in case.log if each.is_import and not base_name(each.path).startswith("CENTRAL")]
    return bool(own) and not own[-1].ends_import


def _reqconf(case: Case) -> Iterator[Finding]:
    artefact = case.postoffice.find("REQCONF.GLB")
    if artefact is None:
        if case.postoffice.absent("REQCONF.GLB"):
            yield _finding(
                case,
                "reqconf-missing-or-short",
                "REQCONF.GLB is missing: the programs do not know their numbers, their server or their types",
                evidence=(Evidence(f"{case.postoffice.path}/GLB/REQCONF.GLB", note="absent"),),
                notes=(),
                advice=_REQCONF_HELP,
                doubts=(doubts.COPY_INCOMPLETE,),
                settled_by=("whether the copy is complete",),
            )
        return
    expected = case.postoffice.layouts["reqconf"].record if case.postoffice.layouts.given("reqconf") else REQCONF_SIZE
    if artefact.size == expected:
        return
    short = artefact.size <= REQCONF_LEAST
    note = " At 100 bytes or fewer the programs report Notice 159." if short else ""
    yield _finding(
        case,
        "reqconf-missing-or-short" if short else "reqconf-damaged",
        f"REQCONF.GLB has {plural(artefact.size, 'byte')} in place of {expected}",
        evidence=(sized(artefact),),
        notes=(f"It has {expected} bytes on every postoffice (Q123437).{note}",),
        advice=_REQCONF_HELP,
    )


_REQCONF_HELP = (
    "Restore it from a backup of this postoffice; never take another postoffice's numbers for it.",
    "If there is none: copy one from another postoffice and reset it at once (LISTDS -R -Z, register the server "
    "again), delete and create the requestor on the server (Q123437). Never on the server's own postoffice.",
)


def _srvconf(case: Case) -> Iterator[Finding]:
    artefact = case.postoffice.find("SRVCONF.GLB")
    if artefact is None:
        if case.is_server and case.postoffice.absent("SRVCONF.GLB"):
            logs = case.lines(161)
            yield _finding(
                case,
                "srvconf-missing",
                "SRVCONF.GLB is missing on the server: T2 cannot run",
                evidence=(
                    Evidence(f"{case.postoffice.path}/GLB/SRVCONF.GLB", note="absent"),
                    *(logged(each) for each in logs),
                ),
                notes=(f"It is taken for the server because {case.postoffice.role_from}.",),
                advice=("Restore SRVCONF.GLB and MSTTRANS.GLB from the same backup; then Export on every postoffice.",),
                doubts=(doubts.COPY_INCOMPLETE,),
                settled_by=("whether the copy is complete",),
            )
        return
    layout = case.postoffice.layouts["srvconf"]
    rest = artefact.size - layout.header
    if rest > 0 and rest % layout.record == 0:
        return
    yield _finding(
        case,
        "srvconf-corrupt-size",
        f"SRVCONF.GLB has {plural(artefact.size, 'byte')}; it should have {layout.header} and {layout.record} for "
        "each requestor",
        evidence=(sized(artefact),),
        notes=("ADMIN up to 3.2 with some network cards wrote it in pieces that got lost (Q120449, Q107443).",),
        advice=(
            "Restore it together with MSTTRANS.GLB, or swap the server by way of a temporary one (Q96060 problem 5).",
        ),
    )


def _pointers(case: Case) -> Iterator[Finding]:
    """REQCONF's four pointers are -1 at rest (Q112301); after LISTDS -Z they may stay (Q140462)."""
    found = case.postoffice.reqconf()
    if found is None or found[1].pointers is None:
        return
    config, wrong = found[1], []
    for name, pointer in zip(POINTERS, found[1].pointers, strict=True):
        queue = case.postoffice.find(f"{name}.GLB")
        if pointer != -1 and (queue is None or queue.size == 0):
            wrong.append((name, pointer))
    if not wrong:
        return
    listed = ", ".join(f"{name} {pointer}" for name, pointer in wrong)
    reset = config.reqsync == 0 and config.srvsync == 0
    yield _finding(
        case,
        "listds-pointers-not-reset",
        f"REQCONF points into {plural(len(wrong), 'queue')} that holds nothing: {listed}"
        if len(wrong) == 1
        else f"REQCONF points into {len(wrong)} queues that hold nothing: {listed}",
        evidence=tuple(
            each for name, pointer in wrong if (each := case.stored(f"ptr_{name.lower()}", "should be -1 at rest"))
        ),
        notes=(
            "Import takes it for the place at which to go on, and reports only 45, 'File error sorting queue'.",
            "LISTDS -R -Z of 3.5 leaves these pointers as they are (Q140462)."
            if reset
            else "An Import was interrupted.",
        ),
        advice=("Set all four pointers to -1, in a copy (Q112301); no change is lost by that.",),
    )


def _dates(case: Case) -> Iterator[Finding]:
    """Dates of Export and Import survive a reset: normal (Q131681)."""
    found = case.postoffice.reqconf()
    if found is None or found[1].reqsync != 0 or found[1].srvsync != 0:
        return
    dated = [(name, when) for name in ("last_export", "last_import") if (when := getattr(found[1], name))]
    if dated:
        yield _finding(
            case,
            "export-import-dates-survive-reset",
            "the numbers are zero, and the dates of Export or Import are not: a reset leaves them",
            evidence=tuple(each for name, when in dated if (each := case.stored(name))),
            notes=("LISTDS -Z does not clear these dates; it shows that this postoffice was in use before (Q131681).",),
            advice=(),
        )


def _keep_updates(case: Case) -> Iterator[Finding]:
    """A long administrator name runs into Keep Updates (Q125512, Q111703)."""
    found = case.postoffice.srvconf()
    if found is None:
        return
    days, name = found[1].keep_updates, found[1].administrator
    if (days is None or 0 < days <= MOST_DAYS) and len(name or "") <= NAME_LIMIT:
        return
    places = tuple(
        stored(found[0].path, found[1], field)
        for field in ("keep_updates", "administrator")
        if found[1].value(field) is not None
    )
    yield _finding(
        case,
        "keep-updates-corrupted",
        f"Keep Updates is {days} days beside the administrator name {name or ''!r}",
        evidence=places,
        notes=("An administrator name of more than 8 characters is written over it by ADMIN before 3.2.13 (Q125512).",),
        advice=("Give the administrator's mailbox a name of 8 characters at most, and set Keep Updates again.",),
        doubts=(doubts.CHOSEN,),
    )


def _neighbours(case: Case) -> Iterator[Finding]:
    """Sizes that checkers rely on, of files that are judged only where they are (ruling 5)."""
    for artefact in case.postoffice.artefacts:
        size, name = artefact.size, artefact.name
        rule = next((each for each in RECORDS if fnmatchcase(name, each.name)), None)
        if rule is None or rule.fits(size):
            continue
        message, place = f"{name} has {plural(size, 'byte')}; it should have {rule}", (sized(artefact),)
        if name == "PROCESS.GLB":
            yield _finding(case, "process-glb-faults", message, evidence=place, notes=_SIZES, advice=_PROCESS_HELP)
        elif name in ("SYSTEM.KEY", "INQUEUE.KEY", "SYSTEM.MBG", "INQUEUE.MBG"):
            yield _finding(case, "mailbag-damaged", message, evidence=place, notes=_SIZES, advice=_MAILBAG_HELP)
        else:
            yield _finding(case, "list-size", message, evidence=place, notes=_SIZES, advice=_LIST_HELP)


class _Records(NamedTuple):
    """Which sizes the files of one name have: a header, and any number of records of one size."""

    name: str
    record: int
    header: int = 0
    single: bool = False

    def fits(self, size: int) -> bool:
        """Whether a file of so many bytes may be."""
        if self.single:
            return size == self.record
        return size >= self.header and (size - self.header) % self.record == 0

    def __str__(self) -> str:
        if self.single:
            return f"exactly {self.record}"
        return f"{self.header} and {self.record} for each record" if self.header else f"a multiple of {self.record}"


RECORDS = (
    _Records("*.KEY", 560, single=True),
    _Records("*.MBG", 116),
    _Records("*.NME", 45),
    _Records("*.USR", 53),
    _Records("*.XTN", 698),
    _Records("*.GRP", 8),
    _Records("PROCESS.GLB", 197, 512),
    _Records("NETPO.GLB", 43, 4),
    _Records("GROUP.GLB", 51, 4),
    _Records("GRPMEM.GLB", 128, 4),
    _Records("NETWORK.GLB", 122),
    _Records("ACCESS.GLB", 586),
    _Records("ACCESS2.GLB", 69),
    _Records("ACCESS3.GLB", 512),
    _Records("GLOBAL.GLB", 512, single=True),
    _Records("MODEM.GLB", 64, single=True),
    _Records("TID.GLB", 4, single=True),
)
"""The sizes of the files of a postoffice that Q77926 lists, without those that have a finding of their own."""


MOST_DAYS = 999
FAR_BEHIND = 1000
NAME_LIMIT = 8
_SIZES = ("The sizes are those that the vendor's checkers go by (Q77926, Q148705).",)
_PROCESS_HELP = ("Cut it to 512 bytes and enter the schedule again (Q119111).",)
_LIST_HELP = (
    "Compare it with the file on the postoffice: a copy may be cut short. If it is the same there, run PODIAG, or "
    "restore the file from a backup of this postoffice.",
)
_MAILBAG_HELP = (
    "Compress the mailbag, or empty it with its key as Q108844 describes; what is in transit is sent again.",
)


def _roles(case: Case) -> Iterator[Finding]:
    """SRVCONF on a postoffice that another one serves; a postoffice without a name."""
    reqconf, srvconf = case.postoffice.reqconf(), case.postoffice.srvconf()
    server = reqconf[1].server if reqconf else None
    if srvconf and server and case.postoffice.name and not same_postoffice(server, case.postoffice.name):
        yield _finding(
            case,
            "role-conflict",
            f"{case.postoffice.name} has a SRVCONF and yet names {server} as its server",
            evidence=(
                case.stored("server"),
                Evidence(srvconf[0].path, span=None, line=None, field="", value=None, note="is there"),
            ),
            notes=("It was the server once, or one of the two files is another postoffice's.",),
            advice=("Find out which postoffice runs T2 now; two servers lose each other's changes.",),
            doubts=(doubts.ANOTHERS_REQCONF,),
        )
    elif srvconf and not server and case.server and case.server.postoffice is not case.postoffice:
        yield _finding(
            case,
            "role-conflict",
            f"{case.postoffice.shown} has a SRVCONF, and {case.server.postoffice.shown} is the server",
            evidence=(
                Evidence(srvconf[0].path, span=None, line=None, field="", value=None, note="is there"),
                Evidence(case.server.artefact.path, span=None, line=None, field="", value=None, note="is used"),
            ),
            notes=("Its own REQCONF names no server. What its SRVCONF says of the others is not looked at here.",),
            advice=("Find out which postoffice runs T2 now; two servers lose each other's changes.",),
            doubts=(doubts.SERVES_NOW,),
        )
    yield from _other_server(case, server)
    yield from _beyond_repair(case)
    if case.postoffice.name is None and not case.postoffice.flat:
        yield _finding(
            case,
            "name-unknown",
            "no file says which postoffice this is",
            evidence=(Evidence(case.postoffice.path, note="the directory"),),
            notes=("What needs the server's record of it stays unknown.",),
            advice=("Give the server's files too, or name the directory after the postoffice.",),
        )


def _other_server(case: Case, server: str | None) -> Iterator[Finding]:
    """A requestor that names another server than the one given: one of the two was renamed (Q114246)."""
    if case.is_server or case.server is None or not server or case.server.postoffice.name is None:
        return
    if same_postoffice(server, case.server.postoffice.name):
        return
    yield _finding(
        case,
        "network-name-change",
        f"{case.postoffice.shown} sends to {server}; the server given is {case.server.postoffice.name}",
        evidence=(case.stored("server"), case.served("name")),
        notes=("A network or postoffice was renamed, or this postoffice belongs to another server.",),
        advice=("Register the server again on this postoffice and this postoffice on the server; Export (Q114246).",),
        doubts=(doubts.ANOTHERS_REQUESTOR,),
        settled_by=("the server's name at that time",),
    )


def _beyond_repair(case: Case) -> Iterator[Finding]:
    """The server's own requestor is stuck by more than exports can make up for (Q119452 case 2, Q257740)."""
    own = case.numbers
    if not case.is_server or own.confirmed is None or own.last is None or own.confirmed - own.last < FAR_BEHIND:
        return
    yield _finding(
        case,
        "global-reset-needed",
        f"the server's own queue ends {own.confirmed - own.last} numbers below what is confirmed",
        evidence=(case.stored("reqsync"),),
        notes=(
            "Exports would have to make up for all of them; the server's own requestor has no other way (Q119452).",
        ),
        advice=(
            "A global reset begins by deleting SRVCONF and MSTTRANS: save both, and plan it for all postoffices "
            "(Q257740).",
        ),
    )


# --- files of different moments ----------------------------------------------------------------------------------


def _skew(case: Case) -> Iterator[Finding]:
    apart = case.skew
    if apart is None:
        return
    earlier, later = apart
    queue, server = case.postoffice.queue("REQTRANS"), case.server
    assert queue is not None
    assert server is not None
    yield _finding(
        case,
        "snapshot-skew",
        f"the listing of REQTRANS ({later:%Y-%m-%d}) is later than that of the configuration ({earlier:%Y-%m-%d})",
        evidence=(
            Evidence(
                queue.artefact.path, None, queue.lines[0] if queue.lines else None, "stamp", later.isoformat(sep=" ")
            ),
            Evidence(server.artefact.path, None, None, "last update received", earlier.isoformat(sep=" ")),
        ),
        notes=("That they belong together is an assumption; what is concluded from both is no more than likely.",),
        advice=("List both again at the same time.",),
    )


# --- parts -------------------------------------------------------------------------------------------------------


def _places(path: str, faults: list[Fault]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            path,
            span=(each.span.start, each.span.stop),
            line=each.line,
            field=each.kind,
            value=each.number,
            note=each.message,
        )
        for each in faults[:MOST_EVIDENCE]
    )


def _finding(
    case: Case,
    slug: str,
    message: str,
    evidence: tuple[Evidence | None, ...],
    notes: tuple[str, ...],
    advice: tuple[str, ...],
    settled_by: tuple[str, ...] = (),
    doubts: tuple[Doubt | None, ...] = (),
) -> Finding:
    return case.finding(
        slug,
        message,
        evidence,
        doubts=doubts,
        notes=tuple(each for each in notes if each),
        help=advice,
        settled_by=settled_by,
    )
