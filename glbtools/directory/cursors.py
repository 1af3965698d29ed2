"""What partners remember of a restored server, from a file of cursors (exchange.md 4)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from glbtools import files
from glbtools.directory.dump import Dump
from glbtools.errors import UsageError
from glbtools.formats.cursors import parse_cursors


def remembered(path: Path, restored: Dump, partners: Iterable[str]) -> dict[str, int]:
    """Return by partner the number of the restored server that it has seen last.

    Cursors are of the restored server if they name it, or its invocation id, or if the file names one log alone.

    Raises:
        DescriptionError: the file is no list of cursors.
        FileAccessError: it cannot be read.
        UsageError: it names several logs, and none is the restored server's.
    """
    found = parse_cursors(files.read(path), str(path))
    facts = restored.facts()
    own = {each.lower() for each in (facts.server, facts.epoch, Path(restored.path).stem) if each}
    logs = {each.log_id.lower() for each in found}
    if not logs & own and len(logs) > 1:
        named = ", ".join(sorted(logs))
        raise UsageError(f"{path}: names the logs {named}, and which is the restored server's its dump does not say")
    wanted = logs & own or logs
    spelled = {each.lower(): each for each in partners}
    return {
        spelled.get(each.consumer.lower(), each.consumer): each.position
        for each in found
        if each.log_id.lower() in wanted
    }
