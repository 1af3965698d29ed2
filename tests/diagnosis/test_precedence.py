"""One finding per cause: what another finding explains is its evidence, and what it does not explain stays."""

from __future__ import annotations

import pytest

from glbtools.diagnosis.engine import diagnose
from glbtools.diagnosis.finding import Evidence, Finding
from glbtools.diagnosis.precedence import EXPLAINS, explained
from glbtools.diagnosis.problems import by_slug
from glbtools.fleet.survey import survey

HERE, ELSEWHERE = "NET/EAST", "NET/WEST"
PAIRS = [(cause, symptom) for cause, symptoms in EXPLAINS.items() for symptom in symptoms]


def finding(slug: str, postoffice: str = HERE, certainty: str = "certain", field: str = "checksum", grade: str = ""):
    place = Evidence(f"{slug}.GLB", (0, 1), None, field, 1, "")
    return Finding(by_slug(slug), postoffice, "east", f"it is {slug}", (place,), certainty, severity=grade)


@pytest.mark.parametrize(("cause", "symptom"), PAIRS)
def test_a_symptom_becomes_evidence_of_its_cause(cause: str, symptom: str) -> None:
    for found in ([finding(cause), finding(symptom)], [finding(symptom), finding(cause)]):
        (left,) = explained(found)
        assert left.problem.slug == cause
        assert [each.path for each in left.evidence] == [f"{cause}.GLB", f"{symptom}.GLB"]
        assert f"it is {symptom}" in left.notes[-1]


@pytest.mark.parametrize(("cause", "symptom"), PAIRS)
def test_a_symptom_stays_on_another_postoffice_and_beside_a_doubtful_or_past_cause(cause: str, symptom: str) -> None:
    assert len(explained([finding(cause), finding(symptom, ELSEWHERE)])) == 2
    assert len(explained([finding(cause, certainty="possible"), finding(symptom)])) == 2
    assert len(explained([finding(cause, grade="note"), finding(symptom)])) == 2


def test_damage_that_is_more_than_a_checksum_is_not_explained_by_one() -> None:
    assert len(explained([finding("requestor-crc-poison-record"), finding("queue-damaged", field="gap")])) == 2


def test_findings_without_a_cause_among_them_stay_as_they_are() -> None:
    found = [finding("queue-damaged"), finding("cycle-order-wrong")]
    assert explained(found) == found


def test_a_second_srvconf_makes_no_second_server(tmp_path) -> None:
    from glbtools.simulation.run import simulate

    simulate("second-server", tmp_path)
    report = diagnose(tmp_path)
    assert [(each.name, each.role) for each in report.network.postoffices] == [
        ("NET/EAST", "server"),
        ("NET/HUB", "server"),
        ("NET/WEST", "requestor"),
    ]
    assert report.network.server is not None
    assert report.network.server.name == "NET/HUB"
    loud = [(each.problem.slug, each.postoffice) for each in report.findings if each.severity != "note"]
    assert loud == [("role-conflict", "NET/EAST")]


def test_a_second_srvconf_whose_reqconf_names_no_server_is_named_and_nothing_of_the_server_is_said_of_it(
    tmp_path,
) -> None:
    from glbtools.formats.config import changed_reqconf, parse_reqconf
    from glbtools.layouts import Layouts
    from glbtools.simulation.run import simulate

    simulate("second-server", tmp_path / "net")
    reqconf = tmp_path / "net/east/GLB/REQCONF.GLB"
    file = parse_reqconf(reqconf.read_bytes(), Layouts()["reqconf"])
    reqconf.write_bytes(changed_reqconf(file, server="").build())
    report = diagnose(tmp_path / "net")
    (found,) = [each for each in report.findings if each.severity != "note" and each.postoffice == "NET/EAST"]
    assert (found.problem.slug, found.certainty) == ("role-conflict", "likely")
    assert "has a SRVCONF, and NET/HUB is the server" in found.message
    (line,) = survey(tmp_path / "net", out=tmp_path / "survey", workers=0)
    assert [each["slug"] for each in line["findings"]] == [each.problem.slug for each in report.findings]
