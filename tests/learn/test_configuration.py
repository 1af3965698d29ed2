from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glbtools.binary import layout as layouts
from glbtools.binary.layout import Layout
from glbtools.errors import UsageError
from glbtools.formats import config
from glbtools.formats.listing import format_listds, parse_listing
from glbtools.formats.queue import new_queue
from glbtools.layouts import reference
from glbtools.learn import Learning, learn_layout
from glbtools.learn.configuration import learn_configuration
from glbtools.learn.gathering import gathered
from glbtools.learn.holdout import Holdout
from glbtools.model.change import Change
from glbtools.model.configuration import ReqConf, SrvConf
from scoreboard.configurations import FAMILIES, KNOWN, LISTED, ConfigSample, config_sample
from scoreboard.learning import Case, fixture_files, judge_config

REQUESTORS: tuple[dict[str, Any], ...] = (
    {"name": "PCM:POLYNOMIAL/MONTGOMERY", "reqsync": 17, "srvsync": 80, "last_cycle": 11,
     "last_update": datetime(1994, 2, 18, 13, 11, 58)},
    {"name": "PCM:POLYNOMIAL/NOVEMBER", "reqsync": 18, "srvsync": 0, "last_cycle": 9,
     "last_update": datetime(1994, 2, 17, 8, 52, 45)},
    {"name": "PCM:POLYNOMIAL/OCTOBER", "reqsync": 12, "srvsync": 71, "last_cycle": 9,
     "last_update": datetime(1994, 2, 17, 8, 52, 45)},
)  # fmt: skip
"""The sample of Q96060."""

SERVER = "POLYNOMIAL/MONTGOMERY"


def listed(of: ReqConf | SrvConf) -> Any:
    return parse_listing(format_listds(of, "NET/PO", "glbtools").encode("cp850"))


def reqconf(**values: Any) -> bytes:
    return config.new_reqconf(reference("reqconf"), **{"server": SERVER, **values}).build()


def srvconf(*requestors: dict[str, Any], **values: Any) -> bytes:
    head = {"sync": 80, "cycle": 11, "administrator": "dsadmin", **values}
    return config.new_srvconf(reference("srvconf"), requestors or REQUESTORS, **head).build()


def learnt(family: str, *snapshots: bytes, told: Sequence[bytes] | None = None, known: Iterable[str] = ()) -> Learning:
    """Learn from files, each listed as it is, or as those in ``told`` are."""
    parse: Callable[..., Any] = config.parse_reqconf if family == "reqconf" else config.parse_srvconf
    contents = [(f"{family.upper()}.{number}", data) for number, data in enumerate(snapshots)]
    configs = [parse(data, reference(family)).config for data in (snapshots if told is None else told)]
    listings = [(f"LISTDS.{number}", listed(each)) for number, each in enumerate(configs)]
    return learn_configuration(family, contents, listings=listings, known=list(known))


def sampled(seed: int, family: str, *, told: bool) -> tuple[ConfigSample, Learning]:
    sample = config_sample(seed, family)
    contents = [(f"{family.upper()}.{number}", each.data) for number, each in enumerate(sample.snapshots)]
    listings = [(f"LISTDS.{number}", parse_listing(each.listing)) for number, each in enumerate(sample.snapshots)]
    known = [f"{family.upper()}.{n}:{said}" for n, each in enumerate(sample.snapshots) for said in each.known if told]
    return sample, learn_configuration(family, contents, listings=listings, known=known)


def judged(sample: ConfigSample, found: Learning, *, told: bool) -> Any:
    case = Case(sample.family, sample.seed, told=told)
    return judge_config(case, sample, SimpleNamespace(layout=found.layout, toml=found.toml, alternatives=[]))


def places(layout: Layout | None, *names: str) -> list[tuple[str, int]]:
    assert layout is not None
    return [(name, layout.by_name[name].offset) for name in names if name in layout.by_name]


# --- laws --------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 1 << 24), st.sampled_from(FAMILIES), st.booleans())
def test_what_is_true_of_the_files_never_leads_to_a_wrong_field(seed: int, family: str, told: bool) -> None:
    sample, found = sampled(seed, family, told=told)
    verdict = judged(sample, found, told=told)
    assert verdict.outcome != "wrong", verdict.reason


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 1 << 24), st.sampled_from(FAMILIES))
def test_the_true_place_is_among_the_candidates_of_what_stays_open(seed: int, family: str) -> None:
    sample, found = sampled(seed, family, told=True)
    for name, candidates in found.places.items():
        true = sample.layout.by_name[name]
        last = true.byte_order == "big"
        assert any(
            (each.stop == true.stop if last and each.kind != "text" else each.offset == true.offset)
            for each in candidates
        ), name


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 1 << 24), st.sampled_from(FAMILIES), st.booleans())
def test_every_name_that_is_known_is_a_field_or_open_and_what_is_open_has_something_that_would_decide_it(
    seed: int, family: str, told: bool
) -> None:
    _, found = sampled(seed, family, told=told)
    names = {*LISTED[family], *(KNOWN[family] if told else ())}
    # A server nobody names and a date that was never set are known of nobody.
    assert found.decided.keys() | found.places.keys() <= names
    assert not found.decided.keys() & found.places.keys()
    for name in found.places:
        assert any(each.startswith(f"{name}: ") for each in found.wanted)
    assert (found.layout is None) == bool(found.reasons)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 1 << 24), st.sampled_from(FAMILIES))
def test_a_field_is_observed_only_if_nothing_else_reads_the_same_and_chance_does_not(seed: int, family: str) -> None:
    _, found = sampled(seed, family, told=True)
    for each in found.decided.values():
        assert each.status in {"observed", "inferred"}
        assert ("inferred: " in each.doc) == (each.status == "inferred")
        assert each.doc.startswith("equal in ")
        assert each.kind != "text" or each.status == "inferred"


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 1 << 24), st.sampled_from(FAMILIES))
def test_the_layout_file_reads_back_as_the_layout(seed: int, family: str) -> None:
    _, found = sampled(seed, family, told=False)
    if found.layout is not None:
        assert found.toml is not None
        assert layouts.parse(found.toml.encode(), "learnt.toml") == found.layout


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 1 << 24), st.sampled_from(FAMILIES), st.integers(0, 1 << 16))
def test_numbers_of_another_moment_give_no_layout(seed: int, family: str, drawn: int) -> None:
    sample = config_sample(seed, family)
    dice = random.Random(drawn)
    parsed = [parse_listing(each.listing) for each in sample.snapshots]
    for listing in parsed:
        if listing.reqconf is not None:
            off = replace(listing.reqconf, srvsync=(listing.reqconf.srvsync or 0) + dice.randrange(70_000, 1 << 24))
            listing.reqconf = off
        elif listing.srvconf is not None:
            rows = (replace(each, reqsync=dice.randrange(70_000, 1 << 24)) for each in listing.srvconf.requestors)
            listing.srvconf = replace(listing.srvconf, requestors=tuple(rows))
    contents = [(f"{family.upper()}.{number}", each.data) for number, each in enumerate(sample.snapshots)]
    listings = [(f"LISTDS.{number}", each) for number, each in enumerate(parsed)]
    found = learn_configuration(family, contents, listings=listings)
    assert found.layout is None
    assert any("no place holds" in each for each in found.reasons)


# --- the reference layouts, learnt back --------------------------------------------------------------------------


@pytest.mark.parametrize("office", ["east", "hub", "west"])
def test_the_reference_layout_of_reqconf_is_learnt_from_the_fixtures(office: str) -> None:
    files = {data for _, data in fixture_files("REQCONF", office)}
    whole = sorted(data for data in files if not config.parse_reqconf(data, reference("reqconf")).faults)
    assert len(whole) > 2
    found = learnt("reqconf", *whole)
    names = ("reqsync", "srvsync", "server")
    assert places(found.layout, *names) == places(reference("reqconf"), *names)


def test_the_reference_layout_of_srvconf_is_learnt_from_the_fixtures() -> None:
    files = {data for _, data in fixture_files("SRVCONF", "hub")}
    whole = sorted(data for data in files if not config.parse_srvconf(data, reference("srvconf")).faults)
    assert len(whole) > 2
    found = learnt("srvconf", *whole[:4])
    assert places(found.layout, *LISTED["srvconf"]) == places(reference("srvconf"), *LISTED["srvconf"])


def test_the_sample_of_the_knowledge_base_gives_the_layout_it_was_written_with() -> None:
    found = learnt("srvconf", srvconf())
    assert places(found.layout, *LISTED["srvconf"]) == places(reference("srvconf"), *LISTED["srvconf"])
    assert (
        found.decided["last_update"].doc
        == "equal in 3 records of 1 snapshot (listing); stored dates are the same as the known ones"
    )
    assert found.decided["last_update"].status == "observed"
    assert "16 bits would read the same" in found.decided["reqsync"].doc


def test_a_number_above_16_bits_leaves_no_doubt_of_its_width() -> None:
    found = learnt("reqconf", reqconf(reqsync=400, srvsync=87298), reqconf(reqsync=470, srvsync=88000))
    assert (found.decided["srvsync"].type, found.decided["srvsync"].status) == ("u32", "observed")
    assert (found.decided["reqsync"].type, found.decided["reqsync"].status) == ("u32", "inferred")


def test_idle_pointers_are_recognised_but_not_told_apart() -> None:
    found = learnt("reqconf", reqconf(reqsync=400, srvsync=87298))
    assert found.layout is not None
    idle = [each for each in found.layout.fields if each.role == "link"]
    assert [(each.offset, each.type, each.status) for each in idle] == [
        (at, "i32", "inferred") for at in (20, 24, 28, 32)
    ]
    assert not {each.name for each in idle} & {each.name for each in reference("reqconf").fields}


def test_a_pointer_in_use_is_recognised_where_it_was_idle_once() -> None:
    used = reqconf(reqsync=400, srvsync=87298, pointers=(-1, 4711, -1, -1))
    found = learnt("reqconf", used, reqconf(reqsync=411, srvsync=87298))
    assert found.layout is not None
    assert [each.offset for each in found.layout.fields if each.role == "link"] == [20, 24, 28, 32]


def test_minus_one_at_more_places_than_there_are_pointers_is_none() -> None:
    data = bytearray(reqconf(reqsync=400, srvsync=87298))
    data[300:304] = b"\xff" * 4
    found = learnt("reqconf", bytes(data))
    assert found.layout is not None
    assert not [each for each in found.layout.fields if each.role == "link"]


def test_minus_one_at_fewer_places_is_none_either() -> None:
    data = bytearray(reqconf(reqsync=400, srvsync=87298))
    data[28:36] = bytes(8)
    found = learnt("reqconf", bytes(data))
    assert found.layout is not None
    assert not [each for each in found.layout.fields if each.role == "link"]


def test_zeros_between_two_numbers_of_different_orders_belong_to_one_of_them_and_leave_both_widths_open() -> None:
    data = bytearray(512)
    data[10:12], data[14:16] = (40_001).to_bytes(2, "little"), (50_002).to_bytes(2, "big")
    data[100:122] = SERVER.encode().ljust(22, b"\0")
    listing = listed(ReqConf(reqsync=40_001, srvsync=50_002, server=SERVER))
    found = learn_configuration("reqconf", [("REQCONF.GLB", bytes(data))], listings=[("LISTDS.TXT", listing)])
    assert places(found.layout, "reqsync", "srvsync") == [("reqsync", 10), ("srvsync", 14)]
    assert {found.decided[name].status for name in ("reqsync", "srvsync")} == {"inferred"}


def test_a_small_number_is_not_placed_by_chance_where_other_values_stand_nowhere() -> None:
    data = bytearray(reqconf(reqsync=40_000, srvsync=87298))
    data[300] = 0x37
    contents, listing = [("REQCONF.GLB", bytes(data))], listed(ReqConf(reqsync=0x37, srvsync=87298, server=SERVER))
    found = learn_configuration(
        "reqconf", contents, listings=[("LISTDS.TXT", listing)], known=["last_export=1994-04-07"]
    )
    assert "reqsync" not in found.decided


@pytest.mark.parametrize(
    ("shift", "said"), [(5, "5:00 hours ahead of"), (-8, "8:00 hours behind"), (5.75, "5:45 hours ahead")]
)
def test_dates_by_a_clock_of_another_zone_are_found_and_the_zone_is_told(shift: float, said: str) -> None:
    rows = [{**each, "last_update": each["last_update"] + timedelta(hours=shift)} for each in REQUESTORS]
    found = learnt("srvconf", srvconf(*rows), told=[srvconf()])
    assert found.decided["last_update"].offset == 80
    assert said in found.decided["last_update"].doc


def test_a_clock_set_to_summer_time_between_the_dates_leaves_the_place_inferred() -> None:
    rows = [dict(each) for each in REQUESTORS]
    rows[0]["last_update"] = datetime(1994, 2, 18, 14, 11, 58)
    found = learnt("srvconf", srvconf(*rows), told=[srvconf()])
    assert found.decided["last_update"].offset == 80
    assert "summer time" in found.decided["last_update"].doc
    assert found.decided["last_update"].status == "inferred"


def test_digits_are_numbers_too() -> None:
    data = bytearray(512)
    data[100:110], data[110:120] = b"0000000412", b"0000087298"
    data[200:222] = SERVER.encode().ljust(22, b"\0")
    found = learnt("reqconf", bytes(data), told=[reqconf(reqsync=412, srvsync=87298)])
    assert [(name, found.decided[name].type, found.decided[name].offset) for name in ("reqsync", "srvsync")] == [
        ("reqsync", "dec:10", 100),
        ("srvsync", "dec:10", 110),
    ]


# --- too little evidence -----------------------------------------------------------------------------------------


def test_zeros_prove_nothing() -> None:
    found = learnt("reqconf", reqconf(reqsync=0, srvsync=0))
    assert found.layout is None
    assert found.toml is None
    assert len(found.places["reqsync"]) > 100
    assert "reqsync: a snapshot in which reqsync and srvsync differ" in found.wanted


def test_values_that_are_all_equal_prove_nothing() -> None:
    found = learnt("reqconf", reqconf(reqsync=700, srvsync=700), reqconf(reqsync=700, srvsync=700))
    assert found.layout is None
    assert {each.offset for each in found.places["reqsync"]} == {0, 4}
    assert "srvsync: a snapshot in which srvsync and reqsync differ" in found.wanted


def test_a_snapshot_in_which_they_differ_decides_indeed() -> None:
    found = learnt("reqconf", reqconf(reqsync=700, srvsync=700), reqconf(reqsync=700, srvsync=790))
    assert places(found.layout, "reqsync", "srvsync") == [("reqsync", 0), ("srvsync", 4)]


def test_numbers_of_one_byte_between_zeros_leave_the_byte_order_open() -> None:
    data = bytearray(512)
    data[40], data[60], data[80:101] = 17, 80, SERVER.encode()
    found = learnt("reqconf", bytes(data), told=[reqconf(reqsync=17, srvsync=80)])
    assert found.layout is None
    assert {each.order for each in found.places["reqsync"]} == {"little", "big"}
    assert "reqsync: a snapshot in which reqsync is above 255" in found.wanted
    data[40:42], data[60] = b"\x01\x02", 81
    told = [reqconf(reqsync=17, srvsync=80), reqconf(reqsync=513, srvsync=81)]
    first = bytes(data[:40] + b"\x11\0" + data[42:60] + b"\x50" + data[61:])
    later = learnt("reqconf", first, bytes(data), told=told)
    assert places(later.layout, "reqsync", "srvsync") == [("reqsync", 40), ("srvsync", 60)]


def test_nothing_known_gives_no_layout_and_says_what_would_help() -> None:
    found = learn_configuration("reqconf", [("REQCONF.GLB", reqconf(reqsync=700, srvsync=800))])
    assert found.layout is None
    assert found.places == {}
    assert any("LISTDS -R" in each for each in found.wanted)


def test_a_small_number_that_only_one_place_holds_is_no_proof() -> None:
    found = learnt("reqconf", reqconf(reqsync=700, srvsync=87298, importsync=1), known=["importsync=1"])
    assert "importsync" in found.places or "chance would" in found.decided["importsync"].doc


# --- contradictions ----------------------------------------------------------------------------------------------


def test_a_value_that_no_place_holds_in_every_file_is_reported_and_stays_open() -> None:
    first, second = reqconf(reqsync=400, srvsync=87298), reqconf(reqsync=410, srvsync=88000)
    found = learnt("reqconf", first, second, told=[first, reqconf(reqsync=999, srvsync=88000)])
    assert found.layout is None
    assert found.places["reqsync"] == []
    assert found.reasons[0].startswith("reqsync: no place holds 400, 999 in every file")


def test_a_listing_and_a_given_value_that_contradict_leave_the_name_open() -> None:
    found = learnt("reqconf", reqconf(reqsync=400, srvsync=87298), known=["reqsync=401"])
    assert found.layout is None
    assert "reqsync of REQCONF.0 is said to be 401 (known value) and 400 (listing); left open" in found.concluded


def test_two_names_that_need_one_place_are_both_left_open() -> None:
    data = reqconf(reqsync=90_000, srvsync=87298)
    found = learnt("reqconf", data, known=["importsync=90000"])
    assert found.layout is None
    assert "reqsync and importsync need the same bytes: what is known of one of them is wrong" in found.concluded


def _doubled(*values: int) -> Learning:
    """Snapshots in which ReqSync stands at 300 as well, and SrvSync does not."""
    files = [reqconf(reqsync=each, srvsync=87298 + 70 * each) for each in values]
    files = [data[:300] + data[:4] + data[304:] for data in files]
    told = [reqconf(reqsync=each, srvsync=87298 + 70 * each) for each in values]
    return learnt("reqconf", *files, told=told)


def test_a_number_that_stands_twice_is_read_at_the_first_place_and_the_layout_is_for_reading() -> None:
    found = _doubled(22065, 22068, 22119)
    assert places(found.layout, "reqsync", "srvsync") == [("reqsync", 0), ("srvsync", 4)]
    assert found.layout is not None and found.layout.partial and "written" in found.layout.read_only
    assert found.layout.by_name["reqsync"].status == "inferred"
    assert any("0x000 and again at 0x12c" in each for each in found.reasons)


def test_a_number_that_stands_twice_and_never_changes_stays_open() -> None:
    assert _doubled(22065, 22065, 22065).layout is None or "reqsync" not in _doubled(22065, 22065, 22065).decided


def test_names_stored_in_parts_are_read_and_the_layout_is_for_reading() -> None:
    changed = [each | {"reqsync": each["reqsync"] + 3000, "srvsync": 90000 + at} for at, each in enumerate(REQUESTORS)]
    rows = [[each | {"srvsync": 70000 + at} for at, each in enumerate(REQUESTORS)], changed]
    files = []
    for requestors in rows:
        data = bytearray(srvconf(*requestors))
        for at, each in enumerate(requestors, 1):
            network, postoffice = each["name"].removeprefix("PCM:").split("/")
            data[1024 * at : 1024 * at + 64] = network.encode().ljust(11, b"\0") + postoffice.encode().ljust(53, b"\0")
        files.append(bytes(data))
    found = learnt("srvconf", *files, told=[srvconf(*each) for each in rows])
    assert found.layout is not None and found.layout.partial
    assert places(found.layout, "network", "postoffice") == [("network", 0), ("postoffice", 11)]
    read = config.parse_srvconf(files[1], found.layout).config
    assert [each.name for each in read.requestors] == [each["name"].removeprefix("PCM:") for each in REQUESTORS]
    assert [each.reqsync for each in read.requestors] == [each["reqsync"] for each in changed]


def test_a_listing_with_more_requestors_than_the_file_is_used_as_far_as_it_goes() -> None:
    found = learnt("srvconf", srvconf(*REQUESTORS[:2]), told=[srvconf()])
    assert any("no such record" in each for each in found.concluded)
    assert places(found.layout, "name") == [("name", 0)]


# --- files beside ------------------------------------------------------------------------------------------------


def queue(*entries: tuple[int, str]) -> bytes:
    made = [Change(sync, text, datetime(1994, 4, 7, 12)) for sync, text in entries]
    return new_queue(made, reference("queue")).build()


def test_a_dummy_in_reqtrans_says_reqsync_and_what_follows_is_inferred() -> None:
    data = reqconf(reqsync=87_301, srvsync=90_001)
    beside = ("REQTRANS.GLB", queue((87_301, "# Last confirmed ReqSync")))
    found = learn_configuration("reqconf", [("REQCONF.GLB", data), beside], known=["srvsync=90001"])
    assert places(found.layout, "reqsync", "srvsync") == [("reqsync", 0), ("srvsync", 4)]
    assert found.decided["reqsync"].status == "inferred"
    assert "REQTRANS.GLB may be of another moment" in found.decided["reqsync"].doc


def test_a_queue_never_overrides_a_listing_and_its_contradiction_is_said() -> None:
    data = reqconf(reqsync=700, srvsync=87298)
    beside = ("REQTRANS.GLB", queue((701, "# Last confirmed ReqSync")))
    listing = ("LISTDS.TXT", listed(config.parse_reqconf(data, reference("reqconf")).config))
    found = learn_configuration("reqconf", [("REQCONF.GLB", data), beside], listings=[listing])
    assert places(found.layout, "reqsync") == [("reqsync", 0)]
    assert "REQTRANS.GLB: says reqsync 701, which REQCONF.GLB has not" in found.concluded


def test_subjects_and_logs_say_numbers_and_types() -> None:
    mail = b"07-04-94 $SYSTEM ReqTx R=90212 (was 90200), S=87298, I=3\r\n"
    log = b"03/13/96 15:27:04 | 1 167 PCM,SNADS,X400,SMTP\r\n"
    data = reqconf(reqsync=90_200, srvsync=87_298, importsync=3, types="PCM,SNADS,X400,SMTP")
    contents = [("REQCONF.GLB", data), ("MAIL.TXT", mail), ("DSSERVER.LOG", log)]
    found = learn_configuration("reqconf", contents)
    names = ("reqsync", "srvsync", "types")
    assert places(found.layout, *names) == places(reference("reqconf"), *names)
    assert {found.decided[name].status for name in names} == {"inferred"}


def test_the_last_number_of_msttrans_says_the_highest_srvsync() -> None:
    beside = ("MSTTRANS.GLB", queue((80_001, "A a\tPCM:A/B/a"), (80_002, "A b\tPCM:A/B/b")))
    contents = [("SRVCONF.GLB", srvconf(sync=80_002)), beside]
    found = gathered("srvconf", contents, [], [])
    assert [(each.name, each.value, each.weak) for each in found.told] == [("sync", 80_002, True)]


# --- what is known -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reqsync", "is not of the form"),
        ("=17", "is not of the form"),
        ("ABSENT.GLB:reqsync=17", "ABSENT.GLB is none of the REQCONF files given"),
        ("password=secret", "password is none of reqsync, srvsync"),
        ("reqsync=seventeen", "reqsync is a number of at most 32 bits"),
        ("reqsync=4294967296", "reqsync is a number of at most 32 bits"),
        ("reqsync=-1", "reqsync is never negative"),
        ("last_export=yesterday", "a date is written as in 1994-02-18T13:11:58"),
        ("last_export=1994-02-18T13:11:58+01:00", "without a zone"),
        ("server=", "an empty text stands everywhere"),
        ("server=NET/日本", "code page 850"),
        ("requestor[1].reqsync=17", "reqsync is no field of a requestor"),
    ],
)
def test_a_known_value_that_says_nothing_is_refused_by_its_name(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        learn_configuration("reqconf", [("a/REQCONF.GLB", reqconf())], known=[text])
    assert repr(text) in str(raised.value)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reqsync=17", "say of which requestor"),
        ("requestor[4].reqsync=17", "the file has 3 requestors"),
        ("requestor[1].sync=17", "sync is no field of a requestor"),
    ],
)
def test_a_known_value_of_a_requestor_says_which(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        learn_configuration("srvconf", [("SRVCONF.GLB", srvconf())], known=[text])


def test_a_base_name_that_several_files_have_is_refused() -> None:
    contents = [("a/REQCONF.GLB", reqconf()), ("b/REQCONF.GLB", reqconf())]
    with pytest.raises(UsageError, match="several files are called REQCONF"):
        learn_configuration("reqconf", contents, known=["REQCONF.GLB:reqsync=17"])


@pytest.mark.parametrize("path", ["REQCONF.GLB", "a:b=c/REQCONF.GLB", "C:\\GLB\\REQCONF.GLB"])
@pytest.mark.parametrize(
    "spelled", ["{path}:last_export=1994-02-18T13:11:58", "{name}:LAST_EXPORT=1994-02-18 13:11:58"]
)
def test_a_known_value_names_its_file_by_path_or_base_name(path: str, spelled: str) -> None:
    text = spelled.format(path=path, name="REQCONF.GLB")
    (told,) = gathered("reqconf", [(path, reqconf())], [], [text]).told
    assert (told.name, told.value) == ("last_export", datetime(1994, 2, 18, 13, 11, 58))


def test_listings_are_matched_by_directory_or_ending_and_else_by_order() -> None:
    one, two = reqconf(reqsync=400, srvsync=87298), reqconf(reqsync=410, srvsync=88000)
    said = [listed(config.parse_reqconf(data, reference("reqconf")).config) for data in (one, two)]
    for paths, names in (
        (("a/REQCONF.GLB", "b/REQCONF.GLB"), ("b/LISTDS.TXT", "a/LISTDS.TXT")),
        (("REQCONF.1", "REQCONF.2"), ("LISTDS.2", "LISTDS.1")),
        (("REQCONF.1", "REQCONF.2"), ("first.txt", "second.txt")),
    ):
        listings = [(name, said[1 - at if names[0] != "first.txt" else at]) for at, name in enumerate(names)]
        found = gathered("reqconf", [(paths[0], one), (paths[1], two)], listings, [])
        assert [each.value for each in sorted(found.told) if each.name == "reqsync"] == [400, 410], names


def test_listings_that_cannot_be_matched_are_left_out_and_said() -> None:
    data = reqconf(reqsync=400, srvsync=87298)
    listing = listed(config.parse_reqconf(data, reference("reqconf")).config)
    contents = [("REQCONF.1", data), ("REQCONF.2", data)]
    found = learn_configuration("reqconf", contents, listings=[("L.TXT", listing)])
    assert found.layout is None
    assert "give one for each file, in the order of the files" in found.concluded[0]


# --- hostile files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("size", [0, 49, 511, 513, 1000, 1025])
def test_a_file_of_another_size_is_said_to_be_one(family: str, size: int) -> None:
    found = learn_configuration(family, [(f"{family.upper()}.GLB", bytes(size))])
    assert found.layout is None
    assert f"{size} bytes" in found.concluded[0]
    assert found.wanted


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("values", [(17, 80), (412, 700), (0, 0), (70_000, 87_298)])
def test_random_bytes_are_no_reqconf_whatever_is_said_of_them(seed: int, values: tuple[int, int]) -> None:
    data = random.Random(seed).randbytes(512)
    found = learnt("reqconf", data, told=[reqconf(reqsync=values[0], srvsync=values[1])])
    assert found.layout is None


def test_a_server_without_requestors_has_no_records_to_learn_from() -> None:
    found = learn_configuration("srvconf", [("SRVCONF.GLB", bytes(1024))], known=["cycle=700"])
    assert found.layout is None
    assert any(each.startswith("name: ") for each in found.wanted)


@pytest.mark.parametrize("filled", [bytes(1 << 20), b"\xff" * (1 << 20), random.Random(1).randbytes(1 << 20)])
def test_a_megabyte_is_learnt_from_or_not_in_a_moment(filled: bytes) -> None:
    listing = listed(config.parse_srvconf(srvconf(), reference("srvconf")).config)
    found = learn_configuration("srvconf", [("SRVCONF.GLB", filled)], listings=[("L", listing)])
    assert found.layout is None


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=2100), st.sampled_from(FAMILIES), st.lists(st.text(max_size=30), max_size=3))
def test_nothing_makes_anything_but_a_usage_error(data: bytes, family: str, known: list[str]) -> None:
    for content in (data, data.ljust(512, b"\0")[:512], data.ljust(2048, b"\xff")[:2048]):
        try:
            learn_configuration(family, [(f"{family.upper()}.GLB", content)], known=known)
        except UsageError as error:
            assert "--known" in str(error)


# --- the one call ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["REQCONF.GLB", "reqconf.old", "backup.bin"])
def test_a_configuration_is_told_by_its_name_or_by_size_and_listing(tmp_path: Path, name: str) -> None:
    data = reqconf(reqsync=700, srvsync=87298)
    (tmp_path / name).write_bytes(data)
    text = format_listds(config.parse_reqconf(data, reference("reqconf")).config, "NET/PO", "glbtools")
    (tmp_path / "LISTDS.TXT").write_text(text, encoding="cp850")
    learning = learn_layout([tmp_path / name], listings=[tmp_path / "LISTDS.TXT"])
    assert learning.family == "reqconf"
    assert places(learning.layout, "reqsync", "srvsync") == [("reqsync", 0), ("srvsync", 4)]
    assert learning.toml is not None
    assert layouts.parse(learning.toml.encode(), "learnt.toml") == learning.layout
    assert [part.size for part in learning.parts] == [512]


def test_what_is_open_is_told_by_the_one_call(tmp_path: Path) -> None:
    (tmp_path / "REQCONF.GLB").write_bytes(reqconf(reqsync=700, srvsync=700))
    learning = learn_layout([tmp_path / "REQCONF.GLB"], known=["reqsync=700", "srvsync=700"])
    assert learning.layout is None
    assert {each.offset for each in learning.places["reqsync"]} == {0, 4}
    assert "reqsync: a snapshot in which reqsync and srvsync differ" in learning.wanted
    assert learning.reasons
    assert learning.mentions


def test_each_way_to_place_what_stays_open_is_a_hypothesis_and_is_laid_over_the_file(tmp_path: Path, run) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "REQCONF.GLB"
    path.write_bytes(reqconf(reqsync=700, srvsync=700))
    told = ["--known", "reqsync=700", "--known", "srvsync=700"]
    learning = learn_layout([path], known=["reqsync=700", "srvsync=700"])
    assert [places(each.layout, "reqsync", "srvsync") for each in learning.candidates] == [
        [("reqsync", 0), ("srvsync", 4)],
        [("reqsync", 4), ("srvsync", 0)],
    ]
    done = run("learn", str(path), *told, "--hex")
    first, second = done.out.partition("reading 1: ")[2].split("reading 2: ")
    for reading, pairs in ((first, ("reqsync?", "srvsync?")), (second, ("srvsync?", "reqsync?"))):
        drawn = reading.partition(" bytes\n")[2]
        assert drawn.index(pairs[0]) < drawn.index(pairs[1])
        assert "reqsync: equal in 1 snapshot (known value); inferred: one of 2 places that hold it" in " ".join(
            drawn.split()
        )
    rows = json.loads(run("learn", str(path), *told, "--json").out)["alternatives"]
    assert rows[1]["told_apart"] == "told apart by where reqsync and srvsync would stand"


def test_a_hypothesis_of_a_configuration_says_what_has_no_place_in_it() -> None:
    listed = reqconf(reqsync=700, srvsync=87298)
    found = learnt("reqconf", reqconf(reqsync=700, srvsync=87298, importsync=700), told=[listed])
    shared = found.candidates[0]
    assert shared.doubts and not {"reqsync"} & shared.layout.by_name.keys()
    assert all("reqsync" in each.layout.by_name for each in found.candidates[1:])
    assert shared.bits > max(each.bits for each in found.candidates[1:])


def test_bytes_that_no_field_claims_are_said_to_look_like_something() -> None:
    one = reqconf(reqsync=400, srvsync=87298, importsync=300, last_export=datetime(1994, 2, 18, 13), types="PCM,SMTP")
    two = reqconf(reqsync=410, srvsync=88000, importsync=301, last_export=datetime(1994, 2, 19, 13), types="PCM,SMTP")
    found = {each.offset: each.kind for each in learnt("reqconf", one, two).mentions}
    assert found[8] == "perhaps a counter (little-endian): it rises by 1 between files"
    assert found[12].startswith("perhaps a date (unix, little-endian)")
    assert found[68] == "a text"


def test_the_last_of_several_files_is_kept_apart_and_read() -> None:
    files = [reqconf(reqsync=400 + 17 * at, srvsync=87298 + 900 * at) for at in range(4)]
    found = learnt("reqconf", *files)
    assert str(found.held) == "the last of 4 files; the layout found without it reads 1 of 1 alike"
    alone = learnt("reqconf", files[0]).held
    assert str(alone) == "none: there are too few files"


def test_the_last_requestors_of_one_file_are_kept_apart() -> None:
    rows = [{"name": f"PCM:NET/PO{at}", "reqsync": 300 + 41 * at, "srvsync": 87298 + 3 * at} for at in range(9)]
    found = learnt("srvconf", srvconf(*rows))
    assert found.held == Holdout(3, 9, 3, unit="requestor")
    assert learnt("srvconf", srvconf(*rows[:5])).held == Holdout(0, 5, 0, unit="requestor")
