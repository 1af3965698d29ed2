"""Each rule by which the numbers move: the adopted reading, the other one, and the values on either side of a limit."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.model import protocol
from glbtools.model.protocol import CHOICES, Resync, Rules

ADOPTED = Rules()


class Numbered(NamedTuple):
    sync: int


def queue(*numbers):
    return [Numbered(each) for each in numbers]


def numbers(found):
    return [each.sync for each in found]


# --- Rules -------------------------------------------------------------------------------------------------------


def test_every_rule_has_its_choices_and_the_adopted_reading_comes_first():
    assert set(CHOICES) == set(Rules._fields)
    assert {name: choices[0] for name, choices in CHOICES.items()} == ADOPTED._asdict()


def test_every_rule_leaves_a_choice():
    assert all(len(set(choices)) >= 2 for choices in CHOICES.values())


# --- numbering ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "first", "number"),
    [(None, 1, 1), (None, 0, 0), (0, 1, 1), (0, 0, 1), (1, 1, 2), (1, 0, 2), (6, 1, 7), (4999, 0, 5000)],
)
def test_a_new_transaction_takes_the_next_number_and_the_first_one_that_of_the_rule(last, first, number):
    assert protocol.next_number(last, Rules(first=first)) == number


# --- T1 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("send", "confirmed", "sent"),
    [
        ("above", 0, [4, 5, 6]),
        ("above", 3, [4, 5, 6]),
        ("above", 4, [5, 6]),
        ("above", 5, [6]),
        ("above", 6, []),
        ("above", 7, []),
        ("from", 3, [4, 5, 6]),
        ("from", 4, [4, 5, 6]),
        ("from", 5, [5, 6]),
        ("from", 6, [6]),
        ("from", 7, []),
    ],
)
def test_t1_sends_what_is_numbered_above_reqsync_or_from_it_on(send, confirmed, sent):
    assert numbers(protocol.to_send(queue(4, 5, 6), confirmed, Rules(send=send))) == sent


@pytest.mark.parametrize("send", CHOICES["send"])
def test_t1_sends_nothing_of_an_empty_queue(send):
    assert protocol.to_send([], 3, Rules(send=send)) == []


@pytest.mark.parametrize(
    ("confirmed", "sent", "r"), [(3, [], 3), (3, [4], 4), (3, [4, 5, 6], 6), (0, [], 0), (0, [1], 1), (0, [0], 0)]
)
def test_r_is_the_last_number_sent_and_reqsync_where_nothing_is(confirmed, sent, r):
    assert protocol.request_number(confirmed, queue(*sent)) == r


@given(st.integers(0, 50), st.integers(0, 20))
def test_r_is_was_plus_the_number_sent_in_a_queue_without_a_gap(confirmed, waiting):
    sent = protocol.to_send(queue(*range(confirmed, confirmed + waiting + 1)), confirmed, ADOPTED)
    assert protocol.request_number(confirmed, sent) == confirmed + len(sent)


# --- T2, upload (Q103421) ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reject", "applied", "accepted"),
    [
        ("through", 3, [4, 5, 6]),
        ("through", 4, [5, 6]),
        ("through", 5, [6]),
        ("through", 6, []),
        ("through", 7, []),
        ("below", 4, [4, 5, 6]),
        ("below", 5, [5, 6]),
        ("below", 6, [6]),
        ("below", 7, []),
    ],
)
def test_t2_refuses_what_is_numbered_up_to_its_reqsync_or_below_it(reject, applied, accepted):
    assert numbers(protocol.to_accept(queue(4, 5, 6), applied, Rules(reject=reject))) == accepted


def test_what_is_sent_twice_is_accepted_once():
    sent = queue(4, 5, 6)
    applied = protocol.server_reqsync(3, protocol.to_accept(sent, 3, ADOPTED), 6, ADOPTED)
    assert applied == 6
    assert protocol.to_accept(sent, applied, ADOPTED) == []


@pytest.mark.parametrize(
    ("acknowledge", "applied", "accepted", "asked", "reqsync"),
    [
        ("processed", 3, [4, 5, 6], 6, 6),
        ("processed", 3, [4], 6, 4),
        ("processed", 3, [], 6, 3),
        ("processed", 6, [], 4, 6),
        ("processed", 0, [], 0, 0),
        ("message", 3, [4, 5, 6], 6, 6),
        ("message", 3, [4], 6, 6),
        ("message", 3, [], 6, 6),
        ("message", 3, [], 3, 3),
        ("message", 6, [], 5, 6),
    ],
)
def test_the_servers_reqsync_is_the_last_processed_or_that_of_the_message_and_never_falls(
    acknowledge, applied, accepted, asked, reqsync
):
    assert protocol.server_reqsync(applied, queue(*accepted), asked, Rules(acknowledge=acknowledge)) == reqsync


@pytest.mark.parametrize(
    ("acknowledge", "applied", "asked", "sent", "r"),
    [
        ("processed", 6, 6, 3, 6),
        ("processed", 4, 6, 3, 4),
        ("processed", 6, 4, 1, 6),
        ("processed", 4, 6, 0, 6),
        ("processed", 0, 6, 0, 6),
        ("message", 4, 6, 3, 6),
        ("message", 4, 6, 0, 6),
    ],
)
def test_r_of_the_answer_is_what_the_server_has_and_the_requestors_own_where_nothing_was_sent(
    acknowledge, applied, asked, sent, r
):
    assert protocol.acknowledgment(applied, asked, sent, Rules(acknowledge=acknowledge)) == r


# --- T2, download -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "head", "sent"),
    [
        (0, 6, [3, 4, 5, 6]),
        (2, 6, [3, 4, 5, 6]),
        (3, 6, [4, 5, 6]),
        (5, 6, [6]),
        (6, 6, []),
        (7, 6, []),
        (3, 5, [4, 5]),
        (3, 4, [4]),
        (3, 3, []),
        (3, 7, [4, 5, 6]),
    ],
)
def test_a_requestor_is_sent_what_is_above_its_srvsync_up_to_the_last_number(received, head, sent):
    assert numbers(protocol.due(queue(3, 4, 5, 6), received, head)) == sent


@pytest.mark.parametrize(
    ("first_cycle", "message", "record", "imports", "wanted"),
    [
        ("unanswered", (0, 0), (0, 0), 0, True),
        ("unanswered", (0, 0), (7, 3), 0, True),
        ("unanswered", (0, 0), (0, 0), 1, False),
        ("unanswered", (1, 0), (0, 0), 0, False),
        ("unanswered", (0, 1), (0, 0), 0, False),
        ("message", (0, 0), (7, 3), 2, True),
        ("message", (0, 1), (0, 0), 0, False),
        ("record", (4, 9), (0, 0), 1, True),
        ("record", (0, 0), (0, 3), 0, False),
        ("record", (0, 0), (3, 0), 0, False),
    ],
)
def test_complete_lists_go_without_being_asked_for_to_who_is_new_by_one_of_three_signs(
    first_cycle, message, record, imports, wanted
):
    sent, stored = protocol.Progress(*message), protocol.Progress(*record)
    assert protocol.is_first_cycle(sent, stored, imports, Rules(first_cycle=first_cycle)) is wanted


# --- T3 -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("imports", "told", "confirmed", "acknowledged", "old"),
    [
        (2, 1, 3, 3, True),
        (2, 2, 3, 3, False),
        (2, 3, 3, 3, False),
        (2, 2, 3, 2, True),
        (2, 2, 3, 4, False),
        (2, 1, 3, 9, True),
        (0, 0, 0, 0, False),
    ],
)
def test_an_answer_of_an_earlier_import_or_acknowledgment_is_old(imports, told, confirmed, acknowledged, old):
    assert protocol.is_old_mail(imports, told, confirmed, acknowledged) is old


@pytest.mark.parametrize(
    ("ack_test", "acknowledged", "believed"),
    [
        ("range", 2, False),
        ("range", 3, True),
        ("range", 4, True),
        ("range", 5, True),
        ("range", 6, True),
        ("range", 7, False),
        ("match", 2, False),
        ("match", 3, True),
        ("match", 4, False),
        ("match", 6, False),
    ],
)
def test_t3_believes_an_acknowledgment_between_reqsync_and_the_last_number_or_only_reqsync(
    ack_test, acknowledged, believed
):
    assert protocol.is_confirmed(3, 6, acknowledged, Rules(ack_test=ack_test)) is believed


@pytest.mark.parametrize(
    ("discard", "acknowledged", "left"),
    [
        ("through", 3, [4, 5, 6]),
        ("through", 4, [5, 6]),
        ("through", 5, [6]),
        ("through", 6, []),
        ("below", 4, [4, 5, 6]),
        ("below", 5, [5, 6]),
        ("below", 6, [6]),
        ("below", 7, []),
    ],
)
def test_t3_drops_what_is_numbered_up_to_the_acknowledgment_or_below_it(discard, acknowledged, left):
    assert numbers(protocol.kept(queue(4, 5, 6), acknowledged, Rules(discard=discard))) == left


@given(st.sets(st.integers(0, 20)), st.integers(0, 21), st.sampled_from(CHOICES["discard"]))
def test_t3_keeps_the_order_and_drops_nothing_above_the_acknowledgment(held, acknowledged, discard):
    left = numbers(protocol.kept(queue(*sorted(held)), acknowledged, Rules(discard=discard)))
    assert left == sorted(left)
    assert {each for each in held if each > acknowledged} <= set(left) <= held
    assert (acknowledged in left) == (discard == "below" and acknowledged in held)


# --- RESYNC ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("imports", "reqsyncs", "own", "numbers_"),
    [
        ([1, 3, 2], [17, 18, 12], 80, Resync(3, 18, 80)),
        ([1], [17], 0, Resync(1, 17, 0)),
        ([], [], 5, Resync(0, 0, 5)),
        ([0, 0], [0, 4], 0, Resync(0, 4, 0)),
    ],
)
def test_resync_holds_the_largest_import_number_and_reqsync_and_the_servers_own_srvsync(
    imports, reqsyncs, own, numbers_
):
    assert protocol.resync_numbers(iter(imports), iter(reqsyncs), own) == numbers_


# --- one exchange ------------------------------------------------------------------------------------------------


@given(st.integers(0, 9), st.integers(0, 6), st.integers(0, 6))
def test_an_undisturbed_exchange_confirms_all_that_was_sent_and_keeps_what_came_meanwhile(confirmed, waiting, later):
    held = queue(*range(confirmed + 1, confirmed + waiting + 1))
    sent = protocol.to_send(held, confirmed, ADOPTED)
    asked = protocol.request_number(confirmed, sent)
    accepted = protocol.to_accept(sent, confirmed, ADOPTED)
    applied = protocol.server_reqsync(confirmed, accepted, asked, ADOPTED)
    r = protocol.acknowledgment(applied, asked, len(sent), ADOPTED)
    held += queue(*range(confirmed + waiting + 1, confirmed + waiting + later + 1))
    last = confirmed + waiting + later
    assert not protocol.is_old_mail(1, 1, confirmed, r)
    assert protocol.is_confirmed(confirmed, last, r, ADOPTED)
    assert numbers(protocol.kept(held, r, ADOPTED)) == list(range(confirmed + waiting + 1, last + 1))
