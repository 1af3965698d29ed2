"""The table of problems: everything ``diagnose`` can find in postoffices, directory dumps and synchronized pairs.

A problem is a kind; one occurrence of it is a ``Finding``. A code is a letter for the area and three digits. It is
never given to another problem, not even when its own is withdrawn. The hundreds group what belongs together; 9xx is
what is normal and only looks like a fault. The severity is the worst an occurrence can have; a check may state less.

The page of a problem is ``explain/<slug>.md`` beside this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from glbtools.errors import UsageError

SEVERITIES = ("error", "warning", "note")
"""Most serious first. An error loses changes or stops a step, a warning wants a look, a note is normal or history."""

REPAIRS = ("safe", "unsafe", "none")
"""What ``rebuild`` can do: without asking; only with ``--unsafe``, as it changes what the files mean; or nothing."""

AREAS: Mapping[str, str] = MappingProxyType(
    {
        "Q": "queue file",
        "C": "configuration file",
        "U": "upload, requestor to server",
        "D": "download, server to requestor",
        "P": "state of the postoffice",
        "L": "logs",
        "S": "schedule and transport",
        "X": "Exchange directory and its successors",
        "I": "incremental change synchronization",
    }
)


class Problem(NamedTuple):
    """A kind of fault, or a normal state that is easily taken for one.

    Attributes:
        code: a letter of ``AREAS`` and three digits.
        slug: its name, which is also the name of its page.
        severity: the worst it can be, one of ``SEVERITIES``.
        title: what is the case, in a few words; no advice.
        repair: what ``rebuild`` can do, one of ``REPAIRS``.
        sources: the Knowledge Base articles it rests on; what came after Dir-Sync is also described elsewhere: in pages
            of the Exchange SDK (``SDK:page``), in open specifications (``MS-OXCFXICS``) and in Microsoft's public
            documentation (``MSsup:page``, ``MSwin32:page``).
    """

    code: str
    slug: str
    severity: str
    title: str
    repair: str
    sources: tuple[str, ...]


def _row(code: str, slug: str, severity: str, repair: str, title: str, sources: str) -> Problem:
    return Problem(code, slug, severity, title, repair, tuple(sources.split()))


PROBLEMS: tuple[Problem, ...] = (
    # Queue files: framing and texts.
    _row(
        "Q101",
        "queue-damaged",
        "error",
        "unsafe",
        "a queue file holds bytes that are no whole record",
        "Q96060 Q103421 Q120449",
    ),
    _row(
        "Q102",
        "text-faults",
        "warning",
        "none",
        "a queue holds transactions that Import would refuse",
        "Q96001 Q96002 Q96003",
    ),
    _row(
        "Q103",
        "layout-unconfirmed",
        "note",
        "none",
        "no stored checksum of a queue agrees with the assumed layout",
        "Q96060 Q110496",
    ),
    _row(
        "Q104",
        "address-added-twice",
        "note",
        "none",
        "one queue adds one address under two names",
        "Q180296",
    ),
    _row(
        "Q201",
        "msttrans-missing",
        "error",
        "unsafe",
        "the server has no MSTTRANS.GLB",
        "Q112280 Q134753",
    ),
    _row(
        "Q202",
        "msttrans-corrupt",
        "error",
        "unsafe",
        "MSTTRANS does not end at the number that SRVCONF names, or is damaged",
        "Q96060 Q96003 Q103421",
    ),
    _row(
        "Q203",
        "import-hang-bad-modify",
        "error",
        "unsafe",
        "a malformed modification makes Import hang on every postoffice",
        "Q194819",
    ),
    _row(
        "Q204",
        "msttrans-gap",
        "warning",
        "none",
        "MSTTRANS skips numbers that a requestor has still to receive",
        "Q118298 Q103421 Q96003",
    ),
    # Configuration files: the requestor's, the server's, and what the two say of each other.
    _row(
        "C101",
        "reqconf-missing-or-short",
        "error",
        "unsafe",
        "REQCONF.GLB is missing or too short to be used",
        "Q123437 Q148705",
    ),
    _row(
        "C102",
        "reqconf-damaged",
        "error",
        "unsafe",
        "REQCONF.GLB has a wrong size or values that cannot be",
        "Q77926 Q123437 Q148705",
    ),
    _row(
        "C103",
        "listds-pointers-not-reset",
        "error",
        "safe",
        "a pointer in REQCONF is not at rest although its queue is empty",
        "Q140462 Q112301",
    ),
    _row(
        "C201",
        "srvconf-missing",
        "error",
        "unsafe",
        "the server has no SRVCONF.GLB",
        "Q96004 Q136487 Q96060",
    ),
    _row(
        "C202",
        "srvconf-corrupt-size",
        "error",
        "unsafe",
        "SRVCONF has a wrong size, or the server's own record is missing from it",
        "Q96060 Q120449 Q107443 Q96004",
    ),
    _row(
        "C203",
        "srvconf-corrupt-157-161",
        "error",
        "none",
        "SRVMAIN takes SRVCONF for another version",
        "Q96060 Q120449 Q103421",
    ),
    _row(
        "C204",
        "keep-updates-corrupted",
        "warning",
        "unsafe",
        "the number of days that the server keeps updates is implausible",
        "Q125512 Q111703 Q107443",
    ),
    _row(
        "C301",
        "requestor-not-registered",
        "error",
        "none",
        "the server does not know a postoffice that sends to it",
        "Q96004 Q99268 Q96060",
    ),
    _row(
        "C302",
        "bad-password",
        "error",
        "none",
        "the server refuses a requestor's password",
        "Q125917 Q96004 Q116435",
    ),
    _row(
        "C303",
        "network-name-change",
        "warning",
        "none",
        "a postoffice goes by different names in different files",
        "Q114246 Q96060 Q109256",
    ),
    _row(
        "C901",
        "export-import-dates-survive-reset",
        "note",
        "none",
        "numbers are zero beside dates of an Export or Import",
        "Q131681",
    ),
    # Upload: 1xx stranded at the requestor, 2xx lost at the server, 3xx refused by the server, 4xx stopped.
    _row(
        "U101",
        "stranded-transactions",
        "error",
        "safe",
        "changes lie at or below the confirmed number and will never be sent",
        "Q119452 Q133428 Q96060 Q119014",
    ),
    _row(
        "U102",
        "reqtrans-deleted-zero-byte",
        "error",
        "safe",
        "REQTRANS is empty although numbers have been confirmed",
        "Q119014 Q133428 Q96060 Q119452",
    ),
    _row(
        "U103",
        "reqtrans-missing",
        "error",
        "safe",
        "REQTRANS.GLB is missing",
        "Q119017 Q119014 Q103421 Q114395 Q110496",
    ),
    _row(
        "U104",
        "reqtrans-podiag-dummy-60",
        "warning",
        "safe",
        "REQTRANS was made by the diagnostic utility after it had been lost",
        "Q110496 Q125245",
    ),
    _row(
        "U105",
        "reqtrans-49-byte-idle",
        "warning",
        "safe",
        "the last record has another number than the confirmed one",
        "Q133428 Q96060",
    ),
    _row(
        "U106",
        "resync-after-adds",
        "warning",
        "safe",
        "a RESYNC was applied after changes had been made, and has overtaken them",
        "Q119452 Q119449 Q119450",
    ),
    _row(
        "U107",
        "server-own-requestor-stranded",
        "note",
        "none",
        "the server itself is stuck, and the usual remedies fail",
        "Q119452 Q119014 Q96060 Q131681 Q123437",
    ),
    _row(
        "U108",
        "silent-export",
        "warning",
        "none",
        "an Export is dated but seems to have left no record",
        "Q119017",
    ),
    _row(
        "U201",
        "server-restored-from-backup",
        "error",
        "unsafe",
        "the server went back in time and lacks confirmed changes",
        "Q113453 Q96060 Q103421",
    ),
    _row(
        "U301",
        "reqconf-cloned-or-restored",
        "error",
        "unsafe",
        "a requestor went back in time, or has another's REQCONF",
        "Q96060 Q119449",
    ),
    _row(
        "U302",
        "requestor-reset-incomplete",
        "error",
        "unsafe",
        "a requestor was reset, but its record on the server was not",
        "Q96060 Q119452 Q131681 Q180297 Q180434",
    ),
    _row(
        "U401",
        "requestor-crc-poison-record",
        "error",
        "unsafe",
        "a record with a wrong checksum stops every change behind it",
        "Q96060 Q103421 Q120449",
    ),
    _row(
        "U402",
        "reqtrans-never-drained",
        "warning",
        "none",
        "REQTRANS only grows, because nothing was ever sent from here",
        "Q104743",
    ),
    _row(
        "U901",
        "nothing-to-send",
        "note",
        "none",
        "there is nothing to send, and that is in order",
        "Q149271 Q133428",
    ),
    _row(
        "U902",
        "resync-inflated-reqsync",
        "note",
        "none",
        "a RESYNC raised ReqSync above what the server has from here",
        "Q119449 Q119452",
    ),
    _row(
        "U903",
        "acknowledged-records-kept",
        "note",
        "none",
        "REQTRANS still holds changes at or below the confirmed number",
        "Q133428 Q96060",
    ),
    # Download: 1xx the server cannot send, 2xx the requestor refuses.
    _row(
        "D101",
        "requestor-inactive-window",
        "error",
        "none",
        "updates were purged before a requestor had received them",
        "Q108067 Q96004 Q257740 Q109256 Q112280",
    ),
    _row(
        "D102",
        "server-reenabled-or-replaced",
        "error",
        "unsafe",
        "the server counts from 1 again, behind its requestors",
        "Q103421 Q96060 Q269129 Q180297 Q257740",
    ),
    _row(
        "D103",
        "server-restored-own-requestor",
        "error",
        "none",
        "the server's own files are of different days",
        "Q96060 Q113453",
    ),
    _row(
        "D201",
        "requestor-readded",
        "error",
        "unsafe",
        "a requestor was registered anew and refuses every update in silence",
        "Q99961",
    ),
    # The state of a postoffice: leftover files, moments, mailbags, names.
    _row(
        "P101",
        "temp-files-leftover",
        "warning",
        "safe",
        "working files of an unfinished Import are left over",
        "Q96060 Q122750 Q148705 Q112301",
    ),
    _row(
        "P102",
        "srvtrans-leftover-13",
        "error",
        "safe",
        "Import cannot get at SRVTRANS, and the updates in it wait",
        "Q174164",
    ),
    _row(
        "P103",
        "usrtrans-corrupt-45-150",
        "error",
        "safe",
        "Import cannot sort USRTRANS",
        "Q112301",
    ),
    _row(
        "P104",
        "import-rename-7",
        "error",
        "safe",
        "Import could not rename its new list, and posted nothing",
        "Q134228 Q148811",
    ),
    _row(
        "P201",
        "resync-left-on-server",
        "warning",
        "safe",
        "RESYNC.GLB lies on the server",
        "Q96060 Q156124 Q119014",
    ),
    _row(
        "P202",
        "resync-not-consumed",
        "warning",
        "unsafe",
        "RESYNC.GLB on a requestor was not processed",
        "Q122750 Q122689 Q111703 Q111556 Q148770",
    ),
    _row(
        "P301",
        "snapshot-skew",
        "warning",
        "none",
        "two files cannot be of the same moment",
        "Q96060 Q133428",
    ),
    _row(
        "P302",
        "counters-went-back",
        "error",
        "none",
        "a counter is lower than in the older evidence",
        "Q113453 Q96060",
    ),
    _row(
        "P303",
        "records-vanished",
        "error",
        "unsafe",
        "changes of the older evidence are gone, and nothing confirms them",
        "Q119014 Q119017 Q133428",
    ),
    _row(
        "P401",
        "mailbag-damaged",
        "warning",
        "none",
        "a mailbag or its key file has an impossible size",
        "Q148705 Q77926 Q104279 Q108844",
    ),
    _row(
        "P501",
        "role-conflict",
        "warning",
        "none",
        "the files disagree about which postoffice is the server",
        "Q96060 Q136487",
    ),
    _row(
        "P502",
        "name-unknown",
        "note",
        "none",
        "no file tells the name of this postoffice",
        "Q96060 Q125917",
    ),
    _row(
        "P503",
        "global-reset-needed",
        "note",
        "none",
        "most requestors are out of step with the server",
        "Q257740 Q96060 Q269129",
    ),
    _row(
        "P504",
        "control-size",
        "warning",
        "none",
        "CONTROL.GLB has not its only size",
        "Q87388",
    ),
    _row(
        "P505",
        "master-size",
        "warning",
        "none",
        "MASTER.GLB has not its only size",
        "Q141399",
    ),
    # Logs: 1xx T3 at the requestor, 2xx T2 at the server, 3xx RESYNC, 4xx and 8xx whatever is left.
    _row(
        "L101",
        "error-150-space-rights",
        "error",
        "none",
        "updates could not be stored for want of space, rights or memory",
        "Q96060 Q96004",
    ),
    _row(
        "L102",
        "import-not-run-bad-password",
        "error",
        "none",
        "updates were received and Import did not run",
        "Q148771",
    ),
    _row(
        "L103",
        "import-locked-91",
        "error",
        "none",
        "Import found the database locked",
        "Q148705",
    ),
    _row(
        "L104",
        "system-mbg-locked-t3",
        "warning",
        "none",
        "the requestor could not read its system mailbag",
        "Q138783",
    ),
    _row(
        "L105",
        "gal-rebuild-failures",
        "warning",
        "none",
        "the global address list could not be rebuilt",
        "Q96060 Q99117 Q104870 Q135486 Q119018 Q148364 Q108831 Q193676 Q138737",
    ),
    _row(
        "L106",
        "gal-not-active",
        "warning",
        "none",
        "rebuilding the global address list is switched off here",
        "Q105965",
    ),
    _row(
        "L107",
        "content-level-poison",
        "warning",
        "none",
        "the same faulty entry is refused again and again",
        "Q123398 Q128872 Q122689",
    ),
    _row(
        "L201",
        "system-mbg-duplicates",
        "error",
        "none",
        "duplicate headers in the server's mailbag stop every update",
        "Q127752 Q111703",
    ),
    _row(
        "L202",
        "invalid-server-request-133",
        "warning",
        "none",
        "the server found its own update in its mailbag",
        "Q108844 Q96060",
    ),
    _row(
        "L203",
        "transaction-limit",
        "error",
        "none",
        "a full list is larger than the requestor's limit and is not sent",
        "Q119450 Q133719 Q96004 Q156063",
    ),
    _row(
        "L204",
        "foreign-inbody",
        "error",
        "none",
        "a reply in the body of a message is too large for the server's memory",
        "Q123857",
    ),
    _row(
        "L205",
        "att-dir-missing",
        "warning",
        "none",
        "the server could not file a requestor's status report",
        "Q112303",
    ),
    _row(
        "L206",
        "server-t2-crash",
        "warning",
        "none",
        "a damaged DSSERVER.LOG can crash the server's run",
        "Q125918 Q111703",
    ),
    _row(
        "L301",
        "resync-error-14",
        "error",
        "none",
        "RESYNC.GLB could not be processed",
        "Q215505 Q96001",
    ),
    _row(
        "L302",
        "resync-gateway-44",
        "note",
        "none",
        "a list names a gateway that is not installed here",
        "Q122751",
    ),
    _row(
        "L303",
        "resync-extract-bad-lists",
        "warning",
        "none",
        "full lists carry on faults of the server's gateway lists",
        "Q119240",
    ),
    _row(
        "L401",
        "ds-msg-missing",
        "warning",
        "none",
        "the programs cannot find their message texts",
        "Q130064 Q135868 Q95521",
    ),
    _row(
        "L402",
        "entry-refused-repeatedly",
        "warning",
        "none",
        "Import refuses the same entry day after day",
        "Q140961 Q118447",
    ),
    _row(
        "L801",
        "logged-error",
        "error",
        "none",
        "a log reports an error that nothing else here explains",
        "Q96001 Q96002 Q96003 Q96004",
    ),
    # Schedule and transport: 1xx when, 2xx how.
    _row(
        "S101",
        "cycle-order-wrong",
        "warning",
        "none",
        "sending, collecting and receiving do not follow each other in time",
        "Q96060 Q131509",
    ),
    _row(
        "S102",
        "multiple-t2-import-lost",
        "warning",
        "none",
        "the server ran twice between an Import request and its reply",
        "Q142841",
    ),
    _row(
        "S103",
        "missed-run-window",
        "warning",
        "none",
        "a step was not started in its run window",
        "Q148718 Q96060 Q119590",
    ),
    _row(
        "S104",
        "dst-shift",
        "warning",
        "none",
        "runs are off by exactly one hour since a change of clocks",
        "Q96060 Q118621 Q119111 Q135352 Q101753",
    ),
    _row(
        "S105",
        "process-glb-faults",
        "warning",
        "none",
        "PROCESS.GLB has an impossible size or a faulty schedule",
        "Q119111 Q197407 Q77926 Q119590",
    ),
    _row(
        "S106",
        "stale-t2-on-requestor",
        "warning",
        "none",
        "a postoffice that is not the server still runs the server's step",
        "Q136487 Q96060",
    ),
    _row(
        "S107",
        "nsda-exit-codes",
        "error",
        "none",
        "Dispatch reports that a step failed",
        "Q132731 Q148705 Q105566",
    ),
    _row(
        "S201",
        "p1-stranded",
        "warning",
        "none",
        "messages wait in P1 for a transport that does not come",
        "Q96060 Q148707 Q134382",
    ),
    _row(
        "S202",
        "inqueue-missing",
        "error",
        "none",
        "the mailbag for outgoing messages is missing or unusable",
        "Q130449 Q136333 Q104279",
    ),
    _row(
        "S203",
        "admin-notice-40",
        "error",
        "none",
        "something that ADMIN needs to queue changes or requests is missing",
        "Q114395 Q124042 Q119017",
    ),
    _row(
        "S901",
        "one-cycle-lag",
        "note",
        "none",
        "changes or acknowledgments wait for the next step of the cycle",
        "Q96060 Q133428",
    ),
    _row(
        "S902",
        "requestor-late-modem",
        "note",
        "none",
        "a requestor is regularly one cycle late",
        "Q101137",
    ),
    # Directories that number their changes.
    _row(
        "X101",
        "dump-damaged",
        "error",
        "none",
        "lines of a directory dump cannot be read",
        "Q184532 Q239639",
    ),
    _row(
        "X102",
        "deletions-not-shown",
        "warning",
        "none",
        "no deletion can be seen in a directory dump",
        "Q239639 SDK:structs_4nxv",
    ),
    _row(
        "X103",
        "dump-cut-short",
        "error",
        "none",
        "a directory dump does not hold all that was asked for",
        "MSsup:view-set-ldap-policy-using-ntdsutil",
    ),
    _row(
        "X201",
        "usn-wrong-server",
        "error",
        "none",
        "a number of one directory is used with another's dump",
        "SDK:samples1_5h7n SDK:props3_5smd",
    ),
    _row(
        "X202",
        "usn-missed-deletion",
        "error",
        "none",
        "a deletion was forgotten before everybody had heard of it",
        "Q239639 Q183739 Q179573",
    ),
    _row(
        "X203",
        "usn-above-head",
        "warning",
        "none",
        "objects are numbered above their server's highest number",
        "Q243438",
    ),
    _row(
        "X301",
        "backsync-restored-directory",
        "error",
        "none",
        "a directory went back in time",
        "Q190703 Q160850 Q201414",
    ),
    _row(
        "X302",
        "vector-undecided",
        "warning",
        "none",
        "what vectors of up-to-dateness show of a server cannot be told",
        "MSsup:detect-and-recover-from-usn-rollback "
        "MSsup:abandoned-objects-block-replication-global-catalog-naming-contexts",
    ),
    _row(
        "X401",
        "replication-failing",
        "warning",
        "none",
        "replication links fail",
        "MSsup:common-active-directory-replication-errors MSsup:replication-error-8606",
    ),
    _row(
        "X402",
        "replication-disabled",
        "error",
        "none",
        "replication is switched off at a domain controller",
        "MSsup:replication-error-8456-8457 MSsup:detect-and-recover-from-usn-rollback",
    ),
    # Incremental change synchronization.
    _row(
        "I101",
        "ics-source-restored",
        "error",
        "none",
        "the source is not what the target was synchronized with",
        "SDK:intrface_2u9f MS-OXCFXICS",
    ),
    _row(
        "I102",
        "ics-changes-purged",
        "error",
        "none",
        "changes were purged at the source before the target had them",
        "SDK:intrface_2u9f",
    ),
    _row(
        "I201",
        "ics-lost-message",
        "warning",
        "none",
        "the two ends of a pair do not agree how far it has got",
        "SDK:intrface_2u9f",
    ),
    _row(
        "I202",
        "ics-message-refused",
        "warning",
        "none",
        "messages of a pair were refused and set aside",
        "SDK:intrface_2u9f",
    ),
    _row(
        "I301",
        "ics-conflict",
        "warning",
        "none",
        "objects were changed on both sides of a pair",
        "SDK:intrface_2u9f MS-OXCFXICS",
    ),
    _row(
        "I302",
        "ics-parentless",
        "warning",
        "none",
        "objects at the target of a pair have no parent there",
        "SDK:intrface_2u9f MS-OXCFXICS",
    ),
)

BY_SLUG: Mapping[str, Problem] = MappingProxyType({each.slug: each for each in PROBLEMS})
BY_CODE: Mapping[str, Problem] = MappingProxyType({each.code: each for each in PROBLEMS})


def by_slug(slug: str) -> Problem:
    """Return the problem of that name.

    Raises:
        KeyError: the table has no such row; slugs in the program are fixed, so this is a mistake of the program.
    """
    return BY_SLUG[slug]


def by_code(code: str) -> Problem:
    """Return the problem with that code.

    Raises:
        KeyError: the table has no such row.
    """
    return BY_CODE[code]


def find(text: str) -> Problem:
    """Return the problem that a user names by code or slug, in any case.

    Raises:
        UsageError: there is none; names that come near are part of the message.
    """
    wanted = text.strip()
    found = BY_CODE.get(wanted.upper()) or BY_SLUG.get(wanted.lower())
    if found is None:
        near = _near(wanted)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"no problem has the code or name {text!r}{hint}")
    return found


def explain(problem: Problem) -> str:
    """Return the page of a problem: Markdown under fixed headings."""
    return (Path(__file__).parent / "explain" / f"{problem.slug}.md").read_text(encoding="utf-8")


def _near(wanted: str) -> list[str]:
    """Return up to three problems, as ``slug (code)``, that a mistyped or shortened name may mean."""
    from difflib import get_close_matches

    slug = "-".join(wanted.lower().replace("_", " ").split())
    close = [
        *get_close_matches(slug, BY_SLUG, cutoff=0.75),
        *([each for each in BY_SLUG if slug in each] if len(slug) > 2 else []),
        *[BY_CODE[code].slug for code in get_close_matches(wanted.upper(), BY_CODE, cutoff=0.7)],
        *get_close_matches(slug, BY_SLUG),
    ]
    return [f"{each} ({BY_SLUG[each].code})" for each in dict.fromkeys(close)][:3]
