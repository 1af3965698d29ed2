"""What comments and pages cite exists, and comments cite what ships."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from glbtools.diagnosis.problems import BY_CODE, BY_SLUG
from glbtools.evidence import description
from glbtools.model.protocol import CHOICES
from glbtools.simulation.faults import FAULTS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
FACTS = sorted((DOCS / "facts").glob("*.md"))
CITED = [DOCS / "rulings.md", DOCS / "certainty.md", *FACTS]
"""The pages that comments cite, and in which every fact has a source."""

PLACES = ("glbtools", "tests", "scoreboard", "docs", "benchmarks", "fixtures")
SUFFIXES = (".py", ".md", ".toml")
RULINGS = range(1, 35)

ANCHORS = {
    "certainty": ("how-sure", "what-is-certain-of-a-record", "undecided", "silence"),
    "interface": ("exit-status", "streams-and-limits", "json", "on-disk", "description"),
    "rulings": ("letters",),
    "facts/directories": (
        "usn", "last-number", "missed-deletions", "two-dumps", "backsync", "rollback", "one-predicate", "cursors",
        "ics", "csv", "dirsync-file", "ldif", "vectors", "links", "edge-cases",
    ),
    "facts/faults": (
        "one-fault", "twins", "upload", "resync", "server", "download", "schedule", "exchange-as-a-partner",
        "successors", "messages",
    ),
    "facts/files": (
        "the-family", "queues", "listings", "transactions", "reqconf", "srvconf", "msttrans", "resync", "control",
        "sizes", "at-rest", "messages-of-foreign-requestors",
    ),
    "facts/logs": (
        "two-forms", "severity-digits", "number--1", "which-file-has-which-form", "dsserverlog", "centrallog",
        "dirsynclog", "dispatchlog", "years", "subjects", "message-numbers", "other-logs",
    ),
    "facts/protocol": (
        "numbers", "cycle", "operations", "messages-between-postoffices", "invariants", "readings", *CHOICES,
        "acknowledged", "other-contradictions", "after-restore", "missing-numbers", "unknown",
    ),
}  # fmt: skip
"""Page -> the anchors that comments may cite, and that must therefore stay."""

UNSHIPPED = {
    "RULINGS": r"\bRULINGS\b",
    "INTERFACE": r"\bINTERFACE\b",
    "DESIGN": r"\bDESIGN\b",
    "other design pages": r"\b(?:STYLE|CERTAINTY|WORLDS|HOUSE|EXPORTS|CONVENTIONS)(?:\.md|\s(?:section\s)?\d)",
    "scenarios": r"\bscenarios(?:\.md|\s(?:section\s)?\d(?!\d))",
    "scenarios, contradictions": r"(?<![\"/])\bC(?:[2-9]|1\d|2[0-8])\b",
    "scenarios, unknowns": r"\(U\d\d?\)",
    "formats.md": r"(?<![\w/\"'`])formats\.md",
    "logs.md": r"(?<![\w/\"'`])logs\.md",
    "exchange.md": r"(?<![\w/\"'`])exchange\.md",
    "seeds": r"\bseeds?\s00\d",
    "issues": r"\bissue\s\d",
}
"""Document that does not ship -> how it is cited."""

# Findings that rulings decide and that have no code yet.
PLANNED = {
    "address-added-twice", "control-size", "entry-refused-repeatedly", "master-size", "msttrans-gap",
    "replication-disabled", "replication-failing",
}  # fmt: skip


def flowing(text: str) -> str:
    """Return a text with each line break, and the comment mark behind it, as one blank."""
    return re.sub(r"\s*\n\s*(?:# ?)?", " ", text)


def unshipped(text: str) -> Counter[str]:
    """Return how often a text cites each document that does not ship."""
    plain = flowing(re.sub(r"\]\([^)]*\)", "]", text))
    return Counter({name: len(re.findall(form, plain)) for name, form in UNSHIPPED.items()})


def sources() -> Iterator[Path]:
    """Yield every file whose comments and sentences are ours, but for this one."""
    for place in PLACES:
        for path in sorted((ROOT / place).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file() and path != Path(__file__).resolve():
                yield path


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page: its headings as GitHub makes them, and those written out."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    made = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}
    return made | set(re.findall(r'<a id="([^"]+)">', text))


def numbered(page: Path) -> set[int]:
    """Return the numbers of the rulings on a page."""
    return {int(each) for each in re.findall(r"^### (\d+)\. ", page.read_text(encoding="utf-8"), re.MULTILINE)}


# --- what does not ship ------------------------------------------------------------------------------------------


def test_no_document_that_does_not_ship_is_cited():
    cited = {path.relative_to(ROOT).as_posix(): +unshipped(path.read_text(encoding="utf-8")) for path in sources()}
    assert {path: found for path, found in cited.items() if found} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("(RULINGS 9 to 13)", {"RULINGS": 1}),
        ("# the adopted reading of scenarios\n    # 6.1 is the default", {"scenarios": 1}),
        ('"""Whether T3 believes it (C2, C13)."""', {"scenarios, contradictions": 2}),
        ("sent or acknowledged is unclear (U5)", {"scenarios, unknowns": 1}),
        ("(exchange.md 2.1, seed 002)", {"exchange.md": 1, "seeds": 1}),
        ("as formats.md section 10 prints it; logs.md 4", {"formats.md": 1, "logs.md": 1}),
        ("INTERFACE section 3; DESIGN section\n4; STYLE.md 4", {"INTERFACE": 1, "DESIGN": 1, "other design pages": 1}),
        ("(issue 13)", {"issues": 1}),
        ("Of 84 scenarios 68 have a code; C101, U101, C1; ruling 13", {}),
        ('docs/facts/logs.md, docs/reference/formats.md, "formats.md"', {}),
        ("see [the logs](logs.md#years) and [formats](../reference/formats.md)", {}),
    ],
)
def test_a_citation_of_what_does_not_ship_is_found(text, found):
    assert +unshipped(text) == Counter(found)


# --- what is cited exists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ANCHORS)
def test_the_anchors_that_comments_cite_exist(page):
    assert set(ANCHORS[page]) <= anchors(DOCS / f"{page}.md")


def test_there_is_a_ruling_of_every_number():
    assert numbered(DOCS / "rulings.md") == set(RULINGS)


def test_what_comments_cite_of_these_pages_exists():
    missing = []
    for path in sources():
        text = flowing(path.read_text(encoding="utf-8"))
        for cited in re.findall(r"(?:\b[Rr]ulings?|docs/rulings\.md),? (\d+(?:(?:,| and| to) \d+)*)", text):
            missing += [f"{path.name}: ruling {each}" for each in re.findall(r"\d+", cited) if int(each) not in RULINGS]
        for page, anchor in re.findall(r"docs/((?:facts/)?\w+)\.md(?:#|, )([a-z][\w-]*)", text):
            if page in ANCHORS and anchor not in anchors(DOCS / f"{page}.md"):
                missing.append(f"{path.name}: docs/{page}.md, {anchor}")
    assert not missing


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: str(page.relative_to(DOCS)))
def test_every_link_to_an_anchor_leads_to_one(page):
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not target or (target.endswith(".md") and "://" not in target):
            assert anchor in anchors((page.parent / target).resolve() if target else page), f"{target}#{anchor}"


# --- the pages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", CITED, ids=lambda page: page.stem)
def test_an_article_is_cited_by_its_number_alone(page):
    text = page.read_text(encoding="utf-8")
    for number in re.findall(r"(?<![\w/])Q\d[\d,.]*", text):
        digits = number.rstrip(",.")
        assert re.fullmatch(r"Q\d{5,6}", digits) or digits in BY_CODE, number
    assert not re.search(r"\bKB ?\d|\bq\d{5}|\bQ \d", text)


@pytest.mark.parametrize("page", FACTS, ids=lambda page: page.stem)
def test_what_a_page_calls_attested_has_a_source(page):
    source = re.compile(r"\bQ\d{5,6}\b|\bSDK:\w|\bMS-[A-Z]|\bRFC \d|Microsoft: ")
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("|") and "| attested" in line:
            assert source.search(line), line


@pytest.mark.parametrize("page", CITED, ids=lambda page: page.stem)
def test_every_finding_that_a_page_names_is_one(page):
    named = set(re.findall(r"`([a-z][a-z0-9]*(?:-[a-z0-9]+)+)`", page.read_text(encoding="utf-8")))
    assert named - set(BY_SLUG) - set(FAULTS) <= PLANNED


def test_every_letter_of_the_rulings_is_explained():
    table = (DOCS / "rulings.md").read_text(encoding="utf-8").partition("## Letters")[2].partition("## ")[0]
    explained = {each for row in re.findall(r"^\| ([A-Za-z, ]+) \|", table, re.MULTILINE) for each in row.split(", ")}
    assert {"a", "m", "held", "b", "c", "d", "I", "J", "H", "L", "U"} <= explained


def test_every_rule_of_the_protocol_has_its_reading_with_both_values():
    text = (DOCS / "facts" / "protocol.md").read_text(encoding="utf-8")
    for rule, values in CHOICES.items():
        reading = text.partition(f"\n### {rule}\n")[2].partition("\n### ")[0]
        assert re.search(r"\bQ\d{5,6}\b", reading), rule
        assert all(re.search(rf"(?<!\w){re.escape(str(value))}(?!\w)", reading) for value in values), rule


def test_the_edge_cases_of_directories_have_their_numbers():
    table = (DOCS / "facts" / "directories.md").read_text(encoding="utf-8").partition("## Edge cases")[2]
    cells = re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE)
    assert [int(each) for cell in cells for each in cell.split(", ")] == list(range(1, 24))


def test_the_description_on_the_interface_page_is_one():
    text = re.search(r"```toml\n(.*?)```", (DOCS / "interface.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    (hub,) = description.parse(text.encode(), "interface.md")
    assert (hub.name, hub.role, hub.missing) == ("NET/HUB", "server", ("GLB/USRTRANS.GLB",))
    assert [(each.sync, each.text) for each in hub.queues["REQTRANS"]] == [(5, "A Ann\tPCM:NET/HUB/ann")]
    assert set(tomllib.loads(text)["postoffice"][0]) == {
        "name", "path", "role", "reqconf", "queue", "srvconf", "log", "file", "missing",
    }  # fmt: skip
