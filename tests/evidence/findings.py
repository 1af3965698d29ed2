"""What the tests of archives and of images share: the findings of a diagnosis, wherever the evidence lies."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.cli.replay import Run


def said(path: Path, run: Run, *others: Path) -> list[dict[str, object]]:
    """Return the findings of a diagnosis; of paths what folder, archive and image have in common."""
    found = json.loads(run("diagnose", path, *others, "--json").out)["findings"]
    for each in found:
        each["path"] = each["path"].rpartition("/")[2].rpartition("::")[2]
        del each["id"]
        for evidence in each["evidence"]:
            evidence["path"] = "/".join(evidence["path"].replace("::", "/").rsplit("/", 3)[1:])
        for refuted in each.get("refuted", ()):
            refuted.pop("by", None)
    return found


def exactly(path: Path, run: Run) -> str:
    """Return the findings of a diagnosis as they are written, but for where the evidence lies.

    That is in the paths, and in what is made of them: the identities and the order of findings of the same rank.
    """
    report = json.loads(run("diagnose", path, "--json").out)
    first, *others = (each["path"] for each in report["postoffices"])
    roots = [first[:stop] for stop in range(len(first)) if first[:stop].endswith(("/", "::"))]
    root = next(each for each in reversed(roots) if all(other.startswith(each) for other in others))
    found = report["findings"]
    for each in found:
        del each["id"]
    return json.dumps(found, indent=1, ensure_ascii=False).replace(root, "")


def zipped(source: Path, target: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(target, "w", method) as archive:
        for path in sorted(source.rglob("*")):
            archive.write(path, path.relative_to(source.parent))
    return target


def encrypted(archive: Path) -> Path:
    """Mark every member of a zip as encrypted."""
    data = bytearray(archive.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(signature, at + 4)
    archive.write_bytes(data)
    return archive


def tarred(mode: str) -> Callable[[Path, Path], Path]:
    def make(source: Path, target: Path) -> Path:
        with tarfile.open(target, mode) as archive:  # type: ignore[call-overload]
            archive.add(source, source.name)
        return target

    return make


ARCHIVES = {
    "case.zip": zipped,
    "case.tar": tarred("w"),
    "case.tar.gz": tarred("w:gz"),
    "case.tar.bz2": tarred("w:bz2"),
    "case.tar.xz": tarred("w:xz"),
}
