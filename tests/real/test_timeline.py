"""The timeline as others read it: Timesketch's own reading code, and mactime of the Sleuth Kit."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import glbtools
from glbtools.errors import GlbError

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
READERS = ROOT / ".venv-readers" / "bin" / "python"
EVIDENCE = [each for each in sorted(FIXTURES.iterdir()) if each.is_dir() and each.name not in ("specs", "directories")]
EVIDENCE += sorted(each for each in (FIXTURES / "directories").iterdir() if each.is_dir())


def evidence(tmp_path: Path) -> list[Path]:
    """Return the fixtures, and one of them in an archive, whose files have times."""
    return [*EVIDENCE, Path(shutil.make_archive(str(tmp_path / "packed"), "zip", FIXTURES / "network"))]


READ = """
import json, logging, sys
from timesketch.lib import utils
read = {"jsonl": utils.read_and_validate_jsonl, "csv": utils.read_and_validate_csv}[sys.argv[1]]
for path in sys.argv[2:]:
    with open(path, "rb") as stream:
        for row in read(stream):
            print(json.dumps({key: str(row[key]) for key in ("message", "timestamp", "timestamp_desc")}))
"""


def written(place: Path, target: Path, form: str) -> list[dict[str, object]]:
    """Write the timeline of some evidence and return its events as we mean them."""
    from glbtools.reporting.timeline import fields

    try:
        made = glbtools.timeline(place)
    except GlbError:
        return []
    glbtools.write_timeline(made, target, form=form)
    return [fields(event) for event in made]


@pytest.mark.skipif(not READERS.exists(), reason="Timesketch is not installed in .venv-readers: make check-consumers")
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_timesketch_takes_every_event_and_means_the_same_time(tmp_path, form):
    places = evidence(tmp_path)
    targets = [tmp_path / f"{place.name}.{form}" for place in places]
    ours = [row for place, target in zip(places, targets, strict=True) for row in written(place, target, form)]
    there = [target for target in targets if target.exists() and target.read_text().count("\n") > (form == "csv")]
    done = subprocess.run([READERS, "-c", READ, form, *there], capture_output=True, text=True, check=True)
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["message"].removeprefix("'") for row in theirs] == [row["message"] for row in ours]
    assert [row["timestamp_desc"] for row in theirs] == [row["timestamp_desc"] for row in ours]
    assert [int(float(row["timestamp"])) for row in theirs] == [row["timestamp"] for row in ours]
    assert len(theirs) > 1000
    assert "File Written" in {row["timestamp_desc"] for row in theirs}


@pytest.mark.skipif(not shutil.which("mactime"), reason="mactime is not installed (Debian: sleuthkit)")
def test_mactime_takes_every_event_at_its_second(tmp_path):
    total = 0
    for place in evidence(tmp_path):
        target = tmp_path / f"{place.name}.body"
        ours = written(place, target, "bodyfile")
        if not ours:
            continue
        done = subprocess.run(
            ["mactime", "-y", "-d", "-b", target, "1970-01-02"], capture_output=True, text=True, check=True
        )
        lines = done.stdout.splitlines()[1:]
        total += len(lines)
        assert sorted(line[:19] for line in lines) == sorted(str(row["datetime"])[:19] for row in ours), place
    assert total > 1000
