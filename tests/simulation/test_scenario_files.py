"""Scenario files: mistakes are named by line and key, nothing is written where it must not be, the truth is told."""

from __future__ import annotations

import json
import shutil

import pytest

from glbtools.errors import DescriptionError, FileAccessError, OutputExistsError, UsageError
from glbtools.simulation import scenario
from glbtools.simulation.faults import FAULTS
from glbtools.simulation.run import run, simulate
from glbtools.simulation.scenario import Scenario, parse

HUB, EAST, WEST = "NET/HUB", "NET/EAST", "NET/WEST"
SMALL = b"cycles = 2\n[network]\nusers = 1\n"


# --- mistakes ----------------------------------------------------------------------------------------------------


def mistake(text):
    with pytest.raises(DescriptionError) as raised:
        parse(text.encode(), "made.toml")
    return raised.value


MISTAKES = {
    "unknown key": ("title = 'x'\nbogus = 1\n", 2, "bogus"),
    "unknown table": ("title = 'x'\n\n[bogus]\na = 1\n", 3, "bogus"),
    "unknown key of the network": ("[network]\nusers = 1\nsize = 3\n", 3, "network.size"),
    "unknown key of a step": ("cycles = 2\n[[step]]\ndo = 'add'\nmuch = 3\n", 4, "step[0].much"),
    "key of another action": ("[[step]]\ndo = 'reset'\ncount = 3\n", 3, "step[0].count"),
    "unknown key of a fault": ("[[fault]]\nname = 'absent'\nwhen = 1\n", 3, "fault[0].when"),
    "key of another fault": ("[[fault]]\nname = 'absent'\nsize = 1\n", 3, "fault[0].size"),
    "unknown rule": ("[rules]\nsendd = 'above'\n", 2, "rules.sendd"),
    "number as text": ("cycles = 'four'\n", 1, "cycles"),
    "truth value as number": ("cycles = true\n", 1, "cycles"),
    "fraction": ("title = 'x'\ncycles = 2.0\n", 2, "cycles"),
    "text as number": ("title = 3\n", 1, "title"),
    "list as text": ("story = ['x']\n", 1, "story"),
    "network as number": ("network = 3\n", 1, "network"),
    "network as list": ("[[network]]\nname = 'NET'\n", 1, "network"),
    "rules as text": ("rules = 'all'\n", 1, "rules"),
    "step as table": ("[step]\ndo = 'add'\n", 1, "step"),
    "fault as number": ("fault = 3\n", 1, "fault"),
    "faults as texts": ("fault = ['absent']\n", 1, "fault"),
    "postoffices as text": ("[network]\npostoffices = 'EAST'\n", 2, "network.postoffices"),
    "postoffice as number": ("[network]\npostoffices = [1]\n", 2, "network.postoffices[0]"),
    "option as text": ("[[step]]\ndo = 'add'\ncount = 'x'\n", 3, "step[0].count"),
    "option as truth value": ("[[step]]\ndo = 'add'\ncount = true\n", 3, "step[0].count"),
    "option as number": ("[[step]]\ndo = 'copy'\nname = 3\n", 3, "step[0].name"),
    "action as number": ("[[step]]\ndo = 3\n", 2, "step[0].do"),
    "fault name as number": ("[[fault]]\nname = 3\n", 2, "fault[0].name"),
    "day as text": ("start = '1994-02-01'\n", 1, "start"),
    "day with a time": ("start = 1994-02-01T10:00:00\n", 1, "start"),
    "cycles below": ("cycles = 0\n", 1, "cycles"),
    "cycles above": ("cycles = 10001\n", 1, "cycles"),
    "negative changes": ("changes = -1\n", 1, "changes"),
    "changes above": ("changes = 100001\n", 1, "changes"),
    "negative seed": ("seed = -1\n", 1, "seed"),
    "day too early": ("start = 1979-12-31\n", 1, "start"),
    "day too late": ("start = 2031-01-01\n", 1, "start"),
    "users above": ("[network]\nusers = 1001\n", 2, "network.users"),
    "keep updates of zero": ("[network]\nkeep_updates = 0\n", 2, "network.keep_updates"),
    "count of zero": ("[network]\ncount = 0\n", 2, "network.count"),
    "count above": ("[network]\ncount = 5001\n", 2, "network.count"),
    "count and names": ("[network]\ncount = 2\npostoffices = ['A']\n", 2, "network.count"),
    "cycle of a step below": ("[[step]]\ndo = 'add'\ncycle = 0\n", 3, "step[0].cycle"),
    "cycle of a step above": ("cycles = 2\n[[step]]\ndo = 'add'\ncycle = 3\n", 4, "step[0].cycle"),
    "cycle of a fault above": ("cycles = 2\n[[fault]]\nname = 'absent'\ncycle = 3\n", 4, "fault[0].cycle"),
    "until before cycle": ("[[fault]]\nname = 'absent'\ncycle = 3\nuntil = 2\n", 4, "fault[0].until"),
    "until above": ("cycles = 2\n[[fault]]\nname = 'absent'\nuntil = 3\n", 4, "fault[0].until"),
    "option out of reach": ("[[step]]\ndo = 'add'\ncount = 100000001\n", 3, "step[0].count"),
    "unknown phase to stop": ("stop = 'T4'\n", 1, "stop"),
    "unknown phase of a step": ("[[step]]\ndo = 'add'\nafter = 'T9'\n", 3, "step[0].after"),
    "unknown phase of a fault": ("[[fault]]\nname = 'absent'\nafter = 't1'\n", 3, "fault[0].after"),
    "unknown phase to miss": ("[[fault]]\nname = 'window-missed'\nphase = 'T0'\n", 3, "fault[0].phase"),
    "unknown kind of mail": ("[[fault]]\nname = 'mail-lost'\nkind = 'Mail'\n", 3, "fault[0].kind"),
    "unknown action": ("[[step]]\ncycle = 1\ndo = 'dance'\n", 3, "step[0].do"),
    "no action": ("cycles = 2\n[[step]]\ncycle = 1\n", 2, "step[0].do"),
    "unknown fault": ("[[fault]]\ncycle = 1\nname = 'flood'\n", 3, "fault[0].name"),
    "no fault": ("title = 'x'\n\n[[fault]]\ncycle = 1\n", 3, "fault[0].name"),
    "choice of a rule": ("[rules]\nfirst = 0\nsend = 'below'\n", 3, "rules.send"),
    "truth value as a choice": ("[rules]\nfirst = true\n", 2, "rules.first"),
    "step at nobody": ("[[step]]\ndo = 'add'\nat = 'NORTH'\n", 3, "step[0].at"),
    "fault at nobody": ("[[fault]]\nname = 'absent'\nat = 'NORTH'\n", 3, "fault[0].at"),
    "copy of nobody": ("[[fault]]\nname = 'reqconf-cloned'\nof = 'NORTH'\n", 3, "fault[0].of"),
    "requestor's fault at the server": ("[[fault]]\nname = 'absent'\nat = 'HUB'\n", 3, "fault[0].at"),
    "server's fault at a requestor": ("[[fault]]\nname = 'msttrans-cut'\nat = 'EAST'\n", 3, "fault[0].at"),
    "name too long": ("[network]\nserver = 'ABCDEFGHIJK'\n", 2, "network.server"),
    "name with a path": ("[network]\nname = '../NET'\n", 2, "network.name"),
    "name in small letters": ("[network]\npostoffices = ['east']\n", 2, "network.postoffices[0]"),
    "empty name": ("[network]\npostoffices = ['']\n", 2, "network.postoffices[0]"),
    "a name twice": ("[network]\npostoffices = ['A', 'A']\n", 2, "network.postoffices"),
    "server among the others": ("[network]\npostoffices = ['HUB']\n", 2, "network.postoffices"),
    "copy named as a path": ("[[step]]\ndo = 'copy'\nname = '../../x'\n", 3, "step[0].name"),
    "the second of two steps": ("[[step]]\ndo = 'add'\n\n[[step]]\ndo = 'addd'\n", 5, "step[1].do"),
    "a fault behind a step": ("[[step]]\ndo = 'add'\n[[fault]]\nname = 'x'\n", 4, "fault[0].name"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_by_file_line_and_key(name):
    text, line, key = MISTAKES[name]
    error = mistake(text)
    assert error.key == key
    assert str(error).startswith(f"made.toml:{line}: {key}: ")
    assert error.reason
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("title = 'x'\nkeep-updates = 3\n", 2, "keep-updates"),
        ("[network]\nkeep-updates = 3\n", 2, "network.keep-updates"),
        ("[[step]]\ndo = 'add'\n'two words' = 1\n", 3, 'step[0]."two words"'),
        ("title = 'x'\nnetwork.count = 0\n", 2, "network.count"),
        ("title = 'x'\nnetwork = { count = 0 }\n", 2, "network.count"),
        ("fault = [{ name = 'flood' }]\n", 1, "fault[0].name"),
        ("story = '''\ncycles = 3\n'''\ncycles = 0\n", 4, "cycles"),
    ],
)
def test_a_mistake_in_another_way_of_writing_is_named_by_its_line_too(text, line, key):
    assert str(mistake(text)).startswith(f"made.toml:{line}: {key}: ")


@pytest.mark.parametrize(
    ("text", "line"),
    [("title = 'x'\ncycles = \n", 2), ("cycles = 1\ncycles = 2\n", 2), ("[network\n", 1), ("a = 1\n[[fault]\n", 2)],
)
def test_bad_toml_is_named_by_its_line(text, line):
    error = mistake(text)
    assert str(error).startswith("made.toml")
    assert "is not valid TOML" in str(error)
    assert f"line {line}" in str(error) or f"made.toml:{line}" in str(error)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"title = '\x81'", b"\x00"])
def test_what_is_no_text_is_no_toml(content):
    with pytest.raises(DescriptionError, match="is not valid TOML"):
        parse(content, "made.toml")


def test_a_mistake_is_named_by_the_path_as_the_user_wrote_it(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_bytes(b"title = 'x'\ncycles = 0\n")
    with pytest.raises(DescriptionError) as raised:
        simulate(path, tmp_path / "out")
    assert str(raised.value).startswith(f"{path}:2: cycles: ")
    assert not (tmp_path / "out").exists()


def test_a_scenario_that_does_not_exist_is_said_to(tmp_path):
    with pytest.raises(FileAccessError):
        scenario.load(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="neither a file nor a scenario"):
        scenario.load("no-such-scenario")


def test_an_empty_file_is_a_scenario_with_the_usual_values():
    assert parse(b"", "made.toml", "made") == Scenario("made")


def test_the_limits_themselves_are_allowed():
    made = parse(
        b"cycles = 10000\nchanges = 100000\nseed = 0\nstart = 1980-01-01\n[network]\nusers = 0\nkeep_updates = 999\n",
        "made.toml",
    )
    assert (made.cycles, made.changes, made.seed, made.users, made.keep_updates) == (10000, 100000, 0, 0, 999)
    assert len(parse(b"[network]\ncount = 5000\n", "made.toml").postoffices) == 5000


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_may_be_named_without_saying_where(name):
    (made,) = parse(f"[[fault]]\nname = '{name}'\n".encode(), "made.toml").mishaps
    assert made.name == name
    assert (made.at == "HUB") == (FAULTS[name].where == "server")
    assert made.after == FAULTS[name].after


# --- output ------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.toml"
    path.write_bytes(SMALL)
    return path


def files_below(directory):
    return {
        each.relative_to(directory).as_posix(): each.read_bytes() for each in directory.rglob("*") if each.is_file()
    }


def test_the_library_writes_the_postoffices_and_the_truth(tmp_path, small):
    written = simulate(small, tmp_path / "out")
    assert {each.relative_to(tmp_path / "out").as_posix() for each in written} == set(files_below(tmp_path / "out"))
    truth = json.loads((tmp_path / "out" / "glbtools-simulation" / "truth.json").read_bytes())
    assert truth["schema"] == "glbtools.truth/1"
    assert truth["server"] == HUB
    assert truth["postoffices"] == [HUB, EAST, WEST]
    assert truth["cycle"] == 2
    assert {row["delivered"] for row in truth["changes"]} == {"all"}
    for name in ("hub", "east", "west"):
        assert (tmp_path / "out" / name / "GLB" / "REQTRANS.GLB").stat().st_size == 49


def test_seed_and_cycles_of_the_call_take_the_place_of_the_files(tmp_path, small):
    simulate(small, tmp_path / "out", cycles=3, seed=9)
    truth = json.loads((tmp_path / "out" / "glbtools-simulation" / "truth.json").read_bytes())
    assert truth["cycle"] == 3


def test_progress_is_told_of_every_cycle(tmp_path, small):
    told = []
    simulate(small, tmp_path / "out", progress=lambda number, of: told.append((number, of)))
    assert told == [(1, 2), (2, 2)]


def test_an_empty_directory_is_written_into(tmp_path, small):
    (tmp_path / "out").mkdir()
    assert simulate(small, tmp_path / "out")


@pytest.mark.parametrize("kind", ["directory", "file"])
def test_what_exists_is_refused_without_force_and_left_alone(tmp_path, small, kind):
    out = tmp_path / "out"
    if kind == "directory":
        out.mkdir()
        (out / "mine.txt").write_text("mine")
    else:
        out.write_text("mine")
    before = files_below(tmp_path)
    with pytest.raises(OutputExistsError, match="out"):
        simulate(small, out)
    assert files_below(tmp_path) == before


def test_with_force_a_file_is_not_replaced_by_a_directory(tmp_path, small):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputExistsError):
        simulate(small, tmp_path / "out", force=True)
    assert (tmp_path / "out").read_text() == "mine"


def test_with_force_nothing_is_written_outside_of_the_directory(tmp_path, small):
    out, beside = tmp_path / "out", tmp_path / "beside"
    out.mkdir()
    beside.mkdir()
    (out / "mine.txt").write_text("mine")
    (beside / "theirs.txt").write_text("theirs")
    before = files_below(tmp_path)
    written = simulate(small, out, force=True)
    after = files_below(tmp_path)
    assert set(after) - set(before) == {each.relative_to(tmp_path).as_posix() for each in written}
    assert all(each.startswith("out/") for each in set(after) - set(before))
    assert {each: after[each] for each in before} == before


@pytest.mark.parametrize("link", ["east", "glbtools-simulation"])
def test_with_force_a_link_that_leads_out_is_not_followed(tmp_path, small, link):
    out, beside = tmp_path / "out", tmp_path / "beside"
    out.mkdir()
    beside.mkdir()
    (out / link).symlink_to(beside)
    with pytest.raises(OutputExistsError, match="leads out"):
        simulate(small, out, force=True)
    assert not list(beside.iterdir())


def test_with_force_a_link_in_the_place_of_a_file_is_refused_and_its_target_left_alone(tmp_path, small):
    out = tmp_path / "out"
    (out / "east" / "GLB").mkdir(parents=True)
    (tmp_path / "theirs.txt").write_text("theirs")
    (out / "east" / "GLB" / "REQTRANS.GLB").symlink_to(tmp_path / "theirs.txt")
    with pytest.raises(OutputExistsError, match="a link, which is not replaced"):
        simulate(small, out, force=True)
    assert (out / "east" / "GLB" / "REQTRANS.GLB").is_symlink()
    assert (tmp_path / "theirs.txt").read_text() == "theirs"


def test_with_force_over_a_network_that_was_there_the_new_one_goes_on_as_if_alone(tmp_path, small):
    simulate(small, tmp_path / "out", cycles=4)
    simulate(small, tmp_path / "out", force=True)
    simulate(small, tmp_path / "fresh")
    simulate(small, tmp_path / "on1", start_from=tmp_path / "out")
    simulate(small, tmp_path / "on2", start_from=tmp_path / "fresh")
    assert files_below(tmp_path / "on1") == files_below(tmp_path / "on2")


def test_with_force_over_a_network_with_mail_under_way_the_new_one_goes_on_as_if_alone(tmp_path, small):
    stopped = tmp_path / "stopped.toml"
    stopped.write_bytes(b"stop = 'T1'\n" + SMALL)
    simulate(stopped, tmp_path / "out")
    simulate(small, tmp_path / "out", force=True)
    simulate(small, tmp_path / "fresh")
    simulate(small, tmp_path / "on1", start_from=tmp_path / "out")
    simulate(small, tmp_path / "on2", start_from=tmp_path / "fresh")
    assert files_below(tmp_path / "on1") == files_below(tmp_path / "on2")


def test_a_fault_that_is_impossible_leaves_nothing_behind(tmp_path):
    path = tmp_path / "early.toml"
    path.write_bytes(b"[[fault]]\nname = 'server-restored'\n")
    with pytest.raises(UsageError, match="copy"):
        simulate(path, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [path]


# --- the truth of a fault ----------------------------------------------------------------------------------------


def truth_of(tmp_path, text):
    path = tmp_path / "fault.toml"
    path.write_text(text)
    simulate(path, tmp_path / "out")
    return json.loads((tmp_path / "out" / "glbtools-simulation" / "truth.json").read_bytes())


def made_in(truth, cycle, origin=None):
    return [each for each in truth["changes"] if each["cycle"] == cycle and origin in (None, each["origin"])]


def test_changes_that_waited_when_reqtrans_was_emptied_are_lost_by_that(tmp_path):
    truth = truth_of(
        tmp_path,
        "cycles = 4\n[[step]]\ncycle = 3\ndo = 'add'\nat = 'EAST'\ncount = 2\n"
        "[[fault]]\ncycle = 3\nafter = 'T0'\nname = 'reqtrans-zeroed'\nat = 'EAST'\n",
    )
    rows = made_in(truth, 3)
    assert len(rows) == 2
    for row in rows:
        assert row["server"] == {"state": "lost", "number": None, "fault": "reqtrans-zeroed", "injected": 3}
        assert row["delivered"] == [EAST]
        assert set(row["missing"]) == {HUB, WEST}
        for each in row["missing"].values():
            assert each == {"state": "not at the server", "fault": "reqtrans-zeroed", "injected": 3}
    assert {row["delivered"] for row in made_in(truth, 1)} == {"all"}
    assert [each["name"] for each in truth["faults"]] == ["reqtrans-zeroed"]
    assert [each["slug"] for each in truth["faults"]] == [FAULTS["reqtrans-zeroed"].slug]


def test_changes_that_were_delivered_before_are_not_lost_when_reqtrans_is_emptied(tmp_path):
    truth = truth_of(tmp_path, "cycles = 3\n[[fault]]\ncycle = 3\nname = 'reqtrans-zeroed'\n")
    assert {row["delivered"] for row in truth["changes"]} == {"all"}


def test_changes_made_after_reqtrans_began_again_are_stranded_by_that(tmp_path):
    truth = truth_of(
        tmp_path,
        "cycles = 5\n[network]\nusers = 4\n[[fault]]\ncycle = 3\nname = 'reqtrans-begun-again'\nat = 'EAST'\n",
    )
    rows = made_in(truth, 3)
    assert [row["number"] for row in rows] == [1, 2]
    for row in rows:
        assert row["server"] == {"state": "stranded", "number": None, "fault": "reqtrans-begun-again", "injected": 3}
        assert row["missing"][WEST] == {"state": "not at the server", "fault": "reqtrans-begun-again", "injected": 3}
    assert {row["delivered"] for row in made_in(truth, 1)} == {"all"}


@pytest.mark.parametrize(
    ("cycles", "states"),
    [(3, ["stranded", "stranded", "stranded", "queued"]), (4, ["lost", "lost", "lost", "arrived"])],
)
def test_changes_up_to_reqsync_are_stranded_until_a_later_one_is_confirmed_and_takes_them_along(
    tmp_path, cycles, states
):
    truth = truth_of(
        tmp_path,
        f"cycles = {cycles}\n[network]\nusers = 2\n"
        "[[fault]]\ncycle = 3\nname = 'reqtrans-begun-again'\nat = 'EAST'\nchanges = 4\n",
    )
    # ReqSync was 3: an R and two A.
    rows = made_in(truth, 3)
    assert [row["server"]["state"] for row in rows] == states
    assert [row["server"].get("fault") for row in rows] == ["reqtrans-begun-again"] * 3 + [None]


RESTORED = """cycles = 6
[network]
users = 1
[[step]]
cycle = 3
after = "T3"
do = "copy"
[[step]]
cycle = 4
do = "add"
at = "EAST"
count = 2
[[fault]]
cycle = 4
name = "server-restored"
"""


def test_changes_the_server_took_after_the_copy_are_lost_when_it_is_restored(tmp_path):
    truth = truth_of(tmp_path, RESTORED)
    rows = made_in(truth, 4)
    assert len(rows) == 2
    for row in rows:
        assert row["server"]["state"] == "lost"
        assert (row["server"]["fault"], row["server"]["injected"]) == ("server-restored", 4)
    assert {row["server"]["state"] for row in made_in(truth, 1)} == {"arrived"}


def test_a_requestor_that_was_away_never_gets_what_the_restored_server_lost(tmp_path):
    away = "[[fault]]\ncycle = 4\nname = 'absent'\nat = 'WEST'\n"
    truth = truth_of(tmp_path, RESTORED + away)
    for row in made_in(truth, 4):
        assert row["delivered"] == [EAST, HUB]
        assert row["missing"][WEST]["state"] == "not at the server"
        assert row["missing"][WEST]["fault"] == "server-restored"


def test_a_requestor_that_was_created_again_refuses_what_the_server_sends(tmp_path):
    truth = truth_of(
        tmp_path,
        "cycles = 6\n[[fault]]\ncycle = 3\nname = 'requestor-recreated'\nat = 'WEST'\n"
        "[[step]]\ncycle = 4\ndo = 'add'\nat = 'EAST'\n",
    )
    (row,) = made_in(truth, 4)
    assert row["server"]["state"] == "arrived"
    assert row["missing"] == {WEST: {"state": "refused", "fault": "requestor-recreated", "injected": 3}}


def test_a_network_without_faults_names_none(tmp_path):
    truth = truth_of(tmp_path, "cycles = 3\nchanges = 4\n")
    assert truth["faults"] == []
    assert not [row for row in truth["changes"] if "fault" in row["server"]]


def test_changes_under_way_have_no_cause(tmp_path):
    truth = truth_of(tmp_path, "cycles = 3\nstop = 'T1'\n[[step]]\ncycle = 3\ndo = 'add'\nat = 'EAST'\n")
    (row,) = made_in(truth, 3)
    assert row["server"] == {"state": "queued", "number": None}
    assert row["missing"][WEST] == {"state": "not at the server"}


def test_a_run_in_memory_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(Scenario("quiet", cycles=2))
    assert not list(tmp_path.iterdir())


# --- what a simulation kept --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    place = tmp_path_factory.mktemp("kept")
    simulate("server-restored", place / "net", cycles=2)
    return place / "net"


WRONG = [
    ("network.json", ("cycle",), -1, "cycle: must be between 0 and 100000, and is -1"),
    ("network.json", ("server",), "NET/NOBODY", "server: 'NET/NOBODY' is not one of NET/HUB, "),
    ("network.json", ("start",), "0001-01-01", "start: must be a date without a time zone, from 1970 to 2106"),
    ("network.json", ("rules", "first"), 7, "rules.first: 7 is not one of 1, 0"),
    ("network.json", ("whole",), {"aa": [[1, 1 << 40]]}, "whole.aa[0][1]: must be between 1 and 10000000"),
    ("network.json", ("faults",), 1, "faults: must be a list of objects"),
    ("changes.jsonl", ("made",), None, "made: is missing"),
    ("changes.jsonl", ("causes",), {"": 99}, 'causes."": must be between 0 and '),
]


@pytest.mark.parametrize(("name", "path", "value", "reason"), WRONG, ids=[f"{each[0]} {each[1][0]}" for each in WRONG])
def test_what_a_simulation_kept_is_read_with_the_place_of_every_mistake(name, path, value, reason, kept, tmp_path):
    """A range of numbers of any length once took all the memory there was."""
    shutil.copytree(kept, tmp_path / "net")
    file = tmp_path / "net" / "glbtools-simulation" / name
    first, *others = file.read_text("utf-8").splitlines() if name.endswith("l") else [file.read_text("utf-8")]
    document = json.loads(first)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    file.write_text("\n".join([json.dumps(document), *others]), "utf-8")
    with pytest.raises(DescriptionError) as raised:
        simulate("server-restored", tmp_path / "on", start_from=tmp_path / "net")
    assert reason in str(raised.value)
    assert str(raised.value).startswith(str(file))
