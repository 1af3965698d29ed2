"""One postoffice while its changes are looked at, and why a change of it stands where it does."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from glbtools.diagnosis.case import Case, copied_from, low_part, never_taken, server_name
from glbtools.diagnosis.changes.content import Content
from glbtools.diagnosis.changes.found import Obstacle, Route
from glbtools.diagnosis.finding import Evidence
from glbtools.formats.logs import LogLine
from glbtools.model.change import Change
from glbtools.model.doubts import NAMED_OTHERWISE, least


class View:
    """One postoffice while it is looked at, with what many of its changes need once."""

    def __init__(self, case: Case, content: Content) -> None:
        self.case, self.content = case, content
        self.server_name = (server_name(case) or "").upper() or None

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """What would remove the doubts in the evidence as a whole: a name that is only likely, files of two days."""
        named = () if self.case.postoffice.name_certain else (NAMED_OTHERWISE.tells,)
        copied = ("this postoffice's own REQCONF",) if copied_from(self.case) else ()
        part = ("a listing of the queues, to learn their whole layout",) if self.partial else ()
        return (*part, *named, *copied, *(("REQTRANS and REQCONF of one day",) if self.case.skew else ()))

    @cached_property
    def exchanged(self) -> bool:
        """Whether it may be another postoffice, whose directory bears its name."""
        return (self.case.postoffice.name or "").upper() in self.case.others.exchanged

    @cached_property
    def partial(self) -> bool:
        """Whether the layout of a queue does not say which of its records are in it (docs/certainty.md 3)."""
        read = (self.case.postoffice.read(each) for each in self.case.postoffice.artefacts)
        return any(found.content.layout.partial for found in read if found and found.entry.name == "queue")

    @cached_property
    def reasons(self) -> tuple[Evidence, ...]:
        """Where the two numbers of the upload stand."""
        both = (
            self.case.stored("reqsync", "the last number confirmed"),
            self.case.served("reqsync", "the last number the server has"),
        )
        return tuple(each for each in both if each and each.value is not None)

    @cached_property
    def damage(self) -> list[Evidence]:
        """The stretches of REQTRANS that are no record and not only zeros."""
        artefact = self.case.postoffice.find("REQTRANS.GLB")
        found = self.case.postoffice.read(artefact) if artefact else None
        if artefact is None or found is None or found.entry.name != "queue":
            return []
        gaps = [each for each in found.content.gaps if each.data.strip(b"\0")]
        return [
            Evidence(artefact.path, (each.start, each.stop), None, "gap", None, note="no whole record") for each in gaps
        ]

    @cached_property
    def last_sent(self) -> LogLine | None:
        """The last log line that says changes were sent (message 106)."""
        lines = [each for each in self.case.lines(106) if each.moment and each.argument != "0"]
        return max(lines, key=lambda each: each.moment or datetime.min) if lines else None

    @cached_property
    def refused(self) -> set[int]:
        """The numbers that the server has, of changes that it never took."""
        return {each.sync for each in never_taken(self.case)}

    @cached_property
    def low(self) -> dict[tuple[int, str], tuple[str, ...]]:
        """The changes at or below ReqSync that no file shows to have arrived, with what speaks against it."""
        return {(each.record.sync, each.record.text): each.signs for each in low_part(self.case)}

    def sent(self, change: Change) -> bool:
        """Whether a log shows that a change was sent: T1 sends everything that is queued."""
        last = self.last_sent.moment if self.last_sent else None
        return last is not None and change.stamp is not None and change.stamp <= last

    def doubted(self, standing: Obstacle) -> Obstacle:
        """Lower a certainty where the evidence as a whole is doubtful, and say what would remove the doubt."""
        sure = standing.certainty
        sure = "possible" if self.partial or self.exchanged else least(sure, "likely") if self.doubts else sure
        return standing._replace(
            certainty=sure, note=standing.note.strip(), settled_by=(*standing.settled_by, *self.doubts)
        )

    @property
    def upload(self) -> Route:
        """From this postoffice to the server."""
        return Route(self.case.postoffice.name, self.case.postoffice.path, self.server_name, "upload")

    @property
    def download(self) -> Route:
        """From the server to this postoffice."""
        holder = self.case.server.postoffice if self.case.server else self.case.postoffice
        return Route(self.server_name, holder.path, self.case.postoffice.name, "download")


def applied(case: Case) -> int | None:
    """Return the last number of a postoffice that the server has."""
    return case.requestor.reqsync if case.requestor else None
