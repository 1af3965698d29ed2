"""What transactions do to an address list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.simulation import lists
from glbtools.simulation.lists import AddressList, ListEntry, addition, deletion, modification, node_of, whole

ANN = ListEntry("Ann Able", "PCM:NET/EAST/ANN")
BOB = ListEntry("Bob Boon", "PCM:NET/WEST/BOB")


def holding(*entries):
    made = AddressList()
    for each in entries:
        assert made.apply(f"A {each.alias}\t{each.address}")
    return made


def test_an_addition_puts_an_entry_in():
    made = AddressList()
    assert made.apply(addition("NET/EAST", ANN.alias, "ANN"))
    assert list(made) == [ANN]
    assert len(made) == 1


def test_an_addition_of_an_address_that_is_there_replaces_its_name():
    made = holding(ANN)
    made.apply(addition("NET/EAST", "Anna", "ANN"))
    assert list(made) == [ListEntry("Anna", ANN.address)]


def test_a_deletion_takes_an_entry_out_and_no_other():
    made = holding(ANN, BOB)
    assert made.apply(deletion(ANN, "NET/EAST"))
    assert list(made) == [BOB]


def test_a_deletion_of_what_is_not_there_changes_nothing():
    made = holding(BOB)
    assert made.apply(deletion(ANN, "NET/EAST"))
    assert list(made) == [BOB]


def test_a_deletion_goes_by_the_address_not_the_name():
    made = holding(ANN)
    made.apply(deletion(ANN._replace(alias="Somebody"), "NET/EAST"))
    assert not list(made)


def test_a_modification_gives_an_entry_another_name():
    made = holding(ANN, BOB)
    assert made.apply(modification(ANN, "Ann Baker", "NET/EAST"))
    assert list(made) == [ANN._replace(alias="Ann Baker"), BOB]


def test_a_modification_of_what_is_not_there_adds_it():
    made = AddressList()
    made.apply(modification(ANN, "Ann Baker", "NET/EAST"))
    assert list(made) == [ANN._replace(alias="Ann Baker")]


def test_a_modification_may_move_an_entry_to_another_address():
    made = holding(ANN)
    assert made.apply(f"M {ANN.alias}\t{ANN.address}\r\n  {ANN.alias}\tPCM:NET/WEST/ANN")
    assert list(made) == [ANN._replace(address="PCM:NET/WEST/ANN")]


def test_a_replacement_clears_its_node_and_no_other():
    made = holding(ANN, ANN._replace(address="PCM:NET/EAST/ANN2"), BOB)
    assert made.apply("R PCM:NET/EAST")
    assert list(made) == [BOB]


def test_a_replacement_does_not_clear_a_node_whose_name_begins_the_same():
    made = holding(ListEntry("X", "PCM:NET/EAST2/X"))
    made.apply("R PCM:NET/EAST")
    assert len(made) == 1


@pytest.mark.parametrize("text", ["", "#", "# Last confirmed ReqSync", "X what", "A", "A nobody", "D", "M", "R"])
def test_what_is_no_change_changes_nothing(text):
    made = holding(ANN)
    assert not made.apply(text)
    assert list(made) == [ANN]


@pytest.mark.parametrize(
    "text",
    [
        addition("NET/EAST", "Eve", "EVE"),
        deletion(ANN, "NET/EAST"),
        modification(ANN, "Eve", "NET/EAST"),
        "R PCM:NET/EAST",
        "R pcm:net/east",
        "A Eve\tpcm:net/east/ANN",
    ],
)
def test_a_postoffices_own_entries_are_protected(text):
    made = holding(ANN, BOB)
    made.apply(text, own=node_of("NET/EAST"))
    assert list(made) == [ANN, BOB]
    made.apply(text)
    assert list(made) != [ANN, BOB]


def test_what_moves_from_elsewhere_into_the_own_node_is_taken_out_only():
    made = holding(ANN, BOB)
    made.apply(f"M {BOB.alias}\t{BOB.address}\r\n  {BOB.alias}\tPCM:NET/EAST/BOB", own=node_of("NET/EAST"))
    assert list(made) == [ANN]


def test_addresses_know_no_case():
    made = holding(ANN)
    made.apply("A Anna\tPCM:net/east/ann")
    assert len(made) == 1
    made.apply("D Anna\tpcm:NET/East/ANN")
    assert len(made) == 0


def test_all_addresses_of_a_flat_type_are_one_node():
    made = holding(ListEntry("Far", "SMTP:far@example.org"), ListEntry("Off", "SMTP:off@example.org"), ANN)
    assert made.apply("R SMTP:")
    assert list(made) == [ANN]


def test_a_flat_address_with_slashes_belongs_to_the_node_of_its_type():
    made = holding(ListEntry("Far", "X400:/c=US/a=MCI/s=Far"), ANN)
    assert made.apply("R X400:")
    assert list(made) == [ANN]


def test_the_entries_of_one_postoffice_are_had_by_its_name():
    made = holding(BOB, ANN)
    assert made.of("NET/EAST") == [ANN]
    assert made.of("net/west") == [BOB]
    assert made.of("NET/NONE") == []


def test_an_export_makes_any_list_that_of_its_origin():
    origin, elsewhere = (
        holding(ANN, BOB),
        holding(ANN._replace(alias="Old"), ListEntry("Gone", "PCM:NET/EAST/GONE"), BOB),
    )
    texts = whole("NET/EAST", origin.of("NET/EAST"))
    assert [each[0] for each in texts] == ["R", "A"]
    for text in texts:
        elsewhere.apply(text)
    assert elsewhere == origin


def test_two_lists_are_equal_if_their_entries_are_whatever_the_order_and_the_nodes_once_cleared():
    one, other = holding(ANN, BOB), holding(BOB, ANN)
    other.apply("R PCM:NET/NONE")
    assert one == other
    assert one != holding(ANN)
    assert one != [ANN, BOB]


def test_a_list_comes_back_as_it_was_written():
    made = holding(ANN, BOB, ListEntry("Zoë Ünal", "PCM:NET/EAST/ZOE"), ListEntry("", "SMTP:x@example.org"))
    assert AddressList.read(made.write()) == made
    assert AddressList.read(made.write()).write() == made.write()


def test_lines_that_are_no_entry_are_passed_over():
    made = AddressList.read(b"nothing\n\n\xff\xfe\nAnn Able\tPCM:NET/EAST/ANN\n")
    assert list(made) == [ANN]


NAMES = st.text(st.characters(codec="cp850", categories=("L", "N", "P", "S", "Zs")), max_size=40)


@given(st.lists(NAMES, max_size=6))
def test_any_printable_name_comes_back_as_it_was_written(aliases):
    made = AddressList()
    for number, alias in enumerate(aliases):
        made.apply(f"A {alias}\tPCM:NET/EAST/U{number}")
    assert AddressList.read(made.write()) == made


@pytest.mark.parametrize("alias", ["a/b", "../../x", "PCM:NET/EAST/X", "R PCM:NET/WEST", "\\", "%s{}", " ", "x" * 5000])
def test_a_hostile_name_stays_a_name(alias):
    made = holding(BOB)
    assert made.apply(f"A {alias}\tPCM:NET/EAST/X")
    assert made.of("NET/WEST") == [BOB]
    assert [each.address for each in made.of("NET/EAST")] == ["PCM:NET/EAST/X"]
    assert AddressList.read(made.write()) == made


BREAKS = ["\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"]


@pytest.mark.parametrize("char", BREAKS)
def test_a_control_character_in_a_name_comes_back_as_it_was_written(char):
    made = AddressList()
    made.apply(f"A Ann{char}Able\tPCM:NET/EAST/ANN")
    assert len(made) == 1
    assert AddressList.read(made.write()) == made


@pytest.mark.parametrize(
    "address", ["PCM:", "PCM:/", "PCM://", "PCM:NET", "PCM:NET/EAST", "PCM:NET/EAST/A/B", ":", "X"]
)
def test_a_hostile_address_breaks_nothing(address):
    made = holding(BOB)
    for verb in "ADR":
        made.apply(f"{verb} Ann\t{address}")
        made.apply(f"{verb} {address}")
        assert made.of("NET/WEST") == [BOB]
        assert AddressList.read(made.write()) == made


@given(st.text(max_size=60), st.sampled_from(["", "PCM:NET/EAST"]))
def test_no_text_breaks_a_list(text, own):
    made = holding(ANN)
    made.apply(text, own)
    if own:
        assert ANN in list(made)
    assert len(list(made)) == len(made)


def test_the_node_of_an_address_is_written_in_capitals():
    assert node_of("net/east") == lists.node_of("NET/EAST") == "PCM:NET/EAST"
