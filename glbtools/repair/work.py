"""The files while a plan is made: what they were, what they become, and what is noted about it.

Remedies read and write here. Each reads the numbers as the remedies before it have left them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from glbtools import files
from glbtools.diagnosis.case import Case, cases
from glbtools.diagnosis.engine import Report
from glbtools.diagnosis.finding import Evidence, Finding
from glbtools.diagnosis.wording import plural
from glbtools.errors import FileAccessError, UsageError
from glbtools.evidence.containers import below, outermost, tree, within
from glbtools.evidence.disk import Disk, Office
from glbtools.evidence.postoffice import OUR_OWN
from glbtools.evidence.sources import INSIDE, Entry, OnDisk
from glbtools.formats import config
from glbtools.formats.queue import CONFIRMED_TEXT, parse_queue, rewritten
from glbtools.model.change import Change
from glbtools.model.configuration import node_of
from glbtools.repair.edits import Edit, Remainder

OWN = OUR_OWN[0]


class Work:
    """A directory while its rebuilding is planned.

    Attributes:
        root: the directory, archive or image.
        report: what is wrong with it.
        disk: its files as they become, as far as a remedy may read them; what an earlier rebuild put beside the
            postoffices is not among them.
        copied: its other files, which are copied as they are: path -> where it lies.
        saved: files that go beside the postoffices: path below ``glbtools-rebuild/`` -> content.
        edits: what is done, in order.
        undone: what is not done, and why.
        queues: queue file that was written -> its changes, each with the record it is a copy of.
        unsafe: whether edits may change what files mean.
        links: symbolic links that were not followed.
        targets: links to files, which are copied by content: path -> where it leads.
        left: what is not copied, and why: path -> reason.
        container: path and hash of the archive or image; None for a directory.
    """

    def __init__(self, report: Report, root: Path, *, unsafe: bool, max_size: int = files.DEFAULT_MAX_SIZE) -> None:
        self.root, self.report, self.unsafe, self.max_size = root, report, unsafe, max_size
        top = tree(root, max_size)
        if top is None:
            raise UsageError("rebuild takes one directory, archive or image: a postoffice, or a network of them")
        self._top = top.shown
        outer = outermost(str(root))
        self.container = None if top.path else (outer, files.digest(outer)[1])
        self.before, self.disk, self.copied = Disk(), Disk(), dict[str, Entry]()
        self.entries: dict[str, str] = {}
        self.links: list[str] = []
        self.left: dict[str, str] = {}
        self.targets: dict[str, str] = {}
        for path, entry in below(top):
            parts = PurePosixPath(path).parts
            if parts[0].lower() != OWN and not entry.deleted and not any(map(files.is_leftover, parts)):
                self._take(path, entry)
        self.links.sort()
        self._hashed: dict[str, tuple[int, str]] = {}
        self.saved: dict[str, bytes] = {}
        self.edits: list[Edit] = []
        self.undone: list[Remainder] = []
        self.queues: dict[str, list[Change]] = {}
        self.cases: dict[str, Case] = {each.postoffice.path: each for each in cases(report.network, report.now)}

    def _take(self, path: str, entry: Entry) -> None:
        """Read a file that a remedy may change; keep the place of any other, and name what is no file."""
        if entry.other:
            if isinstance(entry, OnDisk) and entry.is_link:
                self.links.append(path)
            else:
                self.left[path] = entry.other
            return
        self.entries[entry.shown] = path
        if entry.target:
            self.targets[path] = entry.target
        self.copied[path] = entry
        if path.upper().endswith(".GLB"):
            try:
                self._fetch(path)
            except FileAccessError as error:
                if self.container is None:
                    raise
                self.left[path] = str(error).removeprefix(f"{entry.shown}: ")

    def _fetch(self, path: str) -> None:
        """Read a file that was only to be copied."""
        entry = self.copied.pop(path, None)
        if entry is not None:
            data = entry.read(self.max_size)
            self.before.write(path, data)
            self.disk.write(path, data)

    # --- postoffices ---------------------------------------------------------------------------------------------

    def office(self, case: Case) -> Office:
        """Return the files of a postoffice."""
        return Office(case.postoffice.shown, self.relative(case.postoffice.path), self.disk, case.postoffice.layouts)

    def relative(self, path: str) -> str:
        """Return a path below the directory; ``.`` for the directory itself.

        Raises:
            UsageError: it is not below it.
        """
        found = within(self._top, path)
        if found is None:
            raise UsageError(f"{path} is not below {self.root}; rebuild takes one directory, archive or image")
        return found

    def shown(self, path: str) -> str:
        """Return a path of the directory as the report shows it."""
        separator = "" if self._top.endswith((INSIDE, "/")) else "/"
        return f"{self._top}{separator}{path}"

    def hashed(self) -> dict[str, tuple[int, str]]:
        """Return size and hash of what is only copied; of a container, what cannot be read is left out, and named.

        Raises:
            FileAccessError: a file of a directory cannot be read.
        """
        for path, entry in [each for each in self.copied.items() if each[0] not in self._hashed]:
            try:
                self._hashed[path] = entry.digest(None)
            except FileAccessError as error:
                if self.container is None:
                    raise
                del self.copied[path]
                self.left[path] = str(error).removeprefix(f"{entry.shown}: ")
        return {path: self._hashed[path] for path in sorted(self.copied)}

    def digest(self, shown: str) -> str | None:
        """Return the hash of a file as it was read; None for one that is not of the directory, or cannot be read.

        The hash of the archive or image stands for it where that was given.
        """
        if self.container is not None and shown == self.container[0]:
            return self.container[1]
        path = self.entries.get(shown)
        if path is None:
            return None
        if path in self.copied:
            found = self.hashed().get(path)
            return found[1] if found else None
        data = self.before.read(path)
        return None if data is None else files.sha256(data)

    def place(self, case: Case, name: str) -> str:
        """Return the path of a file of a postoffice, relative to the directory, as it is spelled there."""
        artefact = case.postoffice.find(name)
        if artefact is not None:
            return self.relative(artefact.path)
        prefix = self.relative(case.postoffice.path)
        inside = name if case.postoffice.flat else f"GLB/{name}"
        return inside if prefix == "." else f"{prefix}/{inside}"

    def label(self, case: Case) -> str:
        """Return a name for a postoffice that can be part of a file's."""
        return (case.postoffice.name or case.postoffice.path).replace("/", "-").strip("-.")

    def read(self, case: Case, name: str) -> bytes | None:
        """Return a file of a postoffice as it has become."""
        path = self.place(case, name)
        self._fetch(path)
        return self.disk.read(path)

    @property
    def server(self) -> Case | None:
        """The server, if it is given."""
        server = self.report.network.server
        return self.cases.get(server.path) if server else None

    # --- numbers as they have become -------------------------------------------------------------------------------

    def reqconf(self, case: Case) -> config.ReqConfFile | None:
        """Return REQCONF.GLB; None where it is missing or short."""
        data, layout = self.read(case, "REQCONF.GLB"), case.postoffice.layouts["reqconf"]
        return config.parse_reqconf(data, layout) if data and len(data) >= layout.record else None

    def srvconf(self) -> config.SrvConfFile | None:
        """Return the server's SRVCONF.GLB."""
        if self.server is None:
            return None
        data = self.read(self.server, "SRVCONF.GLB")
        return config.parse_srvconf(data, self.server.postoffice.layouts["srvconf"]) if data else None

    def registered(self, case: Case) -> int:
        """Return the number of a postoffice's record in SRVCONF; 0 where it has none."""
        srvconf, name = self.srvconf(), case.postoffice.name
        for each in srvconf.config.requestors if srvconf and name else ():
            if node_of(each.name) == (name or "").upper():
                return each.number
        return 0

    def confirmed(self, case: Case) -> int | None:
        """Return a, ReqSync of REQCONF."""
        file = self.reqconf(case)
        return file.config.reqsync if file else None

    def applied(self, case: Case) -> int | None:
        """Return b, ReqSync of the server's record."""
        srvconf, number = self.srvconf(), self.registered(case)
        return srvconf.config.requestors[number - 1].reqsync if srvconf and number else None

    def records(self, case: Case, queue: str) -> list[Change]:
        """Return the records of a queue, dummies included."""
        return [each for each, _ in self._queue(case, queue)]

    def real(self, case: Case, queue: str) -> list[Change]:
        """Return the changes in a queue."""
        return [each for each, is_dummy in self._queue(case, queue) if not is_dummy]

    def _queue(self, case: Case, queue: str) -> Iterator[tuple[Change, bool]]:
        """Yield what a queue holds, and whether it only holds a number."""
        path, data = self.place(case, f"{queue}.GLB"), self.read(case, f"{queue}.GLB")
        if data:
            held = parse_queue(data, case.postoffice.layouts["queue"])
            read = (Change(each.sync, each.text, held.moment(each), record=each, path=path) for each in held.records)
            for change, record in zip(self.queues.get(path, read), held.records, strict=True):
                yield change, held.is_dummy(record)

    def top(self, case: Case) -> int:
        """Return the highest number that anything attests for a requestor: above it new numbers are safe."""
        last = max((each.sync for each in self.records(case, "REQTRANS")), default=0)
        return max(last, self.confirmed(case) or 0, self.applied(case) or 0)

    # --- writing ---------------------------------------------------------------------------------------------------

    def note(self, finding: Finding, case: Case, path: str, what: str, before: str, after: str, why: str) -> None:
        """Note an edit; what only goes beside the postoffices is always safe."""
        safety = "safe" if what == "save" else finding.problem.repair
        self.edits.append(
            Edit(
                finding.problem.slug,
                case.postoffice.shown,
                path,
                what=what,
                before=before,
                after=after,
                why=why,
                safety=safety,
            )
        )

    def _note_whole(self, finding: Finding, case: Case, path: str, before: str, after: str, why: str) -> None:
        """Note that a file was written whole; of two writings for one finding the first is nobody's business."""
        for number, each in enumerate(self.edits):
            if (each.path, each.what, each.slug) == (path, "write", finding.problem.slug):
                before, why = each.before, f"{each.why}; {why}" if why not in each.why else each.why
                del self.edits[number]
                break
        self.note(finding, case, path, what="write", before=before, after=after, why=why)

    def leave(self, finding: Finding, why: str, *, lost: bool = False) -> None:
        """Note what is not done."""
        self.undone.append(Remainder(finding.problem.slug, finding.postoffice or finding.path, why, lost))

    def replaced(self, evidence: Sequence[Evidence]) -> bool:
        """Whether remedies have done away with every byte that some evidence points to."""
        for each in evidence:
            path = within(self._top, each.path)
            before = self.before.read(path) if path else None
            if path is None or each.span is None or before is None:
                return False
            if before[slice(*each.span)] in (self.disk.read(path) or b""):
                return False
        return bool(evidence)

    def put_queue(self, finding: Finding, case: Case, queue: str, changes: Sequence[Change], why: str) -> None:
        """Write a queue; see ``rewritten``."""
        path = self.place(case, f"{queue}.GLB")
        data = rewritten(changes, case.postoffice.layouts["queue"], case.now).build()
        before = self.disk.read(path)
        if before == data:
            return
        known = len(self.records(case, queue))
        self.disk.write(path, data)
        self.queues[path] = list(changes)
        self._note_whole(finding, case, path, before=described(before, known), after=_numbers(changes), why=why)

    def dummy(self, number: int) -> Change:
        """Return the record that only holds a number, as T3 leaves it (Q133428)."""
        return Change(number, CONFIRMED_TEXT)

    def set_reqconf(self, finding: Finding, case: Case, why: str, **values: object) -> None:
        """Change numbers of REQCONF.GLB."""
        file = self.reqconf(case)
        if file is None:
            return
        changed = {name: value for name, value in values.items() if getattr(file.config, name) != value}
        if not changed:
            return
        path = self.place(case, "REQCONF.GLB")
        self.disk.write(path, config.changed_reqconf(file, **changed).build())
        before = ", ".join(f"{name} {_shown(getattr(file.config, name))}" for name in changed)
        after = ", ".join(f"{name} {_shown(value)}" for name, value in changed.items())
        self.note(finding, case, path, what="write", before=before, after=after, why=why)

    def know_imports(self, case: Case, finding: Finding) -> None:
        """Let the server's record count the imports that a postoffice has had: below that its answers are refused."""
        file, srvconf, number = self.reqconf(case), self.srvconf(), self.registered(case)
        imports = file.config.importsync if file else None
        counted = srvconf.config.requestors[number - 1].importsync if srvconf and number else None
        if number and imports is not None and counted is not None and counted < imports:
            shown = case.postoffice.shown
            why = f"{shown} has had {imports} imports; what the server answers with less is refused (Q99961)"
            self.set_srvconf(finding, why, {number: {"importsync": imports}})

    def set_srvconf(
        self, finding: Finding, why: str, requestors: dict[int, dict[str, object]] | None = None, **header: object
    ) -> None:
        """Change numbers of SRVCONF.GLB."""
        file, case = self.srvconf(), self.server
        if file is None or case is None:
            return
        known = file.config
        wanted: dict[int, dict[str, object]] = {}
        for number, values in (requestors or {}).items():
            own = known.requestors[number - 1]
            wanted[number] = {name: value for name, value in values.items() if getattr(own, name) != value}
        wanted = {number: values for number, values in wanted.items() if values}
        top = {name: value for name, value in header.items() if getattr(known, name) != value}
        if not wanted and not top:
            return
        path = self.place(case, "SRVCONF.GLB")
        self.disk.write(path, config.changed_srvconf(file, wanted, **top).build())
        before = [f"{name} {_shown(getattr(known, name))}" for name in top]
        after = [f"{name} {_shown(value)}" for name, value in top.items()]
        for number, values in wanted.items():
            own = known.requestors[number - 1]
            before += [f"{own.name} {name} {_shown(getattr(own, name))}" for name in values]
            after += [f"{own.name} {name} {_shown(value)}" for name, value in values.items()]
        self.note(finding, case, path, what="write", before=", ".join(before), after=", ".join(after), why=why)

    def write(
        self,
        finding: Finding,
        case: Case,
        name: str,
        data: bytes,
        after: str,
        why: str,
        changes: Sequence[Change] = (),
    ) -> None:
        """Write a file whole; of a queue, ``changes`` says what its records are copies of."""
        path, before = self.place(case, name), self.read(case, name)
        if before == data:
            return
        self.disk.write(path, data)
        self.queues[path] = list(changes)
        self._note_whole(finding, case, path, before=described(before), after=after, why=why)

    def move(self, finding: Finding, case: Case, name: str, why: str) -> None:
        """Move a file to the saved ones."""
        path, data = self.place(case, name), self.read(case, name)
        if data is None:
            return
        self.disk.delete(path)
        self.saved[f"saved/{path}"] = data
        self.note(finding, case, path, what="move", before=described(data), after=f"{OWN}/saved/{path}", why=why)

    def save(self, finding: Finding, case: Case, name: str, data: bytes, what: str, why: str) -> None:
        """Put a file beside the postoffices; one of the same name that holds something else stays there, too."""
        stem, dot, end = name.rpartition(".")
        number = 1
        while self.saved.get(name, data) != data:
            number += 1
            name = f"{stem}-{number}{dot}{end}"
        if name in self.saved:
            return
        self.saved[name] = data
        self.note(finding, case, f"{OWN}/{name}", what="save", before="", after=what, why=why)


def described(data: bytes | None, records: int | None = None) -> str:
    """Say what a file was."""
    if data is None:
        return "absent"
    more = f", {plural(records, 'record')}" if records else ""
    return f"{plural(len(data), 'byte')}{more}"


def _numbers(changes: Sequence[Change]) -> str:
    if not changes:
        return "0 bytes"
    numbers = [each.sync for each in changes]
    span = f"number {numbers[0]}" if len(numbers) == 1 else f"numbers {numbers[0]} to {numbers[-1]}"
    return f"{plural(len(numbers), 'record')}, {span}"


def _shown(value: object) -> str:
    return "unknown" if value is None else str(value)
