"""The list of what is still open is one: every line of it names a case, and the page counts them."""

from __future__ import annotations

import re
import tomllib

from tests.cases.claims import HERE, ISSUES, open_claims

ROOT = HERE.parent.parent


def test_every_open_claim_belongs_to_a_case_and_an_issue():
    listed = tomllib.loads((HERE / "open.toml").read_text(encoding="utf-8"))
    assert set(listed) <= set(ISSUES)
    assert all((HERE / case).is_dir() for cases in listed.values() for case in cases)


def test_the_page_on_coverage_counts_what_is_open():
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    counted = {issue: int(count) for issue, count in re.findall(r"^\| (\w+) \| (\d+) \|$", page, re.MULTILINE)}
    still_open = list(open_claims().values())
    assert counted == {issue: still_open.count(issue) for issue in ISSUES if issue in still_open}
