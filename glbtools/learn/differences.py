"""How a layout differs from another, such as a learnt one from the reference."""

from __future__ import annotations

from typing import NamedTuple

from glbtools.binary.field import Field
from glbtools.binary.layout import Layout
from glbtools.brief import count

DOUBTED = frozenset({"inferred", "assumed"})
"""Statuses that leave a doubt."""


class Difference(NamedTuple):
    """One thing that two layouts have, or one of them.

    Attributes:
        name: of the field, or of a property of the framing.
        there: how it is in the other layout; empty where that has none.
        here: how it is in this one.
        what: the difference in a word or two; ``the same`` where there is none.
    """

    name: str
    there: str
    here: str
    what: str


def differences(layout: Layout, reference: Layout) -> list[Difference]:
    """Return how a layout differs from another, the framing first, then field by field."""
    rows = []
    for name, there, here in _framings(reference, layout):
        if there != here:
            rows.append(Difference(name, there, here, "other"))
    known = [each for each in reference.fields if each.role != "opaque" or not each.name.startswith("unknown_")]
    for each in known:
        own = _counterpart(each, layout)
        was = f"{type_text(each)} at {place_text(each)}"
        if own is None:
            rows.append(Difference(each.name, was, "", "not found"))
            continue
        now = f"{type_text(own)} at {place_text(own)}"
        words = []
        words += ["moved"] if (each.section, each.offset) != (own.section, own.offset) else []
        words += ["other type"] if each.type != own.type else []
        words += ["other byte order"] if each.byte_order != own.byte_order and _ordered(each, own) else []
        words += ["other encoding"] if each.stamp != own.stamp else []
        rows.append(Difference(each.name, was, f"{now}{doubt_text(own)}", ", ".join(words) or "the same"))
    matched = {own.name for each in known if (own := _counterpart(each, layout)) is not None}
    for own in layout.fields:
        if own.name not in matched and own.role != "opaque":
            rows.append(Difference(own.name, "", f"{type_text(own)} at {place_text(own)}{doubt_text(own)}", "new"))
    return rows


def _ordered(*fields: Field) -> bool:
    return all(each.kind[0] in "iu" and each.size > 1 for each in fields)


def _counterpart(each: Field, layout: Layout) -> Field | None:
    """Return the field that means the same: of the same name, or the one with a role that a record has once."""
    if each.name in layout.by_name:
        return layout.by_name[each.name]
    if layout.family == "queue" and each.role in {"sync", "stamp", "len_text", "checksum"}:
        return layout.with_role(each.role)
    return None


def _framings(*pair: Layout) -> list[tuple[str, str, str]]:
    def said(each: Layout) -> dict[str, str]:
        if each.family != "queue":
            return {"header": str(each.header), "record": str(each.record)}
        return {
            "header": count(each.header, "byte"),
            "terminator": each.terminator,
            "length counts": each.length_counts if each.with_role("len_text") else "no length",
            "stride": str(each.stride) if each.stride > 1 else "none",
            "lead": count(each.lead, "byte"),
            "algorithm": each.checksum_name or "unknown",
        }

    there, here = map(said, pair)
    return [(name, there[name], here[name]) for name in there]


def place_text(each: Field) -> str:
    """Return where a field stands: its section, and the offset in it."""
    return {"header": "head ", "trailer": "+"}.get(each.section, "") + f"0x{each.offset:02x}"


def type_text(each: Field) -> str:
    """Return the type of a field, with the order of its bytes."""
    order = {"little": "le", "big": "be"}[each.byte_order]
    return f"{each.type} {order}" if each.kind[0] in "iu" and each.size > 1 else each.type


def doubt_text(each: Field) -> str:
    """Return how a field is known where that leaves a doubt; a blank before it."""
    return f" ({each.status})" if each.status in DOUBTED else ""
