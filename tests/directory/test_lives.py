"""Vectors of up-to-dateness: which line is of a server's present life, and when a number proves nothing."""

from __future__ import annotations

from datetime import datetime
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.directory.lives import PRINTED_LATER, TWO_LIVES, OwnedVector, own_line, positions
from glbtools.formats.repadmin import Table, Vector

DAY = "2026-02-10 {:02}:00:00"


def line(server: str, usn: int, hour: int | str, *, retired: bool = False) -> Vector:
    return Vector("Site", server, retired, usn, hour if isinstance(hour, str) else DAY.format(hour))


def vector(owner: str, *lines: Vector) -> OwnedVector:
    return OwnedVector(owner, Table(None, lines))


def of(server: str, *vectors: OwnedVector):
    (found,) = [each for each in positions(vectors) if each.server == server]
    return found


B = line("B", 900, 12)


@pytest.mark.parametrize(
    ("own", "partner", "seen", "undecided"),
    [
        # one line each
        ([line("A", 50, 12)], [line("A", 40, 11)], 40, ""),
        ([line("A", 50, 12)], [line("A", 60, 11)], 60, ""),  # seen before, and higher: it went back
        ([line("A", 50, 12)], [line("A", 60, 12)], 60, PRINTED_LATER),
        ([line("A", 50, 12)], [line("A", 60, 13)], 60, PRINTED_LATER),
        ([line("A", 50, 12)], [line("A", 60, "10.02.2026 11:00")], 60, ""),
        # a former life, of the same number and time in both
        ([line("A", 70, 5), line("A", 50, 12)], [line("A", 70, 5), line("A", 40, 11)], 40, ""),
        ([line("A", 50, 12), line("A", 70, 5)], [line("A", 40, 11), line("A", 70, 5)], 40, ""),
        ([line("A", 70, 5), line("A", 50, 12)], [line("A", 70, 5)], None, ""),  # nothing of the present one yet
        # one that is above the present number, beside another: which life it is of nobody can tell
        ([line("A", 70, 5), line("A", 50, 12)], [line("A", 70, 5), line("A", 60, 11)], 60, TWO_LIVES),
        ([line("A", 50, 12)], [line("A", 70, 5), line("A", 40, 11)], None, TWO_LIVES),
        ([line("A", 70, 5), line("A", 50, 12)], [line("A", 60, 6)], 60, TWO_LIVES),
        ([line("A", 50, 12)], [line("A", 30, 5), line("A", 40, 11)], None, TWO_LIVES),
        # the newest line of its own vector cannot be told
        ([line("A", 70, "a"), line("A", 50, "b")], [line("A", 70, "a"), line("A", 60, "c")], None, TWO_LIVES),
        # a retired line counts for nothing
        (
            [line("A", 50, 12), line("A", 90, 5, retired=True)],
            [line("A", 90, 5, retired=True), line("A", 40, 9)],
            40,
            "",
        ),
    ],
)
def test_which_line_is_of_the_present_life_and_when_nothing_follows(own, partner, seen, undecided):
    for ordered, theirs in product(permutations(own), permutations(partner)):
        found = of("A", vector("A", *ordered, B), vector("B", *theirs, B))
        head = found.head.usn if found.head else 50
        assert found.undecided(head) == undecided
        if not undecided or seen is not None:
            assert (found.seen.usn if found.seen else None) == seen


def test_names_of_hosts_are_known_by_their_own_part():
    found = positions([vector("a.example.com", line("A", 5, 9), line("B", 7, 8)), vector("B", line("A", 4, 8), B)])
    assert [(each.consumer, each.server, each.head.usn) for each in found] == [
        ("a.example.com", "B", 900),
        ("B", "A", 5),
    ]


ID = "0000000{}-0000-0000-0000-000000000000"


def test_invocation_ids_are_one_life_each_and_the_newest_line_is_the_owners():
    old, new, other = (ID.format(n) for n in (1, 2, 3))
    own = vector("A", line(old, 70, 5), line(new, 50, 12), line(other, 8, 11))
    partner = vector("B", line(old, 70, 5), line(new, 60, 11), line(other, 9, 12))
    assert (own.own, partner.own) == (new, other)
    assert own_line(own).usn == 50
    found = of(new, own, partner)
    assert (found.consumer, found.seen.usn, found.head.usn, found.undecided(50)) == ("B", 60, 50, "")
    assert of(other, own, partner).seen.usn == 8
    assert [each.head for each in positions([own, partner]) if each.server == old] == [None, None]


def test_of_two_vectors_of_one_server_the_last_printed_counts():
    older, newer = vector("A", line("A", 50, 9), B), vector("A", line("A", 80, 14), B)
    for own in permutations([older, newer]):
        (found,) = [each for each in positions([*own, vector("B", line("A", 60, 12), B)]) if each.consumer == "B"]
        assert found.head.usn == 80
        assert found.undecided(80) == ""


def test_a_number_seen_long_after_all_that_a_dump_shows_proves_nothing():
    found = of("A", vector("B", line("A", 60, 12), B))
    assert found.owner is None
    assert found.undecided(50, datetime(2026, 2, 10, 0, 0)) == ""  # the zones may make the difference
    assert found.undecided(50, datetime(2026, 2, 9, 12, 0)) == PRINTED_LATER
    assert found.undecided(50) == ""


LINES = st.lists(
    st.builds(line, st.sampled_from("AB"), st.integers(0, 5), st.integers(0, 3), retired=st.booleans()), max_size=6
)


@given(LINES, LINES)
def test_two_lines_of_a_name_never_accuse_a_server(own, partner):
    for each in positions([vector("A", *own), vector("B", *partner)]):
        table = own if each.server == "A" else partner
        theirs = partner if each.server == "A" else own
        many = any(sum(one.server == each.server and not one.retired for one in lines) > 1 for lines in (table, theirs))
        top = each.highest
        if each.head is not None and top is not None and top.usn > each.head.usn and many:
            assert each.undecided(each.head.usn) == TWO_LIVES
