"""Every fuzz target holds over its seeds, over these cut and bent, and over whatever fuzzing found before."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from glbtools.formats.registry import FORMATS

FUZZ = Path(__file__).resolve().parents[1] / "fuzz"


def _targets() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_targets", FUZZ / "targets.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TARGETS = _targets()
MOST_SEEDS = 12


def test_every_reader_has_a_target() -> None:
    assert set(FORMATS) < set(TARGETS.TARGETS)


@pytest.mark.parametrize("name", TARGETS.TARGETS)
def test_a_target_holds_over_seeds_and_over_what_is_bent(name: str) -> None:
    seeds = list(TARGETS.seeds(name))
    assert seeds, "a target needs something to begin with"
    chance = random.Random(name)
    chosen = seeds if len(seeds) <= MOST_SEEDS else chance.sample(seeds, MOST_SEEDS)
    for data in [b"", *chosen]:
        TARGETS.holds(name, data)
        if data:
            bent = bytearray(data)
            bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
            TARGETS.holds(name, bytes(bent))
            TARGETS.holds(name, data[: chance.randrange(len(data))])


def test_what_was_found_stays_mended() -> None:
    for path in (FUZZ / "found").glob("*.bin"):
        (name,) = [each for each in TARGETS.TARGETS if path.name.startswith(f"{each}-")]
        TARGETS.holds(name, path.read_bytes())


def test_a_law_that_is_broken_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: bytes) -> None:
        raise IndexError

    monkeypatch.setitem(TARGETS.TARGETS, "queue", broken)
    with pytest.raises(IndexError):
        TARGETS.holds("queue", b"")


def test_one_input_is_tried_again_with_any_python() -> None:
    file = FUZZ.parent / "fixtures" / "stuck" / "october" / "GLB" / "REQTRANS.GLB"
    command = [sys.executable, str(FUZZ / "run.py"), "queue", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{file}: queue holds\n")
