"""One case for each fault that leads to a problem with a repair: what the plan says, and what a second run finds.

A file in ``expected`` holds what is printed. ``GLBTOOLS_UPDATE_TRANSCRIPTS=1 pytest tests/repair`` writes them anew;
then read what came out.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from glbtools import layouts
from glbtools.diagnosis.engine import diagnose
from glbtools.diagnosis.problems import by_slug
from glbtools.formats.config import parse_srvconf
from glbtools.model.configuration import Requestor
from glbtools.repair.plan import Plan, plan_rebuild
from glbtools.repair.result import Result
from glbtools.repair.work import OWN
from glbtools.reporting.rebuild import plan_report
from glbtools.reporting.text import Screen
from glbtools.reporting.writer import lines as text_lines
from glbtools.simulation.faults import FAULTS

from .directories import everything, older, postoffices, simulated

EXPECTED = Path(__file__).with_name("expected")
UPDATE = bool(os.environ.get("GLBTOOLS_UPDATE_TRANSCRIPTS"))

REPAIRED = [name for name, each in FAULTS.items() if each.slug and by_slug(each.slug).repair != "none"]

REMAINING = {
    # Which of two equal configurations is the copy no file tells; an older REQCONF.GLB would.
    "reqconf-cloned": ["reqconf-cloned-or-restored"],
    # Who is registered no other file says; an older SRVCONF.GLB would.
    "srvconf-deleted": ["srvconf-missing"],
    # The lists of RESYNC.GLB wait in SRVTRANS.GLB: only Import puts them into the postoffice's own.
    "resync-waiting": ["temp-files-leftover"],
    # DISPATCH.LOG tells what happened; nothing that is written changes it.
    "bad-modification": ["nsda-exit-codes"],
}
"""Fault -> what the diagnosis of the result still finds, and why that is right."""


class Case(NamedTuple):
    """A fault, before and after it was repaired."""

    name: str
    given: Path
    before: dict[str, bytes]
    timid: Plan
    plan: Plan
    timid_result: Result
    result: Result

    @property
    def slug(self) -> str:
        return FAULTS[self.name].slug

    @property
    def repair(self) -> str:
        return by_slug(self.slug).repair


@pytest.fixture(scope="module", params=REPAIRED)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    name = request.param
    place = tmp_path_factory.mktemp(name)
    given = simulated(name, place / "given")
    before = everything(given)
    timid, plan = (plan_rebuild(diagnose(given, older=older(given, name)), unsafe=unsafe) for unsafe in (False, True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        return Case(name, given, before, timid, plan, timid.write(place / "timid"), plan.write(place / "rebuilt"))


def printed(case: Case) -> str:
    lines = ["$ rebuild", *text_lines(plan_report(case.timid), Screen(80))]
    if case.repair == "unsafe":
        lines += ["", "$ rebuild --unsafe", *text_lines(plan_report(case.plan), Screen(80))]
    return "\n".join([*(line.rstrip() for line in lines), ""])


def test_the_plan_is_what_its_transcript_says(case):
    path = EXPECTED / f"{case.name}.txt"
    if UPDATE:
        path.write_text(printed(case), "utf-8")
    assert printed(case) == path.read_text("utf-8")


def test_every_transcript_has_its_fault():
    assert {each.stem for each in EXPECTED.glob("*.txt")} == set(REPAIRED)


def test_nothing_remains_but_what_no_file_settles(case):
    assert case.result.remaining == REMAINING.get(case.name, [])
    if case.repair == "safe":
        assert not case.timid.undone
        assert case.timid_result.remaining == REMAINING.get(case.name, [])


def test_a_second_run_has_nothing_to_do(case, tmp_path):
    again = plan_rebuild(diagnose(case.result.directory, older=older(case.given, case.name)), unsafe=True)
    assert again.edits == []
    twice = again.write(tmp_path / "twice")
    assert postoffices(everything(twice.directory)) == postoffices(everything(case.result.directory))


def test_without_unsafe_only_what_is_safe_is_done(case):
    assert {each.safety for each in case.timid.edits} <= {"safe"}
    if case.repair == "unsafe":
        assert case.slug in {each.slug for each in case.timid.undone}
        assert postoffices(everything(case.timid_result.directory)) == case.before


def test_what_is_given_stays_as_it_is(case):
    assert everything(case.given) == case.before
    assert case.result.changed == case.timid_result.changed == ()


def test_what_a_plan_says_is_what_is_done(case):
    after = everything(case.result.directory)
    named: set[str] = set()
    for each in case.plan.edits:
        size = re.match(r"(\d+) bytes", each.before)
        if each.path not in named:
            assert each.before != "absent" or each.path not in case.before
            assert size is None or len(case.before[each.path]) == int(size[1])
        if each.what == "move":
            assert each.path not in after
            assert after[each.after] == case.before[each.path]
        else:
            assert after[each.path] != case.before.get(each.path)
        named.add(each.path)
    old, new = case.before, postoffices(after)
    changed = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    assert changed == {each for each in named if not each.startswith(f"{OWN}/")}
    assert {path for path in after if path.startswith(f"{OWN}/")} - named == {
        f"{OWN}/{name}" for name in ("manifest.json", "manifest.hashdeep", "report.txt")
    } | {each.after for each in case.plan.edits if each.what == "move"}


def test_a_requestor_whose_record_is_cut_off_is_named_and_the_result_is_not_called_clean(tmp_path):
    given = simulated("srvconf-truncated", tmp_path / "given")
    plan = plan_rebuild(diagnose(given), unsafe=True)
    result = plan.write(tmp_path / "rebuilt")
    names = [each.name for each in srvconf(result.directory)]
    assert names == ["PCM:NET/HUB", "PCM:NET/EAST"]
    assert [each for each in plan.undone if "west" in f"{each.why} {each.postoffice}".lower()]


def srvconf(directory: Path) -> tuple[Requestor, ...]:
    data = (directory / "hub" / "GLB" / "SRVCONF.GLB").read_bytes()
    return parse_srvconf(data, layouts.reference("srvconf")).config.requestors


def test_what_a_remedy_does_away_with_is_not_called_left(tmp_path):
    given = simulated("bad-modification", tmp_path / "given")
    plan = plan_rebuild(diagnose(given), unsafe=True)
    result = plan.write(tmp_path / "rebuilt")
    assert "text-faults" not in {each.problem.slug for each in result.report.findings}
    assert "text-faults" not in {each.slug for each in plan.undone}


def test_what_a_plan_says_was_there_is_what_is_given(tmp_path):
    given = simulated("bad-modification", tmp_path / "given")
    for each in plan_rebuild(diagnose(given), unsafe=True).edits:
        size = re.match(r"(\d+) bytes", each.before)
        assert size is None or int(size[1]) == (given / each.path).stat().st_size
