"""Units are found while walking: a server with those that name it, nothing twice, nothing left out, nothing kept."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

import glbtools
from glbtools.evidence.network import collect
from glbtools.fleet import discovery
from glbtools.fleet.discovery import Walk
from glbtools.layouts import Layouts


def described(network: str) -> dict[str, object]:
    names = ("HUB", "EAST", "WEST")
    server = f"{network}/HUB"
    offices = [
        {
            "name": f"{network}/{name}",
            "role": "server" if name == "HUB" else "requestor",
            "reqconf": {"server": server, "reqsync": 4, "srvsync": 9},
            "queue": {"REQTRANS": [{"dummy": 4}]},
        }
        for name in names
    ]
    offices[0]["srvconf"] = {
        "sync": 9,
        "requestor": [{"name": f"PCM:{network}/{name}", "reqsync": 4, "srvsync": 9} for name in names],
    }
    return {"postoffice": offices}


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two networks, NET and ALT, of a hub and two requestors."""
    top = tmp_path_factory.mktemp("offices")
    for network in ("NET", "ALT"):
        spec = top / f"{network}.json"
        spec.write_text(json.dumps(described(network)))
        glbtools.build(spec, top / network)
    return top


@pytest.fixture
def put(offices: Path, tmp_path: Path):
    """``put("NET/hub", "mon/hub")`` copies a postoffice to a place in the archive."""

    def copy(what: str, *places: str) -> None:
        for place in places:
            shutil.copytree(offices / what, tmp_path / "archive" / place, dirs_exist_ok=True)

    return copy


@pytest.fixture
def units(tmp_path: Path):
    """Return what is judged together, as paths in the archive."""

    def found(*paths: str) -> set[str]:
        top = tmp_path / "archive"
        walk = Walk([top / path for path in paths] or [top], Layouts())
        return {
            " ".join(Path(each).relative_to(top).as_posix() for each in job.paths)
            for job in walk.jobs()
            if job.kind == "directories"
        }

    return found


def test_each_network_in_a_directory_of_its_own_is_a_unit(put, units) -> None:
    put("NET", "1994/a", "1995/b/c")
    put("ALT", "1994/z")
    assert units() == {
        "1994/a/east 1994/a/hub 1994/a/west", "1994/z/east 1994/z/hub 1994/z/west",
        "1995/b/c/east 1995/b/c/hub 1995/b/c/west",
    }  # fmt: skip


def test_a_requestor_that_lies_elsewhere_belongs_to_the_server_that_it_names(put, units) -> None:
    put("NET/hub", "hub")
    put("NET/east", "branch/floppy/east")
    put("NET/west", "zone/west")
    put("ALT/east", "branch/other/east")
    assert units() == {"branch/floppy/east hub zone/west", "branch/other/east"}


def test_the_nearest_server_counts(put, units) -> None:
    put("NET/hub", "mon/hub", "tue/hub")
    put("NET/east", "mon/more/east", "tue/more/east")
    assert units() == {"mon/hub mon/more/east", "tue/hub tue/more/east"}


def test_a_postoffice_found_twice_opens_a_second_unit(put, units) -> None:
    put("NET/hub", "19940101", "19940102", "19940103")
    put("NET/east", "req/mon/east", "req/tue/east")
    assert units() == {"19940101 req/mon/east", "19940102 req/tue/east", "19940103"}


def test_requestors_without_a_server_are_together_where_they_lie_together(put, units) -> None:
    put("NET/east", "net/east", "other/east")
    put("NET/west", "net/west")
    put("ALT/west", "mixed/west")
    put("NET/east", "mixed/east")
    assert units() == {"net/east net/west", "other/east", "mixed/east", "mixed/west"}


def test_two_servers_in_one_directory_have_their_own_requestors(put, units) -> None:
    put("NET/hub", "hub1")
    put("ALT/hub", "hub2")
    put("NET/east", "east1")
    put("ALT/east", "east2")
    assert units() == {"east1 hub1", "east2 hub2"}


def test_a_requestor_with_a_copy_of_srvconf_is_in_the_network_beside_the_server(put, units, tmp_path) -> None:
    put("NET", "net")
    shutil.copy(tmp_path / "archive/net/hub/GLB/SRVCONF.GLB", tmp_path / "archive/net/east/GLB/SRVCONF.GLB")
    assert units() == {"net/east net/hub net/west"}


def test_a_second_srvconf_whose_reqconf_names_no_server_opens_no_unit(put, units, tmp_path) -> None:
    put("NET", "net")
    shutil.copy(tmp_path / "archive/net/hub/GLB/SRVCONF.GLB", tmp_path / "archive/net/east/GLB/SRVCONF.GLB")
    (tmp_path / "archive/net/east/GLB/REQCONF.GLB").write_bytes(bytes(512))
    assert units() == {"net/east net/hub net/west"}


def test_a_network_within_a_postoffice_is_not_a_part_of_it(put, units) -> None:
    put("NET", "net")
    put("ALT", "net/hub/OLD")
    put("NET/hub", "net/hub/OLD/again")
    assert units() == {
        "net/east net/hub net/west", "net/hub/OLD/east net/hub/OLD/hub net/hub/OLD/west", "net/hub/OLD/again",
    }  # fmt: skip


def test_a_stray_file_at_the_top_is_not_the_whole_archive(put, units, tmp_path) -> None:
    put("NET", "net")
    put("ALT", "alt")
    shutil.copy(tmp_path / "archive/net/east/GLB/REQTRANS.GLB", tmp_path / "archive/REQTRANS.GLB")
    assert units() == {"net/east net/hub net/west", "alt/east alt/hub alt/west", "."}


def test_a_path_given_twice_or_within_another_is_walked_once(put, units, tmp_path) -> None:
    put("NET", "net")
    assert units(".", "net", "net/../net/hub") == {"net/east net/hub net/west"}


def test_links_to_directories_are_not_followed_and_what_cannot_be_listed_is_said(put, tmp_path) -> None:
    put("NET", "net")
    (tmp_path / "archive" / "loop").symlink_to(tmp_path / "archive")
    assert len(list(Walk([tmp_path / "archive"], Layouts()).jobs())) == 1


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("most", [1_000, 3])
def test_every_postoffice_is_in_one_unit(put, tmp_path, monkeypatch, seed: int, most: int) -> None:
    monkeypatch.setattr(discovery, "MOST_OPEN", most)
    dice = random.Random(seed)
    for number in range(dice.randrange(4, 24)):
        folder = "/".join(dice.choice("ab") for _ in range(dice.randrange(4)))
        put(f"{dice.choice(('NET', 'ALT'))}/{dice.choice(('hub', 'east', 'west'))}", f"{folder}/{number}")
    top = tmp_path / "archive"
    jobs = list(Walk([top], Layouts()).jobs())
    paths = [path for job in jobs for path in job.paths]
    assert len(paths) == len(set(paths))
    assert set(paths) == {each.path for each in collect([top]).postoffices} | {
        each.path for each in collect([top]).passed_over if each.kind == "copy"
    }
    assert [job.paths for job in jobs] == [job.paths for job in Walk([top], Layouts()).jobs()]


def test_what_waits_for_a_postoffice_that_may_come_is_bounded(put, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(discovery, "MOST_OPEN", 5)
    monkeypatch.setattr(discovery, "LARGEST", 8)
    put("NET/east", *(f"flat/{number:03}" for number in range(30)), *(f"deep/{number:03}/x" for number in range(30)))
    walk, most = Walk([tmp_path / "archive"], Layouts()), 0
    jobs = walk.jobs()
    for _ in jobs:
        most = max(most, sum(len(each.open) + len(each.sites) for each in walk._levels))
    assert 0 < most <= 5 * 3 + 8
