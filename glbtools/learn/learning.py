"""One call: files in, a layout or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glbtools import files
from glbtools.binary.layout import Layout
from glbtools.formats.listing import parse_listing
from glbtools.layouts.written import to_toml
from glbtools.learn import configuration, queue, testimony
from glbtools.learn.kinds import Mention
from glbtools.learn.material import Material, with_listings
from glbtools.learn.places import Place


@dataclass
class Learning:
    """What was learnt.

    Attributes:
        layout: the layout; None where it could not be decided.
        toml: the same as a layout file.
        candidates: every explanation of a queue file, best first.
        reasons: what was seen and concluded, of a configuration file.
        wanted: what would decide what is open.
        places: for each name of a configuration file that stays open, where it may stand.
        mentions: what bytes of a configuration file look like that no field claims.
    """

    layout: Layout | None = None
    toml: str | None = None
    candidates: list[queue.Candidate] = field(default_factory=list)
    reasons: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    places: dict[str, list[Place]] = field(default_factory=dict)
    mentions: tuple[Mention, ...] = ()

    @property
    def alternatives(self) -> list[Layout]:
        """Layouts that explain the files as well."""
        return [each.layout for each in self.candidates[1:]]


def learn_layout(
    paths: Sequence[str | Path],
    *,
    listings: Sequence[str | Path] = (),
    known: Sequence[str] = (),
    family: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Learning:
    """Return the layout of some files of one kind.

    Raises:
        UsageError: a string in ``known`` says nothing that can be known of these files.
    """
    if family != "queue":
        contents = [(str(path), files.read(path)) for path in paths]
        printed = [(str(path), parse_listing(files.read(path))) for path in listings]
        family = family or testimony.family_of(contents, [listing for _, listing in printed], known)
        if family != "queue":
            return _configured(configuration.learn_configuration(family, contents, listings=printed, known=known))
    materials = [Material(str(path), files.read(path)) for path in paths]
    with_listings(materials, [parse_listing(files.read(path)) for path in listings], "cp850")
    found = queue.candidates(materials)
    learning = Learning(candidates=found)
    if found and not found[0].reading.doubts and found[0].sound:
        rivals = [each for each in found[1:] if each.contradicts(found[0]) and each.bits - found[0].bits < queue.CLEAR]
        if not rivals:
            learning.layout = found[0].layout
            learning.toml = to_toml(found[0].layout)
    return learning


def _configured(learnt: configuration.Configuration) -> Learning:
    return Learning(
        layout=learnt.layout,
        toml=learnt.toml,
        reasons=tuple(learnt.reasons),
        wanted=tuple(learnt.wanted),
        places=learnt.places,
        mentions=tuple(learnt.mentions),
    )
