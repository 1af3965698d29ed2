"""How numbers come to disagree: elimination by what a history cannot leave, and how loud what is open has to be."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.diagnosis.problems import by_slug
from glbtools.model import histories
from glbtools.model.histories import BESIDE, HISTORIES, OF_MASTER, ORDINARY, SIGNS


def causes(relation: str, seen: Iterable[str]) -> histories.Causes:
    return histories.causes(relation, frozenset(seen))


RELATIONS = sorted({sign for each in HISTORIES for sign in each.loses})
SEEN = st.frozensets(st.sampled_from(sorted(SIGNS)))


def slugs(relation: str, *seen: str) -> list[str]:
    return [each.slug for each in causes(relation, seen).open]


@pytest.mark.parametrize("history", HISTORIES, ids=lambda each: each.slug)
def test_a_history_speaks_only_of_what_it_can_leave_and_names_a_problem(history):
    assert history.speaks <= history.may | history.late
    assert history.loses <= history.may | history.late
    assert not history.may & history.late
    assert not history.problem or by_slug(history.problem)
    assert history.problem or history.slug in ORDINARY


def test_every_sign_is_left_by_some_history():
    assert frozenset(SIGNS) == frozenset().union(*(each.may | each.late for each in HISTORIES))


@given(st.sampled_from(RELATIONS), SEEN)
def test_what_is_open_explains_all_that_is_seen_or_nothing_does(relation, seen):
    found = causes(relation, seen)
    assert found.open
    for each in found.open:
        assert relation in each.may | each.late
        assert found.joined or found.seen <= each.may | each.late
    for each, sign in found.refuted:
        assert sign in found.seen
        assert sign not in each.may | each.late
        assert each not in found.open


@given(st.sampled_from(RELATIONS), SEEN, st.sampled_from(sorted(SIGNS)))
def test_seeing_more_opens_no_history_again(relation, seen, more):
    before, after = causes(relation, seen), causes(relation, seen | {more})
    if not after.joined and not before.joined:
        assert set(after.open) <= set(before.open)


@given(st.sampled_from(RELATIONS), SEEN)
def test_a_cause_is_certain_only_where_every_other_one_is_refuted(relation, seen):
    found = causes(relation, seen)
    assert (found.certainty == "certain") == (len(found.open) == 1 and not found.joined)
    able = {each for each in HISTORIES if relation in each.may | each.late}
    assert found.joined or set(found.open) | {each.history for each in found.refuted} == able


@given(st.sampled_from(RELATIONS), SEEN)
def test_an_error_is_a_loss_in_every_history_that_needs_no_further_step_and_a_loss_is_never_silent(relation, seen):
    found = causes(relation, seen)
    losing = [each for each in found.plain if found.makes_loss(each)]
    assert (found.severity == "error") == (len(losing) == len(found.plain))
    if found.severity == "note" and losing:
        assert any(each.slug in ORDINARY for each in found.plain)
        assert "others-behind" not in found.seen


@given(SEEN)
def test_a_purge_bears_on_no_other_relation(seen):
    assert causes("behind", seen) == causes("behind", seen | BESIDE)
    assert causes("master-late", seen) == causes("master-late", seen & OF_MASTER)


def test_a_number_below_reqsync_alone_decides_nothing():
    assert set(slugs("behind", "behind-some")) >= {"server-restored", "resync", "srvconf-restored"}
    assert causes("behind", ["behind-some"]).severity == "note"
    assert causes("behind", ["behind-some"]).certainty == "possible"


@pytest.mark.parametrize(
    ("seen", "gone"),
    [
        (["above-every"], {"resync", "reqconf-copied"}),
        (["received-above"], {"resync", "record-made-anew", "reqconf-copied"}),
        (["master-above"], {"server-restored", "server-enabled-anew", "resync", "record-made-anew", "reqconf-copied"}),
        (["master-falls"], {"server-restored", "server-enabled-anew", "resync", "record-made-anew", "reqconf-copied"}),
        (["behind-zero", "master-holds"], {"server-restored", "server-enabled-anew", "resync", "reqconf-copied"}),
        (["low-not-taken"], {"srvconf-restored", "record-made-anew"}),
        (["others-behind"], {"resync", "record-made-anew", "reqconf-copied"}),
    ],
)
def test_what_refutes_a_history_of_a_number_below_reqsync(seen, gone):
    refuted = {each.history.slug for each in causes("behind", seen).refuted}
    assert refuted >= gone - {"reqconf-copied"}
    assert not gone & set(slugs("behind", *seen)) - {"reqconf-copied"}


def test_a_server_whose_own_reqconf_was_not_put_back_with_srvconf_has_kept_its_lists():
    restored, kept = causes("behind", ["received-above"]), causes("behind", ["received-above", "server-behind"])
    assert restored.first.slug == kept.first.slug == "server-restored"
    assert (restored.effect, kept.effect) == ("likely", "possible")
    assert kept.severity == "note"
    assert causes("received-above", ["server-behind"]).severity == "error"


def test_that_the_server_received_less_than_was_issued_is_an_error_whatever_the_cause():
    found = causes("received-above", [])
    assert found.severity == "error"
    assert found.certainty != "certain"


def test_an_import_just_asked_for_is_no_more_than_a_note():
    assert causes("imports-lower", ["import-asked"]).severity == "note"
    assert causes("imports-lower", ["imports-far"]).severity == "error"


def test_a_first_cycle_is_refuted_by_a_date_of_an_export():
    assert causes("unheard", []).severity == "note"
    assert "first-cycle" not in slugs("unheard", "dated")
    assert causes("unheard", ["dated"]).severity == "error"


def test_a_relation_that_no_history_leaves_is_an_error_of_the_caller():
    with pytest.raises(ValueError, match="no history leaves 'nothing'"):
        causes("nothing", [])


def test_histories_are_found_by_their_slugs():
    assert {each.slug: each for each in HISTORIES}["resync"].problem == "resync-inflated-reqsync"
