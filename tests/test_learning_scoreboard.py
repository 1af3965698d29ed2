"""The measure of learning, without a learner: random layouts and files are what they say, the judge judges right."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from glbtools.binary import layout as layouts
from glbtools.binary.field import Field
from glbtools.binary.layout import Layout
from glbtools.binary.records import codec
from glbtools.errors import LayoutError
from glbtools.formats import config, transaction
from glbtools.formats.listing import parse_listing, probe_listds, probe_listq
from glbtools.formats.queue import parse_queue
from glbtools.layouts import reference
from glbtools.learn import learn_layout
from scoreboard import learning
from scoreboard.configurations import (
    FAMILIES,
    KNOWN,
    MOST_SNAPSHOTS,
    VARIANTS,
    ConfigSample,
    config_sample,
    varied_sample,
)
from scoreboard.contents import KINDS, LEAST, MOST
from scoreboard.layouts import SUMS, QueueSample, layout_text, queue_sample, random_layout
from scoreboard.learning import Case, Learnt, Verdict, attempt, judge_config, judge_queue, verdicts

MANY = range(1, 301)
SOME = range(1, 101)


@cache
def drawn(seed: int) -> QueueSample:
    return queue_sample(seed)


def learnt(layout: Layout | None, *alternatives: Layout, toml: str | None = None) -> Learnt:
    return SimpleNamespace(layout=layout, alternatives=list(alternatives), toml=toml)


def with_field(layout: Layout, field: str, **changes: Any) -> Layout:
    fields = tuple(each._replace(**changes) if each.name == field else each for each in layout.fields)
    return layout._replace(fields=fields)


# --- queues ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SOME)
def test_a_random_file_reads_back_under_its_layout_to_exactly_its_rows(seed: int) -> None:
    sample = drawn(seed)
    read = parse_queue(sample.data, sample.layout)
    first = codec(sample.layout).len_head
    assert read.faults == []
    assert read.gaps == []
    assert [
        (each.sync, read.moment(each), each.text, each.start + first, each.start, each.stop) for each in read.records
    ] == list(sample.rows)
    assert LEAST <= len(sample.rows) <= MOST


@pytest.mark.parametrize("seed", SOME)
def test_the_texts_of_a_random_file_are_transactions_without_fault(seed: int) -> None:
    for row in drawn(seed).rows:
        assert row.text.startswith("#") or transaction.parse(row.text).faults == ()


@pytest.mark.parametrize("seed", SOME)
def test_the_listing_of_a_random_file_says_its_numbers_texts_and_moments(seed: int) -> None:
    sample = drawn(seed)
    assert probe_listq(sample.listing)
    said = parse_listing(sample.listing)
    assert said.faults == []
    assert [(each.sync, each.text) for each in said.records] == [(row.sync, row.text) for row in sample.rows]
    for record, row in zip(said.records, sample.rows, strict=True):
        printed = said.moment(record)
        if printed is not None:
            assert row.when is not None
            assert (printed - row.when).total_seconds() == 3600 * sample.hours
        if record.checksum is not None and sample.layout.checksum:
            assert record.checksum == codec(sample.layout).checksum(record)


@pytest.mark.parametrize("seed", SOME)
def test_damage_leaves_the_untouched_records_readable_at_their_places(seed: int) -> None:
    sample = drawn(seed)
    assert sample.damaged != sample.data
    for row in sample.untouched:
        assert sample.damaged[row.start : row.stop] == sample.data[row.start : row.stop]
    held = {(each.start, each.sync, each.text) for each in parse_queue(sample.damaged, sample.layout).records}
    assert {(row.start, row.sync, row.text) for row in sample.untouched} <= held


def test_damage_touches_few_records_and_hides_hardly_any_other() -> None:
    samples = [drawn(seed) for seed in MANY]
    every = sum(len(sample.rows) for sample in samples)
    same = sum(
        sample.damaged[row.start : row.stop] == sample.data[row.start : row.stop]
        for sample in samples
        for row in sample.rows
    )
    assert 0.95 * every < same < 0.99 * every
    assert sum(len(sample.untouched) for sample in samples) > 0.99 * same


def test_a_seed_gives_the_same_sample_and_another_seed_another_one() -> None:
    assert queue_sample(5) == drawn(5)
    assert len({layout_text(seed) for seed in MANY}) == len(MANY)
    assert len({drawn(seed).data for seed in MANY}) == len(MANY)


def varied(sample: QueueSample) -> set[str]:
    """Return which variations of the family a sample shows."""
    layout = sample.layout
    sync, stamp, length, summed = (layout.with_role(role) for role in ("sync", "stamp", "len_text", "checksum"))
    assert sync is not None
    head = layout.section("record")[:-1]
    names = {re.sub(r"_?\d+$", "", each.name) for each in layout.fields}
    found = {
        f"file header of {layout.header}" if layout.header in (0, 4, 16) else "file header of another size",
        f"number {sync.type}",
        f"number {sync.byte_order}",
        f"number {'first' if sync == head[0] else 'last' if sync == head[-1] else 'between'}",
        f"stamp {stamp.stamp} {stamp.type}" if stamp else "no stamp",
        f"length {length.type} counts {layout.length_counts}" if length else f"ended by {layout.terminator}",
        f"terminator {layout.terminator}",
        f"stride {layout.stride}" if layout.stride <= 128 else "fixed stride",
        f"trailer of {min(codec(layout).len_trail, 4)}",
        f"sum {layout.checksum}" if layout.checksum else "sum without a name" if summed else "no sum",
        f"{sample.kind} content",
        f"listing {'old' if b'Item ' in sample.listing else 'new'}",
        f"clock {'ahead' if sample.hours > 0 else 'behind' if sample.hours < 0 else 'the same'}",
        f"overhead {(codec(layout).len_head + codec(layout).len_trail) // 8 * 8}",
    }
    found |= {f"field {name}" for name in names}
    found |= {f"link {each.link} in the {each.section}" for each in layout.fields if each.link}
    found |= {f"sum in the {summed.section}"} if summed else set()
    found |= {f"pad {layout.pad}"} if layout.stride > 1 else set()
    if len({each.byte_order for each in head if each.kind in ("u16", "u32")}) > 1:
        found.add("mixed byte order")
    if sample.rows[0].text.startswith("#"):
        found.add("a dummy first")
    if any("\n" in row.text for row in sample.rows):
        found.add("texts of several lines")
    if not all(row.text.isascii() for row in sample.rows):
        found.add("accents")
    if sample.rows[-1].sync - sample.rows[0].sync >= len(sample.rows):
        found.add("gaps in the numbers")
    if sample.rows[-1].stop > len(sample.damaged):
        found.add("torn end")
    if len(sample.damaged) > len(sample.data):
        found.add("slack")
    return found


EXPECTED = {
    *("file header of 0", "file header of 4", "file header of 16", "file header of another size"),
    *(f"number {kind}" for kind in ("u16", "u32", "dec:5", "dec:6", "dec:8", "dec:10", "hex:4", "hex:8")),
    *(f"number {what}" for what in ("little", "big", "first", "last", "between")),
    *("stamp unix u32", "stamp dos u32", "stamp unix dec:10", "stamp unix hex:8", "no stamp"),
    *(
        f"length {kind} counts {counts}"
        for kind in ("u8", "u16", "u32", "dec:3", "dec:4")
        for counts in layouts.LENGTH_COUNTS
    ),
    *("ended by nul", "ended by crlf", "ended by none"),
    *("terminator nul", "terminator crlf", "terminator none"),
    *(f"stride {size}" for size in (1, 2, 4, 8, 16, 32, 64, 128)),
    *("fixed stride", "pad 0", "pad 32", "pad 255", "mixed byte order"),
    *(f"trailer of {size}" for size in range(5)),
    *(f"sum {name}" for name in SUMS),
    *("sum without a name", "no sum", "sum in the record", "sum in the trailer"),
    *("link previous in the record", "link next in the record", "link previous in the trailer"),
    *(f"field {name}" for name in ("constant", "zero", "flag", "code", "noise", "index", "end")),
    *(f"field {name}" for name in ("num_records", "magic", "head", "head_zero")),
    *(f"{kind} content" for kind in KINDS),
    *("listing old", "listing new", "clock ahead", "clock behind", "clock the same"),
    *("a dummy first", "texts of several lines", "accents", "gaps in the numbers", "torn end", "slack"),
    *("overhead 8", "overhead 16", "overhead 24", "overhead 32"),
}


def test_every_variation_of_the_family_occurs_among_300_seeds() -> None:
    seen = Counter(what for seed in MANY for what in varied(drawn(seed)))
    assert EXPECTED - set(seen) == set()


def test_most_records_have_12_to_40_bytes_beside_their_text() -> None:
    sizes = []
    for seed in MANY:
        layout = random_layout(seed)
        sizes.append(codec(layout).len_head + codec(layout).len_trail + len(layouts.TERMINATORS[layout.terminator]))
    assert sum(12 <= size <= 40 for size in sizes) > 0.9 * len(sizes)


# --- judging queues ----------------------------------------------------------------------------------------------


def moved(layout: Layout) -> Layout:
    """Return a layout whose number is read where another field stands."""
    sync = layout.by_name["sync"]
    other = next(e for e in layout.section("record")[:-1] if e.size >= 2 and e.role not in ("sync", "len_text"))
    kind = {2: "u16", 4: "u32"}.get(other.size)
    changed = with_field(layout, "sync", role="opaque")
    if kind is None:
        fields = [each for each in changed.fields if each.name != other.name]
        parts = [
            Field("taken", "record", other.offset, "u16", 2, "sync", "assumed"),
            Field("rest", "record", other.offset + 2, "bytes", other.size - 2, "opaque", "assumed"),
        ]
        order = {"header": 0, "record": 1, "trailer": 2}
        kept = [*fields, *(each for each in parts if each.size)]
        return changed._replace(fields=tuple(sorted(kept, key=lambda each: (order[each.section], each.offset))))
    assert sync.section == "record"
    return with_field(changed, other.name, kind=kind, role="sync", link="", stamp="unix")


@pytest.mark.parametrize("hurt", [False, True])
@pytest.mark.parametrize("seed", range(1, 41))
def test_the_true_layout_is_judged_exact_none_undecided_and_another_wrong(seed: int, hurt: bool) -> None:
    sample, case = drawn(seed), Case("queue", seed, hurt, told=True)
    exact = judge_queue(case, sample, learnt(sample.layout, toml=layout_text(seed)))
    assert (exact.outcome, exact.reason) == ("exact", "")
    assert exact.stamp == ("right" if sample.layout.with_role("stamp") else "none")
    undecided = judge_queue(case, sample, learnt(None))
    assert (undecided.outcome, undecided.among) == ("undecided", False)
    assert judge_queue(case, sample, learnt(None, moved(sample.layout), sample.layout)).among
    wrong = judge_queue(case, sample, learnt(moved(sample.layout)))
    assert wrong.outcome == "wrong"
    assert wrong.reason


@pytest.mark.parametrize("seed", range(1, 21))
def test_the_texts_alone_are_judged_partly_and_numbers_that_are_not_stated_are_no_fault(seed: int) -> None:
    sample, case = drawn(seed), Case("queue", seed)
    number = sample.layout.with_role("sync")
    assert number is not None
    texts = with_field(sample.layout, number.name, kind="bytes", role="opaque")._replace(partial=True)
    assert judge_queue(case, sample, learnt(texts)).outcome == "partly"
    assert judge_queue(case, sample, learnt(sample.layout._replace(partial=True))).outcome == "partly"
    cut = texts._replace(header=texts.header + 1)
    assert judge_queue(case, sample, learnt(cut)).outcome == "wrong"


def seed_with(test: Callable[[Layout], bool]) -> int:
    return next(seed for seed in MANY if test(random_layout(seed)))


def test_a_checksum_is_found_left_or_wrong() -> None:
    seed = seed_with(lambda layout: layout.checksum == "crc-16/arc")
    sample, case = drawn(seed), Case("queue", seed)
    judged = {
        name: judge_queue(case, sample, learnt(sample.layout._replace(checksum=name))).checksum
        for name in ("crc-16/arc", "", "crc-16/xmodem")
    }
    assert judged == {"crc-16/arc": "found", "": "left", "crc-16/xmodem": "wrong"}


def test_a_checksum_that_nothing_explains_is_to_be_left() -> None:
    seed = seed_with(lambda layout: not layout.checksum and layout.with_role("checksum") is not None)
    sample, case = drawn(seed), Case("queue", seed)
    assert judge_queue(case, sample, learnt(sample.layout)).checksum == "left"
    named = sample.layout._replace(checksum="sum-16")
    assert judge_queue(case, sample, learnt(named)).checksum == "wrong"


def test_a_stamp_is_right_left_or_wrong() -> None:
    seed = seed_with(lambda layout: (stamp := layout.with_role("stamp")) is not None and stamp.type == "u32")
    sample, case = drawn(seed), Case("queue", seed)
    other = {"unix": "dos", "dos": "unix"}[sample.layout.by_name["stamp"].stamp]
    cases = {"right": {}, "left": {"role": "opaque"}, "wrong": {"stamp": other}}
    for expected, changes in cases.items():
        layout = with_field(sample.layout, "stamp", **changes)
        assert judge_queue(case, sample, learnt(layout)).stamp == expected


def test_a_stamp_that_is_none_is_wrong() -> None:
    seed = seed_with(
        lambda layout: (
            layout.with_role("stamp") is None
            and (noise := layout.by_name.get("noise_0")) is not None
            and noise.size == 4
        )
    )
    sample, case = drawn(seed), Case("queue", seed)
    assert judge_queue(case, sample, learnt(sample.layout)).stamp == "none"
    invented = with_field(sample.layout, "noise_0", kind="u32", role="stamp")
    assert judge_queue(case, sample, learnt(invented)).stamp == "wrong"


def test_texts_with_their_terminator_are_wrong_and_counted_by_themselves() -> None:
    seed = seed_with(
        lambda layout: (
            layout.terminator == "crlf"
            and layout.with_role("len_text") is not None
            and layout.length_counts == "text+terminator"
            and layout.checksum == ""
        )
    )
    sample, case = drawn(seed), Case("queue", seed)
    keeping = sample.layout._replace(terminator="none", length_counts="text")
    verdict = judge_queue(case, sample, learnt(keeping))
    assert (verdict.outcome, verdict.terminator) == ("wrong", True)
    assert not judge_queue(case, sample, learnt(moved(sample.layout))).terminator


def test_records_that_are_none_are_wrong_in_a_clean_file() -> None:
    sample, case = drawn(1), Case("queue", 1)
    fewer = sample._replace(rows=sample.rows[:-1])
    verdict = judge_queue(case, fewer, learnt(sample.layout))
    assert (verdict.outcome, verdict.reason) == ("wrong", f"{len(sample.rows)} records in place of {len(fewer.rows)}")


def test_what_counts_is_the_layout_file_and_it_must_say_what_the_layout_does() -> None:
    sample, case = drawn(1), Case("queue", 1)
    with pytest.raises(ValueError, match="something else"):
        judge_queue(case, sample, learnt(sample.layout, toml=layout_text(2)))
    with pytest.raises(LayoutError):
        judge_queue(case, sample, learnt(sample.layout, toml="no layout"))


# --- configurations ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", SOME)
def test_snapshots_read_back_under_their_layout_to_what_listing_and_known_values_say(seed: int, family: str) -> None:
    sample = config_sample(seed, family)
    assert 1 <= len(sample.snapshots) <= MOST_SNAPSHOTS
    for snapshot in sample.snapshots:
        assert probe_listds(snapshot.listing)
        said = parse_listing(snapshot.listing)
        assert said.faults == []
        known = dict(each.split("=", 1) for each in snapshot.known)
        assert tuple(known) == KNOWN[family]
        if family == "reqconf":
            requestor = config.parse_reqconf(snapshot.data, sample.layout)
            assert requestor.faults == []
            assert said.reqconf is not None
            own = requestor.config
            assert (own.reqsync, own.srvsync, own.server) == (
                said.reqconf.reqsync,
                said.reqconf.srvsync,
                said.reqconf.server,
            )
            assert (str(own.importsync), str(own.limit)) == (known["importsync"], known["limit"])
            assert own.last_export is not None
            assert own.last_export.isoformat() == known["last_export"]
            continue
        server = config.parse_srvconf(snapshot.data, sample.layout)
        assert server.faults == []
        assert said.srvconf is not None
        assert (server.config.sync, server.config.cycle) == (said.srvconf.sync, said.srvconf.cycle)
        assert str(server.config.keep_updates) == known["keep_updates"]
        shifts = set()
        for stored, printed in zip(server.config.requestors, said.srvconf.requestors, strict=True):
            names = ("name", "reqsync", "srvsync", "last_cycle")
            assert [getattr(stored, name) for name in names] == [getattr(printed, name) for name in names]
            assert stored.last_update is not None
            assert printed.last_update is not None
            shifts.add((printed.last_update - stored.last_update).total_seconds())
        assert len(shifts) == 1
        assert next(iter(shifts)) % 3600 == 0


VARIED = [(variant, family) for variant, families in VARIANTS.items() for family in families]


@pytest.mark.parametrize(("variant", "family"), VARIED)
def test_the_truth_about_a_variant_is_judged_exact_and_nothing_learnt_from_it_is_wrong(
    variant: str, family: str, tmp_path: Path
) -> None:
    for seed in (3, 11):
        sample, case = varied_sample(seed, family, variant), Case(family, seed, variant=variant)
        assert judge_config(case, sample, learnt(sample.layout)).outcome == "exact"
        verdict = attempt(case, learn_layout, tmp_path)
        assert verdict.outcome in ("exact", "partly", "undecided"), verdict.reason


def test_a_listing_of_a_variant_is_of_the_requestors_that_are_not_deleted_in_the_order_it_prints() -> None:
    printed = parse_listing(varied_sample(4, "srvconf", "deleted record").snapshots[0].listing).srvconf
    plain = parse_listing(config_sample(4, "srvconf").snapshots[0].listing).srvconf
    turned = parse_listing(varied_sample(4, "srvconf", "other order").snapshots[0].listing).srvconf
    assert printed and plain and turned
    names = [each.name for each in plain.requestors]
    assert [each.name for each in printed.requestors] == names
    assert sorted(map(str, names)) == sorted(str(each.name) for each in turned.requestors)
    held = len(varied_sample(4, "srvconf", "deleted record").snapshots[0].data) // 1024 - 1
    assert held == len(names) + 1


def test_the_second_place_of_a_number_is_equal_or_a_snapshot_behind() -> None:
    for variant, behind in (("twice", 0), ("twice, once stale", 1)):
        samples = (varied_sample(seed, "reqconf", variant) for seed in SOME)
        sample = next(each for each in samples if len(each.snapshots) > 1)
        number = sample.layout.by_name["reqsync"]
        values = [each.data[number.offset : number.stop] for each in sample.snapshots]
        rest = [each.data[sample.layout.section("record")[-1].offset :] for each in sample.snapshots]
        assert len(values) > 1 and all(values[at - behind] in rest[at] for at in range(behind, len(values)))


@pytest.mark.parametrize("family", FAMILIES)
def test_configurations_differ_in_place_width_order_stamps_and_number_of_snapshots(family: str) -> None:
    samples = [config_sample(seed, family) for seed in SOME]
    number = {"reqconf": "reqsync", "srvconf": "cycle"}[family]
    stamped = {"reqconf": "last_import", "srvconf": "last_update"}[family]
    assert len({sample.layout.by_name[number].offset for sample in samples}) > 20
    assert {sample.layout.by_name[number].type for sample in samples} == {"u16", "u32"}
    assert {sample.layout.byte_order for sample in samples} == {"little", "big"}
    assert {sample.layout.by_name[stamped].stamp for sample in samples} == {"unix", "dos"}
    assert {len(sample.snapshots) for sample in samples} == set(range(1, MOST_SNAPSHOTS + 1))
    assert any(len({each.data for each in sample.snapshots}) == len(sample.snapshots) > 1 for sample in samples)
    if family == "reqconf":
        pointers = [
            config.parse_reqconf(each.data, sample.layout).config.pointers
            for sample in samples
            for each in sample.snapshots
        ]
        assert pointers.count((-1, -1, -1, -1)) > 0.8 * len(pointers)
        assert any(-1 in each and each.count(-1) == 3 for each in pointers if each)


def without(layout: Layout, *names: str) -> Layout:
    """Return a layout in which some fields are bytes without a name or role."""
    fields = tuple(
        each._replace(name=f"unknown_{each.offset:02x}_{each.section}", kind="bytes", role="opaque", default=None)
        if each.name in names
        else each
        for each in layout.fields
    )
    return layout._replace(fields=fields)


def swapped(layout: Layout, one: str, other: str) -> Layout:
    names = {one: other, other: one}
    return layout._replace(fields=tuple(e._replace(name=names.get(e.name, e.name)) for e in layout.fields))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", range(1, 21))
def test_fields_are_judged_in_place_left_open_or_wrong(seed: int, family: str) -> None:
    sample, case = config_sample(seed, family), Case(family, seed, told=True)
    right = judge_config(case, sample, learnt(sample.layout))
    assert right.outcome == "exact"
    assert right.fields["wrong"] == right.fields["left"] == right.fields["kinds wrong"] == 0
    partly = judge_config(case, sample, learnt(without(sample.layout, "reqsync", "srvsync")))
    assert (partly.outcome, partly.fields["left"], partly.fields["wrong"]) == ("partly", 2, 0)
    assert judge_config(case, sample, learnt(None)).outcome == "undecided"
    wrong = judge_config(case, sample, learnt(swapped(sample.layout, "reqsync", "srvsync")))
    assert (wrong.outcome, wrong.fields["wrong"]) == ("wrong", 2)


def test_a_field_that_only_got_a_role_counts_as_a_kind() -> None:
    sample, case = config_sample(3, "reqconf"), Case("reqconf", 3)
    every = judge_config(case, sample, learnt(sample.layout)).fields["kinds right"]
    named = with_field(sample.layout, "ptr_srvtrans", name="pointer")
    assert judge_config(case, sample, learnt(named)).fields["kinds right"] == every
    assert judge_config(case, sample, learnt(without(named, "pointer"))).fields["kinds right"] == every - 1
    shifted = with_field(sample.layout, "password", name="pointer", role="link")
    verdict = judge_config(case, sample, learnt(shifted))
    assert (verdict.outcome, verdict.fields["kinds wrong"]) == ("wrong", 1)


def test_a_number_may_be_taken_with_or_without_its_zeros_but_not_elsewhere() -> None:
    sample = next(
        each
        for each in (config_sample(seed, "reqconf") for seed in SOME)
        if each.layout.byte_order == "big" and each.layout.by_name["importsync"].type == "u32"
    )
    case = Case("reqconf", sample.seed, told=True)
    place = sample.layout.by_name["importsync"].offset
    narrow = with_field(sample.layout, "importsync", kind="u16", size=2, offset=place + 2)
    assert narrow_verdict(case, sample, narrow).fields["wrong"] == 0
    elsewhere = with_field(sample.layout, "importsync", kind="u16", size=2)
    assert narrow_verdict(case, sample, elsewhere).fields["wrong"] == 1


def narrow_verdict(case: Case, sample: ConfigSample, layout: Layout) -> Verdict:
    """Judge a layout whose number leaves some bytes to nobody."""
    number = layout.by_name["importsync"]
    whole = sample.layout.by_name["importsync"]
    start = whole.offset if number.offset != whole.offset else number.stop
    rest = Field("rest", "record", start, "bytes", whole.size - number.size, "opaque", "assumed")
    fields = tuple(sorted((*layout.fields, rest), key=lambda each: each.offset))
    return judge_config(case, sample, learnt(layout._replace(fields=fields)))


# --- running and telling -----------------------------------------------------------------------------------------


def oracle(paths: list[Path], **options: Any) -> Learnt:
    """Know the layouts of the first seeds by their files."""
    data = {path.read_bytes() for path in paths}
    for seed in range(1, 5):
        if data & {drawn(seed).data, drawn(seed).damaged}:
            return learnt(drawn(seed).layout)
        samples = [config_sample(seed, family) for family in FAMILIES]
        samples += [varied_sample(seed, family, variant) for variant, family in VARIED]
        for sample in samples:
            if data == {each.data for each in sample.snapshots}:
                return learnt(sample.layout)
    return learnt(None)


def test_cases_are_written_learnt_and_judged_in_processes_of_their_own() -> None:
    cases = learning.cases(4)
    assert Counter(each.what for each in cases if not each.variant) == {"queue": 16, "reqconf": 2, "srvconf": 2}
    assert [(each.variant, each.what) for each in cases if each.variant] == VARIED
    found = list(verdicts(cases, oracle, jobs=2, limit=60))
    assert sorted(each.case for each in found) == sorted(cases)
    assert {each.outcome for each in found} <= {"exact", "partly"}
    assert all(each.outcome == "exact" for each in found if each.case.what == "queue")


def test_a_learner_that_hangs_dies_or_raises_is_an_error_and_the_others_go_on() -> None:
    def learner(paths: list[Path], listings: list[Path], **options: Any) -> Learnt:
        if paths[0].read_bytes() == drawn(1).data:
            if listings:
                time.sleep(60)
            os._exit(9)
        if listings:
            raise KeyError("lost")
        return learnt(None)

    begun = time.monotonic()
    cases = [Case("queue", 1, hurt, told) for hurt in (False, True) for told in (True, False)]
    found = {each.case: each for each in verdicts(cases, learner, jobs=2, limit=2)}
    assert time.monotonic() - begun < 30
    assert [found[each].outcome for each in cases] == ["error", "error", "error", "undecided"]
    assert found[cases[0]].reason == "no answer within 2 s"
    assert found[cases[1]].reason == "the process ended with 9"
    assert found[cases[2]].reason.startswith("KeyError: 'lost' (test_learning_scoreboard.py, line ")


def test_a_learner_gets_the_files_the_listings_and_what_is_known_by_file(tmp_path: Path) -> None:
    given: list[tuple[list[Path], dict[str, Any]]] = []

    def learner(paths: list[Path], **options: Any) -> Learnt:
        given.append((paths, options))
        return learnt(None)

    attempt(Case("queue", 1, told=False), learner, tmp_path)
    attempt(Case("reqconf", 2, told=True), learner, tmp_path)
    (queue, nothing), (snapshots, told) = given
    assert queue[0].read_bytes() == drawn(1).data
    assert nothing == {"listings": []}
    sample = config_sample(2, "reqconf")
    assert [path.read_bytes() for path in snapshots] == [each.data for each in sample.snapshots]
    assert [path.read_bytes() for path in told["listings"]] == [each.listing for each in sample.snapshots]
    assert told["known"][0] == f"{snapshots[0]}:{sample.snapshots[0].known[0]}"
    assert told["family"] == "reqconf"


def test_the_fixtures_are_learnt_from_as_well_and_their_layout_is_judged_exact(tmp_path: Path) -> None:
    cases = learning.reference_cases()
    assert {each.what for each in cases} == {"queue", *FAMILIES}
    assert all(each.seed < 0 for each in cases)

    def learner(paths: list[Path], **options: Any) -> Learnt:
        return learnt(reference(options.get("family", "queue")))

    found = [attempt(each, learner, tmp_path) for each in cases]
    assert {each.outcome for each in found} == {"exact"}


def test_the_table_counts_each_condition_and_shares_add_up() -> None:
    found = [
        Verdict(Case("queue", seed, hurt, told), outcome, stamp="right", checksum="left")
        for seed, outcome in enumerate(("exact", "exact", "undecided", "wrong", "partly"), 1)
        for hurt in (False, True)
        for told in (False, True)
    ]
    found += [Verdict(Case("reqconf", 1), "partly", fields=Counter({"right": 2, "left": 1}))]
    text = learning.table(found)
    assert text.count("| 5 | 2 (40.0 %) | 1 |") == 4
    assert "| clean, without listing | 5 | 2 (40.0 %) | 1 | 1 | 0 | 1 | 0 | 0 | 5, 0, 0 | 0, 5, 0 |" in text
    assert "| REQCONF, LISTDS | 1 | 2 | 1 | 0 | 0, 0 | 0 |" in text


def test_the_page_keeps_what_stands_outside_the_markers_and_the_section_can_be_taken_along() -> None:
    page = learning.with_section("# Scoreboard\n\nnumbers\n", "# Learning\n\nold\n")
    assert page.startswith("# Scoreboard\n\nnumbers\n\n<!--")
    again = learning.with_section(page + "\nafter\n", "# Learning\n\nnew\n")
    assert "old" not in again
    assert again.endswith("\nafter\n")
    assert learning.section(again) == f"{learning.BEGIN}\n# Learning\n\nnew\n{learning.END}\n"
    assert learning.section("nothing") == ""


def test_a_learner_is_found_by_its_name() -> None:
    found: Any = learning.resolve("scoreboard.layouts:queue_sample")
    assert found is queue_sample
