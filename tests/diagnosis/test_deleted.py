"""Files whose names have lost their first letter: evidence beside what is missing, and never in place of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import glbtools

SERVER, EAST = "NET/HUB", "NET/EAST"


def network(queue):
    return {
        "postoffice": [
            {
                "name": SERVER,
                "path": "hub",
                "role": "server",
                "srvconf": {
                    "sync": 2,
                    "requestor": [
                        {"name": f"PCM:{SERVER}", "reqsync": 0, "srvsync": 2, "importsync": 1},
                        {"name": f"PCM:{EAST}", "reqsync": 2, "srvsync": 2, "importsync": 1},
                    ],
                },
            },
            {
                "name": EAST,
                "path": "east",
                "reqconf": {"server": SERVER, "reqsync": 2, "srvsync": 2, "importsync": 1},
                "queue": {"REQTRANS": queue},
            },
        ]
    }


@pytest.fixture
def place(tmp_path):
    changes = [
        {"sync": number, "stamp": f"1994-04-07T12:00:{number:02}", "text": f"A u{number}\tPCM:{EAST}/u{number}"}
        for number in (2, 3, 4)
    ]
    spec = tmp_path / "network.json"
    spec.write_text(json.dumps(network(changes)))
    glbtools.build(spec, tmp_path / "net")
    return tmp_path / "net"


def missing(place):
    return next(each for each in glbtools.diagnose(place).findings if each.problem.slug == "reqtrans-missing")


@pytest.mark.parametrize("letter", ["_", "?", "!", "~"])
def test_a_deleted_file_makes_the_missing_one_a_likely_warning_that_names_it(place, letter):
    live = place / "east" / "GLB" / "REQTRANS.GLB"
    live.rename(live.with_name(f"{letter}EQTRANS.GLB"))
    found = missing(place)
    assert (found.severity, found.certainty) == ("warning", "likely")
    assert found.evidence[-1].path.endswith(f"{letter}EQTRANS.GLB")
    assert f"{letter}EQTRANS.GLB" in found.help[0]
    listed = [(each.sync, each.why, each.certainty) for each in glbtools.unsent(place)]
    assert listed == [(3, "vanished", "possible"), (4, "vanished", "possible")]


def test_a_deleted_queue_that_ends_below_what_is_confirmed_may_never_have_been_sent(tmp_path):
    place = tmp_path / "october"
    shutil.copytree(Path(__file__).resolve().parents[2] / "fixtures" / "stuck" / "october", place)
    live = place / "GLB" / "REQTRANS.GLB"
    live.rename(live.with_name("_EQTRANS.GLB"))
    shutil.copy(live.with_name("_EQTRANS.GLB"), live.with_name("!EQTRANS.GLB"))
    listed = [(each.sync, each.certainty) for each in glbtools.unsent(place)]
    assert listed == [(number, "possible") for number in range(1, 7)]
    assert "ends at 6, and 17 is confirmed" in next(iter(glbtools.unsent(place))).standing.note


def test_of_several_deleted_files_all_are_named_and_none_is_chosen(place):
    live = place / "east" / "GLB" / "REQTRANS.GLB"
    live.with_name("_EQTRANS.GLB").write_bytes(live.read_bytes())
    live.rename(live.with_name("!EQTRANS.GLB"))
    found = missing(place)
    names = {each.path.rpartition("/")[2] for each in found.evidence}
    assert {"_EQTRANS.GLB", "!EQTRANS.GLB"} <= names
    assert "one of them" in found.help[0]


def test_the_live_file_always_wins(place):
    live = place / "east" / "GLB" / "REQTRANS.GLB"
    live.with_name("_EQTRANS.GLB").write_bytes(b"")
    assert "reqtrans-missing" not in {each.problem.slug for each in glbtools.diagnose(place).findings}
    assert {each.why for each in glbtools.unsent(place) if each.sync > 2} == {"pending"}


def test_a_name_alone_is_no_deleted_file(place):
    live = place / "east" / "GLB" / "REQTRANS.GLB"
    live.unlink()
    live.with_name("_EQTRANS.GLB").write_bytes(b"\x00not a queue of anything" * 40)
    assert missing(place).severity in ("", "error")


@pytest.mark.parametrize(
    "name",
    ["REQTRANS.GLB.bak", "REQTRANS.BAK", "REQTRANS (2).GLB", "Copy of REQTRANS.GLB", "REQTRANS.GLB ", "REQTRANS"],
)
def test_a_copy_under_another_name_is_named_beside_what_is_missing_and_its_changes_are_possible(place, name):
    """It may be of any day, so that what is missing stays an error."""
    live = place / "east" / "GLB" / "REQTRANS.GLB"
    live.rename(live.with_name(name))
    found = missing(place)
    assert (found.severity, found.certainty) == ("error", "likely")
    assert name in found.help[0]
    assert any(each.path.endswith(name) for each in found.evidence)
    unsent = glbtools.unsent(place)
    assert {each.sync for each in unsent} == {3, 4}
    assert {each.certainty for each in unsent} == {"possible"}


@pytest.mark.parametrize("name", ["REQTRANSX.GLB", "REQTRANS.TXT", "MSTTRANS.BAK"])
def test_a_file_of_another_name_is_no_copy(place, name):
    live = place / "east" / "GLB" / "REQTRANS.GLB"
    live.rename(live.with_name(name))
    assert not any(name in each for each in missing(place).help)


def test_what_chkdsk_found_is_named_beside_what_is_missing_where_it_is_of_its_kind(place):
    """Which queue it was nothing says, so that its changes are nobody's."""
    live = place / "east" / "GLB" / "REQTRANS.GLB"
    live.rename(live.with_name("FILE0001.CHK"))
    (live.parent / "FILE0002.CHK").write_bytes((live.parent / "REQCONF.GLB").read_bytes())
    found = missing(place)
    assert "FILE0001.CHK" in found.help[0]
    assert not any(each.path.endswith("FILE0002.CHK") for each in found.evidence)
    assert glbtools.unsent(place).changes == []
