"""Files as a layout reads them: read anew only where a layout reads otherwise than the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from glbtools.binary.field import INTEGERS, Field
from glbtools.binary.layout import Layout
from glbtools.formats.queue import Queue, parse_queue
from glbtools.learn.samples import SampleFile

PLAIN = ("opaque", "constant", "repeat")
"""Roles of bytes that a record keeps as they are."""

BESIDE = (*PLAIN, "checksum", "link")
"""Roles of what neither says which records there are nor is their number, date or text; a link may lead to them."""


class Reading:
    """Files, and how the layout reads them that they were read with last."""

    def __init__(self, sample_files: Sequence[SampleFile]) -> None:
        self.sample_files = sample_files
        self.layout: Layout | None = None
        self.queues: list[Queue] = []

    def by(self, layout: Layout) -> list[Queue]:
        """Return the files as a layout reads them."""
        if self.layout is not None and layout != self.layout and shape(layout) == shape(self.layout):
            self.queues = [replace(each, layout=layout) for each in self.queues]
        elif layout != self.layout:
            self.forget()  # before the others are made
            self.queues = [parse_queue(each.data, layout) for each in self.sample_files]
        self.layout = layout
        return self.queues

    def forget(self) -> None:
        """Let go of what was read."""
        self.layout, self.queues = None, []


def shape(layout: Layout) -> tuple[object, ...]:
    """Return what decides how records are read: layouts with one shape differ only in what they say of the bytes."""
    return _framing(layout), tuple(_placed(layout, each) for each in layout.fields)


def outline(layout: Layout) -> tuple[object, ...]:
    """Return what decides where records stand, and what their numbers, dates and texts are, whatever else is there."""
    sizes = (sum(each.size for each in layout.section(name)) for name in ("record", "trailer"))
    telling = (each for each in layout.fields if not _is_plain(layout, each))
    return _framing(layout), *sizes, tuple(_placed(layout, each) for each in telling)


def _framing(layout: Layout) -> Layout:
    """Return a layout without its fields, its checksum, and what is said of it."""
    return layout._replace(
        id="", family="", title="", status="", fields=(), doc="", source="", byte_order="", checksum="", crc=None,
        covers=(), partial=False, framing_doc="", checksum_status="", checksum_doc="",
    )  # fmt: skip


def _placed(layout: Layout, field: Field) -> Field:
    """Return a field without what is said of it; a key goes by its name, a mark of live records by its value."""
    default = field.default if field.role == "live" else None
    role = PLAIN[0] if field.role in PLAIN else field.role
    return Field(
        field.name if layout.obscured else "", field.section, field.offset, kind=field.kind, size=field.size, role=role,
        status="", byte_order=field.byte_order, stamp=field.stamp, link=field.link, default=default,
    )  # fmt: skip


def _is_plain(layout: Layout, field: Field) -> bool:
    """Whether nothing but its size matters of a field: any bytes may stand there."""
    leads = field.role not in BESIDE or (field.role == "link" and bool(layout.order or layout.breaks))
    return not leads and not layout.obscured and (field.kind == "bytes" or field.kind in INTEGERS)
