"""The ten most important problems as people read them; ``GLBTOOLS_UPDATE_TRANSCRIPTS=1`` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.replay import UPDATE, commands, replayed
from tests.diagnosis.networks import CASES, built

TRANSCRIPTS = Path(__file__).with_name("transcripts")


@pytest.mark.parametrize("path", sorted(TRANSCRIPTS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_diagnosis_reads_as_its_transcript_says(path, tmp_path, monkeypatch, run):
    built(tmp_path, CASES[path.stem][0], path.stem)
    monkeypatch.chdir(tmp_path)
    actual = "\n".join(replayed(run, command) for command in commands(path))
    if UPDATE:
        path.write_text(actual, "utf-8")
    assert path.read_text("utf-8") == actual
    assert path.stem in actual
