"""A report as values for JSON: the blocks that text and page are written of, section by section."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from glbtools.reporting import model
from glbtools.reporting.text import message


def outline(blocks: Iterable[model.Block]) -> list[dict[str, Any]]:
    """Return the sections of a report, each with its blocks; a picture is what it shows in words."""
    sections: list[dict[str, Any]] = []
    for block in blocks:
        if isinstance(block, model.Section):
            section = {"title": block.title, "anchor": block.anchor, "lead": message(block.lead), "blocks": []}
            sections.append(section)
        elif row := _row(block):
            sections[-1]["blocks"].append(row)
    return sections


def _row(block: model.Block) -> dict[str, Any]:
    """Return a block as a row of its kind; empty for one that only sets others apart."""
    match block:
        case model.Heading() | model.Paragraph() | model.Verbatim():
            return {"kind": type(block).__name__.lower(), "text": message(block.text)}
        case model.Facts():
            return {"kind": "facts", "rows": [list(map(message, row)) for row in block.rows]}
        case model.Table():
            rows = [list(map(message, row)) for row in block.rows]
            return {"kind": "table", "columns": [each.head for each in block.columns], "rows": rows}
        case model.Finding():
            said = {"severity": block.severity, "code": block.code, "slug": block.slug}
            return {"kind": "finding", **said, "certainty": block.sure or "certain", "text": message(block.text)}
        case model.Places():
            return {"kind": "places", "path": message(block.path), "places": list(map(_place, block.places))}
        case model.Excerpt():
            span = [block.start, block.start + len(block.data)]
            return {
                "kind": "excerpt", "path": message(block.path), "span": span, "bytes": block.data.hex(),
                "mark": list(block.mark), "text": message(block.said),
            }  # fmt: skip
        case model.Steps():
            return {"kind": "steps", "numbered": block.numbered, "items": list(map(message, block.items))}
        case model.Picture():
            return {"kind": "picture", "title": message(block.title), "text": message(block.text)}
        case model.Fold():
            return {"kind": "fold", "title": message(block.title), "blocks": list(map(_row, block.blocks))}
        case _:
            return {}


def _place(place: model.Place) -> dict[str, Any]:
    span = None if place.span is None else list(place.span[:2])
    return {"line": place.line, "span": span, "text": message(place.said)}
