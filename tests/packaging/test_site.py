"""The site that ``make site`` has built: every link and picture of every page is there."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest

import glbtools

SITE = Path(__file__).resolve().parents[2] / "build" / "site"


class Page(NamedTuple):
    """What a page has and leads to: its anchors, and what it links to or loads."""

    anchors: set[str]
    targets: list[str]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page(set(), [])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.page.anchors.add(value)
            if name in ("href", "src") and value is not None:
                self.page.targets.append(value)


@pytest.fixture(scope="module")
def pages() -> dict[Path, Page]:
    found = {}
    for path in sorted(SITE.rglob("*.html")):
        reader = _Reader()
        reader.feed(path.read_text(encoding="utf-8"))
        found[path] = reader.page
    assert found, "make site"
    return found


def test_every_link_of_the_site_leads_somewhere(pages: dict[Path, Page]) -> None:
    broken = []
    for path, page in pages.items():
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme or path.name == "404.html":  # the page of what is missing has links from the root
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            file = file / "index.html" if file.is_dir() else file
            if not file.is_file() or (
                parts.fragment and file in pages and unquote(parts.fragment) not in pages[file].anchors | {"__top"}
            ):
                broken.append((path.relative_to(SITE).as_posix(), target))
    assert not broken


def test_the_site_loads_nothing_from_elsewhere(pages: dict[Path, Page]) -> None:
    outside = {target for page in pages.values() for target in page.targets if urlsplit(target).scheme}
    loaded = {target for target in outside if target.endswith((".js", ".css", ".woff2", ".png", ".svg"))}
    assert not loaded


def test_the_page_of_the_library_has_every_public_name(pages: dict[Path, Page]) -> None:
    anchors = pages[SITE / "reference" / "library.html"].anchors
    names = [name for name in glbtools.__all__ if name != "__version__"]
    assert {f"class-{name.lower()}" if name[0].isupper() else name for name in names} <= anchors


def test_a_search_finds_a_problem_by_its_code_and_a_message_by_its_words() -> None:
    index = json.loads((SITE / "search" / "search_index.json").read_text(encoding="utf-8"))
    texts = [each["title"] + each["text"] for each in index["docs"]]
    for words in ("U101", "No requestor updates to send", "plan_rebuild"):
        assert any(words in text for text in texts), words
