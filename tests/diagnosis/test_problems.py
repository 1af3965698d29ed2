from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import glbtools
from glbtools.diagnosis import problems
from glbtools.diagnosis.problems import AREAS, PROBLEMS, REPAIRS, SEVERITIES, by_code, by_slug, explain, find
from glbtools.errors import UsageError
from glbtools.model.histories import HISTORIES, SHOWN_AS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(problems.__file__).parent
COVERAGE = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")

HEADINGS = (
    "What it means",
    "Why it matters",
    "What it looks like",
    "Usual cause",
    "What rebuild does",
    "How sure",
    "Sources",
)

# Every fault scenario known from public sources, and the normal states that look like one.
UPLOAD = """
    nothing-to-send stranded-transactions reqtrans-deleted-zero-byte reqtrans-missing reqtrans-49-byte-idle
    reqtrans-podiag-dummy-60 requestor-reset-incomplete listds-pointers-not-reset export-import-dates-survive-reset
    reqconf-missing-or-short reqconf-cloned-or-restored requestor-crc-poison-record reqtrans-never-drained
    import-without-e admin-notice-40
"""
RESYNC = """
    resync-after-adds resync-inflated-reqsync resync-local-addresses-lost resync-left-on-server resync-not-consumed
    resync-error-14 resync-gateway-44 resync-extract-bad-lists resync-no-reqtrans-change
"""
SERVER = """
    server-restored-from-backup server-restored-own-requestor server-reenabled-or-replaced global-reset-needed
    server-own-requestor-stranded requestor-inactive-window keep-updates-corrupted msttrans-missing msttrans-corrupt
    srvconf-corrupt-size srvconf-corrupt-157-161 requestor-readded multiple-t2-import-lost import-loses-updates-3.0
    transaction-limit requestor-not-registered bad-password stale-t2-on-requestor invalid-server-request-133
    system-mbg-duplicates server-t2-crash
"""
DOWNLOAD = """
    temp-files-leftover srvtrans-leftover-13 usrtrans-corrupt-45-150 error-150-space-rights
    import-not-run-bad-password import-locked-91 import-rename-7 import-hang-bad-modify system-mbg-locked-t3
    gal-rebuild-failures gal-not-active names-that-ignore-dirsync content-level-poison
"""
SCHEDULE = """
    cycle-order-wrong requestor-late-modem missed-run-window dst-shift process-glb-faults p1-stranded inqueue-missing
    att-dir-missing nsda-exit-codes foreign-inbody network-name-change
"""
EXCHANGE = """
    exchange-sync-numbers-mismatch exchange-resync-in exchange-lost-messages-auto-import exchange-state-not-saved
    exchange-requestor-send-only-stuck exchange-requestor-sends-nothing-after-sp3
    exchange-new-container-treated-as-old exchange-foreign-replace exchange-dropped-transactions exchange-addressing
    exchange-becomes-server backsync-restored-directory usn-missed-deletion usn-wrong-server ics-lost-message
"""
OF_DIRSYNC = " ".join((UPLOAD, RESYNC, SERVER, DOWNLOAD, SCHEDULE)).split()
OF_SUCCESSORS = ["backsync-restored-directory", "usn-missed-deletion", "usn-wrong-server", "ics-lost-message"]

# What came after Dir-Sync is described in the Exchange SDK, open specifications and public documentation as well.
ARTICLE = r"Q\d{5,6}"
PAGE = rf"{ARTICLE}|SDK:[a-z0-9]+_[a-z0-9]+|MS-[A-Z]+|MS(?:sup|win32):[a-z0-9-]+"

each_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.slug)


def coverage_row(scenario: str) -> list[str]:
    found = re.search(rf"^\| {re.escape(scenario)}(?: / out)? \|(.*)\|$", COVERAGE, re.MULTILINE)
    assert found, scenario
    return [cell.strip() for cell in found[1].split("|")]


def source_of(problem) -> str:
    return PAGE if problem.code[0] in "XI" else ARTICLE


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


# --- the table ---------------------------------------------------------------------------------------------------


def test_no_code_and_no_slug_is_given_twice():
    assert len({each.code for each in PROBLEMS}) == len(PROBLEMS)
    assert len({each.slug for each in PROBLEMS}) == len(PROBLEMS)


@each_problem
def test_a_row_is_well_formed(problem):
    assert re.fullmatch(rf"[{''.join(AREAS)}][0-9]{{3}}", problem.code)
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", problem.slug)
    assert problem.severity in SEVERITIES
    assert problem.repair in REPAIRS
    assert problem.title
    assert not problem.title.endswith(".")
    assert problem.sources
    assert len(set(problem.sources)) == len(problem.sources)
    assert all(re.fullmatch(source_of(problem), each) for each in problem.sources)


def test_the_table_is_in_the_order_of_its_areas_and_codes():
    areas = list(AREAS)
    assert sorted(PROBLEMS, key=lambda each: (areas.index(each.code[0]), each.code)) == list(PROBLEMS)


@each_problem
def test_what_is_normal_is_a_note_and_is_not_repaired(problem):
    if problem.code[1] == "9":
        assert (problem.severity, problem.repair) == ("note", "none")


@pytest.mark.parametrize("area", ["L", "S", "X", "I"])
def test_logs_schedule_and_what_is_no_postoffice_are_never_repaired(area):
    assert {each.repair for each in PROBLEMS if each.code.startswith(area)} == {"none"}


def test_the_code_of_the_central_problem_never_changes():
    problem = by_slug("stranded-transactions")
    assert (problem.code, problem.severity, problem.repair) == ("U101", "error", "safe")


# --- finding a row -----------------------------------------------------------------------------------------------


@each_problem
def test_a_problem_is_found_by_code_and_by_slug_in_any_case(problem):
    assert by_code(problem.code) is by_slug(problem.slug) is problem
    for text in (problem.code, problem.code.lower(), problem.slug, problem.slug.upper(), f" {problem.slug} "):
        assert find(text) is problem


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("stranded-transaction", "stranded-transactions (U101)"),
        ("Stranded Transactions", "stranded-transactions (U101)"),
        ("stranded_transactions", "stranded-transactions (U101)"),
        ("requestor-re-added", "requestor-readded (D201)"),
        ("podiag", "reqtrans-podiag-dummy-60 (U104)"),
        ("U11", "stranded-transactions (U101)"),
    ],
)
def test_a_mistyped_name_brings_near_matches(text, near):
    with pytest.raises(UsageError) as raised:
        find(text)
    message = str(raised.value)
    assert repr(text) in message
    assert near in message
    assert "\n" not in message


@pytest.mark.parametrize("text", ["", "zz", "\x1b[31m", "x" * 1000])
def test_a_name_like_no_other_brings_no_suggestion(text):
    with pytest.raises(UsageError) as raised:
        find(text)
    assert "did you mean" not in str(raised.value)
    assert "\x1b" not in str(raised.value)


# --- the pages ---------------------------------------------------------------------------------------------------


def test_the_compiled_module_is_what_the_files_say():
    spec = importlib.util.spec_from_file_location("compile_problems", ROOT / "docs" / "compile_problems.py")
    compiler = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compiler)
    assert (FOLDER / "compiled.py").read_text(encoding="utf-8") == compiler.compiled(), "make docs"


def test_no_page_is_read_before_it_is_asked_for():
    code = "import sys, glbtools.diagnosis.problems; print('glbtools.diagnosis.problems.source' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@each_problem
def test_a_page_has_the_title_and_the_headings_in_their_order(problem):
    text = explain(problem)
    assert text.splitlines()[0] == f"# {problem.code} {problem.slug}: {problem.title}"
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"^#+ (.*)$", outside, re.MULTILINE)[1:] == list(HEADINGS)
    assert list(sections(text)) == list(HEADINGS)
    assert all(body.strip() for body in sections(text).values())


@each_problem
def test_a_page_names_the_sources_of_its_row(problem):
    assert tuple(re.findall(source_of(problem), sections(explain(problem))["Sources"])) == problem.sources


@each_problem
def test_a_page_shows_what_the_problem_looks_like(problem):
    looks = sections(explain(problem))["What it looks like"]
    assert re.search(r"^```text\n.+?^```$", looks, re.MULTILINE | re.DOTALL)


@each_problem
def test_a_page_says_what_its_repair_kind_says(problem):
    body = sections(explain(problem))["What rebuild does"]
    if problem.repair == "safe":
        assert re.search(r"\bsafe\b", body)
        assert "--unsafe" not in body
    elif problem.repair == "unsafe":
        assert re.match(r"Nothing without `--unsafe`[.,] ?[^.]*\.? ?With it,", " ".join(body.split()))
    else:
        assert body.strip().startswith("Nothing")
        assert "--unsafe" not in body


@each_problem
def test_a_page_is_good_to_read_in_a_terminal(problem):
    text = explain(problem)
    lines = text.splitlines()
    assert 25 <= len(lines) <= 60
    assert max(map(len, lines)) <= 100
    assert text.isascii()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert not re.search(r"[ \t]$", text, re.MULTILINE)
    assert "\t" not in text


@each_problem
def test_a_page_refers_to_problems_that_exist(problem):
    for name in re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", explain(problem)):
        assert by_slug(name) is not problem


@pytest.mark.parametrize(
    "slug", ["stranded-transactions", "server-own-requestor-stranded", "requestor-reset-incomplete"]
)
def test_the_pages_warn_of_resetting_the_server(slug):
    body = " ".join(explain(by_slug(slug)).split())
    assert re.search(
        r"never (use|run) LISTDS -Z|Never do this on the server's own postoffice|Never run LISTDS -Z", body
    )


@each_problem
def test_whoever_is_told_to_make_a_resync_is_told_to_delete_it_on_the_server(problem):
    body = " ".join(explain(problem).split())
    if "copy RESYNC.GLB" in body.replace("Copy", "copy"):
        assert re.search(r"delete it on the server", body)


# --- coverage ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", [*OF_DIRSYNC, *OF_SUCCESSORS])
def test_every_scenario_has_its_code_or_a_reason(scenario):
    code, severity, remark = coverage_row(scenario)
    if code == "none":
        assert scenario not in problems.BY_SLUG
        assert not severity
        assert remark
    else:
        assert by_slug(scenario).code == code
        assert by_slug(scenario).severity == severity


@pytest.mark.parametrize("scenario", [each for each in EXCHANGE.split() if each not in OF_SUCCESSORS])
def test_every_scenario_of_exchange_has_its_area_and_a_reason(scenario):
    area, reason = coverage_row(scenario)
    assert area in {"X", "I", "none"}
    assert reason
    assert scenario not in problems.BY_SLUG


@each_problem
def test_every_problem_is_in_the_coverage(problem):
    cells = coverage_row(problem.slug)
    assert cells[:2] == [problem.code, problem.severity]
    if problem.slug not in (*OF_DIRSYNC, *OF_SUCCESSORS):
        assert cells[2] == problem.title


def test_the_coverage_counts_right():
    of_exchange = EXCHANGE.split()
    coded = sum(each in problems.BY_SLUG for each in (*OF_DIRSYNC, *of_exchange))
    unseen = sum(each not in problems.BY_SLUG for each in OF_DIRSYNC)
    left = sum(each not in problems.BY_SLUG for each in of_exchange)
    counted = f"Of {len(OF_DIRSYNC) + len(of_exchange)} scenarios {coded} have a code and {unseen} cannot be seen"
    assert counted in COVERAGE
    assert f"The other {left} concern Exchange" in " ".join(COVERAGE.split())


def test_every_problem_is_emitted_by_some_check():
    room = FOLDER.parent
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in room.rglob("*.py") if path.name not in ("compiled.py", "unsent.py")
    )
    shown = {each.slug for each in PROBLEMS if each.symptom and (each.symptom.numbers or each.symptom.says)}
    assert [each.slug for each in PROBLEMS if each.slug not in shown and f'"{each.slug}"' not in code] == []


# --- adding one --------------------------------------------------------------------------------------------------

NEW = """+++
code = "L409"
title = "the modem was taken"
severity = "warning"
repair = "none"
sources = ["Q96060"]

[log]
numbers = [188]
says = ["Modem is busy"]
what = "External found the modem taken on {po}"
notes = ["Another program held the line."]
help = ["Give External a line of its own."]
until = ["T1"]
+++

## What it means

Nothing was sent.

""" + "".join(f"## {heading}\n\nAs it says.\n\n" for heading in HEADINGS[1:-1])

ADDED = """
import sys
import glbtools
for each in glbtools.diagnose(sys.argv[1]).findings:
    print(each.problem.code, each.severity, each.message, *each.notes, *each.help, sep="; ")
"""


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the package in which a file says of one more problem which lines of a log show it."""
    place = tmp_path_factory.mktemp("copy")
    shutil.copytree(FOLDER.parents[1], place / "glbtools", ignore=shutil.ignore_patterns("__pycache__"))
    (place / "glbtools" / "diagnosis" / "problems" / "modem-taken.md").write_text(NEW, encoding="utf-8")
    return place


def run_in(place, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(place)}
    return subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, env=environment, cwd=place, check=False
    )


@pytest.mark.parametrize("line", ["Error  [188] The line is engaged", "Status       Modem is busy on COM1"])
def test_a_problem_that_a_log_line_shows_is_one_file(line, copied):
    made = run_in(copied, ROOT / "docs" / "compile_problems.py")
    assert (made.returncode, made.stderr) == (0, "")
    spec = copied / "po.toml"
    spec.write_text(f"[[postoffice]]\nname = 'NET/PO'\nlog.DIRSYNC = '''02/14/94 04:10:02 | {line}\r\n'''\n", "utf-8")
    glbtools.build(spec, copied / "po", force=True)
    found = run_in(copied, "-c", ADDED, copied / "po")
    assert found.stderr == ""
    (said,) = [each for each in found.stdout.splitlines() if each.startswith("L409")]
    assert said.startswith("L409; warning; External found the modem taken on a requestor")
    assert said.endswith("; Another program held the line.; Give External a line of its own.")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("numbers = [188]", 'numbers = ["188"]', "modem-taken.md:9: log.numbers[0]: must be a whole number"),
        ('sources = ["Q96060"]', "sources = []", "modem-taken.md:6: sources: must name at least one article"),
        ('code = "L409"', 'code = "K409"', "modem-taken.md:2: code: 'K409' is not one of Q, C, U"),
        ('code = "L409"', 'code = "L106"', "both have the code L106"),
        ("## How sure", "## How certain", "the headings of the page must be"),
        ('until = ["T1"]', 'until = ["REQMAIN"]', "is not one of T1, T2, T3"),
    ],
)
def test_a_mistake_in_the_file_of_a_problem_is_named_when_it_is_compiled(copied, old, new, says):
    path = copied / "glbtools" / "diagnosis" / "problems" / "modem-taken.md"
    path.write_text(NEW.replace(old, new), encoding="utf-8")
    made = run_in(copied, ROOT / "docs" / "compile_problems.py")
    path.write_text(NEW, encoding="utf-8")
    assert made.returncode != 0
    assert says in made.stderr


NAMED = {each for history in HISTORIES for each in history.problems}


@pytest.mark.parametrize("slug", sorted({*SHOWN_AS, *NAMED}))
def test_a_page_says_what_else_leaves_the_same_and_what_decides(slug):
    said = " ".join(sections(explain(by_slug(slug)))["How sure"].split())
    relation, signs = SHOWN_AS[slug]
    able = [each for each in HISTORIES if relation in each.may | each.late and signs <= each.may | each.late]
    for each in able if len(able) > 1 else ():
        assert each.says in said
        assert each.tells in said
    if slug in NAMED:
        assert any(slug in each.problems for each in able)
    assert [each.slug for each in HISTORIES if each not in able and each.says in said] == []
