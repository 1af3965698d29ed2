"""What else could look like a finding, and how sure it is then."""

from __future__ import annotations

import pytest

from glbtools.model import doubts
from glbtools.model.doubts import Doubt, certainty, least

EVERY = {name: each for name, each in vars(doubts).items() if isinstance(each, Doubt)}


def test_a_finding_without_a_doubt_is_certain() -> None:
    assert certainty([]) == "certain"


@pytest.mark.parametrize("each", EVERY.values(), ids=EVERY)
def test_a_doubt_makes_a_finding_likely_and_an_ordinary_one_only_possible(each: Doubt) -> None:
    assert certainty([each]) == ("possible" if each.ordinary else "likely")
    assert certainty([each, doubts.COPY_INCOMPLETE]) == certainty([each])


@pytest.mark.parametrize("each", EVERY.values(), ids=EVERY)
def test_a_doubt_says_what_would_be_the_case_and_what_would_tell(each: Doubt) -> None:
    assert each.says
    assert each.tells
    assert not each.says.endswith(".")
    assert not each.tells.endswith(".")


def test_no_two_doubts_have_one_name_and_each_is_named_by_its_constant() -> None:
    assert len({each.slug for each in EVERY.values()}) == len(EVERY)
    assert {name: each.slug.replace("-", "_").upper() for name, each in EVERY.items()} == {name: name for name in EVERY}


def test_the_least_of_some_certainties_is_the_weakest() -> None:
    assert least("certain", "likely") == "likely"
    assert least("possible", "certain", "likely") == "possible"
    assert least("certain") == "certain"
