"""The names of the package: what they stand for, whatever was imported, and that what calls return has a name."""

from __future__ import annotations

import builtins
import inspect
import json
import subprocess
import sys
import types
import typing
from collections.abc import Callable, Iterator

import pytest

import glbtools

CALLS = [name for name in glbtools.__all__ if inspect.isfunction(getattr(glbtools, name))]

EVERY_MODULE = """
import importlib, json, pkgutil
import glbtools
for found in pkgutil.walk_packages(glbtools.__path__, "glbtools."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
values = {name: getattr(glbtools, name) for name in glbtools.__all__}
print(json.dumps({name: "type" if isinstance(each, type) else type(each).__name__ for name, each in values.items()}))
"""


def test_a_name_stands_for_the_same_thing_when_every_module_was_imported() -> None:
    """A package of the name of a call would take its place as soon as it is imported."""
    done = subprocess.run([sys.executable, "-c", EVERY_MODULE], capture_output=True, text=True, check=True)
    kinds = json.loads(done.stdout)
    assert set(kinds) == set(glbtools.__all__)
    assert {kind for name, kind in kinds.items() if name[0].islower()} == {"function"}
    assert {kind for name, kind in kinds.items() if name[0].isupper()} == {"type"}


def returned(call: Callable[..., object]) -> object:
    """Return the annotation of what a call returns, whose names may be imported for type checkers only."""
    names = {name: getattr(glbtools, name) for name in glbtools.__all__}
    annotation = inspect.signature(call).return_annotation
    return eval(annotation, vars(builtins) | names | vars(sys.modules[call.__module__]))


def own_types(annotation: object) -> Iterator[type]:
    """Yield the types of this package within an annotation."""
    if isinstance(annotation, type) and annotation.__module__.startswith("glbtools."):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from own_types(inner)


@pytest.mark.parametrize("name", CALLS)
def test_the_types_that_a_call_returns_are_public_names(name: str) -> None:
    public = [getattr(glbtools, each) for each in glbtools.__all__]
    assert all(each in public for each in own_types(returned(getattr(glbtools, name))))


def test_no_public_name_is_a_module() -> None:
    assert not [name for name in glbtools.__all__ if isinstance(getattr(glbtools, name), types.ModuleType)]
