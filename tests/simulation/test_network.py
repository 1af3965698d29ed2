"""What must hold in a network: nothing is lost by mail, the numbers keep their order, and the same gives the same."""

from __future__ import annotations

from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from glbtools import files
from glbtools.formats.message import REQTX, SRVTX
from glbtools.formats.queue import CONFIRMED_TEXT
from glbtools.model.protocol import CHOICES, Rules
from glbtools.simulation import actions, faults, network, phases, truth
from glbtools.simulation.disk import OWN
from glbtools.simulation.life import Dice, live
from glbtools.simulation.run import contents, run
from glbtools.simulation.scenario import Mishap, Scenario, Step

PHASES = ("T0", "T1", "T2", "T3")
SERVER, EAST, WEST, NORTH = "NET/HUB", "NET/EAST", "NET/WEST", "NET/NORTH"


# --- walking through a network -----------------------------------------------------------------------------------


def do_phase(made, phase):
    made.begin(phase)
    if phase != "T0":
        phases.run(made, phase)
    truth.settle(made, None)


def cycle(made, times=1):
    """The phases after T0, and the T0 of the next cycle: between two calls it is T0."""
    for _ in range(times):
        for phase in ("T1", "T2", "T3", "T0"):
            do_phase(made, phase)


def fresh(others=("EAST", "WEST"), users=1, rules=None, keep_updates=365):
    """A network in its first T0, each postoffice with its users exported."""
    made = network.found("NET", "HUB", others, rules=rules, keep_updates=keep_updates)
    made.begin("T0")
    for office in made.offices.values():
        actions.install(made, office, users)
    return made


def settled(others=("EAST", "WEST"), **options):
    """A network at work: everyone has everything."""
    made = fresh(others, **options)
    cycle(made, 3)
    assert_all_delivered(made)
    return made


def walked(scenario):
    """Run a scenario with random life and yield the network after each phase, as ``run`` would."""
    made = network.found(
        scenario.network, scenario.server, scenario.postoffices, rules=scenario.rules,
        keep_updates=scenario.keep_updates,
    )  # fmt: skip
    dice = Dice(scenario.seed)
    for number in range(scenario.cycles):
        made.begin("T0")
        if not number:
            for office in made.offices.values():
                actions.install(made, office, scenario.users)
        live(made, dice, scenario.changes)
        yield made
        for phase in PHASES[1:]:
            do_phase(made, phase)
            yield made


def assert_all_delivered(made):
    everyone = set(made.offices)
    for change in made.ledger.changes:
        assert change.arrived, change
        assert change.reached == everyone, change
    rows = truth.document(made)["changes"]
    assert {str(row["delivered"]) for row in rows} == {"all"}
    assert not [row["missing"] for row in rows if row["missing"]]
    lists = list(made.lists.values())
    assert all(each == lists[0] for each in lists[1:])


def states(made):
    """(changed at, target) -> how far each change of it has got."""
    return {row["id"]: row for row in truth.document(made)["changes"]}


def real(tree):
    return {path: data for path, data in tree.items() if not path.startswith(f"{OWN}/")}


HEALTHY = [
    Scenario("small", users=2, cycles=8, changes=4, seed=3),
    Scenario("purging", users=1, cycles=12, changes=6, seed=5, keep_updates=2, postoffices=("EAST", "WEST", "NORTH")),
    Scenario("idle", users=3, cycles=6, changes=0),
    Scenario("alone", users=2, cycles=6, changes=2, postoffices=()),
]
healthy = pytest.mark.parametrize("scenario", HEALTHY, ids=lambda each: each.name)


# --- disturbed networks ------------------------------------------------------------------------------------------


FATES = (
    ("mail-lost", {}),
    ("mail-delayed", {"phases": 3}),
    ("mail-delayed", {"phases": 6}),
    ("mail-doubled", {"later": 3}),
    ("mail-doubled", {"later": 6}),
)


class Disturbed(RuleBasedStateMachine):
    """Mail is lost, comes late, twice or in another order, and steps are missed. It is nothing the protocol minds."""

    OTHERS: ClassVar[tuple[str, ...]] = ("EAST", "WEST", "NORTH")
    places = st.sampled_from((SERVER, EAST, WEST, NORTH))
    kinds = st.sampled_from(("", "ReqTx", "SrvTx"))

    @initialize(users=st.integers(0, 2))
    def begin(self, users):
        self.made = settled(self.OTHERS, users=users)
        self.made.ledger.applied.clear()
        self.first = len(self.made.ledger.changes) + 1
        self.steps = 0

    def next_phase(self):
        do_phase(self.made, PHASES[(PHASES.index(self.made.phase) + 1) % 4])

    @rule(at=places, count=st.integers(1, 3))
    def add(self, at, count):
        actions.add(self.made, self.made.offices[at], count)

    @rule(at=places, which=st.integers(0, 5))
    def modify(self, at, which):
        actions.modify(self.made, self.made.offices[at], which)

    @rule(at=places, which=st.integers(0, 5))
    def delete(self, at, which):
        actions.delete(self.made, self.made.offices[at], which)

    @rule()
    def go_on(self):
        self.next_phase()

    @rule(
        changed=st.sets(places, max_size=2),
        requests=st.dictionaries(places, st.sampled_from(FATES), max_size=3),
        answers=st.dictionaries(places, st.sampled_from(FATES), max_size=4),
    )
    def whole_cycle(self, changed, requests, answers):
        """A cycle in which one postoffice's request, another's answer, is lost, late or double."""
        while self.made.phase != "T0":
            self.next_phase()
        for at in sorted(changed):
            actions.add(self.made, self.made.offices[at])
        for kind, fates in (("ReqTx", requests), ("SrvTx", answers)):
            self.next_phase()
            for at, (name, options) in sorted(fates.items()):
                self.disturb(name, at, kind=kind, **options)
        self.next_phase()
        self.next_phase()

    def disturb(self, name, at, **options):
        if at == SERVER:
            # A fault of a requestor: to the mail of the server's own it happens without being noted.
            faults.find(name).do(self.made, self.made.offices[at], **options)
        else:
            faults.inject(self.made, name, self.made.offices[at], **options)

    @precondition(lambda self: self.made.mail)
    @rule(at=places, kind=kinds)
    def lose(self, at, kind):
        self.disturb("mail-lost", at, kind=kind)

    @precondition(lambda self: self.made.mail)
    @rule(at=places, kind=kinds, late=st.integers(1, 7))
    def delay(self, at, kind, late):
        self.disturb("mail-delayed", at, kind=kind, phases=late)

    @precondition(lambda self: self.made.mail)
    @rule(at=places, kind=kinds, late=st.integers(0, 7))
    def double(self, at, kind, late):
        self.disturb("mail-doubled", at, kind=kind, later=late)

    @precondition(lambda self: self.made.mail)
    @rule()
    def reorder(self):
        self.disturb("mail-reordered", SERVER)

    @precondition(lambda self: self.made.mail)
    @rule(order=st.randoms(use_true_random=False))
    def shuffle(self, order):
        order.shuffle(self.made.mail)

    @rule(at=places, phase=st.sampled_from(("T1", "T3")))
    def miss(self, at, phase):
        self.made.skipped.add((at, phase))

    @rule()
    def miss_t2(self):
        self.made.skipped.add((SERVER, "T2"))

    def teardown(self):
        if not hasattr(self, "made"):
            return
        made = self.made
        while made.phase != "T0":
            self.next_phase()
        made.skipped.clear()
        late = max((each.due - made.tick for each in made.mail), default=0)
        cycle(made, max(late, 0) // 3 + 4)
        assert_all_delivered(made)
        self.check_order()

    def check_order(self):
        """Each postoffice has taken in every change of the others once, in the order of the server's numbers."""
        changes = self.made.ledger.changes[self.first - 1 :]
        for name in self.made.offices:
            foreign = sorted((each for each in changes if each.origin != name), key=lambda each: each.issued)
            assert self.made.ledger.applied.get(name, []) == [each.id for each in foreign]


class DisturbedFromTheFirstDay(Disturbed):
    """The same from the first cycle on, with imports: whole lists bring changes that come again with their numbers."""

    OTHERS = ("EAST", "WEST", "NORTH")

    @initialize(users=st.integers(0, 2))
    def begin(self, users):
        self.made = fresh(self.OTHERS, users=users)
        self.first = 1

    @rule(at=Disturbed.places)
    def ask_for_lists(self, at):
        actions.request_import(self.made, self.made.offices[at])

    def check_order(self):
        """Nothing is said about the order: whole lists come with all that is in them."""


LIMITS = settings(max_examples=40, stateful_step_count=25, deadline=None, derandomize=True)
TestWhateverBecomesOfMailEveryChangeArrivesOnceAndInOrder = Disturbed.TestCase
TestWhateverBecomesOfMailEveryChangeArrivesOnceAndInOrder.settings = LIMITS
TestWhateverBecomesOfTheFirstMailsEveryChangeArrives = DisturbedFromTheFirstDay.TestCase
TestWhateverBecomesOfTheFirstMailsEveryChangeArrives.settings = LIMITS


# --- what must hold in a healthy network -------------------------------------------------------------------------


@healthy
def test_everything_has_reached_everyone_after_two_quiet_cycles(scenario):
    *_, made = walked(scenario)
    made.begin("T0")
    cycle(made, 2)
    assert_all_delivered(made)


@healthy
def test_r_is_was_plus_the_number_sent_in_every_request(scenario):
    seen = 0
    for made in walked(scenario):
        if made.phase != "T1":
            continue
        requests = [each for each in made.mail if each.kind == REQTX]
        assert {each.sender for each in requests} == set(made.offices)
        for each in requests:
            assert each.r == each.was + len(each.items)
            assert [item.sync for item in each.items] == list(range(each.was + 1, each.r + 1))
        seen += len(requests)
    assert seen == scenario.cycles * (1 + len(scenario.postoffices))


@healthy
def test_a_confirmed_cycle_leaves_49_bytes_that_hold_reqsync(scenario):
    for made in walked(scenario):
        if made.phase != "T3":
            continue
        for office in made.offices.values():
            assert len(office.read("GLB/REQTRANS.GLB")) == 49
            (record,) = office.queue("REQTRANS").records
            assert (record.sync, record.text) == (office.reqconf().reqsync, CONFIRMED_TEXT)


def test_what_is_queued_between_t1_and_t3_stays_behind_the_confirmed_number():
    made = settled()
    actions.add(made, made.offices[EAST], 2)
    do_phase(made, "T1")
    before = made.offices[EAST].last("REQTRANS")
    actions.add(made, made.offices[EAST])
    do_phase(made, "T2")
    do_phase(made, "T3")
    office = made.offices[EAST]
    assert office.reqconf().reqsync == before
    assert [each.sync for each in office.records("REQTRANS")] == [before + 1]
    assert len(office.read("GLB/REQTRANS.GLB")) != 49
    do_phase(made, "T0")
    cycle(made, 2)
    assert len(office.read("GLB/REQTRANS.GLB")) == 49
    assert_all_delivered(made)


def test_what_a_postoffice_takes_back_while_it_is_under_way_does_not_come_back_from_the_server():
    made = settled(users=0)
    actions.add(made, made.offices[EAST])
    do_phase(made, "T1")
    actions.delete(made, made.offices[EAST])
    do_phase(made, "T2")
    do_phase(made, "T3")
    assert made.lists[EAST].of(EAST) == []
    assert len(made.lists[WEST].of(EAST)) == 1
    do_phase(made, "T0")
    cycle(made)
    assert made.lists[WEST].of(EAST) == []
    assert_all_delivered(made)


def test_a_delayed_answer_that_comes_alone_brings_nothing_again():
    made = settled()
    actions.add(made, made.offices[EAST], 2)
    do_phase(made, "T1")
    do_phase(made, "T2")
    faults.inject(made, "mail-delayed", made.offices[WEST], kind="SrvTx", phases=6)
    do_phase(made, "T3")
    do_phase(made, "T0")
    actions.add(made, made.offices[EAST])
    cycle(made)
    received = made.offices[WEST].reqconf().srvsync
    applied = list(made.ledger.applied[WEST])
    made.skipped.add((WEST, "T1"))
    for phase in PHASES[1:]:
        do_phase(made, phase)
    assert not [each for each in made.mail if each.to == WEST]
    assert made.offices[WEST].reqconf().srvsync == received
    assert made.ledger.applied[WEST] == applied
    do_phase(made, "T0")
    cycle(made)
    assert made.ledger.applied[WEST] == applied


class Sides:
    """The numbers of docs/facts/protocol.md#numbers: RC and RT of each postoffice, SC and MT of the server."""

    def __init__(self, made):
        file = made.serving.srvconf().config
        self.sync, self.cycle = file.sync or 0, file.cycle or 0
        self.master = [each.sync for each in made.serving.records("MSTTRANS")]
        self.pairs = []
        for name, office in made.offices.items():
            record = next(each for each in file.requestors if each.name == f"PCM:{name}")
            self.pairs.append((office.reqconf(), office.last("REQTRANS") or 0, record))


def holds_v1(sides):
    return all(last >= (own.reqsync or 0) for own, last, _ in sides.pairs)


def holds_v3(sides):
    return all((own.reqsync or 0) <= (own.srvsync or 0) for own, _, _ in sides.pairs)


def holds_v4(sides):
    return max(sides.master, default=0) == sides.sync


def holds_v5(sides):
    return all((record.srvsync or 0) <= sides.sync for _, _, record in sides.pairs)


def holds_v6(sides):
    return all((own.srvsync or 0) <= sides.sync for own, _, _ in sides.pairs)


def holds_v7(sides):
    return all((own.reqsync or 0) <= (record.reqsync or 0) for own, _, record in sides.pairs)


def holds_v8(sides):
    return all((record.reqsync or 0) <= last for _, last, record in sides.pairs)


def holds_v9(sides):
    return not sides.master or all(min(sides.master) <= (own.srvsync or 0) + 1 for own, _, _ in sides.pairs)


def holds_v10(sides):
    return all(record.last_cycle == sides.cycle for _, _, record in sides.pairs)


def holds_v12(sides):
    return sum(record.reqsync or 0 for _, _, record in sides.pairs) == sides.sync


ALWAYS = [holds_v1, holds_v4, holds_v5, holds_v6, holds_v7, holds_v8, holds_v9]


@healthy
@pytest.mark.parametrize("holds", ALWAYS, ids=lambda each: each.__name__)
def test_v1_and_v4_to_v9_hold_after_every_phase(scenario, holds):
    for made in walked(scenario):
        assert holds(Sides(made)), (made.cycle, made.phase)


def test_updates_were_purged_in_the_run_in_which_v9_holds():
    *_, made = walked(HEALTHY[1])
    assert min(Sides(made).master) > 1


@healthy
def test_v2_what_t1_sends_is_above_reqsync(scenario):
    for made in walked(scenario):
        if made.phase == "T1":
            for each in made.mail:
                assert all(item.sync > made.offices[each.sender].reqconf().reqsync for item in each.items)


@healthy
def test_v3_holds_after_every_phase_from_the_second_t3_on(scenario):
    for made in walked(scenario):
        if made.cycle > 2 or (made.cycle, made.phase) == (2, "T3"):
            assert holds_v3(Sides(made)), (made.cycle, made.phase)


@healthy
def test_v10_everyone_took_part_in_the_current_cycle_right_after_t2(scenario):
    for made in walked(scenario):
        if made.phase in ("T2", "T3"):
            assert holds_v10(Sides(made))


@healthy
def test_v11_an_answer_has_no_earlier_import_number_than_the_requestor(scenario):
    seen = 0
    for made in walked(scenario):
        if made.phase == "T2":
            answers = [each for each in made.mail if each.kind == SRVTX]
            assert all(each.imports >= (made.offices[each.to].reqconf().importsync or 0) for each in answers)
            seen += len(answers)
    assert seen == scenario.cycles * (1 + len(scenario.postoffices))


def test_v3_does_not_hold_after_the_first_import_reply_which_carries_the_servers_own_srvsync():
    made = fresh()
    for phase in PHASES[1:]:
        do_phase(made, phase)
    own = made.offices[EAST].reqconf()
    assert (own.reqsync, own.srvsync, own.importsync) == (2, 0, 1)
    assert not holds_v3(Sides(made))


def test_v3_and_v7_do_not_hold_after_a_resync_though_nothing_is_wrong():
    made = settled()
    actions.add(made, made.offices[EAST], 40)
    do_phase(made, "T1")
    do_phase(made, "T2")
    actions.resync(made, made.offices[WEST])
    own = made.offices[WEST].reqconf()
    assert own.reqsync > own.srvsync
    assert not holds_v3(Sides(made))
    assert not holds_v7(Sides(made))
    do_phase(made, "T3")
    do_phase(made, "T0")
    actions.add(made, made.offices[WEST])
    cycle(made, 3)
    assert_all_delivered(made)


def test_v3_does_not_hold_after_the_server_was_enabled_again_and_its_numbers_began_anew():
    made = settled()
    faults.inject(made, "server-reenabled", made.serving)
    actions.add(made, made.offices[EAST], 30)
    # The server has forgotten the import; one that is asked for makes its number that of the requestor again.
    actions.request_import(made, made.offices[EAST])
    cycle(made)
    own = made.offices[EAST].reqconf()
    assert own.reqsync == 32
    assert own.srvsync == 6
    assert not holds_v3(Sides(made))


def test_v12_is_no_invariant_a_requestor_that_was_registered_again_breaks_it():
    made = settled()
    assert holds_v12(Sides(made))
    actions.recreate(made, made.offices[EAST])
    assert not holds_v12(Sides(made))
    cycle(made)
    assert not holds_v12(Sides(made))


# --- the same again ----------------------------------------------------------------------------------------------


RANDOM = Scenario("random", users=2, cycles=5, changes=5, seed=11)


def test_the_same_seed_gives_the_same_bytes():
    assert contents(run(RANDOM)) == contents(run(RANDOM))


@pytest.mark.parametrize("seed", [0, 12, 1 << 40])
def test_another_seed_gives_others(seed):
    one, other = contents(run(RANDOM)), contents(run(RANDOM._replace(seed=seed)))
    assert real(one) != real(other)
    assert set(one) == set(other)


def stopped_after(phase, disturb=None):
    made = settled(users=2)
    faults.inject(made, "absent", made.offices[WEST])
    actions.add(made, made.offices[EAST], 2)
    actions.request_import(made, made.offices[WEST])
    actions.copy(made, made.serving, "before")
    for each in PHASES[1 : PHASES.index(phase) + 1]:
        do_phase(made, each)
        if disturb and each == phase:
            faults.inject(made, disturb, made.offices[EAST])
    return made


@pytest.mark.parametrize("phase", PHASES)
def test_a_network_that_is_written_and_read_is_the_same_in_every_phase(tmp_path, phase):
    made = stopped_after(phase)
    saved = network.save(made)
    files.write_tree(saved, tmp_path / "out", sync=False)
    again = network.load(tmp_path / "out")
    assert network.save(again) == saved
    assert truth.document(again) == truth.document(made)
    assert again.lists == made.lists
    assert again.mail == made.mail
    assert again.ledger.changes == made.ledger.changes


@pytest.mark.parametrize("fault", ["mail-lost", "mail-delayed", "mail-doubled", "clock-shifted"])
def test_disturbed_mail_and_clocks_come_back_as_they_were_written(tmp_path, fault):
    made = stopped_after("T1", fault)
    files.write_tree(network.save(made), tmp_path / "out", sync=False)
    again = network.load(tmp_path / "out")
    assert network.save(again) == network.save(made)
    assert (again.mail, again.clocks) == (made.mail, made.clocks)


def test_the_order_in_which_mail_lies_comes_back_as_it_was_written(tmp_path):
    made = stopped_after("T1", "mail-reordered")
    files.write_tree(network.save(made), tmp_path / "out", sync=False)
    assert network.load(tmp_path / "out").mail == made.mail


def test_the_address_lists_of_a_discovered_network_are_written_and_read_the_same(tmp_path):
    files.write_tree(real(network.save(settled())), tmp_path / "real", sync=False)
    made = network.load(tmp_path / "real")
    saved = network.save(made)
    files.write_tree(saved, tmp_path / "out", sync=False)
    assert network.save(network.load(tmp_path / "out")) == saved


STEPS = (
    Step(1, "T0", "add", SERVER, {"count": 2}),
    Step(2, "T0", "add", EAST, {"count": 3}),
    Step(2, "T1", "modify", WEST, {"which": 1}),
    Step(3, "T0", "import", WEST, {}),
    Step(3, "T2", "add", EAST, {}),
    Step(3, "T3", "delete", WEST, {"which": 0}),
    Step(4, "T0", "add", WEST, {"count": 2}),
    Step(4, "T0", "delete", EAST, {"which": 1}),
    Step(5, "T0", "export", EAST, {}),
    Step(6, "T0", "modify", SERVER, {"which": 0}),
)
MISHAPS = (
    Mishap(2, 2, "T1", "mail-delayed", EAST, {"phases": 6}),
    Mishap(3, 3, "T3", "clock-shifted", WEST, {"seconds": 600}),
    Mishap(5, 5, "T0", "absent", WEST, {}),
)


def part(first, last):
    """The cycles of the long run from ``first`` to ``last``, as a scenario of its own."""
    ahead = first - 1
    return Scenario(
        "part",
        cycles=last - ahead,
        steps=tuple(each._replace(cycle=each.cycle - ahead) for each in STEPS if first <= each.cycle <= last),
        mishaps=tuple(
            each._replace(cycle=each.cycle - ahead, until=each.until - ahead)
            for each in MISHAPS
            if first <= each.cycle <= last
        ),
    )


@pytest.mark.parametrize("stop", [1, 2, 3, 5])
def test_going_on_from_a_directory_gives_what_not_stopping_gives(tmp_path, stop):
    whole = contents(run(part(1, 6)))
    files.write_tree(contents(run(part(1, stop))), tmp_path / "half", sync=False)
    again = contents(run(part(stop + 1, 6), network.load(tmp_path / "half")))
    assert real(again) == real(whole)
    assert again == whole


@pytest.mark.parametrize("phase", PHASES[1:3])
def test_going_on_in_the_middle_of_a_cycle_gives_what_not_stopping_gives(tmp_path, phase):
    made = stopped_after(phase)
    files.write_tree(network.save(made), tmp_path / "half", sync=False)
    again = network.load(tmp_path / "half")
    again.skipped = set(made.skipped)
    for each in (made, again):
        for later in PHASES[PHASES.index(phase) + 1 :]:
            do_phase(each, later)
        do_phase(each, "T0")
        cycle(each, 2)
        assert_all_delivered(each)
    assert real(contents(again)) == real(contents(made))


# --- a network of real files only --------------------------------------------------------------------------------


def discovered(tmp_path, made):
    files.write_tree(real(network.save(made)), tmp_path / "real", sync=False)
    return network.load(tmp_path / "real")


def test_a_network_of_real_files_alone_is_found_with_its_roles_and_cycle(tmp_path):
    made = settled(users=3)
    found = discovered(tmp_path, made)
    assert (found.server, set(found.offices)) == (made.server, set(made.offices))
    assert found.cycle == made.serving.srvconf().config.cycle
    assert found.lists == made.lists
    assert not found.ledger.changes


def test_a_network_of_real_files_alone_goes_on_working(tmp_path):
    found = discovered(tmp_path, settled(users=3))
    found.begin("T0")
    for office in found.offices.values():
        actions.add(found, office, 2)
        actions.modify(found, office, 1)
        actions.delete(found, office, 0)
    cycle(found, 2)
    assert len(found.ledger.changes) == 12
    assert_all_delivered(found)


def test_changes_that_waited_when_only_real_files_were_left_arrive_too(tmp_path):
    made = settled(users=3)
    actions.add(made, made.offices[EAST], 2)
    found = discovered(tmp_path, made)
    found.begin("T0")
    actions.add(found, found.offices[WEST])
    cycle(found, 2)
    assert found.lists[SERVER].of(EAST) == made.lists[EAST].of(EAST)
    assert_all_delivered(found)


def test_a_network_whose_mail_is_gone_recovers(tmp_path):
    made = settled(users=2)
    actions.add(made, made.offices[EAST])
    do_phase(made, "T1")
    found = discovered(tmp_path, made)
    found.begin("T0")
    actions.add(found, found.offices[EAST])
    cycle(found, 2)
    assert found.lists[SERVER].of(EAST) == found.lists[EAST].of(EAST)
    assert len(found.lists[SERVER].of(EAST)) == 4
    assert_all_delivered(found)


# --- other readings ----------------------------------------------------------------------------------------------


def requests(made):
    return {each.sender: each for each in made.mail if each.kind == REQTX}


def numbers(items):
    return [each.sync for each in items]


def test_c7_numbers_that_begin_at_zero_need_c4_and_c5_to_be_sent_and_taken():
    made = fresh(rules=Rules(first=0, send="from", reject="below"))
    do_phase(made, "T1")
    message = requests(made)[EAST]
    assert (numbers(message.items), message.was, message.r) == ([0, 1], 0, 1)
    do_phase(made, "T2")
    assert made.ledger.changes[2].origin == EAST
    assert made.ledger.changes[2].arrived


def test_c7_with_the_adopted_c4_the_number_zero_is_never_sent():
    made = fresh(rules=Rules(first=0))
    do_phase(made, "T1")
    assert numbers(requests(made)[EAST].items) == [1]
    do_phase(made, "T2")
    do_phase(made, "T3")
    do_phase(made, "T0")
    cycle(made, 2)
    assert not made.ledger.changes[2].arrived


def test_c4_sending_from_reqsync_on_sends_the_confirmed_record_again_if_c3_keeps_it():
    sent = {}
    for send in ("above", "from"):
        made = fresh(rules=Rules(send=send, discard="below"))
        cycle(made, 2)
        do_phase(made, "T1")
        sent[send] = numbers(requests(made)[EAST].items)
        assert made.offices[EAST].reqconf().reqsync == 2
        assert numbers(made.offices[EAST].records("REQTRANS")) == [2]
    assert sent == {"above": [], "from": [2]}


def test_c5_refusing_only_what_is_below_reqsync_takes_what_is_sent_twice():
    taken = {}
    for reject in ("through", "below"):
        made = settled(rules=Rules(reject=reject))
        actions.add(made, made.offices[EAST])
        do_phase(made, "T1")
        faults.inject(made, "mail-doubled", made.offices[EAST], kind="ReqTx")
        before = Sides(made).sync
        do_phase(made, "T2")
        taken[reject] = Sides(made).sync - before
    assert taken == {"through": 1, "below": 2}


def test_c2_if_only_reqsync_itself_is_believed_no_update_is_ever_confirmed():
    made = fresh(rules=Rules(ack_test="match"))
    cycle(made, 3)
    assert made.offices[EAST].reqconf().reqsync == 0
    assert numbers(made.offices[EAST].records("REQTRANS")) == [1, 2]
    assert_all_delivered(made)


def lost_answer(rules):
    made = settled(rules=rules)
    actions.add(made, made.offices[EAST])
    do_phase(made, "T1")
    do_phase(made, "T2")
    faults.inject(made, "mail-lost", made.offices[WEST], kind="SrvTx")
    do_phase(made, "T3")
    do_phase(made, "T0")
    cycle(made, 3)
    return WEST in made.ledger.changes[-1].reached


def test_c6_a_lost_answer_is_made_good_by_the_number_in_the_message_not_by_what_srvconf_says_was_sent():
    assert lost_answer(Rules())
    assert lost_answer(Rules(due_from="srvconf"))
    assert lost_answer(Rules(stored="sent"))
    assert not lost_answer(Rules(due_from="srvconf", stored="sent"))


@pytest.mark.parametrize(("stored", "behind"), [("acknowledged", True), ("sent", False)])
def test_srvconf_says_what_was_acknowledged_or_what_was_sent(stored, behind):
    made = settled(rules=Rules(stored=stored))
    actions.add(made, made.offices[EAST])
    do_phase(made, "T1")
    do_phase(made, "T2")
    sides = Sides(made)
    assert all(((record.srvsync or 0) < sides.sync) is behind for _, _, record in sides.pairs)


def poisoned(acknowledge):
    made = settled(rules=Rules(acknowledge=acknowledge))
    faults.inject(made, "checksum-poison", made.offices[EAST])
    cycle(made, 2)
    first, second, third = (states(made)[each.id]["server"] for each in made.ledger.changes[-3:])
    return made, [each["state"] for each in (first, second, third)]


def test_a_server_that_acknowledges_what_it_processed_leaves_a_bad_record_and_the_next_in_the_queue():
    made, found = poisoned("processed")
    assert found == ["arrived", "queued", "queued"]
    assert len(made.offices[EAST].records("REQTRANS")) == 2


def test_a_server_that_acknowledges_the_number_in_the_message_loses_what_follows_a_bad_record():
    made, found = poisoned("message")
    assert found == ["arrived", "lost", "lost"]
    assert not made.offices[EAST].records("REQTRANS")
    row = states(made)[made.ledger.changes[-1].id]
    assert row["server"]["fault"] == "checksum-poison"


@pytest.mark.parametrize(("resync", "of_all"), [("highest", True), ("own", False)])
def test_c8_resync_carries_the_largest_reqsync_or_the_requestors_own(resync, of_all):
    made = settled(rules=Rules(resync=resync))
    actions.add(made, made.offices[EAST], 9)
    cycle(made)
    before = made.offices[WEST].reqconf().reqsync
    actions.resync(made, made.offices[WEST])
    after = made.offices[WEST].reqconf().reqsync
    assert after == (made.offices[EAST].reqconf().reqsync if of_all else before)


def test_c9_resync_carries_the_srvsync_of_srvconf_or_that_of_reqconf():
    carried = {}
    for srvseq in ("srvconf", "reqconf"):
        made = settled(rules=Rules(srvseq=srvseq))
        actions.add(made, made.offices[EAST], 9)
        cycle(made)
        actions.resync(made, made.offices[WEST])
        carried[srvseq] = made.offices[WEST].reqconf().srvsync
        own = made.serving.reqconf().srvsync
    assert carried == {"srvconf": own - 9, "reqconf": own}


def test_c13_keep_updates_counts_days_or_cycles():
    left = {}
    for keep in ("days", "cycles"):
        made = fresh(rules=Rules(keep=keep), keep_updates=3)
        cycle(made, 3)
        # Ten days pass on which no cycle runs.
        made.start = made.start.replace(day=made.start.day + 10)
        cycle(made)
        left[keep] = len(made.serving.records("MSTTRANS"))
    assert left["days"] == 1
    assert left["cycles"] != left["days"]


def imports_of(made, name):
    """The import number in the server's record of a postoffice."""
    records = made.serving.srvconf().config.requestors
    return next(each.importsync for each in records if each.name == f"PCM:{name}")


@pytest.mark.parametrize(("counted", "ahead"), [("answered", 0), ("asked", 1)])
def test_an_import_is_counted_at_the_requestor_when_it_is_asked_for_or_when_it_is_answered(counted, ahead):
    made = settled(rules=Rules(counted=counted))
    before = made.offices[EAST].reqconf().importsync
    actions.request_import(made, made.offices[EAST])
    assert made.offices[EAST].reqconf().importsync == before + ahead
    for phase in PHASES[1:]:
        do_phase(made, phase)
    assert made.offices[EAST].reqconf().importsync == before + 1 == imports_of(made, EAST)
    assert_all_delivered(made)


@pytest.mark.parametrize(("first_cycle", "imports"), [("unanswered", 0), ("message", 0), ("record", 1)])
def test_a_requestor_that_was_made_anew_gets_complete_lists_only_where_its_record_decides(first_cycle, imports):
    made = settled(rules=Rules(first_cycle=first_cycle))
    actions.recreate(made, made.offices[EAST])
    cycle(made)
    assert imports_of(made, EAST) == imports


@pytest.mark.parametrize("first_cycle", CHOICES["first_cycle"])
@pytest.mark.parametrize("counted", CHOICES["counted"])
def test_a_healthy_network_delivers_everything_whoever_counts_and_however_a_first_cycle_is_seen(counted, first_cycle):
    rules = Rules(counted=counted, first_cycle=first_cycle)
    made = run(Scenario("healthy", users=2, cycles=8, changes=4, seed=3, rules=rules))
    made = run(Scenario("quiet", cycles=2), made)
    assert_all_delivered(made)


def test_a_postoffice_that_paces_its_updates_gets_all_of_them_some_cycles_later():
    made = settled()
    actions.pace(made, made.offices[WEST], 2)
    actions.add(made, made.offices[EAST], 5)
    cycle(made)
    lists = made.lists
    assert [sum(each in lists[name] for each in lists[EAST]) for name in (WEST, EAST)] == [5, 8]
    cycle(made, 2)
    assert_all_delivered(made)


def test_exchanged_directories_bear_each_others_names_and_the_network_goes_on():
    made = settled()
    before = {name: made.offices[name].reqconf() for name in (EAST, WEST)}
    faults.inject(made, "directories-swapped", made.offices[EAST])
    assert [made.offices[name].path for name in (EAST, WEST)] == ["west", "east"]
    assert {name: made.offices[name].reqconf() for name in (EAST, WEST)} == before
    actions.add(made, made.offices[EAST])
    cycle(made, 2)
    assert_all_delivered(made)


def test_a_change_that_was_taken_twice_is_not_lost_with_the_second_of_its_numbers():
    made = settled(rules=Rules(send="from", reject="below", discard="below"))
    actions.add(made, made.offices[EAST])
    cycle(made)
    change = made.ledger.changes[-1]
    first = change.issued
    actions.copy(made, made.serving, "between")
    cycle(made)
    assert change.issued > first
    faults.inject(made, "server-restored", made.serving, copy="between")
    truth.settle(made, 0)
    assert (change.issued, change.lost) == (first, False)
    assert states(made)[change.id]["server"]["state"] == "arrived"
