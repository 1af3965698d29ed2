"""What makes large files cheap says the same as what it stands for: damage, odd texts, layouts that read alike."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from glbtools.binary.layout import Layout
from glbtools.binary.span import Fault, Span
from glbtools.formats.queue import new_queue, parse_queue
from glbtools.layouts import reference
from glbtools.learn import learn_layout, texts
from glbtools.learn.chain import Chain
from glbtools.learn.comparison import DamageIndex, compare
from glbtools.learn.framing import rules
from glbtools.learn.reading import Reading, outline, shape
from glbtools.learn.samples import ANCHOR, CONTROL, ListedRecord, SampleFile, rows_of, with_listings
from glbtools.learn.scoring import is_odd
from glbtools.model.change import Change

TEXTS = [f"A User {number}\tPCM:NET/HUB/USER{number % 7}" for number in range(40)]
LAYOUT = reference("queue")
DATA = new_queue([Change(number, text) for number, text in enumerate(TEXTS, 1)], LAYOUT).build()


def test_a_record_is_damaged_that_a_fault_is_in_or_beside_however_many_faults_there_are():
    queue = parse_queue(DATA, LAYOUT)
    spans = [Span(0, 1), Span(60, 400), Span(70, 90), Span(95, 96), Span(500, 500), Span(len(DATA) - 1, len(DATA))]
    queue.framing = [Fault("gap", "", span) for span in spans]
    hurt = DamageIndex(queue)
    for each in queue.records:
        assert hurt.inside(each) == any(span.start < each.stop and each.start < span.stop for span in spans)
        assert hurt(each) == (hurt.inside(each) or any(edge in each.span for span in spans for edge in span))


def test_a_record_is_damaged_whose_checksum_is_another():
    hurt = bytearray(DATA)
    at = parse_queue(DATA, LAYOUT).records[7]
    hurt[at.stop - 3] ^= 1
    queue = parse_queue(bytes(hurt), LAYOUT)
    assert [each.sync for each in queue.records if DamageIndex(queue)(each)] == [at.sync]
    assert [fault.span for fault in queue.checksum_faults()] == [at.span]


FILLING = re.compile(rb"\xff{3}|\x00| {40}| {3}$|\r\n$")


def test_a_text_is_odd_by_what_it_holds_and_ends_in():
    pieces = [b"", b"x", b"\r\n", b"\n", b"   ", b"\xff\xff", b"\xff", b" " * 39, b" ", b"\t", b"\x0b", b"\x7f"]
    for parts in itertools.product(pieces, repeat=3):
        raw = b"A Paul" + b"".join(parts)
        assert is_odd(raw) == bool(not ANCHOR.match(raw) or CONTROL.search(raw) or FILLING.search(raw)), raw


def changed(role: str, /, **values: object) -> Layout:
    fields = (each._replace(**values) if each.role == role else each for each in LAYOUT.fields)
    return LAYOUT._replace(fields=tuple(fields))


def test_files_are_read_anew_where_a_layout_reads_otherwise_and_only_there():
    reading = Reading([SampleFile("MSTTRANS.GLB", DATA)])
    first = reading.by(LAYOUT)[0]
    said = changed("sync", status="inferred", doc="less sure")._replace(title="another", checksum="")
    again = reading.by(said)[0]
    assert again.records is first.records
    assert again.layout == said
    assert not again.wrong_sums
    other = reading.by(changed("sync", role="opaque"))[0]
    assert other == parse_queue(DATA, changed("sync", role="opaque"))
    assert reading.by(LAYOUT)[0] == first


@pytest.mark.parametrize(
    ("role", "values"),
    [
        ("sync", {"byte_order": "big"}),
        ("sync", {"role": "opaque"}),
        ("stamp", {"role": "opaque"}),
        ("len_text", {"role": "opaque"}),
        ("checksum", {"kind": "hex", "role": "opaque"}),
    ],
)
def test_layouts_that_read_records_otherwise_have_another_outline(role: str, values: dict[str, str]):
    assert outline(changed(role, **values)) != outline(LAYOUT)
    assert shape(changed(role, **values)) != shape(LAYOUT)


def test_what_nobody_asks_a_record_for_is_no_part_of_its_outline():
    assert outline(changed("checksum", role="opaque")) == outline(LAYOUT)
    assert shape(changed("checksum", role="opaque")) != shape(LAYOUT)


def test_a_chain_is_the_records_of_one_file_behind_the_other():
    files = [SampleFile("A.GLB", DATA), SampleFile("B.GLB", b"no record"), SampleFile("C.GLB", DATA)]
    records = Chain(files, rules(files)[0])
    assert [each.text.decode() for each in records] == TEXTS * 2
    assert list(records.texts) == [each.text for each in records]
    assert [len(each) for each in records.of_files] == [len(TEXTS)] * 2
    assert records[-1] == records[len(records) - 1] == list(records)[-1]
    assert records[3:5] == [records[3], records[4]]
    assert records.covered == sum(each.next - each.start for each in records)
    assert list(records.between) == sorted(each.next - each.stop for each in records if each.joined)


def test_rows_are_paired_by_where_they_stand_and_compared_in_what_is_asked_for():
    queue = parse_queue(DATA, LAYOUT)
    sample_file = SampleFile("MSTTRANS.GLB", DATA)
    rows = rows_of(queue.records, "cp850")
    rows[5] = rows[5]._replace(sync=99)
    with_listings([sample_file], [[ListedRecord(77, None, None, b"A Nobody\tPCM:A/B/C", whole=True), *rows]])
    whole, some = compare(sample_file, queue), compare(sample_file, queue, ("number",))
    assert whole is not None
    assert some is not None
    assert whole.agreeing == {"number": 39, "checksum": 40, "date": 40, "text": 40}
    assert (some.agreeing, some.differing) == ({"number": 39}, whole.differing)
    assert [(each.row, each.stored) for each in whole.differing["number"]] == [(99, "6")]
    assert (whole.read, whole.unread, whole.standing, whole.unlisted) == (40, (77,), (), ())


def test_where_no_rule_leads_from_text_to_text_it_is_not_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(texts, "frames", lambda _: pytest.fail("the rules are looked for a second time"))
    path = tmp_path / "MSTTRANS.GLB"
    path.write_bytes(b"A " * 5000)
    learning = learn_layout([path])
    assert (learning.layout, learning.tried) == (None, 0)
    assert "no rule leads from each to the next" in learning.reasons[0]


SAID = {
    "id", "family", "title", "status", "fields", "doc", "source", "byte_order", "checksum", "crc", "covers", "partial",
    "framing_doc", "checksum_status", "checksum_doc",
}  # fmt: skip
"""What a layout says of the bytes, by which no record is read otherwise."""


@pytest.mark.parametrize("key", sorted(set(Layout._fields) - SAID))
def test_layouts_whose_records_follow_each_other_otherwise_are_not_taken_for_the_same(key: str):
    other = LAYOUT._replace(**{key: "other" if isinstance(getattr(LAYOUT, key), str) else getattr(LAYOUT, key) + 1})
    assert shape(other) != shape(LAYOUT)
    assert outline(other) != outline(LAYOUT)


@pytest.mark.parametrize("role", ["live", "first", "count"])
def test_layouts_that_take_other_records_out_of_the_queue_are_not_taken_for_the_same(role: str):
    fields = [each._replace(role=role) if each.role == "opaque" else each for each in LAYOUT.fields]
    plain = LAYOUT._replace(fields=tuple(each._replace(kind="bytes") if each.role == role else each for each in fields))
    without = plain._replace(
        fields=tuple(each._replace(role="opaque") if each.role == role else each for each in plain.fields)
    )
    assert plain != without
    assert shape(plain) != shape(without)
    assert outline(plain) != outline(without)
