"""Options that commands share are the same everywhere, and what a command says of its result the library says too."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path

import pytest

import glbtools
from glbtools.cli import diagnosis, directory, learn
from glbtools.cli.app import COMMANDS, GROUPS
from glbtools.cli.options import Common, PageFormat, shares
from glbtools.diagnosis.changes.found import DIRECTIONS
from glbtools.diagnosis.problems import SEVERITIES
from glbtools.directory.output import FORMS
from glbtools.learn.learning import FAMILIES

EVERY: dict[str, Callable[..., None]] = {
    **{name: getattr(import_module(f"glbtools.cli.{module}"), name) for name, module in COMMANDS.items()},
    **{
        f"{group} {name}": getattr(import_module(f"glbtools.cli.{group}"), name)
        for group, (_, names) in GROUPS.items()
        for name in names
    },
}


def test_an_option_of_one_name_is_one_option_whichever_command_has_it() -> None:
    kinds: dict[str, set[str]] = {}
    for command in EVERY.values():
        for name, each in inspect.signature(command).parameters.items():
            if name in ("layout", "json", "color", "quiet", "max_file_size", "older"):
                kinds.setdefault(name, set()).add(
                    repr((each.annotation.__origin__, vars(each.annotation.__metadata__[0])))
                )
    assert {name: len(each) for name, each in kinds.items()} == dict.fromkeys(kinds, 1)
    assert len(kinds) == 6


def test_shared_options_reach_a_command_as_one_argument() -> None:
    seen = []

    @shares("quiet", "layout", forms=PageFormat)
    def command(what: int, *, common: Common) -> None:
        """Say."""
        seen.append((what, common))

    assert list(inspect.signature(command).parameters) == ["what", "layout", "format", "json", "quiet"]
    command(what=1, format=PageFormat.table, json=True, quiet=True, layout=[Path("x")])
    assert seen == [(1, Common(form="json", quiet=True, layout_files=(Path("x"),)))]


@pytest.mark.parametrize(("least", "severities"), [("note", 3), ("warning", 2), ("error", 1)])
def test_a_report_says_what_of_it_is_shown(least: str, severities: int, place: Path) -> None:
    report = glbtools.diagnose(place)
    every = {each.problem.slug: each.severity for each in report.findings}
    part = report.selected(min_severity=least)
    assert {each.severity for each in part.findings} <= set(("error", "warning", "note")[:severities])
    assert sum(part.summary.values()) == len(part.findings)
    first = report.findings[0].problem.slug
    assert {each.problem.slug for each in report.selected([first]).findings} == {first}
    assert {each.problem.slug for each in report.selected(ignore=[first]).findings} == every.keys() - {first}
    assert report.troubled
    assert not report.selected(ignore=list(every)).troubled


@pytest.fixture
def place(tmp_path: Path) -> Path:
    spec = tmp_path / "stuck.toml"
    spec.write_text(
        '[[postoffice]]\nname = "NET/HUB"\nrole = "server"\n[[postoffice]]\nname = "NET/PO"\n'
        'reqconf = { reqsync = 9 }\nqueue.REQTRANS = [ { sync = 1, text = "A NET/PO/X" } ]\n',
        "utf-8",
    )
    glbtools.build(spec, tmp_path / "net")
    return tmp_path / "net"


def test_an_export_says_how_many_objects_it_writes_with_empty_fields(tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    head = "Obj-Class,Obj-Dist-Name,Obj-GUID,USN-Changed,USN-Created,Is-Deleted,Title\r\n"
    row = "Mailbox,/o=X/cn=A,0000000000000000000000000000000{0},{1},{0},0,{2}\r\n"
    first.write_text(head + row.format(1, 1, "Boss") + row.format(2, 2, "Clerk").replace("cn=A", "cn=B"), "utf-8")
    second.write_text(head + row.format(1, 3, "") + row.format(2, 2, "Clerk").replace("cn=A", "cn=B"), "utf-8")
    state = tmp_path / "state.json"
    glbtools.export_file(glbtools.Dump(str(first)), state, lambda: nullcontext(io.BytesIO()), server="S")
    written = io.BytesIO()
    outcome = glbtools.export_file(glbtools.Dump(str(second)), state, lambda: nullcontext(written), server="S")
    assert (outcome.counts, outcome.emptied) == ({"A": 0, "M": 1, "D": 0}, 1)
    assert any("the receiver keeps what it has there" in each for each in outcome.notes)
    assert written.getvalue()


def test_the_choices_of_an_option_are_those_of_the_call() -> None:
    offered = {
        diagnosis.Severity: SEVERITIES,
        diagnosis.Direction: DIRECTIONS,
        directory.ChangeForm: FORMS,
        learn.Family: FAMILIES,
    }
    for option, taken in offered.items():
        assert {each.value for each in option} == set(taken)
