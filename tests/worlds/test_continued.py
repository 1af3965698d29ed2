"""Histories rebuilt and gone on with: what waited, or is present and lost, arrives once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from glbtools import files
from glbtools.diagnosis.engine import diagnose
from glbtools.evidence.disk import Disk
from glbtools.model.change import Change
from glbtools.repair.plan import plan_rebuild
from glbtools.repair.work import Work
from scoreboard.worlds.continued import HUB, SAID, Continued, Run, counted
from scoreboard.worlds.exploration import Bound
from scoreboard.worlds.materialize import materialize, name_of
from scoreboard.worlds.state import CHANGE, CONFIRMED, EXPORT, OWN, Registered
from scoreboard.worlds.views import Config, Held, Member, Seen, Srvconf, View

SMALL = (
    Run("one fault", Bound(events=4), 25),
    Run("two faults", Bound(faults=2, events=3, starts=("old",)), 10),
    Run("mail lost, late, doubled", Bound(events=3, hiccups=1, anywhere=True), 8),
)


@pytest.fixture(scope="module")
def histories() -> list[Continued]:
    return [each for run in SMALL for each in counted(run, seed=3)]


def test_of_all_histories_rebuilt_and_gone_on_with_no_change_is_lost_that_a_file_or_the_mail_has(
    histories: list[Continued],
) -> None:
    assert len(histories) >= 40
    assert [each.described() for each in histories if any(fate.verdict == "lost" for fate in each.fates)] == []


def test_where_no_mail_is_under_way_every_change_arrives_once_and_none_that_the_server_has_is_sent_again(
    histories: list[Continued],
) -> None:
    quiet = [each for each in histories if each.quiet]
    assert [each.described() for each in quiet if each.wrong] == []
    fates = Counter(fate.verdict for each in quiet for fate in each.fates)
    assert fates["arrived"] > 10
    assert fates["told"] + fates["again"] < fates["arrived"]
    assert fates.keys() <= SAID.keys()


# --- what the histories have shown, one by one --------------------------------------------------------------------


class Rebuilt:
    """The files of a view with one requestor after a rebuild."""

    def __init__(self, seen: View, place: Path) -> None:
        files.write_tree(materialize(seen), place / "net", sync=False)
        plan = plan_rebuild(diagnose(place / "net"), unsafe=True)
        self.work = Work(diagnose(plan.write(place / "rebuilt").directory), place / "rebuilt", unsafe=True)
        self.east, self.hub = (
            next(each for each in self.work.cases.values() if each.postoffice.name == name)
            for name in (name_of(0), HUB)
        )

    @property
    def waiting(self) -> list[tuple[int, str]]:
        """The changes above ReqSync, by number."""
        confirmed = self.work.confirmed(self.east) or 0
        return [(each.sync, user(each)) for each in self.work.real(self.east, "REQTRANS") if each.sync > confirmed]

    def record(self, number: int) -> tuple[int | None, int | None]:
        """ReqSync and import number of a record of SRVCONF."""
        srvconf = self.work.srvconf()
        assert srvconf is not None
        found = srvconf.config.requestors[number - 1]
        return found.reqsync, found.importsync


def user(change: Change) -> str:
    return change.text.partition("\t")[0]


def one(
    config: Config, queue: tuple[Held, ...], record: Registered, master: tuple[Seen, ...], **server: object
) -> View:
    """A view of one requestor; of the server what is given, and for the rest one that is in step with itself."""
    head = server.get("head", len(master))
    own = server.get("own", Registered(len(master), len(master), 1))
    assert isinstance(head, int)
    assert isinstance(own, Registered)
    mine = server.get("mine", Config(own.acknowledged, own.applied, own.imports))
    assert isinstance(mine, Config)
    return View((Member(config, queue),), mine, Srvconf(head, own, (record,)), master)


def test_what_a_resync_has_passed_over_is_queued_again_where_the_record_was_made_anew(tmp_path: Path) -> None:
    queue = (Held(1, CHANGE, 2), Held(1, CONFIRMED, 0))
    rebuilt = Rebuilt(one(Config(1, 1, 1), queue, Registered(), (Seen(1, OWN, 0, 1),)), tmp_path)
    assert rebuilt.waiting == [(2, "A User 1")]


def test_a_change_that_no_cause_lets_the_server_have_is_queued_again_though_the_cause_is_only_possible(
    tmp_path: Path,
) -> None:
    master = (Seen(1, OWN, 0, 1), Seen(2, OWN, 0, 4))
    view = one(Config(1, 1, 1), (Held(1, CHANGE, 3),), Registered(0, 0, 1, 2), master)
    assert Rebuilt(view, tmp_path).waiting == [(2, "A User 1")]


def test_an_export_that_was_passed_over_is_queued_again_as_a_whole(tmp_path: Path) -> None:
    queue = (Held(1, EXPORT, 2), Held(2, CHANGE, 2), Held(3, CHANGE, 2), Held(3, CONFIRMED, 0))
    view = one(Config(3, 1, 1), queue, Registered(), (Seen(1, OWN, 0, 1),), own=Registered(3, 1, 1))
    assert Rebuilt(view, tmp_path).waiting == [(4, "R PCM:NET/EAST"), (5, "A User 2"), (6, "A User 3")]


def test_srvconf_put_back_alone_gets_the_number_that_msttrans_has_reached(tmp_path: Path) -> None:
    queue, master = (Held(1, CONFIRMED, 0), Held(2, CHANGE, 3)), (Seen(1, 0, 0, 2), Seen(2, OWN, 0, 4))
    server = {"head": 0, "own": Registered(0, 0, 1), "mine": Config(1, 2, 1)}
    rebuilt = Rebuilt(one(Config(1, 1, 1), queue, Registered(0, 0, 1, 1), master, **server), tmp_path)
    srvconf = rebuilt.work.srvconf()
    assert srvconf is not None
    assert srvconf.config.sync == 2
    assert rebuilt.waiting == [(2, "A User 2")]


def test_a_server_that_went_back_counts_the_imports_of_its_requestors(tmp_path: Path) -> None:
    server = {"own": Registered(), "mine": Config(2, 2, 1)}
    rebuilt = Rebuilt(one(Config(0, 1, 1), (Held(1, CHANGE, 1),), Registered(), (), **server), tmp_path)
    assert rebuilt.record(1) == (2, 1)
    assert rebuilt.record(2)[1] == 1


def test_a_change_at_or_below_reqsync_stays_in_a_queue_that_ends_below_the_servers_number(tmp_path: Path) -> None:
    master = (Seen(1, 0, 0, 1), Seen(2, 0, 0, 1), Seen(3, OWN, 0, 2))
    server = {"own": Registered(1, 3, 1)}
    view = one(Config(1, 3, 1), (Held(1, CHANGE, 3),), Registered(2, 0, 1, 4), master, **server)
    assert Rebuilt(view, tmp_path).waiting == [(3, "A User 1")]


def test_what_a_server_enabled_anew_has_taken_in_is_not_sent_again(tmp_path: Path) -> None:
    members = (
        Member(Config(2, 3, 1), (Held(2, CONFIRMED, 0), Held(3, CHANGE, 1))),
        Member(Config(0, 3, 1), ()),
    )
    records = (Registered(3, 3, 0, 2), Registered(0, 3, 0, 2))
    srvconf = Srvconf(1, Registered(0, 3, 1), records)
    rebuilt = Rebuilt(View(members, Config(0, 3, 1), srvconf, (Seen(1, 0, 2, 2),)), tmp_path)
    assert rebuilt.work.confirmed(rebuilt.east) == 0
    assert rebuilt.waiting == []
    found = rebuilt.work.reqconf(rebuilt.hub)
    assert found is not None
    assert found.config.srvsync == 1, "what is issued from now on is new to the server's own postoffice"
    saved = Disk.load(tmp_path / "rebuilt").read("glbtools-rebuild/imports/NET-EAST-delivered.txt") or b""
    assert saved.startswith(b"A User 2")
