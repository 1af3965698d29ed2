from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.controller import Controller, missing


@pytest.fixture(scope="session")
def provisioned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if reason := missing():
        pytest.skip(reason)
    return tmp_path_factory.mktemp("controllers")


@pytest.fixture(scope="module")
def source(provisioned: Path) -> Iterator[Controller]:
    yield from _fresh(provisioned / "source", "dc1")


@pytest.fixture(scope="module")
def receiver(provisioned: Path) -> Iterator[Controller]:
    yield from _fresh(provisioned / "receiver", "dc9")


def _fresh(root: Path, name: str) -> Iterator[Controller]:
    yield Controller(root, name).provision()
    shutil.rmtree(root)
