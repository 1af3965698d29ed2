"""Random networks: healthy ones, disturbed ones, and ones with faults, each from one seed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from glbtools.model.protocol import CHOICES, Rules
from glbtools.simulation.faults import FAULTS, Fault
from glbtools.simulation.life import Dice
from glbtools.simulation.scenario import PHASES, Mishap, Scenario, Step

NAMES = ("EAST", "WEST", "NORTH", "SOUTH")
DISTURBANCES = ("mail-lost", "mail-delayed", "mail-doubled", "mail-reordered")
"""What the protocol tolerates: a network with nothing but that is healthy."""

REMEDIES = ("resynced", "import-asked", "recreated-and-imported", "foreign-addresses")
"""What an administrator does on an ordinary day: a network with nothing but that is healthy, too."""

PACED = frozenset({"", "mail-lost", "mail-delayed", "mail-doubled", "mail-reordered", "foreign-addresses"})
"""Mishaps beside which a postoffice may take its updates in parts: an Import is never paced (Q119450)."""

COPIES = tuple(name for name, each in FAULTS.items() if "copy" in each.options)
"""Faults that need a copy made before."""

OPEN = ("discard", "send", "reject", "due_from", "first", "resync", "srvseq", "acknowledge", "stored",
        "counted", "first_cycle")  # fmt: skip
"""Rules that are read in more than one way (docs/facts/protocol.md#readings)."""

SHOWN = tuple(name for name, each in FAULTS.items() if each.slug)
"""Faults that files or logs show."""


LASTING = ("t1-after-t2", "external-stopped", "entry-refused")
"""Faults that are seen when they come in several cycles on end."""


class Sample(NamedTuple):
    """One random network.

    Attributes:
        kind: ``healthy``, ``disturbed``, ``tended``, ``misnamed`` or ``faulty``.
        scenario: how it comes about.
        faults: the names of the faults in it.
        true: problems that a remedy brings for a time, and that are rightly found then.
    """

    kind: str
    scenario: Scenario
    faults: tuple[str, ...] = ()
    true: tuple[str, ...] = ()


def sample(seed: int) -> Sample:
    """Return the random network of a seed, every second one under another reading of the protocol."""
    made = _drawn(seed)
    rules = drawn_rules(seed) if seed % 2 else made.scenario.rules
    return made._replace(scenario=paced(made.scenario, seed)._replace(rules=rules))


def paced(scenario: Scenario, seed: int) -> Scenario:
    """Return a scenario in which, in one of four cases, some postoffices take few updates in a cycle (Q133719).

    From the third cycle on: the complete lists of the first must come whole.
    """
    dice = Dice(seed + 2_000_003)
    if dice.below(4) or not {each.name for each in scenario.mishaps} <= PACED:
        return scenario
    some = [each for each in scenario.postoffices if dice.below(2)]
    steps = [Step(3, "T0", "pace", each, {"count": 2 + dice.below(6)}) for each in some]
    return scenario._replace(steps=(*scenario.steps, *steps))


def drawn_rules(seed: int) -> Rules:
    """Return a reading: of each open rule the adopted choice, or in one of four cases another one."""
    dice = Dice(seed + 1_000_003)
    others: dict[str, Any] = {name: dice.one_of(CHOICES[name][1:]) for name in OPEN if not dice.below(4)}
    return Rules()._replace(**others)


def _drawn(seed: int) -> Sample:
    """Return a network: one in four healthy, one in eight disturbed, tended or misnamed, the rest with faults."""
    dice = Dice(seed)
    share = dice.below(8)
    if share < 2:
        return Sample("healthy", _life(dice, seed)._replace(stop=dice.one_of(PHASES)))
    if share < 3 and dice.below(2):
        return Sample("disturbed", _disturbed(_life(dice, seed), dice))
    if share < 3 and not dice.below(8):
        return Sample("misnamed", _misnamed(_life(dice, seed), dice))
    if share < 3:
        tended = _tended(_life(dice, seed), dice)
        anew = tended.mishaps[0].name == "recreated-and-imported"
        # Until its Import has been run, a requestor made anew is one (docs/rulings.md 10).
        return Sample("tended", tended, true=("requestor-readded",) if anew else ())
    first = SHOWN[seed % len(SHOWN)]
    faults = (first,) if share < 7 else (first, dice.one_of(SHOWN))
    return faulty(faults, seed)


def faulty(faults: tuple[str, ...], seed: int) -> Sample:
    """Return a random network with some faults: the first is injected so that the files show it."""
    dice = Dice(seed)
    scenario = _life(dice, seed)
    made = _with(scenario, FAULTS[faults[0]], dice)
    for name in faults[1:]:
        made = _beside(made, FAULTS[name], dice)
    return Sample("faulty", made, faults)


def _life(dice: Dice, seed: int) -> Scenario:
    postoffices = NAMES[: 2 + dice.below(3)]
    return Scenario(
        f"random-{seed}",
        postoffices=postoffices,
        users=1 + dice.below(3),
        cycles=5 + dice.below(5),
        changes=2 + dice.below(5),
        seed=seed,
    )


def _disturbed(scenario: Scenario, dice: Dice) -> Scenario:
    """Let messages be lost, late, doubled and out of order in the first cycles; the last ones are quiet."""
    mishaps = []
    for cycle in range(2, scenario.cycles - 1):
        name = dice.one_of(DISTURBANCES)
        at = dice.one_of((scenario.server, *scenario.postoffices))
        mishaps.append(Mishap(cycle, cycle, dice.one_of(("T1", "T2")), name, at, options={}))
    return scenario._replace(mishaps=tuple(mishaps))


def _tended(scenario: Scenario, dice: Dice) -> Scenario:
    """Let an administrator do something ordinary in one cycle, and the network go on for none to three."""
    name, at = dice.one_of(REMEDIES), dice.one_of(scenario.postoffices)
    cycle = scenario.cycles - dice.below(4)
    mishap = Mishap(cycle, cycle, FAULTS[name].after, name, at, options={})
    return scenario._replace(mishaps=(mishap,), stop=dice.one_of(PHASES))


def _misnamed(scenario: Scenario, dice: Dice) -> Scenario:
    """Let two directories bear each other's names, after any phase of the last cycle; nothing else is wrong."""
    stop, at = dice.one_of(PHASES[1:]), dice.one_of(scenario.postoffices)
    mishap = Mishap(scenario.cycles, scenario.cycles, stop, "directories-swapped", at, options={})
    return scenario._replace(mishaps=(mishap,), stop=stop)


def _with(scenario: Scenario, fault: Fault, dice: Dice) -> Scenario:
    """Return a scenario at whose end the files show a fault, with what has to be there before it."""
    at = scenario.server if fault.where == "server" else scenario.postoffices[0]
    last = scenario.cycles
    options: dict[str, object] = {}
    steps = [Step(last - fault.later, "T0", "add", each, {}) for each in (at, scenario.postoffices[-1])]
    begins = ends = last - fault.later
    if fault.name in COPIES:
        back = last - 2
        steps.append(Step(back, "T3", "copy", at, {"name": "backup"}))
        steps += [
            Step(last - 1, "T0", "add", each, {"count": 1 + dice.below(3)}) for each in (at, scenario.postoffices[-1])
        ]
    elif fault.name in ("resync-after-adds", "resync-before-adds"):
        steps.append(Step(2, "T0", "add", scenario.postoffices[-1], {"count": 20 + dice.below(20)}))
    elif fault.name == "reqconf-cloned":
        steps.append(Step(2, "T0", "add", dice.one_of((at, scenario.postoffices[-1])), {"count": 20 + dice.below(9)}))
        options["of"] = scenario.postoffices[-1]
    elif fault.name == "silent-export":
        # What is sent in the same cycle hides it (ruling 21).
        scenario, steps = scenario._replace(changes=0), steps[1:]
    elif fault.name == "absent":
        scenario = scenario._replace(keep_updates=3, cycles=last + 6)
        begins, ends = last - 1, last + 6
    elif fault.name == "clocks-changed":
        scenario = scenario._replace(start=datetime(1994, 4, 1), cycles=last + 3)
        begins = ends = last
    elif fault.name in LASTING:
        begins = last - 3
        steps = steps[1:]
    elif fault.name == "never-sent":
        scenario = scenario._replace(cycles=24, changes=1)
        begins, ends = 1, 24
        steps = [Step(2, "T0", "add", at, {"count": 2})]
    mishap = Mishap(begins, ends, fault.after, fault.name, at, options=options)
    return scenario._replace(steps=tuple(steps), mishaps=(mishap,))


def _beside(scenario: Scenario, fault: Fault, dice: Dice) -> Scenario:
    """Return a scenario with another fault, somewhere and at some time; nothing is prepared for it."""
    at = scenario.server if fault.where == "server" else dice.one_of(scenario.postoffices)
    cycle = 2 + dice.below(scenario.cycles - 1)
    options = {"copy": "other"} if fault.name in COPIES else {}
    if options:
        copy = Step(max(1, cycle - 2), "T3" if cycle > 2 else "T1", "copy", at, {"name": "other"})
        scenario = scenario._replace(steps=(copy, *scenario.steps))
    mishap = Mishap(cycle, cycle, fault.after, fault.name, at, options=options)
    return scenario._replace(mishaps=(mishap, *scenario.mishaps))
