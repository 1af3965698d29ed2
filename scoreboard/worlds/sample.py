"""A sample of views as real files, judged by ``glbtools diagnose --json`` and ``glbtools unsent --json`` themselves."""

from __future__ import annotations

import io
import json
import random
import shutil
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

from glbtools import cli, files
from glbtools.diagnosis.changes.upload import UNDER_WAY
from glbtools.diagnosis.checks.upload import MAIL_THAT_BEARS
from scoreboard.worlds.judge import Cause, Refuted, Said, Statement
from scoreboard.worlds.materialize import REQUESTORS, materialize, name_of
from scoreboard.worlds.signs import signs
from scoreboard.worlds.state import EXPORT, REAL
from scoreboard.worlds.truth import COMES, LACKS, NEVER, REACHED, Worlds
from scoreboard.worlds.views import View

NOT_SENT_AGAIN = frozenset({NEVER})
REACHED_OR_NEVER = frozenset({NEVER, REACHED})
CLAIMS: dict[str, frozenset[str]] = {
    "pending": frozenset({COMES, REACHED}),
    "unacknowledged": frozenset({COMES, REACHED}),
    "stranded": NOT_SENT_AGAIN,
    "rejected": NOT_SENT_AGAIN,
    "unregistered": NOT_SENT_AGAIN,
    "hole": frozenset({NEVER, LACKS}),
    "vanished": frozenset({NEVER, LACKS}),
}
"""Why a change is in ``unsent`` -> what that claims of it."""

SLUG_CAUSES: dict[str, frozenset[str]] = {
    "server-restored-from-backup": frozenset({"SREST", "SPAIR", "SCONF"}),
    "reqconf-cloned-or-restored": frozenset({"CLONE", "RREST"}),
    "requestor-reset-incomplete": frozenset({"Z", "FULL"}),
    "server-reenabled-or-replaced": frozenset({"SNEW"}),
    "requestor-readded": frozenset({"RECREATE", "FULL"}),
    "resync-after-adds": frozenset({"RESYNC"}),
    "resync-inflated-reqsync": frozenset({"RESYNC"}),
    "reqtrans-podiag-dummy-60": frozenset({"DUMMY"}),
    "reqtrans-deleted-zero-byte": frozenset({"EMPTY"}),
    "msttrans-corrupt": frozenset({"SCONF", "SMST", "TAIL", "CUT", "PURGE", "GAP"}),
    "requestor-inactive-window": frozenset({"PURGE"}),
    "requestor-not-registered": frozenset({"DELETE"}),
}
"""Problem -> the causes that its name states. One that is not here names what is seen and no cause."""

HISTORY_CAUSES: dict[str, frozenset[str]] = {
    "first-cycle": frozenset(),
    "import-asked": frozenset({"IMPORT"}),
    "server-restored": frozenset({"SREST", "SPAIR"}),
    "resync": frozenset({"RESYNC"}),
    "record-made-anew": frozenset({"RECREATE", "FULL"}),
    "srvconf-restored": frozenset({"SCONF"}),
    "server-enabled-anew": frozenset({"SNEW"}),
    "reqconf-copied": frozenset({"CLONE"}),
    "queue-emptied": frozenset({"EMPTY"}),
    "queue-put-back": frozenset({"OLDQ"}),
    "queue-by-utility": frozenset({"DUMMY"}),
    "clear-interrupted": frozenset({"ICLR"}),
    "reset-by-half": frozenset({"Z"}),
    "requestor-restored": frozenset({"RREST"}),
    "record-deleted": frozenset({"DELETE"}),
    "master-purged": frozenset({"PURGE"}),
    "master-cut": frozenset({"CUT", "TAIL"}),
    "master-restored": frozenset({"SMST"}),
}
"""History of ``glbtools.model.histories`` -> the single faults that are it; none for an ordinary step."""

LOST = frozenset({"server-restored-from-backup", "server-reenabled-or-replaced"})
UPLOADS = LOST | {
    "stranded-transactions", "resync-after-adds", "reqconf-cloned-or-restored", "requestor-reset-incomplete",
    "requestor-not-registered", "server-own-requestor-stranded",
}  # fmt: skip
"""Problems whose ranges are numbers of an upload; of those in ``LOST`` a number without a record is lost."""


class CannotError(Exception):
    """The program could not answer: exit status 2."""


def ask(*arguments: str) -> Any:
    """Return what the command line prints as JSON.

    Raises:
        CannotError: it could not answer.
    """
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with mock.patch.object(sys, "argv", ["glbtools", *arguments]), redirect_stdout(out), redirect_stderr(io.StringIO()):
        try:
            cli.main()
        except SystemExit as left:
            if left.code == 2:
                raise CannotError from None
            if left.code not in (0, 1, None):
                raise RuntimeError(f"{arguments[0]}: exit status {left.code}") from None
    out.flush()
    return json.loads(out.buffer.getvalue())


def said_of(seen: View, directory: Path, older: Path | None = None) -> Said:
    """Return what the program says of a view whose files are in a directory, perhaps with those of an earlier day."""
    beside = ["--older", str(older)] if older else []
    diagnosis = ask("diagnose", "--json", str(directory), *beside)
    unsent = ask("unsent", "--json", str(directory), *beside)
    statements = (*_changes(seen, unsent), *_ranges(seen, diagnosis))
    unknown = frozenset(
        at
        for at in range(len(seen.members))
        for row in unsent["unknown"]
        if row["channel"] == "upload" and REQUESTORS[at].lower() in (Path(row["path"]).name, _postoffice(row["origin"]))
    )
    causes, refuted = tuple(_causes(seen, diagnosis)), tuple(_refuted(seen, diagnosis))
    return Said(statements, causes, refuted, listing=True, unknown=unknown)


def said(seen: View, older: View | None = None) -> Said:
    """Return what the program says of a view: it is written as files, and they are judged.

    Args:
        seen: the view.
        older: what the files showed on an earlier day, given as ``--older``.
    """
    directory = Path(tempfile.mkdtemp(prefix="worlds-"))
    try:
        files.write_tree(materialize(seen), directory / "net", sync=False)
        if older is None:
            return said_of(seen, directory / "net")
        files.write_tree(materialize(older), directory / "older", sync=False)
        return said_of(seen, directory / "net", directory / "older")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _changes(seen: View, document: Any) -> list[Statement]:
    """Return what ``unsent`` says: of changes with their content, and of ranges."""
    found = []
    for row in document["unsent"]:
        at = _requestor(seen, row["postoffice"])
        if at is None or row["channel"] != "upload":
            continue
        place = _place(seen, at, row["sync"], row["text"])
        if place is not None:
            why, resting = f"unsent {row['why']}", UNDER_WAY in row["note"]
            found.append(Statement(at, place, 0, CLAIMS[row["why"]], row["certainty"], why, _loud(row), resting))
    for row in document["ranges"]:
        at = _requestor(seen, row["origin"])
        if at is None or row["channel"] != "upload":
            continue
        low, high = row["range"]
        for number in range(low + 1, high + 1):
            why = f"unsent range {row['why']}"
            found.append(Statement(at, -1, number, frozenset({LACKS}), row["certainty"], why, _loud(row)))
    return found


def _loud(row: Any) -> bool:
    return bool(row["certainty"] != "possible" and row.get("severity", "error") != "note")


def _ranges(seen: View, document: Any) -> list[Statement]:
    """Return what findings say of numbers: held ones are not sent again, others are lost."""
    found = []
    for row in document["findings"]:
        at = _requestor(seen, row["postoffice"])
        if at is None or row["slug"] not in UPLOADS:
            continue
        member = seen.members[at]
        for low, high in row["ranges"]:
            for number in range(low + 1, high + 1):
                held = [
                    place for place, each in enumerate(member.queue or ()) if each.sync == number and each.kind in REAL
                ]
                why = f"{row['slug']}: effect"
                resting = any(MAIL_THAT_BEARS in each for each in row["notes"])
                for place in held:
                    said = (REACHED_OR_NEVER, row["certainty"], why, _loud(row), resting)
                    found.append(Statement(at, place, 0, *said))
                if not held and row["slug"] in LOST and member.config and number <= member.config.confirmed:
                    found.append(Statement(at, -1, number, frozenset({LACKS}), row["certainty"], why, _loud(row)))
    return found


def _causes(seen: View, document: Any) -> list[Cause]:
    """Return the causes that findings state."""
    return [
        Cause(SLUG_CAUSES[row["slug"]], row.get("cause_certainty", row["certainty"]), f"{row['slug']}: cause")
        for row in _concerned(seen, document)
        if row["slug"] in SLUG_CAUSES
    ]


def _refuted(seen: View, document: Any) -> list[Refuted]:
    """Return the histories that findings say did not happen, and by which sign."""
    return [
        Refuted(HISTORY_CAUSES[each["slug"]], f"{row['slug']}: not {each['slug']}, by {each.get('sign', '?')}")
        for row in _concerned(seen, document)
        for each in row.get("refuted", ())
        if each["slug"] in HISTORY_CAUSES
    ]


def _concerned(seen: View, document: Any) -> list[Any]:
    """Return the findings of the first requestor, at which faults happen, and of the server."""
    return [row for row in document["findings"] if _requestor(seen, row["postoffice"]) in (None, 0)]


def _postoffice(name: str | None) -> str:
    return (name or "").rpartition("/")[2].lower()


def _requestor(seen: View, name: str | None) -> int | None:
    names = [name_of(at) for at in range(len(seen.members))]
    return names.index(name) if name in names else None


def _place(seen: View, at: int, sync: int, text: str) -> int | None:
    """Return where a change stands in REQTRANS: by its number, and its text where a number occurs twice."""
    for place, each in enumerate(seen.members[at].queue or ()):
        shown = "R " if each.kind == EXPORT else f"/USER{each.like or place + 1}"
        if each.kind in REAL and each.sync == sync and shown in text:
            return place
    return None


def drawn(worlds: Worlds, count: int, seed: int = 1) -> list[View]:
    """Return a seeded sample of views in which each kind of view has its turn: those that show the same signs."""
    dice = random.Random(seed)  # noqa: S311 - it is no secret
    kinds: dict[tuple[str, ...], list[View]] = {}
    for seen in worlds.views:
        kinds.setdefault(tuple(sorted(signs(seen))), []).append(seen)
    waiting = [kinds[each] for each in sorted(kinds)]
    for each in waiting:
        dice.shuffle(each)
    found: list[View] = []
    while waiting and len(found) < count:
        dice.shuffle(waiting)
        found += [each.pop() for each in waiting[: count - len(found)]]
        waiting = [each for each in waiting if each]
    return found
