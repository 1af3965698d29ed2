"""Every fixture: made from its description or scenario, read in full, and read whatever happens to its bytes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from glbtools.binary.span import tile
from glbtools.errors import UnknownFormatError
from glbtools.evidence.inspection import inspect
from glbtools.formats.registry import inspect_bytes
from glbtools.simulation.scenario import shipped

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
SCENARIOS = sorted(set(shipped()) - {"healthy-year"})
FILES = sorted(
    each
    for each in FIXTURES.glob("*/**/*.*")
    if each.suffix in {".GLB", ".LOG"} and each.relative_to(FIXTURES).parts[0] not in SCENARIOS
)
"""The files made from descriptions. Those made from scenarios are many and much alike: a few are cut as these are."""

CHOSEN = [
    "checksum-poison/east/GLB/REQTRANS.GLB",
    "reqconf-short/east/GLB/REQCONF.GLB",
    "reqtrans-torn/east/GLB/REQTRANS.GLB",
    "srvconf-truncated/hub/GLB/SRVCONF.GLB",
]
CHANGED = [*(each.relative_to(FIXTURES).as_posix() for each in FILES if each.stat().st_size), *CHOSEN]
TINY = list({each.stat().st_size: each for each in FILES if each.stat().st_size in {49, 60}}.values())

DAMAGED = {
    "checksum-poison/east/GLB/REQTRANS.GLB": ["checksum"],
    "control-short/east/GLB/CONTROL.GLB": ["size"],
    "mailbag-torn/east/MBG/SYSTEM.MBG": ["size"],
    "reqconf-cut/east/GLB/REQCONF.GLB": ["size"],
    "reqconf-short/east/GLB/REQCONF.GLB": ["size"],
    "reqtrans-torn/east/GLB/REQTRANS.GLB": ["truncated"],
    "schedule-torn/east/GLB/PROCESS.GLB": ["size"],
    "srvconf-truncated/hub/GLB/SRVCONF.GLB": ["size"],
}
"""What is damaged among the files made from scenarios -> how."""

UNKNOWN = {"SORTLOCK.GLB"}
"""Files of unknown formats: that they are there is all that matters."""


def name_of(path: Path) -> str:
    return str(path.relative_to(FIXTURES))


def directories() -> set[str]:
    """Return the names of all fixtures."""
    return {each.name for each in FIXTURES.iterdir() if each.is_dir() and each.name not in {"specs", "__pycache__"}}


def files_of(network: Path) -> list[Path]:
    """Return the files of the postoffices that a scenario made, copies among them."""
    return sorted(each for each in network.rglob("*.*") if each.suffix in {".GLB", ".LOG", ".USR", ".KEY", ".MBG"})


def generator():
    spec = importlib.util.spec_from_file_location("fixtures_generate", FIXTURES / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def survives(data: bytes, path: Path, as_format: str, *, shown: bool = True) -> None:
    """Assert that a content is read, accounted for byte by byte, and written back exactly; perhaps also shown whole."""
    found = inspect_bytes(data, path.name, as_format=as_format)
    assert found.content.build() == data
    regions = found.regions
    assert tile(regions, len(data)) == regions
    assert all(0 <= fault.span.start <= fault.span.stop <= len(data) for fault in found.faults)
    if shown:
        position = 0
        for leaf in leaves(found.content.nodes()):
            assert leaf.span.start == position
            position = leaf.span.stop
        assert position == len(data)


def leaves(nodes):
    for node in nodes:
        if node.children:
            yield from leaves(node.children)
        else:
            yield node


def test_the_fixtures_are_what_their_descriptions_give(tmp_path):
    written = generator().write(tmp_path)
    made = {str(path.relative_to(tmp_path)): path.read_bytes() for path in written}
    roots = {each.parts[0] for each in map(Path, made)}
    kept = {name_of(path): path.read_bytes() for root in roots for path in (FIXTURES / root).rglob("*.*")}
    assert made == kept
    assert roots == directories()


def test_every_fixture_is_in_the_readme():
    text = (FIXTURES / "README.md").read_text()
    for directory in directories() | set(SCENARIOS):
        assert f"`{directory}`" in text


def test_every_scenario_is_a_fixture_unless_it_is_too_large():
    assert generator().scenarios() == SCENARIOS


def test_there_are_no_more_files_than_a_person_would_open():
    assert sum(each.is_file() for each in FIXTURES.rglob("*")) < 300


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_files_of_a_scenario_are_recognised_and_written_back_exactly(name, simulated):
    found, damaged = 0, {}
    for path in files_of(simulated(name)):
        if path.name in UNKNOWN:
            with pytest.raises(UnknownFormatError) as caught:
                inspect(path)
            assert "which is not read" not in str(caught.value)
            continue
        read = inspect(path)
        survives(path.read_bytes(), path, read.entry.name)
        found += 1
        if read.damaged:
            place = f"{name}/{path.relative_to(simulated(name)).as_posix()}"
            damaged[place] = [fault.kind for fault in read.faults if fault.damage]
    assert found
    # What is damaged is what the fault of the scenario damages.
    assert damaged == {path: kinds for path, kinds in DAMAGED.items() if Path(path).parts[0] == name}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_fixture_is_recognised_and_written_back_exactly(path):
    found = inspect(path)
    assert found.entry.built
    survives(path.read_bytes(), path, found.entry.name)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_fixture_is_damaged_exactly_if_it_is_among_the_damaged(path):
    assert inspect(path).damaged == (path.relative_to(FIXTURES).parts[0] == "damaged")


def test_every_attested_size_of_reqtrans_is_there():
    assert {0, 49, 60} <= {each.stat().st_size for each in FILES if each.name == "REQTRANS.GLB"}


@pytest.mark.parametrize("fixture", CHANGED)
def test_a_fixture_cut_at_any_length_survives(fixture, fixture_path):
    path = fixture_path(fixture)
    data, name = path.read_bytes(), inspect(path).entry.name
    step = 1 if len(data) <= 2048 else 7
    for length in range(0, len(data), step):
        survives(data[:length], path, name)


@pytest.mark.parametrize("path", TINY, ids=name_of)
def test_every_change_of_any_byte_of_the_49_and_60_byte_files_survives(path):
    data, name = path.read_bytes(), inspect(path).entry.name
    for position in range(len(data)):
        for value in range(256):
            changed = bytearray(data)
            changed[position] = value
            survives(bytes(changed), path, name, shown=value % 5 == 0)


@pytest.mark.parametrize("path", [each for each in FILES if each.stat().st_size > 60], ids=name_of)
def test_four_changes_of_any_byte_of_a_larger_fixture_survive(path):
    data, name = path.read_bytes(), inspect(path).entry.name
    # Beyond the first records a sample of positions shows the same.
    positions = [*range(min(len(data), 200)), *range(200, len(data), max(17, len(data) // 64))]
    for position in positions:
        for flip in (0x01, 0x80, 0xFF, data[position] or 0x20):
            changed = bytearray(data)
            changed[position] ^= flip
            survives(bytes(changed), path, name, shown=flip == 0xFF)


def test_each_damage_has_its_fault():
    kinds = {
        name: [fault.kind for fault in inspect(FIXTURES / f"damaged/{name}/GLB/REQTRANS.GLB").faults if fault.damage]
        for name in generator().DAMAGE
    }
    assert kinds == {
        "cut-off": ["truncated"],
        "wrong-length": ["length"],
        "no-terminator": ["terminator"],
        "overwritten": ["gap"],
        "checksum": ["checksum"],
        "slack": ["slack"],
    }


def test_no_format_takes_a_fixture_of_another():
    for path in FILES:
        if path.stat().st_size:
            renamed = inspect_bytes(path.read_bytes(), "neutral")
            assert renamed.entry.name == inspect(path).entry.name, path
