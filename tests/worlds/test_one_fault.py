"""The table of docs/facts/faults.md#one-fault against every history with one fault."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from scoreboard.worlds.exploration import Bound
from scoreboard.worlds.readings import Readings
from scoreboard.worlds.signs import Signs, by_cause
from scoreboard.worlds.truth import Worlds

PAGE = Path(__file__).resolve().parents[2] / "docs" / "facts" / "faults.md"

ROWS = {
    "": "none",
    "RESYNC": "RESYNC processed",
    "Z": "LISTDS -R -Z alone",
    "FULL": "complete reset, or record made anew too",
    "IMPORT": "Import asked for",
    "RECREATE": "record made anew",
    "DELETE": "record deleted",
    "EMPTY": "queue emptied",
    "OLDQ": "older queue put back",
    "DUMMY": "PODIAG's record",
    "CLONE": "REQCONF of another",
    "RREST": "requestor restored",
    "ICLR": "T3 did not clear the queue",
    "SREST": "server restored",
    "SCONF": "only SRVCONF restored",
    "SNEW": "server enabled anew",
    "SMST": "only MSTTRANS restored",
    "TAIL": "end of MSTTRANS cut off",
    "CUT": "MSTTRANS emptied",
    "PURGE": "MSTTRANS purged",
}
"""Cause -> its row. A gap inside MSTTRANS has none."""

SAID = {
    "0 < b < a": ("0 < b < a", "b < a with"),
    "b = 0 < a": ("b = 0 < a", "b < a with"),
    "a change below a": ("changes below a",),
    "k <= a not in MSTTRANS": ("k ≤ a not in MSTTRANS",),
    "gap": ("a gap",),
    "numbers fall in MSTTRANS": ("numbers fall",),
    "PODIAG's text": ("its text",),
}
"""Sign -> how the page says it, where it does not say it in the same words."""

REFERENCES = {"as emptied": "queue emptied", "as a restored server": "server restored"}


@cache
def rows() -> dict[str, str]:
    text = PAGE.read_text(encoding="utf-8").partition("## One fault")[2].partition("## Twins")[0]
    found = {}
    for line in re.findall(r"^\| (.+) \|$", text, re.MULTILINE):
        name, must, may, *_ = (cell.strip() for cell in line.split("|"))
        found[name] = f"{must}; {may}"
    for name, said in found.items():
        for phrase, other in REFERENCES.items():
            if phrase in said:
                found[name] = f"{said}; {found[other]}"
    return found


@cache
def left() -> dict[str, Signs]:
    found: dict[str, Signs] = {}
    for bound in (Bound(events=4), Bound(requestors=2, events=3, starts=("old",))):
        for cause, signs in by_cause(Worlds(bound, Readings(0)), quiet=True).items():
            found.setdefault(cause, {}).update(signs)
    return found


@pytest.mark.parametrize("cause", ROWS)
def test_what_one_fault_leaves_with_no_mail_under_way_is_in_its_row(cause: str) -> None:
    said = rows()[ROWS[cause]]
    missing = [
        f"{sign}: {witness.told()}"
        for sign, witness in left().get(cause, {}).items()
        if not any(phrase in said for phrase in SAID.get(sign, (sign,)))
    ]
    assert missing == []
