"""What the values of a transaction say for themselves."""

import pytest

from glbtools.formats.transaction import parse
from glbtools.model.transaction import (
    Address,
    Entry,
    Transaction,
    add,
    comment,
    delete,
    in_columns,
    in_tab_form,
    meaning,
    modify,
    replace,
)

BOX = Address("PCM", "NET", "PO", "BOX")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("A apple\tPCM:POLYNOMIAL/MONTGOMERY/apple", "add apple at PCM:POLYNOMIAL/MONTGOMERY/apple"),
        ("D apple\tsmtp:a@b", "delete apple at smtp:a@b"),
        (
            "R PCM:POLYNOMIAL/MONTGOMERY",
            "replace every address of PCM:POLYNOMIAL/MONTGOMERY by what follows",
        ),
        ("M a\tPCM:N/P/A\r\n  b\tPCM:N/P/B", "modify a at PCM:N/P/A to b at PCM:N/P/B"),
        (
            "M a\tPCM:N/P/A\r\n  a\tPCM:N/P/A\r\n- t/v",
            "modify a at PCM:N/P/A, name and address unchanged, with 1 line of template data",
        ),
        ("M a\tPCM:N/P/A\r\n- t/v", "modify the template data of a at PCM:N/P/A, with 1 line of template data"),
        ("T PCM:N/P\r\n a~1~2~A~~", "template of PCM:N/P with 1 field"),
        ("# Dummy record", "comment: Dummy record"),
        ("A apple", "add apple without an address"),
        ("R", "replace every address of nothing by what follows"),
    ],
)
def test_a_transaction_is_said_in_one_sentence(text, sentence):
    assert meaning(parse(text).transaction) == sentence


def test_a_transaction_shows_the_entry_as_it_shall_be():
    old, new = in_tab_form("old", BOX), in_tab_form("new", Address("PCM", "NET2", "PO2", "BOX"))
    transaction = modify(old, new)
    assert (transaction.verb, transaction.old_entry, transaction.new_entry) == ("modify", old, new)
    assert (transaction.alias, transaction.postoffice_name) == ("new", "NET2/PO2")
    assert delete(old).alias == "old"
    assert (add(old).old_entry, add(old).new_entry) == (None, None)
    assert (replace(BOX.node).alias, replace(BOX.node).postoffice_name) == (None, "NET/PO")
    assert (comment(" x").address, comment(" x").postoffice_name) == (None, None)


def test_an_address_is_written_as_far_as_it_goes():
    assert str(BOX) == "PCM:NET/PO/BOX"
    assert str(BOX.node) == "PCM:NET/PO"
    assert str(Address("PCM", "NET", "PO", "")) == "PCM:NET/PO/"
    assert str(Address("PCM", "")) == "PCM:"
    assert str(Address("smtp", value="a@b")) == "smtp:a@b"
    assert str(Address("smtp", value="a@b").node) == "smtp:"
    assert str(Address("", value="a", colon="")) == "a"


def test_flat_addresses_are_taken_apart():
    assert BOX.attributes == ()
    assert Address("X400", value="c=US; a=X").attributes == ("c=US", "a=X")
    assert Address("X400", value='/ddat=ms/ddav="N/P/B"/c=US').attributes == ("ddat=ms", 'ddav="N/P/B"', "c=US")


def test_an_entry_in_columns_has_its_address_in_column_34():
    for length in range(1, 31):
        entry = in_columns("x" * length, BOX)
        assert len(f"A {entry.alias}{entry.gap}") == 33
    assert in_columns("x" * 31, BOX).gap == " "


def test_an_entry_without_address_has_no_postoffice():
    transaction = Transaction("A", entry=Entry("x", "", None))
    assert (transaction.address, transaction.postoffice_name) == (None, None)
