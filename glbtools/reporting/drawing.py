"""Drawings for a page: a channel as a number line, a network as who sends to whom. Never by colour alone."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from math import log2
from typing import TYPE_CHECKING, NamedTuple

from glbtools.diagnosis.wording import numbers_text, plural
from glbtools.model.channel import DOWNLOAD, NORMAL, UPLOAD, Range
from glbtools.reporting.findings import named_under
from glbtools.reporting.model import Picture
from glbtools.reporting.text import safe

if TYPE_CHECKING:
    from glbtools.diagnosis.case import ChannelVerdict

WAITS = ("UNACKNOWLEDGED", "PENDING")

_WIDTH, _LEFT, _RIGHT = 880, 190, 866
_ROW, _TOP = 30, 14
_INK, _SOFT, _LINE = "#1b2430", "#4d596a", "#aab4c0"
_FONT = 'font-family="Segoe UI,Roboto,Arial,Liberation Sans,sans-serif"'
_MOST_RANGES = 6
_MOST_ROWS = 24
_MOST_NAME = 24

_TILE = 'width="8" height="8" patternUnits="userSpaceOnUse"'
PATTERNS = (
    '<svg width="0" height="0" aria-hidden="true" focusable="false"><defs>'
    f'<pattern id="p-hole" {_TILE}><rect width="8" height="8" fill="#fbe3e4"/>'
    '<path d="M0 0L8 8M8 0L0 8" stroke="#a4161a" stroke-width="1.6"/></pattern>'
    f'<pattern id="p-stuck" {_TILE}><rect width="8" height="8" fill="#fdebd2"/>'
    '<path d="M-2 2L2 -2M0 8L8 0M6 10L10 6" stroke="#8a4b00" stroke-width="2"/></pattern>'
    f'<pattern id="p-dead" {_TILE}><rect width="8" height="8" fill="#eceff3"/>'
    '<circle cx="3.5" cy="3.5" r="1.5" fill="#4d596a"/></pattern>'
    f'<pattern id="p-wait" {_TILE}><rect width="8" height="8" fill="#e1edf8"/>'
    '<path d="M4 0V8" stroke="#2a5d84" stroke-width="1.6"/></pattern></defs></svg>'
)
"""Fills that are told apart without colour; a page has them once."""

_FILLS = {"HOLE": "url(#p-hole)", "PENDING": "url(#p-wait)", "UNACKNOWLEDGED": "url(#p-wait)"}
_NAMES = {
    "HOLE": "lost", "STRANDED": "will never be sent", "REJECTED": "refused as old", "PARTIAL": "behind a stop",
    "PENDING": "waiting", "UNACKNOWLEDGED": "not yet confirmed", "MISSED_DELETIONS": "deletions missed",
}  # fmt: skip
_OF_KIND = {UPLOAD: {"HOLE": "server's record lacks"}, DOWNLOAD: {"HOLE": "gone from MSTTRANS"}}


class _Bar(NamedTuple):
    name: str
    ranges: tuple[Range, ...]
    fill: str
    shown: str


def number_line(judged: ChannelVerdict, number: int, title: str, text: str) -> Picture:
    """Return a channel as a number line: how far each side is, and which numbers are in trouble.

    Args:
        judged: the channel.
        number: of the drawing on its page.
        title: who sends to whom.
        text: the same facts in words; both are safe.
    """
    bars = list(_bars(judged))
    ends = sorted({end for bar in bars for span in bar.ranges for end in span} | {0})
    at = _scale(ends)
    height = _TOP + _ROW * len(bars) + 40
    parts = [_head(number, height, f"{title}, as a number line", text)]
    for row, bar in enumerate(bars):
        top = _TOP + _ROW * row
        parts.append(_label(_LEFT - 12, top + 15, bar.name, anchor="end"))
        for low, high in bar.ranges:
            width = max(at[high] - at[low], 3)
            parts.append(
                f'<rect x="{at[low]:.1f}" y="{top}" width="{width:.1f}" height="20" rx="2" fill="{bar.fill}" '
                f'stroke="{_INK}" stroke-width="0.8"/>'
            )
        if not bar.ranges:
            parts.append(_label(_LEFT, top + 15, bar.shown, fill=_SOFT))
    base = _TOP + _ROW * len(bars) + 4
    parts.append(f'<path d="M{_LEFT} {base}H{_RIGHT}" stroke="{_INK}" stroke-width="1"/>')
    last = -100.0
    for end in ends:
        parts.append(f'<path d="M{at[end]:.1f} {base - 4}v8" stroke="{_INK}"/>')
        parts.append(
            f'<path d="M{at[end]:.1f} {_TOP}V{base}" stroke="{_LINE}" stroke-width="0.7" stroke-dasharray="2 3"/>'
        )
        if at[end] - last >= 9 * len(str(end)):
            parts.append(_label(at[end], base + 20, str(end), anchor="middle", size=13))
            last = at[end]
    return Picture(title, text, "".join(parts) + "</svg>")


def _bars(judged: ChannelVerdict) -> Iterator[_Bar]:
    channel, verdict = judged.channel, judged.verdict
    if channel.kind == UPLOAD:
        known = [
            ("queue ends at", channel.last),
            ("confirmed here", channel.confirmed),
            ("server has", channel.applied),
        ]
    elif channel.kind == DOWNLOAD:
        known = [("server has issued", channel.head), ("requestor has", channel.applied)]
    else:
        known = [("issued", channel.head), ("agent knows of", channel.confirmed), ("target has", channel.applied)]
        known = [each for each in known if each[1] is not None or each[0] != "agent knows of"]
    fills = ("#c3cedb", "#7f9cbd", "#8fbf9f")
    for (name, value), fill in zip(known, fills, strict=False):
        shown = "not known" if value is None else "0"
        yield _Bar(f"{name} {'?' if value is None else value}", ((0, value),) if value else (), fill, shown)
    if channel.held is not None and channel.kind == UPLOAD:
        yield _Bar("held in the queue", _bounded(channel.held), "#0b5394", "nothing")
    names = _NAMES | _OF_KIND.get(channel.kind, {})
    for state in verdict.ranges:
        if ranges := named_under(judged, state):
            yield _Bar(names.get(state, state.lower()), _bounded(ranges), _FILLS.get(state, "url(#p-stuck)"), "")
    if verdict.dead_zone:
        yield _Bar("next to be ignored", (verdict.dead_zone,), "url(#p-dead)", "")


def _bounded(ranges: Sequence[Range]) -> tuple[Range, ...]:
    """Return ranges as they can be told apart in a drawing: of many, those with the widest gaps between."""
    kept = [each for each in ranges if each[1] > each[0]]
    while len(kept) > _MOST_RANGES:
        gap = min(range(len(kept) - 1), key=lambda n: kept[n + 1][0] - kept[n][1])
        kept[gap : gap + 2] = [(kept[gap][0], kept[gap + 1][1])]
    return tuple(kept)


def _scale(ends: Sequence[int]) -> dict[int, float]:
    """Return where each number stands: stretches keep their order and grow with their length, but not in proportion."""
    weights = [1 + log2(1 + high - low) for low, high in pairwise(ends)]
    whole, at = sum(weights) or 1, {ends[0]: float(_LEFT)}
    for end, weight, before in zip(ends[1:], weights, ends, strict=False):
        at[end] = at[before] + (_RIGHT - _LEFT - 10) * weight / whole
    return at


def network(channels: Iterable[ChannelVerdict], number: int, errors: Collection[str | None]) -> Iterator[Picture]:
    """Yield a picture of who sends to whom, the sick first; those in step are counted.

    Args:
        channels: what each channel is in.
        number: of the drawing on its page.
        errors: the postoffices of which an error is found.
    """
    pairs: dict[tuple[str, str], list[ChannelVerdict]] = {}
    for judged in channels:
        channel = judged.channel
        ends = (channel.origin or "?", channel.target or "?")
        pairs.setdefault(ends if channel.kind == UPLOAD else ends[::-1], []).append(judged)
    rows = sorted(
        pairs.items(),
        key=lambda pair: (min(_rank(each) for each in pair[1]), pair[0][0] not in errors, pair[0]),
    )
    sick = [each for each in rows if each[0][0] in errors or any(_rank(judged) < _OK for judged in each[1])]
    is_crowded = len(rows) > _MOST_ROWS
    shown = sick[:_MOST_ROWS] if is_crowded else rows
    notes = []
    if len(sick) > _MOST_ROWS:
        notes.append(f"{plural(len(sick) - _MOST_ROWS, 'more pair')} not in step")
    if is_crowded and len(sick) < len(rows):
        notes.append(f"{plural(len(rows) - len(sick), 'more pair')} in step or not known to be out of it")
    row_height, right = 58, 640
    height = 20 + row_height * (len(shown) + len(notes))
    said = "; ".join(
        f"{safe(ends[0])} and {safe(ends[1])}: {', '.join(_told(each) for each in group)}" for ends, group in shown
    )
    wrong = sorted({safe(end) for ends, _ in shown for end in ends if end in errors})
    notes_of_all = [*notes, *([f"with an error of its own: {', '.join(wrong)}"] if wrong else [])]
    text = "; ".join([said, *notes_of_all]) + "."
    parts = [_head(number, height, "Who sends to whom", text)]
    for at, ((origin, target), group) in enumerate(shown):
        top = 10 + row_height * at
        worst = min(group, key=_rank)
        marked = f"✖ {_short(origin)}" if origin in errors else _short(origin)
        parts.append(_box(6, top, 210, 44, marked, heavy=_rank(worst) == 0 or origin in errors))
        if at == 0 or shown[at - 1][0][1] != target:
            same = 1
            while at + same < len(shown) and shown[at + same][0][1] == target:
                same += 1
            marked = f"✖ {_short(target)}" if target in errors else _short(target)
            parts.append(_box(right, top, 230, row_height * same - 14, marked, heavy=target in errors))
        for judged in group[:2]:
            forth = judged.channel.kind == UPLOAD
            parts.append(_arrow(top + (12 if forth else 34), judged, forth=forth, right=right))
    for at, note in enumerate(notes, len(shown)):
        parts.append(_label(6, 10 + row_height * at + 28, note, fill=_SOFT))
    yield Picture("Who sends to whom", text, "".join(parts) + "</svg>")


_OK = 2


def _rank(judged: ChannelVerdict) -> int:
    state = judged.verdict.state
    return 0 if state not in NORMAL else 1 if state in WAITS else 3 if state == "IN_SYNC" else 2


def _told(judged: ChannelVerdict) -> str:
    verdict = judged.verdict
    ranges = [each for state in verdict.states for each in verdict.ranges.get(state, ())]
    numbers = f" ({numbers_text(ranges)})" if ranges else ""
    return f"{judged.channel.kind} {_word(judged)}{numbers}"


def _word(judged: ChannelVerdict) -> str:
    state = judged.verdict.state
    words = {
        "IN_SYNC": "in step", "UNKNOWN": "not known", "ROLLED_BACK": "one side went back", "EPOCH_CHANGED": "made anew",
        "FOREIGN": "another server's numbers",
    }  # fmt: skip
    return words.get(state) or _NAMES.get(state, state.lower())


def _arrow(y: int, judged: ChannelVerdict, *, forth: bool, right: int) -> str:
    start, stop = (224, right - 8) if forth else (right - 8, 224)
    rank = _rank(judged)
    colour = ("#a4161a", "#2a5d84", "#4d596a", "#1f6b3a")[rank]
    dash = (' stroke-dasharray="7 5"', ' stroke-dasharray="2 4"', ' stroke-dasharray="1 6"', "")[rank]
    head = f"M{stop} {y}l{'-9 -5v10z' if forth else '9 -5v10z'}"
    mark = ("✖", "▲", "?", "✔")[rank]
    word = f"{mark} {'upload' if forth else judged.channel.kind}: {_word(judged)}"
    width = 7.2 * len(word) + 14
    middle = (224 + right - 8) / 2
    return (
        f'<path d="M{start} {y}H{stop}" stroke="{colour}" stroke-width="2"{dash} fill="none"/>'
        f'<path d="{head}" fill="{colour}"/>'
        f'<rect x="{middle - width / 2:.0f}" y="{y - 11}" width="{width:.0f}" height="20" rx="4" fill="#fff"/>'
        + _label(middle, y + 4, word, anchor="middle", fill=colour, size=13)
    )


def _box(x: int, y: int, width: int, height: int, name: str, *, heavy: bool) -> str:
    stroke = 'stroke="#a4161a" stroke-width="3"' if heavy else f'stroke="{_SOFT}" stroke-width="1.2"'
    box = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="#f4f6f9" {stroke}/>'
    return box + _label(x + width / 2, y + height / 2 + 5, name, anchor="middle")


def _short(name: str) -> str:
    shown = safe(name)
    if len(shown) <= _MOST_NAME:
        return shown
    return f"…{shown[1 - _MOST_NAME :]}" if shown.count("/") > 1 else f"{shown[: _MOST_NAME - 1]}…"


def _label(x: float, y: float, text: str, *, anchor: str = "start", fill: str = _INK, size: int = 14) -> str:
    shown = html.escape(text, quote=True)
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{fill}" {_FONT}>{shown}</text>'
    )


def _head(number: int, height: int, title: str, text: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img" aria-labelledby="t{number} d{number}">'
        f'<title id="t{number}">{html.escape(title)}</title><desc id="d{number}">{html.escape(text[:1000])}</desc>'
    )
