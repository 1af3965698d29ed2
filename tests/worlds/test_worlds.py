"""All histories up to a small bound, and what is called certain held against them."""

from __future__ import annotations

from functools import cache

import pytest

from glbtools.formats.config import parse_reqconf, parse_srvconf
from glbtools.formats.queue import parse_queue
from glbtools.layouts import Layouts
from scoreboard.worlds.exploration import Bound, searches
from scoreboard.worlds.judge import (
    CERTAIN,
    Cause,
    Judgment,
    Said,
    Statement,
    as_adopted,
    at_rest,
    fates_behind,
    judge,
    judge_view,
    single_causes,
)
from scoreboard.worlds.kinds import Kinds, merged
from scoreboard.worlds.materialize import materialize
from scoreboard.worlds.readings import OPEN, Readings
from scoreboard.worlds.rules import rules
from scoreboard.worlds.run import earlier
from scoreboard.worlds.sample import drawn, said
from scoreboard.worlds.state import CHANGE, EXPORT, REAL
from scoreboard.worlds.truth import COMES, LACKS, NEVER, Worlds, causes
from scoreboard.worlds.views import View, projections, shown


@cache
def adopted() -> Worlds:
    """One requestor, one fault, five events, under the adopted reading."""
    return Worlds(Bound(events=5), Readings(0))


@cache
def doubtful() -> Worlds:
    """One requestor, one fault, three events, under every reading that differs from it in one rule."""
    return Worlds(Bound(events=3), Readings(1))


def test_what_the_rules_call_certain_of_a_record_holds_in_every_history_of_what_is_seen() -> None:
    judgment = judge(adopted(), rules, at_rest)
    assert judgment.certain["reached: its text is in MSTTRANS"] > 500
    assert judgment.certain["never: k < b, b >= a, MSTTRANS whole without it"] > 50
    assert judgment.certain["never: k < b, b >= a, stamp later than the last update"] > 50
    assert [each.told() for each in judgment.unsound.values()] == []


def test_the_rules_hold_where_an_export_repeats_what_the_server_has() -> None:
    worlds = Worlds(Bound(events=3, exports=1, starts=("old",)), Readings(0))
    assert any(each.kind == EXPORT for seen in worlds.views for each in seen.members[0].queue or ())
    assert [each.told() for each in judge(worlds, rules, at_rest).unsound.values()] == []


def test_under_other_readings_nothing_is_refuted_since_nothing_rests_on_an_equal_number() -> None:
    judgment = judge(doubtful(), rules, at_rest)
    assert [each.told() for each in judgment.unsound.values()] == []


@pytest.mark.parametrize("rule", ["k = a", "k = b"])
def test_a_change_whose_number_equals_what_either_side_has_is_not_surely_lost(rule: str) -> None:
    """T3 may keep what is confirmed, and T2 take the number that it has (docs/facts/protocol.md#readings)."""

    def never(seen: View) -> Said:
        config, record, queue = seen.members[0].config, seen.srvconf and seen.srvconf.records[0], seen.members[0].queue
        if config is None or record is None or queue is None or record.acknowledged < config.confirmed:
            return Said()
        equal = config.confirmed if rule == "k = a" else record.acknowledged
        there = {row.held for row in seen.master or ()}
        places = [
            place
            for place, each in enumerate(queue)
            if each.kind in REAL and each.sync == equal and (each.like or place + 1) not in there
        ]
        return Said(tuple(Statement(0, place, 0, frozenset({NEVER}), CERTAIN, rule) for place in places))

    judgment = judge(doubtful(), never, at_rest)
    assert judgment.certain[rule] > judgment.false[rule] > 0


def test_a_set_of_causes_that_the_rules_state_holds_under_every_reading() -> None:
    for worlds in (adopted(), doubtful()):
        judgment = judge(worlds, lambda seen: Said(causes=rules(seen).causes))
        assert judgment.certain["b < a"] > 50
        assert [each.told() for each in judgment.unsound.values()] == []


def test_a_hole_called_certain_is_refuted_by_a_server_enabled_anew_whose_lists_are_intact() -> None:
    def hole(seen: View) -> Said:
        config, record = seen.members[0].config, seen.srvconf and seen.srvconf.records[0]
        if config is None or record is None or record.acknowledged >= config.confirmed:
            return Said()
        numbers = range(record.acknowledged + 1, config.confirmed + 1)
        return Said(tuple(Statement(0, -1, each, frozenset({LACKS}), CERTAIN, "hole") for each in numbers))

    judgment = judge(adopted(), hole)
    assert judgment.false["hole"] > 20
    assert judgment.unsound["hole"].witness.events == 1


def test_a_cause_called_certain_is_refuted_by_another_single_fault_that_leaves_the_same_files() -> None:
    def restored(seen: View) -> Said:
        config, file = seen.members[0].config, seen.srvconf
        if config is None or file is None or config.received <= file.head:
            return Said()
        return Said(causes=(Cause(frozenset({"SREST"}), CERTAIN, "c > H"),))

    judgment = judge(adopted(), restored)
    found = judgment.unsound["c > H"]
    assert found.witness.told() in ("old SNEW", "old (copy before) SCONF")


@pytest.mark.parametrize(
    "twins",
    [
        {"CUT", "SMST"},
        {"SMST", "TAIL"},
        {"PURGE", "SMST"},
        {"FULL", "Z"},
        {"SNEW", "SREST"},
        {"SCONF", "SREST"},
        {"EMPTY", "OLDQ"},
        {"FULL", "RECREATE"},
        {"RECREATE", "SREST"},
        {"RREST", "Z"},
    ],
    ids=sorted,
)
def test_twins_of_the_facts_leave_the_same_files(twins: set[str]) -> None:
    assert any(
        twins <= {each for bits in single_causes(behind) for each in causes(bits)}
        for behind in adopted().views.values()
    )


def test_a_history_told_backwards_names_the_copy_that_was_put_back() -> None:
    worlds = adopted()
    told = {
        witness.told()
        for behind in worlds.views.values()
        for end, witness in behind.items()
        if causes(end.causes) == ("SREST",) and witness.events < 4
    }
    assert "chg (copy) C SREST" in told
    assert all("(copy" in each for each in told)


def test_an_ordinary_day_loses_nothing() -> None:
    for worlds in (adopted(), doubtful()):
        for seen, behind in worlds.views.items():
            ordinary = {end: witness for end, witness in behind.items() if not end.causes}
            for key, fates in fates_behind(ordinary).items():
                assert not {"never", LACKS} & set(fates), (shown(seen), key)


def test_no_two_searches_of_one_bound_differ() -> None:
    first, second = (
        [sorted(map(repr, layer)) for search in searches(Bound(events=3), Readings(1)) for _, layer in search.run()]
        for _ in range(2)
    )
    assert first == second


def test_every_choice_of_an_open_rule_is_some_reading() -> None:
    readings = Readings(1)
    assert len(readings) == 1 + sum(len(values) - 1 for values in OPEN.values())
    assert all(readings.where(**{name: value}) for name, values in OPEN.items() for value in values)


def test_a_view_written_as_files_shows_the_same_numbers() -> None:
    layouts = Layouts()
    for seen in drawn(adopted(), 40):
        written = materialize(seen)
        config, queue = seen.members[0].config, seen.members[0].queue
        assert config is not None
        assert queue is not None
        assert seen.srvconf is not None
        assert seen.master is not None
        read = parse_reqconf(written["east/GLB/REQCONF.GLB"], layouts["reqconf"]).config
        assert (read.reqsync, read.srvsync, read.importsync) == config[:3]
        for path, records in (("east/GLB/REQTRANS.GLB", queue), ("hub/GLB/MSTTRANS.GLB", seen.master)):
            assert [each.sync for each in parse_queue(written[path], layouts["queue"]).records] == [
                each.sync for each in records
            ]
        served = parse_srvconf(written["hub/GLB/SRVCONF.GLB"], layouts["srvconf"]).config
        assert served.sync == seen.srvconf.head
        assert [each.reqsync for each in served.requestors[1:]] == [
            each.acknowledged for each in seen.srvconf.records if each
        ]


def test_what_is_taken_away_is_not_written() -> None:
    for seen in drawn(adopted(), 3):
        left = {what: set(materialize(view)) for what, view in projections(seen)}
        assert "east/GLB/REQTRANS.GLB" not in left["REQTRANS"]
        assert "hub/GLB/MSTTRANS.GLB" not in left["MSTTRANS"]
        assert not [path for path in left["SERVER"] if path.startswith("hub/")]
        assert not [path for path in left["REQUESTOR"] if path.startswith("east/")]


def test_the_program_calls_nothing_certain_of_a_sample_that_some_history_refutes() -> None:
    worlds, judgment = adopted(), Judgment()
    for seen in drawn(worlds, 25):
        judge_view(judgment, seen, {e: w for e, w in worlds.views[seen].items() if as_adopted(e)}, said(seen))
    assert [each.told() for each in judgment.unsound.values()] == []


def test_what_msttrans_must_hold_and_lacks_never_reached_the_server_though_the_oldest_was_purged() -> None:
    worlds = Worlds(Bound(events=4, starts=("purged",)), Readings(0))
    rule = "never: k < b, b >= a, MSTTRANS without it from before it was made"
    judgment = judge(worlds, rules, at_rest)
    assert judgment.certain[rule] > 20
    assert [each.told() for each in judgment.unsound.values()] == []


def test_what_is_not_said_certainly_is_of_a_kind_that_a_history_refutes() -> None:
    """Records only: the rules say nothing of confirmed numbers (docs/certainty.md#what-is-certain-of-a-record)."""
    every = []
    for bound, together in ((Bound(events=4), 0), (Bound(events=3), 1), (Bound(events=2, starts=("old",)), 2)):
        noted = Kinds()
        judge(Worlds(bound, Readings(together)), rules, note=noted.note)
        every.append(noted)
    found = merged(every)
    unsaid = {key for key in found.agreed if key[0] == NEVER and found.told[key] < found.agreed[key]}
    assert unsaid
    assert {kind for fate, kind in unsaid if (fate, kind) not in found.refuted} == set()
    lost = {key for key in found.agreed if key[0] == LACKS}
    assert lost
    assert lost <= set(found.refuted)


def test_a_kind_is_refuted_by_the_smallest_history_in_which_one_of_it_ends_otherwise() -> None:
    noted = Kinds()
    judge(Worlds(Bound(events=3), Readings(1)), rules, note=noted.note)
    found = noted.refuted[NEVER, "k > a, k = b, b >= a"]
    assert found.events == 2
    assert found.fate == COMES
    assert "reject=below" in found.told


def test_the_moments_of_a_history_begin_with_its_start_and_end_before_its_last_event() -> None:
    witness = next(
        each for behind in adopted().views.values() for each in behind.values() if each.told() == "old chg C EMPTY"
    )
    queues = [adopted().space.requestors[adopted().space.cores[each.core].requestors[0]] for each in witness.moments()]
    assert [len([record for record in each.queue if record.kind == CHANGE]) for each in queues] == [0, 1, 0]


def test_the_program_calls_nothing_certain_with_an_earlier_day_beside_it_that_its_history_refutes() -> None:
    worlds, judgment = adopted(), Judgment()
    for seen in drawn(worlds, 8, seed=4):
        for older, behind in earlier(worlds, seen).items():
            judge_view(judgment, seen, behind, said(seen, older))
    assert judgment.views >= 8
    assert sum(judgment.certain.values()) > 10
    assert [each.told() for each in judgment.unsound.values()] == []
