"""What tests of verdicts share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.diagnosis.networks import Build


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)
