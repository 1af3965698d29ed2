"""What must hold of each reader, whatever bytes it is given."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from glbtools import carve, inspect_bytes, layouts, learn_layout
from glbtools.binary import layout
from glbtools.directory import state
from glbtools.errors import GlbError
from glbtools.evidence import archives, description
from glbtools.evidence.sources import on_disk
from glbtools.formats.registry import FORMATS
from glbtools.layouts import Layouts
from glbtools.simulation import scenario
from glbtools.sync import pair

ROOT = Path(__file__).resolve().parent.parent
Target = Callable[[bytes], None]

SAMPLES = {
    "listq": b"  1 R PCM:NET/PO\r\n  2 A Paul\tPCM:NET/PO/paul\r\n",
    "listds": b"Dir-Sync Server: NET/PO\r\nReqSync = 17, SrvSync = 80\r\n",
    "message": b"[dirsync]\r\ntask=export\r\nreqname=PCM:net/po\r\n",
    "subject": b"SrvTx R=3 S=87298 (was 0), I=2 15603 sen",
    "import": b"# exported\r\nA Paul\tPCM:NET/PO/paul\r\nD Mark\tPCM:NET/PO/mark\r\n",
    "dirsync": b"# Sample\r\nA /o=X/ou=S/cn=paul\r\n- Display-Name:Paul\r\nD /o=X/ou=S/cn=sue\r\n",
    "control": bytes(46),
    "names": b"Ann\0" + bytes(100),
    "networks": b"NET\0" + bytes(200),
    "extension": b"NET/PO\0" + bytes(200),
    "mailbag": b"\xb5\0" + bytes(300),
    "key": bytes(560),
    "users": b"Ann\0" + bytes(1200),
    "members": b"Ann\0" + bytes(600),
    "addresses": b"NET\0PO\0" + bytes(600),
    "schedule": bytes(709),
    "master": bytes(1024),
}
"""Contents to begin with where no fixture is of the format."""

MOST = 1 << 16
"""Bytes of an input; a defect that needs more is not sought."""


def read(name: str) -> Target:
    """Return the law of a format: all that is shown of a file can be made, its regions tile it, it is written back."""

    def target(data: bytes) -> None:
        found = inspect_bytes(data, "input", as_format=name)
        at = 0
        for region in found.regions:
            assert region.span.start == at
            at = region.span.stop
        assert at == len(data)
        for fault in found.faults:
            assert 0 <= fault.span.start <= fault.span.stop <= len(data)
        for rows in found.content.lists():
            assert sum(1 for _ in rows.rows) == rows.total
        for node in found.content.nodes():
            assert 0 <= node.span.start <= node.span.stop <= len(data)
        assert all(isinstance(each, str) for each in found.summary)
        build = getattr(found.content, "build", None)
        if build is not None:
            assert build() == data

    return target


def detected(data: bytes) -> None:
    """A file of unknown kind is of one format or of none."""
    assert inspect_bytes(data, "input").entry.name in FORMATS


def a_layout(data: bytes) -> None:
    """A layout that is accepted reads any queue without an error, and can be written for other tools."""
    from glbtools.layouts.exported import exported

    found = layout.parse(data, "layout.toml")
    for language in ("toml", "ksy", "cstruct"):
        try:
            exported(found, language)
        except GlbError:
            continue
    if found.family == "queue":
        sample = (ROOT / "fixtures" / "stuck" / "october" / "GLB" / "REQTRANS.GLB").read_bytes()
        content = inspect_bytes(sample, "input", as_format="queue", layouts=Layouts([found])).content
        if not found.read_only:
            assert content.build() == sample


def described(data: bytes) -> None:
    """A description that is accepted can be built."""
    from glbtools.evidence.build import contents

    assert all(isinstance(each, bytes) for each in contents(description.parse(data, "spec.toml"), Layouts()).values())


def planned(data: bytes) -> None:
    """A scenario says who takes part."""
    assert scenario.parse(data, "scenario.toml").server


def in_a_file(use: Callable[[Path], object], name: str) -> Target:
    """Return a target that is given a path."""

    def target(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, name)
            path.write_bytes(data)
            use(path)

    return target


def learnt(path: Path) -> None:
    """What is learnt from a file reads it; nothing of it fails."""
    found = learn_layout([path])
    if found.layout is not None:
        inspect_bytes(path.read_bytes(), "input", as_format="queue", layouts=Layouts([found.layout]))


def unpacked(path: Path) -> None:
    """An archive is listed and read to its end, or refused."""
    waiting = [archives.opened(on_disk(path, path.name), 1 << 20)]
    while waiting:
        for each in waiting.pop().children():
            if each.is_directory:
                waiting.append(each)
            else:
                try:
                    each.read(1 << 20)
                except GlbError:
                    continue


def carved(path: Path) -> None:
    """Carving tells apart what it finds, in the order of the bytes."""
    size = path.stat().st_size
    for image in carve(path):
        assert all(0 <= each.start < each.stop <= size for each in image.found)


TARGETS: dict[str, Target] = {
    **{name: read(name) for name in FORMATS},
    "detect": detected,
    "layout": a_layout,
    "description": described,
    "scenario": planned,
    "state": in_a_file(state.load, "state.json"),
    "pair": in_a_file(pair.load, "pair.toml"),
    "learn": in_a_file(learnt, "REQTRANS.GLB"),
    "archive": in_a_file(unpacked, "input.zip"),
    "carve": in_a_file(carved, "input.img"),
}
"""Name -> law; it may raise a GlbError, and nothing else."""


def holds(name: str, data: bytes) -> None:
    """Try one input: an error of ours is an answer, anything else is a defect."""
    try:
        TARGETS[name](data[:MOST])
    except GlbError as error:
        assert str(error)


def seeds(name: str) -> Iterator[bytes]:
    """Yield contents to begin with: fixtures of the format, or such files as the reader is for."""
    found = ROOT / "fuzz" / "found"
    yield from (each.read_bytes() for each in sorted(found.glob(f"{name}-*")))
    if name in SAMPLES:
        yield SAMPLES[name]
    if name in ("layout", "description", "scenario"):
        folder = {
            "layout": Path(layouts.__file__).parent,
            "description": ROOT / "fixtures" / "specs",
            "scenario": Path(scenario.__file__).parent,
        }[name]
        yield from (each.read_bytes() for each in sorted(folder.rglob("*.toml")))
        return
    if name == "archive":
        yield from packed()
        return
    if name in ("state", "pair"):
        yield b'{"schema": "glbtools.export-state/1"}' if name == "state" else b'id = "p"\nspool = "s"\n[source]\n'
        return
    for path in sorted((ROOT / "fixtures").rglob("*")):
        if not path.is_file() or path.stat().st_size > MOST:
            continue
        data = path.read_bytes()
        try:
            own = inspect_bytes(data, path.name).entry.name
        except GlbError:
            own = ""
        if name in (own, "detect", "carve") or (name == "learn" and own in ("queue", "reqconf", "srvconf")):
            yield data


def packed() -> Iterator[bytes]:
    """Yield a zip and tars with a queue in them."""
    import tarfile
    import zipfile

    queue = (ROOT / "fixtures" / "stuck" / "october" / "GLB" / "REQTRANS.GLB").read_bytes()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("po/GLB/REQTRANS.GLB", queue)
    yield stream.getvalue()
    for mode in ("w", "w:gz", "w:bz2", "w:xz"):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode=mode) as tar:  # type: ignore[call-overload]
            info = tarfile.TarInfo("po/GLB/REQTRANS.GLB")
            info.size = len(queue)
            tar.addfile(info, io.BytesIO(queue))
        yield stream.getvalue()
