"""The result of a rebuild: a new directory, what stands beside the postoffices in it, and the proof."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from glbtools import __version__, files
from glbtools.binary.records import Record
from glbtools.brief import brief, count
from glbtools.diagnosis.engine import Report, diagnose
from glbtools.diagnosis.wording import plural
from glbtools.errors import FileAccessError
from glbtools.evidence.sources import Entry
from glbtools.formats.queue import NAMES, parse_queue
from glbtools.model.change import Change
from glbtools.progress import Progress
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

    def __repr__(self) -> str:
        return brief("RebuildResult", f"{count(self.files, 'file')} in {self.directory}")

    @property
    def remaining(self) -> list[str]:
        """Slugs of what the diagnosis of the result still finds above note."""
        return sorted({each.problem.slug for each in self.report.findings if each.severity != "note"})

    @property
    def failures(self) -> list[str]:
        """Why it cannot be relied on, one sentence for each file of the evidence that changed meanwhile."""
        return [f"{each}: changed" for each in self.changed]


def contents(work: Work, arguments: tuple[str, ...]) -> dict[str, bytes | Callable[[], bytes]]:
    """Return every file of the result, the manifest and the report among them; what is only copied is read later.

    Raises:
        FileAccessError: a file cannot be read.
    """
    copied: list[dict[str, Any]] = [
        {"path": path, "size": size, "sha256": sha256} for path, (size, sha256) in work.hashed().items()
    ]
    inputs = [*copied, *(_file_row(path, data) for path, data in work.before.everything().items())]
    made = work.disk.everything() | {f"{OWN}/{name}": data for name, data in work.saved.items()}
    rows = [*copied, *(_file_row(path, data) for path, data in made.items())]
    made[f"{OWN}/manifest.json"] = _json(_manifest(work, _in_order(inputs), _in_order(rows), arguments))
    made[f"{OWN}/report.txt"] = _text(report_lines(work))
    rows += [_file_row(f"{OWN}/{name}", made[f"{OWN}/{name}"]) for name in ("manifest.json", "report.txt")]
    made[f"{OWN}/manifest.hashdeep"] = _text(_hashdeep(_in_order(rows)))
    return made | {each["path"]: partial(_unchanged, work.copied[each["path"]], each) for each in copied}


def _unchanged(entry: Entry, row: dict[str, Any]) -> bytes:
    """Return a file to be copied.

    Raises:
        FileAccessError: it is not what it was when it was hashed.
    """
    data = entry.read(row["size"])
    if files.sha256(data) != row["sha256"]:
        raise FileAccessError(f"{entry.shown}: changed while it was copied")
    return data


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode("ascii")


def _text(lines: Iterable[str]) -> bytes:
    """Return lines as UTF-8; names that are none keep their bytes."""
    return "".join(f"{each}\n" for each in lines).encode("utf-8", "surrogateescape")


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda each: str(each["path"]))


def prove(work: Work, target: Path, written: int, progress: Progress | None = None) -> Result:
    """Diagnose a result, and compare the evidence with what was read of it."""
    called = [each for each in work.report.network.postoffices if each.called]
    names = {str(target / work.relative(each.path)): each.called for each in called}
    report = diagnose(target, layouts=work.report.layouts, progress=progress, names=names)
    if work.container is not None:
        path, before = work.container
        return Result(target, written, report, () if _is(Path(path), before) else (path,))
    hashes = {path: files.sha256(data) for path, data in work.before.everything().items()}
    hashes |= {path: sha256 for path, (_, sha256) in work.hashed().items()}
    changed = [path for path, before in hashes.items() if not _is(work.root / path, before)]
    return Result(target, written, report, tuple(sorted(changed)))


def _is(path: Path, sha256: str) -> bool:
    """Whether a file still has the content of a hash."""
    try:
        return files.digest(path)[1] == sha256
    except FileAccessError:
        return False


# --- the manifest ------------------------------------------------------------------------------------------------


def _manifest(
    work: Work, inputs: list[dict[str, Any]], outputs: list[dict[str, Any]], arguments: tuple[str, ...]
) -> dict[str, Any]:
    targets = work.targets
    return {
        "schema": SCHEMA,
        "tool": {"name": "glbtools", "version": __version__},
        "arguments": list(arguments),
        "container": dict(zip(("path", "sha256"), work.container, strict=True)) if work.container else None,
        "inputs": [each | {"target": targets[each["path"]]} if each["path"] in targets else each for each in inputs],
        "outputs": outputs,
        "edits": [each._asdict() for each in work.edits],
        "undone": [each._asdict() for each in work.undone],
        "links": work.links,
        "left": work.left,
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


def _hashdeep(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield "%%%% HASHDEEP-1.0"
    yield "%%%% size,sha256,filename"
    for each in rows:
        yield f"{each['size']},{each['sha256']},./{each['path']}"


# --- the report --------------------------------------------------------------------------------------------------


def report_lines(work: Work) -> Iterator[str]:
    """Yield the report: what was done, why, and what was not."""
    yield f"Rebuilt by glbtools {__version__}"
    yield ""
    yield plural(len(work.edits), "edit") if work.edits else "Nothing was changed."
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
    for path, why in work.left.items():
        yield f"  {path} is not copied: {why}"
    yield ""
    yield "What every record of the result is, and where it was: manifest.json."
    yield "The offsets of these files are assumed (docs/method.md); results are as good as that."
