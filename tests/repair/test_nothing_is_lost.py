"""What was in a file before is in a file afterwards, with its origin, and arrives when the network goes on."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glbtools import files
from glbtools.diagnosis.engine import diagnose
from glbtools.diagnosis.problems import by_slug
from glbtools.formats.config import parse_reqconf, parse_srvconf
from glbtools.formats.queue import new_queue, parse_queue
from glbtools.formats.transaction import is_valid
from glbtools.layouts import Layouts
from glbtools.model.change import Change
from glbtools.repair.plan import plan_rebuild
from glbtools.repair.remedies.queues import KEPT_NUMBER
from glbtools.repair.work import OWN
from glbtools.simulation import network, phases, samples, truth
from glbtools.simulation.faults import FAULTS
from glbtools.simulation.ledger import Fate
from glbtools.simulation.run import contents, run
from glbtools.simulation.scenario import Mishap, Scenario, Step, shipped

from .directories import CHANGES, QUEUE, STEMS, WITH_OLDER, Held, everything, older, postoffices, queues, simulated

LARGE = "healthy-year"
SEEDS = range(25)


@pytest.fixture(scope="module", autouse=True)
def without_waiting() -> Iterator[None]:
    """Not to wait for the disk: many directories are written, and none has to survive."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


# --- nothing is missing ------------------------------------------------------------------------------------------


def rebuilt(given_: Path, into: Path, name: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Rebuild a directory with everything allowed, and return the bytes before and after."""
    before = everything(given_)
    result = plan_rebuild(diagnose(given_, older=older(given_, name)), unsafe=True).write(into)
    assert everything(given_) == before
    return before, everything(result.directory)


def check_texts(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    """Every change of a queue stands in a queue, or as text below ``glbtools-rebuild``; so do all damaged bytes."""
    kept = {each.text for held in queues(after) for each in held.queue.records}
    saved = b"\n".join(data for path, data in after.items() if path.startswith(f"{OWN}/"))
    for held in queues(before):
        if held.name in CHANGES:
            for each in held.real:
                assert each.text in kept or each.text.encode("cp850", "replace") in saved, (held.path, each)
        for gap in held.queue.gaps:
            if gap.data.strip(b"\0"):
                assert gap.data in after.get(held.path, b"") + b"\n" + saved, (held.path, gap)


def check_waiting(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    """Changes that wait keep order, stamp and text, whatever their numbers are; their numbers rise."""
    then = {held.path: held for held in queues(before) if held.name == "REQTRANS"}
    now = {held.path: held for held in queues(after) if held.name == "REQTRANS"}
    for path, held in then.items():
        found = [(each.stamp, each.text) for each in now[path].real] if path in now else []
        # What was delivered has been taken out, and is saved as text.
        wanted = [(each.stamp, each.text) for each in held.real]
        assert [each for each in found if each in set(wanted)] == [each for each in wanted if each in set(found)]
        assert {text for _, text in wanted if text not in {each for _, each in found}} <= saved_texts(after)
    for path, held in now.items():
        numbers = [each.sync for each in held.queue.records]
        if path not in then or numbers != [each.sync for each in then[path].queue.records]:
            assert numbers == sorted(set(numbers))


def saved_texts(after: dict[str, bytes]) -> set[str]:
    found = (data for path, data in after.items() if path.startswith(f"{OWN}/") and path.endswith(".txt"))
    return {line for data in found for line in data.decode("cp850").split("\r\n")}


def check_manifest(root: Path, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    """The manifest names the origin of each record of the result, and that is what was there."""
    manifest = json.loads(after[f"{OWN}/manifest.json"])
    listed = {path: rows for path, rows in manifest["records"].items() if path.rpartition("/")[2].upper() in STEMS}
    held = {path: parse_queue(data, QUEUE) for path, data in postoffices(after).items() if data and queue_at(path)}
    assert listed.keys() == held.keys()
    for path, rows in listed.items():
        records = held[path].records
        assert [each["sync"] for each in rows] == [each.sync for each in records]
        for row, record in zip(rows, records, strict=True):
            if row["how"] == "synthesised":
                assert (row["path"], row["was"]) == ("", None)
                assert record.text.startswith("#")
                continue
            check_origin(root, before, path, row, record)
    inputs = {each["path"]: (each["size"], each["sha256"]) for each in manifest["inputs"]}
    assert inputs == {path: (len(data), files.sha256(data)) for path, data in before.items()}


def queue_at(path: str) -> bool:
    return path.rpartition("/")[2].upper() in STEMS


def check_origin(root: Path, before: dict[str, bytes], path: str, row: dict[str, Any], record: Any) -> None:
    data = before[row["path"]] if row["path"] in before else (root / row["path"]).read_bytes()
    there = {each.start: each for each in parse_queue(data, QUEUE).records}
    assert row["offset"] in there, (path, row)
    was = there[row["offset"]]
    assert was.sync == row["was"], (path, row)
    if record.text != KEPT_NUMBER:
        assert (was.text, was.stamp) == (record.text, record.stamp), (path, row)
    if row["how"] == "verbatim":
        assert (row["path"], was.sync, was.text) == (path, record.sync, record.text), (path, row)


def check(root: Path, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    check_texts(before, after)
    check_waiting(before, after)
    check_manifest(root, before, after)


@pytest.mark.parametrize("name", sorted(set(shipped()) - {LARGE}))
def test_no_change_of_a_scenario_is_missing(name, tmp_path):
    root = simulated(name, tmp_path / "given")
    check(root, *rebuilt(root, tmp_path / "rebuilt", name))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_change_of_a_random_network_is_missing(seed, tmp_path):
    root = simulated(samples.sample(seed).scenario, tmp_path / "given")
    check(root, *rebuilt(root, tmp_path / "rebuilt", ""))


# --- the network goes on -----------------------------------------------------------------------------------------

LOSSES = {"lost", "passed", "purged", "not queued", "not at the server"}
"""States in which no file has a change any more, or none that is still read."""

REPAIRED = [
    name for name, each in FAULTS.items() if each.slug and by_slug(each.slug).repair != "none" and name != "absent"
]


def states(made: network.Network) -> dict[int, set[str]]:
    """Return how far each change has got, everywhere."""
    return {
        row["id"]: {row["server"]["state"], *(each["state"] for each in row["missing"].values())}
        for row in truth.document(made)["changes"]
    }


def gone_on(root: Path, cycles: int = 4) -> network.Network:
    """Load a network and let some days pass on which nothing goes wrong."""
    made = network.load(root)
    made.ledger.applied.clear()
    for _ in range(cycles):
        made.begin("T0")
        for phase in ("T1", "T2", "T3"):
            made.begin(phase)
            phases.run(made, phase)
            truth.settle(made, None)
    return made


@st.composite
def disturbed(draw: st.DrawFn) -> Scenario:
    """A random life with one fault or two, the last of them on the last day."""
    cycles = draw(st.integers(4, 7))
    names = draw(st.lists(st.sampled_from(REPAIRED), min_size=1, max_size=2))
    mishaps, steps = [], []
    for place, name in enumerate(names):
        fault = FAULTS[name]
        at = "NET/HUB" if fault.where == "server" else draw(st.sampled_from(("NET/EAST", "NET/WEST")))
        cycle = cycles - fault.later if not place else draw(st.integers(3, cycles))
        options = {}
        if name in WITH_OLDER:
            options["copy"] = f"copy{place}"
            steps.append(Step(max(2, cycle - 2), "T1" if cycle < 3 else "T3", "copy", at, {"name": f"copy{place}"}))
        mishaps.append(Mishap(cycle, cycle, fault.after, name, at, options))
    return Scenario(
        "random",
        postoffices=("EAST", "WEST"),
        users=draw(st.integers(1, 2)),
        cycles=cycles,
        changes=draw(st.integers(0, 4)),
        seed=draw(st.integers(0, 1 << 16)),
        steps=tuple(steps),
        mishaps=tuple(mishaps),
    )


def check_going_on(scenario: Scenario, place: Path) -> None:
    begun = run(scenario)
    root = place / "given"
    files.write_tree(contents(begun), root, sync=False)
    before = states(begun)
    plan = plan_rebuild(diagnose(root), unsafe=True)
    result = plan.write(place / "rebuilt")
    check_texts(everything(root), everything(result.directory))
    check_waiting(everything(root), everything(result.directory))
    if result.remaining:
        return
    made = gone_on(result.directory)
    after = states(made)
    for number, had in before.items():
        if not had & LOSSES:
            change = made.ledger.changes[number - 1]
            assert not after[number] & LOSSES, (change, had, after[number])
    for applied in made.ledger.applied.values():
        check_repeats([made.ledger.changes[each - 1] for each in applied])
    everyone = set(made.offices)
    for origin in everyone:
        own = [change for change in made.ledger.changes if change.origin == origin]
        # A malformed change does here what it did not where it was made.
        if all(change.reached == everyone and is_valid(change.text) for change in own):
            wanted = made.lists[made.server].of(origin)
            assert {name: each.of(origin) for name, each in made.lists.items()} == dict.fromkeys(made.lists, wanted)


def check_repeats(applied: list[Fate]) -> None:
    """A change that is taken in again does not undo a later one: what came last of an entry is what comes last now."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for place, change in enumerate(applied):
        first.setdefault(change.id, place)
        last[change.id] = place
    of: dict[str, list[Fate]] = {}
    for change in applied:
        for each in entries(change):
            of.setdefault(each, []).append(change)
    for each, changes in of.items():
        newest = max(changes, key=lambda change: first[change.id])
        assert last[newest.id] == max(last[change.id] for change in changes), (each, changes)


def entries(change: Fate) -> set[str]:
    """Return the addresses that a change names."""
    return {each.lower() for each in re.findall(r"PCM:\w+/\w+/\w+", change.text)}


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(scenario=disturbed())
def test_after_a_rebuild_what_was_in_a_file_arrives(scenario, tmp_path_factory):
    check_going_on(scenario, tmp_path_factory.mktemp("going-on"))


def test_a_reset_that_would_make_good_an_import_that_broke_off_is_not_undone(tmp_path):
    steps = (Step(3, "T0", "add", "NET/HUB", {}), Step(4, "T0", "add", "NET/HUB", {}))
    mishaps = (
        Mishap(3, 3, "T2", "import-broken-off", "NET/WEST", {}),
        Mishap(5, 5, "T3", "reqconf-reset", "NET/WEST", {}),
    )
    check_going_on(Scenario("broken-off", users=1, cycles=5, steps=steps, mishaps=mishaps), tmp_path)


# --- several remedies for one file ------------------------------------------------------------------------------


def stranded(place: Path) -> tuple[Path, Path]:
    """A postoffice whose five changes will not be sent, and its queue."""
    mishap = Mishap(4, 4, "T3", "reqtrans-begun-again", "NET/EAST", {"changes": 5})
    root = simulated(Scenario("stranded", users=3, cycles=4, mishaps=(mishap,)), place)
    return root, root / "east" / "GLB" / "REQTRANS.GLB"


def test_what_is_damaged_and_stranded_keeps_its_origin(tmp_path):
    root, path = stranded(tmp_path / "given")
    data = path.read_bytes()
    second = parse_queue(data, QUEUE).records[1].start
    path.write_bytes(data[: second - 20] + data[second:])
    before, after = rebuilt(root, tmp_path / "rebuilt", "")
    check_texts(before, after)
    check_waiting(before, after)
    check_manifest(root, before, after)


def test_what_was_numbered_anew_and_joined_by_what_an_image_holds_keeps_its_origin(tmp_path):
    root, _ = stranded(tmp_path / "given")
    image = tmp_path / "disk.img"
    entries = [Change(70, "A Lost\tPCM:NET/EAST/lost"), Change(71, "A More\tPCM:NET/EAST/more")]
    image.write_bytes(b"\1" * 33 + new_queue(entries, QUEUE).build())
    before = everything(root)
    result = plan_rebuild(diagnose(root), unsafe=True, carve=[image]).write(tmp_path / "rebuilt")
    assert result.remaining == []
    check(root, before, everything(result.directory))


# --- the numbers in detail ---------------------------------------------------------------------------------------


def test_numbers_of_the_result_leave_no_requestor_behind(tmp_path):
    root = simulated("reqtrans-begun-again", tmp_path / "given")
    _, after = rebuilt(root, tmp_path / "rebuilt", "")
    layouts = Layouts()
    reqconf = parse_reqconf(after["east/GLB/REQCONF.GLB"], layouts["reqconf"]).config
    srvconf = parse_srvconf(after["hub/GLB/SRVCONF.GLB"], layouts["srvconf"]).config
    (applied,) = [each.reqsync for each in srvconf.requestors if each.name == "PCM:NET/EAST"]
    (waiting,) = [held for held in queues(after) if held.path == "east/GLB/REQTRANS.GLB"]
    assert isinstance(waiting, Held)
    assert min(each.sync for each in waiting.real) == max(reqconf.reqsync or 0, applied or 0) + 1
