"""Every problem that logs show: one postoffice that shows it, and a near miss that must not."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from glbtools.diagnosis import engine
from glbtools.diagnosis.case import Case, cases
from glbtools.diagnosis.causes import SINGLE, groups, symptoms
from glbtools.diagnosis.checks import logs, schedule
from glbtools.diagnosis.finding import Finding
from glbtools.diagnosis.history import PHASES, read
from glbtools.diagnosis.judging import JUDGES, names_leftovers
from glbtools.diagnosis.problems import BY_SLUG
from glbtools.diagnosis.problems.source import STEPS
from glbtools.evidence.build import build
from glbtools.evidence.network import collect, latest_stamp

Description = dict[str, Any]

BANNER = "Microsoft (R) Mail {} V3.2"
REQMAIN, IMPORT, REBUILD = (BANNER.format(each) for each in ("DirSync Requestor", "Import", "GAL Rebuild Utility"))

HEALTHY_T1 = f"""
02/18/94 13:05:11 | 1  -1 {REQMAIN}
02/18/94 13:05:20 | 1 167 PCM
02/18/94 13:05:22 | 1 171
"""
HEALTHY_T3 = f"""
02/18/94 15:20:02 | 1  -1 {REQMAIN}
02/18/94 15:20:07 | 1 105 3
02/18/94 15:20:15 | 1  -1 {IMPORT}
02/18/94 15:20:31 | 1  -1 Import is finished.
02/18/94 15:20:40 | 1  -1 {REBUILD}
02/18/94 15:20:58 | 1  -1 Number of entries in GAL:      136
02/18/94 15:20:59 | 1  -1
"""
IDLE = [{"dummy": 17, "stamp": "1994-02-18T15:20:07"}]


def requestor(name: str = "OCTOBER", /, log: dict[str, str] | None = None, **parts: Any) -> Description:
    reqconf = {"server": "NET/SERVER", "reqsync": 17, "srvsync": 80, "importsync": 1} | parts.pop("reqconf", {})
    queue = {"REQTRANS": IDLE} | parts.pop("queue", {})
    return {"name": f"NET/{name}", "reqconf": reqconf, "queue": queue, "log": log or {}, **parts}


def server(log: dict[str, str] | None = None, registered: list[Description] | None = None, **parts: Any) -> Description:
    record = {"reqsync": 17, "srvsync": 80, "importsync": 1, "last_cycle": 11, "last_update": "1994-02-18T13:00:00"}
    known = registered if registered is not None else [{"name": "PCM:NET/OCTOBER"}]
    own = {"name": "PCM:NET/SERVER"} | record
    srvconf = {"sync": 80, "cycle": 11, "keep_updates": 14, "requestor": [own, *(record | each for each in known)]}
    reqconf = {"reqsync": 17, "srvsync": 80, "importsync": 1} | parts.pop("reqconf", {})
    master = [{"sync": number, "text": "# any", "stamp": "1994-02-10T00:00:00"} for number in range(60, 81)]
    queue = {"REQTRANS": IDLE, "MSTTRANS": master} | parts.pop("queue", {})
    srvconf |= parts.pop("srvconf", {})
    description = {"name": "NET/SERVER", "role": "server", "reqconf": reqconf, "srvconf": srvconf, "queue": queue}
    return description | {"log": log or {}} | parts


def written(tmp_path: Path, *postoffices: Description) -> Path:
    spec, out = tmp_path / "spec.json", tmp_path / "net"
    spec.write_text(json.dumps({"postoffice": list(postoffices)}))
    build(spec, out)
    return out


def looked_at(path: Path) -> Iterator[Case]:
    network = collect([path]).only
    yield from cases(network, latest_stamp(network.postoffices))


def findings(path: Path) -> list[Finding]:
    return [found for case in looked_at(path) for check in (logs.check, schedule.check) for found in check(case)]


def reported(path: Path) -> list[Finding]:
    """What every check together reports."""
    return engine.diagnose(path).findings


def one(found: list[Finding], slug: str) -> Finding:
    return only([each for each in found if each.problem.slug == slug], slug)


Diagnose = Callable[..., list[Finding]]


@pytest.fixture
def diagnose(tmp_path: Path) -> Diagnose:
    def call(*postoffices: Description) -> list[Finding]:
        return findings(written(tmp_path, *postoffices))

    return call


def only(found: list[Finding], slug: str) -> Finding:
    assert [each.problem.slug for each in found] == [slug], [each.message for each in found]
    return found[0]


def t1(*lines: str) -> str:
    return "\n".join(
        [f"02/18/94 13:05:11 | Status       {REQMAIN}", *(f"02/18/94 13:05:20 | {each}" for each in lines)]
    )


def t3(*lines: str) -> str:
    return "\n".join(
        [f"02/18/94 15:20:11 | Status       {REQMAIN}", *(f"02/18/94 15:20:20 | {each}" for each in lines)]
    )


def imported(*lines: str) -> str:
    return "\n".join([f"02/18/94 15:20:11 | Status       {IMPORT}", *(f"02/18/94 15:20:20 | {each}" for each in lines)])


def t2(*lines: str) -> str:
    return "\n".join(f"02/18/94 14:10:20 | {each}" for each in lines)


def rebuilt(*lines: str) -> str:
    return "\n".join(
        [f"02/18/94 15:20:11 | Status       {REBUILD}", *(f"02/18/94 15:20:20 | {each}" for each in lines)]
    )


def later(text: str) -> str:
    """The same a day later."""
    return text.replace("02/18/94", "02/19/94")


def dispatch(*lines: str, postoffice: str = r"NET\OCTOBER") -> str:
    return "\n".join([f"INST1  02/01/94  00:00 Checking the process table on {postoffice}", *lines])


def run(day: str, time: str, step: str) -> str:
    return f'INST1  {day}  {time} Running "NSDA -{step}"'


# --- the requestor: T1, T3, Import, REBUILD ------------------------------------------------------------------------

NO_REQTRANS = t1(
    "Warning[  2] Error opening file: REQTRANS",
    "Fatal  [ 40] Possible database corruption detected: REQTRANS",
    "Warning[152] Failure to transmit requestor updates",
    "Status       Requestor process failed.",
)
NOT_SENT = t1("Fatal  [113] Failure to send mail to NET/SERVER/$SYSTEM", "Status       Requestor process failed.")
LOCKED = imported(
    "Fatal  [ 91] The database is locked by another process: ADMIN",
    "Fatal  [   ]   Mailbox name: ADMIN",
    "Fatal  [   ]   FLAG.GLB is locked open.",
)
RENAME = imported(
    "Fatal  [  7] Error renaming file: M:INF\\IMPORT.INF",
    "Warning[ 90] Transaction not processed A apple",
    "Warning[ 90] Transaction not processed A Paul",
    "Status       Import is finished.",
)
SORTING = (
    t3("Fatal  [150] Could not append transactions to the updates file")
    + "\n"
    + imported("Error  [ 45] File error sorting queue: USRTRANS", "Status       Import is finished.")
)
FINE_IMPORT = imported("Status       Import is finished.")
GAL = rebuilt("Status       Number of entries in GAL: 954")
GAL_FINE = rebuilt("Status       Number of entries in GAL: 954", "Status")
FULL = [{"sync": 1, "text": "A apple\tPCM:NET/OCTOBER/apple"}]

AT_REQUESTOR: dict[str, tuple[Description, str, str, str]] = {
    "REQTRANS was missing": (requestor(log={"DIRSYNC": NO_REQTRANS}), "reqtrans-missing", "note", "certain"),
    "113": (requestor(log={"DIRSYNC": NOT_SENT}), "inqueue-missing", "error", "likely"),
    "113 and no mailbag": (
        requestor(log={"DIRSYNC": NOT_SENT}, file={"MBG/SYSTEM.MBG": ""}),
        "inqueue-missing",
        "error",
        "certain",
    ),
    "115 at T3": (
        requestor(log={"DIRSYNC": t3("Error  [115] Failure to read mail from NULL")}),
        "system-mbg-locked-t3",
        "warning",
        "likely",
    ),
    "91": (requestor(log={"DIRSYNC": LOCKED}, queue={"SRVTRANS": FULL}), "import-locked-91", "error", "certain"),
    "91, queue empty now": (requestor(log={"DIRSYNC": LOCKED}), "import-locked-91", "note", "certain"),
    "7": (
        requestor(log={"DIRSYNC": RENAME}, file={"USR/IMPORT.USR": "x"}),
        "import-rename-7",
        "error",
        "certain",
    ),
    "45 and 150": (
        requestor(log={"DIRSYNC": SORTING}, queue={"USRTRANS": FULL}),
        "usrtrans-corrupt-45-150",
        "error",
        "certain",
    ),
    "45 alone, nothing left": (
        requestor(log={"DIRSYNC": imported("Error  [ 45] File error sorting queue: USRTRANS")}),
        "usrtrans-corrupt-45-150",
        "note",
        "certain",
    ),
    "150 alone": (
        requestor(
            log={"DIRSYNC": t3("Fatal  [150] Could not append transactions to the updates file")},
            file={"GLB/REQUPDS.GLB": "x"},
        ),
        "error-150-space-rights",
        "error",
        "certain",
    ),
    "13, SRVTRANS empty now": (
        requestor(log={"DIRSYNC": imported("Error  [ 13] Dirsync import error accessing srvtrans.glb")}),
        "srvtrans-leftover-13",
        "note",
        "certain",
    ),
    "13 of version 3.0": (
        requestor(log={"DIRSYNC": imported("Error  [ 13] Invalid transaction command")}),
        "logged-error",
        "warning",
        "likely",
    ),
    "14": (
        requestor(log={"DIRSYNC": imported("Fatal  [ 14] Error processing Resync.glb")}),
        "resync-error-14",
        "error",
        "likely",
    ),
    "14, RESYNC still there": (
        requestor(log={"DIRSYNC": imported("Fatal  [ 14] Error processing Resync.glb")}, queue={"RESYNC": FULL}),
        "resync-error-14",
        "error",
        "certain",
    ),
    "44": (
        requestor(
            log={"DIRSYNC": imported("Error  [ 44] Gateway not installed: SNADS", "Status       Import is finished.")}
        ),
        "resync-gateway-44",
        "note",
        "certain",
    ),
    "46 and 43": (
        requestor(
            log={"DIRSYNC": imported("Error  [ 46] No Fullname", "Warning[ 43] Gateway alias has no physical address.")}
        ),
        "resync-extract-bad-lists",
        "warning",
        "likely",
    ),
    "20": (
        requestor(log={"DIRSYNC": imported("Error  [ 20] Address element is too long: TENLETTERS")}),
        "content-level-poison",
        "warning",
        "likely",
    ),
    "47": (
        requestor(log={"DSSERVER": imported().replace("Status      ", "1  -1") + "\n02/18/94 15:20:30 | 3  47"}),
        "content-level-poison",
        "warning",
        "likely",
    ),
    "203": (
        requestor(
            log={
                "DIRSYNC": rebuilt("Fatal  [203] GAL Rebuild problem accessing files Global Address List not installed")
            }
        ),
        "gal-rebuild-failures",
        "warning",
        "likely",
    ),
    "no blank line at the end": (requestor(log={"DIRSYNC": GAL}), "gal-rebuild-failures", "warning", "likely"),
    "no blank line, and one later": (
        requestor(log={"DIRSYNC": f"{GAL}\n{later(GAL_FINE)}"}),
        "gal-rebuild-failures",
        "note",
        "certain",
    ),
    "GAL not active": (
        requestor(log={"DIRSYNC": t3("Status       GAL not active on this PO")}),
        "gal-not-active",
        "warning",
        "likely",
    ),
    "message texts": (
        requestor(log={"DIRSYNC": imported("Warning[  1] Error obtaining message #:1 GWTRANS")}),
        "ds-msg-missing",
        "warning",
        "certain",
    ),
    "message texts again": (
        requestor(
            log={"DIRSYNC": imported("Warning[  1] Error obtaining message #:1 GWTRANS")}, file={"GLB/DS_MSG.GLB": "x"}
        ),
        "ds-msg-missing",
        "note",
        "certain",
    ),
    "a message of no other kind": (
        requestor(log={"DIRSYNC": imported("Fatal  [ 59] Error autocreating postoffice: MAY")}),
        "logged-error",
        "error",
        "likely",
    ),
    "154": (
        requestor(log={"DIRSYNC": t3("Warning[154] Non-delivery report")}),
        "logged-error",
        "note",
        "likely",
    ),
    "67": (
        requestor(log={"DIRSYNC": imported("Error  [ 67] Resync extract can be performed only at a server")}),
        "logged-error",
        "note",
        "likely",
    ),
    "Import did not run": (
        requestor(
            log={"DSSERVER": HEALTHY_T3.replace(IMPORT, "x").replace("Import is finished.", "y")},
            queue={"SRVTRANS": FULL},
        ),
        "import-not-run-bad-password",
        "error",
        "likely",
    ),
    "Import did not run, queue empty now": (
        requestor(log={"DSSERVER": HEALTHY_T3.replace(IMPORT, "x").replace("Import is finished.", "y")}),
        "import-not-run-bad-password",
        "note",
        "certain",
    ),
    "161 on a requestor": (
        requestor(log={"DIRSYNC": t2("Fatal  [161] Server configuration busy")}),
        "stale-t2-on-requestor",
        "warning",
        "likely",
    ),
    "NSDA -S on a requestor": (
        requestor(
            log={
                "DISPATCH": dispatch(run("02/18/94", "14:00", "S")),
                "DIRSYNC": "Status  Report from NET/OCTOBER/$SYSTEM",
            }
        ),
        "stale-t2-on-requestor",
        "warning",
        "certain",
    ),
    "cycles with nothing": (
        requestor(
            log={
                "DSSERVER": "\n".join(
                    f"02/{day:02}/94 15:00:00 | 1  -1 {REQMAIN}\n02/{day:02}/94 15:00:10 | 1 105 0"
                    for day in range(1, 7)
                )
            }
        ),
        "requestor-readded",
        "note",
        "possible",
    ),
    "an Export that queued nothing": (
        requestor(
            log={"DSSERVER": HEALTHY_T1},
            reqconf={"last_export": "1994-02-17T09:00:00"},
            queue={"REQTRANS": [{"dummy": 17, "stamp": "1994-02-10T00:00:00"}]},
        ),
        "silent-export",
        "warning",
        "likely",
    ),
    "a damaged DSSERVER.LOG": (
        requestor(file={"LOG/DSSERVER.LOG": "\x01\x02\x03\x04 no log at all"}),
        "server-t2-crash",
        "warning",
        "possible",
    ),
}


@pytest.mark.parametrize("name", AT_REQUESTOR)
def test_a_requestors_log_shows_it(name: str, diagnose: Diagnose) -> None:
    description, slug, level, certainty = AT_REQUESTOR[name]
    found = only(diagnose(description), slug)
    assert (found.severity, found.certainty) == (level, certainty), found
    assert found.evidence
    assert found.postoffice in ("NET/OCTOBER", None)


NEAR_MISSES: dict[str, Description] = {
    "a healthy cycle": requestor(log={"DSSERVER": HEALTHY_T1 + HEALTHY_T3}),
    "a healthy cycle in text form": requestor(log={"DIRSYNC": f"{FINE_IMPORT}\n{GAL_FINE}"}),
    "REQTRANS is missing: the check of files says it": requestor(
        log={"DIRSYNC": NO_REQTRANS}, missing={"paths": ["GLB/REQTRANS.GLB"]}
    ),
    "13 and a full SRVTRANS: the check of files says it": requestor(
        log={"DIRSYNC": imported("Error  [ 13] Dirsync import error accessing srvtrans.glb")}, queue={"SRVTRANS": FULL}
    ),
    "45 alone and a pointer: the check of files says it": requestor(
        log={"DIRSYNC": imported("Error  [ 45] File error sorting queue: USRTRANS")},
        reqconf={"pointers": [-1, 62, -1, -1]},
    ),
    "45 alone and SORTLOCK: the check of files says it": requestor(
        log={"DIRSYNC": imported("Error  [ 45] File error sorting queue: USRTRANS")}, file={"GLB/SORTLOCK.GLB": ""}
    ),
    "nothing received, nothing to post": requestor(
        log={"DSSERVER": HEALTHY_T3.replace("105 3", "105 0").replace(IMPORT, "x").replace("Import is finished.", "y")},
    ),
    "Import stands in the other log": requestor(
        log={
            "DSSERVER": HEALTHY_T3.replace(IMPORT, "x").replace("Import is finished.", "y"),
            "DIRSYNC": "02/18/94 15:20:31 | Status       Import is finished.",
        },
        queue={"SRVTRANS": FULL},
    ),
    "one cycle with nothing": requestor(log={"DSSERVER": HEALTHY_T3.replace("105 3", "105 0")}),
    "an Export that was sent": requestor(
        log={"DSSERVER": HEALTHY_T1.replace("1 171", "1 106 6")},
        reqconf={"last_export": "1994-02-17T09:00:00"},
        queue={"REQTRANS": [{"dummy": 17, "stamp": "1994-02-10T00:00:00"}]},
    ),
    "an Export that was acknowledged": requestor(
        log={"DSSERVER": HEALTHY_T1}, reqconf={"last_export": "1994-02-17T09:00:00"}
    ),
    "an Export that waits": requestor(
        log={"DSSERVER": HEALTHY_T1},
        reqconf={"last_export": "1994-02-18T14:00:00"},
        queue={"REQTRANS": [{"dummy": 17, "stamp": "1994-02-10T00:00:00"}]},
    ),
    "an Export in the queue": requestor(
        log={"DSSERVER": HEALTHY_T1},
        reqconf={"last_export": "1994-02-17T09:00:00"},
        queue={"REQTRANS": [{"sync": 18, "text": "R PCM:NET/OCTOBER", "stamp": "1994-02-10T00:00:00"}]},
    ),
    "a common warning": requestor(log={"DIRSYNC": imported("Warning[ 27] Alias already exists Doe, John D")}),
    "an empty DSSERVER.LOG": requestor(file={"LOG/DSSERVER.LOG": ""}),
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_near_miss_is_not_reported(name: str, diagnose: Diagnose) -> None:
    assert not [found.message for found in diagnose(NEAR_MISSES[name])]


OVER: dict[str, tuple[str, str]] = {
    "inqueue-missing": (NOT_SENT, later(t1("Status       No requestor updates to send"))),
    "system-mbg-locked-t3": (
        t3("Error  [115] Failure to read mail from NULL"),
        later(t3("Status       Requestor updates received: 3")),
    ),
    "import-rename-7": (RENAME, later(FINE_IMPORT)),
    "import-locked-91": (LOCKED, later(FINE_IMPORT)),
    "gal-not-active": (t3("Status       GAL not active on this PO"), later(GAL_FINE)),
    "resync-error-14": (imported("Fatal  [ 14] Error processing Resync.glb"), later(FINE_IMPORT)),
    "gal-rebuild-failures": (rebuilt("Fatal  [202] No Valid Postoffice found."), later(GAL_FINE)),
}


@pytest.mark.parametrize("slug", OVER)
def test_a_later_run_without_the_message_makes_it_history(slug: str, diagnose: Diagnose) -> None:
    before, behind = OVER[slug]
    found = only(diagnose(requestor(log={"DIRSYNC": f"{before}\n{behind}"})), slug)
    assert found.severity == "note"
    assert "later" in found.notes[0]
    assert not found.help


@pytest.mark.parametrize("slug", ["inqueue-missing", "import-rename-7", "import-locked-91"])
def test_an_earlier_good_run_does_not_make_it_history(slug: str, diagnose: Diagnose) -> None:
    before, behind = OVER[slug]
    broken = requestor(log={"DIRSYNC": f"{behind.replace('02/19', '02/17')}\n{before}"}, queue={"SRVTRANS": FULL})
    assert only(diagnose(broken), slug).severity == "error"


def test_repeats_are_counted_and_symptoms_are_evidence(diagnose: Diagnose) -> None:
    twice = requestor(log={"DIRSYNC": f"{LOCKED}\n{later(LOCKED)}"}, queue={"SRVTRANS": FULL})
    found = only(diagnose(twice), "import-locked-91")
    assert found.message == (
        "Import found the database locked by ADMIN (message 91), 2 times, "
        "first on 1994-02-18 15:20:20, last on 1994-02-19 15:20:20"
    )
    assert sum("FLAG.GLB" in str(each.value) for each in found.evidence) == 2


def test_the_same_event_in_two_logs_counts_once(diagnose: Diagnose) -> None:
    coded = LOCKED.replace("Status      ", "1  -1").replace(
        "Fatal  [ 91] The database is locked by another process:", "2  91"
    )
    found = only(
        diagnose(requestor(log={"DIRSYNC": LOCKED, "DSSERVER": coded}, queue={"SRVTRANS": FULL})), "import-locked-91"
    )
    assert "times" not in found.message


def test_what_dispatch_says_of_a_failed_run_is_evidence_not_a_second_finding(diagnose: Diagnose) -> None:
    ended = dispatch('INST1  02/18/94  15:21 "NSDA -RR" terminated abnormally with exit code 65')
    found = only(
        diagnose(
            requestor(
                log={"DIRSYNC": f"Status  Report from NET/OCTOBER/$SYSTEM\n{LOCKED}", "DISPATCH": ended},
                queue={"SRVTRANS": FULL},
            )
        ),
        "import-locked-91",
    )
    assert any("exit code 65" in str(each.value) for each in found.evidence)


# --- the server: T2 ------------------------------------------------------------------------------------------------

DUPLICATES = t2(
    "Error  [115] Failure to read mail from <NULL>",
    "Error  [115] Failure to read mail from <NULL>",
    "Warning[  8] Error deleting file: NET/SERVER/$SYSTEM",
    "Status       Server processing failure",
)
LIMIT = t2("Fatal  [118] Transaction limit reached", "Fatal  [166] Manual Import required for PCM:NET/OCTOBER")
GONE = t2(
    "Error  [   ] PCM:NET/OCTOBER",
    "Error  [138] Server sync does not exist anymore (22)",
    "Error  [139] Number of missing transactions = 37 (22->58)",
)
BEHIND = [{"name": "PCM:NET/OCTOBER", "srvsync": 71}]
LATER = [{"name": "PCM:NET/OCTOBER", "last_update": "1994-02-19T14:00:00"}]

AT_SERVER: dict[str, tuple[Description, str, str, str, str]] = {
    "115 and 8": (server({"DIRSYNC": DUPLICATES}), "system-mbg-duplicates", "error", "likely", "NET/SERVER"),
    "115 and 8, served since": (
        server({"DIRSYNC": DUPLICATES}, LATER),
        "system-mbg-duplicates",
        "note",
        "certain",
        "NET/SERVER",
    ),
    "118 and 166": (server({"DIRSYNC": LIMIT}, BEHIND), "transaction-limit", "error", "certain", "NET/OCTOBER"),
    "118 and 166, delivered since": (server({"DIRSYNC": LIMIT}), "transaction-limit", "note", "certain", "NET/OCTOBER"),
    "158": (
        server({"DIRSYNC": t2("Error  [158] Requestor not registered : PCM:NET/MAY")}),
        "requestor-not-registered",
        "error",
        "certain",
        "NET/MAY",
    ),
    "120": (
        server({"DIRSYNC": t2("Error  [120] Requestor not registered")}),
        "requestor-not-registered",
        "error",
        "likely",
        "NET/SERVER",
    ),
    "158, registered since": (
        server({"DIRSYNC": t2("Error  [158] Requestor not registered : PCM:NET/OCTOBER")}),
        "requestor-not-registered",
        "note",
        "certain",
        "NET/OCTOBER",
    ),
    "156": (
        server({"DIRSYNC": t2("Error  [156] Invalid Dirsync password from PCM:NET/OCTOBER")}),
        "bad-password",
        "error",
        "likely",
        "NET/OCTOBER",
    ),
    "156, accepted since": (
        server({"DIRSYNC": t2("Error  [156] Invalid Dirsync password from PCM:NET/OCTOBER")}, LATER),
        "bad-password",
        "note",
        "certain",
        "NET/OCTOBER",
    ),
    "133": (
        server({"DIRSYNC": t2("Error  [133] Invalid Server Request PCM:NET\\SERVER")}),
        "invalid-server-request-133",
        "warning",
        "likely",
        "NET/SERVER",
    ),
    "128": (
        server({"DIRSYNC": t2("Warning[128] Could not process requestor status report")}),
        "att-dir-missing",
        "warning",
        "likely",
        "NET/SERVER",
    ),
    "9 and 159": (
        server(
            {
                "DIRSYNC": t2(
                    "Warning[  9] Out of memory: SRVUPDS",
                    "Fatal  [159] Failure to send update mail to requestors PCM:NET/OCTOBER",
                )
            },
            BEHIND,
        ),
        "foreign-inbody",
        "error",
        "likely",
        "NET/OCTOBER",
    ),
    "159 alone": (
        server({"DIRSYNC": t2("Fatal  [159] Failure to send update mail to requestors PCM:NET/OCTOBER")}, BEHIND),
        "inqueue-missing",
        "error",
        "likely",
        "NET/SERVER",
    ),
    "157 and 161": (
        server(
            {
                "DIRSYNC": t2(
                    "Fatal  [157] DirSync software version out of sync", "Fatal  [161] Server configuration busy"
                )
            }
        ),
        "srvconf-corrupt-157-161",
        "error",
        "likely",
        "NET/SERVER",
    ),
    "157 alone": (
        server({"DIRSYNC": t2("Fatal  [157] DirSync software version out of sync")}),
        "logged-error",
        "error",
        "likely",
        "NET/SERVER",
    ),
    "161 on the server": (
        server({"DIRSYNC": t2("Fatal  [161] Server configuration busy")}),
        "logged-error",
        "error",
        "likely",
        "NET/SERVER",
    ),
    "136, own record there now": (
        server({"DIRSYNC": t2("Error  [136] The local requestor is not registered")}),
        "srvconf-corrupt-size",
        "note",
        "certain",
        "NET/SERVER",
    ),
    "MSTTRANS was missing": (
        server(
            {"DIRSYNC": t2("Warning[  2] Error opening file: MSTTRANS", "Fatal  [  2] Error opening file: MSTTRANS")}
        ),
        "msttrans-missing",
        "note",
        "certain",
        "NET/SERVER",
    ),
    "110, sound now": (
        server({"DIRSYNC": t2("Fatal  [110] Failed to read the last transaction")}),
        "msttrans-corrupt",
        "note",
        "certain",
        "NET/SERVER",
    ),
    "138 and 139, in step now": (
        server({"DIRSYNC": GONE}),
        "requestor-inactive-window",
        "note",
        "certain",
        "NET/OCTOBER",
    ),
    "138 and 139, still purged": (
        server({"DIRSYNC": GONE}, [{"name": "PCM:NET/OCTOBER", "srvsync": 22}]),
        "requestor-inactive-window",
        "error",
        "certain",
        "NET/OCTOBER",
    ),
    "138 of a first cycle": (
        server({"DIRSYNC": t2("Error  [   ] PCM:NET/OCTOBER", "Error  [138] Server sync does not exist anymore (0)")}),
        "requestor-inactive-window",
        "note",
        "certain",
        "NET/OCTOBER",
    ),
    "4 and 129": (
        server(
            {
                "DIRSYNC": t2(
                    "Warning[  4] Error reading file: MSTTRANS",
                    "Error  [129] Could not find the specified sync number PCM:NET/OCTOBER",
                )
            },
            [{"name": "PCM:NET/OCTOBER", "srvsync": 22}],
        ),
        "requestor-inactive-window",
        "error",
        "certain",
        "NET/OCTOBER",
    ),
    "162": (
        server({"DIRSYNC": t2("Fatal  [162] Failure to transmit server updates")}),
        "logged-error",
        "error",
        "likely",
        "NET/SERVER",
    ),
    "a requestor's log in CENTRAL.LOG": (
        server(
            {
                "CENTRAL": "02/18/94 14:00:00 | Status  Report from NET/MAY/$SYSTEM\n"
                + LOCKED.replace("Status      ", "1  -1").replace(
                    "Fatal  [ 91] The database is locked by another process:", "2  91"
                )
            }
        ),
        "import-locked-91",
        "error",
        "likely",
        "NET/MAY",
    ),
    "No Tasks, once": (
        server({"DIRSYNC": t2("Status       No Tasks From Requestor: PCM:POSTMASTER/NET/OCTOBER")}),
        "one-cycle-lag",
        "note",
        "certain",
        "NET/OCTOBER",
    ),
    "No Tasks, twice": (
        server(
            {
                "DIRSYNC": "\n".join(
                    f"02/{day}/94 14:00:00 | Status       No Tasks From Requestor: PCM:POSTMASTER/NET/OCTOBER"
                    for day in (18, 19)
                )
            }
        ),
        "cycle-order-wrong",
        "warning",
        "likely",
        "NET/OCTOBER",
    ),
    "No Tasks, always, and yet in step": (
        server(
            {
                "DIRSYNC": "\n".join(
                    f"02/{day}/94 14:00:00 | Status       No Tasks From Requestor: PCM:POSTMASTER/NET/OCTOBER"
                    for day in (17, 18, 19)
                )
            }
        ),
        "requestor-late-modem",
        "note",
        "possible",
        "NET/OCTOBER",
    ),
}


@pytest.mark.parametrize("name", AT_SERVER)
def test_a_servers_log_shows_it(name: str, diagnose: Diagnose) -> None:
    description, slug, level, certainty, about = AT_SERVER[name]
    found = only(diagnose(description), slug)
    assert (found.severity, found.certainty, found.postoffice) == (level, certainty, about), found
    assert found.evidence


def test_every_step_that_a_problem_may_name_has_something_that_shows_its_end() -> None:
    assert {*STEPS} == {*PHASES, "T2"}, "of T2 it is what SRVCONF dates"


SERVER_NEAR_MISSES: dict[str, Description] = {
    "MSTTRANS is missing: the check of files says it": server(
        {"DIRSYNC": t2("Fatal  [  2] Error opening file: MSTTRANS")}, missing={"paths": ["GLB/MSTTRANS.GLB"]}
    ),
    "MSTTRANS ends elsewhere: the check of files says it": server(
        {"DIRSYNC": t2("Fatal  [110] Failed to read the last transaction")},
        queue={"MSTTRANS": [{"sync": 79, "text": "# any"}]},
    ),
    "the server's own record is missing: the check of files says it": server(
        {"DIRSYNC": t2("Error  [136] The local requestor is not registered")},
        srvconf={"requestor": [{"name": "PCM:NET/OCTOBER"}]},
    ),
    "SRVCONF is missing: the check of files says it": server(
        {"DIRSYNC": t2("Fatal  [161] Server configuration busy") + "\nStatus  Report from NET/SERVER/$SYSTEM"},
        missing={"paths": ["GLB/SRVCONF.GLB"]},
    ),
}


@pytest.mark.parametrize("name", SERVER_NEAR_MISSES)
def test_a_near_miss_of_the_server_is_not_reported(name: str, diagnose: Diagnose) -> None:
    assert not [found.message for found in diagnose(SERVER_NEAR_MISSES[name])]


def test_what_the_servers_log_says_of_a_requestor_that_is_given_belongs_to_it(tmp_path: Path) -> None:
    path = written(tmp_path, server({"DIRSYNC": GONE}), requestor())
    found = only(findings(path), "requestor-inactive-window")
    assert found.path.endswith("october")


def test_what_was_purged_stays_lost_until_an_import_though_the_numbers_agree_again(tmp_path: Path) -> None:
    """Q108067: the server sends what it still has, and SrvSync goes up all the same; only an Import brings the rest."""
    path = written(tmp_path, server({"DIRSYNC": GONE}), requestor())
    found = only(findings(path), "requestor-inactive-window")
    assert (found.severity, found.certainty) == ("error", "likely")
    assert found.ranges
    for asked, level in (("2001-01-01T00:00:00", "note"), ("1981-01-01T00:00:00", "error")):
        folder = tmp_path / level
        folder.mkdir()
        path = written(folder, server({"DIRSYNC": GONE}), requestor(reqconf={"last_import": asked}))
        assert only(findings(path), "requestor-inactive-window").severity == level


def test_a_gap_that_the_numbers_show_is_left_to_the_check_of_files_with_its_symptoms(tmp_path: Path) -> None:
    registered = [{"name": "PCM:NET/OCTOBER", "srvsync": 22}]
    path = written(tmp_path, server({"DIRSYNC": GONE}, registered), requestor(reqconf={"srvsync": 22}))
    assert not findings(path)
    requestors = [case for case in looked_at(path) if not case.is_server]
    codes = [each.code for each in symptoms(requestors[0], "requestor-inactive-window")]
    assert codes == [None, 138, 139]


def test_logs_are_read_once_for_a_case_and_forgotten_with_it(tmp_path: Path) -> None:
    path = written(tmp_path, requestor(log={"DIRSYNC": LOCKED}))
    case, other = next(looked_at(path)), next(looked_at(path))
    assert read(case) is read(case) is not read(other)
    assert groups(case) is groups(case)
    gone = weakref.ref(read(case))
    del case
    gc.collect()
    assert gone() is None


def test_symptoms_of_what_the_check_of_files_reports(tmp_path: Path) -> None:
    path = written(tmp_path, requestor(log={"DIRSYNC": NO_REQTRANS}, missing={"paths": ["GLB/REQTRANS.GLB"]}))
    case = next(looked_at(path))
    assert [each.code for each in symptoms(case, "reqtrans-missing")] == [2, 40, 152, 104]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("91", "import-locked-91"),
        ("7", "import-rename-7"),
        ("45 and 150", "usrtrans-corrupt-45-150"),
        ("150 alone", "error-150-space-rights"),
        ("Import did not run", "import-not-run-bad-password"),
    ],
)
def test_files_left_over_are_reported_once_where_a_log_names_the_cause(name: str, slug: str, tmp_path: Path) -> None:
    slugs = [each.problem.slug for each in reported(written(tmp_path, AT_REQUESTOR[name][0]))]
    assert slugs.count(slug) == 1
    assert "temp-files-leftover" not in slugs


def test_files_left_over_are_reported_where_the_log_tells_of_another_postoffice(tmp_path: Path) -> None:
    log, *_ = AT_SERVER["a requestor's log in CENTRAL.LOG"][0]["log"].values()
    found = reported(written(tmp_path, server({"CENTRAL": log}, queue={"SRVTRANS": FULL})))
    assert {(each.problem.slug, each.postoffice) for each in found} >= {
        ("import-locked-91", "NET/MAY"),
        ("temp-files-leftover", "NET/SERVER"),
    }


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        ("Error  [ 45] File error sorting queue: USRTRANS", True),
        ("Error  [ 30] Import error accessing transaction file", True),
        ("Error  [ 20] Address element is too long: TENLETTERS", False),
    ],
)
def test_files_left_over_carry_the_lines_that_tell_of_them(log: str, shown: bool, tmp_path: Path) -> None:
    path = written(tmp_path, requestor(log={"DIRSYNC": imported(log)}, queue={"USRTRANS": FULL}))
    found = one(reported(path), "temp-files-leftover")
    assert any(log in str(each.value) for each in found.evidence) is shown


@pytest.mark.parametrize(
    ("log", "slug"),
    [
        ("Fatal  [ 14] Error processing Resync.glb", "resync-error-14"),
        ("Error  [ 44] Gateway not installed: SNADS", "resync-not-consumed"),
    ],
)
def test_a_resync_that_stays_is_reported_once(log: str, slug: str, tmp_path: Path) -> None:
    path = written(tmp_path, requestor(log={"DIRSYNC": imported(log)}, queue={"RESYNC": FULL}))
    slugs = [each.problem.slug for each in reported(path) if each.problem.slug.startswith("resync-")]
    assert [each for each in slugs if each != "resync-gateway-44"] == [slug]


def test_a_gap_carries_the_lines_of_the_servers_log_about_that_postoffice_only(tmp_path: Path) -> None:
    registered = [{"name": "PCM:NET/OCTOBER", "srvsync": 22}, {"name": "PCM:NET/MAY"}]
    log = f"{GONE}\n{GONE.replace('OCTOBER', 'MAY').replace('14:10', '14:20')}"
    path = written(tmp_path, server({"DIRSYNC": log}, registered), requestor(reqconf={"srvsync": 22}), requestor("MAY"))
    found = next(each for each in reported(path) if each.postoffice == "NET/OCTOBER" and each.severity == "error")
    lines = [str(each.value) for each in found.evidence if each.field == "line"]
    assert found.problem.slug == "requestor-inactive-window"
    assert lines == GONE.splitlines()


def test_a_server_that_went_back_carries_the_lines_of_its_log(tmp_path: Path) -> None:
    path = written(tmp_path, server({"DIRSYNC": GONE}), requestor(reqconf={"srvsync": 90}))
    found = one(reported(path), "server-restored-from-backup")
    assert [str(each.value) for each in found.evidence if each.field == "line"] == GONE.splitlines()


def test_a_requestor_made_anew_carries_the_cycles_at_the_end_that_received_nothing(tmp_path: Path) -> None:
    cycles = "\n".join(
        f"02/{day:02}/94 15:00:00 | 1  -1 {REQMAIN}\n02/{day:02}/94 15:00:10 | 1 105 {0 if day != 3 else 4}"
        for day in range(1, 6)
    )
    registered = [{"name": "PCM:NET/OCTOBER", "reqsync": 0, "srvsync": 0, "importsync": 0}]
    found = one(
        reported(written(tmp_path, server(registered=registered), requestor(log={"DSSERVER": cycles}))),
        "requestor-readded",
    )
    assert [str(each.value)[:5] for each in found.evidence if each.field == "line"] == ["02/04", "02/05"]


def test_cycles_in_which_other_postoffices_received_nothing_are_not_the_servers_own(tmp_path: Path) -> None:
    blocks = "".join(
        f"02/{day:02}/94 15:00:00 | Status  Report from NET/MAY/$SYSTEM\n02/{day:02}/94 15:00:10 | 1 105 0\n"
        for day in range(1, 7)
    )
    path = written(tmp_path, server({"CENTRAL": blocks}))
    case = next(looked_at(path))
    assert [each.about for each in read(case).entries if each.code == 105] == ["NET/MAY"] * 6
    assert read(case).nothing_received == []


def test_every_file_left_over_is_shown_with_the_cause_that_a_log_names(tmp_path: Path) -> None:
    path = written(tmp_path, AT_REQUESTOR["91"][0])
    (glb,) = path.rglob("GLB")
    (glb / "GAL$.NME").write_bytes(b"left")
    found = one(reported(path), "import-locked-91")
    assert "GAL$.NME" in {Path(each.path).name for each in found.evidence}


@pytest.mark.parametrize(("name", "named"), [("45 and 150", True), ("91", True), ("91, queue empty now", False)])
def test_whether_a_log_names_the_cause_of_leftovers(name: str, named: bool, tmp_path: Path) -> None:
    case = next(looked_at(written(tmp_path, AT_REQUESTOR[name][0])))
    assert names_leftovers(case) is named


def test_two_requestors_over_the_limit_are_two_findings(diagnose: Diagnose) -> None:
    both = f"{LIMIT}\n{LIMIT.replace('OCTOBER', 'MAY')}"
    registered = [*BEHIND, {"name": "PCM:NET/MAY", "srvsync": 70}]
    found = diagnose(server({"DIRSYNC": both}, registered))
    assert [each.postoffice for each in found] == ["NET/OCTOBER", "NET/MAY"]
    assert all("messages 118 and 166" in each.message and "times" not in each.message for each in found)


# --- schedule ------------------------------------------------------------------------------------------------------


def polled(*runs: tuple[str, str, str, str]) -> str:
    """DISPATCH.LOG of runs: day, time, step, postoffice."""
    return "\n".join(
        f"INST1  {day}  {time} Checking the process table on NET\\{postoffice}\n{run(day, time, step)}"
        for day, time, step, postoffice in runs
    )


DAYS = ("02/14/94", "02/15/94", "02/16/94")
RIGHT = polled(
    *(
        each
        for day in DAYS
        for each in ((day, "01:00", "RT", "OCTOBER"), (day, "03:00", "S", "SERVER"), (day, "05:00", "RR", "OCTOBER"))
    )
)
WRONG = polled(
    *(
        each
        for day in DAYS
        for each in ((day, "01:00", "RT", "OCTOBER"), (day, "03:00", "RR", "OCTOBER"), (day, "05:00", "S", "SERVER"))
    )
)
MISSED = "INST1  02/18/94  09:00 NSDA-RT Missed its run Window"
FAILED = 'INST1  02/18/94  09:00 "NSDA -RR" terminated abnormally with exit code 65'


def shifted(month: int) -> str:
    days = [(day, "01:00") for day in (1, 2, 3)] + [(day, "02:00") for day in (8, 9, 10)]
    return polled(*((f"{month:02}/{day:02}/94", time, "RT", "OCTOBER") for day, time in days))


SCHEDULED: dict[str, tuple[Description, str, str, str]] = {
    "missed": (server({"DISPATCH": dispatch(MISSED)}), "missed-run-window", "warning", "likely"),
    "missed, run later": (
        server({"DISPATCH": dispatch(MISSED, run("02/19/94", "01:00", "RT"))}),
        "missed-run-window",
        "note",
        "certain",
    ),
    "exit code 65": (server({"DISPATCH": dispatch(FAILED)}), "nsda-exit-codes", "error", "likely"),
    "exit code 2": (
        server({"DISPATCH": dispatch("INST1  02/18/94  09:00 NSDA -S terminated with exit code 2")}),
        "nsda-exit-codes",
        "error",
        "likely",
    ),
    "exit code 65, normal later": (
        server(
            {
                "DISPATCH": dispatch(
                    FAILED, FAILED.replace("18", "19").replace("abnormally", "normally").replace("65", "64")
                )
            }
        ),
        "nsda-exit-codes",
        "note",
        "certain",
    ),
    "T3 before T2": (server({"DISPATCH": WRONG}), "cycle-order-wrong", "warning", "likely"),
    "one cycle": (
        server({"DISPATCH": "\n".join(WRONG.splitlines()[:6])}),
        "one-cycle-lag",
        "note",
        "certain",
    ),
    "T3 before T2, put right": (
        server({"DISPATCH": WRONG + "\n" + RIGHT.replace("02/1", "02/2")}),
        "cycle-order-wrong",
        "note",
        "certain",
    ),
    "an hour later in April": (server({"DISPATCH": shifted(4)}), "dst-shift", "warning", "likely"),
    "no process table": (
        server({"DISPATCH": dispatch("INST1  02/18/94  09:00 Failure while accessing the process table.")}),
        "process-glb-faults",
        "warning",
        "likely",
    ),
}


@pytest.mark.parametrize("name", SCHEDULED)
def test_the_schedule_shows_it(name: str, diagnose: Diagnose) -> None:
    description, slug, level, certainty = SCHEDULED[name]
    found = only(diagnose(description), slug)
    assert (found.severity, found.certainty) == (level, certainty), found
    assert found.evidence


@pytest.mark.parametrize(
    "log",
    [
        RIGHT,
        shifted(6),
        shifted(4).replace("02:00", "02:30"),
        FAILED.replace("abnormally", "normally").replace("65", "64"),
        "INST1  02/18/94  09:00 external -btxx:xx:xx terminated with exit code -1",
    ],
    ids=["right order", "an hour later in June", "an hour and a half", "exit code 64", "another program"],
)
def test_a_schedule_in_order_is_not_reported(log: str, diagnose: Diagnose) -> None:
    assert not [found.message for found in diagnose(server({"DISPATCH": dispatch(log)}))]


@pytest.mark.parametrize(("order", "slugs"), [(WRONG, ["cycle-order-wrong"]), (RIGHT, [])])
def test_the_order_of_a_requestor_that_is_given_is_its_own_finding(
    order: str, slugs: list[str], diagnose: Diagnose
) -> None:
    found = diagnose(server({"DISPATCH": order}), requestor())
    assert [each.problem.slug for each in found] == slugs
    assert all(each.postoffice == "NET/OCTOBER" and each.path.endswith("october") for each in found)


def test_order_from_the_logs_of_the_programs_is_possible_only(diagnose: Diagnose) -> None:
    cycle = "".join(f"02/{day}/94 01:00:00 | 1 171\n02/{day}/94 03:00:00 | 1 105 0\n" for day in (14, 15, 16))
    reports = "".join(f"02/{day}/94 05:00:00 | Status  Report from NET/OCTOBER/$SYSTEM\n" for day in (14, 15, 16))
    found = only(diagnose(server({"CENTRAL": reports}), requestor(log={"DSSERVER": cycle})), "cycle-order-wrong")
    assert found.certainty == "possible"


def test_order_from_the_logs_of_the_programs_that_is_right(diagnose: Diagnose) -> None:
    cycle = "".join(f"02/{day}/94 01:00:00 | 1 171\n02/{day}/94 03:00:00 | 1 105 0\n" for day in (14, 15, 16))
    reports = "".join(f"02/{day}/94 02:00:00 | Status  Report from NET/OCTOBER/$SYSTEM\n" for day in (14, 15, 16))
    assert not diagnose(server({"CENTRAL": reports}), requestor(log={"DSSERVER": cycle}))


def asked(*runs: tuple[str, str, str, str]) -> list[Description]:
    return [server({"DISPATCH": polled(*runs)}), requestor(reqconf={"last_import": "1994-02-14T00:30:00"})]


def test_two_t2_between_request_and_reply(diagnose: Diagnose) -> None:
    found = only(
        diagnose(
            *asked(
                ("02/14/94", "01:00", "RT", "OCTOBER"),
                ("02/14/94", "02:00", "S", "SERVER"),
                ("02/14/94", "03:00", "S", "SERVER"),
                ("02/14/94", "05:00", "RR", "OCTOBER"),
            )
        ),
        "multiple-t2-import-lost",
    )
    assert found.postoffice == "NET/OCTOBER"
    assert "2 times" in found.message


def test_one_t2_between_request_and_reply_is_right(diagnose: Diagnose) -> None:
    runs = (("01:00", "RT", "OCTOBER"), ("02:00", "S", "SERVER"), ("05:00", "RR", "OCTOBER"), ("06:00", "S", "SERVER"))
    assert not diagnose(*asked(*(("02/14/94", *each) for each in runs)))


def test_messages_in_p1_explain_a_requestor_that_is_not_heard(diagnose: Diagnose) -> None:
    missing = "\n".join(
        f"02/{day}/94 14:00:00 | Status       No Tasks From Requestor: PCM:POSTMASTER/NET/OCTOBER" for day in (18, 19)
    )
    found = only(diagnose(server({"DIRSYNC": missing}), requestor(file={"P1/00000116.P1": "mail"})), "p1-stranded")
    assert found.postoffice == "NET/OCTOBER"


def test_updates_on_the_way_are_a_note(diagnose: Diagnose) -> None:
    found = only(diagnose(server(registered=BEHIND), requestor(reqconf={"srvsync": 71})), "one-cycle-lag")
    assert found.severity == "note"
    assert found.ranges == ((71, 80),)


def test_updates_that_wait_for_many_cycles_are_not_called_normal(diagnose: Diagnose) -> None:
    registered = [{"name": "PCM:NET/OCTOBER", "srvsync": 71, "last_cycle": 8}]
    assert not diagnose(server(registered=registered), requestor(reqconf={"srvsync": 71}))


# --- published evidence --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["DSSERVER.LOG", "DIRSYNC.LOG", ""])
def test_the_log_of_a_healthy_cycle_gives_notes_only(name: str, published: Path) -> None:
    assert {each.severity for each in findings(published / "q149271" / name)} <= {"note"}


def test_t1_without_reqtrans_is_recognised(published: Path) -> None:
    found = only(findings(published / "q119017"), "reqtrans-missing")
    assert (found.severity, found.certainty, len(found.evidence)) == ("error", "likely", 4)


def test_missing_transactions_are_recognised(published: Path) -> None:
    found = only(findings(published / "q108067"), "requestor-inactive-window")
    assert (found.severity, found.certainty, found.postoffice) == ("error", "likely", "NET/PO")
    assert found.ranges == ((0, 1299),)
    assert "1300 (0->1299)" in found.message
    assert found.settled_by


# --- wording -------------------------------------------------------------------------------------------------------


WORDED = {slug: each.symptom for slug, each in BY_SLUG.items() if each.symptom is not None}


def test_every_cause_of_the_tables_has_words_and_a_row_in_the_table_of_problems() -> None:
    assert {*SINGLE.values(), *JUDGES} <= set(WORDED) <= set(BY_SLUG)


@pytest.mark.parametrize("slug", WORDED)
def test_messages_state_the_fault_in_one_sentence(slug: str) -> None:
    kind = WORDED[slug]
    assert not kind.what.endswith(".")
    assert all(each.endswith(".") for each in (*kind.notes, *kind.help))
