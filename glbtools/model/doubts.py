"""What else could look like a finding that is no relation of two numbers: each doubt, and what would remove it.

``histories`` explains numbers that disagree. Most other findings rest on one place: a file that is absent, a line of a
log, a size. They are sure as far as nothing else leaves the same, and this table is what else does. A check names the
doubts that no evidence has removed; how sure its finding is follows from them (docs/certainty.md#how-sure), and no
check says so itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

CERTAINTIES = ("certain", "likely", "possible")
"""How sure something is, the surest first."""


class Doubt(NamedTuple):
    """One other way in which what is seen comes about.

    Attributes:
        slug: its name.
        says: what then is the case, as a clause.
        tells: what would remove the doubt.
        ordinary: whether it is no less usual than what the finding says; that is then possible, and else likely.
    """

    slug: str
    says: str
    tells: str
    ordinary: bool = False


def certainty(doubts: Iterable[Doubt]) -> str:
    """Return how sure a finding is that some doubts are left of: certain without any, possible with an ordinary one."""
    return least("certain", *("possible" if each.ordinary else "likely" for each in doubts))


def least(*certainties: str) -> str:
    """Return the lowest of some certainties."""
    return max(certainties, key=CERTAINTIES.index)


# --- what was given ------------------------------------------------------------------------------------------------

COPY_INCOMPLETE = Doubt(
    "copy-incomplete", "the file is there, and was not copied with the others", "whether the copy is complete"
)
COPIED_AT_WORK = Doubt(
    "copied-at-work", "the two files were copied while T2 was writing them", "a copy made while nothing runs"
)
OF_TWO_DAYS = Doubt("of-two-days", "the files that are compared are of two days", "REQTRANS and REQCONF of one day")
NAMED_OTHERWISE = Doubt(
    "named-otherwise",
    "this is another postoffice than its name says",
    "what this postoffice is called (--name DIR=NET/PO)",
)
NAMES_EXCHANGED = Doubt(
    "names-exchanged",
    "two directories bear each other's names, and nothing else is wrong",
    "what the two postoffices are called",
    ordinary=True,
)
LOG_NOT_GIVEN = Doubt("log-not-given", "the step ran, and the log that says so is not given", "the logs of that time")
LOG_ENDS = Doubt("log-ends", "it has been made good since, after the logs given end", "later logs")
ANOTHER_DELETED = Doubt(
    "another-deleted", "the deleted file is not the last one of this name", "the file system that it was found in"
)

# --- readings that are open, and versions --------------------------------------------------------------------------

EQUAL_NUMBER = Doubt(
    "equal-number", "a change is sent, or taken, whose number is equal and not above (Q96060)", "the next cycle"
)
IMPORTS_COUNTED = Doubt(
    "imports-counted", "the import number goes up at another step than is assumed (Q99961)", "a log of the next T3"
)
CHECKSUM_ASSUMED = Doubt(
    "checksum-assumed",
    "the record is sound, and its checksum is computed in another way",
    "the same number confirmed over several cycles",
)
IMPORT_MENDED = Doubt(
    "import-mended", "IMPORT is 3.5.30 or later, which passes over such a record (Q194819)", "the version of IMPORT"
)
SRVMAIN_MENDED = Doubt(
    "srvmain-mended",
    "SRVMAIN is 3.2.12 or later, which is not stopped by it (Q125918)",
    "the version of SRVMAIN on the server",
    ordinary=True,
)
NUMBER_SKIPPED = Doubt("number-skipped", "these numbers were never used (Q118298)", "an older MSTTRANS", ordinary=True)

# --- uploads and downloads -----------------------------------------------------------------------------------------

OTHER_COPIED = Doubt(
    "other-copied", "the other postoffice has a copy of this one's", "an older REQCONF of this postoffice"
)
LISTS_KEPT = Doubt(
    "lists-kept", "the server has them in its lists, and only its GLB files were put back", "the server's address lists"
)
TAKEN_BEFORE = Doubt(
    "taken-before", "they had been taken before, and an older REQTRANS was put back", "the server's address lists"
)
RESTORED_TOGETHER = Doubt(
    "restored-together",
    "REQCONF and REQTRANS were restored together, and the server had taken it before",
    "the server's address lists",
    ordinary=True,
)
MASTER_LOST_THEM = Doubt(
    "master-lost-them",
    "the server has taken them, and MSTTRANS has lost them since",
    "an older REQCONF or REQTRANS of this postoffice",
)
NEVER_SENT = Doubt(
    "never-sent",
    "the queue was begun again or put back, has passed ReqSync since, and they were never sent (Q119014)",
    "MSTTRANS from before they were made",
    ordinary=True,
)
NOT_SENT_YET = Doubt(
    "not-sent-yet", "the server has not come to it yet", "the same number confirmed over several cycles", ordinary=True
)
RECEIVED_SINCE = Doubt(
    "received-since",
    "this postoffice has received more than the server's record says",
    "REQCONF of this postoffice",
)
BROUGHT = Doubt(
    "brought", "a RESYNC has brought it and set SrvSync below it (Q119449)", "RESYNC.GLB or a log of its import"
)
BROUGHT_BEFORE = BROUGHT._replace(slug="brought-before", ordinary=True)
SRVSYNC_LOWERED = Doubt(
    "srvsync-lowered",
    "SrvSync of this postoffice was put back since, and its lists hold them",
    "the address lists of this postoffice, or an older REQCONF",
    ordinary=True,
)
RECEIVED_MORE = RECEIVED_SINCE._replace(slug="received-more", tells="this postoffice's own REQCONF", ordinary=True)
NOTHING_ISSUED = Doubt(
    "nothing-issued",
    "the server had nothing to send",
    "the import numbers in REQCONF.GLB here and in SRVCONF.GLB of the server",
    ordinary=True,
)
FULL_LIST_TAKEN = Doubt(
    "full-list-taken", "the reply that was taken in was the full list", "the lists of this postoffice"
)
SENT_AND_CLEARED = Doubt(
    "sent-and-cleared",
    "what the Export queued was sent and cleared, and no log given says so",
    "an older copy of REQTRANS.GLB",
)
IMPORTED_SINCE = Doubt(
    "imported-since", "an Import since has brought what had been purged", "the date of the last Import"
)
WENT_BACK_BEFORE = Doubt(
    "went-back-before",
    "the server was restored from a backup, or MSTTRANS was made anew",
    "REQCONF.GLB of the requestor with MSTTRANS.GLB and SRVCONF.GLB of the server",
    ordinary=True,
)
OLDER_OF_ANOTHER = Doubt(
    "older-of-another", "the older copy is of another server", "whether the server was restored or enabled anew"
)

# --- what has not arrived ------------------------------------------------------------------------------------------

ARRIVED_UNSEEN = Doubt(
    "arrived-unseen", "it has arrived, and no file given shows that", "the server's record of this postoffice"
)
EITHER_WAY = Doubt(
    "either-way",
    "it has arrived: nothing that is given speaks more for one than for the other",
    "MSTTRANS from before it was made",
    ordinary=True,
)
CONFIRMED_UNSEEN = Doubt(
    "confirmed-unseen", "ReqSync is not below it, and it is not sent", "REQCONF of this postoffice"
)
STRANDED_INSTEAD = Doubt(
    "stranded-instead",
    "ReqSync is above all of REQTRANS: it is not sent, and not refused",
    "REQCONF of this postoffice",
)
PUT_BACK = Doubt(
    "put-back",
    "an older REQTRANS was put back, and it had arrived before",
    "an MSTTRANS that reaches back to before it was made",
)
PUT_BACK_SINCE = PUT_BACK._replace(slug="put-back-since", ordinary=True)
NEVER_ISSUED = Doubt(
    "never-issued",
    "the number was never given to a change, or what bore it is in the server's lists",
    "the server's address lists",
)
FETCHED_BEFORE = Doubt(
    "fetched-before",
    "this postoffice had fetched what bore the number then",
    "REQCONF of this postoffice from before the server went back",
)
PURGED_FIRST = Doubt("purged-first", "T2 drops it from MSTTRANS before it sends anything", "the date of the next T2")
SENT_AGAIN = Doubt(
    "sent-again", "it is above SrvSync, and the server sends it again", "a log of the last Import", ordinary=True
)
EITHER_OF_TWO = FETCHED_BEFORE._replace(slug="either-of-two", ordinary=True)
NUMBERED_OTHERWISE = Doubt(
    "numbered-otherwise", "the change that bears the number elsewhere is not this one", "an older MSTTRANS"
)
NUMBER_UNUSED = Doubt(
    "number-unused", "the damaged place held no change of this number", "an older copy of REQTRANS.GLB"
)
NOTHING_THERE = Doubt(
    "nothing-there",
    "the damaged end of REQTRANS held nothing that was whole before",
    "an older copy of REQTRANS.GLB",
    ordinary=True,
)
DELIVERED_EARLIER = Doubt(
    "delivered-earlier", "the same text arrived under another number, and undoes nothing", "the server's address lists",
    ordinary=True,
)  # fmt: skip
TAKEN_IN = Doubt("taken-in", "Import has put it into the lists, and left the file", "a log of the last Import")

# --- single files --------------------------------------------------------------------------------------------------

NOT_MET_YET = Doubt(
    "not-met-yet", "Import has not met it yet", "a log of an Import that does not finish", ordinary=True
)
CHOSEN = Doubt("chosen", "somebody has set it so", "the administrator of the server")
ANOTHERS_REQCONF = Doubt(
    "anothers-reqconf", "REQCONF is another postoffice's, and SRVCONF belongs here", "where T2 runs"
)
SERVES_NOW = Doubt("serves-now", "T2 runs here now, and the other one was the server before", "where T2 runs")
ANOTHERS_REQUESTOR = Doubt(
    "anothers-requestor", "it belongs to another server, whose files are not given", "the server's name at that time"
)
REGISTERED_OTHERWISE = Doubt(
    "registered-otherwise", "the server is registered under another name", "what the server is called", ordinary=True
)
RECORD_ELSEWHERE = Doubt(
    "record-elsewhere", "its record stands in a part of SRVCONF that cannot be read", "an older SRVCONF"
)
COPIED_SINCE = Doubt("copied-since", "it was copied here after that Import", "the date of RESYNC.GLB")
IMPORT_TO_COME = Doubt(
    "import-to-come", "it was only just copied here, and Import has not run since", "a log of the last Import",
    ordinary=True,
)  # fmt: skip
ROLE_UNSURE = Doubt(
    "role-unsure", "this is the server, and its SRVCONF.GLB is missing", "the GLB directory of this postoffice"
)
ROLE_UNKNOWN = Doubt(
    "role-unknown",
    "this is the server itself, and SRVCONF.GLB is missing or in use",
    "the GLB directory, which would show whether this is the server",
    ordinary=True,
)

# --- directories and pairs -----------------------------------------------------------------------------------------

ENDS_SO = Doubt("ends-so", "the file ends there as it was written", "the size of the original", ordinary=True)
NOTHING_FITTED = Doubt(
    "nothing-fitted", "nothing fitted what was asked for", "the command that took the dump", ordinary=True
)
NO_MORE_THERE = Doubt(
    "no-more-there", "there are no more objects than it holds", "a dump taken in pages (-E pr=1000/noprompt)",
    ordinary=True,
)  # fmt: skip
NONE_DELETED = Doubt(
    "none-deleted",
    "nothing was ever deleted in the part that was dumped",
    "a dump taken with the control Show Deleted",
    ordinary=True,
)
WRITTEN_MEANWHILE = Doubt(
    "written-meanwhile",
    "they were written while the dump was read, after the highest number had been noted",
    "the highest number of the server, read after the dump",
    ordinary=True,
)
WRITTEN_DURING_LAST = Doubt(
    "written-during-last",
    "they were written while the last dump was read",
    "a comparison of the two dumps (directory compare)",
    ordinary=True,
)
HEAD_UNSEEN = Doubt(
    "head-unseen",
    "the server's highest number is above what the dump shows",
    "the highest number of the server itself, as no dump shows it",
)
NUMBER_CUT = Doubt(
    "number-cut",
    "the last number of the dump is cut off",
    "the dump whole: its last number may be cut off",
    ordinary=True,
)
DUMP_OLDER = Doubt(
    "dump-older", "the dump is older than the export", "when the dump was taken: it may be older than the export"
)
ANOTHER_SERVER = Doubt(
    "another-server",
    "the two are of different servers, and each numbers by itself",
    "which server each of them is of (rootDSE, invocation id)",
)
DELETED_SINCE = Doubt(
    "deleted-since",
    "the objects with the highest numbers were deleted, and their tombstones removed since",
    "USN-DSA-Last-Obj-Removed in the dump",
    ordinary=True,
)
MADE_AGAIN = Doubt(
    "made-again",
    "the objects were deleted and made again on the same server",
    "whether the objects were made again",
)
LAY_OUTSIDE = Doubt(
    "lay-outside",
    "the object that was removed lay outside what is exported, or was made and deleted since",
    "a comparison with the receiver's whole list",
)
NOTHING_FORGOTTEN = Doubt(
    "nothing-forgotten",
    "nothing was deleted in that time, or every deletion was still remembered",
    "a comparison with the receiver's whole list",
    ordinary=True,
)
MOVED_OUT = Doubt(
    "moved-out",
    "they were moved out of what is exported, or hidden",
    "a comparison with the receiver's whole list",
    ordinary=True,
)
MOVED_AWAY = MOVED_OUT._replace(slug="moved-away", ordinary=False)
STATE_OF_ANOTHER = Doubt(
    "state-of-another", "the state belongs to another dump, and was only given with this one", "whose state it is",
    ordinary=True,
)  # fmt: skip
OF_TWO_MOMENTS = Doubt(
    "of-two-moments",
    "the two dumps are of different moments or parts, or it was deleted there and its tombstone is gone",
    "replPropertyMetaData in both dumps",
    ordinary=True,
)
GONE_ON = Doubt(
    "gone-on",
    "the server has gone on since its own number was read: then nothing is wrong",
    "its own number, read last",
    ordinary=True,
)
FORMER_LIFE = Doubt(
    "former-life",
    "the number is of a former life of the server: then nothing is wrong",
    "the vectors with invocation ids (repadmin /showutdvec ... /nocache)",
)
FORMER_LIFE_OPEN = FORMER_LIFE._replace(slug="former-life-open", ordinary=True)
BETWEEN_DUMPS = Doubt(
    "between-dumps", "the server has gone on between the two dumps", "a dump of the server itself, taken last"
)
JUST_MADE = Doubt("just-made", "the link has just been made", "the same report, taken later", ordinary=True)
REMEMBERED_LONGER = Doubt(
    "remembered-longer", "the forest remembers deletions for longer", "tombstoneLifetime of the forest"
)
REMEMBERED_BY_DEFAULT = REMEMBERED_LONGER._replace(slug="remembered-by-default", ordinary=True)
NEVER_THERE = Doubt(
    "never-there", "it never came to the other server", "repadmin /removelingeringobjects with /advisory_mode"
)
LEFT_OUT = Doubt(
    "left-out",
    "the dump of the other server left it out",
    "repadmin /removelingeringobjects with /advisory_mode",
    ordinary=True,
)

# --- when steps ran ------------------------------------------------------------------------------------------------

CLOCKS_DIFFER = Doubt("clocks-differ", "the clocks of the machines differ", "DISPATCH.LOG", ordinary=True)
T1_LATE = Doubt("t1-late", "its T1 is started too late for T2", "DISPATCH.LOG of the requestor", ordinary=True)
EXTERNAL_TO_COME = Doubt("external-to-come", "External has not called since", "a session log of External")
SCHEDULE_MOVED = Doubt("schedule-moved", "somebody moved the schedule by an hour", "who keeps the schedule")
POINTERS_OR_LOCK = Doubt(
    "pointers-or-lock",
    "pointers in REQCONF are not at rest, or SORTLOCK.GLB is left over (Q112301)",
    "REQCONF.GLB and the files beside it",
    ordinary=True,
)
ONE_MESSAGE_ONLY = Doubt(
    "one-message-only", "one of the two messages alone has other causes", "the log of the whole run", ordinary=True
)
