"""One call: files in, a layout out, or the reason why there is none and what would help.

A layout is given only when nothing else explains the files nearly as well. What is not decided is said, with the
evidence that would decide it; to leave a question open is no failure, to answer it wrongly is one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from typing import NamedTuple

from glbtools import files
from glbtools.binary.layout import Layout
from glbtools.brief import count
from glbtools.errors import LayoutError, UnknownFormatError, UsageError
from glbtools.evidence.forms import SECTOR, ZIP, is_archive
from glbtools.formats import unread
from glbtools.formats.listing import parse_listds, parse_listing, probe_listds, probe_listq
from glbtools.formats.queue import Queue, parse_queue
from glbtools.formats.registry import FORMATS, detect
from glbtools.layouts import Layouts
from glbtools.learn import columns, configuration, holdout, obscuring, queue, singles, texts
from glbtools.learn import hints as known_hints
from glbtools.learn.audit import Form, date_doubts, number_doubts, wider_alike, without_stamp
from glbtools.learn.checking import queue_part, queue_rows
from glbtools.learn.comparison import (
    astray,
    beyond,
    comparisons,
    contradictions,
    damage_is_usual,
    doubted,
    elsewhen,
    has_texts,
    narrowed,
    still_queued,
    unlike,
    width_doubts,
)
from glbtools.learn.frame_audit import frame_doubts, kind_doubts
from glbtools.learn.gathering import paired_names
from glbtools.learn.hypothesis import ALIKE, FEWEST, Hypothesis
from glbtools.learn.liveness import doubts, selected, with_constants
from glbtools.learn.ordering import with_order
from glbtools.learn.pins import Pin, parse_pins, pinned, refutations
from glbtools.learn.reading import Reading
from glbtools.learn.repeated import with_rows
from glbtools.learn.repeats import with_repeats
from glbtools.learn.result import Learning
from glbtools.learn.samples import CONTROL, SampleFile, one_each, told
from glbtools.learn.summed import with_checksum
from glbtools.learn.text_audit import text_doubts
from glbtools.model.configuration import ReqConf
from glbtools.processes import collecting_seldom
from glbtools.progress import Progress

ENCODING = "cp850"
"""Code page of the texts, inferred from the lists they are copied from (Q87432)."""

SHORT = 200
"""Bytes below which a file with one text is worth some arithmetic."""


@collecting_seldom()
def learn_layout(
    paths: Sequence[str | Path],
    *,
    listings: Sequence[str | Path] = (),
    known: Sequence[str] = (),
    pins: Sequence[str] = (),
    family: str | None = None,
    partial: bool = False,
    max_size: int = files.DEFAULT_MAX_SIZE,
    progress: Progress | None = None,
) -> Learning:
    """Return the layout of some files of one kind, or why it cannot be told.

    Args:
        paths: the files; all have one layout.
        listings: what LISTQ or LISTDS printed of them; of configurations one for each, in their order.
        known: ``[FILE:]NAME=VALUE``: values known to be in the files.
        pins: ``NAME=TYPE@OFFSET`` or ``NAME=none``: what somebody knows of the fields.
        family: queue, reqconf or srvconf; told by the files' names unless given.
        partial: of a configuration give a layout of whatever is certain, its numbers open or not.
        max_size: largest file read, in bytes.
        progress: called with what is done next, how many steps are done, and of how many at most.

    Raises:
        FileAccessError: a file cannot be read.
        UsageError: a listing lists nothing, or a known value or a pin is malformed or contradicts itself.
    """
    paths = files.distinct(paths)
    if not paths:
        raise UsageError("no file to learn from")
    if family is not None and family not in FAMILIES:
        raise UsageError(f"{family!r} is no family of layouts; families are {', '.join(FAMILIES)}")
    wanted = family or family_of(paths)
    if wanted == "queue" and family is None:
        wanted = _spoken_of(paths, listings, known, max_size) or wanted
    given = _Hints(listings, known, pins)
    if wanted != "queue":
        return _configuration_layout(wanted, paths, given, max_size, partial=partial)
    return _queue_layout(paths, given, max_size, progress or (lambda *_: None))


class _Hints(NamedTuple):
    """What is given beside the files: listings, known values, pins."""

    listings: Sequence[str | Path]
    known: Sequence[str]
    pins: Sequence[str]


FAMILIES = ("queue", "reqconf", "srvconf")


def family_of(paths: Sequence[str | Path]) -> str:
    """Return the family that files are of by their names; queue where they say nothing."""
    names = {files.base_name(str(path)).partition(".")[0] for path in paths}
    return next((family for family in ("reqconf", "srvconf") if family.upper() in names), "queue")


def _spoken_of(
    paths: Sequence[str | Path], listings: Sequence[str | Path], known: Sequence[str], max_size: int
) -> str | None:
    """Return the family that listings and known values are of, where files by another name have its size."""
    given = (files.read(path, max_size) for path in listings if str(path) != files.STDIN)
    families = known_hints.spoken_of([parse_listds(data) for data in given if probe_listds(data)], known)
    for path in paths if families else ():
        data = b"" if str(path) == files.STDIN else files.read(path, max_size)
        if family := next((family for family in families if known_hints.fits(family, data)), None):
            return family
    return None


def _queue_layout(
    paths: Sequence[str | Path],
    given: _Hints,
    max_size: int,
    progress: Progress,
) -> Learning:
    listings, known, spelled = given
    pins = parse_pins(spelled)
    fixed = {each.name for each in pins}
    learning = Learning("queue", tuple(map(str, paths)), tuple(map(str, listings)))
    steps = queue.MOST_RULES + 4

    def explaining(text: str) -> None:
        learning.tried += 1
        progress(text, learning.tried, steps)

    sample_files = [SampleFile(str(path), files.read(path, max_size)) for path in paths]
    learning.contents = [each.data for each in sample_files]
    told(sample_files, known)
    sample_files, copies = one_each(sample_files)
    learning.concluded += copies
    learning.reasons = list(_strangers(sample_files))
    if learning.reasons:
        learning.wanted = ["the queue file itself: REQTRANS.GLB, MSTTRANS.GLB or another that ends in TRANS.GLB"]
        return learning
    printed, confirmed = [], []
    for path in listings:
        reqconf = _of_requestor(path, max_size)
        if reqconf is None:
            printed.append(queue_rows(path, max_size, ENCODING))
        else:
            confirmed.append((str(path), reqconf))
    learning.concluded += _confirmed(sample_files, confirmed)
    stored = sample_files
    sample_files, cover = obscuring.in_parts(sample_files)
    said = with_rows(sample_files, printed)
    if not cover and said and not any(each.printed for each in sample_files):
        sample_files, cover = obscuring.clear(sample_files, printed)
        said = with_rows(sample_files, printed)
    if cover and any(each.printed for each in sample_files):
        sample_files = [obscuring.followed(each, cover) for each in sample_files]
        with_rows(sample_files, printed)
    learning.concluded += said
    progress("comparing records", 0, steps)
    found = queue.hypotheses(sample_files, explaining)
    hidden = cover.over(found[0].layout) if cover and found else None
    if hidden is not None:  # records that no row prints are read by the layout, and then looked at like the others
        sample_files = [obscuring.read(each, hidden, known) for each, known in zip(stored, sample_files, strict=True)]
        with_rows(sample_files, printed)
        found = queue.hypotheses(sample_files, explaining)
    refuted: list[str] = []
    if pins and found:
        found, refuted = _pinned(found, pins, sample_files)
        learning.concluded += refuted if found else ()
    learning.candidates = found
    learning.apart = _apart(found, sample_files, pins)
    learning.reasons = list(_undecided(found, sample_files, fixed, learning.apart))
    if refuted and not found:
        learning.reasons = list(dict.fromkeys(refuted))
    reading = Reading(sample_files)
    if found and not learning.reasons:
        layout = found[0].layout
        progress("looking for a checksum", steps - 1, steps)
        if "sync" not in fixed:
            layout = narrowed(layout, sample_files, reading.by(layout))
        numbered = "sync" in fixed or any(each.printed or each.last is not None for each in sample_files)
        layout = with_order(layout, sample_files, reading.by(layout)) if numbered or found[0].turned else layout
        layout = with_repeats(layout, sample_files, reading.by(layout), told=numbered)
        learning.layout, learning.checksum = with_checksum(
            layout, reading.by(layout), sample_files, lambda text: progress(text, steps - 1, steps)
        )
        learning.layout = selected(learning.layout, sample_files, reading.by(learning.layout))
    elif not found and (single := singles.partial_layout(sample_files)) is not None:
        learning.held = singles.held_out(sample_files)
        learning.layout, learning.reasons = holdout.doubted(single, learning.held), list(singles.OPEN)
    best = learning.layout or (found[0].layout if found else None)
    if best is not None:
        learning.parts = [
            queue_part(each.path, each.data, held) for each, held in zip(sample_files, reading.by(best), strict=True)
        ]
        _test(learning, reading, best, fixed, placed=bool(found) and found[0].placed)
    if learning.layout is not None and found:
        progress("reading a third that was kept apart", steps - 1, steps)
        learning.held = holdout.held_out(
            sample_files, reading.by(learning.layout), learning.layout, lambda rest: _decided(rest, pins)
        )
        _test_apart(learning, learning.held, fixed)
    if cover and learning.layout is not None:
        learning.layout = _obscured(learning, cover, stored, reading.by(learning.layout))
    fitting = bool(learning.tried)  # where no rule leads from text to text, none does without numbers either
    if learning.layout is None and fitting and not cover and not learning.apart and not (pins and not found):
        progress("looking at the texts alone", steps - 1, steps)
        _texts_alone(learning, found, sample_files, reading)
    if learning.layout is None or not learning.layout.numbered:
        learning.concluded += [*_agreed(found), *_arithmetic(sample_files)]
    learning.wanted = list(_wanted(learning, sample_files))
    return learning


def _texts_alone(
    learning: Learning, found: Sequence[Hypothesis], sample_files: Sequence[SampleFile], reading: Reading
) -> None:
    """State what the texts are where the number is open, and the third that is kept apart reads as the rest.

    Where a listing has them so, they are stated as well, and not as observed.
    """
    reading.forget()
    layout = texts.partial_layout(found, reading)
    if layout is None:
        return
    queues = reading.by(layout)
    held = holdout.held_out(
        sample_files, queues, layout, lambda rest: texts.partial_layout(queue.hypotheses(rest), Reading(rest))
    )
    compared = comparisons(sample_files, queues)
    if not all(map(has_texts, compared)) or ("text" in held.differing and len(compared) < len(sample_files)):
        return
    layout = holdout.doubted(layout, held)
    learning.layout, learning.held, learning.comparisons, learning.checksum = layout, held, compared, None
    if not found:
        learning.reasons = ["no bytes of the records count them in the order in which they stand"]
    learning.layout = with_constants(layout, sample_files, queues)
    read = [(each, held) for each, held in zip(sample_files, queues, strict=True) if held.records]
    learning.reasons += [*kind_doubts(read), *doubts(layout, sample_files, queues)]
    learning.reasons += [
        f"{len(each.unlisted)} of {each.records} records of {each.path} are in no row of the listing: deleted or left "
        "over, or the listing is of another moment"
        for each in compared
        if each.unlisted
    ]
    if not compared:
        learning.concluded.append(WHICH)
    learning.parts = [queue_part(each.path, each.data, read) for each, read in zip(sample_files, queues, strict=True)]


def _of_requestor(path: str | Path, max_size: int) -> ReqConf | None:
    """Return what a listing says of a REQCONF.GLB, as LISTDS -R prints it; None for any other listing."""
    if str(path) == files.STDIN:
        return None
    data = files.read(path, max_size)
    return None if probe_listq(data) else parse_listing(data).reqconf


def _confirmed(sample_files: Sequence[SampleFile], listings: Sequence[tuple[str, ReqConf]]) -> Iterator[str]:
    """Take from listings of the same postoffices the number that a queue of one record keeps: the last confirmed one.

    Yields what could not be used, in words (Q133428: the record keeps ReqSync).
    """
    paths = [each.path for each in sample_files]
    pairs = paired_names([path for path, _ in listings], paths)
    if pairs is None and len(listings) == len(paths):
        pairs = list(range(len(paths)))
    if pairs is None and listings:
        yield "which postoffice a listing of LISTDS is of its name does not tell: give one for each file, in order"
    for at, (path, reqconf) in zip(pairs or (), listings, strict=False):
        number = reqconf.reqsync
        if number is None or len(sample_files[at].strong) != 1:
            yield f"{path}: {paths[at]} is no queue of one record whose number it prints; left out"
        elif sample_files[at].last is None:
            sample_files[at].last = number


def _decided(sample_files: Sequence[SampleFile], pins: Sequence[Pin]) -> Layout | None:
    """Return the layout that a search finds in files; None where it decides nothing."""
    found = queue.hypotheses(sample_files)
    if pins and found:
        found, _ = _pinned(found, pins, sample_files)
    fixed = {each.name for each in pins}
    return found[0].layout if found and not list(_undecided(found, sample_files, fixed)) else None


def _starts(sample_file: SampleFile, layout: Layout) -> list[int]:
    return [each.start for each in parse_queue(sample_file.data, layout).records[:1]]


def _obscured(
    learning: Learning, cover: obscuring.Cover, stored: Sequence[SampleFile], queues: Sequence[Queue]
) -> Layout | None:
    """Return the layout with how its texts are changed; None where the files do not read with it as learnt."""
    assert learning.layout is not None, "there is a layout"
    layout = cover.over(learning.layout)
    learning.concluded.append(str(cover))
    if layout is None:
        learning.reasons.append("no field of the record is the key of its text: where it stands belongs to another")
        return None
    for sample_file, held in zip(stored, queues, strict=True):
        read = [(each.sync, each.text) for each in parse_queue(sample_file.data, layout).records]
        if read != [(each.sync, each.text) for each in held.records]:
            learning.reasons.append(
                f"texts are stored so, and not all of {sample_file.path} is read with {layout.obscured}"
            )
            return None
    return layout


def _pinned(
    found: Sequence[Hypothesis], pins: Sequence[Pin], sample_files: Sequence[SampleFile]
) -> tuple[list[Hypothesis], list[str]]:
    """Return the explanations that pins leave, with what is pinned in them, and why the others are refuted."""
    left, refuted = [], []
    for each in found:
        try:
            layout = pinned(each.layout, pins)
        except LayoutError as error:
            first = next((f"0x{at:x} of {m.path}" for m in sample_files for at in _starts(m, each.layout)), "the files")
            refuted.append(f"--pin {error.key} is refuted: in the record at {first} {error.reason}")
            continue
        queues = Reading(sample_files).by(layout)
        against = list(refutations(pins, sample_files, queues))
        refuted += against
        if not against:
            left.append(each._replace(layout=layout, texts=queue.compared(queues), said=queue.all_said(queues)))
    return left, refuted


WHICH = "which of the records are in the queue only a listing tells: some may be purged"


def _test(learning: Learning, reading: Reading, best: Layout, fixed: Set[str], *, placed: bool) -> None:
    """Hold the best explanation against the listings: a layout that one contradicts is none.

    Dates that are ``placed`` are where they are, whatever their form.
    """
    sample_files, queues = reading.sample_files, reading.by(best)
    learning.comparisons = comparisons(sample_files, queues)
    if learning.layout is None or learning.layout.partial:
        return
    learning.reasons += [reason for each in learning.comparisons for reason in contradictions(each)]
    parts = [(each, held) for each, held in zip(sample_files, queues, strict=True) if held.records]
    if parts and not learning.comparisons:
        learning.concluded.append(WHICH)
    dated = any(each.agreeing.get("date") for each in learning.comparisons)
    unset = parts and not any(record.stamp for _, held in parts for record in held.records)
    if unset and learning.layout.with_role("stamp") is not None:
        learning.layout = without_stamp(learning.layout, ["all of them are zero"])
        learning.concluded.append("dates are left open: all of them are zero, as other bytes may be")
    stamp = learning.layout.with_role("stamp")
    own = stamp if placed else None
    beside = [] if placed or stamp is None else ["other bytes may be dates as well"]
    if parts and not dated and "stamp" not in fixed and (why := [*date_doubts(parts), *beside]):
        own = own if all(isinstance(each, Form) for each in why) else None
        learning.layout = without_stamp(learning.layout, why)
        learning.concluded.append(f"dates are left open: {'; '.join(why)}")
    learning.layout = with_constants(doubted(learning.layout, learning.comparisons), sample_files, queues)
    if learning.layout != best:  # digits of dates are frames, too
        queues, parts = [], []  # before the others are made
        queues = reading.by(learning.layout)
        parts = [(each, held) for each, held in zip(sample_files, queues, strict=True) if held.records]
    learning.reasons += [*frame_doubts(parts), *text_doubts(parts)] if parts else []
    learning.reasons += [
        f"most records of {each.path} are damaged in this reading: it may have a layout of its own"
        for each, held in parts
        if damage_is_usual(held)
    ]
    if "sync" not in fixed:
        learning.reasons += width_doubts(learning.layout, [each for each, _ in parts], [held for _, held in parts])
    if parts and not learning.comparisons and "sync" not in fixed:
        learning.reasons += number_doubts(parts, learning.layout, own)
    open_ = [
        said for tell in (beyond, astray, elsewhen, still_queued) for said in map(tell, learning.comparisons) if said
    ]
    open_ += [*kind_doubts(parts), *filter(None, map(unlike, learning.comparisons))]
    if learning.reasons:
        learning.reasons += open_
        learning.layout = None
    elif open_ := [*open_, *doubts(learning.layout, [each for each, _ in parts], [held for _, held in parts])]:
        learning.reasons += open_
        learning.layout = learning.layout._replace(partial=True)
    if learning.layout is None or not learning.layout.checksum:
        learning.checksum = None
    if learning.layout is not None:
        learning.layout = wider_alike(learning.layout, parts)


def _test_apart(learning: Learning, held: holdout.Holdout, fixed: Set[str]) -> None:
    """Hold the layout against how records are read that were kept apart; dates that fail there are left open.

    Where a listing prints the dates, or a person says which bytes are dates, the records kept apart say nothing more;
    nor do they of numbers where no transaction is without a row.
    """
    assert learning.layout is not None, "there is a layout"
    told = "stamp" in fixed or any(each.agreeing.get("date") for each in learning.comparisons)
    if "date" in held.differing and not told:
        why = "otherwise, or not found, without a third of the records"
        learning.layout = without_stamp(learning.layout, [why])
        learning.concluded.append(f"dates are left open: {why}")
    listed = learning.comparisons and not any(len(each.unlisted) > len(each.strange) for each in learning.comparisons)
    if "number" in held.differing and not listed and "sync" not in fixed:
        learning.reasons.append("without a third of the records the number is read from other bytes, or not found")
        learning.layout = None
        return
    learning.layout = holdout.doubted(learning.layout, held)


def _configuration_layout(
    family: str, paths: Sequence[str | Path], given: _Hints, max_size: int, *, partial: bool
) -> Learning:
    listings, known, pins = given
    contents = [(str(path), files.read(path, max_size)) for path in paths]
    printed = [(str(path), parse_listing(files.read(path, max_size))) for path in listings]
    return configuration.learn_configuration(
        family, contents, listings=printed, known=known, pins=pins, partial=partial
    )


# --- why not, and what would help ---------------------------------------------------------------------------------


def _strangers(sample_files: Sequence[SampleFile]) -> Iterator[str]:
    """Yield which files are of another kind by their content: an archive, a text whose lines may look like records."""
    texts = {name: each for name, each in FORMATS.items() if not each.binary}
    for sample_file in sample_files:
        if known := unread.signed(sample_file.data, sound=True):
            yield f"{sample_file.path} is no queue file: {known}"
            continue
        if is_archive(sample_file.data[:SECTOR]):
            what = "a zip archive" if sample_file.data.startswith(ZIP) else "an archive"
            yield f"{sample_file.path} is no queue file but {what}; take the queue file out of it"
            continue
        with contextlib.suppress(UnknownFormatError):
            entry = detect(sample_file.data, "", Layouts(), texts)
            hint = "; give it with --listing, beside the file it lists" if entry.name == "listq" else ""
            yield f"{sample_file.path} is no queue file but of another kind: {entry.title}{hint}"


def _undecided(
    found: Sequence[Hypothesis],
    sample_files: Sequence[SampleFile],
    fixed: Set[str] = frozenset(),
    apart: Sequence[str] = (),
) -> Iterator[str]:
    """Yield why no layout is decided; nothing where one is.

    ``fixed`` are the names that are pinned, ``apart`` the files that are explained alone and not together.
    """
    if not any(sample_file.data for sample_file in sample_files):
        yield "the files are empty: an empty queue has no bytes to learn from"
        return
    if not found:
        places = sum(len(sample_file.anchors) for sample_file in sample_files)
        if not places:
            yield "nothing in the files looks like a transaction; if they are queues, their texts may be obscured"
        elif places < FEWEST:
            yield f"{count(places, 'text')} that may be a transaction: too few to see how records follow each other"
        else:
            yield f"{places} places look like transactions, and no rule leads from each to the next"
        if places:
            yield from _hardly_readable(sample_files)
        return
    best = found[0]
    unread = [said for sample_file in sample_files for said in _unread_numbers(best, sample_file)]
    if unread and not best.sound:
        yield from unread
        return
    if best.records < FEWEST:
        yield f"{count(best.records, 'record')}: too few to tell a rule from an accident"
    elif apart:
        yield f"{' and '.join(apart)} {_ALONE[len(apart) > 1]}"
        return
    elif not best.sound:
        yield (
            f"the best explanation finds {count(best.records, 'record')} and leaves too much unexplained: "
            f"{'; '.join(best.unexplained)}"
        )
        yield from _hardly_readable(sample_files)
    known = "sync" in fixed or any(each.first is not None or each.last is not None for each in sample_files)
    for doubt in best.doubts if not known else ():  # a known number has decided between them
        yield f"the number may as well be {doubt}"
    for rival in found[1:]:
        explains = rival.sound or not best.sound
        if explains and rival.contradicts(best) and rival.bits - best.bits < queue.CLEAR:
            yield f"two layouts explain the files: {best.described}; or {rival.described}"


_ALONE = (
    "alone is read otherwise than with the others: they may have more than one layout",
    "are each explained alone, and not together: they may have more than one layout",
)


def _hardly_readable(sample_files: Sequence[SampleFile]) -> Iterator[str]:
    """Yield that texts may be obscured: what looks like one stands so seldom that chance explains it."""
    size, found = sum(len(each.data) for each in sample_files), sum(len(each.anchors) for each in sample_files)
    if size > RARE * max(found, FEWEST_RARE):
        places = f"{count(found, 'place')} {'look' if found > 1 else 'looks'} like a text"
        yield f"in {size} bytes {places}: if they are a queue, its texts may be obscured"


RARE, FEWEST_RARE = 250, 2
"""Bytes for each text beyond which texts are rare, and how many there may be in a file of one record."""


def _unread_numbers(best: Hypothesis, sample_file: SampleFile) -> Iterator[str]:
    """Yield which known numbers the best explanation does not read where they are said to be."""
    if sample_file.first is None and sample_file.last is None:
        return
    read = [each.sync for each in parse_queue(sample_file.data, best.layout).records]
    last = columns.last_at(read, sample_file.last)
    for which, number, at in (("first", sample_file.first, 0), ("last", sample_file.last, last)):
        if number is not None and read and read[at] != number:
            yield (
                f"--known {which}={number}: no reading of {sample_file.path} has it there; the likeliest has "
                f"{read[at]} in the {which} record"
            )


def _apart(found: Sequence[Hypothesis], sample_files: Sequence[SampleFile], pins: Sequence[Pin]) -> list[str]:
    """Return the files that are explained alone and that nothing explains together; none where one alone is.

    What explains them together reads one of them otherwise than what is decided of it alone, or explains nothing.
    """
    if len(sample_files) < 2 or not found or pins:
        return []
    if not found[0].sound:
        alone = [each.path for each in sample_files if any(one.sound for one in queue.hypotheses([each])[:1])]
        return alone if len(alone) > 1 else []
    told = ((each, _sure_alone(each)) for each in sample_files)
    alone_read = [(each, layout) for each, layout in told if layout is not None]
    differing = [each.path for each, layout in alone_read if _differs(each, layout, found[0].layout)]
    return [each.path for each, _ in alone_read] if differing and len(alone_read) > 1 else differing


def _sure_alone(sample_file: SampleFile) -> Layout | None:
    """Return the layout that is decided of one file, and in which no other number is as likely."""
    layout = _decided([sample_file], ())
    if layout is None:
        return None
    parts = [(sample_file, parse_queue(sample_file.data, layout))]
    doubts = [*frame_doubts(parts), *text_doubts(parts), *number_doubts(parts, layout)]
    return None if doubts else layout


def _differs(sample_file: SampleFile, one: Layout, other: Layout) -> bool:
    """Whether two layouts read a file otherwise."""
    mine, its = (set(queue.compared([parse_queue(sample_file.data, each)])) for each in (one, other))
    return len(mine & its) < ALIKE * max(len(mine), len(its))


def _agreed(found: Sequence[Hypothesis]) -> Iterator[str]:
    """Yield what every layout says that explains the files well, where several do."""
    if not found or not found[0].sound:
        return
    near = [each for each in found if each.bits - found[0].bits < queue.CLEAR]
    if len({each.said for each in near}) == 1:
        yield f"{count(found[0].records, 'record')}; their texts are the same in every reading that fits"
    frames = {
        (each.layout.header, *(sum(part.size for part in each.layout.section(name)) for name in ("record", "trailer")))
        for each in near
    }
    if len(frames) == 1:
        header, head, trail = next(iter(frames))
        places = f"a header of {count(header, 'byte')}, {head} before a text and {trail} behind it"
        yield f"{places}, in every reading that fits"


def _wanted(learning: Learning, sample_files: Sequence[SampleFile]) -> Iterator[str]:
    if learning.layout is not None and learning.layout.numbered:
        if not any(sample_file.printed for sample_file in sample_files):
            yield "a listing of one of the files (LISTQ -C -T), to confirm numbers, dates and checksums"
        if len(sample_files) == 1:
            yield "a second file, to see what changes between files and what does not: learn --check tests it"
        return
    if not any(sample_file.printed for sample_file in sample_files):
        yield "a listing of one of the files as LISTQ -C -T prints it (--listing): it has numbers, dates and texts"
    if not learning.candidates or learning.candidates[0].records < ENOUGH:
        yield f"a file with more records: {ENOUGH} or more of different lengths"
    if learning.apart:
        yield "one call for each layout: learn from each of the files by itself"
    known = any(each.first is not None or each.last is not None for each in sample_files)
    if known and learning.candidates and not learning.candidates[0].sound:
        yield "the numbers as they were at the moment of the file: what is given with --known may be of another"
    if not known and learning.candidates and learning.candidates[0].doubts:
        yield "a file with numbers above 255 and not above each other by one byte alone, or --known last=NUMBER"


ENOUGH = 30
"""Records that show most layouts without a listing."""


def _arithmetic(sample_files: Sequence[SampleFile]) -> Iterator[str]:
    """Yield what sizes alone say of short files with one text: how many bytes are not text."""
    for sample_file in sample_files:
        data = sample_file.data
        if not data or len(data) > SHORT or len(sample_file.strong) != 1:
            continue
        start = sample_file.strong[0]
        stop = CONTROL.search(data, start)
        end = stop.start() if stop else len(data)
        rest = len(data) - (end - start)
        if stop is not None and data[end] == 0:
            yield (
                f"{sample_file.path}: {len(data)} bytes with a text of {end - start} and a NUL behind it: "
                f"{rest - 1} or {rest} bytes of overhead, as the NUL belongs to the text or does not"
            )
        else:
            yield f"{sample_file.path}: {len(data)} bytes with a text of {end - start}: {rest} bytes of overhead"
