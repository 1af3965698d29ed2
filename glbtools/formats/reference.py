"""What is known of each format, fact by fact, for ``glbtools formats`` and the reference pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from glbtools.binary.layout import Layout
from glbtools.formats.registry import entry_of
from glbtools.tables import read_toml


class Fact(NamedTuple):
    """One thing known of a format.

    Attributes:
        place: section and offset of a field; empty for text formats.
        name: the field or element.
        form: its type, or how it is written.
        orig: the vendor's own word for it, where one is known.
        status: how it is known.
        source: the articles that say so.
        doc: what it means and what is inferred.
    """

    place: str
    name: str
    form: str
    orig: str
    status: str
    source: str
    doc: str


def _fact(name: str, form: str, status: str, doc: str, *, place: str = "", orig: str = "", source: str = "") -> Fact:
    return Fact(place=place, name=name, form=form, orig=orig, status=status, source=source, doc=doc)


def facts(name: str, layouts: Mapping[str, Layout]) -> list[Fact]:
    """Return everything known of a format.

    Raises:
        UsageError: there is no such format.
    """
    entry = entry_of(name)
    framed = _of_layout(layouts[entry.name]) if entry.binary else ()
    return [*framed, *_of_text(entry.name)]


def _of_layout(layout: Layout) -> Iterator[Fact]:
    for each in layout.fields:
        section = "" if each.section == "record" else f"{each.section} "
        doc = each.doc
        if each.flags:
            doc += "; bits: " + ", ".join(f"{bit} {name}" for name, bit in each.flags)
        place = f"{section}{each.offset}"
        yield _fact(each.name, each.type, each.status, doc, place=place, orig=each.orig, source=each.source)
    if layout.family == "queue":
        ends = {"nul": "NUL", "crlf": "CR LF", "none": "nothing"}[layout.terminator]
        form = (
            f"length counts {layout.length_counts}; text ends in {ends}; header {layout.header}; stride {layout.stride}"
        )
        yield _fact("framing", form, "assumed", " ".join(layout.framing_doc.split()))
    if layout.checksum:
        doc = " ".join(layout.checksum_doc.split())
        form = layout.checksum_name
        if layout.covers != ("text",):
            form += f" over {', '.join(layout.covers)}"
        yield _fact("checksum algorithm", form, layout.checksum_status or "assumed", doc)


def _of_text(name: str) -> Iterator[Fact]:
    table = read_toml(Path(__file__).with_name("facts.toml").read_bytes())
    for row in table.get(name, ()):
        yield _fact(row["element"], row["form"], row["status"], row["doc"], source=row["source"])
