"""What a simulation led to, and what can be simulated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glbtools.diagnosis.wording import plural
from glbtools.reporting.documents import dumps
from glbtools.reporting.model import Block, Break, Column, Paragraph, Table, Verbatim
from glbtools.reporting.text import safe

if TYPE_CHECKING:
    from glbtools.simulation.faults import Fault

MOST_CHANGES = 20
"""Changes that a table shows of those that did not arrive."""


def report(truth: dict[str, Any], target: Path) -> Iterator[Block]:
    """Yield what became of the changes of a network; the rest is in its truth.json."""
    changes = truth["changes"]
    late = [each for each in changes if each["delivered"] != "all"]
    network = ", ".join(
        plural(number, what)
        for number, what in (
            (len(truth["postoffices"]), "postoffice"),
            (truth["cycle"], "cycle"),
            (len(changes), "change"),
        )
    )
    yield Paragraph(f"{safe(target)}: {network}, {len(changes) - len(late)} of them everywhere")
    for each in truth["faults"]:
        what = f" ({each['slug']})" if each["slug"] else ""
        yield Paragraph(f"fault in cycle {each['cycle']}: {each['name']} at {each['at']}{what}")
    if not late:
        return
    yield Break()
    yield Table(
        (Column("sync", right=True), Column("of"), Column("text"), Column("where it is")),
        tuple(
            (str(each["number"] or ""), each["origin"], safe(each["text"]), "\n".join(_where(each)))
            for each in late[:MOST_CHANGES]
        ),
    )
    if len(late) > MOST_CHANGES:
        yield Verbatim(f"and {len(late) - MOST_CHANGES} more; truth.json has all")


def _where(change: dict[str, Any]) -> Iterator[str]:
    """Say where a change is: on its way to the server, or at how many postoffices in which state."""
    server = change["server"]
    if server["state"] != "arrived":
        yield _because(server["state"], server)
        return
    for state, count in sorted(Counter(each["state"] for each in change["missing"].values()).items()):
        first = next(each for each in change["missing"].values() if each["state"] == state)
        yield f"{_because(state, first)} for {count}"


def _because(state: str, row: dict[str, Any]) -> str:
    return f"{state}: {row['fault']}" if "fault" in row else state


def document(truth: dict[str, Any], written: Iterable[Path]) -> str:
    """Return the truth about a network and the files written, as JSON."""
    return dumps({"schema": "glbtools.simulated/1", "truth": truth, "written": [str(each) for each in written]})


def report_of_many(count: int, table: Path) -> Iterator[Block]:
    """Yield how many networks were written, and where the truth about them stands."""
    yield Paragraph(f"{plural(count, 'network')}; the truth about each is a line of {safe(str(table))}")


def document_of_many(count: int, table: Path) -> str:
    """Return the same as JSON."""
    return dumps({"schema": "glbtools.simulated-many/1", "networks": count, "truth": str(table)})


def catalogue(scenarios: dict[str, str], faults: Iterable[Fault]) -> Iterator[Block]:
    """Yield the scenarios of the package and the faults that a scenario may name."""
    yield Table((Column("scenario"), Column("what happens")), tuple(scenarios.items()))
    yield Break()
    yield Table(
        (Column("fault"), Column("the problem it leads to"), Column("what it is")),
        tuple((each.name, each.slug or "-", each.says) for each in faults),
    )


def listing(scenarios: dict[str, str], faults: Iterable[Fault]) -> str:
    """Return the same as JSON."""
    rows = [
        {
            "name": each.name,
            "slug": each.slug or None,
            "says": each.says,
            "sources": each.sources.split(),
            "where": each.where,
            "after": each.after,
            "options": sorted(each.options),
        }
        for each in faults
    ]
    shown = [{"name": name, "title": title} for name, title in scenarios.items()]
    return dumps({"schema": "glbtools.scenarios/1", "scenarios": shown, "faults": rows})
