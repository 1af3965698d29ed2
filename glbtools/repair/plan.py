"""A plan: what is done to which file and why, and what is not. The plan that is shown is the one that is executed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path

from glbtools import files
from glbtools.brief import brief, count
from glbtools.diagnosis.case import Case
from glbtools.diagnosis.engine import Report
from glbtools.diagnosis.finding import Finding
from glbtools.diagnosis.wording import NUMBERS_END
from glbtools.errors import FieldError, FileAccessError, OutputExistsError, UsageError
from glbtools.evidence.containers import outermost, tree, within
from glbtools.evidence.sources import INSIDE
from glbtools.model.channel import clipped
from glbtools.progress import Progress
from glbtools.repair.edits import Edit, Remainder
from glbtools.repair.result import Result, contents, prove
from glbtools.repair.salvage import again, not_taken
from glbtools.repair.work import Work

REMEDIES: dict[str, str] = {
    "queue-damaged": "queues.damaged",
    "listds-pointers-not-reset": "configuration.pointers",
    "reqconf-missing-or-short": "configuration.reqconf",
    "reqconf-damaged": "configuration.reqconf",
    "srvconf-missing": "configuration.srvconf_missing",
    "srvconf-corrupt-size": "configuration.srvconf_size",
    "keep-updates-corrupted": "configuration.keep_updates",
    "msttrans-missing": "queues.master",
    "msttrans-corrupt": "queues.master",
    "import-hang-bad-modify": "queues.bad_modification",
    "server-restored-from-backup": "server.went_back",
    "server-reenabled-or-replaced": "server.enabled_anew",
    "requestor-readded": "configuration.readded",
    "requestor-crc-poison-record": "upload.poisoned",
    "reqconf-cloned-or-restored": "upload.went_back",
    "requestor-reset-incomplete": "upload.reset",
    "stranded-transactions": "upload.stranded",
    "resync-after-adds": "upload.overtaken",
    "reqtrans-deleted-zero-byte": "upload.armed",
    "reqtrans-missing": "upload.armed",
    "reqtrans-podiag-dummy-60": "upload.armed",
    "reqtrans-49-byte-idle": "upload.armed",
    "records-vanished": "upload.queued_again",
    "resync-left-on-server": "queues.resync_on_server",
    "resync-not-consumed": "resync.applied",
    "temp-files-leftover": "queues.left_behind",
    "srvtrans-leftover-13": "queues.left_behind",
    "usrtrans-corrupt-45-150": "queues.left_behind",
    "import-rename-7": "queues.stray_files",
}
"""Slug -> what repairs it, in the order in which remedies are applied: files that are whole before numbers that agree,
the server before its requestors."""


class Plan:
    """What a rebuild does.

    Attributes:
        edits: in order.
        undone: what is left, and why; losses among it.
    """

    def __init__(self, work: Work, *, unsafe: bool, only: tuple[str, ...]) -> None:
        self._work = work
        self.unsafe, self.only = unsafe, only

    def __repr__(self) -> str:
        return brief("Plan", f"{count(len(self.edits), 'edit')}, {len(self.undone)} left, {self._work.root}")

    @property
    def edits(self) -> list[Edit]:
        """What is done, in order."""
        return self._work.edits

    @property
    def undone(self) -> list[Remainder]:
        """What is left as it is, and why."""
        return self._work.undone

    @property
    def lost(self) -> bool:
        """Whether anything is lost that no file given holds."""
        return any(each.lost for each in self.undone)

    @property
    def unlooked(self) -> dict[str, str]:
        """What was given, is no symbolic link, and was not looked at, so that nothing is said of it: path -> why."""
        passed_over = {each.path: each.why for each in self._work.report.evidence.passed_over}
        links = {self._work.shown(each) for each in self.links}
        left = {self._work.shown(path): why for path, why in self._work.left.items()}
        return left | {path: why for path, why in passed_over.items() if path not in links}

    @property
    def links(self) -> list[str]:
        """Symbolic links in the evidence, which are not followed."""
        return self._work.links

    def write(self, into: str | Path, *, arguments: Iterable[str] = (), progress: Progress | None = None) -> Result:
        """Write the result to a new directory, and diagnose it.

        Raises:
            OutputExistsError: the directory exists, or lies inside the evidence.
            FileAccessError: a file cannot be read or written.
            UsageError: a file has changed since it was diagnosed.
        """
        target = Path(into)
        refuse(self._work.root, target)
        container = self._work.container
        _check_unchanged(self._work, lambda path: container[1] if container and path == container[0] else None)
        written = contents(self._work, tuple(arguments))
        files.write_tree(written, target, progress=progress)
        return prove(self._work, target, len(written), progress)


def refuse(root: Path, target: Path) -> None:
    """Refuse a directory that exists, or one inside the evidence or around it.

    Raises:
        OutputExistsError: it is such a one.
        FileAccessError: a file stands where its path has a directory.
    """
    inside, around = Path(outermost(str(root))).resolve(), target.resolve()
    if target.exists() or target.is_symlink():
        raise OutputExistsError(f"{target}: exists; rebuild writes a new directory")
    files.check_above(target)
    if around.is_relative_to(inside) or inside.is_relative_to(around):
        raise OutputExistsError(f"{target}: lies inside the evidence, which is never written to")


def plan_rebuild(
    report: Report, *, unsafe: bool = False, only: Iterable[str] = (), carve: Iterable[str | Path] = ()
) -> Plan:
    """Return what a rebuild of the directory of a report would do.

    Args:
        report: what ``diagnose`` found in one directory, archive or image.
        unsafe: allow edits that may change what files mean.
        only: codes or slugs; only these problems are treated.
        carve: images in which queue records are looked for.

    Raises:
        UsageError: the report is of several paths, or of files; there is no such problem; a postoffice lies in an
            archive below the path; or a file has changed since the report was made.
        FileAccessError: a file cannot be read.
    """
    from glbtools.diagnosis.problems import find

    if report.paths and not report.evidence.only.postoffices:
        raise UsageError(
            f"{report.paths[0]}: no postoffice in it to rebuild; what a directory dump or a pair needs, diagnose says"
        )
    if len(report.paths) != 1:
        raise UsageError("rebuild takes one directory, archive or image: a postoffice, or a network of them")
    _refuse_deeper(report)
    wanted = tuple(find(each).slug for each in only)
    work = Work(report, Path(report.paths[0]), unsafe=unsafe)
    _check_unchanged(work, work.digest)
    if work.left and not work.before.everything():
        path, why = next(iter(work.left.items()))
        raise UsageError(f"{report.paths[0]}: no file of a postoffice in it can be read; {path}: {why}")
    order = list(REMEDIES)
    for finding in sorted(report.findings, key=lambda each: _place(order, each)):
        if finding.severity == "note" and finding.problem.slug not in ("resync-after-adds",):
            continue
        if wanted and finding.problem.slug not in wanted:
            continue
        _treat(work, finding)
    if unsafe:
        for case in work.cases.values():
            paths = {each.path for each in case.postoffice.artefacts}
            own = (each for each in report.findings if any(place.path in paths for place in each.evidence))
            _queue_passed_over(work, case, [each for each in own if not wanted or each.problem.slug in wanted])
    for image in carve:
        from glbtools.repair.carve import take_up

        take_up(work, Path(image))
    return Plan(work, unsafe=unsafe, only=wanted)


def _refuse_deeper(report: Report) -> None:
    """Refuse postoffices that lie in an archive below what was given.

    Raises:
        UsageError: there are some.
    """
    top = tree(Path(report.paths[0]), files.DEFAULT_MAX_SIZE)
    for postoffice in report.network.postoffices:
        path = within(top.shown, postoffice.path) if top else "."
        deeper = path is None or INSIDE in path
        if deeper and any(each.entry.path is None for each in postoffice.artefacts):
            archive = postoffice.path.rpartition(INSIDE)[0]
            raise UsageError(f"{postoffice.path}: lies in {archive}, of which rebuild writes nothing; give {archive}")


def _check_unchanged(work: Work, digest: Callable[[str], str | None]) -> None:
    """Compare the files on disk with what was judged.

    Args:
        work: the directory.
        digest: returns the hash of a file as it was read since; None for one that is read now.

    Raises:
        UsageError: a file has changed, or is no file any more.
    """
    for each in work.report.inputs:
        if each.sha256 is None or INSIDE in each.path:
            continue
        try:
            now = digest(each.path) or files.digest(each.path)[1]
        except FileAccessError as error:
            why = str(error).removeprefix(f"{each.path}: ")
            raise UsageError(f"{each.path}: has changed since it was diagnosed: {why}; diagnose it again") from None
        if now != each.sha256:
            raise UsageError(f"{each.path}: has changed since it was diagnosed; diagnose it again")


def _place(order: list[str], finding: Finding) -> int:
    return order.index(finding.problem.slug) if finding.problem.slug in order else len(order)


def _treat(work: Work, finding: Finding) -> None:
    slug, repair = finding.problem.slug, finding.problem.repair
    if slug not in REMEDIES or repair == "none":
        if not work.replaced(finding.evidence):
            work.leave(finding, f"nothing in these files repairs it; glbtools explain {finding.problem.code}")
        return
    if repair == "unsafe" and not work.unsafe:
        work.leave(finding, "a repair may change what the files mean; --unsafe allows it")
        return
    if finding.certainty == "possible":
        settled = ", ".join(finding.settled_by) or "more evidence"
        work.leave(finding, f"it is only possible; what would settle it: {settled}")
        return
    case = work.cases.get(finding.path) or work.server
    if case is None:
        work.leave(finding, "its postoffice is not given")
        return
    if case.skew:
        work.leave(finding, "REQTRANS and REQCONF are of different days; both of one moment are needed")
        return
    if _listed(case):
        work.leave(finding, "what a listing prints is no file to write to; the .GLB files themselves are needed")
        return
    done = len(work.edits) + len(work.undone)
    module, _, name = REMEDIES[slug].partition(".")
    try:
        getattr(import_module(f"glbtools.repair.remedies.{module}"), name)(work, case, finding)
    except UsageError as error:
        is_number = isinstance(error, FieldError) and error.field.rpartition(".")[2] == "sync"
        why = f"{NUMBERS_END} ({error})" if is_number else f"what it takes cannot be stored by the layout: {error}"
        work.leave(finding, why)
    if len(work.edits) + len(work.undone) == done:
        work.leave(finding, "what is done for other findings covers it, or nothing in these files can be written")


def _queue_passed_over(work: Work, case: Case, findings: Sequence[Finding]) -> None:
    """Queue again what a noted doubt about ReqSync concerns: whatever explains that, the server does not have it.

    That a server has lost what was confirmed may be only possible, and no remedy is for a cause that is. But of a
    change that is still held, and that a MSTTRANS which reaches back does not hold, every cause says the same.
    """
    low = not_taken(work, case)
    concerned = (each for each in findings if any(clipped(each.ranges, one.sync - 1, one.sync) for one in low))
    finding = next(concerned, None)
    if finding is not None and not case.skew and not _listed(case):
        again(work, case, finding, low)


def _listed(case: Case) -> bool:
    """Whether a postoffice is known from listings and not from its files."""
    queue = case.postoffice.queue("REQTRANS")
    return queue is not None and queue.size is None
