"""The words for what logs show: one entry for each cause, and for each message that is no problem of its own."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """What is said about a cause that lines show.

    Attributes:
        what: the fault, without final stop; ``{named}`` stands for what the lines name, ``{po}`` for the postoffice.
        notes: the reason and what is normal about it.
        help: what to do, and what not.
        key: what sets occurrences apart: ``address``, ``code`` or nothing.
    """

    what: str
    notes: tuple[str, ...]
    help: tuple[str, ...]
    key: str = ""


class Message(NamedTuple):
    """A message without a problem of its own.

    Attributes:
        severity: what it costs.
        what: the fault.
        help: what to do.
    """

    severity: str
    what: str
    help: str


MESSAGES: dict[int, Message] = {
    8: Message("warning", "a system message could not be removed", "Look for a lock on SYSTEM.MBG and its key file."),
    9: Message(
        "error", "a program ran out of memory", "Free conventional memory for the machine that runs it (Q96001)."
    ),
    30: Message(
        "error",
        "Import could not get at a transaction file",
        "See that no program holds the queues open; run IMPORT -Q again.",
    ),
    67: Message(
        "note", "a RESYNC was asked for on a postoffice that is not the server", "Run IMPORT -S on the server."
    ),
    90: Message(
        "warning",
        "Import left transactions unprocessed",
        "Look for the failure before these lines; it is in no line given.",
    ),
    104: Message(
        "error", "the requestor's program gave up", "Look for the failure before this line; it is in no line given."
    ),
    116: Message(
        "warning",
        "a system message came without its attachment",
        "Wait one cycle; what was not acknowledged is sent again.",
    ),
    123: Message(
        "warning", "the server could not save copies of MSTTRANS and SRVCONF", "Make room on the server's disk."
    ),
    124: Message(
        "warning", "the server received a message of an invalid form", "Look at what the foreign requestor sends."
    ),
    125: Message(
        "warning",
        "an attachment could not be copied",
        "Make room on the disk, and see that ATT and its directories are there.",
    ),
    151: Message(
        "warning", "REQCONF was in use by another program", "Let no other program, ADMIN included, run at that time."
    ),
    152: Message(
        "error", "T1 could not send", "Look for the failure before this line; nothing is lost, T1 sends again."
    ),
    154: Message(
        "note",
        "a message that is no Dir-Sync mail reached the system mailbox and was passed to the administrator",
        "Nothing needs to be done here; the sender used the wrong mailbox.",
    ),
    155: Message(
        "warning",
        "the server received a request it does not know",
        "Look at the TASK that the foreign requestor names.",
    ),
    157: Message(
        "error",
        "a program found another version than its own",
        "Bring programs and files of the postoffice to one version.",
    ),
    161: Message(
        "error",
        "the server's configuration was in use or could not be read",
        "End what holds SRVCONF.GLB open; T2 must run again.",
    ),
    162: Message(
        "error",
        "the server could not send its updates",
        "Make room on the server's disk, and see that it can write to MAI, ATT and MBG.",
    ),
    163: Message(
        "error",
        "the server could not copy its updates",
        "Make room on the server's disk, and see that it can write to MAI, ATT and MBG.",
    ),
}
"""Messages that are reported as ``logged-error`` whatever their severity, in words."""

IMPORT_AGAIN = "Then run IMPORT ADMIN -P -Y -Q again: the updates wait in SRVTRANS."

KINDS: dict[str, Kind] = {
    "reqtrans-missing": Kind(
        "REQTRANS could not be opened",
        ("While REQTRANS is missing nothing is sent and no change is queued (Q119017).",),
        ("If an Export was made in that time, make it again.",),
    ),
    "msttrans-missing": Kind(
        "the server could not open MSTTRANS",
        ("Without MSTTRANS the server can neither take nor send changes (Q112280).",),
        ("Restore MSTTRANS from a backup, then Export on every postoffice.",),
    ),
    "msttrans-corrupt": Kind(
        "the server could not read MSTTRANS",
        ("Message 110 means that its last record could not be read (Q96003).",),
        (
            "Wait one cycle. If it stays, restore MSTTRANS and SRVCONF from one backup, then Export on every "
            "postoffice.",
        ),
    ),
    "requestor-inactive-window": Kind(
        "the server no longer had updates that {po} had not received",
        ("What is older than Keep Updates is purged from MSTTRANS (Q108067).",),
        (
            "On that postoffice both Export and Import: Config, Dir-Sync, Requestor (Q108067).",
            "Import replaces its lists by the server's; addresses added locally must be added again.",
        ),
        "address",
    ),
    "transaction-limit": Kind(
        "a full list for {po} is larger than its limit, and the server does not send it",
        (
            "Ordinary updates above the limit are spread over several cycles; a full list cannot be (Q133719).",
            "118 and 166 are one event: the limit, and that the list must be brought by hand (Q119450).",
        ),
        (
            "RESYNC: IMPORT -S on the server, copy RESYNC.GLB to that postoffice, delete it on the server, "
            "IMPORT -Q there.",
            "Do that before changes are made there: RESYNC overtakes what waits in REQTRANS (Q119452).",
        ),
        "address",
    ),
    "requestor-not-registered": Kind(
        "the server does not know {po}",
        ("What it has sent stays in its REQTRANS until the server acknowledges it (Q96004).",),
        (
            "Register it on the server under its exact name: Config, Dir-Sync, Server, Requestors.",
            "A name that is only PCM: comes from a foreign requestor that gives its name wrongly (Q99268).",
        ),
        "address",
    ),
    "srvconf-corrupt-size": Kind(
        "the server is not registered as its own requestor",
        ("The server is registered as its own requestor when it is enabled (Q96060).",),
        ("Swap the server by way of a temporary one, as Q96060 describes for problem 5.",),
    ),
    "bad-password": Kind(
        "the server refused the password of {po}",
        (
            "SRVMAIN 3.2a also refuses a right one when another requestor registered later has a name that "
            "begins this one's "
            "(Q125917).",
        ),
        ("Set the same password on both sides: Config, Dir-Sync. Nothing is lost meanwhile.",),
        "address",
    ),
    "stale-t2-on-requestor": Kind(
        "the server's step, T2, is run for a postoffice that is not the server",
        ("It was the server once, or was scheduled by mistake; Dir-Sync itself is in order (Q136487).",),
        (
            "Remove T2 from its schedule: DSSCHED -X, edit, DSSCHED -I; then reset SYSTEM.MBG and its key file.",
            "Do not enable the server on it.",
        ),
    ),
    "srvconf-missing": Kind("the server's configuration is missing", (), ()),
    "srvconf-corrupt-157-161": Kind(
        "the server takes SRVCONF for one of another version",
        (
            "Together 157 and 161 mean that the beginning of SRVCONF is overwritten (Q96060); REQMAIN before "
            "3.2a can do that "
            "on NetWare (Q120449).",
        ),
        ("Restore SRVCONF and MSTTRANS from one backup, then Export on every postoffice.",),
    ),
    "invalid-server-request-133": Kind(
        "T2 found an update of the server itself in its mailbag",
        (
            "The server's own T3 had not taken it out: a cycle by hand without REQMAIN -R, or steps in a wrong "
            "order (Q108844).",
        ),
        (
            "Run REQMAIN -R on the server. If it comes again, compress SYSTEM.MBG and reset its key file.",
            "Nothing is lost: the next cycle sends again.",
        ),
    ),
    "system-mbg-duplicates": Kind(
        "T2 failed on messages that it could neither read nor delete: no requestor was sent anything",
        (
            "One cause: duplicate headers in SYSTEM.MBG (Q127752). SRVMAIN -T does not run after that.",
            "SRVMAIN 3.2.10 no longer fails on them.",
        ),
        ("Empty SYSTEM.MBG and reset SYSTEM.KEY on the server; requestors send again what was not acknowledged.",),
    ),
    "system-mbg-locked-t3": Kind(
        "T3 could not read the system mailbag",
        ("SYSTEM.MBG was held open by another program (Q138783). The server sends again what is not acknowledged.",),
        ("Close what holds SYSTEM.MBG open at that time.",),
    ),
    "inqueue-missing": Kind(
        "mail to the other side could not be put into the outgoing mailbag",
        (
            "INQUEUE.MBG or INQUEUE.KEY is missing or damaged, or the disk is full (Q130449, Q136333).",
            "Nothing is lost: the numbers did not change, and the step sends again.",
        ),
        ("Restore INQUEUE.MBG (0 bytes) and INQUEUE.KEY (560 bytes), and make room on the disk.",),
    ),
    "foreign-inbody": Kind(
        "the reply to {po} did not fit into the server's memory",
        ("It asked for the list in the body of the message; 9 for SRVUPDS and 159 are one event (Q123857).",),
        ("Let that requestor ask with TRANSACTIONS=INATTACHMENT.",),
        "address",
    ),
    "att-dir-missing": Kind(
        "the server could not file status reports",
        ("A directory of ATT or MAI or INQUEUE.MBG is missing, or CONTROL.GLB is read-only (Q112303).",),
        ("Create the directories; CENTRAL.LOG lacks the reports of that time.",),
    ),
    "srvtrans-leftover-13": Kind(
        "Import could not get at SRVTRANS",
        ("The updates in it count as delivered, and the server does not send them again.",),
        ("Free SRVTRANS and run IMPORT -Q; otherwise rename it, keep it, and make an empty one (Q174164).",),
    ),
    "usrtrans-corrupt-45-150": Kind(
        "Import could not sort its queues",
        ("USRTRANS is damaged, SORTLOCK.GLB was left over, or pointers in REQCONF are not at rest (Q112301).",),
        (
            "Save copies; empty USRTRANS, delete SORTLOCK.GLB and the working files, run a full cycle, then RESYNC.",
            "What is emptied counts as delivered: without RESYNC or Import it is lost here.",
        ),
    ),
    "error-150-space-rights": Kind(
        "received updates could not be stored",
        ("Usually disk space, rights, memory or file handles: storing takes up to three times their size (Q96060).",),
        ("Make room (NetWare: PURGE), check rights and FILES=, then run T3 again.",),
    ),
    "import-rename-7": Kind(
        "Import could not rename its new list and posted nothing",
        ("A lock, missing rights, a read-only file or an antivirus program; many messages 90 follow (Q134228).",),
        ("Remove the lock and the left-over IMPORT.USR and IMPORT.INF.", IMPORT_AGAIN),
    ),
    "import-locked-91": Kind(
        "Import found the database locked by {named}",
        ("FLAG.GLB was held open, most often by ADMIN (Q148705). The updates stay in SRVTRANS.",),
        ("Close ADMIN, and do not run it during T3.", IMPORT_AGAIN),
    ),
    "gal-rebuild-failures": Kind(
        "the global address list was not rebuilt properly",
        ("Sync numbers and lists are in order; only the global address list is old (Q99117).",),
        ("Close what holds GAL.NME, GALINDEX.GLB, GALNETPO.GLB or MASTER.GLB open, and run REBUILD -F again.",),
        "code",
    ),
    "gal-not-active": Kind(
        "the global address list is not rebuilt after updates",
        ("Rebuilding is switched off for this postoffice (Q105965).",),
        ("Config, Dir-Sync, Requestor, Options: Rebuild Yes; then run REBUILD.",),
    ),
    "content-level-poison": Kind(
        "an entry is refused: {named}",
        (
            "20: a group of ten characters was deleted (Q123398). 81: an entry without mailbox, from a damaged "
            "GROUP.GLB "
            "(Q128872). 47: a change without effect, often a malformed one (Q194819).",
            "It comes again every cycle until Keep Updates removes it.",
        ),
        ("Correct the entry on the postoffice it belongs to; Dir-Sync goes on without it.",),
        "code",
    ),
    "resync-error-14": Kind(
        "RESYNC.GLB could not be processed",
        (
            "Its numbers are below those of this postoffice (Q215505: made by Exchange from some requestors "
            "only), or it "
            "could not be made.",
        ),
        ("On the server run IMPORT -S again (Q96001); with Exchange set GlobalMaxSeqInResync (Q215505).",),
    ),
    "resync-gateway-44": Kind(
        "updates name gateways that are not installed here: {named}",
        ("Normal where the server has gateways that this postoffice lacks; those entries are skipped (Q122751).",),
        (),
    ),
    "resync-extract-bad-lists": Kind(
        "a full list holds gateway entries without name or address",
        ("The server's own gateway list is inconsistent: its X400.NME is empty, X400.GLB is not (Q119240).",),
        ("Repair the list on the server, then send it again.",),
    ),
    "ds-msg-missing": Kind(
        "programs could not find their message texts",
        ("They are in DS_MSG.GLB; the logs then hold numbers only (Q130064).",),
        ("Restore DS_MSG.GLB from the program disks.",),
    ),
    "logged-error": Kind("{message}", (), (), "code"),
}
"""What is said about each cause."""
