"""Layouts of queue files, learnt from files whose layout is known and not told."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from glbtools.binary.layout import Layout, parse
from glbtools.binary.records import NO_NUMBER
from glbtools.errors import UsageError
from glbtools.formats.queue import Record, parse_queue
from glbtools.layouts import reference
from glbtools.layouts.written import to_toml
from glbtools.learn import Learning, check_layout, learn_layout
from scoreboard.layouts import QueueSample, queue_sample, random_layout

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
LARGE = [
    "grammar/october/GLB/REQTRANS.GLB",
    "healthy-week/hub/GLB/MSTTRANS.GLB",
    "seed-stuck-requestor/hub/GLB/MSTTRANS.GLB",
    "reqconf-cloned/hub/GLB/MSTTRANS.GLB",
]
"""Queues with more than a dozen records of different texts."""

SEEDS = [0, 1, 3, 6, 10, 14, 20, 28, 42, 50, 59]
in_turn = pytest.mark.parametrize(
    ("seed", "hurt"),
    [pytest.param(seed, n % 2 == 0, id=f"{seed}-{'clean' if n % 2 else 'damaged'}") for n, seed in enumerate(SEEDS)],
)
"""Files clean and damaged in turn: the scoreboard has each in both conditions."""


def learnt(tmp_path: Path, sample: QueueSample, *, hurt: bool = False, listed: bool = False) -> tuple[Learning, bytes]:
    data = sample.damaged if hurt else sample.data
    file, listing = tmp_path / "REQTRANS.GLB", tmp_path / "LISTQ.TXT"
    file.write_bytes(data)
    listing.write_bytes(sample.listing)
    return learn_layout([file], listings=[listing] if listed else []), data


def read(data: bytes, layout: Layout) -> dict[int, tuple[int, str]]:
    queue = parse_queue(data, layout)
    return {each.start + queue.codec.len_head: (each.sync, each.text) for each in queue.records}


# --- what must be learnt -----------------------------------------------------------------------------------------


@in_turn
def test_with_a_listing_all_numbers_and_texts_are_read(seed, hurt, tmp_path):
    sample = queue_sample(seed)
    learning, data = learnt(tmp_path, sample, hurt=hurt, listed=True)
    assert learning.layout is not None, learning.reasons
    found = read(data, learning.layout)
    rows = sample.untouched if hurt else sample.rows
    assert [found.get(row.place) for row in rows] == [(row.sync, row.text) for row in rows]


@in_turn
def test_without_a_listing_what_is_decided_is_right(seed, hurt, tmp_path):
    sample = queue_sample(seed)
    learning, data = learnt(tmp_path, sample, hurt=hurt)
    if learning.layout is None:
        assert learning.reasons
        assert learning.wanted
        return
    found = read(data, learning.layout)
    numbered = learning.layout.numbered
    rows = sample.untouched if hurt else sample.rows
    assert [found.get(row.place) for row in rows] == [(row.sync if numbered else NO_NUMBER, row.text) for row in rows]


@pytest.mark.parametrize("name", LARGE)
def test_the_reference_layout_is_learnt_back(name, fixture_path):
    path = fixture_path(name)
    learning = learn_layout([path])
    assert learning.layout is not None, learning.reasons
    true = reference("queue")
    assert read(path.read_bytes(), learning.layout) == read(path.read_bytes(), true)
    varying = {"sync", "text", "checksum", "link"}
    if len({record.stamp for record in parse_queue(path.read_bytes(), true).records}) > 1:
        varying.add("stamp")
    assert roles(learning.layout, varying) == roles(true, varying)


def roles(layout: Layout, wanted: set[str]) -> set[tuple[str, int, str]]:
    return {(each.role, each.offset, each.type) for each in layout.fields if each.role in wanted}


def test_a_learnt_layout_is_written_and_read_back_to_itself(tmp_path):
    learning, _ = learnt(tmp_path, queue_sample(2))
    assert learning.layout is not None
    assert learning.toml is not None
    assert parse(learning.toml.encode(), "learnt") == learning.layout


@pytest.mark.parametrize("seed", range(40))
def test_every_layout_is_written_and_read_back_to_itself(seed):
    layout = random_layout(seed)
    assert parse(to_toml(layout).encode(), "written") == layout


@pytest.mark.parametrize("family", ["queue", "reqconf", "srvconf"])
def test_the_reference_layouts_are_written_and_read_back_to_themselves(family):
    assert parse(to_toml(reference(family), ("a remark",)).encode(), "written") == reference(family)


def test_the_same_files_give_the_same_layout(tmp_path):
    first, _ = learnt(tmp_path, queue_sample(5))
    second, _ = learnt(tmp_path, queue_sample(5))
    assert first.toml == second.toml
    assert first.reasons == second.reasons


def test_several_files_of_one_layout_are_learnt_from_together(tmp_path):
    layout = reference("queue")
    paths = []
    for number, source in enumerate(LARGE[:3]):
        path = tmp_path / f"{number}.GLB"
        path.write_bytes((FIXTURES / source).read_bytes())
        paths.append(path)
    learning = learn_layout(paths)
    assert learning.layout is not None
    assert [part.records for part in learning.parts] == [
        len(parse_queue(path.read_bytes(), layout).records) for path in paths
    ]


# --- damage is said ----------------------------------------------------------------------------------------------


def test_files_of_equal_bytes_are_one_sample(tmp_path):
    data = queue_sample(2).data
    for name in ("A", "B", "C"):
        (tmp_path / f"{name}.GLB").write_bytes(data)
    paths = [tmp_path / f"{name}.GLB" for name in ("A", "B", "C")]
    together, alone = learn_layout(paths), learn_layout(paths[:1])
    assert together.layout == alone.layout
    assert len(together.parts) == 1
    assert sum("both are one sample" in each for each in together.concluded) == 2
    with pytest.raises(UsageError, match="has the bytes of"):
        learn_layout(paths, known=["A.GLB:last=7", "C.GLB:last=8"])


def test_slack_behind_the_last_record_is_reported_and_hides_nothing(tmp_path):
    sample = queue_sample(2)
    path = tmp_path / "REQTRANS.GLB"
    path.write_bytes(sample.data + b"\xf6" * 200)
    learning = learn_layout([path])
    assert learning.layout is not None, learning.reasons
    found = read(path.read_bytes(), learning.layout)
    assert all(found.get(row.place) == (row.sync, row.text) for row in sample.rows)
    assert any(span.stop == len(sample.data) + 200 for _, span in learning.parts[0].faults)


def test_a_torn_end_is_reported_and_hides_nothing(tmp_path):
    sample = queue_sample(2)
    path = tmp_path / "REQTRANS.GLB"
    path.write_bytes(sample.data[: sample.rows[-1].stop - 9])
    learning = learn_layout([path])
    assert learning.layout is not None, learning.reasons
    found = read(path.read_bytes(), learning.layout)
    assert all(found.get(row.place) == (row.sync, row.text) for row in sample.rows[:-1])
    assert learning.parts[0].faults


# --- what cannot be told is not told -----------------------------------------------------------------------------

SEED_WITH_TWO_COUNTERS = 47


def test_numbers_from_1_on_are_decided_alone_where_they_pass_255(tmp_path):
    rows = [(n, f"A N{'ae' * (n % 13)}r {n * 7919 % 10007}\tPCM:A/B/nr{n * 31 % 997}".encode()) for n in range(1, 700)]
    data = b"".join(struct.pack("<HIH", len(text) + 1, n, 0x107) + text + b"\0" for n, text in rows)
    file = tmp_path / "MSTTRANS.GLB"
    file.write_bytes(data)
    learning = learn_layout([file])
    assert learning.layout is not None, learning.reasons
    assert not learning.layout.partial
    assert [(each.sync, each.text.encode()) for each in parse_queue(data, learning.layout).records] == rows


def test_of_two_counters_none_is_taken_for_the_number_without_more_evidence(tmp_path):
    learning, _ = learnt(tmp_path, queue_sample(SEED_WITH_TWO_COUNTERS))
    assert learning.layout is None or not learning.layout.numbered
    assert any("the number may as well be" in each for each in learning.reasons)


def test_a_listing_tells_which_of_two_counters_is_the_number(tmp_path):
    sample = queue_sample(SEED_WITH_TWO_COUNTERS)
    learning, data = learnt(tmp_path, sample, listed=True)
    assert learning.layout is not None
    assert [each.sync for each in parse_queue(data, learning.layout).records] == [row.sync for row in sample.rows]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\x00" * 4096, "nothing in the files looks like a transaction"),
        (random.Random(1).randbytes(20000), ""),
        (b"\x7f" * 24 + b"# Last confirmed ReqSync\0", "too few"),
        (b"A able\tPCM:NET/PO/able\r\n" * 3, ""),
        ("".join(f"{n:06} line of some text file, number {n}\r\n" for n in range(500)).encode(), ""),
    ],
    ids=["empty", "zeros", "random", "49 bytes", "three lines", "text"],
)
def test_too_little_evidence_gives_no_layout_and_says_what_would_help(data, reason, tmp_path):
    path = tmp_path / "REQTRANS.GLB"
    path.write_bytes(data)
    learning = learn_layout([path])
    assert learning.layout is None
    assert learning.toml is None
    assert any(reason in each for each in learning.reasons)
    assert learning.wanted


def test_of_a_single_record_the_overhead_is_told(tmp_path):
    path = tmp_path / "REQTRANS.GLB"
    path.write_bytes(b"\x11" * 24 + b"# Dummy record installed by PODIAG.\0")
    learning = learn_layout([path])
    assert learning.layout is None
    assert any("24 or 25 bytes of overhead" in each for each in learning.concluded)


@pytest.mark.parametrize("seed", range(8))
def test_numbers_made_of_noise_are_never_believed(seed, tmp_path):
    """Texts in a row with random bytes between them, of constant length: everything fits but the number."""
    dice = random.Random(seed)
    texts = [f"A Name{dice.randrange(10**6)}\tPCM:NET/PO/n{dice.randrange(10**9)}\0".encode() for _ in range(60)]
    path = tmp_path / "REQTRANS.GLB"
    path.write_bytes(b"".join(dice.randbytes(12) + text for text in texts))
    layout = learn_layout([path]).layout
    assert layout is None or not layout.numbered


# --- what somebody knows -----------------------------------------------------------------------------------------


def test_a_known_number_decides_between_two_counters(tmp_path):
    sample = queue_sample(SEED_WITH_TWO_COUNTERS)
    path = tmp_path / "REQTRANS.GLB"
    path.write_bytes(sample.data)
    learning = learn_layout([path], known=[f"last={sample.rows[-1].sync}"])
    assert learning.layout is not None, learning.reasons
    syncs = [each.sync for each in parse_queue(sample.data, learning.layout).records]
    assert syncs == [row.sync for row in sample.rows]


@pytest.mark.parametrize("known", ["last", "last=x", "reqsync=3", "other.glb:last=3", "last=99999999999"])
def test_what_is_known_must_be_well_formed(known, tmp_path):
    path = tmp_path / "REQTRANS.GLB"
    path.write_bytes(queue_sample(1).data)
    with pytest.raises(UsageError, match="--known"):
        learn_layout([path], known=[known])


def test_what_is_known_twice_must_agree(tmp_path):
    path = tmp_path / "REQTRANS.GLB"
    path.write_bytes(queue_sample(1).data)
    with pytest.raises(UsageError, match="was said to be"):
        learn_layout([path], known=["last=3", "REQTRANS.GLB:last=4"])


# --- other files -------------------------------------------------------------------------------------------------


def test_a_learnt_layout_is_tested_on_more_files(tmp_path):
    sample, other = queue_sample(2), queue_sample(3)
    learning, _ = learnt(tmp_path, sample)
    assert learning.layout is not None
    own, foreign = tmp_path / "own.glb", tmp_path / "foreign.glb"
    own.write_bytes(sample.damaged)
    foreign.write_bytes(other.data)
    fits, does_not = check_layout(learning.layout, [own, foreign])
    assert fits.fits
    assert fits.part.records
    assert not does_not.fits


@pytest.mark.parametrize("family", ["reqconf", "srvconf"])
def test_a_layout_of_a_configuration_fits_what_was_written_in_it_and_nothing_else(family, tmp_path):
    layout = reference(family)
    own = FIXTURES / "healthy-week" / "hub" / "GLB" / f"{family.upper()}.GLB"
    short, noise = tmp_path / "short", tmp_path / "noise"
    short.write_bytes(own.read_bytes()[:300])
    noise.write_bytes(random.Random(4).randbytes(own.stat().st_size))
    fits, cut, random_bytes = check_layout(layout, [own, short, noise])
    assert fits.fits, fits.part.faults
    assert not cut.fits
    assert not random_bytes.fits
    assert random_bytes.part.faults


def test_no_file_is_no_evidence():
    with pytest.raises(UsageError, match="no file"):
        learn_layout([])


def test_a_file_that_is_no_listing_is_refused(tmp_path):
    path = tmp_path / "REQTRANS.GLB"
    path.write_bytes(queue_sample(1).data)
    with pytest.raises(UsageError, match="no listing"):
        learn_layout([path], listings=[path])


def test_what_the_listing_prints_as_checksum_is_one_though_nothing_computes_it(tmp_path):
    seeds = (seed for seed in range(200) if _printed_only(queue_sample(seed)))
    sample = queue_sample(next(seeds))
    learning, data = learnt(tmp_path, sample, listed=True)
    assert learning.layout is not None
    assert not learning.layout.checksum
    records: list[Record] = parse_queue(data, learning.layout).records
    assert [each.checksum for each in records] == [each.checksum for each in parse_queue(data, sample.layout).records]


def _printed_only(sample: QueueSample) -> bool:
    return bool(
        sample.layout.with_role("checksum") and not sample.layout.checksum and b"Checking CRC" in sample.listing
    )
