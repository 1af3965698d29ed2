"""A network of postoffices at one moment: its files, its clock, its lists and the mail under way.

All that the protocol knows is in the real files. Beside them, under ``glbtools-simulation/``, stands what the real
system kept in files of unknown format (lists, mail) and what the simulation alone knows: who is who, and the truth.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from glbtools import files
from glbtools.errors import FileAccessError, UsageError
from glbtools.evidence.network import collect
from glbtools.formats import config
from glbtools.formats.config import NODE_NAME
from glbtools.layouts import Layouts
from glbtools.model.change import Change
from glbtools.model.protocol import CHOICES, Rules, next_number
from glbtools.simulation import mail
from glbtools.simulation.disk import OWN, Disk, Office
from glbtools.simulation.ledger import Fate, Ledger
from glbtools.simulation.lists import AddressList, node_of
from glbtools.simulation.mail import Message
from glbtools.tables import Setting, open_json, shown

SCHEMA = "glbtools.simulation/1"
START = datetime(1994, 2, 1)
ADMINISTRATOR = "ADMIN"
TYPES = "PCM"

HOURS = {"T0": 9, "T1": 22, "T2": 24, "T3": 26}
"""When each phase begins, in hours after midnight of the cycle's day: T2 two hours after T1, T3 four (Q96060)."""

TICKS = {"T0": 0, "T1": 0, "T2": 1, "T3": 2}
EMPTY_QUEUES = ("REQTRANS", "SRVTRANS", "USRTRANS", "NMETRANS", "GWTRANS")


class LogEntry(NamedTuple):
    """A line that a program writes to the log; ``wording`` where it is not the usual one of its number."""

    severity: str
    code: int | None
    argument: str = ""
    wording: str = ""


class Failure(NamedTuple):
    """Why a phase does not do its work on a postoffice in this cycle.

    Attributes:
        lines: what its program writes to the log.
        what: ``nothing`` is run at all, ``program`` stops the whole phase, ``import`` and ``rebuild`` those steps of
            T3, ``sorting`` the Import in its middle.
        end: exit code that Dispatch prints.
    """

    lines: tuple[LogEntry, ...] = ()
    what: str = "program"
    end: int = 65


class InjectedFault(NamedTuple):
    """A fault that was put into the network."""

    name: str
    slug: str
    cycle: int
    at: str


class Network:
    """One server, its requestors, and all they have.

    Attributes:
        disk: every file.
        server: name of the server, NET/PO.
        offices: all postoffices by name, in the order of registration.
        rules: which reading of the sources is followed.
        cycle: cycles that have been begun.
        start: midnight of the day of the first cycle.
        clocks: seconds by which a postoffice's clock is ahead.
        lists: the address list of each.
        mail: what is under way or waits in mailbags.
        ledger: the truth.
        faults: what was injected.
        serial: number of the last user ever made.
        shift: seconds by which Dispatch runs everything later than it is scheduled.
        t2_runs: when T2 has run, by the server's clock: what Keep Updates counts if its unit is a cycle.
    """

    def __init__(self, disk: Disk, server: str, places: dict[str, str], layouts: Layouts, rules: Rules) -> None:
        self.disk, self.server, self.layouts, self.rules = disk, server, layouts, rules
        self.offices = {name: Office(name, path, disk, layouts) for name, path in places.items()}
        slot = min(60.0, 3600 / len(self.offices))
        self._turns = {name: int(slot * turn) for turn, name in enumerate(self.offices)}
        """Seconds after the first one in which a phase begins on a postoffice: they are polled one after the other."""
        self.cycle = 0
        self.start = START
        self.phase = "T0"
        self.clocks: dict[str, int] = dict.fromkeys(self.offices, 0)
        self.lists: dict[str, AddressList] = {name: AddressList() for name in self.offices}
        self.mail: list[Message] = []
        self.ledger = Ledger()
        self.faults: list[InjectedFault] = []
        self.failures: dict[tuple[str, str], Failure] = {}
        self.skipped: set[tuple[str, str]] = set()
        self.serial = 0
        self.t2_runs: list[datetime] = []
        self.shift = 0
        self.late: dict[tuple[str, str], int] = {}
        self._sent = 0
        self._steps: dict[tuple[str, str], int] = {}
        disk.clock = self._time_of

    # --- time ----------------------------------------------------------------------------------------------------

    @property
    def tick(self) -> int:
        """Number of the phase, three to a cycle."""
        return 3 * self.cycle + TICKS[self.phase]

    def begin(self, phase: str) -> None:
        """Begin a phase; T0 begins a cycle."""
        if phase == "T0":
            self.cycle += 1
            self.failures.clear()
            self.skipped.clear()
            self.late.clear()
        self.phase = phase
        self._steps.clear()

    def _time_of(self, path: str) -> datetime:
        """Return what the clock shows where a file lies: the time that its file system would give it now."""
        name = next((each.name for each in self.offices.values() if path.startswith(f"{each.path}/")), self.server)
        return self.true_time(name, self.clocks[name]) if name in self.offices else self.start

    @property
    def file_times(self) -> dict[str, datetime]:
        """When each file was last written; of those that were there from the beginning, the first day."""
        times = self.disk.times
        return {path: times.get(path.upper(), self.start) for path in self.disk.everything()}

    def true_time(self, office: str, seconds: float = 0) -> datetime:
        """Return when a phase runs on a postoffice."""
        turn = 0 if self.phase == "T2" else self._turns[office]
        shift = self.shift + self.late.get((office, self.phase), 0)
        hours = 24 * (self.cycle - 1) + HOURS[self.phase]
        return self.start + timedelta(0, 3600 * hours + turn + seconds + shift)

    def now(self, office: str) -> datetime:
        """Return what the clock of a postoffice shows, some seconds further each time it is asked in a phase."""
        step = self._steps.get((office, self.phase), 0)
        self._steps[office, self.phase] = step + 1
        width = 60 if self.phase == "T0" else 4
        return self.true_time(office, step * width + self.clocks[office])

    # --- mail ----------------------------------------------------------------------------------------------------

    def send(self, message: Message) -> None:
        """Send a message; it arrives before the next phase."""
        self._sent += 1
        self.mail.append(message._replace(order=self._sent, due=message.due or self.tick + 1))

    def take(self, office: str) -> list[Message]:
        """Return the messages in the mailbag of a postoffice, which is empty then; in the order in which they lie."""
        found = [each for each in self.mail if each.to == office and each.due <= self.tick]
        taken = {id(each) for each in found}
        self.mail = [each for each in self.mail if id(each) not in taken]
        return found

    # --- changes -------------------------------------------------------------------------------------------------

    def queue(self, office: Office, texts: Iterable[str], *, export: bool = False) -> list[Fate]:
        """Queue changes as ADMIN and IMPORT -E do (T0); without REQTRANS nothing is queued (Q119017, Q114395)."""
        made = self.now(office.name)
        there = office.queue("REQTRANS") is not None
        last = office.last("REQTRANS")
        entries, changes = [], []
        first: int | None = None
        for text in texts:
            number = next_number(last, self.rules) if there else None
            change = Fate(len(self.ledger.changes) + 1, office.name, made, text, number, cycle=self.cycle, export=first)
            if export and first is None:
                first = change.export = change.id
            change.reached.add(office.name)
            self.ledger.add(change)
            changes.append(change)
            if number is not None:
                entries.append(Change(number, text, made))
                last = number
        if entries:
            office.append("REQTRANS", entries)
        return changes

    def holder(self, name: str) -> Office:
        """Return a postoffice by its name, whole or the part behind the slash.

        Raises:
            UsageError: there is none.
        """
        for each in self.offices.values():
            if name.upper() in (each.name.upper(), each.name.upper().partition("/")[2]):
                return each
        raise UsageError(f"{name!r} is none of {', '.join(self.offices)}")

    @property
    def serving(self) -> Office:
        """The server's postoffice."""
        return self.offices[self.server]

    @property
    def requestors(self) -> list[str]:
        """All but the server."""
        return [each for each in self.offices if each != self.server]


# --- making, keeping and finding one ------------------------------------------------------------------------------


def found(
    network: str,
    server: str,
    others: Iterable[str],
    *,
    layouts: Layouts | None = None,
    rules: Rules | None = None,
    keep_updates: int = 14,
) -> Network:
    """Return a network as it is when all postoffices have been installed and registered: every number is zero."""
    names = [f"{network}/{server}", *(f"{network}/{each}" for each in others)]
    places = {each: each.partition("/")[2].lower() for each in names}
    made = Network(Disk(), names[0], places, layouts or Layouts(), rules or Rules())
    for office in made.offices.values():
        for queue in EMPTY_QUEUES:
            office.write(f"GLB/{queue}.GLB", b"")
        office.set_reqconf(server=names[0], types=TYPES)
    layout = made.layouts["srvconf"]
    registered = [{"name": f"PCM:{each}"} for each in names]
    header = {"administrator": ADMINISTRATOR, "keep_updates": keep_updates}
    made.serving.set_srvconf(config.new_srvconf(layout, registered, **header))
    made.serving.write("GLB/MSTTRANS.GLB", b"")
    return made


def save(network: Network) -> dict[str, bytes]:
    """Return all files of a network, what the simulation keeps for itself included."""
    state = {
        "schema": SCHEMA,
        "server": network.server,
        "postoffices": [
            {"name": each.name, "path": each.path, "clock": network.clocks[each.name]}
            for each in network.offices.values()
        ],
        "rules": network.rules._asdict(),
        "start": network.start.isoformat(),
        "cycle": network.cycle,
        "serial": network.serial,
        "sent": network._sent,
        "shift": network.shift,
        "skipped": sorted(map(list, network.skipped)),
        "failures": [
            [*key, [list(each) for each in failure.lines], failure.what, failure.end]
            for key, failure in sorted(network.failures.items())
        ],
        "t2_runs": [each.isoformat() for each in network.t2_runs[-1000:]],
        "faults": [each._asdict() for each in network.faults],
        "whole": {digest: _packed(ids) for digest, ids in sorted(network.ledger.whole.items())},
    }
    everything = {path: data for path, data in network.disk.everything().items() if not _ours(path)}
    everything |= {path: data for path, data in network.disk.everything().items() if _kept(path)}
    everything[f"{OWN}/network.json"] = _json(state)
    for name, entries in network.lists.items():
        everything[f"{OWN}/lists/{name.replace('/', '-')}.txt"] = entries.write()
    for place, message in enumerate(network.mail):
        # The order in which messages lie is theirs, not that in which they were sent.
        everything[f"{OWN}/mail/{place:06}.json"] = mail.to_text(message)
    everything[f"{OWN}/changes.jsonl"] = b"".join(_change_line(each) for each in network.ledger.changes)
    return everything


def load(root: Path, layouts: Layouts | None = None, *, max_size: int = files.DEFAULT_MAX_SIZE) -> Network:
    """Return the network in a directory, as a simulation left it, or as its files show it.

    Raises:
        FileAccessError: a file cannot be read.
        DescriptionError: what the simulation kept cannot be understood; names line and key.
        UsageError: no server is there.
    """
    disk = Disk.load(root, max_size)
    kept = disk.read(f"{OWN}/network.json")
    if kept is None:
        return _discovered(root, disk, layouts or Layouts())
    network = _restored(open_json(kept, str(root / OWN / "network.json")), disk, layouts or Layouts())
    for number, line in enumerate((disk.read(f"{OWN}/changes.jsonl") or b"").splitlines(), 1):
        network.ledger.add(_fate(open_json(line, f"{root / OWN / 'changes.jsonl'}, line {number}"), network))
    network.mail = [mail.from_text(data, str(root / path)) for path, data in sorted(disk.below(f"{OWN}/mail/").items())]
    for name in network.offices:
        network.lists[name] = AddressList.read(disk.read(f"{OWN}/lists/{name.replace('/', '-')}.txt") or b"")
    return network


LONGEST, MOST_CYCLES, MOST_CHANGES = 1 << 31, 100_000, 10_000_000
"""Seconds by which a clock is wrong, cycles of a network, and changes in it, at most."""


def _restored(state: Setting, disk: Disk, layouts: Layouts) -> Network:
    """Return the network that a simulation has kept, without its changes and its mail.

    Raises:
        DescriptionError: the file is wrong; names line and key.
    """
    if state["schema"].text() != SCHEMA:
        state["schema"].fail(f"must be {SCHEMA}")
    rows = state["postoffices"].rows()
    places = {row["name"].matching(NODE_NAME, "a NETWORK/POSTOFFICE"): row["path"].text() for row in rows}
    network = Network(disk, state["server"].choice(places), places, layouts, read_rules(state["rules"]))
    network.clocks = {row["name"].text(): row["clock"].integer(-LONGEST, LONGEST) for row in rows}
    network.start = mail.moment(state["start"])
    network.cycle = state["cycle"].integer(0, MOST_CYCLES)
    network.serial, network._sent = (state[name].integer(0, LONGEST) for name in ("serial", "sent"))
    network.t2_runs = [mail.moment(each) for each in state["t2_runs"].items()]
    network.shift = state["shift"].integer(-LONGEST, LONGEST)
    network.skipped = {(each[0].choice(places), each[1].text()) for each in state["skipped"].items()}
    network.failures = {(each[0].choice(places), each[1].text()): _failure(each) for each in state["failures"].items()}
    network.faults = [
        InjectedFault(
            each["name"].text(), each["slug"].text(), each["cycle"].integer(0, MOST_CYCLES), each["at"].text()
        )
        for each in state["faults"].rows()
    ]
    network.ledger.whole = {each.name: _unpacked(each) for each in state["whole"].entries()}
    return network


def _failure(row: Setting) -> Failure:
    lines = (
        LogEntry(each[0].text(), each[1].optional(_number), each[2].text(""), each[3].text(""))
        for each in row[2].items()
    )
    return Failure(tuple(lines), row[3].text(), row[4].integer(0, 255))


def read_rules(table: Setting) -> Rules:
    """Return the readings of the protocol that a table names; those adopted where it names none."""
    for rule in table.table(CHOICES).entries():
        if rule.value not in CHOICES[rule.name] or isinstance(rule.value, bool):
            rule.fail(f"{shown(rule.value)} is not one of {', '.join(map(str, CHOICES[rule.name]))}")
    return Rules(**table.table().value)


def _discovered(root: Path, disk: Disk, layouts: Layouts) -> Network:
    """Return a network of which only real files are there: names and roles as evidence shows them."""
    found = collect([root], layouts=layouts)
    unread = [*found.unlooked.values(), *(why for each in found.postoffices for why in each.unreadable.values())]
    if unread:
        raise FileAccessError(unread[0])
    evidence = found.only
    named = {each.name: _relative(root, each.path) for each in evidence.postoffices if each.name}
    server = evidence.server.name if evidence.server else None
    if server is None or len(named) != len(evidence.postoffices):
        raise UsageError(
            f"{root}: the names of all postoffices, and which is the server, must be seen from their files"
        )
    network = Network(disk, server, {server: named.pop(server)} | named, layouts, Rules())
    srvconf = network.serving.srvconf()
    network.cycle = (srvconf.config.cycle or 0) if srvconf else 0
    for office in network.offices.values():
        entries = AddressList()
        for queue in ("MSTTRANS",):
            for record in network.serving.records(queue):
                entries.apply(record.text, own="")
        network.lists[office.name] = entries
        for record in office.records("REQTRANS"):
            entries.apply(record.text)
    return network


def _relative(root: Path, path: str) -> str:
    try:
        return Path(path).relative_to(root).as_posix()
    except ValueError:
        return path


def _ours(path: str) -> bool:
    return PurePosixPath(path).parts[0].lower() == OWN


def _kept(path: str) -> bool:
    """Whether one of our own files is not written anew from memory: the copies that scenarios make."""
    return _ours(path) and PurePosixPath(path).parts[1:2] == ("copies",)


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=True) + "\n").encode("ascii")


def _change_line(change: Fate) -> bytes:
    row = asdict(change) | {"made": change.made.isoformat(), "reached": sorted(change.reached)}
    return (json.dumps(row, ensure_ascii=True) + "\n").encode("ascii")


def _fate(row: Setting, network: Network) -> Fate:
    row.table({each.name for each in fields(Fate)})
    return Fate(
        _number(row["id"]),
        row["origin"].choice(network.offices),
        made=mail.moment(row["made"]),
        text=row["text"].text(),
        number=row["number"].optional(_number),
        cycle=row["cycle"].integer(0, MOST_CYCLES),
        export=row["export"].optional(_number),
        issued=row["issued"].optional(_number),
        lost=row["lost"].boolean(default=False),
        reached=set(row["reached"].texts()),
        causes={each.name: each.integer(0, len(network.faults) - 1) for each in row["causes"].entries()},
    )


def _number(given: Setting) -> int:
    return given.integer(0, mail.MOST_NUMBER)


def _packed(ids: list[int]) -> list[list[int]]:
    """Write runs of numbers as their first and last."""
    packed: list[list[int]] = []
    for each in sorted(ids):
        if packed and packed[-1][1] == each - 1:
            packed[-1][1] = each
        else:
            packed.append([each, each])
    return packed


def _unpacked(runs: Setting) -> list[int]:
    ids: list[int] = []
    for run in runs.items():
        first, last = run[0].integer(1, MOST_CHANGES), run[1].integer(1, MOST_CHANGES)
        ids += range(first, last + 1)
        if len(ids) > MOST_CHANGES:
            run.fail(f"more than {MOST_CHANGES} changes")
    return ids


def own_node(office: Office) -> str:
    """Return the node of a postoffice's own addresses."""
    return node_of(office.name)


def copies(network: Network, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a copy that was made of postoffices, by path without the directory it is in."""
    prefix = f"{OWN}/copies/{name}/"
    for path, data in network.disk.below(prefix).items():
        yield path[len(prefix) :], data
