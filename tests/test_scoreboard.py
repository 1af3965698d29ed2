"""A sample of the scoreboard with fixed seeds, and every fault once: no miss, no false finding, nothing untold."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize("seed", [3, 11, 21475, 70026, 70076, 70110])
def test_nothing_that_is_said_certainly_of_a_random_network_is_refuted_by_its_truth(seed: int) -> None:
    """The later seeds are of kinds that once were: a RESYNC, a purge, a record of the utility."""
    found = account(seed)
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


def test_networks_that_are_surveyed_together_have_the_verdicts_that_each_has_alone() -> None:
    together = dict(judge_many(12, 40))
    for seed, verdict in together.items():
        alone = judge(sample(seed))
        assert (verdict.found, verdict.loud, verdict.error) == (alone.found, alone.loud, "")
        assert (verdict.missing, verdict.spurious, verdict.covered) == ([], [], alone.covered)
