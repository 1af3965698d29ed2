"""What a rebuild takes up of the queue records in an image: slack, the clusters of a deleted file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from glbtools.diagnosis.case import Case
from glbtools.diagnosis.finding import Finding
from glbtools.diagnosis.master import origin_of
from glbtools.diagnosis.problems import by_slug
from glbtools.diagnosis.wording import plural
from glbtools.evidence.carving import Carver
from glbtools.formats.queue import NAMES, moment
from glbtools.model.change import Change
from glbtools.repair.salvage import salvaged
from glbtools.repair.work import Work


def take_up(work: Work, image: Path) -> None:
    """Save every sound transaction of an image that no queue given holds; with ``--unsafe`` queue it again, too.

    An image may hold changes that were delivered long ago: what is found is kept, and only a person can say which of it
    is still wanted.

    Raises:
        FileAccessError: it cannot be read.
    """
    known = set(_texts(work))
    found: list[Change] = []
    for change in candidates(image, work):
        if change.text not in known:
            known.add(change.text)
            found.append(change)
    if not found:
        return
    by_name = {(each.postoffice.name or "").upper(): each for each in work.cases.values()}
    for name in sorted({origin_of(each.text) or "" for each in found}):
        own = [each for each in found if (origin_of(each.text) or "") == name]
        case = by_name.get(name) if name else None
        _keep(work, case, image, name, own)


def candidates(image: Path, work: Work) -> Iterator[Change]:
    """Yield the records of an image whose text is a sound transaction, in the order in which they lie."""
    layout = work.report.layouts["queue"]
    for run in Carver(image, layout, whole=True).runs():
        for each in run:
            if each.record is not None and each.is_sound and each.text[:1] in "ADMR":
                record = each.record
                yield Change(record.sync, each.text, moment(layout, record.stamp), record=record, path=str(image))


def _texts(work: Work) -> Iterator[str]:
    for case in work.cases.values():
        for queue in NAMES:
            yield from (each.text for each in work.records(case, queue))


def _keep(work: Work, case: Case | None, image: Path, name: str, found: list[Change]) -> None:
    owner = case or work.server or next(iter(work.cases.values()))
    finding = Finding(by_slug("records-vanished"), owner.postoffice.name, owner.postoffice.path, "found in an image")
    lines = []
    for each in found:
        assert each.record is not None
        lines.append(f"# number {each.sync}, at {each.record.start:#x} of {image.name}\r\n{each.text}\r\n")
    label = name.replace("/", "-") or "unknown"
    data = "".join(lines).encode("cp850", "replace")
    why = f"they stand in {image.name} and in no queue given"
    work.save(
        finding,
        owner,
        f"lost-and-found/{image.name}-{label}.txt",
        data,
        what=plural(len(found), "transaction"),
        why=why,
    )
    if work.unsafe and case is not None:
        salvaged(work, case, finding, found, f"{why}; --unsafe queues them again")
