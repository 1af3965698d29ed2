"""Everything dated, once, in order, with what is known of its time."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile
from collections import Counter
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

import glbtools
from glbtools.errors import UsageError
from glbtools.events.event import DELETED, FINDING, KINDS, LOG, QUEUED, UNKNOWN, Event
from glbtools.events.order import Sorter
from glbtools.events.zones import Clocks, iso
from glbtools.reporting import timeline as render
from glbtools.sync import pair as pairs
from glbtools.sync.store import SqliteStore

TYPES = {"timestamp": int, "line": int, "offset": int, "number": int, "message_code": int, "tag": list}


def postoffice(folder: Path, log: str = "", **queue: object) -> Path:
    """Return a network of a server alone, with one record and some log."""
    stamp = queue.get("stamp", "1994-02-03T22:01:00")
    spec = folder / "spec.toml"
    spec.write_text(
        '[[postoffice]]\nname = "NET/PO"\nrole = "server"\n'
        f'queue.REQTRANS = [ {{ sync = 1, stamp = {stamp}, text = "A NET/PO/X" }} ]\n'
        f"[postoffice.log]\nDSSERVER = '''\n{log}'''\n",
        "utf-8",
    )
    glbtools.build(spec, folder / "net")
    return folder / "net"


def logged(made: glbtools.Timeline) -> list[Event]:
    return [event for event in made if event.kind == LOG]


@pytest.mark.parametrize("name", ["healthy-week", "seed-stuck-requestor", "seed-server-restored", "stuck", "network"])
def test_every_dated_line_and_record_of_the_evidence_is_in_the_timeline_once(fixture_path, name):
    made = glbtools.timeline(fixture_path(name))
    evidence = made.report.evidence
    postoffices = [each for unit in evidence.units for each in unit.postoffices]
    expected: Counter[str] = Counter()
    for each in postoffices:
        expected[LOG] += sum(line.moment is not None for line in each.log)
        for _, found in each.inspections("queue", "listq"):
            expected[QUEUED] += len(found.content.records)
    met = Counter(event.kind for event in made)
    assert {kind: met[kind] for kind in (LOG, QUEUED)} == expected | Counter({LOG: 0, QUEUED: 0})
    assert met[FINDING] + made.undated["findings that nothing dates"] == len(made.report.findings)
    instants = [event.instant for event in made]
    assert instants == sorted(instants)
    assert met.keys() <= set(KINDS)


def test_a_finding_stands_at_the_latest_date_of_what_it_rests_on(fixture_path):
    made = glbtools.timeline(fixture_path("stuck"))
    stranded = next(event for event in made if event.slug == "stranded-transactions")
    assert iso(stranded.instant).startswith("1994-04-")
    assert stranded.note.startswith("dated by ")
    assert (stranded.problem, stranded.severity, stranded.kind) == ("U101", "error", FINDING)


def test_deletions_and_changes_of_a_directory_are_in_utc(fixture_path):
    made = glbtools.timeline(fixture_path("directories/backsync-restored-directory"))
    events = [event for event in made if event.data_type == "glbtools:directory:object"]
    assert {event.zone for event in events} == {"UTC"}
    assert any(event.kind == DELETED for event in events)
    assert all(event.earliest == event.latest == event.instant for event in events)


def test_what_the_central_log_repeats_is_marked_and_not_dropped(fixture_path):
    repeated = [event for event in glbtools.timeline(fixture_path("healthy-week")) if event.repeats]
    central = [event for event in repeated if event.path.endswith("CENTRAL.LOG")]
    assert central
    assert {event.clock for event in central} >= {"NET/EAST", "NET/WEST"}
    assert all("CENTRAL.LOG" not in event.repeats for event in central)
    assert render.fields(central[0])["tag"] == ["duplicate"]


def test_an_unknown_zone_is_said_and_bounded(tmp_path):
    (event,) = logged(glbtools.timeline(postoffice(tmp_path, "02/03/94 22:01:05 | 1 171\n")))
    assert (event.zone, event.precision, event.written) == (UNKNOWN, "second", "02/03/94 22:01:05")
    assert iso(event.instant) == "1994-02-03T22:01:05.000000+00:00"
    assert iso(event.earliest) == "1994-02-03T08:01:05.000000+00:00"
    assert iso(event.latest) == "1994-02-04T10:01:05.000000+00:00"


def test_a_zone_is_of_all_clocks_or_of_one(tmp_path):
    place = postoffice(tmp_path, "02/03/94 22:01:05 | 1 171\n")
    (event,) = logged(glbtools.timeline(place, zone="America/New_York"))
    assert iso(event.instant) == "1994-02-04T03:01:05.000000+00:00" == iso(event.earliest) == iso(event.latest)
    (event,) = logged(glbtools.timeline(place, zone="America/New_York", zones={"net/po": "UTC"}))
    assert (iso(event.instant), event.zone) == ("1994-02-03T22:01:05.000000+00:00", "UTC")


@pytest.mark.parametrize(
    ("shown", "early", "late", "note"),
    [
        ("1994-10-30T01:30", "05:30", "06:30", "the clock showed this hour twice"),
        ("1994-04-03T02:30", "06:30", "07:30", "the clock skipped this hour"),
        ("1994-04-03T12:30", "16:30", "16:30", ""),
    ],
)
def test_an_hour_that_was_shown_twice_or_never_has_both_readings(shown, early, late, note):
    reading = Clocks("America/New_York").read(datetime.fromisoformat(shown), "NET/PO")
    assert (iso(reading.earliest)[11:16], iso(reading.latest)[11:16], reading.note) == (early, late, note)


@pytest.mark.parametrize(
    ("given", "said"), [(["Mars/Base"], "not a time zone"), (["UTC", "CET"], "--tz CET: UTC is the zone of all")]
)
def test_a_zone_that_is_none_is_refused(run, fixture_path, given, said):
    done = run("timeline", fixture_path("stuck"), *(part for zone in given for part in ("--tz", zone)))
    assert done.status == 2
    assert said in done.err


def test_a_time_without_seconds_lies_within_its_minute(fixture_path):
    minutes = [event for event in glbtools.timeline(fixture_path("healthy-week"), zone="UTC") if event.kind == LOG]
    dispatch = [event for event in minutes if event.path.endswith("DISPATCH.LOG")]
    assert {event.precision for event in dispatch} == {"minute"}
    assert {event.latest - event.earliest for event in dispatch} == {59_000_000}


def test_an_impossible_date_is_kept_as_written_beside_its_neighbour(tmp_path):
    log = "02/03/94 22:01:05 | 1 171\n02/31/80 25:00:00 | 1 106 3\n02/03/94 22:01:09 | 1 105 3\n"
    made = glbtools.timeline(postoffice(tmp_path, log))
    first, second, third = logged(made)
    assert (second.written, second.precision, second.instant) == ("02/31/80 25:00:00", UNKNOWN, first.instant)
    assert "is no date and time" in second.note
    assert second.earliest is None
    assert third.instant > second.instant
    assert not made.undated["log lines without a date"]


def test_what_cannot_be_dated_is_counted(tmp_path):
    made = glbtools.timeline(postoffice(tmp_path, "02/31/80 25:00:00 | 1 106 3\n"))
    assert logged(made) == []
    assert made.undated["log lines without a date"] == 1
    assert any("1 log line without a date" in note for note in render.notes(made))


def test_a_stamp_of_zero_is_no_date_and_one_of_2106_is(tmp_path):
    place = postoffice(tmp_path)
    queue = place / "po" / "GLB" / "REQTRANS.GLB"
    data = bytearray(queue.read_bytes())
    for stamp, year in ((0xFFFFFFFF, "2106"), (0, "")):
        struct.pack_into("<I", data, 8, stamp)
        queue.write_bytes(data)
        made = glbtools.timeline(place)
        assert [iso(event.instant)[:4] for event in made if event.kind == QUEUED] == ([year] if year else [])
        assert made.undated["records without a date"] == (0 if year else 1)


def test_events_beyond_the_bounds_are_left_out_and_counted(fixture_path):
    whole = list(glbtools.timeline(fixture_path("healthy-week")))
    part = glbtools.timeline(fixture_path("healthy-week"), since="1994-02-03", until="1994-02-03")
    inside = [event for event in whole if iso(event.instant).startswith("1994-02-03")]
    assert [event.message for event in part] == [event.message for event in inside]
    assert part.outside == len(whole) - len(inside)
    with pytest.raises(UsageError, match="is not a date"):
        glbtools.timeline(fixture_path("stuck"), since="yesterday")


def test_a_timeline_that_does_not_fit_into_memory_is_the_same():
    events = [
        Event(instant * 7919 % 101, 0, f"file{instant % 3}", line=instant, message=f"log x: {instant % 5}")
        for instant in range(1000)
    ]
    near, far = Sorter(), Sorter(room=64)
    for event in events:
        near.add(event)
        far.add(event)
    assert list(near) == list(far) == list(far)
    assert len(list(far)) == 1000


def test_each_field_has_one_type_and_the_forms_agree(run, fixture_path, tmp_path):
    place = fixture_path("seed-stuck-requestor")
    done = run("timeline", place, "--to", "-", "--tz", "UTC")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert done.out.isascii()
    for row in rows:
        assert {"message", "datetime", "timestamp_desc", "timestamp"} <= row.keys()
        assert all(type(value) is TYPES.get(name, str) for name, value in row.items()), row
        moment = datetime.fromisoformat(row["datetime"])
        assert (moment - datetime.fromisoformat("1970-01-01T00:00:00+00:00")) // timedelta(microseconds=1) == row[
            "timestamp"
        ]
    table = list(csv.DictReader(io.StringIO(run("timeline", place, "--to", "-", "--as", "csv", "--tz", "UTC").out)))
    assert [(row["message"].removeprefix("'"), row["datetime"]) for row in table] == [
        (row["message"], row["datetime"]) for row in rows
    ]
    body = run("timeline", place, "--to", "-", "--as", "bodyfile").out.splitlines()
    assert len(body) == len(rows)
    assert {line.count("|") for line in body} == {10}
    assert run("timeline", place, "--to", tmp_path / "a.jsonl", "--tz", "UTC").status == 0
    assert (tmp_path / "a.jsonl").read_text("ascii") == done.out


def test_a_hostile_text_is_inert_in_every_form(run, tmp_path):
    place = postoffice(tmp_path, "02/03/94 22:01:05 | 1 -1 =1+1|x%0A?[2J?\n")
    log = place / "po" / "LOG" / "DSSERVER.LOG"
    log.write_bytes(log.read_bytes().replace(b"?[2J?", b"\x1b[2J\x07"))
    for form in ("jsonl", "csv", "bodyfile", "table"):
        out = run("timeline", place, "--to", "-", "--as", form).out
        assert "\x1b" not in out
        assert "\x07" not in out
        if form == "bodyfile":
            assert {line.count("|") for line in out.splitlines()} == {10}
            assert "%" not in out


def test_a_timeline_is_not_written_into_the_evidence_nor_over_a_file(run, tmp_path):
    place = postoffice(tmp_path)
    assert "lies in the evidence" in run("timeline", place, "--to", place / "po" / "t.jsonl").err
    (tmp_path / "there").write_text("mine")
    assert run("timeline", place, "--to", tmp_path / "there").status == 2
    assert (tmp_path / "there").read_text() == "mine"
    assert run("timeline", place, "--to", tmp_path / "there", "--force").status == 0


def test_a_table_tells_the_clocks_and_stays_within_its_width(run, fixture_path):
    out = run("timeline", fixture_path("healthy-week"), columns=60).out
    assert max(map(len, out.splitlines())) <= 60
    assert "NET/EAST" in out
    assert "the zone of 3 clocks is unknown" in out.replace("\n  ", " ")


def test_one_document_has_the_clocks_and_the_events(run, fixture_path, tmp_path):
    place = fixture_path("stuck")
    document = json.loads(run("timeline", place, "--json").out)
    assert document["schema"] == "glbtools.timeline/1"
    assert len(document["events"]) == sum(clock["events"] for clock in document["clocks"].values()) == 15
    done = run("timeline", place, "--to", tmp_path / "t.csv", "--as", "csv", "--json")
    assert "events" not in json.loads(done.out)
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 16


SCHEMA = json.loads((files("glbtools.schemas") / "timeline.schema.json").read_text("utf-8"))
EVIDENCE = ["healthy-week", "stuck", "damaged", "network", "directories/dc-restored", "directories/links-late"]
EVIDENCE += ["directories/backsync-restored-directory", "directories/usn-deletion-exported"]


@pytest.mark.parametrize("name", EVIDENCE)
def test_the_document_and_every_event_are_as_their_schema_says(run, fixture_path, name):
    document = json.loads(run("timeline", fixture_path(name), "--json").out)
    jsonschema.validate(document, SCHEMA)
    lines = map(json.loads, run("timeline", fixture_path(name), "--to", "-").out.splitlines())
    assert list(lines) == document["events"] != []


def test_the_schema_names_every_kind_of_event():
    assert SCHEMA["$defs"]["event"]["properties"]["timestamp_desc"]["enum"] == list(KINDS)


def test_times_of_files_in_an_archive_are_events_and_date_no_finding(run, fixture_path, tmp_path):
    source, packed = fixture_path("stuck"), tmp_path / "case.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(source.rglob("*.*")):
            info = zipfile.ZipInfo(path.relative_to(source.parent).as_posix(), (1999, 12, 31, 23, 59, 58))
            archive.writestr(info, path.read_bytes())
        archive.writestr(zipfile.ZipInfo("notes.txt", (1994, 2, 31, 0, 0, 0)), b"x")
    made = glbtools.timeline(packed)
    files = [each for each in made if each.kind == "File Written"]
    assert len(files) == sum(path.is_file() for path in source.rglob("*.*"))
    assert {(each.written, each.precision, each.clock) for each in files} == {
        ("1999-12-31 23:59:58", "2 seconds", str(packed))
    }
    assert made.undated["times of files that are no date"] == 1
    plain = glbtools.timeline(source)
    dated = [[each.instant for each in found if each.kind.startswith("Finding")] for found in (plain, made)]
    assert dated[0] == dated[1]
    out = tmp_path / "t.body"
    assert run("timeline", packed, "--as", "bodyfile", "--to", out).status == 0
    assert "REQTRANS.GLB File Written: file REQTRANS.GLB: written, 447 bytes" in out.read_text()


PAIR = """id = "north-south"
state = "state.json"
spool = "spool"

[source]
path = "north.db"

[target]
path = "south.db"
"""


@pytest.fixture
def pair(tmp_path):
    """Two stores in step: an object was made and deleted at the source, and one has no date."""
    place = tmp_path / "pair"
    place.mkdir()
    (place / "pair.toml").write_text(PAIR)
    pairs.init(place / "pair.toml")
    with SqliteStore(place / "north.db") as store:
        store.write("a", b"1", time="1998-02-03T10:00:00+02:00")
        store.write("b", b"2", time="soon")
    pairs.run(place / "pair.toml", once=True)
    with SqliteStore(place / "north.db") as store:
        store.delete("a", time="1998-02-04T10:00:00")
    pairs.run(place / "pair.toml", once=True)
    return place


def test_changes_of_a_pair_of_stores_are_events_and_what_has_no_date_is_counted(pair, run):
    made = glbtools.timeline(pair)
    events = [(iso(each.instant)[:19], each.kind, each.message, each.zone, Path(each.clock).name) for each in made]
    assert sorted(events) == [
        ("1998-02-04T10:00:00", DELETED, "deleted a", UNKNOWN, "north.db"),
        ("1998-02-04T10:00:00", DELETED, "deleted a, brought by pair north-south", UNKNOWN, "south.db"),
    ]
    assert {what: count for what, count in made.undated.items() if count} == {
        "objects without a date": 2,
        "counters of pairs without a date": 3,
        "sessions of pairs without a date": 2,
    }
    said = " ".join(run("timeline", pair, "--tz", "UTC").out.split())
    assert "2 objects without a date, 2 sessions of pairs without a date" in said


def test_what_a_bodyfile_has_no_place_for_is_counted(run, tmp_path):
    place = tmp_path / "dump.ldif"
    place.write_text(
        "".join(
            f"dn: CN={name}\nuSNChanged: {number}\nwhenChanged: {year}0203100000.0Z\n\n"
            for name, number, year in (("one", 5, 1969), ("two", 6, 1998))
        )
    )
    done = run("timeline", place, "--to", "-", "--as", "bodyfile", columns=200)
    assert "changed CN=two" in done.out
    assert "CN=one" not in done.out
    assert "1 event before 1970, which are not in it" in done.err
    assert "before 1970" not in run("timeline", place, "--to", "-").err
    place.write_text(place.read_text().replace("1969", "1601"))
    assert "1 event before 1700, which Timesketch reads" in run("timeline", place, "--to", "-", "--as", "csv").err


def test_links_vectors_and_the_last_export_are_events(fixture_path, tmp_path):
    links = {(each.kind, each.written) for each in glbtools.timeline(fixture_path("directories/links-late"))}
    assert ("Last Replication Failure", "2026-02-12 08:45:00") in links
    assert ("Last Replication Success", "2026-02-05 03:12:00") in links
    vectors = [each for each in glbtools.timeline(fixture_path("directories/dc-restored")) if each.number]
    assert {each.zone for each in vectors if each.data_type == "glbtools:replication:vector"} == {UNKNOWN}
    (exported,) = (
        each
        for each in glbtools.timeline(fixture_path("directories/usn-deletion-exported"))
        if each.data_type == "glbtools:export-state:date"
    )
    assert (exported.kind, exported.zone) == ("Last Export", "UTC")


def test_a_time_of_a_link_that_cannot_be_told_is_counted(tmp_path):
    (tmp_path / "links.csv").write_text(
        "showrepl_COLUMNS,Destination DSA Site,Destination DSA,Naming Context,Source DSA Site,Source DSA,"
        "Transport Type,Number of Failures,Last Failure Time,Last Success Time,Last Failure Status\n"
        'showrepl_INFO,HQ,DC2,"DC=example,DC=com",HQ,DC1,RPC,0,0,03/04/2026 09:00:00,0\n'
    )
    made = glbtools.timeline(tmp_path)
    assert not [each for each in made if each.data_type == "glbtools:replication:link"]
    assert made.undated["lines of replication without a date"] == 1


def test_a_store_of_a_pair_that_is_damaged_is_named_and_the_rest_is_in_the_timeline(pair, run):
    data = (pair / "north.db").read_bytes()
    (pair / "north.db").write_bytes(data[:4096])
    done = run("timeline", pair, "--to", "-")
    assert done.status == 2
    assert "north.db" in done.err
    assert "deleted a, brought by pair north-south" in done.out


HEADER = "{} | Status  Report from NET/WEST/$SYSTEM\r\n"
LINE = "{} | 1 171\r\n"


def differences(tmp_path, *lines):
    place = tmp_path / "hub" / "LOG" / "CENTRAL.LOG"
    place.parent.mkdir(parents=True)
    place.write_bytes("".join(form.format(when) for form, when in lines).encode("ascii"))
    return glbtools.timeline(tmp_path)


@pytest.mark.parametrize(
    ("lines", "least"),
    [
        # what stands in a report was written before it came in
        (((HEADER, "02/18/94 13:10:01"), (LINE, "02/18/94 12:55:40")), None),
        (((HEADER, "02/18/94 13:10:01"), (LINE, "02/18/94 13:10:50")), None),
        (((HEADER, "02/18/94 13:10:01"), (LINE, "02/18/94 14:11:01")), 3600),
        # and before the next one did
        (((HEADER, "02/18/94 13:10:01"), (LINE, "02/18/94 13:10:50"), (HEADER, "02/18/94 13:10:20")), 30),
        # a log that begins anew tells nothing
        (((HEADER, "02/18/94 13:10:01"), (LINE, "02/18/94 13:09:00"), (HEADER, "02/17/94 13:10:20")), None),
    ],
)
def test_a_clock_that_was_ahead_is_said_with_what_shows_it(run, tmp_path, lines, least):
    found = list(differences(tmp_path, *lines).differences.values())
    assert [each.least // 1_000_000 for each in found] == ([] if least is None else [least])
    said = run("timeline", tmp_path).out
    assert ("was ahead of that of" in " ".join(said.split())) == (least is not None)
    document = json.loads(run("timeline", tmp_path, "--json").out)
    assert [each["ahead"] for each in document["differences"]] == ([] if least is None else ["NET/WEST"])


def test_a_file_written_before_what_it_holds_shows_clocks_that_disagree(fixture_path, tmp_path):
    packed = tmp_path / "case.zip"
    for year, count in ((1993, 1), (1999, 0), (1980, 0)):
        with zipfile.ZipFile(packed, "w") as archive:
            path = fixture_path("stuck") / "october" / "GLB" / "REQTRANS.GLB"
            archive.writestr(zipfile.ZipInfo("po/GLB/REQTRANS.GLB", (year, 1, 1, 0, 0, 0)), path.read_bytes())
        found = list(glbtools.timeline(packed).differences.values())
        assert len(found) == count, year
        assert all(each.behind == str(packed) for each in found)


def test_counters_of_cycles_stand_beside_the_update_that_goes_with_them(fixture_path):
    found = [each for each in glbtools.timeline(fixture_path("network")) if each.kind.startswith("Counter")]
    said = {each.message.partition(": ")[2]: each.number for each in found}
    assert "cycle 11" in said
    assert "POLYNOMIAL/OCTOBER was last heard of in cycle 9" in said
    assert {each.precision for each in found} == {"cycle"}
    assert all(each.note.startswith("dated by the latest date that goes with it") for each in found)
