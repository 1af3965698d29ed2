"""Laws of the reader and writer of records, for layouts of the whole family a layout file can describe."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import glbtools
from glbtools import layouts
from glbtools.binary import columns, layout, records, structure
from glbtools.binary.checksum import ALGORITHMS as KNOWN
from glbtools.binary.columns import Columns
from glbtools.binary.field import Field
from glbtools.binary.layout import TERMINATORS, Layout
from glbtools.binary.records import Damage, Record, RecordCodec
from glbtools.binary.span import Region, Span, joined, tile
from glbtools.errors import UsageError

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"

laws = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))

# --- layouts of the whole family -------------------------------------------------------------------------------------

NUMBERS = ("u16", "u32", "dec:5", "dec:10", "hex:4", "hex:8")
LENGTHS = ("u8", *NUMBERS, "dec:3", "hex:2")
ALGORITHMS = [name for name, each in KNOWN.items() if each.size <= 2]
OPAQUE = ("u8", "i16", "u32", "bytes:1", "bytes:3", "text:5", "dec:4")


@st.composite
def layouts_of_queues(
    draw: st.DrawFn,
    terminator: st.SearchStrategy[str] = st.sampled_from(sorted(TERMINATORS)),  # noqa: B008
    measured: st.SearchStrategy[bool] = st.booleans(),  # noqa: B008
    simple: bool = False,
) -> Layout:
    """Draw a layout file and return what it says.

    ``measured`` decides whether records have a length field; ``simple`` layouts are those numpy can read all at once.
    """
    ends = draw(terminator)
    has_length = draw(measured)
    by_stride = ends == "none" and not has_length
    numbers = [kind for kind in NUMBERS if not simple or kind[0] == "u"]
    lengths = [kind for kind in LENGTHS if not simple or kind[0] == "u"]
    opaque = [kind for kind in OPAQUE if not simple or kind[0] != "d"]
    optional = ["stamp", "checksum", "link", "link", "opaque", "opaque", "unclaimed", "unclaimed"]
    roles = draw(st.permutations(["sync", *draw(st.lists(st.sampled_from(optional), max_size=6))]))
    seen: set[str] = set()
    sections: dict[str, list[tuple[str, str]]] = {"record": [], "trailer": []}
    for role in roles:
        if role in {"stamp", "checksum"} and role in seen:
            continue
        seen.add(role)
        section = "record" if by_stride or simple else draw(st.sampled_from(["record", "record", "trailer"]))
        kind = draw(st.sampled_from(opaque if role in {"opaque", "unclaimed"} else numbers))
        sections[section].append((role, kind))
    if has_length:
        place = draw(st.integers(0, len(sections["record"])))
        sections["record"].insert(place, ("len_text", draw(st.sampled_from(lengths))))
    rows, heads = [], {}
    for section, fields in sections.items():
        offset = 0
        for number, (role, kind) in enumerate(fields):
            if role != "unclaimed":
                rows.append(
                    f'[[field]]\nname = "{section}_{number}"\nsection = "{section}"\noffset = {offset}\n'
                    f'type = "{kind}"\nrole = "{role}"\nstatus = "assumed"\n'
                    f'byte_order = "{draw(st.sampled_from(["little", "big"]))}"\n'
                    + (f'link = "{draw(st.sampled_from(["previous", "next"]))}"\n' if role == "link" else "")
                )
            offset += int(kind.partition(":")[2] or int(kind[1:]) // 8)
        heads[section] = offset
    rows.append(
        f'[[field]]\nname = "text"\noffset = {heads["record"]}\ntype = "text"\nrole = "text"\nstatus = "assumed"\n'
    )
    stride = draw(st.sampled_from([1] if simple else [1, 1, 2, 16, 50]))
    if by_stride:
        stride = heads["record"] + draw(st.integers(1, 40))
    counts = draw(st.sampled_from(layout.LENGTH_COUNTS)) if has_length else "text+terminator"
    behind = not by_stride and (stride > 1 or counts == "record")
    lead = draw(st.sampled_from([0, draw(st.integers(0, heads["record"]))])) if behind else 0
    algorithm = draw(st.sampled_from(ALGORITHMS)) if "checksum" in seen else ""
    content = (
        'id = "drawn"\nfamily = "queue"\ntitle = "Drawn"\nstatus = "assumed"\n'
        f'byte_order = "{draw(st.sampled_from(["little", "big"]))}"\n'
        f'encoding = "{draw(st.sampled_from(["cp850", "cp437", "cp1252", "latin-1"]))}"\n'
        f'[framing]\nheader = {draw(st.sampled_from([0, 0, 1, 7, 64]))}\nterminator = "{ends}"\n'
        f'length_counts = "{counts}"\nstride = {stride}\nlead = {lead}\npad = {draw(st.sampled_from([0, 32, 255]))}\n'
        "[checksum]\n{}\n" + "".join(rows)
    )
    plain = layout.parse(content.format(f"algorithm = '{algorithm}'").encode(), "drawn.toml")
    if not algorithm:
        return plain
    names = [each.name for each in plain.fields if each.section != "header" and each.role != "checksum"]
    if plain.terminator != "none":
        names.insert(names.index("text") + 1, "terminator")
    chosen = draw(st.sets(st.sampled_from(names), min_size=1))
    covers = [name for name in names if name in chosen]
    spelled = draw(st.sampled_from([algorithm, 'crc"\nwidth = 16\npoly = 4129\nrefin = true\n#"']))
    summing = f'algorithm = "{spelled}"\ncovers = {covers}'
    return layout.parse(content.format(summing).encode(), "drawn.toml")


@dataclass
class File:
    """A sound file of some layout: its bytes, its records and a codec that is not shared with other tests."""

    codec: RecordCodec
    data: bytes
    records: list[Record]

    @property
    def layout(self) -> Layout:
        return self.codec.layout


def number(draw: st.DrawFn, each: Field | None, highest: int = 0xFFFFFFFF) -> int | None:
    if each is None:
        return None
    return draw(st.integers(0, min(highest, each.range[1])))


def fits(codec: RecordCodec, raw: bytes) -> bool:
    """Whether a text can be told from what follows it."""
    if codec.length is None and codec.terminator:
        return codec.terminator not in raw
    if codec.length is None:
        room = codec.layout.stride - codec.len_head
        return len(raw) <= room and not raw.endswith(bytes([codec.layout.pad]))
    return codec.layout.terminator != "nul" or b"\0" not in raw


@st.composite
def files(
    draw: st.DrawFn,
    of: st.SearchStrategy[Layout] = layouts_of_queues(),  # noqa: B008
    texts: st.SearchStrategy[bytes] = st.binary(max_size=30),  # noqa: B008
    most: int = 6,
    highest: int = 0xFFFFFFFF,
) -> File:
    chosen = draw(of)
    codec = RecordCodec(chosen)
    data, made = draw(st.binary(min_size=chosen.header, max_size=chosen.header)), []
    for _ in range(draw(st.integers(0, most))):
        raw = draw(texts)
        if not fits(codec, raw):
            continue
        sync = number(draw, chosen.with_role("sync"), highest)
        assert sync is not None
        record = codec.make(
            sync,
            raw.decode(chosen.encoding, "surrogateescape"),
            stamp=number(draw, chosen.with_role("stamp"), highest),
            checksum=number(draw, chosen.with_role("checksum")) if draw(st.booleans()) else None,
            start=len(data),
            previous=made[-1].start if made else None,
        )
        made.append(record)
        data += codec.pack(record)
    return File(codec, data, made)


# A transaction's first letter stands before a blank nowhere else, so that nothing else looks like the start of one.
TRANSACTIONS = st.from_regex(rb"[ADMRT#] [a-z:/]{0,20}", fullmatch=True)
SIMPLE = layouts_of_queues(measured=st.just(True), simple=True)
FRAMED = layouts_of_queues(terminator=st.sampled_from(["nul", "crlf"]), measured=st.just(True))


def edits() -> st.SearchStrategy[list[tuple[str, int, int, bytes]]]:
    """Draw what happens to a file: kind of damage, two places, and bytes."""
    kinds = st.sampled_from(["flip", "delete", "insert", "truncate", "duplicate", "swap"])
    return st.lists(st.tuples(kinds, st.integers(0, 1 << 20), st.integers(0, 60), st.binary(max_size=40)), max_size=5)


def damaged(data: bytes, changes: list[tuple[str, int, int, bytes]]) -> bytes:
    for kind, place, size, extra in changes:
        at = place % (len(data) + 1)
        before, part, after = data[:at], data[at : at + size], data[at + size :]
        data = {
            "flip": before + extra[: len(part)] + part[len(extra) :] + after,
            "delete": before + after,
            "insert": before + extra * (size % 4) + part + after,
            "truncate": before,
            "duplicate": before + part + part + after,
            "swap": before + after[:size] + part + after[size:],
        }[kind]
    return data


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass
class Read:
    rows: list[Any]
    gaps: list[Span]
    damage: list[Damage]


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def read(codec: RecordCodec, data: bytes, kind: str = "records", size: int = 1 << 20) -> Read:
    batches = list(codec.batches(pieces(data, size), kind))
    gaps = [gap for batch in batches for gap in batch.gaps]
    assert all(data[gap.start : gap.stop] == gap.data != b"" for gap in gaps)
    return Read(
        [row for batch in batches for row in batch.rows],
        joined(Span(gap.start, gap.stop) for gap in gaps),
        [damage for batch in batches for damage in batch.damage],
    )


def numbers(parts: list[Columns]) -> list[list[int]]:
    return [[int(value) for value in column] for column in columns.join(parts)]


@contextmanager
def without_numpy() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_numpy", lambda: None)
        yield


@contextmanager
def short_sight() -> Iterator[None]:
    """Shrink what the reader looks ahead, so that small files are longer; codecs must be made inside."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "MAX_TEXT", 60)
        patch.setattr(columns, "MAX_TEXT", 60)
        patch.setattr(columns, "_FIRST_STRETCH", 20)
        patch.setattr(records, "LOOKAHEAD", 300)
        yield


def check_every_byte(codec: RecordCodec, data: bytes) -> Read:
    """Records and gaps tile the data behind the header, and give it back."""
    result = read(codec, data)
    header = data[: codec.layout.header]
    items = [
        *(Region(Span(each.start, each.stop), "record") for each in result.rows),
        *(Region(each, "empty") for each in result.gaps),
        *([Region(Span(0, len(header)), "header")] if header else []),
    ]
    tiled = tile(items, len(data))
    assert "gap" not in {each.what for each in tiled}
    built = {each.start: codec.pack(each) for each in result.rows}
    assert b"".join(built.get(span.start, data[span.start : span.stop]) for span, _ in tiled) == data
    for each in result.rows:
        parts = [Region(span, field.name) for field, span, _ in codec.parts(each)]
        assert parts == sorted(parts, key=lambda part: part.span)
        assert {part.what for part in tile(_moved(parts, -each.start), each.stop - each.start)} <= {
            *(field.name for field in codec.fields), "text", "terminator", "padding",
        }  # fmt: skip
    return result


def _moved(parts: list[Region], by: int) -> list[Region]:
    return [Region(Span(span.start + by, span.stop + by), what) for span, what in parts]


# --- laws for sound files --------------------------------------------------------------------------------------------


@laws
@given(files())
def test_what_is_written_is_read_back(file: File) -> None:
    assert read(file.codec, file.data) == Read(file.records, [], [])
    check_every_byte(file.codec, file.data)


@laws
@given(files())
def test_the_fast_reader_equals_the_construct_form(file: File) -> None:
    form = structure.record(file.layout)
    stream = io.BytesIO(file.data)
    stream.seek(file.layout.header)
    for record in file.records:
        spans: list[tuple[str, int, int]] = []
        parsed = form.parse_stream(stream, spans=spans)
        assert stream.tell() == record.stop
        slow = {name: (Span(start, stop), parsed[name]) for name, start, stop in spans}
        fast = {field.name: (span, value) for field, span, value in file.codec.parts(record)}
        for name, (span, value) in slow.items():
            if name not in fast:
                assert name in {"padding", "terminator"} and value == b""
                continue
            assert span == fast[name][0]
            field = file.layout.by_name.get(name)
            if name == "text":
                assert value.decode(file.layout.encoding, "surrogateescape") == fast[name][1]
            elif field is not None and isinstance(value, bytes):
                assert field.read(value) == fast[name][1]
            else:
                assert value == fast[name][1]
        assert set(fast) <= set(slow)
        assert form.build(parsed) == file.data[record.start : record.stop]


@laws
@given(st.one_of(files(), files(SIMPLE, most=20), files(SIMPLE, TRANSACTIONS, most=20)), edits())
def test_tuples_and_columns_are_the_records_in_other_clothes(file: File, changes: list[Any]) -> None:
    data = damaged(file.data, changes)
    expected = read(file.codec, data)
    assert read(file.codec, data, "tuples") == Read([row[:6] for row in expected.rows], expected.gaps, expected.damage)
    wanted = [
        [row.sync for row in expected.rows],
        [row.stamp or 0 for row in expected.rows],
        [row.checksum or 0 for row in expected.rows],
        [row.start for row in expected.rows],
        [row.stop for row in expected.rows],
    ]
    for found in (read(file.codec, data, "columns"), _plain_columns(file.codec, data)):
        assert (numbers(found.rows), found.gaps, found.damage) == (wanted, expected.gaps, expected.damage)


def _plain_columns(codec: RecordCodec, data: bytes) -> Read:
    with without_numpy():
        found = read(codec, data, "columns")
        assert not any(hasattr(part.sync, "dtype") for part in found.rows)
    return found


@laws
@given(files())
def test_a_checksum_is_computed_over_the_stored_bytes_of_what_it_covers(file: File) -> None:
    form = structure.record(file.layout)
    stream = io.BytesIO(file.data)
    stream.seek(file.layout.header)
    for record in file.records:
        spans: list[tuple[str, int, int]] = []
        form.parse_stream(stream, spans=spans)
        bytes_of = {name: file.data[start:stop] for name, start, stop in spans}
        covered = b"".join(bytes_of[name] for name in file.layout.covers)
        assert file.codec.covered(record) == covered
        algorithm = file.layout.algorithm
        assert file.codec.checksum(record) == (algorithm.compute(covered) if algorithm else None)


@laws
@given(files())
def test_what_is_written_has_its_checksum_and_keeps_it_when_it_is_written_again(file: File) -> None:
    previous = None
    for record in file.records:
        made = file.codec.make(record.sync, record.text, stamp=record.stamp, start=record.start, previous=previous)
        assert file.codec.checksum(made) in {made.checksum, None}
        assert file.codec.carried(made, made) == made
        wrong = None if made.checksum is None else made._replace(checksum=made.checksum ^ 1)
        if wrong is not None:
            assert file.codec.carried(made, wrong) == wrong
        previous = record.start


@laws
@given(files())
def test_a_copy_with_another_number_gets_another_checksum_where_that_is_covered(file: File) -> None:
    for record in file.records:
        source = file.codec.carried(record, None)
        copy = file.codec.carried(source._replace(sync=source.sync ^ 1), source)
        assert file.codec.checksum(copy) in {copy.checksum, None}
        listed = source._replace(others=(), tail=b"", stamp=None)
        again = file.codec.carried(source._replace(sync=source.sync ^ 1), listed)
        assert again == copy


# --- laws for any bytes ----------------------------------------------------------------------------------------------

REFERENCE = RecordCodec(layouts.reference("queue"))


@laws
@given(layouts_of_queues(), st.binary(max_size=400))
def test_any_bytes_are_accounted_for(chosen: Layout, data: bytes) -> None:
    check_every_byte(RecordCodec(chosen), data)


@laws
@given(files(most=12), edits())
def test_a_damaged_file_is_accounted_for(file: File, changes: list[Any]) -> None:
    check_every_byte(file.codec, damaged(file.data, changes))


@laws
@given(
    layouts_of_queues(),
    st.lists(st.sampled_from([b"A ", b"D x", b"\0", b"\r\n", b"  ", b"\xff", b"1", b"0000000001", b"\0\0\1"])),
)
def test_bytes_that_look_like_records_are_accounted_for(chosen: Layout, parts: list[bytes]) -> None:
    check_every_byte(RecordCodec(chosen), b"".join(parts) * 3)


@laws
@given(st.data())
def test_the_result_does_not_depend_on_how_the_file_is_cut_up(data: st.DataObject) -> None:
    with short_sight():
        of = data.draw(st.sampled_from([layouts_of_queues(), SIMPLE, FRAMED]))
        file = data.draw(files(of, data.draw(st.sampled_from([st.binary(max_size=30), TRANSACTIONS])), most=40))
        noise = data.draw(st.sampled_from([b"", b"\xff", b"A ", b"A \0", b"\0", b"x\r\n", b"1", bytes(range(256))]))
        content = damaged(file.data, data.draw(edits()))
        middle = len(content) // 2
        content = content[:middle] + noise * data.draw(st.integers(0, 1500 // max(1, len(noise)))) + content[middle:]
        whole = check_every_byte(file.codec, content)
        for size in (1, 7, 100, 4096):
            assert read(file.codec, content, "records", size) == whole
            assert read(file.codec, content, "tuples", size).rows == [row[:6] for row in whole.rows]
            found = read(file.codec, content, "columns", size)
            assert numbers(found.rows)[3:] == [[row[4] for row in whole.rows], [row[5] for row in whole.rows]]
            assert (found.gaps, found.damage) == (whole.gaps, whole.damage)


@laws
@given(files(most=12), edits())
def test_a_file_of_nothing_but_records_is_read_at_once_as_it_is_in_pieces(file: File, changes: list[Any]) -> None:
    for data in (file.data, damaged(file.data, changes)):
        slow = read(file.codec, data, size=37)
        if slow.gaps or slow.damage or 0 < len(data) <= file.codec.layout.header:
            assert file.codec.whole(data) is None
        else:
            assert file.codec.whole(data) == slow.rows


# --- what survives ---------------------------------------------------------------------------------------------------


def texts(found: Read) -> list[tuple[int, str]]:
    return [(row.sync, row.text) for row in found.rows]


@laws
@given(files(of=FRAMED, texts=TRANSACTIONS, highest=999), st.data())
def test_a_wrong_length_loses_nothing(file: File, data: st.DataObject) -> None:
    assume(file.records)
    length = file.codec.length
    assert length is not None
    record = data.draw(st.sampled_from(file.records))
    wrong = data.draw(st.integers(0, length.range[1]))
    place = record.start + length.offset
    content = file.data[:place] + length.write(wrong) + file.data[place + length.size :]
    assume(wrong != file.codec.len_text(record.text))
    assume(not file.codec.sound(content, record.start))
    found = check_every_byte(file.codec, content)
    assert texts(found) == texts(Read(file.records, [], []))
    assert [(each.kind, each.stored, each.computed) for each in found.damage] == [
        ("length", wrong, file.codec.len_text(record.text))
    ]


@laws
@given(files(of=FRAMED, texts=TRANSACTIONS, highest=999), st.data())
def test_a_wrong_terminator_loses_nothing(file: File, data: st.DataObject) -> None:
    assume(file.records)
    record = data.draw(st.sampled_from(file.records))
    ends = file.codec.terminator
    place = record.start + file.codec.len_head + len(record.text)
    wrong = data.draw(st.binary(min_size=len(ends), max_size=len(ends)).filter(lambda raw: raw != ends))
    content = file.data[:place] + wrong + file.data[place + len(ends) :]
    # Padding may hold the same bytes: then the text seems to be longer and its length wrong.
    assume(ends not in content[place : record.stop])
    found = check_every_byte(file.codec, content)
    assert texts(found) == texts(Read(file.records, [], []))
    assert [(each.kind, each.stored) for each in found.damage] == [("terminator", wrong)]


@laws
@given(files(of=FRAMED, texts=TRANSACTIONS, highest=999), st.data())
def test_a_lost_byte_costs_no_other_record(file: File, data: st.DataObject) -> None:
    assume(file.records)
    index = data.draw(st.integers(0, len(file.records) - 1))
    record = file.records[index]
    lost = data.draw(st.integers(record.start, record.stop - 1))
    content = file.data[:lost] + file.data[lost + 1 :]
    assume(not file.codec.sound(content, record.start))
    found = check_every_byte(file.codec, content)
    others = texts(Read(file.records, [], []))
    del others[index]
    assert [each for each in others if each not in texts(found)] == []
    first = record.start + file.codec.len_head
    if first + 2 <= lost < first + len(record.text) and file.layout.stride == 1:
        short = record.text[: lost - first] + record.text[lost - first + 1 :]
        assert texts(found)[index] == (record.sync, short)


@laws
@given(files(of=FRAMED, texts=TRANSACTIONS, highest=999), st.data())
def test_garbage_between_records_becomes_one_gap(file: File, data: st.DataObject) -> None:
    garbage = data.draw(st.text("\xfd\xfe\xff", min_size=1, max_size=100)).encode("latin-1")
    record = data.draw(st.sampled_from(file.records)) if file.records else None
    place = record.start if record else len(file.data)
    content = file.data[:place] + garbage + file.data[place:]
    assume(not file.codec.sound(content, place))
    found = check_every_byte(file.codec, content)
    assert texts(found) == texts(Read(file.records, [], []))
    assert (found.gaps, found.damage) == ([Span(place, place + len(garbage))], [])


# --- writing ---------------------------------------------------------------------------------------------------------


def small(framing: str, *fields: str, length: str = "") -> RecordCodec:
    """Compile a layout of a u16 number, an optional length, other fields and a text."""
    offset, rows = 2, ['name = "sync"\noffset = 0\ntype = "u16"\nrole = "sync"']
    if length:
        rows.append(f'name = "len_text"\noffset = 2\ntype = "{length}"\nrole = "len_text"')
        offset += {"u8": 1, "u16": 2, "u32": 4}[length]
    rows += [f'name = "text"\noffset = {offset}\ntype = "text"\nrole = "text"', *fields]
    head = 'id = "small"\nfamily = "queue"\ntitle = "Small"\nstatus = "assumed"\n'
    tables = "".join(f'[[field]]\n{row}\nstatus = "assumed"\n' for row in rows)
    return RecordCodec(layout.parse(f"{head}[framing]\n{framing}\n{tables}".encode(), "small.toml"))


@pytest.mark.parametrize(
    ("codec", "sync", "text", "reason"),
    [
        (small(""), 1, "A b\0c", "text holds the NUL that ends it"),
        (small("", length="u16"), 1, "A b\0c", "text holds the NUL that ends it"),
        (small('terminator = "crlf"'), 1, "M a\r\nb", "text holds the CRLF that ends it"),
        (small('terminator = "none"\nstride = 9\npad = 32'), 1, "A b ", "text ends in the byte that fills the record"),
        (small('terminator = "none"\nstride = 9'), 1, "A 345678", "text does not fit a record of 9 bytes"),
        (small("", length="u8"), 1, "x" * 255, "text is too long: its length 256 does not fit u8"),
        (small(""), 1 << 16, "A b", "sync 65536 does not fit u16"),
        (small(""), -1, "A b", "sync -1 does not fit u16"),
        (small(""), 1, "A \u20ac", "text holds '\u20ac', which cp850 does not know"),
        (small(""), 1, "x" * (records.MAX_TEXT + 1), "text is longer than 262144 bytes"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(codec: RecordCodec, sync: int, text: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        codec.make(sync, text)
    assert str(caught.value) == reason


def test_a_counted_text_may_hold_line_ends() -> None:
    codec = small('terminator = "crlf"', length="u16")
    record = codec.make(1, "M a\r\nb")
    assert read(codec, codec.pack(record)).rows == [record]


def test_the_longest_text_is_read_back_whatever_ends_it() -> None:
    for framing, length in (("", ""), ('terminator = "crlf"', ""), ("", "u32"), ('terminator = "none"', "u32")):
        codec = small(framing, length=length)
        written = [codec.make(1, "x" * records.MAX_TEXT), codec.make(2, "A b", start=records.MAX_TEXT + 9)]
        assert texts(read(codec, b"".join(map(codec.pack, written)))) == texts(Read(written, [], []))


def test_a_link_too_narrow_for_an_offset_holds_its_highest_number() -> None:
    link = 'name = "{0}"\nsection = "trailer"\noffset = {1}\ntype = "{2}"\nrole = "link"\nlink = "{0}"'
    codec = small("", link.format("previous", 0, "dec:4"), link.format("next", 4, "u16"))
    assert codec.make(1, "A b").others == (9999, 12)
    assert codec.make(1, "A b", start=70_000, previous=12_000).others == (9999, 65535)


def test_a_header_is_written_from_its_defaults() -> None:
    field = 'name = "{}"\nsection = "header"\noffset = {}\ntype = "{}"\ndefault = {}'
    codec = small(
        "header = 12",
        field.format("magic", 0, "bytes:2", '"4d4d"'),
        field.format("version", 3, "u16", '513\nbyte_order = "big"'),
        field.format("digits", 6, "hex:4", "171"),
    )
    assert codec.header() == b"MM\0\2\1\x0000AB\0\0"


def test_a_last_record_without_its_padding_is_kept() -> None:
    codec = small("stride = 16", length="u16")
    data = b"".join(codec.pack(codec.make(number, "A b", start=16 * number)) for number in range(3))
    found = check_every_byte(codec, data[:-5])
    assert [row.stop for row in found.rows] == [16, 32, 43]
    assert found.damage == [Damage("padding", 32, 43, 11, 16)]


def test_digits_that_are_none_make_a_gap() -> None:
    codec = small("", 'name = "stamp"\nsection = "trailer"\noffset = 0\ntype = "dec:4"\nrole = "stamp"')
    data = b"".join(codec.pack(codec.make(number, "A b", start=10 * number)) for number in range(3))
    for stored in (b"12x4", b" 123", b"+123", b"1_23", b"\xb9234"):
        found = check_every_byte(codec, data[:16] + stored + data[20:])
        assert ([row.sync for row in found.rows], found.gaps) == ([0, 2], [Span(10, 20)])


def test_a_way_that_is_lost_is_found_again_at_a_transaction_only() -> None:
    """A stretch of garbage longer than what is looked at in one go does not end where a text happens to be possible."""
    with short_sight():
        codec = small("")
        sound = codec.pack(codec.make(7, "A b"))
        garbage = b"\xff" * 1000 + b"x\0" + b"\xff" * 290
        for size in (1, 64, 700, 4096):
            found = read(codec, sound + garbage + sound, size=size)
            assert texts(found) == [(7, "A b"), (7, "A b")]
            assert found.gaps == [Span(len(sound), len(sound + garbage))]


# --- as a table of Arrow ---------------------------------------------------------------------------------------------


def rows_of(table) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def as_rows(found: list[Record]) -> list[tuple[Any, ...]]:
    texts = [each.text.encode("utf-8", "backslashreplace").decode() for each in found]
    return [(*each[:3], text, *each[4:6], *each.others) for each, text in zip(found, texts, strict=True)]


@laws
@given(
    st.one_of(files(), files(SIMPLE, most=20), files(SIMPLE, TRANSACTIONS, most=20)),
    edits(),
    st.sampled_from([37, 1 << 20]),
)
def test_a_table_is_the_records_in_other_clothes(file: File, changes: list[Any], size: int) -> None:
    arrow = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    from glbtools.binary.arrow import join

    data = damaged(file.data, changes)
    wanted = as_rows(read(file.codec, data).rows)
    for reader in (nullcontext, without_numpy):
        with reader():
            table = join(file.codec, read(file.codec, data, "batches", size).rows)
        assert isinstance(table, arrow.Table)
        table.validate(full=True)
        assert rows_of(table) == wanted


def test_a_table_of_a_queue_has_the_columns_of_its_layout(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    queue = FIXTURES / "stuck" / "october" / "GLB" / "REQTRANS.GLB"
    table = glbtools.read_table(queue)
    assert table.column_names == [
        "sync", "stamp", "checksum", "text", "start", "stop", "len_text", "ofs_prev", "ofs_next", "unknown_14",
    ]  # fmt: skip
    assert [str(each) for each in table.schema.types] == [
        "uint32", "uint32", "uint16", "string_view", "int64", "int64", "uint16", "uint32", "uint32",
        "fixed_size_binary[4]",
    ]  # fmt: skip
    assert table["text"].to_pylist()[3] == "A René Müller\tPCM:POLYNOMIAL/OCTOBER/rene"


def test_without_pyarrow_a_table_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"glbtools\[parquet\]"):
        glbtools.read_table(FIXTURES / "stuck" / "october" / "GLB" / "REQTRANS.GLB")


def test_a_record_whose_end_is_lost_swallows_no_other() -> None:
    codec = small("")
    whole = [codec.pack(codec.make(number, f"A Bob {number}\tPCM:A/B/bob")) for number in range(40, 46)]
    lost = whole[2].rstrip(b"\0") + b"\x01"
    data = b"".join([*whole[:2], lost, *whole[3:]])
    starts = [sum(map(len, [*whole[:2], lost, *whole[3:]][:at])) for at in (0, 1, 3, 4, 5)]
    found = list(codec.batches([data]))
    rows = [each for batch in found for each in batch.rows]
    assert [each.sync for each in rows] == [40, 41, 43, 44, 45]
    assert [each.start for each in rows] == starts
    assert [(each.start, each.stop) for batch in found for each in batch.gaps] == [(2 * len(whole[0]), starts[2])]


@pytest.mark.parametrize("number", [5, 0x1234])
def test_many_records_in_a_row_whose_ends_are_lost_are_read_in_little_time(number: int) -> None:
    codec = small("")
    whole = codec.pack(codec.make(number, "A x"))
    data = (whole[:-1] + b"\x01") * 2_000 + whole
    begin = time.perf_counter()
    found = list(codec.batches([data]))
    assert time.perf_counter() - begin < 10
    assert [(each.start, each.text) for batch in found for each in batch.rows] == [(len(data) - len(whole), "A x")]


def test_a_byte_that_no_text_holds_costs_no_record_whose_end_is_where_it_was() -> None:
    codec = small("")
    data = b"".join(codec.pack(codec.make(number, f"A B\x01b {number}")) for number in range(1, 4))
    found = list(codec.batches([data]))
    assert [each.sync for batch in found for each in batch.rows] == [1, 2, 3]
    assert not any(batch.gaps for batch in found)
