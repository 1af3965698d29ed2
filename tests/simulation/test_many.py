"""Many networks at once: each is what its seed gives, whoever makes it, and the table says the truth of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import glbtools
from glbtools.errors import OutputExistsError, UsageError
from glbtools.simulation.many import drawn, place_of
from glbtools.simulation.run import simulate, truth_of


def everything(root: Path) -> dict[str, bytes]:
    return {each.relative_to(root).as_posix(): each.read_bytes() for each in sorted(root.rglob("*")) if each.is_file()}


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("many") / "nets"
    table = glbtools.simulate_many(10, place, seed=995, workers=0)
    assert table == place / "glbtools-simulation" / "truth.jsonl"
    return place


def test_processes_write_the_bytes_that_one_process_writes(networks: Path, tmp_path: Path) -> None:
    glbtools.simulate_many(10, tmp_path / "nets", seed=995, workers=2)
    assert everything(tmp_path / "nets") == everything(networks)


def test_every_network_is_what_a_simulation_of_its_seed_gives(networks: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (networks / "glbtools-simulation" / "truth.jsonl").read_text().splitlines()]
    assert [row["seed"] for row in rows] == list(range(995, 1005))
    for row in rows:
        alone = tmp_path / row["network"]
        simulate(drawn(row["seed"]).scenario, alone)
        truth = truth_of(alone)
        assert {name: row[name] for name in truth if name != "schema"} == {
            name: value for name, value in truth.items() if name != "schema"
        }
        own = {path: data for path, data in everything(alone).items() if not path.startswith("glbtools-simulation/")}
        assert everything(networks / row["path"]) == own
        assert row["path"] == place_of(row["seed"])


def test_no_two_networks_have_a_server_of_one_name(networks: Path) -> None:
    rows = [json.loads(line) for line in (networks / "glbtools-simulation" / "truth.jsonl").read_text().splitlines()]
    assert len({row["server"] for row in rows}) == len(rows)


def test_most_networks_have_a_fault_and_some_have_none(networks: Path) -> None:
    rows = [json.loads(line) for line in (networks / "glbtools-simulation" / "truth.jsonl").read_text().splitlines()]
    faulty = [row for row in rows if row["drawn"]]
    assert 4 <= len(faulty) < 10
    assert all({fault["name"] for fault in row["faults"]} >= set(row["drawn"]) for row in faulty)


def test_networks_are_not_mixed_with_what_is_there(networks: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputExistsError):
        glbtools.simulate_many(1, networks)
    with pytest.raises(UsageError):
        glbtools.simulate_many(0, tmp_path / "none")
    with pytest.raises(UsageError):
        glbtools.simulate_many(2, tmp_path / "none", seed=999_999_999)


def test_the_command_writes_them_and_refuses_what_belongs_to_one_network(run, tmp_path: Path) -> None:
    done = run("simulate", "--many", 2, "--seed", 7, "--out", tmp_path / "nets", "--workers", 0)
    assert (done.status, done.err) == (0, "")
    assert done.out.replace("\n", " ").startswith("2 networks; the truth about each is a line of ")
    assert (tmp_path / "nets" / place_of(8) / "hub").is_dir()
    assert run("simulate", "seed-49-bytes", "--many", 2, "--out", tmp_path / "more").status == 2
    assert run("simulate", "seed-49-bytes", "--workers", 2, "--out", tmp_path / "more").status == 2
    assert not (tmp_path / "more").exists()
