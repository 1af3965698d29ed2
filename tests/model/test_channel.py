"""What the numbers of a channel say, against a replay of what the protocol does with them.

The simulators follow the vendor's articles and know nothing of the module. a is REQCONF's ReqSync, m the last number in
REQTRANS, b SRVCONF's ReqSync; c and d are the two SrvSync, H is SRVCONF's Sync, L the lowest number in MSTTRANS.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glbtools.model.channel import NORMAL, STATES, Channel, Range, Verdict, classify, clipped, numbers_of, ranges_of

KINDS = ("upload", "download", "usn", "backsync", "ics")
NUMBERS = range(6)


def upload(a=None, m=None, b=None, held=None, **values) -> Channel:
    """Everything known but what is left out: registered under its own name, of one life, no RESYNC."""
    known = {"origin": "NET/PO", "log_of": "NET/PO", "life": 1, "target_life": 1, "renumbered_at": 0}
    return Channel("upload", held=held, last=m, confirmed=a, applied=b, **(known | values))


def download(c=None, d=None, H=None, L=None, **values) -> Channel:  # noqa: N803
    known = {"origin": "NET/HUB", "log_of": "NET/HUB", "life": 1, "target_life": 1, "importing": False}
    floor = None if L is None else L - 1
    return Channel("download", confirmed=d, applied=c, head=H, floor=floor, **(known | values))


def usn(cursor=None, head=None, held=None, delete_floor=0, **values) -> Channel:
    known = {"origin": "DSA", "log_of": "DSA", "life": "id", "target_life": "id", "importing": False, "kind": "usn"}
    known |= {"dense": False, "since": 1}
    return Channel(applied=cursor, head=head, held=held, delete_floor=delete_floor, **(known | values))


def concerned(verdict: Verdict, state: str) -> set[int]:
    return set(numbers_of(verdict.ranges.get(state, ())))


# --- the upload, as Q96060, Q119014 and Q133428 tell it -----------------------------------------------------------


@dataclass
class Upload:
    """One requestor and what the server keeps of it."""

    a: int
    m: int
    b: int
    held: set[int]
    echo: bool = False
    """Whether the acknowledgement repeats the last number sent (Q96060) or names the last one taken (Q103421)."""
    stops_at: int | None = None
    arrived: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)

    def add(self, step: int = 1) -> int:
        """T0: the next number follows the last in the queue."""
        self.m += step
        self.held.add(self.m)
        return self.m

    def sends(self) -> list[int]:
        """T1: records above ReqSync; the others are obsolete. Nothing changes (fault tolerance)."""
        return sorted(number for number in self.held if number > self.a)

    def takes(self, message: list[int]) -> None:
        """T2: records at or below the stored ReqSync are old; the rest is taken up to a record that cannot be read."""
        for number in message:
            if number <= self.b:
                self.refused.add(number)
            elif number == self.stops_at:
                return
            else:
                self.arrived.add(number)
                self.b = number

    def hears(self, last_sent: int) -> None:
        """T3: an acknowledgement between ReqSync and the end of the queue is stored, and what it covers is dropped."""
        acknowledged = last_sent if self.echo and self.stops_at is None else self.b
        if self.a <= acknowledged <= self.m:
            self.a = acknowledged
            self.held = {number for number in self.held if number > self.a}

    def cycle(self) -> None:
        message, last = self.sends(), self.m
        self.takes(message)
        self.hears(last)


def uploads() -> Iterator[tuple[int, int, int, set[int]]]:
    """Every a, m, b and run of held numbers; the record with number m may be a dummy."""
    for a, m, b in itertools.product(NUMBERS, repeat=3):
        yield a, m, b, set()
        for first in range(1, m + 1):
            for last in {m - 1, m}:
                if first <= last:
                    yield a, m, b, set(range(first, last + 1))


def becomes_of(number: int, a: int, m: int, b: int) -> str:
    """Say of a held number what the protocol does with it, from the two cursors and the end of the queue."""
    if m < a:
        return "never sent"
    if number <= a:
        return "confirmed"
    if m < b:
        return "refused"
    return "arrived" if number <= b else "taken"


SAID = {
    "STRANDED": "never sent", "HOLE": "confirmed", "IN_SYNC": "confirmed", "REJECTED": "refused",
    "UNACKNOWLEDGED": "arrived", "PENDING": "taken",
}  # fmt: skip


def test_of_every_held_number_the_verdict_says_what_becomes_of_it():
    for a, m, b, held in uploads():
        verdict = classify(upload(a, m, b, ranges_of(held)))
        for number in held:
            assert SAID[verdict.of(number)] == becomes_of(number, a, m, b), (a, m, b, held, number)


def test_without_a_number_of_either_side_a_held_number_is_what_it_would_be_if_that_had_nothing_to_say():
    for a, m, b, held in uploads():
        for known_a, known_b in ((a, None), (None, b), (None, None)):
            verdict = classify(upload(known_a, m, known_b, ranges_of(held)))
            confirmed = known_a or 0
            applied = confirmed if known_b is None else known_b
            for number in held:
                case = (known_a, m, known_b, held, number)
                assert SAID[verdict.of(number)] == becomes_of(number, confirmed, m, applied), case


def test_a_number_behind_a_record_at_which_the_server_stops_is_called_so():
    verdict = classify(upload(3, 7, 4, ((3, 7),), stopped_at=5))
    assert [verdict.of(number) for number in (4, 5, 7)] == ["UNACKNOWLEDGED", "PARTIAL", "PARTIAL"]


@pytest.mark.parametrize("echo", [False, True], ids=["the last taken is acknowledged", "the last sent is acknowledged"])
def test_a_replay_of_every_small_upload_does_to_each_held_number_what_its_state_says(echo):
    for a, m, b, held in uploads():
        verdict = classify(upload(a, m, b, ranges_of(held)))
        once = Upload(a, m, b, set(held), echo)
        sent = set(once.sends())
        for _ in range(3):
            once.cycle()
        went_back = b > max(a, m)
        never_sent = held - sent
        case = (a, m, b, held, verdict)

        assert concerned(verdict, "PENDING") == once.arrived, case
        assert ("PENDING" in verdict.states) == bool(once.arrived), case
        assert ("STRANDED" in verdict.states) == (m < a), case
        assert concerned(verdict, "STRANDED") == (never_sent if m < a else set()), case
        # Sent and refused; a queue that ends below its cursor is not even sent, and would be refused as well.
        refused = once.refused & held | (never_sent if m < a else set())
        assert concerned(verdict, "REJECTED") == (refused if went_back else set()), case
        assert ("REJECTED" in verdict.states) == (went_back and bool(refused)), case
        assert ("ROLLED_BACK" in verdict.states) == went_back, case
        # Confirmed, not with the server, and no cycle brings it.
        assert concerned(verdict, "HOLE") == set(range(1, a + 1)) - set(range(1, b + 1)) - once.arrived, case
        with_server = set(range(1, b + 1)) - set(range(1, a + 1))
        assert concerned(verdict, "UNACKNOWLEDGED") == (set() if went_back else with_server), case
        # No held number that would not arrive goes unnamed, but one that was acknowledged (ruling 13) or received.
        named = set().union(*(concerned(verdict, state) for state in verdict.ranges))
        acknowledged = set(range(1, a + 1)) if m >= a else set()
        assert held - once.arrived <= named | acknowledged, case
        assert ("IN_SYNC" in verdict.states) == (a == b and m >= a and not once.arrived), case
        assert verdict.certainty == "certain", case
        assert not verdict.settled_by, case


@pytest.mark.parametrize("echo", [False, True], ids=["the last taken is acknowledged", "the last sent is acknowledged"])
def test_a_replay_of_every_small_upload_ignores_exactly_the_dead_zone(echo):
    for a, m, b, held in uploads():
        zone = classify(upload(a, m, b, ranges_of(held))).dead_zone
        one_by_one, at_once = Upload(a, m, b, set(held), echo), Upload(a, m, b, set(held), echo)
        issued = set()
        for _ in range(8):
            issued.add(one_by_one.add())
            at_once.add()
            one_by_one.cycle()
        at_once.cycle()
        ignored = set(numbers_of([zone] if zone else []))
        assert issued - one_by_one.arrived == ignored, (a, m, b, held, zone)
        assert issued - at_once.arrived == ignored, (a, m, b, held, zone)


def test_a_record_at_which_the_server_stops_keeps_back_exactly_what_is_partial():
    for a, m, b, held in uploads():
        for stop in held:
            if not a <= b:
                continue
            verdict = classify(upload(a, m, b, ranges_of(held), stopped_at=stop))
            replay = Upload(a, m, b, set(held), stops_at=stop)
            for _ in range(3):
                replay.cycle()
            kept_back = {number for number in held if number > b} - replay.arrived
            stops_now = stop == b + 1
            assert ("PARTIAL" in verdict.states) == stops_now, (a, m, b, held, stop)
            assert concerned(verdict, "PARTIAL") == (kept_back if stops_now else set()), (a, m, b, held, stop)


def test_a_head_attested_elsewhere_changes_nothing_in_an_upload():
    for a, m, b, held in uploads():
        channel = upload(a, m, b, ranges_of(held))
        for head in (0, 3, 9):
            assert classify(channel._replace(head=head)) == classify(channel)


# --- the download, as Q96060, Q108067, Q99961 and Q103421 #2082 tell it -------------------------------------------


@dataclass
class Download:
    """The server's log and one requestor."""

    c: int
    H: int
    log: set[int]
    importing: bool = False
    server_import: int = 1
    import_number: int = 1
    received: set[int] = field(default_factory=set)

    def issue(self) -> int:
        self.H += 1
        self.log.add(self.H)
        return self.H

    def cycle(self) -> None:
        """T1 carries c; T2 sends what is above it, or complete lists; T3 refuses an older import number in silence."""
        if self.importing:
            sent = set(range(1, self.H + 1))
        else:
            sent = {number for number in self.log if self.c < number <= self.H}
        if self.server_import >= self.import_number:
            self.received |= sent
            self.c = max(self.c, self.H)
            self.importing = False


def downloads() -> Iterator[tuple[int, int, int, int, bool]]:
    for c, d, head in itertools.product(NUMBERS, repeat=3):
        for lowest in range(1, head + 2):
            for importing in {False, c == 0}:
                yield c, d, head, lowest, importing


def test_a_replay_of_every_small_download_brings_what_is_pending_and_leaves_out_what_is_in_the_hole():
    for c, d, head, lowest, importing in downloads():
        verdict = classify(download(c, d, head, lowest, importing=importing))
        replay = Download(c, head, set(range(lowest, head + 1)), importing)
        for _ in range(2):
            replay.cycle()
        due = set(range(c + 1, head + 1))
        case = (c, d, head, lowest, importing, verdict)

        assert concerned(verdict, "PENDING") == replay.received, case
        assert ("PENDING" in verdict.states) == (c < head), case
        assert concerned(verdict, "HOLE") == due - replay.received, case
        assert ("HOLE" in verdict.states) == bool(due - replay.received), case
        assert ("ROLLED_BACK" in verdict.states) == (c > head), case
        assert concerned(verdict, "UNACKNOWLEDGED") == set(range(c + 1, d + 1)), case
        assert ("IN_SYNC" in verdict.states) == (c == head and d <= c), case
        assert "EPOCH_CHANGED" not in verdict.states, case

        after = Download(c, head, set(range(lowest, head + 1)), importing)
        issued = set()
        for _ in range(8):
            issued.add(after.issue())
            after.cycle()
        zone = verdict.dead_zone
        assert issued - after.received == set(numbers_of([zone] if zone else [])), case


def test_a_reply_is_refused_in_silence_exactly_when_the_epoch_changed():
    for server, requestor in itertools.product(range(4), repeat=2):
        verdict = classify(download(3, 3, 5, 1, life=server, target_life=requestor))
        replay = Download(3, 5, {1, 2, 3, 4, 5}, server_import=server, import_number=requestor)
        replay.cycle()
        assert (verdict.state == "EPOCH_CHANGED") == (not replay.received), (server, requestor)
        assert verdict.state in {"EPOCH_CHANGED", "PENDING"}


# --- a directory that numbers the last change of each object ------------------------------------------------------


def test_a_replay_of_every_small_directory_exports_what_is_pending_and_misses_what_the_delete_floor_says():
    for cursor, head in itertools.product(NUMBERS, repeat=2):
        for size in range(head + 1):
            for numbers in itertools.combinations(range(1, head + 1), size):
                for purged in (0, *(number for number in range(1, head + 1) if number not in numbers)):
                    verdict = classify(usn(cursor, head, ranges_of(numbers), purged, since=cursor + 1))
                    # Objects live on under their last number; the purged deletion removed one that the target had
                    # unless an export has passed its number.
                    exported = {number for number in numbers if number > cursor}
                    target_keeps_ghost = bool(purged) and not purged <= cursor
                    case = (cursor, head, numbers, purged, verdict)
                    assert concerned(verdict, "PENDING") == exported, case
                    assert ("MISSED_DELETIONS" in verdict.states) == target_keeps_ghost, case
                    assert "HOLE" not in verdict.states, case
                    assert verdict.dead_zone == ((head, cursor) if head < cursor else None), case
                    in_sync = not exported and not target_keeps_ghost and cursor <= head
                    assert ("IN_SYNC" in verdict.states) == in_sync, case


@pytest.mark.parametrize("kind", ["usn", "backsync"])
def test_what_a_restored_directory_has_issued_below_its_partners_cursor_is_stranded(kind):
    for backup in NUMBERS:
        for cursor, issued in itertools.product(range(backup, 8), range(4)):
            old = set(range(1, backup + 1))
            new = set(range(backup + 1, backup + issued + 1))
            head = backup + issued
            channel = usn(cursor, head, ranges_of(old | new), since=backup + 1, kind=kind)
            verdict = classify(channel)
            never_asked_for = {number for number in new if number <= cursor} if head < cursor else set()
            assert concerned(verdict, "STRANDED") == never_asked_for, (backup, cursor, issued)
            assert ("STRANDED" in verdict.states) == bool(never_asked_for), (backup, cursor, issued)
            unknown = classify(channel._replace(since=None))
            assert "STRANDED" not in unknown.states
            assert ("since" in unknown.settled_by) == (head < cursor and head > 0)


def test_the_worked_example_of_a_number_rollback_reads_as_published():
    """Image at 10, partners reach 50, restored at 10 and two changes since; a new identity cures it."""
    same = classify(usn(50, 12, ((0, 12),), since=11, kind="backsync"))
    assert (same.state, same.dead_zone, same.ranges["STRANDED"]) == ("ROLLED_BACK", (12, 50), ((10, 12),))
    renewed = classify(usn(50, 12, ((0, 12),), since=11, kind="backsync", life="new"))
    assert renewed.state == "EPOCH_CHANGED"


def test_a_purged_deletion_is_missed_only_strictly_above_the_cursor():
    assert classify(usn(5, 9, (), 5)).state == "IN_SYNC"
    assert classify(usn(5, 9, (), 6)).state == "MISSED_DELETIONS"
    assert classify(usn(0, 9, (), 6, importing=True)).state == "IN_SYNC"
    first = classify(usn(0, 9, (), 6, importing=None))
    assert (first.state, first.settled_by) == ("UNKNOWN", ("importing",))
    assert classify(usn(1, 9, (), 6, importing=None)).state == "MISSED_DELETIONS"


def test_a_sparse_log_is_never_pending_for_a_number_nobody_holds():
    assert classify(usn(5, 9, ())).state == "IN_SYNC"
    assert classify(usn(5, 9, ((3, 5),))).state == "IN_SYNC"
    assert classify(usn(5, 9, ((3, 4), (7, 8)))).ranges["PENDING"] == ((7, 8),)


# --- healthy cycles -----------------------------------------------------------------------------------------------


@dataclass
class Healthy:
    """A server, one requestor and the others (who only add to the server's log), at every moment of their cycles."""

    step: int = 1
    stores_new: bool = False
    """Whether T2 stores the SrvSync it sends, or the one the requestor acknowledges: the articles say both."""
    purges: bool = False
    others: int = 0
    a: int = 0
    m: int = 0
    b: int = 0
    c: int = 0
    d: int = 0
    H: int = 0
    floor: int = 0
    import_number: int = 0
    server_import: int = 0
    resync: int = 0
    held: set[int] = field(default_factory=set)
    log: set[int] = field(default_factory=set)

    def numbers(self) -> tuple[object, ...]:
        return (
            *(self.a, self.m, self.b, self.c, self.d, self.H, self.floor),
            *(self.import_number, self.server_import, frozenset(self.held)),
        )

    def channels(self) -> tuple[Channel, Channel]:
        dense = self.step == 1
        return (
            upload(
                self.a,
                self.m,
                self.b,
                ranges_of(self.held),
                dense=dense,
                life=self.import_number,
                target_life=self.server_import,
                renumbered_at=self.resync,
            ),
            download(
                self.c,
                self.d,
                self.H,
                self.floor + 1,
                held=ranges_of(self.log),
                dense=dense,
                life=self.server_import,
                target_life=self.import_number,
                importing=self.a == 0 and self.c == 0,
            ),
        )

    def add(self) -> None:
        self.m += self.step
        self.held.add(self.m)

    def append(self) -> None:
        self.H += self.step
        self.log.add(self.H)

    def cycle(self, adds: tuple[int, int, int, int]) -> Iterator[None]:
        """Pause at every moment a snapshot could be taken; ``adds``: changes before T1, T2, T3 and after."""
        for _ in range(adds[0]):
            self.add()
            yield
        first = self.a == 0 and self.c == 0 and self.import_number == 0
        message = [number for number in sorted(self.held) if number > self.a]
        last, acknowledged = self.m, self.c
        yield
        for _ in range(adds[1]):
            self.add()
            yield
        for number in message:
            if number > self.b:
                self.append()
                yield
                self.b = number
                yield
        for _ in range(self.others):
            self.append()
            yield
        if first:
            self.server_import = 1
            yield
        sent, sent_import = self.H, self.server_import
        self.d = sent if self.stores_new else acknowledged
        yield
        for _ in range(adds[2]):
            self.add()
            yield
        if sent_import >= self.import_number:
            # REQCONF is one record and is written at once; the queue is another file.
            self.a, self.c, self.import_number = max(last, self.a), sent, sent_import
            yield
            self.held = {number for number in self.held if number > self.a}
            yield
        if self.purges:
            # Whatever everyone has: the last entry stays, for its number is the server's own.
            self.floor = max(self.floor, min(self.c, self.d, self.H - self.step))
            self.log = {number for number in self.log if number > self.floor}
            yield
        for _ in range(adds[3]):
            self.add()
            yield

    def apply_resync(self, largest: int) -> Iterator[None]:
        """IMPORT -Q: the largest ReqSync of all requestors, and a dummy of that number in an otherwise empty queue."""
        assert not self.held
        self.m = max(self.m, largest)
        yield
        self.a = self.resync = largest
        yield


ADDS = tuple(itertools.product((0, 1), repeat=4))


def assert_normal(healthy: Healthy) -> None:
    for channel in healthy.channels():
        verdict = classify(channel)
        assert verdict.state in NORMAL - {"UNKNOWN"}, (healthy, verdict)
        assert verdict.certainty == "certain", (healthy, verdict)
        assert verdict.dead_zone is None, (healthy, verdict)


@pytest.mark.parametrize("step", [1, 2], ids=["dense", "sparse"])
@pytest.mark.parametrize("stores_new", [False, True])
@pytest.mark.parametrize("others", [0, 2])
def test_no_moment_of_a_healthy_cycle_is_worse_than_unacknowledged(step, stores_new, others):
    seen = set()
    for *cycles, purges in itertools.product(ADDS, ADDS, ADDS[::5], (False, True)):
        healthy = Healthy(step=step, stores_new=stores_new, purges=purges, others=others)
        for adds in cycles:
            for _ in healthy.cycle(adds):
                if (now := healthy.numbers()) not in seen:
                    seen.add(now)
                    assert_normal(healthy)


def test_a_newcomer_to_a_log_that_was_purged_imports_and_misses_nothing():
    for adds in itertools.product(ADDS, repeat=2):
        healthy = Healthy(H=9, floor=6, log={7, 8, 9}, others=1)
        assert_normal(healthy)
        for each in adds:
            for _ in healthy.cycle(each):
                assert_normal(healthy)


def test_a_resync_before_new_changes_is_healthy_at_every_moment():
    seen = set()
    for largest, before, after, final in itertools.product((4, 9), ADDS[::4], ADDS, ADDS[::3]):
        healthy = Healthy(others=1)
        for _ in healthy.cycle((*before[:2], 0, 0)):
            assert_normal(healthy)
        for _ in healthy.cycle((0, 0, 0, 0)):
            assert_normal(healthy)
        for _ in healthy.apply_resync(largest):
            assert_normal(healthy)
        assert classify(healthy.channels()[0]).state == "IN_SYNC"
        for adds in (after, final):
            for _ in healthy.cycle(adds):
                if (now := healthy.numbers()) not in seen:
                    seen.add(now)
                    assert_normal(healthy)


@pytest.mark.parametrize("lost", ["T1", "T2", "T3"])
def test_a_phase_that_was_not_run_leaves_nothing_worse_than_unacknowledged(lost):
    for adds in itertools.product((0, 2), repeat=3):
        replay = Upload(0, 0, 0, set())
        for number in adds:
            for _ in range(number):
                replay.add()
            message, last = replay.sends() if lost != "T1" else [], replay.m
            if lost != "T2":
                replay.takes(message)
            if lost != "T3":
                replay.hears(last)
            verdict = classify(upload(replay.a, replay.m, replay.b, ranges_of(replay.held)))
            assert verdict.state in NORMAL - {"UNKNOWN"}
            assert verdict.dead_zone is None


# --- missing values -----------------------------------------------------------------------------------------------

RANGES = ((), ((0, 2),), ((1, 4),), ((0, 1), (3, 5)), ((6, 8),), ((0, 8),))
COMPLETIONS: dict[str, tuple[object, ...]] = {
    "held": RANGES,
    "last": tuple(range(9)),
    "confirmed": tuple(range(9)),
    "applied": tuple(range(9)),
    "head": tuple(range(9)),
    "floor": tuple(range(9)),
    "delete_floor": tuple(range(9)),
    "life": (0, 1, 2, 3),
    "target_life": (0, 1, 2, 3),
    "log_of": ("NET/PO", "NET/OTHER"),
    "origin": ("NET/PO", "NET/OTHER"),
    "renumbered_at": tuple(range(9)),
    "since": tuple(range(1, 7)),
    "importing": (False, True),
}
KNOWN = {
    name: tuple(each for each in values if not isinstance(each, int) or each in {0, 2, 4, 6} or name == "importing")
    for name, values in COMPLETIONS.items()
} | {"since": (1, 3, 5), "life": (0, 2), "target_life": (0, 2)}
"""Far enough apart that a missing number may lie between two known ones."""

USED = {
    "upload": ("held", "last", "confirmed", "applied", "life", "target_life", "log_of", "origin", "renumbered_at"),
    "download": (
        "held",
        "confirmed",
        "applied",
        "head",
        "floor",
        "life",
        "target_life",
        "log_of",
        "since",
        "importing",
    ),
    "usn": ("held", "applied", "head", "delete_floor", "life", "target_life", "log_of", "since", "importing"),
    "ics": (
        "held",
        "confirmed",
        "applied",
        "head",
        "floor",
        "delete_floor",
        "target_life",
        "log_of",
        "since",
        "importing",
    ),
}


def possible(channel: Channel) -> bool:
    """No log holds, and none has purged, what was not issued."""
    end = channel.last if channel.kind == "upload" else channel.head
    held = max(numbers_of(channel.held or ()), default=0)
    return end is None or all((value or 0) <= end for value in (held, channel.floor, channel.delete_floor))


def samples(kind: str, count: int) -> Iterator[Channel]:
    chance = random.Random(kind)
    found = 0
    while found < count:
        values = {name: chance.choice(KNOWN[name]) for name in USED[kind]}
        channel = Channel(kind, **({"origin": "NET/PO", "life": 2} | values), dense=chance.random() < 0.5)
        if possible(channel):
            found += 1
            yield channel


def claims(verdict: Verdict) -> set[str]:
    return set(verdict.states) - {"UNKNOWN"}


def without(channel: Channel, names: Iterable[str]) -> Channel:
    return channel._replace(**dict.fromkeys(names))


def guessed(channel: Channel) -> bool:
    """Whether the origin's belief stands for the target's own number (ruling 15)."""
    return channel.kind != "upload" and channel.applied is None and channel.confirmed is not None


@pytest.mark.parametrize("kind", USED)
def test_removing_values_never_makes_a_state_appear_or_go_but_only_leaves_it_undecided(kind):
    chance = random.Random(1)
    for full in samples(kind, 600):
        whole = classify(full)
        assert whole.certainty == "certain"
        assert (whole.undecided, whole.settled_by) == ((), ())
        for _ in range(6):
            removed = chance.sample(USED[kind], chance.randint(1, len(USED[kind])))
            partial = without(full, removed)
            verdict = classify(partial)
            case = (full, removed, verdict)
            assert set(verdict.settled_by) <= set(removed), case
            assert not set(verdict.undecided) & set(verdict.states), case
            if guessed(partial):
                as_believed = partial._replace(applied=partial.confirmed)
                assert claims(verdict) <= claims(classify(as_believed)), case
                own = {"FOREIGN", "EPOCH_CHANGED"}
                assert verdict.state in own or verdict.certainty != "certain", case
                assert "applied" in verdict.settled_by, case
                continue
            assert claims(verdict) <= claims(whole), case
            assert claims(whole) <= claims(verdict) | set(verdict.undecided) | {"IN_SYNC"}, case
            if verdict.state == "UNKNOWN":
                assert verdict.certainty == "possible", case
                assert verdict.settled_by, case
            if verdict.state == "IN_SYNC":
                assert not verdict.undecided, case
            graver = [each for each in verdict.undecided if STATES.index(each) < STATES.index(verdict.state)]
            if verdict.state not in {"UNKNOWN", "STRANDED"}:
                assert (verdict.certainty == "certain") == (not graver), case


def numbers_that_matter(verdict: Verdict) -> tuple[object, ...]:
    return tuple(sorted(claims(verdict))), tuple(sorted(verdict.ranges.items())), verdict.dead_zone


@pytest.mark.parametrize("kind", USED)
def test_what_would_settle_a_verdict_is_exactly_what_can_still_change_it(kind):
    chance = random.Random(2)
    for full in samples(kind, 120):
        removed = sorted(chance.sample(USED[kind], chance.randint(1, 3)))
        partial = without(full, removed)
        if guessed(partial):
            continue
        verdict = classify(partial)
        # Where the log's end is missing, it is not guessed from what the log holds or has purged.
        end_is_missing = (partial.last if kind == "upload" else partial.head) is None
        outcomes: dict[tuple[object, ...], Verdict] = {}
        for values in itertools.product(*(COMPLETIONS[name] for name in removed)):
            completed = partial._replace(**dict(zip(removed, values, strict=True)))
            if possible(completed) or end_is_missing:
                outcomes[values] = classify(completed)
        matter = set()
        for index, name in enumerate(removed):
            groups: dict[tuple[object, ...], set[tuple[object, ...]]] = {}
            for values, outcome in outcomes.items():
                groups.setdefault(values[:index] + values[index + 1 :], set()).add(numbers_that_matter(outcome))
            if any(len(group) > 1 for group in groups.values()):
                matter.add(name)
        assert set(verdict.settled_by) == matter, (partial, removed, verdict)
        everywhere = set.intersection(*(claims(outcome) for outcome in outcomes.values()))
        somewhere = set.union(*(claims(outcome) for outcome in outcomes.values()))
        assert claims(verdict) == everywhere, (partial, removed, verdict)
        assert set(verdict.undecided) == somewhere - everywhere - {"IN_SYNC"}, (partial, removed, verdict)


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_channel_of_which_nothing_is_known_nothing_is_said(kind):
    verdict = classify(Channel(kind))
    assert verdict[:5] == ("UNKNOWN", ("UNKNOWN",), {}, None, "possible")


def test_without_the_server_a_queue_below_its_own_cursor_is_certainly_stranded():
    verdict = classify(Channel("upload", held=((0, 6),), last=6, confirmed=17))
    assert (verdict.state, verdict.certainty, verdict.dead_zone) == ("STRANDED", "certain", (6, 17))
    assert {"applied", "log_of"} <= set(verdict.settled_by)


def test_a_stranded_queue_whose_records_cannot_be_read_is_stranded_all_the_same():
    verdict = classify(upload(17, 6, 17))
    assert (verdict.state, verdict.ranges, verdict.settled_by) == ("STRANDED", {}, ("held",))


def test_whether_a_faulty_record_stops_the_server_is_open_until_the_server_is_seen():
    stopped = upload(4, 8, None, ((4, 8),), stopped_at=6)
    verdict = classify(stopped)
    assert verdict.settled_by == ("applied",)
    assert "PARTIAL" in verdict.undecided
    assert "PARTIAL" not in classify(stopped._replace(confirmed=6)).undecided
    unread = classify(upload(4, 8, 5, None, stopped_at=6))
    assert (unread.state, unread.ranges, unread.settled_by) == ("PARTIAL", {"UNACKNOWLEDGED": ((4, 5),)}, ("held",))


def test_without_the_server_nothing_is_pending_and_nothing_in_sync():
    waiting = classify(upload(17, 20, None, ((17, 20),)))
    assert (waiting.state, waiting.settled_by) == ("UNKNOWN", ("applied",))
    assert "PENDING" in waiting.undecided
    assert classify(upload(17, 17, None, ())).state == "UNKNOWN"


def test_a_hole_without_import_numbers_or_word_of_a_resync_is_left_open():
    for missing in ("life", "target_life", "renumbered_at"):
        verdict = classify(without(upload(17, 17, 12, ()), [missing]))
        assert verdict.state == "UNKNOWN"
        assert verdict.settled_by == (missing,)
        assert "HOLE" in verdict.undecided
    assert classify(upload(17, 17, 12, ())).state == "HOLE"


# --- printed by the vendor ----------------------------------------------------------------------------------------


def test_montgomery_is_stranded_as_its_listings_say():
    name = "POLYNOMIAL/MONTGOMERY"
    channel = Channel("upload", name, name, held=((0, 6),), last=6, confirmed=17, applied=17, log_of=name)
    verdict = classify(channel)
    assert verdict == Verdict("STRANDED", ("STRANDED",), {"STRANDED": ((0, 6),)}, (6, 17), "certain", (), (), {})


@pytest.mark.parametrize(("requestor", "srvsync", "due"), [("NOVEMBER", 0, 80), ("OCTOBER", 71, 9)])
def test_the_server_alone_says_how_much_is_due_to_a_requestor(requestor, srvsync, due):
    channel = Channel("download", "POLYNOMIAL/MONTGOMERY", f"POLYNOMIAL/{requestor}", confirmed=srvsync, head=80)
    verdict = classify(channel)
    assert verdict.state == "PENDING"
    assert len(list(numbers_of(verdict.ranges["PENDING"]))) == due
    assert verdict.ranges["PENDING"] == ((srvsync, 80),)
    assert verdict.certainty == "likely"
    assert {"applied", "floor"} <= set(verdict.settled_by)


def test_1300_purged_changes_are_the_hole_that_the_server_reports():
    """Q108067: Number of missing transactions = 1300 (0->1299); numbering starts at 1 (Q103421 #2082)."""
    verdict = classify(download(0, 0, 1400, 1301))
    assert verdict.ranges == {"HOLE": ((0, 1300),), "PENDING": ((1300, 1400),)}


# --- rulings, one number off on each side -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "m", "b", "states", "dead"),
    [
        (10, 10, 10, ["IN_SYNC"], None),
        (10, 10, 11, ["ROLLED_BACK"], (10, 11)),
        (10, 9, 10, ["STRANDED"], (9, 10)),
        (10, 9, 11, ["ROLLED_BACK", "STRANDED"], (9, 11)),
        (10, 11, 11, ["UNACKNOWLEDGED"], None),
        (0, 0, 1, ["ROLLED_BACK"], (0, 1)),
        (1, 0, 1, ["STRANDED"], (0, 1)),
        (1, 0, 0, ["HOLE", "STRANDED"], (0, 1)),
    ],
)
def test_ruling_9_the_head_is_the_higher_of_the_queues_end_and_the_confirmed(a, m, b, states, dead):
    verdict = classify(upload(a, m, b, ()))
    assert (list(verdict.states), verdict.dead_zone) == (states, dead)


@pytest.mark.parametrize(
    ("a", "m", "b", "held", "rejected"),
    [
        (3, 6, 6, ((3, 6),), None),
        (3, 6, 7, ((3, 6),), ((3, 6),)),
        (3, 6, 7, ((0, 6),), ((3, 6),)),
        (3, 6, 7, ((2, 3),), None),
        (3, 2, 7, ((0, 2),), ((0, 2),)),
        (0, 4, 5, ((0, 2), (3, 4)), ((0, 2), (3, 4))),
    ],
)
def test_rulings_9_and_13_rejected_is_what_a_requestor_that_went_back_still_sends(a, m, b, held, rejected):
    assert classify(upload(a, m, b, held)).ranges.get("REJECTED") == rejected


@pytest.mark.parametrize(
    ("values", "states"),
    [
        ({"b": 17}, ["IN_SYNC"]),
        ({"b": 16}, ["HOLE"]),
        ({"b": 16, "renumbered_at": 17}, ["IN_SYNC"]),
        ({"b": 16, "renumbered_at": 16}, ["HOLE"]),
        ({"b": 16, "renumbered_at": 18}, ["HOLE"]),
        ({"b": 16, "life": 2, "target_life": 1}, ["EPOCH_CHANGED"]),
        ({"b": 16, "life": 2, "target_life": 2}, ["HOLE"]),
        ({"b": 16, "life": 2, "target_life": 3}, ["HOLE"]),
        ({"b": 17, "life": 2, "target_life": 1}, ["IN_SYNC"]),
        ({"b": 0, "life": 0, "target_life": 0}, ["EPOCH_CHANGED"]),
        ({"b": 0, "life": None, "target_life": 0}, ["EPOCH_CHANGED"]),
        ({"b": 1, "life": 0, "target_life": 0}, ["HOLE"]),
        ({"b": 0, "life": 1, "target_life": 1}, ["HOLE"]),
        ({"b": 16, "life": 2, "target_life": 1, "renumbered_at": 17}, ["EPOCH_CHANGED"]),
    ],
)
def test_ruling_10_a_server_behind_is_another_life_or_a_resync_or_a_hole(values, states):
    verdict = classify(upload(17, 17, held=(), **values))
    assert list(verdict.states) == states
    assert verdict.ranges == ({"HOLE": ((values["b"], 17),)} if states == ["HOLE"] else {})


@pytest.mark.parametrize(
    ("b", "m", "held", "ranges"),
    [
        (4, 6, ((4, 6),), {"PENDING": ((4, 6),)}),
        (5, 6, ((4, 6),), {"UNACKNOWLEDGED": ((4, 5),), "PENDING": ((5, 6),)}),
        (5, 6, (), {"UNACKNOWLEDGED": ((4, 5),)}),
        (6, 6, ((4, 6),), {"UNACKNOWLEDGED": ((4, 6),)}),
    ],
)
def test_ruling_11_between_t2_and_t3_changes_are_unacknowledged_and_pending(b, m, held, ranges):
    verdict = classify(upload(4, m, b, held))
    assert verdict.ranges == ranges
    assert set(verdict.states) == set(ranges)


@pytest.mark.parametrize(("stopped_at", "partial"), [(None, False), (0, False), (5, False), (6, True), (7, False)])
def test_ruling_11_partial_needs_a_fault_in_the_very_next_record(stopped_at, partial):
    verdict = classify(upload(4, 8, 5, ((4, 8),), stopped_at=stopped_at))
    assert ("PARTIAL" in verdict.states) == partial
    assert verdict.ranges.get("PARTIAL") == (((5, 8),) if partial else None)
    assert "PARTIAL" not in classify(upload(4, 5, 5, ((4, 5),), stopped_at=stopped_at)).states
    assert "PARTIAL" not in classify(upload(7, 8, 5, ((7, 8),), stopped_at=stopped_at)).states


@pytest.mark.parametrize(
    ("m", "target_life", "state"),
    [(4, 1, "ROLLED_BACK"), (5, 1, "UNACKNOWLEDGED"), (6, 1, "UNACKNOWLEDGED"), (5, 2, "UNACKNOWLEDGED")],
)
def test_ruling_12_a_first_cycle_is_unacknowledged_unless_the_queue_ends_below_the_server(m, target_life, state):
    assert classify(upload(0, m, 5, (), life=0, target_life=target_life)).state == state


@pytest.mark.parametrize(
    ("b", "held", "ranges"),
    [
        (9, ((8, 9),), {}),
        (10, ((8, 9),), {"UNACKNOWLEDGED": ((9, 10),)}),
        (8, ((8, 9),), {"HOLE": ((8, 9),)}),
        (9, ((6, 8),), {}),
        (9, ((8, 10),), {"PENDING": ((9, 10),)}),
    ],
)
def test_ruling_13_a_record_at_or_below_the_confirmed_number_is_acknowledged_or_part_of_the_hole(b, held, ranges):
    assert classify(upload(9, 10, b, held)).ranges == ranges


@pytest.mark.parametrize(
    ("c", "d", "states", "ranges"),
    [
        (20, 20, ["IN_SYNC"], {}),
        (21, 20, ["ROLLED_BACK"], {}),
        (19, 19, ["PENDING"], {"PENDING": ((19, 20),)}),
        (20, 19, ["IN_SYNC"], {}),
        (19, 20, ["UNACKNOWLEDGED", "PENDING"], {"UNACKNOWLEDGED": ((19, 20),), "PENDING": ((19, 20),)}),
        (9, 9, ["PENDING"], {"PENDING": ((9, 20),)}),
        (8, 8, ["HOLE", "PENDING"], {"HOLE": ((8, 9),), "PENDING": ((9, 20),)}),
        (0, 0, ["HOLE", "PENDING"], {"HOLE": ((0, 9),), "PENDING": ((9, 20),)}),
    ],
)
def test_ruling_15_a_download_is_read_from_what_the_requestor_has(c, d, states, ranges):
    verdict = classify(download(c, d, 20, 10))
    assert (list(verdict.states), verdict.ranges) == (states, ranges)
    assert verdict.dead_zone == ((20, c) if c > 20 else None)


def test_ruling_15_an_import_brings_what_was_purged():
    assert classify(download(0, 0, 20, 10, importing=True)).ranges == {"PENDING": ((0, 20),)}
    unsure = classify(download(0, 0, 20, 10, importing=None))
    assert (unsure.state, unsure.certainty, unsure.settled_by) == ("PENDING", "likely", ("importing",))
    assert unsure.undecided == ("HOLE",)
    assert classify(download(1, 0, 20, 10, importing=None)).state == "HOLE"


@pytest.mark.parametrize(("server", "changed"), [(1, True), (2, False), (3, False)])
def test_ruling_15_only_an_import_number_that_went_back_is_refused(server, changed):
    verdict = classify(download(20, 20, 20, 1, life=server, target_life=2))
    assert verdict.state == ("EPOCH_CHANGED" if changed else "IN_SYNC")


@pytest.mark.parametrize(("d", "state"), [(19, "PENDING"), (20, "UNKNOWN"), (21, "ROLLED_BACK"), (8, "HOLE")])
def test_ruling_15_without_the_requestor_a_download_is_read_from_the_servers_record_and_never_certain(d, state):
    verdict = classify(download(None, d, 20, 10))
    assert verdict.state == state
    assert verdict.certainty == ("possible" if state == "UNKNOWN" else "likely")
    assert "applied" in verdict.settled_by


def test_the_log_of_another_origin_comes_before_everything_else():
    verdict = classify(upload(17, 6, 17, ((0, 6),), log_of="NET/OTHER"))
    assert verdict.states == ("FOREIGN", "STRANDED")
    assert classify(upload(17, 17, 17, (), log_of=None)).settled_by == ("log_of",)
    assert classify(upload(17, 17, 17, (), origin=None)).settled_by == ("origin",)


def test_states_are_listed_most_serious_first():
    for kind in USED:
        for channel in samples(kind, 200):
            verdict = classify(channel)
            assert list(verdict.states) == sorted(verdict.states, key=STATES.index)
            assert set(verdict.ranges) <= set(verdict.states)


# --- ranges -------------------------------------------------------------------------------------------------------

SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda each: each[0] < each[1]), max_size=5)


@given(st.lists(st.integers(1, 60)))
def test_numbers_come_back_from_their_ranges_sorted_and_once_each(numbers):
    ranges = ranges_of(numbers)
    assert list(numbers_of(ranges)) == sorted(set(numbers))
    assert all(low < high for low, high in ranges)
    assert all(first[1] < second[0] for first, second in itertools.pairwise(ranges)), "the fewest: none touch"


@given(SPANS)
def test_ranges_of_the_numbers_of_ranges_are_the_same_numbers(ranges: list[Range]):
    assert set(numbers_of(ranges_of(numbers_of(ranges)))) == set(numbers_of(ranges))


@given(SPANS, st.integers(0, 30), st.integers(0, 30))
def test_clipping_keeps_exactly_the_numbers_inside_and_clips_once_for_all(ranges: list[Range], low, high):
    parts = clipped(ranges, low, high)
    assert list(numbers_of(parts)) == [number for number in numbers_of(ranges) if low < number <= high]
    assert clipped(parts, low, high) == parts
    assert all(first < last for first, last in parts)
