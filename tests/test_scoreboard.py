"""A sample of the scoreboard with fixed seeds, and every fault once: no miss, no false finding, nothing untold."""

from __future__ import annotations

import pytest

from glbtools.model.protocol import Rules
from glbtools.simulation.faults import FAULTS
from glbtools.simulation.samples import SHOWN, faulty, sample
from scoreboard.claims import account
from scoreboard.judge import judge, judge_many
from scoreboard.proof import prove

SEEDS = range(1, 25)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_network_is_diagnosed_without_false_findings_and_its_changes_are_told_exactly(seed: int) -> None:
    drawn = sample(seed)
    verdict = judge(drawn)
    assert verdict.missing == []
    assert verdict.spurious == []
    if not drawn.faults:
        assert verdict.loud == []


@pytest.mark.parametrize("seed", [3, 11])
def test_nothing_that_is_said_certainly_of_a_random_network_is_refuted_by_its_truth(seed: int) -> None:
    found = account(seed, sample(seed))
    assert found.refuted == []
    assert found.certain.total() > 0


REFUTED_ONCE = {
    "what T2 purges before it sends": ("absent", Rules(), "T3"),
    "the utility's record in an older queue": ("podiag-dummy", Rules(), "T3"),
    "a number that is just as high": ("reqtrans-zeroed", Rules(send="from", reject="below"), "T3"),
    "what a RESYNC has brought": ("resynced", Rules(), "T2"),
    "what a RESYNC of its own numbers has brought": ("resynced", Rules(resync="own"), "T2"),
    "another's record where directories are exchanged": ("recreated-and-imported", Rules(), "T0"),
}


@pytest.mark.parametrize("kind", REFUTED_ONCE)
def test_what_was_once_said_certainly_and_refuted_is_so_no_more(kind: str) -> None:
    name, rules, stop = REFUTED_ONCE[kind]
    drawn = faulty((name,), 70_000)
    cycles = drawn.scenario.cycles + (stop != "T3")
    scenario = drawn.scenario._replace(rules=rules, stop=stop, cycles=cycles)
    found = account(70_000, drawn._replace(scenario=scenario))
    assert found.refuted == []
    assert found.certain.total() > 0


@pytest.mark.parametrize("name", SHOWN)
def test_every_fault_that_files_show_is_found_under_its_own_slug(name: str) -> None:
    verdict = judge(faulty((name,), 1000))
    assert FAULTS[name].slug in verdict.found
    assert verdict.missing == []
    assert verdict.spurious == []


@pytest.mark.parametrize("seed", range(1, 13))
def test_a_random_network_that_is_rebuilt_loses_no_change_and_needs_no_second_rebuild(seed: int) -> None:
    proof = prove(sample(seed))
    assert proof.lost == []
    assert proof.again == 0


def test_what_is_in_the_mail_when_a_network_is_rebuilt_is_fetched_by_the_t3_that_comes_next() -> None:
    """Where SRVCONF counts what was sent, an answer that no T3 fetches is not sent again (docs/facts/protocol.md)."""
    drawn = sample(20_000)._replace(kind="healthy", faults=())
    quiet = drawn.scenario._replace(steps=(), mishaps=())
    scenario = quiet._replace(stop="T2", rules=Rules(due_from="srvconf", stored="sent"))
    proof = prove(drawn._replace(scenario=scenario))
    assert proof.clean
    assert proof.lost == []
    assert proof.late == []


def test_networks_that_are_surveyed_together_have_the_verdicts_that_each_has_alone() -> None:
    together = dict(judge_many(12, 40))
    for seed, verdict in together.items():
        alone = judge(sample(seed))
        assert (verdict.found, verdict.loud, verdict.error) == (alone.found, alone.loud, "")
        assert (verdict.missing, verdict.spurious, verdict.covered) == ([], [], alone.covered)
