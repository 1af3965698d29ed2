"""A diagnosis for programs: JSON (docs/interface.md#json), JSON lines, CSV."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from glbtools.diagnosis.finding import Evidence, Finding
from glbtools.reporting.documents import csv_table, dumps, spreadsheet_safe, tool
from glbtools.reporting.text import message

if TYPE_CHECKING:
    from glbtools.diagnosis.case import ChannelVerdict
    from glbtools.diagnosis.engine import Report

_INPUT = ("path", "format", "layout", "size", "sha256", "used", "target")
SCHEMA = "glbtools.diagnosis/2"


def document(report: Report, version: str) -> dict[str, Any]:
    """Return the whole diagnosis."""
    return {
        "schema": SCHEMA,
        "tool": tool(version),
        "inputs": [{name: getattr(each, name) for name in _INPUT} for each in report.inputs],
        "postoffices": [
            {
                "name": each.name,
                "name_from": each.name_from or None,
                "path": each.path,
                "role": each.role,
                "role_from": each.role_from,
            }
            for each in sorted(report.evidence.postoffices, key=lambda each: (each.name or "", each.path))
        ],
        "unjudged": [each._asdict() for each in report.unjudged],
        "directories": [
            {
                "path": each.path,
                "server": each.facts.server,
                "epoch": each.facts.epoch,
                "scope": each.facts.scope or None,
                "objects": each.objects,
                "head": each.facts.head,
                "highest": each.highest,
                "identified": each.facts.identified,
            }
            for each in report.directories
        ],
        "pairs": [each._asdict() for each in report.pairs],
        "channels": [channel(each) for each in report.channels],
        "findings": [finding(each) for each in report.findings],
        "summary": report.summary,
        "changed": report.changed,
        "passed_over": [
            {"path": each.path, "why": each.why}
            for each in sorted(report.evidence.passed_over, key=lambda each: each.path)
        ],
    }


def channel(judged: ChannelVerdict) -> dict[str, Any]:
    """Return a channel and its verdict."""
    known, verdict = judged.channel, judged.verdict
    return {
        "kind": known.kind,
        "origin": known.origin,
        "target": known.target,
        "state": verdict.state,
        "states": list(verdict.states),
        "held": None if known.held is None else [list(each) for each in known.held],
        "last": known.last,
        "confirmed": known.confirmed,
        "applied": known.applied,
        "head": known.head,
        "ranges": {state: [list(each) for each in ranges] for state, ranges in sorted(verdict.ranges.items())},
        "dead_zone": list(verdict.dead_zone) if verdict.dead_zone else None,
        "certainty": verdict.certainty,
        "settled_by": list(verdict.settled_by),
        "note": judged.note,
    }


def finding(each: Finding) -> dict[str, Any]:
    """Return a finding; its id is the same for the same evidence."""
    return {
        "id": identity(each),
        "code": each.problem.code,
        "slug": each.problem.slug,
        "severity": each.severity,
        "certainty": each.certainty,
        "cause_certainty": each.cause_certainty or each.certainty,
        "postoffice": each.postoffice,
        "path": each.path,
        "title": each.problem.title,
        "message": each.message,
        "ranges": [list(span) for span in each.ranges],
        "evidence": [evidence(place) for place in each.evidence],
        "notes": list(each.notes),
        "help": " ".join(each.help),
        "repair": each.problem.repair,
        "settled_by": list(each.settled_by),
        "alternatives": [
            {"slug": other.slug, "says": other.says, "effect": other.effect, "settled_by": other.settled_by}
            for other in each.alternatives
        ],
        "refuted": [
            {"slug": other.slug, "says": other.says, "sign": other.sign, "by": [evidence(place) for place in other.by]}
            for other in each.refuted
        ],
        "sources": list(each.problem.sources),
    }


def evidence(each: Evidence) -> dict[str, Any]:
    """Return a place."""
    return {
        "path": each.path,
        "span": list(each.span) if each.span else None,
        "line": each.line,
        "field": each.field or None,
        "value": each.value,
        "note": each.note,
    }


def identity(each: Finding) -> str:
    """Return twelve hex digits that stay the same as long as problem, postoffice and evidence do."""
    parts = [each.problem.code, each.postoffice or each.path, each.message]
    parts += [f"{place.path}:{place.span}:{place.line}:{place.value}" for place in each.evidence]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:12]


def json_lines(findings: list[Finding]) -> Iterator[str]:
    """Yield one JSON object for each finding."""
    return (dumps(finding(each), indent=None) for each in findings)


def csv_text(findings: list[Finding]) -> str:
    """Return the findings as a table; texts are safe for spreadsheets and terminals."""
    names = ("id", "code", "slug", "severity", "certainty", "postoffice", "path", "message", "help", "repair")
    rows = map(finding, findings)
    return csv_table(
        names, ({name: spreadsheet_safe(message(row[name] or "")) for name in names} for row in rows), "\r\n"
    )
