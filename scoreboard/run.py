"""``make scoreboard``: random networks, diagnosed and held against their truth; writes docs/scoreboard.md."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from glbtools.diagnosis.problems import by_slug  # noqa: E402
from glbtools.simulation.faults import FAULTS  # noqa: E402
from glbtools.simulation.samples import sample  # noqa: E402
from scoreboard import claims, families, learning, plausible  # noqa: E402
from scoreboard.judge import Verdict, judge_many  # noqa: E402
from scoreboard.learning import PAGE, section  # noqa: E402
from scoreboard.proof import Proof, prove  # noqa: E402


def proof_of(seed: int) -> tuple[int, Proof]:
    """Return what comes of rebuilding the network of a seed."""
    drawn = sample(seed)
    try:
        return seed, prove(drawn)
    except Exception as error:
        return seed, Proof(drawn.kind, drawn.faults, error=f"{type(error).__name__}: {error}")


def proofs(count: int, first: int = 1) -> list[tuple[int, Proof]]:
    """Return what comes of rebuilding some networks, in the order of their seeds."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(proof_of, range(first, first + count), chunksize=10))


def verdicts(count: int, first: int = 1) -> list[tuple[int, Verdict]]:
    """Return what comes of some networks, on all cores, in the order of their seeds."""
    return list(judge_many(count, first))


def page(found: list[tuple[int, Verdict]], rebuilt: list[tuple[int, Proof]]) -> str:
    """Return docs/scoreboard.md."""
    every = [each for _, each in found]
    single = [each for each in every if len(each.faults) == 1 and each.adopted]
    others = [each for each in every if len(each.faults) == 1 and not each.adopted]
    quiet = [each for each in every if not each.faults and each.kind != "misnamed"]
    misnamed = [each for each in every if each.kind == "misnamed"]
    alarms = [each for each in quiet if each.loud and not each.only_possible]
    possible = [each for each in quiet if each.only_possible]
    untended = [each for each in possible if each.kind != "tended"]
    exact = sum(each.exact for each in every)
    lines = [
        "# Scoreboard",
        "",
        "<!-- Written by `make scoreboard`. -->",
        "",
        f"{date.today().isoformat()}: {len(every)} random networks of three to five postoffices, seeds "
        f"{found[0][0]} to {found[-1][0]}, made by the simulator, which knows the truth, and diagnosed from their",
        "files and logs alone.",
        "",
        "| measure | result | goal |",
        "|---|--:|--:|",
        f"| healthy, disturbed or tended networks with a finding above note | {len(alarms)} of {len(quiet)} | 0 |",
        f"| the same with a warning that is merely possible | {len(possible)} of {len(quiet)} | below 1 % |",
        f"| of these without a RESYNC, an Import or a re-creation | {len(untended)} | 0 |",
        f"| two directories that bear each other's names, with a finding that is more than possible "
        f"| {sum(bool(each.loud) and not each.only_possible for each in misnamed)} of {len(misnamed)} | 0 |",
        f"| single faults detected under their own slug | {sum(_detected(each) for each in single)} of {len(single)} "
        f"| all |",
        f"| the same under another reading, where a fault may leave nothing to see "
        f"| {sum(_detected(each) for each in others)} of {len(others)} | |",
        f"| networks of which `unsent` is exact | {exact} of {len(every)} | all |",
        f"| changes that did not arrive and that `unsent` does not name | {sum(len(e.missing) for e in every)} | 0 |",
        f"| changes that arrived and that `unsent` lists as certain or likely | {sum(len(e.spurious) for e in every)} "
        "| 0 |",
        f"| changes named by number only, or on a channel said to be unknown | {sum(e.covered for e in every)} | |",
        f"| lost changes that no file shows: all numbers are as if they had arrived "
        f"| {sum(e.traceless for e in every)} | |",
        f"| errors of the program | {sum(bool(e.error) for e in every)} | 0 |",
        "",
        "*Disturbed* networks have only lost, late, doubled and reordered mail, which the protocol tolerates. In",
        "*tended* ones an administrator did something ordinary: a RESYNC where nothing waits, an Import, a requestor",
        "made anew with its Import, IMPORT -E of another's addresses. Every second network follows another reading of",
        "the protocol (`[rules]`); there only what is certain counts as said. In one of four healthy ones some",
        "postoffices take few updates in a cycle (Q133719). Networks with two faults count for `unsent` only. In those",
        "with two directories exchanged a change counts as named by its text.",
        "",
        "| fault | problem | networks | detected | other findings above note |",
        "|---|---|--:|--:|---|",
    ]
    for name, fault in FAULTS.items():
        own = [each for each in single if each.faults == (name,)]
        if own:
            others = Counter(slug for each in own for slug in each.loud if slug != fault.slug)
            said = ", ".join(f"{slug} ({count})" for slug, count in sorted(others.items()))
            lines.append(f"| {name} | {fault.slug} | {len(own)} | {sum(map(_detected, own))} | {said} |")
    return "\n".join([*lines, *_rebuilt([each for _, each in rebuilt])]) + "\n"


def _rebuilt(every: list[Proof]) -> list[str]:
    """Return the part of the page that is about rebuilding."""
    single = [each for each in every if len(each.faults) == 1]
    curable = [each for each in single if by_slug(FAULTS[each.faults[0]].slug).repair != "none"]
    lines = [
        "",
        "# Rebuilding",
        "",
        f"The first {len(every)} of these networks were rebuilt with `--unsafe`, and their simulation went on for four",
        "cycles without faults. A change that was lost, passed over or purged already, or whose text the rebuild put "
        "beside its result, is not counted.",
        "",
        "| measure | result | goal |",
        "|---|--:|--:|",
        f"| single faults that can be repaired, with a clean second diagnosis | {sum(e.clean for e in curable)} of "
        f"{len(curable)} | |",
        f"| networks that a second rebuild would change again | {sum(bool(e.again) for e in every)} | 0 |",
        f"| changes that could still arrive, and cannot after a rebuild that ended clean "
        f"| {sum(len(e.lost) for e in every)} | 0 |",
        f"| changes that had not arrived four cycles after such a rebuild | {sum(len(e.late) for e in every)} | |",
        f"| errors of the program | {sum(bool(e.error) for e in every)} | 0 |",
        "",
        "| fault | networks | clean after rebuild |",
        "|---|--:|--:|",
    ]
    for name in FAULTS:
        own = [each for each in curable if each.faults == (name,)]
        if own:
            lines.append(f"| {name} | {len(own)} | {sum(each.clean for each in own)} |")
    return lines


def _detected(verdict: Verdict) -> bool:
    return FAULTS[verdict.faults[0]].slug in verdict.found


def main() -> None:
    """Judge the networks, print what is wrong, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=1200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--no-page", action="store_true", help="print only")
    arguments = parser.parse_args()
    found = verdicts(arguments.networks, arguments.first)
    rebuilt = proofs(max(arguments.networks // 3, 1), arguments.first)
    for seed, each in found:
        said = [each.error] if each.error else [*each.missing, *(f"spurious: {one}" for one in each.spurious)]
        if not each.faults and each.loud and not each.only_possible:
            said.append(f"false findings: {', '.join(each.loud)}")
        if len(each.faults) == 1 and each.adopted and not each.error and not _detected(each):
            said.append(f"not detected; found {', '.join(each.loud) or 'nothing'}")
        for line in said[:6]:
            print(f"seed {seed} ({each.kind} {' + '.join(each.faults)}): {line}")
    for seed, proof in rebuilt:
        said = [proof.error] if proof.error else [*proof.lost, *(f"late: {each}" for each in proof.late)]
        said += [f"{proof.again} edits the second time"] if proof.again else []
        for line in said[:4]:
            print(f"rebuilt {seed} ({proof.kind} {' + '.join(proof.faults)}): {line}")
    text = page(found, rebuilt)
    print(text)
    if not arguments.no_page:
        before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        kept = (section(before, each.BEGIN, each.END) for each in (claims, learning, families, plausible))
        learnt = "\n".join(filter(None, kept))
        PAGE.write_text(f"{text}\n{learnt}" if learnt else text, encoding="utf-8")


if __name__ == "__main__":
    main()
