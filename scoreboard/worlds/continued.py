"""Histories that are written as files, rebuilt, and gone on with: what waited, or is present and lost, arrives once.

What no file shows (mail under way, the server's lists) is taken from the history itself; the rebuilt files go on for
two cycles in ``glbtools.simulation``. A change arrives when the server's lists have it.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from glbtools import files
from glbtools.diagnosis.engine import diagnose
from glbtools.diagnosis.unsent import unsent
from glbtools.formats import message as subjects
from glbtools.layouts import Layouts
from glbtools.model.protocol import Rules
from glbtools.repair.plan import Plan, plan_rebuild
from glbtools.simulation import mail as post
from glbtools.simulation.disk import Disk
from glbtools.simulation.ledger import Ledger
from glbtools.simulation.network import Network
from glbtools.simulation.run import run
from glbtools.simulation.scenario import Scenario
from scoreboard.worlds.exploration import Bound
from scoreboard.worlds.materialize import NETWORK, REQUESTORS, SERVER, materialize, moment, name_of, text_of
from scoreboard.worlds.readings import Readings
from scoreboard.worlds.sample import drawn
from scoreboard.worlds.state import CHANGE, EXPORT, HEADS, REQTX, SRVTX, Message, Server
from scoreboard.worlds.truth import Behind, Witness, Worlds
from scoreboard.worlds.views import View, shown

HUB = f"{NETWORK}/{SERVER}"
CYCLES = 2
KINDS = {REQTX: subjects.REQTX, SRVTX: subjects.SRVTX}


class Fate(NamedTuple):
    """What became of one change of a history after the rebuild.

    Attributes:
        text: the change.
        held: how many records of REQTRANS bear it; an Export repeats what its postoffice has.
        had: the server's lists had it.
        shown: MSTTRANS holds it, and no Export stands in REQTRANS, which would have to repeat it.
        otherwise: how often the server would have taken it in without a rebuild.
        times: how often it has.
        listed: its lists have it now.
        saved: it is in a file that ``rebuild`` saved, for Import to read.
        told: ``unsent`` lists it, or numbers without content, in the result.
    """

    text: str
    held: int
    had: bool
    shown: bool
    otherwise: int
    times: int
    listed: bool
    saved: bool
    told: bool

    @property
    def verdict(self) -> str:
        """In one word what is to be counted: see ``SAID``."""
        if self.times > max(1, self.held, self.otherwise):
            return "doubled"
        if self.had or self.shown:
            again = self.times > self.otherwise
            return "kept" if not again else "repeated" if self.shown else "again"
        if self.times:
            return "arrived" if self.listed else "unlisted"
        if not self.held and not self.otherwise:
            return "nowhere"
        if self.saved:
            return "saved"
        return "told" if self.told and not self.otherwise else "lost"


SAID = {
    "kept": "the server had it, and was not sent it again",
    "arrived": "it arrived once",
    "unlisted": "it arrived once, and the server's own lists do not have it",
    "saved": "rebuild saved it for Import",
    "told": "it did not arrive, and the result says so",
    "nowhere": "no file and no mail has it",
    "again": "the server had it, no file shows that, and it was sent again",
    "repeated": "MSTTRANS holds it, and it was sent again",
    "doubled": "it arrived twice",
    "lost": "it did not arrive, and nothing says so",
}
"""Verdict -> what it means."""

WRONG = frozenset({"repeated", "doubled", "lost"})


class Continued(NamedTuple):
    """A history that was gone on with, and what became of each change."""

    seen: View
    witness: Witness
    quiet: bool
    fates: tuple[Fate, ...]
    plan: tuple[str, ...]

    @property
    def wrong(self) -> bool:
        """Whether a change is lost, doubled or repeated."""
        return any(each.verdict in WRONG for each in self.fates)

    def described(self) -> str:
        """Return it in words."""
        bad = [f"{each.verdict}: {each.text}" for each in self.fates if each.verdict in WRONG]
        return "\n".join([shown(self.seen), f"  {self.witness.told()}", *(f"  {each}" for each in (*bad, *self.plan))])


def continued(seen: View, behind: Behind, most: int = 3) -> list[Continued]:
    """Rebuild a view once, and go on with some histories behind it: the first of each set of causes, mail or not."""
    directory = Path(tempfile.mkdtemp(prefix="worlds-"))
    try:
        given = materialize(seen)
        files.write_tree(given, directory / "net", sync=False)
        plan = plan_rebuild(diagnose(directory / "net"), unsafe=True)
        result = plan.write(directory / "rebuilt").directory
        made, listed = Disk.load(result).everything(), unsent(result)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    told = {each.text for each in listed} | {"" for _ in listed.ranges}
    saved = b"".join(data for path, data in made.items() if "/imports/" in path).decode("cp850")
    chosen: dict[tuple[bool, int], Witness] = {}
    for end, witness in behind.items():
        if end.adopted:
            chosen.setdefault((end.quiet, end.causes), witness)
    found = []
    for (quiet, _), witness in list(chosen.items())[:most]:
        texts = _texts(seen, witness)
        after, otherwise = (_gone_on(seen, witness, Disk(tree), texts) for tree in (made, given))
        fates = []
        for (at, change), text in texts.items():
            rows = enumerate(seen.members[at].queue or (), 1)
            held = sum(row.kind == CHANGE and text_of(at, row.like or place) == text for place, row in rows)
            exported = any(row.kind == EXPORT for row in seen.members[at].queue or ())
            fate = Fate(
                text,
                held,
                had=bool(_server(witness).lists[at] >> change & 1),
                shown=text in _taken(seen) and not exported,
                otherwise=otherwise.times.get(text, 0),
                times=after.times.get(text, 0),
                listed=text in after.listed,
                saved=text in saved,
                told=text in told or "" in told,
            )
            fates.append(fate)
        found.append(Continued(seen, witness, quiet, tuple(fates), tuple(_said(plan))))
    return found


def _taken(seen: View) -> set[str]:
    """Return the texts of changes held that MSTTRANS holds as well."""
    return {text_of(each.origin, each.held) for each in seen.master or () if each.origin >= 0 and each.held > 0}


def _said(plan: Plan) -> Iterable[str]:
    yield from (f"{each.slug} {each.path}: {each.before} -> {each.after}" for each in plan.edits)
    yield from (f"{each.slug} left: {each.why}" for each in plan.undone)


class _Counted(Ledger):
    """A ledger that counts how often the server takes in a text."""

    def __init__(self) -> None:
        super().__init__()
        self.times: dict[str, int] = {}

    def accept(self, origin: str, stamp: datetime | None, text: str, number: int) -> None:
        self.times[text] = self.times.get(text, 0) + 1
        super().accept(origin, stamp, text, number)


class After(NamedTuple):
    """What the server has taken in during the cycles, how often, and what its lists have at their end."""

    times: dict[str, int]
    listed: set[str]


def _gone_on(seen: View, witness: Witness, disk: Disk, texts: dict[tuple[int, int], str]) -> After:
    """Go on for two cycles from some files, with the mail and the lists of a history."""
    space = witness.search.space
    server, mail = _server(witness), space.mails[space.cores[witness.state.core].mail]
    names = {HUB: SERVER.lower()} | {name_of(at): REQUESTORS[at].lower() for at in range(space.count)}
    network = Network(disk, HUB, names, Layouts(), Rules())
    ledger = network.ledger = _Counted()
    made = [each.made for member in seen.members for each in member.queue or ()]
    latest = max((*made, *(each.made for each in seen.master or ())), default=0)
    srvconf = network.serving.srvconf()
    network.cycle = (srvconf.config.cycle or 0) if srvconf else 0
    network.start = moment(latest + 1).replace(hour=0) - timedelta(days=network.cycle)
    for (at, change), text in texts.items():
        if server.lists[at] >> change & 1:
            network.lists[HUB].apply(text)
    for each in (*mail.late, *mail.server, *(each for bag in mail.requestors for each in bag)):
        network.send(_message(each, texts)._replace(due=1))
    requestors = tuple(REQUESTORS[: space.count])
    run(Scenario("continued", postoffices=requestors, cycles=CYCLES, changes=0), network)
    there = {entry.address.lower() for entry in network.lists[HUB]}
    return After(ledger.times, {text for text in texts.values() if text.partition("\t")[2].lower() in there})


def _server(witness: Witness) -> Server:
    space = witness.search.space
    return space.servers[space.cores[witness.state.core].server]


def _texts(seen: View, witness: Witness) -> dict[tuple[int, int], str]:
    """Return the text of each change that was ever made: as the files of the view have it."""
    space = witness.search.space
    core, server = space.cores[witness.state.core], _server(witness)
    found: dict[tuple[int, int], str] = {}
    for at, number in enumerate(core.requestors):
        member = space.requestors[number]
        for place, record in enumerate(member.queue, 1):
            if record.kind == CHANGE:
                found.setdefault((at, record.change), text_of(at, place))
        for row in server.master:
            if row.origin == at and 0 <= row.change < HEADS:
                gone = f"A Gone {row.sync}\tPCM:{name_of(at)}/GONE{row.sync}"
                found.setdefault((at, row.change), gone)
        for _, change in member.issued:
            if change < HEADS:
                found.setdefault((at, change), f"A Past {change}\tPCM:{name_of(at)}/PAST{change}")
    return found


def _message(each: Message, texts: dict[tuple[int, int], str]) -> post.Message:
    """Return mail under way as the simulation has it."""
    kind = KINDS.get(each.kind, post.IMPORT_REQUEST)
    to_server = kind != subjects.SRVTX
    sender, to = (name_of(each.at), HUB) if to_server else (HUB, name_of(each.at))
    items = tuple(post.Item(sync, None, texts.get((each.at, change), "# none")) for sync, change in each.items)
    return post.Message(
        0,
        kind,
        sender,
        to,
        due=1,
        r=each.number,
        was=each.was,
        s=each.received,
        imports=each.imports,
        items=items,
        complete=each.complete,
    )


# --- figures -------------------------------------------------------------------------------------------------------

PAGE = Path(__file__).resolve().parents[2] / "docs" / "worlds.md"
BEGINS, ENDS = "<!-- Rebuilt: written by `make scoreboard`. -->", "<!-- End of what was rebuilt. -->"


class Run(NamedTuple):
    """A bound, and how many of its views are rebuilt and gone on with."""

    name: str
    bound: Bound
    views: int


RUNS = (
    Run("one requestor, one fault", Bound(events=6), 250),
    Run("the same, older networks", Bound(events=5, starts=("older", "purged")), 100),
    Run("two faults", Bound(faults=2, events=5, starts=("old",)), 150),
    Run("two requestors, one fault", Bound(requestors=2, events=5, starts=("old",)), 100),
    Run("Exports, mail lost, late, doubled", Bound(events=4, exports=1, hiccups=1, anywhere=True), 100),
)


def counted(run: Run, seed: int) -> list[Continued]:
    """Return what became of a sample of a bound."""
    worlds = Worlds(run.bound, Readings(0))
    return [each for seen in drawn(worlds, run.views, seed) for each in continued(seen, worlds.views[seen])]


def page(results: Mapping[str, list[Continued]]) -> list[str]:
    """Return the figures for docs/worlds.md."""
    lines = [BEGINS, "", f"{date.today().isoformat()}.", ""]
    lines += ["| run | mail under way | histories | changes | " + " | ".join(SAID) + " |"]
    lines += ["|---|---|--:|--:|" + "--:|" * len(SAID)]
    for name, every in results.items():
        for quiet, mail in ((True, "no"), (False, "yes")):
            alike = [each for each in every if each.quiet == quiet]
            fates = Counter(fate.verdict for each in alike for fate in each.fates)
            cells = [f"{fates[verdict]:,}" for verdict in SAID]
            lines.append(f"| {name} | {mail} | {len(alike):,} | {fates.total():,} | " + " | ".join(cells) + " |")
    return [*lines, "", *(f"- *{verdict}*: {said}." for verdict, said in SAID.items()), "", ENDS]


def main() -> None:
    """Rebuild and go on, print what is wrong, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-page", action="store_true", help="print only")
    arguments = parser.parse_args()
    results = {each.name: counted(each, arguments.seed) for each in RUNS}
    for each in (each for every in results.values() for each in every if each.wrong):
        print(each.described())
    text = "\n".join(page(results))
    print(text)
    if not arguments.no_page:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGINS)
        PAGE.write_text(f"{before}{text}{rest.partition(ENDS)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
