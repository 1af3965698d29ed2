"""The file of the DIRSYNC sample application: sections, values in their forms, and what the grammar leaves open."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.errors import FieldError, UsageError
from glbtools.formats.dirsync_file import Attribute, Form, parse_dirsync, section

SAMPLE = (  # SDK samples1_0d9v
    b"# Sample DIRSYNC import/export file\r\n"
    b"A /o=Microsoft/ou=WGA/cn=Recipients/cn=JerryWh\r\n"
    b"- Display-Name:Jerry Wheeler\r\n"
    b"\r\n"
    b"M /o=Microsoft/ou=WGA/cn=Recipients/cn=West Coast/cn=KevinY\r\n"
    b"- Display-Name:Kevin Yim\r\n"
    b"\r\n"
    b"D /o=Microsoft/ou=WGA/cn=Recipients/cn=KevinY\r\n"
)
PIECES = st.sampled_from(
    [
        b"A ",
        b"M x",
        b"D x",
        b"- ",
        b"-",
        b"a:",
        b"#",
        b"\\x",
        b"0F",
        b'"',
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\x00",
        b"\x81",
        b"B",
    ]
)


def faults(data):
    return [(fault.message, fault.line, fault.damage) for fault in parse_dirsync(data).faults]


@given(st.one_of(st.binary(), st.lists(PIECES, max_size=40).map(b"".join)))
def test_every_byte_string_comes_back_exactly_and_sections_tile_it(data):
    file = parse_dirsync(data)
    assert file.build() == data
    position = 0
    for each in file.sections:
        assert each.span.start == position
        assert each.line == data.count(b"\n", 0, position) + 1
        assert data[each.span.start : each.span.stop] == each.raw
        for fault in each.faults:
            assert each.span.start <= fault.span.start <= fault.span.stop <= each.span.stop
        position = each.span.stop
    assert position == len(data)


def test_the_sample_is_read_without_faults():
    file = parse_dirsync(SAMPLE)
    assert file.faults == ()
    assert [each.kind for each in file.sections] == ["#", "A", "M", "D"]
    assert file.sections[0].dn == " Sample DIRSYNC import/export file"
    add, modify, delete = file.changes
    assert add.dn == "/o=Microsoft/ou=WGA/cn=Recipients/cn=JerryWh"
    assert add.attributes == (Attribute("Display-Name", "Jerry Wheeler", Form.STRING, 3),)
    assert (modify.line, delete.line, delete.attributes) == (5, 8, ())


def test_truncation_anywhere_is_read():
    for size in range(len(SAMPLE)):
        assert parse_dirsync(SAMPLE[:size]).build() == SAMPLE[:size]
        cut = not SAMPLE[:size].endswith(b"\n") and size > 0
        assert any(fault.kind == "line end" for fault in parse_dirsync(SAMPLE[:size]).faults) == cut


@pytest.mark.parametrize(
    ("text", "value", "form"),
    [
        (b"plain", "plain", Form.STRING),
        (b"", "", Form.STRING),
        (b"a:b", "a:b", Form.STRING),
        (b'" a "', " a ", Form.QUOTED),
        (b'""', "", Form.QUOTED),
        (b'"a"b"', 'a"b', Form.QUOTED),
        (b"\\x00fF", b"\x00\xff", Form.HEX),
        (b"TRUE", "TRUE", Form.STRING),
        (b"J\xf6rg", "Jörg", Form.STRING),
    ],
)
def test_each_form_of_a_value(text, value, form):
    file = parse_dirsync(b"A x\r\n- n:" + text + b"\r\n")
    assert file.faults == ()
    assert file.changes[0].attributes == (Attribute("n", value, form, 2),)


def test_repeated_attributes_are_several_values_and_none_are_an_object_alone():
    first, second = parse_dirsync(b"A x\r\n- n:1\r\n- m:2\r\n- n:3\r\nA y\r\n").changes
    assert first.values == {"n": ("1", "3"), "m": ("2",)}
    assert second.values == {}


def test_a_comment_between_attributes_does_not_end_the_section():
    file = parse_dirsync(b"A x\r\n# c\r\n\r\n- n:1\r\n# d\r\nM y\r\n")
    assert [(each.kind, each.line) for each in file.sections] == [("A", 1), ("#", 5), ("M", 6)]
    assert file.faults == ()


@pytest.mark.parametrize(
    ("data", "message", "number", "damage"),
    [
        (b"- n:1\r\n", "an attribute without an object above it", 1, True),
        (b"X y\r\n", "neither A, M, D nor an attribute nor a comment", 1, True),
        (b"a y\r\n", "neither A, M, D nor an attribute nor a comment", 1, True),
        (b"A\ty\r\n", "neither A, M, D nor an attribute nor a comment", 1, True),
        (b"A  \r\n", "the section has no name", 1, True),
        (b"A  y\r\n", "blanks before or behind the name", 1, False),
        (b"D y\r\n- n:1\r\n", "a delete section has no attributes", 2, True),
        (b"A y\r\n- n\r\n", "an attribute line without a label and a colon", 2, True),
        (b"A y\r\n- :1\r\n", "an attribute line without a label and a colon", 2, True),
        (b"A y\r\n-n:1\r\n", "an attribute label is between one blank and its colon", 2, False),
        (b"A y\r\n- n: 1\r\n", "blanks before or behind the value", 2, False),
        (b'A y\r\n- n:"1\r\n', "a quoted string is not closed", 2, True),
        (b"A y\r\n- n:\\x123\r\n", "a hex string without pairs of hexadecimal digits", 2, True),
        (b"A y\r\n- n:\\x\r\n", "a hex string without pairs of hexadecimal digits", 2, True),
        (b"A y\n", "the line ends with LF, not CR LF", 1, False),
        (b"A y", "the last line has no end; it may have been cut", 1, False),
    ],
)
def test_each_fault(data, message, number, damage):
    assert faults(data) == [(message, number, damage)]


VALUES = st.one_of(st.binary(min_size=1), st.text(st.characters(codec="cp1252")))


@given(st.lists(st.tuples(st.sampled_from(["n", "Display-Name", "E-mail Addresses"]), st.lists(VALUES, min_size=1))))
def test_what_is_written_is_read_again(held):
    data = section("A", "/o=M/cn=x", held)
    file = parse_dirsync(data)
    assert not [fault for fault in file.faults if fault.damage]
    wanted = [(name, each) for name, values in held for each in values]
    found = [(each.name, each.value) for each in file.changes[0].attributes]
    as_bytes = [(name, each if isinstance(each, bytes) else each.encode("cp1252")) for name, each in wanted]
    assert [(name, each if isinstance(each, bytes) else each.encode("cp1252")) for name, each in found] == as_bytes


def test_what_is_written():
    assert section("D", "/o=M/cn=x", [("n", ["1"])]) == b"D /o=M/cn=x\r\n"
    assert section("M", "x", [("n", ["a", " b", b"\x01", "c\nd", '"q"', ""])]) == (
        b'M x\r\n- n:a\r\n- n:" b"\r\n- n:\\x01\r\n- n:\\x630A64\r\n- n:""q""\r\n- n:\r\n'
    )
    with pytest.raises(UsageError):
        section("#", "x")
    for dn, values in (
        ("", []),
        ("a\r\nD b", []),
        ("x", [("a:b", ["1"])]),
        ("x", [("", ["1"])]),
        ("x", [("n", ["ਊ"])]),
    ):
        with pytest.raises(FieldError):
            section("A", dn, values)


@pytest.mark.parametrize(
    "data",
    [
        b"A x\r\n- n:" + b"a" * 10**6,
        b"A x\r\n- n:\\x" + b"0" * 1_000_001,
        b"A x\r\n" + b"- n:1\r\n" * 30_000,
        b"# c\r\n" * 30_000 + b"- n:1\r\n",
        b"A x\r\n" + b"# c\r\n\r\n" * 20_000 + b"- n:1\r\n",
        b"\x00" * 10**6,
        b"\r\n" * 100_000,
        b"A \x1b[2J\r\n- \x1b]0;x\x07:1\r\n",
    ],
    ids=range(8),
)
def test_hostile_input_takes_time_in_proportion(data):
    started = time.process_time()
    file = parse_dirsync(data)
    assert file.build() == data
    assert all(each.values is not None for each in file.sections)
    assert time.process_time() - started < 10
