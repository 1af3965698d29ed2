"""A network that comes in pieces: an archive of each office, one beside a folder, two moments."""

from __future__ import annotations

import shutil
import zipfile
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


def test_a_name_that_two_servers_may_give_is_given_by_the_one_that_the_postoffice_names(
    made: Made, tmp_path: Path
) -> None:
    shutil.copytree(made("now"), tmp_path / "now")
    shutil.copytree(made("then/east"), tmp_path / "kept" / "east")
    for name in ("REQCONF.GLB", "SRVCONF.GLB"):
        place = tmp_path / "other" / "hub" / "GLB" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(made("now/hub/GLB").joinpath(name).read_bytes().replace(b"NET/", b"OLD/"))
    found = collect([tmp_path])
    assert {each.name for each in found.postoffices if each.directory == "EAST"} == {"NET/EAST"}


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


def moments_of_one(made: Made, place: Path, count: int) -> None:
    """As many copies of EAST, each of another moment, beside its server."""
    shutil.copytree(made("now/hub"), place / "hub")
    changed(made, place, count, offices=("east",))


def moments_of_all(made: Made, place: Path, count: int) -> None:
    """As many copies of the whole network, each of another moment."""
    changed(made, place, count, offices=OFFICES)


def equal_copies(made: Made, place: Path, count: int) -> None:
    """As many copies of EAST, all the same, beside its server."""
    shutil.copytree(made("now/hub"), place / "hub")
    for number in range(count):
        shutil.copytree(made("now/east"), place / f"copy{number}" / "east")


def changed(made: Made, place: Path, count: int, *, offices: tuple[str, ...]) -> None:
    for number in range(count):
        for office in offices:
            target = place / f"copy{number}" / office / "GLB"
            target.mkdir(parents=True)
            for name in ("REQCONF.GLB", "SRVCONF.GLB"):
                source = made(f"now/{office}/GLB/{name}")
                if source.exists():
                    data = bytearray(source.read_bytes())
                    data[4] = number % 256 if name == "REQCONF.GLB" else data[4]
                    data[5] = number // 256 if name == "REQCONF.GLB" else data[5]
                    (target / name).write_bytes(data)


@pytest.mark.parametrize(
    ("copies", "counts"), [(moments_of_one, (100, 400)), (moments_of_all, (30, 120)), (equal_copies, (50, 200))]
)
def test_four_times_as_many_copies_are_told_apart_in_at_most_five_times_the_steps(
    copies: Callable[[Made, Path, int], None],
    counts: tuple[int, int],
    made: Made,
    tmp_path: Path,
    steps_of: Callable[[Callable[[], object]], int],
) -> None:
    steps, expected = [], {moments_of_one: lambda count: count, moments_of_all: lambda count: count}
    for count in counts:
        copies(made, tmp_path / str(count), count)
        found = collect([tmp_path / str(count)])
        assert len(found.units) == expected.get(copies, lambda _: 1)(count)
        steps.append(steps_of(lambda: collect([tmp_path / str(count)]).earlier))  # noqa: B023 - called at once
    assert steps[1] < 5 * steps[0]


def test_files_that_cannot_be_read_are_not_said_to_be_the_same(made: Made, tmp_path: Path) -> None:
    """Two encrypted members of one size may hold anything."""
    shutil.copytree(made("now/hub"), tmp_path / "hub")
    for number in (1, 2):
        place = tmp_path / f"east{number}.zip"
        with zipfile.ZipFile(place, "w") as archive:
            archive.writestr("east/GLB/REQTRANS.GLB", bytes([number]) * 49)
        data = bytearray(place.read_bytes())
        for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(signature) + at] |= 1
        place.write_bytes(data)
    found = collect([tmp_path])
    assert not found.passed_over
    assert len(found.units) == 2
