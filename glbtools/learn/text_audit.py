"""Why texts may end elsewhere than where a layout ends them: by a length, by their grammar, by what follows."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator

from glbtools.learn.audited import (
    CRLF,
    FEWEST_STEPS,
    LOST,
    STRAY,
    Parts,
    raw_text,
    samples_of,
    size_behind,
)
from glbtools.learn.comparison import undamaged
from glbtools.learn.scoring import grammatical, is_blank, spread_evenly


def text_doubts(parts: Parts) -> Iterator[str]:
    """Yield why texts may end elsewhere: a byte that leads to an end within each text, where none is taken for that."""
    layout = parts[0][1].layout
    yield from _cut_ends(parts)
    yield from _cut_by_slots(parts)
    yield from _ungrammatical(parts)
    yield from _further_lines(parts)
    yield from _lines_behind(parts)
    yield from _digits_behind(parts)
    if layout.with_role("len_text") is not None:
        return
    samples = samples_of(parts)
    if len(samples) < 2:
        return
    texts = [raw_text(queue, each) for _, each, queue in samples]
    for field in layout.section("record"):
        for at in range(field.offset, field.stop) if field.role in {"opaque", "constant"} else ():
            values = [data[each.start + at] for data, each, _ in samples]
            within = all(0 < value <= len(text) for value, text in zip(values, texts, strict=True))
            shorter = sum(value < len(text) for value, text in zip(values, texts, strict=True))
            if not within or not shorter or len(set(values)) < 3:
                continue
            ends = [text[:value].decode(layout.encoding) for value, text in zip(values, texts, strict=True)]
            if grammatical(ends) >= (1 - STRAY) * len(ends):
                yield (
                    f"the byte at 0x{at:02x} may be the length of the text: {shorter} of {len(texts)} texts go on "
                    "behind it, perhaps with what stood there before"
                )
                return


def _unlisted(parts: Parts) -> list[str]:
    """Return texts of undamaged records of files without a listing: where there is one, it says where texts end."""
    queues = (queue for sample_file, queue in parts if not sample_file.printed)
    return [each.text for each in itertools.islice(itertools.chain.from_iterable(map(undamaged, queues)), COMPARED)]


def _ungrammatical(parts: Parts) -> Iterator[str]:
    """Yield that texts are no transactions by their grammar: most of them, or some but for their last characters."""
    texts = _unlisted(parts)
    strange = [text for text in texts if not is_blank(text) and not grammatical([text])]
    longer = [text for text in strange if any(grammatical([text[:-more].rstrip()]) for more in range(1, MOST_BEHIND))]
    if len(longer) > max(2, LOST * len(texts)):
        yield f"{len(longer)} of {len(texts)} texts are transactions but for their end, as {longer[0][-30:]!r}"
    elif len(strange) * 2 > len(texts):
        yield f"{len(strange)} of {len(texts)} texts are no transactions by their grammar, as {strange[0][-30:]!r}"


MOST_BEHIND = 5
"""Characters behind a text that may be taken for its end, and one more."""


def _further_lines(parts: Parts) -> Iterator[str]:
    """Yield that a further line of a transaction stands behind records that end with their first line."""
    for sample_file, queue in parts:
        if queue.layout.terminator != "crlf" or sample_file.printed:
            continue
        stops = [each.stop - size_behind(queue, each) + len(CRLF) for each in queue.records]
        more = [at for at in stops if FURTHER.match(sample_file.data, at)]
        if more:
            yield f"behind {len(more)} of the texts of {sample_file.path} stands what may be a further line of theirs"


FURTHER = re.compile(rb"(?:- .|  \S)[^\r\n\x00]*\r\n")
"""A line that goes on with the transaction before it: template lines begin with a hyphen or spaces (Q96001)."""


def _lines_behind(parts: Parts) -> Iterator[str]:
    """Yield that texts go on behind the end of a line with what no transaction holds: they may end there."""
    texts = _unlisted(parts)
    strange = [text for text in texts if not grammatical([text])]
    whole = grammatical([text.splitlines()[0] for text in strange if len(text.splitlines()) > 1])
    if whole > max(1, LOST * len(texts)):
        yield f"{whole} of {len(texts)} texts go on behind the end of a line with what no transaction holds"


def _digits_behind(parts: Parts) -> Iterator[str]:
    """Yield that the last characters of all texts are as many hex digits, letters among them: a checksum may be so."""
    texts = _unlisted(parts)
    size = next((size for size in (8, 4) if texts and all(_HEX_END.search(text[-size:]) for text in texts)), 0)
    if len(texts) >= FEWEST_STEPS and size and any(not text[-size:].isdigit() for text in texts):
        yield f"the last {size} characters of all texts are hex digits: they may be a checksum"


_HEX_END = re.compile(r"^[0-9A-F]+$")


def _cut_ends(parts: Parts) -> Iterator[str]:
    """Yield why texts may be longer: what follows them at once looks like a part of them, and the grammar takes it.

    Zeros may fill the rest of a record behind a part of a text.
    """
    layout = parts[0][1].layout
    trail = layout.section("trailer")
    samples = samples_of(parts)[:COMPARED]
    if layout.terminator != "none" or not trail or trail[0].role not in {"opaque", "constant"} or len(samples) < 2:
        return
    raws = [raw_text(queue, each) for _, each, queue in samples]
    ends = [each.start + queue.codec.len_head + len(raw) for (_, each, queue), raw in zip(samples, raws, strict=True)]
    for size in range(trail[0].size, 0, -1):
        rests = [data[end : end + size].rstrip(b"\0") for (data, _, _), end in zip(samples, ends, strict=True)]
        if sum(map(bool, rests)) <= STRAY * len(rests):
            continue
        like = sum(rest.decode(layout.encoding, "replace").isprintable() for rest in rests)
        places = [[rest[at : at + 1] for rest in rests] for at in range(size)]
        if like < (1 - STRAY) * len(rests) or len(set(rests)) == 1 or all(map(spread_evenly, places)):
            continue
        longer = [(raw + rest).decode(layout.encoding) for raw, rest in zip(raws, rests, strict=True)]
        if grammatical(longer) >= grammatical([each.text for _, each, _ in samples]):
            yield (
                f"the texts may be longer by {size}: what follows them looks like a part of them, as "
                f"{longer[0][-20:]!r}"
            )
            return


def _cut_by_slots(parts: Parts) -> Iterator[str]:
    """Yield that texts go on behind their slots: one fills its slot, and a character follows where others have none.

    Where slots begin nothing shows but what is in them, and few texts are as long as they are.
    """
    for sample_file, queue in parts:
        if queue.layout.stride == 1 or queue.layout.section("trailer"):
            continue
        filled, behind = [], Counter[bytes]()
        for each in undamaged(queue):
            if each.start + queue.codec.len_head + len(raw_text(queue, each)) < each.stop:
                behind[sample_file.data[each.stop : each.stop + 1]] += 1
            else:
                filled.append(each)
        usual, count = behind.most_common(1)[0] if behind else (b"", 0)
        if count < (1 - LOST) * behind.total():
            continue
        for each in filled:
            after = sample_file.data[each.stop : each.stop + 1]
            if after != usual and after >= b" ":
                yield f"the text of the {queue.named(each)} fills its slot, and may go on behind it"
                return


COMPARED = 300
"""Texts of a file whose ends are looked at."""
