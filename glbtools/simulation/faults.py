"""Everything that is known to go wrong, each as something that can be done to a network at a moment.

A fault is named by what happens (docs/facts/faults.md); ``slug`` is the problem that diagnosis should find. Most act on
the files of one postoffice. Some make a program fail in the cycle in which they are injected, with the messages that
are documented for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from glbtools.errors import UsageError
from glbtools.formats import config
from glbtools.formats.message import REQTX, SRVTX
from glbtools.formats.queue import CONFIRMED_TEXT, PODIAG_TEXT, ResyncHeader
from glbtools.model.change import Change
from glbtools.simulation import actions, phases
from glbtools.simulation.disk import OWN, Office
from glbtools.simulation.lists import addition
from glbtools.simulation.network import EMPTY_QUEUES, Failure, InjectedFault, LogEntry, Network

Do = Callable[..., None]


class Fault(NamedTuple):
    """One way in which things go wrong.

    Attributes:
        name: as scenarios call it.
        slug: the problem it leads to; empty where the protocol heals it and nothing should be found.
        says: what happens, in a sentence.
        sources: articles.
        do: injects it; takes the network, a postoffice and the keys in ``options``.
        after: behind which phase it happens unless a scenario says otherwise: T0, T1, T2 or T3.
        where: ``requestor``, ``server`` or ``any``: which postoffices it can concern.
        options: further keys -> their kind.
        later: cycles that must follow until the files show it.
    """

    name: str
    slug: str
    says: str
    sources: str
    do: Do
    after: str = "T3"
    where: str = "requestor"
    options: dict[str, type] = {}  # noqa: RUF012 - never changed
    later: int = 0


def inject(network: Network, name: str, office: Office, **options: Any) -> int:
    """Put a fault into a network; return its number.

    Raises:
        UsageError: there is no such fault, or it cannot concern this postoffice.
    """
    fault = find(name)
    role = "server" if office.name == network.server else "requestor"
    if fault.where not in ("any", role):
        raise UsageError(f"{name} concerns a {fault.where}, and {office.name} is the {role}")
    network.faults.append(InjectedFault(fault.name, fault.slug, network.cycle, office.name))
    fault.do(network, office, **options)
    return len(network.faults) - 1


def find(name: str) -> Fault:
    """Return the fault of a name.

    Raises:
        UsageError: there is none.
    """
    if name not in FAULTS:
        raise UsageError(f"there is no fault {name!r}")
    return FAULTS[name]


# --- REQTRANS and REQCONF ----------------------------------------------------------------------------------------


def _delete_queue(_network: Network, office: Office) -> None:
    office.delete("GLB/REQTRANS.GLB")


def _empty_queue(_network: Network, office: Office) -> None:
    office.write("GLB/REQTRANS.GLB", b"")


def _begin_again(network: Network, office: Office, changes: int = 2) -> None:
    _empty_queue(network, office)
    actions.add(network, office, changes)


def _old_dummy(network: Network, office: Office, behind: int = 2, text: str = CONFIRMED_TEXT) -> None:
    """REQTRANS of an earlier day: a dummy with an earlier number."""
    reqconf = office.reqconf()
    number = max(((reqconf.reqsync or 0) if reqconf else 0) - behind, 0)
    office.put("REQTRANS", [Change(number, text, network.now(office.name))])


def _old_podiag(network: Network, office: Office, behind: int = 2) -> None:
    """REQTRANS of an earlier day, on which the diagnostic utility had just made it."""
    _old_dummy(network, office, behind, PODIAG_TEXT)


def _clone(network: Network, office: Office, of: str = "") -> None:
    """REQCONF of another postoffice, dates and all (Q123437)."""
    others = [each for each in network.requestors if each != office.name]
    other = network.holder(of) if of else network.offices[others[0] if others else network.server]
    office.write("GLB/REQCONF.GLB", other.read("GLB/REQCONF.GLB") or b"")


def _restored(*names: str) -> Do:
    """Return a fault that puts some files of a copy back, or all."""

    def do(network: Network, office: Office, copy: str = "") -> None:
        actions.restore(network, office, copy or _oldest_copy(network, office), names)

    return do


def _queue_put_back(network: Network, office: Office, copy: str = "") -> None:
    """REQTRANS alone of an earlier day, and so many changes since that its numbers have passed ReqSync."""
    _restored("REQTRANS.GLB")(network, office, copy)
    reqconf, last = office.reqconf(), max((each.sync for each in office.records("REQTRANS")), default=0)
    confirmed = (reqconf.reqsync or 0) if reqconf else 0
    actions.add(network, office, max(confirmed - last, 0) + 1)


def _swap_directories(network: Network, office: Office, of: str = "") -> None:
    """Two directories bear each other's names, as where copies were put away by hand (docs/rulings.md 2)."""
    others = [each for each in network.requestors if each != office.name]
    other = network.holder(of) if of else network.offices[others[0] if others else network.server]
    pair = office.path, other.path
    held = [network.disk.below(f"{path}/") for path in pair]
    for path in (*held[0], *held[1]):
        network.disk.delete(path)
    for files, old, new in zip(held, pair, pair[::-1], strict=True):
        for path, data in files.items():
            network.disk.write(f"{new}/{path[len(old) + 1 :]}", data)
    office.path, other.path = pair[::-1]


def _foreign_addresses(network: Network, office: Office, changes: int = 2) -> None:
    """IMPORT -E on a host queues addresses of another postoffice (Q244488, Q222651)."""
    for _ in range(changes):
        network.serial += 1
        network.queue(office, [addition("FAX/GATE", f"Fax {network.serial:04}", f"FAX{network.serial:04}")])


def _cut_reqconf(_network: Network, office: Office, size: int = 100) -> None:
    office.write("GLB/REQCONF.GLB", (office.read("GLB/REQCONF.GLB") or b"")[:size])


def _stray_pointer(_network: Network, office: Office) -> None:
    office.set_reqconf(pointers=(-1, 0x40, -1, -1))


def _reset_with_pointer(network: Network, office: Office) -> None:
    actions.reset(network, office)
    actions.recreate(network, office)
    office.put("REQTRANS", [])
    _stray_pointer(network, office)


def _poison(network: Network, office: Office) -> None:
    """A wrong checksum in the second of three changes that wait."""
    actions.add(network, office, 3)
    queue = office.queue("REQTRANS")
    assert queue is not None
    waiting = [each for each in queue.records if not queue.is_dummy(each)]
    bad = waiting[-2]
    entries = {each.start: office.again(each) for each in queue.records}
    entries[bad.start] = entries[bad.start]._replace(checksum=(bad.checksum or 0) ^ 0x5A5A)
    office.put("REQTRANS", entries.values())


def _silent_export(network: Network, office: Office) -> None:
    """An Export while REQTRANS is away: no record, no error, but the date (Q119017)."""
    away = office.read("GLB/REQTRANS.GLB")
    office.delete("GLB/REQTRANS.GLB")
    actions.export(network, office)
    if away is not None:
        office.write("GLB/REQTRANS.GLB", away)


def _damage_queue(network: Network, office: Office) -> None:
    """A torn file: the end of the last of two new changes is missing."""
    actions.add(network, office, 2)
    data = office.read("GLB/REQTRANS.GLB") or b""
    office.write("GLB/REQTRANS.GLB", data[: max(len(data) - 20, 1)])


def _never_sent(network: Network, office: Office) -> None:
    """Dir-Sync does not run here: not registered, and every phase is left out."""
    actions.unregister(network, office)
    if office.reqconf() is not None:
        office.set_reqconf(server="")
    for phase in ("T1", "T3"):
        network.skipped.add((office.name, phase))


# --- RESYNC ------------------------------------------------------------------------------------------------------


def _resync_after_adds(network: Network, office: Office, changes: int = 1) -> None:
    """Harmless where no other requestor's ReqSync is above the changes that wait."""
    actions.add(network, office, changes)
    actions.resync(network, office)


def _resync_left(network: Network, office: Office) -> None:
    actions.make_resync(network, office)


def _resync_waiting(network: Network, office: Office) -> None:
    actions.make_resync(network, office)
    actions.copy_resync(network, office)


# --- the server --------------------------------------------------------------------------------------------------


def _oldest_copy(network: Network, office: Office) -> str:
    """Return the name of the first copy made of a postoffice."""
    prefix = f"{OWN}/copies/"
    names = {path[len(prefix) :].partition("/")[0] for path in network.disk.below(prefix)}
    for name in sorted(names, key=lambda each: (len(each), each)):
        if network.disk.below(f"{prefix}{name}/{office.place('GLB')}/"):
            return name
    raise UsageError(f'no copy of {office.name} was made before (do = "copy")')


def _reenable(network: Network, office: Office) -> None:
    """Server Options No, then Yes: SRVCONF and MSTTRANS are deleted and begin anew (Q96060, Q103421 #2082)."""
    old = office.srvconf()
    names = [each.name for each in old.config.requestors] if old else [f"PCM:{each}" for each in network.offices]
    layout = office.layouts["srvconf"]
    header = {"administrator": "ADMIN", "keep_updates": 14}
    office.set_srvconf(config.new_srvconf(layout, [{"name": each} for each in names], **header))
    office.write("GLB/MSTTRANS.GLB", b"")
    office.set_reqconf(reqsync=0, srvsync=0, importsync=0)
    for queue in EMPTY_QUEUES:
        office.write(f"GLB/{queue}.GLB", b"")


def _recreate(network: Network, office: Office) -> None:
    actions.recreate(network, office)


def _absent(network: Network, office: Office) -> None:
    """Nobody switches the machine on."""
    for phase in ("T1", "T3"):
        network.skipped.add((office.name, phase))


def _cut_srvconf(_network: Network, office: Office) -> None:
    office.write("GLB/SRVCONF.GLB", (office.read("GLB/SRVCONF.GLB") or b"")[:-300])


def _overwrite_srvconf(_network: Network, office: Office) -> None:
    """The first six bytes, as a faulty network driver wrote them (Q120449)."""
    office.write("GLB/SRVCONF.GLB", b"\x1a\x00\xff\x3c\x91\x07" + (office.read("GLB/SRVCONF.GLB") or b"")[6:])


def _no_srvconf(_network: Network, office: Office) -> None:
    office.delete("GLB/SRVCONF.GLB")


def _no_master(_network: Network, office: Office) -> None:
    office.delete("GLB/MSTTRANS.GLB")


def _short_master(_network: Network, office: Office) -> None:
    """MSTTRANS of an earlier day: its last number is below that of SRVCONF."""
    records = office.records("MSTTRANS")
    office.put("MSTTRANS", [office.again(each) for each in records[:-2]])


def _holed_master(network: Network, office: Office) -> None:
    """A record inside MSTTRANS is lost, and a requestor that has still to get it misses its T3."""
    records = office.records("MSTTRANS")
    lost = records[-2] if len(records) > 2 else None
    office.put("MSTTRANS", [office.again(each) for each in records if each is not lost])
    network.skipped.add((network.requestors[0], "T3"))


def _keep_updates(_network: Network, office: Office) -> None:
    """The administrator's long name runs into Keep Updates (Q125512)."""
    srvconf = office.srvconf()
    if srvconf is not None:
        office.set_srvconf(config.changed_srvconf(srvconf, keep_updates=12_345))


def _unregister(network: Network, office: Office) -> None:
    """The server knows it under another name (Q99268, Q114246)."""
    _record(network, office, name="PCM:NET/OTHER")


def _delete_record(network: Network, office: Office) -> None:
    """The server forgets a requestor that has a change waiting."""
    actions.add(network, office)
    actions.unregister(network, office)


def _password(network: Network, office: Office) -> None:
    _record(network, office, password=b"SECRET")


def _record(network: Network, office: Office, **values: object) -> None:
    srvconf, number = network.serving.srvconf(), actions.record_of(network, office)
    if srvconf is not None and number:
        network.serving.set_srvconf(config.changed_srvconf(srvconf, {number: values}))


def _rename_server(_network: Network, office: Office) -> None:
    office.set_reqconf(server="OLDNET/HUB")


def _far_behind(network: Network, office: Office) -> None:
    """ReqSync of the server's own requestor is above its queue by more than exports can make up for (Q119452)."""
    office.set_reqconf(reqsync=5000)
    _record(network, office, reqsync=5000)


def _limit(network: Network, office: Office) -> None:
    office.set_reqconf(limit=1)
    actions.request_import(network, office)


# --- T3 ----------------------------------------------------------------------------------------------------------


def _leave_sortlock(_network: Network, office: Office) -> None:
    office.write("GLB/SORTLOCK.GLB", b"")


def _no_import(network: Network, office: Office) -> None:
    """IMPORT is called with a wrong password: nothing is logged (Q148771)."""
    network.failures[office.name, "T3"] = Failure((), "import", 64)


def _break_off(network: Network, office: Office) -> None:
    """An Import breaks off in the middle: what was fetched stands in USRTRANS (Q122750)."""
    network.failures[office.name, "T3"] = Failure((LogEntry("Status", None, phases.IMPORT),), "sorting", 64)


# --- mail and schedule -------------------------------------------------------------------------------------------


def _lose(network: Network, office: Office, kind: str = "") -> None:
    network.mail = [each for each in network.mail if not _of(each, office, kind)]


def _delay(network: Network, office: Office, kind: str = "", phases: int = 3) -> None:
    network.mail = [each._replace(due=each.due + phases) if _of(each, office, kind) else each for each in network.mail]


def _duplicate(network: Network, office: Office, kind: str = "", later: int = 0) -> None:
    doubled = [each for each in network.mail if _of(each, office, kind)]
    network.mail += [each._replace(due=each.due + later) for each in doubled]


def _reorder(network: Network, _office: Office) -> None:
    network.mail.reverse()


def _of(message: Any, office: Office, kind: str) -> bool:
    if message.kind == REQTX and kind in ("", "ReqTx"):
        return bool(message.sender == office.name)
    return bool(message.kind == SRVTX and kind in ("", "SrvTx") and message.to == office.name)


def _miss(network: Network, office: Office, phase: str = "T1") -> None:
    """Dispatch comes too late: the step is left out until its next time (Q148718)."""
    network.skipped.add((office.name, phase))
    letters = {"T1": "NSDA-RT", "T2": "NSDA-S", "T3": "NSDA-RR"}[phase]
    home, when = network.serving, network.true_time(office.name)
    home.dispatch(when, f"Checking the process table on {office.name.replace('/', chr(92))}")
    home.dispatch(when, f"{letters} Missed its run Window")


def _double_t2(network: Network, office: Office) -> None:
    """An import is asked for, and T2 runs before T1 as well as after it (Q142841)."""
    actions.request_import(network, office)
    before = network.phase
    network.phase = "T2"
    phases.run(network, "T2")
    network.phase = before


def _clock(network: Network, office: Office, seconds: int = 3600) -> None:
    network.clocks[office.name] += seconds


def _stale_t2(network: Network, office: Office) -> None:
    """A former server still has T2 in its schedule (Q136487)."""
    office.log(network.now(office.name), "Fatal", 161, coded=False)


def _short_control(_network: Network, office: Office) -> None:
    office.write("GLB/CONTROL.GLB", b"\x4d\x3c")


def _torn_schedule(_network: Network, office: Office) -> None:
    office.write("GLB/PROCESS.GLB", bytes(600))


def _torn_mailbag(_network: Network, office: Office) -> None:
    office.write("KEY/SYSTEM.KEY", bytes(560))
    office.write("MBG/SYSTEM.MBG", bytes(117))


def _say(*lines: LogEntry) -> Do:
    """Return a fault of which only messages tell: a program writes them and goes on."""

    def do(network: Network, office: Office) -> None:
        for each in lines:
            office.log(
                network.now(office.name), each.severity, each.code, each.argument, wording=each.wording, coded=False
            )

    return do


def _too_long(network: Network, office: Office) -> None:
    """A group whose address has more than ten characters (Q123398)."""
    network.queue(office, [f"A Group\tPCM:{office.name}/TENLETTERSX"])


def _bad_modification(network: Network, office: Office) -> None:
    """A malformed modification reaches everyone, and IMPORT hangs on it everywhere (Q194819)."""
    network.queue(office, [f"M Old\tPCM:{office.name}/TENLETTERSX"])
    for name in network.offices:
        network.failures[name, "T3"] = Failure((LogEntry("Status", None, phases.IMPORT),), "import", 65)


def _damage_report(network: Network, office: Office) -> None:
    """DSSERVER.LOG holds control bytes (Q125918)."""
    network.disk.append(office.place("LOG/DSSERVER.LOG"), b"\x00\x03\x91\x00\x07\r\n")


def _low_resync(network: Network, office: Office) -> None:
    """RESYNC.GLB made of too few requestors: its numbers are below those here (Q215505)."""
    when = network.now(office.name)
    office.put("RESYNC", [Change(0, ResyncHeader(0, 0, 0).text, when)])


def _send_late(network: Network, office: Office, seconds: int = 3 * 3600) -> None:
    """T1 runs after T2: what it sends waits for the next (Q131509)."""
    network.phase = "T1"
    network.late[office.name, "T1"] = seconds
    network.skipped.discard((office.name, "T1"))
    before = len(network.mail)
    phases.run(network, "T1", [office.name])
    network.mail[before:] = [each._replace(due=each.due + 3) for each in network.mail[before:]]
    network.phase = "T2"


def _clocks_changed(network: Network, _office: Office, seconds: int = 3600) -> None:
    """Dispatch adds a week to each entry and knows nothing of daylight saving (Q119111)."""
    network.shift = seconds


def _no_external(network: Network, office: Office) -> None:
    """External does not run: what T1 made lies in P1 (Q148707)."""
    kept = [each for each in network.mail if each.sender != office.name]
    for number, _ in enumerate(network.mail[len(kept) :], 1):
        office.write(f"P1/{network.cycle:04X}{number:04X}.P1", b"\0")
    network.mail = kept


def _always_late(network: Network, office: Office) -> None:
    """The hub calls only when it has mail: what the requestor sends comes a cycle late (Q101137)."""
    network.mail = [each._replace(due=each.due + 3) if each.sender == office.name else each for each in network.mail]


def _second_server(network: Network, office: Office) -> None:
    office.write("GLB/SRVCONF.GLB", network.serving.read("GLB/SRVCONF.GLB") or b"")


def _whole_reset(network: Network, office: Office) -> None:
    """A complete local reset: LISTDS -R -Z, REQTRANS emptied, the requestor created anew (Q119452)."""
    actions.reset(network, office)
    actions.recreate(network, office)
    office.put("REQTRANS", [])


def _recreated_and_imported(network: Network, office: Office) -> None:
    """The requestor is created anew on the server, and asks for an Import as it should (Q99961)."""
    actions.recreate(network, office)
    actions.request_import(network, office)


def _resync_first(network: Network, office: Office, changes: int = 1) -> None:
    """RESYNC first, changes after it: as it should be (Q119452)."""
    actions.resync(network, office)
    actions.add(network, office, changes)


def _failing(phase: str, what: str, *lines: LogEntry, files: tuple[str, ...] = (), end: int = 65) -> Do:
    """Return a fault that makes a program fail in this cycle, with documented messages."""

    def do(network: Network, office: Office) -> None:
        said = tuple(each._replace(argument=each.argument.format(name=office.name)) for each in lines)
        network.failures[office.name, phase] = Failure(said, what, end)
        for each in files:
            office.write(each, b"")

    return do


_FAULTS = (
    # Requestor, upload.
    Fault("reqtrans-deleted", "reqtrans-missing", "REQTRANS.GLB is deleted", "Q119017 Q119014", _delete_queue),
    Fault("reqtrans-zeroed", "reqtrans-deleted-zero-byte", "REQTRANS.GLB is emptied", "Q119014", _empty_queue),
    Fault(
        "reqtrans-begun-again", "stranded-transactions", "REQTRANS.GLB is emptied, and changes are made", "Q119452",
        _begin_again, options={"changes": int},
    ),
    Fault(
        "reqtrans-old", "reqtrans-49-byte-idle", "REQTRANS.GLB of an earlier day is put back", "Q133428", _old_dummy,
        options={"behind": int},
    ),
    Fault(
        "podiag-dummy", "reqtrans-podiag-dummy-60", "REQTRANS.GLB of an earlier day is put back, on which the "
        "diagnostic utility had made it", "Q110496", _old_podiag,
    ),
    Fault("reqtrans-put-back", "stranded-transactions", "REQTRANS.GLB of an earlier day is put back, and changes pass "
          "ReqSync", "Q119014", _queue_put_back, options={"copy": str}),
    Fault("foreign-addresses", "", "IMPORT -E queues addresses of another postoffice", "Q244488 Q222651",
          _foreign_addresses, after="T0", options={"changes": int}),
    Fault("directories-swapped", "", "the directories of two postoffices bear each other's names", "Q77926",
          _swap_directories, options={"of": str}),
    Fault("reqtrans-torn", "queue-damaged", "the end of REQTRANS.GLB is lost", "Q103421", _damage_queue),
    Fault("silent-export", "silent-export", "an Export while REQTRANS.GLB is missing", "Q119017", _silent_export,
          after="T0"),
    Fault("never-sent", "reqtrans-never-drained", "Dir-Sync never runs on a postoffice", "Q104743", _never_sent,
          after="T0"),
    Fault(
        "checksum-poison", "requestor-crc-poison-record", "a change that waits has a wrong checksum", "Q103421 Q120449",
        _poison, after="T0",
    ),
    Fault(
        "reqconf-reset", "requestor-reset-incomplete", "LISTDS -R -Z, and the server is not told", "Q96060 Q119452",
        actions.reset,
    ),
    Fault("reqconf-cloned", "reqconf-cloned-or-restored", "REQCONF.GLB of another postoffice", "Q123437", _clone,
          options={"of": str}),
    Fault(
        "requestor-restored", "reqconf-cloned-or-restored", "a postoffice's GLB directory is restored from a copy",
        "Q96060", _restored(), options={"copy": str},
    ),
    Fault("reqconf-short", "reqconf-missing-or-short", "REQCONF.GLB has 100 bytes", "Q123437", _cut_reqconf,
          options={"size": int}),
    Fault("reqconf-cut", "reqconf-damaged", "REQCONF.GLB has 300 bytes", "Q123437",
          lambda network, office: _cut_reqconf(network, office, 300)),
    Fault("pointer-left", "listds-pointers-not-reset", "a reset leaves a pointer in REQCONF.GLB", "Q140462 Q112301",
          _reset_with_pointer),
    # RESYNC.
    Fault("resync-after-adds", "resync-after-adds", "RESYNC.GLB is processed while changes wait", "Q119452",
          _resync_after_adds, options={"changes": int}),
    Fault("resync-left", "resync-left-on-server", "RESYNC.GLB stays on the server", "Q156124", _resync_left,
          where="server"),
    Fault("resync-waiting", "resync-not-consumed", "RESYNC.GLB is copied to a requestor after its T3", "Q122750",
          _resync_waiting),
    Fault("resync-too-low", "resync-error-14", "RESYNC.GLB has lower numbers than the postoffice", "Q215505",
          _low_resync, after="T2"),
    Fault("resync-before-adds", "resync-inflated-reqsync", "RESYNC.GLB is processed, and then changes are made",
          "Q119449 Q119452", _resync_first, options={"changes": int}),
    Fault("resynced", "", "RESYNC.GLB is processed where nothing waits", "Q119449",
          actions.resync),
    Fault("import-asked", "", "an Import is asked for", "Q99961",
          actions.request_import),
    Fault("recreated-and-imported", "", "the requestor is created anew, and asks for an Import", "Q99961",
          _recreated_and_imported),
    Fault("reset-complete", "export-import-dates-survive-reset", "a complete local reset", "Q131681 Q119452",
          _whole_reset),
    Fault("server-queue-begun-again", "server-own-requestor-stranded", "REQTRANS.GLB of the server is emptied, and "
          "changes are made", "Q119452", _begin_again, where="server", options={"changes": int}),
    # Server.
    Fault("server-restored", "server-restored-from-backup", "the server's GLB directory is restored from a copy",
          "Q113453 Q96060", _restored(), where="server", options={"copy": str}),
    Fault("srvconf-restored", "msttrans-corrupt", "SRVCONF alone is restored", "Q96003", _restored("SRVCONF.GLB"),
          where="server", options={"copy": str}),
    Fault("msttrans-restored", "msttrans-corrupt", "MSTTRANS alone is restored", "Q96003", _restored("MSTTRANS.GLB"),
          where="server", options={"copy": str}),
    Fault("msttrans-holed", "msttrans-gap", "a record inside MSTTRANS is lost", "Q118298", _holed_master, after="T2",
          where="server"),
    Fault("record-deleted", "requestor-not-registered", "the requestor is deleted on the server", "Q99268",
          _delete_record),
    Fault("server-files-restored", "server-restored-from-backup", "SRVCONF and MSTTRANS alone are restored",
          "Q96060", _restored("SRVCONF.GLB", "MSTTRANS.GLB"), where="server", options={"copy": str}),
    Fault("server-reenabled", "server-reenabled-or-replaced", "the server is disabled and enabled again",
          "Q103421 Q96060", _reenable, where="server", later=1),
    Fault("requestor-recreated", "requestor-readded", "a requestor is deleted and created again on the server",
          "Q99961", _recreate),
    Fault("absent", "requestor-inactive-window", "a postoffice takes no part in a cycle", "Q108067", _absent,
          after="T0"),
    Fault("srvconf-truncated", "srvconf-corrupt-size", "SRVCONF.GLB loses its end", "Q120449 Q96060", _cut_srvconf,
          where="server"),
    Fault("srvconf-overwritten", "srvconf-corrupt-157-161", "the first six bytes of SRVCONF.GLB are overwritten",
          "Q120449", _overwrite_srvconf, where="server", later=1),
    Fault("srvconf-deleted", "srvconf-missing", "SRVCONF.GLB is deleted", "Q96060", _no_srvconf, where="server"),
    Fault("msttrans-deleted", "msttrans-missing", "MSTTRANS.GLB is deleted", "Q112280 Q134753", _no_master,
          where="server"),
    Fault("msttrans-cut", "msttrans-corrupt", "the last records of MSTTRANS.GLB are lost", "Q96003", _short_master,
          where="server"),
    Fault("keep-updates-overrun", "keep-updates-corrupted", "a long administrator's name runs into Keep Updates",
          "Q125512 Q111703", _keep_updates, where="server"),
    Fault("unregistered", "requestor-not-registered", "the server knows a requestor under another name",
          "Q99268 Q96004", _unregister, later=1),
    Fault("password-differs", "bad-password", "the server's password for a requestor differs", "Q125917",
          _password, later=1),
    Fault("server-renamed", "network-name-change", "a requestor names a server that is called otherwise", "Q114246",
          _rename_server),
    Fault("server-far-behind", "global-reset-needed", "the server's own queue ends thousands of numbers below ReqSync",
          "Q119452 Q257740", _far_behind, where="server"),
    Fault("over-limit", "transaction-limit", "an import reply is over the requestor's limit", "Q119450", _limit,
          after="T0"),
    Fault("second-server", "role-conflict", "SRVCONF.GLB lies on a requestor", "Q136487", _second_server),
    Fault("reply-too-large", "foreign-inbody", "an import in the body of a message is too large", "Q123857", _failing(
        "T2", "program", LogEntry("Warning", 9, "SRVUPDS"), LogEntry("Fatal", 159, "PCM:NET/OTHER"),
    ), after="T1", where="server"),
    Fault("report-damaged", "server-t2-crash", "DSSERVER.LOG is damaged", "Q125918", _damage_report),
    # Contents.
    Fault("address-too-long", "text-faults", "an address has more than ten characters", "Q123398", _too_long,
          after="T0",
          where="any"),
    Fault("entry-refused", "content-level-poison", "the same entry is refused again", "Q123398 Q128872", _say(
        LogEntry("Error", 20, "TENLETTERSX"),
    ), after="T2", where="server"),
    Fault("bad-modification", "import-hang-bad-modify", "a malformed modification is sent to everyone", "Q194819",
          _bad_modification, after="T0"),
    Fault("gateway-lists-bad", "resync-extract-bad-lists", "full lists are made from an empty gateway list", "Q119240",
          _say(LogEntry("Status", None, phases.IMPORT), LogEntry("Error", 46), LogEntry("Warning", 43, "X400"),
               LogEntry("Status", None, "Import is finished."))),
    Fault("gateway-missing", "resync-gateway-44", "full lists name a gateway that is not installed", "Q122751", _say(
        LogEntry("Status", None, phases.IMPORT), LogEntry("Error", 44, "FAX"),
        LogEntry("Status", None, "Import is finished."),
    )),
    Fault("texts-missing", "ds-msg-missing", "DS_MSG.GLB is missing", "Q130064", _say(
        LogEntry("Warning", 1, wording="Error obtaining message #:1 GWTRANS"),
    )),
    # T3.
    Fault("sortlock-left", "temp-files-leftover", "a sort breaks off", "Q112301", _leave_sortlock),
    Fault("import-broken-off", "temp-files-leftover", "an Import breaks off", "Q122750 Q96060", _break_off,
          after="T2"),
    Fault("import-without-password", "import-not-run-bad-password", "IMPORT is run with a wrong password", "Q148771",
          _no_import, after="T2"),
    Fault("import-locked", "import-locked-91", "ADMIN is open while IMPORT runs", "Q148705", _failing(
        "T3", "import", LogEntry("Status", None, "Microsoft (R) Mail Import V3.5"), LogEntry("Fatal", 91, "ADMIN"),
        LogEntry("Fatal", None, "  FLAG.GLB is locked open."),
    ), after="T2"),
    Fault("import-rename", "import-rename-7", "IMPORT cannot rename its file", "Q134228", _failing(
        "T3", "import", LogEntry("Status", None, "Microsoft (R) Mail Import V3.5"),
        LogEntry("Fatal", 7, "M:USR\\IMPORT.USR"), LogEntry("Warning", 90), files=("USR/IMPORT.USR",),
    ), after="T2"),
    Fault("import-13", "srvtrans-leftover-13", "IMPORT cannot read SRVTRANS.GLB", "Q174164", _failing(
        "T3", "import", LogEntry("Status", None, "Microsoft (R) Mail Import V3.5"),
        LogEntry("Error", 13, wording="Dirsync import error accessing srvtrans.glb"),
    ), after="T2"),
    Fault("import-45-150", "usrtrans-corrupt-45-150", "IMPORT cannot sort USRTRANS.GLB", "Q112301", _failing(
        "T3", "import", LogEntry("Status", None, "Microsoft (R) Mail Import V3.5"), LogEntry("Error", 45, "USRTRANS"),
        LogEntry("Fatal", 150), files=("GLB/SORTLOCK.GLB",),
    ), after="T2"),
    Fault("disk-full", "error-150-space-rights", "no room for the updates file", "Q96060", _failing(
        "T3", "import", LogEntry("Status", None, "Microsoft (R) Mail Import V3.5"), LogEntry("Fatal", 150),
    ), after="T2"),
    Fault("mailbag-locked", "system-mbg-locked-t3", "SYSTEM.MBG is locked at T3", "Q138783", _failing(
        "T3", "program", LogEntry("Error", 115, "NULL"), LogEntry("Status", None, "Requestor process failed."),
    ), after="T2"),
    Fault("gal-locked", "gal-rebuild-failures", "a client holds the global list open", "Q108831 Q99117", _failing(
        "T3", "rebuild", LogEntry("Status", None, "Microsoft (R) Mail GAL Rebuild Utility Version 3.5"),
        LogEntry("Fatal", 203, "Global Address List not installed on this Postoffice"),
    ), after="T2"),
    Fault("gal-off", "gal-not-active", "the automatic rebuild is switched off", "Q105965", _failing(
        "T3", "rebuild", LogEntry("Status", None, "GAL not active on this PO"), end=64,
    ), after="T2"),
    # T1, T2, mail and schedule.
    Fault("inqueue-lost", "inqueue-missing", "INQUEUE.MBG is missing at T1", "Q130449 Q104279", _failing(
        "T1", "program", LogEntry("Fatal", 113, "{name}/$SYSTEM"),
        LogEntry("Status", None, "Requestor process failed."),
    ), after="T0"),
    Fault("mailbag-doubled", "system-mbg-duplicates", "SYSTEM.MBG of the server has double headers", "Q127752 Q111703",
          _failing(
              "T2", "program", LogEntry("Error", 115, "<NULL>"), LogEntry("Error", 115, "<NULL>"),
              LogEntry("Warning", 8, "{name}/$SYSTEM"),
              LogEntry("Status", None, "Server processing failure"),
          ), after="T1", where="server"),
    Fault("report-not-filed", "att-dir-missing", "a directory of attachments is missing on the server", "Q112303",
          lambda network, office: office.log(network.now(office.name), "Warning", 128, coded=False), after="T2",
          where="server"),
    Fault("server-t3-missed", "invalid-server-request-133", "T3 does not run on the server", "Q108844",
          lambda network, office: network.skipped.add((office.name, "T3")), after="T2", where="server", later=1),
    Fault("mail-lost", "", "a message is lost", "Q133428", _lose, after="T1", where="any", options={"kind": str}),
    Fault("mail-delayed", "", "a message comes a cycle late", "Q96060", _delay, after="T1", where="any",
          options={"kind": str, "phases": int}),
    Fault("mail-doubled", "", "a message arrives twice", "Q133428", _duplicate, after="T1", where="any",
          options={"kind": str, "later": int}),
    Fault("mail-reordered", "", "messages arrive in another order", "Q96060", _reorder, after="T1", where="any"),
    Fault("t1-after-t2", "cycle-order-wrong", "T1 of a postoffice runs after T2", "Q131509 Q96060", _send_late,
          after="T2",
          options={"seconds": int}),
    Fault("mail-always-late", "", "a requestor's mail comes a cycle late, again and again",
          "Q101137", _always_late, after="T1"),
    Fault("external-stopped", "p1-stranded", "External does not carry a postoffice's mail", "Q148707 Q96060",
          _no_external, after="T1"),
    Fault("clocks-changed", "dst-shift", says="Dispatch runs everything an hour later, from one day on",
          sources="Q119111 Q118621",
          do=_clocks_changed, after="T3", where="server", options={"seconds": int}, later=3),
    Fault("program-missing", "nsda-exit-codes", "Dispatch does not find a program", "Q132731", _failing(
        "T1", "nothing", end=2,
    ), after="T0"),
    Fault("window-missed", "missed-run-window", says="Dispatch misses the run window of a step", sources="Q148718",
          do=_miss, after="T0",
          where="any", options={"phase": str}),
    Fault("t2-twice", "multiple-t2-import-lost", "an import is asked for, and T2 runs before T1 too", "Q142841",
          _double_t2, after="T0"),
    Fault("clock-shifted", "", says="a postoffice's clock is put forward or back", sources="Q119111", do=_clock,
          after="T3", where="any",
          options={"seconds": int}),
    Fault("stale-t2", "stale-t2-on-requestor", "T2 is still scheduled on a requestor", "Q136487", _stale_t2),
    Fault("control-short", "control-size", "CONTROL.GLB is too short", "Q124042", _short_control),
    Fault("schedule-torn", "process-glb-faults", "PROCESS.GLB has an odd size", "Q119111", _torn_schedule, where="any"),
    Fault("mailbag-torn", "mailbag-damaged", "SYSTEM.MBG has an odd size", "Q148705", _torn_mailbag, where="any"),
)  # fmt: skip

FAULTS: dict[str, Fault] = {each.name: each for each in _FAULTS}
"""Name -> fault, in the order of the scenarios."""

_SERVER_BACK = ("server-restored", "server-files-restored", "server-reenabled", "srvconf-restored", "msttrans-restored")
_QUEUE_GONE = (
    "reqtrans-deleted", "reqtrans-zeroed", "reqtrans-begun-again", "reqtrans-old", "reqtrans-put-back", "podiag-dummy",
)  # fmt: skip

MAY_CAUSE: dict[str, tuple[str, ...]] = {
    "stranded": (*_QUEUE_GONE, "resync-after-adds", "reqconf-cloned", "server-far-behind"),
    "rejected": ("reqconf-reset", "requestor-restored", "reqconf-cloned", *_QUEUE_GONE),
    "lost": (*_QUEUE_GONE, *_SERVER_BACK, "requestor-restored", "reqtrans-torn", "pointer-left", "msttrans-cut"),
    "not queued": ("reqtrans-deleted", "silent-export"),
    "passed": (
        *_SERVER_BACK,
        "reqconf-cloned",
        "resync-after-adds",
        "resynced",
        "msttrans-cut",
        "msttrans-holed",
        "t2-twice",
    ),
    "purged": ("absent", "never-sent", "msttrans-cut", "msttrans-holed", "requestor-restored", *_SERVER_BACK),
    "refused": ("requestor-recreated", "record-deleted", "server-reenabled", "server-restored", "srvconf-restored"),
}
"""State of a change -> the faults that bring it there; of other states the last fault that concerns it."""
