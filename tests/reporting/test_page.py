"""A report as one page: it needs nothing else, runs nothing, and can be read without eyes and on paper."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from collections import Counter
from html.parser import HTMLParser
from importlib.resources import files as package_files
from pathlib import Path

import jsonschema
import pytest

import glbtools
from glbtools import files
from glbtools.diagnosis.case import logged
from glbtools.events import timeline
from glbtools.events.zones import Clocks
from glbtools.reporting import drawing, findings, page, story
from glbtools.reporting.model import Paragraph, Section
from glbtools.simulation.run import contents
from glbtools.simulation.run import run as run_scenario
from glbtools.simulation.scenario import Mishap, Scenario

VOID = {"meta", "br", "wbr"}
TAGS = frozenset(
    re.findall(
        r"\w+",
        "html head meta title style body a header p h1 h2 h3 div nav ol ul li main section dl dt dd span strong table"
        " thead tbody wbr tr th td br figure figcaption pre mark code details summary svg defs pattern rect path circle"
        " text desc",
    )
)
ATTRIBUTES = re.compile(r"on\w+|style|src|action|xlink:href")


class Read(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.headings: list[int] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def written(place: Path, target: Path, **said: str) -> str:
    glbtools.write_report(glbtools.diagnose(place), target, force=True, **said)
    return target.read_text("utf-8").replace("<wbr>", "")


def inert(text: str) -> Read:
    """Assert that a page runs and loads nothing, and is well formed; return what it is made of."""
    read = Read(text)
    assert read.open == []
    assert set(read.tags) <= TAGS
    assert not [each for each in read.attributes if ATTRIBUTES.fullmatch(each[1])]
    assert all(value.startswith("#") for _, name, value in read.attributes if name == "href")
    ids = [value for _, name, value in read.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for _, name, value in read.attributes if name == "href"} <= set(ids)
    labelled = " ".join(value for _, name, value in read.attributes if name == "aria-labelledby").split()
    assert set(labelled) <= set(ids)
    assert all(character.isprintable() or character == "\n" for character in text)
    return read


@pytest.mark.parametrize(
    "name", ["stuck", "seed-server-restored", "healthy-week", "damaged", "directories/backsync-restored-directory"]
)
def test_a_page_runs_nothing_and_loads_nothing_and_has_its_headings_in_order(fixture_path, tmp_path, name):
    text = written(fixture_path(name), tmp_path / "page.html")
    read = inert(text)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    assert f'content="{policy}"' in text
    assert text.index(policy) < text.index("<style>")
    assert read.tags["h1"] == read.tags["main"] == 1
    assert all(after <= before + 1 for before, after in zip(read.headings, read.headings[1:], strict=False))
    assert read.tags["th"] == sum(name == "scope" for _, name, _ in read.attributes)
    assert read.tags["desc"] == sum((tag, name) == ("svg", "role") for tag, name, _ in read.attributes)
    assert ("html", "lang", "en") in read.attributes


def test_the_page_tells_the_story_in_the_order_in_which_people_ask(fixture_path, tmp_path):
    text = written(fixture_path("stuck"), tmp_path / "page.html", case="1994-17", examiner="A. Example")
    assert re.findall(r'<h2 id="(\w+)">', text) == [
        "short", "wrong", "lost", "why", "else", "do", "network", "channels", "days", "inputs", "limits", "tool",
    ]  # fmt: skip
    assert "1 of 1 postoffice loses changes" in text
    assert "<mark>11 00 00 00</mark>" in text
    assert "1994-17" in text and "A. Example" in text
    for each in glbtools.diagnose(fixture_path("stuck")).inputs:
        assert each.path in text and each.sha256 in text
    assert f"glbtools {glbtools.__version__}" in text
    assert "assumed" in text


def test_of_directories_no_page_says_that_nothing_was_lost_or_that_a_layout_was_assumed(fixture_path, tmp_path):
    text = written(fixture_path("directories/backsync-restored-directory"), tmp_path / "page.html")
    assert re.search(r"<h1>The directory of \w+ went back in time", text)
    assert "No change of a postoffice is found" not in text
    assert "numbers concerned" in text
    assert "An assumed layout" not in text
    assert "No file of a postoffice says which time zone" not in text
    healthy = written(fixture_path("healthy-week"), tmp_path / "page.html")
    assert "No change of a postoffice is found that has not arrived." in healthy
    assert "numbers concerned" not in healthy


def test_of_many_changes_the_first_are_seen_and_the_rest_is_folded(tmp_path):
    changes = ", ".join(
        f'{{ sync = {number}, text = "A u{number}\\tPCM:NET/PO/u{number}" }}' for number in range(1, 31)
    )
    (tmp_path / "spec.toml").write_text(
        '[[postoffice]]\nname = "NET/PO"\nreqconf = { reqsync = 40, server = "NET/HUB" }\n'
        f"queue.REQTRANS = [ {changes} ]\n"
    )
    glbtools.build(tmp_path / "spec.toml", tmp_path / "net")
    text = written(tmp_path / "net", tmp_path / "page.html")
    seen, folded = text.split("<summary>20 more changes</summary>")
    assert "add u10 at" in seen and "add u11 at" not in seen
    assert "add u11 at" in folded and "add u30 at" in folded


def test_an_option_is_not_broken_behind_its_hyphen(fixture_path, tmp_path):
    text = written(fixture_path("stuck"), tmp_path / "page.html")
    assert 'IMPORT <span class="short">-S</span>' in text
    assert 'title="<span' not in text


def test_a_postoffice_with_an_error_is_marked_in_the_picture_and_its_channels_are_drawn(tmp_path):
    names = tuple(f"PO{number}" for number in range(12))
    mishap = Mishap(4, 4, "T3", "reqtrans-deleted", "PO5", {})
    made = contents(run_scenario(Scenario("one", postoffices=names, cycles=7, changes=20, mishaps=(mishap,))))
    files.write_tree(made, tmp_path / "net", sync=False)
    text = written(tmp_path / "net", tmp_path / "page.html")
    picture = text.partition('id="network"')[2].partition('id="channels"')[0]
    assert picture.count("✖ NET/PO5") == 1 and "with an error of its own: NET/PO5" in picture
    assert "✖ NET/PO4" not in picture
    assert "<strong>download NET/HUB to NET/PO5.</strong>" in text


def test_the_same_evidence_gives_the_same_page(fixture_path, tmp_path):
    first, second = (written(fixture_path("stuck"), tmp_path / name) for name in ("a.html", "b.html"))
    assert first == second


def test_hostile_texts_are_inert_and_cut_with_a_count(tmp_path):
    evil = '</style><script>alert(1)</script><img src=x onerror=alert(1)>\\u202e\\" onclick=\\"x'
    long = f"{'N' * 4_000}\tPCM:NET/PO/X"
    spec = {
        "postoffice": [
            {
                "name": "NET/PO",
                "reqconf": {"reqsync": 17, "server": "NET/HUB"},
                "queue": {
                    "REQTRANS": [{"sync": 1, "text": f"A {evil}"}, {"sync": 2, "text": f"A {long}\tPCM:NET/PO/X"}]
                },
            }
        ]
    }
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(spec).replace("\\\\u202e", "").replace('\\\\\\"', '\\"'), "utf-8")
    glbtools.build(path, tmp_path / "net")
    text = written(tmp_path / "net", tmp_path / "page.html", title=f"<b>{evil}\x1b[2J\u202e")
    read = inert(text)
    assert "script" not in read.tags and "img" not in read.tags
    assert "<script>" in "".join(read.text)
    assert re.search(r"… and \d,?\d* more characters", "".join(read.text))
    assert long not in text


def test_a_text_of_ten_megabytes_makes_no_page_of_ten_megabytes():
    lines = "\n".join(page.page([Section("A", "a"), Paragraph("x" * 10_000_000)], "A page"))
    assert len(lines) < 20_000
    assert "… and 9998800 more characters" in lines


def network(folder: Path, count: int, sick: set[int]) -> Path:
    """Return a server and many requestors, of which some have changes that will never be sent."""
    records = "".join(
        f'[[postoffice.srvconf.requestor]]\nname = "PCM:{name}"\nreqsync = 9\nsrvsync = 20\nimportsync = 1\n'
        for name in ("NET/HUB", *(f"NET/PO{number}" for number in range(count)))
    )
    parts = [f'[[postoffice]]\nname = "NET/HUB"\nrole = "server"\n[postoffice.reqconf]\nreqsync = 9\nsrvsync = 20\n'
             f'server = "NET/HUB"\nimportsync = 1\n[[postoffice.queue.REQTRANS]]\ndummy = 9\n'
             f"[postoffice.srvconf]\nsync = 20\n{records}"]  # fmt: skip
    for number in range(count):
        confirmed = 17 if number in sick else 9
        queue = f'{{ sync = 1, text = "R PCM:NET/PO{number}" }}' if number in sick else "{ dummy = 9 }"
        parts.append(
            f'[[postoffice]]\nname = "NET/PO{number}"\npath = "po{number}"\nqueue.REQTRANS = [ {queue} ]\n'
            f'reqconf = {{ server = "NET/HUB", reqsync = {confirmed}, srvsync = 20, importsync = 1 }}\n'
        )
    (folder / "many.toml").write_text("".join(parts), "utf-8")
    glbtools.build(folder / "many.toml", folder / "many")
    return folder / "many"


def test_of_500_postoffices_the_sick_come_first_and_the_healthy_are_counted(tmp_path):
    place = network(tmp_path, 500, {7, 333})
    text = written(place, tmp_path / "page.html")
    read = inert(text)
    assert "2 of 501 postoffices lose changes" in text
    assert len(text.encode()) < 2_000_000
    assert read.tags["svg"] < 20
    first = text.index("upload NET/PO333 to NET/HUB")
    assert text.index("upload NET/PO7 to NET/HUB") > first > 0
    assert "<summary>1000 more channels: 1000 in sync</summary>" in text
    assert text.index("po7/GLB/REQTRANS.GLB") < text.index("po100/GLB/REQCONF.GLB")


@pytest.mark.parametrize("sick", [0, 1, 10, 30])
def test_diagnosis_and_report_take_at_most_twice_the_steps_of_the_diagnosis_however_many_are_sick(
    tmp_path, steps_of, sick
):
    names = tuple(f"PO{number}" for number in range(60))
    mishaps = tuple(Mishap(4, 4, "T3", "reqtrans-deleted", name, {}) for name in names[:sick])
    made = contents(run_scenario(Scenario("many", postoffices=names, cycles=7, changes=20, mishaps=mishaps)))
    files.write_tree(made, tmp_path / "net", sync=False)
    glbtools.write_report(glbtools.diagnose(tmp_path / "net"), tmp_path / "first.html")
    reports: list[glbtools.Report] = []
    diagnosis = steps_of(lambda: reports.append(glbtools.diagnose(tmp_path / "net")))
    assert sum(each.severity != "note" for each in reports[0].findings) >= sick
    report = steps_of(lambda: glbtools.write_report(reports[0], tmp_path / "page.html"))
    assert report <= diagnosis
    said = "Shown are the first 20 of 30 postoffices with warnings or errors."
    assert (said in (tmp_path / "page.html").read_text("utf-8")) == (sick == 30)


def test_a_number_line_keeps_its_order_however_large_the_numbers(fixture_path):
    for judged in glbtools.diagnose(fixture_path("seed-server-restored")).channels:
        wide = judged._replace(
            channel=judged.channel._replace(
                last=4_000_000_000, held=tuple((2 * number, 2 * number + 1) for number in range(5_000))
            )
        )
        drawn = drawing.number_line(wide, 1, "a channel", "in words").svg
        assert len(drawn) < 12_000
        edges = [float(each) for each in re.findall(r'<path d="M([\d.]+) \d+v8"', drawn)]
        assert edges == sorted(edges)
        assert all(190 <= each <= 866 for each in edges)


def test_what_is_wrong_in_one_sentence(fixture_path):
    names = ("healthy-week", "stuck", "damaged", "seed-server-restored")
    said = {name: findings.summary(glbtools.diagnose(fixture_path(name))) for name in names}
    assert said["healthy-week"] == "nothing wrong is found in 3 postoffices"
    assert said["stuck"] == "1 of 1 postoffice loses changes"
    assert said["seed-server-restored"] == "2 of 3 postoffices probably lose changes"
    assert " in 1 postoffice; no postoffice is seen to lose changes" in said["damaged"]
    assert findings.summary(glbtools.diagnose(fixture_path("directories/usn-wrong-server"))) == "1 error"


VERDICTS = Path(__file__).resolve().parent.parent / "cases" / "verdicts"


@pytest.mark.parametrize("case", sorted(each.parent.name for each in VERDICTS.glob("*/network.json")))
def test_the_days_are_those_that_all_postoffices_together_give(case, tmp_path, monkeypatch):
    glbtools.build(VERDICTS / case / "network.json", tmp_path / "case")
    report = glbtools.diagnose(tmp_path / "case")
    story.write_report(report, tmp_path / "of-some.html")
    monkeypatch.setattr(story, "gathered", lambda report, clocks, about, of: timeline.gathered(report, clocks))
    story.write_report(report, tmp_path / "of-all.html")
    assert (tmp_path / "of-some.html").read_bytes() == (tmp_path / "of-all.html").read_bytes()


def test_the_days_are_those_of_what_a_finding_rests_on_wherever_that_lies(simulated, monkeypatch):
    """A finding about the server, shown by a line in the log of a requestor that has no finding of its own."""
    report = glbtools.diagnose(simulated("server-restored"))
    (found,) = (each for each in report.findings if each.severity != "note")
    requestor = next(each for each in report.network.postoffices if each.role == "requestor")
    assert found.postoffice not in (None, requestor.name)
    line = next(each for each in requestor.log if each.moment)
    found = dataclasses.replace(found, evidence=(logged(line),))
    report = dataclasses.replace(report, findings=[found])
    of_some = str(list(story._days(report, Clocks())))
    assert f"{line.moment:%Y-%m-%d}" in of_some
    monkeypatch.setattr(story, "gathered", lambda report, clocks, about, of: timeline.gathered(report, clocks))
    assert str(list(story._days(report, Clocks()))) == of_some


@pytest.mark.parametrize(
    ("case", "sentence", "says", "not_says"),
    [
        ("resync-then-one-cycle", "nothing wrong is sure in 3 postoffices; 1 may lose changes", "", ""),
        ("overtaken-stranded", "1 of 2 postoffices probably loses changes", "never be sent", "Deletions among"),
        ("srvconf-only-restored", "2 of 2 postoffices may lose changes", "", ""),
    ],
)
def test_the_first_sentence_is_as_sure_as_the_findings_of_each_postoffice(case, sentence, says, not_says, tmp_path):
    glbtools.build(VERDICTS / case / "network.json", tmp_path / "case")
    report = glbtools.diagnose(tmp_path / "case")
    assert findings.summary(report) == sentence
    text = str(report)
    assert says in text
    assert not not_says or not_says not in text


def test_without_a_file_the_same_report_is_text_and_json_says_where_the_page_is(run, fixture_path, tmp_path):
    text = run("report", fixture_path("stuck"), columns=60)
    assert text.status == 1
    assert "WHAT IS WRONG, AND HOW SURE THAT IS" in text.out
    assert max(map(len, text.out.splitlines())) <= 60
    done = run("report", fixture_path("stuck"), "--to", tmp_path / "p.html", "--json")
    document = json.loads(done.out)
    assert document["schema"] == "glbtools.report/1"
    assert document["size"] == (tmp_path / "p.html").stat().st_size
    assert document["sections"] == []
    assert run("report", fixture_path("stuck"), "--to", tmp_path / "p.html").status == 2


SCHEMA = json.loads((package_files("glbtools.schemas") / "report.schema.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "name", ["stuck", "seed-server-restored", "healthy-week", "damaged", "directories/backsync-restored-directory"]
)
def test_the_json_has_all_that_the_page_says_and_is_as_its_schema_says(run, fixture_path, tmp_path, name):
    document = json.loads(run("report", fixture_path(name), "--json").out)
    jsonschema.validate(document, SCHEMA)
    page_text = written(fixture_path(name), tmp_path / "page.html")
    assert [each["anchor"] for each in document["sections"]] == re.findall(r'<h2 id="(\w+)">', page_text)
    shown = re.sub(r"\s+", " ", "".join(Read(page_text).text))
    for section in document["sections"]:
        for block in section["blocks"]:
            if block["kind"] in ("heading", "paragraph"):
                assert block["text"] in shown


def test_the_terminal_says_what_matters_of_many_postoffices_and_everything_when_asked(run, tmp_path):
    place = network(tmp_path, 60, {7, 21, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44})
    done = run("diagnose", place)
    lines = done.out.splitlines()
    assert lines[0] == "14 of 61 postoffices lose changes"
    assert done.out.count("error[U101]") == 1
    assert done.out.count("  also: NET/PO") >= 10
    assert "3 more; --verbose shows them" in done.out
    assert "61 postoffices: 60 requestors, 1 server; --verbose names them" in done.out
    assert "channels in step; --verbose shows them" in done.out
    assert not any(line.endswith(": in step") for line in lines)
    every = run("diagnose", place, "--verbose", columns=400).out
    assert every.count("error[U101]") == 14
    assert every.count("in step\n") >= 2 * 61 - 14
    assert "po59: NET/PO59, requestor" in " ".join(every.split())


def test_a_part_of_the_findings_makes_no_sentence_about_the_whole(run, fixture_path):
    for option in (("--select", "L101"), ("--ignore", "U101"), ("--min-severity", "error")):
        assert "postoffice" not in run("diagnose", fixture_path("stuck"), *option).out.splitlines()[0]


def test_what_was_passed_over_is_counted_and_named_when_asked(run, fixture_path, tmp_path):
    place = tmp_path / "net"
    glbtools.build(Path(__file__).parents[2] / "fixtures" / "specs" / "stuck.toml", place)
    (place / "notes.xyz").write_text("of no use")
    assert "passed over: 1 file of other kinds; --verbose names them" in run("diagnose", place, columns=200).out
    assert "notes.xyz" in run("diagnose", place, "--verbose", columns=200).out


def test_a_report_with_zones_has_its_days_in_utc_and_marks_clocks_of_which_none_is_known(simulated, run):
    network = simulated("server-restored")

    def days(*zones):
        ran = run("report", network, *(word for zone in zones for word in ("--tz", zone)), columns=160)
        assert ran.status == 1, ran.err
        return ran.out.partition("THE DAYS THAT MATTER")[2].partition("WHAT WAS LOOKED AT")[0]

    assert "which zone they were in is unknown" in days()
    assert "22:00:00" in days()
    one = days("America/New_York")
    assert "Times are UTC" in one
    assert "03:00:00" in one
    assert "22:00:00" not in one
    assert ":00~" not in one
    some = days("NET/EAST=America/New_York")
    assert "22:00:00~" in some


@pytest.mark.parametrize(
    ("zone", "said"), [("Nowhere/Atall", "Nowhere/Atall"), ("NET/NOBODY=UTC", "no clock is called so")]
)
def test_a_zone_that_is_none_or_of_no_clock_is_refused_before_anything_is_printed(simulated, run, tmp_path, zone, said):
    for to in ((), ("--to", tmp_path / "page.html")):
        ran = run("report", simulated("server-restored"), "--tz", zone, *to)
        assert (ran.status, ran.out) == (2, "")
        assert said in ran.err
    assert not (tmp_path / "page.html").exists()
