"""What files alone show: each problem with a postoffice that has it, and a near miss that must not."""

from __future__ import annotations

import shutil
from contextlib import suppress

import pytest

import glbtools
from glbtools.diagnosis.alternatives import COULD_BE
from glbtools.diagnosis.engine import diagnose
from glbtools.errors import UnknownFormatError, UsageError
from glbtools.evidence.inspection import inspect
from glbtools.layouts import Layouts
from glbtools.reporting.findings import channel_line
from glbtools.reporting.listing import listing
from tests.diagnosis.networks import CASES, add, built, network, registered


def found(path, *, only=None, **options):
    """Return slug and severity of what is found, the milder notes left out unless asked for."""
    report = diagnose(path, **options)
    return {
        (each.problem.slug, each.severity, each.postoffice)
        for each in report.findings
        if each.severity != "note" or each.problem.slug in (only or ())
    }


def test_a_healthy_network_gives_no_finding_above_note(tmp_path):
    report = diagnose(built(tmp_path, network()))
    assert [each.problem.slug for each in report.findings if each.severity != "note"] == []
    assert {each.verdict.state for each in report.channels} == {"IN_SYNC"}


NORMAL_NOTES = {"reqtrans-podiag-dummy-60"}
"""Problems that a healthy twin shows as a note (ruling 22)."""


@pytest.mark.parametrize("slug", CASES)
def test_a_problem_is_found_where_it_is(tmp_path, slug):
    slugs = {each for each, _, _ in found(built(tmp_path, CASES[slug][0]), only={slug})}
    assert slug in slugs


@pytest.mark.parametrize("slug", CASES)
def test_a_problem_is_not_found_one_number_off(tmp_path, slug):
    slugs = {each for each, _, _ in found(built(tmp_path, CASES[slug][1]), only={slug} - NORMAL_NOTES)}
    assert slug not in slugs


CASES |= {
    "import-hang-bad-modify": (
        network(east={"queue": {"SRVTRANS": [{"sync": 1, "text": "M old\tPCM:NETWORKTOOLONG/EAST/x"}]}}),
        network(east={"queue": {"SRVTRANS": [{"sync": 1, "text": "A new\tPCM:NETWORKTOOLONG/EAST/x"}]}}),
    ),
    "network-name-change": (
        network(east={"reqconf": {"server": "OLDNET/SERVER"}}),
        network(east={"reqconf": {"server": "NET/SERVER"}}),
    ),
    "resync-after-adds": (
        network(
            east={"reqconf": {"reqsync": 30}, "queue": {"REQTRANS": [add(18), {"dummy": 30}]}},
            server=registered("NET/EAST", reqsync=17),
        ),
        network(
            east={"reqconf": {"reqsync": 30}, "queue": {"REQTRANS": [add(16), {"dummy": 30}]}},
            server=registered("NET/EAST", reqsync=17),
        ),
    ),
    "requestor-crc-poison-record": (
        network(
            east={"queue": {"REQTRANS": [*(add(n) for n in range(18, 30)), add(30) | {"checksum": 1}]}},
        ),
        network(east={"queue": {"REQTRANS": [*(add(n) for n in range(18, 31))]}}),
    ),
    "reqtrans-never-drained": (
        {
            "postoffice": [
                {
                    "name": "NET/LONELY",
                    "queue": {"REQTRANS": [add(1, node="NET/LONELY"), add(2) | {"stamp": "1994-06-01T00:00:00"}]},
                }
            ]
        },
        {
            "postoffice": [
                {
                    "name": "NET/LONELY",
                    "queue": {"REQTRANS": [add(1, node="NET/LONELY"), add(2) | {"stamp": "1994-04-20T00:00:00"}]},
                }
            ]
        },
    ),
    "keep-updates-corrupted": (
        network(server={"srvconf": {"keep_updates": 0}}),
        network(server={"srvconf": {"keep_updates": 1}}),
    ),
    "server-restored-own-requestor": (
        network(server={"reqconf": {"srvsync": 81}}),
        network(server={"reqconf": {"srvsync": 80}}),
    ),
    "global-reset-needed": (
        network(
            server={
                "reqconf": {"reqsync": 1005},
                "srvconf": {"requestor": [{"name": "PCM:NET/SERVER", "reqsync": 1005, "srvsync": 80, "importsync": 1}]},
                "queue": {"REQTRANS": [add(1, node="NET/SERVER")]},
            }
        ),
        network(
            server={
                "reqconf": {"reqsync": 1000},
                "srvconf": {"requestor": [{"name": "PCM:NET/SERVER", "reqsync": 1000, "srvsync": 80, "importsync": 1}]},
                "queue": {"REQTRANS": [add(1, node="NET/SERVER")]},
            }
        ),
    ),
    "role-conflict": (
        network(server={"reqconf": {"server": "NET/OTHER"}, "queue": {"REQTRANS": [add(6, node="NET/SERVER")]}}),
        network(server={"queue": {"REQTRANS": [add(6, node="NET/SERVER")]}}),
    ),
    "reqconf-damaged": (
        network(east={"file": {"GLB/REQCONF.GLB": "hex:" + "00" * 400}}),
        network(east={"file": {"GLB/REQCONF.GLB": "hex:" + "00" * 100}}),
    ),
    "mailbag-damaged": (
        network(east={"file": {"KEY/SYSTEM.KEY": "hex:" + "00" * 559}}),
        network(east={"file": {"KEY/SYSTEM.KEY": "hex:" + "00" * 560}}),
    ),
    "process-glb-faults": (
        network(east={"file": {"GLB/PROCESS.GLB": "hex:" + "00" * 600}}),
        network(east={"file": {"GLB/PROCESS.GLB": "hex:" + "00" * 709}}),
    ),
    "control-size": (
        network(east={"file": {"GLB/CONTROL.GLB": "hex:" + "00" * 4}}),
        network(east={"file": {"GLB/CONTROL.GLB": "hex:" + "00" * 8}}),
    ),
    "control-counters": (
        network(east={"file": {"GLB/CONTROL.GLB": "hex:4d3c2b1a07000000"}}),
        network(east={"file": {"GLB/CONTROL.GLB": "hex:ffff0f0007000000"}}),
    ),
    "list-size": (
        network(east={"file": {"GLB/NETPO.GLB": "hex:" + "00" * 48}}),
        network(east={"file": {"GLB/NETPO.GLB": "hex:" + "00" * 47}}),
    ),
    "admin-notice-40": (
        network(east={"file": {"GLB/MASTER.GLB": "hex:" + "00" * 176}}),
        network(east={"file": {"GLB/MASTER.GLB": "hex:" + "00" * 176, "GLB/CONTROL.GLB": "hex:" + "00" * 8}}),
    ),
    "srvconf-missing": (
        network(
            server={
                "missing": {"paths": ["GLB/SRVCONF.GLB"]},
                "queue": {"REQTRANS": [add(6, node="NET/SERVER")]},
            }
        ),
        network(server={"queue": {"REQTRANS": [add(6, node="NET/SERVER")]}}),
    ),
    "server-reenabled-or-replaced": (
        network(
            server={
                "reqconf": {"reqsync": 2, "srvsync": 2, "importsync": 1},
                "srvconf": {
                    "sync": 2,
                    "requestor": [
                        {"name": "PCM:NET/SERVER", "reqsync": 2, "srvsync": 2, "importsync": 1},
                        {"name": "PCM:NET/EAST", "reqsync": 0, "srvsync": 0, "importsync": 0},
                        {"name": "PCM:NET/WEST", "reqsync": 0, "srvsync": 0, "importsync": 0},
                    ],
                },
                "queue": {"MSTTRANS": [add(1), add(2)]},
            }
        ),
        network(server=registered("NET/EAST", reqsync=12, srvsync=70)),
    ),
}

NOTES = {
    "nothing-to-send": network(),
    "resync-inflated-reqsync": network(
        east={"reqconf": {"reqsync": 30}, "queue": {"REQTRANS": [{"dummy": 30}]}},
        server=registered("NET/EAST", reqsync=17),
    ),
    "export-import-dates-survive-reset": network(
        server=registered("NET/EAST", reqsync=0, srvsync=0, importsync=0),
        east={"reqconf": {"reqsync": 0, "srvsync": 0, "importsync": 0, "last_export": "1994-02-01T10:00:00"}},
    ),
    "one-cycle-lag": network(
        east={"queue": {"REQTRANS": [add(18), add(19)]}},
        server=registered("NET/EAST", reqsync=19),
    ),
    "acknowledged-records-kept": network(
        east={"queue": {"REQTRANS": [add(16), add(17)]}},
        server={"queue": {"MSTTRANS": [add(78, "x"), add(16) | {"sync": 79}, add(17) | {"sync": 80}]}},
    ),
}


@pytest.mark.parametrize("slug", NOTES)
def test_what_is_normal_is_a_note_that_says_why(tmp_path, slug):
    report = diagnose(built(tmp_path, NOTES[slug]))
    assert [each.problem.slug for each in report.findings if each.severity != "note"] == []
    note = next(each for each in report.findings if each.problem.slug == slug)
    assert note.notes


def test_records_below_the_confirmed_number_that_nothing_explains_are_a_warning_that_names_both_ways(tmp_path):
    report = diagnose(built(tmp_path, network(east={"queue": {"REQTRANS": [add(16), add(17)]}})))
    (kept,) = [each for each in report.findings if each.problem.slug == "acknowledged-records-kept"]
    assert (kept.severity, kept.certainty, kept.ranges) == ("warning", "possible", ((15, 17),))
    assert "interrupted" in kept.notes[0]
    assert "begun again" in kept.notes[0]


def test_how_a_stuck_queue_came_about_is_no_statement_but_one_of_several_ways(tmp_path):
    report = diagnose(built(tmp_path, network(east={"queue": {"REQTRANS": [add(1), add(2)]}})))
    (stuck,) = [each for each in report.findings if each.problem.slug == "stranded-transactions"]
    assert not any("was deleted" in each for each in stuck.notes if not each.startswith(COULD_BE))
    assert stuck.cause_certainty != "certain"
    assert "queue-put-back" in [each.slug for each in stuck.alternatives]


def test_the_utilitys_record_may_stand_in_an_older_queue_that_was_put_back(tmp_path):
    report = diagnose(built(tmp_path, CASES["reqtrans-podiag-dummy-60"][0]))
    (armed,) = [each for each in report.findings if each.problem.slug == "reqtrans-podiag-dummy-60"]
    assert armed.cause_certainty == "likely"
    assert "queue-put-back" in [each.slug for each in armed.alternatives]


def test_signs_that_rest_on_a_doubtful_name_rule_nothing_out(tmp_path):
    """Another postoffice's record of the server may be held against a directory that is wrongly named."""
    slug = "requestor-readded"
    (doubtful,) = [each for each in diagnose(built(tmp_path, CASES[slug][0])).findings if each.problem.slug == slug]
    assert doubtful.refuted == ()
    assert {"import-asked", "server-restored"} <= {each.slug for each in doubtful.alternatives}


def test_changes_that_a_resync_may_have_passed_over_name_what_else_it_could_be(tmp_path):
    given = network(
        east={"reqconf": {"reqsync": 30}, "queue": {"REQTRANS": [add(18), {"dummy": 30}]}},
        server=registered("NET/EAST", reqsync=17),
    )
    passed = next(
        each for each in diagnose(built(tmp_path, given)).findings if each.problem.slug == "resync-after-adds"
    )
    assert passed.cause_certainty != "certain"
    assert [each.slug for each in passed.alternatives] == ["reqconf-copied", "lists-kept"]
    assert "server-restored" in [each.slug for each in passed.refuted]


def test_a_postoffice_that_the_server_does_not_know_is_an_error_and_what_it_holds_is_not_on_its_way(tmp_path):
    unknown = network(east={"queue": {"REQTRANS": [add(18)]}})
    unknown["postoffice"][0]["srvconf"]["requestor"] = registered("NET/EAST")["srvconf"]["requestor"][::2]
    place = built(tmp_path, unknown)
    (found_,) = [each for each in diagnose(place).findings if each.problem.slug == "requestor-not-registered"]
    assert (found_.severity, found_.ranges) == ("error", ((17, 18),))
    assert [(each.sync, each.why) for each in glbtools.unsent(place)] == [(18, "unregistered")]


def test_a_reset_that_the_servers_import_number_betrays_is_found_though_the_numbers_fit(tmp_path):
    fresh = {"reqconf": {"reqsync": 0, "srvsync": 0, "importsync": 0}, "queue": {"REQTRANS": [add(1), add(2)]}}
    for imports, expected in ((1, False), (2, True)):
        server = registered("NET/EAST", reqsync=2, srvsync=0, importsync=imports)
        path = built(tmp_path, network(server=server, east=fresh), f"imports{imports}")
        slugs = {slug for slug, _, _ in found(path)}
        assert ("requestor-reset-incomplete" in slugs) == expected


def test_what_listings_cannot_decide_is_a_possible_warning(tmp_path):
    path = tmp_path / "listed"
    (path / "east").mkdir(parents=True)
    (path / "server").mkdir()
    (path / "east" / "listds-r.txt").write_text(
        "Examining NET/EAST Requestor Configuration Record\nDir-Sync Server: NET/SERVER\nReqSync = 17, SrvSync = 80\n"
    )
    (path / "server" / "listds-s.txt").write_text(
        "Examining NET/SERVER Server Configuration Record\nHighest SrvSync is 80, Current Dirsync Cycle is 11\n"
        "     Server Requestor Record #1\nRequestor name: PCM:NET/EAST\nReqSync = 12, SrvSync = 80, Last Cycle = 11\n"
    )
    finding = next(each for each in diagnose(path).findings if each.problem.slug == "server-restored-from-backup")
    assert (finding.severity, finding.certainty) == ("warning", "possible")
    assert finding.ranges == ((12, 17),)
    assert "srvconf-restored" in {each.slug for each in finding.alternatives}


def test_one_cause_gives_one_finding(tmp_path):
    path = built(tmp_path, network(east={"queue": {"REQTRANS": [add(1), add(2)]}}))
    assert found(path) == {("stranded-transactions", "error", "NET/EAST")}


def test_the_server_that_went_back_is_one_finding_whoever_shows_it(tmp_path):
    description = network(
        server={
            "reqconf": {"srvsync": 70},
            "srvconf": {
                "sync": 70,
                "requestor": [
                    {"name": "PCM:NET/SERVER", "reqsync": 5, "srvsync": 70, "importsync": 1},
                    {"name": "PCM:NET/EAST", "reqsync": 12, "srvsync": 70, "importsync": 1},
                    {"name": "PCM:NET/WEST", "reqsync": 28, "srvsync": 70, "importsync": 1},
                ],
            },
            "queue": {"MSTTRANS": [add(69), add(70)]},
        }
    )
    path = built(tmp_path, description)
    assert found(path) == {("server-restored-from-backup", "error", "NET/SERVER")}
    finding = next(each for each in diagnose(path).findings if each.problem.slug == "server-restored-from-backup")
    for said in ("numbers 13 to 17", "NET/EAST", "numbers 29 to 30", "NET/WEST", "up to 80"):
        assert said in " ".join((finding.message, *finding.notes))


def test_a_stuck_requestor_is_explained_with_every_number(tmp_path):
    path = built(tmp_path, network(east={"queue": {"REQTRANS": [add(1), add(2, "bob"), add(3, "cid")]}}))
    finding = next(each for each in diagnose(path).findings if each.problem.slug == "stranded-transactions")
    assert finding.certainty == "certain"
    assert finding.ranges == ((0, 3),)
    text = " ".join((finding.message, *finding.notes, *finding.help))
    for said in ("17", "171", "numbered 4 to 16", "18 will be the first", "1994-04-07", "Q119452", "REQMAIN"):
        assert said in text
    numbers = [each.value for each in finding.evidence if each.field == "sync"]
    assert {1, 2, 3} <= set(numbers)


def test_the_servers_own_requestor_is_never_told_to_reset(tmp_path):
    path = built(tmp_path, network(server={"queue": {"REQTRANS": [add(1, node="NET/SERVER")]}}))
    finding = next(each for each in diagnose(path).findings if each.problem.slug == "stranded-transactions")
    advice = " ".join(finding.help)
    assert "Do not run LISTDS -Z" in advice
    assert "copy RESYNC.GLB here" not in advice


def test_flat_or_nested_and_in_any_case_the_findings_are_the_same(tmp_path):
    nested = built(tmp_path, network(east={"queue": {"REQTRANS": [add(1), add(2)]}}))
    flat = tmp_path / "flat"
    for postoffice in nested.iterdir():
        (flat / postoffice.name).mkdir(parents=True)
        for file in postoffice.rglob("*.*"):
            shutil.copy(file, flat / postoffice.name / file.name.lower())
    assert found(flat) == found(nested)


def test_the_order_of_paths_does_not_matter(tmp_path):
    net = built(tmp_path, network(east={"queue": {"REQTRANS": [add(1), add(2)]}}))
    parts = sorted(net.iterdir())
    one = [(each.problem.slug, each.postoffice) for each in diagnose(*parts).findings]
    other = [(each.problem.slug, each.postoffice) for each in diagnose(*reversed(parts)).findings]
    assert one == other


def copied_reqconf(**changed):
    """West's REQCONF on East, whose queue and record do not go with it; other postoffices have higher numbers."""
    west = {"reqsync": 14, "srvsync": 80, "importsync": 1, "last_export": "1994-02-10T09:00:00"}
    server = registered("NET/WEST", reqsync=14)
    server["srvconf"]["requestor"][0] |= {"reqsync": 50}
    server["reqconf"] = {"reqsync": 50}
    return network(
        east={"reqconf": west | changed, "queue": {"REQTRANS": [{"dummy": 17}]}}, west={"reqconf": west}, server=server
    )


def test_a_reqconf_that_fits_only_another_postoffice_is_a_copy_of_its(tmp_path):
    report = diagnose(built(tmp_path, copied_reqconf()))
    loud = [each for each in report.findings if each.severity != "note"]
    assert [(each.problem.slug, each.postoffice) for each in loud] == [("reqconf-cloned-or-restored", "NET/EAST")]
    assert "NET/WEST" in loud[0].message
    assert loud[0].certainty == "likely"


@pytest.mark.parametrize("changed", [{"last_export": "1994-02-10T09:00:02"}, {"srvsync": 79}])
def test_a_reqconf_with_a_date_or_number_of_its_own_is_no_copy(tmp_path, changed):
    assert "reqconf-cloned-or-restored" not in {
        slug for slug, _, _ in found(built(tmp_path, copied_reqconf(**changed)))
    }


def as_listings(path):
    """Put what the vendor's programs print of queues and configurations in the place of the files."""
    for file in sorted(path.rglob("*.GLB")):
        if file.stat().st_size:
            with suppress(UnknownFormatError, UsageError):
                file.with_suffix(".txt").write_text(listing(inspect(str(file), layouts=Layouts())), "utf-8")
                file.unlink()


NOT_IN_LISTINGS = {
    # Sizes and damage, checksums to compare with, pointers, import numbers, Keep Updates (rulings 7 and 8).
    "queue-damaged",
    "reqconf-damaged",
    "reqconf-missing-or-short",
    "srvconf-corrupt-size",
    "requestor-crc-poison-record",
    "listds-pointers-not-reset",
    "server-restored-from-backup",
    "keep-updates-corrupted",
}
BY_SIZE = {"queue-damaged": {"temp-files-leftover"}}
"""What else is seen only from the size of a file."""


@pytest.mark.parametrize("slug", CASES)
def test_listings_and_files_give_the_same_findings_where_both_hold_the_evidence(tmp_path, slug):
    hidden = NOT_IN_LISTINGS | BY_SIZE.get(slug, set())
    for number, description in enumerate(CASES[slug]):
        path = built(tmp_path, description, f"net{number}")
        binary = found(path, only={slug})
        as_listings(path)
        listed = found(path, only={slug})
        assert {each for each in listed if each[0] not in hidden} == {each for each in binary if each[0] not in hidden}
        assert {each for each, level, _ in listed if level != "note"} <= {each for each, _, _ in binary}


def test_a_hole_that_listings_cannot_decide_is_neither_certain_nor_passed_over(tmp_path):
    path = built(tmp_path, network(server=registered("NET/WEST", reqsync=0)))
    as_listings(path)
    (finding,) = [each for each in diagnose(path).findings if each.problem.slug == "server-restored-from-backup"]
    assert (finding.certainty, finding.severity) == ("possible", "warning")
    (line,) = (each for each in map(channel_line, diagnose(path).channels) if each.startswith("upload NET/WEST"))
    assert "confirmed, and not in the server's record: numbers 1 to 30" in line
    assert "nothing wrong" not in line
    (lost,) = glbtools.unsent(path).ranges
    assert (lost.range, lost.why, lost.certainty) == ((0, 30), "hole", "possible")


def test_removing_a_file_never_makes_a_certain_finding_that_contradicts_the_whole(tmp_path):
    for name, description in (("healthy", network()), ("stuck", CASES["stranded-transactions"][0])):
        whole = built(tmp_path, description, name)
        before = {slug for slug, _, _ in found(whole)}
        for file in sorted(whole.rglob("*.GLB")):
            kept = file.read_bytes()
            file.unlink()
            report = diagnose(whole)
            certain = {
                each.problem.slug for each in report.findings if each.certainty == "certain" and each.severity != "note"
            }
            assert certain <= before, file
            file.write_bytes(kept)


def test_the_published_listings_give_the_conclusions_of_their_readme(published):
    report = diagnose(published / "polynomial")
    errors = [each for each in report.findings if each.severity == "error"]
    assert [each.problem.slug for each in errors] == ["stranded-transactions"]
    assert errors[0].ranges == ((0, 6),)
    assert errors[0].certainty == "likely"
    assert "snapshot-skew" in {each.problem.slug for each in report.findings}
    assert report.network.postoffices[0].name == "POLYNOMIAL/MONTGOMERY"
    assert report.network.postoffices[0].role == "server"


def test_the_published_logs_of_a_healthy_cycle_give_notes_only(published):
    report = diagnose(published / "q149271")
    assert [each for each in report.findings if each.severity != "note"] == []


def test_where_what_is_to_be_explained_rests_on_a_doubtful_name_nothing_is_ruled_out(tmp_path):
    """The server's number may be that of another postoffice, and then there is nothing to explain."""
    slug = "server-restored-from-backup"
    (doubtful,) = [each for each in diagnose(built(tmp_path, CASES[slug][0])).findings if each.problem.slug == slug]
    assert doubtful.refuted == ()
    assert "resync" in {each.slug for each in doubtful.alternatives}


def test_of_the_next_changes_those_below_the_confirmed_number_surely_come_to_nothing(tmp_path):
    """Under one reading T1 sends the number that is confirmed, and under one T2 takes it again (Q96060)."""
    report = diagnose(built(tmp_path, CASES["reqtrans-deleted-zero-byte"][0]))
    (armed,) = [each for each in report.findings if each.problem.slug == "reqtrans-deleted-zero-byte"]
    assert (armed.certainty, armed.ranges) == ("certain", ((0, 16),))
    assert "the next 16 changes made here will never be sent" in armed.message
    one_short = network(east={"queue": {"REQTRANS": [{"dummy": 16}]}})
    report = diagnose(built(tmp_path, one_short, "one short"))
    (armed,) = [each for each in report.findings if each.problem.slug == "reqtrans-49-byte-idle"]
    assert (armed.certainty, armed.ranges) == ("likely", ((16, 17),))
    assert "most likely the next change made here will never be sent" in armed.message


def exchanged(tmp_path, east, west, name="net"):
    """East and West, whose records are (8, 3) and (30, 5): ReqSync and queue of what lies in each directory."""
    given = network(
        east={"reqconf": {"reqsync": east[0]}, "queue": {"REQTRANS": east[1]}},
        west={"reqconf": {"reqsync": west[0]}, "queue": {"REQTRANS": west[1]}},
        server=registered("NET/EAST", reqsync=17),
    )
    return diagnose(built(tmp_path, given, name))


def test_two_directories_that_may_bear_each_others_names_are_no_error(tmp_path):
    """Each is named by its directory only, and under the other's name both are in step (docs/rulings.md 2)."""
    found = exchanged(tmp_path, (30, [{"dummy": 30}]), (17, [{"dummy": 17}]))
    loud = [each for each in found.findings if each.severity != "note"]
    assert loud
    assert {(each.severity, each.certainty) for each in loud} == {("warning", "possible")}
    assert all(each.alternatives[-1].slug == "names-exchanged" for each in loud)
    assert all(any("NET/WEST" in note and "NET/EAST" in note for note in each.notes) for each in loud)


def test_names_may_be_exchanged_between_t2_and_t3_where_srvconf_counts_what_was_sent(tmp_path):
    """The server's record is then above what either has received (docs/facts/protocol.md#stored)."""
    given = network(
        east={"reqconf": {"reqsync": 30, "srvsync": 78}, "queue": {"REQTRANS": [{"dummy": 30}]}},
        west={"reqconf": {"reqsync": 17, "srvsync": 78}, "queue": {"REQTRANS": [{"dummy": 17}]}},
        server=registered("NET/EAST", reqsync=17),
    )
    found = diagnose(built(tmp_path, given)).findings
    loud = [each for each in found if each.severity != "note"]
    assert {(each.severity, each.certainty) for each in loud} == {("warning", "possible")}


def test_names_that_do_not_fit_when_exchanged_take_nothing_from_an_error(tmp_path):
    found = exchanged(tmp_path, (17, [{"dummy": 17}]), (12, [{"dummy": 12}]))
    assert ("error", "likely") in {(each.severity, each.certainty) for each in found.findings}
    assert not any(other.slug == "names-exchanged" for each in found.findings for other in each.alternatives)
