"""A report as one HTML page that needs nothing else: no script, nothing loaded, readable on paper and aloud.

Everything that comes from a file is a text between tags or a quoted attribute, escaped; the page's own policy forbids
whatever else might get in.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from glbtools import files
from glbtools.binary.tree import Node
from glbtools.reporting import model
from glbtools.reporting.drawing import PATTERNS
from glbtools.reporting.text import message, safe

LONGEST = 1_200
"""Characters of one text; the rest is counted."""

LONGEST_CELL = 400
"""The same of a text in a table."""

SHORT = 21
"""Characters of a cell that stay on one line."""

NARROW = 14
"""The same where it has a slash, at which it can be broken."""

LONG = 30
"""Characters of a word that may be broken anywhere."""

ROW = 16
"""Bytes in a row of an excerpt."""

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")

_MARKS = {"error": "✖", "warning": "▲", "note": "●"}
"""What stands for a severity, for those who do not tell its colour."""


def page(blocks: Iterable[model.Block], title: str) -> Iterator[str]:
    """Yield the lines of a page.

    Args:
        blocks: the report; its sections make the table of contents.
        title: already safe to be shown.
    """
    blocks = list(blocks)
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>"
    yield '<a class="skip" href="#main">Skip to the report</a>'
    yield f'<header><p class="kind">Dir-Sync report</p><h1>{_text(title)}</h1></header>'
    sections = [each for each in blocks if isinstance(each, model.Section)]
    yield PATTERNS
    yield '<div class="body">'
    yield '<nav aria-label="Contents"><ol>'
    yield from (f'<li><a href="#{each.anchor}">{_text(each.title)}</a></li>' for each in sections)
    yield '</ol></nav>\n<main id="main">'
    open_ = False
    for each in blocks:
        if isinstance(each, model.Section):
            yield "</section>" if open_ else ""
            open_ = True
        yield from _written(each)
    yield "</section>" if open_ else ""
    yield "</main>\n</div>\n</body>\n</html>"


def write_page(blocks: Iterable[model.Block], title: str, to: Path, *, force: bool = False) -> int:
    """Write a page, and return its size in bytes.

    Raises:
        OutputExistsError: the file exists and ``force`` is not given.
        FileAccessError: the system refuses.
    """
    data = "\n".join(filter(None, page(blocks, title))).encode() + b"\n"
    files.write(to, data, force=force)
    return len(data)


def _written(block: model.Block) -> Iterable[str]:
    return _WRITERS[type(block)](block)


def _text(text: str, most: int = LONGEST) -> str:
    """Return a text as HTML, cut with a count where it is too long to be read."""
    more = len(text) - most
    shown = text if more <= 0 else f"{text[:most]} … and {more} more characters"
    return html.escape(message(shown.replace("\n", " ")), quote=True)


_OPTION = re.compile(r"(?<![\w&#;-])--?[A-Za-z][\w-]*")


def _unbroken(text: str) -> str:
    """Return HTML in which options such as -E are not broken behind their hyphen."""
    return _OPTION.sub(r'<span class="short">\g<0></span>', text)


def _section(block: model.Section) -> Iterator[str]:
    yield f'<section aria-labelledby="{block.anchor}">\n<h2 id="{block.anchor}">{_text(block.title)}</h2>'
    if block.lead:
        yield f'<p class="lead">{_text(block.lead)}</p>'


def _paragraph(block: model.Paragraph) -> Iterator[str]:
    tones = " ".join(("p", *block.tones)) if not block.lead else "p"
    text = _text(block.text)
    lead = _text(block.lead)
    if lead and lead in text:
        text = text.replace(lead, f'<strong class="{" ".join(block.tones)}">{lead}</strong>', 1)
    yield f'<pre class="command">{text}</pre>' if block.anywhere else f'<p class="{tones}">{_unbroken(text)}</p>'


def _facts(block: model.Facts) -> Iterator[str]:
    yield '<dl class="facts">'
    yield from (f"<div><dt>{_text(name)}</dt><dd>{_text(said)}</dd></div>" for name, said in block.rows)
    yield "</dl>"


def _table(block: model.Table) -> Iterator[str]:
    kinds = ["number" if each.right else "" for each in block.columns]
    names = [_text(each.head) for each in block.columns]
    label = _text(", ".join(each.head for each in block.columns))
    yield f'<div class="scroll" tabindex="0" role="group" aria-label="{label}"><table>\n<thead><tr>'
    yield "".join(f'<th scope="col" class="{kind}">{name}</th>' for name, kind in zip(names, kinds, strict=True))
    yield "</tr></thead>\n<tbody>"
    for number, row in enumerate(block.rows):
        cells = (
            f'<td class="{kind}" data-head="{name}">{_cell(cell)}</td>'
            for cell, kind, name in zip(row, kinds, names, strict=True)
        )
        yield f"<tr>{''.join(cells)}</tr>"
        if block.notes and block.notes[number]:
            yield f'<tr class="note"><td colspan="{len(row)}">{_text(block.notes[number])}</td></tr>'
    yield "</tbody></table></div>"


def _cell(cell: str) -> str:
    text = "<br>".join(_text(line, LONGEST_CELL) for line in cell.split("\n"))
    if len(cell) <= (NARROW if "/" in cell else SHORT):
        return f'<span class="short">{text}</span>'
    longest = max(map(len, re.split(r"[ /\n]", cell)))
    return f'<span class="long">{text}</span>' if longest > LONG else text.replace("/", "/<wbr>").replace("@", "<wbr>@")


def _finding(block: model.Finding) -> Iterator[str]:
    sure = block.sure or "certain"
    fault = block.text[:1].upper() + block.text[1:]
    yield (
        f'<h3 class="finding {block.severity}"><span class="mark" aria-hidden="true">{_MARKS[block.severity]}</span> '
        f'<span class="severity">{block.severity} {_text(block.code)}</span> {_text(block.slug.replace("-", " "))}</h3>'
    )
    yield f'<p class="fault">{_text(fault)}</p><p class="sure">How sure: <strong>{_text(sure)}</strong></p>'


def _places(block: model.Places) -> Iterator[str]:
    yield f'<p class="path">{_text(block.path)}</p><ul class="places">' if block.path else '<ul class="places">'
    for each in block.places:
        where = f"line {each.line}" if each.line is not None else f"bytes {each.span}" if each.span else ""
        yield f"<li><code>{_text(where)}</code> {_text(each.said)}</li>"
    yield "</ul>"


def _excerpt(block: model.Excerpt) -> Iterator[str]:
    start, stop = block.mark
    shown = f"{block.path}, bytes {start:#06x} to {stop:#06x}"
    named = f'<span class="path">{_text(block.path)}</span> {_text(block.said)}'
    yield f'<figure class="bytes"><figcaption>{named}</figcaption>'
    yield f'<pre tabindex="0" aria-label="{_text(shown)}">'
    rows = []
    for at in range(0, len(block.data), ROW):
        part = block.data[at : at + ROW]
        letters = part.decode(block.encoding, "replace")
        marked = [start <= block.start + at + n < stop for n in range(len(part))]
        pairs = _marked([f"{byte:02x}" for byte in part], marked, " ")
        blank = "   " * (ROW - len(part))
        printed = [html.escape(letter if letter.isprintable() else ".") for letter in letters]
        rows.append(f"{block.start + at:06x}  {pairs}{blank}  {_marked(printed, marked, '')}")
    more = min(stop, start + 0xFFFFFFFF) - (block.start + len(block.data))
    yield "\n".join(rows) + (f"\n        … and {more} more bytes" if more > 0 else "") + "</pre></figure>"


def _marked(parts: Sequence[str], marked: Sequence[bool], between: str) -> str:
    """Join parts; stretches of marked ones are underlined as one."""
    out, inside = "", False
    for number, (part, is_marked) in enumerate(zip(parts, marked, strict=True)):
        gap = between if number else ""
        if is_marked and not inside:
            out += f"{gap}<mark>{part}"
        elif inside and not is_marked:
            out += f"</mark>{gap}{part}"
        else:
            out += f"{gap}{part}"
        inside = is_marked
    return out + ("</mark>" if inside else "")


def _steps(block: model.Steps) -> Iterator[str]:
    tag = "ol" if block.numbered else "ul"
    yield f'<{tag} class="steps">'
    yield from (f"<li>{_unbroken(_text(each))}</li>" for each in block.items)
    yield f"</{tag}>"


def _picture(block: model.Picture) -> Iterator[str]:
    said = f"<strong>{_text(block.title)}.</strong> {_text(block.text)}"
    label = _text(block.title)
    yield f'<figure><div class="scroll" tabindex="0" role="group" aria-label="{label}">{block.svg}</div>'
    yield f"<figcaption>{said}</figcaption></figure>"


def _fold(block: model.Fold) -> Iterator[str]:
    yield f"<details><summary>{_text(block.title)}</summary>"
    for each in block.blocks:
        yield from _written(each)
    yield "</details>"


def _dump(block: model.Dump) -> Iterator[str]:
    """Every field in a row: where, what it is called, its bytes, what they mean."""
    yield '<div class="scroll" tabindex="0" role="group" aria-label="Every byte"><table><thead><tr>'
    yield "".join(f'<th scope="col">{head}</th>' for head in ("bytes", "field", "stored", "meaning"))
    yield "</tr></thead><tbody>"
    for node in _leaves(block.nodes):
        stored = block.data[node.span.start : node.span.stop][:ROW].hex(" ")
        cells = (str(node.span), safe(node.name), stored, safe(node.meaning))
        yield f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in cells)}</tr>"
    yield "</tbody></table></div>"


def _leaves(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        if node.children:
            yield from _leaves(node.children)
        else:
            yield node


def _ruler(block: model.Ruler) -> Iterator[str]:
    rows = tuple(
        (each.name, f"{each.start}-{each.stop}", block.data[each.start : each.stop].hex(" ")) for each in block.segments
    )
    return _table(model.Table((model.Column("field"), model.Column("bytes"), model.Column("stored")), rows))


_WRITERS: Mapping[type, Callable[[Any], Iterable[str]]] = {
    model.Heading: lambda block: [f"<h3>{_text(block.text)}</h3>"],
    model.Section: _section,
    model.Paragraph: _paragraph,
    model.Break: lambda _block: [],
    model.Facts: _facts,
    model.Table: _table,
    model.Finding: _finding,
    model.Places: _places,
    model.Excerpt: _excerpt,
    model.Steps: _steps,
    model.Picture: _picture,
    model.Fold: _fold,
    model.Dump: _dump,
    model.Ruler: _ruler,
    model.Verbatim: lambda block: [f"<pre>{_text(block.text)}</pre>"],
}
