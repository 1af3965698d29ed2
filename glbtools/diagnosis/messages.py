"""The words for messages in logs that are no problem of their own; those of the others stand with the problems."""

from __future__ import annotations

from typing import NamedTuple


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
