"""Every change that has not reached its target: its number, its content, where that stands, and how sure all of it is.

A change is named by its origin, its target and its number; where numbering began again, one number may name two
changes, told apart by their texts. What the target has received is not unsent, even while the origin has not heard of
it (rulings 11 and 24). Numbers whose content is in no file given are kept as ranges, so that nothing is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

from glbtools import files
from glbtools.diagnosis.case import absent, cases
from glbtools.diagnosis.changes.content import Content
from glbtools.diagnosis.changes.download import add_downloads
from glbtools.diagnosis.changes.found import DIRECTIONS, Unsent
from glbtools.diagnosis.changes.upload import add_uploads
from glbtools.diagnosis.changes.view import View
from glbtools.diagnosis.successors.inputs import SuccessorInputs
from glbtools.errors import UsageError
from glbtools.evidence.network import Evidence
from glbtools.layouts import Layouts
from glbtools.progress import Progress, Steps


def unsent(
    *paths: str | Path,
    direction: str = "upload",
    older: Iterable[str | Path] = (),
    layouts: Layouts | None = None,
    max_size: int = files.DEFAULT_MAX_SIZE,
    progress: Progress | None = None,
    names: Mapping[str, str] | None = None,
) -> Unsent:
    """Return every change that has not reached its target, over all postoffices given.

    Args:
        paths: directories or files of the evidence.
        direction: ``upload`` (to the server), ``download`` (from it) or ``both``.
        older: evidence of earlier moments of the same postoffices; a source of content.
        layouts: how binary files are read.
        max_size: largest file read, in bytes.
        progress: called with the name of each postoffice before it is looked at, how many are done, and of how many.
        names: path of a postoffice -> NET/PO, where you know what it is called.

    Raises:
        FileAccessError: a path does not exist.
        UnknownFormatError: a path holds nothing of a postoffice.
        UsageError: no such direction; no postoffice, but what ``diagnose`` looks at besides; or two current files of
            one kind for one postoffice.
    """
    if direction not in DIRECTIONS:
        raise UsageError(f"direction {direction!r} is none of {', '.join(DIRECTIONS)}")
    older = list(older)
    given = SuccessorInputs(max_size=max_size)
    evidence = given.collect(paths, older, layouts, names)
    given.refuse_unread(evidence)
    if not evidence.postoffices and given.pieces:
        raise UsageError(
            f"{given.pieces[0].path}: no postoffice, so that it has no queue of changes; diagnose looks at directory "
            "dumps and pairs"
        )
    return outstanding(evidence, direction, progress)


def outstanding(evidence: Evidence, direction: str, progress: Progress | None = None) -> Unsent:
    """Return what has not arrived of evidence that was collected already; otherwise as ``unsent``."""
    foreign = sum(each.kind == "foreign" for each in evidence.passed_over)
    found = Unsent(unreadable=evidence.unlooked, passed_over=foreign)
    steps = Steps(progress, len(evidence.postoffices))
    for unit in evidence.units:
        content = Content(unit)
        for case in chain(cases(unit, None), absent(unit, None)):
            steps.begin(case.postoffice.shown)
            view = View(case, content)
            if direction != "download":
                add_uploads(view, found)
            if direction != "upload":
                add_downloads(view, found)
            found.unreadable |= case.postoffice.unreadable
            case.postoffice.release()
    found.arrange()
    return found
