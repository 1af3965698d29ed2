"""A sample of the scoreboard with fixed seeds, and every fault once: no miss, no false finding, nothing untold."""

from __future__ import annotations

import pytest

from glbtools.simulation.faults import FAULTS
from scoreboard.claims import account
from scoreboard.judge import judge
from scoreboard.networks import SHOWN, faulty, sample
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
