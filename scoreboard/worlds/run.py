"""``make scoreboard``: all histories up to some bounds, and what is said of them; writes figures to docs/worlds.md."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import NamedTuple

from scoreboard.worlds import judge as judging
from scoreboard.worlds.exploration import Bound
from scoreboard.worlds.judge import Judgment, Said, Unsound, judge, judge_view
from scoreboard.worlds.kinds import ASKED, Kinds, merged
from scoreboard.worlds.readings import Readings
from scoreboard.worlds.rules import rules
from scoreboard.worlds.sample import CannotError, drawn, said
from scoreboard.worlds.truth import Behind, Worlds
from scoreboard.worlds.views import FILES, Eye, View, without

PAGE = Path(__file__).resolve().parents[2] / "docs" / "worlds.md"
BEGINS, ENDS = "<!-- Figures: written by `make scoreboard`. -->", "<!-- End of the figures. -->"
ENDINGS = {"any": judging.every, "at rest": judging.at_rest, "at rest, adopted": judging.as_adopted}


class Run(NamedTuple):
    """One bound to be searched, and how many of its views go through the program.

    Attributes:
        name: what it is called on the page.
        bound: how far.
        together: in how many rules readings may differ from the adopted one.
        whole: so many views as they are.
        parts: so many of each kind with something taken away, and so many with the files of an earlier day beside them.
    """

    name: str
    bound: Bound
    together: int
    whole: int
    parts: int


ALL_STARTS = ("fresh", "old", "older", "purged")
RUNS = (
    Run("one requestor, one fault", Bound(events=7, starts=ALL_STARTS), 0, 500, 30),
    Run("the same, one event more", Bound(events=8), 0, 0, 0),
    Run("the same, one rule read otherwise", Bound(events=6), 1, 300, 0),
    Run("the same, two rules read otherwise", Bound(events=4, starts=ALL_STARTS), 2, 200, 0),
    Run("two faults", Bound(faults=2, events=6, starts=("old",)), 0, 300, 20),
    Run("two faults, also with mail under way", Bound(faults=2, events=5, starts=("old",), anywhere=True), 0, 100, 0),
    Run("two requestors, one fault", Bound(requestors=2, events=6, starts=("old",)), 0, 300, 20),
    Run("Exports, mail lost, late, doubled", Bound(events=5, exports=1, hiccups=1, anywhere=True), 1, 300, 0),
)
BEYOND = (
    Bound(faults=3, events=5, starts=("old",)),
    Bound(faults=3, events=4, starts=("old",), anywhere=True),
    Bound(faults=3, events=6, starts=("old",), only=("FULL", "SPAIR", "RREST", "OLDQ")),
    Bound(faults=4, events=6, starts=("old",), only=("FULL", "SCONF", "SMST", "RREST")),
    Bound(faults=4, events=7, starts=("old",), only=("FULL", "SCONF", "CUT", "OLDQ")),
)
"""Beyond the bounds: three and four faults together refute what two leave standing, the certain among it.

They explain kinds. Four faults are affordable of a few kinds only: a reset, and what puts old files back.
"""
SMALL = (
    Run("one requestor, one fault", Bound(events=3), 1, 40, 5),
    Run("two requestors, one fault", Bound(requestors=2, events=2), 0, 20, 5),
)


@dataclass
class Result:
    """What came of one run.

    Attributes:
        agree: measure -> views in which all histories agree, and views that were asked.
        rules: ending -> what came of the record rules; ``program`` the same of the program, ``parts`` with a file gone,
            ``older`` with the files of an earlier day beside them.
        kinds: what of each kind the record rules say, and what refutes it; ``program_kinds`` the same of the program.
        errors: what the program answered with an error, by message.
    """

    run: Run
    readings: int = 0
    states: int = 0
    views: int = 0
    seconds: float = 0.0
    agree: dict[str, tuple[int, int]] = field(default_factory=dict)
    rules: dict[str, Told] = field(default_factory=dict)
    program: dict[str, Told] = field(default_factory=dict)
    parts: dict[str, Told] = field(default_factory=dict)
    older: dict[str, Told] = field(default_factory=dict)
    kinds: Kinds = field(default_factory=Kinds)
    program_kinds: Kinds = field(default_factory=Kinds)
    errors: Counter[str] = field(default_factory=Counter)


class Told(NamedTuple):
    """A judgment without its histories: they are told in words."""

    views: int
    certain: Counter[str]
    false: Counter[str]
    unsound: dict[str, str]
    baseless: dict[str, str]
    passed: dict[str, str]
    counts: Counter[str]
    agreed: Counter[str]
    told: Counter[str]


def told(judgment: Judgment) -> Told:
    """Return a judgment in words."""

    def words(kept: dict[str, Unsound]) -> dict[str, str]:
        return {why: each.told() for why, each in sorted(kept.items())}

    return Told(
        judgment.views,
        judgment.certain,
        judgment.false,
        words(judgment.unsound),
        words(judgment.baseless),
        words(judgment.passed),
        judgment.counts,
        judgment.agreed,
        judgment.told,
    )


def result_of(run: Run) -> Result:
    """Search one bound and judge what is said of its views."""
    began = time.monotonic()
    gc.disable()  # What is kept is kept to the end.
    worlds = Worlds(run.bound, Readings(run.together))
    found = Result(run, len(worlds.readings), worlds.states, len(worlds.views))
    found.agree = shares(worlds)
    found.rules = {
        name: told(judge(worlds, rules, among, found.kinds.note if name == "any" else None))
        for name, among in ENDINGS.items()
    }
    whole = drawn(worlds, run.whole)
    judgments = {name: Judgment() for name in ENDINGS}
    for seen in whole:
        words = _words(found, seen)
        if words is not None:
            found.program_kinds.note(seen, judging.fates_behind(worlds.views[seen]), words)
            _held(judgments, seen, worlds.views[seen], words)
    found.program = {name: told(each) for name, each in judgments.items()}
    judgments = {name: Judgment() for name in ENDINGS}
    for what in FILES if run.parts else ():
        some = Random(2).sample(whole, min(run.parts, len(whole)))  # noqa: S311 - it is no secret
        wanted = {without(seen, what) for seen in some}
        for seen, behind in judging.behind_less(worlds, what, wanted).items():
            words = _words(found, seen)
            if words is not None:
                _held(judgments, seen, behind, words)
    found.parts = {name: told(each) for name, each in judgments.items()}
    judgments = {name: Judgment() for name in ENDINGS}
    for seen in whole[: run.parts]:
        for older, behind in earlier(worlds, seen).items():
            words = _words(found, seen, older)
            if words is not None:
                _held(judgments, seen, behind, words)
    found.older = {name: told(each) for name, each in judgments.items()}
    found.seconds = time.monotonic() - began
    gc.enable()
    return found


MOST_OLDER = 4
"""Earlier days that are tried beside a view."""


def earlier(worlds: Worlds, seen: View) -> dict[View, Behind]:
    """Return what the files showed on some earlier days of histories that end in a view, each with those histories."""
    found: dict[View, Behind] = {}
    eye, dice = Eye(worlds.space), Random(3)  # noqa: S311 - it is no secret
    for end, witness in worlds.views[seen].items():
        days = [older for each in witness.moments() if (older := eye.view(each.core)) != seen]
        if days:
            found.setdefault(dice.choice(days), {})[end] = witness
    return {each: found[each] for each in list(found)[:MOST_OLDER]}


def kinds_beyond(bound: Bound) -> Kinds:
    """Return which kinds the histories of a bound refute, and nothing of what is said of its views."""
    found = Kinds()
    judge(Worlds(bound, Readings(0)), rules, note=found.note)
    return Kinds(refuted=found.refuted)


def _words(found: Result, seen: View, older: View | None = None) -> Said | None:
    """Return what the program says of a view; nothing where it cannot answer, None where it fails."""
    try:
        return said(seen, older)
    except CannotError:
        return Said()
    except Exception as error:
        found.errors[f"{type(error).__name__}: {error}"] += 1
        return None


def _held(judgments: dict[str, Judgment], seen: View, behind: Behind, words: Said) -> None:
    """Hold what is said of a view against each kind of ending."""
    for name, among in ENDINGS.items():
        kept = {end: witness for end, witness in behind.items() if among(end)}
        if kept:
            judge_view(judgments[name], seen, kept, words)


def shares(worlds: Worlds) -> dict[str, tuple[int, int]]:
    """Return in how many views all histories agree: on records held, on numbers confirmed, on one smallest cause."""
    held = confirmed = one = asked = 0
    for behind in worlds.views.values():
        fates = judging.fates_behind(behind)
        held += all(len(each) == 1 for key, each in fates.items() if key[1] >= 0)
        confirmed += all(len(each) == 1 for key, each in fates.items() if key[1] < 0)
        found = judging.single_causes(behind)
        if 0 not in found:
            asked += 1
            one += len(found) == 1
    every_view = len(worlds.views)
    return {
        "the fate of all records held": (held, every_view),
        "whether the server has each number confirmed": (confirmed, every_view),
        "one smallest cause, where there is one": (one, asked),
    }


# --- the page ------------------------------------------------------------------------------------------------------


def page(results: list[Result], beyond: Kinds) -> list[str]:
    """Return the figures for docs/worlds.md; ``beyond`` are kinds that histories beyond the bounds refute."""
    lines = [BEGINS, "", "## Figures", "", f"{date.today().isoformat()}."]
    lines += ["", "| run | events | readings | states | views | views through the program | seconds |"]
    lines += ["|---|--:|--:|--:|--:|--:|--:|"]
    for each in results:
        through = each.program["any"].views + each.parts["any"].views + each.older["any"].views
        lines.append(
            f"| {each.run.name} | {each.run.bound.events} | {each.readings} | {each.states:,} | {each.views:,} "
            f"| {through:,} | {each.seconds:.0f} |"
        )
    lines += ["", "Views in which all histories agree on", "", "| run | " + " | ".join(results[0].agree) + " |"]
    lines.append("|---|" + "--:|" * len(results[0].agree))
    for each in results:
        cells = [f"{_share(part, of)}" for part, of in each.agree.values()]
        lines.append(f"| {each.run.name} | " + " | ".join(cells) + " |")
    lines += ["", "Certain statements, and those that a history refutes; *at rest*: with no mail under way at its end."]
    lines += ["*Complete* is the share of what all histories of a view agree on that is said certainly."]
    for title, pick in (
        ("The record rules, of all views:", "rules"),
        ("The program, of a sample written as files:", "program"),
        ("The program, with one file or postoffice taken away:", "parts"),
        ("The program, with the files of an earlier day of the same histories as `--older`:", "older"),
    ):
        lines += ["", title, ""]
        lines += ["| run | certain | refuted | at rest | as adopted | complete: arrived | comes | never | lost |"]
        lines += ["|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
        for each in results:
            lines.append(_row(each.run.name, getattr(each, pick), arrived=pick == "rules"))
    lines += ["", *_loud(results), "", *_refutations(results)]
    told = merged([*(each.kinds for each in results), beyond])
    lines += _unsaid("The record rules", told)
    program = merged(each.program_kinds for each in results)
    program.refuted |= told.refuted
    return [*lines, *_unsaid("The program", program, ASKED[1:]), ENDS]


def _unsaid(who: str, found: Kinds, asked: Iterable[str] = ASKED) -> list[str]:
    """Return what is agreed on and not said certainly, by kind, with a history that refutes the kind."""
    lines = ["", f"### {who}: what all histories of a view agree on, and is not said certainly", ""]
    lines += ["| fate | agreed on | said certainly | less what is not said and refuted by its kind | said certainly |"]
    lines += ["|---|--:|--:|--:|--:|"]
    rows, left = [], []
    total: Counter[int] = Counter()
    for fate in asked:
        kinds = [kind for other, kind in found.agreed if other == fate]
        agreed, told = (sum(of[fate, each] for each in kinds) for of in (found.agreed, found.told))
        left_over = sum(
            found.agreed[fate, each] - found.told[fate, each] for each in kinds if (fate, each) not in found.refuted
        )
        sayable = told + left_over
        total.update(dict(enumerate((agreed, told, sayable))))
        if agreed:
            lines.append(f"| {fate} | {agreed:,} | {_share(told, agreed)} | {sayable:,} | {_share(told, sayable)} |")
        for kind in kinds:
            missing = found.agreed[fate, kind] - found.told[fate, kind]
            if missing and (fate, kind) in found.refuted:
                rows.append((missing, fate, kind))
            elif missing:
                left.append((missing, fate, kind))
    agreed, told, sayable = (total[each] for each in range(3))
    lines.append(f"| all | {agreed:,} | {_share(told, agreed)} | {sayable:,} | {_share(told, sayable)} |")
    rows.sort(reverse=True)
    lines += ["", "Kinds that a history refutes, the commonest first, each with the smallest:", ""]
    for missing, fate, kind in rows[:MOST_KINDS]:
        each = found.refuted[fate, kind]
        history = each.told.splitlines()[-1]
        lines.append(f"- {missing:,} {fate}: {kind}. One is {each.fate} by `{history}`.")
    if len(rows) > MOST_KINDS:
        rest = sum(missing for missing, _, _ in rows[MOST_KINDS:])
        lines.append(f"- {rest:,} of {len(rows) - MOST_KINDS} more kinds, each of them refuted as well.")
    if left:
        lines += ["", "Kinds that no history up to these bounds refutes, and that are not said:", ""]
        lines += [f"- {missing:,} {fate}: {kind}." for missing, fate, kind in sorted(left, reverse=True)[:MOST_KINDS]]
    return lines


MOST_KINDS = 12
"""Kinds that are named one by one."""


def _row(name: str, found: dict[str, Told], *, arrived: bool) -> str:
    """Return a row; of the program nothing is asked of what has arrived, since it lists what has not."""
    by_ending = [sum(found[ending].false.values()) for ending in ENDINGS]
    first = found["any"]
    fates = [(fate, first.told[fate], first.agreed[fate]) for fate in ("reached", "comes", "never", "lacks")]
    complete = [_share(part, of) if fate != "reached" or arrived else "" for fate, part, of in fates]
    cells = [f"{sum(first.certain.values()):,}", *(f"{each:,}" for each in by_ending), *complete]
    return f"| {name} | " + " | ".join(cells) + " |"


def _loud(results: list[Result]) -> list[str]:
    """Return what the program said above a note that no history bears out, and what it passed over, with examples."""
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for each in results:
        for found in (each.program["any"], each.parts["any"], each.older["any"]):
            counts += found.counts
            for why, words in (*found.baseless.items(), *found.passed.items()):
                first.setdefault(why, words)
    lines = [
        "What the program said above a note, more than possible, and no history of the view up to the bound bears out;",
        "and the changes that some history loses, or has yet to send, and of which nothing was said:",
    ]
    if not counts:
        return [lines[0], f"{lines[1][:-1]}: none."]
    lines += ["", *(f"- {count:,} {why}" for why, count in sorted(counts.items()))]
    for _, words in sorted(first.items()):
        lines += ["", "```", *words.splitlines(), "```"]
    return lines


def _refutations(results: list[Result]) -> list[str]:
    """Return the smallest refutation of each kind of statement that the program made, at rest."""
    smallest: dict[str, str] = {}
    for each in results:
        for found in (each.program, each.parts, each.older):
            for why, words in found["at rest"].unsound.items():
                known = smallest.get(why)
                if known is None or len(words) < len(known):
                    smallest[why] = words
    lines = ["What the program called certain and a history with no mail under way refutes:"]
    if not smallest:
        return [lines[0][:-1] + ": nothing."]
    for _, words in sorted(smallest.items()):
        lines += ["", "```", *words.splitlines(), "```"]
    return [*lines, ""]


def _share(part: int, of: int) -> str:
    return f"{100 * part / of:.1f} % of {of:,}" if of else "-"


def main() -> None:
    """Search, judge, print what is unsound, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="small bounds, to see that it works")
    parser.add_argument("--share", type=int, default=100, help="percent of the samples; 0 leaves the program out")
    parser.add_argument("--no-page", action="store_true", help="print only")
    arguments = parser.parse_args()
    runs = [
        each._replace(whole=each.whole * arguments.share // 100, parts=each.parts * arguments.share // 100)
        for each in (SMALL if arguments.small else RUNS)
    ]
    with ProcessPoolExecutor(max_tasks_per_child=1) as pool:
        later = pool.map(kinds_beyond, () if arguments.small else BEYOND)
        results = list(pool.map(result_of, runs))
        beyond = merged(later)
    text = "\n".join(page(results, beyond)) + "\n"
    print(text)
    for each in results:
        for message, count in each.errors.items():
            print(f"{each.run.name}: {count} times {message}", file=sys.stderr)
    if not arguments.no_page:
        written = PAGE.read_text(encoding="utf-8").partition(BEGINS)[0].rstrip()
        PAGE.write_text(f"{written}\n\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()
