"""Scenarios: short TOML files that say which network, what happens to it, and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from glbtools import files
from glbtools.errors import DescriptionError, UsageError
from glbtools.model.protocol import CHOICES, Rules
from glbtools.simulation.actions import ACTIONS
from glbtools.simulation.faults import FAULTS, Fault
from glbtools.tables import read_toml

PHASES = ("T0", "T1", "T2", "T3")
MOST_CYCLES, MOST_POSTOFFICES, MOST_CHANGES = 10_000, 5_000, 100_000
_NAME = re.compile(r"[A-Z0-9]{1,10}")
_SUFFIX = ".toml"
_HERE = Path(__file__).with_name("scenarios")


class Step(NamedTuple):
    """Something an administrator does."""

    cycle: int
    after: str
    do: str
    at: str
    options: dict[str, Any]


class Mishap(NamedTuple):
    """Something that goes wrong: in one cycle, or in each up to ``until``."""

    cycle: int
    until: int
    after: str
    name: str
    at: str
    options: dict[str, Any]


class Scenario(NamedTuple):
    """What a scenario file says.

    Attributes:
        name: of the file, without its ending.
        title: in one line.
        story: more of it.
        network: network name; ``server`` and ``postoffices`` are names of postoffices in it.
        users: users that each postoffice begins with; they are exported in the first cycle.
        cycles: how many.
        stop: phase after which the last cycle ends.
        changes: random changes a day in the whole network.
        seed: of the random life.
        start: day of the first cycle.
        keep_updates: in days.
        rules: which reading of the sources is followed.
    """

    name: str
    title: str = ""
    story: str = ""
    network: str = "NET"
    server: str = "HUB"
    postoffices: tuple[str, ...] = ("EAST", "WEST")
    users: int = 2
    cycles: int = 4
    stop: str = "T3"
    changes: int = 0
    seed: int = 1
    start: datetime = datetime(1994, 2, 1)
    keep_updates: int = 14
    rules: Rules = Rules()
    steps: tuple[Step, ...] = ()
    mishaps: tuple[Mishap, ...] = ()


def shipped() -> dict[str, Path]:
    """Return the scenarios of the package by name."""
    return {each.stem: each for each in sorted(_HERE.glob(f"*{_SUFFIX}"))}


def load(what: str | Path) -> Scenario:
    """Return a scenario: a file, or one of the package by its name.

    Raises:
        DescriptionError: it has a mistake; names line and key.
        FileAccessError: it cannot be read.
    """
    path = Path(what)
    if not path.exists() and str(what) in shipped():
        path = shipped()[str(what)]
    elif not path.exists() and path.suffix != _SUFFIX:
        raise UsageError(f"{what} is no file, and no scenario of the package; --list shows those")
    return parse(files.read(path, 1 << 20), str(what), path.stem)


def parse(content: bytes, path: str, name: str = "scenario") -> Scenario:
    """Return what a scenario says.

    Raises:
        DescriptionError: it has a mistake; names line and key.
    """
    return _Checker(content, path).scenario(name)


class _Checker:
    """Turns tables into a scenario, or says which key on which line is wrong."""

    def __init__(self, content: bytes, path: str) -> None:
        self.path = path
        try:
            self.text = content.decode("utf-8-sig")
            self.table = read_toml(self.text)
        except (ValueError, RecursionError) as error:
            raise DescriptionError(path, "", f"no valid TOML: {error}") from None

    def fail(self, key: str, reason: str) -> NoReturn:
        line = line_of(self.text, key)
        raise DescriptionError(f"{self.path}:{line}" if line else self.path, key, reason)

    def scenario(self, name: str) -> Scenario:
        known = {"title", "story", "network", "cycles", "stop", "changes", "seed", "start", "rules", "step", "fault"}
        self.keys(self.table, "", known)
        own = self.mapping(self.table.get("network", {}), "network")
        self.keys(own, "network", {"name", "server", "postoffices", "users", "keep_updates", "count"})
        default = Scenario(name)
        postoffices = self.postoffices(own, default)
        server = self.postoffice(own.get("server", default.server), "network.server")
        if server in postoffices:
            self.fail("network.postoffices", f"{server} is the server; name the others only")
        cycles = self.number(self.table, "cycles", default.cycles, 1, MOST_CYCLES)
        made = Scenario(
            name,
            self.string(self.table, "title"),
            story=self.string(self.table, "story"),
            network=self.postoffice(own.get("name", default.network), "network.name"),
            server=server,
            postoffices=postoffices,
            users=self.number(own, "users", default.users, 0, 1000, prefix="network."),
            cycles=cycles,
            stop=self.choice(self.table, "stop", "T3", PHASES),
            changes=self.number(self.table, "changes", 0, 0, MOST_CHANGES),
            seed=self.number(self.table, "seed", 1, 0, 1 << 62),
            start=self.day(),
            keep_updates=self.number(own, "keep_updates", default.keep_updates, 1, 999, prefix="network."),
            rules=self.rules(),
        )
        steps = tuple(self.step(row, key, made) for row, key in self.rows("step"))
        return made._replace(steps=steps, mishaps=tuple(self.mishap(row, key, made) for row, key in self.rows("fault")))

    # --- tables --------------------------------------------------------------------------------------------------

    def step(self, row: dict[str, Any], key: str, scenario: Scenario) -> Step:
        what = row.get("do")
        if not isinstance(what, str) or what not in ACTIONS:
            self.fail(f"{key}.do", f"{what!r} is none of {', '.join(ACTIONS)}")
        options = ACTIONS[what].options
        self.keys(row, key, {"cycle", "after", "do", "at", *options})
        cycle = self.number(row, "cycle", 1, 1, scenario.cycles, prefix=f"{key}.")
        after = self.choice(row, "after", "T0", PHASES, f"{key}.")
        at = self.member(row.get("at", scenario.server), f"{key}.at", scenario)
        return Step(cycle, after, what, at, self.options(row, options, key, scenario))

    def mishap(self, row: dict[str, Any], key: str, scenario: Scenario) -> Mishap:
        name = row.get("name")
        if not isinstance(name, str) or name not in FAULTS:
            self.fail(f"{key}.name", f"{name!r} is no fault; `simulate --list` shows them")
        fault: Fault = FAULTS[name]
        self.keys(row, key, {"cycle", "until", "after", "name", "at", *fault.options})
        cycle = self.number(row, "cycle", 1, 1, scenario.cycles, prefix=f"{key}.")
        until = self.number(row, "until", cycle, cycle, scenario.cycles, prefix=f"{key}.")
        after = self.choice(row, "after", fault.after, PHASES, f"{key}.")
        usual = scenario.server if fault.where == "server" else (scenario.postoffices or (scenario.server,))[0]
        at = self.member(row.get("at", usual), f"{key}.at", scenario)
        role = "server" if at == scenario.server else "requestor"
        if fault.where not in ("any", role):
            self.fail(f"{key}.at", f"{name} concerns a {fault.where}, and {at} is the {role}")
        return Mishap(cycle, until, after, name, at, options=self.options(row, fault.options, key, scenario))

    def options(self, row: dict[str, Any], kinds: Mapping[str, type], key: str, scenario: Scenario) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name, kind in kinds.items():
            if name in row:
                value = row[name]
                if not isinstance(value, kind) or isinstance(value, bool):
                    self.fail(f"{key}.{name}", f"must be {'a number' if kind is int else 'a string'}")
                if isinstance(value, int) and abs(value) > MOST_CHANGES * 1000:
                    self.fail(f"{key}.{name}", "is out of reach")
                if name in ("name", "copy") and not re.fullmatch(r"[A-Za-z0-9-]{1,20}", str(value)):
                    self.fail(f"{key}.{name}", "is 1 to 20 letters, digits and hyphens")
                if name == "of":
                    self.member(value, f"{key}.of", scenario)
                if name == "phase" and value not in PHASES[1:]:
                    self.fail(f"{key}.phase", f"{value!r} is none of {', '.join(PHASES[1:])}")
                if name == "kind" and value not in ("", "ReqTx", "SrvTx"):
                    self.fail(f"{key}.kind", f"{value!r} is neither ReqTx nor SrvTx")
                given[name] = value
        return given

    def rules(self) -> Rules:
        table = self.mapping(self.table.get("rules", {}), "rules")
        self.keys(table, "rules", set(CHOICES))
        for name, value in table.items():
            if value not in CHOICES[name] or isinstance(value, bool):
                self.fail(f"rules.{name}", f"{value!r} is none of {', '.join(map(str, CHOICES[name]))}")
        return Rules(**table)

    def postoffices(self, own: Mapping[str, Any], default: Scenario) -> tuple[str, ...]:
        if "count" in own:
            if "postoffices" in own:
                self.fail("network.count", "either count or postoffices")
            count = self.number(own, "count", 2, 1, MOST_POSTOFFICES, prefix="network.")
            return tuple(f"PO{number:04}" for number in range(1, count + 1))
        given = own.get("postoffices", list(default.postoffices))
        if not isinstance(given, list):
            self.fail("network.postoffices", "must be a list of names")
        names = tuple(self.postoffice(each, "network.postoffices") for each in given)
        if len(set(names)) != len(names):
            self.fail("network.postoffices", "a name is there twice")
        return names

    # --- values --------------------------------------------------------------------------------------------------

    def rows(self, name: str) -> Iterator[tuple[dict[str, Any], str]]:
        rows = self.table.get(name, [])
        if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
            self.fail(name, f"is written [[{name}]]")
        for number, row in enumerate(rows):
            yield row, f"{name}[{number}]"

    def mapping(self, value: object, key: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.fail(key, "must be a table")
        return value

    def keys(self, table: Mapping[str, Any], key: str, known: set[str]) -> None:
        for name in table:
            if name not in known:
                self.fail(f"{key}.{name}" if key else name, f"unknown; known here: {', '.join(sorted(known))}")

    def number(self, table: Mapping[str, Any], name: str, default: int, low: int, high: int, prefix: str = "") -> int:
        value = table.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fail(f"{prefix}{name}", f"must be a number from {low} to {high}")
        return value

    def choice(
        self, table: Mapping[str, Any], name: str, default: str, known: tuple[str, ...], prefix: str = ""
    ) -> str:
        value = table.get(name, default)
        if value not in known:
            self.fail(f"{prefix}{name}", f"{value!r} is none of {', '.join(known)}")
        return str(value)

    def string(self, table: Mapping[str, Any], name: str) -> str:
        value = table.get(name, "")
        if not isinstance(value, str):
            self.fail(name, "must be a string")
        return value.strip()

    def day(self) -> datetime:
        value = self.table.get("start", date(1994, 2, 1))
        if not isinstance(value, date) or isinstance(value, datetime) or not 1980 <= value.year <= 2030:
            self.fail("start", "must be a day from 1980 to 2030, as 1994-02-01")
        return datetime(value.year, value.month, value.day)

    def postoffice(self, value: object, key: str) -> str:
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            self.fail(key, f"{value!r}: a name is 1 to 10 capital letters and digits")
        return value

    def member(self, value: object, key: str, scenario: Scenario) -> str:
        name = self.postoffice(value, key)
        if name != scenario.server and name not in scenario.postoffices:
            self.fail(key, f"{name} is none of {', '.join((scenario.server, *scenario.postoffices))}")
        return name


def line_of(text: str, key: str) -> int:
    """Return the line on which a key such as ``fault[1].cycle`` stands, that of its table where it is missing, or 0."""
    table, dot, name = key.rpartition(".")
    table, number = _counted(table if dot else name)
    if not dot and not number:
        table = ""
    inside, header, seen = not table, 0, -1
    for count, line in enumerate(_without_long_strings(text).splitlines(), 1):
        head = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line)
        if head:
            if not table and head[2] == name:
                return count
            seen += head[2] == table and head[1] == "[["
            inside = head[2] == table and (not number or seen == int(number))
            header = count if inside else header
            continue
        begun = re.match(r"\s*([^=]+?)\s*=", line)
        stands = re.sub("[\"']", "", begun[1]) if begun else ""
        if stands and ((inside and stands == name) or stands == f"{table}.{name}"):
            return count
        if table and stands == table:
            header = count  # an inline table
    return header


def _counted(name: str) -> tuple[str, str]:
    """Take ``fault[1]`` apart."""
    match = re.fullmatch(r"(.*?)\[(\d+)\]", name)
    return (match[1], match[2]) if match else (name, "")


_LONG_STRING = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\']|\'(?!\'\'))*\'\'\'', re.DOTALL)


def _without_long_strings(text: str) -> str:
    """Return a text with the multi-line strings in it emptied, their lines kept."""
    return _LONG_STRING.sub(lambda match: "\n" * match[0].count("\n"), text)


@cache
def summary(name: str) -> str:
    """Return the title of a shipped scenario."""
    return load(shipped()[name]).title
