"""Checksums are found from records that have them, and nothing is found where there is none."""

from __future__ import annotations

import time
import tomllib
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from glbtools import layouts
from glbtools.binary import layout
from glbtools.binary.checksum import ALGORITHMS, CATALOGUE, OWN, SUMS, Crc
from glbtools.binary.records import codec
from glbtools.learn import checksums
from glbtools.learn.checksums import CHANCE, ChecksumMatch, Sample, search

laws = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))

Compute = Callable[[bytes], int]
HEAD = ("len_text", "sync", "stamp", "ofs_next")
WHOLE = (*HEAD, "text", "terminator", "flags")
REGIONS = [
    ("text",),
    ("text", "terminator"),
    ("sync", "text"),
    ("stamp", "text", "terminator"),
    ("ofs_next", "text"),
    ("sync", "stamp", "ofs_next", "text"),
    ("sync", "stamp", "text"),
    ("len_text", "sync", "text", "terminator"),
    (*HEAD, "text", "terminator"),
    WHOLE,
]


def texts(random: Random, count: int) -> list[str]:
    """Transactions with different texts."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    found: dict[str, None] = {}
    while len(found) < count:
        name = "".join(random.choices(letters, k=random.randint(3, 8)))
        box = f"{name[: random.randint(3, 5)]}{random.randint(0, 99)}"
        found[f"{random.choice('ADM')} {name.title()}\tPCM:POLYNOMIAL/MONTGOMERY/{box}"] = None
    return list(found)


def sample(number: int, text: str, compute: Compute, covers: Sequence[str], order: str, width: int = 2) -> Sample:
    fields = {
        "len_text": (len(text) + 1).to_bytes(2, "little"),
        "sync": (4000 + 3 * number).to_bytes(4, "little"),
        "stamp": (765720832 + number * number % 977).to_bytes(4, "little"),
        "ofs_next": (70_001 * (number + 1)).to_bytes(4, "little"),
        "text": text.encode(),
        "terminator": b"\0",
        "flags": bytes([number * 7 % 251]),
    }
    value = compute(b"".join(fields[name] for name in covers))
    stored = value.to_bytes(width, "little" if order == "little" else "big")
    head = tuple((name, fields[name]) for name in HEAD)
    return Sample(stored, fields["text"], b"\0", head, (("flags", fields["flags"]),))


def samples(
    compute: Compute, covers: Sequence[str] = ("text",), count: int = 60, order: str = "little", width: int = 2,
    seed: int = 1,
) -> list[Sample]:  # fmt: skip
    made = texts(Random(seed), count)
    return [sample(number, text, compute, covers, order, width) for number, text in enumerate(made)]


def damaged(given: list[Sample], count: int, seed: int = 2) -> tuple[list[Sample], set[int]]:
    """Return records of which some have one flipped bit, in the text or in the checksum; and which."""
    random = Random(seed)
    bad = set(random.sample(range(len(given)), count))
    changed = list(given)
    for index in bad:
        part = random.choice(["text", "stored"])
        data = bytearray(getattr(given[index], part))
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        changed[index] = given[index]._replace(**{part: bytes(data)})
    return changed, bad


def reproduces(found: ChecksumMatch, given: Sequence[Sample]) -> list[bool]:
    """Whether what was found gives the stored value of each record."""
    compute = found.crc.compute if found.crc else ALGORITHMS[found.algorithm].compute
    right = []
    for each in given:
        parts = dict(each.head) | dict(each.trail) | {"text": each.text, "terminator": each.terminator}
        value = compute(b"".join(parts[name] for name in found.covers))
        right.append(
            value.to_bytes(len(each.stored), "little" if found.byte_order == "little" else "big") == each.stored
        )
    return right


# --- what is there is found ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("name", [*CATALOGUE, *SUMS])
def test_everything_that_has_a_name_is_found_by_it(name: str, order: str) -> None:
    size, compute = ALGORITHMS[name]
    found = search(samples(compute, order=order, width=max(2, size)), max(2, size))
    assert found is not None
    assert (found.algorithm, found.covers, found.byte_order, found.contradicted) == (name, ("text",), order, ())
    assert found.crc == CATALOGUE.get(name)
    assert found.confirmed == found.held_out == 57


@pytest.mark.parametrize("covers", REGIONS)
@pytest.mark.parametrize("name", ["crc-16/usb", "sum-16/negated", "fletcher-16"])
def test_what_a_named_one_covers_is_found(name: str, covers: tuple[str, ...]) -> None:
    compute = ALGORITHMS[name].compute
    found = search(samples(compute, covers), 2)
    assert found is not None
    # A NUL more or less changes no sum: then the shorter region is named, and the other beside it.
    if name.startswith("sum") and covers[-1] == "terminator":
        assert found.covers == covers[:-1]
        assert f"{name} over {'+'.join(covers)}" in found.rivals
    else:
        assert (found.algorithm, found.covers) == (name, covers)


@st.composite
def crcs(draw: st.DrawFn, width: int) -> Crc:
    number = st.one_of(st.sampled_from([0, (1 << width) - 1]), st.integers(0, (1 << width) - 1))
    poly = draw(st.integers(0, (1 << width - 1) - 1)) << 1 | 1
    return Crc(width, poly, draw(number), draw(st.booleans()), draw(st.booleans()), draw(number))


@laws
@given(st.sampled_from([2, 2, 4]), st.data())
def test_any_polynomial_is_found(width: int, data: st.DataObject) -> None:
    crc = data.draw(crcs(8 * width))
    covers = data.draw(st.sampled_from(REGIONS))
    order = data.draw(st.sampled_from(["little", "big"]))
    seed = data.draw(st.integers(0, 1000))
    found = search(samples(crc.compute, covers, 80, order, width, seed), width)
    assert found is not None
    assert found.contradicted == ()
    others = samples(crc.compute, covers, 300, order, width, seed + 1)
    assert all(reproduces(found, others)), "what was found holds for records that nobody has seen"


@laws
@given(crcs(16), st.integers(0, 1000))
def test_a_dozen_records_of_two_lengths_are_enough(crc: Crc, seed: int) -> None:
    # Of a dozen records of many lengths hardly two have the same; one alone of a length confirms nothing.
    made = samples(crc.compute, ("text",), 400, seed=seed)
    found = search([each for length in (39, 41) for each in [one for one in made if len(one.text) == length][:6]], 2)
    assert found is not None
    assert found.contradicted == ()
    assert found.chance <= CHANCE


@laws
@given(crcs(16), st.integers(0, 1000))
@example(Crc(16, poly=511, init=0, refin=True, refout=False, xorout=1), 157)
@example(Crc(16, poly=3, init=1, refin=False, refout=False, xorout=1), 142)
def test_of_a_dozen_records_none_contradicts_what_is_found(crc: Crc, seed: int) -> None:
    given = [each for each in samples(crc.compute, ("text",), 400, seed=seed) if len(each.text) in {39, 41}][:12]
    found = search(given, 2)
    assert found is None or (found.contradicted == () and found.chance <= CHANCE)


@laws
@given(crcs(16), st.sampled_from(REGIONS), st.integers(0, 1000), st.sampled_from([50, 200, 600]))
def test_damaged_records_are_told_and_do_not_hinder(crc: Crc, covers: tuple[str, ...], seed: int, count: int) -> None:
    given, bad = damaged(samples(crc.compute, covers, count, seed=seed), count // 50, seed)
    found = search(given, 2)
    assert found is not None
    assert set(found.contradicted) == bad


@pytest.mark.parametrize("name", ["crc-16/arc", "sum-16", "crc-32/iscsi"])
def test_damaged_records_do_not_hinder_a_named_one(name: str) -> None:
    size, compute = ALGORITHMS[name]
    given, bad = damaged(samples(compute, ("sync", "text"), 1000, width=size), 20)
    found = search(given, size)
    assert found is not None
    assert (found.algorithm, found.covers, set(found.contradicted)) == (name, ("sync", "text"), bad)


def test_three_records_are_enough_for_a_name() -> None:
    found = search(samples(ALGORITHMS["crc-16/dnp"].compute, count=3, seed=4), 2)
    assert found is not None
    assert (found.algorithm, len(found.used), found.confirmed, found.held_out) == ("crc-16/dnp", 1, 2, 2)
    assert found.chance <= CHANCE


def test_a_narrow_one_in_a_wide_field_is_found() -> None:
    for name in ("crc-16/xmodem", "xor-8"):
        found = search(samples(ALGORITHMS[name].compute, width=4), 4)
        assert found is not None
        assert found.algorithm == name
    crc = Crc(16, 0x3D65, 0xB2AA, True, True, 0x1234)
    found = search(samples(crc.compute, width=4), 4)
    assert found is not None
    assert found.crc is not None
    assert (found.crc.width, found.crc.poly) == (16, 0x3D65)


def test_a_sum_of_bytes_in_a_wide_field_is_the_wide_one() -> None:
    found = search(samples(ALGORITHMS["sum-32"].compute, width=4), 4)
    assert found is not None
    assert found.algorithm == "sum-32"
    assert "sum-16 over text" in found.rivals
    assert "not told apart from" in found.doc


# --- what cannot be decided is said ----------------------------------------------------------------------------------


def test_records_of_one_length_do_not_tell_init_from_xorout() -> None:
    crc = Crc(16, 0x3D65, 0xB2AA, True, True, 0x1234)
    given = [each for each in samples(crc.compute, count=900) if len(each.text) == 41]
    found = search(given, 2)
    assert found is not None
    assert found.crc is not None
    assert (found.algorithm, found.crc.poly, found.crc.xorout, found.contradicted) == (OWN, 0x3D65, 0, ())
    assert "so few lengths do not tell apart" in found.doc


def test_pairs_that_are_one_function_are_counted() -> None:
    # 0x3d65 has the factor x + 1 once, 0x1021 too; 0x0089 is odd at x = 1.
    for poly, text in ((0x3D65, "one of 2 pairs that give the same for every message"), (0x002D, "")):
        found = search(samples(Crc(16, poly, 0x1234, xorout=0x4321).compute, count=200), 2)
        assert found is not None
        assert text in found.open
        assert bool(found.open) == bool(text)


def test_usual_values_are_preferred_among_equal_pairs() -> None:
    for init, xorout in ((0, 0), (0xFFFF, 0), (0, 0xFFFF), (0xFFFF, 0xFFFF), (0x1234, 0), (0, 0x1234)):
        crc = Crc(16, 0x002D, init, True, True, xorout)
        found = search(samples(crc.compute, count=120), 2)
        assert found is not None
        assert found.crc == crc


# --- nothing is found where there is nothing ------------------------------------------------------------------------


@pytest.mark.parametrize("width", [2, 4])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 8, 12, 25, 60, 300])
def test_random_fields_have_no_checksum(count: int, width: int) -> None:
    random = Random(count)
    for _ in range(3):
        assert search(samples(lambda _: random.getrandbits(8 * width), count=count, width=width), width) is None


OTHER_FIELDS: dict[str, Callable[[int, Sample], int]] = {
    "constant": lambda _, __: 0x1234,
    "zero": lambda _, __: 0,
    "nearly constant": lambda number, _: int(number == 3),
    "length": lambda _, each: len(each.text) + 1,
    "number": lambda number, _: number,
    "copy of the sync": lambda _, each: int.from_bytes(each.head[1][1], "little") & 0xFFFF,
    "offset": lambda number, _: number * 57 % 65536,
    "clock": lambda number, _: 765720832 + 37 * number & 0xFFFF,
    "operation": lambda _, each: each.text[0],
    "two letters": lambda _, each: int.from_bytes(each.text[2:4], "big"),
    "letters counted": lambda _, each: each.text.count(b"a") + each.text.count(b"e"),
    "sum of something else": lambda _, each: sum(each.text[20:]) & 0xFFFF,
    "CRC of something else": lambda _, each: zlib.crc32(each.text[5:]) & 0xFFFF,
}


@pytest.mark.parametrize("count", [4, 12, 40, 400])
@pytest.mark.parametrize("what", OTHER_FIELDS)
def test_a_field_that_is_something_else_is_no_checksum(what: str, count: int) -> None:
    given = [
        each._replace(stored=OTHER_FIELDS[what](number, each).to_bytes(2, "little"))
        for number, each in enumerate(samples(lambda _: 0, count=count))
    ]
    assert search(given, 2) is None


# LISTQ's output in Q96060 (docs/method.md).
PUBLISHED = {
    0xFB16: "R PCM:POLYNOMIAL/MONTGOMERY",
    0xB4A2: "A able is he who knows his limit\tPCM:POLYNOMIAL/MONTGOMERY/able",
    0x2FC1: "A apple\tPCM:POLYNOMIAL/MONTGOMERY/apple",
    0xD2CD: "A Paul\tPCM:POLYNOMIAL/MONTGOMERY/paul",
    0x6D23: "A Bryan\tPCM:POLYNOMIAL/MONTGOMERY/bryan",
    0x16F9: "A Mark\tPCM:POLYNOMIAL/MONTGOMERY/mark",
}


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("head", [(), ("sync",), ("sync", "stamp"), ("stamp", "sync")])
def test_the_published_values_stay_opaque(head: tuple[str, ...], order: str) -> None:
    given = []
    for number, (value, text) in enumerate(PUBLISHED.items(), 1):
        fields = {"sync": number.to_bytes(4, "little"), "stamp": (765720832).to_bytes(4, "little")}
        stored = value.to_bytes(2, "little" if order == "little" else "big")
        given.append(Sample(stored, text.encode(), b"\0", tuple((name, fields[name]) for name in head)))
    assert search(given, 2) is None


def test_records_that_share_a_text_do_not_confirm_each_other() -> None:
    compute = ALGORITHMS["crc-16/arc"].compute
    two = samples(compute, count=2)
    assert search(two * 50, 2) is None
    three = samples(compute, count=3, seed=4)
    found = search([*three, *three[:1] * 50], 2)
    assert found is not None
    assert (found.confirmed, found.held_out) == (2, 2)


def test_a_few_records_must_all_agree() -> None:
    given = samples(ALGORITHMS["crc-16/arc"].compute, count=12)
    assert search(given, 2) is not None
    spoilt = [*given[:11], given[11]._replace(stored=b"\0\0")]
    assert search(spoilt, 2) is None


def test_many_records_must_nearly_all_agree() -> None:
    given = samples(ALGORITHMS["crc-16/arc"].compute, count=200)
    spoilt, _ = damaged(given, 20)
    assert search(spoilt, 2) is None


@pytest.mark.parametrize("width", [0, 1, 3, 8])
def test_other_widths_are_refused(width: int) -> None:
    with pytest.raises(ValueError, match=f"a field of {width} bytes"):
        search([Sample(bytes(width), b"A a")], width)


def test_a_field_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="a field of 4 bytes"):
        search([Sample(b"\0\0", b"A a")], 4)


# --- what comes of it ------------------------------------------------------------------------------------------------


def spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


@pytest.mark.parametrize(
    "crc", [CATALOGUE["crc-16/modbus"], Crc(16, 0x3D65, 0xB2AA, False, True, 0x1234)], ids=["named", "own"]
)
@pytest.mark.parametrize("covers", [("text",), ("text", "terminator"), ("sync", "text"), ("sync", "stamp", "text")])
def test_the_table_makes_a_layout_that_computes_the_same(crc: Crc, covers: tuple[str, ...]) -> None:
    reference = Path(layouts.__file__).with_name("queue-reference-1.toml").read_text("utf-8")
    assert tomllib.loads(reference)["checksum"]["algorithm"] == "crc-16/xmodem"

    def own(table: dict[str, object]) -> layout.Layout:
        rows = "".join(f"{key} = {spelled(value)}\n" for key, value in table.items() if key != "doc")
        before, _, rest = reference.partition("[checksum]")
        return layout.parse(
            f"{before}[checksum]\n{rows}\n[[field]]{rest.partition('[[field]]')[2]}".encode(), "own.toml"
        )

    names = {each: name for name, each in CATALOGUE.items()}
    plain: dict[str, object] = {"algorithm": names[crc]} if crc in names else {"algorithm": "crc", **crc._asdict()}
    writer = codec(own({**plain, "covers": list(covers)}))
    given, made = [], []
    for number, text in enumerate(texts(Random(3), 80)):
        record = writer.make(number + 1, text, stamp=765720832 + 97 * number)
        parts = {field.name: writer.pack(record)[slice(*span)] for field, span, _ in writer.parts(record)}
        head = tuple((field.name, parts[field.name]) for field in writer.head if field.role != "checksum")
        given.append(Sample(parts["checksum"], parts["text"], parts["terminator"], head))
        made.append(record)
    found = search(given, 2)
    assert found is not None
    assert found.table["status"] == "observed"
    assert found.table["doc"] == found.doc
    reader = codec(own(found.table))
    assert [reader.checksum(each) for each in made] == [each.checksum for each in made]
    assert reader.layout.covers == covers


def test_the_evidence_is_told_in_one_sentence() -> None:
    given, _ = damaged(samples(ALGORITHMS["crc-16/arc"].compute, count=100), 2)
    found = search(given, 2)
    assert found is not None
    assert found.doc == (
        "found with 3 records, reproduces 96 of 97 others with different texts; "
        f"hypotheses tried: {found.hypotheses}, chance of an accident: below 1e-30"
    )


def test_the_same_records_give_the_same_answer() -> None:
    given, _ = damaged(samples(Crc(16, 0x3D65, 0xB2AA).compute, ("sync", "text"), count=200), 4)
    assert search(given, 2) == search(list(given), 2)


@pytest.mark.parametrize("width", [2, 4])
def test_a_search_in_thousands_of_records_ends_soon(width: int) -> None:
    random = Random(1)
    for compute, most in ((ALGORITHMS["sum-16"].compute, 2.0), (lambda _: random.getrandbits(8 * width), 5.0)):
        given = samples(compute, ("text",), 4000, width=width)
        start = time.process_time()
        search(given, width)
        assert time.process_time() - start < most


def test_texts_of_many_kilobytes_end_soon() -> None:
    random = Random(1)
    given = [
        Sample(random.randbytes(2), b"T X:\r\n" + random.randbytes(8000 + number % 3), b"\0", (("sync", bytes(4)),))
        for number in range(200)
    ]
    start = time.process_time()
    assert search(given, 2) is None
    assert time.process_time() - start < 5.0


# --- polynomials -----------------------------------------------------------------------------------------------------

polynomials = st.integers(1, (1 << 40) - 1)


def times(one: int, other: int) -> int:
    result = 0
    for bit in range(other.bit_length()):
        result ^= (one << bit) * (other >> bit & 1)
    return result


@given(polynomials, polynomials, polynomials)
def test_division_undoes_multiplication(one: int, other: int, rest: int) -> None:
    quotient, left = checksums._divided(times(one, other) ^ rest, other)
    assert times(quotient, other) ^ left == times(one, other) ^ rest
    assert left.bit_length() < other.bit_length()


@given(polynomials, polynomials, polynomials)
def test_a_common_divisor_divides_both_and_holds_every_other(one: int, other: int, factor: int) -> None:
    common = checksums._gcd(times(one, factor), times(other, factor), 0)
    for number, by in ((times(one, factor), common), (times(other, factor), common), (common, factor)):
        assert checksums._divided(number, by)[1] == 0


@given(polynomials, polynomials)
def test_an_inverse_makes_one(number: int, modulus: int) -> None:
    if modulus > 1 and checksums._gcd(number, modulus, 0) == 1:
        assert checksums._product(checksums._inverse(number, modulus), number, modulus) == 1


@given(st.integers(0, 60), st.integers(3, 1 << 20))
def test_a_power_is_a_product(exponent: int, modulus: int) -> None:
    expected = checksums._divided(1 << exponent, modulus)[1]
    assert checksums._power(2, exponent, modulus) == expected
