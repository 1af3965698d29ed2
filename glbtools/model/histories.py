"""How the numbers of a requestor and its server come to disagree: each way, and what it can leave behind.

A state of files is what some history left. Each row of ``HISTORIES`` is one thing that may have gone wrong, or been
done, once, with the signs it can leave in the numbers. A sign that is seen and that a history cannot leave refutes it;
a sign that is missing refutes nothing, since every trace vanishes in time. So a cause follows by elimination, and never
from one condition alone (docs/certainty.md 1). All of this is said of histories with a single fault: two faults
together may leave the signs of both.

Who knows Dir-Sync can say of each row whether it is true.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from glbtools.model.doubts import least

SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "behind": "the server's number is below ReqSync",
        "behind-zero": "the server's number is 0 and ReqSync is not",
        "behind-some": "the server's number is below ReqSync and not 0",
        "served-empty": "the server's record has had its Import and updates since, and no number of the requestor",
        "above-every": "ReqSync is above the number of every requestor in SRVCONF",
        "queue-below": "REQTRANS ends below ReqSync",
        "zero-bytes": "REQTRANS has 0 bytes",
        "utility-record": "REQTRANS holds the diagnostic utility's record",
        "ends-below-server": "the server's number is above ReqSync and above all of REQTRANS",
        "unheard": "ReqSync and SrvSync are 0 here, and the server has numbers of this postoffice",
        "dated": "REQCONF has the date of an Export or Import, though its numbers are 0",
        "life-lower": "the server's record has had more Imports than REQCONF has asked for",
        "begun-again": "changes at or below ReqSync are still in REQTRANS",
        "low-not-taken": "a change at or below ReqSync is not in MSTTRANS, which reaches back to it",
        "begins-at-one": "REQTRANS begins at 1 again",
        "confirmed-behind": "the record of a confirmed number stands behind a change",
        "record-zero": "the server's record of this postoffice holds nothing, and its REQCONF does",
        "imports-lower": "the import number in SRVCONF is below that in REQCONF",
        "import-asked": "the import number in REQCONF is one above, and no update of the server is later",
        "imports-far": "the import number in REQCONF is far above, or the server has had updates since the Import",
        "received-above": "SrvSync is above the highest number that the server has issued",
        "server-behind": "the server's own REQCONF has more than its SRVCONF",
        "others-behind": "another requestor shows that the server went back",
        "master-even": "MSTTRANS ends where SRVCONF says",
        "master-above": "MSTTRANS ends above the number in SRVCONF",
        "master-falls": "the numbers in MSTTRANS fall: some were given twice",
        "master-below": "MSTTRANS ends below the number in SRVCONF",
        "master-empty": "MSTTRANS is empty, and SRVCONF has issued numbers",
        "master-late": "MSTTRANS begins above what is due",
        "master-young": "nothing that MSTTRANS has lost can be older than Keep Updates",
        "master-holds": "MSTTRANS holds changes of this requestor above the server's number of it",
        "master-lacks": "MSTTRANS is whole from 1 and holds no change of this requestor",
        "equal-dates": "REQCONF has the numbers and dates of another postoffice",
        "fits-another": "the record of a confirmed number is the server's number, and changes follow it",
        "largest": "ReqSync is the largest number of any requestor, as RESYNC sets it",
        "all-young": "every record of another requestor is younger than its REQCONF, and MSTTRANS begins at 1",
        "unregistered": "SRVCONF has no record of this postoffice",
    }
)
"""What may be seen, and how it is said."""


class History(NamedTuple):
    """One way in which the numbers come about.

    Attributes:
        slug: its name.
        says: what happened, as a clause.
        may: the signs it can leave.
        late: signs it can leave only with mail under way, or with a further step.
        speaks: signs, of those it can leave, that make it likely.
        loses: the relations of which it makes a loss: what is then not sent, not taken or not given out.
        spares: signs by which it makes no loss of what was confirmed: the server's lists were not put back.
        problems: slugs of the problems whose findings name it; none where it is an ordinary step.
        tells: what would decide.
    """

    slug: str
    says: str
    may: frozenset[str]
    late: frozenset[str]
    speaks: frozenset[str]
    loses: frozenset[str]
    problems: tuple[str, ...]
    tells: str
    spares: frozenset[str] = frozenset()

    @property
    def problem(self) -> str:
        """The first of the problems; empty where there is none."""
        return self.problems[0] if self.problems else ""


def _signs(text: str) -> frozenset[str]:
    names = frozenset(text.split())
    if unknown := names - set(SIGNS):
        raise ValueError(f"no such sign: {', '.join(sorted(unknown))}")
    return names


_NONE = _signs("")

HISTORIES: tuple[History, ...] = (
    History(
        "first-cycle",
        "this is the first cycle, between T2 and T3 (Q96060)",
        may=_signs("unheard master-even"),
        late=_NONE,
        speaks=_NONE,
        loses=_NONE,
        problems=(),
        tells="the next T3",
    ),
    History(
        "import-asked",
        "an Import was asked for and has not been run (Q99961)",
        may=_signs("imports-lower import-asked master-even"),
        late=_NONE,
        speaks=_signs("import-asked"),
        loses=_NONE,
        problems=(),
        tells="the next T2 and T3",
    ),
    History(
        "server-restored",
        "the server was restored from a backup (Q113453)",
        may=_signs(
            "behind behind-zero behind-some above-every received-above server-behind imports-lower import-asked "
            "imports-far low-not-taken others-behind master-lacks master-even largest served-empty "
            "record-zero"
        ),
        late=_signs("all-young"),
        speaks=_signs("received-above others-behind"),
        loses=_signs("behind imports-lower received-above record-zero"),
        problems=("server-restored-from-backup",),
        tells="the dates of the server's files or an older REQCONF",
        # Its own REQCONF was not put back with SRVCONF: single files were, and the lists with them not.
        spares=_signs("server-behind"),
    ),
    History(
        "resync",
        "a RESYNC set ReqSync to the largest number of any requestor (Q119449)",
        may=_signs(
            "behind behind-zero behind-some queue-below begun-again low-not-taken confirmed-behind "
            "largest begins-at-one master-even served-empty master-lacks imports-lower import-asked "
            "imports-far record-zero fits-another all-young"
        ),
        late=_signs("utility-record"),
        speaks=_signs("largest"),
        loses=_signs("queue-below begun-again imports-lower record-zero"),
        problems=("resync-inflated-reqsync", "resync-after-adds"),
        tells="RESYNC.GLB or a log of its import",
    ),
    History(
        "record-made-anew",
        "the requestor was deleted on the server and created again, or reset on both sides (Q99961)",
        may=_signs(
            "behind behind-zero above-every imports-lower import-asked imports-far master-holds "
            "master-even largest served-empty record-zero"
        ),
        late=_signs("behind-some ends-below-server unheard utility-record"),
        speaks=_signs("behind-zero imports-lower master-holds served-empty record-zero"),
        loses=_signs("imports-lower record-zero ends-below-server"),
        problems=("requestor-readded",),
        tells="MSTTRANS of that time",
    ),
    History(
        "srvconf-restored",
        "only SRVCONF was put back (Q96003)",
        may=_signs(
            "behind behind-zero behind-some above-every received-above server-behind imports-lower import-asked "
            "imports-far others-behind master-above master-falls master-holds largest served-empty record-zero"
        ),
        late=_signs("master-even all-young"),
        speaks=_signs("master-above master-falls"),
        loses=_signs("imports-lower received-above record-zero"),
        problems=("msttrans-corrupt",),
        tells="the dates of SRVCONF and MSTTRANS",
    ),
    History(
        "server-enabled-anew",
        "the server was disabled and enabled again (Q96060)",
        may=_signs(
            "behind behind-zero above-every received-above server-behind imports-lower imports-far low-not-taken "
            "others-behind master-lacks master-even largest all-young served-empty import-asked "
            "record-zero"
        ),
        late=_signs("behind-some"),
        speaks=_signs("all-young received-above behind-zero"),
        loses=_signs("imports-lower received-above record-zero"),
        problems=("server-reenabled-or-replaced",),
        tells="the server's address lists",
    ),
    History(
        "reqconf-copied",
        "REQCONF was copied from another postoffice (Q123437)",
        may=_signs(
            "behind behind-some queue-below ends-below-server begun-again low-not-taken "
            "confirmed-behind equal-dates fits-another largest begins-at-one master-even master-lacks "
            "behind-zero record-zero served-empty imports-lower import-asked imports-far zero-bytes"
        ),
        late=_signs("utility-record"),
        speaks=_signs("equal-dates fits-another"),
        loses=_signs("queue-below ends-below-server begun-again imports-lower record-zero"),
        problems=("reqconf-cloned-or-restored",),
        tells="the REQCONF of the other postoffices",
    ),
    History(
        "queue-emptied",
        "REQTRANS was emptied or deleted (Q119014)",
        may=_signs("queue-below zero-bytes begun-again low-not-taken begins-at-one master-even unheard"),
        late=_signs("ends-below-server"),
        speaks=_signs("zero-bytes begins-at-one"),
        loses=_signs("queue-below ends-below-server begun-again"),
        problems=("stranded-transactions", "reqtrans-deleted-zero-byte"),
        tells="an older REQTRANS",
    ),
    History(
        "queue-put-back",
        "an older REQTRANS was put back",
        may=_signs(
            "queue-below zero-bytes begun-again low-not-taken confirmed-behind begins-at-one master-even unheard"
        ),
        late=_signs("ends-below-server utility-record"),
        speaks=_signs("confirmed-behind"),
        loses=_signs("queue-below ends-below-server begun-again"),
        problems=("stranded-transactions",),
        tells="an older REQTRANS",
    ),
    History(
        "queue-by-utility",
        "the diagnostic utility made a new REQTRANS (Q110496)",
        may=_signs("utility-record master-even unheard"),
        late=_signs("ends-below-server queue-below"),
        speaks=_signs("utility-record"),
        loses=_signs("queue-below ends-below-server"),
        problems=("reqtrans-podiag-dummy-60",),
        tells="an older REQTRANS",
    ),
    History(
        "clear-interrupted",
        "T3 was interrupted before it cleared what was confirmed (Q133428)",
        may=_signs("begun-again begins-at-one master-even"),
        late=_NONE,
        speaks=_NONE,
        loses=_NONE,
        problems=("acknowledged-records-kept",),
        tells="the server's address lists",
    ),
    History(
        "reset-by-half",
        "only this side was reset, by LISTDS -R -Z (Q96060)",
        may=_signs("ends-below-server zero-bytes begins-at-one master-even unheard dated life-lower"),
        late=_signs("utility-record"),
        speaks=_signs("dated life-lower"),
        loses=_signs("ends-below-server unheard"),
        problems=("requestor-reset-incomplete",),
        tells="an older REQCONF",
    ),
    History(
        "requestor-restored",
        "this postoffice was restored to an earlier day",
        may=_signs("ends-below-server zero-bytes low-not-taken begins-at-one master-even unheard dated life-lower"),
        late=_signs("utility-record"),
        speaks=_NONE,
        loses=_signs("ends-below-server unheard"),
        problems=("reqconf-cloned-or-restored",),
        tells="an older REQCONF or REQTRANS",
    ),
    History(
        "record-deleted",
        "the requestor was deleted on the server, or never registered (Q99268)",
        may=_signs("unregistered master-even"),
        late=_NONE,
        speaks=_signs("unregistered"),
        loses=_signs("unregistered"),
        problems=("requestor-not-registered",),
        tells="the administrator of the server",
    ),
    History(
        "master-purged",
        "what was older than Keep Updates was purged (Q108067)",
        may=_signs("master-late master-empty low-not-taken master-even"),
        late=_NONE,
        speaks=_NONE,
        loses=_signs("master-late master-empty"),
        problems=("requestor-inactive-window",),
        tells="the dates of the updates",
    ),
    History(
        "master-cut",
        "MSTTRANS was emptied, cut or made anew (Q112280)",
        may=_signs("master-late master-empty master-below master-young low-not-taken master-even"),
        late=_NONE,
        speaks=_signs("master-young"),
        loses=_signs("master-late master-empty master-below"),
        problems=("msttrans-corrupt",),
        tells="a backup of MSTTRANS",
    ),
    History(
        "master-restored",
        "only MSTTRANS was put back (Q96003)",
        may=_signs("master-late master-empty master-below master-young low-not-taken master-even"),
        late=_NONE,
        speaks=_signs("master-below"),
        loses=_signs("master-late master-empty master-below"),
        problems=("msttrans-corrupt",),
        tells="the dates of SRVCONF and MSTTRANS",
    ),
)
"""Every history, the most plausible of those that explain as much first (docs/rulings.md 10 to 19)."""

ORDINARY = frozenset({"resync", "import-asked", "first-cycle"})
"""Histories that an administrator makes on an ordinary day."""


OF_MASTER = _signs("master-above master-below master-empty master-late master-young")
"""Signs in MSTTRANS itself."""

OF_FIRST_CYCLE = _signs("unheard dated life-lower")
"""Signs that bear on whether a requestor is in its first cycle only."""

OF_RECORD = _signs(
    "behind behind-zero behind-some served-empty ends-below-server unheard life-lower record-zero imports-lower "
    "import-asked imports-far master-holds master-lacks master-young fits-another unregistered"
)
"""Signs that rest on which record of the server, and which changes in MSTTRANS, are this postoffice's."""

_OF_WENT_BACK = _signs("unheard ends-below-server")

BESIDE = _signs("master-late master-young")
"""Signs of an ordinary purge."""


class Refutation(NamedTuple):
    """A history that cannot have left what is seen, and the sign that says so."""

    history: History
    sign: str


class Causes(NamedTuple):
    """How a relation of numbers can have come about.

    Attributes:
        relation: the sign that is explained.
        seen: all signs that are seen.
        open: the histories that nothing refutes, the one that explains most of what is seen first; never empty.
        refuted: those that leave the relation as well, and that another sign refutes.
        joined: whether no single fault explains all signs; then none is refuted.
    """

    relation: str
    seen: frozenset[str]
    open: tuple[History, ...]
    refuted: tuple[Refutation, ...]
    joined: bool

    @property
    def first(self) -> History:
        """The history that explains most."""
        return self.open[0]

    @property
    def certainty(self) -> str:
        """How sure the first is: certain where every other one is refuted.

        Likely where a sign speaks for it, or where all others need a further step. Certain is meant among single faults
        only.
        """
        if self.joined:
            return "possible"
        if len(self.open) == 1:
            return "certain"
        return "likely" if self.seen & self.first.speaks or self.plain == (self.first,) else "possible"

    @property
    def plain(self) -> tuple[History, ...]:
        """The open histories that need no further step, and no mail under way."""
        return tuple(each for each in self.open if self.joined or not self.seen - each.may) or self.open

    @property
    def losing(self) -> tuple[History, ...]:
        """The open histories that make a loss of the relation."""
        return tuple(each for each in self.open if self.makes_loss(each))

    def makes_loss(self, history: History) -> bool:
        """Whether a history makes a loss of the relation, with the signs that are seen."""
        return self.relation in history.loses and not (self.relation == "behind" and history.spares & self.seen)

    @property
    def effect(self) -> str:
        """How sure it is that the relation makes a loss: certain where every open history makes one.

        Likely where the first does, and is at least likely. That a confirmed number is lost is never certain: the
        server's lists may have been kept (docs/certainty.md#what-is-certain-of-a-record).
        """
        if self.first not in self.losing:
            return "possible"
        if len(self.losing) == len(self.open) and self.relation != "behind":
            return "certain"
        return least("likely", self.certainty)

    @property
    def severity(self) -> str:
        """How loud it has to be (docs/certainty.md 1).

        A loss in every open history is an error; in some of them, a warning; a note only where an ordinary step may
        be all, and no other postoffice shows a step back. A history that needs a further step takes nothing away.
        """
        harmless = [each for each in self.plain if not self.makes_loss(each)]
        if not harmless:
            return "error"
        ordinary = any(each.slug in ORDINARY for each in harmless)
        return "note" if not self.losing or (ordinary and "others-behind" not in self.seen) else "warning"


@lru_cache(maxsize=1024)
def causes(relation: str, seen: frozenset[str]) -> Causes:
    """Return how a relation can have come about, given all signs that are seen.

    Args:
        relation: the sign that is to be explained.
        seen: the signs that are known to be there; what is not known, or not there, refutes nothing.

    Raises:
        ValueError: no history leaves the relation.
    """
    signs = _concerned(relation, seen) | {relation}
    able = [each for each in HISTORIES if relation in each.may | each.late]
    if not able:
        raise ValueError(f"no history leaves {relation!r}")
    against = {each.slug: signs - each.may - each.late for each in able}
    single = [each for each in able if not against[each.slug]]
    opened = sorted(single or able, key=lambda each: -explained(each, signs))
    refuted = [Refutation(each, min(against[each.slug], key=tuple(SIGNS).index)) for each in able if against[each.slug]]
    return Causes(relation, signs, tuple(opened), tuple(refuted) if single else (), not single)


def _concerned(relation: str, seen: frozenset[str]) -> frozenset[str]:
    """Return the signs that bear on a relation: a purge of MSTTRANS is an ordinary step beside any other history."""
    if relation in OF_MASTER:
        return seen & OF_MASTER
    return seen - BESIDE - (frozenset() if relation in _OF_WENT_BACK else OF_FIRST_CYCLE)


def explained(history: History, signs: frozenset[str]) -> int:
    """Return how much of what is seen a history explains; a sign that speaks for it counts twice more."""
    return len(signs & history.may) + 2 * len(signs & history.speaks)


SHOWN_AS: Mapping[str, tuple[str, frozenset[str]]] = MappingProxyType(
    {
        "stranded-transactions": ("queue-below", _signs("begun-again")),
        "reqtrans-deleted-zero-byte": ("queue-below", _signs("zero-bytes")),
        "reqtrans-podiag-dummy-60": ("queue-below", _signs("utility-record")),
        "acknowledged-records-kept": ("begun-again", _NONE),
        "requestor-reset-incomplete": ("unheard", _NONE),
        "reqconf-cloned-or-restored": ("ends-below-server", _NONE),
        "server-restored-from-backup": ("behind", _signs("behind-some received-above")),
        "server-reenabled-or-replaced": ("received-above", _signs("all-young")),
        "resync-inflated-reqsync": ("behind", _signs("largest")),
        "resync-after-adds": ("behind", _signs("largest begun-again")),
        "requestor-readded": ("record-zero", _NONE),
        "requestor-not-registered": ("unregistered", _NONE),
        "requestor-inactive-window": ("master-late", _NONE),
        "msttrans-corrupt": ("master-below", _NONE),
    }
)
"""Problem -> the relation that it is mostly found by, and the signs that then are there; for its page."""


def ways(problem: str) -> tuple[History, ...]:
    """Return the histories that can leave what a problem is found by; none where it is not a matter of these."""
    if problem not in SHOWN_AS:
        return ()
    relation, signs = SHOWN_AS[problem]
    return causes(relation, signs).open
