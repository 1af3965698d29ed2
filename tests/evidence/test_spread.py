"""A network that comes in pieces: an archive of each office, one beside a folder, two moments."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest

import glbtools
from glbtools.errors import UsageError
from glbtools.evidence.network import Evidence, collect
from tests.cli.replay import Run
from tests.evidence.findings import said

OFFICES = ("hub", "east", "west")

Made = Callable[[str], Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """``made("now/east")``: an office of a network whose EAST was restored; ``then/``: of the same two cycles on."""
    place = tmp_path_factory.mktemp("spread")
    for name, cycles in (("now", None), ("then", 2)):
        glbtools.simulate("requestor-restored", place / name, cycles=cycles)
        shutil.rmtree(place / name / "glbtools-simulation")
    return place.joinpath


def zipped(source: Path, target: Path) -> Path:
    """Pack a directory under its name."""
    return Path(shutil.make_archive(str(target.with_suffix("")), "zip", source.parent, source.name))


def each_in_a_zip(made: Made, place: Path) -> list[Path]:
    return [zipped(made(f"now/{each}"), place / f"{each}.zip") for each in OFFICES]


def zips_in_a_folder(made: Made, place: Path) -> list[Path]:
    each_in_a_zip(made, place)
    return [place]


def a_zip_beside_folders(made: Made, place: Path) -> list[Path]:
    return [made("now/hub"), zipped(made("now/east"), place / "east.zip"), made("now/west")]


def a_zip_and_a_copy_of_it(made: Made, place: Path) -> list[Path]:
    return [*each_in_a_zip(made, place), shutil.copy(place / "east.zip", place / "copy.zip")]


@pytest.mark.parametrize("spread", [each_in_a_zip, zips_in_a_folder, a_zip_beside_folders, a_zip_and_a_copy_of_it])
def test_a_network_in_pieces_gives_the_findings_of_its_folder(
    spread: Callable[[Made, Path], list[Path]], made: Made, tmp_path: Path, run: Run
) -> None:
    given = spread(made, tmp_path)
    assert said(given[0], run, *given[1:]) == said(made("now"), run)
    assert len(collect(given).units) == 1


def offered(found: Evidence) -> list[tuple[list[str | None], list[str | None]]]:
    """Return the names in each unit that is offered as an earlier moment, and in the one of which it is one."""
    return [
        ([each.name for each in one.postoffices], [each.name for each in other.postoffices])
        for one, other in found.earlier
    ]


def test_an_earlier_moment_of_one_office_is_offered_in_whatever_order_the_archives_are_given(
    made: Made, tmp_path: Path
) -> None:
    (tmp_path / "then").mkdir()
    given = [*each_in_a_zip(made, tmp_path), zipped(made("then/east"), tmp_path / "then" / "east.zip")]
    for order in permutations(given):
        found = collect(order)
        assert sorted(len(unit.postoffices) for unit in found.units) == [1, 3]
        ((earlier, now),) = offered(found)
        assert earlier == ["NET/EAST"]
        assert sorted(map(str, now)) == ["NET/EAST", "NET/HUB", "NET/WEST"]
    assert not any(each.name_certain for unit in found.units for each in unit.postoffices if each.name == "NET/EAST")


def test_two_moments_in_archives_given_one_by_one_are_two_units_and_two_directories_are_refused(
    made: Made, tmp_path: Path
) -> None:
    """A search finds what an archive holds; a directory that is given is the postoffice itself."""
    given = [zipped(made("now/hub"), tmp_path / "hub.zip")]
    for moment in ("now", "then"):
        (tmp_path / moment).mkdir()
        given.append(Path(shutil.make_archive(str(tmp_path / moment / "east"), "zip", made(f"{moment}/east"))))
    assert len(collect(given).units) == 2
    with pytest.raises(UsageError, match="--older"):
        collect([made("now/hub"), made("now/east"), made("then/east")])
