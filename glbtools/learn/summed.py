"""The checksum of a learnt layout: which of the bytes that nothing explains are one, and over what it is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from glbtools.binary.checksum import OWN
from glbtools.binary.field import Field, unsigned
from glbtools.binary.layout import TERMINATORS, Layout
from glbtools.binary.records import Record
from glbtools.formats.queue import Queue
from glbtools.layouts.written import checked
from glbtools.learn import checksums
from glbtools.learn.checksums import ChecksumMatch, Sample
from glbtools.learn.inserting import part_name, with_field
from glbtools.learn.samples import SampleFile

MOST = 400
"""Records looked at, at most."""

VARIED = 0.5
"""Share of different values among different texts below which a field is no sum of them."""

SPREAD = 0.4
"""Share of the values a byte could take that each byte of a CRC does take."""

LISTED = 0.9


class _Window(NamedTuple):
    """Bytes that may be a checksum: part of an opaque field, as a number or as hex digits."""

    field: Field
    skip: int
    size: int
    digits: bool

    @property
    def width(self) -> int:
        """Bytes of the number."""
        return self.size // 2 if self.digits else self.size


def with_checksum(
    layout: Layout,
    queues: Sequence[Queue],
    sample_files: Sequence[SampleFile],
    progress: Callable[[str], object] = lambda _: None,
) -> tuple[Layout, ChecksumMatch | None]:
    """Return a layout with its checksum, and how it was found; where none is found bytes stay opaque.

    What a listing prints as the checksum of each record is one, whether or not it can be computed. ``progress`` is
    called with which bytes are looked at, and how.
    """
    pairs = _sampled(queues, sample_files)
    if len(pairs) < checksums.MIN_RECORDS:
        return layout, None
    printed: tuple[_Window, str] | None = None
    likely: list[tuple[_Window, list[Sample]]] = []
    for window in _windows(layout):
        cut = [_cut(layout, window, sample_file, record) for sample_file, record, _ in pairs]
        kept = [(sample, listed) for sample, (_, _, listed) in zip(cut, pairs, strict=True) if sample is not None]
        samples = [sample for sample, _ in kept]
        if printed is None and (order := _printed(kept)):
            printed = window, order
        texts = {sample.text: sample.stored for sample in samples}
        if len(texts) >= checksums.MIN_RECORDS and len(set(texts.values())) >= VARIED * len(texts):
            likely.append((window, samples))
    if printed is not None:
        likely = [each for each in likely if each[0] == printed[0]]
    for named in (True, False):
        for window, samples in likely:
            if named or _is_spread(samples):
                way = "known sums" if named else "any polynomial"
                progress(
                    f"looking for a checksum: {way}, {window.size} bytes at 0x{window.field.offset + window.skip:02x}"
                )
                found = checksums.search(samples, window.width, named=named, unnamed=not named)
                if found is not None:
                    return _summed(layout, window, found.byte_order, found), found
    if printed is not None:
        return _summed(layout, printed[0], printed[1], None), None
    return layout, None


def _is_spread(samples: Sequence[Sample]) -> bool:
    """Whether each byte of a field takes many values, as those of a CRC do."""
    texts = {sample.text: sample.stored for sample in samples}
    return all(
        len({stored[at] for stored in texts.values()}) >= SPREAD * min(len(texts), 256)
        for at in range(len(samples[0].stored))
    )


Pair = tuple[SampleFile, Record, int | None]


def _sampled(queues: Sequence[Queue], sample_files: Sequence[SampleFile]) -> list[Pair]:
    """Return records without fault of framing, each with its file and the checksum a listing prints."""
    found: list[Pair] = []
    for queue, sample_file in zip(queues, sample_files, strict=True):
        faulty = {fault.span.start for fault in queue.framing}
        head = queue.codec.len_head
        for record in queue.records:
            if record.start not in faulty:
                row = sample_file.listed.get(record.start + head)
                found.append((sample_file, record, row.checksum if row else None))
    step = max(1, len(found) // MOST)
    return found[::step]


def _windows(layout: Layout) -> Iterator[_Window]:
    """Yield the stretches of two and four bytes, or as many hex digits, in what is not understood."""
    for each in layout.fields:
        if each.role != "opaque" or each.section == "header":
            continue
        for digits in (False, True):
            for width in (4, 2):
                size = 2 * width if digits else width
                for skip in range(each.size - size + 1):
                    yield _Window(each, skip, size, digits)


def _cut(layout: Layout, window: _Window, sample_file: SampleFile, record: Record) -> Sample | None:
    """Return a record as a checksum sees it; None where hex digits are none."""
    data = sample_file.data
    text = layout.encoded(record.text)
    head = layout.section("record")[:-1]
    place = record.start + (head[-1].stop if head else 0)
    ending = place + len(text)
    behind = ending + len(TERMINATORS[layout.terminator])
    parts: dict[str, list[tuple[str, bytes]]] = {"record": [], "trailer": []}
    stored = b""
    for each in (*head, *layout.section("trailer")):
        origin = record.start if each.section == "record" else behind
        raw = data[origin + each.offset : origin + each.stop]
        if each is not window.field:
            parts[each.section].append((each.name, raw))
            continue
        stop = window.skip + window.size
        stored = raw[window.skip : stop]
        rest = [(0, raw[: window.skip]), (stop, raw[stop:])]
        parts[each.section] += [
            (part_name(each.section, "unknown", each.offset + at), part) for at, part in rest if part
        ]
    if window.digits:
        try:
            stored = bytes.fromhex(stored.decode("ascii"))
        except ValueError:
            return None
    if len(stored) != window.width:
        return None
    return Sample(stored, text, data[ending:behind], tuple(parts["record"]), tuple(parts["trailer"]))


def _printed(kept: Sequence[tuple[Sample, int | None]]) -> str:
    """Return the byte order in which a field holds what a listing prints; empty when it does not."""
    told = [(sample.stored, listed) for sample, listed in kept if listed is not None]
    if len({listed for _, listed in told}) < checksums.MIN_RECORDS:
        return ""
    for order in ("little", "big"):
        same = sum(unsigned(stored, order) == listed for stored, listed in told)
        if same >= LISTED * len(told):
            return order
    return ""


def _summed(layout: Layout, window: _Window, order: str, found: ChecksumMatch | None) -> Layout:
    """Return a layout in which a stretch is the checksum."""
    each = window.field
    kind, size = ("hex", window.size) if window.digits else (f"u{8 * window.size}", window.size)
    doc = "reproduced by the algorithm below" if found else "the values that the listing prints as CRC"
    own = Field(
        "checksum",
        each.section,
        each.offset + window.skip,
        kind=kind,
        size=size,
        role="checksum",
        status="observed",
        orig="CRC",
        doc=doc,
        byte_order=order,
    )
    changed = with_field(layout, own)
    if found is not None:
        changed = changed._replace(
            checksum=found.algorithm, crc=found.crc if found.algorithm == OWN else None,
            covers=found.covers, checksum_status="observed", checksum_doc=found.doc,
        )  # fmt: skip
    return checked(changed)
