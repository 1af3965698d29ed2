"""Scenarios: short TOML files that say which network, what happens to it, and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from glbtools import files
from glbtools.errors import UsageError, suggestion
from glbtools.model.protocol import Rules
from glbtools.simulation.actions import ACTIONS
from glbtools.simulation.faults import FAULTS, Fault
from glbtools.simulation.network import read_rules
from glbtools.tables import Setting, open_toml, shown

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
    if not path.exists() and (own := shipped().get(str(what).lower())):
        path = own
    elif not path.exists() and path.suffix != _SUFFIX:
        way = suggestion(str(what), shipped()) or "; glbtools simulate --list shows the scenarios"
        raise UsageError(f"{what}: is neither a file nor a scenario of the package{way}")
    return parse(files.read(path, 1 << 20), str(what), path.stem)


def parse(content: bytes, path: str, name: str = "scenario") -> Scenario:
    """Return what a scenario says.

    Raises:
        DescriptionError: it has a mistake; names line and key.
    """
    table = open_toml(content, path).table(_KEYS)
    own = table["network"].table({"name", "server", "postoffices", "users", "keep_updates", "count"})
    default = Scenario(name)
    postoffices = _postoffices(own, default)
    server = _name(own["server"], default.server)
    if server in postoffices:
        own["postoffices"].fail(f"{server} is the server; name the others only")
    made = Scenario(
        name,
        title=table["title"].text("").strip(),
        story=table["story"].text("").strip(),
        network=_name(own["name"], default.network),
        server=server,
        postoffices=postoffices,
        users=own["users"].integer(0, 1000, default.users),
        cycles=table["cycles"].integer(1, MOST_CYCLES, default.cycles),
        stop=table["stop"].choice(PHASES, "T3"),
        changes=table["changes"].integer(0, MOST_CHANGES, 0),
        seed=table["seed"].integer(0, 1 << 62, 1),
        start=_start(table["start"]),
        keep_updates=own["keep_updates"].integer(1, 999, default.keep_updates),
        rules=read_rules(table["rules"]),
    )
    return made._replace(
        steps=tuple(_step(row, made) for row in table["step"].rows()),
        mishaps=tuple(_mishap(row, made) for row in table["fault"].rows()),
    )


_KEYS = {"title", "story", "network", "cycles", "stop", "changes", "seed", "start", "rules", "step", "fault"}
_WORDS = re.compile(r"[A-Za-z0-9-]{1,20}")


def _step(row: Setting, scenario: Scenario) -> Step:
    what = row["do"].choice(ACTIONS)
    options = ACTIONS[what].options
    row.table({"cycle", "after", "do", "at", *options})
    return Step(
        row["cycle"].integer(1, scenario.cycles, 1),
        row["after"].choice(PHASES, "T0"),
        what,
        _member(row["at"], scenario, scenario.server),
        _options(row, options, scenario),
    )


def _mishap(row: Setting, scenario: Scenario) -> Mishap:
    name = row["name"].text()
    if name not in FAULTS:
        way = suggestion(name, FAULTS) or "; glbtools simulate --list shows the faults"
        row["name"].fail(f"{shown(name)} is not a fault{way}")
    fault: Fault = FAULTS[name]
    row.table({"cycle", "until", "after", "name", "at", *fault.options})
    cycle = row["cycle"].integer(1, scenario.cycles, 1)
    until = row["until"].integer(cycle, scenario.cycles, cycle)
    after = row["after"].choice(PHASES, fault.after)
    usual = scenario.server if fault.where == "server" else (scenario.postoffices or (scenario.server,))[0]
    at = _member(row["at"], scenario, usual)
    role = "server" if at == scenario.server else "requestor"
    if fault.where not in ("any", role):
        row["at"].fail(f"{name} concerns a {fault.where}, and {at} is the {role}")
    return Mishap(cycle, until, after, name, at, options=_options(row, fault.options, scenario))


def _options(row: Setting, kinds: Mapping[str, type], scenario: Scenario) -> dict[str, Any]:
    reach = MOST_CHANGES * 1000
    given: dict[str, Any] = {}
    for name, kind in kinds.items():
        option = row[name]
        if not option.given:
            continue
        if kind is int:
            given[name] = option.integer(-reach, reach)
        elif name in ("name", "copy"):
            given[name] = option.matching(_WORDS, "1 to 20 letters, digits and hyphens")
        elif name == "of":
            given[name] = _member(option, scenario)
        elif name == "phase":
            given[name] = option.choice(PHASES[1:])
        elif name == "kind":
            given[name] = option.choice(("", "ReqTx", "SrvTx"))
        else:
            given[name] = option.text()
    return given


def _postoffices(own: Setting, default: Scenario) -> tuple[str, ...]:
    given = own["postoffices"]
    if own["count"].given:
        if given.given:
            own["count"].fail("either count or postoffices")
        return tuple(f"PO{number:04}" for number in range(1, own["count"].integer(1, MOST_POSTOFFICES) + 1))
    if not given.given:
        return default.postoffices
    names = tuple(_name(each) for each in given.items())
    if len(set(names)) != len(names):
        given.fail("a name is there twice")
    return names


def _start(given: Setting) -> datetime:
    day = given.day(date(1994, 2, 1))
    if not 1980 <= day.year <= 2030:
        given.fail("must be a day from 1980 to 2030, as 1994-02-01")
    return datetime(day.year, day.month, day.day)


def _name(given: Setting, default: str | None = None) -> str:
    return given.matching(_NAME, "a name of 1 to 10 capital letters and digits", default)


def _member(given: Setting, scenario: Scenario, default: str | None = None) -> str:
    name = _name(given, default)
    if name != scenario.server and name not in scenario.postoffices:
        given.fail(f"{name} is not one of {', '.join((scenario.server, *scenario.postoffices))}")
    return name


@cache
def summary(name: str) -> str:
    """Return the title of a shipped scenario."""
    return load(shipped()[name]).title
