"""Everything that is said to be certain of random networks, held against the truth: ``python -m scoreboard.claims``.

Each network is judged from all its files, with a copy of an earlier day beside them, with the names of two directories
exchanged, and with one file or postoffice taken away. Certain statements are

- of ``unsent``: that a change waits and will be taken, that it is never sent, refused, lost;
- of findings: that numbers are never sent, refused, or vanish, those still to be given out among them;
- of their causes, where one thing went wrong: that it was this one, that it was not that one.

What the truth refutes is printed. The truth is what the simulator knows, and what comes of the network in some cycles
in which nothing goes wrong and nobody does anything; for numbers still to be given, with so many changes made first.
That a change waits is refuted where it has arrived, or cannot arrive any more; not where its postoffice or server
stands still.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path
from random import Random
from typing import NamedTuple

from glbtools import files
from glbtools.diagnosis.changes.found import WAITS, MissingRange, Outstanding, Unsent
from glbtools.diagnosis.engine import diagnose
from glbtools.diagnosis.finding import Finding
from glbtools.diagnosis.unsent import outstanding
from glbtools.errors import GlbError
from glbtools.model.histories import HISTORIES
from glbtools.simulation import actions, network, phases
from glbtools.simulation.disk import OWN, Office
from glbtools.simulation.ledger import Fate
from glbtools.simulation.network import Network
from glbtools.simulation.run import contents, run
from glbtools.simulation.samples import Sample, sample
from glbtools.simulation.truth import HOPELESS, Survey
from scoreboard.learning import write_section

CYCLES = 3
"""Cycles in which nothing goes wrong, after which what can arrive has arrived."""

MOST_MADE = 40
"""Changes made to see what becomes of numbers still to be given."""

FEW = 3
"""Parts that are taken away from each network, one at a time, unless all are."""

UPLOADS = frozenset(
    {
        "stranded-transactions",
        "resync-after-adds",
        "reqconf-cloned-or-restored",
        "requestor-reset-incomplete",
        "requestor-not-registered",
        "reqtrans-deleted-zero-byte",
        "reqtrans-podiag-dummy-60",
        "reqtrans-49-byte-idle",
        "acknowledged-records-kept",
    }
)
"""Problems whose ranges are numbers of an upload that is not sent, or not taken, any more."""

HAPPENED: dict[str, tuple[str, ...]] = {
    "reqtrans-zeroed": ("queue-emptied",),
    "reqtrans-begun-again": ("queue-emptied",),
    "server-queue-begun-again": ("queue-emptied",),
    "reqtrans-old": ("queue-put-back",),
    "reqtrans-put-back": ("queue-put-back",),
    "podiag-dummy": ("queue-put-back", "queue-by-utility"),
    "reqconf-reset": ("reset-by-half",),
    "reqconf-cloned": ("reqconf-copied",),
    "requestor-restored": ("requestor-restored",),
    "resync-after-adds": ("resync",),
    "resync-before-adds": ("resync",),
    "resynced": ("resync",),
    "import-asked": ("import-asked",),
    "recreated-and-imported": ("record-made-anew",),
    "requestor-recreated": ("record-made-anew",),
    "reset-complete": ("record-made-anew",),
    "server-restored": ("server-restored",),
    "server-files-restored": ("server-restored",),
    "srvconf-restored": ("srvconf-restored",),
    "msttrans-restored": ("master-restored",),
    "msttrans-cut": ("master-cut",),
    "server-reenabled": ("server-enabled-anew",),
    "absent": ("master-purged",),
    "record-deleted": ("record-deleted",),
    "unregistered": ("record-deleted",),
}
"""Fault of the simulator -> the histories of ``model.histories`` that it is."""


class Refuted(NamedTuple):
    """A certain statement that the truth refutes.

    Attributes:
        seed: of the network.
        given: what was looked at.
        kind: which statement, for counting.
        says: what was said, and what is so.
    """

    seed: int
    given: str
    kind: str
    says: str


class Account(NamedTuple):
    """What came of one network: certain statements by kind, and those of them that are refuted."""

    certain: Counter[str]
    refuted: list[Refuted]


class Truth:
    """What became of every change of a network, now and after some quiet cycles."""

    def __init__(self, made: Network, directory: Path) -> None:
        self.now, self._directory = made, directory
        self.called: dict[str, str] = {}
        """Directory -> that whose files it holds, where they are exchanged."""

    @cached_property
    def survey(self) -> Survey:
        """What is in all files now."""
        return Survey(self.now)

    @cached_property
    def then(self) -> Survey:
        """What is in all files after some quiet cycles."""
        later = network.load(self._directory)
        _go_on(later)
        return Survey(later)

    def office(self, path: str) -> Office | None:
        """Return the postoffice whose directory, or file, is at a path."""
        parts = {self.called.get(part, part) for part in Path(path).parts}
        found = [each for each in self.now.offices.values() if Path(each.path).parts[-1] in parts]
        return found[0] if len(found) == 1 else None

    def fate(self, office: Office, change: Outstanding) -> Fate | None:
        """Return what a change of REQTRANS is."""
        return self.now.ledger.queued(office.name, change.change.stamp, change.change.text)

    def later(self, fate: Fate) -> Fate:
        """Return the same change after some quiet cycles."""
        return self.then.network.ledger.changes[fate.id - 1]

    def hopeless(self, fate: Fate, target: str = "") -> bool:
        """Whether a change cannot reach the server, or a postoffice, any more after some quiet cycles."""
        then = self.then.download(self.later(fate), target) if target else self.then.upload(self.later(fate))
        return then in HOPELESS

    def bearers(self, office: Office, number: int) -> list[Fate]:
        """Return the changes that had a number at their origin."""
        return [each for each in self.now.ledger.changes if each.origin == office.name and each.number == number]

    def made_next(self, office: Office, count: int) -> list[Fate]:
        """Return what becomes of the next changes made at a postoffice."""
        again = network.load(self._directory)
        known = len(again.ledger.changes)
        again.begin("T0")
        actions.add(again, again.offices[office.name], count)
        for phase in ("T1", "T2", "T3"):
            again.begin(phase)
            phases.run(again, phase)
        _go_on(again)
        return again.ledger.changes[known:]


def _go_on(made: Network) -> None:
    for _ in range(CYCLES):
        for phase in ("T0", "T1", "T2", "T3"):
            made.begin(phase)
            if phase != "T0":
                phases.run(made, phase)


def account(seed: int, drawn: Sample, *, every: bool = False) -> Account:
    """Judge one network, and hold what is said certainly against the truth; ``every`` part is taken away, or a few."""
    made = run(drawn.scenario)
    found = Account(Counter(), [])
    with tempfile.TemporaryDirectory(prefix="claims-") as directory:
        now, older, exchanged, part = (Path(directory, name) for name in ("net", "older", "exchanged", "part"))
        files.write_tree(contents(made), now, sync=False)
        truth = Truth(made, now)
        _judge(found, drawn, seed, truth, "all", [now])
        earlier = drawn.scenario._replace(cycles=max(drawn.scenario.cycles - 2 - seed % 3, 1), stop="T3")
        files.write_tree(contents(run(earlier)), older, sync=False)
        _judge(found, drawn, seed, truth, "with an older copy", [now], [older])
        truth.called, held = _exchanged(made, seed)
        files.write_tree(held, exchanged, sync=False)
        _judge(found, drawn, seed, truth, "with two directories exchanged", [exchanged])
        truth.called = {}
        parts = list(_parts(made))
        for what, less in parts if every else Random(seed).sample(parts, FEW):  # noqa: S311 - it is no secret
            files.write_tree(less, part, sync=False)
            _judge(found, drawn, seed, truth, f"without {what}", [part])
            shutil.rmtree(part)
    return found


def _exchanged(made: Network, seed: int) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return the files of a network with the names of two directories exchanged, and which is which."""
    offices = list(made.offices.values())
    one, other = (each.path for each in Random(seed).sample(offices, 2))  # noqa: S311 - it is no secret
    called = {one: other, other: one}
    found = {}
    for path, data in contents(made).items():
        directory, _, rest = path.partition("/")
        if directory != OWN:
            found[f"{called.get(directory, directory)}/{rest}"] = data
    return called, found


def _parts(made: Network) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield the files of a network with one file or postoffice taken away."""
    every = {path: data for path, data in contents(made).items() if not path.startswith(f"{OWN}/")}
    for name, office in made.offices.items():
        own = {path for path in every if path.startswith(f"{office.path}/")}
        yield name, {path: data for path, data in every.items() if path not in own}
        for file in ("REQCONF.GLB", "REQTRANS.GLB", "SRVCONF.GLB", "MSTTRANS.GLB"):
            gone = {path for path in own if path.endswith(f"/GLB/{file}")}
            if gone:
                yield f"{file} of {name}", {path: data for path, data in every.items() if path not in gone}


def _judge(
    found: Account,
    drawn: Sample,
    seed: int,
    truth: Truth,
    given: str,
    paths: list[Path],
    older: list[Path] | None = None,
) -> None:
    def refute(kind: str, says: str) -> None:
        found.refuted.append(Refuted(seed, given, kind, says))

    def claim(kind: str) -> None:
        found.certain[kind] += 1

    try:
        report = diagnose(*paths, older=older or [])
        listed = outstanding(report.evidence, "both")
    except GlbError:
        return
    _uploads(truth, listed, claim, refute)
    _downloads(truth, listed, claim, refute)
    for finding in report.findings:
        if finding.severity != "note":
            _ranges(truth, finding, claim, refute)
            _standstill(truth, finding, claim, refute)
        _causes(drawn, finding, claim, refute)


Claim = Callable[[str], None]
Refute = Callable[[str, str], None]


def _uploads(truth: Truth, found: Unsent, claim: Claim, refute: Refute) -> None:
    for each in found.changes:
        office = truth.office(each.route.path)
        if each.certainty != "certain" or office is None or each.route.channel != "upload":
            continue
        kind = f"unsent: {each.why}"
        claim(kind)
        if each.route.origin != office.name:
            refute(kind, f"{each.sync} of {each.route.origin}, which is {office.name}")
            continue
        fate = truth.fate(office, each)
        if fate is None:
            continue
        if fate.arrived:
            refute(kind, f"{office.name} {each.sync} {each.text!r} has arrived")
        elif truth.hopeless(fate) if each.why == "pending" else truth.later(fate).arrived:
            refute(kind, f"{office.name} {each.sync} {each.text!r}: the contrary comes about")
    for span in found.ranges:
        _lost(truth, span, claim, refute)


def _lost(truth: Truth, span: MissingRange, claim: Claim, refute: Refute) -> None:
    office = truth.office(span.route.path)
    if span.certainty != "certain" or office is None or span.route.channel != "upload":
        return
    for number in range(span.range[0] + 1, span.range[1] + 1):
        kind = f"unsent range: {span.why}"
        claim(kind)
        if all(truth.later(each).arrived for each in truth.bearers(office, number)):
            refute(kind, f"{office.name} {number}: nothing is lost")


def _downloads(truth: Truth, found: Unsent, claim: Claim, refute: Refute) -> None:
    for each in found.changes:
        name = each.route.target
        if each.certainty != "certain" or name not in truth.now.offices or each.route.channel != "download":
            continue
        fate = truth.now.ledger.issued(each.sync, each.text)
        kind = f"unsent download: {each.why}"
        claim(kind)
        if fate is None or name == fate.origin:
            continue
        if name in fate.reached and not _issued_again(truth, fate):
            refute(kind, f"{name} has number {each.sync} {each.text!r}")
        elif truth.hopeless(fate, name) if each.why in WAITS else name in truth.later(fate).reached:
            refute(kind, f"number {each.sync} {each.text!r} at {name}: the contrary comes about")


def _issued_again(truth: Truth, fate: Fate) -> bool:
    """Whether T2 took a change twice, so that it has been received under another number."""
    return sum(each.text == fate.text for each in truth.now.serving.records("MSTTRANS")) > 1


def _ranges(truth: Truth, finding: Finding, claim: Claim, refute: Refute) -> None:
    slug, office = finding.problem.slug, truth.office(finding.path)
    if finding.certainty != "certain" or office is None or slug not in UPLOADS:
        return
    kind = f"{slug}: effect"
    held = {each.sync: each for each in office.records("REQTRANS")}
    last = max(held, default=0)
    for low, high in finding.ranges:
        claim(kind)
        for number in range(low + 1, min(high, last) + 1):
            fate = number in held and truth.now.ledger.queued(
                office.name, office.moment(held[number]), held[number].text
            )
            if fate and not fate.arrived and truth.later(fate).arrived:
                refute(kind, f"{office.name} {number} {fate.text!r} arrives")
        first = max(low, last)
        count = min(high - first, MOST_MADE)
        if count > 0 and low <= last:
            for fate in truth.made_next(office, count):
                if fate.arrived and fate.number is not None and first < fate.number <= high:
                    refute(f"{kind} on what comes", f"{office.name}: what will be number {fate.number} arrives")
                    break


def _standstill(truth: Truth, finding: Finding, claim: Claim, refute: Refute) -> None:
    """Hold it against what comes that a postoffice receives nothing until the server passes a number."""
    if finding.certainty != "certain" or finding.problem.slug not in ("server-restored-from-backup", REENABLED):
        return
    survey = truth.survey
    for name, reqconf in survey.configured.items():
        received = (reqconf.srvsync if reqconf else None) or 0
        count = min(received - (survey.head or 0), MOST_MADE)
        if name == truth.now.server or count <= 0 or name not in finding.message:
            continue
        claim("the server went back: effect")
        for fate in truth.made_next(truth.now.serving, count):
            if fate.issued is not None and fate.issued < received and name in fate.reached:
                refute("the server went back: effect", f"{name} receives what will be number {fate.issued}")
                break


REENABLED = "server-reenabled-or-replaced"


def _causes(drawn: Sample, finding: Finding, claim: Claim, refute: Refute) -> None:
    """Hold a cause against what happened, where no more than one thing did."""
    if len(drawn.faults) > 1 or not (finding.cause_certainty or finding.refuted):
        return
    happened = {each.name for each in drawn.scenario.mishaps}
    histories = {history for name in happened for history in HAPPENED.get(name, ())}
    slug = finding.problem.slug
    if finding.cause_certainty == "certain":
        claim(f"{slug}: cause")
        named = {each.slug for each in HISTORIES if slug in each.problems}
        if named and not named & histories:
            refute(f"{slug}: cause", f"it was {', '.join(sorted(happened)) or 'nothing'}")
    for each in finding.refuted:
        claim(f"{slug}: not {each.slug}")
        if each.slug in histories:
            refute(f"{slug}: not {each.slug}", f"since {each.sign}; it was {', '.join(sorted(happened))}")


BEGIN = "<!-- Claims: written by `python -m scoreboard.claims --page`. -->"
END = "<!-- End of claims. -->"


def page(first: int, last: int, certain: Counter[str], refuted: Counter[str]) -> Iterator[str]:
    """Yield the lines of the page: certain statements of each kind, and those that the truth refutes."""
    yield "# What is said to be certain"
    yield ""
    yield f"{date.today()}: random networks, seeds {first} to {last}. Each is judged from all its files, with a copy"
    yield f"of an earlier day beside them, with two directories exchanged, and {FEW} times with one file or postoffice"
    yield "taken away. All that is called certain is held against the truth and what then comes; causes, and"
    yield "what is ruled out as the only cause, where one thing went wrong at most."
    yield ""
    yield "| statement | certain | refuted |"
    yield "|---|--:|--:|"
    of_causes = [kind for kind in certain if ": not " in kind]
    for kind in sorted(set(certain) - set(of_causes)):
        yield f"| {kind} | {certain[kind]:,} | {refuted[kind]:,} |"
    told, wrong = (sum(counts[kind] for kind in of_causes) for counts in (certain, refuted))
    yield f"| what is ruled out as the only cause | {told:,} | {wrong:,} |"
    yield f"| all | {certain.total():,} | {refuted.total():,} |"


def main() -> None:
    """Judge the networks, print what is refuted, and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=300)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--every", action="store_true", help=f"take away every part in turn, not only {FEW}")
    parser.add_argument("--page", action="store_true", help="write the figures into docs/scoreboard.md")
    arguments = parser.parse_args()
    certain: Counter[str] = Counter()
    refuted: Counter[str] = Counter()
    last = arguments.first - 1
    try:
        for seed in range(arguments.first, arguments.first + arguments.networks):
            drawn = sample(seed)
            found = account(seed, drawn, every=arguments.every)
            certain.update(found.certain)
            refuted.update(each.kind for each in found.refuted)
            _print_refuted(seed, drawn, found.refuted)
            last = seed
    except KeyboardInterrupt:
        print(f"interrupted after seed {last}")
    for kind, count in sorted(certain.items()):
        print(f"{count:8} {refuted[kind]:6}  {kind}")
    print(f"{certain.total():8} {refuted.total():6}  in all, seeds {arguments.first} to {last}: certain, refuted")
    if arguments.page:
        write_section("".join(f"{line}\n" for line in page(arguments.first, last, certain, refuted)), BEGIN, END)


def _print_refuted(seed: int, drawn: Sample, found: list[Refuted]) -> None:
    """Print the first refutation of each kind, and how often it is met."""
    for kind, told in groupby(sorted(found, key=lambda each: each.kind), key=lambda each: each.kind):
        every = list(told)
        given = list(dict.fromkeys(each.given for each in every))
        more = f" and {len(given) - 1} more" if len(given) > 1 else ""
        faults = " + ".join(drawn.faults) or drawn.kind
        print(f"seed {seed} ({faults}), {given[0]}{more}: {kind}: {every[0].says}", flush=True)


if __name__ == "__main__":
    main()
