"""Forty lines of somebody who has the wheel and no source: what is wrong, what was lost, and a page of it."""

from __future__ import annotations

import sys
from pathlib import Path

import glbtools


def stuck(report: glbtools.Report) -> list[glbtools.Finding]:
    return [each for each in report.findings if each.problem.code.startswith("U") and each.certainty == "certain"]


def queues(place: Path) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for path in sorted(place.rglob("*TRANS.GLB")):
        if records := glbtools.read_queue(path).records:
            found[path.name] = (records[0].sync, records[-1].sync)
    return found


def main(place: Path, out: Path) -> int:
    report = glbtools.diagnose(place)
    for finding in stuck(report):
        first = finding.evidence[0]
        print(finding.problem.slug, finding.message, first.path, first.span)
    for name, (low, high) in queues(place).items():
        print(f"{name}: {low} to {high}")
    lost = glbtools.unsent(place)
    print(sorted({change.why for change in lost}), sum(1 for change in lost if change.sync > 0))
    for path in sorted(place.rglob("*.LOG")):
        log = glbtools.inspect(path, as_format="log").content
        print(path.name, len(log.lines), log.lines[0].raw)
    unknown = glbtools.inspect(place / "october/GLB/REQCONF.GLB").content
    if isinstance(unknown, glbtools.ReqConfFile):
        print(unknown.config.reqsync, unknown.config.server)
    plan = glbtools.plan_rebuild(report)
    print(len(plan.edits), plan.write(out / "rebuilt").remaining)
    return glbtools.write_report(report, out / "page.html")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
