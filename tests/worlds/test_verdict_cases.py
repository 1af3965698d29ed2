"""The states that a case shows are among those enumerated: each requestor's signs are those of some history."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from scoreboard.worlds.exploration import Bound
from scoreboard.worlds.readings import Readings
from scoreboard.worlds.signs import signs
from scoreboard.worlds.state import CHANGE, COMMENT, CONFIRMED, EXPORT, OWN, Registered
from scoreboard.worlds.truth import Worlds
from scoreboard.worlds.views import Config, Held, Member, Seen, Srvconf, View

CASES = sorted((Path(__file__).resolve().parents[1] / "cases" / "verdicts").glob("*/network.json"))

BOUNDS = (
    (Bound(events=4, starts=("fresh", "old", "older", "purged")), 0),
    (Bound(events=3, starts=("old", "purged")), 1),
    (Bound(requestors=2, events=3, changes=2, starts=("old",)), 0),
)


@cache
def kinds() -> frozenset[frozenset[str]]:
    """Return the signs of the first requestor that the enumerated histories leave, each set of them once."""
    return frozenset(
        frozenset(signs(seen)) for bound, together in BOUNDS for seen in Worlds(bound, Readings(together)).views
    )


def read(path: Path) -> View:
    """Return the view that a description shows; dates are kept as places in the order of all."""
    offices = json.loads(path.read_text(encoding="utf-8"))["postoffice"]
    hub = next(each for each in offices if each["role"] == "server")
    others = [each for each in offices if each is not hub]
    dates = sorted(set(_dates(offices)))

    def place(date: str | None) -> int:
        return dates.index(date) + 1 if date else 0

    served = {each["name"]: each for each in hub["srvconf"]["requestor"]}
    members = tuple(_member(each, place) for each in others)
    texts = [[row.get("text") for row in each["queue"]["REQTRANS"]] for each in others]
    master = []
    for row in hub["queue"]["MSTTRANS"]:
        text = row.get("text", "")
        at = next((index for index, each in enumerate(others) if f"PCM:{each['name']}" in text), None)
        origin = OWN if hub["name"] in text else COMMENT if at is None else at
        held = 0
        if at is not None:
            held = -1 if text.startswith("R ") else texts[at].index(text) + 1 if text in texts[at] else 0
        master.append(Seen(row.get("sync", row.get("dummy")), origin, held, place(row["stamp"])))
    own = served[f"PCM:{hub['name']}"]
    records = tuple(
        _registered(served[f"PCM:{each['name']}"], place) if f"PCM:{each['name']}" in served else None
        for each in others
    )
    return View(
        members,
        Config(*(hub["reqconf"][name] for name in ("reqsync", "srvsync", "importsync"))),
        Srvconf(hub["srvconf"]["sync"], _registered(own, place), records),
        tuple(master),
    )


def _dates(node: Any) -> list[str]:
    if isinstance(node, list):
        return [date for each in node for date in _dates(each)]
    if isinstance(node, dict):
        own = [node[name] for name in ("stamp", "last_update", "last_import", "last_export") if name in node]
        return own + [date for each in node.values() for date in _dates(each)]
    return []


def _member(office: dict[str, Any], place: Any) -> Member:
    config = office["reqconf"]
    numbers = (config["reqsync"], config["srvsync"], config["importsync"])
    queue = [
        Held(row["dummy"], CONFIRMED, 0)
        if "dummy" in row
        else Held(row["sync"], EXPORT if row["text"].startswith("R ") else CHANGE, place(row["stamp"]))
        for row in office["queue"]["REQTRANS"]
    ]
    return Member(Config(*numbers, place(config.get("last_import")), place(config.get("last_export"))), tuple(queue))


def _registered(row: dict[str, Any], place: Any) -> Registered:
    return Registered(row["reqsync"], row["srvsync"], row["importsync"], place(row.get("last_update")))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_the_signs_of_a_case_are_those_of_some_history(path: Path) -> None:
    seen = read(path)
    unmet = [sorted(signs(seen, at)) for at in range(len(seen.members)) if frozenset(signs(seen, at)) not in kinds()]
    assert unmet == []
