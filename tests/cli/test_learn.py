"""``learn`` on the command line: exit status for every case, the report, and a learnt layout with every command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import glbtools
from glbtools import layouts
from glbtools.formats import queue
from glbtools.layouts import Layouts
from glbtools.model.change import Change
from glbtools.reporting import learning as render
from glbtools.reporting.text import Screen
from glbtools.reporting.writer import lines as text_lines
from glbtools.simulation.life import Dice
from glbtools.simulation.scenario import shipped
from scoreboard.contents import changes
from scoreboard.layouts import QueueSample, layout_text, limits, queue_sample, random_layout

Run = Callable[..., Any]

SEED = 32
"""A layout with number in digits, date, length, checksum and padding."""

SERVING = (2, 5, 7, 32, 38)
"""Layouts without noise, so that what is written with the learnt one is the same byte for byte."""

REFERENCE = layouts.reference("queue")


@cache
def sample(seed: int = SEED) -> QueueSample:
    return queue_sample(seed)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    drawn = sample()
    (tmp_path / "MSTTRANS.GLB").write_bytes(drawn.data)
    (tmp_path / "damaged.glb").write_bytes(drawn.damaged)
    (tmp_path / "torn.glb").write_bytes(drawn.data[:-70])
    (tmp_path / "slack.glb").write_bytes(drawn.data + bytes(600))
    (tmp_path / "listq.txt").write_bytes(drawn.listing)
    (tmp_path / "true.toml").write_text(layout_text(SEED))
    (tmp_path / "empty.glb").write_bytes(b"")
    (tmp_path / "confirmed.glb").write_bytes(made(queue.CONFIRMED_TEXT))
    (tmp_path / "podiag.glb").write_bytes(made(queue.PODIAG_TEXT))
    dice = Dice(1)
    (tmp_path / "random.glb").write_bytes(bytes(dice.below(256) for _ in range(4000)))
    (tmp_path / "notes.txt").write_text("A note.\nA second one, and\na third.\n" * 20)
    (tmp_path / "users.imp").write_bytes(b"A Paul\tPCM:NET/PO/paul\r\nD Mark\tPCM:NET/PO/mark\r\n" * 9)
    (tmp_path / "DSSERVER.LOG").write_bytes(b"03/13/96 15:27:08 | 1 171\r\n" * 12)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(*texts: str) -> bytes:
    records = [Change(number, text) for number, text in enumerate(texts, 17)]
    return queue.new_queue(records, REFERENCE).build()


# --- exit status -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ("MSTTRANS.GLB", 0, "learnt: 57 records in 1 file, 100 % of the bytes explained"),
        ("MSTTRANS.GLB --listing listq.txt", 0, "learnt: 57 records in 1 file"),
        ("MSTTRANS.GLB slack.glb", 0, "learnt: 114 records in 2 files"),
        ("damaged.glb", 0, "learnt: "),
        ("torn.glb", 0, "learnt: "),
        ("empty.glb confirmed.glb MSTTRANS.GLB", 0, "of MSTTRANS.GLB, 64 bytes"),
        ("slack.glb", 0, "learnt: "),
        ("MSTTRANS.GLB --known last=15216", 0, "learnt: "),
        ("MSTTRANS.GLB --family queue", 0, "learnt: "),
        ("empty.glb", 1, "undecided: the files are empty"),
        ("confirmed.glb", 1, "24 or 25 bytes of overhead"),
        ("podiag.glb", 1, "24 or 25 bytes"),
        ("random.glb", 1, "undecided: "),
        ("notes.txt", 1, "undecided: "),
        ("listq.txt", 1, "give it with --listing"),
        ("users.imp", 1, "of another kind: import file"),
        ("DSSERVER.LOG", 1, "of another kind: "),
        ("MSTTRANS.GLB users.imp", 1, "undecided: users.imp is no queue file"),
    ],
)
def test_the_status_says_whether_a_layout_was_learnt(
    arguments: str, status: int, said: str, place: Path, run: Run
) -> None:
    ran = run("learn", *arguments.split(), "--out", "mine.toml")
    assert (ran.status, ran.err) == (status, "")
    assert said.lower() in " ".join(ran.out.split()).lower()
    assert (place / "mine.toml").exists() == (status == 0)
    assert ran.out.startswith("learnt: " if status == 0 else "undecided: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "FILE...: is missing"),
        ("nosuch.glb", "no such file"),
        ("MSTTRANS.GLB nosuch.glb", "no such file"),
        (".", "a directory"),
        ("MSTTRANS.GLB --family msttrans", "--family msttrans: is not one of"),
        ("MSTTRANS.GLB --known last", "--known last"),
        ("MSTTRANS.GLB --known last=x", "'x' is no transaction number"),
        ("MSTTRANS.GLB --known last=99999999999", "is no transaction number"),
        ("MSTTRANS.GLB --known other.glb:last=3", "say which file"),
        ("MSTTRANS.GLB --known last=3 --known last=4", "was said to be 3"),
        ("MSTTRANS.GLB --listing nosuch.txt", "no such file"),
        ("MSTTRANS.GLB --listing notes.txt", "no listing"),
        ("MSTTRANS.GLB --max-file-size 100", "larger than 100 bytes"),
        ("MSTTRANS.GLB --out true.toml", "exists; use --force"),
        ("MSTTRANS.GLB --out damaged.glb", "exists; use --force"),
        ("MSTTRANS.GLB --out MSTTRANS.GLB --force", "one of the files to learn from"),
        ("MSTTRANS.GLB --listing listq.txt --out ./listq.txt --force", "one of the files to learn from"),
        ("MSTTRANS.GLB --out nowhere/mine.toml", "there is no directory nowhere"),
        ("MSTTRANS.GLB --out . --force", "a directory"),
        ("MSTTRANS.GLB --out - --json", "--out -: goes without --json"),
        ("MSTTRANS.GLB --check true.toml --out mine.toml", "--check"),
        ("MSTTRANS.GLB --check true.toml --known last=3", "--check"),
        ("MSTTRANS.GLB --check true.toml --listing notes.txt", "no listing"),
        ("MSTTRANS.GLB --check nosuch.toml", "no such file"),
        ("MSTTRANS.GLB --check listq.txt", "is not valid TOML"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(arguments: str, said: str, place: Path, run: Run) -> None:
    before = {path: path.read_bytes() for path in place.iterdir()}
    ran = run("learn", *arguments.split())
    assert (ran.status, ran.out) == (2, "")
    assert said in " ".join(ran.err.split())
    assert {path: path.read_bytes() for path in place.iterdir()} == before


@pytest.mark.parametrize(
    ("files", "status", "fits"),
    [
        ("MSTTRANS.GLB", 0, [True]),
        ("MSTTRANS.GLB damaged.glb torn.glb empty.glb", 0, [True] * 4),
        ("MSTTRANS.GLB confirmed.glb", 1, [True, False]),
        ("random.glb", 1, [False]),
        ("listq.txt", 1, [False]),
        ("nosuch.glb MSTTRANS.GLB", 2, [True]),
        ("nosuch.glb random.glb", 2, [False]),
    ],
)
def test_a_layout_is_tested_against_more_files(
    files: str, status: int, fits: list[bool], place: Path, run: Run
) -> None:
    ran = run("learn", "--check", "true.toml", *files.split())
    assert ran.status == status
    assert [line.strip() for line in ran.out.splitlines() if line.strip() in ("fits", "does not fit")] == [
        "fits" if each else "does not fit" for each in fits
    ]
    document = json.loads(run("learn", "--check", "true.toml", *files.split(), "--json").out)
    assert document["schema"] == "glbtools.layout-check/1"
    assert [each["fits"] for each in document["files"]] == fits
    assert document["fits"] == all(fits)


def test_a_layout_of_a_configuration_is_tested_by_size_and_values(place: Path, run: Run) -> None:
    reqconf = Path(layouts.__file__).with_name("reqconf-reference-1.toml")
    ran = run("learn", "--check", reqconf, "MSTTRANS.GLB")
    assert ran.status == 1
    assert "in place of 512" in ran.out


# --- what is written, and where ----------------------------------------------------------------------------------


def test_an_existing_layout_is_replaced_only_when_asked(place: Path, run: Run) -> None:
    assert run("learn", "MSTTRANS.GLB", "--out", "true.toml").status == 2
    assert (place / "true.toml").read_text() == layout_text(SEED)
    assert run("learn", "MSTTRANS.GLB", "--out", "true.toml", "--force").status == 0
    assert layouts.load(place / "true.toml").id == "learnt-queue"


def test_an_undecided_case_leaves_the_old_layout_as_it_is(place: Path, run: Run) -> None:
    ran = run("learn", "podiag.glb", "--out", "true.toml", "--force")
    assert ran.status == 1
    assert "true.toml: not written" in ran.out
    assert (place / "true.toml").read_text() == layout_text(SEED)


def test_a_layout_on_standard_output_leaves_the_report_to_standard_error(place: Path, run: Run) -> None:
    ran = run("learn", "MSTTRANS.GLB", "--out", "-")
    (place / "piped.toml").write_text(ran.out)
    assert layouts.load(place / "piped.toml").id == "learnt-queue"
    assert ran.err == run("learn", "MSTTRANS.GLB").out
    undecided = run("learn", "podiag.glb", "--out", "-")
    assert (undecided.status, undecided.out) == (1, "")
    assert undecided.err.startswith("undecided: ")


def test_quiet_leaves_out_the_report_where_a_file_is_written(place: Path, run: Run) -> None:
    assert run("learn", "MSTTRANS.GLB", "--out", "mine.toml", "--quiet") == (0, "", "")
    assert run("learn", "MSTTRANS.GLB", "--out", "-", "--quiet").err == ""
    assert run("learn", "MSTTRANS.GLB", "--quiet").out.startswith("learnt: ")


def test_the_file_may_come_from_standard_input(place: Path, run: Run) -> None:
    ran = run("learn", "-", stdin=sample().data)
    assert ran.status == 0
    assert "0x0080 to 0x00c0" in ran.out


# --- JSON --------------------------------------------------------------------------------------------------------

KEYS = {
    "schema", "tool", "family", "decided", "files", "listings", "tried", "layout", "checksum", "alternatives",
    "differences", "concluded", "reasons", "wanted", "toml", "written", "places", "mentions", "comparisons", "partial",
    "held_out", "attested_sizes",
}  # fmt: skip


def test_json_has_everything_that_the_report_says(place: Path, run: Run) -> None:
    ran = run("learn", "damaged.glb", "slack.glb", "--json", "--out", "mine.toml")
    document = json.loads(ran.out)
    assert document.keys() == KEYS
    assert (document["schema"], document["decided"], document["written"]) == ("glbtools.learning/1", True, "mine.toml")
    assert document["toml"] == (place / "mine.toml").read_text()
    assert document["reasons"] == []
    assert document["tried"] > 0
    assert document["checksum"]["algorithm"] == "crc-16/kermit"
    for row, name in zip(document["files"], ("damaged.glb", "slack.glb"), strict=True):
        size, digest = glbtools.files.digest(place / name)
        assert (row["path"], row["size"], row["sha256"]) == (name, size, digest)
        assert row["records"] == 57
        assert row["faults"]
        assert all(0 <= start < stop <= size for start, stop in (each["span"] for each in row["faults"]))
    written = layouts.load(place / "mine.toml")
    assert [each["name"] for each in document["layout"]["fields"]] == [each.name for each in written.fields]
    assert [each["status"] for each in document["layout"]["fields"]] == [each.status for each in written.fields]


def test_json_of_the_undecided_has_reasons_and_no_layout(place: Path, run: Run) -> None:
    ran = run("learn", "podiag.glb", "--json", "--out", "mine.toml")
    document = json.loads(ran.out)
    assert ran.status == 1
    assert document.keys() == KEYS
    assert not document["decided"]
    assert [document[name] for name in ("layout", "toml", "written", "checksum")] == [None] * 4
    assert document["reasons"]
    assert document["wanted"]
    assert document["files"][0]["size"] == 60


# --- the report --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [3, 14, 34])
def test_the_report_stays_within_the_screen(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "a.glb"
    path.write_bytes(sample(seed).damaged)
    learning = glbtools.learn_layout([path])
    for width in (60, 76, 80, 132):
        lines = [line for text in text_lines(render.report(learning), Screen(width)) for line in text.split("\n")]
        assert max(map(len, lines)) <= width


@pytest.mark.parametrize("name", ["MSTTRANS.GLB", "damaged.glb"])
def test_what_is_inferred_is_marked_wherever_it_is_named(name: str, place: Path, run: Run) -> None:
    ran = run("learn", name, "--out", "mine.toml")
    shown, _, _ = ran.out.partition("what was tested")
    for each in layouts.load(place / "mine.toml").fields:
        marked = re.search(rf"(?<!\w){each.name}\?", shown) is not None
        assert marked == (each.status == "inferred"), each.name


def test_colour_adds_nothing_but_colour(place: Path, run: Run) -> None:
    plain, painted = run("learn", "damaged.glb"), run("learn", "damaged.glb", "--color", color=True)
    assert "\x1b[" not in plain.out
    assert re.sub(r"\x1b\[[\d;]*m", "", painted.out) == plain.out != painted.out


def test_nothing_from_a_file_or_its_name_reaches_the_terminal(tmp_path: Path, run: Run) -> None:
    records = [
        Change(number, f"A \x1b]0;{number}\x9b31m{'x' * (number % 9)}\tPCM:NET/PO/u{number}") for number in range(1, 40)
    ]
    data = queue.new_queue(records, REFERENCE._replace(encoding="latin-1")).build()
    for content in (data, sample().damaged.replace(b"PCM:", b"\x1b[2J"), b"A \x1b[31mred\0" + bytes(40)):
        path = tmp_path / "a\x1b[31m\u202eb.glb"
        path.write_bytes(content)
        for arguments in ((), ("--json",), ("--out", "-"), ("--check", Path(layouts.__file__).with_name(QUEUE_FILE))):
            ran = run("learn", path, *arguments)
            assert ran.status in (0, 1)
            assert all(c == "\n" or c.isprintable() for c in ran.out + ran.err)
            assert "\u202e" not in ran.out + ran.err


QUEUE_FILE = "queue-reference-1.toml"


# --- a learnt layout serves every other command ------------------------------------------------------------------


def described(seed: int) -> dict[str, Any]:
    """A postoffice whose queue ends below the confirmed number."""
    drawn = changes(Dice(5), "REQTRANS", 60, limits(random_layout(seed)))
    rows = [{"sync": each.sync, "stamp": each.when.isoformat(), "text": each.text} for each in drawn]
    reqconf = {"server": "POLYNOMIAL/MONTGOMERY", "reqsync": drawn[-1].sync + 11, "srvsync": 80}
    office = {"name": "POLYNOMIAL/OCTOBER", "role": "requestor", "reqconf": reqconf, "queue": {"REQTRANS": rows}}
    return {"postoffice": [office]}


def contents(directory: Path) -> dict[str, bytes]:
    found = sorted(path for path in directory.rglob("*") if path.is_file())
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in found if "glbtools-rebuild" not in str(path)
    }


@pytest.mark.parametrize("with_listing", [False, True], ids=["files alone", "with listing"])
@pytest.mark.parametrize("seed", SERVING)
def test_a_learnt_layout_serves_every_command_as_the_true_one_does(
    seed: int, with_listing: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.json").write_text(json.dumps(described(seed)))
    Path("true.toml").write_text(layout_text(seed))
    assert run("build", "spec.json", "--out", "po", "--layout", "true.toml").status == 0
    file = "po/october/GLB/REQTRANS.GLB"
    listed = run("inspect", "--format", "listing", "--layout", "true.toml", file)
    Path("listq.txt").write_bytes(listed.out.encode("cp850"))
    given = ["--listing", "listq.txt"] if with_listing else []
    assert run("learn", file, *given, "--out", "mine.toml").status == 0

    def both(*arguments: str) -> tuple[Any, Any]:
        ran = [run(*arguments, "--layout", f"{name}.toml") for name in ("true", "mine")]
        assert ran[0].status == ran[1].status
        return ran[0], ran[1]

    true, mine = (json.loads(each.out)["files"][0] for each in both("inspect", file, "--json"))
    assert len(true["records"]) == 60
    for one, other in zip(true["records"], mine["records"], strict=True):
        assert {name: one[name] for name in ("span", "sync", "stamp", "text", "transaction")} == {
            name: other[name] for name in ("span", "sync", "stamp", "text", "transaction")
        }
    true, mine = (json.loads(each.out) for each in both("diagnose", "po", "--json"))
    assert [each["slug"] for each in true["findings"]] == ["stranded-transactions"]
    assert true["findings"] == mine["findings"]
    assert true["channels"] == mine["channels"]
    true, mine = (json.loads(each.out) for each in both("unsent", "po", "--json"))
    assert len(true["unsent"]) > 50
    assert true == mine
    for name in ("true", "mine"):
        ran = run("rebuild", "po", "--into", f"rebuilt-{name}", "--layout", f"{name}.toml")
        assert ran.status == run("rebuild", "po", "--into", f"again-{name}", "--layout", "true.toml").status
        assert run("build", "spec.json", "--out", f"built-{name}", "--layout", f"{name}.toml").status == 0
    assert contents(Path("rebuilt-true")) == contents(Path("rebuilt-mine"))
    assert contents(Path("built-true")) == contents(Path("built-mine")) == contents(Path("po"))


@pytest.mark.parametrize("seed", [7, 32])
def test_a_layout_learnt_from_one_file_of_a_network_diagnoses_all_of_it(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    fault = '\n[[fault]]\ncycle = 12\nname = "reqtrans-begun-again"\n'
    Path("year.toml").write_text(shipped()["healthy-year"].read_text(encoding="utf-8") + fault)
    Path("true.toml").write_text(layout_text(seed))
    ran = run("simulate", "year.toml", "--cycles", 14, "--out", "network", "--layout", "true.toml", "--quiet")
    assert ran.status == 0, ran.err
    largest = max(Path("network").rglob("MSTTRANS.GLB"), key=lambda path: path.stat().st_size)
    assert run("learn", largest, "--out", "mine.toml").status == 0
    true, mine = (
        json.loads(run("diagnose", "network", "--json", "--layout", f"{name}.toml").out) for name in ("true", "mine")
    )
    assert "stranded-transactions" in [each["slug"] for each in true["findings"]]
    assert true["findings"] == mine["findings"]
    assert true["channels"] == mine["channels"]


def test_the_library_learns_what_the_command_learns(place: Path, run: Run) -> None:
    steps: list[tuple[str, int, int]] = []
    learning = glbtools.learn_layout(
        ["MSTTRANS.GLB"], listings=["listq.txt"], progress=lambda *step: steps.append(step)
    )
    assert run("learn", "MSTTRANS.GLB", "--listing", "listq.txt", "--out", "-").out.rstrip("\n") == (
        learning.toml or ""
    ).rstrip("\n")
    assert learning.layout is not None
    assert [each.fits for each in glbtools.check_layout(learning.layout, ["damaged.glb", "random.glb"])] == [
        True,
        False,
    ]
    assert [done for _, done, _ in steps] == sorted(done for _, done, _ in steps)
    assert all(done < total for _, done, total in steps)
    read = glbtools.read_queue("MSTTRANS.GLB", layouts=glbtools.Layouts([learning.layout]))
    assert [(each.sync, each.text) for each in read.records] == [(each.sync, each.text) for each in sample().rows]
    assert Layouts([learning.layout])["queue"] is learning.layout


def test_a_layout_with_bytes_that_nothing_explains_warns_whoever_writes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.json").write_text(json.dumps(described(SEED)))
    Path("true.toml").write_text(layout_text(SEED))
    head = 'id = "mine"\nfamily = "queue"\ntitle = "mine"\nstatus = "observed"\n'
    rows = [("sync", "u32", "sync", 0), ("noise", "bytes:3", "opaque", 4), ("text", "text", "text", 7)]
    fields = "".join(
        f'[[field]]\nname = "{name}"\ntype = "{kind}"\nrole = "{role}"\noffset = {at}\nstatus = "observed"\n'
        for name, kind, role, at in rows
    )
    Path("mine.toml").write_text(head + fields)
    said = "glbtools: mine: new records hold zeros where others hold what nothing explains: noise; copies keep theirs\n"
    ran = run("build", "spec.json", "--out", "po", "--layout", "mine.toml")
    assert (ran.status, ran.err) == (0, said)
    ran = run("rebuild", "po", "--dry-run", "--layout", "mine.toml")
    assert ran.err.startswith(said)
    assert run("build", "spec.json", "--out", "quiet", "--layout", "mine.toml", "--quiet").err == ""
    assert run("build", "spec.json", "--out", "other", "--layout", "true.toml").err == ""
