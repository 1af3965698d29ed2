"""What the histories have shown of the program, one by one: views written as files, and what ``unsent`` says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glbtools import files
from scoreboard.worlds.materialize import materialize
from scoreboard.worlds.sample import ask
from scoreboard.worlds.state import CHANGE, CONFIRMED, OWN, Registered
from scoreboard.worlds.views import Config, Held, Member, Seen, Srvconf, View

Lists = dict[str, Any]


def unsent(config: Config | None, queue: tuple[Held, ...], server: Srvconf, own: Config, master: tuple[Seen, ...],
           place: Path) -> Lists:  # fmt: skip
    """Return what ``unsent`` says of one requestor and its server."""
    files.write_tree(materialize(View((Member(config, queue),), own, server, master)), place / "net", sync=False)
    found: Lists = ask("unsent", "--json", str(place / "net"))
    return found


def test_a_stuck_change_that_is_older_than_what_the_server_took_from_here_may_have_arrived_before(
    tmp_path: Path,
) -> None:
    """Nothing is sent from a queue that was begun again: so an older REQTRANS was put back."""
    server = Srvconf(6, Registered(3, 6, 1), (Registered(3, 4, 1, 4),))
    master = (Seen(3, 0, 0, 2), Seen(4, OWN, 0, 3), Seen(5, 0, 0, 4), Seen(6, OWN, 0, 5))
    found = unsent(Config(3, 5, 1), (Held(1, CHANGE, 1),), server, Config(3, 6, 1), master, tmp_path)
    assert [(each["why"], each["certainty"]) for each in found["unsent"]] == [("stranded", "possible")]


def test_a_queue_begun_after_what_the_server_took_from_here_holds_what_most_likely_never_arrived(
    tmp_path: Path,
) -> None:
    server = Srvconf(6, Registered(3, 6, 1), (Registered(3, 4, 1, 4),))
    master = (Seen(3, 0, 0, 1), Seen(4, OWN, 0, 3), Seen(5, 0, 0, 2), Seen(6, OWN, 0, 5))
    found = unsent(Config(3, 5, 1), (Held(1, CHANGE, 6),), server, Config(3, 6, 1), master, tmp_path)
    assert [(each["why"], each["certainty"]) for each in found["unsent"]] != [("stranded", "possible")]


@pytest.mark.parametrize(("received", "sure"), [(3, "possible"), (1, "likely")])
def test_what_was_confirmed_is_lost_possibly_where_the_servers_own_reqconf_was_not_put_back(
    tmp_path: Path, received: int, sure: str
) -> None:
    server = Srvconf(1, Registered(0, 1, 1), (Registered(1, 1, 1, 1),))
    mine, master = (Held(3, CONFIRMED, 0),), (Seen(1, 0, 0, 1),)
    found = unsent(Config(3, 3, 1), mine, server, Config(0, received, 1), master, tmp_path)
    assert [(each["range"], each["why"], each["certainty"]) for each in found["ranges"]] == [([1, 3], "hole", sure)]


def test_number_1_of_a_server_that_began_anew_is_no_beginning_of_everything(tmp_path: Path) -> None:
    queue = (Held(2, CHANGE, 1), Held(3, CHANGE, 2))
    server = Srvconf(2, Registered(2, 3, 1), (Registered(3, 2, 0, 4),))
    master = (Seen(1, OWN, 0, 3), Seen(2, 0, 2, 4))
    found = unsent(Config(2, 2, 1), queue, server, Config(2, 3, 1), master, tmp_path)
    assert [(each["sync"], each["certainty"]) for each in found["unsent"]] == [(2, "possible")]


def test_numbers_of_msttrans_that_fall_speak_against_a_loss(tmp_path: Path) -> None:
    """Only SRVCONF was put back: MSTTRANS and the lists were not, and its numbers are given twice since."""
    server = Srvconf(4, Registered(2, 4, 1), (Registered(2, 3, 1, 2),))
    master = (Seen(3, 0, 0, 1), Seen(4, 0, 0, 3), Seen(4, OWN, 0, 4))
    found = unsent(Config(3, 4, 1), (Held(3, CONFIRMED, 0),), server, Config(2, 4, 1), master, tmp_path)
    assert [(each["range"], each["certainty"]) for each in found["ranges"]] == [([2, 3], "possible")]


def test_where_import_numbers_show_that_the_server_went_back_not_everything_is_known(tmp_path: Path) -> None:
    """It has passed its old numbers since, and what it lost before that stands in no number."""
    queue = (Held(2, CONFIRMED, 0), Held(3, CHANGE, 2))
    server = Srvconf(4, Registered(3, 4, 1), (Registered(3, 4, 0, 6),))
    master = (Seen(1, OWN, 0, 1), Seen(2, OWN, 0, 3), Seen(3, OWN, 0, 4), Seen(4, 0, 2, 5))
    found = unsent(Config(2, 4, 1, 1), queue, server, Config(3, 4, 1), master, tmp_path)
    assert any("went back" in wanted for each in found["unknown"] for wanted in each["wanted"])


def test_a_record_of_a_confirmed_number_tells_reqsync_where_reqconf_is_not_given(tmp_path: Path) -> None:
    queue = (Held(2, CONFIRMED, 0), Held(3, CHANGE, 2), Held(3, CONFIRMED, 0), Held(4, CHANGE, 6))
    server = Srvconf(5, Registered(3, 5, 1), (Registered(2, 5, 1, 5),))
    master = (Seen(3, 0, 0, 1), Seen(4, OWN, 0, 3), Seen(5, OWN, 0, 4))
    found = unsent(None, queue, server, Config(3, 5, 1), master, tmp_path)
    assert [(each["sync"], each["certainty"]) for each in found["unsent"]] == [(3, "possible"), (4, "likely")]
