"""Where every change is, and which fault keeps it from where it should be."""

from __future__ import annotations

from typing import Any

from glbtools.formats.message import REQTX, SRVTX
from glbtools.simulation.disk import Office
from glbtools.simulation.faults import MAY_CAUSE
from glbtools.simulation.ledger import Fate
from glbtools.simulation.network import Network

SCHEMA = "glbtools.truth/1"

HOPELESS = frozenset({"stranded", "rejected", "lost", "passed", "purged", "refused", "fetched", "not queued"})
"""States in which a change will not get where it should by itself."""

FETCHED = ("SRVTRANS", "USRTRANS", "NMETRANS", "GWTRANS")


class Survey:
    """What is in all files at one moment, looked up once for all changes."""

    def __init__(self, network: Network) -> None:
        self.network = network
        srvconf = network.serving.srvconf()
        config = srvconf.config if srvconf else None
        self.head = (config.sync or 0) if config else None
        known = {(each.name or "").upper(): each for each in config.requestors} if config else {}
        self.registered = {name: known.get(f"PCM:{name}".upper()) for name in network.offices}
        self.configured = {name: office.reqconf(short=True) for name, office in network.offices.items()}
        self.master = {each.sync: each.text for each in network.serving.records("MSTTRANS")}
        self.first = min(self.master, default=None)
        self.queued = {name: self._numbers(office, "REQTRANS") for name, office in network.offices.items()}
        self.left = {name: self._left(office) for name, office in network.offices.items()}
        self.mailed = self._mailed()

    def _numbers(self, office: Office, queue: str) -> dict[int, int]:
        """Return the changes in a queue of their origin: id -> number."""
        found: dict[int, int] = {}
        for record in office.records(queue):
            change = self.network.ledger.queued(office.name, office.moment(record), record.text)
            if change is not None:
                found[change.id] = record.sync
        return found

    def _left(self, office: Office) -> set[int]:
        """Return the changes that a postoffice fetched and did not import."""
        ledger = self.network.ledger
        found = set()
        for queue in FETCHED:
            for record in office.records(queue):
                change = ledger.issued(record.sync, record.text)
                if change is not None:
                    found.add(change.id)
        return found

    def _mailed(self) -> dict[tuple[str, str], set[int]]:
        """Return the changes under way: kind of message and postoffice -> ids."""
        ledger = self.network.ledger
        found: dict[tuple[str, str], set[int]] = {}
        for message in self.network.mail:
            if message.kind == REQTX:
                changes = [ledger.queued(message.sender, each.stamp, each.text) for each in message.items]
                found.setdefault((REQTX, message.sender), set()).update(each.id for each in changes if each)
            elif message.kind == SRVTX:
                issued = [ledger.issued(each.sync, each.text) for each in message.items]
                ids = {each.id for each in issued if each} | set(message.changes)
                found.setdefault((SRVTX, message.to), set()).update(ids)
        return found

    # --- where one change is -------------------------------------------------------------------------------------

    def at_server(self, change: Fate) -> bool:
        """Whether the server has a change: numbered, and not lost with a state that was put back."""
        number = change.issued
        if number is None or self.head is None or number > self.head:
            return False
        if number in self.master:
            return self.master[number] == change.text
        return self.first is None or number < self.first

    def issued_before(self, change: Fate) -> int | None:
        """Return another number under which MSTTRANS holds a change: T2 may have taken it twice (Q96060)."""
        ledger = self.network.ledger
        alike = (number for number, text in self.master.items() if text == change.text)
        return next((each for each in alike if ledger.issued(each, change.text) is change), None)

    def upload(self, change: Fate) -> str:
        """Return how far a change has got on its way to the server."""
        if change.arrived:
            return "arrived"
        number = self.queued[change.origin].get(change.id)
        reqconf, record = self.configured[change.origin], self.registered[change.origin]
        applied = (record.reqsync or 0) if record else 0
        if number is None:
            if change.id in self.mailed.get((REQTX, change.origin), ()):
                return "in mail"
            return "not queued" if change.number is None else "lost"
        if reqconf is not None and number <= (reqconf.reqsync or 0):
            return "stranded"
        return "rejected" if number <= applied else "queued"

    def shows_loss(self, change: Fate) -> bool:
        """Whether the numbers alone show a loss: confirmed at the origin, and above what the server has."""
        number = self.queued[change.origin].get(change.id, change.number)
        reqconf, record = self.configured[change.origin], self.registered[change.origin]
        if number is None or reqconf is None or record is None:
            return False
        if (record.importsync or 0) < (reqconf.importsync or 0):
            return False  # A record made anew says nothing about what came before (ruling 10).
        return (record.reqsync or 0) < number <= (reqconf.reqsync or 0)

    def download(self, change: Fate, target: str) -> str:
        """Return how far a change has got on its way from the server to a postoffice."""
        if target in change.reached:
            return "delivered"
        if change.id in self.left[target]:
            return "fetched"
        if change.id in self.mailed.get((SRVTX, target), ()):
            return "in mail"
        if not change.arrived:
            return "not at the server"
        number, reqconf, record = change.issued or 0, self.configured[target], self.registered[target]
        received = (reqconf.srvsync or 0) if reqconf else 0
        if number <= received:
            return "passed"
        if number not in self.master:
            return "purged"
        imports, told = (reqconf.importsync or 0) if reqconf else 0, (record.importsync or 0) if record else 0
        return "refused" if told < imports else "due"


def settle(network: Network, fault: int | None) -> None:
    """Note what has become hopeless since the last time, and why.

    Args:
        network: as it is now.
        fault: number of the fault that was just injected; None after a phase, where the last fault that concerns a
            postoffice is taken for the cause.
    """
    if not network.faults:
        return
    survey = Survey(network)
    for change in network.ledger.changes:
        if change.issued is not None and not change.lost and not survey.at_server(change):
            before = survey.issued_before(change)
            change.issued, change.lost = (before, False) if before else (change.issued, True)
    for change in network.ledger.changes:
        if not change.arrived and "" not in change.causes and (state := survey.upload(change)) in HOPELESS:
            change.causes[""] = _cause(network, fault, change.origin, state)
        for target in network.offices:
            settled = target in change.reached or target in change.causes
            if not settled and (state := survey.download(change, target)) in HOPELESS:
                change.causes[target] = _cause(network, fault, target, state)


def _cause(network: Network, fault: int | None, office: str, state: str) -> int:
    """Return the fault that is to blame: the one just injected, or the last that concerns the place and the state."""
    if fault is not None:
        return fault
    faults = list(enumerate(network.faults))
    near = [(index, each) for index, each in faults if each.at in (office, network.server)] or faults
    fitting = [index for index, each in near if each.name in MAY_CAUSE.get(state, ())]
    return fitting[-1] if fitting else near[-1][0]


def document(network: Network) -> dict[str, Any]:
    """Return the truth about a network: every change, where it is, and what keeps it from where it should be."""
    survey = Survey(network)
    everyone = set(network.offices)
    changes = []
    for each in network.ledger.changes:
        upload = survey.upload(each)
        row: dict[str, Any] = {
            "id": each.id,
            "origin": each.origin,
            "made": each.made.isoformat(),
            "text": each.text,
            "cycle": each.cycle,
            "number": survey.queued[each.origin].get(each.id, each.number),
            "export": each.export,
            "server": {"state": upload, "number": each.issued, **_because(network, each, "", upload)},
        }
        late = sorted(everyone - each.reached)
        row["delivered"] = "all" if not late else sorted(each.reached)
        row["missing"] = {
            name: {"state": state, **_because(network, each, name, state)}
            for name in late
            for state in [survey.download(each, name)]
        }
        good = _made_good(network, each)
        if good is not None and late:
            row["made_good_by"] = good
        changes.append(row)
    return {
        "schema": SCHEMA,
        "server": network.server,
        "postoffices": list(network.offices),
        "cycle": network.cycle,
        "faults": [each._asdict() for each in network.faults],
        "changes": changes,
    }


def _because(network: Network, change: Fate, target: str, state: str) -> dict[str, Any]:
    fault = change.causes.get(target)
    if fault is None and target and state == "not at the server":
        fault = change.causes.get("")
    if fault is None or (state not in HOPELESS and state != "not at the server"):
        return {}
    return {"fault": network.faults[fault].name, "injected": network.faults[fault].cycle}


def _made_good(network: Network, change: Fate) -> int | None:
    """Return the later Export of the same postoffice that has arrived whole: it brings all that is in the list."""
    for head in network.ledger.changes[change.id :]:
        if head.export == head.id and head.origin == change.origin:
            parts = [each for each in network.ledger.changes[head.id - 1 :] if each.export == head.id]
            if all(each.arrived for each in parts):
                return head.id
    return None
