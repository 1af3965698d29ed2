"""Work grows with what is given, and not with its square: calls of the interpreter are counted, not time."""

from __future__ import annotations

import gc
import json

import pytest

import glbtools

SERVER = "NET/HUB"


def add(number, node):
    stamp = f"1994-04-{1 + number % 27:02}T12:00:00"
    return {"sync": number, "stamp": stamp, "text": f"A u{number}\tPCM:{node}/u{number}"}


def network(names, *, confirmed, received, queued, head):
    """A server with some requestors of the same numbers; MSTTRANS is whole from 1 and holds changes of all of them."""
    record = {"reqsync": received, "srvsync": head, "importsync": 1}
    hub = {"name": f"PCM:{SERVER}", "reqsync": 0, "srvsync": head, "importsync": 1}
    return {
        "postoffice": [
            {
                "name": SERVER,
                "path": "hub",
                "role": "server",
                "reqconf": {"server": SERVER, "reqsync": 0, "srvsync": head, "importsync": 1},
                "srvconf": {"sync": head, "requestor": [hub, *({"name": f"PCM:{each}"} | record for each in names)]},
                "queue": {"MSTTRANS": [add(number, names[number % len(names)]) for number in range(1, head + 1)]},
            },
            *(
                {
                    "name": each,
                    "path": each.partition("/")[2].lower(),
                    "reqconf": {"server": SERVER, "reqsync": confirmed, "srvsync": head, "importsync": 1},
                    "queue": {"REQTRANS": [add(number, each) for number in queued]},
                }
                for each in names
            ),
        ]
    }


def records(count, shape):
    confirmed, received = {"stranded": (2 * count, 2 * count), "behind": (count, 1), "kept": (count, count)}[shape]
    return network(["NET/EAST"], confirmed=confirmed, received=received, queued=range(1, count + 1), head=count)


def postoffices(count, shape):
    return network([f"NET/P{each}" for each in range(count)], confirmed=5, received=3, queued=[6], head=4 * count)


@pytest.mark.parametrize("call", [glbtools.diagnose, glbtools.unsent], ids=["diagnose", "unsent"])
@pytest.mark.parametrize(
    ("described", "shape", "counts"),
    [
        (records, "stranded", (100, 400)),
        (records, "behind", (100, 400)),
        (records, "kept", (100, 400)),
        (postoffices, "all-behind", (12, 48)),
    ],
)
def test_four_times_as_much_takes_at_most_five_times_the_steps(tmp_path, steps_of, call, described, shape, counts):
    steps = []
    for count in counts:
        spec = tmp_path / f"{count}.json"
        spec.write_text(json.dumps(described(count, shape)))
        glbtools.build(spec, tmp_path / str(count))
        call(tmp_path / str(count))
        steps.append(steps_of(lambda: call(tmp_path / str(count))))  # noqa: B023 - called at once
    assert steps[1] < 5 * steps[0]


def test_a_diagnosis_looks_for_circles_seldom_and_leaves_the_process_as_it_was(tmp_path) -> None:
    glbtools.simulate("reqtrans-deleted", tmp_path / "net")
    before, seen = gc.get_threshold(), []
    glbtools.diagnose(tmp_path / "net", progress=lambda *_: seen.append(gc.get_threshold()))
    assert gc.get_threshold() == before
    assert seen[0][0] > before[0]
    with pytest.raises(glbtools.GlbError):
        glbtools.diagnose(tmp_path / "nothing")
    assert gc.get_threshold() == before


def test_who_has_set_when_circles_are_looked_for_keeps_that(tmp_path) -> None:
    glbtools.simulate("reqtrans-deleted", tmp_path / "net")
    before, seen = gc.get_threshold(), []
    try:
        for chosen in (0, 1_000_000):
            gc.set_threshold(chosen, *before[1:])
            glbtools.diagnose(tmp_path / "net", progress=lambda *_: seen.append(gc.get_threshold()[0]))
            assert set(seen) == {gc.get_threshold()[0]} == {chosen}
            seen.clear()
    finally:
        gc.set_threshold(*before)
