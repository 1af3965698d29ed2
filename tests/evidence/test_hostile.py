"""What is made to exhaust a machine is read within a limit on memory, and what is left out is named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from glbtools.evidence import archives

resource = pytest.importorskip("resource", reason="the system keeps no limits")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems count memory otherwise")

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
LEAST = 400 << 20
"""Bytes of address space, libraries and all."""


def limited(path: Path, most: int = LEAST, *options: str) -> subprocess.CompletedProcess[str]:
    """Diagnose under a limit on memory and on processor time."""
    limits = ((resource.RLIMIT_AS, most), (resource.RLIMIT_CPU, 120))
    return subprocess.run(
        [sys.executable, "-m", "glbtools", "diagnose", str(path), *options],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "80"},
        preexec_fn=lambda: [resource.setrlimit(which, (value, value)) for which, value in limits],
    )


def bomb(path: Path) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        zeros = bytes(200 << 20)
        archive.writestr("po/GLB/REQTRANS.GLB", zeros)
        archive.write(FIXTURES / "stuck" / "october" / "GLB" / "REQCONF.GLB", "po/GLB/REQCONF.GLB")
    return "po/GLB/REQTRANS.GLB: there is not enough memory to read its 209715200 bytes"


def many(path: Path) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(archives.MOST_ENTRIES + 1):
            archive.writestr(f"d{number % 100}/f{number}.txt", "")
    return f"...: more than {archives.MOST_ENTRIES} entries, the rest of them"


def nothing(path: Path) -> str:
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
    return "no postoffice" if path.suffix == ".zip" else "describe no file system"


def images_in_an_archive(path: Path) -> str:
    """Ten disks of 100 MB of nothing, packed small, with a first sector as a disk has it."""
    head = bytearray(512)
    head[446:462] = bytes((0x80, 1, 1, 0, 6, 15, 63, 100, 63, 0, 0, 0, 64, 156, 0, 0))
    head[510:512] = b"\x55\xaa"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"{number}.img", bytes(head) + bytes(100 << 20))
    return "looks for records in its bytes; and 5 more"


HOSTILE: dict[str, Callable[[Path], str]] = {
    "bomb.zip": bomb,
    "many.zip": many,
    "nothing.img": nothing,
    "images.zip": images_in_an_archive,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_evidence_is_read_within_a_limit_of_memory_and_named(name: str, tmp_path: Path) -> None:
    says = HOSTILE[name](tmp_path / name)
    done = limited(tmp_path / name)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_disk_that_says_to_go_on_for_a_terabyte_is_read_like_a_small_one(tmp_path: Path) -> None:
    pytest.importorskip("pytsk3", reason="the extra images is not installed")
    if not shutil.which("mformat"):
        pytest.skip("mtools are not installed")
    image = tmp_path / "case.img"
    image.write_bytes(bytes(1440 * 1024))
    environment = os.environ | {"MTOOLS_SKIP_CHECK": "1"}
    subprocess.run(["mformat", "-i", image, "-f", "1440", "::"], check=True, env=environment)
    subprocess.run(["mcopy", "-s", "-i", image, *(FIXTURES / "stuck").iterdir(), "::/"], check=True, env=environment)
    with image.open("r+b") as stream:
        stream.truncate(1 << 40)
    done = limited(image, LEAST, "--json")
    assert done.returncode == 1, done.stderr
    assert next(each["slug"] for each in json.loads(done.stdout)["findings"]) == "stranded-transactions"


def test_where_memory_ends_elsewhere_one_sentence_says_what_leaves_large_files_out(tmp_path: Path) -> None:
    path = tmp_path / "REQTRANS.GLB"
    with path.open("wb") as stream:
        stream.truncate(200 << 20)
    most = 300 << 20
    done = subprocess.run(
        [sys.executable, "-m", "glbtools", "inspect", str(path)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)),
    )
    assert done.returncode == 2
    assert done.stderr == (
        "glbtools: there is not enough memory for it; --max-file-size 50M leaves larger files out, and names them\n"
    )
