"""What was given, for people and for programs (docs/interface.md#json)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from glbtools.diagnosis.wording import plural
from glbtools.evidence.sources import WRITTEN
from glbtools.reporting.documents import dumps
from glbtools.reporting.findings import unit_heading
from glbtools.reporting.model import STRONG, Block, Break, Column, Paragraph, Table, Verbatim
from glbtools.reporting.text import message, safe

if TYPE_CHECKING:
    from glbtools.diagnosis.inventory import File, Inventory, Place
    from glbtools.evidence.sources import FileTime

SCHEMA = "glbtools.evidence/1"
MOST_OTHERS = 50
"""Files of no postoffice that are listed for people."""


def report(found: Inventory) -> Iterator[Block]:
    """Yield the postoffices with their files, by network and moment, and what else there is."""
    for number, unit in enumerate(found.units, 1):
        if len(found.units) > 1:
            yield Verbatim(unit_heading(number, unit), STRONG)
        for place in found.places:
            if place.unit == number:
                yield from _place(place)
    older = [each for each in found.places if not each.unit]
    if older:
        yield Verbatim("earlier moments", STRONG)
        for place in older:
            yield from _place(place)
    if found.others:
        yield Verbatim("other files", STRONG)
        yield _table(list(found.others[:MOST_OTHERS]), "")
        if len(found.others) > MOST_OTHERS:
            yield Verbatim(f"and {len(found.others) - MOST_OTHERS} more; --json lists them")
        yield Break()
    for each in found.given.unreadable.values():
        yield Paragraph(message(safe(each)))
    files = sum(len(each.files) for each in found.places)
    counts = (plural(len(found.places), "postoffice"), plural(files, "file"), plural(len(found.others), "other file"))
    yield Verbatim(", ".join(counts), STRONG)


def _place(place: Place) -> Iterator[Block]:
    postoffice = place.postoffice
    name = postoffice.name or "a postoffice without a known name"
    source = f" (name from: {postoffice.name_from})" if postoffice.name_from else ""
    yield Paragraph(f"{safe(postoffice.path)}: {safe(name)}, {postoffice.role}{message(source)}")
    if place.files:
        yield _table(list(place.files), postoffice.path)
    yield Break()


def _table(files: list[File], below: str) -> Table:
    dated = any(each.times for each in files)
    columns = [Column("file"), Column("what it is"), Column("size", right=True)]
    columns += [*([Column("written")] if dated else []), Column("sha256", wide=True)]
    rows = []
    for each in files:
        times = (written(each),) if dated else ()
        rows.append((_path(each, below), _what(each), str(each.size), *times, each.sha256 or "?"))
    return Table(tuple(columns), tuple(rows))


def written(file: File) -> str:
    """Return when a file of an archive or an image was last written, as that has it; empty where it says nothing."""
    return message(safe(next((str(each) for each in file.times if each.what == WRITTEN), "")))


def _path(file: File, below: str) -> str:
    shown = file.path.removeprefix(below).lstrip("/") if below else file.path
    return safe(f"{shown} -> {file.target}" if file.target else shown)


def _what(file: File) -> str:
    deleted = ", deleted" if file.is_deleted and "(deleted)" not in file.path else ""
    return message(safe(f"{file.format or file.why or file.used}{deleted}"))


def document(found: Inventory) -> str:
    """Return everything as JSON."""
    return dumps(
        {
            "schema": SCHEMA,
            "postoffices": [
                {
                    "path": place.postoffice.path,
                    "name": place.postoffice.name,
                    "name_from": place.postoffice.name_from or None,
                    "role": place.postoffice.role,
                    "unit": place.unit or None,
                    "files": [_row(each) for each in place.files],
                }
                for place in found.places
            ],
            "others": [_row(each) for each in found.others],
            "unreadable": [{"path": path, "why": why} for path, why in sorted(found.unreadable.items())],
        }
    )


def _row(file: File) -> dict[str, object]:
    row = file._asdict() | {"times": [_time(each) for each in file.times]}
    return {"deleted" if name == "is_deleted" else name: value for name, value in row.items()}


def _time(time: FileTime) -> dict[str, object]:
    return time._asdict() | {
        "moment": time.moment and time.moment.replace(tzinfo=None).isoformat(),
        "zone": "UTC" if time.moment and time.moment.tzinfo else "unknown",
    }
