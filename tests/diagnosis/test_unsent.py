"""What has not arrived: each reason with its near miss, content from other files, exact ranges, one order for all."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any, get_args

import pytest

from glbtools.diagnosis.case import cases, low_part
from glbtools.diagnosis.changes.found import DIRECTIONS, Unsent, Why
from glbtools.diagnosis.unsent import unsent
from glbtools.errors import FileAccessError, UsageError
from glbtools.evidence.network import collect
from glbtools.model.channel import numbers_of, subtracted, without
from glbtools.reporting import unsent as render
from glbtools.reporting.text import Screen
from glbtools.reporting.writer import lines as text_lines
from tests.diagnosis.networks import Build

EAST, WEST, SERVER = "NET/EAST", "NET/WEST", "NET/SERVER"


def add(sync: int, name: str, node: str = EAST) -> dict[str, Any]:
    return {"sync": sync, "stamp": f"1994-04-07T12:00:{sync % 60:02}", "text": f"A {name}\tPCM:{node}/{name}"}


def east(a: int, reqtrans: list[dict[str, Any]], c: int = 5, imports: int = 1, **more: Any) -> dict[str, Any]:
    reqconf = {"server": SERVER, "reqsync": a, "srvsync": c, "importsync": imports}
    queues = {"REQTRANS": reqtrans} | more.pop("queue", {})
    return {"name": EAST, "reqconf": reqconf, "queue": queues} | more


def west(**more: Any) -> dict[str, Any]:
    reqconf = {"server": SERVER, "reqsync": 30, "srvsync": 5, "importsync": 1}
    return {"name": WEST, "reqconf": reqconf} | more


def server(b: int, head: int = 5, master: list[dict[str, Any]] | None = None, **record: Any) -> dict[str, Any]:
    """The server: it has East's numbers up to ``b``, West's up to 30, and has issued up to ``head``."""
    if master is None:
        master = [add(number, f"m{number}", WEST) for number in range(1, head + 1)]
    requestors = [
        {"name": f"PCM:{SERVER}", "reqsync": 3, "srvsync": head, "importsync": 1},
        {"name": f"PCM:{EAST}", "reqsync": b, "srvsync": 5, "importsync": 1} | record,
        {"name": f"PCM:{WEST}", "reqsync": 30, "srvsync": 5, "importsync": 1},
    ]
    return {
        "name": SERVER,
        "reqconf": {"server": SERVER, "reqsync": 3, "srvsync": head, "importsync": 1},
        "srvconf": {"sync": head, "cycle": 9, "requestor": requestors},
        "queue": {"MSTTRANS": master},
    }


def seen(found: Unsent) -> list[tuple[str | None, str | None, str, int, str]]:
    return [(each.route.origin, each.route.target, each.route.channel, each.sync, each.why) for each in found]


def up(found: Unsent) -> list[tuple[int, str, str]]:
    return [(each.sync, each.why, each.certainty) for each in found if each.route.channel == "upload"]


def spans(found: Unsent) -> list[tuple[str | None, str | None, tuple[int, int], str]]:
    return [(each.route.origin, each.route.target, each.range, each.why) for each in found.ranges]


# --- upload ------------------------------------------------------------------------------------------------------


def test_nothing_is_listed_for_a_healthy_network(build: Build) -> None:
    found = unsent(build(server(17), east(17, [{"dummy": 17}]), west()), direction="both")
    assert not found.changes
    assert not found.ranges
    assert not found.unknown


def test_pending_is_what_is_above_both_numbers(build: Build) -> None:
    queue = [add(17, "old"), add(18, "ann"), add(19, "bob")]
    taken = [*(add(number, f"m{number}", WEST) for number in range(1, 5)), add(5, "old")]
    found = unsent(build(server(17, master=taken), east(17, queue), west()))
    assert up(found) == [(18, "pending", "certain"), (19, "pending", "certain")]
    assert [each.route.target for each in found] == [SERVER, SERVER]
    assert found.changes[0].change.stamp is not None
    assert found.changes[0].evidence[0].span is not None
    assert found.changes[0].evidence[0].path.endswith("GLB/REQTRANS.GLB")


def test_what_the_server_has_is_not_unsent_though_not_acknowledged(build: Build) -> None:
    queue = [add(18, "ann"), add(19, "bob"), add(20, "cid")]
    assert up(unsent(build(server(19), east(17, queue), west()))) == [(20, "pending", "certain")]
    assert not unsent(build(server(20), east(17, queue), west(), name="all")).changes


def test_without_the_server_pending_is_likely_and_names_what_would_settle_it(build: Build) -> None:
    found = unsent(build(east(17, [add(18, "ann")])))
    assert up(found) == [(18, "pending", "likely")]
    assert found.changes[0].standing.settled_by == ("SRVCONF of the server",)
    assert found.unknown[0].wanted == ("the server's SRVCONF",)
    assert found.changes[0].route.target == SERVER


def test_sent_by_the_log_and_no_server_to_ask(build: Build) -> None:
    log = {"DSSERVER": "04/07/94 13:00:00 | 1 106 1\n"}
    assert up(unsent(build(east(17, [add(18, "ann")], log=log)))) == [(18, "unacknowledged", "possible")]
    early = {"DSSERVER": "04/07/94 11:00:00 | 1 106 1\n"}
    assert up(unsent(build(east(17, [add(18, "ann")], log=early), name="early"))) == [(18, "pending", "likely")]


@pytest.mark.parametrize(("with_server", "certainty"), [(True, "certain"), (False, "likely")])
def test_stranded(build: Build, *, with_server: bool, certainty: str) -> None:
    stuck = east(17, [add(number, f"n{number}") for number in range(1, 7)])
    given = [server(17, head=50), stuck, west()] if with_server else [stuck]
    found = unsent(build(*given))
    assert up(found) == [(number, "stranded", certainty) for number in range(1, 7)]
    assert not found.ranges


def test_a_queue_that_reaches_its_number_is_not_stranded(build: Build) -> None:
    queue = [add(number, f"n{number}") for number in range(12, 18)]
    taken = [add(number - 11, f"n{number}") for number in range(12, 18)]
    assert not unsent(build(server(17, head=6, master=taken), east(17, queue), west())).changes


def test_what_is_confirmed_by_number_and_in_no_file_of_the_server_is_unsent(build: Build) -> None:
    """MSTTRANS is whole from 1 and holds none of them: the queue was begun again and has passed ReqSync since."""
    queue = [add(number, f"n{number}") for number in range(12, 18)]
    found = up(unsent(build(server(17), east(17, queue), west())))
    assert found == [(number, "stranded", "likely") for number in range(12, 18)]
    purged = [add(number, f"m{number}", WEST) for number in range(4, 6)]
    for each in purged:
        each["stamp"] = "1994-04-09T12:00:00"
    found = up(unsent(build(server(17, master=purged), east(17, queue), west(), name="purged")))
    assert found == [(number, "stranded", "possible") for number in range(12, 18)]


def test_rejected_by_a_server_that_has_higher_numbers(build: Build) -> None:
    reset = east(0, [add(1, "ann"), add(2, "bob")], c=0, imports=1)
    assert up(unsent(build(server(17), reset, west()))) == [(1, "rejected", "likely"), (2, "rejected", "likely")]
    # One number further and the server has them all: nothing shows that they did not arrive (ruling 12).
    assert not unsent(build(server(2), reset, west(), name="near")).changes


def test_a_hole_is_a_range_when_nobody_has_its_content(build: Build) -> None:
    found = unsent(build(server(12), east(17, [{"dummy": 17}]), west()))
    assert not found.changes
    assert spans(found) == [(EAST, SERVER, (12, 17), "hole")]
    assert not unsent(build(server(17), east(17, [{"dummy": 17}]), west(), name="near")).ranges


def test_a_resync_explains_a_number_above_the_servers(build: Build) -> None:
    found = unsent(build(server(12), east(30, [{"dummy": 30}]), west()))
    assert not found.changes
    assert [(each.range, each.why, each.certainty) for each in found.ranges] == [((12, 30), "hole", "possible")]


def test_a_resync_over_changes_that_wait_strands_them(build: Build) -> None:
    queue = [add(13, "ann"), add(14, "bob"), add(31, "cid")]
    found = unsent(build(server(12), east(30, queue), west()))
    assert up(found) == [(13, "stranded", "likely"), (14, "stranded", "likely"), (31, "pending", "certain")]


def test_content_of_a_hole_comes_from_the_queue_and_from_older_copies(build: Build) -> None:
    now = build(server(12), east(17, [add(17, "last")]), west())
    older = build(east(12, [add(13, "ann"), add(14, "bob"), add(15, "cid")]), name="older")
    found = unsent(now, older=[older])
    assert up(found) == [
        (13, "hole", "possible"),
        (14, "hole", "possible"),
        (15, "hole", "possible"),
        (17, "hole", "possible"),
    ]
    assert found.changes[0].text == "A ann\tPCM:NET/EAST/ann"
    assert "older" in found.changes[0].evidence[0].path
    assert spans(found) == [(EAST, SERVER, (15, 16), "hole")]


def test_an_older_copy_that_was_itself_stranded_is_not_the_content_of_a_hole(build: Build) -> None:
    now = build(server(2), east(17, [{"dummy": 17}]), west())
    older = build(east(17, [add(3, "ann"), add(4, "bob")]), name="older")
    found = unsent(now, older=[older])
    assert spans(found) == [(EAST, SERVER, (2, 17), "hole")]
    assert up(found) == [(3, "vanished", "likely"), (4, "vanished", "likely")]


def test_content_of_a_hole_comes_from_what_others_fetched(build: Build) -> None:
    fetched = [add(6, "ann"), add(7, "bob"), add(8, "other", WEST)]
    now = build(server(15), east(17, [{"dummy": 17}]), west(queue={"SRVTRANS": fetched}))
    found = unsent(now)
    assert up(found) == [(16, "hole", "possible"), (17, "hole", "possible")]
    assert [each.text[2:5] for each in found] == ["ann", "bob"]
    assert "west" in found.changes[0].evidence[0].path
    assert not found.ranges


def test_what_an_older_copy_numbers_is_not_numbered_by_order(build: Build) -> None:
    now = build(server(15), east(17, [{"dummy": 17}]), west(queue={"SRVTRANS": [add(6, "ann")]}))
    found = unsent(now, older=[build(east(15, [add(16, "ann")]), name="older")])
    assert up(found) == [(16, "hole", "possible")]
    assert spans(found) == [(EAST, SERVER, (16, 17), "hole")]


def test_a_hole_that_the_server_has_again_is_only_possible(build: Build) -> None:
    now = build(server(16, master=[add(5, "ann")]), east(17, [add(17, "ann")]), west())
    assert up(unsent(now)) == [(17, "stranded", "possible")]


def test_fetched_changes_that_fit_no_number_are_named_with_the_range(build: Build) -> None:
    now = build(server(14), east(17, [{"dummy": 17}]), west(queue={"SRVTRANS": [add(6, "ann")]}))
    found = unsent(now)
    assert not found.changes
    assert spans(found) == [(EAST, SERVER, (14, 17), "hole")]
    assert [each.note for each in found.ranges[0].evidence][-1] == "A ann\tPCM:NET/EAST/ann"


@pytest.mark.parametrize("place", ["MSTTRANS", "SRVTRANS"])
def test_a_text_the_server_knows_was_probably_delivered(build: Build, place: str) -> None:
    twin = add(5, "ann")
    master = [add(4, "x", WEST), twin if place == "MSTTRANS" else add(5, "y", WEST)]
    other = west(queue={"SRVTRANS": [twin]} if place == "SRVTRANS" else {})
    found = unsent(build(server(17, master=master), east(17, [add(18, "ann"), add(19, "bob")]), other))
    assert up(found) == [(18, "pending", "possible"), (19, "pending", "certain")]
    assert f"stands in {place}" in found.changes[0].standing.note
    assert found.changes[0].evidence[-1].path.endswith(f"{place}.GLB")


def test_a_text_in_the_postoffices_own_fetched_queue_says_nothing(build: Build) -> None:
    own = east(17, [add(18, "ann")], queue={"SRVTRANS": [add(5, "ann")]})
    assert up(unsent(build(server(17), own, west()))) == [(18, "pending", "certain")]


def test_changes_of_an_older_queue_that_are_gone_and_unconfirmed(build: Build) -> None:
    older = build(east(17, [add(18, "ann"), add(19, "bob")]), name="older")
    emptied = build(server(17), east(17, []), west())
    found = unsent(emptied, older=[older])
    assert up(found) == [(18, "vanished", "likely"), (19, "vanished", "likely")]
    # Its directory alone says which postoffice it is.
    assert found.changes[0].standing.settled_by == ("what this postoffice is called (--name DIR=NET/PO)",)
    named = east(17, [], log={"DSSERVER": "04/07/94 10:50:31 | Status  Report from NET/EAST/$SYSTEM\n"})
    assert {each.certainty for each in unsent(build(server(17), named, west(), name="named"), older=[older])} == {
        "certain"
    }
    sent = build(server(19), east(19, [{"dummy": 19}]), west(), name="sent")
    assert not unsent(sent, older=[older]).changes
    waiting = build(server(17), east(17, [add(18, "ann"), add(19, "bob")]), west(), name="waiting")
    assert up(unsent(waiting, older=[older])) == [(18, "pending", "certain"), (19, "pending", "certain")]
    renumbered = build(server(20), east(20, [add(21, "ann"), add(22, "bob")]), west(), name="renumbered")
    assert [each.sync for each in unsent(renumbered, older=[older])] == [21, 22]


def test_after_a_reset_the_numbers_do_not_show_what_arrived(build: Build) -> None:
    older = build(east(17, [add(18, "ann")], imports=3), name="older")
    reset = build(server(40), east(40, [{"dummy": 40}], imports=1), west())
    assert up(unsent(reset, older=[older])) == [(18, "vanished", "possible")]


def test_a_missing_queue_leaves_its_older_copy(build: Build) -> None:
    older = build(east(17, [add(18, "ann")]), name="older")
    gone = build(server(17), east(17, [], missing={"paths": ["GLB/REQTRANS.GLB"]}), west())
    found = unsent(gone, older=[older])
    assert up(found) == [(18, "vanished", "likely")]
    assert ("REQTRANS",) in [each.wanted for each in found.unknown]


def test_without_reqconf_what_the_server_lacks_is_unsent(build: Build) -> None:
    missing = {"missing": {"paths": ["GLB/REQCONF.GLB"]}}
    found = unsent(build(server(17), east(17, [add(17, "ann"), add(18, "bob")], **missing), west()))
    assert up(found) == [(18, "pending", "likely")]
    below = unsent(build(server(17), east(17, [add(1, "ann")], **missing), west(), name="below"))
    assert up(below) == [(1, "rejected", "likely")]
    alone = unsent(build(east(17, [add(1, "ann")], **missing), name="alone"))
    assert up(alone) == [(1, "pending", "possible")]


def test_numbers_inside_a_damaged_queue_are_named(build: Build) -> None:
    now = build(server(17), east(17, [add(18, "ann"), add(19, "bob"), add(20, "cid")]), west())
    path = now / "east" / "GLB" / "REQTRANS.GLB"
    data = bytearray(path.read_bytes())
    size = len(data) // 3
    data[size : 2 * size] = b"\xff" * size
    path.write_bytes(data)
    found = unsent(now)
    assert [each.sync for each in found] == [18, 20]
    assert spans(found) == [(EAST, SERVER, (18, 19), "pending")]
    path.write_bytes(data[: 2 * size])
    assert spans(unsent(now)) == [(EAST, SERVER, (18, 19), "pending")]


def test_a_queue_of_which_nothing_can_be_read_is_not_taken_for_empty(build: Build) -> None:
    now = build(server(17), east(17, [{"dummy": 17}], log=NAMED), west())
    (now / "east" / "GLB" / "REQTRANS.GLB").write_bytes(b"\xff" * 300)
    found = unsent(now)
    assert not found.changes
    assert [(each.route.origin, each.wanted) for each in found.unknown] == [(EAST, ("REQTRANS",))]


# --- download ----------------------------------------------------------------------------------------------------


def down(found: Unsent) -> list[tuple[str | None, int, str]]:
    return [(each.route.target, each.sync, each.why) for each in found if each.route.channel == "download"]


def test_download_is_asked_for(build: Build) -> None:
    now = build(server(17, head=7), east(17, [{"dummy": 17}]), west())
    assert not unsent(now).changes
    found = unsent(now, direction="download")
    assert down(found) == [(EAST, 6, "pending"), (EAST, 7, "pending"), (WEST, 6, "pending"), (WEST, 7, "pending")]
    assert {each.route.origin for each in found} == {SERVER}
    assert not found.ranges


def test_what_msttrans_does_not_hold_is_a_range(build: Build) -> None:
    now = build(server(17, head=9, master=[add(8, "h", WEST)]), east(17, [{"dummy": 17}]), west(), name="now")
    found = unsent(now, direction="download")
    assert down(found) == [(EAST, 8, "pending"), (WEST, 8, "pending")]
    assert spans(found) == [
        (SERVER, EAST, (5, 7), "purged"),
        (SERVER, EAST, (8, 9), "pending"),
        (SERVER, WEST, (5, 7), "purged"),
        (SERVER, WEST, (8, 9), "pending"),
    ]


def test_purged_and_still_in_an_older_copy(build: Build) -> None:
    later = [add(number, f"m{number}", WEST) for number in (8, 9)]
    now = build(server(17, head=9, master=later), east(17, [{"dummy": 17}]), west())
    older = build(server(17, head=7), name="older")
    found = unsent(now, direction="download", older=[older])
    assert down(found)[:4] == [(EAST, 6, "purged"), (EAST, 7, "purged"), (EAST, 8, "pending"), (EAST, 9, "pending")]
    assert not found.ranges


def test_nothing_is_purged_when_msttrans_begins_at_the_next_number(build: Build) -> None:
    later = [add(number, f"m{number}", WEST) for number in (6, 7)]
    found = unsent(build(server(17, head=7, master=later), east(17, [{"dummy": 17}]), west()), direction="download")
    assert {each.why for each in found} == {"pending"}
    assert not found.ranges


def test_sent_and_not_taken_in(build: Build) -> None:
    now = build(server(17, head=7, srvsync=6), east(17, [{"dummy": 17}]), west())
    assert down(unsent(now, direction="download"))[:2] == [(EAST, 6, "unacknowledged"), (EAST, 7, "pending")]


def test_refused_because_the_record_was_made_anew(build: Build) -> None:
    now = build(server(0, head=7, srvsync=0, importsync=0), east(17, [add(18, "ann")]), west())
    found = unsent(now, direction="both")
    assert down(found)[:2] == [(EAST, 6, "refused"), (EAST, 7, "refused")]
    assert up(found) == [(18, "pending", "certain")]
    same = build(server(17, head=7, importsync=1), east(17, [{"dummy": 17}]), west(), name="same")
    assert {each.why for each in unsent(same, direction="download")} == {"pending"}


@pytest.mark.parametrize("queue", ["SRVTRANS", "USRTRANS", "NMETRANS", "GWTRANS"])
def test_fetched_and_left_behind(build: Build, queue: str) -> None:
    held = east(17, [{"dummy": 17}], queue={queue: [add(4, "four", WEST), {"dummy": 5}]})
    found = unsent(build(server(17), held, west()), direction="both")
    assert seen(found) == [(SERVER, EAST, "download", 4, "leftover")]
    assert found.changes[0].certainty == "likely"


def test_left_behind_in_two_queues_is_listed_once(build: Build) -> None:
    both = {"SRVTRANS": [add(4, "four", WEST)], "USRTRANS": [add(4, "four", WEST)]}
    found = unsent(build(server(17), east(17, [{"dummy": 17}], queue=both), west()), direction="download")
    assert down(found) == [(EAST, 4, "leftover")]


def test_what_a_server_that_went_back_had_issued(build: Build) -> None:
    now = build(server(17), east(17, [{"dummy": 17}], c=6), west())
    older = build(server(17, head=8), name="older")
    found = unsent(now, direction="download", older=[older])
    assert (EAST, 6, "hole") not in down(found)
    assert [each for each in down(found) if each[0] in (EAST, WEST)] == [
        (EAST, 7, "hole"),
        (EAST, 8, "hole"),
        (WEST, 6, "hole"),
        (WEST, 7, "hole"),
        (WEST, 8, "hole"),
    ]


@pytest.fixture
def issued_twice(build: Build) -> tuple[Path, Path]:
    """A server that went back to 3 after it had issued 4 and 5 to East, and has issued them anew to West."""
    now = build(
        server(20, 8, [add(number, f"m{number}", WEST) for number in range(1, 9)], srvsync=8),
        east(20, [{"dummy": 20}], c=8),
        name="now",
    )
    first = [add(number, f"m{number}", WEST) for number in range(1, 4)]
    then = build(server(19, 5, [*first, add(4, "ann"), add(5, "bob")], srvsync=5), name="then")
    return now, then


def test_a_number_issued_twice_hides_what_it_stood_for_first(build: Build, issued_twice: tuple[Path, Path]) -> None:
    now, then = issued_twice
    queue = build(east(17, [add(18, "ann"), add(19, "bob")], c=3), name="queue")
    found = unsent(now, older=[then, queue])
    assert up(found) == [(18, "hole", "likely"), (19, "hole", "likely")]
    assert all("gave that number to another change" in each.standing.note for each in found)
    assert not unsent(now, older=[queue]).changes


def test_a_number_issued_twice_without_the_older_queue_names_what_would_tell(issued_twice: tuple[Path, Path]) -> None:
    now, then = issued_twice
    found = unsent(now, older=[then])
    (unknown,) = [each for each in found.unknown if each.route.origin == EAST]
    assert not found.changes
    assert "2 changes" in unknown.wanted[0]
    assert "numbers 4 to 5" in unknown.wanted[0]


def test_of_a_number_issued_twice_a_postoffice_received_one(build: Build, issued_twice: tuple[Path, Path]) -> None:
    now, then = issued_twice
    seen = [each for each in unsent(now, older=[then], direction="download") if each.route.target == EAST]
    assert [(each.sync, each.text[2:5].strip(), each.why, each.certainty) for each in seen] == [
        (4, "ann", "hole", "possible"),
        (4, "m4", "hole", "possible"),
        (5, "bob", "hole", "possible"),
        (5, "m5", "hole", "possible"),
    ]
    fetched = build(east(17, [add(17, "own")], c=5), name="fetched")
    seen = [each for each in unsent(now, older=[then, fetched], direction="download") if each.route.target == EAST]
    assert [(each.sync, each.text[2:5].strip(), each.certainty) for each in seen] == [
        (4, "m4", "likely"),
        (5, "m5", "likely"),
    ]


def test_a_record_of_another_life_that_is_behind_leaves_open_what_the_server_lost(build: Build) -> None:
    found = unsent(build(server(7, importsync=1), east(9, [{"dummy": 9}], imports=2)))
    assert [(each.range, each.why, each.certainty) for each in found.ranges] == [((7, 9), "hole", "possible")]
    level = unsent(build(server(9, importsync=1), east(9, [{"dummy": 9}], imports=2), name="level"))
    assert not level.ranges


def test_a_server_enabled_anew_leaves_open_what_it_still_has(build: Build) -> None:
    record = {"name": f"PCM:{WEST}", "reqsync": 0, "srvsync": 0, "importsync": 0}
    anew = server(0, 2, srvsync=0, importsync=0)
    anew["srvconf"]["requestor"][2] = record
    found = unsent(build(anew, east(9, [{"dummy": 9}])))
    assert [(each.range, each.why, each.certainty) for each in found.ranges] == [((0, 9), "hole", "possible")]
    assert any("address lists" in each for each in found.ranges[0].standing.settled_by)


def test_what_is_due_after_the_numbers_were_put_back_may_have_arrived(build: Build) -> None:
    head = [add(number, f"m{number}", WEST) for number in range(1, 6)]
    back = unsent(build(server(9, 5, head, srvsync=4), east(9, [{"dummy": 9}], c=2)), direction="download")
    assert {each.certainty for each in back if each.route.target == EAST} == {"possible"}
    sound = server(9, 5, head, srvsync=2)
    sound["srvconf"]["requestor"][0]["srvsync"] = 3
    healthy = unsent(build(sound, east(9, [{"dummy": 9}], c=3), name="b"), direction="download")
    assert {each.certainty for each in healthy if each.route.target == EAST} == {"likely"}, (
        "its name is from its directory"
    )


def test_a_change_that_the_server_has_by_number_and_never_took_was_refused(build: Build) -> None:
    """The numbers agree again after a restore: only the texts in MSTTRANS show it."""
    waiting = east(17, [add(18, "ann"), add(19, "bob")])
    master = [add(1, "old"), *(add(number, f"m{number}", WEST) for number in range(2, 5)), add(5, "ann")]
    found = unsent(build(server(19, 5, master), waiting))
    assert up(found) == [(19, "rejected", "likely")]
    taken = [*master[:-2], add(4, "bob"), add(5, "ann")]
    assert not unsent(build(server(19, 5, taken), waiting, name="taken")).changes
    gap = [master[0], *master[2:]]
    assert up(unsent(build(server(19, 5, gap), waiting, name="gap"))) == [(19, "hole", "possible")]
    foreign = [add(number, f"m{number}", WEST) for number in range(1, 6)]
    assert not unsent(build(server(19, 5, foreign), waiting, name="foreign")).changes


def test_what_the_server_has_taken_and_msttrans_has_lost_may_never_reach_the_others(build: Build) -> None:
    """Without a T3 since, REQTRANS still holds it; MSTTRANS skips its number, or ends below that of SRVCONF."""
    waiting = east(17, [add(18, "ann"), add(19, "bob")])
    master = [add(1, "old"), add(2, "m2", WEST), add(3, "ann"), add(4, "bob"), add(5, "m5", WEST)]
    assert not unsent(build(server(19, 5, master), waiting)).changes
    holed = [each for each in master if each["sync"] != 4]
    assert up(unsent(build(server(19, 5, holed), waiting, name="holed"))) == [(19, "hole", "possible")]
    assert up(unsent(build(server(19, 5, master[:3]), waiting, name="cut"))) == [(19, "hole", "possible")]
    purged = unsent(build(server(19, 5, master[4:]), waiting, name="purged"))
    assert not purged.changes, "what is older than all of MSTTRANS was purged from it"


def test_what_an_import_of_the_first_cycle_may_have_brought_is_only_possibly_due(build: Build) -> None:
    """The complete lists hold what the server's own postoffice has changed and not yet sent (Q96060)."""
    given = [server(0, head=8, srvsync=0), east(0, [], c=6, log=NAMED), west()]
    given[0]["srvconf"]["keep_updates"] = 10_000
    for each in given[0]["srvconf"]["requestor"]:
        each["srvsync"] = min(each["srvsync"], 6)
    assert how_sure(unsent(build(*given), direction="download")) == {"possible"}
    given[0]["srvconf"]["requestor"][1]["srvsync"] = 5
    assert how_sure(unsent(build(*given, name="served"), direction="download")) == {"likely"}


def test_requestors_of_which_nothing_is_given_are_judged_by_the_servers_record(build: Build) -> None:
    found = unsent(build(server(17, head=7)), direction="both")
    assert down(found) == [(EAST, 6, "pending"), (EAST, 7, "pending"), (WEST, 6, "pending"), (WEST, 7, "pending")]
    assert {each.certainty for each in found} == {"likely"}
    assert [(each.route.origin, each.wanted) for each in found.unknown] == [
        (EAST, ("REQTRANS", "REQCONF")),
        (WEST, ("REQTRANS", "REQCONF")),
    ]


# --- the published listings --------------------------------------------------------------------------------------


def test_polynomial(published: Path) -> None:
    found = unsent(published / "polynomial", direction="both")
    montgomery = "POLYNOMIAL/MONTGOMERY"
    assert seen(found) == [(montgomery, montgomery, "upload", number, "stranded") for number in range(1, 7)]
    assert found.changes[0].text == "R PCM:POLYNOMIAL/MONTGOMERY"
    assert found.changes[2].text == "A apple\tPCM:POLYNOMIAL/MONTGOMERY/apple"
    assert [each.evidence[0].line for each in found] == [9, 10, 11, 12, 13, 14]
    assert {each.certainty for each in found} == {"likely"}  # the listings are seven weeks apart
    assert spans(found) == [
        (montgomery, "POLYNOMIAL/NOVEMBER", (0, 80), "pending"),
        (montgomery, "POLYNOMIAL/OCTOBER", (71, 80), "pending"),
    ]


# --- the same evidence in another shape --------------------------------------------------------------------------


def everything(build: Build) -> Path:
    return build(
        server(12, head=7),
        east(17, [add(17, "ann"), add(18, "bob")], queue={"SRVTRANS": [add(3, "left", WEST)]}),
        west(queue={"REQTRANS": [add(2, "stuck", WEST)]}),
    )


def shape(found: Unsent) -> object:
    changes = [(each.sync, each.text, each.route._replace(path=""), each.standing) for each in found]
    return changes, [(each.range, each.route._replace(path=""), each.standing) for each in found.ranges]


def test_the_order_of_paths_does_not_matter(build: Build) -> None:
    root = everything(build)
    one, two = ([root / name for name in names] for names in (("east", "server", "west"), ("west", "east", "server")))
    found = unsent(*one, direction="both")
    assert found.changes == unsent(*two, direction="both").changes == unsent(root, direction="both").changes
    assert found.ranges == unsent(*two, direction="both").ranges
    assert {each.why for each in found} == {"hole", "pending", "stranded", "leftover"}


def test_flat_or_in_another_case_is_the_same(build: Build, tmp_path: Path) -> None:
    root = everything(build)
    for postoffice in root.iterdir():
        flat, lower = tmp_path / "flat" / postoffice.name, tmp_path / "lower" / postoffice.name / "glb"
        flat.mkdir(parents=True)
        lower.mkdir(parents=True)
        for path in (postoffice / "GLB").iterdir():
            shutil.copy(path, flat / path.name)
            shutil.copy(path, lower / path.name.lower())
    expected = shape(unsent(root, direction="both"))
    assert shape(unsent(tmp_path / "flat", direction="both")) == expected
    assert shape(unsent(tmp_path / "lower", direction="both")) == expected


def test_each_change_is_listed_once(build: Build) -> None:
    found = unsent(everything(build), direction="both")
    keys = [(each.route.origin, each.route.channel, each.route.target, each.sync) for each in found]
    assert len(set(keys)) == len(keys)
    assert {each.why for each in found} <= {*get_args(Why)}


def test_what_may_be_asked(build: Build, tmp_path: Path) -> None:
    root = everything(build)
    names: list[str] = []
    unsent(root, progress=lambda *step: names.append(step[0]))
    assert names == [EAST, SERVER, WEST]
    whole = unsent(root, direction="both")
    parts = [unsent(root, direction=each) for each in ("upload", "download")]
    assert len(whole) == len(list(whole)) == sum(map(len, parts))
    assert DIRECTIONS[2] == "both"
    with pytest.raises(UsageError, match="sideways"):
        unsent(root, direction="sideways")
    with pytest.raises(FileAccessError):
        unsent(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        ((), [(0, 9)]),
        ((1, 2), [(2, 9)]),
        ((9,), [(0, 8)]),
        ((3, 5), [(0, 2), (3, 4), (5, 9)]),
        (range(1, 10), []),
        ((0, 10, 11), [(0, 9)]),
    ],
)
def test_ranges_without_numbers(taken: Any, left: list[tuple[int, int]]) -> None:
    assert without([(0, 9)], taken) == left


def test_ranges_without_ranges() -> None:
    assert subtracted([(0, 4), (6, 9)], [(8, 20), (2, 7)]) == ((0, 2), (7, 8))
    assert subtracted([(0, 2**32)], [(10, 11)]) == ((0, 10), (11, 2**32))


NAMED = {"DSSERVER": "04/07/94 10:50:31 | Status  Report from NET/EAST/$SYSTEM\n"}


@pytest.mark.parametrize("a", [0, 2, 4])
@pytest.mark.parametrize("b", [0, 2, 4, 5])
def test_what_is_listed_is_what_the_channels_say(build: Build, a: int, b: int) -> None:
    """Listed numbers and ranges together are the numbers of the states in which something has not arrived."""
    for first, c, d, lowest in ((1, 0, 0, 1), (3, 3, 0, 3), (5, 0, 3, 5), (3, 5, 3, 1)):
        queue = [add(first, "ann"), add(first + 1, "bob")]
        master = [add(number, f"m{number}", WEST) for number in range(lowest, 6)]
        name = f"n{first}{c}{d}{lowest}"
        now = build(server(b, master=master, srvsync=d), east(a, queue, c=c, log=NAMED), west(), name=name)
        found = unsent(now, direction="both")
        case = next(each for each in cases(collect([now]).only, None) if each.postoffice.name == EAST)
        for judged, origin, target, states in (
            (case.upload, EAST, SERVER, ("HOLE", "STRANDED", "REJECTED", "PENDING")),
            (case.download, SERVER, EAST, ("HOLE", "UNACKNOWLEDGED", "PENDING")),
        ):
            listed = {each.sync for each in found if (each.route.origin, each.route.target) == (origin, target)}
            for each in found.ranges:
                if (each.route.origin, each.route.target) == (origin, target):
                    listed |= set(numbers_of([each.range]))
            stated = {number for state in states for number in numbers_of(judged.verdict.ranges.get(state, ()))}
            low = {each.record.sync for each in low_part(case)} if judged is case.upload else set()
            assert listed == stated | low


# --- how sure (docs/certainty.md) --------------------------------------------------------------------------------


def again(b: int, a: int, queue: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    """A server that has East's numbers up to ``b`` and holds every change that it ever took, and East with a queue."""
    taken = [add(number, f"t{number}") for number in range(1, b + 1)]
    described = server(b, head=b, master=taken, srvsync=b)
    described["srvconf"]["requestor"] = [each for each in described["srvconf"]["requestor"] if WEST not in each["name"]]
    described["srvconf"]["requestor"][0] |= {"reqsync": 0, "srvsync": 0}
    described["reqconf"] |= {"reqsync": 0, "srvsync": 0}
    return [described, east(a, queue, c=b, log=NAMED, **more)]


def test_a_change_numbered_zero_is_not_above_what_is_confirmed(build: Build) -> None:
    """A queue may begin at 0 (Q119014); T1 sends what is above ReqSync, and T2 takes what is above its own number."""
    given = again(0, 0, [add(0, "ann")])
    assert up(unsent(build(*given))) == [(0, "stranded", "possible")]
    given[1]["queue"]["REQTRANS"].append(add(1, "bob"))
    assert up(unsent(build(*given, name="more"))) == [(0, "stranded", "possible"), (1, "pending", "certain")]


def test_the_low_part_of_a_queue_that_a_whole_msttrans_lacks_has_certainly_not_arrived(build: Build) -> None:
    begun_again = [add(1, "ann"), add(2, "bob"), add(3, "cid"), add(4, "dan")]
    assert up(unsent(build(*again(3, 3, begun_again)))) == [
        (1, "stranded", "certain"),
        (2, "stranded", "certain"),
        (3, "stranded", "likely"),  # ReqSync itself: sent and taken under another reading (Q96060)
        (4, "pending", "certain"),
    ]


def test_what_a_requestor_that_went_back_holds_is_certainly_refused_where_a_whole_msttrans_lacks_it(
    build: Build,
) -> None:
    assert up(unsent(build(*again(5, 1, [add(2, "ann")])))) == [(2, "rejected", "certain")]
    assert up(unsent(build(*again(5, 1, [add(2, "t2")]), name="had"))) == [(2, "rejected", "possible")]
    purged = again(5, 1, [add(2, "ann")])
    del purged[0]["queue"]["MSTTRANS"][:3]
    assert up(unsent(build(*purged, name="purged"))) == [(2, "rejected", "possible")]
    purged[1]["queue"]["REQTRANS"][0]["stamp"] = "1994-04-09T13:00:00"
    assert up(unsent(build(*purged, name="reaches back"))) == [(2, "rejected", "certain")], "MSTTRANS begins before it"
    del purged[0]["queue"]["MSTTRANS"][0]
    purged[0]["queue"]["MSTTRANS"][0]["sync"] = 4
    assert up(unsent(build(*purged, name="gap"))) == [(2, "rejected", "possible")]


def test_a_change_made_after_all_that_the_server_has_had_certainly_did_not_arrive(build: Build) -> None:
    late = add(2, "ann") | {"stamp": "1994-05-01T12:00:00"}
    given = again(5, 5, [late, {"dummy": 5}])
    del given[0]["queue"]["MSTTRANS"][:3]
    given[0]["srvconf"]["requestor"][1]["last_update"] = "1994-04-10T03:00:00"
    assert up(unsent(build(*given))) == [(2, "stranded", "certain")]
    given[1]["reqconf"]["importsync"] = 2
    assert up(unsent(build(*given, name="import"))) == [(2, "stranded", "likely")]


@pytest.mark.parametrize("changed", [{"reqsync": 9}, {"srvsync": 9}])
def test_nothing_is_certain_of_what_was_sent_where_the_servers_own_numbers_show_that_it_went_back(
    build: Build, changed: dict[str, int]
) -> None:
    given = again(3, 3, [add(1, "ann"), {"dummy": 3}])
    given[0]["reqconf"] |= changed
    assert up(unsent(build(*given))) == [(1, "stranded", "likely")]


def test_what_an_unknown_postoffice_queued_is_certainly_not_there_where_a_whole_msttrans_lacks_it(build: Build) -> None:
    given = again(3, 3, [add(4, "ann")])
    del given[0]["srvconf"]["requestor"][1]
    assert up(unsent(build(*given))) == [(4, "unregistered", "certain")]
    del given[0]["queue"]["MSTTRANS"][:1]
    assert up(unsent(build(*given, name="cut"))) == [(4, "unregistered", "likely")]
    given[1]["queue"]["REQTRANS"][0]["stamp"] = "1994-04-09T12:00:00"
    assert up(unsent(build(*given, name="reaches back"))) == [(4, "unregistered", "certain")]


def test_what_was_made_long_after_the_servers_last_update_was_refused_though_the_numbers_fit(build: Build) -> None:
    """Ruling 11: the requestor went back, and has counted past the server's number since."""
    queue = [add(4, "ann") | {"stamp": "1994-05-01T12:00:00"}, add(6, "bob") | {"stamp": "1994-05-01T12:00:00"}]
    given = again(5, 3, queue)
    given[0]["srvconf"]["requestor"][1]["last_update"] = "1994-04-10T03:00:00"
    del given[0]["queue"]["MSTTRANS"]
    assert up(unsent(build(*given))) == [(4, "rejected", "certain"), (6, "pending", "certain")]
    given[1]["missing"] = {"paths": ["GLB/REQCONF.GLB"]}
    listed = {number: sure for number, _, sure in up(unsent(build(*given, name="alone")))}
    assert listed[4] == "possible"
    given[0]["srvconf"]["requestor"][1]["last_update"] = "1994-05-02T03:00:00"
    assert 4 not in {each.sync for each in unsent(build(*given, name="taken"))}


def test_a_server_that_went_back_and_has_passed_the_confirmed_numbers_is_not_passed_over(build: Build) -> None:
    given = again(5, 3, [add(6, "ann")])
    given[1]["reqconf"]["srvsync"] = 9
    assert any("went back" in each for one in unsent(build(*given)).unknown for each in one.wanted)


def how_sure(found: Unsent) -> set[str]:
    """The certainties of what has still to come to East."""
    return {each.certainty for each in found if each.route.target == EAST}


def test_what_is_due_may_have_come_with_a_resync_or_an_import_whose_traces_are_there(build: Build) -> None:
    """RESYNC and a whole list bring content that SrvSync does not show (Q119449, Q96060)."""
    given = [server(17, head=8, srvsync=5), east(17, [{"dummy": 17}], log=NAMED), west()]
    given[0]["reqconf"]["srvsync"] = 5
    given[0]["srvconf"]["keep_updates"] = 10_000
    assert how_sure(unsent(build(*given), direction="download")) == {"certain"}
    given[1]["reqconf"]["reqsync"] = 30  # the largest of all, and the server's number is below it
    assert how_sure(unsent(build(*given, name="resync"), direction="download")) == {"possible"}
    given[1]["reqconf"] |= {"reqsync": 17, "last_import": "1994-04-09T12:00:00"}
    given[0]["srvconf"]["requestor"][1]["last_update"] = "1994-04-10T12:00:00"
    assert how_sure(unsent(build(*given, name="import"), direction="download")) == {"possible"}
    given[0]["srvconf"]["requestor"][1]["last_update"] = "1994-04-20T12:00:00"
    assert how_sure(unsent(build(*given, name="long ago"), direction="download")) == {"certain"}


def test_what_the_servers_own_requestor_has_and_this_one_has_not_may_have_come_with_a_resync(build: Build) -> None:
    """A RESYNC that carries each requestor's own ReqSync leaves no other trace (docs/facts/protocol.md#resync)."""
    given = [server(17, head=8, srvsync=5), east(17, [{"dummy": 17}], log=NAMED), west()]
    given[0]["srvconf"]["keep_updates"] = 10_000
    given[0]["reqconf"]["srvsync"] = 7
    found = unsent(build(*given), direction="download")
    sure = {each.sync: each.certainty for each in found if each.route.target == EAST}
    assert sure == {6: "possible", 7: "possible", 8: "certain"}, "a T3 that was missed leaves the same"
    given[0]["srvconf"]["requestor"][0]["srvsync"] = 5
    found = unsent(build(*given, name="in step"), direction="download")
    sure = {each.sync: each.certainty for each in found if each.route.target == EAST}
    assert sure == {6: "likely", 7: "likely", 8: "certain"}
    given[0]["missing"] = {"paths": ["GLB/REQCONF.GLB"]}
    assert how_sure(unsent(build(*given, name="without"), direction="download")) == {"likely"}


def test_what_only_anothers_reqconf_says_was_received_is_possibly_due(build: Build) -> None:
    """East has West's REQCONF: its SrvSync is West's, and the server's record of East says less (Q123437)."""
    given = [server(17, head=8, srvsync=6), east(30, [{"dummy": 17}], c=8, log=NAMED), west()]
    given[0]["srvconf"]["keep_updates"] = 10_000
    given[2]["reqconf"]["srvsync"] = 8
    for each in given[1:]:
        each["reqconf"]["last_export"] = "1994-04-01T12:00:00"
    found = unsent(build(*given), direction="download")
    due = [(each.sync, each.why, each.certainty) for each in found if each.route.target == EAST]
    assert due == [(7, "pending", "possible"), (8, "pending", "possible")]
    assert [each.wanted for each in found.unknown if each.route.target == EAST] == [("this postoffice's own REQCONF",)]
    given[2]["reqconf"]["last_export"] = "1994-04-02T12:00:00"
    own = unsent(build(*given, name="its own"), direction="download")
    assert not [each for each in own if each.route.target == EAST]


def test_what_is_nearly_as_old_as_keep_updates_may_be_purged_before_it_is_sent(build: Build) -> None:
    """T2 purges before it sends (Q96060)."""
    master = [add(number, f"m{number}", WEST) | {"stamp": f"1994-04-{number:02}T12:00:00"} for number in range(1, 9)]
    given = [server(17, head=8, master=master, srvsync=5), east(17, [{"dummy": 17}], log=NAMED), west()]
    given[0]["reqconf"]["srvsync"] = 5
    given[0]["srvconf"] |= {"keep_updates": 5}
    for record in given[0]["srvconf"]["requestor"]:
        record["last_update"] = "1994-04-08T12:00:00"
    assert how_sure(unsent(build(*given), direction="download")) == {"certain"}
    given[0]["srvconf"] |= {"keep_updates": 3}
    found = unsent(build(*given, name="three days"), direction="download")
    sure = {each.sync: each.certainty for each in found if each.route.target == EAST}
    assert sure == {6: "likely", 7: "likely", 8: "certain"}


def test_a_change_with_the_number_0_is_stuck_like_the_rest(build: Build) -> None:
    """Some queues begin at 0."""
    found = unsent(build(server(17), east(17, [add(0, "ann"), add(1, "bob")]), west()))
    assert [(number, why) for number, why, _ in up(found)] == [(0, "stranded"), (1, "stranded")]


def test_the_same_text_of_an_earlier_day_is_no_sign_that_a_change_arrived_nor_that_it_did_not(build: Build) -> None:
    """Ruling 14, in the findings as in what is listed."""
    later = add(1, "t1") | {"stamp": "1994-06-01T12:00:00"}
    given = again(3, 3, [later, {"dummy": 3}])
    place = build(*given)
    assert up(unsent(place)) == [(1, "stranded", "likely")]
    case = next(each for each in cases(collect([place]).only, None) if each.postoffice.name == EAST)
    assert "low-not-taken" in case.signs


def test_a_stuck_change_is_surely_not_sent_and_less_surely_one_that_has_not_arrived(build: Build, run: Any) -> None:
    """Where diagnose is certain and unsent is not, both say of what (docs/interface.md#json)."""
    path = str(build(east(17, [add(1, "ann")]), west()))
    assert "1 change will never be sent: stranded (most likely never arrived before)" in run("unsent", path).out
    said = " ".join(run("diagnose", path).out.split())
    assert "error[U101] stranded-transactions: 1 change in REQTRANS, number 1, will never be sent" in said
    assert "That it had not arrived before is not certain" in said


# --- output ------------------------------------------------------------------------------------------------------


def test_json(build: Build) -> None:
    document = json.loads(render.document(unsent(everything(build))))
    assert document["schema"] == "glbtools.unsent/1"
    first = document["unsent"][0]
    assert {"postoffice", "target", "channel", "sync", "stamp", "text", "why", "certainty", "evidence"} <= set(first)
    assert (first["postoffice"], first["sync"], first["why"]) == (EAST, 17, "hole")
    assert first["stamp"] == "1994-04-07T12:00:17"
    assert first["evidence"][0]["span"][0] == 0
    assert [(each["origin"], each["range"], each["why"]) for each in document["ranges"]] == [(EAST, [12, 16], "hole")]


def test_json_lines_and_csv(build: Build) -> None:
    found = unsent(everything(build), direction="both")
    lines = [json.loads(each) for each in render.json_lines(found)]
    rows = list(csv.DictReader(io.StringIO(render.csv_text(found))))
    assert len(lines) == len(rows) == len(found.changes) + len(found.ranges)
    assert [each["kind"] for each in lines] == [each["kind"] for each in rows]
    assert [(each["low"], each["high"]) for each in rows if each["kind"] == "range"] == [("12", "16")]


def test_nothing_from_a_file_reaches_a_terminal_or_a_spreadsheet_raw(build: Build) -> None:
    evil = [{"sync": 18, "text": "=1+1\x1b[2J\tPCM:NET/EAST/x"}, add(19, "ann")]
    found = unsent(build(server(17), east(17, evil), west()))
    assert len(found) == 2
    drawn = "\n".join(text_lines(render.report(found), Screen(80)))
    assert "\x1b" not in drawn
    assert "\x1b" not in render.csv_text(found)
    assert "'=1+1" in render.csv_text(found)
    assert "\x1b" not in render.document(found)


def test_the_table_fits_and_says_why(build: Build) -> None:
    found = unsent(everything(build), direction="both")
    lines = list(text_lines(render.report(found), Screen(80)))
    text = "\n".join(lines)
    assert max(map(len, lines)) <= 80
    assert "NET/EAST -> NET/SERVER (upload)" in text
    assert "numbers 13 to 16, their content is in no file given: hole" in text
    assert "17  1994-04-07 12:00:17  0x0000" in text
    nothing = unsent(build(server(17), east(17, [{"dummy": 17}]), west(), name="healthy"), direction="both")
    assert list(text_lines(render.report(nothing), Screen(80))) == ["no change is found that has not arrived"]


def test_the_table_is_cut_and_says_so(build: Build) -> None:
    queue = [add(number, f"n{number}") for number in range(18, 30)]
    found = unsent(build(server(17), east(17, queue), west()))
    assert "  ... and 7 more; --json lists them all" in text_lines(render.report(found, limit=5), Screen(80))


def test_files_of_other_kinds_are_counted(tmp_path, run, fixture_path):
    shutil.copytree(fixture_path("stuck"), tmp_path / "stuck")
    assert "passed over" not in run("unsent", tmp_path / "stuck").out
    for name in ("notes.txt", "picture.gif"):
        (tmp_path / "stuck" / name).write_bytes(b"hello")
    assert unsent(tmp_path / "stuck").passed_over == 2
    said = run("unsent", tmp_path / "stuck").out
    assert said.endswith("passed over: 2 files of other kinds; glbtools evidence names them\n")
