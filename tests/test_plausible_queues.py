"""The measure of plausible queues: files are what they say, listings print what is live, the judge judges right."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from glbtools.formats.listing import parse_listing, probe_listq
from glbtools.learn import learn_layout
from glbtools.simulation.life import Dice
from scoreboard import plausible
from scoreboard.plausible import OVERHEAD, any_form, attempt, judged, sample, share, stored

SOME = range(1, 61)


@pytest.mark.parametrize("seed", SOME)
def test_a_file_of_one_record_has_the_attested_sizes(seed: int) -> None:
    form = any_form(Dice(seed))
    assert form.head + len(form.terminator) + 4 * len(form.header) == OVERHEAD
    change = plausible.Change(1, plausible.EPOCH + timedelta(days=9000), "# Last confirmed ReqSync")
    (record,) = stored(form, [change])
    assert 4 * len(form.header) + len(record.raw) == 49


@pytest.mark.parametrize("seed", SOME)
def test_a_listing_prints_the_live_records_which_stand_in_the_file(seed: int) -> None:
    drawn = sample(seed)
    assert drawn == sample(seed) or drawn.data == sample(seed).data
    assert probe_listq(drawn.listing)
    printed = parse_listing(drawn.listing)
    assert [each.sync for each in printed.records] == [each.number for each in drawn.live]
    assert not printed.unparsed
    assert all(change.text.encode("cp850") in drawn.data for change in drawn.live)


def test_files_differ_in_what_a_head_holds_and_in_what_became_of_them() -> None:
    seen = Counter(feature for seed in range(1, 400) for feature in sample(seed).features)
    numbers = {each for each in seen if each.startswith("number ")}
    assert len(numbers) >= 7
    assert {f"date {each}" for each in plausible.DATES} <= seen.keys()
    assert {"flag", "purged front", "end mark", "zeros behind", "old tail, purged", "length of rest"} <= seen.keys()


@pytest.mark.parametrize("seed", [3, 7, 11])
def test_what_is_learnt_of_a_file_is_judged(seed: int, tmp_path: Path) -> None:
    drawn = sample(seed)
    assert attempt(drawn, tmp_path) == ("exact", "")
    other = [drawn.live[0]._replace(number=drawn.live[0].number + 1), *drawn.live[1:]]
    learning = learn_layout([tmp_path / "MSTTRANS.GLB"], listings=[tmp_path / "LISTQ.TXT"])
    assert judged(drawn._replace(live=tuple(other)), learning)[0] == "wrong"
    assert judged(drawn._replace(live=drawn.live[1:]), learning)[0] == "wrong"


@pytest.mark.parametrize("seed", [500001, 520127, 520740])
def test_of_two_dates_in_a_record_neither_is_stated_without_a_doubt(seed: int, tmp_path: Path) -> None:
    """In five words, packed with the date first, and in the same form: no listing here prints which one counts."""
    drawn = sample(seed)
    assert "second date" in drawn.features
    assert attempt(drawn, tmp_path)[0] == "exact"
    layout = learn_layout([tmp_path / "MSTTRANS.GLB"], listings=[tmp_path / "LISTQ.TXT"]).layout
    assert layout is not None
    stamp = layout.with_role("stamp")
    assert stamp is None or stamp.status == "inferred"


def test_files_of_too_few_records_do_not_count() -> None:
    assert share(Counter({"exact": 97, "partial": 1, "undecided": 2, "too few": 100})) == 0.97
