"""What a person knows of a configuration decides, and is tested like everything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from glbtools.errors import UsageError
from glbtools.formats import config
from glbtools.formats.listing import format_listds, parse_listing
from glbtools.layouts import reference
from glbtools.learn import Learning
from glbtools.learn.config_pins import family_pins
from glbtools.learn.configuration import learn_configuration

FIELDS = {each.name: each for each in reference("reqconf").fields}
SERVER = {each.name: each for each in reference("srvconf").fields}


def reqconf(**values: Any) -> bytes:
    return config.new_reqconf(reference("reqconf"), **{"server": "POLYNOMIAL/MONTGOMERY", **values}).build()


def learnt(data: bytes, pins: Sequence[str], *, listed: bool = True) -> Learning:
    parsed = config.parse_reqconf(data, reference("reqconf")).config
    printed = [("LISTDS.TXT", parse_listing(format_listds(parsed, "NET/PO", "glbtools").encode("cp850")))]
    return learn_configuration("reqconf", [("REQCONF.GLB", data)], listings=printed if listed else [], pins=pins)


def pin(name: str, form: str = "") -> str:
    return f"{name}{form}@{FIELDS[name].offset:#x}"


SAME = reqconf(reqsync=17, srvsync=17)
"""Two numbers that are equal: nothing in one file tells them apart."""


def test_a_pin_decides_which_of_two_equal_numbers_is_which() -> None:
    alone = learnt(SAME, [])
    assert not {"reqsync", "srvsync"} & alone.decided.keys()
    found = learnt(SAME, [pin("reqsync", "=u32"), pin("srvsync", "=u32")])
    assert found.layout is not None
    assert not found.layout.partial
    for name in ("reqsync", "srvsync"):
        assert (found.decided[name].offset, found.decided[name].type) == (FIELDS[name].offset, "u32")
        assert found.decided[name].status == "inferred"
        assert "given with --pin" in found.decided[name].doc


def test_one_pin_leaves_the_other_place_to_the_other_number() -> None:
    found = learnt(SAME, [pin("reqsync", "=u32")])
    assert {name: found.decided[name].offset for name in ("reqsync", "srvsync")} == {
        name: FIELDS[name].offset for name in ("reqsync", "srvsync")
    }


def test_a_field_of_which_nothing_is_known_is_read_where_a_pin_has_it() -> None:
    pins = [pin("reqsync", "=u32"), pin("srvsync", "=u32"), pin("server")]
    found = learnt(reqconf(reqsync=300, srvsync=900), pins, listed=False)
    assert found.layout is not None
    values = {each.field.name: each.value for each in config.parse_reqconf(reqconf(reqsync=301), found.layout).values}
    assert (values["reqsync"], values["server"]) == (301, "POLYNOMIAL/MONTGOMERY")


def test_a_pin_that_a_listing_contradicts_is_refuted_with_what_stands_there() -> None:
    found = learnt(reqconf(reqsync=300, srvsync=900), [f"reqsync=u32@{FIELDS['srvsync'].offset}"])
    assert found.layout is None
    assert any("is refuted: 84 03 00 00 stands there in REQCONF.GLB" in each for each in found.reasons)


@pytest.mark.parametrize("wrong", ["reqsync=u32@508", "last_export=u32@0x1f0", "server@0x1f0", "reqsync=dec:6@0"])
def test_a_pin_where_no_such_value_can_stand_is_refuted(wrong: str) -> None:
    data = reqconf(reqsync=300, srvsync=900)[:-16] + b"\xfe\x01\xff\x17" * 4
    found = learnt(data, [wrong], listed=False)
    assert found.layout is None
    assert any(f"--pin {wrong} is refuted" in each for each in found.reasons)


def test_a_field_that_is_pinned_as_none_is_not_looked_for() -> None:
    found = learnt(SAME, ["srvsync=none", pin("reqsync", "=u32")])
    assert "srvsync" not in found.decided
    assert found.layout is not None and found.layout.partial


def test_whatever_is_certain_is_stated_where_somebody_asks_for_it() -> None:
    parsed = config.parse_reqconf(SAME, reference("reqconf")).config
    listings = [("LISTDS.TXT", parse_listing(format_listds(parsed, "NET/PO", "glbtools").encode("cp850")))]
    assert learn_configuration("reqconf", [("REQCONF.GLB", SAME)], listings=listings).layout is None
    found = learn_configuration("reqconf", [("REQCONF.GLB", SAME)], listings=listings, partial=True)
    assert found.layout is not None and found.layout.partial
    assert "server" in found.layout.by_name
    assert not {"reqsync", "srvsync"} & found.layout.by_name.keys()
    assert any("reqsync" in each for each in found.reasons)


def test_a_requestor_is_pinned_in_its_record() -> None:
    made = config.new_srvconf(reference("srvconf"), [{"name": "PCM:A/B", "reqsync": 7}], sync=7, cycle=7)
    spelled = [f"{name}=u32@{SERVER[name].offset}" for name in ("sync", "reqsync", "srvsync")]
    found = learn_configuration("srvconf", [("SRVCONF.GLB", made.build())], pins=spelled)
    assert {name: found.decided[name].section for name in ("sync", "reqsync")} == {
        "sync": "header",
        "reqsync": "record",
    }


@pytest.mark.parametrize("spelled", ["sync=u32@4", "server=u32@4", "reqsync@4", "reqsync=u64@4", "limit"])
def test_what_is_no_pin_of_the_family_is_refused(spelled: str) -> None:
    with pytest.raises(UsageError, match="--pin"):
        family_pins([spelled], "reqconf")
