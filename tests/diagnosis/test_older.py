"""What older evidence shows: counters that went back, changes that vanished, a restore that the present hides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glbtools.diagnosis.case import cases
from glbtools.diagnosis.checks.older import check
from glbtools.diagnosis.finding import Finding
from glbtools.evidence.network import collect
from tests.diagnosis.networks import Build

EAST, WEST, SERVER = "NET/EAST", "NET/WEST", "NET/SERVER"


def add(sync: int, name: str, node: str = EAST) -> dict[str, Any]:
    return {"sync": sync, "text": f"A {name}\tPCM:{node}/{name}"}


def east(a: int, reqtrans: list[dict[str, Any]], c: int = 5, imports: int = 1, **more: Any) -> dict[str, Any]:
    reqconf = {"server": SERVER, "reqsync": a, "srvsync": c, "importsync": imports}
    return {"name": EAST, "reqconf": reqconf, "queue": {"REQTRANS": reqtrans}} | more


def server(b: int, head: int = 5, cycle: int = 9, texts: str = "m", **record: Any) -> dict[str, Any]:
    requestors = [
        {"name": f"PCM:{SERVER}", "reqsync": 3, "srvsync": head, "importsync": 1, "last_cycle": cycle},
        {"name": f"PCM:{EAST}", "reqsync": b, "srvsync": 5, "importsync": 1, "last_cycle": cycle} | record,
    ]
    return {
        "name": SERVER,
        "reqconf": {"server": SERVER, "reqsync": 3, "srvsync": head, "importsync": 1},
        "srvconf": {"sync": head, "cycle": cycle, "requestor": requestors},
        "queue": {
            "MSTTRANS": [add(number, f"{texts if number > 3 else 'm'}{number}") for number in range(1, head + 1)]
        },
    }


def found(now: Path, *older: Path) -> list[Finding]:
    network = collect([now], older=older).only
    return [each for case in cases(network, None) for each in check(case)]


def slugs(findings: list[Finding]) -> list[tuple[str, str | None]]:
    return [(each.problem.slug, each.postoffice) for each in findings]


def test_nothing_without_older_evidence_and_nothing_when_numbers_rose(build: Build) -> None:
    now = build(server(17), east(17, [{"dummy": 17}]), name="now")
    assert not found(now)
    assert not found(now, build(server(17), east(17, [{"dummy": 17}]), name="same"))
    older = build(server(12, head=4, cycle=7), east(12, [add(13, "ann"), add(14, "bob")], c=4), name="older")
    assert not found(now, older)


def test_a_counter_that_went_back(build: Build) -> None:
    now = build(server(17), east(17, [{"dummy": 17}]), name="now")
    older = build(east(17, [{"dummy": 17}], c=6), name="older")
    (finding,) = found(now, older)
    assert slugs([finding]) == [("counters-went-back", EAST)]
    assert "SrvSync is 5, was 6" in finding.message
    assert "ReqSync" not in finding.message
    assert finding.severity == "warning"
    paths = [each.path for each in finding.evidence]
    assert "now" in paths[0]
    assert "older" in paths[1]
    assert [each.value for each in finding.evidence] == [5, 6]
    assert all(each.span for each in finding.evidence)


def test_every_number_of_a_reset_postoffice_is_named_once(build: Build) -> None:
    now = build(server(40), east(10, [{"dummy": 10}], c=2, imports=1), name="now")
    older = [build(east(17, [{"dummy": 17}], c=5, imports=3), name=name) for name in ("one", "two")]
    (finding,) = [each for each in found(now, *older) if each.problem.slug == "counters-went-back"]
    assert finding.message.count("ReqSync is 10, was 17") == 1
    for said in ("SrvSync is 2, was 5", "the import number is 1, was 3", "the last number of REQTRANS is 10, was 17"):
        assert said in finding.message


def test_where_the_present_says_it_too_it_is_a_note(build: Build) -> None:
    older = build(east(17, [{"dummy": 17}]), name="older")
    now = build(server(17), east(12, [{"dummy": 12}]), name="now")
    assert [each.severity for each in found(now, older)] == ["note"]


def test_a_server_that_went_back_and_does_not_show_it(build: Build) -> None:
    older = build(server(17, head=8, cycle=12), name="older")
    now = build(server(17, head=7, cycle=11), east(17, [{"dummy": 17}]), name="now")
    (finding,) = found(now, older)
    assert slugs([finding]) == [("counters-went-back", SERVER)]
    assert finding.severity == "error"
    for said in (
        "the highest SrvSync is 7, was 8",
        "the cycle is 11, was 12",
        "the last number of MSTTRANS is 7, was 8",
    ):
        assert said in finding.message
    assert any("Export" in each for each in finding.help)


def test_a_server_that_the_present_shows_to_have_gone_back(build: Build) -> None:
    older = build(server(17, head=8, cycle=12), name="older")
    now = build(server(12, head=7, cycle=11), east(17, [{"dummy": 17}]), name="now")
    (finding,) = found(now, older)
    assert (finding.problem.slug, finding.severity) == ("counters-went-back", "note")


def test_a_requestors_record_that_was_made_anew(build: Build) -> None:
    older = build(server(17), name="older")
    now = build(server(2, srvsync=0, importsync=0), east(2, [{"dummy": 2}]), name="now")
    (finding,) = found(now, older)
    assert slugs([finding]) == [("counters-went-back", SERVER)]
    assert finding.severity == "warning"
    assert "record of NET/EAST was made anew" in finding.notes[0]


def test_a_masked_restore(build: Build) -> None:
    """Numbers rose again after the restore: only the texts show it (Q113453)."""
    older = build(server(17, head=6, cycle=9, texts="lost"), name="older")
    now = build(server(20, head=8, cycle=12), east(20, [{"dummy": 20}]), name="now")
    (finding,) = found(now, older)
    assert slugs([finding]) == [("server-restored-from-backup", SERVER)]
    assert finding.ranges == ((3, 6),)
    assert finding.certainty == "likely"
    assert [each.value for each in finding.evidence[:4]] == [4, 4, 5, 5]
    assert any("3 changes" in each for each in finding.notes)
    purged = build(server(17, head=6, cycle=9), name="purged")
    assert not found(now, purged)


def test_changes_that_vanished(build: Build) -> None:
    older = build(east(17, [add(18, "ann"), add(19, "bob")]), name="older")
    emptied = build(server(17), east(17, [{"dummy": 17}]), name="emptied")
    gone = [each for each in found(emptied, older) if each.problem.slug == "records-vanished"]
    assert slugs(gone) == [("records-vanished", EAST)]
    assert gone[0].ranges == ((17, 19),)
    assert [each.note for each in gone[0].evidence] == ["A ann\tPCM:NET/EAST/ann", "A bob\tPCM:NET/EAST/bob"]
    assert gone[0].severity == "error"


@pytest.mark.parametrize(
    ("b", "a", "queue"),
    [
        (19, 19, [{"dummy": 19}]),  # confirmed
        (19, 17, [add(18, "ann"), add(19, "bob")]),  # received, still held
        (17, 17, [add(18, "ann"), add(19, "bob")]),  # still waiting
        (20, 20, [add(21, "ann"), add(22, "bob")]),  # renumbered
    ],
)
def test_changes_that_did_not_vanish(build: Build, a: int, b: int, queue: list[dict[str, Any]]) -> None:
    older = build(east(17, [add(18, "ann"), add(19, "bob")]), name="older")
    assert not found(build(server(b), east(a, queue), name="now"), older)


def test_one_number_short_is_one_change_vanished(build: Build) -> None:
    older = build(east(17, [add(18, "ann"), add(19, "bob")]), name="older")
    now = build(server(18), east(18, [{"dummy": 18}]), name="now")
    (gone,) = [each for each in found(now, older) if each.problem.slug == "records-vanished"]
    assert gone.ranges == ((18, 19),)


def test_after_a_reset_what_vanished_is_no_more_than_possible(build: Build) -> None:
    older = build(east(17, [add(18, "ann")], imports=3), name="older")
    now = build(server(40), east(40, [{"dummy": 40}], imports=1), name="now")
    (gone,) = [each for each in found(now, older) if each.problem.slug == "records-vanished"]
    assert (gone.certainty, gone.severity) == ("possible", "note")


def test_a_queue_that_is_not_given_is_not_taken_for_empty(build: Build, tmp_path: Path) -> None:
    older = build(east(17, [add(18, "ann")]), name="older")
    now = build(server(17), east(17, []), name="now")
    alone = tmp_path / "alone"
    alone.mkdir()
    listing = (
        "Examining NET/EAST Requestor Configuration Record\n\nDir-Sync Server: NET/SERVER\nReqSync = 17, SrvSync = 5\n"
    )
    (alone / "listds-r.txt").write_text(listing)
    network = collect([alone, now / "server"], older=[older]).only
    assert not [each for case in cases(network, None) for each in check(case)]


def test_the_order_of_older_copies_does_not_matter(build: Build) -> None:
    now = build(server(17), east(17, [{"dummy": 17}], c=2), name="now")
    one = build(east(17, [add(18, "ann")], c=4), name="one")
    two = build(east(17, [add(18, "ann"), add(19, "bob")], c=3), name="two")

    def said(*older: Path) -> list[tuple[str, str]]:
        return [(each.problem.slug, each.message) for each in found(now, *older)]

    assert said(one, two) == said(two, one)
    assert len(said(one, two)) == 2
