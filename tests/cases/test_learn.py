"""Files whose layout is easily learnt wrongly; the true fields of each stand in its truth.toml."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from datetime import datetime
from typing import NamedTuple

import pytest

from tests.cases.claims import HERE, expected, parameters

TRUTH = dict(expected("learn", "truth.toml"))
QUEUES = [case for case in TRUTH if (HERE / "learn" / case / "LISTQ.TXT").exists()]
_ROW = re.compile(r"([0-9A-F]{4}) (\w{3} \w{3} +\d+ [\d:]{8} \d{4}) (\d+) (.*)")


class Row(NamedTuple):
    """A row of the listing: what a record truly holds."""

    checksum: int
    stamp: str
    sync: int
    text: str


class Learnt(NamedTuple):
    """What ``learn`` said, and what is read with the layout that it wrote; None when it wrote none."""

    status: int
    said: str
    records: list[dict] | None


@pytest.fixture
def inside(request, tmp_path, monkeypatch):
    shutil.copytree(HERE / "learn" / request.getfixturevalue("case"), tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def rows(inside):
    """The listing, read without the program's own reader."""
    listing = (inside / "LISTQ.TXT").read_text(encoding="cp850").splitlines()
    matches = [match for line in listing if (match := _ROW.fullmatch(line))]
    return [
        Row(
            int(match[1], 16),
            datetime.strptime(match[2], "%a %b %d %H:%M:%S %Y").isoformat(),
            int(match[3]),
            match[4].replace("<tab>", "\t"),
        )
        for match in matches
    ]


@pytest.fixture
def learn(inside, run):
    """``learn("--listing", "LISTQ.TXT")``."""

    def call(*arguments: str) -> Learnt:
        queue = next(each.name for each in (inside / "MSTTRANS.GLB", inside / "REQTRANS.GLB") if each.exists())
        done = run("learn", queue, *arguments, "--out", "layout.toml", columns=200)
        if not (inside / "layout.toml").exists():
            return Learnt(done.status, done.out + done.err, None)
        read = run("inspect", queue, "--layout", "layout.toml", "--json")
        return Learnt(done.status, done.out + done.err, json.loads(read.out)["files"][0]["records"])

    return call


def _queues(*claims: str):
    return parameters("learn", [(case, claim) for case in QUEUES for claim in claims])


def _case(*claims: tuple[str, str]):
    return pytest.mark.parametrize(("case", "claim"), parameters("learn", claims))


@pytest.mark.parametrize(("case", "claim"), _queues("alone", "listing"))
def test_what_is_stated_of_a_file_is_true(case, claim, learn, rows):
    """No number, text, date or liveness is stated that the listing of the file shows to be another."""
    found = learn(*(("--listing", "LISTQ.TXT") if claim == "listing" else ()))
    assert found.status in (0, 1)
    if found.records is None:
        return
    by_number: dict[int, list[Row]] = {}
    for row in rows:
        by_number.setdefault(row.sync, []).append(row)
    stale = {number for each in TRUTH[case].get("not_live", ()) for number in _numbers(each)}
    numbered = [each for each in found.records if each.get("sync") is not None]
    for record in numbered:
        shown = by_number.get(record["sync"], [])
        if not shown:
            assert found.status == 1, f"{record['sync']} is stated and not printed"
            continue
        if record.get("text") is not None:
            assert record["text"].split("\r\n")[0].split("\0")[0] in {each.text.split("<")[0] for each in shown}
        if record.get("stamp") is not None:
            assert record["stamp"] in {each.stamp for each in shown}
        if (record.get("checksum") or {}).get("stored") is not None:
            assert record["checksum"]["stored"] in {each.checksum for each in shown}
    if found.status == 0:
        assert {each["sync"] for each in numbered} >= set(by_number) - stale
        assert len(found.records) == len(rows)


def _numbers(text: str) -> range:
    low, _, high = text.partition("-")
    return range(int(low), int(high or low) + 1)


# --- what is simple is decided ----------------------------------------------------------------------------------------


@_case(
    ("C18", "decided-alone"), ("D07", "decided-alone"), ("N04", "decided-alone"), ("N07", "decided-listing"),
    ("N12", "decided-listing"), ("N12", "decided-known"), ("S01", "decided-listing"), ("T03", "decided-listing"),
    ("T06", "decided-listing"), ("T14", "decided-listing"), ("big-endian-number", "decided-listing"),
    ("digit-cut", "decided-listing"), ("N03", "decided-listing"), ("D02", "decided-listing"),
    ("D03", "decided-listing"), ("C01", "decided-listing"), ("C15", "decided-listing"), ("C17", "decided-listing"),
)  # fmt: skip
def test_a_layout_that_can_be_told_is_stated(case, claim, learn, rows):
    how = {
        "decided-alone": (),
        "decided-listing": ("--listing", "LISTQ.TXT"),
        "decided-known": ("--known", f"last={TRUTH[case].get('last_number')}"),
    }
    found = learn(*how[claim])
    assert found.status == 0, found.said
    assert {each["sync"] for each in found.records or ()} >= {each.sync for each in rows}


@_case(("T06", "obscured-alone"))
def test_texts_that_cannot_be_seen_are_said_to_be_perhaps_obscured(case, claim, learn):
    found = learn()
    assert found.status == 1
    assert "obscured" in found.said


@_case(("C01", "marks-deleted"))
def test_a_byte_of_two_values_may_mark_deleted_records(case, claim, learn):
    found = learn()
    assert "may mark deleted" in found.said


@_case(("C01", "check"), ("digit-cut", "check"))
def test_a_layout_that_the_listing_contradicts_does_not_fit(case, claim, inside, run):
    """A layout that cuts texts, or calls deleted records live, is refused by --check with the listing."""
    queue = "REQTRANS.GLB" if case == "digit-cut" else "MSTTRANS.GLB"
    shutil.copy(HERE / "layouts" / f"{case}-wrong.toml", inside / "wrong.toml")
    done = run("learn", "--check", "wrong.toml", queue, "--listing", "LISTQ.TXT")
    assert done.status == 1
    assert "fits" not in done.out.splitlines()[0] or "does not fit" in done.out


# --- what people have: one-record files and configurations ------------------------------------------------------------


@_case(("one-record-files", "partial"))
def test_known_numbers_of_one_record_files_place_the_number(case, claim, inside, run):
    command = shlex.split(TRUTH[case]["command"])[2:]
    files = sorted(each.name for each in inside.glob("PO*.GLB"))
    known = [each for each in command if each != "PO*.GLB"]
    done = run("learn", *files, *known, "--out", "layout.toml")
    assert done.status == 1, done.out + done.err
    for each in TRUTH[case]["first_three_and_last"]:
        read = run("inspect", each["file"], "--layout", "layout.toml", "--json")
        assert read.status == 0, read.err
        (record,) = json.loads(read.out)["files"][0]["records"]
        assert record["sync"] == each["number"]
        assert record["text"] == each["text"]


@_case(("reqconf-reqsync-stored-twice", "decided"), ("srvconf-type-and-split-name", "decided"))
def test_a_configuration_is_learnt_though_a_value_is_stored_twice_or_in_parts(case, claim, inside, run):
    done = run(*shlex.split(TRUTH[case]["command"])[1:], "--out", "layout.toml")
    assert done.status in (0, 1), done.out + done.err
    for values in TRUTH[case]["values"]:
        read = run("inspect", values["file"], "--layout", "layout.toml", "--json")
        assert read.status == 0, read.err
        fields = {each["name"]: each["value"] for each in json.loads(read.out)["files"][0]["fields"]}
        for name in ("reqsync", "srvsync", "importsync", "sync", "cycle"):
            if name in values and name != "importsync":  # which no listing prints
                assert fields[name] == values[name]
        for number, (_, reqsync, srvsync, cycle) in enumerate(values.get("requestor", ()), 1):
            assert fields[f"requestor[{number}].reqsync"] == reqsync
            assert fields[f"requestor[{number}].srvsync"] == srvsync
            assert fields[f"requestor[{number}].last_cycle"] == cycle
