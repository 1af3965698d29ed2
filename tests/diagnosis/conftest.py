"""What tests of verdicts share: networks written from what a table says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import glbtools


class Build:
    """Writes networks below a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, *postoffices: dict[str, Any], name: str = "now") -> Path:
        spec = self.root / f"{name}.json"
        spec.write_text(json.dumps({"postoffice": postoffices}))
        glbtools.build(spec, self.root / name)
        return self.root / name


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)
