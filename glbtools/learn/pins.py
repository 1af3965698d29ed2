"""What a person knows of a layout: where a field stands, or that there is none (``--pin NAME=TYPE@OFFSET``).

A pin decides at once between readings. It is tested like everything else: one that the files speak against is refuted
with the first record that shows it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from glbtools.binary import dateparts
from glbtools.binary.field import DATE, INTEGERS, ODD, Field
from glbtools.binary.layout import Layout
from glbtools.errors import LayoutError, UsageError
from glbtools.formats.queue import Queue
from glbtools.layouts.written import checked
from glbtools.learn.clocks import FIRST, LAST
from glbtools.learn.columns import LARGEST_STEP, LARGEST_SYNC
from glbtools.learn.comparison import WHAT, compare
from glbtools.learn.inserting import opened, unsummed, with_field
from glbtools.learn.samples import SampleFile
from glbtools.learn.scoring import is_blank, is_odd

NAMES = ("sync", "stamp", "len_text", "checksum", "text")
"""Fields of a queue record that can be pinned; all but the number and the text may be none."""

QUEUE_TEXTS = ("text",)

STRAY = 0.03
"""Share of the records that damage may have changed."""

_SPELLED = re.compile(
    r"(?P<name>[a-z_]+)(?:=(?:(?P<none>none)|(?P<type>[a-z]+\d*(?::\d+)?|date:[^@]+?)(?: ?(?P<order>le|be))?))?"
    r"(?:@(?P<at>0x[0-9a-f]{1,4}|\d{1,5}))?"
)


class Pin(NamedTuple):
    """What is known of one field.

    Attributes:
        name: as a layout names it; of a queue that is its role.
        offset: from the beginning of the record, or of the header; None where there is no such field.
        kind: as a layout spells it, with ``size`` in bytes; empty for a text.
        order: of bytes; empty where the person does not say.
        spelled: as it was given.
    """

    name: str
    offset: int | None
    kind: str
    size: int
    order: str
    spelled: str


def parse_pins(spelled: Sequence[str], names: Sequence[str] = NAMES, texts: Sequence[str] = QUEUE_TEXTS) -> list[Pin]:
    """Return pins as they are given: ``sync=u32@4``, ``sync=u16be@0x10``, ``text@24``, ``stamp=none``.

    Args:
        spelled: the pins.
        names: of the fields that can be pinned; those of a queue record unless given.
        texts: which of them are texts.

    Raises:
        UsageError: one is not of that form, or a name is pinned twice.
    """
    pins: list[Pin] = []
    for text in spelled:
        match = _SPELLED.fullmatch(text.strip() if DATE in text else text.strip().lower())
        name = match["name"] if match else ""
        if match is None or name not in names or (match["at"] is None) == (match["none"] is None):
            number = next(each for each in names if each not in texts)
            forms = f"{number}=u32@4, {number}=u16be@0x10, {texts[-1]}@24, {names[1]}=none"
            raise UsageError(f"--pin {text}: not of the form NAME=TYPE@OFFSET or NAME=none, as {forms}; "
                             f"names are {', '.join(names)}")  # fmt: skip
        kind, _, digits = (match["type"] or "").partition(":")
        size = (INTEGERS | ODD).get(kind, int(digits) if digits and kind in {"dec", "hex"} else 0)
        if f"{kind}:" == DATE and name == "stamp":
            kind, size = f"{DATE}{digits}", dateparts.size(digits)
        if match["none"] and name in {"sync", "text"}:
            raise UsageError(f"--pin {text}: a record has a {'number' if name == 'sync' else 'text'}")
        if (name in texts) != (not kind) and not match["none"]:
            raise UsageError(f"--pin {text}: a text has no type, and everything else has one")
        if kind and (not size or kind.startswith("i")):
            raise UsageError(
                f"--pin {text}: types are u8, u16, u24, u32, bcd32, with le or be behind them, w32, dec:N, hex:N, "
                "date:FORM"
            )
        if any(each.name == name for each in pins):
            raise UsageError(f"--pin {text}: {name} is pinned twice")
        offset = None if match["at"] is None else int(match["at"], 0)
        order = {"le": "little", "be": "big"}.get(match["order"] or "", "")
        pins.append(Pin(name, offset, kind, size, order=order, spelled=text))
    return pins


def pinned(layout: Layout, pins: Sequence[Pin]) -> Layout:
    """Return a layout with the fields that are pinned where they are.

    Raises:
        LayoutError: they do not go with how the layout frames records.
    """
    for pin in pins:
        text = layout.text
        assert text is not None, "a queue layout has a text"
        if pin.name == "text":
            if text.offset != pin.offset:
                raise LayoutError("", pin.spelled, f"the text begins at {text.offset}")
            continue
        own = layout.with_role(pin.name)
        if pin.offset is None:
            fields = [opened(each) if each is own else each for each in layout.fields]
            layout = layout._replace(fields=tuple(fields))
            layout = layout if layout.with_role("checksum") else unsummed(layout)
        else:
            layout = _placed(layout, pin, own)
    return checked(layout)


def _placed(layout: Layout, pin: Pin, own: Field | None) -> Layout:
    assert pin.offset is not None, "a place"
    text = layout.text
    assert text is not None, "a queue layout has a text"
    order = pin.order or (own.byte_order if own else layout.byte_order)
    if own is not None and (own.offset, own.kind, own.size, own.section) == (pin.offset, pin.kind, pin.size, "record"):
        field = own._replace(byte_order=order, doc=f"{own.doc}; given with --pin")
    else:
        field = Field(
            pin.name, "record", pin.offset, pin.kind, pin.size, role=pin.name, status="inferred", byte_order=order,
            doc="given with --pin",
        )  # fmt: skip
    if field.stop > text.offset:
        raise LayoutError("", pin.spelled, f"it ends behind byte {text.offset}, where the text begins")
    if own is not None:
        layout = layout._replace(fields=tuple(opened(each) if each is own else each for each in layout.fields))
    try:
        return with_field(layout, field)
    except LayoutError as error:
        raise LayoutError("", pin.spelled, error.reason) from None


def refutations(pins: Sequence[Pin], sample_files: Sequence[SampleFile], queues: Sequence[Queue]) -> Iterator[str]:
    """Yield what speaks against pins, with the first record that shows it; a few damaged records do not."""
    compared = [compare(sample_file, queue) for sample_file, queue in zip(sample_files, queues, strict=True)]
    total = sum(len(queue.records) for queue in queues)
    for pin in pins:
        if pin.offset is None:
            continue
        wrong = []
        what = next((what for what, role in WHAT.items() if role == pin.name), "")
        for sample_file, queue, comparison in zip(sample_files, queues, compared, strict=True):
            wrong += [f"{said} (record at 0x{start:x} of {sample_file.path})" for start, said in _wrong(pin, queue)]
            for each in comparison.differing.get(what, ()) if comparison else ():
                said = f"{each.stored} is read, and the listing prints {each.printed}"
                wrong.append(f"{said} (record at 0x{each.start:x} of {sample_file.path})")
        if len(wrong) > max(1, STRAY * total):
            yield f"--pin {pin.spelled} is refuted: {wrong[0]}"


def _wrong(pin: Pin, queue: Queue) -> Iterator[tuple[int, str]]:
    records = [each for each in queue.records if not is_blank(each.text)]
    if pin.name == "sync":
        for one, other in itertools.pairwise(records):
            if one.sync >= LARGEST_SYNC:
                yield one.start, f"{one.sync} is more than any count of changes"
            elif not 0 < other.sync - one.sync <= LARGEST_STEP:
                yield other.start, f"the number {other.sync} follows {one.sync}"
    elif pin.name == "stamp":
        for each in records:
            when = queue.moment(each)
            if when is None or not FIRST <= when < LAST:
                yield each.start, f"{each.stamp} is no date of these files"
    elif pin.name == "text":
        for each in records:
            if is_odd(queue.layout.encoded(each.text)):
                yield each.start, f"{each.text[:30]!r} is no transaction"
