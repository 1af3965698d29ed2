"""The result of a rebuild: a new directory, what stands beside the postoffices in it, and the proof."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from glbtools import __version__, files
from glbtools.binary.records import Record
from glbtools.diagnosis.engine import Report, diagnose
from glbtools.errors import GlbError
from glbtools.formats.queue import NAMES, parse_queue
from glbtools.model.change import Change
from glbtools.repair.edits import Origin
from glbtools.repair.work import OWN, Work

SCHEMA = "glbtools.repair/1"


class Result(NamedTuple):
    """What a rebuild led to.

    Attributes:
        directory: where it is.
        files: number of files written.
        report: the diagnosis of the result.
        changed: files of the evidence that are not any more what they were when they were read.
    """

    directory: Path
    files: int
    report: Report
    changed: tuple[str, ...]

    @property
    def remaining(self) -> list[str]:
        """Slugs of what the diagnosis of the result still finds above note."""
        return sorted({each.problem.slug for each in self.report.findings if each.severity != "note"})

    @property
    def failures(self) -> list[str]:
        """Why it cannot be relied on, one sentence for each file of the evidence that changed meanwhile."""
        return [f"{each}: changed" for each in self.changed]


def contents(work: Work, arguments: tuple[str, ...]) -> dict[str, bytes]:
    """Return every file of the result, the manifest and the report among them."""
    made = work.disk.everything()
    for name, data in work.saved.items():
        made[f"{OWN}/{name}"] = data
    manifest = json.dumps(_manifest(work, made, arguments), indent=1, ensure_ascii=True) + "\n"
    made[f"{OWN}/manifest.json"] = manifest.encode("ascii")
    made[f"{OWN}/report.txt"] = "\n".join(report_lines(work)).encode("utf-8") + b"\n"
    made[f"{OWN}/manifest.hashdeep"] = "\n".join(_hashdeep(made)).encode("utf-8") + b"\n"
    return made


def prove(work: Work, target: Path, written: dict[str, bytes], progress: Callable[[str], None] | None = None) -> Result:
    """Diagnose a result, and compare the evidence with what was read of it."""
    names = {str(target / work.relative(path)): name for path, name in work.report.names.items()}
    report = diagnose(target, layouts=work.report.layouts, progress=progress, names=names)
    changed = []
    for path, data in work.before.everything().items():
        try:
            same = files.read(work.root / path, max(len(data), 1)) == data
        except GlbError:
            same = False
        if not same:
            changed.append(path)
    return Result(target, len(written), report, tuple(changed))


# --- the manifest ------------------------------------------------------------------------------------------------


def _manifest(work: Work, made: dict[str, bytes], arguments: tuple[str, ...]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "tool": {"name": "glbtools", "version": __version__},
        "arguments": list(arguments),
        "inputs": [_file_row(path, data) for path, data in sorted(work.before.everything().items())],
        "outputs": [_file_row(path, data) for path, data in sorted(made.items())],
        "edits": [each._asdict() for each in work.edits],
        "undone": [each._asdict() for each in work.undone],
        "links": work.links,
        "records": {path: [each._asdict() for each in origins] for path, origins in records(work)},
    }


def _file_row(path: str, data: bytes) -> dict[str, Any]:
    return {"path": path, "size": len(data), "sha256": files.sha256(data)}


def records(work: Work) -> Iterator[tuple[str, list[Origin]]]:
    """Yield the queue files of the result with the origin of every record."""
    stems = {f"{name}.GLB" for name in NAMES}
    layout = work.report.layouts["queue"]
    for path, data in sorted(work.disk.everything().items()):
        if path.rpartition("/")[2].upper() in stems and data:
            held = parse_queue(data, layout).records
            read = (Change(each.sync, each.text, record=each, path=path) for each in held)
            changes = zip(work.queues.get(path, read), held, strict=True)
            yield path, [_origin(work, path, change, record) for change, record in changes]


def _origin(work: Work, path: str, change: Change, made: Record) -> Origin:
    """Return where a record of a file of the result comes from: where it was before any remedy."""
    was = change.record
    if was is None or was.text != change.text:
        return Origin(change.sync, "synthesised")
    there = Origin(change.sync, "verbatim", change.path, was.start, was.sync)
    if change.note or work.before.read(change.path) is None or (was.checksum is None and made.checksum is not None):
        return there._replace(how="salvaged")
    if was.sync != change.sync:
        return there._replace(how="renumbered")
    return there if (path, made.start) == (change.path, was.start) else there._replace(how="moved")


def _hashdeep(made: dict[str, bytes]) -> Iterator[str]:
    yield "%%%% HASHDEEP-1.0"
    yield "%%%% size,sha256,filename"
    for path, data in sorted(made.items()):
        yield f"{len(data)},{files.sha256(data)},./{path}"


# --- the report --------------------------------------------------------------------------------------------------


def report_lines(work: Work) -> Iterator[str]:
    """Yield the report: what was done, why, and what was not."""
    yield f"Rebuilt by glbtools {__version__}"
    yield ""
    yield f"{len(work.edits)} edits" if work.edits else "Nothing was changed."
    for each in work.edits:
        yield ""
        yield f"{each.path} ({each.postoffice}, {each.slug}, {each.safety})"
        yield f"  was: {each.before or 'not there'}"
        yield f"  is:  {each.after}"
        yield f"  why: {each.why}"
    if work.undone:
        yield ""
        yield "Left as it is:"
    for left in work.undone:
        yield f"  {left.slug}, {left.postoffice}: {left.why}"
    for link in work.links:
        yield f"  {link} is a symbolic link and was not followed"
    yield ""
    yield "What every record of the result is, and where it was: manifest.json."
    yield "The offsets of these files are assumed (docs/method.md); results are as good as that."
