"""What administrators do between the phases: changes, exports, imports, resets, registration, RESYNC."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from glbtools.formats import config
from glbtools.formats.queue import PODIAG_TEXT, ResyncHeader
from glbtools.model import protocol
from glbtools.model.change import Change
from glbtools.simulation.disk import OWN, Office
from glbtools.simulation.lists import ListEntry, addition, deletion, modification, whole
from glbtools.simulation.mail import IMPORT_REQUEST, Message
from glbtools.simulation.network import Network
from glbtools.simulation.phases import digest_of, run_import, whole_lists

NAMES = ("Ann", "Bob", "Carol", "Dave", "Erin", "Frank", "Grace", "Hugo", "Iris", "Jack", "Kate", "Leo")


def add(network: Network, office: Office, count: int = 1) -> None:
    """Add users: ADMIN puts them into the postoffice's own list and queues them."""
    _change(network, office, [_newcomer(network, office) for _ in range(count)])


def install(network: Network, office: Office, users: int) -> None:
    """Begin with some users, and the Export with which a postoffice joins (Q96060)."""
    for _ in range(users):
        network.lists[office.name].apply(_newcomer(network, office))
    export(network, office)


def modify(network: Network, office: Office, which: int = 0) -> None:
    """Give a user of the postoffice another name; without any, add one."""
    entry = _chosen(network, office, which)
    if entry is None:
        add(network, office)
        return
    network.serial += 1
    first = NAMES[network.serial % len(NAMES)]
    _change(network, office, [modification(entry, f"{first} {network.serial:04}", office.name)])


def delete(network: Network, office: Office, which: int = 0) -> None:
    """Delete a user of the postoffice; without any, add one."""
    entry = _chosen(network, office, which)
    if entry is None:
        add(network, office)
        return
    _change(network, office, [deletion(entry, office.name)])


def export(network: Network, office: Office) -> None:
    """Config, Dir-Sync, Requestor, Export: the whole list is queued; the date is noted even if that fails (Q119017)."""
    when = network.now(office.name)
    network.queue(office, whole(office.name, network.lists[office.name].of(office.name)), export=True)
    if office.reqconf() is not None:
        office.set_reqconf(last_export=when)


def request_import(network: Network, office: Office) -> None:
    """Config, Dir-Sync, Requestor, Import: the request leaves at once, not at T1 (Q142841)."""
    reqconf = office.reqconf()
    if reqconf is None:
        return
    due = 3 * network.cycle + 1
    request = Message(0, IMPORT_REQUEST, office.name, network.server, due)
    request = request._replace(r=reqconf.reqsync or 0, was=reqconf.reqsync or 0, s=reqconf.srvsync or 0)
    network.send(request)
    office.set_reqconf(last_import=network.now(office.name))
    if network.rules.counted == "asked":
        office.set_reqconf(importsync=(reqconf.importsync or 0) + 1)


def make_resync(network: Network, office: Office) -> None:
    """IMPORT -S on the server: RESYNC.GLB with the numbers of Q119449 and the server's lists."""
    server, srvconf = network.serving, network.serving.srvconf()
    reqconf = server.reqconf()
    if srvconf is None or reqconf is None:
        return
    records = srvconf.config.requestors
    own = next((each for each in records if (each.name or "").upper() == f"PCM:{network.server}".upper()), None)
    # The record in SRVCONF (Q119449), or REQCONF (Q103421): docs/facts/protocol.md#srvseq.
    srvsync = (own.srvsync if own and network.rules.srvseq == "srvconf" else reqconf.srvsync) or 0
    chosen = records
    if network.rules.resync == "own":
        chosen = tuple(each for each in records if (each.name or "").upper() == f"PCM:{office.name}".upper())
    header = protocol.resync_numbers(
        (each.importsync or 0 for each in records), (each.reqsync or 0 for each in chosen), srvsync
    )
    when = network.now(network.server)
    texts = [ResyncHeader(*header).text, *whole_lists(network)]
    server.put("RESYNC", [Change(number, text, when) for number, text in enumerate(texts)])
    network.ledger.whole[digest_of(server, "RESYNC")] = list(network.ledger.in_lists_of(network.server))


def copy_resync(network: Network, office: Office) -> None:
    """Copy RESYNC.GLB from the server to a requestor, and delete it on the server (Q119452)."""
    data = network.serving.read("GLB/RESYNC.GLB")
    if data is not None:
        office.write("GLB/RESYNC.GLB", data)
        network.serving.delete("GLB/RESYNC.GLB")


def resync(network: Network, office: Office) -> None:
    """Make a RESYNC.GLB on the server, carry it to a requestor and run IMPORT -Q there."""
    make_resync(network, office)
    copy_resync(network, office)
    run_import(network, office)


def reset(_network: Network, office: Office) -> None:
    """LISTDS -R -Z: the numbers become zero; dates stay (Q131681), REQTRANS is not touched (Q96060)."""
    office.set_reqconf(reqsync=0, srvsync=0, importsync=0)


def recreate(network: Network, office: Office) -> None:
    """Delete and create a requestor on the server: its record begins at zero (Q99961, Q96060)."""
    srvconf = network.serving.srvconf()
    number = record_of(network, office)
    if srvconf is not None and number:
        anew = dict.fromkeys(("reqsync", "srvsync", "importsync", "last_cycle", "last_update"), 0)
        network.serving.set_srvconf(config.changed_srvconf(srvconf, {number: anew}))


def pace(_network: Network, office: Office, count: int = 5) -> None:
    """Config, Dir-Sync, Requestor, Options, Limit: so many updates in a cycle, the rest in the next ones (Q133719)."""
    office.set_reqconf(limit=count)


def podiag(network: Network, office: Office) -> None:
    """The diagnostic utility puts a dummy with ReqSync into the place of a missing REQTRANS (Q110496)."""
    reqconf = office.reqconf()
    number = (reqconf.reqsync or 0) if reqconf else 0
    office.put("REQTRANS", [Change(number, PODIAG_TEXT, network.now(office.name))])


def copy(network: Network, office: Office, name: str = "") -> None:
    """Keep a copy of a postoffice's GLB directory, as a backup would."""
    label = name or f"cycle-{network.cycle}"
    for path, data in network.disk.below(f"{office.place('GLB')}/").items():
        network.disk.write(f"{OWN}/copies/{label}/{path}", data)


def restore(network: Network, office: Office, name: str, only: tuple[str, ...] = ()) -> None:
    """Put a copy back; of all files, or of some."""
    prefix = f"{OWN}/copies/{name}/{office.place('GLB')}/"
    for path, data in network.disk.below(prefix).items():
        file = path[len(prefix) :].upper()
        if not only or file in only:
            office.write(f"GLB/{file}", data)


def record_of(network: Network, office: Office) -> int:
    """Return the number of a postoffice's record in SRVCONF; 0 where it has none."""
    srvconf = network.serving.srvconf()
    for each in srvconf.config.requestors if srvconf else ():
        if (each.name or "").upper() == f"PCM:{office.name}".upper():
            return each.number
    return 0


def unregister(network: Network, office: Office) -> None:
    """Delete a requestor on the server."""
    srvconf, number = network.serving.srvconf(), record_of(network, office)
    if srvconf is not None and number:
        kept = [each for index, each in enumerate(srvconf.records, 1) if index != number]
        network.serving.set_srvconf(config.SrvConfFile(srvconf.layout, srvconf.header, kept))


def _newcomer(network: Network, office: Office) -> str:
    network.serial += 1
    first = NAMES[network.serial % len(NAMES)]
    return addition(office.name, f"{first} {network.serial:04}", f"{first[:4].upper()}{network.serial:04}")


def _chosen(network: Network, office: Office, which: int) -> ListEntry | None:
    entries = network.lists[office.name].of(office.name)
    return entries[which % len(entries)] if entries else None


def _change(network: Network, office: Office, texts: list[str]) -> None:
    for text in texts:
        network.lists[office.name].apply(text)
    network.queue(office, texts)


class Action(NamedTuple):
    """A step that a scenario may name.

    Attributes:
        do: what it does; takes the network and a postoffice, and the keys named in ``options``.
        options: further keys of the step -> their kind.
    """

    do: Callable[..., None]
    options: dict[str, type] = {}  # noqa: RUF012 - never changed


ACTIONS: dict[str, Action] = {
    "add": Action(add, {"count": int}),
    "modify": Action(modify, {"which": int}),
    "delete": Action(delete, {"which": int}),
    "export": Action(export),
    "import": Action(request_import),
    "make-resync": Action(make_resync),
    "copy-resync": Action(copy_resync),
    "resync": Action(resync),
    "reset": Action(reset),
    "recreate": Action(recreate),
    "podiag": Action(podiag),
    "pace": Action(pace, {"count": int}),
    "copy": Action(copy, {"name": str}),
    "restore": Action(restore, {"name": str}),
}
"""Name of a step -> what it does."""
