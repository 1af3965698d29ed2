"""Cursors as JSON: read and written alike, and every mistake named by its key."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.errors import DescriptionError
from glbtools.formats.cursors import HIGHEST, SCHEMA, Cursor, parse_cursors
from tests.formats.written import build_cursors

NUMBERS = st.integers(0, HIGHEST)
NAMES = st.text(min_size=1)
CURSORS = st.builds(
    Cursor, NAMES, NAMES, st.none() | st.text(), NUMBERS, floor=st.none() | NUMBERS, head=st.none() | NUMBERS
)
GOOD = {"consumer": "DC2", "log_id": "DC1", "position": 24580}


def document(**changes):
    cursor = {key: value for key, value in (GOOD | changes).items() if value is not ...}
    return json.dumps({"schema": SCHEMA, "cursors": [GOOD, cursor]}).encode()


@given(st.lists(CURSORS))
def test_what_is_written_is_read_again(cursors):
    data = build_cursors(cursors)
    assert parse_cursors(data) == tuple(cursors)
    assert build_cursors(parse_cursors(data)) == data


def test_what_may_be_left_out_is_unknown():
    assert parse_cursors(document())[1] == Cursor("DC2", "DC1", None, 24580, None, None)
    assert parse_cursors(b"\xef\xbb\xbf" + document(floor=None))[1].floor is None


KNOWN = "consumer, epoch, floor, head, log_id, position"


@pytest.mark.parametrize(
    ("changes", "key", "reason"),
    [
        ({"consumer": ...}, "consumer", "is missing"),
        ({"log_id": ...}, "log_id", "is missing"),
        ({"position": ...}, "position", "is missing"),
        ({"offset": 1}, "offset", f"unknown key; known are {KNOWN}"),
        ({"consumer": ""}, "consumer", "is empty"),
        ({"log_id": 1}, "log_id", "must be a string"),
        ({"epoch": 1}, "epoch", "must be a string"),
        ({"position": -1}, "position", f"must be between 0 and {HIGHEST}, and is -1"),
        ({"position": HIGHEST + 1}, "position", f"must be between 0 and {HIGHEST}, and is {HIGHEST + 1}"),
        ({"position": True}, "position", "must be a whole number"),
        ({"position": None}, "position", "is missing"),
        ({"floor": 1.0}, "floor", "must be a whole number"),
        ({"head": "1"}, "head", "must be a whole number"),
    ],
)
def test_a_mistake_is_named_by_its_key(changes, key, reason):
    with pytest.raises(DescriptionError) as caught:
        parse_cursors(document(**changes), "c.json")
    assert (caught.value.path, caught.value.key, caught.value.reason) == ("c.json", f"cursors[1].{key}", reason)


@pytest.mark.parametrize(
    ("data", "key", "reason"),
    [
        (b"[]", "", "must be an object"),
        (b"{}", "schema", "is missing"),
        (b'{"schema": "glbtools.cursors/1"}', "cursors", "is missing"),
        (b'{"schema": "glbtools.cursors/2", "cursors": []}', "schema", f"must be {SCHEMA}"),
        (b'{"schema": "glbtools.cursors/1", "cursors": {}}', "cursors", "must be a list"),
        (b'{"schema": "glbtools.cursors/1", "cursors": [1]}', "cursors[0]", "must be an object"),
        (
            b'{"schema": "glbtools.cursors/1", "cursors": [], "more": 1}',
            "more",
            "unknown key; known are cursors, schema",
        ),
        (b'{"schema": 1, "schema": 2}', "", "is not valid JSON: the key 'schema' is given twice"),
    ],
)
def test_a_document_of_another_shape_is_refused(data, key, reason):
    with pytest.raises(DescriptionError) as caught:
        parse_cursors(data)
    assert (caught.value.key, caught.value.reason) == (key, reason)


@given(st.binary())
def test_other_bytes_are_refused(data):
    with pytest.raises(DescriptionError):
        parse_cursors(data)


@pytest.mark.parametrize("data", [b"[" * 100_000, b"1" * 100_000, b'"\\ud800"', b"\xff\xfe{\x00", b'{"a":' * 50_000])
def test_hostile_input_is_refused(data):
    with pytest.raises(DescriptionError):
        parse_cursors(data)


def test_truncation_anywhere_is_refused():
    data = document().rstrip()
    for size in range(len(data)):
        with pytest.raises(DescriptionError):
            parse_cursors(data[:size])
