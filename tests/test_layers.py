"""The house rules of imports, read from the source: data flows up, imports point down."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from glbtools.formats.registry import FORMATS

PACKAGE = Path(__file__).resolve().parents[1] / "glbtools"

# From top to bottom: a room imports only from rooms listed below it, and from itself. ``library`` is what the public
# names of ``glbtools`` lead to.
ROOMS = (
    "__main__", "cli", "testing", "fleet", "reporting", "library", "simulation", "repair",
    "events", "diagnosis", "learn", "sync", "directory", "evidence", "formats", "layouts",
    "model", "binary", "tables", "processes", "files", "progress", "brief", "errors",
)  # fmt: skip

# The package itself has the version and public names, all loaded lazily; both may be used from the top rooms,
# and where a manifest names the version.
FACADE = "glbtools"
MAY_USE_FACADE = ("cli", "fleet", "reporting", "repair")

ONLY_IN = {
    "construct": ("binary", "formats"),
    "typer": ("cli",),
    "click": (),
    "tabulate": ("reporting",),
    "filelock": ("files",),
    "rich": ("reporting",),
    "numpy": ("binary",),
    "pyarrow": ("binary", "fleet"),
    "distributed": ("fleet",),
    "pydantic": (),
    "hypothesis": ("testing",),
    "pytest": ("testing",),
}
# Constructs that drop or repair bytes : what is damaged must be kept and shown.
BANNED = ("GreedyRange", "Padding", "Padded", "Rebuild", "PaddedString", "FlagsEnum", "NullStripped", "Checksum")


class Import(NamedTuple):
    """One imported module, with the place that imports it."""

    source: str
    line: int
    target: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line} imports {self.target}"


def modules() -> dict[str, ast.Module]:
    return {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_bytes()) for path in PACKAGE.rglob("*.py")}


def imports(source: str, tree: ast.Module) -> Iterator[Import]:
    """Yield every import, those inside functions and under TYPE_CHECKING included; names that are modules by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(source, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}:{node.lineno}: imports are written out in full"
            assert node.module is not None
            for alias in node.names:
                inner = PACKAGE.parent / node.module.replace(".", "/") / alias.name
                is_module = inner.with_suffix(".py").exists() or (inner / "__init__.py").exists()
                yield Import(source, node.lineno, f"{node.module}.{alias.name}" if is_module else node.module)


TREES = modules()
IMPORTS = [each for source, tree in TREES.items() for each in imports(source, tree)]
OWN = [each for each in IMPORTS if each.target.split(".")[0] == "glbtools" and each.source != "__init__.py"]


def room(dotted: str) -> str:
    """Name the room of ``glbtools.formats.queue`` or of ``formats/queue.py``."""
    parts = dotted.removesuffix(".py").replace("/", ".").removeprefix("glbtools.").split(".")
    return parts[0]


def leaf(source: str) -> str:
    return "glbtools." + source.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_every_room_has_its_place() -> None:
    rooms = {room(source) for source in TREES} - {"__init__"}
    assert rooms <= set(ROOMS), "a new room needs its place in the order"


def test_imports_point_down() -> None:
    upwards = [
        str(each)
        for each in OWN
        if each.target != FACADE and ROOMS.index(room(each.source)) > ROOMS.index(room(each.target))
    ]
    assert not upwards


def test_only_the_top_rooms_use_the_package_itself() -> None:
    assert not [each for each in OWN if each.target == FACADE and room(each.source) not in MAY_USE_FACADE]


def test_the_package_itself_loads_nothing_when_it_is_imported() -> None:
    tree = TREES["__init__.py"]
    loaded = [
        each.target for node in tree.body if not isinstance(node, ast.If) for each in imports("", as_module(node))
    ]
    assert not [name for name in loaded if name.startswith("glbtools")]


def as_module(node: ast.stmt) -> ast.Module:
    return ast.Module([node], [])


@pytest.mark.parametrize("name", ONLY_IN)
def test_a_library_is_used_in_its_room_only(name: str) -> None:
    users = {room(each.source) for each in IMPORTS if each.target.split(".")[0] == name}
    assert users <= set(ONLY_IN[name]), users


def test_formats_do_not_import_each_other() -> None:
    leaves = {f"glbtools.formats.{entry.parser.partition('.')[0]}" for entry in FORMATS.values()}
    assert not [each for each in OWN if leaf(each.source) in leaves - {each.target} and each.target in leaves]


@pytest.mark.parametrize("name", ["diagnosis/checks", "repair/remedies", "simulation/scenarios", "simulation/faults"])
def test_leaves_of_other_rooms_do_not_import_each_other(name: str) -> None:
    prefix = f"glbtools.{name.replace('/', '.')}."
    inside = [each for each in OWN if leaf(each.source).startswith(prefix) and each.target.startswith(prefix)]
    assert not inside


def test_no_two_modules_import_each_other_in_a_circle_when_they_are_loaded() -> None:
    edges: dict[str, set[str]] = {}
    for source, tree in TREES.items():
        top = ast.Module([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], [])
        edges[leaf(source)] = {each.target for each in imports(source, top) if each.target.startswith("glbtools.")}
    while free := {name for name in edges if not edges[name] & set(edges)}:
        edges = {name: targets for name, targets in edges.items() if name not in free}
    assert not edges


def test_no_construct_that_drops_or_repairs_bytes_is_used() -> None:
    used = [
        f"{source}:{node.lineno}: {name}"
        for source, tree in TREES.items()
        if any(each.source == source and each.target.startswith("construct") for each in IMPORTS)
        for node in ast.walk(tree)
        for name in BANNED
        if (isinstance(node, ast.Name) and node.id == name)
        or (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.alias) and node.name == name)
    ]
    assert not used


def test_nothing_but_the_command_line_prints() -> None:
    printing = [
        f"{source}:{node.lineno}"
        for source, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        if room(source) != "cli"
    ]
    assert not printing
