"""How two layouts differ, field by field."""

from __future__ import annotations

import pytest

from glbtools import layouts
from glbtools.binary.field import Field
from glbtools.binary.layout import Layout
from glbtools.learn.differences import differences
from glbtools.reporting.learning import _share

REFERENCE = layouts.reference("queue")


def changed(name: str, /, **changes: object) -> Layout:
    fields = tuple(
        each._replace(**changes) if each.name == name else each  # type: ignore[arg-type]
        for each in REFERENCE.fields
    )
    return REFERENCE._replace(fields=fields)


def without(name: str) -> Layout:
    return REFERENCE._replace(fields=tuple(each for each in REFERENCE.fields if each.name != name))


def with_field(added: Field) -> Layout:
    return REFERENCE._replace(fields=(*REFERENCE.fields, added))


@pytest.mark.parametrize(
    ("layout", "name", "what"),
    [
        (changed("sync", offset=20), "sync", "moved"),
        (changed("sync", kind="u16", size=2), "sync", "other type"),
        (changed("sync", byte_order="big"), "sync", "other byte order"),
        (changed("sync", offset=20, kind="dec", size=10), "sync", "moved, other type"),
        (changed("sync", name="number", offset=20), "sync", "moved"),
        (changed("stamp", stamp="dos"), "stamp", "other encoding"),
        (changed("checksum", section="trailer"), "checksum", "moved"),
        (without("ofs_prev"), "ofs_prev", "not found"),
        (with_field(Field("flag", "trailer", 0, "u8", 1, "constant", "observed")), "flag", "new"),
        (REFERENCE._replace(header=4), "header", "other"),
        (REFERENCE._replace(terminator="none"), "terminator", "other"),
        (REFERENCE._replace(length_counts="record"), "length counts", "other"),
        (REFERENCE._replace(stride=16), "stride", "other"),
        (REFERENCE._replace(checksum=""), "algorithm", "other"),
    ],
)  # fmt: skip
def test_what_differs_is_said_and_nothing_else(layout: Layout, name: str, what: str) -> None:
    found = {row[0]: row[3] for row in differences(layout, REFERENCE) if row[3] != "the same"}
    assert found == {name: what}


@pytest.mark.parametrize("family", ["queue", "reqconf", "srvconf"])
def test_a_layout_is_the_same_as_itself(family: str) -> None:
    reference = layouts.reference(family)
    assert {row[3] for row in differences(reference, reference)} == {"the same"}


def test_what_is_inferred_is_called_so_in_the_comparison() -> None:
    rows = {row[0]: row for row in differences(changed("sync", status="inferred", offset=20), REFERENCE)}
    assert rows["sync"][2] == "u32 le at 0x14 (inferred)"


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 0, "100 %"), (7, 7, "100 %"), (999_999, 1_000_000, "99.9 %"), (1, 3, "33.3 %"), (0, 5, "0.0 %")],
)
def test_a_share_is_100_only_of_the_whole(part: int, whole: int, said: str) -> None:
    assert _share(part, whole) == said
