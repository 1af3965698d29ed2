"""A layout from an explanation: every byte of a record as a field, with what was seen of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from glbtools.binary.field import Field
from glbtools.binary.layout import PADDED, SECTIONS, TERMINATORS, Layout
from glbtools.layouts.written import checked
from glbtools.learn import columns
from glbtools.learn.alignment import Alignment, placed
from glbtools.learn.chain import Chain, sample
from glbtools.learn.fields import HEAD, TAIL, Reading, Sight
from glbtools.learn.framing import Rule
from glbtools.learn.inserting import part_name
from glbtools.learn.scoring import NUL_LINE, is_odd


class Frame(NamedTuple):
    """What a layout is made from; a length counts a record up to a multiple of ``padded``."""

    rule: Rule
    alignment: Alignment
    reading: Reading
    padded: int


def laid_out(records: Chain, frame: Frame, sound: int) -> Layout:
    """Return a layout, checked as any layout file is; so many of the records are ``sound``: transactions."""
    rule, alignment, reading, padded = frame
    sight = Sight(records, rule)
    fields = [*_claimed(reading, alignment)]
    fields += [*_rest(sight, alignment, fields), *_header(records, alignment)]
    fields.append(
        Field(
            "text",
            "record",
            alignment.head,
            kind="text",
            size=0,
            role="text",
            status="observed",
            orig="Transaction",
            doc=f"transactions in {_of(sound, len(records))} records",
        )
    )
    fields.sort(key=lambda each: (SECTIONS.index(each.section), each.offset))
    order = _main_order(fields)
    layout = Layout(
        "learnt-queue", "queue", "Queue file, layout learnt from files", "observed", tuple(fields), byte_order=order,
        header=alignment.header, length_counts=PADDED if padded > 1 else _counts(rule), terminator=rule.terminator,
        stride=max(rule.stride, padded), lead=rule.lead,
        pad=alignment.pad if rule.stride > 1 else 0, framing_doc=_framing_doc(rule), lines=_lines(records, rule),
        partial=not any(each.role == "sync" for each in fields),
    )  # fmt: skip
    return checked(layout)


def _header(records: Chain, alignment: Alignment) -> Iterator[Field]:
    """Yield the file's header as one field, with what stands in it for files that are written."""
    if not alignment.header:
        return
    seen = {each.data[: alignment.header] for each in records.sample_files}
    count = len(records.sample_files)
    doc = f"the same in {count} files" if len(seen) == 1 < count else "not understood"
    yield Field(
        "file_header",
        "header",
        0,
        kind="bytes",
        size=alignment.header,
        role="opaque",
        status="observed",
        doc=doc,
        default=min(seen, key=len),
    )


def _claimed(reading: Reading, alignment: Alignment) -> Iterator[Field]:
    names: set[str] = set()
    for claim in reading.claims:
        section, offset = placed(claim, alignment)
        name = {"previous": "ofs_prev", "next": "ofs_next"}.get(claim.link, claim.role)
        name = f"{name}_{section}_{offset:02x}" if name in names else name
        names.add(name)
        yield Field(
            name, section, offset, kind=claim.number.kind, size=claim.number.size, role=claim.role,
            status="observed" if claim.sure else "inferred", orig=_ORIG.get(claim.role, ""), doc=claim.doc,
            byte_order=claim.number.order, stamp=claim.encoding, link=claim.link,
        )  # fmt: skip


_ORIG = {"sync": "Sync#", "stamp": "Date stamp"}
"""The vendor's names, from the columns of LISTQ."""


def _rest(sight: Sight, alignment: Alignment, claimed: Sequence[Field]) -> Iterator[Field]:
    """Yield the bytes that no field claims: constants, and what is not understood."""
    taken = {(each.section, at) for each in claimed for at in range(each.offset, each.stop)}
    for section, size in (("record", alignment.head), ("trailer", alignment.trail)):
        run: list[tuple[int, bytes | None]] = []
        for offset in range(size + 1):
            if offset < size and (section, offset) not in taken:
                value = columns.constant(_column(sight, alignment, section, offset))
                if run and (run[-1][1] is None) != (value is None):
                    yield _unclaimed(sight, alignment, section, run)
                    run = []
                run.append((offset, value))
            elif run:
                yield _unclaimed(sight, alignment, section, run)
                run = []


def _column(sight: Sight, alignment: Alignment, section: str, offset: int, size: int = 1) -> list[bytes]:
    if section == "record":
        return sight.raw(HEAD, alignment.head - offset, size)
    return sight.raw(TAIL, offset, size)


def _unclaimed(sight: Sight, alignment: Alignment, section: str, run: Sequence[tuple[int, bytes | None]]) -> Field:
    start, size = run[0][0], len(run)
    what, role, doc = "unknown", "opaque", f"varies over {len(sight.records)} records; not understood"
    default = b"".join(value for _, value in run if value is not None) or None
    if default is not None:
        same = _column(sight, alignment, section, start, size).count(default)
        what, role, doc = "constant", "constant", f"the same in {_of(same, len(sight.records))} records"
    return Field(
        part_name(section, what, start), section, start, kind="bytes", size=size, role=role, status="observed", doc=doc,
        default=default,
    )  # fmt: skip


def _of(some: int, whole: int) -> str:
    """Return a count of what agrees: all of them, or how many of how many."""
    return str(whole) if some == whole else f"{some} of {whole}"


def _main_order(fields: Sequence[Field]) -> str:
    orders = [each.byte_order for each in fields if each.kind in {"u16", "u32"}]
    return "big" if orders and orders.count("big") * 2 > len(orders) else "little"


def _counts(rule: Rule) -> str:
    if rule.by != "length":
        return "text+terminator"
    ending = len(TERMINATORS[rule.terminator])
    return "text" if not rule.excess else "text+terminator" if rule.excess == ending else "record"


def _lines(records: Chain, rule: Rule) -> str:
    """Return what ends the lines inside of a text, where it is not CR and LF."""
    if (rule.by, rule.terminator) != ("length", "nul"):
        return ""
    texts = (each.text for each in sample(records))
    return "nul" if any(NUL_LINE.search(text) and not is_odd(text) for text in texts) else ""


def _framing_doc(rule: Rule) -> str:
    if rule.by == "length":
        return "the length leads from each record to the next"
    return "texts end at their terminator" if rule.by == "terminator" else "every record has the same size"
