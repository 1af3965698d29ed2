"""What the tests of archives and of images share: the findings of a diagnosis, wherever the evidence lies."""

from __future__ import annotations

import json
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
